"""Made-up results of any number of levels: for contact sheets and tests, never for a report.

Every number here is invented; the seeds are fixed, so that the same call gives the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from careflow.continuum import Continuum, Level
from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_CARE, LEFT_REASONS, OUTCOMES
from careflow.estimate.result import Provenance, Result

_TWELVE: Final = (
    "4.0 Inpatient", "3.7 WM", "3.2 WM", "3.7 Res", "3.5 Res", "3.1 Res",
    "2.5 PHP", "2.1 IOP day", "2.1 IOP eve", "1.5 OP", "1.0 OTP", "0.5 Support",
)  # fmt: skip
_ENDS: Final = (*LEFT_REASONS, DIED, CONCURRENT)
_END_SHARES: Final = (0.34, 0.42, 0.06, 0.05, 0.02, 0.05, 0.05, 0.004, 0.006)
QUARTERS: Final = tuple(f"{year}Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4))


@dataclass(frozen=True, repr=False, eq=False)
class Specimen(Result):
    """A made-up result with the frames that any kind of result has."""

    directions: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    survival: pd.DataFrame = field(default_factory=pd.DataFrame)
    daily: pd.DataFrame = field(default_factory=pd.DataFrame)
    clock: str = "stay"
    horizon: int = 365


def continuum(levels: int) -> Continuum:
    """Return a continuum of 2, 5 or any number up to 12 of levels."""
    if levels == 5:
        return Continuum.standard()
    if levels == 2:
        return Continuum.of(["Intensive care", "Normal care"])
    return Continuum.of([Level(name=name, short=name, label=name) for name in _TWELVE[:levels]])


def provenance(measure: str, n: int, unit: str, **more: object) -> Provenance:
    """Return the definition of a made-up result."""
    values: dict[str, object] = {
        "definition": "made-up numbers", "persons": int(n * 0.42), "cutoff": date(2025, 12, 31),
        "start": date(2023, 1, 1), "dated_by": "discharge", "interval": "Wilson 95%, clustered by person",
        "source": "made-up data",
    }  # fmt: skip
    return Provenance(measure=measure, n=n, unit=unit, **(values | more))  # type: ignore[arg-type]


def wilson(n: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of Wilson's 95% interval (Wilson 1927)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = norm.ppf(0.975)
        p = n / of
        mid = (p + z * z / (2 * of)) / (1 + z * z / of)
        half = z / (1 + z * z / of) * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return np.clip(mid - half, 0, 1), np.clip(mid + half, 0, 1)


def rates(
    levels: int = 5,
    *,
    by: str | None = None,
    values: Sequence[str] = QUARTERS,
    masked: bool = True,
    size: int = 900,
    seed: int = 7,
    care: Continuum | None = None,
) -> Specimen:
    """Return made-up transition rates, whole or by a stratum, with small cells masked."""
    care = care or continuum(levels)
    rng = np.random.default_rng(seed)
    strata: Sequence[str | None] = values if by else (None,)
    tables = []
    for place, value in enumerate(strata):
        table = _moves(care, rng, size if by is None else size // 3, drift=0.03 * place / max(len(strata) - 1, 1))
        if by:
            table.insert(0, by, value)
        late = by in ("quarter", "month") and place == len(strata) - 1
        table["followed"], table["mature"] = (0.64 if late else 1.0), not late
        tables.append(table)
    frame = pd.concat(tables, ignore_index=True)
    if by in ("quarter", "month", "year"):
        frame[by] = pd.Categorical(frame[by], list(values), ordered=True)
    directions = _directions(frame, by)
    n = int(frame.drop_duplicates([*([by] if by else []), "from"])["of"].sum())
    about = provenance("transition rate", n, "discharges", within=(30,), by=(by,) if by else ())
    if masked:
        frame, directions = mask(frame, by), _mask_totals(frame, directions, by)
    return Specimen(_levels(frame, care), about, care, directions=_levels(directions, care))


def mask(frame: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Hide cells of 1 to 10 and, beside a lone one, the smallest other cell of its row."""
    frame = frame.copy()
    inner = frame["to"].astype(str) != LEFT_CARE
    frame["hidden"] = frame["n"].between(1, 10)
    for _, row in frame[inner].groupby([*([by] if by else []), frame["from"].astype(str)], observed=True):
        if row["hidden"].sum() == 1:
            frame.loc[row.loc[~row["hidden"] & (row["n"] > 0), "n"].idxmin(), "hidden"] = True
    _blank(frame)
    return frame


def stays(levels: int = 5, *, by: str | None = None, seed: int = 5, size: int = 900) -> Specimen:
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
    return Specimen(_levels(frame, care), about, care, curve=_levels(curve, care))


