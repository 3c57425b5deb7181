"""One exchange, held against what is declared of its operation.

`Checking.breaches` is the story: what the request broke, what the answer broke, and
what the two say together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from restlette.http.negotiation import select
from restlette.http.printable import printable
from restlette.testing.contract.answered import (
    Items,
    answer_breaches,
    body_breaches,
    content_of,
    is_sequence,
)
from restlette.testing.contract.asked import (
    Asked,
    has_credentials,
    request_breaches,
    undeclared_breaches,
)
from restlette.testing.contract.declared import Declared
from restlette.testing.contract.errors import Breach, ContractError
from restlette.testing.contract.operations import Answer, Operation
from restlette.testing.exchange import Exchange
from restlette.testing.lint import Observation

__all__ = ["Checking", "Keyed"]

# Statuses by which HTTP, or what reads a request, refuses one that is not as declared:
# to such a request any operation may answer them, declared or not.
_REFUSALS: Final = frozenset({400, 404, 406, 411, 413, 414, 415, 417, 422, 431})
# What any operation may answer to any request: HTTP has it for whatever resource, or it
# is a limit on how much is taken. An exception that nobody handles is raised to the
# test, and is a 500 to those who asked for that.
_OF_ALL: Final = frozenset({405, 413, 414, 431, 500, 501})
# Errors of validation that a schema can express, and so has to.
_EXPRESSIBLE: Final = frozenset({"choice", "missing", "read_only", "type", "unknown"})
# Fields by which a request says who asks.
_KEYS: Final = frozenset(
    {"authorization", "x-api-key", "api-key", "x-auth-token", "x-token"}
)


class Keyed:
    """Which operations refused a request that says nothing of who asks.

    An operation of which no security is declared, and that refuses whoever does not say
    who asks and serves whoever does, is secured all the same. Two requests show it.

    Attributes:
        cookies: Names of the cookies that the application has set itself.
    """

    def __init__(self) -> None:
        self._seen: dict[str, set[bool]] = {}
        self.cookies: set[str] = set()

    def shows(self, operation: Operation, status: int, *, has_key: bool) -> bool:
        """Take note of an answer, and say whether it shows that keys are wanted.

        Args:
            operation: The operation.
            status: The status of the answer: 401, or one of success.
            has_key: Whether the request says who asks.
        """
        seen = self._seen.setdefault(str(operation), set())
        # A key that is refused may be a wrong one.
        if has_key is (status != 401):
            seen.add(has_key)
        return len(seen) == 2


class Checking:
    """One exchange, and what is declared of it.

    Args:
        declared: What the application's document declares.
        operation: The operation that was asked for; None where it has none.
        scope: The scope of the request, as the application has left it.
        exchange: The exchange.
        seen: The same, as a rule of HTTP sees it.
        keyed: What is known of operations that want keys.
        used: Names of the request's fields that the resource has looked at.
        is_guess: Whether the operation was found by the path: the answer may be that of
            a middleware, or of a router that takes less than the template does.

    Attributes:
        answer: What is declared for the status; None where that is nothing.
    """

    def __init__(
        self,
        declared: Declared,
        operation: Operation | None,
        scope: Mapping[str, Any],
        exchange: Exchange,
        seen: Observation,
        keyed: Keyed,
        *,
        used: frozenset[str] = frozenset(),
        is_guess: bool = False,
    ) -> None:
        self.declared: Declared = declared
        self.operation: Operation | None = operation
        self.scope: Mapping[str, Any] = scope
        self.seen: Observation = seen
        self.answer: Answer | None = (
            None if operation is None else operation.answer(seen.status)
        )
        self._exchange = exchange
        self._keyed = keyed
        self._used = used
        self._is_guess = is_guess

    @property
    def name(self) -> str:
        """What is reported about: the operation, or the method and target."""
        return str(self.operation or f"{self.seen.method} {self.scope['path']}")

    @property
    def sent(self) -> str:
        """The request and its answer, in a line."""
        return printable(
            f"{self.seen.method} {self.seen.target} -> {self.seen.status}", 400
        )

    @property
    def counts(self) -> bool:
        """Whether the exchange shows what is declared of its operation.

        HEAD does not show what GET has. What a middleware or the router answers in the
        place of the operation shows what is declared of that.
        """
        return self.operation is not None and self.operation.method == self.seen.method

    def breaches(self) -> Iterator[Breach]:
        """Give where the exchange breaks its declaration, but for the answer's body."""
        operation, seen = self.operation, self.seen
        if operation is None:
            return
        asked = self._asked()
        schemas = self.declared.schemas
        broken = request_breaches(schemas, operation, asked)
        if seen.succeeded or seen.status == 303:
            for breach in (*broken, *undeclared_breaches(operation, asked)):
                yield breach._replace(
                    message=f"{breach.message}, and the answer is {seen.status}"
                )
        yield from self._security(operation, asked)
        if self.answer is None:
            unfit = broken or (asked.content and not operation.declares_content)
            if not (self._may_fail or (unfit and seen.status in _REFUSALS)):
                yield self._undeclared_status(operation)
            return
        yield from answer_breaches(schemas, self.answer, asked, seen)
        if not broken:
            yield from self._refused(operation, asked)

    def _asked(self) -> Asked:
        body = self._exchange.request
        return Asked(
            self.scope,
            self.seen,
            body if isinstance(body, bytes) else None,
            was_read=self._exchange.was_asked,
            used=self._used,
            set_before=self._keyed.cookies,
        )

    @property
    def _may_fail(self) -> bool:
        return self.seen.status in _OF_ALL or (
            self._is_guess and not self.seen.succeeded
        )

    def _undeclared_status(self, operation: Operation) -> Breach:
        return Breach(
            "status",
            f"the status {self.seen.status} is not declared",
            self._content_shown(),
            ", ".join(operation.answers) or "no responses",
            operation.at + "/responses",
        )

    def _content_shown(self) -> str:
        content = self.seen.content[:400].decode("utf-8", "replace")
        return printable(f"{self.seen.status} {content}".strip())

    def _security(self, operation: Operation, asked: Asked) -> Iterator[Breach]:
        status = self.seen.status
        if (self.seen.succeeded or status == 303) and not has_credentials(
            operation, asked
        ):
            yield Breach(
                "security",
                f"nobody said who asks, and the answer is {status}",
                "no credentials",
                _shown(operation),
                operation.at + "/security",
            )
        if not operation.security:
            if self._wants_credentials(operation):
                yield Breach(
                    "security",
                    "credentials are wanted, of which nothing is declared",
                    self._content_shown(),
                    "no security",
                    operation.at,
                )
        elif status == 401:
            yield from self._challenge(operation)

    def _wants_credentials(self, operation: Operation) -> bool:
        """Say whether who asks matters, although nothing is declared of it."""
        status = self.seen.status
        if status != 401 and not self.seen.succeeded:
            return False
        has_key = not _KEYS.isdisjoint(self.seen.asked_names)
        if (has_key or status == 401) and self._keyed.shows(
            operation, status, has_key=has_key
        ):
            return True
        is_declared = ("header", "authorization") in operation.names
        return "authorization" in self._used and status != 401 and not is_declared

    def _challenge(self, operation: Operation) -> Iterator[Breach]:
        """Say where a challenge asks for another scheme than those declared."""
        schemes = {
            scheme.prefix.strip()
            for each in operation.security
            for scheme in each
            if scheme.prefix
        }
        value = self.seen.get("www-authenticate")
        if not schemes or not value:
            return
        if not any(scheme in value.lower() for scheme in schemes):
            yield Breach(
                "security",
                "the challenge asks for another scheme",
                value,
                _shown(operation),
                operation.at + "/security",
            )

    def _refused(self, operation: Operation, asked: Asked) -> Iterator[Breach]:
        """Say where a request is refused that is as it is declared."""
        status = self.seen.status
        if status == 415 and asked.content:
            said = asked.header("content-type") or ""
            declared = operation.contents.find(said)
            if asked.header("content-encoding") is None and declared is not None:
                yield Breach(
                    "media type",
                    "the request's media type is declared, and refused with 415",
                    said,
                    said,
                    operation.at + "/requestBody",
                )
        elif status == 406:
            accept = asked.header("accept") or "*/*"
            offers = tuple(
                str(content.media_type)
                for key, answer in operation.answers.items()
                if key.startswith("2")
                for content in answer.contents
            )
            if offers and select(accept.encode("latin-1"), offers) is not None:
                yield Breach(
                    "media type",
                    "the media type asked for is declared, and refused with 406",
                    accept,
                    ", ".join(offers),
                    operation.at + "/responses",
                )
        elif status == 422:
            yield from self._invalid(operation, asked)

    def _invalid(self, operation: Operation, asked: Asked) -> Iterator[Breach]:
        """Say where validation refuses what the schemas allow."""
        if not self.seen.is_json:
            return
        try:
            problem = self.seen.json
        except (ValueError, RecursionError):
            return
        errors = problem.get("errors") if isinstance(problem, dict) else None
        if not isinstance(errors, list):
            return
        codes = [each.get("code") for each in errors if isinstance(each, dict)]
        if not codes or not _EXPRESSIBLE.issuperset(codes):
            return
        strictly = request_breaches(
            self.declared.schemas, operation, asked, "strict request"
        )
        if not strictly:
            yield Breach(
                "body" if "pointer" in errors[0] else "parameter",
                "the request is as it is declared, and refused with 422",
                printable(json.dumps(errors)),
                "the parameters and the request body",
                operation.at,
            )

    def body_breaches(self) -> Iterator[Breach]:
        """Give where the content of an answer that is whole breaks its declaration."""
        if self.answer is None or self.seen.method == "HEAD" or not self.seen.content:
            return
        declared = content_of(self.answer, self.seen)
        if declared is not None and self.seen.status != 206:
            yield from body_breaches(self.declared.schemas, declared, self.seen)

    def taker(self) -> Callable[[bytes], None] | None:
        """Give what takes the pieces of an answer that is still being sent.

        Returns:
            What is given each piece, and no bytes for the end; it raises ContractError.
            None where the content is nothing that comes item by item.
        """
        if self.answer is None or self.seen.method == "HEAD":
            return None
        declared = content_of(self.answer, self.seen)
        media_type = self.seen.media_type
        if declared is None or media_type is None or self.seen.coding is not None:
            return None
        if not is_sequence(media_type):
            return None
        items = Items(self.declared.schemas, declared, media_type)

        def take(piece: bytes) -> None:
            self.require(items.feed(piece) if piece else items.end())

        return take

    def require(self, breaches: list[Breach]) -> None:
        """Raise what is wrong.

        Raises:
            ContractError: Something is.
        """
        if not breaches:
            return
        places = [] if self.operation is None else self.declared.places(self.operation)
        raise ContractError(self.sent, breaches, places)


def _shown(operation: Operation) -> str:
    """Show by what an operation wants to know who asks."""
    return ", ".join(
        " and ".join(scheme.name for scheme in each) or "nobody"
        for each in operation.security
    )
