"""The numbers of careflow once more, slowly: plain loops over people and days, in exact fractions.

Written from the definitions in docs/methods.md alone, to be read beside them; it shares no code and no idea of how to
be fast with careflow. Days are whole numbers, levels are names from the most intensive to the least.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, sqrt
from typing import Any

ONE, ZERO = Fraction(1), Fraction(0)


@dataclass(frozen=True)
class Stay:
    """One stay; ``discharge`` is None while it is open; ``hours`` are those of admission and discharge, if known."""

    person: str
    level: str
    admit: int
    discharge: int | None
    reason: str = "unknown"
    episode: str = ""
    facility: str = ""
    hours: tuple[float, float] = (0, 0)


@dataclass(frozen=True)
class Linked:
    """A stay with what came next: a level, a reason of leaving, "died", "concurrent", or "open".

    ``next`` and ``gap`` are those of the next stay, however late it came, where there is one to speak of.
    """

    stay: Stay
    outcome: str
    next: Stay | None
    gap: int | None


def kept(stays: Iterable[Stay], cutoff: int, start: int | None = None) -> list[Stay]:
    """Leave out what the window of the data leaves out, and open what ends after the cut-off."""
    found = []
    for stay in stays:
        out = stay.discharge if stay.discharge is not None and stay.discharge <= cutoff else None
        if stay.admit > cutoff or (start is not None and stay.discharge is not None and stay.discharge < start):
            continue
        found.append(replace(stay, discharge=out))
    return found


def in_order(stays: Iterable[Stay], levels: Sequence[str]) -> list[Stay]:
    """Sort by admission, then earlier discharge (open last), each by day and hour, then intensity, then episode id."""

    def place(stay: Stay) -> tuple[float | str, ...]:
        end = inf if stay.discharge is None else stay.discharge
        return stay.admit, stay.hours[0], end, stay.hours[1], levels.index(stay.level), stay.episode

    return sorted(stays, key=place)


def without_contradictions(stays: Iterable[Stay], levels: Sequence[str]) -> list[Stay]:
    """Leave out what begins after a death, and let what goes on over it, or ends on its day, end by it."""
    found = []
    for mine in people(stays).values():
        deaths = [s.discharge for s in mine if s.reason == "died" and s.discharge is not None]
        death = min(deaths, default=inf)
        ordered = in_order((s for s in mine if s.admit <= death), levels)
        for place, stay in enumerate(ordered):
            ends = inf if stay.discharge is None else stay.discharge
            moved = ends == death and any(other.admit == death for other in ordered[place + 1 :])
            over = deaths and ends >= death and not moved
            found.append(replace(stay, discharge=min(deaths), reason="died") if over else stay)
    return found


def people(stays: Iterable[Stay]) -> dict[str, list[Stay]]:
    """Put each person's stays together."""
    found: dict[str, list[Stay]] = defaultdict(list)
    for stay in stays:
        found[stay.person].append(stay)
    return found


def link(stays: Iterable[Stay], levels: Sequence[str], within: int) -> list[Linked]:
    """Say of every stay what came next."""
    found = []
    for mine in people(stays).values():
        ordered = in_order(mine, levels)
        for place, stay in enumerate(ordered):
            found.append(_after(stay, ordered[:place], ordered[place + 1 :], within))
    return found


def _after(stay: Stay, before: list[Stay], later: list[Stay], within: int) -> Linked:
    if stay.discharge is None:
        return Linked(stay, "open", None, None)
    if stay.reason == "died":
        return Linked(stay, "died", None, None)
    following = next((other for other in later if other.admit >= stay.discharge), None)
    gap = None if following is None else following.admit - stay.discharge
    if any(s.admit < stay.discharge and (s.discharge is None or s.discharge > stay.discharge) for s in before + later):
        return Linked(stay, "concurrent", following, gap)
    if following is not None and gap is not None and gap <= within:
        return Linked(stay, following.level, following, gap)
    return Linked(stay, stay.reason, following, gap)


def followed(stay: Stay, cutoff: int, within: int) -> bool:
    """Say whether a discharge has been followed for the whole window."""
    return stay.discharge is not None and cutoff - stay.discharge >= within


