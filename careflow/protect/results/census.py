"""The census and the people served: their cells, and their frames with suppressed numbers missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from careflow.protect.cells.cell_table import CellTable, Stratum, as_of, people_of, records, stratum_of
from careflow.protect.results.length_of_stay import IN_CARE
from careflow.protect.results.mask import Mask, blank, significant

if TYPE_CHECKING:
    from careflow.estimate import Census
    from careflow.estimate.result import Result

FLOWS: Final = ("opening", "admitted", "discharged", "closing")


@dataclass(frozen=True)
class CensusCells:
    """The cell numbers of each row."""

    frame: pd.DataFrame


def block(result: Result, record: dict[str, Any]) -> str:
    """Return the name of the row that a record belongs to."""
    stratum = stratum_of(record, result.about.by)
    level = record.get("level", "all")
    return f"{result.about.measure}|{level}|{stratum}{as_of(stratum, result.about.cutoff)}"


def enter(table: CellTable, result: Census) -> CensusCells:
    """Enter a census: opening + admitted - discharged = closing, and one period's closing opens the next."""
    cells = []
    contributors = people_of(result.contributors, len(result.frame))
    for record, people in zip(records(result.frame), contributors, strict=True):
        stratum, level = stratum_of(record, result.about.by), str(record["level"])
        families: dict[str, tuple[tuple[str, ...], Stratum]] = {
            "opening": ((IN_CARE, level), table.on_day(stratum, before=True)),
            "admitted": (("admitted", level), stratum),
            "discharged": (("discharges", level), stratum),
            "closing": ((IN_CARE, level), table.on_day(stratum)),
        }
        numbers = {
            name: table.cell(
                family,
                where,
                record[name],
                f"{name} at {level}",
                block=block(result, record),
                persons=people[name],
                over_periods=name in ("admitted", "discharged"),
            )
            for name, (family, where) in families.items()
        }
        table.relation(
            {numbers["opening"]: 1, numbers["admitted"]: 1, numbers["discharged"]: -1, numbers["closing"]: -1}
        )
        cells.append(numbers)
    return CensusCells(pd.DataFrame(cells, columns=list(FLOWS)))


def masked(result: Census, cells: CensusCells, mask: Mask) -> Census:
    """Return the census with hidden numbers blank.

    Person-days and averages have 3 digits, where all four flows are shown and there were enough stays. The daily census
    is left out, because each of its steps is one person who was admitted or discharged.
    """
    hidden = {name: mask.hides(cells.frame[name]) for name in FLOWS}
    any_hidden = hidden["opening"] | hidden["admitted"] | hidden["discharged"] | hidden["closing"]
    few = any_hidden | ((result.frame["opening"] + result.frame["admitted"]) < mask.below).to_numpy()
    out = result.frame.assign(**{name: blank(result.frame[name], hidden[name]) for name in FLOWS})
    for name in ("person_days", "average"):
        out[name] = significant(blank(result.frame[name], few))
    out["hidden"] = any_hidden
    about = replace(result.about, unit="admissions")
    return replace(result, frame=out, daily=result.daily.head(0), about=about, contributors=None)


def total(result: Census) -> int:
    """Return what ``n`` of the provenance may say: the admissions that are shown."""
    return int(result.frame["admitted"].sum())


def enter_people(table: CellTable, result: Result) -> CensusCells:
    """Enter distinct people: these counts have no sums, so each cell stands alone."""
    cells = []
    for record in records(result.frame):
        stratum = stratum_of(record, result.about.by)
        level, kind = str(record["level"]), "+".join(name for name, _ in stratum)
        number = table.cell(
            ("people", level, kind),
            stratum,
            record["persons"],
            f"people at {level}",
            block=block(result, record),
            over_periods=False,
        )
        cells.append({"persons": number})
    return CensusCells(pd.DataFrame(cells, columns=["persons"]))


def masked_people(result: Result, cells: CensusCells, mask: Mask) -> Result:
    """Return the people served with hidden numbers blank."""
    hidden = mask.hides(cells.frame["persons"])
    out = result.frame.assign(persons=blank(result.frame["persons"], hidden), hidden=hidden)
    return replace(result, frame=out)
