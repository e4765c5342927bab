"""R's numbers agree with what a few lines of numpy make of the raw rows: the conventions are understood.

Nothing of careflow is used here.
"""

from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2, norm

from oracles.cases import DATASETS, Case, case, groups, load

EXACT = {"rtol": 0, "atol": 1e-9}
CURVES = [c for group in ("kaplan_meier", "left_truncation", "weights") for c in load(group)]
CIFS = [c for c in load("cumulative_incidence") if c.id.split("_")[1] not in ("survfit", "cuminc")]


def rows(of: Case):
    if not of.available:
        pytest.skip(f"the public file {of.csv} is not beside the project")
    return of.table()


def by_id(cases):
    return pytest.mark.parametrize("of", cases, ids=str)


def counts(table, weight):
    """Days with an event or a censoring, and on each: at risk, events, censored."""
    days = np.unique(table["exit"])
    entry, exit, event = (table[k].to_numpy() for k in ("entry", "exit", "cause"))
    risk = [int(weight[(entry <= t) & (exit >= t)].sum()) for t in days]
    events = [int(weight[(exit == t) & (event > 0)].sum()) for t in days]
    censored = [int(weight[(exit == t) & (event == 0)].sum()) for t in days]
    return days, risk, events, censored


def survival(risk, events):
    """Exact survival and Greenwood sum on each day."""
    s, green, curve, sums = Fraction(1), Fraction(0), [], []
    for n, d in zip(risk, events, strict=True):
        s *= 1 - Fraction(d, n)
        green = None if green is None or d == n else green + Fraction(d, n * (n - d))
        curve.append(s)
        sums.append(np.nan if green is None else float(green))
    return curve, np.array(sums)


def of_case(of: Case):
    table = rows(of)
    weight = table["weight"].to_numpy() if of.set == "stays_weighted" else np.ones(len(table), dtype=int)
    return counts(table, weight)


@by_id(CURVES)
def test_kaplan_meier_of_r_is_the_product_over_whole_days(of):
    days, risk, events, censored = of_case(of)
    s, green = survival(risk, events)
    out = of.outputs
    for name, ours in (("time", days), ("n_risk", risk), ("n_event", events), ("n_censor", censored)):
        assert_allclose(out[name], ours, err_msg=name)
    s = np.array(s, dtype=float)
    assert_allclose(out["survival"], s, **EXACT)
    assert_allclose(out["std_err"], s * np.sqrt(green), **EXACT)
    inside = (s > 0) & (s < 1)
    z = norm.ppf(0.5 + of.given["level"] / 2)
    width = z * np.sqrt(green[inside]) / np.log(s[inside])
    assert_allclose(out["lower"][inside], s[inside] ** np.exp(-width), **EXACT)
    assert_allclose(out["upper"][inside], s[inside] ** np.exp(width), **EXACT)
    assert np.isnan(out["lower"][~inside]).all()
    assert np.isnan(out["upper"][~inside]).all()


@by_id(load("quantiles"))
def test_a_quantile_is_the_first_day_that_reaches_it_exactly(of):
    days, risk, events, _ = of_case(of)
    s, _ = survival(risk, events)
    targets = [1 - Fraction(str(q)) for q in of.given["q"]]
    first = [next((t for t, at in zip(days, s, strict=True) if at <= target), np.nan) for target in targets]
    assert_allclose(of.outputs["first_day"], first)
    # R stands halfway to the next fall only where the curve runs level at 1 - q exactly
    level = [any(at == target for at in s) for target in targets]
    moved = of.outputs["r_quantile"] != of.outputs["first_day"]
    both = np.isnan(of.outputs["r_quantile"]) & np.isnan(of.outputs["first_day"])
    assert (~(moved & ~both) | level).all()


