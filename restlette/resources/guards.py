"""Guards: who may use a resource.

The story starts with `Guard.check`, which is asked when a request's dependencies are
open and nothing else is done. The `guards` of a class, a router or a route are a table:
the first one that is for the request's method decides. `read_guards` makes rules of it
when they are registered, and refuses a table that might leave something open; each
router and each route on the way to a resource has a table of its own, and all of them
have to let a request in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import Any, ClassVar, Final, NamedTuple

from restlette.concurrency import is_async
from restlette.http.errors import Forbidden, HTTPException, Unauthorized
from restlette.http.methods import KNOWN
from restlette.http.request import HTTPConnection
from restlette.suggestions import did_you_mean

__all__ = [
    "WEBSOCKET",
    "Anyone",
    "Guard",
    "Rule",
    "Rules",
    "Schemes",
    "admit",
    "below",
    "guards_for",
    "read_guards",
]

Schemes = Mapping[str, Mapping[str, Any]]
"""Security schemes (OpenAPI, Security Scheme Object) by name."""

WEBSOCKET: Final = "WEBSOCKET"
"""What stands for the handshake of a WebSocket where methods are named."""

# What a guard may answer: not known, not allowed, not shown. Any other exception is no
# decision. SECURITY: were it one, `~` would let in whoever brings it about.
_REFUSALS: Final = (401, 403, 404)

_CHALLENGES: Final = "www-authenticate"


class Guard(ABC):
    """Says whether a request, or the handshake of a WebSocket, is let in.

    Guards compose: `a & b` lets in whom both let in, `a | b` whom one of them does,
    `~a` whom it does not; `a.to("get")` is for that method alone.

    Attributes:
        challenges: How to authenticate, as in WWW-Authenticate; for a guard that asks
            who somebody is.
        responses: The statuses that it refuses with, and why: for the schema, and for
            the client.
        security: Security schemes by name, as OpenAPI has them, all of which it asks
            for: for the schema. By default what the challenges say: `Bearer` and
            `Basic` are schemes of their own.
    """

    challenges: str | Sequence[str] = ()
    responses: Mapping[int, str] = {403: "You may not do this."}
    security: Schemes = {}

    @abstractmethod
    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        """Decide.

        Args:
            connection: The request or the WebSocket; `connection.path_params` says
                which object it is about.
            resource: The resource, with its dependencies; None for a function and for
                an application that is mounted.

        Returns:
            True to let in, False to refuse: with 401 where there are challenges and
            nobody is logged in, else with 403.

        Raises:
            Unauthorized: To refuse in the guard's own words; or Forbidden, or NotFound
                where it is not to be seen that there is something.
        """

    def alternatives(self) -> tuple[Schemes, ...]:
        """Give what a request may come with to be let in, as far as schemes tell.

        Returns:
            Alternatives, each with the security schemes that it takes together.
        """
        return (self.security or _schemes(self.challenges),)

    def refusal(self, connection: HTTPConnection) -> HTTPException:
        """Give what is raised when `check` returns False."""
        if self.challenges and not _is_known(connection):
            return Unauthorized(self.responses.get(401), challenges=self.challenges)
        return Forbidden(self.responses.get(403))

    def to(self, *methods: str) -> Rule:
        """Give this guard for some methods alone.

        Args:
            methods: `"get"`, `"put"`, …; `"get"` is HEAD too, and `"websocket"` is the
                handshake of a WebSocket.

        Raises:
            TypeError: There is none, or HEAD is named.
        """
        if not methods:
            raise TypeError('name the methods: .to("get", "put").')
        named = {method.upper() for method in methods}
        if "HEAD" in named:
            raise TypeError('HEAD is GET without the content: write .to("get").')
        # RFC 9110 §9.3.2: whoever may not GET it must not learn its fields either.
        return Rule(self, frozenset(named | {"HEAD"} if "GET" in named else named))

    def __and__(self, other: object) -> Guard:
        return _Both(self, other) if isinstance(other, Guard) else NotImplemented

    def __or__(self, other: object) -> Guard:
        return _Either(self, other) if isinstance(other, Guard) else NotImplemented

    def __invert__(self) -> Guard:
        return _Not(self)

    def __repr__(self) -> str:
        # SECURITY: not what it holds, which may be a secret.
        return type(self).__name__


def _schemes(challenges: str | Sequence[str]) -> Schemes:
    """Give the schemes that challenges name."""
    texts = [challenges] if isinstance(challenges, str) else challenges
    # RFC 9110 §11.1: a scheme's name is a token without regard to case.
    names = [text.split(" ")[0].lower() for text in texts]
    return {name: {"type": "http", "scheme": name} for name in names}


class Rule(NamedTuple):
    """A guard, and the methods that it is for; None for all."""

    guard: Guard
    methods: frozenset[str] | None = None

    def fits(self, method: str) -> bool:
        """Say whether it decides about a method."""
        return self.methods is None or method in self.methods


Rules = tuple[Rule, ...]


class _Anyone(Guard):
    """Lets everybody in."""

    responses: Mapping[int, str] = {}

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        return True

    def __repr__(self) -> str:
        return "Anyone"


Anyone: Final[Guard] = _Anyone()
"""Lets everybody in: `guards = [Anyone.to("get"), Role("seller")]`."""


class _Pair(Guard):
    """Two guards that decide together."""

    sign: ClassVar[str]

    def __init__(self, left: Guard, right: Guard) -> None:
        self.left = left
        self.right = right
        self.responses = {**right.responses, **left.responses}

    def __repr__(self) -> str:
        return f"({self.left!r} {self.sign} {self.right!r})"


class _Both(_Pair):
    """Lets in whom both of two guards let in."""

    sign = "&"

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        await admit((self.left, self.right), connection, resource)
        return True

    def alternatives(self) -> tuple[Schemes, ...]:
        rights = self.right.alternatives()
        return tuple(
            {**left, **right} for left in self.left.alternatives() for right in rights
        )


class _Either(_Pair):
    """Lets in whom one of two guards lets in."""

    sign = "|"

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        first = await _refusal(self.left, connection, resource)
        if first is None:
            return True
        second = await _refusal(self.right, connection, resource)
        if second is None:
            return True
        if first.status_code == second.status_code == 401:
            # RFC 9110 §11.6.1: one field may have several challenges.
            raise _challenged(first, second)
        # Who may yet be let in when he has said who he is, is asked.
        raise second if second.status_code == 401 else first

    def alternatives(self) -> tuple[Schemes, ...]:
        return self.left.alternatives() + self.right.alternatives()


class _Not(Guard):
    """Lets in whom a guard does not."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        # What is no refusal of the guard's is not turned round.
        others = {s: t for s, t in guard.responses.items() if s not in _REFUSALS}
        self.responses = {**type(self).responses, **others}

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        return await _refusal(self.guard, connection, resource) is not None

    def alternatives(self) -> tuple[Schemes, ...]:
        return ({},)

    def __repr__(self) -> str:
        return f"~{self.guard!r}"


