"""What an application does, method by method, as plain data.

The story starts with `describe_operations`. It goes through a frozen tree and tells of
each function what a request may have, what is answered, and which errors can come of
it. It is read from what answers requests, so that it cannot say anything else. Schemas,
checks and tests are made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from restlette.http.limits import Limits
from restlette.resources.guards import Guard
from restlette.resources.parts import PLACES, Part
from restlette.resources.pipeline import Operation
from restlette.resources.problem import Problem
from restlette.resources.representation import UNANNOTATED, Returns
from restlette.resources.router import Router
from restlette.resources.routes import RouteInfo, class_of, is_resource
from restlette.resources.site import Leaf, Site
from restlette.resources.tree import Tree
from restlette.resources.uri import (
    Convertor,
    Parameter,
    PathConvertor,
    StringConvertor,
    Template,
)

__all__ = ["Description", "PathParameter", "describe_operations"]

# What may be changed only by who knows the state (RFC 6585 §3).
_REPLACING: Final = frozenset(("PUT", "PATCH", "DELETE"))


class PathParameter(NamedTuple):
    """A parameter of a path, or of a host.

    Attributes:
        name: Its name.
        convertor: What takes its text.
        in_host: Whether it is one of the host's.
    """

    name: str
    convertor: Convertor[Any]
    in_host: bool = False


class Description(NamedTuple):
    """One function that answers a method at a path.

    Attributes:
        method: The method.
        path: The whole template, prefixes and convertors included.
        path_format: The same without convertors.
        route: What was registered.
        function: The function.
        owner: The class of the resource; None for a function on its own.
        where: Class and name of the function.
        parameters: Those of the path, in order, and of the host.
        parts: What else of a request it takes, by name: `body`, `query`, ….
        media_types: The media types of content that it takes as `body`.
        returns: What its annotation says of the result.
        representations: The media types that content is sent in.
        guards: What has to let a request in, the outermost router's first.
        problems: What clients are told of exceptions, by class.
        limits: How much of a request is taken.
        gives_forms_back: Whether people get their form again where it does not fit, and
            are led to what came of it where it does.
        takes_preconditions: Whether it holds preconditions against a state itself.
        states_validators: Whether the resource says in which state it is.
        requires_preconditions: Whether the state has to be named.
        errors: Why there may be each error status that restlette itself answers
            because of what is stated here; those of guards and problems are not among
            them, nor what any request may get: 400 without a valid Host, 431, 500.
    """

    method: str
    path: str
    path_format: str
    route: RouteInfo
    function: Callable[..., Any]
    owner: type[Any] | None
    where: str
    parameters: tuple[PathParameter, ...]
    parts: Mapping[str, Part]
    media_types: tuple[str, ...]
    returns: Returns
    representations: tuple[str, ...]
    guards: tuple[Guard, ...]
    problems: Mapping[type[BaseException], Problem]
    limits: Limits
    gives_forms_back: bool
    takes_preconditions: bool
    states_validators: bool
    requires_preconditions: bool
    errors: Mapping[int, str]

    @property
    def is_annotated(self) -> bool:
        """Whether the function's annotation says what it returns."""
        return self.returns is not UNANNOTATED

    @property
    def is_conditional(self) -> bool:
        """Whether the request's preconditions are looked at."""
        return self.takes_preconditions or self.states_validators


def describe_operations(router: Router) -> Iterator[Description]:
    """Describe every function that answers requests, in the order of registration.

    HEAD is not told of where it is GET without content, nor OPTIONS where it is
    answered for you. Routers and applications of restlette's that are mounted are gone
    through; other applications do not tell what they do.

    Args:
        router: The router or application; it is frozen.

    Raises:
        TypeError: A handler or a dependency makes no sense.
        ValueError: Two routes answer one method at one path.
    """
    yield from _describe(router, "", {})


def _describe(
    router: Router, prefix: str, guards: Mapping[str, tuple[Guard, ...]]
) -> Iterator[Description]:
    router.freeze()
    operations = dict(_operations(router.site))
    for route in router.walk():
        if route.kind == "mount":
            if isinstance(route.endpoint, Router):
                below = prefix + route.path.rstrip("/")
                more = {m: guards.get(m, ()) + g for m, g in route.guards.items()}
                yield from _describe(route.endpoint, below, more or guards)
            continue
        for method in _methods(route):
            operation = operations.get((route.path, route.host, method))
            # An ASGI application does not tell what it does.
            if operation is not None:
                outer = guards.get(method, ())
                yield _description(method, route, operation, prefix, outer)


