"""What a class may do beside answering: `prepare`, `validators`, `on_finish`.

The story starts with `bind_hook`, called once for each when a resource is registered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from restlette.concurrency import ThreadPool, as_async
from restlette.http.request import Request
from restlette.resources.binding import names_asked

__all__ = ["Hook", "bind_hook"]


class Hook(NamedTuple):
    """A hook as a class overrides it."""

    call: Callable[..., Awaitable[Any]]
    names: tuple[str, ...]

    def __call__(
        self, resource: Any, request: Request, params: Mapping[str, Any]
    ) -> Awaitable[Any]:
        """Call the hook with the path parameters that it asks for."""
        return self.call(resource, request, **{n: params[n] for n in self.names})


def bind_hook(
    cls: type, base: type, name: str, path_names: tuple[str, ...], pool: ThreadPool
) -> Hook | None:
    """Give a class's hook, or None if it is the base's, which does nothing."""
    function = getattr(cls, name)
    if function is getattr(base, name):
        return None
    names = names_asked(function, cls, path_names)
    others = [each for each in names if each not in path_names]
    if others:
        raise TypeError(
            f"{cls.__qualname__}.{name} takes the path's parameters "
            f"({', '.join(path_names) or 'there are none'}), not the "
            f"{' or the '.join(others)}."
        )
    return Hook(as_async(function, pool), names)
