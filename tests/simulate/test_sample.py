"""The committed sample: the same bytes again, small, and explained by its own objects."""

import csv
from pathlib import Path

import pytest

from careflow.records.schema import FIELDS
from careflow.simulate import FAULTS, fault_counts, write_sample
from careflow.simulate.__main__ import main
from careflow.simulate.records import COLUMNS

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (SAMPLE / "episodes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def page() -> str:
    return (SAMPLE / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_sample_is_made_again_byte_for_byte(tmp_path: Path) -> None:
    for path in write_sample(tmp_path / "sample"):
        assert path.read_bytes() == (SAMPLE / path.name).read_bytes(), (
            f"{path.name} differs: python -m careflow.simulate data/sample"
        )


@pytest.mark.slow
def test_the_command_writes_the_files_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["simulate", str(tmp_path)])
    main()
    names = ["episodes.csv", "README.md", "claims.csv.gz"]
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in names]
    assert (tmp_path / "episodes.csv").exists()


def test_the_sample_is_small_and_has_unix_line_ends() -> None:
    content = (SAMPLE / "episodes.csv").read_bytes()
    assert len(content) < 2_000_000
    assert b"\r" not in content
    assert content.startswith(b"person_id,episode_id,level,admit_date,discharge_date,discharge_reason,facility,payer\n")


def test_the_sample_has_about_6000_people_and_14000_stays(rows: list[dict[str, str]]) -> None:
    """Over twelve quarters."""
    people = {row["person_id"] for row in rows} - {""}
    assert 5_950 <= len(people) <= 6_000
    assert 13_500 <= len(rows) <= 14_500
    months = {row["admit_date"][:7] for row in rows if "2023-01" <= row["admit_date"][:7] <= "2025-12"}
    assert len(months) == 36
    assert (
        sum(not "2023-01-01" <= row["admit_date"] <= "2025-12-31" for row in rows)
        == fault_counts(len(rows))["admission after the cut-off"]
    )


@pytest.mark.slow
def test_every_quarter_has_enough_stays_of_every_level_to_show(rows: list[dict[str, str]]) -> None:
    for level in ("inpatient", "residential", "php", "iop", "outpatient"):
        for year in ("2023", "2024", "2025"):
            for months in (("01", "02", "03"), ("04", "05", "06"), ("07", "08", "09"), ("10", "11", "12")):
                begun = {f"{year}-{month}" for month in months}
                n = sum(row["level"] == level and row["admit_date"][:7] in begun for row in rows)
                assert n >= 40, (level, year, months)


def test_the_page_lists_the_columns_as_the_schema_means_them(page: str) -> None:
    known = {field.name: field for field in FIELDS}
    for column in COLUMNS:
        required = "yes" if known[column].required else "no"
        assert f"| `{column}` | {required} | {known[column].meaning} |" in page


def test_the_page_says_that_the_sample_is_made_up(page: str) -> None:
    """And how to make it, and what is wrong in it."""
    assert "is made up" in page
    assert "python -m careflow.simulate data/sample" in page
    assert "residential to PHP within 30 days is 9.2% before and 17.3% after" in page
    for fault in FAULTS:
        assert f"| {fault.name} |" in page
    for source in ("Connecticut DMHAS", "TEDS 2004, table 2.5", "CTN-0051"):
        assert source in page
