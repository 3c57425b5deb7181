"""Sessions in Redis or Valkey, which any number of hosts may share.

A session is a hash that ends by itself (PEXPIREAT). What has to be done in one step is
a script: the server runs nothing beside it. The sessions of a user are a
sorted set of their keys, by the time at which each ends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from restlette.contrib.sessions.store import Record
from restlette.http.optional import load

__all__ = ["RedisStore"]

_FIELDS: Final = Record._fields

# KEYS: the session. ARGV: the prefix of sets of users; the version that has to be
# there, 0 for none; then the fields. The set of a user ends with its last session,
# and forgets those that are over when another one is written.
_WRITE: Final = """
local key, prefix, before = KEYS[1], ARGV[1], tonumber(ARGV[2])
if before > 0 and tonumber(redis.call('HGET', key, 'version')) ~= before then
  return 0
end
local earlier = redis.call('HGET', key, 'user')
if earlier and earlier ~= ARGV[5] then
  redis.call('ZREM', prefix .. earlier, key)
end
redis.call('HSET', key, 'text', ARGV[3], 'version', ARGV[4], 'user', ARGV[5],
  'created', ARGV[6], 'expires', ARGV[7])
redis.call('PEXPIREAT', key, ARGV[8])
if ARGV[5] ~= '' then
  local set = prefix .. ARGV[5]
  redis.call('ZREMRANGEBYSCORE', set, '-inf', redis.call('TIME')[1] * 1000)
  redis.call('ZADD', set, ARGV[8], key)
  if redis.call('PEXPIRETIME', set) < tonumber(ARGV[8]) then
    redis.call('PEXPIREAT', set, ARGV[8])
  end
end
return 1
"""

_DELETE: Final = """
local user = redis.call('HGET', KEYS[1], 'user')
if user and user ~= '' then
  redis.call('ZREM', ARGV[1] .. user, KEYS[1])
end
return redis.call('DEL', KEYS[1])
"""


class RedisStore:
    """Keeps sessions in Redis (7 or later) or Valkey.

    Args:
        url: Where it is: ``redis://host:6379/0``, ``rediss://`` for TLS,
            ``unix:///path``.
        prefix: What its keys begin with.
        options: More for the connections of redis-py
            (``redis.asyncio.BlockingConnectionPool.from_url``), such as
            ``max_connections``, by default 50: who needs another one waits for it.

    Raises:
        ValueError: The URL is none.
        MissingExtra: redis is not installed.
    """

    def __init__(
        self,
        url: str = "redis://localhost:6379/0",
        *,
        prefix: str = "restlette:session:",
        **options: Any,
    ) -> None:
        redis = load("redis.asyncio", "redis", needed_by="RedisStore")
        errors = load("redis.exceptions", "redis", needed_by="RedisStore")
        # The pool that redis-py takes by itself raises, instead of waiting, when more
        # requests come at once than it has connections.
        pool = redis.BlockingConnectionPool.from_url(url, **options)
        self._client: Any = redis.Redis.from_pool(pool)
        self._error: type[Exception] = errors.ResponseError
        self._prefix = prefix
        self._users = prefix + "user:"
        self._write = self._client.register_script(_WRITE)
        self._delete = self._client.register_script(_DELETE)

    async def load(self, key: str) -> Record | None:
        """Give a session; None where there is none, or something else."""
        try:
            found = await self._client.hmget(self._prefix + "id:" + key, _FIELDS)
        except self._error:
            # What is there is no hash: somebody else's, or damaged.
            return None
        return _record(found)

    async def add(self, key: str, record: Record) -> None:
        """Keep a new session."""
        await self._written(key, record, 0)

    async def replace(self, key: str, record: Record) -> bool:
        """Keep a session anew, if it is in the state before this one."""
        return await self._written(key, record, record.version - 1)

    async def delete(self, key: str) -> None:
        """Forget a session, if it is there."""
        await self._delete([self._prefix + "id:" + key], [self._users])

    async def all(self, user: str | None = None) -> AsyncIterator[tuple[str, Record]]:
        """Give the sessions with their keys; those of a user alone, if one is named."""
        start = self._prefix + "id:"
        names: AsyncIterator[bytes] = (
            self._client.scan_iter(match=_literally(start) + "*", count=500)
            if user is None
            else self._of(user)
        )
        async for name in names:
            key = name.decode("utf-8").removeprefix(start)
            record = await self.load(key)
            if record is not None and user in (None, record.user):
                yield key, record

    async def delete_expired(self, now: float) -> int:
        """Do nothing: the server forgets them itself.

        Args:
            now: The time.

        Returns:
            0.
        """
        return 0

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _of(self, user: str) -> AsyncIterator[bytes]:
        for name in await self._client.zrange(self._users + user, 0, -1):
            yield name

    async def _written(self, key: str, record: Record, before: int) -> bool:
        text, version, user, created, expires = record
        done = await self._write(
            [self._prefix + "id:" + key],
            [
                *(self._users, before, text, version, user or "", created, expires),
                int(expires * 1000),
            ],
        )
        return bool(done)


def _record(found: list[bytes | None]) -> Record | None:
    """Make a record of a hash's fields; None where it is none."""
    values = [str(each, "utf-8", "replace") for each in found if each is not None]
    try:
        text, version, user, created, expires = values
        return Record(text, int(version), user or None, float(created), float(expires))
    except ValueError:
        return None


def _literally(text: str) -> str:
    """Give the pattern of SCAN that a text alone matches."""
    return "".join(f"\\{each}" if each in "*?[]\\^" else each for each in text)
