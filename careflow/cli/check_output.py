"""What was found in records, as lines of text: ``careflow check`` prints them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pandas as pd

from careflow.counts import Measure
from careflow.records.episodes import Episodes
from careflow.records.parsing.date_basis import CALENDAR, answers

LATE: Final = timedelta(days=180)
"""What begins so long after everything else, or ends so long before, may have been renamed."""

IN_A_STAY: Final = "C00"
"""The fate of a claims line that is in a stay: nothing to look at."""
MOST_NAMED: Final = 3
"""Rules that are named before all others."""
MOST_SHOWN: Final = 30
"""Labels of a column that are listed."""


def matters_told(episodes: Episodes) -> Iterator[str]:
    """Return what matters first: how many stays are kept, how many rows are lost, and to which rules most."""
    findings = episodes.findings[~episodes.findings["check"].str.startswith(IN_A_STAY)]
    yield f"Can be counted: {len(episodes):,} stays kept, {_lost(episodes)}."
    for action, what in (("set aside", "Most set aside"), ("flagged", "Look at")):
        rows = findings[(findings["action"] == action) & (findings["n"] > 0)]
        worst = rows.sort_values("n", ascending=False, kind="stable").head(MOST_NAMED)
        if len(worst):
            named = "; ".join(f"{row['check']} {row['n']:,}" for row in worst.to_dict("records"))
            yield f"{what}: {named}."


def _lost(episodes: Episodes) -> str:
    """Return how many rows were set aside, of how many: of a source, its lines and the stays made of them apart."""
    fates, kept = episodes.losses, len(episodes)
    lines = fates[fates["unit"] == "line"] if len(fates) else fates
    if not len(lines):
        return _of(episodes.set_aside, kept + episodes.set_aside, "rows")
    of_source = _of(int(lines.loc[lines["action"] == "set aside", "n"].sum()), int(lines["n"].sum()), "lines")
    made = f"; of the stays made of them {episodes.set_aside:,}" if episodes.set_aside else ""
    return of_source + made


def _of(lost: int, every: int, what: str) -> str:
    share = f" ({100 * lost / every:.1f}%)" if lost else ""
    return f"{lost:,} of {every:,} {what} set aside{share}"


def findings_told(findings: pd.DataFrame) -> Iterator[str]:
    """Return a line for each finding: how many, the action, the rule, and the note.

    Examples
    --------
    >>> findings = pd.DataFrame({"check": ["R02 no level"], "action": ["set aside"], "n": [3], "note": [""]})
    >>> list(findings_told(findings))
    ['        3  set aside  R02 no level']
    """
    for row in findings.to_dict("records"):
        note = f"  ({row['note']})" if row["note"] else ""
        yield f"{row['n']:>9,}  {row['action']:<9}  {row['check']}{note}"


def losses_told(losses: pd.DataFrame) -> Iterator[str]:
    """Return a line for each fate of the lines of a source, and for what was flagged."""
    for rule, action, unit, n, note in losses.itertuples(index=False, name=None):
        yield f"{n:>9,}  {action:<9}  {rule} {note} ({unit}s)"


def source_told(name: str, what: str) -> str:
    """Return a line with the name of a source and what it is."""
    return f"{name:<12}  {what}".rstrip()


def measure_told(measure: Measure) -> Iterator[str]:
    """Return the definition of a measure as lines: its rule, what it is modelled on, and in what it differs."""
    from careflow.estimate.measures.follow_up import definition_of

    yield f"{measure.name}#{measure.digest}  {measure.title}".rstrip()
    yield definition_of(measure)
    if measure.modelled_on:
        read = f", read on {measure.source_date:%Y-%m-%d}" if measure.source_date else ""
        yield f"Modelled on {measure.modelled_on} ({measure.source or 'no source given'}{read})."
    if measure.differs:
        yield "It differs from its source:"
        yield from (f"  {line}" for line in measure.differs)


def attrition_told(attrition: pd.DataFrame) -> Iterator[str]:
    """Return a line for each step from the file to the discharges, with what it took away or added."""
    for step, n, left in attrition.itertuples(index=False, name=None):
        yield f"{n:>9,}  {step}" if n in (0, left) else f"{n:>+9,}  {step}"


def seen_told(episodes: Episodes) -> Iterator[str]:
    """Return when each level, facility and payer was first and last seen; nothing where dates are shifted.

    A code that was renamed within the series ends early as another begins late.
    """
    if not answers(episodes, CALENDAR):
        return
    seen = episodes.seen()
    begin, end = seen["first"].min() + LATE, seen["last"].max() - LATE
    for column in ("level", "facility", "payer"):
        rows = seen[seen["column"] == column]
        if rows.empty:
            continue
        late, early = (rows["first"] > begin).sum(), (rows["last"] < end).sum()
        yield ""
        yield f"Admissions by {column}: {len(rows):,} seen, {late:,} begin late, {early:,} end early"
        for row in rows.head(MOST_SHOWN).to_dict("records"):
            odd = ", ".join(["begins late"] * (row["first"] > begin) + ["ends early"] * (row["last"] < end))
            yield f"{row['n']:>9,}  {row['first']:%Y-%m-%d} to {row['last']:%Y-%m-%d}  {row['label']}  {odd}".rstrip()
        if len(rows) > MOST_SHOWN:
            yield f"           and {len(rows) - MOST_SHOWN:,} more; episodes.seen() has them all"
