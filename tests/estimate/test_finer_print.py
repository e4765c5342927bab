"""More that other tests do not tell apart, found by changing the code a little: numbers, each worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.direct import process_table
from support.drawn import linked
from support.made_up import CUTOFF, made_up

import careflow as cf
from careflow.errors import ArgumentError
from careflow.estimate.stats.group_scores import Score, arms
from careflow.estimate.stats.homogeneity import Table, chi_squared
from careflow.estimate.stats.intervals import garwood, quantile_of
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.estimate.stats.logrank import log_rank
from careflow.records.privacy.jackknife_groups import group

ENDINGS = linked(
    """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Bob    | php   | 0     | 10        | left early
    Cem    | php   | 0     | 20        | completed
    Dan    | php   | 0     | 20        | died
    Eva    | php   | 0     | 30        | completed
    Eva    | iop   | 31    | 40        | terminated
    """,
    cutoff=200,
)
"""Of five who left PHP three left care, one died and one moved to IOP, from where she left care."""


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return cf.link(cf.read_episodes(made_up(), cutoff=CUTOFF))


def test_left_care_on_the_stay_clock_is_the_sum_of_its_reasons_and_of_nothing_else() -> None:
    frame = cf.cumulative_incidence(ENDINGS, "php", cluster=None).frame
    by_day = frame.pivot(index="day", columns="to", values="estimate")
    assert by_day["left care"].tolist() == pytest.approx([0.4, 0.6, 0.6])
    assert by_day["completed"].tolist() == pytest.approx([0.2, 0.4, 0.4])
    assert by_day.loc[30, ["left early", "died", "iop", "concurrent"]].tolist() == pytest.approx([0.2, 0.2, 0.2, 0])


def test_a_death_is_no_move_whatever_its_way_and_one_discharge_is_followed_or_not() -> None:
    for method in ("followed", "incidence", "intensity"):
        rates = cf.transition_rates(ENDINGS, method=method)  # type: ignore[arg-type]
        ways = rates.directions[rates.directions["from"] == "php"].set_index("direction")["n"]
        assert ways.to_dict() == {"step-down": 1, "step-up": 0, "lateral": 0}
        followed = rates.frame.groupby("from", observed=False)["followed"].first()
        assert followed[["php", "iop"]].tolist() == [1, 1]
        assert followed[["residential", "outpatient"]].isna().all()


@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_at_a_level_without_anybody_no_group_is_present(method: str) -> None:
    rates = cf.transition_rates(ENDINGS, method=method)  # type: ignore[arg-type]
    for flows in rates._made.flows():  # type: ignore[union-attr]
        present = flows.blocks[0].replicates.present.sum(axis=-1)  # type: ignore[union-attr]
        assert (present[0, [0, 1, 4]] == 0).all()
        assert (present[0, 2] == len({group(name) for name in ("Ana", "Bob", "Cem", "Dan", "Eva")})).all()


def test_counts_without_a_period_have_the_nights_of_all_of_them() -> None:
    counts = ENDINGS.counts(clocks=["discharge", "exposure"])
    ours, theirs = (cf.transition_rates(x, method="intensity").frame for x in (counts, ENDINGS))
    pd.testing.assert_frame_equal(ours, theirs)


def test_a_difference_of_one_person_has_no_clustered_error() -> None:
    table = "person | level | admit | discharge\nA | php | 0 | 10\nA | php | 95 | 99\nA | iop | 100 | 104"
    moves = linked(table, cutoff=273)
    row = cf.transition_rates(moves, by="quarter").compare("2024Q1", "2024Q2", frm="php", to="iop").frame.iloc[0]
    assert row["difference"] == 1
    assert row[["se", "low", "high", "p"]].isna().all()


def test_left_care_of_a_chain_is_the_sum_of_its_reasons_and_death_is_apart() -> None:
    reached = cf.chain(cf.transition_rates(ENDINGS)).matrix("reached").loc["php"]
    assert reached["left care"] == pytest.approx(4 / 5)
    assert reached[["completed", "left early", "terminated", "died"]].tolist() == pytest.approx([0.4, 0.2, 0.2, 0.2])


def test_histories_tell_those_who_died_and_whose_care_went_on_apart() -> None:
    rows = "\n".join(f"P{i} | php | 0 | 10 | died\nQ{i} | php | 0 | 10 | completed" for i in range(10))
    both = "\n".join(f"R{i} | php | 0 | 10 | completed\nR{i} | iop | 5 | 20 | completed" for i in range(3))
    moves = linked(f"person | level | admit | discharge | reason\n{rows}\n{both}", cutoff=200)
    histories = cf.markov_test(moves).histories
    php = histories[(histories["from"] == "php") & (histories["before"] == "none")].set_index("to")["n"]
    assert php[php > 0].to_dict() == {"left care": 10, "died": 10, "concurrent": 3}


def test_the_plain_error_of_an_intensity_is_that_of_a_poisson_count() -> None:
    """Four moves in 100 days: 4 per 100 days, give or take the root of 4."""
    rows = "\n".join(f"P{i} | php | 0 | 25\nP{i} | iop | 26 | 40" for i in range(4))
    moves = linked(f"person | level | admit | discharge\n{rows}", cutoff=200)
    rates = cf.transition_rates(moves, method="intensity", cluster=None)
    assert rates.matrix().loc["php", "iop"] == pytest.approx(4)
    assert rates.matrix(value="se").loc["php", "iop"] == pytest.approx(2)


def test_two_groups_have_the_quantile_of_one_degree_of_freedom() -> None:
    assert float(quantile_of(0.95, 2)) == pytest.approx(12.7062047, abs=1e-6)
    assert float(quantile_of(0.95, 3)) == pytest.approx(4.3026527, abs=1e-6)


def test_limits_of_part_of_an_event_are_those_of_chi_squared() -> None:
    """Effective numbers of events are no whole numbers, and may be below 1."""
    for n in (0.3, 0.5, 2.5):
        low, high = garwood(n, 10.0)
        assert (low, high) == pytest.approx(
            (stats.chi2.ppf(0.025, 2 * n) / 20, stats.chi2.ppf(0.975, 2 * n + 2) / 20), rel=1e-9
        )


def test_an_incidence_that_is_over_on_the_first_day_has_its_clustered_error() -> None:
    """Everybody leaves on the day of admission, so that what is known of the reasons is known on day 0."""
    people = {f"P{i}": "completed" if i % 3 else "left early" for i in range(12)}
    rows = "\n".join(f"{person} | php | 0 | 0 | {reason}" for person, reason in people.items())
    frame = cf.cumulative_incidence(linked(f"person | level | admit | discharge | reason\n{rows}", cutoff=90)).frame
    early = frame[(frame["to"] == "left early") & (frame["from"] == "php")].iloc[0]
    held = np.zeros((2, 100))
    for person, reason in people.items():
        held[:, group(person)] += [reason == "left early", 1]
    present = held[1] > 0
    share = (held[0].sum() - held[0]) / (held[1].sum() - held[1])
    se, _ = jackknife_se(np.array(1 / 3), share, present)
    assert (early["day"], early["estimate"], early["se"]) == (0, pytest.approx(1 / 3), pytest.approx(float(se)))
    assert early["se"] > 0


@pytest.mark.parametrize("much", [1.0, 0.1])
def test_the_clustered_test_of_a_table_is_rao_and_scotts_second_order_f(much: float) -> None:
    """Three groups and two residuals, each changed by leaving a group out as written here."""
    z, change = np.array([3.0, 1.0]), np.array([[1.0, -1.0, 0.5], [0.0, 2.0, -1.0]]) * much
    table = Table(z, z[:, None] + change, 2, 50, 2)
    delta = 2 / 3 * change @ change.T
    about = np.trace(delta) ** 2 / np.trace(delta @ delta)
    statistic, df, effect, p = chi_squared([table], np.ones(3, dtype=bool))
    assert (statistic, df, effect) == (pytest.approx(10), 2, pytest.approx(np.trace(delta) / 2))
    assert p == pytest.approx(stats.f.sf(10 / np.trace(delta), about, about * 2), rel=1e-9)


def test_a_clustered_test_of_groups_is_hotellings() -> None:
    """With 3 arms and 12 clusters the statistic is (12 - 1) * 2 / (12 - 2) times an F of 2 and 10 degrees."""
    z, variance = np.array([4.0, -1.0, -3.0]), np.array([[4.0, -2.0, -2.0], [-2.0, 4.0, -2.0], [-2.0, -2.0, 4.0]])
    score = Score(z, np.zeros(3), variance)
    for clusters, p in ((None, stats.chi2.sf(13 / 3, 2)), (12, stats.f.sf(13 / 3 * 10 / (11 * 2), 2, 10))):
        assert score.test(clusters) == (pytest.approx(13 / 3), 2, pytest.approx(p, rel=1e-9))
    assert np.isnan(score.test(2)[2])


@pytest.mark.parametrize("unit", [1e-7, 1.0, 1e7])
def test_a_test_of_groups_does_not_depend_on_the_unit_of_its_scores(unit: float) -> None:
    variance = np.array([[4.0, -2.0, -2.0], [-2.0, 4.0, -2.0], [-2.0, -2.0, 4.0]])
    score = Score(np.array([4.0, -1.0, -3.0]) * unit, np.zeros(3), variance * unit**2)
    assert score.test(None)[:2] == (pytest.approx(13 / 3), 2)


@pytest.mark.parametrize("test", [cf.logrank_test, cf.gray_test])
def test_the_p_of_groups_whose_people_come_back_is_of_f_with_as_many_clusters_as_groups(
    moves: cf.Transitions, test: object
) -> None:
    frame = test(moves, by="quarter").frame  # type: ignore[operator]
    rows = frame[frame["df"] > 0]
    rest = rows["clusters"].astype(int) - rows["df"]
    expected = stats.f.sf(rows["statistic"] * rest / ((rest + rows["df"] - 1) * rows["df"]), rows["df"], rest)
    assert (rows["clusters"] > 10).any()
    np.testing.assert_allclose(rows["p"].astype(float), expected, rtol=1e-9)


def test_a_cluster_of_one_stay_counts_in_the_log_rank_test() -> None:
    """Nobody comes back, so that every cluster is one person."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        {"arm": np.arange(24) % 2, "jackknife_group": np.arange(24), "entry": 0, "exit": rng.integers(1, 30, 24)}
    )
    table = process_table(rows.assign(event=0), by=("arm",))
    seen = arms(table, table["arm"].cat.codes.to_numpy(dtype=np.int64), 2, (0,))
    whole = log_rank(seen, "person")
    z, without = whole.observed - whole.expected, []
    for one in range(24):
        part = table[table["jackknife_group"] != one]
        left = log_rank(arms(part, part["arm"].cat.codes.to_numpy(dtype=np.int64), 2, (0,)), None)
        without.append(left.observed - left.expected)
    u = np.stack(without, axis=1) * 24 / 23 - z[:, None]
    np.testing.assert_allclose(whole.variance, 23 / 24 * u @ u.T, rtol=1e-9)


@pytest.mark.parametrize("level", [0, 1, -0.5, 95])
def test_a_coverage_is_between_0_and_1_and_neither(moves: cf.Transitions, level: float) -> None:
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        cf.transition_rates(moves, confidence=level)
