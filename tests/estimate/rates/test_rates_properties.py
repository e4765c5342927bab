"""Rates on random stays against the slow reference, and what must hold whatever the stays."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from support import reference
from support.brute import Curve
from support.drawn import day
from support.reference import Linked
from support.strategies import FIXED, LEVELS, File, files, quarter_bounds

import careflow as cf
from careflow.continuum.outcomes import LEFT_REASONS
from careflow.records.privacy.jackknife_groups import group

pytestmark = pytest.mark.slow

PLAIN = [*LEVELS, *LEFT_REASONS, "died", "concurrent"]
Table = dict[tuple[str, ...], tuple[int, int]]


def counted(frame: pd.DataFrame, *by: str) -> Table:
    """Return {(strata, from, to): (n, of)} of what occurred."""
    rows = frame[(frame["n"] > 0) & (frame["to"] != "left care")]
    return {
        tuple(map(str, key)): (n, of)
        for *key, n, of in rows[[*by, "from", "to", "n", "of"]].itertuples(index=False, name=None)
    }


def expected(file: File, worlds: dict[str, list[Linked]], within: int, *before: str) -> Table:
    """Return what :func:`counted` should."""
    return {
        (world, *before, *pair): actual
        for world, linked in worlds.items()
        for pair, actual in reference.rates(linked, file.cutoff, within).items()
    }


@FIXED
@given(files())
def test_rates_equal_the_reference(file: File) -> None:
    frame = cf.transition_rates(file.moves(), by="facility", cluster=None).frame
    assert counted(frame, "facility") == expected(file, file.worlds, file.within)
    some = frame["of"] > 0
    assert np.allclose(frame.loc[some, "rate"], frame.loc[some, "n"] / frame.loc[some, "of"], rtol=0, atol=1e-15)
    assert frame.loc[~some, ["rate", "se", "low", "high"]].isna().all(axis=None), "no discharges is no answer, not 0"


@FIXED
@given(files())
def test_rates_of_everybody_add_up_the_facilities(file: File) -> None:
    actual = counted(cf.transition_rates(file.moves(), cluster=None).frame)
    assert actual == reference.rates(file.linked, file.cutoff, file.within)


@FIXED
@given(files(days=300))
def test_rates_by_quarter_are_those_of_the_discharges_in_it(file: File) -> None:
    frame = cf.transition_rates(file.moves(), by=["facility", "quarter"], cluster=None).frame
    assert set(frame["quarter"]) <= set(quarter_bounds(file.cutoff))
    wanted: Table = {}
    for quarter, (first, last) in quarter_bounds(file.cutoff).items():
        worlds = {
            world: [o for o in linked if o.stay.discharge is not None and first <= o.stay.discharge <= last]
            for world, linked in file.worlds.items()
        }
        wanted |= expected(file, worlds, file.within, quarter)
        rows = frame[frame["quarter"] == quarter]
        assert rows["mature"].eq(first >= file.first and last + file.within <= file.cutoff).all()
        _check_followed(rows, worlds, file)
    assert counted(frame, "facility", "quarter") == wanted


def _check_followed(rows: pd.DataFrame, worlds: dict[str, list[Linked]], file: File) -> None:
    every, known = (
        Counter((one.stay.facility, one.stay.level) for one in chosen)
        for chosen in (
            [one for linked in worlds.values() for one in linked],
            [o for linked in worlds.values() for o in linked if reference.followed(o.stay, file.cutoff, file.within)],
        )
    )
    shares = rows.drop_duplicates(["facility", "from"])
    for world, level, share in shares[["facility", "from", "followed"]].itertuples(index=False, name=None):
        n = every[world, level]
        assert share == pytest.approx(known[world, level] / n if n else np.nan, abs=1e-15, nan_ok=True)


@FIXED
@given(files())
def test_a_shorter_window_is_as_if_linked_by_it(file: File) -> None:
    windows = sorted({0, file.within // 2, file.within})
    moves = file.moves()
    frame = cf.transition_rates(moves, by="facility", within=windows, cluster=None).frame
    for within in windows:
        rows = frame[frame["within"] == within] if len(windows) > 1 else frame
        linked = reference.link(file.kept, LEVELS, within)
        worlds = {world: [one for one in linked if one.stay.facility == world] for world in file.worlds}
        assert counted(rows, "facility") == expected(file, worlds, within)
        alone = cf.transition_rates(moves, by="facility", within=within, cluster=None).frame
        assert counted(alone, "facility") == expected(file, worlds, within)


@FIXED
@given(files())
def test_every_row_of_a_transition_matrix_sums_to_one(file: File) -> None:
    rates = cf.transition_rates(file.moves(), by="facility")
    keys = ["facility", "from"]
    plain = rates.frame[rates.frame["to"].isin(PLAIN)].groupby(keys, observed=True)
    of = plain["of"].first()
    assert np.allclose(plain["rate"].sum()[of > 0], 1, rtol=0, atol=1e-12)
    assert plain["n"].sum().equals(of)
    left = rates.frame[rates.frame["to"].isin(LEFT_REASONS)].groupby(keys, observed=True)["n"].sum()
    assert left.tolist() == rates.frame.loc[rates.frame["to"] == "left care", "n"].tolist()
    moves = rates.frame[rates.frame["direction"].notna()]
    added = moves.groupby([*keys, "direction"], observed=True)[["n", "rate"]].sum(min_count=1).reset_index()
    both = rates.directions.merge(added, on=[*keys, "direction"], how="left", suffixes=("", "_added"))
    assert (both["n"] == both["n_added"].fillna(0)).all(), "a direction that a level cannot take has no moves"
    assert np.allclose(both["rate"].fillna(0), both["rate_added"].fillna(0), rtol=0, atol=1e-12)


@FIXED
@given(files())
def test_limits_hold_the_rate_and_stay_between_zero_and_one(file: File) -> None:
    moves = file.moves()
    for method in ("followed", "incidence"):
        for cluster in ("person", None):
            frame = cf.transition_rates(moves, by="facility", method=method, cluster=cluster).frame
            known = frame.dropna(subset=["rate", "low", "high"])
            assert len(known)
            assert (known["low"] >= 0).all()
            assert (known["high"] <= 1).all()
            assert (known["low"] <= known["rate"] + 1e-12).all()
            assert (known["rate"] <= known["high"] + 1e-12).all()


@FIXED
@given(files())
def test_the_clustered_error_is_the_jackknife_of_the_rows(file: File) -> None:
    frame = cf.transition_rates(file.moves(), by="facility").frame.set_index(["facility", "from", "to"])["se"]
    pooled = cf.transition_rates(file.moves()).frame.set_index(["from", "to"])["se"]
    worlds: dict[str, Iterable[Linked]] = {**file.worlds, "": file.linked}
    for world, linked in worlds.items():
        for level in LEVELS:
            rows = [
                (group(one.stay.person), one.outcome)
                for one in linked
                if one.stay.level == level and reference.followed(one.stay, file.cutoff, file.within)
            ]
            for to in ("php", "completed", "died", "concurrent"):
                if not rows:
                    continue
                se = float(frame[world, level, to] if world else pooled[level, to])
                assert se == pytest.approx(reference.jackknife(rows, _share(to))[0], abs=1e-12, nan_ok=True)


def _share(to: str) -> reference.Theta:
    return lambda outcomes: sum(one == to for one in outcomes) / len(outcomes) if outcomes else None


@FIXED
@given(files())
def test_row_order_and_new_ids_change_nothing(file: File) -> None:
    frame = file.frame()
    turned = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    plain = cf.transition_rates(file.moves(frame), by="facility").frame
    pd.testing.assert_frame_equal(cf.transition_rates(file.moves(turned), by="facility").frame, plain)
    renamed = turned.assign(person_id="x" + turned["person_id"].str[::-1])
    numbers = ["facility", "from", "to", "n", "of", "rate", "followed"]
    other = cf.transition_rates(file.moves(renamed), by="facility").frame
    pd.testing.assert_frame_equal(other[numbers], plain[numbers])


@FIXED
@given(files())
def test_a_shift_of_all_dates_shifts_nothing_else(file: File) -> None:
    plain = cf.transition_rates(file.moves(), by="facility").frame
    pd.testing.assert_frame_equal(cf.transition_rates(file.moves(shift=1000), by="facility").frame, plain)


@FIXED
@given(files())
def test_levels_by_other_names_give_the_same_numbers(file: File) -> None:
    other = cf.Continuum.of(["A", "B", "C", "D", "E"])
    frame = file.frame()
    frame["level"] = frame["level"].map(dict(zip(LEVELS, other.names, strict=True)))
    numbers = ["n", "of", "rate", "se", "low", "high", "followed"]
    named = cf.transition_rates(file.moves(frame, continuum=other)).frame
    pd.testing.assert_frame_equal(named[numbers], cf.transition_rates(file.moves()).frame[numbers])


@FIXED
@given(files())
def test_three_copies_of_everyone_give_the_same_rates(file: File) -> None:
    frame = file.frame()
    copies = pd.concat([frame.assign(person_id=frame["person_id"] + tag) for tag in "abc"], ignore_index=True)
    plain = cf.transition_rates(file.moves(frame), by="facility", cluster=None).frame
    tripled = cf.transition_rates(file.moves(copies), by="facility", cluster=None).frame
    assert tripled["n"].tolist() == (3 * plain["n"]).tolist()
    assert np.allclose(tripled["rate"], plain["rate"], rtol=0, atol=1e-15, equal_nan=True)
    assert np.allclose(tripled["se"] * 3**0.5, plain["se"], rtol=0, atol=1e-12, equal_nan=True)


@FIXED
@given(files())
def test_an_incidence_is_aalen_johansen_on_the_days_since_discharge(file: File) -> None:
    frame = cf.transition_rates(file.moves(), by="facility", method="incidence", cluster=None).frame
    actual = frame.set_index(["facility", "from", "to"])["rate"]
    plain = [*LEVELS, "died", "concurrent"]
    for world, linked in file.worlds.items():
        for level in LEVELS:
            spans = reference.gap_spans(linked, level, file.cutoff)
            if not spans:
                continue
            curve = Curve(spans)
            for to in plain:
                share = curve.incidence([to], file.within)
                wanted = np.nan if share is None else float(share)
                assert actual[world, level, to] == pytest.approx(wanted, abs=1e-12, nan_ok=True)
            if curve.known(file.within):
                assert actual[world, level][[*plain, "left care"]].sum() == pytest.approx(1, abs=1e-12)


@FIXED
@given(files())
def test_an_incidence_of_discharges_all_followed_is_the_share(file: File) -> None:
    """Without censoring inside the window the two methods agree."""
    closed = file.frame().dropna(subset=["discharge_date"])
    episodes = cf.read_episodes(closed, cutoff=day(file.cutoff + 300), accept=["F04"])
    moves = cf.link(episodes, within=file.within)
    one = cf.transition_rates(moves, by="facility", cluster=None).frame
    other = cf.transition_rates(moves, by="facility", method="incidence", cluster=None).frame
    keys = ["facility", "from", "to"]
    both = one.merge(other, on=keys, suffixes=("", "_incidence"))
    assert len(both) == len(other)
    assert np.allclose(both["rate"], both["rate_incidence"], rtol=0, atol=1e-12, equal_nan=True)


@FIXED
@given(files())
def test_an_intensity_is_moves_per_hundred_person_days(file: File) -> None:
    """Both counted up to the last known day."""
    frame = cf.transition_rates(file.moves(), by="facility", method="intensity", cluster=None).frame
    known = file.cutoff - file.within
    worlds = expected(file, file.worlds, file.within)
    days: Counter[tuple[str, str]] = Counter()
    for one in file.linked:
        end = known + 1 if one.stay.discharge is None else min(one.stay.discharge, known + 1)
        days[one.stay.facility, one.stay.level] += max(0, end - max(one.stay.admit, file.first))
    rows = frame.loc[frame["to"] != "left care", ["facility", "from", "to", "n", "of", "rate"]]
    for world, level, to, n, of, rate in rows.itertuples(index=False, name=None):
        assert (n, of) == (worlds.get((world, level, to), (0, 0))[0], days[world, level])
        assert rate == pytest.approx(100 * n / of if of else np.nan, rel=1e-12, nan_ok=True)
