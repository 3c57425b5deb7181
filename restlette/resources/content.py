"""Content of requests: which media types a model reads, and what reads each.

RFC 9110 section 8.3 has the recipient go by Content-Type, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restlette.http.errors import UnsupportedMediaType
from restlette.http.media import MediaType
from restlette.http.request import Request
from restlette.resources.models import Model

__all__ = ["loader_for", "media_types_of"]


def media_types_of(model: Model) -> tuple[str, ...]:
    """The media types of content that a model reads."""
    return tuple(model.loads) or ("application/json",)


def loader_for(model: Model, request: Request) -> Callable[[Any], Any]:
    """What makes a value of a request's content, read as JSON.

    Raises:
        UnsupportedMediaType: nothing does, for content of this type.
    """
    if not model.loads:
        return model.load
    value = request.headers.get("content-type", "")
    try:
        load = model.loads.get(MediaType.from_header(value).essence)
    except ValueError:
        load = None
    if load is None:
        raise UnsupportedMediaType(
            accepted=media_types_of(model), method=request.method
        )
    return load
