"""What an object answers to a name or an item that it does not have: what there is instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from careflow.arguments.messages import hint, shown
from careflow.errors import MissingItemError, MissingNameError

_OF_TABLES: Final = frozenset({
    "agg", "apply", "assign", "at", "columns", "corr", "count", "copy", "data", "describe", "df", "dropna", "dtypes",
    "filter", "frame", "groupby", "head", "hist", "iloc", "index", "info", "iterrows", "join", "keys", "items",
    "loc", "max", "mean", "median", "melt", "merge", "min", "pivot", "pivot_table", "plot", "query", "rename",
    "reset_index", "sample", "shape", "sort_values", "std", "style", "sum", "tail", "to_csv", "to_dict", "to_frame",
    "to_pandas", "to_string", "unique", "value_counts", "values",
})  # fmt: skip
"""Names that are frequent on tables of pandas."""


class PublicNames:
    """A base class: ``dir()`` lists public names only, and a wrong name is answered with the right ones.

    Examples
    --------
    >>> class Rates(PublicNames):
    ...     _where_table = "Its table is .frame"
    ...     matrix = None
    >>> Rates().matrx
    Traceback (most recent call last):
    careflow.errors.MissingNameError: Rates has no 'matrx' (did you mean 'matrix'?); it has matrix.
    >>> Rates().head()
    Traceback (most recent call last):
    careflow.errors.MissingNameError: Rates has no 'head', since it is no table. Its table is .frame.
    """

    _where_table: ClassVar[str] = ""
    """Where the table of such an object is, for messages."""
    _internal: ClassVar[frozenset[str]] = frozenset()
    """Attributes that careflow uses and that ``dir()`` leaves out."""

    def __dir__(self) -> list[str]:
        return sorted(
            name for name in object.__dir__(self) if not name.startswith("_") and name not in type(self)._internal
        )

    if not TYPE_CHECKING:  # a type checker would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            kind = type(self).__name__
            if name.startswith("_"):  # protocols of Python and Jupyter ask whether they are there
                raise AttributeError(f"{kind!r} object has no attribute {name!r}")
            if self._where_table and name in _OF_TABLES:
                raise MissingNameError(f"{kind} has no {shown(name)}, since it is no table. {self._where_table}.")
            names = dir(self)
            raise MissingNameError(f"{kind} has no {shown(name)}{hint(name, names)}; it has {', '.join(names)}.")

        def __getitem__(self, item: object) -> Any:
            # A loop asks for items too, one by one, as there is no ``__iter__``.
            raise MissingItemError(f"{type(self).__name__} has no items, in [] or for a loop. {self._where_table}.")
