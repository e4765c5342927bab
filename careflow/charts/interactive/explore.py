"""``charts.explore``: rates in a live notebook, with a slider for the period and a trend behind each arc."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from careflow.charts.data.chosen_stratum import PERIODS
from careflow.charts.data.kinds import KindError, accepted
from careflow.charts.interactive.explorer_data import explorer_data
from careflow.counts.period_labels import period_among
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.charts.interactive.widget import Explore
    from careflow.counts import Counts, Transitions
    from careflow.estimate import Rates


def explore(
    result: Rates | Transitions | Counts, *, by: str | Sequence[str] | None = None, quarter: object = None
) -> Explore:
    """Show transition rates as one interactive picture, in a live notebook.

    A flow map with a slider for the quarter, a picker for each stratum and for the level left. Pointing at an arc, or
    moving to it by the Tab key, says its rate in words; a click, or Enter, draws its trend below. The whole picture is
    sent once, from the frame of the result with its hidden numbers blank: nothing that the frame hides reaches the
    browser. Without a kernel a notebook shows the flow map as a picture.

    Parameters
    ----------
    result : Rates, Transitions or Counts
        Rates, protected or not; of linked stays or counts the rates by quarter are estimated first.
    by : str or sequence of str, optional
        Strata beside the quarter, where ``result`` is linked stays or counts.
    quarter : str, optional
        The period to begin with; by default the latest mature one.

    Returns
    -------
    Explore
        A widget. ``period`` (int), ``where`` (dict) and ``edge`` ([from, to], or empty) may be set and observed;
        ``chart()`` draws the static flow map of what is chosen.

    Raises
    ------
    TypeError
        If it is nothing that the explorer shows.
    ArgumentError
        If a stratum or the period does not exist.
    ImportError
        Without anywidget.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a"], "level": ["php", "iop"],
    ...     "admit_date": ["2024-01-01", "2024-01-20"], "discharge_date": ["2024-01-19", "2024-02-10"]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> widget = cf.charts.explore(moves, quarter="2024Q1")  # doctest: +SKIP
    >>> widget.edge = ["PHP", "IOP"]  # doctest: +SKIP
    """
    rates = _rates(result, by)
    data = explorer_data(rates)
    widget = _widget()
    place = data.latest
    if quarter is not None:
        if not data.periods:
            raise ArgumentError('quarter= needs a result by quarter: make it with by="quarter"')
        unit = next(name for name in PERIODS if name in rates.frame.columns)
        place = data.periods.index(str(period_among(quarter, data.periods, unit, rates.about.calendar)))
    return widget(rates, data, place)


def _rates(result: Any, by: str | Sequence[str] | None) -> Any:
    """Return rates, estimated by quarter where linked stays or counts are given."""
    if any(base.__name__ in ("Transitions", "Counts") for base in type(result).__mro__):
        from careflow.estimate import transition_rates

        others = [by] if isinstance(by, str) else list(by or ())
        return transition_rates(result, by=["quarter", *(name for name in others if name != "quarter")])
    if by is not None:
        raise ArgumentError("by= is for linked stays and counts; these rates are split already: leave it out")
    try:
        return accepted(result, "explore")
    except KindError as error:
        also = ", linked stays (made by careflow.link()) or counts, not "
        raise KindError(str(error).replace(", not ", also, 1)) from None


def _widget() -> type[Explore]:
    try:
        from careflow.charts.interactive.widget import Explore
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("anywidget", "traitlets", "ipywidgets"):
            raise
        raise ImportError('charts.explore() needs anywidget: pip install "careflow[explore]"') from error
    return Explore
