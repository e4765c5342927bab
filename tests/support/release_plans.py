"""Random plans of successive releases for the attacker: strata in any order, windows, methods, cut-offs, modes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import protect

from .release_attacker import LAST, Findings, Printed, attack, moves_of, printed, records

STRATA: Final = (None, "quarter", "year", "payer", "facility", ["year", "payer"], ["quarter", "facility"])
CUTOFFS: Final = ("2024-09-30", LAST)


@dataclass(frozen=True)
class Outcome:
    """What came of one plan: releases published, the sentence of a refusal, and what the attacker found."""

    plan: tuple[str, ...]
    published: int
    refused: str
    findings: Findings


def random_plan(seed: int) -> list[tuple[str, Any, str]]:
    """Return two or three releases, each a list of results by name, strata and cut-off."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 4))
    cutoffs = sorted(rng.choice(CUTOFFS, n, p=[0.3, 0.7])) if rng.random() < 0.5 else [LAST] * n
    kinds = ("rates 30", "rates 14", "rates 30, 14", "incidence", "returns 30", "returns 14", "census", "stays",
             "rates and returns", "rates and stays")  # fmt: skip
    chance = np.array([5, 3, 1, 1, 1, 1, 1, 1, 1, 1], dtype=float)
    plan = []
    for cutoff in cutoffs:
        kind = str(rng.choice(kinds, p=chance / chance.sum()))
        by = STRATA[int(rng.integers(0, len(STRATA)))]
        plan.append((kind, "year" if kind == "census" and by in (None, "payer", "facility") else by, str(cutoff)))
    return plan


def results_of(kind: str, moves: cf.Transitions, by: Any) -> list[Any]:
    """Return the results of one release."""
    made = {
        "rates 30": lambda: [cf.transition_rates(moves, by=by)],
        "rates 14": lambda: [cf.transition_rates(moves, by=by, within=14)],
        "rates 30, 14": lambda: [cf.transition_rates(moves, by=by, within=[14, 30])],
        "incidence": lambda: [cf.transition_rates(moves, by=by, method="incidence")],
        "returns 30": lambda: [cf.readmissions(moves, by=by)],
        "returns 14": lambda: [cf.readmissions(moves, by=by, days=14)],
        "census": lambda: [cf.census(moves, by=by)],
        "stays": lambda: [cf.length_of_stay(moves, by=by)],
        "rates and returns": lambda: [cf.transition_rates(moves, by=by), cf.readmissions(moves, by=by)],
        "rates and stays": lambda: [cf.transition_rates(moves, by=by), cf.length_of_stay(moves, by=by)],
    }
    return made[kind]()


def attacked(plan: list[tuple[str, Any, str]], stays: pd.DataFrame, mode: str = "suppress") -> Outcome:
    """Release by a plan into one ledger, and attack what was published."""
    seen: list[Printed] = []
    published, refused = 0, ""
    linked = {cutoff: moves_of(stays, cutoff) for cutoff in {cutoff for _, _, cutoff in plan}}
    with tempfile.TemporaryDirectory() as ledger:
        for kind, by, cutoff in plan:
            results = results_of(kind, linked[cutoff], by)
            try:
                released = protect(results, ledger=ledger, mode=mode)
            except DisclosureError as error:
                refused = refused or str(error)
                continue
            published += 1
            seen += [printed(result, rounded=mode == "round") for result in released]
    found = attack(seen, stays) if seen else Findings()
    return Outcome(tuple(f"{kind} by {by} at {cutoff}" for kind, by, cutoff in plan), published, refused, found)


def outcome_of(seed: int, people: int, mode: str = "suppress") -> Outcome:
    """Return what came of one random plan."""
    return attacked(random_plan(seed), records(people, seed), mode)
