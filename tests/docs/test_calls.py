"""The page of every call, and what it must show: one concept has one name and one default in every call."""

from __future__ import annotations

import importlib
import inspect
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import careflow as cf
from careflow import charts

DOCS = Path(__file__).resolve().parents[2] / "docs"
OTHER_WORDS = {
    "frm": {"from_", "from_level", "origin", "source_level", "left"},
    "to": {"target_level", "destination", "reached"},
    "by": {"group_by", "groupby", "split", "split_by", "stratum", "strata_by"},
    "where": {"filter", "subset", "only", "part"},
    "within": {"window", "link_window", "gap_days"},
    "days": {"n_days", "max_days", "length"},
    "horizon": {"until", "up_to", "limit", "tau"},
    "quarter": {"period", "when"},
    "facet": {"facets", "panels", "multiples", "row", "col"},
    "confidence": {"conf", "ci_level", "coverage", "confidence_level"},
    "moves": {"transitions", "linked", "data", "df"},
    "result": {"results_of", "res", "estimates"},
}
"""Words that no call uses for what has a name."""
EXCEPTIONS: dict[str, dict[str, tuple[str, set[str]]]] = {
    "by": {
        "'quarter'": (
            "counts of a period, which mean nothing without one",
            {"cf.census", "cf.diff", "cf.flow", "cf.persons_served"},
        )
    },
    "context": {"'notebook'": ("where pictures are for; of a trend it is the other levels in grey", {"charts.theme"})},
    "days": {
        "30": ("the window after a discharge", {"cf.bounce_back", "cf.readmissions"}),
        "(30, 60, 90)": ("the days on which retention is told", {"cf.retention"}),
        "None": ("journeys are followed to their end", {"cf.pathways"}),
    },
    "groups": {"100": ("how many journeys are one line", {"charts.sequence_index"})},
    "horizon": {
        "365": ("the days of a restricted mean; the others are the axes of charts", {"cf.length_of_stay"}),
        "180": ("the axis of a chart of stays", {"charts.kaplan_meier"}),
    },
    "limits": {"'exact'": ("how the limits of a ratio are made", {"Rates.indirect"})},
    "measure": {
        "'left early'": ("what most p-charts are of", {"charts.p_chart"}),
        "'rmean'": ("of lengths of stay", {"LengthOfStay.compare"}),
        "'stays'": ("of a chain", {"Chain.matrix"}),
    },
    "mode": {"'suppress'": ("how cells are protected; of a report it is who reads it", {"cf.protect"})},
    "steps": {"4": ("how many are counted; charts draw all of them", {"cf.pathways"})},
    "table": {"'auto'": ("a flow map leaves it out on small axes", {"charts.flow_map"})},
    "to": {"'standard'": ("a continuum", {"Continuum.crosswalk"})},
    "within": {"30": ("the one place where the window is set", {"cf.link"})},
}
"""Defaults besides the usual one of a parameter, with the reason and the calls."""


@cache
def page() -> ModuleType:
    import sys

    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module("calls")
    finally:
        sys.path.remove(str(DOCS))


def parameters() -> Iterator[tuple[str, inspect.Parameter]]:
    for name, call in page().calls().items():
        for one in inspect.signature(call).parameters.values():
            if one.name not in ("self", "cls") and one.kind is not one.VAR_KEYWORD:
                yield name, one


def test_every_public_call_is_on_the_page() -> None:
    calls = page().calls()
    assert {f"cf.{name}" for name in cf.__all__ if inspect.isfunction(getattr(cf, name))} <= set(calls)
    assert {f"charts.{name}" for name in charts.__all__ if inspect.isfunction(getattr(charts, name))} <= set(calls)
    assert {"Rates.compare", "LengthOfStay.compare", "Transitions.counts", "Counts.save", "cf.protect"} <= set(calls)
    assert not {"Rates.counted", "Transitions.rows_of"} & set(calls)


def test_one_concept_has_one_parameter_name_in_every_call() -> None:
    used = defaultdict(set)
    for call, one in parameters():
        used[one.name].add(call)
    others = {word for words in OTHER_WORDS.values() for word in words}
    assert {name: used[name] for name in others & set(used)} == {}
    assert {*OTHER_WORDS} <= set(used)


def test_defaults_of_a_parameter_agree_save_those_with_a_reason() -> None:
    defaults: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for call, one in parameters():
        if one.default is not one.empty:
            defaults[one.name][repr(one.default)].add(call)
    unlike = {}
    for name, values in defaults.items():
        usual = max(values, key=lambda value: (len(values[value]), value))
        if others := {value: calls for value, calls in values.items() if value != usual}:
            unlike[name] = others
    told = {name: {value: calls for value, (_, calls) in values.items()} for name, values in EXCEPTIONS.items()}
    assert unlike == told


def test_what_is_optional_everywhere_comes_by_name() -> None:
    """A call is read without counting places: the second half of its arguments has names."""
    by_name = {"cluster", "confidence", "calendar", "where", "last", "correction", "quarter", "person_level"}
    first = {"Rates.at", "Rates.graph", "Rates.matrix", "Rates.rows", "Chain.matrix", "Diff.at"}
    for call, one in parameters():
        if one.name in by_name and not (one.name == "quarter" and call in first):
            assert one.kind is one.KEYWORD_ONLY, (call, one.name)


@pytest.mark.slow
def test_the_page_has_the_columns_of_each_result_and_its_charts(tmp_path: Path) -> None:
    page().table(tmp_path)
    text = (tmp_path / "api" / "calls.md").read_text("utf-8")
    rows = {line.split("|")[1].strip().strip("`"): line for line in text.splitlines() if line.startswith("| `")}
    assert set(rows) == set(page().calls())
    for column in ("from", "to", "direction", "n", "of", "rate", "se", "low", "high", "followed", "mature"):
        assert f"`{column}`" in rows["cf.transition_rates"]
    assert "`charts.flow_map`" in rows["cf.transition_rates"]
    assert "`Decomposition`, `Diff`" in rows["charts.waterfall"]
    made = {type(result).__name__ for result in page().results().values()}
    kinds = {name for name in cf.estimate.__all__ if isinstance(getattr(cf.estimate, name), type)}
    assert made >= {kind for kind in kinds if issubclass(getattr(cf.estimate, kind), cf.estimate.Result)} - {"Result"}
