"""Which periods a headline and a report compare: one family of differences, corrected together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import pandas as pd

from careflow.counts.calendar import unit_of
from careflow.errors import ArgumentError
from careflow.estimate.changes.base import YEAR, Changes
from careflow.estimate.changes.change import changes_of, reported_differences
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.survival.stay_result import LengthOfStay

BEFORE: Final = "quarter before"
YEAR_BEFORE: Final = "year before"
FOUR: Final = "four quarters before"
SHIFT: Final = "the others of eight quarters"
"""What a period is compared with. ``FOUR``: the last four mature quarters with the four before. ``SHIFT``: the last one
to seven of the last eight with the others of the eight; the last one alone is the newest point of a control chart, and
the split with the smallest p says from which quarter a change holds. Of other periods it is as many as make a year."""


class Comparison(NamedTuple):
    """Two periods, how many are merged on each side (they are the last ones), and the name of the comparison."""

    first: str
    second: str
    span_before: int
    span: int
    against: str


def comparisons(
    names: Sequence[str], mature: Sequence[bool], at: int, year: int, *, history: bool, merged: bool
) -> list[Comparison]:
    """Return what a period is compared with, each pair of periods once.

    Parameters
    ----------
    names : sequence of str
        The periods, oldest first.
    mature : sequence of bool
        Which of them are mature; others are compared with nothing.
    at : int
        Place of the period in question.
    year : int
        The number of periods in a year.
    history : bool
        Compare each mature period with the one before, and not this one alone.
    merged : bool
        Also compare several periods with several.

    Examples
    --------
    >>> names = [f"{year}Q{quarter}" for year in (2023, 2024) for quarter in (1, 2, 3, 4)]
    >>> found = comparisons(names, [True] * 8, 7, 4, history=False, merged=True)
    >>> [(one.first, one.span_before, one.span) for one in found]  # doctest: +NORMALIZE_WHITESPACE
    [('2023Q4', 1, 1), ('2024Q3', 1, 1), ('2023Q4', 4, 4), ('2024Q3', 7, 1), ('2024Q2', 6, 2), ('2024Q1', 5, 3),
     ('2023Q3', 3, 5), ('2023Q2', 2, 6), ('2023Q1', 1, 7)]
    """
    out = []
    if at >= year and mature[at] and mature[at - year]:
        out.append(Comparison(names[at - year], names[at], 1, 1, YEAR_BEFORE))
    steps = [place for place in range(1, len(names)) if mature[place - 1] and mature[place]]
    out += [Comparison(names[place - 1], names[place], 1, 1, BEFORE) for place in steps if history or place == at]
    window = 2 * year
    if merged and at + 1 >= window and all(mature[at + 1 - window : at + 1]):
        out.append(Comparison(names[at - year], names[at], year, year, FOUR))
        out += [
            Comparison(names[at - span], names[at], window - span, span, SHIFT)
            for span in range(1, window)
            if span != year
        ]
    return list({one[:4]: one for one in reversed(out)}.values())[::-1]


def compared(
    rates: Rates | None, stays: LengthOfStay | None, period: str | None = None, *, history: bool = True
) -> pd.DataFrame:
    """Return every difference that a report or a headline tests, from unmasked results.

    Parameters
    ----------
    rates, stays : Rates and LengthOfStay, or None
        By period; at least one of them.
    period : str, optional
        The period in question: by default the newest mature one in which anyone was discharged.
    history : bool
        Compare the rates of each mature period with those of the one before, and not of this one alone. Mean stays are
        compared with the period before and the one a year before.

    Returns
    -------
    pandas.DataFrame
        As from :meth:`careflow.estimate.change.Changes.between`, with ``against`` and ``level``.
    """
    result = rates if rates is not None else stays
    if result is None:
        raise ArgumentError("nothing to compare: give rates, lengths of stay, or both")
    unit = unit_of(result.about.by)
    if unit is None:
        raise ArgumentError("a change is from one period to another: make the result with by='quarter'")
    names, mature, newest = _periods(result, unit)
    at = names.index(period) if period in names else newest
    year = YEAR[unit]
    frames = []
    if rates is not None:
        changes = changes_of(rates)
        frames += _between(changes, comparisons(names, mature, at, year, history=history, merged=changes.merges))
    if stays is not None:
        # Each row says whether its mean is mature.
        pairs = comparisons(names, [True] * len(names), at, year, history=False, merged=False)
        frames += _between(changes_of(stays), pairs)
    if not frames:
        frames = [changes_of(result).none().assign(against="")]
    tests = reported_differences(pd.concat(frames, ignore_index=True), result.continuum.names)
    return tests.assign(level=tests["from"].astype(str)).reset_index(drop=True)


def _periods(result: Rates | LengthOfStay, unit: str) -> tuple[list[str], list[bool], int]:
    """Return the periods, which of them are mature, and the place of the newest mature one with observations."""
    frame = result.frame
    names = [str(name) for name in pd.Categorical(frame[unit]).categories]
    by = frame.groupby(unit, observed=False)
    if "rate" in frame:
        mature = by["mature"].all() if "mature" in frame else by["of"].count() > 0
    else:
        mature = by["mature"].any() if "mature" in frame else by["n"].count() > 0
    seen = by["of" if "rate" in frame else "n"].sum() > 0
    flags = [bool(mature.get(name, False)) for name in names]
    counted = [bool(seen.get(name, False)) for name in names]
    newest = next((i for i in reversed(range(len(names))) if flags[i] and counted[i]), len(names) - 1)
    return names, flags, newest


def _between(changes: Changes, wanted: Sequence[Comparison]) -> list[pd.DataFrame]:
    """Return the differences, those of single periods in one step for each kind of comparison."""
    parts: dict[tuple[int, int, str], list[tuple[str, str]]] = {}
    for one in wanted:
        parts.setdefault((one.span_before, one.span, one.against), []).append((one.first, one.second))
    return [
        changes.between(pairs, span=span, span_before=before).assign(against=against)
        for (before, span, against), pairs in parts.items()
    ]
