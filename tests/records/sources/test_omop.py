"""OMOP visits become stays: a public synthetic database, and drawn visits for each rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from records.drawing import csv, stays

import careflow as cf
from careflow.errors import ArgumentError, RecordError

SYNTHEA = Path(__file__).parents[1] / "data" / "omop_synthea27nj"

VISITS = """
visit_occurrence_id | person_id | visit_concept_id | visit_start_date | visit_end_date | care_site_id | visit_source_value | discharged_to_concept_id
1                   | 1         | 9201             | 2024-01-02       | 2024-01-20     | 7            | IP                 | 0
2                   | 1         | 9202             | 2024-01-10       | 2024-01-10     | 7            | OP                 | 0
3                   | 1         | 9202             | 2024-01-20       | 2024-01-20     | 7            | OP                 | 0
4                   | 1         | 9202             | 2024-02-19       | 2024-02-19     | 8            | OP                 | 0
5                   | 2         | 9203             | 2024-03-01       | 2024-03-01     |              | ER                 | 0
6                   | 2         | 42898160         | 2024-03-01       | 2024-03-31     |              | RTC                | 0
7                   | 3         | 9201             | 2024-05-01       | 2024-05-31     |              | IP                 | 32220
8                   | 3         | 581477           | 2024-06-01       | 2024-06-01     |              | HH                 | 0
9                   | 3         | 9202             | 2025-02-01       | 2025-02-01     |              | OP                 | 0
10                  | 3         | 9202             | 2024-02-03       | 2024-02-01     |              | OP                 | 0
"""  # noqa: E501


def database(folder: Path, **tables: str) -> Path:
    """Write drawn tables as an OMOP folder."""
    drawn = {"PERSON": "person_id\n1\n2\n3", "VISIT_OCCURRENCE": VISITS} | {n.upper(): t for n, t in tables.items()}
    for name, table in drawn.items():
        (folder / f"{name}.csv").write_text(csv(table), encoding="utf-8")
    return folder


def read(folder: Any, **options: Any) -> cf.Episodes:
    return cf.read_episodes(cf.sources.omop(folder, **{"scope": "file"} | options), cutoff="2024-12-31")


def counted(episodes: cf.Episodes) -> dict[str, int]:
    return dict(zip(episodes.losses["rule"], episodes.losses["n"], strict=True))


@pytest.mark.slow
def test_the_public_database_gives_the_stays_of_its_visits() -> None:
    episodes = cf.read_episodes(cf.sources.omop(SYNTHEA, scope="file"), cutoff="2022-10-10")
    levels = episodes.rows()["level"].value_counts()
    assert (episodes.n, levels["inpatient"], levels["outpatient"], episodes.open) == (985, 13, 972, 2)
    assert counted(episodes) == {"O00": 1735, "O01": 56, "O09": 2}


@pytest.mark.slow
def test_outpatient_visits_are_joined_as_pandas_joins_them() -> None:
    visits = pd.read_csv(SYNTHEA / "visit_occurrence.csv.gz", parse_dates=["visit_start_date", "visit_end_date"])
    visits = visits.rename(columns={"visit_start_date": "start", "visit_end_date": "end"})
    hospital = visits[visits["visit_concept_id"] == 9201]
    single = visits[visits["visit_concept_id"] == 9202].sort_values(["person_id", "start", "end"])
    begun = 0
    for person, mine in single.groupby("person_id"):
        stays_above = hospital[(hospital["person_id"] == person) & (hospital["start"] < hospital["end"])]
        last = None
        for start, end in zip(mine["start"], mine["end"], strict=True):
            between = last is not None and ((stays_above["start"] >= last) & (stays_above["end"] <= start)).any()
            begun += last is None or (start > last and ((start - last).days > 30 or between))
            last = end if last is None else max(last, end)
    assert begun == 972


@pytest.mark.slow
def test_each_visit_has_one_fate(tmp_path: Path) -> None:
    episodes = read(database(tmp_path))
    assert stays(episodes) == [
        ("inpatient", "01-02", "01-20", "unknown"),
        ("outpatient", "01-20", "02-19", "unknown"),
        ("inpatient", "05-01", None, "unknown"),
    ]
    # In stays 1, 3, 4 and 7; 2 lies inside 1; 5, 6, 8 have no level, 9 is after the cut-off, 10 ends before it starts.
    assert counted(episodes) == {
        "O00": 4, "O01": 1, "O02": 1, "O04": 1, "O05": 1, "O06": 1, "O07": 1, "O09": 1,
    }  # fmt: skip


@pytest.mark.slow
def test_levels_of_the_analyst_go_first(tmp_path: Path) -> None:
    episodes = read(database(tmp_path), levels={"RTC": "residential", 9203: "php"})
    assert ("residential", "03-01", "03-31", "unknown") in stays(episodes)
    assert ("php", "03-01", "03-01", "unknown") in stays(episodes)


@pytest.mark.slow
def test_a_death_closes_what_is_open(tmp_path: Path) -> None:
    episodes = read(database(tmp_path, death="person_id | death_date\n3 | 2024-07-09"))
    assert ("inpatient", "05-01", "07-09", "died") in stays(episodes)
    assert episodes.open == 0


@pytest.mark.slow
def test_visits_outside_the_observation_period_are_flagged(tmp_path: Path) -> None:
    period = """
    person_id | observation_period_start_date | observation_period_end_date
    1         | 2024-01-01                    | 2024-02-01
    3         | 2024-01-01                    | 2024-12-31
    """
    assert counted(read(database(tmp_path, observation_period=period)))["O03"] == 1


@pytest.mark.slow
def test_details_of_another_level_split_a_visit(tmp_path: Path) -> None:
    detail = """
    visit_occurrence_id | visit_detail_concept_id | visit_detail_start_date | visit_detail_end_date
    1                   | 8957                    | 2024-01-05              | 2024-01-09
    """
    episodes = read(database(tmp_path, visit_detail=detail), levels={8957: "residential"})
    assert stays(episodes)[:3] == [
        ("inpatient", "01-02", "01-05", "unknown"),
        ("residential", "01-05", "01-09", "unknown"),
        ("inpatient", "01-09", "01-20", "unknown"),
    ]


def test_a_cohort_says_whose_visits_count(tmp_path: Path) -> None:
    folder = database(tmp_path, cohort="cohort_definition_id | subject_id\n5 | 3\n6 | 1")
    episodes = read(folder, scope=None, cohort=5)
    assert stays(episodes) == [("inpatient", "05-01", None, "unknown")]
    assert counted(episodes)["O08"] == 6


@pytest.mark.slow
def test_episodes_are_stays_only_if_their_object_has_a_level(tmp_path: Path) -> None:
    episode = """
    person_id | episode_start_date | episode_end_date | episode_object_concept_id
    2         | 2024-04-01         | 2024-04-30       | 4077
    2         | 2024-05-01         | 2024-05-30       | 4078
    """
    assert ("residential", "04-01", "04-30", "unknown") in stays(
        read(database(tmp_path, episode=episode), levels={4077: "residential"})
    )


@pytest.mark.slow
def test_a_connection_is_read_as_a_folder_is(tmp_path: Path) -> None:
    folder = database(tmp_path)
    with duckdb.connect() as connection:
        for name in ("person", "visit_occurrence"):
            connection.execute(f"CREATE TABLE {name} AS FROM read_csv('{folder / name.upper()}.csv')")
        episodes = read(connection)
    assert stays(episodes) == stays(read(folder))


def labels(episodes: cf.Episodes, *names: str) -> set[tuple[str | None, ...]]:
    rows = episodes.rows()[["level", *names]].astype(object)
    return {tuple(row) for row in rows.where(rows.notna(), None).to_numpy()}


@pytest.mark.slow
def test_columns_of_visits_and_people_become_strata(tmp_path: Path) -> None:
    # The outpatient stay of person 1 begins with visit 3; person 2 has no stay.
    person = "person_id | gender_concept_id | year_of_birth\n1 | 8507 | 1980\n2 | 8532 | 1990\n3 | | 1970"
    columns = {"payer": "visit_source_value", "gender": "person.gender_concept_id"}
    episodes = read(database(tmp_path, person=person), columns=columns)
    assert labels(episodes, "payer", "gender") == {
        ("inpatient", "IP", "8507"), ("outpatient", "OP", "8507"), ("inpatient", "IP", None),
    }  # fmt: skip
    for column in ("visit_start_date", "person.person_id", "person.year_of_birth"):
        with pytest.raises(ArgumentError, match="cannot be"):
            read(tmp_path, columns={"kind": column})


def test_a_facility_has_the_name_of_its_care_site(tmp_path: Path) -> None:
    # Two sites of one name are told apart; a site that the table does not have keeps its id.
    visits = "".join(f"{n} | {n} | 9201 | 2024-01-02 | 2024-01-09 | {n} | IP | 0\n" for n in (1, 2, 3, 4))
    table = VISITS.strip().splitlines()[0] + "\n" + visits
    sites = """
    care_site_id | care_site_name | care_site_source_value
    1            | Lake House     | LH
    2            | Lake House     | LH2
    3            |                | HILL
    """
    episodes = read(database(tmp_path, visit_occurrence=table, care_site=sites))
    assert {facility for _, facility in labels(episodes, "facility")} == {
        "Lake House (1)", "Lake House (2)", "HILL", "4",
    }  # fmt: skip


@pytest.mark.slow
def test_the_release_of_the_data_is_told_and_checked(tmp_path: Path) -> None:
    release = """
    cdm_source_abbreviation | source_release_date | cdm_release_date | cdm_version | vocabulary_version
    Lakes                   | 2024-12-20          | 2025-01-15       | v5.4        | v5.0 31-AUG-24
    """
    episodes = read(database(tmp_path, cdm_source=release))
    assert episodes.source == "OMOP: Lakes, source data of 2024-12-20, vocabulary v5.0 31-AUG-24"
    assert episodes.tables["cdm_source"]["cdm_release_date"].tolist() == ["2025-01-15"]
    # The cut-off is 2024-12-31, eleven days after the export.
    finding = episodes.losses.set_index("rule").loc["O10"]
    assert (finding["n"], finding["note"].endswith("give cutoff='2024-12-20'")) == (11, True)
    in_time = cf.read_episodes(cf.sources.omop(tmp_path, scope="file"), cutoff="2024-12-20")
    assert "O10" not in counted(in_time)


@pytest.mark.slow
@pytest.mark.parametrize("day", ["", "soon", "31.12.2024"])
def test_a_release_without_a_readable_day_is_not_checked(day: str, tmp_path: Path) -> None:
    release = f"cdm_source_abbreviation | source_release_date\nLakes | {day}"
    episodes = read(database(tmp_path, cdm_source=release))
    assert episodes.source == "OMOP: Lakes"
    assert "O10" not in counted(episodes)


def test_what_is_of_addiction_care_must_be_said() -> None:
    with pytest.raises(ArgumentError, match="scope='file'"):
        cf.sources.omop(SYNTHEA)
    with pytest.raises(ArgumentError, match="the number of a cohort, such as 5"):
        cf.sources.open("omop", SYNTHEA, cohort="all")
    with pytest.raises(RecordError, match="no table visit_occurrence and person"):
        cf.sources.omop(Path(__file__).parent, scope="file")
