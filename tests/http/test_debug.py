"""The page for an unexpected exception."""

import base64
import hashlib
import re
import unicodedata
from asyncio import InvalidStateError
from html.parser import HTMLParser
from subprocess import SubprocessError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http import debug
from restlette.http.debug import debug_response, is_local

BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def scope(*headers, accept=BROWSER, **members):
    """The scope of a request, as a server makes it."""
    fields = [(b"a", BROWSER), (b"host", b"localhost"), (b"accept", accept), *headers]
    return {
        "type": "http",
        "method": "GET",
        "path": "/books/7",
        "headers": fields,
        "client": ("127.0.0.1", 50000),
        **members,
    }


def raised(function, *args):
    """The exception that a call ends with, its traceback included."""
    try:
        function(*args)
    except BaseException as exc:
        return exc
    raise AssertionError("Nothing was raised.")


def html(exc, *headers, **members):
    """The page for a browser."""
    return debug_response(exc, scope(*headers, **members)).body.decode()


def text(exc, *headers, **members):
    """The page for a terminal."""
    answer = debug_response(exc, scope(*headers, accept=b"*/*", **members))
    return answer.body.decode()


def lookup(key):
    """What fails in most tests."""
    books = {}
    return books[key]


# The forms ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept, media_type",
    [
        pytest.param(BROWSER, "text/html", id="browser"),
        pytest.param(b"text/html", "text/html", id="html"),
        pytest.param(b"*/*", "text/plain", id="curl"),
        pytest.param(b"application/json", "text/plain", id="neither"),
        pytest.param(b"text/plain, text/html;q=0.5", "text/plain", id="text-preferred"),
    ],
)
def test_accept_decides(accept, media_type):
    """errors-107: HTML for a browser, plain text for any other client."""
    response = debug_response(raised(lookup, 7), scope(accept=accept))

    assert response.status_code == 500
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


def test_a_scope_without_anything_has_a_page():
    """A page on an error must not fail for want of a header."""
    response = debug_response(raised(lookup, 7), {"type": "http"})
    assert response.body.startswith(b"500 Internal Server Error\n\n\nKeyError: 7\n")


def test_plain_text_has_the_calls():
    """One after the other, as Python shows them, with the line that ran."""
    exc = raised(lookup, 7)
    lines = text(exc).splitlines()

    assert lines[:4] == ["500 Internal Server Error", "GET /books/7", "", "KeyError: 7"]
    line = lookup.__code__.co_firstlineno + 3
    assert lines[-2:] == [
        f'  File "{__file__}", line {line}, lookup',
        "    return books[key]",
    ]


