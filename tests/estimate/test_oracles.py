"""careflow's estimators give R's numbers: estimates and plain standard errors to 1e-9."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from oracles.cases import Case, case, load
from support.direct import counts_of, process_table, spell_table

import careflow as cf
from careflow.counts.event_tables import CENSORED, DIED_CODE, ENDED
from careflow.counts.sql.journeys import BETWEEN_CODE, LEFT_CODE
from careflow.estimate.stats.aalen_johansen import occupied, occupied_se, state_process
from careflow.estimate.stats.absorbing_chain import absorbing_chain
from careflow.estimate.stats.differences import recovered_limits, score_variance, two_sided
from careflow.estimate.stats.intervals import garwood, quantile_of, wilson
from careflow.estimate.stats.jackknife import clustered_se
from careflow.estimate.stats.kaplan_meier import quantile
from careflow.estimate.stats.multiple_testing import adjusted
from careflow.estimate.stats.proportions import shares

CARE = cf.Continuum.of(["one", "two", "three"])
CAUSES = dict(enumerate(CARE.names, start=1))
"""R's causes 1, 2 and 3 stand for moves to the three levels."""

CARE_STATES = {"residential": 0, "php": 1, "iop": 2, "between": BETWEEN_CODE, "left care": LEFT_CODE, "died": DIED_CODE}
WEIGHTED = "stays_weighted"


def close(ours: object, theirs: object) -> None:
    assert_allclose(np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=0, atol=1e-9)


def by_id(*groups: str, start: str = ""):
    cases = [one for group in groups for one in load(group) if one.id.startswith(start)]
    return pytest.mark.parametrize("of", cases, ids=str)


def rows_of(of: Case) -> pd.DataFrame:
    if not of.available:
        pytest.skip(f"the public file {of.csv} is not beside the project")
    rows = of.table()
    return rows.assign(n=rows["weight"]) if of.set == WEIGHTED else rows


def stays(rows: pd.DataFrame, by: tuple[str, ...] = ()) -> cf.Counts:
    ends = rows.assign(event=np.where(rows["cause"] > 0, ENDED, CENSORED))
    return counts_of({"stay by admission": process_table(ends, by=by)}, CARE, by=by)


def exits(rows: pd.DataFrame, by: tuple[str, ...] = ()) -> cf.Counts:
    ends = rows.assign(event=np.where(rows["cause"] > 0, rows["cause"] - 1, CENSORED))
    return counts_of({"exit": process_table(ends, by=by)}, CARE, by=by)


def length(of: Case, **how: object) -> cf.estimate.LengthOfStay:
    return cf.length_of_stay(stays(rows_of(of)), cohort="admission", cluster=None, **how)


RUN_OUT = "early_end"
"""In this file the early risk set runs out: R carries the 0 on, we say nothing after it."""


@by_id("kaplan_meier", "left_truncation", "weights")
def test_a_curve_and_its_limits_are_those_of_survfit(of: Case) -> None:
    curve, out = length(of, confidence=of.given["level"]).curve, of.outputs
    if of.set == RUN_OUT:
        known = curve["survival"].notna().to_numpy()
        assert not known.all()
        close(curve["survival"][known], out["survival"][known])
        return
    assert curve["day"].tolist() == out["time"].tolist()
    assert curve["at_risk"].tolist() == out["n_risk"].tolist()
    assert curve["events"].tolist() == out["n_event"].tolist()
    close(curve["survival"], out["survival"])
    known = ~np.isnan(out["std_err"])
    close(curve["se"][known], out["std_err"][known])
    close(curve["low"], out["lower"])
    close(curve["high"], out["upper"])


@pytest.mark.slow
@by_id("quantiles")
def test_quantiles_are_first_days_of_survfits_curve_and_limits(of: Case) -> None:
    actual = length(of, confidence=of.given["level"])
    if of.set == RUN_OUT:
        assert actual.frame["known_to"].iloc[0] < actual.curve["day"].max()
        return
    curve, row, out = actual.curve, actual.frame.iloc[0], of.outputs
    for name, column in (("first_day", "survival"), ("first_day_lower", "low"), ("first_day_upper", "high")):
        close([quantile(curve["day"], curve[column], q) for q in of.given["q"]], out[name])
    place = of.given["q"].index(0.5)
    shown = row[["median", "median_low", "median_high"]]
    close(shown, [out[name][place] for name in ("first_day", "first_day_lower", "first_day_upper")])
    close(row["q25"], out["first_day"][of.given["q"].index(0.25)])
    close(row["q75"], out["first_day"][of.given["q"].index(0.75)])


