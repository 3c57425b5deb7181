"""An application that counts what each of its visitors has done."""

from __future__ import annotations

import asyncio
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


# Seconds that the store is waited for.
TIMEOUT = 1.0

app = Restlette()
when_down: Any = os.environ.get("VISITS_WHEN_DOWN", "refuse")
sessions = Sessions(store(), timeout=TIMEOUT, when_down=when_down)
app.install(sessions)


@app.route("/", methods=["GET"])
async def show(request: Request) -> dict[str, Any]:
    """Tell what the visitor has done."""
    return dict(request.session)


@app.route("/figures", methods=["GET"])
async def figures(request: Request) -> dict[str, int]:
    """Tell what the process has under way."""
    return {"pid": os.getpid(), "tasks": len(asyncio.all_tasks())}


@app.route("/do/{name}/{what}", methods=["POST"])
async def do(request: Request, name: str, what: str) -> dict[str, Any]:
    """Take note of what the visitor does, and tell whose session that is in."""
    whose = request.session.setdefault("name", name)
    request.session.setdefault("done", {})[what] = os.getpid()
    return {"pid": os.getpid(), "name": whose, "what": what}
