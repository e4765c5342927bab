"""Estimates: counts in, tidy frames out."""

from careflow.estimate.loaded_result import load
from careflow.estimate.measures.measure import Measured, measure
from careflow.estimate.multistate.conformance import Conformance, conformance
from careflow.estimate.multistate.markov_chain import Chain, chain
from careflow.estimate.multistate.markov_test import MarkovTest, markov_test
from careflow.estimate.multistate.occupation import ExpectedDays, Occupation, expected_days, occupation
from careflow.estimate.multistate.pathways import Pathways, pathways
from careflow.estimate.projection.project import project
from careflow.estimate.projection.projection_result import Projection
from careflow.estimate.projection.what_if import WhatIf
from careflow.estimate.rates.bounds import Bounds
from careflow.estimate.rates.comparison_result import Comparison
from careflow.estimate.rates.decompose import Decomposition
from careflow.estimate.rates.indirect import ObservedExpected
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.rates.standardize import Standardized
from careflow.estimate.rates.transition_rates import transition_rates
from careflow.estimate.result import Provenance, Result
from careflow.estimate.revisions.diff import diff
from careflow.estimate.revisions.diff_result import Diff
from careflow.estimate.survival.cumulative_incidence import CumulativeIncidence, cumulative_incidence
from careflow.estimate.survival.group_tests import gray_test, logrank_test
from careflow.estimate.survival.length_of_stay import length_of_stay
from careflow.estimate.survival.stay_comparison import StayComparison
from careflow.estimate.survival.stay_result import LengthOfStay
from careflow.estimate.survival.test_result import GroupTest
from careflow.estimate.utilization.census import Census, census
from careflow.estimate.utilization.flow import Flow, flow
from careflow.estimate.utilization.in_care import InCare, in_care
from careflow.estimate.utilization.persons_served import PersonsServed, persons_served
from careflow.estimate.utilization.readmissions import bounce_back, readmissions
from careflow.estimate.utilization.retention import Retention, retention
from careflow.estimate.utilization.returns import Returns

__all__ = [
    "Bounds",
    "Census",
    "Chain",
    "Comparison",
    "Conformance",
    "CumulativeIncidence",
    "Decomposition",
    "Diff",
    "ExpectedDays",
    "Flow",
    "GroupTest",
    "InCare",
    "LengthOfStay",
    "MarkovTest",
    "Measured",
    "ObservedExpected",
    "Occupation",
    "Pathways",
    "PersonsServed",
    "Projection",
    "Provenance",
    "Rates",
    "Result",
    "Retention",
    "Returns",
    "Standardized",
    "StayComparison",
    "WhatIf",
    "bounce_back",
    "census",
    "chain",
    "conformance",
    "cumulative_incidence",
    "diff",
    "expected_days",
    "flow",
    "gray_test",
    "in_care",
    "length_of_stay",
    "load",
    "logrank_test",
    "markov_test",
    "measure",
    "occupation",
    "pathways",
    "persons_served",
    "project",
    "readmissions",
    "retention",
    "transition_rates",
]
