"""From the codes of one taxonomy to the levels of another, with what is lost on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

from careflow.continuum.checks import check_known
from careflow.continuum.text import check_name, check_names, check_one_of, check_text, either, shown
from careflow.errors import ArgumentError, DefinitionError

if TYPE_CHECKING:
    import pandas as pd

    from careflow.continuum.continuum import Continuum

LINE_BASES = ("source", "deduced", "unverified")
"""Whether a line of a crosswalk was read in a source, was deduced from one, or still has to be confirmed."""

_DAY = re.compile(r"\d{4}(-\d{2}-\d{2})?")


@dataclass(frozen=True)
class Line:
    """What one code of a taxonomy means in another.

    Attributes
    ----------
    code : str
        The code as files have it.
    level : str
        The level of the other taxonomy; empty if it has none.
    label : str
        What the code stands for.
    flags : tuple of str
        What the level alone does not say: ``"wm"``, ``"otp"``.
    starts, ends : str
        First and last day in force, ``"2020-01-01"``, or year where only that is known; empty where open.
    lost : str
        What the level no longer tells.
    basis : {"source", "deduced", "unverified"}
        Read in a source, deduced from one, or still to be confirmed (such a line is never part of a mapping).
    switch : str
        Name of the choice that the line belongs to; empty if its level is not in dispute.
    choices : tuple of str
        The levels that ``switch`` can be set to, with the default (``level``) among them.
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
        here = f"crosswalk line {shown(self.code)}"
        for key in ("level", "label", "switch", "lost"):
            check_text(getattr(self, key), f"{here}: {key!r}")
        for key in ("flags", "choices"):
            object.__setattr__(self, key, check_names(getattr(self, key), f"{here}: {key!r}"))
        check_one_of(self.basis, LINE_BASES, f"{here}: 'basis'")
        for key in ("starts", "ends"):
            _check_day(getattr(self, key), f"{here}: {key!r}")
        if self.starts and self.ends and self.first > self.last:
            raise DefinitionError(f"{here} ends ({self.ends}) before it starts ({self.starts}); swap them.")
        if bool(self.switch) != bool(self.choices):
            raise DefinitionError(f"{here}: 'switch' and 'choices' need each other; give both or neither.")
        if self.choices and self.level not in self.choices:
            raise DefinitionError(f"{here}: its level must be one of its 'choices'; add {shown(self.level)} to them.")

    @property
    def first(self) -> date:
        """The first day in force."""
        return _day(self.starts, "01-01") if self.starts else date.min

    @property
    def last(self) -> date:
        """The last day in force."""
        return _day(self.ends, "12-31") if self.ends else date.max

    def to_dict(self) -> dict[str, Any]:
        """Return the line as plain values, empty fields left out."""
        out: dict[str, Any] = {"code": self.code, "level": self.level, "label": self.label, "flags": list(self.flags)}
        out |= {"starts": self.starts, "ends": self.ends, "lost": self.lost, "basis": self.basis}
        out |= {"switch": self.switch, "choices": list(self.choices)}
        return {key: value for key, value in out.items() if value}


