"""Made-up results of any number of levels: for contact sheets and tests, never for a report."""

from careflow.charts.specimens.base import QUARTERS, continuum, mask, provenance, rates, wilson
from careflow.charts.specimens.curves import expected_days, incidence, occupation, stays
from careflow.charts.specimens.people import census, pathways

__all__ = [
    "QUARTERS", "census", "continuum", "expected_days", "incidence", "mask", "occupation", "pathways",
    "provenance", "rates", "stays", "wilson",
]  # fmt: skip
