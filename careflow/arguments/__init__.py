"""Checks of the arguments of public functions: the decorator ``checked`` and the checks that it takes."""

from careflow.arguments.calls import checked, constructed
from careflow.arguments.checks import (
    LEVEL_OF_CARE,
    MOST_DAYS,
    Argument,
    Check,
    confidence,
    day,
    flag,
    flag_or_none,
    instance,
    mapping,
    names,
    one_of,
    path,
    several_whole,
    text,
    where,
    whole,
)
from careflow.arguments.periods import labels, period

__all__ = [
    "LEVEL_OF_CARE",
    "MOST_DAYS",
    "Argument",
    "Check",
    "checked",
    "confidence",
    "constructed",
    "day",
    "flag",
    "flag_or_none",
    "instance",
    "labels",
    "mapping",
    "names",
    "one_of",
    "path",
    "period",
    "several_whole",
    "text",
    "where",
    "whole",
]
