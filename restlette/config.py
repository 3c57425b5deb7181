"""Settings from the environment and from .env files, typed and checked at start-up.

The story starts with `Config`, which is asked for one setting at a time: it looks in
the environment, then in the file, then takes the default, and casts what it found.

    config = Config(".env", env_prefix="SHOP_")
    DEBUG = config("DEBUG", cast=bool, default=False)
    SECRET_KEY = config("SECRET_KEY", cast=Secret)
    DATABASE = config("DATABASE", cast=URL)
    HOSTS = config("HOSTS", cast=CommaSeparatedStrings, default="localhost")
    PORTS = config("PORTS", cast=list[int], default=[8000])

The file's grammar, in ABNF (RFC 5234); what is not in it is an error that names the
line, and never shows it, for what stands there may be a password:

    file    = line *( newline line )
    line    = blank [ "export" 1*WSP ] name blank "=" blank [ value ] rest / rest
    rest    = blank [ "#" *any ]        ; after a bare value, WSP must precede "#"
    name    = ( ALPHA / "_" ) *( ALPHA / DIGIT / "_" / "." / "-" )
    value   = bare / single / double
    bare    = text without a quote at its beginning, up to WSP "#" or the line's end
    single  = "'" *( any character but "'" ) "'"              ; as it is
    double  = DQUOTE *( "\" any / any character but DQUOTE ) DQUOTE
    blank   = *WSP

A quoted value may span lines, as keys in PEM do. In a double-quoted one `\\n`, `\\r`,
`\\t`, `\\"` and `\\\\` are what they are in Python; any other backslash stands for
itself, and so does `$`: nothing is interpolated. A bare backslash is a backslash. The
last of two settings with one name counts. A byte order mark is skipped.
"""

from __future__ import annotations

import os
import re
import shlex
import warnings
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin, overload

from restlette.http.printable import printable
from restlette.http.urls import URL
from restlette.suggestions import did_you_mean

__all__ = [
    "CommaSeparatedStrings",
    "Config",
    "ConfigFileError",
    "Environ",
    "EnvironError",
    "InvalidSetting",
    "MissingSetting",
    "Secret",
    "environ",
    "parse_env",
]

T = TypeVar("T")

_TRUE: Final = ("true", "1", "yes", "on")
_FALSE: Final = ("false", "0", "no", "off")


# Errors -------------------------------------------------------------------------------
#
# EnvironError       a variable is changed after it was read
# ValueError
# ├─ ConfigFileError the file is not what the grammar says
# └─ InvalidSetting  a value is not what the cast takes
# KeyError
# └─ MissingSetting  there is no value, and no default


class EnvironError(Exception):
    """A variable is to be changed that has been read: too late to have an effect."""


class ConfigFileError(ValueError):
    """A .env file cannot be read.

    Args:
        path: The file.
        line: The number of the line, from 1, or None where it is the whole file.
        problem: What is wrong there. It does not quote the file.
    """

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        super().__init__(path, line, problem)
        self.path = path
        self.line = line
        self.problem = problem

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.problem}"


class MissingSetting(KeyError):
    """A setting is nowhere, and has no default.

    Args:
        key: Its whole name, prefix included.
        hint: What to do about it.
    """

    def __init__(self, key: str, hint: str = "") -> None:
        super().__init__(key, hint)
        self.key = key
        self.hint = hint

    def __str__(self) -> str:
        return f"the setting {self.key} is missing and has no default{self.hint}."


class InvalidSetting(ValueError):
    """A setting's value is not what its cast takes.

    Args:
        key: Its whole name, prefix included.
        came: The value in words; that of a secret is hidden.
        wanted: What was wanted, in words.
    """

    def __init__(self, key: str, came: str, wanted: str) -> None:
        super().__init__(key, came, wanted)
        self.key = key
        self.came = came
        self.wanted = wanted

    def __str__(self) -> str:
        return f"the setting {self.key} is {self.came}, which is not {self.wanted}."


# Values -------------------------------------------------------------------------------


