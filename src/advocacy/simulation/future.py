"""What comes after the interview: two waiting times, waves, and who still answers at them.

A rating with score s, and log odds b beside the curve (`truth`), has

* a time to the first recommendation after the interview, exponential with a yearly rate of
  ``exp(recommending[s] + carried * b)``;
* a time to churn, exponential with a yearly rate of ``churning[s] * sector``.

Given s, b and sector the two are independent of each other and of the answer on the year before.
So that answer and the later recommendation go together through s and b alone, and every incidence
is exact: a closed form given b, and one Gauss–Hermite integral over it (`incidence_law`).

Times are in calendar months, and so are dates: an event is within k months of the interview if
and only if its time is at most k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from advocacy.arrays import Floats, Integers
from advocacy.simulation.truth import NODE_WEIGHTS, NODES

Bools = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]

_YEAR = 12.0
_NEVER = 600.0  # months after which nothing is told apart


class Wave(NamedTuple):
    """A follow-up interview, some days around the end of a calendar month after the first."""

    months: int
    earliest: int
    latest: int


# At 12 months nobody is asked too early, so that there are complete cases.
WAVES = (Wave(3, -7, 14), Wave(6, -7, 14), Wave(12, 0, 28))


@dataclass(frozen=True)
class Future:
    """Parameters of what follows an interview.

    Parameters
    ----------
    recommending
        Log of the yearly rate of the first recommendation at each score 0 to 10.
    carried
        How much of the log odds beside the curve is carried into that log rate: how far those
        who had recommended go on to do so, at the same score.
    churning
        Yearly rate of churn at each score 0 to 10.
    sectors
        Factor of the rate of churn by code of the sector.
    asked
        Log of the factor by which being asked raises the rate of recommending. Truths are of
        customers as they are, unasked.
    recorded
        Probability that a first recommendation is found in the records.
    """

    recommending: tuple[float, ...]
    carried: float
    churning: tuple[float, ...]
    sectors: Mapping[str, float]
    asked: float = 0.0
    recorded: float = 0.6


@dataclass(frozen=True)
class Attrition:
    """Log odds of answering a wave, of those who answered all before; who misses one is lost.

    Parameters
    ----------
    staying
        At each wave, for score 8 and neither of what follows.
    score
        Added a point of the score.
    past
        Added where they had recommended in the year before the interview.
    since
        Added where they said at an earlier wave that they had recommended since.
    unseen
        Added where they have recommended since the wave before, which no file shows: what no
        weighting can allow for.
    """

    staying: tuple[float, ...] = (1.8, 2.1, 1.5)
    score: float = 0.05
    past: float = 0.7
    since: float = 0.4
    unseen: float = 0.0


# fmt: off
DEFAULT_FUTURE = Future(
    recommending=(-3.2, -3.1, -3.0, -2.9, -2.75, -2.5, -2.3, -1.85, -1.45, -1.08, -0.70),
    carried=0.6,
    churning=(0.19, 0.185, 0.18, 0.17, 0.16, 0.15, 0.14, 0.11, 0.09, 0.07, 0.06),
    sectors={"B2B": 0.85, "B2C": 1.15},
)
# fmt: on
DEFAULT_ATTRITION = Attrition()


@dataclass(frozen=True)
class FollowUps:
    """Waves of n ratings: what was asked when, and what had happened by then.

    Parameters
    ----------
    recommended, churned
        Dates of the first recommendation and of churn, shape (n,); long after where they are not
        to be expected.
    asked
        Date of each wave's interview, shape (n, waves).
    answered
        Whether it was held, shape (n, waves); nothing after the first that was not.
    chance
        Probability that it was held, given score, past and first recommendation, shape (n, waves).
    """

    recommended: Dates
    churned: Dates
    asked: Dates
    answered: Bools
    chance: Floats

    def last(self) -> np.ma.MaskedArray[tuple[int], np.dtype[np.datetime64]]:
        """Return the date of the last interview that was held, shape (n,)."""
        held = self.answered.sum(axis=1)
        rows = np.arange(len(held))
        return np.ma.masked_array(self.asked[rows, held - 1], held == 0)


@dataclass(frozen=True)
class Latent:
    """What shapes the future of n ratings.

    Parameters
    ----------
    score
        The score as it is, missing or not, shape (n,).
    behaviour
        Log odds beside the curve, shape (n,).
    past
        Whether they had recommended in the year before, shape (n,).
    sector
        Code of the sector, shape (n,).
    """

    score: Integers
    behaviour: Floats
    past: Bools
    sector: npt.NDArray[np.str_]

    def take(self, rows: Integers) -> Latent:
        """Return that of the ratings at these positions."""
        return Latent(*(getattr(self, part.name)[rows] for part in fields(self)))


def incidence_law(
    future: Future, logit: Floats, sd: Floats, churn: Floats, months: float
) -> Floats:
    """Return the probability of recommending within some months, and before churn, at each score.

    With λ the rate of recommending given the log odds and μ that of churn it is
    ``∫ λ / (λ + μ) · (1 − exp(−(λ + μ) t)) φ(x) dx``, ``log λ = recommending[s] + carried ·
    (logit + sd x)``.

    Parameters
    ----------
    logit, sd
        Mean and standard deviation of the log odds beside the curve, shape (cells,).
    churn
        Factor of the rate of churn, shape (cells,); 0 for κ_any, in which churn ends nothing.
    months
        Months after the interview.

    Returns
    -------
    Floats
        Shape (cells, 11), probabilities.
    """
    return _given(future, logit, sd, churn, months) @ NODE_WEIGHTS


def incidence_by_answer(
    future: Future,
    curve: tuple[float, ...],
    logit: Floats,
    sd: Floats,
    churn: Floats,
    months: float,
) -> tuple[Floats, Floats]:
    """Return `incidence_law` of those who had not recommended in the year before, and who had.

    Parameters
    ----------
    curve
        Log odds of having recommended at each score 0 to 10.

    Returns
    -------
    tuple of Floats
        Each of shape (cells, 11).
    """
    centre = logit[:, None] + np.array(curve)
    had = expit(centre[:, :, None] + sd[:, None, None] * NODES)
    given = _given(future, logit, sd, churn, months)
    answers = (1.0 - had, had)
    no, yes = ((given * y) @ NODE_WEIGHTS / (y @ NODE_WEIGHTS) for y in answers)
    return no, yes


def _given(future: Future, logit: Floats, sd: Floats, churn: Floats, months: float) -> Floats:
    """Return the incidence at each score and node of the integral, shape (cells, 11, nodes)."""
    beside = logit[:, None] + sd[:, None] * NODES
    log_rate = np.array(future.recommending)[:, None] + future.carried * beside[:, None, :]
    rate = np.exp(log_rate)
    both = rate + (churn[:, None] * np.array(future.churning))[:, :, None]
    return np.asarray(rate / both * -np.expm1(-both * (months / _YEAR)))


def draw_follow_ups(
    future: Future,
    attrition: Attrition | None,
    latent: Latent,
    interviewed: Dates,
    rng: np.random.Generator,
    waves: tuple[Wave, ...] = WAVES,
) -> FollowUps:
    """Draw what comes after the interviews.

    Parameters
    ----------
    attrition
        Who is lost; ``None`` where all answer all waves.
    interviewed
        Days of the interviews, shape (n,).
    """
    n = len(interviewed)
    rate = future.asked + future.carried * latent.behaviour
    rate = np.exp(rate + np.array(future.recommending)[latent.score])
    factor = np.array([future.sectors[code] for code in latent.sector])
    churn = factor * np.array(future.churning)[latent.score]
    recommended = _dates_after(interviewed, _waiting(rate, rng))
    churned = _dates_after(interviewed, _waiting(churn, rng))
    asked = np.stack(
        [
            anniversaries(interviewed, np.full(n, wave.months))
            + rng.integers(wave.earliest, wave.latest + 1, n)
            for wave in waves
        ],
        axis=1,
    )
    stays = np.ones(asked.shape)
    if attrition:
        stays = _staying(attrition, latent, recommended[:, None] <= asked)
    answered = np.logical_and.accumulate(rng.random(asked.shape) < stays, axis=1)
    return FollowUps(recommended, churned, asked, answered, stays.cumprod(axis=1))


def _waiting(rate: Floats, rng: np.random.Generator) -> Floats:
    """Return exponential times in months, from yearly rates; a rate of 0 waits for ever."""
    time = rng.standard_exponential(len(rate)) * _YEAR
    months = np.full(len(rate), _NEVER)
    np.divide(time, rate, out=months, where=rate > 0)
    return np.asarray(np.minimum(months, _NEVER))


def _staying(attrition: Attrition, latent: Latent, yes: Bools) -> Floats:
    """Return the probability of answering each wave after all before, shape (n, waves).

    `yes` says who had recommended by then, shape (n, waves).
    """
    before = np.zeros_like(yes)
    before[:, 1:] = yes[:, :-1]
    base = attrition.score * (latent.score - 8) + attrition.past * latent.past
    logit = np.array(attrition.staying) + base[:, None]
    logit += attrition.since * before + attrition.unseen * (yes & ~before)
    return np.asarray(expit(logit))


def _dates_after(day: Dates, months: Floats) -> Dates:
    """Return the days on which times in months end, so that months of any length keep them."""
    whole = np.floor(months).astype(np.int64)
    start = anniversaries(day, whole)
    length = (anniversaries(day, whole + 1) - start).astype(np.int64)
    return np.asarray(start + np.ceil((months - whole) * length).astype(np.int64))


def anniversaries(day: Dates, months: Integers) -> Dates:
    """Return the same day some calendar months later, or that month's last where it has none."""
    first = day.astype("datetime64[M]")
    target = first + months
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(int)
    of_month = (day - first.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(target.astype("datetime64[D]") + np.minimum(of_month, length - 1))
