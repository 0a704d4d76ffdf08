"""Drawing programmes: who is surveyed where, how many answer, and the programmes' own effects.

Programmes are independent of each other and alike in law; sizes, weighting, waves and suppliers
are independent of everything that shapes scores and behaviour. So a programme is a primary
sampling unit of the superpopulation, and a large programme is no better or worse than a small one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers
from advocacy.simulation.truth import DEFAULT_TRUTH, Truth, parts, programme_shares

SMALLEST = 60  # ratings in the smallest programme, where the study is large enough
_RESPONSES_A_PROGRAMME, _FEWEST, _MOST = 1200, 12, 420
_SCALES = np.array([(1, 5), (1, 7), (0, 10)])


@dataclass(frozen=True)
class Programmes:
    """Programmes as drawn: P of them, C countries.

    Parameters
    ----------
    truth
        What they were drawn from.
    number
        Running number from 1, shape (P,); names and identifiers derive from it.
    supplier
        Running number of the supplier, shape (P,).
    sector, industry
        Codes as positions in `truth.sectors` and `truth.industries`, shape (P,).
    ratings
        Number of ratings, shape (P,).
    population
        Share of each country in the programme's customers, shape (P, C), rows sum to 1.
    sample
        Probability that a sampled account is from the country, shape (P, C); differs from
        `population` where countries were oversampled.
    weighted
        Whether the file carries weights that undo the oversampling, shape (P,).
    customers
        Number of customers, which sets the scale of weights, shape (P,).
    waves
        Number of yearly waves, the last in 2025, shape (P,).
    fieldwork
        Day of the year on which interviews start, shape (P,).
    account_size
        Mean number of persons of an account, shape (P,); 1 in B2C, which has no accounts.
    scale
        Lowest and highest answer of the driver questions, shape (P, 2).
    score_effect, behaviour_effect
        The programme's own parts of latent score and log odds, shape (P,).
    """

    truth: Truth
    number: Integers
    supplier: Integers
    sector: Integers
    industry: Integers
    ratings: Integers
    population: Floats
    sample: Floats
    weighted: npt.NDArray[np.bool_]
    customers: Floats
    waves: Integers
    fieldwork: Integers
    account_size: Floats
    scale: Integers
    score_effect: Floats
    behaviour_effect: Floats

    def __len__(self) -> int:
        """Return the number of programmes P."""
        return len(self.number)

    def take(self, index: Integers) -> Programmes:
        """Return the programmes at these positions."""
        arrays = [field.name for field in fields(self) if field.name != "truth"]
        return replace(self, **{name: getattr(self, name)[index] for name in arrays})

    def names(self) -> list[str]:
        """Return the name of each programme, which is also that of its source."""
        return [f"sim-{number:04d}" for number in self.number]

    def suppliers(self) -> list[str]:
        """Return the name of each programme's supplier."""
        return [f"Simulated supplier {number:04d}" for number in self.supplier]

    def centre(self, of: str) -> Floats:
        """Return the fixed part of each programme and country, shape (P, C).

        Parameters
        ----------
        of
            ``score`` for the mean latent score, ``behaviour`` for the log odds beside the curve.
        """
        truth = self.truth
        own = self.score_effect if of == "score" else self.behaviour_effect
        programme = (
            parts(truth.sectors, of)[self.sector] + parts(truth.industries, of)[self.industry]
        )
        return np.asarray((programme + own)[:, None] + parts(truth.countries, of))


def n_programmes(responses: int) -> int:
    """Return how many programmes a study of this many responses has."""
    return min(_MOST, max(_FEWEST, round(responses / _RESPONSES_A_PROGRAMME)))


