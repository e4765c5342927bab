"""Ragged rows are among the rows that were set aside, and every row set aside has its place in the file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from careflow.records import read_episodes

HEAD = "person_id,level,admit_date,discharge_date\n"
GOOD = "{},php,2024-01-01,2024-01-09\n"
BAD = "{},php,2024-01-09,2024-01-01\n"  # R06
SHORT, LONG = "{},php\n", "{},php,2024-01-01,2024-01-09,x,y\n"


def aside(path: Path, *lines: str) -> list[tuple[str, int]]:
    path.write_text(HEAD + "".join(line.format(f"p{i}") for i, line in enumerate(lines)))
    episodes = read_episodes(path, cutoff="2024-12-31")
    rows = episodes.set_aside_rows()
    assert len(rows) == episodes.set_aside == len(lines) - episodes.n
    return list(rows[["rule", "place"]].itertuples(index=False, name=None))


def test_rows_keep_their_place_among_ragged_rows(tmp_path: Path) -> None:
    lines = (SHORT, BAD, GOOD, LONG, SHORT, BAD, GOOD, BAD, LONG)
    assert aside(tmp_path / "a.csv", *lines) == [
        ("R06", 2), ("R06", 6), ("R06", 8), ("R13", 1), ("R13", 4), ("R13", 5), ("R13", 9),
    ]  # fmt: skip


def test_a_cell_of_several_lines_is_one_row(tmp_path: Path) -> None:
    assert aside(tmp_path / "a.csv", '"{}\nb",php,2024-01-01,\n', SHORT, BAD) == [("R06", 3), ("R13", 2)]


@pytest.mark.parametrize("empty", ["\n" + GOOD, GOOD + "\n\n"])
def test_no_place_is_told_where_empty_lines_are_counted_too(tmp_path: Path, empty: str) -> None:
    rows = aside(tmp_path / "a.csv", empty, SHORT, BAD)
    assert [rule for rule, _ in rows] == ["R06", "R13"]
    assert all(place is pd.NA for _, place in rows)


def test_of_several_files_no_place_is_told_with_ragged_rows(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(HEAD + GOOD.format(name) + BAD.format(name) + SHORT.format(name))
    rows = read_episodes(tmp_path / "*.csv", cutoff="2024-12-31").set_aside_rows()
    assert rows["rule"].tolist() == ["R06", "R06", "R13", "R13"]
    assert rows["place"].isna().all()
