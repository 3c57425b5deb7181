"""URLs: parts, replacements, targets of requests, hosts, queries and redirects."""

import copy
import pickle
import string
import unicodedata
from urllib.parse import SplitResult, parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.multidict import MultiDict
from restlette.http.urls import (
    URL,
    QueryParams,
    TooManyParameters,
    URLPath,
    is_safe_redirect,
    is_valid_host,
    quote_path,
    quote_segment,
    split_host,
)
from tests.http.stopwatch import seconds

ANY_TEXT = st.text(st.characters(exclude_categories=()))


def a_scope(path="/", host=b"example.org", **more):
    """An HTTP scope; without a Host field where `host` is None."""
    headers = [(b"accept", b"*/*"), (b"x-forwarded-host", b"evil.example")]
    headers += [(b"host", host)] if host is not None else []
    return {"type": "http", "path": path, "headers": headers} | more


# The parts of a URL


def test_a_url_is_a_text_that_knows_its_parts() -> None:
    url = URL("HTTPS://user:p%40ss@Example.ORG:8443/a/b;c?d=e&f#g?h")
    assert isinstance(url, str)
    assert url == "HTTPS://user:p%40ss@Example.ORG:8443/a/b;c?d=e&f#g?h"
    assert url.scheme == "https"
    assert url.netloc == "user:p%40ss@Example.ORG:8443"
    assert (url.username, url.password) == ("user", "p%40ss")
    assert (url.hostname, url.port) == ("example.org", 8443)
    assert (url.path, url.query, url.fragment) == ("/a/b;c", "d=e&f", "g?h")
    assert url.is_secure
    assert url.components is url.components
    assert url.components == SplitResult(
        "https", "user:p%40ss@Example.ORG:8443", "/a/b;c", "d=e&f", "g?h"
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("", "", "", "", "")),
        ("/a", ("", "", "/a", "", "")),
        ("a/b", ("", "", "a/b", "", "")),
        ("//h/a", ("", "h", "/a", "", "")),
        ("//h", ("", "h", "", "", "")),
        ("////h", ("", "", "//h", "", "")),
        ("?q", ("", "", "", "q", "")),
        ("#f", ("", "", "", "", "f")),
        ("/a#f?q", ("", "", "/a", "", "f?q")),
        ("/a?q?r", ("", "", "/a", "q?r", "")),
        ("mailto:a@b", ("mailto", "", "a@b", "", "")),
        ("1a:b", ("", "", "1a:b", "", "")),
        (":b", ("", "", ":b", "", "")),
        ("a/b:c", ("", "", "a/b:c", "", "")),
        ("http://h\n/a\tb ", ("http", "h\n", "/a\tb ", "", "")),
        ("http://[::1", ("http", "[::1", "", "", "")),
    ],
)
def test_every_text_has_parts_and_nothing_is_stripped(text, parts) -> None:
    assert URL(text).components == parts


def test_a_scheme_is_a_letter_and_letters_digits_plus_minus_and_dot() -> None:
    """RFC 3986 section 3.1."""
    for char in map(chr, range(256)):
        first, later = URL(f"{char}z:"), URL(f"z{char}z:")
        assert bool(first.scheme) == (char in string.ascii_letters)
        more = char in string.ascii_letters + string.digits + "+-."
        assert bool(later.scheme) == more or char == ":"


def test_a_port_that_is_none_is_an_error_when_it_is_asked_for() -> None:
    with pytest.raises(ValueError):
        _ = URL("http://h:x/").port
    assert URL("http://h:x/").hostname == "h"
    assert URL("/a").port is URL("/a").hostname is URL("/a").username is None


@pytest.mark.parametrize(
    ("text", "secure"),
    [("https://h", True), ("wss://h", True), ("http://h", False), ("ws://h", False)],
)
def test_security_is_a_matter_of_the_scheme(text, secure) -> None:
    assert URL(text).is_secure is secure


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://u:hunter2@h/a", "URL('http://u:********@h/a')"),
        ("//u:hunter2@h:x", "URL('//u:********@h:x')"),
        ("http://u:a@hunter2@h/", "URL('http://u:********@h/')"),
        ("http://u:@h/", "URL('http://u:********@h/')"),
        ("http://u@h/", "URL('http://u@h/')"),
        ("/a:b@c", "URL('/a:b@c')"),
    ],
)
def test_the_repr_hides_the_password(text, shown) -> None:
    assert repr(URL(text)) == shown


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda u: pickle.loads(pickle.dumps(u))]
)
def test_a_url_can_be_copied(duplicate) -> None:
    url = URL("http://h/a")
    assert url.path == "/a"
    assert duplicate(url).path == "/a"
    assert type(duplicate(url)) is URL


