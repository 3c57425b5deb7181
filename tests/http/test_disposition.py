"""Content-Disposition: the name under which a file is saved."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.disposition import content_disposition
from restlette.http.headers import encode_value


@pytest.mark.parametrize(
    ("filename", "value"),
    [
        ("a.txt", 'attachment; filename="a.txt"'),
        ("a b.txt", 'attachment; filename="a b.txt"'),
        (
            "naïve.txt",
            "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt",
        ),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        (
            'a"b.txt',
            "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt",
        ),
        (
            "*'.é",
            "attachment; filename=\"*'._\"; filename*=UTF-8''%2A%27.%C3%A9",
        ),
    ],
)
def test_a_name_is_written(filename, value) -> None:
    assert content_disposition(filename) == value


@pytest.mark.parametrize(
    ("filename", "saved"),
    [
        pytest.param(filename, saved, id=f"headers-out-30-{name}")
        for name, filename, saved in [
            ("quote-and-line-end", 'a"b;\r\n.html', 'a"b;__.html'),
            ("path-up", "../x", "x"),
            ("path-up-windows", "..\\..\\x", "x"),
            ("path-absolute", "/etc/passwd", "passwd"),
            ("drive", "C:\\dir\\x.txt", "x.txt"),
            ("slash-at-end", "dir/x/", "x"),
            ("emoji", "\U0001f600.png", "\U0001f600.png"),
            ("direction", "a\u202egpj.exe", "a_gpj.exe"),
            ("isolate", "a\u2067gpj.exe", "a_gpj.exe"),
            ("invisible", "a\u200b\ufeff.txt", "a__.txt"),
            ("nul", "a\x00.txt", "a_.txt"),
            ("escape", "\x1b[31m\x9b", "_[31m_"),
            ("surrogate", "a\ud800.txt", "a_.txt"),
            ("long", "x" * 5000 + ".html", "x" * 250 + ".html"),
            ("long-unicode", "é" * 5000 + ".txt", "é" * 125 + ".txt"),
            ("long-extension", "a." + "x" * 5000, "a." + "x" * 253),
            ("long-both", "x" * 300 + "." + "y" * 200, "x" * 255),
            ("longest", "x" * 255, "x" * 255),
            ("long-hidden", "." + "x" * 5000, "." + "x" * 254),
            ("long-no-extension", "x" * 5000, "x" * 255),
            ("empty", "", "download"),
            ("dot", ".", "download"),
            ("dots", "..", "download"),
            ("slashes", "///", "download"),
            ("spaces", "  ", "download"),
        ]
    ],
)
def test_a_hostile_name_is_made_harmless(filename, saved) -> None:
    value = content_disposition(filename)
    encode_value("content-disposition", value)
    assert value.startswith('attachment; filename="')
    plain, _, extended = value.partition("; filename*=UTF-8''")
    assert plain.count('"') == 2
    assert (unquote(extended) or plain.split('"')[1]) == saved


def test_a_file_is_shown_or_saved() -> None:
    assert content_disposition("a", "inline") == 'inline; filename="a"'


@pytest.mark.parametrize("type_", ["", "a b", "inline; x", "in\r\nline"])
def test_a_disposition_is_a_token(type_) -> None:
    with pytest.raises(ValueError, match="'attachment' or 'inline'"):
        content_disposition("a", type_)


@given(st.text(st.characters(exclude_categories=[]), max_size=600))
def test_any_name_gives_a_field_that_holds(filename) -> None:
    value = content_disposition(filename)
    encode_value("content-disposition", value)
    assert value.isascii()
    plain, _, extended = value.partition("; filename*=UTF-8''")
    name = unquote(extended, errors="strict") or plain.split('"')[1]
    assert 0 < len(name.encode()) <= 255
    assert "/" not in name
    assert name.strip(".")
