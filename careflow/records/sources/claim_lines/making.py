"""From the lines of claims to stays, level by level, and the account of what became of each line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from careflow.continuum.outcomes import REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources import bridging, care_levels
from careflow.records.sources.claim_lines.account import KindCount, codes_seen, conflicts, fates_of
from careflow.records.sources.claim_lines.corrections import Corrections
from careflow.records.sources.claim_lines.intervals import ServiceDays, attending_lines, inside_sql, nights
from careflow.records.sources.claim_lines.lines import Lines
from careflow.records.sources.protocol import FLAGGED, Loss, Made
from careflow.records.sources.standard_levels import LEVELS

_NIGHTS: Final = 2
"""The first levels are 24-hour care."""
_OUTPATIENT: Final = LEVELS.index("outpatient")
_PHP: Final = LEVELS.index("php")
_STILL_THERE: Final = "30"
_KEPT_WITHOUT_DATE: Final = ("07", "21")
"""Statuses whose reason is kept at levels of days, although the last bill records no discharge."""
_INTERVAL: Final = "person, facility, payer, start_day, end_day, recorded, status, wm, otp"


class StayMaker:
    """Makes the stays of a file of claims lines.

    Parameters
    ----------
    engine : Engine
        Holds the lines.
    lines : Lines
        The table of lines.
    corrections : Corrections
        The lines that others correct.
    gaps : mapping of str to int
        The most days to the next line that still continues a stay, by level.
    cutoff : int
        The last complete day.
    """

    def __init__(
        self, engine: Engine, lines: Lines, corrections: Corrections, gaps: Mapping[str, int], cutoff: int
    ) -> None:
        self._engine = engine
        self._lines = lines
        self._corrections = corrections
        self._levels = [
            care_levels.Level(i, i < _NIGHTS, gaps[name], by_facility=i < _OUTPATIENT) for i, name in enumerate(LEVELS)
        ]
        self._cutoff = cutoff
        self._tables: list[str] = []
        self._joined = {name: care_levels.JoinedStays("", (0, 0, 0), {}) for name in LEVELS}
        self._counts = self._counted()
        self._nights = self._keep(nights(engine, lines, corrections))
        died = any(kind.died for kind in self._counts)
        self._service = ServiceDays(engine, lines, corrections, died=died)
        self._keep(self._service.deaths)
        self._attending = self._keep(attending_lines(engine, lines, corrections))

    def make(self, ragged: int = 0) -> Made:
        """Make the stays; ``ragged`` lines could not be split into columns."""
        levels = {kind.level for kind in self._counts if kind.rule == 0 and not kind.attending}
        single = self._service.sql(_OUTPATIENT)
        above: str | None = None
        for level in self._levels[:_OUTPATIENT]:
            if level.number in levels:
                night = f"SELECT {_INTERVAL}, admission FROM {self._nights} WHERE level = {level.number}"
                day = f"SELECT {_INTERVAL} FROM ({self._service.sql(level.number)}) d"
                above = self._build(level, night if level.nights else day, above)
        self._inside = [
            self._absorbed(above, f"SELECT * FROM {self._attending}", closed_at=0, levels=_PHP + 1),
            self._absorbed(above, f"SELECT * FROM ({single}) s", closed_at=_PHP, levels=_OUTPATIENT),
        ]
        stays = above
        if stays is None or _OUTPATIENT in levels:
            left = f"SELECT a.* FROM ({single}) a ANTI JOIN {self._inside[1]} b ON a.line = b.line"
            stays = self._build(self._levels[_OUTPATIENT], f"SELECT {_INTERVAL} FROM ({left})", above)
        losses, tables = self._account(stays, ragged)
        return Made(self._relation(stays), losses, tables, self._lines.n + ragged)

    def fates(self) -> pd.DataFrame:
        """Return ``claim, line, fate`` of each line."""
        inside = " UNION ALL ".join(f"SELECT line FROM {table}" for table in self._inside)
        corrected, rule = self._corrected()
        return self._engine.frame(
            f"""SELECT l.claim_text AS claim, l.number_text AS line, CASE WHEN {rule} > 0 THEN {_rule(rule)}
              WHEN i.line IS NOT NULL THEN 'C15' WHEN k.attending THEN 'C14' ELSE 'C00' END AS fate
            FROM {self._lines.table} l LEFT JOIN {self._lines.kinds.table} k ON l.kind = k.kind {corrected}
              LEFT JOIN ({inside}) i ON l.rowid = i.line ORDER BY 1, 2, 3"""
        )

    def drop(self) -> None:
        """Drop every table but that of the stays."""
        for table in filter(None, [*self._tables, *self._lines.tables, self._corrections.table]):
            self._engine.run(f"DROP TABLE {table}")

    def _corrected(self) -> tuple[str, str]:
        """Return the SQL of the join of lines ``l`` with their corrections, and of the rule that then holds."""
        if not self._corrections.table:
            return "", "l.rule"
        return f"LEFT JOIN {self._corrections.table} c ON l.rowid = c.line", "coalesce(c.rule, l.rule)"

    def _counted(self) -> list[KindCount]:
        """Count the lines by their kind and the rule that holds."""
        corrected, rule = self._corrected()
        columns = "a.rule, decider, code, level, conflict, attending, died"
        return [
            KindCount(*row)
            for row in self._engine.rows(
                f"""SELECT {columns}, sum(n)::BIGINT FROM (
                  SELECT {rule} AS rule, l.kind, count(*) AS n FROM {self._lines.table} l {corrected}
                  GROUP BY {rule}, l.kind) a JOIN {self._lines.kinds.table} k ON a.kind = k.kind
                GROUP BY {columns}"""
            )
        ]

    def _keep(self, table: str) -> str:
        self._tables.append(table)
        return table

    def _query(self, stem: str, sql: str, columns: str = "*") -> str:
        table = self._keep(self._engine.name(stem))
        self._engine.run(f"CREATE TEMP TABLE {table} AS SELECT {columns} FROM ({sql}) q")
        return table

    def _absorbed(self, stays: str | None, lines: str, *, closed_at: int, levels: int) -> str:
        if stays is None:
            return self._query("absorbed", f"SELECT line FROM ({lines}) l WHERE 1 = 0")
        return self._query("absorbed", inside_sql(stays, lines, closed_at=closed_at, levels=levels), "line")

    def _build(self, level: care_levels.Level, intervals: str, above: str | None) -> str:
        """Build the stays of a level, and return the table of all stays so far."""
        joined = bridging.level_stays(self._engine, intervals, above, level, self._cutoff)
        self._joined[LEVELS[level.number]] = joined
        self._keep(joined.table)
        if above is None:
            return joined.table
        stay = care_levels.STAY
        return self._query("stays", f"SELECT {stay} FROM {above} UNION ALL SELECT {stay} FROM {joined.table}")

    def _relation(self, stays: str) -> str:
        """Return the table of stays in the words of :class:`careflow.records.sources.Made`."""
        lines, table, statuses = self._lines, self._engine.name("made"), self._lines.kinds.statuses
        day = "DATE '1970-01-01' + {}::INTEGER"
        columns = {
            "person_id": "p.v" if lines.people else "s.person",
            "level": care_levels.word_sql("s.level", LEVELS),
            "admit_date": day.format("s.admit"),
            "discharge_date": f"CASE WHEN s.ended <> {care_levels.OPEN} THEN {day.format('s.last')} END",
            "discharge_reason": self._reason(),
            "episode_id": "row_number() OVER ()",
        }
        joins = [f"JOIN {lines.people} p ON s.person = p.code"] if lines.people else []
        for key, texts in (("facility", lines.facilities), ("payer", lines.payers)):
            columns |= {name: f"{key}_of.{name}" for name in texts.names}
            if texts.table:
                joins.append(f"LEFT JOIN {texts.table} {key}_of ON s.{key} = {key}_of.code")
        if statuses:
            columns["raw_reason"] = "raw_reason_of.v"
            joins.append(f"LEFT JOIN {statuses} raw_reason_of ON s.status = raw_reason_of.code")
        columns["ended_by"] = care_levels.word_sql("s.ended", care_levels.ENDED_BY)
        columns["flags"] = (
            "CASE WHEN s.otp = 1 AND s.wm = 1 THEN 'otp wm' WHEN s.otp = 1 THEN 'otp' WHEN s.wm = 1 THEN 'wm' END"
        )
        picked = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        self._engine.run(f"CREATE TEMP TABLE {table} AS SELECT {picked} FROM {stays} s {' '.join(joins)}")
        return table

    def _reason(self) -> str:
        if not self._lines.kinds.statuses:
            return "CAST(NULL AS VARCHAR)"
        reason = f"coalesce({care_levels.word_sql('raw_reason_of.reason', REASONS)}, 'unknown')"
        kept = f"raw_reason_of.v IN ({', '.join(repr(status) for status in _KEPT_WITHOUT_DATE)})"
        return (
            f"CASE WHEN s.ended = {care_levels.BY_STATUS} THEN {reason} WHEN s.ended <> {care_levels.OPEN} THEN "
            f"CASE WHEN s.level >= {_NIGHTS} AND {kept} THEN {reason} ELSE 'unknown' END END"
        )

    def _account(self, stays: str, ragged: int) -> tuple[list[Loss], dict[str, pd.DataFrame]]:
        engine = self._engine
        counts = self._counts
        attending, absorbed = (int(engine.one(f"SELECT count(*) FROM {table}")[0]) for table in self._inside)
        interim, two = engine.one(
            f"SELECT count(DISTINCT claim) FILTER (interim), count(DISTINCT claim) FILTER (two) FROM {self._nights}"
        )
        statuses = self._lines.kinds.statuses
        still = f"SELECT code FROM {statuses} WHERE v = '{_STILL_THERE}'" if statuses else "SELECT -1"
        silent, still_open = engine.one(
            f"SELECT count(*) FILTER (ended = {care_levels.BY_GAP} AND silent), "
            f"count(*) FILTER (ended = {care_levels.OPEN}) "
            f"FROM (SELECT ended, status IN ({still}) AS silent FROM {stays})"
        )
        joined = self._joined.values()
        losses = [
            *fates_of(counts, attending, absorbed, ragged),
            Loss("C20", FLAGGED, "line", sum(kind.n for kind in counts if kind.names_another)),
            Loss("C23", FLAGGED, "stay", sum(level.admitted_before for level in joined)),
            Loss("C24", FLAGGED, "claim", int(interim)),
            Loss("C25", FLAGGED, "stay", sum(level.returned for level in joined)),
            Loss("C26", FLAGGED, "stay", int(silent)),
            Loss("C28", FLAGGED, "claim", self._corrections.no_target),
            Loss("C29", FLAGGED, "claim", int(two)),
            Loss("C30", FLAGGED, "stay", int(still_open)),
        ]
        gaps = [(name, days, n) for name, level in self._joined.items() for days, n in level.gaps.items()]
        other = [
            (LEVELS[level.number], days, n)
            for level in self._levels
            for days, n in zip(level.gaps, self._joined[LEVELS[level.number]].stays, strict=True)
        ]
        tables = {
            "codes": codes_seen(counts),
            "conflicts": conflicts(counts),
            "gaps": pd.DataFrame(gaps, columns=["level", "days", "n"]),
            "stays_by_gap": pd.DataFrame(other, columns=["level", "gap", "stays"]),
        }
        return losses, tables


def _rule(number: str) -> str:
    return f"'C' || lpad({number}::VARCHAR, 2, '0')"
