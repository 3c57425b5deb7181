"""The page to ask a schema with, for people.

The story starts at `QueryPage.find`. The page is a few files beside this module, sent
as they are: nothing is built, nothing comes from elsewhere, and nothing stands in the
page that its Content-Security-Policy would have to allow. They are found by the query
of the URL (`?page.js`), for nobody knows what else is below the path. GraphiQL, from a
network that others run, can take its place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from restlette.contrib.assets import POLICY, Asset
from restlette.http.negotiation import select
from restlette.http.request import Request
from restlette.http.response import Response
from restlette.resources.boundary import find_accept

__all__ = ["QueryPage"]

_ASSETS: Final = Path(__file__).with_name("assets")

# GraphiQL writes styles into its elements, and its style sheet has fonts and pictures.
_GRAPHIQL_POLICY: Final = (
    f"{POLICY}; script-src 'self' https://unpkg.com; style-src 'self' "
    "https://unpkg.com 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'"
)

_OWN: Final = ("index.html", "page.css", "page.js", "icon.svg")
_GRAPHIQL: Final = ("graphiql.html", "graphiql.css", "graphiql.js", "icon.svg")

# What browsers ask for when somebody goes there, and programs do not.
_OFFERS: Final = (
    "application/json",
    "application/graphql-response+json",
    "text/event-stream",
    "text/html",
)


class QueryPage:
    """The files of the page.

    Args:
        graphiql: Whether it is GraphiQL.
    """

    def __init__(self, *, graphiql: bool = False) -> None:
        names = _GRAPHIQL if graphiql else _OWN
        policy = _GRAPHIQL_POLICY if graphiql else POLICY
        self._index = names[0]
        self._files = {name: _asset(_ASSETS / name, policy) for name in names}

    async def find(self, request: Request) -> Response | None:
        """Give the file that a request is for; None if it asks for something else.

        Args:
            request: A GET.
        """
        name: str = request.scope.get("query_string", b"").decode("latin-1")
        if not name:
            chosen = select(find_accept(request.scope), _OFFERS)
            if chosen is None or _OFFERS[chosen] != "text/html":
                return None
            name = self._index
        asset = self._files.get(name)
        return None if asset is None else await asset.respond(request)


def _asset(file: Path, policy: str) -> Asset:
    # What is asked for may be in the URL, or in Accept.
    headers = {"vary": "Accept"}
    return Asset(file.read_bytes(), file.suffix, policy=policy, headers=headers)
