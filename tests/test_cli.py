"""The command line: what it prints, what it starts, and what it says of mistakes."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import restlette
from restlette import Restlette, cli
from restlette.cli import CommandError, load_app, main
from restlette.http.optional import MissingExtra

ROOT = Path(__file__).resolve().parent.parent
BOOKSHOP = "examples.bookshop.app:app"

SHOP = """
from uuid import UUID
from restlette import *

class Home(HTTPEndpoint):
    async def get(self, request):
        return {"hello": "world"}

class Item(HTTPEndpoint):
    async def get(self, request):
        return {}
    async def put(self, request):
        return {}

class Feed(WebSocketEndpoint):
    encoding = "text"

async def foreign(scope, receive, send):
    await PlainTextResponse("foreign")(scope, receive, send)

def ping(request):
    return {}

inner = Restlette()
inner.add_route("/", Home, name="home")
inner.add_route("/{id:uuid}", Item, name="item")

other = Restlette()
other.add_route("/", Home)
other.add_route("/{id:uuid}", Item)

api = Router()
api.add_route("/v1", Home)

app = Restlette()
app.add_route("/things/{id:uuid}", Item, name="thing")
app.add_route("/things", Home, name="things")
app.add_route("/things/", Item)
app.add_route("/things/new", Home)
app.add_route("/things", Feed)
app.add_route("/ping", ping)
app.add_route("/", Home)
app.add_route("/plain", PlainTextResponse("plain"))
app.mount("/inner", inner, name="inner")
app.mount("/nameless", other)
app.mount("/foreign", foreign)
app.host("{shop}.example.org", api, name="api")

empty = Restlette()
debug = Restlette(debug=True)
router = Router()
number = 3
two = []
books = Home
async_one = lambda scope: None

def create():
    return app

async def create_async():
    return app

def create_nothing():
    return None

def create_badly():
    raise RuntimeError("no database")

def create_exit():
    raise SystemExit("bye")

def create_with(settings):
    return app

class Create:
    def __call__(self, scope, receive, send=None):
        pass
"""


@pytest.fixture(autouse=True)
def _imports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Forget what a test imported, and what it put on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = dict(sys.modules)
    invalidate_caches()
    yield
    for name in set(sys.modules) - set(before):
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.py"
    path.write_text(SHOP, "utf-8")
    return path


@pytest.fixture
def bookshop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have become of this process, instead."""
    commands: list[list[str]] = []

    def execv(path: str, command: list[str]) -> None:
        assert path == command[0] == sys.executable
        commands.append(command[1:])

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(subprocess, "call", lambda command: 0)
    monkeypatch.setattr(cli, "find_spec", lambda name: object())
    return commands


def restlette_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real command, from the repository's root."""
    return subprocess.run(
        [sys.executable, "-m", "restlette", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# Help ---------------------------------------------------------------------------------


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "Run an application under a server." in text
    assert "Show the tree of an application's routes." in text
    assert "restlette COMMAND module:app" in text


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"restlette {restlette.__version__}\n"


def test_by_default_the_arguments_are_those_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["restlette", "routes", "shop:empty"])
    assert main() == 0
    assert capsys.readouterr().out == "no routes\n"


def test_no_command_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "required: COMMAND" in capsys.readouterr().err


def test_an_interrupt_ends_it_quietly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "interrupted.py").write_text("raise KeyboardInterrupt", "utf-8")
    assert main(["routes", "interrupted:app"]) == 130


def test_the_module_is_the_command() -> None:
    done = restlette_command("routes", BOOKSHOP)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("PATH")
    done = restlette_command("routes", "examples.bookshop.app:ap")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "restlette: examples.bookshop.app has no ap (did you mean 'app'?); "
        "applications there: examples.bookshop.app:app\n"
    )


# Importing ----------------------------------------------------------------------------


def test_the_working_directory_is_on_the_path_once(shop: Path) -> None:
    app = load_app("shop:app")
    assert isinstance(app, Restlette)
    assert sys.path[0] == str(shop.parent)
    assert load_app("shop:app") is app
    assert sys.path.count(str(shop.parent)) == 1


def test_a_factory_is_called(shop: Path) -> None:
    assert load_app("shop:create", factory=True) is load_app("shop:app")


def test_what_can_be_called_with_three_arguments_is_an_application(
    shop: Path,
) -> None:
    for name in ("foreign", "app", "router"):
        assert callable(load_app(f"shop:{name}"))
    assert callable(load_app("shop:Create", factory=True))


def test_what_does_not_say_what_it_takes_is_believed(tmp_path: Path) -> None:
    (tmp_path / "opaque.py").write_text("app = dict.fromkeys\ncall = max", "utf-8")
    assert load_app("opaque:call") is max


