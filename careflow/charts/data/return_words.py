"""What readmissions and bounce-backs are called on a chart: who came back, after what, within how many days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from careflow.charts.data.kinds import BOUNCE_BACK

if TYPE_CHECKING:
    from careflow.estimate import Returns

ANY_STEP_UP: Final = "any step up"
"""What ``back`` of a result is where any step up is a bounce-back."""
READMISSIONS: Final = "Without deaths, same-day transfers and concurrent discharges."
"""What the denominator of readmissions leaves out."""


@dataclass(frozen=True)
class ReturnWords:
    """The words of one result of returns.

    Attributes
    ----------
    days : int
        The window in days.
    bounced : bool
        Whether these are bounce-backs after a step-down; else readmissions after a discharge.
    targets : tuple of str
        The levels that a readmission must be to; empty: any.
    any_step_up : bool
        Whether any admission above the new level is a bounce-back, not only one at least as high as the level left.
    """

    days: int
    bounced: bool
    targets: tuple[str, ...] = ()
    any_step_up: bool = False

    @classmethod
    def of(cls, result: Returns, days: int | None) -> ReturnWords:
        """Return the words of a result, of which one window of days is drawn."""
        window = result.days if isinstance(result.days, int) else days
        assert window is not None  # a chart reads one window
        return cls(window, result.about.measure == BOUNCE_BACK, tuple(result.to), result.back == ANY_STEP_UP)

    @property
    def role(self) -> str:
        """The hue: coming back up is a step up, another admission has none."""
        return "up" if self.bounced else "stay"

    @property
    def left_out(self) -> str:
        """What the denominator leaves out, as a note."""
        return "" if self.bounced else READMISSIONS

    def event(self, labels: Mapping[str, str], frm: str | None, to: str | None) -> str:
        """Return what happened, as a title.

        Examples
        --------
        >>> names = {"residential": "Residential", "php": "PHP"}
        >>> ReturnWords(30, bounced=True).event(names, "residential", "php")
        'Came back to Residential within 30 days of stepping down to PHP'
        >>> ReturnWords(30, bounced=False).event(names, "php", None)
        'Readmitted within 30 days of discharge from PHP'
        """
        if self.bounced:
            back = f"Came back to {labels[frm]}" if frm and not self.any_step_up else "Came back up"
            return f"{back} within {self.days} days of stepping down{f' to {labels[to]}' if to else ''}"
        where = f" to {self._targets(labels)}" if self.targets else ""
        return f"Readmitted{where} within {self.days} days of discharge{f' from {labels[frm]}' if frm else ''}"

    def whom(self, labels: Mapping[str, str], frm: str | None, to: str | None) -> str:
        """Return who could come back: ``step-downs from Residential to PHP``."""
        if self.bounced:
            return "step-downs" + (f" from {labels[frm]}" if frm else "") + (f" to {labels[to]}" if to else "")
        return f"{labels[frm]} discharges" if frm else "discharges"

    def verb(self, labels: Mapping[str, str], frm: str | None, to: str | None) -> str:
        """Return what happened to them, exactly: ``were followed by another admission 1 to 30 days later``."""
        if self.bounced:
            at_least = f"at least as intensive as {labels[frm] if frm else 'the one left'}"
            if self.any_step_up:
                at_least = f"more intensive than {labels[to] if to else 'the new one'}"
            start = f"the start at {labels[to]}" if to else "the new stay's start"
            return f"were followed by an admission to a level {at_least} within {self.days} days of {start}"
        where = f" to {self._targets(labels)}" if self.targets else ""
        later = f"1 to {self.days} days later" if self.days > 1 else "on the next day"
        return f"were followed by another admission{where} {later}"

    def _targets(self, labels: Mapping[str, str]) -> str:
        names = [labels[name] for name in self.targets]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
