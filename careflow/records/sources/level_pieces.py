"""Cut admissions at the changes of level within them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from careflow.records.engine.duckdb_engine import Engine

CARRIED_BACK: Final = 7
"""Up to so many days after the admission, the first level is taken to hold from the admission on."""

CUT: Final = "transferred out"
"""The reason of a piece that ends with a change of level."""


@dataclass(frozen=True)
class PlacedChanges:
    """Admissions that are kept, and the changes that fall into them.

    Attributes
    ----------
    admissions, changes : str
        ``row_id, person, id, admit, discharge, reason, facility, payer, level``, and ``row_id, day, level, sequence``
        of the track that makes stays.
    other : str
        The same of the other tracks; "" if there are none.
    moved : int
        Changes a day before the admission (E06).
    admission_fates, change_fates : dict of str to int
        What became of each.
    tables : tuple of str
        Tables to be dropped.
    """

    admissions: str
    changes: str
    other: str
    moved: int
    admission_fates: dict[str, int]
    change_fates: dict[str, int]
    tables: tuple[str, ...]


def placed_changes(engine: Engine, admissions: str, changes: str, track: str) -> PlacedChanges:
    """Place the changes of one track into their admissions, and count what does not fit."""
    kept, placed = engine.name("kept"), engine.name("placed")
    # Of versions the newest is kept, of equal rows one; without a time of writing no version is known to be right.
    engine.run(
        f"""CREATE TEMP TABLE {kept}_all AS
        SELECT *, CASE WHEN bad THEN 11 WHEN id IS NULL OR copies = 1 THEN 0
            WHEN nth > 1 THEN 2 WHEN versions > 1 AND (version IS NULL OR ties > 1) THEN 2 ELSE 0 END AS fate
        FROM (
          SELECT *, count(*) OVER (PARTITION BY id) AS copies,
            row_number() OVER (PARTITION BY id ORDER BY coalesce(version, -1000000) DESC, whole, row_id) AS nth,
            CASE WHEN min(whole) OVER (PARTITION BY id) <> max(whole) OVER (PARTITION BY id) THEN 2 ELSE 1 END
              AS versions,
            CASE WHEN min(whole) OVER (PARTITION BY id, version) <> max(whole) OVER (PARTITION BY id, version)
              THEN 2 ELSE 1 END AS ties
          FROM {admissions})"""
    )
    engine.run(f"CREATE TEMP TABLE {kept} AS SELECT * FROM {kept}_all WHERE fate = 0")
    admission_fates = {
        "E00" if fate == 0 else f"E{fate:02d}": int(n)
        for fate, n in engine.rows(f"SELECT fate, count(*) FROM {kept}_all GROUP BY fate ORDER BY fate")
    }
    first = "c.day = a.admit - 1"
    inside = "c.day < a.discharge OR a.discharge IS NULL OR (c.day = a.discharge AND a.discharge = a.admit)"
    engine.run(
        f"""CREATE TEMP TABLE {placed}_all AS
        SELECT a.row_id, c.row_id AS change_id, CASE WHEN {first} THEN a.admit ELSE c.day END AS day, c.level,
          c.sequence,
          coalesce(c.track, '{_plain(track)}') = '{_plain(track)}' AS own, coalesce({first}, false) AS moved,
          CASE WHEN c.id IS NULL OR a.id IS NULL THEN 1 WHEN c.day IS NULL OR a.admit IS NULL THEN 11
            WHEN coalesce(c.track, '{_plain(track)}') <> '{_plain(track)}' THEN 10
            WHEN c.day < a.admit - 1 OR c.day > a.discharge THEN 7
            WHEN NOT ({first} OR {inside}) THEN 8 ELSE 9 END AS fate
        FROM {changes} c LEFT JOIN {kept} a ON c.id = a.id"""
    )
    engine.run(
        f"""CREATE TEMP TABLE {placed} AS
        SELECT row_id, change_id, day, level, moved, row_number() OVER (
          PARTITION BY row_id, day ORDER BY coalesce(sequence, '') DESC, level DESC, change_id) AS nth
        FROM {placed}_all WHERE fate = 9"""
    )
    change_fates = {
        f"E{fate:02d}": int(n)
        for fate, n in engine.rows(f"SELECT fate, count(*) FROM {placed}_all GROUP BY fate ORDER BY fate")
    }
    several = int(engine.one(f"SELECT count(*) FROM {placed} WHERE nth > 1")[0])
    moved = int(engine.one(f"SELECT count(*) FROM {placed} WHERE moved AND nth = 1")[0])
    other = ""
    if change_fates.get("E10"):
        other = engine.name("other")
        engine.run(f"CREATE TEMP TABLE {other} AS SELECT row_id, day, level FROM {placed}_all WHERE fate = 10")
    engine.run(f"DROP TABLE {kept}_all")
    engine.run(f"DROP TABLE {placed}_all")
    if several:
        change_fates["E04"] = several
        change_fates["E09"] -= several
    tables = tuple(filter(None, (kept, placed, other)))
    return PlacedChanges(kept, placed, other, moved, admission_fates, change_fates, tables)


def cut_pieces(engine: Engine, placed: PlacedChanges) -> tuple[str, dict[str, int]]:
    """Cut the admissions into pieces of one level each; count what is flagged.

    Returns
    -------
    str
        The table ``row_id, person, level, start_day, end_day, reason, facility, payer``.
    dict of str to int
        E03 and E06. The fates of ``placed`` lose the changes to the same level (E05).
    """
    starts, pieces = engine.name("starts"), engine.name("pieces")
    # The level of the admission itself holds until a change on its day; without one, the first change is carried back.
    engine.run(
        f"""CREATE TEMP TABLE {starts}_all AS
        WITH changed AS (SELECT row_id, day, level FROM {placed.changes} WHERE nth = 1),
        first AS (SELECT row_id, min(day) AS day FROM changed GROUP BY row_id),
        began AS (
          SELECT a.row_id, a.admit AS day, a.level, 0 AS is_change FROM {placed.admissions} a
          LEFT JOIN first f ON a.row_id = f.row_id
          WHERE f.day IS NULL OR (f.day > a.admit AND (a.level IS NOT NULL OR f.day > a.admit + {CARRIED_BACK}))
          UNION ALL
          SELECT c.row_id, CASE WHEN c.day = f.day AND a.level IS NULL AND c.day <= a.admit + {CARRIED_BACK}
            THEN a.admit ELSE c.day END, c.level, CASE WHEN c.day = f.day AND a.level IS NULL AND c.day > a.admit
            AND c.day <= a.admit + {CARRIED_BACK} THEN 2 ELSE 1 END
          FROM changed c JOIN first f ON c.row_id = f.row_id JOIN {placed.admissions} a ON c.row_id = a.row_id)
        SELECT *, lag(level) OVER (PARTITION BY row_id ORDER BY day) AS before,
          row_number() OVER (PARTITION BY row_id ORDER BY day) AS nth
        FROM began"""
    )
    again = "nth > 1 AND coalesce(level, '') = coalesce(before, '')"
    carried, same = engine.one(
        f"SELECT count(*) FILTER (is_change = 2), count(*) FILTER ({again} AND is_change > 0) FROM {starts}_all"
    )
    engine.run(
        f"""CREATE TEMP TABLE {pieces} AS
        SELECT s.row_id, a.person, s.level, s.day AS start_day, coalesce(s.next, a.discharge) AS end_day,
          CASE WHEN s.next IS NOT NULL THEN '{CUT}' WHEN a.discharge IS NOT NULL THEN a.reason END AS reason,
          a.facility, a.payer
        FROM (
          SELECT *, lead(day) OVER (PARTITION BY row_id ORDER BY day) AS next FROM {starts}_all WHERE NOT ({again})) s
        JOIN {placed.admissions} a ON s.row_id = a.row_id"""
    )
    engine.run(f"DROP TABLE {starts}_all")
    if same:
        placed.change_fates["E05"] = int(same)
        placed.change_fates["E09"] -= int(same)
    return pieces, {"E03": int(carried), "E06": placed.moved}


def tracks(engine: Engine, placed: PlacedChanges, pieces: str, cutoff: int) -> pd.DataFrame:
    """Return ``delivered, authorized, days, people``: the levels that were delivered while others were authorized."""
    frame = engine.frame(
        f"""WITH other AS (
          SELECT row_id, day AS start_day, level,
            lead(day) OVER (PARTITION BY row_id ORDER BY day, level) AS end_day FROM {placed.other}),
        paired AS (
          SELECT p.person, p.level AS delivered, o.level AS authorized,
            least(coalesce(p.end_day, {cutoff + 1}), coalesce(o.end_day, {cutoff + 1}))
              - greatest(p.start_day, o.start_day) AS days
          FROM {pieces} p JOIN other o ON p.row_id = o.row_id)
        SELECT delivered, authorized, sum(days)::BIGINT AS days, count(DISTINCT person) AS people FROM paired
        WHERE days > 0 GROUP BY delivered, authorized ORDER BY delivered, authorized"""
    )
    return frame


def _plain(text: str) -> str:
    return text.replace("'", "''")
