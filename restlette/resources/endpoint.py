"""Resources: classes whose methods answer HTTP's.

The story starts with `HTTPEndpoint`. When a subclass is made, its table of methods is
made with it: which of HTTP's methods it answers, and by which function. A request's
method is looked up there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from types import FunctionType
from typing import Any, ClassVar, dataclass_transform
from urllib.parse import urlencode

from restlette.concurrency import DEFAULT_POOL
from restlette.http.json import STANDARD
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.methods import is_token
from restlette.http.request import Request
from restlette.http.types import Receive, Scope, Send
from restlette.resources.boundary import Boundary
from restlette.resources.dependencies import Injected
from restlette.resources.instances import Instances
from restlette.resources.pipeline import (
    Operation,
    Settings,
    bind_hook,
    path_parameters_of,
)
from restlette.resources.representation import JSON, Representation
from restlette.resources.site import Entry, Leaf, Site
from restlette.resources.uri import Ref, Template

__all__ = ["METHODS", "HTTPEndpoint", "handlers_of", "operations_of"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""The methods that a class answers by a function of the same name in lower case."""


@dataclass_transform(kw_only_default=True)
class HTTPEndpoint(Injected):
    """A resource: a class with a function for each method that it answers.

    One instance answers one request. Public annotated attributes without a value are
    dependencies; the application gives them, or the keyword arguments of the
    constructor do. An instance is an ASGI application.

    Attributes:
        extra_methods: Further methods by name: `{"QUERY": "search"}`.
        representations: What content can be encoded as; the first is the default.

    Raises:
        TypeError: An attribute named like a method is no function.
    """

    extra_methods: ClassVar[Mapping[str, str]] = {}
    representations: ClassVar[tuple[Representation, ...]] = (JSON,)
    # The site of an instance that is used as an application by itself.
    _site: Site | None = None
    _handlers: ClassVar[Mapping[str, FunctionType]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _refuse_promises(cls)
        cls._handlers = _method_table(cls)

    @classmethod
    def ref(cls, **params: Any) -> Ref:
        """Give a link to this resource, as a value that tests can compare.

        Args:
            params: The parameters of its path.
        """
        return Ref(cls, **params)

    async def prepare(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Do what all methods need; it runs before the body is read.

        An override takes the request and those of the path's parameters that it names.

        Args:
            request: The request.
            args: Nothing; they let overrides have parameters.
            kwargs: The path's parameters.

        Returns:
            None to go on, or what the answer is made of instead of the handler's.
        """

    async def on_finish(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Clean up; it runs after the answer was sent, whatever the answer was.

        Args:
            request: The request.
            args: Nothing; they let overrides have parameters.
            kwargs: The path's parameters.
        """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever its path, as an ASGI application.

        The parameters of the path are those in the scope.
        """
        if self._site is None:
            self._site = _standalone(self)
        await self._site(scope, receive, send)

    def __await__(self) -> Generator[Any, None, None]:
        """Answer the request that the instance was made of, as the ancestor's does."""
        if "scope" not in self.__dict__:
            raise TypeError(
                f"await {type(self).__qualname__}(scope, receive, send), or call an "
                "instance with them."
            )
        return self(self.scope, self.receive, self.send).__await__()


def handlers_of(cls: type[HTTPEndpoint]) -> Mapping[str, FunctionType]:
    """Give the functions of a class by the method that each answers."""
    return cls._handlers


# What a later release gives a meaning to. SECURITY: a class that says who may use it
# must not be open because nobody reads what it says.
_WITHOUT_EFFECT = ("guards", "validators", "require_preconditions")


def _refuse_promises(cls: type) -> None:
    for name in _WITHOUT_EFFECT:
        if hasattr(cls, name):
            raise TypeError(
                f"{cls.__qualname__}.{name} would have no effect: this release of "
                f"restlette does not know {name}. Check in `prepare`, and raise "
                "Forbidden or PreconditionFailed there."
            )


def _method_table(cls: type[HTTPEndpoint]) -> dict[str, FunctionType]:
    names = {method: method.lower() for method in METHODS}
    for method, name in cls.extra_methods.items():
        if not is_token(method) or method != method.upper():
            raise TypeError(
                f"{cls.__qualname__}.extra_methods names {method!r}, which is no "
                "method in capital letters."
            )
        if getattr(cls, name, None) is None:
            raise TypeError(
                f"{cls.__qualname__}.extra_methods says that {name!r} answers "
                f"{method}, but the class has no such function."
            )
        names[method] = name
    table = {}
    for method, name in names.items():
        function = _written(cls, name)
        # None takes an inherited method away, as `__hash__ = None` does.
        if function is None:
            continue
        if not isinstance(function, FunctionType):
            raise TypeError(
                f"{cls.__qualname__}.{name} is a {type(function).__name__}, but that "
                f"name answers {method}: write `async def {name}(self, request)`, or "
                "give the attribute another name."
            )
        table[method] = function
    return table


def _written(cls: type, name: str) -> Any:
    """Give an attribute as it was written in the class, descriptors not asked."""
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return None


def operations_of(
    endpoint: HTTPEndpoint | type[HTTPEndpoint],
    path_names: tuple[str, ...],
    settings: Settings,
    instances: Instances,
) -> dict[str, Operation]:
    """Work out what each method of a resource does.

    Args:
        endpoint: The class, or an instance of it.
        path_names: The parameters of its path.
        settings: What the routers above decide.
        instances: Makes the resource for each request.

    Raises:
        TypeError: A method or hook asks for something that is not on offer.
    """
    cls = instances.cls
    offered: Any = endpoint.representations
    if not isinstance(offered, tuple | list) or not offered:
        raise TypeError(
            f"{cls.__qualname__}.representations is {offered!r}: write a tuple, whose "
            "first member is the default, such as (JSON,)."
        )
    hooks = (
        bind_hook(cls, HTTPEndpoint, "prepare", path_names, settings.pool),
        bind_hook(cls, HTTPEndpoint, "on_finish", path_names, settings.pool),
    )
    return {
        method: Operation(
            function,
            instances,
            path_names,
            tuple(offered),
            hooks,
            settings,
        )
        for method, function in handlers_of(cls).items()
    }


def _standalone(endpoint: HTTPEndpoint) -> Site:
    """Give a site that has one leaf, under every path."""
    boundary = Boundary()
    settings = Settings(
        boundary, DEFAULT_LIMITS, STANDARD, DEFAULT_POOL, build=_name_of_ref
    )
    site = Site(None, boundary, DEFAULT_LIMITS.headers)
    handlers = handlers_of(type(endpoint))
    if not handlers:
        raise TypeError(
            f"{type(endpoint).__qualname__} answers no method: give it a function such "
            "as `async def get(self, request)`."
        )
    names = tuple(
        dict.fromkeys(n for f in handlers.values() for n in path_parameters_of(f))
    )
    operations = operations_of(endpoint, names, settings, Instances(endpoint, None))
    leaf = site.tree.insert_below(Template(""), Leaf)
    leaf.methods = {
        method: Entry(operation.entry, boundary=boundary, endpoint=endpoint)
        for method, operation in operations.items()
    }
    site.known.update(leaf.methods)
    leaf.close(next(iter(leaf.methods.values())), ())
    site.tree.freeze()
    return site


def _name_of_ref(target: Any, /, **params: Any) -> str:
    """Give a link where there is no router: a URI that names the resource."""
    name = getattr(target, "__qualname__", target)
    query = urlencode(params)
    return f"ref:{name}?{query}" if query else f"ref:{name}"
