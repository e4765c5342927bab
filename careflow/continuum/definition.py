"""The parts of a continuum from the values of a TOML file, with errors that say what to change."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from careflow.arguments.messages import either, hint, shown
from careflow.continuum.checks import check_count
from careflow.continuum.crosswalk_lines import Line
from careflow.continuum.level import Edge, Hours, Level
from careflow.continuum.order import Pair
from careflow.continuum.taxonomy import Taxonomy
from careflow.continuum.text import check_name, check_text
from careflow.errors import DefinitionError

FILE_BYTES = 1_000_000

SHIPPED = ("standard", "asam3", "asam4", "teds")
"""The names of the continua in the package."""

_TOP = ("name", "title", "edition", "note", "sources", "levels", "edges", "crosswalks")
_LEVEL = (
    *("name", "short", "label", "rank", "above", "setting", "live_in", "hours"),
    *("services", "where_needed", "professionals", "flags", "aliases", "note"),
)
_HOURS = ("least", "most", "note")
_EDGE = ("from", "to", "basis", "reason")
_CROSSWALK = ("to", "lines")
_LINE = ("code", "level", "label", "flags", "starts", "ends", "lost", "basis", "switch", "choices")


class Parts(NamedTuple):
    """The parts of a continuum, the arguments of its class."""

    name: str
    levels: tuple[Level, ...]
    above: tuple[Pair, ...]
    crosswalks: tuple[tuple[str, tuple[Line, ...]], ...]
    optional: dict[str, Any]


def read_toml(path: str | Path) -> dict[str, Any]:
    """Return the values of a TOML file.

    Raises
    ------
    DefinitionError
        If there is no such file, if it is over 1 MB, or if it is not TOML in UTF-8.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > FILE_BYTES:
            raise DefinitionError(f"{path.name} has {size:,} bytes; a continuum takes at most {FILE_BYTES:,}.")
        return parse_toml(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise DefinitionError(f"there is no file {path.name} at the path given.") from None
    except OSError as error:
        raise DefinitionError(f"{path.name} cannot be read: {error.strerror}.") from error


def parse_toml(data: bytes, name: str) -> dict[str, Any]:
    """Return the values of TOML in ``data``; ``name`` is the name in error messages."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))  # Windows editors put a byte-order mark first
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{name} is not text in UTF-8 (byte {error.start:,}); save it as UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DefinitionError(f"{name} is not TOML: {error}; correct that line.") from None


def read_shipped(name: str) -> dict[str, Any]:
    """Return the values of a definition in the package, one of ``SHIPPED``."""
    data = resources.files("careflow.continuum").joinpath("data", f"{name}.toml").read_bytes()
    return parse_toml(data, f"{name}.toml")


def parts_of(values: object) -> Parts:
    """Return the parts of the continuum that ``values`` defines; docs/taxonomies.md describes the format.

    Raises
    ------
    DefinitionError
        If a key is unknown or missing, or a value is not valid.
    """
    top = _table(values, "the definition", _TOP, ("name", "levels"))
    rows = []
    for number, row in enumerate(_list(top["levels"], "'levels'"), start=1):
        rows.append(_table(row, f"level {number}{_named(row)}", _LEVEL, ("name",)))
        check_name(rows[-1]["name"], f"level {number}: 'name'")
    check_count(len(rows))
    optional: dict[str, Any] = {key: top[key] for key in ("title", "edition", "note") if key in top}
    if "sources" in top:
        optional["sources"] = tuple(_list(top["sources"], "'sources'"))
    if "edges" in top:
        edges = enumerate(_list(top["edges"], "'edges'"), start=1)
        optional["edges"] = tuple(_edge(row, number) for number, row in edges)
    levels = tuple(_level(row) for row in rows)
    return Parts(
        name=top["name"],
        levels=levels,
        above=_pairs(rows),
        crosswalks=tuple(_crosswalk(row) for row in _list(top.get("crosswalks", []), "'crosswalks'")),
        optional=optional,
    )


def values_of(continuum: Taxonomy) -> dict[str, Any]:
    """Return the values from which :func:`parts_of` makes the same continuum, with ranks as ``above``."""
    lower: dict[str, list[str]] = {name: [] for name in continuum.names}
    for high, low in continuum.above:
        lower[high].append(low)
    texts: dict[str, Any] = {key: getattr(continuum, key) for key in ("name", "title", "edition", "note")}
    texts["sources"] = list(continuum.sources)
    out = {key: value for key, value in texts.items() if value}
    out["levels"] = [level.to_dict() | {"above": lower[level.name]} for level in continuum.levels]
    if continuum.declared:
        out["edges"] = [edge.to_dict() for edge in continuum.edges]
    if continuum.crosswalks:
        out["crosswalks"] = [
            {"to": to, "lines": [line.to_dict() for line in lines]} for to, lines in continuum.crosswalks
        ]
    return out


def _table(value: object, where: str, keys: Sequence[str], needed: Sequence[str]) -> dict[str, Any]:
    """Return ``value`` as a table with all keys of ``needed`` and only those of ``keys``."""
    if not isinstance(value, Mapping):
        raise DefinitionError(f"{where} must be a table of keys and values, not {type(value).__name__}.")
    for key in value:
        if key not in keys:
            raise DefinitionError(
                f"{where} has the unknown key {shown(key)}{hint(key, keys)}; the keys are {either(keys)}."
            )
    missing = [key for key in needed if key not in value]
    if missing:
        raise DefinitionError(f"{where} has no {shown(missing[0])}; add it.")
    return dict(value)


def _list(value: object, where: str) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise DefinitionError(f"{where} must be a list, not {type(value).__name__}.")
    return list(value)


def _named(row: object) -> str:
    """Return `` ('php')`` for a row with a name, for error messages."""
    name = row.get("name") if isinstance(row, Mapping) else None
    return f" ({shown(name)})" if isinstance(name, str) else ""


def _level(row: dict[str, Any]) -> Level:
    fields = {key: value for key, value in row.items() if key not in ("rank", "above", "hours")}
    if "hours" in row:
        where = f"level {shown(row['name'])}: 'hours'"
        hours = _table(row["hours"], where, _HOURS, ())
        try:
            fields["hours"] = Hours(**hours)
        except DefinitionError as error:
            raise DefinitionError(f"level {shown(row['name'])}: {error}") from None
    return Level(**fields)


def _edge(row: object, number: int) -> Edge:
    values = _table(row, f"edge {number}", _EDGE, ("from", "to"))
    for key in ("from", "to"):
        check_name(values[key], f"edge {number}: {key!r}")
    return Edge(values.pop("from"), values.pop("to"), **values)


def _crosswalk(row: object) -> tuple[str, tuple[Line, ...]]:
    values = _table(row, "a crosswalk", _CROSSWALK, _CROSSWALK)
    where = f"the crosswalk to {shown(check_name(values['to'], 'the name of a crosswalk'))}"
    lines = []
    for number, line in enumerate(_list(values["lines"], f"{where}: 'lines'"), start=1):
        fields = _table(line, f"{where}: line {number}", _LINE, ("code",))
        fields |= {key: str(fields[key]) for key in ("starts", "ends") if key in fields}  # TOML has a type for days
        lines.append(Line(**fields))
    return values["to"], tuple(lines)


def _pairs(rows: Sequence[dict[str, Any]]) -> tuple[Pair, ...]:
    """Return the pairs (higher, lower) of the rows, by rank, by ``above``, or by their order."""
    names = [row["name"] for row in rows]
    ranked = ["rank" in row for row in rows]
    if any(ranked) and not all(ranked):
        raise DefinitionError(
            f"level {shown(names[ranked.index(False)])} has no 'rank', but {sum(ranked)} of {len(rows)} levels have "
            "one; give every level a rank, or none."
        )
    stated = [
        (row["name"], check_name(low, f"level {shown(row['name'])}: an entry of 'above'"))
        for row in rows
        for low in _list(row.get("above", []), f"level {shown(row['name'])}: 'above'")
    ]
    if any(ranked):
        return (*_ranked(rows), *stated)
    if any("above" in row for row in rows):
        return tuple(stated)
    return tuple(pairwise(names))


def _ranked(rows: Sequence[dict[str, Any]]) -> list[Pair]:
    """Return the pairs (higher, lower) by ``rank``, which has one number, or a number for each dimension."""
    marks = [_rank(row) for row in rows]
    dimensions = set(marks[0])
    for row, mark in zip(rows, marks, strict=True):
        if set(mark) != dimensions:
            raise DefinitionError(
                f"level {shown(row['name'])}: its 'rank' has other dimensions than that of {shown(rows[0]['name'])}; "
                "rank every level by the same ones."
            )
    return [
        (high["name"], low["name"])
        for high, a in zip(rows, marks, strict=True)
        for low, b in zip(rows, marks, strict=True)
        if a != b and all(a[key] <= b[key] for key in dimensions)
    ]


def _rank(row: dict[str, Any]) -> dict[str, float]:
    rank = row["rank"]
    marks = dict(rank) if isinstance(rank, Mapping) else {"": rank}
    if not marks:
        raise DefinitionError(f"level {shown(row['name'])}: 'rank' is empty; write a number, 1 for the most intensive.")
    for dimension, number in marks.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            of = f" of dimension {shown(dimension)}" if dimension else ""
            raise DefinitionError(
                f"level {shown(row['name'])}: 'rank'{of} must be a number, 1 for the most intensive; "
                f"it is {shown(number)}."
            )
        check_text(dimension, f"level {shown(row['name'])}: a dimension of 'rank'")
    return marks
