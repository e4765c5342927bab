"""The libraries that write workbooks and slides: an optional part of the installation."""

from __future__ import annotations

from importlib.util import find_spec

from careflow.errors import ArgumentError


def require(what: str, module: str, package: str) -> None:
    """Raise if the library that writes a format is not installed.

    Raises
    ------
    ArgumentError
        With the command that installs it.
    """
    if find_spec(module) is None:
        raise ArgumentError(f"{what} needs {package}, which is not installed: pip install 'careflow[office]'")