@dataclass(frozen=True, repr=False)
class Crosswalk:
    """The codes of one taxonomy as levels of another; made by :meth:`Continuum.crosswalk`.

    Attributes
    ----------
    origin, to : Continuum
        The taxonomy of the codes, and that of the levels.
    lines : tuple of Line
        One a code (or one a code and span of days).
    chosen : mapping
        The switches that were set, and the level each was set to.

    Examples
    --------
    >>> from careflow.continuum import Continuum
    >>> walk = Continuum.asam(edition=3).crosswalk("standard", choose={"3.7": "residential"})
    >>> walk.mapping["3.7"], walk.mapping["2.1"], walk.flags["3.7-WM"]
    ('residential', 'iop', ('wm',))
    >>> list(walk.frame.columns)
    ['code', 'label', 'level', 'flags', 'starts', 'ends', 'lost', 'basis', 'edition']
    """

    origin: Continuum
    to: Continuum
    lines: tuple[Line, ...]
    chosen: Mapping[str, str] = field(default_factory=dict, compare=False)  # the lines tell them apart

    @property
    def mapping(self) -> dict[str, str]:
        """Level of each code that has one: what ``levels=`` of :func:`careflow.read_episodes` takes.

        Raises
        ------
        ArgumentError
            If a code means one level on some days and another on others; ``on=`` of the crosswalk settles it.
        """
        out: dict[str, str] = {}
        for line in self.lines:
            if not line.level or line.basis == "unverified":
                continue
            if out.setdefault(line.code, line.level) != line.level:
                raise ArgumentError(
                    f"code {shown(line.code)} changes its level over time; choose a day with "
                    f"crosswalk({shown(self.to.name)}, on='YYYY-MM-DD'), and read the records of each span apart."
                )
        return out

    @property
    def flags(self) -> dict[str, tuple[str, ...]]:
        """The flags of each code that has any."""
        return {line.code: line.flags for line in self.lines if line.flags}

    @property
    def frame(self) -> pd.DataFrame:
        """One row a line: code, label, level, flags, starts, ends, lost, basis, edition; a fresh copy.

        ``level`` is missing where the other taxonomy has no such level; ``starts`` and ``ends`` are ISO dates or
        years as text, missing where open.
        """
        import pandas as pd

        columns: dict[str, list[str | None]] = {
            key: [str(getattr(line, key)) or None for line in self.lines]
            for key in ("code", "label", "level", "starts", "ends", "lost", "basis")
        }
        columns["flags"] = [", ".join(line.flags) or None for line in self.lines]
        columns["edition"] = [self.origin.edition or None] * len(self.lines)
        frame = pd.DataFrame(columns, dtype=object)
        frame["level"] = pd.Categorical(frame["level"], categories=list(self.to.names), ordered=True)
        return frame[["code", "label", "level", "flags", "starts", "ends", "lost", "basis", "edition"]]

    def __repr__(self) -> str:
        placed = {line.code for line in self.lines if line.level and line.basis != "unverified"}
        codes = dict.fromkeys(line.code for line in self.lines)
        left = [code for code in codes if code not in placed]
        parts = [f"{len(codes)} codes"]
        if left:
            parts.append(f"{len(left)} without a level ({', '.join(left[:5])}{', …' if len(left) > 5 else ''})")
        parts += [f"{switch} read as {level}" for switch, level in self.chosen.items()]
        return f"<Crosswalk: {self.origin.name} to {self.to.name}; {'; '.join(parts)}>"

    def _repr_html_(self) -> str:
        table = self.frame.astype(object).head(40).to_html(index=False, na_rep="", border=0)
        return f"{table}<p>{escape(repr(self)[1:-1])}</p>"


def check_crosswalks(walks: Iterable[tuple[str, Iterable[Line]]]) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """Return the crosswalks, each to another continuum; DefinitionError if one of them contradicts itself."""
    out: dict[str, tuple[Line, ...]] = {}
    for to, lines in walks:
        check_name(to, "the name of a crosswalk")
        if to in out:
            raise DefinitionError(f"there are two crosswalks to {shown(to)}; put their lines in one.")
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
                "take one away, or part them by 'starts' and 'ends'."
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


def cross(origin: Continuum, to: Continuum, chosen: Mapping[str, str], on: date | str | None) -> Crosswalk:
    """Return the crosswalk from ``origin`` to ``to``: the body of :meth:`Continuum.crosswalk`."""
    walks = dict(origin.crosswalks)
    if to.name not in walks:
        known = f"it has one to {either(walks)}" if walks else "it has none"
        raise ArgumentError(f"the continuum {shown(origin.name)} has no crosswalk to {shown(to.name)}; {known}.")
    where = f"the crosswalk from {shown(origin.name)} to {shown(to.name)}"
    for line in walks[to.name]:
        for level in {line.level, *line.choices} - {""}:
            check_known(level, to.names, f"{where}, line {shown(line.code)},")
    lines, final = _chosen(walks[to.name], chosen, where)
    if on is not None:
        try:
            day = on if isinstance(on, date) else date.fromisoformat(on)
        except (TypeError, ValueError):
            raise ArgumentError("on= must be a day such as '2020-01-31'.") from None
        lines = tuple(line for line in lines if line.first <= day <= line.last)
        if not lines:
            raise ArgumentError(f"no line of {where} is in force on {day}; see .frame for the days they start and end.")
    return Crosswalk(origin, to, lines, final)


def _chosen(lines: tuple[Line, ...], chosen: Mapping[str, str], where: str) -> tuple[tuple[Line, ...], dict[str, str]]:
    """Return the lines with their switches set, and every switch with its level."""
    switches = {line.switch: line for line in lines if line.switch}
    for switch, level in chosen.items():
        if switch not in switches:
            known = f"it has {either(switches)}" if switches else "it has none"
            raise ArgumentError(f"{where} has no switch {shown(switch)}; {known}.")
        if level not in switches[switch].choices:
            choices = either(switches[switch].choices)
            raise ArgumentError(f"{where}: {shown(switch)} cannot be {shown(level)}; choose {choices}.")
    final = {switch: line.level for switch, line in switches.items()} | dict(chosen)
    return tuple(replace(line, level=final[line.switch]) if line.switch else line for line in lines), final
