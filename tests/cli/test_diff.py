"""The command ``careflow diff``: the causes it prints, the page it writes, and what it refuses."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from support.drawn import drawn

import careflow as cf
from careflow.cli import main
from careflow.report import FULL_LABEL

OLD = """
    person | level       | admit | discharge | reason
    1      | residential | 0     | 10        | completed
    1      | php         | 12    | 40        | completed
    2      | residential | 5     | 20        | completed
"""
LATE = "    2      | php         | 22    | 30        | completed\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = []
    for name, table in (("old.csv", OLD), ("new.csv", OLD + LATE)):
        drawn(table).to_csv(tmp_path / name, index=False)
        paths.append(str(tmp_path / name))
    return paths


@pytest.mark.slow
def test_the_causes_are_printed_and_the_page_draws_them(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "why.html"
    chosen = ["--from", "residential", "--to", "php", "--quarter", "2024Q1"]
    assert main(["diff", *files, "--cutoff", "2024-04-10", *chosen, "--out", str(page)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Diff: transition rate, between releases: 7 followed discharges")
    assert lines[1] == "Stays of both files: 3 by no difference"
    assert lines[3].startswith("2024Q1: residential to php 50.0% (1/2) is now 100.0% (2/2)")
    assert "    +50.000  late, next stay  (1 record)" in lines
    assert lines[-1] == str(page)
    text = page.read_text("utf-8")
    assert FULL_LABEL in text
    assert text.count("data:image/svg+xml") == 1
    assert ">late<" in text
    assert "http" not in text
    if os.name == "posix":
        assert stat.S_IMODE(page.stat().st_mode) == 0o600


@pytest.mark.slow
def test_counts_of_two_extracts_are_compared_without_the_records(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = []
    for file in files:
        paths.append(str(Path(file).with_suffix(".parquet")))
        cf.link(cf.read_episodes(file, cutoff="2024-04-10")).counts("quarter").save(paths[-1])
    assert main(["diff", *paths, "--from", "residential", "--to", "php"]) == 0
    out = capsys.readouterr().out
    assert "cannot be told apart" in out
    # 1/2 and 2/2: mean rate 3/4, denominator 2.
    assert "    +12.500  moved\n" in out
    assert "    +37.500  did not move\n" in out


def test_files_of_stays_without_a_cutoff_are_told_how_to_be_compared(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *files]) == 1
    assert "name the last complete day of each: --cutoff DATE-OF-OLD DATE-OF-NEW" in capsys.readouterr().err
    assert main(["diff", *files, "--cutoff", *["2024-04-10"] * 3]) == 1
    assert "--cutoff takes the date of OLD and that of NEW" in capsys.readouterr().err
    assert main(["diff", *files, "--cutoff", "2024-04-10", "--out", str(tmp_path / "why.txt")]) == 1
    assert "the page of a diff ends in .html" in capsys.readouterr().err
