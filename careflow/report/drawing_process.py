"""A second process that draws charts of a report while this one draws others.

It is started with ``python -m``, so that a script without a main guard is not run again, and before the counting, so
that it has loaded matplotlib when the first chart is due. Where it fails, this process draws what is left.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import Any, BinaryIO, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class SecondProcess:
    """A process that applies a function of a module to what it is sent, one piece after the other."""

    def __init__(self, function: str) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "careflow.report.drawing_process", function],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
        )  # fmt: skip

    def __call__(self, piece: Any) -> Any:
        """Return the result of one piece; raise if the process has failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        _send(self._process.stdin, piece)
        worked, result = _receive(self._process.stdout)
        if not worked:
            raise RuntimeError(result)
        return result

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


@contextmanager
def second_process(function: str) -> Iterator[SecondProcess | None]:
    """Give a second process, where the machine has a second core to run it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    process = None
    if cores > 1:
        with suppress(OSError):
            process = SecondProcess(function)
    try:
        yield process
    finally:
        if process is not None:
            process.end()


def map_on_two(
    here: Callable[[T], R], there: Callable[[T], R] | None, pieces: Sequence[T], told: Callable[[T], None]
) -> list[R]:
    """Return the results of all pieces in order: this process takes them from the front, the other from the back.

    Parameters
    ----------
    here, there : callable
        What makes a result, in this process and in the other. Where ``there`` raises, ``here`` makes it.
    pieces : sequence
    told : callable
        Called before each piece that is made here.

    Examples
    --------
    >>> map_on_two(abs, abs, [-1, 2, -3], lambda piece: None)
    [1, 2, 3]
    """
    waiting, results, lock = deque(enumerate(pieces)), {}, Lock()

    def take(end: Callable[[], tuple[int, T]]) -> tuple[int, T] | None:
        with lock:
            return end() if waiting else None

    def feed() -> None:
        while there is not None and (taken := take(waiting.pop)) is not None:
            try:
                results[taken[0]] = there(taken[1])
            except Exception:  # this process draws it instead, and shows what is wrong if it is not the other one
                with lock:
                    waiting.append(taken)
                return

    feeder = Thread(target=feed, daemon=True)
    feeder.start()
    while len(results) < len(pieces):
        taken = take(waiting.popleft)
        if taken is None:
            feeder.join()
            if not waiting:
                break
            continue
        told(taken[1])
        results[taken[0]] = here(taken[1])
    return [results[place] for place in range(len(pieces))]


def _send(pipe: BinaryIO | Any, piece: Any) -> None:
    data = pickle.dumps(piece, pickle.HIGHEST_PROTOCOL)
    pipe.write(len(data).to_bytes(8, "big") + data)
    pipe.flush()


def _receive(pipe: BinaryIO | Any) -> Any:
    size = pipe.read(8)
    if len(size) < 8:
        raise EOFError("the other process ended")
    return pickle.loads(pipe.read(int.from_bytes(size, "big")))


def serve(function: Callable[[Any], Any], pipe_in: Any, pipe_out: Any) -> None:
    """Apply a function to each piece that comes in, until there are no more."""
    while True:
        try:
            piece = _receive(pipe_in)
        except EOFError:
            return
        try:
            answer = (True, function(piece))
        except Exception as error:
            answer = (False, f"{type(error).__name__}: {error}")
        _send(pipe_out, answer)


def main() -> None:
    """Serve the function that is named on the command line, as ``module:name``."""
    from importlib import import_module

    pipe_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints goes not between the results
    module, _, name = sys.argv[1].partition(":")
    serve(getattr(import_module(module), name), sys.stdin.buffer, pipe_out)


if __name__ == "__main__":
    main()
