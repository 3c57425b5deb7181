"""What may be absent is imported in one place, and named with its remedy when it is."""

import pickle
import sys

import pytest

from restlette.http.optional import MissingExtra, load


def test_a_module_that_is_there_is_returned() -> None:
    import json.decoder

    assert load("json.decoder", "full", needed_by="a test") is json.decoder


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.part"])
def test_an_absent_package_is_an_import_error_with_the_remedy(module) -> None:
    with pytest.raises(MissingExtra) as caught:
        load(module, "templates", needed_by="restlette.contrib.templates")
    assert str(caught.value) == (
        "restlette.contrib.templates needs no_such_package: "
        'pip install "restlette[templates]"'
    )
    assert isinstance(caught.value, ImportError)
    assert (caught.value.name, caught.value.extra) == ("no_such_package", "templates")


def test_a_part_that_an_installed_package_lacks_is_missing_too() -> None:
    with pytest.raises(MissingExtra, match="needs json"):
        load("json.no_such_part", "full", needed_by="a test")


@pytest.mark.parametrize(
    "source",
    [
        "import no_such_dependency",
        "from json import no_such_name",
        "raise ImportError('compiled for another machine')",
        "raise ModuleNotFoundError('without a name')",
    ],
)
def test_what_fails_inside_the_module_is_not_hidden(
    tmp_path, monkeypatch, source
) -> None:
    (tmp_path / "broken_extra.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError) as caught:
        load("broken_extra", "full", needed_by="a test")
    assert not isinstance(caught.value, MissingExtra)
    assert "broken_extra" not in sys.modules


def test_a_name_that_only_begins_like_the_package_is_another_package(
    tmp_path, monkeypatch
) -> None:
    (tmp_path / "broken_extra.py").write_text("import broken")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="'broken'") as caught:
        load("broken_extra", "full", needed_by="a test")
    assert not isinstance(caught.value, MissingExtra)


def test_the_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(MissingExtra("jinja2", "templates", "x")))
    assert str(error) == 'x needs jinja2: pip install "restlette[templates]"'
