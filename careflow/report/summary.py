"""What a reader in a hurry must know: sentences that the numbers support, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from careflow.charts.words import count, day, known, listing, percent, round_half_up
from careflow.continuum import Continuum
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.counts.rules import Rules
from careflow.report.periods import Period

_MOST: Final = 4
_VERBS: Final = {STEP_DOWN: "stepped down", STEP_UP: "stepped up", "completed": "completed", "left early": "left early"}


def summary(
    periods: Sequence[Period],
    quarter: str,
    changed: pd.DataFrame,
    care: Continuum,
    rules: Rules,
    finding: str | None,
) -> tuple[str, ...]:
    """Return the sentences: how many, what changed clearly, the finding of the charts, and what is not yet mature."""
    chosen = next(one for one in periods if one.name == quarter)
    sentences = [_size(chosen, rules)]
    if chosen.changes is not None:
        before = periods[[one.name for one in periods].index(quarter) - 1]
        sentences.append(_changed(changed[changed["quarter"] == quarter], before.label, care))
    if finding:
        sentences.append(f"{finding}.")
    return (*sentences, _maturity(periods, rules))


def _size(chosen: Period, rules: Rules) -> str:
    if not known(chosen.n):
        return f"Some levels had so few discharges in {chosen.label} that their number is hidden."
    if chosen.n == 0:
        return f"No discharge of {chosen.label} has been followed for {rules.within} days."
    verb = f"discharge of {chosen.label} was" if chosen.n == 1 else f"discharges of {chosen.label} were"
    return f"{count(chosen.n)} {verb} followed for {rules.within} days."


def _changed(rows: pd.DataFrame, before: str, care: Continuum) -> str:
    """Say which changes the intervals support, the largest first; or that there are none."""
    clear = rows[rows["clear"].eq(True)]  # a missing one is not
    if clear.empty:
        return f"No change since {before} is clear: what differs may be chance."
    order = clear["difference"].abs().sort_values(ascending=False).index
    said = []
    for row in clear.loc[order].head(_MOST).to_dict("records"):
        moved = "rose" if row["difference"] > 0 else "fell"
        by = max(1, round_half_up(abs(row["difference"]) * 100))
        said.append(
            f"the share of {care[row['level']].short} discharges that {_VERBS[row['measure']]} {moved} by {by} "
            f"point{'' if by == 1 else 's'}, to {percent(row['rate'])}"
        )
    more = f", and {len(clear) - _MOST} more" if len(clear) > _MOST else ""
    return f"Since {before}, beyond what chance explains, {'; '.join(said)}{more}."


def _maturity(periods: Sequence[Period], rules: Rules) -> str:
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
