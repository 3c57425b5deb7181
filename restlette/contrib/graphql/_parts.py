"""Execution by graphql-core 3.3, which can answer in parts.

The story starts at `Parts.parts`: what `@defer` and `@stream` put off comes after the
rest, as graphql-core has it. `Whole` takes no notice of the two, for clients that want
one answer. What an operation has begun ends with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from restlette.contrib.graphql.masking import Tell
from restlette.http.optional import load

graphql: Any = load("graphql", "graphql", needed_by="restlette.contrib.graphql")
_incremental: Any = load(
    "graphql.execution.incremental", "graphql", needed_by="restlette.contrib.graphql"
)

__all__ = ["Parts", "Whole"]


class _Discreet:
    @staticmethod
    def complete_leaf_value(return_type: Any, result: Any) -> Any:
        """Write the value of a scalar or an enumeration.

        Raises:
            TypeError: The value is none of the type's.
        """
        try:
            return graphql.Executor.complete_leaf_value(return_type, result)
        except graphql.GraphQLError as exc:
            # SECURITY: the client did not send the value, and need not learn of it.
            raise TypeError(exc.message) from exc


class Whole(_Discreet, graphql.Executor):
    """The execution of an operation that has one answer."""

    async def whole(self) -> Any:
        """Execute a query or a mutation, or one event of a subscription."""
        try:
            result = self.execute_operation()
            return await result if self.is_awaitable(result) else result
        finally:
            await _ended(self)

    async def events(self, document: Any, variables: Any) -> Any:
        """Give the events of a subscription, or a result with what is wrong.

        Args:
            document: The document, which was prepared already.
            variables: Values for its variables, which were too.
        """
        found = graphql.create_source_event_stream(self)
        return await found if self.is_awaitable(found) else found


class Parts(_Discreet, _incremental.IncrementalExecutor):
    """The execution of an operation whose answer has parts."""

    async def parts(self, tell: Tell) -> AsyncGenerator[dict[str, Any], None]:
        """Execute a query or a mutation.

        Args:
            tell: Gives errors as the client sees them.

        Yields:
            What is sent first, and each part that follows, as JSON has it; `hasNext`
            says whether there are more. Without it the answer has no parts.
        """
        try:
            result = self.execute_operation()
            if self.is_awaitable(result):
                result = await result
            if isinstance(result, graphql.ExecutionResult):
                yield _formatted(result, tell)
            else:
                async with aclosing(result.subsequent_results) as rest:
                    yield _formatted(result.initial_result, tell)
                    async for part in rest:
                        yield _formatted(part, tell)
        finally:
            # What was put off and has not begun holds its sources open.
            await self.cancel_incremental_work()
            await _ended(self)

    def execute_execution_group(self, *args: Any) -> Any:
        """Begin what was put off, so that its end is waited for when it is cancelled.

        graphql-core cancels it, and goes on.
        """
        result = super().execute_execution_group(*args)
        if self.is_awaitable(result):
            result = asyncio.ensure_future(result)
            self.track_incremental_future(result)
        return result


def _formatted(part: Any, tell: Tell) -> dict[str, Any]:
    """Give a part as JSON has it, with its errors as the client sees them."""
    content: dict[str, Any] = dict(part.formatted)
    if getattr(part, "errors", None):
        content["errors"] = tell(part.errors)
    for name in ("incremental", "completed"):
        if name in content:
            content[name] = [_formatted(each, tell) for each in getattr(part, name)]
    return content


async def _ended(executor: Any) -> None:
    """Cancel what an operation has left to itself, and wait for it."""
    left = [*executor.background_futures]
    if not left:
        return
    # What is inside of them has to begin, in order to be told that it is over.
    await asyncio.sleep(0)
    for future in left:
        future.cancel()
    await asyncio.gather(*left, return_exceptions=True)
