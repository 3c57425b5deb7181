"""The query, the header fields and the cookies, read by a model."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypedDict, TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import HTTPEndpoint, Preconditions, Restlette
from restlette.http.forms import FormData, UploadFile
from restlette.http.request import Request
from restlette.resources.models import form_model_for, model_for
from restlette.resources.parts import REQUIRED, Part, StringsPart, form_strings
from restlette.testing import build_request, call

T = TypeVar("T")


@attrs.frozen
class Auth:
    x_request_id: int
    trace: list[str] = attrs.field(factory=list, alias="X_Trace")
    authorization: str | None = None


@attrs.frozen
class Secret(Auth):
    key: str = attrs.field(default="", init=False)


class Point(NamedTuple):
    x_at: int
    y_at: int = 0


class Seen(TypedDict, total=False):
    last: str
    times: int


Host = TypedDict("Host", {"__Host-session": str})


def read(name: str, annotation: Any, default: Any = REQUIRED, **options: Any) -> Any:
    """What a part is read as: the arguments, or what is wrong."""
    part = StringsPart(name, Part(model_for(annotation), default))
    arguments: dict[str, Any] = {}
    errors = part.read(build_request("GET", "/?a=1&a=2&b=x", **options), arguments)
    return errors or arguments.get(name)


FIELDS = [("X-Request-ID", "7"), ("x-trace", "a"), ("X-Trace", "b"), ("Other", "y")]
COOKIES = {"last": "dune", "times": "3", "other": "z", "__Host-session": "s"}


@pytest.mark.parametrize(
    ("name", "annotation", "expected"),
    [
        pytest.param("headers", Auth, Auth(7, ["a", "b"]), id="attrs, by alias"),
        pytest.param("headers", Auth | None, Auth(7, ["a", "b"]), id="optional"),
        pytest.param("headers", Secret, Secret(7, ["a", "b"]), id="inherited fields"),
        pytest.param("cookies", Seen, {"last": "dune", "times": 3}, id="a TypedDict"),
        pytest.param(
            "cookies", Host, {"__Host-session": "s"}, id="a name that is no identifier"
        ),
        pytest.param("cookies", dict[str, str], COOKIES, id="all cookies"),
        pytest.param("cookies", Any, COOKIES, id="all cookies, unannotated"),
        pytest.param("query", dict, {"a": ["1", "2"], "b": "x"}, id="a query"),
    ],
)
def test_a_part_is_read(name, annotation, expected) -> None:
    assert read(name, annotation, headers=FIELDS, cookies=COOKIES) == expected


def test_all_header_fields_are_a_mapping_by_lower_case() -> None:
    found = read("headers", dict[str, Any], headers=FIELDS)
    assert found["x-request-id"] == "7"
    assert found["x-trace"] == ["a", "b"]
    assert found["host"] == "testserver"


def test_headers_in_23_an_underscore_is_no_hyphen() -> None:
    """headers-in-23: `X_Request_ID` is another field than `X-Request-ID`."""
    errors = read("headers", Auth, headers={"x_request_id": "7"})
    assert [(each["name"], each["code"]) for each in errors] == [
        ("x-request-id", "missing")
    ]


def test_each_error_is_named_as_the_client_knows_it() -> None:
    errors = read(
        "headers",
        Auth,
        headers=[("x-request-id", "x"), ("authorization", "a"), ("authorization", "b")],
    )
    assert errors == [
        {
            "detail": "This must be an integer.",
            "in": "header",
            "name": "x-request-id",
            "code": "format",
        },
        {
            "detail": "This is given more than once.",
            "in": "header",
            "name": "authorization",
            "code": "repeated",
        },
    ]
    assert read("headers", Point) == [
        {
            "detail": "This is required.",
            "in": "header",
            "name": "x-at",
            "code": "missing",
        }
    ]


@pytest.mark.parametrize("name", ["headers", "cookies"])
def test_a_part_with_a_default_may_be_absent(name) -> None:
    """Other header fields and cookies are always there, and do not count."""
    assert read(name, Seen, None, headers={"other": "1"}) is None
    assert read(name, Seen, None, headers={"last": "x"}, cookies={"last": "x"}) == {
        "last": "x"
    }


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("headers", {"x y": str}, "'x y' names no header field: it is no token"),
        ("headers", {"A_b": str, "a-b": str}, "two of A_b, a-b are one header"),
    ],
)
def test_a_model_that_no_header_fields_fit_is_a_mistake(name, fields, sentence) -> None:
    annotation = TypedDict("annotation", fields)  # type: ignore[operator]
    with pytest.raises(TypeError) as caught:
        StringsPart(name, Part(model_for(annotation)))
    assert sentence in str(caught.value)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text("01x", max_size=3))))
def test_any_fields_give_a_value_or_the_errors(fields) -> None:
    @attrs.frozen
    class Model:
        a: int = 0
        b: list[int] = attrs.Factory(list)

    found = read("headers", Model, headers=fields)
    if isinstance(found, Model):
        assert found.b == [int(value) for name, value in fields if name == "b"]
    else:
        assert {each["name"].partition(".")[0] for each in found} <= {"a", "b"}


# Forms

EMPTY, UNNAMED, NAMED = UploadFile(""), UploadFile(""), UploadFile("cover.png")
UNNAMED.size = 3


def form_request(*items: tuple[str, Any]) -> Request:
    """A request whose form has been read."""
    request = build_request("POST")
    request.scope["csrf_field"] = "form_token"
    request._form = FormData(items)
    return request


def test_a_form_is_what_its_fields_are() -> None:
    """But for a middleware's own, and for files that nobody chose."""
    request = form_request(
        ("author", "Ann"),
        ("title", ""),
        ("author", "Bo"),
        ("form_token", "secret"),
        ("cover", EMPTY),
        ("back", NAMED),
        ("spine", UNNAMED),
    )
    assert request.read_form is not None
    assert form_strings(request.read_form, request) == {
        "author": ["Ann", "Bo"],
        "title": [""],
        "back": [NAMED],
        "spine": [UNNAMED],
    }


