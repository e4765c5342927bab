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
from careflow.cli import commands, diff, project
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
        own = project.arguments({**settings, **({} if arguments.file is None else {"file": arguments.file})}, given[0])
        rest = [word for word in given[1:] if word != arguments.file]
        arguments = top.parse_args([given[0], *own, *rest])
        project.check_cutoff(arguments, settings.get("cutoff", "any"))
    if getattr(arguments, "out", "") is None:
        top.error("name the folder of the report with --out DIR")
    return arguments


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="careflow", description="Transitions and lengths of stay in addiction care.")
    top.add_argument("--version", action="version", version=f"careflow {__version__}")
    kinds = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    report = kinds.add_parser("report", help="write the quarterly report of a file of episodes")
    add_records(report, project=True)
    add_link(report)
    add_part(report)
    add_report(report)
    report.set_defaults(run=commands.report)

    check = kinds.add_parser("check", help="check a file of episodes and print what was found")
    add_records(check, project=True)
    add_within(check, None, "also say which discharges can be linked: an admission within so many days is a move")
    check.set_defaults(run=commands.check)

    counts = kinds.add_parser("counts", help="count a file of episodes by quarter, for pooling with other sites")
    add_records(counts, project=True)
    add_link(counts)
    add_part(counts)
    counts.add_argument("--out", required=True, type=Path, metavar="FILE.parquet", help="where to write the counts")
    counts.add_argument("--by", nargs="+", default=["quarter"], metavar="NAME", help="strata (default: quarter)")
    counts.set_defaults(run=commands.counts)

    pool = kinds.add_parser("pool", help="write the report of the counts of several sites together")
    pool.add_argument(
        "files", nargs="+", type=Path, metavar="FILE.parquet", help="counts of sites without a common person"
    )
    add_part(pool)
    add_report(pool, reads=False)
    pool.set_defaults(run=commands.pool)

    diff.add(kinds.add_parser("diff", help="say why rates of two extracts of the same records differ"))

    read = kinds.add_parser("read", help="read claims, events and other sources, and save the stays they are")
    add_records(read)
    read.add_argument("--out", required=True, type=Path, metavar="FILE.parquet", help="where to write the stays")
    read.set_defaults(run=commands.read)

    sources = kinds.add_parser("sources", help="list what can be read besides files of stays")
    sources.set_defaults(run=commands.sources)

    measures = kinds.add_parser("measures", help="list the measures in the package, or show the rule of one")
    measures.add_argument("name", nargs="?", metavar="NAME", help="a measure, or the path of a TOML file")
    measures.set_defaults(run=commands.measures)

    notebook = kinds.add_parser("notebook", help="copy a notebook, with the data that it reads")
    notebook.add_argument("name", help="which notebook: quarterly, or one of the package by its number or name")
    notebook.add_argument("folder", type=Path, metavar="DIR", help="where to")
    notebook.set_defaults(run=commands.notebook)

    init = kinds.add_parser("init", help=f"write {project.NAME}, so that each quarter's report is one short command")
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

    demo = kinds.add_parser("demo", help="make the made-up sample and its report, from the package alone")
    demo.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new folder")
    demo.add_argument("--progress", action=argparse.BooleanOptionalAction, default=None, help="progress bar")
    demo.set_defaults(run=commands.demo, again=main)
    return top


def _fail(message: str) -> int:
    print(f"careflow: {in_command_words(message)}", file=sys.stderr)
    return 1
