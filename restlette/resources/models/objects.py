"""Objects made from data, with everything that is wrong with it at once.

The story starts at `ObjectLoader`: it reads every member, and then asks the validators
of those that could be read. It runs when a quicker way has failed, so it may take its
time; whatever the data, it looks at each part once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from restlette.http.optional import load
from restlette.resources.models import plain
from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.leaves import Hook
from restlette.resources.models.shapes import Field

__all__ = ["LIMIT", "Errors", "ObjectLoader", "explained"]

attrs = load("attrs", "attrs", needed_by="restlette.resources.models")

# What attrs 24.1 and later have for converters that look at more than the value.
CONVERTER: Any = getattr(attrs, "Converter", ())

# SECURITY: how many errors are told. A megabyte of empty objects would be answered by
# a hundred megabytes of complaints otherwise, each made at a cost.
LIMIT = 100

# What a validator or a converter raises to refuse a value. Any other exception is a
# mistake in it, and none of the client's.
REFUSALS = (ValueError, TypeError, ArithmeticError)


class Errors:
    """The errors found so far."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, *errors: FieldError) -> None:
        """Take note of errors.

        Raises:
            Invalid: there are as many as are told.
        """
        self.found += errors
        if len(self.found) >= LIMIT:
            raise Invalid(self.found[:LIMIT])

    def below(self, step: str | int, inner: Invalid) -> None:
        """Take note of what is wrong inside one part."""
        self.add(*(each.below(step) for each in inner.errors))

    def raise_any(self) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise Invalid(self.found)


def explained(exc: Exception) -> str:
    """The sentence of a validator's or converter's exception, for a client."""
    # The validators of attrs give the sentence first, and more after it.
    sentence = exc.args[0] if exc.args else ""
    return str(sentence)[:200] or "This is not valid."


class ObjectLoader:
    """Makes the instances of a class from mappings.

    Args:
        make: the class.
        fields: what its instances hold.
        hook: gives the hook that reads the values of a type.
    """

    def __init__(
        self, make: Any, fields: Sequence[Field], hook: Callable[[Any], Hook]
    ) -> None:
        self._make = make
        self._hook = hook
        self._fields = [field for field in fields if field.settable]
        self._keys = frozenset(field.key for field in self._fields)
        # attrs runs the validators of fields that cannot be set from outside too.
        self._validated = [field for field in fields if field.attribute is not None]

    def __call__(self, data: Any, _: Any = None) -> Any:
        """Make an instance.

        Raises:
            Invalid: the data does not fit.
        """
        if not isinstance(data, dict):
            raise plain.refuse(dict)
        errors = Errors()
        for key in data:
            if key not in self._keys:
                errors.add(FieldError((key,), "unknown", "There is no such field."))
        values = self._read(data, errors)
        self._validate(values, errors)
        errors.raise_any()
        try:
            return self._make(**values)
        except REFUSALS as exc:
            raise Invalid([FieldError((), "invalid", explained(exc))]) from exc

    def _read(self, data: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
        """The values that can be read, by the name of the parameter that takes each."""
        values = {}
        for field in self._fields:
            if field.key in data:
                try:
                    values[field.key] = self._hook(field.annotation)(data[field.key])
                except Invalid as exc:
                    errors.below(field.key, exc)
            elif field.required:
                errors.add(FieldError((field.key,), "missing", "This is required."))
        return values

    def _validate(self, values: Mapping[str, Any], errors: Errors) -> None:
        """Ask the converters and validators of the fields that were read."""
        if not self._validated:
            return
        # They may look at the instance, so they get one. It is not made by __init__,
        # which would stop at the first that refuses.
        draft = Draft(self._make, self._validated)
        for field in self._validated:
            refusal = draft.set(field, values)
            if refusal is not None:
                errors.add(FieldError((field.key,), "invalid", refusal))
        for field in self._validated:
            refusal = draft.validate(field)
            if refusal is not None:
                errors.add(FieldError((field.key,), "invalid", refusal))


class Draft:
    """An instance of an attrs class with the fields that are known, for validators."""

    def __init__(self, cls: Any, fields: Iterable[Field]) -> None:
        self._instance = cls.__new__(cls)
        self._missing = {field.name for field in fields}

    def set(self, field: Field, values: Mapping[str, Any]) -> str | None:
        """Set a field to its value or its default; tell what its converter objects."""
        attribute = field.attribute
        if field.settable and field.key in values:
            value = values[field.key]
        elif attribute.default is attrs.NOTHING:
            return None
        else:
            value = self._default(attribute.default)
        try:
            value = self._converted(attribute, value)
        except REFUSALS as exc:
            return explained(exc)
        object.__setattr__(self._instance, field.name, value)
        self._missing.discard(field.name)
        return None

    def _default(self, default: Any) -> Any:
        if not isinstance(default, attrs.Factory):
            return default
        arguments = (self._instance,) if default.takes_self else ()
        return default.factory(*arguments)

    def _converted(self, attribute: Any, value: Any) -> Any:
        converter = attribute.converter
        if converter is None:
            return value
        if isinstance(converter, CONVERTER):
            return converter(value, self._instance, attribute)
        return converter(value)

    def validate(self, field: Field) -> str | None:
        """Tell what a field's validator objects to."""
        validator = field.attribute.validator
        if validator is None or field.name in self._missing:
            return None
        try:
            validator(
                self._instance, field.attribute, getattr(self._instance, field.name)
            )
        except REFUSALS as exc:
            return explained(exc)
        except AttributeError:
            # It looked at a field that has an error of its own.
            if not self._missing:
                raise
        return None
