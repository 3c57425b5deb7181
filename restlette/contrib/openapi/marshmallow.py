"""marshmallow's Schemas, as schemas of OpenAPI.

The story starts at `schema_of`. What a field becomes is apispec's to say, and corrected
here where it says something else than the field does: `_Converter` overrides the parts
of apispec's that are wrong. What a Schema takes that is not meant (`fields.Integer()`
reads "3") is not told: a client that keeps to the document is understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, get_origin

from restlette.contrib.openapi.docstrings import Docstring, read
from restlette.contrib.openapi.patterns import ecma, escaped
from restlette.contrib.openapi.schemas import (
    NULL,
    NUMBER,
    Direction,
    Schema,
    as_json,
    or_null,
)
from restlette.contrib.openapi.validators import merged
from restlette.http.optional import load

__all__ = ["schema_of"]

NEEDED_BY: Final = "restlette.contrib.openapi"

marshmallow: Any = load("marshmallow", "marshmallow", needed_by=NEEDED_BY)
apispec: Any = load("apispec", "schema", needed_by=NEEDED_BY)
fields: Any = marshmallow.fields
validate: Any = marshmallow.validate

# apispec wants one, and nothing is put into it.
SPEC: Any = apispec.APISpec("", "", "3.1.0")

if TYPE_CHECKING:
    from apispec.ext.marshmallow.openapi import OpenAPIConverter
else:
    OpenAPIConverter = load(
        "apispec.ext.marshmallow.openapi", "schema", needed_by=NEEDED_BY
    ).OpenAPIConverter

# RFC 3339 section 5.6 without the offset.
LOCAL: Final = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,6})?$"
)

# RFC 5322 section 3.3, as email.utils writes it.
RFC_5322: Final = (
    "^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?[0-9]{1,2} "
    "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    "[0-9]{2}:[0-9]{2}:[0-9]{2} (?:GMT|[+-][0-9]{4})$"
)

# The last second of 9999, by what it is counted in.
LATEST: Final = {"timestamp": 253402300799, "timestamp_ms": 253402300799000}

# What strftime writes for the directives that people write dates with.
DIRECTIVE: Final = re.compile(r"%.|[^%]+", re.DOTALL)
DIRECTIVES: Final[Mapping[str, str]] = {
    "%Y": "[0-9]{4}",
    "%y": "[0-9]{2}",
    "%m": "(?:0[1-9]|1[0-2])",
    "%d": "(?:0[1-9]|[12][0-9]|3[01])",
    "%H": "(?:[01][0-9]|2[0-3])",
    "%M": "[0-5][0-9]",
    "%S": "[0-5][0-9]",
    "%f": "[0-9]{6}",
    "%%": "%",
}

# Keywords that null does not pass.
SAYS_NO_NULL: Final = {"type", "$ref", "enum", "const", "anyOf"}

# Fields whose values a function of the developer's makes.
CALLS: Final = (fields.Method, fields.Function)

Refer = Callable[[Any, str, Callable[[Direction], Schema]], Schema]


def schema_of(annotation: Any, refer: Refer) -> Schema:
    """The schema of what a Schema reads or writes.

    Args:
        annotation: `Annotated[dict[str, Any], BookSchema]`, with `list[...]` for many.
        refer: takes note of a component, and gives the reference to it.
    """
    extra = next(filter(_is_schema, annotation.__metadata__))
    origin = annotation.__origin__
    is_list = (get_origin(origin) or origin) in (list, Sequence)
    schema = extra(many=is_list) if isinstance(extra, type) else extra
    return _reference(schema, schema.many, schema.unknown, refer)


def _is_schema(extra: Any) -> bool:
    cls = extra if isinstance(extra, type) else type(extra)
    return issubclass(cls, marshmallow.Schema)


def _reference(schema: Any, many: bool, unknown: str, refer: Refer) -> Schema:
    cls = type(schema)
    modifiers = (schema.only, schema.exclude, schema.load_only, schema.dump_only)
    key = (cls, *map(_frozen, modifiers), _frozen(schema.partial), unknown)
    name = cls.__name__.removesuffix("Schema") or cls.__name__
    found = refer(
        key,
        f"{name}Partial" if schema.partial is True else name,
        lambda direction: _object(schema, unknown, _Converter(refer, direction)),
    )
    return {"type": "array", "items": found} if many else found


def _frozen(names: Any) -> Any:
    is_names = isinstance(names, Iterable) and not isinstance(names, str)
    return frozenset(names) if is_names else names


def _object(schema: Any, unknown: str, converter: _Converter) -> Schema:
    is_taken = converter.direction == "taken"
    shown = schema.load_fields if is_taken else schema.dump_fields
    docstring = _docstring(type(schema))
    properties, required = {}, []
    for name, field in shown.items():
        key = name if field.data_key is None else field.data_key
        properties[key] = converter.field2property(field)
        if name in docstring.args:
            properties[key].setdefault("description", docstring.args[name])
        if field.required and not _is_partial(schema.partial, name):
            required.append(key)
    found: Schema = {"type": "object", **_notes(schema, docstring)}
    found["properties"] = properties
    if required:
        found["required"] = required
    if unknown == marshmallow.RAISE:
        found["additionalProperties"] = False
    return found | (docstring.yaml or {})


def _is_partial(partial: Any, name: str) -> bool:
    return partial is True or (bool(partial) and name in partial)


def _docstring(cls: type) -> Docstring:
    return read(cls) if vars(cls).get("__doc__") else Docstring()


def _notes(schema: Any, docstring: Docstring) -> Schema:
    meta = type(schema).Meta
    text = "\n\n".join(filter(None, (docstring.summary, docstring.description)))
    notes = {
        "title": getattr(meta, "title", None),
        "description": getattr(meta, "description", None) or text,
    }
    return {name: note for name, note in notes.items() if note}


# Fields -------------------------------------------------------------------------------


class _Converter(OpenAPIConverter):
    """apispec's converter of fields, corrected.

    Args:
        refer: takes note of a component, and gives the reference to it.
        direction: whether values are read or written.
    """

    def __init__(self, refer: Refer, direction: Direction) -> None:
        super().__init__("3.1.0", None, SPEC)
        self.refer: Refer = refer
        self.direction: Direction = direction

    def field2property(self, field: Any) -> Schema:
        """The schema of a field's values."""
        found = super().field2property(field)
        if "example" in found:
            found["examples"] = [found.pop("example")]
        for validator in _flat(field.validators):
            found = merged(found, _asked_by(validator, field))
        if field.allow_none:
            return or_null(found) if found else found
        if found.keys() & SAYS_NO_NULL or isinstance(field, CALLS):
            return found
        return {**found, "not": NULL}

    def nested2properties(self, field: Any, ret: Any) -> Schema:
        """The reference to the Schema in a field."""
        if not isinstance(field, fields.Nested) or isinstance(field, fields.Pluck):
            return {}
        schema = field.schema
        many, unknown = schema.many or field.many, field.unknown or schema.unknown
        return _reference(schema, many, unknown, self.refer)

    def field2type_and_format(self, field: Any, **kwargs: Any) -> Schema:
        """What kind of value a field has in JSON."""
        for kind, describe in KINDS.items():
            if isinstance(field, kind):
                return describe(self, field)
        return super().field2type_and_format(field, **kwargs)

    def field2default(self, field: Any, **kwargs: Any) -> Schema:
        """What a member is that is left out."""
        if "default" in field.metadata or isinstance(field, fields.Constant):
            return {}
        try:
            found: Schema = as_json(super().field2default(field, **kwargs))
            return found
        # A default that the field cannot write raises what it likes.
        except Exception:
            return {}

    def datetime2properties(self, field: Any, **kwargs: Any) -> Schema:
        """Nothing more than `field2type_and_format` says."""
        return {}

    def timedelta2properties(self, field: Any, **kwargs: Any) -> Schema:
        """Nothing more than `field2type_and_format` says."""
        return {}

    def enum2properties(self, field: Any, **kwargs: Any) -> Schema:
        """The names, or the values, of an Enum."""
        if not isinstance(field, fields.Enum):
            return {}
        members = field.enum.__members__
        choices = [each.value for each in field.enum] if field.by_value else members
        schema = self.field2property(field.field)
        schema.pop("not", None)
        written = [field.field._serialize(each, None, None) for each in choices]
        return {**schema, "enum": as_json(written)}

    def dict2properties(self, field: Any, **kwargs: Any) -> Schema:
        """The names and the values of a mapping's members."""
        if not isinstance(field, fields.Mapping):
            return {}
        found: Schema = {}
        if field.key_field is not None:
            names = self.field2property(field.key_field)
            if names.get("type") in ("integer", "number"):
                names = {"pattern": NUMBER}
            found["propertyNames"] = names
        if field.value_field is not None:
            found["additionalProperties"] = self.field2property(field.value_field)
        return found

    # What validators ask is added to the rest, in `field2property`.

    def field2choices(self, field: Any, **kwargs: Any) -> Schema:
        """Nothing: see above."""
        return {}

    def field2range(self, field: Any, ret: Any) -> Schema:
        """Nothing: see above."""
        return {}

    def field2length(self, field: Any, **kwargs: Any) -> Schema:
        """Nothing: see above."""
        return {}

    def field2pattern(self, field: Any, **kwargs: Any) -> Schema:
        """Nothing: see above."""
        return {}

    def field2nullable(self, field: Any, ret: Any) -> Schema:
        """Nothing: see above."""
        return {}

    def field2read_only(self, field: Any, **kwargs: Any) -> Schema:
        """Whether a member is shown and cannot be set."""
        return {"readOnly": True} if field.dump_only else {}

    def field2write_only(self, field: Any, **kwargs: Any) -> Schema:
        """Whether a member is set and never shown."""
        return {"writeOnly": True} if field.load_only else {}


