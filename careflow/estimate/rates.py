"""Transition rates: of those who left a level, what share reached another within the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from careflow.counts import Calendar, Counts, Transitions
from careflow.errors import ArgumentError
from careflow.estimate.asked import Cluster, check_options, counts_for, interval_name, unit_of, windows_for
from careflow.estimate.flows import Flows
from careflow.estimate.followed import followed_flows
from careflow.estimate.gap_incidence import incidence_flows
from careflow.estimate.intensity import intensity_flows
from careflow.estimate.result import Provenance, Result
from careflow.estimate.select import select

if TYPE_CHECKING:
    import networkx as nx

Method = Literal["followed", "incidence", "intensity"]
_EDGE: Final = ("direction", "n", "of", "rate", "se", "low", "high")


@dataclass(frozen=True, repr=False, eq=False)
class Rates(Result):
    """Transition rates; see :func:`transition_rates` for the columns of ``frame``.

    Attributes
    ----------
    directions : pandas.DataFrame
        The same by direction: strata, ``from, direction, n, of, rate, se, low, high, followed, mature``.
    contributors : pandas.DataFrame or None
        At least how many distinct people are behind each row of ``frame`` (column ``persons``): the jackknife groups
        that hold any of them. What protection needs beside the counts, never for show.
    """

    directions: pd.DataFrame
    contributors: pd.DataFrame | None = field(default=None, repr=False)

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
    if method not in _METHODS:
        raise ArgumentError(f"method is one of {', '.join(_METHODS)}; it was {method!r}")
    make = _METHODS[method]
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
    return Rates(
        frame,
        about,
        counts.rules.continuum,
        directions=directions.frame(strata),
        contributors=to.contributors(strata),
    )


def _words(windows: tuple[int, ...]) -> str:
    return ", ".join(map(str, windows[:-1])) + (" and " if len(windows) > 1 else "") + str(windows[-1])


def _immature(frame: pd.DataFrame, by: tuple[str, ...]) -> str:
    unit = unit_of(by)
    if unit is None:
        return ""
    late = frame.loc[~frame["mature"], unit].unique()
    return f"not yet mature: {', '.join(map(str, late))}" if len(late) else ""


@dataclass(frozen=True)
class _Maker:
    """How one method makes its numbers, and what it says of them."""

    clocks: tuple[str, ...]
    blocks: Callable[[Counts, tuple[str, ...], tuple[int, ...], Cluster, float], tuple[Flows, Flows]]
    measure: str
    definition: str
    unit: str
    interval: str


_METHODS: Final = {
    "followed": _Maker(
        ("discharge",),
        followed_flows,
        "transition rate",
        "Moves to the next level within {within} days of discharge, as a share of the level's discharges that were "
        "followed that long, moved or not.",
        "followed discharges",
        "Wilson",
    ),
    "incidence": _Maker(
        ("gap", "discharge"),
        incidence_flows,
        "cumulative incidence of the next level",
        "Share of all discharges from the level that reach the next level within {within} days, by Aalen-Johansen on "
        "the days since discharge, so that discharges not yet followed that long count for as long as they were.",
        "discharges",
        "log-log",
    ),
    "intensity": _Maker(
        ("discharge", "exposure"),
        intensity_flows,
        "intensity",
        "Moves to the next level within {within} days of discharge per 100 person-days (nights) in the level, both up "
        "to the last day whose discharges were followed that long.",
        "person-days",
        "exact Poisson",
    ),
}
