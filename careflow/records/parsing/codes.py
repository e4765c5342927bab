"""Map the distinct texts of levels, reasons and strata to careflow's codes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from careflow.arguments.folding import alike, clean, fold
from careflow.continuum import Continuum
from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError, RecordError
from careflow.records import lost_digits
from careflow.records.privacy.identifiers import personal

MISSING_CODE, UNKNOWN_CODE = -1, -2
SHOWN_FROM: Final = 11
"""Only codes in at least this many rows are named in messages, so that no single person's value is."""

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
        ``{text in the file: code}``; -1 for missing, -2 for unknown.
    labels : tuple of str
        The labels of the codes 0, 1, ...
    fixed : int
        Rows whose text differs from its label only in spaces, case or Unicode form.
    missing, unknown : int
        Rows without a text, and rows with an unknown text.
    note : str
        The unknown codes; those in at least 11 rows are named.
    """

    codes: Mapping[str, int]
    labels: tuple[str, ...]
    fixed: int = 0
    missing: int = 0
    unknown: int = 0
    note: str = ""


def spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """Return the label of each text: the most frequent of those with one key, on a tie the first in order."""
    cleaned = {text: unicodedata.normalize("NFC", clean(text)) for text in counts}
    rows: dict[str, dict[str, int]] = {}
    for text, n in counts.items():
        same = rows.setdefault(alike(text), {})
        same[cleaned[text]] = same.get(cleaned[text], 0) + n
    best = {form: min(same, key=lambda label: (-same[label], label)) for form, same in rows.items()}
    return {text: best[alike(text)] for text in counts}


def code_levels(counts: Mapping[str, int], continuum: Continuum, levels: Mapping[Any, str] | None) -> Coded:
    """Code the texts of the level column by the names, short names, labels and aliases of levels, and ``levels=``.

    Raises
    ------
    ArgumentError
        ``levels=`` maps to a level that the continuum does not have.
    """
    mapping = {clean(str(code)): continuum.level_meant(target) or target for code, target in (levels or {}).items()}
    wrong = sorted({str(target) for target in mapping.values() if target not in continuum.names})
    if wrong:
        raise ArgumentError(
            f"levels= maps to {', '.join(map(repr, wrong))}; the continuum has: {', '.join(continuum.names)}."
        )
    places = {name: i for i, name in enumerate(continuum.names)}
    folded = {fold(text): places[level] for text in counts if (level := continuum.level_meant(text)) is not None}
    folded |= {fold(code): places[target] for code, target in mapping.items()}
    exact = places | {code: places[target] for code, target in mapping.items()}
    return code_texts(counts, exact, folded, continuum.names)


def code_reasons(counts: Mapping[str, int], reasons: Mapping[Any, str] | None) -> Coded:
    """Code the texts of the reason column by careflow's reasons and ``reasons=``.

    Raises
    ------
    ArgumentError
        ``reasons=`` maps to a reason that careflow does not have.
    """
    meant = {fold(reason): reason for reason in REASONS}
    mapping = {clean(str(code)): meant.get(fold(str(to)), to) for code, to in (reasons or {}).items()}
    wrong = sorted({str(target) for target in mapping.values() if target not in REASONS})
    if wrong:
        raise ArgumentError(f"reasons= maps to {', '.join(map(repr, wrong))}; the reasons are: {', '.join(REASONS)}.")
    exact = {name: i for i, name in enumerate(REASONS)} | {code: REASONS.index(to) for code, to in mapping.items()}
    return code_texts(counts, exact, {fold(name): i for name, i in exact.items()}, REASONS)


def code_labels(counts: Mapping[str, int], name: str) -> Coded:
    """Code the texts of a stratum in the order of their labels, -1 for missing; texts with one key get one label.

    Raises
    ------
    RecordError
        There are too many labels, a label is too long, or codes lost digits.
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
    code_of = {label: i for i, label in enumerate(labels)}
    codes = {text: code_of.get(short, MISSING_CODE) for text, short in cleaned.items()}
    fixed = sum(n for text, n in counts.items() if cleaned[text] != text and cleaned[text])
    missing = sum(n for text, n in counts.items() if not cleaned[text])
    return Coded(codes, tuple(labels), fixed, missing)


def code_texts(
    counts: Mapping[str, int], exact: Mapping[str, int], folded: Mapping[str, int], labels: tuple[str, ...]
) -> Coded:
    """Code texts by their exact spelling, then by their folded one; -1 for missing words, -2 for all others."""
    codes: dict[str, int] = {}
    fixed = 0
    for text, n in counts.items():
        short = clean(text)
        code = exact.get(short, folded.get(fold(short), UNKNOWN_CODE))
        if code == UNKNOWN_CODE and short.casefold() in _MISSING_WORDS:
            code = MISSING_CODE
        codes[text] = code
        fixed += n if code >= 0 and text not in exact else 0
    missing = sum(n for text, n in counts.items() if codes[text] == MISSING_CODE)
    unknown = {text: n for text, n in counts.items() if codes[text] == UNKNOWN_CODE}
    unexplained: dict[str, int] = {}
    for text, label in spellings(unknown).items():
        unexplained[label] = unexplained.get(label, 0) + unknown[text]
    return Coded(codes, labels, fixed, missing, sum(unexplained.values()), _list(unexplained))


def _list(unexplained: Mapping[str, int]) -> str:
    if not unexplained:
        return ""
    if len(unexplained) > MOST_CODES:
        return f"{len(unexplained):,} codes: is this the right column?"
    often = sorted(
        ((n, text) for text, n in unexplained.items() if n >= SHOWN_FROM and not personal(text)),
        key=lambda p: (-p[0], p[1]),
    )
    named = ", ".join(f"{text[:40]!r} ({n:,})" for n, text in often[:20])
    rest = len(unexplained) - len(often[:20])
    count = f"{len(unexplained):,} code{'s' if len(unexplained) > 1 else ''}"
    if not often:
        return (
            f"{count}, none to be named"
            if max(unexplained.values()) >= SHOWN_FROM
            else f"{count}, each seen fewer than {SHOWN_FROM} times"
        )
    return f"{count}: {named}" + (f" and {rest:,} more" if rest else "")
