"""How much of a request is taken: the limits, on by default.

The story starts with `Limits`, a value with one figure a subject. An application, a
router and a route each may override single figures (`limits={"body": 10_000_000}`);
what they do not name they inherit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from restlette.suggestions import did_you_mean

__all__ = ["DEFAULT_LIMITS", "Limits"]


class Limits(NamedTuple):
    """What one request may hold.

    Attributes:
        body: Bytes of the request's content; more is answered 413.
        headers: Number of header fields; more is answered 431.
        query_parameters: Number of parameters in the query; more is answered 400.
        cookies: Bytes of the Cookie fields that are looked at; the rest is ignored.
        message: Bytes of one WebSocket message; a longer one closes with 1009.
    """

    body: int = 1_048_576
    headers: int = 200
    query_parameters: int = 1000
    cookies: int = 8192
    message: int = 1_048_576

    def override(self, figures: Mapping[str, object] | None) -> Limits:
        """Give these limits with some figures replaced.

        Args:
            figures: New figures by name, or None for no change.

        Returns:
            The limits that hold below the place that overrides them.

        Raises:
            TypeError: A name is not that of a limit.
            ValueError: A figure is not a whole number of 0 or more.
        """
        if not figures:
            return self
        checked: dict[str, int] = {}
        for name, figure in figures.items():
            if name not in self._fields:
                raise TypeError(
                    f"there is no limit named {name!r}"
                    f"{did_you_mean(name, self._fields)}; limits are: "
                    f"{', '.join(self._fields)}."
                )
            if not isinstance(figure, int) or isinstance(figure, bool) or figure < 0:
                raise ValueError(
                    f"the limit {name!r} is a whole number of 0 or more, "
                    f"not {figure!r}."
                )
            checked[name] = figure
        return self._replace(**checked)


DEFAULT_LIMITS = Limits()
