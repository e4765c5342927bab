"""Made-up curves over days: lengths of stay, incidences, occupation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE, LEFT_REASONS
from careflow.estimate import CumulativeIncidence, ExpectedDays, LengthOfStay, Occupation
from support.sample_results.base import END_SHARES, ENDS, QUARTERS, as_levels, continuum, provenance


def stays(levels: int = 5, *, by: str | None = None, seed: int = 5, size: int = 900) -> LengthOfStay:
    """Return made-up lengths of stay with their Kaplan-Meier curves."""
    care = continuum(levels)
    rng = np.random.default_rng(seed)
    rows, curves = [], []
    for place, value in enumerate(QUARTERS if by else (None,)):
        for i, name in enumerate(care.names):
            centre = np.exp(np.interp(i, [0, max(len(care) - 1, 1)], [np.log(5), np.log(82)]))
            n = int(rng.integers(size // 2, 2 * size)) if by is None else int(rng.integers(60, 220))
            spread = rng.uniform(0.75, 0.95)
            row, curve = _stay(centre * (1 + 0.01 * place), spread, n)
            rows.append(({by: value} if by else {}) | {"level": name} | row)
            curve.insert(0, "level", name)
            if by:
                curve.insert(0, by, value)
            curves.append(curve)
    frame, curve = pd.DataFrame(rows), pd.concat(curves, ignore_index=True)
    about = provenance(
        "length of stay", int(frame["n"].sum()), "stays", by=(by,) if by else (), convention="nights",
        dated_by="days in the period" if by else "admission", interval="Kaplan-Meier, log-log 95%",
    )  # fmt: skip
    return LengthOfStay(as_levels(frame, care), about, care, curve=as_levels(curve, care), horizon=365)


def _steps(rng: np.random.Generator, n: int, hazards: np.ndarray, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Return events (day by cause) and who is at risk, of ``n`` stays with one hazard a day and cause."""
    events, risk, left = np.zeros((days, hazards.shape[1])), np.zeros(days), n
    for day in range(days):
        risk[day] = left
        drawn = rng.multinomial(left, [*hazards[day], max(1 - hazards[day].sum(), 0)])
        events[day] = drawn[:-1]
        left -= int(drawn[:-1].sum()) + int(rng.binomial(left, 0.0006))
    return events, risk


def incidence(levels: int = 5, *, clock: str = "stay", seed: int = 3, days: int = 200) -> CumulativeIncidence:
    """Return made-up cumulative incidences of every level."""
    care = continuum(levels)
    rng = np.random.default_rng(seed)
    parts: list[pd.DataFrame] = []
    lefts: list[pd.DataFrame] = []
    entered = 0
    for i, origin in enumerate(care.names):
        ends = [*care.names, *(ENDS if clock == "stay" else (DIED, CONCURRENT))]
        weight = np.array([0.9 * 0.5 ** (j - i - 1) if j > i else 0.25 * 0.5 ** (i - j) for j in range(len(care))])
        weight = np.concatenate([weight, np.array(END_SHARES) * 2 if clock == "stay" else [0.01, 0.005]])
        t = np.arange(days)
        pace = (0.03 * (t / 20) * np.exp(-t / 60) + 0.004) if clock == "stay" else 0.05 * np.exp(-t / 18)
        n = int(rng.integers(900, 2200))
        entered += n
        events, risk = _steps(rng, n, pace[:, None] * weight / weight.sum(), days)
        alive = np.cumprod(1 - events.sum(axis=1) / risk)
        before = np.concatenate([[1.0], alive[:-1]])
        share = np.cumsum(before[:, None] * events / risk[:, None], axis=0)
        shares = dict(zip(ends, share.T, strict=True))
        if clock == "stay":
            shares[LEFT_CARE] = sum(shares[reason] for reason in LEFT_REASONS)
        keep = events.sum(axis=1) > 0
        for to, values in [*shares.items(), ("", alive)]:
            se = np.sqrt(np.clip(values * (1 - values), 0, 1) / n)
            rows = {"from": origin, "to": to, "day": t, "estimate": values, "se": se, "at_risk": risk}
            rows |= {"low": np.clip(values - 1.96 * se, 0, 1), "high": np.clip(values + 1.96 * se, 0, 1)}
            (parts if to else lefts).append(pd.DataFrame(rows)[keep])
    unit = "stays" if clock == "stay" else "discharges"
    about = provenance("cumulative incidence", entered, unit, within=(30,), dated_by="", interval="log-log 95%")
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    survival: pd.DataFrame = pd.concat(lefts, ignore_index=True).drop(columns="to")
    left = as_levels(survival, care)
    return CumulativeIncidence(as_levels(frame, care), about, care, clock, left, directions=pd.DataFrame())


