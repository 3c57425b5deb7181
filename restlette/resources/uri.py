"""URI templates: how paths are written, matched and made.

The story starts with `Template`: the text of a route's path, split into segments of
literals and parameters. A parameter has a `Convertor` that says which text it takes and
what value that is. A segment of one literal is looked up, one of a single parameter is
asked of its convertor, and one that mixes both is a `Pattern`.

Matching has rules of its own:

* A convertor that does not take a text is no match: the answer is 404.
* Inside a segment a parameter begins after the *last* occurrence of the literal before
  it (`{name}.{ext}` takes `a.tar` and `gz` from `a.tar.gz`), and where the parameters
  before it cannot hold that literal after the *first* one (`{id:int}-{slug}` takes 7
  and `a-b` from `7-a-b`). No part of a path is tried twice, so that a path costs its
  length.
* `{name:path}` takes any number of segments, by the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar
from urllib.parse import unquote

from restlette.http.urls import quote_path, quote_segment
from restlette.suggestions import did_you_mean

__all__ = [
    "CONVERTORS",
    "NO_MATCH",
    "AnyPath",
    "AnySegment",
    "Convertor",
    "Digits",
    "FloatConvertor",
    "IntegerConvertor",
    "Parameter",
    "PathConvertor",
    "Pattern",
    "Ref",
    "StringConvertor",
    "Template",
    "UUIDConvertor",
    "join_segments",
    "register_convertor",
]

T = TypeVar("T")

NO_MATCH: Any = object()
"""What a convertor's `match` gives for a text that it does not take."""

# An encoded slash, while the segments of a path are joined: no path that is matched
# holds a control character.
_SLASH = "\x00"


class Convertor(Generic[T]):
    """Which text a parameter takes, and what value it stands for.

    A subclass gives `regex`, `convert` and `to_string`, and is made known by
    `register_convertor`.

    Attributes:
        regex: What the whole text must match.
        width: How much the convertor takes beside others: the narrowest is asked
            first. The built-in ones are uuid 10, int 20, float 30, str 90, path 100.
        characters: All that its texts are made of, if that is little: a literal with
            another character in it then ends the parameter where it first occurs.
    """

    regex: ClassVar[str] = "[^/]+"
    width: ClassVar[int] = 50
    characters: ClassVar[str] = ""

    def convert(self, value: str) -> T:
        """Give the value of a text that matches `regex`.

        Raises:
            ValueError: There is none after all; the path then does not match.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method convert.")

    def to_string(self, value: T) -> str:
        """Give the text of a value, for a URL.

        Raises:
            ValueError: The value has no text that this convertor would take.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method to_string.")

    def match(self, text: str) -> T | Any:
        """Give the value of a text, or `NO_MATCH`."""
        if _compiled(self.regex).fullmatch(text) is None:
            return NO_MATCH
        try:
            return self.convert(text)
        except ValueError:
            return NO_MATCH


@lru_cache(256)
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


class StringConvertor(Convertor[str]):
    """`{name}` or `{name:str}`: one segment that is not empty."""

    width = 90

    def convert(self, value: str) -> str:
        """Give the text itself."""
        return value

    def to_string(self, value: Any) -> str:
        """Give the text of any value.

        Raises:
            ValueError: It is empty: a segment is not.
        """
        text = str(value)
        if not text:
            raise ValueError("it must not be empty")
        return text


class PathConvertor(Convertor[str]):
    """`{name:path}`: the rest of the path, slashes and all; it may be empty."""

    regex = ".*"
    width = 100

    def convert(self, value: str) -> str:
        """Give the text itself."""
        return value

    def to_string(self, value: Any) -> str:
        """Give the text of any value."""
        return str(value)


class IntegerConvertor(Convertor[int]):
    """`{name:int}`: up to twenty ASCII digits."""

    regex = "[0-9]{1,20}"
    width = 20
    characters = "0123456789"

    def convert(self, value: str) -> int:
        """Give the number."""
        return int(value)

    def to_string(self, value: Any) -> str:
        """Give the number's digits.

        Raises:
            ValueError: It is no whole number, negative, or has more than twenty
                digits.
        """
        number = int(value)
        if number != value and not isinstance(value, str):
            raise ValueError("it is not a whole number")
        if not 0 <= number < 10**20:
            raise ValueError("an int in a path is not negative and below 10^20")
        return str(number)


