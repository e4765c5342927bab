"""Transition rates: their cells, and their frames with suppressed numbers missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import LEFT_CARE, LEFT_REASONS, OUTCOMES, REASONS, STEP_DOWN, STEP_UP
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.protect.cells.cell_table import CellTable, Stratum, as_of, people_of, records, stratum_of
from careflow.protect.results import unions
from careflow.protect.results.mask import Mask, blank, significant
from careflow.protect.results.windows import FOLLOWED, INCIDENCE

if TYPE_CHECKING:
    from careflow.estimate import Rates

ESTIMATES: Final = ("rate", "se", "low", "high")
INTENSITY: Final = "intensity"
THIN: Final = "thin"
COMPLETED, LEFT_EARLY = REASONS[:2]


ROW_TOTAL: Final = 4
DEPTHS: Final = {STEP_DOWN: 3, STEP_UP: 3, COMPLETED: 2, LEFT_EARLY: 2, LEFT_CARE: 2}
"""How much a reader loses with a number: the higher, the later it is hidden for the sake of others.

First the direction totals, then who completed or left early, then moves between levels, last single reasons."""


def depth_of(to: str) -> int:
    """Return how late the number of a level, outcome or direction is hidden."""
    return DEPTHS.get(to, 0 if to in OUTCOMES else 1)


@dataclass(frozen=True)
class RateCells:
    """The cell numbers of each row: ``n``, ``of`` and all discharges, of which ``followed`` is the share."""

    frame: pd.DataFrame
    directions: pd.DataFrame


def block(result: Rates, record: dict[str, Any]) -> str:
    """Return the name of the row of the matrix that a record belongs to: it is published as one."""
    stratum = stratum_of(record, result.about.by)
    when = as_of(stratum, result.about.cutoff)
    row = f"{result.about.measure}|{_window(result, record)}|{record['from']}|{stratum}{when}"
    if result.moves is None:
        return row
    return f"{row}|{unions.UNION}|{record.get('to', record.get('direction'))}"


def enter(table: CellTable, result: Rates) -> RateCells:
    """Enter the cells of transition rates.

    Each row of the matrix is a block: its moves and outcomes sum to ``of``, its reasons to ``left care``, its moves to
    the directions; ``of`` and ``followed`` imply all discharges, and so those not yet followed. Rows of levels put
    together are sums of these.
    """
    if result.moves is not None:
        return RateCells(
            unions.enter_rows(table, result, result.frame, "to", block),
            unions.enter_rows(table, result, result.directions, "direction", block),
        )
    move_cells = _enter_rows(table, result, result.frame, "to")
    direction_cells = _enter_rows(table, result, result.directions, "direction")
    rows: dict[tuple[Stratum, str, str], dict[str, dict[str, int]]] = {}
    for frame, cells_of, kind in ((result.frame, move_cells, "to"), (result.directions, direction_cells, "direction")):
        for record, cells in zip(records(frame), records(cells_of), strict=True):
            where = (stratum_of(record, result.about.by), _window(result, record), str(record["from"]))
            entry = rows.setdefault(where, {"to": {}, "direction": {}, "of": {}})
            entry[kind][str(record[kind])] = cells["n"]
            entry["of"]["of"] = cells["of"]
    for (_, _, origin), entry in rows.items():
        _link_row(table, result, origin, entry)
    return RateCells(move_cells, direction_cells)


def _window(result: Rates, record: dict[str, Any]) -> str:
    return str(record.get("within", result.about.within[0] if result.about.within else ""))


def _enter_rows(table: CellTable, result: Rates, frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    measure = result.about.measure
    contributors = people_of(result.contributors if kind == "to" else result.direction_contributors, len(frame))
    totals = _row_totals(result) if measure == INTENSITY else {}
    counted = FOLLOWED if measure == INTENSITY else measure
    cells = []
    for record, people in zip(records(frame), contributors, strict=True):
        stratum, window, origin = stratum_of(record, result.about.by), _window(result, record), str(record["from"])
        block_name = block(result, record)
        # Who left care is known of followed discharges only, by both methods.
        method = FOLLOWED if str(record[kind]) == LEFT_CARE else counted
        depth = depth_of(str(record[kind]))
        n = table.cell(
            (method, window, origin, str(record[kind])), stratum, record["n"],
            f"{origin} to {record[kind]} within {window} days", depth=depth, block=block_name,
            persons=people["persons"],
        )  # fmt: skip
        row = Discharges(table, stratum, window, origin, block_name, people["persons_of"])
        if measure == INCIDENCE and "followed" not in record:
            of, every = row.enter_all(record["of"]), -1
        elif measure == INCIDENCE:
            of, every = row.all(record["of"], record["of"] * record["followed"])
        else:
            given = totals.get((stratum, window, origin), record["of"])
            of, every = row.followed(given, record.get("followed", np.nan))
        cells.append({"n": n, "of": of, "every": every})
    return pd.DataFrame(cells, columns=["n", "of", "every"])


def _row_totals(result: Rates) -> dict[tuple[Stratum, str, str], float]:
    """Return the followed discharges of each row of an intensity, whose ``of`` is person-days."""
    totals: dict[tuple[Stratum, str, str], float] = {}
    for record in records(result.frame):
        if str(record["to"]) != LEFT_CARE:
            key = (stratum_of(record, result.about.by), _window(result, record), str(record["from"]))
            totals[key] = totals.get(key, 0.0) + record["n"]
    return totals


@dataclass(frozen=True)
class Discharges:
    """The discharges of one row of rates: those followed, all, and the difference."""

    table: CellTable
    stratum: Stratum
    window: str
    origin: str
    block: str
    persons: int = -1

    def _cells(self, followed: float, every: float) -> tuple[int, int]:
        name = f"followed discharges from {self.origin} within {self.window} days"
        some = self.table.cell((FOLLOWED, self.window, self.origin, "of"), self.stratum, followed, name,
                              depth=ROW_TOTAL, block=self.block, persons=self.persons)  # fmt: skip
        if np.isnan(every):
            return some, -1
        whole = self.enter_all(every)
        self.table.sum(whole, [some])
        return some, whole

    def enter_all(self, every: float) -> int:
        """Enter all discharges, followed or not."""
        return self.table.cell(("discharges", self.origin), self.stratum, every, f"discharges from {self.origin}",
                              depth=ROW_TOTAL, block=self.block, persons=self.persons)  # fmt: skip

    def followed(self, of: float, share: float) -> tuple[int, int]:
        """Enter ``of`` followed discharges that are a ``share`` of all: -1 where the share does not give all."""
        known = share > 0 and of > 0
        return self._cells(of, float(round(of / share)) if known else np.nan)

    def all(self, of: float, followed: float) -> tuple[int, int]:
        """Enter all ``of`` discharges and those followed."""
        if np.isnan(followed):
            followed = 0.0 if of == 0 else np.nan
        some, whole = self._cells(float(round(followed)) if followed == followed else np.nan, of)
        return whole, some


def _link_row(table: CellTable, result: Rates, origin: str, entry: dict[str, dict[str, int]]) -> None:
    to, ways, of = entry["to"], entry["direction"], entry["of"]["of"]
    if reasons := [cell for name, cell in to.items() if name in LEFT_REASONS]:
        if LEFT_CARE in to:
            table.sum(to[LEFT_CARE], reasons)
        to = {name: cell for name, cell in to.items() if name != LEFT_CARE}
    table.sum(of, list(to.values()))
    for way, total in ways.items():
        names = result.continuum.names
        moves = [cell for name, cell in to.items() if name in names and result.continuum.direction(origin, name) == way]
        table.sum(total, moves)


def masked(result: Rates, cells: RateCells, mask: Mask) -> Rates:
    """Return the rates with every number missing that is hidden or that would disclose a hidden one."""
    days = result.about.measure == INTENSITY
    frames = (
        _masked(result.frame, cells.frame, mask, days=days),
        _masked(result.directions, cells.directions, mask, days=days),
    )
    if result.about.measure == FOLLOWED:
        frames = (
            _with_limits(result, frames[0], ["from", "to"]),
            _with_limits(result, frames[1], ["from", "direction"]),
        )
    frame, directions = (_in_digits(result, one) for one in frames)
    return replace(result, frame=frame, directions=directions, contributors=None, direction_contributors=None)


def _with_limits(result: Rates, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return rates with the limits of shares of 0 and 1 from shown rows only.

    An estimate takes the design effect of such a share from the share pooled over all strata, hidden ones included.
    Here it is the mean of those of the shown rows of the same kind, weighted by ``of``; 1 where there is none.
    """
    keys += ["within"] if "within" in frame else []
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = frame["se"] ** 2 * frame["of"] / (frame["rate"] * (1 - frame["rate"]))
    known = frame[keys].assign(weight=frame["of"].where(np.isfinite(effect)), effect=effect.clip(lower=1.0))
    known["sum"] = (known["weight"] * known["effect"]).where(known["weight"].notna())
    sums = known.groupby(keys, observed=True)[["sum", "weight"]].transform("sum")
    pooled = (sums["sum"] / sums["weight"].where(sums["weight"] > 0)).fillna(1.0)
    certain = ((frame["rate"] == 0) | (frame["rate"] == 1)).to_numpy()
    size = (frame["of"] / pooled).to_numpy(dtype=float)
    if "clustered" not in result.about.interval:
        size = frame["of"].to_numpy(dtype=float)
    low, high = wilson(frame["rate"].to_numpy(dtype=float), size, quantile_of(result.about.confidence))
    return frame.assign(low=np.where(certain, low, frame["low"]), high=np.where(certain, high, frame["high"]))


