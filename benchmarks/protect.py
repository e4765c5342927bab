"""Suppression with proof on random tables: time, cells hidden, attackers. ``python benchmarks/protect.py [--quick]``.

Prints the table of docs/decisions/2026-11-24-protection-measured.md. All tables are made up.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt

from careflow.protect import Proof, prove, table
from careflow.protect.audit import attack, view_of
from careflow.protect.cells.cell_table import CellTable
from careflow.protect.history.state import State
from careflow.protect.history.successive_releases import JointRelease, join
from careflow.protect.suppression.linear_system import System

Table = npt.NDArray[np.int64]

RUNS = (
    ((8, 10), 3000, 4),
    ((8, 10), 20000, 4),
    ((8, 10, 4), 4000, 2),
    ((8, 10, 12), 12000, 1),
    ((8, 10, 12), 60000, 1),
    ((30, 8, 8), 30000, 1),
)
"""Shape, persons, tables: levels x next, x quarters, and facility x level x quarter."""
GAUSS = 600
"""Cells of the largest table that plain Gaussian elimination is tried on: it takes a quarter of an hour on 1,287."""
SPARSE = ((0.2, 5000, 9), (0.2, 12000, 2), (0.2, 60000, 1), (0.35, 12000, 3), (0.35, 60000, 3), (0.35, 200000, 8),
          (0.7, 12000, 5), (0.7, 200000, 10))  # fmt: skip
"""Dirichlet, persons, seed of tables 8x10x12 without rows and columns: mostly zeros and ones, the hardest."""
INSIDE = ((8, 10), 3000, 4)
"""Facility x level, each facility an insider."""

HEAD = (
    "| table with margins | cells | small | more hidden | seconds, processor/clock | check, ms | unproved | "
    "attacker: certainly small | shown by mistake: caught | plain Gauss: more hidden/exact/certainly small |"
)
INSIDERS = (
    "\n| each facility an insider | hidden without the option | insiders' facts: certainly small | hidden with it | "
    "insiders' facts | processor seconds |"
)
LATER = (
    "\n| successive releases, with a ledger | cells | hidden | last release, processor seconds | unproved | "
    "joint attacker |"
)


def random_table(shape: tuple[int, ...], n: int, seed: int) -> Table:
    """Return made-up counts whose rows and columns differ in size as levels of care do."""
    rng = np.random.default_rng(seed)
    weight = np.ones(shape)
    for axis, size in enumerate(shape):
        spread = 0.8 if axis < 2 else 0.2
        weight = weight * np.exp(rng.normal(0, spread, size)).reshape(
            [size if axis == i else 1 for i in range(len(shape))]
        )
    weight = weight * np.exp(rng.normal(0, 0.9, shape))
    return rng.multinomial(n, (weight / weight.sum()).ravel()).reshape(shape)


def gauss_hidden(system: System) -> npt.NDArray[np.bool_]:
    """Hide small cells, then the cheapest others until no small cell is in the span of what is shown.

    Plain Gaussian elimination, as other tools do it: it looks at exact derivation only, not at intervals.
    """
    hidden = system.small(11)
    cells = np.flatnonzero((system.values > 0) & ~hidden)
    order = cells[np.argsort(system.values[cells] * 8.0 ** system.depth[cells], kind="stable")]
    dense = system.relations.toarray().astype(float)
    while (exact := _in_span(dense, hidden) & system.small(11)).any():
        row = np.flatnonzero((dense[:, exact] != 0).any(axis=1))
        near = [cell for cell in order if not hidden[cell] and (dense[row, cell] != 0).any()]
        hidden[near[0] if near else next(cell for cell in order if not hidden[cell])] = True
    return hidden


def _in_span(dense: npt.NDArray[np.float64], hidden: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which hidden cells are linear combinations of the shown ones: those that are 0 in the whole null space."""
    part = dense[:, hidden]
    _, values, right = np.linalg.svd(part, full_matrices=True)
    rank = int((values > 1e-9).sum())
    exact = np.zeros(len(hidden), dtype=bool)
    exact[np.flatnonzero(hidden)] = np.abs(right[rank:]).max(axis=0, initial=0) < 1e-9
    return exact