# What a kind of field is in JSON, the narrower kinds first ----------------------------


def _integer(converter: _Converter, field: Any) -> Schema:
    return _number("integer", "^-?[0-9]+$", converter, field)


def _float(converter: _Converter, field: Any) -> Schema:
    return _number("number", NUMBER, converter, field)


def _number(kind: str, pattern: str, converter: _Converter, field: Any) -> Schema:
    if not field.as_string:
        return {"type": kind}
    if converter.direction == "given":
        return {"type": "string", "pattern": pattern}
    if getattr(field, "strict", False):
        return {"type": kind}
    return {"type": [kind, "string"], "pattern": pattern}


def _decimal(converter: _Converter, field: Any) -> Schema:
    """A string in answers, as restlette writes a Decimal; in requests a number too.

    With `allow_nan` it may be "NaN", which has no grammar worth telling.
    """
    kind: Any = "string" if converter.direction == "given" else ["string", "number"]
    pattern = {} if field.allow_nan else {"pattern": NUMBER}
    return {"type": kind, "format": "decimal", **pattern}


def _datetime(converter: _Converter, field: Any) -> Schema:
    name = field.format or field.DEFAULT_FORMAT
    if name in ("iso", "iso8601"):
        naive = getattr(fields, "NaiveDateTime", ())
        if isinstance(field, naive) and field.timezone is None:
            return {"type": "string", "format": "date-time-local", "pattern": LOCAL}
        return {"type": "string", "format": "date-time"}
    if name in ("rfc", "rfc822"):
        example = "Wed, 02 Oct 2002 13:00:00 GMT"
        return {"type": "string", "pattern": RFC_5322, "examples": [example]}
    if name in LATEST:
        # Earlier than 1970 is refused, and written.
        bounds = {"minimum": 0, "maximum": LATEST[name]}
        return {"type": "number", **(bounds if converter.direction == "taken" else {})}
    return _written(name)


