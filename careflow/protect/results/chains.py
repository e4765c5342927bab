"""Chains of levels: every rate of a chain can be computed from it, so all of its rates must be shown, or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.errors import DisclosureError
from careflow.protect.cells.cell_table import CellTable, as_of, records, stratum_of
from careflow.protect.results import length_of_stay as stays
from careflow.protect.results import rates
from careflow.protect.results.mask import Mask, blank, significant
from careflow.protect.suppression.linear_system import Bools

if TYPE_CHECKING:
    from careflow.estimate.multistate.markov_chain import Chain

LIMITS: Final = ("estimate", "se", "low", "high")


@dataclass(frozen=True)
class ChainCells:
    """The cell numbers of the counts that a chain is computed from."""

    rates: rates.RateCells
    stays: stays.StayCells | None


def block(result: Chain, record: dict[str, Any]) -> str:
    """Return the name of the stratum that a record belongs to."""
    stratum = stratum_of(record, result.about.by)
    return f"{result.about.measure}|{stratum}{as_of(stratum, result.about.cutoff)}"


def enter(table: CellTable, result: Chain) -> ChainCells:
    """Enter the counts of the rates and stays of the chain as if they were printed.

    They can be computed from it: with N the expected stays, Q = I - inverse(N) are the rates.
    """
    if result.rates is None:
        raise DisclosureError("the rates behind this chain are not known; make it with chain() and protect that")
    return ChainCells(
        rates.enter(table, result.rates), None if result.stays is None else stays.enter(table, result.stays)
    )


def masked(result: Chain, cells: ChainCells, mask: Mask) -> Chain:
    """Return the chain of the strata in which nothing is hidden; days to 3 digits, and ``thin`` left False.

    Raises
    ------
    DisclosureError
        When there is no such stratum.
    """
    source_rates = result.rates
    assert source_rates is not None
    keys = list(result.about.by)
    hidden_strata = _hidden_in(
        source_rates.frame, mask.hides(cells.rates.frame["n"]) | mask.hides(cells.rates.frame["of"]), keys
    )
    hidden = _rows_of(result.frame, hidden_strata, keys)
    if result.stays is not None and cells.stays is not None:
        frame, stay_keys = result.stays.frame, list(result.stays.about.by)
        few = mask.hides(cells.stays.frame["n"]) | ((frame["n"] > 0) & (frame["n"] < mask.below)).to_numpy()
        hidden |= _rows_of(result.frame, _hidden_in(frame, few, stay_keys), stay_keys) & _days(result.frame)
    if hidden.all():
        raise DisclosureError(
            "every rate can be computed from a chain of levels, and some rates must be hidden in "
            + ("every stratum" if keys else "this one")
            + "; protect and publish the rates themselves, or chain more quarters together or fewer levels"
        )
    out, days = result.frame.copy(), _days(result.frame)
    for name in LIMITS:
        out[name] = blank(out[name], hidden)
        out[name] = out[name].where(~days, significant(out[name]))
    return replace(result, frame=out.assign(thin=False, hidden=hidden), rates=None, stays=None)


def _days(frame: pd.DataFrame) -> Bools:
    return np.asarray(frame["measure"].astype(str) == "days", dtype=np.bool_)


def _hidden_in(frame: pd.DataFrame, hidden: Bools, keys: list[str]) -> set[tuple[str, ...]]:
    """Return the strata in which any row is hidden."""
    return {tuple(str(record[key]) for key in keys) for record in records(frame[hidden])}


def _rows_of(frame: pd.DataFrame, strata: set[tuple[str, ...]], keys: list[str]) -> Bools:
    return np.array([tuple(str(record[key]) for key in keys) in strata for record in records(frame)], dtype=np.bool_)


def total(result: Chain) -> int:
    """Return what ``n`` of the provenance may say: nothing that a chain does not print."""
    return result.about.n // 10 * 10
