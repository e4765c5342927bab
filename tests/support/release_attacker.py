"""An attacker of successive releases, written without the code that protects them.

Records are made up and linked here in plain pandas. Every number that any release prints is a sum over *atoms*:
discharges from one level, by block of days, what came next and when, payer and facility. The attacker holds all
releases, knows every definition, and solves for the range of each hidden small count by linear programs over the atoms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Final

import highspy
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

import careflow as cf

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
LEVELS: Final = ("inpatient", "residential", "php", "iop", "outpatient")
WINDOW: Final = 30
REASONS: Final = ("completed", "left early", "transferred out")
FIRST: Final = "2023-07-01"
LAST: Final = "2024-12-31"
BELOW: Final = 11


def records(people: int, seed: int, last: str = LAST) -> pd.DataFrame:
    """Return made-up stays without overlaps, those that are known by the last day."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        day, level = int(rng.integers(0, 540)), int(rng.choice(5, p=[0.2, 0.3, 0.2, 0.2, 0.1]))
        payer, facility = ("medicaid", "private", "other")[int(rng.choice(3, p=[0.6, 0.3, 0.1]))], "NS"[person % 2]
        for _ in range(int(rng.integers(1, 5))):
            stay = int(rng.geometric(1 / (8 + 10 * level)))
            reason = REASONS[int(rng.choice(3, p=[0.5, 0.35, 0.15]))]
            rows.append((f"p{person}", LEVELS[level], day, day + stay, reason, payer, facility))
            day += stay + int(rng.choice([0, 0, 3, 10, 18, 25, 40, 90]))
            level = int(np.clip(level + rng.choice([-1, 0, 1, 1, 2]), 0, 4))
    columns = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason", "payer", "facility"]
    frame = pd.DataFrame(rows, columns=columns)
    begin = pd.Timestamp(FIRST)
    for name in ("admit_date", "discharge_date"):
        frame[name] = begin + pd.to_timedelta(frame[name], unit="D")
    return frame[frame["admit_date"] <= pd.Timestamp(last)].reset_index(drop=True)


def moves_of(stays: pd.DataFrame, cutoff: str = LAST) -> cf.Transitions:
    """Return the stays as careflow reads and links them, by a cut-off."""
    known = stays[stays["admit_date"] <= pd.Timestamp(cutoff)].copy()
    open_stays = known["discharge_date"] > pd.Timestamp(cutoff)
    for name in ("admit_date", "discharge_date"):
        known[name] = known[name].dt.strftime("%Y-%m-%d")
    known.loc[open_stays, ["discharge_date", "discharge_reason"]] = None
    return cf.link(cf.read_episodes(known, cf.Continuum.standard(), cutoff=cutoff, progress=False), within=WINDOW)


def discharges_of(stays: pd.DataFrame) -> pd.DataFrame:
    """Return one row a discharge: day, level, reason, next level, gap (infinite for none), payer and facility."""
    ordered = stays.sort_values(["person_id", "admit_date", "discharge_date"], kind="stable")
    after = ordered.groupby("person_id", sort=False)[["level", "admit_date"]].shift(-1)
    gap = (after["admit_date"] - ordered["discharge_date"]).dt.days.fillna(np.inf)
    return pd.DataFrame(
        {
            "day": ordered["discharge_date"], "from": ordered["level"], "reason": ordered["discharge_reason"],
            "next": after["level"], "gap": gap, "payer": ordered["payer"], "facility": ordered["facility"],
        }
    )  # fmt: skip


@dataclass(frozen=True)
class Printed:
    """One result of one release: what was printed, what is true, and how it was made."""

    kind: str
    frame: pd.DataFrame
    directions: pd.DataFrame | None
    by: tuple[str, ...]
    cutoff: date
    fiscal_start: int = 1
    windows: tuple[int, ...] = (WINDOW,)
    rounded: bool = False
    every_discharge: bool = False
    """Whether rates are of all discharges, followed or not."""
    margin: int = 0
    """By how much a true number may differ from what is printed: 10 in a row that is printed as before."""


