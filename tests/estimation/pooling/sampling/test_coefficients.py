"""Coefficients and what they are multiplied by, against effects written out."""

from __future__ import annotations

import numpy as np
from tests.estimation.pooling.counts import OWN, crossed

from advocacy.estimation.pooling.layout import laid_out
from advocacy.estimation.pooling.sampling.coefficients import coefficients_of


def test_logits_are_sums_of_effects() -> None:
    counts = crossed()
    layout = laid_out(counts)
    model = coefficients_of(layout, counts.y)
    values = np.random.default_rng(1).normal(size=len(model.scale))
    levels = model.basis @ values[: model.common]
    own = model.own(values)
    wanted = levels[model.levels["intercept"]] + own[layout.programme, layout.band]
    for effect in layout.effects:
        effects = levels[model.levels[effect.name]]
        np.testing.assert_allclose(effects.reshape(effect.shape).sum(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(effects.reshape(effect.shape).sum(axis=-1), 0, atol=1e-12)
        wanted = wanted + effects[effect.index]
    np.testing.assert_allclose(model.logits(values), wanted, rtol=1e-12)


def test_coefficients_are_as_many_as_are_free_and_as_long_as_the_effects() -> None:
    layout = laid_out(crossed())
    model = coefficients_of(layout, layout.n / 2)
    # 1 + 1 sector + 2 bands + 2 industries + 1 country + 1 year + 1 × 2 + 2 × 1; 5 of 3 bands.
    assert model.common == 12
    assert model.shape == (5, 3)
    gram = (model.basis.T @ model.basis).toarray()
    np.testing.assert_allclose(gram, np.eye(12), atol=1e-12)


def test_each_coefficient_has_its_own_scale() -> None:
    layout = laid_out(crossed())
    model = coefficients_of(layout, layout.n / 2)
    assert model.scaled == (
        "industry", "country", "year", "sector × industry", "industry × country", "programme", OWN,
    )  # fmt: skip
    found = model.deviations(np.arange(1, 8) / 100)
    common = [1.5, 1.0, 1.5, 1.5, 0.01, 0.01, 0.02, 0.03, 0.04, 0.04, 0.05, 0.05]
    assert found.tolist() == common + [0.06, 0.07, 0.07] * 5
