"""The rules of the checks, and the log that counts what each of them found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import pandas as pd

from careflow.errors import ArgumentError, RecordError

STOPPED, SET_ASIDE, FIXED, FLAGGED = "stopped", "set aside", "fixed", "flagged"

RULES: Final = {
    "R01": "no person",
    "R02": "no level",
    "R03": "unknown level",
    "R04": "no admission date",
    "R05": "impossible date",
    "R06": "discharged before admitted",
    "R07": "admitted after the cut-off",
    "R10": "the same row again",
    "R11": "one stay in two versions",
    "R12": "discharged before the start",
    "R13": "torn row",
    "R14": "admitted after death",
}
"""The rules that set a row aside, and their labels."""

STOPS: Final = {
    "S01": "the records cannot be read",
    "S02": "columns missing or double",
    "S03": "direct identifiers",
    "S04": "dates that can be read in several ways or in none",
    "S05": "values of the wrong kind",
    "S06": "text of another encoding",
    "S07": "lines that cannot be split into columns",
    "S08": "decompresses to too much data",
    "S09": "too many different values, or too long ones",
    "S10": "too many rows set aside",
    "S11": "no stay is left",
    "F01": "overlapping stays",
    "F04": "admitted after death",
}
"""What stops the reading. F01 stops only with ``overlaps="error"``, F04 only if many people are concerned."""

CHOSEN: Final = frozenset({"R07", "R12"})
"""Rules that follow from ``cutoff=`` and ``start=``; they are not faults of the file and never stop the reading."""

ALSO_ACCEPTED: Final = ("F04", "S08")
"""Stops that ``accept=`` lifts: many people admitted after their death, files that decompress to too much data."""

HINTS: Final = {
    "R03": "Say what the file's codes mean with levels={code: level}.",
    "R05": "Are the dates written in two formats?",
    "R10": "Did a join with another file repeat rows?",
    "R11": "Map the column updated_at: then the newest version is kept.",
}
"""Advice for the rules that set too many rows aside."""

MOST_SHARE: Final = 0.05
MOST_SHARE_OF_ONE: Final = 0.01
MOST_ROWS_OF_ONE: Final = 100
SMALL_FILE: Final = 100


class FindingLog:
    """Collects findings while a file is read, and stops the reading when too many rows are set aside.

    Parameters
    ----------
    accept : collection of str
        Rules (``"R06"``) that may set aside any number of rows.
    of_source : collection of str
        The rules of a stay source, which ``accept`` may name, too.
    """

    def __init__(self, accept: Collection[str] = (), of_source: Collection[str] = ()) -> None:
        accept = (accept,) if isinstance(accept, str) else tuple(accept)
        allowed = (*RULES, *ALSO_ACCEPTED, *of_source)
        unknown = [rule for rule in accept if rule not in allowed]
        if unknown:
            raise ArgumentError(f"accept= has {len(unknown)} unknown rules; the rules are: {', '.join(allowed)}.")
        # Accepting F04 means that R14 sets these stays aside, however many they are.
        self._accept = {*accept, "R14"} if "F04" in accept else set(accept)
        self._lines: list[tuple[str, str, int, str]] = []
        self._losses: list[tuple[str, str, int, str]] = []
        self.aside: dict[str, int] = {}
        self.notes: dict[str, str] = {}

    def accepts(self, rule: str) -> bool:
        """Return whether ``accept=`` names a rule."""
        return rule in self._accept

    def add(self, check: str, action: str, n: int, note: str = "") -> None:
        """Add a finding, unless its count is 0."""
        if n:
            self._lines.append((check, action, n, note))

    def add_loss(self, check: str, action: str, n: int, note: str = "") -> None:
        """Add what became of the lines of a stay source, unless there are none; these findings stand first."""
        if n:
            self._losses.append((check, action, n, note))

    def set_aside(self, rule: str, n: int, note: str = "") -> None:
        """Add the rows that a rule set aside, unless there are none."""
        if n:
            self.aside[rule] = self.aside.get(rule, 0) + n
            self.notes[rule] = note
            self.add(f"{rule} {RULES[rule]}", SET_ASIDE, n, note)

    def check_limits(
        self,
        rows: int,
        aside: Mapping[str, int] | None = None,
        rules: Mapping[str, str] = RULES,
        unit: str = "rows",
    ) -> None:
        """Stop if too many rows were set aside.

        Parameters
        ----------
        rows : int
            Rows of the file, or lines of a source.
        aside : mapping of str to int, optional
            The lines of a source that its rules set aside. Default: the rows set aside so far.
        rules : mapping of str to str
            The meaning of the rules.
        unit : str
            What is counted.

        Raises
        ------
        RecordError
            More than 5% of the rows, or more than 1% and more than 100 rows by one rule, or more than 1% for impossible
            dates. Files of fewer than 100 rows never stop.
        """
        if rows < SMALL_FILE:
            return
        counted = self.aside if aside is None else aside
        faults = {rule: n for rule, n in counted.items() if rule not in CHOSEN and rule not in self._accept}
        excessive = {
            rule: n
            for rule, n in faults.items()
            if n > MOST_SHARE_OF_ONE * rows and (n > MOST_ROWS_OF_ONE or rule == "R05")
        } or (faults if sum(faults.values()) > MOST_SHARE * rows else {})
        if not excessive:
            return
        lines = "; ".join(f"{n:,} ({n / rows:.1%}) {rules[rule]} ({rule})" for rule, n in sorted(excessive.items()))
        hint = " ".join(HINTS[rule] for rule in sorted(excessive) if rule in HINTS)
        codes = self.codes()
        hint = f"{codes} {hint}" if "R03" in excessive and codes else hint
        names = ", ".join(repr(rule) for rule in sorted(excessive))
        raise RecordError(
            f"of {rows:,} {unit}, too many would be set aside: {lines}. {hint}{' ' if hint else ''}"
            f"Correct the file, or accept the loss: accept=[{names}].",
            check="S10",
            n=sum(excessive.values()),
        )

    def codes(self) -> str:
        """Return the sentence that lists the unknown codes of levels (those of 11 rows or more), or ""."""
        note = self.notes.get("R03", "").partition(". Map")[0]
        return f"Unknown: {note}." if note else ""

    def stop(self, error: RecordError) -> pd.DataFrame:
        """Return the findings so far; the first line is what stopped the reading, with its message as the note."""
        self.add(f"{error.check} {STOPS[error.check]}", STOPPED, max(error.n, 1), str(error))
        return self.frame()

    def frame(self) -> pd.DataFrame:
        """Return ``check, action, n, note``, ordered by action: stopped, set aside, fixed, flagged.

        What became of the lines of a stay source follows the stop.
        """
        order = {STOPPED: 0, SET_ASIDE: 1, FIXED: 2, FLAGGED: 3}
        lines = sorted(self._lines, key=lambda line: (order[line[1]], line[0]))
        stops = [line for line in lines if line[1] == STOPPED]
        lines = [*stops, *self._losses, *lines[len(stops) :]]
        frame = pd.DataFrame(lines, columns=["check", "action", "n", "note"])
        return frame.astype({"check": "str", "action": "str", "n": "int64", "note": "str"})
