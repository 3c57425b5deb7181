"""Files of a directory, as they are."""

import asyncio
import errno
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount as StarletteMount

from restlette import (
    HTTPEndpoint,
    NotFound,
    PlainTextResponse,
    Restlette,
    Router,
)
from restlette.contrib import static
from restlette.contrib.static import StaticFiles
from restlette.http.caching import CacheControl
from restlette.testing import AsyncTestClient, build_request, call
from restlette.testing.websocket import WebSocketDenialResponse, WebSocketDisconnect
from tests.contrib.around import exchange, http_scope

CSS = b"body { color: black; background: white }\n" * 10
PAGE = b"<!doctype html><title>Shop</title>"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with what sites have, and a secret beside it."""
    root = tmp_path / "static"
    for name, content in {
        "css/app.css": CSS,
        "index.html": PAGE,
        "docs/index.html": b"docs",
        "docs/a b.html": b"blank",
        "404.html": b"not here",
        "empty.txt": b"",
        "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "unknown.qqq": b"?",
        ".env": b"SECRET",
        ".git/config": b"SECRET",
        "notes~": b"SECRET",
        "große.txt": "ß".encode(),
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "static_secret").mkdir()
    (tmp_path / "static_secret" / "key").write_bytes(b"SECRET")
    (tmp_path / "key").write_bytes(b"SECRET")
    return root


def get(app: Any, path: str, method: str = "GET", **headers: str) -> Any:
    """Ask for a path; the names of fields have underscores."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(app, method, path, headers=fields)


def answer(app: Any, path: str, **changes: Any) -> tuple[int, bytes]:
    """Ask for a path that no client would send like this."""
    head, *rest = exchange(app, http_scope(path=path, **changes))
    return head["status"], b"".join(message.get("body", b"") for message in rest)


def test_a_file_is_answered_with_what_describes_it(files: Path) -> None:
    response = get(StaticFiles(files), "/css/app.css")
    assert response.status_code == 200
    assert response.content == CSS
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert response.headers["content-length"] == str(len(CSS))
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["etag"][0] == '"'
    assert "last-modified" in response.headers
    assert "vary" not in response.headers
    assert "cache-control" not in response.headers


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/index.html", "text/html; charset=utf-8"),
        ("/logo.svg", "image/svg+xml"),
        ("/unknown.qqq", "application/octet-stream"),
        ("/empty.txt", "text/plain; charset=utf-8"),
        ("/gro%C3%9Fe.txt", "text/plain; charset=utf-8"),
    ],
)
def test_types_are_told_by_names_and_not_guessed(files, path, media_type) -> None:
    """static-81."""
    response = get(StaticFiles(files), path)
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["x-content-type-options"] == "nosniff"


def test_head_is_get_without_content(files: Path) -> None:
    app = StaticFiles(files)
    head = get(app, "/css/app.css", "HEAD")
    assert head.content == b""
    assert head.headers == get(app, "/css/app.css").headers


def test_what_the_client_has_is_not_sent_again(files: Path) -> None:
    app = StaticFiles(files)
    first = get(app, "/css/app.css")
    for field, value in (
        ("if_none_match", first.headers["etag"]),
        ("if_modified_since", first.headers["last-modified"]),
    ):
        again = get(app, "/css/app.css", **{field: value})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert get(app, "/css/app.css", if_none_match='"other"').content == CSS
    assert get(app, "/css/app.css", if_match='"other"').status_code == 412


def test_a_part_is_sent_where_a_part_is_asked_for(files: Path) -> None:
    app = StaticFiles(files)
    part = get(app, "/css/app.css", range="bytes=0-3")
    assert (part.status_code, part.content) == (206, b"body")
    assert part.headers["content-range"] == f"bytes 0-3/{len(CSS)}"
    parts = get(app, "/css/app.css", range="bytes=0-3,7-11")
    assert parts.status_code == 206
    assert parts.headers["content-type"].startswith("multipart/byteranges")
    assert b"body" in parts.content
    assert b"color" in parts.content
    beyond = get(app, "/css/app.css", range="bytes=9999-")
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(CSS)}"


