"""A progress bar for long statements."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tqdm import tqdm

PATIENCE: Final = 2.0
"""Seconds after which the bar appears."""

_EVERY: Final = 0.2
_BAR: Final = "{desc} {percentage:3.0f}%|{bar}| {elapsed}"


@contextmanager
def progress(share: Callable[[], float], what: str, wanted: bool | None = None) -> Iterator[None]:
    """Show the progress of a statement that takes more than two seconds.

    Parameters
    ----------
    share : callable
        Returns the percentage done, or a negative number while it is unknown.
    what : str
        The label of the bar.
    wanted : bool, optional
        Whether to show the bar. Default: only on a terminal.
    """
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(share, what, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _watch(share: Callable[[], float], what: str, done: threading.Event) -> None:
    if done.wait(PATIENCE):
        return
    with tqdm(total=100, desc=what, leave=False, bar_format=_BAR) as bar:
        while not done.wait(_EVERY):
            bar.update(max(0.0, min(share(), 100.0) - bar.n))
