"""The lines of crosswalks, from a code of one taxonomy to a level of another, and their checks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from careflow.arguments import constructed
from careflow.arguments.messages import shown
from careflow.continuum.text import check_name, check_names, check_one_of, check_text
from careflow.errors import DefinitionError

LINE_BASES = ("source", "deduced", "unverified")
"""The bases of a line: read in a source, deduced from one, or not yet confirmed."""

_DAY = re.compile(r"\d{4}(-\d{2}-\d{2})?")


@constructed
@dataclass(frozen=True)
class Line:
    """The level of another taxonomy for one code.

    Attributes
    ----------
    code : str
        The code in files.
    level : str
        The level of the other taxonomy; empty if it has none.
    label : str
        The meaning of the code.
    flags : tuple of str
        Properties of the code that the level does not show: ``"wm"``, ``"otp"``.
    starts, ends : str
        First and last day in force, ``"2020-01-01"``, or only the year; empty without a limit.
    lost : str
        The information that the level does not keep.
    basis : {"source", "deduced", "unverified"}
        Read in a source, deduced from one, or not yet confirmed; an unverified line is never part of a mapping.
    switch : str
        The name of the switch of the line; empty if its level is not disputed.
    choices : tuple of str
        The levels to which ``switch`` can be set, with the default (``level``).
    """

    code: str
    level: str = ""
    label: str = ""
    flags: tuple[str, ...] = ()
    starts: str = ""
    ends: str = ""
    lost: str = ""
    basis: str = "deduced"
    switch: str = ""
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.code, "a crosswalk's code")
        subject = f"crosswalk line {shown(self.code)}"
        for key in ("level", "label", "switch", "lost"):
            check_text(getattr(self, key), f"{subject}: {key!r}")
        for key in ("flags", "choices"):
            object.__setattr__(self, key, check_names(getattr(self, key), f"{subject}: {key!r}"))
        check_one_of(self.basis, LINE_BASES, f"{subject}: 'basis'")
        for key in ("starts", "ends"):
            _check_day(getattr(self, key), f"{subject}: {key!r}")
        if self.starts and self.ends and self.first > self.last:
            raise DefinitionError(f"{subject} ends ({self.ends}) before it starts ({self.starts}); swap them.")
        if bool(self.switch) != bool(self.choices):
            raise DefinitionError(f"{subject}: 'switch' and 'choices' need each other; give both or neither.")
        if self.choices and self.level not in self.choices:
            raise DefinitionError(
                f"{subject}: its level must be one of its 'choices'; add {shown(self.level)} to them."
            )

    @property
    def first(self) -> date:
        """The first day in force."""
        return _day(self.starts, "01-01") if self.starts else date.min

    @property
    def last(self) -> date:
        """The last day in force."""
        return _day(self.ends, "12-31") if self.ends else date.max

    def to_dict(self) -> dict[str, Any]:
        """Return the line as values of JSON and TOML, without empty fields."""
        out: dict[str, Any] = {"code": self.code, "level": self.level, "label": self.label, "flags": list(self.flags)}
        out |= {"starts": self.starts, "ends": self.ends, "lost": self.lost, "basis": self.basis}
        out |= {"switch": self.switch, "choices": list(self.choices)}
        return {key: value for key, value in out.items() if value}


def check_crosswalks(walks: Iterable[tuple[str, Iterable[Line]]]) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """Return the crosswalks, each to another continuum; DefinitionError if one of them contradicts itself."""
    out: dict[str, tuple[Line, ...]] = {}
    for to, lines in walks:
        check_name(to, "the name of a crosswalk")
        if to in out:
            raise DefinitionError(f"there are two crosswalks to {shown(to)}; merge their lines.")
        out[to] = tuple(lines)
        _check_lines(out[to], f"the crosswalk to {shown(to)}")
    return tuple(out.items())


def _check_lines(lines: tuple[Line, ...], where: str) -> None:
    """Raise DefinitionError if a code has two lines in force on one day, or a switch two sets of choices."""
    spans: dict[str, list[Line]] = {}
    choices: dict[str, Line] = {}
    for line in lines:
        earlier = spans.setdefault(line.code, [])
        if any(line.first <= other.last and other.first <= line.last for other in earlier):
            raise DefinitionError(
                f"{where} has two lines in force at once for code {shown(line.code)}; "
                "remove one, or separate them by 'starts' and 'ends'."
            )
        earlier.append(line)
        first = choices.setdefault(line.switch, line)
        if line.switch and (first.choices, first.level) != (line.choices, line.level):
            raise DefinitionError(
                f"{where}: the lines of switch {shown(line.switch)} differ in 'choices' or level; give them the same."
            )


def _check_day(value: object, where: str) -> None:
    if value == "":
        return
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            _day(value, "01-01")
        except ValueError:
            pass
        else:
            return
    raise DefinitionError(f"{where} must be a day such as 2020-01-31, or a year such as 2020.")


def _day(value: str, rest: str) -> date:
    return date.fromisoformat(value if len(value) > 4 else f"{value}-{rest}")
