"""Pathways: journeys counted by their sequence of levels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from careflow.arguments import checked, several_whole, whole
from careflow.continuum import Continuum
from careflow.continuum.outcomes import REASONS
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import REASON_CODE
from careflow.counts.parts import Part, Where
from careflow.counts.sql.journeys import BETWEEN, BETWEEN_CODE, IN_CARE_CODE, UNKNOWN_CODE
from careflow.errors import ArgumentError
from careflow.estimate.arguments import counts_for, estimator
from careflow.estimate.arrays.strata import strata_of
from careflow.estimate.result import Provenance, Result

IN_CARE: Final = "in care"
NOT_YET_KNOWN: Final = "not yet known"
RARER: Final = "rarer ways"
"""The label of merged rare continuations of a pathway."""
_JOURNEY: Final = "stays less than {apart} days apart belong to one journey."


@dataclass(frozen=True, repr=False, eq=False)
class Pathways(Result):
    """Journeys by their sequence of levels; made by :func:`careflow.pathways`.

    ``frame`` has one row for each stratum and pathway, the most frequent first. Its columns are the strata, ``step_1``
    to ``step_k`` (level or end of the journey; missing after the end), ``n`` (journeys) and ``share`` (of the
    stratum's journeys, 0 to 1).

    Attributes
    ----------
    steps : int
        The number of steps of a pathway.
    days : tuple of int
        The days of the steps since the journey's first admission; empty if a step is a stay.
    contributors : pandas.DataFrame or None
        Which jackknife groups hold journeys of each row: one column a group. The groups of a row are at most its
        distinct persons. None for counts without jackknife groups and in protected results.
    """

    steps: int
    days: tuple[int, ...] = ()
    contributors: pd.DataFrame | None = field(default=None, repr=False)

    @checked(below=whole(1, None))
    def gathered(self, below: int = 11) -> Pathways:
        """Return the pathways with rare continuations merged, so that few pathways must be suppressed.

        Among journeys with the same first steps, continuations of fewer than ``below`` journeys are merged into the
        step ``rarer ways``, and with them the next rarest, until they are at least ``below`` journeys. All journeys
        stay in the table. Leaving rare pathways out instead would leave out long pathways, which are rare.

        Parameters
        ----------
        below : int
            The smallest number of journeys of a pathway.

        Returns
        -------
        Pathways
            Fewer rows with the same total ``n``.

        Raises
        ------
        ArgumentError
            If ``below`` is not a whole number of 1 or more.

        Examples
        --------
        >>> import pandas as pd, careflow as cf
        >>> stays = pd.DataFrame({"person_id": list("abc"), "level": ["php", "php", "iop"],
        ...     "admit_date": ["2024-01-01"] * 3, "discharge_date": ["2024-02-01"] * 3,
        ...     "discharge_reason": ["completed", "left early", "completed"]})
        >>> paths = cf.pathways(cf.link(cf.read_episodes(stays, cutoff="2024-12-31")), steps=2)
        >>> paths.gathered(below=2).frame[["step_1", "step_2", "n"]].values.tolist()
        [['rarer ways', nan, 3]]
        """
        by = list(self.about.by)
        groups = self.frame.groupby(by, observed=True, sort=False) if by else [((), self.frame)]
        parts = [_merged_rare(part, by, self.steps, below) for _, part in groups if len(part)]
        frame = pd.concat([part for part, _ in parts], ignore_index=True) if parts else self.frame
        definition = f"{self.about.definition} Ways on that fewer than {below} journeys took are put together."
        people = self.contributors
        if people is not None and parts:
            people = pd.concat([_groups_of_any(people, rows) for _, rows in parts], ignore_index=True)
        return replace(self.with_frame(frame, definition=definition), contributors=people)


@estimator(steps=whole(1, 12), days=several_whole(0))
def pathways(
    moves: Transitions | Counts,
    *,
    steps: int = 4,
    days: Sequence[int] | None = None,
    by: str | Sequence[str] | None = None,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Pathways:
    """Count journeys by their sequence of levels.

    A journey is a chain of stays of one person joined by moves.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    steps : int
        The number of stays of each journey, 1 to 12.
    days : sequence of int, optional
        Use the levels on these days since the journey's first admission instead, such as ``(0, 30, 90)``; 1 to 12
        rising days. Only journeys followed to the last of them are counted, so that none is censored.
    by : str or sequence of str, optional
        Strata of the journey's first stay.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    Pathways
        ``frame``: the strata, then ``step_1 ... step_k, n, share``, the most frequent pathway first. A step is a level
        or the end of the journey: a reason of leaving care, ``died``, ``in care`` (at the cut-off) or ``not yet
        known``; steps after the end are missing. With ``days`` a step is the level at the end of that day, ``between
        stays`` before a move, or the end of the journey, on the first of the days after it.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a stratum does not exist.
    CountsError
        If the counts do not have the event table or the strata.

    Notes
    -----
    ``share`` is ``n`` divided by the journeys of the stratum: a description without an interval. Stays join one journey
    if the gap between them is at most the link window. See :func:`careflow.link`.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["php", "iop", "php"],
    ...     "admit_date": ["2024-01-01", "2024-01-15", "2024-01-01"],
    ...     "discharge_date": ["2024-01-11", "2024-03-01", "2024-01-21"],
    ...     "discharge_reason": ["completed", "completed", "left early"]})
    >>> cf.pathways(cf.link(cf.read_episodes(stays, cutoff="2024-12-31")), steps=3).frame.values.tolist()
    [['php', 'iop', 'completed', 1, 0.5], ['php', 'left early', nan, 1, 0.5]]
    """
    clock, chosen_days, definition = _table_for(moves, steps, days)
    counts, names = counts_for(moves, clock, by, calendar=calendar, part=Part(where, last))
    table, continuum = counts.tables[clock], counts.definition.continuum
    strata = strata_of(table, counts.definition, names)
    columns = [str(name) for name in table if str(name).startswith("step_")]
    frame, contributors = _counted(table.assign(_stratum=strata.codes), columns, continuum, ended=bool(chosen_days))
    stratum = frame.pop("_stratum").to_numpy(dtype=np.int64)
    about = Provenance.of(
        counts,
        measure="pathways",
        definition=definition.format(within=counts.definition.within, apart=counts.definition.within + 1),
        n=int(frame["n"].sum()),
        unit="journeys",
        dated_by="admission" if names else "",
        interval="",
        within=(counts.definition.within,),
        by=names,
    )
    tidy = pd.concat([strata.frame.loc[stratum].reset_index(drop=True), frame], axis=1)
    return Pathways(tidy, about, continuum, steps=len(columns), days=chosen_days, contributors=contributors)


def _table_for(
    source: Transitions | Counts, steps: int, days: Sequence[int] | None
) -> tuple[str, tuple[int, ...], str]:
    """Return the event table of the arguments, its days, and the definition of its pathways."""
    if days is None:
        definition = f"Journeys by the levels of their first {steps} stays; {_JOURNEY}"
        by_group = f"ways:{steps}"
        grouped = isinstance(source, Transitions) or by_group in source.tables
        return by_group if grouped else f"paths:{steps}", (), definition
    chosen = tuple(days)
    if len(chosen) > 12:
        raise ArgumentError(f"days is 1 to 12 whole numbers, such as (0, 30, 90); it was given {len(chosen)}")
    if any(day >= later for day, later in pairwise(chosen)):
        raise ArgumentError(f"days are counted from 0 and rise, such as (0, 30, 90); they were {chosen!r}")
    listed = ", ".join(map(str, chosen))
    definition = (
        f"Journeys by the level held on day {listed} since their first admission, of those first admitted {chosen[-1]} "
        f"+ {{within}} days or more before the cut-off; {_JOURNEY}"
    )
    return f"held:{','.join(map(str, chosen))}", chosen, definition


def _counted(
    table: pd.DataFrame, columns: list[str], continuum: Continuum, *, ended: bool
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return the pathways of a table with labels and shares of the stratum, the most frequent first; then their groups.

    With ``ended`` the table repeats the end of a journey on every later step; only the first one is kept.
    """
    words = dict(enumerate(continuum.names)) | {REASON_CODE + i: reason for i, reason in enumerate(REASONS)}
    words |= {IN_CARE_CODE: IN_CARE, UNKNOWN_CODE: NOT_YET_KNOWN, BETWEEN_CODE: BETWEEN}
    table = table.copy(deep=False)
    if ended:
        for name, before in zip(columns[:0:-1], columns[-2::-1], strict=True):
            over = (table[before] >= REASON_CODE) & (table[before] < REASON_CODE + len(REASONS))
            table[name] = table[name].mask(over, -1)
    frame = table.groupby(["_stratum", *columns], as_index=False).agg({"n": "sum"})
    frame = frame.sort_values(
        ["_stratum", "n", *columns], ascending=[True, False, *[True] * len(columns)], ignore_index=True
    )
    contributors = _groups(table, frame, ["_stratum", *columns]) if "jackknife_group" in table else None
    frame["share"] = frame["n"] / frame.groupby("_stratum")["n"].transform("sum")
    labels = [*continuum.names, *REASONS, IN_CARE, NOT_YET_KNOWN, *([BETWEEN] if ended else [])]
    for column in columns:
        frame[column] = pd.Categorical(frame[column].map(words), labels, ordered=True)
    return frame, contributors


