"""Sessions on the server: a cookie holds an id, a store what is in the session.

The story starts at `Sessions`. A session is loaded before the application is called, if
there is a cookie, and saved before the first byte of the answer: what is answered is
kept. Others may have saved it in between; then what was done here is done again to what
they have left.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import blake2s
from typing import Final, Literal, NamedTuple, TypeVar

from restlette.app import Restlette
from restlette.contrib.refusals import refuse
from restlette.contrib.sessions.command import SessionsCommand
from restlette.contrib.sessions.cookies import BEGINNINGS, Cookie, told
from restlette.contrib.sessions.session import Session, decoded, encoded, merged
from restlette.contrib.sessions.store import MemoryStore, Record, SessionStore
from restlette.http.errors import ServiceUnavailable
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Listed", "Sessions", "StoreDown", "key_of"]

log: Final = logging.getLogger("restlette.sessions")

T = TypeVar("T")

# 256 bits of them are random: beyond 128 there is no guessing.
_ID_BYTES: Final = 32
# What this makes, and nothing else, is looked up.
_ID_LENGTH: Final = 43
# A session that is only read is written when this part of its idle time is over.
_TOUCH: Final = 10
# While it lasts for this part of it yet, there is nothing to write.
_FRESH: Final = 1 - 1 / _TOUCH
# A store that has not heeded that its time is over is told again when it has had so
# many times as much: `asyncio.wait_for`, which clients of stores use, loses in Python
# 3.11 a cancellation that comes as what it waits for is done.
_AGAIN: Final = 1.25
# How often others may come in between.
_TRIES: Final = 50

_RETRY_AFTER: Final = 5


class StoreDown(Exception):
    """The store does not answer, or not in time."""


class Listed(NamedTuple):
    """A session, as who looks after them sees it.

    Attributes:
        key: What the store knows it by; not its id, which is the client's alone.
        user: Whose it is.
        created: When it began, in seconds since 1970.
        expires: When it ends, unless it is used.
    """

    key: str
    user: str | None
    created: float
    expires: float


class Sessions:
    """Sessions in a store: a plug-in, or what is put around any ASGI application.

    Args:
        store: Where they are: `MemoryStore`, `SQLiteStore` or `RedisStore`.
        session_cookie: The name of the cookie that has the id.
        idle: For how many seconds a session lasts that nobody uses.
        absolute: For how many seconds it lasts at all.
        same_site: Whether other sites' links and forms bring the cookie along: "lax",
            "strict" or "none".
        https_only: Whether the cookie goes over HTTPS alone.
        domain: Which domain it is for, all below it too; None for the host alone.
        path: Which paths it is for.
        partitioned: Whether each site that embeds this one has its own.
        timeout: For how many seconds the store is waited for.
        when_down: What becomes of a request with a session when the store does not
            answer: "refuse" for 503, "anonymous" to serve it as one without. What was
            changed in a session and cannot be saved is 503 in any case.

    Raises:
        ValueError: The cookie cannot be set, or a time makes no sense.
    """

    def __init__(
        self,
        store: SessionStore,
        *,
        session_cookie: str = "session",
        idle: float = 14 * 24 * 60 * 60,
        absolute: float = 90 * 24 * 60 * 60,
        same_site: str = "lax",
        https_only: bool = False,
        domain: str | None = None,
        path: str = "/",
        partitioned: bool = False,
        timeout: float = 2.0,
        when_down: Literal["refuse", "anonymous"] = "refuse",
    ) -> None:
        if not 0 < idle <= absolute:
            raise ValueError(
                f"a session lasts for a time: 0 < idle <= absolute, not {idle!r} and "
                f"{absolute!r} seconds."
            )
        if not timeout > 0:
            raise ValueError(f"timeout is more than 0 seconds, not {timeout!r}.")
        if when_down not in ("refuse", "anonymous"):
            raise ValueError(
                f"when_down is 'refuse' or 'anonymous', not {when_down!r}."
            )
        self.store: SessionStore = store
        self.memory: MemoryStore | None = None
        if type(store) is MemoryStore:
            self.memory = store
        self.idle = idle
        self.absolute = absolute
        self.timeout = timeout
        self.when_down = when_down
        self.cookie: Cookie = Cookie(
            session_cookie, path, domain, same_site, https_only, partitioned
        )
        self.commands: dict[str, SessionsCommand] = {"sessions": SessionsCommand(self)}

    def install(self, app: Restlette) -> None:
        """Put them around an application: `app.install(sessions)`."""
        app.add_middleware(_SessionsMiddleware, sessions=self)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Put them around any ASGI application, and give the whole.

        Args:
            app: The ASGI application inside.
        """
        return _SessionsMiddleware(app, self)

    async def of_user(self, user: str) -> list[Listed]:
        """Give the sessions of a user that are not over.

        Raises:
            StoreDown: The store does not answer.
        """
        return await self.ask(self._listed(user))

    async def _listed(self, user: str) -> list[Listed]:
        return [each async for each in self.all(user)]

    async def all(self, user: str | None = None) -> AsyncIterator[Listed]:
        """Give all sessions that are not over, or those of a user."""
        now = time.time()
        async for key, record in self.store.all(user):
            if record.expires > now:
                yield Listed(key, record.user, record.created, record.expires)

    async def revoke(self, user: str, *, but: Session | None = None) -> int:
        """End the sessions of a user, on all devices.

        Args:
            user: Whose.
            but: One that stays, where there is one: who changes a password goes on.

        Returns:
            How many were ended.

        Raises:
            StoreDown: The store does not answer.
        """
        kept = None if but is None else getattr(but.saver, "key", None)
        ended: set[str] = set()
        # SECURITY: one that is given another id meanwhile is there by that before it is
        # gone by the old one; so who looks again after the end finds it.
        for _ in range(_TRIES):
            keys = {each.key for each in await self.of_user(user)} - {kept} - ended
            if not keys:
                return len(ended)
            for key in keys:
                await self.ask(self.store.delete(key))
            ended |= keys
        raise StoreDown("others begin sessions of the same user without an end")

    async def delete_expired(self) -> int:
        """Forget the sessions that are over, and say how many there were.

        Call it now and then, where the store does not forget by itself: a session that
        is over is none, whether it is still there or not.
        """
        return await self.ask(self.store.delete_expired(time.time()))

    async def ask(self, answer: Awaitable[T]) -> T:
        """Wait for the store, and not for longer than `timeout`.

        Raises:
            StoreDown: It does not answer, or not in time.
        """
        if self.memory is not None:
            # PERF: a time limit takes as long as the whole answer.
            return await answer
        again = asyncio.timeout(self.timeout * _AGAIN)
        try:
            async with again, asyncio.timeout(self.timeout):
                return await answer
        # Which exceptions a store has is its own matter.
        except Exception as exc:
            raise StoreDown(f"{type(exc).__name__}: {exc}") from exc


