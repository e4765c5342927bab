"""lifelines without the variances of its incidences: estimates that no interval can be made of."""

from __future__ import annotations

from functools import partial

from peers import lifelines_

run = partial(lifelines_.run, variances=False)
