"""The tables between two releases: the old one, the old file under each new rule, and the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import pandas as pd

from careflow.arguments import Argument
from careflow.arguments.messages import brief
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.changed_discharges import SAME_DAYS
from careflow.errors import ArgumentError
from careflow.estimate.rates.methods import METHODS
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.rates.transition_rates import transition_rates
from careflow.estimate.select import WITHIN

READING: Final = "rule: reading"
WINDOW: Final = "rule: within"

Release: TypeAlias = Transitions | Counts | Rates
"""What a table was published from."""


@dataclass(frozen=True)
class Steps:
    """The tables of a diff, in order.

    Attributes
    ----------
    old, new : Rates
        The two published tables.
    rules : tuple of (str, Rates)
        Each rule that changed, with the table of the old file under it and the rules before it.
    last : Transitions, Counts or Rates
        The old file under all the new rules but the window.
    window : int
        The new window.
    """

    old: Rates
    rules: tuple[tuple[str, Rates], ...]
    new: Rates
    last: Release
    window: int

    @property
    def before(self) -> Rates:
        """The old file under all new rules: what the records are compared with."""
        return self.rules[-1][1] if self.rules else self.old


def release_given(value: Any, argument: Argument) -> Any:
    """Check that a value is linked stays, counts or rates.

    Raises
    ------
    ArgumentError
    """
    if not isinstance(value, Transitions | Counts | Rates):
        raise ArgumentError(
            f"{argument.name} is what link() returned, or counts or transition rates of it; it was {brief(value)}."
        )
    return value


def bridges_given(value: Any, argument: Argument) -> tuple[Any, ...]:
    """Check one or several releases, which become a tuple."""
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(release_given(each, argument) for each in values)


def steps_between(
    old: Release, new: Release, bridges: Sequence[Release], by: tuple[str, ...], calendar: Calendar | None
) -> Steps:
    """Return the tables from the old release over each rule that changed to the new release.

    Raises
    ------
    ArgumentError
        If the releases are of several kinds, or differ in a rule that no bridge takes over.
    """
    kinds = {type(release).__name__ for release in (old, new, *bridges)}
    if len(kinds) > 1:
        raise ArgumentError(
            f"diff compares two of a kind, and these are {' and '.join(sorted(kinds))}; give linked stays, counts or "
            "rates on both sides"
        )
    for release in (old, new, *bridges):
        _check_release(release)
    _check_rules(old, new, bridges)
    before, after = _window(old), _window(new)
    last = bridges[-1] if bridges else old
    rules = [
        (READING if len(bridges) == 1 else f"{READING} {number}", rates_within(bridge, before, by, calendar))
        for number, bridge in enumerate(bridges, 1)
    ]
    if before != after:
        rules.append((WINDOW, rates_within(last, after, by, calendar)))
    published = rates_within(old, before, by, calendar), rates_within(new, after, by, calendar)
    if published[0].about.calendar != published[1].about.calendar:
        raise ArgumentError("the quarters of old and new are of two calendars; estimate both with one calendar=")
    return Steps(published[0], tuple(rules), published[1], last, after)


def rates_within(release: Release, window: int, by: tuple[str, ...], calendar: Calendar | None) -> Rates:
    """Return the rates of a release within one window.

    Raises
    ------
    ArgumentError
        If counts or rates do not hold the window.
    """
    if isinstance(release, Transitions):
        linked = release if release.within >= window else replace(release, within=window)
        return transition_rates(linked, by=by, within=window, calendar=calendar)
    if isinstance(release, Counts):
        if window not in release.definition.windows:
            raise _not_held(release.definition.windows, window)
        return transition_rates(release, by=by, within=window, calendar=calendar)
    if release.about.within == (window,):
        return release
    if window in release.about.within:
        frames: dict[str, Any] = {name: _of_window(getattr(release, name), window) for name in ("frame", "directions")}
        about = replace(release.about, within=(window,))
        return replace(release, about=about, contributors=None, direction_contributors=None, **frames)
    inputs = release._inputs
    if inputs is None or window not in inputs.counts.definition.windows:
        raise _not_held(release.about.within, window)
    return Rates.estimated(replace(inputs, windows=(window,)))


def _of_window(frame: pd.DataFrame, window: int) -> pd.DataFrame:
    return frame[frame[WITHIN] == window].drop(columns=WITHIN).reset_index(drop=True)


def _not_held(windows: Sequence[int], window: int) -> ArgumentError:
    return ArgumentError(
        f"the new numbers are within {window} days, and the old ones hold {', '.join(map(str, windows))}; count the "
        f"old file again with windows={[*windows, window]}"
    )


def _window(release: Release) -> int:
    if isinstance(release, Transitions):
        return release.within
    return release.definition.within if isinstance(release, Counts) else release.about.within[-1]


def _check_release(release: Release) -> None:
    """Raise unless the numbers are shares of discharges on days that two extracts have in common."""
    if isinstance(release, Transitions):
        basis = release.episodes.date_basis
        if basis not in SAME_DAYS:
            raise ArgumentError(
                f"date_basis={basis!r} cannot answer why a number moved: the days of a stay differ between extracts, "
                "or are not known; give two extracts with actual dates"
            )
    elif isinstance(release, Rates):
        followed = METHODS["followed"].measure
        if release.about.measure != followed:
            raise ArgumentError(
                f"diff explains rates of followed discharges, and these are {release.about.measure}; estimate with "
                "method='followed'"
            )


def _rules(release: Release) -> dict[str, Any]:
    """Return the rules of a release that must be equal, by their names in a message."""
    if isinstance(release, Transitions):
        episodes = release.episodes
        return {"overlaps": episodes.overlaps, "start": episodes.start, "where": ()}
    if isinstance(release, Counts):
        rules = release.definition
        return {"overlaps": rules.overlaps, "start": rules.start, "where": rules.where}
    about = release.about
    rows = tuple(sorted(set(release.frame["from"].astype(str)))), tuple(sorted(set(release.frame["to"].astype(str))))
    return {"overlaps": about.overlaps, "start": about.start, "where": about.where, "by": about.by, "rows": rows}


def _continuum(release: Release) -> Any:
    if isinstance(release, Transitions):
        return release.episodes.continuum
    return release.definition.continuum if isinstance(release, Counts) else release.continuum


def _cutoff(release: Release) -> Any:
    if isinstance(release, Transitions):
        return release.episodes.cutoff
    return release.definition.cutoff if isinstance(release, Counts) else release.about.cutoff


def _calendar(release: Release) -> Calendar | None:
    if isinstance(release, Transitions):
        return None
    return release.definition.calendar if isinstance(release, Counts) else release.about.calendar


_SAID: Final = {
    "overlaps": "rules for overlapping stays",
    "start": "first days",
    "where": "parts of the records",
    "by": "strata",
    "rows": "levels or outcomes",
}


def _check_rules(old: Release, new: Release, bridges: Sequence[Release]) -> None:
    """Raise if the releases differ in what is no step of a diff, or in a rule that no bridge takes over."""
    first, second = _continuum(old), _continuum(new)
    if any(_continuum(release) != second for release in (old, *bridges)):
        raise ArgumentError(
            f"the extracts are of two continua ({first.name} and {second.name}), so a level is not the same on both "
            "sides; read the old file with the continuum of the new one, by a crosswalk in levels="
        )
    if len({repr(_calendar(release)) for release in (old, new, *bridges)}) > 1:
        raise ArgumentError("the quarters of old and new are of two calendars; count both with one calendar=")
    if any(_cutoff(bridge) != _cutoff(old) for bridge in bridges):
        raise ArgumentError(
            f"bridge= is the old file read by the new rules, with its own cut-off {_cutoff(old)}; the cut-off is no "
            "rule: what was not seen then did not leave"
        )
    last, rules = (_rules(release) for release in (bridges[-1] if bridges else old, new))
    differing = [name for name in rules if rules[name] != last[name]]
    if not differing:
        return
    name = differing[0]
    how = "read" if isinstance(old, Transitions) else "recount"
    values = "" if name == "rows" else f" ({_told(last[name])} and {_told(rules[name])})"
    raise ArgumentError(
        f"old and new have different {_SAID[name]}{values}; {how} the old file by the new rules, and give it as bridge="
        if name in ("overlaps", "start")
        else f"old and new have different {_SAID[name]}{values}; {how} the old file as the new one"
    )


def _told(value: Any) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
