"""Audit: the feasibility interval of every hidden cell, for an attacker who knows every published number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from tqdm import tqdm

from careflow.arguments import checked, flag, mapping, whole
from careflow.arguments.messages import brief
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.result import Result
from careflow.protect.cells.cell_table import CellTable
from careflow.protect.insiders import own_cells
from careflow.protect.release import Released, enter_results
from careflow.protect.suppression.attacker import Attacker
from careflow.protect.suppression.diving import EPS
from careflow.protect.suppression.linear_system import UNGUARDED, VIRTUAL, Bools, Floats, margins
from careflow.protect.suppression.proof import Proof
from careflow.protect.suppression.protection_goals import known_to_insider


@dataclass(frozen=True, eq=False)
class View:
    """What an attacker knows: published numbers (NaN where hidden), the sums, and bounds of the hidden numbers.

    Attributes
    ----------
    values : ndarray of float, shape (cells,)
        Published numbers; NaN for those that are hidden or printed nowhere.
    relations : scipy.sparse.csr_array, shape (relations, cells)
        Each row is a sum of cells that is 0.
    lowest, highest : ndarray of float
        Bounds of the numbers that are not published.
    names : tuple of str
        Each cell in words.
    wanted : ndarray of bool
        The cells whose intervals are asked for.
    """

    values: Floats
    relations: sparse.csr_array
    lowest: Floats
    highest: Floats
    names: tuple[str, ...]
    wanted: Bools


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """The feasibility interval of every hidden cell.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row a hidden cell: ``cell``; ``low, high`` (the ends of its feasibility interval; infinite without a bound);
        ``exact`` (both ends are equal); ``small`` (the interval lies within 1 to ``below`` - 1).
    below : int
        The threshold.
    """

    frame: pd.DataFrame
    below: int

    def __repr__(self) -> str:
        exact, small = int(self.frame["exact"].sum()), int(self.frame["small"].sum())
        return (
            f"<Audit: {len(self.frame):,} hidden cells, {exact:,} can be worked out exactly, {small:,} certainly below "
            f"{self.below}>"
        )

    @property
    def ok(self) -> bool:
        """Whether no hidden cell is certainly small."""
        return not bool(self.frame["small"].any())


@checked(below=whole(2, 1000), insider=mapping("{stratum: label}, such as {'facility': 'North'}"), progress=flag)
def audit(
    released: Released | Result | Sequence[Result] | npt.ArrayLike,
    *,
    below: int = 11,
    insider: Mapping[str, str] | None = None,
    progress: bool | None = None,
) -> Audit:
    """Compute the feasibility interval of every hidden cell, for an attacker who knows every published number.

    Parameters
    ----------
    released : Released, protected results, or a table
        What `protect` returned (with a ledger, all earlier releases are included); protected results that are published
        together; or a table made elsewhere: an array or frame of counts whose last entry along each axis is the total,
        NaN where hidden.
    below : int
        The threshold, 2 to 1,000.
    insider : dict, optional
        The stratum whose own numbers the attacker knows too, such as ``{"facility": "North"}``. For a `Released` only,
        since it holds the true numbers.
    progress : bool, optional
        Show a progress bar; by default on a terminal only.

    Returns
    -------
    Audit
        Intervals over whole numbers: the least and the most of each cell, by linear programs, and by integer programs
        where their solution is not whole.

    Raises
    ------
    DisclosureError
        When the published numbers contradict each other.
    ArgumentError
        When ``released`` is no release and no table of numbers, or when an insider is named for anything but a release
        or is not among its strata.

    Notes
    -----
    Maximise and minimise ``v[i]`` subject to ``M v = 0``, ``v`` equal to the published numbers, and ``v`` whole and
    within its bounds (1 or more for a hidden count, since zeros are shown).

    References
    ----------
    Hundepool, A., et al. (2012). Statistical Disclosure Control. Wiley. Chapter 4.

    Examples
    --------
    >>> audit([[float("nan"), 20, 23], [30, 40, 70], [33, 60, 93]]).frame[["low", "high", "exact"]].values.tolist()
    [[3.0, 3.0, True]]
    """
    if isinstance(released, Released):
        view = _of_release(released, insider)
    elif insider is not None:
        raise ArgumentError(
            "insider= needs the true numbers, which only a release holds; give audit() what protect() returned"
        )
    elif isinstance(released, Result):
        view = _of_results([released])
    elif isinstance(released, Sequence) and released and all(isinstance(result, Result) for result in released):
        view = _of_results([result for result in released if isinstance(result, Result)])
    else:
        view = _of_table(_numbers(released))
    return attack(view, below, progress=progress)


def attack(view: View, below: int = 11, *, progress: bool | None = None) -> Audit:
    """Return the feasibility interval of every wanted cell of a view, block by block."""
    unknown = np.isnan(view.values)
    published_sums = view.relations @ np.where(unknown, 0.0, view.values)
    unknown_part = view.relations @ sparse.diags_array(unknown.astype(np.int64), dtype=np.int64)
    _check(published_sums, unknown_part)
    _, labels = sparse.csgraph.connected_components(abs(unknown_part).T @ abs(unknown_part), directed=False)
    rows: list[tuple[int, float, float]] = []
    with tqdm(total=int((view.wanted & unknown).sum()), desc="auditing hidden cells", leave=False,
              disable=None if progress is None else not progress) as bar:  # fmt: skip
        for label in np.unique(labels[view.wanted & unknown]):
            cells = np.flatnonzero((labels == label) & unknown)
            part = sparse.csc_array(unknown_part[:, cells])
            used = np.flatnonzero(np.diff(sparse.csr_array(part).indptr) > 0)
            attacker = Attacker(
                sparse.csc_array(part[used]), -published_sums[used], view.lowest[cells], view.highest[cells]
            )
            for index in np.flatnonzero(view.wanted[cells]):
                rows.append((int(cells[index]), *attacker.interval(int(index))))
                bar.update()
    rows.sort()
    low, high = (np.array([row[i] for row in rows], dtype=float) for i in (1, 2))
    frame = pd.DataFrame({"cell": [view.names[row[0]] for row in rows], "low": low, "high": high})
    frame["exact"] = low == high
    frame["small"] = (low >= 1) & (high < below)
    return Audit(frame, below)


def _check(published_sums: Floats, unknown_part: sparse.csr_array) -> None:
    complete = np.asarray(abs(unknown_part).sum(axis=1) == 0).ravel()
    if wrong := int((np.abs(published_sums[complete]) > EPS).sum()):
        raise DisclosureError(f"{wrong:,} published sums do not hold, so they are not of the same records")


def _of_release(released: Released, insider: Mapping[str, str] | None) -> View:
    proof = released.proof
    if not isinstance(proof, Proof):
        system = proof.system
        values = np.full(len(system), np.nan)
        wanted = np.where(proof.printed, proof.hidden, system.guard != UNGUARDED)
        return View(values, system.relations, system.lowest, system.highest, system.names, wanted)
    return view_of(proof, insider)


def view_of(proof: Proof, insider: Mapping[str, str] | None = None) -> View:
    """Return what a reader of the tables of a proof knows; an insider also knows the cells of their own stratum."""
    system = proof.system
    seen = ~proof.hidden & ~unpublished_cells(proof)
    for name, value in (insider or {}).items():
        known = own_cells(system.names, name, value)
        if not known.any():
            raise ArgumentError(f"no cell of this release is of {name} {value!r}")
        seen |= known_to_insider(system, known)
    values = np.where(seen, system.values.astype(float), np.nan)
    wanted = ~seen & (system.guard != UNGUARDED) & ~unpublished_cells(proof)
    return View(values, system.relations, system.lowest, system.highest, system.names, wanted)


def unpublished_cells(proof: Proof) -> Bools:
    """Return which cells of a proof are printed nowhere."""
    return np.asarray(proof.system.status == VIRTUAL, dtype=np.bool_)


def _of_results(results: list[Result]) -> View:
    if missing := sum("hidden" not in result.frame.columns for result in results):
        raise DisclosureError(f"{missing:,} results are not protected: they show every number")
    table, _ = enter_results(results)
    return _of_cell_table(table)


def _of_cell_table(table: CellTable) -> View:
    printed = table.column("printed").astype(bool)
    lowest = np.where(printed, 1.0, table.column("lowest"))
    return View(
        table.column("value").astype(float),
        table.matrix(),
        lowest,
        table.column("highest").astype(float),
        tuple(cell.name for cell in table.cells),
        printed,
    )


def _numbers(table: Any) -> Floats:
    """Return a table of counts as an array."""
    try:
        return np.asarray(table, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    raise ArgumentError(
        f"audit() takes what protect() returned, protected results, or a table of numbers; it was given {brief(table)}"
    )


def _of_table(values: Floats) -> View:
    if values.ndim == 0 or min(values.shape) < 2:
        raise ArgumentError("a table to audit has its totals as the last entry along each axis")
    matrix, _, keys = margins(tuple(n - 1 for n in values.shape))
    flat = values.ravel()
    names = tuple("cell (" + ", ".join(map(str, key)) + ")" for key in keys)
    return View(flat, matrix, np.ones(len(flat)), np.full(len(flat), np.inf), names, np.ones(len(flat), dtype=bool))