@by_id(load("restricted_mean"))
def test_a_restricted_mean_is_the_sum_of_survival(of):
    """Over the days before the horizon."""
    days, risk, events, _ = of_case(of)
    s, _ = survival(risk, events)
    curve = np.array([Fraction(1), *s], dtype=float)
    for i, horizon in enumerate(np.atleast_1d(of.given["horizon"])):
        whole = np.arange(int(horizon))
        on = curve[np.searchsorted(days, whole, side="right")]
        assert_allclose(of.outputs["rmean"][i], on.sum(), rtol=0, atol=1e-9)
        falls = [(t, n, d) for t, n, d in zip(days, risk, events, strict=True) if t < horizon and n > d]
        variance = sum(on[t:].sum() ** 2 * d / (n * (n - d)) for t, n, d in falls)
        assert_allclose(of.outputs["std_err"][i], np.sqrt(variance), rtol=0, atol=1e-9)


def product_integral(table, states, after=-1):
    """P(after, t) and its Greenwood covariance (Andersen et al. 1993, 4.4.19) on each day with a move."""
    k, eye = len(states), np.eye(len(states))
    P, V, steps = eye, np.zeros((k * k, k * k)), {after: (eye, np.zeros((k * k, k * k)))}
    start, entry, exit, to = (table[c].to_numpy() for c in ("from", "entry", "exit", "to"))
    for t in np.unique(exit[(exit > after) & (to != "cens")]):
        dA, dV = np.zeros((k, k)), np.zeros((k * k, k * k))
        for h, state in enumerate(states):
            n = ((start == state) & (entry <= t) & (exit >= t)).sum()
            if n == 0:
                continue
            d = np.array([((start == state) & (exit == t) & (to == j)).sum() for j in states])
            dA[h] = d / n
            dA[h, h] = -d.sum() / n
            share = np.diag(d / n) - np.outer(d / n, d / n)
            jump = eye - eye[h]  # row j: one person gone from h to j
            dV += np.kron(jump.T @ share @ jump, np.outer(P[:, h], P[:, h])) / n
        left = np.kron((eye + dA).T, eye)
        V = left @ V @ left.T + dV
        P = P @ (eye + dA)
        steps[t] = (P, V)
    return steps


def on(steps, t):
    return steps[max(day for day in steps if day <= t)]


def deviations(V, k):
    return np.sqrt(np.clip(np.diag(V), 0, None)).reshape(k, k).T


@by_id(CIFS)
def test_cumulative_incidence_of_etm_is_the_plain_product_and_adds_to_one(of):
    table = rows(of)
    table = table.assign(**{"from": "0", "to": table["cause"].astype(str).replace("0", "cens")})
    out, k = of.outputs, len(of.outputs["causes"]) + 1
    steps = product_integral(table, ["0", *out["causes"]])
    for i, t in enumerate(out["time"]):
        P, V = on(steps, t)
        assert_allclose(out["survival"][i], P[0, 0], **EXACT)
        assert_allclose(out["estimate"][i], P[0, 1:], **EXACT)
        assert_allclose(out["std_err"][i], deviations(V, k)[0, 1:], **EXACT)
    assert_allclose(out["survival"] + out["estimate"].sum(axis=1), 1, **EXACT)
    F, se, z = out["estimate"], out["std_err"], norm.ppf(0.975)
    with np.errstate(all="ignore"):
        inside = (F > 0) & (F < 1 - 1e-12)
        for kind, G, sign in (("loglog", F, 1), ("cloglog", 1 - F, -1)):
            limits = [G ** np.exp(side * z * se / (G * np.log(G))) for side in (-1, 1)]
            low, high = limits if sign == 1 else (1 - limits[1], 1 - limits[0])
            assert_allclose(out[f"lower_{kind}"][inside], low[inside], **EXACT)
            assert_allclose(out[f"upper_{kind}"][inside], high[inside], **EXACT)


@pytest.mark.parametrize("name", ["stays", "stays_late", "sepsis_nc"])
def test_survfit_and_cuminc_give_the_estimates_of_etm(name):
    etm = case(f"cif_{name}").outputs
    for package in ("survfit", "cuminc"):
        if package == "cuminc" and name == "stays_late":
            continue  # cmprsk knows no late entry
        other = case(f"cif_{package}_{name}").outputs
        at = np.searchsorted(etm["time"], other["time"], side="right")
        ours = np.vstack([np.zeros(3), etm["estimate"]])[at]
        assert_allclose(other["estimate"], ours, **EXACT)


