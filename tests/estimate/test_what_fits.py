"""What an estimator cannot answer it refuses, with what there is instead; rates as a matrix and as a graph."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from support.drawn import linked
from support.made_up import CELLS, CUTOFF, made_up

import careflow as cf
from careflow.errors import ArgumentError, CountsError
from careflow.estimate.stats.homogeneity import chi_squared, residuals


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return cf.link(cf.read_episodes(made_up(), cutoff=CUTOFF))


@pytest.fixture(scope="module")
def counts(moves: cf.Transitions) -> cf.Counts:
    return moves.counts("quarter", windows=[7, 30])


ASKED: list[tuple[Callable[[cf.Counts], object], type[Exception], str]] = [
    (lambda c: cf.transition_rates([1, 2]), ArgumentError, "takes Transitions, .* or Counts, .*; it was given list"),
    (
        lambda c: cf.length_of_stay(c, cohort="period"),
        CountsError,
        "follow each stay within each quarter; ask with by=",
    ),
    (
        lambda c: cf.transition_rates(c, calendar=cf.Calendar(fiscal_start=7)),
        CountsError,
        "made by another calendar; count again with calendar=",
    ),
    (
        lambda c: cf.transition_rates(c, within=[7, 14]),
        CountsError,
        r"hold the windows 7, 30 days, not 14; .*=\[7, 14\]",
    ),
    (
        lambda c: cf.transition_rates(c, method="odds"),
        ArgumentError,
        "method is 'followed', 'incidence' or",
    ),
    (
        lambda c: cf.transition_rates(c, by="quarter", method="intensity", within=7),
        ArgumentError,
        "one window, the link window: within=30",
    ),
    (lambda c: cf.census(c, by="payer"), ArgumentError, "taken by period: by= must name one of month, quarter, year"),
    (lambda c: cf.pathways(c, steps=13), ArgumentError, "steps is a whole number from 1 to 12; it was 13"),
    (lambda c: cf.pathways(c, steps=True), ArgumentError, "steps is a whole number from 1 to 12; it was True"),
    (
        lambda c: cf.occupation(c, days=True),
        ArgumentError,
        "days is a whole number from 1 to 3650, or 'longest'; it was True",
    ),
    (
        lambda c: cf.transition_rates(c, by="quarter").at("2031Q1"),
        ArgumentError,
        "no quarter '2031Q1' .*; there are 2024Q1",
    ),
    (lambda c: cf.transition_rates(c).at("2024Q1"), ArgumentError, "not split by quarter; it is split by nothing"),
    (lambda c: cf.transition_rates(c, by="quarter").at(), ArgumentError, "say which quarter: 2024Q1, 2024Q2"),
    (
        lambda c: cf.transition_rates(c, by="quarter").triangle("php", "iop", payer="medicaid"),
        ArgumentError,
        "not split by payer; it is split by quarter",
    ),
]


@pytest.mark.parametrize(("ask", "error", "text"), ASKED)
def test_what_does_not_fit_is_answered_with_what_would(
    ask: Callable[[cf.Counts], object], error: type[Exception], text: str, counts: cf.Counts
) -> None:
    with pytest.raises(error, match=text):
        ask(counts)


def test_the_longest_and_the_shortest_path_are_answered(moves: cf.Transitions) -> None:
    assert len(cf.pathways(moves, steps=1).frame)
    assert "step_12" in cf.pathways(moves, steps=12).frame


def test_counts_that_were_split_by_a_period_answer_without_it_where_that_adds_up(counts: cf.Counts) -> None:
    whole = cf.transition_rates(counts).frame
    assert whole.loc[(whole["from"] == "php") & (whole["to"] == "iop"), "n"].tolist() == [3 * CELLS["php", "iop"]]
    with pytest.raises(CountsError, match="follow each stay within each quarter"):
        cf.transition_rates(counts, method="intensity")


def test_people_of_several_strata_are_not_added_up(moves: cf.Transitions) -> None:
    counts = moves.counts(["quarter", "discharge_reason"], clocks="served")
    with pytest.raises(ArgumentError, match="do not add up over strata; these counts have them by quarter, discharge_"):
        cf.persons_served(counts, by="quarter")


def test_a_calendar_that_is_the_same_is_no_other(counts: cf.Counts) -> None:
    assert len(cf.transition_rates(counts, by="quarter", calendar=cf.Calendar()).frame)


def test_a_matrix_is_from_by_to_and_a_graph_has_the_moves_that_occurred(moves: cf.Transitions) -> None:
    rates = cf.transition_rates(moves, by="quarter")
    n, share = rates.matrix("2024Q1", value="n"), rates.matrix("2024Q1")
    assert n.index.tolist() == list(moves.episodes.continuum.names)
    assert {(frm, to): n.loc[frm, to] for frm, to in CELLS} == CELLS
    assert share.loc["php", "iop"] == pytest.approx(30 / 71)
    graph = rates.graph("2024Q1")
    assert {(a, b) for a, b, of in graph.edges(data=True) if of.get("n")} == {key for key in CELLS if key[1] in n.index}
    assert graph.edges["php", "iop"]["n"] == 30
    assert graph.edges["php", "iop"]["direction"] == "step-down"
    assert graph.edges["inpatient", "residential"]["n"] == 0
    assert graph.nodes["php"]["discharges"] == 71
    assert not graph.has_edge("php", "php")


def test_windows_of_an_incidence_are_each_as_if_asked_alone(moves: cf.Transitions) -> None:
    both = cf.transition_rates(moves, by="quarter", method="incidence", within=[1, 30])
    change = both.compare("2024Q1", "2024Q2").frame
    for within in (1, 30):
        alone = cf.transition_rates(moves, by="quarter", method="incidence", within=within)
        rows = both.frame[both.frame["within"] == within].drop(columns="within").reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone.frame)
        rows = change[change["within"] == within].drop(columns=["within", "p_adjusted"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone.compare("2024Q1", "2024Q2").frame.drop(columns="p_adjusted"))


def test_without_any_stay_there_is_no_curve_but_its_columns_are_there() -> None:
    nobody = linked("person | level | admit | discharge\nAna | php | 0 | 10", cutoff=100).counts(
        clocks="stay by admission"
    )
    table = nobody.tables["stay by admission"]
    empty = cf.Counts(nobody.definition, {"stay by admission": table[table["n"] < 0]}, persons=0, stays=0, set_aside=0)
    found = cf.length_of_stay(empty)
    assert found.curve.empty
    assert list(found.curve) == ["level", "day", "at_risk", "events", "survival", "se", "low", "high"]
    assert (found.frame["n"] == 0).all()
    assert found.frame["median"].isna().all()


def test_a_table_that_nobodys_absence_changes_has_no_clustered_test() -> None:
    alike = residuals(np.full((2, 2, 5), 10))
    statistic, df, effect, p = chi_squared([alike], np.ones(5, dtype=bool))
    assert (statistic, df) == (pytest.approx(0), 1)
    assert np.isnan([effect, p]).all()
    alone = chi_squared([residuals(np.array([[[10], [30]], [[30], [10]]]))], np.ones(1, dtype=bool))
    assert alone[:2] == (pytest.approx(20), 1)
    assert np.isnan(alone[2:]).all()
