"""Lengths of stay in the book of cells, and the frames and curves that may be shown of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.protect.cells.cell_table import Book, Stratum, as_of, people_of, periods_in, records, stratum_of
from careflow.protect.results.curves import guarded_curve
from careflow.protect.results.mask import Mask, blank, significant
from careflow.protect.suppression.linear_system import Bools

if TYPE_CHECKING:
    from careflow.estimate import LengthOfStay

MEANS: Final = {"rmean": "n", "rmean_se": "n", "discharged_mean": "closed"}
QUANTILES: Final = {
    "median": ("n", 2),
    "median_low": ("n", 4),
    "median_high": ("n", 4),
    "q25": ("n", 4),
    "q75": ("n", 4),
    "discharged_median": ("closed", 2),
}
"""What each quantile rests on, and how many times the threshold that must be: n min(q, 1 - q) >= 11.

The limits of a median lie near the quartiles, so they need what quartiles need."""
IN_CARE: Final = "in care at the end"
BY_PERIOD: Final = "days in the period"


@dataclass(frozen=True)
class StayCells:
    """Where each row's numbers stand in the book: ``n``, ``open`` and the closed stays that they give away."""

    frame: pd.DataFrame


def block(result: LengthOfStay, record: dict[str, Any]) -> str:
    """Return the name of the row that a record belongs to, curve included."""
    stratum = stratum_of(record, result.about.by)
    dated = result.about.dated_by or "all"
    return f"stays|{dated}|{record['level']}|{stratum}{as_of(stratum, result.about.cutoff)}"


def enter(book: Book, result: LengthOfStay) -> StayCells:
    """Enter the cells of lengths of stay: ``n = open + closed``, tied to the discharges of rates and to the census."""
    unit, labels = periods_in(result.frame, result.about.by)
    dated = result.about.dated_by or "all"
    cells = []
    behind = people_of(result.contributors, len(result.frame))
    for record, people in zip(records(result.frame), behind, strict=True):
        stratum, level = stratum_of(record, result.about.by), str(record["level"])
        found = _enter_row(book, record, people, stratum, level, dated, block(result, record))
        cells.append(found)
        if dated == BY_PERIOD and unit is not None:
            _enter_admitted(book, found, stratum, level, labels, unit)
    return StayCells(pd.DataFrame(cells, columns=["n", "open", "closed"]))


def _enter_row(
    book: Book, record: dict[str, Any], people: dict[str, int], stratum: Stratum, level: str, dated: str, whose: str
) -> dict[str, int]:
    lasting = dated == BY_PERIOD
    n = book.cell(("stays", dated, level), stratum, record["n"], f"stays at {level}", depth=1, block=whose,
                  persons=people["n"], over_periods=not lasting)  # fmt: skip
    open_family = (IN_CARE, level) if lasting else ("open", dated, level)
    still = book.cell(open_family, stratum, record["open"], f"open stays at {level}", block=whose,
                      persons=people["open"], over_periods=not lasting)  # fmt: skip
    closed_family = ("discharges by admission", level) if dated == "admission" else ("discharges", level)
    closed = book.cell(closed_family, stratum, record["n"] - record["open"], f"discharges from {level}", printed=False,
                       persons=people["closed"])  # fmt: skip
    book.relation({n: 1, still: -1, closed: -1})
    return {"n": n, "open": still, "closed": closed}


def _enter_admitted(
    book: Book, row: dict[str, int], stratum: Stratum, level: str, labels: list[str], unit: str
) -> None:
    """Tie a period's stays to those in care at the end of the one before: the rest was admitted."""
    before = earlier(stratum, unit, labels)
    still = None if before is None else book.families[IN_CARE, level].get(before)
    if still is None:
        return
    admitted = book.cells[row["n"]].value - book.cells[still].value
    if admitted < 0:
        return
    new = book.cell(("admitted", level), stratum, admitted, f"admissions to {level}", printed=False)
    book.relation({row["n"]: 1, still: -1, new: -1})


def earlier(stratum: Stratum, unit: str, labels: list[str]) -> Stratum | None:
    """Return the same stratum one period before, None for the first."""
    at = labels.index(dict(stratum)[unit])
    return tuple((k, labels[at - 1] if k == unit else v) for k, v in stratum) if at else None


