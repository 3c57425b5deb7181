"""A collection and its items, over a store."""

import asyncio
from collections.abc import Sequence
from typing import Any

import attrs
import pytest

import restlette
from restlette import (
    Created,
    Page,
    PageQuery,
    Preconditions,
    Ref,
    Request,
    Restlette,
    Router,
    Validators,
)
from restlette.resources import stores
from restlette.resources.binding import bind
from restlette.resources.endpoint import handlers_of
from restlette.resources.pages import PageContent
from restlette.resources.stores import Collection, Item, Store
from restlette.testing import build_request, call


@attrs.frozen
class NewBook:
    title: str = attrs.field(validator=attrs.validators.min_len(1))


@attrs.frozen
class Book(NewBook):
    id: Any


@attrs.frozen
class StoredBook(Book):
    cost: int = 9


class BookStore:
    """Keeps books by number, each with its version, if it counts them."""

    def __init__(self, *titles: str, counts: bool = True) -> None:
        self.books = {n: StoredBook(t, n) for n, t in enumerate(titles, 1)}
        self.versions = dict.fromkeys(self.books, 1)
        self.counts = counts

    async def page(self, query: PageQuery) -> tuple[Sequence[Book], int | None]:
        books = list(self.books.values())
        return books[query.offset : query.offset + query.size], len(books)

    async def add(self, new: NewBook) -> tuple[Any, Book]:
        key = len(self.books) + 1
        return key, self.write(key, new)

    async def version(self, key: Any) -> Validators | None:
        if key not in self.books:
            return None
        return Validators(etag=str(self.versions[key])) if self.counts else Validators()

    async def get(self, key: Any) -> Book | None:
        return self.books.get(key)

    async def put(
        self, key: Any, new: NewBook, preconditions: Preconditions
    ) -> tuple[Book, bool]:
        preconditions.check(await self.version(key))
        is_new = key not in self.books
        return self.write(key, new), is_new

    async def delete(self, key: Any, preconditions: Preconditions) -> None:
        preconditions.check(await self.version(key))
        del self.books[key]

    def write(self, key: Any, new: NewBook) -> Book:
        self.books[key] = StoredBook(new.title, key)
        self.versions[key] = self.versions.get(key, 0) + 1
        return self.books[key]


class Books(Collection[Book, NewBook]):
    store: BookStore


class BookItem(Item[Book, NewBook]):
    store: BookStore


def app_of(store: Any, *, prefix: str = "/books", **options: Any) -> Restlette:
    books = Router()
    books.add_route("", Books)
    books.add_route("/{book_id:int}", BookItem)
    app = Restlette(**options)
    app.provide_value(BookStore, store)
    app.mount(prefix, books)
    return app


def test_they_are_given_by_the_root_when_they_are_asked_for() -> None:
    for name in ("Collection", "Item", "Store"):
        assert getattr(restlette, name) is getattr(stores, name)


# The collection


def test_a_collection_gives_a_page_of_its_items() -> None:
    response = call(app_of(BookStore("Dune", "Emma")), "GET", "/books?size=1")
    assert response.json() == {"items": [{"title": "Dune", "id": 1}], "total": 2}
    assert '<?size=1&page=2>; rel="next"' in response.headers["link"]
    assert call(app_of(BookStore()), "GET", "/books?size=0").status_code == 422


def test_a_collection_takes_new_items() -> None:
    app = app_of(BookStore("Dune"))
    response = call(app, "POST", "/books", json={"title": "Emma"})
    assert response.status_code == 201
    assert response.headers["location"] == "/books/2"
    assert response.json() == {"title": "Emma", "id": 2}
    assert call(app, "GET", response.headers["location"]).json()["title"] == "Emma"
    assert call(app, "POST", "/books", json={"title": ""}).status_code == 422


@pytest.mark.parametrize(
    ("path", "root_path", "key", "location"),
    [
        ("/books", "", 3, "/books/3"),
        ("/books/", "", 3, "/books/3"),
        ("/books?page=1", "", 3, "/books/3"),
        ("/books", "/shop", 3, "/shop/books/3"),
        ("/", "", 3, "/3"),
        ("/books", "", "a/b?c", "/books/a%2Fb%3Fc"),
        ("/books", "", "..", "/books/%2E%2E"),
        ("//evil.example/books", "", 3, "/evil.example/books/3"),
    ],
)
def test_redirect_16_an_item_is_right_below_its_collection(
    path, root_path, key, location
) -> None:
    request = build_request("POST", path)
    request.scope["root_path"] = root_path
    request.scope["path"] = root_path + request.scope["path"]
    request.scope.pop("raw_path", None)
    assert Books(store=BookStore()).location(request, key) == location


def test_an_item_may_be_elsewhere() -> None:
    class Shelf(Books):
        def location(self, request: Request, key: Any) -> Ref:
            return BookItem.ref(book_id=key)

    app = app_of(BookStore())
    app.add_route("/shelf", Shelf)
    response = call(app, "POST", "/shelf", json={"title": "Emma"})
    assert response.headers["location"] == "/books/1"


# Items


def test_an_item_is_read_with_its_version() -> None:
    app = app_of(BookStore("Dune"))
    response = call(app, "GET", "/books/1")
    assert response.json() == {"title": "Dune", "id": 1}
    assert response.headers["etag"] == '"1"'
    again = call(app, "GET", "/books/1", headers={"if-none-match": '"1"'})
    assert again.status_code == 304
    assert call(app, "GET", "/books/2").status_code == 404


