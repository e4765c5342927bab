"""What differs from the last report: rates then and now, and never more than the mode may show."""

import json
from pathlib import Path

import pandas as pd
import pytest
from support.made_up import linked, made_up

from careflow.errors import ArgumentError
from careflow.report.content.content import Content, content
from careflow.report.content.data_files import to_csv
from careflow.report.content.since import last_report


def of(stays: pd.DataFrame, since: Path | None = None) -> Content:
    counts = linked(stays).counts(by="quarter", clocks=("discharge", "stay"))
    last = None if since is None else last_report(since, "masked")
    return content(counts, quarter=None, title=None, source=None, findings=None, last=last)


def saved(told: Content, folder: Path, mode: str = "masked") -> Path:
    """Write the parts of a report's folder that the next one reads."""
    (folder / "tables").mkdir(parents=True)
    table = next(table for table in told.tables if table.name == "directions")
    (folder / "tables" / "directions.csv").write_bytes(to_csv(table.frame))
    manifest = {"mode": mode, "cutoff": "2024-10-31", "title": told.title, "files": {}}
    (folder / "careflow-report.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(of(made_up()), tmp_path_factory.mktemp("last") / "report")


@pytest.mark.slow
def test_the_same_records_differ_in_nothing(folder):
    told = of(made_up(), folder)
    assert told.since.rows == ()
    assert told.since.note.startswith("0 of ")


@pytest.mark.slow
def test_a_late_correction_is_told_with_the_rate_then_and_now(folder):
    """Of 175 residential discharges of 2024Q2 84 stepped down, 48%; 20 who completed now moved to PHP: 59%."""
    stays = made_up()
    second = pd.to_datetime(stays["admit_date"]).dt.quarter.eq(2) & stays["level"].eq("residential")
    completed = stays[second & stays["discharge_reason"].eq("completed") & ~stays["person_id"].duplicated(keep=False)]
    late = completed.head(20).assign(
        level="php",
        admit_date=lambda rows: pd.to_datetime(rows["discharge_date"]).dt.date,
        discharge_date=None,
        discharge_reason=None,
    )
    told = of(pd.concat([stays, late], ignore_index=True), folder)
    rows = [[cell.text for cell in row] for row in told.since.rows]
    assert rows == [["2024\u00a0Q2", "Residential", "Stepped down", "48%", "59%", "+11"]]
    table = next(table for table in told.tables if table.name == "since_last_report").frame
    assert len(table) > 1, "the file has all"


def test_a_folder_that_is_no_report_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="is no report of careflow"):
        last_report(tmp_path, "masked")


@pytest.mark.slow
def test_a_last_report_that_shows_more_is_refused(tmp_path):
    full = saved(of(made_up()), tmp_path / "full", "full")
    with pytest.raises(ArgumentError, match="holds a full report, which shows more than a masked one may"):
        last_report(full, "masked")
    assert last_report(full, "full").cutoff.isoformat() == "2024-10-31"