# Replacing parts


@pytest.mark.parametrize(
    ("text", "changes", "result"),
    [
        ("http://h/a", {"scheme": "https"}, "https://h/a"),
        ("http://h/a", {"scheme": ""}, "//h/a"),
        ("http://h/a", {"netloc": "g:1"}, "http://g:1/a"),
        ("http://h/a?b#c", {"path": "/d"}, "http://h/d?b#c"),
        ("http://h/a?b#c", {"path": "d"}, "http://h/d?b#c"),
        ("http://h/a?b#c", {"query": "d=e"}, "http://h/a?d=e#c"),
        ("http://h/a?b#c", {"query": "", "fragment": ""}, "http://h/a"),
        ("http://h/a", {"fragment": "d"}, "http://h/a#d"),
        ("http://h:1/a", {"port": 2}, "http://h:2/a"),
        ("http://h:1/a", {"port": None}, "http://h/a"),
        ("http://h:1/a", {"port": 0}, "http://h:0/a"),
        ("http://h:1/a", {"port": 65535}, "http://h:65535/a"),
        ("http://h:1/a", {"hostname": "g"}, "http://g:1/a"),
        ("http://h/a", {"hostname": "g", "port": 1}, "http://g:1/a"),
        ("http://h/a", {"hostname": "::1"}, "http://[::1]/a"),
        ("http://h:1/a", {"hostname": "[::1]"}, "http://[::1]:1/a"),
        ("http://[::1]:1/a", {"port": 2}, "http://[::1]:2/a"),
        ("http://[::1]/a", {"port": 2}, "http://[::1]:2/a"),
        ("http://[::1]:1/a", {"port": None}, "http://[::1]/a"),
        ("http://[::1]:1/a", {"username": "u"}, "http://u@[::1]:1/a"),
        ("http://h/a", {"username": "u", "password": "p"}, "http://u:p@h/a"),
        ("http://u:p@h/a", {"password": None}, "http://u@h/a"),
        ("http://u:p@h/a", {"username": None, "password": None}, "http://h/a"),
        ("http://u:p@h/a", {"username": None}, "http://:p@h/a"),
        ("http://u:p@h/a", {"hostname": "g"}, "http://u:p@g/a"),
        ("http://u:p@h:1/a", {"netloc": "g", "port": 2}, "http://g:2/a"),
        ("/a", {"username": None, "port": None}, "/a"),
        ("/a", {"scheme": "http", "hostname": "h"}, "http://h/a"),
        ("http://h", {}, "http://h"),
        # what cannot stand in a part is encoded there, %XX is taken as it is
        ("http://h/", {"path": "/a b?c#d%2F\u00e9"}, "http://h/a%20b%3Fc%23d%2F%C3%A9"),
        ("http://h/", {"query": "a b#c[]%2F"}, "http://h/?a%20b%23c[]%2F"),
        ("http://h/", {"fragment": "a b#c"}, "http://h/#a%20b#c"),
        ("http://h/", {"username": "a@b/:%40"}, "http://a%40b%2F%3A%40@h/"),
        ("http://h/", {"password": "p:@/?#"}, "http://:p%3A%40%2F%3F%23@h/"),
        # a path stays a path
        ("/a", {"path": "//evil.example/x"}, "/%2Fevil.example/x"),
        ("http://h/a", {"path": "//evil.example/x"}, "http://h//evil.example/x"),
        ("", {"path": "javascript:alert(1)"}, "javascript%3Aalert(1)"),
        ("", {"path": "a/b:c"}, "a/b:c"),
        ("mailto:a@b", {"query": "c"}, "mailto:a@b?c"),
    ],
)
def test_replacing(text, changes, result) -> None:
    assert URL(text).replace(**changes) == result
    assert URL(text, **changes) == result
    assert type(URL(text).replace(**changes)) is URL


@pytest.mark.parametrize(
    "changes",
    [
        {"scheme": "1a"},
        {"scheme": "ht tp"},
        {"scheme": "http:"},
        {"scheme": "\u212a"},
        {"netloc": "a/b"},
        {"netloc": "a?b"},
        {"netloc": "a#b"},
        {"netloc": "a\\b"},
        {"netloc": "a\nb"},
        {"netloc": "a b"},
        {"hostname": ""},
        {"hostname": "a/b"},
        {"hostname": "a@b"},
        {"hostname": "a:80"},
        {"hostname": "a:"},
        {"hostname": "[::1]:80"},
        {"hostname": "::g"},
        {"hostname": "\xfcber"},
        {"hostname": "\ud800"},
        {"port": -1},
        {"port": 65536},
    ],
)
def test_a_component_that_cannot_be_is_refused(changes) -> None:
    with pytest.raises(ValueError, match="is not"):
        URL("http://h/").replace(**changes)