class Secret:
    """A text that its repr does not show.

    What shows values by their repr (tracebacks with locals, dataclasses, containers,
    `%r` in a log) shows stars. `str(secret)` is the value, for whoever needs it; so
    is the secret in an f-string, or with `%s`.

    Args:
        value: The text.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        # SECURITY: as many stars for each, for the length says something too.
        return f"{type(self).__name__}('**********')"

    def __str__(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)


class CommaSeparatedStrings(Sequence[str]):
    """A list written in one text: `a, b, "c, d"`.

    Args:
        value: The text, whose items are quoted where they hold a comma; or the items.

    Raises:
        ValueError: A quote is not closed.
    """

    __slots__ = ("_items",)

    def __init__(self, value: str | Sequence[str]) -> None:
        self._items = _split(value) if isinstance(value, str) else list(value)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._items[index]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"

    def __str__(self) -> str:
        return ", ".join(map(repr, self._items))


def _split(text: str) -> list[str]:
    """Split at the commas that stand outside of quotes."""
    splitter = shlex.shlex(text, posix=True)
    splitter.whitespace = ","
    splitter.whitespace_split = True
    # A "#" is part of an item: colours and fragments begin with one.
    splitter.commenters = ""
    return [item.strip() for item in splitter]


class Environ(MutableMapping[str, str]):
    """The environment, which refuses changes that come too late.

    A test that sets a variable after the application has read it would test something
    else than it says. So what was read once can be neither set nor deleted.

    Args:
        environ: Where the variables are; `os.environ` by default.
    """

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._read: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self._read.add(key)
        return self._environ[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._refuse_if_read(key, "set")
        self._environ[key] = value

    def __delitem__(self, key: str) -> None:
        self._refuse_if_read(key, "delete")
        del self._environ[key]

    def _refuse_if_read(self, key: str, what: str) -> None:
        if key in self._read:
            raise EnvironError(
                f"environ[{key!r}] has been read: to {what} it now would change "
                f"nothing. Do it before the module that reads it is imported."
            )

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)

    def __repr__(self) -> str:
        # SECURITY: names alone; the values would land in logs.
        return f"{type(self).__name__}({len(self)} variables)"


environ: Final = Environ()


# The file -----------------------------------------------------------------------------

_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_COMMENT = re.compile(r"[ \t]#")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_ESCAPE = re.compile(r'\\([nrt"\\])')
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def parse_env(text: str, path: str = ".env") -> dict[str, str]:
    """Read the text of a .env file; the grammar is at the top of this module.

    Args:
        text: The text.
        path: The file's name, for errors.

    Returns:
        The settings, by name.

    Raises:
        ConfigFileError: The text is not in the grammar.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    settings: dict[str, str] = {}
    position = 0
    while position < len(text):
        rest = _REST.match(text, position)
        if rest is None:
            name = _NAME.match(text, position)
            if name is None:
                raise _error(text, position, path, "there is no NAME=value")
            settings[name[1]], position = _value(text, name.end(), path)
            rest = _REST.match(text, position)
            if rest is None:
                problem = "something follows the closing quote"
                raise _error(text, position, path, problem)
        position = rest.end()
    return settings


def _value(text: str, start: int, path: str) -> tuple[str, int]:
    """Give the value that stands after an equals sign, and the place of its end."""
    opening = start
    while text[opening : opening + 1] in (" ", "\t"):
        opening += 1
    quote = text[opening : opening + 1]
    if quote not in ("'", '"'):
        return _bare(text, start)
    quoted = (_SINGLE if quote == "'" else _DOUBLE).match(text, opening)
    if quoted is None:
        raise _error(text, opening, path, f"the quote {quote} is never closed")
    value = quoted[1]
    if quote == '"':
        value = _ESCAPE.sub(lambda found: _ESCAPES[found[1]], value)
    return value, quoted.end()


def _bare(text: str, start: int) -> tuple[str, int]:
    """Give the value of a line without quotes, and the place where the line ends."""
    end = text.find("\n", start)
    line = text[start:] if end < 0 else text[start:end]
    return _COMMENT.split(line, 1)[0].strip(" \t"), start + len(line)


def _error(text: str, position: int, path: str, problem: str) -> ConfigFileError:
    return ConfigFileError(path, text.count("\n", 0, position) + 1, problem)


# Settings -----------------------------------------------------------------------------


class _Undefined:
    """Stands for a default that was not given; None is one."""


_UNDEFINED: Final = _Undefined()

# SECURITY: an error that shows the value of one of these would publish it.
_SECRETIVE = re.compile(
    "secret|passw|token|key|credential|private|auth|salt|dsn", re.IGNORECASE
)


