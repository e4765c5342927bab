"""FHIR R4 bulk export as a source of stays: ``cf.sources.fhir``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from careflow.arguments import checked, mapping
from careflow.arguments.messages import either
from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.decompress import Decompressor
from careflow.records.files.size_limits import SizeLimits
from careflow.records.parsing.date_formats import EPOCH
from careflow.records.sources.claim_lines.codes import LEVELS
from careflow.records.sources.claim_lines.source import GAPS
from careflow.records.sources.protocol import ABSORBED, FLAGGED, KEPT, SET_ASIDE, Loss, Made, Window
from careflow.records.sources.visits import dictionary, stay_relation, visit_stays

RULES: Final = {
    "H00": "in a stay",
    "H01": "no JSON, or no encounter",
    "H02": "a class without a level of care",
    "H03": "planned, cancelled or entered in error",
    "H04": "begins after the cut-off",
    "H05": "no start, no end, or ends before it starts",
    "H06": "a date without a day",
    "H07": "an older version",
    "H09": "inside a stay",
    "H10": "open",
}
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

_JSON: Final = {
    "kind": "$.resourceType",
    "id": "$.id",
    "status": "$.status",
    "subject": "$.subject.reference",
    "first": "$.period.start",
    "last": "$.period.end",
    "length": "$.length.value",
    "unit": "$.length.code",
    "updated": "$.meta.lastUpdated",
    "class": "$.class.code",
    "provider": "$.serviceProvider.reference",
    "disposition": "$.hospitalization.dischargeDisposition.coding[0].code",
}
_CODINGS: Final = (
    ("$.serviceType.coding[0].system", "$.serviceType.coding[0].code"),
    ("$.serviceType.coding[1].system", "$.serviceType.coding[1].code"),
    ("$.type[0].coding[0].system", "$.type[0].coding[0].code"),
    ("$.type[0].coding[1].system", "$.type[0].coding[1].code"),
    ("$.type[1].coding[0].system", "$.type[1].coding[0].code"),
    ("$.class.system", "$.class.code"),
)
"""Where the level is looked for by ``levels=``, in this order."""


@checked(
    levels=mapping("{(system, code): level}, such as {('http://example.org/levels', 'RTC'): 'residential'}"),
    gaps=mapping("{level: days}, such as {'outpatient': 45}"),
)
def fhir(
    path: str | Path, *, levels: Mapping[tuple[str, str], str] | None = None, gaps: Mapping[str, int] | None = None
) -> FhirSource:
    """Read encounters of a FHIR R4 bulk export.

    Parameters
    ----------
    path : folder or file
        ``*.ndjson``, also in gz: one resource a line. In a folder the files named ``Encounter*`` are read.
    levels : mapping, optional
        ``{(system, code): level}`` of ``serviceType``, ``type`` and ``class``, before careflow's own: R4 has no classes
        for residential care, php and iop.
    gaps : mapping, optional
        The most days to the next encounter that still continues a stay at php, iop or outpatient.

    Returns
    -------
    FhirSource

    Raises
    ------
    ArgumentError
        An option is wrong.
    """
    keys = list(levels or {})
    if any(not isinstance(key, tuple) or len(key) != 2 for key in keys):
        raise ArgumentError(
            "levels= maps (system, code) to levels: {('http://example.org/levels', 'RTC'): 'residential'}."
        )
    wrong = sorted({str(level) for level in (levels or {}).values() if level not in LEVELS})
    if wrong:
        raise ArgumentError(f"levels= maps to {', '.join(map(repr, wrong))}; give {either(LEVELS)}.")
    if any(level not in GAPS or type(days) is not int or days < 0 for level, days in (gaps or {}).items()):
        raise ArgumentError(f"gaps= maps levels ({', '.join(GAPS)}) to whole numbers of days.")
    return FhirSource(Path(path), dict(levels or {}), GAPS | dict(gaps or {}))


class FhirSource:
    """FHIR encounters, to be read by :func:`careflow.read_episodes`; made by :func:`fhir`."""

    name = "fhir"
    rules = RULES
    expected = frozenset({"H02", "H03", "H04"})
    dates = ()

    def __init__(self, path: Path, levels: Mapping[tuple[str, str], str], gaps: Mapping[str, int]) -> None:
        self.path = path
        self.limits = SizeLimits()
        self._levels = levels
        self._gaps = gaps

    @property
    def label(self) -> str:
        """The name of the folder or file in messages."""
        return self.path.name

    @property
    def header(self) -> list[str]:
        """The parts of an encounter that are read; no others are."""
        return ["id", "status", "class", "subject", "period"]

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return nothing: the ids of people are looked at once the stays are made."""
        return {}

    def make(self, engine: Engine, window: Window) -> Made:
        """Make the stays in the engine.

        Raises
        ------
        RecordError
            There are no files of encounters, or they cannot be read.
        """
        if any(level not in window.continuum.names for level in LEVELS):
            raise ArgumentError("encounters make stays at the standard levels; read them with the standard continuum.")
        cutoff = (window.cutoff - EPOCH).days
        raw = self._raw(engine)
        people = dictionary(engine, f"SELECT {_reference('subject')} AS v FROM {raw}", "people")
        providers = dictionary(engine, f"SELECT {_reference('provider')} AS v FROM {raw}", "facilities")
        judged = self._judged(engine, raw, people, providers, cutoff)
        good = engine.name("good")
        engine.run(
            f"CREATE TEMP TABLE {good} AS SELECT row_id, person, facility, level, start_day, end_day, still, reason "
            f"FROM {judged} WHERE rule = 0"
        )
        fates = {int(rule): int(n) for rule, n in engine.rows(f"SELECT rule, count(*) FROM {judged} GROUP BY rule")}
        made = visit_stays(engine, good, self._gaps, cutoff)
        relation = stay_relation(engine, made.table, people, providers)
        kept = fates.pop(0, 0)
        losses = [Loss(f"H{rule:02d}", SET_ASIDE, "encounter", n) for rule, n in sorted(fates.items())]
        losses += [
            Loss("H09", ABSORBED, "encounter", made.absorbed),
            Loss("H00", KEPT, "encounter", kept - made.absorbed),
            Loss("H10", FLAGGED, "stay", made.still_open),
        ]
        by_gap = pd.DataFrame(made.stays_by_gap, columns=["level", "gap", "stays"])
        for table in (raw, people, providers, judged, good, made.table):
            engine.run(f"DROP TABLE {table}")
        return Made(relation, losses, {"stays_by_gap": by_gap}, kept + sum(fates.values()))

    def _raw(self, engine: Engine) -> str:
        """Return the table of lines with the parts that are read, as text."""
        paths = self._files()
        plain = Decompressor(self.limits)
        files = [str(plain.plain(path, None)) for path in paths]
        table = engine.name("encounters")
        parts = {name: f"json_extract_string(line, '{where}')" for name, where in _JSON.items()}
        for i, (system, code) in enumerate(_CODINGS):
            both = (f"json_extract_string(line, '{where}')" for where in (system, code))
            parts[f"coding{i}"] = "{} || '|' || {}".format(*both)
        picked = ", ".join(f"CASE WHEN valid THEN {sql} END AS {name}" for name, sql in parts.items())
        # One column of whole lines: a line that is no JSON is counted, and does not stop the reading of the others.
        scan = (
            "read_csv(?, auto_detect = false, header = false, delim = ?, quote = '', escape = '', "
            "strict_mode = false, null_padding = true, max_line_size = 16777216, columns = {line: 'VARCHAR'})"
        )
        engine.run(
            f"CREATE TEMP TABLE {table} AS SELECT row_number() OVER () AS row_id, {picked} "
            f"FROM (SELECT line, json_valid(line) AS valid FROM {scan} WHERE trim(line) <> '')",
            [files, "\x01"],
        )
        return table

    def _files(self) -> list[Path]:
        if self.path.is_dir():
            found = sorted(p for p in self.path.iterdir() if p.name.startswith("Encounter") and ".ndjson" in p.name)
        else:
            found = [self.path] if self.path.is_file() else []
        if not found:
            raise RecordError("there is no file of encounters: an .ndjson file, or a folder with Encounter*.ndjson.")
        return found

    def _judged(self, engine: Engine, raw: str, people: str, providers: str, cutoff: int) -> str:
        """Return the table of encounters with their level, their days and the rule that sets one aside."""
        words, table = engine.name("words"), engine.name("judged")
        own = {f"{system}|{code}": LEVELS.index(level) for (system, code), level in self._levels.items()}
        pairs = own or {"": -1}
        engine.register(words, pa.table({"v": list(pairs), "level": pa.array(list(pairs.values()), pa.int32())}))
        joins = " ".join(f"LEFT JOIN {words} w{i} ON r.coding{i} = w{i}.v" for i in range(len(_CODINGS)))
        found = ", ".join(f"w{i}.level" for i in range(len(_CODINGS)))
        classes = " ".join(f"WHEN '{name}' THEN {LEVELS.index(level)}" for name, level in CLASSES.items())
        reasons = " ".join(f"WHEN '{code}' THEN {REASONS.index(word)}" for code, word in DISPOSITIONS.items())
        statuses = ", ".join(f"'{status}'" for status in OPEN_STATUSES)
        aside = ", ".join(f"'{status}'" for status in NOT_CARE)
        # Days are those written: a time with an offset is the local time of the place that wrote it.
        day = "TRY_CAST(left({0}, 10) AS DATE) - DATE '1970-01-01'"
        length = "CASE unit WHEN 'd' THEN TRY_CAST(length AS DOUBLE)::INTEGER WHEN 'h' THEN 0 WHEN 'min' THEN 0 END"
        partial = " OR ".join(f"({name} IS NOT NULL AND length({name}) < 10)" for name in ("first", "last"))
        engine.run(
            f"""CREATE TEMP TABLE {table} AS
            WITH meant AS (
              SELECT r.*, p.code AS person, coalesce(f.code, 0) AS facility,
                coalesce({found}, CASE r.class {classes} END) AS level, {day.format("r.first")} AS start_day,
                {day.format("r.last")} AS given_end, coalesce(r.status IN ({statuses}), false) AS still,
                CASE r.disposition {reasons} ELSE {REASONS.index("unknown")} END AS reason,
                row_number() OVER (PARTITION BY coalesce(r.id, r.row_id::VARCHAR)
                  ORDER BY coalesce(r.updated, '') DESC, r.row_id) AS nth
              FROM {raw} r {joins} LEFT JOIN {people} p ON {_reference("r.subject")} = p.v
              LEFT JOIN {providers} f ON {_reference("r.provider")} = f.v),
            ended AS (
              SELECT *, CASE WHEN still THEN {cutoff + 1} WHEN given_end IS NOT NULL THEN given_end
                WHEN {length} IS NOT NULL THEN start_day + {length} WHEN level > 1 THEN start_day END AS end_day
              FROM meant)
            SELECT row_id, person, facility, level, start_day::INTEGER AS start_day, end_day::INTEGER AS end_day, still,
              reason, CASE WHEN coalesce(kind, '') <> 'Encounter' OR person IS NULL THEN 1 WHEN nth > 1 THEN 7
                WHEN status IS NULL OR status IN ({aside}) THEN 3 WHEN {partial} THEN 6
                WHEN start_day IS NULL THEN 5 WHEN start_day > {cutoff} THEN 4 WHEN level IS NULL THEN 2
                WHEN end_day IS NULL OR end_day < start_day THEN 5 ELSE 0 END AS rule
            FROM ended"""
        )
        engine.unregister(words)
        return table


def _reference(column: str) -> str:
    """Return the SQL of the id in a reference: what follows the last slash."""
    return f"nullif(regexp_replace({column}, '^.*/', ''), '')"
