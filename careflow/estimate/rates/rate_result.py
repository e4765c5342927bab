"""Transition rates and what can be contrast of them: a matrix, a graph, a triangle, differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from careflow.arguments import checked, labels, one_of, period, text
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.rates.comparison import (
    ENOUGH,
    Comparison,
    Contrast,
    contributors_of_both,
    differences,
    labels_of,
)
from careflow.estimate.rates.methods import METHODS, RateInputs
from careflow.estimate.result import Result
from careflow.estimate.select import move_label, select, stratum_label, triangle
from careflow.estimate.stats.multiple_testing import Correction, correction_name

if TYPE_CHECKING:
    import networkx as nx

HIDDEN: Final = "hidden"
"""The column that protection adds."""
_NUMBERS: Final = ("rate", "n", "of", "se", "low", "high", "followed", "mature")
"""What a matrix or a triangle can show."""
_EDGE: Final = ("direction", "n", "of", "rate", "se", "low", "high")


@dataclass(frozen=True, repr=False, eq=False)
class Rates(Result):
    """Transition rates by level left and level or outcome reached; made by :func:`careflow.transition_rates`.

    ``frame`` has one row for each stratum, window, level left and level or outcome reached. Its columns are the strata,
    ``within`` (days, if several windows were asked for), then:

    ==================  =============================================================================================
    column              meaning
    ==================  =============================================================================================
    from, to            level left; level reached or outcome
    direction           step-down, step-up or lateral; missing for outcomes
    n                   moves (or outcomes) within the window
    of                  discharges, or person-days for intensities
    rate, se, low, high the estimate, its standard error and confidence limits
    followed            share of the level's discharges that were followed for the window
    mature              whether the period is whole and its last day + window is not after the cut-off
    ==================  =============================================================================================

    Methods: :meth:`at`, :meth:`matrix`, :meth:`graph`, :meth:`triangle`, :meth:`compare`.

    Attributes
    ----------
    directions : pandas.DataFrame
        Moves by direction: strata, ``from, direction, n, of, rate, se, low, high, followed, mature``.
    contributors : pandas.DataFrame or None
        For each row of ``frame``, lower bounds of the number of distinct persons in ``n`` and ``of`` (columns
        ``persons`` and ``persons_of``): the number of jackknife groups that hold any of them. Used by
        :func:`careflow.protect`; not for publication.
    direction_contributors : pandas.DataFrame or None
        The same for the rows of ``directions``.
    """

    directions: pd.DataFrame
    contributors: pd.DataFrame | None = field(default=None, repr=False)
    direction_contributors: pd.DataFrame | None = field(default=None, repr=False)
    inputs: InitVar[RateInputs | None] = None
    # ``dataclasses.replace`` passes no ``inputs``: a result made from this one, such as a protected one, has none and
    # cannot be compared.
    _inputs: RateInputs | None = field(default=None, init=False, repr=False)

    def __post_init__(self, inputs: RateInputs | None) -> None:
        object.__setattr__(self, "_inputs", inputs)

    @checked(quarter=period, value=one_of(*_NUMBERS), strata=labels)
    def matrix(self, quarter: str | None = None, *, value: str = "rate", **strata: str) -> pd.DataFrame:
        """Return one stratum as a matrix of levels left by levels and outcomes reached.

        Parameters
        ----------
        quarter : str, optional
            The quarter (month, year) to show, if the rates are split by one.
        value : {"rate", "n", "of", "se", "low", "high", "followed", "mature"}
            The column to show.
        **strata : str
            One label of each other stratum.

        Returns
        -------
        pandas.DataFrame
            Rows are levels left (``from``); columns are levels, then outcomes (``to``).

        Raises
        ------
        ArgumentError
            If a stratum has several labels and none is chosen, or a label does not exist.
        """
        rows = self.at(quarter, **strata)
        return rows.pivot_table(index="from", columns="to", values=value, observed=False, dropna=False, sort=True)

    @checked(quarter=period, strata=labels)
    def graph(self, quarter: str | None = None, **strata: str) -> nx.DiGraph[str]:
        """Return the moves of one stratum as a directed graph.

        Parameters
        ----------
        quarter : str, optional
            The quarter (month, year) to show, if the rates are split by one.
        **strata : str
            One label of each other stratum.

        Returns
        -------
        networkx.DiGraph
            The graph of the continuum. Nodes have the attributes of their level and ``discharges``; edges have ``n,
            of, rate, se, low, high, direction``. There is an edge for every move that occurred and for every edge of
            the continuum, the latter with ``n`` 0 if nobody took it.

        Raises
        ------
        ArgumentError
            If a stratum has several labels and none is chosen, or a label does not exist.
        """
        graph = self.continuum.graph
        rows = self.at(quarter, **strata)
        for row in rows[rows["to"].isin(self.continuum.names)].to_dict("records"):
            origin, target = row["from"], row["to"]
            graph.nodes[origin]["discharges"] = row["of"]
            if row["n"] or graph.has_edge(origin, target):
                graph.add_edge(origin, target, **{key: row[key] for key in _EDGE})
        return graph

    @checked(quarter=period, strata=labels)
    def at(self, quarter: str | None = None, **strata: str) -> pd.DataFrame:
        """Return the rows of one stratum.

        Parameters
        ----------
        quarter : str, optional
            The quarter (month, year) to show, if the rates are split by one.
        **strata : str
            One label of each other stratum.

        Returns
        -------
        pandas.DataFrame
            The rows of ``frame`` with these labels.

        Raises
        ------
        ArgumentError
            If a stratum has several labels and none is chosen, or a label does not exist.
        """
        return select(self.frame, self.about, quarter, strata)

    @checked(frm=text, to=text, value=one_of(*_NUMBERS), strata=labels)
    def triangle(self, frm: str, to: str, *, value: str = "rate", **strata: str) -> pd.DataFrame:
        """Return one rate by quarter of discharge (rows) and days of follow-up (columns): the windows contrast for.

        A cell is missing where the quarter is not mature for the window, that is while its last day + window is after
        the cut-off.

        Parameters
        ----------
        frm, to : str
            The level left, and the level or outcome reached.
        value : {"rate", "n", "of", "se", "low", "high", "followed", "mature"}
            The column to show.
        **strata : str
            One label of each other stratum.

        Returns
        -------
        pandas.DataFrame
            Rows are periods of discharge; columns are windows in days.

        Raises
        ------
        ArgumentError
            If the rates are not split by a period, a stratum has several labels and none is chosen, or a level or
            label does not exist.

        Examples
        --------
        >>> import pandas as pd, careflow as cf
        >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["php", "iop", "php"],
        ...     "admit_date": ["2024-01-01", "2024-02-01", "2024-04-01"],
        ...     "discharge_date": ["2024-01-11", "2024-03-01", "2024-05-01"]})
        >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-07-10"))
        >>> rates = cf.transition_rates(moves, by="quarter", within=[7, 30], cluster=None)
        >>> rates.triangle("php", "iop").loc["2024Q1":"2024Q2"].values.tolist()
        [[0.0, 1.0], [0.0, nan]]
        """
        move = tuple(move_label(self.frame, name, label, self.continuum) for name, label in (("from", frm), ("to", to)))
        return triangle(self.frame, self.about, (move[0], move[1]), value, strata)

    @checked(first=period, second=period, frm=text, to=text, correction=one_of("holm", "bh", None))
    def compare(
        self,
        first: str | None = None,
        second: str | None = None,
        *,
        frm: str | None = None,
        to: str | None = None,
        correction: Correction = "holm",
        **strata: Sequence[str],
    ) -> Comparison:
        r"""Return the differences of rates between two periods, or between two labels of one stratum.

        Parameters
        ----------
        first, second : str, optional
            Two periods, as in ``compare("2024Q2", "2025Q2")``.
        frm, to : str, optional
            Only this level left, and only this level or outcome reached.
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
        inputs = self._as_estimated("compare")
        stratum, pair = labels_of(self.about.by, first, second, strata)
        one, other = (str(stratum_label(self.frame, stratum, label, self.about)) for label in pair)
        if one == other:
            raise ArgumentError(f"compare needs two different labels of {stratum}; both were {one!r}")
        labels = one, other
        variance = METHODS[inputs.method].variance
        contrast = Contrast(
            stratum, labels, inputs.cluster, variance, correction, self._move("from", frm), self._move("to", to)
        )
        all_arrays = inputs.rate_arrays()
        others = tuple(name for name in self.about.by if name != stratum)
        frame, directions = (differences(arrays, contrast).drop(columns=ENOUGH) for arrays in all_arrays)
        test = f"{'Wald' if variance is None else 'score'} test, {correction_name(correction)}"
        about = replace(
            self.about,
            measure=f"{self.about.measure}, difference",
            definition=f"{self.about.definition} The difference is {labels[1]} less {labels[0]} ({stratum}).",
            interval=f"{self.about.interval}, limits of the difference recovered from those of both; {test}",
            by=others,
            missing="" if frame["mature"].all() else "not both mature",
        )
        people = None
        if self.contributors is not None and self.direction_contributors is not None:
            people = tuple(
                contributors_of_both(
                    kept.assign(**whole[["within"] if "within" in whole else []]), found, stratum, labels
                )
                for kept, whole, found in (
                    (self.contributors, self.frame, frame),
                    (self.direction_contributors, self.directions, directions),
                )
            )
        return Comparison(
            frame,
            about,
            self.continuum,
            stratum,
            *labels,
            directions=directions,
            correction=correction,
            contributors=people,
        )

    def _move(self, name: str, value: str | None) -> str | None:
        return None if value is None else move_label(self.frame, name, value, self.continuum)

    def _as_estimated(self, verb: str) -> RateInputs:
        """Return the counts and arguments of these rates, or raise if the rates were changed since."""
        if self._inputs is not None:
            return self._inputs
        if HIDDEN in self.frame:
            raise DisclosureError(
                f"these rates are protected, and {verb} needs the counts behind them; {verb} first, on the rates as "
                "they were estimated, and protect what comes out together with the rates"
            )
        raise ArgumentError(
            f"{verb} needs the counts behind the rates, and these were changed; {verb} what transition_rates returned"
        )
