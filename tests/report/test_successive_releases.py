"""The files of successive releases, read as a stranger reads them, and attacked together."""

from datetime import date

import pytest
from support.reader_attacks import printed_in_files
from support.release_attacker import attack, moves_of, records

from careflow.report.content.content import content
from careflow.report.content.data_files import to_csv
from careflow.report.content.estimates import EVENT_TABLES

pytestmark = pytest.mark.slow

CUTOFFS = ("2024-09-30", "2024-12-31")


@pytest.fixture(scope="module")
def stays():
    return records(120, 6)


def tables_of(stays, folder) -> list:
    """Write the tables of a release at each cut-off, and read them."""
    seen = []
    for cutoff in CUTOFFS:
        counts = moves_of(stays, cutoff).counts(by="quarter", clocks=EVENT_TABLES)
        report = content(
            counts, quarter=None, title=None, source=None, findings=None, mode="release", ledger=folder / "ledger"
        )
        tables = folder / cutoff
        tables.mkdir()
        for table in report.tables:
            (tables / f"{table.name}.csv").write_bytes(to_csv(table.frame))
        seen += printed_in_files(tables, date.fromisoformat(cutoff))
    return seen


def test_tables_of_two_releases_give_no_small_count_away(stays, tmp_path) -> None:
    found = attack(tables_of(stays, tmp_path), stays)
    assert found.small > 50
    assert found.ok, found.exact + found.certainly_small