def test_blanks_and_what_ends_an_authority_are_refused_in_one() -> None:
    """What browsers drop or take for a slash, controls, spaces and ends of lines."""
    for char in map(chr, range(0x2100)):
        refused = char in "/?#\\ \xa0\u2028\u2029" or unicodedata.category(char) == "Cc"
        if refused:
            with pytest.raises(ValueError, match="is not the authority"):
                URL("http://h/", netloc=f"a{char}")
        else:
            assert URL("http://h/", netloc=f"a{char}").netloc == f"a{char}"


@pytest.mark.parametrize(("part", "encoded"), [("query", '"#<>'), ("fragment", '"<>`')])
def test_what_stays_in_a_query_and_a_fragment_is_what_browsers_let_stay(
    part, encoded
) -> None:
    """WHATWG URL section 1.3."""
    for char in map(chr, range(128)):
        written = getattr(URL("/").replace(**{part: f"a{char}"}), part)
        stays = char in string.printable[:-6] and char not in encoded
        assert written == ("a" + (char if stays else f"%{ord(char):02X}"))


@pytest.mark.parametrize("changes", [{"port": 80}, {"username": "u"}, {"password": ""}])
def test_without_a_host_there_is_no_user_and_no_port(changes) -> None:
    with pytest.raises(ValueError, match="a URL without a host"):
        URL("/a").replace(**changes)


def test_an_unknown_component_is_named_with_those_there_are() -> None:
    with pytest.raises(TypeError, match=r"no component 'host'; it has fragment"):
        URL("/", host="h")


def test_positional_texts_are_replaced_as_in_any_str() -> None:
    assert URL("http://h/a/a").replace("a", "b") == "http://h/b/b"
    assert URL("http://h/a/a").replace("a", "b", 1) == "http://h/b/a"


@given(ANY_TEXT)
def test_replacing_nothing_gives_a_url_with_the_same_meaning(text) -> None:
    url = URL(text)
    again = url.replace()
    assert again.replace() == again
    assert again.scheme == url.scheme
    assert again.netloc == url.netloc
    assert repr(url).startswith("URL(")


@given(ANY_TEXT, st.sampled_from(["http://h/a?b#c", "/a?b#c", "", "x:"]))
def test_a_part_changes_no_other_part(text, base) -> None:
    url = URL(base)
    for part in ("path", "query", "fragment"):
        changed = url.replace(**{part: text})
        others = {"scheme", "netloc", "path", "query", "fragment"} - {part}
        assert all(getattr(changed, o) == getattr(url, o) for o in others - {"path"})
        assert changed.path == url.path or part == "path"
        assert changed.isascii()
    changed = URL("http://h/").replace(username=text, password=text)
    assert changed.hostname == "h"
    assert changed.path == "/"


# Queries of URLs


def test_parameters_are_added_replaced_and_removed() -> None:
    url = URL("http://h/a?a=1&b=2&a=3#f")
    assert url.include_query_params(c="x y") == "http://h/a?a=1&b=2&a=3&c=x+y#f"
    assert url.include_query_params(a=4) == "http://h/a?b=2&a=4#f"
    assert url.replace_query_params(self="&=") == "http://h/a?self=%26%3D#f"
    assert url.replace_query_params() == "http://h/a#f"
    assert url.remove_query_params("a") == "http://h/a?b=2#f"
    assert url.remove_query_params(["a", "b"]) == "http://h/a#f"
    assert url.remove_query_params("nope") == "http://h/a?a=1&b=2&a=3#f"


# The target URI of a request


