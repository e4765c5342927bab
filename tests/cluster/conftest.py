"""A real Spark cluster on loopback: a standalone master and a worker, started from the PySpark wheel and Java."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any, Self

import pytest
from support.spark_cluster import QUICK, Cluster, free_port, reachable, wait_for

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


class OneWorker(Cluster):
    """A master and a worker that can be lost."""

    def __enter__(self) -> Self:
        super().__enter__()
        self.worker = self.add_worker()
        return self

    def lose_worker(self) -> None:
        """End the worker and its executor, with all that they hold, and start another."""
        self.kill(self.worker)
        self.worker = self.add_worker()


@pytest.fixture(scope="session")
def spark_installed() -> None:
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install careflow[spark]")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("there is no Java, which Spark needs (17 or later)")


@pytest.fixture(scope="module")
def cluster(spark_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneWorker]:
    with OneWorker(tmp_path_factory.mktemp("spark"), cores=2, memory="1g", java=QUICK) as made:
        yield made


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
