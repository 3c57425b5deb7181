"""What resolvers see as `info.context`.

The story starts with `Context`: the request, what runs after the answer, the data
loaders of one operation, and whatever a subclass depends on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from restlette.background import BackgroundTasks
from restlette.concurrency import name_of
from restlette.http.optional import load
from restlette.http.request import HTTPConnection
from restlette.resources.dependencies import Injected

if TYPE_CHECKING:
    from aiodataloader import DataLoader

__all__ = ["Context", "background_of"]

C = TypeVar("C", bound="Context")
K = TypeVar("K")
V = TypeVar("V")


class Context(Injected):
    """What the resolvers of one operation share.

    Annotated attributes of a subclass are dependencies, which the application gives::

        class ShopContext(Context):
            store: BookStore

    Args:
        connection: The request, or the WebSocket that the operation came over.
        dependencies: All that the class has.

    Raises:
        TypeError: A dependency is missing, or is none of the class.
    """

    def __init__(self, connection: HTTPConnection, **dependencies: Any) -> None:
        super().__init__(**dependencies)
        self._connection = connection
        self._background = BackgroundTasks()
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    @property
    def request(self) -> Any:
        """The request, or the WebSocket that the operation came over."""
        return self._connection

    @property
    def background(self) -> BackgroundTasks:
        """What runs when the answer was sent; of a subscription, after each event."""
        return self._background

    def __getitem__(self, name: str) -> Any:
        """Give "request" or "background", as the ancestor's context does."""
        if name not in ("request", "background"):
            raise KeyError(name)
        return getattr(self, name)

    def loader(
        self: C, load_many: Callable[[C, list[K]], Awaitable[Sequence[V | Exception]]]
    ) -> DataLoader[K, V]:
        """Give the data loader of a function, one for each operation.

        What resolvers ask it for in one step of the event loop is loaded by one call,
        and remembered as long as the operation goes on::

            async def authors(context: ShopContext, ids: list[int]) -> list[Author]:
                return await context.store.authors(ids)


            async def resolve_author(book, info):
                return await info.context.loader(authors).load(book.author_id)

        Args:
            load_many: An asynchronous function from this context and a list of keys to
                as many values, in the same order; an exception stands for one that
                cannot be had.

        Raises:
            RuntimeError: It is asked for in a thread, by a resolver that is not `async
                def`.
            MissingExtra: aiodataloader is not installed.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                f"the data loader of {name_of(load_many)} was asked for in a thread: "
                "write `async def` before the resolver that does so."
            ) from None
        if load_many not in self._loaders:
            # Loaded here, for most have none.
            module: Any = load(
                "aiodataloader", "graphql", needed_by=f"{type(self).__name__}.loader"
            )
            self._loaders[load_many] = module.DataLoader(partial(load_many, self))
        return self._loaders[load_many]

    def renewed(self) -> Self:
        """Give the same with nothing remembered, for the next event."""
        other: Self = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._background = BackgroundTasks()
        other._loaders = {}
        return other


def background_of(context: Any) -> BackgroundTasks | None:
    """Give what is to run after the answer, if a context has anything.

    Args:
        context: A `Context`, or a mapping that may have "background".
    """
    if isinstance(context, Context):
        tasks: Any = context.background
    elif isinstance(context, Mapping):
        tasks = context.get("background")
    else:
        return None
    return tasks if getattr(tasks, "tasks", None) else None
