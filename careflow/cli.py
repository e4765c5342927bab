"""The command line: ``careflow report``, ``check``, ``counts``, ``pool`` and ``notebook``.

Exit codes: 0 done; 1 something is wrong with the records, the arguments or the disk, said in one line on stderr;
2 the command was not understood.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from careflow import __version__
from careflow.errors import ArgumentError, CareflowError, RecordError

if TYPE_CHECKING:
    from careflow.continuum import Continuum
    from careflow.counts import Calendar
    from careflow.records import Episodes

SHIPPED: Final = ("standard", "asam3", "asam4", "teds")
"""Continua that need no file."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    commands = parser()
    arguments = commands.parse_args(argv)
    if getattr(arguments, "release", False) != (getattr(arguments, "ledger", None) is not None):
        commands.error("a report for release needs both --release and --ledger DIR, which remembers what was released")
    command: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return command(arguments)
    except CareflowError as error:
        return _fail(str(error))
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe has gone, and Python would complain about it on leaving
        return 1
    except OSError as error:
        name = f"{Path(error.filename).name}: " if error.filename else ""
        return _fail(f"{name}{error.strerror or error}")
    except KeyboardInterrupt:
        return _fail("stopped; nothing was written")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="careflow", description="Transitions and lengths of stay in addiction care.")
    top.add_argument("--version", action="version", version=f"careflow {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    report = commands.add_parser("report", help="write the quarterly report of a file of episodes")
    _add_records(report)
    _add_link(report)
    _add_report(report)
    report.set_defaults(run=_report)

    check = commands.add_parser("check", help="check a file of episodes and print what was found")
    _add_records(check)
    _add_within(check, None, "also say which discharges can be linked: an admission within so many days is a move")
    check.set_defaults(run=_check)

    counts = commands.add_parser("counts", help="count a file of episodes by quarter, for pooling with other sites")
    _add_records(counts)
    _add_link(counts)
    counts.add_argument("--out", required=True, type=Path, metavar="FILE.parquet", help="where to write the counts")
    counts.add_argument("--by", nargs="+", default=["quarter"], metavar="NAME", help="strata (default: quarter)")
    counts.set_defaults(run=_counts)

    pool = commands.add_parser("pool", help="write the report of the counts of several sites together")
    pool.add_argument(
        "files", nargs="+", type=Path, metavar="FILE.parquet", help="counts of sites without a common person"
    )
    _add_report(pool)
    pool.set_defaults(run=_pool)

    notebook = commands.add_parser("notebook", help="copy a notebook to start from")
    notebook.add_argument("name", choices=["quarterly"], help="which notebook")
    notebook.add_argument("folder", type=Path, metavar="DIR", help="where to")
    notebook.set_defaults(run=_notebook)
    return top


def _add_records(to: argparse.ArgumentParser) -> None:
    to.add_argument("file", metavar="FILE", help="CSV or Parquet, one row a stay; a pattern such as 'stays/*.csv' too")
    group = to.add_argument_group("the records")
    group.add_argument("--cutoff", required=True, type=_day, metavar="DATE", help="last day with complete data")
    group.add_argument("--start", type=_day, metavar="DATE", help="first day from which everyone in care was recorded")
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
        "--date-basis", default="actual", metavar="BASIS", help="what dates are: actual, shifted, offset or quarter"
    )
    group.add_argument("--anchor", metavar="DATE", help="day 0 of dates of basis offset")
    group.add_argument("--tz", metavar="ZONE", help="time zone whose dates are meant, where the file mixes several")
    group.add_argument("--encoding", metavar="NAME", help="how a text file is encoded (default: found out)")
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


def _add_link(to: argparse.ArgumentParser) -> None:
    _add_within(to, 30, "an admission within so many days is a move (default: 30)")
    to.add_argument("--fiscal-start", type=int, default=1, metavar="MONTH", help="first month of the year, 1 to 12")


def _add_within(to: argparse.ArgumentParser, default: int | None, what: str) -> None:
    to.add_argument("--within", type=int, default=default, metavar="DAYS", help=what)


