"""Which rates of a diff moved most, with their causes, for lists and pages."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from careflow import formatting
from careflow.counts.calendar import unit_of
from careflow.estimate.revisions.diff_result import Diff
from careflow.estimate.select import move_label, stratum_label


def moved_most(why: Diff, *, frm: str | None = None, to: str | None = None, quarter: str | None = None) -> pd.DataFrame:
    """Return the rates that moved, those that moved furthest for the width of their old interval first.

    Parameters
    ----------
    why : Diff
        Of any strata.
    frm, to, quarter : str, optional
        Only these.

    Raises
    ------
    ArgumentError
        If there is no such level, outcome or period.
    """
    rates = why.rates[why.rates["points"].abs() > 0]
    for name, value in (("from", frm), ("to", to)):
        if value is not None:
            rates = rates[rates[name] == move_label(why.frame, name, value, why.continuum)]
    if quarter is not None:
        unit = unit_of(why.about.by) or "quarter"
        rates = rates[rates[unit] == stratum_label(why.frame, unit, quarter, why.about)]
    far = (rates["points"].abs() / (rates["high"] - rates["low"])).fillna(0.0)
    return rates.assign(far=-far).sort_values("far", kind="stable", ignore_index=True).drop(columns="far")


def causes_of(why: Diff, row: Mapping[Hashable, Any]) -> pd.DataFrame:
    """Return the causes of one rate, a row of ``rates``."""
    frame = why.frame
    for name in (*why.about.by, "from", "to"):
        frame = frame[frame[name] == row[name]]
    return frame


def words_of(why: Diff, row: Mapping[Hashable, Any]) -> str:
    """Return one rate in words, a row of ``rates``."""
    stratum = ", ".join(str(row[name]) for name in why.about.by)
    inside = row["inside"]
    where = "" if pd.isna(inside) else f", {'inside' if inside else 'outside'} the old interval"
    old, new = (formatting.MASK if pd.isna(row[side]) else f"{row[side]:.1%}" for side in ("old", "new"))
    return (
        f"{f'{stratum}: ' if stratum else ''}{row['from']} to {row['to']} {old} "
        f"({row['n_1']:,}/{row['of_1']:,}) is now {new} ({row['n_2']:,}/{row['of_2']:,})"
        f"{where}"
    )
