"""Every example in the documents is run: README.md and docs/*.md.

How a page is run. Its blocks are taken in order and share one namespace and one
empty directory:

* ```python: executed, its asserts counting even under `python -O`; each function
  called `test_…` that it defines is then called. A block whose first line is a
  comment with a file's name (`# app.py`) is that file instead, written into the
  directory; a file called `test_….py` is imported, and its tests called.
* ```pycon: a doctest in the same namespace.
* ```console and ```sh: commands (after `$ ` in the former), run in that directory
  with this Python's programs first in PATH. What stands below a command is what it
  must print; a line `...` stands for any lines. A command that ends in ` &` is a
  server: it is given a free port, waited for, and ended with the page; later
  commands that name the port of the page reach it there.

Commands that would install something, or run what is running this, are not run:
NOT_RUN says for each what is checked in its place.
"""

import asyncio
import doctest
import inspect
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.modern import modern
from tests.test_packaging import setup_cfg

ROOT = Path(__file__).resolve().parent.parent

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# Languages that are run, and those that are there to be read. Any other is a typing
# mistake that would hide an example from this file.
RUN = {"python", "pycon", "console", "sh"}
READ = {"css", "diff", "html", "http", "ini", "json", "text", "toml", "yaml"}

# The port that the documents speak of, which a reader's server has.
PORT = "8000"

# What a page needs around it, for it speaks of other versions than those installed.
AROUND: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "graphql-parts.md": modern
}

SERVER_STARTS = 15.0  # seconds
COMMAND_ENDS = 60.0  # seconds


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    text: str
    line: int

    def padded(self) -> str:
        """The text on the lines that it has in the page, for tracebacks."""
        return "\n" * self.line + self.text

    def file_name(self) -> str | None:
        """The file that the block is, if it is one."""
        found = re.match(r"# ([\w/]+\.\w+)\n", self.text)
        return found[1] if found else None


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page; one in a list or a quote stands indented."""
    fence: tuple[int, str, str, int] | None = None
    inside: list[str] = []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        found = re.match(r"( *)(`{3,})(.*)$", line)
        if fence is None and found:
            fence = (len(found[1]), found[2], found[3].strip(), number)
            inside = []
        elif fence is not None and found and line.strip() == fence[1]:
            yield Block(page, fence[2], "".join(inside), fence[3])
            fence = None
        elif fence is not None:
            inside.append(line[fence[0] :] + "\n")
    assert fence is None, f"{page.name}:{fence[3]}: a block that does not end"


def extras_exist(command: str) -> None:
    """`pip install "restlette[a,b]"` names extras that setup.cfg has."""
    for names in re.findall(r"restlette\[([^\]]*)\]", command):
        for name in names.split(","):
            assert name.strip() in setup_cfg()["options.extras_require"], command


def script_is_there(command: str) -> None:
    """A script of the project's that cannot run inside of itself can be executed."""
    script = ROOT / command.split()[0]
    assert os.access(script, os.X_OK), command


NOT_RUN: dict[str, Callable[[str], None]] = {
    "pip install": extras_exist,
    "python3 -m pip install": extras_exist,
    "scripts/test": script_is_there,
    "scripts/run": script_is_there,
    "scripts/bench": script_is_there,
    "git clone": lambda command: None,
}


def commands(block: Block) -> Iterator[tuple[str, list[str] | None]]:
    """The commands of a block, each with the lines that it must print.

    A block of the language sh shows no output, so that none is asked for.
    """
    if block.language == "sh":
        joined = block.text.replace("\\\n", " ")
        for line in joined.splitlines():
            if line.strip() and not line.startswith("#"):
                yield line.strip(), None
        return
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert parts[0].strip() == "", f"line {block.line}: output before a command"
    for part in parts[1:]:
        command, *output = re.sub(r"\\\n(> )?", " ", part).splitlines()
        yield command.strip(), [line.rstrip() for line in output]


def agrees(printed: list[str], wanted: list[str]) -> bool:
    """Whether a command printed what the page shows; `...` is any lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "..." else re.escape(line) + r"\n" for line in wanted
    )
    text = "".join(line.rstrip() + "\n" for line in printed)
    return re.fullmatch(pattern, text) is not None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Shell:
    """Runs the commands of one page, and ends the servers that it started."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.servers: list[subprocess.Popen[bytes]] = []
        programs = [str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join(programs),
            "PYTHONPATH": str(ROOT),
            "UVICORN_PORT": str(self.port),
            "no_proxy": "127.0.0.1",
        }

    def run(self, command: str) -> list[str]:
        """Run a command to its end; the lines that it printed."""
        program = command.split()[0]
        if shutil.which(program, path=self.environment["PATH"]) is None:
            pytest.skip(f"{program} is not on this machine")
        if program == "curl":
            command = command.replace("curl", "curl --silent --show-error", 1)
        done = subprocess.run(
            ["sh", "-c", command.replace(f":{PORT}", f":{self.port}")],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_ENDS,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}"
        return done.stdout.replace(f":{self.port}", f":{PORT}").splitlines()

    def serve(self, command: str) -> None:
        """Start a server and wait until it can be reached."""
        command = re.sub(rf"\b{PORT}\b", str(self.port), command.removesuffix("&"))
        log = self.directory / f"server-{len(self.servers)}.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],
                cwd=self.directory,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.servers.append(server)
        end = time.monotonic() + SERVER_STARTS
        while not answers(self.port):
            said = f"$ {command}\n{log.read_text('utf-8')}"
            assert server.poll() is None, f"ended at once: {said}"
            assert time.monotonic() < end, f"cannot be reached: {said}"
            time.sleep(0.05)

    def close(self) -> None:
        for server in self.servers:
            server.send_signal(signal.SIGINT)
        for server in self.servers:
            server.wait(SERVER_STARTS)


