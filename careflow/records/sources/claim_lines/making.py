"""From the lines of claims to stays, level by level, and the account of what became of each line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from careflow.continuum.outcomes import REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.codes import SHOWN_FROM
from careflow.records.sources import bridging
from careflow.records.sources.claim_lines.codes import LEVELS, MEANINGS
from careflow.records.sources.claim_lines.corrections import Corrections
from careflow.records.sources.claim_lines.intervals import good_lines, inside_sql, nights, service_days
from careflow.records.sources.claim_lines.lines import Lines
from careflow.records.sources.protocol import ABSORBED, FLAGGED, KEPT, SET_ASIDE, Loss, Made

_NIGHTS: Final = 2
"""The first levels are 24-hour care."""
_OUTPATIENT: Final = LEVELS.index("outpatient")
_PHP: Final = LEVELS.index("php")
_STILL_THERE: Final = "30"
_KEPT_WITHOUT_DATE: Final = ("07", "21")
"""Statuses whose reason is kept at levels of days, although the last bill records no discharge."""
_STAY: Final = "person, level, facility, payer, admit, last, recorded, status, wm, otp, ended"
_INTERVAL: Final = "person, facility, payer, start_day, end_day, recorded, status, admission, wm, otp"


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
            bridging.Level(i, i < _NIGHTS, gaps[name], by_facility=i < _OUTPATIENT) for i, name in enumerate(LEVELS)
        ]
        self._cutoff = cutoff
        self._tables: list[str] = []
        self._made = {name: bridging.LevelStays("", (0, 0, 0), {}, 0, 0) for name in LEVELS}
        self._good = self._keep(good_lines(engine, lines.table, corrections.table))
        self._nights = self._keep(nights(engine, self._good))
        self._service = self._keep(service_days(engine, self._good))

    def make(self, ragged: int = 0) -> Made:
        """Make the stays; ``ragged`` lines could not be split into columns."""
        attending = f"SELECT * FROM {self._good} WHERE attending"
        single = f"SELECT * FROM {self._service} WHERE level = {_OUTPATIENT}"
        rows = f"SELECT level FROM {self._nights} UNION ALL SELECT level FROM {self._service}"
        there = {level for (level,) in self._engine.rows(f"SELECT DISTINCT level FROM ({rows})")}
        above: str | None = None
        for level in self._levels[:_OUTPATIENT]:
            if level.number in there:
                intervals = f"FROM {self._nights if level.nights else self._service} WHERE level = {level.number}"
                above = self._build(level, f"SELECT {_INTERVAL} {intervals}", above)
        self._inside = [
            self._absorbed(above, attending, closed_at=0, levels=_PHP + 1),
            self._absorbed(above, single, closed_at=_PHP, levels=_OUTPATIENT),
        ]
        stays = above
        if stays is None or _OUTPATIENT in there:
            left = f"SELECT a.* FROM ({single}) a ANTI JOIN {self._inside[1]} b ON a.line = b.line"
            stays = self._build(self._levels[_OUTPATIENT], f"SELECT {_INTERVAL} FROM ({left})", above)
        losses, tables = self._account(stays, ragged)
        return Made(self._relation(stays), losses, tables, self._lines.n + ragged)

    def fates(self) -> pd.DataFrame:
        """Return ``claim, line, fate`` of each line."""
        inside = " UNION ALL ".join(f"SELECT line FROM {table}" for table in self._inside)
        return self._engine.frame(
            f"""SELECT l.claim, l.number AS line, CASE WHEN c.rule IS NOT NULL THEN {_rule("c.rule")}
              WHEN l.rule > 0 THEN {_rule("l.rule")} WHEN i.line IS NOT NULL THEN 'C15' WHEN l.attending THEN 'C14'
              ELSE 'C00' END AS fate
            FROM {self._lines.table} l LEFT JOIN {self._corrections.table} c ON l.line = c.line
              LEFT JOIN ({inside}) i ON l.line = i.line ORDER BY l.claim, l.number, fate"""
        )

    def drop(self) -> None:
        """Drop every table but that of the stays."""
        lines = self._lines
        for table in [
            *self._tables,
            lines.table,
            self._corrections.table,
            lines.people,
            lines.facilities,
            lines.payers,
        ]:
            if table:
                self._engine.run(f"DROP TABLE {table}")
        if lines.statuses:
            self._engine.run(f"DROP TABLE {lines.statuses}")

    def _keep(self, table: str) -> str:
        self._tables.append(table)
        return table

    def _query(self, stem: str, sql: str, columns: str = "*") -> str:
        table = self._keep(self._engine.name(stem))
        self._engine.run(f"CREATE TEMP TABLE {table} AS SELECT {columns} FROM ({sql})")
        return table

    def _absorbed(self, stays: str | None, lines: str, *, closed_at: int, levels: int) -> str:
        if stays is None:
            return self._query("absorbed", f"{lines} AND 1 = 0", "line")
        return self._query("absorbed", inside_sql(stays, lines, closed_at=closed_at, levels=levels), "line")

    def _build(self, level: bridging.Level, intervals: str, above: str | None) -> str:
        """Build the stays of a level, and return the table of all stays so far."""
        made = bridging.level_stays(self._engine, intervals, above, level, self._cutoff)
        self._made[LEVELS[level.number]] = made
        self._keep(made.table)
        if above is None:
            return made.table
        return self._query("stays", f"SELECT {_STAY} FROM {above} UNION ALL SELECT {_STAY} FROM {made.table}")

    def _relation(self, stays: str) -> str:
        """Return the table of stays in the words of :class:`careflow.records.sources.Made`."""
        lines, table = self._lines, self._engine.name("made")
        day = "DATE '1970-01-01' + {}::INTEGER"
        columns = {
            "person_id": "p.v" if lines.people else "s.person",
            "level": _words("s.level", LEVELS),
            "admit_date": day.format("s.admit"),
            "discharge_date": f"CASE WHEN s.ended <> {bridging.OPEN} THEN {day.format('s.last')} END",
            "discharge_reason": self._reason(),
            "episode_id": "row_number() OVER ()",
        }
        joins = [f"JOIN {lines.people} p ON s.person = p.code"] if lines.people else []
        for name, source in (("facility", lines.facilities), ("payer", lines.payers), ("raw_reason", lines.statuses)):
            if source:
                columns[name] = f"{name}_of.v"
                key = "status" if name == "raw_reason" else name
                joins.append(f"LEFT JOIN {source} {name}_of ON s.{key} = {name}_of.code")
        columns["ended_by"] = _words("s.ended", bridging.ENDED_BY)
        columns["flags"] = (
            "CASE WHEN s.otp = 1 AND s.wm = 1 THEN 'otp wm' WHEN s.otp = 1 THEN 'otp' WHEN s.wm = 1 THEN 'wm' END"
        )
        picked = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        self._engine.run(f"CREATE TEMP TABLE {table} AS SELECT {picked} FROM {stays} s {' '.join(joins)}")
        return table

    def _reason(self) -> str:
        if not self._lines.statuses:
            return "CAST(NULL AS VARCHAR)"
        reason = f"coalesce({_words('raw_reason_of.reason', REASONS)}, 'unknown')"
        kept = f"raw_reason_of.v IN ({', '.join(repr(status) for status in _KEPT_WITHOUT_DATE)})"
        return (
            f"CASE WHEN s.ended = {bridging.BY_STATUS} THEN {reason} WHEN s.ended <> {bridging.OPEN} THEN "
            f"CASE WHEN s.level >= {_NIGHTS} AND {kept} THEN {reason} ELSE 'unknown' END END"
        )

    def _account(self, stays: str, ragged: int) -> tuple[list[Loss], dict[str, pd.DataFrame]]:
        engine = self._engine
        codes = engine.rows(
            f"SELECT coalesce(c.rule, l.rule), l.decider, l.code, l.level, count(*) FROM {self._lines.table} l "
            f"LEFT JOIN {self._corrections.table} c ON l.line = c.line GROUP BY 1, 2, 3, 4"
        )
        aside: dict[int, int] = {}
        for rule, *_, n in codes:
            aside[rule] = aside.get(rule, 0) + n
        absorbed = [int(engine.one(f"SELECT count(*) FROM {table}")[0]) for table in self._inside]
        attending = int(engine.one(f"SELECT count(*) FROM {self._good} WHERE attending")[0])
        alone = attending - absorbed[0]
        losses = [
            Loss(f"C{rule:02d}", SET_ASIDE, "line", n, _named(rule, codes)) for rule, n in sorted(aside.items()) if rule
        ]
        if ragged:
            losses = _with_ragged(losses, ragged)
        losses += [
            Loss("C14", SET_ASIDE, "line", alone),
            Loss("C15", ABSORBED, "line", sum(absorbed)),
            Loss("C00", KEPT, "line", aside.get(0, 0) - alone - sum(absorbed)),
        ]
        conflicts = engine.frame(
            f"SELECT level, conflict, count(*) AS n FROM {self._good} WHERE conflict IS NOT NULL "
            "GROUP BY level, conflict ORDER BY level, conflict"
        )
        interim, two = engine.one(
            f"SELECT count(DISTINCT claim) FILTER (interim), count(DISTINCT claim) FILTER (two) FROM {self._nights}"
        )
        still = (
            f"SELECT code FROM {self._lines.statuses} WHERE v = '{_STILL_THERE}'"
            if self._lines.statuses
            else "SELECT -1"
        )
        silent, still_open = engine.one(
            f"SELECT count(*) FILTER (ended = {bridging.BY_GAP} AND silent), count(*) FILTER (ended = {bridging.OPEN}) "
            f"FROM (SELECT ended, status IN ({still}) AS silent FROM {stays})"
        )
        made = self._made.values()
        losses += [
            Loss("C20", FLAGGED, "line", int(conflicts["n"].sum())),
            Loss("C23", FLAGGED, "stay", sum(one.admitted_before for one in made)),
            Loss("C24", FLAGGED, "claim", int(interim)),
            Loss("C25", FLAGGED, "stay", sum(one.returned for one in made)),
            Loss("C26", FLAGGED, "stay", int(silent)),
            Loss("C28", FLAGGED, "claim", self._corrections.no_target),
            Loss("C29", FLAGGED, "claim", int(two)),
            Loss("C30", FLAGGED, "stay", int(still_open)),
        ]
        return losses, self._counts(codes, conflicts)

    def _counts(self, codes: list[tuple[object, ...]], conflicts: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Return the counts that explain the stays: codes, conflicts, gaps, and stays at other gaps."""
        systems = ("", "hcpcs", "revenue", "bill_type", "pos", "service")
        seen: dict[tuple[str, str, str], int] = {}
        for rule, decider, code, level, n in codes:
            if rule in (0, 10, 11, 13):
                key = (systems[int(str(decider))], str(code or ""), "" if level is None else MEANINGS[int(str(level))])
                seen[key] = seen.get(key, 0) + int(str(n))
        lines = [(*key, n) for key, n in sorted(seen.items(), key=lambda item: -item[1]) if n >= SHOWN_FROM]
        gaps = [(name, days, n) for name, made in self._made.items() for days, n in made.gaps.items()]
        other = [
            (LEVELS[level.number], days, n)
            for level in self._levels
            for days, n in zip(level.gaps, self._made[LEVELS[level.number]].stays, strict=True)
        ]
        for name in ("level", "conflict"):
            conflicts[name] = [MEANINGS[int(number)] for number in conflicts[name]]
        return {
            "codes": pd.DataFrame(lines, columns=["decided_by", "code", "level", "n"]),
            "conflicts": conflicts.rename(columns={"conflict": "other_level"}),
            "gaps": pd.DataFrame(gaps, columns=["level", "days", "n"]),
            "stays_by_gap": pd.DataFrame(other, columns=["level", "gap", "stays"]),
        }


