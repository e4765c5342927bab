"""The census on stays drawn by hand: which days it covers, and which periods are whole."""

from datetime import date

import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf

MARCH = "person | level | admit | discharge\nAna | iop | 2024-03-02 |"
"""In care for the 30 days to 31 March; the quarter has 91."""


def iop(table: str, cutoff: date, **how: object) -> pd.DataFrame:
    frame = cf.census(linked(table, cutoff=cutoff, **how)).frame  # type: ignore[arg-type]
    return frame[frame["level"] == "iop"].reset_index(drop=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "days", "partial"),
    [(None, 91, False), (date(2024, 1, 1), 91, False), (date(2024, 1, 2), 90, True), (date(2024, 3, 2), 30, True)],
)
def test_a_quarter_from_the_start_on_is_whole_without_admissions(start: date | None, days: int, partial: bool) -> None:
    """Nobody was admitted at first; without ``start`` the records are whole, as in every other result."""
    (row,) = iop(MARCH, date(2024, 3, 31), start=start).to_dict("records")
    assert (row["person_days"], row["average"], row["partial"]) == (30, pytest.approx(30 / days, abs=1e-15), partial)


def test_quarters_before_the_first_admission_are_whole_and_empty() -> None:
    """From the start of recording on."""
    result = cf.census(linked(MARCH, cutoff=date(2024, 4, 1), start=date(2023, 10, 1)))
    frame = result.frame[result.frame["level"] == "iop"]
    columns = ["quarter", "opening", "admitted", "closing", "person_days", "average", "partial"]
    assert frame[columns].values.tolist() == [
        ["2023Q4", 0, 0, 0, 0, 0.0, False],
        ["2024Q1", 0, 1, 1, 30, 30 / 91, False],
        ["2024Q2", 1, 0, 1, 1, 1.0, True],
    ]
    assert result.daily["day"].min() == pd.Timestamp("2023-10-01")


@pytest.mark.slow
def test_the_first_quarter_is_partial_where_it_is_in_other_results() -> None:
    """The first admission is the first day of the records, and a month after the first day of the quarter."""
    for start, partial in ((None, False), (date(2024, 1, 1), False), (date(2024, 2, 1), True)):
        moves = linked("person | level | admit | discharge\nAna | iop | 2024-02-01 | 2024-02-11", start=start,
                       cutoff=date(2024, 12, 31))  # fmt: skip
        census = cf.census(moves).frame.set_index(["quarter", "level"]).loc[("2024Q1", "iop")]
        rates = cf.transition_rates(moves, by="quarter").frame.set_index(["quarter", "from"]).loc[("2024Q1", "iop")]
        assert census["partial"] == partial
        assert rates["mature"].tolist() == [not partial] * len(rates)
        assert census["average"] == pytest.approx(10 / (60 if partial else 91))
    assert cf.census(moves).daily["day"].min() == pd.Timestamp("2024-02-01")


def test_who_was_admitted_before_the_start_is_in_care_on_its_eve() -> None:
    frame = iop("person | level | admit | discharge\nAna | iop | 2024-01-10 | 2024-04-11", date(2024, 6, 30),
                start=date(2024, 4, 1))  # fmt: skip
    assert frame[["quarter", "opening", "admitted", "discharged", "person_days", "partial"]].values.tolist() == [
        ["2024Q2", 1, 0, 1, 10, False]
    ]


ONE_OPEN = "person | level | admit\nAna | php | 0"


@pytest.mark.slow
def test_one_open_stay_is_counted_and_served() -> None:
    moves = linked(ONE_OPEN, cutoff=100)
    census = cf.census(moves).frame.set_index(["quarter", "level"])
    assert census.loc[("2024Q2", "php"), ["opening", "admitted", "discharged", "closing"]].tolist() == [1, 0, 0, 1]
    served = cf.persons_served(moves).frame
    assert served.loc[served["persons"] > 0, "level"].tolist() == ["php", "any"] * 2
    assert cf.pathways(moves).frame["n"].sum() == 1