class FloatConvertor(Convertor[float]):
    """`{name:float}`: digits, with a point and more digits or without."""

    regex = r"[0-9]{1,20}(\.[0-9]{1,20})?"
    width = 30
    characters = "0123456789."

    def convert(self, value: str) -> float:
        """Give the number."""
        return float(value)

    def to_string(self, value: Any) -> str:
        """Give the number in decimals, without an exponent.

        Raises:
            ValueError: It is negative, not finite, 10^20 and more, or would need more
                than twenty decimals.
        """
        number = float(value) + 0.0  # of minus zero, zero
        if not 0 <= number < 1e20:
            raise ValueError("a float in a path is not negative and below 10^20")
        text = repr(number)
        if "e" in text:
            text = f"{number:.20f}".rstrip("0")
        if float(text) != number:
            raise ValueError("a float in a path has at most twenty decimals")
        return text.removesuffix("0").removesuffix(".")


class UUIDConvertor(Convertor[Any]):
    """`{name:uuid}`: a UUID (RFC 9562 §4) as a `uuid.UUID`; either case is taken."""

    regex = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    width = 10
    characters = "0123456789abcdefABCDEF-"

    def convert(self, value: str) -> Any:
        """Give the `uuid.UUID`."""
        # PERF: uuid is loaded by the first route that needs it.
        return import_module("uuid").UUID(value)

    def to_string(self, value: Any) -> str:
        """Give the UUID in lower case.

        Raises:
            ValueError: It is none.
        """
        return str(self.convert(str(value)))


# PERF: the commonest ones need no regular expression. A subclass of the public classes
# may have one of its own, which theirs would not look at.


class AnySegment(StringConvertor):
    """`{name}`, as it comes: a slash that was encoded is part of it."""

    def match(self, text: str) -> Any:
        """Give the text itself, if there is any."""
        return text or NO_MATCH


class AnyPath(PathConvertor):
    """`{name:path}`, as it comes."""

    def match(self, text: str) -> str:
        """Give the text itself."""
        return text


class Digits(IntegerConvertor):
    """`{name:int}`, as it comes."""

    def match(self, text: str) -> Any:
        """Give the number, if the text is one."""
        # Other scripts have digits too.
        if text.isdigit() and text.isascii() and len(text) <= 20:
            return int(text)
        return NO_MATCH


CONVERTORS: dict[str, Convertor[Any]] = {
    "str": AnySegment(),
    "path": AnyPath(),
    "int": Digits(),
    "float": FloatConvertor(),
    "uuid": UUIDConvertor(),
}
"""The convertors by the name that a template calls them."""

# What matters of a regular expression's grammar: an escape, a set of characters, a
# group's ends, a repetition. All else is one character.
_REGEX_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|\{[0-9]*,?[0-9]*\}|.", re.DOTALL
)


def _repeats_a_repetition(regex: str) -> bool:
    """Say whether a group that holds a repetition is repeated, as in (a+)+.

    Such a group may take time that grows exponentially with the text.
    """
    # For each open group, the expression itself first: whether it holds a repetition.
    holds = [False]
    last = False  # whether what came last is a group that does
    for token in _REGEX_TOKEN.findall(regex):
        if token == "(":
            holds.append(False)
        is_repetition = token in ("+", "*") or (token[0] == "{" and token != "{")
        if is_repetition and last:
            return True
        last = False
        if token == ")":
            last = holds.pop()
            holds[-1] |= last
        elif is_repetition and (token in ("+", "*") or "," in token):
            holds[-1] = True
    return False


