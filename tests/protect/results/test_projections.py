"""A projection is published by whole weeks, to two digits, of levels with enough stays; small differences are not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimate.projection.made_up import every_day, project

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import audit


def stays(at: int) -> list[tuple[str, str, int, int]]:
    """Five a day at PHP for 3 nights, two of whom go on to IOP for 8; one a day at outpatient for 2."""
    php = [(str(i), "php", 0, 3) for i in range(5)]
    return [*php, *[(str((at + i) % 5), "iop", 3, 11) for i in range(2)], ("o", "outpatient", 0, 2)]


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return every_day(stays)


@pytest.fixture(scope="module")
def released(moves: cf.Transitions) -> Any:
    return cf.protect(project(moves, 28, what_if=cf.WhatIf.rate("php", "iop", 0.8)))


def rows(frame: pd.DataFrame, level: str, scenario: str) -> pd.DataFrame:
    return frame[(frame["level"] == level) & (frame["scenario"] == scenario)]


@pytest.mark.slow
def test_whole_weeks_and_two_digits_are_published(released: Any) -> None:
    frame = released.frame
    assert set(frame["ahead"]) == {7, 14, 21, 28}
    shown = frame.loc[~frame["hidden"], ["census", "low", "high"]].to_numpy()
    assert shown.size
    assert all(float(f"{value:.2g}") == value for value in shown.ravel())
    assert rows(frame, "php", "as is")["census"].tolist() == [15.0] * 4


def test_a_level_with_fewer_than_11_in_care_today_is_hidden(released: Any) -> None:
    outpatient = released.frame[released.frame["level"] == "outpatient"]
    assert outpatient["hidden"].all()
    assert outpatient[["census", "low", "high", "entered", "left"]].isna().all(axis=None)
    assert released.replay.set_index("level").loc["outpatient", ["mae", "fitted"]].isna().all()


def test_a_level_fitted_to_fewer_than_110_stays_is_hidden(moves: cf.Transitions) -> None:
    few = cf.protect(project(moves, 28, recent=50))
    assert few.replay.set_index("level")["fitted"].isna().tolist() == [True, True, False, True, True]
    assert few.frame.loc[few.frame["level"] == "iop", "hidden"].all()
    assert not few.frame.loc[few.frame["level"] == "php", "hidden"].any()


def test_no_difference_of_scenarios_below_11_is_published(released: Any) -> None:
    php, iop = (rows(released.frame, level, "what if") for level in ("php", "iop"))
    assert php["hidden"].all()
    assert not iop["hidden"].any()
    assert iop["census"].tolist() == [30.0, 32.0, 32.0, 32.0]
    difference = released.difference.set_index("level")
    assert difference.loc["iop", "census"].tolist() == [14.0, 16.0, 16.0, 16.0]
    assert difference.loc["php", "census"].isna().all()
    totals = released.totals.set_index(["scenario", "level"])["person_days"]
    assert np.isnan(totals["what if", "php"])
    assert totals["what if", "iop"] > totals["as is", "iop"] > 0


def test_days_so_far_and_the_stays_of_today_are_left_out(released: Any) -> None:
    assert len(released.history) == len(released.replayed) == 0
    assert released.replay["today"].isna().all()


@pytest.mark.slow
def test_a_projection_stands_beside_a_census_in_a_series_of_releases(moves: cf.Transitions, tmp_path: Any) -> None:
    given = [cf.census(moves), project(moves, 28)]
    first = cf.protect(given, ledger=tmp_path / "ledger")
    assert audit(first).ok
    again = cf.protect(given, ledger=tmp_path / "ledger")
    pd.testing.assert_frame_equal(again[1].frame, first[1].frame)
    with pytest.raises(DisclosureError, match="protected already"):
        cf.protect(first[1])


def test_a_projection_is_not_rounded_to_fives(moves: cf.Transitions) -> None:
    with pytest.raises(DisclosureError, match="Projection"):
        cf.protect(project(moves, 28), mode="round")
