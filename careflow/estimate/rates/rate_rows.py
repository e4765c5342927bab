"""The linked stays and the people behind a rate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from careflow.counts.calendar import unit_of
from careflow.errors import ArgumentError
from careflow.estimate.rates.methods import RateInputs
from careflow.estimate.rates.rate_tables import RateTables
from careflow.estimate.rates.unions import Asked, asked_moves
from careflow.estimate.select import move_label, stratum_label
from careflow.estimate.utilization.persons_served import persons_served


def rows_behind(
    rates: RateTables,
    inputs: RateInputs,
    move: tuple[Asked | None, Asked | None],
    quarter: str | None,
    within: int | None,
    strata: Mapping[str, str],
    *,
    person_level: bool,
) -> pd.DataFrame:
    """Return the discharges behind rates: the body of :meth:`careflow.estimate.Rates.rows`."""
    if inputs.linked is None:
        raise ArgumentError(
            "rows are of linked stays, and these rates were made from counts, which hold no persons; estimate from "
            "what link() returned"
        )
    if inputs.method != "followed":
        raise ArgumentError("rows are the followed discharges behind a rate; estimate with method='followed'")
    if within is not None and within not in inputs.windows:
        raise ArgumentError(f"these rates are within {', '.join(map(str, inputs.windows))} days, not {within}")
    about = rates.about
    asked = {name: stratum_label(rates.frame, name, label, about) for name, label in strata.items()}
    if quarter is not None:
        unit = unit_of(about.by) or "quarter"
        asked[unit] = stratum_label(rates.frame, unit, quarter, about)
    part = {name: list(chosen) for name, chosen in about.where}
    return inputs.linked.rows_of(
        _pairs(rates, *move),
        within=inputs.windows[-1] if within is None else within,
        where=part | {name: [str(label)] for name, label in asked.items()},
        calendar=about.calendar,
        person_level=person_level,
    )


def _pairs(rates: RateTables, frm: Asked | None, to: Asked | None) -> set[tuple[str, str]] | None:
    """Return the levels left with what followed of the rows that are asked for; None for all."""
    if rates.moves is None:
        moves = asked_moves(rates.continuum, frm, to)
        return None if moves is None else moves.pairs(rates.continuum)
    labels = [
        None if value is None else move_label(rates.frame, name, value, rates.continuum)
        for name, value in (("from", frm), ("to", to))
    ]
    return rates.moves.pairs(rates.continuum, *labels)


def people_behind(rates: RateTables, inputs: RateInputs | None, rows: pd.DataFrame) -> dict[str, int]:
    """Return the distinct people served at each level of the stratum of some rows, counted from linked stays.

    Empty without linked stays, and of several periods or labels put together, over which people do not add up.
    """
    about = rates.about
    part = {name: list(chosen) for name, chosen in about.where}
    together = any(name not in about.by and len(chosen) > 1 for name, chosen in part.items())
    if inputs is None or inputs.linked is None or together or rows.empty:
        return {}
    served = persons_served(inputs.linked, by=inputs.by, calendar=about.calendar, where=part or None).frame
    here = np.logical_and.reduce([served[name].astype(str) == str(rows[name].iloc[0]) for name in about.by], axis=0)
    at = served[here] if about.by else served
    return {str(row["level"]): int(row["persons"]) for row in at.to_dict("records")}
