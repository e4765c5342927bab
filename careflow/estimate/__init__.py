"""Estimates: counts in, tidy frames out."""

from careflow.estimate.rates import Rates, transition_rates
from careflow.estimate.result import Provenance, Result
from careflow.estimate.stays import LengthOfStay, length_of_stay

__all__ = ["LengthOfStay", "Provenance", "Rates", "Result", "length_of_stay", "transition_rates"]