@pytest.mark.parametrize(
    ("scope", "url"),
    [
        (a_scope("/a/b"), "http://example.org/a/b"),
        (a_scope("/a", scheme="https"), "https://example.org/a"),
        (a_scope("/a", scheme=""), "http://example.org/a"),
        (a_scope("/a", type="websocket"), "ws://example.org/a"),
        (a_scope("/a", type="websocket", scheme="wss"), "wss://example.org/a"),
        (a_scope("/a", host=b"Example.org:8000"), "http://Example.org:8000/a"),
        (a_scope("/a", query_string=b"q=1&r"), "http://example.org/a?q=1&r"),
        (
            a_scope("/a", query_string=b"a[]=1&b=%zz"),
            "http://example.org/a?a[]=1&b=%zz",
        ),
        (
            a_scope("/a", query_string=b"a#b \xff<"),
            "http://example.org/a?a%23b%20%FF%3C",
        ),
        # encoding
        (a_scope("/caf\xe9 x"), "http://example.org/caf%C3%A9%20x"),
        (a_scope("/a?b#c%d"), "http://example.org/a%3Fb%23c%25d"),
        (a_scope("/\ud800"), "http://example.org/%EF%BF%BD"),
        (a_scope("/a/b", raw_path=b"/a%2Fb"), "http://example.org/a%2Fb"),
        (a_scope("/\ufffd", raw_path=b"/%ff"), "http://example.org/%ff"),
        (a_scope("/new", raw_path=b"/old"), "http://example.org/new"),
        (a_scope("/new", raw_path=b"/former"), "http://example.org/new"),
        (a_scope("/a", raw_path=b"/a?q=1"), "http://example.org/a"),
        (a_scope("/a#b", raw_path=b"/a#b"), "http://example.org/a%23b"),
        (a_scope("/a", raw_path=None), "http://example.org/a"),
        # root paths
        (a_scope("/app/a", root_path="/app"), "http://example.org/app/a"),
        (a_scope("/app", root_path="/app/"), "http://example.org/app"),
        (a_scope("/a", root_path="/app"), "http://example.org/app/a"),
        (a_scope("/apple", root_path="/app"), "http://example.org/app/apple"),
        (a_scope("/a", root_path="/caf\xe9"), "http://example.org/caf%C3%A9/a"),
        (
            a_scope("/app/a/b", root_path="/app", raw_path=b"/app/a%2Fb"),
            "http://example.org/app/a%2Fb",
        ),
        (
            a_scope("/a/b", root_path="/app", raw_path=b"/a%2Fb"),
            "http://example.org/app/a%2Fb",
        ),
        # authorities
        (a_scope("/a", host=None, server=("10.0.0.1", 80)), "http://10.0.0.1/a"),
        (a_scope("/a", host=None, server=("10.0.0.1", 81)), "http://10.0.0.1:81/a"),
        (a_scope("/a", host=None, server=("::1", 81)), "http://[::1]:81/a"),
        (
            a_scope("/a", host=None, server=("h", 443), scheme="https"),
            "https://h/a",
        ),
        (a_scope("/a", host=None, server=("h", 80), scheme="ws"), "ws://h/a"),
        (a_scope("/a", host=None, server=("h", 443), scheme="wss"), "wss://h/a"),
        (a_scope("/a", host=None, server=("/run/app.sock", None)), "/a"),
        (a_scope("/a", host=None, server=None), "/a"),
        (a_scope("/a", host=None), "/a"),
        ({"path": "/a"}, "/a"),
        (a_scope("//evil.example/a", host=None), "/%2Fevil.example/a"),
        # request-targets that are not paths
        (a_scope("*"), "http://example.org"),
        (a_scope(""), "http://example.org/"),
        (a_scope("@evil.example"), "http://example.org/@evil.example"),
        (a_scope("http://evil/x"), "http://example.org/http://evil/x"),
    ],
)
def test_the_target_of_a_request(scope, url) -> None:
    assert URL(scope=scope) == url


BAD_HOSTS = {
    "path-and-query": b"a/?x",
    "fragment": b"a#",
    "query": b"a?",
    "user": b"a@evil",
    "port-and-user": b"ex.com:80@evil",
    "two-ports": b"evil:80:80",
    "open-bracket": b"[::1",
    "closed-bracket": b"::1]",
    "bare-ipv6": b"::1",
    "space": b"a b",
    "only-space": b" ",
    "tab": b"a\tb",
    "only-tab": b"\t",
    "newline": b"a\n",
    "nul": b"a\0",
    "byte-ff": b"\xff",
    "utf-8": "b\xfccher.example".encode(),
    "empty": b"",
    "no-host": b":80",
    "long": b"a" * 300,
    "256-bytes": b"a" * 256,
    "trailing-dot": b"a.",
    "dot": b".",
    "two-dots": b"a..b",
    "leading-dot": b".a",
    "comma": b"a,b",
    "backslash": b"a\\b",
    "percent": b"a%2e",
    "port-65536": b"a:65536",
    "port-99999": b"a:99999",
    "port-6-digits": b"a:000080",
    "port-letters": b"a:b",
    "port-negative": b"a:-1",
    "port-sign": b"a:+1",
    "port-arabic": "a:\u0661".encode(),
    "ipv6-zone": b"[fe80::1%25eth0]",
    "ipv6-empty": b"[]",
    "ipv6-short": b"[1:2:3]",
    "ipv6-long": b"[1:2:3:4:5:6:7:8:9]",
    "ipv6-two-gaps": b"[1::2::3]",
    "ipv6-three-colons": b"[:::]",
    "ipv6-full-and-gap": b"[1:2:3:4::5:6:7:8]",
    "ipv6-piece-of-5": b"[::12345]",
    "ipv6-piece-of-6": b"[::123456]",
    "ipv6-colon-at-end": b"[1:2:3:4:5:6:7:]",
    "ipv6-only-ipv4": b"[1.2.3.4]",
    "ipv6-ipv4-first": b"[1.2.3.4::]",
    "ipv6-ipv4-256": b"[::1.2.3.256]",
    "ipv6-ipv4-leading-zero": b"[::1.2.3.04]",
    "ipv6-ipv4-two-zeros": b"[::1.2.3.00]",
    "ipv6-ipv4-short": b"[::1.2.3]",
    "ipv6-ipv4-long": b"[::1.2.3.4.5]",
    "ipv6-ipv4-empty-octet": b"[::1.2..3]",
    "ipv6-ipv4-hex": b"[::1.2.3.a]",
    "ipv6-ipv4-long-octet": b"[::1.2.3.1111]",
    "ipvfuture": b"[v1.a]",
    "trusted-as-prefix": b"x.ex.com/.evil",
}

