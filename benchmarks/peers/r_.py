"""R, through a CSV file of numbers, whose writing is not timed with it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import duckdb
import pandas as pd

from peers.words import CUTOFF, FIRSTS, LEVELS, QUARTERS, REASONS

if shutil.which("Rscript") is None:
    raise ModuleNotFoundError("there is no Rscript")


def run(path: str, job: str) -> dict[str, pd.DataFrame]:
    csv, out = Path(path).with_suffix(".csv"), Path(path).with_suffix(".r.csv")
    arguments = [str(CUTOFF), ",".join(QUARTERS), ",".join(map(str, FIRSTS)), ",".join(LEVELS)]
    script = Path(__file__).with_suffix(".R")
    subprocess.run(["Rscript", str(script), str(csv), job, str(out), *arguments], check=True, capture_output=True)
    return {"stays": pd.read_csv(out)}


def prepare(path: str) -> None:
    """Write the CSV file."""
    duckdb.execute(
        f"COPY (SELECT person_id AS person, list_position({LEVELS}, level) - 1 AS level, "
        "admit_date - DATE '1970-01-01' AS admit, discharge_date - DATE '1970-01-01' AS \"end\", "
        f"coalesce(list_position({REASONS}, discharge_reason) - 1, {len(REASONS) - 1}) AS reason "
        f"FROM read_parquet('{path}')) TO '{Path(path).with_suffix('.csv')}' (HEADER)"
    )
