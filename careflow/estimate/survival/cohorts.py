"""Lengths of stay of several cohorts side by side, with the bias of each named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from careflow.estimate.survival.stay_result import LengthOfStay

COHORT: Final = "cohort"
"""The column of the cohorts."""
BIAS: Final = "bias"
"""The column that names the bias of each."""
BIASES: Final = {
    "period": "none if lengths do not change; else a mixture of the stays of several admission periods",
    "admission": "none, but the newest periods are followed for few days: long stays are not reached",
    "discharge": "open stays are left out: too short while admissions rise, too long while they fall",
}
"""The bias of each cohort."""


def side_by_side(results: Mapping[str, LengthOfStay]) -> LengthOfStay:
    """Return lengths of stay by cohort, each estimated on its own, in one result with the column ``cohort``.

    Parameters
    ----------
    results : mapping
        The lengths of each cohort, by its name.
    """
    first = next(iter(results.values()))
    by = first.about.by
    frame, curve, people = (
        _together({name: getattr(result, table) for name, result in results.items()}, by)
        for table in ("frame", "curve", "contributors")
    )
    frame[BIAS] = frame[COHORT].astype(str).map(BIASES)
    about = replace(
        first.about,
        definition=" ".join(f"{name}: {result.about.definition}" for name, result in results.items()),
        n=max(result.about.n for result in results.values()),
        unit="stays",
        dated_by="each cohort's own day",
        by=(*by, COHORT),
        missing="; ".join(f"{name}: {result.about.missing}" for name, result in results.items()),
    )
    return replace(first, frame=frame, about=about, curve=curve, contributors=people)


def _together(tables: Mapping[str, pd.DataFrame | None], by: Sequence[str]) -> pd.DataFrame:
    """Return the rows of all cohorts, with the column ``cohort`` after the strata."""
    parts = []
    for name, table in tables.items():
        assert table is not None
        part = table.reset_index(drop=True)
        at = len(by) if set(by) <= set(part) else 0
        labelled = pd.Categorical([name] * len(part), list(tables), ordered=True)
        part.insert(at, COHORT, labelled)  # type: ignore[arg-type]
        parts.append(part)
    for name in set(by) & set(parts[0]):
        # The first period of a cohort may be later than that of another; other strata have the same labels.
        labels = max((part[name].cat.categories for part in parts), key=len)
        for part in parts:
            part[name] = part[name].cat.set_categories(labels, ordered=True)
    return pd.concat(parts, ignore_index=True)
