r"""A rate corrected for misreports, given sensitivity and specificity of the self-report.

With an apparent rate :math:`p`, sensitivity :math:`Se` and specificity :math:`Sp` the true rate
is :math:`(p + Sp - 1) / (Se + Sp - 1)` (Rogan and Gladen 1978,
https://doi.org/10.1093/oxfordjournals.aje.a112510), within [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import betainc, betaincc, betaincinv, ndtr

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError

# Nodes and weights of Gauss and Hermite's rule for a standard normal variable.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(32)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class Counted:
    """A proportion and the number that it rests on.

    Parameters
    ----------
    hits
        Number with the property, weighted to an effective size where the design asks for it.
    n
        Effective number of cases; need not be whole.
    """

    hits: float
    n: float

    @property
    def rate(self) -> float:
        """Return the proportion, between 0 and 1."""
        return self.hits / self.n


@dataclass(frozen=True)
class Corrected:
    """A corrected rate, a proportion between 0 and 1.

    Parameters
    ----------
    estimate
        The corrected rate, truncated to [0, 1].
    untruncated
        The same before it was truncated.
    conf_low, conf_high
        Limits of the interval.
    below, above
        Share of the distribution that was truncated to 0, and to 1. Of the melded interval these
        are the shares of the distributions behind the lower and the upper limit.
    """

    estimate: float
    untruncated: float
    conf_low: float
    conf_high: float
    below: float
    above: float


def rogan_gladen(rate: Floats, sensitivity: Floats, specificity: Floats) -> Floats:
    """Return the true rates, not truncated; NaN where Se + Sp is at most 1. Arrays broadcast."""
    gain = np.asarray(sensitivity + specificity - 1, np.float64)
    found: Floats = np.divide(
        rate + specificity - 1, gain, out=np.full(np.shape(rate + gain), np.nan), where=gain > 0
    )
    return found


def melded(
    apparent: Counted, sensitivity: Counted, specificity: Counted, conf_level: float = 0.95
) -> Corrected:
    r"""Return the corrected rate with its melded interval.

    Each limit is a quantile of the corrected rate when the rate, :math:`1 - Sp` and :math:`Se`
    follow the Clopper-Pearson confidence distributions that push it that way. The integrals are
    computed by Gauss and Hermite's rule, not simulated. The probability that Se + Sp is at most 1
    under these distributions counts as part of the tail.

    Parameters
    ----------
    apparent
        The reported rate with its effective number, as the Korn-Graubard interval uses it.
    sensitivity
        Who reported it, of those who did it.
    specificity
        Who reported not to have done it, of those who did not.
    conf_level
        Confidence level, between 0 and 1.

    Raises
    ------
    DataError
        Without positives or negatives in the validation, or where Se + Sp is at most 1.

    Notes
    -----
    Bayer, Fay and Graubard (2023), Statistics in Medicine, https://doi.org/10.48550/arXiv.2205.13494.
    R equivalent: ``asht::WprevSeSp``, which simulates the same distributions.
    """
    raw = _checked(apparent, sensitivity, specificity, conf_level)
    tail = (1 - conf_level) / 2
    lower, upper = _distributions(apparent, sensitivity, specificity)
    return Corrected(
        estimate=min(max(raw, 0.0), 1.0),
        untruncated=raw,
        conf_low=lower.lower(tail),
        conf_high=upper.upper(tail),
        below=lower.at_most(0.0),
        above=1 - upper.at_most(1.0),
    )


def melded_tails(
    value: float, apparent: Counted, sensitivity: Counted, specificity: Counted
) -> tuple[float, float]:
    """Return how likely at most, and at least, a rate is under the distributions of `melded`.

    Its interval holds the rate where neither is below half of one less the level.
    """
    lower, upper = _distributions(apparent, sensitivity, specificity)
    return (
        lower.at_most(value) + lower.nothing(),
        1 - upper.at_most(value) + upper.nothing(),
    )


def simulated(
    apparent: Counted,
    sensitivity: Counted,
    specificity: Counted,
    rng: np.random.Generator,
    conf_level: float = 0.95,
    draws: int = 100_000,
) -> Corrected:
    """Return the corrected rate with quantiles of draws from Beta posteriors under Jeffreys' prior.

    Draws with Se + Sp at most 1, in which the report says nothing, are set aside. Arguments and
    errors are those of `melded`; ``rng`` draws ``draws`` values of each of the three.
    """
    raw = _checked(apparent, sensitivity, specificity, conf_level)
    rate, se, sp = (
        rng.beta(part.hits + 0.5, part.n - part.hits + 0.5, draws)
        for part in (apparent, sensitivity, specificity)
    )
    found = rogan_gladen(rate, se, sp)
    found = found[~np.isnan(found)]
    tail = (1 - conf_level) / 2
    low, high = np.quantile(np.clip(found, 0, 1), [tail, 1 - tail])
    return Corrected(
        estimate=min(max(raw, 0.0), 1.0),
        untruncated=raw,
        conf_low=float(low),
        conf_high=float(high),
        below=float(np.mean(found < 0)),
        above=float(np.mean(found > 1)),
    )


def _checked(apparent: Counted, se: Counted, sp: Counted, conf_level: float) -> float:
    if not 0 < conf_level < 1:
        raise UsageError(
            f"A confidence level of {conf_level} is not between 0 and 1.",
            remedy="Give it as a proportion, such as 0.95.",
        )
    _refuse_empty(se, "positives", "did")
    _refuse_empty(sp, "negatives", "did not")
    for name, part in (("rate", apparent), ("sensitivity", se), ("specificity", sp)):
        if not (part.n > 0 and 0 <= part.hits <= part.n):
            raise DataError(
                f"The {name} counts {part.hits:g} of {part.n:g}.",
                remedy="Give a number of cases above 0, and at most as many with the property.",
            )
    if se.rate + sp.rate <= 1:
        raise DataError(
            f"Sensitivity {se.rate:.1%} and specificity {sp.rate:.1%} add up to at most 100 %: "
            "the self-report says nothing about the behaviour, and no rate can be corrected by it.",
            remedy="Check that the record and the self-report are coded the same way round; "
            "if they are, use a better record.",
        )
    return (apparent.rate + sp.rate - 1) / (se.rate + sp.rate - 1)


def _refuse_empty(part: Counted, name: str, did: str) -> None:
    if part.n == 0:
        raise DataError(
            f"The validation subsample has no {name}: nobody who by the record {did} recommend.",
            remedy=f"Look up the records of more respondents until some {did}, or state a range.",
        )


@dataclass(frozen=True)
class _Beta:
    """A beta distribution; all at 0 where a is 0, all at 1 where b is 0."""

    a: float
    b: float

    @property
    def fixed(self) -> bool:
        return self.a <= 0 or self.b <= 0

    @property
    def spread(self) -> float:
        """Return its standard deviation."""
        s = self.a + self.b
        return 0.0 if self.fixed else float(np.sqrt(self.a * self.b / (s * s * (s + 1))))

    def at_most(self, x: Floats) -> Floats:
        if self.fixed:
            return np.where(x >= (0.0 if self.a <= 0 else 1.0), 1.0, 0.0)
        found: Floats = np.asarray(betainc(self.a, self.b, np.clip(x, 0, 1)))
        return found

    def at_least(self, x: Floats) -> Floats:
        if self.fixed:
            return np.where(x <= (0.0 if self.a <= 0 else 1.0), 1.0, 0.0)
        found: Floats = np.asarray(betaincc(self.a, self.b, np.clip(x, 0, 1)))
        return found

    @cached_property
    def points(self) -> tuple[Floats, Floats]:
        """Return points of the distribution and their weights: its quantiles at normal ones."""
        if self.fixed:
            return np.array([0.0 if self.a <= 0 else 1.0]), np.ones(1)
        low = betaincinv(self.a, self.b, ndtr(np.minimum(_NODES, 0)))
        high = 1 - betaincinv(self.b, self.a, ndtr(-np.maximum(_NODES, 0)))
        return np.where(_NODES < 0, low, high), _WEIGHTS


def _below(part: Counted) -> _Beta:
    return _Beta(part.hits, part.n - part.hits + 1)


def _above(part: Counted) -> _Beta:
    return _Beta(part.hits + 1, part.n - part.hits)


@dataclass(frozen=True)
class _Melded:
    """The corrected rate where the rate, 1 - Sp and Se follow three beta distributions."""

    rate: _Beta
    false: _Beta
    true: _Beta

    def at_most(self, value: float) -> float:
        """Return the probability of a corrected rate of at most a value in [0, 1].

        It is that the rate is at most a mean of 1 - Sp and Se. The widest of the three is had
        from its distribution function, so that what is integrated over the others is smooth.
        """
        f, t = (1 - value) * self.false.spread, value * self.true.spread
        if self.rate.spread >= max(f, t):
            (false, of_false), (true, of_true) = self.false.points, self.true.points
            mean = (1 - value) * false[:, None] + value * true
            return float(of_false @ self.rate.at_most(mean) @ of_true)
        (rate, of_rate) = self.rate.points
        if f >= t:
            (true, of_true) = self.true.points
            least = (rate[:, None] - value * true) / (1 - value)
            return float(of_rate @ _beyond(self.false, least) @ of_true)
        (false, of_false) = self.false.points
        least = (rate[:, None] - (1 - value) * false) / value
        return float(of_rate @ _beyond(self.true, least) @ of_false)

    def nothing(self) -> float:
        """Return the probability that Se + Sp is at most 1, so that the report says nothing."""
        false, weights = self.false.points
        return float(weights @ self.true.at_most(false))

    def lower(self, tail: float) -> float:
        """Return the quantile of a tail; where the report may say nothing, it may be 0."""
        return self._quantile(tail - self.nothing())

    def upper(self, tail: float) -> float:
        """Return the quantile that leaves a tail; where the report may say nothing, it may be 1."""
        return self._quantile(1 - tail + self.nothing())

    def _quantile(self, level: float) -> float:
        if self.at_most(0.0) >= level:
            return 0.0
        if self.at_most(1.0) <= level:
            return 1.0
        # Here, as it takes long to load, and most rates are corrected by nobody's records.
        from scipy.optimize import brentq

        return float(brentq(lambda value: self.at_most(value) - level, 0.0, 1.0, xtol=1e-10))


def _beyond(one: _Beta, least: Floats) -> Floats:
    """Return the probability of at least a value, which may lie outside [0, 1]."""
    return np.where(least > 1, 0.0, np.where(least < 0, 1.0, one.at_least(least)))


def _distributions(
    apparent: Counted, sensitivity: Counted, specificity: Counted
) -> tuple[_Melded, _Melded]:
    """Return the corrected rate where all three push it down, and where all push it up."""
    false = Counted(specificity.n - specificity.hits, specificity.n)
    return (
        _Melded(_below(apparent), _above(false), _above(sensitivity)),
        _Melded(_above(apparent), _below(false), _below(sensitivity)),
    )
