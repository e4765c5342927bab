"""Every error that careflow raises on purpose: what is wrong, how many, and what to do.

A message holds counts, codes and names of columns and levels, never a value that could identify a person.
"""


class CareflowError(Exception):
    """The base of careflow's errors; ``except CareflowError`` catches them all."""

    def _render_traceback_(self) -> list[str]:
        """Show one line in a notebook: the message says what to do, and a traceback could show local values."""
        return [f"{type(self).__name__}: {self}"]


class DefinitionError(CareflowError, ValueError):
    """A continuum, a calendar or a crosswalk that contradicts itself."""


class RecordError(CareflowError, ValueError):
    """Episode records that cannot be read, or that must not be counted as they are."""


class ArgumentError(CareflowError, ValueError):
    """An argument that does not fit the data or the other arguments."""


class CountsError(CareflowError, ValueError):
    """Counts that were made by different rules, or that lack what was asked of them."""


class DisclosureError(CareflowError, ValueError):
    """A table that cannot be released without showing a small cell."""
