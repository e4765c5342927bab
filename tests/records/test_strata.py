"""Ids are no strata; records that end long before the cut-off say so; threads and unreadable files are never silent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from records.drawing import repeat

import careflow as cf
from careflow.errors import ArgumentError, RecordError


def stays(rows: int = 40, **more: Any) -> pd.DataFrame:
    return repeat(rows, discharge_date="2024-12-19", **more)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"persn": "person_id"}, "stratum 'persn' of person_id, which is the field person_id"),
        ({"admit": "admit_date"}, "which is the field admit_date"),
        ({"persn": "unit"}, "did you mean columns={'person_id'"),
        ({"facilty": "unit"}, "did you mean columns={'facility'"),
        ({"unit": "person_id"}, "is reversed"),
    ],
)
def test_a_field_or_what_is_almost_one_is_no_stratum(columns: dict[str, str], sentence: str) -> None:
    table = stays(unit=["a", "b"])
    if sentence == "is reversed":
        table = table.rename(columns={"person_id": "pid"})
    with pytest.raises(ArgumentError, match=sentence):
        cf.read_episodes(table, cutoff="2024-12-31", columns=columns)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["unit", "admit_type", "season", "region"])
def test_an_ordinary_column_is_a_stratum(name: str) -> None:
    episodes = cf.read_episodes(stays(x=["a", "b"]), cutoff="2024-12-31", columns={name: "x"})
    assert cf.link(episodes).counts(by=name).definition.by == (name,)


@pytest.mark.parametrize("name", ["facility", "payer", "site"])
def test_a_column_with_a_value_a_row_is_no_stratum(name: str, tmp_path: Path) -> None:
    table = stays(**{name: [f"v{i}" for i in range(40)]})
    how = {"columns": {"site": "site"}} if name == "site" else {}
    episodes = cf.read_episodes(table, cutoff="2024-12-31", **how)  # type: ignore[arg-type]
    assert name not in set(episodes.seen()["column"])
    for ask in (cf.transition_rates, cf.length_of_stay):
        with pytest.raises(ArgumentError, match=f"cannot split by '{name}': it has 40 different values in 40 rows"):
            ask(cf.link(episodes), by=name)  # type: ignore[operator]


@pytest.mark.slow
def test_a_cutoff_long_after_the_data_is_told_by_every_result(tmp_path: Path) -> None:
    moves = cf.link(cf.read_episodes(stays(), cutoff="2030-12-31"))
    assert moves.episodes.findings["check"].str.startswith("F12").sum() == 1
    moves.counts(by="quarter").save(tmp_path / "counts.parquet")
    for source in (moves, cf.Counts.load(tmp_path / "counts.parquet")):
        assert "no admission or discharge after 2024-12-19" in str(cf.transition_rates(source, by="quarter").about)
        assert "no admission or discharge after 2024-12-19" in str(cf.census(source).about)
    assert "no admission" not in str(cf.census(cf.link(cf.read_episodes(stays(), cutoff="2024-12-31"))).about)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [2, 8])
def test_threads_that_share_records_get_the_numbers_of_one(threads: int) -> None:
    episodes = cf.read_episodes(stays(4, facility=["a", "b"]), cutoff="2024-12-31")
    moves = cf.link(episodes)
    seen, rates = episodes.seen(), cf.transition_rates(moves, by="facility", cluster=None).frame

    def ask(i: int) -> bool:
        if i % 4:
            return episodes.seen().equals(seen)
        again = cf.link(episodes, within=30) if i % 8 else moves
        return cf.transition_rates(again, by="facility", cluster=None).frame.equals(rates)

    with ThreadPoolExecutor(threads) as pool:
        assert all(pool.map(ask, range(200)))


def folder(tmp_path: Path) -> Path:
    for payer in ("a", "b", "c"):
        (tmp_path / "stays" / f"payer={payer}").mkdir(parents=True)
        table = pa.Table.from_pandas(stays(3), preserve_index=False)
        pq.write_table(table, tmp_path / "stays" / f"payer={payer}" / "part.parquet")
    return tmp_path / "stays"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda at: (at / "payer=b" / "part.parquet").write_bytes(b""), r"1 of 3 files cannot be read \(1 empty\)"),
        (
            lambda at: (at / "payer=b" / "lost.parquet").symlink_to(at / "gone"),
            r"1 of 4 files cannot be read \(1 no such",
        ),
        (lambda at: (at / "payer=b").rename(at / ".payer=b"), "1 of 3 Parquet files of stays are hidden"),
        (lambda at: (at / "payer=b" / "part.parquet").rename(at / "part.parquet"), "not all partitioned"),
    ],
)
def test_a_part_that_cannot_be_read_stops_all(tmp_path: Path, harm: Any, sentence: str) -> None:
    at = folder(tmp_path)
    assert cf.read_episodes(at, cutoff="2024-12-31").rows_in == 9
    harm(at)
    with pytest.raises(RecordError, match=sentence):
        cf.read_episodes(at, cutoff="2024-12-31")


def test_a_link_of_a_glob_that_leads_nowhere_stops_all(tmp_path: Path) -> None:
    stays(3).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "b.csv").symlink_to(tmp_path / "gone")
    with pytest.raises(RecordError, match="1 of 2 files of the pattern are broken links"):
        cf.read_episodes(tmp_path / "*.csv", cutoff="2024-12-31")
