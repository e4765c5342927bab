"""Lengths of stay on random files against the slow reference, and what must hold whatever the stays."""

from collections.abc import Callable
from fractions import Fraction
from statistics import mean, median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from support import reference
from support.reference import Linked, Span
from support.strategies import FIXED, LEVELS, File, files, frame_of, quarter_bounds

import careflow as cf
from careflow.estimate.arrays.followup import LEAST_OF, THIN_OF
from careflow.records.privacy.jackknife_groups import group

pytestmark = pytest.mark.slow

HORIZON = 60
Seen = Callable[[Linked], Span | None]
CURVE = ["day", "at_risk", "events", "survival"]


def spans(linked: list[Linked], level: str, seen: Seen) -> list[Span]:
    actual = [seen(one) for one in linked if one.stay.level == level]
    return [span for span in actual if span is not None]


def known_to(of: list[Span]) -> tuple[int, bool]:
    """Return the last day on which somebody was followed, day after day, or -1, and whether the curve ended there."""
    curve, day = reference.kaplan_meier(of), 0
    while reference.at_risk(of, day) and not (day in curve and curve[day] == 0):
        day += 1
    fallen = day in curve and curve[day] == 0 and reference.at_risk(of, day) > 0
    return (day, day >= max(end for _, end, _ in of)) if fallen else (day - 1, False)


def least(of: list[Span], until: float) -> float:
    """Return the smallest number at risk on the days up to ``until`` after which somebody still enters."""
    last_entry = max(start for start, *_ in of)
    return min((reference.at_risk(of, day) for day in range(min(int(until), last_entry - 1) + 1)), default=np.nan)


def check(row: pd.Series, curve: pd.DataFrame, of: list[Span]) -> None:
    """Compare one row of ``.frame`` and its curve with the reference."""
    assert (row["n"], row["open"]) == (len(of), sum(cause is None for *_, cause in of))
    if not of:
        assert row.drop(["n", "open", "mature", *THIN_OF.values()]).isna().all()
        assert curve.empty
        return
    last, ended = known_to(of)
    limit = np.inf if ended else last
    ran_out = not ended and last >= 0 and reference.kaplan_meier(of).get(last) == 0
    for name, share in (("q25", (1, 4)), ("median", (1, 2)), ("q75", (3, 4))):
        reached = reference.quantile(of, Fraction(*share))
        if reached is not None and not ended and reached > last - ran_out:
            reached = None
        assert row[name] == pytest.approx(np.nan if reached is None else reached, nan_ok=True, abs=0)
        until = HORIZON if reached is None else reached
        if last >= 0:
            assert row[LEAST_OF[name]] == pytest.approx(least(of, min(until, limit)), nan_ok=True, abs=0)
    if last >= 0:
        assert row["rmean_least_at_risk"] == pytest.approx(least(of, min(HORIZON, limit)), nan_ok=True, abs=0)
    for name, column in LEAST_OF.items():
        assert row[THIN_OF[name]] == (row[column] < 5)
    average = float(reference.restricted_mean(of, HORIZON)) if ended or last >= HORIZON else np.nan
    assert row["rmean"] == pytest.approx(average, abs=1e-9, nan_ok=True)
    assert row["known_to"] == pytest.approx(last if last >= 0 else np.nan, nan_ok=True)
    closed = [end for _, end, cause in of if cause]
    assert row["discharged_mean"] == pytest.approx(mean(closed) if closed else np.nan, nan_ok=True)
    assert row["discharged_median"] == pytest.approx(median(closed) if closed else np.nan, nan_ok=True)
    expected = reference.kaplan_meier(of)
    days = sorted({end for _, end, _ in of})
    assert curve["day"].tolist() == days
    assert curve["at_risk"].tolist() == [reference.at_risk(of, t) for t in days]
    assert curve["events"].tolist() == [closed.count(t) for t in days]
    shown = [float(expected[t]) if ended or t <= last else np.nan for t in days]
    assert curve["survival"].tolist() == pytest.approx(shown, abs=1e-12, nan_ok=True)


def check_all(result: cf.estimate.LengthOfStay, keys: list[str], of: dict[tuple[str, ...], list[Span]]) -> None:
    rows = {tuple(map(str, row[keys])): row.drop(keys) for _, row in result.frame.iterrows()}
    curves = {tuple(map(str, key)): curve for key, curve in result.curve.groupby(keys, observed=True)}
    empty = result.curve.iloc[:0]
    for key, row in rows.items():
        check(row, curves.get(key, empty), of.get(key, []))
    assert {key for key, actual in of.items() if actual} <= set(rows)