def test_a_large_file_comes_in_pieces(files: Path) -> None:
    content = os.urandom(200_000)
    (files / "large.bin").write_bytes(content)
    assert get(StaticFiles(files), "/large.bin").content == content


def test_stream_90_a_reader_that_takes_nothing_counts_as_gone(files: Path) -> None:
    """stream-90: a large file is not kept open for it."""
    (files / "large.bin").write_bytes(bytes(200_000))
    app = StaticFiles(files, write_timeout=0.01)
    sent = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if len(sent) == 2:
            await asyncio.Event().wait()

    asyncio.run(app(http_scope(path="/large.bin"), receive, send))
    assert sent == ["http.response.start", "http.response.body"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PURGE"])
def test_other_methods_are_not_allowed(files: Path, method: str) -> None:
    response = get(StaticFiles(files), "/css/app.css", method)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


def test_options_says_what_is_allowed(files: Path) -> None:
    response = get(StaticFiles(files), "/css/app.css", "OPTIONS")
    assert (response.status_code, response.headers["allow"]) == (
        204,
        "GET, HEAD, OPTIONS",
    )


# Row by row: what no file of ours is called.

REFUSED = {
    "static-73": [
        "/../key",
        "/css/../../key",
        "/..",
        "/.",
        "/./index.html",
        "/css/./app.css",
        "/..\\key",
        "/css\\app.css",
        "/....//key",
        "//etc/passwd",
        "//index.html",
        "/css//app.css",
        "/C:/key",
        "/C:key",
        "//server/share",
        "/\\\\server\\share",
    ],
    "static-74": [
        "/../static_secret/key",
        "_secret/key",
    ],
    "static-77": [
        "/a\0b",
        "/index.html\0",
        "/" + "a" * 5000,
        "/" + "ß" * 200,
        "/index.html/x",
        "/index.html/",
        "/css/app.css/",
        "/\ud800",
        "/a\nb",
    ],
    "static-78": [
        "/.env",
        "/.git/config",
        "/~",
        "/~root",
        "/notes~",
        "/.htpasswd",
    ],
    "static-79": [
        "/CON",
        "/x/NUL",
        "/CON.txt",
        "/com1",
        "/COM¹",
        "/lpt3.tar.gz",
        "/aux ",
        "/nul .txt",
        "/CONIN$",
        "/index.html::$DATA",
        "/index.html.",
        "/index.html ",
        "/css./app.css",
        "/in*",
        "/<index.html>",
    ],
    "nothing": [
        "/",
        "/css",
        "/css/",
        "/nothing",
    ],
}
REFUSED_PATHS = [
    pytest.param(path, id=f"{row} {path[:20]!a}")
    for row, paths in REFUSED.items()
    for path in paths
]


@pytest.mark.parametrize("path", REFUSED_PATHS)
def test_what_is_no_name_of_a_file_is_not_found(files: Path, path: str) -> None:
    """static-80: whatever the reason, the answer is the same."""
    app = StaticFiles(files)
    assert answer(app, path) == answer(app, "/nothing")
    assert answer(app, path)[0] == 404


@pytest.mark.parametrize("path", REFUSED_PATHS)
def test_a_name_is_refused_before_a_file_is_touched(files, path, monkeypatch) -> None:
    """static-73: "no filesystem call before a purely lexical check"."""
    touched: list[str] = []
    app = StaticFiles(files, html=True)
    monkeypatch.setattr(static, "_look", lambda _, name, __: touched.append(name))
    assert answer(app, path)[0] == 404
    fit = {"css", "css/app.css", "index.html", "index.html/x", "nothing", "_secret/key"}
    assert set(touched) <= {*fit, *(f"{n}/index.html" for n in fit), "404.html"}


@given(path=st.text())
def test_any_path_is_a_file_inside_or_not_found(path: str) -> None:
    names = static._segments(path, dotfiles=False)
    if names is not None:
        inside = os.path.normpath(os.path.join("/root", *names))
        assert inside == "/root" or inside.startswith("/root/")
        assert "/".join(names) == path
        assert all(len(os.fsencode(name)) <= 255 for name in names)


@given(
    device=st.sampled_from(sorted(static._DEVICES)),
    upper=st.booleans(),
    blanks=st.sampled_from(["", " ", "   "]),
    rest=st.sampled_from(["", ".", ".txt", ".tar.gz", "..", ". "]),
    below=st.booleans(),
)
def test_devices_of_windows_are_no_files(device, upper, blanks, rest, below) -> None:
    """static-79: on every system, in every spelling."""
    name = (device.upper() if upper else device) + blanks + rest
    path = f"docs/{name}" if below else name
    assert static._segments(path, dotfiles=True) is None


def test_links_lead_anywhere_inside_and_nowhere_else(files: Path) -> None:
    """static-75."""
    (files / "inside.css").symlink_to("css/app.css")
    (files / "styles").symlink_to("css")
    (files / "out").symlink_to(files.parent / "key")
    (files / "sibling").symlink_to(files.parent / "static_secret")
    (files / "loop").symlink_to("loop")
    (files / "broken").symlink_to("nowhere")
    app = StaticFiles(files)
    assert get(app, "/inside.css").content == CSS
    assert get(app, "/styles/app.css").content == CSS
    for path in ("/out", "/sibling/key", "/loop", "/broken", "/loop/x"):
        assert answer(app, path) == answer(app, "/nothing")
    lenient = StaticFiles(files, follow_symlink=True)
    assert get(lenient, "/out").content == b"SECRET"
    assert get(lenient, "/sibling/key").content == b"SECRET"
    assert get(lenient, "/loop").status_code == 404


def test_the_directory_itself_may_be_a_link(files: Path) -> None:
    """static-75: as deployments have it, which turn it while the server runs."""
    current = files.parent / "current"
    current.symlink_to(files)
    app = StaticFiles(current)
    assert get(app, "/css/app.css").content == CSS
    current.unlink()
    (files.parent / "next" / "css").mkdir(parents=True)
    (files.parent / "next" / "css" / "app.css").write_bytes(b"new")
    current.symlink_to(files.parent / "next")
    assert get(app, "/css/app.css").content == b"new"


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize("swapped", ["file", "directory"])
def test_a_link_that_comes_between_looking_and_opening_leads_nowhere(
    files: Path, monkeypatch, swapped: str, size: int
) -> None:
    """static-75: TOCTOU swap."""
    (files / "css" / "app.css").write_bytes(b"a" * size)
    (files.parent / "app.css").write_bytes(b"SECRET" * size)
    genuine = static._look

    def look(root, path, follow_symlink):
        found = genuine(root, path, follow_symlink)
        if found is not None and not (files / "old").exists():
            victim = files / "css" if swapped == "directory" else files / "css/app.css"
            victim.rename(files / "old")
            outside = files.parent
            victim.symlink_to(outside if swapped == "directory" else outside / "key")
        return found

    monkeypatch.setattr(static, "_look", look)
    status, content = answer(StaticFiles(files, precompressed=False), "/css/app.css")
    assert status == 404
    assert b"SECRET" not in content


def test_only_regular_files_are_answered_with(files: Path) -> None:
    """static-76: and nobody waits for the other end of a FIFO."""
    os.mkfifo(files / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        # A socket's path is short; that of the directory may not be.
        here = os.getcwd()
        os.chdir(files)
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
        (files / "null").symlink_to("/dev/null")
        app = StaticFiles(files, follow_symlink=True)
        for path in ("/fifo", "/socket", "/null", "/css", "/docs"):
            assert answer(app, path) == answer(app, "/nothing")


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_file_that_may_not_be_read_is_not_found(files, monkeypatch, size) -> None:
    """static-76, static-80: 403 would tell that it is there."""
    (files / "private.txt").write_bytes(b"a" * size)
    genuine = os.open

    def refuse(path, *args, **options):
        if os.fspath(path).endswith("private.txt"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return genuine(path, *args, **options)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "supports_dir_fd", {refuse})
    app = StaticFiles(files)
    assert answer(app, "/private.txt") == answer(app, "/nothing")


def test_where_directories_cannot_be_opened_the_path_is(files, monkeypatch) -> None:
    """Windows has no `dir_fd`."""
    monkeypatch.setattr(os, "supports_dir_fd", set())
    assert get(StaticFiles(files), "/css/app.css").content == CSS


def test_names_with_a_dot_in_front_can_be_allowed(files: Path) -> None:
    app = StaticFiles(files, dotfiles=True)
    assert get(app, "/.env").content == b"SECRET"
    assert get(app, "/.git/config").content == b"SECRET"
    assert answer(app, "/../key")[0] == 404
    assert answer(app, "/./index.html")[0] == 404


# Pages


def test_a_directory_has_a_page(files: Path) -> None:
    app = StaticFiles(files, html=True)
    assert get(app, "/").content == PAGE
    assert get(app, "/docs/").content == b"docs"
    assert get(app, "/docs/a%20b.html").content == b"blank"
    assert get(app, "/css/").status_code == 404
    assert answer(app, "/docs//")[0] == 404
    assert answer(app, "//")[0] == 404


def test_a_directory_without_a_slash_is_redirected(files: Path) -> None:
    """What its page links to is relative to it."""
    app = StaticFiles(files, html=True)
    response = get(app, "/docs?q=1")
    assert response.status_code == 307
    assert response.headers["location"] == "./docs/?q=1"
    assert get(app, "/docs").headers["location"] == "./docs/"
    (files / "große").mkdir()
    (files / "große" / "index.html").write_bytes(b"")
    response = get(app, "/gro%C3%9Fe")
    assert response.headers["location"] == "./gro%C3%9Fe/"


def test_a_mount_without_a_slash_is_redirected_where_it_has_a_page(files) -> None:
    app = Restlette()
    app.mount("/site", StaticFiles(files, html=True), name="site")
    app.mount("/plain", StaticFiles(files))
    response = call(app, "GET", "/site")
    assert (response.status_code, response.headers["location"]) == (307, "./site/")
    assert call(app, "GET", "/site/").content == PAGE
    assert call(app, "GET", "/plain").status_code == 404
    assert call(app, "GET", "/plain/css/app.css").content == CSS


def test_what_there_is_not_has_a_page_too(files: Path) -> None:
    app = StaticFiles(files, html=True)
    response = get(app, "/nothing")
    assert (response.status_code, response.content) == (404, b"not here")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    again = get(app, "/nothing", if_none_match=response.headers["etag"])
    assert again.status_code == 404
    (files / "404.html").unlink()
    assert get(app, "/nothing").headers["content-type"] == "application/problem+json"


def test_an_application_in_the_browser_answers_for_its_pages(files: Path) -> None:
    app = StaticFiles(files, fallback="index.html")
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    response = get(app, "/books/3", accept=browser)
    assert (response.status_code, response.content) == (200, PAGE)
    assert response.headers["vary"] == "Accept"
    assert get(app, "/css/app.css", accept=browser).content == CSS
    # What pages load is missing when it is.
    assert get(app, "/books/3.js", accept=browser).status_code == 404
    assert get(app, "/books/3", accept="*/*").status_code == 404
    assert get(app, "/books/3", accept="application/json").status_code == 404
    with pytest.raises(ValueError, match=r"no file 'idx.html' .*mean 'index.html'"):
        StaticFiles(files, fallback="idx.html")


# Codings


def twins(files: Path) -> None:
    for suffix in (".br", ".zst", ".gz"):
        (files / "css" / f"app.css{suffix}").write_bytes(suffix.encode())


@pytest.mark.parametrize(
    ("accepted", "content", "coding"),
    [
        ("gzip, deflate, br, zstd", b".br", "br"),
        ("gzip, deflate", b".gz", "gzip"),
        ("zstd, gzip", b".zst", "zstd"),
        ("br;q=0.1, gzip", b".gz", "gzip"),
        ("br;q=0, *", b".zst", "zstd"),
        ("identity, gzip;q=0.5", CSS, None),
        ("deflate", CSS, None),
        ("", CSS, None),
    ],
)
def test_a_twin_goes_to_who_takes_its_coding(files, accepted, content, coding) -> None:
    twins(files)
    response = get(StaticFiles(files), "/css/app.css", accept_encoding=accepted)
    assert response.content == content
    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["content-type"] == "text/css; charset=utf-8"


def test_each_coding_has_its_own_tag(files: Path) -> None:
    twins(files)
    app = StaticFiles(files)
    tags = {
        get(app, "/css/app.css", accept_encoding=coding).headers["etag"]
        for coding in ("br", "zstd", "gzip", "identity")
    }
    assert len(tags) >= 2
    plain = get(app, "/css/app.css").headers["etag"]
    coded = get(app, "/css/app.css", accept_encoding="br", if_none_match=plain)
    assert (coded.status_code, coded.content) == (200, b".br")


def test_a_twin_that_gains_nothing_is_left_alone(files: Path) -> None:
    (files / "css" / "app.css.gz").write_bytes(CSS + b"more")
    response = get(StaticFiles(files), "/css/app.css", accept_encoding="gzip")
    assert response.content == CSS
    assert "vary" not in response.headers


def test_a_twin_is_a_file_of_its_own(files: Path) -> None:
    twins(files)
    response = get(StaticFiles(files), "/css/app.css.gz", accept_encoding="gzip")
    assert response.content == b".gz"
    assert response.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in response.headers


def test_a_twin_does_not_lead_out(files: Path) -> None:
    (files / "css" / "app.css.gz").symlink_to(files.parent / "key")
    response = get(StaticFiles(files), "/css/app.css", accept_encoding="gzip")
    assert response.content == CSS


def test_twins_can_be_turned_off(files: Path) -> None:
    twins(files)
    app = StaticFiles(files, precompressed=False)
    response = get(app, "/css/app.css", accept_encoding="br")
    assert response.content == CSS
    assert "vary" not in response.headers


# Caches


def test_caches_are_told_by_rule(files: Path) -> None:
    rules = {"css/*": CacheControl(max_age=3600), "*.html": "no-cache"}
    app = StaticFiles(files, html=True, cache=rules)
    assert get(app, "/css/app.css").headers["cache-control"] == "max-age=3600"
    assert get(app, "/docs/").headers["cache-control"] == "no-cache"
    assert get(app, "/nothing").headers["cache-control"] == "no-cache"
    assert "cache-control" not in get(app, "/logo.svg").headers


def hashed(files: Path) -> tuple[Restlette, StaticFiles]:
    app = Restlette()
    inner = StaticFiles(files, hashed=True, cache={"*": "max-age=60"})
    app.mount("/static", inner, name="static")
    return app, inner


def test_a_hashed_name_is_never_asked_for_again(files: Path) -> None:
    app, _ = hashed(files)
    url = app.url_path_for("static", path="css/app.css")
    assert len(url) == len("/static/css/app.0123456789ab.css")
    response = call(app, "GET", url)
    assert response.content == CSS
    assert response.headers["cache-control"] == "public, immutable, max-age=31536000"
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    plain = call(app, "GET", "/static/css/app.css")
    assert plain.headers["cache-control"] == "max-age=60"


def test_a_changed_file_has_another_name(files: Path) -> None:
    """The old one gives what there is, to be asked for each time."""
    app, _ = hashed(files)
    old = app.url_path_for("static", path="/css/app.css")
    (files / "css" / "app.css").write_bytes(b"new and longer" * 100)
    new = app.url_path_for("static", path="css/app.css")
    assert new != old
    response = call(app, "GET", old)
    assert response.content == b"new and longer" * 100
    assert response.headers["cache-control"] == "no-cache"
    assert "immutable" in call(app, "GET", new).headers["cache-control"]


def test_a_name_that_only_looks_hashed_is_a_name(files: Path) -> None:
    app, _ = hashed(files)
    (files / "app.0123456789ab.css").write_bytes(b"built")
    response = call(app, "GET", "/static/app.0123456789ab.css")
    assert response.content == b"built"
    assert response.headers["cache-control"] == "max-age=60"
    for path in ("/static/other.0123456789ab.css", "/static/css/other.css"):
        assert call(app, "GET", path).status_code == 404
    # Without `hashed` it is nothing else.
    plain = StaticFiles(files)
    assert get(plain, "/css/app.0123456789ab.css").status_code == 404


def test_a_name_without_an_extension_can_be_hashed(files: Path) -> None:
    (files / "LICENSE").write_bytes(b"free")
    app, _ = hashed(files)
    url = app.url_path_for("static", path="LICENSE")
    assert url.startswith("/static/LICENSE.")
    assert call(app, "GET", url).content == b"free"


def test_a_link_to_a_file_that_there_is_not_is_an_error(files: Path) -> None:
    app, inner = hashed(files)
    with pytest.raises(ValueError, match=r"no file 'css/ap.css' .*mean 'app.css'"):
        app.url_path_for("static", path="css/ap.css")
    with pytest.raises(ValueError, match=r"no file 'nowhere/x\.css'"):
        inner.url_path_for("", path="nowhere/x.css")
    with pytest.raises(ValueError, match=r"no file '\.\./key'"):
        inner.url_path_for("", path="../key")
    with pytest.raises(LookupError, match="no route named 'item'"):
        inner.url_path_for("item", path="css/app.css")
    with pytest.raises(LookupError):
        inner.url_path_for("", name="css/app.css")


def test_urls_name_files(files: Path) -> None:
    app = Restlette()
    app.mount("/static", StaticFiles(files), name="static")

    @app.route("/")
    class Home(HTTPEndpoint):
        async def get(self, request):
            return PlainTextResponse(request.url_for("static", path="docs/a b.html"))

    response = call(app, "GET", "/", headers={"host": "shop.example"})
    assert response.text == "http://shop.example/static/docs/a%20b.html"


def test_what_is_remembered_is_bounded(files: Path, monkeypatch) -> None:
    """caches-120."""
    monkeypatch.setattr(static, "REMEMBERED", 3)
    app = StaticFiles(files, hashed=True)
    for number in range(10):
        (files / f"{number}.txt").write_bytes(b"%d" % number)
        app.url_path_for("", path=f"{number}.txt")
    assert len(app._digests) <= 3


# Where it stands


def test_an_application_answers_for_it_as_for_its_own(files: Path) -> None:
    app = Restlette()
    app.mount("/static", StaticFiles(files))

    @app.exception_handler(404)
    async def missing(request, exc):
        return PlainTextResponse("my own", status_code=404)

    assert call(app, "GET", "/static/nothing").text == "my own"
    assert call(app, "POST", "/static/css/app.css").status_code == 405


def test_other_applications_may_have_it(files: Path) -> None:
    app = Starlette(routes=[StarletteMount("/static", StaticFiles(files))])
    assert call(app, "GET", "/static/css/app.css").content == CSS
    response = call(app, "GET", "/static/nothing")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_prefix_may_hold_parameters(files: Path) -> None:
    below = Router()
    below.mount("/files", StaticFiles(files), name="files")
    app = Restlette()
    app.mount("/{shop}", below, name="shop")
    assert call(app, "GET", "/x/files/css/app.css").content == CSS
    path = app.url_path_for("shop:files", shop="x", path="css/app.css")
    assert path == "/x/files/css/app.css"


async def ask_by_websocket(app: Any) -> None:
    async with (
        AsyncTestClient(app) as client,
        client.websocket_connect("/static/css/app.css"),
    ):
        raise AssertionError("it was accepted")


def test_a_websocket_is_not_answered(files: Path) -> None:
    app = Restlette()
    app.mount("/static", StaticFiles(files))
    with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)) as caught:
        asyncio.run(ask_by_websocket(app))
    assert getattr(caught.value, "status_code", 404) == 404


