"""The Link field, written (RFC 8288)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.utils import parse_header_links

from restlette.http.headers import encode_value
from restlette.http.links import link_field

# RFC 3986 appendix A: what a URI reference is made of.
URI = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'()*+,;=\-._~%]*").fullmatch


@pytest.mark.parametrize(
    ("links", "value"),
    [
        ({}, ""),
        ({"next": "?page=2"}, '<?page=2>; rel="next"'),
        (
            {"first": "./books", "last": "?page=9"},
            '<./books>; rel="first", <?page=9>; rel="last"',
        ),
        ({"prev next": "?page=2"}, '<?page=2>; rel="prev next"'),
        (
            {"https://rel.example/author": "/authors/3"},
            '</authors/3>; rel="https://rel.example/author"',
        ),
        ({"next": "?q=a%20b&c=d,e"}, '<?q=a%20b&c=d,e>; rel="next"'),
        ({"next": '?q=<">é b'}, '<?q=%3C%22%3E%C3%A9%20b>; rel="next"'),
    ],
)
def test_links_are_written(links, value) -> None:
    assert link_field(links) == value


@pytest.mark.parametrize(
    "relation", ["", " ", "Next", "9", 'next"', "next,", "ſelf", "a:", "a:b>c", "next "]
)
def test_what_is_no_relation_is_refused(relation) -> None:
    with pytest.raises(ValueError, match="is no relation of links: write"):
        link_field({relation: "?page=2"})


@pytest.mark.parametrize("target", ["?a\r\nb", "\t", "a\x00", "\x7f", "\ud800", "\x85"])
def test_headers_out_28_a_target_with_controls_is_refused(target) -> None:
    with pytest.raises(ValueError, match="the link to the next holds control"):
        link_field({"next": target})


@given(st.dictionaries(st.sampled_from(["first", "prev", "next", "x:y"]), st.text()))
def test_any_link_is_written_as_one_or_refused(links) -> None:
    try:
        value = link_field(links)
    except ValueError:
        assert not all(target.isprintable() for target in links.values())
        return
    encode_value("link", value)
    read = re.findall(r'<([^>]*)>; rel="([^"]*)"(?:, |$)', value)
    assert [relation for _, relation in read] == list(links)
    assert all(URI(target) for target, _ in read)
    assert len(parse_header_links(value)) == len(links)