@FIXED
@given(files())
def test_a_length_of_stay_is_kaplan_meier_with_late_entry(file: File) -> None:
    """Open stays are censored."""
    result = cf.length_of_stay(file.moves(), by="facility", horizon=HORIZON, cluster=None)
    of = {
        (world, level): spans(linked, level, lambda one: reference.stay_span(one.stay, file.start, file.cutoff))
        for world, linked in file.worlds.items()
        for level in LEVELS
    }
    check_all(result, ["facility", "level"], of)


@FIXED
@given(files(days=300))
def test_a_quarter_is_a_period_life_table_of_the_days_spent_in_it(file: File) -> None:
    result = cf.length_of_stay(file.moves(), by=["quarter", "facility"], horizon=HORIZON, cluster=None)
    of = {}
    for quarter, (first, last) in quarter_bounds(file.cutoff).items():
        bounds = max(first, file.first), min(last, file.cutoff)
        for world, linked in file.worlds.items():
            for level in LEVELS if bounds[0] <= bounds[1] else ():
                seen = spans(linked, level, lambda one, b=bounds: reference.stay_span(one.stay, *b))  # type: ignore[misc]
                of[quarter, world, level] = seen
    check_all(result, ["quarter", "facility", "level"], of)


@FIXED
@given(files(days=300))
def test_cohorts_by_admission_and_by_discharge_follow_their_own_stays(file: File) -> None:
    moves = file.moves()
    for cohort in ("admission", "discharge"):
        result = cf.length_of_stay(moves, by=["quarter", "facility"], cohort=cohort, horizon=HORIZON, cluster=None)
        of = {}
        for quarter, (first, last) in quarter_bounds(file.cutoff).items():
            for world, linked in file.worlds.items():
                for level in LEVELS:

                    def seen(one: Linked, first: int = first, last: int = last, cohort: str = cohort) -> Span | None:
                        dated = one.stay.admit if cohort == "admission" else one.stay.discharge
                        if dated is None or not first <= dated <= last:
                            return None
                        return reference.stay_span(one.stay, file.start, file.cutoff)

                    of[quarter, world, level] = spans(linked, level, seen)
        check_all(result, ["quarter", "facility", "level"], of)


@FIXED
@given(files())
def test_plain_errors_are_greenwoods_and_clustered_ones_jackknife(file: File) -> None:
    """The jackknife is that of the rows."""
    moves = file.moves()
    plain = cf.length_of_stay(moves, by="facility", horizon=HORIZON, cluster=None)
    clustered = cf.length_of_stay(moves, by="facility", horizon=HORIZON)
    curves = plain.curve.set_index(["facility", "level", "day"])["se"]
    jackknifed = clustered.curve.set_index(["facility", "level", "day"])["se"]
    means = clustered.frame.set_index(["facility", "level"])["rmean_se"]
    averages = clustered.frame.set_index(["facility", "level"])["rmean"]
    for world, linked in file.worlds.items():
        for level in LEVELS:
            rows = [
                (group(one.stay.person), span)
                for one in linked
                if one.stay.level == level and (span := reference.stay_span(one.stay, file.start, file.cutoff))
            ]
            of = [span for _, span in rows]
            for t in {end for _, end, _ in of}:
                if np.isnan(curves[world, level, t]):
                    continue  # nothing is known of the day
                assert curves[world, level, t] == pytest.approx(reference.greenwood(of, t), abs=1e-9)
                se, _ = reference.jackknife(rows, lambda left, t=t: _survival(left, t))  # type: ignore[misc]
                assert jackknifed[world, level, t] == pytest.approx(se, abs=1e-9, nan_ok=True)
            if rows and not np.isnan(averages[world, level]):
                se, _ = reference.jackknife(rows, lambda left: reference.restricted_mean(left, HORIZON))
                assert means[world, level] == pytest.approx(se, abs=1e-9, nan_ok=True)


def _survival(of: list[Span], t: int) -> Fraction:
    curve = reference.kaplan_meier(of)
    return curve[min(t, max(curve))] if curve else Fraction(1)