def printed(result: Any, *, fiscal_start: int = 1, rounded: bool = False) -> Printed:
    """Return a protected result as the attacker reads it."""
    about = result.about
    return Printed(
        type(result).__name__, result.frame, getattr(result, "directions", None), about.by, about.cutoff,
        fiscal_start, about.within, rounded, about.measure.startswith("cumulative incidence"),
    )  # fmt: skip


def period_of(days: pd.Series, unit: str, fiscal_start: int) -> pd.Series:
    """Return the label of the period of each day, as releases print it."""
    months = days.dt.year * 12 + days.dt.month - 1 - (fiscal_start - 1)
    year = months // 12 + (fiscal_start > 1)
    name = ("FY" if fiscal_start > 1 else "") + year.astype(str)
    if unit == "month":
        return days.dt.strftime("%Y-%m")
    return name if unit == "year" else name + "Q" + (months % 12 // 3 + 1).astype(str)


@dataclass
class Findings:
    """What an attack found: of how many small counts, which are exact and which certainly small."""

    small: int = 0
    exact: list[str] = field(default_factory=list)
    certainly_small: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.exact and not self.certainly_small


def attack(releases: Iterable[Printed], stays: pd.DataFrame) -> Findings:
    """Return which hidden counts of 1 to 10 a reader of all releases can tell."""
    given = list(releases)
    found = Findings()
    for level in LEVELS:
        LevelSystem(given, discharges_of(stays), level).attack(found)
    return found


class LevelSystem:
    """The system of the discharges from one level."""

    def __init__(self, releases: Sequence[Printed], discharges: pd.DataFrame, level: str) -> None:
        self.level, self.releases = level, releases
        self.windows = sorted({w for one in releases for w in one.windows if one.kind in ("Rates", "Returns")})
        rows = discharges[discharges["from"] == level].copy()
        last = max(pd.Timestamp(one.cutoff) for one in releases)
        rows = rows[rows["day"] <= last]
        edges = {pd.Timestamp(one.cutoff) - pd.Timedelta(days=w) for one in releases for w in (*one.windows, 0)}
        starts = pd.date_range(pd.Timestamp(FIRST), last, freq="MS")
        self.edges = sorted({*(edge + pd.Timedelta(days=1) for edge in edges), *starts})
        rows["block"] = np.searchsorted(np.array(self.edges, dtype="datetime64[ns]"), rows["day"], side="right")
        bucket = np.searchsorted([0, *self.windows], rows["gap"], side="left")
        rows["bucket"] = np.where(rows["gap"] > max(self.windows, default=0), -1, bucket)
        rows["next"] = rows["next"].where(rows["bucket"] >= 0, "none")
        # The reason of a move within the shortest window is in no number.
        rows["reason"] = rows["reason"].where((rows["bucket"] < 0) | (rows["bucket"] > 1), "any")
        split = [name for name in ("payer", "facility") if any(name in one.by for one in releases)]
        self.keys = ["block", "next", "bucket", "reason", *split]
        truth = rows.groupby(self.keys).size()
        events = truth.reset_index()[["next", "bucket", "reason"]].drop_duplicates()
        # A reader thinks every event possible with every bucket, wherever zeros do not say otherwise.
        moves = [(to, b, r) for to in LEVELS for b in range(len(self.windows) + 1)
                 for r in (["any"] if b <= 1 else REASONS)]  # fmt: skip
        events = pd.DataFrame([*moves, *(("none", -1, r) for r in REASONS)], columns=["next", "bucket", "reason"])
        parts = [pd.DataFrame({"block": range(1, len(self.edges) + 1)}), events]
        parts += [pd.DataFrame({name: sorted(rows[name].unique())}) for name in split]
        atoms = parts[0]
        for part in parts[1:]:
            atoms = atoms.merge(part, how="cross")
        self.atoms = atoms
        self.truth = truth.reindex(pd.MultiIndex.from_frame(atoms[self.keys]), fill_value=0).to_numpy(dtype=float)
        assert self.truth.sum() == len(rows)
        self.starts = pd.Series([pd.Timestamp(FIRST), *self.edges])[atoms["block"]].reset_index(drop=True)
        self.rows: list[tuple[npt.NDArray[np.int64], float, float]] = []
        self.targets: list[tuple[str, npt.NDArray[np.int64]]] = []
        self.printed: dict[bytes, tuple[str, npt.NDArray[np.int64]]] = {}

    def attack(self, found: Findings) -> None:
        """Enter all releases, and find what can be told of their small counts."""
        for one in self.releases:
            self.enter(one)
        if len(self.windows) > 1:
            for one in self.releases:
                if one.kind == "Rates" and not one.every_discharge:
                    self._between(one)
        if self.rows:  # releases of nothing but people in care print no discharges
            self.attack_targets(self.solver(), found)

    def solver(self) -> Solver:
        """Return the solver of all that was entered."""
        matrix = sparse.csr_array(np.array([self.weight(index) for index, _, _ in self.rows]))
        low, high = (np.array([row[i] for row in self.rows]) for i in (1, 2))
        fits = matrix @ self.truth
        assert ((fits >= low - 1e-9) & (fits <= high + 1e-9)).all(), "the attacker's model is not that of careflow"
        zero = high == 0
        self.free = ~np.asarray(matrix[zero].sum(axis=0) > 0).ravel() if zero.any() else np.ones(len(self.atoms), bool)
        return Solver(sparse.csc_array(matrix[:, self.free]), low, high)

    def attack_targets(self, solver: Solver, found: Findings) -> None:
        """Find what can be told of the small counts among those that were entered."""
        seen: set[bytes] = set()
        for name, index in self.targets:
            weight = self.weight(index)
            true, key = float(weight @ self.truth), weight.tobytes()
            if not 0 < true < BELOW or key in seen:
                continue
            seen.add(key)
            found.small += 1
            least, most = solver.interval(weight[self.free])
            if least == most:
                found.exact.append(f"{name} = {true:g}")
            elif least >= 1 and most < BELOW:
                found.certainly_small.append(f"{name} = {true:g} in [{least:g}, {most:g}]")

    def weight(self, index: npt.NDArray[np.int64]) -> Floats:
        """Return 1 for some atoms and 0 for the others."""
        row = np.zeros(len(self.atoms))
        row[index] = 1
        return row

    def _where(self, one: Printed, record: dict[str, Any]) -> Bools:
        mask = np.ones(len(self.atoms), dtype=bool)
        for name in one.by:
            mask &= self._labels(name, one.fiscal_start) == str(record[name])
        return mask

    @cache  # noqa: B019
    def _labels(self, name: str, fiscal_start: int) -> npt.NDArray[np.str_]:
        """Return the label of each atom in a split."""
        dated = name in ("month", "quarter", "year")
        return (period_of(self.starts, name, fiscal_start) if dated else self.atoms[name]).to_numpy().astype(str)

    @cache  # noqa: B019
    def _known(self, cutoff: date, window: int) -> Bools:
        return (self.starts <= pd.Timestamp(cutoff) - pd.Timedelta(days=window)).to_numpy()

    @cache  # noqa: B019
    def _is(self, to: str, window: int) -> Bools:
        """Which atoms count as this outcome within a window."""
        bucket = self.atoms["bucket"].to_numpy()
        within = (bucket >= 0) & (np.array([-1, 0, *self.windows])[bucket + 1] <= window)
        if to in LEVELS:
            return within & (self.atoms["next"] == to).to_numpy()
        return ~within & ((self.atoms["reason"] == to).to_numpy() | (to == "left care"))

    def _add(self, mask: Bools, value: float, name: str, one: Printed, *, target: bool = True) -> None:
        index = np.flatnonzero(mask)
        self.printed[index.tobytes()] = (name, index)
        if np.isnan(value):
            # Zeros are shown, but for rounded releases.
            self.rows.append((index, 0.0 if one.rounded or one.margin else 1.0, np.inf))
            if target:
                self.targets.append((name, index))
        elif one.rounded:
            self.rows.append((index, max(value - 2, BELOW), value + 2))
        else:
            self.rows.append((index, value - one.margin, value + one.margin))

    def enter(self, one: Printed) -> None:
        """Enter all that a result prints."""
        if one.kind not in ("Rates", "Returns", "Census", "LengthOfStay"):
            return
        frame = one.frame
        part = frame[frame["from" if "from" in frame else "level"].astype(str) == self.level]
        for record in part.to_dict("records"):
            where = self._where(one, record)
            label = f"{self.level} {[str(record[k]) for k in one.by]} at {one.cutoff}"
            getattr(self, f"_{one.kind.lower()}")(one, record, where, label)
        if one.directions is not None and not one.every_discharge:
            ways = one.directions[one.directions["from"].astype(str) == self.level]
            for record in ways.to_dict("records"):
                where = self._where(one, record)
                self._direction(one, record, where, f"{self.level} {[str(record[k]) for k in one.by]} at {one.cutoff}")

    def _rates(self, one: Printed, record: dict[str, Any], where: Bools, label: str) -> None:
        window, to = int(record.get("within", one.windows[-1])), str(record["to"])
        followed = where & self._known(one.cutoff, window)
        if one.every_discharge:
            self._observed(one, record, where, followed, label)
            return
        if to in (*LEVELS, *REASONS, "left care"):
            self._add(followed & self._is(to, window), record["n"], f"{to} within {window} from {label}", one)
        self._add(followed, record["of"], f"followed {window} from {label}", one)
        if record["of"] > 0 and record["followed"] > 0:
            every = float(round(record["of"] / record["followed"]))
            self._add(where & self._known(one.cutoff, 0), every, f"all from {label}", one)

    def _observed(self, one: Printed, record: dict[str, Any], where: Bools, followed: Bools, label: str) -> None:
        """Enter a rate of all discharges: moves that were observed, of discharges followed for the window or not."""
        window, to, n = int(record.get("within", one.windows[-1])), str(record["to"]), record["n"]
        every = where & self._known(one.cutoff, 0)
        self._add(every, record["of"], f"all from {label}", one)
        if record["followed"] >= 0 and record["of"] > 0:
            some = float(round(record["of"] * record["followed"]))
            self._add(followed, some, f"followed {window} from {label}", one)
        if to == "left care":
            self._add(followed & self._is(to, window), n, f"{to} within {window} from {label}", one)
        elif to in LEVELS and not np.isnan(n):
            margin = 2.0 if one.rounded else 0.0
            self.rows.append((np.flatnonzero(followed & self._is(to, window)), 0.0, n + margin))
            self.rows.append((np.flatnonzero(every & self._is(to, window)), n - margin, np.inf))

    def _direction(self, one: Printed, record: dict[str, Any], where: Bools, label: str) -> None:
        window = int(record.get("within", one.windows[-1]))
        care = cf.Continuum.standard()
        to = [j for j in LEVELS if care.direction(self.level, j) == str(record["direction"])]
        mask = np.any([self._is(j, window) for j in to], axis=0) if to else np.zeros(len(where), dtype=bool)
        name = f"{record['direction']} within {window} from {label}"
        self._add(where & self._known(one.cutoff, window) & mask, record["n"], name, one)

    def _returns(self, one: Printed, record: dict[str, Any], where: Bools, label: str) -> None:
        days = one.windows[-1]
        same_day = (self.atoms["bucket"] == 0).to_numpy()
        came = np.any([self._is(j, days) for j in LEVELS], axis=0) & ~same_day
        followed = where & self._known(one.cutoff, days) & ~same_day
        self._add(followed & came, record["n"], f"returned within {days} to {label}", one)
        self._add(followed, record["of"], f"could return within {days} to {label}", one)

    def _census(self, one: Printed, record: dict[str, Any], where: Bools, label: str) -> None:
        self._add(where & self._known(one.cutoff, 0), record["discharged"], f"discharged from {label}", one)

    def _lengthofstay(self, one: Printed, record: dict[str, Any], where: Bools, label: str) -> None:
        if record["n"] >= 0 and record["open"] >= 0 and one.by and not one.rounded:
            closed = where & self._known(one.cutoff, 0)
            self._add(closed, record["n"] - record["open"], f"closed stays at {label}", one)

    def _between(self, one: Printed) -> None:
        """Whoever moved after one window and within the next is a count too, and those not followed for one."""
        for record in one.frame[one.frame["from"].astype(str) == self.level].to_dict("records"):
            to, where = str(record["to"]), self._where(one, record)
            for at, window in enumerate(self.windows[1:], 2):
                if to in LEVELS:
                    mask = (self.atoms["bucket"] == at).to_numpy() & (self.atoms["next"] == to).to_numpy()
                    mask &= where & self._known(one.cutoff, window)
                    name = f"{to} after {self.windows[at - 2]} to {window} days from {self.level}"
                    self.targets.append((f"{name} {[str(record[k]) for k in one.by]}", np.flatnonzero(mask)))


class _Silent(highspy.Highs):
    """HiGHS without its banner."""

    def enableCallbacks(self) -> None:
        """Do nothing."""


class Solver:
    """Ranges of sums of atoms; every solution found serves all."""

    def __init__(self, matrix: sparse.csc_array, low: Floats, high: Floats) -> None:
        rows = {}
        csr = sparse.csr_array(matrix)
        for i in range(csr.shape[0]):
            key = csr.indices[csr.indptr[i] : csr.indptr[i + 1]].tobytes()
            if key in rows:
                j = rows[key]
                low[j], high[j] = max(low[j], low[i]), min(high[j], high[i])
            else:
                rows[key] = i
        kept = np.array(sorted(rows.values()))
        kept = kept[np.diff(csr.indptr)[kept] > 0]
        csr, low, high = sparse.csr_array(csr[kept]), low[kept], high[kept]
        # The same system with another objective each time: the last solution is where the next program begins.
        self.program = _Silent()
        for name, value in {"output_flag": False, "threads": 1, "presolve": "off", "simplex_strategy": 4}.items():
            self.program.setOptionValue(name, value)
        columns = sparse.csc_array(csr)
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = columns.shape
        model.col_cost_, model.col_lower_ = np.zeros(model.num_col_), np.zeros(model.num_col_)
        model.col_upper_ = np.full(model.num_col_, np.inf)
        model.row_lower_, model.row_upper_ = low, high
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = columns.indptr, columns.indices
        model.a_matrix_.value_ = columns.data
        self.program.passModel(model)
        self.size = model.num_col_
        self.found: list[Floats] = []

    def _solve(self, objective: Floats) -> float:
        self.program.changeColsCost(self.size, np.arange(self.size, dtype=np.int32), objective)
        self.program.run()
        status = self.program.getModelStatus()
        if status == highspy.HighsModelStatus.kUnbounded:
            return -np.inf
        assert status == highspy.HighsModelStatus.kOptimal, self.program.modelStatusToString(status)
        self.found.append(np.array(self.program.getSolution().col_value))
        return float(self.program.getInfo().objective_function_value)

    def bounds(self, weight: Floats) -> tuple[float, float]:
        """Return the least and the most in whole numbers."""
        return float(np.ceil(self._solve(weight) - 1e-6)), float(np.floor(-self._solve(-weight) + 1e-6))

    def interval(self, weight: Floats) -> tuple[float, float]:
        """Return the least and the most in whole numbers, or any range that shows that the count is protected."""
        if self.found and (np.array(self.found[-50:]) @ weight >= BELOW).any():
            return 0.0, np.inf
        most = np.floor(-self._solve(-weight) + 1e-6)
        if most >= BELOW:
            return 0.0, np.inf
        least = np.ceil(self._solve(weight) - 1e-6)
        return float(least), float(most)
