"""The application below a path, where a proxy in front of the server puts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.server import COMMANDS, Server, serving
from tests.live.wire import converse
from tests.servers.conftest import COMPLAINTS
from tests.servers.differences import Each, of
from tests.servers.test_http import send

# What the option is called.
OPTION = Each("--root-path", granian="--url-path-prefix")

# Whether a path that still begins with the root path is taken as well: uvicorn puts the
# root path in front of whatever comes.
WHOLE = Each(200, h11=404, httptools=404)


def assert_below(server: Server, status: int, root: str) -> None:
    """Assert what is answered to paths that begin with something."""
    links = send(server, f"GET {root}/links")
    redirect = send(server, f"GET {root}/slash")
    segment = send(server, f"GET {root}/things/a%2Fb")
    with converse(server, f"{root}/ws/handshake") as socket:
        handshake = socket.answer.status
    if status != 200:
        found = {links.status, redirect.status, segment.status, handshake}
        assert found == {status}
        return
    assert links.json() == {
        "item": "http://shop.example/api/items/3",
        "links": "http://shop.example/api/links",
        "url": "http://shop.example/api/links",
        "base": "http://shop.example/api/",
    }
    assert redirect.headers["location"] == "/api/slash/"
    assert segment.json()["name"] == "a/b"
    assert handshake == 101


@pytest.mark.parametrize("name", COMMANDS)
def test_links_and_redirects_stay_below_the_root_path(
    name: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    option = OPTION.named(name)
    app, options = "tests.servers.app:app", [option, "/api"]
    with serving(app, name, log, options=options, complaints=COMPLAINTS) as server:
        assert_below(server, 200, "")
        assert_below(server, of(WHOLE, server), "/api")
        # mount-116: a path that only begins like it is not below it.
        assert send(server, "GET /apix/links").status == 404
