"""The interim rule for pathways: rare ones are hidden, and their order does not depend on their counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from careflow.estimate.multistate.pathways import Pathways
from careflow.report.masking.row_suppression import small, spread


def mask_paths(result: Pathways, below: int) -> Pathways:
    """Return pathways of everybody together with ``hidden``; ``n`` and ``share`` are missing where hidden.

    The total of all journeys is shown, so enough pathways are hidden that none can be found by subtraction. The
    hidden ones stand last, ordered by their levels and not by their counts.
    """
    frame = result.frame.reset_index(drop=True)
    n = frame["n"].to_numpy(dtype=np.int64)
    hidden = spread(n, small(n, below), below)
    frame = frame.assign(hidden=hidden).astype({"n": float, "share": float})
    frame.loc[hidden, ["n", "share"]] = np.nan
    steps = [name for name in frame.columns if str(name).startswith("step_")]
    late = frame[hidden].sort_values(steps, kind="stable")
    return replace(result, frame=pd.concat([frame[~hidden], late], ignore_index=True), contributors=None)
