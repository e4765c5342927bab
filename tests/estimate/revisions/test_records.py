"""Why a number moved, from records: the table of answers worked by hand, and exact sums on random pairs of extracts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.drawn import day, drawn
from support.two_extracts import OLD

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError

R6 = "    6      | residential | 3     | 15        | completed\n"
P6 = "    6      | php         | 16    | 30        | completed\n"
P2 = "    2      | php         | 22    | 30        | completed\n"
R5 = "    5      | residential | 12    | 35        | completed\n"
P4 = "    4      | php         | 33    | 50        | completed\n"


def compared(
    old: str | pd.DataFrame, new: str | pd.DataFrame, *, cutoffs: tuple[int, int] = (100, 100),
    within: tuple[int, int] = (30, 30), **how: Any,
) -> cf.estimate.Diff:  # fmt: skip
    """Return the diff of two drawn extracts, read alongside each other."""
    frames = [drawn(side) if isinstance(side, str) else side for side in (old, new)]
    reading = {name: how.pop(name) for name in ("columns", "overlaps") if name in how}
    first = cf.read_episodes(frames[0], cutoff=day(cutoffs[0]), **reading)
    second = cf.read_episodes(frames[1], cutoff=day(cutoffs[1]), alongside=first, **reading)
    return cf.diff(*(cf.link(side, within=days) for side, days in zip((first, second), within, strict=True)), **how)


def causes(why: cf.estimate.Diff, to: str = "php", **strata: str) -> dict[tuple[str, str], float]:
    rows = why.at("2024Q1", frm="residential", to=to, **strata)
    rows = rows[rows["cause"] != "total"]
    return {(str(row["cause"]), str(row["where"])): round(float(row["points"]), 3) for _, row in rows.iterrows()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("new", "how", "worked"),
    [
        (OLD + R6 + P6, {}, ("late", "discharge", 10)),
        (OLD + R6, {}, ("late", "discharge", -6.667)),
        (OLD + P2, {}, ("late", "next stay", 20)),
        (OLD.replace(R5, ""), {}, ("removed", "discharge", 10)),
        (OLD.replace(P4, ""), {}, ("removed", "next stay", -20)),
        (OLD.replace("3      | iop ", "3      | php "), {}, ("level", "next stay", 20)),
        (OLD.replace("5      | residential", "5      | inpatient"), {}, ("level", "discharge", 10)),
        (OLD.replace("12    | 35", "12    | 95"), {"cutoffs": (200, 200)}, ("discharge date", "discharge", 10)),
        (OLD.replace("33    | 50", "63    | 80"), {}, ("admission", "next stay", -20)),
        (OLD, {"cutoffs": (60, 100)}, ("followed", "discharge", -10)),
        (OLD, {"within": (2, 30)}, ("rule: within", "rule", 20)),
    ],
)  # fmt: skip
def test_the_causes_are_those_worked_by_hand(new: str, how: dict[str, Any], worked: tuple[str, str, float]) -> None:
    why = compared(OLD, new, **how)
    assert causes(why) == {worked[:2]: worked[2]}
    totals = why.frame.query("quarter == '2024Q1' and `from` == 'residential' and to == 'php' and cause == 'total'")
    assert totals["points"].round(3).tolist() == [worked[2]]


@pytest.mark.slow
def test_a_stay_in_care_at_the_old_cutoff_and_discharged_after_it_is_since() -> None:
    old = OLD.replace("12    | 35        | completed", "12    |           |          ")
    new = OLD.replace("12    | 35 ", "12    | 66 ")
    assert causes(compared(old, new, cutoffs=(62, 120))) == {("since", "discharge"): -10.0}
    assert causes(compared(old, OLD)) == {("discharge date", "discharge"): -10.0}


@pytest.mark.slow
def test_a_reason_decides_in_its_own_row_and_where_it_is_death() -> None:
    early = compared(OLD, OLD.replace(R5, R5.replace("completed", "left early")))
    assert causes(early, "completed") == {("reason", "discharge"): -20.0}
    assert causes(early, "left early") == {("reason", "discharge"): 20.0}
    assert causes(early, "left care") == {}
    died = compared(OLD, OLD.replace(R5, R5.replace("completed", "died")))
    assert causes(died, "died") == {("reason", "discharge"): 20.0}
    assert causes(died, "left care") == {("reason", "discharge"): -20.0}


@pytest.mark.slow
def test_another_stay_that_goes_on_makes_a_discharge_concurrent() -> None:
    why = compared(OLD, OLD + "    2      | outpatient  | 1     | 90        | completed\n")
    assert causes(why, "completed") == {("other stay", "other stay"): -20.0}
    assert causes(why, "concurrent") == {("other stay", "other stay"): 20.0}


@pytest.mark.slow
def test_stays_are_matched_by_episode_id_first_and_across_people_last() -> None:
    ids = "\n".join(f"{line} | E{i}" for i, line in enumerate(OLD.strip().splitlines()))
    ids = ids.replace("| E0", "| episode")
    moved = ids.replace("12    | 35        | completed | E8", "20    | 35        | completed | E8")
    why = compared(ids, moved)
    assert why.matched is not None
    assert dict(why.matched.values.tolist()) == {"no difference": 7, "episode id": 1}
    merged = ids.replace("5      | residential", "50     | residential")
    why = compared(ids, merged.replace("12    | 35", "12    | 95"), cutoffs=(200, 200))
    assert causes(why) == {("admission", "discharge"): 10.0}
    assert why.matched is not None
    assert "episode id, level and admission of another person" in set(why.matched["by"])


@pytest.mark.slow
def test_a_changed_stratum_is_its_own_cause() -> None:
    frames = []
    for payer in ("a", "b"):
        frame = drawn(OLD).assign(payer="a")
        frame.loc[frame["person_id"] == "5", "payer"] = payer
        frames.append(frame)
    why = compared(*frames, by=["quarter", "payer"])
    assert causes(why, payer="a") == {("stratum", "discharge"): 10.0}


@pytest.mark.slow
def test_a_change_of_the_reading_is_a_bridge_and_comes_first() -> None:
    frame = pd.concat([drawn(OLD), drawn(OLD.splitlines()[1] + "\n 2 | iop | 18 | 50 | completed")], ignore_index=True)
    old = cf.read_episodes(frame, cutoff=day(100))
    bridge = cf.read_episodes(frame, cutoff=day(100), overlaps="latest", alongside=old)
    more = pd.concat([frame, drawn(OLD.splitlines()[1] + "\n" + R6 + P6)], ignore_index=True)
    new = cf.read_episodes(more, cutoff=day(100), overlaps="latest", alongside=old)
    with pytest.raises(ArgumentError, match=r"overlapping stays \(flag and latest\); read the old file .* bridge="):
        cf.diff(cf.link(old), cf.link(new))
    why = cf.diff(cf.link(old), cf.link(new), bridge=cf.link(bridge))
    assert causes(why, "iop")[("rule: reading", "rule")] == 20.0
    assert ("late", "discharge") in causes(why, "iop")


LEVELS = ("inpatient", "residential", "php", "iop", "outpatient")
REASONS = ("completed", "left early", "died", "transferred out")


def extract(rng: np.random.Generator, people: int) -> pd.DataFrame:
    """Return made-up stays, some of which overlap, begin on one day or are open."""
    rows = []
    for person in range(people):
        start = int(rng.integers(0, 120))
        for _ in range(int(rng.integers(1, 5))):
            nights = int(rng.integers(0, 30))
            rows.append(
                (f"p{person}", rng.choice(LEVELS), start, start + nights, rng.choice(REASONS, p=[0.6, 0.3, 0.02, 0.08]))
            )
            start += nights + int(rng.integers(-3, 45))
    frame = pd.DataFrame(rows, columns=["person_id", "level", "a", "d", "discharge_reason"])
    frame["episode_id"] = [f"e{i}" for i in range(len(frame))]
    frame["payer"] = rng.choice(["x", "y"], len(frame))
    return frame


def changed(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return a later extract: rows late, removed, and with changed dates, levels, reasons, payers and people."""
    frame = frame.copy()
    some = rng.random((8, len(frame))) < 0.06
    frame.loc[some[0], "a"] += 2
    frame.loc[some[1], "d"] += 40
    frame.loc[some[2], "level"] = "iop"
    frame.loc[some[3], "discharge_reason"] = "left early"
    frame.loc[some[4], "payer"] = "z"
    frame.loc[some[5], "person_id"] = "p0"
    frame.loc[some[6], "episode_id"] = None
    frame["d"] = frame[["a", "d"]].max(axis=1)
    return frame[~some[7]].reset_index(drop=True)