@by_id([c for c in load("aalen_johansen") if c.id.startswith("aj_")])
def test_transition_probabilities_of_etm_are_the_plain_product(of):
    table, states = rows(of), list(of.outputs["states"])
    steps = product_integral(table, states, after=of.given.get("after_day", -1))
    for i, t in enumerate(of.outputs["day"]):
        P, V = on(steps, t)
        assert_allclose(of.outputs["P"][i], P, **EXACT)
        assert_allclose(of.outputs["std_err"][i], deviations(V, len(states)), **EXACT)
    assert_allclose(of.outputs["P"].sum(axis=2), 1, **EXACT)


@pytest.mark.parametrize("name", ["sir", "journeys"])
def test_occupation_from_the_mix_of_day_0_is_the_mix_times_the_product(name):
    of = case(f"occupation_{name}")
    table, states = rows(of), list(of.outputs["states"])
    first = table.drop_duplicates("person")["from"]
    mix = np.array([(first == s).mean() for s in states])
    steps = product_integral(table, states)
    for i, t in enumerate(of.outputs["day"]):
        P, V = on(steps, t)
        assert_allclose(of.outputs["estimate"][i], mix @ P, **EXACT)
        L = np.kron(np.eye(len(states)), mix)
        fixed = np.diag(L @ V @ L.T)
        assert_allclose(of.outputs["std_err_start_fixed"][i] ** 2, fixed, **EXACT)
        start = np.diag(P.T @ (np.diag(mix) - np.outer(mix, mix)) @ P) / len(first)
        assert_allclose(of.outputs["std_err_start_random"][i] ** 2, fixed + start, **EXACT)
    survfit = case(f"occupation_survfit_{name}").outputs
    order = [list(survfit["states"]).index(s) for s in states]
    for i, t in enumerate(survfit["time"]):
        assert_allclose(survfit["estimate"][i][order], mix @ on(steps, t)[0], **EXACT)


@by_id([c for c in load("aalen_johansen") if c.id.startswith("landmark_")])
def test_a_landmark_follows_only_those_in_the_state_on_that_day(of):
    """After the moves of that day."""
    table, states, s, state = rows(of), list(of.outputs["states"]), of.given["after_day"], of.given["from"]
    held = table[(table["from"] == state) & (table["entry"] <= s + 1) & (table["exit"] > s)]["person"]
    steps = product_integral(table[table["person"].isin(held)], states, after=s)
    for i, t in enumerate(of.outputs["day"]):
        assert_allclose(of.outputs["estimate"][i], on(steps, t)[0][states.index(state)], **EXACT)


@by_id(load("expected_days"))
def test_expected_days_are_the_sum_of_occupation(of):
    """Over the days before the horizon."""
    table, states = rows(of), list(of.outputs["states"])
    steps = product_integral(table, states)
    row = states.index(of.given["from"])
    for i, horizon in enumerate(of.given["horizon"]):
        days = sum(on(steps, t)[0][row] for t in range(int(horizon)))
        assert_allclose(of.outputs["days"][i], days, **EXACT)
        assert_allclose(of.outputs["days"][i].sum(), horizon, **EXACT)


@pytest.mark.slow
@by_id(load("log_rank"))
def test_log_rank_of_r_has_the_hypergeometric_variance(of):
    """It is observed minus expected over that variance."""
    table = rows(of)
    arms = np.unique(table["arm"])
    gap, V = np.zeros(len(arms)), np.zeros((len(arms), len(arms)))
    for t in np.unique(table.loc[table["cause"] > 0, "exit"]):
        risk = table[(table["entry"] <= t) & (table["exit"] >= t)]
        event = risk[(risk["exit"] == t) & (risk["cause"] > 0)]
        n = np.array([(risk["arm"] == a).sum() for a in arms], dtype=float)
        d = np.array([(event["arm"] == a).sum() for a in arms], dtype=float)
        share = n / n.sum()
        gap += d - d.sum() * share
        if n.sum() > 1:
            V += d.sum() * (n.sum() - d.sum()) / (n.sum() - 1) * (np.diag(share) - np.outer(share, share))
    statistic = gap[1:] @ np.linalg.solve(V[1:, 1:], gap[1:])
    assert_allclose(of.outputs["statistic"], statistic, rtol=1e-9)
    assert_allclose(of.outputs["p"], chi2.sf(statistic, len(arms) - 1), rtol=1e-8)


