"""Totals by score: against sums by hand, and their functions against dense derivatives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation.asked import ask
from advocacy.estimation.curves.by_score import (
    ByScore,
    bootstrapped,
    by_score,
    notes_of,
    of_curves,
    refuse_no_curve,
    split,
)
from advocacy.estimation.curves.fits import direct, direct_slopes
from advocacy.responses import Responses, open_responses
from advocacy.survey import SurveyDesign
from advocacy.survey.replication import Replication


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    size = 300
    sector = rng.choice(["B2C", "B2B", None], size, p=[0.5, 0.4, 0.1])
    return pd.DataFrame(
        {
            "sector": sector,
            # Nobody in B2B scores below 4.
            "score": np.where(
                sector == "B2B", rng.integers(4, 11, size), rng.integers(0, 11, size)
            ),
            "recommended_past_12m": rng.choice([0.0, 1.0, np.nan], size, p=[0.5, 0.4, 0.1]),
            "weight": rng.uniform(0.5, 2, size),
            "psu": [f"p{number}" for number in rng.integers(0, 25, size)],
        }
    )


@pytest.fixture
def responses(ratings: pd.DataFrame, tmp_path: Path) -> Responses:
    ratings.to_parquet(tmp_path / "ratings.parquet", index=False)
    return open_responses(tmp_path / "ratings.parquet")


@pytest.fixture
def by_sector(responses: Responses) -> ByScore:
    return by_score(ask(responses, "recommended_past_12m", by=["sector"]))


def test_totals_are_weighted_sums_by_curve_and_score(
    by_sector: ByScore, ratings: pd.DataFrame
) -> None:
    base = ratings.dropna(subset="recommended_past_12m")
    x, z = split(by_sector.totals.estimate)
    names = by_sector.keys.column("sector").to_pylist()
    assert [names[curve] for curve in by_sector.curves] == ["B2B", "B2C"]
    assert by_sector.unplaced == base.sector.isna().sum()
    for curve in by_sector.curves:
        for score in range(11):
            own = base[(base.sector == names[curve]) & (base.score == score)]
            np.testing.assert_allclose(z[curve, score], own.weight.sum(), rtol=1e-12)
            hits = (own.weight * own.recommended_past_12m).sum()
            np.testing.assert_allclose(x[curve, score], hits, rtol=1e-12)


def test_each_curve_has_a_unit_that_changes_no_digit(by_sector: ByScore) -> None:
    """A power of 2, in which the heaviest score weighs 1 to 2."""
    (x, z), (own_x, own_z) = split(by_sector.totals.estimate), by_sector.split()
    for curve in by_sector.curves:
        unit = 2.0 ** np.floor(np.log2(z[curve].max()))
        assert 1 < unit <= z[curve].max() < 2 * unit
        np.testing.assert_array_equal(own_z[curve] * unit, z[curve])
        np.testing.assert_array_equal(own_x[curve] * unit, x[curve])


def test_functions_of_curves_vary_as_by_dense_derivatives(by_sector: ByScore) -> None:
    """Both sides are linearized; here the zeros of other curves' totals are written out."""
    x, z = split(by_sector.totals.estimate)
    curves = len(x)
    jacobian = np.zeros((curves * 11, 2 * curves * 11))
    for curve in range(curves):
        rows = slice(curve * 11, curve * 11 + 11)
        slopes = direct_slopes(x[curve], z[curve])
        jacobian[rows, rows] = slopes[:, :11]
        jacobian[rows, curves * 11 + curve * 11 : curves * 11 + curve * 11 + 11] = slopes[:, 11:]
    rates = by_sector.transformed(direct, direct_slopes)
    dense = by_sector.totals.transformed(of_curves(direct), jacobian)
    np.testing.assert_array_equal(rates.estimate, dense.estimate)
    np.testing.assert_allclose(rates.covariance(), dense.covariance(), rtol=1e-10, atol=1e-15)


def test_functions_see_the_scores_of_one_curve_at_a_time() -> None:
    values = np.arange(3.0 * 44).reshape(3, 44)  # 3 replicates of 2 curves
    x, z = split(values)
    assert x.shape == z.shape == (3, 2, 11)
    np.testing.assert_array_equal(x[1, 1], np.arange(55.0, 66))
    np.testing.assert_array_equal(z[1, 0], np.arange(66.0, 77))

    def first_of_each(x: Floats, z: Floats) -> Floats:
        return np.stack([x[..., 0] / z[..., 0], z[..., 1] / z[..., 0]], axis=-1)

    ratios = [44 / 66, 67 / 66, 55 / 77, 78 / 77]
    np.testing.assert_allclose(of_curves(first_of_each)(values)[1], ratios, rtol=1e-15)


BOOTSTRAP = Replication("bootstrap", number=30, seed=2)


@pytest.mark.parametrize(
    ("design", "lonely"),
    [
        (SurveyDesign("as_given", clusters=("psu",)), "fail"),
        (SurveyDesign("as_given", clusters=("psu",), lonely_psu="adjust"), "certainty"),
        (SurveyDesign("as_given", clusters=("psu",), lonely_psu="average"), "certainty"),
        (SurveyDesign("as_given", clusters=("psu",), lonely_psu="remove"), "remove"),
        (SurveyDesign("as_given", clusters=("psu",), replication=Replication("jkn")), "fail"),
    ],
)
def test_a_design_without_redraws_gets_a_bootstrap(design: SurveyDesign, lonely: str) -> None:
    drawn = bootstrapped(design)
    assert drawn is not None
    assert drawn.replication == Replication("bootstrap")
    assert (drawn.lonely_psu, drawn.clusters) == (lonely, ("psu",))


def test_a_bootstrap_of_its_own_is_kept_and_weights_that_are_none_give_none() -> None:
    own = SurveyDesign("as_given", lonely_psu="adjust", replication=BOOTSTRAP)
    assert bootstrapped(own) is own
    given = SurveyDesign("as_given", replication=Replication("given", scheme="BRR"))
    assert bootstrapped(given) is None


def test_notes_say_what_the_lack_of_a_bootstrap_leaves_out(by_sector: ByScore) -> None:
    assert by_sector.resampled is not None
    assert by_sector.resampled.values.shape == (500, 2 * by_sector.groups.size)
    assert notes_of(by_sector) == ()


@pytest.mark.parametrize(
    ("estimand", "by", "message"),
    [
        ("none", ["none"], "'none' is no estimand"),
        ("nps", ["none"], "'none' is no segment"),
        ("nps", ["score"], "nps is no rate"),
        ("recommended_past_12m", ["sector", "score_band"], "score_band splits by them"),
    ],
)
def test_what_has_no_curve(estimand: str, by: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        refuse_no_curve(estimand, by)
