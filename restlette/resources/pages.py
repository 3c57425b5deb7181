"""Pages: the part of a long list that one answer holds.

The story starts at `Page`: items, how many there are in all, and links to other pages,
which are the Link field of the answer (RFC 8288). `reference` makes such a link from
the request's own query. Where the numbers come from is not decided here;
`restlette.resources.queries` has what reads them of a query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Generic, NotRequired, TypedDict, TypeVar

from restlette.http.links import link_field
from restlette.http.request import Request
from restlette.http.urls import QueryParams
from restlette.resources.representation import Cookies, Reply

__all__ = ["Page", "PageContent", "reference"]

T = TypeVar("T")


class PageContent(TypedDict, Generic[T]):
    """What a page is as content: the items, and how many there are on all pages."""

    items: list[T]
    total: NotRequired[int]


class Page(Reply[PageContent[T]]):
    """A page of a list, as a result: `async def get(self, ...) -> Page[Book]`.

    Its content is `{"items": [...]}`, with `total` where that is known.

    Args:
        items: what is on the page.
        total: how many there are on all pages; None where nobody counts them.
        links: other pages by their relation to this one, `first`, `prev`, `next` or
            `last`: URI references such as `reference` makes.
        headers: fields of the response.
        cookies: cookies to set, see `Reply`.
        background: what runs after the response was sent.

    Raises:
        ValueError: the total is less than nothing, a link cannot be sent, or there is
            a Link field in the headers as well.
    """

    __slots__ = ("items", "links", "total")

    STATUS: ClassVar[int | None] = 200

    def __init__(
        self,
        items: Iterable[T],
        *,
        total: int | None = None,
        links: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Cookies | None = None,
        background: Callable[[], Any] | None = None,
    ) -> None:
        self.items: list[T] = list(items)
        self.total: int | None = total
        self.links: dict[str, str] = dict(links or {})
        content: PageContent[T] = {"items": self.items}
        if total is not None:
            if total < 0:
                raise ValueError(f"a page of {total} items in all cannot be")
            content["total"] = total
        super().__init__(
            content, headers=headers, cookies=cookies, background=background
        )
        if self.links:
            if "link" in self.headers:
                raise ValueError("links are given twice, the second time in headers")
            self.headers["link"] = link_field(self.links)

    @classmethod
    def content_type(cls, argument: Any) -> Any:
        """The annotation of the content, of that of an item."""
        return PageContent[argument]

    def _parts(self) -> dict[str, Any]:
        parts = super()._parts()
        headers = {k: v for k, v in self.headers.items() if k != "link"}
        return {
            **({} if self.total is None else {"total": self.total}),
            **({"links": self.links} if self.links else {}),
            **parts,
            "headers": headers,
        }

    def __repr__(self) -> str:
        parts = {k: v for k, v in self._parts().items() if v or k == "total"}
        told = [f"{name}={value!r}" for name, value in parts.items()]
        return f"Page({', '.join([repr(self.items), *told])})"


def reference(request: Request, **parameters: object) -> str:
    """Make a link to the same resource with another query.

    It is relative (RFC 3986 section 5.2.2), so that it is right behind whatever proxy,
    and no host needs to be believed.

    Args:
        request: the request, whose other parameters are kept.
        parameters: those that replace its own, by name; None leaves one out.

    Returns:
        `?author=Herbert&page=2`, or `./books` where no parameter is left.

    Raises:
        BadRequest: the request has more parameters than the limit.
    """
    pairs = request.query_params.multi_items()
    kept = [pair for pair in pairs if pair[0] not in parameters]
    more = [(key, str(value)) for key, value in parameters.items() if value is not None]
    if kept or more:
        return f"?{QueryParams([*kept, *more])}"
    # NOTE: a "?" alone is right, and many a client takes it for nothing at all.
    return f"./{request.url.path.rpartition('/')[2]}"
