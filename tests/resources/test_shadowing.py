"""What is said of shadows is what the matcher does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restlette import Restlette, Router
from restlette.resources import languages, uri
from restlette.resources.routes import Place, RouteInfo
from restlette.resources.shadowing import Shadow, shadows
from restlette.resources.tree import Tree
from restlette.resources.uri import Convertor, PathConvertor, Template


class Custom(Convertor[str]):
    def __init__(self, regex: str, width: int = 50) -> None:
        self.regex = regex  # type: ignore[misc]  # one class is enough here
        self.width = width  # type: ignore[misc]  # likewise

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class Picky(Custom):
    """Its regex says more than it takes."""

    def convert(self, value: str) -> str:
        if value == "a":
            raise ValueError
        return value


class Silent(Custom):
    """It says nothing of what it takes."""

    def __init__(self, *taken: str) -> None:
        super().__init__("-")
        self.taken = taken

    def match(self, text: str) -> Any:
        return text if text in self.taken else uri.NO_MATCH


class SilentPath(PathConvertor):
    def match(self, text: str) -> Any:
        return text if text == "a/b" else uri.NO_MATCH


class Rest(PathConvertor):
    regex = "[a/]+"


@pytest.fixture(autouse=True)
def convertors(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "letters": Custom("[a-z]{1,20}"),
        "same": Custom("[a-z]{1,20}"),
        "wide": Custom("[a-z0-9]+", 60),
        "digits": Custom("[0-9]{1,20}"),
        "empty": Custom("a*"),
        "ahead": Custom("(?!b)[a-z]+"),
        "picky": Picky("[a0]"),
        "after": Custom("[a0]", 55),
        "silent": Silent("a", "zz"),
        "nothing": Silent(""),
        "silent_path": SilentPath(),
        "rest": Rest(),
    }
    for name, convertor in known.items():
        monkeypatch.setitem(uri.CONVERTORS, name, convertor)


async def handler(request: Any) -> None: ...


async def foreign(scope: Any, receive: Any, send: Any) -> None: ...


def routes_of(*paths: str) -> list[RouteInfo]:
    """An application's routes; what begins with > is mounted."""
    app = Restlette()
    for path in paths:
        if path.startswith(">"):
            app.mount(path[1:], foreign)
        else:
            app.add_route(path, handler)
    return list(app.walk())


def told(*paths: str) -> list[str]:
    return [line(each) for each in shadows(routes_of(*paths))]


def line(shadow: Shadow) -> str:
    by = " ".join(sorted({route.path or ">" for route in shadow.by}))
    word = "never" if shadow.is_total else "partly"
    return f"{shadow.route.path}: {word}, {by} takes {shadow.path}"


# The property -------------------------------------------------------------------------

OPAQUE = ["{p:ahead}", "{p:picky}", "{p:silent}", "a{p:silent}"]
SEGMENTS = [
    "a",
    "0",
    "",
    "{p}",
    "{p:int}",
    "{p:letters}",
    "{p:same}",
    "{p:wide}",
    "{p:digits}",
    "{p:empty}",
    "{p:after}",
    "a{p}",
    "{p}a",
    "{p}-{q}",
    "{p:int}-{q}",
    "{p:int}a{q}a{r}",
    "{p}aa{q}",
]
TAILS = st.sampled_from(
    ["", "", "", "/{t:path}", "/a{t:path}", "/{t:path}/a", "/{t:rest}", "/{s}-{t:path}"]
)


@st.composite
def templates(draw: st.DrawFn, among: list[str]) -> str:
    segments = draw(st.lists(st.sampled_from(among), min_size=0, max_size=2))
    is_mount = draw(st.integers(0, 5)) == 0
    path = "".join("/" + segment for segment in segments)
    path = path.replace("{p", "{p1", 1) if path.count("{p") > 1 else path
    path = path.replace("{q", "{q1", 1) if path.count("{q") > 1 else path
    path = path.replace("{r", "{r1", 1) if path.count("{r") > 1 else path
    if is_mount:
        return ">" + path.rstrip("/")
    return (path + draw(TAILS)) or "/"


