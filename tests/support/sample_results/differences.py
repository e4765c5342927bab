"""Made-up differences of rates between two quarters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from careflow.estimate import Comparison
from careflow.estimate.stats.multiple_testing import adjusted
from support.sample_results.base import as_levels, continuum, provenance, rates

SIDES = ("2024Q2", "2025Q2")


def comparison(levels: int = 5, *, masked: bool = True) -> Comparison:
    """Return made-up differences of made-up rates; rows with 1 to 10 moves on a side are hidden."""
    care = continuum(levels)
    whole = rates(levels, by="quarter", masked=False, size=2400)
    frame, directions = (_difference(table, key, masked) for table, key in (
        (whole.frame, "to"), (whole.directions, "direction")))  # fmt: skip
    about = provenance("transition rate, difference", int(frame["of_1"].sum()), "discharges", within=(30,), by=())
    return Comparison(
        as_levels(frame, care), about, care, "quarter", *SIDES, directions=as_levels(directions, care)
    )  # fmt: skip


def _difference(table: pd.DataFrame, key: str, masked: bool) -> pd.DataFrame:
    one, other = (table[table["quarter"].astype(str) == side].reset_index(drop=True) for side in SIDES)
    keys = ["from", key, *(["direction"] if key == "to" else [])]
    out = one[keys].copy()
    for side, half in (("1", one), ("2", other)):
        out = out.assign(**{f"{name}_{side}": half[name] for name in ("n", "of", "rate")})
    out["difference"] = out["rate_2"] - out["rate_1"]
    out["se"] = np.hypot(one["se"], other["se"])
    out["low"], out["high"] = out["difference"] - 1.96 * out["se"], out["difference"] + 1.96 * out["se"]
    z = out["difference"].abs() / out["se"].where(out["se"] > 0)
    out["p"] = 2 * norm.sf(z)
    out["p_adjusted"], out["mature"] = adjusted(out["p"], "holm"), True
    out["hidden"] = masked & (out["n_1"].between(1, 10) | out["n_2"].between(1, 10))
    out.loc[out["hidden"], ["n_1", "rate_1", "n_2", "rate_2", "difference", "se", "low", "high", "p", "p_adjusted"]] = (
        np.nan
    )
    return out
