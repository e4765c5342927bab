"""Run a command of the command line and say how it ended.

Exit codes: 0 done; 1 something is wrong with the records, the arguments or the disk, said in one line on stderr;
2 the command was not understood.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from careflow import __version__
from careflow.cli import commands, contents, diff, project
from careflow.cli.arguments import add_link, add_measures, add_part, add_records, add_report, add_within
from careflow.cli.command_words import in_command_words
from careflow.errors import CareflowError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    top = parser()
    try:
        arguments = parsed(argv, top)
    except CareflowError as error:
        return _fail(str(error))
    full, release, ledger = (getattr(arguments, name, None) for name in ("full", "release", "ledger"))
    if release and ledger is None:
        top.error("a release needs --ledger DIR, a folder that remembers what was released, and may be new")
    if full and (release or ledger is not None):
        top.error("a full report hides nothing and never enters a ledger; leave out --full, or --release and --ledger")
    command: Callable[[argparse.Namespace], int] = arguments.run
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: print(
                f"careflow: {in_command_words(str(message))}", file=sys.stderr
            )
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


def parsed(argv: Sequence[str] | None = None, top: argparse.ArgumentParser | None = None) -> argparse.Namespace:
    """Return the arguments of a command; where it names no file, those of its project come first.

    An option of the command takes the place of that of the project, a list the place of the list. Of pairs
    (``--columns``, ``--levels``, ``--reasons``, ``--option``) it is the pair of the same name.

    Raises
    ------
    ArgumentError
        If there is no file and no project, or the cut-off does not fit the rule of the project.
    """
    top = top or parser()
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = top.parse_args(given)
    if given[0] not in project.COMMANDS:
        return arguments
    if arguments.file is None or arguments.project is not None:
        settings = project.load(arguments.project or Path(project.NAME))
        settings = project.without_replaced(settings, arguments)
        own = project.arguments({**settings, **({} if arguments.file is None else {"file": arguments.file})}, given[0])
        rest = [word for word in given[1:] if word != arguments.file]
        arguments = top.parse_args([given[0], *own, *rest])
        project.check_cutoff(arguments, settings.get("cutoff", "any"))
    if getattr(arguments, "out", "") is None:
        top.error("name the folder of the report with --out DIR")
    return arguments


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="careflow",
        usage="careflow COMMAND ...",
        description=f"Transitions and lengths of stay in addiction care.\n\n{contents.listing()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,  # the listing says it, on one screen
    )
    top.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)
    top.add_argument("--version", action="version", version=f"careflow {__version__}", help=argparse.SUPPRESS)
    kinds = top.add_subparsers(dest="command", required=True, metavar="COMMAND", help=argparse.SUPPRESS)

    report = contents.add(kinds, "report")
    add_records(report, project=True)
    add_link(report)
    add_part(report)
    add_report(report)
    report.set_defaults(run=commands.report)

    check = contents.add(kinds, "check")
    add_records(check, project=True)
    add_within(check, None, "also say which discharges can be linked: an admission within so many days is a move")
    check.set_defaults(run=commands.check)

    counts = contents.add(kinds, "counts")
    add_records(counts, project=True)
    add_link(counts)
    add_part(counts)
    counts.add_argument("--out", required=True, type=Path, metavar="FILE.parquet", help="where to write the counts")
    counts.add_argument("--by", nargs="+", default=["quarter"], metavar="NAME", help="strata (default: quarter)")
    counts.set_defaults(run=commands.counts)

    pool = contents.add(kinds, "pool")
    pool.add_argument(
        "files", nargs="+", type=Path, metavar="FILE.parquet", help="counts of sites without a common person"
    )
    add_part(pool)
    add_report(pool, reads=False)
    pool.set_defaults(run=commands.pool)

    diff.add(contents.add(kinds, "diff"))

    read = contents.add(kinds, "read")
    add_records(read)
    read.add_argument("--out", required=True, type=Path, metavar="FILE.parquet", help="where to write the stays")
    read.set_defaults(run=commands.read)

    sources = contents.add(kinds, "sources")
    sources.set_defaults(run=commands.sources)

    measures = contents.add(kinds, "measures")
    measures.add_argument("name", nargs="?", metavar="NAME", help="a measure, or the path of a TOML file")
    measures.set_defaults(run=commands.measures)

    notebook = contents.add(kinds, "notebook")
    notebook.add_argument("name", help="which notebook: quarterly, or one of the package by its number or name")
    notebook.add_argument("folder", type=Path, metavar="DIR", help="where to")
    notebook.set_defaults(run=commands.notebook)

    init = contents.add(kinds, "init")
    add_records(init, cutoff=False)
    add_link(init)
    init.add_argument("--rule", choices=project.RULES, default="quarter-end", help="which days a cut-off may be")
    init.add_argument("--mode", choices=project.MODES, default="masked", help="who reads the report")
    init.add_argument("--by", metavar="COLUMN", help="a section for each facility, payer, ...")
    add_measures(init)
    init.add_argument("--ledger", type=Path, metavar="DIR", help="of a release")
    init.add_argument("--out", type=Path, default=Path("report"), metavar="DIR", help="folder of the reports")
    init.add_argument("--project", type=Path, default=Path(project.NAME), metavar="FILE.toml", help="what to write")
    init.set_defaults(run=project.init)

    demo = contents.add(kinds, "demo")
    demo.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new folder")
    demo.add_argument("--progress", action=argparse.BooleanOptionalAction, default=None, help="progress bar")
    demo.set_defaults(run=commands.demo, again=main)
    return top


def _fail(message: str) -> int:
    print(f"careflow: {in_command_words(message)}", file=sys.stderr)
    return 1
