"""Sessions in a store: ids that were given out, and states that nobody loses."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import (
    JSONResponse,
    Request,
    Restlette,
    StreamingResponse,
    WebSocket,
)
from restlette.contrib.sessions import MemoryStore, Record, Session, Sessions, StoreDown
from restlette.contrib.sessions.server import key_of
from restlette.contrib.sessions.session import decoded
from restlette.testing import AsyncTestClient, TestClient, call


@attrs.frozen
class Cart:
    books: list[str] = attrs.Factory(list)


class Shop:
    """An application with sessions in memory, and what tests look at."""

    def __init__(self, store: Any = None, **options: Any) -> None:
        self.store = store or MemoryStore()
        self.sessions = Sessions(self.store, **options)
        self.app = Restlette()
        self.app.install(self.sessions)
        self.held: dict[str, asyncio.Event] = {}
        route = self.app.route

        @route("/", methods=["GET"])
        async def show(request: Request) -> dict[str, Any]:
            return dict(request.session)

        @route("/set", methods=["POST"])
        async def change(request: Request) -> dict[str, Any]:
            request.session.update(await request.json())
            return dict(request.session)

        @route("/nothing")
        async def nothing(request: Request) -> None: ...

        @route("/in/{user}", methods=["POST"])
        async def log_in(request: Request, user: str) -> None:
            request.session.regenerate()
            request.session.user = user

        @route("/out", methods=["POST"])
        async def log_out(request: Request) -> None:
            request.session.invalidate()

        @route("/clear", methods=["POST"])
        async def clear(request: Request) -> None:
            request.session.clear()

        @route("/fails", methods=["POST"])
        async def fails(request: Request) -> JSONResponse:
            request.session["failed"] = True
            return JSONResponse({}, 500)

        @route("/hold/{key}", methods=["POST"])
        async def hold(request: Request, key: str) -> None:
            """Change something, and wait before the answer begins."""
            request.session.setdefault("list", []).append(key)
            request.session[key] = True
            self.held[key] = asyncio.Event()
            await self.held[key].wait()

        @route("/renew/{key}", methods=["POST"])
        async def renew(request: Request, key: str) -> None:
            """Change something, wait, and have another id."""
            request.session[key] = True
            self.held[key] = asyncio.Event()
            await self.held[key].wait()
            request.session.regenerate()

        @route("/another", methods=["POST"])
        async def another(request: Request) -> None:
            request.session.invalidate()
            request.session["flash"] = "bye"

        @route("/who")
        async def who(request: Request) -> dict[str, str | None]:
            return {"user": request.session.user}

        @route("/pieces")
        async def many(request: Request) -> StreamingResponse:
            said = request.session.setdefault("said", [])

            async def pieces() -> Any:
                for number in range(3):
                    said.append(number)
                    await request.session.save()
                    yield b"x"

            return StreamingResponse(pieces())

        @route("/stream")
        async def stream(request: Request) -> StreamingResponse:
            async def pieces() -> Any:
                request.session["streamed"] = True
                await request.session.save()
                yield b"x"

            return StreamingResponse(pieces())

        @route("/others", methods=["POST"])
        async def others(request: Request) -> dict[str, int]:
            user = request.session.user or ""
            ended = await self.sessions.revoke(user, but=request.session)
            return {"ended": ended}

        @route("/cart", methods=["POST"])
        async def cart(request: Request) -> list[str] | None:
            session = request.session
            found = session.read(Cart)
            if found is None:
                session.write(Cart())
                return None
            session.write(Cart([*found.books, "Emma"]))
            return found.books

        @self.app.websocket_route("/ws")
        async def ws(websocket: WebSocket) -> None:
            await websocket.accept()
            async for text in websocket.iter_text():
                websocket.session["said"] = text
                if text == "end":
                    websocket.session.invalidate()
                if text in ("end", "save"):
                    await websocket.session.save()

    def client(self) -> TestClient:
        return TestClient(self.app)

    async def records(self) -> list[Record]:
        return [record async for _, record in self.store.all()]

    @property
    def kept(self) -> list[Record]:
        return asyncio.run(self.records())


@pytest.fixture
def shop() -> Shop:
    return Shop()


def id_of(client: TestClient) -> str:
    found = client.cookies.get("session")
    assert found is not None
    return found


def test_what_was_put_in_is_there_the_next_time(shop: Shop) -> None:
    client = shop.client()
    assert client.get("/").json() == {}
    assert client.cookies.get("session") is None
    answer = client.post("/set", json={"a": [1]})
    assert answer.headers["vary"] == "Cookie"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["set-cookie"].partition("; ")[2] == (
        "HttpOnly; Max-Age=7776000; Path=/; SameSite=lax"
    )
    again = client.get("/")
    assert again.json() == {"a": [1]}
    assert again.headers["vary"] == "Cookie"
    assert "set-cookie" not in again.headers
    assert client.post("/set", json={"b": 2}).json() == {"a": [1], "b": 2}
    assert "set-cookie" not in client.get("/").headers
    assert [record.version for record in shop.kept] == [2]


def test_who_does_not_look_varies_by_nothing(shop: Shop) -> None:
    client = shop.client()
    client.post("/set", json={"a": 1})
    answer = client.get("/nothing")
    assert "vary" not in answer.headers
    assert [record.version for record in shop.kept] == [1]


@pytest.mark.parametrize("value", ["abc", "x" * 43, "", "é" * 43, "a" * 5000])
def test_session_38_an_id_that_was_not_given_out_makes_nothing(
    shop: Shop, value: str
) -> None:
    headers = [(b"cookie", f"session={value}".encode())]
    answer = call(shop.app, "GET", "/", headers=headers)
    assert (answer.json(), shop.kept) == ({}, [])
    assert answer.headers["set-cookie"].startswith("session=; HttpOnly; Max-Age=0")
    # What is put in then is in a session of another id.
    answer = call(shop.app, "POST", "/set", headers=headers, json={"a": 1})
    new = answer.headers["set-cookie"].partition(";")[0].removeprefix("session=")
    assert len(new) == 43
    assert new != value


def test_session_38_ids_are_long_and_kept_as_hashes(shop: Shop) -> None:
    ids = set()
    for _ in range(50):
        client = shop.client()
        client.post("/set", json={"a": 1})
        ids.add(id_of(client))
    assert len(ids) == 50

    async def keys() -> set[str]:
        return {key async for key, _ in shop.store.all()}

    assert asyncio.run(keys()) == {key_of(each.encode()) for each in ids}
    assert all(len(each) == 43 for each in ids)


def test_session_39_an_id_is_another_one_when_it_is_worth_more(shop: Shop) -> None:
    client, thief = shop.client(), shop.client()
    client.post("/set", json={"cart": 1})
    old = id_of(client)
    client.post("/in/zoe")
    assert id_of(client) != old
    assert client.get("/").json() == {"cart": 1}
    thief.cookies.set("session", old)
    assert thief.get("/").json() == {}
    assert [record.user for record in shop.kept] == ["zoe"]


def test_a_session_with_a_user_alone_is_one(shop: Shop) -> None:
    client = shop.client()
    client.post("/in/zoe")
    assert [(each.user, each.text) for each in shop.kept] == [("zoe", "{}")]


@pytest.mark.parametrize("path", ["/out", "/clear"])
def test_what_is_ended_is_gone_with_its_cookie(shop: Shop, path: str) -> None:
    client = shop.client()
    client.post("/set", json={"a": 1})
    old = id_of(client)
    answer = client.post(path)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert shop.kept == []
    client.cookies.set("session", old)
    assert client.get("/").json() == {}
    # Where there is none, none is ended.
    assert "set-cookie" not in shop.client().post(path).headers


async def both(shop: Shop, *keys: str, between: Any = None) -> list[Any]:
    """Hold requests of one session side by side, then let them end in turn."""
    async with AsyncTestClient(shop.app) as client:
        await client.post("/set", json={"list": [], "here": 1})
        waiting = [
            asyncio.create_task(client.post(f"/hold/{key}")) for key in reversed(keys)
        ]
        async with asyncio.timeout(30):
            while len(shop.held) < len(keys):
                await asyncio.sleep(0)
        if between is not None:
            await between(client)
        answers = []
        for key, task in zip(reversed(keys), waiting, strict=True):
            shop.held[key].set()
            answers.append(await task)
        answers.append(await client.get("/"))
        return answers


def test_session_40_requests_side_by_side_lose_nothing(shop: Shop) -> None:
    answers = asyncio.run(both(shop, "a", "b", "c"))
    found = answers[-1].json()
    assert {"a", "b", "c", "here"} <= {*found}


def test_session_40_a_session_that_was_ended_is_not_brought_back(shop: Shop) -> None:
    async def log_out(client: AsyncTestClient) -> None:
        await client.post("/out")

    first, last = asyncio.run(both(shop, "a", between=log_out))
    assert first.status_code == 204
    assert "Max-Age=0" in first.headers["set-cookie"]
    assert last.json() == {}
    assert shop.kept == []


def test_what_fails_changes_nothing(shop: Shop) -> None:
    client = shop.client()
    client.post("/set", json={"a": 1})
    assert client.post("/fails").status_code == 500
    assert client.get("/").json() == {"a": 1}


def test_session_37_time_is_the_server_s(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(idle=100, absolute=250)
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    client = shop.client()
    answer = client.post("/set", json={"a": 1})
    assert "Max-Age=250" in answer.headers["set-cookie"]
    kept = {"cookie": f"session={id_of(client)}"}

    def found() -> Any:
        return call(shop.app, "GET", "/", headers=kept).json()

    (record,) = shop.kept
    assert (record.created, record.expires) == (1000, 1100)
    now[0] = 1009
    assert found() == {"a": 1}
    assert shop.kept[0].version == 1  # as it was: not each use is written
    now[0] = 1099
    assert found() == {"a": 1}
    assert (shop.kept[0].version, shop.kept[0].expires) == (2, 1199)
    now[0] = 1190
    assert found() == {"a": 1}
    assert shop.kept[0].expires == 1250  # not beyond the end of it all
    now[0] = 1249
    assert found() == {"a": 1}
    now[0] = 1250
    assert found() == {}
    assert asyncio.run(shop.sessions.delete_expired()) == 1
    assert shop.kept == []


def test_session_37_who_does_not_look_at_it_uses_it_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(idle=100)

    @shop.app.route("/plain", methods=["GET"])
    async def plain(request: Request) -> None: ...

    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    client = shop.client()
    client.post("/set", json={"a": 1})
    now[0] = 1099
    kept = {"cookie": f"session={id_of(client)}"}
    answer = call(shop.app, "GET", "/plain", headers=kept)
    assert "vary" not in answer.headers
    assert shop.kept[0].expires == 1199


def test_session_37_one_second_over_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(idle=100)
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    client = shop.client()
    client.post("/set", json={"a": 1})
    kept = {"cookie": f"session={id_of(client)}"}
    now[0] = 1101
    answer = call(shop.app, "GET", "/", headers=kept)
    assert answer.json() == {}
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_sessions_of_a_user_are_listed_and_ended(shop: Shop) -> None:
    clients = [shop.client() for _ in range(3)]
    for client in clients:
        client.post("/in/zoe")
        client.post("/set", json={"a": 1})
    other = shop.client()
    other.post("/in/ann")
    listed = asyncio.run(shop.sessions.of_user("zoe"))
    assert {each.key for each in listed} == {
        key_of(id_of(each).encode()) for each in clients
    }
    assert {each.user for each in listed} == {"zoe"}
    assert all(each.created < each.expires for each in listed)
    assert clients[0].post("/others").json() == {"ended": 2}
    assert [client.get("/").json() for client in clients] == [{"a": 1}, {}, {}]
    assert asyncio.run(shop.sessions.revoke("zoe")) == 1
    assert [record.user for record in shop.kept] == ["ann"]


def test_a_stream_saves_what_it_does(shop: Shop) -> None:
    client = shop.client()
    client.post("/set", json={"a": 1})
    assert client.get("/stream").content == b"x"
    assert client.get("/").json() == {"a": 1, "streamed": True}


def test_a_new_session_needs_the_beginning_of_an_answer(shop: Shop) -> None:
    with pytest.raises(RuntimeError, match="its cookie cannot be set any more"):
        shop.client().get("/stream")


def test_a_web_socket_is_saved_at_its_end(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    client = shop.client()
    client.post("/set", json={"a": 1})
    with client.websocket_connect("/ws") as socket:
        socket.send_text("hello")
    assert client.get("/").json() == {"a": 1, "said": "hello"}
    with client.websocket_connect("/ws") as socket:
        socket.send_text("save")
        socket.send_text("later")
    assert client.get("/").json() == {"a": 1, "said": "later"}
    with client.websocket_connect("/ws") as socket:
        socket.send_text("end")
    assert (client.get("/").json(), shop.kept) == ({}, [])
    assert caplog.records == []
    with shop.client().websocket_connect("/ws") as socket:
        socket.send_text("hello")
    (record,) = caplog.records
    assert "what a WebSocket has changed is lost" in record.getMessage()


def test_a_session_may_be_an_object(shop: Shop) -> None:
    client = shop.client()
    assert [client.post("/cart").json() for _ in range(3)] == [
        [],
        ["Emma"],
        ["Emma", "Emma"],
    ]
    client.post("/set", json={"books": 7})
    assert client.post("/cart").status_code == 204
    assert client.get("/").json() == {"books": []}


class Broken(MemoryStore):
    """A store that does not answer, or not in time."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: str = ""

    async def _answer(self) -> None:
        if self.fault == "down":
            raise ConnectionError("refused")
        if self.fault == "deaf":
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
        if self.fault in ("frozen", "deaf"):
            await asyncio.sleep(3600)

    async def load(self, key: str) -> Record | None:
        await self._answer()
        return await super().load(key)

    async def replace(self, key: str, record: Record) -> bool:
        await self._answer()
        return self.fault != "busy" and await super().replace(key, record)

    async def add(self, key: str, record: Record) -> None:
        await self._answer()
        await super().add(key, record)


