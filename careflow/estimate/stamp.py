"""The stamp of a result: what its numbers are, by which rules and from which records they were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from careflow import __version__
from careflow.counts.parts import part_words

if TYPE_CHECKING:
    from careflow.continuum import Continuum

NOT_KNOWN: Final = "not known"


@dataclass(frozen=True)
class SavedInput:
    """The hash of the files that a saved result was made from."""

    sha256: str = ""


def stamp_of(about: Any, continuum: Continuum) -> dict[str, str]:
    """Return the stamp of a result, as text by name; see :attr:`careflow.estimate.Result.stamp`."""
    calendar = about.calendar
    lines = {
        "measure": about.measure,
        "definition": about.definition,
        "n": f"{about.n:,} {about.unit}",
        "people": f"{about.persons:,}",
        "stays": NOT_KNOWN if about.stays is None else f"{about.stays:,}",
        "rows set aside by the checks": NOT_KNOWN if about.set_aside is None else f"{about.set_aside:,}",
        "cut-off": f"{about.cutoff:%Y-%m-%d}",
        "start": f"{about.start:%Y-%m-%d}" if about.start else "not given",
        "linked within": "" if about.linked is None else f"{about.linked} days",
        "windows": ", ".join(f"{window} days" for window in about.within),
        "overlapping stays": about.overlaps,
        "split by": ", ".join(about.by),
        "only": part_words(about.where) if about.where else "",
        "dated by": about.dated_by,
        "year begins in month": str(calendar.fiscal_start),
        "length in": about.convention,
        "interval": about.interval,
        "missing": about.missing,
        "continuum": f"{continuum.name}: {', '.join(continuum.names)}",
        "source": about.source,
        "sha256 of the files": getattr(about.input, "sha256", "") or NOT_KNOWN,
        "careflow": about.version or __version__,
    }
    return {name: text for name, text in lines.items() if text}
