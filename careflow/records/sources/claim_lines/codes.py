"""The code tables of claims: which code means which level, and how a discharge status is read.

The tables are data (``data/claims_codes.csv``, ``data/discharge_status.csv``), each line with its basis and source.
What a code means is the payer's decision, so ``codes=`` takes the place of any line.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from careflow.arguments.messages import either, hint
from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError
from careflow.records.parsing.date_formats import EPOCH
from careflow.records.sources.standard_levels import LEVELS

RESIDENCE, AMBIGUOUS, NOTHING = "recovery residence", "ambiguous", "none"
MEANINGS: Final = (*LEVELS, RESIDENCE, AMBIGUOUS, NOTHING)
"""What a code can mean; its place here is its number in the engine."""

PROGRAM, SERVICE, ATTENDING, ROOM = "program", "service", "attending", "room"
ROLES: Final = (PROGRAM, SERVICE, ATTENDING, ROOM)
FLAGS: Final = ("wm", "otp")
SYSTEMS: Final = ("hcpcs", "revenue", "bill_type", "pos")

FIRST_DAY, LAST_DAY = -100_000, 100_000


@dataclass(frozen=True)
class Code:
    """A line of the code table.

    Attributes
    ----------
    system, code : str
        ``hcpcs``, ``revenue``, ``bill_type`` or ``pos``, and the code.
    level : str
        One of :data:`MEANINGS`.
    role : str
        A program (per day or a bundle), a single service, an attending line, or room and board.
    specific : bool
        Whether the code is of addiction care by itself.
    flags : tuple of str
        ``wm`` withdrawal management, ``otp`` opioid treatment program.
    days : int
        Days in a row that one line stands for.
    starts, ends : datetime.date, optional
        The days of service for which it holds.
    basis, source : str
        What it rests on.
    modifier, payer : str
        The modifier and the payer it holds for, if not all.
    """

    system: str
    code: str
    level: str
    role: str = PROGRAM
    specific: bool = False
    flags: tuple[str, ...] = ()
    days: int = 1
    starts: date | None = None
    ends: date | None = None
    basis: str = ""
    source: str = ""
    modifier: str = ""
    payer: str = ""


@cache
def shipped_codes() -> tuple[Code, ...]:
    """Return careflow's code table; a line for a single code goes before one for a range."""
    lines: dict[tuple[str, str], Code] = {}
    for row in _rows("claims_codes.csv"):
        code = Code(
            row["system"], row["code"], row["level"], row["role"], row["specific"] == "yes",
            tuple(row["flags"].split()), int(row["days"]), _day(row["starts"]), _day(row["ends"]), row["basis"],
            row["source"],
        )  # fmt: skip
        if not row["through"]:
            lines[code.system, code.code] = code
            continue
        for number in range(int(row["code"]), int(row["through"]) + 1):
            single = replace(code, code=f"{number:0{len(row['code'])}}")
            lines.setdefault((single.system, single.code), single)
    return tuple(lines.values())


@cache
def shipped_reasons() -> Mapping[str, str]:
    """Return ``{discharge status: reason}`` of the statuses that record a discharge."""
    return {row["code"]: row["reason"] for row in _rows("discharge_status.csv")}


def check_codes(codes: Mapping[Any, str] | str | Path | None) -> tuple[Code, ...]:
    """Return the payer's own lines of the code table.

    Parameters
    ----------
    codes : mapping or path, optional
        ``{code: level}`` and ``{(code, modifier): level}``; four digits are a revenue code, all others HCPCS. Or a TOML
        file with ``[[codes]]``: ``code``, ``level``, and if need be ``modifier``, ``starts``, ``ends``, ``payer``.

    Raises
    ------
    ArgumentError
        A code cannot be one, or a level is not one of :data:`MEANINGS`.
    """
    if codes is None:
        return ()
    entries = _of_file(Path(codes)) if isinstance(codes, str | Path) else [_entry(*item) for item in codes.items()]
    # A line with a modifier, a payer or a span says more than one without, so it goes first.
    return tuple(sorted(entries, key=lambda code: -sum(map(bool, (code.modifier, code.payer, code.starts, code.ends)))))


def check_reasons(reasons: Mapping[Any, str] | None, ignored: Iterable[Any]) -> dict[str, str]:
    """Return ``{discharge status: reason}`` with the analyst's own, without the statuses to be ignored.

    Raises
    ------
    ArgumentError
        A reason is none of careflow's.
    """
    wrong = sorted({str(reason) for reason in (reasons or {}).values() if reason not in REASONS})
    if wrong:
        raise ArgumentError(f"reasons= maps to {', '.join(map(repr, wrong))}; the reasons are: {', '.join(REASONS)}.")
    by_status = dict(shipped_reasons()) | {two_digits(status): reason for status, reason in (reasons or {}).items()}
    left_out = {two_digits(status) for status in ignored}
    return {status: reason for status, reason in by_status.items() if status not in left_out}


def two_digits(code: Any) -> str:
    """Return a status as it is compared: in upper case, at least two characters.

    Examples
    --------
    >>> two_digits(7), two_digits("30")
    ('07', '30')
    """
    return str(code).strip().upper().rjust(2, "0")


