"""What can be read off transition rates: a matrix, a graph, a stratum, a triangle of windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

import pandas as pd

from careflow.arguments import checked, flag, labels, one_of, period
from careflow.errors import ArgumentError
from careflow.estimate.rates.rate_graph import rate_graph
from careflow.estimate.rates.rate_html import matrix_html
from careflow.estimate.rates.unions import Asked, Moves, asked
from careflow.estimate.result import Result
from careflow.estimate.select import move_label, select, triangle

if TYPE_CHECKING:
    import networkx as nx

_NUMBERS: Final = ("rate", "n", "of", "se", "low", "high", "followed", "mature")
"""What a matrix or a triangle can show."""


@dataclass(frozen=True, repr=False, eq=False)
class RateTables(Result):
    """The frames of :class:`careflow.estimate.Rates`, which says what each is, and what is read off them."""

    directions: pd.DataFrame
    contributors: pd.DataFrame | None = field(default=None, repr=False)
    direction_contributors: pd.DataFrame | None = field(default=None, repr=False)
    moves: Moves | None = field(default=None, repr=False)

    @checked(quarter=period, value=one_of(*_NUMBERS), margins=flag, strata=labels)
    def matrix(
        self, quarter: str | None = None, *, value: str = "rate", margins: bool = False, **strata: str
    ) -> pd.DataFrame:
        """Return one stratum as a matrix of levels left by levels and outcomes reached.

        Parameters
        ----------
        quarter : str, optional
            The quarter (month, year) to show, if the rates are split by one.
        value : {"rate", "n", "of", "se", "low", "high", "followed", "mature"}
            The column to show.
        margins : bool
            Add the row ``arrivals`` (the number of moves that reach each level, or of discharges with each outcome,
            from all levels) and the column ``of`` (the discharges, or person-days, of each level).
        **strata : str
            One label of each other stratum.

        Returns
        -------
        pandas.DataFrame
            Rows are levels left (``from``); columns are levels, then outcomes (``to``). A sum with a hidden number is
            missing.

        Raises
        ------
        ArgumentError
            If a stratum has several labels and none is chosen, or a label does not exist.

        Examples
        --------
        >>> import pandas as pd, careflow as cf
        >>> stays = pd.DataFrame({"person_id": ["a", "a", "b", "b"], "level": ["residential", "iop", "php", "iop"],
        ...     "admit_date": ["2024-01-01", "2024-01-11", "2024-01-01", "2024-01-21"],
        ...     "discharge_date": ["2024-01-11", "2024-02-01", "2024-01-21", "2024-03-01"]})
        >>> rates = cf.transition_rates(cf.link(cf.read_episodes(stays, cutoff="2024-05-31")), cluster=None)
        >>> rates.matrix(value="n", margins=True).loc[["php", "arrivals"], ["php", "iop", "of"]].values.tolist()
        [[0.0, 1.0, 1.0], [0.0, 2.0, 4.0]]
        """
        rows = self.at(quarter, **strata)
        table = _matrix(rows, value)
        return _with_margins(table, _matrix(rows, "n"), rows) if margins else table

    def _repr_html_(self) -> str:
        return matrix_html(self.frame, self.about, self.continuum) if len(self.frame) else super()._repr_html_()

    @checked(quarter=period, unused=flag, strata=labels)
    def graph(self, quarter: str | None = None, *, unused: bool = False, **strata: str) -> nx.DiGraph[str]:
        """Return the moves of one stratum as a directed graph: what happened, for the algorithms of networkx.

        Parameters
        ----------
        quarter : str, optional
            The quarter (month, year) to show, if the rates are split by one.
        unused : bool
            Whether edges of the continuum that nobody took are in the graph, too, with ``n`` 0.
        **strata : str
            One label of each other stratum.

        Returns
        -------
        networkx.DiGraph
            A node for each level, an edge for each move that occurred. Edges have ``n, of, rate, se, low, high,
            direction``, and ``basis`` and ``reason`` where the continuum has the edge. Nodes have the attributes of
            their level; ``people`` (distinct people served there, by :func:`careflow.persons_served`; only of rates
            made from linked stays); ``discharges``; ``left_care, left_early, died`` (discharges) and ``left_care_rate,
            left_early_rate, died_rate`` (shares of them, 0 to 1); and a place for drawing, ``x, y``. What is missing
            or suppressed has no attribute; a suppressed edge has ``hidden`` True.

        Raises
        ------
        ArgumentError
            If a stratum has several labels and none is chosen, or a label does not exist.

        Examples
        --------
        Of two people who leave residential care, one moves on to PHP.

        >>> import pandas as pd, careflow as cf
        >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["residential", "php", "residential"],
        ...     "admit_date": ["2024-01-01", "2024-02-01", "2024-01-01"],
        ...     "discharge_date": ["2024-02-01", "2024-03-01", "2024-02-01"]})
        >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
        >>> graph = cf.transition_rates(moves, cluster=None).graph()
        >>> [(*edge, graph.edges[edge]["rate"]) for edge in graph.edges]
        [('residential', 'php', 0.5)]
        >>> [graph.nodes["residential"][name] for name in ("people", "discharges", "left_care", "left_care_rate")]
        [2, 2.0, 1.0, 0.5]
        """
        if self.moves is not None:
            raise ArgumentError(
                "a graph has a node for each level, and these rates are of what frm= and to= asked for; estimate "
                "without them"
            )
        rows = self.at(quarter, **strata)
        return rate_graph(rows, self.continuum, self._people_at(rows), unused=unused)

    def _people_at(self, rows: pd.DataFrame) -> dict[str, int]:
        """Return the distinct people served at each level of the stratum of some rows, if they can be counted."""
        return {}

    @checked(quarter=period, frm=asked, to=asked, strata=labels)
    def at(
        self, quarter: str | None = None, *, frm: Asked | None = None, to: Asked | None = None, **strata: str
    ) -> pd.DataFrame:
        """Return the rows of one stratum.

        Parameters
        ----------
        quarter : str, optional
            The quarter (month, year) to show, if the rates are split by one.
        frm, to : str, list of str or mapping, optional
            Only this level left, and only this level or outcome reached; several are put together, as by
            :meth:`careflow.estimate.Rates.union`.
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
        rates = self._of(frm, to)
        if rates is not self:
            return rates.at(quarter, **strata)
        rows = select(self.frame, self.about, quarter, strata)
        for name, label in (("from", self._move("from", frm)), ("to", self._move("to", to))):
            rows = rows if label is None else rows[rows[name] == label].reset_index(drop=True)
        return rows

    @checked(frm=asked, to=asked, value=one_of(*_NUMBERS), strata=labels)
    def triangle(self, frm: Asked, to: Asked, *, value: str = "rate", **strata: str) -> pd.DataFrame:
        """Return one rate by quarter of discharge (rows) and days of follow-up (columns): the windows contrast for.

        A cell is missing where the quarter is not mature for the window, that is while its last day + window is after
        the cut-off.

        Parameters
        ----------
        frm, to : str, list of str or mapping
            The level left, and the level or outcome reached; several are put together.
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
        rates = self._of(frm, to)
        if rates is not self:
            one = rates.frame.iloc[0]
            return rates.triangle(str(one["from"]), str(one["to"]), value=value, **strata)
        move = move_label(self.frame, "from", frm, self.continuum), move_label(self.frame, "to", to, self.continuum)
        return triangle(self.frame, self.about, move, value, strata)

    def _of(self, frm: Asked | None, to: Asked | None) -> Self:
        """Return rates that have a row for what is asked."""
        return self

    def _has(self, name: str, value: Asked | None) -> bool:
        """Say whether there is a row for one level or outcome; there is for all of them."""
        try:
            self._move(name, value)
        except ArgumentError:
            return False
        return True

    def _move(self, name: str, value: Asked | None) -> str | None:
        """Return the label of a row, or raise with those that there are."""
        return None if value is None else move_label(self.frame, name, value, self.continuum)


def _matrix(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    return rows.pivot_table(index="from", columns="to", values=value, observed=False, dropna=False, sort=True)


def _with_margins(table: pd.DataFrame, n: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a matrix with the moves that arrive at each level, and the discharges of each level."""
    of = rows.groupby("from", observed=True)["of"].first().reindex(table.index.astype(str))
    out = table.astype(float).rename(index=str, columns=str)
    out.index.name, out.columns.name = table.index.name, table.columns.name
    out["of"] = of.to_numpy(dtype=float)
    arrivals = n.sum(axis=0, skipna=False).to_numpy(dtype=float)
    out.loc["arrivals"] = [*arrivals, of.sum(skipna=False)]
    return out
