"""The parameters of callables, as `inspect.signature` knows them."""

import functools
import inspect

import pytest

from restlette.resources.parameters import parameters_of, unwrap


def plain(request, book_id, *, body=None, query=1): ...


def positional_only(request, /, name="x", *rest, flag, **others): ...


def nothing(): ...


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Resource:
    def __init__(self, store, *, limit=1): ...

    def __call__(self, request, name): ...

    def get(self, request, book_id=1): ...

    @classmethod
    def make(cls, request): ...

    wrapped = decorated(get)


class Bare: ...


TARGETS = {
    "a function": plain,
    "positional only, *args and **kwargs": positional_only,
    "no parameters": nothing,
    "decorated": decorated(plain),
    "decorated twice": decorated(decorated(plain)),
    "a bound method": Resource(1).get,
    "a class method": Resource.make,
    "a decorated method": Resource(1).wrapped,
    "a class": Resource,
    "an instance": Resource(1),
    "a partial": functools.partial(plain, 1, query=2),
    "a partial of a keyword": functools.partial(plain, book_id=2),
    "a partial of positional-only ones": functools.partial(positional_only, 1),
    "a partial of a partial": functools.partial(functools.partial(plain, 1), 2),
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_it_tells_what_inspect_does(target) -> None:
    read = parameters_of(target)
    assert read is not None
    expected = inspect.signature(target).parameters.values()
    if isinstance(target, functools.partial):
        # inspect goes on listing what was given by keyword, as it may be given again.
        expected = [each for each in expected if each.name not in target.keywords]
    by_kind = {
        kind: tuple(each.name for each in expected if each.kind is kind)
        for kind in inspect._ParameterKind
    }
    nameless = by_kind[inspect.Parameter.POSITIONAL_ONLY]
    either = by_kind[inspect.Parameter.POSITIONAL_OR_KEYWORD]
    keyword = by_kind[inspect.Parameter.KEYWORD_ONLY]
    names = (*read.positional, *read.keyword_only)
    assert set(names) == {*nameless, *either, *keyword}
    assert read.positional[: read.nameless] == nameless
    assert read.nameless == len(nameless)
    assert read.any_positional is bool(by_kind[inspect.Parameter.VAR_POSITIONAL])
    assert read.any_keyword is bool(by_kind[inspect.Parameter.VAR_KEYWORD])
    for each in expected:
        if each.name in names:
            default = read.defaults.get(each.name, inspect.Parameter.empty)
            assert default == each.default


def test_the_first_can_be_left_out_of_a_function_that_will_be_a_method() -> None:
    read = parameters_of(Resource.get, skip=1)
    assert read is not None
    assert read.positional == ("request", "book_id")
    assert read.owner is None


def test_it_tells_the_class_that_a_method_belongs_to() -> None:
    for target in (Resource, Resource(1), Resource(1).get):
        read = parameters_of(target)
        assert read is not None
        assert read.owner is Resource


@pytest.mark.parametrize("target", [len, dict, Bare, functools.partial(len)])
def test_what_is_not_written_in_python_cannot_be_read(target) -> None:
    assert parameters_of(target) is None


def test_decorators_are_looked_through() -> None:
    assert unwrap(decorated(decorated(plain))) is plain
    assert unwrap(plain) is plain
