"""Labels of OMOP stays: the name of the care site, and the strata of the person."""

from __future__ import annotations

from collections.abc import Mapping

from careflow.errors import ArgumentError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.columns import InputTable, trimmed_sql

_PERSON = "person."


def split_columns(columns: Mapping[str, str] | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return the columns of visits and those of people, which ``columns=`` names as ``person.COLUMN``.

    Raises
    ------
    ArgumentError
        A column of people is a day or a part of one.

    Examples
    --------
    >>> split_columns({"kind": "visit_type_concept_id", "sex": "person.gender_concept_id"})
    ({'kind': 'visit_type_concept_id'}, {'sex': 'gender_concept_id'})
    """
    given = dict(columns or {})
    of_people = {name: column.removeprefix(_PERSON) for name, column in given.items() if column.startswith(_PERSON)}
    births = [name for name, column in of_people.items() if "birth" in column.casefold()]
    if births:
        raise ArgumentError(f"columns= would make {', '.join(births)} of a date of birth, which cannot be a stratum.")
    return {name: column for name, column in given.items() if name not in of_people}, of_people


def name_care_sites(engine: Engine, sites: str, care_sites: InputTable | None) -> None:
    """Put the names of care sites in place of their ids in a table ``v, code``.

    Two sites of one name are told apart by their ids; a site without a name keeps its id.
    """
    if care_sites is None:
        return
    raw, named = care_sites.load(engine), engine.name("facilities")
    label = f"coalesce({trimmed_sql(raw, 'care_site_name')}, {trimmed_sql(raw, 'care_site_source_value')})"
    engine.run(
        f"""CREATE TEMP TABLE {named} AS
        WITH labels AS (
          SELECT {trimmed_sql(raw, "care_site_id")} AS id, min({label}) AS label FROM {raw.relation} r GROUP BY 1),
        used AS (SELECT s.v, s.code, l.label FROM {sites} s LEFT JOIN labels l ON s.v = l.id)
        SELECT code, CASE WHEN label IS NULL THEN v WHEN count(*) OVER (PARTITION BY label) > 1
          THEN label || ' (' || v || ')' ELSE label END AS v FROM used"""
    )
    if raw.held:
        engine.run(f"DROP TABLE {raw.relation}")
    engine.run(f"DROP TABLE {sites}")
    engine.run(f"ALTER TABLE {named} RENAME TO {sites}")


def label_people(engine: Engine, people: str, person: InputTable) -> list[str]:
    """Add the strata of people to a table ``v, code``, and return the names of their columns."""
    if not person.strata:
        return []
    raw, labelled = person.load(engine), engine.name("people")
    names = [f"person_{column}" for column in person.strata.values()]
    picked = ", ".join(
        f"min({trimmed_sql(raw, column)}) AS {name}" for name, column in zip(names, person.strata.values(), strict=True)
    )
    engine.run(
        f"""CREATE TEMP TABLE {labelled} AS SELECT p.v, p.code, {", ".join(f"q.{name}" for name in names)}
        FROM {people} p LEFT JOIN (
          SELECT {trimmed_sql(raw, "person_id")} AS v, {picked} FROM {raw.relation} r GROUP BY 1) q ON p.v = q.v"""
    )
    if raw.held:
        engine.run(f"DROP TABLE {raw.relation}")
    engine.run(f"DROP TABLE {people}")
    engine.run(f"ALTER TABLE {labelled} RENAME TO {people}")
    return names
