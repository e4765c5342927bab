"""The tables of each year, where a release shows too little by quarter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import pandas as pd

from careflow.estimate.rates.known_reasons import without_unknown_shares
from careflow.report.content.estimates import ByYear
from careflow.report.content.grid import Grid, by_key
from careflow.report.content.missing_lengths import missing_lengths
from careflow.report.content.quarters import Row, Rows, key_grid
from careflow.report.masking.mask import BELOW

FILES = ("transitions_by_year", "directions_by_year", "lengths_of_stay_by_year")


@dataclass(frozen=True)
class Years:
    """The detail by year.

    Attributes
    ----------
    sentence : str
        Why the detail is by year.
    grids : tuple of Grid
        A table for each year, the newest first.
    """

    sentence: str
    grids: tuple[Grid, ...]


def years(shown: ByYear | None) -> Years | None:
    """Return the tables of each year of a release; None where its detail is by quarter."""
    if shown is None:
        return None
    care, rates = shown.rates.continuum, without_unknown_shares(shown.rates.frame, shown.rates.about.by)
    lengths = shown.stays.frame.assign(reason=missing_lengths(shown.stays, BELOW)["median"].to_numpy())
    grids = []
    for year in reversed([str(year) for year in rates["year"].cat.categories]):
        shares, directions = _of(rates, year, "from", "to"), _of(shown.rates.directions, year, "from", "direction")
        grid = key_grid(care, f"Every level in {year}", shares, directions, _of(lengths, year, "level"))
        final = all(row["mature"] for row in shares.values())
        note = grid.note if final else f"{grid.note} Not all discharges of the year are followed yet."
        grids.append(replace(grid, note=note, files=FILES))
    return Years(shown.sentence, tuple(grids))


def _of(frame: pd.DataFrame, year: str, *keys: str) -> Rows:
    rows = frame[frame["year"].astype(str) == year].to_dict("records")
    return by_key(cast(list[Row], rows), *keys)
