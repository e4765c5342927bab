"""Lower bounds of the number of people in each count, which protection needs, and the provenance of results."""

import numpy as np
import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf
from careflow.errors import ArgumentError
from careflow.records.privacy.jackknife_groups import group

PEOPLE = ("70001", "70002", "70003", "70004")
"""Four people of four jackknife groups."""

ANA, BOB, CEM, DAN = PEOPLE
MOVES = linked(
    f"""
    person | level | admit | discharge | reason     | payer
    {ANA}  | php   | 0     | 10        | completed  | x
    {ANA}  | iop   | 11    | 20        | completed  | x
    {ANA}  | php   | 95    | 100       | completed  | x
    {BOB}  | php   | 5     | 100       | completed  | y
    {CEM}  | php   | 20    | 120       | left early | x
    {CEM}  | iop   | 130   | 140       | completed  | y
    {DAN}  | php   | 91    |           |            | y
    """,
    cutoff=181,
)
"""The first quarter ends on day 90, the second on day 181."""


def beside(frame: pd.DataFrame, people: pd.DataFrame | None) -> pd.DataFrame:
    """Put the people behind each count beside it, in a column of its name and ``people``."""
    assert people is not None
    assert len(people) == len(frame)
    return frame.join(people.add_suffix(" people"))


def test_the_people_are_of_four_groups() -> None:
    assert len({group(person) for person in PEOPLE}) == len(PEOPLE)


def test_contributors_of_a_census_are_the_groups_of_each_count() -> None:
    census = cf.census(MOVES)
    actual = beside(census.frame, census.contributors)
    php = actual[actual["level"] == "php"].set_index("quarter")
    flows = ["opening", "admitted", "discharged", "closing"]
    # Ana and Bob and Cem came in the first quarter, Ana left; Ana and Dan came in the second, and all but Dan left.
    assert php.loc["2024Q1", flows].tolist() == [0, 3, 1, 2]
    assert php.loc["2024Q2", flows].tolist() == [2, 2, 3, 1]
    for name in flows:
        assert php[f"{name} people"].tolist() == php[name].tolist()
    iop = actual[actual["level"] == "iop"].set_index("quarter")  # Ana, then Cem
    assert iop[[f"{name} people" for name in flows]].to_numpy().tolist() == [[0, 1, 1, 0], [0, 1, 1, 0]]


def test_a_census_counts_people_on_the_first_and_last_day() -> None:
    """Of a quarter."""
    rows = linked(
        f"person | level | admit | discharge\n{ANA} | php | 0 | 90\n{BOB} | php | 90 | 91\n{CEM} | php | 91 | 181",
        cutoff=181,
    )
    census = cf.census(rows)
    php = census.contributors[census.frame["level"] == "php"]  # type: ignore[index]
    assert php.to_numpy().tolist() == [[0, 2, 1, 1], [1, 1, 2, 0]]


def test_contributors_of_a_group_test_are_clusters_and_events() -> None:
    """The clusters of each group and those of its events."""
    for test, events in ((cf.logrank_test(MOVES, by="payer"), 2), (cf.gray_test(MOVES, by="payer"), 1)):
        people = beside(test.groups, test.contributors)
        php = people[people["level" if "level" in people else "from"] == "php"]
        if "to" in php:
            php = php[php["to"] == "completed"]
        # Of x Ana (twice) and Cem were at PHP, of y Bob and Dan, who is there still.
        assert php.set_index("payer")["n"].to_dict() == {"x": 3, "y": 2}
        assert php.set_index("payer")["n people"].to_dict() == {"x": 2, "y": 2}
        assert php.set_index("payer")["observed people"].to_dict() == {"x": events, "y": 1}


def test_groups_are_named_in_a_list_even_if_each_is_one_letter() -> None:
    assert len(cf.logrank_test(MOVES, by="payer", groups=["x", "y"]).frame)
    with pytest.raises(ArgumentError, match="takes several labels of payer"):
        cf.logrank_test(MOVES, by="payer", groups="xy")


def test_contributors_of_stays_are_those_who_entered_stayed_and_left() -> None:
    """Counted as jackknife groups."""
    stays = cf.length_of_stay(MOVES)
    people = stays.contributors[stays.frame["level"] == "php"]  # type: ignore[index]
    assert stays.frame.loc[stays.frame["level"] == "php", ["n", "open"]].to_numpy().tolist() == [[5, 1]]
    assert people[["n", "open", "closed"]].to_numpy().tolist() == [[4, 1, 3]]


