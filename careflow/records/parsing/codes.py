"""Codes of the file to codes of careflow: levels, reasons and strata, by their distinct texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from careflow.continuum import Continuum
from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError, RecordError
from careflow.records import lost_digits
from careflow.records.privacy.identifiers import personal

MISSING_CODE, UNKNOWN_CODE = -1, -2
SHOWN_FROM: Final = 11
"""A code that no fewer rows have may be named in a message: it cannot be one person's."""

MOST_CODES: Final = 100
MOST_LABELS: Final = 10_000
LONGEST_LABEL: Final = 200
_MISSING_WORDS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", ".", "<na>"})


@dataclass(frozen=True)
class Coded:
    """The distinct texts of a column with their codes.

    Attributes
    ----------
    codes : mapping
        Text as it stands in the file to code; -1 missing, -2 unknown.
    labels : tuple of str
        What the codes from 0 on stand for.
    fixed : int
        Rows whose text differs from its label in blanks, case or Unicode form alone.
    missing, unknown : int
        Rows without a code, and with one that nobody explained.
    note : str
        The unknown codes, those seen at least 11 times by name.
    """

    codes: Mapping[str, int]
    labels: tuple[str, ...]
    fixed: int = 0
    missing: int = 0
    unknown: int = 0
    note: str = ""


def clean(text: str) -> str:
    """Return a text without the spaces around it, single spaces within, no control or zero-width characters.

    Examples
    --------
    >>> clean("\\ufeff  PHP\\u00a0 day ")
    'PHP day'
    """
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())


def alike(text: str) -> str:
    """Return what texts have in common that look alike: blanks, case and Unicode forms (NFKC) set aside.

    Examples
    --------
    >>> alike("CAFE\u0301  North") == alike("Caf\u00e9 north"), alike("North 1") == alike("North 2")
    (True, False)
    """
    form = unicodedata.normalize("NFKC", clean(text)).casefold()
    return clean(unicodedata.normalize("NFKC", form))


def spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """Return the label of each text: of those that look alike the most frequent, the first in order on a tie."""
    cleaned = {text: unicodedata.normalize("NFC", clean(text)) for text in counts}
    rows: dict[str, dict[str, int]] = {}
    for text, n in counts.items():
        same = rows.setdefault(alike(text), {})
        same[cleaned[text]] = same.get(cleaned[text], 0) + n
    best = {look: min(same, key=lambda label: (-same[label], label)) for look, same in rows.items()}
    return {text: best[alike(text)] for text in counts}


def code_levels(counts: Mapping[str, int], continuum: Continuum, levels: Mapping[Any, str] | None) -> Coded:
    """Code the texts of the level column by the continuum's names, short names, labels, and ``levels=``.

    Raises
    ------
    ArgumentError
        ``levels=`` maps to a level that the continuum does not have.
    """
    asked = {clean(str(code)): target for code, target in (levels or {}).items()}
    wrong = sorted({str(target) for target in asked.values() if target not in continuum.names})
    if wrong:
        raise ArgumentError(
            f"levels= maps to {', '.join(map(repr, wrong))}; the continuum has: {', '.join(continuum.names)}."
        )
    known: dict[str, int] = {}
    for names in (
        [(alias, i) for i, level in enumerate(continuum.levels) for alias in level.aliases],
        [(level.label, i) for i, level in enumerate(continuum.levels)],
        [(level.short, i) for i, level in enumerate(continuum.levels)],
        [(level.name, i) for i, level in enumerate(continuum.levels)],
        [(code, continuum.names.index(target)) for code, target in asked.items()],
    ):
        known |= {_fold(name): i for name, i in names}
    exact = {name: i for i, name in enumerate(continuum.names)}
    exact |= {code: continuum.names.index(target) for code, target in asked.items()}
    return _code(counts, exact, known, continuum.names)


