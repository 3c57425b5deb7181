"""From the parameters of a request to its result, whatever they came by.

The story starts with `Engine`, which serves one schema: `begin` finds the operation
that is meant, `execute` gives its result, `subscribe` its results. HTTP, WebSockets and
server-sent events are ways to and from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, NamedTuple

from restlette.concurrency import DEFAULT_POOL, ThreadPool, is_async
from restlette.contrib.graphql.attributes import attribute_of
from restlette.contrib.graphql.context import Context
from restlette.contrib.graphql.core import INCREMENTS, PARTS, WHOLE, increments_of
from restlette.contrib.graphql.documents import Documents, InvalidDocument
from restlette.contrib.graphql.limits import QueryLimits
from restlette.contrib.graphql.masking import Policy, told
from restlette.contrib.graphql.page import QueryPage
from restlette.contrib.graphql.parameters import Parameters
from restlette.http.debug import is_local
from restlette.http.optional import load
from restlette.http.printable import printable
from restlette.http.request import HTTPConnection
from restlette.http.types import Scope
from restlette.http.websocket import WebSocket
from restlette.resources.freezing import problems_of
from restlette.resources.problem import Problem
from restlette.resources.routes import RouteInfo

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["Engine", "Operation", "Refused", "Result"]


class Operation(NamedTuple):
    """An operation that can be executed.

    Attributes:
        document: The document that it stands in.
        node: The operation itself.
        variables: Values for its variables, as they came.
        policy: What holds for the client.
        increments: Which directives put off a part of the answer: "defer", "stream".
    """

    document: graphql.DocumentNode
    node: graphql.OperationDefinitionNode
    variables: Mapping[str, Any]
    policy: Policy
    increments: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """ "query", "mutation" or "subscription"."""
        return self.node.operation.value

    @property
    def name(self) -> str | None:
        """Its name, if it has one."""
        return None if self.node.name is None else self.node.name.value


class Result(NamedTuple):
    """A GraphQL response.

    Attributes:
        content: The response, as JSON has it.
        status_code: What it is in HTTP: 200 if the operation was executed.
    """

    content: dict[str, Any]
    status_code: int = 200


class Refused(Exception):
    """A request that is not executed: a request error, as GraphQL calls it.

    Args:
        errors: What is wrong, as the client sees it.
        status_code: What it is in HTTP.
    """

    def __init__(self, errors: list[dict[str, Any]], status_code: int = 400) -> None:
        super().__init__(errors, status_code)
        self.result: Result = Result({"errors": errors}, status_code)


class Engine:
    """Serves a schema.

    Args:
        schema: A schema of graphene, or of graphql-core.
        context: A subclass of `Context`; or a function, plain or asynchronous, from the
            request or WebSocket to whatever resolvers are to see as `info.context`.
        root_value: What the resolvers of root fields see as their object.
        debug: Whether clients are shown the schema, and what they probably meant;
            and those on this machine the texts of exceptions. None for what the
            application's `debug` says.
        introspection: Whether clients are shown the schema; None for what `debug` says.
        timeout: For how many seconds a query or mutation goes on, and the execution of
            each event; None for as long as it likes.
        query_limits: Figures of `QueryLimits` that are others here.
        persisted: Documents that clients name by an id (`documentId`), and do not send:
            a mapping, or a function, plain or asynchronous, that gives the text for an
            id, or None. See `document_id`.
        only_persisted: Whether clients send no documents of their own.
        uploads: Whether multipart forms with files are taken.
        page: Whether browsers are shown a page to ask with.
        graphiql: Whether that is GraphiQL, which they load from unpkg.com.
        on_init: A function, plain or asynchronous, of a WebSocket and the payload that
            its client begins with; what it gives is sent back. It may raise an
            HTTPException, or give False, to refuse the client.
        init_timeout: For how many seconds a WebSocket may stay without that beginning.

    Raises:
        TypeError: An argument makes no sense; the message says what to write.
        ValueError: A limit is negative, a time is not above 0, or a document that is
            persisted cannot be executed.
    """

    def __init__(
        self,
        schema: Any,
        *,
        context: type[Context] | Callable[[Any], Any] = Context,
        root_value: Any = None,
        debug: bool | None = None,
        introspection: bool | None = None,
        timeout: float | None = 30.0,
        query_limits: Mapping[str, int] | None = None,
        persisted: Mapping[str, str] | Callable[[str], Any] | None = None,
        only_persisted: bool = False,
        uploads: bool = False,
        page: bool = True,
        graphiql: bool = False,
        on_init: Callable[[WebSocket, Mapping[str, Any]], Any] | None = None,
        init_timeout: float = 3.0,
    ) -> None:
        self.schema: graphql.GraphQLSchema = _schema(schema)
        if not callable(context):
            raise TypeError(
                "context is a subclass of Context, or a function of the request, not "
                f"{context!r}."
            )
        self.context = context
        self._make_context = None if _is_context(context) else _called(context)
        self.root_value = root_value
        self.debug = debug
        self.introspection = introspection
        for name, seconds in (("timeout", timeout), ("init_timeout", init_timeout)):
            if seconds is not None and not seconds > 0:
                raise ValueError(
                    f"{name} is a number of seconds above 0, or None, not {seconds!r}."
                )
        if only_persisted and persisted is None:
            raise TypeError("only_persisted needs persisted, the documents that are.")
        self.only_persisted = only_persisted
        self.page: QueryPage | None = QueryPage(graphiql=graphiql) if page else None
        self.uploads = uploads
        self.timeout = timeout
        self.init_timeout = init_timeout
        self._on_init = None if on_init is None else _called(on_init)
        self.limits: QueryLimits = QueryLimits().override(query_limits)
        self._documents = Documents(self.schema, self.limits)
        self._find = self._finder(persisted)
        self._plain = _plain_resolvers(self.schema)
        # Whether answers may have parts: graphql-core and the schema are for it.
        self.has_parts: bool = PARTS is not None and any(
            self.schema.get_directive(name) for name in INCREMENTS
        )

    def _finder(self, persisted: Any) -> _Called | None:
        """Give what finds the text of a document.

        Raises:
            ValueError: A document in a mapping cannot be executed.
        """
        if persisted is None:
            return None
        if not isinstance(persisted, Mapping):
            return _called(persisted)
        for name, source in persisted.items():
            try:
                self._documents.read(source, introspection=True, suggestions=True)
            except InvalidDocument as exc:
                raise ValueError(
                    f"the persisted document {name!r} cannot be executed: "
                    f"{exc.errors[0].message}"
                ) from None
        texts = dict(persisted)

        async def find(pool: ThreadPool, name: str) -> str | None:
            return texts.get(name)

        return find

    @property
    def wanted(self) -> type[Context] | None:
        """The class of the context, if it is one, whose dependencies are needed."""
        return self.context if _is_context(self.context) else None  # type: ignore[return-value] # it is

    async def make_context(
        self, connection: HTTPConnection, dependencies: Mapping[str, Any]
    ) -> Any:
        """Give what resolvers see as `info.context`."""
        if self._make_context is not None:
            return await self._make_context(_pool(connection.scope), connection)
        make: Any = self.context
        return make(connection, **dependencies)

    async def welcome(self, websocket: WebSocket, payload: Mapping[str, Any]) -> Any:
        """Let a client in, or refuse it.

        Args:
            websocket: The connection.
            payload: What its client began with.

        Returns:
            What is sent back, None for nothing, or False where it is refused.

        Raises:
            HTTPException: It is refused.
        """
        if self._on_init is None:
            return None
        return await self._on_init(_pool(websocket.scope), websocket, payload)

    def policy(self, connection: HTTPConnection) -> Policy:
        """Say what holds for a client."""
        scope = connection.scope
        debug = self.debug
        if debug is None:
            debug = bool(getattr(scope.get("app"), "debug", False))
        introspection = self.introspection
        if introspection is None:
            introspection = debug
        texts = debug and is_local(scope)
        return Policy(introspection, debug, texts, _problems(scope), _pool(scope))

    async def _text(self, parameters: Parameters, pool: ThreadPool) -> str:
        """Give the text of the document that a request means.

        Args:
            parameters: Those of the request.
            pool: Where what finds it runs, if that is plain.

        Raises:
            Refused: There is none.
        """
        name = parameters.document_id
        if name is None:
            if self.only_persisted:
                raise Refused(
                    [{"message": "Documents are named by 'documentId' here."}]
                )
            # One of the two is there, or the parameters would be malformed.
            return parameters.query or ""
        text: str | None = None
        if self._find is not None:
            text = await self._find(pool, name)
        if text is None:
            raise Refused([{"message": "There is no document with this id."}])
        return text

    async def begin(self, parameters: Parameters, policy: Policy) -> Operation:
        """Find the operation that a request means.

        Args:
            parameters: Those of the request.
            policy: What holds for the client.

        Raises:
            Refused: There is none, or it cannot be executed.
        """
        text = await self._text(parameters, policy.pool)
        try:
            document = self._documents.read(
                text,
                introspection=policy.introspection,
                suggestions=policy.suggestions,
            )
        except InvalidDocument as exc:
            raise Refused(told(exc.errors)) from None
        node = graphql.get_operation_ast(document, parameters.operation_name)
        if node is None:
            raise Refused([{"message": _missing(parameters.operation_name)}])
        if self.schema.get_root_type(node.operation) is None:
            message = f"There is no {node.operation.value} here."
            raise Refused([{"message": message}])
        increments = increments_of(document, text) if self.has_parts else frozenset()
        variables = parameters.variables or {}
        return Operation(document, node, variables, policy, increments)

    def _build(
        self, kind: Any, operation: Operation, context: Any, root_value: Any
    ) -> Any:
        """Prepare the execution of an operation.

        Raises:
            Refused: The variables are not those of the operation.
        """
        built = kind.build(
            self.schema,
            operation.document,
            root_value,
            context,
            dict(operation.variables),
            operation.name,
            middleware=_Turns(self._plain, operation.policy.pool)
            if self._plain
            else None,
            hide_suggestions=not operation.policy.suggestions,
        )
        if isinstance(built, list):
            raise Refused(told(built))
        return built

    async def execute(self, operation: Operation, context: Any) -> Result:
        """Execute a query or a mutation.

        Args:
            operation: The operation.
            context: What resolvers see as `info.context`.

        Raises:
            Refused: The variables are not those of the operation, or it took too long.
        """
        execution = self._build(WHOLE, operation, context, self.root_value)
        return await self._timed(execution, operation)

    async def _timed(self, execution: Any, operation: Operation) -> Result:
        """Give the result.

        Raises:
            Refused: It took too long.
        """
        try:
            async with asyncio.timeout(self.timeout):
                result = await execution.whole()
        except TimeoutError:
            raise Refused([self._late()], 503) from None
        content: dict[str, Any] = {"data": result.data}
        if result.errors:
            content["errors"] = told(result.errors, policy=operation.policy)
        return Result(content)

    def _late(self) -> dict[str, Any]:
        """Give the error of an operation that took too long."""
        return {"message": f"The operation took longer than {self.timeout:g} seconds."}

    async def deliver(
        self, operation: Operation, context: Any
    ) -> AsyncGenerator[Result, None]:
        """Execute a query or a mutation, parts of whose answer are put off.

        Args:
            operation: The operation; it has `increments`.
            context: What resolvers see as `info.context`.

        Yields:
            The parts, of which the last alone has no true `hasNext`.

        Raises:
            Refused: The variables are not those of the operation, or it took too long
                to begin.
        """
        execution = self._build(PARTS, operation, context, self.root_value)
        now = asyncio.get_running_loop().time
        deadline = None if self.timeout is None else now() + self.timeout
        pending: dict[str, None] | None = None
        tell = partial(told, policy=operation.policy)
        async with aclosing(execution.parts(tell)) as parts:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        part = await anext(parts)
                except TimeoutError:
                    if pending is None:
                        raise Refused([self._late()], 503) from None
                    part = _broken_off(pending, self._late())
                pending = _still_pending(pending or {}, part)
                yield Result(part)
                if not part.get("hasNext"):
                    return

    async def subscribe(
        self, operation: Operation, context: Any
    ) -> AsyncGenerator[Result, None]:
        """Execute a subscription.

        Args:
            operation: The operation.
            context: What resolvers see as `info.context`; a `Context` is renewed for
                each event.

        Yields:
            A result for each event.

        Raises:
            Refused: There is nothing to subscribe to.
        """
        source = self._build(WHOLE, operation, context, self.root_value)
        policy = operation.policy
        try:
            events = await source.events(operation.document, dict(operation.variables))
        except Exception as exc:
            raise Refused(told([_error_of(exc)], policy=policy)) from None
        if isinstance(events, graphql.ExecutionResult):
            raise Refused(told(events.errors or (), policy=policy))
        try:
            async for event in events:
                own = context.renewed() if isinstance(context, Context) else context
                execution = self._build(WHOLE, operation, own, event)
                try:
                    result = await self._timed(execution, operation)
                except Refused as exc:
                    result = Result({"data": None, **exc.result.content})
                yield result
                if isinstance(own, Context) and own.background.tasks:
                    await own.background()
        except Exception as exc:
            errors = told([_error_of(exc)], policy=policy)
            yield Result({"data": None, "errors": errors})
        finally:
            await _close(events)


# Calls a function of the application's, in a thread of a pool if it is plain.
_Called = Callable[..., Awaitable[Any]]


def _called(function: Callable[..., Any]) -> _Called:
    """Decide, once, how a function of the application's is called.

    Args:
        function: A plain or an asynchronous one.

    Returns:
        An asynchronous one, whose first argument is the pool.
    """
    if is_async(function):

        async def on_loop(pool: ThreadPool, *args: Any) -> Any:
            return await function(*args)

        return on_loop

    async def in_thread(pool: ThreadPool, *args: Any) -> Any:
        result = await pool.run(function, *args)
        return await result if isawaitable(result) else result

    return in_thread


def _pool(scope: Scope) -> ThreadPool:
    """Give the pool of the application, or that of the process where there is none."""
    # The application may be another framework's.
    pool = getattr(scope.get("app"), "pool", None)
    return pool if isinstance(pool, ThreadPool) else DEFAULT_POOL


def _problems(scope: Scope) -> Mapping[type[BaseException], Problem]:
    """Give the problems that hold where a schema is served."""
    route = scope.get("route")
    if isinstance(route, RouteInfo):
        return route.problems
    # What is mounted has no route, but an application around it, which may be another
    # framework's.
    return problems_of((getattr(scope.get("app"), "exception_handlers", {}),))


def _error_of(exc: Exception) -> graphql.GraphQLError:
    return graphql.GraphQLError(str(exc), original_error=exc)


def _missing(operation_name: str | None) -> str:
    if operation_name is None:
        return "The document has several operations, or none: name the one."
    return f"The document has no operation named {printable(operation_name)!r}."


def _still_pending(
    pending: dict[str, None], part: Mapping[str, Any]
) -> dict[str, None]:
    """Give the ids of what a client waits for when it has a part."""
    announced = {each["id"]: None for each in part.get("pending", ())}
    completed = {each["id"] for each in part.get("completed", ())}
    both = {**pending, **announced}
    return {name: None for name in both if name not in completed}


def _broken_off(pending: Iterable[str], error: dict[str, Any]) -> dict[str, Any]:
    """Give the last part of an answer of which more was awaited."""
    completed = [{"id": name, "errors": [error]} for name in pending]
    return {"completed": completed, "hasNext": False}


async def _close(events: object) -> None:
    # A generator that was left at a yield has its `finally` to run.
    close = getattr(events, "aclose", None)
    if close is not None:
        await close()


def _is_context(context: Any) -> bool:
    return isinstance(context, type) and issubclass(context, Context)


def _schema(schema: Any) -> graphql.GraphQLSchema:
    """Give graphql-core's schema of a schema.

    Raises:
        TypeError: It is none, or it is not valid.
    """
    found = getattr(schema, "graphql_schema", schema)
    if not isinstance(found, graphql.GraphQLSchema):
        raise TypeError(
            f"{schema!r} is no schema: write GraphQLApp(graphene.Schema(query=Query)), "
            "or give a GraphQLSchema of graphql-core."
        )
    graphql.assert_valid_schema(found)
    return found


def _plain_resolvers(schema: graphql.GraphQLSchema) -> frozenset[Any]:
    """Give those resolvers of root fields that may block: they are not asynchronous."""
    found = set()
    for root in (schema.query_type, schema.mutation_type):
        for name, field in () if root is None else root.fields.items():
            resolve = field.resolve
            if resolve is None or attribute_of(field, name) is not None:
                continue
            if not is_async(resolve) and not _is_graphenes(resolve):
                found.add(resolve)
    return frozenset(found)


def _is_graphenes(resolve: Any) -> bool:
    """Say whether a resolver is graphene's, which calls one of the application's."""
    while isinstance(resolve, partial):
        resolve = resolve.func
    return str(getattr(resolve, "__module__", "")).startswith("graphene.")


class _Turns(graphql.MiddlewareManager):
    """Runs the plain resolvers of one operation's root fields in threads.

    One after the other: what they share, a session for instance, is not made for
    several threads, and no operation takes all that there are.

    Args:
        plain: The resolvers.
        pool: Where the threads are.
    """

    def __init__(self, plain: frozenset[Any], pool: ThreadPool) -> None:
        super().__init__()
        self._plain = plain
        self._pool = pool
        self._turn = asyncio.Lock()

    def get_field_resolver(self, field_resolver: Any) -> Any:
        """Give what is called in the place of a resolver."""
        if field_resolver not in self._plain:
            return field_resolver
        return partial(self._in_thread, field_resolver)

    async def _in_thread(
        self, resolve: Callable[..., Any], source: Any, info: Any, **args: Any
    ) -> Any:
        async with self._turn:
            result = await self._pool.run(resolve, source, info, **args)
        return await result if isawaitable(result) else result
