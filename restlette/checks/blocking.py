"""Coroutines that call what stops every other request while it waits.

The story starts with `check_function`. A function's source is read for calls; those of
the application's own functions are followed, for they run where they are called. What
is only handed on (`run_in_threadpool(time.sleep, 1)`, a lambda, a nested function) is
not called here.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from restlette.checks.findings import Finding
from restlette.checks.names import Names, Thing
from restlette.checks.sources import Function, inside, source_of
from restlette.resources.parameters import unwrap
from restlette.resources.routes import Place

__all__ = ["check_function", "is_own"]

_THREAD: Final = (
    "await run_in_threadpool(...) around it, or make the handler a plain def"
)
_HTTPX: Final = "an asynchronous client, such as httpx.AsyncClient, or " + _THREAD
_PROCESS: Final = "await asyncio.create_subprocess_exec(...)"

# What waits, by the dotted name of it or of what it belongs to, and what to write.
_BLOCKING: Final = {
    "time.sleep": "await asyncio.sleep(...)",
    "asyncio.run": "await, in the place of a second event loop",
    "builtins.input": "nothing that asks at a terminal",
    "builtins.open": _THREAD,
    "codecs.open": _THREAD,
    "os.open": _THREAD,
    "gzip.open": _THREAD,
    "bz2.open": _THREAD,
    "lzma.open": _THREAD,
    "tarfile.open": _THREAD,
    "tarfile.TarFile.open": _THREAD,
    "shelve.open": _THREAD,
    "dbm.open": _THREAD,
    "concurrent.futures.wait": "await asyncio.wait(...)",
    "concurrent.futures._base.wait": "await asyncio.wait(...)",
    "concurrent.futures.thread.ThreadPoolExecutor.submit.result": (
        "await loop.run_in_executor(...)"
    ),
    "concurrent.futures.process.ProcessPoolExecutor.submit.result": (
        "await loop.run_in_executor(...)"
    ),
    "multiprocessing.process.BaseProcess.join": _THREAD,
    "os.system": _PROCESS,
    "os.popen": _PROCESS,
    "os.wait": _PROCESS,
    "os.waitpid": _PROCESS,
    "os.fsync": _THREAD,
    "os.walk": _THREAD,
    "glob.glob": _THREAD,
    "getpass.getpass": "nothing that asks at a terminal",
    "subprocess.run": _PROCESS,
    "subprocess.call": _PROCESS,
    "subprocess.check_call": _PROCESS,
    "subprocess.check_output": _PROCESS,
    "subprocess.getoutput": _PROCESS,
    "subprocess.getstatusoutput": _PROCESS,
    "subprocess.Popen": _PROCESS,
    "requests.get": _HTTPX,
    "requests.post": _HTTPX,
    "requests.put": _HTTPX,
    "requests.patch": _HTTPX,
    "requests.delete": _HTTPX,
    "requests.head": _HTTPX,
    "requests.options": _HTTPX,
    "requests.request": _HTTPX,
    "requests.session": _HTTPX,
    "requests.Session": _HTTPX,
    "requests.api.": _HTTPX,
    "requests.sessions.": _HTTPX,
    "httpx.get": _HTTPX,
    "httpx.post": _HTTPX,
    "httpx.put": _HTTPX,
    "httpx.patch": _HTTPX,
    "httpx.delete": _HTTPX,
    "httpx.head": _HTTPX,
    "httpx.options": _HTTPX,
    "httpx.request": _HTTPX,
    "httpx.stream": _HTTPX,
    "httpx.Client": _HTTPX,
    "httpx._api.": _HTTPX,
    "httpx._client.Client": _HTTPX,
    "urllib.request.urlopen": _HTTPX,
    "urllib.request.urlretrieve": _HTTPX,
    "urllib.request.OpenerDirector.": _HTTPX,
    "urllib3.request": _HTTPX,
    "urllib3.PoolManager": _HTTPX,
    "urllib3.poolmanager.": _HTTPX,
    "http.client.HTTPConnection": _HTTPX,
    "http.client.HTTPSConnection": _HTTPX,
    "xmlrpc.client.ServerProxy": _HTTPX,
    "socket.socket": "await asyncio.open_connection(...)",
    "_socket.socket.": "await asyncio.open_connection(...)",
    "socket.create_connection": "await asyncio.open_connection(...)",
    "socket.create_server": "await asyncio.start_server(...)",
    "socket.getaddrinfo": "await loop.getaddrinfo(...)",
    "socket.gethostbyname": "await loop.getaddrinfo(...)",
    "socket.gethostbyname_ex": "await loop.getaddrinfo(...)",
    "socket.gethostbyaddr": "await loop.getnameinfo(...)",
    "socket.getfqdn": "await loop.getnameinfo(...)",
    "select.select": "await, in the place of waiting by hand",
    "sqlite3.connect": _THREAD,
    "sqlite3.Connection.": _THREAD,
    "sqlite3.Cursor.": _THREAD,
    "smtplib.SMTP": _THREAD,
    "smtplib.SMTP_SSL": _THREAD,
    "ftplib.FTP": _THREAD,
    "ftplib.FTP_TLS": _THREAD,
    "poplib.POP3": _THREAD,
    "imaplib.IMAP4": _THREAD,
    "imaplib.IMAP4_SSL": _THREAD,
    "telnetlib.Telnet": _THREAD,
    "shutil.copy": _THREAD,
    "shutil.copy2": _THREAD,
    "shutil.copyfile": _THREAD,
    "shutil.copytree": _THREAD,
    "shutil.move": _THREAD,
    "shutil.rmtree": _THREAD,
    "shutil.make_archive": _THREAD,
    "shutil.unpack_archive": _THREAD,
    "queue.Queue.get": "an asyncio.Queue",
    "queue.Queue.put": "an asyncio.Queue",
    "queue.Queue.join": "an asyncio.Queue",
    "_queue.SimpleQueue.get": "an asyncio.Queue",
    "threading.Event.wait": "an asyncio.Event",
    "threading.Condition.wait": "an asyncio.Condition",
    "threading.Barrier.wait": "an asyncio.Barrier",
    "threading.Semaphore.acquire": "an asyncio.Semaphore",
    "threading.Thread.join": _THREAD,
    "_thread.lock.acquire": "an asyncio.Lock",
    "_thread.RLock.acquire": "an asyncio.Lock",
    "psycopg2.connect": "an asynchronous driver, such as psycopg.AsyncConnection",
    "psycopg2.extensions.": "an asynchronous driver, such as psycopg.AsyncConnection",
    "psycopg.connect": "psycopg.AsyncConnection",
    "pymysql.connect": "an asynchronous driver, or " + _THREAD,
    "MySQLdb.connect": "an asynchronous driver, or " + _THREAD,
    "mysql.connector.connect": "an asynchronous driver, or " + _THREAD,
    "pymongo.MongoClient": "pymongo.AsyncMongoClient",
    "pymongo.synchronous.": "pymongo.AsyncMongoClient",
    "redis.Redis": "redis.asyncio.Redis",
    "redis.StrictRedis": "redis.asyncio.Redis",
    "redis.client.Redis.": "redis.asyncio.Redis",
    "redis.from_url": "redis.asyncio.from_url",
    "boto3.client": _THREAD,
    "boto3.resource": _THREAD,
    "paramiko.SSHClient": _THREAD,
}

# What only paths of files have, and what waits for the disk.
_OF_PATHS: Final = {"read_text", "read_bytes", "write_text", "write_bytes"}

# How many calls deep the application's own functions are followed.
_DEEPEST: Final = 5


class _Call(NamedTuple):
    """A call that waits."""

    name: str
    remedy: str
    place: Place
    by: str


def check_function(
    function: Any, where: str, owner: type[Any] | None = None
) -> Iterator[Finding]:
    """Find the calls of a coroutine function that wait without letting others run.

    Args:
        function: The function; one that is no coroutine runs in a thread.
        where: What it is called.
        owner: The class of which it is a method.
    """
    plain = unwrap(function)
    if not (inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain)):
        return
    node = source_of(plain)
    if node is None:
        return
    for call in _calls(node, Names(node, plain, owner), plain.__code__.co_filename, ""):
        through = f", by way of {call.by}," if call.by else ""
        yield Finding(
            "blocking-call",
            f"{where} is a coroutine, and{through} calls {call.name}, which stops "
            f"every other request while it waits. Write {call.remedy}.",
            call.place,
        )


def _calls(
    node: Function, names: Names, file: str, by: str, seen: frozenset[int] = frozenset()
) -> Iterator[_Call]:
    """Give the calls in a function that wait, and those of what it calls."""
    if id(node) in seen or len(seen) > _DEEPEST or _is_generator(node):
        return
    seen |= {id(node)}
    awaited = {id(each.value) for each in inside(node) if isinstance(each, ast.Await)}
    for each in inside(node):
        if not isinstance(each, ast.Call):
            continue
        thing = names.resolve(each.func)
        found = _blocking(thing, each)
        if found is not None:
            if id(each) not in awaited:
                yield _Call(*found, Place(file, each.lineno), by)
        elif thing.local is not None:
            inner = Names(thing.local, outer=names)
            yield from _calls(thing.local, inner, file, by or thing.local.name, seen)
        elif thing.value and is_own(thing.value[0]):
            yield from _calls_of(thing.value[0], by, seen)


def _is_generator(node: Function) -> bool:
    """Say whether a call only makes a generator, whose items come from a thread."""
    yields = ast.Yield | ast.YieldFrom
    is_one = any(isinstance(each, yields) for each in inside(node))
    return is_one and isinstance(node, ast.FunctionDef)


def _calls_of(function: Any, by: str, seen: frozenset[int]) -> Iterator[_Call]:
    """Give the calls that wait in another function of the application's."""
    plain = unwrap(function)
    plain = getattr(plain, "__func__", plain)
    node = source_of(plain)
    if node is not None:
        owner = _owner(plain)
        inner = Names(node, plain, owner)
        name = by or plain.__qualname__
        yield from _calls(node, inner, plain.__code__.co_filename, name, seen)


