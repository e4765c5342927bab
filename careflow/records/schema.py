"""The fields of episode records, and how the columns of a file are matched to them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from careflow.arguments import constructed
from careflow.errors import ArgumentError, RecordError
from careflow.formatting import several
from careflow.records.person_names import is_name


@constructed
@dataclass(frozen=True)
class Field:
    """A field of episode records: its name, whether it is required, its meaning, and an example."""

    name: str
    required: bool
    meaning: str
    example: str


FIELDS: Final = (
    Field(
        "person_id", True, "a code of the person, the same in every row of that person; replaced on load", "P0001234"
    ),
    Field("level", True, "the level of care of the stay: a name of the continuum, or a code mapped by levels=", "php"),
    Field("admit_date", True, "the day on which the stay began", "2024-03-01"),
    Field("discharge_date", False, "the day on which the stay ended; empty while it goes on", "2024-03-19"),
    Field(
        "discharge_reason",
        False,
        "how the stay ended: one of careflow's reasons, or a code mapped by reasons=",
        "completed",
    ),
    Field("episode_id", False, "a code of the stay; orders stays that share all their dates", "E0004567"),
    Field("facility", False, "where the stay was; a stratum for by=", "F07"),
    Field("payer", False, "who paid for the stay; a stratum for by=", "medicaid"),
    Field("anchor_date", False, "day 0 of the row's dates, with date_basis='offset'", "2024-01-01"),
    Field("nights", False, "the length of the stay in nights, with date_basis='quarter' or 'duration'", "18"),
    Field("ended", False, "whether the stay has ended (yes or no), with date_basis='duration'", "yes"),
    Field(
        "updated_at", False, "when the row was last written; of two versions of a stay the newest is kept", "2024-04-02"
    ),
)
"""The fields that :func:`careflow.read_episodes` reads. Any other column is read only when mapped, as a stratum."""

DATES: Final[tuple[str, ...]] = ("admit_date", "discharge_date")
STRATA: Final[tuple[str, ...]] = ("facility", "payer")
_TOTALS: Final = frozenset({
    "n", "count", "counts", "total", "totals", "rate", "rates", "percent", "pct", "share", "mean", "median",
    "admissions", "discharges", "episodes_n", "clients", "patients", "persons", "stays", "average_los", "avg_los",
    "alos", "census",
})  # fmt: skip
"""Names of columns that hold totals of a published table."""
ALIKE: Final = 0.88
"""Similarity (of difflib) from which a name counts as a misspelled field: ``persn``, but not ``admit_type``."""
_SHORTEST: Final = 5
_DIGIT: Final = re.compile(r"\d")
_VALUE: Final = re.compile(r"|[\d.,:/ TZ+-]+")
_PLAIN: Final = re.compile(r"[^\W\d_](?!.*\d{3})[\w .:/()#%+-]{0,59}")
_NAMES: Final[tuple[str, ...]] = tuple(f.name for f in FIELDS)


@dataclass(frozen=True)
class Mapped:
    """The columns of the file by field, and by the name of the stratum."""

    fields: Mapping[str, str]
    strata: Mapping[str, str]

    @property
    def used(self) -> tuple[str, ...]:
        """The columns of the file to read."""
        return tuple(dict.fromkeys((*self.fields.values(), *self.strata.values())))


def map_columns(
    header: Iterable[str], columns: Mapping[str, str] | None = None, *, without: Container[str] = ()
) -> Mapped:
    """Match the columns of a file to the fields.

    Parameters
    ----------
    header : iterable of str
        The file's columns.
    columns : mapping, optional
        ``{field: column in the file}``; a field that is not one of :data:`FIELDS` becomes a stratum of that name.
    without : collection of str
        Required fields that this file need not have.

    Raises
    ------
    RecordError
        A required column is missing, or a column occurs twice in the file.
    ArgumentError
        ``columns`` names a column that the file does not have, or gives a stratum a name that is not allowed.

    Examples
    --------
    >>> map_columns(["person_id", "loc", "admit_date"], {"level": "loc"}).fields["level"]
    'loc'
    """
    names = list(header)
    mapping = dict(columns or {})
    for name, column in mapping.items():
        if not isinstance(name, str) or not isinstance(column, str):
            raise ArgumentError("columns= maps names to names: {'level': 'name of the column in the file'}")
    used = [mapping.get(name, name) for name in _NAMES] + [c for n, c in mapping.items() if n not in _NAMES]
    double = sorted({name for name in names if names.count(name) > 1 and name in used})
    if double:
        raise RecordError(f"column {shown(double)} occurs more than once in the file. Rename one of them.", check="S02")
    _check_strata(mapping, names)
    for name, column in mapping.items():
        if column not in names:
            raise ArgumentError(
                f"columns= maps {shown([name])} to {shown([column])}, which is not in the file; "
                f"the file has: {shown(names)}." + _hint(column, names)
            )
        if name not in _NAMES and not name.isidentifier():
            raise ArgumentError(f"a stratum's name has only letters, digits and _: columns= has {name!r}")
    fields = {name: mapping.get(name, name) for name in _NAMES if mapping.get(name, name) in names}
    missing = [f.name for f in FIELDS if f.required and f.name not in fields and f.name not in without]
    if len(missing) == 3 and not mapping and any(_VALUE.fullmatch(name.strip()) for name in names):
        raise RecordError(
            "the first line of the file holds values, not the names of columns. Put a line of names above it.",
            check="S02",
        )
    if "person_id" in missing and (totals := [name for name in names if name.strip().lower() in _TOTALS]):
        raise RecordError(
            f"the table has no column of persons and has {shown(totals)}: are these counts that were added up already? "
            "careflow needs one row for each stay, with person_id, level and admit_date, since a rate needs to know "
            "which stay follows which. If the rows are stays, name the column of persons: columns={'person_id': ...}.",
            check="S02",
            n=len(missing),
        )
    if missing:
        raise RecordError(_missing(missing, names), check="S02", n=len(missing))
    strata = {name: fields[name] for name in STRATA if name in fields}
    strata |= {name: column for name, column in mapping.items() if name not in _NAMES}
    return Mapped({n: c for n, c in fields.items() if n not in STRATA}, strata)


def _check_strata(mapping: Mapping[str, str], names: list[str]) -> None:
    """Refuse a reversed mapping, and strata that are fields or are named almost like one.

    Raises
    ------
    ArgumentError
        The message names the field that was probably meant.
    """
    turned = [name for name, column in mapping.items() if column in _NAMES and column not in names and name in names]
    if turned:
        pair = f"{{{mapping[turned[0]]!r}: {shown(turned) if _shows(turned[0]) else 'the column'!r}}}"
        raise ArgumentError(
            "columns= maps {field: column in the file}, but "
            f"{several(len(turned), 'pair')} {'is' if len(turned) == 1 else 'are'} reversed. Write columns={pair}."
        )
    used = {mapping.get(name, name): name for name in _NAMES if name not in STRATA}
    used |= {name: name for name in _NAMES if name not in STRATA}
    for name, column in mapping.items():
        if name in _NAMES:
            continue
        if column in used and column in names:
            raise ArgumentError(
                f"columns= would make a stratum {name!r} of {shown([column])}, which is the field {used[column]}; "
                f"ids and dates cannot be strata. If the field is meant, write columns={{{used[column]!r}: ...}}."
            )
        if field := _meant(name):
            raise ArgumentError(
                f"columns= has {name!r}, which is not a field; did you mean columns={{{field!r}: ...}}? "
                f"A stratum needs a name that does not resemble a field: {', '.join(_NAMES)}."
            )


def _meant(name: str) -> str:
    """Return the field that a name resembles or is a part of (``persn``, ``admit``); "" if there is none."""
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    for field in _NAMES:
        if "_" in field and (field.startswith(f"{key}_") or field.endswith(f"_{key}")):
            return field
    if len(key) < _SHORTEST or _DIGIT.search(key):
        return ""
    words = {field.split("_")[0]: field for field in reversed(_NAMES)} | {field: field for field in _NAMES}
    near = get_close_matches(key, list(words), n=1, cutoff=ALIKE)
    return words[near[0]] if near else ""


def _shows(name: str) -> bool:
    return bool(_PLAIN.fullmatch(name)) and not is_name(name)


def shown(names: Iterable[str], most: int = 30, *, strict: bool = False) -> str:
    """Return column names for a message; a name that could be a person's value is replaced by its position.

    Parameters
    ----------
    names : iterable of str
        The names.
    most : int
        The number of names to list.
    strict : bool
        Whether the first line may hold values instead of names: then no name with a digit is shown.

    Examples
    --------
    >>> shown(["level", "2024-03-01", "Maria Lopez"])
    'level, (column 2), (column 3)'
    """
    words = [
        name if _shows(name) and not (strict and _DIGIT.search(name)) else f"(column {i})"
        for i, name in enumerate(names, start=1)
    ]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _missing(missing: list[str], names: list[str]) -> str:
    one = len(missing) == 1
    return (
        f"{'column' if one else 'columns'} {shown(missing)} {'is' if one else 'are'} missing; "
        f"the file has: {shown(names, strict=len(missing) == 3)}. "
        f"Name {'it' if one else 'them'} with columns={{{missing[0]!r}: 'its name in the file'}}."
        + _hint(missing[0], names)
    )


def _hint(name: str, names: list[str]) -> str:
    close = get_close_matches(name.lower(), [n.lower() for n in names], n=1, cutoff=0.7)
    similar = [n for n in names if close and n.lower() == close[0]]
    return f" Did you mean {shown(similar[:1])}?" if similar else ""