MISTAKES = [
    ("shop", False, "shop names no application in the module; write shop:app, if"),
    ("shop:", False, "shop: names no application in the module"),
    (":app", False, ":app names no module; write module:app"),
    ("sh op:app", False, "sh op:app names no module"),
    ("a\x1bb:app", False, r"a\x1bb:app names no module"),
    ("shop:app.router", False, "names no application in the module"),
    ("shop.py", False, "is a file's path; write the module's name: shop:app"),
    ("./shop.py:app", False, "is a file's path; write the module's name: shop:app"),
    ("a\\b.py:x", False, "is a file's path; write the module's name: a.b:x"),
    ("shop:create()", False, "is a call; write shop:create --factory"),
    ("shopp:app", False, "there is no module shopp in "),
    ("shopp:app", False, "and on Python's path (did you mean 'shop'?)"),
    ("package.shp:app", False, "there is no module shp in package (did you mean 'sho"),
    ("package.app:app", False, "there is no module package.app; write package:app"),
    ("package.x.y:app", False, "there is no module x in package, for package.x.y"),
    ("shop.x:app", False, "there is no module x in shop"),
    ("shop:ap", False, "shop has no ap (did you mean 'app'?); applications there: "),
    ("shop:ap", False, "there: shop:inner, shop:other, shop:app, shop:empty, "),
    ("package:ap", False, "package has no ap (did you mean 'app'?)"),
    ("shop:number", False, "shop:number is an int, not an application: it cannot be"),
    ("shop:two", False, "shop:two is a list, not an application"),
    (
        "shop:books",
        False,
        'is a class, not an application; register it: app.add_route("',
    ),
    ("shop:Create", False, "is a class, not an application; if a call of it makes"),
    (
        "shop:create",
        False,
        "is a function, not an application: it does not take scope, ",
    ),
    ("shop:create", False, "; if it makes the application, add --factory"),
    ("shop:async_one", False, "does not take scope, receive and send"),
    ("shop:app", True, "shop:app is an application, not a factory: leave --factory"),
    ("shop:number", True, "shop:number is an int, not a factory"),
    ("shop:create_with", True, "takes arguments: a factory takes none"),
    ("shop:create_nothing", True, "what shop:create_nothing returned is a NoneType"),
    ("shop:create_async", True, "is an async function: a factory is a plain one"),
]


@pytest.mark.parametrize("target, factory, sentence", MISTAKES)
def test_an_error_says_what_came_and_what_was_probably_meant(
    shop: Path, target: str, factory: bool, sentence: str
) -> None:
    package = shop.parent / "package"
    package.mkdir()
    (package / "__init__.py").write_text("app = 1", "utf-8")
    (package / "shop.py").write_text("", "utf-8")
    with pytest.raises(CommandError) as caught:
        load_app(target, factory=factory)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


BROKEN = [
    (
        "import nothing_like_it",
        "ModuleNotFoundError: No module named 'nothing_like_it'",
    ),
    ("from broken import *; 1 / 0", "ZeroDivisionError: division by zero"),
    ("def f(:\n  pass", "SyntaxError: invalid syntax"),
    ("raise SystemExit('bye')", "SystemExit: bye"),
    ("raise ModuleNotFoundError('odd')", "ModuleNotFoundError: odd"),
    ("import importlib; importlib.import_module('int.x')", "No module named 'int'"),
]


@pytest.mark.parametrize("source, sentence", BROKEN)
def test_a_module_that_raises_is_shown_without_what_is_ours(
    tmp_path: Path, source: str, sentence: str
) -> None:
    """The stack begins in the application, and ends where it went wrong."""
    (tmp_path / "broken.py").write_text(source, "utf-8")
    with pytest.raises(CommandError) as caught:
        load_app("broken:app")
    text = str(caught.value)
    assert text.startswith("broken cannot be imported:\n\n")
    assert sentence in text.splitlines()[-1]
    assert text.count(os.path.join("restlette", "cli.py")) == 0
    assert "pkgutil" not in text
    assert str(tmp_path / "broken.py") in text


@pytest.mark.parametrize(
    "name, sentence",
    [("create_badly", "RuntimeError: no database"), ("create_exit", "SystemExit: bye")],
)
def test_a_factory_that_raises(shop: Path, name: str, sentence: str) -> None:
    with pytest.raises(CommandError) as caught:
        load_app(f"shop:{name}", factory=True)
    text = str(caught.value)
    assert text.startswith(f"shop:{name} raised an exception:\n\nTraceback")
    assert text.endswith(sentence)
    assert text.count(os.path.join("restlette", "cli.py")) == 0


# routes -------------------------------------------------------------------------------


