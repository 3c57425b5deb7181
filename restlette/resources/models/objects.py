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
from restlette.resources.models.errors import (
    Errors,
    FieldError,
    Invalid,
    Search,
    explained,
)
from restlette.resources.models.leaves import Hook
from restlette.resources.models.shapes import Field

__all__ = ["Draft", "ObjectLoader"]

attrs: Any = load("attrs", "attrs", needed_by="restlette.resources.models")

# What attrs 24.1 and later have for converters that look at more than the value.
CONVERTER: Any = getattr(attrs, "Converter", ())

# What may be long, as a codec reads it.
LONG = (list, dict)

# What a validator or a converter raises to refuse a value. Any other exception is a
# mistake in it, and none of the client's.
REFUSALS = (ValueError, TypeError, ArithmeticError)


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
        self._shown = {field.key for field in fields if not field.settable} - self._keys
        # attrs runs the validators of fields that cannot be set from outside too.
        self._validated = [field for field in fields if field.attribute is not None]
        self._readers: list[tuple[str, Hook, bool]] = []

    def __call__(self, data: Any, search: Search | None = None) -> Any:
        """Make an instance.

        Args:
            data: what it is made of.
            search: the search for errors that this is part of.

        Raises:
            Invalid: the data does not fit.
        """
        if not isinstance(data, dict):
            raise plain.refuse(dict)
        errors = Errors(search)
        if not self._keys.issuperset(data):
            for key in (key for key in data if key not in self._keys):
                errors.add(self._refuse(key))
        values = self._read(data, errors, search)
        if errors.missed:
            self._validate(values, errors)
            raise Invalid(errors.found)
        try:
            # PERF: one bad item in a long list should not make all of them dear.
            return self._make(**values)
        except REFUSALS as exc:
            self._validate(values, errors)
            whole = FieldError((), "invalid", explained(exc))
            raise Invalid(errors.found or [whole]) from exc

    def _refuse(self, key: str) -> FieldError:
        """The error of a member that cannot be set."""
        if key in self._shown:
            return FieldError((key,), "read_only", "This cannot be set.")
        return FieldError((key,), "unknown", "There is no such field.")

    def _read(
        self, data: Mapping[str, Any], errors: Errors, search: Search | None
    ) -> dict[str, Any]:
        """The values that can be read, by the name of the parameter that takes each."""
        # Not before the first call: a class may hold itself.
        self._readers = self._readers or [
            (field.key, self._hook(field.annotation), field.required)
            for field in self._fields
        ]
        values = {}
        # Short ones first: when an error is known, less is read of the long ones.
        for is_long in (False, True):
            for key, hook, required in self._readers:
                if (data.get(key).__class__ in LONG) is not is_long:
                    continue
                if key in data:
                    try:
                        values[key] = hook(data[key], search)
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
