"""An application that has some of everything that a document can tell of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import attrs

from restlette import (
    HTML,
    JSON,
    Accepted,
    Anyone,
    Convertor,
    Created,
    ETag,
    EventStream,
    Guard,
    Host,
    HTTPEndpoint,
    JSONResponse,
    Page,
    Patch,
    PlainTextResponse,
    Preconditions,
    RedirectResponse,
    Reply,
    Request,
    Response,
    Restlette,
    Router,
    UploadFile,
    Validators,
    WebSocketEndpoint,
)
from restlette.http.files import FileResponse
from restlette.resources.messagepack import MessagePack
from restlette.resources.queries import PageQuery
from restlette.resources.uri import register_convertor

__all__ = ["BookGone", "app"]


class Slug(Convertor[str]):
    """Words with dashes between them."""

    regex = "[a-z-]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class Year(Slug):
    """A year, which says itself what it is."""

    regex = "[0-9]{4}"
    schema = {"type": "integer", "minimum": 1000, "maximum": 9999}


class Odd(Slug):
    """An expression that JSON Schema has no word for."""

    regex = "(?i:[a-z])"


for name, convertor in (("slug_", Slug()), ("year_", Year()), ("odd_", Odd())):
    register_convertor(name, convertor)


class BookGone(Exception):
    """The book was sold."""


class Sold(BookGone):
    """To somebody else."""


class Token(Guard):
    """Asks for a token."""

    challenges = 'Bearer realm="shop"'
    responses = {401: "Log in first.", 403: "Only sellers may."}

    async def check(self, connection: Any, resource: Any) -> bool:
        return connection.headers.get("authorization") == "Bearer seller"


class Key(Guard):
    """Asks for a key."""

    security = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}

    async def check(self, connection: Any, resource: Any) -> bool:
        return connection.headers.get("x-key") == "key"


@attrs.frozen
class NewBook:
    """What a book is made of."""

    title: str = attrs.field(validator=attrs.validators.min_len(1))
    price: float = attrs.field(validator=attrs.validators.ge(0))


@attrs.frozen
class Book(NewBook):
    """A book."""

    id: int = 0


@attrs.frozen
class Film:
    """A film."""

    title: str


@attrs.frozen
class Trace:
    """Header fields that follow a request."""

    x_request_id: str = ""


@attrs.frozen
class Visit:
    """Cookies of a visit."""

    theme: str = "light"


@attrs.frozen
class Cover:
    """A picture, and whose it is."""

    picture: UploadFile
    author: str = ""


books = Router()


@books.route("", name="list")
class Books(HTTPEndpoint):
    """Every book.

    There are many.
    """

    async def get(self, request: Request, query: PageQuery) -> Page[Book]:
        """List the books.

        Returns:
            The books of one page.
        """
        return Page([Book("Dune", 9.5, 1)])

    async def post(self, request: Request, body: NewBook) -> Created[Book]:
        """Add a book.

        It is there at once.

        Args:
            body: The book.

        Raises:
            Conflict: There is such a book.
            restlette.Conflict: Or one of that title.
            Sold: It was here.
            BookGone: It was sold.
            OSError: Never told.
            ServiceUnavailable: The shop is closed.
            Unknown: Nobody knows what that is.
        """
        return Created(Book(body.title, body.price, 1), location="/books/1")


@books.route("/{book_id:int}", name="item", guards=[Anyone.to("get"), Token()])
class BookItem(HTTPEndpoint):
    """One book.

    Args:
        book_id: The book's number.
    ---
    externalDocs:
      url: https://shop.example/docs
    """

    representations = (JSON, HTML(lambda book, request: book.title), MessagePack)
    require_preconditions = True

    async def validators(self, request: Request, book_id: int) -> Validators | None:
        return None if book_id > 9 else Validators(etag=ETag(str(book_id)))

    async def get(self, request: Request, book_id: int) -> Book:
        """Give a book.

        Args:
            book_id: Which one.
        ---
        parameters:
          - name: book_id
            in: path
            example: 3
          - name: X-Shop
            in: header
            schema: {type: string}
        responses:
          200:
            description: The book.
        """
        return Book("Dune", 9.5, book_id)

    async def put(
        self,
        request: Request,
        book_id: int,
        body: NewBook,
        preconditions: Preconditions,
    ) -> Book | Created[Book]:
        """Replace a book."""
        preconditions.check(Validators(etag=ETag(str(book_id))))
        return Book(body.title, body.price, book_id)

    async def patch(self, request: Request, book_id: int, body: Patch[Book]) -> Book:
        """Change a book."""
        return body.apply(Book("Dune", 9.5, book_id))

    async def delete(self, request: Request, book_id: int) -> None:
        """Remove a book."""


@books.route("/{book_id:int}/cover")
class BookCover(HTTPEndpoint):
    async def get(self, request: Request, book_id: int) -> FileResponse:
        """Show the cover."""
        return FileResponse(__file__)

    async def post(self, request: Request, form: Cover) -> Accepted[None]:
        """Give it a cover."""
        return Accepted()


app = Restlette()
app.problem(BookGone, status_code=410, title="The book is gone")
app.mount("/books", books)


@app.route("/plain", methods=["GET", "POST"])
async def plain(request: Request, headers: Trace, cookies: Visit) -> dict[str, int]:
    """Say something."""
    return {"one": 1}


@app.route("/untold")
async def untold(request):
    return JSONResponse({})


@app.route("/either")
class Either(HTTPEndpoint):
    """One thing or another."""

    extra_methods = {"QUERY": "search"}

    async def get(self, request: Request) -> Book | Film | None:
        """Give one of them."""
        return None

    async def search(self, request: Request, body: Any) -> Reply[list[Book]]:
        """Look for some."""
        return Reply([])

    async def head(self, request: Request) -> Response:
        """Say that it is there."""
        return Response()

    async def options(self, request: Request) -> PlainTextResponse:
        """Say what may be asked."""
        return PlainTextResponse("GET")

    async def trace(self, request: Request) -> None:
        """Nothing."""


@app.route("/changes")
class Changes(HTTPEndpoint):
    """What happens."""

    guards = [Token() | Key() & ~Anyone]

    async def get(self, request: Request) -> AsyncIterator[Book]:
        """Tell of it."""
        yield Book("Dune", 9.5, 1)

    async def post(self, request: Request) -> EventStream[Book]:
        """Tell of it as events."""
        return EventStream(iter([Book("Dune", 9.5, 1)]))


@app.route("/old/{slug:slug_}/{year:year_}/{odd:odd_}/{f:float}/{u:uuid}")
async def old(request: Request, slug: str) -> RedirectResponse:
    """Lead to the new place."""
    return RedirectResponse("/books")


@app.route("/same/{x:int}")
async def same_number(request: Request, x: int) -> dict[str, int]:
    """Give a number."""
    return {"x": x}


@app.route("/same/{x}")
async def same_text(request: Request, x: str, headers: Trace) -> dict[str, str]:
    """Give a text."""
    return {"x": x}


@app.route("/files/{path:path}")
async def files(request: Request, path: str) -> None:
    """Nothing."""


@app.route("/hidden", include_in_schema=False)
async def hidden(request: Request) -> None:
    """Not told of."""


@app.route("/feed")
class Feed(WebSocketEndpoint):
    """What happens, pushed.

    For as long as one likes.
    """


@app.websocket_route("/quiet")
class Quiet(WebSocketEndpoint):
    pass


@app.route("/secret", include_in_schema=False)
class Secret(WebSocketEndpoint):
    """Not told of."""


inner = Restlette()


@inner.route("/inside", guards=[Key()])
async def inside(request: Request) -> None:
    """Inside."""


app.add_route("/asgi", PlainTextResponse("not told of"))
app.mount("/inner", inner)
app.mount("/foreign", PlainTextResponse("not told of"))

elsewhere = Router()


@elsewhere.route("/plain")
async def plain_elsewhere(request: Request) -> None:
    """The same path for another host."""


@elsewhere.route("/same/{x:int}")
async def same_elsewhere(request: Request, x: int) -> None:
    """The same template for another host."""


app.routes.append(Host("{shop:str}.example.org", elsewhere))
app.add_route("/books-again", Books)
