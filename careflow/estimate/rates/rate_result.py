"""Transition rates, their differences, and the rates of levels put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from careflow.arguments import checked, labels, one_of, period, whole
from careflow.estimate.rates.comparison import Contrast, comparison, labels_of
from careflow.estimate.rates.comparison_result import Comparison
from careflow.estimate.rates.methods import METHODS
from careflow.estimate.rates.rate_answers import RateAnswers
from careflow.estimate.rates.rate_rows import rows_behind
from careflow.estimate.rates.unions import Asked, asked, is_union
from careflow.estimate.stats.multiple_testing import Correction


@dataclass(frozen=True, repr=False, eq=False)
class Rates(RateAnswers):
    """Transition rates by level left and level or outcome reached; made by :func:`careflow.transition_rates`.

    ``frame`` has one row for each stratum, window, level left and level or outcome reached. Its columns are the strata,
    ``within`` (days, if there are several windows), then:

    ===================  ==============================================================================================
    column               meaning
    ===================  ==============================================================================================
    from, to             level left; level reached or outcome
    direction            step-down, step-up or lateral; missing for outcomes
    n                    moves (or outcomes) within the window
    of                   discharges, or person-days for intensities
    rate, se, low, high  the estimate, its standard error and confidence limits
    followed             share of the level's discharges that were followed for the window
    mature               whether the period is whole and its last day + window is not after the cut-off
    passed               number of levels passed over between the two; missing for outcomes
    edge                 ``named`` or ``added`` edge of the continuum, or ``off the continuum``; missing for outcomes,
                         moves within a level, and where a row puts several kinds together
    thin                 whether ``of`` is under 5
    ===================  ==============================================================================================

    Methods: :meth:`at`, :meth:`matrix`, :meth:`graph`, :meth:`triangle`, :meth:`compare`, :meth:`union`,
    :meth:`rows`, :meth:`decompose`, :meth:`standardize`, :meth:`bounds`, :meth:`indirect`,
    :meth:`save`, :meth:`to_excel`.

    Attributes
    ----------
    directions : pandas.DataFrame
        Moves by direction: strata, ``from, direction, n, of, rate, se, low, high, followed, mature, thin``.
    contributors : pandas.DataFrame or None
        For each row of ``frame``, lower bounds of the number of distinct persons in ``n`` and ``of`` (columns
        ``persons`` and ``persons_of``): the number of jackknife groups that hold any of them. Used by
        :func:`careflow.protect`; not for publication.
    direction_contributors : pandas.DataFrame or None
        The same for the rows of ``directions``.
    moves : object or None
        What ``frm`` and ``to`` put together in each row; None where every level has its rows.
    """

    @checked(first=period, second=period, frm=asked, to=asked, correction=one_of("holm", "bh", None))
    def compare(
        self,
        first: str | None = None,
        second: str | None = None,
        *,
        frm: Asked | None = None,
        to: Asked | None = None,
        correction: Correction = "holm",
        **strata: Sequence[str],
    ) -> Comparison:
        r"""Return the differences of rates between two periods, or between two labels of one stratum.

        Parameters
        ----------
        first, second : str, optional
            Two periods, as in ``compare("2024Q2", "2025Q2")``.
        frm, to : str, list of str or mapping, optional
            Only this level left, and only this level or outcome reached. Several are put together, as by :meth:`union`;
            ``to`` may be a direction.
        correction : {"holm", "bh"} or None
            Correction of ``p_adjusted`` for the number of differences in the frame.
        **strata : pair of str
            Two labels of one stratum instead, as in ``compare(payer=("medicaid", "commercial"))``.

        Returns
        -------
        Comparison
            ``frame``: the other strata, then ``from, to, direction, n_1, of_1, rate_1, n_2, of_2, rate_2, difference,
            se, low, high, p, p_adjusted, mature``. ``difference`` is the second rate minus the first; ``mature`` is
            whether both are mature. The difference is missing if either rate is.

        Raises
        ------
        ArgumentError
            If not exactly one pair of labels of one stratum is given, or the rates are not those that
            :func:`careflow.transition_rates` returned.
        DisclosureError
            If the rates are protected.

        Notes
        -----
        The limits of :math:`d = r_2 - r_1` are recovered from those of both rates (MOVER; with Wilson limits,
        Newcombe's hybrid score interval):

        .. math::
            d - \sqrt{(r_2-l_2)^2 + (u_1-r_1)^2 - 2\rho(r_2-l_2)(u_1-r_1)} \quad\text{to}\quad
            d + \sqrt{(u_2-r_2)^2 + (r_1-l_1)^2 - 2\rho(u_2-r_2)(r_1-l_1)}

        With ``cluster="person"``, :math:`\rho` is the jackknife correlation of both rates, since a person can be in
        both; otherwise it is 0. The test is the score test at the effective sample sizes and with that correlation,
        against Student's *t* with :math:`G - 1` degrees of freedom for *G* jackknife groups. For
        ``method="incidence"`` it is the Wald test.

        References
        ----------
        Newcombe RG (1998), Statistics in Medicine 17:873-890; Zou GY, Donner A (2008), Statistics in Medicine
        27:1693-1702.

        Examples
        --------
        >>> import pandas as pd, careflow as cf
        >>> stays = pd.DataFrame({"person_id": ["a", "a", "b", "c"], "level": ["php", "iop", "php", "php"],
        ...     "admit_date": ["2024-01-01", "2024-02-01", "2024-04-01", "2024-04-01"],
        ...     "discharge_date": ["2024-01-11", "2024-03-01", "2024-05-01", "2024-05-01"]})
        >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
        >>> change = cf.transition_rates(moves, by="quarter", cluster=None).compare("2024Q1", "2024Q2").frame
        >>> change.loc[(change["from"] == "php") & (change["to"] == "iop"), ["rate_1", "rate_2", "low"]].round(4)
        ...     # doctest: +ELLIPSIS
           rate_1  rate_2     low
        ...   1.0     0.0 -1.0...
        """
        inputs = self.counted("compare")
        rates = self._of(frm, to)
        if rates is not self:
            return rates.compare(first, second, correction=correction, **strata)
        stratum, pair = labels_of(self, first, second, strata)
        contrast = Contrast(
            stratum,
            pair,
            inputs.cluster,
            METHODS[inputs.method].variance,
            correction,
            self._move("from", frm),
            self._move("to", to),
        )
        people = None
        if self.contributors is not None and self.direction_contributors is not None:
            windows = [whole[["within"] if "within" in whole else []] for whole in (self.frame, self.directions)]
            people = (self.contributors.assign(**windows[0]), self.direction_contributors.assign(**windows[1]))
        return comparison(inputs.rate_arrays(), contrast, self.about, self.continuum, people)

    @checked(quarter=period, frm=asked, to=asked, within=whole(0, None, "days"), strata=labels)
    def rows(
        self,
        quarter: str | None = None,
        *,
        frm: Asked | None = None,
        to: Asked | None = None,
        within: int | None = None,
        person_level: bool = False,
        **strata: str,
    ) -> pd.DataFrame:
        """Return the discharges behind a rate, each with the stay after it: **records of people**, not to publish.

        Parameters
        ----------
        quarter : str, optional
            Only discharges of this quarter (month, year).
        frm, to : str, list of str or mapping, optional
            As in :func:`careflow.transition_rates`: levels left, and levels, outcomes or directions after them.
        within : int, optional
            The window in days, if the rates have several; the longest by default.
        person_level : bool
            Must be ``True``, as consent to rows of persons.
        **strata : str
            One label of further strata.

        Returns
        -------
        pandas.DataFrame
            As :meth:`careflow.counts.Transitions.rows`. The rows of one move are as many as its ``n``, those of a
            level as many as its ``of``.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``; if the rates were made from counts, which hold no persons, or are not shares
            of followed discharges; or if there is no such level, outcome or label.
        DisclosureError
            If the rates are protected.
        """
        inputs = self.counted("rows")
        return rows_behind(self, inputs, (frm, to), quarter, within, strata, person_level=person_level)

    def _of(self, frm: Asked | None, to: Asked | None) -> Self:
        """Return rates that have a row for what is asked: these, or those of a union."""
        there = [
            (isinstance(value, str) and is_union(value), self._has(name, value))
            for name, value in (("from", frm), ("to", to))
            if value is None or isinstance(value, str)
        ]
        if self.moves is not None or (all(has for _, has in there) and len(there) == 2):
            return self
        return self.union(to, frm=frm) if all(union or has for union, has in there) else self
