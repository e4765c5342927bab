"""Open careflow's exports in the tools that they are for, and write down what these make of them.

    python tests/oracles/exports.py write FOLDER        # careflow's Python: the exports of the made-up sample
    python tests/oracles/exports.py peers FOLDER        # a Python with lifelines and pm4py, without careflow
    Rscript tests/oracles/exports.R FOLDER              # R with mstate and TraMineR
    python tests/oracles/exports.py join FOLDER         # writes tests/oracles/exports.json

The tests read ``exports.json`` and need none of the tools.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "data" / "sample" / "episodes.csv"
CUTOFF, START, LAST_ADMISSION = "2025-12-31", "2023-04-01", "2024-12-31"
DAYS = (0, 1, 7, 30, 90, 180)
FOLLOWED = 180


def moves_of(*, whole: bool) -> Any:
    """Return the sample, linked: all of it, with late entry, or people without overlaps who are followed for long."""
    import careflow as cf

    if whole:
        return cf.link(cf.read_episodes(SAMPLE, cutoff=CUTOFF, start=START), within=30)
    rows = pd.read_csv(SAMPLE, dtype=str)
    rows = rows[rows["admit_date"] <= LAST_ADMISSION]
    return cf.link(cf.read_episodes(rows, cutoff=CUTOFF, overlaps="highest"), within=30)


def write(folder: Path) -> None:
    whole, long = moves_of(whole=True), moves_of(whole=False)
    whole.to_lifelines(person_level=True).to_csv(folder / "lifelines.csv", index=False)
    whole.to_mstate(person_level=True).to_csv(folder / "mstate.csv", index=False)
    long.to_event_log(person_level=True).to_csv(folder / "log.csv", index=False)
    long.to_sequences(person_level=True, days=FOLLOWED, every=1).to_csv(folder / "sequences.csv", index=False)


def with_lifelines(folder: Path) -> dict[str, Any]:
    """Return Kaplan-Meier of each level on a few days, and its median."""
    import lifelines

    rows, found = pd.read_csv(folder / "lifelines.csv"), {}
    for level, of in rows.groupby("level"):
        curve = lifelines.KaplanMeierFitter().fit(of["duration"], of["observed"], entry=of["entry"] - 0.5)
        survival = curve.survival_function_at_times(DAYS).tolist()
        found[str(level)] = {"day": list(DAYS), "survival": survival, "median": float(curve.median_survival_time_)}
    return found


def with_pm4py(folder: Path) -> dict[str, Any]:
    """Return cases and what follows what, of the log written as XES by pm4py and read again."""
    import pm4py

    rows = pd.read_csv(folder / "log.csv", parse_dates=["time:timestamp"])
    rows = pm4py.format_dataframe(rows)
    pm4py.write_xes(rows, str(folder / "log.xes"))
    log = pm4py.read_xes(str(folder / "log.xes"))
    begun = log[log["lifecycle:transition"] == "start"]
    follows, first, _ = pm4py.discover_dfg(begun)
    return {
        "events": len(log),
        "cases": int(log["case:concept:name"].nunique()),
        "first": {str(name): int(n) for name, n in sorted(first.items())},
        "follows": sorted([str(a), str(b), int(n)] for (a, b), n in follows.items()),
    }


def peers(folder: Path) -> None:
    import lifelines
    import pm4py

    found = {
        "lifelines": {"version": lifelines.__version__} | {"levels": with_lifelines(folder)},
        "pm4py": {"version": pm4py.__version__} | with_pm4py(folder),
    }
    (folder / "python.json").write_text(json.dumps(found), encoding="utf-8")


def join(folder: Path) -> None:
    found = {}
    for name in ("python.json", "r.json"):
        found |= json.loads((folder / name).read_text(encoding="utf-8"))
    (HERE / "exports.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    {"write": write, "peers": peers, "join": join}[sys.argv[1]](Path(sys.argv[2]))