@FIXED
@given(files())
def test_the_conventions_move_a_curve_and_change_nothing_else_of_it(file: File) -> None:
    moves = file.moves()
    for by in ("facility", ["facility", "quarter"]):
        actual = {
            convention: cf.length_of_stay(moves, by=by, convention=convention, horizon=10**4)
            for convention in ("nights", "nights_min1", "days")
        }
        nights = actual["nights"].frame
        numbers = ["median", "median_low", "median_high", "q25", "q75", "discharged_median"]
        pd.testing.assert_frame_equal(actual["days"].frame[numbers], nights[numbers] + 1)
        # The median of an even number of stays is the mean of two, one of which may be a stay of no night.
        least, joined = nights[numbers[:-1]].clip(lower=1), actual["nights_min1"].frame[numbers[:-1]]
        # Days 0 and 1 are one day: where all have ended by then, there is no band to find limits in.
        at_most_one = least["median"].eq(1)
        joined = joined.mask(at_most_one & joined.isna().any(axis=1), least)
        pd.testing.assert_frame_equal(joined, least)
        keys = [*([by] if isinstance(by, str) else by), "level"]
        curve = actual["nights"].curve
        moved = curve.assign(day=curve["day"].clip(lower=1)).drop_duplicates([*keys, "day"], keep="last")
        columns = [*keys, "day", "survival", "se", "low", "high"]
        pd.testing.assert_frame_equal(
            actual["nights_min1"].curve[columns], moved[columns].reset_index(drop=True), check_dtype=False
        )
        assert actual["nights_min1"].curve["events"].sum() == curve["events"].sum()
        shifted = actual["days"].curve.assign(day=actual["days"].curve["day"] - 1)
        pd.testing.assert_frame_equal(shifted, curve)


@FIXED
@given(files())
def test_a_curve_only_falls_between_one_and_zero_and_its_band_holds_it(file: File) -> None:
    for cluster in ("person", None):
        curve = cf.length_of_stay(file.moves(), by="facility", cluster=cluster).curve
        keys = ["facility", "level"]
        assert curve["survival"].dropna().between(0, 1).all()
        assert (curve.groupby(keys, observed=True)["survival"].diff().fillna(0) <= 1e-15).all()
        inside = curve[(curve["survival"] > 0) & (curve["survival"] < 1) & curve["se"].notna()]
        assert (inside["low"] <= inside["survival"] + 1e-12).all()
        assert (inside["survival"] <= inside["high"] + 1e-12).all()
        ends = curve[(curve["survival"] == 0) | (curve["survival"] == 1)]
        assert ends[["low", "high"]].isna().all(axis=None), "no log-log limits where S is 0 or 1"


@FIXED
@given(files())
def test_without_censoring_the_curve_is_the_plain_share(file: File) -> None:
    """Starts are closed and open stays."""
    closed = [s for s in file.stays if s.discharge is not None and s.discharge <= file.cutoff]
    everything = File(file.seed, file.cutoff, file.within, None)
    result = cf.length_of_stay(everything.moves(frame_of(closed)), horizon=10**4)
    kept = reference.without_contradictions(closed, LEVELS)
    for level, curve in result.curve.groupby("level", observed=True):
        mine = pd.Series([s.discharge - s.admit for s in kept if s.level == level and s.discharge is not None])
        for day, left in zip(curve["day"], curve["survival"], strict=True):
            assert left == pytest.approx((mine > day).mean(), abs=1e-12)
        row = result.frame.set_index("level").loc[level]
        assert row["open"] == 0
        assert row["rmean"] == pytest.approx(row["discharged_mean"], abs=1e-9)
        assert row["rmean"] == pytest.approx(mine.mean(), abs=1e-9)


@FIXED
@given(files())
def test_row_order_ids_and_dates_change_no_length_of_stay(file: File) -> None:
    frame = file.frame()
    plain = cf.length_of_stay(file.moves(frame), by="facility")
    turned = frame.sample(frac=1, random_state=2).reset_index(drop=True)
    renamed = turned.assign(person_id="x" + turned["person_id"].str[::-1])
    pd.testing.assert_frame_equal(cf.length_of_stay(file.moves(turned), by="facility").curve, plain.curve)
    pd.testing.assert_frame_equal(cf.length_of_stay(file.moves(shift=731), by="facility").frame, plain.frame)
    other = cf.length_of_stay(file.moves(renamed), by="facility").curve
    pd.testing.assert_frame_equal(other[CURVE], plain.curve[CURVE])


@FIXED
@given(files())
def test_three_copies_of_everyone_have_the_same_curve_and_smaller_errors(file: File) -> None:
    frame = file.frame()
    copies = pd.concat([frame.assign(person_id=frame["person_id"] + tag) for tag in "abc"], ignore_index=True)
    plain = cf.length_of_stay(file.moves(frame), by="facility", cluster=None).curve
    tripled = cf.length_of_stay(file.moves(copies), by="facility", cluster=None).curve
    assert np.allclose(tripled["survival"], plain["survival"], rtol=0, atol=1e-12, equal_nan=True)
    assert np.allclose(tripled["se"] * 3**0.5, plain["se"], rtol=0, atol=1e-9, equal_nan=True)
