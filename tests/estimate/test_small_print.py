"""Shapes, ends and signs that other tests do not tell apart: each was found by changing the code a little."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.direct import process_table
from support.drawn import linked
from support.made_up import CUTOFF, made_up

import careflow as cf
from careflow.errors import ArgumentError
from careflow.estimate.stats.differences import recovered_limits, two_sided
from careflow.estimate.stats.gray import gray
from careflow.estimate.stats.group_scores import Arms, Score, arms, spread_of
from careflow.estimate.stats.homogeneity import residuals
from careflow.estimate.stats.intervals import garwood, log_log
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.estimate.stats.logrank import log_rank
from careflow.records.privacy.jackknife_groups import group

NUMBERS = ["estimate", "se", "low", "high"]
RATES = ["n", "of", "rate", "se", "low", "high", "followed", "mature"]
COMPARED = ["n_1", "of_1", "rate_1", "n_2", "of_2", "rate_2", "difference", "se", "low", "high", "p", "p_adjusted"]
STAYS = ["n", "open", "median", "median_low", "median_high", "q25", "q75", "rmean", "rmean_se"]


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return cf.link(cf.read_episodes(made_up(), cutoff=CUTOFF))


@pytest.fixture(scope="module")
def tables(moves: cf.Transitions) -> dict[str, pd.DataFrame]:
    """Return the tables of every result by quarter."""
    rates, stays = cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter")
    nexts, change = cf.cumulative_incidence(moves, by="quarter"), rates.compare("2024Q1", "2024Q2")
    markov = cf.markov_test(moves, by="quarter")
    return {
        "rates": rates.frame,
        "rates by direction": rates.directions,
        "windows": cf.transition_rates(moves, by="quarter", within=[7, 30]).frame,
        "stays": stays.frame,
        "curve": stays.curve,
        "incidence": nexts.frame,
        "incidence by direction": nexts.directions,
        "survival": nexts.survival,
        "difference": change.frame,
        "difference by direction": change.directions,
        "chain": cf.chain(rates, stays).frame,
        "occupation": cf.occupation(moves, days=9, by="quarter").frame,
        "expected days": cf.expected_days(moves, days=9, by="quarter").frame,
        "census": cf.census(moves).frame,
        "markov": markov.frame,
        "histories": markov.histories,
        "log-rank": cf.logrank_test(moves, by="quarter").frame,
        "gray": cf.gray_test(moves, by="quarter").frame,
    }


REACH = ["known_to", "least_at_risk", "thin", "mature"]
COLUMNS = {
    "rates": ["quarter", "from", "to", "direction", *RATES],
    "rates by direction": ["quarter", "from", "direction", *RATES],
    "windows": ["quarter", "within", "from", "to", "direction", *RATES],
    "stays": ["quarter", "level", *STAYS, "discharged_mean", "discharged_median", *REACH],
    "curve": ["quarter", "level", "day", "at_risk", "events", "survival", "se", "low", "high"],
    "incidence": ["quarter", "from", "to", "day", *NUMBERS, "at_risk", "known_to", "mature"],
    "incidence by direction": ["quarter", "from", "direction", "day", *NUMBERS, "at_risk", "known_to", "mature"],
    "survival": ["quarter", "from", "day", *NUMBERS, "at_risk", "known_to", "mature"],
    "difference": ["from", "to", "direction", *COMPARED, "mature"],
    "difference by direction": ["from", "direction", *COMPARED, "mature"],
    "chain": ["quarter", "start", "state", "measure", *NUMBERS, "mature"],
    "occupation": ["quarter", "day", "state", *NUMBERS, "known_to", "mature"],
    "expected days": ["quarter", "state", "days", "se", "low", "high", "known_to", "mature"],
    "markov": ["quarter", "from", "n", "histories", "statistic", "df", "design_effect", "p", "p_adjusted"],
    "histories": ["quarter", "before", "from", "to", "n", "of", "rate"],
    "log-rank": ["level", "statistic", "df", "clusters", "p", "p_adjusted"],
    "gray": ["from", "to", "statistic", "df", "clusters", "p", "p_adjusted"],
}
LABELS = ("quarter", "level", "from", "to", "state", "start", "measure", "before")


@pytest.mark.parametrize("name", COLUMNS)
def test_a_frame_has_the_columns_that_are_promised_and_no_other(name: str, tables: dict[str, pd.DataFrame]) -> None:
    assert list(tables[name].columns) == COLUMNS[name]
    assert tables[name].index.equals(pd.RangeIndex(len(tables[name])))


def test_labels_are_in_the_order_of_the_continuum_and_of_the_calendar(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        for column in [column for column in LABELS if column in table]:
            assert table[column].cat.ordered, (name, column)


def test_months_and_years_are_named_as_quarters_are(moves: cf.Transitions) -> None:
    rates = cf.transition_rates(moves, by="month")
    assert (rates.at("2024-02")["month"] == "2024-02").all()
    assert rates.matrix("2024-02").shape == rates.matrix("2024-03").shape


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [cf.occupation, cf.expected_days])
def test_ten_years_are_the_longest_journey(moves: cf.Transitions, estimator: object) -> None:
    assert len(estimator(moves, days=3650).frame)  # type: ignore[operator]
    assert len(estimator(moves, days=1, landmark=3650).frame)  # type: ignore[operator]
    for asked in ({"days": 3651}, {"days": 0}, {"days": 1, "landmark": 3651}):
        with pytest.raises(ArgumentError, match="a whole number"):
            estimator(moves, **asked)  # type: ignore[operator]


def test_left_care_of_an_incidence_counts_those_still_followed_after_the_window() -> None:
    """Ana moved, Bob was followed for 30 days, Cem for 10 only."""
    rows = linked(
        """
        person | level | admit | discharge
        Ana    | php   | 0     | 10
        Ana    | iop   | 15    | 20
        Bob    | php   | 0     | 10
        Cem    | php   | 80    | 90
        """,
        cutoff=100,
    )
    frame = cf.transition_rates(rows, method="incidence", cluster=None).frame
    php = frame[frame["from"] == "php"].set_index("to")
    assert php.loc[["iop", "left care", "died"], "n"].tolist() == [1, 1, 0]
    assert (php["of"] == 3).all()
    assert php.loc["left care", "rate"] == pytest.approx(2 / 3)


def test_one_group_of_people_alone_has_no_clustered_error() -> None:
    se, groups = jackknife_se(np.array([0.5, 0.5]), np.array([[0.4, 0.6], [0.4, 0.6]]), np.array([[True, False]] * 2))
    assert np.isnan(se).all()
    assert groups.tolist() == [1, 1]


def test_limits_of_two_estimates_that_go_together_are_those_of_what_sets_them_apart() -> None:
    """With correlation 1 the half-widths 0.3 and 0.1 leave 0.2, with -1 they make 0.4."""
    one, two = (tuple(np.array(x) for x in (r, r - half, r + half)) for r, half in ((0.5, 0.1), (0.6, 0.3)))
    for rho, half in ((1.0, 0.2), (-1.0, 0.4), (0.0, np.hypot(0.1, 0.3))):
        low, high = recovered_limits(one, two, rho)  # type: ignore[arg-type]
        assert (low, high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-12)


def test_limits_of_a_difference_use_the_side_that_each_limit_is_on() -> None:
    one, two = (tuple(np.array(x) for x in limits) for limits in ((0.5, 0.4, 0.8), (0.6, 0.58, 0.61)))
    low, high = recovered_limits(one, two, 0.5)  # type: ignore[arg-type]
    assert low == pytest.approx(0.1 - np.sqrt(0.02**2 + 0.3**2 - 0.02 * 0.3), abs=1e-12)
    assert high == pytest.approx(0.1 + np.sqrt(0.01**2 + 0.1**2 - 0.01 * 0.1), abs=1e-12)


def test_a_rate_that_is_the_same_without_anybody_has_no_correlation_and_the_difference_has_limits() -> None:
    """In the first quarter nobody moves, so that leaving out whomever changes nothing."""
    rows = [(i, "php", f"2024-01-{i + 1:02}", "2024-02-01") for i in range(8)]
    for i in range(8):
        rows.append((i, "php", f"2024-05-{i + 1:02}", "2024-06-01"))
        rows += [(i, "iop", "2024-06-02", "2024-06-20")] if i % 2 else []
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    rates = cf.transition_rates(cf.link(cf.read_episodes(stays, cutoff="2024-12-31")), by="quarter")
    row = rates.compare("2024Q1", "2024Q2", frm="php", to="iop").frame.iloc[0]
    first, second = (rates.matrix(q, value="se").loc["php", "iop"] for q in ("2024Q1", "2024Q2"))
    assert first == 0
    assert row["se"] == pytest.approx(second)
    assert row["low"] < row["difference"] < row["high"]
    assert 0 < row["p"] < 1


def test_a_table_of_one_row_is_no_test() -> None:
    for cells in (np.full((1, 3, 2), 20), np.full((3, 1, 2), 20), np.full((0, 3, 2), 20)):
        table = residuals(cells)
        assert (table.residuals.size, table.without.shape, table.df) == (0, (0, 2), 0)
        assert (table.n, table.rows) == (cells.sum(), len(cells))


def test_two_histories_and_two_next_steps_are_a_test() -> None:
    table = residuals(np.array([[[10], [30]], [[30], [10]]]))
    assert (table.df, table.n, table.rows) == (1, 80, 2)
    assert (table.residuals**2).sum() == pytest.approx(20.0)


def test_a_group_that_spent_one_day_at_a_level_counts_for_an_intensity() -> None:
    rows = linked("person | level | admit | discharge\n70001 | php | 0 | 10\n70002 | php | 0 | 1", cutoff=100)
    rates = cf.transition_rates(rows, method="intensity")
    for flows in rates._made.flows():  # type: ignore[union-attr]
        present = flows.blocks[0].replicates.present  # type: ignore[union-attr]
        assert present[0, 2].sum(axis=-1).tolist() == [len({group("70001"), group("70002")})] * present.shape[2]
        assert present[0, [0, 1, 3, 4]].sum() == 0
    assert rates.matrix(value="se").loc["php", ["iop", "died"]].tolist() == [0, 0]
    assert rates.matrix(value="se").loc["php", "left care"] > 0


@pytest.mark.parametrize("method", ["followed", "intensity"])
def test_behind_each_rate_are_as_many_people_as_groups_at_least(method: str) -> None:
    rows = "\n".join(f"P{i} | php | 0 | 10\nP{i} | iop | 12 | 20" for i in range(5))
    moves = linked(f"person | level | admit | discharge\n{rows}\nP0 | php | 40 | 50\nP0 | iop | 51 | 60", cutoff=200)
    rates = cf.transition_rates(moves, method=method)  # type: ignore[arg-type]
    people = rates.contributors
    assert people is not None
    php = people[people["from"] == "php"].set_index("to")["persons"]
    assert php["iop"] == len({group(f"P{i}") for i in range(5)})
    assert php.drop("iop").sum() == 0


def two_arms(seed: int) -> pd.DataFrame:
    """Return made-up stays of two arms, several a person, as counts of two causes."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(120), 3)
    exit, follow = rng.geometric(1 / (15 + person % 20)), rng.integers(10, 60, len(person))
    what = np.where(exit <= follow, rng.integers(0, 2, len(person)), 201)
    rows = pd.DataFrame(
        {"arm": person % 2, "jackknife_group": person % 12, "entry": 0, "exit": np.minimum(exit, follow)}
    )
    return process_table(rows.assign(event=what), by=("arm",))