def mistakes(proof: Proof, most: int = 140) -> tuple[int, int]:
    """Show hidden cells one at a time; return how many were tried and how many check() caught."""
    cells = np.flatnonzero(proof.hidden)
    cells = np.random.default_rng(0).permutation(cells)[:most]
    caught = 0
    for cell in cells:
        hidden = proof.hidden.copy()
        hidden[cell] = False
        caught += not replace(proof, hidden=hidden).check()
    return len(cells), caught


def tables(quick: bool) -> Iterator[str]:
    """Yield one row of the results a shape."""
    for shape, n, runs in RUNS:
        if quick and np.prod(shape) > 400:
            continue
        rows = [measure(table(random_table(shape, n, seed)), gauss=seed < 2) for seed in range(runs)]
        spans = [span([row[i] for row in rows]) for i in range(len(rows[0]))]
        yield f"| {'x'.join(map(str, shape))}, n = {n:,} | " + " | ".join(spans) + " |"


def span(values: list[str]) -> str:
    """Return one value, or the first and the last of several in order."""
    if values[0] == "-" or "/" in values[0] or " of " in values[0]:
        return ", ".join(dict.fromkeys(values))
    ordered = sorted(set(values), key=lambda text: float(text.replace(",", "")))
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def sparse_tables(quick: bool) -> Iterator[str]:
    """Yield one row of the results a table of chance alone."""
    for spread, n, seed in SPARSE[: 1 if quick else None]:
        rng = np.random.default_rng(seed)
        counts = rng.multinomial(n, rng.dirichlet(np.full(960, spread))).reshape(8, 10, 12)
        row = measure(table(counts), gauss=False)
        yield f"| 8x10x12, Dirichlet {spread}, n = {n:,} | " + " | ".join(row) + " |"


def measure(system: System, *, gauss: bool) -> list[str]:
    """Return cells, small, secondaries, seconds, check ms, unproved, attacker, mistakes, and plain Gauss."""
    started, spent = time.perf_counter(), time.process_time()
    proof = prove(system)
    took, spent = time.perf_counter() - started, time.process_time() - spent
    started = time.perf_counter()
    checked = proof.check()
    checking = time.perf_counter() - started
    small = int(system.small(11).sum())
    tried, caught = mistakes(proof)
    started = time.process_time()
    found = attack(view_of(proof)).frame
    attacked = f"{int(found['small'].sum())} of {len(found)} ({time.process_time() - started:.1f} s)"
    plain = "-"
    if gauss and len(system) < GAUSS:
        other = Proof(system, gauss_hidden(system), np.empty((0, len(system)), dtype=np.int64))
        told = attack(view_of(other)).frame
        plain = f"{int(other.hidden.sum()) - small}/{int(told['exact'].sum())}/{int(told['small'].sum())}"
    return [
        f"{len(system):,}", f"{small}", f"{int(proof.hidden.sum()) - small}", f"{spent:.1f}/{took:.1f}",
        f"{1000 * checking:.0f}",
        f"{checked.small - checked.proved}", attacked, f"{caught}/{tried}",
        plain,
    ]  # fmt: skip


