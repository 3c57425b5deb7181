"""The site by itself: what it believes of a scope, and what it answers then."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.errors import BadRequest, Conflict, Forbidden, NotFound
from restlette.http.methods import KNOWN
from restlette.http.urls import is_valid_host
from restlette.middleware import Middleware
from restlette.resources.boundary import Boundary, Refusal
from restlette.resources.site import (
    Entry,
    Hop,
    Layer,
    Leaf,
    NotFoundEntry,
    Options,
    Site,
    route_path,
)
from restlette.resources.tree import Tree
from restlette.resources.uri import Template
from restlette.testing import call
from tests.http.stopwatch import seconds

Scope = dict[str, Any]
HOST = (b"host", b"testserver")

# What is said where the server offers no answer by HTTP.
REFUSED = {"type": "websocket.close", "code": 1008, "reason": ""}
DENIAL = {"websocket.http.response": {}}


def scope_of(path: str, **more: Any) -> Scope:
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "http_version": "1.1",
        "headers": [HOST],
        "query_string": b"",
    }
    return {**scope, **more}


async def nothing() -> Any:
    raise RuntimeError("nothing is received here")


def ask(app: Any, path: str = "/", **more: Any) -> list[dict[str, Any]]:
    """Give what an application sends for a scope that no client would make."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope_of(path, **more), nothing, send)

    asyncio.run(run())
    return sent


def status_of(app: Any, path: str = "/", **more: Any) -> int:
    status: int = ask(app, path, **more)[0]["status"]
    return status


def field(sent: list[dict[str, Any]], name: bytes) -> bytes | None:
    return dict(sent[0]["headers"]).get(name)


