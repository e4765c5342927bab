"""Encounters and episodes of care of FHIR R4 as tables: their level, their days, and the rule that sets one aside.

Lines are read by the engine's own functions for JSON; no line becomes an object of Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.decompress import Decompressor
from careflow.records.files.listing import check_readable
from careflow.records.files.size_limits import SizeLimits
from careflow.records.sources.claim_lines.numbered_texts import NumberedTexts
from careflow.records.sources.columns import match_columns
from careflow.records.sources.level_pieces import CUT
from careflow.records.sources.standard_levels import LEVELS

CLASSES: Final = {
    "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "AMB": "outpatient", "VR": "outpatient",
}  # fmt: skip
"""Levels of R4's classes of encounters; R4 has none for residential care, php and iop."""

OPEN_STATUSES: Final = ("arrived", "triaged", "in-progress", "onleave")
NOT_CARE: Final = ("planned", "cancelled", "entered-in-error", "unknown")
DISPOSITIONS: Final = {
    "aadvice": "left early", "exp": "died", "other-hcf": "transferred out", "hosp": "transferred out",
    "long": "transferred out", "psy": "transferred out", "rehab": "transferred out", "snf": "transferred out",
    "home": "other", "alt-home": "other",
}  # fmt: skip

EPISODE_OPEN: Final = ("active", "onhold")
EPISODE_NOT_CARE: Final = ("planned", "waitlist", "cancelled", "entered-in-error")

_JSON: Final = {
    "kind": ("$.resourceType",),
    "id": ("$.id",),
    "status": ("$.status",),
    "subject": ("$.subject.reference", "$.patient.reference"),
    "first": ("$.period.start",),
    "last": ("$.period.end",),
    "length": ("$.length.value",),
    "unit": ("$.length.code",),
    "updated": ("$.meta.lastUpdated",),
    "class": ("$.class.code",),
    "provider": ("$.serviceProvider.reference", "$.managingOrganization.reference"),
    "disposition": ("$.hospitalization.dischargeDisposition.coding[0].code",),
    "history": ("$.classHistory",),
    "care": ("$.episodeOfCare",),
}
_CODINGS: Final = (
    ("$.serviceType.coding[0].system", "$.serviceType.coding[0].code"),
    ("$.serviceType.coding[1].system", "$.serviceType.coding[1].code"),
    ("$.type[0].coding[0].system", "$.type[0].coding[0].code"),
    ("$.type[0].coding[1].system", "$.type[0].coding[1].code"),
    ("$.type[1].coding[0].system", "$.type[1].coding[0].code"),
)
"""Where the level is looked for by ``levels=``, in this order, before the class."""

_CLASS: Final = ("$.class.system", "$.class.code")
_LEVEL_NUMBERS: Final = " ".join(f"WHEN '{name}' THEN {LEVELS.index(level)}" for name, level in CLASSES.items())
_CLASS_LEVEL: Final = f"CASE {{}} {_LEVEL_NUMBERS} END"
_DAY: Final = "TRY_CAST(left({0}, 10) AS DATE) - DATE '1970-01-01'"
"""Days are those written: a time with an offset is the local time of the place that wrote it."""


_PATH: Final = re.compile(r"[A-Za-z]+(\[\d{1,2}\])?(\.[A-Za-z]+(\[\d{1,2}\])?)*")
_NO_STRATA: Final = frozenset(
    {"id", "identifier", "subject", "patient", "period", "length", "text", "meta", "statusHistory", "classHistory"}
)
"""Parts of a resource that are ids, days or free text."""


