"""Measures: sixteen cases worked by hand, and every number again from the stays of random tables."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
import pytest
from support.small_tables import small_tables

import careflow as cf
from careflow.errors import ArgumentError, CountsError, MeasureError

LEVEL = {"N": "inpatient", "R": "residential", "P": "php", "I": "iop", "O": "outpatient"}
REASON = {"c": "completed", "d": "died"}
DAY_0 = date(2024, 1, 1)
PLAIN: dict[str, Any] = {
    "name": "tried",
    "windows": [7],
    "denominator": {"levels": ["inpatient", "residential"]},
    "numerator": [{"levels": ["php", "iop", "outpatient"]}],
}
ARMS = [{"levels": ["php", "iop", "outpatient"]}, {"levels": ["residential"], "after": ["inpatient"], "from": 3}]
CHAIN = {"index": "last of chain", "chain_days": 30}
PERSON = {"unit": "person"}


def linked(text: str, cutoff: int = 400) -> cf.Transitions:
    """Read stays such as ``1: R 0-10c, P 17-; 2: R 0-10c``."""
    rows = []
    for person_text in text.split(";"):
        person, stays = person_text.split(":")
        for stay in stays.split(","):
            level, days = stay.split()
            first, last = days.split("-")
            ended = DAY_0 + timedelta(days=int(last[:-1])) if last else None
            admitted = DAY_0 + timedelta(days=int(first))
            rows.append((person.strip(), LEVEL[level], admitted, ended, REASON.get(last[-1:])))
    columns = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]
    frame = pd.DataFrame(rows, columns=columns)
    return cf.link(cf.read_episodes(frame, cutoff=DAY_0 + timedelta(days=cutoff)))


def rule(**changes: Any) -> cf.Measure:
    denominator = PLAIN["denominator"] | changes.pop("of", {})
    return cf.Measure.from_dict(PLAIN | {"denominator": denominator} | changes)


def shares(moves: cf.Transitions, measure: cf.Measure, window: int = 7) -> dict[str, tuple[int, int]]:
    frame = cf.measure(moves, measure, cluster=None).frame
    rows = frame[frame["window"] == window]
    return {str(row["level"]): (int(row["n"]), int(row["of"])) for _, row in rows.iterrows()}


ONE = "all levels"
CASES: list[tuple[str, int, dict[str, Any], dict[str, tuple[int, int]]]] = [
    ("1: R 0-10c, P 10-20c", 400, {}, {ONE: (1, 1)}),
    ("1: R 0-10c, P 10-20c", 400, {"from": 1}, {ONE: (0, 1)}),
    ("1: R 0-10c, P 17-; 2: R 0-10c, P 18-", 400, {"from": 1}, {ONE: (1, 2)}),
    (
        "1: N 0-5c, R 7-; 2: N 0-5c, R 8-; 3: R 0-30c, R 33-; 4: R 0-30c, P 31-; 5: R 0-30c, P 30-",
        400,
        {"from": 1, "numerator": ARMS},
        {"inpatient": (1, 2), "residential": (1, 3)},
    ),
    ("1: R 0-10c, R 20-30c, P 33-", 400, {"from": 1}, {ONE: (1, 2)}),
    ("1: R 0-10c, R 20-30c, P 33-", 400, {"from": 1, "of": CHAIN}, {ONE: (1, 1)}),
    ("1: R 0-10c, R 40-50c; 2: R 0-10c, R 41-50c", 400, {"of": CHAIN}, {ONE: (0, 3)}),
    ("1: R 0-10c, R 20-", 400, {"of": CHAIN}, {ONE: (0, 0)}),
    ("1: R 0-10c, P 12-", 35, {"of": CHAIN}, {ONE: (0, 0)}),
    ("1: R 0-10c, P 12-20c, R 60-70c; 2: R 0-10c", 400, {}, {ONE: (1, 3)}),
    ("1: R 0-10c, P 12-20c, R 60-70c; 2: R 0-10c", 400, {"of": PERSON}, {ONE: (1, 2)}),
    (
        "1: N 0-5c, P 6-9c, R 60-70c",
        400,
        {"of": PERSON},
        {"inpatient": (1, 1), "residential": (0, 1), ONE: (1, 1)},
    ),
    ("1: R 0-10d; 2: R 0-10c, P 11-", 400, {}, {ONE: (1, 2)}),
    ("1: R 0-10d; 2: R 0-10c, P 11-", 400, {"of": {"exclude": ["died"]}}, {ONE: (1, 1)}),
    ("1: N 0-5c, R 5-20c, P 22-", 400, {}, {ONE: (1, 2)}),
    ("1: N 0-5c, R 5-20c, P 22-", 400, {"of": {"exclude": ["same-day transfer"]}}, {ONE: (1, 1)}),
    ("1: I 0-100c, R 10-20c", 400, {}, {ONE: (0, 1)}),
    ("1: I 0-100c, R 10-20c", 400, {"numerator": [{"levels": ["iop"], "ongoing": True}]}, {ONE: (1, 1)}),
    ("1: I 0-100c, R 10-20c", 400, {"of": {"exclude": ["concurrent"]}}, {ONE: (0, 0)}),
    (
        "1: P 0-10c, R 12-; 2: P 0-10c, I 12-; 3: I 0-10c, I 12-",
        400,
        {"of": {"levels": "any"}, "numerator": [{"levels": "less intensive"}]},
        {"php": (1, 2), "iop": (0, 1)},
    ),
    ("1: R 300-349c, P 350-; 2: R 300-350c, P 351-", 400, {"until": "12-15"}, {ONE: (1, 1)}),
    ("1: N 0-5c, R 6-8c, P 9-", 400, {"from": 1, "of": {"levels": ["inpatient"]}}, {ONE: (1, 1)}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("stays", "cutoff", "changes", "expected"), CASES)
def test_a_measure_is_the_one_worked_by_hand(stays: str, cutoff: int, changes: Any, expected: Any) -> None:
    counted = shares(linked(stays, cutoff), rule(**changes))
    assert {level: counted[level] for level in expected} == expected


@pytest.mark.slow
def test_a_window_counts_discharges_followed_for_it_only() -> None:
    moves = linked("1: R 0-10c, P 11-", 15)
    both = rule(windows=[4, 7])
    assert (shares(moves, both, 4)[ONE], shares(moves, both, 7)[ONE]) == ((1, 1), (0, 0))
    frame = cf.measure(linked("1: R 0-10c, P 12-", 35), rule(of=CHAIN), cluster=None).frame
    assert frame.loc[frame["level"] == ONE, "followed"].tolist() == [0.0]


@pytest.mark.slow
def test_what_is_left_out_is_counted_by_the_first_reason_that_holds() -> None:
    moves = linked("1: R 0-10d; 2: I 0-100c, R 10-20c; 3: N 0-5c, R 5-20c, P 22-; 4: R 0-10c, R 12-30c")
    every = rule(of={"exclude": ["died", "concurrent", "same-day transfer"]} | CHAIN)
    assert cf.measure(moves, every).excluded.values.tolist() == [
        ["died", 1],
        ["concurrent", 1],
        ["same-day transfer", 0],
        ["not the last of its chain", 2],
    ]
    plain = cf.measure(moves, rule(of={"exclude": ["same-day transfer"]})).excluded
    assert plain.values.tolist() == [["same-day transfer", 1]]


def brute(stays: list[Any], values: dict[str, Any], levels: tuple[str, ...], cutoff: int) -> dict[str, tuple[int, int]]:
    """Count a measure of one facility, person by person, from the words of its definition."""
    of_rule = values["denominator"]
    left, last = of_rule["levels"], values["windows"][-1]
    people: dict[str, list[Any]] = {}
    for linked_stay in stays:
        people.setdefault(linked_stay.stay.person, []).append(linked_stay)
    found: dict[str, list[tuple[str, bool]]] = {}
    for person, mine in people.items():
        ordered = [one.stay for one in mine]
        own = [place for place, one in enumerate(mine) if one.stay.level in left]
        index = [place for place in own if ordered[place].discharge is not None]
        if of_rule.get("index") == "last of chain":
            chains: list[list[int]] = []
            for place in own:
                ends = [ordered[i].discharge for i in chains[-1]] if chains else []
                joined = bool(ends) and (None in ends or ordered[place].admit <= max(ends) + of_rule["chain_days"])
                if joined:
                    chains[-1].append(place)
                else:
                    chains.append([place])
            index = []
            for chain in chains:
                ends = [ordered[i].discharge for i in chain]
                if None not in ends:
                    index.append(max(chain, key=lambda i: (ordered[i].discharge, i)))
        for place in index:
            stay, outcome = ordered[place], mine[place].outcome
            died, concurrent = stay.reason == "died", outcome == "concurrent"
            same_day = mine[place].gap == 0 and not died and not concurrent
            out = {"died": died, "concurrent": concurrent, "same-day transfer": same_day}
            if any(out[why] for why in of_rule.get("exclude", [])):
                continue
            if cutoff - stay.discharge < max(last, of_rule.get("chain_days", 0)):
                continue
            hit = False
            for other_place, other in enumerate(ordered):
                if other_place == place or died:
                    continue
                for arm in values["numerator"]:
                    if arm.get("after") and stay.level not in arm["after"]:
                        continue
                    first = stay.discharge + arm.get("from", values.get("from", 0))
                    reached = {
                        "any": set(levels),
                        "less intensive": {one for one in levels if levels.index(one) > levels.index(stay.level)},
                        "as intensive": {one for one in levels if levels.index(one) <= levels.index(stay.level)},
                    }.get(arm["levels"] if isinstance(arm["levels"], str) else "", set(arm["levels"]))
                    if other.level not in reached:
                        continue
                    hit |= other_place > place and first <= other.admit <= stay.discharge + last
                    goes_on = other.discharge is None or other.discharge > first
                    hit |= arm.get("ongoing", False) and other.admit <= stay.discharge + last and goes_on
            found.setdefault(person, []).append((stay.level, hit))
    out_of: dict[str, tuple[int, int]] = {}
    for level in (*levels, ONE):
        rows = {
            person: [hit for at, hit in hits if level in (at, ONE)]
            for person, hits in found.items()
            if any(level in (at, ONE) for at, _ in hits)
        }
        if of_rule.get("unit") == "person":
            out_of[level] = sum(map(any, rows.values())), len(rows)
        else:
            out_of[level] = sum(map(sum, rows.values())), sum(map(len, rows.values()))
    return out_of


def drawn(chance: Random, levels: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of a random measure."""
    window = chance.choice([1, 3, 6])
    first = chance.choice([0, 0, 1])
    left = chance.sample(levels, chance.randint(1, 3))
    of: dict[str, Any] = {
        "levels": left,
        "exclude": chance.sample(["died", "concurrent", "same-day transfer"], chance.randint(0, 2)),
    }
    if chance.random() < 0.4:
        of |= {"index": "last of chain", "chain_days": chance.choice([0, 2, 5])}
    if chance.random() < 0.4:
        of["unit"] = "person"
    arms: list[dict[str, Any]] = []
    for _ in range(chance.randint(1, 2)):
        words = ["any", "less intensive", "as intensive", chance.sample(levels, chance.randint(1, 3))]
        arm: dict[str, Any] = {"levels": chance.choice(words)}
        if chance.random() < 0.3:
            arm["after"] = [chance.choice(left)]
        if chance.random() < 0.3:
            arm["from"] = chance.randint(0, window)
        if chance.random() < 0.4:
            arm["ongoing"] = True
        arms.append(arm)
    return {"name": "drawn", "windows": [window], "from": first, "denominator": of, "numerator": arms}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_measures_are_those_of_the_stays_of_random_tables(seed: int) -> None:
    chance = Random(seed)
    tables = small_tables(seed)
    levels = tables.linked_moves.episodes.continuum.names
    rules = {f"drawn-{i}": drawn(chance, levels) | {"name": f"drawn-{i}"} for i in range(12)}
    measures = [cf.Measure.from_dict(values) for values in rules.values()]
    counts = tables.linked_moves.counts("facility", clocks=measures)
    wrong, hits = [], 0
    for measure in measures:
        frame = cf.measure(counts, measure, by="facility", cluster=None).frame
        there = {
            (str(f), str(level)): (int(n), int(of))
            for f, level, n, of in frame[["facility", "level", "n", "of"]].to_numpy()
        }
        for facility, stays in tables.tables.items():
            expected = brute(stays, rules[measure.name], levels, tables.cutoff)
            for level, numbers in expected.items():
                hits += numbers[0]
                if there.get((facility, level), (0, 0)) != numbers:
                    wrong.append((measure.name, facility, level, there.get((facility, level)), numbers))
    assert wrong[:3] == []
    assert hits > 100


