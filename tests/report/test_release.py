"""A report that may leave the house: proved, remembered, and without what only the house may see."""

import csv
import json
from pathlib import Path

import pytest
from support.made_up import linked, made_up

import careflow as cf
from careflow.errors import ArgumentError
from careflow.report import LABEL, PROVED, write_report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(moves: cf.Transitions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("release")
    write_report(moves, place / "out", ledger=place / "ledger")
    return place


@pytest.mark.slow
def test_a_release_says_which_rule_it_meets(release):
    """And no longer that it is internal."""
    page = (release / "out" / "report.html").read_text("utf-8")
    ledger = json.loads((release / "ledger" / "ledger.json").read_text())["id"]
    assert f'<p class="label proved">{PROVED}. Ledger {ledger}, release 1</p>' in page
    assert LABEL not in page
    assert "Not defended against" in page


def test_a_release_leaves_out_what_the_checks_found(release):
    assert not (release / "out" / "tables" / "findings.csv").exists()
    assert "set aside by" not in (release / "out" / "report.html").read_text("utf-8").lower()


def test_a_release_shows_no_small_count(release):
    with (release / "out" / "tables" / "transitions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert any(row["hidden"] == "true" for row in rows)
    assert not [row for row in rows if row["n"] and 0 < float(row["n"]) < 11]


@pytest.mark.slow
def test_the_same_release_can_be_written_again(release, moves):
    """The ledger remembers it."""
    before = (release / "out" / "tables" / "transitions.csv").read_bytes()
    assert any((release / "ledger").iterdir())
    write_report(moves, release / "again", ledger=release / "ledger")
    assert (release / "again" / "tables" / "transitions.csv").read_bytes() == before


def test_the_ledger_is_no_part_of_the_report(release):
    assert not [path for path in (release / "out").rglob("*") if "ledger" in path.name or "witness" in path.name]


@pytest.mark.slow
def test_a_release_is_the_choice_of_the_analyst(tmp_path):
    page = write_report(linked(made_up()), tmp_path / "out").read_text("utf-8")
    assert LABEL in page
    assert PROVED not in page


def test_a_release_shows_no_small_flow_of_the_census_and_no_rare_pathway(release, moves):
    with (release / "out" / "tables" / "census.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    flows = ("opening", "admitted", "discharged", "closing")
    assert any(row[name] for row in rows for name in flows)
    assert not [row for row in rows for name in flows if row[name] and 0 < float(row[name]) < 11]
    with (release / "out" / "tables" / "pathways.csv").open(encoding="utf-8") as file:
        journeys = [float(row["n"]) for row in csv.DictReader(file)]
    assert min(journeys) >= 11
    # Steps of pathways are moves: where a move is hidden, so are pathways that would give it away.
    assert 0 < sum(journeys) <= cf.pathways(moves).frame["n"].sum()


@pytest.fixture(scope="module")
def sites() -> cf.Transitions:
    """Return stays at three facilities, of which one has few."""
    stays = made_up()
    number = stays["person_id"].str[1:].astype(int)
    return linked(stays.assign(facility=(number % 7).map({0: "North", 1: "South", 2: "South"}).fillna("West")))


@pytest.mark.slow
def test_a_release_against_insiders_has_a_table_of_facilities(sites, tmp_path):
    """It says so."""
    page = write_report(sites, tmp_path / "out", ledger=tmp_path / "ledger", insider="facility").read_text("utf-8")
    assert "Proved against each facility that knows its own numbers too" in page
    assert "not by facility is not covered" in page
    with (tmp_path / "out" / "tables" / "transitions_by_facility.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["facility"] for row in rows} == {"North", "South", "West"}
    assert any(row["hidden"] == "true" for row in rows)
    assert not [row for row in rows if row["n"] and 0 < float(row["n"]) < 11]


def test_a_report_thinks_of_insiders_in_a_release_only(sites, tmp_path):
    with pytest.raises(ArgumentError, match="ledger="):
        write_report(sites, tmp_path / "out", insider="facility")
