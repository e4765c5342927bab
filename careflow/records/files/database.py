"""Run a query on a database and fetch its rows as Arrow, through ADBC."""

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
    """Run a query on a database and return its rows, as a source for :func:`careflow.read_episodes`.

    Parameters
    ----------
    uri : str
        ``"postgresql://host/base"``, ``"sqlite:///path/to/file.db"``, ``"snowflake://..."`` or ``"grpc://..."``.
    sql : str
        The query. Select only the columns that describe the stays.

    Raises
    ------
    ArgumentError
        careflow has no driver for this kind of database.
    RecordError
        The driver is not installed, or the database reports an error.
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
    except Exception as error:  # the driver's message may hold rows, or the password of the address
        kind = type(error).__name__
    raise RecordError(f"the database refused ({kind}). Check the address, the rights and the query.")
