"""Every frame of the sample, to compare before and after a change that must not change a number.

``python tests/support/sample_frames.py save FILE`` writes the frames that careflow makes of ``data/sample``;
``compare FILE`` makes them again and names each frame that differs in a column, a row or the last digit. Tables of
counts have no order of rows, so theirs are sorted first.
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import careflow as cf

ROOT = Path(__file__).parents[2]
COHORTS = ("period", "admission", "discharge")
STRATA = (None, "quarter", "year", "payer", ["quarter", "payer"], "facility")
RENAMED = {"grp": "jackknife_group", "what": "event"}
"""Columns of the tables of counts, as version 1 of the file called them."""


def frames_of(name: str, result: object) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every frame that a result holds, under its name."""
    for attribute in ("frame", "directions", "curve", "survival", "daily"):
        frame = getattr(result, attribute, None)
        if isinstance(frame, pd.DataFrame):
            yield f"{name}.{attribute}", frame


def sample_frames() -> dict[str, pd.DataFrame]:
    """Return the frames of every estimator on the sample, by name."""
    episodes = cf.read_episodes(ROOT / "data/sample/episodes.csv", cutoff="2025-12-31", progress=False)
    moves = cf.link(episodes, within=30)
    results: dict[str, object] = {}
    for by in STRATA:
        for method in ("followed", "incidence", "intensity"):
            results[f"rates by {by}, {method}"] = cf.transition_rates(moves, by=by, method=method)
        for cohort in COHORTS:
            results[f"stays by {by}, {cohort}"] = cf.length_of_stay(moves, by=by, cohort=cohort)
        results[f"readmissions by {by}"] = cf.readmissions(moves, by=by)
        results[f"bounce-back by {by}"] = cf.bounce_back(moves, by=by)
        results[f"persons served by {by}"] = cf.persons_served(moves, by=by)
        results[f"pathways by {by}"] = cf.pathways(moves, by=by, steps=4)
        results[f"exits by {by}"] = cf.cumulative_incidence(moves, by=by)
        results[f"gaps by {by}"] = cf.cumulative_incidence(moves, by=by, clock="gap")
    for by in (None, "payer"):
        results[f"occupation by {by}"] = cf.occupation(moves, start="residential", by=by)
        results[f"expected days by {by}"] = cf.expected_days(moves, start="residential", by=by)
    results["census by quarter"] = cf.census(moves, by="quarter")
    results["independent rates"] = cf.transition_rates(moves, by="quarter", cluster=None)
    results["independent stays"] = cf.length_of_stay(moves, by="quarter", cluster=None)
    rates, stays = cf.transition_rates(moves), cf.length_of_stay(moves)
    results["chain"] = cf.chain(rates, stays)
    results["comparison"] = cf.transition_rates(moves, by="quarter").compare("2023Q2", "2025Q2")
    results["log-rank test"] = cf.logrank_test(moves, by="payer")
    results["Gray's test"] = cf.gray_test(moves, "php", by="payer")
    results["Markov test"] = cf.markov_test(moves)
    for number, safe in enumerate(cf.protect([cf.transition_rates(moves, by="quarter"), stays], below=11)):
        results[f"protected {number}"] = safe
    frames = dict(pair for name, result in results.items() for pair in frames_of(name, result))
    frames["findings"] = episodes.findings
    for by in ("quarter", ["quarter", "payer"]):
        for name, table in moves.counts(by=by).tables.items():
            frames[f"counts by {by}, {name}"] = table.sort_values(list(table.columns), ignore_index=True)
    return frames


def differences(old: dict[str, pd.DataFrame], new: dict[str, pd.DataFrame]) -> list[str]:
    """Say which frames differ, and in what."""
    said = [f"{name}: only {'before' if name in old else 'after'}" for name in sorted(old.keys() ^ new.keys())]
    for name in sorted(old.keys() & new.keys()):
        try:
            before, after = (frames[name].rename(columns=RENAMED) for frames in (old, new))
            pd.testing.assert_frame_equal(before, after, check_exact=True)
        except AssertionError as error:
            said.append(f"{name}: {str(error).splitlines()[0]}")
    return said


def main() -> int:
    """Save the frames, or compare them with those saved; return 1 where any differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["save", "compare"])
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    frames = sample_frames()
    if asked.action == "save":
        asked.file.write_bytes(pickle.dumps(frames))
        print(f"{len(frames)} frames written")
        return 0
    said = differences(pickle.loads(asked.file.read_bytes()), frames)
    print("\n".join(said) or f"{len(frames)} frames, all equal to the last digit")
    return bool(said)


if __name__ == "__main__":
    raise SystemExit(main())
