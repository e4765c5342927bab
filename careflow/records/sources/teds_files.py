"""TEDS public files: lengths of stay as intervals, reasons and services, and no stays, since there is no person."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import pandas as pd

from careflow.arguments import checked, mapping, one_of, text
from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.columns import InputTable, trimmed_sql

SERVICES: Final = {
    1: ("Detox, 24-hour, hospital inpatient", "inpatient"),
    2: ("Detox, 24-hour, free-standing residential", "residential"),
    3: ("Rehab/residential, hospital (non-detox)", "inpatient"),
    4: ("Rehab/residential, short term (30 days or fewer)", "residential"),
    5: ("Rehab/residential, long term (more than 30 days)", "residential"),
    6: ("Ambulatory, intensive outpatient", "iop"),
    7: ("Ambulatory, non-intensive outpatient", "outpatient"),
    8: ("Ambulatory, detoxification", "outpatient"),
}
"""Label and level of the services; php is inside 6, for which TEDS has no code of its own."""

REASONS: Final = {
    1: ("Treatment completed", "completed"),
    2: ("Dropped out of treatment", "left early"),
    3: ("Terminated by facility", "terminated"),
    4: ("Transferred to another treatment program or facility", "transferred out"),
    5: ("Incarcerated", "incarcerated"),
    6: ("Death", "died"),
    7: ("Other", "other"),
}
"""Label and careflow's word of the reasons of discharge."""

BANDS: Final = {
    31: (31, 45),
    32: (46, 60),
    33: (61, 90),
    34: (91, 120),
    35: (121, 180),
    36: (181, 365),
    37: (366, None),
}
"""First and last day of the codes of length of stay that are no days; the last has no last day."""

_LOS_LABELS: Final = {
    code: f"{low} to {high} days" if high else "More than a year" for code, (low, high) in BANDS.items()
}
_OLDER_LABELS: Final = {
    "detox, 24 hr, hospital inpatient": 1,
    "detox, 24 hr, free-standing residential": 2,
    "rehab/res, hospital (non-detox)": 3,
    "rehab/res, short term (30 days or fewer)": 4,
    "rehab/res, long term (more than 30 days)": 5,
}
_OLDER_REASONS: Final = {
    "left against professional advice": 2,
    "transferred to another treatment program or": 4,
}
"""Labels of the codebooks up to 2016 that differ from those of later ones."""

_MISSING: Final = ("-9", "", "missing/unknown/not collected/invalid")
_NOT_STAYS: Final = (
    "a TEDS public file has no person and no dates: its records are discharges, so there are no stays to link and no "
    "transitions of people. Use teds.los(), teds.reasons() and teds.services()."
)


@checked(kind=one_of("d", "a"), columns=mapping("{field: column in the file}"), encoding=text)
def teds(path: Any, *, kind: str = "d", columns: Mapping[str, str] | None = None, encoding: str | None = None) -> Teds:
    """Count a TEDS public file: it has no people and no dates, so it gives no stays.

    Parameters
    ----------
    path : path, glob or table
        A file of discharges (TEDS-D) or of admissions (TEDS-A), with codes or with the codebook's labels.
    kind : {"d", "a"}
        Discharges or admissions.
    columns : mapping, optional
        ``{field: column in the file}``: ``DISYR`` or ``ADMYR``, ``SERVICES_D`` or ``SERVICES``, ``REASON``, ``LOS``.
    encoding : str, optional
        As of :func:`careflow.read_episodes`.

    Returns
    -------
    Teds

    Raises
    ------
    ArgumentError
        An option is wrong.

    Examples
    --------
    >>> import careflow as cf
    >>> discharges = pd.DataFrame({"DISYR": 2022, "SERVICES_D": 7, "REASON": [1, 2, 1], "LOS": [12, 31, 31]})
    >>> cf.sources.teds(discharges).los()[["label", "n", "median_low", "median_high"]].values.tolist()
    [['Ambulatory, non-intensive outpatient', 3, 31, 45]]
    """
    fields = ("DISYR", "SERVICES_D", "REASON", "LOS") if kind == "d" else ("ADMYR", "SERVICES")
    return Teds(InputTable(path, fields, (fields[1],), columns, encoding), kind)


