"""The base class of results: a tidy frame with its provenance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import pandas as pd

from careflow.arguments.attributes import PublicNames
from careflow.counts.calendar import Calendar, ends_early
from careflow.counts.counts import Counts
from careflow.counts.parts import part_words
from careflow.estimate.show import frame_html

if TYPE_CHECKING:
    from careflow.continuum import Continuum


ALL_LEVELS: Final = "all levels"
"""The label of the row of all levels together."""


@dataclass(frozen=True)
class Provenance:
    """The definition of the numbers of a result, and their source.

    Attributes
    ----------
    measure : str
        What is estimated, such as ``"transition rate"``.
    definition : str
        The rule in one sentence, for the caption of a chart or a table of definitions.
    n : int
        The number of units (see ``unit``) that the result is computed from.
    unit : str
        What ``n`` counts: ``"discharges"``, ``"stays"``.
    persons : int
        Distinct persons in the records.
    cutoff : datetime.date
        The last day on which the data are complete.
    dated_by : str
        By which day a record is put in a quarter: ``"discharge"``, ``"admission"``, ``"days in the period"``.
    interval : str
        How the interval was made: ``"Wilson 95%, clustered by person"``.
    start : datetime.date, optional
        First day from which every stay in care was recorded.
    within : tuple of int
        The link windows in days, empty where none applies.
    by : tuple of str
        The strata.
    convention : str
        How a length of stay counts its days: ``"nights"``, ``"nights_min1"`` or ``"days"``; empty where none applies.
    confidence : float
        Coverage of the intervals.
    missing : str
        A note on missing or suppressed numbers; empty if there are none.
    source : str
        Where the records came from, as the analyst named it.
    last : datetime.date, optional
        The last admission or discharge of the records. If the cut-off is more than 92 days later, ``str(about)`` says
        so: periods after that day are empty, although the cut-off says that the data are complete.
    calendar : Calendar
        The months of a quarter and of a year.
    where : tuple of (str, tuple of str)
        The part of the records that was asked for: labels by stratum.
    linked : int, optional
        The link window of the records in days; ``within`` may be shorter.
    overlaps : str
        The policy for stays that overlap; empty where it is not known.
    """

    measure: str
    definition: str
    n: int
    unit: str
    persons: int
    cutoff: date
    dated_by: str
    interval: str
    start: date | None = None
    within: tuple[int, ...] = ()
    by: tuple[str, ...] = ()
    convention: str = ""
    confidence: float = 0.95
    missing: str = ""
    source: str = ""
    last: date | None = None
    calendar: Calendar = field(default_factory=Calendar)
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    linked: int | None = None
    overlaps: str = ""

    @classmethod
    def of(cls, counts: Counts, **fields: Any) -> Self:
        """Return the provenance of an estimate from counts, which say whose records, until when, by which calendar."""
        rules = counts.definition
        return cls(
            persons=counts.persons,
            cutoff=rules.cutoff,
            start=rules.start,
            source=counts.source,
            last=counts.last,
            calendar=rules.calendar,
            where=rules.where,
            linked=rules.within,
            overlaps=rules.overlaps,
            **fields,
        )

    def __str__(self) -> str:
        """One line: n, window, cut-off, rule, interval, missing numbers."""
        parts = [f"{self.n:,} {self.unit}, from the records of {self.persons:,} people"]
        if self.where:
            parts.append(f"only {part_words(self.where)}")
        if self.within:
            parts.append("within " + ", ".join(str(w) for w in self.within) + " days")
        parts.append(f"cut-off {self.cutoff:%Y-%m-%d}")
        if self.dated_by:
            parts.append(f"by {self.dated_by}" if "days" in self.dated_by else f"by day of {self.dated_by}")
        if self.convention:
            parts.append(f"length in {self.convention}")
        parts.append(self.interval)
        if self.missing:
            parts.append(self.missing)
        if self.last is not None and ends_early(self.last, self.cutoff):
            parts.append(f"no admission or discharge after {self.last:%Y-%m-%d}")
        return f"{self.measure}: " + "; ".join(part for part in parts if part)


@dataclass(frozen=True, repr=False, eq=False)
class Result(PublicNames):
    """A frozen result: one tidy frame, its continuum and its definition.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per estimate, strata first. A missing value means that there is no estimate, or that it is suppressed.
    about : Provenance
        The definition of the numbers: measure, n, window, cut-off, interval.
    continuum : Continuum
        The levels of care in the frame.

    Notes
    -----
    ``with_frame(frame, **changes)`` returns a copy with another frame. ``polars.DataFrame(result)`` and
    ``pyarrow.table(result)`` read the frame by the Arrow protocol.
    """

    _where_table: ClassVar[str] = "Its table is .frame, a pandas DataFrame"

    _internal: ClassVar[frozenset[str]] = frozenset({"contributors", "direction_contributors", "estimated", "inputs"})

    frame: pd.DataFrame
    about: Provenance
    continuum: Continuum = field(repr=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.about}>"

    def __len__(self) -> int:
        return len(self.frame)

    def _repr_html_(self) -> str:
        return frame_html(self.frame, str(self.about))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the frame by the Arrow protocol, as ``polars.DataFrame(result)`` reads it."""
        import pyarrow as pa

        return pa.Table.from_pandas(self.frame, preserve_index=False).__arrow_c_stream__(requested_schema)

    def with_frame(self, frame: pd.DataFrame, **changes: Any) -> Self:
        """Return a copy with another frame and a changed provenance.

        Parameters
        ----------
        frame : pandas.DataFrame
            The new frame.
        **changes
            New values of attributes of :class:`Provenance`.
        """
        return replace(self, frame=frame, about=replace(self.about, **changes))
