"""Transition rates: of those who left a level, what share reached another within the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from careflow.counts import Calendar, Counts, Transitions
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.asked import Cluster, check_options, counts_for, interval_name, unit_of, windows_for
from careflow.estimate.compare import Asked, Comparison, both, differences, labels_of
from careflow.estimate.correction import Correction, correction_name
from careflow.estimate.methods import METHODS, Made, Method
from careflow.estimate.result import Provenance, Result
from careflow.estimate.select import select, triangle

if TYPE_CHECKING:
    import networkx as nx

HIDDEN: Final = "hidden"
"""The column that protection adds."""
_EDGE: Final = ("direction", "n", "of", "rate", "se", "low", "high")


@dataclass(frozen=True, repr=False, eq=False)
class Rates(Result):
    """Transition rates; see :func:`transition_rates` for the columns of ``frame``.

    Attributes
    ----------
    directions : pandas.DataFrame
        The same by direction: strata, ``from, direction, n, of, rate, se, low, high, followed, mature``.
    contributors : pandas.DataFrame or None
        At least how many distinct people are behind ``n`` and ``of`` of each row of ``frame`` (columns ``persons`` and
        ``persons_of``): the jackknife groups that hold any of them. What protection needs beside the counts, never for
        show.
    ways : pandas.DataFrame or None
        The same of ``directions``.
    """

    directions: pd.DataFrame
    contributors: pd.DataFrame | None = field(default=None, repr=False)
    ways: pd.DataFrame | None = field(default=None, repr=False)
    # Not an argument, so that no result made from this one carries it: what is protected cannot be compared.
    _made: Made | None = field(default=None, init=False, repr=False)

    def matrix(self, quarter: str | None = None, *, value: str = "rate", **strata: str) -> pd.DataFrame:
        """Return one stratum as a matrix: from (rows) by to (columns, levels first, then outcomes).

        Parameters
        ----------
        quarter : str, optional
            The quarter (month, year) to show, when the rates are split by one.
        value : str
            The column to spread out.
        **strata : str
            One label for each further stratum.

        Raises
        ------
        ArgumentError
            If a stratum is not settled, or there is no such label.
        """
        rows = self.at(quarter, **strata)
        return rows.pivot_table(index="from", columns="to", values=value, observed=False, dropna=False, sort=True)

    def graph(self, quarter: str | None = None, **strata: str) -> nx.DiGraph[str]:
        """Return the continuum with the moves of one stratum: every edge that occurred, with its numbers.

        Nodes carry the attributes of their level and ``discharges``; edges carry ``n, of, rate, se, low, high`` and
        ``direction``. Edges of the continuum that nobody took are there with ``n`` 0.
        """
        graph = self.continuum.graph
        rows = self.at(quarter, **strata)
        for row in rows[rows["to"].isin(self.continuum.names)].to_dict("records"):
            origin, target = row["from"], row["to"]
            graph.nodes[origin]["discharges"] = row["of"]
            if row["n"] or graph.has_edge(origin, target):
                graph.add_edge(origin, target, **{key: row[key] for key in _EDGE})
        return graph

    def at(self, quarter: str | None = None, **strata: str) -> pd.DataFrame:
        """Return the rows of one stratum."""
        return select(self.frame, self.about.by, quarter, strata)

    def triangle(self, frm: str, to: str, *, value: str = "rate", **strata: str) -> pd.DataFrame:
        """Return one rate by quarter of discharge (rows) and days of follow-up (columns): the windows asked for.

        A cell is missing where the quarter is not mature for the window, that is while its last day + window is after
        the cut-off.

        Parameters
        ----------
        frm, to : str
            The level left, and the level or outcome reached.
        value : str
            The column to spread out.
        **strata : str
            One label for each further stratum.

        Raises
        ------
        ArgumentError
            If the rates are not split by a period, a stratum is not settled, or there is no such level or label.

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
        return triangle(self.frame, self.about, (frm, to), value, strata)

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
        r"""Return the differences between two quarters, or between two groups of one stratum.

        Parameters
        ----------
        first, second : str, optional
            Two quarters (months, years), as in ``compare("2024Q2", "2025Q2")``.
        frm, to : str, optional
            Look at one level left, or at one level or outcome reached, only.
        correction : {"holm", "bh"} or None
            How ``p_adjusted`` allows for the number of differences in the frame.
        **strata : pair of str
            Two labels of one stratum instead, as in ``compare(payer=("medicaid", "commercial"))``.

        Returns
        -------
        Comparison
            ``frame``: the other strata, then ``from, to, direction, n_1, of_1, rate_1, n_2, of_2, rate_2, difference,
            se, low, high, p, p_adjusted, mature``. ``difference`` is the second less the first; ``mature`` says
            whether both are. Missing where either has no rate.

        Raises
        ------
        ArgumentError
            If the pair is not one of two labels of one stratum, or the rates are not as they were estimated.
        DisclosureError
            If the rates are protected.

        Notes
        -----
        Limits are recovered from those of the two rates (with Wilson's: Newcombe's hybrid score interval), with the
        correlation of the two when persons are clustered, since people are in both. The test is the score test, at
        the effective sample sizes and with that correlation, against Student's *t* with one degree of freedom fewer
        than there are groups. For ``method="incidence"`` it is Wald's.

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
        made = self._as_estimated("compare")
        stratum, labels = labels_of(self.about.by, first, second, strata)
        variance = METHODS[made.method].variance
        self._check_rows({"from": frm, "to": to})
        asked = Asked(stratum, labels, made.cluster, variance, correction, frm, to)
        reached, directions = made.flows()
        others = tuple(name for name in self.about.by if name != stratum)
        frame = differences(reached, others, asked)
        test = f"{'Wald' if variance is None else 'score'} test, {correction_name(correction)}"
        about = replace(
            self.about,
            measure=f"{self.about.measure}, difference",
            definition=f"{self.about.definition} The difference is {labels[1]} less {labels[0]} ({stratum}).",
            interval=f"{self.about.interval}, limits of the difference recovered from those of both; {test}",
            by=others,
            missing="" if frame["mature"].all() else "not both mature",
        )
        ways = differences(directions, others, asked)
        people = None
        if self.contributors is not None and self.ways is not None:
            people = tuple(
                both(kept.assign(**whole[["within"] if "within" in whole else []]), found, stratum, labels)
                for kept, whole, found in ((self.contributors, self.frame, frame), (self.ways, self.directions, ways))
            )
        return Comparison(
            frame, about, self.continuum, stratum, *labels, directions=ways, correction=correction, contributors=people
        )

    def _check_rows(self, wanted: dict[str, str | None]) -> None:
        for name, label in wanted.items():
            if label is not None and label not in (there := self.frame[name].unique()):
                raise ArgumentError(f"no {name} {label!r} in these rates; there are {', '.join(map(str, there))}")

    def _as_estimated(self, verb: str) -> Made:
        """Return how these rates were made, or raise because they are not what was made then."""
        if self._made is not None:
            return self._made
        if HIDDEN in self.frame:
            raise DisclosureError(
                f"these rates are protected, and {verb} needs the counts behind them; {verb} first, on the rates as "
                "they were estimated, and protect what comes out together with the rates"
            )
        raise ArgumentError(
            f"{verb} needs the counts behind the rates, and these were changed; {verb} what transition_rates returned"
        )


def transition_rates(
    moves: Transitions | Counts,
    *,
    by: str | Sequence[str] | None = None,
    within: int | Sequence[int] | None = None,
    method: Method = "followed",
    cluster: Cluster = "person",
    level: float = 0.95,
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
    level : float
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
        quarter was.

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
    check_options(cluster, level)
    if method not in METHODS:
        raise ArgumentError(f"method is one of {', '.join(METHODS)}; it was {method!r}")
    make = METHODS[method]
    counts, strata = counts_for(moves, make.clocks, by, windows=within, calendar=calendar)
    windows = windows_for(counts, within)
    to, directions = make.blocks(counts, strata, windows, cluster, level)
    frame = to.frame(strata)
    about = Provenance(
        measure=make.measure,
        definition=make.definition.format(within=_words(windows)),
        n=int(to.blocks[-1].of[:, :, 0].sum()),
        unit=make.unit,
        persons=counts.persons,
        cutoff=counts.rules.cutoff,
        start=counts.rules.start,
        dated_by="discharge",
        interval=interval_name(make.interval, level, cluster),
        within=windows,
        by=strata,
        level=level,
        missing=_immature(frame, strata),
        source=counts.source,
    )
    rates = Rates(
        frame,
        about,
        counts.rules.continuum,
        directions=directions.frame(strata),
        contributors=to.contributors(strata),
        ways=directions.contributors(strata),
    )
    object.__setattr__(rates, "_made", Made(counts, strata, windows, method, cluster, level))
    return rates


def _words(windows: tuple[int, ...]) -> str:
    return ", ".join(map(str, windows[:-1])) + (" and " if len(windows) > 1 else "") + str(windows[-1])


def _immature(frame: pd.DataFrame, by: tuple[str, ...]) -> str:
    unit = unit_of(by)
    if unit is None:
        return ""
    late = frame.loc[~frame["mature"], unit].unique()
    return f"not yet mature: {', '.join(map(str, late))}" if len(late) else ""
