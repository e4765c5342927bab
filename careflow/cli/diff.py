"""The command ``careflow diff``: why rates of two extracts differ, as lines and as a page."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from careflow.cli.arguments import add_link, add_records, day_given
from careflow.cli.commands import moves_of
from careflow.errors import ArgumentError
from careflow.formatting import several

if TYPE_CHECKING:
    from careflow.estimate import Diff

SHOWN: Final = 5
"""Rates of which the causes are printed."""


def add(to: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    to.add_argument("old", metavar="OLD", help="the old extract, or its counts (--cutoff is then not needed)")
    add_records(to, cutoff=False, metavar="NEW")
    to.add_argument(
        "--cutoff", nargs="+", type=day_given, metavar="DATE",
        help="last day with complete data of OLD and of NEW, or their quarters; one date for both",
    )  # fmt: skip
    add_link(to)
    to.add_argument("--by", nargs="+", default=["quarter"], metavar="NAME", help="strata (default: quarter)")
    to.add_argument("--from", dest="frm", metavar="LEVEL", help="only discharges from this level")
    to.add_argument("--to", metavar="LEVEL", help="only this level or outcome reached")
    to.add_argument("--quarter", metavar="QUARTER", help="only this period, such as 2025Q3")
    to.add_argument("--out", type=Path, metavar="FILE.html", help="also write a page, with small counts")
    to.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Compare two extracts; print what moved and why, and write a page of it."""
    from careflow.counts import Calendar
    from careflow.estimate import diff

    if asked.out is not None and asked.out.suffix.lower() not in (".html", ".htm"):
        raise ArgumentError("the page of a diff ends in .html, as in --out why.html")
    sides = _counts(asked) if asked.cutoff is None else _linked(asked)
    calendar = Calendar(asked.fiscal_start) if asked.fiscal_start != 1 else None
    why = diff(*sides, by=asked.by, calendar=calendar)
    chosen = {"frm": asked.frm, "to": asked.to, "quarter": asked.quarter}
    print(*told(why, chosen), sep="\n")
    if asked.out is not None:
        from careflow.report.diff_page import write_diff_page

        print(write_diff_page(why, asked.out, **chosen))
    return 0


def told(why: Diff, chosen: dict[str, Any]) -> Iterator[str]:
    """Return the lines of a diff: what it is, and the causes of the rates that moved most."""
    from careflow.estimate.revisions.moved_most import causes_of, moved_most, words_of

    yield repr(why).strip("<>")
    if why.matched is not None:
        yield "Stays of both files: " + "; ".join(f"{n:,} by {by}" for by, n in why.matched.values.tolist())
    rates = moved_most(why, **chosen)
    for row in rates.head(SHOWN).to_dict("records"):
        yield ""
        yield words_of(why, row)
        for cause in causes_of(why, row).to_dict("records"):
            where = ", next stay" if cause["where"] == "next stay" else ""
            points = "missing" if cause["points"] != cause["points"] else f"{cause['points']:+.3f}"
            yield f"  {points:>9}  {cause['cause']}{where}  {_records(cause['records'])}".rstrip()
    if len(rates) > SHOWN:
        yield ""
        yield f"and {len(rates) - SHOWN:,} more rates that moved; choose with --from, --to and --quarter"


def _records(n: Any) -> str:
    import pandas as pd

    return "" if pd.isna(n) else f"({several(n, 'record')})"


def _linked(asked: argparse.Namespace) -> tuple[Any, Any]:
    """Read and link both extracts, the new one alongside the old one."""
    if len(asked.cutoff) > 2:
        raise ArgumentError("--cutoff takes the date of OLD and that of NEW, or one date for both")
    of_each = zip((asked.old, asked.file), (asked.cutoff[0], asked.cutoff[-1]), strict=True)
    first, second = (argparse.Namespace(**{**vars(asked), "file": file, "cutoff": day}) for file, day in of_each)
    old = moves_of(first)
    return old, moves_of(second, alongside=old.episodes)


def _counts(asked: argparse.Namespace) -> tuple[Any, Any]:
    """Load the counts of both extracts."""
    from careflow.counts import Counts
    from careflow.errors import CountsError

    try:
        return Counts.load(asked.old), Counts.load(asked.file)
    except CountsError as error:
        raise ArgumentError(
            f"{error}. For files of stays name the last complete day of each: --cutoff DATE-OF-OLD DATE-OF-NEW"
        ) from error