def quarters(cube: Table, count: int) -> CellTable:
    """Return the book of the first quarters of a cube (from, to, quarter) and their total, cut off after the last."""
    made = CellTable(date(2023 + count // 4, 3 * (count % 4) + 1, 1))
    shape = (*cube.shape[:2], count)
    for where in np.ndindex(*(n + 1 for n in shape)):
        part = tuple(slice(None) if i == n else slice(i, i + 1) for i, n in zip(where, shape, strict=True))
        at = where[2]
        stratum = (("quarter", f"{2023 + at // 4}Q{at % 4 + 1}"),) if at < count else ()
        name = "|".join("+" if i == n else str(i) for i, n in zip(where[:2], shape[:2], strict=True))
        depth = sum(i == n for i, n in zip(where, shape, strict=True))
        value = float(cube[..., :count][part].sum())
        made.cell(("flow", name), stratum, value, f"flow {name}", depth=depth, block=f"{name}{stratum}")
    for stratum in made.families["flow", "+|+"]:
        for i in range(shape[0] + 1):
            row = f"{i}" if i < shape[0] else "+"
            made.sum(made.families["flow", f"{row}|+"][stratum],
                     [made.families["flow", f"{row}|{j}"][stratum] for j in range(shape[1])])  # fmt: skip
        for j in range(shape[1]):
            made.sum(made.families["flow", f"+|{j}"][stratum],
                     [made.families["flow", f"{i}|{j}"][stratum] for i in range(shape[0])])  # fmt: skip
    from careflow.protect.cells.hierarchies import link_strata

    link_strata(made)
    return made


def releases(shape: tuple[int, int, int], n: int, first: int, seed: int) -> str:
    """Publish the first quarters, then one more at a time, with a ledger; attack all releases jointly."""
    cube = random_table(shape, n, seed)
    state, took = State(), 0.0
    for count in range(first, shape[2] + 1):
        started = time.process_time()
        joint: JointRelease = join(quarters(cube, count), state, 11)
        proof = prove(joint.state.system())
        state = joint.after_release(proof.hidden)
        took = time.process_time() - started
    checked, found = proof.check(), attack(view_of(proof))
    return (
        f"| {'x'.join(map(str, shape))}, n = {n:,}, {shape[2] - first + 1} releases | {checked.cells:,} | "
        f"{checked.hidden} | {took:.1f} | {checked.small - checked.proved} | "
        f"{int(found.frame['exact'].sum())} exact, {int(found.frame['small'].sum())} certainly small |"
    )


def insiders(shape: tuple[int, int], n: int, seeds: int) -> Iterator[str]:
    """Protect facilities by levels against every facility that knows its own row, and play each of them."""
    owner = np.full((shape[0] + 1, shape[1] + 1), -1)
    owner[: shape[0]] = np.arange(shape[0])[:, None]
    owner = owner.ravel()
    for seed in range(seeds):
        counts = random_table(shape, n, seed)
        plain = prove(table(counts))
        started = time.process_time()
        proof = prove(table(counts, owner=owner))
        took = time.process_time() - started
        facts = [sum(_told(one, owner == row) for row in range(shape[0])) for one in (plain, proof)]
        yield (
            f"| {shape[0]}x{shape[1]}, n = {n:,}, table {seed + 1} | {int(plain.hidden.sum())} | {facts[0]} | "
            f"{int(proof.hidden.sum())} | {facts[1]} | {took:.1f} |"
        )


def _told(proof: Proof, own: npt.NDArray[np.bool_]) -> int:
    """Return of how many cells an insider is certain that they are small."""
    return int(attack(view_of(replace(proof, hidden=proof.hidden & ~own))).frame["small"].sum())


def main() -> None:
    """Print machine, date and both tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="small tables only")
    quick = asked.parse_args().quick
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {date.today():%Y-%m-%d}\n"
    )
    print(HEAD)
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in tables(quick):
        print(row, flush=True)
    for row in sparse_tables(quick):
        print(row, flush=True)
    print(LATER)
    print("|---|---|---|---|---|---|")
    for seed in range(1 if quick else 2):
        print(releases((8, 10, 5), 6000, 4, seed), flush=True)
        print(releases((8, 10, 7), 6000, 4, seed), flush=True)
    print(INSIDERS)
    print("|---|---|---|---|---|---|")
    for row in insiders(*INSIDE):
        print(row, flush=True)


if __name__ == "__main__":
    main()
