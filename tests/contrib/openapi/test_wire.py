"""The wire: what an application answers is in its document, whatever it is asked."""

import re
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from restlette.contrib.openapi import describe
from restlette.testing import TestClient
from tests.contrib.openapi.shop import app

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# A path whose parameter is none leads nowhere, whatever is declared of it.
STRAY = "404"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation whose path is a path of URLs, by method and template."""
    found = []
    for path, item in describe(app, title="Shop", version="1")["paths"].items():
        # Those of another host, and those told apart by a name, are not asked.
        if "#" in path or "__" in path:
            continue
        found += [
            (method.upper(), path, item[method]) for method in METHODS if method in item
        ]
        found += [
            (method, path, each)
            for method, each in item.get("x-additionalOperations", {}).items()
        ]
    return found


def one_of(*values: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


values = st.sampled_from(["1", "0", "999", "x", "-1", "1.5", "a/b", "é"])
fields = st.fixed_dictionaries(
    {
        "Accept": one_of("*/*", "application/json", "image/png", "text/html"),
        "Content-Type": one_of(
            "application/json",
            "application/merge-patch+json",
            "application/x-www-form-urlencoded",
            "text/plain",
        ),
        "If-None-Match": one_of("*", '"1"', "bad"),
        "If-Match": one_of("*", '"1"', "bad"),
        "Range": one_of("bytes=0-1", "bytes=999999-"),
        "Authorization": one_of("Bearer x", "Basic eDp5", "Bearer"),
    }
)
contents = st.sampled_from(
    [None, b"{}", b"{", b"[]", b'{"title": "a", "price": 1}', b"a=1", b"\xff"]
)
queries = st.sampled_from(["", "?limit=0", "?limit=a", "?page=2", "?sort=zz", "?x=1"])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(operations()), st.data())
def test_every_answer_is_declared(told, data) -> None:
    method, path, operation = told
    target = re.sub(r"{[^}]*}", lambda _: quote(data.draw(values), safe=""), path)
    headers = {k: v for k, v in data.draw(fields).items() if v is not None}
    answer = TestClient(app, raise_server_exceptions=False).request(
        method,
        target + data.draw(queries),
        headers=headers,
        data=data.draw(contents),
        allow_redirects=False,
    )
    status = str(answer.status_code)
    responses = operation["responses"]
    declared = (
        responses.get(status)
        or responses.get(f"{status[0]}XX")
        or responses.get("default")
    )
    if declared is None:
        assert (status, "{" in path) == (STRAY, True)
        return
    if answer.content and "content" in declared:
        media_type = answer.headers["content-type"].partition(";")[0]
        assert {media_type, "*/*"} & declared["content"].keys()
