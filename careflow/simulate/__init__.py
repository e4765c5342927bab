"""Simulation of made-up records with known parameters; ``python -m careflow.simulate data/sample`` writes one."""

from careflow.simulate.benchmark import benchmark_data
from careflow.simulate.claims import claim_lines, write_claims
from careflow.simulate.faults import FAULTS, add_faults, fault_counts
from careflow.simulate.parameters import Truth
from careflow.simulate.process import LEVELS, Facility
from careflow.simulate.random import Durations
from careflow.simulate.records import simulate
from careflow.simulate.sample import write_sample

__all__ = [
    "FAULTS",
    "LEVELS",
    "Durations",
    "Facility",
    "Truth",
    "add_faults",
    "benchmark_data",
    "claim_lines",
    "fault_counts",
    "simulate",
    "write_claims",
    "write_sample",
]
