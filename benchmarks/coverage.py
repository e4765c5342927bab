"""How often careflow's 95% intervals hold the truth, when people come back.

    python benchmarks/coverage.py                  # 2,000 data sets for each number of moves; writes its page of docs/
    python benchmarks/coverage.py --kinds differences chains     # these parts of the page only; the others stay
    python benchmarks/coverage.py --runs 200 --out -

Made-up people go through residential care and IOP on 1, 3 or 6 journeys each. Journeys of one person are alike (some
people move on more often than others, some stay longer than others), and each is followed for a time of its own. The
counts of each data set are made at once, without records, and careflow's own estimators are asked for their intervals.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

import careflow as cf
from careflow.continuum.outcomes import REASONS
from careflow.counts import Counts, Definition
from careflow.counts.event_tables import CENSORED, ENDED, ENTERED, REASON_CODE
from careflow.counts.sql.journeys import BETWEEN_CODE, LEFT_CODE

Ints = npt.NDArray[np.int64]

CARE = cf.Continuum.of(["residential", "iop"])
RESIDENTIAL, IOP = 0, 1
LEFT_EARLY = REASON_CODE + REASONS.index("left early")
WITHIN, DAY, HORIZON = 30, 120, 180
MOVES = (1, 3, 6)
LOW, HIGH = 0.935, 0.965
WILLING = (1.05, 1.95)
"""How willing people are to move on is beta: 0.35 on average, and a quarter of the variance is between them."""
HELPED = 0.15
"""The share of those who would not move on that does in the second year."""
YEARS = ("first", "second")


@dataclass(frozen=True)
class Journeys:
    """Made-up journeys, an array each: group, days in the first stay, gap, days in IOP, second stay, follow-up.

    ``moved`` says whether the first stay was followed by IOP, ``back`` whether IOP was followed by residential again,
    ``second_year`` when the journey was, for differences, and ``helped`` whether it would then move on in any case.
    """

    jackknife_group: Ints
    first: Ints
    moved: npt.NDArray[np.bool_]
    gap: Ints
    iop: Ints
    back: npt.NDArray[np.bool_]
    second: Ints
    follow: Ints
    second_year: npt.NDArray[np.bool_]
    helped: npt.NDArray[np.bool_]


def draw(rng: np.random.Generator, people: int, moves: int) -> Journeys:
    """Draw the journeys of people who are unlike each other."""
    person = np.repeat(np.arange(people), moves)
    n = len(person)
    willing = rng.beta(*WILLING, people)[person]
    slow = rng.normal(0, 0.5, people)[person]

    def days(median: float) -> Ints:
        return np.floor(median * np.exp(slow + rng.normal(0, 0.7, n))).astype(np.int64)

    return Journeys(
        jackknife_group=rng.integers(0, 100, people)[person],
        first=days(120),
        moved=rng.random(n) < willing,
        gap=np.where(rng.random(n) < 0.4, 0, rng.integers(0, WITHIN + 1, n)),
        iop=np.maximum(days(60), 1),
        back=rng.random(n) < 0.5 * willing,
        second=np.maximum(days(30), 1),
        follow=rng.integers(100, 700, n),
        second_year=rng.random(n) < 0.5,
        helped=rng.random(n) < HELPED,
    )


def table(**columns: npt.ArrayLike) -> pd.DataFrame:
    """Count equal rows."""
    names = list(columns)
    rows = np.stack(np.broadcast_arrays(*(np.asarray(column, dtype=np.int64) for column in columns.values())))
    found, n = np.unique(rows, axis=1, return_counts=True)
    return pd.DataFrame(dict(zip(names, found, strict=True)) | {"n": n})


def both(one: pd.DataFrame, *others: pd.DataFrame) -> pd.DataFrame:
    """Put tables one below the other."""
    return pd.concat([one, *others], ignore_index=True)


def counts_of(made: Journeys, clocks: Sequence[str] = ()) -> Counts:
    """Make the counts of some clocks, or of all: of the first stays, of the IOP stays after them, of whole journeys.

    ``follow`` is how long after its start a journey is known in full: the cut-off less the link window.
    """
    return Counts(rules(), {name: CLOCKS[name](made) for name in clocks or CLOCKS}, persons=0, stays=0, set_aside=0)


def next_one(made: Journeys) -> Ints:
    return np.where(made.moved, IOP, LEFT_EARLY)


def stay_table(made: Journeys) -> pd.DataFrame:
    """Count the first stays by how long they last, or are seen."""
    return first_stays(made, np.full(len(made.first), ENDED))


def exit_table(made: Journeys) -> pd.DataFrame:
    """Count the first stays by how long they last and what came next."""
    return first_stays(made, next_one(made))


def first_stays(made: Journeys, event: Ints) -> pd.DataFrame:
    left = made.first <= made.follow
    event, day = np.where(left, event, CENSORED), np.where(left, made.first, made.follow)
    entered = table(jackknife_group=made.jackknife_group, state=RESIDENTIAL, event=ENTERED, day=0)
    return both(entered, table(jackknife_group=made.jackknife_group, state=RESIDENTIAL, event=event, day=day))


def discharges(made: Journeys) -> pd.DataFrame:
    """Count the discharges of the first stays, and of the IOP stays after them."""
    left = made.first <= made.follow
    out = made.moved & (made.first + made.gap + made.iop <= made.follow)
    return both(
        discharge_table(made.jackknife_group[left], RESIDENTIAL, next_one(made)[left]),
        discharge_table(made.jackknife_group[out], IOP, np.where(made.back, RESIDENTIAL, LEFT_EARLY)[out]),
    )


def rules(*by: str) -> Definition:
    return Definition(CARE, date(2024, 12, 31), None, WITHIN, (WITHIN,), "flag", by)


def discharge_table(jackknife_group: Ints, state: int, event: Ints, **strata: npt.ArrayLike) -> pd.DataFrame:
    """Count discharges that were followed for the window, by what came next."""
    moved = np.where(event < len(CARE), WITHIN, -1)
    reason = REASONS.index("left early")
    return table(
        **strata, jackknife_group=jackknife_group, state=state, event=event, reason=reason, moved=moved, followed=WITHIN
    )


def counts_by_year(made: Journeys) -> Counts:
    """Make the counts of discharges from residential care in two years, of which the second has more who move on."""
    left = made.first <= made.follow
    event = np.where(made.moved | (made.second_year & made.helped), IOP, LEFT_EARLY)
    found = discharge_table(made.jackknife_group[left], RESIDENTIAL, event[left], year_of=made.second_year[left])
    found["year_of"] = pd.Categorical.from_codes(found["year_of"], categories=list(YEARS), ordered=True)
    return Counts(rules("year_of"), {"discharge": found}, persons=0, stays=0, set_aside=0)


def gap_table(made: Journeys) -> pd.DataFrame:
    """Count discharges by days until the next admission, known up to the cut-off itself."""
    after = made.follow + WITHIN - made.first
    out = after >= 0
    jackknife_group, after, gap = made.jackknife_group[out], after[out], np.where(made.moved, made.gap, 10**6)[out]
    event = np.where(gap <= after, IOP, CENSORED)
    return both(
        table(jackknife_group=jackknife_group, state=RESIDENTIAL, event=ENTERED, day=0),
        table(jackknife_group=jackknife_group, state=RESIDENTIAL, event=event, day=np.minimum(gap, after)),
    )


def journey_table(made: Journeys) -> pd.DataFrame:
    """Count changes of state by day since the first admission, those of one day as one."""
    started = np.zeros_like(made.first)
    changes = [(started, np.full_like(started, RESIDENTIAL), np.ones_like(made.moved))]
    moved = made.moved
    admitted = made.first + made.gap
    always = np.ones_like(moved)
    changes.append((made.first, np.where(moved, np.where(made.gap > 0, BETWEEN_CODE, IOP), LEFT_CODE), always))
    changes.append((admitted, np.full_like(started, IOP), moved & (made.gap > 0)))
    ended = admitted + made.iop
    back = moved & made.back
    changes.append((ended, np.where(made.back, RESIDENTIAL, LEFT_CODE), moved))
    changes.append((ended + made.second, np.full_like(started, LEFT_CODE), back))
    state, parts = changes[0][1].copy(), []
    # A stay of no night in residential care is over on the day it began: the journey begins in what came next.
    at_once = made.first == 0
    state[at_once] = changes[1][1][at_once]
    parts.append(table(jackknife_group=made.jackknife_group, state=state, event=ENTERED, day=0))
    for day, to, happens in changes[1:]:
        now = happens & (day > 0) & (day <= made.follow)
        parts.append(table(jackknife_group=made.jackknife_group[now], state=state[now], event=to[now], day=day[now]))
        state = np.where(now, to, state)
    parts.append(table(jackknife_group=made.jackknife_group, state=state, event=CENSORED, day=made.follow))
    return both(parts[0], *parts[1:])


CLOCKS: dict[str, Callable[[Journeys], pd.DataFrame]] = {
    "discharge": discharges,
    "gap": gap_table,
    "stay by admission": stay_table,
    "exit": exit_table,
    f"journey:{RESIDENTIAL}": journey_table,
}
Interval = tuple[str, float, float, float]


def estimates(made: Journeys) -> Iterator[Interval]:
    """Yield the name, estimate, low and high of rates, stays, incidences and expected days."""
    counts = counts_of(made)
    for name, cluster in (("", "person"), (", not clustered", None)):
        rates = cf.transition_rates(counts, cluster=cluster).frame
        row = rates[(rates["from"] == "residential") & (rates["to"] == "iop")].iloc[0]
        yield f"transition rate (followed){name}", row["rate"], row["low"], row["high"]
        row = cf.length_of_stay(counts, cohort="admission", cluster=cluster).frame.iloc[0]
        yield f"median length of stay{name}", row["median"], row["median_low"], row["median_high"]
    rates = cf.transition_rates(counts, method="incidence").frame
    row = rates[(rates["from"] == "residential") & (rates["to"] == "iop")].iloc[0]
    yield "transition rate (incidence)", row["rate"], row["low"], row["high"]
    nexts = cf.cumulative_incidence(counts, "residential").frame
    for to in ("iop", "left care"):
        row = nexts[(nexts["to"] == to) & (nexts["day"] <= DAY)].iloc[-1]
        yield f"cumulative incidence of {to} by day {DAY}", row["estimate"], row["low"], row["high"]
    spent = cf.expected_days(counts, start="residential", days=HORIZON).frame.set_index("state")
    for state in ("residential", "iop"):
        row = spent.loc[state]
        yield f"expected days in {state} of {HORIZON}", row["days"], row["low"], row["high"]


def differences(made: Journeys) -> Iterator[Interval]:
    """Yield the difference of the rates of two years, in both of which people may be."""
    rates = cf.transition_rates(counts_by_year(made), by="year_of")
    row = rates.compare(year_of=YEARS, frm="residential", to="iop").frame.iloc[0]
    yield "difference of two rates", row["difference"], row["low"], row["high"]


def chains(made: Journeys) -> Iterator[Interval]:
    """Yield what is to come from residential care, by the chain of levels."""
    counts = counts_of(made, ("discharge", "stay by admission"))
    view = cf.chain(cf.transition_rates(counts), cf.length_of_stay(counts, cohort="admission")).frame
    rows = view[view["start"] == "residential"].set_index(["measure", "state"])
    for name, key in CHAIN.items():
        row = rows.loc[key]
        yield name, row["estimate"], row["low"], row["high"]


CHAIN = {
    "chain: stays in residential": ("stays", "residential"),
    "chain: ever back in residential": ("reached", "residential"),
    "chain: days in residential": ("days", "residential"),
}
KINDS: dict[str, Callable[[Journeys], Iterator[Interval]]] = {
    "estimates": estimates,
    "differences": differences,
    "chains": chains,
}


def truth(seed: int, journeys: int = 2_000_000) -> dict[str, float]:
    """Return what holds for very many people followed to the end."""
    made = draw(np.random.default_rng(seed), journeys, 1)
    first, moved = made.first, made.moved
    begin = first + made.gap
    inside = np.minimum(begin + made.iop, HORIZON) - np.minimum(begin, HORIZON)
    again = begin + made.iop
    second = np.where(moved & made.back, np.minimum(again + made.second, HORIZON) - np.minimum(again, HORIZON), 0)
    soon = first <= DAY
    values = {
        "transition rate (followed)": 0.35,
        "transition rate (incidence)": 0.35,
        "median length of stay": float(np.sort(first)[len(first) // 2]),
        f"cumulative incidence of iop by day {DAY}": float((soon & moved).mean()),
        f"cumulative incidence of left care by day {DAY}": float((soon & ~moved).mean()),
        f"expected days in residential of {HORIZON}": float((np.minimum(first, HORIZON) + second).mean()),
        f"expected days in iop of {HORIZON}": float(np.where(moved, inside, 0).mean()),
    }
    # In a chain, those who moved go back as often as such people do on average, and again and again.
    a, b = WILLING
    forth = a / (a + b)
    back = 0.5 * (a + 1) / (a + b + 1)
    stays = 1 / (1 - forth * back)
    values |= {
        "difference of two rates": HELPED * (1 - forth),
        "chain: stays in residential": stays,
        "chain: ever back in residential": forth * back,
        "chain: days in residential": stays * float(np.minimum(first, 365).mean()),
    }
    return values | {f"{name}, not clustered": values[name] for name in list(values)}


def one_run(kind: str, seed: int, people: int, moves: int, run: int) -> list[Interval]:
    """Return the intervals of one data set; its seed is its own, so that the order of the runs does not matter."""
    return list(KINDS[kind](draw(np.random.default_rng([seed, moves, run]), people, moves)))


def simulate(kind: str, seed: int, people: int, runs: int, workers: int) -> pd.DataFrame:
    """Return the coverage of each interval of a kind at each number of moves."""
    true = truth(seed)
    rows = []
    with ProcessPoolExecutor(workers) as pool:
        for moves in MOVES:
            found = pool.map(partial(one_run, kind, seed, people, moves), range(runs), chunksize=20)
            frame = pd.DataFrame([one for run in found for one in run], columns=["what", "estimate", "low", "high"])
            for what, one in frame.groupby("what", sort=False):
                value = true[str(what)]
                # A limit that is missing (not reached) excludes nothing on its side.
                below, above = (value < one["low"]).mean(), (value > one["high"]).mean()
                rows.append((what, moves, value, one["estimate"].mean(), 1 - below - above, below, above))
    columns = ["what", "moves", "truth", "mean", "coverage", "truth below", "truth above"]
    return pd.DataFrame(rows, columns=columns)


ABOUT = {
    "estimates": "Intervals that are not clustered take journeys as independent and are shown for comparison. A median "
    "is a whole day, so its interval contains the true value slightly too often. Where few people reach a state, the "
    "estimate of its days is skewed, so the true value is more often above the interval than below.",
    "differences": f"Half the journeys are in a second year, in which {HELPED:.0%} of those who would have left care "
    "move on to IOP instead. With several journeys most people are in both years, so that the two rates are "
    "correlated.",
    "chains": "From a start in residential care: the expected number of stays there, the probability of returning, and "
    "the days there, each stay counted up to day 365. The counts hold the first stays only, so the true value is "
    "known.",
}


def section(kind: str, found: pd.DataFrame, asked: argparse.Namespace, seconds: float) -> str:
    """Return one part of the page."""
    runs = asked.runs
    error = np.sqrt(found["coverage"] * (1 - found["coverage"]) / runs)
    inside = found.loc[~found["what"].str.contains("not clustered"), "coverage"].between(LOW, HIGH)
    lines = [
        f"## {kind.capitalize()}",
        "",
        f"Made by `python benchmarks/coverage.py --kinds {kind} --people {asked.people} --runs {runs} --seed "
        f"{asked.seed}` on {date.today():%Y-%m-%d}, in {seconds:.0f} seconds on a shared {platform.machine()} machine "
        f"with {os.cpu_count()} cores (Python {platform.python_version()}, numpy {np.__version__}, careflow "
        f"{cf.__version__}). {runs:,} made-up data sets of {asked.people} people for each number of moves. "
        f"{inside.sum()} of {len(inside)} clustered intervals are between {LOW:.1%} and {HIGH:.1%}; ± is one Monte "
        "Carlo standard error.",
        "",
        ABOUT[kind],
        "",
        "| interval | moves per person | true value | mean estimate | coverage | true value below | true value above |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.what} | {row.moves} | {row.truth:.4g} | {row.mean:.4g} | {100 * row.coverage:.1f}% ± {100 * e:.1f} | "
        f"{100 * row.below:.1f}% | {100 * row.above:.1f}% |"
        for row, e in zip(
            found.rename(columns={"truth below": "below", "truth above": "above"}).itertuples(), error, strict=True
        )
    ]
    return "\n".join([*lines, ""])


HEAD = f"""# Coverage of the 95% intervals when people come back

