"""Transition rates: of those who left a level, what share reached another within the window."""

from __future__ import annotations

from collections.abc import Sequence

from careflow.arguments import one_of, several_whole
from careflow.counts import Calendar, Counts, Transitions
from careflow.estimate.arguments import Cluster, counts_for, estimator, immature, interval_name, windows_for
from careflow.estimate.rates.methods import METHODS, Method, RateInputs
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.result import Provenance


@estimator(within=several_whole(0), method=one_of(*METHODS))
def transition_rates(
    moves: Transitions | Counts,
    *,
    by: str | Sequence[str] | None = None,
    within: int | Sequence[int] | None = None,
    method: Method = "followed",
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
) -> Rates:
    r"""Estimate, for each level, what share of its discharges reached each other level within the window.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    by : str or sequence of str, optional
        Strata: ``"quarter"`` (of discharge), ``"month"``, ``"year"`` and any column that was read.
    within : int or sequence of int, optional
        Windows in days, up to the link window, which is the default. More than one gives a column ``within``.
    method : {"followed", "incidence", "intensity"}
        See Notes.
    cluster : {"person", None}
        Whether intervals allow for people who come back.
    confidence : float
        Coverage of the intervals.
    calendar : Calendar, optional
        Which months make a quarter.

    Returns
    -------
    Rates
        ``frame``: the strata, then ``from, to, direction, n, of, rate, se, low, high, followed, mature``, a row for
        every pair of a level and a level or outcome. The rows of levels, reasons of leaving, ``died`` and
        ``concurrent`` sum to 1; ``left care`` is the sum of the reasons. ``followed`` is the share of the level's
        discharges in the stratum that were followed for the window; ``mature`` says whether the last day of the
        quarter was, and the records cover the quarter from its first day.

    Raises
    ------
    ArgumentError, CountsError
        If a stratum, a window or an option does not exist.

    Notes
    -----
    ``followed`` (the default):

    .. math:: r_{ij} = \frac{\text{moves } i \to j \text{ within } w}{\text{discharges from } i \text{ followed for } w}

    A discharge that moved early but is not yet followed for *w* days is left out too: a move is seen at once and a
    departure only after *w* days, so to keep it would raise the newest quarter. Limits are Wilson's at the effective
    sample size (delete-a-group jackknife over persons).

    ``incidence``: the Aalen-Johansen cumulative incidence of "next level *j*" at *w* days since discharge. It uses all
    discharges, so it has an answer for the newest quarter; ``of`` counts them, ``left care`` is what remains, and its
    reasons are not split. Limits are log-log.

    ``intensity``: moves per 100 person-days in the level, both up to the cut-off less *w*; ``of`` is person-days.
    Limits are Garwood's exact Poisson ones, at the effective number of moves when persons are clustered.

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
    """
    rate_method = METHODS[method]
    counts, strata = counts_for(moves, rate_method.clocks, by, windows=within, calendar=calendar)
    windows = windows_for(counts, within)
    to, to_direction = rate_method.arrays(counts, strata, windows, cluster, confidence)
    frame, contributors = to.frames(strata)
    directions, direction_contributors = to_direction.frames(strata)
    about = Provenance(
        measure=rate_method.measure,
        definition=rate_method.definition.format(within=_words(windows)),
        n=int(to.by_window[-1].of[:, :, 0].sum()),
        unit=rate_method.unit,
        persons=counts.persons,
        cutoff=counts.definition.cutoff,
        start=counts.definition.start,
        dated_by="discharge",
        interval=interval_name(rate_method.interval, confidence, cluster),
        within=windows,
        by=strata,
        confidence=confidence,
        missing=immature(frame, strata, counts.definition),
        source=counts.source,
        last=counts.last,
    )
    return Rates(
        frame,
        about,
        counts.definition.continuum,
        directions=directions,
        contributors=contributors,
        direction_contributors=direction_contributors,
        inputs=RateInputs(counts, strata, windows, method, cluster, confidence),
    )


def _words(windows: tuple[int, ...]) -> str:
    return ", ".join(map(str, windows[:-1])) + (" and " if len(windows) > 1 else "") + str(windows[-1])
