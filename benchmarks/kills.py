"""Kill writers of reports and of ledgers: `python benchmarks/kills.py --kills 200 --seed 1`.

A process writes one report after the other into a folder, or one release after the other into a ledger, and is killed
by SIGKILL at a random moment; half of the kills each. Every time the report must be whole by its own checksums, the
ledger must open with its last release, and neither may be older than before. The next writer sweeps what was left.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from careflow.protect.history.ledger import Ledger
from careflow.report.atomic_folder import MANIFEST

ROOT = Path(__file__).resolve().parents[1]
REPORTS = """
import itertools, sys
from support.made_up import linked, made_up
from careflow.report import write, write_report
plans = write.plans
write.plans = lambda report: itertools.islice(plans(report), 2, 3)
moves = linked(made_up())
print("begin", flush=True)
for n in itertools.count(int(sys.argv[2])):
    write_report(moves, sys.argv[1], title=f"report {n}", formats=["html"])
    if len(sys.argv) > 3:
        break
"""
RELEASES = """
import itertools, sys
from datetime import date
from careflow.protect.history.ledger import Ledger, locked
from careflow.protect.history.successive_releases import State
print("begin", flush=True)
for _ in itertools.count():
    with locked(sys.argv[1]):
        ledger = Ledger.open(sys.argv[1])
        ledger.sweep()
        n = len(ledger.releases) + 1
        rows = [{"n": n, "label": "x" * 200}] * 300
        ledger.append(State(rows={"block": {"frame": rows}}), {"threshold": 11}, date(2025, 1, 1))
    if len(sys.argv) > 3:
        break
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a writer and wait until it begins to write."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    running = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": path, "MPLBACKEND": "Agg"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "begin\n"
    return running


def killed(code: str, *arguments: str, after: float) -> None:
    """Kill a writer so many seconds after it began."""
    running = start(code, *arguments)
    time.sleep(after)
    running.kill()
    running.communicate()


def report_number(out: Path) -> int:
    """Return the number of a report, 0 if there is none; raise unless it is whole."""
    # Between the two renames there is none under the name; the next call puts the old one back.
    at = out if out.exists() else out.with_name(f".{out.name}.old")
    if not at.exists():
        return 0
    manifest = json.loads((at / MANIFEST).read_text("utf-8"))
    files = {path.relative_to(at).as_posix() for path in at.rglob("*") if path.is_file()}
    if files != {*manifest["files"], MANIFEST}:
        raise ValueError("the report lacks files, or holds others")
    for name, checksum in manifest["files"].items():
        if hashlib.sha256((at / name).read_bytes()).hexdigest() != checksum:
            raise ValueError("a file of the report is not whole")
    text = (at / "report.html").read_text("utf-8")
    return int(text.split("<title>report ", 1)[1].split("<", 1)[0].split()[0])


def release_number(folder: Path) -> int:
    """Return the number of the last release of a ledger, 0 if there is none; raise unless the ledger is whole."""
    ledger = Ledger.open(folder)
    if ledger.releases and ledger.state.rows["block"]["frame"][0]["n"] != len(ledger.releases):
        raise ValueError("the ledger's last release is not the one that it lists")
    return len(ledger.releases)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance, verdicts = random.Random(asked.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        out, ledger = Path(folder) / "reports" / "out", Path(folder) / "ledger"
        out.parent.mkdir()
        last = {"report": 1, "ledger": 0}
        first = start(REPORTS, str(out), "1", "once")
        begun = time.monotonic()
        first.communicate()
        span = time.monotonic() - begun  # so that kills come at every step of a write, on any machine
        for i in range(asked.kills):
            kind = ("report", "ledger")[i % 2]
            try:
                if kind == "report":
                    killed(REPORTS, str(out), str(last[kind] + 1), after=chance.uniform(0, 1.5 * span))
                    now = report_number(out)
                else:
                    killed(RELEASES, str(ledger), after=chance.uniform(0, 0.5))
                    now = release_number(ledger)
            except Exception as error:
                verdicts[f"FAULT {kind}, kill {i}: {type(error).__name__}"] += 1
                continue
            verdicts[f"FAULT {kind}, kill {i}: older than before" if now < last[kind] else f"{kind}: whole"] += 1
            verdicts[f"{kind}: newer than before"] += now > last[kind]
            last[kind] = now
        for code, where, number in ((REPORTS, out, last["report"] + 1), (RELEASES, ledger, 1)):
            start(code, str(where), str(number), "once").communicate()
        left = [path.name for path in out.parent.iterdir() if path.name != out.name]
        left += [path.name for path in ledger.iterdir() if path.suffix not in {".json", ".lock"}]
    if left:
        verdicts[f"FAULT: {len(left)} leftovers were not swept"] += 1
    print("; ".join(f"{n:,} {verdict}" for verdict, n in sorted(verdicts.items())))
    return int(any(verdict.startswith("FAULT") for verdict in verdicts))


if __name__ == "__main__":
    raise SystemExit(main())
