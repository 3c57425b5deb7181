"""The optional parts, each below a path of its own, for hostile requests."""

from __future__ import annotations

from pathlib import Path

import graphene

from restlette import Middleware, Request, Response, Restlette, Router
from restlette.contrib.cors import CORSMiddleware
from restlette.contrib.csrf import CSRFMiddleware
from restlette.contrib.graphql import GraphQLApp
from restlette.contrib.proxy import ProxyHeadersMiddleware
from restlette.contrib.sessions import MemoryStore, SessionMiddleware, Sessions
from restlette.contrib.static import StaticFiles
from restlette.contrib.trustedhost import TrustedHostMiddleware

KEY = "5d0f6c2b9a1e4873b6d2f0c4a8e19357"


async def whose(request: Request) -> dict[str, str]:
    """Say whom the session is of, as nobody has logged in."""
    return {"user": request.session.get("user", "nobody")}


async def client(request: Request) -> dict[str, str | None]:
    """Say who seems to ask, and for which host."""
    address = request.client
    return {
        "client": None if address is None else address.host,
        "host": request.url.hostname,
    }


async def change(request: Request) -> str:
    """Change nothing."""
    return "changed"


async def fails(request: Request) -> Response:
    """Fail with a text that is nobody's business."""
    raise RuntimeError("the password is swordfish")


class Book(graphene.ObjectType):
    """Holds others of its kind."""

    title = graphene.String(default_value="Dune")
    next = graphene.Field(lambda: Book)

    def resolve_next(self, info: object) -> Book:
        """Give another one."""
        return Book()


class Query(graphene.ObjectType):
    """What can be asked for."""

    book = graphene.Field(Book, default_value=Book())
    broken = graphene.String()

    def resolve_broken(self, info: object) -> str:
        """Fail with a text that is nobody's business."""
        raise RuntimeError("the password is swordfish")


class Sell(graphene.Mutation):
    """Sells a book."""

    sold = graphene.Boolean()

    def mutate(self, info: object) -> Sell:
        """Say that it is sold."""
        return Sell(sold=True)


class Mutation(graphene.ObjectType):
    """What can be changed."""

    sell = Sell.Field()


def behind(*middleware: Middleware) -> Router:
    """Give a router that has one of each route, behind some middleware."""
    router = Router(middleware=middleware)
    router.add_route("/whose", whose)
    router.add_route("/client", client)
    router.add_route("/change", change, methods=["POST"])
    router.add_route("/fails", fails)
    return router


parts = Restlette()
parts.mount("/signed", behind(Middleware(SessionMiddleware, secret_key=KEY)))
kept = Restlette()
kept.install(Sessions(MemoryStore()))
kept.add_route("/whose", whose)
parts.mount("/kept", kept)
parts.mount("/own", behind(Middleware(CSRFMiddleware, secret_key=KEY)))
parts.mount(
    "/hosts", behind(Middleware(TrustedHostMiddleware, allowed_hosts=["*.example"]))
)
parts.mount(
    "/proxied", behind(Middleware(ProxyHeadersMiddleware, trusted=["10.0.0.0/8"]))
)
parts.mount(
    "/shared",
    behind(Middleware(CORSMiddleware, allow_origins=["https://shop.example"])),
)
parts.mount("/static", StaticFiles(Path(__file__).parent))
parts.mount("/graphql", GraphQLApp(graphene.Schema(query=Query, mutation=Mutation)))
