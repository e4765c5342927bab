"""The truth is really in the records: found again by plain pandas that shares no code with careflow.

The people of two years are followed for eight, longer than the longest stay and the gap after it, so nothing is
censored and plain shares are unbiased.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from careflow.simulate import LEVELS, Truth, simulate

STANDARD = Truth.standard()
Z = 4.5  # standard errors: with 100 comparisons a right simulation fails once in 1,500 seeds, and the seed is fixed


def followed(changed_on: date) -> pd.DataFrame:
    truth = replace(STANDARD, changed_on=changed_on)
    return linked(simulate(120_000, first="2015-01-01", cutoff="2024-12-31", truth=truth, seed=7))


def linked(stays: pd.DataFrame) -> pd.DataFrame:
    """Add each stay's next one (same person, in order of admission, discharge, intensity) as columns."""
    stays = stays.assign(rank=stays.level.map(LEVELS.index))
    stays = stays.sort_values(["person_id", "admit_date", "discharge_date", "rank"], kind="stable", ignore_index=True)
    after = stays.groupby("person_id")[["admit_date", "level"]].shift(-1)
    return stays.assign(
        next_level=after.level,
        gap=(after.admit_date - stays.discharge_date).dt.days,
        nights=(stays.discharge_date - stays.admit_date).dt.days,
    )


def early(stays: pd.DataFrame) -> pd.DataFrame:
    cohort = stays[stays.admit_date < "2017-01-01"]
    return cohort.astype({"nights": "int64"})


@pytest.fixture(scope="module")
def before() -> pd.DataFrame:
    return early(followed(date(2100, 1, 1)))


@pytest.fixture(scope="module")
def after() -> pd.DataFrame:
    return early(followed(date(2000, 1, 1)))


def outcome(stays: pd.DataFrame, within: int) -> pd.Series:
    to = stays.discharge_reason.astype(object)
    to = to.mask(stays.gap.between(0, within) & (stays.discharge_reason != "died"), stays.next_level)
    return to.mask(stays.gap < 0, "concurrent")


def assert_shares_are_true(stays: pd.DataFrame, truth: pd.DataFrame, within: int) -> None:
    n = stays.level.value_counts()
    seen = pd.crosstab(stays.level, outcome(stays, within))
    for row in truth[truth["to"] != "left care"].itertuples(index=False):
        start, to, p = row
        share = seen[to][start] / n[start] if to in seen else 0.0
        assert abs(share - p) <= Z * np.sqrt(p * (1 - p) / n[start]) + 2e-4, (start, to, share, p)


@pytest.mark.slow
def test_nothing_in_the_early_cohort_is_censored(before: pd.DataFrame) -> None:
    assert before.discharge_date.notna().all()
    assert len(before) > 15_000


@pytest.mark.slow
@pytest.mark.parametrize("within", [0, 14, 30, 180])
def test_the_true_rates_before_the_change_are_estimated(before: pd.DataFrame, within: int) -> None:
    assert_shares_are_true(before, STANDARD.transitions(within=within), within)


@pytest.mark.slow
def test_the_true_rates_after_the_change_are_estimated(after: pd.DataFrame) -> None:
    assert_shares_are_true(after, STANDARD.transitions(changed=True), 30)


@pytest.mark.parametrize("level", LEVELS)
def test_the_true_lengths_of_stay_are_estimated(before: pd.DataFrame, level: str) -> None:
    nights = before[before.level == level].nights.to_numpy()
    truth = np.cumsum(STANDARD.nights(level))
    seen = np.cumsum(np.bincount(nights, minlength=len(truth)))[: len(truth)] / len(nights)
    assert np.abs(seen - truth).max() < 2 / np.sqrt(len(nights))
    quartiles = np.quantile(nights, [0.25, 0.5, 0.75], method="inverted_cdf")
    assert quartiles == pytest.approx(STANDARD.quantiles(level), rel=0.06, abs=1)


def test_the_true_lengths_of_stay_by_reason_are_estimated(before: pd.DataFrame) -> None:
    for (level, reason), group in before.groupby(["level", "discharge_reason"]):
        if len(group) >= 300:
            truth = np.cumsum(STANDARD.nights(str(level), str(reason)))
            seen = np.cumsum(np.bincount(group.nights, minlength=len(truth)))[: len(truth)] / len(group)
            assert np.abs(seen - truth).max() < 2 / np.sqrt(len(group)), (level, reason)


def test_people_start_at_the_true_mix_of_levels(before: pd.DataFrame) -> None:
    starts = before.drop_duplicates("person_id").level.value_counts()
    for level, weight in STANDARD.entry.items():
        assert abs(starts[level] / starts.sum() - weight / 1000) < Z * np.sqrt(0.25 / starts.sum())


@pytest.mark.slow
def test_the_change_is_a_step_on_its_day() -> None:
    stays = linked(simulate(60_000, seed=3))
    planned = stays[(stays.level == "residential") & (stays.discharge_reason == "completed")]
    php = (planned.next_level == "php") & planned.gap.between(0, 30)
    for months, chance in [
        (("2023-07-01", "2024-01-01"), 0.140),
        (("2024-01-01", "2024-07-01"), 0.140),
        (("2024-07-01", "2025-01-01"), 0.270),
        (("2025-01-01", "2025-07-01"), 0.270),
    ]:
        period = php[(planned.discharge_date >= months[0]) & (planned.discharge_date < months[1])]
        assert len(period) > 1_000
        assert abs(period.mean() - chance) < Z * np.sqrt(chance * (1 - chance) / len(period)), months
