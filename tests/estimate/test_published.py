"""Numbers that others printed, met by made-up stays with the same times, from records to frame."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from oracles.cases import SHARED, Case, case, load
from support.direct import counts_of
from support.drawn import ORIGIN

import careflow as cf
from careflow.continuum.outcomes import REASONS
from careflow.counts.event_tables import REASON_CODE
from careflow.estimate.stats.aalen_johansen import occupied
from careflow.estimate.stats.intervals import log_log, quantile_of

WARD = cf.Continuum.of(["ward", "home"])


def skip_unless(name: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"the public file {name} is not in ../shared/data")


def lasting(times: pd.Series, ended: pd.Series) -> cf.Transitions:
    """Link stays of one level with these lengths, those that did not end being open at the cut-off."""
    longest = int(times.max())
    nights = times.astype(int)
    admit = np.where(ended, 0, longest - nights)
    frame = pd.DataFrame({"person_id": [f"P{i}" for i in range(len(times))], "level": "ward"})
    frame["admit_date"] = [ORIGIN + timedelta(days=int(t)) for t in admit]
    frame["discharge_date"] = [
        ORIGIN + timedelta(days=int(t)) if out else None for t, out in zip(nights, ended, strict=True)
    ]
    return cf.link(cf.read_episodes(frame, WARD, cutoff=ORIGIN + timedelta(days=longest)))


def survival(stays: cf.estimate.LengthOfStay, days: list[int]) -> list[float]:
    curve = stays.curve
    return [curve.loc[curve["day"] <= t, "survival"].iloc[-1] for t in days]


@pytest.mark.slow
def test_the_curves_of_acute_myeloid_leukaemia() -> None:
    skip_unless("survival_aml.csv")
    aml = pd.read_csv(SHARED / "survival_aml.csv")
    actual = {}
    for arm, rows in aml.groupby("x"):
        actual[arm] = cf.length_of_stay(lasting(rows["time"], rows["status"] == 1), cluster=None)
    of = case("published_aml")
    days = of.outputs["time"].astype(int).tolist()
    assert_allclose(survival(actual["Maintained"], days), of.outputs["survival"], atol=5e-7)
    medians = [actual[arm].frame["median"].iloc[0] for arm in ("Maintained", "Nonmaintained")]
    assert medians == [31, 23]


def test_the_curve_of_advanced_lung_cancer() -> None:
    skip_unless("survival_lung.csv")
    lung = pd.read_csv(SHARED / "survival_lung.csv")
    actual = cf.length_of_stay(lasting(lung["time"], lung["status"] == 2), cluster=None)
    assert_allclose(survival(actual, [90, 180, 365, 730]), [0.881579, 0.721671, 0.409242, 0.115693], atol=5e-7)
    # The printed limits of the median, 285 and 363, are of R's default band (log); these are of the log-log band.
    assert actual.frame[["median", "median_low", "median_high"]].iloc[0].tolist() == [310, 284, 361]


def test_fifteen_moves_of_a_hundred_and_forty_eight_have_newcombes_limits() -> None:
    stay = {"level": "residential", "admit_date": ORIGIN, "discharge_date": ORIGIN}
    stays: list[dict[str, object]] = [{"person_id": f"P{i}", **stay} for i in range(148)]
    moved = [{**stay, "level": "php", "discharge_date": None} for stay in stays[:15]]
    moves = cf.link(cf.read_episodes(pd.DataFrame(stays + moved), cutoff=ORIGIN + timedelta(days=90)))
    frame = cf.transition_rates(moves, cluster=None).frame
    row = frame[(frame["from"] == "residential") & (frame["to"] == "php")].iloc[0]
    assert (row["n"], row["of"]) == (15, 148)
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.0624, 0.1605)


def test_discharges_by_service_and_reason_of_teds_2004() -> None:
    skip_unless("teds2004_table2_5.csv")
    printed = pd.read_csv(SHARED / "teds2004_table2_5.csv").set_index("service")
    words = {
        "completed": "completed",
        "transferred": "transferred out",
        "dropped_out": "left early",
        "terminated": "terminated",
        "other": "other",
    }
    services = [name for name in printed.index if name != "Total"]
    rows = [
        (0, i, REASON_CODE + REASONS.index(word), REASONS.index(word), -1, 30, int(printed.loc[service, column]))
        for i, service in enumerate(services)
        for column, word in words.items()
    ]
    columns = ["jackknife_group", "state", "event", "reason", "moved", "followed", "n"]
    counts = counts_of({"discharge": pd.DataFrame(rows, columns=columns)}, cf.Continuum.of(services))
    rates = cf.transition_rates(counts, cluster=None).frame.set_index(["from", "to"])
    assert rates.xs("left care", level="to")["n"].sum() == printed.loc["Total", "total"] == 957_491
    for service in services:
        for column, word in words.items():
            row = rates.loc[(service, word)]
            assert (row["n"], row["of"]) == (printed.loc[service, column], printed.loc[service, "total"])
            assert 100 * row["rate"] == pytest.approx(printed.loc[service, f"pct_{column}"], abs=0.0501)


# --- states that people come back to ---------------------------------------------------------------------------------


def test_the_toy_of_survivals_own_tests_has_its_hand_worked_answers() -> None:
    of = case("aj_mstate_toy")
    rows, names = of.table(), ["entry", "a", "b", "c"]
    last = int(rows["exit"].max())
    moves, at_risk = np.zeros((last + 1, 4, 4), dtype=int), np.zeros((last + 1, 4), dtype=int)
    for state, to, entry, out in rows[["from", "to", "entry", "exit"]].itertuples(index=False):
        at_risk[entry : out + 1, names.index(state)] += 1
        if to != "cens":
            moves[out, names.index(state), names.index(to)] += 1
    ways = np.argwhere(moves.sum(axis=0))
    path = occupied(np.eye(4)[0], moves[:, ways[:, 0], ways[:, 1]], at_risk, ways)
    assert_allclose(path[5], [3 / 16, 7 / 16, 3 / 8, 0], atol=1e-12)
    assert_allclose(path[9], [0, 0, 19 / 32, 13 / 32], atol=1e-12)
    assert_allclose(path[10], [0, 19 / 64, 19 / 64, 13 / 32], atol=1e-12)


@pytest.fixture(scope="module")
def ventilated() -> cf.Transitions:
    """etm's sir.cont as stays with and without ventilation: half days go up to whole ones, and nothing is netted here.

    Those still in the unit at the end of their record are open at the cut-off; the last state is to leave care.
    """
    skip_unless("etm_sir_cont.csv")
    spells = pd.read_csv(SHARED / "etm_sir_cont.csv", dtype={"from": str, "to": str}).sort_values(["id", "time"])
    spells["out"] = np.ceil(spells["time"]).astype(int)
    spells["into"] = spells.groupby("id")["out"].shift().fillna(0).astype(int)
    cutoff = 400
    last = spells.groupby("id").tail(1).set_index("id")
    begin = spells["id"].map(last["out"].where(last["to"] == "cens").rsub(cutoff).fillna(0)).astype(int)
    frame = pd.DataFrame({"person_id": spells["id"], "level": spells["from"].map({"0": "free", "1": "ventilated"})})
    frame["admit_date"] = [ORIGIN + timedelta(days=int(t)) for t in begin + spells["into"]]
    frame["discharge_date"] = [
        None if to == "cens" else ORIGIN + timedelta(days=int(t))
        for t, to in zip(begin + spells["out"], spells["to"], strict=True)
    ]
    frame["episode_id"] = [f"{i:05d}" for i in range(len(frame))]
    care = cf.Continuum.of(["ventilated", "free"])
    return cf.link(cf.read_episodes(frame, care, cutoff=ORIGIN + timedelta(days=cutoff)), within=0)


def test_ventilation_of_sir_cont_moves_as_etm_counts(ventilated: cf.Transitions) -> None:
    frame = cf.transition_rates(ventilated, cluster=None).frame.set_index(["from", "to"])["n"]
    assert frame["free", "ventilated"] == 75
    assert frame["ventilated", "free"] == 319
    assert frame["free", "left care"] == 606
    assert frame["ventilated", "left care"] == 127


def test_occupation_of_sir_cont_and_its_error_are_those_of_etm(ventilated: cf.Transitions) -> None:
    of = case("occupation_sir")
    frame = cf.occupation(ventilated, days=int(of.outputs["day"].max()), cluster=None).frame
    names = [{"0": "free", "1": "ventilated", "2": "left care"}[str(state)] for state in of.outputs["states"]]
    for column, name in (("estimate", "estimate"), ("se", "std_err_start_random")):
        wide = frame.pivot_table(index="day", columns="state", values=column, observed=False)[names]
        assert_allclose(wide.loc[of.outputs["day"]], of.outputs[name], rtol=0, atol=1e-9)


def test_the_printed_probabilities_of_sir_cont_are_those_of_whole_days() -> None:
    skip_unless("etm_sir_cont.csv")
    of = case("aj_sir")
    at = of.outputs["day"].tolist().index(10)
    assert of.outputs["P"][at][0].round(6).tolist() == [0.186186, 0.067955, 0.745859]


# --- limits of incidences --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [c for c in load("cumulative_incidence") if "lower_loglog" in c.outputs], ids=str)
def test_limits_of_an_incidence_are_log_log_of_the_incidence_itself(of: Case) -> None:
    estimate, se = of.outputs["estimate"], of.outputs["std_err"]
    low, high = log_log(estimate, se, quantile_of(of.given["level"]))
    inside = (estimate > 0) & (estimate < 1 - 1e-12)
    assert_allclose(low[inside], of.outputs["lower_loglog"][inside], rtol=0, atol=1e-9)
    assert_allclose(high[inside], of.outputs["upper_loglog"][inside], rtol=0, atol=1e-9)
