"""The files of successive releases, read as a stranger reads them, and attacked together."""

from datetime import date

import pandas as pd
import pytest
from support.reader_attacks import by_change, printed_in_files
from support.release_attacker import attack, moves_of, records

from careflow.report import write_report
from careflow.report.content.content import content
from careflow.report.content.data_files import to_csv
from careflow.report.content.estimates import EVENT_TABLES, YEAR_TABLES

pytestmark = pytest.mark.slow

CUTOFFS = ("2024-09-30", "2024-12-31")


@pytest.fixture(scope="module")
def stays():
    return records(120, 6)


@pytest.fixture(scope="module")
def years_needed():
    """Records of which quarters show a fifth of the steps down, and years more than half."""
    return records(250, 6)


def tables_of(stays, folder, years=(True, True)) -> list:
    """Write the tables of a release at each cut-off, with years if they are needed, and read them.

    A row that is printed as before may have changed by 10 or less: the reader knows this rule.
    """
    seen: list = []
    for cutoff, by_year in zip(CUTOFFS, years, strict=True):
        moves = moves_of(stays, cutoff)
        report = content(
            moves.counts(by="quarter", clocks=EVENT_TABLES), quarter=None, title=None, source=None, findings=None,
            mode="release", ledger=folder / "ledger",
            year_counts=moves.counts(by="year", clocks=YEAR_TABLES) if by_year else None,
        )  # fmt: skip
        tables = folder / cutoff
        tables.mkdir()
        for table in report.tables:
            (tables / f"{table.name}.csv").write_bytes(to_csv(table.frame))
        printed = printed_in_files(tables, date.fromisoformat(cutoff))
        seen += [part for one in printed for part in by_change(one, seen)]
    return seen


def test_tables_of_two_releases_give_no_small_count_away(stays, tmp_path) -> None:
    found = attack(tables_of(stays, tmp_path), stays)
    assert found.small > 50
    assert found.ok, found.exact + found.certainly_small


@pytest.mark.parametrize("years", [(True, True), (True, False), (False, True)])
def test_years_of_one_of_two_releases_give_no_small_count_away(years_needed, tmp_path, years) -> None:
    seen = tables_of(years_needed, tmp_path, years)
    assert len({one.cutoff for one in seen if one.by == ("year",)}) == sum(years)
    found = attack(seen, years_needed)
    assert found.small > 50
    assert found.ok, found.exact + found.certainly_small


def test_a_release_that_shows_little_by_quarter_has_a_section_by_year(years_needed, tmp_path) -> None:
    moves = moves_of(years_needed, CUTOFFS[1])
    page = write_report(moves, tmp_path / "out", mode="release", ledger=tmp_path / "ledger", source="made up")
    text = page.read_text("utf-8")
    assert "for fewer than half of levels and quarters. So the detail is by year" in text
    assert text.index("Every level in 2024<") < text.index("Every level in 2023<")
    shown = pd.read_csv(page.parent / "tables" / "directions_by_year.csv")
    down = shown[shown["direction"].eq("step-down") & shown["of"].ne(0)]
    assert down["n"].notna().mean() == 0.6