class Page(HTMLParser):
    """Collects the elements of a page and checks that they nest."""

    VOID = frozenset(("meta",))
    OPTIONAL_END = frozenset(("tr",))

    def __init__(self, page):
        super().__init__()
        self.names, self.open, self.attributes = set(), [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in self.VOID | self.OPTIONAL_END:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.OPTIONAL_END:
            assert self.open.pop() == tag


def test_the_page_is_html_with_the_lines_around():
    """The innermost call is open, with its source and its variables' types."""
    page = html(raised(lookup, 7))

    assert Page(page).open == []
    assert "<h1>KeyError</h1><div class=text>7</div>" in page
    assert page.count("<details open>") == 1
    assert "<details open><summary><code>lookup</code>" in page
    assert page.index("<code>lookup</code>") < page.index("<code>raised</code>")
    line = lookup.__code__.co_firstlineno + 3
    for number, code in ((line - 1, "books = {}"), (line, "return books[key]")):
        assert re.search(rf"<b>{number}</b><span> *{re.escape(code)}</span>", page)
    assert f"<li class=hit><b>{line}</b>" in page
    assert "<code>books</code></td><td class=quiet>dict</td>" in page


@pytest.mark.parametrize("line", [1, 5, 6, 20])
def test_the_page_shows_as_many_lines_before_as_behind(tmp_path, line):
    """As far as the file has them."""
    around = debug._SOURCE_AROUND
    shown = range(max(line - around, 1), line + around + 1)
    lines = ["pass\n"] * 30
    lines[line - 1] = "1 / 0\n"
    (tmp_path / "shop.py").write_text("".join(lines))
    code = compile("".join(lines), str(tmp_path / "shop.py"), "exec")
    innermost = html(raised(exec, code)).partition("</details>")[0]

    numbers = re.findall(r"<li( class=hit)?><b>(\d+)</b><span>([^<]*)", innermost)
    assert numbers == [
        (" class=hit", str(line), "1 / 0") if each == line else ("", str(each), "pass")
        for each in shown
    ]


@pytest.mark.parametrize(
    "exc, kind",
    [
        (KeyError(), "KeyError"),
        (InvalidStateError(), "asyncio.exceptions.InvalidStateError"),
        (SubprocessError(), "subprocess.SubprocessError"),
    ],
)
def test_an_exception_is_called_by_its_module_unless_it_is_pythons_own(exc, kind):
    assert text(exc).endswith(f"\n\n{kind}\n")


def test_an_exception_that_was_never_raised_has_a_page():
    """It has no calls to show."""
    assert Page(html(ValueError("x"))).open == []
    assert (
        text(ValueError()) == "500 Internal Server Error\nGET /books/7\n\nValueError\n"
    )


def test_code_without_a_file_has_a_page():
    """Source that cannot be read is left out."""
    exc = raised(exec, "def f():\n    1 / 0\nf()")

    assert 'File "<string>", line 2, f\n' in text(exc)
    assert "<code>f</code>" in html(exc)


# What is behind an exception ----------------------------------------------------------


def chained(cause, context):
    """Raise an error that has others behind it."""
    try:
        try:
            raise KeyError("first")
        except KeyError as exc:
            raise ValueError("second") from (exc if cause else None)
    except ValueError as exc:
        if not context:
            exc.__context__ = None
        raise RuntimeError("third")  # noqa: B904 - that is what is shown


def test_causes_and_contexts_are_shown():
    """Each with what it is to the one before."""
    found = re.findall(r"^(\w[\w ]*): (\w+)$", text(raised(chained, True, True)), re.M)
    assert found == [
        ("RuntimeError", "third"),
        ("raised while handling ValueError", "second"),
    ]
    assert "\ncaused by KeyError: 'first'\n" in text(raised(chained, True, True))
    assert "<h2><small>caused by</small>KeyError</h2>" in html(
        raised(chained, True, True)
    )


def test_a_suppressed_context_is_not_shown():
    """`raise ... from None` says that the context does not matter."""
    assert "KeyError" not in re.sub("    .*", "", text(raised(chained, False, True)))


def test_a_group_shows_its_parts():
    """In their order, each once."""
    part = raised(lookup, 7)
    group = ExceptionGroup("several", [part, part, OSError("disk")])
    shown = text(group)

    assert "ExceptionGroup: several (3 sub-exceptions)" in shown
    assert shown.count("in the group KeyError: 7") == 1
    assert shown.index("in the group KeyError") < shown.index("in the group OSError")


def test_a_circle_of_causes_ends():
    """An exception that is its own cause's cause is shown once."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert text(first).count("ValueError: a") == 1


def test_a_long_chain_is_cut():
    """The page stays a page."""
    last = ValueError("last")
    for number in range(1000):
        link = ValueError(str(number))
        link.__cause__ = last
        last = link
    assert text(last).count("ValueError") == debug._MOST_FAILURES


def recurse(depth):
    """Fail below many calls."""
    if depth == 0:
        raise ValueError("at the bottom")
    recurse(depth - 1)


def test_a_recursion_shows_both_ends():
    """A thousand equal calls say no more than some."""
    shown = text(raised(recurse, 500))
    assert shown.count("\n  File ") == debug._MOST_FRAMES
    assert ", raised\n" in shown
    assert '    raise ValueError("at the bottom")\n' in shown


def test_notes_are_shown():
    """What was added on the way up belongs to the text."""
    exc = raised(lookup, 7)
    exc.add_note("While looking for a book.")
    assert "\nKeyError: 7\nWhile looking for a book.\n" in text(exc)


class Mute(Exception):
    """An exception whose text fails."""

    def __str__(self):
        raise TypeError("no text")


def test_an_exception_whose_text_fails_has_a_page():
    """The page says so, and why."""
    assert "Mute: (its text is not to be had: str() raised TypeError)" in text(Mute())


def test_many_variables_are_cut():
    """A module's frame has hundreds; the first ones are enough."""
    names = {f"name_{number}": number for number in range(200)}
    exc = raised(exec, "1 / 0", names)
    shown = html(exc)
    assert shown.count("<code>name_") == debug._MOST_VARIABLES


# SECURITY -----------------------------------------------------------------------------


def test_errors_106_the_page_cannot_run_anything():
    """errors-106: no script, no form, no address to load from; the style by hash."""
    response = debug_response(raised(lookup, 7), scope())
    page = Page(response.body.decode())

    assert page.names.isdisjoint(("script", "form", "input", "a", "img", "link"))
    assert {*page.attributes} <= {"lang", "charset", "name", "content", "class", "open"}
    (style,) = re.findall("<style>(.*)</style>", response.body.decode(), re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert response.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"


MARK = "<script>alert('&')</script>"


def fail(message):
    """Raise an error with a text from outside."""
    raise ValueError(message)


def test_errors_106_everything_is_escaped():
    """errors-106, errors-108: text, path, method and names come from outside."""
    odd = type("<script>", (Exception,), {})
    exc = raised(fail, MARK)
    exc.__cause__ = odd(MARK)
    page = html(exc, path=f"/{MARK}", method="<script>")

    assert "script" not in Page(page).names
    assert page.count("&lt;script&gt;") >= 4


def test_logs_118_terminals_get_no_control_characters():
    """logs-118: neither from the text nor from the path; lines of the text stay."""
    shown = text(raised(fail, "a\x1b[2Jb\x9bc\rd\ne"), path="/\x1b[31m\nGET /")

    assert "ValueError: a\\x1b[2Jb\\x9bc\\x0dd\ne\n" in shown
    for char in map(chr, range(256)):
        is_control = unicodedata.category(char) == "Cc" and char not in "\t\n"
        escaped = f"\\x{ord(char):02x}" if is_control else char
        assert f"\nValueError: a{escaped}b\n" in text(raised(fail, f"a{char}b"))
    assert "GET /\\x1b[31m\\nGET /\n" in shown


def test_a_long_text_is_cut():
    """A text with the whole body in it does not make a page of that size."""
    shown = text(raised(fail, "a" * 1_000_000))
    assert "a" * debug._MOST_TEXT + "…" in shown
    assert "…" not in text(raised(fail, "a" * debug._MOST_TEXT))
    assert len(shown) < 2 * debug._MOST_TEXT


# What a value of a header or variable is that must not be seen: (header, secret)
CREDENTIALS = {
    "bearer": ((b"authorization", b"Bearer sesame-1"), "sesame-1"),
    "scheme-alone": ((b"authorization", b"sesame-2"), "sesame-2"),
    "digest": (
        (b"authorization", b'Digest realm="x", response="sesame-3"'),
        "sesame-3",
    ),
    "basic": ((b"authorization", b"Basic Ym9iOnNlc2FtZS00"), "sesame-4"),
    "basic-whole": ((b"authorization", b"Basic Ym9iOnNlc2FtZS00"), "Ym9iOnNlc2FtZS00"),
    "basic-not-base64": ((b"authorization", b"Basic sesame"), "sesame"),
    "proxy": ((b"proxy-authorization", b"Bearer sesame-5"), "sesame-5"),
    "cookie": ((b"cookie", b"theme=dark; session=sesame-6"), "sesame-6"),
    "cookie-quoted": ((b"cookie", b'a="sesame-7"'), "sesame-7"),
    "cookie-nameless": ((b"cookie", b"sesame-8"), "sesame-8"),
    "cookie-bytes": ((b"cookie", "a=sésame-9".encode()), "sésame-9"),
    "api-key": ((b"x-api-key", b"sesame-10"), "sesame-10"),
    "csrf": ((b"x-csrf-token", b"sesame-11"), "sesame-11"),
}


@pytest.mark.parametrize("header, secret", CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize("show", [html, text], ids=["html", "text"])
def test_errors_106_credentials_are_struck_out(show, header, secret):
    """errors-106: also where the exception's own text repeats them."""
    shown = show(raised(fail, f"no such user: {secret}!"), header, path=f"/{secret}")

    assert secret not in shown
    assert "no such user: •••!" in shown
    assert "/•••" in shown


def test_errors_106_the_names_around_credentials_stay():
    """errors-106: what is not secret is still to be read."""
    shown = text(
        raised(fail, "session: Bearer of theme"),
        (b"cookie", b"session=12345678"),
        (b"authorization", b"Bearer dGhlbWU="),  # "theme", were it Basic
    )
    assert "session: Bearer of theme" in shown


def test_errors_106_locals_are_never_shown():
    """errors-106: names and types only; and a secret's value is struck out."""

    def login(user):
        password = "hunter2"
        api_key = b"swordfish-1"
        note = "a private remark"
        raise ValueError(f"{user} has no {password} nor {api_key!r}", len(note))

    exc = raised(login, "bob-the-user")
    exc.__cause__ = raised(lookup, 7)
    for shown in (html(exc), text(exc)):
        assert "hunter2" not in shown
        assert "swordfish-1" not in shown
    page = html(exc)
    assert "<code>password</code></td><td class=quiet>str</td>" in page
    # The variable of that name holds it; the source does, too, and is no value.
    assert page.count("a private remark") == 1


def test_errors_106_the_environment_is_struck_out(monkeypatch):
    """errors-106: settings come from there, and go into messages."""
    monkeypatch.setenv("SECRET_KEY", "environment-1")
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@db/shop")
    monkeypatch.setenv("HARMLESS", "environment-2")
    monkeypatch.setenv("PWD", "/srv/shop")
    shown = text(
        raised(fail, "environment-1 environment-2 postgres://u:p@db/shop /srv/shop")
    )
    assert "ValueError: ••• environment-2 ••• /srv/shop\n" in shown


def test_the_longest_secret_is_struck_out_first(monkeypatch):
    """One that begins with another leaves no rest of it behind."""
    monkeypatch.setenv("A_TOKEN", "abcd")
    monkeypatch.setenv("B_TOKEN", "abcdefgh")
    assert "ValueError: •••\n" in text(raised(fail, "abcdefgh"))


def test_short_secrets_are_left(monkeypatch):
    """Documented: what is shorter than four characters would strike out words."""
    monkeypatch.setenv("A_TOKEN", "abc")
    monkeypatch.setenv("B_TOKEN", "efgh")
    assert "ValueError: abcd •••\n" in text(raised(fail, "abcd efgh"))
    assert "KeyError: 7" in text(raised(lookup, 7), (b"cookie", b"a=7"))


def test_nothing_is_struck_out_where_there_are_no_secrets(monkeypatch):
    """An environment and a request without any: the text as it is."""
    monkeypatch.setattr(debug.os, "environ", {})
    assert "ValueError: abcdefgh\n" in text(raised(fail, "abcdefgh"))


@given(
    st.text(),
    st.text(),
    st.lists(st.tuples(st.sampled_from([b"cookie", b"authorization"]), st.binary())),
)
def test_any_text_and_any_header_give_a_page(message, path, headers):
    """A page on an error has no error of its own; its elements nest."""
    exc = raised(fail, message)
    page = Page(html(exc, *headers, path=path))
    assert page.open == []
    assert "script" not in page.names
    assert text(exc, *headers, path=path).startswith("500 Internal Server Error\n")


# Where it may be shown ----------------------------------------------------------------

# (peer, Host, whether both are this machine)
PEERS = {
    "errors-106-ipv4": ("127.0.0.1", b"127.0.0.1:8000", True),
    "errors-106-localhost": ("127.0.0.1", b"localhost", True),
    "errors-106-capitals": ("127.0.0.1", b"LocalHost:8000", True),
    "errors-106-below-localhost": ("127.0.0.1", b"shop.localhost", True),
    "errors-106-other-loopback": ("127.8.9.10", b"127.0.0.1", True),
    "errors-106-ipv6": ("::1", b"[::1]:8000", True),
    "errors-106-mapped": ("::ffff:127.0.0.1", b"localhost", True),
    "errors-106-mapped-other": ("::ffff:10.0.0.1", b"localhost", False),
    "errors-106-test-client": ("testclient", b"testserver", True),
    "errors-106-other-machine": ("10.0.0.1", b"localhost", False),
    "errors-106-rebound-name": ("127.0.0.1", b"evil.example:8000", False),
    "errors-106-proxied": ("127.0.0.1", b"shop.example", False),
    "errors-106-any-address": ("127.0.0.1", b"0.0.0.0:8000", False),
    "errors-106-name-like-it": ("127.0.0.1", b"evillocalhost", False),
    "errors-106-bad-host": ("127.0.0.1", b"localhost/?evil", False),
    "errors-106-bytes": ("127.0.0.1", b"\xff", False),
    "errors-106-socket-file": ("", b"localhost", False),
}


@pytest.mark.parametrize("peer, host, local", PEERS.values(), ids=PEERS)
def test_is_local(peer, host, local):
    """errors-106: the peer and the Host field both have to be this machine."""
    headers = [(b"accept", b"*/*"), (b"host", host), (b"user-agent", b"localhost")]
    request = {"headers": headers, "client": (peer, 50000)}
    assert is_local(request) is local


@pytest.mark.parametrize(
    "request_scope",
    [
        pytest.param({"headers": [(b"host", b"localhost")]}, id="no client"),
        pytest.param(
            {"headers": [(b"host", b"localhost")], "client": None}, id="client of none"
        ),
        pytest.param({"client": ("127.0.0.1", 1)}, id="no headers"),
        pytest.param(
            {"headers": [(b"host", b"localhost")] * 2, "client": ("127.0.0.1", 1)},
            id="two hosts",
        ),
    ],
)
def test_what_is_not_known_is_not_local(request_scope):
    """A scope that does not say is not trusted."""
    assert is_local(request_scope) is False
