"""The proof of a release, verified by arithmetic alone: no solver is trusted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from careflow.protect.suppression.linear_system import SHOWN, VIRTUAL, Bools, Floats, Ints, System
from careflow.protect.suppression.protection_goals import protection_goals

NOT_DEFENDED: Final = (
    "what a reader knows of persons from elsewhere",
    "guesses by probability (small numbers are likelier than large ones)",
    "groups of which all did the same (a share of 0% or 100%)",
    "what means, medians, standard errors and occupation tell beyond their counts (kept to few digits, by rule)",
    "tables that are not in the ledger, or that were made by hand from the counts",
)
"""What a proof does not cover; printed with every release."""


@dataclass(frozen=True)
class Checked:
    """The outcome of `Proof.check`.

    Attributes
    ----------
    proved : int
        Small cells whose feasibility interval is proved to reach from the least they could be to ``below`` or more.
    small : int
        Small cells in all.
    hidden : int
        Suppressed cells: small (primary) or not (secondary).
    cells : int
        Printed cells, hidden or not.
    problems : tuple of str
        What is wrong, in words; empty when the proof holds.
    below : int
        The threshold.
    notes : tuple of str
        What the proof assumes, in words.
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
        # How many small cells there are would tell how many of the hidden ones are not small.
        return (
            f"meets the rule of {self.below}, proved against these tables: every small cell is proved; "
            f"{self.hidden:,} of {self.cells:,} cells hidden. "
            + "".join(f"{note}. " for note in self.notes)
            + "Not defended against: "
            + "; ".join(NOT_DEFENDED)
            + "."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Proof:
    """Alternative tables that agree with all published numbers and together protect every small cell.

    It holds the true counts: keep it with the data and never publish it.

    Attributes
    ----------
    system : System
        The cells, their relations and their true values.
    hidden : ndarray of bool
        The suppressed cells.
    alternative_tables : ndarray of int, shape (tables, cells)
        Alternative tables: whole-number tables that a reader cannot rule out.
    below : int
        The threshold.
    least : dict
        For cells whose lower bound by sums (`System.floors`) no table reaches, by cell and reader (-1, or an insider):
        the least value that the solver found.
    notes : tuple of str
        What the proof assumes, in words.
    """

    system: System
    hidden: Bools
    alternative_tables: Ints
    below: int = 11
    least: dict[tuple[int, int], int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return (
            f"<Proof: {len(self.alternative_tables):,} alternative tables for {int(self.hidden.sum()):,} hidden cells>"
        )

    def check(self) -> Checked:
        """Verify by arithmetic: sums hold, shown cells agree, hidden cells are within bounds, every goal is met.

        Returns
        -------
        Checked
            True as a condition when all small cells are proved.

        Examples
        --------
        >>> from careflow.protect import prove, table
        >>> proof = prove(table([[3, 20], [30, 40]]))
        >>> bool(proof.check())
        True
        """
        system, tables = self.system, np.atleast_2d(self.alternative_tables)
        shown = ~self.hidden & (system.status != VIRTUAL)
        small = system.small(self.below)
        problems = []
        if exposed := int((small & shown).sum()):
            problems.append(f"{exposed:,} small cells are shown")
        if wrongly_hidden := int((self.hidden & (system.status == SHOWN)).sum()):
            problems.append(f"{wrongly_hidden:,} cells are hidden though every reader knows them")
        possible = self._possible(tables, shown)
        if not possible.all():
            problems.append(f"{int((~possible).sum()):,} alternative tables contradict what is shown")
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

    def least_for_readers(self) -> Floats:
        """Return a lower bound of each cell for a reader, by sums of what is shown: the count itself where it is."""
        shown = ~self.hidden & (self.system.status != VIRTUAL)
        known = replace(self.system, status=np.where(shown, SHOWN, self.system.status))
        return np.asarray(known.floors(), dtype=np.float64)

    def _possible(self, tables: Ints, shown: Bools) -> Bools:
        system = self.system
        sums_hold = np.asarray(system.relations @ tables.T == 0).all(axis=0)
        shown_agree = (tables[:, shown] == system.values[shown]).all(axis=1)
        unshown = ~shown
        within_bounds = (
            (tables[:, unshown] >= system.lowest[unshown]) & (tables[:, unshown] <= system.highest[unshown])
        ).all(axis=1)
        return np.asarray(sums_hold & shown_agree & within_bounds, dtype=np.bool_)
