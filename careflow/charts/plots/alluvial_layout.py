"""Where everything in an alluvial chart stands: the nodes of each column, and where flows leave and enter them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from careflow.charts.drawing.canvas import Box
from careflow.charts.drawing.fonts import LEADING
from careflow.charts.drawing.subject import Subject
from careflow.charts.plots.pathway_steps import ENDS

Flow = tuple[int, str, str]
"""Column, and the states that a flow leaves and enters."""

_MANY: Final = 8
_ON_TOP: Final = 1.12
"""Height of a label on top of a node, in type sizes."""


@dataclass(frozen=True)
class Node:
    """One state in one column.

    Attributes
    ----------
    n : float
        How many.
    box : Box
        Where it stands.
    style : {"two", "one", "top", "none"}
        Whether the label has two lines or one within the node, stands on top of it, or has no room.
    """

    n: float
    box: Box
    style: str


class Plan:
    """Columns of nodes, on one scale for all.

    Parameters
    ----------
    page : Subject
    levels : sequence of str
        Levels of the continuum; other states stand below them, after a gap.
    columns : sequence of mapping of str to float
        How many are in each state, by column.
    flows : mapping of Flow to float
        How many go from one to the other.
    n : float
        How many there are in all.
    body : Box
        What the columns may fill.
    wide : float
        The width of a node.
    """

    def __init__(
        self,
        page: Subject,
        levels: Sequence[str],
        columns: Sequence[Mapping[str, float]],
        flows: Mapping[Flow, float],
        n: float,
        body: Box,
        wide: float,
    ) -> None:
        self.page, self.u, self.levels = page, page.u, levels
        self.columns, self.flows, self.n, self.body, self.wide = columns, flows, n, body, wide
        self.unlabelled = {(c, state) for c in range(len(columns)) for state in self._without_room(c)}
        self.scale = self._scale()
        self.nodes = [self._place(i) for i in range(len(self.columns))]

    def x(self, column: int) -> float:
        """Return the left end of a column, in points."""
        last = max(len(self.columns) - 1, 1)
        return self.body.x0 + column * (self.body.w - self.wide) / last

    def spans(self) -> dict[Flow, tuple[float, float]]:
        """Return the height at which each flow leaves and enters: sides are filled from the top in the fixed order."""
        rank = {s: i for i, s in enumerate((*self.levels, *ENDS))}
        out: dict[Flow, tuple[float, float]] = {}
        for c in range(len(self.columns) - 1):
            here = [key for key in self.flows if key[0] == c]
            left = self._filled(sorted(here, key=lambda k: (rank[k[1]], rank[k[2]])), c, 1)
            entered = self._filled(sorted(here, key=lambda k: (rank[k[2]], rank[k[1]])), c + 1, 2)
            out |= {key: (left[key], entered[key]) for key in entered}
        return out

    def _filled(self, flows: Sequence[Flow], column: int, end: int) -> dict[Flow, float]:
        """Return where each flow meets its node of a column, the one at its ``end``, one flow below the other."""
        used = dict.fromkeys(self.nodes[column], 0.0)
        out: dict[Flow, float] = {}
        for key in flows:
            state = str(key[end])
            out[key] = self.nodes[column][state].box.y1 - used[state]
            used[state] += self.flows[key] * self.scale
        return out

    def _states(self, column: int) -> list[str]:
        return [s for s in (*self.levels, *ENDS) if self.columns[column].get(s, 0) > 0]

    def _without_room(self, column: int) -> list[str]:
        """Return the states whose labels go so that a column fits: the rarest first."""
        t, u = self.page.theme, self.u
        states = sorted(self._states(column), key=lambda state: self.columns[column][state])
        room = self.body.h - (self._gap(column) + 1.6 * u) * len(states) - 11 * u
        return states[: max(len(states) - max(int(room / (t.body * _ON_TOP)), 0), 0)]

    def _slot(self, column: int, state: str, scale: float) -> tuple[float, str]:
        """Return the height that a node takes with its label, and where the label stands."""
        t, u, n = self.page.theme, self.u, self.columns[column][state]
        high = max(n * scale, 1.6 * u)
        if high >= 2 * t.body * LEADING + 3 * u:
            return high, "two"
        if high >= t.body * LEADING + u:
            return high, "one"
        if (column, state) in self.unlabelled:
            return high, "none"
        return high + t.body * _ON_TOP, "top"

    def _height(self, column: int, scale: float) -> float:
        u = self.u
        states = self._states(column)
        gaps = self._gap(column) * max(len(states) - 1, 0)
        if any(s in self.levels for s in states) and any(s not in self.levels for s in states):
            gaps += 11 * u
        return sum(self._slot(column, state, scale)[0] for state in states) + gaps

    def _gap(self, column: int) -> float:
        """Return the gap between the nodes of a column: less where they are many."""
        states = len(self._states(column))
        return min((5 if states <= _MANY else 2) * self.u, self.body.h / (3 * max(states, 1)))

    def _scale(self) -> float:
        """Return the most points a journey may take so that every column fits."""
        low, high = 0.0, self.body.h / max(self.n, 1)
        for _ in range(40):
            middle_of = (low + high) / 2
            fits = all(self._height(c, middle_of) <= self.body.h for c in range(len(self.columns)))
            low, high = (middle_of, high) if fits else (low, middle_of)
        return low

    def _place(self, column: int) -> dict[str, Node]:
        t, u = self.page.theme, self.u
        x, y = self.x(column), self.body.y1
        out: dict[str, Node] = {}
        for state in self._states(column):
            if state not in self.levels and out and not any(s not in self.levels for s in out):
                y -= 11 * u
            n = self.columns[column][state]
            slot, style = self._slot(column, state, self.scale)
            high = max(n * self.scale, 1.6 * u)
            head_room = t.body * _ON_TOP if style == "top" else 0.0
            box = Box(x, y - head_room - high, x + self.wide, y - head_room)
            out[state] = Node(n, box, style)
            y -= slot + self._gap(column)
        return out
