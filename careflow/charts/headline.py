"""A finding in one sentence, if the intervals support one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from careflow.charts import words
from careflow.charts.reading import View, by_name, check, flags, labels, number, periods, read
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP

_YEAR: Final = {"quarter": 4, "month": 12, "year": 1}
_MEASURES: Final = {STEP_DOWN: "Step-down", STEP_UP: "Step-up"}
_ENDS: Final = {"completed": "Completion", "left early": "Leaving early"}
_LEAST: Final = 11


@dataclass(frozen=True)
class _Finding:
    """A sentence with the probability of a difference this large where there is none."""

    p: float
    text: str


def headline(result: Any, *, alpha: float = 0.05, short_labels: dict[str, str] | None = None) -> str | None:
    """Return a sentence that the intervals of a result support, or None.

    By period: the change between the latest mature period and the one a year before (the first, if there is none) that
    is least likely to be chance. Else: the level where one way on is most clearly the commonest; or the longest and
    the shortest median stay. All comparisons that could have made the sentence count: their p-values are multiplied
    by their number (Bonferroni), so where nothing changed a sentence comes up with a chance of ``alpha`` at most.

    Parameters
    ----------
    result : Rates or LengthOfStay
        With clustered standard errors, by quarter or not. A suppressed value takes no part.
    alpha : float
        The chance of a sentence where nothing changed.
    short_labels : dict, optional
        Names of levels as the sentence shall print them.

    Returns
    -------
    str or None
        The finding, for ``title=`` of a chart.

    Raises
    ------
    TypeError
        If the result is of another kind.
    """
    kind = check(result, ("Rates", "LengthOfStay"), "headline")
    timed = any(name in result.frame.columns for name in _YEAR)
    view = read(result, kind, "headline", over=True)
    named = labels(view, short_labels)
    if kind == "Rates":
        found = list(_changes(result, view, named) if timed else _commonest(view, named))
    else:
        found = list(_stay_changes(view, named) if timed else _stay_range(view, named))
    tested = [finding for finding in found if np.isfinite(finding.p)]
    best = min(tested, key=lambda finding: finding.p, default=None)
    return best.text if best is not None and best.p * len(tested) < alpha else None


def _changes(result: Any, view: View, named: dict[str, str]) -> Iterable[_Finding]:
    """Compare every level and measure in the latest mature period with a year before."""
    totals = read(result, "Rates", "headline", frame="directions", over=True, where=dict(view.chosen))
    within = f" within {view.within} days" if view.within else ""
    known = periods(view)
    for frame, column, measures in (
        (totals.frame, "direction", _MEASURES), (view.frame, "to", _ENDS),
    ):  # fmt: skip
        assert view.period is not None
        keys = [frame[name].astype(str) for name in ("from", column)]
        parts = dict(iter(frame.groupby(keys, sort=False)))
        for name in view.levels:
            for key, said in measures.items():
                pair = _pair(parts.get((name, key), frame.head(0)), view, known)
                if pair is None:
                    continue
                then, now = pair
                p0, p1 = number(then["rate"]), number(now["rate"])
                way = "rose" if p1 > p0 else "fell"
                figures = f"from {words.percent(p0)} to {words.percent(p1)}"
                when = f"{words.period(then[view.period])} to {words.period(now[view.period])}"
                place = f"{said} from {named[name]}{within if key in _MEASURES else ''}"
                yield _Finding(_two_shares(then, now), f"{place} {way} {figures}, {when}")


def _pair(rows: pd.DataFrame, view: View, known: Sequence[str]) -> tuple[Any, Any] | None:
    """Return the rows of a year before and of the latest mature period, if both can be judged."""
    assert view.period is not None
    ripe = rows[flags(rows["mature"], True)] if "mature" in rows.columns else rows
    places = {str(at): place for place, at in enumerate(ripe[view.period])}
    order = [p for p in known if p in places]
    if len(order) < 2:
        return None
    back = order[max(len(order) - 1 - _YEAR[view.period], 0)]
    then, now = (ripe.iloc[places[at]] for at in (back, order[-1]))
    return None if bool(then["hidden"]) or bool(now["hidden"]) else (then, now)


def _two_shares(then: Any, now: Any) -> float:
    """Return the p-value of a difference of two shares, pooled, at the effective sample sizes of their intervals."""
    p0, p1 = number(then["rate"]), number(now["rate"])
    n0, n1 = _effective(then), _effective(now)
    pooled = (p0 * n0 + p1 * n1) / (n0 + n1) if n0 + n1 > 0 else float("nan")
    spread = pooled * (1 - pooled) * (1 / n0 + 1 / n1) if n0 > 0 and n1 > 0 else float("nan")
    if not spread > 0 or min(pooled, 1 - pooled) * min(n0, n1) < 5:
        return float("nan")
    return float(2 * norm.sf(abs(p1 - p0) / np.sqrt(spread)))


def _effective(row: Any) -> float:
    """Return how many independent discharges the interval of a share is worth."""
    p, se, of = number(row["rate"]), number(row["se"]), number(row["of"])
    if not of >= _LEAST:
        return float("nan")
    return min(p * (1 - p) / se**2, of) if se > 0 else of


def _commonest(view: View, named: dict[str, str]) -> Iterable[_Finding]:
    """At each level, compare the commonest outcome with the next (difference of two shares of one multinomial)."""
    outcomes = {"completed": "completed", "left early": "left early"}
    for name, rows in by_name(view, "from").items():
        to = rows["to"].astype(str)
        rows = rows[
            (to.isin(view.levels) & (to != name) | to.isin(list(outcomes))) & ~rows["hidden"] & rows["rate"].notna()
        ]
        top = rows.nlargest(2, "rate").to_dict("records")
        if len(top) < 2 or number(top[0]["n"]) < _LEAST or number(top[1]["n"]) < _LEAST:
            continue
        a, b = number(top[0]["rate"]), number(top[1]["rate"])
        n = np.nanmin([_effective(top[0]), _effective(top[1])])
        p = float(2 * norm.sf((a - b) / np.sqrt((a + b - (a - b) ** 2) / n)))
        # The two largest of several were picked: any pair of them could have been.
        pairs = len(rows) * (len(rows) - 1) / 2
        first, second = (_way(view, named, str(row["to"])) for row in top)
        yield _Finding(
            min(p * pairs, 1.0),
            f"From {named[name]}, more {first} ({words.percent(a)}) than {second} ({words.percent(b)})",
        )


def _way(view: View, named: dict[str, str], to: str) -> str:
    return f"moved to {named[to]}" if to in view.levels else to


def _stay_changes(view: View, named: dict[str, str]) -> Iterable[_Finding]:
    assert view.period is not None
    known = periods(view)
    for name, rows in by_name(view, "level").items():
        pair = _pair(rows, view, known)
        if pair is None:
            continue
        then, now = pair
        a, b = number(then["median"]), number(now["median"])
        way = "lengthened" if b > a else "shortened"
        when = f"{words.period(then[view.period])} to {words.period(now[view.period])}"
        text = f"The median stay at {named[name]} {way} from {words.count(a)} to {words.days(b)}, {when}"
        yield _Finding(_two_medians(then, now, view.about.level), text)


def _stay_range(view: View, named: dict[str, str]) -> Iterable[_Finding]:
    rows = view.frame[~view.frame["hidden"] & (view.frame["median"] > 0)]
    if len(rows) < 2:
        return
    ranked = rows.sort_values("median", kind="stable")
    low, high = ranked.iloc[0], ranked.iloc[-1]
    pairs = len(rows) * (len(rows) - 1) / 2
    text = (
        f"Median stays run from {words.days(number(low['median']))} at {named[str(low['level'])]} "
        f"to {words.count(number(high['median']))} at {named[str(high['level'])]}"
    )
    yield _Finding(min(_two_medians(low, high, view.about.level) * pairs, 1.0), text)


def _two_medians(one: Any, other: Any, level: float) -> float:
    """Return the p-value of a difference of two medians on the log scale, from the widths of their intervals."""
    z = norm.ppf((1 + level) / 2)
    logs, spread = [], 0.0
    for row in (one, other):
        values = [number(row[c]) for c in ("median", "median_low", "median_high")]
        if not all(np.isfinite(values)) or min(values) <= 0 or number(row["n"]) < 2 * _LEAST:
            return float("nan")
        logs.append(np.log(values[0]))
        # Whole days: an interval is at least half a day wide on either side, whatever the ties say.
        low, high = min(values[1], values[0] - 0.5), max(values[2], values[0] + 0.5)
        spread += (np.log(high / max(low, 0.5)) / (2 * z)) ** 2
    return float(2 * norm.sf(abs(logs[1] - logs[0]) / np.sqrt(spread)))
