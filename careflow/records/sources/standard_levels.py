"""The five levels at which claims, OMOP and FHIR make stays, and the checks of the options that name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from careflow.arguments.messages import either
from careflow.continuum import Continuum
from careflow.errors import ArgumentError

LEVELS: Final = ("inpatient", "residential", "php", "iop", "outpatient")
"""From the most intensive level down; a level's place here is its number in the engine."""

GAPS: Final = {"inpatient": 1, "residential": 1, "php": 7, "iop": 14, "outpatient": 30}
"""The most days to the next line or visit that still continues a stay, by level."""

LONGEST_GAP: Final = 3650


def check_gaps(gaps: Mapping[str, int] | None) -> dict[str, int]:
    """Return the gap of each level, those of ``gaps=`` in place of :data:`GAPS`.

    Raises
    ------
    ArgumentError
        A level is none of the five, or a gap is no whole number of days from 0 to 3650.
    """
    given = dict(gaps or {})
    if set(given) - set(GAPS) or not all(type(days) is int and 0 <= days <= LONGEST_GAP for days in given.values()):
        raise ArgumentError(f"gaps= maps levels ({', '.join(GAPS)}) to whole numbers of days from 0 to {LONGEST_GAP}.")
    return GAPS | given


def check_levels(levels: Mapping[Any, str] | None) -> None:
    """Check that ``levels=`` maps to the five levels.

    Raises
    ------
    ArgumentError
        It maps to other levels.
    """
    wrong = sorted({str(level) for level in (levels or {}).values() if level not in LEVELS})
    if wrong:
        raise ArgumentError(f"levels= maps to {', '.join(map(repr, wrong))}; give {either(LEVELS)}.")


def check_continuum(continuum: Continuum, source: str) -> None:
    """Check that the continuum of the reading has the five levels.

    Raises
    ------
    ArgumentError
        It lacks some.
    """
    missing = [level for level in LEVELS if level not in continuum.names]
    if missing:
        raise ArgumentError(
            f"{source} make stays at {', '.join(LEVELS)}; the continuum has no level {', '.join(missing)}. Read them "
            "with the standard continuum."
        )
