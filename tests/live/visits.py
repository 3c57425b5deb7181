"""An application that counts what each of its visitors has done."""

from __future__ import annotations

import os
from typing import Any

from restlette import Request, Restlette
from restlette.contrib.sessions import (
    RedisStore,
    Sessions,
    SessionStore,
    SQLiteStore,
)


def store() -> SessionStore:
    """Give the store that the environment names."""
    where = os.environ.get("VISITS", "")
    if where.startswith("unix:"):
        return RedisStore(where)
    return SQLiteStore(where)


app = Restlette()
sessions = Sessions(store(), timeout=1.0)
app.install(sessions)


@app.route("/", methods=["GET"])
async def show(request: Request) -> dict[str, Any]:
    """Tell what the visitor has done."""
    return dict(request.session)


@app.route("/do/{name}/{what}", methods=["POST"])
async def do(request: Request, name: str, what: str) -> dict[str, Any]:
    """Take note of what the visitor does."""
    request.session["name"] = name
    request.session.setdefault("done", {})[what] = os.getpid()
    return {"pid": os.getpid()}
