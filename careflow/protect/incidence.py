"""Cumulative incidences and state occupation: no counts to tie, so days and digits are chosen that tell of nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import LEFT_CARE, LEFT_REASONS
from careflow.counts.rules import GROUPS
from careflow.errors import DisclosureError
from careflow.protect.book import Book, as_of, stratum_of
from careflow.protect.curves import DECIMALS, Ints, protected_days
from careflow.protect.masking import Mask, significant, tens

if TYPE_CHECKING:
    from careflow.estimate import CumulativeIncidence, ExpectedDays, Occupation
    from careflow.estimate.result import Result

OWN_CURVE: Final = 4
"""A cause has a curve of its own when it has this many times the threshold of events; rarer ones are not shown."""
LIMITS: Final = ("estimate", "se", "low", "high")


@dataclass(frozen=True)
class NoCells:
    """These results print no counts."""

    frame: pd.DataFrame


def enter(book: Book, result: Result) -> NoCells:
    """Enter nothing: no count is printed, and the curves are guarded by themselves."""
    del book
    return NoCells(result.frame.iloc[:, :0])


def block(result: Result, record: dict[str, Any]) -> str:
    """Return the name of the curve that a record belongs to."""
    stratum = stratum_of(record, result.about.by)
    return f"{result.about.measure}|{record.get('from', 'all')}|{stratum}{as_of(stratum, result.about.cutoff)}"


def masked(result: CumulativeIncidence, cells: NoCells, mask: Mask) -> CumulativeIncidence:
    """Return the curves at protected days, for causes with enough events; ``at_risk`` is missing."""
    del cells
    keys = [*result.about.by, "from"]
    parts, left = [], []
    others = dict(list(result.survival.groupby(keys, observed=True)))
    for key, part in result.frame.groupby(keys, observed=True, sort=False):
        shown = _one(part, others[key], mask.below)
        if shown is not None:
            parts.append(shown[0])
            left.append(shown[1])
    frame = pd.concat(parts, ignore_index=True) if parts else result.frame.head(0).assign(hidden=False)
    survival = pd.concat(left, ignore_index=True) if left else result.survival.head(0).assign(hidden=False)
    return replace(result, frame=frame, survival=survival)


def total(result: Result) -> int:
    """Return what ``n`` of the provenance may say: to tens, because no count is printed that it could be."""
    return tens(result.about.n)


def _one(part: pd.DataFrame, survival: pd.DataFrame, below: int) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    days = survival["day"].to_numpy(dtype=np.int64)
    at_risk = survival["at_risk"].to_numpy(dtype=np.int64)
    if not len(days) or at_risk[0] < OWN_CURVE * below:
        return None
    rises = part.pivot_table(index="to", columns="day", values="estimate", observed=True).reindex(columns=days)
    before = np.concatenate([[1.0], survival["estimate"].to_numpy(dtype=float)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        counts = np.diff(rises.to_numpy(dtype=float), prepend=0.0, axis=1) * at_risk / before
    events = pd.DataFrame(np.rint(np.nan_to_num(counts)).astype(np.int64), index=[str(name) for name in rises.index])
    shown = _causes(events, below)
    guarded = _guarded(events, shown, below)
    chosen = protected_days(days, guarded, at_risk, below=below)
    place = np.searchsorted(days, chosen, side="right") - 1
    curves = [
        _at(part[part["to"].astype(str) == cause], chosen, place, 0.0) for cause in events.index if cause in shown
    ]
    if not curves or not len(chosen):
        return None
    return pd.concat(curves, ignore_index=True), _at(survival, chosen, place, 1.0)


def _causes(events: pd.DataFrame, below: int) -> list[str]:
    """Return the causes with a curve of their own: common enough, or with no event at all."""
    total = events.sum(axis=1)
    own = [cause for cause in events.index if total[cause] == 0 or total[cause] >= OWN_CURVE * below]
    reasons = [cause for cause in events.index if cause in LEFT_REASONS]
    if any(cause not in own for cause in reasons):
        # Reasons are shown all or not at all: their sum is shown too.
        own = [cause for cause in own if cause not in reasons]
    return own


def _guarded(events: pd.DataFrame, shown: list[str], below: int) -> Ints:
    """Return the events of each shown cause, and of all others together, which the curves also give away."""
    reasons = [cause for cause in events.index if cause in LEFT_REASONS]
    parts = [cause for cause in events.index if cause != LEFT_CARE] if reasons else list(events.index)
    kept = [cause for cause in shown if cause != LEFT_CARE or not set(reasons) & set(shown)]
    covered = set(kept) | (set(reasons) if LEFT_CARE in kept else set())
    rest = [cause for cause in parts if cause not in covered]
    rows = [events.loc[cause].to_numpy() for cause in kept]
    if rest:
        rows.append(events.loc[rest].sum(axis=0).to_numpy())
    return np.array(rows, dtype=np.int64).reshape(len(rows), events.shape[1])


def _at(part: pd.DataFrame, days: Ints, place: Ints, start: float) -> pd.DataFrame:
    out = part.iloc[[0] * len(days)].reset_index(drop=True).assign(day=days)
    for name in LIMITS:
        values = part[name].to_numpy(dtype=float)
        first = {"estimate": start, "se": 0.0}.get(name, np.nan)
        out[name] = np.round(np.where(place >= 0, values[place], first), DECIMALS)
    return out.assign(at_risk=np.nan, hidden=False)


def resolution(n: int, below: int) -> int:
    """Return with how many decimals a share of ``n`` tells of no fewer than ``below``.

    Examples
    --------
    >>> resolution(1200, 11), resolution(12000, 11)
    (2, 3)
    """
    return int(np.floor(np.log10(n / below) + 1e-12))


def masked_occupation(result: Occupation, cells: NoCells, mask: Mask) -> Occupation:
    """Return occupation with as many digits as stand for 11 people or more of the stratum, none where that is none."""
    del cells
    digits = _digits(result, mask.below)
    out = result.frame.copy()
    for name in LIMITS:
        out[name] = _rounded(out[name], digits)
    return replace(result, frame=out.assign(hidden=digits < 1), started=_no_counts(result))


def masked_days(result: ExpectedDays, cells: NoCells, mask: Mask) -> ExpectedDays:
    """Return expected days with at most 2 significant digits, and as many as stand for 11 days of people or more."""
    del cells
    digits = _digits(result, mask.below)
    out = result.frame.copy()
    for name in ("days", "se", "low", "high"):
        out[name] = _rounded(significant(out[name], 2), digits)
    return replace(result, frame=out.assign(hidden=digits < 1), started=_no_counts(result))


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
            f"{result.about.measure} rests on too few to be shown: {10 * below:,} journeys are needed"
            + (" in a stratum; take more quarters or strata together" if by else "; take more quarters together")
        )
    if not by:
        return np.full(len(result.frame), found[0])
    digits = dict(zip(started[by].astype(str).itertuples(index=False, name=None), found.tolist(), strict=True))
    rows = result.frame[by].astype(str).itertuples(index=False, name=None)
    return np.array([digits.get(row, 0) for row in rows], dtype=np.int64)
