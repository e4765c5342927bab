"""A finding in one sentence, if a test or the intervals support one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from careflow import formatting
from careflow.charts.data.thin import is_thin
from careflow.charts.data.view import View, check, labels, number, periods, read
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.estimate.changes.base import ALPHA, MEAN_STAY
from careflow.estimate.changes.change import corrected
from careflow.estimate.changes.change_family import compared

_WAYS: Final = {STEP_DOWN: "Step-down", STEP_UP: "Step-up"}
_ENDS: Final = {"completed": "Completion", "left early": "Leaving early"}
_LEAST: Final = 11


@dataclass(frozen=True)
class _Finding:
    """A sentence with the probability of a difference this large where there is none."""

    p: float
    text: str


def headline(result: Any, *, alpha: float = ALPHA, short_labels: dict[str, str] | None = None) -> str | None:
    r"""Return a sentence that a test or the intervals of a result support, or None.

    By period: the change to the latest mature period that is least likely to be chance, if it is clear. It is compared
    with the period before and the one a year before; of rates also the last four quarters with the four before, and the
    last one to seven of eight with the others. Else: the level where one way on is most clearly the commonest; or the
    longest and the shortest median stay.

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
        The finding, for ``title=`` of a chart. Every figure stands with its period.

    Raises
    ------
    TypeError
        If the result is of another kind.

    Notes
    -----
    A change is tested as :meth:`careflow.estimate.Rates.compare` tests it, at every level: steps down and up, moves to
    each other level, completion and leaving early (score test at the effective sample sizes, Student's *t*); of lengths
    of stay the mean within the horizon (its difference by the jackknife, Student's *t*). What is not mature, or has too
    little behind it, takes no part. The p values are corrected by Holm (1979, Scandinavian Journal of Statistics
    6:65-70) for all that were tested, so that where nothing changed a sentence comes up with a chance of ``alpha`` at
    most; how often it does is simulated in ``docs/coverage.md``. A protected result does not say how many people are
    in both periods: they are taken as others, which makes the test more careful.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> from careflow import charts
    >>> rows = [(i, "residential", f"{year}-02-01", f"{year}-02-20") for year in (2023, 2024) for i in range(200)]
    >>> rows += [(i, "php", "2023-02-21", "2023-03-20") for i in range(40)]
    >>> rows += [(i, "php", "2024-02-21", "2024-03-20") for i in range(90)]
    >>> stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2025-02-28"))
    >>> charts.headline(cf.transition_rates(moves, by="year")).replace("\u00a0", " ")
    'Residential to PHP within 30 days rose from 20% to 45%, 2023 to 2024'
    """
    kind = check(result, ("Rates", "LengthOfStay"), "headline")
    view = read(result, kind, "headline", over=True)
    named = labels(view, short_labels)
    if view.period is not None:
        return _change(result, view, named, alpha)
    findings = _commonest(view, named) if kind == "Rates" else _stay_range(view, named)
    tested = [finding for finding in findings if np.isfinite(finding.p)]
    best = min(tested, key=lambda finding: finding.p, default=None)
    # Bonferroni: any of them could have made the sentence.
    return best.text if best is not None and best.p * len(tested) < alpha else None


def _change(result: Any, view: View, named: dict[str, str], alpha: float) -> str | None:
    """Say the clearest change up to the latest mature period."""
    is_rates = "rate" in result.frame
    tests = compared(result, None, history=False) if is_rates else compared(None, result)
    findings = corrected(view.rows_of(tests), alpha=alpha)
    clear = findings[findings["changed"]]
    if clear.empty:
        return None
    row = clear.sort_values("p", kind="stable").iloc[0]
    if row["measure"] == MEAN_STAY:
        return _stay_sentence(row, result, named, periods(view))
    return _rate_sentence(row, view, named)


def _rate_sentence(row: Any, view: View, named: dict[str, str]) -> str:
    level, measure = named[str(row["from"])], str(row["measure"])
    within = f" within {view.within} days" if view.within else ""
    if measure in _WAYS:
        what = f"{_WAYS[measure]} from {level}{within}"
    elif measure in _ENDS:
        what = f"{_ENDS[measure]} from {level}"
    else:
        what = f"{level} to {named[measure]}{within}"
    way = "rose" if row["difference"] > 0 else "fell"
    if view.about.measure == "intensity":
        figures = f"from {row['value_1']:.2g} to {row['value_2']:.2g} per 100 person-days"
    else:
        figures = f"from {formatting.percent(row['value_1'])} to {formatting.percent(row['value_2'])}"
    return f"{what} {way} {figures}, {_when(row, periods(view))}"


def _stay_sentence(row: Any, result: Any, named: dict[str, str], order: Sequence[str]) -> str:
    way = "lengthened" if row["difference"] > 0 else "shortened"
    figures = f"from {row['value_1']:.1f} to {row['value_2']:.1f} days"
    return f"The mean stay at {named[str(row['from'])]} (to day {result.horizon}) {way} {figures}, {_when(row, order)}"


def _when(row: Any, order: Sequence[str]) -> str:
    """Return the periods that were compared; of several the first and the last."""
    sides = []
    for last, span in ((row["first"], row["span_before"]), (row["second"], row["span"])):
        start = order[list(order).index(last) + 1 - span]
        sides.append(formatting.period(last) if span == 1 else f"{formatting.period(start)}–{formatting.period(last)}")
    return " to ".join(sides)


def _effective(row: Any) -> float:
    """Return how many independent discharges the interval of a share is worth."""
    p, se, of = number(row["rate"]), number(row["se"]), number(row["of"])
    if not of >= _LEAST:
        return float("nan")
    return min(p * (1 - p) / se**2, of) if se > 0 else of


def _commonest(view: View, named: dict[str, str]) -> Iterable[_Finding]:
    """At each level, compare the commonest outcome with the next (difference of two shares of one multinomial)."""
    outcomes = {"completed": "completed", "left early": "left early"}
    for name, rows in _by_name(view, "from").items():
        to = rows["to"].astype(str)
        rows = rows[
            (to.isin(view.levels) & (to != name) | to.isin(list(outcomes))) & ~rows["hidden"] & rows["rate"].notna()
        ]
        top = rows.nlargest(2, "rate").to_dict("records")
        if len(top) < 2 or number(top[0]["n"]) < _LEAST or number(top[1]["n"]) < _LEAST:
            continue
        a, b = number(top[0]["rate"]), number(top[1]["rate"])
        n = np.nanmin([_effective(top[0]), _effective(top[1])])
        p = float(2 * ndtr(-(a - b) / np.sqrt((a + b - (a - b) ** 2) / n)))
        # The two largest of several were picked: any pair of them could have been.
        pairs = len(rows) * (len(rows) - 1) / 2
        first, second = (_way(view, named, str(row["to"])) for row in top)
        yield _Finding(
            min(p * pairs, 1.0),
            f"From {named[name]}, more {first} ({formatting.percent(a)}) than {second} ({formatting.percent(b)})",
        )


def _way(view: View, named: dict[str, str], to: str) -> str:
    return f"moved to {named[to]}" if to in view.levels else to


def _stay_range(view: View, named: dict[str, str]) -> Iterable[_Finding]:
    rows = view.frame[~view.frame["hidden"] & (view.frame["median"] > 0)]
    rows = rows[[not is_thin(row) for row in rows.to_dict("records")]]
    if len(rows) < 2:
        return
    ranked = rows.sort_values("median", kind="stable")
    low, high = ranked.iloc[0], ranked.iloc[-1]
    pairs = len(rows) * (len(rows) - 1) / 2
    text = (
        f"Median stays run from {formatting.days(number(low['median']))} at {named[str(low['level'])]} "
        f"to {formatting.count(number(high['median']))} at {named[str(high['level'])]}"
    )
    yield _Finding(min(_two_medians(low, high, view.about.confidence) * pairs, 1.0), text)


def _two_medians(one: Any, other: Any, confidence: float) -> float:
    """Return the p-value of a difference of two medians on the log scale, from the widths of their intervals."""
    z = ndtri((1 + confidence) / 2)
    logs, spread = [], 0.0
    for row in (one, other):
        values = [number(row[c]) for c in ("median", "median_low", "median_high")]
        if not all(np.isfinite(values)) or min(values) <= 0 or number(row["n"]) < 2 * _LEAST:
            return float("nan")
        logs.append(np.log(values[0]))
        # Whole days: an interval is at least half a day wide on either side, whatever the ties say.
        low, high = min(values[1], values[0] - 0.5), max(values[2], values[0] + 0.5)
        spread += (np.log(high / max(low, 0.5)) / (2 * z)) ** 2
    return float(2 * ndtr(-abs(logs[1] - logs[0]) / np.sqrt(spread)))


def _by_name(view: View, key: str) -> dict[str, pd.DataFrame]:
    """Return the rows of each level, in the order of the continuum."""
    text = view.frame[key].astype(str)
    return {name: view.frame[text == name] for name in view.levels}
