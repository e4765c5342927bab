"""The table of stays that is checked: its columns, its totals, and the view of all stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.continuum import Continuum
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing import encode
from careflow.records.validation import neighbours
from careflow.records.validation.neighbours import OrderedStays

LONG_STAY: Final = 1461
"""Nights (four years) beyond which a stay is flagged; 365 at a level where every patient lives in."""


@dataclass(frozen=True)
class Table:
    """The table of stays, and what is needed to check it.

    Attributes
    ----------
    engine : Engine
        The engine that holds the table.
    stays : str
        The name of the view of the stays that are kept, made by :func:`join_stays`.
    strata : tuple of str
        Names of the strata, in the order of the columns s0, s1, ...
    cutoff : int
        The last complete day, in days since 1970-01-01.
    """

    engine: Engine
    stays: str
    strata: tuple[str, ...]
    cutoff: int

    @property
    def facility(self) -> int | None:
        """The index of the stratum ``facility``, or None."""
        return self.strata.index("facility") if "facility" in self.strata else None


@dataclass(frozen=True)
class Totals:
    """Number of stays; of very long, open, and zero-night stays; of stays at levels where people always live in, and
    of those without a night; first and last day (days since 1970-01-01).
    """

    n: int = 0
    long: int = 0
    open: int = 0
    no_night: int = 0
    living_in: int = 0
    living_in_no_night: int = 0
    first: int = neighbours.NEVER
    last: int = -neighbours.NEVER

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.n + other.n,
            self.long + other.long,
            self.open + other.open,
            self.no_night + other.no_night,
            self.living_in + other.living_in,
            self.living_in_no_night + other.living_in_no_night,
            min(self.first, other.first),
            max(self.last, other.last),
        )


def totals(table: Table, stays: str, continuum: Continuum) -> Totals:
    """Return the totals of the stays in a table."""
    cutoff = table.cutoff
    n, *others = table.engine.one(
        f"SELECT count(*), count(*) FILTER ({_long(continuum, cutoff)}), count(*) FILTER (end_day > {cutoff}), "
        f"count(*) FILTER (admit = end_day), count(*) FILTER ({_living_in(continuum)}), "
        f"count(*) FILTER (admit = end_day AND {_living_in(continuum)}), "
        f"min(admit), max(CASE WHEN end_day <= {cutoff} THEN end_day ELSE admit END) FROM {stays}"
    )
    return Totals(int(n), *map(int, others)) if n else Totals()


def overlapping_sql(table: Table, ordered: OrderedStays) -> str:
    """Return the SQL of the overlapping stays with a column ``end_day``, as the sequential stays have."""
    return f"(SELECT level, admit, coalesce(discharge, {table.cutoff + 1}) AS end_day FROM {ordered.overlapping})"


def join_stays(table: Table, ordered: OrderedStays) -> None:
    """Create the view of all stays, and drop the helper columns."""
    engine = table.engine
    engine.run(f"DROP TABLE {ordered.pairs}")
    for column in encode.HELPERS:
        engine.run(f"ALTER TABLE {ordered.overlapping} DROP COLUMN {column}")
    engine.run(f"CREATE TEMP VIEW {table.stays} AS {neighbours.all_stays_sql(ordered, len(table.strata))}")


def _long(continuum: Continuum, cutoff: int) -> str:
    return f"least(end_day, {cutoff}) - admit > CASE WHEN {_living_in(continuum)} THEN 365 ELSE {LONG_STAY} END"


def _living_in(continuum: Continuum) -> str:
    """Return the SQL of the test whether a stay is at a level where people always live in."""
    levels = [str(i) for i, level in enumerate(continuum.levels) if level.live_in == "always"]
    return f"level IN ({', '.join(levels)})" if levels else "false"
