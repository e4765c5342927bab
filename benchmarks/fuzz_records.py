"""Feed damaged files to the reader: `python benchmarks/fuzz_records.py --files 10000 --seed 1`.

Each file is a sound CSV, gz, zip or Parquet of made-up stays (with `--kinds` also one of Arrow, a workbook, SPSS, Stata
or SAS) with one bit flipped, or a few bytes flipped, cut, doubled, swapped or replaced by what confuses readers. Every
one of them must be read, its rows conserved, or be refused by an error of careflow that quotes nothing; anything else
is a fault, and its seed is printed.

Result: see docs/records.md.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import tempfile
import time
import zipfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from careflow.errors import CareflowError
from careflow.records import read_episodes

KINDS = ("csv", "csv", "csv", "csv.gz", "zip", "parquet", "parquet")
SECRET = "Zq7Kd9XyW"
CONFUSING = (
    b'"', b'""', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b",,,,", b";", b"\t", b"9999-12-31", b"NaN",
    b"NA", b"03/02/2024", b"1e308", b"-1", b"\xe9", b"\xf0\x9f\x98\x80", b"' OR 1=1 --", b"=1+1", b"A" * 5000,
    b"2024-02-30",
)  # fmt: skip


def sound(chance: np.random.Generator) -> pd.DataFrame:
    """Return a few made-up stays, each with a secret in its id."""
    n = int(chance.integers(1, 40))
    admit = pd.Timestamp("2024-01-01") + pd.to_timedelta(chance.integers(0, 300, n), unit="D")
    out = (admit + pd.to_timedelta(chance.integers(0, 90, n), unit="D")).strftime("%Y-%m-%d").to_numpy(dtype=object)
    out[chance.random(n) < 0.2] = None
    return pd.DataFrame({
        "person_id": [f"{SECRET}{i}" for i in chance.integers(0, 12, n)],
        "level": chance.choice(["inpatient", "residential", "php", "iop", "outpatient"], n),
        "admit_date": admit.strftime("%Y-%m-%d"),
        "discharge_date": out,
        "discharge_reason": chance.choice(["completed", "left early", "died", ""], n),
        "facility": chance.choice(["Cedar", "Haus Süd"], n),
    })  # fmt: skip


def written(table: pd.DataFrame, kind: str) -> bytes:
    """Return a table as the bytes of a file."""
    text = table.to_csv(index=False).encode()
    if kind == "csv":
        return text
    if kind == "csv.gz":
        return gzip.compress(text, mtime=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"stays.{kind}"
        if kind == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("stays.csv", text)
        elif kind == "parquet":
            pq.write_table(pa.Table.from_pandas(table), path, write_page_checksum=len(table) % 2 == 0)
        elif kind == "arrow":
            with pa.ipc.new_file(str(path), pa.Table.from_pandas(table).schema) as out:
                out.write_table(pa.Table.from_pandas(table))
        elif kind == "xlsx":
            table.to_excel(path, index=False, engine="xlsxwriter")
        else:
            short = table.rename(columns={"discharge_reason": "reason", "discharge_date": "disch"}).fillna("")
            write = {"sav": "write_sav", "zsav": "write_sav", "dta": "write_dta", "xpt": "write_xport"}[kind]
            getattr(import_module("pyreadstat"), write)(
                short, str(path), **({"compress": True} if kind == "zsav" else {})
            )
        return path.read_bytes()


def damaged(content: bytes, chance: np.random.Generator) -> bytes:
    """Return the bytes with one bit flipped, or with one to four wounds."""
    data = bytearray(content)
    if chance.random() < 0.3:
        data[int(chance.integers(0, len(data)))] ^= 1 << int(chance.integers(0, 8))
        return bytes(data)
    for _ in range(int(chance.integers(1, 5))):
        at, length = int(chance.integers(0, len(data) + 1)), int(chance.integers(1, 30))
        wound = int(chance.integers(0, 6))
        if wound == 0 and at < len(data):
            data[at] ^= 1 << int(chance.integers(0, 8))
        elif wound == 1:
            del data[at:]
        elif wound == 2:
            data[at:at] = data[at : at + length]
        elif wound == 3:
            del data[at : at + length]
        elif wound == 4:
            data[at:at] = CONFUSING[int(chance.integers(0, len(CONFUSING)))]
        else:
            data[at : at + length] = chance.integers(0, 256, length, dtype=np.uint8).tobytes()
    return bytes(data)


def verdict(path: Path) -> str:
    """Read a file; return "read", "refused", or what went wrong."""
    try:
        episodes = read_episodes(path, cutoff="2024-12-31", overlaps="highest")
    except CareflowError as error:
        quoted = SECRET in str(error) or error.__context__ is not None or error.__cause__ is not None
        return "FAULT: the refusal quotes a row or another error" if quoted else "refused"
    except Exception as error:
        return f"FAULT: {type(error).__name__}"
    left = episodes.attrition["left"].iloc[-2]
    if left != episodes.n or SECRET in repr(episodes) + episodes.findings.to_string():
        return "FAULT: rows are not conserved, or an id is shown"
    return "read"


def run(files: int, seed: int, seconds: float, kinds: Sequence[str] = KINDS) -> collections.Counter[str]:
    """Read damaged files until there are enough, or the time is over."""
    verdicts: collections.Counter[str] = collections.Counter()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        for i in range(files):
            if time.monotonic() > end:
                break
            chance = np.random.default_rng([seed, i])
            kind = str(chance.choice(list(kinds)))
            path = Path(folder) / f"stays.{kind}"
            path.write_bytes(damaged(written(sound(chance), kind), chance))
            found = verdict(path)
            verdicts[found if not found.startswith("FAULT") else f"{found} ({kind}, seed {seed}, file {i})"] += 1
    return verdicts


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--kinds", nargs="+", default=KINDS, help="csv csv.gz zip parquet arrow xlsx sav zsav dta xpt")
    asked = parser.parse_args()
    verdicts = run(asked.files, asked.seed, asked.seconds, asked.kinds)
    for found, n in verdicts.most_common():
        print(f"{n:7,}  {found}")
    return int(any(found.startswith("FAULT") for found in verdicts))


if __name__ == "__main__":
    raise SystemExit(main())
