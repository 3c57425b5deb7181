"""The one place that imports what may be absent.

The core has no hard dependency; a module that needs an extra calls `load` at its own
import and so fails there, with the remedy, and not in the middle of a request.
"""

from importlib import import_module
from typing import Any

__all__ = ["MissingExtra", "load"]


class MissingExtra(ImportError):
    """A package that an optional part needs is not installed.

    Args:
        package: The package that is absent.
        extra: The extra of restlette that brings it.
        needed_by: Who asked for it: a module or a class, as users know it.
    """

    def __init__(self, package: str, extra: str, needed_by: str) -> None:
        super().__init__(package, extra, needed_by, name=package)
        self.package = package
        self.extra = extra
        self.needed_by = needed_by

    def __str__(self) -> str:
        remedy = f'pip install "restlette[{self.extra}]"'
        return f"{self.needed_by} needs {self.package}: {remedy}"


def load(module: str, extra: str, *, needed_by: str) -> Any:
    """Import a module that may be absent.

    Args:
        module: The module's dotted name.
        extra: The extra of restlette that brings it.
        needed_by: Who asks, named in the error.

    Returns:
        The module.

    Raises:
        MissingExtra: The module, or a package that it is in, is not installed.
        ImportError: The module is there and one of its own imports fails: that is
            another fault with another remedy, so it is passed on as it is.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as exc:
        if exc.name is None or not f"{module}.".startswith(f"{exc.name}."):
            raise
        raise MissingExtra(module.partition(".")[0], extra, needed_by) from exc
