"""People come back: what clustering does to an interval."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.drawn import day, linked

import careflow as cf
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.estimate.stats.proportions import shares
from careflow.records.privacy.jackknife_groups import group


def coming_back(moves: dict[str, list[int]]) -> pd.DataFrame:
    """Make up a discharge from residential for each 0 or 1 of a person, a year apart; 1 is followed by PHP."""
    rows = []
    for person, outcomes in moves.items():
        for i, moved in enumerate(outcomes):
            begin = 400 * i
            rows.append((person, "residential", day(begin), day(begin + 10), "completed"))
            if moved:
                rows.append((person, "php", day(begin + 12), day(begin + 20), "completed"))
    return pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "discharge_reason"])


def php(frame: pd.DataFrame) -> pd.Series:
    return frame[(frame["from"] == "residential") & (frame["to"] == "php")].iloc[0]


ALIKE = {f"P{i}": [i % 3 == 0] * 6 for i in range(30)}


@pytest.mark.slow
def test_identical_discharges_have_the_interval_of_the_number_of_people() -> None:
    moves = linked(coming_back(ALIKE), cutoff=2600)
    plain, clustered = (php(cf.transition_rates(moves, cluster=c).frame) for c in (None, "person"))
    assert (clustered["n"], clustered["of"]) == (60, 180)
    assert clustered["se"] == pytest.approx(plain["se"] * 6**0.5, rel=0.1)
    assert clustered["high"] - clustered["low"] > 2 * (plain["high"] - plain["low"])


def test_limits_are_wilsons_at_the_effective_size() -> None:
    """With Student's quantile."""
    moves = linked(coming_back(ALIKE), cutoff=2600)
    row = php(cf.transition_rates(moves).frame)
    groups = len({group(person) for person in ALIKE})
    p = row["rate"]
    size = min(p * (1 - p) / row["se"] ** 2, 180)
    low, high = wilson(p, size, stats.t.ppf(0.975, groups - 1))
    assert (row["low"], row["high"]) == pytest.approx((float(low), float(high)), abs=1e-12)


def test_the_effective_size_is_never_above_the_number() -> None:
    opposite = {f"P{i}": [0, 1] for i in range(30)}
    row = php(cf.transition_rates(linked(coming_back(opposite), cutoff=1000)).frame)
    groups = len({group(person) for person in opposite})
    assert row["se"] == pytest.approx(0, abs=1e-12)
    low, high = wilson(0.5, 60, stats.t.ppf(0.975, groups - 1))
    assert (row["low"], row["high"]) == pytest.approx((float(low), float(high)), abs=1e-12)


def test_a_share_of_none_has_the_size_by_the_pooled_design_effect() -> None:
    """Two strata; the first has no move at all, and the pooled rate tells how much alike the stays of a person are."""
    of = np.full((2, 10), 6)
    n = np.array([[0] * 10, [6, 0] * 5])
    actual = shares(n, of, cluster="person", confidence=0.95)
    pooled = n.sum(axis=0) / of.sum(axis=0)
    p = pooled.mean()
    without = (n.sum() - n.sum(axis=0)) / (of.sum() - of.sum(axis=0))
    variance = 9 / 10 * ((without - p) ** 2).sum()
    effect = variance / (p * (1 - p) / 120)
    assert effect > 1
    low, high = wilson(0.0, 60 / effect, stats.t.ppf(0.975, 9))
    assert (actual.share[0], actual.low[0]) == (0, low)
    assert actual.high[0] == pytest.approx(float(high), abs=1e-12)


def test_one_group_alone_has_no_clustered_error() -> None:
    row = php(cf.transition_rates(linked(coming_back({"P1": [0, 1, 1]}), cutoff=1300)).frame)
    assert row["rate"] == pytest.approx(2 / 3)
    assert np.isnan(row["se"])
    assert np.isnan(row["low"])


def test_the_jackknife_is_exact_for_a_mean() -> None:
    values = np.array([3.0, 5.0, 10.0, 2.0])
    without = (values.sum() - values) / 3
    se, groups = jackknife_se(np.array(values.mean()), without, np.ones(4, dtype=bool))
    assert groups == 4
    assert se == pytest.approx(values.std(ddof=1) / 2, abs=1e-12)


@pytest.mark.slow
def test_an_id_has_the_same_group_as_text_and_as_a_number() -> None:
    table = coming_back({str(i): [i % 2, 1] for i in range(40)})
    frames = [
        cf.transition_rates(linked(table.assign(person_id=table["person_id"].astype(kind)), cutoff=1000)).frame
        for kind in (str, "int64")
    ]
    pd.testing.assert_frame_equal(*frames)


def test_groups_are_spread_evenly_over_people_in_a_row() -> None:
    sizes = np.bincount([group(i) for i in range(20_000)], minlength=100)
    assert len(sizes) == 100
    assert stats.chisquare(sizes).pvalue > 1e-4
    sizes = np.bincount([group(f"P{i:06d}") for i in range(20_000)], minlength=100)
    assert stats.chisquare(sizes).pvalue > 1e-4


def test_the_quantile_is_students_with_one_degree_fewer_than_groups() -> None:
    assert quantile_of(0.95) == pytest.approx(1.959963984540054, abs=1e-12)
    assert quantile_of(0.95, 10) == pytest.approx(2.2621571627409915, abs=1e-9)
    assert np.isnan(quantile_of(0.95, 1))


def test_one_group_of_people_alone_has_no_clustered_error() -> None:
    se, groups = jackknife_se(np.array([0.5, 0.5]), np.array([[0.4, 0.6], [0.4, 0.6]]), np.array([[True, False]] * 2))
    assert np.isnan(se).all()
    assert groups.tolist() == [1, 1]
