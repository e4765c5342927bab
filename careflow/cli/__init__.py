"""The command line: ``careflow report``, ``check``, ``counts``, ``pool`` and ``notebook``."""

from careflow.cli.run import main, parser

__all__ = ["main", "parser"]
