"""Gradients against matrices that hold every derivative."""

from __future__ import annotations

import numpy as np
import pytest

from advocacy.arrays import Floats
from advocacy.survey.gradient import Gradient

# Three quantities over four domains; the second rests on no domain.
X = np.array([[1.0, 0, 2, 0], [0, 0, 0, 0], [0, 3, 4, 5]])
Z = np.array([[-1.0, 0, 0, 6], [0, 0, 0, 0], [0, -2, -4, 0]])


@pytest.fixture
def gradient() -> Gradient:
    quantity, domain = np.nonzero((X != 0) | (Z != 0))
    return Gradient(quantity, domain, X[quantity, domain], Z[quantity, domain], len(X))


def dense(gradient: Gradient) -> tuple[Floats, Floats]:
    x, z = np.zeros((2, gradient.size, X.shape[1]))
    x[gradient.quantity, gradient.domain] = gradient.x
    z[gradient.quantity, gradient.domain] = gradient.z
    return x, z


def test_some_quantities_in_another_order_and_one_twice(gradient: Gradient) -> None:
    rows = np.array([2, 1, 0, 2])
    x, z = dense(gradient.take(rows))
    np.testing.assert_array_equal(x, X[rows])
    np.testing.assert_array_equal(z, Z[rows])


def test_functions_have_the_product_of_the_derivatives(gradient: Gradient) -> None:
    jacobian = np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 0.0]])
    chained = gradient.chained(jacobian)
    pairs = set(zip(chained.quantity.tolist(), chained.domain.tolist(), strict=True))
    assert len(pairs) == len(chained.quantity)
    x, z = dense(chained)
    np.testing.assert_allclose(x, jacobian @ X, rtol=1e-15)
    np.testing.assert_allclose(z, jacobian @ Z, rtol=1e-15)
