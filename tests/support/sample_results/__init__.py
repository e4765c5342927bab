"""Made-up results of any number of levels: for contact sheets and tests, never for a report."""

from support.sample_results.base import QUARTERS, continuum, mask, provenance, rates, wilson
from support.sample_results.curves import expected_days, incidence, occupation, stays
from support.sample_results.differences import comparison
from support.sample_results.people import census, pathways

__all__ = [
    "QUARTERS", "census", "comparison", "continuum", "expected_days", "incidence", "mask", "occupation", "pathways",
    "provenance", "rates", "stays", "wilson",
]  # fmt: skip