class Seen:
    """An answer that keeps the scope and the Accept value that it is given."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.accepts: list[bytes | None] = []

    async def __call__(
        self, scope: Any, receive: Any, send: Any, accept: bytes | None = None
    ) -> None:
        self.scopes.append(scope)
        self.accepts.append(accept)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def site_of(
    *templates: str, answer: Any = None, methods: tuple[str, ...] = ("GET",), **at: Any
) -> Site:
    """A site where each template is answered by the same function."""
    boundary = Boundary()
    site = Site("router", boundary, 200)
    for text in templates:
        template = Template(text)
        leaf = site.tree.insert(template, Leaf)
        for method in methods:
            leaf.methods[method] = Entry(
                answer or Seen(),
                boundary=boundary,
                names=template.names,
                route=text,
                endpoint="endpoint",
            )
            site.known.add(method)
        leaf.close(next(iter(leaf.methods.values())), ())
    missing = NotFoundEntry(site, boundary, at.get("default"), at.get("slashes", True))
    site.missing.insert_below(Template(""), lambda: Entry(missing, boundary=boundary))
    site.tree.freeze()
    return site


# What a scope is told ---------------------------------------------------------------


def test_the_scope_is_annotated_in_place() -> None:
    seen = Seen()
    site = site_of("/b/{x:int}", answer=seen)
    assert status_of(site, "/b/7", path_params={"outer": 1}) == 200
    (scope,) = seen.scopes
    assert scope["path_params"] == {"outer": 1, "x": 7}
    assert scope["router"] == "router"
    assert scope["route"] == "/b/{x:int}"
    assert scope["endpoint"] == "endpoint"


@pytest.mark.parametrize(
    "template, path, params",
    [
        ("/a", "/a", {}),
        ("/{x}", "/a", {"x": "a"}),
        ("/{x}/{y:int}", "/a/7", {"x": "a", "y": 7}),
    ],
)
def test_parameters_go_by_their_names(
    template: str, path: str, params: dict[str, Any]
) -> None:
    seen = Seen()
    assert status_of(site_of(template, answer=seen), path) == 200
    assert seen.scopes[0]["path_params"] == params


def test_fields_of_accept_are_one_list() -> None:
    seen = Seen()
    site = site_of("/", answer=seen)
    for headers in (
        [HOST],
        [HOST, (b"accept", b"a/b")],
        [(b"a", b"x"), (b"accept", b"a/b"), HOST, (b"accept", b"c/d")],
    ):
        ask(site, headers=headers)
    assert seen.accepts == [None, b"a/b", b"a/b, c/d"]


# Host -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        b"a/?x",
        b"a#",
        b"a@evil",
        b"evil:80:80",
        b"[::1",
        b"a b",
        b"a\t",
        b"\xff",
        b"",
        b"a" * 300,
        b"a.example.",
    ],
    ids=lambda host: f"host-19 {host[:12]!r}",
)
@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_host_19_a_host_that_is_none_is_refused(host: bytes, path: str) -> None:
    assert status_of(site_of("/"), path, headers=[(b"host", host)]) == 400


@pytest.mark.parametrize(
    "headers, version, status",
    [
        pytest.param([], "1.1", 400, id="host-20 none"),
        pytest.param([], "1.0", 200, id="host-20 none in HTTP/1.0"),
        pytest.param([], "2", 200, id="host-20 none in HTTP/2"),
        pytest.param([HOST, (b"host", b"other")], "1.1", 400, id="host-20 two"),
        pytest.param([HOST, HOST], "1.1", 400, id="host-20 the same twice"),
        pytest.param([HOST, HOST], "1.0", 400, id="host-20 two in HTTP/1.0"),
        pytest.param([(b"host", b"ex.com:80")], "1.1", 200, id="host-20 port"),
        pytest.param([(b"host", b"[::1]:80")], "1.1", 200, id="redirect-17 IPv6"),
    ],
)
def test_host_20_a_request_has_one_host(
    headers: list[tuple[bytes, bytes]], version: str, status: int
) -> None:
    site = site_of("/")
    assert status_of(site, "/", headers=headers, http_version=version) == status


def test_a_scope_without_a_version_needs_no_host() -> None:
    scope = scope_of("/", headers=[])
    del scope["http_version"]
    sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        await site_of("/")(scope, nothing, send)

    asyncio.run(run())
    assert sent[0]["status"] == 200


def test_a_websocket_with_a_wrong_host_is_closed() -> None:
    sent = ask(site_of("/"), type="websocket", headers=[(b"host", b"a/b")])
    assert sent == [REFUSED]


def test_caches_120_hosts_that_were_seen_are_bounded() -> None:
    site = site_of("/")
    sizes = []
    for number in range(10_000):
        assert site._remember(b"host%d" % number)
        sizes.append(len(site._hosts_seen))
    assert max(sizes) == 1024
    assert not site._remember(b"a/b")


@given(st.binary(max_size=20) | st.text("a.:[]1@/", max_size=9).map(str.encode))
def test_any_host_is_taken_or_refused(host: bytes) -> None:
    expected = 200 if is_valid_host(host) else 400
    assert status_of(site_of("/"), headers=[(b"host", host)]) == expected


def test_other_hosts_have_sites_of_their_own() -> None:
    seen = Seen()
    site, other = site_of("/"), site_of("/there", answer=seen)
    site.hosts = Tree()
    template = Template("/{shop}.example.org")
    site.hosts.insert(template, lambda: (template.names, other))
    others = [(name, b"cars.example.org") for name in (b"a", b"x")]
    headers = [*others, (b"host", b"Books.Example.org:8000")]
    assert status_of(site, "/there", headers=headers) == 200
    assert seen.scopes[0]["path_params"] == {"shop": "books"}
    assert status_of(site, "/", headers=headers) == 404
    assert status_of(site, "/there") == 404
    assert status_of(site, "/") == 200
    assert status_of(site, "/", headers=[], http_version="1.0") == 200


# Paths ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/\x00", id="route-13 NUL"),
        pytest.param("/a\n", id="route-13 LF"),
        pytest.param("/\x1b[1m", id="route-13 ESC"),
        pytest.param("/\x7f", id="route-13 DEL"),
        pytest.param("/\x85", id="route-13 NEL"),
        pytest.param("/\ufffd", id="route-14 not UTF-8"),
        pytest.param("/\ud800", id="route-14 surrogate"),
        pytest.param("@evil.example", id="route-15 @"),
        pytest.param("@\u00e9vil.example/x", id="route-15 @ and more"),
        pytest.param("-\u00e9vil.example/x", id="route-15 a hyphen"),
        pytest.param("http://evil/x", id="route-15 absolute"),
        pytest.param("", id="route-15 empty"),
        pytest.param("*", id="an asterisk that is not OPTIONS'"),
    ],
)
def test_a_path_that_is_none_is_refused(path: str) -> None:
    site = site_of("/{x}", "/{x:path}")
    sent = ask(site, path)
    assert sent[0]["status"] == 400
    assert field(sent, b"location") is None
    sent = ask(site, path, type="websocket")
    assert sent == [REFUSED]


@pytest.mark.parametrize(
    "path, status",
    [
        pytest.param("/caf\u00e9", 200, id="letters"),
        pytest.param("/ ", 200, id="space"),
        pytest.param("//", 404, id="route-12 //"),
        pytest.param("///a", 404, id="route-12 ///a"),
        pytest.param("/a//b", 404, id="route-12 /a//b"),
        pytest.param("/./a", 404, id="route-12 /./a"),
        pytest.param("/a/../b", 404, id="route-12 /a/../b"),
        pytest.param("/..", 200, id="route-12 dots are a name"),
    ],
)
def test_route_12_a_path_is_matched_as_it_is(path: str, status: int) -> None:
    assert status_of(site_of("/{x}"), path) == status


@given(st.text())
def test_any_path_has_an_answer(path: str) -> None:
    site = site_of("/{x}", "/a/{y}.{z}", "/f/{p:path}/")
    for raw in (None, path.encode("utf-8", "surrogatepass"), b"%2F" * 3):
        assert status_of(site, path, raw_path=raw) in (200, 307, 400, 404)


@pytest.mark.parametrize(
    "path, raw, root, params",
    [
        pytest.param("/a/b", b"/a%2Fb", "", {"x": "a/b"}, id="encoded"),
        pytest.param("/a/b", b"/a/b", "", {"x": "a", "y": "b"}, id="not encoded"),
        pytest.param("/a/b", None, "", {"x": "a", "y": "b"}, id="not told"),
        pytest.param(
            "/a b/c/d", b"/a%20b/c%2fd", "", {"x": "a b", "y": "c/d"}, id="one of two"
        ),
        pytest.param("/r/a/b", b"/r/a%2Fb", "/r", {"x": "a/b"}, id="root in both"),
        pytest.param("/r/a/b", b"/a%2Fb", "/r", {"x": "a/b"}, id="root in the path"),
        pytest.param("/a/b", b"/a%2Fb", "/r", {"x": "a/b"}, id="root in none"),
        pytest.param(
            "/r/s/a/b", b"/r%2Fs/a%2Fb", "/r/s", {"x": "a/b"}, id="slash in the root"
        ),
        pytest.param(
            "/c/d", b"/a%2Fb", "", {"x": "c", "y": "d"}, id="rewritten: all of it"
        ),
        pytest.param(
            "/r/b", b"/r%2Fb", "/r", {"x": "b"}, id="the root ends in a segment"
        ),
        pytest.param(
            "/\u00e9/b",
            "/é%2Fb".encode(),
            "",
            {"x": "\u00e9", "y": "b"},
            id="raw UTF-8",
        ),
    ],
)
def test_route_11_an_encoded_slash_stays_in_its_segment(
    path: str, raw: bytes | None, root: str, params: dict[str, str]
) -> None:
    seen = Seen()
    site = site_of("/{x}", "/{x}/{y}", answer=seen)
    assert status_of(site, path, raw_path=raw, root_path=root) == 200
    assert seen.scopes[0]["path_params"] == params


def test_route_11_an_empty_segment_is_one() -> None:
    seen = Seen()
    assert status_of(site_of("//{x}", answer=seen), "//a/b", raw_path=b"//a%2Fb") == 200
    assert seen.scopes[0]["path_params"] == {"x": "a/b"}


@pytest.mark.parametrize(
    "path, root, routed",
    [
        ("/app/x", "/app", "/x"),
        ("/app/x", "/app/", "/x"),
        ("/app", "/app", "/"),
        ("/app", "/app/", "/"),
        ("/apple", "/app", "/apple"),
        ("/app-x", "/app", "/app-x"),
        ("//app", "/app", "//app"),
        ("/x", "/app", "/x"),
        ("/x", "", "/x"),
        ("/x", "/", "/x"),
        ("/app//x", "/app", "//x"),
    ],
)
def test_mount_116_the_root_path_ends_at_a_segment(
    path: str, root: str, routed: str
) -> None:
    assert route_path({"path": path, "root_path": root}) == routed
    if not root:
        assert route_path({"path": path}) == routed


def test_a_hostile_path_costs_its_length() -> None:
    site = site_of("/a/{x}.{y}", "/b/{p:path}/end")
    path = "/b/" + "%2Fa/" * 200_000
    raw = path.encode()
    decoded = path.replace("%2F", "/")
    assert seconds(lambda: ask(site, decoded, raw_path=raw)) < 3


# Methods ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method, status",
    [
        pytest.param("__INIT__", 501, id="dispatch-1 __INIT__"),
        pytest.param("DISPATCH", 501, id="dispatch-1 DISPATCH"),
        pytest.param("HELPER", 501, id="dispatch-1 HELPER"),
        pytest.param("SCOPE", 501, id="dispatch-1 SCOPE"),
        pytest.param("__CLASS__", 501, id="dispatch-1 __CLASS__"),
        pytest.param("on_get", 501, id="dispatch-1 on_get"),
        pytest.param("X" * 10_000, 501, id="dispatch-1 10 kB"),
        pytest.param("get", 501, id="dispatch-2 get"),
        pytest.param("Get", 501, id="dispatch-2 Get"),
        pytest.param("TRACE", 405, id="dispatch-7 TRACE"),
        pytest.param("CONNECT", 405, id="dispatch-7 CONNECT"),
        pytest.param("QUERY", 405, id="dispatch-7 QUERY"),
        pytest.param("PRI", 501, id="dispatch-7 PRI"),
        pytest.param("PURGE", 405, id="answered elsewhere"),
    ],
)
def test_a_method_that_is_not_answered(method: str, status: int) -> None:
    site = site_of("/")
    site.known.add("PURGE")
    sent = ask(site, method=method)
    assert sent[0]["status"] == status
    allow = b"GET, HEAD, OPTIONS" if status == 405 else None
    assert field(sent, b"allow") == allow


def test_dispatch_6_options_says_what_is_allowed() -> None:
    sent = ask(site_of("/", methods=("PUT", "GET")), method="OPTIONS")
    assert sent[0]["status"] == 204
    assert field(sent, b"allow") == b"GET, HEAD, OPTIONS, PUT"


@pytest.mark.parametrize(
    "methods, allow",
    [(("PUT",), b"OPTIONS, PUT"), (("GET", "PURGE"), b"GET, HEAD, OPTIONS, PURGE")],
)
def test_dispatch_6_the_asterisk_asks_about_all_of_it(
    methods: tuple[str, ...], allow: bytes
) -> None:
    sent = ask(site_of("/a", methods=methods), "*", method="OPTIONS")
    assert sent[0]["status"] == 204
    assert field(sent, b"allow") == allow


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("PATCH", "*", 400),
        ("GET", "*", 400),
        ("OPTIONS", "", 400),
        ("OPTIONS", "/nowhere", 404),
    ],
)
def test_dispatch_6_nothing_else_asks_about_all_of_it(
    method: str, path: str, status: int
) -> None:
    assert status_of(site_of("/a"), path, method=method) == status


def test_dispatch_5_head_is_answered_by_get_unless_it_has_its_own() -> None:
    get, head = Seen(), Seen()
    site = site_of("/", answer=get)
    assert status_of(site, method="HEAD") == 200
    assert len(get.scopes) == 1
    leaf = Leaf()
    entries = [Entry(seen, boundary=Boundary()) for seen in (get, head)]
    leaf.methods = {"GET": entries[0], "HEAD": entries[1]}
    leaf.close(entries[0], ())
    assert leaf.methods["HEAD"] is entries[1]


def test_a_leaf_that_is_not_closed_says_so() -> None:
    with pytest.raises(RuntimeError, match="this leaf is not closed"):
        Leaf().refuse("GET", set(KNOWN))


def test_ws_99_http_on_a_websocket_route_is_426() -> None:
    leaf = Leaf()
    entry = Entry(Seen(), boundary=Boundary())
    leaf.websocket = entry
    leaf.close(entry, ())
    site = site_of("/")
    site.tree.insert(Template("/feed"), lambda: leaf)
    site.tree.freeze()
    for method in ("GET", "POST"):
        sent = ask(site, "/feed", method=method)
        assert sent[0]["status"] == 426
        assert field(sent, b"upgrade") == b"websocket"
    sent = ask(site, "/feed", method="OPTIONS")
    assert (sent[0]["status"], field(sent, b"allow")) == (204, b"OPTIONS")
    assert status_of(site, "/feed", method="PRI") == 501
    assert ask(site, "/feed", type="websocket")[0]["status"] == 200


# What is asked of a site with a resource at "/" alone, and the status of the denial.
DENIALS: list[tuple[str, str, list[tuple[bytes, bytes]], int]] = [
    ("resource that speaks HTTP", "/", [HOST], 403),
    ("path that leads nowhere", "/nowhere", [HOST], 404),
    ("path that is none", "nowhere", [HOST], 400),
    ("host that is none", "/", [(b"host", b"a/b")], 400),
    ("two hosts", "/", [HOST, HOST], 400),
    ("too many fields", "/nowhere", [HOST] + 201 * [(b"x", b"")], 431),
]


@pytest.mark.parametrize(
    "path, headers, status",
    [row[1:] for row in DENIALS],
    ids=["ws-99 " + row[0] for row in DENIALS],
)
def test_a_websocket_that_leads_nowhere_is_denied(
    path: str, headers: list[tuple[bytes, bytes]], status: int
) -> None:
    """By HTTP where the server can, else by a close, which servers answer 403."""
    asked = {"type": "websocket", "headers": headers}
    assert ask(site_of("/"), path, **asked) == [REFUSED]
    assert ask(site_of("/"), path, **asked, extensions=None) == [REFUSED]
    sent = ask(site_of("/"), path, **asked, extensions=DENIAL)
    assert [message["type"] for message in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert sent[0]["status"] == status
    assert field(sent, b"content-type") == b"application/problem+json"
    assert json.loads(sent[1]["body"])["status"] == status


# Header fields ----------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_headers_in_24_too_many_fields_are_431(path: str) -> None:
    site = site_of("/")
    fields = [HOST, *[(b"x-%d" % n, b"") for n in range(199)]]
    assert status_of(site, path, headers=fields) == (200 if path == "/" else 404)
    assert status_of(site, path, headers=[*fields, (b"y", b"")]) == 431
    assert seconds(lambda: ask(site, path, headers=fields + [(b"x", b"")] * 10**6)) < 2
    sent = ask(site, path, type="websocket", headers=[HOST] + [(b"x", b"")] * 20_000)
    assert sent == [REFUSED]


def test_an_entry_has_a_number_of_its_own() -> None:
    boundary = Boundary()
    site = site_of("/")
    leaf = site.tree.insert(Template("/many"), Leaf)
    leaf.methods["GET"] = Entry(Seen(), boundary=boundary, most_headers=300)
    leaf.close(leaf.methods["GET"], ())
    site.tree.freeze()
    fields = [HOST, *[(b"x", b"")] * 250]
    assert status_of(site, "/many", headers=fields) == 200
    assert status_of(site, "/many", headers=fields, method="PUT") == 405
    assert status_of(site, "/", headers=fields) == 431


# Other spellings --------------------------------------------------------------------


@pytest.mark.parametrize(
    "template, path, more, location",
    [
        pytest.param("/a", "/a/", {}, b"/a", id="slash less"),
        pytest.param("/a/", "/a", {}, b"/a/", id="slash more"),
        pytest.param("/a/{x}", "/a/b c/", {}, b"/a/b%20c", id="parameter"),
        pytest.param(
            "/a", "/a/", {"query_string": b"x=1&y[]=%20"}, b"/a?x=1&y[]=%20", id="query"
        ),
        pytest.param(
            "/a",
            "/a/",
            {"query_string": b"\r\nX: \xff"},
            b"/a?%0D%0AX:%20%FF",
            id="hostile query",
        ),
        pytest.param(
            "/a", "/r/a/", {"root_path": "/r"}, b"/r/a", id="below a root path"
        ),
        pytest.param(
            "/{x}", "/b/c/", {"raw_path": b"/b%2Fc/"}, b"/b%2Fc", id="encoded slash"
        ),
        pytest.param("/{x}", "/../", {}, b"/%2E%2E", id="dots"),
        pytest.param(
            "/{x}",
            "/\\evil.example/",
            {"raw_path": b"/%5cevil.example/"},
            b"/%5Cevil.example",
            id="redirect-16 backslash",
        ),
        pytest.param("/{x}", "//evil.example/", {}, None, id="redirect-16 //evil"),
        pytest.param("/{x}/{y}", "//evil.example/", {}, None, id="redirect-16 two"),
        pytest.param(
            "/{x}",
            "//evil.example/",
            {"raw_path": b"/%2Fevil.example/"},
            b"/%2Fevil.example",
            id="redirect-16 encoded //",
        ),
        pytest.param(
            "/a", "//evil/a/", {"root_path": "//evil"}, None, id="redirect-16 root path"
        ),
        pytest.param("//{x}", "//evil/", {}, None, id="redirect-16 own template"),
        pytest.param("/f/{p:path}/x", "/f/a//b/x/", {}, None, id="empty in the middle"),
        pytest.param("/f/a/", "/f/a//", {}, None, id="empty at the end"),
        pytest.param("/a", "/", {}, None, id="nothing there"),
        pytest.param("/a", "/b/", {}, None, id="nothing there either"),
    ],
)
def test_redirect_16_the_other_spelling(
    template: str, path: str, more: dict[str, Any], location: bytes | None
) -> None:
    for method in ("GET", "POST"):
        sent = ask(site_of(template), path, method=method, **more)
        assert field(sent, b"location") == location
        if location is not None:
            assert sent[0]["status"] == 307


def test_redirect_16_a_tab_is_no_path() -> None:
    assert status_of(site_of("/{x}"), "/\t/evil.example") == 400


@pytest.mark.parametrize("host", [b"evil.example", b"[::1]:80"])
def test_redirect_17_the_host_is_not_in_the_location(host: bytes) -> None:
    sent = ask(site_of("/a"), "/a/", headers=[(b"host", host)])
    assert field(sent, b"location") == b"/a"


def test_the_other_spelling_can_be_left_alone() -> None:
    assert status_of(site_of("/a", slashes=False), "/a/") == 404


def test_a_websocket_is_not_redirected() -> None:
    sent = ask(site_of("/a"), "/a/", type="websocket")
    assert sent == [REFUSED]


def test_the_default_answers_after_the_other_spelling() -> None:
    seen = Seen()
    site = site_of("/a", default=seen)
    assert status_of(site, "/nowhere") == 200
    assert status_of(site, "/a/") == 307
    ask(site, "/nowhere", type="websocket")
    assert [scope["path"] for scope in seen.scopes] == ["/nowhere", "/nowhere"]


def test_a_path_that_leads_nowhere_is_the_nearest_routers() -> None:
    seen = Seen()
    site = site_of("/a")
    nearest = Entry(seen, boundary=Boundary())
    site.missing.insert_below(Template("/b/{x}"), lambda: nearest)
    assert status_of(site, "/b") == 404
    assert status_of(site, "/b/c") == 200
    assert status_of(site, "/b/c/d", raw_path=b"/b/c%2Fd") == 200
    assert status_of(site, "/b/c", raw_path=b"/b%2Fc") == 404
    site.missing.root.below = None
    assert status_of(site, "/nowhere") == 404


def test_a_site_without_a_router_has_a_404() -> None:
    assert status_of(Site(None, Boundary(), 200), "/") == 404


# Hops -------------------------------------------------------------------------------


def hop_site(template: str, app: Any) -> Site:
    boundary = Boundary()
    site = site_of()
    made = Template(template)
    missing = NotFoundEntry(site, boundary, None, False)
    leaf = site.tree.insert_below(made, Leaf)
    leaf.hop = leaf.websocket = Entry(
        Hop(app, len(made.segments), missing),
        boundary=boundary,
        names=made.names,
        is_foreign=True,
    )
    site.tree.freeze()
    return site


@pytest.mark.parametrize(
    "template, path, root, inner_root, inner_path",
    [
        pytest.param("/a", "/a", "", "/a", "/a/", id="without a slash"),
        pytest.param("/a", "/a/", "", "/a", "/a/", id="with a slash"),
        pytest.param("/a", "/a/b", "", "/a", "/a/b", id="below"),
        pytest.param("", "/a/b", "", "", "/a/b", id="at the root"),
        pytest.param("/{x}/b", "/1/b/c", "", "/1/b", "/1/b/c", id="parameter"),
        pytest.param("/a", "/r/a/b", "/r", "/r/a", "/r/a/b", id="root path"),
        pytest.param("/a", "/a/b", "/r", "/r/a", "/r/a/b", id="root path left out"),
        pytest.param("/a", "/r/a/b", "/r/", "/r/a", "/r/a/b", id="root and slash"),
        pytest.param("", "/r", "/r", "/r", "/r/", id="empty rest"),
    ],
)
def test_mount_116_an_application_gets_where_it_is(
    template: str, path: str, root: str, inner_root: str, inner_path: str
) -> None:
    seen = Seen()
    site = hop_site(template, seen)
    for kind in ("http", "websocket"):
        ask(site, path, root_path=root, type=kind)
        scope = seen.scopes.pop()
        assert (scope["root_path"], scope["path"]) == (inner_root, inner_path)
        assert scope["app_root_path"] == inner_root
        assert scope.keys().isdisjoint({"router", "route", "endpoint"})


def test_route_11_a_prefix_with_an_encoded_slash_leads_nowhere() -> None:
    """The application would take its own root path to be shorter than it is."""
    seen = Seen()
    site = hop_site("/t/{x}", seen)
    assert status_of(site, "/t/a/b/c", raw_path=b"/t/a%2Fb/c") == 404
    sent = ask(site, "/t/a/b/c", raw_path=b"/t/a%2Fb/c", type="websocket")
    assert sent[0]["type"] == "websocket.close"
    assert not seen.scopes
    assert status_of(site, "/t/a/b/c", raw_path=b"/t/a/b%2Fc") == 200


def test_every_method_goes_to_the_application() -> None:
    seen = Seen()
    for method in ("GET", "OPTIONS", "PRI", "x"):
        assert status_of(hop_site("/a", seen), "/a", method=method) == 200


# Exceptions and layers --------------------------------------------------------------


async def conflict(scope: Any, receive: Any, send: Any, accept: Any = None) -> None:
    raise Conflict("no")


def test_what_an_application_raises_is_answered() -> None:
    assert status_of(hop_site("/a", conflict), "/a") == 409


def test_a_resource_answers_its_own_exceptions() -> None:
    with pytest.raises(Conflict):
        ask(site_of("/", answer=conflict))


@pytest.mark.parametrize("is_late", [False, True])
def test_what_middleware_raises_is_answered_until_it_has_begun(is_late: bool) -> None:
    class Raising(Mark):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if is_late:
                await self.app(scope, receive, send)
            raise Conflict("no")

    layer = Layer([Middleware(Raising, "")])
    site = site_of()
    leaf = site.tree.insert(Template("/"), Leaf)
    leaf.methods["GET"] = Entry(Seen(), boundary=Boundary(), layers=(layer.app,))
    leaf.close(leaf.methods["GET"], ())
    site.tree.freeze()
    if is_late:
        with pytest.raises(Conflict):
            ask(site)
    else:
        assert status_of(site) == 409


def test_what_is_raised_before_a_websocket_is_accepted_denies_it() -> None:
    sent = ask(hop_site("/a", conflict), "/a", type="websocket", extensions=DENIAL)
    assert sent[0]["status"] == 409
    assert ask(hop_site("/a", conflict), "/a", type="websocket") == [REFUSED]


@pytest.mark.parametrize(
    "begin",
    [
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "websocket.accept"},
        {"type": "websocket.close"},
        {"type": "websocket.http.response.start", "status": 200, "headers": []},
    ],
    ids=lambda message: str(message["type"]),
)
def test_what_is_raised_after_the_start_is_passed_on(begin: dict[str, Any]) -> None:
    async def late(scope: Any, receive: Any, send: Any) -> None:
        await send(begin)
        raise Conflict("too late")

    kind = "http" if begin["type"].startswith("http") else "websocket"
    with pytest.raises(Conflict, match="too late"):
        ask(hop_site("/a", late), "/a", type=kind, extensions=DENIAL)


class Mark:
    """Middleware that leaves its name in the scope, and may call more than once."""

    def __init__(self, app: Any, name: str, times: int = 1) -> None:
        self.app = app
        self.name = name
        self.times = times

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        for _ in range(self.times):
            inner = {**scope, "marks": scope.get("marks", "") + self.name}
            await self.app(inner, receive, send)


class InPlace(Mark):
    """The same with one scope for all calls."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        for _ in range(self.times):
            before = scope.get("marks", "")
            scope["marks"] = before + self.name
            await self.app(scope, receive, send)
            scope["marks"] = before


