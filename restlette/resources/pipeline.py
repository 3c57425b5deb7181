"""How a request goes through a resource, step by step.

The story starts with `Operation`: what one method of one resource does, worked out when
the tree is frozen. `Operation.perform` is the pipeline, in the order that the schema
and the tests rely on; steps that a resource does not state are not taken. `Settings`
is what the routers above it decide.

    method known and allowed (501, 405)    by the leaf, before an operation is reached
    a representation that is accepted (406)
    request-scoped dependencies opened
    guards (401, 403)
    prepare
    validators (404; 304, 412, 428)
    media type, size, syntax, validation (415, 413, 400, 422)
    the handler
    its result encoded
    request-scoped dependencies closed     one that fails is a 500
    the answer sent, background tasks, on_finish
    a form closed, if one was read
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from functools import lru_cache
from typing import Any, NamedTuple

from restlette.concurrency import ThreadPool, as_async, is_async
from restlette.http.errors import (
    NotAcceptable,
    UnprocessableContent,
)
from restlette.http.forms import FORM_TYPES
from restlette.http.headers import encode_value
from restlette.http.json import STANDARD, JSONCodec
from restlette.http.limits import DEFAULT_LIMITS, Limits
from restlette.http.negotiation import select
from restlette.http.request import FORM, Request
from restlette.http.response import Response, StreamingResponse
from restlette.http.types import Receive, Scope, Send
from restlette.http.urls import quote_path
from restlette.http.validators import Validators
from restlette.resources.binding import Binding, bind
from restlette.resources.boundary import Boundary
from restlette.resources.content import ContentReader, essence_of
from restlette.resources.facts import Facts, preconditions_of, stamped
from restlette.resources.guards import Guard, Rules, admit
from restlette.resources.hooks import Hook
from restlette.resources.html import (
    HTML,
    Renderer,
    Templates,
    form_again,
    no_templates,
)
from restlette.resources.instances import Instances
from restlette.resources.models import Invalid, Model
from restlette.resources.parameters import parameters_of, unwrap
from restlette.resources.parts import PARTS, PLACES, StringsPart
from restlette.resources.representation import (
    JSON,
    Created,
    Reply,
    Representation,
    SeeOther,
)
from restlette.resources.streams import Streamed, stream_representations
from restlette.resources.uri import Ref

__all__ = ["Operation", "Settings", "operation_class", "path_parameters_of"]


class Settings(NamedTuple):
    """What the routers above a resource decide for it.

    Attributes:
        boundary: The exception handlers.
        limits: How much of a request is taken.
        codec: What reads and writes JSON.
        pool: Where plain functions run.
        build: Gives the path of a route: `router.url_path_for`.
        guards: Those of each router and route, the outermost first.
        templates: Finds templates by their names.
    """

    boundary: Boundary
    limits: Limits
    codec: JSONCodec
    pool: ThreadPool
    build: Callable[..., str]
    guards: tuple[Rules, ...] = ()
    templates: Templates = no_templates


# PERF: makes a request without `Request.__init__`, whose check of the scope was made.
_new_request = Request.__new__

_WITHOUT_CONTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))


@lru_cache(1024)
def _length_field(length: int) -> tuple[bytes, bytes]:
    """PERF: most answers are short, so that few lengths come again and again."""
    return b"content-length", b"%d" % length


_JSON_FIELD = (b"content-type", b"application/json")
_VARY_ACCEPT = (b"vary", b"Accept")

RawHeaders = list[tuple[bytes, bytes]]
Writer = Callable[[Any], bytes]


def _fields_of(representation: Representation, offers: tuple[str, ...]) -> RawHeaders:
    """Give the constant header fields of content in one representation."""
    fields = [(b"content-type", representation.media_type.encode("latin-1"))]
    if len(offers) > 1:
        # RFC 9110 §12.5.5: the fields that influenced the choice.
        fields.append(_VARY_ACCEPT)
    return fields


def _writer(
    representation: Representation, model: Model | None, settings: Settings
) -> Writer:
    """Give what turns content into the bytes of one representation."""
    encode = settings.codec.dumps if representation is JSON else representation.encode
    if model is None:
        return encode
    dump = model.dump
    return lambda content: encode(dump(content))


def _misfit(errors: list[dict[str, Any]]) -> UnprocessableContent:
    return UnprocessableContent(
        "The request is not what the resource takes.", errors=errors
    )


def path_parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Give the parameters of a handler that are not known by another name."""
    parameters = parameters_of(function, skip=1)
    if parameters is None:
        return ()
    names = (*parameters.positional[1:], *parameters.keyword_only)
    return tuple(name for name in names if name not in PARTS)