class Config:
    """Settings: from the environment, else from a file, else by default.

    Args:
        env_file: A .env file. One that is not there is worth a warning, no more: often
            it exists on the developer's machine alone.
        environ: The environment; this module's `environ` by default.
        env_prefix: Put before the name of every setting: with `"SHOP_"`,
            `config("DEBUG")` is `SHOP_DEBUG`, in the environment and in the file.
        encoding: The file's encoding.

    Attributes:
        env_prefix: As given.
        file_values: What the file says, by whole name.

    Raises:
        ConfigFileError: The file cannot be read, or is not in the grammar.
    """

    def __init__(
        self,
        env_file: str | os.PathLike[str] | None = None,
        environ: MutableMapping[str, str] = environ,
        env_prefix: str = "",
        encoding: str = "utf-8",
    ) -> None:
        self.environ = environ
        self.env_prefix = env_prefix
        self.file_values: dict[str, str] = {}
        if env_file is not None:
            self.file_values = _read(Path(env_file), encoding)

    @overload
    def __call__(self, key: str, *, default: None) -> str | None: ...
    @overload
    def __call__(self, key: str, *, default: str | _Undefined = ...) -> str: ...
    @overload
    def __call__(
        self, key: str, cast: Callable[[Any], T], default: None
    ) -> T | None: ...
    @overload
    def __call__(self, key: str, cast: Callable[[Any], T], default: Any = ...) -> T: ...
    def __call__(
        self,
        key: str,
        cast: Callable[[Any], Any] | None = None,
        default: Any = _UNDEFINED,
    ) -> Any:
        """Give a setting; see `get`."""
        return self.get(key, cast, default)

    def get(
        self,
        key: str,
        cast: Callable[[Any], Any] | None = None,
        default: Any = _UNDEFINED,
    ) -> Any:
        """Give a setting.

        Args:
            key: Its name, without the prefix.
            cast: What makes a value of the text: `bool` takes true, 1, yes, on and
                false, 0, no, off in any case; `list` and `list[int]` take items with
                commas between; `Secret`, `URL`, `int` or any other function take the
                text.
            default: The value where there is none. It is cast as well; None is None.

        Returns:
            The value.

        Raises:
            MissingSetting: There is no value and no default; it is a KeyError.
            InvalidSetting: The cast refuses the value; it is a ValueError.
        """
        name = self.env_prefix + key
        value: Any
        # An Environ counts the question as reading: to set the variable later would
        # change nothing, whether it is there now or not.
        if name in self.environ:
            value = self.environ[name]
        elif name in self.file_values:
            value = self.file_values[name]
        elif not isinstance(default, _Undefined):
            value = default
        else:
            raise MissingSetting(name, self._hint(name))
        if cast is None or value is None:
            return value
        return _cast(name, value, cast)

    def _hint(self, name: str) -> str:
        """Give what was probably meant; names alone are shown."""
        return did_you_mean(name, [*self.environ, *self.file_values])


def _read(path: Path, encoding: str) -> dict[str, str]:
    try:
        text = path.read_text(encoding)
    except FileNotFoundError:
        warnings.warn(
            f"the file {str(path)!r} is not there: settings come from the environment "
            "alone.",
            stacklevel=3,
        )
        return {}
    except UnicodeDecodeError as exc:
        # The exception holds the file's bytes, and is left behind.
        problem = f"byte {exc.start} is not {encoding}"
        raise ConfigFileError(str(path), None, problem) from None
    except OSError as exc:
        raise ConfigFileError(str(path), None, exc.strerror or str(exc)) from exc
    return parse_env(text, str(path))


def _cast(name: str, value: Any, cast: Callable[[Any], Any]) -> Any:
    """Cast a value, or say what is wrong with it."""
    try:
        return _convert(value, cast)
    except (TypeError, ValueError) as exc:
        wanted = _words(cast)
        if _is_secret(name, cast):
            # The cast's own error would quote it.
            raise InvalidSetting(name, "a hidden value", wanted) from None
        if isinstance(value, str) and "://" in value:
            # A URL may hold a password, which its repr masks.
            raise InvalidSetting(name, repr(URL(value)), wanted) from None
        shown = f"'{printable(value)}'" if isinstance(value, str) else repr(value)
        raise InvalidSetting(name, shown, wanted) from exc


def _is_secret(name: str, cast: object) -> bool:
    is_secret = isinstance(cast, type) and issubclass(cast, Secret)
    return is_secret or _SECRETIVE.search(name) is not None


def _convert(value: Any, cast: Callable[[Any], Any]) -> Any:
    if cast is bool and isinstance(value, str):
        return _boolean(value)
    if cast is list or get_origin(cast) is list:
        items = CommaSeparatedStrings(value)
        (item,) = get_args(cast) or (str,)
        return [_convert(text, item) for text in items]
    return cast(value)


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE + _FALSE:
        raise ValueError("no boolean word")
    return word in _TRUE


def _words(cast: Callable[[Any], Any]) -> str:
    """Say what a cast takes."""
    if cast is bool:
        return f"a bool: write {', '.join(_TRUE)} or {', '.join(_FALSE)}"
    if get_origin(cast) is not None:
        return f"a {cast}"
    return f"a valid {getattr(cast, '__name__', repr(cast))}"
