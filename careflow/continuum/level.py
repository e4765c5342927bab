"""A level of care and an edge between two of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from careflow.arguments import constructed
from careflow.arguments.messages import either, shown
from careflow.continuum.outcomes import OUTCOMES
from careflow.continuum.text import check_name, check_names, check_one_of, check_text, normalized
from careflow.errors import DefinitionError

LIVE_IN = ("always", "sometimes", "no", "unknown")
"""The values of ``live_in``: whether people live at the place of treatment."""

BASES = ("named", "added")
"""The bases of an edge: named by the source of the definition, or added with a reason."""


@constructed
@dataclass(frozen=True)
class Hours:
    """Hours of service in a week.

    Attributes
    ----------
    least, most : float or None
        Hours a week; None if unknown or without a limit.
    note : str
        What the numbers do not include, and their source.

    Examples
    --------
    >>> str(Hours(9, 19)), str(Hours(20)), str(Hours())
    ('9 to 19 hours a week', '20 or more hours a week', '')
    """

    least: float | None = None
    most: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for name, value in (("least", self.least), ("most", self.most)):
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise DefinitionError(f"hours: {name!r} must be a number of hours a week.")
            if not 0 <= value <= 168:
                raise DefinitionError(f"hours: {name!r} is {value:g}; a week has 0 to 168 hours.")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise DefinitionError(f"hours: 'least' ({self.least:g}) is more than 'most' ({self.most:g}); swap them.")
        check_text(self.note, "hours: 'note'")

    def __str__(self) -> str:
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g} hours a week"
        if self.least is not None:
            return f"{self.least:g} or more hours a week"
        return "" if self.most is None else f"up to {self.most:g} hours a week"


@constructed
@dataclass(frozen=True)
class Level:
    """One level of care of a continuum.

    Attributes
    ----------
    name : str
        The key in records and frames: ``"php"``.
    short : str
        The text on charts: ``"PHP"``. The name if not given.
    label : str
        The long name: ``"Partial hospitalization (PHP)"``. The short name if not given.
    rank : int
        Position in the order of intensity, 1 for the most intensive; set by the continuum. In a partial order it is 1
        plus the length of the longest chain of levels above this one, so levels of one rank are not comparable.
    setting : str
        The place of care.
    live_in : {"always", "sometimes", "no", "unknown"}
        Whether people live at the place of treatment.
    hours : Hours
        Hours of service in a week, if known.
    services, professionals : tuple of str
        The services offered, and the professions that offer them.
    where_needed : tuple of str
        The services that only some people receive.
    flags : tuple of str
        Properties besides intensity: ``"wm"`` withdrawal management, ``"otp"`` opioid treatment program.
    aliases : tuple of str
        Other codes of the level in files.
    note : str
        A note for analysts.

    Raises
    ------
    DefinitionError
        If the value of a field is not valid.

    Examples
    --------
    >>> Level("ic", label="Intensive care").short
    'ic'
    >>> Level("died")
    Traceback (most recent call last):
    careflow.errors.DefinitionError: level 'died': the name is careflow's word for an outcome; choose another, \
such as 'died level'.
    """

    name: str
    short: str = ""
    label: str = ""
    rank: int = 0
    setting: str = ""
    live_in: str = "unknown"
    hours: Hours = field(default_factory=Hours)
    services: tuple[str, ...] = ()
    where_needed: tuple[str, ...] = ()
    professionals: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        where = f"the level name {shown(self.name)}" if isinstance(self.name, str) else "a level's name"
        object.__setattr__(self, "name", check_name(self.name, where))
        subject = f"level {shown(self.name)}"
        object.__setattr__(self, "short", check_name(self.short or self.name, f"{subject}: 'short'"))
        for field_name, text in (("the name", self.name), ("'short'", self.short)):
            if normalized(text) in {normalized(outcome) for outcome in OUTCOMES}:
                other = shown(f"{text} level")
                raise DefinitionError(
                    f"{subject}: {field_name} is careflow's word for an outcome; choose another, such as {other}."
                )
        object.__setattr__(self, "label", check_name(self.label or self.short, f"{subject}: 'label'"))
        check_one_of(self.live_in, LIVE_IN, f"{subject}: 'live_in'")
        for key in ("setting", "note"):
            check_text(getattr(self, key), f"{subject}: {key!r}")
        for key in ("services", "where_needed", "professionals", "flags", "aliases"):
            object.__setattr__(self, key, check_names(getattr(self, key), f"{subject}: {key!r}"))
        if not isinstance(self.hours, Hours):
            raise DefinitionError(f"{subject}: 'hours' must be of type Hours, not {type(self.hours).__name__}.")
        unknown = [service for service in self.where_needed if service not in self.services]
        if unknown:
            raise DefinitionError(
                f"{subject}: 'where_needed' has {shown(unknown[0])}, which is not one of its services; "
                f"{'it has ' + either(self.services) if self.services else 'add it to services'}."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the level as values of JSON and TOML, without empty fields and the rank."""
        out: dict[str, Any] = {"name": self.name, "short": self.short, "label": self.label}
        hours = {key: getattr(self.hours, key) for key in ("least", "most", "note")}
        values: dict[str, Any] = {
            "setting": self.setting,
            "live_in": self.live_in,
            "hours": {key: value for key, value in hours.items() if value not in (None, "")},
        }
        for key in ("services", "where_needed", "professionals", "flags", "aliases"):
            values[key] = list(getattr(self, key))
        values["note"] = self.note
        return out | {key: value for key, value in values.items() if value}


@constructed
@dataclass(frozen=True)
class Edge:
    """A move that belongs to the continuum.

    Attributes
    ----------
    frm, to : str
        Names of levels.
    basis : {"named", "added"}
        Whether the source of the continuum names the move, or whether it was added.
    reason : str
        The reason for an added edge; the text of the source for a named one.
    """

    frm: str
    to: str
    basis: str = "named"
    reason: str = ""

    def __post_init__(self) -> None:
        check_name(self.frm, "an edge's 'from'")
        check_name(self.to, "an edge's 'to'")
        subject = f"the edge from {shown(self.frm)} to {shown(self.to)}"
        if self.frm == self.to:
            raise DefinitionError(f"{subject} goes nowhere; remove it (a move within a level is always lateral).")
        check_one_of(self.basis, BASES, f"{subject}: 'basis'")
        check_text(self.reason, f"{subject}: 'reason'")
        if self.basis == "added" and not self.reason.strip():
            raise DefinitionError(f"{subject} is added, but has no reason; give one in 'reason'.")

    def to_dict(self) -> dict[str, str]:
        """Return the edge as values of JSON and TOML."""
        out = {"from": self.frm, "to": self.to, "basis": self.basis}
        return out | ({"reason": self.reason} if self.reason else {})
