"""Made-up tables and results for the protect room; nothing here is about anybody."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import careflow as cf
from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_CARE, LEFT_REASONS, OUTCOMES
from careflow.estimate import LengthOfStay, Provenance, Rates

Table = npt.NDArray[np.int64]

CARE = Continuum.of(["residential", "iop", "outpatient"])
PAYERS = ("medicaid", "private", "other")
TO = [*CARE.names, *LEFT_REASONS, DIED, CONCURRENT]


def random_table(shape: tuple[int, ...], n: int, seed: int) -> Table:
    """Return made-up counts with large and small rows, as flows between levels have."""
    rng = np.random.default_rng(seed)
    weight = np.ones(shape)
    for axis, size in enumerate(shape):
        weight = weight * np.exp(rng.normal(0, 0.8 if axis < 2 else 0.2, size)).reshape(
            [size if axis == i else 1 for i in range(len(shape))]
        )
    weight = weight * np.exp(rng.normal(0, 0.5, shape))
    return rng.multinomial(n, (weight / weight.sum()).ravel()).reshape(shape)


def flows(quarters: int, n: int, seed: int) -> Table:
    """Return made-up counts, quarter by from by to."""
    return random_table((quarters, len(CARE), len(TO)), n, seed)


def about(measure: str, by: tuple[str, ...], **changes: Any) -> Provenance:
    given = {
        "measure": measure, "definition": "made up", "n": 0, "unit": "discharges", "persons": 1234,
        "cutoff": date(2025, 12, 31), "dated_by": "discharge", "interval": "none", "within": (30,), "by": by,
    }  # fmt: skip
    return Provenance(**(given | changes))


def rates(cube: Table, strata: pd.DataFrame, **changes: Any) -> Rates:
    """Return rates of a cube of counts (stratum, from, to), of whom all were followed."""
    rows, ways = [], []
    for place, stratum in enumerate(strata.to_dict("records")):
        for origin, name in enumerate(CARE.names):
            counts = dict(zip(TO, cube[place, origin].tolist(), strict=True))
            of = sum(counts.values())
            counts[LEFT_CARE] = sum(counts[reason] for reason in LEFT_REASONS)
            way = dict.fromkeys(DIRECTIONS, 0)
            for to in CARE.names:
                way[CARE.direction(name, to)] += counts[to]
            common = {**stratum, "from": name, "of": of, "followed": 1.0 if of else np.nan, "mature": True}
            rows += [{**common, "to": to, "n": n} for to, n in counts.items()]
            ways += [{**common, "direction": to, "n": n} for to, n in way.items()]
    by = tuple(strata.columns)
    frames = []
    for found, key, names in ((rows, "to", [*CARE.names, *OUTCOMES]), (ways, "direction", list(DIRECTIONS))):
        frame = pd.DataFrame(found)
        frame["from"] = pd.Categorical(frame["from"], CARE.names, ordered=True)
        frame[key] = pd.Categorical(frame[key], names, ordered=True)
        frame["rate"] = (frame["n"] / frame["of"]).where(frame["of"] > 0)
        frame["se"], frame["low"], frame["high"] = 0.01, frame["rate"], frame["rate"]
        frames.append(frame[[*by, "from", key, "n", "of", "rate", "se", "low", "high", "followed", "mature"]])
    return Rates(frames[0], about("transition rate", by, **changes), CARE, directions=frames[1])


def by_quarter(cube: Table, first: int = 0, **changes: Any) -> Rates:
    """Return rates by quarter; the first one is 2023Q1 plus ``first`` quarters."""
    labels = [f"{2023 + i // 4}Q{i % 4 + 1}" for i in range(first, first + len(cube))]
    strata = pd.DataFrame({"quarter": pd.Categorical(labels, labels, ordered=True)})
    return rates(cube, strata, **changes)


def overall(cube: Table, **changes: Any) -> Rates:
    """Return rates of all quarters together."""
    made = rates(cube.sum(axis=0, keepdims=True), pd.DataFrame({"all": ["all"]}), **changes)
    return Rates(
        made.frame.drop(columns="all"), about("transition rate", (), **changes), CARE,
        directions=made.directions.drop(columns="all"),
    )  # fmt: skip


def stays(counts: list[tuple[int, int]], curves: dict[int, list[tuple[int, int, int]]] | None = None) -> LengthOfStay:
    """Return lengths of stay from ``(n, open)`` per level, and curves from ``(day, at risk, events)`` per level."""
    level = pd.Categorical(CARE.names, CARE.names, ordered=True)
    frame = pd.DataFrame({"level": level, "n": [c[0] for c in counts], "open": [c[1] for c in counts]})
    for i, name in enumerate(("median", "median_low", "median_high", "q25", "q75")):
        frame[name] = 20.0 + i
    for i, name in enumerate(("rmean", "rmean_se", "discharged_mean", "discharged_median")):
        frame[name] = 31.2345 + i
    rows = []
    for place, found in (curves or {}).items():
        survival = 1.0
        for day, at_risk, events in found:
            survival *= 1 - events / at_risk
            rows.append((CARE.names[place], day, at_risk, events, survival, 0.01, survival - 0.01, survival + 0.01))
    names = ["level", "day", "at_risk", "events", "survival", "se", "low", "high"]
    curve = pd.DataFrame(rows, columns=names)
    curve["level"] = pd.Categorical(curve["level"], CARE.names, ordered=True)
    given = about("length of stay", (), dated_by="", missing="7 open", within=())
    return LengthOfStay(frame, given, CARE, curve=curve, horizon=365)


@pytest.fixture(scope="session")
def moves():
    """Return moves of 900 made-up people over two years."""
    rng = np.random.default_rng(11)
    rows = []
    levels = ["inpatient", "residential", "php", "iop", "outpatient"]
    for person in range(900):
        day, level = int(rng.integers(0, 600)), int(rng.integers(0, 4))
        for _ in range(int(rng.integers(1, 5))):
            stay = int(rng.geometric(1 / (8 + 15 * level)))
            reason = ["completed", "left early", "transferred out"][int(rng.integers(0, 3))]
            rows.append((person, levels[level], day, day + stay, reason, PAYERS[person % 7 % 3]))
            day += stay + int(rng.geometric(0.06)) - 1
            level = min(level + int(rng.integers(0, 2)), 4)
    frame = pd.DataFrame(rows, columns=["person_id", "level", "admit", "discharge", "discharge_reason", "payer"])
    start = pd.Timestamp("2024-01-01")
    frame["admit_date"] = (start + pd.to_timedelta(frame.pop("admit"), unit="D")).dt.strftime("%Y-%m-%d")
    frame["discharge_date"] = (start + pd.to_timedelta(frame.pop("discharge"), unit="D")).dt.strftime("%Y-%m-%d")
    frame = frame[frame["admit_date"] <= "2025-12-31"]
    return cf.link(cf.read_episodes(frame, cf.Continuum.standard(), cutoff="2025-12-31"), within=30)


@pytest.fixture(scope="session")
def made() -> dict[str, Any]:
    """The makers above, by name."""
    return {
        "table": random_table, "flows": flows, "rates": rates, "by_quarter": by_quarter, "overall": overall,
        "stays": stays, "levels": CARE.names, "to": TO,
    }  # fmt: skip
