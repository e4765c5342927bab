"""State occupation and expected days: no counts are printed; digits are chosen so that one unit is 11 people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.counts.definition import GROUPS
from careflow.errors import DisclosureError
from careflow.protect.cells.cell_table import CellTable, as_of, stratum_of
from careflow.protect.results.curves import Ints
from careflow.protect.results.mask import Mask, significant, tens

if TYPE_CHECKING:
    from careflow.estimate import ExpectedDays, Occupation
    from careflow.estimate.result import Result

LIMITS: Final = ("estimate", "se", "low", "high")


@dataclass(frozen=True)
class NoCells:
    """These results print no counts."""

    frame: pd.DataFrame


def enter(table: CellTable, result: Result) -> NoCells:
    """Enter nothing: no count is printed."""
    del table
    return NoCells(result.frame.iloc[:, :0])


def block(result: Result, record: dict[str, Any]) -> str:
    """Return the name of the curve that a record belongs to."""
    stratum = stratum_of(record, result.about.by)
    return f"{result.about.measure}|{record.get('from', 'all')}|{stratum}{as_of(stratum, result.about.cutoff)}"


def total(result: Result) -> int:
    """Return what ``n`` of the provenance may say: to tens, because no count is printed that it could be."""
    return tens(result.about.n)


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

    A stratum in which nobody was followed to the last day is hidden, and so is a state in which nobody was followed to
    it while others were: the day on which a curve ends is the last day on which somebody was followed.
    """
    del cells
    digits, out = _digits(result, mask.below), result.frame.copy()
    by, missing = [out[name] for name in result.about.by], out["estimate"].isna()
    every = missing.groupby([*by, out["day"]], observed=True).transform("all")
    stratum_ends = every.groupby(by, observed=True).transform("any") if by else pd.Series(every.any(), out.index)
    state_ends = missing.groupby([*by, out["state"]], observed=True).transform("any")
    digits = np.where(stratum_ends | state_ends, 0, digits)
    for name in LIMITS:
        out[name] = _rounded(out[name], digits)
    return replace(result, frame=out.assign(known_to=np.nan, hidden=digits < 1), started=_no_counts(result))


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
