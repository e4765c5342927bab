"""Feed damaged files to the stay sources: `python benchmarks/fuzz_sources.py --files 10000 --seed 1`.

Each turn writes made-up tables of one source (claims lines, level changes, OMOP, FHIR, TEDS), damages one of the
files as ``fuzz_records.py`` does, and reads them. Each must be read, every line with one fate, or be refused by an
error of careflow that quotes nothing; anything else is a fault, and its seed is printed.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from fuzz_records import SECRET, damaged

import careflow as cf
from careflow.errors import CareflowError

Files = dict[str, bytes]


def days(chance: np.random.Generator, n: int) -> tuple[list[str], list[str]]:
    """Return made-up first and last days."""
    first = pd.Timestamp("2024-01-01") + pd.to_timedelta(chance.integers(0, 300, n), unit="D")
    last = first + pd.to_timedelta(chance.integers(0, 40, n), unit="D")
    return list(first.strftime("%Y-%m-%d")), list(last.strftime("%Y-%m-%d"))


def table(frame: pd.DataFrame, chance: np.random.Generator) -> tuple[str, bytes]:
    """Return the ending and the bytes of a table in one of the usual formats."""
    kind = str(chance.choice(["csv", "csv", "csv.gz", "parquet"]))
    text = frame.to_csv(index=False).encode()
    if kind == "parquet":
        out = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), out)
        return kind, out.getvalue().to_pybytes()
    return kind, gzip.compress(text, mtime=0) if kind == "csv.gz" else text


def claims(chance: np.random.Generator) -> Files:
    """Return made-up claims lines."""
    n = int(chance.integers(1, 40))
    first, last = days(chance, n)
    frame = pd.DataFrame({
        "person_id": [f"{SECRET}{i}" for i in chance.integers(0, 9, n)],
        "claim_id": [f"{SECRET}c{i}" for i in chance.integers(0, n, n)],
        "claim_line_number": chance.integers(1, 4, n).astype(str),
        "claim_line_start_date": first,
        "claim_line_end_date": last,
        "paid_date": last,
        "admission_date": first,
        "bill_type_code": chance.choice(["111", "862", "117", "138", ""], n),
        "hcpcs_code": chance.choice(["H0018", "H0015", "H0035", "H0004", "H2036", "99999", ""], n),
        "place_of_service_code": chance.choice(["21", "55", "11", ""], n),
        "service_unit_quantity": chance.choice(["1", "7", "-1", ""], n),
        "discharge_disposition_code": chance.choice(["01", "30", "07", "20", ""], n),
        "claim_status": chance.choice(["paid", "denied"], n),
        "facility": chance.choice(["Cedar", "Haus Süd"], n),
    })  # fmt: skip
    kind, content = table(frame, chance)
    return {f"lines.{kind}": content}


def events(chance: np.random.Generator) -> Files:
    """Return made-up admissions and changes of level."""
    n, m = int(chance.integers(1, 20)), int(chance.integers(1, 30))
    first, last = days(chance, n)
    changed, _ = days(chance, m)
    levels = ["inpatient", "residential", "php", "iop", "outpatient"]
    admissions = pd.DataFrame({
        "person_id": [f"{SECRET}{i}" for i in chance.integers(0, 9, n)],
        "admission_id": [f"{SECRET}a{i}" for i in range(n)],
        "admit_date": first,
        "discharge_date": last,
        "level": chance.choice(levels, n),
    })  # fmt: skip
    changes = pd.DataFrame({
        "admission_id": [f"{SECRET}a{i}" for i in chance.integers(0, n, m)],
        "change_date": changed,
        "level": chance.choice(levels, m),
    })  # fmt: skip
    named = (("admissions", admissions), ("changes", changes))
    return {f"{name}.{kind}": content for name, frame in named for kind, content in [table(frame, chance)]}


def omop(chance: np.random.Generator) -> Files:
    """Return made-up tables of a common data model, as CSV."""
    n = int(chance.integers(1, 40))
    first, last = days(chance, n)
    people = [f"{SECRET}{i}" for i in range(9)]
    visits = pd.DataFrame({
        "visit_occurrence_id": [f"{SECRET}v{i}" for i in range(n)],
        "person_id": chance.choice(people, n),
        "visit_concept_id": chance.choice(["9201", "9202", "9203", "0"], n),
        "visit_start_date": first,
        "visit_end_date": last,
        "visit_source_value": "x",
    })  # fmt: skip
    death = pd.DataFrame({"person_id": people[:1], "death_date": first[:1]})
    named = {"person": pd.DataFrame({"person_id": people}), "visit_occurrence": visits, "death": death}
    return {f"{name}.csv": frame.to_csv(index=False).encode() for name, frame in named.items()}


def fhir(chance: np.random.Generator) -> Files:
    """Return made-up encounters, one a line, some of them with a history of classes."""
    n = int(chance.integers(1, 30))
    first, last = days(chance, n)
    lines = []
    for i, (start, end) in enumerate(zip(first, last, strict=True)):
        made: dict[str, Any] = {
            "resourceType": "Encounter",
            "id": f"{SECRET}e{i}",
            "status": str(chance.choice(["finished", "in-progress", "cancelled"])),
            "class": {"system": "a", "code": str(chance.choice(["IMP", "AMB", "EMER"]))},
            "subject": {"reference": f"Patient/{SECRET}{chance.integers(0, 9)}"},
            "period": {"start": start, "end": end},
        }
        if chance.random() < 0.3:
            made["classHistory"] = [{"class": {"system": "a", "code": "AMB"}, "period": {"start": start, "end": end}}]
        lines.append(json.dumps(made))
    text = "\n".join(lines).encode()
    packed = chance.random() < 0.3
    return {"Encounter.ndjson.gz": gzip.compress(text, mtime=0)} if packed else {"Encounter.ndjson": text}


def teds(chance: np.random.Generator) -> Files:
    """Return made-up discharges with the codes of TEDS."""
    n = int(chance.integers(1, 60))
    frame = pd.DataFrame({
        "DISYR": 2022, "SERVICES_D": chance.integers(1, 9, n), "REASON": chance.integers(1, 8, n),
        "LOS": chance.integers(1, 38, n),
    })  # fmt: skip
    kind, content = table(frame, chance)
    return {f"teds.{kind}": content}


def source_of(name: str, folder: Path, files: Sequence[Path]) -> Any:
    """Return the source of the files."""
    if name == "claims":
        return cf.sources.claims(files[0], scope="file")
    if name == "events":
        return cf.sources.events(*files)
    if name == "omop":
        return cf.sources.omop(folder, scope="file")
    return cf.sources.fhir(folder) if name == "fhir" else cf.sources.teds(files[0])


KINDS: dict[str, Callable[[np.random.Generator], Files]] = {
    "claims": claims, "events": events, "omop": omop, "fhir": fhir, "teds": teds,
}  # fmt: skip


def verdict(name: str, folder: Path, files: Sequence[Path]) -> str:
    """Read the files; return "read", "refused", or what went wrong."""
    try:
        source = source_of(name, folder, files)
        if name == "teds":
            shown = source.services().to_string() + source.los().to_string() + source.reasons().to_string()
        else:
            episodes = cf.read_episodes(source, cutoff="2024-12-31", overlaps="highest", accept=list(source.rules))
            shown = repr(episodes) + episodes.findings.to_string() + episodes.losses.to_string()
            if episodes.attrition["left"].iloc[-2] != episodes.n:
                return "FAULT: lines are not accounted for"
    except CareflowError as error:
        quoted = SECRET in str(error) or error.__context__ is not None or error.__cause__ is not None
        return "FAULT: the refusal quotes a row or another error" if quoted else "refused"
    except Exception as error:
        return f"FAULT: {type(error).__name__}"
    return "FAULT: an id is shown" if SECRET in shown else "read"


def run(files: int, seed: int, seconds: float, kinds: Sequence[str] = tuple(KINDS)) -> collections.Counter[str]:
    """Read damaged files until there are enough, or the time is over."""
    verdicts: collections.Counter[str] = collections.Counter()
    end = time.monotonic() + seconds
    for i in range(files):
        if time.monotonic() > end:
            break
        chance = np.random.default_rng([seed, i])
        name = str(chance.choice(list(kinds)))
        with tempfile.TemporaryDirectory() as folder:
            contents = KINDS[name](chance)
            struck = str(chance.choice(list(contents)))
            paths = [Path(folder) / file for file in contents]
            for path in paths:
                content = contents[path.name]
                path.write_bytes(damaged(content, chance) if path.name == struck else content)
            found = verdict(name, Path(folder), paths)
        said = f"{found} ({name})" if not found.startswith("FAULT") else f"{found} ({name}, seed {seed}, file {i})"
        verdicts[said] += 1
    return verdicts


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=7200)
    parser.add_argument("--kinds", nargs="+", default=tuple(KINDS), choices=tuple(KINDS))
    asked = parser.parse_args()
    verdicts = run(asked.files, asked.seed, asked.seconds, asked.kinds)
    for found, n in verdicts.most_common():
        print(f"{n:7,}  {found}")
    return int(any(found.startswith("FAULT") for found in verdicts))


if __name__ == "__main__":
    raise SystemExit(main())
