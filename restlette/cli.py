"""The command line: `restlette run`, `restlette routes`, and what plug-ins add.

The story starts with `main`. A command is given an application as `module:app`, which
`load_app` imports, with the working directory on the path. `run` looks at it and then
becomes the server; `routes` shows the tree, `explain` what answers one request,
`schema` what the application is to its clients.

Exit codes:

    0    it is done; of `explain` and `routes --match`, something answers
    1    `explain` and `routes --match`: the answer is an error; `check`: there is one;
         `schema --check`: the file is stale; `schema --diff`: clients break
    2    it cannot be done, and the last lines on stderr say why and what to write
    130  interrupted

`run` ends with the code of the server, and a plug-in's command with its own.
"""

from __future__ import annotations

import argparse
import inspect
import ipaddress
import json
import os
import pkgutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple, Protocol

import restlette
from restlette.app import Restlette
from restlette.checks import RULES, Finding, check
from restlette.http.optional import MissingExtra, load
from restlette.http.printable import printable
from restlette.http.status import phrase
from restlette.http.urls import URL
from restlette.resources.explaining import Explanation
from restlette.resources.router import Router
from restlette.resources.routes import Place, RouteInfo, is_resource, name_of
from restlette.resources.steps import Step
from restlette.suggestions import did_you_mean

__all__ = ["Command", "CommandError", "load_app", "main"]


class CommandError(Exception):
    """A command cannot be done; its text is shown, and the exit code is 2."""


