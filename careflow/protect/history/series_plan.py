"""The plan of a series of releases: the rules by which all of them were counted, and the strata that were published.

Releases can be protected jointly only where their counts can be linked by sums. The plan stands in the ledger. What
does not fit it is refused before any search, with what to release instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from careflow.counts.calendar import UNITS, unit_of
from careflow.errors import DisclosureError
from careflow.estimate.result import Result

PEOPLE: Final = "people"
"""The first word of the unit of counts of distinct people: they do not add up over levels or periods."""
FIRST_MONTH: Final = "first month of the year"
RULES: Final = {
    "link window": "link the records with the window of the earlier results; shorter windows can be asked of them with "
    "within=",
    "policy for overlaps": "read the records with the overlaps= of the earlier results",
    FIRST_MONTH: "release months, or the periods of the earlier results: periods of another calendar "
    "overlap them, and the differences would be counts of their own",
}
"""What all results of a series have in common, and what to do where one differs."""


def plan_of(results: Iterable[Result]) -> dict[str, Any]:
    """Return the plan of results that are published together.

    Raises
    ------
    DisclosureError
        When they were counted by different rules, or their strata cannot be linked.
    """
    plan: dict[str, Any] = {}
    for result in results:
        plan = joined(plan, _plan_of(result))
    return plan


def _strata_counted(result: Result) -> list[tuple[str, ...]]:
    """Return the strata of the counts that a result tells: its own, or those of the rates of which it is made."""
    needed = getattr(result, "needed", None)
    bys = [part.rates.about.by for part in needed] if needed else [result.about.by]
    return [tuple(sorted(by)) for by in bys]


def _plan_of(result: Result) -> dict[str, Any]:
    about = result.about
    if getattr(about, "where", None):
        raise DisclosureError(
            "results of a part of the records (where=) cannot be linked to those of all; release every part of the "
            "stratum instead, with by="
        )
    people = about.unit.split()[:1] == [PEOPLE]
    rules = {
        "link window": about.linked,
        "policy for overlaps": about.overlaps or None,
        FIRST_MONTH: about.calendar.fiscal_start if _is_dated(result) else None,
    }
    return {
        "rules": {name: value for name, value in rules.items() if value is not None},
        "strata": [list(strata) for strata in dict.fromkeys(_strata_counted(result))],
        "windows": sorted(about.within),
        "sources": [about.source] if about.source else [],
        "counts": "people" if people else "stays",
    }


def joined(plan: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the plan of a series with another result or release.

    Raises
    ------
    DisclosureError
        When they do not fit together, with what to release instead.
    """
    if not plan:
        return other
    for name, value in other["rules"].items():
        if name in plan["rules"] and plan["rules"][name] != value:
            raise DisclosureError(
                f"these results cannot be linked to those published before or beside them: the {name} was "
                f"{plan['rules'][name]} and is {value}. Instead, {RULES[name]}"
            )
    if plan["counts"] != other["counts"]:
        raise DisclosureError(
            "people do not add up over levels or quarters, moves and stays do; protect persons served in a call of its "
            "own, with a ledger of its own"
        )
    strata = [list(names) for names in sorted({*map(tuple, plan["strata"]), *map(tuple, other["strata"])})]
    if plan["counts"] == PEOPLE:
        _check_one_split(strata)
    _check_linked(strata)
    return {
        "rules": plan["rules"] | other["rules"],
        "strata": strata,
        "windows": sorted({*plan["windows"], *other["windows"]}),
        "sources": sorted({*plan["sources"], *other["sources"]}),
        "counts": plan["counts"],
    } | {name: value for name, value in plan.items() if name not in other}


def first_month(results: Iterable[Result], plan: dict[str, Any] | None = None) -> int:
    """Return the first month of the year of results, or of the series that they continue; 1 without quarters and years.

    Months have the same labels in every calendar: what is by month is in the quarters and years of any of them.
    """
    starts = (result.about.calendar.fiscal_start for result in results if _is_dated(result))
    return next(starts, int((plan or {}).get("rules", {}).get(FIRST_MONTH, 1)))


def _is_dated(result: Result) -> bool:
    return any(name in UNITS and name != "month" for name in result.about.by)


def _check_linked(strata: list[list[str]]) -> None:
    """Refuse splits whose common table would matter, such as payer by facility, facility by quarter, quarter by payer.

    Sums link splits that form a tree: the counts of any two agree on what they have in common, and then some table by
    all strata at once has these margins. Where splits form a circle, such a table need not exist, so that a reader may
    rule out more than the sums say (the three-way table with all two-way margins given is the smallest case).

    References
    ----------
    Dobra, A., & Fienberg, S. E. (2000). Bounds for cell entries in contingency tables given marginal totals and
    decomposable graphs. PNAS, 97(22), 11885-11892.
    """
    edges = [_edge(names) for names in strata]
    while True:
        edges = [edge for i, edge in enumerate(edges) if edge and not any(edge < other for other in edges)
                 and edge not in edges[:i]]  # fmt: skip
        alone = {node for edge in edges for node in edge if sum(node in other for other in edges) == 1}
        if not alone:
            break
        edges = [edge - alone for edge in edges]
    if edges:
        names = " and ".join(sorted({node for edge in edges for node in edge} - {"year"})) or "these strata"
        raise DisclosureError(
            f"tables by {names} in pairs cannot be linked to each other by sums: a table by all of them at once would "
            "have to agree with every pair. Release one table by all of these strata together, or leave one pair out"
        )


def _check_one_split(strata: list[list[str]]) -> None:
    """Refuse people by two splits: where each person has one label only, labels add up and can be subtracted.

    Within one split nothing has to be linked. Levels and periods share people, and what a reader knows are bounds: a
    part is at most the whole, and the whole at most the sum of its parts. If every hidden count of 1 to 10 were 11
    instead, all of these bounds would still hold.
    """
    splits = {tuple(name for name in names if name not in UNITS) for names in strata}
    if len(splits) > 1:
        words = " and ".join(", ".join(names) or "no stratum" for names in sorted(splits))
        raise DisclosureError(
            f"people by {words} can be subtracted where each person has one label only, and no sums say where that is "
            "so; publish people by one of these splits in a series of releases"
        )


def _edge(names: list[str]) -> frozenset[str]:
    """Return the strata of a split; a quarter is in a year, and a month in a quarter."""
    unit = unit_of(names)
    coarser = UNITS[UNITS.index(unit) :] if unit else ()
    return frozenset({*names, *coarser})
