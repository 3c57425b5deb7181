"""The exceptions that become answers."""

import copy
import http
import inspect
import pickle
import re

import pytest

from restlette.http import errors
from restlette.http.errors import (
    BY_STATUS,
    BadRequest,
    ClientDisconnect,
    ContentTooLarge,
    Gone,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    ProxyAuthenticationRequired,
    RangeNotSatisfiable,
    ServiceUnavailable,
    StatusError,
    TooManyRequests,
    Unauthorized,
    UnavailableForLegalReasons,
    UnprocessableContent,
    UnsupportedMediaType,
    UpgradeRequired,
    WebSocketException,
)
from restlette.http.status import PHRASES

# The arguments that a class cannot do without.
MANDATORY = {
    Unauthorized: {"challenges": "Bearer"},
    ProxyAuthenticationRequired: {"challenges": "Basic"},
    MethodNotAllowed: {"allow": ["GET"]},
    RangeNotSatisfiable: {"size": 0},
    UpgradeRequired: {"protocols": ["websocket"]},
}

each_class = pytest.mark.parametrize(
    "cls", BY_STATUS.values(), ids=[f"{code}" for code in BY_STATUS]
)


def make(cls, detail=None, **members):
    """An exception of a class, with the arguments that it asks for."""
    return cls(detail, **MANDATORY.get(cls, {}), **members)


# HTTPException ------------------------------------------------------------------------


def test_a_status_alone_says_its_phrase():
    """RFC 9457 §4.2.1: about:blank means no more than the status; so does detail."""
    exc = HTTPException(404)

    assert (exc.status_code, exc.title, exc.detail) == (404, "Not Found", "Not Found")
    assert (exc.headers, exc.extensions) == ({}, {})
    assert (exc.type, exc.instance) == ("about:blank", None)
    assert exc.problem() == {"type": "about:blank", "title": "Not Found", "status": 404}


def test_every_member_is_in_the_problem():
    """RFC 9457 §3.1 and §3.2: the standard members, then the extensions."""
    exc = HTTPException(
        403,
        "Your balance is 30, but that costs 50.",
        headers={"X-Balance": "30"},
        type="https://example.com/probs/out-of-credit",
        title="You do not have enough credit.",
        instance="/account/12345/msgs/abc",
        extensions={"balance": 30},
    )

    assert exc.headers == {"X-Balance": "30"}
    assert list(exc.problem().items()) == [
        ("type", "https://example.com/probs/out-of-credit"),
        ("title", "You do not have enough credit."),
        ("status", 403),
        ("detail", "Your balance is 30, but that costs 50."),
        ("instance", "/account/12345/msgs/abc"),
        ("balance", 30),
    ]


def test_an_unknown_status_is_named_by_its_class():
    """RFC 9110 §15: 499 is what 400 is to a client."""
    assert HTTPException(499).title == "Bad Request"
    assert HTTPException(599).title == "Internal Server Error"


def test_a_member_of_an_enumeration_becomes_a_number():
    """The standard library's statuses may be given; what is kept is a plain int."""
    exc = HTTPException(http.HTTPStatus.GONE)
    assert type(exc.status_code) is int
    assert exc.problem()["status"] == 410


@pytest.mark.parametrize("status_code", [0, 99, 204, 304, 399, 600, "404", 404.0, None])
def test_headers_out_31_a_status_of_no_error_is_refused(status_code):
    """headers-out-31: an exception is an answer of 400 to 599."""
    with pytest.raises(ValueError, match="error statuses 400 to 599, not"):
        HTTPException(status_code)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-Note": "a\r\nSet-Cookie: a=b"}, id="headers-out-28-line"),
        pytest.param({"X-Note": "a\0"}, id="headers-out-28-nul"),
        pytest.param({"X Note": "a"}, id="headers-out-28-name"),
        pytest.param({"X-Note": "☃"}, id="headers-out-28-not-latin-1"),
    ],
)
def test_headers_out_28_fields_are_checked_where_they_are_given(headers):
    """headers-out-28: when it is sent, nobody could tell who gave it."""
    with pytest.raises(ValueError, match=r"(?i)x.note"):
        HTTPException(400, headers=headers)


