"""The tree with its shortcuts against a matcher that has none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.resources.tree import Tree, split_path
from restlette.resources.uri import NO_MATCH, Parameter, Pattern, Template
from tests.http.stopwatch import seconds


def tree_of(*templates: str, below: tuple[str, ...] = ()) -> Tree[str]:
    """A frozen tree in which each template leads to its own text."""
    tree: Tree[str] = Tree()
    for text in templates:
        tree.insert(Template(text), lambda text=text: text)
    for text in below:
        tree.insert_below(Template(text), lambda text=text: f"{text} below")
    tree.freeze()
    return tree


@pytest.mark.parametrize(
    "path, leaf",
    [
        pytest.param("/books", "/books", id="static"),
        pytest.param("/books/new", "/books/{name}", id="parameter"),
        pytest.param("/books/7", "/books/{id:int}", id="narrower first"),
        pytest.param("/books/7.5", "/books/{x:float}", id="float after int"),
        pytest.param("/books/top", "/books/top", id="static before parameter"),
        pytest.param("/books/a.json", "/books/{name}.json", id="pattern"),
        pytest.param("/books/7.json", "/books/{id:int}.json", id="narrower pattern"),
        pytest.param("/books/7/x", "/books/{id:int}/x", id="below an int"),
        pytest.param("/books/7/y", "/books/{name}/y", id="back-tracking"),
        pytest.param("/books/top/y", "/books/{name}/y", id="back from a literal"),
        pytest.param("/books/a.json/y", "/books/{name}/y", id="back from a pattern"),
        pytest.param("/books/7.json/z", "/books/{name}.json/z", id="next pattern"),
        pytest.param("/files/a/b", "/files/{p:path}", id="path"),
        pytest.param("/files/a/edit", "/files/{p:path}/edit", id="literal in a tail"),
        pytest.param("/files/", "/files/{p:path}", id="empty path"),
        pytest.param("/files", None, id="no path"),
        pytest.param("/", None, id="slash"),
        pytest.param("", None, id="nothing"),
        pytest.param("/books/", None, id="another spelling"),
        pytest.param("//books", None, id="route-12 //"),
        pytest.param("/books//7", None, id="route-12 empty segment"),
        pytest.param("/books/7/x/", None, id="too long"),
    ],
)
@pytest.mark.parametrize("turn", [1, -1], ids=["in order", "in reverse"])
def test_where_a_path_leads_does_not_depend_on_the_order(
    path: str, leaf: str | None, turn: int
) -> None:
    templates = (
        "/books",
        "/books/{name}",
        "/books/{x:float}",
        "/books/{id:int}",
        "/books/top",
        "/books/{name}.json",
        "/books/{id:int}.json",
        "/books/{id:int}.json/w",
        "/books/{name}.json/z",
        "/books/{id:int}/x",
        "/books/{name}/y",
        "/files/{p:path}",
        "/files/{p:path}/edit",
    )
    found = tree_of(*templates[::turn]).match(path)
    assert (None if found is None else found[0]) == leaf


def test_values_are_those_of_the_way_that_was_taken() -> None:
    tree = tree_of("/{a:int}/x", "/{b}/{c}.{d}", "/{b}/{p:path}/end")
    assert tree.match("/7/x") == ("/{a:int}/x", [7])
    assert tree.match("/7/x.y") == ("/{b}/{c}.{d}", ["7", "x", "y"])
    assert tree.match("/7/x.y/z/end") == ("/{b}/{p:path}/end", ["7", "x.y/z"])


def test_what_takes_all_below_takes_its_own_path_too() -> None:
    tree = tree_of("/a/{x}", below=("/a/b", "/t/{n:int}"))
    assert tree.match("/a/b") == ("/a/b below", [])
    assert tree.match("/a/b/") == ("/a/b below", [])
    assert tree.match("/a/b/c/d") == ("/a/b below", [])
    assert tree.match("/a/c") == ("/a/{x}", ["c"])
    assert tree.match("/t/7") == ("/t/{n:int} below", [7])
    assert tree.match("/t/7/x") == ("/t/{n:int} below", [7])
    assert tree.match("/t/x") is None


def test_a_leaf_goes_before_what_takes_all_below() -> None:
    tree = tree_of("/a", "/a/{p:path}/end", below=("/a", ""))
    assert tree.match("/a") == ("/a", [])
    assert tree.match("/a/x") == ("/a below", [])
    assert tree.match("/a/x/end") == ("/a/{p:path}/end", ["x"])
    assert tree.match("/b") == (" below", [])


def test_inserting_again_gives_what_is_there() -> None:
    tree: Tree[str] = Tree()
    for text in ("/a", "/{x}", "/{x:int}-{y}", "/a/{p:path}"):
        assert tree.insert(Template(text), lambda: "first") == "first"
        other = Template(text.replace("x", "z").replace("{p", "{q"))
        assert tree.insert(other, lambda: "second") == "first"
    assert tree.insert_below(Template("/a"), lambda: "first") == "first"
    assert tree.insert_below(Template("/a"), lambda: "second") == "first"
    assert tree.insert(Template("/{x:int}-{y:int}"), lambda: "other") == "other"
    assert tree.insert(Template("/a/{p:path}/x"), lambda: "other") == "other"


def test_freezing_again_forgets_nothing_and_adds_what_is_new() -> None:
    tree = tree_of("/a", "/b/{x}")
    tree.insert(Template("/c"), lambda: "/c")
    tree.freeze()
    assert tree.match("/a") == ("/a", [])
    assert tree.match("/b/1") == ("/b/{x}", ["1"])
    assert tree.match("/c") == ("/c", [])


def test_a_node_on_the_way_is_no_leaf() -> None:
    tree = tree_of("/a/{x}/b")
    assert tree.match("/a/1") is None
    assert tree.match("/a/1/b") == ("/a/{x}/b", ["1"])


@pytest.mark.parametrize("path", ["-/b", "@/b", "b"])
def test_a_path_begins_with_a_slash(path: str) -> None:
    assert tree_of("/b", "/{x}.y").match(path) is None


def test_everything_that_hangs_in_a_tree_is_given_once() -> None:
    templates = ("/", "/a", "/a/{x}", "/{x:int}-{y}", "/a/{p:path}", "/a/{p:path}/x")
    tree = tree_of(*templates, below=("/a", "/{x}"))
    assert sorted(tree.leaves()) == sorted([*templates, "/a below", "/{x} below"])


def test_an_empty_path_is_not_a_segment() -> None:
    """A convertor that takes the empty text takes that of "/", not of ""."""
    tree = tree_of("/{p:path}")
    assert tree.match("") is None
    assert tree.match("/") == ("/{p:path}", [""])


def test_a_path_without_segments_has_none() -> None:
    assert split_path("") == []
    assert split_path("/") == [""]
    assert split_path("/a//b") == ["a", "", "b"]


# Against a matcher without a tree ---------------------------------------------------

SEGMENTS = st.sampled_from(
    [
        "",
        "a",
        "b",
        "{s}",
        "{s:int}",
        "{s:float}",
        "{s}.{t}",
        "{s:int}.{t}",
        "{s:int}-{t:int}",
        "a{s}",
        "{s:path}",
        "{s}-{t:path}",
        "{s:path}.{t}",
    ]
)


@st.composite
def templates(draw: st.DrawFn) -> str:
    segments = draw(st.lists(SEGMENTS, max_size=4))
    return "".join(
        "/" + segment.replace("{s", f"{{s{n}").replace("{t", f"{{t{n}")
        for n, segment in enumerate(segments)
    )


PATHS = st.lists(
    st.sampled_from(["", "a", "b", "7", "7.5", "7-8", "ab", "a.b", "7.b", "x-y"]),
    max_size=5,
).map(lambda segments: "".join("/" + segment for segment in segments))

Way = tuple[tuple[Any, ...], str, list[Any]]


def ways(text: str, is_below: bool, path: str) -> list[Way]:
    """Give the way of one template to a path, with what it is ranked by.

    At each segment: a literal before a pattern before a parameter, then what ends
    before what takes the rest by a pattern, then what takes all below.
    """
    template = Template(text)
    parts = split_path(path)
    rank: list[tuple[Any, ...]] = []
    values: list[Any] = []
    if len(parts) < len(template.segments):
        return []
    for segment, part in zip(template.segments, parts, strict=False):
        if isinstance(segment, Pattern):
            found = segment.match(part)
            if found is None:
                return []
            rank.append((1, *segment.order))
            values += found
        elif isinstance(segment, Parameter):
            value = segment.convertor.match(part)
            if value is NO_MATCH:
                return []
            rank.append((2, segment.convertor.width))
            values.append(value)
        elif segment != part:
            return []
        else:
            rank.append((0,))
    rest = parts[len(template.segments) :]
    if is_below:
        return [((*rank, (4,)), text + " below", values)]
    if template.tail is None:
        return [((*rank, (-1,)), text, values)] if not rest else []
    found = template.tail.match("/".join(rest)) if rest else None
    if found is None:
        return []
    return [((*rank, (3, *template.tail.order)), text, values + found)]


@given(
    st.lists(templates(), max_size=12, unique=True),
    st.lists(templates().filter(lambda t: ":path" not in t), max_size=3, unique=True),
    st.lists(PATHS, max_size=10),
)
def test_the_tree_finds_what_a_list_of_templates_would(
    leaves: list[str], below: list[str], paths: list[str]
) -> None:
    tree = tree_of(*leaves, below=tuple(below))
    for path in paths:
        found = [way for text in leaves for way in ways(text, False, path)]
        found += [way for text in below for way in ways(text, True, path)]
        best = min(found, key=lambda way: way[0], default=None)
        expected = None if best is None else best[1:]
        # A path without its slash is none, and is not looked for.
        assert tree.match(path) == (expected if path else None)
        assert tree.search(split_path(path)) == expected


# Hostile paths ----------------------------------------------------------------------


def test_a_hostile_path_costs_its_length() -> None:
    tree = tree_of(
        *(
            "/" + "/".join(["{a}"] * 0 + [f"{{p{n}}}" for n in range(k)])
            for k in (5, 9)
        ),
        "/{a}-{b}/{c}",
        "/x/{p:path}/y/{q:path}/z",
        "/{i:int}/{p:path}/end",
    )
    for path in ("/" * 10**6, "/x" * 10**6, "/x/" + "y/" * 10**6, "/7/" + "-" * 10**6):
        assert seconds(lambda path=path: tree.match(path)) < 2


def test_what_leads_nowhere_is_tried_once() -> None:
    """Every node is reached by one way, so that back-tracking does not multiply."""
    kinds = ("", ":int", ":float")
    texts = [""]
    for depth in range(7):
        texts = [f"{t}/{{p{depth}{kind}}}" for t in texts for kind in kinds]
    tree = tree_of(*(text + "/end" for text in texts))
    assert seconds(lambda: tree.match("/1" * 8)) < 1


def test_a_match_does_not_ask_the_other_routes() -> None:
    tree = tree_of(*(f"/r{n}/{{x}}" for n in range(5000)))
    assert seconds(lambda: [tree.match("/r4999/7") for _ in range(20_000)]) < 2


@pytest.mark.parametrize(
    "template, has_slashes, has_children",
    [
        ("", False, False),
        ("/", False, True),
        ("/a", False, True),
        ("/{x}", False, True),
        ("/{x}.y", False, True),
        ("/a/", True, True),
        ("/a/b/", True, True),
        ("/{p:path}", True, False),
    ],
)
def test_a_tree_knows_what_its_paths_may_look_like(
    template: str, has_slashes: bool, has_children: bool
) -> None:
    tree = tree_of(template)
    assert tree.has_slashes is has_slashes
    assert tree.root.has_children is has_children
