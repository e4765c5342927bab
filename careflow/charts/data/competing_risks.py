"""Cumulative incidence as charts stack it: causes gathered by what they mean, on days that may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from careflow.charts.data.transitions import COMPLETED, LEFT_EARLY, OTHER, ROLE_OF
from careflow.charts.data.view import View, masked
from careflow.continuum.outcomes import LATERAL, LEFT_CARE, LEFT_REASONS, STEP_DOWN, STEP_UP
from careflow.errors import ArgumentError
from careflow.protect.results.curves import has_small_gap, median_of, shown_days

Floats = NDArray[np.float64]

LEAST: Final = 11
STACK: Final = (STEP_DOWN, COMPLETED, STEP_UP, LEFT_EARLY, LEFT_CARE, LATERAL, OTHER)
"""From the bottom up."""

NAMES: Final = {
    STEP_DOWN: "Stepped down", STEP_UP: "Stepped up", COMPLETED: "Completed", LEFT_EARLY: "Left early",
    LEFT_CARE: "Left care", LATERAL: "Same level", OTHER: "Other outcomes",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cause:
    """One way to end, by day.

    Attributes
    ----------
    key, role : str
        What it is, and its hue.
    estimate, low, high : array of float
        By day of the grid; limits are missing where several causes are added up.
    events : array of float
        Cumulative events.
    """

    key: str
    role: str
    estimate: Floats
    low: Floats
    high: Floats
    events: Floats


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidences of one level on a grid of days.

    Attributes
    ----------
    days : array of float
        The grid, from 0.
    causes : list of Cause
        From the bottom of the stack up.
    left : array of float
        Share still there.
    at_risk : array of float
        How many are at risk on each day.
    """

    days: Floats
    causes: list[Cause]
    left: Floats
    at_risk: Floats

    @property
    def total(self) -> Floats:
        """Share of all that has ended."""
        return np.asarray(1 - self.left)


def incidence_of(
    result: Any, view: View, level: str, horizon: int, *, guard: Literal["causes", "total"] | None
) -> Incidence:
    """Return the causes of one level, gathered, up to ``horizon`` or to where fewer than 11 are at risk.

    A protected result brings the days that may be shown, and is taken as it is. Else, with a guard, the days are those
    between which each cause, or all causes together, have no event or at least 11; causes that are too rare for that
    are first added to the other outcomes.

    Raises
    ------
    ArgumentError
        If the result says nothing of the level.
    """
    rows = view.frame[view.frame["from"].astype(str) == level]
    if not len(rows):
        origins = list(dict.fromkeys(view.frame["from"].astype(str)))
        raise ArgumentError(f"the result is not about {level!r}; it is about {', '.join(map(repr, origins))}")
    rows = rows[rows["estimate"].notna()]  # after the last day that is known there is nothing to draw
    if not len(rows):
        return Incidence(np.zeros(1), [], np.ones(1), np.full(1, np.nan))
    curves = {str(to): part.sort_values("day") for to, part in rows.groupby(rows["to"].astype(str), sort=False)}
    if view.protected:
        return _as_shown(result, view, level, curves, horizon)
    curves.pop(LEFT_CARE, None)
    one = next(iter(curves.values()))
    at_risk = one["at_risk"].to_numpy(float) if "at_risk" in one.columns else np.full(len(one), np.nan)
    last = one["day"].to_numpy(float)
    enough = last[~(at_risk < LEAST)]
    end = min(horizon, int(enough[-1])) if len(enough) else 0
    if end == 0 and sum(part["estimate"].iloc[-1] for part in curves.values()) > 1 - 1e-9:
        end = 1  # all of them ended on their first day
    days = np.arange(0, end + 1, dtype=float)
    gathered = _gather(view, level, curves, days)
    risk = np.where(days > last[-1], 0.0, risk_at(last, at_risk, days)) if end == 1 else risk_at(last, at_risk, days)
    left = 1 - np.sum([cause.estimate for cause in gathered], axis=0) if gathered else np.ones_like(days)
    incidence = Incidence(days, _with_events(gathered, risk), np.asarray(left), risk)
    limits = _limits(result, view, level, days)
    incidence = Incidence(days, [_limited(cause, limits) for cause in incidence.causes], incidence.left, risk)
    if guard == "causes":
        incidence = _pooled(incidence)
    return incidence if guard is None else thinned(incidence, guarded_days(incidence, together=guard == "total"))