@pytest.mark.parametrize("name", ["type", "title", "status", "detail", "instance"])
def test_an_extension_cannot_take_a_standard_members_place(name):
    """RFC 9457 §3.1: those names have a meaning of their own."""
    with pytest.raises(ValueError, match=f"an extension cannot be named {name}: RFC"):
        HTTPException(400, extensions={name: "x"})


def test_what_is_given_is_copied():
    """A mapping that many exceptions share is changed by none of them."""
    headers, extensions = {"X-A": "1"}, {"a": 1}
    exc = TooManyRequests(headers=headers, extensions=extensions, retry_after=1)
    exc.extensions["b"] = 2

    assert headers == {"X-A": "1"}
    assert extensions == {"a": 1}


def test_text_and_representation():
    """A log line shows the status, the title and what the detail adds."""
    assert str(HTTPException(404)) == "404 Not Found"
    assert str(NotFound("No book 7.")) == "404 Not Found: No book 7."
    assert str(NotFound("There is none.")) == "404 Not Found: There is none."
    assert repr(NotFound("No book 7.")) == (
        "NotFound(status_code=404, detail='No book 7.')"
    )


# One class a status -------------------------------------------------------------------


def test_every_error_status_of_rfc_9110_has_a_class():
    """And those of WebDAV, RFC 6585 and RFC 7725 that an application raises itself."""
    without = {418, 425, 506, 508, 510, 511}
    assert set(BY_STATUS) == {code for code in PHRASES if code >= 400} - without


def test_the_table_holds_every_class_of_the_module():
    """None was forgotten, and each stands under its own status."""
    classes = {
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, StatusError) and cls is not StatusError
    }
    assert set(BY_STATUS.values()) == classes
    assert all(cls.status_code == code for code, cls in BY_STATUS.items())


def test_the_tree_is_complete():
    """The module opens with the tree of its exceptions; no class is missing there."""
    tree = re.findall(r"─ (\w+) +(\d{3})\b", errors.__doc__)
    assert tree == [(cls.__name__, str(code)) for code, cls in BY_STATUS.items()]


def test_exported_names_are_there():
    """`__all__` has every public class and table of the module, and nothing else."""
    defined = {
        name
        for name, value in vars(errors).items()
        if not name.startswith("_")
        and (getattr(value, "__module__", None) == errors.__name__)
    }
    assert set(errors.__all__) == defined | {"ACCEPT_FIELDS", "BY_STATUS"}


@each_class
def test_a_class_fixes_its_status(cls):
    """The detail is the one positional argument; the rest is as for HTTPException."""
    exc = make(cls, "Because.", type="/errors/1", instance="/log/2")

    assert exc.status_code == cls.status_code
    assert exc.title == PHRASES[cls.status_code]
    problem = exc.problem()
    assert problem["detail"] == "Because."
    assert (problem["type"], problem["instance"]) == ("/errors/1", "/log/2")
    assert f"{cls.status_code}: " in cls.__doc__


@each_class
def test_a_class_that_needs_nothing_takes_nothing(cls):
    """Only what RFC 9110 makes mandatory is."""
    if cls in MANDATORY:
        (name,) = MANDATORY[cls]
        with pytest.raises(
            TypeError, match=f"required keyword-only argument: '{name}'"
        ):
            cls()
    else:
        assert cls().detail == PHRASES[cls.status_code]


@each_class
@pytest.mark.parametrize(
    "copied",
    [copy.copy, lambda exc: pickle.loads(pickle.dumps(exc))],
    ids=["copy", "pickle"],
)
def test_an_exception_can_be_copied(cls, copied):
    """Also one whose class has required arguments, as between processes."""
    exc = make(cls, "Because.", headers={"X-A": "1"}, extensions={"a": 1})
    exc.add_note("Seen by the worker.")
    twin = copied(exc)

    assert type(twin) is cls
    assert vars(twin) == vars(exc)
    assert str(twin) == str(exc)


def test_a_subclass_is_an_error_of_its_own():
    """An application names its errors; the status is the base's or its own."""

    class BookGone(Gone):
        """A book that is sold out for good."""

    assert BookGone("Sold.").problem()["status"] == 410
    assert BY_STATUS[410] is Gone


