"""What is raised when a request or a connection cannot go on.

::

    Exception
    ├── HTTPException                   an answer of 400 to 599, with problem details
    │   └── StatusError                 … whose status is the class's:
    │       ├── BadRequest              400
    │       ├── Unauthorized            401     challenges
    │       ├── PaymentRequired         402
    │       ├── Forbidden               403
    │       ├── NotFound                404
    │       ├── MethodNotAllowed        405     allow
    │       ├── NotAcceptable           406     available
    │       ├── ProxyAuthenticationRequired 407 challenges
    │       ├── RequestTimeout          408
    │       ├── Conflict                409
    │       ├── Gone                    410
    │       ├── LengthRequired          411
    │       ├── PreconditionFailed      412
    │       ├── ContentTooLarge         413     limit
    │       ├── URITooLong              414
    │       ├── UnsupportedMediaType    415     accepted, method
    │       ├── RangeNotSatisfiable     416     size
    │       ├── ExpectationFailed       417
    │       ├── MisdirectedRequest      421
    │       ├── UnprocessableContent    422     errors
    │       ├── Locked                  423
    │       ├── FailedDependency        424
    │       ├── UpgradeRequired         426     protocols
    │       ├── PreconditionRequired    428
    │       ├── TooManyRequests         429     retry_after
    │       ├── RequestHeaderFieldsTooLarge 431
    │       ├── UnavailableForLegalReasons 451  blocked_by
    │       ├── InternalServerError     500
    │       ├── MethodNotImplemented    501
    │       ├── BadGateway              502
    │       ├── ServiceUnavailable      503     retry_after
    │       ├── GatewayTimeout          504
    │       ├── HTTPVersionNotSupported 505
    │       └── InsufficientStorage     507
    ├── WebSocketException              a WebSocket to be closed with a code
    └── ClientDisconnect                nobody is left to answer

An argument that RFC 9110 makes mandatory for a status is a required argument of its
class. Each class takes `headers`, `type`, `title`, `instance` and `extensions` beside
its own arguments, as `HTTPException` does. Misuse is a `TypeError` or a `ValueError`
where the exception is made, not where it is answered.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypedDict, Unpack

from restlette.http.headers import encode_name, encode_value
from restlette.http.methods import is_token
from restlette.http.status import phrase

__all__ = [
    "ACCEPT_FIELDS",
    "BY_STATUS",
    "BadGateway",
    "BadRequest",
    "ClientDisconnect",
    "Conflict",
    "ContentTooLarge",
    "ExpectationFailed",
    "FailedDependency",
    "Forbidden",
    "GatewayTimeout",
    "Gone",
    "HTTPException",
    "HTTPVersionNotSupported",
    "InsufficientStorage",
    "InternalServerError",
    "LengthRequired",
    "Locked",
    "Members",
    "MethodNotAllowed",
    "MethodNotImplemented",
    "MisdirectedRequest",
    "NotAcceptable",
    "NotFound",
    "PaymentRequired",
    "PreconditionFailed",
    "PreconditionRequired",
    "ProxyAuthenticationRequired",
    "RangeNotSatisfiable",
    "RequestHeaderFieldsTooLarge",
    "RequestTimeout",
    "ServiceUnavailable",
    "StatusError",
    "TooManyRequests",
    "URITooLong",
    "Unauthorized",
    "UnavailableForLegalReasons",
    "UnprocessableContent",
    "UnsupportedMediaType",
    "UpgradeRequired",
    "WebSocketException",
]

# RFC 9457 §3.1: the members of a problem details object.
_MEMBERS: Final = frozenset(("type", "title", "status", "detail", "instance"))


class Members(TypedDict, total=False):
    """The arguments that every class of this module takes by keyword.

    Attributes:
        headers: Header fields of the answer.
        type: A URI reference that names the kind of problem.
        title: The kind in words, the same for each occurrence.
        instance: A URI reference that names this occurrence.
        extensions: Further members of the problem details.
    """

    headers: Mapping[str, str] | None
    type: str
    title: str | None
    instance: str | None
    extensions: Mapping[str, Any] | None


def _is_error(status_code: object) -> bool:
    # RFC 9110 §15.5, §15.6: the classes of client and server errors.
    return isinstance(status_code, int) and 400 <= status_code <= 599


class HTTPException(Exception):
    """An answer with an error status, to be raised by whoever finds the error.

    Args:
        status_code: 400 to 599.
        detail: What went wrong this time, for the client's eyes. Without it the
            attribute `detail` repeats the title.
        headers: Header fields of the answer.
        type: A URI reference that names the kind of problem (RFC 9457 §3.1.1).
        title: The kind in words, the same for each occurrence; the status code's
            phrase if not given.
        instance: A URI reference that names this occurrence (RFC 9457 §3.1.5).
        extensions: Further members of the problem details (RFC 9457 §3.2).

    Raises:
        ValueError: The status is none of an error, a header field is not one, or an
            extension has the name of a standard member.
    """

    status_code: int

    def __init__(
        self,
        status_code: int,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        type: str = "about:blank",
        title: str | None = None,
        instance: str | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status_code, detail)
        if not _is_error(status_code):
            raise ValueError(
                f"{self.__class__.__name__} is for the error statuses 400 to 599, "
                f"not {status_code!r}. Return a Response for any other."
            )
        # RFC 9457 §4.2.1: with "about:blank" the title should be the HTTP phrase.
        self.title: str = phrase(status_code) if title is None else title
        self.status_code = int(status_code)
        # The ancestor's: handlers may show it without asking whether it is there.
        self.detail: str = self.title if detail is None else detail
        self.type = type
        self.instance = instance
        self.headers: dict[str, str] = dict(headers or {})
        for name, value in self.headers.items():
            encode_name(name)
            encode_value(name, value)
        self.extensions: dict[str, Any] = dict(extensions or {})
        if not _MEMBERS.isdisjoint(self.extensions):
            taken = ", ".join(sorted(_MEMBERS.intersection(self.extensions)))
            raise ValueError(
                f"an extension cannot be named {taken}: RFC 9457 gives that member a "
                "meaning of its own. Use the argument of that name, or another name."
            )

    def problem(self) -> dict[str, Any]:
        """The problem details of this answer (RFC 9457 §3).

        Returns:
            `type`, `title` and `status`; `detail` where it says more than the title;
            `instance` if given; then the extensions.
        """
        problem = {"type": self.type, "title": self.title, "status": self.status_code}
        if self.detail != self.title:
            problem["detail"] = self.detail
        if self.instance is not None:
            problem["instance"] = self.instance
        problem.update(self.extensions)
        return problem

    def __str__(self) -> str:
        if self.detail == self.title:
            return f"{self.status_code} {self.title}"
        return f"{self.status_code} {self.title}: {self.detail}"

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}"
            f"(status_code={self.status_code!r}, detail={self.detail!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is copied by calling its class with `args`, which would miss the
        # required arguments of the classes below; what they made of them is kept.
        return _without_init, (self.__class__, *self.args), self.__dict__


def _without_init(cls: type[HTTPException], *args: Any) -> HTTPException:
    """Make an exception whose attributes are about to be restored."""
    return cls.__new__(cls, *args)


class StatusError(HTTPException):
    """An HTTPException whose class fixes the status; base of one class a status.

    Args:
        detail: What went wrong this time.
        **members: `headers`, `type`, `title`, `instance`, `extensions`; see
            `HTTPException`.
    """

    status_code = 500

    def __init__(self, detail: str | None = None, **members: Unpack[Members]) -> None:
        super().__init__(self.__class__.status_code, detail, **members)

    def _field(self, name: str, value: str) -> None:
        """Set the header field that an argument of the class stands for."""
        if any(given.lower() == name.lower() for given in self.headers):
            raise ValueError(
                f"{self.__class__.__name__} has an argument for the header {name}, "
                "so it cannot be in headers."
            )
        encode_value(name, value)
        self.headers[name] = value

    def _extension(self, name: str, value: Any) -> None:
        """Set the extension member that an argument of the class stands for."""
        if name in self.extensions:
            raise ValueError(
                f"{self.__class__.__name__} has the argument {name!r}, so there "
                "cannot be an extension of that name."
            )
        self.extensions[name] = value

    def _list_field(self, name: str, members: Collection[str]) -> None:
        """Set a header field that is a list (RFC 9110 §5.6.1)."""
        self._field(name, ", ".join(members))

    def _retry_after(self, seconds: int | None) -> None:
        # RFC 9110 §10.2.3: delay-seconds is a non-negative decimal integer.
        if seconds is None:
            return
        _check_whole("retry_after", seconds)
        self._field("Retry-After", str(seconds))


def _check_whole(name: str, number: object) -> None:
    """Refuse what is not a whole number of 0 or more."""
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{name} is a whole number of 0 or more, not {number!r}.")


def _strings(name: str, values: Collection[str]) -> list[str]:
    """Give several strings as a list; one string is not several of one character."""
    if isinstance(values, str):
        raise TypeError(f"{name} is a collection of strings: write [{values!r}].")
    # The order of a set differs from one run to the next; an answer's should not.
    if isinstance(values, Sequence):
        return list(values)
    return sorted(values)


def _challenges(challenges: str | Sequence[str]) -> list[str]:
    """Give the challenges of a 401 or 407, of which there is at least one."""
    given = [challenges] if isinstance(challenges, str) else list(challenges)
    # RFC 9110 §11.6.1: WWW-Authenticate = #challenge, and its auth-scheme is a token.
    if not given or not all(is_token(each.partition(" ")[0]) for each in given):
        raise ValueError(
            "a challenge is an authentication scheme and its parameters, such as "
            f"'Bearer realm=\"shop\"', not {challenges!r}."
        )
    return given


class BadRequest(StatusError):
    """400: the request is malformed."""

    status_code = 400


class Unauthorized(StatusError):
    """401: the request lacks valid credentials.

    Args:
        detail: What went wrong this time.
        challenges: How to authenticate, such as `'Bearer realm="shop"'`; one or more.
            RFC 9110 §15.5.2: the answer must have a WWW-Authenticate field with at
            least one challenge.
        **members: As for `HTTPException`.

    Raises:
        ValueError: There is no challenge, or one names no scheme.
    """

    status_code = 401

    def __init__(
        self,
        detail: str | None = None,
        *,
        challenges: str | Sequence[str],
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        self._list_field("WWW-Authenticate", _challenges(challenges))


class PaymentRequired(StatusError):
    """402: reserved by RFC 9110, and used as applications agree."""

    status_code = 402


class Forbidden(StatusError):
    """403: understood and refused; credentials of another user might do."""

    status_code = 403


class NotFound(StatusError):
    """404: nothing is here, or nothing that may be known of."""

    status_code = 404


class MethodNotAllowed(StatusError):
    """405: the resource does not do what the method asks.

    Args:
        detail: What went wrong this time.
        allow: The methods that it does answer. RFC 9110 §15.5.6: the answer must have
            an Allow field; §10.2.1: an empty one says that it takes no method.
        **members: As for `HTTPException`.

    Raises:
        TypeError: `allow` is one string.
        ValueError: A method is not a token.
    """

    status_code = 405

    def __init__(
        self,
        detail: str | None = None,
        *,
        allow: Collection[str],
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        methods = _strings("allow", allow)
        for method in methods:
            if not is_token(method):
                raise ValueError(f"{method!r} is no method: methods are tokens.")
        self._list_field("Allow", methods)


class NotAcceptable(StatusError):
    """406: no representation fits what the client accepts.

    Args:
        detail: What went wrong this time.
        available: The media types there are. RFC 9110 §15.5.7: content listing what is
            available should be generated; it is the extension member `available`.
        **members: As for `HTTPException`.
    """

    status_code = 406

    def __init__(
        self,
        detail: str | None = None,
        *,
        available: Collection[str] = (),
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        media_types = _strings("available", available)
        if media_types:
            self._extension("available", media_types)


class ProxyAuthenticationRequired(StatusError):
    """407: the proxy asks for credentials.

    Args:
        detail: What went wrong this time.
        challenges: How to authenticate, one or more. RFC 9110 §15.5.8: the answer must
            have a Proxy-Authenticate field.
        **members: As for `HTTPException`.

    Raises:
        ValueError: There is no challenge, or one names no scheme.
    """

    status_code = 407

    def __init__(
        self,
        detail: str | None = None,
        *,
        challenges: str | Sequence[str],
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        self._list_field("Proxy-Authenticate", _challenges(challenges))


class RequestTimeout(StatusError):
    """408: the request did not arrive as a whole in the time that it had."""

    status_code = 408


class Conflict(StatusError):
    """409: the resource's state does not allow this; the client may change that."""

    status_code = 409


