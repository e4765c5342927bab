"""careflow itself."""

from __future__ import annotations

import duckdb  # noqa: F401 - what careflow loads on first use is not counted as work, as for its peers
import pandas as pd
import pyarrow.parquet  # noqa: F401
import scipy.special  # noqa: F401

import careflow as cf

LOADED = (cf.read_episodes, cf.link, cf.transition_rates, cf.length_of_stay, cf.cumulative_incidence, cf.census)


def run(path: str, job: str) -> dict[str, pd.DataFrame]:
    moves = cf.link(cf.read_episodes(path, cutoff="2025-12-31"), within=30)
    rates, stays = cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter")
    results = {"rates": rates.frame, "directions": rates.directions, "stays": stays.frame, "curves": stays.curve}
    if job == "core":
        results["incidence"] = cf.cumulative_incidence(moves, by="quarter").frame
        results["census"] = cf.census(moves, by="quarter").frame
    return results
