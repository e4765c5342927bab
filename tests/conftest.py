"""Makes ``support`` importable from every test: tables drawn in text, and the slow reference."""

import sys
from pathlib import Path

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.append(HERE)
