"""Files of a directory, as they are.

The story starts at `StaticFiles`. A path is read by itself first (`_segments`): what no
file of ours is called is refused before anything is touched. Then a thread looks for
the file (`_look`), and what it found is a `FileResponse`, opened in a way that leads
nowhere else (`_open`).

SECURITY: whatever is refused is the same 404, so that nobody learns what there is
outside, or is hidden.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from importlib.util import find_spec
from typing import Final, NamedTuple

from restlette.app import Restlette
from restlette.concurrency import run_in_threadpool
from restlette.contrib.refusals import refuse
from restlette.http.caching import CacheControl
from restlette.http.errors import HTTPException, MethodNotAllowed, NotFound
from restlette.http.files import FileResponse, guess_media_type
from restlette.http.headers import Headers
from restlette.http.negotiation import select, select_codings
from restlette.http.response import Response, check_seconds
from restlette.http.types import Receive, Scope, Send
from restlette.http.urls import quote_path
from restlette.suggestions import did_you_mean

__all__ = ["StaticFiles"]

PathLike = str | os.PathLike[str]

# Content codings (RFC 9110 §8.4.1, RFC 7932, RFC 8878), by what is put behind the
# name of a file that holds the same in that coding; the densest first.
_TWINS: Final = {b"br": ".br", b"zstd": ".zst", b"gzip": ".gz"}
_CODINGS: Final = tuple(_TWINS)

# Windows finds devices under these names in every directory, whatever comes after a
# dot: learn.microsoft.com/windows/win32/fileio/naming-a-file. So that one set of files
# has the same URIs on all systems, they are no names anywhere.
_DEVICES: Final = frozenset(
    ("con", "prn", "aux", "nul", "conin$", "conout$", "clock$")
) | {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"}

# Controls; what Windows parts paths with, takes for a drive or a stream, or refuses;
# and half of a surrogate pair, which UTF-8 has no form for.
_unfit = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|\ud800-\udfff]').search

# The bytes that a name may have on every usual file system.
_LONGEST: Final = 255

# stem.0123456789ab.ext: what the content is known by.
_DIGITS: Final = 12
_hashed_name = re.compile(rf"(.+)\.([0-9a-f]{{{_DIGITS}}})(\.[^./]+)?").fullmatch

# RFC 8246: it does not change while it is fresh; and it is fresh for a year.
_FOR_EVER: Final = CacheControl(
    public=True, max_age=365 * 24 * 60 * 60, immutable=True
).to_header()
_NOT_WITHOUT_ASKING: Final = CacheControl(no_cache=True).to_header()

_NOSNIFF: Final = {"x-content-type-options": "nosniff"}


# Of how many files the content's hash is remembered.
REMEMBERED: Final = 10_000


class _Found(NamedTuple):
    """A file that is there.

    Attributes:
        root: The directory that it is in.
        name: Its path below that, in which no symbolic link is, unless any is followed.
        result: What `os.stat` says of it.
    """

    root: str
    name: str
    result: os.stat_result

    @property
    def path(self) -> str:
        """Where it is."""
        return os.path.join(self.root, self.name)


class _Unreadable(Exception):
    """What was found is not there any more, or not for us."""


class StaticFiles:
    """An ASGI application that answers with the files of directories.

    Mount it: ``app.mount("/static", StaticFiles(directory="static"))``. A file's path
    below the mount is its path below the directory. What is not a regular file inside
    is 404, and so are names that begin with a dot.

    GET and HEAD are answered, conditional requests and ranges too (`FileResponse`).
    ``X-Content-Type-Options: nosniff`` is in every answer.

    Args:
        directory: Where the files are.
        packages: Names of packages whose ``statics`` directory is looked into after
            that; or pairs of a package's name and a directory inside.
        html: Whether ``index.html`` answers for its directory, and ``404.html`` of the
            root for what there is not.
        check_dir: Whether a directory that does not exist is an error now, and not at
            the first request.
        follow_symlink: Whether symbolic links that lead out of the directory are
            followed. Those that stay inside always are.
        dotfiles: Whether names that begin with a dot are names like others.
        precompressed: Whether ``app.js.br``, ``app.js.zst`` and ``app.js.gz`` are sent
            as ``app.js`` to clients that take their coding. Nobody compares what is in
            them: make them with the file.
        cache: What Cache-Control says, by a pattern for the path below the directory:
            ``{"assets/*": CacheControl(max_age=3600), "*": "no-cache"}``. ``*`` stands
            for slashes too; the first pattern that fits counts.
        hashed: Whether `url_for` gives names with a part of the content's SHA-256 in
            them (``app.0123456789ab.css``), under which the file is never asked for
            again. A name with a part that is not (or no longer) the content's gets
            the file as it is now, with ``no-cache``.
        fallback: A file that answers when a browser asks for a page that is no file's:
            ``"index.html"`` of an application that routes in the browser.
        write_timeout: For how many seconds a client may take nothing of a file before
            it counts as gone, and the file is closed; None for as long as the server
            lets it.

    Raises:
        TypeError: Neither a directory nor packages; or packages that are one text.
        ValueError: A package, its directory or the fallback that does not exist; a time
            that is not more than 0.
        RuntimeError: The directory does not exist.
    """

    def __init__(
        self,
        directory: PathLike | None = None,
        packages: Iterable[str | tuple[str, str]] | None = None,
        html: bool = False,
        check_dir: bool = True,
        *,
        follow_symlink: bool = False,
        dotfiles: bool = False,
        precompressed: bool = True,
        cache: Mapping[str, CacheControl | str] | None = None,
        hashed: bool = False,
        fallback: str | None = None,
        write_timeout: float | None = None,
    ) -> None:
        if directory is None and packages is None:
            raise TypeError(
                "StaticFiles needs to know where the files are: write "
                'StaticFiles(directory="static").'
            )
        if isinstance(packages, str):
            raise TypeError(f"packages takes several names: write [{packages!r}].")
        self.directory = directory
        self.packages = packages
        self.html = html
        self.follow_symlink = follow_symlink
        self.dotfiles = dotfiles
        self.precompressed = precompressed
        self.hashed = hashed
        self.fallback = fallback
        self.write_timeout: float | None = check_seconds("write_timeout", write_timeout)
        self._cache = [
            (pattern, rule if isinstance(rule, str) else rule.to_header())
            for pattern, rule in (cache or {}).items()
        ]
        self._directories = [] if directory is None else [os.fspath(directory)]
        self._directories += map(_package_directory, packages or ())
        self._digests: dict[str, tuple[int, int, str]] = {}
        self._is_checked = False
        if check_dir:
            self._check()

    def _check(self) -> None:
        for directory in self._directories:
            if not os.path.isdir(directory):
                raise RuntimeError(
                    f"the directory {directory!r} of StaticFiles does not exist."
                )
        if self.fallback is not None:
            self._require(self.fallback)
        self._is_checked = True

    def url_path_for(self, name: str, /, **path_params: str) -> str:
        """Give the path of a file below the mount, with its hash if there is one.

        It is what ``url_for("static", path="app.css")`` asks for.

        Args:
            name: Nothing: the files have no other name than their path.
            path_params: ``path``, a file's path below the directory.

        Raises:
            LookupError: Another name or other parameters.
            ValueError: With `hashed`, there is no such file.
        """
        if name or path_params.keys() != {"path"}:
            raise LookupError(f"files have no route named {name!r}.")
        path = path_params["path"].lstrip("/")
        if self.hashed:
            found = self._require(path)
            stem, extension = os.path.splitext(path)
            path = f"{stem}.{self._digest(found)}{extension}"
        return "/" + quote_path(path)

    def _require(self, path: str) -> _Found:
        segments = _segments(path, dotfiles=self.dotfiles)
        found = self._find(segments) if segments else None
        if found is None:
            beside = os.path.join(self._directories[0], os.path.dirname(path))
            names = os.listdir(beside) if os.path.isdir(beside) else []
            raise ValueError(
                f"there is no file {path!r} in {self._directories[0]!r}"
                f"{did_you_mean(os.path.basename(path), names)}."
            )
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; below an application of restlette's, errors are raised.

        Raises:
            NotFound: There is no such file.
            MethodNotAllowed: It was asked for other than to read it.
            RuntimeError: The directory does not exist, and was not checked before.
        """
        if scope["type"] not in ("http", "websocket"):
            raise RuntimeError(f"StaticFiles does not answer {scope['type']!r} scopes.")
        try:
            if scope["type"] == "websocket":
                raise NotFound
            try:
                response = await self.get_response(self.get_path(scope), scope)
                await response(scope, receive, send)
            except _Unreadable:
                raise NotFound from None
        except HTTPException as exc:
            if isinstance(scope.get("app"), Restlette):
                raise
            await refuse(exc, scope, receive, send)

    def get_path(self, scope: Scope) -> str:
        """Give the path below the mount, as the client wrote it but for its escapes."""
        path: str = scope["path"]
        root: str = scope.get("root_path", "").rstrip("/")
        if root and path.startswith(root + "/"):
            path = path[len(root) :]
        return path.removeprefix("/")

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Decide what answers a path: to be extended by subclasses.

        Args:
            path: What `get_path` gave.
            scope: The HTTP scope.

        Raises:
            NotFound: There is no such file.
            MethodNotAllowed: The method is neither GET nor HEAD.
        """
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers={"allow": "GET, HEAD, OPTIONS"})
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(allow=("GET", "HEAD", "OPTIONS"))
        return await run_in_threadpool(self._respond, path, scope)

    def _respond(self, path: str, scope: Scope) -> Response:
        # In a thread, and all of it in one go: to change threads takes longer.
        response = self._decide(path, scope)
        if isinstance(response, FileResponse):
            response.load(scope)
        return response

    def _decide(self, path: str, scope: Scope) -> Response:
        if not self._is_checked:
            self._check()
        request = Headers(scope=scope)
        segments = _segments(path, dotfiles=self.dotfiles)
        if segments:
            found = self._find(segments)
            if found is not None:
                return self._file(segments, found, request)
            hashed = self._respond_by_hash(segments, request) if self.hashed else None
            if hashed is not None:
                return hashed
        return (
            (self._respond_with_index(path, scope, request) if self.html else None)
            or (self._respond_with_fallback(path, request) if self.fallback else None)
            or self._respond_without_file(request)
        )

    def _respond_by_hash(
        self, segments: tuple[str, ...], request: Headers
    ) -> Response | None:
        hashed = _hashed_name(segments[-1])
        if hashed is None:
            return None
        stem, digest, extension = hashed.groups(default="")
        segments = (*segments[:-1], stem + extension)
        found = self._find(segments)
        if found is None:
            return None
        rule = _FOR_EVER if self._digest(found) == digest else _NOT_WITHOUT_ASKING
        return self._file(segments, found, request, cache=rule)

    def _respond_with_index(
        self, path: str, scope: Scope, request: Headers
    ) -> Response | None:
        segments = _segments(path.removesuffix("/"), dotfiles=self.dotfiles)
        # A path that is left as a slash began with two.
        if segments is None or path == "/":
            return None
        segments = (*segments, "index.html")
        found = self._find(segments)
        if found is None:
            return None
        # What the page links to is relative to it, so that its URL has to end in a
        # slash: the mount's own path comes here without one, too.
        written = (scope.get("raw_path") or quote_path(scope["path"]).encode()).decode()
        if written.endswith("/"):
            return self._file(segments, found, request)
        query = scope["query_string"].decode("latin-1")
        location = f"./{written.rpartition('/')[2]}/" + (f"?{query}" if query else "")
        return Response(status_code=307, headers={"location": location, **_NOSNIFF})

    def _respond_with_fallback(self, path: str, request: Headers) -> Response | None:
        # Browsers name HTML when somebody goes to a page, and do not for what pages
        # load, which has to be missing when it is.
        accept = ", ".join(request.getlist("accept")).encode("latin-1")
        is_page = select(accept, ("application/octet-stream", "text/html")) == 1
        if not is_page or "." in path.rpartition("/")[2]:
            return None
        fallback = str(self.fallback)
        segments = tuple(fallback.split("/"))
        response = self._file(segments, self._require(fallback), request)
        response.headers.add_vary_header("Accept")
        return response

    def _respond_without_file(self, request: Headers) -> Response:
        found = self._find(("404.html",)) if self.html else None
        if found is None:
            raise NotFound
        return self._file(("404.html",), found, request, status_code=404)

    def _file(
        self,
        segments: tuple[str, ...],
        found: _Found,
        request: Headers,
        *,
        status_code: int = 200,
        cache: str | None = None,
    ) -> FileResponse:
        headers = dict(_NOSNIFF)
        rule = self._rule("/".join(segments)) if cache is None else cache
        if rule is not None:
            headers["cache-control"] = rule
        twins = self._twins(found) if self.precompressed else {}
        sent = found
        if twins:
            headers["vary"] = "Accept-Encoding"
            field = ", ".join(request.getlist("accept-encoding")).encode("latin-1")
            for coding in select_codings(field, tuple(twins))[:1]:
                headers["content-encoding"] = coding.decode("ascii")
                sent = twins[coding]
        return FileResponse(
            sent.path,
            status_code,
            headers,
            guess_media_type(found.path),
            stat_result=sent.result,
            opener=partial(_open, sent.root, self.follow_symlink),
            write_timeout=self.write_timeout,
        )

    def _rule(self, name: str) -> str | None:
        for pattern, rule in self._cache:
            if fnmatchcase(name, pattern):
                return rule
        return None

    def _find(self, segments: tuple[str, ...]) -> _Found | None:
        name = os.path.join(*segments)
        for directory in self._directories:
            found = _look(directory, name, self.follow_symlink)
            if found is not None:
                return found
        return None

    def _twins(self, found: _Found) -> dict[bytes, _Found]:
        """Give the files that hold the same in a content coding, the densest first."""
        twins = {}
        path = found.path
        for coding, suffix in _TWINS.items():
            # PERF: there is none, mostly.
            if not os.path.lexists(path + suffix):
                continue
            twin = _look(found.root, found.name + suffix, self.follow_symlink)
            if twin is not None and twin.result.st_size < found.result.st_size:
                twins[coding] = twin
        return twins

    def _digest(self, found: _Found) -> str:
        """Give what a file's content is known by, worked out when it has changed."""
        state = (found.result.st_mtime_ns, found.result.st_size)
        known = self._digests.get(found.path)
        if known is not None and known[:2] == state:
            return known[2]
        opener = partial(_open, found.root, self.follow_symlink)
        with open(found.path, "rb", opener=opener) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]
        if len(self._digests) >= REMEMBERED:
            self._digests.clear()
        self._digests[found.path] = (*state, digest)
        return digest


