"""Dead is dead: what contradicts a death is cut or set aside, and every clock agrees. Drawn by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from records.drawing import drawn_stays, finding, read, repeat, stays

import careflow as cf
from careflow.records import Episodes

HEAD = "person_id | level | admit_date | discharge_date | discharge_reason\n"


def rows(*drawn: str, **how: object) -> Episodes:
    return read(HEAD + "\n".join(drawn), **how)


def kept(*drawn: str) -> list[tuple[object, ...]]:
    return drawn_stays("level | admit | discharge | reason\n" + "\n".join(drawn))


AFTER = (
    "A | outpatient  | 2024-01-01 | 2024-04-01 | completed",
    "A | residential | 2024-01-10 | 2024-02-01 | died",
    "A | iop         | 2024-02-15 | 2024-03-01 | completed",
)
"""Outpatient care goes on over the death on 1 February, and IOP begins after it."""


def test_a_stay_over_a_death_is_cut_and_one_after_it_is_set_aside() -> None:
    episodes = rows(*AFTER)
    assert stays(episodes) == kept("outpatient | 01-01 | 02-01 | died", "residential | 01-10 | 02-01 | died")
    assert finding(episodes, "F04")[:2] == ("flagged", 1)
    assert finding(episodes, "R14")[:2] == ("set aside", 1)
    assert finding(episodes, "R15")[:2] == ("fixed", 1)
    assert (episodes.rows_in, episodes.n, episodes.set_aside, episodes.persons) == (3, 2, 1, 1)
    assert episodes.set_aside_rows()["rule"].tolist() == ["R14"]
    assert ("set aside: admitted after death (R14)", -1, 2) in list(
        episodes.attrition.itertuples(index=False, name=None)
    )


def test_an_open_stay_over_a_death_is_closed_by_it() -> None:
    episodes = rows("A | outpatient | 2024-01-01 | | ", "A | php | 2024-01-10 | 2024-02-01 | died")
    assert (episodes.open, finding(episodes, "R15")[1], finding(episodes, "F06")) == (0, 1, None)
    assert stays(episodes) == kept("outpatient | 01-01 | 02-01 | died", "php | 01-10 | 02-01 | died")


def test_the_first_of_two_deaths_is_the_one() -> None:
    episodes = rows("A | outpatient | 2024-01-01 | 2024-03-01 | died", "A | php | 2024-01-10 | 2024-02-01 | died")
    assert stays(episodes) == kept("outpatient | 01-01 | 02-01 | died", "php | 01-10 | 02-01 | died")


def test_a_stay_that_ends_on_the_day_of_death_ends_by_it() -> None:
    episodes = rows("A | outpatient | 2024-01-01 | 2024-02-01 | completed", "A | php | 2024-01-10 | 2024-02-01 | died")
    assert stays(episodes) == kept("outpatient | 01-01 | 02-01 | died", "php | 01-10 | 02-01 | died")
    assert finding(episodes, "R15")[1] == 1


def test_a_transfer_on_the_day_of_death_stays_a_transfer() -> None:
    episodes = rows(
        "A | residential | 2024-01-01 | 2024-01-10 | transferred out",
        "A | iop         | 2024-01-10 | 2024-01-10 | died",
        "B | residential | 2024-01-01 | 2024-02-01 | transferred out",
        "B | php         | 2024-01-05 | 2024-02-01 | died",
        "B | iop         | 2024-02-01 | 2024-02-05 | completed",
    )
    assert stays(episodes) == kept(
        "residential | 01-01 | 01-10 | transferred out", "iop | 01-10 | 01-10 | died",
        "residential | 01-01 | 02-01 | transferred out", "php | 01-05 | 02-01 | died", "iop | 02-01 | 02-01 | died",
    )  # fmt: skip
    assert finding(episodes, "R15")[1] == 1, "IOP was to go on after the death"


def test_care_after_death_is_seen_behind_a_stay_that_began_before_it() -> None:
    # In order of admission PHP, then IOP, then the stay after the death: no death stands just before that one.
    episodes = rows(
        "A | php        | 2024-01-05 | 2024-02-10 | died",
        "A | iop        | 2024-01-06 | 2024-01-08 | completed",
        "A | outpatient | 2024-03-01 | 2024-03-05 | completed",
    )
    assert (finding(episodes, "F04")[1], finding(episodes, "R14")[1], episodes.n) == (1, 1, 2)


def test_accepted_care_after_death_is_set_aside_however_much() -> None:
    ids = [f"P{i}" for i in range(120)]
    first = repeat(120, person_id=ids, discharge_reason="died")
    later = repeat(120, person_id=ids, admit_date="2024-05-01", discharge_date=None, discharge_reason=None)
    episodes = read(pd.concat([first, later]), accept=["F04"])
    assert (episodes.n, episodes.set_aside, episodes.persons) == (120, 120, 120)


# --- on every clock --------------------------------------------------------------------------------------------------


def paths(episodes: Episodes, **how: object) -> list[list[object]]:
    frame = cf.pathways(cf.link(episodes), **how).frame  # type: ignore[arg-type]
    return [[step for step in row if not pd.isna(step)] for row in frame.astype(object).values.tolist()]


TRANSFER = (
    "A | residential | 2024-01-01 | 2024-01-10 | completed",
    "A | iop         | 2024-01-10 | 2024-01-10 | died",
)


@pytest.mark.slow
def test_a_death_on_the_day_of_a_transfer_ends_the_pathway() -> None:
    assert paths(rows(*TRANSFER), steps=3) == [["residential", "iop", "died", 1, 1.0]]
    assert paths(rows(*TRANSFER), days=(0, 8, 9)) == [["residential", "residential", "died", 1, 1.0]]


def test_a_death_on_a_transfer_day_ends_the_pathway_among_others() -> None:
    """Whoever else is in the records, the pathway ends with the death."""
    # With a second stay on its first day the person is among those that are looked at anew.
    episodes = rows(*TRANSFER, "A | php | 2024-01-01 | 2024-01-01 | transferred out")
    assert paths(episodes, steps=4) == [["php", "residential", "iop", "died", 1, 1.0]]


@pytest.mark.slow
def test_after_a_death_every_clock_says_so() -> None:
    moves = cf.link(rows(*AFTER))
    assert paths(moves.episodes, steps=3) == [["outpatient", "residential", "died", 1, 1.0]]
    rates = cf.transition_rates(moves, cluster=None).frame
    told = rates[rates["n"] > 0]
    assert sorted(zip(told["from"], told["to"], strict=True)) == [("outpatient", "died"), ("residential", "died")]
    where = cf.occupation(moves, days=100, cluster=None).frame.query("estimate > 0 and day in (30, 31, 45, 100)")
    assert where[["day", "state"]].values.tolist() == [[30, "residential"], [31, "died"], [45, "died"], [100, "died"]]
    returned = cf.readmissions(moves, cluster=None).frame
    assert returned["of"].sum() == 0
    gone = cf.cumulative_incidence(moves, clock="gap", cluster=None).frame
    assert set(gone.loc[gone["estimate"] > 0, "to"]) == {"died"}
    census = cf.census(moves).frame
    closing = census[census["quarter"].astype(str) == "2024Q1"].set_index("level")["closing"]
    assert closing[["outpatient", "residential", "iop"]].tolist() == [0, 0, 0]
    nights = census[census["quarter"].astype(str) == "2024Q1"].set_index("level")["person_days"]
    assert nights[["outpatient", "residential", "iop"]].tolist() == [31, 22, 0]
