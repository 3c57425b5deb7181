"""Header fields: case, repetition, order, and what may not be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.headers import Headers, MutableHeaders, encode_name, encode_value
from tests.http.stopwatch import seconds

TWO = [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]


# What is written


def test_a_name_is_encoded_in_lower_case() -> None:
    assert encode_name("X-Request-Id") == b"x-request-id"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, id=f"headers-out-28-{label}")
        for label, name in {
            "empty": "",
            "space": "x y",
            "space-at-end": "x ",
            "colon": "x:",
            "cr": "x\r",
            "lf": "x\n",
            "nul": "x\0",
            "non-ascii": "\xfcber",
            "kelvin-sign": "\u212a",
            "surrogate": "\ud800",
            "long": "x " * 5000,
        }.items()
    ],
)
def test_a_bad_name_is_an_error_that_names_it(name) -> None:
    with pytest.raises(ValueError, match=r"header .* a name is a token") as caught:
        encode_name(name)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("", b""),
        ("text/html; charset=utf-8", b"text/html; charset=utf-8"),
        ("a\tb", b"a\tb"),
        ("caf\xe9", b"caf\xe9"),
        ("\xa0", b"\xa0"),
        ("\x85", b"\x85"),
    ],
)
def test_a_value_is_latin_1_of_rfc_9110s_grammar(value, encoded) -> None:
    assert encode_value("x", value) == encoded


def test_a_value_has_a_character_or_not_wherever_it_stands() -> None:
    """RFC 9110 section 5.5: VCHAR, obs-text, and between them SP and HTAB."""
    for char in map(chr, range(0x200)):
        visible = "!" <= char <= "~" or "\x80" <= char <= "\xff"
        for value in (f"a{char}b", f"\xe9{char}\xe9"):
            if visible or char in " \t":
                assert encode_value("x", value).decode("latin-1") == value
            else:
                with pytest.raises(ValueError, match="a value is latin-1"):
                    encode_value("x", value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, id=f"headers-out-28-{label}")
        for label, value in {
            "cr": "a\rb",
            "lf": "a\nb",
            "crlf-injection": "a\r\nSet-Cookie: b=c",
            "nul": "a\0b",
            "bell": "a\x07b",
            "escape": "\x1b[31m",
            "delete": "a\x7fb",
            "leading-space": " a",
            "trailing-space": "ab ",
            "leading-tab": "\ta",
            "trailing-tab": "ab\t",
            "space-alone": " ",
            "non-latin-1": "\u20ac",
            "line-separator": "a\u2028b",
            "surrogate": "\ud800",
        }.items()
    ],
)
def test_a_bad_value_is_an_error_that_names_the_header(value) -> None:
    """At assignment, wherever a value is set; and the value is not repeated."""
    writes = [
        lambda: encode_value("X-Key", value),
        lambda: Headers({"X-Key": value}),
        lambda: MutableHeaders().__setitem__("X-Key", value),
        lambda: MutableHeaders().append("X-Key", value),
        lambda: MutableHeaders().setdefault("X-Key", value),
        lambda: MutableHeaders().update({"X-Key": value}),
        lambda: MutableHeaders() | {"X-Key": value},
    ]
    for write in writes:
        with pytest.raises(ValueError, match="header 'X-Key': "):
            write()


def test_an_error_does_not_repeat_a_secret() -> None:
    with pytest.raises(ValueError) as caught:
        encode_value("authorization", "Bearer hunter2\n")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", [5, None, b"", b"bytes"])
def test_a_value_that_is_no_text_is_a_type_error_that_names_the_header(value) -> None:
    with pytest.raises(
        TypeError, match=f"'x': a value is a str, not {type(value).__name__}"
    ):
        encode_value("x", value)


@given(st.text())
def test_any_text_is_encoded_or_refused(text) -> None:
    try:
        encoded = encode_value("x", text)
    except ValueError as exc:
        message = str(exc)
        assert message.startswith("header 'x': ")
    else:
        assert encoded.decode("latin-1") == text
        assert encoded.strip(b" \t\r\n\0") == encoded


def test_encoding_a_long_value_is_linear() -> None:
    assert seconds(lambda: encode_value("x", "\t".join(["a"] * 500_000))) < 1
    assert seconds(lambda: encode_value("x", "a" * 1_000_000 + "\n")) < 1


# What is read


def test_names_have_no_case() -> None:
    headers = Headers({"X-Key": "1"})
    assert headers["x-key"] == headers["X-KEY"] == headers.get("X-key") == "1"
    assert "X-Key" in headers
    assert headers.raw == [(b"x-key", b"1")]


def test_the_first_of_a_name_is_what_a_look_up_gives() -> None:
    headers = Headers(raw=TWO)
    assert headers["a"] == "1"
    assert headers.getlist("A") == ["1", "3"]
    assert headers.getlist("c") == []


def test_every_field_is_gone_through_as_it_came() -> None:
    headers = Headers(raw=TWO)
    assert list(headers) == list(headers.keys()) == ["a", "b", "a"]
    assert list(headers.values()) == ["1", "2", "3"]
    assert list(headers.items()) == [("a", "1"), ("b", "2"), ("a", "3")]
    assert len(headers) == len(headers.items()) == len(headers.values()) == 3
    assert ("a", "3") in headers.items()
    assert ("a", "2") not in headers.items()
    assert "3" in headers.values()
    assert "0" not in headers.values()
    assert "4" not in headers.values()
    assert dict(headers) == {"a": "1", "b": "2"}


def test_what_is_absent() -> None:
    headers = Headers(raw=TWO)
    with pytest.raises(KeyError, match="nope"):
        headers["nope"]
    assert headers.get("nope") is None
    assert headers.get("nope", "x") == "x"
    assert "nope" not in headers
    assert 5 not in headers


@pytest.mark.parametrize("name", ["\u20ac", "\u212aey", "\ud800"])
def test_a_name_that_no_field_can_have_is_absent(name) -> None:
    """The Kelvin sign's lower case is an ASCII k: that is not the field's name."""
    for headers in (
        Headers(raw=[(b"key", b"1")]),
        MutableHeaders(raw=[(b"key", b"1")]),
    ):
        assert name not in headers
        assert headers.getlist(name) == []
        with pytest.raises(KeyError):
            headers[name]


def test_values_are_latin_1() -> None:
    assert Headers(raw=[(b"x", b"\xe9")])["x"] == "\xe9"


def test_headers_are_made_from_one_source() -> None:
    assert Headers().raw == []
    assert Headers({}).raw == []
    assert Headers(scope={}).raw == []
    assert Headers(raw=iter([(b"X", b"1")]))["x"] == "1"
    with pytest.raises(TypeError, match="one of headers="):
        Headers({"a": "1"}, raw=[])
    with pytest.raises(TypeError, match="one of headers="):
        Headers({"a": "1"}, scope={})
    with pytest.raises(TypeError, match="one of headers="):
        Headers(raw=[], scope={})


def test_headers_are_equal_in_any_order_and_case() -> None:
    assert Headers(raw=TWO) == Headers(raw=[(b"A", b"3"), (b"a", b"1"), (b"b", b"2")])
    assert Headers(raw=TWO) == MutableHeaders(raw=list(TWO))
    assert Headers(raw=TWO) != Headers(raw=TWO[:2])
    assert Headers(raw=TWO[:2]) != Headers(raw=TWO)
    assert Headers({"a": "1"}) != {"a": "1"}


def test_the_repr_hides_credentials() -> None:
    names = ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"]
    headers = Headers({**dict.fromkeys(names, "hunter2"), "accept": "*/*"})
    assert "hunter2" not in repr(headers)
    assert repr(headers) == (
        "Headers([('authorization', '[hidden]'), ('proxy-authorization', '[hidden]'), "
        "('cookie', '[hidden]'), ('set-cookie', '[hidden]'), ('accept', '*/*')])"
    )
    assert repr(MutableHeaders(raw=[(b"Cookie", b"hunter2")])) == (
        "MutableHeaders([('Cookie', '[hidden]')])"
    )


@pytest.mark.parametrize("_", [pytest.param(None, id="headers-in-23")])
def test_an_underscore_is_not_a_hyphen(_) -> None:
    headers = Headers(
        raw=[(b"x_forwarded_for", b"evil"), (b"x-forwarded-for", b"good")]
    )
    assert headers["x-forwarded-for"] == "good"
    assert headers.getlist("x-forwarded-for") == ["good"]
    assert headers["x_forwarded_for"] == "evil"


@pytest.mark.parametrize("_", [pytest.param(None, id="headers-in-24")])
def test_many_fields_cost_one_pass(_) -> None:
    raw = [(b"x-%d" % n, b"v") for n in range(20_000)] + [(b"r", b"v" * 10)] * 5000

    def read() -> None:
        headers = Headers(scope={"headers": raw})
        assert all(headers[f"x-{n}"] == "v" for n in range(20_000))
        assert len(headers.getlist("r")) == 5000
        assert all(headers.getlist("absent") == [] for _ in range(20_000))
        assert len(dict(headers.items())) == 20_001

    assert seconds(read) < 2


@pytest.mark.parametrize("_", [pytest.param(None, id="headers-in-27")])
def test_what_a_server_adds_later_is_not_seen(_) -> None:
    """Trailers are no header fields (RFC 9110 section 6.5.1)."""
    fields = [(b"host", b"example.org")]
    for headers in (Headers(scope={"headers": fields}), Headers(raw=fields)):
        assert "host" in headers
        fields += [(b"authorization", b"Bearer x"), (b"cookie", b"a=b")]
        assert "authorization" not in headers
        assert headers.getlist("cookie") == []
        assert headers.raw == [(b"host", b"example.org")]
        del fields[1:]


# What is edited


def test_a_copy_to_edit_leaves_the_original() -> None:
    headers = Headers(raw=TWO)
    copied = headers.mutablecopy()
    copied["a"] = "9"
    assert headers.getlist("a") == ["1", "3"]
    assert copied.raw == [(b"a", b"9"), (b"b", b"2")]


def test_the_list_that_is_given_is_edited_in_place() -> None:
    fields = [(b"Content-Type", b"text/plain")]
    message = {"headers": fields}
    for headers in (MutableHeaders(raw=fields), MutableHeaders(scope=message)):
        headers["content-type"] = "text/html"
        headers.append("x", "1")
        del headers["x"]
        headers |= {"y": "2"}
        assert message["headers"] is fields is headers.raw
        assert fields == [(b"content-type", b"text/html"), (b"y", b"2")]
        fields[:] = [(b"Content-Type", b"text/plain")]


def test_an_edit_by_somebody_else_is_seen() -> None:
    fields: list[tuple[bytes, bytes]] = []
    headers = MutableHeaders(raw=fields)
    assert "x" not in headers
    fields.append((b"X", b"1"))
    assert headers["x"] == headers.get("X") == "1"
    assert headers.getlist("x") == ["1"]


def test_a_message_without_a_list_is_given_one() -> None:
    message = {"headers": ((b"a", b"1"),)}
    MutableHeaders(scope=message)["b"] = "2"
    assert message["headers"] == [(b"a", b"1"), (b"b", b"2")]
    bare: dict[str, object] = {}
    MutableHeaders(scope=bare)["b"] = "2"
    assert bare["headers"] == [(b"b", b"2")]
    assert MutableHeaders(raw=((b"a", b"1"),)).raw == [(b"a", b"1")]


def test_setting_replaces_every_field_of_the_name_at_the_first_ones_place() -> None:
    headers = MutableHeaders(raw=list(TWO))
    headers["A"] = "9"
    assert headers.raw == [(b"a", b"9"), (b"b", b"2")]
    headers["c"] = "3"
    assert headers.raw[-1] == (b"c", b"3")


def test_deleting_removes_every_field_and_never_fails() -> None:
    headers = MutableHeaders(raw=list(TWO))
    del headers["A"]
    del headers["nope"]
    del headers["\u20ac"]
    assert headers.raw == [(b"b", b"2")]


def test_appending_keeps_what_is_there() -> None:
    headers = MutableHeaders({"set-cookie": "a=1"})
    headers.append("Set-Cookie", "b=2")
    assert headers.getlist("set-cookie") == ["a=1", "b=2"]


def test_a_default_is_set_once() -> None:
    headers = MutableHeaders()
    assert headers.setdefault("a", "1") == "1"
    assert headers.setdefault("A", "2") == "1"
    assert headers.raw == [(b"a", b"1")]


def test_an_update_replaces_names_and_keeps_repetitions() -> None:
    headers = MutableHeaders({"a": "0", "c": "0"})
    headers.update(Headers(raw=TWO))
    assert headers.raw == [(b"c", b"0"), *TWO]


def test_an_update_that_fails_changes_nothing() -> None:
    headers = MutableHeaders({"a": "1"})
    with pytest.raises(ValueError):
        headers.update({"a": "2", "b": "\n"})
    assert headers.raw == [(b"a", b"1")]


def test_joining_makes_new_headers() -> None:
    headers = MutableHeaders({"a": "1"})
    joined = headers | {"b": "2"}
    assert isinstance(joined, MutableHeaders)
    assert (headers.raw, len(joined)) == ([(b"a", b"1")], 2)


@pytest.mark.parametrize(
    ("there", "added", "result"),
    [
        ([], "Origin", "Origin"),
        (["Accept"], "Origin", "Accept, Origin"),
        (["Accept, origin"], "Origin", "Accept, origin"),
        (["Accept", "Cookie"], "accept, Origin", "Accept, Cookie, Origin"),
        (["*"], "Origin", "*"),
        (["Accept"], "*", "*"),
        ([" , ,Accept"], "Origin,", "Accept, Origin"),
    ],
)
def test_vary_names_each_field_once(there, added, result) -> None:
    headers = MutableHeaders()
    for line in there:
        headers.raw.append((b"vary", line.encode()))
    headers.add_vary_header(added)
    assert headers.raw == [(b"vary", result.encode())]


@given(
    st.lists(
        st.tuples(
            st.text("ABCabc-", min_size=1, max_size=3),
            st.text("xyz", max_size=3),
            st.sampled_from(["set", "append", "default", "delete"]),
        )
    )
)
def test_edits_are_those_of_a_list_of_pairs(edits) -> None:
    headers, model = MutableHeaders(), []
    for name, value, edit in edits:
        key = name.lower()
        if edit == "set":
            headers[name] = value
            first = next((i for i, f in enumerate(model) if f[0] == key), len(model))
            model = (
                [f for f in model[:first] if f[0] != key]
                + [(key, value)]
                + [f for f in model[first:] if f[0] != key]
            )
        elif edit == "append":
            headers.append(name, value)
            model.append((key, value))
        elif edit == "default":
            headers.setdefault(name, value)
            if key not in dict(model):
                model.append((key, value))
        else:
            del headers[name]
            model = [f for f in model if f[0] != key]
    assert list(headers.items()) == model
    frozen = Headers(raw=headers.raw)
    for key, _ in model:
        assert frozen[key] == headers[key] == next(v for k, v in model if k == key)
        assert frozen.getlist(key) == [v for k, v in model if k == key]
