"""Templates: what they refuse, what they match, and that what is built leads back."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.resources.uri import (
    CONVERTORS,
    NO_MATCH,
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    Parameter,
    PathConvertor,
    Pattern,
    Ref,
    StringConvertor,
    Template,
    UUIDConvertor,
    join_segments,
    register_convertor,
)
from tests.http.stopwatch import seconds

UUID = uuid.UUID("0b8a5cbb-96a0-4c05-9f2a-7a8e5f1d2c3b")
LONG = 1_000_000


class Hex(Convertor[int]):
    """A convertor as an application writes one."""

    regex = "[0-9a-f]+"
    characters = "0123456789abcdef"

    def convert(self, value: str) -> int:
        if value == "dead":
            raise ValueError("no such number here")
        return int(value, 16)

    def to_string(self, value: int) -> str:
        return f"{value:x}"


class FourDigits(IntegerConvertor):
    regex = "[0-9]{4}"


class Hyphens(Convertor[str]):
    regex = "-+"
    characters = "-"

    def convert(self, value: str) -> str:
        return value


class AnyText(Convertor[str]):
    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """Each test has the built-in convertors and those of this file."""
    before = dict(CONVERTORS)
    CONVERTORS.update(hex=Hex(), year=FourDigits(), any=AnyText(), hyphens=Hyphens())
    yield
    CONVERTORS.clear()
    CONVERTORS.update(before)


def read(template: Template, path: str) -> list[Any] | None:
    """Match one template without a tree, as simply as can be."""
    parts = path.split("/")[1:]
    depth = len(template.segments)
    if (template.tail is None and len(parts) != depth) or len(parts) < depth:
        return None
    values: list[Any] = []
    for segment, part in zip(template.segments, parts, strict=False):
        if isinstance(segment, Parameter):
            value = segment.convertor.match(part)
            found = None if value is NO_MATCH else [value]
        elif isinstance(segment, Pattern):
            found = segment.match(part)
        else:
            found = [] if segment == part else None
        if found is None:
            return None
        values += found
    if template.tail is not None:
        rest = template.tail.match("/".join(parts[depth:])) if parts[depth:] else None
        if rest is None:
            return None
        values += rest
    return values


# Convertors -------------------------------------------------------------------------


def test_the_narrowest_is_asked_first() -> None:
    """As `Convertor.width` says, so that others can be put in between."""
    widths = {"uuid": 10, "int": 20, "float": 30, "hex": 50, "str": 90, "path": 100}
    assert {name: CONVERTORS[name].width for name in widths} == widths


@pytest.mark.parametrize(
    "kind, text, value",
    [
        pytest.param("str", "a", "a", id="str"),
        pytest.param("str", "a/b", "a/b", id="str with a slash that was encoded"),
        pytest.param("str", "", NO_MATCH, id="str empty"),
        pytest.param("path", "", "", id="path empty"),
        pytest.param("path", "a/b", "a/b", id="path"),
        pytest.param("int", "0", 0, id="int"),
        pytest.param("int", "007", 7, id="int with zeros"),
        pytest.param("int", "9" * 20, 10**20 - 1, id="int of 20 digits"),
        pytest.param("int", "9" * 21, NO_MATCH, id="int of 21 digits"),
        pytest.param("int", "9" * 5000, NO_MATCH, id="route-8 5000 digits"),
        pytest.param("int", "\u0661", NO_MATCH, id="route-9 Arabic digit"),
        pytest.param("int", "\u00b2", NO_MATCH, id="route-9 superscript"),
        pytest.param("int", "+1", NO_MATCH, id="route-9 +1"),
        pytest.param("int", "1_0", NO_MATCH, id="route-9 1_0"),
        pytest.param("int", " 1", NO_MATCH, id="route-9 space"),
        pytest.param("int", "1\n", NO_MATCH, id="route-9 newline"),
        pytest.param("int", "-0", NO_MATCH, id="route-9 -0"),
        pytest.param("int", "", NO_MATCH, id="int empty"),
        pytest.param("float", "1", 1.0, id="float of an integer"),
        pytest.param("float", "1.50", 1.5, id="float"),
        pytest.param("float", "1.", NO_MATCH, id="float without decimals"),
        pytest.param("float", "1x5", NO_MATCH, id="float with another point"),
        pytest.param("float", "1e999", NO_MATCH, id="route-9 1e999"),
        pytest.param("float", "nan", NO_MATCH, id="route-9 nan"),
        pytest.param("float", "inf", NO_MATCH, id="route-9 inf"),
        pytest.param("float", "\u0661.5", NO_MATCH, id="route-9 Arabic float"),
        pytest.param("float", "1" * 5000, NO_MATCH, id="route-8 float"),
        pytest.param("uuid", str(UUID), UUID, id="uuid"),
        pytest.param("uuid", str(UUID).upper(), UUID, id="uuid in capitals"),
        pytest.param("uuid", UUID.hex, NO_MATCH, id="uuid without hyphens"),
        pytest.param("uuid", f"{{{UUID}}}", NO_MATCH, id="uuid in braces"),
        pytest.param("hex", "ff", 255, id="own"),
        pytest.param("hex", "FF", NO_MATCH, id="own regex"),
        pytest.param("hex", "dead", NO_MATCH, id="own ValueError"),
        pytest.param("year", "1965", 1965, id="subclass"),
        pytest.param("year", "7", NO_MATCH, id="subclass with a regex of its own"),
    ],
)
def test_a_convertor_takes_what_it_says(kind: str, text: str, value: object) -> None:
    assert CONVERTORS[kind].match(text) == value


@pytest.mark.parametrize(
    "convertor, text, value",
    [
        pytest.param(StringConvertor(), "a", "a", id="str"),
        pytest.param(PathConvertor(), "a/b", "a/b", id="path"),
        pytest.param(IntegerConvertor(), "7", 7, id="int"),
        pytest.param(FloatConvertor(), "7.5", 7.5, id="float"),
        pytest.param(UUIDConvertor(), str(UUID), UUID, id="uuid"),
    ],
)
def test_the_public_classes_match_by_their_regex(
    convertor: Convertor[Any], text: str, value: object
) -> None:
    """So that a subclass may have another one."""
    assert convertor.match(text) == value
    assert convertor.match("\n" if text == "a/b" else "a/b" * (text != "a/b")) is (
        NO_MATCH
    )


@pytest.mark.parametrize("kind", ["str", "int", "float", "uuid", "path"])
@given(st.text())
def test_any_text_is_a_value_or_no_match_and_a_value_has_its_text(
    kind: str, text: str
) -> None:
    convertor = CONVERTORS[kind]
    value = convertor.match(text)
    if value is not NO_MATCH:
        assert convertor.match(convertor.to_string(value)) == value
        assert re.compile(convertor.regex, re.DOTALL).fullmatch(text) or kind == "str"


@given(st.floats(0, 1e20, exclude_max=True))
def test_a_float_is_written_exactly_or_not_at_all(value: float) -> None:
    convertor = CONVERTORS["float"]
    try:
        text = convertor.to_string(value)
    except ValueError:
        assert value < 1e-4
        return
    assert convertor.match(text) == value


@pytest.mark.parametrize(
    "value, text",
    [
        pytest.param(0.1, "0.1", id="shortest"),
        pytest.param(3, "3", id="integer"),
        pytest.param(30.0, "30", id="whole"),
        pytest.param(-0.0, "0", id="minus zero"),
        pytest.param(1e-5, "0.00001", id="small"),
        pytest.param(1e16, "10000000000000000", id="large"),
        pytest.param("2.50", "2.5", id="text"),
    ],
)
def test_a_float_is_written_without_an_exponent(value: object, text: str) -> None:
    assert FloatConvertor().to_string(value) == text


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (7, "7"),
        (7.0, "7"),
        ("7", "7"),
        (10**20 - 1, "9" * 20),
    ],
)
def test_an_int_is_written_in_digits(value: object, text: str) -> None:
    assert IntegerConvertor().to_string(value) == text


@pytest.mark.parametrize(
    "template, value, why",
    [
        pytest.param("/{x}", "", "it must not be empty", id="str empty"),
        pytest.param(
            "/{x:int}",
            -1,
            "an int in a path is not negative and below 10^20",
            id="int negative",
        ),
        pytest.param(
            "/{x:int}",
            10**20,
            "an int in a path is not negative and below 10^20",
            id="int too large",
        ),
        pytest.param(
            "/{x:int}",
            10**20 + 1,
            "an int in a path is not negative and below 10^20",
            id="int still larger",
        ),
        pytest.param("/{x:int}", 1.5, "it is not a whole number", id="int of 1.5"),
        pytest.param("/{x:int}", -1.5, "it is not a whole number", id="int of -1.5"),
        *(
            pytest.param(
                "/{x:float}",
                value,
                "a float in a path is not negative and below 10^20",
                id=f"float of {value}",
            )
            for value in (1e20, 2e20)
        ),
        pytest.param(
            "/{x:float}",
            1.9e-20,
            "a float in a path has at most twenty decimals",
            id="float that would be rounded",
        ),
        pytest.param(
            "/{x:float}",
            -0.5,
            "a float in a path is not negative and below 10^20",
            id="float negative",
        ),
        pytest.param(
            "/{x:float}",
            float("nan"),
            "a float in a path is not negative and below 10^20",
            id="float nan",
        ),
        pytest.param(
            "/{x:float}",
            1e-25,
            "a float in a path has at most twenty decimals",
            id="float too small",
        ),
        pytest.param(
            "/{x:uuid}", "no", "badly formed hexadecimal UUID string", id="uuid"
        ),
        pytest.param("/{x:hex}", "a", "Unknown format code 'x' for", id="own"),
        pytest.param("/{x:hex}", -1, "Hex does not take it", id="own not taken"),
    ],
)
def test_a_value_without_a_text_is_refused(
    template: str, value: object, why: str
) -> None:
    with pytest.raises(ValueError) as caught:
        Template(template).build({"x": value})
    message = f"'x' in the path {template!r} cannot be {value!r}: {why}"
    assert str(caught.value).startswith(message)


def test_none_is_not_a_number() -> None:
    with pytest.raises(ValueError, match="cannot be None: "):
        Template("/{x:int}").build({"x": None})


def test_a_convertor_must_have_its_methods() -> None:
    bare = Convertor[Any]()
    with pytest.raises(NotImplementedError) as caught:
        bare.match("a")
    assert str(caught.value) == "Convertor needs a method convert."
    with pytest.raises(NotImplementedError) as caught:
        bare.to_string("a")
    assert str(caught.value) == "Convertor needs a method to_string."


# Registering ------------------------------------------------------------------------


def test_a_registered_convertor_is_known_to_templates() -> None:
    register_convertor("base16", Hex())
    assert read(Template("/{n:base16}"), "/ff") == [255]


@pytest.mark.parametrize(
    "convertor, message",
    [
        pytest.param(
            Hex,
            "register_convertor takes an instance of a Convertor, "
            f"not {Hex!r}. Write Hex().",
            id="class",
        ),
        pytest.param(
            "[a-z]+",
            "register_convertor takes an instance of a Convertor, not '[a-z]+'.",
            id="text",
        ),
    ],
)
def test_a_convertor_is_an_instance(convertor: object, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        register_convertor("x", convertor)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["", "a-b", "1a", "\u00e9"])
def test_a_convertors_name_is_one_that_templates_can_write(name: str) -> None:
    with pytest.raises(ValueError) as caught:
        register_convertor(name, Hex())
    assert str(caught.value) == f"a convertor's name is an identifier, not {name!r}."


def with_regex(expression: str) -> Convertor[str]:
    class Own(AnyText):
        regex: ClassVar[str] = expression

    return Own()


def test_a_wrong_regex_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        register_convertor("x", with_regex("(a"))
    assert str(caught.value) == (
        "the regex of convertor 'x' is wrong: missing ), unterminated subpattern at "
        "position 0 in '(a'."
    )


@pytest.mark.parametrize(
    "regex",
    [
        "(a+)+$",
        "(a*)*",
        "((a+))+",
        "(?:a+b?)+",
        "([a-z]+)*",
        "(a+[b]?)+",
        "(a|b*)*",
        "(a{1,9}){2,}",
        "(a+){20}",
        "(a+ )+",
        r"(\)a+)+",
        "([)]+)+",
        "([])]+)+",
        r"([\])]+)+",
    ],
)
def test_route_10_a_repeated_repetition_is_refused(regex: str) -> None:
    with pytest.raises(ValueError, match="repeats a group that holds a repetition"):
        register_convertor("x", with_regex(regex))


@pytest.mark.parametrize(
    "regex",
    [
        "[a-z]+",
        "a+b+",
        "(a+)b+",
        "(a+)?",
        "(ab){2,3}",
        "([0-9]{4}-){3}",
        r"(\+)+",
        "([+*])+",
        "({)+",
        "(a+){",
        "(a+)|b",
        UUIDConvertor.regex,
        FloatConvertor.regex,
    ],
)
def test_route_10_what_cannot_run_for_ever_is_taken(regex: str) -> None:
    register_convertor("x", with_regex(regex))


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@given(st.text("()[]{}+*?,19a|\\^", max_size=20))
def test_any_regex_is_taken_or_refused(regex: str) -> None:
    try:
        register_convertor("x", with_regex(regex))
    except ValueError:
        assert "x" not in CONVERTORS or CONVERTORS["x"].regex != regex
    CONVERTORS.pop("x", None)


# Templates --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, message",
    [
        pytest.param(
            "books", "a path begins with a slash: write '/books'.", id="no slash"
        ),
        pytest.param(
            "/{a",
            "the path '/{a' has a brace that begins or ends no parameter. A parameter "
            "is {name} or {name:convertor}.",
            id="open",
        ),
        pytest.param(
            "/{1a}/x",
            "the path '/{1a}/x' has a brace that begins or ends no parameter. A "
            "parameter is {name} or {name:convertor}.",
            id="no name",
        ),
        pytest.param(
            "/a?b",
            "the path '/a?b' holds a query or a fragment: a route is found by its path "
            "alone.",
            id="query",
        ),
        pytest.param(
            "/a#b",
            "the path '/a#b' holds a query or a fragment: a route is found by its path "
            "alone.",
            id="fragment",
        ),
        pytest.param(
            "/{a}/{b}/{a}",
            "the path '/{a}/{b}/{a}' has two parameters named 'a'.",
            id="twice",
        ),
        pytest.param(
            "/{a}{b}",
            "in the path '/{a}{b}' nothing stands between {a} and {b}: where one ends "
            "is unclear.",
            id="side by side",
        ),
    ],
)
def test_a_text_that_is_no_template_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Template(text)
    assert str(caught.value) == message


def test_an_unknown_convertor_is_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError) as caught:
        Template("/{a:itn}")
    assert str(caught.value) == (
        "the path '/{a:itn}' asks for a convertor 'itn' (did you mean 'int'?); "
        f"there are: {', '.join(sorted(CONVERTORS))}; register_convertor() makes "
        "another one known."
    )
    assert {"float", "int", "path", "str", "uuid"} <= CONVERTORS.keys()


@given(st.one_of(st.text(), st.text("/{}:ab?#."), st.from_regex(r"(/(\{[a-c]\}|x))*")))
def test_any_text_is_a_template_or_a_value_error(text: str) -> None:
    try:
        template = Template(text)
    except ValueError:
        return
    assert template.text == text
    assert len(template.names) == len(set(template.names))


def test_a_template_says_what_it_holds() -> None:
    template = Template("/books/{book_id:int}/{slug}")
    assert template.format == "/books/{book_id}/{slug}"
    assert template.names == ("book_id", "slug")
    assert template.tail is None
    assert template.segments[0] == "books"


@pytest.mark.parametrize(
    "template, path, values",
    [
        pytest.param("", "", [], id="empty"),
        pytest.param("/", "/", [], id="slash"),
        pytest.param("/{a}.{b}", "/x.tar.gz", ["x.tar", "gz"], id="the last"),
        pytest.param("/{a:int}-{b}", "/7-x-y", [7, "x-y"], id="the first"),
        pytest.param("/{a:int}-{b}-{c}", "/7-x-y-z", [7, "x-y", "z"], id="from both"),
        pytest.param("/{a:int}0{b}", "/1002", [100 // 10, "2"], id="digits in between"),
        pytest.param("/{a:float}.{b}", "/1.5.png", [1.5, "png"], id="point in both"),
        pytest.param(
            "/{a}-{b:int}.{c}", "/x-y-7.z", ["x-y", 7, "z"], id="from the right"
        ),
        pytest.param("/{a:hyphens}-{b}", "/--x", ["-", "x"], id="nothing else in it"),
        pytest.param("/{p:path}-{b}", "/-x", ["", "x"], id="nothing before it"),
        pytest.param("/{a:int}-{b:int}", "/7-x", None, id="convertor refuses"),
        pytest.param("/{a:int}-{b}", "/7x", None, id="no first"),
        pytest.param("/{a}-{b}", "/7x", None, id="no last"),
        pytest.param("/v{a}", "/x1", None, id="no prefix"),
        pytest.param("/{a}.js", "/x.css", None, id="no suffix"),
        pytest.param("/aa{p:path}aa", "/aaa", None, id="prefix and suffix overlap"),
        pytest.param("/aa{p:path}aa", "/aaaa", [""], id="path may be empty"),
        pytest.param("/{p:path}", "/", [""], id="empty rest"),
        pytest.param("/f/{p:path}", "/f", None, id="no rest"),
        pytest.param("/f{p:path}", "/f/x", ["/x"], id="path inside a segment"),
        pytest.param("/{p:path}/edit", "/a/b/edit", ["a/b"], id="path in the middle"),
        pytest.param("/{p:path}/{n:int}", "/a/b/3", ["a/b", 3], id="after a path"),
        pytest.param("/{p:path}/x/{n}", "/a/x/b/x/c", ["a/x/b", "c"], id="last again"),
        pytest.param("/{p:path}/x/{n}", "/a/x/b/c", None, id="slash in a segment"),
        pytest.param(
            "/{p:path}/x/{n}/y/z", "/a/x/b/y/z", ["a", "b"], id="literals after a path"
        ),
        pytest.param("/{p:path}/{q:path}", "/a/b/c", ["a/b", "c"], id="two paths"),
    ],
)
def test_what_a_template_matches(
    template: str, path: str, values: list[Any] | None
) -> None:
    assert read(Template(template), path) == values


def pattern(text: str) -> Pattern:
    (segment,) = Template(text).segments
    assert isinstance(segment, Pattern)
    return segment


def test_a_pattern_says_what_parts_its_parameters() -> None:
    """A literal that the one before cannot hold by its first, others by their last."""
    mixed = pattern("/{a:int}_{b}-{c}.{d}")
    assert (mixed.firsts, mixed.lasts) == (("_",), ("-", "."))
    assert mixed.split("7_x_y-y-z.z.t") == ["7", "x_y-y", "z.z", "t"]
    assert mixed.split("_-.") == ["", "", "", ""]


def test_the_most_literal_pattern_is_tried_first() -> None:
    """Then the one of the narrowest convertors."""
    texts = ["/{a}.{b}.txt", "/{a:int}-{b}", "/{a}-{b:int}", "/{a}.{b}", "/{a}."]
    inorder = sorted(texts, key=lambda text: pattern(text).order)
    assert inorder == ["/{a}.{b}.txt", "/{a:int}-{b}", "/{a}.", *texts[2:4]]


def test_the_key_of_a_pattern_is_what_it_is_without_its_names() -> None:
    def key(text: str) -> object:
        return pattern(text).key

    assert key("/{a}.{b:int}") == key("/{c}.{d:int}")
    assert key("/{a}.{b:int}") != key("/{a}.{b}")
    assert key("/{a}.{b}") != key("/{a}-{b}")


def test_route_11_an_encoded_slash_stays_in_its_segment() -> None:
    pattern = Template("/{p:path}/{n}.txt").tail
    assert pattern is not None
    assert pattern.match(join_segments(["a", "b/c.txt"])) == ["a", "b/c"]


@pytest.mark.parametrize(
    "template",
    [
        "/{a}-{b}",
        "/{a:int}-{b}",
        "/{p:path}/x/{b}",
        "/{a:hex}-{b:hex}",
        "/{a:uuid}.{b}",
    ],
)
def test_a_hostile_text_costs_its_length(template: str) -> None:
    made = Template(template)
    for text in ("-" * LONG, "/x" * LONG, "7" * LONG, "7-" * LONG, "a" * LONG):
        assert seconds(lambda text=text: read(made, "/" + text)) < 2


# Building ---------------------------------------------------------------------------

TEMPLATES = [
    "/",
    "/a",
    "/a/{s}",
    "/{s}/b",
    "/{i:int}",
    "/{i:int}/{s}",
    "/{f:float}.{s}",
    "/{i:int}-{s}",
    "/{s}.{t}",
    "/{u:uuid}",
    "/v{i:int}/{p:path}",
    "/{p:path}",
    "/{p:path}/edit",
    "/{s}-{p:path}",
    "/{p:path}/{s}.{t}",
    "/{x:any}/b",
    "/{x:any}",
    "//b/{s}",
    "/caf\u00e9 1/{s}",
]
# What no path can hold is refused when it comes: controls and lone surrogates.
TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffd")
)
VALUES = st.fixed_dictionaries(
    {
        "s": TEXT | st.text("/.-%a"),
        "t": TEXT | st.text("/.-%a"),
        "x": TEXT | st.text("/.-%a"),
        "p": TEXT | st.text("/.-%a"),
        "i": st.integers(0, 10**20 - 1),
        "f": st.floats(0, 1e20, exclude_max=True),
        "u": st.uuids(),
    }
)


def decoded(path: str) -> list[str]:
    from urllib.parse import unquote

    return [unquote(part) for part in path.split("/")[1:]]


@pytest.mark.parametrize("text", TEMPLATES)
@given(VALUES)
def test_url_for_117_a_built_path_matches_its_template_with_equal_values(
    text: str, values: dict[str, Any]
) -> None:
    from restlette.resources.tree import Tree

    template = Template(text)
    given = {name: values[name] for name in template.names}
    try:
        path = template.build(given)
    except ValueError:
        return
    assert path.startswith("/")
    assert not path.startswith("//")
    assert path.isascii()
    assert not set(path) & set("?#\\ ")
    assert not {".", ".."} & set(path.split("/"))
    tree: Tree[str] = Tree()
    tree.insert(template, lambda: "leaf")
    assert tree.search(decoded(path)) == ("leaf", list(given.values()))


@pytest.mark.parametrize(
    "template, params, path",
    [
        pytest.param("/b/{x}", {"x": "a/b"}, "/b/a%2Fb", id="url_for-117 slash"),
        pytest.param("/b/{x}", {"x": ".."}, "/b/%2E%2E", id="url_for-117 dots"),
        pytest.param("/b/{x}", {"x": "?a=1"}, "/b/%3Fa=1", id="url_for-117 query"),
        pytest.param("/b/{x}", {"x": "#a"}, "/b/%23a", id="url_for-117 fragment"),
        pytest.param("/b/{x}", {"x": "\r\n"}, "/b/%0D%0A", id="url_for-117 CRLF"),
        pytest.param("/b/{x}", {"x": "\u00e9"}, "/b/%C3%A9", id="url_for-117 Unicode"),
        pytest.param("/b/{x}", {"x": "\ud800"}, "/b/%EF%BF%BD", id="surrogate"),
        pytest.param("/{x}", {"x": "/evil"}, "/%2Fevil", id="url_for-117 //evil"),
        pytest.param("/{x:path}", {"x": "/evil"}, "/%2Fevil", id="url_for-117 path"),
        pytest.param("/{x:path}", {"x": "a/../b"}, "/a/%2E%2E/b", id="dots in a path"),
        pytest.param("/{x}.{y}", {"x": "a.b", "y": "c"}, "/a.b.c", id="pattern"),
        pytest.param("/b/{x}.js", {"x": "a"}, "/b/a.js", id="literal beside a pattern"),
        pytest.param("/{x}.", {"x": "."}, "/%2E%2E", id="dots of two tokens"),
        pytest.param("/.{x}/{y}", {"x": "a", "y": "."}, "/.a/%2E", id="dot and dot"),
        pytest.param("/{x}-{y}", {"x": "%2E", "y": "."}, "/%252E-.", id="encoded dot"),
        pytest.param("", {}, "", id="empty"),
    ],
)
def test_url_for_117_a_value_stays_where_it_belongs(
    template: str, params: dict[str, Any], path: str
) -> None:
    assert Template(template).build(params) == path


@pytest.mark.parametrize(
    "template, params, given",
    [
        pytest.param("/{x}.{y}", {"x": "a", "y": "b.c"}, "x='a', y='b.c'", id="split"),
        pytest.param("/{x:path}/edit", {"x": ""}, "x=''", id="empty path first"),
        pytest.param("/{x:any}/b", {"x": ""}, "x=''", id="empty segment first"),
        pytest.param("//b", {}, "what it says", id="literal"),
        pytest.param("/{x}-y", {"x": "\x00"}, "x='\\x00'", id="NUL"),
        pytest.param(
            "/{x}-{y:path}", {"x": "a", "y": "b/c-d"}, "x='a', y='b/c-d'", id="tail"
        ),
    ],
)
def test_a_path_that_would_be_read_as_another_is_refused(
    template: str, params: dict[str, Any], given: str
) -> None:
    with pytest.raises(ValueError) as caught:
        Template(template).build(params)
    assert str(caught.value) == (
        f"the path {template!r} cannot hold {given}: it would be read as something "
        "else."
    )


# Refs -------------------------------------------------------------------------------


class Target:
    pass


def test_refs_are_equal_that_say_the_same() -> None:
    ref = Ref(Target, a=1, b=2)
    assert ref == Ref(Target, b=2, a=1)
    assert hash(ref) == hash(Ref(Target, b=2, a=1))
    assert ref != Ref(Target, a=1)
    assert ref != Ref("target", a=1, b=2)
    assert ref != "target"
    assert repr(ref) == "Ref(Target, a=1, b=2)"
    assert repr(Ref("books:item")) == "Ref('books:item')"


def test_a_ref_is_rendered_by_who_knows_the_routes() -> None:
    assert Ref("item", target=1).render(lambda t, /, **p: f"{t}{p}") == (
        "item{'target': 1}"
    )
