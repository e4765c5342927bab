"""The first lines of a report: what a director asks first, with intervals, quarters and a year ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import STEP_DOWN
from careflow.estimate.changes.base import YEAR
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.estimate.survival.stay_result import LengthOfStay
from careflow.estimate.utilization.census import Census
from careflow.estimate.utilization.returns import Returns
from careflow.formatting import count, days, known, listing, percent, period, span
from careflow.report.content.grid import can_be
from careflow.report.masking.row_suppression import small

_HIDDEN: Final = "hidden"
_MOST: Final = 6
"""Levels that a line names; of more the tables have all."""

Row = dict[str, float]


@dataclass(frozen=True)
class Share:
    """A share of several rows together, with its interval; missing where one of the rows is hidden."""

    n: float
    of: float
    rate: float
    low: float
    high: float


def pooled(rows: pd.DataFrame, confidence: float) -> Share:
    """Return the share of rows together, such as the step-downs from several levels.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``n, of, se``, a row for each level.
    confidence : float
        Coverage of the interval.

    Notes
    -----
    The rows are taken as independent: the variance is the sum of :math:`(of_i / of)^2 se_i^2`, and the limits are
    Wilson's at the sample size that has this variance, at most ``of``.

    Examples
    --------
    >>> rows = pd.DataFrame({"n": [10, 5], "of": [100, 48], "se": [0.03, 0.0441]})
    >>> share = pooled(rows, 0.95)
    >>> print(f"{share.rate:.4f} {share.low:.3f} {share.high:.3f}")
    0.1014 0.062 0.160
    """
    n, of, se = (rows[name].to_numpy(dtype=float) for name in ("n", "of", "se"))
    seen = of != 0  # a level that nobody left has no error
    total, events = float(of.sum()), float(n[seen].sum())
    if not total > 0 or np.isnan(events):
        return Share(events, total, np.nan, np.nan, np.nan)
    rate = events / total
    variance = float((of[seen] ** 2 * se[seen] ** 2).sum()) / total**2
    size = min(rate * (1 - rate) / variance, total) if variance > 0 else total
    low, high = wilson(rate, size, quantile_of(confidence))
    return Share(events, total, rate, float(low), float(high))


def step_down(rates: Rates, quarter: str) -> str:
    """Return the share of those who left 24-hour care that stepped down; of all levels, where none is 24-hour care."""
    care = rates.continuum
    levels = [level.name for level in care.levels if level.live_in == "always" and can_be(care, level.name, STEP_DOWN)]
    whose = "24-hour care" if levels else "a level from which a step down is possible"
    levels = levels or [name for name in care.names if can_be(care, name, STEP_DOWN)]
    frame = rates.directions
    rows = frame[frame["from"].isin(levels) & (frame["direction"].astype(str) == STEP_DOWN)]
    now, before = (
        _share(None if name is None else _in(rows, name), rates.about.confidence)
        for name in _and_year_before(rates, quarter)
    )
    names = listing([care[name].short for name in levels])
    head = f"Stepped down within {rates.about.within[0]} days of leaving {whose} ({names}), {period(quarter)}"
    return f"{head}: {now}{_year_ago(rates, quarter, before)}."


def median_stays(stays: LengthOfStay, missing: pd.DataFrame, quarter: str) -> str:
    """Return the median stay at each level in which anyone was."""
    frame = stays.frame.assign(reason=missing["median"].to_numpy())
    now, before = (_by_level(frame, name) for name in _and_year_before(stays, quarter))
    parts = []
    for level in stays.continuum.levels:
        row = now.get(level.name)
        if row is None or not (row["hidden"] or row["n"] > 0):
            continue
        ago = f", was {_median(before.get(level.name), short=True)}" if before else ""
        parts.append(f"{level.short} {_median(row)}{ago}")
    text = _levels(parts) if parts else "nobody was in care"
    return f"Median stay, {period(quarter)}{_against(stays, quarter, before)}: {text}."


def in_care(census: Census, quarter: str) -> str:
    """Return the average number in care at each level; a count of all stays has no interval."""
    now, before = (_by_level(census.frame, name) for name in _and_year_before(census, quarter))
    parts = []
    for level in census.continuum.levels:
        row = now.get(level.name)
        if row is None or not (row["hidden"] or row["average"] > 0):
            continue
        ago = f", was {_average(before.get(level.name))}" if before else ""
        parts.append(f"{level.short} {_average(row)}{ago}")
    text = _levels(parts) if parts else "nobody"
    note = " Counted, so without an interval." if parts else ""
    return f"In care on average, {period(quarter)}{_against(census, quarter, before)}: {text}.{note}"


def came_back(returns: Returns, quarter: str, below: int) -> str:
    """Return the share of step-downs that were followed by a return; hidden where its counts are small."""
    shares, frame = [], returns.frame
    head = f"Back at the level left, or a more intensive one, within {returns.days} days of stepping down"
    if frame["of"].eq(0).all():  # then the frame has not every quarter of the records
        return f"{head}, {period(quarter)}: nobody could."
    for name in _and_year_before(returns, quarter):
        rows = None if name is None else _in(frame, name)
        if rows is not None and not rows["mature"].all():
            shares.append("not yet followed long enough")
            continue
        share = None if rows is None else pooled(rows, returns.about.confidence)
        few = share is not None and bool(small([share.n, share.of, share.of - share.n], below).any())
        shares.append(_HIDDEN if few else _share(rows, returns.about.confidence))
    return f"{head}, {period(quarter)}: {shares[0]}{_year_ago(returns, quarter, shares[1])}."


def _and_year_before(result: Rates | LengthOfStay | Census | Returns, quarter: str) -> tuple[str, str | None]:
    names = [str(name) for name in result.frame["quarter"].cat.categories]
    at = names.index(quarter) if quarter in names else -1
    return quarter, names[at - YEAR["quarter"]] if at >= YEAR["quarter"] else None


def _in(frame: pd.DataFrame, quarter: str) -> pd.DataFrame:
    return frame[(frame["quarter"].astype(str) == quarter).to_numpy()]


def _by_level(frame: pd.DataFrame, quarter: str | None) -> dict[str, Row]:
    if quarter is None:
        return {}
    return {str(row["level"]): row for row in cast(list[Row], _in(frame, quarter).to_dict("records"))}


def _share(rows: pd.DataFrame | None, confidence: float) -> str:
    if rows is None:
        return ""
    share = pooled(rows, confidence)
    if share.of == 0:
        return "nobody could"
    return _HIDDEN if not known(share.rate) else f"{percent(share.rate)} ({span(share.low, share.high)})"


def _year_ago(result: Rates | Returns, quarter: str, text: str) -> str:
    before = _and_year_before(result, quarter)[1]
    return "; no quarter a year before" if before is None else f"; a year ago, {period(before)}: {text}"


def _against(result: LengthOfStay | Census, quarter: str, before: dict[str, Row]) -> str:
    name = _and_year_before(result, quarter)[1]
    return f", and a year ago, {period(name)}" if name is not None and before else ""


def _levels(parts: Sequence[str]) -> str:
    shown = " · ".join(parts[:_MOST])
    return shown if len(parts) <= _MOST else f"{shown} · and {len(parts) - _MOST} more levels"


def _median(row: Row | None, *, short: bool = False) -> str:
    """Return a median with its interval; why it is missing where it is."""
    if row is None or (not row["hidden"] and not row["n"]):
        return "nobody"
    if row["hidden"] or not known(row["median"]):
        return _HIDDEN if row["hidden"] else str(row["reason"]).partition(":")[0] or _HIDDEN
    low, high = (count(row[name]) if known(row[name]) else "…" for name in ("median_low", "median_high"))
    limits = "" if low == high == "…" else f" ({low}–{high})"
    return f"{count(row['median']) if short else days(row['median'])}{limits}"


def _average(row: Row | None) -> str:
    if row is None or not known(row["average"]):
        return _HIDDEN if row is not None else "nobody"
    return count(row["average"]) if row["average"] >= 100 else f"{row['average']:.1f}"
