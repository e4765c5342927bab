"""Retention: the share of admissions still in care after so many days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from careflow.arguments import several_whole, text
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.definition import GROUPS
from careflow.counts.parts import Part, Where
from careflow.counts.sql.retention import OUT, STILL
from careflow.estimate.arguments import Cluster, counts_for, estimator, immature, interval_name
from careflow.estimate.arrays.strata import add_up, strata_of
from careflow.estimate.result import ALL_LEVELS, Provenance, Result
from careflow.estimate.stats.proportions import shares


@dataclass(frozen=True, repr=False, eq=False)
class Retention(Result):
    """Shares of admissions still in care; made by :func:`careflow.retention`.

    ``frame`` has one row for each stratum, level and day. Its columns are the strata, ``level`` (admitted to; ``all
    levels`` for all of them), ``day`` (since admission), ``n`` (still in care), ``of`` (admissions followed to that
    day), ``rate, se, low, high`` (share, its standard error and Wilson limits, 0 to 1), ``followed`` (share of the
    admissions that were followed to that day), ``mature`` and ``known_to`` (the last of the days to which anybody of
    the row's level was followed; missing if nobody was).

    Attributes
    ----------
    days : tuple of int
        The days since admission.
    """

    days: tuple[int, ...]


@estimator(start=text, days=several_whole(0))
def retention(
    moves: Transitions | Counts,
    *,
    start: str | None = None,
    days: int | Sequence[int] = (30, 60, 90),
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Retention:
    r"""Estimate the share of admissions still in care after some days, at the level and at any level.

    The row of a level is of the admissions to it that are still in that stay. The row ``all levels`` is of all
    admissions (or of those to ``start``) whose person is then in care at any level, in that stay or another one.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    start : str, optional
        Only admissions to this level.
    days : int or sequence of int
        Days since admission, 0 to 3650.
    by : str or sequence of str, optional
        Strata; a quarter is that of the admission.
    cluster : {"person", None}
        ``"person"``: intervals by the delete-a-group jackknife over persons; None: intervals that assume independent
        stays.
    confidence : float
        Coverage of the intervals, such as 0.95.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    Retention
        ``frame``: the strata, then ``level, day, n, of, rate, se, low, high, followed, mature, known_to``.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a level or stratum does not exist.
    CountsError
        If counts are given that do not hold the table ``kept:30,60,90`` (with these days) or the strata asked for.

    Notes
    -----
    ``rate = n / of``: a stay is in care on day *d* if it ends after that day. An admission less than *d* days before
    the cut-off is left out, discharged or not, since a discharge is seen at once and staying on only after *d* days.
    ``mature`` is whether the period is whole and its last day + *d* is not after the cut-off. Stays admitted before the
    start of the records are left out. :func:`length_of_stay` uses the others for as long as they were followed.

    References
    ----------
    Wilson EB (1927), JASA 22:209-212; Kott PS (2001), Journal of Official Statistics 17:521-526.

    Examples
    --------
    Of two PHP admissions one is still at PHP after 10 days; the other has moved on to IOP, where it is on day 10 and no
    longer on day 30.

    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["php", "iop", "php"],
    ...     "admit_date": ["2024-01-01", "2024-01-08", "2024-01-01"],
    ...     "discharge_date": ["2024-01-06", "2024-01-20", "2024-01-21"]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> kept = cf.retention(moves, start="php", days=[10, 30], cluster=None).frame
    >>> kept[["level", "day", "n", "of"]].values.tolist()
    [['php', 10, 1, 2], ['php', 30, 0, 2], ['all levels', 10, 2, 2], ['all levels', 30, 0, 2]]
    """
    asked = tuple(sorted({days} if isinstance(days, int) else set(days)))
    clock = f"kept:{','.join(map(str, asked))}"
    counts, names = counts_for(moves, clock, by, calendar=calendar, part=Part(where, last))
    table, continuum = counts.tables[clock], counts.definition.continuum
    if start is not None:
        table = table[table["state"] == continuum.index(start)]
    strata = strata_of(table, counts.definition, names)
    labels = [*([continuum[start].name] if start is not None else continuum.names), ALL_LEVELS]
    levels = [continuum.index(name) for name in labels[:-1]]
    place = np.searchsorted(levels, table["state"].to_numpy())
    at = np.searchsorted(asked, table["day"].to_numpy())
    axes = ((strata.codes, len(strata)), (place, len(levels)), (at, len(asked)), (table["jackknife_group"], GROUPS))
    followed = table["n"].to_numpy() * table["followed"].to_numpy()
    event = table["event"].to_numpy()
    of, every = add_up(followed, *axes), add_up(table["n"], *axes)
    n = add_up(followed * (event == STILL), *axes)
    together = add_up(followed * (event != OUT), *axes).sum(axis=1, keepdims=True)
    n = np.concatenate([n, together], axis=1)
    of, every = (np.concatenate([one, one.sum(axis=1, keepdims=True)], axis=1) for one in (of, every))
    estimate = shares(n, of, cluster=cluster, confidence=confidence)
    level = pd.Series(pd.Categorical(labels, [*continuum.names, ALL_LEVELS], ordered=True), name="level")
    frame = strata.repeat(level, pd.Series(asked, name="day"))
    totals = {"n": n.sum(axis=-1), "of": of.sum(axis=-1)}
    numbers = totals | {"rate": estimate.share, "se": estimate.se, "low": estimate.low, "high": estimate.high}
    for name, values in numbers.items():
        frame[name] = values.ravel()
    whole = every.sum(axis=-1)
    frame["followed"] = np.divide(totals["of"], whole, out=np.full(whole.shape, np.nan), where=whole > 0).ravel()
    mature = np.stack([strata.mature(counts.definition, day) for day in asked], axis=-1)
    frame["mature"] = np.broadcast_to(mature[:, None], whole.shape).ravel()
    followed_to = np.where(totals["of"] > 0, np.array(asked, dtype=float), np.nan)
    known_to = np.fmax.reduce(followed_to, axis=-1, keepdims=True)
    frame["known_to"] = np.broadcast_to(known_to, whole.shape).ravel()
    about = Provenance.of(
        counts,
        measure="retention",
        definition=(
            f"Admissions{f' to {labels[0]}' if start is not None else ''} whose stay goes on after that day, as a "
            "share of those followed to it; all levels: whose person is then in care at any level."
        ),
        n=int(whole[:, -1, 0].sum()),
        unit="admissions",
        dated_by="admission" if names else "",
        interval=interval_name("Wilson", confidence, cluster),
        by=names,
        confidence=confidence,
        missing=immature(frame, names, counts.definition),
    )
    return Retention(frame, about, continuum, days=asked)