class Teds:
    """A TEDS public file, counted; made by :func:`teds`."""

    not_stays = _NOT_STAYS
    name = "teds"

    def __init__(self, table: InputTable, kind: str) -> None:
        self._table = table
        self._service = "SERVICES_D" if kind == "d" else "SERVICES"
        self._year = "DISYR" if kind == "d" else "ADMYR"

    def services(self) -> pd.DataFrame:
        """Return ``year, service, label, level, n``: records by service.

        Raises
        ------
        RecordError
            A code is not TEDS'.
        """
        counts = self._counted.groupby(["year", "service"], dropna=False)["n"].sum().reset_index()
        return _labelled(counts, "service", SERVICES, "level")[["year", "service", "label", "level", "n"]]

    def reasons(self) -> pd.DataFrame:
        """Return ``year, service, reason, label, outcome, n``: discharges by service and reason.

        Raises
        ------
        ArgumentError
            The file has no reasons, as one of admissions.
        RecordError
            A code is not TEDS'.
        """
        self._need("REASON")
        counts = self._counted.groupby(["year", "service", "reason"], dropna=False)["n"].sum().reset_index()
        frame = _labelled(counts, "reason", REASONS, "outcome")
        return frame[["year", "service", "reason", "label", "outcome", "n"]]

    def los(self) -> pd.DataFrame:
        """Return quartiles of the length of stay in days, each as the interval that the file's bands leave.

        Codes 1 to 30 are days, 31 to 37 bands of days, and the last is open. A mean cannot be had from bands.

        Returns
        -------
        pandas.DataFrame
            ``year, service, label, n, missing``, and for each quartile the lowest and the highest number of days that
            it can be: ``q25_low, q25_high, median_low, median_high, q75_low, q75_high``; the last band
            has no highest.

        Raises
        ------
        ArgumentError
            The file has no lengths of stay.
        RecordError
            A code or label is not TEDS', as in copies whose codes were taken for bands.
        """
        self._need("LOS")
        rows = []
        for (year, service), part in self._counted.groupby(["year", "service"], dropna=False):
            by_code = part[part["los"].notna()].groupby("los")["n"].sum().sort_index()
            row: dict[str, Any] = {"year": year, "service": service, "n": int(by_code.sum())}
            row["missing"] = int(part["n"].sum()) - row["n"]
            for name, share in (("q25", 0.25), ("median", 0.5), ("q75", 0.75)):
                row[f"{name}_low"], row[f"{name}_high"] = _quantile(by_code, share)
            rows.append(row)
        quartiles = [f"{name}_{end}" for name in ("q25", "median", "q75") for end in ("low", "high")]
        quartile_rows = pd.DataFrame(rows, columns=["year", "service", "n", "missing", *quartiles])
        frame = _labelled(quartile_rows, "service", SERVICES, "level").drop(columns="level")
        bounds = [str(name) for name in frame if str(name).endswith(("_low", "_high"))]
        frame[bounds] = frame[bounds].astype("Int64")
        return frame[["year", "service", "label", "n", "missing", *bounds]]

    @cached_property
    def _counted(self) -> pd.DataFrame:
        engine = Engine()
        raw = self._table.load(engine)
        columns = {"year": self._year, "service": self._service, "reason": "REASON", "los": "LOS"}
        # A column of codes with gaps is written as 7.0 by whatever counts in floats.
        picked = ", ".join(
            f"regexp_replace({trimmed_sql(raw, column)}, '[.]0+$', '') AS {name}" for name, column in columns.items()
        )
        frame = engine.frame(
            f"SELECT year, service, reason, los, count(*) AS n FROM (SELECT {picked} FROM {raw.relation} r) "
            "GROUP BY year, service, reason, los"
        )
        days = {code: str(code) for code in range(1, 31)} | _LOS_LABELS
        frame["year"] = frame["year"].where(~frame["year"].isin(_MISSING), None)
        services, reasons = ({code: label for code, (label, _) in words.items()} for words in (SERVICES, REASONS))
        frame["service"] = _codes(frame, "service", services, _OLDER_LABELS)
        frame["reason"] = _codes(frame, "reason", reasons, _OLDER_REASONS)
        frame["los"] = _codes(frame, "los", days)
        return frame

    def _need(self, column: str) -> None:
        if column not in self._table.mapped.fields:
            raise ArgumentError(
                f"the file has no column {column}; admissions have none. Name it with columns={{{column!r}: ...}}."
            )


def _codes(
    frame: pd.DataFrame, name: str, labels: Mapping[int, str], older: Mapping[str, int] | None = None
) -> pd.Series[Any]:
    """Return the codes of a column written as codes or as labels, missing where it is -9.

    Raises
    ------
    RecordError
        Texts are neither.
    """
    codes: dict[str, int] = {label.casefold(): code for code, label in labels.items()} | dict(older or {})
    codes |= {str(code): code for code in labels}
    texts = frame[name].fillna("").str.casefold()
    wrong = ~texts.isin([*codes, *_MISSING])
    if wrong.any():
        n = int(frame.loc[wrong, "n"].sum())
        raise RecordError(
            f"{name}: {n:,} records have {texts[wrong].nunique():,} values that are neither codes nor labels of the "
            "TEDS codebook. Copies with bands of their own in place of the codes cannot be used.",
            check="S05",
            n=n,
        )
    return texts.map(codes).astype("Int64")


def _labelled(frame: pd.DataFrame, name: str, words: Mapping[int, tuple[str, str]], second: str) -> pd.DataFrame:
    frame = frame.copy()
    codes = [None if pd.isna(code) else int(code) for code in frame[name]]
    frame["label"] = [words[code][0] if code else "missing" for code in codes]
    frame[second] = [words[code][1] if code else None for code in codes]
    return frame.sort_values([column for column in ("year", "service", name) if column in frame]).reset_index(drop=True)


def _quantile(counts: pd.Series[Any], share: float) -> tuple[int | None, int | None]:
    """Return the lowest and the highest day that a quantile can be: the bounds of the code that it falls into."""
    total = int(counts.sum())
    if not total:
        return None, None
    code = int(counts.index[int((counts.cumsum() >= share * total).to_numpy().argmax())])
    return BANDS.get(code, (code, code))
