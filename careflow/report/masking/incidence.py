"""The interim rule for rates of all discharges: what the followed ones hide, and whole percents without counts."""

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
    """Return masked rates of all discharges as they may stand beside those of the followed ones.

    The two tables differ by the discharges not yet followed, who are few. So ``n`` is left out, rates and limits are
    whole percents, and ``of`` and ``followed`` are missing where the difference is small.
    """
    frame, ways = (_coarse(table, below) for table in (result.frame, result.directions))
    return replace(result, frame=frame, directions=ways, contributors=None)


def as_followed(result: Rates, followed: Rates) -> Rates:
    """Return rates of all discharges without what the masked ``followed`` rates hide of a level of which all were."""
    frame = _hide(result.frame, _hidden(result.frame, followed.frame, "to"))
    ways = _hide(result.directions, _hidden(result.directions, followed.directions, "direction"))
    return replace(result, frame=frame, directions=ways)


def _coarse(table: pd.DataFrame, below: int) -> pd.DataFrame:
    table = table.copy()
    table["n"] = np.nan
    for name in _LIMITS:
        table[name] = table[name].round(DECIMALS)
    late = np.rint((table["of"] * (1 - table["followed"])).fillna(0.0))
    table.loc[small(late, below), ["of", "followed"]] = np.nan
    return table


def _hidden(table: pd.DataFrame, followed: pd.DataFrame, target: str) -> Flags:
    """Say which rows are of a level whose discharges were all followed, and hidden among those."""
    keys = ["quarter", "from", target]
    secret = {_key(row, keys) for row in followed[followed["hidden"]].to_dict("records")}
    rows = table.to_dict("records")
    return np.array([row["followed"] == 1 and _key(row, keys) in secret for row in rows], dtype=bool)


def _key(row: dict[Any, Any], keys: list[str]) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in keys)


def _hide(table: pd.DataFrame, hidden: Flags) -> pd.DataFrame:
    table = table.copy()
    table.loc[hidden, list(_LIMITS)] = np.nan
    table["hidden"] |= hidden
    return table