# (exception, header fields, extensions)
ARGUMENTS = {
    "challenge": (
        lambda: Unauthorized(challenges='Bearer realm="shop"'),
        {"WWW-Authenticate": 'Bearer realm="shop"'},
        {},
    ),
    "challenges": (
        lambda: Unauthorized(challenges=["Bearer", 'Basic realm="a"']),
        {"WWW-Authenticate": 'Bearer, Basic realm="a"'},
        {},
    ),
    "proxy-challenge": (
        lambda: ProxyAuthenticationRequired(challenges="Basic"),
        {"Proxy-Authenticate": "Basic"},
        {},
    ),
    "allow": (
        lambda: MethodNotAllowed(allow=["GET", "HEAD"]),
        {"Allow": "GET, HEAD"},
        {},
    ),
    "allow-nothing": (lambda: MethodNotAllowed(allow=()), {"Allow": ""}, {}),
    "allow-a-set": (
        lambda: MethodNotAllowed(allow={"PUT", "GET", "HEAD"}),
        {"Allow": "GET, HEAD, PUT"},
        {},
    ),
    "available": (
        lambda: NotAcceptable(available=("application/json", "text/csv")),
        {},
        {"available": ["application/json", "text/csv"]},
    ),
    "limit": (lambda: ContentTooLarge(limit=1024), {}, {"limit": 1024}),
    "accepted": (
        lambda: UnsupportedMediaType(
            accepted=["application/json", "application/*+json"]
        ),
        {"Accept": "application/json, application/*+json"},
        {},
    ),
    "size": (lambda: RangeNotSatisfiable(size=47), {"Content-Range": "bytes */47"}, {}),
    "errors": (
        lambda: UnprocessableContent(errors=[{"pointer": "/title", "code": "missing"}]),
        {},
        {"errors": [{"pointer": "/title", "code": "missing"}]},
    ),
    "protocols": (
        lambda: UpgradeRequired(protocols=["websocket", "HTTP/3.0"]),
        {"Upgrade": "websocket, HTTP/3.0", "Connection": "Upgrade"},
        {},
    ),
    "retry-after-429": (
        lambda: TooManyRequests(retry_after=0),
        {"Retry-After": "0"},
        {},
    ),
    "retry-after-503": (
        lambda: ServiceUnavailable(retry_after=120),
        {"Retry-After": "120"},
        {},
    ),
    "blocked-by": (
        lambda: UnavailableForLegalReasons(
            blocked_by="https://spqr.example.org/legislatione"
        ),
        {"Link": '<https://spqr.example.org/legislatione>; rel="blocked-by"'},
        {},
    ),
}


@pytest.mark.parametrize("made, headers, extensions", ARGUMENTS.values(), ids=ARGUMENTS)
def test_an_argument_becomes_what_the_rfc_asks_for(made, headers, extensions):
    """A field of the answer, or a member of the problem."""
    exc = made()
    assert (exc.headers, exc.extensions) == (headers, extensions)


def test_an_argument_is_added_to_what_is_given():
    """Other fields and members stay."""
    exc = ContentTooLarge(
        "More.", limit=5, headers={"X-A": "1"}, extensions={"unit": "byte"}
    )
    assert exc.headers == {"X-A": "1"}
    assert exc.extensions == {"unit": "byte", "limit": 5}


