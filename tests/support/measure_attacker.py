"""An attacker of measures and of rates put together, written without the code that protects them.

Every number that a release prints of the discharges from one level is a sum over *atoms*: discharges by quarter, how
long they were followed, what came next and when, the reason, and the first hit of the measure. The attacker knows every
definition, and solves for the range of each small count by linear programs over the atoms.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import sparse

from .release_attacker import LAST, LEVELS, REASONS, Findings, Solver, discharges_of

WINDOWS: Final = (7, 14)
NEVER: Final = 10**6


def hits_of(frame: pd.DataFrame, rule: dict[str, dict[str, int]]) -> pd.DataFrame:
    """Return the discharges with the day of the first hit, by brute force over all later stays of the person."""
    ordered = frame.sort_values(["person_id", "admit_date", "discharge_date"], kind="stable")
    out = discharges_of(frame)
    pairs = ordered.reset_index().merge(ordered, on="person_id", suffixes=("", "_later"))
    pairs = pairs[pairs["admit_date_later"] >= pairs["discharge_date"]]
    gap = (pairs["admit_date_later"] - pairs["discharge_date"]).dt.days
    first = [rule.get(a, {}).get(b, NEVER) for a, b in zip(pairs["level"], pairs["level_later"], strict=True)]
    own = pairs["admit_date"].eq(pairs["admit_date_later"]) & pairs["level"].eq(pairs["level_later"])
    day = gap.where((gap >= np.array(first)) & ~own).groupby(pairs["index"]).min()
    return out.assign(hit=day.reindex(out.index).fillna(np.inf))


class Attacker:
    """All that a reader knows of one level: atoms by quarter, follow-up, next stay, reason and first hit."""

    def __init__(self, level: str, discharges: pd.DataFrame, first: dict[str, int], by: str | None) -> None:
        self.level, self.first = level, first
        rows = discharges[(discharges["from"] == level) & (discharges["day"] <= LAST)].copy()
        rows["quarter"] = rows["day"].dt.to_period("Q").astype(str) if by else "all"
        age = (pd.Timestamp(LAST) - rows["day"]).dt.days
        rows["known"] = np.select([age >= 14, age >= 7], [2, 1], 0)
        rows["bucket"] = np.select([rows["gap"] == 0, rows["gap"] <= 7, rows["gap"] <= 14], [0, 1, 2], 3)
        rows["next"] = rows["next"].where(rows["bucket"] < 3, "none")
        rows["reason"] = rows["reason"].where(rows["bucket"] > 1, "any")
        rows["hit"] = np.select([rows["hit"] <= 7, rows["hit"] <= 14], [1, 2], 3)
        keys = ["quarter", "known", "next", "bucket", "reason", "hit"]
        events = [
            (to, bucket, reason, hit)
            for to, bucket, hit in product(LEVELS, (0, 1, 2), (1, 2, 3))
            for reason in (["any"] if bucket < 2 else REASONS)
            if self._possible(to, bucket, hit)
        ] + [("none", 3, reason, 3) for reason in REASONS]
        atoms = pd.DataFrame(
            [(quarter, known, *event) for quarter in sorted(rows["quarter"].unique()) for known in (0, 1, 2)
             for event in events], columns=keys,
        )  # fmt: skip
        truth = rows.groupby(keys).size()
        self.truth = truth.reindex(pd.MultiIndex.from_frame(atoms), fill_value=0).to_numpy(dtype=float)
        assert self.truth.sum() == len(rows), "the attacker thinks something impossible that happened"
        self.atoms = atoms
        self.rows: list[tuple[Any, float, float]] = []
        self.targets: list[tuple[str, Any]] = []

    def _possible(self, to: str, bucket: int, hit: int) -> bool:
        day = self.first.get(to, NEVER)
        certain = bucket if bucket > 0 and day <= (1, 8)[bucket - 1] else 1 if bucket == 0 and day == 0 else None
        return hit == certain if certain is not None else hit >= bucket

    def read(self, mask: Any, value: float, name: str) -> None:
        self.rows.append((mask, *((1.0, np.inf) if np.isnan(value) else (value, value))))
        self.targets.append((name, mask))

    def rates(self, frame: pd.DataFrame) -> None:
        a = self.atoms
        for record in frame[frame["from"].astype(str) == self.level].to_dict("records"):
            at = WINDOWS.index(int(record["within"])) + 1
            here = (a["quarter"] == str(record.get("quarter", "all"))).to_numpy()
            known, to = here & (a["known"] >= at).to_numpy(), str(record["to"])
            moved = (a["bucket"] <= at).to_numpy()
            if to in LEVELS:
                event = moved & (a["next"] == to).to_numpy()
            elif to in (*REASONS, "left care"):
                event = ~moved & ((a["reason"] == to).to_numpy() | (to == "left care"))
            else:
                continue
            self.read(known & event, record["n"], f"{to} {record['within']}")
            self._denominator(known, here, record)

    def unions(self, frame: pd.DataFrame, reached: dict[str, tuple[str, ...]]) -> None:
        """Read rates of this level to several levels put together: what each name in ``to`` stands for."""
        a = self.atoms
        for record in frame[frame["from"].astype(str) == self.level].to_dict("records"):
            at = WINDOWS.index(int(record["within"])) + 1
            here = (a["quarter"] == str(record.get("quarter", "all"))).to_numpy()
            known, to = here & (a["known"] >= at).to_numpy(), reached[str(record["to"])]
            event = (a["bucket"] <= at).to_numpy() & a["next"].isin(to).to_numpy()
            self.read(known & event, record["n"], f"{to} {record['within']}")
            self._denominator(known, here, record)

    def _denominator(self, known: Any, here: Any, record: dict[str, Any]) -> None:
        self.read(known, record["of"], "of")
        if record["of"] > 0 and record["followed"] > 0:
            self.read(here, float(round(record["of"] / record["followed"])), "all")

    def measured(self, frame: pd.DataFrame) -> None:
        a = self.atoms
        for record in frame[frame["level"].astype(str) == self.level].to_dict("records"):
            at = WINDOWS.index(int(record["window"])) + 1
            here = (a["quarter"] == str(record.get("quarter", "all"))).to_numpy()
            known, hit = here & (a["known"] >= at).to_numpy(), (a["hit"] <= at).to_numpy()
            self.read(known & hit, record["n"], f"hits {record['window']}")
            self._denominator(known, here, record)
            self.targets.append((f"no hits {record['window']}", known & ~hit))
            moved = (a["bucket"] <= at).to_numpy()
            for to in LEVELS:
                next_to = (a["next"] == to).to_numpy() & moved
                self.targets.append((f"hits {record['window']}, next {to}", known & hit & next_to))
                self.targets.append((f"no hits {record['window']}, next {to}", known & ~hit & next_to))

    def attack(self, found: Findings) -> None:
        matrix = sparse.csr_array(np.array([mask for mask, _, _ in self.rows], dtype=float))
        low, high = (np.array([row[i] for row in self.rows]) for i in (1, 2))
        fits = matrix @ self.truth
        assert ((fits >= low) & (fits <= high)).all(), "the attacker's model is not that of careflow"
        free = ~np.asarray(matrix[high == 0].sum(axis=0) > 0).ravel()
        solver = Solver(sparse.csc_array(matrix[:, free]), low, high)
        seen: set[bytes] = set()
        for name, mask in self.targets:
            weight = mask.astype(float)
            true = float(weight @ self.truth)
            if not 0 < true < 11 or weight.tobytes() in seen:
                continue
            seen.add(weight.tobytes())
            found.small += 1
            least, most = solver.interval(weight[free])
            if least == most:
                found.exact.append(f"{self.level}: {name} = {true:g}")
            elif least >= 1 and most < 11:
                found.certainly_small.append(f"{self.level}: {name} = {true:g} in [{least:g}, {most:g}]")
