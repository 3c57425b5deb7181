"""Load: many clients, slow ones, and those that go in the middle of something.

The story starts with `SCENARIOS`. Each is run against a server of its own, and `rounds`
has all of them against one server, three times: what the third has left more than the
second is a leak.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from random import Random
from typing import TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket

from tests.live.server import HOST
from tests.live.wire import message
from tests.stress.client import Client, connect
from tests.stress.figures import Figure
from tests.stress.servers import PATIENCE, Loaded, loaded
from tests.stress.sizes import A_WHILE, PIECE, SIZE

# Bytes that restlette may have for an idle connection beside what the server has.
IDLE = 2048
# Bytes of zlib's state, as its manual has it: 2^(15+2) and 2^(8+9).
COMPRESSOR = 2**18
# Seconds that nobody waits for longer: with all threads taken, beside what is hostile.
SOON = 0.05
BESIDE = 0.1
# Bytes that Python's allocator takes at a time; with fewer connections it would decide.
ARENA = 2**20
FEWEST = 1000
# Threads of two pools, which take their time to fill, and that of the loop.
POOLS = 2 * 40 + 1
# The part of its memory that a server may have more, a round later.
MORE = 0.01
# Clients that begin something at the same time.
AT_ONCE = 200
# Messages to each that listens.
MESSAGES = 20

T = TypeVar("T")
Work = Callable[[Loaded, float], Awaitable[list[Figure]]]


async def _several(count: int, do: Callable[[int], Awaitable[T]]) -> list[T]:
    """Do something so many times, some of them at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> T:
        async with gate:
            return await do(number)

    return await asyncio.gather(*map(one, range(count)))


async def _asked(client: Client, path: str, name: str) -> bool:
    """Ask for a name, and say whether it is what came back."""
    answer = await client.ask("GET", f"{path}/{name}")
    return answer == (200, answer.fields, name.encode(), True)


def _kilobytes(size: float) -> str:
    return f"{size / 1024:.1f} kB"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _bound(scale: float, count: int) -> float:
    """Give the bytes of a connection's that are bound, exact where there are enough."""
    return IDLE if scale >= 1 else IDLE + ARENA / count


# Many connections ---------------------------------------------------------------------