GOOD_HOSTS = [
    (b"example.org", ("example.org", None)),
    (b"EX.com", ("ex.com", None)),
    (b"ex.com:80", ("ex.com", 80)),
    (b"ex.com:", ("ex.com", None)),
    (b"ex.com:0", ("ex.com", 0)),
    (b"ex.com:00080", ("ex.com", 80)),
    (b"ex.com:59999", ("ex.com", 59999)),
    (b"ex.com:64999", ("ex.com", 64999)),
    (b"ex.com:65499", ("ex.com", 65499)),
    (b"ex.com:65529", ("ex.com", 65529)),
    (b"ex.com:65535", ("ex.com", 65535)),
    (b"localhost", ("localhost", None)),
    (b"testserver", ("testserver", None)),
    (b"my_service:8000", ("my_service", 8000)),
    (b"xn--bcher-kva.example", ("xn--bcher-kva.example", None)),
    (b"x.ex.com.evil", ("x.ex.com.evil", None)),
    (b"127.0.0.1", ("127.0.0.1", None)),
    (b"[::1]", ("::1", None)),
    (b"[::1]:80", ("::1", 80)),
    (b"[::]", ("::", None)),
    (b"[1::]", ("1::", None)),
    (b"[2001:DB8::a:b]:8080", ("2001:db8::a:b", 8080)),
    (b"[1:2:3:4:5:6:7:8]", ("1:2:3:4:5:6:7:8", None)),
    (b"[1:2:3::5:6:7:8]", ("1:2:3::5:6:7:8", None)),
    (b"[::ffff:192.0.2.1]", ("::ffff:192.0.2.1", None)),
    (b"[1:2:3:4:5:6:7.8.9.0]", ("1:2:3:4:5:6:7.8.9.0", None)),
    (b"[::255.255.255.255]", ("::255.255.255.255", None)),
    (b"a" * 255, ("a" * 255, None)),
]


@pytest.mark.parametrize(
    "host", [pytest.param(v, id=f"host-19-{label}") for label, v in BAD_HOSTS.items()]
)
def test_what_is_not_a_host_is_refused_and_never_believed(host) -> None:
    assert not is_valid_host(host)
    with pytest.raises(ValueError, match="is not a host"):
        split_host(host.decode("latin-1"))
    scope = a_scope("/a b", host, server=("127.0.0.1", 8000))
    url = URL(scope=scope)
    assert (url.hostname, url.port, url.path) == ("127.0.0.1", 8000, "/a%20b")


@pytest.mark.parametrize(
    ("host", "parts"),
    [pytest.param(*row, id=f"host-21-{row[0][:25].decode()}") for row in GOOD_HOSTS],
)
def test_what_is_a_host_is_taken_apart(host, parts) -> None:
    assert is_valid_host(host)
    assert split_host(host.decode("ascii")) == parts
    url = URL(scope=a_scope("/a", host))
    assert (url.hostname, url.port, url.path) == (*parts, "/a")


def test_a_host_that_would_become_ascii_is_refused() -> None:
    for host in ("\u212aubernetes.io", "ex\u3002com", "\ud800", "ex.com\uff0fevil"):
        with pytest.raises(ValueError, match="is not a host"):
            split_host(host)


def test_only_the_first_host_field_is_looked_at() -> None:
    scope = a_scope("/a", b"evil/", server=("h", 80))
    scope["headers"].append((b"host", b"second.example"))
    assert URL(scope=scope).hostname == "h"


