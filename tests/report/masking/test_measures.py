"""The interim rule for measures: what is hidden of a follow-up, of mean stays and of people served."""

import pandas as pd
import pytest
from support.made_up import CELLS, QUARTERS, linked, made_up

import careflow as cf
from careflow.report import mask
from careflow.report.masking.measures import mask_measure

FOLLOW_UP = cf.Measure.load("va-residential-follow-up")
MEAN = cf.Measure.load("average-residential-stay")
SERVED = cf.Measure.load("persons-by-level")


def masked(stays: pd.DataFrame, measure: cf.Measure = FOLLOW_UP) -> pd.DataFrame:
    counts = linked(stays).counts(by="quarter", clocks=("discharge", "stay", measure))
    rates, lengths = cf.transition_rates(counts, by="quarter"), cf.length_of_stay(counts, by="quarter")
    result = cf.measure(counts, measure, by="quarter")
    return mask_measure(result, rates, mask(rates), mask(lengths), 11).frame.query("quarter == '2024Q2'")


def with_cells(**cells: int) -> pd.DataFrame:
    """Return the made-up stays with other numbers: ``residential_iop=4``."""
    changed = {tuple(name.split("_", 1)): n for name, n in cells.items()}
    return made_up({cell: changed.get(cell, n) for cell, n in CELLS.items()})


def test_a_follow_up_of_many_is_shown_as_it_is():
    """Of 175 discharges a quarter 60 went to PHP and 24 to IOP, 2 days later."""
    frame = masked(made_up())
    assert not frame["hidden"].any()
    assert set(zip(frame["n"], frame["of"], strict=True)) == {(84, 175)}


@pytest.mark.slow
def test_a_follow_up_that_tells_a_small_move_from_hidden_reasons_is_hidden():
    """4 to IOP and 3 terminated are hidden: 64 less the 60 to PHP, which are shown, would be the 4."""
    frame = masked(with_cells(residential_iop=4))
    assert frame["hidden"].all()
    assert frame[["n", "of", "rate", "se", "low", "high", "followed"]].isna().all(axis=None)


@pytest.mark.slow
def test_a_follow_up_of_few_is_hidden_and_so_is_its_complement():
    few = dict.fromkeys(("residential_php", "residential_iop"), 5)
    assert masked(with_cells(**few))["hidden"].all()
    rest = {f"residential_{to}": 0 for to in ("completed", "left early", "terminated", "incarcerated")}
    assert masked(with_cells(**rest | {"residential_completed": 9}))["hidden"].all()


@pytest.mark.slow
def test_few_who_came_between_two_windows_hide_both():
    stays = made_up()
    late = stays["person_id"].isin(stays.loc[stays["level"].eq("php") & stays["discharge_date"].isna(), "person_id"])
    second = stays[late & stays["discharge_date"].isna()]
    second = second[second["admit_date"] >= QUARTERS["2024Q2"]].groupby(second["admit_date"]).head(1).head(6)
    moved = stays.copy()
    moved.loc[second.index, "admit_date"] = [
        day + pd.Timedelta(days=10).to_pytimedelta() for day in second["admit_date"]
    ]
    true = cf.measure(linked(moved), FOLLOW_UP, by="quarter").frame.query("quarter == '2024Q2'")
    assert sorted(set(true["n"])) == [78, 84]
    assert masked(moved)["hidden"].all()


@pytest.mark.slow
def test_a_mean_of_fewer_than_22_closed_stays_is_hidden():
    assert not masked(made_up(), MEAN)["hidden"].any()
    few = {f"residential_{to}": 0 for to in ("php", "iop", "completed", "terminated", "incarcerated")}
    frame = masked(with_cells(**few | {"residential_left early": 21}), MEAN)
    assert frame["hidden"].all()
    assert frame[["n", "mean", "low", "high", "rmean"]].isna().all(axis=None)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "hidden"), [(10, True), (11, False)])
def test_ten_people_or_fewer_served_are_hidden(n, hidden):
    stays = made_up({("inpatient", "completed"): n, ("iop", "completed"): 40})
    frame = masked(stays, cf.Measure.from_dict({**SERVED.to_dict(), "groups": {"in": {"levels": ["inpatient"]}}}))
    assert frame["hidden"].tolist() == [hidden]
    assert frame["persons"].isna().tolist() == [hidden]
