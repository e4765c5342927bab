"""Mutants of the estimates and of protection: `python benchmarks/mutants.py --mutants 200 --sessions FOLDER`.

`cosmic-ray <https://cosmic-ray.readthedocs.io>`_ changes one operator, number or condition of a module at a time in a
copy of the project, and runs the tests of the module's room. A mutant that all of them pass is alive, and is listed:
it needs a test, or a reason in docs/reliability.md. All mutants would take days, so a sample of fixed seed is taken
from every folder of the two rooms, by its number of mutants. Its sessions are kept, so that a run can be resumed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIG = """
[cosmic-ray]
module-path = {modules}
timeout = 600.0
test-command = "{python} -m pytest -n0 -x -q -p no:cacheprovider {tests}"

[cosmic-ray.distributor]
name = "local"
"""


def folders(rooms: list[str]) -> list[str]:
    """Return the folders of modules, such as ``estimate/rates``."""
    paths = {path.parent for room in rooms for path in (ROOT / "careflow" / room).rglob("*.py")}
    return sorted(path.relative_to(ROOT / "careflow").as_posix() for path in paths)


def tests_of(folder: str) -> str:
    """Return the tests of a folder of modules: those of the same folder, or of its room."""
    return next(f"tests/{at}" for at in (folder, folder.split("/")[0]) if (ROOT / "tests" / at).is_dir())


def cosmic_ray(copy: Path, *arguments: str, seconds: float | None = None) -> None:
    """Run cosmic-ray in the copy; whatever it did before its time was over is in the session."""
    try:
        run = [sys.executable, "-m", "cosmic_ray.cli", *arguments]
        here = os.environ | {"PYTHONPATH": str(copy)}
        subprocess.run(run, cwd=copy, env=here, timeout=seconds, check=True, stdout=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return


def begin(copy: Path, folder: str, session: Path) -> Path:
    """Write the configuration of a folder's session, and list all its mutants if that was not done before."""
    modules = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "careflow" / folder).glob("*.py"))]
    config = session.with_suffix(".toml")
    config.write_text(CONFIG.format(modules=json.dumps(modules), python=sys.executable, tests=tests_of(folder)))
    if not session.exists():
        cosmic_ray(copy, "init", str(config), str(session))
    return config


def keep(session: Path, n: int, seed: int) -> None:
    """Leave only a sample of so many mutants in a session; one that is in use keeps its sample."""
    with closing(sqlite3.connect(session)) as base:
        jobs = [job for (job,) in base.execute("SELECT job_id FROM mutation_specs ORDER BY module_path, start_pos_row, "
                                               "start_pos_col, operator_name, occurrence")]  # fmt: skip
        gone = [(job,) for job in set(jobs) - set(random.Random(seed).sample(jobs, min(n, len(jobs))))]
        for table in ("mutation_specs", "work_items"):
            base.executemany(f"DELETE FROM {table} WHERE job_id = ?", gone)
        base.commit()


def size(session: Path) -> int:
    """Return how many mutants a session has."""
    with closing(sqlite3.connect(session)) as base:
        return int(base.execute("SELECT count(*) FROM work_items").fetchone()[0])


def outcomes(session: Path) -> list[tuple[str, str]]:
    """Return the outcome of each mutant that was tried, and where it is."""
    sql = """
        SELECT upper(replace(test_outcome, 'TestOutcome.', '')), module_path || ':' || start_pos_row || ' ' ||
          operator_name FROM work_results JOIN mutation_specs USING (job_id)"""
    with closing(sqlite3.connect(session)) as base:
        return [(str(outcome), str(where)) for outcome, where in base.execute(sql)]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rooms", nargs="+", default=["estimate", "protect"], help="rooms, or folders of rooms")
    parser.add_argument("--sessions", type=Path, required=True, help="the folder of the sessions")
    asked = parser.parse_args()
    end = time.monotonic() + asked.seconds
    asked.sessions.mkdir(parents=True, exist_ok=True)
    sampled = asked.sessions / "sampled"
    with tempfile.TemporaryDirectory() as work:
        # A mutant is written into the module, so the project itself is left alone.
        copy = Path(work) / "careflow"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "_build", "__pycache__"))
        sessions = {
            folder: asked.sessions.resolve() / f"{folder.replace('/', '-')}.sqlite" for folder in folders(asked.rooms)
        }
        configs = {folder: begin(copy, folder, session) for folder, session in sessions.items()}
        if not sampled.exists():
            total = sum(map(size, sessions.values()))
            for session in sessions.values():
                keep(session, round(asked.mutants * size(session) / total), asked.seed)
            sampled.write_text(str(total))
        for folder, session in sessions.items():
            if size(session) > len(outcomes(session)) and time.monotonic() < end:
                cosmic_ray(copy, "exec", str(configs[folder]), str(session), seconds=end - time.monotonic())
    tried = [outcome for session in sessions.values() for outcome in outcomes(session)]
    alive = sorted(where for outcome, where in tried if outcome == "SURVIVED")
    for where in alive:
        print(f"alive: {where}")
    counts = Counter(outcome.lower() for outcome, _ in tried)
    wanted = sum(map(size, sessions.values()))
    print(f"{len(tried):,} of a sample of {wanted:,} of {int(sampled.read_text()):,} mutants tried: {dict(counts)}")
    return 3 if len(tried) < wanted else int(bool(alive))


if __name__ == "__main__":
    raise SystemExit(main())