def tie_last(book: Book, results: list[tuple[LengthOfStay, StayCells]]) -> None:
    """Tie the open stays of the last period to the open stays of all: both are in care on the cut-off day."""
    for result, found in results:
        unit, labels = periods_in(result.frame, result.about.by)
        if unit is None or result.about.dated_by != BY_PERIOD:
            continue
        for record, row in zip(records(result.frame), records(found.frame), strict=True):
            if str(record[unit]) != labels[-1]:
                continue
            rest = tuple((k, v) for k, v in stratum_of(record, result.about.by) if k != unit)
            whole = book.families.get(("open", "all", str(record["level"])), {}).get(rest)
            if whole is not None and whole != row["open"]:
                _same(book, whole, row["open"])


def _same(book: Book, one: int, other: int) -> None:
    values = book.cells[one].value, book.cells[other].value
    if values[0] == values[1] or np.isnan(values).any():
        book.relation({one: 1, other: -1})


def masked(result: LengthOfStay, cells: StayCells, mask: Mask) -> LengthOfStay:
    """Return the stays with hidden rows blank, quantiles and means only on enough stays, curves at guarded days."""
    frame, below = result.frame, mask.below
    n, still = mask.hides(cells.frame["n"]), mask.hides(cells.frame["open"])
    count = {"n": frame["n"].astype(float), "closed": (frame["n"] - frame["open"]).astype(float)}
    out = frame.assign(n=blank(frame["n"], n), open=blank(frame["open"], still))
    for name, base in MEANS.items():
        out[name] = significant(blank(frame[name], n | _thin(count, base, 1, still, below)))
    for name, (base, times) in QUANTILES.items():
        out[name] = blank(frame[name], n | _thin(count, base, times, still, below))
    out = without_small_risk(out, n, below)
    out["hidden"] = n
    keys = [*result.about.by, "level"]
    drawn = ~n & ~_thin(count, "n", 2, still, below)
    good = out.loc[drawn, keys].assign(n=out["n"], counts=mask.counts_on_curves & ~pd.Series(still, out.index))
    curve = guarded_curve(result.curve, good, keys, below=below)
    return replace(result, frame=out, curve=curve, contributors=None)


def without_small_risk(frame: pd.DataFrame, hidden: Bools, below: int) -> pd.DataFrame:
    """Return lengths of stay without the day and the count that may be of one person.

    ``known_to`` is how long the longest-followed stay has lasted, and ``least_at_risk`` a count that no cell of the
    book guards: both are missing. ``thin`` then says that the least at risk are fewer than ``below``, as a hidden cell
    does.
    """
    if "least_at_risk" not in frame:
        return frame
    few = (frame["least_at_risk"] < below) & ~hidden
    return frame.assign(known_to=np.nan, least_at_risk=np.nan, thin=few)


def total(result: LengthOfStay) -> int:
    """Return what ``n`` of the provenance may say: the stays that are shown."""
    return int(result.frame["n"].sum())


def _thin(count: dict[str, pd.Series], base: str, times: int, still: Bools, below: int) -> Bools:
    """Return the rows in which a number rests on too few stays, as far as a reader of ``n`` and ``open`` can tell.

    With both shown, a quantile of the curve needs half as many closed stays as stays. With ``open`` hidden only ``n``
    may decide, or the blank would tell of the closed stays: it must be twice as large, and what rests on closed stays
    is not shown at all.
    """
    known = _few(count[base], times * below) | ((times > 1) & _few(count["closed"], times * below // 2))
    unknown = _few(count["n"], 2 * times * below) | (base == "closed")
    return np.asarray(np.where(still, unknown, known), dtype=np.bool_)


def _few(count: pd.Series, needed: int) -> Bools:
    return np.asarray(count < needed, dtype=np.bool_)


def rests_on_few(frame: pd.DataFrame, name: str, below: int) -> Bools:
    """Say in which rows of a protected frame a mean or a quantile is left out because it rests on too few stays."""
    base, times = QUANTILES[name] if name in QUANTILES else (MEANS[name], 1)
    count = {"n": frame["n"], "closed": frame["n"] - frame["open"]}
    return _thin(count, base, times, frame["open"].isna().to_numpy(), below)