def _date(converter: _Converter, field: Any) -> Schema:
    name = field.format or field.DEFAULT_FORMAT
    is_iso = name in ("iso", "iso8601")
    return {"type": "string", "format": "date"} if is_iso else _written(name)


def _time(converter: _Converter, field: Any) -> Schema:
    # marshmallow 3.26 has formats of times, too.
    name = field.format or field.DEFAULT_FORMAT
    is_iso = name in ("iso", "iso8601")
    return {"type": "string", "format": "time"} if is_iso else _written(name)


def _written(form: str) -> Schema:
    """A date in a form of the developer's own, `%d.%m.%Y`."""
    parts = []
    for piece in DIRECTIVE.findall(form):
        if piece.startswith("%") and piece not in DIRECTIVES:
            return {"type": "string"}
        parts.append(DIRECTIVES.get(piece) or escaped(piece))
    return {"type": "string", "pattern": f"^{''.join(parts)}$"}


def _timedelta(converter: _Converter, field: Any) -> Schema:
    # marshmallow 3.26 writes integers, unless told otherwise.
    whole = getattr(field, "serialization_type", float) is int
    # Python's go as far back as -timedelta.min, and a little further ahead.
    most = -timedelta.min // timedelta(**{field.precision: 1})
    return {
        "type": "integer" if whole else "number",
        "minimum": -most,
        "maximum": most,
        "x-unit": field.precision,
    }


def _tuple(converter: _Converter, field: Any) -> Schema:
    items = [converter.field2property(each) for each in field.tuple_fields]
    length = len(items)
    prefix: Schema = {"prefixItems": items} if items else {}
    return {"type": "array", **prefix, "minItems": length, "maxItems": length}


def _constant(converter: _Converter, field: Any) -> Schema:
    # Whatever is sent, it is the constant.
    if converter.direction == "taken":
        return {}
    return {"const": as_json(field.constant)}


