"""What type checkers see of restlette when it is installed.

`types/accepted.py` holds what users write, and `types/refused.py` their mistakes: each
line that checkers must find an error in ends with `# refused`.
"""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import restlette
import restlette.config
import restlette.testing

ROOT = Path(__file__).resolve().parent.parent

CASES = ("accepted.py", "refused.py")

# Why an argument or a result of what is exported may be anything, and which are.
ANY = {
    "an application: of ASGI, in one step or two, or a resource": """
        AsyncTestClient.__init__.app, Host.__init__.app, Mount.__init__.app,
        Router.mount.app, TestClient.__init__.app, build_request.app, call.app,
        call_async.app""",
    "a resource: a class, an instance, a function; start-up tells what is none": """
        NoMatchFound.__init__.target, Ref.__init__.target, Route.__init__.endpoint,
        Router.add_route.endpoint, Router.add_websocket_route.endpoint,
        WebSocketRoute.__init__.endpoint, Guard.check.resource""",
    "a resource, or the name of a route": """
        HTTPConnection.url_for.target, Router.url_path_for.target""",
    "what a convertor takes and gives: the template of the path knows": """
        HTTPConnection.url_for.path_params, HTTPEndpoint.ref.params,
        Ref.__init__.params, Router.url_path_for.path_params""",
    "lets overrides have the parameters that they name": """
        HTTPEndpoint.on_finish.args, HTTPEndpoint.on_finish.kwargs,
        HTTPEndpoint.prepare.args, HTTPEndpoint.prepare.kwargs,
        HTTPEndpoint.validators.args, HTTPEndpoint.validators.kwargs,
        WebSocketEndpoint.on_connect.args, WebSocketEndpoint.on_connect.kwargs,
        WebSocketEndpoint.on_disconnect.args, WebSocketEndpoint.on_disconnect.kwargs,
        WebSocketEndpoint.on_invalid.args, WebSocketEndpoint.on_invalid.kwargs,
        WebSocketEndpoint.on_receive.args, WebSocketEndpoint.on_receive.kwargs,
        WebSocketEndpoint.stream.args, WebSocketEndpoint.stream.kwargs""",
    "given to checkers by the class that derives": """
        Injected.__init__.connection, Injected.__init__.dependencies""",
    "a result, whatever the annotation of the override says": """
        HTTPEndpoint.prepare.return, WebSocketEndpoint.on_connect.return""",
    "JSON data, or what there is a form in JSON for": """
        JSONResponse.render.content, ORJSONResponse.render.content,
        UJSONResponse.render.content, EventStream.render_piece.piece,
        Patch.__init__.document, Patch.read.document, Request.json.return,
        TestResponse.json.return, WebSocket.receive_json.return,
        WebSocket.send_json.data, WebSocketEndpoint.decode.return,
        WebSocketEndpoint.on_receive.data, WebSocketEndpoint.send_data.data,
        WebSocketTestSession.receive_json.return,
        WebSocketTestSession.send_json.data""",
    "content that `render` of a class derived from Response understands": """
        Response.__init__.content, Response.render.content,
        StreamingResponse.render_piece.piece""",
    "an annotation, of which Python has no type, and a value that fits it": """
        Page.content_type.argument, Page.content_type.return, Patch.read.of,
        Reply.content_type.argument, Reply.content_type.return,
        SeeOther.content_type.argument, SeeOther.content_type.return,
        Router.override.key, Router.override.value,
        Router.provide.key, Router.provide_value.key, Router.provide_value.value""",
    "a Schema of a library that may be absent": "accepts.schema, returns.schema",
    "what middleware or the application has put there": """
        HTTPConnection.app.return, HTTPConnection.auth.return,
        HTTPConnection.session.return, HTTPConnection.user.return""",
    "said by overloads": """
        Config.__call__.default, Config.__call__.return, Config.get.default,
        Config.get.return, URL.replace.components, URL.replace.texts""",
    "handed on to what says its types": """
        Response.delete_cookie.attributes, TestClient.websocket_connect.params,
        TestClient.merge_environment_settings.cert,
        TestClient.merge_environment_settings.proxies,
        TestClient.merge_environment_settings.return,
        TestClient.merge_environment_settings.stream,
        TestClient.merge_environment_settings.url,
        TestClient.merge_environment_settings.verify""",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the package as pip would lay it out, and nothing else of ours.

    Checkers do not follow the finder of an editable install.
    """
    place = tmp_path_factory.mktemp("installed")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "restlette", place / "restlette", ignore=ignore)
    for name in CASES:
        shutil.copy(ROOT / "tests" / "types" / name, place / name)
    environment = Path(sys.prefix)
    settings = {"venvPath": str(environment.parent), "venv": environment.name}
    (place / "pyrightconfig.json").write_text(json.dumps(settings))
    return place


def said_by(checker: str, place: Path, *arguments: str) -> str:
    """What a checker prints, run in a directory."""
    done = subprocess.run(
        [sys.executable, "-m", checker, *arguments],
        capture_output=True,
        text=True,
        cwd=place,
        env={
            **os.environ,
            "PYTHONPATH": str(place),
            "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
        },
        timeout=110,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


Found = set[tuple[str, int]]


def marked(place: Path) -> Found:
    """The file and the line of each mistake."""
    return {
        (name, number)
        for name in CASES
        for number, line in enumerate((place / name).read_text().splitlines(), 1)
        if line.endswith("# refused")
    }


def found_by_pyright(place: Path) -> Found:
    report = json.loads(said_by("pyright", place, "--outputjson", *CASES))
    return {
        (Path(said["file"]).name, said["range"]["start"]["line"] + 1)
        for said in report["generalDiagnostics"]
    }


def found_by_mypy(place: Path) -> Found:
    options = ["--strict", "--cache-dir", "cache", "--config-file", ""]
    text = said_by("mypy", place, *options, *CASES)
    found = re.findall(r"^(.+?):(\d+): error: ", text, re.MULTILINE)
    return {(name, int(line)) for name, line in found}


def test_the_type_of_every_public_name_is_written(installed: Path) -> None:
    """None is left to be inferred, which each checker would do in a way of its own."""
    asked = ["--verifytypes", "restlette", "--ignoreexternal", "--outputjson"]
    found = json.loads(said_by("pyright", installed, *asked))["typeCompleteness"]
    wanting = [
        f"{symbol['name']}: {said['message']}"
        for symbol in found["symbols"]
        for said in symbol["diagnostics"]
        if said["severity"] == "error"
    ]
    assert wanting == []
    assert found["exportedSymbolCounts"]["withKnownType"] > 2000
    assert found["completenessScore"] == 1


@pytest.mark.parametrize("found_by", [found_by_mypy, found_by_pyright])
def test_checkers_find_the_mistakes_of_users_and_nothing_else(
    installed: Path, found_by: Callable[[Path], Found]
) -> None:
    assert len(marked(installed)) > 100
    assert sorted(found_by(installed)) == sorted(marked(installed))


def functions(module: ModuleType) -> Iterator[tuple[str, Callable[..., object]]]:
    """Every function that a module exports, those of its classes included."""
    for exported in (getattr(module, name) for name in module.__all__):
        if inspect.isfunction(exported):
            yield exported.__name__, exported
        if not inspect.isclass(exported):
            continue
        for cls in exported.__mro__:
            for name, value in vars(cls).items():
                if name.startswith("_") and name not in ("__init__", "__call__"):
                    continue
                value = getattr(value, "__func__", getattr(value, "fget", value))
                if cls.__module__.startswith("restlette") and inspect.isfunction(value):
                    yield f"{cls.__name__}.{name}", value


def test_what_may_be_anything_has_a_reason() -> None:
    """Any turns a checker off, so each argument and result that is one is listed."""
    anything = {
        f"{name}.{argument}"
        for module in (restlette, restlette.config, restlette.testing)
        for name, function in functions(module)
        for argument, annotation in function.__annotations__.items()
        if str(annotation).removesuffix(" | None") in ("Any", "typing.Any")
    }
    listed = [name for names in ANY.values() for name in re.split(r",\s+", names)]
    assert sorted(anything) == sorted(name.strip() for name in listed)