class Command(Protocol):
    """What a plug-in adds to the command line.

    A plug-in that is installed in an application has a mapping, `commands`, from names
    to objects like this. `restlette NAME module:app` then calls it. The first line of
    its docstring is its help.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments; `app` and `--factory` are there."""
        ...

    def run(self, app: Any, arguments: argparse.Namespace) -> int:
        """Do it.

        Args:
            app: The application.
            arguments: What was written.

        Returns:
            The exit code: 0 where it is done.

        Raises:
            CommandError: It cannot be done.
        """
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Args:
        arguments: Without the program's name; by default `sys.argv[1:]`.

    Returns:
        The exit code; see the module's docstring.

    Raises:
        SystemExit: Help was asked for, or the arguments make no sense.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given and not given[0].startswith("-") and given[0] not in _COMMANDS:
            return _run_plugins(given[0], given[1:])
        if given[:1] == ["explain"]:
            # argparse wants a request's words in one piece; the options have none.
            given.sort(key=lambda word: word.startswith("-"))
        parsed = _parser().parse_args(given)
        command: Callable[[argparse.Namespace], int] = parsed.command
        return command(parsed)
    except CommandError as exc:
        print(f"restlette: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="restlette",
        description="Run an application, or look at it.",
        epilog=(
            "An application's plug-ins may add commands: restlette COMMAND module:app"
        ),
    )
    parser.add_argument(
        "--version", action="version", version=f"restlette {restlette.__version__}"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (about, add_arguments, command) in _COMMANDS.items():
        added = commands.add_parser(name, help=about, description=about)
        # What is asked about an application comes before it.
        add_arguments(added)
        _add_app(added, optional=name == "schema")
        added.set_defaults(command=command)
    return parser


def _add_app(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    parser.add_argument(
        "app",
        nargs="?" if optional else None,
        help="where the application is: module:app",
    )
    parser.add_argument(
        "--factory",
        action="store_true",
        help="it is a function without arguments that makes the application",
    )


# The application ----------------------------------------------------------------------


def load_app(target: str, *, factory: bool = False) -> Any:
    """Import an application.

    Args:
        target: `module:app`.
        factory: Whether it is a function without arguments that makes it.

    Returns:
        An ASGI application.

    Raises:
        CommandError: There is none; the text says what came, and what was probably
            meant.
    """
    module_name, name = _split(target)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    module = _import(module_name)
    try:
        found = getattr(module, name)
    except AttributeError:
        raise CommandError(_no_attribute(module, name)) from None
    if factory:
        return _make(target, found)
    _check_app(target, found)
    return found


def _split(target: str) -> tuple[str, str]:
    """Split `module:app`."""
    module, _, name = target.partition(":")
    path = module.replace("\\", "/")
    dotted = path.removesuffix(".py").strip("./").replace("/", ".")
    shown = printable(target)
    if dotted != module:
        raise CommandError(
            f"{shown} is a file's path; write the module's name: "
            f"{printable(dotted)}:{printable(name) or 'app'}"
        )
    if name.endswith("()"):
        raise CommandError(
            f"{shown} is a call; write {printable(module)}:{printable(name[:-2])} "
            "--factory"
        )
    if not all(map(str.isidentifier, module.split("."))):
        raise CommandError(
            f"{shown} names no module; write module:app, such as shop.main:app"
        )
    if not name.isidentifier():
        raise CommandError(
            f"{shown} names no application in the module; write "
            f"{printable(module)}:app, if it is called app"
        )
    return module, name


def _import(name: str) -> ModuleType:
    try:
        module: ModuleType = pkgutil.resolve_name(f"{name}:")
    except ModuleNotFoundError as exc:
        # One that the module itself imports is another fault.
        if exc.name is None or not f"{name}.".startswith(f"{exc.name}."):
            raise _broken(f"{name} cannot be imported", exc) from None
        raise CommandError(_no_module(name, exc.name)) from None
    except (Exception, SystemExit) as exc:
        raise _broken(f"{name} cannot be imported", exc) from None
    return module


def _no_module(wanted: str, missing: str) -> str:
    """Say that there is no module, and which there are."""
    parent, _, last = missing.rpartition(".")
    package = sys.modules.get(parent)
    if package is not None and hasattr(package, last):
        return f"there is no module {missing}; write {parent}:{last}"
    where = [os.getcwd()] if package is None else getattr(package, "__path__", [])
    names = [each.name for each in pkgutil.iter_modules(where)]
    guess = did_you_mean(last, names)
    looked = f"in {parent}" if parent else f"in {os.getcwd()} and on Python's path"
    inside = "" if missing == wanted else f", for {wanted}"
    return f"there is no module {last} {looked}{inside}{guess}"


# The modules between a command and the application that it imports.
_BETWEEN = (__name__, "pkgutil", "importlib")


def _broken(what: str, exc: BaseException) -> CommandError:
    """Give the error of an application that raises, with its own part of the stack."""
    stack = exc.__traceback__
    while stack is not None:
        module = stack.tb_frame.f_globals.get("__name__", "")
        if not f"{module}.".startswith(tuple(f"{name}." for name in _BETWEEN)):
            break
        stack = stack.tb_next
    shown = traceback.format_exception(exc.with_traceback(stack))
    return CommandError(f"{what}:\n\n" + "".join(shown).rstrip("\n"))


def _no_attribute(module: ModuleType, name: str) -> str:
    public = [each for each in vars(module) if not each.startswith("_")]
    apps = [each for each in public if isinstance(getattr(module, each), Restlette)]
    text = f"{module.__name__} has no {name}{did_you_mean(name, public)}"
    if apps:
        places = (f"{module.__name__}:{each}" for each in apps)
        text += f"; applications there: {', '.join(places)}"
    return text


def _make(target: str, factory: Any) -> Any:
    """Call a factory."""
    if isinstance(factory, Router) or not callable(factory):
        what = "an application" if isinstance(factory, Router) else _kind(factory)
        raise CommandError(f"{target} is {what}, not a factory: leave --factory out")
    if not _takes(factory, 0):
        raise CommandError(
            f"{target} takes arguments: a factory takes none. An application that is "
            "a function needs no --factory"
        )
    try:
        app = factory()
    except (Exception, SystemExit) as exc:
        raise _broken(f"{target} raised an exception", exc) from None
    if inspect.iscoroutine(app):
        app.close()
        raise CommandError(
            f"{target} is an async function: a factory is a plain one. What has to be "
            "awaited belongs into the lifespan"
        )
    _check_app(f"what {target} returned", app)
    return app


def _check_app(what: str, app: Any) -> None:
    """Raise the error that teaches, if something is no ASGI application."""
    if isinstance(app, type):
        remedy = "if a call of it makes the application, add --factory"
        if is_resource(app):
            remedy = f'register it: app.add_route("/", {app.__name__})'
        raise CommandError(f"{what} is a class, not an application; {remedy}")
    if not callable(app):
        raise CommandError(
            f"{what} is {_kind(app)}, not an application: it cannot be called"
        )
    if not _takes(app, 3):
        remedy = "; if it makes the application, add --factory" * _takes(app, 0)
        raise CommandError(
            f"{what} is {_kind(app)}, not an application: it does not take scope, "
            f"receive and send{remedy}"
        )


def _takes(function: Callable[..., Any], number: int) -> bool:
    """Say whether a function can be called with a number of arguments."""
    try:
        inspect.signature(function).bind(*[None] * number)
    except TypeError:
        return False
    except ValueError:
        # One in C may not say what it takes.
        return True
    return True


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


# run ----------------------------------------------------------------------------------


class _Options(NamedTuple):
    """What `restlette run` was told; None is the server's own choice."""

    module: str
    name: str
    host: str
    port: int
    reload: bool
    workers: int | None
    factory: bool
    log_level: str | None
    graceful_timeout: int | None

    @property
    def target(self) -> str:
        """The application, as most servers write it."""
        return f"{self.module}:{self.name}"

    @property
    def call(self) -> str:
        """The same, as those write it that call a factory when they see a call."""
        return self.target + "()" * self.factory

    @property
    def bind(self) -> str:
        """Host and port in one; RFC 3986 §3.2.2: an IPv6 address is in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class _Server(NamedTuple):
    """A server, and how it is told things.

    Attributes:
        name: Its name, and that of its module, which `python -m` runs.
        pip: What brings it, for pip.
        arguments: Its command line without what stands in `flags`.
        flags: How it says `--reload`, `--workers`, `--log-level`, `--factory` and
            `--graceful-timeout`; one that takes a value is followed by it.
        lacks: What it has not got, and what to do instead.
    """

    name: str
    pip: str
    arguments: Callable[[_Options], list[str]]
    flags: Mapping[str, str]
    lacks: Mapping[str, str]

    def command(self, options: _Options) -> list[str]:
        """Give the arguments of Python that start it."""
        command = ["-m", self.name, *self.arguments(options)]
        for option, flag in self.flags.items():
            value = getattr(options, option)
            if value is True:
                command.append(flag)
            elif value:
                command += [flag, str(value)]
        return command


def _host_and_port(options: _Options) -> list[str]:
    return [options.target, "--host", options.host, "--port", str(options.port)]


_FLAGS: Final = {
    "reload": "--reload",
    "workers": "--workers",
    "log_level": "--log-level",
}
_LEVELS: Final = ("critical", "error", "warning", "info", "debug")
# daphne has no names for levels: 0 is warning.
_VERBOSITY: Final = {"warning": "0", "info": "1", "debug": "2"}

# Seconds; as long as `Restlette(graceful_timeout=...)` waits for background tasks.
_GRACEFUL: Final = 30

_SERVERS: Final = {
    server.name: server
    for server in (
        _Server(
            "uvicorn",
            "restlette[server]",
            _host_and_port,
            {
                **_FLAGS,
                "factory": "--factory",
                "graceful_timeout": "--timeout-graceful-shutdown",
            },
            {},
        ),
        _Server(
            "granian",
            "granian",
            lambda options: [*_host_and_port(options), "--interface", "asgi"],
            {
                **_FLAGS,
                "factory": "--factory",
                "graceful_timeout": "--workers-kill-timeout",
            },
            {},
        ),
        _Server(
            "hypercorn",
            "hypercorn",
            lambda options: [f"asgi:{options.call}", "--bind", options.bind],
            {**_FLAGS, "graceful_timeout": "--graceful-timeout"},
            {},
        ),
        _Server(
            "daphne",
            "daphne",
            lambda options: [
                *("-b", options.host, "-p", str(options.port)),
                *("-v", _VERBOSITY[options.log_level or "info"]),
                options.target,
            ],
            {},
            {
                "reload": "run it with --server uvicorn while you develop",
                "workers": "start several behind a proxy",
                "factory": "write app = create() in the module, and name app",
                "graceful_timeout": "it waits for nobody, the others do",
            },
        ),
        _Server(
            "gunicorn",
            "gunicorn>=24",
            lambda options: [
                *(options.call, "--bind", options.bind, "--worker-class", "asgi"),
            ],
            {**_FLAGS, "graceful_timeout": "--graceful-timeout"},
            {},
        ),
    )
}

# Whether a process can become another one; elsewhere it waits for it.
_CAN_EXEC = os.name == "posix"


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", choices=list(_SERVERS), default="uvicorn")
    parser.add_argument("--host", default="127.0.0.1", help="by default 127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000, help="by default 8000")
    parser.add_argument(
        "--reload", action="store_true", help="start anew when a file has changed"
    )
    parser.add_argument("--workers", type=_count, help="how many processes")
    parser.add_argument("--log-level", choices=_LEVELS)
    parser.add_argument(
        "--graceful-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="how long requests have at shutdown, by default 30",
    )


def _port(text: str) -> int:
    return _number(text, range(65_536), "port")


def _count(text: str) -> int:
    return _number(text, range(1, 1_001), "number of workers")


def _seconds(text: str) -> int:
    return _number(text, range(1, 1_801), "number of seconds")


def _number(text: str, among: range, what: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= 5
    if not is_number or int(text) not in among:
        raise argparse.ArgumentTypeError(
            f"{printable(text)} is no {what}; write {among[0]} to {among[-1]}"
        )
    return int(text)


def _run(parsed: argparse.Namespace) -> int:
    """Look at the application, then become the server."""
    module, name = _split(parsed.app)
    options = _Options(
        module=module,
        name=name,
        host=parsed.host,
        port=parsed.port,
        reload=parsed.reload,
        workers=parsed.workers,
        factory=parsed.factory,
        log_level=parsed.log_level,
        graceful_timeout=parsed.graceful_timeout,
    )
    server = _SERVERS[parsed.server]
    _check_options(server, options)
    if options.graceful_timeout is None and "graceful_timeout" in server.flags:
        # Some servers wait for ever, one for three seconds.
        options = options._replace(graceful_timeout=_GRACEFUL)
    # NOTE: the server imports it again. It costs the time of an import, and buys the
    # same errors with every server, before anything listens.
    app = load_app(parsed.app, factory=parsed.factory)
    _check_debug(app, options.host)
    return _become([sys.executable, *server.command(options)])


def _check_options(server: _Server, options: _Options) -> None:
    """Raise an error for what a server has not got."""
    for option, remedy in server.lacks.items():
        if getattr(options, option):
            flag = option.replace("_", "-")
            raise CommandError(f"{server.name} has no --{flag}: {remedy}")
    if server.name == "daphne" and (options.log_level or "info") not in _VERBOSITY:
        known = ", ".join(_VERBOSITY)
        raise CommandError(
            f"daphne has no --log-level {options.log_level}; it has {known}"
        )
    if options.reload and (options.workers or 1) > 1:
        raise CommandError("--reload is for one worker: leave out one of the two")
    if find_spec(server.name) is None:
        raise CommandError(_needs(server, server.name, server.pip))
    if server.name == "granian" and options.reload and find_spec("watchfiles") is None:
        raise CommandError(_needs(server, "watchfiles", "granian[reload]"))


def _needs(server: _Server, package: str, pip: str) -> str:
    """Say what is not installed, as `MissingExtra` does."""
    needed_by = f"--server {server.name}"
    if pip.startswith("restlette["):
        extra = pip.removeprefix("restlette[").removesuffix("]")
        return str(MissingExtra(package, extra, needed_by))
    return f'{needed_by} needs {package}: pip install "{pip}"'


def _check_debug(app: object, host: str) -> None:
    """SECURITY: what shows its source to a developer is not for other machines."""
    if isinstance(app, Restlette) and app.debug and not _is_loopback(host):
        raise CommandError(
            f"the application has debug=True, and --host {printable(host)} lets other "
            "machines in: write debug=False, or leave --host out"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _become(command: list[str]) -> int:
    """Replace this process, so that signals reach the server and none is between."""
    sys.stdout.flush()
    sys.stderr.flush()
    if _CAN_EXEC:
        os.execv(command[0], command)
    return subprocess.call(command)


# routes -------------------------------------------------------------------------------


def _add_routes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--match",
        metavar="REQUEST",
        help=(
            'say what answers a request, and why: "GET /books/3", "/books/3", '
            '"WEBSOCKET /feed", "GET http://api.example.org/"'
        ),
    )


def _routes(parsed: argparse.Namespace) -> int:
    """Show the tree, or what answers one request."""
    app = _router(parsed.app, factory=parsed.factory)
    if parsed.match is not None:
        return _match(app, *_request(parsed.match), as_json=parsed.json)
    routes = sorted(_expanded(app), key=_place_in_tree)
    if parsed.json:
        print(json.dumps([_plain(route) for route in routes], indent=2))
    else:
        print(_table(routes) if routes else "no routes")
    return 0


def _router(target: str, *, factory: bool) -> Router:
    """Import an application that can say what its routes are."""
    app = load_app(target, factory=factory)
    if not isinstance(app, Router):
        raise CommandError(
            f"{target} is {_kind(app)}, which cannot say what its routes are: "
            "it takes a Restlette or a Router"
        )
    return app


def _expanded(router: Router) -> Iterator[RouteInfo]:
    """Give the routes of a tree, those of applications mounted in it included."""
    for route in router.walk():
        yield route
        if isinstance(route.endpoint, Router):
            for inner in _expanded(route.endpoint):
                yield inner._replace(
                    path=route.path + inner.path,
                    path_format=route.path_format + inner.path_format,
                    # Only a mount that has a name can be named from outside.
                    name=f"{route.name}:{inner.name}" if route.name else "",
                    host=inner.host or route.host,
                )


def _place_in_tree(route: RouteInfo) -> tuple[Any, ...]:
    """Give what sorts a tree: parents before children, literals before parameters."""
    parts = [("{" in part, part) for part in route.path.split("/")]
    return route.host or "", parts, route.kind, route.methods


def _table(routes: Iterable[RouteInfo]) -> str:
    rows = [("PATH", "METHODS", "NAME", "RESOURCE")]
    above: list[str] = []
    host: str | None = None
    for route in routes:
        if route.host != host:
            host = route.host
            above.clear()
            rows += [("", "", "", ""), (f"//{host}", "", "", "")]
        while above and not route.path.startswith(above[-1] + "/"):
            above.pop()
        label = route.path.removeprefix(above[-1] if above else "") or "/"
        rows.append(
            ("  " * len(above) + label, _does(route), route.name, _where(route))
        )
        # What ends with a slash has nothing below it: /books/ and /books/3 are both
        # below /books.
        if not route.path.endswith("/"):
            above.append(route.path)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _does(route: RouteInfo) -> str:
    if route.kind == "http":
        return " ".join(route.methods)
    return "WebSocket" if route.kind == "websocket" else "(mounted)"


def _where(route: RouteInfo) -> str:
    return _full_name(route.endpoint)


def _full_name(thing: Any) -> str:
    """Give the dotted name of a class, a function, or an instance's class."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}.{named.__qualname__}"


def _plain(route: RouteInfo) -> dict[str, Any]:
    """Give a route as JSON can say it."""
    handlers = {name: _full_name(each) for name, each in route.handlers.items()}
    place = route.place
    return {
        **route._asdict(),
        "methods": list(route.methods),
        "endpoint": _full_name(route.endpoint),
        "handlers": handlers,
        "guards": {
            method: [repr(guard) for guard in guards]
            for method, guards in route.guards.items()
        },
        "problems": {
            _full_name(exc_class): problem.status_code
            for exc_class, problem in route.problems.items()
        },
        "place": None if place is None else {"file": place.file, "line": place.line},
        "middleware": [name_of(each.cls) for each in route.middleware],
    }


# routes --match -----------------------------------------------------------------------


def _request(text: str, where: str = "--match ") -> tuple[str, str, str]:
    """Split `METHOD target` into method, path and host."""
    words = text.split()
    if len(words) == 1:
        scheme = URL(words[0]).scheme
        words.insert(0, "WEBSOCKET" if scheme in ("ws", "wss") else "GET")
    method, target = words if len(words) == 2 else ("", "")
    method = {"WS": "WEBSOCKET"}.get(method, method)
    if target.startswith("/"):
        return method, target, "localhost"
    url = URL(target)
    if url.scheme not in ("http", "https", "ws", "wss") or not url.netloc:
        raise CommandError(
            f"{where}{printable(text)!r} is no request: write a method and a path, "
            'such as "GET /books/3"'
        )
    return method, (url.path or "/") + ("?" + url.query) * bool(url.query), url.netloc


def _match(
    app: Router,
    method: str,
    path: str,
    host: str,
    *,
    as_json: bool,
    with_steps: bool = False,
) -> int:
    """Show what answers a request, and how."""
    found = app.explain(method, path, host=host)
    if as_json:
        request = {"method": method, "path": path, "host": host}
        steps = [{**step._asdict(), "place": _at(step.place)} for step in found.steps]
        shown = {
            "request": request,
            **found._asdict(),
            "route": None if found.route is None else _plain(found.route),
            "handler": None if found.handler is None else _full_name(found.handler),
            "allow": list(found.allow),
            "steps": steps,
        }
        print(json.dumps(shown, indent=2, default=str))
        return _code(found)
    print("\n".join(_story(found, f"{printable(method)} {printable(path)}")))
    if with_steps:
        print("\n" + "\n".join(_numbered(found.steps)))
    if found.location is not None:
        print()
        again = method, found.location, host
        return _match(app, *again, as_json=False, with_steps=with_steps)
    return _code(found)


def _code(found: Explanation) -> int:
    return 1 if (found.status or 0) >= 400 else 0


def _numbered(steps: Iterable[Step]) -> Iterator[str]:
    """Give a line for each step: what it may answer, what it does, and where it is."""
    rows = [
        (str(number), step.name, " ".join(map(str, step.refuses)), step)
        for number, step in enumerate(steps, 1)
    ]
    widths = [
        max(map(len, column)) for column in zip(*(row[:3] for row in rows), strict=True)
    ]
    for *texts, step in rows:
        number, name, refuses = texts
        place = "" if step.place is None else f"  ({_relative(step.place)})"
        start = f"  {number.rjust(widths[0])}  {name.ljust(widths[1])}"
        does = printable(step.does, _LONGEST)
        yield f"{start}  {refuses.ljust(widths[2])}  {does}{place}"


def _story(found: Explanation, request: str) -> Iterator[str]:
    """Give the lines that explain an answer."""
    yield request
    answer = _full_name(found.handler) if found.handler is not None else "?"
    if found.status is not None:
        answer = f"{found.status} {phrase(found.status)}"
    if found.location is not None:
        answer += f", to {found.location}"
    facts = [("answer", answer), ("why", found.reason)]
    route = found.route
    if route is not None:
        params = [f"{name} = {value!r}" for name, value in found.path_params.items()]
        facts += [
            ("route", route.path + f", named {route.name}" * bool(route.name)),
            ("resource", _full_name(route.endpoint)),
            ("parameters", ", ".join(params)),
            ("guards", " and ".join(map(repr, found.guards))),
            ("allow", ", ".join(found.allow)),
            ("written", _relative(route.place)),
        ]
    for name, fact in facts:
        if fact:
            yield f"  {name:<10}  {fact}"


def _relative(place: Place | None) -> str:
    """Give where something is written, short where it is below this directory."""
    if place is None:
        return ""
    file = Path(place.file)
    if file.is_relative_to(Path.cwd()):
        file = file.relative_to(Path.cwd())
    return f"{file}:{place.line}"


def _at(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"file": place.file, "line": place.line}


# explain ------------------------------------------------------------------------------


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "request",
        nargs="+",
        metavar="REQUEST",
        help=(
            "a method and a path (GET /books/3), or a path alone, or a method and a "
            "URI; WEBSOCKET is the handshake of one"
        ),
    )


def _explain(parsed: argparse.Namespace) -> int:
    """Show what answers a request, and each step on the way."""
    app = _router(parsed.app, factory=parsed.factory)
    request = _request(" ".join(parsed.request), "")
    return _match(app, *request, as_json=parsed.json, with_steps=True)


# check --------------------------------------------------------------------------------


# Characters of a message; those of a startup that fails are as long as they are.
_LONGEST: Final = 4000


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("json", "yaml"), help="of what is written")
    parser.add_argument(
        "--openapi",
        choices=("3.0", "3.1", "3.2"),
        default="3.1",
        help="the version of OpenAPI; by default 3.1",
    )
    parser.add_argument("--output", metavar="FILE", help="where to write it")
    parser.add_argument(
        "--check",
        metavar="FILE",
        help="say how a file differs from the application, and end with 1 if it does",
    )
    parser.add_argument(
        "--diff",
        nargs=2,
        metavar=("OLD", "NEW"),
        help=(
            "say what is different for clients, and end with 1 if it breaks them; "
            "each is a file or module:app"
        ),
    )