def register_convertor(name: str, convertor: object) -> None:
    """Make a convertor known to templates.

    Args:
        name: What templates call it: `{parameter:name}`.
        convertor: An instance of a subclass of `Convertor`.

    Raises:
        TypeError: It is not an instance of a Convertor.
        ValueError: The name is not an identifier, or the convertor's regular
            expression is wrong or repeats a repetition, which a hostile path can
            make to run for ever.
    """
    if not isinstance(convertor, Convertor):
        hint = f" Write {convertor.__name__}()." if isinstance(convertor, type) else ""
        raise TypeError(
            f"register_convertor takes an instance of a Convertor, "
            f"not {convertor!r}.{hint}"
        )
    if not (name.isascii() and name.isidentifier()):
        raise ValueError(f"a convertor's name is an identifier, not {name!r}.")
    try:
        re.compile(convertor.regex)
    except re.error as exc:
        raise ValueError(
            f"the regex of convertor {name!r} is wrong: {exc} in {convertor.regex!r}."
        ) from exc
    # SECURITY: the regex meets paths from outside.
    if _repeats_a_repetition(convertor.regex):
        raise ValueError(
            f"the regex of convertor {name!r} repeats a group that holds a repetition: "
            f"{convertor.regex!r} can take exponential time. Write it without nesting."
        )
    CONVERTORS[name] = convertor


class Parameter(NamedTuple):
    """A parameter of a template: its name and its convertor."""

    name: str
    convertor: Convertor[Any]

    @property
    def is_path(self) -> bool:
        """Whether it takes slashes too."""
        return isinstance(self.convertor, PathConvertor)

    def ends_at_first(self, literal: str) -> bool:
        """Say whether its text cannot hold a literal."""
        characters = self.convertor.characters
        return bool(characters) and not set(literal) <= set(characters)


Token = str | Parameter

# "{" name [ ":" convertor ] "}"
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::([A-Za-z_][A-Za-z0-9_]*))?\}")


class Pattern:
    """Literals and parameters in turn, matched in one pass from both ends.

    A regular expression would try every split of the text between two parameters.
    """

    __slots__ = ("_firsts", "_lasts", "_prefix", "_suffix", "parameters", "tokens")

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens: tuple[Token, ...] = tokens
        self.parameters: tuple[Parameter, ...] = tuple(
            t for t in tokens if isinstance(t, Parameter)
        )
        first, last = tokens[0], tokens[-1]
        self._prefix = first if isinstance(first, str) else ""
        self._suffix = last if isinstance(last, str) else ""
        between = [t for t in tokens[1:-1] if isinstance(t, str)]
        known = 0
        for parameter, literal in zip(self.parameters, between, strict=False):
            if not parameter.ends_at_first(literal):
                break
            known += 1
        self._firsts = between[:known]
        self._lasts = between[known:][::-1]

    @property
    def key(self) -> tuple[object, ...]:
        """What the pattern is without its parameters' names."""
        return tuple(
            t.convertor if isinstance(t, Parameter) else t for t in self.tokens
        )

    @property
    def firsts(self) -> tuple[str, ...]:
        """The literals that end a parameter where they occur first."""
        return tuple(self._firsts)

    @property
    def lasts(self) -> tuple[str, ...]:
        """The literals behind those, which part two parameters where they are last."""
        return tuple(self._lasts[::-1])

    @property
    def order(self) -> tuple[int, ...]:
        """Where the pattern stands among others: the most literal, narrowest first."""
        literal = sum(len(token) for token in self.tokens if isinstance(token, str))
        return -literal, *(p.convertor.width for p in self.parameters)

    def split(self, text: str) -> list[str] | None:
        """Give the parameters' texts, or None where the literals are not there."""
        start, end = len(self._prefix), len(text) - len(self._suffix)
        if (
            start > end
            or not text.startswith(self._prefix)
            or not text.endswith(self._suffix)
        ):
            return None
        texts = []
        for literal in self._firsts:
            found = text.find(literal, start, end)
            if found < 0:
                return None
            texts.append(text[start:found])
            start = found + len(literal)
        known = len(texts)
        for literal in self._lasts:
            found = text.rfind(literal, start, end)
            if found < 0:
                return None
            texts.insert(known, text[found + len(literal) : end])
            end = found
        texts.insert(known, text[start:end])
        return texts

    def match(self, text: str) -> list[Any] | None:
        """Give the parameters' values, or None.

        Args:
            text: A segment, or segments joined by slashes in which an encoded slash
                is NUL.
        """
        texts = self.split(text)
        if texts is None:
            return None
        values = []
        for parameter, part in zip(self.parameters, texts, strict=True):
            value = _value(parameter, part)
            if value is NO_MATCH:
                return None
            values.append(value)
        return values