A person has 1, 3 or 6 journeys that start in residential care. 35% of discharges move on to IOP within 30 days, and
some return from there. Journeys of one person are correlated: a quarter of the variance of moving is between people,
and a third of the variance of log length of stay. Each journey is followed for 100 to 700 days. The true values are
known, or estimated from two million journeys without censoring.

Required: coverage between {LOW:.1%} and {HIGH:.1%} for every clustered interval.
"""


def page(before: str, made: dict[str, str], kinds: Sequence[str] = tuple(KINDS)) -> str:
    """Return the page with the parts that were made now; the others as they were before."""
    old = {part.split("\n", 1)[0].lower(): f"## {part}" for part in before.split("\n## ")[1:]}
    parts = [made.get(kind, old.get(kind, "")) for kind in kinds]
    parts += [part for name, part in old.items() if name not in kinds]  # made by another program
    return "\n".join([HEAD, *(part.rstrip() + "\n" for part in parts if part)])


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20251231)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    decisions = Path(__file__).resolve().parents[1] / "docs" / "decisions"
    parser.add_argument("--out", default=str(decisions / "2026-11-30-coverage-measured.md"))
    asked = parser.parse_args()
    made = {}
    for kind in asked.kinds:
        begun = time.perf_counter()
        found = simulate(kind, asked.seed, asked.people, asked.runs, asked.workers)
        made[kind] = section(kind, found, asked, time.perf_counter() - begun)
        print(made[kind])
    out = Path(asked.out)
    if asked.out != "-":
        out.write_text(page(out.read_text(encoding="utf-8") if out.exists() else "", made), encoding="utf-8")


if __name__ == "__main__":
    main()