def rates(linked: Iterable[Linked], cutoff: int, within: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Return {(from, what came next): (n, of)} over followed discharges; pairs that never occurred are not there."""
    n: Counter[tuple[str, str]] = Counter()
    of: Counter[str] = Counter()
    for one in linked:
        if followed(one.stay, cutoff, within):
            n[one.stay.level, one.outcome] += 1
            of[one.stay.level] += 1
    return {(level, to): (count, of[level]) for (level, to), count in n.items()}


# --- one counting process: (first age at risk, last age at risk, cause or None for censored) -------------------------

Span = tuple[int, int, str | None]


def at_risk(spans: Sequence[Span], t: int) -> int:
    """Count who has entered by day t and not ended before it."""
    return sum(entry <= t <= end for entry, end, _ in spans)


def kaplan_meier(spans: Sequence[Span]) -> dict[int, Fraction]:
    """Return S on every day from 0 to the last one."""
    curve, left = {}, ONE
    for t in range(max((end for _, end, _ in spans), default=-1) + 1):
        if n := at_risk(spans, t):
            left *= 1 - Fraction(sum(end == t and cause is not None for _, end, cause in spans), n)
        curve[t] = left
    return curve


def greenwood(spans: Sequence[Span], t: int) -> float:
    """Return Greenwood's standard error of S(t)."""
    total = ZERO
    for s in range(t + 1):
        n, d = at_risk(spans, s), sum(end == s and cause is not None for _, end, cause in spans)
        if n > d:
            total += Fraction(d, n * (n - d))
    return float(kaplan_meier(spans)[t]) * sqrt(total)


def incidence(spans: Sequence[Span], cause: str) -> dict[int, Fraction]:
    """Return the Aalen-Johansen cumulative incidence of a cause on every day."""
    survival, risen, curve, before = kaplan_meier(spans), ZERO, {}, ONE
    for t in survival:
        if n := at_risk(spans, t):
            risen += before * Fraction(sum(end == t and why == cause for _, end, why in spans), n)
        curve[t], before = risen, survival[t]
    return curve


def quantile(spans: Sequence[Span], share: Fraction) -> int | None:
    """Return the first day with S(t) <= 1 - share."""
    return next((t for t, left in kaplan_meier(spans).items() if left <= 1 - share), None)


def restricted_mean(spans: Sequence[Span], horizon: int) -> Fraction:
    """Return the sum of S(t) over t = 0 .. horizon - 1, S staying where it last was."""
    curve, total, left = kaplan_meier(spans), ZERO, ONE
    for t in range(horizon):
        left = curve.get(t, left)
        total += left
    return total


# --- stays as spans --------------------------------------------------------------------------------------------------


def stay_span(stay: Stay, first: int | None, last: int) -> Span | None:
    """Return a stay as it is seen from day ``first`` to day ``last``, both included; None where it is not seen."""
    if stay.admit > last or (first is not None and stay.discharge is not None and stay.discharge < first):
        return None
    entry = 0 if first is None else max(0, first - stay.admit)
    if stay.discharge is not None and stay.discharge <= last:
        return entry, stay.discharge - stay.admit, "ended"
    return entry, last - stay.admit, None


def exit_span(one: Linked, first: int | None, known: int) -> Span | None:
    """Return a stay with its outcome as cause, on the stay clock that runs to ``known`` = cut-off - window."""
    span = stay_span(one.stay, first, known)
    return None if span is None or span[2] is None else (span[0], span[1], one.outcome)


def exit_spans(linked: Iterable[Linked], level: str, first: int | None, known: int) -> list[Span]:
    """Return the stays of a level with outcomes as causes, those open on the last known day censored."""
    found = []
    for one in linked:
        if one.stay.level == level and (span := stay_span(one.stay, first, known)) is not None:
            found.append(exit_span(one, first, known) or span)
    return found


def gap_spans(linked: Iterable[Linked], level: str, cutoff: int) -> list[Span]:
    """Return the discharges from a level on the gap clock: the next level, whatever the gap; death on day 0."""
    found: list[Span] = []
    for one in linked:
        out = one.stay.discharge
        if one.stay.level != level or out is None:
            continue
        if one.outcome in ("died", "concurrent"):
            found.append((0, 0, one.outcome))
        elif one.next is not None and one.gap is not None:
            found.append((0, one.gap, one.next.level))
        else:
            found.append((0, cutoff - out, None))
    return found


# --- persons left out a group at a time ------------------------------------------------------------------------------


Theta = Callable[[list[Any]], Fraction | float | None]


def jackknife(rows: Sequence[tuple[int, Any]], theta: Theta) -> tuple[float, int]:
    """Return the delete-a-group standard error of ``theta`` of rows (group, row), and the number of groups."""
    groups = sorted({group for group, _ in rows})
    whole = theta([row for _, row in rows])
    assert whole is not None
    square = 0.0
    for group in groups:
        without = theta([row for other, row in rows if other != group])
        square += float("nan") if without is None else float(without - whole) ** 2
    return sqrt((len(groups) - 1) / len(groups) * square) if len(groups) > 1 else float("nan"), len(groups)


# --- days of the calendar --------------------------------------------------------------------------------------------


def in_care(stays: Iterable[Stay], level: str, t: int) -> int:
    """Count the stays of a level in care on a day; a stay is the half-open interval [admit, discharge)."""
    return sum(s.level == level and s.admit <= t and (s.discharge is None or t < s.discharge) for s in stays)


def persons_served(stays: Iterable[Stay], first: int, last: int) -> int:
    """Count distinct people admitted in a period or in care on any of its days."""
    return len(
        {
            s.person
            for s in stays
            if first <= s.admit <= last or any(in_care([s], s.level, t) for t in range(first, last + 1))
        }
    )


# --- people who come back --------------------------------------------------------------------------------------------


def returns(linked: Iterable[Linked], level: str, days: int, cutoff: int) -> tuple[int, int]:
    """Return (n, of): followed discharges that could return, and those with an admission 1 to ``days`` later.

    Deaths, same-day transfers and discharges while another stay goes on cannot return.
    """
    found = [
        one.gap is not None and one.gap <= days
        for one in linked
        if one.stay.level == level
        and followed(one.stay, cutoff, days)
        and one.outcome not in ("died", "concurrent")
        and one.gap != 0
    ]
    return sum(found), len(found)


Pairs = dict[tuple[str, str], tuple[int, int]]


def bounces(linked: Sequence[Linked], levels: Sequence[str], days: int, cutoff: int, *, any_up: bool = False) -> Pairs:
    """Return {(from, to): (n, of)} over the step-downs whose new stay began ``days`` before the cut-off.

    ``any_up`` counts admissions to any level more intensive than the one reached, not than the one left.
    """
    found: Pairs = {}
    for one in linked:
        following = one.next
        if following is None or one.outcome != following.level or cutoff - following.admit < days:
            continue
        if levels.index(following.level) <= levels.index(one.stay.level):
            continue
        mine = in_order((other.stay for other in linked if other.stay.person == one.stay.person), levels)
        back = any(
            following.admit <= other.admit <= following.admit + days
            and (
                levels.index(other.level) < levels.index(following.level)
                if any_up
                else levels.index(other.level) <= levels.index(one.stay.level)
            )
            for other in mine[mine.index(following) + 1 :]
        )
        pair = one.stay.level, following.level
        n, of = found.get(pair, (0, 0))
        found[pair] = n + back, of + 1
    return found


# --- journeys: stays of one person joined by moves; only for people whose stays do not overlap -----------------------


def journeys(linked: Iterable[Linked], levels: Sequence[str]) -> list[list[Linked]]:
    """Chain each person's stays into journeys."""
    by_person: dict[str, list[Linked]] = defaultdict(list)
    for one in linked:
        by_person[one.stay.person].append(one)
    found = []
    for mine in by_person.values():
        ordered = {one.stay: one for one in mine}
        chain: list[Linked] = []
        for stay in in_order(ordered, levels):
            chain.append(ordered[stay])
            if ordered[stay].outcome not in levels:
                found.append(chain)
                chain = []
    return found


def state_after(journey: list[Linked], levels: Sequence[str], t: int) -> str | None:
    """Return where a journey is at the end of a day of the calendar: a level, between stays, left care or died."""
    state = None
    for one in journey:
        if one.stay.admit > t:
            break
        state = one.stay.level
        if one.stay.discharge is not None and one.stay.discharge <= t:
            state = "died" if one.outcome == "died" else "between stays" if one.outcome in levels else "left care"
    return state


def occupation(paths: Sequence[Sequence[str]], states: Sequence[str], days: int) -> list[dict[str, Fraction]]:
    """Return Aalen-Johansen from paths of one state a day (the origin's day first), each as long as it was followed.

    On day t each path that is followed on t and was on t - 1 is at risk in the state of t - 1.
    """
    first = Counter(path[0] for path in paths)
    p = {state: Fraction(first[state], len(paths)) for state in states}
    found = [p]
    for t in range(1, days + 1):
        steps = Counter((path[t - 1], path[t]) for path in paths if len(path) > t)
        risk = Counter(path[t - 1] for path in paths if len(path) > t)
        step = {(i, j): Fraction(steps[i, j], risk[i]) if risk[i] else Fraction(i == j) for i in states for j in states}
        p = {j: sum((p[i] * step[i, j] for i in states), ZERO) for j in states}
        found.append(p)
    return found
