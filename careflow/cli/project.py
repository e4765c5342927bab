"""A project: a small TOML that says what the commands need to know of a file every quarter."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from careflow.errors import ArgumentError

NAME: Final = "careflow.toml"
RULES: Final = ("any", "month-end", "quarter-end")
"""Which days a cut-off may be: any, or the last one of a month or of a quarter."""
COMMANDS: Final = ("report", "check", "counts")
"""The commands that read a project."""
MODES: Final = ("masked", "full", "release")
_PAIRS: Final = ("columns", "levels", "reasons", "where")
_LISTS: Final = ("accept", "allow")
_RECORDS: Final = (
    *("continuum", "start", "date_format", "overlaps", "bridge_days", "close_open_after", "date_basis"),
    "unknown",
    *("anchor", "tz", "encoding", "sheet", "memory"),
)
_LINK: Final = ("within", "fiscal_start")
_REPORT: Final = ("by", "out", "formats", "ledger", "insider", "title", "source_text", "measures")
_OWN: Final = ("file", "source", "cutoff", "mode", "options")
_PATHS: Final = ("file", "continuum", "out", "ledger")
_FLAGS: Final = {"formats": "--format", "options": "--option", "measures": "--measure"}
KEYS: Final = (*_OWN, *_PAIRS, *_LISTS, *_RECORDS, *_LINK, *_REPORT)


def load(path: Path) -> dict[str, Any]:
    """Return the settings of a project, paths taken from its folder.

    Raises
    ------
    ArgumentError
        If the file is not there, is no TOML, or has a key that no command knows.
    """
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ArgumentError(
            f"name the file of stays, or run 'careflow init FILE', which writes {NAME}; there is no {path.name} here"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArgumentError(f"{path.name} is not TOML: {error}") from None
    if unknown := [key for key in settings if key not in KEYS]:
        raise ArgumentError(f"{path.name} has {unknown[0]!r}, which no command knows; it may have {', '.join(KEYS)}")
    if "file" not in settings:
        raise ArgumentError(f'{path.name} names no file of stays; add file = "stays.csv"')
    for key, allowed in (("cutoff", RULES), ("mode", MODES)):
        if settings.get(key, allowed[0]) not in allowed:
            raise ArgumentError(f"{key} in {path.name} is {settings[key]!r}; it can be {', '.join(allowed)}")
    for key in _PATHS:
        shipped = key == "continuum" and not str(settings.get(key, "")).endswith(".toml")
        if key in settings and not shipped and "://" not in str(settings[key]):
            settings[key] = str(path.parent / settings[key])
    if "measures" in settings:
        named = _each(settings["measures"])
        settings["measures"] = [str(path.parent / one) if str(one).endswith(".toml") else one for one in named]
    return settings


def arguments(settings: Mapping[str, Any], command: str) -> list[str]:
    """Return the settings as arguments of a command; what it does not take is left out.

    Examples
    --------
    >>> arguments({"file": "a.csv", "columns": {"person_id": "PID"}, "by": "payer", "mode": "full"}, "check")
    ['a.csv', '--columns', 'person_id=PID']
    >>> arguments({"file": "a.csv", "by": "payer", "mode": "full"}, "report")
    ['a.csv', '--full', '--by', 'payer']
    """
    taken = [*_PAIRS[:3], *_LISTS, *_RECORDS, "source", "options", "within"]
    if command in ("report", "counts"):
        taken += ["where", *_LINK]
    out = [str(settings["file"])]
    if command == "report":
        taken += _REPORT
        mode = settings.get("mode", "masked")
        out += [f"--{mode}"] if mode != "masked" else []
    for key in dict.fromkeys(taken):
        if (value := settings.get(key)) is None:
            continue
        flag = _FLAGS.get(key, f"--{key.replace('_', '-')}")
        if isinstance(value, Mapping):
            pairs = [f"{name}={one}" for name, each in value.items() for one in _each(each)]
            out += [flag, *pairs] if pairs else []
        elif key in (*_LISTS, "measures"):
            out += [flag, *map(str, value)] if value else []
        else:
            out += [flag, ",".join(map(str, value)) if isinstance(value, list) else str(value)]
    return out


def without_replaced(settings: Mapping[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """Return the settings without the lists in whose place the command line has one.

    Examples
    --------
    >>> without_replaced({"measures": ["a"], "accept": ["R06"]}, argparse.Namespace(measures=["b"], accept=[]))
    {'accept': ['R06']}
    """
    return {
        key: value
        for key, value in settings.items()
        if key not in ("where", "measures", *_LISTS) or not getattr(asked, key, None)
    }


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def written(asked: argparse.Namespace, folder: Path) -> str:
    """Return the TOML of what was asked of ``careflow init``, with a word on each setting."""
    pairs = {name: dict(getattr(asked, name) or ()) for name in ("columns", "levels", "reasons")}
    file = asked.file
    if "://" not in file and Path(file).is_absolute() and Path(file).is_relative_to(folder.resolve()):
        file = str(Path(file).relative_to(folder.resolve()))
    lines = [
        "# What careflow needs to know of these records every quarter. Each quarter:",
        "#   careflow report --cutoff 2026-03-31",
        "# An option on the command line takes the place of the one here.",
        f"file = {_text(file)}",
    ]
    if asked.stay_source is not None:
        lines += [f"source = {_text(asked.stay_source)}  # what the file is, if not stays"]
    lines += [f"cutoff = {_text(asked.rule)}  # which days a cut-off may be: {', '.join(RULES)}"]
    for name in (*_RECORDS, *_LINK):
        value, default = getattr(asked, name, None), _DEFAULTS.get(name)
        if value is not None and value != default:
            lines.append(f"{name} = {value if isinstance(value, int) else _text(str(value))}")
    lines += [f"{name} = {json.dumps(getattr(asked, name))}" for name in _LISTS if getattr(asked, name)]
    lines += [
        f"mode = {_text(asked.mode)}  # who reads the report: {', '.join(MODES)}",
        f"out = {_text(str(asked.out))}",
        f"by = {_text(asked.by)}"
        if asked.by
        else '# by = "facility"  # a section for each facility, payer or other column',
    ]
    if asked.measures:
        lines.append(f"measures = {json.dumps(asked.measures)}  # a section of the report for each")
    if asked.ledger is not None:
        lines.append(f"ledger = {_text(str(asked.ledger))}  # the folder that remembers what was released")
    for name, meaning in (
        ("columns", "field = column of the file"),
        ("levels", "code of the file = level of care"),
        ("reasons", "code of the file = reason of discharge"),
    ):
        lines += ["", f"[{name}]  # {meaning}"]
        lines += [f"{_text(key)} = {_text(value)}" for key, value in pairs[name].items()]
    if asked.option:
        lines += ["", "[options]  # of the source", *(f"{_text(key)} = {_text(value)}" for key, value in asked.option)]
    return "\n".join(lines) + "\n"


_DEFAULTS: Final = {
    "overlaps": "flag",
    "bridge_days": 0,
    "date_basis": "actual",
    "unknown": "set aside",
    "within": 30,
    "fiscal_start": 1,
}


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # a string of JSON is one of TOML


def check_cutoff(asked: argparse.Namespace, rule: str) -> None:
    """Raise if a cut-off is not a day that the rule of its project allows.

    Raises
    ------
    ArgumentError
    """
    from datetime import timedelta

    following = asked.cutoff + timedelta(days=1)
    months = {"month-end": 1, "quarter-end": 3}.get(rule)
    first = getattr(asked, "fiscal_start", 1)
    if months is not None and (following.day != 1 or (following.month - first) % months):
        raise ArgumentError(
            f"the cut-off is {asked.cutoff}, and the project has cutoff = {rule!r}: name the last day of a "
            f"{rule.removesuffix('-end')}, or change it in {NAME}"
        )


def init(asked: argparse.Namespace) -> int:
    """Write the settings of a project; a file that is there is left alone."""
    if asked.ledger is not None and asked.mode != "release":
        raise ArgumentError("a ledger is of a release: add --mode release, or leave out --ledger")
    text = written(asked, asked.project.parent)
    try:
        with asked.project.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ArgumentError(f"{asked.project.name} is there already; it was not overwritten") from None
    print(asked.project)
    print("careflow: each quarter: careflow report --cutoff DATE", file=sys.stderr)
    return 0
