"""A window shorter than the link window: a later move is, for it, somebody who left."""

from pathlib import Path

import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf

GAP_OF_19 = """
    person | level       | admit | discharge | reason
    Ana    | residential | 0     | 30        | left early
    Ana    | php         | 49    | 60        | completed
    """
GAP_OF_7 = GAP_OF_19.replace("49", "37").replace("Ana", "Ben")


def row(frame: pd.DataFrame, to: str) -> tuple[int, int]:
    rows = frame[(frame["from"] == "residential") & (frame["to"] == to)]
    return tuple(rows[["n", "of"]].iloc[0].astype(int))  # type: ignore[return-value]


@pytest.mark.slow
@pytest.mark.parametrize("within", [0, 7, 18])
def test_a_move_after_the_only_window_counts_as_left_care(within: int) -> None:
    frame = cf.transition_rates(linked(GAP_OF_19, cutoff=365), within=within, cluster=None).frame
    actual = {to: row(frame, to) for to in ("php", "left early", "left care", "completed")}
    assert actual == {"php": (0, 1), "left early": (1, 1), "left care": (1, 1), "completed": (0, 1)}


@pytest.mark.slow
@pytest.mark.parametrize("within", [19, 29, 30])
def test_a_move_within_the_only_window_is_a_move(within: int) -> None:
    frame = cf.transition_rates(linked(GAP_OF_19, cutoff=365), within=within, cluster=None).frame
    assert (row(frame, "php"), row(frame, "left care")) == ((1, 1), (0, 1))


@pytest.mark.slow
@pytest.mark.parametrize("windows", [7, [7], [7, 14], [7, 30]])
def test_saved_and_pooled_counts_of_shorter_windows_are_equal(windows: object, tmp_path: Path) -> None:
    counts = linked(GAP_OF_19, cutoff=365).counts(windows=windows, clocks="discharge")  # type: ignore[arg-type]
    counts.save(tmp_path / "a.parquet")
    there = cf.Counts.load(tmp_path / "a.parquet")
    other = linked(GAP_OF_7, cutoff=365).counts(windows=windows, clocks="discharge")  # type: ignore[arg-type]
    assert row(cf.transition_rates(counts, within=7, cluster=None).frame, "php") == (0, 1)
    assert row(cf.transition_rates(there, within=7, cluster=None).frame, "php") == (0, 1)
    pooled = cf.transition_rates(there + other, within=7, cluster=None).frame
    assert (row(pooled, "php"), row(pooled, "left early")) == ((1, 2), (1, 2))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["followed", "incidence"])
def test_results_of_a_shorter_window_are_those_of_linking_by_it(method: str) -> None:
    """Directions, differences, triangles, chains and released rates are made from the same rows."""
    table = GAP_OF_19 + "\n".join(GAP_OF_7.splitlines()[2:])
    how = {"by": "quarter", "within": 7, "method": method}
    shorter = cf.transition_rates(linked(table, cutoff=365), **how)  # type: ignore[arg-type]
    alone = cf.transition_rates(linked(table, cutoff=365, within=7), **how)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(shorter.frame, alone.frame)
    pd.testing.assert_frame_equal(shorter.directions, alone.directions)
    pd.testing.assert_frame_equal(shorter.triangle("residential", "php"), alone.triangle("residential", "php"))
    pd.testing.assert_frame_equal(shorter.compare("2024Q1", "2024Q2").frame, alone.compare("2024Q1", "2024Q2").frame)
    pd.testing.assert_frame_equal(cf.chain(shorter).frame, cf.chain(alone).frame)
    hidden, other = cf.protect(shorter, below=11), cf.protect(alone, below=11)
    pd.testing.assert_frame_equal(hidden.frame, other.frame)
