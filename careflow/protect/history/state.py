"""The state of a ledger: every cell that the releases so far showed, hid or implied, and their sums."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from careflow.errors import DisclosureError
from careflow.protect.cells.cell_table import Cell, CellTable
from careflow.protect.suppression.earlier_tables import EarlierTables
from careflow.protect.suppression.linear_system import HIDDEN, SHOWN, VIRTUAL, Bools, System


@dataclass
class State:
    """Every cell that the releases so far showed, hid or implied, with their sums: the content of a ledger.

    Attributes
    ----------
    cells : list of Cell
        With true values: never publish a state.
    status : list of int
        `SHOWN`, `HIDDEN` or `VIRTUAL` for each cell.
    sums : list of dict
        Relations: cell number to coefficient.
    latest : dict
        For each key, the newest version of its cell.
    rows : dict
        For each block, its rows as last printed.
    plan : dict
        The plan of the series (`careflow.protect.history.series_plan`).
    tables : EarlierTables
        The alternative tables of the last release.
    """

    cells: list[Cell] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    sums: list[dict[int, int]] = field(default_factory=list)
    latest: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)
    tables: EarlierTables = field(default_factory=EarlierTables)

    def system(self) -> System:
        """Return all releases as one linear system."""
        table = CellTable()
        table.cells, table.sums = self.cells, self.sums
        status = np.array(self.status, dtype=np.int64)
        system_of_cells = table.system()
        printed = status != VIRTUAL
        status = np.where((system_of_cells.values == 0) & printed, SHOWN, status)
        return replace(system_of_cells, status=status, lowest=np.where(printed, 1.0, table.column("lowest")))

    def hidden(self) -> Bools:
        """Return which cells are hidden."""
        return np.array([status == HIDDEN for status in self.status], dtype=np.bool_)


def to_plain(state: State) -> dict[str, Any]:
    """Return the state as plain lists and dicts, for a text file."""
    cells = []
    for cell, status in zip(state.cells, state.status, strict=True):
        plain = dict(vars(cell))
        plain["value"] = int(cell.value)
        plain["lowest"] = None if np.isinf(cell.lowest) else cell.lowest
        plain["highest"] = None if np.isinf(cell.highest) else cell.highest
        plain["status"] = status
        cells.append(plain)
    sums = [[[int(cell), int(coefficient)] for cell, coefficient in row.items()] for row in state.sums]
    tables = {
        "changes": [list(map(list, change.items())) for change in state.tables.changes],
        "least": list(map(list, state.tables.least.items())),
    }
    return {
        "cells": cells, "sums": sums, "latest": state.latest, "rows": state.rows, "plan": state.plan, "tables": tables,
    }  # fmt: skip


def from_plain(plain: dict[str, Any]) -> State:
    """Return the state that `to_plain` wrote.

    Raises
    ------
    DisclosureError
        When something is missing or of the wrong kind.
    """
    try:
        cells, status = [], []
        for given in plain["cells"]:
            entry = dict(given)
            status.append(int(entry.pop("status")))
            entry["lowest"] = -np.inf if entry["lowest"] is None else float(entry["lowest"])
            entry["highest"] = np.inf if entry["highest"] is None else float(entry["highest"])
            entry["value"] = float(entry["value"])
            entry["family"] = tuple(entry["family"])
            entry["stratum"] = tuple((str(name), str(label)) for name, label in entry["stratum"])
            cells.append(Cell(**entry))
        sums = [{int(cell): int(coefficient) for cell, coefficient in row} for row in plain["sums"]]
        latest = {key: int(number) for key, number in plain["latest"].items()}
        # Ledgers of before 2026-12 have no tables: all are searched for again.
        tables = plain.get("tables", {"changes": [], "least": []})
        changes = [{int(cell): int(by) for cell, by in change} for change in tables["changes"]]
        earlier = EarlierTables(changes, {int(cell): int(value) for cell, value in tables["least"]})
        if any(not 0 <= cell < len(cells) for part in (*changes, earlier.least) for cell in part):
            raise ValueError("a table has cells that the ledger does not have")
        state = State(cells, status, sums, latest, dict(plain["rows"]), dict(plain["plan"]), earlier)
        state.system()
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as problem:
        raise DisclosureError(
            "the ledger is broken: a release in it is incomplete or its sums do not hold. Restore the folder from a "
            "backup; a new ledger would not know what was published before"
        ) from problem
    return state
