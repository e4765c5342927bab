"""The proof of a release, checked by adding up: no solver is trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from careflow.protect.suppression.linear_system import SHOWN, VIRTUAL, Bools, Ints, System
from careflow.protect.suppression.protection_goals import protection_goals

NOT_DEFENDED: Final = (
    "what a reader knows of persons from elsewhere",
    "guesses by probability (small numbers are likelier than large ones)",
    "groups of which all did the same (a share of 0% or 100%)",
    "tables that were not entered in the ledger, or that were made by hand from the counts",
)
"""What a proof says nothing about; printed with every release."""


@dataclass(frozen=True)
class Checked:
    """What `Proof.check` found.

    Attributes
    ----------
    proved : int
        Small cells that a reader cannot tell from 11 or more, nor from the least they could be.
    small : int
        Small cells in all.
    hidden : int
        Cells hidden, small or not.
    cells : int
        Cells in the tables.
    problems : tuple of str
        What is wrong, in words; empty when the proof holds.
    """

    proved: int
    small: int
    hidden: int
    cells: int
    problems: tuple[str, ...] = ()
    below: int = 11
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return not self.problems and self.proved == self.small

    @property
    def ok(self) -> bool:
        """Whether every small cell is proved."""
        return bool(self)

    def __str__(self) -> str:
        if not self:
            return (
                f"does not meet the rule of {self.below}: {self.proved:,} of {self.small:,} small cells are proved"
                + "".join(f"; {problem}" for problem in self.problems)
            )
        return (
            f"meets the rule of {self.below}, proved against these tables: {self.proved:,} of {self.small:,} small "
            f"cells proved; {self.hidden:,} of {self.cells:,} cells hidden. "
            + "".join(f"{note}. " for note in self.notes)
            + "Not defended against: "
            + "; ".join(NOT_DEFENDED)
            + "."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Proof:
    """Witness tables: each agrees with all that is shown, together they keep every small cell open.

    It holds the true counts: keep it beside the data, never in what is released.

    Attributes
    ----------
    system : System
        The cells, their relations and their true values.
    hidden : ndarray of bool
        What is not shown.
    witnesses : ndarray of int, shape (witnesses, cells)
        Whole tables that a reader cannot rule out.
    below : int
        The threshold.
    least : dict
        Cells whose structural floor no table reaches for a reader (-1, or an insider): the least that the solver found.
    notes : tuple of str
        What the proof assumes, in words.
    """

    system: System
    hidden: Bools
    witnesses: Ints
    below: int = 11
    least: dict[tuple[int, int], int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Proof: {len(self.witnesses):,} witness tables for {int(self.hidden.sum()):,} hidden cells>"

    def check(self) -> Checked:
        """Verify by arithmetic: sums hold, shown cells agree, hidden cells are possible, every goal is met.

        Returns
        -------
        Checked
            True in a boolean sense when all small cells are proved.

        Examples
        --------
        >>> from careflow.protect import prove, table
        >>> proof = prove(table([[3, 20], [30, 40]]))
        >>> bool(proof.check())
        True
        """
        system, tables = self.system, np.atleast_2d(self.witnesses)
        shown = ~self.hidden & (system.status != VIRTUAL)
        small = system.small(self.below)
        problems = []
        if exposed := int((small & shown).sum()):
            problems.append(f"{exposed:,} small cells are shown")
        if wrongly_hidden := int((self.hidden & (system.status == SHOWN)).sum()):
            problems.append(f"{wrongly_hidden:,} cells are hidden though every reader knows them")
        possible = self._possible(tables, shown)
        if not possible.all():
            problems.append(f"{int((~possible).sum()):,} witness tables contradict what is shown")
        goals = protection_goals(system, self.below, self.least)
        met = goals.met(tables[possible]).any(axis=0)
        failed = np.unique(goals.cells[~met])
        exposed_cells = np.flatnonzero(small & shown)
        proved = int(small.sum()) - len(np.union1d(failed, exposed_cells))
        printed = system.status != VIRTUAL
        return Checked(
            proved,
            int(small.sum()),
            int((self.hidden & printed).sum()),
            int(printed.sum()),
            tuple(problems),
            self.below,
            self.notes,
        )

    def _possible(self, tables: Ints, shown: Bools) -> Bools:
        system = self.system
        sums_hold = np.asarray(system.relations @ tables.T == 0).all(axis=0)
        shown_agree = (tables[:, shown] == system.values[shown]).all(axis=1)
        unshown = ~shown
        within_bounds = (
            (tables[:, unshown] >= system.lowest[unshown]) & (tables[:, unshown] <= system.highest[unshown])
        ).all(axis=1)
        return np.asarray(sums_hold & shown_agree & within_bounds, dtype=np.bool_)
