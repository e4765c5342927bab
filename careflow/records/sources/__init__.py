"""Stay sources: claims lines, level changes, OMOP, FHIR and others become stays, and every line is accounted for.

A source is given to :func:`careflow.read_episodes` in place of a file:
``cf.read_episodes(cf.sources.claims("lines/*.parquet"), cutoff="2025-12-31")``. Other packages add theirs by an entry
point of the group ``careflow.sources``.
"""

from importlib import import_module
from typing import Any

_MODULES = {
    "claims": "careflow.records.sources.claim_lines.source",
    "enrolments": "careflow.records.sources.hmis_enrolments",
    "events": "careflow.records.sources.emr_events",
    "fhir": "careflow.records.sources.fhir_bulk",
    "omop": "careflow.records.sources.omop_cdm",
    "describe": "careflow.records.sources.registry",
    "names": "careflow.records.sources.registry",
    "open_named": "careflow.records.sources.registry",
    "teds": "careflow.records.sources.teds_files",
    "Loss": "careflow.records.sources.protocol",
    "Made": "careflow.records.sources.protocol",
    "StaySource": "careflow.records.sources.protocol",
    "Window": "careflow.records.sources.protocol",
}
OWN = ("claims", "enrolments", "events", "fhir", "omop", "teds")
"""The sources that careflow brings."""

__all__ = [
    "Loss",
    "Made",
    "StaySource",
    "Window",
    "claims",
    "enrolments",
    "events",
    "fhir",
    "names",
    "omop",
    "open_named",
    "teds",
]


def __getattr__(name: str) -> Any:
    # Each source is imported when it is first used.
    if name == "open":
        name = "open_named"
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}, open")
    return getattr(import_module(_MODULES[name]), name)