def code_table(system: str, own: Iterable[Code]) -> pa.Table:
    """Return the lines of one system for the engine: ``v, level, role, specific, wm, otp, days, starts, ends``.

    A line of the payer's without modifier, payer or span takes the place of careflow's, whose ``specific``, flags and
    days stay.
    """
    lines = {code.code: code for code in shipped_codes() if code.system == system}
    for code in own:
        before = lines.get(code.code)
        if code.system == system and (before is None or not _conditional(code)):
            taken = replace(code, level=NOTHING) if _conditional(code) else code
            lines[code.code] = replace(before, level=taken.level, role=taken.role) if before else taken
    rows = list(lines.values())
    columns: dict[str, list[Any]] = {
        "v": [code.code for code in rows],
        "level": [MEANINGS.index(code.level) for code in rows],
        "role": [ROLES.index(code.role) for code in rows],
        "specific": [int(code.specific) for code in rows],
        **{flag: [int(flag in code.flags) for code in rows] for flag in FLAGS},
        "days": [code.days for code in rows],
        "starts": [day_number(code.starts, FIRST_DAY) for code in rows],
        "ends": [day_number(code.ends, LAST_DAY) for code in rows],
    }
    return pa.table({name: pa.array(values, None if name == "v" else pa.int32()) for name, values in columns.items()})


def meaning_sql(system: str, code: str, modifiers: str, start: str, payer: str, own: Iterable[Code]) -> tuple[str, str]:
    """Return the SQL of the level and the role of a code, after the payer's lines with a modifier, payer or span."""
    levels, roles = "", ""
    for line in own:
        if line.system != system or not _conditional(line):
            continue
        tests = [f"{code} = '{line.code}'"]
        if line.modifier:
            tests.append(f"'{line.modifier}' IN ({modifiers})")
        if line.payer:
            quoted = line.payer.replace("'", "''")
            tests.append(f"{payer} = '{quoted}'")
        if line.starts or line.ends:
            tests.append(f"{start} BETWEEN {day_number(line.starts, FIRST_DAY)} AND {day_number(line.ends, LAST_DAY)}")
        levels += f"WHEN {' AND '.join(tests)} THEN {MEANINGS.index(line.level)} "
        roles += f"WHEN {' AND '.join(tests)} THEN {ROLES.index(line.role)} "
    level, role = f"{system}_map.level", f"coalesce({system}_map.role, {ROLES.index(PROGRAM)})"
    return (f"CASE {levels}ELSE {level} END", f"CASE {roles}ELSE {role} END") if levels else (level, role)


def _conditional(code: Code) -> bool:
    return bool(code.modifier or code.payer or code.starts or code.ends)


def _entry(key: Any, level: Any, **more: Any) -> Code:
    code, modifier = key if isinstance(key, tuple) and len(key) == 2 else (key, more.pop("modifier", ""))
    text = _plain(str(code))
    if not text.isalnum() or not text.isascii() or not 3 <= len(text) <= 7:
        raise ArgumentError("codes= has a key that is no code: write 'H2036', '0906', or ('H2036', 'U5').")
    if modifier and not (str(modifier).strip().isalnum() and str(modifier).isascii()):
        raise ArgumentError(f"codes= has a modifier of {text} that is none: two letters or digits, such as 'U5'.")
    if level not in MEANINGS:
        raise ArgumentError(f"codes= gives {text} a level {level!r}{hint(level, MEANINGS)}; give {either(MEANINGS)}.")
    system = "revenue" if text.isdigit() and len(text) <= 4 else "hcpcs"
    text = text.rjust(4, "0") if system == "revenue" else text
    _check_more(text, more)
    return Code(system, text, level, modifier=_plain(str(modifier)), basis="codes=", **more)


def _check_more(code: str, more: Mapping[str, Any]) -> None:
    """Check what a line of a TOML file says besides code, level and modifier."""
    if set(more) - {"starts", "ends", "payer"}:
        raise ArgumentError("a line of codes has a name that is none of code, level, modifier, starts, ends, payer.")
    if not isinstance(more.get("payer", ""), str):
        raise ArgumentError(f"the payer of code {code} is no text; write it in quotation marks.")
    starts, ends = more.get("starts"), more.get("ends")
    if not all(day is None or type(day) is date for day in (starts, ends)):
        raise ArgumentError(f"starts and ends of code {code} are days without quotation marks, such as 2026-01-01.")
    if starts and ends and ends < starts:
        raise ArgumentError(f"code {code} ends before it starts.")


def _of_file(path: Path) -> list[Code]:
    try:
        lines = tomllib.loads(path.read_text("utf-8")).get("codes", [])
    except (OSError, ValueError):
        lines = None
    if (
        not isinstance(lines, list)
        or not lines
        or not all(isinstance(line, dict) and {"code", "level"} <= set(line) for line in lines)
    ):
        raise ArgumentError(f"codes={path.name!r} is not a TOML file of lines [[codes]], each with a code and a level.")
    return [_entry(line.pop("code"), line.pop("level"), **line) for line in map(dict, lines)]


def _plain(code: str) -> str:
    return code.strip().upper().replace(".", "").replace(" ", "")


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("careflow.records.sources") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def day_number(day: date | None, default: int) -> int:
    """Return a day as a number of days since 1970-01-01."""
    return default if day is None else (day - EPOCH).days
