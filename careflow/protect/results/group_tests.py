"""Tests between groups: a p value is shown where all the counts that it compares are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import LEFT_CARE, LEFT_REASONS
from careflow.counts.calendar import unit_of
from careflow.estimate.stats.multiple_testing import adjusted
from careflow.protect.cells.cell_table import CellTable, Family, Stratum, as_of, people_of, records, stratum_of
from careflow.protect.results.mask import Mask, blank, significant
from careflow.protect.results.windows import FOLLOWED, INCIDENCE, difference
from careflow.protect.suppression.linear_system import Bools

if TYPE_CHECKING:
    from careflow.estimate.survival.test_result import GroupTest

UNITS: Final = ("stays", "discharges")
NUMBERS: Final = ("statistic", "p")


@dataclass(frozen=True)
class TestedCells:
    """The cell numbers of ``n`` and ``observed`` of each row of ``groups``."""

    groups: pd.DataFrame


def block(result: GroupTest, record: dict[str, Any]) -> str:
    """Return the name of the test that a record belongs to, its groups included."""
    where = "|".join(str(record[key]) for key in ("level", "from", "to") if key in record)
    # A test is of all records up to the cut-off, whatever its groups are.
    return f"{result.about.measure}|{result.about.by[0]}|{where}{as_of((), result.about.cutoff)}"


def enter(table: CellTable, result: GroupTest) -> TestedCells:
    """Enter the size of each group, its events of each kind, and the complement that the two imply."""
    cells, events = [], dict[tuple[int, Stratum], dict[str, int]]()
    contributors = people_of(result.contributors, len(result.groups))
    for record, people in zip(records(result.groups), contributors, strict=True):
        stratum, level = stratum_of(record, result.about.by), str(record.get("level", record.get("from")))
        name = f"{result.about.unit} at {level} in the test"
        n = table.cell(_family(result, level), stratum, record["n"], name, depth=1, block=block(result, record),
                      persons=people["n"], over_periods=_adds_up(result))  # fmt: skip
        to = str(record.get("to", "ended"))
        observed = table.cell((*_family(result, level), to), stratum, record["observed"], f"{name}, {to}",
                         block=block(result, record), persons=people["observed"],
                         over_periods=_adds_up(result))  # fmt: skip
        events.setdefault((n, stratum), {})[to] = observed
        cells.append({"n": n, "observed": observed})
    for (n, _), event_cells in events.items():
        reasons = [cell for to, cell in event_cells.items() if to in LEFT_REASONS]
        if reasons and LEFT_CARE in event_cells:
            table.sum(event_cells[LEFT_CARE], reasons)
            event_cells = {to: cell for to, cell in event_cells.items() if to not in LEFT_REASONS}
        table.sum(n, list(event_cells.values()))
    return TestedCells(pd.DataFrame(cells, columns=["n", "observed"]))


def _adds_up(result: GroupTest) -> bool:
    return unit_of(result.about.by[:1]) is None


def _family(result: GroupTest, level: str) -> Family:
    unit = "stays" if result.about.unit == "stays" else "discharges"
    return (f"{result.about.measure} of {unit}", level)


def link_tests(table: CellTable) -> None:
    """Link the groups of tests and their events to the stays, discharges and moves that they are among.

    On the clock of stays the events are discharges that were followed; on that of discharges they are moves after any
    number of days, and so include those within a window.
    """
    windows = [f[1] for f in table.families if len(f) == 4 and f[0] == FOLLOWED and f[1].isdigit()]
    window = max(windows, key=int, default="")
    for family in list(table.families):
        unit = next((unit for unit in UNITS if family[0].endswith(f" of {unit}")), None)
        if unit is None:
            continue
        level = family[1]
        wholes: list[Family]
        if len(family) == 2:
            wholes = [("stays", "all", level) if unit == "stays" else ("discharges", level)]
        elif family[2] == "ended":
            wholes = [("discharges", level)]
        elif unit == "stays":
            wholes = [(FOLLOWED, window, level, family[2])]
        else:
            wholes = [(INCIDENCE, window, level, family[2]), (FOLLOWED, window, level, family[2])]
        for stratum, number in list(table.families[family].items()):
            others = (table.families.get(whole, {}).get(stratum) for whole in wholes)
            other = next((cell for cell in others if cell is not None), None)
            if other is not None:
                smaller, larger = sorted((number, other), key=lambda cell: table.cells[cell].value)
                difference(table, larger, smaller, f"{table.cells[larger].name}, less the others")


def masked(result: GroupTest, cells: TestedCells, mask: Mask) -> GroupTest:
    """Return the tests of which every group's numbers are shown; p values are corrected for as many as are shown.

    ``expected`` has the same sum as ``observed``, so it is shown where all of that is. Statistics have 3 digits:
    they depend on every day of every stay.
    """
    keys = [name for name in ("level", "from", "to") if name in result.frame]
    n, observed = mask.hides(cells.groups["n"]), mask.hides(cells.groups["observed"])
    few = n | observed | ((result.groups["n"] > 0) & (result.groups["n"] < mask.below)).to_numpy()
    hidden = _keys(result.groups[few], keys)
    of_test, of_group = _rows_of(result.frame, hidden, keys), _rows_of(result.groups, hidden, keys)
    groups = result.groups.assign(n=blank(result.groups["n"], n), observed=blank(result.groups["observed"], observed))
    groups["expected"] = significant(blank(groups["expected"], of_group))
    frame = result.frame.copy()
    for name in NUMBERS:
        frame[name] = significant(blank(frame[name], of_test))
    few = (frame["clusters"].fillna(mask.below) < mask.below).to_numpy(dtype=bool)
    frame["clusters"] = frame["clusters"].mask(of_test | few)
    frame["p_adjusted"] = significant(pd.Series(adjusted(frame["p"], result.correction), frame.index))
    return replace(
        result, frame=frame.assign(hidden=of_test), groups=groups.assign(hidden=n | observed), contributors=None
    )


def _keys(frame: pd.DataFrame, keys: list[str]) -> set[tuple[str, ...]]:
    return {tuple(str(record[key]) for key in keys) for record in records(frame)}


def _rows_of(frame: pd.DataFrame, hidden: set[tuple[str, ...]], keys: list[str]) -> Bools:
    return np.array([tuple(str(record[key]) for key in keys) in hidden for record in records(frame)], dtype=np.bool_)


def total(result: GroupTest) -> int:
    """Return what ``n`` of the provenance may say: those in the groups that are shown, once a level."""
    keys = ["level" if "level" in result.groups else "from", *result.about.by]
    return int(result.groups.drop_duplicates(keys)["n"].sum())
