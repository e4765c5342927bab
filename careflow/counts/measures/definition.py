"""The definition of a measure: a class that is the TOML of its file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any, Final

from careflow.arguments.messages import hint
from careflow.counts.measures.checks import ANY, FOLLOW_UP, checked_values
from careflow.errors import MeasureError

SHIPPED: Final = (
    "average-residential-stay",
    "continuity-inpatient-residential",
    "continuity-withdrawal",
    "data-book-progression",
    "fui-like",
    "persons-by-level",
    "va-residential-follow-up",
    "washington-circle",
)
"""The measures in the package."""

_MOST_BYTES: Final = 100_000


@dataclass(frozen=True)
class Denominator:
    """Which discharges a measure is of.

    Attributes
    ----------
    levels : tuple of str or "any"
        The levels left.
    flags : tuple of str
        Stays with one of these flags count as well, whatever their level.
    reasons : tuple of str or "any"
        Reasons of discharge.
    index : {"every discharge", "last of chain"}
        Whether each discharge counts, or the last of stays that follow each other.
    chain_days : int or None
        Days within which the next stay continues a chain.
    unit : {"discharge", "person"}
        What is counted.
    exclude : tuple of str
        Of ``died``, ``concurrent``, ``same-day transfer``.
    """

    levels: tuple[str, ...] | str = ()
    flags: tuple[str, ...] = ()
    reasons: tuple[str, ...] | str = ANY
    index: str = "every discharge"
    chain_days: int | None = None
    unit: str = "discharge"
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arm:
    """One way to reach the numerator of a measure.

    Attributes
    ----------
    levels : tuple of str or str
        Levels admitted to: names, ``"any"``, ``"less intensive"`` (than the level left) or ``"as intensive"``.
    after : tuple of str
        Only after discharges from these levels; empty: after each.
    first : int
        The first day after the discharge (``from``).
    ongoing : bool
        Whether care that already goes on counts.
    """

    levels: tuple[str, ...] | str
    after: tuple[str, ...] = ()
    first: int = 0
    ongoing: bool = False


@dataclass(frozen=True)
class Measure:
    """A rule of counting as data, such as follow-up within 7 days; the dict of :meth:`to_dict` is its TOML file.

    Attributes
    ----------
    name, title, kind : str
        ``kind`` is ``"follow-up"``, ``"persons served"`` or ``"mean stay"``.
    modelled_on, source : str
        What the rule is modelled on, and where that is described.
    source_date : datetime.date or None
        When the source was read.
    differs : tuple of str
        In what the rule differs from its source.
    windows : tuple of int
        The last days of follow-up, rising, each included.
    first : int
        The first day (``from``); 0 counts the day of discharge.
    until : str
        ``"12-15"``: no discharge of a year after that day; empty: each.
    denominator : Denominator
        Which discharges it is of.
    numerator : tuple of Arm
        Any of these is enough.
    groups : tuple of (str, Denominator)
        The groups of levels of ``"persons served"``.

    Raises
    ------
    MeasureError
        If a field is unknown, or its value is not valid; the message names the field, the value and what is valid.

    Examples
    --------
    >>> Measure.load("continuity-inpatient-residential")
    <Measure continuity-inpatient-residential#47fd921b: Continuity after inpatient or residential care>
    """

    name: str
    title: str = ""
    kind: str = FOLLOW_UP
    modelled_on: str = ""
    source: str = ""
    source_date: date | None = None
    differs: tuple[str, ...] = ()
    windows: tuple[int, ...] = ()
    first: int = 0
    until: str = ""
    denominator: Denominator = field(default_factory=Denominator)
    numerator: tuple[Arm, ...] = ()
    groups: tuple[tuple[str, Denominator], ...] = ()

    def __post_init__(self) -> None:
        checked_values(self.to_dict())

    def __repr__(self) -> str:
        return f"<Measure {self.name}#{self.digest}{f': {self.title}' if self.title else ''}>"

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits of the definition: another one has others."""
        text = json.dumps(self.to_dict(), sort_keys=True, default=str)
        return sha256(text.encode()).hexdigest()[:8]

    @property
    def clock(self) -> str:
        """The name of its table in counts: ``measure:<name>#<digest>``."""
        return f"measure:{self.name}#{self.digest}"

    @classmethod
    def shipped(cls) -> tuple[str, ...]:
        """Return the names of the measures in the package."""
        return SHIPPED

    @classmethod
    def load(cls, name: str | Path) -> Measure:
        """Return a measure of the package by its name, or of a TOML file by its path.

        Parameters
        ----------
        name : str or path
            One of :meth:`shipped`, or a path.

        Raises
        ------
        MeasureError
            If there is no such measure or file, or its definition is not valid.
        """
        if isinstance(name, str) and name in SHIPPED:
            data = resources.files("careflow.counts.measures").joinpath("data", f"{name}.toml").read_bytes()
            return cls.from_dict(_parsed(data, f"{name}.toml"))
        path = Path(name)
        if path.suffix != ".toml":
            raise MeasureError(
                f"no measure {str(name)!r}{hint(str(name), SHIPPED)}; there are {', '.join(SHIPPED)}, and TOML "
                "files by their path"
            )
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MeasureError(f"{path.name} cannot be read: {error.strerror}.") from error
        if len(data) > _MOST_BYTES:
            raise MeasureError(f"{path.name} has {len(data):,} bytes; a measure takes at most {_MOST_BYTES:,}.")
        return cls.from_dict(_parsed(data, path.name))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Measure:
        """Return the measure of a dict, as a TOML file holds it.

        Parameters
        ----------
        values : mapping
            The fields.

        Raises
        ------
        MeasureError
            If a field is unknown, or its value is not valid.
        """
        plain = checked_values(values)
        first = int(plain.get("from", 0))
        arms = tuple(
            Arm(
                _names(arm["levels"]),
                tuple(arm.get("after", ())),
                int(arm.get("from", first)),
                bool(arm.get("ongoing", False)),
            )
            for arm in plain.get("numerator", ())
        )
        when = plain.get("source_date")
        return cls(
            name=plain["name"],
            title=plain.get("title", ""),
            kind=plain["kind"],
            modelled_on=plain.get("modelled_on", ""),
            source=plain.get("source", ""),
            source_date=date.fromisoformat(when) if isinstance(when, str) else when,
            differs=tuple(plain.get("differs", ())),
            windows=tuple(plain.get("windows", ())),
            first=first,
            until=plain.get("until", ""),
            denominator=_denominator(plain.get("denominator", {})),
            numerator=arms,
            groups=tuple((name, _denominator(group)) for name, group in plain.get("groups", {}).items()),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the measure as values of TOML, without fields that are as if not given."""
        out: dict[str, Any] = {"name": self.name, "kind": self.kind}
        for key in ("title", "modelled_on", "source", "source_date", "until"):
            if getattr(self, key):
                out[key] = getattr(self, key)
        for key in ("differs", "windows"):
            if getattr(self, key):
                out[key] = list(getattr(self, key))
        if self.first:
            out["from"] = self.first
        if denominator := _denominator_values(self.denominator):
            out["denominator"] = denominator
        if self.numerator:
            out["numerator"] = [self._arm_values(arm) for arm in self.numerator]
        if self.groups:
            out["groups"] = {name: _denominator_values(group) for name, group in self.groups}
        return out

    def _arm_values(self, arm: Arm) -> dict[str, Any]:
        values: dict[str, Any] = {"levels": arm.levels if isinstance(arm.levels, str) else list(arm.levels)}
        if arm.after:
            values["after"] = list(arm.after)
        if arm.first != self.first:
            values["from"] = arm.first
        if arm.ongoing:
            values["ongoing"] = True
        return values


def _denominator(values: Mapping[str, Any]) -> Denominator:
    return Denominator(
        levels=_names(values.get("levels", ())),
        flags=tuple(values.get("flags", ())),
        reasons=_names(values.get("reasons", ANY)),
        index=values.get("index", "every discharge"),
        chain_days=values.get("chain_days"),
        unit=values.get("unit", "discharge"),
        exclude=tuple(values.get("exclude", ())),
    )


def _denominator_values(denominator: Denominator) -> dict[str, Any]:
    usual = Denominator()
    values = {}
    for key in ("levels", "flags", "reasons", "index", "chain_days", "unit", "exclude"):
        value = getattr(denominator, key)
        if value != getattr(usual, key):
            values[key] = list(value) if isinstance(value, tuple) else value
    return values


def _names(value: Any) -> tuple[str, ...] | str:
    return value if isinstance(value, str) else tuple(value)


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))  # Windows editors put a byte-order mark first
    except UnicodeDecodeError as error:
        raise MeasureError(f"{name} is not text in UTF-8 (byte {error.start:,}); save it as UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MeasureError(f"{name} is not TOML: {error}; correct that line.") from None
