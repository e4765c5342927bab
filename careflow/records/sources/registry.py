"""Find stay sources by name: careflow's own, and those of other packages (entry points ``careflow.sources``)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Final

from careflow.arguments import checked, text
from careflow.arguments.messages import either, hint
from careflow.errors import ArgumentError, CareflowError
from careflow.records.sources.protocol import StaySource, is_stay_source

GROUP: Final = "careflow.sources"
"""The group of entry points: each names a callable that takes a path, and options by name, and returns a source."""


def names() -> list[str]:
    """Return the names of the stay sources that are installed.

    Examples
    --------
    >>> "claims" in names()
    True
    """
    return sorted({*_own(), *(point.name for point in entry_points(group=GROUP))})


@checked(name=text)
def open_named(name: str, path: Any, **options: Any) -> StaySource:
    """Return the stay source of that name for a file or folder.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    path
        The file, folder or table, as the source takes it.
    **options
        Options of the source.

    Raises
    ------
    ArgumentError
        There is no source of that name, it cannot be imported, or it does not take the options.
    """
    return _called(name, maker(name), path, options)


def maker(name: str) -> Callable[..., StaySource]:
    """Return the callable of a source.

    Raises
    ------
    ArgumentError
        There is no source of that name, or its package is broken.
    """
    own = _own()
    if name in own:
        return own[name]
    point = next((point for point in entry_points(group=GROUP) if point.name == name), None)
    if point is None:
        raise ArgumentError(f"there is no source {name!r}{hint(name, names())}; there are {either(names())}.")
    try:
        loaded: Callable[..., StaySource] = point.load()
    except Exception as error:  # whatever a foreign package raises on import
        kind = type(error).__name__
    else:
        return loaded
    raise ArgumentError(f"the source {name!r} cannot be imported ({kind}); reinstall the package that brings it.")


def describe(name: str) -> str:
    """Return the first line of what a source says of itself; why it cannot be used, if its package is broken."""
    try:
        lines = (inspect.getdoc(maker(name)) or "").splitlines()
    except ArgumentError as error:
        return str(error)
    return lines[0] if lines else ""


def _called(name: str, make: Callable[..., StaySource], path: Any, options: dict[str, Any]) -> StaySource:
    try:
        source = make(path, **options)
        problem = ""
    except CareflowError:
        raise
    except Exception as error:  # of a foreign package; its message may quote a value
        source, problem = None, type(error).__name__
    if problem:
        given = ", ".join(options) or "none"
        raise ArgumentError(f"the source {name!r} cannot be opened ({problem}) with these options: {given}.")
    if not is_stay_source(source):
        raise ArgumentError(
            f"{name!r} is no source of stays, so it cannot be read as episodes; use cf.sources.{name}(path) by itself."
        )
    return source


def _own() -> dict[str, Callable[..., Any]]:
    from careflow.records import sources

    return {name: getattr(sources, name) for name in sources.OWN}
