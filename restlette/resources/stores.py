"""Resources over a store: a collection, and the items of it.

The story starts at `Store`, what has to be there already: something that keeps items by
key. `Collection` lists and adds them, `Item` is one of them. Both are what one would
write by hand, and a class derived from them overrides what is to be otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from restlette.http.conditional import Preconditions
from restlette.http.errors import NotFound
from restlette.http.request import Request
from restlette.http.urls import quote_segment
from restlette.http.validators import Validators
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.pages import Page
from restlette.resources.queries import PageQuery
from restlette.resources.representation import Created
from restlette.resources.uri import Ref

__all__ = ["Collection", "Item", "Store"]

T = TypeVar("T")
N = TypeVar("N")
T_co = TypeVar("T_co", covariant=True)
N_contra = TypeVar("N_contra", contravariant=True)


class Store(Protocol[T_co, N_contra]):
    """What keeps items of one type, and makes them of another.

    A key is what the item's path has as its last parameter.
    """

    async def page(self, query: PageQuery) -> tuple[Sequence[T_co], int | None]:
        """Give the items of a page, and how many there are in all, if that is known."""
        ...

    async def add(self, new: N_contra) -> tuple[object, T_co]:
        """Keep a new item, and give it with its key."""
        ...

    async def version(self, key: Any) -> Validators | None:
        """Say in which state an item is.

        Returns:
            `Validators()` where the store counts no versions, None where there is no
            such item.
        """
        ...

    async def get(self, key: Any) -> T_co | None:
        """Give an item, None where there is none."""
        ...

    async def put(
        self, key: Any, new: N_contra, preconditions: Preconditions
    ) -> tuple[T_co, bool]:
        """Replace an item, or make it; compare and write in one step.

        Args:
            key: the key.
            new: what the item is to be.
            preconditions: asked by `preconditions.check(current)`, with the state that
                is about to be replaced.

        Returns:
            The item, and whether there was none before.

        Raises:
            PreconditionFailed: it is in another state than the client believes.
        """
        ...

    async def delete(self, key: Any, preconditions: Preconditions) -> None:
        """Remove an item, in the same way; nothing is done where there is none."""
        ...


class Collection(HTTPEndpoint, Generic[T, N]):
    """All items of a store: GET gives a page of them, POST adds one.

    `class Books(Collection[Book, NewBook])` says what the items are, and what they are
    made of.

    Attributes:
        store: where the items are.
    """

    # NOTE: an attribute is invariant to type checkers, so that none of `Store[T, N]`
    # could be declared anew as a class that is one.
    if TYPE_CHECKING:
        store: Any
    else:
        store: Store[T, N]

    async def get(self, request: Request, query: PageQuery) -> Page[T]:
        """Give a page of the items."""
        store: Store[T, N] = self.store
        items, total = await store.page(query)
        return query.page_of(items, request, total=total)

    async def post(self, request: Request, body: N) -> Created[T]:
        """Add an item."""
        store: Store[T, N] = self.store
        key, item = await store.add(body)
        return Created(item, location=self.location(request, key))

    def location(self, request: Request, key: Any) -> str | Ref:
        """Give the link to an item: right below the collection, if not overridden.

        Args:
            request: the request that added it.
            key: its key.
        """
        # SECURITY: two slashes at the beginning would name another host.
        path = f"/{request.url.path.strip('/')}".rstrip("/")
        return f"{path}/{quote_segment(str(key))}"


class Item(HTTPEndpoint, Generic[T, N]):
    """An item of a store: GET gives it, PUT replaces or makes it, DELETE removes it.

    Its key is the last parameter of the path. The version that the store gives answers
    conditional requests.

    Attributes:
        store: where the items are.
    """

    # NOTE: an attribute is invariant to type checkers, so that none of `Store[T, N]`
    # could be declared anew as a class that is one.
    if TYPE_CHECKING:
        store: Any
    else:
        store: Store[T, N]

    async def validators(
        self, request: Request, *args: Any, **kwargs: Any
    ) -> Validators | None:
        """Say in which state the item is."""
        store: Store[T, N] = self.store
        return await store.version(self.key(request.path_params))

    async def get(self, request: Request, *args: Any, **kwargs: Any) -> T:
        """Give the item."""
        store: Store[T, N] = self.store
        item = await store.get(self.key(request.path_params))
        if item is None:
            raise NotFound
        return item

    async def put(
        self,
        request: Request,
        *args: Any,
        body: N,
        preconditions: Preconditions,
        **kwargs: Any,
    ) -> T | Created[T]:
        """Replace the item, or make it."""
        store: Store[T, N] = self.store
        key = self.key(request.path_params)
        item, is_new = await store.put(key, body, preconditions)
        return Created(item) if is_new else item

    async def delete(
        self, request: Request, *args: Any, preconditions: Preconditions, **kwargs: Any
    ) -> None:
        """Remove the item."""
        store: Store[T, N] = self.store
        await store.delete(self.key(request.path_params), preconditions)

    def key(self, params: Mapping[str, Any]) -> Any:
        """Give the key of the item, of the parameters of its path.

        Raises:
            TypeError: there are none.
        """
        if not params:
            name = type(self).__qualname__
            raise TypeError(
                f"{name} is on a path without parameters, but its key is one of them: "
                f'write router.route("/{{id}}")({name}), or override key(params)'
            )
        return list(params.values())[-1]