def test_the_tree(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    """Parents before children, literals before parameters, hosts at the end."""
    assert main(["routes", "shop:app"]) == 0
    lines = capsys.readouterr().out.splitlines()
    words = [line.split() for line in lines]
    assert [row[0] if row else "" for row in words] == [
        "PATH",
        "/",
        "/foreign",
        "/inner",
        "/",
        "/{id:uuid}",
        "/nameless",
        "/",
        "/{id:uuid}",
        "/ping",
        "/plain",
        "/things",
        "/things",
        "/",
        "/new",
        "/{id:uuid}",
        "",
        "//{shop}.example.org",
        "/v1",
    ]
    assert words[3] == ["/inner", "(mounted)", "inner", "restlette.app.Restlette"]
    assert words[5] == ["/{id:uuid}", "GET", "PUT", "inner:item", "shop.Item"]
    assert words[8] == ["/{id:uuid}", "GET", "PUT", "shop.Item"]
    assert words[11] == ["/things", "GET", "things", "shop.Home"]
    assert words[12] == ["/things", "WebSocket", "Feed", "shop.Feed"]
    assert words[9][-1] == "shop.ping"
    assert lines[5].startswith("  /{id:uuid}  ")
    # Aligned: each column begins where its heading does.
    for heading in ("METHODS", "NAME", "RESOURCE"):
        column = lines[0].index(heading)
        assert {line[column - 1 : column] for line in lines} <= {" ", ""}
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_bookshop(capsys: pytest.CaptureFixture[str], bookshop: None) -> None:
    assert main(["routes", BOOKSHOP]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["PATH", "METHODS", "NAME", "RESOURCE"]
    (books,) = [line for line in lines if line.startswith("/books ")]
    assert books.split()[1:3] == ["GET", "POST"]
    assert books.endswith("examples.bookshop.resources.Books")


def test_the_tree_for_programs(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    assert main(["routes", "shop:app", "--json"]) == 0
    routes = json.loads(capsys.readouterr().out)
    (thing,) = [route for route in routes if route["name"] == "inner:item"]
    place = thing.pop("place")
    assert (Path(place["file"]).name, place["line"]) == ("shop.py", 26)
    assert thing == {
        "path": "/inner/{id:uuid}",
        "path_format": "/inner/{id}",
        "kind": "http",
        "methods": ["GET", "PUT"],
        "name": "inner:item",
        "endpoint": "shop.Item",
        "handlers": {"GET": "shop.Item.get", "PUT": "shop.Item.put"},
        "guards": {},
        "problems": {},
        "include_in_schema": True,
        "host": None,
        "middleware": [],
    }
    (host,) = [route for route in routes if route["host"]]
    assert (host["host"], host["path"]) == ("{shop}.example.org", "/v1")


def test_a_route_from_nowhere_has_no_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shop: Path
) -> None:
    app = load_app("shop:app")
    app.routes[0].place = None
    assert main(["routes", "shop:app", "--json"]) == 0
    routes = json.loads(capsys.readouterr().out)
    (thing,) = [route for route in routes if route["name"] == "thing"]
    assert thing["place"] is None
    identity = "00000000-0000-0000-0000-000000000000"
    assert main(["routes", "shop:app", "--match", f"/things/{identity}"]) == 0
    assert "written" not in capsys.readouterr().out


def test_routes_are_a_routers(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    assert main(["routes", "shop:foreign"]) == 2
    assert capsys.readouterr().err == (
        "restlette: shop:foreign is a function, which cannot say what its routes are: "
        "it takes a Restlette or a Router\n"
    )
    assert main(["routes", "shop:create", "--factory"]) == 0


def matched(
    capsys: pytest.CaptureFixture[str], request: str, *options: str
) -> tuple[int, str]:
    code = main(["routes", "shop:app", "--match", request, *options])
    return code, capsys.readouterr().out


ID = "0b1f7f9a-9d0c-4b63-8d1c-0a4e8e9c0a11"

MATCHES = [
    ("GET /", 0, ["answer      shop.Home.get", "route       /, named Home"]),
    ("/things", 0, ["GET /things", "shop.Home.get"]),
    ("WEBSOCKET /things", 0, ["answer      shop.Feed"]),
    ("WS /things?x=1", 0, ["WEBSOCKET /things?x=1", "answer      shop.Feed"]),
    ("ws://localhost/things", 0, ["answer      shop.Feed"]),
    (f"PUT /things/{ID}", 0, ["shop.Item.put", f"parameters  id = UUID('{ID}')"]),
    (f"GET /inner/{ID}", 0, ["route       /inner/{id:uuid}, named item"]),
    ("GET http://a.example.org/v1?x=1", 0, ["GET /v1?x=1", "parameters  shop = 'a'"]),
    ("https://localhost", 0, ["GET /\n", "shop.Home.get"]),
    ("GET /foreign/x", 0, ["answer      shop.foreign", "handed to the application"]),
    ("DELETE /things/", 1, ["405 Method Not Allowed", "allow       GET, HEAD, OPTIO"]),
    ("OPTIONS /ping", 0, ["answer      204 No Content", "allow       GET, HEAD, OPT"]),
    ("GET /nothing", 1, ["answer      404 Not Found", "The path fits no route."]),
    ("GET /things/x", 1, ["'x' is nothing for {id:uuid}"]),
    ("BREW /", 1, ["501 Not Implemented"]),
    (
        "GET /ping/",
        0,
        [
            "answer      307 Temporary Redirect, to /ping",
            "\n\nGET /ping\n",
            "shop.ping",
        ],
    ),
    ("DELETE /ping/", 1, ["307 Temporary Redirect", "405 Method Not Allowed"]),
    ("GET /\x1b", 1, ["GET /\\x1b", "400 Bad Request"]),
]


@pytest.mark.parametrize("request_, code, texts", MATCHES)
def test_what_answers(
    capsys: pytest.CaptureFixture[str],
    shop: Path,
    request_: str,
    code: int,
    texts: list[str],
) -> None:
    found, out = matched(capsys, request_)
    assert found == code
    for text in texts:
        assert text in out


def test_where_it_is_written(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    """Relative to the working directory, where it is below that."""
    line = SHOP[: SHOP.index('app.add_route("/",')].count("\n") + 1
    assert f"  written     shop.py:{line}\n" in matched(capsys, "/")[1]
    (shop.parent / "below").mkdir()
    os.chdir(shop.parent / "below")
    assert f"  written     {shop}:{line}\n" in matched(capsys, "/")[1]


@pytest.mark.parametrize("text", ["", "things", "GET things", "A /b c", "ftp://a/b"])
def test_what_is_no_request(
    capsys: pytest.CaptureFixture[str], shop: Path, text: str
) -> None:
    assert main(["routes", "shop:app", "--match", text]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"restlette: --match {text!r} is no request")
    assert error.endswith('such as "GET /books/3"\n')


def test_what_answers_for_programs(
    capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    code, out = matched(capsys, f"GET /things/{ID}", "--json")
    said = json.loads(out)
    assert code == 0
    assert said["request"] == {
        "method": "GET",
        "path": f"/things/{ID}",
        "host": "localhost",
    }
    assert (said["status"], said["handler"]) == (None, "shop.Item.get")
    assert said["path_params"] == {"id": ID}
    assert said["route"]["name"] == "thing"
    code, out = matched(capsys, "GET /nothing", "--json")
    said = json.loads(out)
    assert code == 1
    assert (said["status"], said["handler"], said["route"]) == (404, None, None)


# explain ------------------------------------------------------------------------------

EXPLAINED = """\
PUT /things/{ID}
  answer      shop.Item.put
  why         The path fits /things/{{id:uuid}}.
  route       /things/{{id:uuid}}, named thing
  resource    shop.Item
  parameters  id = UUID('{ID}')
  written     shop.py:{route}

  1  request     400 431  one Host field, a path of UTF-8, at most 200 fields
  2  route                /things/{{id:uuid}}: id = UUID('{ID}')  (shop.py:{route})
  3  method               PUT
  4  resource             a new Item
  5  handler              Item.put(request)  (shop.py:{handler})
  6  encoding             what the handler returns, as application/json unless it is \
a Response
  7  sending     200
  8  background           the tasks of the answer, if it has some
"""


def explained(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, list[str]]:
    code = main(["explain", *arguments, "shop:app"])
    return code, capsys.readouterr().out.splitlines()


def line_of(text: str) -> int:
    return SHOP[: SHOP.index(text)].count("\n") + 1


def test_a_request_is_explained_step_by_step(
    capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    route, handler = line_of('app.add_route("/things/{id'), line_of("async def put")
    code, lines = explained(capsys, "PUT", f"/things/{ID}")
    wanted = EXPLAINED.format(ID=ID, route=route, handler=handler)
    assert code == 0
    assert [line.split() for line in lines] == [
        line.split() for line in wanted.splitlines()
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        (["/ping"], 0, "  the tasks of the answer, if it has some"),
        (["DELETE", "/things"], 1, "Home has no DELETE; it has GET, HEAD, OPTIONS."),
        (["GET", "/pink"], 1, "the path has 'pink'."),
        (["GET", "/ping/"], 0, "  the tasks of the answer, if it has some"),
        (["WEBSOCKET", "/things"], 0, "  Feed"),
    ],
)
def test_what_is_refused_is_explained_too(
    capsys: pytest.CaptureFixture[str],
    shop: Path,
    arguments: list[str],
    code: int,
    last: str,
) -> None:
    found, lines = explained(capsys, *arguments)
    assert (found, lines[-1].endswith(last)) == (code, True), lines[-1]


def test_steps_for_programs(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    code, lines = explained(capsys, "GET", "/ping", "--json")
    said = json.loads("\n".join(lines))
    assert code == 0
    assert said["steps"][:2] == [
        {
            "name": "request",
            "does": "one Host field, a path of UTF-8, at most 200 fields",
            "refuses": [400, 431],
            "place": None,
        },
        {
            "name": "route",
            "does": "/ping",
            "refuses": [],
            "place": said["route"]["place"],
        },
    ]


def test_what_cannot_be_explained(
    capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    assert main(["explain", "GET", "ping", "shop:app"]) == 2
    assert capsys.readouterr().err.startswith("restlette: 'GET ping' is no request")
    assert main(["explain", "GET", "/ping", "shop:foreign"]) == 2


# check --------------------------------------------------------------------------------

CHECKED = """
import time
from restlette import Restlette

app = Restlette()

@app.route("/")
async def get(request):
    time.sleep(1)

warned = Restlette()

@warned.route("/")
async def quiet(request): ...



def create():
    return warned
"""


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "checked.py").write_text(CHECKED, "utf-8")
    (tmp_path / "needy.py").write_text("from restlette import FileResponse\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()
    yield
    for name in ("checked", "needy"):
        sys.modules.pop(name, None)


def test_what_is_wrong_is_told(
    capsys: pytest.CaptureFixture[str], checked: None
) -> None:
    assert main(["check", "checked:app"]) == 1
    assert capsys.readouterr().out == (
        "checked.py:7: warning[undocumented]: get answers GET / and has no docstring, "
        "so that the schema says nothing of it. Write what it does in a line, or "
        "include_in_schema=False.\n"
        "checked.py:9: error[blocking-call]: get is a coroutine, and calls time.sleep, "
        "which stops every other request while it waits. Write await "
        "asyncio.sleep(...).\n"
        "1 error, 1 warning\n"
    )


def test_warnings_are_errors_when_asked_to(
    capsys: pytest.CaptureFixture[str], checked: None
) -> None:
    assert main(["check", "checked:warned"]) == 0
    assert capsys.readouterr().out.endswith("\n1 warning\n")
    assert main(["check", "--strict", "checked:create", "--factory"]) == 1
    capsys.readouterr()
    options = ["--strict", "--ignore", "undocumented"]
    assert main(["check", "checked:warned", *options]) == 0
    assert capsys.readouterr().out == "nothing found\n"


def test_findings_for_programs(
    capsys: pytest.CaptureFixture[str], checked: None, tmp_path: Path
) -> None:
    assert main(["check", "checked:app", "--json", "--ignore", "undocumented"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    message = found.pop("message")
    assert message.startswith("get is a coroutine")
    assert found == {
        "id": "blocking-call",
        "severity": "error",
        "file": str(tmp_path / "checked.py"),
        "line": 9,
    }


def test_an_extra_that_the_application_needs_at_once(
    capsys: pytest.CaptureFixture[str],
    checked: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "restlette.http.files", False)
    monkeypatch.delitem(vars(restlette), "FileResponse", False)
    monkeypatch.setitem(sys.modules, "aiofiles", None)
    assert main(["check", "needy:app"]) == 1
    assert capsys.readouterr().out == (
        "needy:app: error[missing-extra]: restlette.http.files needs aiofiles: pip "
        'install "restlette[files]".\n1 error\n'
    )
    assert main(["check", "needy:app", "--ignore", "missing-extra"]) == 2


def test_what_cannot_be_checked(
    capsys: pytest.CaptureFixture[str], checked: None
) -> None:
    assert main(["check", "checked:nothing"]) == 2
    assert main(["check", "checked:app", "--ignore", "debag"]) == 2
    error = capsys.readouterr().err
    assert "there is no finding debag. There are: startup, " in error


# run ----------------------------------------------------------------------------------

COMMANDS: list[tuple[list[str], list[str]]] = [
    (
        [],
        [
            *("uvicorn", "shop:app", "--host", "127.0.0.1", "--port", "8000"),
            *("--timeout-graceful-shutdown", "30"),
        ],
    ),
    (
        ["--host", "::1", "--port", "0", "--reload", "--log-level", "debug"],
        [
            *("uvicorn", "shop:app", "--host", "::1", "--port", "0"),
            *("--reload", "--log-level", "debug"),
            *("--timeout-graceful-shutdown", "30"),
        ],
    ),
    (
        ["--workers", "2", "--graceful-timeout", "5"],
        [
            *("uvicorn", "shop:app", "--host", "127.0.0.1", "--port", "8000"),
            *("--workers", "2", "--timeout-graceful-shutdown", "5"),
        ],
    ),
    (
        ["--server", "granian", "--reload", "--workers", "1"],
        [
            *("granian", "shop:app", "--host", "127.0.0.1", "--port", "8000"),
            *("--interface", "asgi", "--reload", "--workers", "1"),
            *("--workers-kill-timeout", "30"),
        ],
    ),
    (
        ["--server", "hypercorn", "--host", "::1", "--log-level", "error"],
        [
            *("hypercorn", "asgi:shop:app", "--bind", "[::1]:8000"),
            *("--log-level", "error", "--graceful-timeout", "30"),
        ],
    ),
    (
        ["--server", "daphne", "--port", "81"],
        ["daphne", "-b", "127.0.0.1", "-p", "81", "-v", "1", "shop:app"],
    ),
    (
        ["--server", "daphne", "--log-level", "warning"],
        ["daphne", "-b", "127.0.0.1", "-p", "8000", "-v", "0", "shop:app"],
    ),
    (
        ["--server", "gunicorn", "--workers", "3"],
        [
            *("gunicorn", "shop:app", "--bind", "127.0.0.1:8000"),
            *("--worker-class", "asgi", "--workers", "3"),
            *("--graceful-timeout", "30"),
        ],
    ),
]


@pytest.mark.parametrize("options, command", COMMANDS)
def test_run_becomes_the_server(
    shop: Path, started: list[list[str]], options: list[str], command: list[str]
) -> None:
    assert main(["run", "shop:app", *options]) == 0
    assert started == [["-m", *command]]


@pytest.mark.parametrize(
    "server, words",
    [
        ("uvicorn", ["shop:create", "--factory"]),
        ("granian", ["shop:create", "--factory"]),
        ("hypercorn", ["asgi:shop:create()"]),
        ("gunicorn", ["shop:create()"]),
    ],
)
def test_each_server_is_told_of_a_factory_in_its_own_way(
    shop: Path, started: list[list[str]], server: str, words: list[str]
) -> None:
    assert main(["run", "shop:create", "--factory", "--server", server]) == 0
    (command,) = started
    assert set(words) <= set(command)


def test_where_a_process_cannot_become_another_it_waits(
    monkeypatch: pytest.MonkeyPatch, shop: Path, started: list[list[str]]
) -> None:
    """And ends with the server's exit code."""
    monkeypatch.setattr(cli, "_CAN_EXEC", False)
    monkeypatch.setattr(subprocess, "call", lambda command: 7)
    assert main(["run", "shop:app"]) == 7
    assert started == []


REFUSED = [
    (
        ["--server", "daphne", "--reload"],
        "daphne has no --reload: run it with --server",
    ),
    (
        ["--server", "daphne", "--workers", "2"],
        "daphne has no --workers: start several",
    ),
    (
        ["--server", "daphne", "--factory"],
        "daphne has no --factory: write app = create",
    ),
    (
        ["--server", "daphne", "--log-level", "error"],
        "daphne has no --log-level error; it has warning, info, debug",
    ),
    (
        ["--server", "daphne", "--graceful-timeout", "3"],
        "daphne has no --graceful-timeout: it waits for nobody",
    ),
    (["--reload", "--workers", "2"], "--reload is for one worker: leave out one"),
]


@pytest.mark.parametrize("options, sentence", REFUSED)
def test_what_a_server_has_not_got_is_an_error(
    capsys: pytest.CaptureFixture[str],
    shop: Path,
    started: list[list[str]],
    options: list[str],
    sentence: str,
) -> None:
    assert main(["run", "shop:app", *options]) == 2
    assert capsys.readouterr().err.startswith(f"restlette: {sentence}")
    assert started == []


@pytest.mark.parametrize(
    "server, options, sentence",
    [
        ("uvicorn", [], 'uvicorn: pip install "restlette[server]"'),
        ("granian", [], 'granian: pip install "granian"'),
        ("hypercorn", [], 'hypercorn: pip install "hypercorn"'),
        ("daphne", [], 'daphne: pip install "daphne"'),
        ("gunicorn", [], 'gunicorn: pip install "gunicorn>=24"'),
        ("granian", ["--reload"], 'watchfiles: pip install "granian[reload]"'),
    ],
)
def test_a_server_that_is_not_installed_is_named_with_the_remedy(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    shop: Path,
    started: list[list[str]],
    server: str,
    options: list[str],
    sentence: str,
) -> None:
    missing = sentence.partition(":")[0]

    def there(name: str) -> object:
        return None if name == missing else object()

    monkeypatch.setattr(cli, "find_spec", there)
    assert main(["run", "shop:app", "--server", server, *options]) == 2
    assert capsys.readouterr().err == (
        f"restlette: --server {server} needs {sentence}\n"
    )
    assert started == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_debug_is_not_for_other_machines(
    capsys: pytest.CaptureFixture[str],
    shop: Path,
    started: list[list[str]],
    host: str,
) -> None:
    """start-up-config-124: debug=True with a host that others reach is an error."""
    assert main(["run", "shop:debug", "--host", host]) == 2
    assert capsys.readouterr().err == (
        f"restlette: the application has debug=True, and --host {host} lets other "
        "machines in: write debug=False, or leave --host out\n"
    )
    assert started == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_debug_is_for_this_machine(
    shop: Path, started: list[list[str]], host: str
) -> None:
    assert main(["run", "shop:debug", "--host", host]) == 0
    assert main(["run", "shop:app", "--host", "0.0.0.0"]) == 0
    assert main(["run", "shop:foreign", "--host", "0.0.0.0"]) == 0
    assert len(started) == 3


@pytest.mark.parametrize(
    "option, text, sentence",
    [
        ("--port", "65536", "65536 is no port; write 0 to 65535"),
        ("--port", "-1", "-1 is no port"),
        ("--port", "http", "http is no port"),
        ("--port", "\u0663", "is no port"),
        ("--port", "9" * 5000, "9… is no port"),
        ("--workers", "0", "0 is no number of workers; write 1 to 1000"),
        ("--workers", "1.5", "1.5 is no number of workers"),
        ("--server", "waitress", "invalid choice: 'waitress'"),
        ("--log-level", "loud", "invalid choice: 'loud'"),
        ("--graceful-timeout", "0", "0 is no number of seconds; write 1 to 1800"),
    ],
)
def test_a_figure_that_makes_no_sense(
    capsys: pytest.CaptureFixture[str], option: str, text: str, sentence: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", "shop:app", option, text])
    assert caught.value.code == 2
    assert sentence in capsys.readouterr().err


def test_an_application_that_is_not_there_is_not_run(
    capsys: pytest.CaptureFixture[str], shop: Path, started: list[list[str]]
) -> None:
    assert main(["run", "shop:ap"]) == 2
    assert "did you mean 'app'?" in capsys.readouterr().err
    assert started == []


# Real servers -------------------------------------------------------------------------

SERVERS = ["uvicorn", "granian", "hypercorn", "daphne", "gunicorn"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> bytes:
    """Ask until the server answers."""
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            url = f"http://127.0.0.1:{port}{path}"
            with urllib.request.urlopen(url, timeout=5) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"it did not answer:\n{log.read_text('utf-8')}")


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("options", [["app"], ["create", "--factory"]], ids=len)
def test_a_server_is_run(
    tmp_path: Path, shop: Path, server: str, options: list[str]
) -> None:
    """It answers, and a signal to the command ends it: nothing is in between."""
    pytest.importorskip(server)
    if server == "daphne" and "--factory" in options:
        options = ["app"]
    port = free_port()
    name, *others = options
    command = [sys.executable, "-m", "restlette", "run", f"shop:{name}", *others]
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--server", server, "--port", str(port)],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                # Where gunicorn keeps its control socket.
                "HOME": str(tmp_path),
            },
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        assert ask(port, "/", process, log) == b'{"hello":"world"}'
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
            raise
    # uvicorn ends by the signal, once it has shut down.
    assert code in (0, -signal.SIGTERM), log.read_text("utf-8")
    assert "Traceback" not in log.read_text("utf-8")


# Plug-ins -----------------------------------------------------------------------------


class Greet:
    """Greet somebody.

    More about it.
    """

    def __init__(self, code: Any = 0) -> None:
        self.code = code

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--name", default="world")

    def run(self, app: Any, arguments: argparse.Namespace) -> int:
        if arguments.name == "nobody":
            raise CommandError("there is nobody to greet")
        print(f"hello {arguments.name}, from {type(app).__name__}")
        code: int = self.code
        return code


class Greeter:
    def __init__(self, **commands: Any) -> None:
        self.commands = commands

    def install(self, app: Restlette) -> None: ...


@pytest.fixture
def with_plugins(monkeypatch: pytest.MonkeyPatch) -> Restlette:
    app = Restlette()

    class Silent:
        def install(self, app: Restlette) -> None: ...

    async def forgotten() -> int:
        raise NotImplementedError

    app.install(Silent())
    app.install(Greeter(greet=Greet(), fail=Greet(3), none=Greet(None)))
    app.install(Greeter(wait=SimpleNamespace(add_arguments=print, run=None)))
    module = SimpleNamespace(__name__="plugged", app=app, make=lambda: app)
    monkeypatch.setitem(sys.modules, "plugged", module)  # type: ignore[arg-type]
    commands: Any = app.plugins[-1]
    commands.commands["wait"].run = lambda app, arguments: forgotten()
    commands.commands["wait"].add_arguments = lambda parser: None
    return app


def test_a_plug_in_adds_a_command(
    capsys: pytest.CaptureFixture[str], with_plugins: Restlette
) -> None:
    assert main(["greet", "plugged:app"]) == 0
    assert main(["greet", "plugged:app", "--name", "you"]) == 0
    assert main(["greet", "plugged:make", "--factory"]) == 0
    assert capsys.readouterr().out == (
        "hello world, from Restlette\n"
        "hello you, from Restlette\n"
        "hello world, from Restlette\n"
    )
    assert main(["fail", "plugged:app"]) == 3


def test_the_help_of_a_plug_ins_command_is_its_docstring(
    capsys: pytest.CaptureFixture[str], with_plugins: Restlette
) -> None:
    with pytest.raises(SystemExit):
        main(["greet", "plugged:app", "--help"])
    text = capsys.readouterr().out
    assert "usage: restlette greet" in text
    assert "Greet somebody." in text
    assert "More about it" not in text


def test_a_plug_ins_command_has_errors_of_its_own(
    capsys: pytest.CaptureFixture[str], with_plugins: Restlette
) -> None:
    assert main(["greet", "plugged:app", "--name", "nobody"]) == 2
    assert capsys.readouterr().err == "restlette: there is nobody to greet\n"


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (
            ["greeet", "plugged:app"],
            "there is no command greeet (did you mean 'greet'?); with plugged:app ",
        ),
        (
            ["rout", "plugged:app"],
            "there is no command rout (did you mean 'routes'?); with plugged:app",
        ),
        (
            ["greet"],
            "there is no command greet; there are run, routes, schema, check, explain.",
        ),
        (["rn", "--help"], "there is no command rn (did you mean 'run'?); there are"),
        (["greet", "plugged:nothing"], "plugged has no nothing"),
    ],
)
def test_a_command_that_is_not_there(
    capsys: pytest.CaptureFixture[str],
    with_plugins: Restlette,
    arguments: list[str],
    sentence: str,
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"restlette: {sentence}")


def test_the_commands_that_there_are_are_named(
    capsys: pytest.CaptureFixture[str], with_plugins: Restlette
) -> None:
    main(["x", "plugged:app"])
    assert capsys.readouterr().err == (
        "restlette: there is no command x; with plugged:app there are: run, routes, "
        "schema, check, explain, greet, fail, none, wait\n"
    )
    main(["x"])
    assert capsys.readouterr().err == (
        "restlette: there is no command x; there are run, routes, schema, check, "
        "explain. One of an application's plug-ins needs the application: "
        "restlette x module:app\n"
    )


def test_an_application_without_plug_ins_has_no_commands(
    capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    assert main(["greet", "shop:router"]) == 2
    assert (
        "with shop:router there are: run, routes, schema, check, explain\n"
        in capsys.readouterr().err
    )


def test_two_commands_of_one_name_are_an_error(
    capsys: pytest.CaptureFixture[str], with_plugins: Restlette
) -> None:
    with_plugins.install(Greeter(greet=Greet()))
    assert main(["greet", "plugged:app"]) == 2
    assert "greet is Greeter's and Greeter's" in capsys.readouterr().err


def test_a_command_is_not_called_what_one_of_ours_is(
    capsys: pytest.CaptureFixture[str], with_plugins: Restlette
) -> None:
    with_plugins.install(Greeter(run=Greet()))
    assert main(["greet", "plugged:app"]) == 2
    assert capsys.readouterr().err == (
        "restlette: the command run is restlette's and Greeter's: one of the plug-ins "
        "has to call it something else\n"
    )


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("none", "Greet.run returned None: it gives the exit code, a number"),
        ("wait", "SimpleNamespace.run returned <coroutine object"),
    ],
)
def test_a_command_gives_its_exit_code(
    capsys: pytest.CaptureFixture[str],
    with_plugins: Restlette,
    name: str,
    sentence: str,
) -> None:
    with pytest.raises(TypeError) as caught:
        main([name, "plugged:app"])
    assert str(caught.value).startswith(sentence)


# schema -------------------------------------------------------------------------------

BOOKSHOP = "examples.bookshop.app:app"


def test_schema_writes_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", BOOKSHOP]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["info"]["title"] == "The bookshop"
    assert main(["schema", BOOKSHOP, "--format", "yaml", "--openapi", "3.0"]) == 0
    assert capsys.readouterr().out.startswith("openapi: 3.0.3\n")


def test_schema_writes_a_file_and_holds_it_against_the_application(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.yaml"
    assert main(["schema", BOOKSHOP, "--output", str(path)]) == 0
    assert main(["schema", BOOKSHOP, "--check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path} is up to date\n"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("summary: Add a book.", "summary: Add it."))
    assert main(["schema", BOOKSHOP, "--check", str(path)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert "+      summary: Add a book." in said
    assert "-      summary: Add it." in said


def test_schema_says_what_breaks_clients(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.json"
    assert main(["schema", BOOKSHOP, "--output", str(path)]) == 0
    assert main(["schema", "--diff", str(path), BOOKSHOP]) == 0
    assert capsys.readouterr().out == "no difference\n"
    path.write_text(path.read_text().replace('"maxLength": 500', '"maxLength": 600'))
    assert main(["schema", "--diff", str(path), BOOKSHOP]) == 1
    said = capsys.readouterr().out
    assert (
        "breaking: POST /books, the content, application/json, 'title': maxLength is "
        "500, and was 600. [/components/schemas/NewBook/properties/title/maxLength]\n"
    ) in said
    assert main(["schema", "--diff", BOOKSHOP, BOOKSHOP]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["schema"], "say where the application is: module:app"),
        (["schema", BOOKSHOP, "--check", "/nowhere.json"], "/nowhere.json"),
        (["schema", "--diff", str(ROOT / "setup.cfg"), BOOKSHOP], "is not in JSON"),
    ],
)
def test_schema_says_what_is_missing(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_schema_names_the_extra_that_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(module: str, *_: str, **__: str) -> Any:
        raise MissingExtra("yaml", "schema", needed_by="restlette schema")

    monkeypatch.setattr(cli, "load", missing)
    assert main(["schema", BOOKSHOP]) == 2
    assert 'pip install "restlette[schema]"' in capsys.readouterr().err
