"""The truth that simulated programmes follow: parameters and the two laws that they imply.

A rating of programme p (of one sector and one industry) by a person in country c has

* a latent likelihood to recommend
  ``z = sector + industry + country + programme + account + person + residual``, of which the
  score is the number of thresholds below it;
* a behaviour with ``logit P(Y = 1 | S = s) = curve[s] + sector + industry + country +
  programme + account + person``.

Programme, account and person parts are independent normal draws, and those of the score are
independent of those of the behaviour. Hence S and Y depend on each other through
``curve`` alone within a programme and country, and every expectation is exact: a normal
distribution function for the score, one Gauss–Hermite integral for the behaviour.
There are no supplier and no wave effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from advocacy.arrays import Floats

# The logistic-normal integral is exact to 1e-12 at the spreads used here.
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(64)
NODE_WEIGHTS = NODE_WEIGHTS / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Effect:
    """What one unit adds to the score (latent points) and to the behaviour (log odds)."""

    score: float
    behaviour: float


@dataclass(frozen=True)
class Truth:
    """Parameters of the population that programmes, accounts and persons are drawn from.

    Parameters
    ----------
    thresholds
        Ten latent cut points between the scores 0 to 10, increasing.
    curve
        Log odds of having recommended at each score 0 to 10.
    sectors, industries, countries
        Fixed effects by code; the order of the keys is the order of codes everywhere.
    programme, account, person
        Standard deviations of the random effects. Only B2B has accounts.
    residual
        Standard deviation of the latent score between two ratings of one person.
    sector_shares
        Probability that a programme is of the sector.
    industry_shares
        Probability of the industry given the sector.
    main_countries
        Probability that a country is the programme's main one.
    main_share
        Share of the main country in a programme's customers.
    size_sd
        Standard deviation of the log size of programmes, beyond the smallest size.
    """

    thresholds: tuple[float, ...]
    curve: tuple[float, ...]
    sectors: Mapping[str, Effect]
    industries: Mapping[str, Effect]
    countries: Mapping[str, Effect]
    programme: Effect
    account: Effect
    person: Effect
    residual: float
    sector_shares: Mapping[str, float]
    industry_shares: Mapping[str, Mapping[str, float]]
    main_countries: Mapping[str, float]
    main_share: float
    size_sd: float


# fmt: off
DEFAULT_TRUTH = Truth(
    thresholds=(-2.16, -1.97, -1.78, -1.59, -1.41, -1.05, -0.81, -0.43, 0.11, 0.64),
    curve=(-3.9, -3.8, -3.7, -3.5, -3.3, -2.9, -2.5, -1.7, -1.15, -0.6, 0.06),
    sectors={"B2B": Effect(-0.08, 0.17), "B2C": Effect(0.08, -0.17)},
    industries={
        "C": Effect(0.00, 0.10), "D": Effect(-0.25, -0.30), "F": Effect(-0.05, 0.15),
        "G": Effect(0.10, 0.00), "H": Effect(-0.10, -0.15), "I": Effect(0.20, 0.30),
        "K": Effect(-0.15, -0.10), "L": Effect(-0.10, -0.20), "M": Effect(0.05, 0.00),
        "N": Effect(0.15, 0.25), "O": Effect(0.00, -0.15), "R": Effect(0.15, 0.10),
    },
    countries={
        "NO": Effect(0.05, 0.00), "SE": Effect(-0.10, -0.10), "DK": Effect(0.05, 0.05),
        "FI": Effect(-0.15, -0.20), "DE": Effect(-0.05, 0.10), "NL": Effect(-0.10, -0.05),
        "GB": Effect(0.10, 0.10), "PL": Effect(0.15, 0.20), "FR": Effect(0.05, -0.10),
    },
    programme=Effect(0.25, 0.35),
    account=Effect(0.35, 0.40),
    person=Effect(0.50, 0.70),
    residual=0.80,
    sector_shares={"B2B": 0.5, "B2C": 0.5},
    industry_shares={
        "B2B": {"C": 0.12, "D": 0.07, "F": 0.08, "G": 0.11, "H": 0.10, "I": 0.05,
                "K": 0.12, "L": 0.10, "M": 0.06, "N": 0.09, "O": 0.06, "R": 0.04},
        "B2C": {"C": 0.05, "D": 0.10, "F": 0.05, "G": 0.14, "H": 0.10, "I": 0.09,
                "K": 0.12, "L": 0.13, "M": 0.06, "N": 0.04, "O": 0.05, "R": 0.07},
    },
    main_countries={"NO": 0.28, "SE": 0.16, "DK": 0.13, "FI": 0.10, "DE": 0.09,
                    "NL": 0.07, "GB": 0.07, "PL": 0.05, "FR": 0.05},
    main_share=0.4,
    size_sd=1.0,
)
# fmt: on


def parts(effects: Mapping[str, Effect], of: str) -> Floats:
    """Return one part of the effects, ``score`` or ``behaviour``, in the order of their codes."""
    return np.array([getattr(effect, of) for effect in effects.values()])


def programme_shares(truth: Truth) -> tuple[Floats, Floats]:
    """Return P(sector), shape (sectors,), and P(industry | sector), shape (sectors, industries)."""
    sectors = np.array([truth.sector_shares[sector] for sector in truth.sectors])
    industries = np.array(
        [[truth.industry_shares[s][i] for i in truth.industries] for s in truth.sectors]
    )
    return sectors, industries


def spread(truth: Truth, of: str, *, programme: bool) -> Floats:
    """Return the standard deviation of all random parts of one side, for each sector.

    Parameters
    ----------
    of
        ``score`` (the residual counts) or ``behaviour`` (the Bernoulli draw does not).
    programme
        Whether programmes are redrawn too, or held as they are.

    Returns
    -------
    Floats
        Shape (sectors,).
    """
    between = getattr(truth.programme, of) ** 2 if programme else 0.0
    residual = truth.residual**2 if of == "score" else 0.0
    account = np.array(
        [getattr(truth.account, of) if code == "B2B" else 0 for code in truth.sectors]
    )
    variance = between + account**2 + getattr(truth.person, of) ** 2 + residual
    return np.asarray(np.sqrt(variance), dtype=np.float64)


def score_law(truth: Truth, mean: Floats, sd: Floats) -> Floats:
    """Return P(S = s) for s = 0 to 10: differences of Φ((threshold − mean) / sd).

    Parameters
    ----------
    mean, sd
        Mean and standard deviation of the latent score, shape (cells,).

    Returns
    -------
    Floats
        Shape (cells, 11); rows sum to 1.
    """
    below = ndtr((np.array(truth.thresholds) - mean[:, None]) / sd[:, None])
    return np.asarray(np.diff(below, axis=1, prepend=0.0, append=1.0))


def behaviour_law(truth: Truth, logit: Floats, sd: Floats) -> Floats:
    """Return P(Y = 1 | S = s) for s = 0 to 10: ∫ expit(curve[s] + logit + sd·x) φ(x) dx.

    Parameters
    ----------
    logit, sd
        Mean and standard deviation of the log odds beside the curve, shape (cells,).

    Returns
    -------
    Floats
        Shape (cells, 11), probabilities.
    """
    centre = logit[:, None] + np.array(truth.curve)
    return np.asarray(expit(centre[:, :, None] + sd[:, None, None] * NODES) @ NODE_WEIGHTS)
