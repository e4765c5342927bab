"""The front door: every name that it offers opens, says what it is, and is what its room calls by that name."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import careflow as cf


def public(module: ModuleType) -> list[str]:
    return list(getattr(module, "__all__", []))


def own_modules() -> list[str]:
    found = [info.name for info in pkgutil.walk_packages(cf.__path__, "careflow.")]
    return sorted(name for name in found if not name.endswith("__main__"))


@pytest.mark.parametrize("name", cf.__all__)
def test_each_name_of_the_front_door_opens_and_says_what_it_is(name: str) -> None:
    thing = getattr(cf, name)
    assert inspect.getdoc(thing)
    assert thing.__module__.startswith("careflow.")


def test_the_front_door_is_short_sorted_and_listed() -> None:
    assert cf.__all__ == sorted(set(cf.__all__))
    assert len(cf.__all__) <= 40
    assert set(cf.__all__) <= set(dir(cf))


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no 'lenght_of_stay' \(did you mean 'length_of_stay'\?\)"):
        _ = cf.lenght_of_stay


@pytest.mark.parametrize(
    "room", ["continuum", "records", "counts", "estimate", "protect", "charts", "report", "simulate"]
)
def test_each_room_says_what_it_is_for(room: str) -> None:
    assert inspect.getdoc(getattr(cf, room))


@pytest.mark.parametrize("name", own_modules())
def test_every_public_name_of_a_module_is_documented(name: str) -> None:
    module = import_module(name)
    assert inspect.getdoc(module), f"{name} has no docstring"
    for word in public(module):
        thing = getattr(module, word)
        if inspect.isclass(thing) or inspect.isroutine(thing):
            assert inspect.getdoc(thing), f"{name}.{word} has no docstring"
        if inspect.isclass(thing):
            bare = [
                f"{word}.{key}"
                for key, value in vars(thing).items()
                if not key.startswith("_")
                and (inspect.isfunction(value) or isinstance(value, property | classmethod))
                and not inspect.getdoc(getattr(thing, key))
            ]
            assert not bare, f"without a docstring: {bare}"


def test_a_parameter_of_a_public_function_is_named_in_its_docstring() -> None:
    silent = []
    for name in cf.__all__:
        thing = getattr(cf, name)
        if inspect.isfunction(thing):
            text = inspect.getdoc(thing) or ""
            silent += [f"{name}({word})" for word in inspect.signature(thing).parameters if word not in text]
    assert silent == []


@pytest.mark.slow
@pytest.mark.parametrize("first", ["import careflow.protect", "from careflow.protect import protect", "pass"])
def test_protect_is_a_function_whatever_was_imported_before(first: str) -> None:
    code = f"{first}\nimport careflow as cf\nassert callable(cf.protect)\ncf.protect([], below=11)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "careflow.errors." in done.stderr or done.returncode == 0, done.stderr
    assert "not callable" not in done.stderr
