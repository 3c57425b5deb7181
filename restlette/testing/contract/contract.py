"""Contract mode: each exchange of a client held against the application's document.

`Contract` is the story. A client lets it `watch` a scope before the application runs,
and shows it the exchange when that is over (`check`) or the answer has begun
(`follow`). What the document does not allow, or HTTP does not, is a `ContractError`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from restlette.app import Restlette
from restlette.resources.router import Router
from restlette.resources.routes import RouteInfo
from restlette.suggestions import did_you_mean
from restlette.testing.contract.checking import Checking, Keyed
from restlette.testing.contract.covered import EVERYTHING, Coverage
from restlette.testing.contract.declared import Declared, declared_by
from restlette.testing.contract.errors import Breach
from restlette.testing.contract.noticed import noticed, watched
from restlette.testing.contract.operations import Operation
from restlette.testing.exchange import Exchange, StreamedExchange
from restlette.testing.lint import RULES, Observation, lint
from restlette.testing.scope import Fields

__all__ = ["Contract", "Waivers", "checked_waivers"]

Waivers = Mapping[Any, Collection[str]]

_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# As many targets as are kept, to compare with.
_MOST_TARGETS: Final = 256


class Contract:
    """Holds the exchanges of one client against the document of its application.

    Args:
        app: The application.
        document: An OpenAPI document to hold it to, instead of its own.
        waive: Rules of HTTP that do not hold for a resource: their ids, by resource
            class, function or path template, or by "*" for all.
        coverage: Where what was seen is counted.

    Raises:
        TypeError: The application is none of restlette's, and has no document.
        ValueError: There is no rule of that id.
    """

    def __init__(
        self,
        app: Any,
        *,
        document: Mapping[str, Any] | None = None,
        waive: Waivers | None = None,
        coverage: Coverage = EVERYTHING,
    ) -> None:
        if document is None and not isinstance(app, Restlette):
            raise TypeError(
                f"contract mode needs a Restlette, which has a document, not {app!r}."
            )
        self._app = app
        self._coverage = coverage
        self._waived = checked_waivers(waive)
        self._declared: Declared | None = None
        self._document = document
        self._earlier: dict[str, Observation] = {}
        self._keyed: Keyed = Keyed()

    def watch(self, scope: dict[str, Any]) -> Fields:
        """Prepare a scope, so that it can be said what the application looks at.

        Args:
            scope: The scope of the request, which the application was not given yet.

        Returns:
            The header fields that are watched; `check` and `follow` want them back.
        """
        scope["headers"] = fields = watched(scope)
        return fields

    def hold(
        self, scope: Mapping[str, Any], fields: Fields, url: str, exchange: Exchange
    ) -> None:
        """Hold an exchange against the document, its content too when that comes.

        Args:
            scope: The scope, as the application has left it.
            fields: What `watch` gave.
            url: The target URI.
            exchange: The exchange: over, or streamed and begun.

        Raises:
            ContractError: It is not as the document declares, or as HTTP wants it. What
                comes later is raised where it is read.
        """
        if isinstance(exchange, StreamedExchange):
            exchange.observer = self.follow(scope, fields, url, exchange)
        else:
            self.check(scope, fields, url, exchange)

    def check(
        self, scope: Mapping[str, Any], fields: Fields, url: str, exchange: Exchange
    ) -> None:
        """Hold an exchange that is over against the document.

        Args:
            scope: The scope, as the application has left it.
            fields: What `watch` gave.
            url: The target URI.
            exchange: The exchange.

        Raises:
            ContractError: It is not as the document declares, or as HTTP wants it.
        """
        checking = self._checking(scope, fields, url, exchange, whole=True)
        if checking is None:
            return
        breaches = [
            *self._of_http(checking),
            *checking.breaches(),
            *checking.body_breaches(),
        ]
        self._count(checking)
        self._remember(checking.seen)
        checking.require(breaches)

    def follow(
        self, scope: Mapping[str, Any], fields: Fields, url: str, exchange: Exchange
    ) -> Callable[[bytes], None] | None:
        """Hold the start of an answer against the document.

        Args:
            scope: The scope, as the application has left it so far.
            fields: What `watch` gave.
            url: The target URI.
            exchange: The exchange; the header fields of its answer are there.

        Returns:
            What takes each piece of the content, and no bytes for its end, and raises
            as this does; None where nothing is declared of the content.

        Raises:
            ContractError: It is not as the document declares, or as HTTP wants it.
        """
        checking = self._checking(scope, fields, url, exchange, whole=False)
        if checking is None:
            return None
        breaches = [*self._of_http(checking), *checking.breaches()]
        self._count(checking)
        checking.require(breaches)
        return checking.taker()

    def _checking(
        self,
        scope: Mapping[str, Any],
        fields: Fields,
        url: str,
        exchange: Exchange,
        *,
        whole: bool,
    ) -> Checking | None:
        """Put together what is known of an exchange; None where it is another's."""
        route = scope.get("route")
        if route is not None and route.kind == "mount":
            if not isinstance(route.endpoint, Router):
                return None
            route = None
        declared = self._declare()
        operation, path_params = self._operation(declared, route, scope)
        read, used = noticed(fields)
        seen = Observation(
            exchange.method,
            url,
            fields,
            exchange.status,
            exchange.fields,
            exchange.content if whole else b"",
            whole=whole,
            read=read,
            selected_by=() if operation is None else operation.selected_by,
            earlier=self._earlier.get(url),
        )
        return Checking(
            declared,
            operation,
            scope if path_params is None else {**scope, "path_params": path_params},
            exchange,
            seen,
            self._keyed,
            used=used,
            is_guess=path_params is not None,
        )

    def _declare(self) -> Declared:
        """Give what is declared, anew where a route was added since."""
        declared = self._declared
        if declared is None or declared.site is not getattr(self._app, "site", None):
            if self._document is None:
                declared = declared_by(self._app)
            else:
                declared = Declared(self._app, self._document)
            self._declared = declared
            for each in declared.operations:
                self._coverage.declare(declared.title, str(each), each.answers)
        return declared

    def _operation(
        self, declared: Declared, route: RouteInfo | None, scope: Mapping[str, Any]
    ) -> tuple[Operation | None, dict[str, str] | None]:
        """Give the operation, and the path's parameters where it was found by path.

        The router's notes are in the scope, unless a middleware has copied it or an
        application of its own is mounted there.
        """
        if route is not None:
            return declared.operation(scope["method"], route), None
        found = declared.operations.find(scope["method"], scope["path"])
        return (None, None) if found is None else found

    def _of_http(self, checking: Checking) -> Iterator[Breach]:
        """Give what the rules of HTTP find; what they warn of goes into the report."""
        for finding in lint(checking.seen):
            if finding.id in self._waivers(checking):
                continue
            if finding.severity == "warning":
                self._coverage.warn(checking.name, finding)
            else:
                yield Breach(
                    "http",
                    f"{finding.id}: {finding.message}",
                    checking.sent,
                    RULES[finding.id].statement,
                    finding.source,
                )

    def _waivers(self, checking: Checking) -> frozenset[str]:
        route = checking.scope.get("route")
        endpoint = checking.scope.get("endpoint")
        return frozenset().union(
            *(
                ids
                for where, ids in self._waived.items()
                if where == "*"
                or (endpoint is not None and where in (endpoint, type(endpoint)))
                or (route is not None and where in (route.path, route.path_format))
            )
        )

    def _count(self, checking: Checking) -> None:
        if checking.counts and checking.answer is not None:
            self._coverage.count(
                checking.declared.title, checking.name, checking.answer.key
            )

    def _remember(self, seen: Observation) -> None:
        """Keep what was answered to GET, until something may have changed it."""
        for line in seen.lines("set-cookie"):
            self._keyed.cookies.add(line.partition("=")[0].strip())
        if seen.method in _UNSAFE:
            self._earlier.clear()
        elif seen.method == "GET" and seen.status == 200:
            if len(self._earlier) >= _MOST_TARGETS:
                self._earlier.clear()
            # A chain would keep all that there ever was.
            seen.earlier = None
            self._earlier[seen.target] = seen


def checked_waivers(waive: Waivers | None) -> dict[Any, frozenset[str]]:
    """Give waivers back, where all that they name is there.

    Args:
        waive: Ids of rules, by what they do not hold for.

    Raises:
        ValueError: There is no rule of that id.
    """
    checked = {where: frozenset(ids) for where, ids in (waive or {}).items()}
    for ids in checked.values():
        for name in sorted(ids):
            if name not in RULES:
                meant = did_you_mean(name, [rule.id for rule in RULES])
                raise ValueError(f"there is no rule {name!r}{meant}.")
    return checked