def _as_shown(result: Any, view: View, level: str, curves: Mapping[str, pd.DataFrame], horizon: int) -> Incidence:
    """Return the curves of a protected result on its own days; causes without a curve are the rest to 1."""
    shown = {to: part for to, part in curves.items() if to != LEFT_CARE or not set(curves) & set(LEFT_REASONS)}
    days = np.unique(np.concatenate([part["day"].to_numpy(float) for part in shown.values()]))
    days = days[days <= horizon]
    missing = np.full_like(days, np.nan)
    gathered = _gather(view, level, shown, days)
    left = _survival(result, view, level, days)
    if left is None:
        left = 1 - np.sum([cause.estimate for cause in gathered], axis=0) if gathered else np.ones_like(days)
    rest = np.clip(1 - left - np.sum([cause.estimate for cause in gathered], axis=0), 0, 1)
    if gathered and rest.max(initial=0.0) > 0.0005:
        other = [cause for cause in gathered if cause.key == OTHER]
        base = other[0].estimate if other else np.zeros_like(days)
        gathered = [cause for cause in gathered if cause.key != OTHER]
        gathered.append(Cause(OTHER, "lateral", base + rest, missing, missing, missing))
    limits = _limits(result, view, level, days)
    causes = [_limited(Cause(c.key, c.role, c.estimate, c.low, c.high, missing), limits) for c in gathered]
    return Incidence(days, causes, np.asarray(left), missing)


def _survival(result: Any, view: View, level: str, grid: Floats) -> Floats | None:
    """Return the share still there, where the result brings it."""
    table = getattr(result, "survival", None)
    if not isinstance(table, pd.DataFrame) or not len(table):
        return None
    table = view.rows_of(table)
    part = table[table["from"].astype(str) == level].sort_values("day")
    if not len(part):
        return None
    return step_at(part["day"].to_numpy(float), part["estimate"].to_numpy(float), grid, 1.0)


def guarded_days(found: Incidence, least: int = LEAST, *, together: bool = False) -> list[int]:
    """Return the places on the grid at which curves may be shown: by how many there are and by their median alone.

    The first place stands for the beginning. It is the only one where 1 to ``least`` - 1 events of any cause (or of all
    together) lie between two places, or after the last.
    """
    events = np.array([cause.events for cause in found.causes])
    if together or not len(events):
        events = events.sum(axis=0, keepdims=True)
    places = _places(found, least)
    few = any(_has_few(row, places, least) for row in events)
    return [0] if few else [0, *places]


def _places(found: Incidence, least: int) -> list[int]:
    if not len(found.at_risk) or np.isnan(found.at_risk[0]):
        return []
    days = shown_days(float(found.at_risk[0]), median_of(found.days.astype(np.int64), found.left), least)
    return np.flatnonzero(np.isin(found.days, days)).tolist()


def _has_few(events: Floats, places: Sequence[int], least: int) -> bool:
    """Whether few events lie between two places, before the first or after the last."""
    counts = np.rint(events[[*places, -1]]).astype(np.int64)
    return has_small_gap(counts[None, :], least)


def _pooled(incidence: Incidence) -> Incidence:
    """Add causes with few events between two shown days to the other outcomes, then the next rarest if need be."""
    places = _places(incidence, LEAST)
    missing = np.full_like(incidence.days, np.nan)
    by_size = sorted(incidence.causes, key=lambda cause: float(cause.events[-1]))
    rare = [c for c in by_size if c.key == OTHER or _has_few(c.events, places, LEAST)]
    for following in [None, *(c for c in by_size if c not in rare)]:
        rare += [] if following is None else [following]
        if not rare or (len(rare) == 1 and rare[0].key == OTHER and following is None):
            return incidence
        estimate, events = (np.sum([getattr(c, name) for c in rare], axis=0) for name in ("estimate", "events"))
        if not _has_few(events, places, LEAST):
            break
    kept = [c for c in incidence.causes if c not in rare]
    pooled = Cause(OTHER, "lateral", estimate, missing, missing, events)
    return Incidence(incidence.days, [*kept, pooled], incidence.left, incidence.at_risk)


