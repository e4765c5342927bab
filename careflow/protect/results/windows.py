"""Links between counts of the same discharges: within several windows, by two methods, and those who did not return.

What a reader knows of one level in one stratum, with windows s < l:

- those followed for l days are among those followed for s days; the others are *late*, one event each;
- who moved within s days moved within l days, and some moved in between, for whom the shorter window has the reason of
  the discharge: n(s, level) = n(l, level) - between + late, n(s, reason) = n(l, reason) + between + late;
- all moves that were observed include those of followed discharges; the others are among those not yet followed;
- who left care within k days is who could have returned within k days and did not.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Final

import numpy as np

from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_CARE, LEFT_REASONS
from careflow.protect.cells.cell_table import CellTable, Stratum, words_of
from careflow.protect.suppression.linear_system import CHANGE, COUNT, UNGUARDED

FOLLOWED: Final = "transition rate"
INCIDENCE: Final = "cumulative incidence of the next level"
RETURNED: Final = "returned"
OF: Final = "of"
ELIGIBLE: Final = "could return"
_STAYED_AWAY: Final = (*LEFT_REASONS, LEFT_CARE)
_CERTAIN: Final = (DIED, CONCURRENT)
"""Outcomes that a longer window does not change."""

Events = dict[str, int]
Part = tuple[int, int | None]
"""A cell of those followed for the shorter window only, and the cell that changes with it."""


def link_windows(table: CellTable) -> None:
    """Link the counts of every level and stratum over windows and methods."""
    followed, incidence = _by_place(table, FOLLOWED), _by_place(table, INCIDENCE)
    for (origin, stratum), windows in followed.items():
        place = f"{origin}{words_of(stratum)}"
        for short, long in itertools.pairwise(sorted(windows)):
            _link_pair(table, windows[short], windows[long], f"from {place}, between {short} and {long} days")
    for (origin, stratum), windows in incidence.items():
        every = table.families.get(("discharges", origin), {}).get(stratum)
        _link_methods(table, origin, stratum, followed.get((origin, stratum), {}), windows, every)


def hide_longest_window_last(table: CellTable) -> None:
    """Let rates within the longest window cost more to hide than those within shorter ones, printed in one release.

    A difference of two windows is mostly small, so one of them is hidden; the longest is the one that pages show.
    """
    for windows in _by_place(table, FOLLOWED).values():
        printed = {window: [cell for cell in events.values() if table.cells[cell].printed]
                   for window, events in windows.items()}  # fmt: skip
        with_cells = [window for window, cells in printed.items() if cells]
        if len(with_cells) > 1:
            for cell in printed[max(with_cells)]:
                table.cells[cell].depth += 1


def _by_place(table: CellTable, measure: str) -> dict[tuple[str, Stratum], dict[int, Events]]:
    """Return the cells of a measure by level and stratum, then by window and event."""
    places: dict[tuple[str, Stratum], dict[int, Events]] = defaultdict(lambda: defaultdict(dict))
    for family, members in table.families.items():
        if len(family) == 4 and family[0] == measure and family[1].isdigit():
            for stratum, cell in members.items():
                places[family[2], stratum][int(family[1])][family[3]] = cell
    return places


def _link_pair(table: CellTable, short: Events, long: Events, name: str) -> None:
    """Link the counts of two windows: of all who were followed, and of those among them who could return."""
    common = [event for event in short if event in long]
    reasons = {*common} & {*LEFT_REASONS}
    others = (*_STAYED_AWAY, *_CERTAIN, *DIRECTIONS, OF, ELIGIBLE, RETURNED)
    levels = [event for event in common if event not in others]
    # Directions are sums of levels, and left care of its reasons: their links follow where the parts are linked.
    skipped = {*(DIRECTIONS if levels else ()), *((LEFT_CARE,) if reasons else ()), OF, ELIGIBLE, RETURNED}
    link_events(table, short, long, [event for event in common if event not in skipped], OF, name)
    if RETURNED in common:
        link_events(table, short, long, [e for e in (RETURNED, LEFT_CARE) if e in common], ELIGIBLE, name)


def link_events(table: CellTable, short: Events, long: Events, events: list[str], base: str, name: str) -> None:
    """Link the events of two windows; ``base`` is the count of all who were followed."""
    late = None
    if base in short and base in long:
        late = difference(table, short[base], long[base], f"discharges {name}")
    none_late = late is not None and table.cells[late].value == 0
    parts: list[Part] = []
    for event in events:
        words = f"{event} {name}"
        if event in _CERTAIN:
            parts.append((difference(table, short[event], long[event], words), None))
        elif event in _STAYED_AWAY:
            change = difference(table, short[event], long[event], words)
            if late is not None and not none_late:
                parts.append(_part(table, change, base, f"{words}, followed for the shorter window only"))
        elif none_late:
            difference(table, long[event], short[event], words)
        else:
            parts.append(_moved(table, short[event], long[event], words))
    if late is not None and not none_late:
        _share_out(table, late, parts)


def difference(table: CellTable, larger: int, smaller: int, name: str) -> int:
    """Link a count to one that it includes, by their difference: a count like any other.

    Counts of different releases may have been restated between them; the difference is then a change of either sign.
    """
    cells = table.cells
    change = cells[larger].value - cells[smaller].value
    key = f"{cells[larger].key}|less|{cells[smaller].key}"
    restated = bool(change < 0)
    number = table.unpublished(
        key, change, name, guard=CHANGE if restated else COUNT, lowest=-np.inf if restated else 0.0
    )
    if larger != smaller:
        table.relation({larger: 1, smaller: -1, number: -1})
    return number


def _part(table: CellTable, whole: int, base: str, name: str) -> Part:
    """Enter a part of a count whose size no release tells: taken as nobody at first."""
    key = f"{table.cells[whole].key}|{base}|{table.cutoff}"
    part = table.unpublished(f"{key}|part", 0.0, name)
    rest = table.unpublished(f"{key}|other part", table.cells[whole].value, table.cells[whole].name)
    table.relation({whole: 1, part: -1, rest: -1})
    return part, rest


def _moved(table: CellTable, short: int, long: int, name: str) -> Part:
    """Link the moves within two windows; return those followed for the shorter one only, and those in between."""
    cells = table.cells
    more = cells[long].value - cells[short].value
    key = f"{cells[short].key}|{cells[long].key}|{table.cutoff}"
    between = table.unpublished(f"{key}|between", np.maximum(more, 0.0), f"moves to {name}")
    late = table.unpublished(f"{key}|late", np.maximum(-more, 0.0), f"{name}, followed for the shorter window only")
    table.relation({long: 1, short: -1, between: -1, late: 1})
    return late, between


def _share_out(table: CellTable, late: int, parts: list[Part]) -> None:
    """Link those followed for the shorter window only to their events.

    No release tells some of their numbers, so any that fit serve as the table from which the search starts: those who
    stayed away first, then moves, of which as many more lie between the windows.
    """
    cells = table.cells
    missing = cells[late].value - sum(cells[part].value for part, _ in parts)
    for part, other in sorted(parts, key=lambda pair: cells[pair[0]].key.endswith("|late")):
        if other is None or not missing > 0:
            continue
        moved = cells[part].key.endswith("|late")
        more = missing if moved else min(missing, cells[other].value)
        cells[part].value += more
        cells[other].value += more if moved else -more
        missing -= more
    table.sum(late, [part for part, _ in parts])


def _link_methods(
    table: CellTable, origin: str, stratum: Stratum, followed: dict[int, Events], incidence: dict[int, Events],
    every: int | None,
) -> None:  # fmt: skip
    """Link all moves that were observed to those of followed discharges, and to those within longer windows."""
    windows = sorted({*followed, *incidence})
    names = sorted({event for events in incidence.values() for event in events})
    observed: dict[int, Events] = {window: dict(incidence.get(window, {})) for window in windows}
    for event in names:
        known = 0.0
        for window in windows:
            cells = [events[window][event] for events in (followed, observed) if event in events.get(window, {})]
            known = max([known, *(table.cells[cell].value for cell in cells)])
            if event not in observed[window] and event in followed.get(window, {}):
                key = f"{table.cells[followed[window][event]].key}|all observed"
                name = f"{origin} to {event} within {window} days, followed or not{words_of(stratum)}"
                observed[window][event] = table.unpublished(key, known, name, guard=UNGUARDED)
    for short, long in itertools.pairwise(windows):
        for event in names:
            if event in observed[short] and event in observed[long]:
                words = f"{origin} to {event}{words_of(stratum)}, between {short} and {long} days"
                difference(table, observed[long][event], observed[short][event], words)
    for window, events in followed.items():
        words = f"{words_of(stratum)}, not yet followed for {window} days"
        some = {event: cell for event, cell in observed[window].items() if event in events}
        early = {
            event: difference(table, cell, events[event], f"{origin} to {event}{words}") for event, cell in some.items()
        }
        parts = [cell for event, cell in early.items() if event not in DIRECTIONS]
        if every is not None and OF in events and parts:
            late = difference(table, every, events[OF], f"discharges from {origin}{words}")
            table.sum(late, parts)