def _add_report(to: argparse.ArgumentParser) -> None:
    group = to.add_argument_group("the report")
    group.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of the report")
    group.add_argument(
        "--release", action="store_true", help="hide what must be hidden, with a proof, so that it may be released"
    )
    group.add_argument(
        "--ledger", type=Path, metavar="DIR", help="with --release: the folder that remembers what was released"
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
    group.add_argument("--title", help="what the report is called")
    group.add_argument("--source", metavar="TEXT", help="where the records came from, as it stands under each chart")
    group.add_argument(
        "--progress", action=argparse.BooleanOptionalAction, default=None, help="progress bar (default: on a terminal)"
    )


def _report(asked: argparse.Namespace) -> int:
    from careflow.counts import link
    from careflow.report import write_report
    from careflow.report.progress import Progress

    with Progress(asked.progress) as steps:
        steps.next("Reading")
        episodes = _episodes(asked)
        steps.next("Linking")
        moves = link(episodes, within=asked.within)
    page = write_report(moves, asked.out, calendar=_calendar(asked), **_report_options(asked))
    print(page)
    return 0


def _check(asked: argparse.Namespace) -> int:
    from careflow.records.told import attrition_told, findings_told, seen_told

    try:
        episodes = _episodes(asked)
    except RecordError as error:
        if error.findings is not None:
            print(*findings_told(error.findings), sep="\n")
        raise
    attrition = episodes.attrition
    if asked.within is not None:
        from careflow.counts import link

        attrition = link(episodes, within=asked.within).attrition
    title = "From the file to the discharges" + ("" if asked.within is None else " that are linked")
    print(repr(episodes).strip("<>"), *findings_told(episodes.findings), sep="\n")
    print("", title, *attrition_told(attrition), *seen_told(episodes), sep="\n")
    return 0


def _counts(asked: argparse.Namespace) -> int:
    from careflow.counts import link

    counts = link(_episodes(asked), within=asked.within).counts(by=asked.by, calendar=_calendar(asked))
    part = asked.out.with_name(f".{asked.out.name}.part")
    try:
        counts.save(part)
        part.replace(asked.out)
    finally:
        part.unlink(missing_ok=True)
    print(repr(counts).strip("<>"))
    return 0


def _pool(asked: argparse.Namespace) -> int:
    from careflow.counts import Counts
    from careflow.report import write_report

    first, *others = [Counts.load(path) for path in asked.files]
    for counts in others:
        first = first + counts
    print(write_report(first, asked.out, **_report_options(asked)))
    return 0


def _notebook(asked: argparse.Namespace) -> int:
    from careflow.report.starters import copy_starter

    print(copy_starter(asked.name, asked.folder))
    return 0


def _episodes(asked: argparse.Namespace) -> Episodes:
    from careflow.records import read_episodes

    return read_episodes(
        asked.file,
        _continuum(asked.continuum),
        cutoff=asked.cutoff,
        start=asked.start,
        columns=dict(asked.columns or ()),
        levels=dict(asked.levels or ()) or None,
        reasons=dict(asked.reasons or ()) or None,
        date_format=asked.date_format,
        overlaps=asked.overlaps,
        bridge_days=asked.bridge_days,
        close_open_after=asked.close_open_after,
        date_basis=asked.date_basis,
        anchor=asked.anchor,
        tz=asked.tz,
        encoding=asked.encoding,
        sheet=asked.sheet,
        memory=asked.memory,
        allow=asked.allow,
        accept=asked.accept,
    )


def _continuum(name: str | None) -> Continuum | None:
    from careflow.continuum import Continuum

    if name is None or name == "standard":
        return None
    if name in ("asam3", "asam4"):
        return Continuum.asam(int(name[-1]))
    if name == "teds":
        return Continuum.teds()
    if not name.endswith(".toml") and not Path(name).exists():
        raise ArgumentError(f"--continuum is a TOML file, or one of {', '.join(SHIPPED)}")
    return Continuum.from_toml(name)


def _calendar(asked: argparse.Namespace) -> Calendar | None:
    from careflow.counts import Calendar

    return None if asked.fiscal_start == 1 else Calendar(fiscal_start=asked.fiscal_start)


def _report_options(asked: argparse.Namespace) -> dict[str, Any]:
    options = {name: getattr(asked, name) for name in ("quarter", "title", "source", "ledger", "insider", "progress")}
    return options | {"formats": [name.strip() for name in asked.formats.split(",") if name.strip()]}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2025-12-31") from None


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


def _fail(message: str) -> int:
    print(f"careflow: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
