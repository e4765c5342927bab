"""Transition rates: the share of a level's discharges that reach another level within a window."""

from __future__ import annotations

from collections.abc import Sequence

from careflow.arguments import one_of, several_whole
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.parts import Part, Where
from careflow.estimate.arguments import Cluster, counts_for, estimator, windows_for
from careflow.estimate.rates.methods import METHODS, Method, RateInputs
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.rates.unions import Asked, asked, asked_moves


@estimator(frm=asked, to=asked, within=several_whole(0), method=one_of(*METHODS))
def transition_rates(
    moves: Transitions | Counts,
    *,
    frm: Asked | None = None,
    to: Asked | None = None,
    by: str | Sequence[str] | None = None,
    within: int | Sequence[int] | None = None,
    method: Method = "followed",
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Rates:
    r"""Estimate the share of each level's discharges that reach each level or outcome within a window.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    frm, to : str, list of str or mapping, optional
        Only discharges from this level, only moves to this level or outcome; by default a row for each. A list is put
        together in one row (``to=["php", "iop"]``), and a mapping names such rows (``{"day programs": ["php",
        "iop"]}``). ``frm`` may also be ``"24-hour"`` (the levels where people always live) or ``"all levels"``, and
        ``to`` a direction.
    by : str or sequence of str, optional
        Strata: ``"quarter"`` (of discharge), ``"month"``, ``"year"`` and any column that was read.
    within : int or sequence of int, optional
        Windows in days, at most the link window (the default). Several windows add a column ``within``.
    method : {"followed", "incidence", "intensity"}
        The estimator; see Notes.
    cluster : {"person", None}
        ``"person"``: intervals by the delete-a-group jackknife over persons, since stays of one person are not
        independent. None: intervals that assume independent stays.
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
    Rates
        ``frame``: the strata, then ``from, to, direction, n, of, rate, se, low, high, followed, mature, passed, edge,
        thin``, a row for every pair of a level and a level or outcome. ``rate, se, low, high`` are shares (0 to 1), or
        moves per 100 person-days for ``method="intensity"``. The shares of levels, reasons of leaving, ``died`` and
        ``concurrent`` sum to 1; ``left care`` is the sum of the reasons. ``followed`` is the share of the level's
        discharges in the stratum that were followed for the window. ``mature`` is whether the period is whole and its
        last day + window is not after the cut-off. ``passed`` is the number of levels passed over, and ``edge`` says
        whether the move is along an edge of the continuum (``named``, ``added``) or ``off the continuum``.
        ``direction``, ``passed`` and ``edge`` are missing where a row puts moves together that differ in them. ``thin``
        is whether ``of`` is under 5.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a stratum does not exist.
    CountsError
        If the counts do not have the event tables, the strata or the windows.

    Notes
    -----
    ``followed`` (the default):

    .. math:: r_{ij} = \frac{\text{moves } i \to j \text{ within } w}{\text{discharges from } i \text{ followed for } w}

    A discharge with an early move that is not yet followed for *w* days is left out too. A move is observed at once and
    a departure only after *w* days, so keeping it would bias the newest quarter upwards. Limits are Wilson's at the
    effective sample size :math:`p(1-p)/\mathrm{var}`, with the delete-a-group jackknife variance over persons.

    ``incidence``: the Aalen-Johansen cumulative incidence of "next level *j*" at *w* days since discharge, censored at
    the cut-off. It uses all discharges (``of``), so it also estimates the newest quarter. ``left care`` is 1 minus the
    other rows and is not split by reason. Limits are log-log.

    ``intensity``: moves per 100 person-days (nights) in the level, both up to the cut-off minus *w*; ``of`` is
    person-days. Limits are Garwood's exact Poisson limits, at the effective number of moves if persons are clustered.

    References
    ----------
    Wilson EB (1927), JASA 22:209-212; Kott PS (2001), Journal of Official Statistics 17:521-526 (jackknife); Aalen OO,
    Johansen S (1978), Scandinavian Journal of Statistics 5:141-150; Garwood F (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["residential", "php", "residential"],
    ...     "admit_date": ["2024-01-01", "2024-02-03", "2024-01-05"],
    ...     "discharge_date": ["2024-01-31", "2024-03-01", "2024-01-20"]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"), within=30)
    >>> rates = cf.transition_rates(moves, cluster=None).frame
    >>> rates.loc[rates["n"] > 0, ["from", "to", "direction", "n", "of", "rate"]].to_string(index=False)
    '       from        to direction  n  of  rate\nresidential       php step-down  1   2   0.5\n...'

    >>> every = cf.transition_rates(moves, cluster=None).frame
    >>> every.loc[(every["from"] == "residential") & (every["passed"] > 0), ["to", "passed", "edge"]].values.tolist()
    [['iop', 1.0, 'named'], ['outpatient', 2.0, 'off the continuum']]

    Of residential discharges, the share that reached PHP or IOP within 14 days, the newest 8 quarters put together: the
    first of two did, after 3 days.

    >>> rates = cf.transition_rates(moves, frm="residential", to=["php", "iop"], within=14, last=8, cluster=None).frame
    >>> rates[["from", "to", "n", "of", "rate"]].values.tolist()
    [['residential', 'php or iop', 1, 2, 0.5]]
    """
    counts, strata = counts_for(
        moves, METHODS[method].clocks, by, windows=within, calendar=calendar, part=Part(where, last)
    )
    rows = asked_moves(counts.definition.continuum, frm, to, reasons=method != "incidence")
    linked = moves if isinstance(moves, Transitions) else None
    windows = windows_for(counts, within)
    return Rates.estimated(RateInputs(counts, strata, windows, method, cluster, confidence, rows, linked))
