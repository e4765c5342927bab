"""Returns (readmissions, bounce-backs): their cells, and their frames with suppressed numbers missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS, LEFT_CARE, OUTCOMES
from careflow.protect.cells.cell_table import CellTable, Family, as_of, people_of, records, stratum_of, words_of
from careflow.protect.results.mask import Mask, blank
from careflow.protect.results.windows import ELIGIBLE, FOLLOWED, INCIDENCE, OF, RETURNED, difference
from careflow.protect.suppression.linear_system import UNGUARDED

if TYPE_CHECKING:
    from careflow.estimate import Returns
    from careflow.estimate.result import Result


READMISSIONS: Final = "readmission rate"
ANY_LEVEL: Final = "Discharges with another admission 1 to"
"""How the definition of returns to any level begins."""


@dataclass(frozen=True)
class ShareCells:
    """The cell numbers of each row."""

    frame: pd.DataFrame


def why_refused(result: Result) -> str:
    """Return why returns cannot be published as they are, and what to do; empty if they can."""
    if isinstance(getattr(result, "days", 0), tuple) and "rate" in result.frame and "from" in result.frame:
        return (
            "several windows in one frame are proved one by one: protect a result of each together, as in "
            "protect([readmissions(moves, days=7), readmissions(moves, days=30)])"
        )
    if getattr(result, "back", "") == "any step up":
        return (
            "those who came back to a level at least as intensive are part of them and could be subtracted; protect "
            "bounce_back() without back="
        )
    return ""


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
        # Returns to any level are events of those who could return, as moves are of all who were followed.
        any_level = (FOLLOWED, str(result.days), ends[0])
        n_family = (*any_level, RETURNED) if _to_any_level(result) else (*family, "n")
        of_family = (*any_level, ELIGIBLE) if _to_any_level(result) else (*family, "of")
        n = table.cell(n_family, stratum, record["n"], name, block=block_name, persons=people["n"])
        of = table.cell(of_family, stratum, record["of"], f"{name}, denominator", depth=1, block=block_name,
                       persons=people["of"])  # fmt: skip
        _enter_others(table, result, record, ends, n, of)
        every = -1
        if record["followed"] > 0 and record["of"] > 0:
            whole = float(round(record["of"] / record["followed"]))
            # All steps down are moves within the link window, of discharges followed or not.
            step_down = len(ends) == 2 and result.about.linked is not None
            all_family = (INCIDENCE, str(result.about.linked), *ends) if step_down else (*family, "all")
            every = table.cell(all_family, stratum, whole, f"{name}, followed or not", depth=1,
                               block=block_name, persons=people["all"])  # fmt: skip
            table.sum(every, [of])
        cells.append({"n": n, "of": of, "every": every})
    return ShareCells(pd.DataFrame(cells, columns=["n", "of", "every"]))


def _enter_others(
    table: CellTable, result: Returns, record: dict[str, Any], ends: tuple[str, ...], n: int, of: int
) -> None:
    """Enter those who did not return: of returns to any level, they are those who left care within as many days."""
    stratum = stratum_of(record, result.about.by)
    if not _to_any_level(result):
        table.sum(of, [n])
        return
    window = str(result.days)
    stayed_away = table.cell((FOLLOWED, window, ends[0], LEFT_CARE), stratum, record["of"] - record["n"],
                             f"{ends[0]} to {LEFT_CARE} within {window} days", printed=False)  # fmt: skip
    table.relation({of: 1, n: -1, stayed_away: -1})


def _to_any_level(result: Returns) -> bool:
    return result.about.measure == READMISSIONS and ANY_LEVEL in result.about.definition


def link_returns(table: CellTable) -> None:
    """Link returns to the moves within as many days, and all who could return to all discharges.

    Moves are returns and same-day transfers. All discharges are those who could return, transfers, deaths and
    discharges while another stay went on.
    """
    for family in list(table.families):
        if len(family) == 3 and family[0].startswith(READMISSIONS) and family[2] == "all":
            discharges = table.families.get(("discharges", family[1]), {})
            for stratum, every in list(table.families[family].items()):
                if stratum in discharges and not table.cells[discharges[stratum]].value < table.cells[every].value:
                    table.sum(discharges[stratum], [every])
        elif len(family) == 4 and family[0] == FOLLOWED and family[3] == RETURNED:
            _link_moves(table, family)


def _link_moves(table: CellTable, family: Family) -> None:
    outcomes = {RETURNED, OF, ELIGIBLE, *OUTCOMES, *DIRECTIONS}
    for stratum, returned in list(table.families[family].items()):
        moves = [
            members[stratum]
            for other, members in table.families.items()
            if other[:3] == family[:3] and other[3] not in outcomes and stratum in members
        ]
        if not moves:
            continue
        total = sum(table.cells[cell].value for cell in moves)
        place = f"{family[2]}{words_of(stratum)}"
        key = f"{table.cells[returned].key}|moves"
        every = table.unpublished(key, total, f"moves within {family[1]} days from {place}", guard=UNGUARDED)
        table.relation({every: 1} | dict.fromkeys(moves, -1))
        difference(table, every, returned, f"same-day transfers from {place}")


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