def seen(table: pd.DataFrame) -> Arms:
    return arms(table, table["arm"].cat.codes.to_numpy(dtype=np.int64), 2, (0, 1))


def of_gray(table: pd.DataFrame, cluster: str | None) -> Score:
    return gray(seen(table), np.array([[0, 1]]), cluster)[0]  # type: ignore[arg-type]


def of_log_rank(table: pd.DataFrame, cluster: str | None) -> Score:
    return log_rank(seen(table), cluster)  # type: ignore[arg-type]


@pytest.mark.parametrize("test", [of_gray, of_log_rank])
def test_the_clustered_covariance_of_a_test_is_that_of_the_scores_without_each_group(test: object) -> None:
    table = two_arms(8)
    whole = test(table, "person")  # type: ignore[operator]
    z = whole.observed - whole.expected
    without = []
    for one in range(12):
        left = test(table[table["jackknife_group"] != one], None)  # type: ignore[operator]
        without.append(left.observed - left.expected)
    np.testing.assert_allclose(whole.variance, spread_of(z, np.stack(without, axis=1)), rtol=1e-9)
    u = np.stack(without, axis=1) * 12 / 11 - z[:, None]
    np.testing.assert_allclose(whole.variance, 11 / 12 * u @ u.T, rtol=1e-9)


