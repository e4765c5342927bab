"""What a stay source promises, and what happens to one that breaks it."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import pandas as pd
import pytest
from records.sources.drawing_claims import claim_lines, read

import careflow as cf
from careflow.errors import ArgumentError, RecordError
from careflow.records.sources import Loss, Made, registry

LINES = "hcpcs | from\nH0015 | 03-04\nH0015 | 03-06\nH2036 | 03-08"


class Wristbands:
    """Door readings as stays: the five things that a source of another package has."""

    name = "wristbands"
    label = "door readings"
    rules: ClassVar = {"W00": "in a stay", "W01": "not read"}

    def __init__(self, readings: pd.DataFrame, *, lost: int = 0) -> None:
        self._readings = readings
        self._lost = lost

    @property
    def header(self) -> list[str]:
        return list(self._readings.columns)

    def head(self, engine: Any, rows: int) -> dict[str, list[str]]:
        return {}

    def make(self, engine: Any, window: Any) -> Made:
        engine.register("readings", self._readings)
        engine.run(
            "CREATE TEMP TABLE door_stays AS SELECT who AS person_id, 'php' AS level, min(day::DATE) AS admit_date, "
            "max(day::DATE) AS discharge_date, max(door) AS door FROM readings GROUP BY who"
        )
        n = len(self._readings)
        losses = [Loss("W00", "kept", "line", n - self._lost), Loss("W01", "set aside", "line", self._lost // 2)]
        return Made("door_stays", losses, {}, n)


READINGS = pd.DataFrame({"who": ["A", "A", "B"], "day": ["2024-03-01", "2024-03-09", "2024-03-02"], "door": "north"})


def test_a_source_of_another_package_is_read_with_its_strata() -> None:
    episodes = cf.read_episodes(Wristbands(READINGS), cutoff="2024-12-31")
    assert episodes.n == 2
    assert sorted(episodes.strata) == ["door"]
    assert episodes.losses.values.tolist() == [["W00", "kept", "line", 3, "in a stay"]]


def test_fates_that_do_not_add_up_to_the_lines_stop() -> None:
    with pytest.raises(RecordError, match="accounts for 2 of 3 lines"):
        cf.read_episodes(Wristbands(READINGS, lost=2), cutoff="2024-12-31")


def test_lines_have_one_fate_each_and_stand_first() -> None:
    episodes = read(LINES)
    fates = episodes.losses[episodes.losses["action"] != "flagged"]
    assert dict(zip(fates["rule"], fates["n"], strict=True)) == {"C00": 2, "C11": 1}
    assert episodes.attrition["step"].tolist()[:4] == [
        "lines of the source",
        "set aside: ambiguous code (C11)",
        "lines joined to stays",
        "stays made by the source",
    ]
    assert episodes.attrition["left"].tolist()[:4] == [3, 2, 1, 1]
    assert episodes.findings["check"].tolist()[0] == "C11 ambiguous code"


@pytest.mark.parametrize("told", [{"levels": {"a": "php"}}, {"reasons": {"01": "completed"}}, {"sheet": "x"}])
def test_what_belongs_to_the_source_is_refused_by_the_reader(told: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"{next(iter(told))}= belongs to the source"):
        cf.read_episodes(cf.sources.claims(claim_lines(LINES), scope="file"), cutoff="2024-12-31", **told)


@pytest.mark.slow
def test_too_many_lines_set_aside_stop_unless_accepted() -> None:
    denied = (
        "hcpcs | from | is\n"
        + "H0015 | 03-04 | paid\n" * 1
        + "".join(f"H0015 | 03-{1 + i % 28:02d} | {'denied' if i < 20 else 'paid'}\n" for i in range(120))
    )
    with pytest.raises(RecordError, match=r"of 121 lines.*20 \(16.5%\) denied \(C07\)") as stop:
        read(denied)
    assert stop.value.findings["check"].tolist()[0] == "S10 too many rows set aside"
    assert read(denied, accept=["C07"]).n == 1


def test_a_name_in_the_file_stops_the_reading() -> None:
    lines = claim_lines(LINES).assign(patient_last_name="x")
    with pytest.raises(RecordError, match="patient_last_name is named like a name"):
        read(lines)


def test_an_email_as_id_stops_the_reading() -> None:
    lines = claim_lines(LINES).assign(person_id=["a@b.org", "c@d.org", "e@f.org"])
    with pytest.raises(RecordError, match="e-mail addresses"):
        read(lines)


def test_sources_are_found_by_name() -> None:
    assert "claims" in cf.sources.names()
    assert cf.sources.open("claims", claim_lines(LINES), scope="file").name == "claims"
    with pytest.raises(ArgumentError, match=r"no source 'claim' \(did you mean 'claims'\?\)"):
        cf.sources.open("claim", "x.csv")


def test_a_broken_package_is_reported_only_when_its_source_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("wristbands", "no_such_package:source", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [broken])
    assert "wristbands" in cf.sources.names()
    with pytest.raises(ArgumentError, match=r"'wristbands' cannot be imported \(ModuleNotFoundError\)"):
        cf.sources.open("wristbands", "x.csv")


def test_a_source_of_a_package_is_opened_with_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("wristbands", f"{__name__}:Wristbands", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    monkeypatch.setattr(EntryPoint, "load", lambda self: Wristbands)
    assert cf.read_episodes(cf.sources.open("wristbands", READINGS), cutoff="2024-12-31").n == 2
    with pytest.raises(ArgumentError, match=r"cannot be opened \(TypeError\) with these options: colour"):
        cf.sources.open("wristbands", READINGS, colour="red")


class AnswersEverything:
    """As a table of Spark does, which has a column for every attribute."""

    def __getattr__(self, name: str) -> str:
        return f"Column<{name!r}>"


def test_what_has_every_attribute_is_no_source_of_stays() -> None:
    with pytest.raises(cf.CareflowError) as caught:
        cf.read_episodes(AnswersEverything(), cutoff="2024-12-31")
    assert "not_stays" not in str(caught.value)
