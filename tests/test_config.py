"""Settings: where they come from, what they become, and what is said of wrong ones."""

from __future__ import annotations

import copy
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import URL
from restlette.config import (
    CommaSeparatedStrings,
    Config,
    ConfigFileError,
    Environ,
    EnvironError,
    InvalidSetting,
    MissingSetting,
    Secret,
    environ,
    parse_env,
)

# The file -----------------------------------------------------------------------------

FILES = [
    # realistic
    ("", {}),
    ("A=b", {"A": "b"}),
    ("A=b\n", {"A": "b"}),
    ("A=b\nC=d\n", {"A": "b", "C": "d"}),
    ("# all\n\n   # of it\nA=b # in English\n", {"A": "b"}),
    ("A=b\r\nC=d\r\n", {"A": "b", "C": "d"}),
    ("\ufeffA=b", {"A": "b"}),
    ("export A=b", {"A": "b"}),
    ("export\tA = b", {"A": "b"}),
    ("  A =  b  ", {"A": "b"}),
    ("A=", {"A": ""}),
    ("A= # nothing", {"A": ""}),
    ("A=#fff", {"A": "#fff"}),
    ("A=b#c", {"A": "b#c"}),
    ("A=b\t#c", {"A": "b"}),
    ("A=b c", {"A": "b c"}),
    ("A=postgres://u:p@h/db?x=1", {"A": "postgres://u:p@h/db?x=1"}),
    (r"A=C:\new", {"A": r"C:\new"}),
    ("A=b\nA=c", {"A": "c"}),
    # quotes
    ('A="b # c"  # d', {"A": "b # c"}),
    ("A='b # c'#d", {"A": "b # c"}),
    ("A = ' b '", {"A": " b "}),
    ('A=""', {"A": ""}),
    ("A=''\n", {"A": ""}),
    (r'A="b\"c\\\n\r\t"', {"A": 'b"c\\\n\r\t'}),
    (r'A="\d$HOME ${X}"', {"A": r"\d$HOME ${X}"}),
    (r"A='b\n\\'", {"A": r"b\n\\"}),
    ('A="b\nc"\nD=e', {"A": "b\nc", "D": "e"}),
    ("A='b\nc'\nD=e", {"A": "b\nc", "D": "e"}),
    ('A=b"c"', {"A": 'b"c"'}),
    ("A=it's", {"A": "it's"}),
    # synthetic
    ("a.b-C_1=d", {"a.b-C_1": "d"}),
    ("export=b", {"export": "b"}),
    ("exportA=b", {"exportA": "b"}),
    ("A==", {"A": "="}),
    ("A=b=c", {"A": "b=c"}),
    ("A=\u00e9\u2028\x0b", {"A": "\u00e9\u2028\x0b"}),
    ("\n\n\n", {}),
    ("A=b\n  ", {"A": "b"}),
]


@pytest.mark.parametrize("text, settings", FILES)
def test_a_file_is_read(text: str, settings: dict[str, str]) -> None:
    assert parse_env(text) == settings


WRONG_FILES = [
    ("A", 1, "there is no NAME=value"),
    ("A=b\nhunter2\n", 2, "there is no NAME=value"),
    ("export A", 1, "there is no NAME=value"),
    ("=b", 1, "there is no NAME=value"),
    ("1A=b", 1, "there is no NAME=value"),
    ("A B=c", 1, "there is no NAME=value"),
    ("\u00c4=b", 1, "there is no NAME=value"),
    ("\n\nA='b", 3, "the quote ' is never closed"),
    ('A="b\n\n', 1, 'the quote " is never closed'),
    ('A="b\\"', 1, 'the quote " is never closed'),
    ("A='b'c", 1, "something follows the closing quote"),
    ('A="b\nc" d', 2, "something follows the closing quote"),
]


@pytest.mark.parametrize("text, line, problem", WRONG_FILES)
def test_a_wrong_file_is_an_error_that_names_the_line(
    text: str, line: int, problem: str
) -> None:
    """And does not show it: what stands there may be a password."""
    with pytest.raises(ConfigFileError) as caught:
        parse_env(text, "prod.env")
    assert str(caught.value) == f"prod.env:{line}: {problem}"
    exc = caught.value
    assert (exc.path, exc.line, exc.problem) == ("prod.env", line, problem)


