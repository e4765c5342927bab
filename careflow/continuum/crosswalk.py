"""Crosswalks from the codes of one taxonomy to the levels of another, with the information that is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape
from typing import TYPE_CHECKING

from careflow.arguments import constructed
from careflow.arguments.messages import either, shown
from careflow.continuum.checks import check_known
from careflow.continuum.crosswalk_lines import Line
from careflow.continuum.taxonomy import Taxonomy
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd


@constructed
@dataclass(frozen=True, repr=False)
class Crosswalk:
    """The codes of one taxonomy as levels of another; made by :meth:`Continuum.crosswalk`.

    Attributes
    ----------
    origin, to : Continuum
        The taxonomy of the codes, and that of the levels.
    lines : tuple of Line
        One for each code, or for each code and span of days.
    chosen : mapping
        The level of each switch.

    Examples
    --------
    >>> from careflow.continuum import Continuum
    >>> walk = Continuum.asam(edition=3).crosswalk("standard", choose={"3.7": "residential"})
    >>> walk.mapping["3.7"], walk.mapping["2.1"], walk.flags["3.7-WM"]
    ('residential', 'iop', ('wm',))
    >>> list(walk.frame.columns)
    ['code', 'label', 'level', 'flags', 'starts', 'ends', 'lost', 'basis', 'edition']
    """

    origin: Taxonomy
    to: Taxonomy
    lines: tuple[Line, ...]
    chosen: Mapping[str, str] = field(default_factory=dict, compare=False)  # the lines tell them apart

    @property
    def mapping(self) -> dict[str, str]:
        """The level of each code that has one, a value for ``levels=`` of :func:`careflow.read_episodes`.

        Raises
        ------
        ArgumentError
            If the level of a code changes over time; ``on=`` of the crosswalk chooses a day.
        """
        out: dict[str, str] = {}
        for line in self.lines:
            if not line.level or line.basis == "unverified":
                continue
            if out.setdefault(line.code, line.level) != line.level:
                raise ArgumentError(
                    f"code {shown(line.code)} changes its level over time; choose a day with "
                    f"crosswalk({shown(self.to.name)}, on='YYYY-MM-DD'), or give the crosswalk itself as levels= of "
                    "read_episodes(), which reads each row by its day of admission."
                )
        return out

    @property
    def dated(self) -> bool:
        """Whether any line is in force for a part of time only."""
        return any(line.starts or line.ends for line in self.lines)

    def level_on(self, code: str, day: date) -> str | None:
        """Return the level of a code on a day, or None if no line of it is in force.

        Examples
        --------
        >>> from careflow.continuum import Continuum
        >>> Continuum.teds().crosswalk().level_on("6", date(2024, 1, 1))
        'iop'
        """
        for line in self.lines:
            if line.code == code and line.level and line.basis != "unverified" and line.first <= day <= line.last:
                return line.level
        return None

    @property
    def flags(self) -> dict[str, tuple[str, ...]]:
        """The flags of each code that has any."""
        return {line.code: line.flags for line in self.lines if line.flags}

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each line: code, label, level, flags, starts, ends, lost, basis, edition; a new copy.

        ``level`` is missing if the other taxonomy has no such level. ``starts`` and ``ends`` are ISO dates or years as
        text, missing without a limit.
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


def cross(origin: Taxonomy, to: Taxonomy, chosen: Mapping[str, str], on: date | None) -> Crosswalk:
    """Return the crosswalk from ``origin`` to ``to``: the body of :meth:`Continuum.crosswalk`."""
    walks = dict(origin.crosswalks)
    if to.name not in walks:
        existing = f"it has one to {either(walks)}" if walks else "it has none"
        raise ArgumentError(f"the continuum {shown(origin.name)} has no crosswalk to {shown(to.name)}; {existing}.")
    where = f"the crosswalk from {shown(origin.name)} to {shown(to.name)}"
    for line in walks[to.name]:
        for level in {line.level, *line.choices} - {""}:
            check_known(level, to.names, f"{where}, line {shown(line.code)},")
    lines, final = _chosen(walks[to.name], chosen, where)
    if on is not None:
        lines = tuple(line for line in lines if line.first <= on <= line.last)
        if not lines:
            raise ArgumentError(f"no line of {where} is in force on {on}; see .frame for the days they start and end.")
    return Crosswalk(origin, to, lines, final)


def _chosen(lines: tuple[Line, ...], chosen: Mapping[str, str], where: str) -> tuple[tuple[Line, ...], dict[str, str]]:
    """Return the lines with their switches set, and every switch with its level."""
    switches = {line.switch: line for line in lines if line.switch}
    for switch, level in chosen.items():
        if switch not in switches:
            existing = f"it has {either(switches)}" if switches else "it has none"
            raise ArgumentError(f"{where} has no switch {shown(switch)}; {existing}.")
        if level not in switches[switch].choices:
            choices = either(switches[switch].choices)
            raise ArgumentError(f"{where}: {shown(switch)} cannot be {shown(level)}; choose {choices}.")
    final = {switch: line.level for switch, line in switches.items()} | dict(chosen)
    return tuple(replace(line, level=final[line.switch]) if line.switch else line for line in lines), final
