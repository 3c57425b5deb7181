"""GraphQL over HTTP, and as server-sent events.

The story starts with `GraphQLEndpoint`: a resource whose GET and POST take operations.
What is well-formed is answered by a GraphQL response, in the media type that the client
takes, with the status that the specification has for it there. A client that takes
events gets one for each result, and so can subscribe.

Sources: https://graphql.github.io/graphql-over-http/draft/;
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, "Distinct connections
mode".
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from inspect import get_annotations
from typing import Any, ClassVar, Final

from restlette.contrib.graphql.context import Context, background_of
from restlette.contrib.graphql.engine import Engine, Operation, Refused, Result
from restlette.contrib.graphql.multipart import (
    FORMATS,
    MIXED,
    MixedStream,
    Parts,
    format_for,
)
from restlette.contrib.graphql.parameters import Malformed, Parameters
from restlette.contrib.graphql.uploads import is_asked_about, read_upload
from restlette.http.errors import (
    BadRequest,
    NotAcceptable,
    UnsupportedMediaType,
)
from restlette.http.media import MediaType
from restlette.http.negotiation import select
from restlette.http.request import HTTPConnection, Request
from restlette.http.response import Response
from restlette.http.streams import EventStream, ServerSentEvent
from restlette.resources.boundary import find_accept
from restlette.resources.dependencies import dependencies_of
from restlette.resources.endpoint import HTTPEndpoint

__all__ = ["GraphQLEndpoint", "wanting"]

_JSON: Final = "application/json"
_RESPONSE: Final = "application/graphql-response+json"
_EVENTS: Final = "text/event-stream"
_FORM: Final = "multipart/form-data"

# NOTE: "If the client does not supply an Accept header", the server should take it for
# the new media type since 2025; public test suites, and clients that say `*/*`, want
# JSON. So it has to be named.
_OFFERS: Final = (_JSON, _RESPONSE, _EVENTS)
_NAMED: Final = (_RESPONSE, _JSON, _EVENTS)


def wanting(cls: type, context: type[Context] | None) -> None:
    """Let a resource class ask for what a context depends on, under the same names.

    Args:
        cls: The class that is being made.
        context: The class of the context, if it is one.
    """
    if context is not None:
        own = get_annotations(cls)
        cls.__annotations__ = {**dependencies_of(context), **own}


class GraphQLEndpoint(HTTPEndpoint):
    """A resource that speaks GraphQL: name the schema when you derive from it.

    ::

        class Graph(GraphQLEndpoint, schema=schema, context=ShopContext):
            guards = [Role("seller")]

    Args:
        schema: A schema of graphene, or of graphql-core.
        options: Those of `GraphQLApp`.

    Raises:
        TypeError: An argument makes no sense; the message says what to write.
    """

    engine: ClassVar[Engine]

    def __init_subclass__(cls, *, schema: Any = None, **options: Any) -> None:
        if schema is not None:
            cls.engine = Engine(schema, **options)
            options = {}
        if hasattr(cls, "engine"):
            wanting(cls, cls.engine.wanted)
        super().__init_subclass__(**options)

    async def make_context(self, connection: HTTPConnection) -> Any:
        """Give what resolvers see as `info.context`; override it for another one.

        Args:
            connection: The request, or the WebSocket.
        """
        wanted = self.engine.wanted
        names = () if wanted is None else dependencies_of(wanted)
        given = {name: getattr(self, name) for name in names}
        return await self.engine.make_context(connection, given)

    async def execute(self, operation: Operation, context: Any) -> Result:
        """Execute an operation; override it to do something before or after.

        Args:
            operation: The operation: its `kind`, `name`, `document` and `variables`.
            context: What resolvers see as `info.context`.

        Raises:
            Refused: It is not executed.
        """
        return await self.engine.execute(operation, context)

    async def subscribe(
        self, operation: Operation, context: Any
    ) -> AsyncGenerator[Result, None]:
        """Execute a subscription; override it to do something before or after.

        Args:
            operation: The operation.
            context: What resolvers see as `info.context`.

        Yields:
            A result for each event.

        Raises:
            Refused: There is nothing to subscribe to.
        """
        async with aclosing(self.engine.subscribe(operation, context)) as results:
            async for result in results:
                yield result

    async def deliver(
        self, operation: Operation, context: Any
    ) -> AsyncGenerator[Result, None]:
        """Execute an operation parts of which are put off, by `@defer` or `@stream`.

        Override it to do something before or after. A client that takes no parts is
        given what `execute` gives.

        Args:
            operation: The operation.
            context: What resolvers see as `info.context`.

        Yields:
            The parts; `hasNext` is true in all but the last.

        Raises:
            Refused: It is not executed.
        """
        async with aclosing(self.engine.deliver(operation, context)) as results:
            async for result in results:
                yield result

    async def results(
        self, operation: Operation, context: Any
    ) -> AsyncGenerator[Result, None]:
        """Give the results of an operation of any kind, one after the other.

        Raises:
            Refused: It is not executed.
        """
        if operation.kind == "subscription":
            results = self.subscribe(operation, context)
        elif operation.increments:
            results = self.deliver(operation, context)
        else:
            yield await self.execute(operation, context)
            return
        async with aclosing(results):
            async for result in results:
                yield result

    async def get(self, request: Request) -> Response:
        """Answer a query that came in the URL, or show the page to ask with."""
        page = self.engine.page
        file = None if page is None else await page.find(request)
        if file is not None:
            return file
        media_type = _media_type(request, self.engine.has_parts)
        query = request.query_params
        try:
            parameters = Parameters.from_query(query, request.codec)
        except Malformed as exc:
            return _told(request, str(exc), media_type, 400)
        return await self._answer(request, parameters, media_type)

    async def post(self, request: Request) -> Response:
        """Answer a query or a mutation that came as JSON, or in a form with files."""
        media_type = _media_type(request, self.engine.has_parts)
        is_form = self.engine.uploads and _is_form(request)
        if not is_form:
            _check_content_type(request, self.engine.uploads)
        elif not is_asked_about(request):
            message = "A form needs the header field GraphQL-Require-Preflight."
            return _told(request, message, media_type, 400)
        try:
            if is_form:
                parameters = await read_upload(request)
            else:
                parameters = Parameters.from_json(await request.json())
        except Malformed as exc:
            return _told(request, str(exc), media_type, 400)
        except BadRequest as exc:
            return _told(request, exc.detail, media_type, 400)
        return await self._answer(request, parameters, media_type)

    async def _answer(
        self, request: Request, parameters: Parameters, media_type: str
    ) -> Response:
        engine = self.engine
        context: Any = None
        try:
            operation = await engine.begin(parameters, engine.policy(request))
            if operation.kind == "mutation" and request.method != "POST":
                # "the server MUST respond with error status code 405"
                return _told(request, "A mutation is a POST.", media_type, 405)
            if operation.kind == "subscription" and media_type != _EVENTS:
                raise Refused(
                    [{"message": "A subscription is answered by events: accept them."}]
                )
            context = await self.make_context(request)
            if media_type == _EVENTS:
                return self._stream(request, operation, context)
            increments, form = operation.increments, None
            if increments:
                form = format_for(find_accept(request.scope), increments)
            if form is not None:
                return await self._in_parts(
                    request, operation, context, media_type, form
                )
            result = await self.execute(operation, context)
        except Refused as exc:
            if media_type == _EVENTS:
                return _events(request, [_next(exc.result), _COMPLETE])
            result = exc.result
        response = _response(request, result, media_type)
        response.background = background_of(context)
        return response

    def _stream(
        self, request: Request, operation: Operation, context: Any
    ) -> EventStream[Any]:
        """Answer with an event for each result."""

        async def events() -> AsyncGenerator[ServerSentEvent[Any], None]:
            try:
                async with aclosing(self.results(operation, context)) as results:
                    async for result in results:
                        yield _next(result)
            except Refused as exc:
                yield _next(exc.result)
            yield _COMPLETE

        response = _events(request, events())
        response.background = _background(context)
        return response

    async def _in_parts(
        self,
        request: Request,
        operation: Operation,
        context: Any,
        media_type: str,
        format: str,
    ) -> Response:
        """Answer with a part for each result, or as ever if there is only one.

        Raises:
            Refused: It is not executed.
        """
        results = self.deliver(operation, context)
        first = await anext(results)
        if first.content.get("hasNext"):
            parts = Parts(first.content, results, format)
            response: Response = _mixed(request, parts, format)
        else:
            await results.aclose()
            response = _response(request, first, media_type)
        response.background = _background(context)
        return response


def _background(context: Any) -> Callable[[], Awaitable[None]]:
    """Give what runs when the answer was sent, also what is added until then."""

    async def background() -> None:
        tasks = background_of(context)
        if tasks is not None:
            await tasks()

    return background


def _media_type(request: Request, has_parts: bool) -> str:
    """Give the media type of an answer without parts, or of events.

    Args:
        request: The request.
        has_parts: Whether an answer may be a part, for who takes nothing else.

    Raises:
        NotAcceptable: The client takes none that there is.
    """
    accept = find_accept(request.scope)
    named = accept is not None and _RESPONSE.encode() in accept.lower()
    offers: tuple[str, ...] = _NAMED if named else _OFFERS
    if has_parts:
        offers = (*offers, *FORMATS)
    chosen = select(accept, offers)
    if chosen is None:
        raise NotAcceptable(available=_NAMED)
    return offers[chosen]


def _content(request: Request) -> MediaType | None:
    try:
        return MediaType.from_header(request.headers.get("content-type", ""))
    except ValueError:
        return None


def _is_form(request: Request) -> bool:
    content = _content(request)
    return content is not None and content.essence == _FORM


def _check_content_type(request: Request, uploads: bool) -> None:
    """Make sure that the content is JSON in UTF-8.

    SECURITY: pages of other sites may send forms and plain text with the cookies of who
    looks at them; what is JSON their browser asks about first.

    Raises:
        UnsupportedMediaType: It is not.
    """
    content = _content(request)
    if (
        content is None
        or content.essence != _JSON
        or (content.charset or "utf-8").lower() != "utf-8"
    ):
        accepted = [_JSON, _FORM] if uploads else [_JSON]
        raise UnsupportedMediaType(accepted=accepted, method="POST")


def _response(request: Request, result: Result, media_type: str) -> Response:
    # application/json: "The server SHOULD use the 200 status code for every response
    # to a well-formed GraphQL-over-HTTP request".
    if media_type.startswith(MIXED):
        return _mixed(request, _alone(result.content), media_type)
    status_code = 200 if media_type == _JSON else result.status_code
    headers = {"vary": "Accept", "x-content-type-options": "nosniff"}
    content = request.codec.dumps(result.content)
    return Response(content, status_code, headers, f"{media_type}; charset=utf-8")


# "Include an empty data field", or an EventSource would not hear of it.
_COMPLETE: Final[ServerSentEvent[Any]] = ServerSentEvent("", event="complete")


def _next(result: Result) -> ServerSentEvent[Any]:
    return ServerSentEvent(result.content, event="next")


def _events(request: Request, events: Any) -> EventStream[Any]:
    response: EventStream[Any] = EventStream(events, headers={"vary": "Accept"})
    response.encode = request.codec.dumps
    return response


async def _alone(content: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    yield content


def _mixed(request: Request, parts: Any, format: str) -> MixedStream:
    headers = {"vary": "Accept", "x-content-type-options": "nosniff"}
    response = MixedStream(parts, headers=headers)
    response.encode = request.codec.dumps
    response.headers["content-type"] += format.removeprefix(MIXED)
    return response


def _told(
    request: Request, message: str, media_type: str, status_code: int
) -> Response:
    """Answer what is no request that may be executed, in any media type alike."""
    result = Result({"errors": [{"message": message}]})
    media_type = media_type if media_type == _RESPONSE else _JSON
    response = _response(request, result, media_type)
    response.status_code = status_code
    if status_code == 405:
        # RFC 9110 §15.5.6: the answer must have an Allow field.
        response.headers["allow"] = "POST"
    return response