def strata_paths(columns: Mapping[str, str] | None) -> dict[str, str]:
    """Return the JSON paths of the strata of ``columns=``, by the name of the stratum.

    Raises
    ------
    ArgumentError
        A name or a path cannot be a stratum's.

    Examples
    --------
    >>> strata_paths({"priority": "priority.coding[0].code"})
    {'priority': '$.priority.coding[0].code'}
    """
    paths = {str(name): str(path).removeprefix("$.") for name, path in (columns or {}).items()}
    strata = {name: path for name, path in paths.items() if name != "payer"}
    match_columns(set(strata.values()), (), (), strata, keys=())  # the names of strata
    wrong = [name for name, path in paths.items() if not _PATH.fullmatch(path)]
    if wrong:
        raise ArgumentError(
            f"columns= of {', '.join(wrong)} is no path in a resource, such as 'priority.coding[0].code'."
        )
    ids = [name for name, path in paths.items() if re.split(r"[.\[]", path)[0] in _NO_STRATA]
    if ids:
        raise ArgumentError(f"columns= would make {', '.join(ids)} of ids, days or free text, which cannot be strata.")
    return {name: f"$.{path}" for name, path in paths.items()}


def load_lines(engine: Engine, paths: Sequence[Path], limits: SizeLimits, strata: Mapping[str, str]) -> str:
    """Return the table of lines with the parts that are read, as text; a line that is no JSON has none.

    ``strata`` has the JSON path of each column of a stratum.
    """
    for path in paths:
        check_readable([path])
    plain = Decompressor(limits)
    files = [str(plain.plain(path, None)) for path in paths]
    table = engine.name("lines_of_json")
    text = "json_extract_string(line, '{}')".format
    parts = {name: f"coalesce({', '.join(map(text, where))})" for name, where in _JSON.items()}
    parts |= {name: text(path) for name, path in strata.items()}
    for i, (system, code) in enumerate((*_CODINGS, _CLASS)):
        parts[f"coding{i}"] = f"{text(system)} || '|' || {text(code)}"
    picked = ", ".join(f"CASE WHEN valid THEN {sql} END AS {name}" for name, sql in parts.items())
    # One column of whole lines: a line that is no JSON is counted, and does not stop the reading of the others.
    scan = (
        "read_csv(?, auto_detect = false, header = false, delim = ?, quote = '', escape = '', "
        "strict_mode = false, null_padding = true, max_line_size = 16777216, columns = {line: 'VARCHAR'})"
    )
    rows = f"FROM (SELECT line, json_valid(line) AS valid FROM {scan} WHERE trim(line) <> '')"
    if not files:
        rows = "FROM (SELECT '' AS line, false AS valid) WHERE valid"
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT row_number() OVER () AS row_id, {picked} {rows}",
        [files, "\x01"] if files else None,
    )
    return table


def reference(column: str) -> str:
    """Return the SQL of the id in a reference: what follows the last slash."""
    return f"nullif(regexp_replace({column}, '^.*/', ''), '')"


def judged_encounters(
    engine: Engine, raw: str, people: str, providers: str, labels: NumberedTexts,
    levels: Mapping[tuple[str, str], str], episodes: str, cutoff: int,
) -> str:  # fmt: skip
    """Return the table of encounters with their level, their days and the rule that sets one aside.

    ``row_id, id, person, facility, payer, level, start_day, end_day, still, reason, rule``; ``payer`` is the number of
    its strata, ``by_class`` says that the level is the class's, so that ``history`` can change it.
    """
    within, table = engine.name("within"), engine.name("judged")
    engine.run(
        f"""CREATE TEMP TABLE {within} AS
        SELECT DISTINCT c.row_id FROM (
          SELECT row_id, {reference("subject")} AS who, {reference("ref")} AS ref FROM (
            SELECT row_id, subject, unnest(json_extract_string(care, '$[*].reference')) AS ref
            FROM {raw} WHERE care IS NOT NULL) u) c
        JOIN {episodes} e ON c.ref = e.id AND e.rule = 0 JOIN {people} p ON e.person = p.code AND c.who = p.v"""
    )
    by_class = f"coalesce(w5.level, {_CLASS_LEVEL.format('r.class')})"
    meant = _meant(engine, raw, people, providers, labels, levels, by_class, OPEN_STATUSES, NOT_CARE)
    length = "CASE unit WHEN 'd' THEN TRY_CAST(length AS DOUBLE)::INTEGER WHEN 'h' THEN 0 WHEN 'min' THEN 0 END"
    end = f"CASE WHEN {length} IS NOT NULL THEN start_day + {length} WHEN level > 1 THEN start_day END"
    _judged(engine, table, meant, "Encounter", end, cutoff, within)
    engine.run(f"DROP TABLE {within}")
    return table


