"""What a rule can see of an exchange."""

import time

from restlette.testing.lint import Observation
from tests.testing.lint.exchanges import seen

DATE = "Fri, 15 Jan 2027 08:00:00 GMT"


def test_fields_are_found_by_name_in_lower_case() -> None:
    """Lines of one name are joined by commas, or kept apart."""
    found = seen("GET / | Accept: a | Accept: b -> 200 | Vary: A | Vary: B")
    assert found.get("vary") == "A, B"
    assert found.lines("vary") == ["A", "B"]
    assert found.names == ("vary",)
    assert found.asked("accept") == "a, b"
    assert found.asked_names == ("accept",)
    assert (found.get("etag"), found.asked("etag")) == (None, None)
    assert found.lines("etag") == []
    assert found.vary == {"a", "b"}


def test_the_time_is_asked_for() -> None:
    """Unless a test gives one."""
    before = time.time()
    assert before <= seen("GET / -> 200", now=None).now <= time.time()
    assert seen("GET / -> 200", now=5.0).now == 5.0


def test_json_is_read_once_where_it_is_said_to_be_json() -> None:
    """Whole and without a coding."""
    found = seen("GET / -> 200 | Content-Type: application/a+json", b"[1]")
    assert found.is_json
    assert found.json == [1]
    assert found.json is found.json
    assert not seen("GET / -> 200", b"[1]").is_json
    assert Observation.json.__doc__ is not None


def test_the_media_type_is_none_where_there_is_none() -> None:
    """A malformed one is for a rule to find."""
    media_type = seen("GET / -> 200 | Content-Type: A/B").media_type
    assert media_type is not None
    assert media_type.essence == "a/b"
    assert seen("GET / -> 200").media_type is None
    assert seen("GET / -> 200 | Content-Type: a").media_type is None


def test_freshness_is_what_caches_go_by() -> None:
    """Seconds for shared caches first, then seconds, then a date, then a guess."""
    fresh = ("s-maxage=1", "max-age=1", "public", "s-maxage=1, max-age=0")
    stale = ("no-store", "no-cache, max-age=1", "max-age=0", "s-maxage=00", "a")
    for said in fresh:
        assert seen(f"GET / -> 200 | Cache-Control: {said}").is_fresh, said
    for said in stale:
        assert not seen(f"GET / -> 200 | Cache-Control: {said}").is_fresh, said
    assert seen(f"GET / -> 200 | Expires: {DATE}").is_fresh
    assert not seen(f"GET / -> 200 | Expires: {DATE} | Date: {DATE}").is_fresh
    assert seen(f"GET / -> 200 | Last-Modified: {DATE}").is_fresh
    assert not seen(f"GET / -> 403 | Last-Modified: {DATE}").is_fresh
    assert not seen("GET / -> 200").is_fresh


def test_shared_caches_may_keep_what_nothing_forbids() -> None:
    """Of GET and HEAD, by the status or by what is said."""
    kept = (
        "GET / -> 200",
        "HEAD / -> 404",
        "GET / -> 403 | Cache-Control: max-age=1",
        "GET / | Authorization: a b -> 200 | Cache-Control: public",
    )
    not_kept = (
        "POST / -> 200",
        "GET / -> 403",
        "GET / -> 200 | Cache-Control: private",
        "GET / -> 200 | Cache-Control: no-store",
        "GET / -> 200 | Cache-Control: no-cache",
        "GET / | Authorization: a b -> 200",
    )
    assert [text for text in kept if not seen(text).may_be_shared] == []
    assert [text for text in not_kept if seen(text).may_be_shared] == []
