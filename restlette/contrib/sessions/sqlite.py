"""Sessions in a file, by SQLite: what the workers of one host may share.

Each call runs in the thread pool, in a transaction of its own. A connection is for one
call at a time; those that are free wait for the next one.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from pathlib import Path
from queue import Empty, Full, LifoQueue
from typing import Any, Final, TypeVar

from restlette.concurrency import run_in_threadpool
from restlette.contrib.sessions.store import Record

__all__ = ["SQLiteStore", "use_write_ahead_log"]

T = TypeVar("T")

# Seconds for which a writer waits for another one. SQLite lets one write at a time.
_PATIENCE: Final = 5.0
# How many connections are kept for the next calls.
_KEPT: Final = 8
# How many sessions are read at once by who wants all.
_PAGE: Final = 500

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    version INTEGER NOT NULL,
    user TEXT,
    created REAL NOT NULL,
    expires REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_by_user ON sessions (user);
CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (expires);
"""


class SQLiteStore:
    """Keeps sessions in a file of SQLite, which the processes of one host may share.

    The file can be read and written by its owner alone (0600); one that others can read
    is closed to them when it is opened.

    Args:
        path: The file; it is made when it is needed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._free: LifoQueue[sqlite3.Connection] = LifoQueue(_KEPT)

    async def load(self, key: str) -> Record | None:
        """Give a session; None where there is none."""

        def load(connection: sqlite3.Connection) -> Record | None:
            row = connection.execute(
                "SELECT text, version, user, created, expires FROM sessions"
                " WHERE key = ?",
                (key,),
            ).fetchone()
            return None if row is None else _record(row)

        return await self._run(load)

    async def add(self, key: str, record: Record) -> None:
        """Keep a new session."""

        def add(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)", (key, *record)
            )

        await self._run(add)

    async def replace(self, key: str, record: Record) -> bool:
        """Keep a session anew, if it is in the state before this one."""

        def replace(connection: sqlite3.Connection) -> bool:
            done = connection.execute(
                "UPDATE sessions SET text = ?, version = ?, user = ?, created = ?,"
                " expires = ? WHERE key = ? AND version = ?",
                (*record, key, record.version - 1),
            )
            return done.rowcount == 1

        return await self._run(replace)

    async def delete(self, key: str) -> None:
        """Forget a session, if it is there."""

        def delete(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM sessions WHERE key = ?", (key,))

        await self._run(delete)

    async def all(self, user: str | None = None) -> AsyncIterator[tuple[str, Record]]:
        """Give the sessions with their keys; those of a user alone, if one is named."""
        last = ""
        while True:

            def read(connection: sqlite3.Connection, after: str = last) -> list[Any]:
                return connection.execute(
                    "SELECT * FROM sessions WHERE key > ? AND (? IS NULL OR user = ?)"
                    " ORDER BY key LIMIT ?",
                    (after, user, user, _PAGE),
                ).fetchall()

            rows = await self._run(read)
            for key, *rest in rows:
                record = _record(rest)
                if record is not None:
                    yield key, record
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]

    async def delete_expired(self, now: float) -> int:
        """Forget the sessions that are over, and say how many there were."""

        def delete(connection: sqlite3.Connection) -> int:
            return connection.execute(
                "DELETE FROM sessions WHERE expires <= ?", (now,)
            ).rowcount

        return await self._run(delete)

    async def close(self) -> None:
        """Close the connections that nobody uses."""

        def close() -> None:
            while True:
                try:
                    self._free.get_nowait().close()
                except Empty:
                    return

        await run_in_threadpool(close)

    async def _run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        return await run_in_threadpool(self._call, call)

    def _call(self, call: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._free.get_nowait()
        except Empty:
            connection = self._open()
        try:
            result = call(connection)
        except BaseException:
            connection.close()
            raise
        try:
            self._free.put_nowait(connection)
        except Full:
            connection.close()
        return result

    def _open(self) -> sqlite3.Connection:
        # SECURITY: SQLite would make a file that others may read, and one that is there
        # may have been made so.
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(file).st_mode & 0o077:
                os.chmod(self._path, 0o600)
        finally:
            os.close(file)
        connection = sqlite3.connect(
            self._path,
            timeout=_PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            use_write_ahead_log(connection, time.monotonic() + _PATIENCE)
            connection.execute("PRAGMA synchronous=NORMAL")
            with closing(connection.cursor()) as cursor:
                cursor.executescript(_TABLE)
        except BaseException:
            connection.close()
            raise
        return connection


def _record(row: Sequence[Any]) -> Record | None:
    """Make a record of a row; None where it is none: any column may hold any."""
    text, version, user, created, expires = row
    if not isinstance(text, str) or not isinstance(user, str | None):
        return None
    if (type(version), type(created), type(expires)) != (int, float, float):
        return None
    return Record(text, version, user, created, expires)


def use_write_ahead_log(connection: sqlite3.Connection, deadline: float) -> None:
    """Let readers and a writer not wait for each other.

    One connection alone can begin with that, and SQLite has no other one wait for it.

    Args:
        connection: The connection.
        deadline: Until when to try again, by the monotonic clock.

    Raises:
        OperationalError: The file is locked all the time.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
