"""The discharges that differ between two extracts, each with its one cause, counted by what they were and became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_CARE, LEFT_REASONS, REASONS
from careflow.counts.calendar import UNITS, Calendar
from careflow.counts.count import MISSING, REASON, check_strata
from careflow.counts.event_tables import CONCURRENT_CODE, REASON_CODE
from careflow.counts.matched_stays import NOT_COUNTED, OPEN_DAY, Matched, Side, Strata, matched
from careflow.counts.transitions import Transitions
from careflow.records.parsing.date_basis import ACTUAL, OFFSET

CAUSES: Final = (
    *("", "removed", "since", "late", "admission", "level", "discharge date", "reason", "stratum", "followed"),
    "other stay",
)
"""Why a discharge differs, in the order in which the first that holds is taken; the positions are codes of the SQL."""
SAME_DAYS: Final = (ACTUAL, OFFSET)
"""The date bases by which a stay has the same days in two extracts."""
PLACES: Final = ("discharge", "next stay", "other stay")
"""Where the change is."""
_REASON, _OTHER = CAUSES.index("reason"), CAUSES.index("other stay")
_ABSENT: Final = -9
_APART: Final = 1000
"""More than the code of any outcome."""
_DIED: Final = REASONS.index(DIED)


@dataclass(frozen=True)
class ChangedDischarges:
    """The discharges that differ between two extracts.

    Attributes
    ----------
    to, directions : pandas.DataFrame
        The strata, ``from, to`` (or ``direction``), ``cause, where, records, n, of``: the number of discharges that
        differ in the row, and what they add to its numerator and denominator.
    matched : pandas.DataFrame
        ``by, n``: how many stays are the same stay, by what they were matched.
    """

    to: pd.DataFrame
    directions: pd.DataFrame
    matched: pd.DataFrame


def changed_discharges(
    old: Transitions, new: Transitions, within: int, by: Sequence[str], calendar: Calendar
) -> ChangedDischarges:
    """Compare the followed discharges of two extracts that were read alongside each other.

    Parameters
    ----------
    old, new : Transitions
        Linked stays of both.
    within : int
        The window in days, the same on both sides.
    by : sequence of str
        Strata.
    calendar : Calendar
        The calendar of periods.

    Raises
    ------
    ArgumentError
        If they were read each by itself, or a stratum does not exist.
    """
    for moves in (old, new):
        check_strata(moves, by)
    sides = Side(old, within), Side(new, within)
    strata = Strata.of(sides, by, calendar)
    engine = new.episodes.engine
    with engine.lock, matched(*sides, strata) as pairs:
        codes = engine.integers(_changes_sql(pairs, sides, strata))
        found = pairs.by
    continuum = new.episodes.continuum
    to, directions = (_by_cause(codes, strata, continuum, kind) for kind in ("to", "direction"))
    return ChangedDischarges(to, directions, found)


def _changes_sql(pairs: Matched, sides: tuple[Side, Side], strata: Strata) -> str:
    """Return the SQL that counts the changed discharges by both cells and by cause.

    A discharge has a cause for rows of levels and one for rows of reasons, since a reason decides in those alone.
    """
    old, new = sides
    cells = [f"b{i}" for i in range(len(strata.names))]
    levels = len(new.moves.episodes.continuum)
    own = f"""CASE WHEN b_person IS NULL THEN 1
        WHEN a_person IS NULL THEN CASE WHEN b_admit > {old.cutoff} THEN 2 ELSE 3 END
        WHEN a_admit <> b_admit OR a_person <> b_person THEN 4
        WHEN a_level <> b_level THEN 5
        WHEN a_ends <> b_ends THEN CASE WHEN a_ends = {OPEN_DAY} AND b_ends > {old.cutoff} THEN 2 ELSE 6 END
        ELSE 0 END"""
    deadly = f"(a_reason <> b_reason AND (a_reason = {_DIED} OR b_reason = {_DIED}))"
    labels = [name for name, stratum in zip(cells, strata.names, strict=True) if stratum not in (*UNITS, REASON)]
    other = " OR ".join(f"a_{name} <> b_{name}" for name in labels) or "false"
    counted = {side: f"coalesce({side}_outcome, {NOT_COUNTED}) <> {NOT_COUNTED}" for side in "ab"}
    rest = f"WHEN {other} THEN 8 WHEN ({counted['a']}) <> ({counted['b']}) THEN 9 ELSE 0 END"
    decides = "a_reason <> b_reason" if REASON in strata.names else deadly
    differ = " OR ".join(f"a_{name} <> b_{name}" for name in ("outcome", "level", *cells))

    def next_sql(side: str, moves: str) -> str:
        """Return the SQL of the cause of the next stay, where it is not the discharge that differs."""
        return f"""
            SELECT n.person, n.stay_order, max(CASE WHEN p.own > 0 THEN p.own WHEN p.deadly THEN {_REASON} ELSE 0 END)
                AS cause
            FROM (
                SELECT c.{side}_person AS person, c.{side}_stay_order AS stay_order, min(s.stay_order) AS next
                FROM changed c JOIN {moves} s ON s.person = c.{side}_person AND s.level = c.{side}_next_level
                    AND s.admit = c.{side}_ends + c.{side}_gap AND s.stay_order > c.{side}_stay_order
                WHERE c.plain = 0 AND c.{side}_outcome BETWEEN 0 AND {levels - 1}
                GROUP BY c.{side}_person, c.{side}_stay_order) n
            JOIN judged p ON p.{side}_person = n.person AND p.{side}_stay_order = n.next
            GROUP BY n.person, n.stay_order"""

    keys = [f"{side}_{name}" for side in "ab" for name in (*cells, "level", "outcome")]
    kept = ", ".join(f"CASE WHEN {counted[key[0]]} THEN {key} ELSE {_ABSENT} END AS {key}" for key in keys)
    later = f"coalesce(nullif(x.cause, 0), nullif(y.cause, 0), {_OTHER})"
    causes = ", ".join(
        f"CASE WHEN {name} > 0 THEN {name} ELSE {later} END AS {name}_cause, "
        f"CASE WHEN {name} > 0 THEN 0 WHEN {later} < {_OTHER} THEN 1 ELSE 2 END AS {name}_place"
        for name in ("plain", "told")
    )
    return f"""
        WITH judged AS (SELECT *, {own} AS own, coalesce({deadly}, false) AS deadly FROM {pairs.pairs}),
        changed AS (
            SELECT *, CASE WHEN own > 0 THEN own WHEN {decides} THEN {_REASON} {rest} AS plain,
                CASE WHEN own > 0 THEN own WHEN a_reason <> b_reason THEN {_REASON} {rest} AS told
            FROM judged WHERE ({counted["a"]}) <> ({counted["b"]}) OR ({counted["a"]} AND ({differ}))),
        next_new AS ({next_sql("b", new.moves.table)}),
        next_old AS ({next_sql("a", old.moves.table)})
        SELECT {", ".join(keys)}, plain_cause, plain_place, told_cause, told_place, CAST(count(*) AS BIGINT) AS records
        FROM (
            SELECT {kept}, {causes} FROM changed c
            LEFT JOIN next_new x ON x.person = c.b_person AND x.stay_order = c.b_stay_order
            LEFT JOIN next_old y ON y.person = c.a_person AND y.stay_order = c.a_stay_order) cells
        GROUP BY ALL"""


def _by_cause(codes: pd.DataFrame, strata: Strata, continuum: Continuum, kind: str) -> pd.DataFrame:
    """Return the sums by cause of each row of rates by level and outcome reached, or by direction."""
    names = [*strata.names, "from"]
    columns = [*names, kind, "cause", "where", "records", "n", "of"]
    cells = [*(f"b{i}" for i in range(len(strata.names))), "level"]
    sides = []
    for side, sign in (("a", -1), ("b", 1)):
        rows = codes[codes[f"{side}_level"] != _ABSENT]
        part = pd.DataFrame({name: rows[f"{side}_{cell}"] for name, cell in zip(names, cells, strict=True)})
        sides.append(part.assign(outcome=rows[f"{side}_outcome"], sign=sign, change=rows.index))
    long = pd.concat(sides, ignore_index=True)
    out = []
    for target, reached in _targets(continuum, kind).items():
        hit = np.isin(long["from"] * _APART + long["outcome"], reached)
        rows = long.assign(n=long["sign"] * hit, of=long["sign"])
        rows = rows.groupby([*names, "change"], sort=False, as_index=False)[["n", "of"]].sum()
        rows = rows[(rows["n"] != 0) | (rows["of"] != 0)]
        which = "told" if target in LEFT_REASONS else "plain"
        of_change = codes.loc[rows["change"], [f"{which}_cause", f"{which}_place", "records"]].to_numpy()
        rows["cause"], rows["where"], rows["records"] = of_change.T
        rows["n"], rows["of"] = rows["n"] * rows["records"], rows["of"] * rows["records"]
        rows[kind] = target
        keys = [*names, kind, "cause", "where"]
        out.append(rows.groupby(keys, sort=False, as_index=False)[["records", "n", "of"]].sum())
    frame = pd.concat(out, ignore_index=True)
    for name in strata.names:
        frame[name] = _labels(frame[name], name, strata)
    frame["from"] = frame["from"].map(dict(enumerate(continuum.names)))
    frame["cause"], frame["where"] = (
        frame[name].map(dict(enumerate(labels))) for name, labels in (("cause", CAUSES), ("where", PLACES))
    )
    return frame[columns]


def _targets(continuum: Continuum, kind: str) -> dict[str, list[int]]:
    """Return what each row counts: the codes of the level left and of the outcome as one number."""
    names = continuum.names
    levels = range(len(names))
    if kind == "direction":
        return {
            way: [f * _APART + t for f in levels for t in levels if continuum.direction(names[f], names[t]) == way]
            for way in DIRECTIONS
        }
    reasons = {reason: {REASON_CODE + REASONS.index(reason)} for reason in LEFT_REASONS}
    codes = {name: {place} for place, name in enumerate(names)} | reasons
    codes |= {LEFT_CARE: set().union(*reasons.values()), DIED: {REASON_CODE + _DIED}, CONCURRENT: {CONCURRENT_CODE}}
    return {target: [f * _APART + code for f in levels for code in some] for target, some in codes.items()}


def _labels(codes: pd.Series[int], name: str, strata: Strata) -> pd.Series[str]:
    if name in UNITS:
        labels = {code: strata.calendar.label(int(code), name) for code in codes.unique()}
    else:
        labels = {-1: MISSING} | dict(enumerate(strata.labels[name]))
    return codes.map(labels)