@pytest.mark.parametrize("kind", [Mark, InPlace])
def test_who_calls_twice_meets_the_same_layers_again(kind: Any) -> None:
    marks: list[str] = []

    async def answer(scope: Any, receive: Any, send: Any, accept: Any) -> None:
        marks.append(scope["marks"])

    layers = (
        Layer([Middleware(kind, "a", 2)]),
        Layer([Middleware(kind, "b"), Middleware(kind, "c", times=2)]),
        Layer([Middleware(kind, "d")]),
    )
    entry = Entry(
        answer, boundary=Boundary(), layers=tuple(layer.app for layer in layers)
    )
    site = site_of("/x")
    leaf = site.tree.insert(Template("/"), Leaf)
    leaf.methods["GET"] = entry
    leaf.close(entry, ())
    site.tree.freeze()
    ask(site)
    assert marks == ["abcd"] * 4


def test_a_layer_is_made_once_and_when_it_is_needed() -> None:
    made: list[object] = []

    class Counted(Mark):
        def __init__(self, app: Any) -> None:
            made.append(self)

    layer = Layer([Middleware(Counted)])
    assert not made
    assert layer.app is layer.app
    assert len(made) == 1


def test_options_by_itself_is_an_answer() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Options(["PUT", "GET"])(scope, receive, send, None)

    assert call(app, "OPTIONS").headers["allow"] == "GET, PUT"


