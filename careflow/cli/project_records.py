"""The linked stays of a project, for a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from careflow.cli.commands import moves_of
from careflow.cli.project import NAME
from careflow.cli.run import parsed

if TYPE_CHECKING:
    from careflow.counts import Transitions


def read_project(path: str | Path = NAME, *, cutoff: str) -> Transitions:
    """Read and link the records of a project, as ``careflow report`` does.

    Parameters
    ----------
    path : str or Path
        The TOML that ``careflow init`` wrote.
    cutoff : str
        The last day with complete data: ``"2026-03-31"``, or the quarter that it ends, ``"2026Q1"``.

    Returns
    -------
    Transitions
        For :func:`careflow.transition_rates` and all other estimates, and ``careflow.report.write_report``.

    Raises
    ------
    ArgumentError, RecordError
        If the project or the cut-off does not fit, or the records cannot be counted.

    Examples
    --------
    >>> import careflow as cf
    >>> cf.read_project("next/careflow.toml", cutoff="2026-03-31")
    Traceback (most recent call last):
    careflow.errors.ArgumentError: name the file of stays, or run 'careflow init FILE', which writes \
careflow.toml; there is no careflow.toml here
    """
    return moves_of(parsed(["counts", "--project", str(path), "--cutoff", cutoff, "--out", "unused"]))