def judged_episodes(
    engine: Engine, raw: str, people: str, providers: str, labels: NumberedTexts,
    levels: Mapping[tuple[str, str], str], cutoff: int,
) -> str:  # fmt: skip
    """Return the same table of episodes of care; only those whose type is in ``levels`` have a level."""
    table = engine.name("judged")
    none = "NULL::INTEGER"
    meant = _meant(engine, raw, people, providers, labels, levels, none, EPISODE_OPEN, EPISODE_NOT_CARE)
    _judged(engine, table, meant, "EpisodeOfCare", none, cutoff, "")
    return table


def _meant(
    engine: Engine, raw: str, people: str, providers: str, labels: NumberedTexts,
    levels: Mapping[tuple[str, str], str], by_class: str, opened: Sequence[str], aside: Sequence[str],
) -> str:  # fmt: skip
    """Create the table of resources with what their codes, dates and references mean."""
    words, table = _own_levels(engine, levels), engine.name("meant")
    joins = " ".join(f"LEFT JOIN {words} w{i} ON r.coding{i} = w{i}.v" for i in range(len(_CODINGS) + 1))
    by_coding = ", ".join(f"w{i}.level" for i in range(len(_CODINGS)))
    reasons = " ".join(f"WHEN '{code}' THEN {REASONS.index(word)}" for code, word in DISPOSITIONS.items())
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT r.*, p.code AS person, coalesce(f.code, 0) AS facility, {labels.code} AS payer,
          coalesce({by_coding}) IS NULL AS by_class,
          coalesce({by_coding}, {by_class}) AS level, ({_DAY.format("r.first")})::INTEGER AS start_day,
          ({_DAY.format("r.last")})::INTEGER AS given_end, coalesce(r.status IN ({_texts(opened)}), false) AS still,
          r.status IS NULL OR r.status IN ({_texts(aside)}) AS no_care,
          CASE r.disposition {reasons} ELSE {REASONS.index("unknown")} END AS reason,
          row_number() OVER (PARTITION BY coalesce(r.id, r.row_id::VARCHAR)
            ORDER BY coalesce(r.updated, '') DESC, r.row_id) AS nth
        FROM {raw} r {joins} LEFT JOIN {people} p ON {reference("r.subject")} = p.v
        LEFT JOIN {providers} f ON {reference("r.provider")} = f.v {labels.join}"""
    )
    engine.unregister(words)
    return table


def _judged(engine: Engine, table: str, meant: str, kind: str, end: str, cutoff: int, within: str) -> None:
    partial = " OR ".join(f"({name} IS NOT NULL AND length({name}) < 10)" for name in ("first", "last"))
    inside = f"WHEN row_id IN (SELECT row_id FROM {within}) THEN 8" if within else ""
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT row_id, id, person, facility, payer, level, start_day, end_day::INTEGER AS end_day, still, reason,
          by_class, history, CASE WHEN coalesce(kind, '') <> '{kind}' OR person IS NULL THEN 1 WHEN nth > 1 THEN 7
            WHEN no_care THEN 3 {inside} WHEN {partial} THEN 6
            WHEN start_day IS NULL THEN 5 WHEN start_day > {cutoff} THEN 4 WHEN level IS NULL THEN 2
            WHEN end_day IS NULL OR end_day < start_day THEN 5 ELSE 0 END AS rule
        FROM (
          SELECT *, CASE WHEN still THEN {cutoff + 1} WHEN given_end IS NOT NULL THEN given_end ELSE {end} END
            AS end_day
          FROM {meant}) e"""
    )
    engine.run(f"DROP TABLE {meant}")