def _methods(route: RouteInfo) -> list[str]:
    """Give the methods that a route has a function for, GET first."""
    handlers = route.handlers
    return [
        method
        for method in sorted(handlers, key=lambda each: (each != "GET", each))
        if method != "HEAD" or handlers.get("GET") is not handlers[method]
    ]


Key = tuple[str, str | None, str]


def _operations(site: Site) -> Iterator[tuple[Key, Operation]]:
    """Give what answers each method of each route of a site."""
    sites = [site]
    if site.hosts is not None:
        sites += [inner for _, inner in site.hosts.leaves()]
    for each in sites:
        tree: Tree[Leaf] = each.tree
        for leaf in tree.leaves():
            for method, entry in leaf.methods.items():
                operation = getattr(entry.answer, "__self__", None)
                if isinstance(operation, Operation):
                    key = entry.route.path, entry.route.host, method
                    yield key, operation


def _description(
    method: str,
    route: RouteInfo,
    operation: Operation,
    prefix: str,
    outer: tuple[Guard, ...],
) -> Description:
    binding = operation.binding
    template = Template(prefix + route.path if prefix else route.path)
    owner = class_of(route.endpoint) if is_resource(route.endpoint) else None
    parameters = [_parameter(each) for each in template.parameters]
    if route.host is not None:
        inside = Template(f"/{route.host}").parameters
        parameters += [_parameter(each)._replace(in_host=True) for each in inside]
    facts = operation.facts
    description = Description(
        method=method,
        path=template.text,
        path_format=template.format,
        route=route,
        function=operation.function,
        owner=owner,
        where=operation.where,
        parameters=tuple(parameters),
        parts=binding.parts,
        media_types=operation.media_types,
        returns=binding.returns,
        representations=operation.offers,
        guards=outer + operation.guards,
        problems=route.problems,
        limits=operation.settings.limits,
        gives_forms_back=operation.gives_forms_back,
        takes_preconditions=binding.takes_preconditions,
        states_validators=facts is not None,
        requires_preconditions=(
            facts is not None and facts.required and method in _REPLACING
        ),
        errors={},
    )
    return description._replace(errors=_errors(description))


def _parameter(parameter: Parameter) -> PathParameter:
    return PathParameter(parameter.name, parameter.convertor)


def _errors(described: Description) -> dict[int, str]:
    """Give the errors of the pipeline's steps, where a step is there to make them."""
    errors: dict[int, str] = {}
    parts = described.parts
    has_content = "body" in parts or "form" in parts
    if has_content or parts.keys() & PLACES.keys() or described.parameters:
        errors[400] = "The request is malformed."
    is_stated = described.states_validators and described.method != "PUT"
    if is_stated or any(map(_may_refuse, described.parameters)):
        errors[404] = "There is nothing here."
    if _is_negotiated(described):
        there_is = ", ".join(described.representations)
        errors[406] = f"The client takes none of what there is: {there_is}."
    if described.is_conditional:
        errors[412] = "The resource is not in the state that the request names."
    if has_content:
        errors[413] = "The content is too long."
        errors[415] = "The content is of a media type that is not taken."
    if any(_may_not_fit(name, part) for name, part in parts.items()):
        errors[422] = "The request is not what the resource takes."
    if described.requires_preconditions:
        errors[428] = "The request has to name the state that it is meant for."
    return errors


def _may_refuse(parameter: PathParameter) -> bool:
    """Say whether there are texts that a parameter does not take."""
    return not isinstance(parameter.convertor, StringConvertor | PathConvertor)


def _is_negotiated(described: Description) -> bool:
    """Say whether an answer may have content that Accept is asked about."""
    returns = described.returns
    if not described.is_annotated or (returns.streams and returns.typed):
        return True
    return any(each.content is not None for each in returns.given)


def _may_not_fit(name: str, part: Part) -> bool:
    """Say whether there is anything that a part may not be."""
    return name in PLACES or part.model.annotation is not Any
