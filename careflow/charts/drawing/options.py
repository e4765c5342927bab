"""The options that every chart takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypedDict

from matplotlib.axes import Axes

Audience = Literal["internal", "external"]


class Options(TypedDict, total=False):
    """The options that every chart takes, all by keyword."""

    ax: Axes | None
    title: str | None
    subtitle: str | None
    notes: str | None
    source: str | None
    header: bool
    short_labels: Mapping[str, str] | None
    emphasis: Sequence[object] | None
    audience: Audience
    figsize: tuple[float, float] | None
    palette: Mapping[str, str] | None
    where: Mapping[str, object] | None


DEFAULTS: Final[Options] = {
    "ax": None, "title": None, "subtitle": None, "notes": None, "source": None, "header": True,
    "short_labels": None, "emphasis": None, "audience": "internal", "figsize": None, "palette": None, "where": None,
}  # fmt: skip
