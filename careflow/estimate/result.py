"""The base class of results: a tidy frame with its provenance."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import pandas as pd

from careflow import __version__
from careflow.arguments import checked, path
from careflow.arguments.attributes import PublicNames
from careflow.counts.calendar import Calendar, ends_early
from careflow.counts.counts import Counts
from careflow.counts.parts import part_words
from careflow.estimate.excel import write_excel
from careflow.estimate.saved import write_result
from careflow.estimate.show import frame_html
from careflow.estimate.stamp import stamp_of

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
    stays, set_aside : int, optional
        Stays of the records, and rows of the file that the checks set aside.
    input : object, optional
        The files that were read, with ``sha256``, the hash of their contents.
    version : str
        The version of careflow that made the numbers.
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
    stays: int | None = None
    set_aside: int | None = None
    input: Any = field(default=None, repr=False, compare=False)
    version: str = __version__

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
            stays=counts.stays,
            set_aside=counts.set_aside,
            input=counts.input,
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

    _internal: ClassVar[frozenset[str]] = frozenset(
        {"contributors", "counted", "direction_contributors", "estimated", "inputs"}
    )

    frame: pd.DataFrame
    about: Provenance
    continuum: Continuum = field(repr=False)

    def __init_subclass__(cls, **options: Any) -> None:
        """Name the methods in the docstring of the class, which a notebook shows for its results."""
        super().__init_subclass__(**options)
        text = cls.__doc__ or ""
        if "Methods:" not in text:
            methods = ", ".join(f":meth:`{name}`" for name in sorted(_methods(cls)))
            before, section, after = text.partition("\n\n    Attributes\n")
            cls.__doc__ = f"{before.rstrip()}\n\n    Methods: {methods}.{section}{after}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.about}>"

    def __str__(self) -> str:
        """The definition and the table, for ``print``."""
        return f"{self!r}\n{self.frame.to_string(max_rows=20)}"

    def __len__(self) -> int:
        return len(self.frame)

    def _repr_html_(self) -> str:
        return frame_html(self.frame, str(self.about))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the frame by the Arrow protocol, as ``polars.DataFrame(result)`` reads it."""
        import pyarrow as pa

        return pa.Table.from_pandas(self.frame, preserve_index=False).__arrow_c_stream__(requested_schema)

    @property
    def stamp(self) -> dict[str, str]:
        """What the numbers are and where they come from, as text by name.

        Among them the rules (cut-off, windows, overlapping stays, continuum), the rows that the checks set aside, the
        hash of the files that were read (while they are there unchanged) and the version of careflow.
        """
        return stamp_of(self.about, self.continuum)

    @checked(path=path)
    def save(self, path: str | PathLike[str]) -> Path:
        """Write the result with its provenance to one Parquet file, which :func:`careflow.load` reads.

        Any other program reads the rows of ``frame`` from it. An existing file is replaced, whole or not at all.

        Parameters
        ----------
        path : path
            Ends in ``.parquet``.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ArgumentError
            If the path has another suffix.
        """
        return write_result(self, path)

    @checked(path=path)
    def to_excel(self, path: str | PathLike[str]) -> Path:
        """Write an Excel workbook: a formatted sheet for each frame, and a sheet with the provenance.

        Shares are shown in percent, suppressed cells are grey and empty. Needs ``careflow[office]``.

        Parameters
        ----------
        path : path
            Ends in ``.xlsx``; an existing file is replaced, whole or not at all.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ArgumentError
            If the path has another suffix, a frame has more rows than a sheet, or the library is not installed.
        """
        return write_excel(self, path, type(self)._internal)

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


def _methods(cls: type) -> set[str]:
    """Return the names of the public methods of a class of results."""
    return {
        name
        for base in cls.__mro__
        for name, value in vars(base).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