@pytest.mark.parametrize("fault", ["down", "frozen", "deaf"])
def test_session_45_without_its_store_a_session_is_503(
    fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where the store's client loses a cancellation: it gets another one."""
    store = Broken()
    shop = Shop(store, timeout=0.05)
    client = shop.client()
    client.post("/set", json={"a": 1})
    store.fault = fault
    for method, path in (("GET", "/"), ("POST", "/set")):
        answer = client.request(method, path, json={})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.headers["content-type"] == "application/problem+json"
    # Who has none is served, unless there is to be one.
    assert shop.client().get("/").status_code == 200
    assert shop.client().post("/set", json={"a": 1}).status_code == 503
    assert {record.name for record in caplog.records} == {"restlette.sessions"}
    with pytest.raises(Exception, match="503"), client.websocket_connect("/ws"):
        pass
    store.fault = ""
    assert client.get("/").json() == {"a": 1}


def test_session_45_or_a_stranger_if_that_is_wanted() -> None:
    store = Broken()
    shop = Shop(store, when_down="anonymous")
    client = shop.client()
    client.post("/set", json={"a": 1})
    store.fault = "down"
    answer = client.get("/")
    assert (answer.status_code, answer.json()) == (200, {})
    # The cookie stays: the session is there again when the store is.
    assert "set-cookie" not in answer.headers
    assert client.post("/set", json={"b": 1}).status_code == 503
    store.fault = ""
    assert client.get("/").json() == {"a": 1}


def test_session_45_a_store_that_fails_while_a_request_runs() -> None:
    """Nothing is acknowledged that is not kept; what only reads is."""
    store = Broken()
    shop = Shop(store, idle=0.001, absolute=3600)

    @shop.app.route("/break", methods=["GET", "POST"])
    async def break_it(request: Request) -> JSONResponse:
        if request.method == "POST":
            request.session["b"] = 1
        assert request.session["a"] == 1
        store.fault = "down"
        return JSONResponse({}, background=None)

    client = shop.client()
    shop.sessions.idle = 100
    client.post("/set", json={"a": 1})
    shop.sessions.idle = 3600
    assert client.get("/break").status_code == 200
    store.fault = ""
    assert client.post("/break").status_code == 503
    store.fault = ""
    assert client.get("/").json() == {"a": 1}
    store.fault = "busy"
    assert client.post("/set", json={"b": 1}).status_code == 503


@pytest.mark.parametrize("text", ["{", "[]", "null", ""])
def test_session_45_a_damaged_record_is_no_session(shop: Shop, text: str) -> None:
    client = shop.client()
    client.post("/set", json={"a": 1})
    (key,) = shop.store._records
    shop.store._records[key] = shop.store._records[key]._replace(text=text)
    answer = client.get("/")
    assert (answer.status_code, answer.json()) == (200, {})
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_any_asgi_application_can_be_inside() -> None:
    closed = []

    class Store(MemoryStore):
        async def close(self) -> None:
            closed.append(True)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "http":
            scope["session"]["n"] = scope["session"].get("n", 0) + 1
            await JSONResponse(dict(scope["session"]))(scope, receive, send)

    whole = Sessions(Store()).around(app)
    with TestClient(whole) as client:
        assert [client.get("/").json()["n"] for _ in range(3)] == [1, 2, 3]
        assert closed == []
    assert closed == [True]
    nobody: Any = None  # it is not asked for anything
    asyncio.run(whole({"type": "other"}, nobody, nobody))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"idle": 0}, "0 < idle <= absolute"),
        ({"idle": 10, "absolute": 5}, "0 < idle <= absolute, not 10 and 5"),
        ({"timeout": 0}, "timeout is more than 0 seconds, not 0"),
        ({"when_down": "ignore"}, "is 'refuse' or 'anonymous', not 'ignore'"),
        ({"session_cookie": "__Host-id"}, "needs secure=True"),
    ],
)
def test_what_makes_no_sense_is_an_error_at_start_up(
    options: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Sessions(MemoryStore(), **options)


def test_a_store_that_is_down_is_said_to_who_asks() -> None:
    store = Broken()
    store.fault = "down"
    sessions = Sessions(store)
    with pytest.raises(StoreDown, match="ConnectionError: refused"):
        asyncio.run(sessions.ask(store.load("k")))


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["set", "in", "out", "get", "steal"]),
        st.integers(0, 2),
        st.integers(0, 3),
    ),
    max_size=25,
)


