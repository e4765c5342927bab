"""Stays in a real PostgreSQL, started for the test from the system's packages, streamed as Arrow through ADBC."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from records.drawing import finding, stays

from careflow.errors import RecordError
from careflow.records import query, read_episodes

pytestmark = pytest.mark.slow


def programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def account():
    """PostgreSQL refuses to run as root: use the package's own user there."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("root, and no user postgres to run the server as")


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("adbc_driver_postgresql", reason="needs adbc-driver-postgresql")
    where = programs() or pytest.skip("needs the Debian package postgresql")
    user = account()
    folder = Path(tempfile.mkdtemp(prefix="careflow-pg-"))
    if user:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def call(*words, **more):
        subprocess.run([str(where / words[0]), *words[1:]], check=True, user=user, cwd=folder, timeout=120,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)  # fmt: skip

    call("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "tester", "--no-sync", "-E", "UTF8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=Asia/Tokyo"
    call("pg_ctl", "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://tester@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def table(server):
    import adbc_driver_postgresql.dbapi as driver

    with driver.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS stays")
        cursor.execute(
            "CREATE TABLE stays (id bigint, level text, admitted date, discharged timestamp, moment timestamptz, "
            "reason varchar(20), region int)"
        )
        cursor.execute(
            "INSERT INTO stays VALUES "
            "(1, 'residential', '2024-01-03', '2024-02-01 23:59', '2024-01-03 23:30+00', 'completed', 1), "
            "(1, 'php', '2024-02-01', NULL, '2024-02-01 23:30+00', NULL, 2), "
            "(2, 'iop', '2024-02-20', '2024-03-31 00:00', NULL, 'left early', NULL), "
            "(3, 'iop', '2024-02-20', '2024-01-31 00:00', NULL, 'left early', NULL)"
        )
        connection.commit()
    return server


COLUMNS = {"person_id": "id", "admit_date": "admitted", "discharge_date": "discharged", "discharge_reason": "reason"}


def test_stays_of_a_postgresql_table_are_read(table):
    answer = query(table, "SELECT * FROM stays")
    episodes = read_episodes(answer, cutoff="2024-12-31", columns={**COLUMNS, "region": "region"})
    assert stays(episodes) == [
        ("residential", "01-03", "02-01", "completed"),
        ("php", "02-01", None, "unknown"),
        ("iop", "02-20", "03-31", "left early"),
    ]
    assert finding(episodes, "R06")[1] == 1
    assert episodes.strata["region"].labels == ("1", "2")


def test_a_refusal_of_the_database_names_neither_its_address_nor_its_rows(table):
    with pytest.raises(RecordError) as caught:
        query(table, "SELECT level::int FROM stays")
    assert "residential" not in str(caught.value)
    assert "tester" not in str(caught.value)
    assert caught.value.__context__ is None
