"""A stay as one whole number: what orders a person's stays first, then what goes along.

An engine that sorts rows of one number moves a third of what it moves for rows of ten columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from careflow.continuum.outcomes import REASONS
from careflow.records.parsing.date_formats import LONGEST_WINDOW
from careflow.records.parsing.encode import MARKS
from careflow.records.privacy.jackknife_groups import GROUPS

_DAYS: Final = {"SMALLINT": (-(1 << 15), (1 << 15) - 1), "INTEGER": (-(1 << 15), (1 << 17) - (1 << 15) - 1)}
"""The days that fit: from 1900 to 2059, and to 2239; those from 2200 on are not read."""
DAYS_FIT: Final = _DAYS["SMALLINT"][1] - LONGEST_WINDOW - 2
"""Up to this cut-off (in 2049) days are kept in two bytes: the last that fits is after any window."""
_KEY: Final = 63
_CODES: Final = 31
"""Bits of a 64-bit and of a 32-bit whole number that is never negative."""


@dataclass(frozen=True)
class Field:
    """A column of whole numbers from ``low`` to ``low + 2 ** bits - 1``."""

    name: str
    low: int
    bits: int

    @classmethod
    def of(cls, name: str, low: int, high: int) -> Field:
        """Return the field of the numbers from ``low`` to ``high``."""
        return cls(name, low, (high - low).bit_length())


@dataclass(frozen=True)
class Layout:
    """Fields in one number, the first in the highest bits, so that numbers are in the order of the fields.

    Examples
    --------
    >>> layout = Layout((Field("day", -8, 4), Field("level", 0, 3)))
    >>> layout.pack({"day": "d", "level": "l"})
    '((d) - -8)::BIGINT * 8 + (l)::BIGINT'
    >>> layout.unpack("day"), layout.unpack("level")
    ('(((key >> 3) & 15) + -8)', '(key & 7)')
    """

    fields: tuple[Field, ...]

    @property
    def bits(self) -> int:
        """How many bits the fields take."""
        return sum(field.bits for field in self.fields)

    def room(self, more: Sequence[Field], most: int) -> Layout:
        """Return a layout with those of the further fields for which there is room in so many bits."""
        fields = list(self.fields)
        for field in more:
            if Layout((*fields, field)).bits <= most:
                fields.append(field)
        return Layout(tuple(fields))

    def __contains__(self, name: str) -> bool:
        return any(field.name == name for field in self.fields)

    def pack(self, values: dict[str, str]) -> str:
        """Return the SQL of the number, from the SQL of each field."""
        terms = []
        for field, shift in self._placed():
            value = f"({values[field.name]})"
            value = f"({value} - {field.low})::BIGINT" if field.low else f"{value}::BIGINT"
            # Engines multiply faster than they shift: a shift looks whether bits are lost.
            terms.append(f"{value} * {1 << shift}" if shift else value)
        return " + ".join(terms)

    def alone(self, name: str, value: str) -> str:
        """Return the SQL of a number that holds one field, and 0 in the bits of the others."""
        shift = next(shift for field, shift in self._placed() if field.name == name)
        return f"({value})::BIGINT * {1 << shift}"

    def unpack(self, name: str, key: str = "key") -> str:
        """Return the SQL of a field of a number."""
        field, shift = next((field, shift) for field, shift in self._placed() if field.name == name)
        value = f"({key} >> {shift})" if shift else key
        value = f"({value} & {(1 << field.bits) - 1})"
        return f"({value} + {field.low})" if field.low else value

    def _placed(self) -> list[tuple[Field, int]]:
        placed, shift = [], 0
        for field in reversed(self.fields):
            placed.append((field, shift))
            shift += field.bits
        return placed[::-1]


@dataclass(frozen=True)
class StayLayout:
    """A stay in one number by which it is ordered, and what is kept of it once the next one is known.

    Attributes
    ----------
    days, codes : Layout
        The higher bits, and the lower ones, which are kept as they are. Strata for which there is no room go alone.
    next_level : Layout
        The level of the next stay, below the codes.
    day : str
        The type of the columns of days: few bytes are less memory, and less time to move.
    """

    days: Layout
    codes: Layout
    next_level: Layout
    day: str

    @property
    def key(self) -> Layout:
        """The layout of the number by which stays are ordered."""
        return Layout((*self.days.fields, *self.codes.fields))

    @property
    def never(self) -> int:
        """When the next stay begins if there is none: a gap longer than any window, and no missing value."""
        return _DAYS[self.day][1]

    @property
    def none(self) -> int:
        """The number of a stay that begins then."""
        return (self.never - self.days.fields[0].low) << (self.key.bits - self.days.fields[0].bits)

    @property
    def kept(self) -> Layout:
        """The layout of the column ``codes``."""
        return Layout((*self.codes.fields, *self.next_level.fields))

    def alone(self, labels: Sequence[int]) -> list[str]:
        """Return the strata that are columns of their own."""
        return [f"s{i}" for i in range(len(labels)) if f"s{i}" not in self.codes]

    def seen(self, table: str, labels: Sequence[int]) -> str:
        """Return the SQL of the stays in columns."""
        fields = ("next_level", "jackknife_group", "level", "reason", "marks", *(f"s{i}" for i in range(len(labels))))
        found = [f"{self.kept.unpack(name, 'codes')} AS {name}" if name in self.kept else name for name in fields]
        days = [f"{name}::INTEGER AS {name}" for name in ("admit", "end_day", "next_admit")]
        return f"SELECT person, {', '.join([*days, *found])} FROM {table}"


def stay_layout(cutoff: int, levels: int, labels: Sequence[int]) -> StayLayout:
    """Return the layout of stays up to a cut-off, at so many levels, with strata of so many labels each."""
    day = "SMALLINT" if cutoff <= DAYS_FIT else "INTEGER"
    days = Layout((Field.of("admit", *_DAYS[day]), Field.of("end_day", *_DAYS[day])))
    level, after = (Field.of(name, 0, levels - 1) for name in ("level", "next_level"))
    codes = Layout(
        (
            level,
            Field("marks", 0, MARKS),
            Field.of("jackknife_group", 0, GROUPS - 1),
            Field.of("reason", 0, len(REASONS) - 1),
        )
    )
    strata = [Field.of(f"s{i}", -1, n - 1) for i, n in enumerate(labels)]
    codes = codes.room(strata, min(_KEY - days.bits, _CODES - after.bits))
    return StayLayout(days, codes, Layout((after,)), day)
