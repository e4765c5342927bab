"""Transition rates in the book of cells, and the frames that may be shown of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import LEFT_CARE, LEFT_REASONS
from careflow.protect.cells.cell_table import Book, Stratum, as_of, people_of, records, stratum_of, words_of
from careflow.protect.results.mask import Mask, blank, significant

if TYPE_CHECKING:
    from careflow.estimate import Rates

ESTIMATES: Final = ("rate", "se", "low", "high")
FOLLOWED: Final = "transition rate"
INCIDENCE: Final = "cumulative incidence of the next level"
INTENSITY: Final = "intensity"


@dataclass(frozen=True)
class RateCells:
    """Where each row's numbers stand in the book: ``n``, ``of`` and the discharges behind ``followed``."""

    frame: pd.DataFrame
    directions: pd.DataFrame


def block(result: Rates, record: dict[str, Any]) -> str:
    """Return the name of the row of the matrix that a record belongs to: it is published or frozen as one."""
    stratum = stratum_of(record, result.about.by)
    when = as_of(stratum, result.about.cutoff)
    return f"{result.about.measure}|{_window(result, record)}|{record['from']}|{stratum}{when}"


def enter(book: Book, result: Rates) -> RateCells:
    """Enter the cells of transition rates.

    Each row of the matrix is a block: its moves and outcomes sum to ``of``, its reasons to ``left care``, its moves to
    the directions; ``of`` and ``followed`` give away all discharges, and so those not yet followed.
    """
    places = _enter_rows(book, result, result.frame, "to")
    way_places = _enter_rows(book, result, result.directions, "direction")
    rows: dict[tuple[Stratum, str, str], dict[str, dict[str, int]]] = {}
    for frame, found, kind in ((result.frame, places, "to"), (result.directions, way_places, "direction")):
        for record, cells in zip(records(frame), records(found), strict=True):
            where = (stratum_of(record, result.about.by), _window(result, record), str(record["from"]))
            entry = rows.setdefault(where, {"to": {}, "direction": {}, "of": {}})
            entry[kind][str(record[kind])] = cells["n"]
            entry["of"]["of"] = cells["of"]
    for (_, _, origin), entry in rows.items():
        _tie_row(book, result, origin, entry)
    return RateCells(places, way_places)


def _window(result: Rates, record: dict[str, Any]) -> str:
    return str(record.get("within", result.about.within[0] if result.about.within else ""))


