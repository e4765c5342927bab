"""The examples in docstrings run, and say what they show."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
from importlib import import_module
from typing import Any

import pytest

import careflow


def modules() -> list[str]:
    found = [info.name for info in pkgutil.walk_packages(careflow.__path__, "careflow.")]
    return ["careflow", *sorted(name for name in found if not name.endswith("__main__"))]


class Finder(doctest.DocTestFinder):
    """Finds the examples of functions whose arguments are checked by a decorator, too."""

    def _from_module(self, module: Any, object: Any) -> bool:
        found: bool = super()._from_module(module, inspect.unwrap(object))  # type: ignore[misc]
        return found


def cases() -> list[Any]:
    """Return the names of all modules; examples that draw a chart are slow."""
    slow = [pytest.mark.slow]
    return [pytest.param(name, marks=slow if name.startswith("careflow.charts.plots.") else []) for name in modules()]


@pytest.mark.parametrize("name", cases())
def test_the_examples_of_a_module_are_true(name: str) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    for example in Finder().find(import_module(name)):
        runner.run(example)
    assert runner.failures == 0


def test_a_wrong_example_is_found() -> None:
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(example, out=lambda text: None)
    assert runner.failures == 1
