"""Tables and queries of a database, streamed as Arrow through ADBC."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import pyarrow as pa

from careflow.errors import ArgumentError, RecordError

DRIVERS: Final = {
    "postgresql": ("adbc_driver_postgresql", "adbc-driver-postgresql"),
    "postgres": ("adbc_driver_postgresql", "adbc-driver-postgresql"),
    "sqlite": ("adbc_driver_sqlite", "adbc-driver-sqlite"),
    "snowflake": ("adbc_driver_snowflake", "adbc-driver-snowflake"),
    "grpc": ("adbc_driver_flightsql", "adbc-driver-flightsql"),
}


def query(uri: str, sql: str) -> pa.Table:
    """Run a query on a database and return its rows, to be given to :func:`careflow.read_episodes`.

    Parameters
    ----------
    uri : str
        ``"postgresql://host/base"``, ``"sqlite:///path/to/file.db"``, ``"snowflake://..."`` or ``"grpc://..."``.
    sql : str
        The query. Ask for the columns of the stays and no others.

    Raises
    ------
    ArgumentError
        careflow knows no driver for the database.
    RecordError
        The driver is not installed, or the database refuses.
    """
    scheme = uri.split(":", 1)[0].split("+", 1)[0] if isinstance(uri, str) else ""
    if scheme not in DRIVERS:
        raise ArgumentError(f"query() reads databases by the start of their address: {', '.join(DRIVERS)}.")
    module, package = DRIVERS[scheme]
    address = uri.removeprefix("sqlite:///") if scheme == "sqlite" else uri
    return _fetch(_driver(module, package), address, sql)


def _driver(module: str, package: str) -> Any:
    try:
        return import_module(f"{module}.dbapi")
    except ModuleNotFoundError:
        pass
    raise RecordError(f"this database needs the driver {package}: pip install {package}")


def _fetch(driver: Any, address: str, sql: str) -> pa.Table:
    try:
        with driver.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()
    except Exception as error:  # a driver's text may hold the password of the address, and rows
        kind = type(error).__name__
    raise RecordError(f"the database refused ({kind}). Check the address, the rights and the query.")
