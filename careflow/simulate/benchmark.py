"""Large made-up Parquet files for timing, with the parameters of the sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from careflow.atomic_files import replacing
from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError
from careflow.simulate.parameters import Truth
from careflow.simulate.people import OPEN, Stays, run
from careflow.simulate.process import LEVELS
from careflow.simulate.random import Integers
from careflow.simulate.records import CUTOFF, FIRST, SEED, as_date

STAYS_PER_PERSON = 2.3
"""Slightly less than the mean of the parameters, so that there are always enough stays."""


def benchmark_data(
    stays: int, path: str | Path, ids: Literal["integer", "text"] = "integer", *, seed: int = SEED
) -> Path:
    """Write exactly ``stays`` made-up stays to a Parquet file, in order of admission, and return its path.

    Parameters
    ----------
    stays : int
        Number of rows; 1,000,000 take one or two seconds, 10,000,000 about 15 seconds and 2 GB.
    path : str or pathlib.Path
        The file to write; its folder must exist.
    ids : {"integer", "text"}
        ``person_id`` as 64-bit integers or as text of 16 characters, without order and for the same people.
    seed : int
        The same arguments give the same stays.

    Returns
    -------
    pathlib.Path
        The file: ``person_id, level`` (text), ``admit_date, discharge_date`` (dates, missing while open),
        ``discharge_reason, facility, payer`` (text).

    Raises
    ------
    ArgumentError
        If there is less than one stay, or another kind of ids.
    """
    if stays < 1:
        raise ArgumentError(f"stays is a number of rows, 1 or more; it was {stays}")
    if ids not in ("integer", "text"):
        raise ArgumentError("ids is 'integer' or 'text'")
    truth = Truth.standard()
    people = int(stays / STAYS_PER_PERSON) + 100
    records = _exactly(stays, run(people, as_date("first", FIRST), as_date("cutoff", CUTOFF), truth, seed))
    key = scattered(records.person)
    open_ = records.discharge == OPEN
    table = pa.table(
        {
            "person_id": hexadecimal(key) if ids == "text" else pa.array((key >> np.uint64(1)).astype(np.int64)),
            "level": _texts(records.level, LEVELS),
            "admit_date": _dates(records.admit),
            "discharge_date": _dates(records.discharge, open_),
            "discharge_reason": _texts(records.reason, REASONS, open_),
            "facility": _texts(records.facility, [facility.name for facility in truth.facilities]),
            "payer": _texts(records.payer, list(truth.payers)),
        }
    )
    with replacing(path) as file:
        pq.write_table(table, file, row_group_size=1_000_000)
    return Path(path)


def _exactly(n: int, records: Stays) -> Stays:
    """Return ``n`` stays: all stays of the first people, and the first stays of the last of them."""
    if len(records) < n:
        raise ArgumentError(f"the people have only {len(records)} of {n} stays; use another seed")
    by_person = np.argsort(records.person, kind="stable")
    return records.take(np.sort(by_person[:n]))


def scattered(numbers: Integers) -> npt.NDArray[np.uint64]:
    """Return a distinct pseudo-random 64-bit integer for each number (the mixing function of SplitMix64)."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def hexadecimal(keys: npt.NDArray[np.uint64]) -> Any:
    """Return each key as text of 16 hexadecimal digits, an Arrow array."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = np.empty((len(keys), 16), dtype=np.uint8)
    for i in range(16):
        text[:, i] = digits[(keys >> np.uint64(60 - 4 * i)) & np.uint64(15)]
    offsets = np.arange(0, 16 * len(keys) + 1, 16, dtype=np.int64)
    return pa.LargeStringArray.from_buffers(len(keys), pa.py_buffer(offsets), pa.py_buffer(text))


def _texts(codes: Integers, labels: Any, missing: npt.NDArray[np.bool_] | None = None) -> Any:
    indices = pa.array(codes.astype(np.int8), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(labels))).cast(pa.string())


def _dates(days: Integers, missing: npt.NDArray[np.bool_] | None = None) -> Any:
    return pa.array(days.astype(np.int32), mask=missing).cast(pa.date32())