def _schema(parsed: argparse.Namespace) -> int:
    """Write the document of an application, or hold it against another one."""
    command: Any = _loaded("restlette.contrib.openapi.command")
    try:
        if parsed.diff is not None:
            return _diff(command, parsed)
        if parsed.app is None:
            raise CommandError("say where the application is: module:app")
        app = _router(parsed.app, factory=parsed.factory)
        document = command.document_of(app, parsed.openapi)
        if parsed.check is not None:
            found = command.difference(parsed.check, document)
            print(_printable_lines(found) or f"{parsed.check} is up to date")
            return 1 if found else 0
        form = parsed.format or command.format_of(parsed.output or "")
        text = command.written(document, form)
        if parsed.output is None:
            print(text, end="")
        else:
            Path(parsed.output).write_text(text, encoding="utf-8")
        return 0
    except (OSError, TypeError, ValueError) as exc:
        raise CommandError(str(exc)) from exc


def _diff(command: Any, parsed: argparse.Namespace) -> int:
    """Say what is different between two documents."""
    documents = []
    for place in parsed.diff:
        if Path(place).is_file():
            documents.append(command.read(place))
        else:
            app = _router(place, factory=parsed.factory)
            documents.append(command.document_of(app, parsed.openapi))
    changes = _loaded("restlette.contrib.openapi.diff").compare(*documents)
    for change in changes:
        print(f"{printable(str(change), _LONGEST)} [{change.pointer}]")
    if not changes:
        print("no difference")
    return 1 if any(change.breaking for change in changes) else 0