class Page:
    """One page being run: its namespace, its directory, its commands."""

    def __init__(self, path: Path, directory: Path) -> None:
        self.module = ModuleType(f"page_{path.stem}")
        self.directory = directory
        self.shell = Shell(directory)

    def run(self, block: Block) -> None:
        place = f"{block.page.relative_to(ROOT)}:{block.line}"
        assert block.language in RUN | READ, f"{place}: what is {block.language!r}?"
        name = block.file_name()
        if name is not None:
            file = self.directory / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
            if not file.name.startswith("test_"):
                return
        if block.language == "python":
            self.python(block)
        elif block.language == "pycon":
            self.pycon(block)
        elif block.language in ("console", "sh"):
            self.console(block)

    def python(self, block: Block) -> None:
        namespace = self.module.__dict__
        before = dict(namespace)
        code = compile(block.padded(), str(block.page), "exec", optimize=0)
        exec(code, namespace)
        for name, value in list(namespace.items()):
            if name.startswith("test_") and before.get(name) is not value:
                result = value()
                if inspect.iscoroutine(result):
                    asyncio.run(result)

    def pycon(self, block: Block) -> None:
        parser = doctest.DocTestParser()
        namespace = self.module.__dict__
        test = parser.get_doctest(
            block.text, namespace, block.page.name, str(block.page), block.line
        )
        said: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=said.append, clear_globs=False)
        assert runner.failures == 0, "".join(said)
        namespace.update(test.globs)

    def console(self, block: Block) -> None:
        for command, wanted in commands(block):
            checks = [NOT_RUN[each] for each in NOT_RUN if command.startswith(each)]
            if checks:
                checks[0](command)
            elif command.endswith("&"):
                self.shell.serve(command)
            else:
                printed = self.shell.run(command)
                if wanted is not None:
                    assert agrees(printed, wanted), "\n".join(
                        [f"$ {command}", *printed]
                    )


@contextmanager
def running(path: Path, directory: Path) -> Iterator[Page]:
    """A page whose files can be imported and whose servers end with it."""
    page = Page(path, directory)
    modules = set(sys.modules)
    sys.path.insert(0, str(directory))
    sys.modules[page.module.__name__] = page.module
    try:
        yield page
    finally:
        page.shell.close()
        sys.path.remove(str(directory))
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(str(directory)) or name == page.module.__name__:
                del sys.modules[name]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_does_what_it_says(path: Path, tmp_path: Path) -> None:
    with AROUND.get(path.name, nullcontext)(), running(path, tmp_path) as page:
        for block in blocks(path):
            page.run(block)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_link_leads_somewhere(path: Path) -> None:
    """A relative link of a page leads to a file of the project."""
    text = re.sub(r"^( *)```.*?^\1```$", "", path.read_text("utf-8"), flags=re.M | re.S)
    text = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", text)  # code in a line
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:|#", link):
            assert (path.parent / link.split("#")[0]).exists(), link


# --- the reader above, held to small pages of its own


def page_of(tmp_path: Path, text: str) -> list[Block]:
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")
    return list(blocks(page))


def test_blocks_are_found_with_their_lines(tmp_path: Path) -> None:
    found = page_of(tmp_path, "a\n```python\n1\n```\n* b\n\n  ```sh\n  ls\n  ```\n")
    assert [(each.language, each.text, each.line) for each in found] == [
        ("python", "1\n", 2),
        ("sh", "ls\n", 7),
    ]


def test_a_block_that_does_not_end_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="does not end"):
        page_of(tmp_path, "```python\n1\n")


def test_commands_come_with_what_they_print(tmp_path: Path) -> None:
    [block] = page_of(tmp_path, "```console\n$ a \\\n> b\nc\n$ d\n```\n")
    assert list(commands(block)) == [("a  b", ["c"]), ("d", [])]


@pytest.mark.parametrize(
    ("printed", "wanted", "same"),
    [
        (["a"], ["a"], True),
        (["a"], ["b"], False),
        (["a", "b"], ["a"], False),
        (["a", "b", "c"], ["a", "...", "c"], True),
        (["a", "c"], ["a", "...", "c"], True),
        (["a.c"], ["abc"], False),
        ([], [], True),
    ],
)
def test_dots_stand_for_any_lines(
    printed: list[str], wanted: list[str], same: bool
) -> None:
    assert agrees(printed, wanted) is same


def test_an_example_that_is_wrong_is_found(tmp_path: Path) -> None:
    """An assert, a test function and a doctest fail; so does a command's output."""
    page = tmp_path / "page.md"
    for text in (
        "```python\nassert 1 == 2\n```",
        "```python\ndef test_a():\n    assert False\n```",
        "```python\nasync def test_a():\n    assert False\n```",
        "```pycon\n>>> 1\n2\n```",
        "```console\n$ echo a\nb\n```",
        "```sh\nfalse\n```",
        "```pyhton\n1\n```",
        '```sh\npip install "restlette[nothing]"\n```',
    ):
        page.write_text(text + "\n", "utf-8")
        with running(page, tmp_path) as run, pytest.raises(AssertionError):
            for block in blocks(page):
                run.run(Block(ROOT / "README.md", block.language, block.text, 1))
