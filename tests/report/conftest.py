"""Made-up stays and their counts, for every test of the report."""

import pytest
from support.made_up import linked, made_up

import careflow as cf
from careflow.report.content.estimates import EVENT_TABLES


@pytest.fixture(scope="session")
def moves() -> cf.Transitions:
    return linked(made_up())


@pytest.fixture(scope="session")
def counts(moves: cf.Transitions) -> cf.Counts:
    return moves.counts(by="quarter", clocks=EVENT_TABLES)
