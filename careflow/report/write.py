"""Write the report: estimate, mask, draw, write the files, and rename the folder into place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from careflow.arguments import checked, flag_or_none, instance, names, one_of, path, period, text, where, whole
from careflow.counts import Calendar, Counts, Measure, Transitions
from careflow.counts.parts import Where, part_of
from careflow.errors import ArgumentError, CountsError
from careflow.estimate.measures.measure import measures_given
from careflow.progress import Progress
from careflow.report.atomic_folder import folder
from careflow.report.content.content import Content, content
from careflow.report.content.data_files import to_csv
from careflow.report.content.estimates import EVENT_TABLES, YEAR_TABLES
from careflow.report.content.figures import LABEL_WARNINGS, plans, warn_once, write
from careflow.report.content.measures import check_release
from careflow.report.content.since import last_report
from careflow.report.drawing_process import SecondProcess, second_process
from careflow.report.earlier_releases import warn_of_unknown_releases
from careflow.report.formats.registry import FORMATS, check_formats, writer
from careflow.report.modes import FULL, MASKED, RELEASE, Mode, folder_of, mode_of

_TABLES: Final = "tables"
DRAW: Final = "careflow.report.content.figures:draw"
FORMAT: Final = 1
"""Version of the folder, in its manifest."""


@checked(
    moves=instance(Transitions, Counts),
    out=path,
    quarter=period,
    title=text,
    source=text,
    findings=instance(pd.DataFrame),
    calendar=instance(Calendar),
    formats=names,
    mode=one_of(FULL, MASKED, RELEASE, None),
    ledger=path,
    insider=text,
    progress=flag_or_none,
    where=where,
    last=whole(1, None, "quarters"),
    by=text,
    since=path,
    measures=measures_given,
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
    mode: Mode | None = None,
    ledger: str | os.PathLike[str] | None = None,
    insider: str | None = None,
    progress: bool | None = None,
    where: Where | None = None,
    last: int | None = None,
    by: str | None = None,
    since: str | os.PathLike[str] | None = None,
    measures: str | os.PathLike[str] | Measure | Sequence[str | os.PathLike[str] | Measure] = (),
) -> Path:
    """Write the quarterly report of linked stays, or of their counts, as a folder.

    The folder holds the report in each format, such as ``report.html``, which needs nothing else; ``charts`` as SVG and
    PNG; ``tables`` as CSV; and a manifest. The write is atomic: after a crash the folder holds the earlier report, or
    none. Every picture and page says in which of three modes it is written, and so who may read it.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts by quarter (``moves.counts(by="quarter")``), pooled or not.
    out : path
        The folder. An earlier report is replaced; any other folder that is not empty is refused. A full report goes to
        ``out-full`` unless the name says full itself.
    quarter : str, optional
        ``"2025Q3"``. Default: the newest quarter that is mature.
    title, source : str, optional
        Title of the report, and source of its records.
    findings : pandas.DataFrame, optional
        ``check, action, n, note``. Default: those of the records, where ``moves`` has them.
    calendar : Calendar, optional
        Which months make a quarter; counts have theirs already.
    formats : str or sequence of str
        Some of ``"html"``, ``"xlsx"``, ``"pptx"`` and ``"pdf"``; all but the first need ``careflow[office]``.
    mode : {"full", "masked", "release"}, optional
        ``"full"`` is for the provider's own authorised staff: nothing is hidden, what a release would hide is marked,
        and only the owner can read the files. ``"masked"`` (the default) is for internal use: counts of 1 to 10 are
        hidden by rule of thumb, with numbers that reveal them. ``"release"`` is for the public: small counts are hidden
        with a proof that includes the earlier releases in the ledger (:func:`careflow.protect.protect`), and the
        findings of the checks are left out.
    ledger : path, optional
        With a release, and only then, the folder that remembers what was released; alone it asks for a release.
    insider : str, optional
        With a release: a stratum, such as ``"facility"``. The report then has a table of the rates of each facility,
        protected against each facility that knows its own row.
    progress : bool, optional
        Show a progress bar on stderr; by default on a terminal only.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``. Such a report is
        not for release: a part could be subtracted from all.
    last : int, optional
        Only the newest so many quarters.
    by : str, optional
        A stratum, such as ``"facility"`` or ``"payer"``. The report then has a section with a table and pictures of
        each group. A release has its rates over all quarters together.
    since : path, optional
        The folder of the last report: a table then says which rates differ from those that it gave. It must not show
        more than this report may.
    measures : str, path, Measure or sequence of these, optional
        Measures of the package (:meth:`careflow.Measure.shipped`), paths of TOML files, or measures: a section each,
        with its rule, tables and pictures. A release protects them together with its other tables, and takes one
        follow-up of discharges, within the link window.

    Returns
    -------
    pathlib.Path
        The report in the first of the formats; its folder is that of a full report where ``mode`` is ``"full"``.

    Raises
    ------
    ArgumentError, CountsError, DisclosureError
        If the quarter, the folder, the mode, a measure or a format does not fit, if another process writes to the
        folder, or if too few people are behind the counts of a report that hides small ones.
    """
    chosen = check_formats(formats)
    mode = mode_of(mode, ledger=ledger is not None, insider=insider is not None)
    asked: tuple[Measure, ...] = tuple(measures)  # type: ignore[arg-type]  # the check of the argument loads them
    windows: tuple[int, ...] | None = None
    if asked and mode == RELEASE:
        within = moves.within if isinstance(moves, Transitions) else moves.definition.within
        check_release(asked, within)
        windows = tuple(sorted({within, *(days for one in asked for days in one.windows)}))
    out = folder_of(out, mode)
    if isinstance(moves, Transitions) and findings is None:
        findings = moves.episodes.findings
    earlier = None if since is None else last_report(since, mode)
    label_warnings: set[str] = set()
    token = LABEL_WARNINGS.set(label_warnings)
    about: dict[str, Any] = {}
    try:
        with (
            Progress(progress) as steps,
            folder(out, about, private=mode == FULL) as work,
            second_process(DRAW) as other,
        ):
            steps.next("Counting")
            counts = _counts(moves, calendar, (insider, by), where, last, () if by else asked, windows=windows)
            # People do not add up over a stratum: a measure is counted by quarter alone.
            alone = _counts(moves, calendar, (), where, last, asked, ("discharge", "stay")) if asked and by else None
            by_year = None
            if mode == RELEASE and isinstance(moves, Transitions) and last is None:
                by_year = moves.counts(by="year", clocks=YEAR_TABLES, calendar=calendar)
            if ledger is not None:
                warn_of_unknown_releases(out, ledger, counts.source if source is None else source)
            steps.next("Estimating")
            report = content(counts, quarter=quarter, title=title, source=source, findings=findings, mode=mode,
                             ledger=ledger, insider=insider, by=by, last=earlier, measures=asked,
                             measure_counts=alone, year_counts=by_year)  # fmt: skip
            _fill(work, report, chosen, steps, other)
            about |= _about(report)
    finally:
        LABEL_WARNINGS.reset(token)
    warn_once(label_warnings)
    return out / FORMATS[chosen[0]].file


def _counts(
    moves: Transitions | Counts,
    calendar: Calendar | None,
    strata: tuple[str | None, ...],
    where: Where | None,
    last: int | None,
    measures: tuple[Measure, ...],
    tables: tuple[str, ...] = EVENT_TABLES,
    *,
    windows: tuple[int, ...] | None = None,
) -> Counts:
    if isinstance(moves, Transitions):
        by = ["quarter", *dict.fromkeys(name for name in strata if name is not None and name != "quarter")]
        clocks: tuple[str | Measure, ...] = (*tables, *measures)
        return moves.counts(by=by, clocks=clocks, windows=windows, calendar=calendar, where=where, last=last)
    if calendar is not None and calendar != moves.definition.calendar:
        raise ArgumentError("these counts were made with another calendar; count again with calendar=")
    for name in strata:
        if name is not None and name not in moves.definition.by:
            raise CountsError(f"these counts are not split by {name!r}; count again with by={['quarter', name]}")
    return part_of(moves, where, last)


def _fill(work: Path, report: Content, formats: tuple[str, ...], steps: Progress, other: SecondProcess | None) -> None:
    planned = list(plans(report))
    steps.expect(len(planned) + len(formats) + 1)
    pictures = write(planned, work, other, lambda plan: steps.next(f"Drawing {plan.name}"))
    steps.next("Writing tables")
    tables = work / _TABLES
    tables.mkdir()
    for table in report.tables:
        (tables / f"{table.name}.csv").write_bytes(to_csv(table.frame))
    for name in formats:
        steps.next(f"Writing {name}")
        (work / FORMATS[name].file).write_bytes(writer(name)(report, tuple(pictures)))


def _about(report: Content) -> dict[str, Any]:
    rules = report.rates.about
    released = {} if report.ledger is None else {"ledger": report.ledger, "release": report.release}
    return {
        **released,
        "careflow report": FORMAT,
        "title": report.title,
        "label": report.label,
        "mode": report.mode,
        "quarter": report.quarter,
        "cutoff": rules.cutoff.isoformat(),
        "source": report.source,
    }
