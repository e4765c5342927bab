"""What ``careflow --help`` lists: the commands by when they are used, in a line each, with an example."""

from __future__ import annotations

import argparse
from typing import Final, NamedTuple


class Command(NamedTuple):
    """A command in the table of contents."""

    words: str
    example: str


CONTENTS: Final[dict[str, dict[str, Command]]] = {
    "to try it": {
        "demo": Command("make the made-up sample and its report", "careflow demo --out try"),
        "notebook": Command("copy a notebook to start from", "careflow notebook quarterly try"),
    },
    "once for a file": {
        "check": Command(
            "check a file of stays, and print what was found",
            "careflow check stays.csv --cutoff 2025-12-31 --columns person_id=CLIENT level=LOC",
        ),
        "init": Command(
            "write careflow.toml: each quarter is then one short command",
            "careflow init stays.csv --columns person_id=CLIENT level=LOC --by facility",
        ),
    },
    "every quarter": {
        "report": Command(
            "write the quarterly report of a file of stays",
            "careflow report stays.csv --cutoff 2025-12-31 --out report",
        ),
        "diff": Command(
            "say why numbers of two extracts of the same records differ",
            "careflow diff old.csv new.csv --cutoff 2025-09-30 2025-12-31",
        ),
    },
    "several sites": {
        "counts": Command(
            "count a file of stays by quarter, without a person in it",
            "careflow counts stays.csv --cutoff 2025-12-31 --out north.parquet",
        ),
        "pool": Command(
            "write the report of the counts of several sites", "careflow pool north.parquet south.parquet --out report"
        ),
    },
    "other files": {
        "sources": Command("list what can be read besides files of stays", "careflow sources"),
        "read": Command(
            "read claims, events and other sources, and save their stays",
            "careflow read claims.csv --source claims --cutoff 2025-12-31 --out stays.parquet",
        ),
        "measures": Command(
            "list the measures, or show the rule of one", "careflow measures continuity-inpatient-residential"
        ),
    },
}
"""The commands by when they are used."""
COMMANDS: Final = {name: command for part in CONTENTS.values() for name, command in part.items()}


def listing() -> str:
    """Return the table of contents.

    Examples
    --------
    >>> listing().splitlines()[:2]
    ['to try it:', '  demo      make the made-up sample and its report']
    """
    wide = max(map(len, COMMANDS)) + 2
    parts = [
        "\n".join([f"{when}:", *(f"  {name:{wide}}{command.words}" for name, command in part.items())])
        for when, part in CONTENTS.items()
    ]
    return "\n".join([*parts, "", "careflow COMMAND --help: its options, and an example. careflow --version"])


def add(kinds: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> argparse.ArgumentParser:
    """Add a command with its line of the table of contents and its example."""
    command = COMMANDS[name]
    words = f"{command.words[:1].upper()}{command.words[1:]}."
    return kinds.add_parser(
        name,
        description=words,
        epilog=f"example:\n  {command.example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
