"""Secret keys, as applications give them: checked when they come, and never shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from restlette.config import Secret

__all__ = ["checked_keys"]

# Characters: of a key in hexadecimal digits that is 64 bits.
_SHORTEST: Final = 16
# Fewer different ones are a pattern and no key.
_FEWEST: Final = 6

_MAKE_ONE: Final = 'python -c "import secrets; print(secrets.token_hex(32))" makes one.'


def checked_keys(
    secret_key: str | Secret | Iterable[str | Secret], what: str
) -> tuple[str, ...]:
    """Give the keys: what is signed with the first of them, all are accepted for.

    Args:
        secret_key: One key, or several, the newest first.
        what: Who asks for them, for the error.

    Raises:
        ValueError: There is none, or one that can be guessed. The message does not show
            it.
        TypeError: A key is something else than text.
    """
    given = [secret_key] if isinstance(secret_key, str | Secret) else list(secret_key)
    if not given:
        raise ValueError(f"{what} needs a secret_key. {_MAKE_ONE}")
    return tuple([_checked(each, what) for each in given])


def _checked(key: object, what: str) -> str:
    if not isinstance(key, str | Secret):
        raise TypeError(
            f"{what}: secret_key is text, or several texts, the newest first; not "
            f"{type(key).__name__}."
        )
    text = str(key)
    if len(text) < _SHORTEST or len(set(text)) < _FEWEST:
        raise ValueError(
            f"{what}: secret_key has {len(text)} characters, {len(set(text))} of them "
            f"different, and can be guessed. {_MAKE_ONE}"
        )
    return text
