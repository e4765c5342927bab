"""Made-up records: alike in every run, and possible as lives."""

import numpy as np
import pandas as pd
import pytest

from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError
from careflow.simulate import LEVELS, Truth, simulate
from careflow.simulate.records import COLUMNS

TRUTH = Truth.standard()


@pytest.fixture(scope="module")
def stays() -> pd.DataFrame:
    return simulate()


def test_two_calls_give_the_same_records_and_another_seed_gives_others() -> None:
    pd.testing.assert_frame_equal(simulate(300), simulate(300))
    assert not simulate(300).equals(simulate(300, seed=1))


def test_global_random_state_is_neither_read_nor_changed() -> None:
    np.random.seed(1)  # noqa: NPY002
    first = simulate(50)
    state = np.random.get_state()[1].copy()  # type: ignore[index,union-attr]  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    second = simulate(50)
    np.random.seed(1)  # noqa: NPY002
    assert (np.random.get_state()[1] == state).all()  # type: ignore[index]  # noqa: NPY002
    pd.testing.assert_frame_equal(first, second)


def test_records_have_the_columns_in_order_of_admission(stays: pd.DataFrame) -> None:
    assert tuple(stays.columns) == COLUMNS
    assert stays.admit_date.is_monotonic_increasing
    assert stays.episode_id.is_monotonic_increasing
    assert stays.episode_id.is_unique
    assert stays.person_id.nunique() == 6_000
    assert set(stays.person_id.str.len()) == {7}


def test_all_stays_lie_within_the_records_and_open_ones_have_no_end(stays: pd.DataFrame) -> None:
    assert stays.admit_date.min() >= pd.Timestamp("2023-01-01")
    assert stays.admit_date.max() <= pd.Timestamp("2025-12-31")
    assert stays.discharge_date.max() == pd.Timestamp("2025-12-31")
    assert (stays.discharge_date.isna() == stays.discharge_reason.isna()).all()
    assert 0.04 < stays.discharge_date.isna().mean() < 0.12
    assert (stays.discharge_date.dropna() >= stays.admit_date[stays.discharge_date.notna()]).all()


def test_labels_are_those_of_the_continuum_and_the_parameters(stays: pd.DataFrame) -> None:
    assert set(stays.level) == set(LEVELS)
    assert set(stays.discharge_reason.dropna()) == set(REASONS)
    assert set(stays.payer) == set(TRUTH.payers)
    offered = {(facility.name, level) for facility in TRUTH.facilities for level in facility.levels}
    assert set(zip(stays.facility, stays.level, strict=True)) == offered


def test_nothing_follows_a_death(stays: pd.DataFrame) -> None:
    last = stays.groupby("person_id").episode_id.transform("max")
    died = stays[stays.discharge_reason == "died"]
    assert len(died) > 10
    assert (died.episode_id == last[died.index]).all()


def test_stays_overlap_only_where_one_tapers_into_the_next(stays: pd.DataFrame) -> None:
    order = stays.sort_values(["person_id", "episode_id"])
    order["ends"] = order.discharge_date.fillna(pd.Timestamp("2026-01-01"))
    before = order.groupby("person_id")[["ends", "level"]].shift(1)
    overlaps = order[before.ends > order.admit_date]
    pairs = set(zip(before.level[overlaps.index], overlaps.level, strict=True))
    assert pairs == set(TRUTH.tapers)
    assert 0.001 < len(overlaps) / len(stays) < 0.01
    closed = overlaps[overlaps.discharge_date.notna()]
    assert (closed.discharge_date > before.ends[closed.index]).all()


def test_there_are_same_day_transfers_stays_of_no_night_and_late_returns(stays: pd.DataFrame) -> None:
    order = stays.sort_values(["person_id", "episode_id"])
    gap = (order.groupby("person_id").admit_date.shift(-1) - order.discharge_date).dt.days
    assert (gap == 0).sum() > 1_000
    assert gap.between(1, 30).sum() > 1_000
    assert (gap > 30).sum() > 1_000
    assert (order.admit_date == order.discharge_date).sum() > 100
    assert stays.groupby("person_id").size().max() >= 8


def test_admissions_grow_little_while_fewer_come_for_the_first_time() -> None:
    stays = simulate(50_000)
    by_year = stays.admit_date.dt.year.value_counts()
    assert by_year[2025] / by_year[2023] == pytest.approx(1.05, abs=0.05)
    first = stays.drop_duplicates("person_id").admit_date.dt.year.value_counts()
    assert first[2023] > 1.3 * first[2025]


def test_new_people_vary_by_season_and_are_fewer_at_weekends() -> None:
    starts = simulate(50_000).drop_duplicates("person_id").admit_date
    by_day = starts.dt.day_of_week.value_counts()
    assert by_day[6] < by_day[5] < by_day[4] < by_day[0]
    late = starts[starts.dt.year == 2025].dt.month.value_counts()
    assert late[3] > 1.1 * late[11]


def test_people_keep_to_a_facility_and_a_payer_more_often_than_not(stays: pd.DataFrame) -> None:
    order = stays.sort_values(["person_id", "episode_id"])
    before = order.groupby("person_id")[["facility", "payer", "level"]].shift(1)
    again = before.level.notna()
    assert 0.95 < (before.payer == order.payer)[again].mean() < 0.99
    same_level = again & (before.level == order.level)
    assert (before.facility == order.facility)[same_level].mean() > 0.7


def test_one_person_and_one_day_are_enough() -> None:
    one = simulate(1, first="2024-02-29", cutoff="2024-02-29")
    assert one.person_id.unique().tolist() == ["P000001"]
    assert (one.admit_date == "2024-02-29").all()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"people": 0}, "1 or more"),
        ({"first": "2025-01-02", "cutoff": "2025-01-01"}, "lies before the first day"),
        ({"cutoff": "31/12/2025"}, "cutoff is a day such as"),
    ],
)
def test_arguments_that_make_no_records_are_refused(how: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        simulate(**how)  # type: ignore[arg-type]
