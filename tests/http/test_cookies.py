"""Cookies that come, whatever they are, and cookies that are set."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http import cookies
from restlette.http.cookies import cookie_parser, parse_cookies, set_cookie_value
from tests.http.stopwatch import seconds

# What comes


@pytest.mark.parametrize(
    ("field", "found"),
    [
        pytest.param(field, found, id=f"cookies-in-33-{label}")
        for label, field, found in [
            ("one", b"a=b", {"a": "b"}),
            ("three", b"a=b; c=d;e=f", {"a": "b", "c": "d", "e": "f"}),
            ("empty", b"", {}),
            ("empty-value", b"a=", {"a": ""}),
            ("white-space", b" \ta = b c \t; d=e", {"a": "b c", "d": "e"}),
            ("nameless", b"=b; c=d", {"c": "d"}),
            ("nameless-prefix", b"=__Host-x=bad", {}),
            ("nameless-blank", b" =b", {}),
            ("no-equals", b"a; b=c", {"b": "c"}),
            ("no-equals-prefix", b"__Host-x", {}),
            ("equals-in-value", b"a=b=c==", {"a": "b=c=="}),
            ("first-of-a-name", b"a=1; a=2", {"a": "1"}),
            ("first-though-empty", b"a=; a=2", {"a": ""}),
            ("case-of-names", b"a=1; A=2", {"a": "1", "A": "2"}),
            (
                "version",
                b'$Version="1"; a=b; $Path="/"',
                {"$Version": "1", "a": "b", "$Path": "/"},
            ),
            ("commas", b"a=b, c=d", {"a": "b, c=d"}),
            ("semicolons", b";;; ;a=b;;", {"a": "b"}),
            ("quoted", b'a="b c"', {"a": "b c"}),
            ("quotes-alone", b'a=""', {"a": ""}),
            ("one-quote", b'a="', {"a": '"'}),
            ("open-quote", b'a="b; c=d"', {"a": '"b', "c": 'd"'}),
            ("no-quotes", b'a=!b!; c=!d"', {"a": "!b!", "c": '!d"'}),
            ("quotes-inside", b'a=b"c"d', {"a": 'b"c"d'}),
            ("octal-escape", rb'a="\342\202\254\054"', {"a": r"\342\202\254\054"}),
            ("percent", b"a=%3B", {"a": "%3B"}),
            ("utf-8", b"\xc3\xa9=\xe2\x82\xac", {"\xe9": "\u20ac"}),
            ("not-utf-8", b"a=\xff\x80", {"a": "\ufffd\ufffd"}),
            ("controls", b"a=b\0c\r\nd", {"a": "b\0c\r\nd"}),
        ]
    ],
)
def test_cookies_are_read(field, found) -> None:
    assert parse_cookies([field]) == found
    assert cookie_parser(field.decode("utf-8", "replace")) == found


@pytest.mark.parametrize(("length", "names"), [(8188, ["a", "b"]), (8189, ["a"])])
def test_8192_bytes_are_read_by_default(length, names) -> None:
    assert list(parse_cookies([b"a=1;", b"b" + b"=" * (length - 1), b"c=3"])) == names


def test_several_fields_are_one_list() -> None:
    assert parse_cookies([b"a=1; b=2", b"b=3; c=4"]) == {"a": "1", "b": "2", "c": "4"}
    assert parse_cookies([]) == {}
    assert parse_cookies(iter([b"a=1"])) == {"a": "1"}


@pytest.mark.parametrize(
    ("fields", "limit", "names"),
    [
        ([b"a=1; b=2"], 8, "ab"),
        ([b"a=1; b=2"], 7, "a"),
        ([b"a=1; b=2"], 3, "a"),
        ([b"a=1; b=2"], 2, ""),
        ([b"a=1; b=2"], 0, ""),
        ([b"a=1", b"b=2", b"c=3"], 6, "ab"),
        ([b"a=1; bb=2", b"c=3"], 8, "a"),
        ([b"a=1", b";b=2;c=3"], 3, "a"),
        ([b"aaaaaaaa=1", b"b=2"], 4, ""),
    ],
)
def test_a_cookie_that_the_limit_falls_into_is_left_out(fields, limit, names) -> None:
    """A part of a value would be another value."""
    assert parse_cookies(fields, limit) == {
        name: str("_abc".index(name)) for name in names
    }


HOSTILE = {
    "backslashes": b'a="' + b"\\" * 40_000,
    "20k-cookies": b"; ".join(b"a%d=b" % n for n in range(20_000)),
    "octal-escapes": b'a="' + rb"\045" * 10_000 + b'"',
    "quotes": b'a="' + b'"' * 40_000,
    "equals": b"=" * 1_000_000,
    "semicolons": b";" * 1_000_000,
    "one-name": b"a=b;" * 200_000,
    "white-space": b"a" + b" " * 1_000_000 + b"=b",
}


@pytest.mark.parametrize(
    "field",
    [pytest.param(v, id=f"cookies-in-32-{label}") for label, v in HOSTILE.items()],
)
def test_hostile_cookies_are_read_in_linear_time(field) -> None:
    assert seconds(lambda: [parse_cookies([field]) for _ in range(20)]) < 1
    assert seconds(lambda: parse_cookies([field], limit=len(field))) < 1
    assert seconds(lambda: cookie_parser(field.decode())) < 1
    assert sum(len(n) + len(v) for n, v in parse_cookies([field]).items()) <= 8192


@given(st.lists(st.binary()), st.integers(0, 100))
def test_any_bytes_are_read(fields, limit) -> None:
    found = parse_cookies(fields, limit)
    everything = parse_cookies(fields)
    assert list(found) == [name for name in everything if name in found] or found == {}
    for name, value in everything.items():
        assert name
        assert name == name.strip(" \t")
        assert not set(";=") & set(name)
        assert ";" not in value


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_read(text) -> None:
    assert "" not in cookie_parser(text)


# What is set


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        ({}, b"a=b; Path=/; SameSite=lax"),
        ({"value": ""}, b"a=; Path=/; SameSite=lax"),
        ({"path": None, "samesite": None}, b"a=b"),
        ({"path": "/x y", "samesite": "Strict"}, b"a=b; Path=/x y; SameSite=Strict"),
        ({"samesite": "none", "secure": True}, b"a=b; Path=/; SameSite=none; Secure"),
        ({"max_age": 0}, b"a=b; Max-Age=0; Path=/; SameSite=lax"),
        ({"max_age": -1}, b"a=b; Max-Age=-1; Path=/; SameSite=lax"),
        ({"domain": "Ex.org"}, b"a=b; Domain=Ex.org; Path=/; SameSite=lax"),
        ({"domain": ".ex.org"}, b"a=b; Domain=.ex.org; Path=/; SameSite=lax"),
        ({"httponly": True}, b"a=b; HttpOnly; Path=/; SameSite=lax"),
        (
            {"name": "__Host-id", "secure": True},
            b"__Host-id=b; Path=/; SameSite=lax; Secure",
        ),
        (
            {"name": "__Secure-id", "secure": True, "domain": "ex.org", "path": "/x"},
            b"__Secure-id=b; Domain=ex.org; Path=/x; SameSite=lax; Secure",
        ),
        (
            {
                "max_age": 10,
                "expires": "Sun, 06 Nov 1994 08:49:37 GMT",
                "domain": "ex.org",
                "secure": True,
                "httponly": True,
                "partitioned": True,
            },
            (
                b"a=b; Domain=ex.org; expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; "
                b"Max-Age=10; Partitioned; Path=/; SameSite=lax; Secure"
            ),
        ),
    ],
)
def test_a_cookie_is_written(arguments, written) -> None:
    assert set_cookie_value(**{"name": "a", "value": "b"} | arguments) == written


NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expires", "date"),
    [
        (NOON, "Wed, 02 Jan 2030 12:00:00 GMT"),
        (
            datetime(2030, 1, 2, 14, tzinfo=timezone(timedelta(hours=2))),
            "Wed, 02 Jan 2030 12:00:00 GMT",
        ),
        (
            datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
            "Fri, 31 Dec 1999 23:59:59 GMT",
        ),
        (datetime(1, 1, 1, tzinfo=UTC), "Mon, 01 Jan 0001 00:00:00 GMT"),
        (datetime(9999, 12, 31, tzinfo=UTC), "Fri, 31 Dec 9999 00:00:00 GMT"),
        (0, "Thu, 01 Jan 1970 00:16:40 GMT"),
        (60, "Thu, 01 Jan 1970 00:17:40 GMT"),
        (-1000, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (0.9, "Thu, 01 Jan 1970 00:16:40 GMT"),
    ],
)
def test_a_date_is_written_in_english_and_gmt(monkeypatch, expires, date) -> None:
    """A number is seconds from now, as in the ancestor."""
    monkeypatch.setattr(cookies.time, "time", lambda: 1000)
    written = set_cookie_value("a", "b", expires=expires)
    assert written == f"a=b; expires={date}; Path=/; SameSite=lax".encode()
    assert set_cookie_value("a", "b", expires=date) == written


BAD = {
    "name-empty": {"name": ""},
    "name-semicolon": {"name": "a;b"},
    "name-space": {"name": "a b"},
    "name-equals": {"name": "a=b"},
    "name-cr": {"name": "a\r"},
    "name-nul": {"name": "a\0"},
    "name-non-ascii": {"name": "\xe9"},
    "value-crlf": {"value": "a\r\nSet-Cookie: b=c"},
    "value-lf-at-end": {"value": "a\n"},
    "value-semicolon": {"value": "a; Domain=evil"},
    "value-comma": {"value": "a,b"},
    "value-space": {"value": "a b"},
    "value-quote": {"value": '"a"'},
    "value-backslash": {"value": "a\\b"},
    "value-delete": {"value": "a\x7f"},
    "value-non-ascii": {"value": "\xe9"},
    "value-surrogate": {"value": "\ud800"},
    "pair-too-long": {"value": "a" * 4096},
    "path-domain": {"path": "/; domain=evil"},
    "path-crlf": {"path": "/\r\nX: y"},
    "path-non-ascii": {"path": "/\xe9"},
    "path-relative": {"path": "a"},
    "path-empty": {"path": ""},
    "path-too-long": {"path": "/" * 1025},
    "domain-crlf": {"domain": "x\r\nY: z"},
    "domain-semicolon": {"domain": "x; path=/y"},
    "domain-port": {"domain": "x:80"},
    "domain-empty": {"domain": ""},
    "domain-dot": {"domain": "."},
    "domain-two-dots": {"domain": "a..b"},
    "domain-trailing-dot": {"domain": "a."},
    "domain-non-ascii": {"domain": "b\xfccher.example"},
    "domain-kelvin-sign": {"domain": "\u212a.example"},
    "domain-too-long": {"domain": "a" * 256},
    "samesite-attribute": {"samesite": "none; x", "secure": True},
    "samesite-unknown": {"samesite": "loose"},
    "samesite-empty": {"samesite": ""},
    "max-age-text": {"max_age": "1; x"},
    "max-age-float": {"max_age": 1.5},
    "max-age-bool": {"max_age": True},
    "expires-attribute": {"expires": "Sun, 06 Nov 1994 08:49:37 GMT; Domain=evil"},
    "expires-crlf": {"expires": "x\r\nY: z"},
    "expires-empty": {"expires": ""},
    "expires-old-form": {"expires": "Sunday, 06-Nov-94 08:49:37 GMT"},
    "expires-other-zone": {"expires": "Sun, 06 Nov 1994 08:49:37 CET"},
    "expires-month": {"expires": "Sun, 06 Nox 1994 08:49:37 GMT"},
    "expires-day": {"expires": "Sux, 06 Nov 1994 08:49:37 GMT"},
    "expires-arabic-digits": {"expires": "Sun, \u0660\u0666 Nov 1994 08:49:37 GMT"},
    "expires-naive": {"expires": datetime(2030, 1, 1)},
    "expires-year-10000": {"expires": 10**12},
    "expires-huge": {"expires": 10**30},
    "expires-infinite": {"expires": float("inf")},
    "expires-nan": {"expires": float("nan")},
}


@pytest.mark.parametrize(
    "arguments",
    [pytest.param(v, id=f"cookies-out-34-{label}") for label, v in BAD.items()],
)
def test_an_argument_that_would_break_the_field_is_refused(arguments) -> None:
    with pytest.raises(ValueError, match=r"^cookie "):
        set_cookie_value(**{"name": "a", "value": "b"} | arguments)


TOGETHER = {
    "secure-prefix-without-secure": {"name": "__Secure-a"},
    "secure-prefix-case": {"name": "__SECURE-a"},
    "host-prefix-without-secure": {"name": "__Host-a"},
    "host-prefix-case": {"name": "__host-a"},
    "host-prefix-with-path": {"name": "__Host-a", "secure": True, "path": "/x"},
    "host-prefix-without-path": {"name": "__Host-a", "secure": True, "path": None},
    "host-prefix-with-domain": {"name": "__Host-a", "secure": True, "domain": "x"},
    "samesite-none-without-secure": {"samesite": "None"},
    "partitioned-without-secure": {"partitioned": True},
}


@pytest.mark.parametrize(
    "arguments",
    [pytest.param(v, id=f"cookies-out-35-{label}") for label, v in TOGETHER.items()],
)
def test_a_cookie_that_browsers_would_ignore_is_refused(arguments) -> None:
    with pytest.raises(ValueError, match="needs secure=True"):
        set_cookie_value(**{"name": "a", "value": "b"} | arguments)


def test_an_error_names_the_cookie_and_not_its_value() -> None:
    with pytest.raises(ValueError, match="cookie 'session'") as caught:
        set_cookie_value("session", "hunter2 ")
    assert "hunter2" not in str(caught.value)


def test_a_browser_keeps_a_pair_of_4096_bytes() -> None:
    assert set_cookie_value("a", "b" * 4095).startswith(b"a=bbb")
    with pytest.raises(ValueError, match="'abc': 4097 bytes of name and value"):
        set_cookie_value("abc", "b" * 4094)


def test_an_attribute_has_1024_bytes_and_a_domain_255() -> None:
    path, domain = "/" * 1024, "d" * 255
    written = set_cookie_value("a", "b", path=path, domain=domain).decode()
    assert written == f"a=b; Domain={domain}; Path={path}; SameSite=lax"


def test_what_stands_in_a_value_and_in_a_path() -> None:
    """RFC 6265bis section 4.1.1: cookie-octet and av-octet."""
    for char in map(chr, range(256)):
        for there, argument in (
            ("!" <= char <= "~" and char not in '",;\\', {"value": char}),
            (" " <= char <= "~" and char != ";", {"path": f"/{char}"}),
        ):
            if there:
                assert char in set_cookie_value("a", **argument).decode()
            else:
                with pytest.raises(ValueError, match="cookie 'a'"):
                    set_cookie_value("a", **argument)


ANY = st.text(st.characters(exclude_categories=()))


@given(name=ANY, value=ANY, path=ANY, domain=ANY, samesite=ANY, expires=ANY)
def test_any_text_is_refused_or_stays_in_its_place(**arguments) -> None:
    for name, text in arguments.items():
        try:
            written = set_cookie_value(**{"name": "a", name: text})
        except ValueError:
            continue
        assert written.isascii()
        assert written.count(b";") == 2 + (name in ("domain", "expires"))
        assert not set(written) & {*range(0x20), 0x7F}


@given(
    st.text("abcXYZ019!#$%&'*+-.^_`|~", min_size=1),
    st.text([chr(c) for c in range(0x21, 0x7F) if chr(c) not in '",;\\']),
)
def test_what_is_set_is_what_is_read(name, value) -> None:
    written = set_cookie_value(name, value)
    assert parse_cookies([written.partition(b";")[0]]) == {name: value}
