"""Twenty mistakes that `restlette check` must find, each beside its clean twin.

A mistake is a function that makes an application with that one mistake in it, and its
twin the same application without. Written from the documentation, by somebody who did
not look at what finds them.
"""

from __future__ import annotations

import asyncio
import os
import pathlib
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable
from time import sleep as pause
from typing import Any

import aiofiles
import requests

from restlette import (
    Convertor,
    HTTPEndpoint,
    JSONResponse,
    Middleware,
    PlainTextResponse,
    Request,
    Restlette,
    Router,
    Validators,
    WebSocketEndpoint,
    register_convertor,
)
from restlette.concurrency import run_in_threadpool
from restlette.contrib.proxy import ProxyHeadersMiddleware

__all__ = ["MISTAKES"]


def one(path: str, endpoint: Any) -> Restlette:
    """Give an application with one resource."""
    app = Restlette()
    app.route(path)(endpoint)
    return app


# Blocking calls in asynchronous handlers.


def sleeps() -> Restlette:
    class Report(HTTPEndpoint):
        """A report that takes its time."""

        async def get(self, request: Request) -> JSONResponse:
            """Give the report."""
            time.sleep(0.1)
            return JSONResponse({"ready": True})

    return one("/report", Report)


def sleeps_clean() -> Restlette:
    class Report(HTTPEndpoint):
        """A report that takes its time."""

        async def get(self, request: Request) -> JSONResponse:
            """Give the report."""
            await asyncio.sleep(0.1)
            return JSONResponse({"ready": True})

    return one("/report", Report)


def sleeps_by_another_name() -> Restlette:
    class Report(HTTPEndpoint):
        """A report that is asked for twice."""

        async def post(self, request: Request) -> JSONResponse:
            """Ask for the report, and once more if it fails."""
            for _attempt in range(2):
                if await request.body():
                    break
                pause(0.1)
            return JSONResponse({"ready": True})

    return one("/report", Report)


def sleeps_by_another_name_clean() -> Restlette:
    class Report(HTTPEndpoint):
        """A report that is asked for twice."""

        def post(self, request: Request) -> JSONResponse:
            """Ask for the report, in a thread."""
            pause(0.1)
            return JSONResponse({"ready": True})

    return one("/report", Report)


def asks_by_requests() -> Restlette:
    class Weather(HTTPEndpoint):
        """The weather, as somebody else knows it."""

        async def get(self, request: Request) -> JSONResponse:
            """Ask for the weather."""
            answer = requests.get("https://weather.example/now", timeout=5)
            return JSONResponse(answer.json())

    return one("/weather", Weather)


def asks_by_requests_clean() -> Restlette:
    class Weather(HTTPEndpoint):
        """The weather, as somebody else knows it."""

        async def get(self, request: Request) -> JSONResponse:
            """Ask for the weather in a thread."""
            answer = await run_in_threadpool(
                requests.get, "https://weather.example/now", timeout=5
            )
            return JSONResponse(answer.json())

    return one("/weather", Weather)


def opens_a_file() -> Restlette:
    class Motto(HTTPEndpoint):
        """The motto of the day."""

        async def get(self, request: Request) -> PlainTextResponse:
            """Read the motto."""
            with open("motto.txt", encoding="utf-8") as file:
                return PlainTextResponse(file.read())

    return one("/motto", Motto)


def opens_a_file_clean() -> Restlette:
    class Motto(HTTPEndpoint):
        """The motto of the day."""

        async def get(self, request: Request) -> PlainTextResponse:
            """Read the motto."""
            async with aiofiles.open("motto.txt", encoding="utf-8") as file:
                return PlainTextResponse(await file.read())

    return one("/motto", Motto)


def reads_a_path() -> Restlette:
    app = Restlette()

    @app.route("/motto")
    async def motto(request: Request) -> PlainTextResponse:
        """Read the motto."""
        return PlainTextResponse(pathlib.Path("motto.txt").read_text(encoding="utf-8"))

    return app


