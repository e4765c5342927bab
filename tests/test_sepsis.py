"""Real stays: the sepsis ward of ../shared/data, intensive above normal care, from records to charts."""

from pathlib import Path

import pandas as pd
import pytest
from numpy.testing import assert_allclose
from oracles.cases import SHARED, Case, case
from support import reference
from support.reference import Stay

import careflow as cf

FILE = SHARED / "sepsis_ward_stays.csv"
WARDS = cf.Continuum.of(["IC", "NC"])
COLUMNS = {"admit_date": "start", "discharge_date": "end", "next": "next"}
CUTOFF = "2015-06-30"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the sepsis ward stays are not in ../shared/data")


def read(cutoff: str = CUTOFF, **how: object) -> cf.Episodes:
    return cf.read_episodes(FILE, WARDS, cutoff=cutoff, columns=COLUMNS, **how)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return cf.link(read(), within=30)


@pytest.mark.slow
def test_every_stay_is_kept_and_the_person_called_na_is_a_person(moves: cf.Transitions) -> None:
    raw = pd.read_csv(FILE, keep_default_na=False)
    episodes = moves.episodes
    assert (episodes.n, episodes.persons, episodes.set_aside) == (len(raw), raw["person_id"].nunique(), 0)
    assert "NA" in set(raw["person_id"])
    missing_would_be = pd.read_csv(FILE)["person_id"]
    assert missing_would_be.isna().any(), "the file tempts a reader to lose that person"


def test_stays_still_open_are_counted(moves: cf.Transitions) -> None:
    assert moves.episodes.open == 29
    assert cf.length_of_stay(moves).frame["open"].sum() == 29


def test_moves_within_thirty_days_go_up_down_and_sideways(moves: cf.Transitions) -> None:
    frame = cf.transition_rates(moves, cluster=None).frame.set_index(["from", "to"])["n"]
    assert frame["NC", "IC"] == 39
    assert frame["IC", "NC"] == 97
    assert frame["NC", "NC"] == 347
    assert frame["IC", "IC"] == 6
    assert "489 moves within 30 days (97 step-down, 39 step-up, 353 lateral)" in repr(moves)


def test_the_slow_reference_links_the_same(moves: cf.Transitions) -> None:
    raw = pd.read_csv(FILE, keep_default_na=False, parse_dates=["start", "end"])
    day = lambda stamp: None if pd.isna(stamp) else (stamp.normalize() - pd.Timestamp(0)).days  # noqa: E731
    hour = lambda stamp: 0.0 if pd.isna(stamp) else (stamp - stamp.normalize()).total_seconds()  # noqa: E731
    stays = [
        Stay(person, level, day(start), day(end), hours=(hour(start), hour(end)))
        for person, level, start, end in raw[["person_id", "level", "start", "end"]].itertuples(index=False)
    ]
    cutoff = (pd.Timestamp(CUTOFF) - pd.Timestamp(0)).days
    linked = reference.link(stays, WARDS.names, 30)
    frame = cf.transition_rates(moves, cluster=None).frame
    rows = frame[(frame["n"] > 0) & (frame["to"] != "left care")]
    found = {(a, b): (n, of) for a, b, n, of in rows[["from", "to", "n", "of"]].itertuples(index=False, name=None)}
    assert found == reference.rates(linked, cutoff, 30)


@pytest.mark.slow
@pytest.mark.parametrize("level", ["nc", "ic"])
def test_lengths_of_stay_are_rs(level: str) -> None:
    of, median = case(f"km_sepsis_{level}"), case(f"quantile_sepsis_{level}")
    stays = cf.length_of_stay(cf.link(read("2014-12-31")), cluster=None)
    check(stays.curve[stays.curve["level"] == level.upper()], of)
    row = stays.frame.set_index("level").loc[level.upper()]
    assert row["median"] == median.outputs["first_day"][2]
    assert row["median_low"] == median.outputs["first_day_lower"][2]


@pytest.mark.parametrize(("level", "quarter"), [("nc", "2014q2"), ("nc", "2014q3"), ("ic", "2014q2")])
def test_the_period_life_table_of_a_quarter_is_rs(moves: cf.Transitions, level: str, quarter: str) -> None:
    curve = cf.length_of_stay(moves, by="quarter", cluster=None).curve
    mine = curve[(curve["quarter"] == quarter.upper()) & (curve["level"] == level.upper())]
    check(mine, case(f"km_sepsis_{level}_{quarter}"))


@pytest.mark.slow
def test_stays_under_way_when_recording_began_enter_late_as_in_r() -> None:
    stays = cf.length_of_stay(cf.link(read("2014-12-31", start="2014-04-01")), cluster=None)
    check(stays.curve[stays.curve["level"] == "NC"], case("km_sepsis_nc_since_april"))


def check(curve: pd.DataFrame, of: Case) -> None:
    assert curve["day"].tolist() == of.outputs["time"].tolist()
    assert curve["at_risk"].tolist() == of.outputs["n_risk"].tolist()
    assert_allclose(curve["survival"], of.outputs["survival"], rtol=0, atol=1e-9)
    known = ~pd.isna(of.outputs["std_err"])
    assert_allclose(curve["se"][known], of.outputs["std_err"][known], rtol=0, atol=1e-9)
    assert_allclose(curve["low"], of.outputs["lower"], rtol=0, atol=1e-9)


@pytest.mark.slow
def test_the_groups_of_the_file_are_told_apart_as_by_survdiff() -> None:
    of = case("logrank_sepsis")
    raw = pd.read_csv(FILE, keep_default_na=False).assign(ward=lambda rows: rows["level"], level="NC")
    moves = cf.link(cf.read_episodes(raw, WARDS, cutoff="2014-12-31", columns={**COLUMNS, "ward": "ward"}))
    row = cf.logrank_test(moves, by="ward", cluster=None).frame.set_index("level").loc["NC"]
    assert row["statistic"] == pytest.approx(of.outputs["statistic"][0], abs=1e-9)


@pytest.mark.slow
def test_the_charts_of_real_stays_are_drawn(moves: cf.Transitions, tmp_path: Path) -> None:
    from careflow import charts

    rates, stays = cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves)
    drawn = {
        "flow_map": charts.flow_map(rates, quarter="2014Q2"),
        "transition_matrix": charts.transition_matrix(rates, quarter="2014Q2"),
        "trend": charts.trend(rates, frm="IC", to="NC"),
        "length_of_stay": charts.length_of_stay(stays),
    }
    for name, axes in drawn.items():
        charts.save(axes, tmp_path / f"{name}.svg")
        assert (tmp_path / f"{name}.svg").stat().st_size > 1000