SHORT = ["".join(word) for n in range(3) for word in product("a0z-", repeat=n)]
# One for each segment above.
FITTING = [
    "",
    "a",
    "0",
    "z",
    "aa",
    "a0",
    "0a",
    "a-a",
    "z-z",
    "0-a",
    "zaaz",
    "0a0a0",
    "a/z",
    "a/a",
    "/",
]
WORDS = [*SHORT, *FITTING[7:]]
PATHS = (
    [(one,) for one in [*WORDS, "0-0-0", "zzz", "zaa-"]]
    + [*product(WORDS, repeat=2)]
    + [*product(FITTING, repeat=3)]
    + [(*two, "", "a") for two in product(FITTING, repeat=2)]
)


def deeper() -> Iterator[tuple[str, ...]]:
    """Longer paths, for routes that none of the short ones reaches."""
    for length in (3, 4):
        yield from product([*FITTING, "00", "zz", "zzz"], repeat=length)


def alone(route: RouteInfo) -> Tree[bool]:
    tree: Tree[bool] = Tree()
    insert = tree.insert_below if route.kind == "mount" else tree.insert
    insert(Template(route.path), lambda: True)
    return tree


def is_below(route: RouteInfo, segments: list[str]) -> bool:
    """Whether a path counts for a route: of what is mounted, below its prefix."""
    return route.kind != "mount" or len(segments) > len(Template(route.path).segments)


class Asked(NamedTuple):
    """What each short path says of some routes."""

    routes: list[RouteInfo]
    told: list[Shadow]
    reached: set[Any]
    taken: set[tuple[Any, ...]]
    tree: Tree[Any]

    def leads(self, path: tuple[str, ...], place: Any) -> bool:
        """Whether a path leads to the route of a place."""
        winner = route_at(self.tree, list(path))
        return (
            winner is not None
            and winner.place == place
            and is_below(winner, list(path))
        )

    @property
    def never(self) -> set[Any]:
        return {each.route.place for each in self.told if each.is_total}


def ask(paths: list[str]) -> Asked | None:
    """Ask the frozen site for each short path, and each route alone."""
    app = Restlette()
    for number, path in enumerate(paths):
        if path.startswith(">"):
            app.mount(path[1:], foreign)
        else:
            app.add_route(path, handler)
        app.routes[-1].place = Place("here", number)
    try:
        app.freeze()
    except ValueError:
        return None  # two of them are one template
    routes = list(app.walk())
    tree = app._site.tree
    trees = [alone(route) for route in routes]
    reached, taken = set(), set()
    for each in PATHS:
        segments = list(each)
        winner = route_at(tree, segments)
        if winner is None:
            continue
        if is_below(winner, segments):
            reached.add(winner.place)
        for route, own in zip(routes, trees, strict=True):
            fits = route != winner and own.search(segments) is not None
            if fits and is_below(route, segments):
                taken.add((route.place, winner.place))
    return Asked(routes, shadows(routes), reached, taken, tree)


def route_at(tree: Tree[Any], segments: list[str]) -> RouteInfo | None:
    found = tree.search(segments)
    if found is None:
        return None
    entry = found[0].hop or found[0].methods["GET"]
    route: RouteInfo = entry.route
    return route


@settings(max_examples=50, deadline=None)
@given(st.lists(templates(SEGMENTS), min_size=2, max_size=5, unique=True))
def test_shadows_are_those_that_every_short_path_shows(paths: list[str]) -> None:
    """Which routes take paths from which, and which get none: no more and no less."""
    asked = ask(paths)
    if asked is not None:
        told = {(each.route.place, each.by[0].place) for each in asked.told}
        assert asked.taken <= told
        every = {route.place for route in asked.routes}
        assert asked.never <= every - asked.reached, paths
        for place in every - asked.reached - asked.never:
            assert any(asked.leads(path, place) for path in deeper()), paths


@settings(max_examples=30, deadline=None)
@given(st.lists(templates(SEGMENTS + 3 * OPAQUE), min_size=2, max_size=5, unique=True))
def test_no_shadow_is_told_that_is_none(paths: list[str]) -> None:
    """Whatever convertors take: the path that is named fits, and leads elsewhere."""
    asked = ask(paths)
    if asked is not None:
        assert asked.never.isdisjoint(asked.reached)
        for each in asked.told:
            segments = [unquote(part) for part in each.path.split("/")[1:]]
            assert route_at(asked.tree, segments) == each.by[0]
            assert alone(each.route).search(segments) is not None


