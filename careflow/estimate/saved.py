"""Results as files: one Parquet file that holds the frame, and in its metadata everything else."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from hashlib import sha256
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.atomic_files import replacing, why_unreadable
from careflow.continuum import Continuum
from careflow.errors import ArgumentError, CountsError
from careflow.estimate.stamp import SavedInput

FORMAT: Final = 1
"""Version of the file."""
SUFFIX: Final = ".parquet"
_META: Final = b"careflow.result"
_SUM: Final = b"careflow.sha256"


def write_result(result: Any, file: str | PathLike[str]) -> Path:
    """Write a result; see :meth:`careflow.estimate.Result.save`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = Path(file)
    if target.suffix.lower() != SUFFIX:
        raise ArgumentError(f"a result is saved as {SUFFIX}, as in save('rates{SUFFIX}'); for Excel: to_excel(path)")
    about = {
        "format": FORMAT,
        "stamp": result.stamp,
        "result": _encoded(result, leave_out=("frame",)),
        "categories": {
            name: [_encoded(label) for label in dtype.categories]
            for name, dtype in result.frame.dtypes.items()
            if isinstance(dtype, pd.CategoricalDtype)
        },
    }
    text = json.dumps(about, sort_keys=True).encode()
    table = pa.Table.from_pandas(result.frame, preserve_index=False)
    # The types of pandas are kept beside what careflow adds.
    metadata = {**(table.schema.metadata or {}), _META: text, _SUM: sha256(text).hexdigest().encode()}
    with replacing(target) as out:
        pq.write_table(table.replace_schema_metadata(metadata), out, write_page_checksum=True)
    return target


def read_result(path: str | PathLike[str]) -> Any:
    """Read a result; see :func:`careflow.load`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = Path(path).name
    if problem := why_unreadable(Path(path)) if Path(path).exists() else "":
        raise CountsError(f"{name} cannot be read: {problem}")
    broken = CountsError(f"{name} cannot be read as a result: it is missing or broken")
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise broken from error
    metadata = table.schema.metadata or {}
    if _META not in metadata:
        counts = "; it holds counts: cf.Counts.load(path)" if b"careflow" in metadata else ""
        raise CountsError(f"{name} holds no result of careflow; they are written by result.save(path){counts}")
    if sha256(metadata[_META]).hexdigest().encode() != metadata.get(_SUM):
        raise broken
    about = json.loads(metadata[_META])
    if about["format"] != FORMAT:
        raise CountsError(f"{name} was saved by another version of careflow; this one reads files of format {FORMAT}")
    frame = table.to_pandas()
    for column, labels in about["categories"].items():
        dtype = pd.CategoricalDtype([_decoded(label) for label in labels], ordered=frame[column].cat.ordered)
        frame[column] = frame[column].astype(dtype)
    return _decoded(about["result"], frame=frame)


def _encoded(value: Any, *, leave_out: tuple[str, ...] = ()) -> Any:
    """Return a value as JSON; what JSON does not have is an object with the name of its type."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else {"float": str(float(value))}
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, pd.DataFrame):
        return {"frame": _ipc(value)}
    if isinstance(value, np.ndarray):
        return {"array": [_encoded(item) for item in value.tolist()], "dtype": str(value.dtype)}
    if isinstance(value, tuple | list):
        return {type(value).__name__ if type(value) is list else "tuple": [_encoded(item) for item in value]}
    if isinstance(value, Mapping):
        return {"mapping": [[_encoded(key), _encoded(item)] for key, item in value.items()]}
    if isinstance(value, Continuum):
        return {"continuum": value.to_dict()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if hasattr(value, "sha256"):
        return {"input": value.sha256}
    if is_dataclass(value):
        kept = {item.name: getattr(value, item.name) for item in fields(value) if item.init}
        parts = {name: _encoded(part) for name, part in kept.items() if name not in leave_out}
        return {"class": [type(value).__module__, type(value).__qualname__], "parts": parts}
    raise ArgumentError(f"a {type(value).__name__} of this result cannot be saved; its numbers are in its frames")


def _decoded(value: Any, **more: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class" in value:
        module, name = value["class"]
        if not module.startswith("careflow."):
            raise CountsError("the file names a class that is not careflow's")
        parts = {key: _decoded(part) for key, part in value["parts"].items()}
        return getattr(import_module(module), name)(**parts, **more)
    ((kind, content),) = [item for item in value.items() if item[0] != "dtype"]
    readers: dict[str, Any] = {
        "float": float,
        "frame": _frame,
        "array": lambda items: np.array([_decoded(item) for item in items], dtype=value["dtype"]),
        "tuple": lambda items: tuple(_decoded(item) for item in items),
        "list": _decoded,
        "mapping": lambda pairs: {_decoded(key): _decoded(item) for key, item in pairs},
        "continuum": Continuum.from_dict,
        "date": date.fromisoformat,
        "input": SavedInput,
    }
    return readers[kind](content)


def _ipc(frame: pd.DataFrame) -> str:
    import pyarrow as pa

    table = pa.Table.from_pandas(frame)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return base64.b64encode(sink.getvalue()).decode("ascii")


def _frame(text: str) -> pd.DataFrame:
    import pyarrow as pa

    with pa.ipc.open_stream(base64.b64decode(text)) as reader:
        frame: pd.DataFrame = reader.read_pandas()
    return frame
