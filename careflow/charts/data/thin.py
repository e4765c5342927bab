"""Quantiles and means that rest on few stays at risk: which rows they are in, and what a chart says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from careflow.charts.data.view import View
from careflow.estimate.arrays.followup import THIN, THIN_OF

MARK = "thin"
"""Drawn beside the figure of such a row."""


def is_thin(row: Mapping[Any, Any], name: str = "median") -> bool:
    """Say whether a quantile or mean in a row of lengths of stay is marked as thin; a hidden row says nothing."""
    value = row.get(THIN_OF[name]) if name in row else None  # thin rates have their n beside them
    return bool(value) if pd.notna(value) and not row.get("hidden", False) else False


def thin_note(view: View) -> str:
    """Return the sentence that explains the mark; protection raises the limit to its own threshold."""
    return f"{MARK}: fewer than {max(view.below, THIN) if view.protected else THIN} at risk."
