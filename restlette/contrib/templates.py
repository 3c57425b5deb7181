"""Pages made of jinja2 templates.

The story starts at `Jinja2Templates`. It makes a `JinjaResponse` of a name and a
context; as a plug-in, it finds the templates that `HTML("book.html")` names. What every
template knows beside its context stands in `_GLOBALS`. `ProblemPages` shows errors.
"""

from __future__ import annotations

import os
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, overload

from restlette.app import Restlette
from restlette.http.json import STANDARD
from restlette.http.negotiation import select
from restlette.http.optional import load
from restlette.http.request import HTTPConnection, Request
from restlette.http.response import HTMLResponse, StreamingResponse
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.resources.boundary import find_accept
from restlette.resources.html import Renderer

if TYPE_CHECKING:
    import jinja2
else:
    jinja2 = load("jinja2", "templates", needed_by="restlette.contrib.templates")

__all__ = [
    "ContextProcessor",
    "Jinja2Templates",
    "JinjaResponse",
    "ProblemPages",
    "autoescape",
]

PathLike = str | os.PathLike[str]
Background = Callable[[], Awaitable[None]]
ContextProcessor = Callable[[Request], Mapping[str, Any]]
"""Gives variables for every template, from the request."""

# What a template is called beside its own name: book.html.jinja is HTML.
_SUFFIXES: Final = (".jinja", ".jinja2", ".j2")

# Characters of a streamed page that are sent together.
_PIECE: Final = 8192

_DEBUG: Final = "http.response.debug"

# What a client may take of an error, and the fields that tell of its content.
_EITHER: Final = ("application/problem+json", "text/html")
_TAKES_PROBLEMS: Final = (b"accept", b"application/problem+json;q=0.001")
_OF_CONTENT: Final = frozenset((b"content-type", b"content-length"))


def autoescape(name: str | None) -> bool:
    """Say whether what a template shows is escaped for HTML.

    Args:
        name: The template's name; None for one that is made of a string.

    Returns:
        True but for names that end in ``.txt``, where it would be wrong; ``.jinja``,
        ``.jinja2`` and ``.j2`` behind that do not count.
    """
    stem = (name or "").lower()
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    return not stem.endswith(".txt")


@jinja2.pass_context
def _url_for(context: jinja2.runtime.Context, target: Any, /, **params: Any) -> str:
    return _request_of(context).url_for(target, **params)


@jinja2.pass_context
def _csrf_token(context: jinja2.runtime.Context) -> str:
    return _from_scope(context, "csrf_token", "restlette.contrib.csrf")


@jinja2.pass_context
def _csp_nonce(context: jinja2.runtime.Context) -> str:
    return _from_scope(context, "csp_nonce", "restlette.contrib.security")


_GLOBALS: Final = {
    "url_for": _url_for,
    "csrf_token": _csrf_token,
    "csp_nonce": _csp_nonce,
}


def _request_of(context: jinja2.runtime.Context) -> HTTPConnection[Any]:
    request = context.get("request")
    if not isinstance(request, HTTPConnection):
        raise TypeError(
            "the template asks for its request, and the context has none under "
            f"'request': {request!r}."
        )
    return request


def _from_scope(context: jinja2.runtime.Context, name: str, module: str) -> str:
    value = _request_of(context).scope.get(name)
    if value is None:
        raise TypeError(
            f"the template asks for {name}(), which the middleware of {module} gives: "
            "add it to the application."
        )
    return str(value() if callable(value) else value)


