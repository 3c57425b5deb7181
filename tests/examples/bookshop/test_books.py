"""books.csv holds what it says: real books, each once, with facts that can be true."""

import csv
from collections import Counter

from examples.bookshop.database import BOOKS
from examples.bookshop.files import read_books
from examples.bookshop.models import is_isbn

# The 183 codes of ISO 639-1, and none of those that were withdrawn.
CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu
cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he
hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko
kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd
ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se
sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty
ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""

LANGUAGES = frozenset(CODES.split())

BOOKS_READ = read_books(BOOKS.read_bytes())


def test_the_columns_are_those_that_are_read() -> None:
    with BOOKS.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert header == ["isbn", "title", "author", "year", "language"]


def test_there_are_a_few_hundred_books() -> None:
    assert 300 <= len(BOOKS_READ) <= 1000


def test_every_isbn_is_thirteen_digits_that_check() -> None:
    assert [book for book in BOOKS_READ if not is_isbn(book.isbn)] == []


def test_every_isbn_is_of_the_book_trade() -> None:
    assert {book.isbn[:3] for book in BOOKS_READ} <= {"978", "979"}


def test_no_isbn_is_there_twice() -> None:
    counts = Counter(book.isbn for book in BOOKS_READ)
    assert [isbn for isbn, count in counts.items() if count > 1] == []


def test_no_work_is_there_twice() -> None:
    counts = Counter((book.title, book.author) for book in BOOKS_READ)
    assert [work for work, count in counts.items() if count > 1] == []


def test_years_are_of_the_last_thousand_years_and_in_order() -> None:
    years = [book.year for book in BOOKS_READ]
    assert years == sorted(years)
    assert years[0] >= 1000
    assert years[-1] <= 2025


def test_there_are_183_language_codes() -> None:
    assert len(LANGUAGES) == 183


def test_languages_are_iso_639_1() -> None:
    assert {book.language for book in BOOKS_READ} <= LANGUAGES


def test_books_are_of_many_languages_and_not_most_of_them_of_one() -> None:
    counts = Counter(book.language for book in BOOKS_READ)
    assert len(counts) >= 25
    assert max(counts.values()) < len(BOOKS_READ) / 2


def test_texts_have_no_space_around_them() -> None:
    texts = [text for book in BOOKS_READ for text in (book.title, book.author)]
    assert [text for text in texts if text != text.strip() or "  " in text] == []


def test_the_documents_know_how_many_there_are() -> None:
    readme = BOOKS.with_name("README.md").read_text(encoding="utf-8")
    assert f"`books.csv` lists {len(BOOKS_READ)} works" in readme
    assert f"$shop/{len(BOOKS_READ) + 1}" in readme