REFUSED = {
    "no-challenge": (ValueError, lambda: Unauthorized(challenges=[])),
    "empty-challenge": (ValueError, lambda: Unauthorized(challenges="")),
    "no-scheme": (ValueError, lambda: Unauthorized(challenges='realm="a"')),
    "headers-out-28-challenge": (
        ValueError,
        lambda: Unauthorized(challenges="Basic a\r\nb: c"),
    ),
    "no-proxy-challenge": (
        ValueError,
        lambda: ProxyAuthenticationRequired(challenges=()),
    ),
    "one-method": (TypeError, lambda: MethodNotAllowed(allow="GET")),
    "no-token": (ValueError, lambda: MethodNotAllowed(allow=["GET, PUT"])),
    "one-available": (TypeError, lambda: NotAcceptable(available="text/csv")),
    "one-accepted": (TypeError, lambda: UnsupportedMediaType(accepted="text/csv")),
    "headers-out-28-accepted": (
        ValueError,
        lambda: UnsupportedMediaType(accepted=["a\n"]),
    ),
    "negative-limit": (ValueError, lambda: ContentTooLarge(limit=-1)),
    "negative-size": (ValueError, lambda: RangeNotSatisfiable(size=-1)),
    "size-of-text": (ValueError, lambda: RangeNotSatisfiable(size="5")),
    "size-of-truth": (ValueError, lambda: RangeNotSatisfiable(size=True)),
    "one-protocol": (TypeError, lambda: UpgradeRequired(protocols="websocket")),
    "no-protocol": (ValueError, lambda: UpgradeRequired(protocols=[])),
    "negative-retry": (ValueError, lambda: TooManyRequests(retry_after=-1)),
    "half-a-second": (ValueError, lambda: ServiceUnavailable(retry_after=0.5)),
    "no-uri": (ValueError, lambda: UnavailableForLegalReasons(blocked_by="a>; rel=b")),
    "empty-uri": (ValueError, lambda: UnavailableForLegalReasons(blocked_by="")),
    "field-given-twice": (
        ValueError,
        lambda: MethodNotAllowed(allow=["GET"], headers={"allow": "PUT"}),
    ),
    "extension-given-twice": (
        ValueError,
        lambda: ContentTooLarge(limit=1, extensions={"limit": 2}),
    ),
}


@pytest.mark.parametrize("error, made", REFUSED.values(), ids=REFUSED)
def test_misuse_is_told_where_it_happens(error, made):
    """A TypeError or ValueError where the exception is made."""
    with pytest.raises(error) as caught:
        made()
    assert not isinstance(caught.value, HTTPException)
    assert str(caught.value)


def test_the_base_of_the_classes_is_a_500():
    """A class that states no status is a server's error."""
    assert StatusError().problem() == InternalServerError().problem()


def test_detail_none_is_no_detail():
    """As if it were not given."""
    assert BadRequest(None).problem() == BadRequest().problem()


# WebSockets and disconnects -----------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1011, 1014, 3000, 4401, 4999])
def test_a_code_that_may_be_sent(code):
    """RFC 6455 §7.4: protocol's, libraries' and applications' codes."""
    exc = WebSocketException(code, "Because.")
    assert (exc.code, exc.reason) == (code, "Because.")
    assert str(exc) == f"{code} Because."
    assert vars(pickle.loads(pickle.dumps(exc))) == vars(exc)


def test_a_reason_is_optional():
    """The ancestor's call with a code alone."""
    assert WebSocketException(1008).reason == ""
    assert str(WebSocketException(1008)) == "1008"


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000])
def test_a_code_that_must_not_be_sent(code):
    """RFC 6455 §7.4.1: 1005, 1006 and 1015 are never in a close frame."""
    with pytest.raises(ValueError, match="is no close code that may be sent"):
        WebSocketException(code)


def test_a_reason_fits_a_control_frame():
    """RFC 6455 §5.5: 125 bytes, of which two are the code; bytes, not characters."""
    assert WebSocketException(1000, "é" * 61 + "a").reason == "é" * 61 + "a"
    with pytest.raises(ValueError, match="at most 123 bytes"):
        WebSocketException(1000, "é" * 62)


def test_a_disconnect_is_no_answer():
    """Nobody is there to get one."""
    assert not issubclass(ClientDisconnect, HTTPException)


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("PATCH", ["Accept", "Accept-Patch"]),
        ("POST", ["Accept", "Accept-Post"]),
        ("PUT", ["Accept"]),
        (None, ["Accept"]),
    ],
)
def test_what_is_taken_has_a_field_of_the_method(method, fields):
    """RFC 5789 section 2.2, and LDP 1.0 section 7.1"""
    exc = UnsupportedMediaType(accepted=["text/csv", "a/b"], method=method)
    assert exc.headers == dict.fromkeys(fields, "text/csv, a/b")
    assert UnsupportedMediaType(method=method).headers == {}
