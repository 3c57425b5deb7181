"""GraphQL as an ASGI application, to mount anywhere.

The story starts at `GraphQLApp`, whatever path it is asked by.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

from restlette.contrib.graphql.endpoint import GraphQLEndpoint
from restlette.contrib.graphql.socket import socket_of
from restlette.http.types import Receive, Scope, Send
from restlette.lifespan import converse
from restlette.resources.dependencies import dependencies_of

__all__ = ["GraphQLApp"]


class GraphQLApp:
    """An ASGI application that serves a schema, over HTTP and WebSockets.

    ``app.mount("/graphql", GraphQLApp(schema))``, in restlette and elsewhere.

    Args:
        schema: A schema of graphene, or of graphql-core.
        allowed_origins: Whose pages may open a WebSocket; see `WebSocketEndpoint`.
        options: Those of `Engine`.

    Raises:
        TypeError: An argument makes no sense, or the context has dependencies, which
            only an application of restlette's gives.
        ValueError: A limit is negative, or a time is not above 0.
    """

    def __init__(
        self,
        schema: Any,
        *,
        allowed_origins: Collection[str] | None = None,
        **options: Any,
    ) -> None:
        class Graph(GraphQLEndpoint, schema=schema, **options):
            pass

        wanted = dependencies_of(Graph)
        if wanted:
            names = ", ".join(wanted)
            raise TypeError(
                f"nobody gives GraphQLApp what its context depends on: {names}. Write "
                "app.install(GraphQL(schema, context=…)), whose application does."
            )
        self._http = Graph()
        self._websocket = socket_of(Graph, allowed_origins)()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hold a conversation; there is nothing to start."""
        if scope["type"] == "lifespan":
            await converse(nullcontext(), receive, send)
            return
        app = self._websocket if scope["type"] == "websocket" else self._http
        await app(scope, receive, send)
