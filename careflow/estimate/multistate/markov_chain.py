"""The chain view of rates: how many stays, levels and days are to come, if only the level matters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.arguments import checked, instance, labels, one_of, text
from careflow.continuum.outcomes import CONCURRENT, LEFT_CARE, OUTCOMES
from careflow.errors import ArgumentError
from careflow.estimate.arguments import interval_name
from careflow.estimate.rates.rate_arrays import Array, RateArrays
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.result import Provenance, Result
from careflow.estimate.select import select
from careflow.estimate.stats.absorbing_chain import absorbing_chain
from careflow.estimate.stats.intervals import log_log, quantile_of
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.estimate.survival.length_of_stay import LengthOfStay

Concurrent = Literal["outcome", "leave out"]
MEASURES: Final = ("stays", "reached", "days")
"""Expected stays, probability of ever reaching, expected days."""

_NUMBERS: Final = ("estimate", "se", "low", "high")


@dataclass(frozen=True, repr=False, eq=False)
class Chain(Result):
    """The chain view of rates; see :func:`chain` for the columns of ``frame``.

    Attributes
    ----------
    rates, stays : Rates, LengthOfStay or None
        What it was made of: what protection needs, never for show; a protected chain has none.
    """

    rates: Rates | None = field(default=None, repr=False)
    stays: LengthOfStay | None = field(default=None, repr=False)

    @checked(measure=one_of(*MEASURES), quarter=text, strata=labels)
    def matrix(self, measure: str = "stays", quarter: str | None = None, **strata: str) -> pd.DataFrame:
        """Return one measure of one stratum: the level started at (rows) by level or outcome (columns).

        Raises
        ------
        ArgumentError
            If there is no such measure, a stratum is not settled, or there is no such label.
        """
        if measure not in (there := list(self.frame["measure"].unique())):
            raise ArgumentError(f"measure is one of {', '.join(there)}; it was {measure!r}")
        rows = select(self.frame[self.frame["measure"] == measure], self.about.by, quarter, strata)
        rows = rows.assign(state=rows["state"].cat.remove_unused_categories())
        return rows.pivot_table(index="start", columns="state", values="estimate", observed=False, dropna=False)


@checked(rates=instance(Rates), stays=instance(LengthOfStay), concurrent=one_of("outcome", "leave out"))
def chain(rates: Rates, stays: LengthOfStay | None = None, *, concurrent: Concurrent = "outcome") -> Chain:
    r"""Follow rates from level to level until an outcome, as a Markov chain.

    Parameters
    ----------
    rates : Rates
        Shares of discharges (``method="followed"`` or ``"incidence"``) of one window, as they were estimated.
    stays : LengthOfStay, optional
        Lengths of stay by the same strata, or by none, for expected days.
    concurrent : {"outcome", "leave out"}
        What to make of discharges while another stay of the person goes on: an outcome that ends the chain of that
        stay, or no discharge at all (the other rates are then shares of the rest).

    Returns
    -------
    Chain
        ``frame``: the strata, then ``start, state, measure, estimate, se, low, high, mature``. ``measure`` is
        ``stays`` (expected number of stays at the level ``state`` of somebody who is at ``start``, that stay
        included), ``reached`` (probability of ever reaching the level or outcome ``state`` after it; of coming back,
        where ``state`` is ``start``) and, with ``stays``, ``days`` (expected days at the level, each stay counted up to
        the horizon of its mean). Missing where a level without discharges, or a round that nobody left, can be
        reached.

    Raises
    ------
    ArgumentError
        If the rates are intensities, of several windows or not as they were estimated, or the stays do not match.
    DisclosureError
        If the rates are protected.

    Notes
    -----
    .. math:: N = (I - Q)^{-1}, \quad f_{ij} = (N_{ij} - \delta_{ij})/N_{jj}, \quad B = N R, \quad D_{ij} = N_{ij} m_j

    with *Q* the rates between levels, *R* those of outcomes, *m* the restricted mean stay (Kemeny and Snell 1960,
    chapter 3). It supposes that what follows a discharge depends on its level alone (see :func:`markov_test`) and that
    rates stay as they are. Standard errors are the delete-a-group jackknife over persons, of rates and means together,
    whatever the interval of the rates; limits are log-log for probabilities, from *t* otherwise.

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
    made = rates._as_estimated("chain")
    if made.method == "intensity" or len(made.windows) > 1:
        raise ArgumentError("chain takes shares of discharges within one window: method='followed' and one within=")
    arrays, _ = made.rate_arrays()
    means = None if stays is None else _means(rates, stays, arrays.strata.frame)
    names, numbers = _numbers(arrays, means, concurrent == "leave out", made.confidence)
    about = _about(rates, stays, concurrent, made.confidence)
    return Chain(_frame(arrays, names, numbers), about, rates.continuum, rates=rates, stays=stays)


