"""Finding books: what of a text is compared with what somebody looks for."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Give a text without case and accents, so that `misérables` finds `MISERABLES`."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()