@pytest.mark.slow
def test_limits_are_those_of_rates() -> None:
    moves = small_tables(3).linked_moves
    any_level = rule(
        windows=[5], of={"levels": "any", "exclude": ["died", "concurrent"]}, numerator=[{"levels": "any"}]
    )
    for cluster in ("person", None):
        frame = cf.measure(moves, any_level, by="facility", cluster=cluster).frame
        rows = frame[frame["level"] == "residential"].reset_index(drop=True)
        to = {"moved": list(moves.episodes.continuum.names), "died": "died", "concurrent": "concurrent"}
        rates = cf.transition_rates(moves, by="facility", frm="residential", to=to, within=5, cluster=cluster).frame
        n = rates[rates["to"] == "moved"]["n"].reset_index(drop=True)
        out = rates[rates["to"] != "moved"].groupby("facility", observed=True)["n"].sum().reset_index(drop=True)
        of = rates[rates["to"] == "moved"]["of"].reset_index(drop=True)
        assert rows["n"].tolist() == n.tolist()
        assert rows["of"].tolist() == (of - out).tolist()
    with_rate = frame[frame["of"] > 0]
    assert (with_rate["low"] <= with_rate["rate"]).all()
    assert (with_rate["rate"] <= with_rate["high"]).all()


@pytest.mark.slow
def test_people_served_by_group_are_distinct() -> None:
    moves = linked("1: P 0-10c, I 12-20c; 2: I 0-5c; 3: R 0-40c, O 41-50c")
    frame = cf.measure(moves, "persons-by-level", by="quarter").frame
    first = frame[frame["quarter"] == "2024Q1"].set_index("group")["persons"]
    assert first.drop("withdrawal management").to_dict() == {
        "outpatient": 1, "IOP and PHP": 2, "residential and inpatient": 1,
    }  # fmt: skip
    assert pd.isna(first["withdrawal management"])
    assert "withdrawal management" in cf.measure(moves, "persons-by-level").about.missing


