"""Invalid arguments of estimators are refused with the valid ones; defaults."""

from collections.abc import Callable

import pytest
from support.drawn import linked

import careflow as cf
from careflow.errors import ArgumentError, CountsError

STAYS = linked(
    """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Bob    | php   | 0     | 12        | left early
    Cem    | php   | 0     | 20        | completed
    """,
    cutoff=200,
)


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
    (
        lambda c: cf.transition_rates(c, by="quarter").at(),
        ArgumentError,
        "say which quarter, as in quarter='2024Q4': 2024Q1, 2024Q2",
    ),
    (
        lambda c: cf.transition_rates(c, by="quarter").triangle("php", "iop", payer="medicaid"),
        ArgumentError,
        "not split by payer; it is split by quarter",
    ),
]


@pytest.fixture(scope="module")
def counts(moves: cf.Transitions) -> cf.Counts:
    return moves.counts("quarter", windows=[7, 30])


@pytest.mark.parametrize("level", [0, 1, -0.5, 95])
def test_a_coverage_is_between_0_and_1_and_neither(moves: cf.Transitions, level: float) -> None:
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        cf.transition_rates(moves, confidence=level)


def test_journeys_are_a_year_or_four_steps_by_default() -> None:
    assert cf.occupation(STAYS).frame["day"].max() == 365
    assert cf.expected_days(STAYS).days == 365
    assert cf.length_of_stay(STAYS).horizon == 365
    assert cf.pathways(STAYS).steps == 4


@pytest.mark.slow
@pytest.mark.parametrize(("ask", "error", "text"), ASKED)
def test_invalid_arguments_are_refused_with_the_valid_ones(
    ask: Callable[[cf.Counts], object], error: type[Exception], text: str, counts: cf.Counts
) -> None:
    with pytest.raises(error, match=text):
        ask(counts)
