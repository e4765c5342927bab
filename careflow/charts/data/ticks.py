"""Where the ticks of an axis stand, and how shares are printed beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

SHARE_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
COUNT_STEPS = tuple(float(m * 10**p) for p in range(7) for m in (1, 2, 5))


def steps(top: float, choices: Sequence[float], *, at_most: int = 4) -> list[float]:
    """Return round ticks from 0 up to ``top``: the finest choice that gives at most ``at_most`` above 0.

    >>> steps(0.9, (0.05, 0.1, 0.25, 0.5))
    [0.0, 0.25, 0.5, 0.75]
    """
    step = next((c for c in choices if math.floor(top / c + 1e-9) <= at_most), choices[-1])
    return [round(i * step, 10) for i in range(math.floor(top / step + 1e-9) + 1)]


def even_ticks(last: int) -> list[int]:
    """Return five to eight even ticks from 0, in days that people count in.

    >>> even_ticks(90)
    [0, 15, 30, 45, 60, 75, 90]
    """
    step = next((s for s in (1, 2, 5, 7, 10, 15, 30, 60, 90, 180, 365) if last / s <= 7), max(last // 6, 1))
    return list(range(0, last + 1, step))


def shares(values: Sequence[float]) -> list[str]:
    """Print ticks of shares: the sign on the top one only.

    >>> shares([0.0, 0.25, 0.5])
    ['0', '25', '50%']
    """
    out = [f"{value * 100:.10g}" for value in values]
    return [*out[:-1], out[-1] + "%"] if out else out
