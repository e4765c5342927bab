"""Claims lines as a source of stays: ``cf.sources.claims``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from careflow.arguments import checked, flag, mapping, names, one_of, text
from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.date_columns import Reading
from careflow.records.parsing.date_formats import EPOCH, check_format
from careflow.records.sources.claim_lines.codes import check_codes, check_reasons
from careflow.records.sources.claim_lines.corrections import correct
from careflow.records.sources.claim_lines.lines import number_lines
from careflow.records.sources.claim_lines.making import StayMaker
from careflow.records.sources.claim_lines.options import CODES, FIELDS, KEYS, REQUIRED, LineOptions
from careflow.records.sources.columns import InputTable
from careflow.records.sources.protocol import Made, Window
from careflow.records.sources.standard_levels import check_continuum, check_gaps
from careflow.records.sources.table_source import TableSource

RULES: Final = {
    "C00": "in a stay",
    "C01": "no person or no start",
    "C02": "the same line again",
    "C03": "an older version of a line",
    "C04": "reversed by negative units",
    "C05": "voided",
    "C06": "replaced",
    "C07": "denied",
    "C08": "ends before it starts",
    "C09": "begins after the cut-off",
    "C10": "no code of a level",
    "C11": "ambiguous code",
    "C12": "not of addiction care",
    "C13": "recovery residence",
    "C14": "attending line without a stay",
    "C15": "inside a stay",
    "C20": "a later code names another level",
    "C23": "admitted before the first line",
    "C24": "a discharge on an interim bill",
    "C25": "back within a day of a discharge",
    "C26": "still a patient, then silence",
    "C28": "a void or a replacement of nothing",
    "C29": "two 24-hour levels on one claim",
    "C30": "open",
}
"""The rules of claims: the fates of a line, and from C20 on what is flagged."""

EXPECTED: Final = frozenset({"C09", "C10", "C11", "C12", "C13", "C14"})
"""Rules that follow from what claims are; they never stop the reading."""


@checked(
    columns=mapping("{field: column in the file}, such as {'person_id': 'MEMBER'}"),
    scope=one_of("diagnosis", "file", None),
    gaps=mapping("{level: days}, such as {'iop': 21}"),
    reasons=mapping("{discharge status: reason}, such as {'01': 'completed'}"),
    ignore_status=names,
    denied=one_of("drop", "keep"),
    date_format=text,
    encoding=text,
    sheet=text,
    keep_fates=flag,
)
def claims(
    path: Any,
    *,
    columns: Mapping[str, str] | None = None,
    codes: Mapping[Any, str] | str | Path | None = None,
    scope: str | None = None,
    gaps: Mapping[str, int] | None = None,
    reasons: Mapping[Any, str] | None = None,
    ignore_status: Collection[str] = (),
    denied: str = "drop",
    date_format: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    keep_fates: bool = False,
) -> ClaimsSource:
    """Read claims lines: codes, bills and days become stays.

    Parameters
    ----------
    path : path, glob or table
        One row a line, with the columns of the Tuva project's medical claims. Required: ``person_id``, ``claim_id``,
        ``claim_line_start_date`` or ``claim_start_date``, and a column of codes.
    columns : mapping, optional
        ``{field: column in the file}``. A name that is no field is a stratum of the stays, such as ``{"plan":
        "PLAN_NAME"}``; a stay has the label of its first line, as of the payer.
    codes : mapping or path, optional
        The payer's own codes: ``{"H2036": "residential", ("H2036", "U5"): "php", "0944": "iop"}``; or a TOML file with
        spans and payers.
    scope : {"diagnosis", "file"}, optional
        Which lines are addiction care: those whose code is specific to it or whose principal diagnosis is F10 to F19
        but F17, or all lines of the file. Default: ``"diagnosis"`` where there is a diagnosis.
    gaps : mapping, optional
        The most days to the next line that still continues a stay: ``{"iop": 21}``. Default: inpatient and residential
        1, php 7, iop 14, outpatient 30.
    reasons : mapping, optional
        ``{discharge status: reason}``, besides careflow's own.
    ignore_status : collection of str
        Discharge statuses that record no discharge, such as ``["01"]`` where every monthly bill carries it.
    denied : {"drop", "keep"}
        Whether denied lines are set aside, or kept as care that was delivered.
    date_format, encoding, sheet : str, optional
        As of :func:`careflow.read_episodes`.
    keep_fates : bool
        Whether ``fates()`` can be asked for the fate of each line after the reading. These are records of people.

    Returns
    -------
    ClaimsSource

    Raises
    ------
    ArgumentError
        An option is wrong.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> lines = pd.DataFrame({"person_id": "A", "claim_id": ["1", "2", "3"], "hcpcs_code": "H0015",
    ...     "claim_line_start_date": ["2024-03-04", "2024-03-06", "2024-03-08"]})
    >>> cf.read_episodes(cf.sources.claims(lines, scope="file"), cutoff="2024-12-31")
    <Episodes: 1 stay of 1 person, 2024Q1-2024Q1, 0 open, 0 set aside>
    """
    table = InputTable(path, FIELDS, REQUIRED, columns, encoding, sheet, keys=KEYS)
    options = LineOptions(
        check_codes(codes),
        scope or "",
        check_reasons(reasons, ignore_status),
        denied,
        Reading(check_format(date_format)),
    )
    return ClaimsSource(table, options, check_gaps(gaps), keep_fates)


class ClaimsSource(TableSource):
    """Claims lines, to be read by :func:`careflow.read_episodes`; made by :func:`claims`."""

    name = "claims"
    rules = RULES
    expected = EXPECTED

    def __init__(self, table: InputTable, options: LineOptions, gaps: Mapping[str, int], keep_fates: bool) -> None:
        super().__init__(table)
        self._table = table
        self._options = options
        self._gaps = gaps
        self._keep_fates = keep_fates
        self._fates: pd.DataFrame | None = None

    def make(self, engine: Engine, window: Window) -> Made:
        """Make the stays in the engine.

        Raises
        ------
        RecordError
            The lines cannot be read.
        ArgumentError
            There are no columns of days or codes, or the continuum lacks the levels that claims have.
        """
        check_continuum(window.continuum, "claims")
        scope = check_columns(self._table.mapped.fields, self._options.scope or None)
        options = LineOptions(
            self._options.codes, scope, self._options.reasons, self._options.denied,
            Reading(self._options.reading.date_format, window.tz),
        )  # fmt: skip
        raw = self._table.load(engine)
        cutoff = (window.cutoff - EPOCH).days
        lines = number_lines(engine, raw, options, cutoff, texts=self._keep_fates)
        if raw.held:
            engine.run(f"DROP TABLE {raw.relation}")
        if not lines.n:
            raise RecordError("the file has a line of names and no rows.", check="S11", n=0)
        corrections = correct(engine, lines)
        maker = StayMaker(engine, lines, corrections, self._gaps, cutoff)
        made = replace(maker.make(raw.ragged), strata=self._table.strata)
        self._fates = maker.fates() if self._keep_fates else None
        maker.drop()
        return made

    def fates(self) -> pd.DataFrame:
        """Return the fate of each line. These are records of people: do not publish them.

        Returns
        -------
        pandas.DataFrame
            ``claim, line, fate``: the claim, the number of the line in it where there is one, and the rule.

        Raises
        ------
        ArgumentError
            The fates were not kept.
        """
        if self._fates is None:
            raise ArgumentError("the fates were not kept: say claims(..., keep_fates=True), and read the source.")
        return self._fates.copy()


def check_columns(fields: Mapping[str, str], scope: str | None) -> str:
    """Check that there are days and codes, and return the scope.

    Raises
    ------
    ArgumentError
        There are none, or no diagnosis column and no ``scope``.
    """
    if not {"claim_line_start_date", "claim_start_date"} & set(fields):
        raise ArgumentError(
            "claims need a column claim_line_start_date or claim_start_date; name it with columns={...}."
        )
    if not set(CODES) & set(fields):
        raise ArgumentError(f"claims need at least one column of codes: {', '.join(CODES)}; name it with columns=.")
    if scope is None and "diagnosis_code_1" not in fields:
        raise ArgumentError(
            "the claims have no column diagnosis_code_1, so careflow cannot tell addiction care from other care. "
            "Name it with columns=, or say scope='file' if the file holds addiction care only."
        )
    if scope == "diagnosis" and "diagnosis_code_1" not in fields:
        raise ArgumentError("scope='diagnosis' needs a column diagnosis_code_1; name it with columns={...}.")
    return scope or "diagnosis"
