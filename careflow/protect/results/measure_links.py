"""The sums that link measures over their windows, and to rates within the same windows.

A hit of a discharge is its next stay, or a later one. So of the followed discharges of a level, by what followed within
the window (the cells of transition rates):

- moves to a level of the numerator are hits, unless they were made before its first day;
- other moves, and discharges while another stay went on, are hits or not;
- who left care or died has no hit;
- any of them may be none of the measure, where its definition is of a part of the discharges.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from typing import Any, Final

import numpy as np

from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE
from careflow.errors import DisclosureError
from careflow.protect.cells.cell_table import CellTable, Family, Stratum, words_of
from careflow.protect.results.length_of_stay import CLOSED, ENDED, IN_CARE, OPEN, STAYS
from careflow.protect.results.windows import ELIGIBLE, FOLLOWED, OF, RETURNED, Events, link_events

MEASURE: Final = "measure"
DISCHARGES: Final = "discharges"
Rule = dict[str, Any]
"""What a definition says of the discharges of a level, by what followed; it stands in their family as JSON."""
_EVENTS: Final = (RETURNED, ELIGIBLE, LEFT_CARE)
_OF_STAYS: Final = ("admitted", DISCHARGES, STAYS, CLOSED, OPEN, IN_CARE)


def link_measures(table: CellTable) -> None:
    """Link measures over their windows, and to rates within the same windows.

    Raises
    ------
    DisclosureError
        For two measures, or a measure beside other numbers of what followed without rates within its windows.
    """
    names = sorted({family[1] for family in table.families if family[0] == MEASURE})
    if not names:
        return
    if len(names) > 1:
        raise DisclosureError(
            f"{len(names)} measures overlap each other, and no sums link them; publish one in a series of releases"
        )
    places: dict[tuple[Family, Stratum], dict[int, Events]] = defaultdict(lambda: defaultdict(dict))
    for family, members in table.families.items():
        if family[0] == MEASURE and family[-1] in _EVENTS:
            for stratum, number in members.items():
                places[family[:-2], stratum][int(family[-2])][family[-1]] = number
    for (head, stratum), windows in places.items():
        level, rule = head[-1], head[2]
        place = f"{names[0]} from {level}{words_of(stratum)}"
        for window, events in windows.items():
            rates = _rate_cells(table, window, level, stratum)
            if ELIGIBLE not in events and OF in rates:
                events[ELIGIBLE] = rates[OF]
            if rule.startswith("{"):
                _link_rates(table, events, rates, json.loads(rule), f"{place} within {window} days")
        for short, long in itertools.pairwise(sorted(windows)):
            name = f"{place}, between {short} and {long} days"
            link_events(table, windows[short], windows[long], [RETURNED, LEFT_CARE], ELIGIBLE, name)
    _check_linked(table)


def _rate_cells(table: CellTable, window: int, level: str, stratum: Stratum) -> Events:
    return {
        family[3]: members[stratum]
        for family, members in table.families.items()
        if len(family) == 4 and family[:3] == (FOLLOWED, str(window), level) and stratum in members
    }


def _check_linked(table: CellTable) -> None:
    """Raise where other numbers of what followed stand beside a measure, without rates that link them."""
    needed: dict[tuple[str, str], set[str]] = {}
    for family in table.families:
        if family[0] == MEASURE and family[2].startswith("{") and family[-1] == RETURNED:
            rule = json.loads(family[2])
            needed[family[-2], family[3]] = {*rule["sure"], *rule["maybe"], *rule["other"], LEFT_CARE}
    there: dict[tuple[str, str], set[str]] = defaultdict(set)
    others = False
    for family in table.families:
        if len(family) == 4 and family[0] == FOLLOWED:
            there[family[1], family[2]].add(family[3])
            others |= family[3] != OF
        else:
            others |= family[0] not in (MEASURE, *_OF_STAYS) and not family[0].startswith(ENDED)
    if others and any(not names <= there[place] for place, names in needed.items()):
        windows = ", ".join(sorted({window for window, _ in needed}, key=int))
        raise DisclosureError(
            "a measure overlaps what else is counted of the same discharges, and only rates of every level within its "
            f"windows link them; protect transition_rates(within=[{windows}, ...]) beside it, or the measure alone"
        )


def _link_rates(table: CellTable, events: Events, rates: Events, rule: Rule, name: str) -> None:
    """Link those with and without a hit to what followed, by rates within the same window."""
    groups = {
        "sure": rule["sure"], "maybe": rule["maybe"], "other": [*rule["other"], CONCURRENT], "none": [LEFT_CARE, DIED]
    }  # fmt: skip
    parts = {group: [rates[to] for to in to_names if to in rates and to not in rule["out"]]
             for group, to_names in groups.items()}  # fmt: skip
    if not {*rule["sure"], *rule["maybe"], *rule["other"], LEFT_CARE} <= set(rates):
        return
    cells, key = table.cells, f"{table.cells[events[RETURNED]].key}|by rates {table.cutoff}"
    left = {RETURNED: cells[events[RETURNED]].value, LEFT_CARE: cells[events[LEFT_CARE]].value}
    kinds = {"sure": [RETURNED], "maybe": [RETURNED, LEFT_CARE], "other": [RETURNED, LEFT_CARE], "none": [LEFT_CARE]}
    rest = {group: sum(cells[part].value for part in members) for group, members in parts.items()}
    rows: dict[str, dict[int, int]] = {event: {events[event]: 1} for event in (RETURNED, LEFT_CARE)}
    of_group: dict[str, dict[int, int]] = {group: dict.fromkeys(members, 1) for group, members in parts.items()}
    # No release tells these numbers, so any that fit serve: hits of certain moves first, then of the others.
    for event, order in ((RETURNED, ("sure", "maybe", "other")), (LEFT_CARE, ("none", "maybe", "other"))):
        for group in order:
            if event not in kinds[group] or not parts[group]:
                continue
            size = np.minimum(rest[group], left[event])
            rest[group], left[event] = rest[group] - size, left[event] - size
            words = f"{name}, {group}, {'with' if event == RETURNED else 'without'}"
            number = table.unpublished(f"{key}|{group}|{event}", size, words)
            rows[event][number] = of_group[group][number] = -1
    for group, row in of_group.items():
        if parts[group] and not rule["whole"]:
            row[table.unpublished(f"{key}|{group}|none of it", rest[group], f"{name}, {group}, none of it")] = -1
    for row in (*rows.values(), *of_group.values()):
        if len(row) > 1:
            table.relation(row)