def _segments(path: str, *, dotfiles: bool) -> tuple[str, ...] | None:
    """Split a path, unless it has a name in it that no file of ours has."""
    if not path:
        return ()
    names = tuple(path.split("/"))
    return names if all(_is_name(name, dotfiles) for name in names) else None


def _is_name(name: str, dotfiles: bool) -> bool:
    return (
        bool(name)
        and not _unfit(name)
        # Windows drops dots and blanks at the end; editors' copies end in a tilde; and
        # one in front is somebody's home to a shell.
        and name[-1] not in ". ~"
        and name[0] != "~"
        and (dotfiles or name[0] != ".")
        and name.partition(".")[0].rstrip(" ").lower() not in _DEVICES
        and len(name.encode("utf-8")) <= _LONGEST
    )


def _look(root: str, name: str, follow_symlink: bool) -> _Found | None:
    """Look for a regular file; links are followed inside the root, or anywhere."""
    try:
        if follow_symlink:
            found = _Found(root, name, os.stat(os.path.join(root, name)))
        else:
            found = _look_inside(root, name)
    except OSError:
        return None
    # A FIFO or a device would keep who reads it waiting, for ever.
    return found if stat.S_ISREG(found.result.st_mode) else None


def _look_inside(root: str, name: str) -> _Found:
    """Look for what is inside of a directory, wherever links lead.

    Raises:
        OSError: There is nothing, or it is elsewhere.
    """
    *parents, last = name.split(os.sep)
    path = root
    for parent in parents:
        path = f"{path}{os.sep}{parent}"
        if stat.S_ISLNK(os.lstat(path).st_mode):
            return _look_through_links(root, name)
    result = os.lstat(f"{path}{os.sep}{last}")
    if stat.S_ISLNK(result.st_mode):
        return _look_through_links(root, name)
    return _Found(root, name, result)