@given(st.text(alphabet=st.sampled_from("AB=#'\"\\ \t\n\rn$export\ufeff")) | st.text())
def test_any_text_gives_settings_or_the_documented_error(text: str) -> None:
    try:
        settings = parse_env(text)
    except ConfigFileError:
        return
    assert all(name.isascii() and name for name in settings)


@given(st.text(alphabet=st.characters(exclude_characters="'\r")))
def test_any_text_without_a_quote_fits_in_single_quotes(text: str) -> None:
    assert parse_env(f"A='{text}'") == {"A": text}


@pytest.mark.parametrize(
    "text",
    [
        " " * 1_000_000 + "x",
        "A" * 1_000_000,
        "A" + " " * 1_000_000,
        "A=" + " " * 1_000_000 + "#",
        'A="' + "\\" * 1_000_001,
        'A="' + 'b\\"' * 300_000,
        "A='" + "b" * 1_000_000,
        "export" + " " * 1_000_000,
        "A=b\n" * 200_000,
    ],
    ids=range(9),
)
def test_a_long_file_is_read_in_linear_time(text: str) -> None:
    """Were it quadratic, this would take hours."""
    try:
        parse_env(text)
    except ConfigFileError:
        pass


def test_a_file_that_is_not_there_is_worth_one_warning(tmp_path: Path) -> None:
    """start-up-config-124: a typo in the file's name is not silent."""
    path = tmp_path / ".evn"
    with pytest.warns(UserWarning, match="is not there") as caught:
        config = Config(path, {"A": "b"})
    (warning,) = caught
    assert str(warning.message) == (
        f"the file {str(path)!r} is not there: settings come from the environment "
        "alone."
    )
    assert warning.filename == __file__
    assert config("A") == "b"


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes("A=\u00e9".encode("latin-1"))
    assert Config(path, {}, encoding="latin-1")("A") == "\u00e9"
    with pytest.raises(ConfigFileError) as caught:
        Config(str(path), {})
    assert str(caught.value) == f"{path}: byte 2 is not utf-8"
    assert caught.value.__suppress_context__


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigFileError, match=r"Is a directory|Permission denied"):
        Config(tmp_path, {})


# Where settings come from -------------------------------------------------------------


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_text("A=file\nB=file\nSHOP_A=shop\n", "utf-8")
    return path


def test_the_environment_comes_before_the_file_before_the_default(
    env_file: Path,
) -> None:
    config = Config(env_file, {"A": "environment"})
    assert config("A", default="default") == "environment"
    assert config("B", default="default") == "file"
    assert config("C", default="default") == "default"
    assert config("C", default=None) is None
    assert config("C", cast=int, default=None) is None
    assert config.get("B") == "file"
    assert config.file_values == {"A": "file", "B": "file", "SHOP_A": "shop"}


def test_a_prefix_holds_for_the_environment_and_the_file(env_file: Path) -> None:
    config = Config(env_file, {"SHOP_B": "environment"}, env_prefix="SHOP_")
    assert config("A") == "shop"
    assert config("B") == "environment"
    with pytest.raises(MissingSetting, match="the setting SHOP_C is missing"):
        config("C")


def test_a_missing_setting_is_an_error_that_names_it() -> None:
    """It is a KeyError, as the ancestor's."""
    with pytest.raises(KeyError) as caught:
        Config(environ={})("DATABASE")
    assert str(caught.value) == "the setting DATABASE is missing and has no default."
    exc = caught.value
    assert isinstance(exc, MissingSetting)
    assert (exc.key, exc.hint) == ("DATABASE", "")


def test_a_missing_setting_with_a_neighbour_is_a_typo() -> None:
    """start-up-config-124: only the neighbour's name is shown."""
    with pytest.raises(MissingSetting) as caught:
        Config(environ={"DATABSE": "hunter2"})("DATABASE")
    assert str(caught.value) == (
        "the setting DATABASE is missing and has no default (did you mean 'DATABSE'?)."
    )


