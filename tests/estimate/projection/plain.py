"""The expected census once more, in plain Python: people are followed day by day, as shares of persons.

Written from the definitions alone; no code of careflow is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

Row = tuple[str, str, int, int]
Linked = tuple[Any, ...]
Chances = Callable[[int], dict[str, float]]


def plain_projection(
    rows: Sequence[Row], cutoff: int, *, within: int, horizon: int, least: int, recent: int
) -> dict[str, list[float]]:
    """Return the expected stays in care of each level on each day; stays of a person follow one another."""
    stays = _linked(rows, cutoff, within)
    levels = sorted({level for _, level, *_ in rows})
    hazard = {level: _hazards(stays, level, cutoff - within, within, least, recent) for level in levels}
    later = {level: _moves_by_day(stays, level, cutoff, within) for level in levels}
    arriving = defaultdict(float)
    for _, level, admit, _, _, _, outside in stays:
        if outside and cutoff - 364 < admit <= cutoff:
            arriving[level, admit % 7] += 1 / 52

    in_care: dict[tuple[str, int], float] = defaultdict(float)
    due: dict[tuple[str, int], float] = defaultdict(float)
    for _, level, admit, discharge, _, _, _ in stays:
        if discharge is None:
            in_care[level, cutoff - admit] += 1
    for _, level, _, discharge, to, gap, _ in stays:
        since = None if discharge is None else cutoff - discharge
        if since is not None and since < within and (to is None or gap > since):
            increments, left = later[level]
            for target in levels:
                for ahead in range(1, within - since + 1):
                    due[target, ahead] += increments[target, since + ahead] / left[since]

    def leave(level: str, age: int, mass: float, day: int) -> float:
        """Book who leaves at this age; return who stays."""
        chances = hazard[level](age)
        for target, chance in chances.items():
            if target != "out":
                increments, _ = later[level]
                total = sum(increments[target, gap] for gap in range(within + 1))
                for gap in range(within + 1):
                    due[target, day + gap] += mass * chance * increments[target, gap] / total
        return mass * (1 - sum(chances.values()))

    numbers: dict[str, list[float]] = {level: [] for level in levels}
    for day in range(1, horizon + 1):
        aged = {(level, age + 1): leave(level, age + 1, mass, day) for (level, age), mass in in_care.items() if mass}
        in_care = defaultdict(float, aged)
        for level in levels:
            due[level, day] += arriving[level, (cutoff + day) % 7]
        while any(due[level, day] > 1e-15 for level in levels):
            for level in levels:
                mass = due.pop((level, day), 0.0)
                in_care[level, 0] += leave(level, 0, mass, day)
        for level in levels:
            numbers[level].append(sum(mass for (at, _), mass in in_care.items() if at == level))
    return numbers


def _linked(rows: Sequence[Row], cutoff: int, within: int) -> list[Linked]:
    """Return person, level, admission, discharge (None: open), next level, gap (of any length), from outside."""
    by_person = defaultdict(list)
    for row in rows:
        if row[2] <= cutoff:
            by_person[row[0]].append(row)
    found = []
    for mine in by_person.values():
        before = None
        for place, (person, level, admit, discharge) in enumerate(mine):
            end = discharge if discharge <= cutoff else None
            after = mine[place + 1] if place + 1 < len(mine) and end is not None else None
            to, gap = (after[1], after[2] - end) if after else (None, None)
            outside = before is None or admit - before > within
            found.append((person, level, admit, end, to, gap, outside))
            before = end
    return found


def _hazards(stays: list[Linked], level: str, known: int, within: int, least: int, recent: int) -> Chances:
    """Return the function from an age to the chance of each next level, or "out"."""
    cohort = [stay for stay in stays if stay[1] == level and known - recent < stay[2] <= known]
    at_risk: dict[int, int] = defaultdict(int)
    events: dict[tuple[int, str], int] = defaultdict(int)
    for _, _, admit, discharge, to, gap, _ in cohort:
        closed = discharge is not None and discharge <= known
        last = (discharge if closed else known) - admit
        for age in range(last + 1):
            at_risk[age] += 1
        if closed:
            events[last, to if to is not None and gap <= within else "out"] += 1
    ages = [age for age in at_risk if at_risk[age] >= least]
    end = max(ages, default=-1)
    tail = range(max(0, end - 89), end + 1) if ages else range(max(at_risk, default=-1) + 1)
    exposure = sum(at_risk[age] for age in tail)
    targets = {target for _, target in events}

    def at(age: int) -> dict[str, float]:
        if age <= end:
            return {target: events[age, target] / at_risk[age] for target in targets if events[age, target]}
        if not exposure:
            return {}
        sums = {target: sum(events[each, target] for each in tail) for target in targets}
        return {target: n / exposure for target, n in sums.items() if n}

    return at


def _moves_by_day(
    stays: list[Linked], level: str, cutoff: int, within: int
) -> tuple[dict[tuple[str, int], float], dict[int, float]]:
    """Return the chance of a move to each level on each day after a discharge, and that of none by then."""
    spans = [
        (min(gap if gap is not None else 10**6, cutoff - discharge), to if to and gap <= cutoff - discharge else None)
        for _, at, _, discharge, to, gap, _ in stays
        if at == level and discharge is not None
    ]
    increments: dict[tuple[str, int], float] = defaultdict(float)
    left, alive = {}, 1.0
    for day in range(within + 1):
        risk = sum(end >= day for end, _ in spans)
        here = [to for end, to in spans if end == day and to]
        for to in here:
            increments[to, day] += alive / risk
        alive *= 1 - len(here) / risk if risk else 1
        left[day] = alive
    return increments, left