class Operation:
    """What one method of one resource, or one function, does.

    Args:
        function: The handler: a function of the class, or the function itself.
        instances: Makes the resource for each request; None for a function.
        path_names: The parameters of the route's path.
        representations: What content can be encoded as; the first is the default.
        hooks: `prepare` and `on_finish`, where the class has them.
        settings: What the routers above decide.
        guards: All of them have to let a request in.
        facts: What the resource says of its state, if it does.

    Raises:
        TypeError: The handler asks for something that is not on offer.
    """

    __slots__ = (
        "_binds",
        "_bodies",
        "_content",
        "_fields",
        "_form",
        "_invalid_renderers",
        "_is_json",
        "_is_json_alone",
        "_is_tuned",
        "_is_typed",
        "_item",
        "_load_body",
        "_offers",
        "_params_taken",
        "_renderers",
        "_strings",
        "binding",
        "call",
        "facts",
        "function",
        "guards",
        "instances",
        "is_plain",
        "on_finish",
        "prepare",
        "settings",
        "where",
    )

    def __init__(
        self,
        function: Callable[..., Any],
        instances: Instances | None,
        path_names: tuple[str, ...],
        representations: tuple[Representation, ...],
        hooks: tuple[Hook | None, Hook | None],
        settings: Settings,
        *,
        guards: tuple[Guard, ...] = (),
        facts: Facts | None = None,
    ) -> None:
        owner = None if instances is None else instances.cls
        self.function: Callable[..., Any] = function
        self.instances: Instances | None = instances
        self.prepare: Hook | None
        self.on_finish: Hook | None
        self.prepare, self.on_finish = hooks
        self.settings: Settings = settings
        self.guards: tuple[Guard, ...] = guards
        self.facts: Facts | None = facts
        self.where = getattr(function, "__qualname__", repr(function))
        if owner is not None:
            self.where = f"{owner.__qualname__}.{function.__name__}"
        self.binding: Binding = bind(function, owner, path_names)
        self.call: Callable[..., Awaitable[Any]] = as_async(function, settings.pool)
        returns = self.binding.returns
        if returns.streams:
            encode = _writer(JSON, returns.item, settings)
            self.call = Streamed(function, self.call, returns.streams, encode)
            if returns.typed:
                representations = stream_representations(returns.streams)
        self._offers = tuple(r.media_type for r in representations)
        self._fields = [_fields_of(r, self._offers) for r in representations]
        self._bodies = [
            _writer(r, self.binding.returns.model, settings) for r in representations
        ]
        self._renderers: dict[int, Renderer] = {}
        self._invalid_renderers: dict[int, Renderer] = {}
        for index, each in enumerate(representations):
            if isinstance(each, HTML):
                self._renderers[index] = each.renderer(settings.templates)
                invalid = each.invalid_renderer(settings.templates)
                if invalid is not None:
                    self._invalid_renderers[index] = invalid
        body = self.binding.parts.get("body")
        self._content = (
            None if body is None else ContentReader(body.model, representations)
        )
        # PERF: what `respond_plainly` would otherwise work out each time.
        self._load_body = self._only_body()
        self._is_json_alone = representations == (JSON,)
        self._is_json = self._is_json_alone and self.binding.returns.model is None
        self._params_taken = len(self.binding.path)
        self._is_tuned = (
            settings.limits is not DEFAULT_LIMITS or settings.codec is not STANDARD
        )
        self._is_typed = self.binding.returns.typed
        self._item = self._only_parameter(path_names)
        self._binds = bool(self.binding.wanted)
        strings = self._strings_parts()
        self._form = strings.pop("form", None)
        self._strings = tuple(strings.values())
        self.is_plain: bool = self._judge()

    def _only_body(self) -> Callable[[Any], Any] | None:
        """Give what loads the content, where it is all that is to be bound."""
        content = self._content
        if content is None or not content.is_json or len(self.binding.wanted) > 1:
            return None
        body = self.binding.parts["body"]
        return body.model.load if body.required else None

    def _only_parameter(self, path_names: tuple[str, ...]) -> str | None:
        """Give the one parameter that can be given by position, in less time."""
        parameters = parameters_of(self.function, skip=1)
        # What stands around a function may know its parameters by name alone.
        is_bare = unwrap(self.function) is self.function
        if parameters is None or not is_bare or self.binding.wanted:
            return None
        if len(path_names) != 1 or parameters.positional[1:] != path_names:
            return None
        return path_names[0]

    def _strings_parts(self) -> dict[str, StringsPart]:
        """Give what reads the query, the header fields, the cookies and a form."""
        parts = {}
        for name, part in self.binding.parts.items():
            if name in PLACES:
                try:
                    parts[name] = StringsPart(name, part)
                except TypeError as exc:
                    raise TypeError(f"{self.where}({name}): {exc}") from exc
        return parts

    @property
    def offers(self) -> tuple[str, ...]:
        """The media types that content is sent in, the default first."""
        return self._offers

    @property
    def gives_forms_back(self) -> bool:
        """Whether it takes forms, and people get theirs again where it does not fit."""
        takes_forms = "form" in self.binding.parts or (
            self._content is not None and bool(self._content.forms)
        )
        return takes_forms and bool(self._invalid_renderers)

    @property
    def media_types(self) -> tuple[str, ...]:
        """The media types of content that it takes, where the handler says so."""
        return () if self._content is None else self._content.media_types

    def _judge(self) -> bool:
        """Say whether the steps that take time to skip can all be left out."""
        return (
            is_async(self.function)
            and self.prepare is None
            and self.on_finish is None
            and self.facts is None
            and not self.guards
            and not self.binding.returns.streams
            and not self._invalid_renderers
        )

    def entry(self, method: str) -> Callable[..., Awaitable[None]]:
        """Give what answers a request, given the scope, the channels and Accept.

        Args:
            method: The method that it is for.
        """
        if not self.is_plain:
            return self.respond
        # PERF: content that is bound as a body is no form, and RFC 9110 §9.3.1 gives
        # that of the others no meaning: nothing has to be closed after them.
        if "body" in self.binding.parts or method in _WITHOUT_CONTENT:
            return self.respond_plainly
        return self.respond_and_close

    async def respond(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> None:
        """Answer a request.

        Args:
            scope: With `path_params` set.
            receive: The ASGI receive channel.
            send: The ASGI send channel.
            accept: The value of the Accept fields.
        """
        request = Request(scope, receive, send)
        if self._is_tuned:
            request.limits = self.settings.limits
            request.codec = self.settings.codec
        resource: Any = None
        try:
            try:
                if self.instances is not None:
                    resource = self.instances.make()
                response = await self.perform(resource, request, accept)
            except Exception as exc:
                await self.refuse(exc, request, send, accept)
            else:
                await response(scope, receive, send)
        finally:
            try:
                if self.on_finish is not None and resource is not None:
                    await self.on_finish(resource, request, scope["path_params"])
            finally:
                if FORM in scope:
                    await scope[FORM].close()

    async def refuse(
        self, exc: Exception, request: Request, send: Send, accept: bytes | None
    ) -> None:
        """Answer an exception that was raised before the answer began.

        Raises:
            Exception: The exception itself, if nobody handles it.
        """
        boundary = self.settings.boundary
        await boundary.fail(exc, request.scope, request.receive, send)

    async def respond_and_close(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> None:
        """Answer as `respond_plainly` does, then close the form if one was read."""
        try:
            await self.respond_plainly(scope, receive, send, accept)
        finally:
            if FORM in scope:
                await scope[FORM].close()

    async def respond_plainly(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> None:
        """Answer a request to an operation that is plain.

        PERF: `respond` without the steps that such an operation does not state, in one
        coroutine. The tests hold the two to the same answers.
        """
        # PERF: what Request.__init__ does, without the call of it.
        request = _new_request(Request)
        request.scope = scope
        request._receive = receive
        request._send = send
        if self._is_tuned:
            request.limits = self.settings.limits
            request.codec = self.settings.codec
        response: Response | None = None
        try:
            anything = accept is None or accept == b"*/*"
            if not anything and self._is_typed:
                self.choose(accept)
                anything = len(self._offers) == 1
            params = scope["path_params"]
            if len(params) != self._params_taken:
                params = self._arguments(params)
            instances = self.instances
            if instances is None:
                if self._binds:
                    params = await self._bound(request, dict(params))
                result = await self.function(request, **params)
            else:
                resource = instances.make()
                if instances.for_request:
                    result = await self.perform(resource, request, accept)
                else:
                    if self._load_body is not None:
                        data = await request.json()
                        try:
                            params = {**params, "body": self._load_body(data)}
                        except Invalid as exc:
                            raise _misfit([e.in_body() for e in exc.errors]) from exc
                    elif self._binds:
                        params = await self._bound(request, dict(params))
                    item = self._item
                    if item is None:
                        result = await self.function(resource, request, **params)
                    else:
                        result = await self.function(resource, request, params[item])
            if anything and result.__class__ is dict and self._is_json:
                try:
                    status, body = 200, self._bodies[0](result)
                except TypeError as exc:
                    raise TypeError(self._complain(result, exc)) from exc
                fields = [_length_field(len(body)), _JSON_FIELD]
            elif (
                anything
                and isinstance(result, Created)
                and self._is_json_alone
                and result.status_code == 201
                and result.content is not None
                and result.location is None
                and result.background is None
                and not (result.headers or result.cookies)
            ):
                # PERF: what `answer` does with it, without a Response.
                try:
                    status, body = 201, self._bodies[0](result.content)
                except TypeError as exc:
                    raise TypeError(self._complain(result.content, exc)) from exc
                fields = [_length_field(len(body)), _JSON_FIELD]
            else:
                response = self.answer(result, scope, accept, 0 if anything else None)
                status, body = response.status_code, response.body
                fields = response.raw_headers
        except Exception as exc:
            await self.settings.boundary.fail(exc, scope, receive, send)
            return
        if response is not None and (
            response.__class__ is not Response or response.background is not None
        ):
            await response(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": fields})
        if scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.body", "body": body})

    async def perform(
        self, resource: Any, request: Request, accept: bytes | None
    ) -> Response:
        """Take a request through the pipeline, up to the answer.

        Args:
            resource: The instance, None for a function.
            request: The request.
            accept: The value of the Accept fields.

        Raises:
            HTTPException: What is wrong with the request.
            Exception: What the handler raised.
        """
        choice = self.choose(accept) if self.binding.returns.typed else None
        instances = self.instances
        if instances is not None and instances.for_request:
            return await self._perform_scoped(
                instances, resource, request, accept, choice
            )
        return await self._handle(resource, request, accept, choice)

    async def _perform_scoped(
        self,
        instances: Instances,
        resource: Any,
        request: Request,
        accept: bytes | None,
        choice: int | None,
    ) -> Response:
        """Perform with dependencies that live as long as the request."""
        response = None
        async with AsyncExitStack() as stack:
            values = await instances.open_request(request, stack)
            instances.fill(resource, values)
            answer = await self._handle(resource, request, accept, choice)
            response = self._whole(answer, values)
        if response is None:
            raise TypeError(
                f"a dependency of {self.where} kept the exception that ended the "
                "handler to itself, so that there is nothing to answer."
            )
        return response

    def _whole(self, response: Response, values: Mapping[str, Any]) -> Response:
        """Refuse a stream, which would outlive what it may be made from."""
        if isinstance(response, StreamingResponse):
            raise TypeError(
                f"{self.where} streams its answer, but has dependencies that are "
                f"closed before it is sent: {', '.join(values)}. Open them inside "
                "the generator, or provide them with scope='app'."
            )
        return response

    async def _handle(
        self, resource: Any, request: Request, accept: bytes | None, choice: int | None
    ) -> Response:
        """Take a request through the steps that the resource states."""
        scope = request.scope
        if self.guards:
            await admit(self.guards, request, resource)
        if self.prepare is not None:
            early = await self.prepare(resource, request, request.path_params)
            if early is not None:
                return self.answer(early, scope, accept, choice)
        stated: Validators | None = None
        if self.facts is not None:
            asked = await self.facts.ask(resource, request, accept)
            if isinstance(asked, Response):
                return asked
            stated = asked
        result = await self._called(resource, request)
        response = self.answer(result, scope, accept, choice)
        return response if stated is None else stamped(response, stated)

    async def _called(self, resource: Any, request: Request) -> Any:
        """Call the handler with what it asks for."""
        arguments = self._arguments(request.path_params)
        if self._binds:
            arguments = await self._bound(request, arguments)
        if resource is None:
            return await self.call(request, **arguments)
        return await self.call(resource, request, **arguments)

    def _arguments(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Give those of the path's parameters that the handler takes."""
        if self.binding.takes_all_path:
            return dict(params)
        return {name: params[name] for name in self.binding.path if name in params}

    async def _bound(
        self, request: Request, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        """Add what the handler asks for beside the path's parameters."""
        errors: list[dict[str, Any]] = []
        for part in self._strings:
            errors += part.read(request, arguments)
        content = self._content
        if content is not None and (
            self.binding.parts["body"].required or await request.body()
        ):
            try:
                arguments["body"] = await content.read(request)
            except Invalid as exc:
                is_form = request.read_form is not None
                errors += [e.at("form") if is_form else e.in_body() for e in exc.errors]
        if self._form is not None and await self._form_is_given(request):
            await request.form()
            errors += self._form.read(request, arguments)
        if errors:
            raise _misfit(errors)
        if self.binding.takes_preconditions:
            arguments["preconditions"] = preconditions_of(request, self._offers)
        return arguments

    async def _form_is_given(self, request: Request) -> bool:
        """Say whether there is content, where the handler can do without."""
        if self.binding.parts["form"].required or "content-type" in request.headers:
            return True
        return bool(await request.body())

    def choose(self, accept: bytes | None) -> int:
        """Choose among the representations (RFC 9110 §12.5.1).

        Returns:
            The index of the one that is liked best.

        Raises:
            NotAcceptable: The client takes none of them.
        """
        if accept is None:
            return 0
        index = select(accept, self._offers)
        if index is None:
            there_is = ", ".join(self._offers)
            raise NotAcceptable(f"There is: {there_is}.", available=self._offers)
        return index

    def answer(
        self,
        result: Any,
        scope: Scope,
        accept: bytes | None,
        choice: int | None = None,
    ) -> Response:
        """Turn what a handler returned into an answer.

        Args:
            result: A Response, a Reply, or content.
            scope: The request's.
            accept: The value of the Accept fields.
            choice: The representation, if it was chosen before.

        Raises:
            TypeError: The result is nothing that can be answered.
            NotAcceptable: The client takes no representation of the content.
        """
        if isinstance(result, Response):
            return result
        if isinstance(result, Reply):
            return self._answer_reply(result, scope, accept, choice)
        if result is None:
            if not self.binding.returns.none_ok:
                raise TypeError(
                    f"{self.where} returned None. Return content or a Response; "
                    "for an answer without content (204) annotate it `-> None`."
                )
            return Response(status_code=204)
        index = self.choose(accept) if choice is None else choice
        return self._encoded(result, scope, index)

    def _encoded(
        self, content: Any, scope: Scope, index: int, status: int = 200
    ) -> Response:
        try:
            body = self._bodies[index](content)
        except TypeError as exc:
            raise TypeError(self._complain(content, exc)) from exc
        fields = [(b"content-length", b"%d" % len(body)), *self._fields[index]]
        return Response.made(body, status, fields)

    def _complain(self, content: Any, exc: TypeError) -> str:
        if hasattr(content, "__await__"):
            # Nobody will await it, and Python should not complain about that as well.
            end = getattr(content, "close", None) or getattr(content, "cancel", None)
            if end is not None:
                end()
            return (
                f"{self.where} returned something to await: write `return await ...`."
            )
        return f"{self.where} returned what has no form: {exc}"

    def _answer_reply(
        self, reply: Reply[Any], scope: Scope, accept: bytes | None, choice: int | None
    ) -> Response:
        status = reply.status_code
        if reply.content is None:
            response = Response(status_code=status)
        elif status in (204, 304):
            raise TypeError(
                f"{self.where} returned content with the status {status}, "
                "which has none (RFC 9110 §6.4.1)."
            )
        else:
            index = self.choose(accept) if choice is None else choice
            response = self._encoded(reply.content, scope, index, status)
        if reply.headers:
            if "content-length" in reply.headers:
                raise TypeError(
                    f"{self.where} returned a reply with a content-length: leave it "
                    "out, it is worked out from the content."
                )
            response.headers.update(reply.headers)
        if reply.location is not None:
            field = b"location", self._link(reply.location, scope)
            response.raw_headers.append(field)
        if reply.cookies:
            for name, cookie in reply.cookies.items():
                given = {"value": cookie} if isinstance(cookie, str) else cookie
                response.set_cookie(name, **given)
        response.background = reply.background
        return response

    def _link(self, location: str | Ref, scope: Scope) -> bytes:
        if isinstance(location, Ref):
            root: str = scope.get("root_path", "")
            path = location.render(self.settings.build)
            # SECURITY: two slashes at the beginning would name another host.
            location = "/" + (quote_path(root) + path).lstrip("/") if root else path
        return encode_value("location", location)


class _RenderingOperation(Operation):
    """An operation, a representation of which is made by a renderer.

    PERF: a class of its own, so that nothing is asked where there is no renderer.
    """

    __slots__ = ()

    def _encoded(
        self, content: Any, scope: Scope, index: int, status: int = 200
    ) -> Response:
        render = self._renderers.get(index)
        if render is None or hasattr(content, "__await__"):
            return super()._encoded(content, scope, index, status)
        return self._page(render(content, Request(scope)), index, status)

    def _answer_reply(
        self, reply: Reply[Any], scope: Scope, accept: bytes | None, choice: int | None
    ) -> Response:
        if isinstance(reply, Created) and reply.location is not None:
            choice = self.choose(accept) if choice is None else choice
            is_form = essence_of(Request(scope)) in FORM_TYPES
            if is_form and choice in self._invalid_renderers:
                # RFC 9110 §15.4.4: whoever loads the page again sends no form again.
                reply = SeeOther(
                    reply.location,
                    headers=reply.headers,
                    cookies=reply.cookies,
                    background=reply.background,
                )
        return super()._answer_reply(reply, scope, accept, choice)

    def _page(self, page: str, index: int, status: int) -> Response:
        if not isinstance(page, str):
            raise TypeError(
                f"{self.where}: the renderer of its HTML returned "
                f"{type(page).__name__}: it makes text."
            )
        # A lone surrogate, which JSON can spell, has no UTF-8 of its own.
        body = page.encode("utf-8", "replace")
        fields = [(b"content-length", b"%d" % len(body)), *self._fields[index]]
        shown = getattr(page, "debug", None)
        if shown is None:
            return Response.made(body, status, fields)
        response = _Page.made(body, status, fields)
        response.debug = shown
        return response

    async def refuse(
        self, exc: Exception, request: Request, send: Send, accept: bytes | None
    ) -> None:
        """Answer an exception: with the form again, for who sees pages."""
        index = select(accept, self._offers)
        if (
            index is None
            or index not in self._invalid_renderers
            or not isinstance(exc, UnprocessableContent)
            # A query that does not fit is none of the form's.
            or request.method in _WITHOUT_CONTENT
        ):
            await super().refuse(exc, request, send, accept)
            return
        scope = request.scope
        try:
            content = form_again(exc.problem(), request.read_form)
            page = self._invalid_renderers[index](content, Request(scope))
            response = self._page(page, index, exc.status_code)
        except Exception as failure:
            await super().refuse(failure, request, send, accept)
        else:
            await response(scope, request.receive, send)


class _Page(Response):
    """A page whose renderer tells more of it, for tests: its template, for example."""

    debug: Mapping[str, Any]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell who wants to know, then send the answer."""
        if "http.response.debug" in (scope.get("extensions") or ()):
            await send({"type": "http.response.debug", "info": self.debug})
        await super().__call__(scope, receive, send)


def operation_class(representations: Iterable[Representation]) -> type[Operation]:
    """Give the class of operations that have these representations."""
    if any(isinstance(each, HTML) for each in representations):
        return _RenderingOperation
    return Operation