class Gone(StatusError):
    """410: what was here is gone for good."""

    status_code = 410


class LengthRequired(StatusError):
    """411: the request must say how long its content is."""

    status_code = 411


class PreconditionFailed(StatusError):
    """412: a condition that the request made does not hold."""

    status_code = 412


class ContentTooLarge(StatusError):
    """413: the content is larger than the server takes.

    Args:
        detail: What went wrong this time.
        limit: How many bytes it takes; the extension member `limit`.
        **members: As for `HTTPException`.

    Raises:
        ValueError: The limit is not a whole number of 0 or more.
    """

    status_code = 413

    def __init__(
        self,
        detail: str | None = None,
        *,
        limit: int | None = None,
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        if limit is not None:
            _check_whole("limit", limit)
            self._extension("limit", limit)


class URITooLong(StatusError):
    """414: the target URI is longer than the server takes."""

    status_code = 414


ACCEPT_FIELDS: Final[Mapping[str, str]] = {
    # RFC 5789 §2.2, §3.1: in the answer to OPTIONS, and of a 415.
    "PATCH": "Accept-Patch",
    # Linked Data Platform 1.0 (W3C), §7.1: in the answer to OPTIONS.
    "POST": "Accept-Post",
}
"""The fields that say which media types a method takes, by the method."""


class UnsupportedMediaType(StatusError):
    """415: the content is of a type that the method does not take here.

    Args:
        detail: What went wrong this time.
        accepted: The media types that it takes. RFC 9110 §15.5.16: an Accept field in
            the answer says which would have been.
        method: The request's method; the answer to PATCH and POST has a field of its
            own as well, see `ACCEPT_FIELDS`.
        **members: As for `HTTPException`.
    """

    status_code = 415

    def __init__(
        self,
        detail: str | None = None,
        *,
        accepted: Sequence[str] = (),
        method: str | None = None,
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        media_types = _strings("accepted", accepted)
        if media_types:
            self._list_field("Accept", media_types)
        field = ACCEPT_FIELDS.get(method or "")
        if media_types and field is not None:
            self._list_field(field, media_types)


class RangeNotSatisfiable(StatusError):
    """416: no range that was asked for lies within the representation.

    Args:
        detail: What went wrong this time.
        size: The representation's length in bytes. RFC 9110 §15.5.17: the answer
            should have a Content-Range field that says it.
        **members: As for `HTTPException`.

    Raises:
        ValueError: The size is not a whole number of 0 or more.
    """

    status_code = 416

    def __init__(
        self,
        detail: str | None = None,
        *,
        size: int,
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        _check_whole("size", size)
        # RFC 9110 §14.4: unsatisfied-range = "*/" complete-length
        self._field("Content-Range", f"bytes */{size}")


class ExpectationFailed(StatusError):
    """417: what the Expect field asks for cannot be met."""

    status_code = 417


class MisdirectedRequest(StatusError):
    """421: the server does not answer for this target URI."""

    status_code = 421


class UnprocessableContent(StatusError):
    """422: the content is well-formed, and yet cannot be processed.

    Args:
        detail: What went wrong this time.
        errors: One mapping for each thing wrong, of values that JSON has a form for;
            the extension member `errors`.
        **members: As for `HTTPException`.
    """

    status_code = 422

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        if errors:
            self._extension("errors", [dict(each) for each in errors])


class Locked(StatusError):
    """423: the resource is locked (RFC 4918 §11.3)."""

    status_code = 423


class FailedDependency(StatusError):
    """424: an action that this one depends on failed (RFC 4918 §11.4)."""

    status_code = 424


class UpgradeRequired(StatusError):
    """426: the client has to speak another protocol.

    Args:
        detail: What went wrong this time.
        protocols: The protocols that would do, such as `["websocket"]`. RFC 9110
            §15.5.22: the answer must have an Upgrade field that names them.
        **members: As for `HTTPException`.

    Raises:
        TypeError: `protocols` is one string.
        ValueError: No protocol is named.
    """

    status_code = 426

    def __init__(
        self,
        detail: str | None = None,
        *,
        protocols: Sequence[str],
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        names = _strings("protocols", protocols)
        if not names:
            raise ValueError("name the protocols to upgrade to.")
        self._list_field("Upgrade", names)
        # RFC 9110 §7.8: a sender of Upgrade must also send the connection option.
        self._field("Connection", "Upgrade")


class PreconditionRequired(StatusError):
    """428: the request has to be conditional (RFC 6585 §3)."""

    status_code = 428


class TooManyRequests(StatusError):
    """429: the client asks too often (RFC 6585 §4).

    Args:
        detail: What went wrong this time.
        retry_after: After how many seconds it may ask again.
        **members: As for `HTTPException`.

    Raises:
        ValueError: The time is not a whole number of 0 or more.
    """

    status_code = 429

    def __init__(
        self,
        detail: str | None = None,
        *,
        retry_after: int | None = None,
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        self._retry_after(retry_after)


class RequestHeaderFieldsTooLarge(StatusError):
    """431: the header fields are too large, or too many (RFC 6585 §5)."""

    status_code = 431


# RFC 3986 §2: what a URI may consist of, which leaves out "<", ">" and quotes.
_URI_CHARACTERS: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    ":/?#[]@!$&'()*+,;=%-._~"
)


class UnavailableForLegalReasons(StatusError):
    """451: denied as a consequence of a legal demand (RFC 7725).

    Args:
        detail: What went wrong this time.
        blocked_by: URI of whoever implements the blocking. RFC 7725 §4: a Link field
            with the relation "blocked-by" should name it.
        **members: As for `HTTPException`.

    Raises:
        ValueError: `blocked_by` is not a URI.
    """

    status_code = 451

    def __init__(
        self,
        detail: str | None = None,
        *,
        blocked_by: str | None = None,
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        if blocked_by is None:
            return
        if not blocked_by or not _URI_CHARACTERS.issuperset(blocked_by):
            raise ValueError(f"blocked_by is a URI, not {blocked_by!r}.")
        self._field("Link", f'<{blocked_by}>; rel="blocked-by"')


class InternalServerError(StatusError):
    """500: the server met a condition that it did not expect."""

    status_code = 500


class MethodNotImplemented(StatusError):
    """501: the method is not known, or not to be had for any resource."""

    status_code = 501


class BadGateway(StatusError):
    """502: a server further in gave an invalid answer."""

    status_code = 502


class ServiceUnavailable(StatusError):
    """503: overloaded, or down for maintenance, and likely to be back.

    Args:
        detail: What went wrong this time.
        retry_after: After how many seconds to ask again.
        **members: As for `HTTPException`.

    Raises:
        ValueError: The time is not a whole number of 0 or more.
    """

    status_code = 503

    def __init__(
        self,
        detail: str | None = None,
        *,
        retry_after: int | None = None,
        **members: Unpack[Members],
    ) -> None:
        super().__init__(detail, **members)
        self._retry_after(retry_after)


class GatewayTimeout(StatusError):
    """504: a server further in did not answer in time."""

    status_code = 504


class HTTPVersionNotSupported(StatusError):
    """505: the request's major version of HTTP is not to be had."""

    status_code = 505


class InsufficientStorage(StatusError):
    """507: there is no room for what the request would store (RFC 4918 §11.5)."""

    status_code = 507


BY_STATUS: Final[dict[int, type[StatusError]]] = {
    cls.status_code: cls
    for cls in (
        BadRequest,
        Unauthorized,
        PaymentRequired,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        ProxyAuthenticationRequired,
        RequestTimeout,
        Conflict,
        Gone,
        LengthRequired,
        PreconditionFailed,
        ContentTooLarge,
        URITooLong,
        UnsupportedMediaType,
        RangeNotSatisfiable,
        ExpectationFailed,
        MisdirectedRequest,
        UnprocessableContent,
        Locked,
        FailedDependency,
        UpgradeRequired,
        PreconditionRequired,
        TooManyRequests,
        RequestHeaderFieldsTooLarge,
        UnavailableForLegalReasons,
        InternalServerError,
        MethodNotImplemented,
        BadGateway,
        ServiceUnavailable,
        GatewayTimeout,
        HTTPVersionNotSupported,
        InsufficientStorage,
    )
}


# RFC 6455 §7.4.1, and the registry it opens: 1004 to 1006 and 1015 are never sent.
# Ranges for libraries and for private use: §7.4.2.
_SENDABLE: Final = (range(1000, 1004), range(1007, 1015), range(3000, 5000))


class WebSocketException(Exception):
    """A WebSocket to be closed, for a reason.

    Args:
        code: The close code, one that may be sent (RFC 6455 §7.4).
        reason: Why, in at most 123 bytes of UTF-8 (RFC 6455 §5.5: a control frame
            carries 125, of which the code takes two).

    Raises:
        ValueError: The code may not be sent, or the reason is too long.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        if not any(code in codes for codes in _SENDABLE):
            raise ValueError(
                f"{code!r} is no close code that may be sent: those are 1000 to 1003, "
                "1007 to 1014 and 3000 to 4999."
            )
        if len(reason.encode()) > 123:
            raise ValueError("a close reason takes at most 123 bytes of UTF-8.")
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.code} {self.reason}".rstrip()


class ClientDisconnect(Exception):
    """The client left before it had the whole answer, or sent the whole request."""