def _groups(table: pd.DataFrame, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return which jackknife groups (columns) hold journeys of each row of a frame of pathways."""
    pairs = table[[*keys, "jackknife_group"]].merge(frame[keys].assign(_row=np.arange(len(frame))), on=keys)
    held = np.zeros((len(frame), GROUPS), dtype=np.bool_)
    held[pairs["_row"], pairs["jackknife_group"]] = True
    return pd.DataFrame(held, columns=[str(group) for group in range(GROUPS)])


def _groups_of_any(people: pd.DataFrame, rows: list[list[int]]) -> pd.DataFrame:
    """Return which jackknife groups hold journeys of any of some rows, for each list of rows."""
    held = people.to_numpy()
    return pd.DataFrame(np.array([held[of].any(axis=0) for of in rows]), columns=people.columns)


def _merged_rare(part: pd.DataFrame, by: list[str], steps: int, below: int) -> tuple[pd.DataFrame, list[list[int]]]:
    """Return the pathways of one stratum with rare continuations merged, the most frequent first; then their rows."""
    columns = [f"step_{i}" for i in range(1, steps + 1)]
    labels = [*part["step_1"].cat.categories, RARER]
    paths = [tuple(str(step) for step in row if not pd.isna(step)) for row in part[columns].itertuples(index=False)]
    merged = dict(_gather(dict(zip(paths, part["n"].astype(int), strict=True)), (), below))
    order = sorted(merged, key=lambda path: (-merged[path], [labels.index(step) for step in path]))
    frame = part[by].iloc[[0] * len(order)].reset_index(drop=True)
    for i, name in enumerate(columns):
        values = [path[i] if i < len(path) else None for path in order]
        frame[name] = pd.Categorical(values, labels, ordered=True)
    n = pd.Series([merged[path] for path in order])
    rows: dict[tuple[str, ...], list[int]] = {path: [] for path in order}
    for row, path in zip(part.index, paths, strict=True):
        rows[path if path in rows else _merged_into(path, rows)].append(int(row))
    return frame.assign(n=n, share=n / n.sum()), list(rows.values())


def _merged_into(path: tuple[str, ...], merged: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the merged row of a pathway: that with the most of its first steps."""
    first_steps = (path[:length] for length in range(len(path), -1, -1))
    return next((*begun, RARER) for begun in first_steps if (*begun, RARER) in merged)


def _gather(
    counts: Mapping[tuple[str, ...], int], begun: tuple[str, ...], below: int
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield pathways with the first steps ``begun``, rare continuations merged; ``counts`` has their later steps."""
    continuations: dict[str, dict[tuple[str, ...], int]] = {}
    for path, n in counts.items():
        continuations.setdefault(path[0] if path else "", {})[path[1:]] = n
    sizes = {step: sum(after.values()) for step, after in continuations.items()}
    order = sorted(sizes, key=lambda step: (sizes[step], step))
    rare = [step for step in order if sizes[step] < below]
    while rare and len(rare) < len(order) and sum(sizes[step] for step in rare) < below:
        rare = order[: len(rare) + 1]
    if rare:
        yield (*begun, RARER), sum(sizes[step] for step in rare)
    for step in order[len(rare) :]:
        if step and any(continuations[step]):
            yield from _gather(continuations[step], (*begun, step), below)
        else:
            yield (*begun, step) if step else begun, sizes[step]
