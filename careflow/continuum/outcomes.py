"""The words for what ends a stay, shared by every room."""

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
"""Discharge reasons, in the order in which the records are coded: a reason's code is its place here."""

LEFT_REASONS: Final = tuple(reason for reason in REASONS if reason != "died")
"""The reasons that split "left care"."""

LEFT_CARE: Final = "left care"
DIED: Final = "died"
CONCURRENT: Final = "concurrent"

OUTCOMES: Final = (*LEFT_REASONS, LEFT_CARE, DIED, CONCURRENT)
"""What a discharge can lead to besides a level: the reasons of leaving, their sum, death, and care that goes on."""

STEP_DOWN: Final = "step-down"
STEP_UP: Final = "step-up"
LATERAL: Final = "lateral"
DIRECTIONS: Final = (STEP_DOWN, STEP_UP, LATERAL)
