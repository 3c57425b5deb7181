"""The steps that a request takes, in words and in order, for people.

The story starts with `steps_of`. Everything is read from what the pipeline itself goes
by, so that a step which is not named here is not taken; see `pipeline` for the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from restlette.concurrency import is_async
from restlette.http.limits import Limits
from restlette.middleware import Middleware
from restlette.resources.guards import Guard
from restlette.resources.instances import Instances
from restlette.resources.parameters import unwrap
from restlette.resources.pipeline import Operation
from restlette.resources.routes import Place, name_of

__all__ = ["Step", "around", "guarded", "place_of", "shown", "steps_of"]


class Step(NamedTuple):
    """One thing that is done with a request.

    Attributes:
        name: What it is called.
        does: What is done, in words.
        refuses: The statuses of answers that may end the request here.
        place: Where in the source it is written, if it is the application's own.
    """

    name: str
    does: str
    refuses: tuple[int, ...] = ()
    place: Place | None = None


def place_of(function: Any) -> Place | None:
    """Give where a function is written; None if it is none of Python's."""
    code = getattr(unwrap(function), "__code__", None)
    return None if code is None else Place(code.co_filename, code.co_firstlineno)


def shown(annotation: Any) -> str:
    """Give an annotation as somebody would write it, without the names of modules."""
    if annotation is Any:
        return "anything"
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__qualname__.rpartition(".<locals>.")[2]
    return re.sub(r"(?:[A-Za-z_]\w*\.|<locals>\.)+", "", str(annotation))


def around(middleware: Iterable[Middleware]) -> Iterator[Step]:
    """Give the steps of middleware, the outermost first."""
    for each in middleware:
        # SECURITY: not the options, which may be secrets.
        dispatch = each.options.get("dispatch")
        if dispatch is None:
            yield Step("middleware", name_of(each.cls))
        else:
            yield Step("middleware", name_of(dispatch), (), place_of(dispatch))


def guarded(guards: Iterable[Guard]) -> Iterator[Step]:
    """Give the steps of guards, each of which has to let the request in."""
    for guard in guards:
        yield Step("guard", repr(guard), tuple(sorted(guard.responses)))


def steps_of(operation: Operation, method: str) -> Iterator[Step]:
    """Give the steps of an operation.

    Args:
        operation: The operation.
        method: The method of the request.
    """
    if operation.binding.returns.typed:
        yield Step("negotiation", f"Accept takes {_either(operation.offers)}", (406,))
    opened = () if operation.instances is None else operation.instances.request_names
    yield from _made(operation.instances, opened)
    yield from guarded(operation.guards)
    yield from _asked(operation, method)
    yield from _bound(operation)
    yield _called(operation)
    yield _encoded(operation)
    for name in opened:
        yield Step("dependency", f"{name} is closed", (500,))
    yield from _ended(operation, method)


def _made(instances: Instances | None, opened: Iterable[str]) -> Iterator[Step]:
    """Give the steps that make the resource."""
    if instances is None:
        return
    wanted = {name: f"{name}: {shown(key)}" for name, key in instances.wanted.items()}
    made = "a copy of the" if instances.is_copied else "a new"
    given = ", ".join(text for name, text in wanted.items() if name not in opened)
    does = f"{made} {instances.cls.__qualname__}" + f", with {given}" * bool(given)
    yield Step("resource", does)
    for name in opened:
        yield Step("dependency", f"{wanted[name]} is opened, for this request")


def _asked(operation: Operation, method: str) -> Iterator[Step]:
    """Give the steps in which the resource is asked before anything is done."""
    if operation.prepare is not None:
        yield Step("prepare", "may answer instead", (), _hook(operation, "prepare"))
    if operation.facts is None:
        return
    place = _hook(operation, "validators")
    if method in ("GET", "HEAD"):
        yield Step(
            "validators", "is the client's copy current?", (304, 404, 412), place
        )
        return
    refuses = [412] if method == "PUT" else [404, 412]
    does = "is it the state that the client means?"
    if operation.facts.is_asked_for(method):
        refuses.append(428)
        does += " It has to name one."
    yield Step("validators", does, tuple(refuses), place)


def _hook(operation: Operation, name: str) -> Place | None:
    return place_of(getattr(getattr(operation.instances, "cls", None), name, None))


def _bound(operation: Operation) -> Iterator[Step]:
    """Give the steps in which parts of the request become arguments."""
    limits = operation.settings.limits
    for name, part in operation.binding.parts.items():
        model = shown(part.model.annotation)
        does = model if part.required else f"{model}, or {part.default!r}"
        if name == "body":
            types = _either(operation.media_types)
            size = f"at most {limits.body:,} bytes{_codings(limits)}"
            yield Step(name, f"{does}, of {types}; {size}", (400, 413, 415, 422))
        elif name == "form":
            size = (
                f"at most {limits.multipart:,} bytes, {limits.form_fields:,} fields, "
                f"{limits.form_files:,} files"
            )
            yield Step(name, f"{does}; {size}", (400, 413, 415, 422))
        else:
            more = f"; at most {limits.query_parameters:,} parameters"
            refuses = (400, 422) if name == "query" else (422,)
            yield Step(name, does + more * (name == "query"), refuses)
    if operation.binding.takes_preconditions:
        yield Step("preconditions", "for the handler to check", (412,))


def _codings(limits: Limits) -> str:
    if not limits.decompressed:
        return ""
    return f", {limits.decompressed:,} when gzip or deflate is undone"


def _called(operation: Operation) -> Step:
    """Give the step of the handler."""
    names = (*operation.binding.path, *operation.binding.wanted)
    call = f"{operation.where}({', '.join(('request', *names))})"
    is_plain = not is_async(operation.function)
    does = call + ", in a thread" * (is_plain and not operation.binding.returns.streams)
    return Step("handler", does, (), place_of(operation.function))


def _encoded(operation: Operation) -> Step:
    """Give the step that makes an answer of the result."""
    returns = operation.binding.returns
    offers = _either(operation.offers)
    if returns.streams:
        kinds = _either(str(kind.media_type) for kind in returns.streams)
        return Step("encoding", f"items as {kinds}, one by one")
    if returns.typed:
        nothing = ", or nothing" * returns.none_ok
        return Step("encoding", f"{shown(returns.content)} as {offers}{nothing}")
    if returns.none_ok:
        return Step("encoding", "nothing")
    may_refuse = len(operation.offers) > 1
    does = f"what the handler returns, as {offers} unless it is a Response"
    return Step("encoding", does, (406,) if may_refuse else ())


def _ended(operation: Operation, method: str) -> Iterator[Step]:
    """Give the steps that come when there is an answer."""
    returns = operation.binding.returns
    statuses = returns.statuses or (200,)
    without = ", without its content" * (method == "HEAD")
    yield Step("sending", f"{_either(map(str, statuses))}{without}")
    yield Step("background", "the tasks of the answer, if it has some")
    if operation.on_finish is not None:
        yield Step(
            "on_finish", "whatever the end was", (), _hook(operation, "on_finish")
        )
    if "form" in operation.binding.parts:
        yield Step("form", "its files are closed")


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
