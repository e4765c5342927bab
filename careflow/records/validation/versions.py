"""Rows that speak of one stay: which of them holds."""

from __future__ import annotations

from collections.abc import Sequence

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.encode import OPEN_AFTER_CUTOFF, STALE
from careflow.records.validation.neighbours import NEVER, SAME_START, Neighbours


def versions(engine: Engine, found: Neighbours, strata: Sequence[str]) -> tuple[int, int]:
    """Set aside (R11) contradicting versions of one stay; return how many, and how many a newer one replaced.

    Rows of one person, level, admission day, episode id and facility speak of one stay if they discharge on different
    days, or were written on different ones. The one with the latest ``updated_at`` is kept. Without one, of rows
    without a discharge and others that agree on it, the others are kept; else all are set aside. Stays of no night are
    versions of each other alone, and only with the same hours: someone can be discharged and admitted again to one
    level on one day.
    """
    if not found.counts[SAME_START]:
        return 0, 0
    twins, stays = engine.name("twins"), found.overlapping
    place = "".join(f", s{i}" for i, name in enumerate(strata) if name == "facility")
    night = "coalesce(discharge > admit, true)"
    key = f"person, level, admit, episode{place}, night, hours"
    # What was closed by close_open_after= or lies after the cut-off says no more, and no less, than the file does.
    undated = f"(discharge IS NULL OR (marks & {STALE}) > 0) AND (marks & {OPEN_AFTER_CUTOFF}) = 0"
    engine.run(
        f"""
        CREATE TEMP TABLE {twins} AS
        SELECT place, CASE WHEN stamped THEN newest AND (alone OR NOT differ) ELSE dated AND agreed END AS keep FROM (
          SELECT place, dated, min(ends) OVER k <> max(ends) OVER k AS differ,
            min(CASE WHEN dated THEN ends END) OVER k = max(CASE WHEN dated THEN ends END) OVER k AS agreed,
            count(stamp) OVER k = count(*) OVER k AS stamped,
            coalesce(min(stamp) OVER k < max(stamp) OVER k, false) AS written_again,
            stamp = max(stamp) OVER k AS newest,
            count(*) OVER (PARTITION BY {key}, stamp) = 1 AS alone
          FROM (
            SELECT rowid AS place, *, NOT ({undated}) AS dated, {night} AS night,
              CASE WHEN {undated} THEN {NEVER} + 1 ELSE coalesce(discharge, {NEVER}) END AS ends,
              CASE WHEN {night} THEN NULL ELSE written END AS hours, TRY_CAST(version::VARCHAR AS TIMESTAMP) AS stamp
            FROM {stays} WHERE why = 0 AND person IN ({found.people(SAME_START)}))
          WINDOW k AS (PARTITION BY {key}))
        WHERE differ OR (stamped AND written_again)"""
    )
    n, kept = engine.one(f"SELECT count(*) FILTER (NOT keep), count(*) FILTER (keep) FROM {twins}")
    engine.run(f"UPDATE {stays} SET why = 11 FROM {twins} WHERE {stays}.rowid = {twins}.place AND NOT {twins}.keep")
    engine.run(f"DROP TABLE {twins}")
    return int(n), int(kept)