def _enter_rows(book: Book, result: Rates, frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    measure = result.about.measure
    behind = people_of(result.contributors if kind == "to" else result.direction_contributors, len(frame))
    totals = _row_totals(result) if measure == INTENSITY else {}
    counted = FOLLOWED if measure == INTENSITY else measure
    cells = []
    for record, people in zip(records(frame), behind, strict=True):
        stratum, window, origin = stratum_of(record, result.about.by), _window(result, record), str(record["from"])
        whose = block(result, record)
        depth = 1 if kind == "direction" or str(record[kind]) == LEFT_CARE else 0
        n = book.cell(
            (counted, window, origin, str(record[kind])), stratum, record["n"],
            f"{origin} to {record[kind]} within {window} days", depth=depth, block=whose, persons=people["persons"],
        )  # fmt: skip
        row = Row(book, stratum, window, origin, whose, people["persons_of"])
        if measure == INCIDENCE and "followed" not in record:
            of, every = row.whole(record["of"]), -1
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
class Row:
    """The discharges behind one row of rates: those followed, all, and the rest that the two give away."""

    book: Book
    stratum: Stratum
    window: str
    origin: str
    block: str
    persons: int = -1

    def _cells(self, followed: float, every: float) -> tuple[int, int]:
        name = f"followed discharges from {self.origin} within {self.window} days"
        some = self.book.cell((FOLLOWED, self.window, self.origin, "of"), self.stratum, followed, name,
                              depth=2, block=self.block, persons=self.persons)  # fmt: skip
        if np.isnan(every):
            return some, -1
        whole = self.whole(every)
        self.book.sum(whole, [some])
        return some, whole

    def whole(self, every: float) -> int:
        """Enter all discharges, followed or not."""
        return self.book.cell(("discharges", self.origin), self.stratum, every, f"discharges from {self.origin}",
                              depth=2, block=self.block, persons=self.persons)  # fmt: skip

    def followed(self, of: float, share: float) -> tuple[int, int]:
        """Enter ``of`` followed discharges that are a ``share`` of all: -1 where the share does not tell of all."""
        known = share > 0 and of > 0
        return self._cells(of, float(round(of / share)) if known else np.nan)

    def all(self, of: float, followed: float) -> tuple[int, int]:
        """Enter all ``of`` discharges and those followed."""
        if np.isnan(followed):
            followed = 0.0 if of == 0 else np.nan
        some, whole = self._cells(float(round(followed)) if followed == followed else np.nan, of)
        return whole, some


def _tie_row(book: Book, result: Rates, origin: str, entry: dict[str, dict[str, int]]) -> None:
    to, ways, of = entry["to"], entry["direction"], entry["of"]["of"]
    if reasons := [cell for name, cell in to.items() if name in LEFT_REASONS]:
        if LEFT_CARE in to:
            book.sum(to[LEFT_CARE], reasons)
        to = {name: cell for name, cell in to.items() if name != LEFT_CARE}
    book.sum(of, list(to.values()))
    for way, total in ways.items():
        names = result.continuum.names
        moved = [cell for name, cell in to.items() if name in names and result.continuum.direction(origin, name) == way]
        book.sum(total, moved)


def tie_windows(book: Book) -> None:
    """Tie windows and methods: where one count holds another, their difference is a count like any other."""
    found: dict[tuple[str, str, Stratum], dict[tuple[str, int], int]] = {}
    for family, members in book.families.items():
        if len(family) == 4 and family[0] in (FOLLOWED, INCIDENCE) and family[1].isdigit():
            for stratum, cell in members.items():
                found.setdefault((family[2], family[3], stratum), {})[family[0], int(family[1])] = cell
    for (origin, what, stratum), cells in found.items():
        name = f"{origin} to {what}{words_of(stratum)}"
        bases = found.get((origin, "of", stratum), {})
        windows = sorted(window for method, window in cells if method == FOLLOWED)
        for short, long in itertools.pairwise(windows):
            pair = (cells[FOLLOWED, short], cells[FOLLOWED, long])
            of = [bases.get((FOLLOWED, window)) for window in (short, long)]
            if what == "of" or (None not in of and _equal(book, of[0] or 0, of[1] or 0)):
                _tie_two(book, pair, f"{name}, between {short} and {long} days")
        for window in windows:
            if (INCIDENCE, window) in cells:
                pair = (cells[FOLLOWED, window], cells[INCIDENCE, window])
                _tie_two(book, pair, f"{name}, not yet followed for {window} days")
        longer = sorted(window for method, window in cells if method == INCIDENCE)
        for short, long in itertools.pairwise(longer):
            pair = (cells[INCIDENCE, short], cells[INCIDENCE, long])
            _tie_two(book, pair, f"{name}, between {short} and {long} days")


def _equal(book: Book, one: int, other: int) -> bool:
    return book.cells[one].value == book.cells[other].value


def _tie_two(book: Book, pair: tuple[int, int], name: str) -> None:
    """Tie two counts by their difference, whichever is the larger."""
    cells = book.cells
    low, high = pair if cells[pair[0]].value <= cells[pair[1]].value else pair[::-1]
    if np.isnan(cells[low].value + cells[high].value):
        low, high = pair
    change = cells[high].value - cells[low].value
    between = book.unseen(f"{cells[high].key}|less|{cells[low].key}", change, name)
    book.relation({high: 1, low: -1, between: -1})


def masked(result: Rates, cells: RateCells, mask: Mask) -> Rates:
    """Return the rates with every number blank that is hidden or that would give one away."""
    days = result.about.measure == INTENSITY
    frame = _masked(result.frame, cells.frame, mask, days=days)
    directions = _masked(result.directions, cells.directions, mask, days=days)
    return replace(result, frame=frame, directions=directions, contributors=None, direction_contributors=None)


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
        # Person-days stand on the people of the whole row: 3 digits, and none where nobody was discharged.
        of = of | mask.zero(cells["of"])
    out = frame.assign(n=blank(frame["n"], n), of=blank(frame["of"], of))
    for name in ESTIMATES:
        out[name] = blank(frame[name], n | of)
    if days:
        for name in ("of", *ESTIMATES):
            out[name] = significant(out[name])
    out["followed"] = blank(frame["followed"], of | every)
    out["hidden"] = n | of
    return out
