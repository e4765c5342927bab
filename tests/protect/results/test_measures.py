"""Measures: what a reader who knows the definition can work out from a measure beside rates of the same windows."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest
from support.measure_attacker import WINDOWS, Attacker, hits_of
from support.release_attacker import LEVELS, Findings, moves_of, records

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import audit, protect
from careflow.report.content.content import content
from careflow.report.content.estimates import EVENT_TABLES

RULES: dict[str, dict[str, dict[str, int]]] = {
    "continuity-inpatient-residential": {
        "inpatient": {"php": 1, "iop": 1, "outpatient": 1, "residential": 3},
        "residential": {"php": 1, "iop": 1, "outpatient": 1},
    },
    "any level from the same day": {"residential": dict.fromkeys(LEVELS, 0), "php": dict.fromkeys(LEVELS, 0)},
}
"""By level left, the levels that are hits with the first day, typed from the definitions."""


def measure(name: str, **denominator: Any) -> cf.Measure:
    if name in cf.Measure.shipped():
        return cf.Measure.from_dict({k: v for k, v in cf.Measure.load(name).to_dict().items() if k != "until"})
    return cf.Measure.from_dict({
        "name": "any", "kind": "follow-up", "windows": list(WINDOWS),
        "denominator": {"levels": ["residential", "php"], **denominator}, "numerator": [{"levels": "any"}],
    })  # fmt: skip


@cache
def stays(people: int, seed: int) -> pd.DataFrame:
    return records(people, seed)


@cache
def moves(people: int, seed: int) -> cf.Transitions:
    return moves_of(stays(people, seed))


def attacked(given: list[Any], name: str, frame: pd.DataFrame) -> Findings:
    """Return what the attacker tells of small counts from frames, protected or not."""
    discharges, found = hits_of(frame, RULES[name]), Findings()
    for level, first in RULES[name].items():
        by = "quarter" if "quarter" in given[0].frame else None
        reader = Attacker(level, discharges, first, by)
        for result in given:
            (reader.measured if type(result).__name__ == "Measured" else reader.rates)(result.frame)
        reader.attack(found)
    return found


def both(linked: cf.Transitions, name: str, by: str | None) -> list[Any]:
    return [cf.transition_rates(linked, by=by, within=WINDOWS), cf.measure(linked, measure(name), by=by)]


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("by", "people", "seed"), [(None, 150, 1), ("quarter", 3000, 2)])
def test_a_measure_beside_rates_tells_no_small_count(name: str, by: str | None, people: int, seed: int) -> None:
    frame = stays(people, seed)
    given = both(moves(people, seed), name, by)
    assert not attacked(given, name, frame).ok, "the attacker finds nothing in what is not protected"
    safe = protect(given)
    assert safe.proof.check().ok
    assert audit(safe).ok
    found = attacked(list(safe), name, frame)
    assert found.small > 10
    assert found.ok, found


@pytest.mark.slow
def test_a_measure_after_rates_in_one_ledger_tells_no_small_count(tmp_path) -> None:
    name, frame, linked = "any level from the same day", stays(3000, 3), moves(3000, 3)
    rates, result = both(linked, name, "quarter")
    apart = [protect(rates)[0], protect(result)[0]]
    assert not attacked(apart, name, frame).ok, "each by itself is safe, both together are not"
    joint = [protect(one, ledger=tmp_path)[0] for one in (rates, result)]
    found = attacked(joint, name, frame)
    assert found.ok, found


@pytest.mark.slow
def test_a_report_that_releases_a_measure_tells_no_small_count() -> None:
    name, frame, rule = "any level from the same day", stays(3000, 3), measure("any level from the same day")
    linked = cf.link(moves(3000, 3).episodes, within=max(WINDOWS))
    counts = linked.counts(by="quarter", clocks=(*EVENT_TABLES, rule), windows=WINDOWS)
    asked = {"quarter": None, "title": None, "source": None, "findings": None, "mode": "release"}

    def printed(**more: Any) -> list[Any]:
        told = content(counts, **asked, **more)
        return [told.rates.with_frame(told.rates.frame.assign(within=max(WINDOWS))), *(m.result for m in told.measured)]

    apart = [*printed(), *protect(cf.measure(counts, rule, by="quarter"))]
    assert not attacked(apart, name, frame).ok, "each by itself is safe, both together are not"
    together = printed(measures=(rule,))
    found = attacked(together, name, frame)
    assert found.small > 10
    assert found.ok, found
    for result in together:
        assert not result.frame["n"].between(1, 10).any()
        assert result.frame["n"].notna().any()


@pytest.mark.slow
def test_measures_that_no_sums_link_are_refused() -> None:
    linked, rule = moves(150, 1), measure("any level from the same day")
    result = cf.measure(linked, rule)
    with pytest.raises(DisclosureError, match="2 measures overlap each other"):
        protect([result, cf.measure(linked, "va-residential-follow-up")])
    for other in (cf.transition_rates(linked, within=30), cf.readmissions(linked, days=7), cf.pathways(linked)):
        with pytest.raises(DisclosureError, match=r"protect transition_rates\(within=\[7, 14, \.\.\.\]\) beside it"):
            protect([result, other])
    people = cf.measure(linked, measure("any", unit="person"))
    with pytest.raises(DisclosureError, match="people do not add up"):
        protect([people, cf.transition_rates(linked, within=WINDOWS)])


def test_a_rounded_release_refuses_measures_and_says_what_to_do() -> None:
    for name in ("va-residential-follow-up", "average-residential-stay", "persons-by-level"):
        with pytest.raises(DisclosureError, match=r"mode='round' has no measures: .*; use mode='suppress' for all"):
            protect(cf.measure(moves(150, 1), name), mode="round")


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["discharge", "person"])
def test_rows_of_levels_and_of_all_give_no_small_count_by_subtraction(unit: str) -> None:
    result = cf.measure(moves(150, 1), measure("any", unit=unit), by="year")
    safe = protect(result)
    assert audit(safe).ok
    assert safe.excluded.empty
    frame, counts = safe.frame, ["n", "of"]
    true = result.frame[counts]
    assert frame[counts].isna().any(axis=None)
    assert not ((true > 0) & (true < 11) & frame[counts].notna()).any(axis=None)
    for (_, window), rows in frame.groupby(["year", "window"], observed=True):
        for name in counts:
            values = rows.set_index(rows["level"].astype(str))[name].dropna()
            for level in ("residential", "php"):
                if {level, "all levels"} <= set(values.index):
                    rest = values["all levels"] - values[level]
                    assert rest == 0 or rest >= 11, (window, name)
    without = frame["of"] - frame["n"]
    assert not ((without > 0) & (without < 11)).any()
    assert frame.loc[frame["hidden"], ["rate", "se", "low", "high"]].isna().all(axis=None)


@pytest.mark.slow
def test_people_and_means_of_fewer_than_11_are_hidden() -> None:
    linked = moves(150, 1)
    served, means = (
        cf.measure(linked, "persons-by-level", by="quarter"),
        cf.measure(linked, "average-residential-stay", by="quarter"),
    )
    people = protect(served).frame
    few = served.frame["persons"].astype(float).between(1, 10).to_numpy()
    assert few.any()
    assert (people["hidden"].to_numpy() == few).all()
    assert people.loc[few, "persons"].isna().all()
    stays_left = protect(means).frame
    few = means.frame["n"].between(1, 10).to_numpy()
    assert few.any()
    assert stays_left.loc[few, ["n", "mean", "se", "low", "high", "rmean"]].isna().all(axis=None)
    shown = stays_left.loc[~stays_left["hidden"], "mean"].dropna()
    assert len(shown)
    assert all(float(f"{mean:.3g}") == mean for mean in shown)