# Examples -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "lines"),
    [
        pytest.param(("/books/feed", "/books/{id:int}", "/x"), [], id="apart"),
        pytest.param(
            ("/books/{title}", "/books/feed"),
            ["/books/{title}: partly, /books/feed takes /books/feed"],
            id="literal before parameter",
        ),
        pytest.param(
            ("/b/{n:digits}", "/b/{n:int}"),
            ["/b/{n:digits}: never, /b/{n:int} takes /b/0"],
            id="same language",
        ),
        pytest.param(
            (">/files", "/files/{p:path}"),
            ["/files: never, /files/{p:path} takes /files/"],
            id="a mount behind the rest of the path",
        ),
        pytest.param(
            (">/api", "/{version}/books"),
            ["/{version}/books: partly, /api takes /api/books"],
            id="a mount before a parameter",
        ),
        pytest.param(
            ("/{p:picky}", "/{p:after}"),
            ["/{p:after}: partly, /{p:picky} takes /0"],
            id="a convertor that refuses what its regex takes",
        ),
        pytest.param(
            ("/{p:silent}", "/{p}"),
            ["/{p}: partly, /{p:silent} takes /a"],
            id="a convertor that does not say what it takes",
        ),
        pytest.param(
            ("/{p:silent}", "/{t:rest}"),
            ["/{t:rest}: partly, /{p:silent} takes /a"],
            id="likewise, before the rest",
        ),
        pytest.param(
            ("/{a}/b", "/{p:silent_path}"),
            ["/{p:silent_path}: partly, /{a}/b takes /a/b"],
            id="likewise, of a path",
        ),
        pytest.param(
            ("/", "/{p:nothing}"),
            ["/{p:nothing}: partly, / takes /"],
            id="likewise, of nothing",
        ),
        pytest.param(
            ("/{p}.{q}", "/{p:uuid}", "/{p}"),
            [
                "/{p}: partly, /{p}.{q} takes /a.a",
                "/{p}: partly, /{p:uuid} takes /aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
            ],
            id="patterns",
        ),
    ],
)
def test_shadows_are_told_with_a_path(paths: tuple[str, ...], lines: list[str]) -> None:
    assert told(*paths) == lines


def test_what_the_order_of_registration_decides_is_told() -> None:
    """Neither of two convertors of one width is narrower, nor of two patterns."""

    def by_order(*paths: str) -> list[bool]:
        return [each.is_by_order for each in shadows(routes_of(*paths))]

    assert by_order("/{p:letters}", "/{q:same}") == [True]
    assert by_order("/{p:letters}/a", "/{q:same}/{r}") == [True]
    assert by_order("/x/{p:letters}", "/x/{q:wide}") == [False]
    assert by_order("/{p}-a", "/a-{p}") == [True]
    assert by_order("/{p}-a", "/aa-{p}") == [False]
    assert by_order("/{p}-a/b", "/{p}-a/{q}") == [False]
    assert by_order("/{p}/b", "/{p}/{q}") == [False]
    assert by_order("/{p}", "/{q:path}") == [False]
    assert by_order(">/{p}", "/{p}/{q:path}") == [False]


def test_methods_that_nothing_answers_are_told() -> None:
    app = Restlette()
    app.add_route("/{n:int}", handler)
    app.add_route("/{name}", handler, methods=["GET", "PUT"])
    app.mount("/m", foreign)
    app.add_route("/{a}/x", handler, methods=["PUT"])
    assert [(each.path, each.lost) for each in shadows(app.walk())] == [
        ("/m", ()),
        ("/0", ("PUT",)),
        ("/m/x", ()),
    ]


def test_routes_of_one_template_are_told_of_each() -> None:
    app = Restlette()
    app.add_route("/feed", handler)
    app.add_route("/{a}", handler)
    app.add_route("/{a}", handler, methods=["PUT"])
    assert [each.route.methods for each in shadows(app.walk())] == [("GET",), ("PUT",)]