def _rule(number: str) -> str:
    return f"'C' || lpad({number}::VARCHAR, 2, '0')"


def _words(number: str, words: tuple[str, ...]) -> str:
    return f"CASE {number} {' '.join(f'''WHEN {i} THEN '{word}' ''' for i, word in enumerate(words))}END"


def _named(rule: int, codes: list[tuple[object, ...]]) -> str:
    """Return the codes of the lines that a rule set aside for their code, from 11 lines on."""
    if rule not in (10, 11, 13):
        return ""
    counts: dict[str, int] = {}
    for other, _, code, _, n in codes:
        if other == rule and code:
            counts[str(code)] = counts.get(str(code), 0) + int(str(n))
    often = sorted(((n, code) for code, n in counts.items() if n >= SHOWN_FROM), key=lambda one: (-one[0], one[1]))
    named = ", ".join(f"{code[:10]!r} ({n:,})" for n, code in often[:20])
    rest = len(counts) - len(often[:20])
    return ", ".join(filter(None, (named, f"{rest:,} more codes" if rest else "")))


def _with_ragged(losses: list[Loss], ragged: int) -> list[Loss]:
    """Count lines that do not have the columns of the header among those without a person."""
    first = next((loss for loss in losses if loss.rule == "C01"), Loss("C01", SET_ASIDE, "line", 0))
    others = [loss for loss in losses if loss.rule != "C01"]
    return [Loss("C01", SET_ASIDE, "line", first.n + ragged, f"{ragged:,} not of the header's columns"), *others]
