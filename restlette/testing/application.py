"""What counts as an application: anything that a server, or a test, can be given.

`as_asgi` is the story: it looks at the shape of the object once and gives back a
callable of ASGI 3, `await app(scope, receive, send)`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

from restlette.http.types import ASGIApp, Receive, Scope, Send

__all__ = ["as_asgi"]

_BY_POSITION = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


def as_asgi(app: Any) -> ASGIApp:
    """Give the ASGI 3 form of an application.

    Args:
        app: One of

            * an ASGI 3 application;
            * an ASGI 2 application, `app(scope)` that gives `await it(receive, send)`;
            * a class whose instances are ASGI 3 applications: it is made without
              arguments;
            * a class in the ancestor's style, `await cls(scope, receive, send)`.

    Returns:
        An ASGI 3 application.

    Raises:
        TypeError: The object is none of these.
    """
    if isinstance(app, type):
        return _class_as_asgi(app)
    if not callable(app):
        raise TypeError(
            f"an ASGI application is wanted, and {app!r} cannot be called: give an "
            "application, a resource class or an instance of one."
        )
    if _positional_parameters(app) == 1:
        return _two_step(app)
    return cast(ASGIApp, app)


def _class_as_asgi(cls: Any) -> ASGIApp:
    # NOTE: getattr would find the metaclass's __call__, which makes instances.
    calls = [base.__dict__["__call__"] for base in cls.__mro__ if _has_call(base)]
    if calls:
        # `self` is counted: ASGI 2 has __call__(self, receive, send).
        if _positional_parameters(calls[0]) == 3:
            return _two_step(cls)
        return cast(ASGIApp, cls())
    if hasattr(cls, "__await__"):
        return _awaited(cls)
    raise TypeError(
        f"the instances of {cls.__qualname__} are no ASGI applications: the class has "
        "neither `async def __call__(self, scope, receive, send)` nor `__await__`."
    )


def _has_call(cls: type[Any]) -> bool:
    return "__call__" in cls.__dict__


def _two_step(app: Callable[[Scope], Any]) -> ASGIApp:
    async def double(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope)(receive, send)

    return double


def _awaited(cls: Callable[..., Any]) -> ASGIApp:
    async def construct(scope: Scope, receive: Receive, send: Send) -> None:
        await cls(scope, receive, send)

    return construct


def _positional_parameters(function: Callable[..., Any]) -> int | None:
    """Count the parameters that can be given by position; None if that is open."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    return sum(kind in _BY_POSITION for kind in kinds)
