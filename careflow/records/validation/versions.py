"""Several versions of one stay in a file: keep the newest, or set all aside."""

from __future__ import annotations

from collections.abc import Sequence

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.encode import OPEN_AFTER_CUTOFF, STALE
from careflow.records.validation.neighbours import NEVER, SAME_START, OrderedStays


def versions(engine: Engine, ordered: OrderedStays, strata: Sequence[str]) -> tuple[int, int]:
    """Set aside (R11) contradicting versions of one stay; return their number, and the number of stays kept.

    Rows with the same person, level, admission day, episode id and facility are versions of one stay if their days of
    discharge or of ``updated_at`` differ. The version with the latest ``updated_at`` is kept. Without ``updated_at``,
    rows with a discharge replace those without if they agree on its day; otherwise all are set aside. A stay of no
    night is a version only of another stay of no night at the same times, since a person can be discharged from and
    admitted to one level on one day.
    """
    if not ordered.counts[SAME_START]:
        return 0, 0
    twins, stays = engine.name("twins"), ordered.overlapping
    facility = "".join(f", s{i}" for i, name in enumerate(strata) if name == "facility")
    night = "coalesce(discharge > admit, true)"
    key = f"person, level, admit, episode{facility}, night, hours"
    # Here the file's own discharge counts: one closed by close_open_after= has none, one after the cut-off has one.
    undated = f"(discharge IS NULL OR (marks & {STALE}) > 0) AND (marks & {OPEN_AFTER_CUTOFF}) = 0"
    engine.run(
        f"""
        CREATE TEMP TABLE {twins} AS
        SELECT stay_id, CASE WHEN stamped THEN newest AND (alone OR NOT differ) ELSE dated AND agreed END AS keep FROM (
          SELECT stay_id, dated, min(ends) OVER k <> max(ends) OVER k AS differ,
            min(CASE WHEN dated THEN ends END) OVER k = max(CASE WHEN dated THEN ends END) OVER k AS agreed,
            count(stamp) OVER k = count(*) OVER k AS stamped,
            coalesce(min(stamp) OVER k < max(stamp) OVER k, false) AS written_again,
            stamp = max(stamp) OVER k AS newest,
            count(*) OVER (PARTITION BY {key}, stamp) = 1 AS alone
          FROM (
            SELECT rowid AS stay_id, *, NOT ({undated}) AS dated, {night} AS night,
              CASE WHEN {undated} THEN {NEVER} + 1 ELSE coalesce(discharge, {NEVER}) END AS ends,
              CASE WHEN {night} THEN NULL ELSE written END AS hours, TRY_CAST(version::VARCHAR AS TIMESTAMP) AS stamp
            FROM {stays} WHERE why = 0 AND person IN ({ordered.people(SAME_START)}))
          WINDOW k AS (PARTITION BY {key}))
        WHERE differ OR (stamped AND written_again)"""
    )
    n, kept = engine.one(f"SELECT count(*) FILTER (NOT keep), count(*) FILTER (keep) FROM {twins}")
    engine.run(f"UPDATE {stays} SET why = 11 FROM {twins} WHERE {stays}.rowid = {twins}.stay_id AND NOT {twins}.keep")
    engine.run(f"DROP TABLE {twins}")
    return int(n), int(kept)
