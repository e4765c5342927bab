"""The arguments of the command line, and how a day and a pair are read from them."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any, Final

SHIPPED: Final = ("standard", "asam3", "asam4", "teds")
"""Continua that need no file; told again here, so that ``careflow --help`` need not load them."""


def add_records(
    to: argparse.ArgumentParser, *, project: bool = False, cutoff: bool = True, metavar: str = "FILE"
) -> None:
    """Add the file of episodes and how it is to be read; with ``project`` the file may be that of a project."""
    what = "CSV or Parquet, one row a stay; a pattern such as 'stays/*.csv' too"
    if project:
        to.add_argument("file", nargs="?", metavar="FILE", help=f"{what} (default: that of the project)")
    else:
        to.add_argument("file", metavar=metavar, help=what)
    group = to.add_argument_group("the records")
    if project:
        group.add_argument(
            "--project",
            type=Path,
            metavar="FILE.toml",
            help="settings of 'careflow init' (default: careflow.toml here)",
        )
    if cutoff:
        group.add_argument(
            "--cutoff",
            required=True,
            type=day_given,
            metavar="DATE",
            help="last day with complete data, or its quarter",
        )
    group.add_argument(
        "--start", type=day_given, metavar="DATE", help="first day from which everyone in care was recorded"
    )
    group.add_argument(
        "--continuum", metavar="FILE.toml", help=f"levels of care: a TOML file, or one of {', '.join(SHIPPED)}"
    )
    for name, what, parse in (
        ("columns", "field=column", _first_pair),
        ("levels", "code=level", _last_pair),
        ("reasons", "code=reason", _last_pair),
    ):
        group.add_argument(
            f"--{name}", nargs="+", action="extend", type=parse, metavar=what, help=f"what the file calls them: {what}"
        )
    group.add_argument("--date-format", metavar="FORMAT", help="how dates are written, such as %%d.%%m.%%Y")
    group.add_argument(
        "--overlaps",
        default="flag",
        metavar="RULE",
        help="overlapping stays: flag (kept, the default), highest (the more intensive level has each day), "
        "latest (an admission ends the stay before) or error (stop)",
    )
    group.add_argument(
        "--bridge-days",
        type=int,
        default=0,
        metavar="DAYS",
        help="join stays at one level and facility over such a gap",
    )
    group.add_argument(
        "--close-open-after", type=int, metavar="DAYS", help="close stays that are open for longer (default: none)"
    )
    group.add_argument(
        "--date-basis",
        default="actual",
        metavar="BASIS",
        help="what dates are: actual, shifted, offset, quarter or duration",
    )
    group.add_argument(
        "--unknown", default="set aside", metavar="RULE", help="stays of an unknown level: 'set aside' or 'keep'"
    )
    group.add_argument("--anchor", metavar="DATE", help="day 0 of dates of basis offset")
    group.add_argument("--tz", metavar="ZONE", help="time zone whose dates are meant, where the file mixes several")
    group.add_argument("--encoding", metavar="NAME", help="how a text file is encoded (default: found out)")
    group.add_argument(
        "--source",
        dest="stay_source",
        metavar="NAME",
        help="what FILE is, if not stays: claims, events and others; 'careflow sources' lists them",
    )
    group.add_argument(
        "--option",
        nargs="+",
        action="extend",
        default=[],
        type=_first_pair,
        metavar="NAME=VALUE",
        help="an option of the source, such as scope=file gaps.iop=21",
    )
    group.add_argument("--sheet", metavar="NAME", help="which sheet of a workbook")
    group.add_argument(
        "--memory", metavar="AMOUNT", help="the most memory that is taken, such as 3GB; the rest is spilled"
    )
    group.add_argument(
        "--accept",
        nargs="+",
        default=[],
        metavar="RULE",
        help="rules such as R06 that may set aside more than the limits, F04, S08",
    )
    group.add_argument(
        "--allow",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="columns that may pass although they look like identifiers",
    )


def add_link(to: argparse.ArgumentParser) -> None:
    """Add how stays are linked and what a year is."""
    add_within(to, 30, "an admission within so many days is a move (default: 30)")
    to.add_argument("--fiscal-start", type=int, default=1, metavar="MONTH", help="first month of the year, 1 to 12")


def add_part(to: argparse.ArgumentParser) -> None:
    """Add which part of the records is counted."""
    to.add_argument(
        "--where",
        nargs="+",
        type=_first_pair,
        action="extend",
        metavar="STRATUM=LABEL",
        help="only these records, such as payer=Medicaid; several labels of one stratum are put together",
    )
    to.add_argument("--last", type=int, metavar="N", help="only the newest so many periods (quarters)")


def part_asked(asked: argparse.Namespace) -> dict[str, Any]:
    """Return the part of the records as functions of careflow take it."""
    labels: dict[str, list[str]] = {}
    for name, label in asked.where or ():
        labels.setdefault(name, []).append(label)
    return {"where": labels or None, "last": asked.last}


def add_within(to: argparse.ArgumentParser, default: int | None, what: str) -> None:
    """Add the link window, with its default and what to say of it."""
    to.add_argument("--within", type=int, default=default, metavar="DAYS", help=what)


def add_report(to: argparse.ArgumentParser, *, reads: bool = True) -> None:
    """Add where the report goes and what is in it; a command that reads records has another ``--source``."""
    group = to.add_argument_group("the report")
    group.add_argument(
        "--out",
        required=not reads,
        type=Path,
        metavar="DIR",
        help="folder of the report" + (" (or in the project)" * reads),
    )
    group.add_argument(
        "--full", action="store_true", help="hide nothing: for the provider's own authorised staff, to DIR-full"
    )
    group.add_argument(
        "--release", action="store_true", help="hide what must be hidden, with a proof, so that it may be released"
    )
    group.add_argument(
        "--ledger",
        type=Path,
        metavar="DIR",
        help="the folder that remembers what was released; a report with one is a release",
    )
    group.add_argument(
        "--insider", metavar="NAME", help="with --release: also against each facility (or other stratum) of its own row"
    )
    group.add_argument("--quarter", metavar="QUARTER", help="such as 2025Q3 (default: the newest mature one)")
    group.add_argument(
        "--format",
        dest="formats",
        default="html",
        metavar="LIST",
        help="html, xlsx, pptx, pdf, by commas (default: html)",
    )
    group.add_argument(
        "--by", metavar="COLUMN", help="a section with a table and pictures of each facility, payer, ..."
    )
    group.add_argument(
        "--since", type=Path, metavar="DIR", help="the folder of the last report, to say what differs from it"
    )
    add_measures(group)
    group.add_argument("--title", help="what the report is called")
    group.add_argument(
        *(["--source-text"] if reads else ["--source-text", "--source"]),
        dest="source",
        metavar="TEXT",
        help="where the records came from, as it stands under each chart",
    )
    group.add_argument(
        "--progress", action=argparse.BooleanOptionalAction, default=None, help="progress bar (default: on a terminal)"
    )


def add_measures(to: argparse._ActionsContainer) -> None:
    """Add the measures that have a section in the report."""
    to.add_argument(
        "--measure",
        dest="measures",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="a section for each measure: its name ('careflow measures' lists them), or a TOML file",
    )


def day_given(text: str) -> date:
    """Read a day, or the last day of a quarter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    from careflow.counts.calendar import Calendar
    from careflow.counts.period_labels import period_number
    from careflow.errors import ArgumentError

    try:
        return Calendar().last(period_number(text, "quarter", Calendar()), "quarter")
    except ArgumentError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date such as 2025-12-31, and no quarter such as 2025Q4"
        ) from None


def _first_pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    return _pair(name, sign, value)


def _last_pair(text: str) -> tuple[str, str]:
    code, sign, value = text.rpartition("=")  # a code may hold the sign; a level or a reason does not
    return _pair(code, sign, value)


def _pair(left: str, sign: str, right: str) -> tuple[str, str]:
    if not (left and sign and right):
        raise argparse.ArgumentTypeError("write a pair such as level=LOC, without spaces around the sign")
    return left, right
