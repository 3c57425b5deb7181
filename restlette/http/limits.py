"""How much of a request is taken: the limits, on by default.

The story starts with `Limits`, a value with one figure a subject. An application, a
router and a route each may override single figures (`limits={"body": 10_000_000}`);
what they do not name they inherit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from restlette.suggestions import did_you_mean

__all__ = ["DEFAULT_LIMITS", "Limits", "check_figures"]


class Limits(NamedTuple):
    """What one request may hold.

    Attributes:
        body: Bytes of the request's content; more is answered 413.
        headers: Number of header fields; more is answered 431.
        query_parameters: Number of parameters in the query; more is answered 400.
        cookies: Bytes of the Cookie fields that are looked at; the rest is ignored.
        message: Bytes of one WebSocket message; a longer one closes with 1009.
        multipart: Bytes of a multipart form as it arrives, which `body` does not count;
            more is answered 413.
        form_fields: Number of fields of a form that are text; more is answered 400.
        form_files: Number of files in a form; more is answered 400.
        form_text: Bytes of one field that is text; more is answered 413.
        part_headers: Number of header fields of a part of a multipart form; more is
            answered 400.
        part_header: Bytes of one of these, its name included; more is answered 400.
        decompressed: Bytes of content once its coding (gzip, deflate) is undone; more
            is answered 413. With 0 no coding is taken, which is answered 415.
    """

    body: int = 1_048_576
    headers: int = 200
    query_parameters: int = 1000
    cookies: int = 8192
    message: int = 1_048_576
    multipart: int = 16_777_216
    form_fields: int = 1000
    form_files: int = 100
    form_text: int = 1_048_576
    part_headers: int = 16
    part_header: int = 4096
    decompressed: int = 0

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
        return self._replace(**check_figures(figures, self._fields, "limits"))


def check_figures(
    figures: Mapping[str, object], names: Collection[str], kind: str
) -> dict[str, int]:
    """Make sure that figures are those of limits.

    Args:
        figures: The figures by name.
        names: The names of the limits.
        kind: What these are, for the error's sentence.

    Returns:
        The figures.

    Raises:
        TypeError: A name is not that of a limit.
        ValueError: A figure is not a whole number of 0 or more.
    """
    checked: dict[str, int] = {}
    for name, figure in figures.items():
        if name not in names:
            raise TypeError(
                f"there is no limit named {name!r}{did_you_mean(name, names)}; "
                f"{kind} are: {', '.join(names)}."
            )
        if not isinstance(figure, int) or isinstance(figure, bool) or figure < 0:
            raise ValueError(
                f"the limit {name!r} is a whole number of 0 or more, not {figure!r}."
            )
        checked[name] = figure
    return checked


DEFAULT_LIMITS = Limits()
