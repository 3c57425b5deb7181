"""Content of requests: which media types there are for a model, and what reads each.

RFC 9110 section 8.3 has the recipient go by Content-Type, and nothing else. A model
that reads certain media types itself (a patch) has no others. Any other model is read
from the representations of the resource that can be read: JSON, where none can. Where
one of them is a page with a form (`HTML(invalid=)`), what browsers make of that form is
content as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from restlette.http.errors import BadRequest, UnsupportedMediaType
from restlette.http.forms import FORM_TYPES
from restlette.http.media import MediaType, is_json
from restlette.http.request import Request
from restlette.resources.html import HTML
from restlette.resources.models import Model
from restlette.resources.parts import form_strings
from restlette.resources.representation import JSON, Decode, Representation

__all__ = ["ContentReader", "essence_of"]


class ContentReader:
    """What makes a value of a request's content.

    Args:
        model: What the value is.
        representations: Those of the resource.

    Attributes:
        is_json: Whether it reads JSON by the model's `load`, and nothing else.
        forms: The media types of forms that it reads.
        media_types: All that it reads.
    """

    __slots__ = (
        "_decoders",
        "_model",
        "_takes_json",
        "forms",
        "is_json",
        "media_types",
    )

    def __init__(
        self, model: Model, representations: Sequence[Representation] = (JSON,)
    ) -> None:
        readable = [each for each in representations if each.decode is not None]
        readable = readable or [JSON]
        self._model = model
        self._takes_json = JSON in readable
        self._decoders: dict[str, Decode] = {
            MediaType.from_header(each.media_type).essence: each.decode
            for each in readable
            if each.decode is not None and each is not JSON
        }
        self.forms: tuple[str, ...] = ()
        if any(isinstance(each, HTML) and each.has_form for each in representations):
            can_be_read = not model.loads and model.no_query is None
            self.forms = FORM_TYPES if can_be_read else ()
        self.is_json: bool = not self._decoders and not model.loads and not self.forms
        self.media_types: tuple[str, ...] = tuple(model.loads) or (
            *(each.media_type for each in readable),
            *self.forms,
        )

    async def read(self, request: Request) -> Any:
        """Read the content of a request.

        Raises:
            UnsupportedMediaType: Nothing reads content of this type.
            BadRequest: It is not what its type says.
            ContentTooLarge: It is too long.
            Invalid: It does not fit the model.
        """
        if self.is_json:
            return self._model.load(await request.json())
        essence = essence_of(request)
        if self._model.loads:
            load = self._model.loads.get(essence)
            if load is None:
                raise self._refusal(request)
            return load(await request.json())
        if essence in self.forms:
            return self._model.load_strings(form_strings(await request.form(), request))
        decode = self._decoders.get(essence)
        if decode is not None:
            return self._model.load(_decoded(decode, await request.body(), essence))
        if self._takes_json and is_json(essence):
            return self._model.load(await request.json())
        raise self._refusal(request)

    def _refusal(self, request: Request) -> UnsupportedMediaType:
        return UnsupportedMediaType(accepted=self.media_types, method=request.method)


def essence_of(request: Request) -> str:
    """Give the type of a request's content without parameters.

    Args:
        request: The request.

    Returns:
        Such as `text/plain`, in lower case; "" where there is none or it is malformed.
    """
    try:
        return MediaType.from_header(request.headers.get("content-type", "")).essence
    except ValueError:
        return ""


def _decoded(decode: Decode, content: bytes, essence: str) -> Any:
    # SECURITY: a decoder that calls itself for what is nested is stopped by Python.
    try:
        return decode(content)
    except (ValueError, RecursionError) as exc:
        raise BadRequest(f"The content is no {essence}.") from exc