@given(OPERATIONS)
def test_no_session_is_somebody_else_s(operations: list[tuple[str, int, int]]) -> None:
    """Three clients, and one who has kept every id that there ever was."""
    shop = Shop()
    clients = [shop.client() for _ in range(3)]
    model: list[dict[str, int]] = [{}, {}, {}]
    stolen: set[str] = set()
    for what, which, number in operations:
        client, own = clients[which], model[which]
        if what == "set":
            own[str(number)] = which
            assert client.post("/set", json={str(number): which}).json() == own
        elif what == "in":
            client.post(f"/in/user-{which}")
        elif what == "out":
            client.post("/out")
            own.clear()
        elif what == "steal":
            # Ids that are nobody's any more.
            now = {each.cookies.get("session") for each in clients}
            for old in stolen - now:
                headers = {"cookie": f"session={old}"}
                assert call(shop.app, "GET", "/", headers=headers).json() == {}
        assert client.get("/").json() == own
        stolen |= {each.cookies.get("session") or "" for each in clients} - {""}


def test_a_session_that_nobody_loaded_has_no_user() -> None:
    assert Session(lambda: None).user is None


def test_the_cookie_is_found_among_others(shop: Shop) -> None:
    client = shop.client()
    client.post("/set", json={"a": 1})
    own = id_of(client)
    for value in (f"session={own}", f"a=b; session={own}", f'session="{own}"; a=b'):
        headers = {"cookie": value}
        assert call(shop.app, "GET", "/", headers=headers).json() == {"a": 1}
    other = f"session={own[:30]}; other={'x' * 5}"  # as long as one alone
    assert len(other) == len(f"session={own}")
    assert call(shop.app, "GET", "/", headers={"cookie": other}).json() == {}
    fields = [(b"cookie", b"a=b"), (b"cookie", f"session={own}".encode())]
    assert call(shop.app, "GET", "/", headers=fields).json() == {"a": 1}


