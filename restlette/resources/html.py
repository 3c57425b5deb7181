"""HTML: a representation that people read, which a renderer makes.

The story starts at `HTML`. A renderer is a function from content and the request to
text. It is given the content as the handler returned it, and shows of it what it likes:
no model is in between. The name of a template will do where the application has
something that finds templates by name (`Restlette(templates=...)`).

`invalid` is the page of a form that does not fit: what `form_again` gives is its
content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from restlette.concurrency import is_async
from restlette.http.forms import FormData
from restlette.http.request import Request
from restlette.resources.representation import Representation

__all__ = [
    "HTML",
    "Renderer",
    "Templates",
    "form_again",
    "no_templates",
    "templates_later",
]

Renderer = Callable[[Any, Request], str]
"""Makes text of content. The request's own content is not there to be read."""

Templates = Callable[[str], Renderer]
"""Finds the renderer of a template by its name, when the application starts."""


class HTML(Representation):
    """A page: text/html in UTF-8.

    Args:
        renderer: Takes content and the request, and gives the page's source; or the
            name of a template.
        invalid: The same for a 422, so that people get their form back: its content is
            what `form_again` gives. What the form sends is then taken as `body`, beside
            JSON. Without it people get problem details.

    Raises:
        TypeError: A renderer is something else, or a coroutine function.
    """

    __slots__ = ("_invalid", "_renderer")

    def __init__(
        self, renderer: str | Renderer, *, invalid: str | Renderer | None = None
    ) -> None:
        _check(renderer)
        if invalid is not None:
            _check(invalid)
        super().__init__("text/html; charset=utf-8", _unseen)
        self._renderer = renderer
        self._invalid = invalid

    def __repr__(self) -> str:
        invalid = "" if self._invalid is None else f", invalid={self._invalid!r}"
        return f"HTML({self._renderer!r}{invalid})"

    @property
    def has_form(self) -> bool:
        """Whether it has a form, whose fields are content of the resource."""
        return self._invalid is not None

    def renderer(self, templates: Templates) -> Renderer:
        """Give what makes the text.

        Args:
            templates: Finds the template, if it has the name of one.

        Raises:
            Exception: There is no such template; whatever `templates` raises.
        """
        return _found(self._renderer, templates)

    def invalid_renderer(self, templates: Templates) -> Renderer | None:
        """Give what makes the text of a 422, None for problem details.

        Args:
            templates: Finds the template, if it has the name of one.

        Raises:
            Exception: There is no such template; whatever `templates` raises.
        """
        return None if self._invalid is None else _found(self._invalid, templates)


def form_again(problem: Mapping[str, Any], form: FormData | None) -> dict[str, Any]:
    """Give the content of a form's page after a 422.

    Args:
        problem: The problem details (RFC 9457).
        form: The form as it came, None where there was none.

    Returns:
        `values`: what was written into each field, the first where there are several
        of a name; files are not among them. `errors`: a list of texts for each field
        that is wrong, under `""` those that are of none. `problem`: the details.
    """
    values = {} if form is None else {k: v for k, v in form.items() if type(v) is str}
    errors: dict[str, list[str]] = {}
    for error in problem.get("errors", ()):
        # A field of a form has a name, a member of JSON a pointer that ends in one.
        name = error.get("name") or error.get("pointer", "").rpartition("/")[2]
        errors.setdefault(name, []).append(error.get("detail", ""))
    if not errors:
        errors[""] = [problem.get("detail", problem.get("title", ""))]
    return {"values": values, "errors": errors, "problem": dict(problem)}


def _check(renderer: object) -> None:
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


def _found(renderer: str | Renderer, templates: Templates) -> Renderer:
    return templates(renderer) if isinstance(renderer, str) else renderer


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