def test_limits_of_a_chain_are_students_and_log_log_for_probabilities(moves: cf.Transitions) -> None:
    frame = cf.chain(cf.transition_rates(moves), cf.length_of_stay(moves)).frame
    rows = frame[(frame["estimate"] > 0) & (frame["se"] > 0)]
    t = stats.t.ppf(0.975, len({group(person) for person in made_up()["person_id"].unique()}) - 1)
    counted, shares = rows[rows["measure"] != "reached"], rows[rows["measure"] == "reached"]
    assert (counted["low"] > 0).any()
    np.testing.assert_allclose(counted["low"], np.maximum(counted["estimate"] - t * counted["se"], 0), rtol=1e-9)
    np.testing.assert_allclose(counted["high"], counted["estimate"] + t * counted["se"], rtol=1e-9)
    low, high = log_log(shares["estimate"], shares["se"], t)
    np.testing.assert_allclose(shares[["low", "high"]], np.stack([low, high], axis=1), rtol=1e-9)


def test_a_chain_by_quarter_has_the_days_of_each_quarter_and_none_where_no_stay_was_seen(
    moves: cf.Transitions,
) -> None:
    rates, stays = cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter", horizon="longest")
    view = cf.chain(rates, stays)
    means = stays.frame.set_index(["quarter", "level"])["rmean"]
    for quarter in ("2024Q1", "2024Q2", "2024Q3"):
        count, days = (view.matrix(measure, quarter) for measure in ("stays", "days"))
        assert days.loc["php", "php"] == pytest.approx(count.loc["php", "php"] * means[quarter, "php"])
    assert view.frame["mature"].tolist() == view.frame["quarter"].ne("2024Q4").tolist()


