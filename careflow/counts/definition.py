"""The rules by which counts were made; only counts of equal rules can be added."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, Final

from careflow.continuum import Continuum
from careflow.counts.calendar import UNITS, Calendar
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
    """

    continuum: Continuum
    cutoff: date
    start: date | None
    within: int
    windows: tuple[int, ...]
    overlaps: str
    by: tuple[str, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)

    @property
    def unit(self) -> str | None:
        """The calendar period among the strata, if there is one."""
        return next((name for name in self.by if name in UNITS), None)

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
        }
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
        }
        return cls(**plain)
