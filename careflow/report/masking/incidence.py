"""The interim rule for rates of all discharges: whole percents without counts, hidden as the followed rates are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.estimate.rates.rate_result import Rates
from careflow.report.masking.row_suppression import Flags, small

MEASURE: Final = "cumulative incidence of the next level"
DECIMALS: Final = 2
_LIMITS: Final = ("rate", "se", "low", "high")


def coarse(result: Rates, below: int) -> Rates:
    """Return masked rates of all discharges that may be shown together with the followed rates.

    The two tables differ by the discharges not yet followed, which are few. So ``n`` is left out, rates and limits are
    whole percents, and ``of`` and ``followed`` are missing where the difference is small.
    """
    frame, directions = (_coarse(table, below) for table in (result.frame, result.directions))
    return replace(result, frame=frame, directions=directions, contributors=None)


def as_followed(result: Rates, followed: Rates) -> Rates:
    """Return rates of all discharges, hidden where all were followed and the masked ``followed`` rates are hidden."""
    frame = _hide(result.frame, _hidden(result.frame, followed.frame, "to"))
    directions = _hide(result.directions, _hidden(result.directions, followed.directions, "direction"))
    return replace(result, frame=frame, directions=directions)


def _coarse(table: pd.DataFrame, below: int) -> pd.DataFrame:
    table = table.copy()
    table["n"] = np.nan
    for name in _LIMITS:
        table[name] = table[name].round(DECIMALS)
    late = np.rint((table["of"] * (1 - table["followed"])).fillna(0.0))
    table.loc[small(late, below), ["of", "followed"]] = np.nan
    return table


def _hidden(table: pd.DataFrame, followed: pd.DataFrame, target: str) -> Flags:
    """Return which rows are of a level whose discharges were all followed, and are hidden in the followed rates."""
    keys = ["quarter", "from", target]
    hidden_keys = {_key(row, keys) for row in followed[followed["hidden"]].to_dict("records")}
    rows = table.to_dict("records")
    return np.array([row["followed"] == 1 and _key(row, keys) in hidden_keys for row in rows], dtype=bool)


def _key(row: dict[Any, Any], keys: list[str]) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in keys)


def _hide(table: pd.DataFrame, hidden: Flags) -> pd.DataFrame:
    table = table.copy()
    table.loc[hidden, list(_LIMITS)] = np.nan
    table["hidden"] |= hidden
    return table
