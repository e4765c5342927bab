"""What a trend or a control chart was asked for, as lines: from rates, stays, returns, people served or a census."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from careflow.arguments.messages import hint
from careflow.charts.data.kinds import kind_of
from careflow.charts.data.return_words import ReturnWords
from careflow.charts.data.scale import DAYS, INTENSITY, PEOPLE, SHARE, STAYS, Scale
from careflow.charts.data.series import ALL, Series, Trend, counted, peopled, table_of
from careflow.charts.data.transitions import ROLE_OF, WORDS
from careflow.charts.data.view import View, periods, read, unions
from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES, STEP_DOWN, STEP_UP
from careflow.counts.period_labels import period_number
from careflow.errors import ArgumentError
from careflow.estimate.result import ALL_LEVELS

COUNTED: Final = "counted"
"""The measure of a trend of a :class:`careflow.estimate.Measured`; what it is, its definition says."""
MEDIAN: Final = "median"
AVERAGE: Final = "average"
PERSONS: Final = "persons"
WINDOW: Final = "window"
"""The column of the days of follow-up of a measure."""
SHARES: Final = ("rate", "low", "high", "of")
PAIRS: Final = 12
"""Lines of pairs of levels that one chart may have."""


def trend_of(result: Any, chart: str, frm: str | None, to: str | None, measure: str, where: Any) -> Trend:
    """Return the series that a trend chart was asked for.

    Raises
    ------
    ArgumentError
        If a level, an outcome or the measure does not exist, or the result is not by period.
    """
    names = tuple(result.continuum.names)
    kind = kind_of(result).result
    if kind == "Rates" and to in DIRECTIONS:
        to, measure = None, str(to)
    if kind == "Measured":
        return _of_measure(result, chart, frm or ALL_LEVELS, where)
    all_levels = ("all", "any", ALL) if kind == "PersonsServed" else ()
    ends = () if kind == "Returns" else OUTCOMES
    together = unions(result.frame, names) if kind == "Rates" else []
    for name in (frm,) if to is None else (frm, to):
        allowed = (*names, *ends) if name is to and name is not frm else (*names, *all_levels)
        allowed = (*allowed, *together)
        if name is not None and name not in allowed:
            raise ArgumentError(
                f"no level {name!r} in this continuum{hint(name, allowed)}; it has {', '.join(map(repr, names))}"
            )
    if kind == "Returns":
        return _of_returns(result, chart, frm, to, where)
    if kind == "PersonsServed":
        return _of_people(result, chart, ALL if frm in all_levels else frm, where)
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
    role = _shared_role(rows, frm) if {frm, goal} & set(together) else _role(result, frm, goal, names)
    scale = INTENSITY if view.is_intensity else SHARE
    return _assembled(view, rows, "from", SHARES, goal, role, frm, to, scale)


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


def _shared_role(rows: pd.DataFrame, frm: str | None) -> str:
    """Return the role of a union: that of its direction, if all its moves have one."""
    ways = set(rows.loc[rows["from"].astype(str) == frm, "direction"].dropna()) if frm else set()
    return ROLE_OF.get(str(ways.pop()), "care") if len(ways) == 1 else "care"


def _of_levels(result: Any, kind: str, chart: str, frm: str | None, where: Any) -> Trend:
    view = read(result, kind, chart, where=where, over=True)
    if kind == "LengthOfStay":
        columns = (MEDIAN, "median_low", "median_high", "n")
        return _assembled(view, view.frame, "level", columns, MEDIAN, "stay", frm, None, DAYS)
    whole = view.frame[~view.frame["partial"].astype(bool)] if "partial" in view.frame.columns else view.frame
    return _assembled(view, whole, "level", (AVERAGE, "", "", ""), AVERAGE, "stay", frm, None, STAYS)


def _of_people(result: Any, chart: str, frm: str | None, where: Any) -> Trend:
    """Return a line for each level and one for all of them; people do not add up over either."""
    view = read(result, "PersonsServed", chart, where=where, over=True)
    order = periods(view)
    assert view.period is not None
    rows, about, unit = view.frame, view.about, view.period
    days = about.start, about.cutoff
    cut = {name: about.calendar.cut(period_number(name, unit, about.calendar), unit, *days) for name in order}
    rows = rows.assign(partial=rows[unit].astype(str).map(cut).astype(bool))
    level = rows["level"].astype(str)
    level = level.where(level.isin(view.levels), ALL)
    lines = [(name, rows[level == name]) for name in ((*view.levels, ALL) if frm is None else (frm,))]
    series = [Series(name, "stay", table_of(view, part, (PERSONS, "", "", ""), order)) for name, part in lines]
    series = [one for one in series if frm is not None or peopled(one.table)]
    return Trend(view, order, series, PERSONS, "stay", frm, None, PEOPLE)


def _of_returns(result: Any, chart: str, frm: str | None, to: str | None, where: Any) -> Trend:
    """Return a line for each level left; of bounce-backs one for each pair of levels, since theirs do not add up."""
    view = read(result, "Returns", chart, where=where, over=True)
    back, order = ReturnWords.of(result, view.within), periods(view)
    left = view.frame["from"].astype(str)
    if not back.bounced:
        if to is not None:
            raise ArgumentError("readmissions are of the level left: give to= to careflow.readmissions() itself")
        trend = _assembled(view, view.frame, "from", SHARES, view.about.measure, back.role, frm, None, SHARE)
        return replace(trend, back=back)
    reached = view.frame["to"].astype(str)
    pairs = dict.fromkeys(zip(left, reached, strict=True))
    if frm is not None and to is not None and (frm, to) not in pairs and len(pairs):
        raise ArgumentError(f"{frm!r} to {to!r} is no step down in this continuum; a bounce-back follows one")
    series = []
    for pair in [(a, b) for a in view.levels for b in view.levels if (a, b) in pairs]:
        if frm in (None, pair[0]) and to in (None, pair[1]):
            table = table_of(view, view.frame[(left == pair[0]) & (reached == pair[1])], SHARES, order)
            name = pair[1] if frm is not None and to is None else pair[0] if to is not None else " to ".join(pair)
            if counted(table):
                series.append(Series(name, back.role, table, pair))
    if len(series) > PAIRS:
        raise ArgumentError(f"{len(series)} pairs of levels are too many for one chart: choose with frm= or to=")
    return Trend(view, order, series, view.about.measure, back.role, frm, to, SHARE, back)


def _assembled(
    view: View, rows: pd.DataFrame, key: str, columns: tuple[str, str, str, str], measure: str, role: str,
    frm: str | None, to: str | None, scale: Scale,
) -> Trend:  # fmt: skip
    order = periods(view)
    series = []
    origins = [*view.levels, *(name for name in unions(rows, view.levels) if name in set(rows[key].astype(str)))]
    for name in origins if frm is None else (frm,):
        table = table_of(view, rows[rows[key].astype(str) == name], columns, order)
        own = role
        move = None if frm is None or to is None else (frm, to)
        if role == "move":
            own = ROLE_OF.get(view.continuum.direction(name, measure), "care")
            if name == measure:
                continue
        if counted(table) and (frm is not None or _can_be(view, name, measure, table)):
            series.append(Series(name, own, table, move))
    return Trend(view, order, series, measure, role, frm, to, scale)


def _can_be(view: View, name: str, measure: str, table: pd.DataFrame) -> bool:
    """Say whether anything can be counted: nobody steps down from the least intensive level, or is where nobody was."""
    if measure == AVERAGE:
        return peopled(table)
    if measure not in (STEP_DOWN, STEP_UP):
        return True
    return any(view.continuum.direction(name, other) == measure for other in view.levels)
