"""Why a published number moved between two extracts of the same records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from careflow.arguments import checked, instance, names
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.changed_discharges import ChangedDischarges, changed_discharges
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.result import Provenance
from careflow.estimate.revisions.changes import (
    aligned,
    both_sides,
    counted_rows,
    record_rows,
    rule_rows,
    with_totals,
)
from careflow.estimate.revisions.diff_result import COUNTS, RECORDS, Diff
from careflow.estimate.revisions.published import Steps, bridges_given, release_given, steps_between

CANNOT_TELL = (
    "from counts: records that came late, were changed or were removed cannot be told apart; give linked stays of both "
    "files"
)


@checked(old=release_given, new=release_given, by=names, bridge=bridges_given, calendar=instance(Calendar))
def diff(
    old: Transitions | Counts | Rates,
    new: Transitions | Counts | Rates,
    *,
    by: str | Sequence[str] | None = "quarter",
    bridge: Transitions | Counts | Rates | Sequence[Transitions | Counts | Rates] | None = None,
    calendar: Calendar | None = None,
) -> Diff:
    r"""Explain why rates of two extracts of the same records differ: rules first, then each changed discharge once.

    Parameters
    ----------
    old, new : Transitions, Counts or Rates
        Both of one kind. Linked stays tell single causes; the new file is read beside the old one, by
        ``read_episodes(..., alongside=old)``. Counts and rates, saved ones too, tell how many more moved and how many
        more did not.
    by : str or sequence of str, optional
        Strata, as in :func:`careflow.transition_rates`; rates have their own.
    bridge : Transitions, Counts or Rates, or a list of these, optional
        The old file read by the new rules (levels, overlapping stays, first day), with its own cut-off. In a list each
        takes over one more rule.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.

    Returns
    -------
    Diff
        ``frame``: the strata, then ``from, to, cause, where, records, n, of, points``; the last row of each rate is its
        total. ``rates`` has both rates, and whether the new one is ``inside`` the interval of the old one.

    Raises
    ------
    ArgumentError
        If the two are of several kinds, or differ in what is no step; the message says what to do.
    CountsError
        If counts do not have the strata.

    Notes
    -----
    Both tables are complete counts, so the parts have no intervals. The rules come first, in a fixed order: the old
    file read by the new rules, then the new window. Each step is a table that could be published. The cut-off is no
    step: the old file under a later one would call "left" what it had not yet seen. The rest is exact, and does not
    depend on an order:

    .. math:: R_2 - R_1 = \sum_d \frac{\Delta n_d - \bar R\, \Delta \mathrm{of}_d}{\bar D}

    over the discharges *d*, with the means :math:`\bar R` of both rates and :math:`\bar D` of both denominators. Each
    changed discharge has one cause, the first that holds (:class:`careflow.estimate.Diff` lists them in order).
    Counts alone give
    :math:`\Delta n (1-\bar R)/\bar D` (``moved``) and :math:`-(\Delta D - \Delta n) \bar R/\bar D` (``did not move``).

    Examples
    --------
    2 of 5 moved on; of a sixth discharge nothing was known when the first number was printed.

    >>> import pandas as pd, careflow as cf
    >>> columns = ["person_id", "level", "admit_date", "discharge_date"]
    >>> rows = [(f"p{i}", "residential", "2024-01-01", "2024-01-11") for i in range(5)]
    >>> rows += [(f"p{i}", "php", "2024-01-13", "2024-02-10") for i in range(2)]
    >>> late = [("p5", "residential", "2024-01-04", "2024-01-16"), ("p5", "php", "2024-01-17", "2024-01-31")]
    >>> old = cf.read_episodes(pd.DataFrame(rows, columns=columns), cutoff="2024-04-10")
    >>> new = cf.read_episodes(pd.DataFrame(rows + late, columns=columns), cutoff="2024-04-10", alongside=old)
    >>> why = cf.diff(cf.link(old), cf.link(new))
    >>> rows = why.at("2024Q1", frm="residential", to="php")
    >>> rows[["cause", "where", "records", "points"]].round(6).values.tolist()
    [['late', 'discharge', 1, 10.0], ['total', 'total', 1, 10.0]]
    """
    strata = (by,) if isinstance(by, str) else tuple(by or ())
    steps = steps_between(old, new, tuple(bridge or ()), strata, calendar)  # type: ignore[arg-type]
    changed = None
    if isinstance(steps.last, Transitions) and isinstance(new, Transitions):
        changed = changed_discharges(steps.last, new, steps.window, strata, steps.new.about.calendar)
    frame, rates = _frames(steps, "to", changed)
    directions, _ = _frames(steps, "direction", changed)
    return Diff(
        frame,
        _about(steps, changed),
        steps.new.continuum,
        directions=directions,
        rates=rates,
        cutoffs=(steps.old.about.cutoff, steps.new.about.cutoff),
        made_of=COUNTS if changed is None else RECORDS,
        matched=None if changed is None else changed.matched,
    )


def _frames(steps: Steps, kind: str, changed: ChangedDischarges | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the causes of each rate, and the rates of both sides, by level reached or by direction."""
    which = "frame" if kind == "to" else "directions"
    keys = [*steps.new.about.by, "from", kind]
    published = [steps.old, *(rates for _, rates in steps.rules), steps.new]
    labels, tables = aligned([getattr(rates, which) for rates in published], keys)
    old, before, new = tables[0], tables[-2], tables[-1]
    parts = rule_rows(labels, tables[:-1], [rule for rule, _ in steps.rules])
    if changed is None:
        parts += counted_rows(labels, before, new)
    else:
        parts += record_rows(labels, changed.to if kind == "to" else changed.directions, before, new)
    return with_totals(labels, parts, old, new), both_sides(labels, old, new)


def _about(steps: Steps, changed: ChangedDischarges | None) -> Provenance:
    old, new = steps.old.about, steps.new.about
    return replace(
        new,
        measure=f"{new.measure}, between releases",
        definition=f"Change between releases at cut-offs {old.cutoff} and {new.cutoff}: rules first, then each changed "
        f"discharge once. {new.definition}",
        n=old.n + new.n,
        interval="",
        missing=CANNOT_TELL if changed is None else "",
    )
