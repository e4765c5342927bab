"""Rounding instead of suppression: 0 to 10 is hidden and all other numbers are rounded to multiples of 5, with proof.

A reader knows that a hidden number is 0 to 10, and that a shown one is within 2 of the true number. For every number
from 1 to 10 the proof has a table in which it is 0: the existence of no person is disclosed, and no small number is
known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy import sparse

from careflow.errors import DisclosureError
from careflow.estimate.result import Result
from careflow.protect.history.state import State
from careflow.protect.history.successive_releases import JointRelease
from careflow.protect.history.unchanged_rows import rows_by_block, with_unchanged_rows
from careflow.protect.results.rates import INTENSITY
from careflow.protect.results.registry import kind_of
from careflow.protect.rounding.frames import BASE, FRAMES, Rounding
from careflow.protect.rounding.successive_releases import release_status
from careflow.protect.suppression.cell_search import MIN_GOALS_MET
from careflow.protect.suppression.linear_programs import Program
from careflow.protect.suppression.linear_system import UNGUARDED, Bools, Ints, System, system
from careflow.protect.suppression.proof import Checked
from careflow.protect.suppression.protection_goals import READER, ProtectionGoals


@dataclass(frozen=True, eq=False, repr=False)
class RoundedProof:
    """Alternative tables for rounded results. It holds the true counts: never publish it.

    Attributes
    ----------
    system : System
        Cells, relations, and in ``lowest`` and ``highest`` the bounds that a reader knows from the rounding.
    hidden : ndarray of bool
        Numbers of 0 to ``below`` - 1, and totals that had to be suppressed.
    printed : ndarray of bool
        Cells that are in the tables, hidden or not.
    alternative_tables : ndarray of int, shape (tables, cells)
        Alternative tables: whole-number tables that agree with all that is shown.
    below : int
        The threshold.
    notes : tuple of str
        What the proof assumes, in words.
    """

    system: System
    hidden: Bools
    printed: Bools
    alternative_tables: Ints
    below: int = 11
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        tables, hidden = len(self.alternative_tables), int(self.hidden.sum())
        return f"<RoundedProof: {tables:,} alternative tables for {hidden:,} hidden cells>"

    def check(self) -> Checked:
        """Verify by arithmetic: every table agrees with what is shown, and every small number can be 0."""
        system, tables = self.system, self.alternative_tables
        fits = np.asarray(system.relations @ tables.T == 0).all(axis=0)
        fits &= ((tables >= system.lowest) & (tables <= system.highest)).all(axis=1)
        goals = rounding_goals(system, self.printed, self.below)
        met = goals.met(tables[fits]).any(axis=0)
        small = np.unique(goals.cells)
        problems: tuple[str, ...] = (
            (f"{int((~fits).sum()):,} alternative tables contradict what is shown",) if not fits.all() else ()
        )
        exposed = self.printed & ~self.hidden & (system.values < self.below)
        if exposed.any():
            problems += (f"{int(exposed.sum()):,} small cells are shown",)
        return Checked(
            len(small) - len(np.union1d(np.unique(goals.cells[~met]), np.flatnonzero(exposed))),
            len(small),
            int((self.hidden & self.printed).sum()),
            int(self.printed.sum()),
            problems,
            self.below,
            self.notes,
        )


def rounding_goals(system: System, printed: Bools, below: int) -> ProtectionGoals:
    """Return the goals of every number from 1 to ``below`` - 1: it can be 0, so that it discloses nobody.

    A difference of printed numbers, which is printed nowhere, can be 0 or at least the threshold.
    """
    size = np.abs(system.values)
    small = np.flatnonzero((size > 0) & (size < below) & (printed | (system.guard != UNGUARDED)))
    none = np.zeros(len(small))
    never = np.where(printed[small], np.inf, float(below))
    return ProtectionGoals(small, none, none, never, np.full(len(small), READER), system.owner, system.values)


def to_base(values: Any, base: int = BASE) -> Any:
    """Round to the nearest multiple, halves up.

    Examples
    --------
    >>> to_base(np.array([12, 13, 18])).tolist()
    [10, 15, 20]
    """
    return (np.asarray(values) + base // 2) // base * base


def prove_rounded(
    system: System,
    printed: Bools,
    below: int = 11,
    notes: tuple[str, ...] = (),
    *,
    decided: Bools | None = None,
    hidden_before: Bools | None = None,
) -> RoundedProof:
    """Round a system and prove its protection, suppressing totals that would disclose a hidden number.

    Parameters
    ----------
    settled, hidden_before : ndarray of bool, optional
        Which cells earlier releases printed or hid, and which of these they hid: their status stays.

    Raises
    ------
    DisclosureError
        When a number cannot be protected by suppressing totals either.
    """
    before = np.zeros(len(system), dtype=np.bool_)
    decided = before if decided is None else decided
    small = printed & ((system.values < below) | system.small(below)) & ~decided
    hidden = small | (before if hidden_before is None else hidden_before)
    tables = [system.values]
    while True:
        # Hiding one more number only widens the bounds of a reader: the tables found so far stay valid.
        bounded = _bounded(system, printed, hidden, below)
        failed = _search(bounded, printed, below, tables)
        if failed is None:
            return RoundedProof(bounded, hidden, printed, np.array(tables, dtype=np.int64), below, notes)
        more = _total_to_hide(bounded, failed, printed & ~hidden & ~decided)
        if more is None:
            raise DisclosureError(
                f"{system.names[failed]} cannot be protected by rounding; merge it with a neighbour or leave it out"
            )
        hidden[more] = True


def _bounded(system: System, printed: Bools, hidden: Bools, below: int) -> System:
    """Return the system with the interval that a reader knows for each cell."""
    low = np.where(printed, 0.0, np.minimum(system.lowest, 0.0))
    high = np.where(printed, np.inf, system.highest)
    shown = printed & ~hidden
    low[shown] = np.maximum(to_base(system.values[shown]) - BASE // 2, below)
    high[shown] = to_base(system.values[shown]) + BASE - 1 - BASE // 2
    small = hidden & (system.values < below)
    high[small] = below - 1
    return replace(system, status=np.zeros(len(system), dtype=np.int64), lowest=low, highest=high)


def _search(system: System, printed: Bools, below: int, tables: list[Ints]) -> int | None:
    """Add a table for each unmet goal; return the cell of the first goal that no table can meet."""
    program, goals = Program(system), rounding_goals(system, printed, below)
    cells, prices = np.arange(len(system)), np.ones(len(system))
    done: Bools = np.asarray(goals.met(np.array(tables)).any(axis=0), dtype=np.bool_)
    _meet_many(program, goals, done, tables)
    for goal in range(len(goals)):
        if done[goal]:
            continue
        cell = int(goals.cells[goal])
        min_size = goals.min_size[goal]
        intervals = [(0.0, 0.0)] if np.isinf(min_size) else [(0.0, 0.0), (min_size, np.inf), (-np.inf, -min_size)]
        changes = (program.cheapest(cell, low, high, cells, prices) for low, high in intervals)
        change = next((one for one in changes if one is not None), None)
        if change is None:
            return cell
        tables.append(system.values + change)
        done |= goals.met(tables[-1])[0]
    return None


def _meet_many(program: Program, goals: ProtectionGoals, done: Bools, tables: list[Ints]) -> None:
    """Meet many goals with each table, until one meets few more; ``done`` is updated."""
    cells, rng, met = np.arange(len(program.system)), np.random.default_rng(len(program.system)), MIN_GOALS_MET
    while met >= MIN_GOALS_MET and not done.all():
        change = program.meet_many(goals, ~done, cells, np.ones(len(cells)), rng)
        if change is None:
            return
        new = goals.met(program.system.values + change)[0] & ~done
        met = int(new.sum())
        if met:
            tables.append(program.system.values + change)
            done |= new


def _total_to_hide(system: System, cell: int, candidates: Bools) -> int | None:
    """Return the largest shown total linked to a cell, of those linked most directly."""
    reached = np.zeros(len(system), dtype=bool)
    reached[cell] = True
    links = abs(system.relations)
    while True:
        wider = np.asarray(links.T @ (links @ reached.astype(np.int64)) > 0)
        if (totals := np.flatnonzero(wider & candidates)).size:
            return int(totals[np.argmax(system.values[totals])])
        if (wider == reached).all():
            return None
        reached = wider


def rounded(
    given: list[Result], entered_cells: list[Any], joint: JointRelease, below: int
) -> tuple[tuple[Result, ...], RoundedProof, State]:
    """Return rounded results, their proof, and the state for the ledger.

    Raises
    ------
    DisclosureError
        For results that are functions of exact numbers.
    """
    names = ["intensities" if one.about.measure == INTENSITY else type(one).__name__ for one in given]
    if "Measured" in names:
        raise DisclosureError(
            "mode='round' has no measures: a rounded share and the rates beside it bound the hits of each next level, "
            "and the rounding has no proof of those; use mode='suppress' for all that is published together, or leave "
            "the measure out and round transition_rates to its levels"
        )
    if unfit := [name for name in names if name not in FRAMES]:
        raise DisclosureError(
            f"mode='round' is for counts, rates, stays and curves, not for {', '.join(unfit)}, which use exact "
            "numbers; use mode='suppress' for them"
        )
    cells = joint.state.system() if joint.state.cells else system([], sparse.csr_array((0, 0)))
    printed, decided, hidden = release_status(joint.state)
    proof = prove_rounded(cells, printed, below, (ROUNDED_NOTE,), decided=decided, hidden_before=hidden)
    if not (checked := proof.check()):
        raise DisclosureError(f"this release {checked}; nothing was released")
    state = joint.after_release(proof.hidden)
    shown = np.where(proof.hidden, np.nan, to_base(proof.system.values).astype(float))
    rounding, rows, results = Rounding(shown[joint.numbers], below), dict(state.rows), []
    for result, cells_of_result in zip(given, entered_cells, strict=True):
        kind = kind_of(result)
        protected = with_unchanged_rows(
            _rounded(result, cells_of_result, rounding, checked), kind.tables, kind.block, rows, joint.unchanged
        )
        rows |= rows_by_block(protected, kind.tables, kind.block)
        results.append(protected)
    state.rows = rows
    return tuple(results), proof, state


def _rounded(result: Any, cells: Any, rounding: Rounding, checked: Checked) -> Result:
    frame, total = FRAMES[type(result).__name__]
    protected: Result = frame(result, cells, rounding)
    words = f"{checked.hidden:,} numbers hidden, the rest rounded to fives"
    known = [part for part in result.about.missing.split("; ") if part and "open" not in part]
    interval = (
        f"{protected.about.interval}, from rounded numbers" if "of" in protected.frame else protected.about.interval
    )
    about = replace(
        protected.about,
        n=total(protected),
        unit=f"{protected.about.unit}, rounded",
        persons=int(to_base(protected.about.persons, 10)),
        interval=interval,
        missing="; ".join([*known, words]),
    )
    return replace(protected, about=about)


ROUNDED_NOTE: Final = "Numbers below the threshold, zero included, are hidden and the rest rounded to fives"
