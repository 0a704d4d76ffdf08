"""Corrected rates against exact integrals, limits worked by hand, and a known truth."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest

from advocacy.errors import DataError
from advocacy.robustness.misreport import Counted, melded, rogan_gladen, simulated, tipping_points
from advocacy.survey.intervals import beta_limits

APPARENT, SENSITIVITY, SPECIFICITY = Counted(12, 20), Counted(9, 10), Counted(9, 11)


Shape = tuple[int, int]


def gauss_legendre(n: int) -> list[tuple[Decimal, Decimal]]:
    """Return nodes in [-1, 1] and weights: numpy's, made exact to 50 digits by Newton's method."""
    found = []
    for start in np.polynomial.legendre.leggauss(n)[0]:
        x = Decimal(float(start))
        for _ in range(4):
            before, value = Decimal(1), x
            for k in range(2, n + 1):
                before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
            slope = n * (x * value - before) / (x * x - 1)
            x -= value / slope
        found.append((x, 2 / ((1 - x * x) * slope * slope)))
    return found


def exact(value: float, rate: Shape, false: Shape, true: Shape) -> float:
    """Return Pr(corrected rate <= value), computed in 60 digits.

    With whole counts the integrands are polynomials, of which the Gauss-Legendre rule is exact;
    Pr(Beta(a, b) <= x) is Pr(Binomial(a + b - 1, x) >= a).
    """
    getcontext().prec = 60
    at, nodes = Decimal(value), gauss_legendre(32)

    def density(x: Decimal, a: int, b: int) -> Decimal:
        return a * math.comb(a + b - 1, a) * x ** (a - 1) * (1 - x) ** (b - 1)

    def cdf(x: Decimal, a: int, b: int) -> Decimal:
        n = a + b - 1
        return sum(
            (math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1)), Decimal(0)
        )

    total = Decimal(0)
    for node, weight in nodes:
        t = (1 + node) / 2
        inner = sum(
            w * t / 2 * density(f, *false) * cdf((1 - at) * f + at * t, *rate)
            for f, w in ((t * (1 + x) / 2, w) for x, w in nodes)
        )
        total += weight / 2 * density(t, *true) * (inner + 1 - cdf(t, *false))
    return float(total)


def test_melded_limits_are_quantiles_of_the_exact_distributions() -> None:
    found = melded(APPARENT, SENSITIVITY, SPECIFICITY, conf_level=0.7)
    assert 0 < found.conf_low < found.conf_high < 1
    assert exact(found.conf_low, (12, 9), (3, 9), (10, 1)) == pytest.approx(0.15, abs=1e-12)
    assert exact(found.conf_high, (13, 8), (2, 10), (9, 2)) == pytest.approx(0.85, abs=1e-12)
    assert found.below == pytest.approx(exact(0, (12, 9), (3, 9), (10, 1)), abs=1e-12)
    assert found.estimate == pytest.approx((12 / 20 - 2 / 11) / (9 / 10 - 2 / 11))


def test_without_error_the_melded_limits_are_those_of_clopper_and_pearson() -> None:
    never_wrong = Counted(1e9, 1e9)
    found = melded(Counted(60, 100), never_wrong, never_wrong)
    low, high = beta_limits(np.array([0.6]), np.array([100.0]), 0.95)
    assert (found.conf_low, found.conf_high) == pytest.approx((low[0], high[0]), abs=1e-6)


def test_a_rate_below_the_false_positives_is_truncated_and_said() -> None:
    found = melded(Counted(5, 100), Counted(90, 100), Counted(80, 100))
    assert found.estimate == 0
    assert found.untruncated == pytest.approx(-0.15 / 0.7)
    assert found.conf_low == 0
    assert found.below > 0.99


def test_simulated_limits_are_close_to_the_melded_and_inside() -> None:
    parts = Counted(600, 1000), Counted(450, 500), Counted(400, 500)
    wide, narrow = melded(*parts), simulated(*parts, np.random.default_rng(1))
    assert wide.conf_low < narrow.conf_low < narrow.conf_high < wide.conf_high
    assert narrow.conf_low == pytest.approx(wide.conf_low, abs=0.01)


def test_where_the_statement_tips() -> None:
    # 0.6 corrected: Sp 1, Se 1: 0.6; Sp 0.7, Se 1: 0.3 / 0.7; Se 0.4, Sp 0.6: nothing.
    fails = tipping_points(0.6, np.array([1.0, 0.4]), np.array([1.0, 0.7, 0.6]))
    np.testing.assert_array_equal(fails, [[0, 1, 1], [0, 0, np.nan]])


def test_the_correction_by_hand() -> None:
    assert rogan_gladen(np.array(0.55), np.array(0.9), np.array(0.8)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "says"),
    [
        (Counted(0, 0), Counted(9, 10), "no positives"),
        (Counted(9, 10), Counted(0, 0), "no negatives"),
        (Counted(4, 10), Counted(6, 10), "at most 100 %"),
        (Counted(11, 10), Counted(6, 10), "11 of 10"),
    ],
)
def test_a_validation_that_cannot_correct_is_refused(
    sensitivity: Counted, specificity: Counted, says: str
) -> None:
    with pytest.raises(DataError, match=says) as raised:
        melded(APPARENT, sensitivity, specificity)
    assert raised.value.remedy


@pytest.mark.slow
@pytest.mark.parametrize("validated", [200, 2000])
def test_melded_intervals_cover_the_truth(validated: int) -> None:
    rng = np.random.default_rng(18)
    truth, se, sp, n, runs = 0.5, 0.9, 0.85, 1000, 1000
    covered = 0
    for _ in range(runs):
        did = rng.binomial(validated, truth)
        found = melded(
            Counted(rng.binomial(n, truth * se + (1 - truth) * (1 - sp)), n),
            Counted(rng.binomial(did, se), did),
            Counted(rng.binomial(validated - did, sp), validated - did),
        )
        covered += found.conf_low <= truth <= found.conf_high
    assert 0.93 <= covered / runs <= 0.99
