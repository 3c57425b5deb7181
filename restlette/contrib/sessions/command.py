"""`restlette sessions list|clear module:app`: what is in an application's store."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from restlette.http.printable import printable

if TYPE_CHECKING:
    from restlette.contrib.sessions.server import Sessions

__all__ = ["SessionsCommand"]


class SessionsCommand:
    """List the sessions of an application, or end them.

    Args:
        sessions: What sessions there are.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments."""
        parser.add_argument("action", choices=("list", "clear"), help="what to do")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--user", help="those of a user alone")
        which.add_argument(
            "--all", action="store_true", help="clear: all, and not those that are over"
        )

    def run(self, app: object, arguments: argparse.Namespace) -> int:
        """List or clear, and give 0."""
        work = self._list if arguments.action == "list" else self._clear
        asyncio.run(self._closing(work(arguments)))
        return 0

    async def _closing(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            await self._sessions.store.close()

    async def _list(self, arguments: argparse.Namespace) -> None:
        count = 0
        async for each in self._sessions.all(arguments.user):
            count += 1
            user = printable(each.user or "-", 40)
            print(
                f"{each.key[:12]}  {_date(each.created)}  {_date(each.expires)}  {user}"
            )
        print(f"{count} sessions" if count != 1 else "1 session")

    async def _clear(self, arguments: argparse.Namespace) -> None:
        sessions = self._sessions
        if arguments.user is not None:
            count = await sessions.revoke(arguments.user)
        elif arguments.all:
            keys = [each.key async for each in sessions.all()]
            for key in keys:
                await sessions.ask(sessions.store.delete(key))
            count = len(keys)
        else:
            count = await sessions.delete_expired()
        print(f"{count} sessions cleared" if count != 1 else "1 session cleared")


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
