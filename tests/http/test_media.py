"""Media types: reading, writing, comparing, and the one question about JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.media import MediaType, is_json, parse_parameters
from tests.http.stopwatch import seconds


@pytest.mark.parametrize(
    ("field", "essence", "parameters"),
    [
        ("text/html", "text/html", ()),
        ("TEXT/Html", "text/html", ()),
        ("*/*", "*/*", ()),
        ("text/*", "text/*", ()),
        (" \ttext/html \t", "text/html", ()),
        ("text/html;charset=UTF-8", "text/html", (("charset", "UTF-8"),)),
        ("text/html ; CharSet=utf-8", "text/html", (("charset", "utf-8"),)),
        ("a/b;c=d;e=f", "a/b", (("c", "d"), ("e", "f"))),
        ("a/b;c=d;c=e", "a/b", (("c", "d"), ("c", "e"))),
        ('a/b;c="d e"', "a/b", (("c", "d e"),)),
        ('a/b;c=""', "a/b", (("c", ""),)),
        (r'a/b;c="d\"\\\e;,"', "a/b", (("c", 'd"\\e;,'),)),
        ('a/b;c="\xe9"', "a/b", (("c", "\xe9"),)),
        ("a/b;", "a/b", ()),
        ("a/b; ", "a/b", ()),
        ("a/b;;; ;c=d; ;", "a/b", (("c", "d"),)),
        ("application/vnd.a+json", "application/vnd.a+json", ()),
    ],
)
def test_a_media_type_is_read(field, essence, parameters) -> None:
    for value in (field, field.encode("latin-1")):
        media = MediaType.from_header(value)
        assert media.essence == essence
        assert f"{media.type}/{media.subtype}" == essence
        assert media.parameters == parameters


JUNK = {
    "empty": "",
    "blank": " ",
    "semicolons": ";;;",
    "no-slash": "text",
    "no-subtype": "text/",
    "no-type": "/html",
    "two-slashes": "a/b/c",
    "space-inside": "text / html",
    "any-type": "*/html",
    "comma": "text/html, text/plain",
    "trailing": "text/html x",
    "non-ascii": "text/h\xe9",
    "beyond-latin-1": "text/\u20ac",
    "parameter-bare": "a/b;c",
    "parameter-nameless": "a/b;=d",
    "parameter-valueless": "a/b;c=",
    "parameter-spaced": "a/b;c = d",
    "parameter-non-ascii": "a/b;c=\xe9",
    "quote-open": 'a/b;c="d',
    "quote-escape-at-end": 'a/b;c="d\\',
    "quote-escape-quote": 'a/b;c="d\\"',
    "quote-trailing": 'a/b;c="d"e',
    "quote-in-token": 'a/b;c=d"e"',
    "control": "a/b;c=\x01",
    "control-quoted": 'a/b;c="\x7f"',
    "newline": "text/html\n",
    "nul": "text/html\0",
    "10k-parameters-then-junk": "a/b" + ";c=d" * 10_000 + ";e",
    "10k-quotes": 'a/b;c="' + '\\"' * 10_000,
}


@pytest.mark.parametrize(
    "field", [pytest.param(v, id=f"headers-in-25-{label}") for label, v in JUNK.items()]
)
def test_what_is_no_media_type_is_a_value_error(field) -> None:
    with pytest.raises(ValueError) as caught:
        MediaType.from_header(field)
    assert len(str(caught.value)) < 200
    if field.isascii():
        with pytest.raises(ValueError):
            MediaType.from_header(field.encode())


HOSTILE = {
    "parameters": "a/b" + ";a=1" * 100_000,
    "semicolons": "a/b" + ";" * 200_000,
    "spaced-semicolons": "a/b" + "; " * 200_000,
    "spaces": "a/b" + " " * 500_000 + "x",
    "spaces-first": " " * 500_000 + "a",
    "open-quote": 'a/b;c="' + "d" * 500_000,
    "escapes": 'a/b;c="' + '\\"' * 250_000,
    "quotes": 'a/b;c="' + '"' * 500_000,
    "token": "a" * 500_000,
    "slashes": "a/" * 250_000,
    "suffixes": "application/" + "+json" * 100_000 + "x y",
}


@pytest.mark.parametrize(
    "field",
    [pytest.param(v, id=f"headers-in-25-{label}") for label, v in HOSTILE.items()],
)
def test_hostile_fields_are_read_in_linear_time(field) -> None:
    assert seconds(lambda: MediaType.from_header(field)) < 1
    assert seconds(lambda: is_json(field)) < 1


def test_ten_thousand_parameters_are_read() -> None:
    assert len(MediaType.from_header("a/b" + ";c=d" * 10_000).parameters) == 10_000


def test_parameters_may_begin_inside_a_text() -> None:
    assert parse_parameters("form-data; name=a", 9) == (("name", "a"),)
    assert parse_parameters("; name=a") == (("name", "a"),)
    assert parse_parameters("") == ()


@pytest.mark.parametrize(
    ("media", "field"),
    [
        (MediaType("Text", "HTML"), "text/html"),
        (MediaType("a", "b", [("C", "d")]), "a/b; c=d"),
        (MediaType("a", "b", [("c", "d e")]), 'a/b; c="d e"'),
        (MediaType("a", "b", [("c", "")]), 'a/b; c=""'),
        (MediaType("a", "b", [("c", '"\\')]), r'a/b; c="\"\\"'),
    ],
)
def test_a_media_type_is_written(media, field) -> None:
    assert media.to_header() == str(media) == field
    assert repr(media) == f"MediaType.from_header({field!r})"
    assert MediaType.from_header(field) == media


@pytest.mark.parametrize(
    "parts",
    [
        ("", "b"),
        ("a", ""),
        ("a b", "c"),
        ("a/b", "c"),
        ("*", "b"),
        ("*", "!"),
        ("a", "b", [("", "c")]),
        ("a", "b", [("c d", "e")]),
        ("a", "b", [("c", "\r\n")]),
        ("a", "b", [("c", "\u20ac")]),
    ],
)
def test_a_part_that_no_field_could_carry_is_refused(parts) -> None:
    with pytest.raises(ValueError):
        MediaType(*parts)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("text/html", "TEXT/HTML", True),
        ("a/b;c=d;e=f", "a/b; e=f; c=d", True),
        ("a/b;charset=UTF-8", 'a/b;charset="utf-8"', True),
        ("a/b;c=D", "a/b;c=d", False),
        ("a/b;v=D", "a/b;v=d", False),
        ("a/b;c=d", "a/b", False),
        ("a/b", "a/c", False),
        ("a/b", "c/b", False),
        ("a/b;q=0.1", "a/b", True),
    ],
)
def test_equality_is_that_of_the_type(one, other, equal) -> None:
    left, right = MediaType.from_header(one), MediaType.from_header(other)
    assert (left == right) is (right == left) is equal
    assert (hash(left) == hash(right)) is equal
    assert left != one


@pytest.mark.parametrize(
    ("media_range", "media", "covered"),
    [
        ("*/*", "text/html", True),
        ("*/*", "text/html;level=1", True),
        ("text/*", "text/html", True),
        ("text/*", "image/png", False),
        ("text/html", "text/html", True),
        ("text/html", "text/plain", False),
        ("text/html", "text/html;level=1", True),
        ("text/html;level=1", "text/html", False),
        ("text/html;level=1", "text/html;level=2", False),
        ("text/html;level=1", "text/html;a=b;level=1", True),
        ("text/html;charset=UTF-8", "text/html;charset=utf-8", True),
        ("text/html;q=0.5", "text/html", True),
        ("text/html", "text/*", False),
    ],
)
def test_a_range_covers(media_range, media, covered) -> None:
    ranges, types = MediaType.from_header(media_range), MediaType.from_header(media)
    assert ranges.matches(types) is covered


@pytest.mark.parametrize(
    ("field", "charset"),
    [
        ("text/html", None),
        ("text/html;a=b", None),
        ("text/html;a=b;charset=UTF-8", "utf-8"),
        ("text/html;charset=a;charset=b", "a"),
        ("text/html;level=1;charset=a", "a"),
    ],
)
def test_the_charset_is_the_first_and_in_lower_case(field, charset) -> None:
    assert MediaType.from_header(field).charset == charset


JSON = {
    "plain": "application/json",
    "case": "Application/JSON",
    "charset": "application/json; charset=utf-8",
    "space": " application/json ;charset=utf-8",
    "semicolon": "application/json;",
    "broken-parameter": 'application/json; charset="',
    "problem": "application/problem+json",
    "vendor": "application/vnd.a.b+json; version=2",
    "two-suffixes": "application/a+xml+json",
}

NOT_JSON = {
    "text": "text/plain",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=a",
    "none": None,
    "empty": "",
    "jsonp": "application/jsonp",
    "javascript": "application/javascript",
    "json-seq": "application/json-seq",
    "text-json": "text/json",
    "suffix-only": "application/+json",
    "suffix-of-text": "text/a+json",
    "prefix": "xapplication/json",
    "parameter": "text/plain; a=application/json",
    "two": "application/json, text/plain",
    "two-reversed": "text/plain, application/json",
    "space-in-type": "application/ json",
    "trailing": "application/json x",
    "newline": "application/json\n",
    "kelvin": "application/\u212a+json",
    "non-ascii": "application/\xe9+json",
}


@pytest.mark.parametrize(
    "field", [pytest.param(v, id=f"csrf-48-{label}") for label, v in JSON.items()]
)
def test_json_is_json(field) -> None:
    assert is_json(field)
    assert is_json(field.encode("latin-1"))


@pytest.mark.parametrize(
    "field", [pytest.param(v, id=f"csrf-48-{label}") for label, v in NOT_JSON.items()]
)
def test_nothing_else_is_json(field) -> None:
    assert not is_json(field)
    if field is not None:
        assert not is_json(field.encode("utf-8"))


@given(st.one_of(st.binary(), st.text(st.characters(exclude_categories=()))))
def test_any_field_is_read_or_a_value_error(field) -> None:
    is_json(field)
    try:
        media = MediaType.from_header(field)
    except ValueError:
        return
    assert MediaType.from_header(media.to_header()) == media
    assert is_json(field) == is_json(media.essence)


TOKEN = st.text("abzAZ09!#$%&'+-.^_`|~", min_size=1)
VALUE = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]))


@given(TOKEN, TOKEN, st.lists(st.tuples(TOKEN, VALUE)))
def test_what_is_written_is_what_is_read(type_, subtype, parameters) -> None:
    media = MediaType(type_, subtype, parameters)
    again = MediaType.from_header(media.to_header())
    assert again == media
    assert again.parameters == media.parameters
    assert MediaType("*", "*").matches(media)
    assert media.matches(again)
