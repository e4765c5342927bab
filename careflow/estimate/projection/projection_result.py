"""The result of a projection: stays in care on the days ahead, and how well the past was projected."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from careflow.estimate.projection.extract import clocks
from careflow.estimate.projection.what_if import WhatIf
from careflow.estimate.result import Result

AS_IS, WHAT_IF = "as is", "what if"


@dataclass(frozen=True, repr=False, eq=False)
class Projection(Result):
    """Expected stays in care after the cut-off; made by :func:`careflow.project`.

    ``frame`` has one row for each scenario, day and level: ``scenario`` (``"as is"``, ``"what if"``), ``ahead`` (days
    after the cut-off), ``day``, ``level``, ``census`` (expected stays in care at the end of the day), ``low, high``,
    ``entered, left`` (expected admissions and discharges of the day) and ``refused`` (whether the replay did not
    beat both simple forecasts). The numbers of refused levels are missing, unless ``gate="mark"``.

    Attributes
    ----------
    difference : pandas.DataFrame
        What if minus as is: ``ahead, day, level, census, low, high, refused``; the limits are those of the expected
        difference, and missing where beds were simulated. Empty without a what-if.
    totals : pandas.DataFrame
        Person-days of the horizon: ``scenario, level, person_days, low, high, entered, left, refused``; the limits are
        those of the expected sum, and missing where beds were simulated.
    replay : pandas.DataFrame
        ``level, mae, mae_last, mae_season, coverage, speaks, fitted, today``: mean absolute errors of the projection,
        of the census at the origin, and of that 364 days before; how often the limits held the census; whether the
        projection may speak for the level; the recent stays it is fitted to; and the stays in care on the cut-off.
    history : pandas.DataFrame
        ``day, level, census``: the stays in care of the year before the first origin and since.
    replayed : pandas.DataFrame
        Every projection of the replay: ``origin, ahead, day, level, census, low, high, actual``.
    what_if : tuple of WhatIf
        The changes of the second scenario.
    beds : pandas.DataFrame or None
        Of levels with a number of beds: ``ahead, day, level, beds, waiting, turned_away, full`` (those who wait, and
        those turned away up to the day, on average; the share of draws in which all beds are taken).
    """

    difference: pd.DataFrame
    totals: pd.DataFrame
    replay: pd.DataFrame
    history: pd.DataFrame
    replayed: pd.DataFrame
    what_if: tuple[WhatIf, ...] = ()
    beds: pd.DataFrame | None = field(default=None)

    @staticmethod
    def clocks(horizon: int = 90, *, recent: int = 455, replay: int = 365) -> tuple[str, ...]:
        """Return the event tables that a projection is made from, for ``moves.counts(clocks=...)``.

        Parameters
        ----------
        horizon, recent, replay : int
            As in :func:`careflow.project`.

        Examples
        --------
        >>> Projection.clocks(horizon=360)[:5]
        ('arrivals', 'census', 'exit~455', 'gap', 'stay by admission')
        """
        return clocks(horizon, recent, replay)

    def __repr__(self) -> str:
        return f"<Projection: {self.about}; {gate_words(self.replay)}>"


def gate_words(replay: pd.DataFrame) -> str:
    """Return for which levels a projection speaks, and by how much it fails for the others.

    Examples
    --------
    >>> gate_words(pd.DataFrame({"level": ["php", "iop"], "mae": [1.0, 2.5], "mae_last": [2.0, 2.25],
    ...     "mae_season": [3.0, 4.0], "speaks": [True, False], "fitted": [400, 300]}))
    'speaks for php; refused: iop (mean error 2.50 stays, 2.25 of the last value)'
    """
    spoken = [str(level) for level in replay.loc[replay["speaks"], "level"]]
    refused = [_why(row) for row in replay[~replay["speaks"]].to_dict("records")]
    words = f"speaks for {', '.join(spoken) or 'no level'}"
    return f"{words}; refused: {', '.join(refused)}" if refused else words


def _why(row: Mapping[Hashable, Any]) -> str:
    """Return why the projection does not speak for a level."""
    level, mae = str(row["level"]), row["mae"]
    simple = {"last value": row["mae_last"], "same day a year before": row["mae_season"]}
    better = [f"{error:.2f} of the {name}" for name, error in simple.items() if mae >= error > 0 or mae > error]
    if better:
        return f"{level} (mean error {mae:.2f} stays, {' and '.join(better)})"
    return level if pd.isna(mae) else f"{level} ({row['fitted']:,} recent stays are too few)"
