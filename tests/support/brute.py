"""Every estimator once more from the stays of one small table, by the words of docs/methods.md alone.

What linking and curves are stands in :mod:`support.reference`. Here are the rules on top of them: what a death cuts,
which periods are whole, how far a curve is known, where somebody is on a day although stays overlap. No code of
careflow is used. Days are whole numbers from 1 January 2024 on; None is a missing value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import inf

from .drawn import ORIGIN, day
from .reference import Linked, Span, Stay, in_order, people

Number = Fraction | float | int | None


# --- periods ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quarter:
    """A quarter by its name and its first and last day."""

    name: str
    first: int
    last: int

    def whole(self, cutoff: int, start: int | None) -> bool:
        """Say whether neither the start nor the cut-off cuts it."""
        return self.last <= cutoff and (start is None or start <= self.first)

    def mature(self, window: int, cutoff: int, start: int | None) -> bool:
        """Say whether it is whole and its last day was followed for the window."""
        return self.whole(cutoff, start) and self.last + window <= cutoff


def quarter_of(number: int) -> Quarter:
    """Return the quarter in which a day lies."""
    at = day(number)
    return _quarter(at.year * 4 + (at.month - 1) // 3)


def _quarter(place: int) -> Quarter:
    first, after = (date(one // 4, one % 4 * 3 + 1, 1) for one in (place, place + 1))
    return Quarter(f"{place // 4}Q{place % 4 + 1}", (first - ORIGIN).days, (after - ORIGIN).days - 1)


def quarters(first: int, cutoff: int) -> list[Quarter]:
    """Return the quarters from that of a day to that of the cut-off."""
    found = [quarter_of(first)]
    while found[-1].last < cutoff:
        found.append(quarter_of(found[-1].last + 1))
    return found


# --- curves ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """What counting-process spans (entry, end, cause or None) say: S, incidences, and up to which day."""

    spans: Sequence[Span]

    @cached_property
    def steps(self) -> list[tuple[int, int, Counter[str], Fraction]]:
        """Return (day, at risk, events by cause, S) of each day on which a span ends."""
        found, left = [], Fraction(1)
        for t in sorted({end for _, end, _ in self.spans}):
            risk = sum(entry <= t <= end for entry, end, _ in self.spans)
            events = Counter(cause for _, end, cause in self.spans if end == t and cause is not None)
            left *= 1 - Fraction(events.total(), risk)
            found.append((t, risk, events, left))
        return found

    @cached_property
    def last(self) -> int:
        """The last day on which somebody was followed."""
        return max(end for _, end, _ in self.spans)

    @cached_property
    def reach(self) -> int:
        """The last day, from day 0 on without a gap, on which somebody was followed, S above 0; -1 if nobody was."""
        unseen = next(t for t in range(self.last + 2) if not any(entry <= t <= end for entry, end, _ in self.spans))
        return unseen - 1 if self.zero is None else min(unseen - 1, self.zero)

    @property
    def ended(self) -> bool:
        """Whether S is 0 with nobody observed at a later age: the curve is known for good."""
        return self.zero == self.last == self.reach

    @property
    def ran_out(self) -> bool:
        """Whether S is 0 with others observed at later ages: the early risk set ran out."""
        return self.zero == self.reach != self.last

    @cached_property
    def zero(self) -> int | None:
        """The first day on which S is 0."""
        return next((t for t, _, _, left in self.steps if left == 0), None)

    def known(self, t: int) -> bool:
        """Say whether anything is known of a day: the early risk set had not run out, and somebody was followed."""
        return self.ended or t <= self.reach

    def survival(self, t: int) -> Fraction | None:
        """Return S(t)."""
        if not self.known(t):
            return None
        return next((left for at, _, _, left in reversed(self.steps) if at <= t), Fraction(1))

    def incidence(self, causes: Sequence[str], t: int) -> Fraction | None:
        """Return the share that has ended by any of these causes by day t (Aalen-Johansen)."""
        if not self.known(t):
            return None
        risen = next((risen for at, risen in reversed(self.rises) if at <= t), {})
        return sum((risen.get(cause, Fraction(0)) for cause in causes), Fraction(0))

    @cached_property
    def rises(self) -> list[tuple[int, dict[str, Fraction]]]:
        """The incidence of each cause on each day on which a span ends."""
        found, before = [], Fraction(1)
        risen: dict[str, Fraction] = defaultdict(Fraction)
        for at, risk, events, left in self.steps:
            risen = defaultdict(Fraction, risen)
            for cause, n in events.items():
                risen[cause] += before * Fraction(n, risk)
            found.append((at, risen))
            before = left
        return found

    def quantile(self, share: Fraction) -> int | None:
        """Return the first day with S(t) <= 1 - share, but not the fall by which an early risk set ran out."""
        day = next((t for t, _, _, left in self.steps if left <= 1 - share), None)
        beyond = day is not None and (not self.known(day) or (self.ran_out and day == self.zero))
        return None if beyond else day

    def mean(self, horizon: int) -> Fraction | None:
        """Return the sum of S(t) over t = 0 .. horizon - 1; missing unless the curve ended or reaches the horizon."""
        if not self.known(horizon):
            return None
        total, left, since = Fraction(0), Fraction(1), 0
        for t, _, _, after in self.steps:
            total += left * (min(t, horizon) - min(since, horizon))
            left, since = after, t
        return total + left * (horizon - min(since, horizon))


# --- journeys --------------------------------------------------------------------------------------------------------


def journeys(stays: Iterable[Stay], levels: Sequence[str], within: int) -> list[list[Stay]]:
    """Chain each person's stays: one that starts later than the window after every earlier one begins a journey."""
    found: list[list[Stay]] = []
    for mine in people(stays).values():
        reach: float = -inf
        for stay in in_order(mine, levels):
            if stay.admit > reach + within:
                found.append([])
            found[-1].append(stay)
            reach = max(reach, inf if stay.discharge is None else stay.discharge)
    return found


