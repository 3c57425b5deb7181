"""Files that come with an operation: the multipart request specification.

The story starts at `read_upload`. A form has the field `operations`, what would
come as JSON; the field `map`, which says where in its variables each file belongs; and
the files.

    operations  {"query": "mutation ($file: Upload!) {…}", "variables": {"file": null}}
    map         {"0": ["variables.file"]}
    0           the file

Source: https://github.com/jaydenseric/graphql-multipart-request-spec
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from restlette.contrib.graphql.parameters import Malformed, Parameters
from restlette.http.forms import FormData, UploadFile
from restlette.http.json import InvalidJSON
from restlette.http.optional import load
from restlette.http.request import Request

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["Upload", "is_asked_about", "read_upload"]

# SECURITY: a browser sends a form to other sites without asking them; a field that no
# form can have makes it ask.
_PREFLIGHT: Final = ("graphql-require-preflight", "apollo-require-preflight")


def _parse(value: Any) -> UploadFile:
    if not isinstance(value, UploadFile):
        raise graphql.GraphQLError("An Upload is a file of a multipart form.")
    return value


def _refuse_literal(node: Any, variables: Any = None) -> Any:
    raise graphql.GraphQLError("An Upload is given by a variable.")


def _refuse_output(value: Any) -> Any:
    raise graphql.GraphQLError("An Upload is taken, and not given.")


# To some type checkers this is what any named type is.
_upload: Any = graphql.GraphQLScalarType(
    "Upload",
    description="A file of a multipart form; resolvers get an UploadFile.",
    serialize=_refuse_output,
    parse_value=_parse,
    parse_literal=_refuse_literal,
)

Upload: graphql.GraphQLScalarType = _upload
"""The scalar type of a file, for schemas of graphql-core.

In a schema of graphene it is `restlette.contrib.graphql.scalars.Upload`.
"""


def is_asked_about(request: Request) -> bool:
    """Say whether a browser would have asked before it sent this to another site."""
    return any(name in request.headers for name in _PREFLIGHT)


async def read_upload(request: Request) -> Parameters:
    """Take the parameters from a multipart form, each file in its place.

    Raises:
        Malformed: It is no form of this kind.
        BadRequest: It is no form.
        ContentTooLarge: It is longer than the limits say.
    """
    form = await request.form()
    operations = _json(request, form, "operations")
    places = _json(request, form, "map")
    if not isinstance(places, dict):
        raise Malformed("The field 'map' is an object.")
    for name, paths in places.items():
        file = form.get(name)
        if not isinstance(file, UploadFile):
            raise Malformed(f"The form has no file {name!r}, which the map names.")
        if not isinstance(paths, list):
            raise Malformed("The field 'map' has an array for each file.")
        for path in paths:
            _put(operations, path, file)
    return Parameters.from_json(operations)


def _json(request: Request, form: FormData, name: str) -> Any:
    text = form.get(name)
    if not isinstance(text, str):
        raise Malformed(f"The form has no field {name!r}.")
    try:
        return request.codec.loads(text.encode("utf-8", "replace"))
    except InvalidJSON:
        raise Malformed(f"The field {name!r} is not JSON.") from None


def _put(operations: Any, path: Any, file: UploadFile) -> None:
    """Put a file in the place of a null.

    Args:
        operations: What came as JSON.
        path: The place: `variables.files.0`.
        file: The file.
    """
    steps = path.split(".") if isinstance(path, str) else []
    if len(steps) < 2 or steps[0] != "variables":
        raise Malformed("The map leads to variables: 'variables.file'.")
    place = operations
    *before, last = steps
    for step in before:
        place = _inside(place, step)
    if _inside(place, last) is not None:
        raise Malformed("The map leads to something that is not null.")
    place[last if isinstance(place, dict) else int(last)] = file


def _inside(place: Any, step: str) -> Any:
    if isinstance(place, dict) and step in place:
        return place[step]
    # Twenty digits are more than any list has members.
    is_index = step.isascii() and step.isdigit() and len(step) < 20
    if isinstance(place, list) and is_index and int(step) < len(place):
        return place[int(step)]
    raise Malformed("The map leads nowhere.")
