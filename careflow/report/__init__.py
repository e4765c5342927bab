"""The quarterly report, written from counts and results only."""

from careflow.report.masking.mask import BELOW, mask
from careflow.report.modes import FULL_LABEL, LABEL, PROVED
from careflow.report.write import write_report

__all__ = ["BELOW", "FULL_LABEL", "LABEL", "PROVED", "mask", "write_report"]
