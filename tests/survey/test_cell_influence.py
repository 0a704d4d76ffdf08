"""Influence by cell against the gradient that it is worked out from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import open_responses
from advocacy.survey import DuckDB, SurveyDesign, survey_design
from advocacy.survey.cell_influence import CellInfluence
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.groups import every_domain
from advocacy.survey.cells.numbering import summed
from advocacy.survey.cells.statement import Ratio
from advocacy.survey.gradient import Gradient, ratio_gradient
from advocacy.survey.linearization import Influence, covariance, degrees_of_freedom, variance
from advocacy.survey.margins import read_margins

INPUT = Path(__file__).parents[1] / "reference" / "input"
RATIO = Ratio("coalesce(recommended_past_12m, FALSE)", "(recommended_past_12m IS NOT NULL)")
ROWS = np.array([2, 0, 2])
JACOBIAN = np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 1.0]])


@cache
def passed(name: str, margins: str | None, rule: str) -> tuple[Cells, SurveyDesign]:
    responses = open_responses(INPUT / f"{name}.csv")
    table = read_margins(INPUT / f"margins_{margins}.csv", SEGMENTS) if margins else None
    design = survey_design(responses, margins=table, lonely_psu=rule)  # type: ignore[arg-type]
    return grouped_pass(responses, design, RATIO, [SEGMENTS["country"].domain], DuckDB()), design


def by_cell(cells: Cells, gradient: Gradient) -> CellInfluence:
    """Return the gradient's influence, summed by cell, as the definition says."""
    x, z = np.zeros((2, cells.n_domains, gradient.size))
    x[gradient.domain, gradient.quantity] = gradient.x
    z[gradient.domain, gradient.quantity] = gradient.z
    x, z = x[cells.domain], z[cells.domain]
    sums = cells.x[:, None] * x + cells.z[:, None] * z
    if cells.psu is not None:
        return CellInfluence(sums, None, cells.n_domains)
    size = gradient.size
    products = np.zeros((len(cells.psus), size, size))
    for k in range(size):
        for other in range(size):
            every = (
                cells.xx * x[:, k] * x[:, other]
                + cells.xz * (x[:, k] * z[:, other] + z[:, k] * x[:, other])
                + cells.zz * z[:, k] * z[:, other]
            )
            products[:, k, other] = summed(cells.stratum, every, len(cells.psus))
    return CellInfluence(sums, products, cells.n_domains)


@pytest.mark.parametrize(
    ("name", "margins", "rule"),
    [
        ("stratified", None, "fail"),
        ("fpc_stratified", None, "fail"),
        ("stratified_clustered", None, "fail"),
        ("fpc_stratified_clustered", None, "fail"),
        ("two_stage", None, "fail"),
        ("lonely", None, "adjust"),
        ("lonely", None, "remove"),
        ("stratified_clustered", "two", "fail"),
    ],
)
def test_variances_are_those_of_the_gradient(name: str, margins: str | None, rule: str) -> None:
    cells, design = passed(name, margins, rule)
    _, gradient = ratio_gradient(cells, every_domain(cells))
    influence = by_cell(cells, gradient)
    jacobian = np.pad(JACOBIAN, [(0, 0), (0, gradient.size - 3)])
    pairs: list[tuple[Influence, Influence]] = [
        (influence, gradient),
        (influence.take(ROWS), gradient.take(ROWS)),
        (influence.chained(jacobian), gradient.chained(jacobian)),
    ]
    for ours, wanted in pairs:
        joint = covariance(cells, design, wanted)
        near = {"rtol": 1e-9, "atol": 1e-12 * np.abs(joint).max()}
        np.testing.assert_allclose(covariance(cells, design, ours), joint, **near)
        np.testing.assert_allclose(variance(cells, design, ours), np.diag(joint), **near)


def test_all_domains_are_behind_every_quantity() -> None:
    cells, design = passed("stratified_clustered", None, "fail")
    _, gradient = ratio_gradient(cells, every_domain(cells))
    df = degrees_of_freedom(cells, design, by_cell(cells, gradient))
    assert cells.psu is not None
    used = cells.n > 0
    behind = len(np.unique(cells.psu[used])) - len(np.unique(cells.stratum[used]))
    assert df.tolist() == [behind] * gradient.size
