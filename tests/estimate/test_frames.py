"""The columns that every result by quarter has, and the order of their labels."""

import pandas as pd
import pytest

import careflow as cf

NUMBERS = ["estimate", "se", "low", "high"]


RATES = ["n", "of", "rate", "se", "low", "high", "followed", "mature"]


COMPARED = ["n_1", "of_1", "rate_1", "n_2", "of_2", "rate_2", "difference", "se", "low", "high", "p", "p_adjusted"]


STAYS = ["n", "open", "median", "median_low", "median_high", "q25", "q75", "rmean", "rmean_se"]


REACH = [
    *("known_to", "least_at_risk", "thin", "mature"),
    *(f"{name}_{what}" for name in ("q25", "q75", "rmean") for what in ("least_at_risk", "thin")),
]


COLUMNS = {
    "rates": ["quarter", "from", "to", "direction", *RATES, "passed", "edge", "thin"],
    "rates by direction": ["quarter", "from", "direction", *RATES, "thin"],
    "windows": ["quarter", "within", "from", "to", "direction", *RATES, "passed", "edge", "thin"],
    "stays": ["quarter", "level", *STAYS, "discharged_mean", "discharged_median", *REACH],
    "curve": ["quarter", "level", "day", "at_risk", "events", "survival", "se", "low", "high"],
    "incidence": ["quarter", "from", "to", "day", *NUMBERS, "at_risk", "known_to", "mature"],
    "incidence by direction": ["quarter", "from", "direction", "day", *NUMBERS, "at_risk", "known_to", "mature"],
    "survival": ["quarter", "from", "day", *NUMBERS, "at_risk", "known_to", "mature"],
    "difference": ["from", "to", "direction", *COMPARED, "mature"],
    "difference by direction": ["from", "direction", *COMPARED, "mature"],
    "chain": ["quarter", "start", "state", "measure", *NUMBERS, "mature", "thin"],
    "occupation": ["quarter", "day", "state", *NUMBERS, "known_to", "mature"],
    "expected days": ["quarter", "state", "days", "se", "low", "high", "known_to", "mature"],
    "markov": ["quarter", "from", "n", "histories", "statistic", "df", "design_effect", "p", "p_adjusted"],
    "histories": ["quarter", "before", "from", "to", "n", "of", "rate"],
    "log-rank": ["level", "statistic", "df", "clusters", "p", "p_adjusted"],
    "gray": ["from", "to", "statistic", "df", "clusters", "p", "p_adjusted"],
}


LABELS = ("quarter", "level", "from", "to", "state", "start", "measure", "before")


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


@pytest.mark.parametrize("name", COLUMNS)
def test_a_frame_has_the_columns_that_are_promised_and_no_other(name: str, tables: dict[str, pd.DataFrame]) -> None:
    assert list(tables[name].columns) == COLUMNS[name]
    assert tables[name].index.equals(pd.RangeIndex(len(tables[name])))


def test_labels_are_in_the_order_of_the_continuum_and_of_the_calendar(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        for column in [column for column in LABELS if column in table]:
            assert table[column].cat.ordered, (name, column)
