"""Projections that hold exactly: what is known by hand is projected to the last digit."""

import numpy as np
import pandas as pd
import pytest
from estimate.projection.made_up import LAST, census, every_day, linked, project
from estimate.projection.plain import plain_projection
from hypothesis import given
from hypothesis import strategies as st
from support.drawn import day
from support.strategies import FIXED

import careflow as cf

IOP = [("a", "iop", 0, 4), ("b", "iop", 0, 8)]


def php_then_iop(at: int, on: int = 2, between: int = 0) -> list[tuple[str, str, int, int]]:
    """Five people a day stay 3 nights at PHP; so many go on to IOP for 5 nights."""
    php = [(str(i), "php", 0, 3) for i in range(5)]
    return php + [(str((at + i) % 5), "iop", 3 + between, 8 + between) for i in range(on)]


@pytest.mark.slow
def test_in_balance_the_census_is_arrivals_times_the_mean_stay() -> None:
    result = project(every_day(lambda _: IOP))
    assert census(result, "iop") == [12.0] * 14
    assert result.totals.set_index("level").loc["iop", "person_days"] == pytest.approx(12 * 14)


@pytest.mark.slow
@pytest.mark.parametrize("between", [0, 2])
def test_a_chain_of_two_levels_is_in_balance_too(between: int) -> None:
    result = project(every_day(lambda _: [("a", "php", 0, 3), ("a", "iop", 3 + between, 8 + between)]))
    assert census(result, "php") == [3.0] * 14
    assert census(result, "iop") == [5.0] * 14
    assert result.frame.loc[result.frame["level"] == "iop", ["entered", "left"]].to_numpy() == pytest.approx(1.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "expected"), [(0.6, [11, 12, 13, 14, 15, 15]), (0.2, [9, 8, 7, 6, 5, 5]), (0.4, [10] * 6)]
)
def test_another_rate_changes_the_census_from_the_first_day(rate: float, expected: list[int]) -> None:
    moves = every_day(php_then_iop)
    result = project(moves, what_if=cf.WhatIf.rate("php", "iop", rate))
    assert (census(result, "php"), census(result, "iop")) == ([15.0] * 14, [10.0] * 14)
    assert census(result, "iop", "what if")[:6] == pytest.approx(expected, abs=1e-9)
    assert census(result, "php", "what if") == [15.0] * 14
    change = result.difference[result.difference["level"] == "iop"]["census"].to_numpy()[:6]
    assert change == pytest.approx(np.array(expected) - 10, abs=1e-9)


@pytest.mark.slow
def test_a_longest_stay_ends_longer_ones_at_once() -> None:
    result = project(every_day(lambda _: IOP), what_if=cf.WhatIf.cap("iop", days=6))
    assert census(result, "iop", "what if") == [10.0] * 14


@pytest.mark.slow
def test_who_leaves_by_a_longest_stay_goes_where_they_would_have() -> None:
    moves = every_day(lambda _: [("a", "php", 0, 8), ("a", "iop", 8, 12), ("b", "php", 0, 8)])
    result = project(moves, what_if=cf.WhatIf.cap("php", days=6))
    assert census(result, "php", "what if") == [12.0] * 14
    # On the first day those of the last three days leave together, one of two of them for IOP.
    assert census(result, "iop", "what if")[:6] == [6.0, 6.0, 6.0, 6.0, 4.0, 4.0]


def test_arrivals_on_mondays_only_are_projected_on_mondays_only() -> None:
    result = project(every_day(lambda at: [("a", "iop", 0, 3)] if day(at).weekday() == 0 else []), least=1)
    rows = result.frame[result.frame["level"] == "iop"]
    expected = [1.0 if at.weekday() in (0, 1, 2) else 0.0 for at in pd.to_datetime(rows["day"])]
    assert census(result, "iop") == expected


@pytest.mark.slow
def test_stays_of_no_night_enter_the_next_level_on_the_day() -> None:
    result = project(every_day(lambda _: [("a", "php", 0, 0), ("a", "iop", 0, 5)]))
    assert census(result, "php") == [0.0] * 14
    assert census(result, "iop") == [5.0] * 14
    assert result.frame.loc[result.frame["level"] == "php", ["entered", "left"]].to_numpy() == pytest.approx(1.0)


@pytest.mark.slow
def test_more_arrivals_and_given_arrivals_change_the_balance() -> None:
    moves = every_day(lambda _: [("a", "iop", 0, 4)])
    result = project(moves, arrivals={"IOP": 2}, what_if=cf.WhatIf.arrivals("iop", times=1.5))
    assert census(result, "iop")[:5] == [5.0, 6.0, 7.0, 8.0, 8.0]
    assert census(result, "iop", "what if")[:5] == [6.0, 8.0, 10.0, 12.0, 12.0]


@pytest.mark.slow
def test_the_census_changes_by_entered_minus_left() -> None:
    result = project(every_day(php_then_iop), what_if=[cf.WhatIf.rate("php", "iop", 0.7), cf.WhatIf.cap("iop", 2)])
    for (_, level), rows in result.frame.groupby(["scenario", "level"], observed=True):
        today = {"php": 15, "iop": 10}.get(str(level), 0)
        change = np.diff(rows["census"], prepend=today)
        assert change == pytest.approx((rows["entered"] - rows["left"]).to_numpy(), abs=1e-9)


@pytest.mark.slow
def test_projections_from_saved_and_pooled_counts_are_those_of_the_stays(tmp_path: object) -> None:
    moves = every_day(php_then_iop)
    counts = moves.counts("quarter", clocks=cf.estimate.Projection.clocks(14, replay=28))
    counts.save(f"{tmp_path}/counts.parquet")
    loaded = cf.Counts.load(f"{tmp_path}/counts.parquet")
    pd.testing.assert_frame_equal(project(loaded).frame, project(moves).frame)
    assert census(project(counts + loaded), "php") == [30.0] * 14


@pytest.mark.slow
def test_a_projection_comes_back_from_a_file(tmp_path: object) -> None:
    result = project(every_day(php_then_iop), what_if=cf.WhatIf.capacity("iop", 12))
    again = cf.load(result.save(f"{tmp_path}/projection.parquet"))
    for name in ("frame", "difference", "totals", "replay", "history", "replayed", "beds"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name), check_dtype=False)
    assert again.what_if == result.what_if
    assert repr(again) == repr(result)
    assert result.to_excel(f"{tmp_path}/projection.xlsx").exists()


# --- by brute force --------------------------------------------------------------------------------------------------


def random_rows(seed: int) -> list[tuple[str, str, int, int]]:
    """Return random stays of random people, one after another; days may coincide."""
    chance, rows = np.random.default_rng(seed), []
    for person in range(90):
        at = int(chance.integers(-30, LAST))
        for _ in range(int(chance.integers(1, 6))):
            stay = int(chance.integers(0, 4)) ** 2 + int(chance.integers(0, 9))
            rows.append((f"p{person}", str(chance.choice(["php", "iop", "outpatient"])), at, at + stay))
            at += stay + int(chance.choice([0, 0, 1, 5, 29, 31, 80]))
    return rows


@pytest.mark.slow
@FIXED
@given(st.integers(0, 10**6))
def test_a_projection_is_that_of_plain_python(seed: int) -> None:
    rows = [row for row in random_rows(seed) if row[2] >= 0]
    moves = linked(rows)
    result = project(moves, 20, least=4, recent=200)
    expected = plain_projection(rows, LAST, within=30, horizon=20, least=4, recent=200)
    for level, numbers in expected.items():
        assert census(result, level) == pytest.approx(numbers, abs=1e-9)
