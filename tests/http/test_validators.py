"""Validators: entity tags, lists of them, and dates of change."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.headers import Headers
from restlette.http.validators import EntityTags, ETag, Validators
from tests.http.stopwatch import seconds

OPAQUE = st.text(
    st.characters(
        codec="latin-1", exclude_characters='"\x7f', exclude_categories=["Cc", "Zs"]
    )
)
TAGS = st.builds(ETag, OPAQUE, weak=st.booleans())


@pytest.mark.parametrize(
    ("field", "tag"),
    [
        ('"abc"', ETag("abc")),
        ('W/"abc"', ETag("abc", weak=True)),
        ('""', ETag("")),
        ('"a,b"', ETag("a,b")),
        ('"a\\b"', ETag("a\\b")),
        ('"W/"', ETag("W/")),
        ('"\xe9"', ETag("\xe9")),
    ],
)
def test_an_entity_tag_is_read_and_written(field, tag) -> None:
    assert ETag.from_header(field) == tag
    assert tag.to_header() == field


JUNK = {
    "empty": "",
    "bare": "abc",
    "open": '"abc',
    "one-quote": '"',
    "weak-bare": "W/abc",
    "weak-lower-case": 'w/"abc"',
    "weak-twice": 'W/W/"abc"',
    "single-quotes": "'abc'",
    "space": '"a b"',
    "quote-inside": '"a"b"',
    "space-before": ' "a"',
    "line-end": '"a"\n',
    "control": '"\x7f"',
    "beyond-latin-1": '"\u20ac"',
    "list": '"a", "b"',
    "star": "*",
}


@pytest.mark.parametrize(
    "field", [pytest.param(v, id=f"conditional-86-{n}") for n, v in JUNK.items()]
)
def test_what_is_no_entity_tag_is_refused(field) -> None:
    with pytest.raises(ValueError, match=r"RFC 9110 §8\.8\.3"):
        ETag.from_header(field)


@pytest.mark.parametrize("value", ['"abc"', "a b", "a\r\nb", "\u20ac", "\x00"])
def test_a_tag_that_no_field_could_carry_is_not_made(value) -> None:
    with pytest.raises(ValueError, match=r"ETag\.from_header"):
        ETag(value)


@pytest.mark.parametrize(
    ("one", "other", "strong", "weak"),
    [
        # RFC 9110 §8.8.3.2, the table.
        ('W/"1"', 'W/"1"', False, True),
        ('W/"1"', 'W/"2"', False, False),
        ('W/"1"', '"1"', False, True),
        ('"1"', '"1"', True, True),
        ('"1"', 'W/"1"', False, True),
        ('"a"', '"A"', False, False),
        ('"A"', '"a"', False, False),
    ],
)
def test_tags_compare_in_two_ways(one, other, strong, weak) -> None:
    a, b = ETag.from_header(one), ETag.from_header(other)
    assert a.matches_strongly(b) is strong
    assert a.matches_weakly(b) is weak
    tags = EntityTags.from_header(one)
    assert tags.match_strongly(b) is strong
    assert tags.match_weakly(b) is weak


def test_tags_are_values() -> None:
    assert ETag("a") == ETag("a")
    assert ETag("a") != ETag("a", weak=True) != ETag("a")
    assert ETag("a") != ETag("b") != ETag("a")
    assert ETag("a") != '"a"'
    assert hash(ETag("a")) == hash(ETag("a"))
    assert repr(ETag("a", weak=True)) == "ETag('a', weak=True)"


@pytest.mark.parametrize(
    ("field", "tags"),
    [
        ('"a"', [ETag("a")]),
        ('"a", W/"b","c"', [ETag("a"), ETag("b", weak=True), ETag("c")]),
        (' ,, "a" \t, ,', [ETag("a")]),
        ('"a,b", "c"', [ETag("a,b"), ETag("c")]),
        ('""', [ETag("")]),
        ("", []),
        # Junk goes, and what stands beside it stays.
        ('abc, "a"', [ETag("a")]),
        ('"a" x, "b"', [ETag("b")]),
        ('"a"b", "c"', [ETag("c")]),
        ('"a b", "c"', [ETag("c")]),
        ('w/"a", "b"', [ETag("b")]),
        ('*, "a"', [ETag("a")]),
        ("**", []),
        ('"a', []),
    ],
)
def test_a_list_of_tags_is_read(field, tags) -> None:
    read = EntityTags.from_header(field)
    assert read == EntityTags(tags)
    assert read.tags == tuple(tags)
    assert not read.anything


@pytest.mark.parametrize("field", ["*", " * ", "\t*"])
def test_a_star_stands_for_any_tag(field) -> None:
    tags = EntityTags.from_header(field)
    assert tags == EntityTags(anything=True)
    assert tags.to_header() == "*"
    assert tags.match_strongly(None)
    assert tags.match_weakly(None)


def test_a_star_stands_alone() -> None:
    with pytest.raises(ValueError, match="alone"):
        EntityTags([ETag("a")], anything=True)


def test_a_list_does_not_match_what_has_no_tag() -> None:
    tags = EntityTags([ETag("a")])
    assert not tags.match_strongly(None)
    assert not tags.match_weakly(None)


def test_lists_are_values() -> None:
    tags = EntityTags([ETag("a"), ETag("b", weak=True)])
    assert tags == EntityTags.from_header(tags.to_header())
    assert tags != EntityTags([ETag("a")]) != tags
    assert EntityTags() != EntityTags(anything=True) != EntityTags()
    assert tags != tags.tags
    assert hash(tags) == hash(EntityTags(tags.tags))
    assert repr(tags) == 'EntityTags.from_header(\'"a", W/"b"\')'


@given(st.lists(TAGS))
def test_a_list_that_is_written_is_read_again(tags) -> None:
    assert EntityTags.from_header(EntityTags(tags).to_header()).tags == tuple(tags)


@given(st.text() | st.text('W/"a, \t*'))
def test_any_text_is_a_list_of_tags(field) -> None:
    for tag in EntityTags.from_header(field).tags:
        assert tag.to_header() in field


@given(st.text() | st.text('W/"a'))
def test_any_text_is_a_tag_or_refused(field) -> None:
    try:
        assert ETag.from_header(field).to_header() == field
    except ValueError:
        pass


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(unit, id=f"conditional-86-{name}")
        for name, unit in {
            "tags": '"a",',
            "quotes": '"',
            "open-quotes": '"a,',
            "junk-after-tags": '"a"x,',
            "commas": ",",
            "spaces": " ",
            "tags-and-spaces": '"a"   ',
            "weak": "W/",
            "letters": "a",
        }.items()
    ],
)
def test_a_hostile_list_takes_linear_time(unit) -> None:
    """Ten times what the row asks for: square time would take minutes."""
    field = unit * (1_000_000 // len(unit))
    assert seconds(lambda: EntityTags.from_header(field)) < 3


def test_validators_have_a_tag_or_a_date() -> None:
    date = datetime(1994, 11, 6, 8, 49, 37, 999_999, UTC)
    validators = Validators(etag="v1", last_modified=date)
    assert validators.etag == ETag("v1")
    assert validators.last_modified == 784111777
    assert validators.to_headers() == {
        "etag": '"v1"',
        "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT",
    }
    assert Validators().to_headers() == {}
    assert Validators(etag=ETag("a", weak=True)).to_headers() == {"etag": 'W/"a"'}


@pytest.mark.parametrize(
    ("date", "last_modified"),
    [
        (0, 0),
        (784111777.9, 784111777),
        (-0.5, -1),
        (
            datetime(1994, 11, 6, 9, 49, 37, tzinfo=timezone(timedelta(hours=1))),
            784111777,
        ),
    ],
)
def test_a_date_of_change_has_whole_seconds(date, last_modified) -> None:
    assert Validators(last_modified=date).last_modified == last_modified


def test_a_date_of_change_has_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Validators(last_modified=datetime(1994, 11, 6))


@pytest.mark.parametrize("date", [1e12, float("nan")])
def test_a_date_of_change_is_one_that_a_field_can_carry(date) -> None:
    with pytest.raises(ValueError, match="years"):
        Validators(last_modified=date)


@pytest.mark.parametrize(
    ("fields", "validators"),
    [
        ({}, Validators()),
        ({"etag": 'W/"a"'}, Validators(etag=ETag("a", weak=True))),
        (
            {"last-modified": "Sun, 06 Nov 1994 08:49:37 GMT"},
            Validators(last_modified=784111777),
        ),
        ({"etag": "a", "last-modified": "then"}, Validators()),
    ],
)
def test_validators_are_read_from_an_answer(fields, validators) -> None:
    assert Validators.from_headers(Headers(fields)) == validators


def test_validators_are_values() -> None:
    validators = Validators(etag="a", last_modified=5)
    assert validators == Validators(etag="a", last_modified=5)
    assert validators != Validators(etag="a")
    assert validators != ("a", 5)
    assert hash(validators) == hash(Validators(etag="a", last_modified=5))
    assert repr(validators) == "Validators(etag=ETag('a', weak=False), last_modified=5)"


@pytest.mark.parametrize(
    ("media_type", "tag"),
    [
        ("application/json", '"a;application/json"'),
        ("text/csv; charset=utf-8", '"a;text/csv;charset=utf-8"'),
        # What no tag can hold is left out.
        ('a/b; c="d \u20ac"\n', '"a;a/b;c=d"'),
    ],
)
def test_a_representation_has_a_tag_of_its_own(media_type, tag) -> None:
    """RFC 9110 §8.8.3."""
    mine = Validators(etag="a", last_modified=1).of(media_type)
    assert mine.etag is not None
    assert mine.etag.to_header() == tag
    assert mine.last_modified == 1
    weak = Validators(etag=ETag("a", weak=True)).of(media_type)
    assert weak.etag is not None
    assert weak.etag.to_header() == f"W/{tag}"
    dated = Validators(last_modified=1)
    assert dated.of(media_type) is dated
