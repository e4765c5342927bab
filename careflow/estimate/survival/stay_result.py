"""Lengths of stay, and their differences between two periods or groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field

import pandas as pd

from careflow.arguments import checked, one_of, period, whole
from careflow.errors import ArgumentError
from careflow.estimate.rates.comparison import Contrast, labels_of
from careflow.estimate.result import Result
from careflow.estimate.stats.multiple_testing import Correction
from careflow.estimate.survival.stay_comparison import MEASURES, Measure, StayComparison, StayInputs, stay_differences


@dataclass(frozen=True, repr=False, eq=False)
class LengthOfStay(Result):
    """Lengths of stay by level; made by :func:`careflow.length_of_stay`.

    ``frame`` has one row for each stratum and level. Its columns are the strata, ``level``, then (in days where not
    stated otherwise):

    =====================================  ==========================================================================
    column                                 meaning
    =====================================  ==========================================================================
    n, open                                stays; of them, those censored (number)
    median, median_low, median_high        Kaplan-Meier median and its confidence limits; missing if not reached
    q25, q75                               quartiles; missing if not reached
    rmean, rmean_se                        mean restricted to the horizon and its standard error
    discharged_mean, discharged_median     of closed stays only; too short while stays are open
    known_to                               last day with follow-up, without a gap from day 0
    least_at_risk                          smallest number at risk up to the median, before the last late entry
    thin                                   whether ``least_at_risk`` is under 5
    mature                                 whether everybody of the stratum was followed long enough
    q25_least_at_risk, q25_thin            the same for the first quartile
    q75_least_at_risk, q75_thin            the same for the third quartile
    rmean_least_at_risk, rmean_thin        the same for the mean, up to the horizon
    =====================================  ==========================================================================

    Attributes
    ----------
    curve : pandas.DataFrame
        The Kaplan-Meier curves, a row a day: strata, ``level, day, at_risk, events, survival, se, low, high``.
    horizon : int
        The days to which the mean is restricted.
    contributors : pandas.DataFrame or None
        For each row of ``frame``, lower bounds of the number of distinct persons in ``n``, ``open`` and the ``closed``
        stays: the number of jackknife groups that hold any of them. Used by :func:`careflow.protect`; not for
        publication.
    """

    curve: pd.DataFrame
    horizon: int
    contributors: pd.DataFrame | None = field(default=None, repr=False)
    inputs: InitVar[StayInputs | None] = None
    # ``dataclasses.replace`` passes no ``inputs``: a result made from this one, such as a protected one, has none.
    _inputs: StayInputs | None = field(default=None, init=False, repr=False)

    # mypy forgets an InitVar when it analyses a class of an import cycle a second time.
    def __post_init__(self, inputs: StayInputs | None) -> None:  # type: ignore[override]
        object.__setattr__(self, "_inputs", inputs)

    @checked(
        first=period,
        second=period,
        measure=one_of(*MEASURES),
        day=whole(0, None, "days"),
        correction=one_of("holm", "bh", None),
    )
    def compare(
        self,
        first: str | None = None,
        second: str | None = None,
        *,
        measure: Measure = "rmean",
        day: int | None = None,
        correction: Correction = "holm",
        **strata: Sequence[str],
    ) -> StayComparison:
        r"""Return the differences of lengths of stay between two periods, or between two labels of one stratum.

        Parameters
        ----------
        first, second : str, optional
            Two periods, as in ``compare("2024Q2", "2025Q2")``.
        measure : {"rmean", "median", "survival"}
            Mean days restricted to the horizon, median days, or the share still in care on a ``day``.
        day : int, optional
            The day for ``measure="survival"``.
        correction : {"holm", "bh"} or None
            Correction of ``p_adjusted`` for the number of levels.
        **strata : pair of str
            Two labels of one stratum instead, as in ``compare(payer=("medicaid", "commercial"))``.

        Returns
        -------
        StayComparison
            ``frame``: the other strata, then ``level, n_1, estimate_1, n_2, estimate_2, difference, se, low, high, p,
            p_adjusted, known_to, thin, mature``, in days or shares; the second less the first. ``thin`` is of the mean,
            the median or the share compared, on either side; such a row has no ``p_adjusted`` and is not counted as a
            test. A level without stays on one side has no row, and ``about.missing`` says so. Medians have no ``se``
            and no ``p``.

        Raises
        ------
        ArgumentError
            If not exactly one pair of labels of one stratum is given, if ``day`` is missing or superfluous, or if the
            lengths are not those that :func:`careflow.length_of_stay` returned.

        Notes
        -----
        Limits of a difference of means are :math:`d \pm t_{G-1}\sqrt{v_1 + v_2 - 2c}`, with the jackknife covariance
        *c* over persons, who can have stays on both sides. Those of medians and shares are recovered from the limits of
        both (MOVER), with the correlation of the two curves on the days that they are read at; see
        :meth:`careflow.estimate.Rates.compare`.

        References
        ----------
        Zou GY, Donner A (2008), Statistics in Medicine 27:1693-1702; Royston P, Parmar MKB (2013), BMC Medical Research
        Methodology 13:152 (difference of restricted means).

        Examples
        --------
        Closed stays of 10 and 20 days beside one of 30: the means are 15 and 30 days.

        >>> import pandas as pd, careflow as cf
        >>> stays = pd.DataFrame({"person_id": list("abc"), "level": ["iop"] * 3, "payer": ["x", "x", "y"],
        ...     "admit_date": ["2024-01-01"] * 3, "discharge_date": ["2024-01-11", "2024-01-21", "2024-01-31"]})
        >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
        >>> lengths = cf.length_of_stay(moves, by="payer", cluster=None)
        >>> lengths.compare(payer=("x", "y")).frame[["level", "estimate_1", "estimate_2", "difference"]].values.tolist()
        [['iop', 15.0, 30.0, 15.0]]
        >>> lengths.compare(payer=("x", "y"), measure="survival", day=10).frame["difference"].tolist()
        [0.5]
        """
        if self._inputs is None:
            raise ArgumentError(
                "compare needs the counts behind the lengths, and these were changed or protected; compare what "
                "length_of_stay returned"
            )
        if (measure == "survival") != (day is not None):
            raise ArgumentError(
                "day= goes with measure='survival', and is needed for it: the share in care on that day"
            )
        stratum, pair = labels_of(self, first, second, strata)
        contrast = Contrast(stratum, pair, self._inputs.cluster, None, correction)
        return stay_differences(self, self._inputs, contrast, measure, self.horizon if day is None else day)
