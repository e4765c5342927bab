"""The examples in the docstrings and in the guide are true."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import careflow.continuum

MODULES = sorted(f"careflow.continuum.{module.name}" for module in pkgutil.iter_modules(careflow.continuum.__path__))
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "taxonomies.md"


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_package_has_examples() -> None:
    modules = [importlib.import_module(name) for name in MODULES]
    examples = sum(len(test.examples) for module in modules for test in doctest.DocTestFinder().find(module))
    assert examples > 20


def test_examples_in_the_guide_are_true() -> None:
    result = doctest.testfile(str(GUIDE), module_relative=False, encoding="utf-8")
    assert result.failed == 0
    assert result.attempted >= 5
