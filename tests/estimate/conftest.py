"""Made-up stays, linked: for tests of several estimators."""

import pytest
from support.made_up import CUTOFF, made_up

import careflow as cf


@pytest.fixture(scope="session")
def moves() -> cf.Transitions:
    return cf.link(cf.read_episodes(made_up(), cutoff=CUTOFF))
