"""The quarterly report, written from counts and results only."""

from careflow.report.content import LABEL
from careflow.report.mask import BELOW, mask
from careflow.report.write import write_report

__all__ = ["BELOW", "LABEL", "mask", "write_report"]
