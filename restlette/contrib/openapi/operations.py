"""Operations: what one function of an application is in a document.

The story starts at `Operations.operation`, which puts together what the description
states and what docstrings say, and at last merges the YAML of the docstrings over it:
what a person wrote counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from restlette.contrib.openapi.components import Components
from restlette.contrib.openapi.docstrings import Docstring, DocstringError, read
from restlette.contrib.openapi.examples import (
    Example,
    ExampleError,
    examples,
    exemplify,
)
from restlette.contrib.openapi.patterns import ecma
from restlette.http.errors import ACCEPT_FIELDS, BY_STATUS, HTTPException
from restlette.http.forms import URLENCODED
from restlette.http.response import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from restlette.http.status import phrase
from restlette.http.streams import NDJSON
from restlette.resources.description import Description, PathParameter
from restlette.resources.pages import Page
from restlette.resources.representation import Accepted, Created, Given, SeeOther
from restlette.resources.uri import CONVERTORS

__all__ = ["INVALID", "PROBLEM", "Operations", "merged", "requirements"]

PROBLEM: Final = "ProblemDetails"
"""The name of the component that says what went wrong."""

INVALID: Final = "InvalidRequest"
"""The name of that which says what does not fit."""

Object = dict[str, Any]

# Where a response of a class has its content, and what that is.
_CONTENT: Final[tuple[tuple[type, str, Object], ...]] = (
    (JSONResponse, "application/json", {}),
    (HTMLResponse, "text/html", {"type": "string"}),
    (PlainTextResponse, "text/plain", {"type": "string"}),
)

# RFC 9110 §15: fields that an answer of a status has, or may have.
_HEADERS: Final[Mapping[int, Object]] = {
    401: {
        "WWW-Authenticate": {
            "description": "How to authenticate.",
            "required": True,
            "schema": {"type": "string"},
        }
    },
}

_TEXT: Final[Object] = {"schema": {"type": "string"}}

_ETAG: Final[Object] = {
    "description": "The state, to be named by If-Match and If-None-Match.",
    "schema": {"type": "string"},
}

# What the built-in convertors take: what is written here, and no more.
_CONVERTED: Final[Mapping[str, Object]] = {
    "str": {"type": "string", "minLength": 1},
    "path": {"type": "string"},
    "int": {"type": "integer", "minimum": 0, "maximum": 10**20 - 1},
    "float": {"type": "number", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
}

_CONDITIONS: Final[Mapping[str, str]] = {
    "If-Match": "Only if the state is one of these.",
    "If-None-Match": "Only if the state is none of these.",
}

# Where a word begins in a class's name: Book|Item, HTTP|Log.
_word = re.compile(r"(?<=[a-z0-9])[A-Z]|[A-Z](?=[a-z])")


def merged(base: Any, over: Any) -> Any:
    """Merge what a person wrote over what was inferred.

    Mappings are merged, and lists of parameters, by name and place; all else is
    replaced.

    Args:
        base: What was inferred.
        over: What counts.
    """
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        # YAML has 200 for the number, JSON has names.
        named = {str(key): value for key, value in over.items()}
        both = {
            key: merged(value, named[key]) if key in named else value
            for key, value in base.items()
        }
        return both | {key: each for key, each in named.items() if key not in base}
    if _are_parameters(base) and _are_parameters(over):
        found = {(each["name"], each["in"]): each for each in base}
        for each in over:
            key = each["name"], each["in"]
            found[key] = merged(found.get(key, {}), each)
        return list(found.values())
    return over


def _are_parameters(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, Mapping) and {"name", "in"} <= each.keys() for each in value
    )


def requirements(described: Description) -> tuple[list[Object], Object]:
    """Give what a request may come with to be let in.

    Args:
        described: The operation.

    Returns:
        Security requirement objects, one for each alternative, none if nothing is asked
        for; and the schemes, by name.
    """
    together: list[Object] = [{}]
    for guard in described.guards:
        together = [
            {**one, **other} for one in together for other in guard.alternatives()
        ]
    schemes: Object = {}
    for each in together:
        schemes.update({name: dict(scheme) for name, scheme in each.items()})
    if not schemes:
        return [], {}
    found: list[Object] = []
    for each in together:
        requirement: Object = {name: [] for name in each}
        if requirement not in found:
            found.append(requirement)
    return found, schemes


class Operations:
    """What makes the operations of one document.

    Args:
        problem_types: What problem details may come as, beside JSON and plain text.

    Attributes:
        components: The schemas that the operations refer to.
        security_schemes: The security schemes that they name.
        tags: What is said of each tag, in order.
        names_problems: Whether some operation has an error.
    """

    def __init__(self, problem_types: Iterable[str] = ()) -> None:
        self._problem_types = tuple(problem_types)
        self.components: Components = Components()
        self.components.reserve(PROBLEM)
        self.components.reserve(INVALID)
        self.names_problems: bool = False
        self.security_schemes: Object = {}
        self.tags: dict[str, Object] = {}
        self._docstrings: dict[Any, Docstring] = {}

    def operation(self, described: Description) -> Object:
        """Give the Operation Object of one function.

        Args:
            described: What is known of it.

        Raises:
            DocstringError: The YAML of a docstring cannot be used.
            TypeError: Something has no form in JSON.
        """
        docstring = self._read(described.function)
        shared = Docstring() if described.owner is None else self._read(described.owner)
        operation: Object = {"operationId": _operation_id(described)}
        if docstring.summary:
            operation["summary"] = docstring.summary
        if docstring.description:
            operation["description"] = docstring.description
        if described.owner is not None:
            operation["tags"] = [self._tag(described.owner.__name__, shared)]
        parameters = self._parameters(described, docstring, shared)
        if parameters:
            operation["parameters"] = parameters
        body = self._request_body(described, docstring)
        if body:
            operation["requestBody"] = body
        operation["responses"] = self._responses(described, docstring, shared)
        security, schemes = requirements(described)
        if security:
            operation["security"] = security
            self.security_schemes.update(schemes)
        exemplify(operation, _examples(described))
        for yaml in (_for_operation(shared.yaml), docstring.yaml):
            if yaml:
                operation = merged(operation, yaml)
        return operation

    def _read(self, definition: Any) -> Docstring:
        if definition not in self._docstrings:
            self._docstrings[definition] = read(definition)
        return self._docstrings[definition]

    def _tag(self, name: str, docstring: Docstring) -> str:
        text = "\n\n".join(filter(None, (docstring.summary, docstring.description)))
        said = {"description": text} if text else {}
        self.tags.setdefault(name, {"name": name, **said})
        return name

    # Requests -------------------------------------------------------------------------

    def _parameters(
        self, described: Description, docstring: Docstring, shared: Docstring
    ) -> list[Object]:
        said = {**shared.args, **docstring.args}
        found = [
            _path_parameter(each, said.get(each.name, ""))
            for each in described.parameters
            if not each.in_host
        ]
        for name, location in (
            ("query", "query"),
            ("headers", "header"),
            ("cookies", "cookie"),
        ):
            part = described.parts.get(name)
            if part is not None:
                found += self.components.parameters(
                    part.model.annotation,
                    location,  # type: ignore[arg-type]  # one of the three, see above
                    required=part.required,
                )
        if described.is_conditional:
            present = {each["name"].lower() for each in found}
            found += [
                {
                    "name": name,
                    "in": "header",
                    "description": text,
                    "schema": {"type": "string"},
                }
                for name, text in _CONDITIONS.items()
                if name.lower() not in present
            ]
        return found

    def _request_body(self, described: Description, docstring: Docstring) -> Object:
        for name in ("body", "form"):
            part = described.parts.get(name)
            if part is None:
                continue
            annotation = part.model.annotation
            if name == "form":
                content = self.components.form(annotation)
            elif part.model.loads:
                content = self.components.body(annotation)
            else:
                content = self._taken(annotation, described.media_types)
            text = docstring.args.get(name)
            said = {"description": text} if text else {}
            return {**said, "content": content, "required": part.required}
        return {}

    def _taken(self, annotation: Any, media_types: Iterable[str]) -> Object:
        """Describe content that is read from any of some media types, forms too."""
        names = [each.partition(";")[0] for each in media_types]
        forms = self.components.form(annotation) if URLENCODED in names else {}
        return {
            each: forms.get(each) or {"schema": self.components.taken(annotation)}
            for each in names
        }

    # Answers --------------------------------------------------------------------------

    def _responses(
        self, described: Description, docstring: Docstring, shared: Docstring
    ) -> Object:
        found: Object = {}
        for status, response in self._results(described):
            found[status] = _either(found.get(status, {}), response)
        if docstring.returns:
            first = next(iter(found), "200")
            found.setdefault(first, {})["description"] = docstring.returns
        if described.states_validators:
            for status, response in found.items():
                if status.startswith("2"):
                    response.setdefault("headers", {})["ETag"] = dict(_ETAG)
            if described.method == "GET":
                found["304"] = {"headers": {"ETag": dict(_ETAG)}}
        for status_code, texts in sorted(_errors(described, docstring, shared).items()):
            found[str(status_code)] = self._error(described, status_code, texts)
        if not found:
            found["default"] = {}
        for status, response in found.items():
            response.setdefault("description", _words(status))
        return dict(sorted(found.items()))

    def _results(self, described: Description) -> Iterable[tuple[str, Object]]:
        returns = described.returns
        if not described.is_annotated:
            yield "200", {}
            return
        if returns.streams:
            yield "200", {"content": self._stream(described)}
        for given in returns.given:
            yield from self._result(described, given)

    def _stream(self, described: Description) -> Object:
        item = self.components.given(described.returns.item_type)
        content: Object = {}
        for kind in described.returns.streams:
            media_type = str(kind.media_type).partition(";")[0]
            # OpenAPI 3.1 has no word for the items of a stream, 3.2 has.
            schema = {"type": "string"}
            content[media_type] = {"schema": schema, "x-itemSchema": item}
            if not issubclass(kind, NDJSON):
                content[media_type]["x-itemSchema"] = {
                    "type": "object",
                    "properties": {
                        "data": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": item,
                        }
                    },
                }
        return content

    def _result(
        self, described: Description, given: Given
    ) -> Iterable[tuple[str, Object]]:
        kind = given.kind
        if kind is not None and issubclass(kind, Response):
            yield from _own_response(kind)
            return
        if given.content is None and given.status is None:
            return
        status = "2XX" if given.status is None else str(given.status)
        response: Object = {}
        if given.content is not None:
            response["content"] = {
                media_type.partition(";")[0]: self._content(media_type, given.content)
                for media_type in described.representations
            }
        if kind in (Created, Accepted, SeeOther):
            response["headers"] = _located()
        if kind is Page:
            response["headers"] = {
                "Link": {
                    "description": "Other pages, by their relation (RFC 8288).",
                    "schema": {"type": "string"},
                }
            }
        yield status, response
        if kind is Created and described.gives_forms_back:
            yield "303", {"headers": _located()}

    def _content(self, media_type: str, annotation: Any) -> Object:
        essence = media_type.partition(";")[0]
        if essence.startswith("text/"):
            return {"schema": {"type": "string"}}
        if annotation is Any:
            return {"schema": {}}
        return {"schema": self.components.given(annotation)}

    def _error(
        self, described: Description, status_code: int, texts: list[str]
    ) -> Object:
        self.names_problems = True
        name = INVALID if status_code == 422 else PROBLEM
        problem = {"schema": {"$ref": f"#/components/schemas/{name}"}}
        headers = dict(_HEADERS.get(status_code, {}))
        if status_code == 415:
            field = ACCEPT_FIELDS.get(described.method, "Accept")
            headers[field] = {
                "description": "The media types that are taken.",
                "schema": {"type": "string"},
            }
        content = {"application/problem+json": problem, "text/plain": _TEXT}
        if status_code == 422 and described.gives_forms_back:
            content["text/html"] = _TEXT
        content.update(dict.fromkeys(self._problem_types, _TEXT))
        return {
            "description": " ".join(dict.fromkeys(filter(None, texts)))
            or _words(str(status_code)),
            **({"headers": headers} if headers else {}),
            "content": content,
        }


def _located() -> Object:
    return {
        "Location": {
            "description": "Where it is.",
            "schema": {"type": "string", "format": "uri-reference"},
        }
    }


def _examples(described: Description) -> list[Example]:
    """Give the examples in a docstring that are of this method.

    Raises:
        DocstringError: One cannot be read.
    """
    text = getattr(described.function, "__doc__", None) or ""
    try:
        found = examples(text)
    except ExampleError as exc:
        raise DocstringError(exc.problem, exc.line + 1, described.where) from exc
    return [each for each in found if each.method == described.method]


def _operation_id(described: Description) -> str:
    """Give a name: `get_book_item` for a class, and a function has its own."""
    if described.owner is not None:
        words = _word.sub(r"_\g<0>", described.owner.__name__).lstrip("_").lower()
        return f"{described.method.lower()}_{words}"
    name: str = getattr(described.function, "__name__", described.where)
    methods = {*described.route.handlers} - {"HEAD"}
    return name if len(methods) == 1 else f"{described.method.lower()}_{name}"


def _for_operation(yaml: Object | None) -> Object | None:
    """Give what the YAML of a class says of all of its operations."""
    if yaml is None:
        return None
    return {key: value for key, value in yaml.items() if key != "description"}


def _path_parameter(parameter: PathParameter, text: str) -> Object:
    said = {"description": text} if text else {}
    return {
        "name": parameter.name,
        "in": "path",
        **said,
        "required": True,
        "schema": _schema_of(parameter.convertor),
    }


def _schema_of(convertor: Any) -> Object:
    """Give what a convertor takes; one of your own may have a `schema`."""
    for name, schema in _CONVERTED.items():
        if CONVERTORS[name] is convertor:
            return dict(schema)
    own = getattr(convertor, "schema", None)
    if own is not None:
        return dict(own)
    pattern = ecma(re.compile(convertor.regex))
    return {"type": "string", **({"pattern": pattern} if pattern else {})}


def _own_response(kind: type[Response]) -> Iterable[tuple[str, Object]]:
    """Give what a Response of a class is, as far as its class tells."""
    if issubclass(kind, RedirectResponse):
        location = {"schema": {"type": "string", "format": "uri-reference"}}
        yield "3XX", {"headers": {"Location": location}}
        return
    content = next(
        (
            {media_type: {"schema": schema}}
            for cls, media_type, schema in _CONTENT
            if issubclass(kind, cls)
        ),
        None,
    )
    if _is_file(kind):
        content = {"*/*": {"schema": {}}}
    response = {} if content is None else {"content": content}
    yield "200", response
    if _is_file(kind):
        # RFC 9110 §14, §13: a part, or nothing that the client would not have.
        yield "206", dict(response)
        yield "304", {}


def _is_file(kind: type) -> bool:
    """Whether a response is a FileResponse, whose module needs a package of its own."""
    return any(
        (base.__module__, base.__qualname__) == ("restlette.http.files", "FileResponse")
        for base in kind.__mro__
    )


def _errors(
    described: Description, docstring: Docstring, shared: Docstring
) -> dict[int, list[str]]:
    """Give the errors of an operation with what is said of each.

    They are the pipeline's, the guards', and those that docstrings name, of which some
    are of exceptions that are mapped to problems: where such a one may be raised, only
    the docstring knows.
    """
    found: dict[int, list[str]] = {}
    named = [
        (status_code, text)
        for name, text in (*shared.raises, *docstring.raises)
        if (status_code := _status_of(name, described)) is not None
    ]
    for status_code, text in named:
        found.setdefault(status_code, []).append(text)
    for guard in described.guards:
        for status_code, text in guard.responses.items():
            found.setdefault(status_code, []).append(text)
    if any(
        given.kind is not None and _is_file(given.kind)
        for given in described.returns.given
    ):
        for status_code in (412, 416):
            found.setdefault(status_code, [])
    for status_code, text in described.errors.items():
        # What somebody wrote of it says more.
        found.setdefault(status_code, []).extend(
            [] if any(found.get(status_code, ())) else [text]
        )
    return found


def _exception(name: str, module: str) -> type[HTTPException] | None:
    """Give the HTTPException of a name, wherever it is; one of the same package first.

    A docstring names what a store raises, whose module nobody had to import it from.
    """
    package = module.partition(".")[0]
    waiting: list[type[HTTPException]] = [HTTPException]
    found: list[type[HTTPException]] = []
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        found += [cls] if cls.__name__ == name else []
    found.sort(key=lambda cls: cls.__module__.partition(".")[0] != package)
    return found[0] if found else None


def _status_of(name: str, described: Description) -> int | None:
    """Give the status that an exception is answered with, by the name it is called."""
    last = name.rpartition(".")[2]
    for known, problem in described.problems.items():
        if known.__name__ == last:
            return problem.status_code
    space = getattr(described.function, "__globals__", {})
    cls: Any = space.get(last) or _exception(last, space.get("__name__", ""))
    if not isinstance(cls, type) or not issubclass(cls, BaseException):
        return None
    for base, problem in described.problems.items():
        if issubclass(cls, base):
            return problem.status_code
    if not issubclass(cls, HTTPException):
        return None
    status_code = getattr(cls, "status_code", None)
    return status_code if status_code in BY_STATUS else None


def _either(one: Object, other: Object) -> Object:
    """Give what one of two answers with one status is."""
    content = dict(one.get("content", {}))
    for media_type, each in other.get("content", {}).items():
        if media_type in content and content[media_type] != each:
            schemas = [content[media_type]["schema"], each["schema"]]
            each = {"schema": {"anyOf": schemas}}
        content[media_type] = each
    both: Object = merged(one, other)
    return {**both, "content": content} if content else both


def _words(status: str) -> str:
    words = {"2XX": "Success.", "3XX": "It is elsewhere.", "default": "Any answer."}
    if status in words:
        return words[status]
    return f"{phrase(int(status))}."
