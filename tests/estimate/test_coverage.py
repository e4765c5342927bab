"""The simulation of coverage draws what it says, and the page in docs is one it wrote."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "decisions" / "2026-11-30-coverage-measured.md"


@pytest.fixture(scope="module")
def coverage() -> ModuleType:
    path = ROOT / "benchmarks" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_of_intervals", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_estimates_of_many_people_are_close_to_the_true_values(coverage: ModuleType) -> None:
    true = coverage.truth(1, 100_000)
    made = coverage.draw(np.random.default_rng(2), 20_000, 1)
    actual = [one for kind in coverage.KINDS.values() for one in kind(made)]
    assert {name for name, *_ in actual} == set(true) - {name for name in true if name.endswith("not clustered")} | {
        "transition rate (followed), not clustered",
        "median length of stay, not clustered",
    }
    for name, estimate, low, high in actual:
        assert low < estimate < high
        assert estimate == pytest.approx(true[name], rel=0.05), name


@pytest.mark.slow
def test_a_run_does_not_depend_on_the_others(coverage: ModuleType) -> None:
    for kind in coverage.KINDS:
        assert coverage.one_run(kind, 5, 60, 3, 7) == coverage.one_run(kind, 5, 60, 3, 7)
        assert coverage.one_run(kind, 5, 60, 3, 7) != coverage.one_run(kind, 5, 60, 3, 8)


def test_one_part_of_the_page_is_replaced_and_the_others_stay(coverage: ModuleType) -> None:
    whole = PAGE.read_text(encoding="utf-8")
    assert coverage.page(whole, {}) == whole
    again = coverage.page(whole, {"differences": "## Differences\n\nanew\n"})
    # One part more, the false alarms, is made by another program and stays as it is.
    assert again.count("\n## ") == whole.count("\n## ") == len(coverage.KINDS) + 1
    assert "\n## Differences\n\nanew\n\n## Chains" in again
    assert coverage.page("", {"chains": "## Chains\n"}).endswith("\n\n## Chains\n")


def test_every_clustered_interval_covers_95_percent() -> None:
    """As simulated on the page; the plain intervals do not where people come back."""
    page = PAGE.read_text(encoding="utf-8").split("\n## False alarms\n")[0]
    rows = re.findall(r"^\| (.+?) \| (\d) \| .*? \| ([\d.]+)% ± ", page, flags=re.MULTILINE)
    clustered = [(name, moves, float(share)) for name, moves, share in rows if "not clustered" not in name]
    assert {(name, moves) for name, moves, _ in clustered} == {
        (name, moves) for name in {name for name, *_ in clustered} for moves in ("1", "3", "6")
    }
    assert len(clustered) == 33
    assert all(93.5 <= share <= 96.5 for *_, share in clustered)
    plain = [float(share) for name, moves, share in rows if "not clustered" in name and moves == "6"]
    assert max(plain) < 90