def _value(parameter: Parameter, text: str) -> Any:
    if "/" in text and not parameter.is_path:
        return NO_MATCH
    return parameter.convertor.match(text.replace(_SLASH, "/"))


def join_segments(segments: list[str]) -> str:
    """Join decoded segments for a `Pattern` that spans several of them."""
    return "/".join([s.replace("/", _SLASH) for s in segments])


Segment = str | Parameter | Pattern


class Template:
    """The path of a route, such as `/books/{book_id:int}`.

    Args:
        text: Empty, or a path that begins with a slash.

    Raises:
        ValueError: The text is no template; the message says where and what to write.
    """

    __slots__ = (
        "_is_mixed",
        "format",
        "parameters",
        "segments",
        "tail",
        "text",
        "tokens",
    )

    def __init__(self, text: str) -> None:
        self.text: str = text
        self.tokens: tuple[Token, ...] = _tokens(text)
        self.parameters: tuple[Parameter, ...] = tuple(
            t for t in self.tokens if isinstance(t, Parameter)
        )
        self._check_parameters()
        self.format: str = "".join(
            f"{{{t.name}}}" if isinstance(t, Parameter) else t for t in self.tokens
        )
        self.segments: tuple[Segment, ...]
        self.tail: Pattern | None
        self.segments, self.tail = self._split()
        self._is_mixed = self.tail is not None or any(
            isinstance(segment, Pattern) for segment in self.segments
        )

    def _check_parameters(self) -> None:
        names = [p.name for p in self.parameters]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"the path {self.text!r} has two parameters named {name!r}."
                )
        for left, right in zip(self.tokens, self.tokens[1:], strict=False):
            if isinstance(left, Parameter) and isinstance(right, Parameter):
                raise ValueError(
                    f"in the path {self.text!r} nothing stands between "
                    f"{{{left.name}}} and {{{right.name}}}: where one ends is unclear."
                )

    def _split(self) -> tuple[tuple[Segment, ...], Pattern | None]:
        """Split into segments; from a segment with a path parameter on, a pattern."""
        rows: list[list[Token]] = [[]]
        for token in self.tokens:
            if isinstance(token, Parameter):
                rows[-1].append(token)
                continue
            first, *others = token.split("/")
            rows[-1].append(first)
            rows.extend([other] for other in others)
        # The row before the first slash is empty; an empty text has no segments.
        rows = rows[1:]
        segments: list[Segment] = []
        for index, row in enumerate(rows):
            if any(isinstance(t, Parameter) and t.is_path for t in row):
                return tuple(segments), Pattern(_joined(rows[index:]))
            segments.append(_segment(row))
        return tuple(segments), None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    def build(self, params: Mapping[str, Any]) -> str:
        """Give the path for these parameters, percent-encoded.

        Args:
            params: A value for each parameter of the template.

        Raises:
            ValueError: A value has no text that the route would match.
        """
        texts = {p.name: self._text(p, params[p.name]) for p in self.parameters}
        # SECURITY: a value cannot leave its segment: "/" and dot segments are encoded.
        path = "".join(
            quote_path(t) if isinstance(t, str) else _encoded(t, texts[t.name])
            for t in self.tokens
        )
        if "%2E" in path:
            path = "/".join([_dotted(segment) for segment in path.split("/")])
        # SECURITY: two slashes at the beginning would name another host.
        is_open = path.startswith("//")
        if is_open:
            path = "/%2F" + path[2:]
        if (self._is_mixed or is_open) and self._read(path) != [*texts.values()]:
            given = ", ".join(f"{name}={text!r}" for name, text in texts.items())
            raise ValueError(
                f"the path {self.text!r} cannot hold {given or 'what it says'}: it "
                "would be read as something else."
            )
        return path

    def _text(self, parameter: Parameter, value: Any) -> str:
        """Give the text of a value that the parameter takes."""
        convertor = parameter.convertor
        try:
            text = convertor.to_string(value)
            if convertor.match(text) is NO_MATCH:
                raise ValueError(f"{type(convertor).__name__} does not take it")
        except (TypeError, ValueError) as exc:
            raise ValueError(
                f"{parameter.name!r} in the path {self.text!r} cannot be "
                f"{value!r}: {exc}."
            ) from exc
        return text

    def _read(self, path: str) -> list[str] | None:
        """Give the texts of the parameters in a path, None if it is another's."""
        parts = [unquote(part) for part in path.split("/")[1:]]
        texts: list[str] = []
        for segment, part in zip(self.segments, parts, strict=False):
            if isinstance(segment, Parameter):
                texts.append(part)
            elif isinstance(segment, Pattern):
                texts += segment.split(join_segments([part])) or ()
            elif segment != part:
                return None
        if self.tail is not None:
            rest = join_segments(parts[len(self.segments) :])
            texts += self.tail.split(rest) or ()
        return [text.replace(_SLASH, "/") for text in texts]


