"""Texts that differ only in how they are written: spaces, case, Unicode form, hyphens."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def clean(text: str) -> str:
    """Return a text with single spaces, none at the ends, and without control or zero-width characters.

    Examples
    --------
    >>> clean("\\ufeff  PHP\\u00a0 day ")
    'PHP day'
    """
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())


def alike(text: str) -> str:
    """Return a key that is equal for texts that differ only in spaces, case or Unicode form (NFKC).

    Examples
    --------
    >>> alike("CAFE\u0301  North") == alike("Caf\u00e9 north"), alike("North 1") == alike("North 2")
    (True, False)
    """
    form = unicodedata.normalize("NFKC", clean(text)).casefold()
    return clean(unicodedata.normalize("NFKC", form))


def fold(text: str) -> str:
    """Return a key that is equal for texts that are :func:`alike` but for hyphens and underscores.

    Examples
    --------
    >>> fold("Step_Down") == fold("step-down") == fold("STEP down")
    True
    """
    return clean(alike(text).replace("_", " ").replace("-", " "))


def label_among(value: object, labels: Iterable[str]) -> str | None:
    """Return the label that a value means: the label itself, else the only one that is :func:`alike`, else None.

    Examples
    --------
    >>> label_among("medicaid", ["Commercial", "Medicaid"]), label_among("A", ["a", "\\uff41"])
    ('Medicaid', None)
    """
    known = list(labels)
    if value in known:
        return str(value)
    near = [label for label in known if alike(label) == alike(str(value))]
    return near[0] if len(near) == 1 else None
