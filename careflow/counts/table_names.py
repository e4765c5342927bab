"""The tables that counts can hold, by name; some names carry a number, such as ``returns:30``."""

from __future__ import annotations

import re
from typing import Final

from careflow.continuum import Continuum
from careflow.counts.event_tables import EVENT_TABLES, PROCESS, EventTable
from careflow.counts.sql.journeys import held_sql, journey_sql, paths_sql
from careflow.counts.sql.previous_level import COLUMNS, HISTORY
from careflow.counts.sql.retention import COLUMNS as RETAINED
from careflow.counts.sql.retention import retained_sql
from careflow.counts.sql.returns import SERVED, bounces_sql, returns_sql
from careflow.errors import ArgumentError
from careflow.records.parsing.date_basis import DAYS, LINKING

DEFAULT: Final = (*EVENT_TABLES, "served", "journey", "paths:4", "returns:30", "bounces:30")
"""What ``moves.counts()`` counts unless told otherwise."""

_NAME: Final = re.compile(r"(served|journey|paths|held|returns|bounces|kept)(?::(\d+(?:,\d+)*))?(?:@(\d+))?(:reentry)?")


def event_table(name: str, continuum: Continuum) -> EventTable:
    """Return the clock of a name.

    ``journey`` runs from the first admission, ``journey:1`` from the first to the level in that place, and
    ``journey:1:reentry`` follows people back into care, ``journey:1@30`` runs from day 30 on for those then at that
    level; ``paths:4`` holds the first four stays of each journey, and ``held:0,30,90`` its levels on these days;
    ``returns:30`` and ``bounces:30`` the returns and bounce-backs within 30 days, ``returns:30,0,1`` the returns to the
    levels in places 0 and 1; ``kept:30,60`` who is in care on these days after an admission; ``history`` what followed
    each discharge by the level before it.

    Raises
    ------
    ArgumentError
        If there is no such clock.
    """
    if name in EVENT_TABLES:
        return EVENT_TABLES[name]
    if name == "history":
        return EventTable(COLUMNS, HISTORY, "discharge", LINKING)
    found = _NAME.fullmatch(name)
    if found is None or ((found[3] or found[4]) and found[1] != "journey"):
        raise ArgumentError(
            f"no clock {name!r}; there are {', '.join(DEFAULT)} and history, the numbers being days, steps or levels"
        )
    kind, numbers, reentry = found[1], [int(n) for n in (found[2] or "").split(",") if n], bool(found[4])
    if kind == "served":
        return EventTable(("state",), SERVED, "days in the period", DAYS)
    if kind == "journey":
        start, landmark = numbers[0] if numbers else None, int(found[3]) if found[3] else None
        return EventTable(PROCESS, journey_sql(start, reentry=reentry, landmark=landmark), "admission", LINKING)
    if not numbers:
        raise ArgumentError(f"clock {name!r} needs a number, such as {kind}:30")
    if kind == "paths":
        return EventTable(
            tuple(f"step_{i}" for i in range(1, numbers[0] + 1)), paths_sql(numbers[0]), "admission", LINKING
        )
    if kind == "held":
        return EventTable(
            tuple(f"step_{i}" for i in range(1, len(numbers) + 1)), held_sql(numbers), "admission", LINKING
        )
    if kind == "kept":
        return EventTable(RETAINED, retained_sql(numbers), "admission", DAYS)
    if kind == "returns":
        levels = tuple(numbers[1:])
        return EventTable(
            ("jackknife_group", "state", "event", "followed"), returns_sql(numbers[0], levels), "discharge", LINKING
        )
    return EventTable(
        ("jackknife_group", "state", "target", "event", "followed"),
        bounces_sql(numbers[0], continuum),
        "discharge",
        LINKING,
    )
