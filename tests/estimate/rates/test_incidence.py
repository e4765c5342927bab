"""Rates by cumulative incidence: who is still followed after the window, and several windows."""

import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf


def test_left_care_counts_those_still_followed_after_the_window() -> None:
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


def test_a_rate_of_no_move_has_wilsons_limits_of_those_followed() -> None:
    """Of 13 discharges 12 were followed for the window, and nobody died: 0 of 12, by hand z2 / (12 + z2)."""
    days = [(f"P{i}", "php", 0, 10) for i in range(12)] + [("late", "php", 80, 90)]
    stays = "person | level | admit | discharge\n" + "\n".join(" | ".join(map(str, row)) for row in days)
    frame = cf.transition_rates(linked(stays, cutoff=100), method="incidence", cluster=None).frame
    none = frame[(frame["from"] == "php") & (frame["to"] == "died")].iloc[0]
    assert (none["n"], none["of"], none["rate"], none["low"]) == (0, 13, 0.0, 0.0)
    assert none["high"] == pytest.approx(1.959964**2 / (12 + 1.959964**2), abs=1e-6)
    left = frame[(frame["from"] == "php") & (frame["to"] == "left care")].iloc[0]
    assert (left["rate"], left["high"]) == (1.0, 1.0)
    assert left["low"] == pytest.approx(12 / (12 + 1.959964**2), abs=1e-6)


@pytest.mark.slow
def test_each_window_of_an_incidence_is_as_if_it_were_alone(moves: cf.Transitions) -> None:
    both = cf.transition_rates(moves, by="quarter", method="incidence", within=[1, 30])
    change = both.compare("2024Q1", "2024Q2").frame
    for within in (1, 30):
        alone = cf.transition_rates(moves, by="quarter", method="incidence", within=within)
        rows = both.frame[both.frame["within"] == within].drop(columns="within").reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone.frame)
        rows = change[change["within"] == within].drop(columns=["within", "p_adjusted"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone.compare("2024Q1", "2024Q2").frame.drop(columns="p_adjusted"))