def _loaded(module: str) -> Any:
    """Import what needs an extra, when it is asked for."""
    try:
        return load(module, "schema", needed_by="restlette schema")
    except MissingExtra as exc:
        raise CommandError(str(exc)) from exc


def _printable_lines(text: str) -> str:
    """Give text from outside fit for a terminal, line by line."""
    return "\n".join(printable(line, _LONGEST) for line in text.splitlines())


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--strict", action="store_true", help="end with 1 for warnings, too"
    )
    parser.add_argument(
        "--ignore",
        metavar="ID",
        action="append",
        default=[],
        help="leave findings of this kind out; may be given again",
    )


def _check(parsed: argparse.Namespace) -> int:
    """Show what is probably wrong with an application."""
    found = _checked(parsed)
    if parsed.json:
        shown = [
            {
                "id": e.id,
                "severity": e.severity,
                "message": e.message,
                **_at_all(e.place),
            }
            for e in found
        ]
        print(json.dumps(shown, indent=2))
    else:
        for each in found:
            where = _relative(each.place) or parsed.app
            message = printable(each.message, _LONGEST)
            print(f"{where}: {each.severity}[{each.id}]: {message}")
        print(_summary(found))
    grave = [each for each in found if parsed.strict or each.severity == "error"]
    return 1 if grave else 0


