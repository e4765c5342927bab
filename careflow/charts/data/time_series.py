"""One measure over time, by level: what the trend chart draws, from rates or from lengths of stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.charts.data.kinds import kind_of
from careflow.charts.data.scale import DAYS, INTENSITY, SHARE, STAYS, Scale
from careflow.charts.data.thin import is_thin
from careflow.charts.data.transitions import ROLE_OF, WORDS
from careflow.charts.data.view import View, number, periods, read
from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES, STEP_DOWN, STEP_UP
from careflow.errors import ArgumentError
from careflow.estimate.result import ALL_LEVELS

COUNTED: Final = "counted"
"""The measure of a trend of a :class:`careflow.estimate.Measured`; what it is, its definition says."""
MEDIAN: Final = "median"
AVERAGE: Final = "average"
WINDOW: Final = "window"
"""The column of the days of follow-up of a measure."""


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
        ``period, value, low, high, n, hidden, mature, thin``, one row a period.
    """

    name: str
    role: str
    table: pd.DataFrame

    @property
    def immature(self) -> list[tuple[int, int]]:
        """The first and the last place of each run of periods that are not mature.

        One that a mature period follows is cut by the start of the records; the last run waits for its follow-up.
        """
        mature = self.table["mature"].to_numpy(bool)
        edges = np.flatnonzero(np.diff(np.concatenate([[True], mature, [True]]).astype(int)))
        return [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]

    @property
    def cut(self) -> bool:
        """Whether the start of the records cuts a period."""
        return any(last < len(self.table) - 1 for _, last in self.immature)

    def at(self, period: str) -> pd.Series[Any]:
        """Return the row of a period."""
        return self.table[self.table["period"] == period].iloc[0]


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
    scale: Scale

    @property
    def immature(self) -> str:
        """Why periods are drawn apart, in words; empty where all are mature."""
        if any(one.cut for one in self.series):
            return "not mature, cut by the start of the records or follow-up incomplete"
        return "not yet mature, follow-up incomplete, will change" if any(one.immature for one in self.series) else ""

    @property
    def latest(self) -> str | None:
        """The latest period that is mature at every level, whether or not anything happened in it."""
        mature = np.logical_and.reduce([one.table["mature"].to_numpy(bool) for one in self.series])
        places = np.flatnonzero(mature)
        return self.periods[int(places[-1])] if len(places) else None

    @property
    def thin(self) -> bool:
        """Whether a value rests on few stays at risk."""
        return any(one.table["thin"].any() for one in self.series)

    @property
    def n(self) -> float:
        """How many all the periods rest on; missing where one is suppressed."""
        return float(sum(one.table["n"].sum(skipna=False) for one in self.series))

    @property
    def hidden(self) -> int:
        """How many values are suppressed."""
        return int(sum(one.table["hidden"].sum() for one in self.series))


def trend_of(result: Any, chart: str, frm: str | None, to: str | None, measure: str, where: Any) -> Trend:
    """Return the series that a trend chart was asked for.

    Raises
    ------
    ArgumentError
        If a level, an outcome or the measure does not exist, or the result is not by period.
    """
    names = tuple(result.continuum.names)
    if kind_of(result).result == "Measured":
        return _of_measure(result, chart, frm or ALL_LEVELS, where)
    for name in (frm,) if to is None else (frm, to):
        allowed = (*names, *OUTCOMES) if name is to and name is not frm else names
        if name is not None and name not in allowed:
            raise ArgumentError(f"no level {name!r} in this continuum; it has {', '.join(map(repr, names))}")
    kind = kind_of(result).result
    if kind in ("LengthOfStay", "Census"):
        return _of_levels(result, kind, chart, frm, where)
    if to is None and measure not in (*DIRECTIONS, *OUTCOMES):
        raise ArgumentError(f"no measure {measure!r}; there are {', '.join(map(repr, (*DIRECTIONS, *OUTCOMES)))}")
    goal = to or measure
    frame = "directions" if goal in DIRECTIONS else "frame"
    view = read(result, "Rates", chart, frame=frame, where=where, over=True)
    rows = view.frame[view.frame["direction" if frame == "directions" else "to"].astype(str) == goal]
    if len(view.frame) and not len(rows):
        raise ArgumentError(f"the result does not tell {goal!r} apart: {view.about.definition}")
    role = _role(result, frm, goal, names)
    scale = INTENSITY if view.is_intensity else SHARE
    return _assembled(view, rows, "from", ("rate", "low", "high", "of"), goal, role, frm, to, scale)


