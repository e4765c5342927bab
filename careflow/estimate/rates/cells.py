"""The followed discharges of rates by the labels of some strata: the cells that decompositions and standards add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.arguments.messages import choice
from careflow.continuum import Continuum
from careflow.continuum.outcomes import DIRECTIONS
from careflow.errors import ArgumentError
from careflow.estimate.arrays.strata import Ints, Strata, strata_of
from careflow.estimate.rates.followed import outcomes
from careflow.estimate.rates.known_reasons import unknown_shares
from careflow.estimate.rates.methods import RateInputs
from careflow.estimate.rates.rate_arrays import direction_targets
from careflow.estimate.rates.unions import Moves, every_move
from careflow.estimate.result import ALL_LEVELS, Provenance
from careflow.estimate.select import WITHIN

LEVEL: Final = "level"
"""The name of the level left, as a factor."""


class Counted(Protocol):
    """Rates with the counts of which they were made."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rates."""

    @property
    def about(self) -> Provenance:
        """Where the rates come from."""

    @property
    def continuum(self) -> Continuum:
        """The levels."""

    @property
    def moves(self) -> Moves | None:
        """What ``frm`` and ``to`` put together in each row."""

    def counted(self, verb: str) -> RateInputs:
        """Return the counts and arguments, or raise if the rates were changed since."""


@dataclass(frozen=True)
class Needed:
    """The rates of which a result is made, for protection: a row of it needs those with the same labels.

    Attributes
    ----------
    rates : Rates
        Their counts are the cells.
    ignored : tuple of str
        Columns of which a row needs every label.
    numerators : bool
        Whether the numerators are needed, or the denominators only.
    """

    rates: Any
    ignored: tuple[str, ...] = ()
    numerators: bool = True


@dataclass(frozen=True)
class Cells:
    """Counts by rows (strata that are no factor), origin, labels of each factor, target and jackknife group.

    Attributes
    ----------
    rows : pandas.DataFrame
        The labels of each row.
    labels : tuple of tuple of str
        The labels of each factor.
    moves : Moves
        The origins and targets.
    of : numpy.ndarray, shape (rows, origins, *factors, groups)
        Followed discharges.
    n : numpy.ndarray, shape (rows, origins, *factors, targets, groups)
        Those that reached the target.
    mature : numpy.ndarray of bool, shape (rows,)
        Whether the period of the row is mature.
    unknown : numpy.ndarray of bool, shape (rows, origins, targets), optional
        Which rows are of known reasons and hold a cell in which no reason is known.
    """

    rows: pd.DataFrame
    labels: tuple[tuple[str, ...], ...]
    moves: Moves
    of: Ints
    n: Ints
    mature: npt.NDArray[np.bool_]
    continuum: Continuum
    unknown: npt.NDArray[np.bool_] | None = None


def check_followed(inputs: RateInputs, verb: str) -> None:
    """Raise unless the rates are shares of followed discharges, whose cells are counts."""
    if inputs.method != "followed":
        raise ArgumentError(
            f"{verb} adds up followed discharges, and these rates are method={inputs.method!r}; estimate them with "
            "method='followed'"
        )


def check_factors(over: Sequence[str], by: Sequence[str]) -> tuple[str, ...]:
    """Return the factors, or raise if the rates are not split by one, or there are none."""
    if not over:
        raise ArgumentError("over= names the strata whose mix counts, such as over='payer'; it was empty")
    if absent := [name for name in over if name not in (*by, LEVEL)]:
        raise ArgumentError(
            f"over= names {absent[0]!r}, and these rates are by {', '.join(by) or 'nothing'}; estimate them by what is "
            f"in over= too, or choose {choice([*by, LEVEL])}"
        )
    return tuple(dict.fromkeys(over))


def moves_of(inputs: RateInputs, over: Sequence[str], *, ways: bool = False) -> Moves:
    """Return what each row counts; with the level left as a factor the levels are one origin, unless frm= asked."""
    continuum = inputs.counts.definition.continuum
    moves = inputs.moves or every_move(continuum)
    moves = moves.ways(continuum) if ways else moves
    if LEVEL not in over or (moves.members.sum(axis=1) > 1).any():
        return moves
    members = np.asarray(moves.members.any(axis=0, keepdims=True))
    names = [name for name, member in zip(continuum.names, members[0], strict=True) if member]
    return replace(moves, origins=(ALL_LEVELS if members.all() else choice(names),), members=members)


