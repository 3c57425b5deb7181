"""Sessions: what a server remembers of a client from one request to the next.

`SessionMiddleware` keeps them in signed cookies. `Sessions` keeps them in a store, by
an id in a cookie: they can be ended, listed, and of any size.
"""

from restlette.contrib.sessions.redis import RedisStore
from restlette.contrib.sessions.server import Listed, Sessions, StoreDown
from restlette.contrib.sessions.session import Session
from restlette.contrib.sessions.signed import SessionMiddleware
from restlette.contrib.sessions.sqlite import SQLiteStore
from restlette.contrib.sessions.store import MemoryStore, Record, SessionStore

__all__ = [
    "Listed",
    "MemoryStore",
    "Record",
    "RedisStore",
    "SQLiteStore",
    "Session",
    "SessionMiddleware",
    "SessionStore",
    "Sessions",
    "StoreDown",
]
