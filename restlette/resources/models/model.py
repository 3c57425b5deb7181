"""The three functions that a model is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["Model", "Strings"]

# Parameters, header fields or cookies: the values of each name, as they came.
Strings = Mapping[str, list[str]]


class Model(NamedTuple):
    """What reads and writes the values of one annotation.

    A tuple of functions and not an object with methods: the pipeline holds the one
    that it needs, and calls it without a look-up.

    Attributes:
        annotation: what the model stands for.
        load: makes a value from JSON data, strictly: a string is no number. Raises
            `Invalid`.
        load_strings: makes a value from the parameters of a query, or from header
            fields or cookies, where a number is its text. Raises `Invalid`.
        dump: makes JSON data from a value. Raises `TypeError` when the value is not
            what the annotation says, as far as that can be seen.
        no_query: why it cannot be read from a query, or None.
        names: the parameters that `load_strings` takes; None where it takes any.
        settable: makes the data that `load` would make the value of again, without what
            `dump` shows only; None where there is nothing of the kind.
        loads: what makes a value, by the media type of the content, of data in JSON;
            where it is empty, `load` does it of `application/json`.
        load_text: makes a value from the text of one parameter, header field or cookie;
            None where a text is not enough.
        taken_schema: makes a JSON Schema (2020-12) of the data that `load` takes, for
            documents; what it refers to is in its own `$defs`. None where nothing is
            known of the data.
        given_schema: the same for the data that `dump` makes; None where that is the
            same.
    """

    annotation: Any
    load: Callable[[Any], Any]
    load_strings: Callable[[Strings], Any]
    dump: Callable[[Any], Any]
    no_query: str | None = None
    names: tuple[str, ...] | None = None
    settable: Callable[[Any], Any] | None = None
    loads: Mapping[str, Callable[[Any], Any]] = MappingProxyType({})
    load_text: Callable[[Any], Any] | None = None
    taken_schema: Callable[[], Mapping[str, Any]] | None = None
    given_schema: Callable[[], Mapping[str, Any]] | None = None

    def dump_settable(self, value: Any) -> Any:
        """Make JSON data of a value, without what cannot be set."""
        return (self.settable or self.dump)(value)

    def or_none(self, annotation: Any) -> Model:
        """The model of `X | None`, which JSON's null stands for None in.

        Args:
            annotation: what the new model stands for.
        """
        inner_load, inner_dump, inner_settable = self.load, self.dump, self.settable

        def load(data: Any) -> Any:
            return None if data is None else inner_load(data)

        def dump(value: Any) -> Any:
            return None if value is None else inner_dump(value)

        def settable(value: Any) -> Any:
            return None if value is None else (inner_settable or inner_dump)(value)

        return self._replace(
            annotation=annotation, load=load, dump=dump, settable=settable
        )
