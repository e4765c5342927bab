"""Find and end processes by a variable of their environment, which whatever they start inherits (Linux)."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def marked(name: str, value: str) -> list[int]:
    """Return the ids of the processes that run with this variable; none where there is no /proc."""
    mark, found = f"{name}={value}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return [process for process in found if process != os.getpid()]


def end_marked(name: str, value: str, seconds: float = 10) -> None:
    """Kill the processes that run with this variable until none is left: they may start others meanwhile."""
    deadline = time.monotonic() + seconds
    while (found := marked(name, value)) and time.monotonic() < deadline:
        for process in found:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.02)