def test_plain_errors_of_expected_days_of_one_level_are_those_of_a_mean() -> None:
    """Nobody is censored, so days in PHP are a mean of days, each counted up to 30; one stay has no night."""
    lengths = [0, 3, 3, 8, 14, 20, 31, 40, 55]
    rows = "\n".join(f"P{i} | php | {i} | {i + length}" for i, length in enumerate(lengths))
    moves = linked(f"person | level | admit | discharge\n{rows}", cutoff=200)
    spent = cf.expected_days(moves, days=30, cluster=None).frame.set_index("state")
    counted = np.minimum(lengths, 30)
    error = counted.std() / np.sqrt(len(lengths))
    assert spent.loc["php", ["days", "se"]].tolist() == pytest.approx([counted.mean(), error], abs=1e-9)
    assert spent.loc["left care", ["days", "se"]].tolist() == pytest.approx([30 - counted.mean(), error], abs=1e-9)
    stays = cf.length_of_stay(moves, horizon=30, cluster=None).frame.set_index("level")
    assert stays.loc["php", ["rmean", "rmean_se"]].tolist() == pytest.approx([counted.mean(), error], abs=1e-9)


def test_p_of_a_clustered_difference_is_students_with_one_degree_fewer_than_there_are_groups() -> None:
    difference, variance = np.array([0.2, -0.2, 0.2, 0.2]), np.array([0.01, 0.01, 0.01, 0.0])
    found = two_sided(difference, variance, np.array([5, 2, 1, 5]))
    assert found[:2].tolist() == pytest.approx([2 * stats.t.sf(2, 4), 2 * stats.t.sf(2, 1)], abs=1e-12)
    assert np.isnan(found[2:]).all()
    assert two_sided(difference, variance, None)[:2].tolist() == pytest.approx([2 * stats.norm.sf(2)] * 2, abs=1e-12)


def test_means_without_each_group_need_two_groups() -> None:
    """Two people of two groups: without either the mean is the other's stay; one person alone leaves nothing."""
    one, other = "70001", "70002"
    rows = f"person | level | admit | discharge\n{one} | php | 0 | 10\n{other} | php | 0 | 30\n{one} | iop | 40 | 44"
    means, without = cf.length_of_stay(linked(rows, cutoff=100))._made.means()  # type: ignore[union-attr]
    assert group(one) != group(other)
    php, iop = without[0, 2], without[0, 3]
    assert means[0, 2:4].tolist() == [20.0, 4.0]
    assert [php[group(one)], php[group(other)]] == [30.0, 10.0]
    assert (np.delete(php, [group(one), group(other)]) == 20.0).all()
    assert np.isnan(iop[group(one)])
    assert (np.delete(iop, group(one)) == 4.0).all()


