"""A class-based framework and toolkit for REST resources on ASGI.

An application is a tree of resource classes. The story starts with `Restlette`, the
application, and `HTTPEndpoint`, the resource.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from restlette.app import Plugin, Restlette
from restlette.background import BackgroundTask, BackgroundTasks
from restlette.http.conditional import Preconditions
from restlette.http.errors import (
    BadGateway,
    BadRequest,
    ClientDisconnect,
    Conflict,
    ContentTooLarge,
    ExpectationFailed,
    FailedDependency,
    Forbidden,
    GatewayTimeout,
    Gone,
    HTTPException,
    HTTPVersionNotSupported,
    InsufficientStorage,
    InternalServerError,
    LengthRequired,
    Locked,
    MethodNotAllowed,
    MethodNotImplemented,
    MisdirectedRequest,
    NotAcceptable,
    NotFound,
    PaymentRequired,
    PreconditionFailed,
    PreconditionRequired,
    ProxyAuthenticationRequired,
    RangeNotSatisfiable,
    RequestHeaderFieldsTooLarge,
    RequestTimeout,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
    UnavailableForLegalReasons,
    UnprocessableContent,
    UnsupportedMediaType,
    UpgradeRequired,
    URITooLong,
    WebSocketException,
)
from restlette.http.forms import FormData, UploadFile
from restlette.http.headers import Headers, MutableHeaders
from restlette.http.limits import Limits
from restlette.http.request import HTTPConnection, Request
from restlette.http.response import (
    HTMLResponse,
    JSONResponse,
    ORJSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
    UJSONResponse,
)
from restlette.http.streams import NDJSON, EventStream, ServerSentEvent
from restlette.http.types import Address, State
from restlette.http.urls import URL, QueryParams, URLPath
from restlette.http.validators import ETag, Validators
from restlette.http.websocket import WebSocket, WebSocketDisconnect
from restlette.middleware import Middleware
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.guards import Anyone, Guard
from restlette.resources.html import HTML
from restlette.resources.pages import Page
from restlette.resources.patch import JSONPatch, MergePatch, Patch
from restlette.resources.representation import (
    JSON,
    Accepted,
    Created,
    Reply,
    Representation,
    SeeOther,
)
from restlette.resources.router import NoMatchFound, Router
from restlette.resources.routes import Host, Mount, Route, WebSocketRoute
from restlette.resources.schemas import accepts, returns
from restlette.resources.uri import Convertor, Ref, register_convertor
from restlette.resources.websocket import WebSocketEndpoint

if TYPE_CHECKING:
    from restlette.http.files import FileResponse as FileResponse
    from restlette.resources.messagepack import MessagePack as MessagePack
    from restlette.resources.queries import Cursor as Cursor
    from restlette.resources.queries import CursorQuery as CursorQuery
    from restlette.resources.queries import Fields as Fields
    from restlette.resources.queries import PageQuery as PageQuery
    from restlette.resources.queries import Sort as Sort
    from restlette.resources.stores import Collection as Collection
    from restlette.resources.stores import Item as Item
    from restlette.resources.stores import Store as Store
else:

    def __getattr__(name):
        # What needs an extra is imported when it is asked for. It is not in `__all__`,
        # for `from restlette import *` asks for everything.
        if name == "FileResponse":
            return import_module("restlette.http.files").FileResponse
        if name == "MessagePack":
            return import_module("restlette.resources.messagepack").MessagePack
        if name in ("Cursor", "CursorQuery", "Fields", "PageQuery", "Sort"):
            return getattr(import_module("restlette.resources.queries"), name)
        if name in ("Collection", "Item", "Store"):
            return getattr(import_module("restlette.resources.stores"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__version__ = "0.1.0"

__all__ = [
    "HTML",
    "JSON",
    "NDJSON",
    "URL",
    "Accepted",
    "Address",
    "Anyone",
    "BackgroundTask",
    "BackgroundTasks",
    "BadGateway",
    "BadRequest",
    "ClientDisconnect",
    "Conflict",
    "ContentTooLarge",
    "Convertor",
    "Created",
    "ETag",
    "EventStream",
    "ExpectationFailed",
    "FailedDependency",
    "Forbidden",
    "FormData",
    "GatewayTimeout",
    "Gone",
    "Guard",
    "HTMLResponse",
    "HTTPConnection",
    "HTTPEndpoint",
    "HTTPException",
    "HTTPVersionNotSupported",
    "Headers",
    "Host",
    "InsufficientStorage",
    "InternalServerError",
    "JSONPatch",
    "JSONResponse",
    "LengthRequired",
    "Limits",
    "Locked",
    "MergePatch",
    "MethodNotAllowed",
    "MethodNotImplemented",
    "Middleware",
    "MisdirectedRequest",
    "Mount",
    "MutableHeaders",
    "NoMatchFound",
    "NotAcceptable",
    "NotFound",
    "ORJSONResponse",
    "Page",
    "Patch",
    "PaymentRequired",
    "PlainTextResponse",
    "Plugin",
    "PreconditionFailed",
    "PreconditionRequired",
    "Preconditions",
    "ProxyAuthenticationRequired",
    "QueryParams",
    "RangeNotSatisfiable",
    "RedirectResponse",
    "Ref",
    "Reply",
    "Representation",
    "Request",
    "RequestHeaderFieldsTooLarge",
    "RequestTimeout",
    "Response",
    "Restlette",
    "Route",
    "Router",
    "SeeOther",
    "ServerSentEvent",
    "ServiceUnavailable",
    "State",
    "StreamingResponse",
    "TooManyRequests",
    "UJSONResponse",
    "URITooLong",
    "URLPath",
    "Unauthorized",
    "UnavailableForLegalReasons",
    "UnprocessableContent",
    "UnsupportedMediaType",
    "UpgradeRequired",
    "UploadFile",
    "Validators",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketEndpoint",
    "WebSocketException",
    "WebSocketRoute",
    "__version__",
    "accepts",
    "register_convertor",
    "returns",
]
