"""Log-rank and Gray's test between the groups of a stratum."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.direct import counts_of, process_table
from support.drawn import ORIGIN, linked

import careflow as cf
from careflow.counts.event_tables import CENSORED, ENDED
from careflow.errors import ArgumentError, CountsError
from careflow.estimate.stats.gray import gray as gray_score
from careflow.estimate.stats.group_scores import GroupArrays, covariance_of_sums, group_arrays
from careflow.estimate.stats.logrank import log_rank

CARE = cf.Continuum.of(["one", "two"])


def stays(rng: np.random.Generator, people: int, each: int, *, alike: bool, effect: float = 0.0) -> pd.DataFrame:
    """Return stays: arm, exit, cause (1, 2; 0 is censored), jackknife group; those of one person alike or not."""
    person = np.repeat(np.arange(people), each)
    slow = rng.normal(0, 1.0 if alike else 0.0, people)[person]
    arm = rng.integers(0, 2, people)[person]
    exit = np.floor(30 * np.exp(slow + effect * arm + rng.normal(0, 0.5, len(person)))).astype(int)
    follow = rng.integers(20, 200, len(person))
    cause = np.where(exit <= follow, rng.integers(1, 3, len(person)), 0)
    jackknife_group = rng.integers(0, 100, people)[person]
    return pd.DataFrame(
        {"arm": arm, "entry": 0, "exit": np.minimum(exit, follow), "cause": cause, "jackknife_group": jackknife_group}
    )


def counts(rows: pd.DataFrame) -> cf.Counts:
    ended = rows.assign(event=np.where(rows["cause"] > 0, ENDED, CENSORED))
    caused = rows.assign(event=np.where(rows["cause"] > 0, rows["cause"] - 1, CENSORED))
    tables = {"stay by admission": process_table(ended, by=("arm",)), "exit": process_table(caused, by=("arm",))}
    return counts_of(tables, CARE, by=("arm",))


def seen(rows: pd.DataFrame) -> GroupArrays:
    caused = rows.assign(event=np.where(rows["cause"] > 0, rows["cause"] - 1, CENSORED))
    table = process_table(caused, by=("arm",))
    return group_arrays(table, table["arm"].cat.codes.to_numpy(dtype=np.int64), 2, (0, 1))


def logrank(rows: pd.DataFrame, cluster: str | None) -> float:
    of = seen(rows)
    return log_rank(of, cluster).test(of.clusters if cluster else None)[2]  # type: ignore[arg-type]


def gray(rows: pd.DataFrame, cluster: str | None) -> float:
    of = seen(rows)
    (score,) = gray_score(of, np.array([[0, 1]]), cluster)  # type: ignore[arg-type]
    return score.test(of.clusters if cluster else None)[2]


@pytest.mark.slow
@pytest.mark.parametrize("test", [logrank, gray])
def test_clustered_tests_keep_their_size_when_people_come_back(test: object) -> None:
    rng = np.random.default_rng(3)
    runs = [stays(rng, 80, 6, alike=True) for _ in range(80)]
    clustered, plain = (np.mean([test(rows, how) < 0.05 for rows in runs]) for how in ("person", None))  # type: ignore[operator]
    assert clustered < 0.125
    if test is logrank:
        assert plain > 0.2


@pytest.mark.parametrize("test", [logrank, gray])
def test_a_large_difference_is_found(test: object) -> None:
    rows = stays(np.random.default_rng(5), 300, 2, alike=True, effect=-1.5)
    rows.loc[(rows["arm"] == 1) & (rows["cause"] == 1), "cause"] = 2
    assert test(rows, "person") < 1e-4  # type: ignore[operator]


def test_observed_and_expected_ends_add_up_to_the_same() -> None:
    rows = stays(np.random.default_rng(1), 100, 2, alike=False)
    groups = cf.logrank_test(counts(rows), by="arm", cohort="admission").groups
    assert groups["observed"].sum() == pytest.approx(groups["expected"].sum())
    assert groups["n"].tolist() == rows.groupby("arm").size().tolist()
    actual = cf.gray_test(counts(rows), by="arm").groups.groupby("to", observed=True)[["observed", "expected"]].sum()
    assert np.allclose(actual["observed"], actual["expected"])


def test_the_covariance_of_sums_over_groups_is_that_of_their_totals() -> None:
    totals = np.array([[1.0, 3.0, -2.0, 4.0]])
    actual = covariance_of_sums(totals.sum(axis=1), totals.sum(axis=1, keepdims=True) - totals)
    assert actual[0, 0] == pytest.approx(4 * np.var(totals, ddof=1))
    assert np.isnan(covariance_of_sums(np.ones(2), np.ones((2, 1)))).all()


def test_a_single_group_has_no_test() -> None:
    rows = stays(np.random.default_rng(1), 60, 1, alike=False)
    alone = rows[rows["arm"] == 1]
    late = pd.concat([alone, rows[rows["arm"] == 0].head(1).assign(entry=500, exit=600, cause=1)])
    frame = cf.logrank_test(counts(late), by="arm", cohort="admission").frame
    assert frame[["statistic", "p"]].isna().all(axis=None)
    with pytest.raises(ArgumentError, match="takes at least two; arm has 1"):
        cf.logrank_test(counts(alone), by="arm", cohort="admission")


def drawn_moves() -> cf.Transitions:
    rows = []
    for i in range(60):
        admit = ORIGIN + timedelta(days=i)
        payer = ("medicaid", "private", "state")[i % 3]
        out = None if i % 7 == 0 else admit + timedelta(days=5 + i % (10 + 10 * (i % 3)))
        rows.append((f"P{i // 2}", ("php", "iop")[i % 2], admit, out, "completed", payer))
    names = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason", "payer"]
    return linked(pd.DataFrame(rows, columns=names), cutoff=200)


@pytest.mark.slow
def test_each_level_is_tested_and_the_correction_counts_them() -> None:
    test = cf.logrank_test(drawn_moves(), by="payer")
    assert test.frame["level"].tolist() == ["php", "iop"]
    assert test.frame["df"].tolist() == [2, 2]
    assert (test.frame["p_adjusted"] >= test.frame["p"]).all()
    assert len(test.groups) == 6
    assert "F, clustered by person" in repr(test)


@pytest.mark.slow
def test_some_groups_can_be_chosen() -> None:
    moves = drawn_moves()
    some = cf.logrank_test(moves, by="payer", groups=["state", "medicaid"])
    assert some.frame["df"].tolist() == [1, 1]
    assert sorted(some.groups["payer"].unique()) == ["medicaid", "state"]
    every = cf.logrank_test(moves, by="payer").groups
    for name in ("medicaid", "state"):
        assert (
            some.groups.loc[some.groups["payer"] == name, "n"].tolist()
            == every.loc[every["payer"] == name, "n"].tolist()
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        ({"by": ["payer", "facility"]}, ArgumentError, "by is one name, in quotes"),
        ({"by": "payer", "groups": "state"}, ArgumentError, "groups takes several labels of payer: medicaid"),
        ({"by": "payer", "groups": ["state", "cash"]}, ArgumentError, "given 'cash'"),
        ({"by": "payer", "cluster": "family"}, ArgumentError, "cluster is 'person' or None"),
        ({"by": "payer", "correction": "all"}, ArgumentError, "correction is 'holm', 'bh' or None"),
        ({"by": "region"}, ArgumentError, "cannot split by 'region'"),
    ],
)
@pytest.mark.parametrize("test", [cf.logrank_test, cf.gray_test])
def test_invalid_arguments_are_refused_with_the_valid_ones(test: object, how: dict, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        test(drawn_moves(), **how)  # type: ignore[operator]


@pytest.mark.slow
def test_counts_that_were_not_split_say_so() -> None:
    with pytest.raises(CountsError, match="not split by 'payer'"):
        cf.gray_test(drawn_moves().counts(clocks="exit"), by="payer")
    with pytest.raises(ArgumentError, match="clock is 'stay' or 'gap'"):
        cf.gray_test(drawn_moves(), by="payer", clock="journey")  # type: ignore[arg-type]


@pytest.mark.slow
def test_quarters_are_compared_by_the_days_spent_in_each() -> None:
    """Each stay counts in each quarter for the days that it spent there."""
    test = cf.logrank_test(drawn_moves(), by="quarter")
    assert "the days it spent in the period" in test.about.definition
    assert set(test.groups["quarter"].astype(str)) >= {"2024Q1", "2024Q2"}


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["stay", "gap"])
def test_outcomes_are_compared_on_both_clocks(clock: str) -> None:
    frame = cf.gray_test(drawn_moves(), "php", by="payer", clock=clock).frame  # type: ignore[arg-type]
    assert frame["from"].unique().tolist() == ["php"]
    assert ("left care" in set(frame["to"])) == (clock == "stay")
    never = frame[frame["to"] == "inpatient"].iloc[0]
    assert np.isnan(never["p"])
    assert never["df"] == 0


@pytest.mark.parametrize("test", [cf.logrank_test, cf.gray_test])
def test_clustered_p_values_of_group_tests_are_of_f(moves: cf.Transitions, test: object) -> None:
    """Clusters are jackknife groups; their number gives the degrees of freedom."""
    frame = test(moves, by="quarter").frame  # type: ignore[operator]
    rows = frame[frame["df"] > 0]
    rest = rows["clusters"].astype(int) - rows["df"]
    expected = stats.f.sf(rows["statistic"] * rest / ((rest + rows["df"] - 1) * rows["df"]), rows["df"], rest)
    assert (rows["clusters"] > 10).any()
    np.testing.assert_allclose(rows["p"].astype(float), expected, rtol=1e-9)
