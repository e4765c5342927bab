"""The panel that a chart is being drawn as, where it is one of several."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Part:
    """One panel of several: what its chart says is said once, for all.

    Parameters
    ----------
    name : str
        Its title.
    own : bool
        Whether the figure is careflow's, and so its look.

    Attributes
    ----------
    chart : Chart
        What draws it.
    words : dict
        What it would say alone: the arguments of ``Subject.say``.
    content : dict
        What its description is made of.
    """

    def __init__(self, name: str, *, own: bool = True) -> None:
        self.name, self.own = name, own
        self.chart: Any = None
        self.words: dict[str, Any] = {}
        self.content: dict[str, Any] = {}


panel: ContextVar[Part | None] = ContextVar("careflow_panel", default=None)


@contextmanager
def drawn_as(part: Part) -> Iterator[Part]:
    """Let the chart made inside be one panel of several."""
    token = panel.set(part)
    try:
        yield part
    finally:
        panel.reset(token)