@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_contributors_of_rates_are_of_numerators_and_denominators(method: str) -> None:
    rates = cf.transition_rates(MOVES, method=method)  # type: ignore[arg-type]
    for people, column, to in (
        (rates.contributors, "to", "iop"),
        (rates.direction_contributors, "direction", "step-down"),
    ):
        if people is None:
            assert method == "incidence"
            continue
        row = people[(people["from"] == "php") & (people[column] == to)].iloc[0]
        assert (row["persons"], row["persons_of"]) == (2, 3)
        assert set(people["persons_of"]) == {0, 2, 3}


def test_contributors_of_a_comparison_are_those_of_both_sides() -> None:
    change = cf.transition_rates(MOVES, by="payer").compare(payer=("x", "y"))
    reached, ways = change.contributors  # type: ignore[misc]
    assert (len(reached), len(ways)) == (len(change.frame), len(change.directions))
    php = reached[(change.frame["from"] == "php") & (change.frame["to"] == "iop")].iloc[0]
    assert php[["persons_1", "persons_of_1", "persons_2", "persons_of_2"]].tolist() == [2, 2, 0, 1]


def test_contributors_of_returns_are_the_groups_of_each_count() -> None:
    back = cf.readmissions(MOVES, days=30)
    rows = beside(back.frame, back.contributors).set_index("from")
    # PHP: Ana twice, Bob and Cem; Ana and Cem came back within 30 days of theirs.
    assert rows.loc["php", ["n", "of", "n people", "of people", "all people"]].tolist() == [2, 4, 2, 3, 3]
    assert rows.loc["iop", ["n", "of", "n people", "of people", "all people"]].tolist() == [0, 2, 0, 2, 2]
    assert rows["followed"].dropna().tolist() == [1, 1]


def test_contributors_of_journeys_are_the_groups_that_began_one() -> None:
    rows = linked(
        f"person | level | admit | discharge\n{ANA} | php | 0 | 9\n{ANA} | php | 95 | 99\n{BOB} | iop | 0 | 9",
        cutoff=181,
    )
    for actual in (cf.occupation(rows, days=5), cf.expected_days(rows, days=5)):
        assert actual.started[["n", "persons"]].to_numpy().tolist() == [[3, 2]]
        assert actual.about.n == 3


def test_bounce_backs_are_of_step_downs_only() -> None:
    frame = cf.bounce_back(MOVES, days=7).frame
    order = {name: i for i, name in enumerate(MOVES.episodes.continuum.names)}
    pairs = [(order[str(frm)], order[str(to)]) for frm, to in zip(frame["from"], frame["to"], strict=True)]
    assert pairs == sorted((i, j) for i in order.values() for j in order.values() if i < j)
    assert frame.loc[(frame["from"] == "php") & (frame["to"] == "iop"), "followed"].tolist() == [1]


