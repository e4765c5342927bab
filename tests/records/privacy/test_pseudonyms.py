"""Ids become numbers of which no two people share one."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import careflow as cf
from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine


def test_two_ids_that_hash_to_one_number_are_never_one_person(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Engine.run

    def weakly(self: Engine, sql: str, parameters: list[object] | None = None) -> None:
        # A hash that ids of one length share.
        run(self, re.sub(r"hash\((r\.person_id::VARCHAR), \d+::BIGINT\)", r"length(\1)", sql), parameters)

    monkeypatch.setattr(Engine, "run", weakly)
    stays = pd.DataFrame({"person_id": ["ab", "cd"], "level": "iop", "admit_date": "2024-01-01"})
    stays["discharge_date"] = "2024-02-01"
    with pytest.raises(RecordError, match="two different ids were given the same number"):
        cf.read_episodes(stays, cutoff="2024-12-31")
    assert cf.read_episodes(stays.assign(person_id=["ab", "cdef"]), cutoff="2024-12-31").persons == 2