def state(stays: Sequence[Stay], levels: Sequence[str], within: int, t: int) -> str:
    """Return where somebody is at the end of a day: the most intensive level of those in care, or out of care."""
    if any(stay.reason == "died" and stay.discharge is not None and stay.discharge <= t for stay in stays):
        return "died"
    inside = [s.level for s in stays if s.admit <= t and (s.discharge is None or t < s.discharge)]
    if inside:
        return min(inside, key=levels.index)
    left = max(s.discharge for s in stays if s.discharge is not None and s.discharge <= t)
    to_come = [s.admit for s in stays if s.admit > t]
    return "between stays" if to_come and min(to_come) - left <= within else "left care"


def ending(stays: Sequence[Stay], levels: Sequence[str], known_day: int) -> str:
    """Return how a journey ended: in care, died, not yet known, or the reason of the last of its stays to end."""
    if any(stay.discharge is None for stay in stays):
        return "in care"
    if any(stay.reason == "died" for stay in stays):
        return "died"
    last = max(stay.discharge for stay in stays if stay.discharge is not None)
    if last > known_day:
        return "not yet known"
    return [stay for stay in in_order(stays, levels) if stay.discharge == last][-1].reason


def occupation(
    paths: Sequence[Sequence[str]], states: Sequence[str], days: int, gone: Sequence[str]
) -> list[dict[str, float] | None]:
    """Return where people are on each day (Aalen-Johansen) from paths of one state a day, as long as followed.

    ``gone`` are the states that nobody leaves: once everybody is there, that is known for good. Before, nothing is
    known from the day on which nobody is followed elsewhere. A state that some should be in and nobody is followed in
    is left out from that day on; where more than 1% of all should be in such states, nothing is known of any state.
    """
    first = Counter(path[0] for path in paths)
    p = {state: first[state] / len(paths) for state in states}
    found: list[dict[str, float] | None] = [p]
    seen, unseen = True, dict.fromkeys((state for state in states if state not in gone), 0.0)
    lost = False
    for t in range(1, days + 1):
        steps = Counter((path[t - 1], path[t]) for path in paths if len(path) > t)
        risk = Counter(path[t - 1] for path in paths if len(path) > t)
        for state in unseen:
            if p[state] > 1e-9 and not risk[state]:
                unseen[state] = max(unseen[state], p[state])
        lost = lost or sum(unseen.values()) > 0.01
        moved = {pair: p[pair[0]] * n / risk[pair[0]] for pair, n in steps.items() if pair[0] != pair[1]}
        p = dict(p)
        for (origin, to), mass in moved.items():
            p[origin] -= mass
            p[to] += mass
        ended = sum(p[state] for state in gone) > 1 - 1e-9
        seen = seen and any(len(path) > t and path[t - 1] not in gone for path in paths)
        known = {state: share for state, share in p.items() if not unseen.get(state)}
        found.append(known if not lost and (seen or ended) else None)
    return found


# --- people who come back --------------------------------------------------------------------------------------------


def returned(one: Linked, mine: Iterable[Stay], days: int, to: Sequence[str]) -> bool | None:
    """Say whether a discharge was followed by an admission 1 to ``days`` later; None where it cannot be.

    ``mine`` are all stays of the person.
    """
    out = one.stay.discharge
    if out is None or one.outcome in ("died", "concurrent") or one.gap == 0:
        return None
    return any(out < stay.admit <= out + days and stay.level in to for stay in mine)


def bounced(one: Linked, mine: Sequence[Stay], levels: Sequence[str], days: int) -> bool | None:
    """Say whether a step down was undone within ``days`` of the new stay's start; None where it is none.

    Stays count that come after the new one in the order of linking.
    """
    new = one.next
    if new is None or one.outcome != new.level or levels.index(new.level) <= levels.index(one.stay.level):
        return None
    ordered = in_order(mine, levels)
    return any(
        stay.admit <= new.admit + days and levels.index(stay.level) <= levels.index(one.stay.level)
        for stay in ordered[ordered.index(new) + 1 :]
    )


# --- stays on a clock ------------------------------------------------------------------------------------------------


def grouped(
    linked: Iterable[Linked], span: Callable[[Linked], Span | None], key: Callable[[Linked], str | None]
) -> dict[tuple[str, str], Curve]:
    """Return the curve of each (period, level): of the stays that a clock sees, by the period that they are put in."""
    found: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for one in linked:
        seen, period = span(one), key(one)
        if seen is not None and period is not None:
            found[period, one.stay.level].append(seen)
    return {place: Curve(spans) for place, spans in found.items()}
