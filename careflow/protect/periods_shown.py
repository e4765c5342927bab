"""Which periods a release shows: quarters where they hold, otherwise years, with the quarters that hold beside them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from careflow.continuum.outcomes import STEP_DOWN
from careflow.errors import ArgumentError
from careflow.estimate.result import Result
from careflow.protect.insiders import Insider
from careflow.protect.release import Released, protect

ENOUGH: Final = 0.5
"""The least share of levels and quarters whose number of steps down is shown, for detail by quarter."""
BY_YEAR: Final = (
    "There are too few people for detail by quarter: it would show how many stepped down for fewer than half of levels "
    "and quarters. So the detail is by year, and the quarters show what can be shown beside it."
)
"""No share is named: it is that of a trial which is not printed, and would count what this release hides."""


@dataclass(frozen=True)
class PeriodsShown:
    """A release with the periods that it shows.

    Attributes
    ----------
    unit : {"quarter", "year"}
        The periods of the detail.
    by_quarter : tuple of Result
        The protected results by quarter.
    by_year : tuple of Result
        The protected results by year; empty where the detail is by quarter.
    sentence : str
        What a page says of it; empty where the detail is by quarter.
    released : Released
        The release of all these results together, with its proof.
    """

    unit: Literal["quarter", "year"]
    by_quarter: tuple[Any, ...]
    by_year: tuple[Any, ...]
    sentence: str
    released: Released


def protect_periods(
    by_quarter: Sequence[Result],
    by_year: Sequence[Result],
    below: int = 11,
    ledger: str | os.PathLike[str] | None = None,
    *,
    insider: Insider | None = None,
    progress: bool | None = None,
) -> PeriodsShown:
    """Protect results by quarter, or by year and quarter together where the quarters alone would show too little.

    Below about 4,000 stays most numbers of a quarter are small, and no choice of the cells to hide saves them. Years
    then show more. Years and quarters are one system, in which a year is hidden last.

    Parameters
    ----------
    by_quarter, by_year : sequence of Result
        The same results by quarter and by year, made from the same records; transition rates must be among those by
        quarter. Without results by year the quarters are protected as they are.
    below, ledger, insider, progress
        As in `protect`.

    Returns
    -------
    PeriodsShown
        The release, and the sentence for its page.

    Raises
    ------
    ArgumentError
        If there are no transition rates among the results by quarter, or among those by year.
    DisclosureError
        As `protect` does.

    Notes
    -----
    Years are added where fewer than half of the levels and quarters with a discharge show how many stepped down, and
    at least as many of the levels and years. What is shown decides, not what is hidden.
    """
    of_quarters = _rates_among("by_quarter", by_quarter)
    if not by_year:
        released = protect(list(by_quarter), below, ledger, insider=insider, progress=progress)
        return PeriodsShown("quarter", tuple(released), (), "", released)
    many, every = len(by_quarter), [*by_quarter, *by_year]
    of_years = many + _rates_among("by_year", by_year)
    # Chosen without the ledger, so that what earlier releases hid does not matter.
    trial = protect(list(by_quarter), below, insider=insider, progress=progress)
    shown = headlines_shown(trial[of_quarters])
    if shown < ENOUGH:
        both = protect(every, below, insider=insider, progress=progress)
        if headlines_shown(both[of_years]) >= shown:
            released = both if ledger is None else protect(every, below, ledger, insider=insider)
            results = tuple(released)
            return PeriodsShown("year", results[:many], results[many:], BY_YEAR, released)
    released = trial if ledger is None else protect(list(by_quarter), below, ledger, insider=insider)
    return PeriodsShown("quarter", tuple(released), (), "", released)


def _rates_among(name: str, results: Sequence[Result]) -> int:
    at = next((at for at, result in enumerate(results) if type(result).__name__ == "Rates"), None)
    if at is None:
        raise ArgumentError(f"{name} holds no transition rates, by which the periods are chosen; add them")
    return at


def headlines_shown(rates: Any) -> float:
    """Return how much protected rates say of stepping down: the share of rows in which the rate is shown.

    Left out are levels that nobody can step down from, and rows known to be empty. A row that shows that nobody stepped
    down, and not of how many, says nothing.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> from careflow.continuum import Continuum
    >>> rows = pd.DataFrame({"from": ["residential", "php", "iop", "outpatient"], "direction": ["step-down"] * 4,
    ...     "n": [20, None, 0, 0], "of": [50, 60, None, 40]})
    >>> round(headlines_shown(SimpleNamespace(directions=rows, continuum=Continuum.standard())), 3)
    0.333
    """
    names = rates.continuum.names
    possible = [a for a in names if any(rates.continuum.direction(a, b) == STEP_DOWN for b in names)]
    rows = rates.directions[rates.directions["direction"].astype(str) == STEP_DOWN]
    rows = rows[(rows["of"] != 0) & rows["from"].astype(str).isin(possible)]
    return float((rows["n"].notna() & rows["of"].notna()).mean()) if len(rows) else 0.0
