"""Transitions and lengths of stay over the continuum of addiction treatment.

The front door is lazy: ``import careflow`` loads neither matplotlib nor the engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from careflow.continuum import Continuum, Level
    from careflow.counts import Calendar, Counts, Transitions, link
    from careflow.errors import CareflowError
    from careflow.estimate import (
        bounce_back,
        census,
        chain,
        cumulative_incidence,
        expected_days,
        gray_test,
        length_of_stay,
        logrank_test,
        markov_test,
        occupation,
        pathways,
        persons_served,
        readmissions,
        transition_rates,
    )
    from careflow.protect import audit, protect
    from careflow.records import Episodes, read_episodes

__version__ = "0.2.0.dev0"

_ROOMS = {
    "Continuum": "continuum",
    "Level": "continuum",
    "Episodes": "records",
    "read_episodes": "records",
    "Calendar": "counts",
    "Counts": "counts",
    "Transitions": "counts",
    "link": "counts",
    **dict.fromkeys(
        (
            "bounce_back",
            "census",
            "chain",
            "cumulative_incidence",
            "expected_days",
            "gray_test",
            "length_of_stay",
            "logrank_test",
            "markov_test",
            "occupation",
            "pathways",
            "persons_served",
            "readmissions",
            "transition_rates",
        ),
        "estimate",
    ),
    "audit": "protect",
    "CareflowError": "errors",
}

_SUBMODULES = {"charts", "continuum", "counts", "errors", "estimate", "protect", "records", "report", "simulate"}

__all__ = [
    "Calendar",
    "CareflowError",
    "Continuum",
    "Counts",
    "Episodes",
    "Level",
    "Transitions",
    "audit",
    "bounce_back",
    "census",
    "chain",
    "cumulative_incidence",
    "expected_days",
    "gray_test",
    "length_of_stay",
    "link",
    "logrank_test",
    "markov_test",
    "occupation",
    "pathways",
    "persons_served",
    "protect",
    "read_episodes",
    "readmissions",
    "transition_rates",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(f"careflow.{_ROOMS[name]}"), name)
    if name in _SUBMODULES:
        # ``protect`` is both a room and what it does: the module can be called.
        return import_module(f"careflow.{name}")
    raise AttributeError(f"module 'careflow' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
