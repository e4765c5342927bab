"""The summary: sentences that the numbers support."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final

import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.counts.definition import Definition
from careflow.estimate.changes.base import MEAN_STAY
from careflow.formatting import count, day, known, listing, percent, period, round_half_up
from careflow.report.content.estimates import Estimates
from careflow.report.content.in_short import came_back, in_care, median_stays, step_down
from careflow.report.content.quarters import Period

MOST_CHANGES: Final = 3
"""Changes that the first lines name."""
_VERBS: Final = {STEP_DOWN: "stepped down", STEP_UP: "stepped up", "completed": "completed", "left early": "left early"}


def summary(
    results: Estimates, periods: Sequence[Period], quarter: str, rules: Definition, below: int, warning: str = ""
) -> tuple[str, ...]:
    """Return the first lines, six at most: four numbers, what changed clearly, and what the quarter rests on.

    Parameters
    ----------
    results : Estimates
        With hidden numbers missing.
    periods : sequence of Period
    quarter : str
        The quarter of the report.
    rules : Definition
    below : int
        Counts under this are hidden; 0 hides none.
    warning : str
        What a reader must know of the records before any number.
    """
    chosen = next(one for one in periods if one.name == quarter)
    last = " ".join(part for part in (warning, _size(chosen, rules), _maturity(periods, rules)) if part)
    if chosen.n == 0:
        return (_size(chosen, rules), " ".join(part for part in (warning, _maturity(periods, rules)) if part))
    lines = [step_down(results.rates, quarter), median_stays(results.stays, results.missing, quarter)]
    if results.census is not None:
        lines.append(in_care(results.census, quarter))
    if results.bounces is not None:
        lines.append(came_back(results.bounces, quarter, below))
    if chosen.mature:
        names = [one.name for one in periods]
        lines += changed(results.changed, quarter, names, results.rates.continuum, results.stays.horizon)
    return (*lines, last)


def clearest(table: pd.DataFrame, quarter: str) -> list[dict[Hashable, Any]]:
    """Return the clear changes of a quarter, the most certain first; each level and measure once.

    Of the comparisons that say the same, the one with the smallest p is taken: where several quarters are compared with
    those before them, it is the one that tells best from which quarter the change holds.
    """
    rows = table[((table["quarter"] == quarter) & table["clear"].eq(True)).to_numpy()]
    first = rows.sort_values("p", kind="stable").drop_duplicates(["level", "measure"])
    return first.to_dict("records")


def changed(table: pd.DataFrame, quarter: str, names: Sequence[str], care: Continuum, horizon: int) -> list[str]:
    """Return one sentence on the clear changes of a quarter, or that there are none; nothing if none was compared."""
    rows = table[(table["quarter"] == quarter).to_numpy()]
    if rows.empty:
        return []
    clear, tested = clearest(table, quarter), int(table["tested"].sum())
    looked = f"{count(tested)} comparisons" if tested != 1 else "1 comparison"
    if not clear:
        shifts = ", or of the newest of the last eight quarters from the others" if rows["quarters"].max() > 1 else ""
        since = listing([period(name) for name in dict.fromkeys(rows.loc[rows["quarters_before"] == 1, "before"])])
        return [f"Changed: nothing clearly. What differs from {since}{shifts} may be chance ({looked})."]
    more = f"; and {len(clear) - MOST_CHANGES} more" if len(clear) > MOST_CHANGES else ""
    each = "; ".join(_change(row, names, care, horizon) for row in clear[:MOST_CHANGES])
    return [f"Changed, beyond what chance explains ({looked}): {each}{more}."]


def _size(chosen: Period, rules: Definition) -> str:
    if not known(chosen.n):
        return f"Some levels had so few discharges in {chosen.label} that their number is hidden."
    if chosen.n == 0:
        return f"No discharge of {chosen.label} has been followed for {rules.within} days."
    verb = f"discharge of {chosen.label} was" if chosen.n == 1 else f"discharges of {chosen.label} were"
    return f"{count(chosen.n)} {verb} followed for {rules.within} days."


def _change(row: dict[Hashable, Any], names: Sequence[str], care: Continuum, horizon: int) -> str:
    """Return one change with its values, its size and interval, and since when."""
    level, rose = care[row["level"]].short, row["difference"] > 0
    if row["measure"] == MEAN_STAY:
        way = "lengthened" if rose else "shortened"
        numbers = f"from {row['rate_before']:.1f} to {row['rate']:.1f} days"
        limits = f"{_signed(row['difference'], 1)} days, {_signed(row['low'], 1)} to {_signed(row['high'], 1)}"
        return f"the mean stay at {level} (to day {horizon}) {way} {numbers} ({limits}), {_since(row, names)}"
    went = f"moved to {care[row['measure']].short}" if row["measure"] in care.names else _VERBS[row["measure"]]
    numbers = f"from {percent(row['rate_before'])} to {percent(row['rate'])}"
    size, low, high = (_signed(100 * row[name], 0) for name in ("difference", "low", "high"))
    return (
        f"{level} discharges that {went} {'rose' if rose else 'fell'} {numbers} ({size} points, {low} to {high}), "
        f"{_since(row, names)}"
    )


def _since(row: dict[Hashable, Any], names: Sequence[str]) -> str:
    """Return what was compared; the newest of several quarters hold from their first on."""
    after, before = int(row["quarters"]), int(row["quarters_before"])
    newest = period(row["quarter"])
    if (after, before) == (1, 1):
        return f"{period(row['before'])} to {newest}"
    start = period(names[names.index(row["before"]) + 1])
    if after == 1:
        return f"in {newest} against the {before} quarters before"
    return f"from {start} on ({after} quarters to {newest} against the {before} before)"


def _signed(value: float, places: int) -> str:
    text = f"{abs(value):.{places}f}" if places else str(round_half_up(abs(value)))
    return text if not float(text) else f"{'+' if value > 0 else '−'}{text}"


def _maturity(periods: Sequence[Period], rules: Definition) -> str:
    late = [one.label for one in periods if not one.mature and not one.cut]
    cut = [one.label for one in periods if one.cut]
    within, cutoff = rules.within, day(rules.cutoff)
    first = "" if not cut else f"{listing(cut)}, cut by the start of the records, will not be mature. "
    if not late:
        every = "All other quarters" if cut else "All quarters"
        return f"{first}{every} are mature: each ended {within} days or more before the cut-off, {cutoff}."
    verb = "is" if len(late) == 1 else "are"
    return (
        f"{first}{listing(late)} {verb} not yet mature: discharges of the last {within} days before the cut-off, "
        f"{cutoff}, are left out until it is known whether they led to an admission, so these rates will change."
    )
