"""State occupation and expected days: the longest journey, limits and plain errors."""

import numpy as np
import pytest
from scipy import stats
from support.drawn import linked

import careflow as cf
from careflow.errors import ArgumentError
from careflow.records.privacy.jackknife_groups import group

STAYS = linked(
    """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Bob    | php   | 0     | 12        | left early
    Cem    | php   | 0     | 20        | completed
    """,
    cutoff=200,
)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [cf.occupation, cf.expected_days])
def test_ten_years_are_the_longest_journey(moves: cf.Transitions, estimator: object) -> None:
    assert len(estimator(moves, days=3650).frame)  # type: ignore[operator]
    assert len(estimator(moves, days=1, landmark=3650).frame)  # type: ignore[operator]
    for asked in ({"days": 3651}, {"days": 0}, {"days": 1, "landmark": 3651}):
        with pytest.raises(ArgumentError, match="a whole number"):
            estimator(moves, **asked)  # type: ignore[operator]


def test_plain_errors_of_expected_days_of_one_level_are_those_of_a_mean() -> None:
    """Nobody is censored, so days in PHP are a mean of days, each counted up to 30; one stay has no night."""
    lengths = [0, 3, 3, 8, 14, 20, 31, 40, 55]
    rows = "\n".join(f"P{i} | php | {i} | {i + length}" for i, length in enumerate(lengths))
    moves = linked(f"person | level | admit | discharge\n{rows}", cutoff=200)
    spent = cf.expected_days(moves, days=30, cluster=None).frame.set_index("state")
    counted = np.minimum(lengths, 30)
    error = counted.std() / np.sqrt(len(lengths))
    assert spent.loc["php", ["days", "se"]].tolist() == pytest.approx([counted.mean(), error], abs=1e-9)
    assert spent.loc["left care", ["days", "se"]].tolist() == pytest.approx([30 - counted.mean(), error], abs=1e-9)
    stays = cf.length_of_stay(moves, horizon=30, cluster=None).frame.set_index("level")
    assert stays.loc["php", ["rmean", "rmean_se"]].tolist() == pytest.approx([counted.mean(), error], abs=1e-9)


@pytest.mark.parametrize("days", [0, 3651])
def test_days_of_a_journey_are_1_to_3650(days: int) -> None:
    with pytest.raises(ArgumentError, match="1 to 3650"):
        cf.expected_days(STAYS, days=days)
    assert cf.expected_days(STAYS, days=3650, cluster=None).frame["days"].sum() == pytest.approx(3650)


def test_expected_days_are_bounded_by_none_and_all() -> None:
    frame = cf.expected_days(STAYS, days=11, cluster=None).frame
    assert (frame["low"].min(), frame["high"].max()) == (0, 11)


def test_limits_of_days_are_from_the_quantile_within_the_range() -> None:
    """Days spent are between none and all."""
    rows = "\n".join(f"P{i} | php | 0 | {5 + i}" for i in range(8))
    spent = cf.expected_days(linked(f"person | level | admit | discharge\n{rows}", cutoff=90), days=30)
    php = spent.frame.set_index("state").loc["php"]
    t = stats.t.ppf(0.975, len({group(f"P{i}") for i in range(8)}) - 1)
    assert [php["low"], php["high"]] == pytest.approx([8.5 - t * php["se"], 8.5 + t * php["se"]])
    assert spent.frame[["low", "high"]].dropna().to_numpy().min() >= 0
    assert spent.frame["high"].max() <= 30
    shares = cf.occupation(linked(f"person | level | admit | discharge\n{rows}", cutoff=90), days=30).frame
    assert shares.loc[shares["estimate"].isin([0.0, 1.0]), ["low", "high"]].isna().all(axis=None)
