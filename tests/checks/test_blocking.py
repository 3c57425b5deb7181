"""What waits is found wherever it is called, and nowhere else."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from restlette.checks.blocking import check_function, is_own
from tests.checks.conftest import Write

IMPORTS = """
import asyncio, codecs, contextlib, functools, glob, io, os, pathlib, queue, select
import shutil, smtplib, socket, sqlite3, subprocess, threading, time, urllib.request
import http.client as client
import time as clock
from concurrent.futures import ThreadPoolExecutor
from os import system
from pathlib import Path
from subprocess import run as start
from time import sleep as nap
from urllib.request import urlopen
import requests
from requests import Session
from restlette import HTTPEndpoint
from restlette.concurrency import run_in_threadpool

pool = ThreadPoolExecutor()
HERE = Path(__file__).parent
exec("def made(): pass")
session = requests.Session()
lock = threading.Lock()
jobs = queue.Queue()
later = functools.partial(time.sleep, 1)
doze = time.sleep


def read_all():
    with open("x") as file:
        return file.read()


def through():
    return read_all()


def items():
    yield open("x")


async def fetch():
    return urlopen("http://localhost")


def loop_back(n=0):
    return loop_back(n)


class Store:
    kind = "store"
    connection: sqlite3.Connection

    def __init__(self, limit: int = 0) -> None:
        self.session = requests.Session()
        self.limit = limit

    @property
    def size(self): return 1

    def load(self):
        time.sleep(1)

    def quick(self):
        return self.limit
"""


def found_in(
    written: Write, body: str, head: str = "async def handler(request):"
) -> list[str]:
    lines = [f"    {line}" for line in body.strip("\n").split("\n")]
    module = written(IMPORTS + f"\n\n{head}\n" + "\n".join(lines) + "\n")
    return messages(module, module.handler)


def messages(module: ModuleType, function: Any, owner: Any = None) -> list[str]:
    found = list(check_function(function, "handler", owner))
    for each in found:
        assert each.id == "blocking-call"
        assert each.place is not None
        assert each.place.file == module.__file__
    return [each.message for each in found]


BLOCKING = [
    # realistic
    ("time.sleep(1)", "time.sleep"),
    ("clock.sleep(1)", "time.sleep"),
    ("nap(1)", "time.sleep"),
    ("doze(1)", "time.sleep"),
    ("later()", "time.sleep"),
    ("x = time.sleep\nx(1)", "time.sleep"),
    ("from time import sleep\nsleep(1)", "time.sleep"),
    ("import time as t\nt.sleep(1)", "time.sleep"),
    ("import os.path\nos.system('x')", "os.system"),
    ("requests.get('http://localhost')", "requests.get"),
    ("session.post('http://localhost')", "requests.sessions.Session.post"),
    ("s = Session()\ns.get('/')", "requests.sessions.Session"),
    ("with requests.Session() as s:\n    s.get('/')", "requests.Session"),
    ("with open('x') as f:\n    return f.read()", "open"),
    ("return io.open('x')", "open"),
    ("return [open(x) for x in request]", "open"),
    ("return await handle(open('x'))", "open"),
    ("urlopen('http://localhost')", "urllib.request.urlopen"),
    ("urllib.request.urlretrieve('x')", "urllib.request.urlretrieve"),
    ("client.HTTPConnection('localhost')", "http.client.HTTPConnection"),
    ("start(['ls'])", "subprocess.run"),
    ("subprocess.check_output(['ls'])", "subprocess.check_output"),
    ("system('ls')", "os.system"),
    ("os.popen('ls')", "os.popen"),
    ("sqlite3.connect(':memory:')", "sqlite3.connect"),
    ("socket.create_connection(('localhost', 1))", "socket.create_connection"),
    ("s = socket.socket()\ns.connect(1)", "socket.socket"),
    ("input()", "input"),
    ("smtplib.SMTP('localhost')", "smtplib.SMTP"),
    ("shutil.rmtree('x')", "shutil.rmtree"),
    ("Path('x').read_text()", "read_text of a path"),
    ("(HERE / 'x').write_bytes(b'')", "write_bytes of a path"),
    ("(HERE / 'x').open()", "open of a path"),
    ("(Path('a') / 'x').open()", "open of a path"),
    ("p = Path('a')\np.open()", "open of a path"),
    ("HERE.open()", "open of a path"),
    ("lock.acquire()", "_thread.lock.acquire"),
    ("jobs.get()", "queue.Queue.get"),
    ("await asyncio.to_thread(print, time.sleep(1))", "time.sleep"),
    ("if request:\n    for x in y:\n        time.sleep(x)", "time.sleep"),
    ("try:\n    time.sleep(1)\nfinally:\n    pass", "time.sleep"),
    ("asyncio.run(fetch())", "asyncio.run"),
    ("import gzip\ngzip.open('x')", "gzip.open"),
    ("import tarfile\ntarfile.open('x')", "tarfile.open"),
    ("pool.submit(fetch).result()", "ThreadPoolExecutor.submit.result"),
    # by way of the application's own functions
    ("read_all()", "by way of read_all, calls open"),
    ("through()", "by way of through, calls open"),
    ("await fetch()", "by way of fetch, calls urllib.request.urlopen"),
    ("Store().load()", "by way of Store.load, calls time.sleep"),
    ("store = Store()\nstore.load()", "by way of Store.load, calls time.sleep"),
    ("Store().session.get('/')", "requests.sessions.Session.get"),
    ("Store().connection.execute('x')", "sqlite3.Connection.execute"),
    ("def inner():\n    time.sleep(1)\ninner()", "by way of inner, calls time.sleep"),
    (
        "async def events():\n    yield nap(1)\nreturn events()",
        "by way of events, calls time.sleep",
    ),
    ("def a():\n    def b():\n        nap(1)\n    b()\na()", "by way of a, calls"),
]


@pytest.mark.parametrize(("body", "name"), BLOCKING)
def test_what_waits_is_found(written: Write, body: str, name: str) -> None:
    first, *_ = found_in(written, body)
    assert f"calls {name}" in first or name in first
    assert "stops every other request" in first
    assert " Write " in first


CLEAN = [
    "await asyncio.sleep(1)",
    "await run_in_threadpool(time.sleep, 1)",
    "await asyncio.to_thread(read_all)",
    "await run_in_threadpool(lambda: open('x').read())",
    "def inner():\n    time.sleep(1)\nawait run_in_threadpool(inner)",
    "later = functools.partial(time.sleep, 1)\nawait run_in_threadpool(later)",
    "class Inner:\n    def f(self):\n        time.sleep(1)",
    "def inner():\n    yield open('x')\nreturn inner()",
    "return items()",
    "await request.read_text()",
    "time.monotonic()",
    "open = request\nopen('x')",
    "request.open('x')",
    "x, y = open, 1\nx(y)",
    "time = request\ntime.sleep(1)",
    "async with request.open('x') as f:\n    await f.read()",
    "for time in request:\n    time.sleep(1)",
    "return subprocess.CalledProcessError(1, 'x')",
    "return requests.exceptions.ConnectionError()",
    "urllib.request.Request('http://localhost')",
    "socket.gethostname()",
    "with lock:\n    pass",
    "Store().quick()",
    "Store().size()",
    "Store().missing()",
    "Store().limit.bit_length()",
    "loop_back()",
    "pool.submit(time.sleep, 1)",
    "made()",
    "unknown.thing()",
    "(lambda: 1)()",
    "request.x[0]()",
    "('x' + 'y').join([])",
    "import missing_module\nmissing_module.open('x')",
    "from . import missing_module\nmissing_module.open('x')",
    "time.no_such_thing()",
    "raise ValueError('x')",
    "return dict(a=1)",
]


@pytest.mark.parametrize("body", CLEAN)
def test_what_does_not_wait_is_not_told(written: Write, body: str) -> None:
    assert found_in(written, body) == []


def test_a_plain_function_has_a_thread(written: Write) -> None:
    assert found_in(written, "time.sleep(1)", "def handler(request):") == []


def test_what_has_no_source_is_left_alone() -> None:
    source: dict[str, Any] = {}
    exec("async def handler(request): open('x')", source)
    assert list(check_function(source["handler"], "handler")) == []


def test_parameters_are_what_they_are_annotated_as(written: Write) -> None:
    head = "async def handler(request, store: Store, *rest, db: 'sqlite3.Connection'):"
    found = found_in(written, "store.load()\ndb.execute('x')\nrest.open()", head)
    assert len(found) == 2
    head = "async def handler(request, store: 'Unknown', open=None):"
    assert found_in(written, "store.load()\nopen()", head) == []


def test_what_a_resource_has_is_known(written: Write) -> None:
    """Dependencies by their annotations, functions of the class by their names."""
    module = written(
        IMPORTS
        + """