class JinjaResponse(HTMLResponse):
    """A page that a template made.

    Tests see what it was made of: ``response.template`` and ``response.context`` of the
    test client.

    Args:
        template: The template.
        context: What it was rendered with.
        content: What came of it.
        status_code: The status.
        headers: Header fields.
        media_type: The content's media type; by default text/html.
        background: What is awaited after the answer was sent.
    """

    def __init__(
        self,
        template: jinja2.Template,
        context: Mapping[str, Any],
        content: str,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> None:
        super().__init__(content, status_code, headers, media_type, background)
        self.template: jinja2.Template = template
        self.context: Mapping[str, Any] = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell a test what the page was made of, then send it."""
        if _DEBUG in (scope.get("extensions") or ()):
            info = {"template": self.template, "context": self.context}
            await send({"type": _DEBUG, "info": info})
        await super().__call__(scope, receive, send)


class _Rendered(str):
    """A page's source that knows what it was made of."""

    debug: Mapping[str, Any]


class Jinja2Templates:
    """Finds templates, and answers with what they make.

    Every template knows its ``request``; ``url_for(name, …)``; ``csrf_token()`` and
    ``csp_nonce()``, where the application has their middleware; and what the context
    processors give. What it shows is escaped for HTML, unless its name ends in
    ``.txt``.

    Installed (``app.install(templates)``), or given as ``Restlette(templates=…)``, it
    finds what ``HTML("book.html")`` names. Such a template's variables are the
    content's members, if it is a mapping, and ``content``.

    Args:
        directory: Where the templates are: one directory or several, the first that
            has a template counting.
        env: An environment of your own instead, to which only the functions above are
            added, where it has none of their names.
        context_processors: Give further variables, from the request.
        enable_async: Whether templates may await (``respond`` then renders them).

    Raises:
        TypeError: Neither a directory nor an environment, or both.
    """

    def __init__(
        self,
        directory: PathLike | Iterable[PathLike] | None = None,
        *,
        env: jinja2.Environment | None = None,
        context_processors: Iterable[ContextProcessor] = (),
        enable_async: bool = False,
    ) -> None:
        if (directory is None) == (env is None):
            raise TypeError(
                "Jinja2Templates takes a directory or an environment, one of them: "
                'write Jinja2Templates("templates").'
            )
        if env is None:
            env = jinja2.Environment(
                loader=jinja2.FileSystemLoader(_several(directory or ())),
                autoescape=autoescape,
                enable_async=enable_async,
            )
        for name, function in _GLOBALS.items():
            env.globals.setdefault(name, function)
        self.env: jinja2.Environment = env
        self.context_processors: tuple[ContextProcessor, ...] = tuple(
            context_processors
        )

    def install(self, app: Restlette) -> None:
        """Find the templates that representations of an application name."""
        app.templates = self

    def __call__(self, name: str) -> Renderer:
        """Give what renders a template, for `HTML`.

        Raises:
            jinja2.TemplateNotFound: There is no such template.
            jinja2.TemplateSyntaxError: It is none.
        """
        self.get_template(name)

        def render(content: Any, request: Request) -> str:
            # Found anew, for it may have changed on the disk.
            template = self.get_template(name)
            members = content if isinstance(content, Mapping) else {}
            context = self._context(request, {**members, "content": content})
            page = _Rendered(template.render(context))
            page.debug = {"template": template, "context": context}
            return page

        return render

    def get_template(self, name: str) -> jinja2.Template:
        """Give a template.

        Args:
            name: Its path below the directory, with slashes.

        Raises:
            jinja2.TemplateNotFound: There is none of that name; one that leads out of
                the directory is none.
        """
        return self.env.get_template(name)

    def _context(self, request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
        known: dict[str, Any] = {"request": request}
        for processor in self.context_processors:
            known.update(processor(request))
        return {**known, **context}

    @overload
    def TemplateResponse(
        self,
        request: Request,
        name: str,
        context: Mapping[str, Any] | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> JinjaResponse: ...

    @overload
    def TemplateResponse(
        self,
        name: str,
        context: Mapping[str, Any],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> JinjaResponse: ...

    def TemplateResponse(self, *args: Any, **kwargs: Any) -> JinjaResponse:
        """Answer with a template.

        Args:
            args: ``request, name, context=None, status_code=200, headers=None,
                media_type=None, background=None``; or the same without the request,
                which is in the context then: ``name, {"request": request, …}``.
            kwargs: The same, by these names.

        Raises:
            TypeError: There is no request, or the templates are rendered by `respond`.
            jinja2.TemplateNotFound: There is no such template.
        """
        if self.env.is_async:
            raise TypeError(
                "these templates may await: write `await templates.respond(…)`."
            )
        if args and isinstance(args[0], str):
            # The ancestor's order.
            args = (None, *args)
        page = _Page(*args, **kwargs)
        template, context = self._read(page)
        return page.response(template, context, template.render(context))

    async def respond(
        self,
        request: Request,
        name: str,
        context: Mapping[str, Any] | None = None,
        *,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> JinjaResponse:
        """Answer with a template, awaiting what it awaits.

        Args:
            request: The request.
            name: The template's name.
            context: Its variables.
            status_code: The status.
            headers: Header fields.
            media_type: The content's media type; by default text/html.
            background: What is awaited after the answer was sent.

        Raises:
            TypeError: There is no request.
            jinja2.TemplateNotFound: There is no such template.
        """
        page = _Page(request, name, context, status_code, headers, media_type)
        template, given = self._read(page)
        if self.env.is_async:
            content = await template.render_async(given)
        else:
            content = template.render(given)
        response = page.response(template, given, content)
        response.background = background
        return response

    def stream(
        self,
        request: Request,
        name: str,
        context: Mapping[str, Any] | None = None,
        *,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = "text/html",
        background: Background | None = None,
    ) -> StreamingResponse:
        """Answer with a template, piece by piece as it is rendered.

        An error in the template breaks the answer off, for its beginning has been
        sent.

        Args:
            request: The request.
            name: The template's name.
            context: Its variables.
            status_code: The status.
            headers: Header fields.
            media_type: The content's media type.
            background: What is awaited after the answer was sent.

        Raises:
            TypeError: There is no request.
            jinja2.TemplateNotFound: There is no such template.
        """
        template, given = self._read(_Page(request, name, context))
        content: Iterator[str] | AsyncIterator[str]
        if self.env.is_async:
            content = _async_pieces(template.generate_async(given))
        else:
            content = _pieces(template.generate(given))
        return StreamingResponse(content, status_code, headers, media_type, background)

    def _read(self, page: _Page) -> tuple[jinja2.Template, dict[str, Any]]:
        """Give the template of a page, and all of its variables."""
        given = page.context or {}
        request = page.request or given.get("request")
        if not isinstance(request, Request):
            raise TypeError(
                f"a template needs the request, not {request!r}: write "
                "TemplateResponse(request, name, context)."
            )
        return self.get_template(page.name), self._context(request, given)


class ProblemPages:
    """Shows people what went wrong as a page, and programs as problem details.

    An answer with problem details (RFC 9457), whoever in the application made it, is
    replaced for clients that take HTML rather than JSON. The template knows its
    ``request`` and ``problem``, the details: ``status``, ``title``, mostly ``detail``,
    perhaps ``errors``. Add it last, so that it is around all others.

    Args:
        app: The ASGI application inside.
        templates: What finds the template.
        name: The template's name.

    Raises:
        jinja2.TemplateNotFound: There is no such template.
    """

    problem_types: ClassVar[tuple[str, ...]] = ("text/html",)
    """What problem details become, for the document of the application."""

    def __init__(
        self, app: ASGIApp, templates: Jinja2Templates, name: str = "problem.html"
    ) -> None:
        templates.get_template(name)
        self.app = app
        self.templates = templates
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; those that are not HTTP pass by."""
        if scope["type"] != "http" or select(find_accept(scope), _EITHER) != 1:
            await self.app(scope, receive, send)
            return
        if select(find_accept(scope), _EITHER[:1]) is None:
            # Who takes no JSON would be told in plain text, of which nothing is made.
            scope["headers"] = [*scope["headers"], _TAKES_PROBLEMS]
        held: list[Message] = []

        async def send_page(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                held.append(message)
                if not message.get("more_body", False):
                    await self._answer(held, scope, receive, send)

        await self.app(scope, receive, send_page)

    async def _answer(
        self, held: list[Message], scope: Scope, receive: Receive, send: Send
    ) -> None:
        start, *rest = held
        problem = _read_problem(b"".join(each.get("body", b"") for each in rest))
        if problem is None:
            # It says that it is one, and is none.
            for message in held:
                await send(message)
            return
        page = self.templates.TemplateResponse(
            Request(scope), self.name, {"problem": problem}, start["status"]
        )
        if not problem:
            del page.headers["content-length"]
        kept = [field for field in start["headers"] if field[0] not in _OF_CONTENT]
        page.raw_headers.extend(kept)
        page.headers.add_vary_header("Accept")
        await page(scope, receive, send)


def _read_problem(content: bytes) -> dict[str, Any] | None:
    """Give problem details; nothing of an answer to HEAD, None where they are none."""
    try:
        problem = STANDARD.loads(content) if content else {}
    except ValueError:
        return None
    return problem if isinstance(problem, dict) else None


def _is_problem(message: Message) -> bool:
    fields = dict(message.get("headers", ()))
    is_plain = b"content-encoding" not in fields
    return is_plain and fields.get(b"content-type") == _EITHER[0].encode()


class _Page(NamedTuple):
    """What somebody wants to answer with."""

    request: Request | None = None
    name: str = ""
    context: Mapping[str, Any] | None = None
    status_code: int = 200
    headers: Mapping[str, str] | None = None
    media_type: str | None = None
    background: Background | None = None

    def response(
        self, template: jinja2.Template, context: Mapping[str, Any], content: str
    ) -> JinjaResponse:
        """Give the answer."""
        return JinjaResponse(
            template,
            context,
            content,
            self.status_code,
            self.headers,
            self.media_type,
            self.background,
        )


def _several(directory: PathLike | Iterable[PathLike]) -> list[str]:
    if isinstance(directory, str | os.PathLike):
        return [os.fspath(directory)]
    return [os.fspath(each) for each in directory]


def _pieces(parts: Iterator[str]) -> Iterator[str]:
    """Give the parts of a page, of which many are short, some at a time."""
    gathered: list[str] = []
    length = 0
    for part in parts:
        gathered.append(part)
        length += len(part)
        if length >= _PIECE:
            yield "".join(gathered)
            gathered.clear()
            length = 0
    yield "".join(gathered)


async def _async_pieces(parts: AsyncIterator[str]) -> AsyncIterator[str]:
    gathered: list[str] = []
    length = 0
    async for part in parts:
        gathered.append(part)
        length += len(part)
        if length >= _PIECE:
            yield "".join(gathered)
            gathered.clear()
            length = 0
    yield "".join(gathered)
