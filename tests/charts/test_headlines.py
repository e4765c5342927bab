"""Headlines that the intervals support, and limits of ordinary variation."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from support import sample_results
from support.sample_results import wilson

from careflow import charts
from careflow.charts.headlines import headline


@cache
def by_quarter():
    return sample_results.rates(5, by="quarter", masked=False)


def quarters(rates_by_quarter, of=400, seed=0, level="php"):
    """Rates of five levels by quarter where one level steps down with the chances given and nothing else changes."""
    rng = np.random.default_rng(seed)
    result = by_quarter()
    frame, totals = result.frame.copy(), result.directions.copy()
    order = list(totals["quarter"].cat.categories)
    for table, key in ((totals, "direction"), (frame, "to")):
        chance = {"step-down": 0.4, "step-up": 0.1, "completed": 0.2, "left early": 0.25}
        p = table[key].astype(str).map(chance).fillna(0.05).to_numpy()
        if key == "direction":
            changed = (table["from"] == level) & (table[key] == "step-down")
            place = table["quarter"].map({q: i for i, q in enumerate(order)}).astype(int)
            p = np.where(changed, np.array(rates_by_quarter)[place], p)
        n = rng.binomial(of, p).astype(float)
        table["n"], table["of"], table["rate"] = n, float(of), n / of
        table["se"] = np.sqrt(table["rate"] * (1 - table["rate"]) / of)
        table["low"], table["high"] = wilson(n, np.full(len(n), float(of)))
    return replace(result, frame=frame, directions=totals)


@pytest.mark.slow
def test_where_nothing_changed_there_is_no_headline():
    """60 results without a change: at a chance of 5% each, more than 8 sentences would come up once in 300 times."""
    said = [headline(quarters([0.4] * 12, seed=seed)) for seed in range(60)]
    assert sum(text is not None for text in said) <= 8


@pytest.mark.slow
def test_a_change_is_said_with_its_figures_and_its_quarters():
    text = headline(quarters([0.3] * 8 + [0.5] * 4, seed=3))
    assert text.startswith("Step-down from PHP within 30 days rose from ")
    assert text.endswith("2024\u00a0Q3 to 2025\u00a0Q3")


@pytest.mark.slow
def test_a_fall_is_called_a_fall():
    assert " fell from " in headline(quarters([0.6] * 8 + [0.3] * 4, seed=4))


@pytest.mark.slow
def test_a_quarter_that_is_not_yet_mature_makes_no_headline():
    assert headline(quarters([0.4] * 11 + [0.9], seed=5)) is None


def test_a_suppressed_change_makes_no_headline():
    result = quarters([0.3] * 8 + [0.6] * 4, seed=3)
    totals = result.directions.assign(hidden=(result.directions["from"] == "php"))
    assert headline(replace(result, directions=totals)) is None


@pytest.mark.slow
def test_intervals_that_are_wide_because_people_come_back_make_no_headline():
    result = quarters([0.36] * 8 + [0.52] * 4, seed=8)
    assert headline(result) is not None
    wide = replace(result, directions=result.directions.assign(se=result.directions["se"] * 4))
    assert headline(wide) is None


def test_without_periods_the_commonest_way_on_is_said_if_it_is_clear():
    result = sample_results.rates(5, masked=False)
    assert headline(result).startswith("From ")
    frame = result.frame.assign(n=20.0, of=300.0, rate=20 / 300, se=0.0144)
    assert headline(replace(result, frame=frame)) is None


def test_stays_are_compared_by_their_medians():
    text = headline(sample_results.stays(5))
    assert text.startswith("Median stays run from ")
    assert "Outpatient" in text
    same = sample_results.stays(5)
    frame = same.frame.assign(median=20.0, median_low=18.0, median_high=22.0)
    assert headline(replace(same, frame=frame)) is None


@pytest.mark.slow
def test_a_mean_stay_that_lengthened_is_said_and_a_median_alone_is_not():
    stays = sample_results.stays(5, by="quarter")
    frame = stays.frame.assign(rmean=25.0, rmean_se=1.0, median=20.0, median_low=18.0, median_high=22.0)
    assert headline(replace(stays, frame=frame)) is None
    late = (frame["quarter"] == "2025Q4") & (frame["level"] == "iop")
    frame.loc[late, ["median", "median_low", "median_high"]] = [40.0, 36.0, 45.0]
    assert headline(replace(stays, frame=frame)) is None, "a median by itself was not tested"
    frame.loc[late, "rmean"] = 33.0
    assert headline(replace(stays, frame=frame)) == (
        "The mean stay at IOP (to day 365) lengthened from 25.0 to 33.0 days, 2024\u00a0Q4 to 2025\u00a0Q4"
    )


@pytest.mark.slow
@pytest.mark.parametrize(("column", "value"), [("rmean_least_at_risk", 4), ("mature", False)])
def test_a_mean_stay_that_is_thin_or_not_mature_takes_no_part(column, value):
    stays = sample_results.stays(5, by="quarter")
    frame = stays.frame.assign(rmean=25.0, rmean_se=1.0, rmean_least_at_risk=40, mature=True)
    late = (frame["quarter"] == "2025Q4") & (frame["level"] == "iop")
    frame.loc[late, "rmean"] = 33.0
    assert "IOP" in headline(replace(stays, frame=frame))
    frame.loc[late, column] = value
    assert headline(replace(stays, frame=frame)) is None


def test_a_headline_is_asked_of_rates_or_stays():
    with pytest.raises(TypeError, match=r"transition_rates\(\)"):
        headline(sample_results.census(5))


@pytest.mark.slow
def test_a_headline_is_no_longer_than_a_title():
    ax = charts.trend(sample_results.rates(5, by="quarter"), title=headline(quarters([0.3] * 8 + [0.5] * 4, seed=3)))
    assert ax.careflow.title.startswith("Step-down from PHP")
