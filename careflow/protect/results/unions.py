"""Rates of levels put together: each count is the sum of counts of the rates of every level."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import LEFT_CARE, LEFT_REASONS
from careflow.errors import DisclosureError
from careflow.protect.cells.cell_table import CellTable, Family, people_of, records, stratum_of
from careflow.protect.results.windows import FOLLOWED, OF

if TYPE_CHECKING:
    from careflow.estimate import Rates

UNION: Final = "put together"
_DISCHARGES: Final = "discharges"


def enter_rows(table: CellTable, result: Rates, frame: pd.DataFrame, kind: str, block: Any) -> pd.DataFrame:
    """Enter the rows of rates that ``frm`` and ``to`` put together; return their cells (``n``, ``of``, ``every``)."""
    assert result.moves is not None
    moves, care = (result.moves if kind == "to" else result.moves.ways(result.continuum)), result.continuum
    contributors = people_of(result.contributors if kind == "to" else result.direction_contributors, len(frame))
    cells = []
    for record, people in zip(records(frame), contributors, strict=True):
        stratum, window = stratum_of(record, result.about.by), str(record.get("within", result.about.within[0]))
        frm, to = str(record["from"]), str(record[kind])
        pairs = moves.pairs(care, frm, to)
        levels = [
            name for name, member in zip(care.names, moves.members[moves.origins.index(frm)], strict=True) if member
        ]
        add = {"block": block(result, record)}
        name = f"{frm} to {to} within {window} days"
        n = table.cell(_family(window, _events(pairs)), stratum, record["n"], name, persons=people["persons"], **add)
        of = table.cell(_family(window, [(level, OF) for level in levels]), stratum, record["of"],
                        f"followed discharges from {frm} within {window} days",
                        persons=people["persons_of"], **add)  # fmt: skip
        every = -1
        if record["of"] > 0 and record["followed"] > 0:
            whole = float(round(record["of"] / record["followed"]))
            family = (_DISCHARGES, levels[0]) if len(levels) == 1 else (UNION, _DISCHARGES, json.dumps(levels))
            every = table.cell(family, stratum, whole, f"discharges from {frm}", persons=people["persons_of"], **add)
            table.sum(every, [of])
        table.sum(of, [n])
        cells.append({"n": n, "of": of, "every": every})
    return pd.DataFrame(cells, columns=["n", "of", "every"])


def _events(pairs: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what each level's discharges came to, all reasons of leaving care as one."""
    out = set(pairs)
    for level in {level for level, _ in pairs}:
        reasons = {(level, reason) for reason in LEFT_REASONS}
        if reasons <= out:
            out = (out - reasons) | {(level, LEFT_CARE)}
    return sorted(out)


def _family(window: str, events: list[tuple[str, str]]) -> Family:
    """Return the family of a sum of counts of rates; of one count it is the family of that."""
    return (FOLLOWED, window, *events[0]) if len(events) == 1 else (UNION, window, json.dumps(events))


def link_unions(table: CellTable) -> None:
    """Link each count of levels put together to the counts that it is the sum of.

    Raises
    ------
    DisclosureError
        Where the rates of every level are not there.
    """
    for family in [family for family in table.families if family[0] == UNION]:
        names = json.loads(family[2])
        of_levels = [
            (_DISCHARGES, name) if family[1] == _DISCHARGES else (FOLLOWED, family[1], *name) for name in names
        ]
        for stratum, number in list(table.families[family].items()):
            parts = [table.families.get(one, {}).get(stratum) for one in of_levels]
            if any(part is None for part in parts):
                if not table.cells[number].printed:
                    continue
                raise DisclosureError(
                    "rates of levels put together are sums of the rates of every level, which are needed to protect "
                    "them: protect([rates, rates.union(...)]), by the same strata and within the same windows"
                )
            if np.isnan(table.cells[number].value):
                table.cells[number].value = sum(table.cells[part].value for part in parts if part is not None)
            table.relation({number: 1} | {part: -1 for part in parts if part is not None})