async def renewing(
    shop: Shop, *keys: str, between: Any = None
) -> tuple[list[Any], Any]:
    """Let requests that have other ids wait side by side, and end in turn."""
    async with AsyncTestClient(shop.app) as client:
        await client.post("/in/zoe")
        await client.post("/set", json={"here": 1})
        old = client.cookies["session"]
        waiting = []
        for key in keys:
            own = {"cookie": f"session={old}"}
            path = f"/renew/{key}"
            waiting.append(asyncio.create_task(client.post(path, headers=own)))
        async with asyncio.timeout(30):
            while len(shop.held) < len(keys):
                await asyncio.sleep(0)
        if between is not None:
            await between(client)
        answers = []
        for key, task in zip(keys, waiting, strict=True):
            shop.held[key].set()
            answers.append(await task)
        return answers, old


def test_session_40_a_session_that_was_revoked_does_not_come_back_by_another_id(
    shop: Shop,
) -> None:
    async def revoke(client: AsyncTestClient) -> None:
        assert await shop.sessions.revoke("zoe") == 1

    (answer,), _ = asyncio.run(renewing(shop, "a", between=revoke))
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert shop.kept == []


def test_session_40_another_id_keeps_what_others_have_saved(shop: Shop) -> None:
    async def change(client: AsyncTestClient) -> None:
        await client.post("/set", json={"theirs": 1})

    asyncio.run(renewing(shop, "a", between=change))
    (record,) = shop.kept
    assert decoded(record.text) == {"here": 1, "theirs": 1, "a": True}
    assert record.user == "zoe"


