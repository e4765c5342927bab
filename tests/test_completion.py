"""Tab within quotes in Jupyter: the quarters, levels and strata of the object that a call is of."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import pytest
from support.release_attacker import moves_of, records

import careflow as cf
from careflow import charts
from careflow.completion import IDENTIFIER, choices, register


@cache
def names() -> dict[str, Any]:
    moves = moves_of(records(60, 1))
    return {"cf": cf, "charts": charts, "moves": moves, "rates": cf.transition_rates(moves, by="quarter"), "pd": pytest}


LEVELS = ["inpatient", "residential", "php", "iop", "outpatient"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ('rates.matrix("', ["2023Q3", "2023Q4"]),
        ('rates.matrix("2024', ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]),
        ('rates.matrix(\n    "2024Q1", value="', ["rate", "n", "of", "se", "low", "high", "followed", "mature"]),
        ('rates.at("2024Q1", frm="', [*LEVELS, "24-hour", "all levels"]),
        ('rates.union(["php", "i', ["inpatient", "iop", "incarcerated"]),
        ('rates.compare("2024Q1", "2023', ["2023Q3", "2023Q4"]),
        ("x = charts.trend(rates, frm='res", ["residential"]),
        ('cf.transition_rates(moves, by=["quarter", "', ["quarter", "month", "year", "facility", "payer"]),
        ('cf.transition_rates(moves, method="in', ["incidence", "intensity"]),
        ("rates.matrix(", ['"2023Q3"', '"2023Q4"']),
        ("rates.matrix('2024Q1', value=", ['"rate"', '"n"']),
        ("charts.trend(rates, frm = ", ['"inpatient"', '"residential"']),
        ("cf.transition_rates(moves, by=[", ['"quarter"', '"month"']),
        ("cf.transition_rates(", []),
        ("cf.transition_rates(mo", []),
        ("rates.matrix(quarter", []),
        ("(rates.frame, ", []),
        ('rates.matrix("2024Q1")', []),
        ('pd.mark("', []),
        ('unknown.matrix("', []),
        ('rates.nothing("', []),
    ],
)
def test_what_may_stand_in_quotes_is_offered(text: str, first: list[str]) -> None:
    offered = choices(text, names())
    assert offered[: len(first)] == first
    assert bool(offered) == bool(first)


@pytest.mark.slow
def test_ipython_offers_the_quarters_of_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    ipython = pytest.importorskip("IPython")
    shell = importlib.import_module("IPython.core.interactiveshell").InteractiveShell()
    shell.user_ns.update(names())
    before = shell.Completer.custom_matchers[:]
    monkeypatch.setattr(ipython, "get_ipython", lambda: shell)
    register()
    register()
    added = [one for one in shell.Completer.custom_matchers if one not in before]
    assert [one.matcher_identifier for one in added] == [IDENTIFIER]
    text = 'show = rates.matrix("2024Q'
    with importlib.import_module("IPython.core.completer").provisionalcompleter():
        offered = [(one.text, one.start) for one in shell.Completer.completions(text, len(text))]
        text_open = "rates.matrix(quarter="
        values = [one.text for one in shell.Completer.completions(text_open, len(text_open))]
    assert [value for value in values if value.startswith('"2024')] == [f'"2024Q{quarter}"' for quarter in (1, 2, 3, 4)]
    assert offered == [(f"2024Q{quarter}", len(text) - len("2024Q")) for quarter in (1, 2, 3, 4)]