def _challenged(first: HTTPException, second: HTTPException) -> HTTPException:
    """Give the second of two refusals, with the challenges of both."""
    # Two guards may challenge alike.
    challenges = dict.fromkeys(
        value
        for exc in (first, second)
        for name, value in exc.headers.items()
        if name.lower() == _CHALLENGES
    )
    both = copy(second)
    both.headers = {
        name: value
        for name, value in second.headers.items()
        if name.lower() != _CHALLENGES
    }
    if challenges:
        both.headers["WWW-Authenticate"] = ", ".join(challenges)
    return both


def _is_known(connection: HTTPConnection) -> bool:
    """Say whether it is known who sent a request."""
    user = connection.scope.get("user")
    return user is not None and bool(getattr(user, "is_authenticated", True))


async def _refusal(
    guard: Guard, connection: HTTPConnection, resource: Any
) -> HTTPException | None:
    """Ask a guard; None lets in.

    Raises:
        TypeError: It gave no answer. SECURITY: a forgotten `return` lets nobody in.
    """
    try:
        admitted: object = await guard.check(connection, resource)
    except HTTPException as exc:
        if exc.status_code not in _REFUSALS:
            raise
        return exc
    if admitted is True:
        return None
    if admitted is False:
        return guard.refusal(connection)
    raise TypeError(
        f"{type(guard).__qualname__}.check returned {type(admitted).__name__}: it "
        "returns True to let in and False to refuse."
    )


