"""FHIR R4 encounters become stays: made-up bulk exports, one line a resource."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from records.drawing import stays

import careflow as cf
from careflow.errors import ArgumentError, RecordError

LEVELS = {("http://example.org/levels", "RTC"): "residential", ("http://example.org/levels", "PHP"): "php"}


def encounter(
    number: str, person: str, kind: str, start: str | None, end: str | None, status: str = "finished", **more: Any
) -> str:
    """Return a made-up encounter as a line."""
    period = {name: day for name, day in (("start", start), ("end", end)) if day}
    code = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": kind}
    made = {"resourceType": "Encounter", "id": number, "status": status, "class": code, "period": period}
    return json.dumps(made | {"subject": {"reference": f"Patient/{person}"}} | more)


def of_type(code: str) -> dict[str, Any]:
    return {"type": [{"coding": [{"system": "http://example.org/levels", "code": code}]}]}


LINES = [
    encounter("1", "A", "IMP", "2024-01-02T23:30:00-05:00", "2024-01-20T10:00:00-05:00"),
    encounter("2", "A", "AMB", "2024-01-10", "2024-01-10"),
    encounter("3", "A", "AMB", "2024-01-20", None),
    encounter("4", "A", "AMB", "2024-02-19", "2024-02-19"),
    encounter("5", "B", "IMP", "2024-03-01", "2024-03-31", **of_type("RTC")),
    encounter("6", "B", "EMER", "2024-04-01", "2024-04-01"),
    encounter("7", "B", "IMP", "2024-05-01", "2024-05-09", "in-progress"),
    encounter("8", "B", "AMB", "2024-06-01", None, "cancelled"),
    encounter("9", "B", "AMB", "2024-03", None),
    encounter("10", "C", "IMP", "2024-07-01", None),
    encounter("11", "C", "IMP", "2025-07-01", "2025-07-02"),
    '{"resourceType": "Encounter", "id": ',
]


def write(folder: Path, lines: list[str], name: str = "Encounter.000.ndjson") -> Path:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def read(path: Path, **options: Any) -> cf.Episodes:
    return cf.read_episodes(cf.sources.fhir(path, **options), cutoff="2024-12-31")


@pytest.mark.slow
def test_each_encounter_has_one_fate(tmp_path: Path) -> None:
    episodes = read(write(tmp_path, LINES), levels=LEVELS)
    assert stays(episodes) == [
        ("inpatient", "01-02", "01-20", "unknown"),
        ("outpatient", "01-20", "02-19", "unknown"),
        ("residential", "03-01", "03-31", "unknown"),
        ("inpatient", "05-01", None, "unknown"),
    ]
    counts = dict(zip(episodes.losses["rule"], episodes.losses["n"], strict=True))
    assert counts == {
        "H00": 5, "H01": 1, "H02": 1, "H03": 1, "H04": 1, "H05": 1, "H06": 1, "H09": 1, "H10": 1,
    }  # fmt: skip


def test_parts_of_an_encounter_become_strata(tmp_path: Path) -> None:
    # The outpatient stay begins with encounter 3; encounter 2 lies inside the stay above.
    def priority(code: str) -> dict[str, Any]:
        return {"priority": {"coding": [{"code": code}]}}

    lines = [
        encounter("1", "A", "IMP", "2024-01-02", "2024-01-20", **priority("EM")),
        encounter("2", "A", "AMB", "2024-01-10", "2024-01-10", **priority("EL")),
        encounter("3", "A", "AMB", "2024-01-21", None, **priority("R")),
        encounter("4", "A", "AMB", "2024-02-01", None, **priority("UR")),
        encounter("5", "B", "IMP", "2024-03-01", "2024-03-09"),
    ]
    columns = {"priority": "priority.coding[0].code", "payer": "class.code"}
    episodes = read(write(tmp_path, lines), columns=columns)
    rows = episodes.rows()[["level", "priority", "payer"]].astype(object)
    labels = {tuple(row) for row in rows.where(rows.notna(), None).to_numpy()}
    assert labels == {("inpatient", "EM", "IMP"), ("outpatient", "R", "AMB"), ("inpatient", None, "IMP")}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"member": "subject.reference"}, "ids, days or free text"),
        ({"week": "period.start"}, "ids, days or free text"),
        ({"kind": "type[*].text'"}, "no path in a resource"),
        ({"level": "class.code"}, "a name that the stays have already"),
        ({"pla n": "class.code"}, "only letters, digits and _"),
    ],
)
def test_what_cannot_be_a_stratum_is_refused(columns: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=message):
        read(tmp_path, columns=columns)


def changed(*classes: tuple[str, str | None, str | None]) -> dict[str, Any]:
    """Return a history of classes: code, first and last day."""
    return {
        "classHistory": [
            {
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code},
                "period": {name: day for name, day in (("start", start), ("end", end)) if day},
            }
            for code, start, end in classes
        ]
    }


HISTORIES: dict[str, tuple[dict[str, Any], list[tuple[str, str, str | None, str]]]] = {
    "each class holds to the next": (
        changed(("AMB", "2024-01-02", "2024-01-05"), ("IMP", "2024-01-05", "2024-01-20")),
        [("outpatient", "01-02", "01-05", "transferred out"), ("inpatient", "01-05", "01-20", "left early")],
    ),
    "the class of the encounter holds where none is written": (
        changed(("AMB", "2024-01-05", "2024-01-08")),
        [
            ("inpatient", "01-02", "01-05", "transferred out"),
            ("outpatient", "01-05", "01-08", "transferred out"),
            ("inpatient", "01-08", "01-20", "left early"),
        ],
    ),
    "a class without a level changes nothing": (
        changed(("EMER", "2024-01-02", "2024-01-03")),
        [("inpatient", "01-02", "01-20", "left early")],
    ),
    "two classes of one level are one": (
        changed(("ACUTE", "2024-01-02", "2024-01-09"), ("NONAC", "2024-01-09", "2024-01-20")),
        [("inpatient", "01-02", "01-20", "left early")],
    ),
    "of two on one day the last written holds": (
        changed(("AMB", "2024-01-02", None), ("IMP", "2024-01-02", None)),
        [("inpatient", "01-02", "01-20", "left early")],
    ),
    "a change outside the encounter is none": (
        changed(("AMB", "2024-02-02", None)),
        [("inpatient", "01-02", "01-20", "left early")],
    ),
    "a change without a day is none": (
        changed(("AMB", "2024-01", None)),
        [("inpatient", "01-02", "01-20", "left early")],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_of_classes_cuts_an_encounter(tmp_path: Path, name: str) -> None:
    history, expected = HISTORIES[name]
    left = {"hospitalization": {"dischargeDisposition": {"coding": [{"code": "aadvice"}]}}}
    episodes = read(write(tmp_path, [encounter("1", "A", "IMP", "2024-01-02", "2024-01-20", **history, **left)]))
    # A day program's or an outpatient's visit says nothing of how care ended.
    level = [(stay[0], *stay[1:3], "unknown" if stay[0] == "outpatient" else stay[3]) for stay in expected]
    assert stays(episodes) == level
    counts = dict(zip(episodes.losses["rule"], episodes.losses["n"], strict=True))
    assert counts["H00"] == 1
    assert counts.get("H11", 0) == (name == "a change without a day is none")


def episode_of_care(number: str, person: str, start: str | None, end: str | None, status: str, code: str) -> str:
    """Return a made-up episode of care as a line."""
    period = {name: day for name, day in (("start", start), ("end", end)) if day}
    made = {"resourceType": "EpisodeOfCare", "id": number, "status": status, "period": period}
    return json.dumps(made | {"patient": {"reference": f"Patient/{person}"}} | of_type(code))


@pytest.mark.slow
def test_an_episode_of_care_is_a_stay_if_its_type_has_a_level(tmp_path: Path) -> None:
    of = {"episodeOfCare": [{"reference": "EpisodeOfCare/e1"}]}
    write(
        tmp_path,
        [
            encounter("1", "A", "AMB", "2024-01-02", "2024-01-02", **of),
            encounter("2", "A", "AMB", "2024-01-09", "2024-01-09", **of),
            encounter("3", "A", "AMB", "2024-06-01", "2024-06-01"),
            encounter("4", "B", "AMB", "2024-06-01", "2024-06-01", **of),
        ],
    )
    lines = [
        episode_of_care("e1", "A", "2024-01-02", "2024-03-01", "finished", "PHP"),
        episode_of_care("e2", "B", "2024-05-01", None, "active", "RTC"),
        episode_of_care("e3", "B", "2024-01-01", None, "waitlist", "RTC"),
        episode_of_care("e4", "B", "2024-01-01", "2024-02-01", "finished", "other"),
        episode_of_care("e5", "B", "2024-01", "2024-02-01", "finished", "PHP"),
        episode_of_care("e6", "B", "2024-01-01", None, "finished", "PHP"),
    ]
    episodes = read(write(tmp_path, lines, "EpisodeOfCare.000.ndjson"), levels=LEVELS)
    # What B's encounter refers to is the episode of another person, and lies within B's own residential stay.
    assert stays(episodes) == [
        ("php", "01-02", "03-01", "unknown"),
        ("residential", "05-01", None, "unknown"),
        ("outpatient", "06-01", "06-01", "unknown"),
    ]
    losses = episodes.losses
    counts = {(unit, rule): n for unit, rule, n in zip(losses["unit"], losses["rule"], losses["n"], strict=True)}
    assert counts == {
        ("encounter", "H08"): 2, ("encounter", "H09"): 1, ("encounter", "H00"): 1, ("episode", "H00"): 2,
        ("episode", "H02"): 1, ("episode", "H03"): 1, ("episode", "H05"): 1, ("episode", "H06"): 1, ("stay", "H10"): 1,
    }  # fmt: skip


@pytest.mark.slow
def test_the_made_up_resources_are_sound_fhir() -> None:
    models = {
        name: pytest.importorskip(f"fhir.resources.R4B.{name.lower()}", reason="pip install careflow[test]")
        for name in ("Encounter", "EpisodeOfCare")
    }
    history = changed(("AMB", "2024-01-02", "2024-01-05"), ("IMP", "2024-01-05", None))
    of = {"episodeOfCare": [{"reference": "EpisodeOfCare/e1"}]}
    lines = [
        *(line for line in LINES if line.endswith("}")),
        encounter("12", "A", "IMP", "2024-01-02", "2024-01-20", **history, **of),
        episode_of_care("e1", "A", "2024-01-02", "2024-03-01", "finished", "PHP"),
        episode_of_care("e2", "B", "2024-05", None, "active", "RTC"),
    ]
    for line in lines:
        kind = json.loads(line)["resourceType"]
        assert getattr(models[kind], kind).model_validate_json(line)
    with pytest.raises(ValueError, match="class"):
        models["Encounter"].Encounter.model_validate_json('{"resourceType": "Encounter"}')


@pytest.mark.slow
def test_the_newest_version_of_an_encounter_is_kept(tmp_path: Path) -> None:
    old = encounter("1", "A", "IMP", "2024-01-02", None, "in-progress", meta={"lastUpdated": "2024-01-03T00:00:00Z"})
    new = encounter("1", "A", "IMP", "2024-01-02", "2024-01-09", meta={"lastUpdated": "2024-01-10T00:00:00Z"})
    for lines in ([old, new], [new, old]):
        episodes = read(write(tmp_path, lines))
        assert stays(episodes) == [("inpatient", "01-02", "01-09", "unknown")]
        assert "H07" in set(episodes.losses["rule"])


@pytest.mark.slow
def test_a_disposition_is_the_reason(tmp_path: Path) -> None:
    left = {"hospitalization": {"dischargeDisposition": {"coding": [{"code": "aadvice"}]}}}
    episodes = read(write(tmp_path, [encounter("1", "A", "IMP", "2024-01-02", "2024-01-09", **left)]))
    assert stays(episodes) == [("inpatient", "01-02", "01-09", "left early")]


@pytest.mark.slow
def test_compressed_files_are_read_as_plain_ones(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.mkdir()
    packed.mkdir()
    write(plain, LINES)
    (packed / "Encounter.000.ndjson.gz").write_bytes(gzip.compress("\n".join(LINES).encode()))
    assert stays(read(packed)) == stays(read(plain))


def test_an_email_as_reference_stops_the_reading(tmp_path: Path) -> None:
    lines = [encounter(str(i), f"p{i}@example.org", "IMP", "2024-01-02", "2024-01-09") for i in range(12)]
    with pytest.raises(RecordError, match="e-mail addresses"):
        read(write(tmp_path, lines))


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no file of encounters"):
        read(tmp_path)
    with pytest.raises(ArgumentError, match="levels= maps"):
        cf.sources.fhir(tmp_path, levels={"RTC": "residential"})
