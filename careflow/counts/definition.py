"""The rules by which counts were made; only counts of equal rules can be added."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, Final

from careflow.continuum import Continuum
from careflow.counts.calendar import Calendar, unit_of
from careflow.counts.measures.definition import Measure
from careflow.counts.period_labels import period_number
from careflow.errors import CountsError

GROUPS: Final = 100
"""Jackknife groups of persons."""

FORMAT: Final = 2
"""Version of the counts file."""

RENAMED: Final = {1: {"grp": "jackknife_group", "what": "event"}}
"""The new names of columns in files of each earlier version that can be read."""


@dataclass(frozen=True)
class Definition:
    """The rules by which a table of counts was made.

    Attributes
    ----------
    continuum : Continuum
        The levels of care.
    cutoff, start : datetime.date
        The last day on which the data are complete; the first, if it is known.
    within : int
        The link window in days.
    windows : tuple of int
        The windows, up to ``within``, for which discharges are counted.
    overlaps : str
        The policy for stays that overlap.
    by : tuple of str
        The strata; at most one of them is ``"quarter"``, ``"month"`` or ``"year"``.
    calendar : Calendar
        The months of a quarter.
    where : tuple of (str, tuple of str)
        The part of the records: the labels of a stratum that are counted, if not all.
    measures : tuple of Measure
        The measures that were counted.
    """

    continuum: Continuum
    cutoff: date
    start: date | None
    within: int
    windows: tuple[int, ...]
    overlaps: str
    by: tuple[str, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    measures: tuple[Measure, ...] = ()

    @property
    def shown_periods(self) -> tuple[int, ...] | None:
        """The periods of the part, if it is a part of them."""
        unit, labels = self.unit, dict(self.where).get(self.unit or "")
        if unit is None or labels is None:
            return None
        return tuple(sorted(period_number(label, unit, self.calendar) for label in labels))

    @property
    def unit(self) -> str | None:
        """The calendar period among the strata, if there is one."""
        return unit_of(self.by)

    def check_same(self, other: Definition) -> None:
        """Raise a :class:`CountsError` that names each rule in which two tables differ."""
        differing = [
            f"{rule.name} ({getattr(self, rule.name)} and {getattr(other, rule.name)})"
            for rule in fields(self)
            if getattr(self, rule.name) != getattr(other, rule.name)
        ]
        if differing:
            raise CountsError(
                "these counts were made by different rules and cannot be added: "
                + "; ".join(differing)
                + ". Count again with the same ones."
            )

    def to_json(self) -> str:
        """Return the rules as JSON, for the provenance of a counts file."""
        plain: dict[str, Any] = {rule.name: getattr(self, rule.name) for rule in fields(self)}
        plain |= {
            "format": FORMAT,
            "continuum": self.continuum.to_dict(),
            "cutoff": self.cutoff.isoformat(),
            "start": self.start and self.start.isoformat(),
            "calendar": asdict(self.calendar),
            "measures": [measure.to_dict() | {"source_date": str(measure.source_date)} for measure in self.measures],
        }
        # Counts of all records without measures are the same file as before there were parts and measures.
        for name in ("where", "measures"):
            if not plain[name]:
                del plain[name]
        return json.dumps(plain, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Definition:
        """Read what :meth:`to_json` wrote."""
        plain = json.loads(text)
        if plain.pop("format", None) not in (FORMAT, *RENAMED):
            read = ", ".join(map(str, (*RENAMED, FORMAT)))
            raise CountsError(f"this counts file is of another version of careflow; this one reads versions {read}")
        plain |= {
            "continuum": Continuum.from_dict(plain["continuum"]),
            "cutoff": date.fromisoformat(plain["cutoff"]),
            "start": plain["start"] and date.fromisoformat(plain["start"]),
            "calendar": Calendar(**plain["calendar"]),
            "windows": tuple(plain["windows"]),
            "by": tuple(plain["by"]),
            "where": tuple((name, tuple(labels)) for name, labels in plain.get("where", ())),
            "measures": tuple(map(_measure, plain.get("measures", ()))),
        }
        return cls(**plain)


def _measure(values: dict[str, Any]) -> Measure:
    when = values.pop("source_date")
    return Measure.from_dict(values if when == "None" else values | {"source_date": date.fromisoformat(when)})
