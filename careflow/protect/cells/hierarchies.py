"""Hierarchies of strata: quarters within years, payers within all, and two splits that share their total."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Final

import numpy as np

from careflow.protect.cells.cell_table import PERIODS, CellTable, Family, Stratum, words_of
from careflow.protect.suppression.linear_system import UNGUARDED

Names = tuple[str, ...]
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_QUARTER: Final = re.compile(r"((?:FY)?\d{4})Q[1-4]")


def coarser_period(label: str, unit: str, *, fiscal_start: int | None = None) -> str | None:
    """Return the quarter or year that contains a finer period, None if its label does not determine it.

    Examples
    --------
    >>> coarser_period("2025-05", "quarter"), coarser_period("FY2026Q1", "year")
    ('2025Q2', 'FY2026')
    """
    if unit == "year" and (found := _QUARTER.fullmatch(label)):
        return found.group(1)
    if found := _MONTH.fullmatch(label):
        start = fiscal_start or 1
        year, month = int(found.group(1)), int(found.group(2)) - start
        if fiscal_start is not None:
            year += int(month >= 0 and start > 1)
        name = f"FY{year}" if fiscal_start is not None else str(year)
        return name if unit == "year" else f"{name}Q{month % 12 // 3 + 1}"
    return None


def link_strata(table: CellTable) -> None:
    """Link every family over its strata: each coarse count to the finer counts that sum to it."""
    for family in list(table.families):
        _link_family(table, family)


def _link_family(table: CellTable, family: Family) -> None:
    members = table.families[family]
    over_periods = family not in table.not_over_periods
    by_names: dict[Names, list[Stratum]] = {}
    for stratum in members:
        by_names.setdefault(tuple(name for name, _ in stratum), []).append(stratum)
    for one, other in combinations(list(by_names), 2):
        # Two splits of which neither refines the other have a common total, printed or not.
        if not _is_coarser(one, other, over_periods) and not _is_coarser(other, one, over_periods):
            common = _common_split(one, other, over_periods)
            if common is not None and common not in by_names:
                by_names[common] = _enter_totals(table, family, [by_names[one], by_names[other]], common)
    for coarse in by_names:
        finer = [names for names in by_names if _is_coarser(coarse, names, over_periods)]
        for fine in finer:
            if not any(_is_coarser(middle, fine, over_periods) for middle in finer):
                _link_pair(table, family, by_names[coarse], by_names[fine])


def _unit(names: Names) -> str | None:
    return next((name for name in names if name in PERIODS), None)


def _is_coarser(coarse: Names, fine: Names, over_periods: bool) -> bool:
    """Whether strata by ``coarse`` are sums of strata by ``fine``."""
    if coarse == fine:
        return False
    unit, finer = _unit(coarse), _unit(fine)
    others = set(coarse) - {unit} <= set(fine) - {finer}
    if not over_periods:
        return others and unit == finer
    if unit is None:
        return others
    return others and finer is not None and PERIODS.index(finer) <= PERIODS.index(unit)


def _common_split(one: Names, other: Names, over_periods: bool) -> Names | None:
    """Return the finest split that both splits refine."""
    units = [_unit(one), _unit(other)]
    if not over_periods and units[0] != units[1]:
        return None
    shared = (set(one) - {units[0]}) & (set(other) - {units[1]})
    if None not in units:
        shared.add(max((unit for unit in units if unit), key=PERIODS.index))
    return tuple(sorted(shared))


def _project(stratum: Stratum, names: Names, fiscal_start: int | None) -> Stratum | None:
    given = dict(stratum)
    found = []
    for name in names:
        if name in given:
            found.append((name, given[name]))
            continue
        unit = _unit(tuple(given))
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


def _enter_totals(table: CellTable, family: Family, splits: list[list[Stratum]], names: Names) -> list[Stratum]:
    """Enter the common totals of two splits, printed nowhere."""
    members = table.families[family]
    sums: dict[Stratum, float] = {}
    for split in splits:
        for coarse, parts in _grouped(split, names, None).items():
            total = sum(table.cells[members[part]].value for part in parts)
            sums[coarse] = max(sums.get(coarse, -np.inf), total) if not np.isnan(total) else sums.get(coarse, np.nan)
    for coarse, total in sums.items():
        title = table.cells[members[splits[0][0]]].name.split(",")[0]
        key = "|".join(family) + "|meet|" + ",".join(f"{k}={v}" for k, v in coarse)
        members[coarse] = table.unpublished(key, total, title + words_of(coarse), guard=UNGUARDED)
    return list(sums)


def _link_pair(table: CellTable, family: Family, coarse: list[Stratum], fine: list[Stratum]) -> None:
    members = table.families[family]
    names = tuple(name for name, _ in coarse[0])
    for stratum, parts in _fiscal_groups(table, family, set(coarse), fine, names).items():
        table.sum(members[stratum], [members[part] for part in parts])