@given(st.binary(max_size=300))
def test_a_host_that_is_believed_leaves_the_path_alone(host) -> None:
    url = URL(scope=a_scope("/a", host, server=("h", 1)))
    assert url.path == "/a"
    assert url.query == url.fragment == ""
    assert url.username is None
    if is_valid_host(host):
        assert (url.hostname, url.port) == split_host(host.decode("ascii"))
    else:
        assert (url.hostname, url.port) == ("h", 1)


@given(ANY_TEXT, ANY_TEXT, st.binary(), st.sampled_from([b"example.org", None, b"/"]))
def test_no_path_and_no_query_leaves_its_part(path, root, query, host) -> None:
    scope = a_scope(f"/{path}", host, query_string=query, root_path=f"/{root}")
    url = URL(scope=scope)
    assert url.hostname == (None if host in (None, b"/") else "example.org")
    assert url.fragment == ""
    assert url.isascii()
    assert unquote(url.path).endswith(unquote(quote_path(path)))


@given(st.binary())
def test_the_clients_spelling_of_a_path_is_kept_when_it_says_the_same(raw) -> None:
    text = raw.decode("latin-1")
    scope = a_scope(f"/{unquote(text)}", raw_path=b"/" + raw)
    assert unquote(URL(scope=scope).path) == unquote(
        URL(scope=a_scope(scope["path"])).path
    )


def test_a_scope_comes_alone() -> None:
    for wrong in ({"url": "/"}, {"path": "/b"}):
        with pytest.raises(TypeError, match="a scope alone"):
            URL(scope=a_scope(), **wrong)


# Paths within the application


@pytest.mark.parametrize(
    ("protocol", "host", "base", "result"),
    [
        ("", "", "https://h:1", "https://h:1/a"),
        ("", "", URL("https://h/"), "https://h/a"),
        ("http", "", "wss://h/", "https://h/a"),
        ("http", "", "ws://h/", "http://h/a"),
        ("websocket", "", "http://h/", "ws://h/a"),
        ("websocket", "", "https://h/", "wss://h/a"),
        ("http", "g:1", "https://h/", "https://g:1/a"),
        ("", "", "https://h/app/?q#f", "https://h/app/a"),
    ],
)
def test_a_path_becomes_absolute_below_a_base(protocol, host, base, result) -> None:
    path = URLPath("/a", protocol=protocol, host=host)
    assert path == "/a"
    assert path.make_absolute_url(base) == result
    assert isinstance(path.make_absolute_url(base), URL)


def test_a_path_of_another_protocol_is_refused() -> None:
    with pytest.raises(ValueError, match="'ftp' is neither"):
        URLPath("/a", protocol="ftp")


# Values in a path


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param(text, quoted, id=f"url_for-117-{label}")
        for label, text, quoted in [
            ("plain", "abc-1._~", "abc-1._~"),
            ("delims", "!$&'()*+,;=:@", "!$&'()*+,;=:@"),
            ("empty", "", ""),
            ("slash", "a/b", "a%2Fb"),
            ("authority", "//evil", "%2F%2Fevil"),
            ("backslash", "\\evil", "%5Cevil"),
            ("dot", ".", "%2E"),
            ("dots", "..", "%2E%2E"),
            ("three-dots", "...", "..."),
            ("up", "../x", "..%2Fx"),
            ("query", "a?b", "a%3Fb"),
            ("fragment", "a#b", "a%23b"),
            ("percent", "%2F", "%252F"),
            ("crlf", "a\r\nb", "a%0D%0Ab"),
            ("nul", "\0", "%00"),
            ("space", "a b", "a%20b"),
            ("unicode", "\xe9\u20ac\U0001f600", "%C3%A9%E2%82%AC%F0%9F%98%80"),
            ("line-separator", "\u2028", "%E2%80%A8"),
            ("surrogate", "a\ud800b", "a%EF%BF%BDb"),
            ("surrogate-pair", "\ud83d\ude00", "%F0%9F%98%80"),
        ]
    ],
)
def test_a_value_stays_in_its_segment(text, quoted) -> None:
    assert quote_segment(text) == quoted


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("/a/b c", "/a/b%20c"),
        ("a/../b/.", "a/%2E%2E/b/%2E"),
        ("//a?b", "//a%3Fb"),
        ("", ""),
    ],
)
def test_a_path_keeps_its_slashes(text, quoted) -> None:
    assert quote_path(text) == quoted


@given(ANY_TEXT)
def test_any_value_comes_back_from_its_segment(text) -> None:
    quoted = quote_segment(text)
    assert URL(f"http://h/a/{quoted}/b").path == f"/a/{quoted}/b"
    assert not set("/?#\\") & set(quoted)
    assert quoted not in (".", "..")
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert unquote(quoted) == joined


