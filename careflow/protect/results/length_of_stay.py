"""Lengths of stay: their cells, and their frames and curves with suppressed numbers missing."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.counts.calendar import unit_of
from careflow.estimate.arrays.followup import LEAST_OF, THIN_OF
from careflow.protect.cells.cell_table import (
    CellTable,
    Family,
    Stratum,
    as_of,
    people_of,
    records,
    stratum_of,
    words_of,
)
from careflow.protect.results.curves import on_days, shown_days, up_to
from careflow.protect.results.mask import Mask, blank, significant
from careflow.protect.results.windows import difference
from careflow.protect.suppression.linear_system import Bools

if TYPE_CHECKING:
    from careflow.estimate import LengthOfStay

MEANS: Final = {"rmean": "n", "rmean_se": "n", "discharged_mean": "closed"}
QUANTILES: Final = {
    "median": ("n", 2),
    "median_low": ("n", 4),
    "median_high": ("n", 4),
    "q25": ("n", 4),
    "q75": ("n", 4),
    "discharged_median": ("closed", 2),
}
"""The count that each quantile depends on, and how many times the threshold it must be: n min(q, 1 - q) >= 11.

The limits of a median lie near the quartiles, so they need what quartiles need."""
IN_CARE: Final = "in care"
STAYS: Final = "stays"
OPEN: Final = "open by admission"
CLOSED: Final = "discharges by admission"
ENDED: Final = "ended"
BY_PERIOD: Final = "days in the period"
ADMISSION: Final = "admission"


@dataclass(frozen=True)
class StayCells:
    """The cell numbers of each row: ``n``, ``open`` and the closed stays, their difference.

    ``curves`` are those of the stays that had ended by each shown day of the curve of a row.
    """

    frame: pd.DataFrame
    curves: tuple[dict[int, int], ...] = ()


def block(result: LengthOfStay, record: dict[str, Any]) -> str:
    """Return the name of the row that a record belongs to, curve included."""
    stratum = stratum_of(record, result.about.by)
    dated = result.about.dated_by or "all"
    return f"stays|{dated}|{record['level']}|{stratum}{as_of(stratum, result.about.cutoff)}"


def enter(table: CellTable, result: LengthOfStay) -> StayCells:
    """Enter the cells of lengths of stay: ``n = open + closed``, linked to discharges and the census."""
    dated = result.about.dated_by or "all"
    cells = []
    contributors = people_of(result.contributors, len(result.frame))
    curves = dict(list(result.curve.groupby([*result.about.by, "level"], observed=True)))
    ended = []
    for record, people in zip(records(result.frame), contributors, strict=True):
        stratum, level = stratum_of(record, result.about.by), str(record["level"])
        row = _enter_row(table, record, people, stratum, level, dated, block(result, record))
        cells.append(row)
        key = tuple(record[name] for name in (*result.about.by, "level"))
        part = None if "hidden" in record else curves.get(key)
        cohort = ADMISSION if dated == ADMISSION else "discharge"
        family = (f"{ENDED}, in {result.about.convention or 'nights'}", cohort, level)
        ended.append(_enter_curve(table, record, part, row, family, block(result, record)))
    return StayCells(pd.DataFrame(cells, columns=["n", "open", "closed"]), tuple(ended))


def _enter_curve(
    table: CellTable,
    record: dict[str, Any],
    part: pd.DataFrame | None,
    row: dict[str, int],
    family: tuple[str, str, str],
    block_name: str,
) -> dict[int, int]:
    """Enter the stays that had ended by each shown day of a curve; return the cells by day."""
    below, median = table.below, float(record["median"])
    closed = record["n"] - record["open"]
    if part is None or np.isnan(median) or record["n"] < 2 * below or closed < below:
        return {}
    part = part.sort_values("day")
    days, events = (part[name].to_numpy(dtype=np.int64) for name in ("day", "events"))
    shown = shown_days(record["n"], median, below)
    counts = up_to(days, events[None, :], shown)[0]
    stratum = table.cells[row["n"]].stratum
    return {
        int(day): table.cell((*family, str(day)), stratum, count,
                             f"stays at {family[2]} of at most {day} days", block=block_name)
        for day, count in zip(shown, counts, strict=True)
    }  # fmt: skip


def _enter_row(
    table: CellTable,
    record: dict[str, Any],
    people: dict[str, int],
    stratum: Stratum,
    level: str,
    dated: str,
    block_name: str,
) -> dict[str, int]:
    by_period = dated == BY_PERIOD
    # The stays admitted in a period are its admissions.
    stays = ("admitted", level) if dated == ADMISSION and unit_of(dict(stratum)) else (STAYS, dated, level)
    n = table.cell(stays, stratum, record["n"], f"stays at {level}", depth=1, block=block_name,
                   persons=people["n"], over_periods=not by_period)  # fmt: skip
    # Those of all stays that are open are in care on the last day.
    in_care = by_period or dated == "all"
    open_family = (IN_CARE, level) if in_care else (OPEN, dated, level)
    open_stratum = table.on_day(stratum) if in_care else stratum
    open_cell = table.cell(open_family, open_stratum, record["open"], f"open stays at {level}", block=block_name,
                           persons=people["open"], over_periods=not by_period)  # fmt: skip
    closed_family = (CLOSED, level) if dated == ADMISSION else ("discharges", level)
    closed = table.cell(closed_family, stratum, record["n"] - record["open"], f"discharges from {level}", printed=False,
                        persons=people["closed"])  # fmt: skip
    table.relation({n: 1, open_cell: -1, closed: -1})
    return {"n": n, "open": open_cell, "closed": closed}


def link_curves(table: CellTable) -> None:
    """Link what had ended by each shown day to what had by the next one, and by the last day to all that ended.

    So the events between two days are a count, whichever results or releases show the days.
    """
    days: dict[tuple[Family, Stratum], dict[int, int]] = defaultdict(dict)
    for family, members in table.families.items():
        if family[0].startswith(ENDED):
            for stratum, number in members.items():
                days[family[:-1], stratum][int(family[-1])] = number
    for (family, stratum), cells in days.items():
        level = family[1] if family[0].endswith("cause") else family[2]
        name = f"stays at {level} of {{}} to {{}} days{words_of(stratum)}"
        for one, other in itertools.pairwise(sorted(cells)):
            difference(table, cells[other], cells[one], name.format(one + 1, other))
        if family[0].endswith("cause"):
            continue
        closed = (CLOSED, family[2]) if family[1] == ADMISSION else ("discharges", family[2])
        every = table.families.get(closed, {}).get(stratum)
        last = max(cells)
        if every is not None and not table.cells[every].value < table.cells[cells[last]].value:
            difference(table, every, cells[last], f"stays at {family[2]} of over {last} days{words_of(stratum)}")


def link_stays(table: CellTable) -> None:
    """Link stays to admissions, and to those in care when a period begins and on the last day.

    The stays of a period were in care when it began, or were admitted in it. All stays were admitted in some period, or
    were in care when the records began. Stays by admission that are open are in care on the last day.
    """
    for family in list(table.families):
        if family[0] == STAYS and family[1] == BY_PERIOD:
            _link_period_stays(table, family[2])
        elif family[0] == STAYS and family[1] == "all":
            admitted = table.families.get(("admitted", family[2]), {})
            for stratum, number in list(table.families[family].items()):
                if stratum in admitted:
                    table.sum(number, [admitted[stratum]])
        elif family[0] == CLOSED or family[:2] == (OPEN, ADMISSION):
            _link_by_admission(table, family)


def _link_period_stays(table: CellTable, level: str) -> None:
    admitted, in_care = table.families["admitted", level], table.families[IN_CARE, level]
    for stratum, number in table.families[STAYS, BY_PERIOD, level].items():
        opening = in_care.get(table.on_day(stratum, before=True))
        if opening is None:
            continue
        rest = table.cells[number].value - table.cells[opening].value
        if stratum not in admitted and not rest < 0:
            table.cell(("admitted", level), stratum, rest, f"admissions to {level}", printed=False)
        if stratum in admitted:
            table.relation({number: 1, opening: -1, admitted[stratum]: -1})


def _link_by_admission(table: CellTable, family: Family) -> None:
    level = family[-1]
    for stratum, number in list(table.families[family].items()):
        if unit_of(dict(stratum)) is None:
            whole = (
                table.families.get((IN_CARE, level), {}).get(table.on_day(stratum))
                if family[0] == OPEN
                else table.families.get(("discharges", level), {}).get(stratum)
            )
            if whole is not None:
                table.sum(whole, [number])


def masked(result: LengthOfStay, cells: StayCells, mask: Mask) -> LengthOfStay:
    """Return lengths of stay: hidden rows missing, quantiles and means of enough stays, curves at protected days."""
    frame, below = result.frame, mask.below
    n, open_hidden = mask.hides(cells.frame["n"]), mask.hides(cells.frame["open"])
    least = {name: mask.at_least(cells.frame[name]) for name in ("n", "closed")}
    ended = (frame["n"] - frame["open"]).where(~n & ~open_hidden, 0.0)
    least["closed"] = np.maximum(least["closed"].to_numpy(dtype=float), ended)
    out = frame.assign(n=blank(frame["n"], n), open=blank(frame["open"], open_hidden))
    for name, base in MEANS.items():
        out[name] = significant(blank(frame[name], _too_few(least, base, 1, open_hidden, below)))
    for name, (base, times) in QUANTILES.items():
        out[name] = blank(frame[name], _too_few(least, base, times, open_hidden, below))
    out = without_small_risk(out)
    out["hidden"] = n
    shown = ~n & ~_too_few(least, "n", 2, open_hidden, below)
    curve = released_curve(result, [
        list(days) if here and days and not any(mask.hidden[cell] for cell in days.values()) else []
        for here, days in zip(shown, cells.curves, strict=True)
    ])  # fmt: skip
    return replace(result, frame=out, curve=curve, contributors=None)


def released_curve(result: LengthOfStay, shown: list[list[int]]) -> pd.DataFrame:
    """Return the curves on the shown days of each row of the frame; those without a day are withheld."""
    keys = [*result.about.by, "level"]
    days = {
        tuple(record[key] for key in keys): np.array(days, dtype=np.int64)
        for record, days in zip(records(result.frame), shown, strict=True)
        if days
    }
    curves = [
        (part.sort_values("day"), days[key])
        for key, part in result.curve.groupby(keys, observed=True, sort=False)
        if key in days
    ]
    if not curves:
        return result.curve.head(0).assign(hidden=pd.Series(dtype=bool))
    return on_days(curves, ("survival", "se", "low", "high"), 1.0)


def without_small_risk(frame: pd.DataFrame) -> pd.DataFrame:
    """Return lengths of stay without what may be of one person, or says that few were at risk.

    ``known_to`` is how long the longest-followed stay has lasted, and ``least_at_risk`` a count that no cell guards:
    both are missing. ``thin`` would say that few were at risk, so it is left False. The same holds for the quartiles
    and the mean.
    """
    unsaid = {"known_to": np.nan, **dict.fromkeys(LEAST_OF.values(), np.nan), **dict.fromkeys(THIN_OF.values(), False)}
    return frame.assign(**{name: value for name, value in unsaid.items() if name in frame})


def total(result: LengthOfStay) -> int:
    """Return what ``n`` of the provenance may say: the stays that are shown."""
    return int(result.frame["n"].sum())


def _too_few(least: dict[str, pd.Series], base: str, times: int, open_hidden: Bools, below: int) -> Bools:
    """Return the rows in which a number depends on too few stays, judged by what a reader can prove.

    A quantile of the curve needs half as many closed stays as stays. Where ``open`` is hidden and the shown discharges
    do not prove that as many ended, ``n`` alone decides and must be twice as large: a missing value must not disclose
    anything of the closed stays.
    """
    proved = ~_few(least[base], times * below)
    if times > 1:
        proved &= ~_few(least["closed"], times * below // 2)
    by_n = ~_few(least["n"], 2 * times * below) & open_hidden & (base != "closed")
    return ~(proved | by_n)


def _few(count: pd.Series, needed: int) -> Bools:
    return np.asarray(count < needed, dtype=np.bool_)


def rests_on_few(frame: pd.DataFrame, name: str, below: int) -> Bools:
    """Say in which rows of a protected frame a mean or a quantile is left out because it rests on too few stays."""
    base, times = QUANTILES[name] if name in QUANTILES else (MEANS[name], 1)
    count = {"n": frame["n"], "closed": frame["n"] - frame["open"]}
    count["closed"] = count["closed"].fillna(0.0)
    return _too_few(count, base, times, frame["open"].isna().to_numpy(), below)
