"""Differences of rates: a comparison is a function of two rates, shown where both are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.errors import DisclosureError
from careflow.estimate.rates.comparison import COMPARED
from careflow.estimate.rates.known_reasons import may_be_unknown, reasons_alone
from careflow.estimate.stats.multiple_testing import adjusted
from careflow.protect.cells.cell_table import CellTable, as_of, stratum_of
from careflow.protect.results import rates
from careflow.protect.results.mask import Mask, blank, significant

if TYPE_CHECKING:
    from careflow.estimate import Rates
    from careflow.estimate.rates.comparison_result import Comparison

SUFFIX: Final = ", difference"
SIDES: Final = ("1", "2")


@dataclass(frozen=True)
class ComparisonCells:
    """The cell numbers of the counts of each side, a row for each row of the comparison."""

    frame: tuple[pd.DataFrame, pd.DataFrame]
    directions: tuple[pd.DataFrame, pd.DataFrame]


def block(result: Comparison, record: dict[str, Any]) -> str:
    """Return the name of the row that a record belongs to."""
    stratum = stratum_of(record, result.about.by)
    when = as_of(stratum, result.about.cutoff)
    pair = f"{result.stratum} {result.first}:{result.second}"
    return f"{result.about.measure}|{pair}|{record.get('within', '')}|{record['from']}|{stratum}{when}"


def enter(table: CellTable, result: Comparison) -> ComparisonCells:
    """Enter the counts of both sides: the same cells as those of their rates.

    Raises
    ------
    DisclosureError
        For a part of a comparison of intensities, whose denominators are not counts.
    """
    whole = {"to", "from"} <= set(result.frame) and result.frame["to"].nunique() > 1
    if _measure(result) == rates.INTENSITY and not whole:
        raise DisclosureError(
            "a comparison of one outcome's intensities cannot be protected by itself: compare every outcome, protect "
            "that, and take the row from it"
        )
    sides = [rates.enter(table, _side(result, side)) for side in SIDES]
    return ComparisonCells((sides[0].frame, sides[1].frame), (sides[0].directions, sides[1].directions))


def _measure(result: Comparison) -> str:
    return result.about.measure.removesuffix(SUFFIX)


def _side(result: Comparison, side: str) -> Rates:
    """Return one side as rates of its own stratum; ``followed`` is not known here."""
    from careflow.estimate import Rates

    label = result.first if side == "1" else result.second
    frames = []
    for frame in (result.frame, result.directions):
        side_frame = frame.rename(columns={f"n_{side}": "n", f"of_{side}": "of"})
        side_frame[result.stratum] = label
        frames.append(side_frame)
    by = tuple(dict.fromkeys((*result.about.by, result.stratum)))
    about = replace(result.about, measure=_measure(result), by=by)
    names = {f"persons_{side}": "persons", f"persons_of_{side}": "persons_of"}
    people = [None if known is None else known.rename(columns=names) for known in result.contributors or (None, None)]
    return Rates(
        frames[0],
        about,
        result.continuum,
        directions=frames[1],
        contributors=people[0],
        direction_contributors=people[1],
    )


def masked(result: Comparison, cells: ComparisonCells, mask: Mask) -> Comparison:
    """Return the comparison with every number missing that depends on a hidden one.

    P values are corrected again, for as many as are shown: a correction for all would disclose something of the others.
    A share of nobody for a reason of leaving is compared where a shown count says that reasons are known: if the truth
    decided it, a missing difference would say that every hidden reason beside it is 0.
    """
    days = _measure(result) == rates.INTENSITY
    return replace(
        result,
        frame=_masked(result, result.frame, cells.frame, mask, days=days),
        directions=_masked(result, result.directions, cells.directions, mask, days=days),
        contributors=None,
    )


def _masked(
    result: Comparison, frame: pd.DataFrame, sides: tuple[pd.DataFrame, pd.DataFrame], mask: Mask, *, days: bool
) -> pd.DataFrame:
    out, either = frame.copy(), np.zeros(len(frame), dtype=np.bool_)
    for side, cells in zip(SIDES, sides, strict=True):
        n, of = mask.hides(cells["n"]), mask.hides(cells["of"])
        if days:
            of = of | mask.zero(cells["of"])
        out[f"n_{side}"], out[f"of_{side}"] = blank(frame[f"n_{side}"], n), blank(frame[f"of_{side}"], of)
        out[f"rate_{side}"] = blank(frame[f"rate_{side}"], n | of)
        if days:
            out[[f"of_{side}", f"rate_{side}"]] = out[[f"of_{side}", f"rate_{side}"]].apply(significant)
        either |= n | of
    unknown = np.zeros(len(out), dtype=np.bool_)
    if "to" in out:
        keys = [name for name in (*result.about.by, "within", "from") if name in out]
        for side in SIDES:
            unknown |= may_be_unknown(out, keys, f"n_{side}", more=reasons_alone(result.moves))
    for name in COMPARED:
        out[name] = blank(frame[name], either | unknown)
        if days:
            out[name] = significant(out[name])
    out["p_adjusted"] = adjusted(out["p"], result.correction)
    out["hidden"] = either
    return out


def total(result: Comparison) -> int:
    """Return what ``n`` of the provenance may say: the totals of both sides that are shown."""
    frame = result.frame
    shown = frame.drop_duplicates([*result.about.by, *(["within"] if "within" in frame else []), "from"])
    if "within" in shown:
        shown = shown[shown["within"] == shown["within"].max()]
    return int(shown[["of_1", "of_2"]].sum().sum())
