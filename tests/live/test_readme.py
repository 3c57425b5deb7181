"""What the bookshop's README says of each curl line is what happens."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import requests

import examples.bookshop
from tests.live.server import ROOT, Server
from tests.live.test_bookshop import send
from tests.live.wire import TIMEOUT

README = Path(examples.bookshop.__file__).with_name("README.md")

CURL = argparse.ArgumentParser()
CURL.add_argument("url")
CURL.add_argument("-i", action="store_true")
CURL.add_argument("-I", dest="method", action="store_const", const="HEAD")
CURL.add_argument("-X", dest="method")
CURL.add_argument("-H", dest="fields", action="append", default=[])
CURL.add_argument("-d", dest="form")
CURL.add_argument("--json")
CURL.add_argument("-F", dest="file")
CURL.add_argument("-N", action="store_true")
CURL.add_argument("-r", dest="range")

# A picture that the reader is to have.
FILES = {"cover.png": b"\x89PNG\r\n\x1a\n" + bytes(1000)}


def commands() -> list[tuple[str, int]]:
    """Give the curl lines, each with the status that its comment begins with."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    # A command goes on in lines that are indented.
    lines = re.findall(r"^curl .*(?:\n  .*)*", "\n".join(blocks), re.M)
    found = []
    for line in lines:
        command, _, comment = line.rpartition(" # ")
        status = re.match(r"[0-9]{3}", comment.strip()) if command else None
        found.append((command or line, int(status[0]) if status else 200))
    return found


def run(shop: Server, command: str) -> int:
    """Do what a curl command asks for, and give the status of the answer."""
    command = command.replace("$key", "Authorization: Bearer seller")
    words = shlex.split(command.replace("$shop", f"{shop.url}/books"))[1:]
    options = CURL.parse_args(words)
    fields = dict(field.split(": ", 1) for field in options.fields)
    content = options.form or options.json
    if content is not None:
        form = "application/x-www-form-urlencoded"
        fields = {name.lower(): value for name, value in fields.items()}
        fields.setdefault("content-type", form if options.form else "application/json")
        content = content.encode()
    if options.range is not None:
        fields["range"] = f"bytes={options.range}"
    files = None if options.file is None else chosen(options.file)
    sends = content is not None or files is not None
    method = options.method or ("POST" if sends else "GET")
    target = options.url.removeprefix(shop.url)
    if options.N:
        return status_of(shop, target, fields)
    # What the command does not send is not sent.
    fields = {"authorization": None, **fields}
    return send(shop, method, target, headers=fields, data=content, files=files).status


def chosen(field: str) -> dict[str, tuple[str, bytes]]:
    """Give the file that a field of a form, `name=@path`, is to send."""
    name, _, path = field.partition("=@")
    content = FILES[path] if path in FILES else (ROOT / path).read_bytes()
    return {name: (path, content)}


def status_of(shop: Server, target: str, fields: dict[str, str]) -> int:
    """Give the status of an answer that has no end."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            shop.url + target, headers=fields, timeout=TIMEOUT, stream=True
        )
        with answer:
            return answer.status_code


def test_every_line_is_answered_as_its_comment_says(new_shop: Server) -> None:
    asked = [(command, run(new_shop, command)) for command, _ in commands()]
    assert asked == commands()
    assert {status for _, status in asked} >= {200, 201, 204, 404, 405, 406, 409, 422}