def _look_through_links(root: str, name: str) -> _Found:
    """Do the same where there are links: rare, and three times as dear."""
    root = os.path.realpath(root)
    target = os.path.realpath(os.path.join(root, name), strict=True)
    inside = os.path.join(root, "")
    if not target.startswith(inside):
        raise FileNotFoundError(target)
    return _Found(root, target[len(inside) :], os.lstat(target))


def _open(root: str, follow_symlink: bool, path: str, flags: int) -> int:
    """Open what was found, and nothing else: for `open(opener=)`.

    Raises:
        _Unreadable: It cannot be opened, or is not what was found.
    """
    try:
        if follow_symlink or os.open not in os.supports_dir_fd:
            return os.open(path, flags)
        return _open_below(root, path.removeprefix(os.path.join(root, "")), flags)
    except OSError as exc:
        raise _Unreadable from exc


def _open_below(root: str, name: str, flags: int) -> int:
    """Open a file directory by directory, none of which may be a symbolic link.

    SECURITY: what was looked at a moment ago may have been replaced by a link since.
    """
    below = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *parents, last = name.split(os.sep)
        for parent in parents:
            inner = os.open(
                parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=below
            )
            os.close(below)
            below = inner
        return os.open(last, flags | os.O_NOFOLLOW, dir_fd=below)
    finally:
        os.close(below)


def _package_directory(package: str | tuple[str, str]) -> str:
    name, directory = (package, "statics") if isinstance(package, str) else package
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no package {name!r} to take files from.")
    found = os.path.normpath(os.path.join(spec.origin, "..", directory))
    if not os.path.isdir(found):
        raise ValueError(
            f"the package {name!r} has no directory {directory!r}: write "
            f'packages=[({name!r}, "…")] for another one.'
        )
    return found