def cells_of(inputs: RateInputs, over: Sequence[str], window: int, *, ways: bool = False) -> Cells:
    """Return the cells of rates for one window; ``ways``: by direction instead of level or outcome reached."""
    table, rules = inputs.counts.tables["discharge"], inputs.counts.definition
    strata = strata_of(table, rules, inputs.by)
    counted = outcomes(table, strata, rules.continuum, window)
    moves = moves_of(inputs, over, ways=ways)
    n = np.einsum("sfcg,tfc->sftg", counted, moves.reached.astype(np.int64))
    frame = strata.frame
    rest = [name for name in inputs.by if name not in over]
    factors = [name for name in over if name != LEVEL]
    rows, row_of = _rows(frame, rest)
    labels = {name: [str(label) for label in frame[name].cat.categories if (frame[name] == label).any()]
              for name in factors}  # fmt: skip
    places = [frame[name].astype(str).map(labels[name].index).to_numpy(dtype=np.int64) for name in factors]
    where = (row_of, *places)
    shape = (len(rows), *(len(labels[name]) for name in factors))
    every_n, every_of = (np.zeros((*shape, *part.shape[1:]), dtype=np.int64) for part in (n, counted.sum(axis=2)))
    every_n[where], every_of[where] = n, counted.sum(axis=2)
    mature = np.ones(len(rows), dtype=bool)
    np.logical_and.at(mature, row_of, strata.mature(rules, window))
    order = [over.index(name) for name in [*factors, LEVEL] if name in over]
    unknown = np.zeros((len(rows), len(moves.origins), len(moves.targets)), dtype=bool)
    np.logical_or.at(unknown, row_of, _unknown(counted.sum(axis=-1), moves, len(rules.continuum), LEVEL in over))
    return Cells(
        rows,
        tuple(tuple(rules.continuum.names) if name == LEVEL else tuple(labels[name]) for name in over),
        moves,
        _arranged(every_of, moves, len(factors), order),
        _arranged(every_n, moves, len(factors), order),
        mature,
        rules.continuum,
        unknown,
    )


def _unknown(counted: Ints, moves: Moves, levels: int, by_level: bool) -> npt.NDArray[np.bool_]:
    """Return in which strata no reason is known, by origin and target: at any level of it where levels are cells."""
    if not by_level:
        return unknown_shares(counted, moves, levels)
    each = replace(moves, origins=("",) * levels, members=np.eye(levels, dtype=bool))
    alone = unknown_shares(counted, each, levels)
    return np.asarray((alone[:, None] & moves.members[None, :, :, None]).any(axis=2))


def _rows(frame: pd.DataFrame, rest: list[str]) -> tuple[pd.DataFrame, Ints]:
    """Return the combinations of the other strata, and that of each stratum."""
    if not rest:
        return pd.DataFrame(index=range(1)), np.zeros(len(frame), dtype=np.int64)
    groups = frame.groupby(rest, observed=True, sort=True)
    rows = frame[rest].drop_duplicates().sort_values(rest, ignore_index=True)
    return rows, np.asarray(groups.ngroup(), dtype=np.int64)


def _arranged(cells: Ints, moves: Moves, factors: int, order: list[int]) -> Ints:
    """Bring the origins to the second place: rows, origins, factors in the order asked for, (targets,) groups.

    The axis of levels becomes that of the factor if it is one, and is added up within each origin otherwise.
    """
    members = moves.members.astype(np.int64)
    levels = np.moveaxis(cells, 1 + factors, -1)
    if len(order) == factors:
        whole = np.moveaxis(levels @ members.T, -1, 1)
    else:
        each = levels[..., None, :] * members
        whole = np.moveaxis(np.moveaxis(each, -2, 1), -1, 2 + factors)
    return np.asarray(np.moveaxis(whole, range(2, 2 + len(order)), [2 + place for place in order]))


def leave_one_out(cells: Ints) -> npt.NDArray[np.float64]:
    """Return counts of all groups, then without each: the last axis has one more.

    Examples
    --------
    >>> leave_one_out(np.array([2, 1])).tolist()
    [3.0, 1.0, 2.0]
    """
    total = cells.sum(axis=-1, keepdims=True)
    return np.concatenate([total, total - cells], axis=-1).astype(float)


def tidy(cells: Cells, numbers: Mapping[str, npt.NDArray[Any]], window: int | None = None) -> pd.DataFrame:
    """Return arrays of rows x origins x targets as a frame: strata, window (if it is given), from, target, numbers."""
    moves, continuum = cells.moves, cells.continuum
    ways = moves.targets == DIRECTIONS
    targets = direction_targets() if ways else moves.labels("to", continuum)
    columns: list[pd.Series[Any]] = [moves.labels("from", continuum), targets]
    if window is not None:
        columns.insert(0, pd.Series([window], name=WITHIN))
    every = Strata(cells.rows, np.zeros(0, dtype=np.int64), None).repeat(*columns)
    return every.assign(**{name: values.ravel() for name, values in numbers.items()})


def together(frames: Sequence[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
    """Return the frames of several windows as one, sorted by their keys."""
    if len(frames) == 1:
        return frames[0]
    keys = [*by, WITHIN, "from", "direction" if "to" not in frames[0] else "to"]
    return pd.concat(frames, ignore_index=True).sort_values(keys, kind="stable", ignore_index=True)


def with_labels(rates: Any, stratum: str, labels: Sequence[str]) -> Any:
    """Return the rows of some labels of a stratum; they cannot be compared, only protected."""
    changes: dict[str, Any] = {}
    for name, people in (("frame", "contributors"), ("directions", "direction_contributors")):
        keep = getattr(rates, name)[stratum].astype(str).isin(labels)
        for each in (name, people):
            table = getattr(rates, each)
            changes[each] = None if table is None else table[keep.to_numpy()].reset_index(drop=True)
    return replace(rates, **changes)


def size_of(frame: pd.DataFrame, by: Sequence[str], of: str = "of") -> int:
    """Return how many discharges a frame is of: once for each stratum and level left, those of the longest window."""
    rows = frame if WITHIN not in frame else frame[frame[WITHIN] == frame[WITHIN].max()]
    return int(rows.drop_duplicates([*by, "from"])[of].sum())
