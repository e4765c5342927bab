"""The newest quarter: what is known of it, and that it is never biased by what is not."""

from datetime import date, timedelta

import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf


def rates(table: str | pd.DataFrame, cutoff: date, **how: object) -> pd.DataFrame:
    frame = cf.transition_rates(linked(table, cutoff=cutoff), by="quarter", cluster=None, **how).frame  # type: ignore[arg-type]
    return frame[frame["from"] == "residential"]


@pytest.mark.slow
@pytest.mark.parametrize(("cutoff", "mature"), [(date(2024, 7, 30), True), (date(2024, 7, 29), False)])
def test_a_quarter_is_mature_once_its_last_day_was_followed_for_the_window(cutoff: date, mature: bool) -> None:
    frame = rates("person | level | admit | discharge\nAna | residential | 2024-05-01 | 2024-05-11", cutoff)
    assert frame.loc[frame["quarter"] == "2024Q2", "mature"].unique().tolist() == [mature]


@pytest.mark.slow
def test_each_window_has_its_own_maturity() -> None:
    table = "person | level | admit | discharge\nAna | residential | 2024-05-01 | 2024-05-11"
    frame = rates(table, date(2024, 7, 10), within=[7, 30])
    rows = frame[frame["quarter"] == "2024Q2"].groupby("within")["mature"].first()
    assert rows.to_dict() == {7: True, 30: False}


def newest() -> pd.DataFrame:
    """Make up one discharge a day in 2024Q2, every second one of which moves two days later."""
    rows = []
    for i in range(91):
        out = date(2024, 4, 1) + timedelta(days=i)
        rows.append((f"P{i}", "residential", out - timedelta(days=20), out))
        if i % 2 == 0:
            rows.append((f"P{i}", "php", out + timedelta(days=2), None))
    return pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])


@pytest.mark.slow
def test_early_moves_do_not_raise_the_newest_quarter() -> None:
    """On 30 June the discharges of June are not followed for 30 days, but their moves are seen after two."""
    frame = rates(newest(), date(2024, 6, 30))
    row = frame[(frame["quarter"] == "2024Q2") & (frame["to"] == "php")].iloc[0]
    assert row["of"] == 61, "discharges up to 31 May"
    assert row["n"] == 31
    assert row["followed"] == pytest.approx(61 / 91, abs=1e-15)
    assert row["rate"] == pytest.approx(31 / 61, abs=1e-15)


@pytest.mark.slow
def test_an_incidence_uses_the_whole_of_the_newest_quarter() -> None:
    frame = rates(newest(), date(2024, 6, 30), method="incidence")
    row = frame[(frame["quarter"] == "2024Q2") & (frame["to"] == "php")].iloc[0]
    assert row["of"] == 91
    # Discharged on 29 and 30 June, P89 and P90 were followed for 1 and 0 days; everyone else long enough to move.
    assert row["rate"] == pytest.approx(45 / 89, abs=1e-12)
    assert not row["mature"]


@pytest.mark.slow
def test_an_immature_quarter_is_named_in_the_provenance() -> None:
    moves = linked(newest(), cutoff=date(2024, 6, 30))
    assert "not yet mature: 2024Q2" in repr(cf.transition_rates(moves, by="quarter"))
    assert "mature" not in repr(cf.transition_rates(moves))


def test_a_quarter_without_any_discharge_has_no_followed_share_and_no_rate() -> None:
    frame = rates(newest(), date(2024, 12, 31))
    empty = frame[frame["quarter"] == "2024Q3"]
    assert (empty["of"] == 0).all()
    assert empty[["rate", "followed"]].isna().all(axis=None)
    assert empty["mature"].all()


@pytest.mark.slow
@pytest.mark.parametrize(("start", "mature"), [(None, True), (date(2024, 4, 1), True), (date(2024, 4, 2), False)])
@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_a_quarter_that_the_start_cuts_is_mature_by_no_method(method: str, start: date | None, mature: bool) -> None:
    moves = linked(newest(), cutoff=date(2024, 12, 31), start=start)
    rates = cf.transition_rates(moves, by="quarter", method=method, cluster=None)  # type: ignore[arg-type]
    for frame in (rates.frame, rates.directions):
        rows = frame.drop_duplicates("quarter").set_index("quarter")["mature"]
        assert rows["2024Q2":].to_dict() == {"2024Q2": mature, "2024Q3": True, "2024Q4": False}  # type: ignore[misc]
    assert ("not mature, cut by the start: 2024Q2; not yet mature: 2024Q4" in repr(rates)) is not mature
    assert ("; not yet mature: 2024Q4" in repr(rates)) or mature


@pytest.mark.slow
@pytest.mark.parametrize(("start", "mature"), [(date(2024, 4, 1), True), (date(2024, 4, 2), False)])
def test_a_quarter_cut_by_the_start_is_not_mature(start: date, mature: bool) -> None:
    """In returns and in differences."""
    moves = linked(newest(), cutoff=date(2024, 12, 31), start=start)
    for frame in (cf.readmissions(moves, by="quarter").frame, cf.bounce_back(moves, by="quarter").frame):
        assert frame.loc[frame["quarter"] == "2024Q2", "mature"].unique().tolist() == [mature]
    rates = cf.transition_rates(moves, by="quarter")
    change = rates.compare("2024Q2", "2024Q3").frame
    assert change["mature"].unique().tolist() == [mature]
    shown = rates.triangle("residential", "php").loc["2024Q2"]
    assert shown.notna().tolist() == [mature]


@pytest.mark.slow
def test_quarters_from_the_start_on_are_whole_without_admissions() -> None:
    """Records are complete from November 2023 on; the first discharge is in April."""
    moves = linked(newest(), cutoff=date(2024, 6, 30), start=date(2023, 11, 1))
    frame = cf.transition_rates(moves, by="quarter", cluster=None).frame.drop_duplicates("quarter")
    assert frame[["quarter", "mature"]].values.tolist() == [["2023Q4", False], ["2024Q1", True], ["2024Q2", False]]
    served = cf.persons_served(moves).frame.query("level == 'any'")
    assert served[["quarter", "persons"]].values.tolist() == [["2023Q4", 0], ["2024Q1", 20], ["2024Q2", 91]]
