"""Differences between quarters: one family of tests for all changes in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from careflow.estimate.changes.base import MEAN_STAY
from careflow.estimate.changes.change import corrected
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.survival.stay_result import LengthOfStay

COLUMNS: Final = (
    *("quarter", "before", "level", "measure"),
    *("rate_before", "rate", "difference", "low", "high", "clear", "against"),
    *("quarters", "quarters_before", "hidden"),
)
_NUMBERS: Final = ["difference", "low", "high", "p"]

Shown = Mapping[tuple[str, str, str], float]


def changes(tests: pd.DataFrame, rates: Rates, stays: LengthOfStay) -> pd.DataFrame:
    """Return the differences, hidden where either rate is hidden, with p-values corrected together.

    Parameters
    ----------
    tests : pandas.DataFrame
        From :func:`careflow.estimate.changes.change_family.compared`.
    rates, stays : Rates, LengthOfStay
        The same results, masked or protected.

    Returns
    -------
    pandas.DataFrame
        ``quarter, before, level, measure, rate_before, rate, difference, low, high, clear, against, quarters,
        quarters_before, hidden``, shares (mean stays: days), not percentage points; and ``tested``, whether the
        correction counts the difference, and ``p``. ``quarters`` and ``quarters_before`` are how many quarters are
        merged on each side, of which ``quarter`` and ``before`` are the last. A row is there if either side has such an
        event.
    """
    names = [str(name) for name in rates.frame["quarter"].cat.categories]
    values = _shown(rates, stays)
    sides = [
        [_quarters(names, label, span) for label, span in zip(tests[side], tests[spans], strict=True)]
        for side, spans in (("first", "span_before"), ("second", "span"))
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
        columns={"second": "quarter", "first": "before", "value_1": "rate_before", "value_2": "rate",
                 "span": "quarters", "span_before": "quarters_before"}
    )  # fmt: skip
    has_value = table["difference"].notna()
    table["clear"] = table["changed"].astype(object).where(has_value, None)
    order = table["quarter"].map(names.index)
    table = table.assign(_order=order).sort_values(["_order", "against"], kind="stable", ignore_index=True)
    return table[[*COLUMNS[:-1], "tested", "p", "hidden"]]


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
