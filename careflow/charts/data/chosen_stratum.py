"""The value of a stratum that a chart draws: the one asked for, the only one, or the latest mature period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from careflow import formatting
from careflow.arguments.folding import label_among
from careflow.counts.period_labels import period_among
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate.result import Provenance

PERIODS: Final = ("quarter", "month", "year")


def chosen_value(table: pd.DataFrame, stratum: str, wanted: object, about: Provenance) -> object:
    """Return the value of a stratum to draw; raise ArgumentError if it is not there, or must be chosen."""
    values = list(dict.fromkeys(table[stratum].astype(str)))
    values = sorted(values) if stratum in PERIODS else values
    if wanted is not None and stratum in PERIODS:
        return period_among(wanted, values, stratum, about.calendar)
    if wanted is not None:
        if (meant := label_among(str(wanted), values)) is None:
            raise ArgumentError(f"the result has no {stratum} {str(wanted)!r}; it has {formatting.listing(values, 12)}")
        return meant
    if len(values) < 2:
        return values[0] if values else ""
    if stratum in PERIODS:
        return _latest(table, stratum, values)
    raise ArgumentError(
        f"the result has {len(values)} values of {stratum!r}: choose one with where={{{stratum!r}: ...}}; "
        f"there are {formatting.listing(values)}"
    )


def _latest(table: pd.DataFrame, stratum: str, values: list[str]) -> str:
    """Return the latest period that is mature, the latest of all if none is."""
    if "mature" not in table.columns:
        return values[-1]
    mature = set(table.loc[flags(table["mature"], False), stratum].astype(str))
    return next((value for value in reversed(values) if value in mature), values[-1])


def flags(values: pd.Series[Any], missing: bool) -> pd.Series[bool]:
    """Return a column of yes and no as plain booleans."""
    return values.astype("boolean").fillna(missing).astype(bool)
