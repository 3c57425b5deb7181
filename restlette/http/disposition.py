"""Content-Disposition: the name under which a client saves what it gets (RFC 6266)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from restlette.http.methods import is_token

__all__ = ["content_disposition"]

# RFC 6266 §4.1:
#   content-disposition = "Content-Disposition" ":" disposition-type
#                         *( ";" disposition-parm )
#   filename-parm       = "filename" "=" value | "filename*" "=" ext-value
# RFC 8187 §3.2.1:
#   ext-value  = charset "'" [ language ] "'" value-chars
#   attr-char  = ALPHA / DIGIT / "!" / "#" / "$" / "&" / "+" / "-" / "." / "^" / "_"
#              / "`" / "|" / "~"
_ATTR_CHARS: Final = "!#$&+-.^_`|~"

# What a file system takes as the bytes of a name, nearly everywhere.
_LONGEST: Final = 255

# SECURITY: controls would end the field or hide in the name; a mark of direction turns
# "gpj.exe" into "exe.jpg" on the screen; a lone surrogate has no UTF-8.
_unshowable = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff]"
).sub
# RFC 6266 appendix D: no "%" before hexadecimal digits, and no quoted-pair, in the form
# for old clients: some decode the one, some do not know the other.
_unquotable = re.compile(r'[^\x20-\x7e]|["%\\]').sub


def content_disposition(filename: str, type: str = "attachment") -> str:
    """Give the value of a Content-Disposition field.

    Args:
        filename: The name to save under. Of a path the last segment is taken; what a
            name cannot hold becomes ``_``; a long one is cut, its extension kept.
        type: "attachment" to save, "inline" to show.

    Returns:
        The name as a quoted string in ASCII, and, where that does not say it all, in
        UTF-8 beside it, which clients prefer.

    Raises:
        ValueError: The type is not a token.

    Source: RFC 6266 §4, RFC 8187 §3.2.
    """
    if not is_token(type):
        raise ValueError(
            f"a disposition is 'attachment' or 'inline', not {type[:80]!r}."
        )
    name = _safe(filename)
    plain = _unquotable("_", name)
    value = f'{type}; filename="{plain}"'
    if plain != name:
        value += f"; filename*=UTF-8''{quote(name, safe=_ATTR_CHARS)}"
    return value


def _safe(filename: str) -> str:
    # SECURITY: RFC 6266 §4.3 warns of names that are paths, in any system's writing.
    name = filename.replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = _unshowable("_", name).strip(" ")
    if not name.strip("."):
        return "download"
    return _cut(name)


def _cut(name: str) -> str:
    """Shorten a name to what file systems take."""
    stem, dot, extension = name.rpartition(".")
    ending = (dot + extension).encode()
    if not stem or len(ending) > _LONGEST // 2:
        stem, ending = name, b""
    # A character that is cut through is dropped whole.
    kept = stem.encode()[: _LONGEST - len(ending)].decode(errors="ignore")
    return kept + ending.decode()
