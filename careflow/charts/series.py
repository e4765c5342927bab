"""One measure over time, by level: what the trend chart draws, from rates or from lengths of stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.charts.moves import ROLE_OF, WORDS
from careflow.charts.reading import View, number, periods, read
from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES
from careflow.errors import ArgumentError

MEDIAN: Final = "median"
AVERAGE: Final = "average"


@dataclass(frozen=True)
class Series:
    """One line of a trend: a table by period, in order.

    Attributes
    ----------
    name : str
        The level.
    role : str
        The hue.
    table : pandas.DataFrame
        ``period, value, low, high, n, hidden, mature``, one row a period.
    """

    name: str
    role: str
    table: pd.DataFrame

    @property
    def immature(self) -> list[tuple[int, int]]:
        """The first and the last place of each run of periods that are not mature.

        One that a mature period follows is cut by the start of the records; the last run waits for its follow-up.
        """
        ripe = self.table["mature"].to_numpy(bool)
        edges = np.flatnonzero(np.diff(np.concatenate([[True], ripe, [True]]).astype(int)))
        return [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]

    @property
    def cut(self) -> bool:
        """Whether the start of the records cuts a period."""
        return any(last < len(self.table) - 1 for _, last in self.immature)

    @property
    def latest(self) -> pd.Series[Any] | None:
        """The latest mature period that has a value."""
        ripe = self.table[self.table["mature"] & self.table["value"].notna()]
        return ripe.iloc[-1] if len(ripe) else None


@dataclass(frozen=True)
class Trend:
    """Everything a trend chart says."""

    view: View
    periods: list[str]
    series: list[Series]
    measure: str
    role: str
    frm: str | None
    to: str | None

    @property
    def immature(self) -> str:
        """Why periods are drawn apart, in words; empty where all are mature."""
        if any(one.cut for one in self.series):
            return "not mature, cut by the start of the records or follow-up incomplete"
        return "not yet mature, follow-up incomplete, will change" if any(one.immature for one in self.series) else ""

    @property
    def is_days(self) -> bool:
        """Whether the values are days and not shares."""
        return self.measure == MEDIAN

    @property
    def n(self) -> float:
        """How many all the periods rest on; missing where one is suppressed."""
        return float(sum(one.table["n"].sum(skipna=False) for one in self.series))

    @property
    def hidden(self) -> int:
        """How many values are suppressed."""
        return int(sum(one.table["hidden"].sum() for one in self.series))


def trend_of(result: Any, kind: str, frm: str | None, to: str | None, measure: str, where: Any) -> Trend:
    """Return the series that a trend chart was asked for.

    Raises
    ------
    ArgumentError
        If a level, an outcome or the measure does not exist, or the result is not by period.
    """
    names = tuple(result.continuum.names)
    for name in (frm,) if to is None else (frm, to):
        allowed = (*names, *OUTCOMES) if name is to and name is not frm else names
        if name is not None and name not in allowed:
            raise ArgumentError(f"no level {name!r} in this continuum; it has {', '.join(map(repr, names))}")
    if kind in ("LengthOfStay", "Census"):
        return _of_levels(result, kind, frm, where)
    if to is None and measure not in (*DIRECTIONS, *OUTCOMES):
        raise ArgumentError(f"no measure {measure!r}; there are {', '.join(map(repr, (*DIRECTIONS, *OUTCOMES)))}")
    goal = to or measure
    frame = "directions" if goal in DIRECTIONS else "frame"
    view = read(result, "Rates", "trend", frame=frame, where=where, over=True)
    rows = view.frame[view.frame["direction" if frame == "directions" else "to"].astype(str) == goal]
    role = _role(result, frm, goal, names)
    return _assembled(view, rows, "from", ("rate", "low", "high", "of"), goal, role, frm, to)


def words_for(goal: str) -> str:
    """Return a measure as a verb: ``stepped down``."""
    return WORDS.get(goal, {"left care": "left care", "died": "died"}.get(goal, f"left: {goal}"))


def _role(result: Any, frm: str | None, goal: str, names: Sequence[str]) -> str:
    if goal in names:
        return ROLE_OF.get(result.continuum.direction(frm, goal), "care") if frm else "move"
    return ROLE_OF.get(goal, "care")


def _of_levels(result: Any, kind: str, frm: str | None, where: Any) -> Trend:
    view = read(result, kind, "trend", where=where, over=True)
    if kind == "LengthOfStay":
        return _assembled(
            view, view.frame, "level", (MEDIAN, "median_low", "median_high", "n"), MEDIAN, "stay", frm, None
        )
    whole = view.frame[~view.frame["partial"].astype(bool)] if "partial" in view.frame.columns else view.frame
    return _assembled(view, whole, "level", ("average", "", "", ""), AVERAGE, "stay", frm, None)


def _assembled(
    view: View, rows: pd.DataFrame, key: str, columns: tuple[str, str, str, str], measure: str, role: str,
    frm: str | None, to: str | None,
) -> Trend:  # fmt: skip
    order = periods(view)
    found = []
    for name in view.levels if frm is None else (frm,):
        table = _table(view, rows[rows[key].astype(str) == name], columns, order)
        own = role
        if role == "move":
            own = ROLE_OF.get(view.continuum.direction(name, measure), "care")
            if name == measure:
                continue
        if table["hidden"].any() or (
            table["value"].notna().any() and (measure in (MEDIAN, AVERAGE) or table["value"].max() > 0)
        ):
            found.append(Series(name, own, table))
    return Trend(view, order, found, measure, role, frm, to)


def _table(view: View, rows: pd.DataFrame, columns: tuple[str, str, str, str], order: Sequence[str]) -> pd.DataFrame:
    assert view.period is not None
    by = {str(row[view.period]): row for row in rows.to_dict("records")}
    out: list[tuple[object, ...]] = []
    for name in order:
        row = by.get(name)
        if row is None:
            out.append((name, np.nan, np.nan, np.nan, np.nan, False, True))
        else:
            values = [number(row.get(column)) for column in columns]
            mature = bool(row.get("mature", True)) if pd.notna(row.get("mature", True)) else False
            out.append((name, *values, bool(row["hidden"]), mature))
    return pd.DataFrame(out, columns=["period", "value", "low", "high", "n", "hidden", "mature"])
