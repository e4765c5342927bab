"""The formats of a report, and the library that each needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from careflow.errors import ArgumentError
from careflow.office.libraries import require
from careflow.report.content.content import Content
from careflow.report.content.figures import Picture

Writer = Callable[[Content, tuple[Picture, ...]], bytes]


@dataclass(frozen=True)
class Format:
    """One format: its file, the module with ``document(content, pictures) -> bytes``, and the library that it needs."""

    file: str
    module: str
    needs: str = ""
    package: str = ""


FORMATS: Final = {
    "html": Format("report.html", "html"),
    "xlsx": Format("report.xlsx", "excel", "xlsxwriter", "xlsxwriter"),
    "pptx": Format("report.pptx", "powerpoint", "pptx", "python-pptx"),
    "pdf": Format("report.pdf", "pdf", "fpdf", "fpdf2"),
}
"""Every format by its name in ``formats=`` and ``--format``."""


def check_formats(formats: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of formats, each once.

    Raises
    ------
    ArgumentError
        If there is no such format, or the library that it needs is not installed.
    """
    names = tuple(dict.fromkeys([formats] if isinstance(formats, str) else formats))
    for name in names:
        if name not in FORMATS:
            raise ArgumentError(f"no format {name!r}; there are {', '.join(FORMATS)}")
        form = FORMATS[name]
        if form.needs:
            require(f"format {name}", form.needs, form.package)
    if not names:
        raise ArgumentError(f"name at least one format; there are {', '.join(FORMATS)}")
    return names


def writer(name: str) -> Writer:
    """Return the function that writes a format; its library is imported here."""
    document: Writer = import_module(f"careflow.report.formats.{FORMATS[name].module}").document
    return document