def _owner(function: Any) -> type[Any] | None:
    """Give the class in whose body a function is written, if it is at hand."""
    owner: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split(".")[:-1]:
        owner = getattr(owner, name, None)
    return owner if isinstance(owner, type) else None


def _blocking(thing: Thing, call: ast.Call) -> tuple[str, str] | None:
    """Say whether a call waits: by which name, and what to write instead."""
    for name in thing.names:
        # Modules in C have names of their own.
        plain = re.sub(r"^(posix|nt)\.", "os.", name).replace("()", "")
        plain = re.sub(r"^(_io|io)\.open$", "builtins.open", plain)
        for key in _keys(plain):
            if key in _BLOCKING:
                return plain.removeprefix("builtins."), _BLOCKING[key]
    function = call.func
    if isinstance(function, ast.Attribute):
        is_path = any(name.startswith("pathlib.") for name in thing.names)
        if function.attr in _OF_PATHS or (function.attr == "open" and is_path):
            return f"{function.attr} of a path", _THREAD
    return None


def _keys(name: str) -> Iterator[str]:
    """Give a name, and what it belongs to, each as the table has it."""
    yield name
    while name:
        name = name.rpartition(".")[0]
        yield name + "."


@lru_cache
def _foreign() -> tuple[str, ...]:
    """Give the directories of what is installed, whose functions are not followed."""
    paths = sysconfig.get_paths()
    package = Path(__file__).resolve().parent.parent
    return (*(paths[name] for name in ("stdlib", "purelib", "platlib")), str(package))


def is_own(function: Any) -> bool:
    """Say whether a function is the application's, and not of what is installed."""
    code = getattr(
        getattr(unwrap(function), "__func__", unwrap(function)), "__code__", None
    )
    return code is not None and not code.co_filename.startswith(_foreign())
