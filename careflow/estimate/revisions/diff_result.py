"""The result of a diff: each rate of two releases, with what made it move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from careflow.arguments import checked, labels, period, text
from careflow.estimate.result import Result
from careflow.estimate.revisions.changes import TOTAL
from careflow.estimate.select import move_label, select
from careflow.formatting import several

RECORDS, COUNTS = "records", "counts"


@dataclass(frozen=True, repr=False, eq=False)
class Diff(Result):
    """Why rates differ between two releases; made by :func:`careflow.diff`.

    ``frame`` has, for each rate, a row for each cause of a change and a last one for the ``total``: the strata,
    ``from, to, cause, where, records, n, of, points``. ``points`` (percentage points) sum to those of the total.

    ==================  ==============================================================================================
    cause               meaning
    ==================  ==============================================================================================
    rule: reading       the old file read by the new rules (``bridge``)
    rule: within        the new link window
    removed             the stay is in the old file only
    since               admitted after the old cut-off, or in care then and discharged after it
    late                admitted by the old cut-off, and in the new file only
    admission           the day of admission or the person differs
    level               the level differs
    discharge date      the day of discharge differs, or that there is one
    reason              the reason differs, where it decides: one of the two is death, or the row is that of a reason
    stratum             another stratum of ``by`` differs, such as the payer
    followed            only the cut-off differs: the discharge is followed for the window by one and not by the other
    other stay          another stay than the next one differs
    moved               counts alone: so many more, or fewer, discharges moved
    did not move        counts alone: so many more, or fewer, did not
    ==================  ==============================================================================================

    ``where`` is ``rule``, ``discharge``, ``next stay`` (the discharge is the same, and the stay after it is not) or
    ``other stay``. ``records`` is the number of changed discharges, ``n`` and ``of`` their sums.

    Attributes
    ----------
    directions : pandas.DataFrame
        The same columns by direction instead of ``to``.
    rates : pandas.DataFrame
        Both sides: ``old, new, inside`` (whether the new rate lies in the interval of the old one), ``points``,
        ``n_1, of_1, n_2, of_2``, the limits ``low, high`` of the old rate, and ``mature`` (whether both are).
    cutoffs : pair of datetime.date
        The cut-offs of the old and the new release.
    made_of : {"records", "counts"}
        Whether single discharges were compared.
    matched : pandas.DataFrame or None
        ``by, n``: how many stays of both files are the same stay, by what they were matched; None of counts.
    """

    directions: pd.DataFrame
    rates: pd.DataFrame
    cutoffs: tuple[date, date]
    made_of: str
    matched: pd.DataFrame | None = None

    @checked(quarter=period, frm=text, to=text, strata=labels)
    def at(
        self, quarter: str | None = None, *, frm: str | None = None, to: str | None = None, **strata: str
    ) -> pd.DataFrame:
        """Return the causes of one stratum, the largest first.

        Parameters
        ----------
        quarter : str, optional
            The quarter (month, year), if the rates are split by one.
        frm, to : str, optional
            Only this level left, and only this level or outcome reached.
        **strata : str
            One label of each other stratum.

        Returns
        -------
        pandas.DataFrame
            The rows of ``frame``; of each rate the largest change first, and the total last.

        Raises
        ------
        ArgumentError
            If a stratum has several labels and none is chosen, or a label does not exist.
        """
        rows = select(self.frame, self.about, quarter, strata)
        for name, value in (("from", frm), ("to", to)):
            if value is not None:
                rows = rows[rows[name] == move_label(rows, name, value, self.continuum)]
        order = rows["points"].abs().mask(rows["cause"] == TOTAL, -1.0).fillna(0.0)
        by_size = rows.assign(size=-order).sort_values(["from", "to", "size"], kind="stable", ignore_index=True)
        return by_size.drop(columns="size")

    def __repr__(self) -> str:
        moved = self.rates[self.rates["points"].abs() > 0]
        told = f"{several(len(moved), 'rate')} moved"
        if len(moved):
            outside = int((~moved["inside"].fillna(True)).sum())
            told += f", {outside:,} of them out of the old interval"
        return f"<Diff: {self.about}; {told}>"
