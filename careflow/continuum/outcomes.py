"""The names of discharge reasons, outcomes and directions."""

from typing import Final

REASONS: Final = (
    "completed",
    "left early",
    "terminated",
    "transferred out",
    "incarcerated",
    "died",
    "other",
    "unknown",
)
"""The discharge reasons. The code of a reason is its position here."""

LEFT_REASONS: Final = tuple(reason for reason in REASONS if reason != "died")
"""The reasons of leaving care, which sum to "left care"."""

LEFT_CARE: Final = "left care"
DIED: Final = "died"
CONCURRENT: Final = "concurrent"

OUTCOMES: Final = (*LEFT_REASONS, LEFT_CARE, DIED, CONCURRENT)
"""The outcomes of a discharge besides a level: the reasons of leaving, their sum, death, and concurrent care."""

STEP_DOWN: Final = "step-down"
STEP_UP: Final = "step-up"
LATERAL: Final = "lateral"
DIRECTIONS: Final = (STEP_DOWN, STEP_UP, LATERAL)
OFF_CONTINUUM: Final = "off the continuum"
"""A move between two levels that no edge of the continuum joins."""