def draw_programmes(
    n_programmes: int,
    n_responses: int,
    rng: np.random.Generator,
    truth: Truth = DEFAULT_TRUTH,
) -> Programmes:
    """Draw programmes whose ratings sum to exactly ``n_responses``.

    Parameters
    ----------
    n_programmes
        Number of programmes P.
    n_responses
        Ratings over all programmes, at least P.
    """
    size = n_programmes
    sector_shares, industry_shares = programme_shares(truth)
    sector = rng.choice(len(sector_shares), size, p=sector_shares)
    industry = pick(industry_shares[sector], rng)
    population = _draw_countries(size, rng, truth)
    weighted = rng.random(size) < 0.4
    ratings = _draw_sizes(size, n_responses, rng, truth)
    return Programmes(
        truth=truth,
        number=np.arange(1, size + 1),
        supplier=_draw_suppliers(industry, rng),
        sector=sector,
        industry=industry,
        ratings=ratings,
        population=population,
        sample=np.where(weighted[:, None], _oversampled(population), population),
        weighted=weighted,
        customers=np.rint(ratings * rng.lognormal(3.5, 0.8, size)),
        waves=rng.integers(2, 5, size),
        fieldwork=rng.integers(30, 300, size),
        account_size=np.where(
            sector == list(truth.sectors).index("B2B"), rng.uniform(2, 7, size), 1
        ),
        scale=_SCALES[rng.integers(len(_SCALES), size=size)],
        score_effect=rng.normal(0, truth.programme.score, size),
        behaviour_effect=rng.normal(0, truth.programme.behaviour, size),
    )


def _draw_countries(size: int, rng: np.random.Generator, truth: Truth) -> Floats:
    """Draw three to six countries a programme and their shares, shape (P, C).

    The main country has a fixed share and the others divide the rest by exchangeable draws,
    so that a country's expected share is known: `expectations.country_shares`.
    """
    n_countries, rows = len(truth.countries), np.arange(size)
    main = rng.choice(n_countries, size, p=[truth.main_countries[c] for c in truth.countries])
    order = rng.random((size, n_countries))
    order[rows, main] = -1  # so that the main country is always the first
    kept = order.argsort(axis=1).argsort(axis=1) < rng.integers(3, 7, size)[:, None]
    shares = np.where(kept, rng.gamma(3.0, size=(size, n_countries)), 0.0)
    shares[rows, main] = 0
    shares *= (1 - truth.main_share) / shares.sum(axis=1, keepdims=True)
    shares[rows, main] = truth.main_share
    return shares


def _oversampled(population: Floats) -> Floats:
    """Return sample shares that bring small countries closer to large ones."""
    raised = np.where(population > 0, population**0.4, 0.0)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _draw_sizes(size: int, n_responses: int, rng: np.random.Generator, truth: Truth) -> Integers:
    smallest = min(SMALLEST, n_responses // size)
    shares = rng.lognormal(0, truth.size_sd, size)
    cumulated = np.rint(shares.cumsum() / shares.sum() * (n_responses - size * smallest))
    return np.asarray(smallest + np.diff(cumulated, prepend=0).astype(np.int64))


def _draw_suppliers(industry: Integers, rng: np.random.Generator) -> Integers:
    """Give some programmes of an industry the same supplier, after they were drawn.

    Joining finished programmes keeps them independent, which one supplier effect would not.
    """
    order = industry.argsort(kind="stable")
    new = np.diff(industry[order], prepend=-1) != 0
    new |= rng.random(len(industry)) < 0.85
    supplier = np.empty(len(industry), dtype=np.int64)
    supplier[order] = new.cumsum()
    return supplier


def pick(shares: Floats, rng: np.random.Generator) -> Integers:
    """Draw one position from each row of probabilities.

    Parameters
    ----------
    shares
        Shape (rows, levels), rows sum to 1; a level with share 0 is never drawn.

    Returns
    -------
    Integers
        Shape (rows,).
    """
    cumulated = shares.cumsum(axis=1)
    cumulated /= cumulated[:, -1:]
    return np.asarray((rng.random(len(shares))[:, None] >= cumulated).sum(axis=1))