# Queries


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        pytest.param(text, pairs, id=f"query-121-{label}")
        for label, text, pairs in [
            ("two", "a=1&b=2", [("a", "1"), ("b", "2")]),
            ("empty", "", []),
            ("ampersands", "&&a=1&&", [("a", "1")]),
            ("blank", "a=&b", [("a", ""), ("b", "")]),
            ("nameless", "=1", [("", "1")]),
            ("equals", "a=b=c", [("a", "b=c")]),
            ("brackets", "a[]=1&a[]=2", [("a[]", "1"), ("a[]", "2")]),
            ("semicolon", "a=1;b=2", [("a", "1;b=2")]),
            ("plus", "a+b=c+d", [("a b", "c d")]),
            ("encoded-plus", "a=%2B", [("a", "+")]),
            ("utf-8", "%C3%A9=%e2%82%ac", [("\xe9", "\u20ac")]),
            ("not-utf-8", "a=%ff", [("a", "\ufffd")]),
            ("percent", "a=%&b=%zz&c=%4", [("a", "%"), ("b", "%zz"), ("c", "%4")]),
            ("nul", "a=%00", [("a", "\0")]),
            ("encoded-delimiters", "a%26b=c%3Dd", [("a&b", "c=d")]),
            ("encoded-surrogate", "a=%ED%A0%80", [("a", "\ufffd\ufffd\ufffd")]),
        ]
    ],
)
def test_a_query_is_read(text, pairs) -> None:
    assert QueryParams(text).multi_items() == pairs
    assert QueryParams(text.encode()).multi_items() == pairs
    assert QueryParams(str(QueryParams(text))).multi_items() == pairs


def test_bytes_of_a_query_are_utf_8() -> None:
    assert QueryParams(b"a=\xc3\xa9&b=\xff").multi_items() == [
        ("a", "\xe9"),
        ("b", "\ufffd"),
    ]


def test_of_a_repeated_name_the_last_value_counts() -> None:
    query = QueryParams("a=1&b=2&a=3")
    assert query["a"] == query.get("a") == "3"
    assert query.getlist("a") == ["1", "3"]
    assert list(query.keys()) == ["a", "b"]


@pytest.mark.parametrize(
    "source",
    [
        {"a": "1", "b": 2},
        [("a", "1"), ("b", 2)],
        MultiDict([("a", "1"), ("b", 2)]),
        QueryParams("a=1&b=2"),
    ],
)
def test_a_query_is_made_from_parameters(source) -> None:
    assert str(QueryParams(source)) == "a=1&b=2"
    assert QueryParams(source) == QueryParams("b=2&a=1")


def test_a_query_is_written_encoded() -> None:
    query = QueryParams([("a b", "&=+#\xe9"), ("c", ""), ("d", "\ud800")])
    assert str(query) == "a+b=%26%3D%2B%23%C3%A9&c=&d=%EF%BF%BD"
    assert str(QueryParams()) == ""


@pytest.mark.parametrize("text", ["a=1&b=2&c=3", "&a&b&&c&", b"a&b&c"])
def test_more_parameters_than_the_limit_are_refused(text) -> None:
    assert len(QueryParams(text, limit=3)) == 3
    with pytest.raises(TooManyParameters, match="more than 2 parameters") as caught:
        QueryParams(text, limit=2)
    assert caught.value.limit == 2
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("count", [pytest.param(100_000, id="query-121-100k")])
def test_a_thousand_parameters_are_the_default_limit(count) -> None:
    assert len(QueryParams("&".join(f"a{n}" for n in range(1000)))) == 1000
    with pytest.raises(TooManyParameters):
        QueryParams("&".join(f"a{n}" for n in range(1001)))
    with pytest.raises(TooManyParameters):
        QueryParams("a&" * count)
    assert len(QueryParams([("a", "1")] * 2000).multi_items()) == 2000


@pytest.mark.parametrize("text", ["", "&", "&&&"])
def test_of_separators_alone_nothing_is_a_parameter(text) -> None:
    assert QueryParams(text, limit=0).multi_items() == []


@given(st.text(st.sampled_from("%&=+4F2axu\\;\xe9\u20ac")))
def test_a_query_is_read_as_the_standard_library_does(text) -> None:
    assert QueryParams(text).multi_items() == parse_qsl(text, keep_blank_values=True)


@given(st.one_of(st.binary(), ANY_TEXT))
def test_any_query_is_read_and_written(source) -> None:
    query = QueryParams(source)
    assert str(query).isascii()
    again = QueryParams(str(query)).multi_items()
    assert len(again) == len(query.multi_items())
    if isinstance(source, bytes):
        assert again == query.multi_items()


