"""The log density: the model's formula written out again, and its slope by differences."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from scipy.special import expit
from tests.estimation.pooling.counts import OWN, counted, crossed

from advocacy.arrays import Floats
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.layout import Layout, laid_out
from advocacy.estimation.pooling.sampling.approximation import units_of
from advocacy.estimation.pooling.sampling.coefficients import coefficients_of
from advocacy.estimation.pooling.sampling.density import Density, density_of


def basis(size: int) -> Floats:
    """Return an orthonormal basis of what sums to zero, shape (size, size - 1)."""
    return np.linalg.svd(np.ones((1, size)))[2][1:].T


def coordinates(layout: Layout, found: dict[str, Floats]) -> Floats:
    """Return intercept, scales and effects as so many numbers as are free."""
    parts = [found["intercept"]]
    for effect in layout.effects:
        bases = [basis(len(own)) for own in effect.levels]
        across = bases[0] if len(bases) == 1 else np.kron(*bases)
        parts.append(across.T @ np.ravel(found[effect.name]))
        if effect.sd is None:
            parts.append(found[f"{effect.name}:scale"])
    parts += [found["programme:scale"], found["programme"]]
    if OWN in found:
        own = found[OWN].reshape(len(layout.programmes), -1)
        parts += [found[f"{OWN}:scale"], own @ basis(len(layout.bands))]
    return np.concatenate([np.ravel(part) for part in parts])


def by_the_formula(counts: EffectiveCounts, layout: Layout, found: dict[str, Floats]) -> float:
    """Return log prior and log likelihood of effects, up to a constant."""
    rows = counts.keys.to_pylist()
    logits = np.full(len(rows), found["intercept"].item())
    total = stats.norm.logpdf(found["intercept"].item(), 0, 1.5)
    for name, sd in (
        ("sector", 1.0), ("score_band", 1.5), ("industry", None), ("country", None),
        ("year", None), ("sector × industry", None), ("industry × country", None),
    ):  # fmt: skip
        if name not in found:
            continue
        names = name.split(" × ")
        levels = [sorted_levels(counts, part) for part in names]
        effects = np.reshape(found[name], [len(own) for own in levels])
        np.testing.assert_allclose(effects.sum(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(effects.sum(axis=-1), 0, atol=1e-9)
        scale = sd or found[f"{name}:scale"].item()
        free = math.prod(len(own) - 1 for own in levels)
        total += -free * np.log(scale) - (effects**2).sum() / (2 * scale**2)
        total += 0 if sd else stats.halfnorm.logpdf(scale, scale=0.5)
        logits += [
            effects[tuple(own.index(row[part]) for own, part in zip(levels, names, strict=True))]
            for row in rows
        ]
    scale = found["programme:scale"].item()
    total += stats.halfnorm.logpdf(scale, scale=0.5)
    total += stats.norm.logpdf(found["programme"], 0, scale).sum()
    programmes, bands = sorted_levels(counts, "programme"), sorted_levels(counts, "score_band")
    own = found.get(OWN, np.zeros(len(programmes) * len(bands)))
    own = own.reshape(len(programmes), len(bands))
    if OWN in found:
        scale = found[f"{OWN}:scale"].item()
        total += stats.halfnorm.logpdf(scale, scale=0.5)
        total += -len(programmes) * (len(bands) - 1) * np.log(scale)
        total += -(own**2).sum() / (2 * scale**2)
        np.testing.assert_allclose(own.sum(axis=1), 0, atol=1e-9)
    for number, row in enumerate(rows):
        programme = programmes.index(row["programme"])
        logits[number] += found["programme"][programme]
        logits[number] += own[programme, bands.index(row["score_band"])]
    rates = expit(logits)
    likelihood = counts.y * np.log(rates) + (counts.n - counts.y) * np.log1p(-rates)
    return float(total + likelihood.sum())


def sorted_levels(counts: EffectiveCounts, name: str) -> list[str]:
    values = set(counts.keys.column(name).to_pylist())
    return sorted(values, key=["0-6", "7-8", "9", "10"].index if name == "score_band" else None)


def log_jacobian(layout: Layout, density: Density, at: Floats) -> float:
    """Return the log determinant of effects by sampled parameters, by central differences."""
    step = 1e-5
    moved = [
        coordinates(layout, density.parameters(at + step * unit))
        - coordinates(layout, density.parameters(at - step * unit))
        for unit in np.eye(density.size)
    ]
    matrix = np.array(moved) / (2 * step)
    assert matrix.shape == (density.size, density.size)
    return float(np.linalg.slogdet(matrix)[1])


def differences_equal(counts: EffectiveCounts, density: Density, layout: Layout) -> None:
    rng = np.random.default_rng(11)
    ours, formula = [], []
    for _ in range(5):
        at = rng.normal(0, 0.7, density.size)
        ours.append(density(at)[0] - log_jacobian(layout, density, at))
        formula.append(by_the_formula(counts, layout, density.parameters(at)))
    np.testing.assert_allclose(np.diff(ours), np.diff(formula), rtol=0, atol=1e-5)
    # Points that tell: the densities differ by far more than the tolerance.
    assert np.abs(np.diff(formula)).max() > 1


def outcomes(case: str, counts: EffectiveCounts) -> Floats:
    keys = counts.keys.to_pandas()
    found: Floats = {
        "some": counts.n * np.random.default_rng(8).random(len(counts.n)),
        # None in a band, all in a programme and so in an industry.
        "separated": np.where(
            keys.programme == "P1", counts.n, np.where(keys.score_band == "0-6", 0, counts.y)
        ),
        "none at all": np.zeros_like(counts.n),
        "all": counts.n,
    }[case]
    return found


CASES = ["some", "separated", "none at all", "all"]


@pytest.mark.parametrize("units", ["their own", "of others"])
@pytest.mark.parametrize("case", CASES)
def test_the_density_of_the_effects_is_the_formula(case: str, units: str) -> None:
    """The units that are sampled in, which are of counts, change nothing."""
    counts = crossed()
    y, layout = outcomes(case, counts), laid_out(counts)
    model = coefficients_of(layout, y)
    of = model if units == "their own" else coefficients_of(layout, counts.y)
    differences_equal(replace(counts, y=y), Density(model, units_of(of)), layout)


def odd(case: str) -> EffectiveCounts:
    counts = crossed(3)
    if case == "one band":
        keep = np.array([band == "10" for band in counts.keys.column("score_band").to_pylist()])
        return EffectiveCounts(
            counts.keys.filter(pa.array(keep)), counts.y[keep], counts.n[keep],
            counts.ratings[keep], counts.hits[keep], 0, "simulated",
        )  # fmt: skip
    if case == "programmes alone":
        return replace(counts, keys=counts.keys.select(["programme", "score_band"]))
    if case == "one band of programmes alone":
        return counted([(f"P{p}", "10", "B2B") for p in range(4)])
    return replace(counts, n=np.ones_like(counts.n), y=(counts.y > counts.n / 2) * 1.0)


ODD = ["one band", "programmes alone", "one band of programmes alone", "one answer"]


@pytest.mark.parametrize("case", ODD)
def test_the_density_is_the_formula_for_odd_data(case: str) -> None:
    counts = odd(case)
    layout = laid_out(counts)
    differences_equal(counts, density_of(layout, counts.y), layout)


def slope_by_differences(density: Density, at: Floats) -> Floats:
    step = 1e-5
    return np.array(
        [
            (density(at + step * unit)[0] - density(at - step * unit)[0]) / (2 * step)
            for unit in np.eye(density.size)
        ]
    )


@pytest.mark.parametrize("far", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("case", CASES + ODD)
def test_the_gradient_is_the_slope(case: str, far: float) -> None:
    """Also beyond the knots of the scales, where their curves are straight."""
    counts = odd(case) if case in ODD else crossed()
    y = counts.y if case in ODD else outcomes(case, counts)
    density = density_of(laid_out(counts), y)
    at = far * np.random.default_rng(4).normal(size=density.size)
    slope = density(at)[1]
    by_differences = slope_by_differences(density, at)
    error = 1e-5 * max(1.0, np.abs(slope).max())
    np.testing.assert_allclose(slope, by_differences, rtol=1e-5, atol=error)


def test_the_density_does_not_overflow() -> None:
    counts = crossed()
    density = density_of(laid_out(counts), counts.y)
    value, slope = density(np.full(density.size, 30.0))
    assert np.isfinite(value)
    assert np.isfinite(slope).all()


def test_parameters_are_nearly_standard_normal_where_the_data_tell_much() -> None:
    """At the middle of the scales; of the scales themselves it is an approximation."""
    counts = crossed(8)
    counts = replace(counts, n=1000 * counts.n, y=1000 * counts.y)
    density = density_of(laid_out(counts), counts.y)
    scales = len(density.model.scaled)
    step = 1e-4
    at = np.zeros(density.size)
    curvature = np.array(
        [
            (density(at - step * unit)[1] - density(at + step * unit)[1]) / (2 * step)
            for unit in np.eye(density.size)
        ]
    )[scales:, scales:]
    np.testing.assert_allclose(curvature, np.eye(len(curvature)), atol=0.1)
