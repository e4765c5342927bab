"""Levels of care, their order of intensity, and the moves between them."""

from careflow.continuum.continuum import Continuum
from careflow.continuum.crosswalk import Crosswalk
from careflow.continuum.crosswalk_lines import Line
from careflow.continuum.level import Edge, Hours, Level

__all__ = ["Continuum", "Crosswalk", "Edge", "Hours", "Level", "Line"]
