"""A short run of the fuzz of stay sources in benchmarks/: damaged files are read or refused, and nothing else."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.parametrize("kind", ["claims", "events", "omop", "fhir", "teds"])
def test_damaged_files_of_a_source_are_read_or_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    verdicts = import_module("fuzz_sources").run(files=60, seed=7, seconds=300, kinds=[kind])
    assert set(verdicts) <= {f"read ({kind})", f"refused ({kind})"}, verdicts
    assert verdicts[f"read ({kind})"] > 3
    assert verdicts[f"refused ({kind})"] > 3
