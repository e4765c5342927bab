"""Results that are arithmetic on rates by further strata: a row is shown where every count that it is made of is.

Their cells are those of the rates behind them, entered as if these were printed: what is shown is then a function of
counts that a reader knows, and what is hidden is a function of at least one that is protected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.errors import DisclosureError
from careflow.estimate.rates.cells import Needed
from careflow.estimate.rates.indirect import judged
from careflow.estimate.rates.known_reasons import may_be_unknown, reasons_alone
from careflow.protect.cells.cell_table import CellTable, as_of, stratum_of
from careflow.protect.results import rates
from careflow.protect.results.mask import Mask, significant
from careflow.protect.results.rates import RateCells
from careflow.protect.suppression.linear_system import Bools

if TYPE_CHECKING:
    from careflow.estimate import Bounds, Decomposition, ObservedExpected, Standardized

Derived = Any
_KEYS: Final = ("within", "from", "to", "direction")
_NOT_NUMBERS: Final = ("factor", "label", "over", "mature", "hidden")
_OF_REASONS: Final = ("points", "share", "standardized", "se", "low", "high", "ratio", "z")
"""What is missing for a reason of leaving where no reason is known."""
_IN_DIGITS: Final = ("se", "low", "high")


@dataclass(frozen=True)
class DerivedCells:
    """The rates behind a result, with the numbers of their cells."""

    parts: tuple[tuple[Needed, RateCells], ...]


def block(result: Derived, record: dict[str, Any]) -> str:
    """Return the name of the rows that a record belongs to: they are published together."""
    stratum = stratum_of(record, result.about.by)
    ends = ">".join(str(record[key]) for key in _KEYS if key in record)
    return f"{result.about.measure}|{result.about.definition}|{ends}|{stratum}{as_of((), result.about.cutoff)}"


def enter(table: CellTable, result: Derived) -> DerivedCells:
    """Enter the cells of every rate that the result is made of.

    Raises
    ------
    DisclosureError
        If the result does not hold them, or has discharges that are in none of them.
    """
    if result.needed is None:
        raise DisclosureError(f"this {type(result).__name__} was changed since it was made; protect it as it was made")
    if getattr(result, "pending", "left out") != "left out":
        raise DisclosureError(
            "bounds with pending='unknown' count discharges that are not yet followed, which change with each release; "
            "protect bounds(pending='left out')"
        )
    return DerivedCells(tuple((needed, rates.enter(table, needed.rates)) for needed in result.needed))


def _hidden(result: Derived, frame: pd.DataFrame, cells: DerivedCells, mask: Mask) -> Bools:
    """Return which rows of a frame are made of a count that is hidden."""
    kind = "direction" if "to" not in frame else "to"
    out = np.zeros(len(frame), dtype=np.bool_)
    for needed, numbers in cells.parts:
        source = needed.rates.frame if kind == "to" else needed.rates.directions
        of_source = numbers.frame if kind == "to" else numbers.directions
        keys = [name for name in (*needed.rates.about.by, "within", "from") if name in frame and name in source]
        keys = [name for name in keys if name not in needed.ignored]
        if "level" in getattr(result, "over", ()):
            keys.remove("from")
        out |= _any(source, mask.hides(of_source["of"]), frame, keys)
        if needed.numerators:
            out |= _any(source, mask.hides(of_source["n"]), frame, [*keys, kind])
        if reasons := getattr(result, "unseen", ()):
            of_reasons = needed.rates.frame["to"].astype(str).isin(reasons).to_numpy()
            unseen = mask.hides(numbers.frame["n"]) & of_reasons
            out |= _any(needed.rates.frame, unseen, frame, keys)
    return out


def _any(source: pd.DataFrame, hidden: Bools, frame: pd.DataFrame, keys: list[str]) -> Bools:
    """Return for each row of a frame whether any row of the source with the same labels is hidden."""
    if not keys:
        return np.full(len(frame), bool(hidden.any()))
    found = set(source.loc[hidden, keys].astype(str).itertuples(index=False, name=None))
    return np.array(
        [row in found for row in frame[keys].astype(str).itertuples(index=False, name=None)], dtype=np.bool_
    )


def _may_be_unknown(result: Derived, frame: pd.DataFrame, cells: DerivedCells, mask: Mask) -> Bools:
    """Return which rows are of reasons of leaving and made of a cell in which, for a reader, perhaps none is known."""
    out = np.zeros(len(frame), dtype=np.bool_)
    if "to" not in frame:
        return out
    for needed, numbers in cells.parts:
        if not needed.numerators:
            continue
        source, by = needed.rates.frame, needed.rates.about.by
        shown = source.assign(n=source["n"].astype(float).mask(mask.hides(numbers.frame["n"])))
        groups = [name for name in (*by, "within", "from") if name in source]
        unknown = may_be_unknown(shown, groups, more=reasons_alone(needed.rates.moves))
        keys = [name for name in groups if name in frame and name not in needed.ignored]
        if "level" in getattr(result, "over", ()):
            keys.remove("from")
        out |= _any(source, unknown & (source["of"] > 0).to_numpy(), frame, [*keys, "to"])
    return out


def _blanked(result: Derived, frame: pd.DataFrame, cells: DerivedCells, mask: Mask) -> pd.DataFrame:
    hidden = _hidden(result, frame, cells, mask)
    keys = {*result.about.by, *_KEYS, *_NOT_NUMBERS}
    out, unknown = frame.copy(), _may_be_unknown(result, frame, cells, mask)
    for name in frame:
        if name not in keys:
            out[name] = frame[name].astype(float).mask(hidden | unknown if name in _OF_REASONS else hidden)
    for name in _IN_DIGITS:
        if name in out:
            out[name] = significant(out[name])
    return out.assign(hidden=hidden)


def masked_decomposition(result: Decomposition, cells: DerivedCells, mask: Mask) -> Decomposition:
    """Return a decomposition of which the rows are shown whose cells on both sides are."""
    names = ("frame", "directions", "rates")
    tables: dict[str, Any] = {name: _blanked(result, getattr(result, name), cells, mask) for name in names}
    detail = _blanked(result, result.detail, cells, mask)
    return replace(result, **tables, detail=detail, needed=None)


def masked_standardized(result: Standardized, cells: DerivedCells, mask: Mask) -> Standardized:
    """Return standardized rates of which the rows are shown whose cells and weights are.

    The limits of a rate of 0 or 1 depend on rows that may be hidden, so they are missing.
    """
    frames: dict[str, Any] = {}
    for name in ("frame", "directions"):
        frame = _blanked(result, getattr(result, name), cells, mask)
        certain = frame["standardized"].isin([0.0, 1.0])
        frames[name] = frame.assign(low=frame["low"].mask(certain), high=frame["high"].mask(certain))
    return replace(result, **frames, needed=None)


def masked_bounds(result: Bounds, cells: DerivedCells, mask: Mask) -> Bounds:
    """Return bounds of which the rows are shown whose counts are, those of each unseen reason included.

    The limits of a bound of 0 or 1 depend on rows that may be hidden, so they are missing.
    """
    frames: dict[str, Any] = {}
    for name in ("frame", "directions"):
        frame = _blanked(result, getattr(result, name), cells, mask)
        low, high = (
            frame[end].mask(frame[bound].isin([0.0, 1.0])) for end, bound in (("low", "lower"), ("high", "upper"))
        )
        frames[name] = frame.assign(low=low, high=high)
    return replace(result, **frames, needed=None)


def masked_observed(result: ObservedExpected, cells: DerivedCells, mask: Mask) -> ObservedExpected:
    """Return observed over expected numbers of the units that are shown; signals are judged among these."""
    frame = _blanked(result, result.frame.drop(columns="signal"), cells, mask)
    others = [name for name in result.about.by if name != result.unit]
    frame, dispersion = judged(frame, others)
    return replace(result, frame=frame, dispersion=dispersion, needed=None)


def total(result: Derived) -> int:
    """Return what ``n`` of the provenance may say: the discharges of the rows that are shown."""
    frame = result.rates if hasattr(result, "rates") else result.frame
    shown = frame[~frame["hidden"].astype(bool)]
    if "within" in shown:
        shown = shown[shown["within"] == shown["within"].max()]
    shown = shown.drop_duplicates([*result.about.by, "from"])
    return int(shown[["of_1", "of_2"] if "of_1" in shown else ["of"]].sum().sum())
