"""Processes that end, and disks that fail, at a chosen call of the system."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator

import pytest

STEPS = ("open", "fsync", "rename", "replace", "unlink", "rmdir", "chmod", "close")
"""Calls of the system that a write makes, by their names in ``os``; opening and writing a file come on top."""


class CutError(BaseException):
    """The process ended here."""


class Steps:
    """The calls of the system so far, and what happens at one of them."""

    def __init__(self, at: int, error: Callable[[], BaseException], *, lasting: bool) -> None:
        self.at, self.error, self.lasting, self.n = at, error, lasting, 0

    def step(self) -> None:
        self.n += 1
        if self.n == self.at or (self.lasting and self.n > self.at):
            raise self.error()


@contextlib.contextmanager
def failing(steps: Steps) -> Iterator[None]:
    """Have calls of the system fail; of a file whose writing fails, half has been written."""
    real, real_open = {name: getattr(os, name) for name in STEPS}, io.open

    class File(io.FileIO):
        def write(self, content) -> int:
            try:
                steps.step()
            except BaseException:
                super().write(bytes(content)[: len(content) // 2])
                raise
            return super().write(content)

    def call(name: str) -> Callable[..., object]:
        def called(*args, **kwargs):
            steps.step()
            return real[name](*args, **kwargs)

        return called

    def opened(file, mode="r", *args, **kwargs):
        steps.step()
        return File(file, "x") if mode == "xb" else real_open(file, mode, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, call(name))
        patch.setattr(io, "open", opened)
        yield
