"""The rows of a comparison as a chart draws them: the clearest of those asked for, in the order of the continuum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow import formatting
from careflow.charts.data.chosen_stratum import PERIODS
from careflow.charts.data.kinds import kind_of
from careflow.charts.data.scale import DAYS, INTENSITY, SHARE, Scale
from careflow.charts.data.thin import is_thin
from careflow.charts.data.view import View, number, read
from careflow.continuum.outcomes import DIRECTIONS
from careflow.errors import ArgumentError

_STAYS: Final = {
    "rmean": ("Mean length of stay to day {day}", DAYS),
    "median": ("Median length of stay", DAYS),
    "survival": ("Share still in care on day {day}", SHARE),
}


@dataclass(frozen=True)
class Difference:
    """One row: what differs, by how much, and both sides.

    Attributes
    ----------
    frm, to : str
        The level left and what followed; ``to`` is empty for lengths of stay.
    value, low, high : float
        Second less first, with its interval.
    sides : (float, float)
        The rates or lengths themselves; missing where hidden.
    clear : bool
        Whether it is not 0 after the correction for all rows of the comparison.
    """

    frm: str
    to: str
    value: float
    low: float
    high: float
    sides: tuple[float, float]
    clear: bool
    hidden: bool
    mature: bool
    thin: bool


@dataclass(frozen=True)
class Differences:
    """All that a comparison chart says.

    Attributes
    ----------
    rows : list of Difference
        Those that are drawn, in the order of the continuum.
    more : int
        How many more there are to draw.
    absent : int
        How many have nobody on one side.
    n : float
        How many stand behind both sides; missing where that is hidden.
    what : str
        What is compared, as a title.
    tests : int
        How many rows of the whole comparison are tested; of medians none is.
    """

    view: View
    rows: list[Difference]
    more: int
    absent: int
    n: float
    names: tuple[str, str]
    what: str
    scale: Scale
    tests: int


def differences_of(result: Any, frm: str | None, to: str | None, top: int, where: Any) -> Differences:
    """Return the rows of a comparison to draw.

    Where there are more than ``top``, those with the smallest p value are taken (without a test those with the largest
    difference), then hidden ones: what is chosen depends on no hidden number.

    Raises
    ------
    ArgumentError
        If a level or an outcome does not exist, or ``to`` is given for lengths of stay.
    """
    names = tuple(result.continuum.names)
    if frm is not None and frm not in names:
        raise ArgumentError(f"no level {frm!r} in this continuum; it has {', '.join(map(repr, names))}")
    of_stays = kind_of(result).result == "StayComparison"
    if of_stays and to is not None:
        raise ArgumentError("lengths of stay are compared by level: give frm= alone")
    by_direction = to in DIRECTIONS or (not of_stays and "to" not in result.frame.columns)
    frame = "directions" if by_direction else "frame"
    view = read(result, ("Comparison", "StayComparison"), "comparison", frame=frame, where=where)
    table, left = view.frame, "level" if of_stays else "from"
    reached = "direction" if by_direction else "to"
    if frm is not None:
        table = table[table[left].astype(str) == frm]
    if to is not None:
        table = table[table[reached].astype(str) == to]
        if not len(table) and len(view.frame):
            raise ArgumentError(f"the comparison has no {to!r}; it has {_listed(view.frame[reached])}")
    side = "estimate" if of_stays else "rate"
    tests = int(getattr(result, frame)["p"].notna().sum())
    everyone = table if of_stays else table.drop_duplicates("from")
    size = everyone[[f"{'n' if of_stays else 'of'}_{i}" for i in (1, 2)]].to_numpy(float)
    there = table["hidden"] | table["difference"].notna()
    drawn = table[there]
    chosen = _chosen(drawn, top)
    error = 1 - view.about.confidence
    rows = [_row(row, left, "" if of_stays else reached, side, error) for row in chosen.to_dict("records")]
    what, scale = _measured(result, of_stays)
    first, second = (
        formatting.period(one) if result.stratum in PERIODS else one for one in (result.first, result.second)
    )
    return Differences(
        view, rows, len(drawn) - len(chosen), int((~there).sum()), float(size.sum()), (str(first), str(second)), what,
        scale, tests,
    )  # fmt: skip


def _chosen(table: pd.DataFrame, top: int) -> pd.DataFrame:
    p, size = table["p"].to_numpy(float), table["difference"].abs().to_numpy(float)
    p = np.where(np.isnan(p), 1.0, p)
    nothing = (size == 0) & ~table["hidden"].to_numpy(bool)
    order = np.lexsort((np.arange(len(table)), -np.nan_to_num(size, nan=-1.0), p, table["hidden"], nothing))
    return table.iloc[np.sort(order[:top])]


def _row(row: Mapping[Any, Any], left: str, reached: str, side: str, error: float) -> Difference:
    hidden = bool(row["hidden"])
    value, low, high, p = (number(row[name]) for name in ("difference", "low", "high", "p_adjusted"))
    sides = (number(row[f"{side}_1"]), number(row[f"{side}_2"]))
    mature = row.get("mature", True)
    return Difference(
        str(row[left]), str(row[reached]) if reached else "", value, low, high, sides, bool(p < error), hidden,
        bool(mature) if pd.notna(mature) else False, is_thin(row),
    )  # fmt: skip


def _measured(result: Any, of_stays: bool) -> tuple[str, Scale]:
    if of_stays:
        words, scale = _STAYS[result.measure]
        return words.format(day=result.day), scale
    return "Transitions", INTENSITY if str(result.about.measure).startswith("intensity") else SHARE


def _listed(values: pd.Series[Any]) -> str:
    return ", ".join(repr(str(value)) for value in dict.fromkeys(values))
