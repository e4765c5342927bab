"""What follows from the counts behind rates: decompositions, standardized rates, bounds, expected numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from careflow.arguments import checked, labels, names, one_of, text
from careflow.estimate.rates.bounds import UNSEEN, Bounds, Pending, bounds, deltas_given, reasons_given
from careflow.estimate.rates.counted_rates import CountedRates
from careflow.estimate.rates.decompose import Decomposition, decomposition
from careflow.estimate.rates.indirect import Limits, ObservedExpected, observed_expected
from careflow.estimate.rates.standardize import Standard, Standardized, standard_given, standardized
from careflow.estimate.rates.unions import Asked, asked


@dataclass(frozen=True, repr=False, eq=False)
class RateAnswers(CountedRates):
    """Rates with what may be asked of their counts; :class:`careflow.estimate.Rates` is the public class."""

    def _part(self, frm: Asked | None, to: Asked | None) -> Self:
        """Return the rates of what is asked for, put together; all of these where nothing is."""
        return self if frm is None and to is None else self.union(to, frm=frm)

    @checked(old=text, new=text, over=names, frm=asked, to=asked, strata=labels)
    def decompose(
        self, old: str, new: str, *, over: str | Sequence[str], frm: Asked | None = None, to: Asked | None = None,
        **strata: str,
    ) -> Decomposition:  # fmt: skip
        r"""Split the change between two periods, or the difference of two groups, into mix and rates.

        Parameters
        ----------
        old, new : str
            Two periods, or two labels of another stratum of the rates.
        over : str or sequence of str
            The factors: strata of the rates whose mix may have changed, such as ``"payer"``. ``"level"`` makes the
            level left a factor; ``from`` is then ``all levels``.
        frm, to : str, list of str or mapping, optional
            Only this level left, and only this level or outcome reached; several are put together, as by
            :meth:`careflow.estimate.Rates.union`.
        **strata : str
            One label of each other stratum to keep to; by default there is a row for each.

        Returns
        -------
        Decomposition
            ``frame``: the other strata, ``from, to, factor`` (each of ``over``, ``rate``, ``total``), ``points``
            (percentage points), ``se, low, high, share, mature``. The factors sum to the total.

        Raises
        ------
        ArgumentError
            If the rates are not by what ``over`` names, not shares of followed discharges, or a side has no discharges.

        Notes
        -----
        With the cells *c* (the combinations of labels of ``over``), their shares *w* of the discharges and their rates
        *r*:

        .. math::
            \text{rate} = \sum_c (r_{2c} - r_{1c}) \frac{w_{1c} + w_{2c}}{2}, \qquad
            \text{mix} = \sum_c (w_{2c} - w_{1c}) \frac{r_{1c} + r_{2c}}{2}

        The mix is split among several factors so that each counts as much in every order
        (:func:`careflow.estimate.decomposition.decomposed`). A cell that is empty on one side takes the rate of the
        other, so that it counts in the mix only; ``rates`` says how many there are. It is arithmetic: what changes
        together with the mix is not told apart from it.

        Limits are by the delete-a-group jackknife: both sides without each group, Student's *t* with
        :math:`G - 1` degrees of freedom; missing if that empties a side. With ``cluster=None`` one discharge is left
        out at a time, and the limits are normal.

        References
        ----------
        Kitagawa EM (1955), JASA 50:1168-1194; Das Gupta P (1993), US Census Bureau P23-186.

        Examples
        --------
        Of 100 discharges by each of two payers 30 and 10 moved on, and in the next quarter 90 of 300 and 10 of 100: the
        rates stand still, and the mix makes 5 points.

        >>> import pandas as pd, careflow as cf
        >>> rows = [(payer, day, i < moved) for payer, day, moved, of in (("a", 10, 30, 100), ("b", 10, 10, 100),
        ...     ("a", 110, 90, 300), ("b", 110, 10, 100)) for i in range(of)]
        >>> origin = pd.Timestamp("2024-01-01")
        >>> stays = [stay for i, (payer, day, moved) in enumerate(rows) for stay in
        ...     [(i, payer, "residential", day, day + 9), (i, payer, "php", day + 12, day + 40)][: 1 + moved]]
        >>> frame = pd.DataFrame(stays, columns=["person_id", "payer", "level", "admit_date", "discharge_date"])
        >>> for name in ("admit_date", "discharge_date"):
        ...     frame[name] = origin + pd.to_timedelta(frame[name], unit="D")
        >>> moves = cf.link(cf.read_episodes(frame, cutoff="2024-12-31"))
        >>> rates = cf.transition_rates(moves, frm="residential", to="php", by=["quarter", "payer"])
        >>> rates.decompose("2024Q1", "2024Q2", over="payer").frame[["factor", "points"]].round(6).values.tolist()
        [['payer', 5.0], ['rate', 0.0], ['total', 5.0]]
        """
        return decomposition(self._part(frm, to), old, new, tuple(over), strata)

    @checked(over=names, standard=standard_given, frm=asked, to=asked)
    def standardize(
        self, *, over: str | Sequence[str], standard: Standard = "all", frm: Asked | None = None,
        to: Asked | None = None,
    ) -> Standardized:  # fmt: skip
        r"""Return what the rates would be if the mix of some strata were the same in every row.

        Parameters
        ----------
        over : str or sequence of str
            Strata of the rates whose mix is held; ``"level"`` is the level left, and ``from`` is then ``all levels``.
        standard : str or mapping
            The mix: ``"all"`` (the discharges of all periods in the row, or of all rows where there are no periods),
            one period, or a weight for each label of ``over`` (a tuple of labels, if it names several strata).
        frm, to : str, list of str or mapping, optional
            Only this level left, and only this level or outcome reached; several are put together, as by
            :meth:`careflow.estimate.Rates.union`.

        Returns
        -------
        Standardized
            ``frame``: the other strata, ``from, to, n, of, rate`` (as observed), ``standardized, se, low, high,
            mature``.

        Raises
        ------
        ArgumentError
            If the rates are not by what ``over`` names, not shares of followed discharges, or the standard has no
            discharges or other labels.

        Notes
        -----
        .. math:: R = \sum_c W_c r_c, \qquad \sum_c W_c = 1

        The weights are a definition, not an estimate. A rate is missing where a cell with a weight has no discharges.
        The variance is that of the delete-a-group jackknife (a cell that a group empties drops out, and the weights are
        scaled again), or :math:`\sum W^2 r(1-r)/N` with ``cluster=None``; limits are Wilson's at
        :math:`R(1-R)/\mathrm{var}`, at most the number of discharges.

        Examples
        --------
        30 of 100 and 10 of 50 at weights 1 to 3:

        >>> import pandas as pd, careflow as cf
        >>> rows = [(payer, i < moved) for payer, moved, of in (("a", 30, 100), ("b", 10, 50)) for i in range(of)]
        >>> stays = [stay for i, (payer, moved) in enumerate(rows) for stay in
        ...     [(i, payer, "residential", "2024-01-01", "2024-01-20"),
        ...      (i, payer, "php", "2024-01-25", None)][: 1 + moved]]
        >>> frame = pd.DataFrame(stays, columns=["person_id", "payer", "level", "admit_date", "discharge_date"])
        >>> moves = cf.link(cf.read_episodes(frame, cutoff="2024-12-31"))
        >>> rates = cf.transition_rates(moves, frm="residential", to="php", by="payer")
        >>> float(rates.standardize(over="payer", standard={"a": 1, "b": 3}).frame["standardized"].iloc[0].round(6))
        0.225
        """
        return standardized(self._part(frm, to), tuple(over), standard)

    @checked(unseen=reasons_given, pending=one_of("left out", "unknown"), delta=deltas_given, frm=asked, to=asked)
    def bounds(
        self,
        *,
        unseen: str | Sequence[str] = UNSEEN,
        pending: Pending = "left out",
        delta: float | Sequence[float] | None = None,
        frm: Asked | None = None,
        to: Asked | None = None,
    ) -> Bounds:
        r"""Return how low and how high each rate can be, whatever became of those who were not seen again.

        Parameters
        ----------
        unseen : str or sequence of str
            Reasons of leaving care after which the destination is unknown; by default all but ``incarcerated``.
        pending : {"left out", "unknown"}
            Discharges not yet followed for the window: left out, as in the rates, or counted with what was seen of them
            so far, those without a next stay as unknown.
        delta : float or sequence of float, optional
            Shares of the unknown, for ``sensitivity``; by default 0, 0.25, 0.5, 0.75 and 1.
        frm, to : str, list of str or mapping, optional
            Only this level left, and only this level or outcome reached; several are put together, as by
            :meth:`careflow.estimate.Rates.union`.

        Returns
        -------
        Bounds
            ``frame``: the strata, ``from, to, direction, n, unknown, of, rate, lower, upper, low, high, followed,
            mature``, for each level, direction and ``left care``. ``sensitivity`` has the rates by share of the unknown
            who went there, ``tipping(target)`` the share that gives a target.

        Raises
        ------
        ArgumentError
            If there is no such reason, or the rates are not shares of followed discharges.

        Notes
        -----
        With *n* seen at the next level and *u* not seen again, of *N*: the rate lies between :math:`n/N` and
        :math:`(n+u)/N`, and that of ``left care`` (*L* of *N*) between :math:`(L-u)/N` and :math:`L/N`. Nothing is
        assumed of the *u*. The limits cover the true rate, wherever it lies between the bounds, as often as asked:
        Wilson's lower limit at the lower bound and upper limit at the upper bound, with the critical value *C* of
        Imbens and Manski (:func:`careflow.estimate.rates.bounds.critical_value`). Without unknown destinations they are
        the limits of the rate.

        References
        ----------
        Manski CF (1989), Journal of Human Resources 24:343-360; Imbens GW, Manski CF (2004), Econometrica 72:1845-1857.

        Examples
        --------
        Of 100 discharges 40 were seen at the next level, and 30 left and were not seen again:

        >>> import pandas as pd, careflow as cf
        >>> reasons = [*["completed"] * 40, *["left early"] * 30, *["incarcerated"] * 30]
        >>> stays = [stay for i, reason in enumerate(reasons) for stay in
        ...     [(i, "residential", "2024-01-01", "2024-01-20", reason),
        ...      (i, "php", "2024-01-25", None, None)][: 1 + (i < 40)]]
        >>> columns = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]
        >>> moves = cf.link(cf.read_episodes(pd.DataFrame(stays, columns=columns), cutoff="2024-12-31"))
        >>> rates = cf.transition_rates(moves, frm="residential", to="php", cluster=None)
        >>> rates.bounds().frame[["n", "unknown", "lower", "upper", "low", "high"]].round(5).values.tolist()
        [[40.0, 30.0, 0.4, 0.7, 0.32308, 0.7693]]
        >>> float(rates.bounds().tipping(0.55)["delta"].round(9).iloc[0])
        0.5
        """
        return bounds(self._part(frm, to), tuple(unseen), pending, delta)  # type: ignore[arg-type]

    @checked(unit=text, over=names, limits=one_of("exact", "byar"), frm=asked, to=asked)
    def indirect(
        self, unit: str, *, over: str | Sequence[str], limits: Limits = "exact", frm: Asked | None = None,
        to: Asked | None = None,
    ) -> ObservedExpected:  # fmt: skip
        r"""Compare each unit with what would be expected of it: observed over expected moves and outcomes.

        Parameters
        ----------
        unit : str
            The stratum whose labels are compared, such as ``"facility"``.
        over : str or sequence of str
            Strata of the rates whose mix is allowed for, such as ``"payer"``; ``"level"`` is the level left.
        limits : {"exact", "byar"}
            Exact Poisson limits of the ratio (Garwood), or Byar's approximation.
        frm, to : str, list of str or mapping, optional
            Only this level left, and only this level or outcome reached; several are put together, as by
            :meth:`careflow.estimate.Rates.union`.

        Returns
        -------
        ObservedExpected
            ``frame``: the other strata, the unit, ``from, to, of, observed, expected, ratio, low, high, z, signal,
            mature``. ``dispersion`` has the over-dispersion of the units and how many signals chance alone makes.

        Raises
        ------
        ArgumentError
            If the rates are not by the unit and what ``over`` names, or not shares of followed discharges.

        Notes
        -----
        With the rate :math:`r_c` of all units together in each cell *c* of ``over`` (in each other stratum):

        .. math::
            E = \sum_c \mathrm{of}_c\, r_c, \qquad z = \frac{O - E}{\sqrt{\sum_c \mathrm{of}_c r_c (1-r_c)}}

        The observed numbers of all units sum to the expected ones. A unit is a signal if *z* is outside the 99.8%
        limits, widened by the square root of the over-dispersion factor where that is above 1. The limits of the ratio
        treat the expected number as known. Ratios of two units are not comparable: each is of its own mix.

        References
        ----------
        Garwood F (1936), Biometrika 28:437-442; Breslow NE, Day NE (1987), Statistical Methods in Cancer Research II;
        Spiegelhalter DJ (2005), Statistics in Medicine 24:1185-1202.

        Examples
        --------
        Both facilities have the rates of their mix, 50% of *a* and 10% of *b*:

        >>> import pandas as pd, careflow as cf
        >>> cells = [("F", "a", 20, 40), ("F", "b", 1, 10), ("G", "a", 5, 10), ("G", "b", 4, 40)]
        >>> stays = [stay for f, p, n, of in cells for i in range(of) for stay in
        ...     [(f"{f}{p}{i}", f, p, "residential", "2024-01-01", "2024-01-20"),
        ...      (f"{f}{p}{i}", f, p, "php", "2024-01-25", None)][: 1 + (i < n)]]
        >>> columns = ["person_id", "facility", "payer", "level", "admit_date", "discharge_date"]
        >>> moves = cf.link(cf.read_episodes(pd.DataFrame(stays, columns=columns), cutoff="2024-12-31"))
        >>> rates = cf.transition_rates(moves, frm="residential", to="php", by=["facility", "payer"])
        >>> frame = rates.indirect("facility", over="payer").frame
        >>> frame[["facility", "observed", "expected", "ratio"]].round(9).values.tolist()
        [['F', 21, 21.0, 1.0], ['G', 9, 9.0, 1.0]]
        """
        return observed_expected(self._part(frm, to), unit, tuple(over), limits)
