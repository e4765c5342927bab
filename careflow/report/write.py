"""Write the report: estimate, mask, draw, set, and put the folder in its place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from careflow.arguments import checked, flag_or_none, instance, names, path, text
from careflow.counts import Calendar, Counts, Transitions
from careflow.errors import ArgumentError
from careflow.progress import Progress
from careflow.report.atomic_folder import folder
from careflow.report.content.content import Content, content
from careflow.report.content.data_files import to_csv
from careflow.report.content.estimates import CLOCKS
from careflow.report.content.figures import TOLD, plans, say_told, write
from careflow.report.formats.registry import FORMATS, check_formats, writer

_TABLES: Final = "tables"
FORMAT: Final = 1
"""Version of the folder, in its manifest."""


@checked(
    moves=instance(Transitions, Counts),
    out=path,
    quarter=text,
    title=text,
    source=text,
    findings=instance(pd.DataFrame),
    calendar=instance(Calendar),
    formats=names,
    ledger=path,
    insider=text,
    progress=flag_or_none,
)
def write_report(
    moves: Transitions | Counts,
    out: str | os.PathLike[str],
    *,
    quarter: str | None = None,
    title: str | None = None,
    source: str | None = None,
    findings: pd.DataFrame | None = None,
    calendar: Calendar | None = None,
    formats: str | Sequence[str] = "html",
    ledger: str | os.PathLike[str] | None = None,
    insider: str | None = None,
    progress: bool | None = False,
) -> Path:
    """Write the quarterly report of linked stays, or of their counts, as a folder.

    The folder holds the report in each format, such as ``report.html``, which needs nothing else; ``charts`` as SVG and
    PNG; ``tables`` as CSV; and a manifest. It is there whole or not at all: a crash leaves the report that was there
    before, or none. Counts of 1 to 10, and what gives them away, are hidden; every picture and page says whether it is
    internal.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts by quarter (``moves.counts(by="quarter")``), pooled or not.
    out : path
        The folder. A report that is there is replaced; any other folder that is not empty is refused.
    quarter : str, optional
        ``"2025Q3"``. Default: the newest quarter that is mature.
    title, source : str, optional
        What the report is called, and where its records came from.
    findings : pandas.DataFrame, optional
        ``check, action, n, note``. Default: those of the records, if there are records.
    calendar : Calendar, optional
        Which months make a quarter; counts have theirs already.
    formats : str or sequence of str
        Some of ``"html"``, ``"xlsx"``, ``"pptx"`` and ``"pdf"``; all but the first need ``careflow[office]``.
    ledger : path, optional
        Write a report that may leave the house: small counts are hidden with a proof, against this folder that
        remembers earlier releases (:func:`careflow.protect.protect`). What the checks found is left out.
    insider : str, optional
        With ``ledger``: a stratum, such as ``"facility"``. The report then has a table of the rates of each facility,
        proved against each of them that knows its own numbers in it.
    progress : bool, optional
        Show a progress bar on stderr; None shows one on a terminal.

    Returns
    -------
    pathlib.Path
        The report in the first of the formats.

    Raises
    ------
    ArgumentError, CountsError, DisclosureError
        If the quarter, the folder or a format does not fit, or too few people are behind the counts.
    """
    chosen = check_formats(formats)
    if insider is not None and ledger is None:
        raise ArgumentError("insider= is thought of in a release only: name its ledger= too")
    if isinstance(moves, Transitions) and findings is None:
        findings = moves.episodes.findings
    with Progress(progress) as steps:
        steps.next("Counting")
        counts = _counts(moves, calendar, insider)
        steps.next("Estimating")
        said = content(counts, quarter=quarter, title=title, source=source, findings=findings, ledger=ledger,
                       insider=insider)  # fmt: skip
        told: set[str] = set()
        token = TOLD.set(told)
        try:
            with folder(out, _about(said)) as work:
                _fill(work, said, chosen, steps)
        finally:
            TOLD.reset(token)
    say_told(told)
    return Path(out) / FORMATS[chosen[0]].file


def _counts(moves: Transitions | Counts, calendar: Calendar | None, insider: str | None) -> Counts:
    if isinstance(moves, Transitions):
        by = "quarter" if insider is None else ("quarter", insider)
        return moves.counts(by=by, clocks=CLOCKS, calendar=calendar)
    if calendar is not None and calendar != moves.definition.calendar:
        raise ArgumentError("these counts were made by another calendar; count again with calendar=")
    return moves


def _fill(work: Path, said: Content, formats: tuple[str, ...], steps: Progress) -> None:
    planned = list(plans(said))
    steps.expect(len(planned) + len(formats) + 1)
    pictures = []
    for plan in planned:
        steps.next(f"Drawing {plan.name}")
        pictures.append(write(plan, work))
    steps.next("Writing tables")
    tables = work / _TABLES
    tables.mkdir()
    for table in said.tables:
        (tables / f"{table.name}.csv").write_bytes(to_csv(table.frame))
    for name in formats:
        steps.next(f"Writing {name}")
        (work / FORMATS[name].file).write_bytes(writer(name)(said, tuple(pictures)))


def _about(said: Content) -> dict[str, Any]:
    rules = said.rates.about
    return {
        "careflow report": FORMAT,
        "title": said.title,
        "label": said.label,
        "quarter": said.quarter,
        "cutoff": rules.cutoff.isoformat(),
        "source": said.source,
    }