def test_an_item_is_replaced_or_made() -> None:
    app = app_of(BookStore("Dune"))
    response = call(app, "PUT", "/books/1", json={"title": "Emma"})
    assert (response.status_code, response.json()) == (200, {"title": "Emma", "id": 1})
    response = call(app, "PUT", "/books/7", json={"title": "Ulysses"})
    assert response.status_code == 201
    assert "location" not in response.headers  # the target URI is where it is
    assert call(app, "GET", "/books/7").json()["title"] == "Ulysses"
    assert call(app, "PUT", "/books/1", json={}).status_code == 422


def test_an_item_is_removed() -> None:
    app = app_of(BookStore("Dune"))
    assert call(app, "DELETE", "/books/1").status_code == 204
    assert call(app, "DELETE", "/books/1").status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_item_in_another_state_is_left_alone(method) -> None:
    store = BookStore("Dune")
    options: Any = {"headers": {"if-match": '"7"'}}
    if method == "PUT":
        options["json"] = {"title": "Emma"}
    response = call(app_of(store), method, "/books/1", **options)
    assert response.status_code == 412
    assert store.books == {1: StoredBook("Dune", 1)}


class Racing(BookStore):
    """Somebody else writes between the question for the version and the handler."""

    asked = 0

    async def version(self, key: Any) -> Validators | None:
        stated = await super().version(key)
        self.asked += 1
        if self.asked == 1:
            self.write(key, NewBook("Emma"))
        return stated


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_store_compares_and_writes_in_one_step(method) -> None:
    store = Racing("Dune")
    options: Any = {"headers": {"if-match": '"1"'}}
    if method == "PUT":
        options["json"] = {"title": "Ulysses"}
    response = call(app_of(store), method, "/books/1", **options)
    assert response.status_code == 412
    assert store.books[1].title == "Emma"


class Vanishing(BookStore):
    """Somebody else removes the item after the question for its version."""

    async def get(self, key: Any) -> Book | None:
        return None


def test_an_item_that_goes_meanwhile_is_404() -> None:
    assert call(app_of(Vanishing("Dune")), "GET", "/books/1").status_code == 404


def test_a_store_need_not_count_versions() -> None:
    app = app_of(BookStore("Dune", counts=False))
    response = call(app, "GET", "/books/1")
    assert response.status_code == 200
    assert "etag" not in response.headers
    assert call(app, "GET", "/books/2").status_code == 404


def test_the_key_is_the_last_parameter_of_the_path() -> None:
    app = app_of(BookStore("Dune"), prefix="/shops/{shop}/books")
    assert call(app, "GET", "/shops/paris/books/1").json()["title"] == "Dune"
    response = call(app, "POST", "/shops/paris/books", json={"title": "Emma"})
    assert response.headers["location"] == "/shops/paris/books/2"


def test_an_item_without_a_key_says_what_to_write() -> None:
    with pytest.raises(TypeError, match=r"BookItem is on a path without parameters"):
        call(BookItem(store=BookStore("Dune")), "GET")


def test_a_key_may_be_something_else() -> None:
    class First(BookItem):
        def key(self, params: Any) -> int:
            return 1

    assert call(First(store=BookStore("Dune")), "GET").json()["title"] == "Dune"


# Both


async def _results() -> list[Any]:
    store = BookStore("Dune")
    request = build_request("GET", "/books")
    item = build_request("PUT", "/books/1")
    item.scope["path_params"] = {"book_id": 1}
    put = BookItem(store=store).put
    nothing = Preconditions({})
    return [
        await Books(store=store).get(request, PageQuery()),
        await Books(store=store).post(request, NewBook("Emma")),
        await put(item, body=NewBook("Ulysses"), preconditions=nothing),
    ]


def test_results_are_values() -> None:
    page, created, replaced = asyncio.run(_results())
    links = {"first": "?page=1", "last": "?page=1"}
    assert page == Page([StoredBook("Dune", 1)], total=1, links=links)
    assert created == Created(StoredBook("Emma", 2), location="/books/2")
    assert replaced == StoredBook("Ulysses", 1)


@pytest.mark.parametrize(
    ("endpoint", "method", "body", "content"),
    [
        (Books, "GET", None, PageContent[Book]),
        (Books, "POST", NewBook, Book),
        (BookItem, "GET", None, Book),
        (BookItem, "PUT", NewBook, Book),
    ],
)
def test_the_brackets_say_what_is_read_and_written(
    endpoint, method, body, content
) -> None:
    binding = bind(handlers_of(endpoint)[method], endpoint, ("book_id",))
    assert binding.returns.content == content
    if body is not None:
        assert binding.parts["body"].model.annotation is body


def test_a_class_without_a_store_of_its_own_asks_for_the_protocol() -> None:
    class Plain(Collection[Book, NewBook]):
        pass

    class PlainItem(Item[Book, NewBook]):
        pass

    app = Restlette()
    app.provide_value(Store[Book, NewBook], BookStore("Dune"))
    app.add_route("/books", Plain)
    app.add_route("/books/{id:int}", PlainItem)
    assert call(app, "GET", "/books").json()["total"] == 1
    assert call(app, "GET", "/books/1").json()["title"] == "Dune"


def test_a_method_is_taken_away_by_none() -> None:
    class ReadOnly(BookItem):
        put: Any = None
        delete: Any = None

    app = Restlette()
    app.provide_value(BookStore, BookStore("Dune"))
    app.add_route("/books/{id:int}", ReadOnly)
    response = call(app, "DELETE", "/books/1")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
