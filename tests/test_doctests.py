"""The examples in docstrings run, and say what they show."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import careflow


def modules() -> list[str]:
    found = [info.name for info in pkgutil.walk_packages(careflow.__path__, "careflow.")]
    return ["careflow", *sorted(name for name in found if not name.endswith("__main__"))]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_are_true(name: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testmod(import_module(name), optionflags=flags, verbose=False)
    assert failed == 0


def test_a_wrong_example_is_found() -> None:
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(example, out=lambda text: None)
    assert runner.failures == 1
