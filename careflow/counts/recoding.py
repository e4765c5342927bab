"""Moves that are made by a change of codes alone: the person stayed, and the code changed its meaning."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from careflow.arguments.folding import fold
from careflow.continuum.crosswalk import Crosswalk
from careflow.counts.calendar import day_number
from careflow.counts.linked_stays import Linked
from careflow.records.parsing.encode import LEVEL_CODE

NEXT_DAY: Final = 1
"""Days between a discharge and the next admission that a change of codes explains: the same day, or the next."""


def recoded_moves(moves: Linked) -> pd.DataFrame:
    """Return the moves that a change of codes alone explains; see :attr:`careflow.counts.Transitions.recoded`."""
    walk, names = moves.episodes.crosswalk, moves.episodes.continuum.names
    counted: dict[tuple[str, str], int] = {}
    candidates = _candidates(moves, walk) if walk is not None else ()
    for code, next_code, level, next_level, admit, next_admit, n in candidates:
        if walk is not None and _by_recoding(
            walk, (code, next_code), (names[level], names[next_level]), (admit, next_admit)
        ):
            move = names[level], names[next_level]
            counted[move] = counted.get(move, 0) + n
    rows = [(*move, n) for move, n in sorted(counted.items(), key=lambda item: [names.index(name) for name in item[0]])]
    frame = pd.DataFrame(rows, columns=["from", "to", "n"]).astype({"n": "int64"})
    dtype: pd.CategoricalDtype[Any] = pd.CategoricalDtype(list(names), ordered=True)
    return frame.astype({"from": dtype, "to": dtype})


def _by_recoding(walk: Crosswalk, codes: tuple[str, str], levels: tuple[str, str], admitted: tuple[int, int]) -> bool:
    """Say whether the second stay is where the first was: by its own code under the later lines, or by a new code.

    With one code for both stays the later lines must give it the later level. With two codes the first must be in force
    no more, and the second not in force before; then nothing tells a move from a change of codes.
    """
    first, second = (pd.Timestamp(day, unit="D").date() for day in admitted)
    later = walk.level_on(codes[0], second)
    if codes[0] == codes[1]:
        return later == levels[1] != levels[0]
    return later is None and walk.level_on(codes[1], first) is None


def _candidates(moves: Linked, walk: Crosswalk) -> list[tuple[Any, ...]]:
    """Return moves of at most a day over a day on which lines change, counted by codes, levels and admissions."""
    stratum = moves.episodes.strata[LEVEL_CODE]
    changes = sorted({day_number(day) for line in walk.lines if line.starts for day in [line.first]}
                     | {day_number(line.last) + 1 for line in walk.lines if line.ends})  # fmt: skip
    over = " OR ".join(f"(a.admit < {day} AND b.admit >= {day})" for day in changes) or "false"
    code = stratum.column
    rows = moves.episodes.engine.rows(
        f"SELECT a_code, b_code, a_level, b_level, a_admit, b_admit, count(*) FROM ("
        f"SELECT a.{code} AS a_code, b.{code} AS b_code, a.level AS a_level, b.level AS b_level, a.admit AS a_admit, "
        "b.admit AS b_admit, row_number() OVER (PARTITION BY a.person, a.stay_order ORDER BY b.stay_order) AS place "
        f"FROM {moves.table} a JOIN {moves.table} b ON a.person = b.person AND b.admit = a.end_day + a.gap "
        f"AND b.level = a.next_level AND b.stay_order > a.stay_order "
        f"WHERE a.gap <= {min(NEXT_DAY, moves.within)} AND ({over})) pairs WHERE place = 1 GROUP BY 1, 2, 3, 4, 5, 6"
    )
    codes = {fold(line.code): line.code for line in walk.lines}
    labels = [codes.get(fold(label), label) for label in stratum.labels]
    return [(labels[a], labels[b], *rest) for a, b, *rest in rows if a >= 0 and b >= 0]
