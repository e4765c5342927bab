"""FHIR R4 bulk export as a source of stays: ``cf.sources.fhir``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from careflow.arguments import checked, mapping
from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.size_limits import SizeLimits
from careflow.records.files.source import TEXT, SourceTable
from careflow.records.parsing.date_formats import EPOCH
from careflow.records.sources.claim_lines.numbered_texts import number_texts
from careflow.records.sources.fhir_resources import (
    cut_by_class,
    judged_encounters,
    judged_episodes,
    load_lines,
    reference,
    strata_paths,
)
from careflow.records.sources.protocol import ABSORBED, FLAGGED, KEPT, SET_ASIDE, Loss, Made, Window
from careflow.records.sources.standard_levels import check_continuum, check_gaps, check_levels
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
    "H08": "of an episode of care that is a stay",
    "H09": "inside a stay",
    "H10": "open",
    "H11": "a change of class without a day",
}


@checked(
    columns=mapping("{stratum: path in the resource}, such as {'priority': 'priority.coding[0].code'}"),
    levels=mapping("{(system, code): level}, such as {('http://example.org/levels', 'RTC'): 'residential'}"),
    gaps=mapping("{level: days}, such as {'outpatient': 45}"),
)
def fhir(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    levels: Mapping[tuple[str, str], str] | None = None,
    gaps: Mapping[str, int] | None = None,
) -> FhirSource:
    """Read encounters and episodes of care of a FHIR R4 bulk export.

    Parameters
    ----------
    path : folder or file
        ``*.ndjson``, also in gz: one resource a line. In a folder the files named ``Encounter*`` and ``EpisodeOfCare*``
        are read.
    columns : mapping, optional
        ``{stratum: path in the resource}``: ``{"priority": "priority.coding[0].code"}``. A stay has the label of its
        first encounter. Ids, days and free text cannot be strata.
    levels : mapping, optional
        ``{(system, code): level}`` of ``serviceType``, ``type`` and ``class``, before careflow's own: R4 has no classes
        for residential care, php and iop. An episode of care is a stay only if its ``type`` is here.
    gaps : mapping, optional
        The most days to the next encounter that still continues a stay at php, iop or outpatient.

    Returns
    -------
    FhirSource

    Raises
    ------
    ArgumentError
        An option is wrong.

    Examples
    --------
    >>> import json, tempfile, careflow as cf
    >>> encounter = {"resourceType": "Encounter", "id": "1", "status": "finished", "class": {"code": "IMP"},
    ...     "subject": {"reference": "Patient/A"}, "period": {"start": "2024-01-02", "end": "2024-01-09"}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "Encounter.ndjson").write_text(json.dumps(encounter))
    ...     print(cf.read_episodes(cf.sources.fhir(folder), cutoff="2024-06-30"))
    <Episodes: 1 stay of 1 person, 2024Q1-2024Q1, 0 open, 0 set aside>
    """
    keys = list(levels or {})
    if any(not isinstance(key, tuple) or len(key) != 2 for key in keys):
        raise ArgumentError(
            "levels= maps (system, code) to levels: {('http://example.org/levels', 'RTC'): 'residential'}."
        )
    check_levels(levels)
    return FhirSource(Path(path), strata_paths(columns), dict(levels or {}), check_gaps(gaps))


class FhirSource:
    """FHIR encounters, to be read by :func:`careflow.read_episodes`; made by :func:`fhir`."""

    name = "fhir"
    rules = RULES
    expected = frozenset({"H02", "H03", "H04"})
    dates = ()

    def __init__(
        self, path: Path, strata: Mapping[str, str], levels: Mapping[tuple[str, str], str], gaps: Mapping[str, int]
    ) -> None:
        self.path = path
        self.limits = SizeLimits()
        self._strata = strata
        self._levels = levels
        self._gaps = gaps

    @property
    def label(self) -> str:
        """The name of the folder or file in messages."""
        return self.path.name

    @property
    def header(self) -> list[str]:
        """The parts of an encounter that are read; no others are."""
        return ["id", "status", "class", "subject", "period", *self._strata]

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
        check_continuum(window.continuum, "encounters")
        cutoff = (window.cutoff - EPOCH).days
        # The columns of strata in the engine; their names are the analyst's.
        columns = {name: f"x{i}" for i, name in enumerate(self._strata)}
        paths = {columns[name]: path for name, path in self._strata.items()}
        raw = load_lines(engine, self._files("Encounter"), self.limits, paths)
        care = load_lines(engine, self._files("EpisodeOfCare", required=False), self.limits, paths)
        both = f"SELECT {{}} AS v FROM {raw} UNION ALL SELECT {{}} AS v FROM {care}"
        people = dictionary(engine, both.format(*[reference("subject")] * 2), "people")
        providers = dictionary(engine, both.format(*[reference("provider")] * 2), "facilities")
        picked = ", ".join(paths)
        texts = f"(SELECT {picked} FROM {raw} UNION ALL SELECT {picked} FROM {care})"
        table = SourceTable(texts, dict.fromkeys(paths, TEXT), "NULL")
        labels = number_texts(engine, table, {name: name for name in paths}, "labels")
        episodes = judged_episodes(engine, care, people, providers, labels, self._levels, cutoff)
        judged = judged_encounters(engine, raw, people, providers, labels, self._levels, episodes, cutoff)
        good, undated = cut_by_class(engine, judged, self._levels)
        stays = engine.name("episodes")
        engine.run(f"CREATE TEMP TABLE {stays} AS SELECT * FROM {episodes} WHERE rule = 0")
        made = visit_stays(engine, good, self._gaps, cutoff, stays)
        relation = stay_relation(engine, made.table, people, providers, labels)
        losses: list[Loss] = []
        lines = 0
        for unit, lines_table, absorbed in (("encounter", judged, made.absorbed), ("episode", episodes, 0)):
            by_rule = engine.rows(f"SELECT rule, count(*) FROM {lines_table} GROUP BY rule")
            fates = {int(rule): int(n) for rule, n in by_rule}
            lines += sum(fates.values())
            kept, within = fates.pop(0, 0), fates.pop(8, 0)
            losses += [Loss(f"H{rule:02d}", SET_ASIDE, unit, n) for rule, n in sorted(fates.items())]
            losses += [
                Loss("H08", ABSORBED, unit, within),
                Loss("H09", ABSORBED, unit, absorbed),
                Loss("H00", KEPT, unit, kept - absorbed),
            ]
        losses += [Loss("H10", FLAGGED, "stay", made.still_open), Loss("H11", FLAGGED, "change", undated)]
        by_gap = pd.DataFrame(made.stays_by_gap, columns=["level", "gap", "stays"])
        used = (raw, care, people, providers, judged, episodes, stays, good, made.table, labels.table, labels.written)
        for used_table in filter(None, used):
            engine.run(f"DROP TABLE {used_table}")
        return Made(relation, losses, {"stays_by_gap": by_gap}, lines, columns)

    def _files(self, resource: str, *, required: bool = True) -> list[Path]:
        if self.path.is_dir():
            files = sorted(p for p in self.path.iterdir() if p.name.startswith(resource) and ".ndjson" in p.name)
        else:
            files = [self.path] if self.path.is_file() and required else []
        if required and not files:
            raise RecordError("there is no file of encounters: an .ndjson file, or a folder with Encounter*.ndjson.")
        return files