def code_reasons(counts: Mapping[str, int], reasons: Mapping[Any, str] | None) -> Coded:
    """Code the texts of the reason column by careflow's words and ``reasons=``; what is not known is ``"unknown"``.

    Raises
    ------
    ArgumentError
        ``reasons=`` maps to a word that is none of careflow's.
    """
    asked = {clean(str(code)): target for code, target in (reasons or {}).items()}
    wrong = sorted({str(target) for target in asked.values() if target not in REASONS})
    if wrong:
        raise ArgumentError(f"reasons= maps to {', '.join(map(repr, wrong))}; the reasons are: {', '.join(REASONS)}.")
    exact = {name: i for i, name in enumerate(REASONS)} | {code: REASONS.index(to) for code, to in asked.items()}
    return _code(counts, exact, {_fold(name): i for name, i in exact.items()}, REASONS)


def code_labels(counts: Mapping[str, int], name: str) -> Coded:
    """Code the texts of a stratum: sorted labels, codes in their order, -1 for missing; texts that look alike are one.

    Raises
    ------
    RecordError
        There are too many different labels for a stratum, one is too long, or codes lost digits.
    """
    cleaned = spellings(counts)
    lost = [text for text, label in cleaned.items() if lost_digits.lost(label)]
    lost_digits.refuse(name, len(lost), sum(counts[text] for text in lost))
    labels = sorted({text for text in cleaned.values() if text})
    if len(labels) > MOST_LABELS:
        raise RecordError(
            f"{name} has {len(labels):,} different values; a stratum has at most {MOST_LABELS:,}.",
            check="S09",
            n=len(labels),
        )
    if labels and max(map(len, labels)) > LONGEST_LABEL:
        raise RecordError(
            f"{name} has values of more than {LONGEST_LABEL} characters: it is a note, not a stratum.", check="S09"
        )
    places = {label: i for i, label in enumerate(labels)}
    codes = {text: places.get(short, MISSING_CODE) for text, short in cleaned.items()}
    fixed = sum(n for text, n in counts.items() if cleaned[text] != text and cleaned[text])
    missing = sum(n for text, n in counts.items() if not cleaned[text])
    return Coded(codes, tuple(labels), fixed, missing)


def _fold(text: str) -> str:
    return alike(text).replace("_", " ").replace("-", " ")


def _code(
    counts: Mapping[str, int], exact: Mapping[str, int], known: Mapping[str, int], labels: tuple[str, ...]
) -> Coded:
    codes: dict[str, int] = {}
    fixed = 0
    for text, n in counts.items():
        short = clean(text)
        code = exact.get(short, known.get(_fold(short), UNKNOWN_CODE))
        if code == UNKNOWN_CODE and short.casefold() in _MISSING_WORDS:
            code = MISSING_CODE
        codes[text] = code
        fixed += n if code >= 0 and text not in exact else 0
    missing = sum(n for text, n in counts.items() if codes[text] == MISSING_CODE)
    unknown = {text: n for text, n in counts.items() if codes[text] == UNKNOWN_CODE}
    strangers: dict[str, int] = {}
    for text, label in spellings(unknown).items():
        strangers[label] = strangers.get(label, 0) + unknown[text]
    return Coded(codes, labels, fixed, missing, sum(strangers.values()), _list(strangers))


def _list(strangers: Mapping[str, int]) -> str:
    if not strangers:
        return ""
    if len(strangers) > MOST_CODES:
        return f"{len(strangers):,} codes: is this the right column?"
    often = sorted(
        ((n, text) for text, n in strangers.items() if n >= SHOWN_FROM and not personal(text)),
        key=lambda p: (-p[0], p[1]),
    )
    named = ", ".join(f"{text[:40]!r} ({n:,})" for n, text in often[:20])
    rest = len(strangers) - len(often[:20])
    count = f"{len(strangers):,} code{'s' if len(strangers) > 1 else ''}"
    if not often:
        return (
            f"{count}, none to be named"
            if max(strangers.values()) >= SHOWN_FROM
            else f"{count}, each seen fewer than {SHOWN_FROM} times"
        )
    return f"{count}: {named}" + (f" and {rest:,} more" if rest else "")