def test_by_default_it_is_the_processes_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RESTLETTE_TEST_CONFIG", "here")
    assert Config()("RESTLETTE_TEST_CONFIG") == "here"
    assert environ["RESTLETTE_TEST_CONFIG"] == "here"
    assert len(environ) == len(os.environ)


# What they become ---------------------------------------------------------------------

CASTS: list[tuple[str, Callable[[Any], Any], Any]] = [
    *[(word, bool, True) for word in ("true", "1", "yes", "on", "True", "ON")],
    *[(word, bool, False) for word in ("false", "0", "no", "off", "FALSE", "nO")],
    ("3", int, 3),
    ("3.5", float, 3.5),
    ("b", str, "b"),
    ("a, b", list, ["a", "b"]),
    ("", list, []),
    ("1, 2,3", list[int], [1, 2, 3]),
    ("yes,no", list[bool], [True, False]),
    ("x", Path, Path("x")),
    ("x", lambda text: text * 2, "xx"),
]


@pytest.mark.parametrize("text, cast, value", CASTS)
def test_a_cast_makes_a_value_of_a_text(
    text: str, cast: Callable[[Any], Any], value: object
) -> None:
    made = Config(environ={"A": text})("A", cast=cast)
    assert made == value
    assert type(made) is type(value)


def test_a_url() -> None:
    url = Config(environ={"A": "postgres://u:hunter2@h:5432/db"})("A", cast=URL)
    assert isinstance(url, URL)
    assert (url.hostname, url.password) == ("h", "hunter2")


@pytest.mark.parametrize(
    "default, cast, value",
    [
        (True, bool, True),
        (0, bool, False),
        ("off", bool, False),
        (8000, int, 8000),
        ("8000", int, 8000),
        ([1, 2], list[int], [1, 2]),
        ("1,2", list[int], [1, 2]),
    ],
)
def test_a_default_is_cast_as_well(
    default: object, cast: Callable[[Any], Any], value: object
) -> None:
    assert Config(environ={})("A", cast=cast, default=default) == value


INVALID: list[tuple[str, str, Callable[[Any], Any], str]] = [
    (
        "DEBUG",
        "maybe",
        bool,
        "the setting DEBUG is 'maybe', which is not a bool: write true, 1, yes, on ",
    ),
    ("DEBUG", "", bool, "the setting DEBUG is '', which is not a bool: "),
    ("PORT", "http", int, "the setting PORT is 'http', which is not a valid int."),
    ("PORTS", "1,x", list[int], "the setting PORTS is '1,x', which is not a list[int]"),
    ("NAMES", "it's", list, "the setting NAMES is 'it's', which is not a valid list"),
    (
        "PORT",
        "a\n\x1b" + "b" * 500,
        int,
        r"the setting PORT is 'a\n\x1b" + "b" * 197 + "…', which is not a valid int.",
    ),
    (
        "STORE",
        "redis://:hunter2@h/0",
        int,
        "the setting STORE is URL('redis://:********@h/0'), which is not a valid int.",
    ),
    (
        "API_KEY",
        "hunter2",
        int,
        "the setting API_KEY is a hidden value, which is not a valid int.",
    ),
]


@pytest.mark.parametrize("key, text, cast, sentence", INVALID)
def test_a_value_that_a_cast_refuses_is_an_error_that_says_what_came(
    key: str, text: str, cast: Callable[[Any], Any], sentence: str
) -> None:
    """It is a ValueError, as the ancestor's, and shows no secret."""
    with pytest.raises(ValueError) as caught:
        Config(environ={key: text})(key, cast=cast)
    assert isinstance(caught.value, InvalidSetting)
    assert caught.value.key == key
    assert str(caught.value).startswith(sentence)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_the_casts_own_error_is_kept_where_nothing_is_hidden() -> None:
    def port(text: str) -> int:
        raise ValueError("a port is below 65536")

    with pytest.raises(InvalidSetting, match="not a valid port") as caught:
        Config(environ={"PORT": "70000"})("PORT", cast=port)
    assert str(caught.value.__cause__) == "a port is below 65536"


