"""Decompositions, standardized rates, bounds, observed over expected: shown where every count behind them is."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.errors import DisclosureError

SIZES = {
    ("Q1", "a"): {"php": 60, "iop": 30, "completed": 50, "left early": 40},
    ("Q1", "b"): {"php": 30, "iop": 3, "completed": 40, "left early": 20},
    ("Q2", "a"): {"php": 80, "iop": 40, "completed": 60, "left early": 30},
    ("Q2", "b"): {"php": 25, "iop": 20, "completed": 30, "left early": 14},
}
"""Made up: of discharges from residential, 3 of payer b went to IOP in the first quarter."""
FIRST = {"Q1": "2024-01-05", "Q2": "2024-04-05"}


@cache
def rates() -> cf.estimate.Rates:
    rows = []
    for (quarter, payer), outcomes in SIZES.items():
        for outcome, times in outcomes.items():
            for i in range(times):
                person, day = f"{quarter}{payer}{outcome}{i}", pd.Timestamp(FIRST[quarter])
                moved = outcome in ("php", "iop")
                reason = "completed" if moved else outcome
                rows.append((person, payer, "residential", day, day + pd.Timedelta(days=10), reason))
                if moved:
                    rows.append((person, payer, outcome, day + pd.Timedelta(days=12), None, None))
    columns = ["person_id", "payer", "level", "admit_date", "discharge_date", "discharge_reason"]
    moves = cf.link(cf.read_episodes(pd.DataFrame(rows, columns=columns), cutoff="2024-12-31"))
    return cf.transition_rates(moves, by=["quarter", "payer"])


MADE = {
    "decompose": lambda r: r.decompose("2024Q1", "2024Q2", over="payer"),
    "standardize": lambda r: r.standardize(over="payer"),
    "bounds": lambda r: r.bounds(),
    "indirect": lambda r: r.indirect("payer", over="level"),
}


def residential(frame: pd.DataFrame, to: str) -> pd.DataFrame:
    rows = frame[frame["to"].astype(str) == to]
    return rows[rows["from"].astype(str).isin(["residential", "all levels"])]


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_no_shown_row_is_made_of_a_hidden_count(name: str) -> None:
    """An attacker who knows every shown count of the rates gains no equation with an unknown count."""
    derived = MADE[name](rates())
    safe, shown_rates = cf.protect([derived, rates()])
    hidden = shown_rates.frame[shown_rates.frame["n"].isna() | shown_rates.frame["of"].isna()]
    assert residential(hidden, "iop")["payer"].tolist().count("b") >= 1
    frame = safe.frame[~safe.frame["hidden"]]
    keys = [
        key for key in ("quarter", "payer", "from", "to") if key in frame and not (frame[key] == "all levels").any()
    ]
    for record in frame[keys].astype(str).drop_duplicates().to_dict("records"):
        behind = hidden
        for key, value in record.items():
            behind = behind[behind[key].astype(str) == value]
        assert behind.empty, record
    numbers = [c for c in ("points", "standardized", "lower", "upper", "observed", "expected", "n") if c in safe.frame]
    assert safe.frame.loc[safe.frame["hidden"], numbers].isna().all(axis=None)
    # Each row of the decomposition needs two quarters of every payer, and here one of them is always hidden.
    assert len(frame) >= (name != "decompose")
    assert safe.needed is None


@pytest.mark.slow
def test_a_decomposition_with_a_small_cell_is_hidden_in_every_table() -> None:
    safe = cf.protect(MADE["decompose"](rates()))
    for table in (safe.frame, safe.rates, safe.detail):
        iop = residential(table, "iop")
        assert iop["hidden"].all()
        value = "points" if "points" in iop else "n_1"
        assert iop[value].isna().all()
    whole = MADE["decompose"](rates()).frame["points"]
    shown = ~safe.frame["hidden"].to_numpy()
    assert shown.any()
    assert safe.frame.loc[shown, "points"].to_numpy() == pytest.approx(whole[shown].to_numpy(), nan_ok=True)


@pytest.mark.slow
def test_signals_are_judged_among_shown_units() -> None:
    derived = MADE["indirect"](rates())
    safe = cf.protect(derived)
    shown = safe.frame[~safe.frame["hidden"] & safe.frame["z"].notna()]
    assert safe.dispersion["units"].sum() == len(shown) < derived.dispersion["units"].sum()
    assert not safe.frame.loc[safe.frame["hidden"], "signal"].any()
    assert np.isnan(safe.dispersion["tau2"]).all()


@pytest.mark.slow
def test_what_changes_with_each_release_and_what_was_changed_is_refused() -> None:
    with pytest.raises(DisclosureError, match="pending='left out'"):
        cf.protect(rates().bounds(pending="unknown"))
    changed: Any = cf.protect(MADE["bounds"](rates()))[0]
    with pytest.raises(DisclosureError, match="protected already"):
        cf.protect(changed)
    bare = MADE["bounds"](rates())
    with pytest.raises(DisclosureError, match="was changed since it was made"):
        cf.protect(type(bare)(**{**vars(bare), "needed": None}))
