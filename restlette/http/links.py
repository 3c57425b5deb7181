"""Links of an answer: the Link field (RFC 8288), written.

Link       = #link-value
link-value = "<" URI-Reference ">" *( OWS ";" OWS link-param )
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

__all__ = ["link_field"]

# RFC 8288 section 3.3: relation-type = reg-rel-type / ext-rel-type, the former of lower
# case letters, digits, "." and "-", the latter a URI. Several stand in one parameter.
_relation: Final = re.compile(
    r"[a-z][a-z0-9.\-]*|[A-Za-z][A-Za-z0-9+.\-]*:[!#-;=?-\[\]_a-z~]+"
).fullmatch

# RFC 3986 section 2: reserved characters, the unreserved ones that are no letters and
# digits, and the percent of what is encoded already.
_URI: Final = ":/?#[]@!$&'()*+,;=-._~%"


def link_field(links: Mapping[str, str]) -> str:
    """Write the value of a Link field.

    Args:
        links: The target of each link by its relation: `{"next": "?page=2"}`. A target
            is a URI reference, relative to the URI of the request; what a URI cannot
            hold is percent-encoded in it.

    Returns:
        `<?page=2>; rel="next"`, separated by commas.

    Raises:
        ValueError: A relation is none, or a target holds control characters.
    """
    return ", ".join(_link(relation, target) for relation, target in links.items())


def _link(relation: str, target: str) -> str:
    for each in relation.split(" "):
        if _relation(each) is None:
            raise ValueError(
                f'{relation!r} is no relation of links: write "next" or another name '
                "that is registered, or a URI (RFC 8288 section 3.3)"
            )
    # SECURITY: a URI has no line ends, and quoting them would hide whose they were.
    if not target.isprintable():
        raise ValueError(f"the link to the {relation} holds control characters")
    return f'<{quote(target, safe=_URI)}>; rel="{relation}"'