def test_routes_of_a_mounted_application_are_looked_at() -> None:
    """Those that routes before the mount take whole; the mount gets the others."""
    inner = Restlette()
    inner.add_route("/items", handler)
    inner.add_route("/items/{n:int}", handler)
    inner.add_route("/{shop}", handler)
    inner.mount("/deep", foreign)
    inner.mount("/whole", foreign)
    inner.add_route("/zz/{n:int}", handler)
    app = Restlette()
    app.mount("/v1", inner)
    app.mount("/{shop}/x", inner)
    app.add_route("/v1/items", handler)
    app.add_route("/v1/deep/{p:path}", handler)
    app.add_route("/v1/whole", handler)
    app.add_route("/v1/whole/{p:path}", handler)
    app.add_route("/v1/{p:silent}/{q}", handler)
    found = [each for each in shadows(app.walk()) if each.is_total]
    assert [line(each) for each in found] == [
        "/v1/items: never, /v1/items takes /v1/items",
        "/v1/whole: never, /v1/whole takes /v1/whole",
        "/v1/whole: never, /v1/whole/{p:path} takes /v1/whole/",
    ]
    assert not any(each.is_by_order for each in found)
    assert found[0].route.place == inner.routes[0].place


def shop(*hosts: str) -> Restlette:
    app = Restlette()
    app.add_route("/main", handler)
    for number, host in enumerate(hosts):
        router = Router()
        router.add_route(f"/{number}", handler)
        app.host(host, router)
    return app


@pytest.mark.parametrize(
    ("hosts", "lines"),
    [
        (("example.org", "{shop}.example.org"), []),
        (("{shop}",), [("/main", "/0", "a")]),
        (("{a}.org", "{b:wide}.org"), []),
        (("{a:letters}.org", "{b:same}.org"), [("/1", "/0", "a.org")]),
        (("{p:picky}", "{p:after}"), []),
        (("{p:silent}",), []),
        (("{a}", "{p:silent}b"), [("/main", "/1", "ab")]),
    ],
)
def test_hosts_that_are_never_asked_are_told(
    hosts: tuple[str, ...], lines: list[tuple[str, ...]]
) -> None:
    """What is for no host, too, where one of the hosts takes every name."""
    found = shadows(shop(*hosts).walk())
    assert [(s.route.path, s.by[0].path, s.host) for s in found] == lines
    assert all(each.is_total for each in found)
    assert not any(each.is_by_order for each in found)


@pytest.mark.parametrize(
    ("regex", "takes_all"),
    [
        ("[0-9a-z.-]+", True),
        ("[0-9a-z.]+", False),
        ("[0-9a-z-]+", False),
        ("[1-9a-z.-]+", False),
        ("[0-8a-z.-]+", False),
        ("[0-9b-z.-]+", False),
        ("[0-9a-y.-]+", False),
        ("[0-9a-z.-]{2,}", False),
    ],
)
def test_hosts_are_letters_digits_hyphens_and_points(
    regex: str, takes_all: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(uri.CONVERTORS, "host", Custom(regex))
    assert bool(shadows(shop("{p:host}").walk())) is takes_all


def test_what_cannot_be_said_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_MOST_STATES", 10)
    lines = ["/b/{n:digits}: partly, /b/{n:int} takes /b/0"]
    assert told("/b/{n:digits}", "/b/{n:int}") == lines
    monkeypatch.setattr(languages, "_MOST_STATES", 3)
    assert told("/b/{n:digits}", "/b/{n:int}") == []
    assert list(shadows(shop("{a:letters}.org", "{b:same}.org").walk())) == []


def test_a_path_that_only_a_narrower_rival_leaves_is_found() -> None:
    """The first paths that two routes share may all be a third one's."""
    lines = told("/{p:int}", "/{p:wide}", "/{p}")
    assert "/{p:wide}: partly, /{p:int} takes /0" in lines
    assert "/{p}: partly, /{p:wide} takes /a" in lines
    lines = told("/{p:letters}", "/{p:wide}", "/{p}")
    assert "/{p}: partly, /{p:wide} takes /0" in lines


def test_thousands_of_routes_take_no_time() -> None:
    """Those of other first segments are not looked at."""
    paths = [f"/r{n}/{{id:int}}" for n in range(1000)]
    assert told(*paths) == []