def _checked(parsed: argparse.Namespace) -> list[Finding]:
    try:
        app = _router(parsed.app, factory=parsed.factory)
    except CommandError as exc:
        # An extra that is missing is what is looked for.
        cause = exc.__context__
        if not isinstance(cause, MissingExtra) or "missing-extra" in parsed.ignore:
            raise
        return [Finding("missing-extra", f"{cause}.", None)]
    module = sys.modules[_split(parsed.app)[0]]
    try:
        return check(app, file=module.__file__, ignore=parsed.ignore)
    except ValueError as exc:
        known = ", ".join(RULES)
        raise CommandError(f"--ignore: {exc} There are: {known}") from exc


def _at_all(place: Place | None) -> dict[str, Any]:
    return _at(place) or {"file": None, "line": None}


def _summary(found: Sequence[Finding]) -> str:
    """Say how much was found."""
    counts = [
        (sum(each.severity == severity for each in found), severity)
        for severity in ("error", "warning")
    ]
    told = [f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count]
    return ", ".join(told) or "nothing found"


# Plug-ins -----------------------------------------------------------------------------


def _run_plugins(name: str, arguments: list[str]) -> int:
    """Do a command that is none of ours: one of a plug-in of the application."""
    shown = printable(name)
    if not arguments or arguments[0].startswith("-"):
        raise CommandError(
            f"there is no command {shown}{did_you_mean(name, _COMMANDS)}; there are "
            f"{', '.join(_COMMANDS)}. One of an application's plug-ins needs the "
            f"application: restlette {shown} module:app"
        )
    # It may stand behind what is to be done with it: `graphql schema module:app`.
    target = next((word for word in arguments if ":" in word), arguments[0])
    arguments = [target, *(word for word in arguments if word is not target)]
    app = load_app(target, factory="--factory" in arguments)
    commands = _commands_of(app)
    if name not in commands:
        known = [*_COMMANDS, *commands]
        raise CommandError(
            f"there is no command {shown}{did_you_mean(name, known)}; with "
            f"{arguments[0]} there are: {', '.join(known)}"
        )
    command = commands[name]
    about = (inspect.getdoc(command) or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog=f"restlette {name}", description=about)
    _add_app(parser)
    command.add_arguments(parser)
    code: object = command.run(app, parser.parse_args(arguments))
    if type(code) is not int:
        if inspect.iscoroutine(code):
            code.close()
        raise TypeError(
            f"{type(command).__qualname__}.run returned {code!r}: it gives the exit "
            "code, a number; 0 where all is done."
        )
    return code


