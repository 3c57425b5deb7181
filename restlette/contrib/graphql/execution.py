"""Execution by graphql-core 3.2, with less work for each field and nothing left behind.

The story starts at `Execution.execute_fields`. What is the same for every object of a
list (which attribute a field is, how its value is written) is worked out once for each
selection, as `Steps`; all else is graphql-core's. And what one field has begun ends
with the operation: when one fails its neighbours are cancelled, and waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from restlette.contrib.graphql.attributes import Attribute, attribute_of
from restlette.http.optional import load

if TYPE_CHECKING:
    import graphql
    from graphql.execution.execute import get_field_def
    from graphql.pyutils import Path
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")
    get_field_def = load(
        "graphql.execution.execute", "graphql", needed_by="restlette.contrib.graphql"
    ).get_field_def
    Path = load(
        "graphql.pyutils", "graphql", needed_by="restlette.contrib.graphql"
    ).Path

__all__ = ["Execution", "Parts", "Whole"]

Nodes = list["graphql.FieldNode"]
Fields = dict[str, Nodes]


class _Step(NamedTuple):
    """How one field of a selection is had from any object.

    Attributes:
        nodes: Where the field stands in the document.
        attribute: The attribute that its value is; None where there is more to do.
        leaf: The type that writes the value.
        constant: The value itself, where it is the same for all: of `__typename`.
    """

    nodes: Nodes
    attribute: Attribute | None = None
    leaf: graphql.GraphQLLeafType | None = None
    constant: str | None = None


class Execution(graphql.ExecutionContext):
    """The execution of one operation."""

    async def whole(self) -> graphql.ExecutionResult:
        """Execute a query or a mutation, or one event of a subscription."""
        errors = self.collected_errors.errors
        data: Any = None
        try:
            data = self.execute_operation(self.operation, self.root_value)
            if self.is_awaitable(data):
                data = await data
        except graphql.GraphQLError as exc:
            errors.append(exc)
            data = None
        return self.build_response(data, errors)

    async def events(
        self, document: graphql.DocumentNode, variables: dict[str, Any]
    ) -> Any:
        """Give the events of a subscription, or a result with what is wrong.

        Args:
            document: The document that was prepared.
            variables: Values for its variables, as they came.
        """
        return await graphql.create_source_event_stream(
            self.schema,
            document,
            self.root_value,
            self.context_value,
            variables,
            None if self.operation.name is None else self.operation.name.value,
        )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # The selection is kept with its steps, so that its id is nobody else's.
        self._steps: dict[int, tuple[Fields, dict[str, _Step]]] = {}

    def execute_fields(
        self,
        parent_type: graphql.GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        fields: Fields,
    ) -> Any:
        """Give the values of the fields of one object, or what they are awaited of."""
        if id(fields) not in self._steps:
            self._steps[id(fields)] = fields, self._work_out(parent_type, fields)
        results: dict[str, Any] = {}
        waiting: list[str] = []
        try:
            for name, step in self._steps[id(fields)][1].items():
                if step.constant is not None:
                    results[name] = step.constant
                    continue
                if step.leaf is not None and step.attribute is not None:
                    # PERF: most fields of most objects, without a `Path` and an `info`.
                    value = step.attribute.of(source_value)
                    if type(value) in _PLAIN:
                        value = _written(step.leaf, value)
                        if value is not None:
                            results[name] = value
                            continue
                result = self.execute_field(
                    parent_type,
                    source_value,
                    step.nodes,
                    Path(path, name, parent_type.name),
                )
                results[name] = result
                if self.is_awaitable(result):
                    waiting.append(name)
        except Exception as exc:
            if not waiting:
                raise
            return _abandoned([results[name] for name in waiting], exc)
        return _filled(results, waiting) if waiting else results

    def _work_out(
        self, parent_type: graphql.GraphQLObjectType, fields: Fields
    ) -> dict[str, _Step]:
        steps = {}
        for response_name, nodes in fields.items():
            name = nodes[0].name.value
            field = get_field_def(self.schema, parent_type, nodes[0])
            if name == "__typename":
                steps[response_name] = _Step(nodes, constant=parent_type.name)
            elif field is not None:
                steps[response_name] = self._step(nodes, field, name)
        return steps

    def _step(self, nodes: Nodes, field: graphql.GraphQLField, name: str) -> _Step:
        leaf: Any = graphql.get_nullable_type(field.type)  # type: ignore[arg-type] # it is
        if field.args or not graphql.is_leaf_type(leaf):
            return _Step(nodes)
        return _Step(nodes, attribute_of(field, name), leaf)

    def complete_list_value(
        self,
        return_type: graphql.GraphQLList[Any],
        field_nodes: Nodes,
        info: graphql.GraphQLResolveInfo,
        path: Path,
        result: Any,
    ) -> Any:
        """Give the values of a list, or what they are awaited of."""
        if not isinstance(result, list | tuple):
            return super().complete_list_value(
                return_type, field_nodes, info, path, result
            )
        results: list[Any] = []
        waiting: list[int] = []
        try:
            for index, item in enumerate(result):
                completed = self._item(
                    return_type.of_type, field_nodes, info, path.add_key(index), item
                )
                results.append(completed)
                if self.is_awaitable(completed):
                    waiting.append(index)
        except Exception as exc:
            if not waiting:
                raise
            return _abandoned([results[index] for index in waiting], exc)
        return _filled(results, waiting) if waiting else results

    def _item(
        self,
        item_type: Any,
        field_nodes: Nodes,
        info: graphql.GraphQLResolveInfo,
        path: Path,
        item: Any,
    ) -> Any:
        """Give the value of an item, or what it is awaited of."""
        failed = partial(self._fail, item_type, field_nodes, path)
        if self.is_awaitable(item):
            return self._later(item_type, field_nodes, info, path, item)
        try:
            completed = self.complete_value(item_type, field_nodes, info, path, item)
        except Exception as exc:
            return failed(exc)
        return _caught(completed, failed) if self.is_awaitable(completed) else completed

    async def _later(
        self,
        item_type: Any,
        field_nodes: Nodes,
        info: graphql.GraphQLResolveInfo,
        path: Path,
        item: Awaitable[Any],
    ) -> Any:
        try:
            completed = self.complete_value(
                item_type, field_nodes, info, path, await item
            )
            return await completed if self.is_awaitable(completed) else completed
        except Exception as exc:
            return self._fail(item_type, field_nodes, path, exc)

    def _fail(
        self, return_type: Any, field_nodes: Nodes, path: Path, exc: Exception
    ) -> None:
        """Take note of a failure; it is raised on where there has to be a value."""
        error = graphql.located_error(exc, field_nodes, path.as_list())
        self.handle_field_error(error, return_type, path)

    @staticmethod
    def complete_leaf_value(return_type: graphql.GraphQLLeafType, result: Any) -> Any:
        """Write the value of a scalar or an enumeration.

        Raises:
            TypeError: The value is none of the type's.
        """
        try:
            return graphql.ExecutionContext.complete_leaf_value(return_type, result)
        except graphql.GraphQLError as exc:
            # SECURITY: the client did not send the value, and need not learn of it.
            raise TypeError(exc.message) from exc


# One answer is all that graphql-core 3.2 has.
Whole = Execution
Parts = None

# What is never awaited or called, and so is written as it is.
_PLAIN = frozenset((str, int, float, bool))


def _written(leaf: graphql.GraphQLLeafType, value: Any) -> Any:
    """Write a value; None if it cannot be, for graphql-core to say so."""
    try:
        written = leaf.serialize(value)
    except Exception:  # whatever it is, graphql-core asks again and says it
        return None
    return None if written is graphql.Undefined else written


async def _caught(
    awaitable: Awaitable[Any], failed: Callable[[Exception], None]
) -> Any:
    try:
        return await awaitable
    except Exception as exc:
        return failed(exc)


async def _filled(results: Any, waiting: list[Any]) -> Any:
    """Put the value of each awaitable into its place.

    Args:
        results: A list or a dict.
        waiting: The keys of what is to be awaited.
    """
    if len(waiting) == 1:
        # PERF: a task would be for nothing.
        (key,) = waiting
        results[key] = await results[key]
        return results
    tasks = [asyncio.ensure_future(results[key]) for key in waiting]
    try:
        values = await asyncio.gather(*tasks)
    except BaseException:
        await _cancelled(tasks)
        raise
    for key, value in zip(waiting, values, strict=True):
        results[key] = value
    return results


async def _abandoned(awaitables: list[Awaitable[Any]], exc: Exception) -> None:
    """Let go of what nobody needs, for something beside it has failed.

    Raises:
        Exception: What it failed with.
    """
    tasks = [asyncio.ensure_future(each) for each in awaitables]
    # What is inside of them has to begin, in order to be told that it is over.
    await asyncio.sleep(0)
    await _cancelled(tasks)
    raise exc


async def _cancelled(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancel tasks, and wait for them: nothing of an operation runs when it is over."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
