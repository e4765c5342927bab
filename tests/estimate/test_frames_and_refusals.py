"""Shapes of every table by two strata at once, what is refused, and small rules, each worked out by hand."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from support.made_up import CUTOFF, made_up

import careflow as cf
from careflow.errors import ArgumentError

BY = ["payer", "quarter"]


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    stays = made_up()
    stays["payer"] = np.where(stays["person_id"].str[1:].astype(int) % 3 == 0, "private", "medicaid")
    return cf.link(cf.read_episodes(stays, cutoff=CUTOFF))


Table = Callable[[cf.Transitions], pd.DataFrame]
NUMBERS, CURVE = ["estimate", "se", "low", "high"], ["estimate", "se", "low", "high", "at_risk"]
RETURNS = ["n", "of", "rate", "se", "low", "high", "followed", "mature"]
RATES, TOTALS = [*RETURNS, "passed", "edge", "thin"], [*RETURNS, "thin"]
REACH = ["known_to", "mature"]

TABLES: dict[str, tuple[Table, list[str]]] = {
    "rates": (lambda m: cf.transition_rates(m, by=BY).frame, ["from", "to", "direction", *RATES]),
    "ways": (lambda m: cf.transition_rates(m, by=BY).directions, ["from", "direction", *TOTALS]),
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
    "readmissions": (lambda m: cf.readmissions(m, by=BY).frame, ["from", *RETURNS]),
    "bounce-backs": (lambda m: cf.bounce_back(m, by=BY).frame, ["from", "to", *RETURNS]),
    "served": (lambda m: cf.persons_served(m, by=BY).frame, ["level", "persons"]),
    "histories": (lambda m: cf.markov_test(m, by=BY).histories, ["before", "from", "to", "n", "of", "rate"]),
    "chain": (
        lambda m: cf.chain(cf.transition_rates(m, by=BY)).frame,
        ["start", "state", "measure", *NUMBERS, "mature", "thin"],
    ),
    "census": (
        lambda m: cf.census(m, by=BY).frame,
        ["level", "opening", "admitted", "discharged", "closing", "person_days", "average", "partial"],
    ),
}
PERIOD_FIRST = {"curve", "occupation", "days", "readmissions", "bounce-backs", "served", "histories"}
"""Tables whose rows go through the strata period by period, whatever the order of ``by``."""
LABELS = ("payer", "quarter", "level", "from", "to", "state", "start", "before", "measure")


@pytest.mark.slow
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


@pytest.mark.slow
def test_daily_census_and_pathways_have_the_promised_columns(moves: cf.Transitions) -> None:
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


@pytest.mark.slow
def test_a_difference_of_several_windows_says_of_what_it_is(moves: cf.Transitions) -> None:
    change = cf.transition_rates(moves, by=BY, within=[7, 30]).compare("2024Q1", "2024Q2")
    assert list(change.frame.columns[:5]) == ["payer", "within", "from", "to", "direction"]
    assert change.frame.index.equals(pd.RangeIndex(len(change.frame)))
    assert change.about.by == ("payer",)
    one = cf.transition_rates(moves, by=BY).compare("2024Q1", "2024Q2", frm="php", to="iop").frame
    assert one.index.equals(pd.RangeIndex(2))
    assert list(one.columns[:4]) == ["payer", "from", "to", "direction"]


@pytest.mark.slow
def test_at_two_strata_are_the_rows_of_both(moves: cf.Transitions) -> None:
    rows = cf.transition_rates(moves, by=BY).at("2024Q2", payer="private")
    assert set(zip(rows["payer"], rows["quarter"], strict=True)) == {("private", "2024Q2")}
    assert rows.index.equals(pd.RangeIndex(len(rows)))
    assert "index" not in rows


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
def test_every_estimator_refuses_an_unknown_coverage_or_cluster(
    estimator: Callable[..., object], moves: cf.Transitions
) -> None:
    for wrong in ({"confidence": 0}, {"confidence": 1}, {"confidence": 95}, {"cluster": "people"}):
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
def test_invalid_arguments_are_refused(asked: Callable[[cf.Transitions], object], text: str, moves: object) -> None:
    with pytest.raises(ArgumentError, match=text):
        asked(moves)  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_smallest_and_the_largest_valid_arguments_are_accepted(moves: cf.Transitions) -> None:
    assert len(cf.pathways(moves, days=range(12)).frame)
    assert len(cf.readmissions(moves, days=3650).frame)
    assert len(cf.readmissions(moves, days=1).frame)
    assert cf.length_of_stay(moves, horizon=1).frame["rmean"].dropna().between(0, 1).all()
    assert len(cf.transition_rates(moves, confidence=0.999).frame)


def test_a_notebook_shows_the_first_rows(
    moves: cf.Transitions,
) -> None:
    """Words stand at the left of each of the two tables that a wide frame is cut into, numbers at the right."""
    result = cf.length_of_stay(moves, by="quarter")
    page = result._repr_html_()
    assert page.count("<table>") == 2
    assert page.count("<tr>") == 2 * 13
    assert f"the first 12 of {len(result.frame)} rows" in page
    assert page.count("<td>") == 12 * 21
    assert page.count(f">{result.frame['level'].iloc[0]}</td>") == 2 * 3
    assert result.frame["quarter"].iloc[-1] not in page.split("<tbody>")[1].split("</tbody>")[0]


@pytest.mark.slow
def test_windows_are_listed_in_words(moves: cf.Transitions) -> None:
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
