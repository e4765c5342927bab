"""Made-up results of any number of levels: for contact sheets and tests, never for a report.

Every number here is invented; the seeds are fixed, so that the same call gives the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from careflow.continuum import Continuum, Level
from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_CARE, LEFT_REASONS, OUTCOMES
from careflow.estimate import Provenance, Rates

_TWELVE: Final = (
    "4.0 Inpatient", "3.7 WM", "3.2 WM", "3.7 Res", "3.5 Res", "3.1 Res",
    "2.5 PHP", "2.1 IOP day", "2.1 IOP eve", "1.5 OP", "1.0 OTP", "0.5 Support",
)  # fmt: skip
ENDS: Final = (*LEFT_REASONS, DIED, CONCURRENT)
END_SHARES: Final = (0.34, 0.42, 0.06, 0.05, 0.02, 0.05, 0.05, 0.004, 0.006)
QUARTERS: Final = tuple(f"{year}Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4))


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
) -> Rates:
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
    return Rates(as_levels(frame, care), about, care, directions=as_levels(directions, care))


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


def _moves(care: Continuum, rng: np.random.Generator, size: int, drift: float) -> pd.DataFrame:
    names, out = care.names, []
    for i, origin in enumerate(names):
        of = int(rng.integers(size // 2, 2 * size))
        down = [0.34 * 0.62 ** (j - i - 1) if j > i else 0.0 for j in range(len(names))]
        up = [0.055 * 0.55 ** (i - j - 1) if j < i else 0.0 for j in range(len(names))]
        weights = np.array([d * (1 + drift * 6) + u for d, u in zip(down, up, strict=True)])
        weights = weights * rng.uniform(0.8, 1.2, len(names))
        weights = weights * min(1.0, 0.66 / max(weights.sum(), 1e-9))
        ends = np.array(END_SHARES) / sum(END_SHARES) * (1 - weights.sum())
        n = rng.multinomial(of, np.concatenate([weights, ends]))
        for to, k in zip((*names, *ENDS), n, strict=True):
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
            rows.append((*key, direction, n, first["of"], first["followed"], first["mature"]))
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


def as_levels(frame: pd.DataFrame, care: Continuum) -> pd.DataFrame:
    """Make the columns of levels ordered categoricals, as estimators do."""
    for column, extra in (("from", ()), ("level", ()), ("to", OUTCOMES)):
        if column in frame:
            frame[column] = pd.Categorical(frame[column], [*care.names, *extra], ordered=True)
    return frame
