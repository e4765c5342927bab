"""Shapes of every table by two strata at once, what is refused, and small rules, each worked out by hand."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.drawn import linked
from support.made_up import CUTOFF, made_up

import careflow as cf
from careflow.errors import ArgumentError
from careflow.estimate.arrays.counting_process import process_of
from careflow.estimate.arrays.strata import numbered
from careflow.estimate.result import _print
from careflow.estimate.stats.absorbing_chain import absorbing_chain
from careflow.estimate.stats.competing_risks import incidences
from careflow.estimate.stats.group_scores import covariance_of_sums
from careflow.estimate.stats.homogeneity import residuals
from careflow.estimate.stats.intervals import wilson
from careflow.estimate.stats.kaplan_meier import clustered_se, incidence_se
from careflow.estimate.stats.multiple_testing import adjusted
from careflow.estimate.stats.proportions import shares
from careflow.records.privacy.jackknife_groups import group

BY = ["payer", "quarter"]


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    stays = made_up()
    stays["payer"] = np.where(stays["person_id"].str[1:].astype(int) % 3 == 0, "private", "medicaid")
    return cf.link(cf.read_episodes(stays, cutoff=CUTOFF))


Table = Callable[[cf.Transitions], pd.DataFrame]
NUMBERS, CURVE = ["estimate", "se", "low", "high"], ["estimate", "se", "low", "high", "at_risk"]
RATES = ["n", "of", "rate", "se", "low", "high", "followed", "mature"]
REACH = ["known_to", "mature"]

TABLES: dict[str, tuple[Table, list[str]]] = {
    "rates": (lambda m: cf.transition_rates(m, by=BY).frame, ["from", "to", "direction", *RATES]),
    "ways": (lambda m: cf.transition_rates(m, by=BY).directions, ["from", "direction", *RATES]),
    "windows": (
        lambda m: cf.transition_rates(m, by=BY, within=[7, 30]).frame,
        ["within", "from", "to", "direction", *RATES],
    ),
    "incidence rates": (
        lambda m: cf.transition_rates(m, by=BY, method="incidence").frame,
        ["from", "to", "direction", *RATES],
    ),
    "intensities": (
        lambda m: cf.transition_rates(m, by=BY, method="intensity").frame,
        ["from", "to", "direction", *RATES],
    ),
    "incidences": (lambda m: cf.cumulative_incidence(m, by=BY).frame, ["from", "to", "day", *CURVE, *REACH]),
    "ways of incidences": (
        lambda m: cf.cumulative_incidence(m, by=BY).directions,
        ["from", "direction", "day", *CURVE, *REACH],
    ),
    "what is left": (lambda m: cf.cumulative_incidence(m, by=BY).survival, ["from", "day", *CURVE, *REACH]),
    "curve": (
        lambda m: cf.length_of_stay(m, by=BY).curve,
        ["level", "day", "at_risk", "events", "survival", "se", "low", "high"],
    ),
    "occupation": (lambda m: cf.occupation(m, by=BY, days=3).frame, ["day", "state", *NUMBERS, *REACH]),
    "days": (lambda m: cf.expected_days(m, by=BY, days=3).frame, ["state", "days", "se", "low", "high", *REACH]),
    "readmissions": (lambda m: cf.readmissions(m, by=BY).frame, ["from", *RATES]),
    "bounce-backs": (lambda m: cf.bounce_back(m, by=BY).frame, ["from", "to", *RATES]),
    "served": (lambda m: cf.persons_served(m, by=BY).frame, ["level", "persons"]),
    "histories": (lambda m: cf.markov_test(m, by=BY).histories, ["before", "from", "to", "n", "of", "rate"]),
    "chain": (
        lambda m: cf.chain(cf.transition_rates(m, by=BY)).frame,
        ["start", "state", "measure", *NUMBERS, "mature"],
    ),
    "census": (
        lambda m: cf.census(m, by=BY).frame,
        ["level", "opening", "admitted", "discharged", "closing", "person_days", "average", "partial"],
    ),
}
PERIOD_FIRST = {"curve", "occupation", "days", "readmissions", "bounce-backs", "served", "histories"}
"""Tables whose rows go through the strata period by period, whatever the order of ``by``."""
LABELS = ("payer", "quarter", "level", "from", "to", "state", "start", "before", "measure")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_by_two_strata_begins_with_them_and_keeps_their_order(name: str, moves: cf.Transitions) -> None:
    made, columns = TABLES[name]
    table = made(moves)
    assert list(table.columns) == [*BY, *columns]
    assert table.index.equals(pd.RangeIndex(len(table)))
    keys = table[BY].apply(lambda labels: labels.cat.codes.astype(int))
    first, second = ("quarter", "payer") if name in PERIOD_FIRST else BY
    assert (keys[first] * 100 + keys[second]).is_monotonic_increasing
    ordered = [column for column in LABELS if column in table] + (["direction"] if "to" not in table else [])
    assert all(table[column].cat.ordered for column in ordered if column in table)
    assert set(table["payer"]) == {"medicaid", "private"}


def test_the_days_of_a_census_and_pathways_have_the_columns_that_are_promised(moves: cf.Transitions) -> None:
    daily = cf.census(moves, by=BY).daily
    assert list(daily.columns) == ["payer", "level", "day", "stays"]
    assert daily["level"].cat.ordered
    ways = cf.pathways(moves, by=BY, steps=2)
    for table in (ways.frame, ways.gathered(5).frame):
        assert list(table.columns) == [*BY, "step_1", "step_2", "n", "share"]
        assert table.index.equals(pd.RangeIndex(len(table)))
        assert table["step_1"].cat.ordered
        assert table["step_2"].cat.ordered
        assert table.groupby(BY, observed=True)["share"].sum().round(9).eq(1).all()
        assert (table.groupby(BY, observed=True)["n"].diff().dropna() <= 0).all()
    before, after = (x.frame[BY].astype(str).drop_duplicates() for x in (ways, ways.gathered(5)))
    assert before.to_numpy().tolist() == after.to_numpy().tolist()


def test_a_difference_of_several_windows_says_of_what_it_is(moves: cf.Transitions) -> None:
    change = cf.transition_rates(moves, by=BY, within=[7, 30]).compare("2024Q1", "2024Q2")
    assert list(change.frame.columns[:5]) == ["payer", "within", "from", "to", "direction"]
    assert change.frame.index.equals(pd.RangeIndex(len(change.frame)))
    assert change.about.by == ("payer",)
    one = cf.transition_rates(moves, by=BY).compare("2024Q1", "2024Q2", frm="php", to="iop").frame
    assert one.index.equals(pd.RangeIndex(2))
    assert list(one.columns[:4]) == ["payer", "from", "to", "direction"]


def test_at_two_strata_are_the_rows_of_both(moves: cf.Transitions) -> None:
    rows = cf.transition_rates(moves, by=BY).at("2024Q2", payer="private")
    assert set(zip(rows["payer"], rows["quarter"], strict=True)) == {("private", "2024Q2")}
    assert rows.index.equals(pd.RangeIndex(len(rows)))
    assert "index" not in rows


def test_a_pair_of_groups_of_which_one_was_nowhere_is_as_mature_as_the_other() -> None:
    """At site b nobody is private, so that there is nothing to compare, and nothing that is still to come."""
    table = """
        person | level | admit | discharge | payer    | site
        A      | php   | 0     | 10        | medicaid | a
        B      | php   | 0     | 10        | private  | a
        C      | php   | 0     | 10        | medicaid | b
        D      | php   | 150   | 175       | medicaid | a
    """
    moves = linked(table, cutoff=181, columns={"site": "site"})
    change = cf.transition_rates(moves, by=["quarter", "payer", "site"]).compare(payer=("medicaid", "private"))
    php = change.frame[(change.frame["from"] == "php") & (change.frame["to"] == "iop")]
    found = php.set_index(["quarter", "site"])
    assert found["mature"].to_dict() == {
        ("2024Q1", "a"): True,
        ("2024Q1", "b"): True,
        ("2024Q2", "a"): False,
        ("2024Q2", "b"): False,
    }
    assert found.loc[("2024Q1", "b"), ["n_1", "of_1", "n_2", "of_2"]].tolist() == [0, 1, 0, 0]
    assert found.loc[("2024Q1", "b"), ["difference", "p"]].isna().all()


ESTIMATORS = (
    cf.transition_rates,
    cf.length_of_stay,
    cf.cumulative_incidence,
    cf.occupation,
    cf.expected_days,
    cf.readmissions,
    cf.bounce_back,
)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_estimator_refuses_a_coverage_and_a_cluster_that_there_is_not(
    estimator: Callable[..., object], moves: cf.Transitions
) -> None:
    for wrong in ({"level": 0}, {"level": 1}, {"level": 95}, {"cluster": "people"}):
        with pytest.raises(ArgumentError):
            estimator(moves, **wrong)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (lambda m: cf.markov_test(m, cluster="people"), "cluster is"),
        (lambda m: cf.logrank_test(m, by="payer", cluster="people"), "cluster is"),
        (lambda m: cf.gray_test(m, by="payer", cluster="people"), "cluster is"),
        (lambda m: cf.pathways(m, days=range(13)), "1 to 12 whole numbers"),
        (lambda m: cf.pathways(m, days=(5, 5)), "counted from 0 and rise"),
        (lambda m: cf.pathways(m, days=(-1, 5)), "it was -1"),
        (lambda m: cf.pathways(m, days=(0, 1.5)), "it was 1.5"),
        (lambda m: cf.pathways(m, steps=1.5), "steps is a whole number"),
        (lambda m: cf.length_of_stay(m, horizon=True), "horizon is a whole number"),
        (lambda m: cf.length_of_stay(m, horizon=0), "horizon is a whole number"),
        (lambda m: cf.length_of_stay(m, horizon=1.5), "horizon is a whole number"),
        (lambda m: cf.occupation(m, days=1.5), "days is a whole number"),
        (lambda m: cf.occupation(m, landmark=1.5), "a whole number from 0 to 3650"),
        (lambda m: cf.occupation(m, landmark=True), "a whole number from 0 to 3650"),
        (lambda m: cf.readmissions(m, days=3651), "days is a whole number"),
        (lambda m: cf.readmissions(m, days=0), "days is a whole number"),
        (lambda m: cf.transition_rates(m, by="payer").compare(payer=("private",)), "two different labels"),
        (lambda m: cf.transition_rates(m, by="payer").compare(payer="ab"), "two different labels"),
        (lambda m: cf.transition_rates(m, by=BY).compare("2024Q1"), "two different labels"),
        (lambda m: cf.transition_rates(m, by=BY).compare(None, "2024Q1"), "two different labels"),
    ],
)
def test_what_is_asked_wrongly_is_refused(asked: Callable[[cf.Transitions], object], text: str, moves: object) -> None:
    with pytest.raises(ArgumentError, match=text):
        asked(moves)  # type: ignore[arg-type]


def test_the_shortest_and_the_longest_that_may_be_asked_are_answered(moves: cf.Transitions) -> None:
    assert len(cf.pathways(moves, days=range(12)).frame)
    assert len(cf.readmissions(moves, days=3650).frame)
    assert len(cf.readmissions(moves, days=1).frame)
    assert cf.length_of_stay(moves, horizon=1).frame["rmean"].dropna().between(0, 1).all()
    assert len(cf.transition_rates(moves, confidence=0.999).frame)


def test_rare_ways_on_are_put_together_until_they_are_enough() -> None:
    def ways(**n: int) -> dict[str, int]:
        reasons = {"done": "completed", "left": "left early", "stop": "terminated", "other": "other"}
        people = [reason for short, reason in reasons.items() for _ in range(n[short])]
        rows = "\n".join(f"P{i} | php | 0 | 9 | {reason}" for i, reason in enumerate(people))
        moves = linked(f"person | level | admit | discharge | reason\n{rows}", cutoff=90)
        frame = cf.pathways(moves, steps=2).gathered(below=5).frame
        assert frame["share"].sum() == pytest.approx(1)
        return dict(zip(frame["step_2"].astype(str), frame["n"], strict=True))

    # 3 and 3 are enough together; 1 alone is not, and takes the next smallest with it, and no other.
    assert ways(done=10, left=3, stop=3, other=6) == {"completed": 10, "other": 6, "rarer ways": 6}
    assert ways(done=10, left=2, stop=3, other=6) == {"completed": 10, "other": 6, "rarer ways": 5}
    assert ways(done=10, left=1, stop=6, other=8) == {"completed": 10, "other": 8, "rarer ways": 7}
    assert ways(done=10, left=5, stop=6, other=8) == {"completed": 10, "left early": 5, "terminated": 6, "other": 8}


def test_a_line_of_levels_is_followed_to_its_end_however_long_it_is() -> None:
    for levels in range(2, 8):
        line = np.eye(levels, levels + 1, k=1)
        assert absorbing_chain(line).stays[0].tolist() == [1.0] * levels
        assert absorbing_chain(line).outcome[:, 0].tolist() == [1.0] * levels
        line[-1] = np.nan
        assert np.isnan(absorbing_chain(line).stays).all()


def test_histories_and_next_steps_seen_ten_times_are_kept() -> None:
    table = np.array([[[10], [20]], [[0], [10]], [[0], [9]]])
    found = residuals(table)
    assert (found.n, found.rows, found.df) == (40, 2, 1)


def test_two_clusters_are_enough_for_an_error() -> None:
    both = np.ones(2, dtype=bool)
    se, groups = clustered_se(np.array([0.5]), np.array([[0.4], [0.7]]), both)
    assert (se[0], groups) == (pytest.approx(np.sqrt((0.01 + 0.04) / 2)), 2)
    assert np.isnan(clustered_se(np.array([0.5]), np.array([[0.4], [0.7]]), np.array([True, False]))[0]).all()
    spread = covariance_of_sums(np.array([1.0, -1.0]), np.array([[1.0, 0.0], [-1.0, 0.0]]))
    np.testing.assert_allclose(spread, [[1, -1], [-1, 1]])


def test_the_error_of_incidences_takes_all_causes_together_when_they_are_all_there_are() -> None:
    events, at_risk = np.array([[1, 0, 2], [0, 3, 1]]), np.array([10, 9, 5])
    np.testing.assert_allclose(incidence_se(events, at_risk), incidence_se(events, at_risk, events.sum(axis=0)))


def test_a_share_that_is_none_everywhere_has_the_limits_of_its_number() -> None:
    of = np.full((1, 8), 5)
    none, every = (shares(n, of, cluster="person", confidence=0.95) for n in (np.zeros_like(of), of))
    t = stats.t.ppf(0.975, 7)
    assert none.high[0] == pytest.approx(float(wilson(0.0, 40, t)[1]), abs=1e-12)
    assert (every.low[0], every.high[0]) == (pytest.approx(float(wilson(1.0, 40, t)[0]), abs=1e-12), 1.0)


def test_a_share_between_takes_its_own_variance_and_not_the_pooled_one() -> None:
    of = np.full((2, 10), 6)
    n = np.array([[3, 2, 4, 3, 3, 2, 4, 3, 1, 5], [6, 0] * 5])
    found = shares(n, of, cluster="person", confidence=0.95)
    p = n[1].sum() / 60
    assert found.size[1] == pytest.approx(p * (1 - p) / found.se[1] ** 2)
    assert found.size[0] == pytest.approx(min(0.5 * 0.5 / found.se[0] ** 2, 60))


def test_how_many_are_still_at_risk_is_told_beside_what_happened() -> None:
    """Of four, one ends each way on day 2, one is lost on it, one is there still on day 5."""
    rows = [(0, 0, 200, 0, 4), (0, 0, 0, 2, 1), (0, 0, 1, 2, 1), (0, 0, 201, 2, 1), (0, 0, 201, 5, 1)]
    cell = pd.DataFrame(rows, columns=["jackknife_group", "state", "event", "day", "n"])
    found = incidences(process_of(cell, (0, 1)), np.eye(2, dtype=np.int64), None, 0.95)
    assert found.days.tolist() == [0, 2, 5]
    assert found.n.tolist() == [[0, 1, 1], [0, 1, 1], [4, 1, 0]]


def test_nobody_has_no_places() -> None:
    found, place = numbered(np.array([], dtype=np.int64))
    assert (len(found), len(place)) == (0, 0)


def test_no_correction_leaves_p_values_and_none_is_above_one() -> None:
    assert adjusted([0.5, np.nan, 0.9], None)[[0, 2]].tolist() == [0.5, 0.9]
    assert adjusted([0.5, 0.9], "holm").tolist() == [1.0, 1.0]
    assert np.isnan(adjusted([np.nan], "holm")).all()


def test_numbers_in_print_have_four_digits_or_are_whole() -> None:
    shown = {1234567.0: "1,234,567", 0.123456: "0.1235", 1e15: "1e+15", 999999999999999.0: "999,999,999,999,999"}
    assert {value: _print(value) for value in shown} == shown
    assert (_print(1234), _print(True), _print(None), _print("php")) == ("1,234", "True", "", "php")


def test_in_a_notebook_the_first_rows_are_shown_words_at_the_left_and_numbers_at_the_right(
    moves: cf.Transitions,
) -> None:
    result = cf.length_of_stay(moves, by="quarter")
    page = result._repr_html_()
    assert page.count("<tr>") == 13
    assert f"the first 12 of {len(result.frame)} rows" in page
    assert page.count("<td>") == 12 * 15
    assert page.count(f">{result.frame['level'].iloc[0]}</td>") == 3
    assert result.frame["quarter"].iloc[-1] not in page.split("<tbody>")[1].split("</tbody>")[0]


def test_windows_are_told_in_words(moves: cf.Transitions) -> None:
    told = {
        str(within): cf.transition_rates(moves, within=within).about.definition  # type: ignore[arg-type]
        for within in (7, [7, 14], [7, 14, 30])
    }
    assert "within 7 days" in told["7"]
    assert "within 7 and 14 days" in told["[7, 14]"]
    assert "within 7, 14 and 30 days" in told["[7, 14, 30]"]
    assert "stays less than 31 days apart belong to one journey" in cf.pathways(moves).about.definition
    assert "another admission to php 1 to 30 days later" in cf.readmissions(moves, to="php").about.definition
    assert "another admission 1 to 30 days later" in cf.readmissions(moves).about.definition


def test_a_move_off_the_continuum_is_in_the_graph_and_one_that_nobody_made_is_not() -> None:
    moves = linked(
        "person | level | admit | discharge\nA | outpatient | 0 | 10\nA | inpatient | 12 | 20\nB | php | 0 | 9",
        cutoff=90,
    )
    rates = cf.transition_rates(moves)
    off = [(a, b) for a in rates.continuum.names for b in rates.continuum.names if not rates.continuum.has_edge(a, b)]
    assert [(a, b) for a, b in off if rates.graph().has_edge(a, b)] == [
        (a, b) for a, b in off if (a, b) == ("outpatient", "inpatient")
    ]
    assert rates.graph().edges["outpatient", "inpatient"]["n"] == 1


def test_days_of_a_chain_are_those_of_the_quarter_of_admission_where_discharges_began_later() -> None:
    """Admitted in the first quarter for 100 days, in the second for 20; nobody left in the first."""
    rows = "\n".join(f"P{i} | php | {i} | {100 + i}\nQ{i} | php | {100 + i} | {120 + i}" for i in range(4))
    moves = linked(f"person | level | admit | discharge\n{rows}", cutoff=273)
    view = cf.chain(
        cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter", cohort="admission")
    )
    assert view.matrix("days", "2024Q2").loc["php", "php"] == pytest.approx(20)


def test_days_spent_are_between_none_and_all_and_have_limits_from_the_quantile() -> None:
    rows = "\n".join(f"P{i} | php | 0 | {5 + i}" for i in range(8))
    spent = cf.expected_days(linked(f"person | level | admit | discharge\n{rows}", cutoff=90), days=30)
    php = spent.frame.set_index("state").loc["php"]
    t = stats.t.ppf(0.975, len({group(f"P{i}") for i in range(8)}) - 1)
    assert [php["low"], php["high"]] == pytest.approx([8.5 - t * php["se"], 8.5 + t * php["se"]])
    assert spent.frame[["low", "high"]].dropna().to_numpy().min() >= 0
    assert spent.frame["high"].max() <= 30
    shares = cf.occupation(linked(f"person | level | admit | discharge\n{rows}", cutoff=90), days=30).frame
    assert shares.loc[shares["estimate"].isin([0.0, 1.0]), ["low", "high"]].isna().all(axis=None)
