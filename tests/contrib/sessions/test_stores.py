"""What all stores do alike, each of them real."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from queue import LifoQueue
from typing import Any

import pytest

from restlette.contrib.sessions import (
    MemoryStore,
    Record,
    RedisStore,
    SessionStore,
    SQLiteStore,
)
from restlette.contrib.sessions.sqlite import use_write_ahead_log
from tests.valkey import Valkey

END = time.time() + 3600
FIELDS = ["text", "{}", "user", "u", "created", "1", "version"]
NEW = Record('{"a":1}', 1, None, 1.5, END)

Make = Callable[[], SessionStore]


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path, valkey: Valkey) -> Make:
    """What opens the same store again."""
    if request.param == "sqlite":
        return lambda: SQLiteStore(tmp_path / "sessions.db")
    if request.param == "redis":
        prefix = f"{tmp_path}[*]?\\:"
        return lambda: RedisStore(valkey.url, prefix=prefix)
    store = MemoryStore()
    return lambda: store


@pytest.fixture
def run(make: Make) -> Callable[[Callable[[Any], Awaitable[None]]], None]:
    """What runs a test with a store, and closes it."""

    def run(test: Callable[[Any], Awaitable[None]]) -> None:
        async def main() -> None:
            store = make()
            try:
                await test(store)
            finally:
                await store.close()

        asyncio.run(main())

    return run


def test_what_was_kept_is_there(run: Any, make: Make) -> None:
    async def keep(store: SessionStore) -> None:
        assert await store.load("k") is None
        await store.add("k", NEW)
        assert await store.load("k") == NEW

    async def find(store: SessionStore) -> None:
        assert await store.load("k") == NEW
        await store.close()
        assert await store.load("k") == NEW

    run(keep)
    run(find)


def test_session_40_a_session_is_written_in_the_state_that_was_seen(run: Any) -> None:
    async def test(store: SessionStore) -> None:
        await store.add("k", NEW)
        second = NEW._replace(text='{"a":2}', version=2, user="zoë")
        assert await store.replace("k", second)
        assert not await store.replace("k", NEW._replace(text="{}", version=2))
        assert await store.load("k") == second
        third = NEW._replace(version=3)
        assert await store.replace("k", third)
        assert await store.load("k") == third

    run(test)


def test_session_40_what_was_deleted_does_not_come_back(run: Any) -> None:
    async def test(store: SessionStore) -> None:
        await store.add("k", NEW)
        await store.delete("k")
        await store.delete("k")
        assert not await store.replace("k", NEW._replace(version=2))
        assert await store.load("k") is None

    run(test)


async def keys(store: SessionStore, user: str | None = None) -> list[str]:
    return sorted([key async for key, _ in store.all(user)])


def test_sessions_are_found_by_their_user(run: Any) -> None:
    async def test(store: SessionStore) -> None:
        await store.add("a", NEW)
        await store.add("b", NEW._replace(user="zoë"))
        await store.add("c", NEW._replace(user="zoë"))
        await store.add("d", NEW._replace(user="ann"))
        assert await keys(store) == ["a", "b", "c", "d"]
        assert await keys(store, "zoë") == ["b", "c"]
        await store.replace("b", NEW._replace(version=2, user="ann"))
        await store.replace("a", NEW._replace(version=2, user="zoë"))
        await store.replace("d", NEW._replace(version=2))
        await store.delete("c")
        assert await keys(store, "zoë") == ["a"]
        assert await keys(store, "ann") == ["b"]
        assert await keys(store, "nobody") == []
        assert (await store.load("b") or NEW).user == "ann"

    run(test)


def test_those_that_are_over_are_forgotten(run: Any) -> None:
    async def test(store: SessionStore) -> None:
        await store.add("old", NEW._replace(expires=time.time() - 1))
        await store.add("new", NEW)
        count = await store.delete_expired(time.time())
        assert count == (0 if isinstance(store, RedisStore) else 1)
        assert await store.load("old") is None
        assert await store.load("new") == NEW

    run(test)


def test_many_are_given_in_turn(run: Any) -> None:
    async def test(store: SessionStore) -> None:
        for number in range(1100):
            await store.add(f"{number:04}", NEW)
        assert await keys(store) == [f"{number:04}" for number in range(1100)]

    run(test)


def test_more_than_there_are_connections_for_wait_for_their_turn(make: Make) -> None:
    """A crowd is no reason to say that the store is down."""

    async def main() -> None:
        store = make()
        await store.add("k", NEW)
        found = await asyncio.gather(*(store.load("k") for _ in range(300)))
        assert found == 300 * [NEW]
        await store.close()

    asyncio.run(main())


def test_writers_side_by_side_are_one_after_the_other(make: Make) -> None:
    """Of those who have seen one state, one writes the next."""

    async def main() -> None:
        stores = [make() for _ in range(4)]
        await stores[0].add("k", NEW)

        async def write(store: SessionStore) -> int:
            done = 0
            while done < 10:
                seen = await store.load("k")
                assert seen is not None
                text = str(int(seen.text.partition(":")[2].rstrip("}")) + 1)
                later = seen._replace(text=f'{{"a":{text}}}', version=seen.version + 1)
                done += await store.replace("k", later)
            return done

        await asyncio.gather(*map(write, stores))
        last = await stores[0].load("k")
        assert last is not None
        assert (last.text, last.version) == ('{"a":41}', 41)
        for store in stores:
            await store.close()

    asyncio.run(main())


def test_memory_is_bounded() -> None:
    async def main() -> None:
        store = MemoryStore(most=2)
        await store.add("a", NEW)
        await store.add("b", NEW)
        await store.replace("a", NEW._replace(version=2))
        await store.add("c", NEW)
        assert await keys(store) == ["a", "c"]

    asyncio.run(main())


@pytest.mark.parametrize("is_there", [False, True])
def test_session_46_the_file_is_its_owner_s(tmp_path: Path, is_there: bool) -> None:
    async def main() -> None:
        old = os.umask(0)
        try:
            if is_there:
                (tmp_path / "sessions.db").touch(0o644)
            store = SQLiteStore(tmp_path / "sessions.db")
            await store.add("k", NEW)
            modes = [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()]
            assert set(modes) == {0o600}
            await store.close()
        finally:
            os.umask(old)

    asyncio.run(main())


def test_many_that_open_a_file_at_once_do(tmp_path: Path) -> None:
    async def main() -> None:
        stores = [SQLiteStore(tmp_path / "sessions.db") for _ in range(12)]
        await asyncio.gather(*(s.add(str(n), NEW) for n, s in enumerate(stores)))
        # More calls at once than connections that are kept.
        await asyncio.gather(*(stores[0].load(str(n % 12)) for n in range(40)))
        assert len(await keys(stores[0])) == 12
        for store in stores:
            await store.close()

    asyncio.run(main())


def test_more_connections_than_are_kept_are_closed(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "sessions.db")
    store._free = LifoQueue(1)

    def inside(connection: sqlite3.Connection) -> None:
        store._call(lambda other: None)
        assert store._free.full()

    store._call(inside)
    assert store._free.qsize() == 1
    asyncio.run(store.close())


def test_a_file_that_is_none_of_sqlite_s_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 100)
    with pytest.raises(sqlite3.DatabaseError):
        asyncio.run(SQLiteStore(tmp_path / "text").load("k"))


def test_a_file_that_is_never_let_go_of_is_an_error(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "held", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    waiting = sqlite3.connect(tmp_path / "held", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use_write_ahead_log(waiting, time.monotonic() + 0.05)
    holder.execute("COMMIT")
    use_write_ahead_log(waiting, time.monotonic())
    holder.close()
    waiting.close()


def test_a_call_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    async def main() -> None:
        store = SQLiteStore(tmp_path / "sessions.db")
        await store.add("k", NEW)
        with pytest.raises(sqlite3.IntegrityError):
            await store.add("k", NEW._replace(text="{}"))
        assert await store.load("k") == NEW
        await store.close()

    asyncio.run(main())


def test_a_user_s_session_that_is_gone_is_not_given(valkey: Valkey) -> None:
    async def main() -> None:
        store = RedisStore(valkey.url, prefix="r:")
        await store.add("a", NEW._replace(user="u"))
        await store.add("b", NEW._replace(user="u"))
        await store._client.delete("r:id:a")
        assert await keys(store, "u") == ["b"]
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    "command",
    [
        ["SET", "p:id:k", "text"],
        ["HSET", "p:id:k", "text", "{}"],
        ["HSET", "p:id:k", *FIELDS, "x", "expires", "1"],
        ["HSET", "p:id:k", *FIELDS, "1", "expires", "x"],
    ],
)
def test_session_45_a_damaged_record_is_none(
    valkey: Valkey, command: list[str]
) -> None:
    async def main() -> None:
        store = RedisStore(valkey.url, prefix="p:")
        await store._client.delete("p:id:k")
        await store._client.execute_command(*command)
        assert await store.load("k") is None
        await store._client.delete("p:id:k")
        await store.close()

    asyncio.run(main())


def test_redis_forgets_by_itself(valkey: Valkey) -> None:
    async def main() -> None:
        store = RedisStore(valkey.url, prefix="q:")
        await store.add("k", NEW._replace(user="u"))
        later = NEW._replace(version=2, user="u", expires=END + 60)
        await store.replace("k", later)
        ends = [await store._client.pexpiretime(key) for key in ("q:id:k", "q:user:u")]
        assert ends == [int((END + 60) * 1000)] * 2
        # A session that ends earlier does not end the user's others.
        await store.add("l", NEW._replace(user="u"))
        assert await store._client.pexpiretime("q:user:u") == ends[0]
        await store.close()

    asyncio.run(main())


def test_session_40_what_was_ended_by_its_date_is_not_written_again(run: Any) -> None:
    async def test(store: SessionStore) -> None:
        await store.add("k", NEW._replace(user="u"))
        assert await store.replace("k", Record("{}", 2, None, 1.5, 0.0))
        found = await store.load("k")
        assert found is None or (found.expires, found.user) == (0.0, None)
        assert not await store.replace("k", NEW._replace(version=2))
        assert await keys(store, "u") == []

    run(test)


def test_caches_120_redis_keeps_nothing_of_a_user_s_sessions_that_are_over(
    valkey: Valkey,
) -> None:
    async def main() -> None:
        store = RedisStore(valkey.url, prefix="s:")
        now = time.time()
        # The set ends with its last session, and is not over by itself.
        await store.add("last", NEW._replace(user="u"))
        for number in range(100):
            short = Record("{}", 1, "u", now, time.time() + 0.02)
            await store.add(f"k{number}", short)
        # The server's clock is looked at in whole seconds.
        async with asyncio.timeout(30):
            while await store._client.zcard("s:user:u") > 1:
                await asyncio.sleep(0.1)
                await store.add("last", NEW._replace(user="u"))
        assert await keys(store, "u") == ["last"]
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    "column, value",
    [
        ("text", b"\xff"),
        ("user", b"u"),
        ("version", "x"),
        ("created", "x"),
        ("expires", "x"),
    ],
)
def test_session_45_a_damaged_row_is_none(
    tmp_path: Path, column: str, value: Any
) -> None:
    async def main() -> None:
        store = SQLiteStore(tmp_path / "sessions.db")
        await store.add("k", NEW)
        with sqlite3.connect(tmp_path / "sessions.db") as connection:
            connection.execute(f"UPDATE sessions SET {column} = ?", (value,))
        connection.close()
        assert await store.load("k") is None
        assert await keys(store) == []
        await store.close()

    asyncio.run(main())
