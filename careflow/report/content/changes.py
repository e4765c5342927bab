"""Differences between quarters: one family of tests for all changes in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from careflow.estimate.change import MEAN_STAY, YEAR, changes_of, corrected, reported_differences
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.survival.stay_result import LengthOfStay

BEFORE: Final = "quarter before"
YEAR_BEFORE: Final = "year before"
FOUR: Final = "four quarters before"
"""The comparisons of a quarter. ``FOUR`` compares the four quarters that it ends with the four before."""
COLUMNS: Final = (
    *("quarter", "before", "level", "measure"),
    *("rate_before", "rate", "difference", "low", "high", "clear", "against", "hidden"),
)
_SPAN: Final = YEAR["quarter"]
_NUMBERS: Final = ["difference", "low", "high", "p"]

Shown = Mapping[tuple[str, str, str], float]


def compared(rates: Rates, stays: LengthOfStay, quarter: str | None) -> pd.DataFrame:
    """Return every difference that the report tests, from unmasked results.

    Each mature quarter is compared with the one before; the quarter of the report (the newest mature one in which
    anyone was discharged, by default) also with the same one a year before, and the four quarters that it
    ends with the four before. Mean stays of the report's quarter are compared with the quarter before and the one a
    year before.
    """
    mature = rates.frame.groupby("quarter", observed=False)["mature"].all()
    names, is_mature = [str(name) for name in mature.index], mature.to_numpy(dtype=bool)
    has_discharges = rates.frame.groupby("quarter", observed=False)["of"].sum().to_numpy() > 0
    newest = next((i for i in reversed(range(len(names))) if is_mature[i] and has_discharges[i]), len(names) - 1)
    at = names.index(quarter) if quarter in names else newest
    pairs = [(one, two) for (one, a), (two, b) in pairwise(zip(names, is_mature, strict=True)) if a and b]
    year = [(names[at - _SPAN], names[at])] if at >= _SPAN and is_mature[at] and is_mature[at - _SPAN] else []
    four = year if at + 1 >= 2 * _SPAN and is_mature[at + 1 - 2 * _SPAN : at + 1].all() else []
    rate_changes, stay_changes = changes_of(rates), changes_of(stays)
    parts = [
        rate_changes.between(pairs).assign(against=BEFORE) if pairs else None,
        rate_changes.between(year).assign(against=YEAR_BEFORE) if year else None,
        rate_changes.between(four, span=_SPAN).assign(against=FOUR) if four else None,
        *(
            stay_changes.between([(names[at - back], names[at])]).assign(against=against)
            for back, against in ((1, BEFORE), (_SPAN, YEAR_BEFORE))
            if at >= back
        ),
    ]
    frames = [part for part in parts if part is not None]
    tests = pd.concat(frames, ignore_index=True) if frames else stay_changes.between([]).assign(against="")
    return (
        reported_differences(tests, rates.continuum.names)
        .assign(level=tests["from"].astype(str))
        .reset_index(drop=True)
    )


def changes(tests: pd.DataFrame, rates: Rates, stays: LengthOfStay) -> pd.DataFrame:
    """Return the differences, hidden where either rate is hidden, with p-values corrected together.

    Parameters
    ----------
    tests : pandas.DataFrame
        From :func:`compared`.
    rates, stays : Rates, LengthOfStay
        The same results, masked or protected.

    Returns
    -------
    pandas.DataFrame
        ``quarter, before, level, measure, rate_before, rate, difference, low, high, clear, against, hidden``, shares
        (mean stays: days), not percentage points; and ``tested``, whether the correction counts the difference. A row
        is there if either quarter has such an event.
    """
    names = [str(name) for name in rates.frame["quarter"].cat.categories]
    values = _shown(rates, stays)
    sides = [
        [_quarters(names, label, span) for label, span in zip(tests[side], tests["span"], strict=True)]
        for side in ("first", "second")
    ]
    keys = list(zip(tests["level"], tests["measure"], strict=True))
    hidden = np.array(
        [any(np.isnan(values.get((q, *key), 0.0)) for q in (*a, *b)) for key, a, b in zip(keys, *sides, strict=True)],
        dtype=bool,
    )
    relevant = hidden | (tests["n_1"] > 0).to_numpy() | (tests["n_2"] > 0).to_numpy()
    table = tests.assign(hidden=hidden, tested=tests["tested"].to_numpy(dtype=bool) & ~hidden & relevant)[relevant]
    table[[*_NUMBERS, "value_1", "value_2"]] = table[[*_NUMBERS, "value_1", "value_2"]].where(~table["hidden"])
    table = corrected(table.reset_index(drop=True)).rename(
        columns={"second": "quarter", "first": "before", "value_1": "rate_before", "value_2": "rate"}
    )
    has_value = table["difference"].notna()
    table["clear"] = table["changed"].astype(object).where(has_value, None)
    order = table["quarter"].map(names.index)
    table = table.assign(_order=order).sort_values(["_order", "against"], kind="stable", ignore_index=True)
    return table[[*COLUMNS[:-1], "tested", "hidden"]]


def _quarters(names: Sequence[str], last: str, span: int) -> tuple[str, ...]:
    end = names.index(last) + 1
    return tuple(names[end - span : end])


def _shown(rates: Rates, stays: LengthOfStay) -> Shown:
    """Return the value of each quarter, level and measure; missing where it is hidden."""
    out: dict[tuple[str, str, str], float] = {}
    for frame, level, measure, value in (
        (rates.frame, "from", "to", "rate"),
        (rates.directions, "from", "direction", "rate"),
        (stays.frame.assign(measure=MEAN_STAY), "level", "measure", "rmean"),
    ):
        shown = frame[value].astype(float).mask(frame["hidden"].astype(bool))
        if "of" in frame:  # where nobody was discharged there is nothing to hide
            shown = shown.mask(frame["of"] == 0, 0.0)
        columns = (frame[name].astype(str) for name in ("quarter", level, measure))
        out |= dict(zip(zip(*columns, strict=True), shown, strict=True))
    return out