async def admit(
    guards: Iterable[Guard], connection: HTTPConnection, resource: Any
) -> None:
    """Ask guards, all of which have to let a request in.

    Raises:
        HTTPException: The refusal of the first that does not.
    """
    for guard in guards:
        refusal = await _refusal(guard, connection, resource)
        if refusal is not None:
            raise refusal


def below(tables: tuple[Rules, ...], rules: Rules) -> tuple[Rules, ...]:
    """Give the tables that hold below one with rules of its own, or none."""
    return (*tables, rules) if rules else tables


def guards_for(tables: Iterable[Rules], method: str) -> tuple[Guard, ...]:
    """Give the guard that decides in each of several tables.

    Args:
        tables: The outermost router's first.
        method: A method, or `WEBSOCKET`.
    """
    return tuple(
        next(rule.guard for rule in rules if rule.fits(method)) for rules in tables
    )


def read_guards(guards: Any, where: str, methods: Collection[str] = ()) -> Rules:
    """Make rules of a list of guards.

    Args:
        guards: Guards, with `.to()` or without; the last one is without.
        where: Whose guards they are, for the sentence of an error.
        methods: Methods that may be named beside those that HTTP knows.

    Raises:
        TypeError: One is no guard, is for a method that there is not, or is never
            asked; or a method is left to none.
    """
    if not isinstance(guards, list | tuple) or isinstance(guards, Rule):
        raise TypeError(f"{where}: guards are a list: write guards = [{guards!r}].")
    rules: list[Rule] = []
    for each in guards:
        rule = _read_guard(each, where)
        _check_methods(rule, where, (*KNOWN, WEBSOCKET, *methods))
        _check_reached(rule, rules, where)
        rules.append(rule)
    if rules and rules[-1].methods is not None:
        raise TypeError(
            f"{where}: no guard decides about other methods than "
            f"{', '.join(sorted(set().union(*(r.methods or () for r in rules))))}. End "
            "the list with one that is for all of them, such as Anyone."
        )
    return tuple(rules)


def _read_guard(given: Any, where: str) -> Rule:
    rule = given if isinstance(given, Rule) else Rule(given)
    guard: object = rule.guard
    if isinstance(guard, type) and issubclass(guard, Guard):
        raise TypeError(
            f"{where}: {guard.__name__} is a class: write {guard.__name__}()."
        )
    if not isinstance(guard, Guard):
        raise TypeError(
            f"{where}: {guard!r} is no guard: derive a class from restlette.Guard, "
            "with `async def check(self, connection, resource)`."
        )
    if not is_async(guard.check):
        raise TypeError(
            f"{where}: {type(guard).__qualname__}.check is not `async def`. What "
            "blocks goes through `await run_in_threadpool(...)`."
        )
    if guard.challenges and 401 not in guard.responses:
        raise TypeError(
            f"{where}: {type(guard).__qualname__} has challenges, so its responses say "
            'when they are sent: responses = {401: "Log in first.", 403: ...}.'
        )
    return rule


def _check_methods(rule: Rule, where: str, known: Collection[str]) -> None:
    for method in sorted(rule.methods or ()):
        # SECURITY: a name that no method has would leave the method that was meant to
        # the next guard.
        if method not in known:
            raise TypeError(
                f"{where}: {rule.guard!r} is for {method!r}, which is no method here"
                f"{did_you_mean(method, known)}."
            )


def _check_reached(rule: Rule, before: list[Rule], where: str) -> None:
    """Refuse a guard that is never asked, for whoever wrote it means it to be."""
    for other in before:
        if other.methods is None:
            raise TypeError(
                f"{where}: {rule.guard!r} is never asked, because {other.guard!r} "
                f"decides about all methods. Where both have to let in, write "
                f"{other.guard!r} & {rule.guard!r}; where one of them is enough, "
                f"{other.guard!r} | {rule.guard!r}; else put it first."
            )
    if rule.methods is not None:
        decided = frozenset[str]().union(*(other.methods or () for other in before))
        twice = sorted(rule.methods & decided - {"HEAD"})
        if twice:
            raise TypeError(
                f"{where}: a guard decides about {', '.join(twice)} already, before "
                f"{rule.guard!r}: name each method once."
            )
