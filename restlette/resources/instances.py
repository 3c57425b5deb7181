"""One instance of a resource class for each request.

The story starts with `Instances.make`. What a request gets is made anew from the class,
or copied from the instance that was registered, so that what a handler keeps on `self`
belongs to one request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from restlette.http.request import HTTPConnection
from restlette.resources.dependencies import (
    Container,
    DependencyError,
    Injected,
    dependencies_of,
)
from restlette.resources.parameters import parameters_of

__all__ = ["Instances"]


class Instances:
    """Makes instances of one resource.

    Args:
        endpoint: A resource class, or an instance of one.
        container: Who gives the dependencies of a class.
        where: Who asks, for the sentence of an error.

    Raises:
        DependencyError: A dependency cannot be given.
    """

    __slots__ = (
        "_container",
        "_new",
        "_values",
        "_version",
        "cls",
        "for_request",
        "make",
        "wanted",
    )

    def __init__(
        self, endpoint: type[Injected] | Injected, container: Container | None
    ) -> None:
        self.cls: type[Any] = endpoint if isinstance(endpoint, type) else type(endpoint)
        self._container = container
        self._version = -1
        self.for_request: Mapping[str, Any] = {}
        self._values: Mapping[str, Any] = {}
        self.wanted: Mapping[str, Any] = {}
        self._new = partial(object.__new__, self.cls)
        self.make: Callable[[], Any]
        if not isinstance(endpoint, type):
            # Read for each request: what is set on the instance later counts too.
            self._values = endpoint.__dict__
            self.make = self._copy
            return
        self.wanted = dependencies_of(endpoint)
        own_init = endpoint.__init__ is not Injected.__init__
        if self.wanted:
            if container is None:
                raise DependencyError(
                    f"{endpoint.__qualname__} has the dependencies "
                    f"{', '.join(self.wanted)}, which only an application can give: "
                    "register an instance, or mount the router in a Restlette."
                )
            container.check(self.wanted, endpoint.__qualname__)
            self.make = self._construct if own_init else self._fill
        elif own_init:
            _check_constructor(endpoint)
            self.make = endpoint
        else:
            # PERF: no frame of ours where nothing has to be given.
            self.make = self._new

    @property
    def is_copied(self) -> bool:
        """Whether an instance was registered, which is copied for each request."""
        return self.make == self._copy

    @property
    def request_names(self) -> tuple[str, ...]:
        """The names of the dependencies that are made for each request."""
        return self._container.request_names(self.wanted) if self._container else ()

    async def open_request(
        self, connection: HTTPConnection, stack: AsyncExitStack
    ) -> dict[str, Any]:
        """Make the dependencies that live as long as a request.

        Args:
            connection: The request or WebSocket.
            stack: Closes them.
        """
        if self._container is None:
            return {}
        return await self._container.open_request(self.for_request, connection, stack)

    def fill(self, resource: Any, values: Mapping[str, Any]) -> None:
        """Give a resource what `open_request` made.

        Args:
            resource: What `make` gave.
            values: The dependencies that live as long as the request.
        """
        if self.make == self._construct:
            # Its constructor takes all dependencies, so it had to wait for these.
            resource.__init__(**{**self._values, **values})
        else:
            resource.__dict__.update(values)

    def _copy(self) -> Any:
        instance = self._new()
        instance.__dict__.update(self._values)
        return instance

    def _fill(self) -> Any:
        self.refresh()
        instance = self._new()
        instance.__dict__.update(self._values)
        return instance

    def _construct(self) -> Any:
        self.refresh()
        if self.for_request:
            return self._new()
        return self.cls(**self._values)

    def refresh(self) -> None:
        """Ask the container anew if what it provides has changed."""
        container = self._container
        if container is not None and self._version != container.version:
            names = container.request_names(self.wanted)
            self.for_request = {name: self.wanted[name] for name in names}
            self._values = container.app_values(self.wanted)
            self._version = container.version


def _check_constructor(cls: type[Injected]) -> None:
    """Make sure that a class without dependencies can be made without arguments."""
    parameters = parameters_of(cls)
    if parameters is None:
        return
    names = (*parameters.positional, *parameters.keyword_only)
    missing = [name for name in names if name not in parameters.defaults]
    if missing:
        raise DependencyError(
            f"{cls.__qualname__}.__init__ asks for {', '.join(missing)}, which nobody "
            f"gives: annotate the class ({missing[0]}: SomeType) and provide the type, "
            "or register an instance."
        )