def test_a_single_move_has_the_clustered_limits_of_a_move_and_none_those_of_none() -> None:
    rows = "\n".join(f"P{i} | php | 0 | {10 + i}" for i in range(9))
    moves = linked(f"person | level | admit | discharge\n{rows}\nP0 | iop | 12 | 20", cutoff=100)
    frame = cf.transition_rates(moves, method="intensity").frame
    php = frame[frame["from"] == "php"].set_index("to")
    one, none, spent = php.loc["iop"], php.loc["outpatient"], sum(range(10, 19))
    assert (one["n"], one["of"], none["n"]) == (1, spent, 0)
    effective = min((one["rate"] / one["se"]) ** 2, 1.0)
    low, high = garwood(effective, effective / (one["rate"] / 100))
    assert [one["low"], one["high"]] == pytest.approx([100 * low, 100 * high], abs=1e-12)
    assert one["low"] > 0
    assert [none["low"], none["high"]] == pytest.approx([100 * x for x in garwood(0, spent)], abs=1e-12)


def test_one_window_left_of_several_need_not_be_named(moves: cf.Transitions) -> None:
    rates = cf.transition_rates(moves, by="quarter", within=[7, 30])
    with pytest.raises(ArgumentError, match="say which within: 7, 30"):
        rates.matrix("2024Q1")
    week = rates.with_frame(rates.frame[rates.frame["within"] == 7])
    assert week.matrix("2024Q1").equals(cf.transition_rates(moves, by="quarter", within=7).matrix("2024Q1"))


def test_two_days_of_no_night_and_of_one_are_one_day_where_each_stay_counts_as_one_night() -> None:
    rows = linked(
        "person | level | admit | discharge\nAna | php | 0 | 0\nBob | php | 0 | 1\nCem | php | 0 | 1", cutoff=90
    )
    curve = cf.length_of_stay(rows, convention="nights_min1", cluster=None).curve
    assert curve[["day", "at_risk", "events", "survival"]].to_numpy().tolist() == [[1, 3, 3, 0]]
    days = cf.length_of_stay(rows, convention="days", cluster=None)
    assert days.curve[["day", "at_risk", "events"]].to_numpy().tolist() == [[1, 3, 1], [2, 2, 2]]
    assert days.frame.set_index("level").loc["php", ["median", "discharged_median", "discharged_mean"]].tolist() == (
        pytest.approx([2, 2, 5 / 3])
    )


def test_the_discharged_median_of_an_even_number_is_between_the_two_in_the_middle() -> None:
    rows = "\n".join(f"P{i} | php | 0 | {length}" for i, length in enumerate([2, 3, 7, 20]))
    stays = cf.length_of_stay(linked(f"person | level | admit | discharge\n{rows}", cutoff=90), cluster=None)
    assert stays.frame.set_index("level").loc["php", ["discharged_median", "discharged_mean"]].tolist() == [5, 8]


def test_of_several_windows_the_provenance_counts_the_discharges_followed_for_the_longest() -> None:
    rows = linked("person | level | admit | discharge\nAna | php | 0 | 10\nBob | php | 80 | 90", cutoff=100)
    found = {str(within): cf.transition_rates(rows, within=within).about.n for within in (7, 30, [7, 30])}
    assert found == {"7": 2, "30": 1, "[7, 30]": 1}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_replicates_are_those_that_the_standard_error_is_of(method: str) -> None:
    rng = np.random.default_rng(4)
    rows = []
    for person in range(60):
        day = int(rng.integers(0, 60))
        for level in rng.choice(["residential", "php", "iop"], 3):
            rows.append((person, level, day, day := day + int(rng.integers(1, 20))))
            day += int(rng.integers(0, 40))
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    for name in ("admit_date", "discharge_date"):
        stays[name] = pd.Timestamp("2024-01-01") + pd.to_timedelta(stays[name], unit="D")
    moves = cf.link(cf.read_episodes(stays, cutoff="2024-06-30"), within=30)
    for flows in cf.transition_rates(moves, method=method)._made.flows():  # type: ignore[arg-type, union-attr]
        block = flows.blocks[0]
        again, _ = jackknife_se(block.rate, block.replicates.without, block.replicates.present)  # type: ignore[union-attr]
        assert (block.se > 0).sum() > 5
        np.testing.assert_allclose(again, block.se, rtol=1e-9, atol=1e-12)
