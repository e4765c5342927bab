"""Returns (readmissions, bounce-backs) and pathways: their cells, and frames with suppressed numbers missing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pandas as pd

from careflow.protect.cells.cell_table import CellTable, as_of, people_of, records, stratum_of
from careflow.protect.results.mask import Mask, blank

if TYPE_CHECKING:
    from careflow.estimate import Pathways, Returns
    from careflow.estimate.result import Result


@dataclass(frozen=True)
class ShareCells:
    """The cell numbers of each row."""

    frame: pd.DataFrame


def _family_name(result: Result) -> str:
    """Return a short name of what is counted, with a checksum of the definition (days and levels)."""
    return f"{result.about.measure} {sha256(result.about.definition.encode()).hexdigest()[:8]}"


def block(result: Result, record: dict[str, Any]) -> str:
    """Return the name of the row that a record belongs to."""
    stratum = stratum_of(record, result.about.by)
    ends = ">".join(str(record[key]) for key in ("from", "to") if key in record)
    return f"{_family_name(result)}|{ends}|{stratum}{as_of(stratum, result.about.cutoff)}"


def enter(table: CellTable, result: Returns) -> ShareCells:
    """Enter returns: those who came back, who did not, who are not yet followed, and discharges left out."""
    cells = []
    contributors = people_of(result.contributors, len(result.frame))
    for record, people in zip(records(result.frame), contributors, strict=True):
        stratum, block_name = stratum_of(record, result.about.by), block(result, record)
        ends = tuple(str(record[key]) for key in ("from", "to") if key in record)
        family, name = (_family_name(result), *ends), f"{result.about.measure}, {' to '.join(ends)}"
        n = table.cell((*family, "n"), stratum, record["n"], name, block=block_name, persons=people["n"])
        of = table.cell((*family, "of"), stratum, record["of"], f"{name}, denominator", depth=1, block=block_name,
                       persons=people["of"])  # fmt: skip
        table.sum(of, [n])
        every = -1
        if record["followed"] > 0 and record["of"] > 0:
            whole = float(round(record["of"] / record["followed"]))
            every = table.cell((*family, "all"), stratum, whole, f"{name}, followed or not", depth=1,
                               block=block_name, persons=people["all"])  # fmt: skip
            table.sum(every, [of])
            discharges = table.families.get(("discharges", ends[0]), {}).get(stratum)
            if discharges is not None and len(ends) == 1 and not table.cells[discharges].value < whole:
                table.sum(discharges, [every])
        cells.append({"n": n, "of": of, "every": every})
    return ShareCells(pd.DataFrame(cells, columns=["n", "of", "every"]))


def masked(result: Returns, cells: ShareCells, mask: Mask) -> Returns:
    """Return the shares with every number missing that is hidden or would disclose a hidden one."""
    n, of, every = (mask.hides(cells.frame[name]) for name in ("n", "of", "every"))
    frame = result.frame
    out = frame.assign(n=blank(frame["n"], n), of=blank(frame["of"], of))
    for name in ("rate", "se", "low", "high"):
        out[name] = blank(frame[name], n | of)
    out["followed"] = blank(frame["followed"], of | every)
    out["hidden"] = n | of
    return replace(result, frame=out, contributors=None)


def total(result: Result) -> int:
    """Return what ``n`` of the provenance may say: the discharges, or the journeys, that are shown."""
    return int(result.frame["of" if "of" in result.frame else "n"].sum())


def path_block(result: Result, record: dict[str, Any]) -> str:
    """Return the name of a stratum of pathways: it is published as one."""
    stratum = stratum_of(record, result.about.by)
    return f"{_kind(result)}|{stratum}{as_of(stratum, result.about.cutoff)}"


def _steps(result: Result) -> int:
    return sum(str(name).startswith("step_") for name in result.frame.columns)


def _kind(result: Result) -> str:
    """Return a name for pathways of as many stays, or on the same days: their counts are the same counts."""
    days = getattr(result, "days", ())
    return f"pathways on days {', '.join(map(str, days))}" if days else f"pathways {_steps(result)}"


def enter_paths(table: CellTable, result: Pathways) -> ShareCells:
    """Enter pathways: the journeys of each sum to the journeys of the stratum, which ``share`` implies."""
    steps = [f"step_{i}" for i in range(1, _steps(result) + 1)]
    totals = result.frame.groupby(list(result.about.by), observed=True)["n"] if result.about.by else None
    totals_of_rows = (
        totals.transform("sum") if totals is not None else pd.Series(result.frame["n"].sum(), result.frame.index)
    )
    cells, parts = [], defaultdict[int, list[int]](list)
    for record, total in zip(records(result.frame), totals_of_rows, strict=True):
        stratum, block_name = stratum_of(record, result.about.by), path_block(result, record)
        path = tuple(str(record[step]) for step in steps if not pd.isna(record[step]))
        family = (_kind(result),)
        n = table.cell((*family, *path), stratum, record["n"], f"journeys {' to '.join(path)}", block=block_name)
        of = table.cell((*family, "*"), stratum, total, "journeys", depth=1, block=block_name)
        parts[of].append(n)
        cells.append({"n": n, "of": of})
    for of, members in parts.items():
        table.sum(of, members)
    return ShareCells(pd.DataFrame(cells, columns=["n", "of"]))


def masked_paths(result: Pathways, cells: ShareCells, mask: Mask) -> Pathways:
    """Return the pathways; hidden ones are last, in an order that does not depend on their counts."""
    n, of = mask.hides(cells.frame["n"]), mask.hides(cells.frame["of"])
    frame = result.frame
    out = frame.assign(n=blank(frame["n"], n), share=blank(frame["share"], n | of), hidden=n)
    steps = [name for name in frame.columns if str(name).startswith("step_")]
    shown = out[~n]
    hidden_last = out[n].sort_values([*result.about.by, *steps], kind="stable")
    ordered = pd.concat([shown, hidden_last], ignore_index=True)
    if result.about.by:
        ordered = ordered.sort_values(list(result.about.by), kind="stable", ignore_index=True)
    return replace(result, frame=ordered.astype(out.dtypes.to_dict()))
