"""A real Spark cluster on loopback: a standalone master and workers, started from the PySpark wheel and Java."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Self

START = 120
"""Seconds that a part of the cluster may take to start."""

QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Java's options for programs that run for a minute: most of the time would go to compiling what runs once."""


class Cluster:
    """A master and its workers, each a process in a session of its own; all end with the block.

    Parameters
    ----------
    folder : Path
        For logs and the workers' files.
    cores, memory : int, str
        Of each worker.
    java : str, optional
        Java's options of the master and the workers.
    """

    def __init__(self, folder: Path, *, cores: int, memory: str, java: str = "") -> None:
        import pyspark

        self.home, self.folder = Path(pyspark.__file__).parent, folder
        self.size, self.java = ("--cores", str(cores), "--memory", memory), java
        self.port = free_port()
        self.url = f"spark://127.0.0.1:{self.port}"
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            self.start("master.Master", "--host", "127.0.0.1", "--port", str(self.port), "--webui-port", web())
            wait_for(lambda: reachable(self.port), "the master did not start")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker, and return once the master knows it."""
        number = len(self.processes)
        log = self.folder / f"{number}.log"
        files = str(self.folder / f"work{number}")
        worker = self.start("worker.Worker", "--host", "127.0.0.1", *self.size, "--webui-port", web(),
                            "--work-dir", files, self.url)  # fmt: skip
        wait_for(lambda: "Successfully registered" in log.read_text(), "a worker did not register")
        return worker

    def start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of Spark's programs; its log is named by its number."""
        settings = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1", "SPARK_HOME": str(self.home)}
        settings |= {"SPARK_DAEMON_JAVA_OPTS": self.java}
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(self.home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ | settings,
            )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and the executors that it started, without a warning."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End every process that is left, the latest first."""
        for process in reversed(self.processes):
            if process.returncode is None:
                self.kill(process)


def free_port() -> int:
    """Return a port that nobody uses."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def web() -> str:
    """Return the port of a page that nobody reads, which Spark cannot do without."""
    return str(free_port())


def reachable(port: int) -> bool:
    """Return whether a port answers."""
    with closing(socket.socket()) as found:
        return found.connect_ex(("127.0.0.1", port)) == 0


def wait_for(true: Callable[[], Any], otherwise: str) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + START
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.1)