def test_published_numbers_are_met_by_r():
    printed = {c.id.removeprefix("published_"): c for c in load("published")}
    km, out = case("km_aml_maintained").outputs, printed["aml"].outputs
    assert_allclose(km["survival"][np.isin(km["time"], out["time"])], out["survival"], atol=5e-7)
    medians = [case(f"quantile_aml_{arm}").outputs["first_day"][2] for arm in ("maintained", "nonmaintained")]
    assert_allclose(medians, out["medians"])
    km, out = case("km_lung").outputs, printed["lung"].outputs
    at = np.searchsorted(km["time"], out["time"], side="right") - 1
    assert_allclose(km["survival"][at], out["survival"], atol=5e-7)
    assert case("quantile_lung").outputs["first_day"][2] == out["median"][0]
    log = case("lung_median_log").outputs  # the printed limits are of R's default band, not of the log-log one
    assert_allclose([log["lower"][0], log["upper"][0]], out["median_limits"])
    toy, out = case("aj_mstate_toy").outputs, printed["mstate_toy"].outputs
    assert_allclose(toy["P"][np.isin(toy["day"], out["day"]), 0], out["estimate"], atol=1e-12)
    out = printed["sir"].outputs
    sir = case("aj_sir").outputs
    assert_allclose(sir["P"][list(sir["day"]).index(10), 0], out["whole_days"], atol=5e-7)
    half = case("sir_half_days").outputs
    assert_allclose(half["P"][0], out["half_days"], atol=5e-7)
    assert_allclose(half["moves_01_02_10_12"], out["moves_01_02_10_12"])


@pytest.mark.parametrize("name", ["newcombe", "newcombe_difference"])
def test_published_limits_of_shares_are_met_by_r(name):
    out = case(f"published_{name}").outputs
    keys = ("x", "n") if name == "newcombe" else ("x1", "n1", "x2", "n2")
    ids = ["_".join(str(int(v)) for v in row) for row in zip(*(out[k] for k in keys), strict=True)]
    r = [case(f"wilson_{i}_95" if name == "newcombe" else f"difference_{i}").outputs for i in ids]
    for side in ("lower", "upper"):
        assert_allclose([x[side][0] for x in r], out[side], atol=5.1e-5)


def test_teds_2004_reasons_add_to_the_published_total():
    out = case("published_teds_2004").outputs
    assert out["n"].sum() == out["total"][0]
    assert_allclose(100 * out["n"] / out["total"], out["per_cent"], atol=0.0501)


@by_id([c for c in load("jackknife") if "without" in c.outputs])
def test_the_jackknife_is_the_spread_of_the_estimates_without_one_group(of):
    out = of.outputs
    groups = len(np.unique(rows(of)["jackknife_group"]))
    assert out["without"].shape == (groups, len(out["estimate"]))
    spread = (groups - 1) / groups * ((out["without"] - out["estimate"]) ** 2).sum(axis=0)
    assert_allclose(out["std_err"], np.sqrt(spread), **EXACT)


def test_every_group_loads_and_every_data_set_is_known():
    cases = [c for group in groups() for c in load(group)]
    assert len(cases) >= 60
    assert len({c.id for c in cases}) == len(cases)
    assert {c.set for c in cases} - {None} <= set(DATASETS)
    with pytest.raises(ValueError, match="no group 'gra' of reference cases; it is one of kaplan_meier"):
        load("gra")