def test_session_39_of_two_who_renew_one_session_one_has_it(shop: Shop) -> None:
    (first, last), old = asyncio.run(renewing(shop, "a", "b"))
    assert "Max-Age=0" not in first.headers["set-cookie"]
    assert "Max-Age=0" in last.headers["set-cookie"]
    (record,) = shop.kept
    assert decoded(record.text) == {"here": 1, "a": True}
    stale = {"cookie": f"session={old}"}
    assert call(shop.app, "GET", "/", headers=stale).json() == {}


def test_session_39_what_begins_after_the_end_has_another_id(shop: Shop) -> None:
    client = shop.client()
    client.post("/in/zoe")
    client.post("/set", json={"a": 1})
    old = id_of(client)
    client.post("/another")
    assert id_of(client) != old
    assert client.get("/").json() == {"flash": "bye"}
    assert [record.user for record in shop.kept] == [None]
    stale = {"cookie": f"session={old}"}
    assert call(shop.app, "GET", "/", headers=stale).json() == {}


def test_session_41_whose_it_is_counts_as_access(shop: Shop) -> None:
    client = shop.client()
    assert client.get("/who").headers["vary"] == "Cookie"
    client.post("/in/zoe")
    answer = client.get("/who")
    assert answer.json() == {"user": "zoe"}
    assert answer.headers["vary"] == "Cookie"


