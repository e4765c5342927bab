"""Claims lines to stays once more, a person at a time in plain Python, to compare with the engine's result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

LEVELS = ("inpatient", "residential", "php", "iop", "outpatient")
GAPS = dict(zip(LEVELS, (1, 1, 7, 14, 30), strict=True))
REASONS = {"01": "other", "07": "left early", "20": "died", "21": "incarcerated", "65": "transferred out"}


@dataclass(frozen=True)
class Line:
    """A line that is in scope, with its days as numbers."""

    number: int
    level: str
    facility: str
    start: int
    end: int
    claim: str = ""
    attending: bool = False
    header: tuple[int, int] | None = None
    status: str = ""
    left: int | None = None
    interim: bool = False
    admission: int | None = None
    units: int = 0
    days: int = 1


@dataclass
class Stay:
    """A stay as it grows."""

    level: str
    facility: str
    intervals: list[tuple[int, int, int, str, int | None]] = field(default_factory=list)
    admit: int = 0
    ended: str = ""

    @property
    def ending(self) -> tuple[int, int, str]:
        return max((end, recorded, status) for _, end, recorded, status, _ in self.intervals)

    @property
    def last(self) -> int:
        return self.ending[0]


def stays_of(lines: list[Line], cutoff: int) -> tuple[list[tuple[Any, ...]], Counter[str]]:
    """Return the stays of one person as ``level, admit, discharge, status, ended``, and the fates of the lines."""
    done: list[Stay] = []
    fates: Counter[str] = Counter()
    for level in LEVELS[:-1]:
        mine = [line for line in lines if line.level == level and not line.attending]
        fates["C00"] += len(mine)
        done += _level(level, mine, lines, done, cutoff)
    for line in (line for line in lines if line.attending):
        inside = any(_inside(line, stay, closed=True) for stay in done if stay.level in LEVELS[:3])
        fates["C15" if inside else "C14"] += 1
    single = [line for line in lines if line.level == "outpatient" and not line.attending]
    left = [line for line in single if not any(_inside(line, s, closed=s.level in ("php", "iop")) for s in done)]
    fates["C15"] += len(single) - len(left)
    fates["C00"] += len(left)
    done += _level("outpatient", left, lines, done, cutoff)
    found = [(s.level, s.admit, None if s.ended == "open" else s.last, s.ending[2], s.ended) for s in done]
    return sorted(found, key=str), +fates


def _inside(line: Line, stay: Stay, *, closed: bool) -> bool:
    before = stay.ended == "open" or line.end < stay.last or (closed and line.end == stay.last)
    return line.start >= stay.admit and before


def _interval(line: Line, lines: list[Line]) -> tuple[int, int, int, str, int | None]:
    same = [other for other in lines if other.claim == line.claim and not other.attending]
    if line.level in LEVELS[:2]:
        nights = [other for other in same if other.level in LEVELS[:2]]
        ends = (line.status in REASONS or (not line.status and line.left is not None)) and not line.interim
        if line.header and len({other.level for other in nights}) == 1:
            start, end = line.header
            if ends:
                return (
                    start,
                    line.left if line.left is not None and line.left >= start else end,
                    1,
                    line.status,
                    (line.admission),
                )
            return start, end + 1, 0, line.status, line.admission
        if ends and line.end == max(other.end for other in nights):
            left = line.left if line.left is not None and line.left >= line.start else line.end
            return line.start, left, 1, line.status, line.admission
        billed = line.end if line.units == line.end - line.start > 0 else line.end + 1
        return line.start, billed, 0, line.status, line.admission
    bundle = max(line.end, line.start + line.days - 1)
    if REASONS.get(line.status) != "died":
        return line.start, bundle, 0, line.status, line.admission
    days = [other for other in same if other.level not in LEVELS[:2]]
    last_line = max(other.end for other in days)
    death = max(line.header[1] if line.header else last_line, line.start)
    if line.end == last_line:
        return line.start, death, 1, line.status, line.admission
    return line.start, min(bundle, death), 0, line.status, line.admission


def _level(level: str, mine: list[Line], lines: list[Line], above: list[Stay], cutoff: int) -> list[Stay]:
    nights = level in LEVELS[:2]
    made: list[Stay] = []
    for facility in sorted({line.facility for line in mine}) if level != "outpatient" else [""]:
        at = [line for line in mine if level == "outpatient" or line.facility == facility]
        never = 10**9
        order = sorted(
            {_interval(line, lines) for line in at},
            key=lambda i: (i[0], i[1], never if i[4] is None else i[4], -i[2], i[3]),
        )
        here: list[Stay] = []
        for interval in order:
            if here and _joins(interval, here[-1], level, above):
                here[-1].intervals.append(interval)
            else:
                here.append(Stay(level, facility, [interval]))
        for i, stay in enumerate(here):
            stay.admit = first = stay.intervals[0][0]
            dates = [day for *_, day in stay.intervals if day is not None]
            earlier = [other for other in above if other.facility == facility and other.admit <= first] + here[:i]
            before = min(dates, default=first)
            # An open stay above has no end.
            barred = any((other.ended == "open") or other.last > before for other in earlier)
            if nights and before < first and not barred:
                stay.admit = before
        made += here
    for stay in made:
        gap = GAPS[level]
        if stay.ending[1]:
            stay.ended = "open" if stay.last > cutoff else "status"
        elif any(0 <= other.admit - stay.last <= gap for other in above):
            stay.ended = "break"
        else:
            stay.ended = "open" if cutoff < stay.last + gap else "gap"
    return made


def _joins(interval: tuple[int, int, int, str, int | None], stay: Stay, level: str, above: list[Stay]) -> bool:
    start, end, _, _, admission = interval
    last, recorded, _ = stay.ending
    nights = level in LEVELS[:2]
    if start < last or (start == last and not nights) or (start, end) == stay.intervals[-1][:2]:
        return True
    if recorded:
        return False
    if nights and admission is not None and admission in {day for *_, day in stay.intervals}:
        return True
    whole = any(last <= s.admit < s.last <= start and s.ended != "open" for s in above)
    return start - last <= GAPS[level] and not whole


def moved(line: Line, days: int) -> Line:
    """Return a line some days later."""
    return replace(line, start=line.start + days, end=line.end + days)
