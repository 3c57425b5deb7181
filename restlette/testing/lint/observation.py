"""One request and its answer, as somebody sees them who stands between the two.

`Observation` is all that a rule may look at: it has the fields by name, the content,
and what was answered at the same target before.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar, overload

from restlette.http.media import MediaType, is_json
from restlette.testing.lint.grammar import Directives, directives, tokens
from restlette.testing.scope import Fields

__all__ = ["TRAITS", "Observation", "media_type_of"]

# RFC 9110 §15.1: "Responses with status codes that are defined as heuristically
# cacheable (e.g., 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, and 501)".
_HEURISTIC: Final = frozenset(
    {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501}
)
_UNSHARED: Final = frozenset({"no-store", "no-cache", "private"})
_SHARED: Final = frozenset({"public", "s-maxage", "must-revalidate"})


T = TypeVar("T")


# What rules may need, beside a status and fields: content; an earlier answer; interim
# answers; trailers; to know what the application looked at or what selects.
TRAITS: Final = ("content", "earlier", "informational", "trailers", "selects")


class _lazy(Generic[T]):
    """An attribute that is worked out when it is asked for first.

    PERF: functools.cached_property takes a lock before Python 3.12.
    """

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, instance: None, owner: Any = None) -> _lazy[T]: ...
    @overload
    def __get__(self, instance: object, owner: Any = None) -> T: ...
    def __get__(self, instance: object, owner: Any = None) -> Any:
        if instance is None:
            return self
        value = vars(instance)[self._name] = self._work_out(instance)
        return value


@lru_cache(maxsize=256)
def media_type_of(value: str) -> MediaType | None:
    """Read a media type; None where it is none. A suite has few of them."""
    try:
        return MediaType.from_header(value)
    except ValueError:
        return None


class Observation:
    """A request, and what was answered.

    Args:
        method: The request's method.
        target: The target URI, or the path and query of it.
        asked: The request's header fields.
        status: The status code of the answer.
        fields: The answer's header fields, as they were sent.
        content: Its content, as it was sent.
        whole: Whether that is all of it; if not, nothing is said of its length.
        informational: What was answered before, as status codes of 1xx with fields.
        trailers: The fields that came after the content.
        read: Names of the request's fields that the application looked at, where that
            is known; in lower case.
        selected_by: Names of the request's fields that select the representation,
            where that is known; in lower case.
        earlier: What was answered to GET at this target before, with nothing in
            between that could have changed it.
        now: The time, in seconds since 1970; by default it is asked for.

    Attributes:
        names: The names of the answer's fields, in lower case, each once.
        asked_names: The names of the request's fields, in lower case, each once.
    """

    names: tuple[str, ...]
    asked_names: tuple[str, ...]
    _answered: dict[str, list[str]]
    _asked: dict[str, list[str]]

    def __init__(
        self,
        method: str,
        target: str,
        asked: Fields,
        status: int,
        fields: Fields,
        content: bytes = b"",
        *,
        whole: bool = True,
        informational: Iterable[tuple[int, Fields]] = (),
        trailers: Fields | None = None,
        read: Iterable[str] = (),
        selected_by: Iterable[str] = (),
        earlier: Observation | None = None,
        now: float | None = None,
    ) -> None:
        self.method: Final = method
        self.target: Final = target
        self.request_fields: Final = asked
        self.status: Final = status
        self.fields: Final = fields
        self.content: Final = content
        self.whole: Final = whole
        self.informational: Final = tuple(informational)
        self.trailers: Final = trailers or []
        self.read: Final = frozenset(read)
        self.selected_by: Final = frozenset(selected_by)
        self.earlier: Observation | None = earlier
        self.now: Final = time.time() if now is None else now
        self._answered, self.names = _by_name(tuple(fields))
        self._asked, self.asked_names = _by_name(tuple(asked))

    def get(self, name: str) -> str | None:
        """Give the value of a field of the answer, its lines joined by commas.

        Args:
            name: The name, in lower case.

        Source: RFC 9110 §5.3.
        """
        lines = self._answered.get(name)
        return None if lines is None else ", ".join(lines)

    def lines(self, name: str) -> list[str]:
        """Give the lines of a field of the answer."""
        return self._answered.get(name, [])

    def asked(self, name: str) -> str | None:
        """Give the value of a field of the request, its lines joined by commas."""
        lines = self._asked.get(name)
        return None if lines is None else ", ".join(lines)

    def was_asked_like(self, other: Observation) -> bool:
        """Say whether the request had the fields of another one."""
        # PERF: most are the same object.
        return self._asked is other._asked or self._asked == other._asked

    @property
    def traits(self) -> tuple[bool, ...]:
        """Which of `TRAITS` there are, for rules that are about nothing else."""
        return (
            bool(self.content),
            self.earlier is not None,
            bool(self.informational),
            bool(self.trailers),
            bool(self.read or self.selected_by),
        )

    @property
    def is_retrieval(self) -> bool:
        """Whether the method asks for a representation, and a cache may answer."""
        return self.method in ("GET", "HEAD")

    @property
    def succeeded(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @_lazy
    def media_type(self) -> MediaType | None:
        """What Content-Type says; None without one, or where it says nothing."""
        lines = self.lines("content-type")
        return media_type_of(lines[0]) if lines else None

    @_lazy
    def coding(self) -> str | None:
        """The content coding, None where the content is as it is."""
        coding = (self.get("content-encoding") or "identity").strip().lower()
        return None if coding == "identity" else coding

    @_lazy
    def cache_control(self) -> Directives:
        """The directives of Cache-Control; the first of a name counts."""
        return directives(self.get("cache-control") or "")

    @_lazy
    def vary(self) -> frozenset[str]:
        """The names that Vary lists, in lower case; `*` is one of them."""
        return frozenset(tokens((self.get("vary") or "").lower()))

    @_lazy
    def is_json(self) -> bool:
        """Whether the content says that it is JSON, whole and uncoded."""
        return (
            self.whole
            and self.coding is None
            and is_json(self.get("content-type") or "")
        )

    @_lazy
    def json(self) -> Any:
        """The content, read as JSON.

        Raises:
            ValueError: It is none, or not in UTF-8 (RFC 8259 §8.1).
        """
        return json.loads(self.content.decode("utf-8"))

    @_lazy
    def is_fresh(self) -> bool:
        """Whether a cache may use the answer again without asking, for some time.

        Freshness that is stated is looked at, and Last-Modified, from which caches
        guess where nothing is said (RFC 9111 §4.2.2).
        """
        said = self.cache_control
        if "no-store" in said or "no-cache" in said:
            return False
        for name in ("s-maxage", "max-age"):
            if name in said:
                return (said[name] or "0").strip("0") != ""
        if "expires" in self._answered:
            return self.get("expires") not in ("0", "-1", self.get("date"))
        if "public" in said:
            return True
        return "last-modified" in self._answered and self.status in _HEURISTIC

    @_lazy
    def may_be_shared(self) -> bool:
        """Whether a shared cache may keep the answer (RFC 9111 §3)."""
        said = self.cache_control
        if not self.is_retrieval or not _UNSHARED.isdisjoint(said):
            return False
        # RFC 9111 §3.5: what credentials were sent for is not kept, unless it says so.
        if "authorization" in self._asked and _SHARED.isdisjoint(said):
            return False
        return self.is_fresh or self.status in _HEURISTIC


Named = tuple[dict[str, list[str]], tuple[str, ...]]


# PERF: what a client sends, and what an application answers, is mostly the same.
@lru_cache(maxsize=256)
def _by_name(fields: tuple[tuple[bytes, bytes], ...]) -> Named:
    """Give the values of each field by its name, and the names."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        key = _lowered(name)
        if key in found:
            found[key].append(value.decode("latin-1"))
        else:
            found[key] = [value.decode("latin-1")]
    return found, tuple(found)


@lru_cache(maxsize=1024)
def _lowered(name: bytes) -> str:
    return name.decode("latin-1").lower()
