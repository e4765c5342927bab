"""Estimates: counts in, tidy frames out."""

from careflow.estimate.between import gray_test, logrank_test
from careflow.estimate.census import Census, census
from careflow.estimate.chain import Chain, chain
from careflow.estimate.cif import CumulativeIncidence, cumulative_incidence
from careflow.estimate.compare import Comparison
from careflow.estimate.group_test import GroupTest
from careflow.estimate.markov import MarkovTest, markov_test
from careflow.estimate.occupation import ExpectedDays, Occupation, expected_days, occupation
from careflow.estimate.paths import Pathways, pathways
from careflow.estimate.rate_result import Rates
from careflow.estimate.rates import transition_rates
from careflow.estimate.result import Provenance, Result
from careflow.estimate.returns import Returns, bounce_back, readmissions
from careflow.estimate.served import PersonsServed, persons_served
from careflow.estimate.stays import LengthOfStay, length_of_stay

__all__ = [
    "Census",
    "Chain",
    "Comparison",
    "CumulativeIncidence",
    "ExpectedDays",
    "GroupTest",
    "LengthOfStay",
    "MarkovTest",
    "Occupation",
    "Pathways",
    "PersonsServed",
    "Provenance",
    "Rates",
    "Result",
    "Returns",
    "bounce_back",
    "census",
    "chain",
    "cumulative_incidence",
    "expected_days",
    "gray_test",
    "length_of_stay",
    "logrank_test",
    "markov_test",
    "occupation",
    "pathways",
    "persons_served",
    "readmissions",
    "transition_rates",
]
