"""Resources: classes whose methods answer HTTP's.

The story starts with `HTTPEndpoint`. When a subclass is made, its table of methods is
made with it: which of HTTP's methods it answers, and by which function. A request's
method is looked up there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from types import FunctionType
from typing import Any, ClassVar, dataclass_transform
from urllib.parse import urlencode

from restlette.concurrency import DEFAULT_POOL, ThreadPool
from restlette.http.json import STANDARD
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.methods import is_token
from restlette.http.request import Request
from restlette.http.types import Receive, Scope, Send
from restlette.http.validators import Validators
from restlette.resources.boundary import Boundary
from restlette.resources.dependencies import Injected
from restlette.resources.facts import Facts
from restlette.resources.guards import Guard, Rule, below, guards_for, read_guards
from restlette.resources.hooks import bind_hook
from restlette.resources.html import templates_later
from restlette.resources.instances import Instances
from restlette.resources.pipeline import (
    Operation,
    Settings,
    operation_class,
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
        guards: Who may use it: the first that is for the method decides.
        require_preconditions: Whether PUT, PATCH and DELETE have to name the state
            that they are meant for; without it they are answered 428.

    Raises:
        TypeError: An attribute named like a method is no function.
    """

    extra_methods: ClassVar[Mapping[str, str]] = {}
    representations: ClassVar[tuple[Representation, ...]] = (JSON,)
    guards: ClassVar[Sequence[Guard | Rule]] = ()
    require_preconditions: ClassVar[bool] = False
    # The site of an instance that is used as an application by itself.
    _site: Site | None = None
    _handlers: ClassVar[Mapping[str, FunctionType]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._handlers = _method_table(cls)
        read_guards(cls.guards, cls.__qualname__, cls._handlers)

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

    async def validators(
        self, request: Request, *args: Any, **kwargs: Any
    ) -> Validators | None:
        """Say in which state the resource is; it runs before the content is read.

        An override takes the request and those of the path's parameters that it names.
        What it states is held against the request's preconditions, and told to clients
        that GET the resource. The tag is one of the state: where there are several
        representations, each gets a tag of its own from it.

        What was true when it was asked may be so no longer when the handler writes:
        there, `preconditions.check(current)` belongs into the store's transaction.

        Args:
            request: The request.
            args: Nothing; they let overrides have parameters.
            kwargs: The path's parameters.

        Returns:
            Its entity tag, its date of last change, or both; None where there is no
            such resource, which is 404 to all methods but PUT, which may make one.
        """
        return Validators()

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
        # PERF: asked first, since most classes have few of them.
        if not hasattr(cls, name):
            continue
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
    return next(vars(base)[name] for base in cls.__mro__ if name in vars(base))


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
    if (
        not isinstance(offered, tuple | list)
        or not offered
        or not all(isinstance(each, Representation) for each in offered)
    ):
        raise TypeError(
            f"{cls.__qualname__}.representations is {offered!r}: write a tuple, whose "
            "first member is the default, such as (JSON,)."
        )
    pool = settings.pool
    hooks = (
        bind_hook(cls, HTTPEndpoint, "prepare", path_names, pool),
        bind_hook(cls, HTTPEndpoint, "on_finish", path_names, pool),
    )
    facts = _facts_of(endpoint, cls, path_names, pool)
    make = operation_class(offered)
    return {
        method: make(
            function,
            instances,
            path_names,
            tuple(offered),
            hooks,
            settings,
            guards=guards_for(settings.guards, method),
            facts=facts,
        )
        for method, function in handlers_of(cls).items()
    }


def _facts_of(
    endpoint: HTTPEndpoint | type[HTTPEndpoint],
    cls: type,
    path_names: tuple[str, ...],
    pool: ThreadPool,
) -> Facts | None:
    """Give what a resource says of its state, if it says anything."""
    hook = bind_hook(cls, HTTPEndpoint, "validators", path_names, pool)
    if hook is not None:
        required = endpoint.require_preconditions
        return Facts(hook, cls.__qualname__, endpoint.representations, required)
    if endpoint.require_preconditions:
        raise TypeError(
            f"{cls.__qualname__} requires preconditions, but says nothing that they "
            "could be held against: give it `async def validators(self, request)`."
        )
    return None


def _standalone(endpoint: HTTPEndpoint) -> Site:
    """Give a site that has one leaf, under every path."""
    boundary = Boundary()
    settings = Settings(
        boundary,
        DEFAULT_LIMITS,
        STANDARD,
        DEFAULT_POOL,
        build=_name_of_ref,
        templates=templates_later,
    )
    site = Site(None, boundary, DEFAULT_LIMITS.headers)
    cls = type(endpoint)
    handlers = handlers_of(cls)
    if not handlers:
        raise TypeError(
            f"{cls.__qualname__} answers no method: give it a function such "
            "as `async def get(self, request)`."
        )
    hooks: list[Any] = [cls.prepare, cls.validators, cls.on_finish]
    functions = [*handlers.values(), *hooks]
    names = tuple(dict.fromkeys(n for f in functions for n in path_parameters_of(f)))
    rules = read_guards(endpoint.guards, cls.__qualname__, handlers)
    settings = settings._replace(guards=below((), rules))
    operations = operations_of(endpoint, names, settings, Instances(endpoint, None))
    leaf = site.tree.insert_below(Template(""), Leaf)
    leaf.methods = {
        method: Entry(operation.entry(method), boundary=boundary, endpoint=endpoint)
        for method, operation in operations.items()
    }
    leaf.taken = {m: operation.media_types for m, operation in operations.items()}
    site.known.update(leaf.methods)
    leaf.close(next(iter(leaf.methods.values())), ())
    site.tree.freeze()
    return site


def _name_of_ref(target: Any, /, **params: Any) -> str:
    """Give a link where there is no router: a URI that names the resource."""
    name = getattr(target, "__qualname__", target)
    query = urlencode(params)
    return f"ref:{name}?{query}" if query else f"ref:{name}"