def _in_digits(result: Rates, frame: pd.DataFrame) -> pd.DataFrame:
    """Return rates with standard errors and limits to 3 digits; an incidence too, which no shown counts give."""
    names = ["se", "low", "high", *(["rate"] if result.about.measure == INCIDENCE else [])]
    return frame.assign(**{name: significant(frame[name]) for name in names})


def total(result: Rates) -> int:
    """Return what ``n`` of the provenance may say: the sum of the totals that are shown."""
    frame = result.frame
    shown = frame.drop_duplicates([*result.about.by, *(["within"] if "within" in frame else []), "from"])
    if "within" in shown:
        shown = shown[shown["within"] == shown["within"].max()]
    return int(shown["of"].sum())


def _masked(frame: pd.DataFrame, cells: pd.DataFrame, mask: Mask, *, days: bool) -> pd.DataFrame:
    n, of, every = (mask.hides(cells[name]) for name in ("n", "of", "every"))
    if days:
        # Person-days are of the people of the whole row: 3 digits, and none where nobody was discharged.
        of = of | mask.zero(cells["of"])
    out = frame.assign(n=blank(frame["n"], n), of=blank(frame["of"], of))
    for name in ESTIMATES:
        out[name] = blank(frame[name], n | of)
    if days:
        for name in ("of", *ESTIMATES):
            out[name] = significant(out[name])
    out["followed"] = blank(frame["followed"], of | every)
    if THIN in out:
        out[THIN] = False  # few discharges are hidden ones
    out["hidden"] = n | of
    return out
