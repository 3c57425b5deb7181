"""HTML: a representation that people read, which a renderer makes.

The story starts at `HTML`. A renderer is a function from content and the request to
text. It is given the content as the handler returned it, and shows of it what it likes:
no model is in between. The name of a template will do where the application has
something that finds templates by name (`Restlette(templates=...)`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restlette.concurrency import is_async
from restlette.http.request import Request
from restlette.resources.representation import Representation

__all__ = ["HTML", "Renderer", "Templates", "no_templates", "templates_later"]

Renderer = Callable[[Any, Request], str]
"""Makes text of content. The request's own content is not there to be read."""

Templates = Callable[[str], Renderer]
"""Finds the renderer of a template by its name, when the application starts."""


class HTML(Representation):
    """A page: text/html in UTF-8.

    Args:
        renderer: Takes content and the request, and gives the page's source; or the
            name of a template.

    Raises:
        TypeError: The renderer is something else, or a coroutine function.
    """

    __slots__ = ("_renderer",)

    def __init__(self, renderer: str | Renderer) -> None:
        if not isinstance(renderer, str) and not callable(renderer):
            raise TypeError(
                f"HTML({renderer!r}): give it a function of the content and the "
                "request that returns text, or the name of a template."
            )
        if not isinstance(renderer, str) and is_async(renderer):
            raise TypeError(
                f"HTML({renderer!r}): a renderer does not wait for anything: fetch "
                "what it needs in the handler, and write it as a plain function."
            )
        super().__init__("text/html; charset=utf-8", _unseen)
        self._renderer = renderer

    def __repr__(self) -> str:
        return f"HTML({self._renderer!r})"

    def renderer(self, templates: Templates) -> Renderer:
        """Give what makes the text.

        Args:
            templates: Finds the template, if it has the name of one.

        Raises:
            Exception: There is no such template; whatever `templates` raises.
        """
        if isinstance(self._renderer, str):
            return templates(self._renderer)
        return self._renderer


def _unseen(content: Any) -> bytes:
    raise TypeError("HTML is made of content and a request, not of content alone")


def no_templates(name: str) -> Renderer:
    """Find no template.

    Raises:
        TypeError: Always; it says what to write.
    """
    raise TypeError(
        f"HTML({name!r}) names a template, and nothing finds templates: write "
        "Restlette(templates=...), or give HTML a function of the content and the "
        "request."
    )


def templates_later(name: str) -> Renderer:
    """Find no template, and raise that when it is used.

    A resource on its own has no application, and may be asked for its other
    representations.
    """

    def render(content: Any, request: Request) -> str:
        return no_templates(name)(content, request)

    return render
