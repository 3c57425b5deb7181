"""Modules that are imported when they are first used, not when they are named.

`import restlette` is paid for by every worker, every test run and every call of the
command line. Some of what the package needs once it runs is dear to import (asyncio
alone costs more than all that is left) and, at that time, has been imported by the
server in any case. Such a module is named like this, which keeps its types:

    if TYPE_CHECKING:
        import asyncio
    else:
        asyncio = Deferred("asyncio")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Deferred"]


class Deferred:
    """A module of the standard library that is imported when it is first used.

    `importlib.util.LazyLoader` would not do: it changes what every other importer in
    the process gets, and it does not stand two threads at the first use.

    Args:
        name: The module's full name.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"Deferred({self._name!r})"

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(import_module(self._name), attribute)
        # PERF: the next look-up finds the value here and does not come this way.
        self.__dict__[attribute] = value
        return value