def reads_a_path_clean() -> Restlette:
    app = Restlette()

    @app.route("/motto")
    async def motto(request: Request) -> PlainTextResponse:
        """Read the motto."""
        path = pathlib.Path("motto.txt")
        return PlainTextResponse(await asyncio.to_thread(path.read_text, "utf-8"))

    return app


def runs_a_program() -> Restlette:
    class Version(HTTPEndpoint):
        """What is deployed."""

        async def get(self, request: Request) -> PlainTextResponse:
            """Ask git."""
            done = subprocess.run(["git", "describe"], capture_output=True, check=True)
            return PlainTextResponse(done.stdout.decode())

    return one("/version", Version)


def runs_a_program_clean() -> Restlette:
    class Version(HTTPEndpoint):
        """What is deployed."""

        async def get(self, request: Request) -> PlainTextResponse:
            """Ask git."""
            process = await asyncio.create_subprocess_exec(
                "git", "describe", stdout=subprocess.PIPE
            )
            output, _ = await process.communicate()
            return PlainTextResponse(output.decode())

    return one("/version", Version)


def queries_a_database() -> Restlette:
    class Total(HTTPEndpoint):
        """How much there is."""

        async def get(self, request: Request) -> JSONResponse:
            """Count what there is."""
            connection = sqlite3.connect("shop.db")
            count = connection.execute("SELECT count(*) FROM books").fetchone()[0]
            return JSONResponse({"count": count})

    return one("/total", Total)


def queries_a_database_clean() -> Restlette:
    class Total(HTTPEndpoint):
        """How much there is."""

        def get(self, request: Request) -> JSONResponse:
            """Count what there is, in a thread, for this is no coroutine."""
            connection = sqlite3.connect("shop.db")
            count = connection.execute("SELECT count(*) FROM books").fetchone()[0]
            return JSONResponse({"count": count})

    return one("/total", Total)


def asks_by_urllib() -> Restlette:
    class Feed(HTTPEndpoint):
        """The feed of another site."""

        async def get(self, request: Request) -> PlainTextResponse:
            """Get the feed."""
            answer = urllib.request.urlopen("https://news.example/feed", timeout=5)
            return PlainTextResponse(answer.read().decode())

    return one("/feed", Feed)


def asks_by_urllib_clean() -> Restlette:
    class Feed(HTTPEndpoint):
        """The feed of another site."""

        async def get(self, request: Request) -> PlainTextResponse:
            """Get the feed in a thread."""

            def fetch() -> str:
                answer = urllib.request.urlopen("https://news.example/feed", timeout=5)
                return str(answer.read().decode())

            return PlainTextResponse(await asyncio.to_thread(fetch))

    return one("/feed", Feed)


def blocks_a_websocket() -> Restlette:
    class Shell(WebSocketEndpoint):
        """Runs what is sent."""

        encoding = "text"

        async def on_receive(self, websocket: Any, data: str) -> None:
            """Run a line."""
            os.system("true")
            await websocket.send_text("done")

    return one("/shell", Shell)


def blocks_a_websocket_clean() -> Restlette:
    class Shell(WebSocketEndpoint):
        """Runs what is sent."""

        encoding = "text"

        async def on_receive(self, websocket: Any, data: str) -> None:
            """Run a line."""
            await run_in_threadpool(os.system, "true")
            await websocket.send_text("done")

    return one("/shell", Shell)


def blocks_in_a_hook() -> Restlette:
    class Page(HTTPEndpoint):
        """A page."""

        async def validators(self, request: Request) -> Validators | None:
            """Say which state the page is in."""
            time.sleep(0.01)
            return Validators()

        async def get(self, request: Request) -> JSONResponse:
            """Give the page."""
            return JSONResponse({})

    return one("/page", Page)


def blocks_in_a_hook_clean() -> Restlette:
    class Page(HTTPEndpoint):
        """A page."""

        async def validators(self, request: Request) -> Validators | None:
            """Say which state the page is in."""
            await asyncio.sleep(0.01)
            return Validators()

        async def get(self, request: Request) -> JSONResponse:
            """Give the page."""
            return JSONResponse({})

    return one("/page", Page)


# Documentation that is missing, or of something else.


