"""Direct identifiers: stop the reading if a column is named like one, or holds values that look like one.

Of the identifiers of HIPAA's Safe Harbor (45 CFR 164.514(b)(2)) these are recognised: names, social security, record
and phone numbers, birth dates, e-mail and street addresses, ZIP codes. Column names are recognised by their words,
values by the share of a sample that matches a pattern. ``allow=`` accepts a harmless column. No value is shown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from careflow.errors import ArgumentError, RecordError
from careflow.formatting import several
from careflow.records.person_names import is_name
from careflow.records.schema import shown

SAMPLE: Final = 2_000
"""The number of rows of the file, and of distinct values of a column, that are checked."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WHOSE: Final = frozenset(
    {"first", "last", "given", "family", "middle", "maiden", "full", "nick", "birth", "legal", "preferred"}
    | {"patient", "client", "member", "person", "resident", "consumer", "mother", "father", "guardian"}
)
_NUMBERS: Final = frozenset(["id", "no", "nr", "num", "number", "nbr", "code", "key"])
_JOINED: Final = {
    "name": "firstname lastname surname fname lname fullname patientname clientname membername forename",
    "social security number": "ssn ssnum socialsecurity socsec",
    "medical record number": "mrn medicalrecord mbi hicn chartnumber chartno",
    "birth date": "dob birthdate birthday dateofbirth birthdt",
    "phone number": "phone telephone cellphone mobilephone homephone workphone fax phonenumber",
    "e-mail address": "email emailaddress",
    "street address": "street address addr address1 address2 streetaddress addressline",
    "ZIP code": "zip zipcode zip5 zip9 postcode postalcode",
}
_BY_WORD: Final = {word: kind for kind, words in _JOINED.items() for word in words.split()}

_STREETS: Final = "st|street|ave|avenue|rd|road|blvd|boulevard|ln|lane|dr|drive|ct|court|pl|place|ter|terrace|hwy|pike"


@dataclass(frozen=True)
class Pattern:
    """The pattern of a kind of identifier, and the share of matching values from which a column counts as one."""

    kind: str
    shape: re.Pattern[str]
    share: float


PATTERNS: Final = (
    Pattern("social security numbers", re.compile(r"(?!000|666|9)\d{3}[- ](?!00)\d{2}[- ](?!0000)\d{4}"), 0.01),
    Pattern("e-mail addresses", re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"), 0.01),
    Pattern("phone numbers", re.compile(r"(\+?1[ .-]?)?(\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}"), 0.1),
    Pattern("street addresses", re.compile(rf"\d{{1,6}} +[\w .'-]+ ({_STREETS})\.?([ ,].*)?", re.IGNORECASE), 0.1),
    Pattern("ZIP codes", re.compile(r"\d{5}-\d{4}"), 0.5),
)
_DATE: Final = re.compile(r"(?P<a>\d{4})-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?P<b>\d{4})")


def screen(header: Iterable[str], values: Mapping[str, Collection[str]], allow: Collection[str], *, year: int) -> None:
    """Stop if a column of the file looks like a direct identifier.

    Parameters
    ----------
    header : iterable of str
        All columns of the file.
    values : mapping of str to collection of str
        Distinct values of a sample, by column.
    allow : collection of str
        Columns that are accepted.
    year : int
        The year of the cut-off; dates more than 17 years before it may be birth dates.

    Raises
    ------
    RecordError
        Columns look like direct identifiers. The message names and counts them, and shows no value.
    ArgumentError
        ``allow=`` names a column that the file does not have.
    """
    names = list(header)
    passed = {allow} if isinstance(allow, str) else set(allow)
    missing = sorted(name for name in passed if name not in names)
    if missing:
        raise ArgumentError(f"allow= names {len(missing)} columns that the file does not have: {shown(missing)}.")
    suspects: dict[str, str] = {}
    for name in dict.fromkeys(names):
        if name in passed:
            continue
        kind = by_name(name)
        if kind:
            suspects[name] = f"{shown([name])} is named like a {kind}"
        elif name in values:
            kinds = by_value(values[name], year=year)
            if kinds:
                suspects[name] = f"{shown([name])} holds what look like {kinds}"
    refuse(suspects)


def refuse(suspects: Mapping[str, str]) -> None:
    """Stop if any columns look like identifiers: ``{column: what it looks like}``.

    Raises
    ------
    RecordError
        ``suspects`` is not empty.
    """
    if suspects:
        plain = [name for name in suspects if shown([name]) == name][:3]
        many = len(suspects) > 1
        raise RecordError(
            f"{several(len(suspects), 'column')} {'look' if many else 'looks'} like direct identifiers: "
            f"{'; '.join(list(suspects.values())[:10])}. Remove {'them' if many else 'it'} from the file, "
            f"or accept a harmless column with allow=[{', '.join(map(repr, plain)) or '...'}].",
            check="S03",
            n=len(suspects),
        )


def by_name(name: str) -> str:
    """Return the kind of identifier that a column name means, or "".

    Examples
    --------
    >>> by_name("PatientLastName"), by_name("facility_name"), by_name("zip3"), by_name("birth_year")
    ('name', '', '', '')
    """
    words = [word.lower() for word in _WORD.findall(name)]
    joined = {"".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(i + 4, len(words)) + 1)}
    if "zip" in words and "3" in words:
        return ""
    if words == ["name"] or ("name" in words and _WHOSE & set(words)):
        return "name"
    if "birth" in words and "year" not in words:
        return "birth date"
    if {"medical", "record"} <= set(words) or ({"medicaid", "medicare"} & set(words) and _NUMBERS & set(words)):
        return "medical record number"
    return next((kind for word, kind in _BY_WORD.items() if word in joined), "")


def by_value(values: Collection[str], *, year: int) -> str:
    """Return the kind of identifier that the values look like, with counts, or "".

    Examples
    --------
    >>> by_value(["a@b.org", "c@d.org", "none"], year=2025)
    'e-mail addresses (2 of 3 different values)'
    """
    texts = [text.strip() for text in values if text and text.strip()][:SAMPLE]
    if not texts:
        return ""
    for pattern in PATTERNS:
        n = sum(pattern.shape.fullmatch(text) is not None for text in texts)
        if n and n >= pattern.share * len(texts):
            return f"{pattern.kind} ({n:,} of {len(texts):,} different values)"
    n = sum(is_name(text) for text in texts)
    if n >= 3 and n * 2 >= len(texts):
        return f"names of people ({n:,} of {len(texts):,} different values)"
    born = [match for match in map(_DATE.fullmatch, (text[:10] for text in texts)) if match]
    old = sum(int(match["a"] or match["b"]) < year - 17 for match in born)
    if len(born) * 2 > len(texts) and old >= 3 and old * 2 >= len(born):
        return f"birth dates ({old:,} of {len(texts):,} different values)"
    return ""


def personal(text: str) -> bool:
    """Return whether a text looks like a person's name, number or address, so that no message may show it.

    Examples
    --------
    >>> personal("Maria Lopez"), personal("412-55-1234"), personal("WM-3.7")
    (True, True, False)
    """
    return is_name(text) or any(pattern.shape.fullmatch(text) for pattern in PATTERNS)
