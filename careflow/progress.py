"""One bar of named steps on stderr, for work that a person waits for."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from tqdm import tqdm


class Progress:
    """A bar that says which step is being done.

    Parameters
    ----------
    show : bool, optional
        Whether to show it; None shows it on a terminal only.
    steps : int
        How many steps are known at the start.
    """

    def __init__(self, show: bool | None, steps: int = 2) -> None:
        disable = None if show is None else not show
        self._bar = tqdm(total=steps, unit="step", leave=False, disable=disable, dynamic_ncols=True)
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None and self._begun:
            self._bar.update()
        self._bar.close()

    def expect(self, more: int) -> None:
        """Say how many steps there are besides those already known."""
        if self._bar.total is not None:
            self._bar.total += more

    def next(self, name: str) -> None:
        """End the step before, and begin the one called ``name``."""
        if self._begun:
            self._bar.update()
        self._begun = True
        self._bar.set_description(name)
