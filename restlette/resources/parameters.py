"""The parameters of a callable, read from the function that it ends in.

`inspect.signature` would tell the same and take a hundred times as long, which counts
when ten thousand handlers are bound at start-up. The story starts at `parameters_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import Any, NamedTuple

__all__ = ["Parameters", "parameters_of", "unwrap"]

# The bits of co_flags (Python's reference, 3.2.13) for `*args` and `**kwargs`.
VAR_POSITIONAL = 0x04
VAR_KEYWORD = 0x08


class Parameters(NamedTuple):
    """What a callable can be given, `self` left out.

    Attributes:
        function: the function that was read, where its annotations stand.
        owner: the class whose method it is, when that was what was given.
        positional: names that may be given by position, in order.
        keyword_only: names that may not.
        nameless: how many of the positional ones may only be given by position.
        defaults: the values of those that may be left out.
        any_positional: whether there is an `*args`.
        any_keyword: whether there is a `**kwargs`.
    """

    function: FunctionType
    owner: type | None
    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    nameless: int
    defaults: Mapping[str, Any]
    any_positional: bool
    any_keyword: bool


def unwrap(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function below decorators that say what they wrap (`functools.wraps`)."""
    while True:
        inner = getattr(function, "__wrapped__", None)
        if inner is None:
            return function
        function = inner


def parameters_of(target: Callable[..., Any], skip: int = 0) -> Parameters | None:
    """Read a function, method, class, partial, or object with `__call__`.

    A class takes what its `__init__` takes.

    Args:
        target: what is read.
        skip: how many positional parameters to leave out: 1 for a function that will
            be a method.

    Returns:
        None for what is not written in Python, and so cannot be read.
    """
    if isinstance(target, partial):
        return _without_given(parameters_of(target.func, skip), target)
    owner: type | None = None
    if isinstance(target, type):
        owner, skip = target, skip + 1
        target = getattr(target, "__init__")  # noqa: B009 a class's, not an instance's
    elif isinstance(target, MethodType):
        owner, skip, target = type(target.__self__), skip + 1, target.__func__
    elif not isinstance(unwrap(target), FunctionType):
        owner, skip, target = type(target), skip + 1, type(target).__call__
    function = unwrap(target)
    return _read(function, owner, skip) if isinstance(function, FunctionType) else None


def _read(function: FunctionType, owner: type | None, skip: int) -> Parameters:
    code = function.__code__
    count, keyword_only = code.co_argcount, code.co_kwonlyargcount
    positional = code.co_varnames[:count]
    values = function.__defaults__ or ()
    defaults = dict(zip(positional[count - len(values) :], values, strict=True))
    defaults |= function.__kwdefaults__ or {}
    return Parameters(
        function=function,
        owner=owner,
        positional=positional[skip:],
        keyword_only=code.co_varnames[count : count + keyword_only],
        nameless=max(0, code.co_posonlyargcount - skip),
        defaults=defaults,
        any_positional=bool(code.co_flags & VAR_POSITIONAL),
        any_keyword=bool(code.co_flags & VAR_KEYWORD),
    )


def _without_given(
    parameters: Parameters | None, given: partial[Any]
) -> Parameters | None:
    if parameters is None:
        return None
    count = len(given.args)
    return parameters._replace(
        positional=tuple(
            name for name in parameters.positional[count:] if name not in given.keywords
        ),
        keyword_only=tuple(
            name for name in parameters.keyword_only if name not in given.keywords
        ),
        nameless=max(0, parameters.nameless - count),
    )