@pytest.mark.slow
@by_id("restricted_mean")
def test_restricted_means_and_their_errors_are_those_of_survfit(of: Case) -> None:
    for horizon, mean, se in zip(
        np.atleast_1d(of.given["horizon"]), of.outputs["rmean"], of.outputs["std_err"], strict=True
    ):
        row = length(of, horizon=int(horizon)).frame.iloc[0]
        if of.set == RUN_OUT and horizon > row["known_to"]:
            assert np.isnan(row["rmean"])
            continue
        close([row["rmean"], row["rmean_se"]], [mean, se])


@by_id("discharged")
def test_discharged_mean_and_median_are_of_closed_stays_only(of: Case) -> None:
    row = length(of).frame.iloc[0]
    assert row["open"] == of.outputs["open"][0]
    close(row[["discharged_mean", "discharged_median"]], [of.outputs["mean"][0], of.outputs["median"][0]])


def on_days(frame: pd.DataFrame, days: np.ndarray, column: str) -> np.ndarray:
    place = np.searchsorted(frame["day"].to_numpy(), days, side="right") - 1
    return np.where(place < 0, 0.0, frame[column].to_numpy()[np.maximum(place, 0)])


@by_id("cumulative_incidence")
def test_cumulative_incidences_are_those_of_etm_survfit_and_cuminc(of: Case) -> None:
    actual = cf.cumulative_incidence(exits(rows_of(of)), "one", cluster=None)
    out = of.outputs
    if of.set == RUN_OUT:
        left = actual.survival[actual.survival["day"].isin(out["time"])]
        known = left["estimate"].notna().to_numpy()
        assert not known.all()
        close(left["estimate"][known], out["survival"][known])
        return
    for i, cause in enumerate(out["causes"]):
        rows = actual.frame[actual.frame["to"] == CAUSES[int(cause)]]
        close(on_days(rows, out["time"], "estimate"), out["estimate"][:, i])
        if "std_err" in out:
            close(on_days(rows, out["time"], "se"), out["std_err"][:, i])
    if "survival_std_err" in out:
        left = actual.survival[actual.survival["day"].isin(out["time"])]
        close(left["estimate"], out["survival"])
        close(left["se"], out["survival_std_err"])
        assert left["at_risk"].tolist() == out["n_risk"].tolist()


@by_id("log_rank")
def test_the_log_rank_test_is_that_of_survdiff(of: Case) -> None:
    test = cf.logrank_test(stays(rows_of(of), ("arm",)), by="arm", cohort="admission", cluster=None)
    row, out = test.frame.iloc[0], of.outputs
    close(row[["statistic", "df", "p"]], [out[name][0] for name in ("statistic", "df", "p")])
    if "expected" in out:
        assert test.groups["n"].tolist() == out["n"].tolist()
        close(test.groups["observed"], out["observed"])
        close(test.groups["expected"], out["expected"])


@by_id("gray")
def test_grays_test_is_that_of_cuminc(of: Case) -> None:
    frame = cf.gray_test(exits(rows_of(of), ("arm",)), "one", by="arm", cluster=None).frame.set_index("to")
    for i, cause in enumerate(of.outputs["causes"]):
        row = frame.loc[CAUSES[int(cause)]]
        close(row[["statistic", "df", "p"]], [of.outputs[name][i] for name in ("statistic", "df", "p")])


def codes_of(of: Case) -> dict[str, int]:
    names = of.outputs["states"].tolist()
    return CARE_STATES if names[0] == "residential" else {name: i for i, name in enumerate(names)}


