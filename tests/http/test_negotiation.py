"""Which of the representations on offer a client gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http import negotiation
from restlette.http.media import MediaType
from restlette.http.negotiation import select, select_codings
from tests.http.stopwatch import seconds

JSON = "application/json"
HTML = "text/html"
OFFERS = (JSON, HTML)
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        # realistic
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        (CHROME, HTML),
        (JAVA, HTML),
        ("application/json, text/plain, */*", JSON),
        ("application/json; charset=utf-8", JSON),
        ("Application/JSON;Charset=UTF-8", JSON),
        ("image/png", None),
        # RFC 9110: the most specific range decides, the greatest weight wins
        ("text/html, application/json", JSON),
        ("text/html, application/json;q=0.9", HTML),
        ("text/*, application/json;q=0.9", HTML),
        ("*/*;q=0.1, text/html;q=0.2", HTML),
        ("*/*, text/html;q=0.2", JSON),
        ("application/*;q=0.5, */*;q=0.9, text/html;q=0.6", HTML),
        ("text/html;q=0.2, text/html;q=0.8, application/json;q=0.5", HTML),
        ("text/*;q=0.9, text/html;q=0.1, application/json;q=0.5", JSON),
        ("application/json;v=9", None),
        ("text/html;q=0.8, text/html;q=0.2, application/json;q=0.5", HTML),
        ("text/html;level=1, application/json;q=0.1", JSON),
        ("text/html;level=1", None),
        ("*/*;level=1", None),
        ("application/json;charset=latin-1", None),
        # white space, case, empty members
        (" \t text/html \t;\t q=1 ,,, ", HTML),
        ("text/html;Q=0.1, application/json;q=0.2", JSON),
        (",", JSON),
        (" ", JSON),
        ('text/html;a="b,c", application/json;q=0.1', JSON),
    ],
)
def test_the_best_offer_is_chosen(accept, chosen) -> None:
    index = select(None if accept is None else accept.encode(), OFFERS)
    assert (None if index is None else OFFERS[index]) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        pytest.param(accept, chosen, id=f"headers-in-26-{label}")
        for label, accept, chosen in [
            ("zero", "application/json;q=0", None),
            ("zero-of-one", "application/json;q=0, text/html;q=0.1", HTML),
            ("zero-and-any", "application/json;q=0, */*;q=0.1", HTML),
            ("zero-three-digits", "application/json;q=0.000, */*", HTML),
            ("any-zero", "*/*;q=0", None),
            ("any-zero-but", "*/*;q=0, text/html", HTML),
            ("star-zero", "*;q=0", JSON),
            ("two", "application/json;q=2, text/html;q=0.1", HTML),
            ("two-alone", "text/html;q=2", JSON),
            ("letters", "application/json;q=abc, text/html;q=0.1", HTML),
            ("negative", "application/json;q=-1, text/html;q=0.1", HTML),
            ("nan", "application/json;q=nan, text/html;q=0.1", HTML),
            ("infinite", "application/json;q=inf, text/html;q=0.1", HTML),
            ("exponent", "application/json;q=1e0, text/html;q=0.1", HTML),
            ("four-digits", "application/json;q=0.1234, text/html;q=0.1", HTML),
            ("above-one", "application/json;q=1.001, text/html;q=0.1", HTML),
            ("empty", "application/json;q=, text/html;q=0.1", HTML),
            ("dot", "application/json;q=., text/html;q=0.1", HTML),
            ("zero-dot", "application/json;q=0., text/html;q=0.1", HTML),
            ("one-dot", "application/json;q=1., text/html;q=0.1", JSON),
            ("one-zeros", "application/json;q=1.000, text/html;q=0.1", JSON),
            ("no-zero", "application/json;q=.2, text/html;q=.1", JSON),
            ("quoted", 'application/json;q="0.2", text/html;q=0.1', JSON),
            ("two-weights", "application/json;q=0.1;q=1, text/html;q=0.5", HTML),
            ("weight-first", "text/html;q=0.5;level=1, application/json;q=0.1", JSON),
            ("extension", "text/html;q=0.5;ext=1;ext2, application/json;q=0.1", JSON),
        ]
    ],
)
def test_weights_are_honoured_and_junk_passed_over(accept, chosen) -> None:
    index = select(accept.encode(), OFFERS)
    assert (None if index is None else OFFERS[index]) == chosen


@pytest.mark.parametrize(
    "junk",
    [
        "text",
        "text/",
        "/html",
        "*/html",
        "*/!",
        "text / html",
        "text/html text/plain",
        "a/b/c",
        "text/html;level",
        ";;;",
        '"',
        '"text/html"',
        'text/html;a="',
        'text/html;a="b\\',
        'text/html;a="b"c',
        "text/h\xe9",
        "\0",
        "text/html\n",
    ],
)
def test_a_field_of_nothing_but_junk_is_like_none(junk) -> None:
    assert select(junk.encode("latin-1"), OFFERS) == 0


@pytest.mark.parametrize("junk", ["text", "text/html;q=x", "a b", "=", "text/html;;x"])
def test_junk_beside_a_range_changes_nothing(junk) -> None:
    for accept in (f"{junk}, text/html;q=0.1", f"text/html;q=0.1, {junk}"):
        assert select(accept.encode(), OFFERS) == 1


def test_an_open_quote_takes_the_rest_with_it() -> None:
    assert select(b'application/json;a="b, text/html', OFFERS) == 0
    assert select(b'text/html, application/json;a="b, image/png', OFFERS) == 1


@pytest.mark.parametrize(
    ("accept", "index"),
    [
        (b"text/html;level=1", 1),
        (b"text/html", 0),
        (b"text/html;level=1, text/html;q=0.5", 1),
        (b"text/html;level=2", None),
        (b"text/*;level=1;q=0.5, text/html;q=0.7", 0),
    ],
)
def test_offers_may_have_parameters(accept, index) -> None:
    assert select(accept, ("text/html", "text/html;level=1")) == index


def test_without_offers_nothing_is_acceptable() -> None:
    assert select(b"text/html", ()) is None


HOSTILE = {
    "10k-entries": b",".join(b"text/x%d" % n for n in range(10_000)) + b",text/html",
    "10k-parameters": b"text/html" + b";a=1" * 10_000 + b", text/html",
    "commas": b"," * 500_000 + b"text/html",
    "spaces": b"text/html" + b" " * 500_000,
    "short": b"a/b," * 16_000 + b"text/html",
    "weights": b"image/png;q=0.1," * 20_000 + b"text/html",
    "bad-weights": b"text/html;q=9," * 20_000 + b"text/html",
    "semicolons": b"a/b" + b";" * 200_000 + b", text/html",
    "closed-quotes": b'a/b;c="' + b'\\"' * 100_000 + b'", text/html',
    "quoted-commas": b'a/b;c="' + b"," * 200_000 + b'", text/html',
}


@pytest.mark.parametrize(
    "accept",
    [pytest.param(v, id=f"headers-in-26-{label}") for label, v in HOSTILE.items()],
)
def test_hostile_fields_are_read_in_linear_time(accept) -> None:
    assert select(accept, OFFERS) == 1
    assert seconds(lambda: select(accept, OFFERS)) < 1


@pytest.mark.parametrize(
    "accept",
    [b'"' * 500_000, b'a/b;c="' + b'\\"' * 250_000, b"a" * 500_000, b"\\" * 500_000],
    ids=[
        f"headers-in-25-{n}" for n in ("quotes", "open-quote", "token", "backslashes")
    ],
)
def test_hostile_junk_is_passed_over_in_linear_time(accept) -> None:
    assert select(accept, OFFERS) == 0
    assert seconds(lambda: select(accept, OFFERS)) < 1


@pytest.mark.parametrize("count", [pytest.param(100_000, id="caches-120")])
def test_what_is_remembered_is_bounded(count) -> None:
    negotiation._remembered.cache_clear()
    for n in range(count):
        select(b"a/b%d" % n, OFFERS)
    info = negotiation._remembered.cache_info()
    assert (info.currsize, info.maxsize, info.misses) == (512, 512, count)
    select(b"text/html" + b" " * 1024, OFFERS)
    assert negotiation._remembered.cache_info() == info


def test_an_answer_that_is_remembered_is_the_same() -> None:
    answers = {select(CHROME.encode(), OFFERS) for _ in range(3)}
    assert answers == {1}
    assert select(CHROME.encode(), (HTML, JSON)) == 0


@given(st.binary(max_size=200))
def test_any_field_gets_an_answer(accept) -> None:
    assert select(accept, OFFERS) in (0, 1, None)


RANGE = st.sampled_from(
    ["*/*", "text/*", "application/*", HTML, JSON, "image/png", "text/html;a=b", "junk"]
)
WEIGHT = st.sampled_from(["", ";q=0", ";q=0.3", ";q=0.7", ";q=1", ";q=2"])


def plainly(members, offers):
    """The rule of RFC 9110 section 12.5.1, with no thought for speed."""
    ranges = []
    for text, weight in members:
        if text != "junk" and weight != ";q=2":
            ranges.append((MediaType.from_header(text), float(weight[3:] or "1")))
    if not ranges:
        return 0
    weights = []
    for offer in map(MediaType.from_header, offers):
        found = [
            ((r.type != "*") + (r.subtype != "*") + len(r.parameters), q)
            for r, q in ranges
            if r.matches(offer)
        ]
        weights.append(max(found, default=(0, 0.0))[1])
    return weights.index(max(weights)) if max(weights) else None


@given(
    st.lists(st.tuples(RANGE, WEIGHT), min_size=1, max_size=6),
    st.lists(st.sampled_from([HTML, JSON, "text/html;a=b", "image/png"]), min_size=1),
)
def test_the_choice_is_that_of_the_plain_rule(members, offers) -> None:
    accept = ", ".join(text + weight for text, weight in members).encode()
    assert select(accept, tuple(offers)) == plainly(members, offers)


CODINGS = (b"br", b"zstd", b"gzip")


@pytest.mark.parametrize(
    ("accept_encoding", "chosen"),
    [
        # realistic
        (b"gzip, deflate, br, zstd", CODINGS),
        (b"gzip, deflate", (b"gzip",)),
        (b"", ()),
        (b"*", CODINGS),
        # RFC 9110 12.5.3: the weights, the rest, and identity's
        (b"br;q=0.5, gzip", (b"gzip", b"br")),
        (b"br;q=0, *;q=0.1", (b"zstd", b"gzip")),
        (b"identity, gzip;q=0.9, br", (b"br",)),
        (b"identity;q=0, gzip;q=0.1", (b"gzip",)),
        (b"gzip;q=0.1, gzip", (b"gzip",)),
        (b"gzip, br;q=1", (b"br", b"gzip")),
        # RFC 9110 8.4.1.3
        (b"x-gzip", (b"gzip",)),
        (b"x-gzip, gzip;q=0", ()),
        # malformed
        (b"gzip;q=2", ()),
        (b"gz ip, ,;q=1,br ; q=1.000", (b"br",)),
    ],
)
def test_the_codings_that_are_liked_are_chosen(accept_encoding, chosen) -> None:
    assert select_codings(accept_encoding, CODINGS) == chosen


@given(st.binary())
def test_any_accept_encoding_chooses_among_the_offers(value: bytes) -> None:
    assert set(select_codings(value, CODINGS)) <= set(CODINGS)


def test_a_long_accept_encoding_is_read_in_linear_time() -> None:
    assert seconds(lambda: select_codings(b"br;q=0" * 10**5, CODINGS)) < 1


def test_what_is_remembered_of_codings_is_bounded() -> None:
    """caches-120: a client may send as many different ones as it likes."""
    negotiation._remembered_codings.cache_clear()
    for number in range(1000):
        select_codings(b"coding-%d" % number, CODINGS)
    info = negotiation._remembered_codings.cache_info()
    assert (info.currsize, info.maxsize, info.misses) == (512, 512, 1000)
    select_codings(b"gzip" + b" " * 1024, CODINGS)
    assert negotiation._remembered_codings.cache_info() == info
