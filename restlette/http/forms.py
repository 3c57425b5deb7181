"""Forms: what a client filled in, and the files that came with it.

The story starts with `FormData`, a mapping with repeated keys whose values are text and
`UploadFile`s. `read_urlencoded` makes one of content that is at hand;
`restlette.http.multipart` makes one of content that arrives. `Opening` is what
`request.form()` gives: to be awaited, or entered.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Generator, Iterable
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Final

from restlette.concurrency import run_in_threadpool
from restlette.deferred import Deferred
from restlette.http.errors import BadRequest, ContentTooLarge
from restlette.http.headers import Headers
from restlette.http.limits import Limits
from restlette.http.multidict import ImmutableMultiDict
from restlette.http.urls import QueryParams, TooManyParameters

if TYPE_CHECKING:
    import os
    import shutil
    import tempfile
    import unicodedata
else:
    shutil = Deferred("shutil")
    tempfile = Deferred("tempfile")
    unicodedata = Deferred("unicodedata")

__all__ = [
    "FORM_TYPES",
    "MULTIPART",
    "URLENCODED",
    "FormData",
    "Opening",
    "UploadFile",
    "read_urlencoded",
    "too_many_fields",
]

URLENCODED: Final = "application/x-www-form-urlencoded"
"""The media type of a form without files (WHATWG URL section 5)."""

MULTIPART: Final = "multipart/form-data"
"""The media type of a form that may have files (RFC 7578)."""

FORM_TYPES: Final = (URLENCODED, MULTIPART)
"""What browsers send forms as (HTML section 4.10.22.3), beside text for people."""

# A name of more bytes than this is cut: file systems take 255, and a program may add
# to it.
_LONGEST: Final = 200

_unsafe = re.compile(r"[^A-Za-z0-9._-]+").sub

# What Windows takes for a device, whatever the extension.
_is_device = re.compile(
    r"(?:CON|PRN|AUX|NUL|CLOCK\$|(?:COM|LPT)[0-9])(?:\.|\Z)", re.IGNORECASE
).match


class UploadFile:
    """A file that a client sent.

    Its content is in memory as long as it is small, and otherwise in a temporary file
    that has no name, so that nothing is left of it, whatever becomes of the process.
    The content goes with the request: keep it by `save` or `read`.

    Args:
        filename: The name that the client gave.
        file: Where the content is; an empty file in memory if not given.
        content_type: The media type that the client gave; taken from `headers` if not
            given.
        headers: The header fields of its part of the form.

    Attributes:
        file: The content, open for reading and writing. What it is may change with the
            next `write`. Its methods block: in a coroutine use those of this class.
        content_type: The media type that the client gave, or "". SECURITY: it is the
            client's word.
        headers: The header fields of its part of the form.
        size: The number of bytes.
    """

    # The ancestor's name: beyond so many bytes the content is on disk.
    spool_max_size = 1_048_576

    # Looked at by __del__, also of one whose arguments did not fit.
    _owned: BinaryIO | None = None

    def __init__(
        self,
        filename: str,
        file: BinaryIO | None = None,
        content_type: str = "",
        *,
        headers: Headers | None = None,
    ) -> None:
        self._filename = filename
        self._closed = False
        self.headers: Headers = Headers() if headers is None else headers
        self.content_type: str = content_type or self.headers.get("content-type", "")
        self.file: BinaryIO = BytesIO() if file is None else file
        self.size: int = 0 if file is None else _size(file)

    def __repr__(self) -> str:
        return (
            f"UploadFile(filename={self._filename!r}, size={self.size}, "
            f"content_type={self.content_type!r})"
        )

    def __del__(self) -> None:
        # Where no pipeline closes the form, nobody else would.
        if self._owned is not None:
            self._owned.close()

    @property
    def filename(self) -> str:
        """The name that the client gave, as it came.

        SECURITY: it may be a path, and it may have any characters. Never open what it
        names; see `safe_filename`.
        """
        return self._filename

    @property
    def safe_filename(self) -> str:
        """The last part of the name, fit for every file system; never empty.

        Letters and digits of ASCII, dot, hyphen and underscore, none of them hidden and
        no name of a device. Two uploads may have the same one.
        """
        name = self._filename.replace("\\", "/").rpartition("/")[2]
        split = unicodedata.normalize("NFKD", name)
        plain = split.encode("ascii", "ignore").decode("ascii")
        name = _unsafe("_", plain).strip("._-")
        if _is_device(name):
            name = f"_{name}"
        stem, dot, extension = name[-_LONGEST:].rpartition(".")
        if len(name) > _LONGEST and stem:
            return name[: _LONGEST - len(dot + extension)] + dot + extension
        return name[:_LONGEST] or "file"

    @property
    def is_on_disk(self) -> bool:
        """Whether the content is in a file, so that its methods may block."""
        return not isinstance(self.file, BytesIO)

    async def write(self, data: bytes) -> None:
        """Write at the position.

        Args:
            data: The bytes.

        Raises:
            OSError: They could not be stored.
        """
        if self.is_on_disk or self.file.tell() + len(data) > self.spool_max_size:
            await run_in_threadpool(self.spool, (data,))
        else:
            self.file.write(data)
            self.size = max(self.size, self.file.tell())

    def spool(self, pieces: Iterable[bytes]) -> None:
        """Write pieces at the position, on disk, where the content is moved first.

        It blocks: call it in a thread.

        Args:
            pieces: The bytes.

        Raises:
            OSError: They could not be stored.
        """
        if not self.is_on_disk:
            self._move()
        self.file.writelines(pieces)
        self.size = max(self.size, self.file.tell())

    def _move(self) -> None:
        """Move the content from memory to disk."""
        position = self.file.tell()
        self.file.seek(0)
        content = self.file.read()
        self._owned = on_disk = tempfile.TemporaryFile()
        on_disk.write(content)
        on_disk.seek(position)
        self.file = on_disk
        if self._closed:
            # The wait for this thread was given up, and the form closed since.
            on_disk.close()

    async def read(self, size: int = -1) -> bytes:
        """Read from the position.

        Args:
            size: How many bytes at most; all that are left if negative.
        """
        if self.is_on_disk:
            return await run_in_threadpool(self.file.read, size)
        return self.file.read(size)

    async def seek(self, offset: int) -> None:
        """Go to a position.

        Args:
            offset: In bytes from the beginning.
        """
        if self.is_on_disk:
            await run_in_threadpool(self.file.seek, offset)
        else:
            self.file.seek(offset)

    async def save(self, path: str | os.PathLike[str]) -> None:
        """Copy all of the content to a file of your own; the position stays.

        Args:
            path: The file. One that is there is written over. It is yours to choose:
                what the client called the file plays no part.

        Raises:
            OSError: It could not be written.
        """
        await run_in_threadpool(self._copy, path)

    def _copy(self, path: str | os.PathLike[str]) -> None:
        position = self.file.tell()
        self.file.seek(0)
        with open(path, "wb") as target:
            shutil.copyfileobj(self.file, target)
        self.file.seek(position)

    async def close(self) -> None:
        """Let the content go."""
        await _close([self])

    def _end(self) -> None:
        self._closed = True
        self.file.close()
        if self._owned is not None:
            self._owned.close()


async def _close(uploads: list[UploadFile]) -> None:
    """Close files; those on disk in a thread, for that may take a while."""
    on_disk = [upload for upload in uploads if upload.is_on_disk]
    for upload in uploads:
        if not upload.is_on_disk:
            upload._end()
    if on_disk:
        await run_in_threadpool(_end_all, on_disk)


def _end_all(uploads: list[UploadFile]) -> None:
    for upload in uploads:
        upload._end()


def _size(file: BinaryIO) -> int:
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    return size


class FormData(ImmutableMultiDict[str, str | UploadFile]):
    """The fields of a form, in the order they came: text, and files.

    `form["name"]` is the last value of a name, `form.getlist("name")` gives them all.

    Args:
        items: Pairs, or a mapping.
        more: Items with names for keys.
    """

    __slots__ = ()

    async def close(self) -> None:
        """Close every file."""
        await _close([v for _, v in self._list if isinstance(v, UploadFile)])


class Opening:
    """A form that is about to be read: await it, or enter it to have it closed.

    Args:
        read: Reads it.
    """

    __slots__ = ("_form", "_read")
    _form: FormData

    def __init__(self, read: Callable[[], Awaitable[FormData]]) -> None:
        self._read = read

    def __await__(self) -> Generator[object, None, FormData]:
        return self._read().__await__()

    async def __aenter__(self) -> FormData:
        self._form = await self._read()
        return self._form

    async def __aexit__(self, *exc_info: object) -> None:
        await self._form.close()


def too_many_fields(limit: int) -> BadRequest:
    """Give the answer to a form with more fields than the limit."""
    return BadRequest(f"The form has more than {limit} fields.")


def read_urlencoded(content: bytes, limits: Limits) -> FormData:
    """Read a form in `application/x-www-form-urlencoded`.

    Like a query: `&` alone parts fields, `+` is a space, blank values and blank names
    are kept, what is not UTF-8 becomes U+FFFD. SECURITY: neither a `charset` parameter
    nor a field `_charset_` chooses another encoding.

    Args:
        content: The content.
        limits: Of them `form_fields` and `form_text`.

    Raises:
        BadRequest: There are too many fields.
        ContentTooLarge: A value is too long.

    Source: WHATWG URL §5.1.
    """
    try:
        items = QueryParams(content, limit=limits.form_fields).multi_items()
    except TooManyParameters as exc:
        raise too_many_fields(exc.limit) from exc
    if len(content) > limits.form_text:
        for _, value in items:
            if len(value.encode()) > limits.form_text:
                raise ContentTooLarge(
                    "A field of the form is too long.", limit=limits.form_text
                )
    return FormData(items)
