"""Which release of source data and vocabulary an OMOP database was made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.columns import InputTable
from careflow.records.sources.omop_tables import TABLES
from careflow.records.sources.protocol import FLAGGED, Loss


@dataclass(frozen=True)
class OmopRelease:
    """The rows of OMOP's table cdm_source.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``cdm_source_abbreviation, source_release_date, cdm_release_date, cdm_version, vocabulary_version``; days are
        ISO 8601.
    released : datetime.date, optional
        The earliest day on which source data were exported; else on which a database was made of them.
    """

    frame: pd.DataFrame
    released: date | None

    @property
    def label(self) -> str:
        """What stands in the provenance.

        Examples
        --------
        >>> row = {"cdm_source_abbreviation": "Lakes", "vocabulary_version": "v5.0 09-APR-22"}
        >>> OmopRelease(pd.DataFrame([row]), date(2022, 10, 10)).label
        'OMOP: Lakes, source data of 2022-10-10, vocabulary v5.0 09-APR-22'
        """
        names, vocabularies = (
            " and ".join(sorted(set(self.frame[column].dropna()))) if column in self.frame else ""
            for column in ("cdm_source_abbreviation", "vocabulary_version")
        )
        parts = [names, f"source data of {self.released}" if self.released else ""]
        parts.append(f"vocabulary {vocabularies}" if vocabularies else "")
        return f"OMOP: {', '.join(filter(None, parts))}"

    def beyond(self, cutoff: date) -> list[Loss]:
        """Return what is flagged where the cut-off is after the export of the source data (O10)."""
        days = (cutoff - self.released).days if self.released else 0
        if days <= 0:
            return []
        return [Loss("O10", FLAGGED, "day", days, f"records cannot be complete later: give cutoff='{self.released}'")]


def read_release(engine: Engine, table: InputTable | None) -> OmopRelease | None:
    """Read the table cdm_source; None if there is none, or no row."""
    if table is None:
        return None
    raw = table.load(engine)
    columns = [name for name in TABLES["cdm_source"] if name in raw.kinds]
    picked = ", ".join(f"nullif(trim(r.{name}::VARCHAR), '') AS {name}" for name in columns)
    frame = engine.frame(f"SELECT DISTINCT {picked} FROM {raw.relation} r ORDER BY ALL")
    if raw.held:
        engine.run(f"DROP TABLE {raw.relation}")
    if frame.empty:
        return None
    released = None
    for name in ("cdm_release_date", "source_release_date"):
        if name in columns:
            days = pd.to_datetime(frame[name].str.slice(0, 10), format="ISO8601", errors="coerce").dropna()
            released = days.min().date() if len(days) else released
            frame[name] = days.dt.strftime("%Y-%m-%d").reindex(frame.index)
    return OmopRelease(frame, released)
