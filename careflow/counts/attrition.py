"""Attrition: the rows of the file, the discharges, and those linked to a next stay, step by step."""

from __future__ import annotations

from typing import Final

import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import DIRECTIONS, OFF_CONTINUUM
from careflow.counts.event_tables import CONCURRENT_CODE, DIED_CODE, REASON_CODE
from careflow.counts.linked_stays import Linked
from careflow.records.findings import FLAGGED

MOVED, LEFT, DIED, CONCURRENT, UNKNOWN = "moved", "left care", "died", "concurrent", "not yet known"
KINDS: Final = (MOVED, LEFT, DIED, CONCURRENT, UNKNOWN)


def discharge_kinds(table: pd.DataFrame, levels: int, within: int) -> pd.DataFrame:
    """Return the kind of outcome of the discharges of the event table ``discharge``.

    Parameters
    ----------
    table : pandas.DataFrame
        ``event, followed, n`` of the discharges.
    levels : int
        The number of levels; lower event codes are moves.
    within : int
        The link window in days.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (one of ``KINDS``), ``followed`` (for the whole window) and ``n``, one row for each row of the table. A
        discharge without a move that was not followed for the window is not yet known.
    """
    event, followed = table["event"], table["followed"] >= within
    kind = pd.Series(UNKNOWN, index=table.index, dtype=object)
    kind[(event >= REASON_CODE) & followed] = LEFT
    kind[event < levels] = MOVED
    kind[event == DIED_CODE] = DIED
    kind[event == CONCURRENT_CODE] = CONCURRENT
    return pd.DataFrame({"kind": kind, "followed": followed, "n": table["n"].astype("int64")})


def attrition_steps(moves: Linked, discharges: pd.DataFrame) -> pd.DataFrame:
    """Return ``step, n, left``: the steps of ``episodes.attrition``, then those from discharges to linked discharges.

    Parameters
    ----------
    moves : Linked
        The linked stays.
    discharges : pandas.DataFrame
        Their event table ``discharge``.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["residential", "php", "iop"],
    ...     "admit_date": ["2024-01-01", "2024-02-03", "2024-05-01"],
    ...     "discharge_date": ["2024-01-31", None, "2024-05-20"]})
    >>> attrition = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"), within=30).attrition
    >>> attrition["left"].tolist()
    [3, 3, 2, 2, 1, 1]
    >>> attrition["step"].tolist()[-2:]
    ['left care: no admission within 30 days', 'linked: moved within 30 days']
    """
    within = moves.within
    by_kind = discharge_kinds(discharges, len(moves.episodes.continuum), within)
    total = {key: int(n) for key, n in by_kind.groupby(["kind", "followed"])["n"].sum().items()}
    before = moves.episodes.attrition
    steps: list[tuple[str, int, int]] = list(before.itertuples(index=False, name=None))
    left = steps[-1][2]
    for kind in (UNKNOWN, MOVED, DIED, CONCURRENT):
        if n := total.get((kind, False), 0):
            left -= n
            steps.append((f"followed for fewer than {within} days: {kind}", -n, left))
    steps.append((f"discharges followed for {within} days", left, left))
    names = {
        DIED: "died: nothing follows",
        CONCURRENT: "concurrent: another stay goes on",
        LEFT: f"left care: no admission within {within} days",
    }
    for kind, step in names.items():
        if n := total.get((kind, True), 0):
            left -= n
            steps.append((step, -n, left))
    steps.append((f"linked: moved within {within} days", total.get((MOVED, True), 0), left))
    return pd.DataFrame(steps, columns=["step", "n", "left"])


def moves_off(continuum: Continuum, discharges: pd.DataFrame) -> pd.DataFrame:
    """Return the finding ``check, action, n, note`` of moves that no edge of the continuum joins; no row without any.

    Parameters
    ----------
    continuum : Continuum
        The levels and edges.
    discharges : pandas.DataFrame
        The event table ``discharge``.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a"], "level": ["residential", "outpatient"],
    ...     "admit_date": ["2024-01-01", "2024-02-03"], "discharge_date": ["2024-01-31", None]})
    >>> cf.link(cf.read_episodes(stays, cutoff="2024-03-31")).findings[["check", "action", "n", "note"]].values.tolist()
    [['L01 moves off the continuum', 'flagged', 1, 'the most frequent of 1 kind: residential to outpatient']]
    """
    names = continuum.names
    moved = discharges[discharges["event"] < len(names)].groupby(["state", "event"], as_index=False)["n"].sum()
    off = {
        (names[i], names[j]): int(n)
        for i, j, n in moved[["state", "event", "n"]].to_numpy().tolist()
        if continuum.edge_kind(names[i], names[j]) == OFF_CONTINUUM
    }
    rows = []
    if off:
        most = max(off, key=lambda pair: off[pair])
        note = f"the most frequent of {len(off)} kind{'s' if len(off) > 1 else ''}: {most[0]} to {most[1]}"
        rows.append(("L01 moves off the continuum", FLAGGED, sum(off.values()), note))
    return pd.DataFrame(rows, columns=["check", "action", "n", "note"])


def summary(moves: Linked, discharges: pd.DataFrame | None) -> str:
    """Return linked stays in one line: moves by direction, other outcomes of discharges, and those not yet known.

    Parameters
    ----------
    moves : Linked
        The linked stays.
    discharges : pandas.DataFrame, optional
        Their event table ``discharge``; None if the date basis does not allow linking.
    """
    episodes, within = moves.episodes, moves.within
    if discharges is None:
        return f"what follows a discharge is not known from dates of basis {episodes.date_basis!r}"
    continuum = episodes.continuum
    by_kind = discharge_kinds(discharges, len(continuum), within)
    total = {kind: int(by_kind["n"][by_kind["kind"] == kind].sum()) for kind in KINDS}
    direction = pd.Series(
        [
            continuum.direction(continuum.names[i], continuum.names[j]) if j < len(continuum) else ""
            for i, j in zip(discharges["state"], discharges["event"], strict=True)
        ],
        index=discharges.index,
        dtype=object,
    )
    by_direction = [
        f"{by_kind['n'][direction == name].sum():,} {name}" for name in DIRECTIONS if (direction == name).any()
    ]
    parts = [
        f"{total[MOVED]:,} move{'' if total[MOVED] == 1 else 's'} within {within} days"
        + (f" ({', '.join(by_direction)})" if by_direction else ""),
        f"{total[LEFT]:,} left care",
        *(f"{total[kind]:,} {kind}" for kind in (DIED, CONCURRENT) if total[kind]),
    ]
    return (
        ", ".join(parts) + f"; {episodes.open:,} open, {total[UNKNOWN]:,} not yet known; "
        f"cut-off {episodes.cutoff:%Y-%m-%d}"
    )
