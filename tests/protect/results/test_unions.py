"""Rates of levels put together: no hidden row of a level is left when the shown ones are subtracted."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest
from support.measure_attacker import WINDOWS, Attacker, hits_of
from support.release_attacker import LEVELS, Findings, moves_of, records

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import audit, protect

UNIONS: dict[str, tuple[str, ...]] = {
    "php, iop or outpatient": ("php", "iop", "outpatient"),
    "day programs": ("php", "iop"),
    "24-hour care": ("inpatient", "residential"),
}


@cache
def stays() -> pd.DataFrame:
    return records(2500, 5)


@cache
def rates(by: str) -> cf.estimate.Rates:
    return cf.transition_rates(moves_of(stays()), by=by, within=WINDOWS)


def together(by: str = "quarter", **frm: Any) -> cf.estimate.Rates:
    return rates(by).union({name: list(levels) for name, levels in UNIONS.items()}, **frm)


def attacked(given: list[Any]) -> Findings:
    """Return what a reader of rates, then of their unions, tells of small counts from residential care and PHP."""
    found = Findings()
    for level in ("residential", "php"):
        reader = Attacker(level, hits_of(stays(), {}), dict.fromkeys(LEVELS, 10**6), "quarter")
        reader.rates(given[0].frame)
        reader.unions(given[1].frame, UNIONS)
        reader.attack(found)
    return found


@pytest.mark.slow
def test_a_union_beside_its_levels_tells_no_small_count() -> None:
    apart = [protect(rates("quarter"))[0], together()]
    assert not attacked(apart).ok, "the attacker finds nothing in a union that was not protected with its levels"
    safe = protect([rates("quarter"), together()])
    assert safe.proof.check().ok
    assert audit(safe).ok
    assert attacked(list(safe)).ok
    shown = safe[1].frame[~safe[1].frame["hidden"]]
    assert len(shown) > 20
    true = together().frame.loc[shown.index, ["n", "of", "rate"]]
    assert (shown[["n", "of", "rate"]].fillna(-1) == true.fillna(-1)).all(axis=None)


@pytest.mark.slow
def test_unions_of_levels_left_are_sums_of_their_levels() -> None:
    whole = rates("quarter").union("step-down", frm={"24-hour": ["inpatient", "residential"]})
    safe = protect([rates("quarter"), whole])
    assert audit(safe).ok
    n = safe[1].frame.set_index(["quarter", "within"])["n"]
    parts = safe[0].directions[safe[0].directions["from"].isin(["inpatient", "residential"])]
    parts = parts[parts["direction"] == "step-down"].groupby(["quarter", "within"], observed=True)["n"]
    complete = parts.count() == 2
    assert complete.any()
    assert (parts.sum()[complete] == n[complete]).all()


def test_a_union_without_the_rates_of_its_levels_is_refused() -> None:
    with pytest.raises(DisclosureError, match="put together are sums of the rates of every level"):
        protect(together())
    with pytest.raises(DisclosureError, match="frm= and to= put together"):
        protect(cf.transition_rates(moves_of(records(60, 1)), to=["php", "iop"], method="incidence"))