@pytest.mark.slow
def test_a_mean_of_closed_stays_stands_beside_the_restricted_mean() -> None:
    moves = linked("1: R 0-10c; 2: R 0-30c; 3: R 0-50c; 4: R 0-")
    row = cf.measure(moves, "average-residential-stay", cluster=None).frame.iloc[0]
    assert row[["n", "mean"]].tolist() == [3, 30.0]
    assert row["se"] == pytest.approx(20 / 3**0.5)
    lengths = cf.length_of_stay(moves, cluster=None).frame
    assert row["rmean"] == pytest.approx(lengths.loc[lengths["level"] == "residential", "rmean"].iloc[0])
    assert row["rmean"] > row["mean"]


@pytest.mark.slow
def test_flags_are_of_a_level_or_of_a_column() -> None:
    with pytest.raises(MeasureError, match="no level of standard has the flag wm"):
        cf.measure(linked("1: R 0-10c"), "continuity-withdrawal")
    frame = pd.DataFrame(
        {
            "person_id": ["1", "1", "2"],
            "level": ["residential", "php", "residential"],
            "admit_date": ["2024-01-01", "2024-01-12", "2024-01-01"],
            "discharge_date": ["2024-01-11", "2024-02-01", "2024-01-11"],
            "flags": ["wm", "", "otp"],
        }
    )
    moves = cf.link(cf.read_episodes(pd.concat([frame] * 1), cutoff="2024-12-31", columns={"flags": "flags"}))
    result = cf.measure(moves, "continuity-withdrawal", cluster=None).frame
    rows = result[(result["level"] == ONE) & (result["window"] == 7)]
    assert rows[["n", "of"]].values.tolist() == [[1, 1]]


