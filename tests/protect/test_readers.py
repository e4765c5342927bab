"""Readers who know more than one table: what was restated, the next quarters, curves, and their own facility."""

import itertools
from dataclasses import replace

import pandas as pd
import pytest
from support.reader_attacks import attack_as_insider, attack_curves, attack_restated, by_change, late_and_corrected
from support.release_attacker import attack, moves_of, printed, records

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import protect

pytestmark = pytest.mark.slow

SEEDS = (3, 4)
END = "2026-12-31"


def by_quarter(stays: pd.DataFrame, cutoff: str = "2024-12-31") -> list:
    moves = moves_of(stays, cutoff)
    return [cf.transition_rates(moves, by="quarter"), cf.census(moves, by="quarter")]


def in_turn(releases: list[list], ledger) -> list[list]:
    """Return what is published of each release; one that is refused prints nothing."""
    out = []
    for given in releases:
        try:
            out.append([printed(one) for one in protect(given, ledger=ledger)])
        except DisclosureError:
            out.append([])
    return out


@pytest.mark.parametrize("seed", SEEDS)
def test_late_records_and_corrections_of_few_cannot_be_told(seed, tmp_path) -> None:
    after = records(60, seed)
    before = late_and_corrected(after, seed)
    first, second = in_turn([by_quarter(before), by_quarter(after)], tmp_path)
    assert first
    found = attack_restated(first, second, before, after)
    assert found.small > 50
    assert found.ok, found.exact + found.certainly_small


def test_without_a_ledger_a_reader_tells_what_came_late() -> None:
    after = records(120, SEEDS[0])
    before = late_and_corrected(after, SEEDS[0])
    first, second = (
        [printed(one) for one in protect(cf.transition_rates(moves_of(stays)))] for stays in (before, after)
    )
    assert any("changed by" in name for name in attack_restated(first, second, before, after, kept=False).exact)


@pytest.mark.parametrize("seed", SEEDS)
def test_next_quarters_give_no_small_count_away(seed, tmp_path) -> None:
    stays = records(60, seed)
    cutoffs = ("2024-06-30", "2024-09-30", "2024-12-31")
    releases = in_turn([by_quarter(stays, day) for day in cutoffs], tmp_path)
    seen = list(releases[0])
    for earlier, later in itertools.pairwise(releases):
        # A row of which few more are followed by now is printed as it was.
        seen += [part for one in later for part in by_change(one, earlier)]
    found = attack(seen, stays)
    assert found.small > 50
    assert found.ok, found.exact + found.certainly_small


@pytest.mark.parametrize("label", ["N", "S"])
def test_a_facility_that_knows_its_own_numbers_tells_no_other_s(label) -> None:
    stays = records(80, 5)
    moves = moves_of(stays)
    given = cf.transition_rates(moves, by=["year", "facility"])
    safe = [printed(protect(given, insider="facility")[0])]
    found = attack_as_insider(safe, [printed(given)], stays, label)
    assert found.small > 30
    assert found.ok, found.exact + found.certainly_small
    # With the years of both facilities, made by hand, it subtracts its own numbers.
    by_hand = printed(cf.transition_rates(moves, by="year"))
    assert attack_as_insider([*safe, by_hand], [printed(given)], stays, label).exact


@pytest.mark.parametrize("together", [True, False])
def test_curves_of_all_and_by_payer_give_no_few_stays_away(together, tmp_path) -> None:
    stays = records(400, 1, last=END)
    moves = moves_of(stays, END)
    given = [cf.length_of_stay(moves, by="payer"), cf.length_of_stay(moves)]
    released = list(protect(given)) if together else [protect(one, ledger=tmp_path)[0] for one in given]
    assert sum(len(one.curve) for one in released) > 20
    found = attack_curves(released, stays)
    assert found.ok, found.exact + found.certainly_small
    raw = [replace(one, curve=one.curve[one.curve["day"].isin([2, 14, 60, 90])]) for one in given]
    assert not attack_curves(raw, stays).ok
