"""The interim rule for pathways: those that few took are hidden, and no trace of their order is left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from careflow.estimate.multistate.pathways import Pathways
from careflow.report.masking.row_suppression import small, spread


def mask_paths(result: Pathways, below: int) -> Pathways:
    """Return pathways of everybody together with ``hidden``; ``n`` and ``share`` are missing where hidden.

    All journeys together are shown, so that the hidden pathways are made a lump in which none is found by
    subtraction. They stand last, in the order of their levels and not of how many took them.
    """
    frame = result.frame.reset_index(drop=True)
    n = frame["n"].to_numpy(dtype=np.int64)
    hidden = spread(n, small(n, below), below)
    frame = frame.assign(hidden=hidden).astype({"n": float, "share": float})
    frame.loc[hidden, ["n", "share"]] = np.nan
    steps = [name for name in frame.columns if str(name).startswith("step_")]
    late = frame[hidden].sort_values(steps, kind="stable")
    return replace(result, frame=pd.concat([frame[~hidden], late], ignore_index=True))
