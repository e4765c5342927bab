"""Reference cases from R (``reference.json``) and the data sets they were made from, prepared in plain pandas.

``load("kaplan_meier")`` gives the cases of a group. A case's ``table()`` is the rows that R saw, as whole days:
``entry`` the first day at risk, ``exit`` the last, ``cause`` 0 for censored (competing causes: 1, 2, 3); for reversible
states ``person, from, to, entry, exit`` with ``to = "cens"`` for a spell that was still going on. A row is at risk on
day t when ``entry <= t <= exit``. The preparation is written here a second time, apart from the R script, so that a
rule understood differently shows as a difference of numbers (``test_reference.py``).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "data"
GROUP = {"grp": "jackknife_group"}
"""The column that R's files call ``grp``."""
Table = pd.DataFrame


@dataclass(frozen=True)
class Case:
    """One call of R: what it was given (``given``) and what it returned (``outputs``, arrays by name)."""

    id: str
    group: str
    what: str
    call: str
    set: str | None
    csv: str | None
    given: dict[str, Any]
    outputs: dict[str, np.ndarray]

    def __str__(self) -> str:
        return self.id

    @property
    def available(self) -> bool:
        """False when the case needs a public file that is not beside the project."""
        return self.csv is None or not self.csv.startswith("shared/") or (SHARED / self.csv[len("shared/") :]).exists()

    def table(self) -> Table:
        """The rows that R saw. Raises FileNotFoundError when the public file is absent (see ``available``)."""
        if self.set is None:
            raise ValueError(f"case {self.id} has no rows: its numbers are in `given`")
        return DATASETS[self.set]().reset_index(drop=True)


@cache
def _document() -> dict[str, Any]:
    return json.loads((HERE / "reference.json").read_text(encoding="utf-8"))


def _array(values: list[Any]) -> np.ndarray:
    """Numbers as float, with nan where R had none; words and truths as they are."""
    array = np.array(values)
    return np.array(values, dtype=float) if array.dtype.kind in "iufO" else array


def _case(raw: dict[str, Any]) -> Case:
    source = raw["input"]
    given = {k: v[0] if len(v) == 1 else v for k, v in raw["given"].items()}
    outputs = {k: _array(v) for k, v in raw["outputs"].items()}
    return Case(raw["id"], raw["group"], raw["what"], raw["call"], source.get("set"), source.get("csv"), given, outputs)


def groups() -> list[str]:
    """Names of the groups, in the order of the file."""
    return list(dict.fromkeys(case["group"] for case in _document()["cases"]))


def load(group: str) -> list[Case]:
    """The cases of a group; ValueError with the valid names for an unknown one."""
    if group not in groups():
        raise ValueError(f"no group {group!r} of reference cases; it is one of {', '.join(groups())}")
    return [_case(raw) for raw in _document()["cases"] if raw["group"] == group]


def case(id: str) -> Case:
    """One case by its id."""
    found = [raw for raw in _document()["cases"] if raw["id"] == id]
    if not found:
        raise ValueError(f"no reference case {id!r}")
    return _case(found[0])


# ---- data sets ------------------------------------------------------------------------------------------------------


def _rows(exit: pd.Series, cause: Any, entry: Any = 0, **more: Any) -> Table:
    table = pd.DataFrame({"entry": entry, "exit": exit, "cause": cause, **more})
    return table.astype({"entry": "int64", "exit": "int64", "cause": "int64"})


def aml(arm: str | None = None) -> Table:
    d = pd.read_csv(SHARED / "survival_aml.csv")
    table = _rows(d["time"], d["status"], arm=d["x"])
    return table if arm is None else table[table["arm"] == arm]


def lung(sex: int | None = None) -> Table:
    d = pd.read_csv(SHARED / "survival_lung.csv")
    table = _rows(d["time"], d["status"] == 2, arm=d["sex"].astype(int))
    return table if sex is None else table[table["arm"] == sex]


def lung_ecog() -> Table:
    d = pd.read_csv(SHARED / "survival_lung.csv")
    d = d[d["ph.ecog"].isin([0, 1, 2])]
    return _rows(d["time"], d["status"] == 2, arm=d["ph.ecog"].astype(int))


def uis(time: str, cause: str | None) -> Table:
    d = pd.read_csv(SHARED / "uis.csv")
    return _rows(d[time], 1 if cause is None else d[cause], arm=d["TREAT"].astype(int))


def detox(with_arm: bool = False) -> Table:
    d = pd.read_csv(SHARED / "ctn0051_detox_inpatient_stays.csv")
    d = d[d["los"].notna() & (d["treatment"].notna() | (not with_arm))]
    return _rows(d["los"], 1, arm=d["treatment"])


