"""Programmes with a known truth, written as the files that clients would send.

Nothing made here is a finding; it exists so that estimators can be checked against a truth.
"""

from advocacy.simulation.cohort import CohortDesign, cohort_rates, simulate_cohort
from advocacy.simulation.expectations import superpopulation_rates, true_rates, truth_table
from advocacy.simulation.future import DEFAULT_FUTURE, Attrition, Future
from advocacy.simulation.population import simulate_responses
from advocacy.simulation.programmes import Programmes, draw_programmes, n_programmes
from advocacy.simulation.truth import DEFAULT_TRUTH, Effect, Truth

__all__ = [
    "DEFAULT_FUTURE",
    "DEFAULT_TRUTH",
    "Attrition",
    "CohortDesign",
    "Effect",
    "Future",
    "Programmes",
    "Truth",
    "cohort_rates",
    "draw_programmes",
    "n_programmes",
    "simulate_cohort",
    "simulate_responses",
    "superpopulation_rates",
    "true_rates",
    "truth_table",
]
