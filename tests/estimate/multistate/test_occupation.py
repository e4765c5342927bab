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


@pytest.mark.slow
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


@pytest.mark.slow
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


def unseen(in_php: int) -> cf.Transitions:
    """Some stay in PHP for 100 days and more; Cyd moves to IOP on her day 10, and nobody follows her after day 40."""
    rows = [f"P{i} | php | 0 |" for i in range(in_php)]
    table = ["person | level | admit | discharge", *rows, "Cyd | php | 60 | 70", "Cyd | iop | 70 |"]
    return linked("\n".join(table), cutoff=130, within=30)


@pytest.mark.slow
@pytest.mark.parametrize("cluster", ["person", None])
def test_a_state_is_missing_once_nobody_in_it_is_followed(cluster: str | None) -> None:
    """1 of 201 is in IOP on her last day; R's survfit carries her share on to day 100."""
    frame = cf.occupation(unseen(200), days=100, cluster=cluster).frame
    share = frame.pivot(index="day", columns="state", values="estimate")
    assert share.loc[40, ["php", "iop"]].tolist() == pytest.approx([200 / 201, 1 / 201], abs=1e-12)
    assert share.loc[41:, "iop"].isna().all()
    assert share["php"].tolist() == pytest.approx([1] * 10 + [200 / 201] * 91, abs=1e-12)
    assert frame.groupby("state", observed=True)["known_to"].first()[["php", "iop", "died"]].tolist() == [100, 40, 100]
    assert frame.loc[frame["estimate"].isna(), ["se", "low", "high"]].isna().all(axis=None)


@pytest.mark.slow
def test_all_states_are_missing_once_one_in_a_hundred_cannot_be_seen() -> None:
    """Of 3 one is in IOP; from day 41 on, a third of all may be in any state."""
    result = cf.occupation(unseen(2), days=100)
    known = result.frame["estimate"].notna()
    assert result.frame.loc[known, "day"].max() == 40
    assert set(result.frame["known_to"]) == {40}
    assert "every row is known to day 40" in result.about.missing
    assert cf.occupation(unseen(2), days="longest").days == 40


@pytest.mark.slow
def test_days_in_a_state_are_missing_where_it_was_not_seen_to_the_horizon() -> None:
    spent = cf.expected_days(unseen(200), days=100)
    days = spent.frame.set_index("state")["days"]
    assert np.isnan(days["iop"])
    assert days["php"] == pytest.approx(10 + 90 * 200 / 201, abs=1e-9)
    assert spent.about.missing == "1 state in which nobody was followed for 100 days"
    assert cf.expected_days(unseen(200), days=40).frame.set_index("state").loc["iop", "days"] == pytest.approx(30 / 201)