def sepsis(levels: tuple[str, ...], last: str, first: str = "1970-01-01") -> Table:
    """Ward stays in care from ``first`` to ``last``, both included; causes 1 next NC, 2 next IC, 3 released."""
    # one person's id is the text NA
    d = pd.read_csv(SHARED / "sepsis_ward_stays.csv", keep_default_na=False, parse_dates=["start", "end"])
    admit, out = d["start"].dt.normalize(), d["end"].dt.normalize()
    begin, end = pd.Timestamp(first), pd.Timestamp(last)
    kept = d["level"].isin(levels) & (admit <= end) & (out.isna() | (out >= begin))
    d, admit, out = d[kept], admit[kept], out[kept]
    is_open = out.isna() | (out > end)
    cause = d["next"].map({"Admission NC": 1, "Admission IC": 2}).fillna(3).mask(is_open, 0)
    age = (begin - admit).dt.days.clip(lower=0)
    return _rows((out.mask(is_open, end) - admit).dt.days, cause, age, arm=d["level"], person=d["person_id"])


def stays(late: bool = False, arms: str = "abc") -> Table:
    d = pd.read_csv(HERE / "data" / "stays.csv").rename(columns=GROUP)
    d = d[d["arm"].isin(list(arms))]
    return d if late else d.assign(entry=0)


def stays_duplicated() -> Table:
    d = stays()
    return d.loc[d.index.repeat(d["weight"])]


def made_up(name: str, **more: Any) -> Table:
    return pd.read_csv(HERE / "data" / f"{name}.csv").rename(columns=GROUP).assign(**more)


def sir() -> Table:
    """sir.cont on whole days: several changes of one person on one day become one move, or none."""
    d = pd.read_csv(SHARED / "etm_sir_cont.csv", dtype={"from": str, "to": str}).sort_values(["id", "time"])
    d["day"] = np.ceil(d["time"]).astype(int)
    day = d.groupby(["id", "day"])
    net = pd.DataFrame({"from": day["from"].first(), "to": day["to"].last(), "held": day["from"].last()}).reset_index()
    # moved and then censored on one day: the move stands, and nothing is seen of the state moved to (none here)
    net["to"] = net["to"].mask((net["to"] == "cens") & (net["held"] != net["from"]), net["held"])
    net = net[net["from"] != net["to"]]
    entry = (net.groupby("id")["day"].shift() + 1).fillna(0).astype(int)
    return pd.DataFrame({"person": net["id"], "from": net["from"], "to": net["to"], "entry": entry, "exit": net["day"]})


Q2, Q3, YEAR_END = ("2014-06-30", "2014-04-01"), ("2014-09-30", "2014-07-01"), "2014-12-31"
DATASETS: dict[str, Callable[[], Table]] = {
    "aml": aml,
    "aml_maintained": lambda: aml("Maintained"),
    "aml_nonmaintained": lambda: aml("Nonmaintained"),
    "lung": lung,
    "lung_male": lambda: lung(1),
    "lung_female": lambda: lung(2),
    "lung_ecog": lung_ecog,
    "uis_stay": lambda: uis("LEN.T", None),
    "uis_relapse": lambda: uis("TIME", "CENSOR"),
    "detox": detox,
    "detox_arm": lambda: detox(with_arm=True),
    "sepsis": lambda: sepsis(("NC", "IC"), YEAR_END),
    "sepsis_nc": lambda: sepsis(("NC",), YEAR_END),
    "sepsis_ic": lambda: sepsis(("IC",), YEAR_END),
    "sepsis_nc_since_april": lambda: sepsis(("NC",), YEAR_END, "2014-04-01"),
    "sepsis_nc_2014q2": lambda: sepsis(("NC",), *Q2),
    "sepsis_nc_2014q3": lambda: sepsis(("NC",), *Q3),
    "sepsis_ic_2014q2": lambda: sepsis(("IC",), *Q2),
    "sepsis_2014q2": lambda: sepsis(("NC", "IC"), *Q2),
    "stays": stays,
    "stays_late": lambda: stays(late=True),
    "stays_a": lambda: stays(arms="a"),
    "stays_b": lambda: stays(arms="b"),
    "stays_c": lambda: stays(arms="c"),
    "stays_a_b": lambda: stays(arms="ab"),
    "stays_weighted": stays,
    "stays_duplicated": stays_duplicated,
    "exact_half": lambda: made_up("exact_half", entry=0),
    "early_end": lambda: made_up("early_end"),
    "mstate_toy": lambda: made_up("mstate_toy"),
    "journeys": lambda: made_up("journeys"),
    "sir": sir,
}