@pytest.mark.slow
def test_counts_keep_a_measure_and_add_up_by_its_digest(tmp_path: Any) -> None:
    one, other = linked("1: R 0-10c, P 12-"), linked("2: R 0-10c")
    measure = rule()
    first, second = (moves.counts(clocks=[measure]) for moves in (one, other))
    assert list(first.tables) == [f"measure:tried#{measure.digest}"]
    (first + second).save(tmp_path / "counts.parquet")
    loaded = cf.Counts.load(tmp_path / "counts.parquet")
    assert loaded.definition.measures == (measure,)
    assert shares(loaded, measure)[ONE] == (1, 2)
    changed = rule(windows=[8])
    with pytest.raises(CountsError, match=f"by another definition .#{measure.digest}, not #{changed.digest}"):
        cf.measure(loaded, changed)
    with pytest.raises(CountsError, match="cannot be added"):
        _ = first + other.counts(clocks=[changed])
    with pytest.raises(CountsError, match="no measure 'fui-like'"):
        cf.measure(loaded, "fui-like")


def test_people_do_not_add_up_over_strata() -> None:
    counts = small_tables(1).linked_moves.counts("facility", clocks=[rule(of=PERSON)])
    with pytest.raises(ArgumentError, match="people do not add up"):
        cf.measure(counts, rule(of=PERSON))