def test_options_tell_what_content_is_taken() -> None:
    """RFC 5789 §3.1 for PATCH; there is a field for POST, too, and for no other."""
    taken = {"PATCH": ("a/b", "c/d"), "PUT": ("e/f",), "POST": ()}
    options = Options(["PATCH", "GET"], taken)
    assert options.allow == ("GET", "PATCH")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await options(scope, receive, send, None)

    headers = call(app, "OPTIONS").headers
    assert headers["accept-patch"] == "a/b, c/d"
    assert "accept-post" not in headers


# Looking up -------------------------------------------------------------------------


def test_what_would_answer_is_looked_up() -> None:
    """Nothing is called."""
    seen = Seen()
    site = site_of("/b/{x:int}", answer=seen, default=seen)
    scope = scope_of("/b/7", headers=[(b"accept", b"*/*"), HOST, (b"x", b"y")])
    scope["path_params"] = {"outer": 1}
    assert site.look_up(scope).answer is seen
    assert scope["path_params"] == {"outer": 1, "x": 7}
    refusal = site.look_up(scope_of("/b/7", method="PUT")).answer
    assert isinstance(refusal, Refusal)
    assert refusal.exc.status_code == 405
    missing = site.look_up(scope_of("/nowhere")).answer
    assert isinstance(missing, NotFoundEntry)
    assert missing.look_up(scope_of("/nowhere")) == (None, seen)
    assert missing.look_up(scope_of("/b/7/")) == ("/b/7", seen)
    assert missing.look_up(scope_of("/b/7/", type="websocket")) == (None, seen)
    assert not seen.scopes