async def _idle(server: Loaded, count: int) -> tuple[float, int, float]:
    """Open connections, and give the bytes of each, how many answer, and how soon."""

    async def opened(number: int) -> Client:
        client = await connect(server.port)
        assert await _asked(client, "/echo", f"first-{number}")
        return client

    for client in await _several(count // 10 + 1, opened):
        client.close()
    await asyncio.sleep(0.2)
    before = await server.kept()
    clients = await _several(count, opened)
    each = (await server.kept() - before) / count
    right, slowest = 0, 0.0
    for number, client in enumerate(clients):
        start = time.monotonic()
        right += await _asked(client, "/echo", f"again-{number}")
        slowest = max(slowest, time.monotonic() - start)
    for client in clients:
        client.close()
    return each, right, slowest


async def connections(scale: float) -> list[Figure]:
    """Thousands of connections that do nothing, and are asked again."""
    count = max(FEWEST, round(5000 * scale))
    costs = {}
    for name in ("raw", "load"):
        with loaded(name) as server:
            costs[name], right, slowest = await _idle(server, count)
    ours, theirs = costs["load"], costs["raw"]
    return [
        Figure(
            f"{count} idle connections: each has its own answer when it asks again",
            f"{right}; the slowest after {_milliseconds(slowest)}",
            right == count,
        ),
        Figure(
            "an idle connection costs at most 2 kB more than with a raw ASGI app",
            f"{_kilobytes(ours)} and {_kilobytes(theirs)}",
            ours - theirs <= _bound(scale, count),
        ),
    ]


# WebSockets ---------------------------------------------------------------------------


async def _sockets(
    stack: AsyncExitStack, server: Loaded, path: str, count: int
) -> list[ClientConnection]:
    """Open WebSockets, which are closed with the stack."""

    async def opened(number: int) -> ClientConnection:
        url = f"ws://{HOST}:{server.port}{path}"
        websocket = connect_websocket(
            url, ping_interval=None, open_timeout=None, proxy=None, compression=None
        )
        return await stack.enter_async_context(websocket)

    return await _several(count, opened)


async def _cost_of_sockets(server: Loaded, count: int) -> float:
    """Give the bytes that an open WebSocket costs."""
    async with AsyncExitStack() as stack:
        await _sockets(stack, server, "/talk", count // 10 + 1)
    await asyncio.sleep(0.2)
    before = await server.kept()
    async with AsyncExitStack() as stack:
        talking = await _sockets(stack, server, "/talk", count)
        for number, websocket in enumerate(talking):
            await websocket.send(f"hello {number}")
            assert await websocket.recv() == f"hello {number}"
        return (await server.kept() - before) / count


async def broadcasts(server: Loaded, scale: float) -> list[Figure]:
    """News to all who listen over WebSockets."""
    count = round(2000 * scale)
    expected = [f"news {number}" for number in range(MESSAGES)]

    async def heard(websocket: ClientConnection) -> list[str | bytes]:
        found = [await websocket.recv() for _ in expected]
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                found.append(await websocket.recv())
        return found

    async with AsyncExitStack() as stack:
        listening = await _sockets(stack, server, "/listen", count)
        hearing = [asyncio.create_task(heard(each)) for each in listening]
        client = await connect(server.port)
        start = time.monotonic()
        for text in expected:
            answer = await client.ask("POST", "/news", pieces=[text.encode()])
            assert answer.status == 204
        client.close()
        right = sum(found == expected for found in await asyncio.gather(*hearing))
        took = time.monotonic() - start
    return [
        Figure(
            f"{MESSAGES} broadcasts to {count} WebSockets: each message once, in order",
            f"{right} have all of them, after {took:.1f} s",
            right == count,
        )
    ]


async def websockets(scale: float) -> list[Figure]:
    """Thousands of WebSockets: what each costs, and broadcasts to all."""
    count = max(FEWEST, round(2000 * scale))
    costs = {}
    for name in ("raw", "load"):
        with loaded(name) as server:
            costs[name] = await _cost_of_sockets(server, count)
            if name == "load":
                figures = await broadcasts(server, scale)
    ours, theirs = costs["load"], costs["raw"]
    return [
        *figures,
        Figure(
            "an idle WebSocket costs at most 2 kB more than with a raw ASGI app",
            f"{_kilobytes(ours)} and {_kilobytes(theirs)}",
            ours - theirs <= _bound(scale, count),
        ),
    ]


# Readers that take nothing ------------------------------------------------------------


def _stalled(server: Loaded, path: str) -> socket.socket:
    """Ask for something, and read nothing of it."""
    reader = socket.socket()
    # What the system keeps for it is no part of the process.
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
    reader.connect((HOST, server.port))
    fields = ["Host: shop.example", "Accept-Encoding: gzip"]
    reader.sendall(message(f"GET {path}", *fields))
    return reader


_PACKED = ("/packed/stream",)
_LARGE = ("/stream", "/file", *_PACKED)


async def _read_nothing(server: Loaded, path: str, scale: float) -> list[Figure]:
    """Have clients ask for something large, and take nothing of it."""
    count = max(10, round(200 * scale))
    before = await server.costs()
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(_stalled(server, path))
        # The system takes a part, some megabytes for each, before anybody waits.
        await server.idle()
        each = (server.memory() - before.memory) / count
        slowest = await _slowest(server, 20)
    left = (await server.rest(before)).exceeds(before)
    return [
        Figure(
            f"{count} clients that read nothing of {path}, {SIZE >> 20} MB: each costs "
            "a few pieces of 64 kB, and a compressor's 256 kB where there is one",
            _kilobytes(each),
            each < 6 * PIECE + (path in _PACKED) * COMPRESSOR,
        ),
        Figure(
            "others are answered meanwhile within 100 ms",
            f"the slowest of 20 within {_milliseconds(slowest)}",
            slowest < BESIDE,
        ),
        Figure(
            "when they go nothing of them is left",
            ", ".join(left) or "nothing",
            not left,
        ),
    ]


async def all_readers(server: Loaded, scale: float) -> list[Figure]:
    """Clients that take nothing, of all that is large, at one server."""
    return [
        figure for path in _LARGE for figure in await _read_nothing(server, path, scale)
    ]


async def readers(scale: float) -> list[Figure]:
    """Clients that ask for something large, and take nothing."""
    figures = []
    for path in _LARGE:
        # What one has left free the next would have for nothing.
        with loaded("load") as server:
            figures += await _read_nothing(server, path, scale)
    return figures


async def _slowest(server: Loaded, count: int) -> float:
    """Give how long the slowest of some requests takes, one after the other."""
    slowest = 0.0
    for number in range(count):
        start = time.monotonic()
        client = await connect(server.port)
        assert await _asked(client, "/echo", f"beside-{number}")
        client.close()
        slowest = max(slowest, time.monotonic() - start)
    return slowest


# Clients that go ----------------------------------------------------------------------


class _Reader(asyncio.Protocol):
    """Keeps what came until the end, a reset as well."""

    def __init__(self) -> None:
        self.found = bytearray()
        self.ended = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.found += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(None)


async def _sent(server: Loaded, data: bytes, wait: float | None = None) -> bytes:
    """Send bytes, and give what comes until the other side ends it.

    Args:
        server: The server.
        data: The bytes.
        wait: Seconds after which this side ends it, with a reset.
    """
    loop = asyncio.get_running_loop()
    transport, reader = await loop.create_connection(_Reader, HOST, server.port)
    transport.write(data)
    if wait is None:
        await reader.ended
    else:
        await asyncio.sleep(wait)
    transport.abort()
    return bytes(reader.found)


def _form(name: str, size: int) -> bytes:
    """An upload of a file, as bytes of HTTP."""
    disposition = 'Content-Disposition: form-data; name="file"; filename="f"'
    content = f"--b\r\n{disposition}\r\n\r\n".encode() + size * b"x" + b"\r\n--b--\r\n"
    return message(
        f"POST /form/{name}",
        "Host: shop.example",
        "Connection: close",
        "Content-Type: multipart/form-data; boundary=b",
        f"Content-Length: {len(content)}",
        content=content,
    )


async def uploads(server: Loaded, scale: float) -> list[Figure]:
    """Uploads that are cut at a byte, any byte."""
    count, random = round(3000 * scale), Random(3)
    before = await server.costs()

    async def cut(number: int) -> None:
        whole = _form(f"cut-{number}", random.randrange(2**17))
        await _sent(server, whole[: random.randrange(len(whole))], random.random() / 50)

    await _several(count, cut)
    left = (await server.rest(before)).exceeds(before)
    whole = await _sent(server, _form("whole", 2**17))
    return [
        Figure(
            f"{count} uploads cut at a random byte: no file, descriptor, task or "
            "handler is left",
            ", ".join(left) or "nothing",
            not left,
        ),
        Figure(
            "an upload after that is taken whole",
            whole.rpartition(b"\r\n")[2].decode(),
            whole.endswith(b"\r\nwhole 131072"),
        ),
    ]


async def gone(server: Loaded, scale: float) -> list[Figure]:
    """Clients that go while a handler is at work for them."""
    count, random = max(50, round(3000 * scale)), Random(4)
    before = await server.costs()
    most = 0

    async def go(number: int) -> None:
        nonlocal most
        # A plain handler has its thread for a while, and there are forty of these.
        kinds, weights = ["slow", "endless", "plain"], [20, 20, 1]
        path = f"/{random.choices(kinds, weights)[0]}/gone-{number}"
        data = message(f"GET {path}", "Host: shop.example")
        await _sent(server, data, random.random() / 10)
        if number % 50 == 25:
            most = max(most, (await server.costs()).running)

    await _several(count, go)
    left = (await server.rest(before)).exceeds(before)
    return [
        Figure(
            f"{count} clients gone in mid-handler: no handler, stream, task or "
            "descriptor is left",
            f"{', '.join(left) or 'nothing'}; there were up to {most} handlers",
            not left and most > 0,
        )
    ]


# Bodies without a length --------------------------------------------------------------


def _chunked(name: str, chunks: Sequence[bytes], *, ending: bytes) -> bytes:
    fields = ["Host: shop.example", "Connection: close", "Transfer-Encoding: chunked"]
    content = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)
    return message(f"POST /body/{name}", *fields, content=content + ending)


async def unsized(server: Loaded, scale: float) -> list[Figure]:
    """Bodies that do not say how long they are."""
    count = round(2000 * scale)
    before = await server.costs()
    end = b"0\r\n\r\n"
    wrong = Counter[str]()

    async def send(number: int) -> None:
        name = f"unsized-{number}"
        chunks = 10 * [bytes(100 + number % 100)]
        size = sum(map(len, chunks))
        kind, data, expected = [
            ("chunked", _chunked(name, chunks, ending=end), f"200 {name} {size}"),
            ("over the limit", _chunked(name, 20 * [bytes(PIECE)], ending=end), "413"),
            ("broken", _chunked(name, chunks, ending=b"zz\r\n\r\n"), "400"),
            ("none", message(f"POST /body/{name}"), f"200 {name} 0"),
        ][number % 4]
        found = await _sent(server, data)
        status = found[9:12].decode()
        content = found.partition(b"\r\n\r\n")[2].decode()
        told = f"{status} {content}" if status == "200" else status
        if told != expected or found.count(b"HTTP/1.1 ") != 1:
            wrong[f"{kind}: {told[:60]!r}"] += 1

    await _several(count, send)
    left = (await server.rest(before)).exceeds(before)
    return [
        Figure(
            f"{count} bodies without a length: each has its own answer, 413 beyond the "
            "limit and 400 where they are broken",
            f"{count - wrong.total()}"
            + "".join(f"; {n} {w}" for w, n in wrong.items()),
            not wrong,
        ),
        Figure("nothing of them is left", ", ".join(left) or "nothing", not left),
    ]


# Threads ------------------------------------------------------------------------------


async def threads(server: Loaded, scale: float) -> list[Figure]:
    """More plain handlers than there are threads, and what others notice of it."""
    count = max(80, round(800 * scale))

    async def ask_plain(number: int) -> bool:
        client = await connect(server.port)
        is_own = await _asked(client, "/plain", f"plain-{number}")
        client.close()
        return is_own

    asked = [asyncio.create_task(ask_plain(number)) for number in range(count)]
    await asyncio.sleep(A_WHILE / 2)
    times = []
    client = await connect(server.port)
    while not all(each.done() for each in asked):
        start = time.monotonic()
        assert await _asked(client, "/echo", f"beside-{len(times)}")
        times.append(time.monotonic() - start)
        await asyncio.sleep(0.005)
    client.close()
    right = sum([await each for each in asked])
    times.sort()
    late = times[len(times) * 99 // 100]
    return [
        Figure(
            f"{count} plain handlers of {A_WHILE} s, forty at a time: each its answer",
            str(right),
            right == count,
        ),
        Figure(
            "while all threads are taken others are answered within 50 ms",
            f"99 of 100 of {len(times)} within {_milliseconds(late)}, the slowest "
            f"within {_milliseconds(times[-1])}",
            late < SOON,
        ),
    ]


# Rounds -------------------------------------------------------------------------------

WORKS: list[Work] = [broadcasts, all_readers, uploads, gone, unsized, threads]


async def rounds(scale: float) -> list[Figure]:
    """All of it three times, against one server."""
    costs = []
    with loaded("load") as server:
        first = await server.costs()
        for _ in range(3):
            for work in WORKS:
                await work(server, scale / 4)
            await _idle(server, round(1000 * scale))
            costs.append(await server.rest(costs[-1] if costs else first))
    _, second, third = costs
    more = third.exceeds(second)
    if third.threads > max(second.threads, POOLS):
        more.append(f"{third.threads - second.threads} threads")
    grown = third.memory - second.memory
    # What a small part leaves is less than what is taken from the system at a time.
    most = MORE * second.memory if scale >= 1 else ARENA
    return [
        Figure(
            "the third of three rounds has left no descriptor, thread, task or file "
            "more than the second",
            ", ".join(more) or "nothing",
            not more,
        ),
        Figure(
            "and at most 1 % of memory",
            f"{grown / second.memory:+.2%} of {second.memory / 2**20:.0f} MB",
            grown <= most,
        ),
    ]


def _alone(work: Work) -> Callable[[float], Awaitable[list[Figure]]]:
    """Make a scenario of a work: a server of its own for it."""

    async def scenario(scale: float) -> list[Figure]:
        with loaded("load") as server:
            async with asyncio.timeout(10 * PATIENCE):
                return await work(server, scale)

    scenario.__doc__ = work.__doc__
    return scenario


SCENARIOS: dict[str, Callable[[float], Awaitable[list[Figure]]]] = {
    "connections": connections,
    "websockets": websockets,
    "readers": readers,
    "uploads": _alone(uploads),
    "gone": _alone(gone),
    "unsized": _alone(unsized),
    "threads": _alone(threads),
    "rounds": rounds,
}