def written(frame: pd.DataFrame, cutoff: int) -> pd.DataFrame:
    """Return what an extract on a cut-off holds of the stays."""
    seen = frame[frame["a"] <= cutoff].copy()
    seen["admit_date"] = [day(int(number)) for number in seen.pop("a")]
    ends = [int(number) for number in seen.pop("d")]
    seen["discharge_date"] = [day(number) if number <= cutoff else None for number in ends]
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_causes_sum_to_the_change_exactly_on_random_pairs_of_extracts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stays = extract(rng, 150)
    hidden = rng.random(len(stays)) < 0.08
    how: dict[str, Any] = {"accept": ["R06", "R10", "R11", "R14", "F04"]}
    cutoffs, within = (int(rng.integers(90, 140)), int(rng.integers(140, 200))), rng.choice([7, 14, 30], 2)
    files = written(stays[~hidden], cutoffs[0]), written(changed(stays, rng), cutoffs[1])
    old = cf.read_episodes(files[0], cutoff=day(cutoffs[0]), **how)
    # Another crosswalk: the new reading calls inpatient care residential.
    codes = {"inpatient": "residential"} | {level: level for level in LEVELS[1:]}
    bridge, new = (
        cf.read_episodes(file, cutoff=day(cutoff), levels=codes, overlaps="latest", alongside=old, **how)
        for file, cutoff in zip(files, cutoffs, strict=True)
    )
    moves = [cf.link(side, within=int(days)) for side, days in zip((old, bridge, new), within[[0, 0, 1]], strict=True)]
    why = cf.diff(moves[0], moves[2], by=["quarter", "payer"], bridge=moves[1])
    for frame, kind in ((why.frame, "to"), (why.directions, "direction")):
        keys = ["quarter", "payer", "from", kind]
        parts = frame[frame["cause"] != "total"].groupby(keys, observed=True)["points"]
        whole = parts.count() == parts.size()
        totals = frame[frame["cause"] == "total"].set_index(keys)["points"].dropna()
        sums = parts.sum()[whole].reindex(totals.index).dropna()
        assert len(sums) > 20
        assert (sums - totals[sums.index]).abs().max() < 1e-12
    # What the records add up to is what differs in counts.
    keys = ["quarter", "payer", "from", "to"]
    sides = [
        cf.transition_rates(cf.link(side, within=30), by=keys[:2], within=int(within[1]), cluster=None).frame
        for side in (bridge, new)
    ]
    tables = [frame.astype(dict.fromkeys(keys, str)).set_index(keys)[["n", "of"]] for frame in sides]
    differences = tables[1].sub(tables[0], fill_value=0)
    rows = why.frame[why.frame["where"].isin(["discharge", "next stay", "other stay"])]
    sums = rows.astype(dict.fromkeys(keys, str)).groupby(keys)[["n", "of"]].sum().astype(float)
    assert len(sums) > 50
    told = {key: tuple(row) for key, row in sums.iterrows() if row.any()}
    assert told == {key: tuple(row) for key, row in differences.iterrows() if row.any()}


@pytest.mark.slow
def test_files_read_each_by_itself_cannot_be_joined() -> None:
    old, new = (cf.link(cf.read_episodes(drawn(OLD), cutoff=day(100))) for _ in range(2))
    with pytest.raises(ArgumentError, match=r"people cannot be joined; read the new file with .*alongside=old"):
        cf.diff(old, new)


@pytest.mark.parametrize("basis", ["shifted", "quarter"])
def test_dates_that_differ_between_extracts_are_refused(basis: str) -> None:
    frame = drawn(OLD)
    if basis == "quarter":
        frame["admit_date"], frame["nights"] = "2024Q1", 10
        frame = frame.drop(columns="discharge_date")
    moves = cf.link(cf.read_episodes(frame, cutoff=day(100), date_basis=basis))
    with pytest.raises(ArgumentError, match=f"date_basis='{basis}' cannot answer why a number moved: .* actual dates"):
        cf.diff(moves, moves)


@pytest.mark.slow
def test_causes_of_single_records_are_never_published() -> None:
    with pytest.raises(DisclosureError, match=r"tells of single records .* in words"):
        cf.protect(compared(OLD, OLD + P2))
