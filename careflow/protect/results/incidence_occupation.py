"""Cumulative incidence and state occupation: no counts are printed; days and digits are chosen to protect people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS, LEFT_CARE, LEFT_REASONS
from careflow.counts.definition import GROUPS
from careflow.errors import DisclosureError
from careflow.protect.cells.cell_table import CellTable, as_of, stratum_of
from careflow.protect.results.curves import DECIMALS, Ints, protected_days
from careflow.protect.results.mask import Mask, blank, significant, tens

if TYPE_CHECKING:
    from careflow.continuum import Continuum
    from careflow.estimate import CumulativeIncidence, ExpectedDays, Occupation
    from careflow.estimate.result import Result

OWN_CURVE: Final = 4
"""A cause has a curve of its own when it has this many times the threshold of events; rarer ones are not shown."""
LIMITS: Final = ("estimate", "se", "low", "high")


@dataclass(frozen=True)
class NoCells:
    """These results print no counts."""

    frame: pd.DataFrame


def enter(table: CellTable, result: Result) -> NoCells:
    """Enter nothing: no count is printed, and the curves are protected by their days and digits."""
    del table
    return NoCells(result.frame.iloc[:, :0])


def block(result: Result, record: dict[str, Any]) -> str:
    """Return the name of the curve that a record belongs to."""
    stratum = stratum_of(record, result.about.by)
    return f"{result.about.measure}|{record.get('from', 'all')}|{stratum}{as_of(stratum, result.about.cutoff)}"


def masked(result: CumulativeIncidence, cells: NoCells, mask: Mask) -> CumulativeIncidence:
    """Return the curves at protected days, for causes and directions with enough events; ``at_risk`` is missing.

    A direction has a curve where its levels without a curve together have no event, or as many as a curve needs: what
    the direction adds to the shown levels is one more cause.
    """
    del cells
    keys = [*result.about.by, "from"]
    tables = ("frame", "directions", "survival")
    parts: dict[str, list[pd.DataFrame]] = {table: [] for table in tables}
    others, ways = (dict(list(frame.groupby(keys, observed=True))) for frame in (result.survival, result.directions))
    for key, part in result.frame.groupby(keys, observed=True, sort=False):
        shown = _one(_Curves(part, ways[key], others[key], _levels(result.continuum, part)), mask.below)
        for table, one in zip(tables, shown, strict=True):
            parts[table] += one
    frames: dict[str, Any] = {
        table: pd.concat(found, ignore_index=True) if found else getattr(result, table).head(0).assign(hidden=False)
        for table, found in parts.items()
    }
    return replace(result, **frames)


def total(result: Result) -> int:
    """Return what ``n`` of the provenance may say: to tens, because no count is printed that it could be."""
    return tens(result.about.n)


@dataclass(frozen=True)
class _Curves:
    """The curves of one level of one stratum, and the levels in each direction from it."""

    causes: pd.DataFrame
    directions: pd.DataFrame
    survival: pd.DataFrame
    levels: dict[str, list[str]]


def _levels(continuum: Continuum, part: pd.DataFrame) -> dict[str, list[str]]:
    """Return the levels in each direction from where the stays of a part were."""
    origin = str(part["from"].iloc[0])
    return {
        direction: [to for to in continuum.names if continuum.direction(origin, to) == direction]
        for direction in DIRECTIONS
    }


def _one(stays: _Curves, below: int) -> tuple[list[pd.DataFrame], list[pd.DataFrame], list[pd.DataFrame]]:
    """Return the shown curves of causes, of directions and of survival; none if there are no causes."""
    part, survival = stays.causes, stays.survival
    days = survival["day"].to_numpy(dtype=np.int64)
    at_risk = survival["at_risk"].to_numpy(dtype=np.int64)
    if not len(days) or at_risk[0] < OWN_CURVE * below:
        return [], [], []
    rises = part.pivot_table(index="to", columns="day", values="estimate", observed=True).reindex(columns=days)
    before = np.concatenate([[1.0], survival["estimate"].to_numpy(dtype=float)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        counts = np.diff(rises.to_numpy(dtype=float), prepend=0.0, axis=1) * at_risk / before
    events = pd.DataFrame(np.rint(np.nan_to_num(counts)).astype(np.int64), index=[str(name) for name in rises.index])
    shown = _causes(events, below)
    remaining = _remaining_levels(events, shown, stays.levels, below)
    grouped_events = _event_groups(events, shown, list(remaining.values()))
    chosen = protected_days(days, grouped_events, at_risk, below=below)
    position = np.searchsorted(days, chosen, side="right") - 1
    if not shown or not len(chosen):
        return [], [], []

    def curves(table: pd.DataFrame, column: str, names: list[str]) -> list[pd.DataFrame]:
        return [_at(table[table[column].astype(str) == name], chosen, position, 0.0) for name in names]

    causes = curves(part, "to", [cause for cause in events.index if cause in shown])
    return causes, curves(stays.directions, "direction", list(remaining)), [_at(survival, chosen, position, 1.0)]


def _causes(events: pd.DataFrame, below: int) -> list[str]:
    """Return the causes with a curve: those with enough events, or with none."""
    total = events.sum(axis=1)
    own = [cause for cause in events.index if total[cause] == 0 or total[cause] >= OWN_CURVE * below]
    reasons = [cause for cause in events.index if cause in LEFT_REASONS]
    if any(cause not in own for cause in reasons):
        # Reasons of leaving are shown all or not at all, because their sum is shown too.
        own = [cause for cause in own if cause not in reasons]
    return own


def _remaining_levels(
    events: pd.DataFrame, shown: list[str], levels: dict[str, list[str]], below: int
) -> dict[str, list[str]]:
    """Return the directions with a curve, each with those of its levels that have no curve.

    The events of the other causes must then be none or enough too, or no day would be protected on any curve.
    """
    remaining = {direction: [to for to in names if to not in shown] for direction, names in levels.items()}
    total = {direction: int(events.loc[levels_left].to_numpy().sum()) for direction, levels_left in remaining.items()}
    kept = sorted(
        (direction for direction in remaining if total[direction] >= OWN_CURVE * below),
        key=lambda direction: total[direction],
    )
    while kept:
        others = _others(events, shown, [remaining[direction] for direction in kept])
        if not 0 < events.loc[others].to_numpy().sum() < OWN_CURVE * below:
            break
        del kept[0]
    return {
        direction: levels_left
        for direction, levels_left in remaining.items()
        if total[direction] == 0 or direction in kept
    }


def _event_groups(events: pd.DataFrame, shown: list[str], remaining: list[list[str]]) -> Ints:
    """Return the events of each shown cause, of what each shown direction adds, and of all others together."""
    groups = [*([cause] for cause in _separate_causes(events, shown)), *remaining, _others(events, shown, remaining)]
    rows = [events.loc[group].sum(axis=0).to_numpy() for group in groups if group]
    return np.array(rows, dtype=np.int64).reshape(len(rows), events.shape[1])


def _separate_causes(events: pd.DataFrame, shown: list[str]) -> list[str]:
    """Return the shown causes that are not sums of other shown causes."""
    reasons = {*LEFT_REASONS} & {*events.index} & {*shown}
    return [cause for cause in shown if cause != LEFT_CARE or not reasons]


def _others(events: pd.DataFrame, shown: list[str], remaining: list[list[str]]) -> list[str]:
    """Return the causes in no shown curve; all curves together imply their sum."""
    separate = _separate_causes(events, shown)
    covered = {*separate, LEFT_CARE, *(to for levels_left in remaining for to in levels_left)}
    if LEFT_CARE in separate:
        covered |= {*LEFT_REASONS}
    return [cause for cause in events.index if cause not in covered]


def _at(part: pd.DataFrame, days: Ints, position: Ints, start: float) -> pd.DataFrame:
    out = part.iloc[[0] * len(days)].reset_index(drop=True).assign(day=days)
    for name in LIMITS:
        values = part[name].to_numpy(dtype=float)
        first = {"estimate": start, "se": 0.0}.get(name, np.nan)
        out[name] = np.round(np.where(position >= 0, values[position], first), DECIMALS)
    return out.assign(at_risk=np.nan, known_to=np.nan, hidden=False)


def resolution(n: int, below: int) -> int:
    """Return the decimals of a share of ``n`` at which one unit of the last is at least ``below`` people.

    Examples
    --------
    >>> resolution(1200, 11), resolution(12000, 11)
    (2, 3)
    """
    return int(np.floor(np.log10(n / below) + 1e-12))


def masked_occupation(result: Occupation, cells: NoCells, mask: Mask) -> Occupation:
    """Return occupation with decimals of which one unit is at least ``below`` people of the stratum; else missing.

    A state in which nobody is followed while others are is hidden on all days: the day on which its last person was
    followed is not shown.
    """
    del cells
    digits = _digits(result, mask.below)
    out = result.frame.copy()
    there = out["estimate"].notna()
    others = there.groupby([out[name] for name in (*result.about.by, "day")], observed=True).transform("any")
    ends_early = others & ~there
    ends_early = ends_early.groupby([out[name] for name in (*result.about.by, "state")], observed=True).transform("any")
    for name in LIMITS:
        out[name] = blank(_rounded(out[name], digits), ends_early.to_numpy())
    hidden = (digits < 1) | ends_early.to_numpy()
    return replace(result, frame=out.assign(known_to=np.nan, hidden=hidden), started=_no_counts(result))


def masked_days(result: ExpectedDays, cells: NoCells, mask: Mask) -> ExpectedDays:
    """Return expected days with 2 significant digits or fewer: one unit is at least ``below`` days of people."""
    del cells
    digits = _digits(result, mask.below)
    out = result.frame.copy()
    for name in ("days", "se", "low", "high"):
        out[name] = _rounded(significant(out[name], 2), digits)
    return replace(result, frame=out.assign(known_to=np.nan, hidden=digits < 1), started=_no_counts(result))


def _rounded(values: pd.Series, digits: Ints) -> pd.Series:
    """Round each value to its own number of decimals; missing where that is none."""
    unit = 10.0**digits
    return (values.astype(float) * unit).round().div(unit).where(digits >= 1)


def _no_counts(result: Occupation | ExpectedDays) -> pd.DataFrame:
    return result.started.assign(n=np.nan, persons=np.nan)


def _digits(result: Occupation | ExpectedDays, below: int) -> Ints:
    """Return the decimals of each row: one unit of the last stands for ``below`` of those who started, or more.

    A share that is rounded so could be any of ``below`` counts or more, and those from 1 are fewer by one.

    Raises
    ------
    DisclosureError
        When there are no strata with enough.
    """
    by, started = list(result.about.by), result.started
    found = np.array([resolution(max(int(n), 1), below) for n in started["n"]])
    found = np.where(started["persons"] < min(below, GROUPS), 0, found)
    if not (found >= 1).any():
        raise DisclosureError(
            f"{result.about.measure} is of too few people to be shown: {10 * below:,} journeys are needed"
            + (" in a stratum; take more quarters or strata together" if by else "; take more quarters together")
        )
    if not by:
        return np.full(len(result.frame), found[0])
    digits = dict(zip(started[by].astype(str).itertuples(index=False, name=None), found.tolist(), strict=True))
    rows = result.frame[by].astype(str).itertuples(index=False, name=None)
    return np.array([digits.get(row, 0) for row in rows], dtype=np.int64)
