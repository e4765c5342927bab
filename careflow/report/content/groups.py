"""The report by a stratum, such as facility or payer: its rates and lengths of stay, and a table for each group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, cast

import pandas as pd

from careflow.continuum.outcomes import STEP_DOWN
from careflow.counts import Counts
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate import length_of_stay, transition_rates
from careflow.estimate.rates.known_reasons import without_unknown_shares
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.survival.stay_result import LengthOfStay
from careflow.formatting import count, period
from careflow.report.content.data_files import Table
from careflow.report.content.grid import Grid, by_key, can_be, share, word
from careflow.report.content.missing_lengths import missing_lengths
from careflow.report.content.quarters import key_grid
from careflow.report.masking.groups import mask_groups
from careflow.report.masking.mask import mask
from careflow.report.modes import FULL, RELEASE, Mode

MOST: Final = 40
"""The most groups of a report."""
PANELS: Final = 12
"""The most groups in one picture; of more the largest are drawn, and the tables have all."""

Row = dict[str, float]
Lengths = tuple[LengthOfStay | None, pd.DataFrame | None]
"""Lengths of stay and why some are missing."""


@dataclass(frozen=True)
class Groups:
    """A report by a stratum; hidden numbers are already missing.

    Attributes
    ----------
    name : str
        The stratum.
    labels : tuple of str
        All groups.
    drawn : tuple of str
        Those in the pictures.
    total : Rates
        By group, all quarters together.
    rates : Rates or None
        By quarter and group; None in a release, which has the groups over all quarters only.
    stays : LengthOfStay or None
        By quarter and group, without counts of stays.
    overview : Grid
        A row for each group.
    tables : tuple of (str, Grid)
        A table for each group.
    files : tuple of Table
    """

    name: str
    labels: tuple[str, ...]
    drawn: tuple[str, ...]
    total: Rates
    rates: Rates | None
    stays: LengthOfStay | None
    overview: Grid
    tables: tuple[tuple[str, Grid], ...]
    files: tuple[Table, ...]

    @property
    def note(self) -> str:
        """What the pictures leave out."""
        if len(self.drawn) == len(self.labels):
            return ""
        return f"The pictures show the {len(self.drawn)} largest of {len(self.labels)}; the tables have all."


def check_groups(counts: Counts, by: str) -> None:
    """Raise if a column has too many values to report by.

    Raises
    ------
    ArgumentError
    """
    column = next(table[by] for table in counts.tables.values() if by in table)
    if (values := column.nunique()) > MOST:
        raise ArgumentError(
            f"{by} has {count(values)} values, and a report shows at most {MOST} side by side: choose some with "
            f"where={{{by!r}: [...]}}, or report by a column with fewer"
        )


def groups(counts: Counts, by: str, quarter: str, mode: Mode, released: Rates | None = None) -> Groups:
    """Return the report by a stratum.

    Parameters
    ----------
    counts : Counts
        By quarter and ``by``.
    by : str
        The stratum.
    quarter : str
        The quarter of the report.
    mode : {"full", "masked", "release"}
    released : Rates, optional
        In a release, the rates by group that were protected with the other tables.

    Raises
    ------
    DisclosureError
        If the counts are of too few people, and the mode hides small counts.
    """
    rates: Rates | None = None
    stays: LengthOfStay | None = None
    missing: pd.DataFrame | None = None
    if mode == RELEASE:
        if released is None:
            raise DisclosureError(f"the rates by {by} were not protected with the other tables")
        total = released
    else:
        total, rates = transition_rates(counts, by=by), transition_rates(counts, by=("quarter", by))
        stays = length_of_stay(counts, by=("quarter", by))
        if mode == FULL:
            total, rates = _unhidden(total), _unhidden(rates)
            stays = replace(stays, frame=stays.frame.assign(hidden=False))
            missing = missing_lengths(stays)
        else:
            total, rates, stays = mask_groups(total, by), mask_groups(rates, by), mask(stays)
            missing = missing_lengths(stays)
            stays = _without_counts(stays)
    # Categories may hold labels that no row has.
    labels = tuple(str(label) for label in pd.Categorical(total.frame[by]).remove_unused_categories().categories)
    sizes = total.frame.drop_duplicates([by, "from"]).groupby(by, observed=True)["of"].sum()
    largest = set(sizes.sort_values(ascending=False, kind="stable").index[:PANELS].astype(str))
    shown, when = (total, None) if rates is None else (rates, quarter)
    return Groups(
        name=by,
        labels=labels,
        drawn=tuple(label for label in labels if label in largest),
        total=total,
        rates=rates,
        stays=stays,
        overview=_overview(shown, by, labels, when),
        tables=tuple((label, _table(shown, (stays, missing), by, label, when)) for label in labels),
        files=_files(shown, (stays, missing), by, when),
    )


def _unhidden(rates: Rates) -> Rates:
    return replace(rates, frame=rates.frame.assign(hidden=False), directions=rates.directions.assign(hidden=False))


def _without_counts(stays: LengthOfStay) -> LengthOfStay:
    """Return masked lengths of stay without counts of stays, which could be subtracted from those of all groups."""
    hidden: dict[str, Any] = {"n": stays.frame["n"].where(stays.frame["n"] == 0), "open": float("nan")}
    return replace(stays, frame=stays.frame.assign(**hidden))


def _part(frame: pd.DataFrame, by: str, label: str, quarter: str | None) -> list[Row]:
    part = frame[(frame[by].astype(str) == label).to_numpy()]
    if quarter is not None:
        part = part[(part["quarter"].astype(str) == quarter).to_numpy()]
    return cast(list[Row], part.to_dict("records"))


def _when(quarter: str | None) -> str:
    return "all quarters together" if quarter is None else period(quarter)


def _overview(rates: Rates, by: str, labels: tuple[str, ...], quarter: str | None) -> Grid:
    care, rows = rates.continuum, []
    levels = [level for level in care.levels if can_be(care, level.name, STEP_DOWN)]
    for label in labels:
        cells = by_key(_part(rates.directions, by, label, quarter), "from", "direction")
        rows.append((word(label), *(share(cells.get((level.name, STEP_DOWN))) for level in levels)))
    return Grid(
        f"Stepped down, by {by}, {_when(quarter)}",
        (by.capitalize(), *(f"from {level.short}" for level in levels)),
        tuple(rows),
        ("", *["directions"] * len(levels)),
        "Shares of the discharges followed, with their interval. Not adjusted for who is treated where.",
        (f"directions_by_{by}",),
    )


def _table(rates: Rates, lengths_of: Lengths, by: str, label: str, quarter: str | None) -> Grid:
    frame = without_unknown_shares(rates.frame, rates.about.by)
    shares = by_key(_part(frame, by, label, quarter), "from", "to")
    directions = by_key(_part(rates.directions, by, label, quarter), "from", "direction")
    lengths, (stays, missing) = None, lengths_of
    if stays is not None and missing is not None:
        frame = stays.frame.assign(reason=missing["median"].to_numpy())
        lengths = by_key(_part(frame, by, label, quarter), "level")
    title = f"Every level at {label}, {_when(quarter)}"
    grid = key_grid(rates.continuum, title, shares, directions, lengths)
    files = (f"transitions_by_{by}", f"directions_by_{by}", *([f"lengths_of_stay_by_{by}"] if stays else []))
    return replace(grid, files=files)


def _files(rates: Rates, lengths_of: Lengths, by: str, quarter: str | None) -> tuple[Table, ...]:
    when, (stays, missing) = "all quarters together" if quarter is None else "every quarter", lengths_of
    tables = [
        Table(f"transitions_by_{by}", f"Transition rates by {by}, {when}", rates.frame),
        Table(f"directions_by_{by}", f"Stepped down, up or to the same rank by {by}, {when}", rates.directions),
    ]
    if stays is not None:
        tables.append(Table(f"lengths_of_stay_by_{by}", f"Lengths of stay by {by}, {when}", stays.frame, missing))
    return tuple(tables)