def _dotted(segment: str) -> str:
    """Give the dots of a segment back that is no dot segment."""
    plain = segment.replace("%2E", ".")
    return segment if plain in (".", "..") else plain


def _encoded(parameter: Parameter, text: str) -> str:
    return quote_path(text) if parameter.is_path else quote_segment(text)


def _joined(rows: list[list[Token]]) -> tuple[Token, ...]:
    tokens: list[Token] = []
    for index, row in enumerate(rows):
        for token in ["/", *row] if index else row:
            if isinstance(token, str) and tokens and isinstance(tokens[-1], str):
                tokens[-1] += token
            elif token != "":
                tokens.append(token)
    return tuple(tokens)


def _segment(row: list[Token]) -> Segment:
    tokens = [token for token in row if token != ""]
    if not tokens:
        return ""
    if len(tokens) == 1:
        return tokens[0]
    return Pattern(tuple(tokens))


def _tokens(text: str) -> tuple[Token, ...]:
    if text and not text.startswith("/"):
        raise ValueError(f"a path begins with a slash: write {'/' + text!r}.")
    tokens: list[Token] = []
    position = 0
    for found in _PARAMETER.finditer(text):
        tokens.append(_literal(text, text[position : found.start()]))
        tokens.append(_parameter(text, found[1], found[2] or "str"))
        position = found.end()
    tokens.append(_literal(text, text[position:]))
    return tuple(token for token in tokens if token != "")


def _literal(text: str, literal: str) -> str:
    if "{" in literal or "}" in literal:
        raise ValueError(
            f"the path {text!r} has a brace that begins or ends no parameter. "
            "A parameter is {name} or {name:convertor}."
        )
    if "?" in literal or "#" in literal:
        raise ValueError(
            f"the path {text!r} holds a query or a fragment: a route is found by its "
            "path alone."
        )
    return literal


def _parameter(text: str, name: str, kind: str) -> Parameter:
    convertor = CONVERTORS.get(kind)
    if convertor is None:
        raise ValueError(
            f"the path {text!r} asks for a convertor {kind!r}"
            f"{did_you_mean(kind, CONVERTORS)}; there are: "
            f"{', '.join(sorted(CONVERTORS))}; "
            "register_convertor() makes another one known."
        )
    return Parameter(name, convertor)


class Ref:
    """A link to a resource, rendered when the answer is sent.

    Two refs are equal when they name the same target with the same parameters, so that
    a test can compare them without an application.

    Args:
        target: A resource class, or a route's name.
        params: The parameters of its path.
    """

    __slots__ = ("params", "target")

    def __init__(self, target: Any, /, **params: Any) -> None:
        self.target: Any = target
        self.params: dict[str, Any] = params

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ref):
            return NotImplemented
        return self.target == other.target and self.params == other.params

    def __hash__(self) -> int:
        return hash((self.target, tuple(sorted(self.params.items()))))

    def __repr__(self) -> str:
        name = getattr(self.target, "__name__", repr(self.target))
        params = "".join(f", {key}={value!r}" for key, value in self.params.items())
        return f"Ref({name}{params})"

    def render(self, build: Callable[..., str]) -> str:
        """Give the link's path.

        Args:
            build: `router.url_path_for`, or what does the same.
        """
        return build(self.target, **self.params)
