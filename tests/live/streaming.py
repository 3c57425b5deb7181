"""An application whose answers take time, and that tells what became of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from restlette import (
    BackgroundTask,
    EventStream,
    PlainTextResponse,
    Request,
    Response,
    Restlette,
    StreamingResponse,
)

# How often each thing has happened.
counts = dict.fromkeys(("ended", "made", "background"), 0)

PIECE = 64 * 1024 * b"x"


@asynccontextmanager
async def lifespan(app: Restlette) -> AsyncIterator[None]:
    yield
    print("the application has ended", flush=True)


app = Restlette(lifespan=lifespan)


async def count(what: str) -> None:
    counts[what] += 1


@app.route("/counts")
async def told(request: Request) -> dict[str, int]:
    return counts


@app.route("/events")
async def events(request: Request) -> EventStream[dict[str, int]]:
    async def one_and_no_more() -> AsyncIterator[dict[str, int]]:
        try:
            yield {"number": 1}
            await asyncio.sleep(3600)
        finally:
            counts["ended"] += 1

    # Without a heartbeat nothing is sent that could tell that the client has gone.
    return EventStream(
        one_and_no_more(),
        heartbeat=None,
        background=BackgroundTask(count, "background"),
    )


async def endless() -> AsyncIterator[bytes]:
    try:
        while True:
            counts["made"] += 1
            yield PIECE
    finally:
        counts["ended"] += 1


@app.route("/endless")
async def unlimited(request: Request) -> Response:
    return StreamingResponse(endless())


@app.route("/impatient")
async def impatient(request: Request) -> Response:
    return StreamingResponse(endless(), write_timeout=0.5)


@app.route("/broken")
async def broken(request: Request) -> Response:
    async def content() -> AsyncIterator[bytes]:
        yield b"the beginning"
        raise LookupError("in the middle")

    return StreamingResponse(content())


@app.route("/task")
async def task(request: Request) -> Response:
    async def work() -> None:
        await asyncio.sleep(1)
        print("the task has ended", flush=True)

    return PlainTextResponse("begun", background=BackgroundTask(work))


@app.route("/echo", methods=["POST"])
async def echo(request: Request) -> Response:
    async def content() -> AsyncIterator[bytes]:
        async for piece in request.stream():
            yield piece

    return StreamingResponse(content())
