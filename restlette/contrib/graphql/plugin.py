"""GraphQL as a plug-in of an application.

The story starts at `GraphQL.install`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from restlette.app import Restlette
from restlette.contrib.graphql.command import GraphQLCommand
from restlette.contrib.graphql.endpoint import GraphQLEndpoint
from restlette.contrib.graphql.socket import guards_of, socket_of
from restlette.resources.guards import Guard, Rule

__all__ = ["GraphQL"]


class GraphQL:
    """Serves a schema in an application: ``app.install(GraphQL(schema))``.

    What the context depends on is given by the application.

    Args:
        schema: A schema of graphene, or of graphql-core; or a subclass of
            `GraphQLEndpoint`, which has its own and its own options.
        path: Where.
        guards: Who may use it.
        allowed_origins: Whose pages may open a WebSocket; see `WebSocketEndpoint`.
        options: Those of `Engine`.

    Raises:
        TypeError: An argument makes no sense; the message says what to write.
        ValueError: A limit is negative, or a time is not above 0.
    """

    def __init__(
        self,
        schema: Any,
        *,
        path: str = "/graphql",
        guards: Sequence[Guard | Rule] = (),
        allowed_origins: Collection[str] | None = None,
        **options: Any,
    ) -> None:
        self.path: str = path
        self.endpoint: type[GraphQLEndpoint] = _endpoint(schema, options)
        # What the command line offers.
        self.commands: dict[str, GraphQLCommand] = {
            "graphql": GraphQLCommand(self.endpoint.engine.schema)
        }
        self._guards = tuple(guards)
        self._socket = socket_of(self.endpoint, allowed_origins)

    def install(self, app: Restlette) -> None:
        """Add the resources that speak GraphQL."""
        guards = guards_of(self._guards, type(self).__name__)
        for resource, name, own in (
            (self.endpoint, "graphql", self._guards),
            (self._socket, "graphql-socket", guards),
        ):
            app.add_route(
                self.path, resource, name=name, include_in_schema=False, guards=own
            )


def _endpoint(schema: Any, options: dict[str, Any]) -> type[GraphQLEndpoint]:
    if not (isinstance(schema, type) and issubclass(schema, GraphQLEndpoint)):

        class Graph(GraphQLEndpoint, schema=schema, **options):
            pass

        return Graph
    if options or not hasattr(schema, "engine"):
        raise TypeError(
            f"{schema.__name__} says itself what it serves, and how: write "
            f"class {schema.__name__}(GraphQLEndpoint, schema=…, …)."
        )
    return schema
