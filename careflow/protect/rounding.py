"""Rounding instead of suppression: 0 to 10 is hidden, the rest rounded to fives, and that too is proved.

A reader knows of a hidden number that it is 0 to 10, and of a shown one that it lies within 2 of what is shown. The
proof has, for every number from 1 to 10, a table in which it is 0: nobody can be shown to exist, and no small number is
exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.errors import DisclosureError
from careflow.estimate.result import Result
from careflow.protect.book import Book
from careflow.protect.goals import READER, Goals
from careflow.protect.program import Program
from careflow.protect.proof import Checked
from careflow.protect.system import Bools, Floats, Ints, System

BASE: Final = 5


@dataclass(frozen=True, eq=False, repr=False)
class RoundedProof:
    """Witnesses for rounded tables; it holds the true counts.

    Attributes
    ----------
    system : System
        Cells, relations, and in ``lowest`` and ``highest`` what the rounding tells a reader.
    hidden : ndarray of bool
        Numbers of 0 to ``below`` - 1, and totals that had to be left out.
    witnesses : ndarray of int, shape (witnesses, cells)
        Tables that agree with what is shown.
    """

    system: System
    hidden: Bools
    printed: Bools
    witnesses: Ints
    below: int = 11
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<RoundedProof: {len(self.witnesses):,} witness tables for {int(self.hidden.sum()):,} hidden cells>"

    def check(self) -> Checked:
        """Verify by adding up: every witness fits what is shown, and every small number can be 0."""
        system, tables = self.system, self.witnesses
        fits = np.asarray(system.relations @ tables.T == 0).all(axis=0)
        fits &= ((tables >= system.lowest) & (tables <= system.highest)).all(axis=1)
        wanted = round_goals(system, self.printed, self.below)
        met = wanted.met(tables[fits]).any(axis=0)
        small = np.unique(wanted.cells)
        problems: tuple[str, ...] = (
            (f"{int((~fits).sum()):,} witness tables contradict what is shown",) if not fits.all() else ()
        )
        exposed = self.printed & ~self.hidden & (system.values < self.below)
        if exposed.any():
            problems += (f"{int(exposed.sum()):,} small cells are shown",)
        return Checked(
            len(small) - len(np.union1d(np.unique(wanted.cells[~met]), np.flatnonzero(exposed))),
            len(small),
            int((self.hidden & self.printed).sum()),
            int(self.printed.sum()),
            problems,
            self.below,
            self.notes,
        )


def round_goals(system: System, printed: Bools, below: int) -> Goals:
    """Return the goals of every number from 1 to under the threshold: it can be 0, so that it shows nobody."""
    small = np.flatnonzero(printed & (system.values > 0) & (system.values < below))
    none = np.zeros(len(small))
    never = np.full(len(small), np.inf)
    return Goals(small, none, none, never, np.full(len(small), READER), system.owner, system.values)


def to_base(values: Any, base: int = BASE) -> Any:
    """Round to the nearest multiple, halves up.

    Examples
    --------
    >>> to_base(np.array([12, 13, 18])).tolist()
    [10, 15, 20]
    """
    return (np.asarray(values) + base // 2) // base * base


def prove_rounded(system: System, printed: Bools, below: int = 11, notes: tuple[str, ...] = ()) -> RoundedProof:
    """Round a system and prove it, leaving out totals where they would give a hidden number away.

    Raises
    ------
    DisclosureError
        When a number cannot be protected even so.
    """
    hidden = printed & (system.values < below)
    while True:
        bounded = _bounded(system, printed, hidden, below)
        tables, failed = _search(bounded, printed, below)
        if failed is None:
            return RoundedProof(bounded, hidden, printed, np.array(tables, dtype=np.int64), below, notes)
        more = _neighbour(bounded, failed, printed & ~hidden)
        if more is None:
            raise DisclosureError(
                f"{system.names[failed]} cannot be protected by rounding; merge it with a neighbour or leave it out"
            )
        hidden[more] = True


def _bounded(system: System, printed: Bools, hidden: Bools, below: int) -> System:
    """Return the system with the interval that a reader knows for each cell."""
    low, high = np.zeros(len(system)), np.full(len(system), np.inf)
    shown = printed & ~hidden
    low[shown] = np.maximum(to_base(system.values[shown]) - BASE // 2, below)
    high[shown] = to_base(system.values[shown]) + BASE - 1 - BASE // 2
    small = hidden & (system.values < below)
    high[small] = below - 1
    return replace(system, status=np.zeros(len(system), dtype=np.int64), lowest=low, highest=high)


def _search(system: System, printed: Bools, below: int) -> tuple[list[Ints], int | None]:
    program, wanted = Program(system), round_goals(system, printed, below)
    cells, prices = np.arange(len(system)), np.ones(len(system))
    tables = [system.values]
    done = wanted.met(system.values)[0]
    for goal in range(len(wanted)):
        if done[goal]:
            continue
        p = int(wanted.cells[goal])
        change = program.cheapest(p, wanted.low[goal], wanted.high[goal], cells, prices * 0.5)
        if change is None:
            return tables, p
        tables.append(system.values + change)
        done |= wanted.met(tables[-1])[0]
    return tables, None


def _neighbour(system: System, cell: int, candidates: Bools) -> int | None:
    """Return the largest shown total that a cell is part of, nearest first."""
    reached = np.zeros(len(system), dtype=bool)
    reached[cell] = True
    links = abs(system.relations)
    while True:
        wider = np.asarray(links.T @ (links @ reached.astype(np.int64)) > 0)
        if (found := np.flatnonzero(wider & candidates)).size:
            return int(found[np.argmax(system.values[found])])
        if (wider == reached).all():
            return None
        reached = wider


def rounded(
    given: list[Result], book: Book, entered: list[Any], below: int, progress: bool | None
) -> tuple[tuple[Result, ...], RoundedProof]:
    """Return rounded results and their proof."""
    del progress  # A rounded table has slack everywhere: its programs are few.
    unfit = [type(result).__name__ for result in given if not {"n", "of"} <= set(result.frame.columns)]
    if unfit:
        raise DisclosureError(f"mode='round' is for rates, not for {', '.join(unfit)}; use mode='suppress'")
    printed = book.column("printed").astype(bool)
    proof = prove_rounded(book.system(), printed, below, (ROUNDED_NOTE,))
    if not (checked := proof.check()):
        raise DisclosureError(f"this release {checked}; nothing was released")
    results = [_rounded(result, cells, proof, checked) for result, cells in zip(given, entered, strict=True)]
    return tuple(results), proof


ROUNDED_NOTE: Final = "Numbers below the threshold, zero included, are hidden and the rest rounded to fives"


def _rounded(result: Any, cells: Any, proof: RoundedProof, checked: Checked) -> Result:
    frame = _rounded_frame(result.frame, cells.frame, proof, result.about.level)
    changes: dict[str, Any] = {"frame": frame}
    if hasattr(result, "directions"):
        changes["directions"] = _rounded_frame(result.directions, cells.directions, proof, result.about.level)
    if getattr(result, "contributors", None) is not None:
        changes["contributors"] = None
    shown = frame.drop_duplicates([name for name in (*result.about.by, "from") if name in frame])
    words = f"{checked.hidden:,} numbers hidden, the rest rounded to fives"
    about = replace(
        result.about,
        n=int(shown["of"].sum()),
        persons=int(to_base(result.about.persons, 10)),
        interval=f"{result.about.interval}, from rounded numbers",
        missing="; ".join(part for part in (result.about.missing, words) if part),
    )
    made: Result = replace(result, about=about, **changes)
    return made


def _rounded_frame(frame: pd.DataFrame, cells: pd.DataFrame, proof: RoundedProof, level: float) -> pd.DataFrame:
    """Round n and of, and make shares and limits again from them, at the design effect to one decimal."""
    value = {name: _shown(cells[name], proof) for name in ("n", "of")}
    share = np.minimum(value["n"] / value["of"], 1.0)
    effect = _design_effect(frame)
    size = value["of"] / effect
    z = NormalDist().inv_cdf(0.5 + level / 2)
    middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    out = frame.assign(n=value["n"], of=value["of"], rate=share, se=np.sqrt(share * (1 - share) / size))
    out["low"], out["high"] = np.maximum(middle - half, 0), np.minimum(middle + half, 1)
    out["followed"] = np.nan
    out["hidden"] = np.isnan(value["n"]) | np.isnan(value["of"])
    return out


def _shown(cells: pd.Series, proof: RoundedProof) -> Floats:
    place = cells.to_numpy(dtype=np.int64)
    values = to_base(proof.system.values[place]).astype(float)
    return np.asarray(np.where(proof.hidden[place], np.nan, values), dtype=np.float64)


def _design_effect(frame: pd.DataFrame) -> Floats:
    p, of, se = (frame[name].to_numpy(dtype=float) for name in ("rate", "of", "se"))
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.round(se**2 * of / (p * (1 - p)), 1)
    return np.asarray(np.where(np.isfinite(effect), np.clip(effect, 1.0, 5.0), 1.0), dtype=np.float64)