@pytest.mark.parametrize(
    "text",
    ["&" * 1_000_000, "%" * 200_000, "%41" * 100_000, "+" * 500_000, "=" * 500_000],
    ids=["ampersands", "percents", "encoded", "pluses", "equals"],
)
def test_reading_a_query_is_linear(text) -> None:
    assert seconds(lambda: QueryParams(text)) < 1


@pytest.mark.parametrize("text", ["/" * 200_000, "../" * 100_000, "\ud800" * 50_000])
def test_writing_a_path_is_linear(text) -> None:
    assert seconds(lambda: quote_path(text)) < 1
    assert seconds(lambda: quote_segment(text)) < 1
    scope = a_scope(f"/{text}", raw_path=b"/" * len(text), root_path=f"/{text}")
    assert seconds(lambda: URL(scope=scope).path) < 1


@pytest.mark.parametrize(
    "value", [b"a." * 100_000, b"[" + b":" * 100_000, b"a" * 100_000]
)
def test_judging_a_host_is_linear(value) -> None:
    assert seconds(lambda: is_valid_host(value)) < 1
    assert seconds(lambda: [is_valid_host(value[:255]) for _ in range(1000)]) < 1


# Redirects


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(url, id=f"redirect-18-{label}")
        for label, url in {
            "root": "/",
            "path": "/a/b",
            "path-with-slashes": "/a//b",
            "relative": "a/b",
            "up": "../a",
            "query": "?next=//e",
            "fragment": "#a:b",
            "url-in-query": "/a?next=https://e",
            "encoded-backslash": "/%5cevil.example",
            "encoded-tab": "/%09/evil.example",
            "non-ascii": "/caf\xe9",
            "allowed": "https://ex.com/a",
            "allowed-case": "HTTP://EX.com",
            "allowed-port": "http://ex.com:8000/a",
            "allowed-ipv6": "http://[::1]:80/",
        }.items()
    ],
)
def test_a_redirect_that_stays_with_us_is_safe(url) -> None:
    assert is_safe_redirect(url, {"ex.com", "EX.com:8000", "[::1]:80"})


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(url, id=f"redirect-18-{label}")
        for label, url in {
            "empty": "",
            "authority": "//e",
            "authority-of-ours": "//ex.com/a",
            "three-slashes": "///e",
            "four-slashes": "////e",
            "slash-backslash": "/\\e",
            "backslashes": "\\\\e",
            "backslash-in-path": "/a\\b",
            "javascript": "javascript:alert(1)",
            "javascript-case": "JavaScript://ex.com/%0aalert(1)",
            "data": "data:text/html,x",
            "ftp": "ftp://ex.com/",
            "crlf": "/a\r\nSet-Cookie: b=c",
            "tab-in-slashes": "/\t/e",
            "leading-space": " //e",
            "leading-control": "\x01//e",
            "leading-nbsp": "\xa0//e",
            "trailing-space": "/a ",
            "nul": "/a\0",
            "delete": "/a\x7f",
            "line-separator": "/a\u2028b",
            "paragraph-separator": "/a\u2029b",
            "no-slashes": "http:e",
            "one-slash": "http:/e",
            "empty-authority": "http:///e",
            "other-host": "https://evil.example/",
            "suffix": "https://ex.com.evil/",
            "prefix": "https://evilex.com/",
            "port": "https://ex.com:81/",
            "user": "https://ex.com@evil/",
            "user-at-ours": "https://evil@ex.com/",
            "trailing-dot": "https://ex.com./",
            "ideographic-stop": "https://ex\u3002com/",
            "colon-in-first-segment": "1a:b",
            "megabyte": "/" * 1_000_000,
        }.items()
    ],
)
def test_a_redirect_that_leads_elsewhere_is_not_safe(url) -> None:
    assert not is_safe_redirect(url, {"ex.com"})


def test_without_allowed_hosts_no_absolute_url_is_safe() -> None:
    assert not is_safe_redirect("https://ex.com/")
    assert is_safe_redirect("/a")


def test_one_allowed_host_is_a_collection_too() -> None:
    with pytest.raises(TypeError, match=r"write \('ex.com',\)"):
        is_safe_redirect("/a", "ex.com")


@given(ANY_TEXT)
def test_a_safe_redirect_names_no_authority_but_ours(text) -> None:
    for prefix in ("", "/", "//", "http:", "https://ex.com"):
        url = prefix + text
        if is_safe_redirect(url, ["ex.com"]):
            assert URL(url).netloc in ("", "ex.com")
            assert not set(url) & set("\\\r\n\t ")


def test_judging_a_redirect_is_linear() -> None:
    for url in ("/" + "a" * 1_000_000, "a" * 1_000_000 + "\n", "http:" * 200_000):
        assert seconds(lambda url=url: is_safe_redirect(url)) < 1
