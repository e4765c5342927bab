"""Recognise texts that look like the name of a person."""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

_FIRST_NAMES: Final = frozenset(resources.files(__package__).joinpath("first_names.txt").read_text("utf-8").split())
SHAPE: Final = re.compile(r"[A-Z][a-z'’-]+,? (?:[A-Z]\.? )?[A-Z][A-Za-z'’-]+")


def is_name(text: str) -> bool:
    """Return whether a text looks like a first and a last name, in either order.

    Examples
    --------
    >>> is_name("Maria Lopez"), is_name("Smith, John"), is_name("Cedar House")
    (True, True, False)
    """
    if not SHAPE.fullmatch(text):
        return False
    parts = text.replace(",", "").split()
    first = parts[1] if "," in text and len(parts) > 1 else parts[0]
    return first.lower() in _FIRST_NAMES
