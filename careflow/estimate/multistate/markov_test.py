"""Markov test: whether what follows a discharge depends on the level before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import CONCURRENT_CODE, DIED_CODE
from careflow.counts.parts import Part, Where
from careflow.counts.sql.previous_level import NO_EARLIER
from careflow.estimate.arguments import Cluster, counts_for, estimator
from careflow.estimate.arrays.strata import Ints, Strata, add_up, strata_of
from careflow.estimate.result import ALL_LEVELS, Provenance, Result
from careflow.estimate.stats.homogeneity import LEAST, chi_squared, residuals
from careflow.estimate.stats.multiple_testing import Correction, adjusted, correction_name

NO_EARLIER_LEVEL: Final = "none"
"""The value of ``before`` of a stay that began a journey."""

_COLUMNS: Final = ("from", "n", "histories", "statistic", "df", "design_effect", "p")


@dataclass(frozen=True, repr=False, eq=False)
class MarkovTest(Result):
    """Tests of order 1 against order 2 of the chain of levels; made by :func:`careflow.markov_test`.

    ``frame`` has one row for each stratum and level, and one for all levels. Its columns are the strata, ``from``
    (level left, or ``all levels``), ``n`` (followed discharges), ``histories`` (levels before that were compared),
    ``statistic``, ``df`` (degrees of freedom), ``design_effect``, ``p`` and ``p_adjusted``.

    Attributes
    ----------
    histories : pandas.DataFrame
        What followed each discharge, by the level before: strata, ``before, from, to, n, of, rate``.
    """

    histories: pd.DataFrame


@estimator()
def markov_test(
    moves: Transitions | Counts,
    *,
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    correction: Correction = "holm",
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> MarkovTest:
    r"""Test whether what follows a discharge depends on the level before it, given the level left.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or counts that hold the table ``"history"``.
    by : str or sequence of str, optional
        Strata, each tested separately.
    cluster : {"person", None}
        ``"person"``: the test is corrected for the clustering of discharges by person; None: not corrected.
    correction : {"holm", "bh"} or None
        Correction of ``p_adjusted`` for the number of levels and strata.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    MarkovTest
        ``frame``: the strata, then ``from, n, histories, statistic, df, design_effect, p, p_adjusted``, a row for each
        level and one for ``all levels``, whose p is not among those corrected. ``histories``: the strata, then
        ``before, from, to, n, of, rate``; ``before`` is the level that the person moved from, or ``none``.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a stratum does not exist.
    CountsError
        If the counts do not have the event table or the strata.

    Notes
    -----
    For each level, the discharges followed for the link window form a table of the level before (rows) by what came
    next (columns: a level, left care, died, concurrent). If the chain of levels is of order 1, every row has the same
    shares. The statistic is Pearson's, summed over levels for ``all levels``:

    .. math:: X^2 = \sum_{hj} \frac{n\,(p_{hj} - p_{h\cdot}\, p_{\cdot j})^2}{p_{h\cdot}\, p_{\cdot j}}

    With persons clustered it has the second-order correction of Rao and Scott in its F form, with the jackknife
    covariance. Rows with fewer than 10 discharges are left out; columns with fewer than 10 are merged. A small p means
    that the assumption of :func:`chain` does not hold; :func:`occupation` and :func:`expected_days` do not need it. The
    test says nothing about lengths of stay.

    References
    ----------
    Anderson TW, Goodman LA (1957), Annals of Mathematical Statistics 28:89-110; Rao JNK, Scott AJ (1984), Annals of
    Statistics 12:46-60.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> rows = []
    >>> for i in range(40):
    ...     rows += [(i, "php", 0, 10), (i, "iop", 12, 30), (100 + i, "iop", 0, 20)]
    ...     rows += [(i, "outpatient", 35, 60)] if i % 4 else [(100 + i, "outpatient", 25, 60)]
    >>> stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    >>> for name in ("admit_date", "discharge_date"):
    ...     stays[name] = pd.Timestamp("2024-01-01") + pd.to_timedelta(stays[name], unit="D")
    >>> test = cf.markov_test(cf.link(cf.read_episodes(stays, cutoff="2024-12-31")), cluster=None).frame
    >>> test.loc[test["from"] == "iop", ["n", "histories", "statistic", "df"]].round(6).values.tolist()
    [[80.0, 2.0, 20.0, 1.0]]
    """
    counts, names = counts_for(moves, "history", by, calendar=calendar, part=Part(where, last))
    table, continuum = counts.tables["history"], counts.definition.continuum
    strata = strata_of(table, counts.definition, names)
    cells = _cells(table, strata, continuum)
    rows = [row for i, stratum in enumerate(cells) for row in _tests(i, stratum, cluster)]
    frame = _labelled(pd.DataFrame(rows, columns=["_stratum", *_COLUMNS]), strata, continuum)
    frame["p_adjusted"] = adjusted(frame["p"].where(frame["from"] != ALL_LEVELS), correction)
    reference = "chi-squared" if cluster is None else "F, clustered by person"
    about = Provenance.of(
        counts,
        measure="Markov test",
        definition=(
            "Whether what follows a discharge depends on the level before it, beside the level left (order 1 against "
            f"order 2); histories of fewer than {LEAST} are left out."
        ),
        n=int(table["n"].sum()),
        unit="followed discharges",
        dated_by="discharge" if names else "",
        interval=f"{reference}, {correction_name(correction)}",
        within=(counts.definition.within,),
        by=names,
    )
    return MarkovTest(frame, about, continuum, histories=_histories(cells, strata, continuum))


def _next_names(continuum: Continuum) -> list[str]:
    return [*continuum.names, LEFT_CARE, DIED, CONCURRENT]


def _cells(table: pd.DataFrame, strata: Strata, continuum: Continuum) -> Ints:
    """Count strata x from x before (levels, none) x next (levels, left care, died, concurrent) x group."""
    levels, event = len(continuum), table["event"].to_numpy()
    following = np.where(event < levels, event, levels)
    following = np.where(event == DIED_CODE, levels + 1, np.where(event == CONCURRENT_CODE, levels + 2, following))
    before = table["before"].to_numpy()
    return add_up(
        table["n"],
        (strata.codes, len(strata)),
        (table["state"], levels),
        (np.where(before == NO_EARLIER, levels, before), levels + 1),
        (following, levels + 3),
        (table["jackknife_group"], GROUPS),
    )


def _tests(index: int, stratum: Ints, cluster: Cluster) -> list[dict[str, Any]]:
    """Return a row for each level of a stratum, and one for all of them."""
    tables = [residuals(cells) for cells in stratum]
    present = None if cluster is None else stratum.sum(axis=(0, 1, 2)) > 0
    rows = []
    for level, of in [*enumerate([one] for one in tables), (len(tables), tables)]:
        test = dict(zip(("statistic", "df", "design_effect", "p"), chi_squared(of, present), strict=True))
        n, histories = (sum(getattr(table, name) for table in of) for name in ("n", "rows"))
        rows.append({"_stratum": index, "from": level, "n": n, "histories": histories} | test)
    return rows


def _labelled(frame: pd.DataFrame, strata: Strata, continuum: Continuum) -> pd.DataFrame:
    labels = strata.frame.loc[frame.pop("_stratum")].reset_index(drop=True)
    dtype: pd.CategoricalDtype[Any] = pd.CategoricalDtype([*continuum.names, ALL_LEVELS], ordered=True)
    frame["from"] = pd.Categorical.from_codes(frame["from"].to_numpy(), dtype=dtype)
    return pd.concat([labels, frame], axis=1)


def _histories(cells: Ints, strata: Strata, continuum: Continuum) -> pd.DataFrame:
    n = cells.sum(axis=-1)
    levels, before, after = list(continuum.names), [*continuum.names, NO_EARLIER_LEVEL], _next_names(continuum)
    axes = [("from", levels), ("before", before), ("to", after)]
    frame = strata.repeat(*(pd.Series(pd.Categorical(names, names, ordered=True), name=key) for key, names in axes))
    frame["n"] = n.ravel()
    frame["of"] = np.repeat(n.sum(axis=-1).ravel(), n.shape[-1])
    frame["rate"] = (frame["n"] / frame["of"]).where(frame["of"] > 0)
    return frame[[*strata.frame.columns, "before", "from", "to", "n", "of", "rate"]]