def _means(rates: Rates, stays: LengthOfStay, strata: pd.DataFrame) -> tuple[Array, Array]:
    """Return the means of the stays and those without each group, for each stratum of the rates."""
    if stays._inputs is None:
        raise ArgumentError("chain needs the counts behind the stays; give it what length_of_stay returned")
    if set(stays.about.by) not in (set(), set(rates.about.by)):
        raise ArgumentError(
            f"the rates are by {', '.join(rates.about.by) or 'nothing'} and the stays by {', '.join(stays.about.by)}; "
            "estimate both by the same strata"
        )
    if (stays.about.cutoff, stays.continuum) != (rates.about.cutoff, rates.continuum):
        raise ArgumentError("the rates and the stays are of different records: cut-offs or continua differ")
    means, without = stays._inputs.means()
    if not stays.about.by:
        return np.repeat(means, len(strata), axis=0), np.repeat(without, len(strata), axis=0)
    keys = list(stays.about.by)
    theirs = stays._inputs.strata[keys].astype(str).assign(_place=np.arange(len(means)))
    place = strata[keys].astype(str).merge(theirs, on=keys, how="left")["_place"].fillna(-1).to_numpy(dtype=np.int64)
    out = means[place], without[place]
    for array in out:
        array[place < 0] = np.nan
    return out


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
        place = shown.index(LEFT_CARE) - levels
        left = outcome[..., :place].sum(axis=-1, keepdims=True)
        outcome = np.concatenate([outcome[..., :place], left, outcome[..., place:]], axis=-1)
    found = [solved.stays, np.concatenate([solved.reached, outcome], axis=-1)]
    if means is not None:
        mean = np.concatenate([means[0][None], np.moveaxis(means[1], -1, 0)])[..., None, :]
        found.append(np.where(solved.stays == 0, 0.0, solved.stays * mean))
    present = np.asarray(block.replicates.present[:, :, 0].any(axis=1))
    limits = [_limits(values, present, confidence, bounded=i == 1) for i, values in enumerate(found)]
    return [shown[:levels], shown, shown[:levels]][: len(found)], limits


def _limits(values: Array, present: npt.NDArray[np.bool_], confidence: float, *, bounded: bool) -> Array:
    """Return estimate, se, low and high from the estimate and those without each group (axis 0)."""
    estimate, without = values[0], np.moveaxis(values[1:], 0, -1)
    there = np.broadcast_to(present[:, None, None], without.shape)
    se, groups = jackknife_se(estimate, without, there)
    t = quantile_of(confidence, groups)
    if bounded:
        low, high = log_log(estimate, se, t)
    else:
        low, high = np.maximum(estimate - t * se, 0), estimate + t * se
    return np.stack([estimate, se, low, high], axis=-1)


def _frame(arrays: RateArrays, names: list[list[str]], numbers: list[Array]) -> pd.DataFrame:
    levels = list(arrays.continuum.names)
    start = pd.Series(pd.Categorical(levels, levels, ordered=True), name="start")
    parts = []
    for measure, states, values in zip(MEASURES, names, numbers, strict=False):
        state = pd.Series(pd.Categorical(states, [*levels, *OUTCOMES], ordered=True), name="state")
        frame = arrays.strata.repeat(start, state)
        frame["measure"] = pd.Categorical([measure] * len(frame), list(MEASURES), ordered=True)
        frame[list(_NUMBERS)] = values.reshape(-1, len(_NUMBERS))
        frame["mature"] = np.repeat(arrays.by_window[0].mature, len(start) * len(state))
        parts.append(frame)
    keys = [*arrays.strata.frame.columns, "start", "measure", "state"]
    frame = pd.concat(parts, ignore_index=True).sort_values(keys, kind="stable", ignore_index=True)
    return frame[[*arrays.strata.frame.columns, "start", "state", "measure", *_NUMBERS, "mature"]]


def _about(rates: Rates, stays: LengthOfStay | None, concurrent: Concurrent, confidence: float) -> Provenance:
    about = rates.about
    days = "" if stays is None else f"; days are stays times their mean, each counted up to day {stays.horizon}"
    aside = "an outcome" if concurrent == "outcome" else "left out"
    return Provenance(
        measure="chain of levels",
        definition=(
            "Stays and levels to come from each level, supposing that what follows a discharge depends on its level "
            "alone (Markov) and that rates stay as they are; a discharge while another stay goes on is "
            f"{aside}{days}. Rates: {about.definition}"
        ),
        n=about.n,
        unit=about.unit,
        persons=about.persons,
        cutoff=about.cutoff,
        start=about.start,
        dated_by=about.dated_by,
        interval=interval_name("log-log for probabilities, t otherwise,", confidence, "person"),
        within=about.within,
        by=about.by,
        convention="" if stays is None else stays.about.convention,
        confidence=confidence,
        missing=about.missing,
        source=about.source,
        last=about.last,
    )
