"""Names that are imported when they are first used (PEP 562), listed once, in the stub that type checkers read."""

from __future__ import annotations

import ast
from pathlib import Path


def names_of_stub(package_file: str) -> dict[str, tuple[str, str]]:
    """Return, for each name that the ``__init__.pyi`` of a package imports, its module and what it is called there.

    Parameters
    ----------
    package_file : str
        ``__file__`` of the package.

    Examples
    --------
    >>> import careflow.charts
    >>> names_of_stub(careflow.charts.__file__)["los"]
    ('careflow.charts.plots.length_of_stay', 'length_of_stay')
    """
    stub = ast.parse(Path(package_file).with_suffix(".pyi").read_text("utf-8"))
    names = {
        alias.name: (str(statement.module), alias.name)
        for statement in stub.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    for statement in stub.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
            names |= {name.id: names[statement.value.id] for name in statement.targets if isinstance(name, ast.Name)}
    return names