def cut_by_class(engine: Engine, judged: str, levels: Mapping[tuple[str, str], str]) -> tuple[str, int]:
    """Cut the encounters that are kept at the changes of level in their ``classHistory``.

    A class holds from its start to the next; days before the first one, and after the end of the last one, have the
    class of the encounter. Of several on one day the last one written holds.

    Returns
    -------
    str
        The table of pieces ``row_id, person, facility, payer, level, start_day, end_day, still, reason``.
    int
        Changes without a day, which cut nothing (H11).
    """
    words, entries, table = _own_levels(engine, levels), engine.name("entries"), engine.name("good")
    part = "json_extract_string(entry, '$.{}')".format
    engine.run(
        f"""CREATE TEMP TABLE {entries} AS
        SELECT e.row_id, e.nth, coalesce(w.level, {_CLASS_LEVEL.format("e.class")}) AS level,
          CASE WHEN length(e.first) >= 10 THEN ({_DAY.format("e.first")})::INTEGER END AS day,
          CASE WHEN length(e.last) >= 10 THEN ({_DAY.format("e.last")})::INTEGER END AS until
        FROM (
          SELECT row_id, nth, {part("class.code")} AS class, {part("period.start")} AS first,
            {part("period.end")} AS last, {part("class.system")} || '|' || {part("class.code")} AS coding
          FROM (
            SELECT row_id, unnest(parts) AS entry, unnest(range(len(parts))) AS nth FROM (
              SELECT row_id, json_extract(history, '$[*]') AS parts FROM {judged}
              WHERE rule = 0 AND by_class AND json_valid(history)) h) u) e
        LEFT JOIN {words} w ON e.coding = w.v"""
    )
    engine.unregister(words)
    undated = int(engine.one(f"SELECT count(*) FROM {entries} WHERE level IS NOT NULL AND day IS NULL")[0])
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        WITH known AS (
          SELECT c.row_id, c.nth, c.level, greatest(c.day, j.start_day) AS day, c.until, j.end_day, j.level AS own
          FROM {entries} c JOIN {judged} j ON c.row_id = j.row_id
          WHERE c.level IS NOT NULL AND c.day IS NOT NULL AND c.day < j.end_day),
        after AS (
          SELECT row_id, max(day) AS day, max(until) AS until, end_day, own FROM known
          GROUP BY row_id, end_day, own),
        steps AS (
          SELECT row_id, start_day AS day, level, -1 AS nth FROM {judged} WHERE rule = 0
          UNION ALL SELECT row_id, day, level, nth FROM known
          UNION ALL SELECT row_id, until, own, 1000000 FROM after WHERE until > day AND until < end_day),
        daily AS (
          SELECT row_id, day, level FROM (
            SELECT *, row_number() OVER (PARTITION BY row_id, day ORDER BY nth DESC) AS latest FROM steps) s
          WHERE latest = 1),
        changed AS (
          SELECT * FROM (
            SELECT *, lag(level) OVER (PARTITION BY row_id ORDER BY day) AS before FROM daily) d
          WHERE before IS NULL OR before <> level),
        pieces AS (SELECT *, lead(day) OVER (PARTITION BY row_id ORDER BY day) AS next FROM changed)
        SELECT p.row_id, j.person, j.facility, j.payer, p.level, p.day AS start_day,
          coalesce(p.next, j.end_day) AS end_day, j.still AND p.next IS NULL AS still,
          CASE WHEN p.next IS NULL THEN j.reason ELSE {REASONS.index(CUT)} END AS reason
        FROM pieces p JOIN {judged} j ON p.row_id = j.row_id"""
    )
    engine.run(f"DROP TABLE {entries}")
    return table, undated


def _own_levels(engine: Engine, levels: Mapping[tuple[str, str], str]) -> str:
    """Register ``v, level``: what ``levels=`` says of ``system|code``."""
    name = engine.name("words")
    own = {f"{system}|{code}": LEVELS.index(level) for (system, code), level in levels.items()} or {"": -1}
    engine.register(name, pa.table({"v": list(own), "level": pa.array(list(own.values()), pa.int32())}))
    return name


def _texts(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