def describes_another_parameter() -> Restlette:
    class BookItem(HTTPEndpoint):
        """One book."""

        async def get(self, request: Request, book_id: int) -> JSONResponse:
            """Give a book.

            Args:
                id: The book's number.
            """
            return JSONResponse({"id": book_id})

    return one("/books/{book_id:int}", BookItem)


def describes_another_parameter_clean() -> Restlette:
    class BookItem(HTTPEndpoint):
        """One book."""

        async def get(self, request: Request, book_id: int) -> JSONResponse:
            """Give a book.

            Args:
                request: Who asks.
                book_id: The book's number.
            """
            return JSONResponse({"id": book_id})

    return one("/books/{book_id:int}", BookItem)


def describes_a_parameter_of_yesterday() -> Restlette:
    app = Restlette()

    @app.route("/books/{book_id:int}/cover")
    async def cover(request: Request, book_id: int) -> JSONResponse:
        """Give a cover.

        Args:
            book_id: The book's number.
            size: How large it is to be.

        Returns:
            Where the picture is.
        """
        return JSONResponse({"cover": book_id})

    return app


def describes_a_parameter_of_yesterday_clean() -> Restlette:
    app = Restlette()

    @app.route("/books/{book_id:int}/cover/{size}")
    async def cover(request: Request, book_id: int, size: str) -> JSONResponse:
        """Give a cover.

        Args:
            book_id: The book's number.
            size: How large it is to be.

        Returns:
            Where the picture is.
        """
        return JSONResponse({"cover": [book_id, size]})

    return app


def does_not_describe_a_method() -> Restlette:
    class Books(HTTPEndpoint):
        """All books."""

        async def get(self, request: Request) -> JSONResponse:
            """List them."""
            return JSONResponse([])

        async def delete(self, request: Request) -> JSONResponse:
            return JSONResponse([])

    return one("/books", Books)


def does_not_describe_a_method_clean() -> Restlette:
    class Books(HTTPEndpoint):
        """All books."""

        async def get(self, request: Request) -> JSONResponse:
            """List them."""
            return JSONResponse([])

        async def delete(self, request: Request) -> JSONResponse:
            """Empty the shop."""
            return JSONResponse([])

    return one("/books", Books)


def does_not_describe_a_function() -> Restlette:
    app = Restlette()

    @app.route("/ping", methods=["GET"])
    async def ping(request: Request) -> PlainTextResponse:
        return PlainTextResponse("pong")

    return app


def does_not_describe_a_function_clean() -> Restlette:
    app = Restlette()

    @app.route("/ping", methods=["GET"], include_in_schema=False)
    async def ping(request: Request) -> PlainTextResponse:
        return PlainTextResponse("pong")

    return app


def has_an_operation_id_twice() -> Restlette:
    app = Restlette()

    @app.route("/books", methods=["GET"])
    async def books(request: Request) -> JSONResponse:
        """List the books.

        ---
        operationId: listThings
        """
        return JSONResponse([])

    @app.route("/authors", methods=["GET"])
    async def authors(request: Request) -> JSONResponse:
        """List the authors.

        ---
        operationId: listThings
        """
        return JSONResponse([])

    return app


def has_an_operation_id_twice_clean() -> Restlette:
    app = Restlette()

    @app.route("/books", methods=["GET"])
    async def books(request: Request) -> JSONResponse:
        """List the books.

        ---
        operationId: listBooks
        """
        return JSONResponse([])

    @app.route("/authors", methods=["GET"])
    async def authors(request: Request) -> JSONResponse:
        """List the authors.

        ---
        operationId: listAuthors
        """
        return JSONResponse([])

    return app


# Routes that nothing leads to.


class _Text(Convertor[str]):
    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: object) -> str:
        return str(value)


class Year(_Text):
    regex = "[0-9]{4}"
    width = 25  # asked after int, which takes all of its texts


class Slug(_Text):
    regex = "[a-z0-9-]+"
    width = 40


class Word(_Text):
    regex = "[a-z]+"
    width = 50  # asked after Slug, which takes all of its texts


