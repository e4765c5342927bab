"""Rates as an absorbing Markov chain: expected stays, levels reached and days until an outcome."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.arguments import checked, instance, labels, one_of, period
from careflow.continuum.outcomes import CONCURRENT, LEFT_CARE, OUTCOMES
from careflow.errors import ArgumentError
from careflow.estimate.arguments import interval_name
from careflow.estimate.arrays.followup import THIN_OF
from careflow.estimate.rates.rate_arrays import Array, RateArrays
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.result import Provenance, Result
from careflow.estimate.select import select
from careflow.estimate.stats.absorbing_chain import absorbing_chain
from careflow.estimate.stats.intervals import log_log, quantile_of
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.estimate.survival.stay_result import LengthOfStay

Bools = npt.NDArray[np.bool_]
Concurrent = Literal["outcome", "leave out"]
MEASURES: Final = ("stays", "reached", "days")
"""Expected stays, probability of ever reaching, expected days."""

_NUMBERS: Final = ("estimate", "se", "low", "high")


@dataclass(frozen=True, repr=False, eq=False)
class Chain(Result):
    """Rates as an absorbing Markov chain; made by :func:`careflow.chain`.

    ``frame`` has one row for each stratum, starting level, state and measure. Its columns are the strata, ``start``
    (level), ``state`` (level or outcome), ``measure`` (``stays``, ``reached`` or ``days``), ``estimate`` (number of
    stays, probability or days), ``se, low, high`` (its standard error and limits), ``mature`` and ``thin`` (days from a
    mean stay that rests on fewer than 5 at risk, see :class:`LengthOfStay`).

    Attributes
    ----------
    rates, stays : Rates, LengthOfStay or None
        The results that it was made from. Used by :func:`careflow.protect`; a protected chain has none.
    """

    rates: Rates | None = field(default=None, repr=False)
    stays: LengthOfStay | None = field(default=None, repr=False)

    @checked(measure=one_of(*MEASURES), quarter=period, strata=labels)
    def matrix(self, measure: str = "stays", quarter: str | None = None, **strata: str) -> pd.DataFrame:
        """Return one measure of one stratum as a matrix.

        Parameters
        ----------
        measure : {"stays", "reached", "days"}
            The measure to show.
        quarter : str, optional
            The quarter (month, year) to show, if the rates are split by one.
        **strata : str
            One label of each other stratum.

        Returns
        -------
        pandas.DataFrame
            Rows are starting levels; columns are levels, then outcomes.

        Raises
        ------
        ArgumentError
            If there is no such measure, a stratum has several labels and none is chosen, or a label does not exist.
        """
        if measure not in (there := list(self.frame["measure"].unique())):
            raise ArgumentError(f"measure is one of {', '.join(there)}; it was {measure!r}")
        rows = select(self.frame[self.frame["measure"] == measure], self.about, quarter, strata)
        rows = rows.assign(state=rows["state"].cat.remove_unused_categories())
        return rows.pivot_table(index="start", columns="state", values="estimate", observed=False, dropna=False)


@checked(rates=instance(Rates), stays=instance(LengthOfStay), concurrent=one_of("outcome", "leave out"))
def chain(rates: Rates, stays: LengthOfStay | None = None, *, concurrent: Concurrent = "outcome") -> Chain:
    r"""Compute expected stays, levels reached and days from rates, as an absorbing Markov chain.

    Parameters
    ----------
    rates : Rates
        Shares of discharges (``method="followed"`` or ``"incidence"``) of one window, as :func:`transition_rates`
        returned them.
    stays : LengthOfStay, optional
        Lengths of stay by the same strata or by none; needed for expected days.
    concurrent : {"outcome", "leave out"}
        Discharges while another stay of the person goes on: an outcome that ends the chain, or left out of the
        denominators (the other rates are then shares of the rest).

    Returns
    -------
    Chain
        ``frame``: the strata, then ``start, state, measure, estimate, se, low, high, mature, thin``. ``measure`` is
        ``stays`` (expected number of stays at the level ``state`` from a stay at ``start``, that stay included),
        ``reached`` (probability of ever reaching ``state`` after it; of returning, if ``state`` is ``start``) or, if
        ``stays`` is given, ``days`` (expected days at the level, each stay counted up to the horizon of its mean).
        Missing if a level without discharges, or a cycle of levels without exit, can be reached. ``thin``: days of
        a level whose mean stay is thin.

    Raises
    ------
    ArgumentError
        If the rates are intensities, have several windows or were changed, or if the stays are of other strata or
        records.
    DisclosureError
        If the rates are protected.

    Notes
    -----
    .. math:: N = (I - Q)^{-1}, \quad f_{ij} = (N_{ij} - \delta_{ij})/N_{jj}, \quad B = N R, \quad D_{ij} = N_{ij} m_j

    with *Q* the rates between levels, *R* the rates of outcomes and *m* the restricted mean stay in days. The chain
    assumes that what follows a discharge depends on its level alone (see :func:`markov_test`) and that rates stay
    constant. Standard errors are by the delete-a-group jackknife over persons, of rates and means together, also for
    rates with ``cluster=None``. Limits are log-log for probabilities and from *t* otherwise.

    References
    ----------
    Kemeny JG, Snell JL (1960), Finite Markov Chains, chapter 3.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b", "c"], "level": ["php", "iop", "php", "iop"],
    ...     "admit_date": ["2024-01-01", "2024-01-15", "2024-01-01", "2024-01-01"],
    ...     "discharge_date": ["2024-01-11", "2024-03-01", "2024-01-21", "2024-01-31"]})
    >>> care = cf.Continuum.of(["php", "iop"])
    >>> moves = cf.link(cf.read_episodes(stays, care, cutoff="2024-12-31"))
    >>> view = cf.chain(cf.transition_rates(moves), cf.length_of_stay(moves))
    >>> view.matrix("stays").values.tolist(), view.matrix("days").values.tolist()
    ([[1.0, 0.5], [0.0, 1.0]], [[15.0, 19.0], [0.0, 38.0]])
    """
    inputs = rates.counted("chain")
    if inputs.moves is not None:
        raise ArgumentError("chain takes rates from and to every level: estimate them without frm=, to=")
    if inputs.method == "intensity" or len(inputs.windows) > 1:
        raise ArgumentError("chain takes shares of discharges within one window: method='followed' and one within=")
    arrays, _ = inputs.rate_arrays()
    means, thin = (None, None) if stays is None else _means(rates, stays, arrays.strata.frame)
    names, numbers = _numbers(arrays, means, concurrent == "leave out", inputs.confidence)
    about = _about(rates, stays, concurrent, inputs.confidence)
    return Chain(_frame(arrays, names, numbers, thin), about, rates.continuum, rates=rates, stays=stays)


def _means(rates: Rates, stays: LengthOfStay, strata: pd.DataFrame) -> tuple[tuple[Array, Array], Bools]:
    """Return the means of the stays, those without each group and which are thin, for each stratum of the rates."""
    if stays._inputs is None:
        raise ArgumentError("chain needs the counts of which the stays were made; give it the result of length_of_stay")
    if set(stays.about.by) not in (set(), set(rates.about.by)):
        raise ArgumentError(
            f"the rates are by {', '.join(rates.about.by) or 'nothing'} and the stays by {', '.join(stays.about.by)}; "
            "estimate both by the same strata"
        )
    if (stays.about.cutoff, stays.continuum) != (rates.about.cutoff, rates.continuum):
        raise ArgumentError("the rates and the stays are of different records: cut-offs or continua differ")
    means, without = stays._inputs.means()
    thin = stays.frame[THIN_OF["rmean"]].to_numpy(dtype=bool).reshape(means.shape)
    if not stays.about.by:
        return (np.repeat(means, len(strata), axis=0), np.repeat(without, len(strata), axis=0)), np.repeat(
            thin, len(strata), axis=0
        )
    keys = list(stays.about.by)
    stay_strata = stays._inputs.strata[keys].astype(str).assign(_row=np.arange(len(means)))
    row = strata[keys].astype(str).merge(stay_strata, on=keys, how="left")["_row"].fillna(-1).to_numpy(dtype=np.int64)
    out = means[row], without[row]
    for array in out:
        array[row < 0] = np.nan
    return out, thin[row] & (row >= 0)[:, None]


def _numbers(
    arrays: RateArrays, means: tuple[Array, Array] | None, leave_out: bool, confidence: float
) -> tuple[list[list[str]], list[Array]]:
    """Return the states of each measure, and its numbers, shape (strata, start, states, 4)."""
    block, levels = arrays.by_window[0], len(arrays.continuum)
    assert block.replicates is not None
    names = list(arrays.targets.astype(str))
    kept = [i for i, name in enumerate(names) if not (leave_out and name == CONCURRENT)]
    summed = LEFT_CARE in names and names.index(LEFT_CARE) > levels
    # Rates, then (as one more axis in front of the strata) the rates without each group.
    every = np.concatenate([block.rate[None], np.moveaxis(block.replicates.without, -1, 0)])
    if leave_out:
        with np.errstate(invalid="ignore", divide="ignore"):
            every = every / (1 - every[..., [names.index(CONCURRENT)]])
    shown = [names[i] for i in kept]
    exits = [i for i in kept if not (summed and names[i] == LEFT_CARE)]
    solved = absorbing_chain(every[..., exits])
    outcome = solved.outcome
    if summed:
        position = shown.index(LEFT_CARE) - levels
        left_care = outcome[..., :position].sum(axis=-1, keepdims=True)
        outcome = np.concatenate([outcome[..., :position], left_care, outcome[..., position:]], axis=-1)
    values_of = [solved.stays, np.concatenate([solved.reached, outcome], axis=-1)]
    if means is not None:
        mean = np.concatenate([means[0][None], np.moveaxis(means[1], -1, 0)])[..., None, :]
        values_of.append(np.where(solved.stays == 0, 0.0, solved.stays * mean))
    present = np.asarray(block.replicates.present[:, :, 0].any(axis=1))
    limits = [_limits(values, present, confidence, bounded=i == 1) for i, values in enumerate(values_of)]
    return [shown[:levels], shown, shown[:levels]][: len(values_of)], limits


def _limits(values: Array, present: Bools, confidence: float, *, bounded: bool) -> Array:
    """Return estimate, se, low and high from the estimate and those without each group (axis 0)."""
    estimate, without = values[0], np.moveaxis(values[1:], 0, -1)
    groups_present = np.broadcast_to(present[:, None, None], without.shape)
    se, groups = jackknife_se(estimate, without, groups_present)
    t = quantile_of(confidence, groups)
    if bounded:
        low, high = log_log(estimate, se, t)
    else:
        low, high = np.maximum(estimate - t * se, 0), estimate + t * se
    return np.stack([estimate, se, low, high], axis=-1)


def _frame(arrays: RateArrays, names: list[list[str]], numbers: list[Array], thin: Bools | None) -> pd.DataFrame:
    levels = list(arrays.continuum.names)
    start = pd.Series(pd.Categorical(levels, levels, ordered=True), name="start")
    parts = []
    for measure, states, values in zip(MEASURES, names, numbers, strict=False):
        state = pd.Series(pd.Categorical(states, [*levels, *OUTCOMES], ordered=True), name="state")
        frame = arrays.strata.repeat(start, state)
        frame["measure"] = pd.Categorical([measure] * len(frame), list(MEASURES), ordered=True)
        frame[list(_NUMBERS)] = values.reshape(-1, len(_NUMBERS))
        frame["mature"] = np.repeat(arrays.by_window[0].mature, len(start) * len(state))
        frame["thin"] = False
        if measure == "days" and thin is not None:
            frame["thin"] = np.repeat(thin, len(start), axis=0).ravel() & (values[..., 0] != 0).ravel()
        parts.append(frame)
    keys = [*arrays.strata.frame.columns, "start", "measure", "state"]
    frame = pd.concat(parts, ignore_index=True).sort_values(keys, kind="stable", ignore_index=True)
    return frame[[*arrays.strata.frame.columns, "start", "state", "measure", *_NUMBERS, "mature", "thin"]]


def _about(rates: Rates, stays: LengthOfStay | None, concurrent: Concurrent, confidence: float) -> Provenance:
    about = rates.about
    days = "" if stays is None else f"; days are stays times their mean, each counted up to day {stays.horizon}"
    concurrent_as = "an outcome" if concurrent == "outcome" else "left out"
    return replace(
        about,
        measure="chain of levels",
        definition=(
            "Stays and levels to come from each level, supposing that what follows a discharge depends on its level "
            "alone (Markov) and that rates stay as they are; a discharge while another stay goes on is "
            f"{concurrent_as}{days}. Rates: {about.definition}"
        ),
        interval=interval_name("log-log for probabilities, t otherwise,", confidence, "person"),
        convention="" if stays is None else stays.about.convention,
        confidence=confidence,
    )