def _of_measure(result: Any, chart: str, level: str, where: Any) -> Trend:
    """Return the share of a measure at one level, or at all together."""
    result, where = one_window(result, where)
    view = read(result, "Measured", chart, where=where, over=True)
    there = list(dict.fromkeys(view.frame["level"].astype(str)))
    if level not in there:
        raise ArgumentError(f"no level {level!r} in this measure; there are {', '.join(map(repr, there))}")
    return _assembled(view, view.frame, "level", ("rate", "low", "high", "of"), COUNTED, "down", level, None, SHARE)


def one_window(result: Any, where: Any) -> tuple[Any, dict[str, Any]]:
    """Return a measure of one window, which ``where`` names if there are several, and the rest of ``where``.

    Raises
    ------
    ArgumentError
        If the measure is no follow-up, or the window is not said or not there.
    """
    where, frame = dict(where or {}), result.frame
    if WINDOW not in frame:
        raise ArgumentError(f"charts draw follow-up measures, and {result.measure.name} is {result.measure.kind}")
    there = list(dict.fromkeys(frame[WINDOW]))
    days = where.pop(WINDOW, there[0] if len(there) == 1 else None)
    if days not in there:
        raise ArgumentError(f"say which window: where={{'window': {there[0]}}}; there are {', '.join(map(str, there))}")
    rows = frame[frame[WINDOW] == days].drop(columns=WINDOW).reset_index(drop=True)
    return result.with_frame(rows, within=(int(days),)), where


def words_for(goal: str) -> str:
    """Return a measure as a verb: ``stepped down``."""
    return WORDS.get(goal, {"left care": "left care", "died": "died"}.get(goal, f"left: {goal}"))


def _role(result: Any, frm: str | None, goal: str, names: Sequence[str]) -> str:
    if goal in names:
        return ROLE_OF.get(result.continuum.direction(frm, goal), "care") if frm else "move"
    return ROLE_OF.get(goal, "care")


def _of_levels(result: Any, kind: str, chart: str, frm: str | None, where: Any) -> Trend:
    view = read(result, kind, chart, where=where, over=True)
    if kind == "LengthOfStay":
        columns = (MEDIAN, "median_low", "median_high", "n")
        return _assembled(view, view.frame, "level", columns, MEDIAN, "stay", frm, None, DAYS)
    whole = view.frame[~view.frame["partial"].astype(bool)] if "partial" in view.frame.columns else view.frame
    return _assembled(view, whole, "level", ("average", "", "", ""), AVERAGE, "stay", frm, None, STAYS)


def _assembled(
    view: View, rows: pd.DataFrame, key: str, columns: tuple[str, str, str, str], measure: str, role: str,
    frm: str | None, to: str | None, scale: Scale,
) -> Trend:  # fmt: skip
    order = periods(view)
    series = []
    for name in view.levels if frm is None else (frm,):
        table = _table(view, rows[rows[key].astype(str) == name], columns, order)
        own = role
        if role == "move":
            own = ROLE_OF.get(view.continuum.direction(name, measure), "care")
            if name == measure:
                continue
        counted = table["hidden"].any() or table["value"].notna().any() or (table["n"] > 0).any()
        if counted and (frm is not None or _can_be(view, name, measure)):
            series.append(Series(name, own, table))
    return Trend(view, order, series, measure, role, frm, to, scale)


def _can_be(view: View, name: str, measure: str) -> bool:
    """Say whether anything can be counted: nobody steps down from the least intensive level."""
    if measure not in (STEP_DOWN, STEP_UP):
        return True
    return any(view.continuum.direction(name, other) == measure for other in view.levels)


def _table(view: View, rows: pd.DataFrame, columns: tuple[str, str, str, str], order: Sequence[str]) -> pd.DataFrame:
    assert view.period is not None
    by = {str(row[view.period]): row for row in rows.to_dict("records")}
    out: list[tuple[object, ...]] = []
    for name in order:
        row = by.get(name)
        if row is None:
            out.append((name, np.nan, np.nan, np.nan, np.nan, False, True, False))
        else:
            values = [number(row.get(column)) for column in columns]
            mature = row.get("mature", not row.get("partial", False))
            mature = bool(mature) if pd.notna(mature) else False
            out.append((name, *values, bool(row["hidden"]), mature, is_thin(row)))
    return pd.DataFrame(out, columns=["period", "value", "low", "high", "n", "hidden", "mature", "thin"])
