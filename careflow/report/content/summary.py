"""The summary: sentences that the numbers support."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final

import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.counts.definition import Definition
from careflow.estimate.change import MEAN_STAY
from careflow.formatting import count, day, known, listing, percent, period, round_half_up
from careflow.report.content.changes import FOUR
from careflow.report.content.quarters import Period

_MOST: Final = 4
_VERBS: Final = {STEP_DOWN: "stepped down", STEP_UP: "stepped up", "completed": "completed", "left early": "left early"}


def summary(
    periods: Sequence[Period],
    quarter: str,
    changed: pd.DataFrame,
    care: Continuum,
    rules: Definition,
    horizon: int,
) -> tuple[str, ...]:
    """Return the sentences: how many, what changed clearly, and what is not yet mature.

    Parameters
    ----------
    periods : sequence of Period
    quarter : str
        The quarter of the report.
    changed : pandas.DataFrame
        From :func:`careflow.report.content.changes.changes`.
    care : Continuum
    rules : Definition
    horizon : int
        The day to which mean stays are counted.
    """
    chosen = next(one for one in periods if one.name == quarter)
    rows = changed[(changed["quarter"] == quarter).to_numpy()] if chosen.mature else changed.head(0)
    sentences = _changed(rows, chosen.label, care, horizon)
    return (_size(chosen, rules), *sentences, _maturity(periods, rules))


def _size(chosen: Period, rules: Definition) -> str:
    if not known(chosen.n):
        return f"Some levels had so few discharges in {chosen.label} that their number is hidden."
    if chosen.n == 0:
        return f"No discharge of {chosen.label} has been followed for {rules.within} days."
    verb = f"discharge of {chosen.label} was" if chosen.n == 1 else f"discharges of {chosen.label} were"
    return f"{count(chosen.n)} {verb} followed for {rules.within} days."


def _changed(rows: pd.DataFrame, label: str, care: Continuum, horizon: int) -> list[str]:
    """Return sentences on the clear changes, the largest of each comparison first; or one that there are none."""
    sentences, against = [], list(dict.fromkeys(rows["against"]))
    for one in against:
        part = rows[(rows["against"] == one).to_numpy()]
        clear = part[part["clear"].eq(True)]  # a missing value is not clear
        if clear.empty:
            continue
        order = clear["difference"].abs().sort_values(ascending=False, kind="stable").index
        each = "; ".join(_change(row, care, horizon) for row in clear.loc[order].head(_MOST).to_dict("records"))
        more = f", and {len(clear) - _MOST} more" if len(clear) > _MOST else ""
        before = period(part["before"].iloc[0])
        when = f"From {before} to {label}"
        if one == FOUR:
            when = f"In the four quarters to {label}, compared with the four to {before}"
        sentences.append(f"{when}, beyond what chance explains, {each}{more}.")
    if not sentences and against:
        since = " or ".join(period(name) for name in dict.fromkeys(rows.loc[rows["against"] != FOUR, "before"]))
        four = f", or of the four quarters to {label} from the four before," if FOUR in against else ""
        sentences.append(f"No change since {since}{four} is clear: what differs may be chance.")
    return sentences


def _change(row: dict[Hashable, Any], care: Continuum, horizon: int) -> str:
    """Return one change with its size and the new value."""
    level, rose, size = care[row["level"]].short, row["difference"] > 0, abs(row["difference"])
    if row["measure"] == MEAN_STAY:
        verb = "lengthened" if rose else "shortened"
        return f"the mean stay at {level} (to day {horizon}) {verb} by {size:.1f} days, to {row['rate']:.1f}"
    by = max(1, round_half_up(size * 100))
    went = f"moved to {care[row['measure']].short}" if row["measure"] in care.names else _VERBS[row["measure"]]
    return (
        f"the share of {level} discharges that {went} {'rose' if rose else 'fell'} by {by} "
        f"point{'' if by == 1 else 's'}, to {percent(row['rate'])}"
    )


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
