"""Hierarchies of strata: quarters within years, payers within all, and two splits that share their total."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import numpy as np

from careflow.counts.calendar import UNITS, unit_of
from careflow.protect.cells.cell_table import CellTable, Family, Stratum, words_of
from careflow.protect.cells.periods import ON, coarser_period, span

Names = tuple[str, ...]


def link_strata(table: CellTable) -> None:
    """Link every family over its strata: each coarse count to the finer counts that sum to it.

    A split that one family has, others have too, printed or not, where their finer counts sum to it: families are
    linked to each other by stratum. Two splits of which neither refines the other have a common total.
    """
    every = {stratum for members in table.families.values() for stratum in members}
    strata = {names: [one for one in every if names_of(one) == names] for names in sorted(map(names_of, every))}
    splits = set(strata)
    if any(family[0].startswith("pathways") for family in table.families):
        # A pathway is of its first stay's period and stratum, and its steps of others: they are linked over all.
        splits.add(())
    splits = _with_common(splits)
    for family in list(table.families):
        _link_family(table, family, splits, strata)


def hide_coarse_last(table: CellTable) -> None:
    """Let a count by year cost more to hide than its quarters, where one release prints both."""
    for members in table.families.values():
        printed = {stratum: number for stratum, number in members.items() if table.cells[number].printed}
        units = sorted({_rank(stratum) for stratum in printed})
        if len(units) > 1:
            for stratum, number in printed.items():
                table.cells[number].depth += units.index(_rank(stratum))


def _rank(stratum: Stratum) -> int:
    """Return how coarse the period of a stratum is; all periods together are the coarsest."""
    unit = unit_of(dict(stratum))
    return len(UNITS) if unit is None else UNITS.index(unit)


def _with_common(splits: set[Names]) -> set[Names]:
    """Return some splits with those that two of them have in common."""
    while True:
        pairs = combinations(sorted(splits), 2)
        common = {names for names in (_common_split(*pair) for pair in pairs) if names is not None}
        if common <= splits:
            return splits
        splits |= common


def names_of(stratum: Stratum) -> Names:
    """Return the names of a stratum."""
    return tuple(name for name, _ in stratum)


def _link_family(table: CellTable, family: Family, splits: set[Names], strata: dict[Names, list[Stratum]]) -> None:
    members = table.families[family]
    over_periods = family not in table.not_over_periods
    by_names: dict[Names, list[Stratum]] = {}
    for stratum in members:
        by_names.setdefault(names_of(stratum), []).append(stratum)
    for names in sorted(splits, key=lambda names: (unit_of(names) is None, -len(names), names)):
        finer = [fine for fine in by_names if _is_coarser(names, fine, over_periods)]
        if finer:
            given = by_names.setdefault(names, [])
            given += _enter_totals(table, family, {fine: strata[fine] for fine in finer if fine in strata}, names)
            if not given:
                del by_names[names]
    for coarse in by_names:
        finer = [names for names in by_names if _is_coarser(coarse, names, over_periods)]
        for fine in finer:
            between = [names for names in finer if _is_coarser(names, fine, over_periods)]
            _link_pair(table, family, by_names[coarse], by_names[fine], [by_names[names] for names in between])


def _is_coarser(coarse: Names, fine: Names, over_periods: bool) -> bool:
    """Whether strata by ``coarse`` are sums of strata by ``fine``."""
    if coarse == fine or (ON in coarse) != (ON in fine):
        return False
    unit, finer = unit_of(coarse), unit_of(fine)
    others = set(coarse) - {unit} <= set(fine) - {finer}
    if not over_periods:
        return others and unit == finer
    if unit is None:
        return others
    return others and finer is not None and UNITS.index(finer) <= UNITS.index(unit)


def _common_split(one: Names, other: Names) -> Names | None:
    """Return the finest split that both splits refine."""
    if (ON in one) != (ON in other):
        return None
    units = [unit_of(one), unit_of(other)]
    shared = (set(one) - {units[0]}) & (set(other) - {units[1]})
    if None not in units:
        shared.add(max((unit for unit in units if unit), key=UNITS.index))
    return tuple(sorted(shared))


def _project(stratum: Stratum, names: Names, fiscal_start: int | None) -> Stratum | None:
    given = dict(stratum)
    unit = unit_of(given)
    found = []
    for name in names:
        if name in given:
            found.append((name, given[name]))
            continue
        label = coarser_period(given[unit], name, fiscal_start=fiscal_start) if unit else None
        if label is None:
            return None
        found.append((name, label))
    return tuple(found)


def _grouped(fine: list[Stratum], names: Names, fiscal_start: int | None) -> dict[Stratum, list[Stratum]]:
    """Group fine strata by the coarse stratum that contains them."""
    groups: dict[Stratum, list[Stratum]] = {}
    for stratum in fine:
        coarse = _project(stratum, names, fiscal_start)
        if coarse is not None:
            groups.setdefault(coarse, []).append(stratum)
    return groups


def _fiscal_groups(
    table: CellTable, family: Family, coarse: set[Stratum], fine: list[Stratum], names: Names
) -> dict[Stratum, list[Stratum]]:
    """Group months by the fiscal quarters that they sum to: labels do not give the first month of the year."""
    if table.fiscal_start is not None:
        groups = _grouped(fine, names, table.year_start)
        return {total: parts for total, parts in groups.items() if total in coarse}
    members = table.families[family]
    best: tuple[int, dict[Stratum, list[Stratum]]] = (-1, {})
    for start in (None, *range(2, 13)):
        groups = {total: parts for total, parts in _grouped(fine, names, start).items() if total in coarse}
        mismatches = sum(
            table.cells[members[total]].value != sum(table.cells[members[part]].value for part in parts)
            for total, parts in groups.items()
        )
        if len(groups) - mismatches > best[0] and groups:
            best = (len(groups) - mismatches, groups)
        if start is None and groups:
            break
    return best[1]


def _enter_totals(table: CellTable, family: Family, splits: dict[Names, list[Stratum]], names: Names) -> list[Stratum]:
    """Enter the totals by some names that a family does not have, printed nowhere; return their strata.

    ``splits`` are the finer splits, with the strata that any family has: a total is entered where this family has all.
    """
    members = table.families[family]
    sums: dict[Stratum, float] = {}
    for split in splits.values():
        for coarse, parts in _grouped(split, names, table.year_start).items():
            if coarse not in members and all(part in members for part in parts):
                total = sum(table.cells[members[part]].value for part in parts)
                sums[coarse] = max(sums.get(coarse, -np.inf), total) if not np.isnan(total) else np.nan
    if sums:
        title = table.cells[next(iter(members.values()))].name.split(",")[0]
        for coarse, total in sums.items():
            table.total(family, coarse, total, title + words_of(coarse))
    return list(sums)


def _link_pair(
    table: CellTable, family: Family, coarse: list[Stratum], fine: list[Stratum], between: list[list[Stratum]]
) -> None:
    """Link the counts of a coarse split to those of a finer one, but where a split between links them already."""
    members = table.families[family]
    names = names_of(coarse[0])
    grouped = _fiscal_groups(table, family, set(coarse), fine, names)
    for stratum, parts in grouped.items():
        if not any(_covers(table, parts, middle, stratum) for middle in between):
            table.sum(members[stratum], [members[part] for part in parts])
        for number, cutoff in table.earlier_totals(family, stratum):
            inside = [part for part in parts if _begins_by(part, cutoff, table.fiscal_start)]
            table.sum(number, [members[part] for part in inside])


def _covers(table: CellTable, parts: list[Stratum], middle: list[Stratum], whole: Stratum) -> bool:
    """Whether the strata of a split between two others contain all parts of a total, and lie within it."""
    within = _grouped(middle, names_of(whole), table.year_start).get(whole, [])
    inner = _grouped(parts, names_of(middle[0]), table.year_start)
    return sum(len(inner.get(stratum, [])) for stratum in within) == len(parts) and set(inner) <= set(within)


def _begins_by(stratum: Stratum, cutoff: str, fiscal_start: int | None) -> bool:
    names = dict(stratum)
    unit = unit_of(names)
    days = None if unit is None else span(names[unit], fiscal_start)
    return days is None or days[0] <= date.fromisoformat(cutoff)