def test_a_websocket_is_looked_up() -> None:
    site = site_of("/")
    leaf = site.tree.insert(Template("/feed"), Leaf)
    leaf.websocket = Entry(Seen(), boundary=Boundary())
    leaf.close(leaf.websocket, ())
    site.tree.freeze()
    assert site.look_up(scope_of("/feed", type="websocket")) is leaf.websocket
    assert site.look_up(scope_of("/feed")) is leaf.not_allowed
    with pytest.raises(Forbidden):
        site.look_up(scope_of("/", type="websocket"))


def test_the_other_spelling_is_looked_up_where_it_is_redirected_to() -> None:
    missing = site_of("/a", slashes=False).look_up(scope_of("/a/")).answer
    assert isinstance(missing, NotFoundEntry)
    assert missing.look_up(scope_of("/a/")) == (None, None)


@pytest.mark.parametrize(
    "path, more, exception",
    [
        ("/", {"headers": [(b"host", b"a/b")]}, BadRequest),
        ("/a\n", {}, BadRequest),
        ("a", {}, BadRequest),
        ("/nowhere", {}, NotFound),
        ("", {}, NotFound),
    ],
)
def test_what_is_refused_before_there_is_a_resource_is_raised(
    path: str, more: dict[str, Any], exception: type[Exception]
) -> None:
    with pytest.raises(exception):
        Site(None, Boundary(), 200).look_up(scope_of(path, **more))


def test_the_site_of_another_host_is_looked_up() -> None:
    site, other = site_of("/"), site_of("/there")
    site.hosts = Tree()
    template = Template("/{shop}.example.org")
    site.hosts.insert(template, lambda: (template.names, other))
    scope = scope_of("/there", headers=[(b"host", b"books.example.org")])
    assert site.look_up(scope).route == "/there"
    assert scope["path_params"] == {"shop": "books"}
    assert site.look_up(scope_of("/")).route == "/"
