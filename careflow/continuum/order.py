"""Partial orders of names, without cycles.

A set of names is stored as the bits of one integer, which makes the transitive closure of a hundred levels fast.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from careflow.arguments.messages import shown
from careflow.errors import DefinitionError

Pair = tuple[str, str]


@dataclass(frozen=True)
class Order:
    """A partial order, most intensive first.

    Attributes
    ----------
    names : tuple of str
        A linear extension: a name comes before all names below it. Names that are not comparable keep the given order.
    below : tuple of int
        For each name the bit set of the positions of all names below it.
    covers : tuple of (str, str)
        The smallest set of pairs (higher, lower) from which the order follows.
    ranks : tuple of int
        1 + the length of the longest chain above each name.
    """

    names: tuple[str, ...]
    below: tuple[int, ...]
    covers: tuple[Pair, ...]
    ranks: tuple[int, ...]

    @property
    def silent(self) -> int:
        """The number of pairs of names that are not comparable."""
        return len(self.names) * (len(self.names) - 1) // 2 - sum(bits.bit_count() for bits in self.below)


def order_of(names: Sequence[str], pairs: Iterable[Pair]) -> Order:
    """Return the order of ``names`` that follows from ``pairs`` (higher, lower).

    Raises
    ------
    DefinitionError
        If the pairs have a cycle; the message names it.

    Examples
    --------
    >>> order_of(["b", "a", "c"], [("a", "b"), ("a", "c")]).names
    ('a', 'b', 'c')
    >>> order_of(["a", "b"], [("a", "b"), ("b", "a")])
    Traceback (most recent call last):
    careflow.errors.DefinitionError: the ranks form a cycle: 'a' above 'b' above 'a'; remove one of these.
    """
    given = {name: position for position, name in enumerate(names)}
    lower: dict[str, set[str]] = {name: set() for name in names}
    for high, low in pairs:
        lower[high].add(low)
    line = _extension(names, given, lower)
    position_of = {name: position for position, name in enumerate(line)}

    below = [0] * len(line)
    covers: list[Pair] = []
    for position in reversed(range(len(line))):
        direct = sorted(position_of[low] for low in lower[line[position]])
        bits = 0
        for low_position in direct:  # nearest first: a name below a nearer one is no cover
            if not bits >> low_position & 1:
                covers.append((line[position], line[low_position]))
                bits |= 1 << low_position | below[low_position]
        below[position] = bits

    ranks = [1] * len(line)
    for high, low in sorted(covers, key=lambda pair: position_of[pair[0]]):
        ranks[position_of[low]] = max(ranks[position_of[low]], ranks[position_of[high]] + 1)
    covers.sort(key=lambda pair: (position_of[pair[0]], position_of[pair[1]]))
    return Order(tuple(line), tuple(below), tuple(covers), tuple(ranks))


def _extension(names: Sequence[str], given: dict[str, int], lower: dict[str, set[str]]) -> list[str]:
    """Return the names so that each comes before all below it, otherwise in the given order (Kahn 1962)."""
    waiting = dict.fromkeys(names, 0)
    for lows in lower.values():
        for low in lows:
            waiting[low] += 1
    ready = [given[name] for name in names if not waiting[name]]
    heapq.heapify(ready)
    line: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        line.append(name)
        for low in lower[name]:
            waiting[low] -= 1
            if not waiting[low]:
                heapq.heappush(ready, given[low])
    if len(line) < len(names):
        cycle = _cycle([name for name in names if waiting[name]], lower)
        raise DefinitionError("the ranks form a cycle: " + " above ".join(map(shown, cycle)) + "; remove one of these.")
    return line


def _cycle(left: Sequence[str], lower: dict[str, set[str]]) -> list[str]:
    """Return one cycle of the names that could not be ordered, with the first name repeated at the end."""
    # Each remaining name is in a cycle or below one, so a walk upwards among them must enter a cycle.
    upper = {low: high for high in reversed(left) for low in lower[high]}
    walk = [left[0]]
    while (above := upper[walk[-1]]) not in walk:
        walk.append(above)
    cycle = walk[walk.index(above) :][::-1]
    start = min(range(len(cycle)), key=lambda position: left.index(cycle[position]))
    cycle = cycle[start:] + cycle[:start]
    return [*cycle, cycle[0]]