def start_to_end(of: Case, from_day: int = -1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return who moved each way, who was at risk, and the ways: every pair of states."""
    rows, codes = rows_of(of), codes_of(of)
    names, days = list(codes), int(rows["exit"].max())
    ways = np.array([(a, b) for a in range(len(names)) for b in range(len(names)) if a != b])
    moves, risk = np.zeros((days + 1, len(names), len(names))), np.zeros((days + 1, len(names)))
    for row in rows.itertuples(index=False):
        origin = names.index(row[rows.columns.get_loc("from")])
        risk[row.entry : row.exit + 1, origin] += 1
        if row.to != "cens":
            moves[row.exit, origin, names.index(row.to)] += 1
    moves[: from_day + 1] = 0
    return moves[:, ways[:, 0], ways[:, 1]], risk, ways


@by_id("aalen_johansen", start="aj_")
def test_reversible_states_are_those_of_etm(of: Case) -> None:
    moves, risk, ways = start_to_end(of, int(of.given.get("after_day", -1)))
    paths = np.stack([occupied(start, moves, risk, ways) for start in np.eye(risk.shape[1])], axis=1)
    days = np.minimum(of.outputs["day"].astype(int), len(paths) - 1)
    close(paths[days], of.outputs["P"])


@pytest.mark.parametrize("name", ["occupation_sir", "occupation_journeys"])
def test_state_occupation_and_its_error_are_those_of_etm(name: str) -> None:
    of = case(name)
    codes, days = codes_of(of), of.outputs["day"].astype(int)
    process = state_process(spell_table(rows_of(of), codes), tuple(codes.values()), int(days.max()))
    start = process.start.sum(axis=0)
    path = process.pooled().occupied()[:, 0]
    close(start / start.sum(), of.outputs["start"])
    close(path[days], of.outputs["estimate"])
    close(occupied_se(process)[days], of.outputs["std_err_start_random"])


@pytest.mark.parametrize("name", ["occupation_survfit_sir", "occupation_survfit_journeys"])
def test_state_occupation_is_that_of_survfit(name: str) -> None:
    of = case(name)
    codes, days = codes_of(of), of.outputs["time"].astype(int)
    process = state_process(spell_table(rows_of(of), codes), tuple(codes.values()), int(days.max()))
    path = process.pooled().occupied()[:, 0]
    shown = np.where(days[:, None] < 0, np.asarray(of.outputs["start"]), path[np.maximum(days, 0)])
    close(shown, of.outputs["estimate"])


@by_id("aalen_johansen", start="landmark")
def test_occupation_from_a_landmark_is_that_of_etm(of: Case) -> None:
    rows, codes, day = rows_of(of), codes_of(of), int(of.given["after_day"])
    # Everyone who holds the state after the moves of the day, followed from there.
    then = rows[(rows["entry"] <= day + 1) & (rows["exit"] > day)]
    held = then.loc[then["from"] == of.given["from"], "person"]
    since = rows[rows["person"].isin(held) & (rows["exit"] > day)]
    since = since.assign(entry=(since["entry"] - day).clip(lower=0), exit=since["exit"] - day)
    process = state_process(spell_table(since, codes), tuple(codes.values()), 20)
    path = process.pooled().occupied()[:, 0]
    days = of.outputs["day"].astype(int) - day
    close(path[days], of.outputs["estimate"])
    close(occupied_se(process)[days], of.outputs["std_err"])


@by_id("expected_days")
def test_expected_days_are_the_area_under_etms_occupation(of: Case) -> None:
    moves, risk, ways = start_to_end(of)
    start = np.eye(risk.shape[1])[list(codes_of(of)).index(str(of.given["from"]))]
    path = occupied(start, moves, risk, ways)
    for horizon, days in zip(np.atleast_1d(of.given["horizon"]), of.outputs["days"], strict=True):
        held = path[np.minimum(np.arange(int(horizon)), len(path) - 1)]
        close(held.sum(axis=0), days)


@by_id("wilson")
def test_a_share_has_the_limits_of_prop_test(of: Case) -> None:
    x, n = of.given["x"], of.given["n"]
    low, high = wilson(x / n, n, quantile_of(of.given["level"]))
    close([low, high], [of.outputs["lower"][0], of.outputs["upper"][0]])


@by_id("poisson")
def test_an_intensity_has_the_limits_of_poisson_test(of: Case) -> None:
    low, high = garwood(of.given["x"], of.given["days"], of.given["level"])
    close([100 * low, 100 * high], [of.outputs["lower"][0], of.outputs["upper"][0]])


@by_id("difference", start="difference")
def test_a_difference_has_newcombes_limits_and_the_score_test(of: Case) -> None:
    z = quantile_of(of.given["level"])
    # R's difference is the first less the second, ours the second less the first.
    n = np.array([of.given["n2"], of.given["n1"]], dtype=float)
    p = np.array([of.given["x2"], of.given["x1"]]) / n
    low, high = wilson(p, n, z)
    limits = recovered_limits((p[0], low[0], high[0]), (p[1], low[1], high[1]))
    variance = score_variance((p[0], p[1]), (n[0], n[1]), lambda rate: rate * (1 - rate))
    difference = np.asarray(p[1] - p[0])
    close([difference, *limits], [of.outputs[name][0] for name in ("difference", "lower", "upper")])
    close(two_sided(difference, variance, None), of.outputs["p"][0])


@pytest.mark.parametrize("how", ["holm", "bh"])
def test_p_values_are_adjusted_as_by_p_adjust(how: str) -> None:
    of = case(f"adjust_{how}")
    close(adjusted(of.given["p"], how), of.outputs["adjusted"])


def test_a_chain_is_the_fundamental_matrix_of_solve() -> None:
    out = case("chain_journeys").outputs
    actual = absorbing_chain(out["counts"] / out["counts"].sum(axis=1, keepdims=True))
    close(actual.stays, out["expected_stays"])
    close(actual.reached, out["ever_reached"])
    close(actual.outcome, out["outcome"])


@cache
def clustered(name: str) -> tuple[Case, pd.DataFrame]:
    of = case(name)
    return of, rows_of(of)


@pytest.mark.parametrize("name", ["stays", "stays_late"])
def test_errors_of_curves_and_means_are_the_delete_a_group_jackknife(name: str) -> None:
    of, rows = clustered(f"jackknife_survival_{name}")
    curve = cf.length_of_stay(stays(rows), cohort="admission").curve
    close(on_days(curve, np.asarray(of.given["day"]), "survival"), of.outputs["estimate"])
    close(on_days(curve, np.asarray(of.given["day"]), "se"), of.outputs["std_err"])
    of, rows = clustered(f"jackknife_rmean_{name}")
    for horizon, mean, se in zip(of.given["horizon"], of.outputs["estimate"], of.outputs["std_err"], strict=True):
        row = cf.length_of_stay(stays(rows), cohort="admission", horizon=int(horizon)).frame.iloc[0]
        close([row["rmean"], row["rmean_se"]], [mean, se])


@pytest.mark.parametrize("name", ["stays", "stays_late"])
def test_clustered_errors_of_incidences_are_the_delete_a_group_jackknife(name: str) -> None:
    of, rows = clustered(f"jackknife_cif_{name}")
    actual = cf.cumulative_incidence(exits(rows), "one").frame
    rows_of_cause = actual[actual["to"] == CAUSES[int(of.given["cause"])]]
    close(on_days(rows_of_cause, np.asarray(of.given["day"]), "se"), of.outputs["std_err"])


@pytest.mark.parametrize("name", ["jackknife_share", "jackknife_share_short"])
def test_a_share_is_clustered_at_its_effective_size(name: str) -> None:
    of, rows = clustered(f"{name}_wilson")
    hit = rows["exit"] <= 5 if "short" in name else rows["cause"] == 1
    hits = np.zeros((1, 100), dtype=np.int64)
    base = np.zeros_like(hits)
    np.add.at(base[0], rows["jackknife_group"].to_numpy(), 1)
    np.add.at(hits[0], rows.loc[hit, "jackknife_group"].to_numpy(), 1)
    actual = shares(hits, base, cluster="person", confidence=0.95)
    close([actual.share[0], actual.size[0]], [of.outputs["estimate"][0], of.outputs["n_eff"][0]])
    close([actual.low[0], actual.high[0]], [of.outputs["lower"][0], of.outputs["upper"][0]])
    close(actual.se[0], case(name).outputs["std_err"][0])


def test_errors_of_occupation_are_the_delete_a_group_jackknife() -> None:
    """Those of occupation and of expected days."""
    of, rows = clustered("jackknife_expected_days")
    process = state_process(spell_table(rows, CARE_STATES), tuple(CARE_STATES.values()), 60)
    start, every = np.eye(len(CARE_STATES))[0], process.pooled()
    others = process.without_each_group(every)
    whole, without = (occupied(start, one.moves, one.at_risk, one.transitions) for one in (every, others))
    whole = whole[:, 0]
    se, _ = clustered_se(whole[:45].sum(axis=0), without[:45].sum(axis=0), process.present)
    close(whole[:45].sum(axis=0), of.outputs["estimate"])
    close(se, of.outputs["std_err"])
    of = case("jackknife_occupation")
    days = [int(day) for day in of.given["day"]]
    se, _ = clustered_se(
        whole[days, :5].T.ravel(),
        without[days, :, :5].transpose(1, 2, 0).reshape(len(process.start), -1),
        process.present,
    )
    close(whole[days, :5].T.ravel(), of.outputs["estimate"])
    close(se, of.outputs["std_err"])


def test_published_numbers_are_met_to_the_last_printed_digit() -> None:
    curve = cf.length_of_stay(stays(rows_of(case("km_aml_maintained"))), cohort="admission", cluster=None).curve
    of = case("published_aml")
    assert on_days(curve, of.outputs["time"], "survival").round(6).tolist() == of.outputs["survival"].tolist()