for _name, _convertor in (("year", Year()), ("slug", Slug()), ("word", Word())):
    register_convertor(f"corpus_{_name}", _convertor)


def documented(text: str) -> Callable[..., Any]:
    """Give a documented handler that takes any parameter."""

    async def handler(request: Request) -> PlainTextResponse:
        return PlainTextResponse(text)

    handler.__doc__ = text
    handler.__name__ = text.lower().replace(" ", "_").rstrip(".")
    return handler


def hides_a_year() -> Restlette:
    app = Restlette()
    app.route("/archive/{number:int}", methods=["GET"])(documented("One issue."))
    app.route("/archive/{year:corpus_year}", methods=["GET"])(documented("One year."))
    return app


def hides_a_year_clean() -> Restlette:
    app = Restlette()
    app.route("/archive/issue/{number:int}", methods=["GET"])(documented("One issue."))
    app.route("/archive/{year:corpus_year}", methods=["GET"])(documented("One year."))
    return app


def hides_a_word() -> Restlette:
    below = Router()
    below.route("/{tag:corpus_word}/books", methods=["GET"])(documented("By tag."))
    below.route("/{slug:corpus_slug}/books", methods=["GET"])(documented("By slug."))
    app = Restlette()
    app.mount("/shop", below)
    return app


def hides_a_word_clean() -> Restlette:
    # The wider one ends elsewhere: what it cannot finish is taken back.
    below = Router()
    below.route("/{tag:corpus_word}/books", methods=["GET"])(documented("By tag."))
    below.route("/{slug:corpus_slug}/authors", methods=["GET"])(documented("By slug."))
    app = Restlette()
    app.mount("/shop", below)
    return app


# Settings that are not safe.


def takes_content_without_end() -> Restlette:
    app = Restlette(limits={"body": 10**12})
    app.route("/ping")(documented("Pong."))
    return app


def takes_content_without_end_clean() -> Restlette:
    app = Restlette(limits={"body": 10**7})
    app.route("/ping")(documented("Pong."))
    return app


def believes_every_proxy() -> Restlette:
    app = Restlette(
        middleware=[Middleware(ProxyHeadersMiddleware, trusted=["0.0.0.0/0", "::/0"])]
    )
    app.route("/ping")(documented("Pong."))
    return app


def believes_every_proxy_clean() -> Restlette:
    app = Restlette(
        middleware=[Middleware(ProxyHeadersMiddleware, trusted=["10.0.0.0/8"])]
    )
    app.route("/ping")(documented("Pong."))
    return app


def debugs() -> Restlette:
    app = Restlette(debug=True)
    app.route("/ping")(documented("Pong."))
    return app


def debugs_clean() -> Restlette:
    app = Restlette(debug=False)
    app.route("/ping")(documented("Pong."))
    return app


MISTAKES: list[tuple[Callable[[], Restlette], Callable[[], Restlette]]] = [
    (sleeps, sleeps_clean),
    (sleeps_by_another_name, sleeps_by_another_name_clean),
    (asks_by_requests, asks_by_requests_clean),
    (opens_a_file, opens_a_file_clean),
    (reads_a_path, reads_a_path_clean),
    (runs_a_program, runs_a_program_clean),
    (queries_a_database, queries_a_database_clean),
    (asks_by_urllib, asks_by_urllib_clean),
    (blocks_a_websocket, blocks_a_websocket_clean),
    (blocks_in_a_hook, blocks_in_a_hook_clean),
    (describes_another_parameter, describes_another_parameter_clean),
    (describes_a_parameter_of_yesterday, describes_a_parameter_of_yesterday_clean),
    (does_not_describe_a_method, does_not_describe_a_method_clean),
    (does_not_describe_a_function, does_not_describe_a_function_clean),
    (has_an_operation_id_twice, has_an_operation_id_twice_clean),
    (hides_a_year, hides_a_year_clean),
    (hides_a_word, hides_a_word_clean),
    (takes_content_without_end, takes_content_without_end_clean),
    (believes_every_proxy, believes_every_proxy_clean),
    (debugs, debugs_clean),
]