def _steps(rng: np.random.Generator, n: int, hazards: np.ndarray, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Return events (day by cause) and who is at risk, of ``n`` stays with one hazard a day and cause."""
    events, risk, left = np.zeros((days, hazards.shape[1])), np.zeros(days), n
    for day in range(days):
        risk[day] = left
        drawn = rng.multinomial(left, [*hazards[day], max(1 - hazards[day].sum(), 0)])
        events[day] = drawn[:-1]
        left -= int(drawn[:-1].sum()) + int(rng.binomial(left, 0.0006))
    return events, risk


def incidence(levels: int = 5, *, clock: str = "stay", seed: int = 3, days: int = 200) -> Specimen:
    """Return made-up cumulative incidences of every level."""
    care = continuum(levels)
    rng = np.random.default_rng(seed)
    parts, lefts, entered = [], [], 0
    for i, origin in enumerate(care.names):
        ends = [*care.names, *(_ENDS if clock == "stay" else (DIED, CONCURRENT))]
        weight = np.array([0.9 * 0.5 ** (j - i - 1) if j > i else 0.25 * 0.5 ** (i - j) for j in range(len(care))])
        weight = np.concatenate([weight, np.array(_END_SHARES) * 2 if clock == "stay" else [0.01, 0.005]])
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
    frame, survival = pd.concat(parts, ignore_index=True), pd.concat(lefts, ignore_index=True).drop(columns="to")
    return Specimen(_levels(frame, care), about, care, survival=_levels(survival, care), clock=clock)


def occupation(levels: int = 5, *, seed: int = 2, days: int = 365) -> Specimen:
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
    return Specimen(frame, about, care, horizon=days)


def expected_days(levels: int = 5) -> Specimen:
    """Return made-up expected days: the sum of the made-up occupation."""
    where = occupation(levels)
    days = where.frame.groupby("state", observed=False)["estimate"].sum() - 0.5
    frame = days.rename("days").reset_index()
    frame["se"] = 0.02 * frame["days"] + 0.6
    frame["low"], frame["high"] = frame["days"] - 1.96 * frame["se"], frame["days"] + 1.96 * frame["se"]
    frame["low"] = frame["low"].clip(lower=0)
    return Specimen(frame, where.about, where.continuum, horizon=365)


def census(levels: int = 5, *, seed: int = 4) -> Specimen:
    """Return a made-up census by quarter, with its days."""
    care = continuum(levels)
    rng = np.random.default_rng(seed)
    days = np.arange(np.datetime64("2023-01-01"), np.datetime64("2026-01-01"))
    quarter = pd.PeriodIndex(pd.DatetimeIndex(days), freq="Q").astype(str)
    parts, daily = [], []
    for i, name in enumerate(care.names):
        walk = 40 + 22 * i + np.cumsum(rng.normal(0.02, 1.0, len(days)))
        inside = np.maximum(np.round(walk), 5)
        daily.append(pd.DataFrame({"level": name, "day": days, "stays": inside}))
        parts.append(pd.DataFrame({"quarter": quarter, "level": name, "stays": inside}))
    grouped = pd.concat(parts).groupby(["quarter", "level"])["stays"]
    frame = grouped.agg(opening="first", closing="last", person_days="sum", average="mean").reset_index()
    frame["quarter"] = pd.Categorical(frame["quarter"], list(QUARTERS), ordered=True)
    about = provenance("census", 14_000, "stays", dated_by="days in the period", interval="", by=("quarter",))
    return Specimen(_levels(frame, care), about, care, daily=_levels(pd.concat(daily, ignore_index=True), care))


def pathways(levels: int = 5, *, steps: int = 4, seed: int = 6, people: int = 2600, masked: bool = True) -> Specimen:
    """Return made-up pathways of four stays; those of 1 to 10 journeys are hidden."""
    care = continuum(levels)
    rng = np.random.default_rng(seed)
    chance = rates(levels, masked=False).frame
    chance = chance[chance["to"].astype(str) != LEFT_CARE]
    ends = [*care.names, *LEFT_REASONS, DIED, "in care", "not yet known"]
    known = {name: _of(chance, name) for name in care.names}
    rows = []
    for first, n in zip(care.names, rng.multinomial(people, rng.dirichlet(np.full(len(care), 6.0))), strict=True):
        for _ in range(n):
            path = [first]
            while len(path) < steps and path[-1] in care.names:
                of = known[path[-1]]
                path.append(str(rng.choice(of[0], p=of[1])) if rng.random() > 0.05 else "in care")
            rows.append(tuple(path + [None] * (steps - len(path))))
    columns = [f"step_{i + 1}" for i in range(steps)]
    frame = pd.DataFrame(rows, columns=columns).value_counts(dropna=False).rename("n").reset_index()
    frame = frame.sort_values(["n", *columns], ascending=[False, *[True] * steps], ignore_index=True)
    frame["n"] = frame["n"].astype(float)
    frame["share"] = frame["n"] / frame["n"].sum()
    for column in columns:
        frame[column] = pd.Categorical(frame[column], ends, ordered=True)
    if masked:
        frame["hidden"] = frame["n"] < 11
        frame.loc[frame["hidden"], ["n", "share"]] = np.nan
    about = provenance("pathways", people, "journeys", within=(30,), dated_by="", interval="")
    return Specimen(frame, about, care)


def _of(chance: pd.DataFrame, origin: str) -> tuple[list[str], np.ndarray]:
    part = chance[(chance["from"] == origin) & (chance["to"] != CONCURRENT)]
    share = part["rate"].to_numpy(float)
    return [str(to) for to in part["to"]], share / share.sum()


def _moves(care: Continuum, rng: np.random.Generator, size: int, drift: float) -> pd.DataFrame:
    names, out = care.names, []
    for i, origin in enumerate(names):
        of = int(rng.integers(size // 2, 2 * size))
        down = [0.34 * 0.62 ** (j - i - 1) if j > i else 0.0 for j in range(len(names))]
        up = [0.055 * 0.55 ** (i - j - 1) if j < i else 0.0 for j in range(len(names))]
        weights = np.array([d * (1 + drift * 6) + u for d, u in zip(down, up, strict=True)])
        weights = weights * rng.uniform(0.8, 1.2, len(names))
        weights = weights * min(1.0, 0.66 / max(weights.sum(), 1e-9))
        ends = np.array(_END_SHARES) / sum(_END_SHARES) * (1 - weights.sum())
        n = rng.multinomial(of, np.concatenate([weights, ends]))
        for to, k in zip((*names, *_ENDS), n, strict=True):
            direction = care.direction(origin, to) if to in names else None
            out.append((origin, to, direction, float(k), float(of)))
        out.append((origin, LEFT_CARE, None, float(n[len(names) : -2].sum()), float(of)))
    table = pd.DataFrame(out, columns=["from", "to", "direction", "n", "of"])
    return _shares(table)


def _shares(table: pd.DataFrame) -> pd.DataFrame:
    n, of = table["n"].to_numpy(), table["of"].to_numpy()
    table["rate"] = n / of
    table["se"] = np.sqrt(table["rate"] * (1 - table["rate"]) / of)
    table["low"], table["high"] = wilson(n, of)
    return table


def _directions(frame: pd.DataFrame, by: str | None) -> pd.DataFrame:
    keys = [*([by] if by else []), "from"]
    rows = []
    for key, part in frame.groupby(keys, observed=True, sort=False):
        first = part.iloc[0]
        for direction in DIRECTIONS:
            n = part.loc[part["direction"] == direction, "n"].sum()
            rows.append((*key, direction, n, first["of"], first["followed"], first["mature"]))  # type: ignore[misc]
    table = _shares(pd.DataFrame(rows, columns=[*keys, "direction", "n", "of", "followed", "mature"]))
    if by in ("quarter", "month", "year"):
        table[by] = pd.Categorical(table[by], frame[by].cat.categories, ordered=True)
    return table


def _mask_totals(frame: pd.DataFrame, totals: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Hide totals of 1 to 10, and those over exactly one hidden cell."""
    cells = mask(frame, by)
    keys = [*([by] if by else []), "from", "direction"]
    inside = cells[cells["hidden"] & cells["direction"].notna()].groupby(keys, observed=True).size()
    count = [int(inside.get(key, 0)) for key in totals[keys].itertuples(index=False, name=None)]
    totals = totals.copy()
    totals["hidden"] = totals["n"].between(1, 10) | (np.array(count) == 1)
    _blank(totals)
    return totals


def _blank(frame: pd.DataFrame) -> None:
    frame.loc[frame["hidden"], ["n", "rate", "se", "low", "high"]] = np.nan


def _levels(frame: pd.DataFrame, care: Continuum) -> pd.DataFrame:
    for column, extra in (("from", ()), ("level", ()), ("to", OUTCOMES)):
        if column in frame:
            frame[column] = pd.Categorical(frame[column], [*care.names, *extra], ordered=True)
    return frame


def _stay(centre: float, spread: float, n: int) -> tuple[dict[str, float], pd.DataFrame]:
    """Return one row and one curve: a log-normal stay, whole days, no censoring to speak of."""
    day = np.arange(0, 366)
    survival = 1 - norm.cdf(np.log((day + 0.5) / centre) / spread)
    at_risk = np.round(n * np.concatenate([[1.0], survival[:-1]]))
    se = np.sqrt(survival * (1 - survival) / n)

    def quantile(q: float, s: np.ndarray) -> float:
        reached = np.flatnonzero(s <= 1 - q)
        return float(day[reached[0]]) if len(reached) else np.nan

    curve = pd.DataFrame(
        {
            "day": day, "at_risk": at_risk, "events": np.round(-np.diff(np.concatenate([[1.0], survival])) * n),
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
