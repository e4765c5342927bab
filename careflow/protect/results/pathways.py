"""Pathways: their cells, their links to moves and endings, and their frames with suppressed numbers missing."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import DIED, LEFT_REASONS
from careflow.errors import DisclosureError
from careflow.protect.cells.cell_table import CellTable, Stratum, as_of, records, stratum_of
from careflow.protect.results.length_of_stay import IN_CARE as STAYS_IN_CARE
from careflow.protect.results.mask import Mask, blank
from careflow.protect.results.readmissions import ShareCells
from careflow.protect.results.windows import FOLLOWED, INCIDENCE, OF
from careflow.protect.suppression.linear_system import CHANGE, COUNT, UNGUARDED

if TYPE_CHECKING:
    from typing import Any

    from careflow.estimate import Pathways
    from careflow.estimate.result import Result

PATHWAYS: Final = "pathways"
RARER: Final = "rarer ways"
IN_CARE: Final = "in care"
NOT_YET_KNOWN: Final = "not yet known"
ALL: Final = "*"
BEGUN: Final = "+"
"""The last part of the family of all journeys with some first steps."""

Paths = dict[tuple[str, ...], int]


def block(result: Result, record: dict[str, Any]) -> str:
    """Return the name of a stratum of pathways: it is published as one."""
    stratum = stratum_of(record, result.about.by)
    return f"{_kind(result)}|{stratum}{as_of(stratum, result.about.cutoff)}"


def _steps(result: Result) -> int:
    return sum(str(name).startswith("step_") for name in result.frame.columns)


def _kind(result: Result) -> str:
    """Return a name for pathways of as many stays, or on the same days: their counts are the same counts."""
    days = getattr(result, "days", ())
    return f"{PATHWAYS} on days {', '.join(map(str, days))}" if days else f"{PATHWAYS} {_steps(result)}"


def enter(table: CellTable, result: Pathways) -> ShareCells:
    """Enter pathways: the journeys of each sum to those with the same first steps, and to all of the stratum.

    A merged row of rarer ways is another count wherever other ways are named beside it.
    """
    frame, steps = result.frame, [f"step_{i}" for i in range(1, _steps(result) + 1)]
    rows = [
        (record, stratum_of(record, result.about.by), tuple(str(record[s]) for s in steps if not pd.isna(record[s])))
        for record in records(frame)
    ]
    named: dict[tuple[Stratum, tuple[str, ...]], set[str]] = defaultdict(set)
    for _, stratum, path in rows:
        for at, step in enumerate(path):
            named[stratum, path[:at]].add(step)
    kind, cells = _kind(result), []
    members: dict[tuple[Stratum, tuple[str, ...]], dict[int, float]] = defaultdict(dict)
    rows_of: dict[tuple[Stratum, tuple[str, ...]], list[int]] = defaultdict(list)
    for row, (record, stratum, path) in enumerate(rows):
        family = (kind, *path)
        if path[-1] == RARER:
            beside = "|".join(sorted(named[stratum, path[:-1]]))
            family = (kind, *path[:-1], f"{RARER} {sha256(beside.encode()).hexdigest()[:12]}")
        name = f"journeys {' to '.join(path)}"
        n = table.cell(family, stratum, record["n"], name, block=block(result, record), persons=_people(result, [row]))
        for at in range(len(path)):
            members[stratum, path[:at]][n] = record["n"]
            rows_of[stratum, path[:at]].append(row)
        cells.append(n)
    totals: dict[Stratum, int] = {}
    for (stratum, begun), parts in members.items():
        value, people = float(sum(parts.values())), _people(result, rows_of[stratum, begun])
        if not begun:
            record = next(record for record, of, _ in rows if of == stratum)
            totals[stratum] = number = table.cell(
                (kind, ALL), stratum, value, "journeys", depth=1, block=block(result, record), persons=people
            )
        else:
            name = f"journeys that begin {' to '.join(begun)}"
            number = table.cell((kind, *begun, BEGUN), stratum, value, name, printed=False, persons=people)
        table.sum(number, list(parts))
    of = [totals[stratum] for _, stratum, _ in rows]
    return ShareCells(pd.DataFrame({"n": cells, "of": of}))


def _people(result: Pathways, rows: list[int]) -> int:
    """Return at least how many people are behind some rows together, -1 where that is not known."""
    groups = result.contributors
    if groups is None or len(groups) != len(result.frame):
        return -1
    return int(groups.to_numpy()[rows].any(axis=0).sum())


def link_paths(table: CellTable) -> None:
    """Link pathways to the moves, endings and admissions that they are part of.

    Moves from a level to another are steps of pathways, or come after the last step. Endings are discharges without a
    move. Admissions to a level begin journeys, are moves into it, or overlap another stay.

    Raises
    ------
    DisclosureError
        For pathways beside other counts that they cannot be linked to.
    """
    kinds = sorted({family[0] for family in table.families if family[0].startswith(PATHWAYS)})
    if not kinds:
        return
    others = {family[0] for family in table.families} - {*kinds}
    if len(kinds) > 1 or (others and " on days " in kinds[0]):
        raise DisclosureError(
            "pathways of several numbers of steps, or by the levels on some days, cannot be linked to each other and "
            "to other counts of the same journeys; release one kind of pathways, by steps"
        )
    by_stratum: dict[Stratum, Paths] = defaultdict(dict)
    for family, members in table.families.items():
        if family[0] == kinds[0] and family[-1] not in (ALL, BEGUN):
            for stratum, number in members.items():
                by_stratum[stratum][family[1:]] = number
    for stratum, paths in by_stratum.items():
        _link_first_steps(table, kinds[0], stratum)
        if not stratum and others:
            _link_moves(table, paths)


def _link_first_steps(table: CellTable, kind: str, stratum: Stratum) -> None:
    for family in list(table.families):
        if family[0] == kind and len(family) == 3 and family[2] == BEGUN:
            begun = table.families[family].get(stratum)
            admitted = table.families.get(("admitted", family[1]), {}).get(stratum)
            if begun is not None and admitted is not None:
                _includes(table, admitted, {begun: 1}, f"admissions to {family[1]} that begin no journey")


def _link_moves(table: CellTable, paths: Paths) -> None:
    """Link the steps and endings of all pathways to the moves and endings of all discharges."""
    steps: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for path, number in paths.items():
        for pair in itertools.pairwise(path):
            steps[pair][number] += 1
    windows = sorted({int(f[1]) for f in table.families if len(f) == 4 and f[0] == FOLLOWED and f[1].isdigit()})
    if not windows:
        return
    if table.linked is not None and table.linked not in windows:
        raise DisclosureError(
            f"pathways are of moves within {table.linked} days, and cannot be linked to rates within other windows "
            f"only; release rates within={table.linked} beside them, or leave the pathways out"
        )
    window = str(windows[-1])
    moves: dict[str, Counter[int]] = defaultdict(Counter)
    for (origin, to), cells in steps.items():
        late = _not_yet_followed(table, window, origin)
        ending = {IN_CARE: _cell(table, (STAYS_IN_CARE, origin), table.on_day(())), NOT_YET_KNOWN: late}
        if to in ending or to in (*LEFT_REASONS, DIED):
            whole = ending.get(to, _cell(table, (FOLLOWED, window, origin, to), ()))
            if whole is not None:
                _includes(table, whole, cells, f"{origin} to {to} after the steps of the pathways")
        elif (every := _all_moves(table, window, origin, to, late, cells)) is not None:
            moves[to][every] += 1
            _includes(table, every, cells, f"moves from {origin} to {to} after the steps of the pathways")
    for to, cells in moves.items():
        admitted = _cell(table, ("admitted", to), ())
        kind = next(family[0] for family in table.families if family[0].startswith(PATHWAYS))
        begun = _cell(table, (kind, to, BEGUN), ())
        if admitted is not None and begun is not None:
            _includes(table, admitted, cells | {begun: 1}, f"admissions to {to} during another stay")


def _cell(table: CellTable, family: tuple[str, ...], stratum: Stratum) -> int | None:
    return table.families.get(family, {}).get(stratum)


def _not_yet_followed(table: CellTable, window: str, origin: str) -> int | None:
    """Return the cell of all discharges that are not followed for the window yet."""
    every, followed = _cell(table, ("discharges", origin), ()), _cell(table, (FOLLOWED, window, origin, OF), ())
    if every is None or followed is None:
        return None
    key = f"{table.cells[every].key}|not followed for {window}"
    value = table.cells[every].value - table.cells[followed].value
    late = table.unpublished(key, value, f"discharges from {origin}, not yet followed for {window} days")
    table.relation({every: 1, followed: -1, late: -1})
    return late


def _all_moves(
    table: CellTable, window: str, origin: str, to: str, late: int | None, steps: Counter[int]
) -> int | None:
    """Return the cell of all moves that were observed, of discharges that are followed or not."""
    if (every := _cell(table, (INCIDENCE, window, origin, to), ())) is not None:
        return every
    followed = _cell(table, (FOLLOWED, window, origin, to), ())
    if followed is None or late is None:
        return followed
    # No release tells how many of those not yet followed have moved: any number that fits the pathways will do.
    known = sum(table.cells[cell].value * times for cell, times in steps.items())
    value = float(np.clip(known - table.cells[followed].value, 0.0, table.cells[late].value))
    key = f"{table.cells[followed].key}|{table.cutoff}|early"
    early = table.unpublished(key, value, f"moves from {origin} to {to}, not yet followed for {window} days")
    every = table.unpublished(
        f"{key} or followed", table.cells[followed].value + value, f"moves from {origin} to {to}", guard=UNGUARDED
    )
    table.relation({every: 1, followed: -1, early: -1})
    _includes(table, late, {early: 1}, f"discharges from {origin}, not yet followed, not to {to}")
    return every


def _includes(table: CellTable, whole: int, parts: dict[int, int], name: str) -> None:
    """Link a count to counts that it includes, so many times each; the rest is a count too.

    Stays that overlap can make the parts more than the whole; the difference is then one that no reader knows.
    """
    row = {whole: 1} | {cell: -times for cell, times in parts.items()}
    rest = sum(table.cells[cell].value * times for cell, times in row.items())
    if rest != 0:
        guard, lowest = (CHANGE, -np.inf) if rest < 0 else (COUNT, 0.0)
        key = "|".join(table.cells[cell].key for cell in (whole, *sorted(parts)))
        rest_key = f"{table.cells[whole].key}|but {sha256(key.encode()).hexdigest()[:12]}"
        row[table.unpublished(rest_key, rest, name, guard=guard, lowest=lowest)] = -1
    table.relation(row)


def masked(result: Pathways, cells: ShareCells, mask: Mask) -> Pathways:
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
    return replace(result, frame=ordered.astype(out.dtypes.to_dict()), contributors=None)