def occupation(levels: int = 5, *, seed: int = 2, days: int = 365) -> Occupation:
    """Return made-up state occupation from a chain of levels into "left care"."""
    care = continuum(levels)
    rng = np.random.default_rng(seed)
    k = len(care)
    states = [*care.names, "between stays", LEFT_CARE, DIED]
    step = np.zeros((k + 3, k + 3))
    for i in range(k):
        pace = 1 / np.interp(i, [0, max(k - 1, 1)], [8, 90])
        if i + 1 < k:
            step[i, i + 1] += pace * 0.5
        step[i, k] += pace * 0.08
        step[i, k + 1] += pace * (0.41 if i + 1 < k else 0.9)
        step[i, k + 2] += pace * 0.005
    step[k, min(1, k - 1)] += 0.05
    step[np.arange(k + 3), np.arange(k + 3)] += 1 - step.sum(axis=1)
    now = np.concatenate([rng.dirichlet(np.full(k, 8.0)), [0, 0, 0]])
    rows = []
    for day in range(days + 1):
        for name, value in zip(states, now, strict=True):
            se = float(np.sqrt(value * (1 - value) / 1700))
            rows.append((day, name, value, se, max(value - 1.96 * se, 0), min(value + 1.96 * se, 1)))
        now = now @ step
    frame = pd.DataFrame(rows, columns=["day", "state", "estimate", "se", "low", "high"])
    frame["state"] = pd.Categorical(frame["state"], states, ordered=True)
    about = provenance("state occupation", 1698, "journeys", dated_by="", interval="Greenwood, clustered by person")
    return Occupation(frame, about, care, start=None, days=days, started=pd.DataFrame())


def expected_days(levels: int = 5) -> ExpectedDays:
    """Return made-up expected days: the sum of the made-up occupation."""
    where = occupation(levels)
    days = where.frame.groupby("state", observed=False)["estimate"].sum() - 0.5
    frame = days.rename("days").reset_index()
    frame["se"] = 0.02 * frame["days"] + 0.6
    frame["low"], frame["high"] = frame["days"] - 1.96 * frame["se"], frame["days"] + 1.96 * frame["se"]
    frame["low"] = frame["low"].clip(lower=0)
    return ExpectedDays(frame, where.about, where.continuum, start=None, days=365, started=pd.DataFrame())


def _stay(centre: float, spread: float, n: int) -> tuple[dict[str, float], pd.DataFrame]:
    """Return one row and one curve: a log-normal stay, whole days, no censoring to speak of."""
    day = np.arange(0, 366)
    smooth = np.round(n * (1 - norm.cdf(np.log((day + 0.5) / centre) / spread)))
    at_risk = np.concatenate([[float(n)], smooth[:-1]])
    survival = smooth / n
    se = np.sqrt(survival * (1 - survival) / n)

    def quantile(q: float, s: np.ndarray) -> float:
        reached = np.flatnonzero(s <= 1 - q)
        return float(day[reached[0]]) if len(reached) else np.nan

    curve = pd.DataFrame(
        {
            "day": day, "at_risk": at_risk, "events": at_risk - smooth,
            "survival": survival, "se": se,
            "low": np.clip(survival - 1.96 * se, 0, 1), "high": np.clip(survival + 1.96 * se, 0, 1),
        }
    )  # fmt: skip
    row = {
        "n": n, "open": n // 20, "median": quantile(0.5, survival),
        "median_low": quantile(0.5, survival - 1.96 * se), "median_high": quantile(0.5, survival + 1.96 * se),
        "q25": quantile(0.25, survival), "q75": quantile(0.75, survival),
        "rmean": float(survival.sum()), "rmean_se": 1.0,
        "discharged_mean": float(survival.sum()) * 0.9, "discharged_median": quantile(0.5, survival) * 0.9,
    }  # fmt: skip
    return row, curve
