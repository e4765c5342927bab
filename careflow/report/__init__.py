"""The quarterly report, written from counts and results only."""

from careflow.report.content.content import LABEL, PROVED
from careflow.report.masking.mask import BELOW, mask
from careflow.report.write import write_report

__all__ = ["BELOW", "LABEL", "PROVED", "mask", "write_report"]