def _url(converter: _Converter, field: Any) -> Schema:
    return {"type": "string", "format": "uri-reference" if field.relative else "uri"}


def _ip(converter: _Converter, field: Any) -> Schema:
    return {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}


def _text(converter: _Converter, field: Any) -> Schema:
    return {"type": "string"}


def _mapping(converter: _Converter, field: Any) -> Schema:
    return {"type": "object"}


def _anything(converter: _Converter, field: Any) -> Schema:
    return {}


KINDS: Final[Mapping[type, Callable[[_Converter, Any], Schema]]] = {
    fields.Integer: _integer,
    fields.Float: _float,
    fields.Decimal: _decimal,
    # marshmallow 3 derives these two from the third.
    fields.Time: _time,
    fields.Date: _date,
    fields.DateTime: _datetime,
    fields.TimeDelta: _timedelta,
    fields.Tuple: _tuple,
    fields.Constant: _constant,
    fields.Url: _url,
    fields.IPv4: lambda *_: {"type": "string", "format": "ipv4"},
    fields.IPv6: lambda *_: {"type": "string", "format": "ipv6"},
    fields.IP: _ip,
    fields.IPInterface: _text,
    fields.Enum: _anything,
    fields.Pluck: _anything,
    fields.Nested: _anything,
    fields.Mapping: _mapping,
}


# Validators ---------------------------------------------------------------------------


def _flat(validators: Iterable[Any]) -> list[Any]:
    """Validators, those in an `And` among them."""
    found: list[Any] = []
    for each in validators:
        inner = isinstance(each, validate.And)
        found += _flat(each.validators) if inner else [each]
    return found


def _asked_by(validator: Any, field: Any) -> Schema:
    """What a validator asks, in keywords; nothing where there are no words for it."""
    for kind, read_validator in VALIDATORS.items():
        if isinstance(validator, kind):
            return read_validator(validator, field)
    return {}


def _range(validator: Any, field: Any) -> Schema:
    numeric = (fields.Integer, fields.Float, fields.Decimal)
    if not isinstance(field, numeric):
        return {}  # a date, which is a string in JSON
    low, high = _bound(validator.min), _bound(validator.max)
    names = (
        "minimum" if validator.min_inclusive else "exclusiveMinimum",
        "maximum" if validator.max_inclusive else "exclusiveMaximum",
    )
    bounds = zip(names, (low, high), strict=True)
    return {name: bound for name, bound in bounds if bound is not None}


def _bound(bound: Any) -> int | float | None:
    if bound is None or not isfinite(bound):
        return None
    return int(bound) if bound == int(bound) else float(bound)


def _length(validator: Any, field: Any) -> Schema:
    if isinstance(field, fields.Mapping):
        unit = "Properties"
    elif isinstance(field, fields.List | fields.Tuple | fields.Nested):
        unit = "Items"
    else:
        unit = "Length"
    low = high = validator.equal
    if validator.equal is None:
        low, high = validator.min, validator.max
    bounds = {f"min{unit}": low, f"max{unit}": high}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _regexp(validator: Any, field: Any) -> Schema:
    pattern = ecma(validator.regex, "match")
    return {} if pattern is None else {"pattern": pattern}


def _one_of(validator: Any, field: Any) -> Schema:
    return _enum(validator.choices, field)


def _none_of(validator: Any, field: Any) -> Schema:
    found = _enum(validator.iterable, field)
    return {"not": found} if found else {}


def _contains_only(validator: Any, field: Any) -> Schema:
    found = _enum(validator.choices, getattr(field, "inner", None))
    return {"items": found} if found else {}


def _contains_none_of(validator: Any, field: Any) -> Schema:
    found = _enum(validator.iterable, getattr(field, "inner", None))
    return {"items": {"not": found}} if found else {}


def _equal(validator: Any, field: Any) -> Schema:
    return _enum([validator.comparable], field)


def _enum(choices: Iterable[Any], field: Any) -> Schema:
    """Some values of a field, as it writes them; nothing if it cannot."""
    if field is None or isinstance(choices, str):
        return {}
    try:
        return {"enum": as_json([field._serialize(each, "", {}) for each in choices])}
    # Whatever the field raises for what is no value of its own.
    except Exception:
        return {}


VALIDATORS: Final[Mapping[type, Callable[[Any, Any], Schema]]] = {
    validate.Range: _range,
    validate.Length: _length,
    validate.Regexp: _regexp,
    validate.ContainsOnly: _contains_only,
    validate.ContainsNoneOf: _contains_none_of,
    validate.OneOf: _one_of,
    validate.NoneOf: _none_of,
    validate.Equal: _equal,
}
