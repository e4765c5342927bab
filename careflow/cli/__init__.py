"""The command line: ``careflow report``, ``check``, ``counts``, ``pool`` and ``notebook``."""

from careflow.cli.project_records import read_project
from careflow.cli.run import main, parser

__all__ = ["main", "parser", "read_project"]
