"""A stay packed into one integer: the days that order a person's stays in the high bits, other columns in the low bits.

Sorting rows of one integer moves a third of the memory of sorting rows of ten columns.
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
"""The days that fit each type: SMALLINT from 1900 to 2059, INTEGER as packed here to 2239."""
DAYS_FIT: Final = _DAYS["SMALLINT"][1] - LONGEST_WINDOW - 2
"""The latest cut-off (in 2049) with days in two bytes: the largest value must lie beyond any linking window."""
_KEY: Final = 63
_CODES: Final = 31
"""Usable bits of a 64-bit and a 32-bit integer that is never negative."""


@dataclass(frozen=True)
class Field:
    """A column of integers from ``low`` to ``low + 2 ** bits - 1``."""

    name: str
    low: int
    bits: int

    @classmethod
    def of(cls, name: str, low: int, high: int) -> Field:
        """Return the field of the numbers from ``low`` to ``high``."""
        return cls(name, low, (high - low).bit_length())


@dataclass(frozen=True)
class Layout:
    """Fields packed into one integer, the first in the highest bits, so that integers sort in the order of the fields.

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
        """Total number of bits."""
        return sum(field.bits for field in self.fields)

    def extended(self, more: Sequence[Field], most: int) -> Layout:
        """Return a layout with those of the further fields that fit into ``most`` bits."""
        fields = list(self.fields)
        for field in more:
            if Layout((*fields, field)).bits <= most:
                fields.append(field)
        return Layout(tuple(fields))

    def __contains__(self, name: str) -> bool:
        return any(field.name == name for field in self.fields)

    def pack(self, values: dict[str, str]) -> str:
        """Return the SQL of the packed integer, from the SQL of each field."""
        terms = []
        for field, shift in self._placed():
            value = f"({values[field.name]})"
            value = f"({value} - {field.low})::BIGINT" if field.low else f"{value}::BIGINT"
            # Multiplying is faster than shifting, which checks for lost bits.
            terms.append(f"{value} * {1 << shift}" if shift else value)
        return " + ".join(terms)

    def alone(self, name: str, value: str) -> str:
        """Return the SQL of an integer that holds one field and 0 in all other bits."""
        shift = next(shift for field, shift in self._placed() if field.name == name)
        return f"({value})::BIGINT * {1 << shift}"

    def unpack(self, name: str, key: str = "key") -> str:
        """Return the SQL of one field of a packed integer."""
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
    """The sort key of a stay, and the columns kept of it once the next stay is known.

    Attributes
    ----------
    days, codes : Layout
        The high bits of the key, and the low bits, which are kept packed. Strata that do not fit are columns of their
        own.
    next_level : Layout
        The level of the next stay, in the lowest bits of the column ``codes``.
    day : str
        The SQL type of days, as small as possible to save memory and time.
    """

    days: Layout
    codes: Layout
    next_level: Layout
    day: str

    @property
    def key(self) -> Layout:
        """The layout of the sort key."""
        return Layout((*self.days.fields, *self.codes.fields))

    @property
    def never(self) -> int:
        """The ``next_admit`` of a last stay: a day beyond any linking window, used instead of NULL."""
        return _DAYS[self.day][1]

    @property
    def none(self) -> int:
        """The sort key of a stay that begins on the day ``never``."""
        return (self.never - self.days.fields[0].low) << (self.key.bits - self.days.fields[0].bits)

    @property
    def kept(self) -> Layout:
        """The layout of the column ``codes``."""
        return Layout((*self.codes.fields, *self.next_level.fields))

    def alone(self, labels: Sequence[int]) -> list[str]:
        """Return the strata that are separate columns."""
        return [f"s{i}" for i in range(len(labels)) if f"s{i}" not in self.codes]

    def stays_sql(self, table: str, labels: Sequence[int], *more: str) -> str:
        """Return the SQL of the stays, unpacked into columns; ``more`` are columns that are never packed."""
        fields = ("next_level", "jackknife_group", "level", "reason", "marks", *(f"s{i}" for i in range(len(labels))))
        codes = [f"{self.kept.unpack(name, 'codes')} AS {name}" if name in self.kept else name for name in fields]
        days = [f"{name}::INTEGER AS {name}" for name in ("admit", "end_day", "next_admit")]
        return f"SELECT person, {', '.join([*days, *codes, *more])} FROM {table}"


def stay_layout(cutoff: int, levels: int, labels: Sequence[int]) -> StayLayout:
    """Return the layout for a cut-off, a number of levels, and the number of labels of each stratum."""
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
    codes = codes.extended(strata, min(_KEY - days.bits, _CODES - after.bits))
    return StayLayout(days, codes, Layout((after,)), day)
