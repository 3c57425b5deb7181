"""Objects made from data, with everything that is wrong with it at once.

The story starts at `ObjectLoader`: it reads every member, and then asks the validators
of those that could be read. It runs when a quicker way has failed, so it may take its
time; whatever the data, it looks at each part once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from restlette.http.optional import load
from restlette.resources.models import plain
from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.leaves import Hook
from restlette.resources.models.shapes import Field

__all__ = ["LIMIT", "Draft", "Errors", "ObjectLoader", "explained"]

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
        self._readers: list[tuple[str, Hook, bool]] = []

    def __call__(self, data: Any, _: Any = None) -> Any:
        """Make an instance.

        Raises:
            Invalid: the data does not fit.
        """
        if not isinstance(data, dict):
            raise plain.refuse(dict)
        errors = Errors()
        if not self._keys.issuperset(data):
            for key in (key for key in data if key not in self._keys):
                errors.add(FieldError((key,), "unknown", "There is no such field."))
        values = self._read(data, errors)
        if errors.found:
            self._validate(values, errors)
            raise Invalid(errors.found)
        try:
            # PERF: one bad item in a long list should not make all of them dear.
            return self._make(**values)
        except REFUSALS as exc:
            self._validate(values, errors)
            whole = FieldError((), "invalid", explained(exc))
            raise Invalid(errors.found or [whole]) from exc

    def _read(self, data: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
        """The values that can be read, by the name of the parameter that takes each."""
        # Not before the first call: a class may hold itself.
        self._readers = self._readers or [
            (field.key, self._hook(field.annotation), field.required)
            for field in self._fields
        ]
        values = {}
        for key, hook, required in self._readers:
            if key in data:
                try:
                    values[key] = hook(data[key], None)
                except Invalid as exc:
                    errors.below(key, exc)
            elif required:
                errors.add(FieldError((key,), "missing", "This is required."))
        return values

    def _validate(self, values: Mapping[str, Any], errors: Errors) -> None:
        """Ask the converters and validators of the fields that were read."""
        if not self._validated:
            return
        # They may look at the instance, so they get one. It is not made by __init__,
        # which would stop at the first that refuses.
        draft = Draft(self._make)
        for ask in (draft.set, draft.validate):
            for field in self._validated:
                refusal = ask(field, values)
                if refusal is not None:
                    errors.add(FieldError((field.key,), "invalid", refusal))


class Draft:
    """An instance of an attrs class with the fields that are known, for validators."""

    def __init__(self, cls: Any) -> None:
        self._instance = cls.__new__(cls)
        self._known: set[str] = set()
        self._incomplete = False

    def set(self, field: Field, values: Mapping[str, Any]) -> str | None:
        """Set a field to its value or its default; tell what its converter objects."""
        attribute = field.attribute
        if field.key not in values and attribute.default is attrs.NOTHING:
            self._incomplete |= field.settable
            return None
        try:
            value = self._converted(attribute, self._value(field, values))
        except REFUSALS as exc:
            self._incomplete = True
            return explained(exc)
        except AttributeError as exc:
            self._tolerate(exc)
            return None
        object.__setattr__(self._instance, field.name, value)
        self._known.add(field.name)
        return None

    def validate(self, field: Field, values: Mapping[str, Any]) -> str | None:
        """Tell what a field's validator objects to."""
        attribute = field.attribute
        if attribute.validator is None or field.name not in self._known:
            return None
        try:
            value = getattr(self._instance, field.name)
            attribute.validator(self._instance, attribute, value)
        except REFUSALS as exc:
            return explained(exc)
        except AttributeError as exc:
            self._tolerate(exc)
        return None

    def _tolerate(self, exc: AttributeError) -> None:
        """Raise an exception again unless a field with an error explains it."""
        if not self._incomplete:
            raise exc

    def _value(self, field: Field, values: Mapping[str, Any]) -> Any:
        if field.key in values:
            return values[field.key]
        default = field.attribute.default
        if not isinstance(default, attrs.Factory):
            return default
        return default.factory(*((self._instance,) if default.takes_self else ()))

    def _converted(self, attribute: Any, value: Any) -> Any:
        converter = attribute.converter
        if converter is None:
            return value
        if isinstance(converter, CONVERTER):
            return converter(value, self._instance, attribute)
        return converter(value)