class Books(HTTPEndpoint):
    store: Store
    db: sqlite3.Connection

    async def get(self, request):
        self.store.load()
        self.db.execute("x")
        self.prepare_it()
        return self.db_name

    def prepare_it(self):
        nap(1)
"""
    )
    found = messages(module, module.Books.get, module.Books)
    assert [each.partition(" calls ")[2].partition(",")[0] for each in found] == [
        "time.sleep",
        "sqlite3.Connection.execute",
        "time.sleep",
    ]


def test_closures_are_looked_into(written: Write) -> None:
    module = written(
        IMPORTS
        + """
def make():
    wait = time.sleep
    async def handler(request):
        wait(1)
        not_yet(1)
    found = handler
    return found
    not_yet = 1


def giving() -> Store: ...


async def handler(request):
    giving().load()


async def wrong(request):
    broken().load()


def broken() -> "Nothing": ...
"""
    )
    assert len(messages(module, module.make())) == 1
    assert len(messages(module, module.handler)) == 1
    assert messages(module, module.wrong) == []


def test_functions_that_are_wrapped_are_looked_at(written: Write) -> None:
    module = written(
        IMPORTS
        + """
def logged(function):
    @functools.wraps(function)
    async def inner(request):
        return await function(request)
    return inner

@logged
async def handler(request):
    nap(1)

class Local:
    def make(self):
        class Inner:
            def load(self):
                nap(1)
        return Inner

inner = Local().make()()

async def other(request):
    inner.load()
"""
    )
    assert len(messages(module, module.handler)) == 1
    assert len(messages(module, module.other)) == 1


def test_what_is_installed_is_not_an_applications_own(written: Write) -> None:
    assert not is_own(check_function)
    assert not is_own(pytest.raises)
    assert not is_own(len)
    assert is_own(written("def f(): ...").f)
