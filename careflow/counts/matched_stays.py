"""Which stays of two extracts are the same stay, and what differs between them, by SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import REASONS
from careflow.counts.calendar import UNITS, Calendar, day_number
from careflow.counts.count import REASON
from careflow.counts.event_tables import OUTCOME
from careflow.counts.linked_stays import Linked
from careflow.errors import ArgumentError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.encode import EPISODE_KEY

OPEN_DAY: Final = -10_000_000
"""The day of discharge of a stay that is open: before any other."""
NOT_COUNTED: Final = -1
"""The outcome of a stay that is in no denominator: open, or not followed for the window."""

_COLUMNS: Final = (*("person", "stay_order", "level", "admit", "ends", "reason", "gap", "next_level", "outcome", "id"),)

_WITHIN_PERSON: Final = (
    ("episode id", ("person", "id"), "x.id <> -1", "y.id <> -1"),
    ("level and admission", ("person", "level", "admit"), "true", "true"),
    ("admission", ("person", "admit"), "true", "true"),
    ("level and discharge", ("person", "level", "ends"), f"x.ends <> {OPEN_DAY}", f"y.ends <> {OPEN_DAY}"),
)
"""How stays of a person are matched, in order: what they are called, the key, and which stays have one."""
SAME: Final = "no difference"
_LONE: Final = "the only other stay of the level"
_ANYBODY: Final = "episode id, level and admission of another person"


@dataclass(frozen=True)
class Side:
    """One extract: its linked stays, and the codes of strata that both extracts share.

    Attributes
    ----------
    moves : Linked
        The linked stays.
    within : int
        The window in days.
    """

    moves: Linked
    within: int

    @property
    def cutoff(self) -> int:
        """The cut-off in days of the engine."""
        return day_number(self.moves.episodes.cutoff)


@dataclass(frozen=True)
class Strata:
    """The strata of both extracts, with the labels that they share.

    Attributes
    ----------
    names : tuple of str
        The strata.
    labels : dict of str to tuple of str
        The labels of each stratum that is no period.
    calendar : Calendar
        The calendar of periods.
    """

    names: tuple[str, ...]
    labels: dict[str, tuple[str, ...]]
    calendar: Calendar

    @classmethod
    def of(cls, sides: Sequence[Side], names: Sequence[str], calendar: Calendar) -> Strata:
        """Return the strata of two extracts: the labels of the first, then those that only the second has."""
        labels: dict[str, tuple[str, ...]] = {REASON: REASONS}
        for name in names:
            if name not in (*UNITS, REASON):
                each = [side.moves.episodes.strata[name].labels for side in sides]
                labels[name] = tuple(dict.fromkeys(label for some in each for label in some))
        return cls(tuple(names), labels, calendar)


@dataclass(frozen=True)
class Matched:
    """Stays of two extracts side by side: those that differ, or are in one extract only.

    Attributes
    ----------
    pairs : str
        A table with the columns ``a_...`` of the old and ``b_...`` of the new extract; those of one side are NULL where
        the stay is in the other extract only. Stays that do not differ are left out.
    by : pandas.DataFrame
        ``by, n``: how many stays were matched by what.
    """

    pairs: str
    by: pd.DataFrame


@contextmanager
def matched(old: Side, new: Side, strata: Strata) -> Iterator[Matched]:
    """Match the stays of two extracts that share an engine and a key.

    Within a person stays are matched by episode id, then by level and admission, by admission, by level and discharge,
    then a lone rest of the level where either has no id; then anybody's of the same id, level and admission.
    """
    engine = _shared_engine(old, new)
    tables: list[str] = []

    def table(stem: str, sql: str) -> str:
        name = engine.name(f"diff_{stem}")
        engine.run(f"CREATE TEMP TABLE {name} AS {sql}")
        tables.append(name)
        return name

    frames: list[str] = []
    try:
        first, second = (_side_sql(side, strata, engine, frames) for side in (old, new))
        ids = old.moves.episodes.ids and new.moves.episodes.ids
        columns = (*_COLUMNS, *(f"b{i}" for i in range(len(strata.names))))
        both = table("both", _both_sql(first, second, columns, ids=ids))
        rest = {side: table("rest", _rest_sql(both, columns, side, other)) for side, other in (("a", "b"), ("b", "a"))}
        steps = [(name, _match_sql(key, *conditions)) for name, key, *conditions in _WITHIN_PERSON]
        steps += [(_LONE, _LONE_SQL), (_ANYBODY, _match_sql(("id", "level", "admit"), "x.id <> -1", "y.id <> -1"))]
        left = dict(rest)
        matches: list[str] = []
        by: list[tuple[str, int]] = []
        for name, sql in steps:
            if not _any(engine, left):
                break
            match = table("match", sql.format(**left))
            matches.append(match)
            by.append((name, int(engine.one(f"SELECT count(*) FROM {match}")[0])))
            left = {side: table("left", _left_sql(left[side], match, side)) for side in ("a", "b")}
        pairs = table("pairs", _pairs_sql(both, columns, rest, left, matches))
        alike = old.moves.episodes.n - int(engine.one(f"SELECT count(*) FROM {rest['a']}")[0])
        frame = pd.DataFrame([(SAME, alike), *by], columns=["by", "n"]).astype({"n": "int64"})
        yield Matched(pairs, frame[frame["n"] > 0].reset_index(drop=True))
    finally:
        for name in tables:
            engine.run(f"DROP TABLE {name}")
        for name in frames:
            engine.unregister(name)


def _shared_engine(old: Side, new: Side) -> Engine:
    """Return the engine of both extracts.

    Raises
    ------
    ArgumentError
        They were read by themselves.
    """
    engine = new.moves.episodes.engine
    if engine is not old.moves.episodes.engine:
        raise ArgumentError(
            "old and new were read each by itself, with a secret key of its own, so that people cannot be joined; read "
            "the new file with read_episodes(..., alongside=old), or compare the counts of both"
        )
    return engine


def _any(engine: Engine, tables: dict[str, str]) -> bool:
    return all(engine.one(f"SELECT count(*) FROM {name}")[0] for name in tables.values())


def _side_sql(side: Side, strata: Strata, engine: Engine, frames: list[str]) -> str:
    """Return the SQL of the stays of one side with their outcome, in codes that both sides share."""
    episodes = side.moves.episodes
    joins: list[str] = []
    columns: list[str] = []

    def joined(frame: pd.DataFrame, column: str) -> str:
        name = engine.name("diff_codes")
        engine.register(name, frame.astype(np.int32))
        frames.append(name)
        joins.append(f"LEFT JOIN {name} ON {name}.was = l.{column}")
        return f"coalesce({name}.code, -1)"

    for i, name in enumerate(strata.names):
        if name in UNITS:
            first = day_number(episodes.first or episodes.cutoff)
            days = np.arange(min(first, side.cutoff), side.cutoff + 1)
            periods = pd.DataFrame({"was": days, "code": strata.calendar.periods(days, name)})
            code = joined(periods, "discharge")
        elif name == REASON:
            code = "l.reason"
        else:
            stratum, labels = episodes.strata[name], strata.labels[name]
            code = f"l.{stratum.column}"
            if stratum.labels != labels[: len(stratum.labels)]:
                places = {label: place for place, label in enumerate(labels)}
                codes = [places[label] for label in stratum.labels]
                code = joined(pd.DataFrame({"was": range(len(codes)), "code": codes}), stratum.column)
        columns.append(f", {code} AS b{i}")
    outcome = OUTCOME.format(within=side.within)
    episode_id = f"l.{EPISODE_KEY}" if episodes.ids else "CAST(-1 AS BIGINT)"
    return f"""
        SELECT l.person, l.stay_order, l.level, l.admit, coalesce(l.discharge, {OPEN_DAY}) AS ends, l.reason, l.gap,
            l.next_level, {episode_id} AS id,
            CASE WHEN l.discharge IS NULL OR {side.cutoff} - l.discharge < {side.within} THEN {NOT_COUNTED}
                ELSE {outcome} END AS outcome{"".join(columns)}
        FROM {side.moves.table} l {" ".join(joins)}"""


def _both_sql(old: str, new: str, columns: Sequence[str], *, ids: bool) -> str:
    """Return the SQL of both sides joined where nothing differs but the outcome, without the stays that are alike."""
    picked = ", ".join(f"{side}.{name} AS {side}_{name}" for side in "ab" for name in columns)
    # (person, stay_order) is one stay of a side, so that no stay is joined twice.
    same = ("person", "stay_order", "level", "admit", "ends", *(("id",) if ids else ()))
    equal = " AND ".join(f"a.{name} = b.{name}" for name in same)
    differing = ("outcome", "reason", *(name for name in columns if name not in _COLUMNS))
    differ = " OR ".join(f"a.{name} <> b.{name}" for name in differing)
    return f"SELECT {picked} FROM ({old}) a FULL JOIN ({new}) b ON {equal} " \
        f"WHERE a.person IS NULL OR b.person IS NULL OR {differ}"  # fmt: skip


def _rest_sql(both: str, columns: Sequence[str], side: str, other: str) -> str:
    picked = ", ".join(f"{side}_{name} AS {name}" for name in columns)
    return f"SELECT {picked} FROM {both} WHERE {other}_person IS NULL"


_PICKED: Final = "x.person AS a_person, x.stay_order AS a_order, y.person AS b_person, y.stay_order AS b_order"

_LONE_SQL: Final = f"""
    SELECT {_PICKED} FROM
    (SELECT *, count(*) OVER (PARTITION BY person, level) AS stays FROM {{a}}) x
    JOIN (SELECT *, count(*) OVER (PARTITION BY person, level) AS stays FROM {{b}}) y
    ON x.person = y.person AND x.level = y.level AND x.stays = 1 AND y.stays = 1 AND (x.id = -1 OR y.id = -1)"""


def _match_sql(key: Sequence[str], old: str, new: str) -> str:
    """Return the SQL of the matches by one key; of several stays with one key the first go together, and so on."""
    copies = f"row_number() OVER (PARTITION BY {', '.join(key)} ORDER BY admit, ends, level, person, stay_order)"
    equal = " AND ".join(f"x.{name} = y.{name}" for name in (*key, "copy"))
    x, y = (f"(SELECT {name}.*, {copies} AS copy FROM {{{side}}} {name} WHERE {where}) {name}"
            for side, name, where in (("a", "x", old), ("b", "y", new)))  # fmt: skip
    return f"SELECT {_PICKED} FROM {x} JOIN {y} ON {equal}"


def _left_sql(rest: str, match: str, side: str) -> str:
    return (
        f"SELECT r.* FROM {rest} r LEFT JOIN {match} m ON m.{side}_person = r.person AND m.{side}_order = r.stay_order "
        f"WHERE m.{side}_person IS NULL"
    )


def _pairs_sql(
    both: str, columns: Sequence[str], rest: dict[str, str], left: dict[str, str], matches: Sequence[str]
) -> str:
    """Return the SQL of all pairs: those that differ in the outcome alone, those matched, and the rest of each side."""
    names = [(side, name) for side in "ab" for name in columns]
    parts = [
        f"SELECT {', '.join(f'{side}_{name}' for side, name in names)} FROM {both} "
        "WHERE a_person IS NOT NULL AND b_person IS NOT NULL"
    ]
    parts += [
        f"SELECT {', '.join(f'{side}.{name} AS {side}_{name}' for side, name in names)} FROM {match} m "
        f"JOIN {rest['a']} a ON a.person = m.a_person AND a.stay_order = m.a_order "
        f"JOIN {rest['b']} b ON b.person = m.b_person AND b.stay_order = m.b_order"
        for match in matches
    ]
    for own in "ab":
        picked = ", ".join(f"{name if side == own else 'NULL'} AS {side}_{name}" for side, name in names)
        parts.append(f"SELECT {picked} FROM {left[own]}")
    return " UNION ALL ".join(parts)
