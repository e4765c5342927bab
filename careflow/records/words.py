"""Numbers with their nouns, as messages have them."""

from __future__ import annotations


def several(n: int, noun: str, plural: str = "") -> str:
    """Return a number and its noun.

    Examples
    --------
    >>> several(1, "stay"), several(1200, "stay"), several(1, "person", "people")
    ('1 stay', '1,200 stays', '1 person')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def people(n: int) -> str:
    """Return a number of people.

    Examples
    --------
    >>> people(2)
    '2 people'
    """
    return several(n, "person", "people")