def test_session_43_a_list_stays_the_session_s_when_it_was_saved(shop: Shop) -> None:
    client = shop.client()
    client.get("/pieces")
    assert client.get("/").json() == {"said": [0, 1, 2]}


class Failing(MemoryStore):
    """A store of which some methods fail."""

    fails = ""

    async def add(self, key: str, record: Record) -> None:
        if self.fails == "add":
            raise OSError("down")
        await super().add(key, record)

    async def delete(self, key: str) -> None:
        if self.fails == "delete":
            raise OSError("down")
        await super().delete(key)

    async def replace(self, key: str, record: Record) -> bool:
        if self.fails == "replace":
            await super().replace(key, record._replace(expires=time.time() + 60))
            return False
        return await super().replace(key, record)


def test_session_45_a_store_that_fails_at_another_id_loses_nothing() -> None:
    store = Failing()
    client = Shop(store).client()
    client.post("/set", json={"a": 1})
    store.fails = "add"
    assert client.post("/in/zoe").status_code == 503
    assert client.get("/").json() == {"a": 1}


def test_session_45_an_old_id_is_nobody_s_though_it_cannot_be_deleted() -> None:
    store = Failing()
    shop = Shop(store)
    client = shop.client()
    client.post("/set", json={"a": 1})
    stale = {"cookie": f"session={id_of(client)}"}
    store.fails = "delete"
    client.post("/in/zoe")
    assert client.get("/").json() == {"a": 1}
    assert call(shop.app, "GET", "/", headers=stale).json() == {}