def test_a_cast_without_a_name_is_shown_as_it_is() -> None:
    class Cast:
        def __call__(self, text: str) -> int:
            raise TypeError

        def __repr__(self) -> str:
            return "Cast()"

    with pytest.raises(InvalidSetting, match=r"not a valid Cast\(\)\.$"):
        Config(environ={"A": "b"})("A", cast=Cast())


def test_a_secret_that_is_refused_is_hidden() -> None:
    class LongSecret(Secret):
        def __init__(self, value: str) -> None:
            if len(value) < 32:
                raise ValueError(f"{value!r} is short")
            super().__init__(value)

    config = Config(environ={"SALTED": "".join(["hunter", "2"])})
    with pytest.raises(InvalidSetting) as caught:
        config("SALTED", cast=LongSecret)
    text = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in text
    assert "is a hidden value, which is not a valid LongSecret" in text


# Secret -------------------------------------------------------------------------------


def test_a_secret_is_not_shown_by_its_repr(caplog: pytest.LogCaptureFixture) -> None:
    secret = Config(environ={"A": "hunter2"})("A", cast=Secret)
    assert repr(secret) == "Secret('**********')"
    logging.getLogger("restlette.test").warning("%r %s", secret, {"key": secret})
    assert "hunter2" not in caplog.text
    assert f"{[secret]}" == "[Secret('**********')]"
    assert not hasattr(secret, "__dict__")


def test_a_secret_is_its_value_for_who_asks() -> None:
    secret = Secret("hunter2")
    assert str(secret) == "hunter2"
    assert f"redis://:{secret}@h" == "redis://:hunter2@h"
    assert bool(secret)
    assert not Secret("")
    assert str(copy.deepcopy(secret)) == "hunter2"
    assert str(pickle.loads(pickle.dumps(secret))) == "hunter2"


# Lists --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, items",
    [
        ("", []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a , b ", ["a", "b"]),
        ('a,"b,c",d', ["a", "b,c", "d"]),
        ("'a, b',c", ["a, b", "c"]),
        ("a,#b", ["a", "#b"]),
        ("a,,b,", ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (("a",), ["a"]),
    ],
)
def test_comma_separated_strings(value: str | Sequence[str], items: list[str]) -> None:
    strings = CommaSeparatedStrings(value)
    assert list(strings) == items
    assert len(strings) == len(items)
    assert strings[0:1] == items[:1]
    assert repr(strings) == f"CommaSeparatedStrings({items!r})"
    assert str(strings) == ", ".join(repr(item) for item in items)


def test_comma_separated_strings_are_a_sequence() -> None:
    strings = CommaSeparatedStrings("a,b")
    assert strings[1] == "b"
    assert "a" in strings
    assert isinstance(strings, Sequence)


def test_a_quote_in_a_list_is_closed() -> None:
    with pytest.raises(ValueError, match="No closing quotation"):
        CommaSeparatedStrings("a,'b")


# Environ ------------------------------------------------------------------------------


def test_a_variable_that_was_read_is_not_changed() -> None:
    """A test that did would test something else than it says."""
    variables = Environ({"A": "b"})
    variables["A"] = "c"
    assert variables["A"] == "c"
    with pytest.raises(EnvironError) as caught:
        variables["A"] = "d"
    assert str(caught.value) == (
        "environ['A'] has been read: to set it now would change nothing. Do it before "
        "the module that reads it is imported."
    )
    with pytest.raises(EnvironError, match="to delete it now"):
        del variables["A"]


def test_a_variable_that_was_not_read_is_deleted() -> None:
    variables = Environ({"A": "b", "C": "d"})
    del variables["A"]
    assert dict(variables) == {"C": "d"}
    assert len(variables) == 1


@pytest.mark.parametrize("default", [{"default": "x"}, {}], ids=["default", "missing"])
def test_a_variable_that_was_asked_for_in_vain_was_read(default: Any) -> None:
    variables = Environ({})
    try:
        Config(environ=variables)("A", **default)
    except MissingSetting:
        pass
    with pytest.raises(EnvironError):
        variables["A"] = "b"


def test_the_environments_repr_shows_no_value() -> None:
    assert repr(Environ({"A": "hunter2"})) == "Environ(1 variables)"
