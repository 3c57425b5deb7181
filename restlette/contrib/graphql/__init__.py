"""GraphQL: schemas of graphene or graphql-core, over HTTP and WebSockets."""

from restlette.contrib.graphql.app import GraphQLApp
from restlette.contrib.graphql.context import Context
from restlette.contrib.graphql.documents import document_id
from restlette.contrib.graphql.endpoint import GraphQLEndpoint
from restlette.contrib.graphql.engine import Engine, Operation, Refused, Result
from restlette.contrib.graphql.limits import QueryLimits
from restlette.contrib.graphql.plugin import GraphQL
from restlette.contrib.graphql.uploads import Upload

__all__ = [
    "Context",
    "Engine",
    "GraphQL",
    "GraphQLApp",
    "GraphQLEndpoint",
    "Operation",
    "QueryLimits",
    "Refused",
    "Result",
    "Upload",
    "document_id",
]