def test_another_id_is_not_tried_without_an_end() -> None:
    store = Failing()
    client = Shop(store).client()
    client.post("/set", json={"a": 1})
    store.fails = "replace"
    assert client.post("/in/zoe").status_code == 503


class Everlasting(MemoryStore):
    """A store in which somebody logs in whenever somebody is logged out."""

    async def delete(self, key: str) -> None:
        await super().delete(key)
        await super().add(key + "x", Record("{}", 1, "zoe", 0.0, time.time() + 60))


def test_revoking_ends() -> None:
    store = Everlasting()
    shop = Shop(store)
    shop.client().post("/in/zoe")
    with pytest.raises(StoreDown, match="without an end"):
        asyncio.run(shop.sessions.revoke("zoe"))


def test_session_37_a_session_that_is_over_while_it_is_written_stays_over(
    shop: Shop,
) -> None:
    async def end(client: AsyncTestClient) -> None:
        for key, record in [each async for each in shop.store.all()]:
            later = record._replace(version=record.version + 1, expires=1.0)
            assert await shop.store.replace(key, later)

    first, last = asyncio.run(both(shop, "a", between=end))
    assert "Max-Age=0" in first.headers["set-cookie"]
    assert last.json() == {}


def test_what_was_saved_before_a_failure_has_its_cookie(shop: Shop) -> None:
    @shop.app.route("/saves", methods=["POST"])
    async def saves(request: Request) -> JSONResponse:
        request.session["a"] = 1
        await request.session.save()
        return JSONResponse({}, 500)

    client = shop.client()
    answer = client.post("/saves")
    assert (answer.status_code, answer.headers["vary"]) == (500, "Cookie")
    assert "session=" in answer.headers["set-cookie"]
    assert client.get("/").json() == {"a": 1}


def test_what_an_answer_depends_on_is_told_once(shop: Shop) -> None:
    @shop.app.route("/varied", methods=["GET"])
    async def varied(request: Request) -> JSONResponse:
        return JSONResponse(dict(request.session), headers={"vary": "Accept"})

    client = shop.client()
    client.post("/set", json={"a": 1})
    answer = client.get("/varied")
    assert (answer.json(), answer.headers["vary"]) == ({"a": 1}, "Accept, Cookie")
    assert "set-cookie" not in answer.headers
