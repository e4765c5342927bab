"""Rows of a text file that cannot be split into its columns, among the rows that were set aside."""

from __future__ import annotations

from careflow.records.engine.duckdb_engine import Engine

RULE = 13
"""The number of the rule that sets them aside."""


def add_ragged_rows(engine: Engine, aside: str, ragged: str) -> None:
    """Add ragged rows to the table of rows set aside, whose positions were counted without them.

    A position becomes that in the file: one later for every ragged row before it. If the positions of ragged rows are
    not known, no position is.

    Parameters
    ----------
    aside : str
        The table ``row, why`` of the rows set aside; ``row`` is a position from 0.
    ragged : str
        The table ``row`` of the ragged rows; NULL where it is not known.
    """
    engine.run(
        f"""
        CREATE TEMP TABLE {aside}_all AS
        WITH ragged AS (SELECT row, row_number() OVER (ORDER BY row) AS n FROM {ragged}),
          shifts AS (SELECT row - n + 1 AS others, max(n) AS n FROM ragged GROUP BY 1)
        SELECT a.row + CASE WHEN (SELECT count(row) = count(*) FROM ragged) THEN coalesce(s.n, 0) END AS row, a.why
        FROM {aside} a ASOF LEFT JOIN shifts s ON a.row >= s.others
        UNION ALL SELECT row, {RULE} FROM ragged"""
    )
    engine.run(f"DROP TABLE {aside}")
    engine.run(f"ALTER TABLE {aside}_all RENAME TO {aside}")
    engine.run(f"DROP TABLE {ragged}")
