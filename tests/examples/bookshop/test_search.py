"""A search finds what it is asked for, in the order that it is asked for."""

import pytest

from examples.bookshop.models import Book, BookQuery, Order
from examples.bookshop.search import find, fold

BOOKS = [
    Book("9780140430721", "Emma", "Jane Austen", 1815, "en", id=1),
    Book("9780140447422", "Germinal", "Émile Zola", 1885, "fr", id=2),
    Book("9783746611099", "Nana", "Émile Zola", 1880, "fr", id=3),
    Book("9780451419439", "Les Misérables", "Victor Hugo", 1862, "fr", id=4),
    Book("9785040019526", "Мастер и Маргарита", "Михаил Булгаков", 1967, "ru", id=5),
]


@pytest.mark.parametrize(
    "query, expected",
    [
        pytest.param(BookQuery(), [1, 2, 4, 3, 5], id="everything by title"),
        pytest.param(BookQuery(q="emma"), [1], id="any case"),
        pytest.param(BookQuery(q="MISÉRABLES"), [4], id="capitals with accents"),
        pytest.param(BookQuery(q="miserables"), [4], id="without accents"),
        pytest.param(BookQuery(q="mise\u0301rables"), [4], id="decomposed accents"),
        pytest.param(BookQuery(q="маргарита"), [5], id="another script"),
        pytest.param(BookQuery(q="zola  nana"), [3], id="every word, anywhere"),
        pytest.param(BookQuery(q="zola emma"), [], id="words of two books"),
        pytest.param(BookQuery(q="emmajane"), [], id="title and author are apart"),
        pytest.param(BookQuery(author="zola"), [2, 3], id="author"),
        pytest.param(BookQuery(author="nana"), [], id="author is not the title"),
        pytest.param(BookQuery(language="fr"), [2, 4, 3], id="language"),
        pytest.param(BookQuery(language="xx"), [], id="no such language"),
        pytest.param(BookQuery(since=1880, until=1885), [2, 3], id="years, inclusive"),
        pytest.param(BookQuery(since=1900, until=1800), [], id="years backwards"),
        pytest.param(BookQuery(order=Order.AUTHOR), [3, 2, 1, 4, 5], id="by author"),
        pytest.param(BookQuery(order=Order.OLDEST), [1, 4, 3, 2, 5], id="oldest"),
        pytest.param(BookQuery(order=Order.NEWEST), [5, 2, 3, 4, 1], id="newest"),
        pytest.param(BookQuery(limit=2), [1, 2], id="limit"),
        pytest.param(BookQuery(limit=2, offset=2), [4, 3], id="second page"),
        pytest.param(BookQuery(offset=5), [], id="beyond the last"),
    ],
)
def test_a_query_finds(query: BookQuery, expected: list[int]) -> None:
    assert [book.id for book in find(BOOKS, query)] == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Ångström", "angstrom"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁn", "fin"),
        ("", ""),
    ],
)
def test_folding_takes_case_and_accents_away(text: str, expected: str) -> None:
    assert fold(text) == expected