ABOUT = {
    "transition rate: 6 followed discharges, from the records of 4 people; within 30 days; cut-off 2024-06-30; by day "
    "of discharge; Wilson 95%, clustered by person": lambda: cf.transition_rates(MOVES),
    "transition rate: 6 followed discharges, from the records of 4 people; within 7, 30 days; cut-off 2024-06-30; by "
    "day of discharge; Wilson 90%; not yet mature: 2024Q2": lambda: cf.transition_rates(
        MOVES, by="quarter", within=[7, 30], cluster=None, confidence=0.9
    ),
    "intensity: 290 person-days, from the records of 4 people; within 30 days; cut-off 2024-06-30; by day of "
    "discharge; exact Poisson 95%, clustered by person": lambda: cf.transition_rates(MOVES, method="intensity"),
    "length of stay: 7 stays, from the records of 4 people; cut-off 2024-06-30; length in nights; log-log 95%, "
    "clustered by person; 1 open": lambda: cf.length_of_stay(MOVES),
    "length of stay: 9 stays in a period, from the records of 4 people; cut-off 2024-06-30; by days in the period; "
    "length in days; log-log 95%; 3 open"
    "; 1 of 4 means not followed for 365 days (every row is known to day 86)": lambda: cf.length_of_stay(
        MOVES, by="quarter", convention="days", cluster=None
    ),
    "length of stay: 7 stays, from the records of 4 people; cut-off 2024-06-30; by day of admission; length in nights; "
    "log-log 95%, clustered by person; 1 open"
    "; 1 of 4 means not followed for 365 days (every row is known to day 90)": lambda: cf.length_of_stay(
        MOVES, by="quarter", cohort="admission"
    ),
    "cumulative incidence: 6 discharges, from the records of 4 people; cut-off 2024-06-30; by day of discharge; "
    "log-log 95%": lambda: cf.cumulative_incidence(MOVES, clock="gap", by="quarter", cluster=None),
    "cumulative incidence: 7 stays, from the records of 4 people; within 30 days; cut-off 2024-06-30; log-log 95%, "
    "clustered by person": lambda: cf.cumulative_incidence(MOVES),
    "state occupation: 5 journeys, from the records of 4 people; within 30 days; cut-off 2024-06-30; log-log 95%, "
    "clustered by person": lambda: cf.occupation(MOVES),
    "expected days: 2 journeys, from the records of 4 people; within 30 days; cut-off 2024-06-30; by day of admission; "
    "normal 95%": lambda: cf.expected_days(MOVES, start="iop", by="quarter", cluster=None),
    "census: 7 stays, from the records of 4 people; cut-off 2024-06-30; by days in the period": lambda: cf.census(
        MOVES
    ),
    "pathways: 5 journeys, from the records of 4 people; within 30 days; cut-off 2024-06-30": lambda: cf.pathways(
        MOVES
    ),
    "readmission rate: 6 discharges, from the records of 4 people; within 30 days; cut-off 2024-06-30; by day of "
    "discharge; Wilson 95%, clustered by person; not yet mature: 2024Q2": lambda: cf.readmissions(MOVES, by="quarter"),
    "Markov test: 6 followed discharges, from the records of 4 people; within 30 days; cut-off 2024-06-30; by day of "
    "discharge; chi-squared, p not corrected": lambda: cf.markov_test(
        MOVES, by="quarter", cluster=None, correction=None
    ),
    "log-rank test: 7 stays, from the records of 4 people; cut-off 2024-06-30; F, clustered by person, p corrected by "
    "Holm": lambda: cf.logrank_test(MOVES, by="payer"),
    "Gray's test: 6 discharges, from the records of 4 people; within 30 days; cut-off 2024-06-30; chi-squared, p "
    "corrected by Benjamini and Hochberg": lambda: cf.gray_test(
        MOVES, by="payer", cluster=None, clock="gap", correction="bh"
    ),
    "transition rate, difference: 6 followed discharges, from the records of 4 people; within 30 days; cut-off "
    "2024-06-30; by day of discharge; Wilson 95%, clustered by person, limits of the difference recovered from those "
    "of both; score test, p corrected by Holm; not both mature": lambda: cf.transition_rates(
        MOVES, by=["quarter", "payer"]
    ).compare(payer=("x", "y")),
}


@pytest.mark.slow
@pytest.mark.parametrize("words", ABOUT)
def test_a_result_says_what_it_counts_from_whom_until_when_and_how(words: str) -> None:
    assert str(ABOUT[words]().about) == words  # type: ignore[no-untyped-call]


def test_a_level_with_one_person_has_no_clustered_test() -> None:
    """The others have theirs.

    Three payers, and at IOP one person alone: there is no spread between people to compare with.
    """
    rows = [(f"P{i}", "php", day, day + 3 + i % 7, "xyz"[i % 3]) for i in range(30) for day in (0, 40)]
    rows.append(("P0", "iop", 100, 110, "x"))
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "payer"])
    for name in ("admit_date", "discharge_date"):
        stays[name] = pd.Timestamp("2024-01-01") + pd.to_timedelta(stays[name], unit="D")
    moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    frame = cf.logrank_test(moves, by="payer").frame.set_index("level")
    assert (frame.loc["php", "df"], frame.loc["iop", "df"]) == (2, 0)
    assert frame.loc["php", "p"] < 1
    assert np.isnan(frame.loc["iop", ["statistic", "p"]].astype(float)).all()