def thinned(incidence: Incidence, positions: Sequence[int]) -> Incidence:
    """Return the incidence at some places of its grid only."""
    at = np.asarray(positions)
    causes = [Cause(c.key, c.role, c.estimate[at], c.low[at], c.high[at], c.events[at]) for c in incidence.causes]
    left = incidence.left[at]
    if len(at) and at[0] == 0:
        # The beginning is before any event: the few of the first day are shown with those of the first gap.
        left[0] = 1.0
        for c in causes:
            for values in (c.estimate, c.events, c.low, c.high):
                values[0] = 0.0
    return Incidence(incidence.days[at], causes, left, incidence.at_risk[at])


def step_at(days: Floats, values: Floats, grid: Floats, before: float) -> Floats:
    """Return a step function, known on some days, at every day of a grid."""
    position = np.searchsorted(days, grid, side="right") - 1
    return np.where(position >= 0, values[np.maximum(position, 0)], before)


def _gather(view: View, level: str, curves: Mapping[str, pd.DataFrame], grid: Floats) -> list[Cause]:
    groups: dict[str, list[str]] = {key: [] for key in STACK}
    for to in curves:
        if to in view.levels:
            groups[view.continuum.direction(level, to)].append(to)
        else:
            groups[to if to in (COMPLETED, LEFT_EARLY, LEFT_CARE) else OTHER].append(to)
    out = []
    for key, members in groups.items():
        parts = [_on_grid(curves[to], grid) for to in members]
        if not parts or not any(np.nanmax(part[0], initial=0.0) > 0 for part in parts):
            continue
        estimate = np.sum([part[0] for part in parts], axis=0)
        alone = len([part for part in parts if np.nanmax(part[0], initial=0.0) > 0]) == 1
        low, high = max(parts, key=lambda part: part[0][-1])[1:] if alone else (np.full_like(grid, np.nan),) * 2
        out.append(Cause(key, ROLE_OF.get(key, "lateral"), estimate, low, high, np.zeros_like(grid)))
    return out


def _on_grid(curve: pd.DataFrame, grid: Floats) -> tuple[Floats, Floats, Floats]:
    day = curve["day"].to_numpy(float)
    columns = [step_at(day, curve[c].to_numpy(float), grid, 0.0) for c in ("estimate", "low", "high")]
    return columns[0], columns[1], columns[2]


def risk_at(days: Floats, at_risk: Floats, grid: Floats) -> Floats:
    """Return who is at risk just before each day: known on days of events, the next known one between them."""
    position = np.searchsorted(days, grid, side="left")
    return np.where(position < len(days), at_risk[np.minimum(position, len(days) - 1)], at_risk[-1])


def _with_events(causes: list[Cause], risk: Floats) -> list[Cause]:
    """Work the counts of events back out of the steps: d = step * at risk / share still there before."""
    if not causes:
        return causes
    total = np.sum([c.estimate for c in causes], axis=0)
    before = np.concatenate([[1.0], 1 - total[:-1]])
    out = []
    for c in causes:
        step = np.diff(np.concatenate([[0.0], c.estimate]))
        with np.errstate(divide="ignore", invalid="ignore"):
            events = np.where(before > 1e-12, step * risk / before, 0.0)
        out.append(Cause(c.key, c.role, c.estimate, c.low, c.high, np.cumsum(np.nan_to_num(events))))
    return out


def _limits(result: Any, view: View, level: str, grid: Floats) -> dict[str, tuple[Floats, Floats]]:
    """Return the intervals of sums by direction, where the result brings them as ``directions``."""
    table = getattr(result, "directions", None)
    if not isinstance(table, pd.DataFrame) or "day" not in table.columns:
        return {}
    table = view.rows_of(masked(table))
    table = table[table["from"].astype(str) == level]
    incidence = {}
    for direction, part in table.groupby(table["direction"].astype(str)):
        incidence[str(direction)] = _on_grid(part.sort_values("day"), grid)[1:]
    return incidence


def _limited(cause: Cause, limits: Mapping[str, tuple[Floats, Floats]]) -> Cause:
    if cause.key not in limits:
        return cause
    low, high = limits[cause.key]
    return Cause(cause.key, cause.role, cause.estimate, low, high, cause.events)
