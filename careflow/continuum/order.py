"""Partial orders of names: what stands above what, and no circles.

A set of names is held as the bits of one integer, so that the closure of a hundred levels costs next to nothing.
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
        A linear extension: nothing stands after a name that it is above. Where the order is silent, as given.
    below : tuple of int
        For each name the bit set of the places of all names below it.
    covers : tuple of (str, str)
        The fewest pairs (higher, lower) from which the whole order follows.
    ranks : tuple of int
        1 + the length of the longest chain above each name.
    """

    names: tuple[str, ...]
    below: tuple[int, ...]
    covers: tuple[Pair, ...]
    ranks: tuple[int, ...]

    @property
    def silent(self) -> int:
        """How many pairs of names are neither above nor below each other."""
        return len(self.names) * (len(self.names) - 1) // 2 - sum(bits.bit_count() for bits in self.below)


def order_of(names: Sequence[str], pairs: Iterable[Pair]) -> Order:
    """Return the order of ``names`` that follows from ``pairs`` (higher, lower).

    Raises
    ------
    DefinitionError
        If the pairs lead round in a circle, which the message names.

    Examples
    --------
    >>> order_of(["b", "a", "c"], [("a", "b"), ("a", "c")]).names
    ('a', 'b', 'c')
    >>> order_of(["a", "b"], [("a", "b"), ("b", "a")])
    Traceback (most recent call last):
    careflow.errors.DefinitionError: the ranks go round in a circle: 'a' above 'b' above 'a'; take one of these away.
    """
    given = {name: place for place, name in enumerate(names)}
    lower: dict[str, set[str]] = {name: set() for name in names}
    for high, low in pairs:
        lower[high].add(low)
    line = _extension(names, given, lower)
    place = {name: position for position, name in enumerate(line)}

    below = [0] * len(line)
    covers: list[Pair] = []
    for position in reversed(range(len(line))):
        direct = sorted(place[low] for low in lower[line[position]])
        bits = 0
        for low_place in direct:  # nearest first: what a nearer one already reaches is no cover
            if not bits >> low_place & 1:
                covers.append((line[position], line[low_place]))
                bits |= 1 << low_place | below[low_place]
        below[position] = bits

    ranks = [1] * len(line)
    for high, low in sorted(covers, key=lambda pair: place[pair[0]]):
        ranks[place[low]] = max(ranks[place[low]], ranks[place[high]] + 1)
    covers.sort(key=lambda pair: (place[pair[0]], place[pair[1]]))
    return Order(tuple(line), tuple(below), tuple(covers), tuple(ranks))


def _extension(names: Sequence[str], given: dict[str, int], lower: dict[str, set[str]]) -> list[str]:
    """Return the names so that each comes before all below it, otherwise in the order given (Kahn 1962)."""
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
        circle = _circle([name for name in names if waiting[name]], lower)
        raise DefinitionError(
            "the ranks go round in a circle: " + " above ".join(map(shown, circle)) + "; take one of these away."
        )
    return line


def _circle(left: Sequence[str], lower: dict[str, set[str]]) -> list[str]:
    """Return one circle among the names that could not be put in order, first name repeated at the end."""
    # Each name left is on a circle or below one, so walking upwards among them must come back on itself.
    upper = {low: high for high in reversed(left) for low in lower[high]}
    walk = [left[0]]
    while (above := upper[walk[-1]]) not in walk:
        walk.append(above)
    circle = walk[walk.index(above) :][::-1]
    start = min(range(len(circle)), key=lambda position: left.index(circle[position]))
    circle = circle[start:] + circle[:start]
    return [*circle, circle[0]]
