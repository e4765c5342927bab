"""Cumulative incidences on random files against the slow reference, and what must hold whatever the stays."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from support import reference
from support.brute import Curve
from support.reference import Span
from support.strategies import FIXED, LEVELS, File, files, quarter_bounds

import careflow as cf
from careflow.continuum.outcomes import LEFT_REASONS
from careflow.records.privacy.jackknife_groups import group

pytestmark = pytest.mark.slow

PLAIN = {"stay": [*LEVELS, *LEFT_REASONS, "died", "concurrent"], "gap": [*LEVELS, "died", "concurrent"]}


def spans(file: File, world: str, level: str, clock: str) -> list[Span]:
    linked = file.worlds[world]
    if clock == "gap":
        return reference.gap_spans(linked, level, file.cutoff)
    return reference.exit_spans(linked, level, file.start, file.cutoff - file.within)


def risen(of: list[Span], to: str, days: list[int]) -> list[float]:
    """Return an incidence on some days, missing where nobody was followed."""
    shares = [Curve(of).incidence([to], t) for t in days]
    return [np.nan if share is None else float(share) for share in shares]


@FIXED
@given(files())
@pytest.mark.parametrize("clock", ["stay", "gap"])
def test_an_incidence_is_aalen_johansen_of_each_cause(clock: str, file: File) -> None:
    result = cf.cumulative_incidence(file.moves(), clock=clock, by="facility", cluster=None)
    actual = dict(iter(result.frame.groupby(["facility", "from"], observed=True)))
    for world in file.worlds:
        for level in LEVELS:
            of = spans(file, world, level, clock)
            if not of:
                assert (world, level) not in actual
                continue
            rows = actual[world, level]
            days = sorted({end for _, end, _ in of})
            for to in PLAIN[clock]:
                mine = rows[rows["to"] == to]
                assert mine["day"].tolist() == days
                assert mine["estimate"].tolist() == pytest.approx(risen(of, to, days), abs=1e-12, nan_ok=True)
                assert mine["at_risk"].tolist() == [reference.at_risk(of, t) for t in days]


@FIXED
@given(files())
@pytest.mark.parametrize("clock", ["stay", "gap"])
def test_survival_and_incidences_sum_to_one_on_every_day(clock: str, file: File) -> None:
    """With late entry too: half of the files begin to record when stays are under way."""
    result = cf.cumulative_incidence(file.moves(), clock=clock, by="facility")
    keys = ["facility", "from", "day"]
    ways = result.frame[result.frame["to"].isin(PLAIN[clock])].groupby(keys, observed=True)["estimate"].sum(min_count=1)
    left = result.survival.set_index(keys)["estimate"]
    assert len(ways) == len(left)
    assert (ways.isna() == left.isna()).all()
    assert np.allclose((ways + left).dropna(), 1, rtol=0, atol=1e-12)
    if clock == "stay":
        reasons = (
            result.frame[result.frame["to"].isin(LEFT_REASONS)]
            .groupby(keys, observed=True)["estimate"]
            .sum(min_count=1)
        )
        care = result.frame[result.frame["to"] == "left care"].set_index(keys)["estimate"]
        assert np.allclose(care, reasons.reindex(care.index), rtol=0, atol=1e-12, equal_nan=True)


@FIXED
@given(files())
def test_an_incidence_only_rises_and_its_band_holds_it(file: File) -> None:
    for cluster in ("person", None):
        frame = cf.cumulative_incidence(file.moves(), by="facility", cluster=cluster).frame
        assert frame["estimate"].dropna().between(0, 1 + 1e-12).all()
        steps = frame.groupby(["facility", "from", "to"], observed=True)["estimate"].diff().dropna()
        assert (steps >= -1e-15).all()
        known = frame.dropna(subset=["low", "high"])
        assert (known["low"] <= known["estimate"] + 1e-12).all()
        assert (known["estimate"] <= known["high"] + 1e-12).all()


@FIXED
@given(files())
def test_the_clustered_error_of_an_incidence_is_the_jackknife_of_the_rows(file: File) -> None:
    frame = cf.cumulative_incidence(file.moves(), clock="gap", by="facility").frame
    actual = frame.set_index(["facility", "from", "to", "day"])["se"]
    for world, linked in file.worlds.items():
        for level in ("php", "iop"):
            rows = [
                (group(one.stay.person), span)
                for one in linked
                for span in reference.gap_spans([one], level, file.cutoff)
            ]
            for t in sorted({end for _, (_, end, _) in rows}):
                for to in ("iop", "died"):

                    def risen(left: list[Span], t: int = t, to: str = to) -> float:
                        curve = reference.incidence(left, to)
                        return float(curve[min(t, max(curve))]) if curve else 0.0

                    se, _ = reference.jackknife(rows, risen)
                    assert actual[world, level, to, t] == pytest.approx(se, abs=1e-9, nan_ok=True)


@FIXED
@given(files(days=300))
def test_the_clock_says_which_day_gives_the_quarter(file: File) -> None:
    """The day of admission on the stay clock, the day of discharge on the gap clock."""
    known = file.cutoff - file.within
    for clock in ("stay", "gap"):
        frame = cf.cumulative_incidence(file.moves(), clock=clock, by="quarter", cluster=None).frame
        for quarter, (first, last) in quarter_bounds(file.cutoff).items():
            of: list[Span] = []
            for one in file.linked:
                dated = one.stay.admit if clock == "stay" else one.stay.discharge
                if dated is None or not first <= dated <= last:
                    continue
                if clock == "gap":
                    of += reference.gap_spans([one], "php", file.cutoff)
                else:
                    of += reference.exit_spans([one], "php", file.start, known)
            rows = frame[(frame["quarter"] == quarter) & (frame["from"] == "php") & (frame["to"] == "iop")]
            days = sorted({end for _, end, _ in of})
            assert rows["day"].tolist() == days
            assert rows["estimate"].tolist() == pytest.approx(risen(of, "iop", days), abs=1e-12, nan_ok=True)


@FIXED
@given(files())
def test_a_single_level_has_the_estimates_that_it_has_among_all(file: File) -> None:
    moves = file.moves()
    every = cf.cumulative_incidence(moves, by="facility").frame
    one = cf.cumulative_incidence(moves, "iop", by="facility").frame
    expected = every[every["from"] == "iop"].reset_index(drop=True)
    expected["facility"] = expected["facility"].astype(str)
    pd.testing.assert_frame_equal(one.assign(facility=one["facility"].astype(str)), expected)
