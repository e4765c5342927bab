"""Sources on the command line: claims in, stays under made-up ids out, and every line accounted for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from records.sources.drawing_claims import claim_lines

from careflow.cli import main

LINES = """
person | hcpcs | from
Smith7 | H0015 | 03-04
Smith7 | H0015 | 03-25
Smith7 | H2036 | 05-02
Jones8 | H0015 | 03-04
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    claim_lines(LINES).to_csv(tmp_path / "lines.csv", index=False)
    return tmp_path / "lines.csv"


@pytest.mark.slow
def test_stays_are_saved_under_made_up_ids(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "stays.parquet"
    told = ["--source", "claims", "--option", "scope=file", "gaps.iop=21", "--cutoff", "2024-12-31"]
    assert main(["read", str(file), *told, "--out", str(out)]) == 0
    stays = pd.read_parquet(out)
    assert sorted(stays["person_id"]) == ["P1", "P2"]
    assert stays["level"].astype(str).tolist() == ["iop", "iop"]
    printed = capsys.readouterr().out
    assert "1  set aside  C11 ambiguous code" in printed
    assert main(["check", str(out), "--cutoff", "2024-12-31"]) == 0


@pytest.mark.slow
def test_a_source_is_read_by_check_and_counts(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = [str(file), "--source", "claims", "--option", "scope=file", "--cutoff", "2024-12-31"]
    assert main(["check", *told]) == 0
    assert "lines of the source" in capsys.readouterr().out
    assert main(["counts", *told, "--out", str(tmp_path / "counts.parquet")]) == 0


def test_nothing_is_written_if_the_lines_cannot_be_read(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "stays.parquet"
    assert main(["read", str(file), "--source", "claims", "--cutoff", "2024-12-31", "--out", str(out)]) == 1
    assert "scope='file'" in capsys.readouterr().err
    assert not out.exists()


def test_sources_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources"]) == 0
    assert "claims        Read claims lines: codes, bills and days become stays." in capsys.readouterr().out


def test_an_option_without_a_source_is_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(file), "--option", "scope=file", "--cutoff", "2024-12-31"]) == 1
    assert "name the source with --source NAME" in capsys.readouterr().err
