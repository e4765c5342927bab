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
from careflow.cli import commands
from careflow.cli.arguments import add_link, add_part, add_records, add_report, add_within
from careflow.errors import CareflowError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    top = parser()
    arguments = top.parse_args(argv)
    full, release, ledger = (getattr(arguments, name, None) for name in ("full", "release", "ledger"))
    if release and ledger is None:
        top.error("a release needs --ledger DIR, a folder that remembers what was released, and may be new")
    if full and (release or ledger is not None):
        top.error("a full report hides nothing and never enters a ledger; leave out --full, or --release and --ledger")
    command: Callable[[argparse.Namespace], int] = arguments.run
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: print(f"careflow: {message}", file=sys.stderr)
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
    kinds = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    report = kinds.add_parser("report", help="write the quarterly report of a file of episodes")
    add_records(report)
    add_link(report)
    add_part(report)
    add_report(report)
    report.set_defaults(run=commands.report)

    check = kinds.add_parser("check", help="check a file of episodes and print what was found")
    add_records(check)
    add_within(check, None, "also say which discharges can be linked: an admission within so many days is a move")
    check.set_defaults(run=commands.check)

    counts = kinds.add_parser("counts", help="count a file of episodes by quarter, for pooling with other sites")
    add_records(counts)
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

    read = kinds.add_parser("read", help="read claims, events and other sources, and save the stays they are")
    add_records(read)
    read.add_argument("--out", required=True, type=Path, metavar="FILE.parquet", help="where to write the stays")
    read.set_defaults(run=commands.read)

    sources = kinds.add_parser("sources", help="list what can be read besides files of stays")
    sources.set_defaults(run=commands.sources)

    measures = kinds.add_parser("measures", help="list the measures in the package, or show the rule of one")
    measures.add_argument("name", nargs="?", metavar="NAME", help="a measure, or the path of a TOML file")
    measures.set_defaults(run=commands.measures)

    notebook = kinds.add_parser("notebook", help="copy a notebook to start from")
    notebook.add_argument("name", choices=["quarterly"], help="which notebook")
    notebook.add_argument("folder", type=Path, metavar="DIR", help="where to")
    notebook.set_defaults(run=commands.notebook)
    return top


def _fail(message: str) -> int:
    print(f"careflow: {message}", file=sys.stderr)
    return 1
