"""Attackers of restated releases, of curves and of the files of a report, and insiders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import sparse

from .release_attacker import BELOW, LEVELS, Findings, LevelSystem, Printed, Solver, discharges_of

COUNTS: Final = ("n", "of", "opening", "admitted", "discharged", "closing")


def late_and_corrected(stays: pd.DataFrame, seed: int, many: int = 5) -> pd.DataFrame:
    """Return the stays as an earlier file had them: some are not in it yet, as many others have another reason."""
    rng = np.random.default_rng(seed)
    last_stays = np.flatnonzero(~stays["person_id"].duplicated(keep="last"))
    late, wrong = rng.choice(last_stays, many, replace=False), rng.choice(len(stays), many, replace=False)
    reasons = stays["discharge_reason"].where(~np.isin(np.arange(len(stays)), wrong), "transferred out")
    return stays.assign(discharge_reason=reasons).drop(index=stays.index[late]).reset_index(drop=True)


def attack_restated(
    first: Sequence[Printed], second: Sequence[Printed], before: pd.DataFrame, after: pd.DataFrame, *, kept: bool = True
) -> Findings:
    """Return which small counts, and which small changes of counts, a reader of two releases can tell.

    Records came late or were corrected between the releases. The reader knows the rule: a row that is printed as it was
    has changed by 10 or less, and in every other row what is printed is true. Without ``kept`` all that is printed is.
    """
    found, later = Findings(), [part for one in second for part in (by_change(one, first) if kept else [one])]
    for level in LEVELS:
        sides = []
        for stays, releases in ((before, first), (after, later)):
            side = LevelSystem([*first, *later], discharges_of(stays), level)
            for one in releases:
                side.enter(one)
            sides.append((side, side.solver()))
            side.attack_targets(sides[-1][1], found)
        _attack_changes(*sides, found)
    return found


def by_change(one: Printed, first: Iterable[Printed]) -> list[Printed]:
    """Return the rows that are printed otherwise than before, then those that are printed as they were."""
    earlier = next((other for other in first if (other.kind, other.by) == (one.kind, one.by)), None)
    if earlier is None:
        return [one]
    level = "from" if "from" in one.frame else "level"
    keys = [*one.by, level]
    same = {**_rows(one.frame, keys)}
    kept = {key for key, row in same.items() if _rows(earlier.frame, keys).get(key) == row}
    if one.directions is not None and earlier.directions is not None:
        ways, ways_before = _rows(one.directions, keys), _rows(earlier.directions, keys)
        kept = {key for key in kept if ways.get(key) == ways_before.get(key)}
    parts = []
    for wanted, margin in ((False, 0), (True, BELOW - 1)):
        frames = [
            None if frame is None else frame[[(key in kept) is wanted for key in _keys(frame, keys)]]
            for frame in (one.frame, one.directions)
        ]
        parts.append(replace(one, frame=frames[0], directions=frames[1], margin=margin))
    return [part for part in parts if len(part.frame)]


def _keys(frame: pd.DataFrame, keys: list[str]) -> list[tuple[str, ...]]:
    return list(frame[keys].astype(str).itertuples(index=False, name=None))


def _rows(frame: pd.DataFrame, keys: list[str]) -> dict[tuple[str, ...], list[str]]:
    """Return what is printed in each row of the matrix, as text."""
    rows: dict[tuple[str, ...], list[str]] = {}
    counts = frame[[name for name in COUNTS if name in frame]].astype(float).to_numpy()
    for key, values in zip(_keys(frame, keys), counts, strict=True):
        rows.setdefault(key, []).append(str(values.tolist()))
    return rows


def _attack_changes(one: tuple[LevelSystem, Solver], other: tuple[LevelSystem, Solver], found: Findings) -> None:
    """Find changes of 1 to 10 of which a reader is certain that there was one, and that it was small."""
    (before, solve_before), (after, solve_after) = one, other
    for key, (name, index) in after.printed.items():
        weight = after.weight(index)
        change = float(weight @ (after.truth - before.truth))
        if key not in before.printed or not 0 < abs(change) < BELOW:
            continue
        found.small += 1
        least_before, most_before = solve_before.bounds(weight[before.free])
        least_after, most_after = solve_after.bounds(weight[after.free])
        least, most = least_after - most_before, most_after - least_before
        if least == most:
            found.exact.append(f"{name} changed by {change:g}")
        elif 0 < least <= most < BELOW or -BELOW < least <= most < 0:
            found.certainly_small.append(f"{name} changed by {change:g} in [{least:g}, {most:g}]")


def attack_as_insider(releases: Iterable[Printed], own: Iterable[Printed], stays: pd.DataFrame, label: str) -> Findings:
    """Return which small counts of others a facility can tell that knows its own numbers, printed or not.

    ``own`` are the results before they were protected, of which the facility knows its own rows.
    """
    found, given = Findings(), list(releases)
    known = [
        replace(one, **{name: part[part["facility"].astype(str) == label] for name in ("frame", "directions")
                        if (part := getattr(one, name)) is not None})
        for one in own
    ]  # fmt: skip
    for level in LEVELS:
        system = LevelSystem(given, discharges_of(stays), level)
        for one in given:
            system.enter(one)
        of_others = system.atoms["facility"].to_numpy() != label
        targets = [(name, index[of_others[index]]) for name, index in system.targets]
        for one in known:
            system.enter(one)
        system.targets = [(name, index) for name, index in targets if len(index)]
        system.attack_targets(system.solver(), found)
    return found


def attack_curves(released: Sequence[Any], stays: pd.DataFrame) -> Findings:
    """Return which small numbers of stays, ended between two days that any curve shows, a reader can tell.

    For lengths of stay of all and by payer, of records in which every stay has ended: a curve is then the share of
    stays that are longer, and the number of stays times that share is a count.
    """
    found = Findings()
    for level in LEVELS:
        of_level = stays[stays["level"] == level]
        curves = [one.curve[one.curve["level"].astype(str) == level] for one in released]
        days = sorted({int(day) for curve in curves for day in curve["day"]} - {0})
        payers = sorted(of_level["payer"].unique())
        gap = np.searchsorted(days, (of_level["discharge_date"] - of_level["admit_date"]).dt.days)
        atoms = pd.MultiIndex.from_product([payers, range(len(days) + 1)])
        truth = pd.Series(1, index=[of_level["payer"], gap]).groupby(level=[0, 1]).sum().reindex(atoms, fill_value=0)
        values = truth.to_numpy(dtype=float)
        place = {payer: np.array([one == payer for one, _ in atoms]) for payer in payers}
        at = np.array([number for _, number in atoms])
        rows: list[tuple[np.ndarray[Any, Any], float, float]] = []
        targets: list[tuple[str, np.ndarray[Any, Any]]] = []
        for one, curve in zip(released, curves, strict=True):
            part = one.frame[one.frame["level"].astype(str) == level]
            for record in part.to_dict("records"):
                payer = str(record["payer"]) if "payer" in record else None
                where = np.ones(len(atoms), bool) if payer is None else place.get(payer, np.zeros(len(atoms), bool))
                n, name = record["n"], f"{level} {payer or 'all'}"
                rows.append((where, n, n) if n >= 0 else (where, 1.0, np.inf))
                shown = curve if payer is None else curve[curve["payer"].astype(str) == payer]
                for point in shown[shown["day"] > 0].to_dict("records"):
                    by_day = where & (at <= days.index(int(point["day"])))
                    ended, error = n * (1 - point["survival"]), 0.0005 * n
                    rows.append((by_day, np.ceil(ended - error - 1e-9), np.floor(ended + error + 1e-9)))
                targets += [(f"{name} to day {day}", where & (at <= k)) for k, day in enumerate(days)]
                targets += [(f"{name} in gap {k}", where & (at == k)) for k in range(len(days) + 1)]
        low, high = (np.array([row[i] for row in rows], dtype=float) for i in (1, 2))
        matrix = np.array([row[0] for row in rows], dtype=float)
        fits = matrix @ values
        assert ((fits >= low - 1e-9) & (fits <= high + 1e-9)).all(), "the attacker's model is not that of careflow"
        solver = Solver(sparse.csc_array(matrix), low, high)
        for name, mask in targets:
            true = float(values[mask].sum())
            if 0 < true < BELOW:
                found.small += 1
                least, most = solver.bounds(mask.astype(float))
                if least == most:
                    found.exact.append(f"{name} = {true:g}")
                elif least >= 1 and most < BELOW:
                    found.certainly_small.append(f"{name} = {true:g} in [{least:g}, {most:g}]")
    return found


def printed_in_files(folder: Path, cutoff: date) -> list[Printed]:
    """Return what the tables of a report say, read from its files alone."""
    rates, ways, census = (pd.read_csv(folder / f"{name}.csv") for name in ("transitions", "directions", "census"))
    printed = [
        Printed("Rates", rates, ways, ("quarter",), cutoff),
        Printed("Census", census, None, ("quarter",), cutoff),
    ]
    if (folder / "transitions_by_year.csv").exists():
        years = [folder / f"{name}_by_year.csv" for name in ("transitions", "directions")]
        rates, ways = (pd.read_csv(path, dtype={"year": str}) for path in years)
        printed.append(Printed("Rates", rates, ways, ("year",), cutoff))
    return printed