class _SessionsMiddleware:
    """Gives each connection its session.

    Args:
        app: The ASGI application inside.
        sessions: What sessions there are.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self.app = app
        self.sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; when a lifespan ends, the store is closed."""
        if scope["type"] != "http" and scope["type"] != "websocket":
            if scope["type"] == "lifespan":
                send = self._closing(send)
            await self.app(scope, receive, send)
            return
        sessions = self.sessions
        visit = _Visit(sessions, scope, receive, send)
        value = sessions.cookie.read(scope, _ID_LENGTH)
        key, record = "", None
        # SECURITY: an id is one that was given out; no other one makes a session, and
        # what cannot be one is not looked up.
        if value is not None and len(value) == _ID_LENGTH:
            key = key_of(value)
            # PERF: what is in memory needs nobody to wait.
            if sessions.memory is not None:
                record = sessions.memory.get(key)
            else:
                record = await self._load(key, visit)
                if visit.is_unknown and sessions.when_down == "refuse":
                    await _refuse(scope, receive, send)
                    return
        if record is not None and record.expires > (now := time.time()):
            visit.found = key, record
            # PERF: most are far from it.
            if record.expires - now < sessions.idle * _FRESH:
                visit.may_be_due = True
            session = Session(record.text)
            if record.user is not None:
                session.owner = record.user
        else:
            visit.is_stray = value is not None and not visit.is_unknown
            session = Session(None)
        session.saver = visit
        scope["session"] = visit.session = session
        try:
            await self.app(scope, receive, visit.send)
            if scope["type"] == "websocket" and visit.has_begun:
                await visit.save_at_the_end()
        finally:
            # PERF: what holds itself waits for the collector.
            session.saver = None

    async def _load(self, key: str, visit: _Visit) -> Record | None:
        """Ask the store what it has."""
        sessions = self.sessions
        try:
            return await sessions.ask(sessions.store.load(key))
        except StoreDown as exc:
            visit.is_unknown = True
            log.error("sessions: the store is down: %s", exc)
            return None

    def _closing(self, send: Send) -> Send:
        async def send_and_close(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self.sessions.store.close()
            await send(message)

        return send_and_close


class _Visit:
    """A connection, and the session that it has: found, and saved when it answers.

    PERF: all of it in one object, and nothing awaited but the application where a
    session is only looked at.

    Args:
        sessions: What sessions there are.
        scope: The scope.
        receive: The ASGI receive channel.
        send: The ASGI send channel.

    Attributes:
        found: The session's key, and what the store has; None where there is none.
        session: What the application has made of it.
        is_stray: Whether there is a cookie, and no session.
        is_unknown: Whether the store could not say.
        may_be_due: Whether it may be time to put the end off.
        has_begun: Whether the answer has; a cookie cannot be set from then on.
        line: What sets the cookie; None where it stays as it is.
    """

    # PERF: what most have of these stays the class's.
    session: Session
    found: tuple[str, Record] | None = None
    line: bytes | None = None
    is_stray = is_unknown = has_begun = may_be_due = False

    def __init__(
        self, sessions: Sessions, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.sessions = sessions
        self._scope = scope
        self._receive = receive
        self._send = send

    @property
    def key(self) -> str | None:
        """What the store knows the session by; None of one that is not there."""
        return None if self.found is None else self.found[0]

    def send(self, message: Message) -> Awaitable[None]:
        """Send a message; with the cookie, if it begins the answer."""
        if self.has_begun or message["type"] not in BEGINNINGS:
            return self._send(message)
        session, found = self.session, self.found
        if found is None:
            may_differ = session.accessed or session.owner is not None
        else:
            may_differ = (
                self.may_be_due
                or not session.is_as_it_came
                or session.owner != found[1].user
            )
            # PERF: what comes below to the same, where nothing is saved or set.
            if not may_differ and self.line is None:
                self.has_begun = True
                return self._send(told(message, None) if session.accessed else message)
        # What fails is not saved: whoever asks again finds what was there before.
        if may_differ and message.get("status", 200) < 500:
            return self._save_and_begin(message)
        return self._begin(message)

    async def _save_and_begin(self, message: Message) -> None:
        try:
            await self()
        except StoreDown as exc:
            log.error("sessions: the store is down: %s", exc)
            await _refuse(self._scope, self._receive, self._send)
            # What the application goes on to send is no answer any more.
            self.has_begun, self._send = True, _drop
        else:
            await self._begin(message)

    def _begin(self, message: Message) -> Awaitable[None]:
        self.has_begun = True
        if self.is_stray and self.line is None and self.session.accessed:
            self.line = self.sessions.cookie.line("", 0)
        if self.session.accessed or self.line is not None:
            message = told(message, self.line)
        return self._send(message)

    async def save_at_the_end(self) -> None:
        """Save what a WebSocket has changed while it was open."""
        try:
            await self()
        except (StoreDown, RuntimeError) as exc:
            log.error("sessions: what a WebSocket has changed is lost: %s", exc)

    async def __call__(self) -> None:
        """Save the session, if it is not as it is in the store.

        Raises:
            StoreDown: The store does not answer, or did not when the request came.
            RuntimeError: It would need a cookie, which cannot be set any more.
        """
        session, found = self.session, self.found
        if found is not None and session.accessed and session.is_new:
            # What is there is none that can be read.
            found = self.found = None
            self.is_stray = True
        text = session.modified()
        user = None if found is None else found[1].user
        is_modified = text is not None or session.owner != user
        if is_modified and self.is_unknown:
            raise StoreDown("it did not say what is in the session")
        is_empty = is_modified and session.owner is None and not session
        if is_empty or (session.is_invalidated and session.owner is None):
            await self._delete(found)
        elif session.has_ended and found is not None:
            # SECURITY: what begins after the end has nothing of it, its id neither.
            await self.sessions.ask(self.sessions.store.delete(found[0]))
            self.found = None
            await self._add()
        elif is_modified and (session.is_renewed or found is None):
            await (self._add() if found is None else self._renew(*found))
        elif found is not None and is_modified:
            await self._replace(*found)
        elif found is not None:
            await self._touch(*found)

    def _end_of(self, created: float) -> float:
        """Give when a session ends that began then and is used now."""
        sessions = self.sessions
        return min(time.time() + sessions.idle, created + sessions.absolute)

    def _is_due(self, there: Record) -> bool:
        """Say whether it is time to put the end off, though nothing was changed."""
        end = self._end_of(there.created)
        return end - there.expires > self.sessions.idle / _TOUCH

    async def _delete(self, found: tuple[str, Record] | None) -> None:
        if found is not None:
            sessions = self.sessions
            await sessions.ask(sessions.store.delete(found[0]))
            self._forget()

    def _forget(self) -> None:
        """Take note that the session is over."""
        self.found = None
        self.session.saved(None)
        self.session.owner = None
        if not self.has_begun:
            self.line = self.sessions.cookie.line("", 0)

    async def _add(self) -> None:
        """Begin a session."""
        self._check_cookie()
        session, now = self.session, time.time()
        text = encoded(session.data)
        record = Record(text, 1, session.owner, now, self._end_of(now))
        self._begun(await self._put(record), record)

    async def _renew(self, key: str, there: Record) -> None:
        """Give it another id, with what others have saved since."""
        self._check_cookie()
        sessions, now = self.sessions, time.time()

        async def write(text: str, user: str | None, there: Record) -> bool:
            record = Record(text, 1, user, now, self._end_of(now))
            # SECURITY: nobody knows this id before the old one is nobody's, which it
            # becomes in the state that was seen: a session that was ended meanwhile is
            # not brought back, and of two who do this one has the session.
            new = await self._put(record)
            ended = Record("{}", there.version + 1, None, there.created, 0.0)
            if not await sessions.ask(sessions.store.replace(key, ended)):
                await sessions.ask(sessions.store.delete(key_of(new.encode())))
                return False
            self._begun(new, record)
            await self._tidy(key)
            return True

        await self._write(key, there, write)

    async def _replace(self, key: str, there: Record) -> None:
        """Save it, on top of what others have saved since."""
        sessions = self.sessions

        async def write(text: str, user: str | None, there: Record) -> bool:
            end = self._end_of(there.created)
            record = Record(text, there.version + 1, user, there.created, end)
            if not await sessions.ask(sessions.store.replace(key, record)):
                return False
            self.found = key, record
            self.session.saved(text)
            return True

        await self._write(key, there, write)

    async def _write(
        self,
        key: str,
        there: Record,
        write: Callable[[str, str | None, Record], Awaitable[bool]],
    ) -> None:
        """Write what was done here, to whatever others have left meanwhile.

        Args:
            key: The session's key.
            there: The state that was seen.
            write: Writes a text and a user in the place of a state, if it is that.
        """
        change = self._change(there)
        for _ in range(_TRIES):
            if await write(*change(there), there):
                return
            current = await self._current(key)
            if current is None:
                # SECURITY: somebody has ended it, and so it stays.
                self._forget()
                return
            there = current
        raise StoreDown("others write the same session without an end")

    def _change(self, seen: Record) -> Callable[[Record], tuple[str, str | None]]:
        """Give what does again to a later state what was done here: text and user."""
        session = self.session
        before, mine = session.before or {}, dict(session.data)
        owner, is_given = session.owner, session.owner != seen.user

        def change(there: Record) -> tuple[str, str | None]:
            text = encoded(merged(before, mine, decoded(there.text)))
            return text, owner if is_given else there.user

        return change

    async def _current(self, key: str) -> Record | None:
        """Give what is in the store now; None where it is over."""
        sessions = self.sessions
        record = await sessions.ask(sessions.store.load(key))
        return None if record is None or record.expires <= time.time() else record

    async def _put(self, record: Record) -> str:
        """Keep a session by an id of its own, and give the id."""
        sessions, new = self.sessions, secrets.token_urlsafe(_ID_BYTES)
        await sessions.ask(sessions.store.add(key_of(new.encode()), record))
        return new

    def _begun(self, id: str, record: Record) -> None:
        """Take note of the session's id, and have its cookie set."""
        sessions = self.sessions
        self.found = key_of(id.encode()), record
        self.session.saved(record.text)
        self.line = sessions.cookie.line(id, int(sessions.absolute))

    async def _tidy(self, key: str) -> None:
        """Forget what is over by its date."""
        sessions = self.sessions
        try:
            await sessions.ask(sessions.store.delete(key))
        except StoreDown as exc:
            log.warning("sessions: the store is down: %s", exc)

    def _check_cookie(self) -> None:
        if self.has_begun:
            raise RuntimeError(
                "the session is new, or was given a new id, and the answer has begun: "
                "its cookie cannot be set any more."
            )

    async def _touch(self, key: str, there: Record) -> None:
        """Put the end off; whoever has written it in between has done so too."""
        if not self._is_due(there):
            return
        sessions, end = self.sessions, self._end_of(there.created)
        later = there._replace(version=there.version + 1, expires=end)
        try:
            await sessions.ask(sessions.store.replace(key, later))
        except StoreDown as exc:
            # Nothing was changed, so that nothing is lost.
            log.warning("sessions: the store is down: %s", exc)


def key_of(id: bytes) -> str:
    """Give what a store knows a session by.

    SECURITY: a hash, of what has more bits than can be tried: who reads the store
    finds no id in it.
    """
    # PERF: Python's own; OpenSSL's hashes take several times as long to begin with.
    return blake2s(id).hexdigest()


async def _drop(message: Message) -> None:
    """Send nothing."""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 503, a WebSocket's handshake too."""
    exc = ServiceUnavailable(
        "Sessions cannot be had at the moment.", retry_after=_RETRY_AFTER
    )
    await refuse(exc, scope, receive, send)
