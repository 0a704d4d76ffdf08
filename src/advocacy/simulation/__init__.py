"""Programmes with a known truth, written as the files that clients would send.

Nothing made here is a finding; it exists so that estimators can be checked against a truth.
"""

from advocacy.simulation.expectations import superpopulation_rates, true_rates, truth_table
from advocacy.simulation.population import simulate_responses
from advocacy.simulation.programmes import Programmes, draw_programmes, n_programmes
from advocacy.simulation.truth import DEFAULT_TRUTH, Effect, Truth

__all__ = [
    "DEFAULT_TRUTH",
    "Effect",
    "Programmes",
    "Truth",
    "draw_programmes",
    "n_programmes",
    "simulate_responses",
    "superpopulation_rates",
    "true_rates",
    "truth_table",
]