def test_other_scopes_are_an_error(files: Path) -> None:
    with pytest.raises(RuntimeError, match="'lifespan'"):
        exchange(StaticFiles(files), {"type": "lifespan"})


def test_a_server_that_sends_files_is_given_the_path(files: Path) -> None:
    scope = http_scope(path="/css/app.css", extensions={"http.response.pathsend": {}})
    head, body = exchange(StaticFiles(files), scope)
    assert head["status"] == 200
    assert body == {
        "type": "http.response.pathsend",
        "path": os.path.realpath(files / "css" / "app.css"),
    }


def test_a_subclass_may_decide(files: Path) -> None:
    class Guarded(StaticFiles):
        async def get_response(self, path, scope):
            if path.startswith("docs/"):
                raise NotFound
            return await super().get_response(path, scope)

    app = Guarded(files, html=True)
    assert get(app, "/docs/").status_code == 404
    assert get(app, "/").content == PAGE
    assert app.get_path(build_request("GET", "/a%20b").scope) == "a b"


# Where the files are


def test_packages_have_files(files: Path, monkeypatch) -> None:
    package = files.parent / "wares"
    (package / "statics").mkdir(parents=True)
    (package / "other").mkdir()
    (package / "__init__.py").write_bytes(b"")
    (package / "statics" / "a.txt").write_bytes(b"statics")
    (package / "other" / "b.txt").write_bytes(b"other")
    monkeypatch.setattr(sys, "path", [str(files.parent), *sys.path])
    app = StaticFiles(files, packages=["wares", ("wares", "other")])
    assert get(app, "/a.txt").content == b"statics"
    assert get(app, "/b.txt").content == b"other"
    assert get(app, "/css/app.css").content == CSS
    assert get(StaticFiles(packages=["wares"]), "/css/app.css").status_code == 404
    with pytest.raises(ValueError, match="has no directory 'nowhere'"):
        StaticFiles(packages=[("wares", "nowhere")])
    with pytest.raises(ValueError, match="no package 'wearables'"):
        StaticFiles(packages=["wearables"])


def test_misuse_is_an_error_when_it_is_made(files: Path) -> None:
    with pytest.raises(TypeError, match=r'StaticFiles\(directory="static"\)'):
        StaticFiles()
    with pytest.raises(TypeError, match=r"write \['wares'\]"):
        StaticFiles(packages="wares")
    with pytest.raises(RuntimeError, match="does not exist"):
        StaticFiles(files / "nowhere")


def test_a_directory_may_come_later(files: Path) -> None:
    app = StaticFiles(files / "later", check_dir=False)
    with pytest.raises(RuntimeError, match="does not exist"):
        get(app, "/a.txt")
    (files / "later").mkdir()
    (files / "later" / "a.txt").write_bytes(b"here")
    assert get(app, "/a.txt").content == b"here"
    (files / "later" / "a.txt").unlink()
    assert get(app, "/a.txt").status_code == 404