@pytest.mark.parametrize("default", [REQUIRED, None])
def test_a_form_is_read_by_a_model(default) -> None:
    part = StringsPart("form", Part(form_model_for(Seen), default))
    arguments: dict[str, Any] = {}
    assert part.read(form_request(("times", "3")), arguments) == []
    assert arguments == {"form": {"times": 3}}
    [error] = part.read(form_request(("times", "x")), arguments)
    assert (error["in"], error["name"]) == ("form", "times")
    arguments.clear()
    assert part.read(build_request("GET"), arguments) == []
    assert arguments == ({"form": {}} if default is REQUIRED else {})


# As parameters of handlers


@attrs.frozen
class NewBook:
    title: str


@attrs.frozen
class Search:
    word: str


class Base(HTTPEndpoint, Generic[T]):
    """A generic base, whose heir says what the header fields are."""

    async def post(
        self,
        request: Any,
        headers: T,
        cookies: Seen,
        query: Search,
        body: NewBook,
        preconditions: Preconditions,
    ) -> dict[str, Any]:
        assert isinstance(headers, Auth)
        assert preconditions.name_a_state(None)
        return {
            "id": headers.x_request_id,
            "cookies": cookies,
            "word": query.word,
            "title": body.title,
        }


class Mixin:
    async def get(self, request: Any, headers: Auth | None = None) -> str:
        return repr(headers)


class Books(Mixin, Base[Auth]): ...


def app_of(endpoint: Any) -> Restlette:
    app = Restlette()
    app.add_route("/", endpoint)
    return app


def test_a_handler_is_given_all_parts() -> None:
    answer = call(
        app_of(Books),
        "POST",
        "/?word=x",
        json={"title": "Dune"},
        headers={"x-request-id": "7", "if-match": "*"},
        cookies={"last": "dune"},
    )
    assert answer.json() == {
        "id": 7,
        "cookies": {"last": "dune"},
        "word": "x",
        "title": "Dune",
    }
    assert call(app_of(Books)).json() == "None"


def test_all_that_is_wrong_is_told_at_once_with_its_place() -> None:
    answer = call(app_of(Books), "POST", json={"title": 1}, cookies={"times": "often"})
    assert answer.status_code == 422
    places = [
        (each.get("in"), each.get("name", each.get("pointer")), each["code"])
        for each in answer.json()["errors"]
    ]
    assert places == [
        ("query", "word", "missing"),
        ("header", "x-request-id", "missing"),
        ("cookie", "times", "format"),
        (None, "#/title", "type"),
    ]


def test_a_local_class_reads_header_fields() -> None:
    @attrs.frozen
    class Local:
        x_one: int

    class Resource(HTTPEndpoint):
        async def get(self, request: Any, headers: Local) -> int:
            return headers.x_one

    assert call(app_of(Resource), headers={"x-one": "3"}).json() == 3


def no_names(request: Any, headers: list[str]) -> None: ...


def no_token(request: Any, headers: NoToken) -> None: ...


def no_preconditions(request: Any, preconditions: dict[str, str]) -> None: ...


NoToken = TypedDict("NoToken", {"a b": str})


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (no_names, "no_names(headers): what is given there has names"),
        (no_token, "no_token(headers): 'a b' names no header field"),
        (
            no_preconditions,
            (
                "no_preconditions(preconditions) is annotated dict[str, str]: what is "
                "given under that name is a restlette.Preconditions"
            ),
        ),
    ],
)
def test_startup_124_a_part_that_cannot_be_read_says_where_it_stands(
    handler, sentence
) -> None:
    """start-up-config-124: when the tree is frozen, not in a request."""
    with pytest.raises(TypeError) as caught:
        app_of(handler).freeze()
    assert str(caught.value).startswith(sentence)
