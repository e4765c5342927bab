"""A real Spark cluster on loopback: a standalone master and a worker, started from the PySpark wheel and Java."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

START = 120
"""Seconds that the cluster may take to start."""

QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Java's options for programs that run for a minute: most of the time would go to compiling what runs once."""

AS_IT_COMES = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
}
"""How Spark plans and runs if nobody asks otherwise."""

NOTHING_COMPILED = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""On a few hundred rows Spark spends its time on compiling Java for every statement; one test has it as it comes."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "spark: needs PySpark and Java 17; starts a cluster on loopback")


class Cluster:
    """A master and its workers, each a process of this test's own."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.port = free_port()
        self.url = f"spark://127.0.0.1:{self.port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start("master.Master", "--host", "127.0.0.1", "--port", str(self.port), "--webui-port", str(free_port()))
        wait_for(lambda: reachable(self.port), "the master did not start")
        self.worker = self.add_worker()

    def add_worker(self) -> subprocess.Popen[bytes]:
        log = self.folder / "worker.log"
        before = log.read_text().count("Successfully registered") if log.exists() else 0
        worker = self.start(
            "worker.Worker", "--host", "127.0.0.1", "--cores", "2", "--memory", "1g", "--webui-port", str(free_port()),
            "--work-dir", str(self.folder / "work"), self.url,
        )  # fmt: skip
        wait_for(lambda: log.read_text().count("Successfully registered") > before, "the worker did not register")
        return worker

    def start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{kind.split('.')[0]}.log").open("ab")
        process = subprocess.Popen(
            [str(self.home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", *arguments],
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ
            | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1", "SPARK_HOME": str(self.home)}
            | {"SPARK_DAEMON_JAVA_OPTS": QUICK},
        )
        self.processes.append(process)
        return process

    def lose_worker(self) -> None:
        """End the worker and its executor, with all that they hold, and start another."""
        self.kill(self.worker)
        self.worker = self.add_worker()

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and the executors that it started, without a warning."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                self.kill(process)


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def reachable(port: int) -> bool:
    with closing(socket.socket()) as found:
        return found.connect_ex(("127.0.0.1", port)) == 0


def wait_for(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + START
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(otherwise)
        time.sleep(0.1)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed: pip install careflow[spark]")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("there is no Java, which Spark needs (17 or later)")
    made = Cluster(Path(pyspark.__file__).parent, tmp_path_factory.mktemp("spark"))
    yield made
    made.stop()


SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": QUICK,
    "spark.executor.extraJavaOptions": QUICK,
    "spark.executor.memory": "768m",
    "spark.sql.session.timeZone": "America/New_York",
    "spark.sql.shuffle.partitions": "2",
    "spark.shuffle.io.retryWait": "1s",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
} | NOTHING_COMPILED


@pytest.fixture
def as_it_comes(spark: Any) -> Iterator[Any]:
    for name, value in AS_IT_COMES.items():
        spark.conf.set(name, value)
    yield spark
    for name, value in NOTHING_COMPILED.items():
        spark.conf.set(name, value)


@pytest.fixture(scope="module", params=["classic", "connect"])
def spark(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Any]:
    """A session of the cluster: in this process, or of a Connect server that is the cluster's only application."""
    if request.param == "classic":
        yield from classic(cluster)
    else:
        pytest.importorskip("grpc", reason="Spark Connect needs gRPC: pip install careflow[spark]")
        yield from connect(cluster)


def classic(cluster: Cluster) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(cluster.url).appName("careflow tests")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def connect(cluster: Cluster) -> Iterator[Any]:
    # By its own name: the front door of PySpark refuses a Connect session where a classic one has been.
    from pyspark.sql.connect.session import SparkSession

    port = free_port()
    settings = SETTINGS | {"spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port}
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    server = cluster.start(
        "SparkSubmit", "--master", cluster.url, "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
        *options, "spark-internal",
    )  # fmt: skip
    wait_for(lambda: reachable(port), "the Connect server did not start")
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
    yield session
    session.stop()
    cluster.kill(server)