def _commands_of(app: object) -> dict[str, Command]:
    """Give the commands of an application's plug-ins, by name."""
    commands: dict[str, Command] = {}
    whose: dict[str, str] = dict.fromkeys(_COMMANDS, "restlette")
    for plugin in app.plugins if isinstance(app, Restlette) else ():
        mine: Mapping[str, Command] = getattr(plugin, "commands", {})
        for name, command in mine.items():
            owner = type(plugin).__qualname__
            if name in whose:
                raise CommandError(
                    f"the command {name} is {whose[name]}'s and {owner}'s: one of the "
                    "plug-ins has to call it something else"
                )
            whose[name] = owner
            commands[name] = command
    return commands


_COMMANDS: Final[
    Mapping[
        str,
        tuple[
            str,
            Callable[[argparse.ArgumentParser], None],
            Callable[[argparse.Namespace], int],
        ],
    ]
] = {
    "run": ("Run an application under a server.", _add_run, _run),
    "routes": ("Show the tree of an application's routes.", _add_routes, _routes),
    "schema": (
        "Write what an application is to its clients, in OpenAPI.",
        _add_schema,
        _schema,
    ),
    "check": ("Show what is probably wrong with an application.", _add_check, _check),
    "explain": (
        "Show what answers a request, and each step on the way.",
        _add_explain,
        _explain,
    ),
}
