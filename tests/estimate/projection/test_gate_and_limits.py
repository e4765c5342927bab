"""The gate by replay, the limits, simulated beds, and what is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimate.projection.made_up import LAST, census, every_day, linked, project
from estimate.projection.test_project import IOP, php_then_iop, random_rows
from support.drawn import day

import careflow as cf
from careflow.counts.calendar import day_number
from careflow.errors import ArgumentError, CareflowError, CountsError
from careflow.estimate.projection.capacity import Beds, simulate
from careflow.estimate.projection.extract import clocks, extract, groups_of, origins
from careflow.estimate.projection.forward import forward
from careflow.estimate.projection.parameters import fit
from careflow.estimate.projection.variance import limits, parameter_variance, process_variance


def swelling(at: int) -> list[tuple[str, str, int, int]]:
    """One arrival a day at IOP for 5 nights, and two for the last 70 days."""
    return [("a", "iop", 0, 5)] + ([("b", "iop", 0, 5)] if at > LAST - 70 else [])


@pytest.mark.slow
def test_a_level_that_a_simple_forecast_knows_better_is_refused() -> None:
    moves = every_day(swelling)
    result = project(moves, gate="refuse")
    row = result.replay.set_index("level").loc["iop"]
    # At the origin 10 are in care, as on every day after it; arrivals of the year would give 5 and a few.
    assert (row["mae_last"], row["mae_season"]) == (0, 5)
    assert row["mae"] > 2
    iop = result.frame[result.frame["level"] == "iop"]
    assert iop["refused"].all()
    assert iop[["census", "low", "high", "entered", "left"]].isna().all(axis=None)
    assert f"iop (mean error {row['mae']:.2f} stays, 0.00 of the last value)" in repr(result)
    marked = project(moves)
    assert marked.frame[marked.frame["level"] == "iop"]["census"].notna().all()
    assert marked.frame[marked.frame["level"] == "iop"]["refused"].all()


@pytest.mark.slow
def test_a_level_that_the_replay_projects_without_error_is_spoken_for() -> None:
    result = project(every_day(lambda _: IOP), gate="refuse")
    assert repr(result).startswith("<Projection: projected census: ")
    assert "speaks for iop; refused: inpatient (0 recent stays are too few)" in repr(result)
    iop = result.replay.set_index("level").loc["iop"]
    assert iop["mae"] == pytest.approx(0, abs=1e-9)
    assert iop[["speaks", "fitted", "today"]].tolist() == [True, 822, 12]


@pytest.mark.slow
def test_the_replay_is_a_projection_of_the_records_until_its_origin() -> None:
    rows = [row for row in random_rows(4) if row[2] >= 0]
    result = project(linked(rows), 20, least=4, recent=60, cluster="person", replay=40)
    then = project(linked([row for row in rows if row[2] <= LAST - 40], LAST - 40), 20, least=4, recent=60, replay=20)
    past = result.replayed[result.replayed["origin"] == pd.Timestamp(day(LAST - 40))]
    assert past["census"].to_numpy().reshape(5, 20).T.ravel() == pytest.approx(
        then.frame["census"].to_numpy(), abs=1e-9
    )
    in_care = [sum(level == "php" and a <= LAST - 40 + ahead < b for _, level, a, b in rows) for ahead in range(1, 21)]
    assert past.loc[past["level"] == "php", "actual"].tolist() == in_care
    php = result.replay.set_index("level").loc["php"]
    assert origins(20, 40) == [40]
    assert php["mae"] == pytest.approx(np.abs(past.loc[past["level"] == "php", "census"] - in_care).mean())
    today = sum(level == "php" and a <= LAST - 40 < b for _, level, a, b in rows)
    assert php["mae_last"] == pytest.approx(np.abs(today - np.array(in_care)).mean())


@pytest.fixture(scope="module")
def parts() -> tuple[Any, Any, Any]:
    rows = [row for row in random_rows(7) if row[2] >= 0]
    counts = linked(rows).counts(clocks=clocks(20, 300, 20))
    return counts, groups_of(counts), day_number(day(LAST))


@pytest.mark.slow
def test_replicates_are_the_parameters_of_the_people_without_a_group(parts: tuple[Any, Any, Any]) -> None:
    counts, groups, cutoff = parts
    records = extract(counts, groups, cutoff, 300)
    every = fit(records, 4, replicates=True)
    for place in (0, len(groups) - 1):
        kept = {name: table[table.get("jackknife_group") != groups[place]] for name, table in counts.tables.items()}
        others = np.delete(groups, place)
        alone = extract(cf.Counts(counts.definition, kept, 1, 1, 0), others, cutoff, 300)
        arrivals = alone.arrivals.sum(axis=0).reshape(-1, 52, 7).mean(axis=1) * len(groups) / len(others)
        assert every.arrivals[place + 1] == pytest.approx(arrivals)
        risk, exits = alone.at_risk.sum(axis=0), alone.exits.sum(axis=0)
        age = 3
        assert every.hazards[place + 1, ..., age][:, :5] == pytest.approx(
            np.divide(exits[:, :5, age], risk[:, None, age], out=np.zeros((5, 5)), where=risk[:, None, age] > 0)
        )


def test_limits_are_those_of_both_variances() -> None:
    each = np.array([[10.0], [9.0], [11.0], [10.0]])
    assert parameter_variance(each) == pytest.approx(2 / 3 * 2)
    low, high = limits(each[0], np.array([4.0]), 4, 0.95)
    assert (low[0], high[0]) == pytest.approx((10 - 4.302653 * 2, 10 + 4.302653 * 2))
    low, high = limits(each[0], np.array([4.0]), 1, 0.95)
    assert (low[0], high[0]) == pytest.approx((10 - 1.959964 * 2, 10 + 1.959964 * 2))


@pytest.mark.slow
def test_expectation_and_variance_are_those_of_simulated_days(parts: tuple[Any, Any, Any]) -> None:
    counts, groups, cutoff = parts
    records = extract(counts, groups, cutoff, 300)
    parameters = fit(records, 4, replicates=False)
    unlimited = Beds(np.full(5, np.inf), np.ones(5, dtype=bool))
    drawn = simulate(parameters, records, 20, unlimited, draws=4000)
    flows = forward(parameters, records, 20)
    variance = process_variance(parameters, records, 20)
    tolerance = 4.5 * np.sqrt(np.maximum(variance, 1e-9) / 4000)
    assert (np.abs(drawn.census - flows.census[0]) <= tolerance + 1e-9).all()
    assert (np.abs(drawn.entered - flows.entered[0]) <= 0.2).all()
    used = variance > 0.5
    assert used.sum() > 30
    assert drawn.variance[used] == pytest.approx(variance[used], rel=0.15)


@pytest.mark.slow
def test_variance_of_today_sums_that_of_each_person(parts: tuple[Any, Any, Any]) -> None:
    counts, groups, cutoff = parts
    records = extract(counts, groups, cutoff, 300)
    records = replace(records, arrivals=np.zeros_like(records.arrivals))
    parameters = fit(records, 4, replicates=False)
    expected = np.zeros((5, 20))
    for name in ("in_care", "between"):
        nobody = replace(records, in_care=0 * records.in_care, between=0 * records.between)
        many = getattr(records, name)
        for place in zip(*np.nonzero(many), strict=True):
            one = np.zeros_like(many)
            one[place] = 1
            chance = forward(parameters, replace(nobody, **{name: one}), 20).census[0]
            expected += many[place] * chance * (1 - chance)
    assert records.between.sum() > 0
    assert process_variance(parameters, records, 20) == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_who_finds_no_bed_waits_or_is_turned_away() -> None:
    moves = every_day(lambda _: [("a", "iop", 0, 4)])
    more = cf.WhatIf.arrivals("iop", times=3)
    for full in ("wait", "turned away"):
        result = project(moves, what_if=[more, cf.WhatIf.capacity("iop", beds=6, full=full)])
        expected = census(result, "iop", "what if")
        assert max(expected) <= 6
        assert expected[-1] > 5
        assert result.beds is not None
        assert (result.beds[["waiting", "turned_away"]].iloc[-1] > 5).tolist() == [full == "wait", full != "wait"]
        assert result.frame["high"][result.frame["scenario"] == "what if"].max() <= 6 + 1e-9
    same = project(moves, what_if=[more, cf.WhatIf.capacity("iop", beds=6, full="turned away")])
    pd.testing.assert_frame_equal(same.frame, result.frame)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "words"),
    [
        (
            {"horizon": 29},
            "a horizon of 29 days cannot be replayed on the 28 days before the cut-off; give replay=29 or",
        ),
        ({"what_if": cf.WhatIf.capacity("iop", beds=9)}, "9 beds at iop are fewer than the 10 stays in care there on"),
        (
            {"what_if": cf.WhatIf.rate("iop", "php", 0.2), "arrivals": {"iop": -1}},
            "arrivals= has the arrivals a day at",
        ),
        ({"what_if": cf.WhatIf.rate("php", "detox", 0.2)}, "detox"),
        ({"what_if": "more"}, "what_if is a change such as cf.WhatIf.rate"),
        ({"replay": 90}, "the replay of 90 days needs the 364 days before it, so records from 2023-12-"),
    ],
)
def test_what_cannot_be_projected_is_refused_in_one_sentence(how: dict[str, Any], words: str) -> None:
    with pytest.raises(CareflowError, match=words) as error:
        project(every_day(php_then_iop), **how)
    assert str(error.value).count("\n") == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cf.WhatIf("grow", "iop"), r"a change is made by cf\.WhatIf\.rate\(\), .* kind was 'grow'"),
        (lambda: cf.WhatIf.rate("php", "iop", 60), "rate is a share from 0 to 1, such as 0.6; it was 60"),
        (lambda: cf.WhatIf.cap("iop", days=-1), "days is a whole number of days, 0 or more; it was -1"),
        (lambda: cf.WhatIf.arrivals("iop", times=-0.5), "times is a factor of 0 or more"),
        (lambda: cf.WhatIf.capacity("iop", beds=9, full="leave"), "full is 'wait' or 'turned away'; it was 'leave'"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_where_it_is_written(make: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        make()


@pytest.mark.slow
def test_a_rate_above_what_can_be_is_refused() -> None:
    moves = every_day(lambda _: [("a", "php", 0, 3), ("b", "php", 0, 3), ("a", "iop", 3, 6), ("b", "outpatient", 3, 4)])
    with pytest.raises(ArgumentError, match=r"php to iop can be at most 0\.500: it is 0\.500, 0\.000 are out of care"):
        project(moves, what_if=cf.WhatIf.rate("php", "iop", 0.6))


@pytest.mark.parametrize("basis", ["shifted", "quarter"])
def test_dates_that_are_no_days_of_the_calendar_are_refused(basis: str) -> None:
    rows = pd.DataFrame({"person_id": ["a"], "level": ["php"]})
    dates = {"admit_date": ["2024Q1"], "nights": ["5"]} if basis == "quarter" else {"admit_date": ["2024-01-01"]}
    moves = cf.link(cf.read_episodes(rows.assign(**dates), cutoff="2024-12-31", date_basis=basis))
    with pytest.raises(ArgumentError, match=f"date_basis='{basis}' cannot answer the days of a period"):
        cf.project(moves)


def test_counts_without_the_tables_say_which_to_count() -> None:
    moves = linked([("a", "php", 0, 5)])
    with pytest.raises(CountsError, match=r"clocks=cf.estimate.Projection.clocks\(90, recent=455, replay=365\)"):
        cf.project(moves.counts(clocks="exit"))
