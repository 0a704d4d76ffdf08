"""Raking, post-stratification and trimming: against R survey, by hand on ratings, and by identity.

The expected values of R come from tests/reference. By hand means: a loop over the margins on the
ratings themselves, and residuals of a least-squares fit with a row a rating.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest
from tests.conftest import REFERENCE
from tests.reference import against_r
from tests.reference.against_r import RTOL, expected, same

from advocacy.errors import DataError, DesignError, MissingColumnError, UsageError
from advocacy.estimation import Estimates, estimate
from advocacy.estimation.estimands import find_estimand, find_intent
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses, open_responses
from advocacy.survey import DuckDB, SurveyDesign, gradient, survey_design
from advocacy.survey.calibration import Calibration, Targets, rake, weight_diagnostics
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.groups import rolled_up
from advocacy.survey.cells.statement import Domain, Ratio
from advocacy.survey.margins import Margins, read_margins
from advocacy.survey.quantities import counts, ratios

Floats = npt.NDArray[np.float64]


# R survey


def cases(name: str, *more: str) -> list[Any]:
    return [
        pytest.param(rows, id="-".join(filter(None, key)))
        for key, rows in expected(f"calibration_{name}").groupby(
            ["design", "margins", *more], sort=False
        )
    ]


def named(row: Any) -> str:
    return f"{row.design}-{row.margins}"


@cache
def reference(design: str, margins: str) -> tuple[Responses, SurveyDesign]:
    responses = against_r.opened(design)
    table = read_margins(REFERENCE / "input" / f"margins_{margins}.csv", SEGMENTS)
    return responses, survey_design(responses, margins=table)


def cells_of(responses: Responses, design: SurveyDesign, by: str, numerator: str = "1") -> Cells:
    """Return the cells of all ratings, by an expression."""
    ratio = Ratio(numerator, "1")
    return grouped_pass(responses, design, ratio, [Domain("by", by)], DuckDB())


def calibration_of(cells: Cells) -> Calibration:
    assert cells.calibration is not None
    return cells.calibration


@cache
def tens(design: str, margins: str) -> tuple[Cells, SurveyDesign]:
    """Return the cells of the recommendation rate of the tens, by sector and country."""
    responses, described = reference(design, margins)
    ratio = find_estimand("recommended_past_12m").ratio(find_intent("score_10").condition())
    by = [SEGMENTS[name].domain for name in ("sector", "country")]
    return grouped_pass(responses, described, ratio, by, DuckDB()), described


def keyed(keys: pa.Table, names: list[str]) -> dict[tuple[Any, ...], int]:
    rows = (tuple(row[name] for name in names) for row in keys.to_pylist())
    return {row: i for i, row in enumerate(rows)}


@pytest.mark.parametrize("rows", cases("estimates", "by"))
def test_estimates_equal_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    cells, design = tens(first.design, first.margins)
    by = list(filter(None, first.by.split(",")))
    groups = rolled_up(cells, by)
    index = keyed(groups.keys, by) if by else {(): 0}
    order = np.array([index[key] for key in rows[by].itertuples(index=False, name=None)])
    found = ratios(cells, design, groups).take(order)
    same(found.estimate, rows.estimate)
    same(np.sqrt(found.variance()), rows.std_error)
    assert found.df().tolist() == rows.df.tolist()
    assert counts(cells, groups).take(order).n.tolist() == rows.n.tolist()


@pytest.mark.parametrize("rows", cases("covariance"))
def test_covariance_equals_r(rows: pd.DataFrame) -> None:
    cells, design = tens(*rows.iloc[0][["design", "margins"]])
    joint = ratios(cells, design).covariance()
    index = keyed(cells.domains, ["sector", "country"])
    ours = [
        joint[index[row.row_sector, row.row_country], index[row.col_sector, row.col_country]]
        for row in rows.itertuples()
    ]
    same(ours, rows.covariance)


@pytest.mark.parametrize("rows", cases("weights"))
def test_weights_are_those_of_r_up_to_scale(rows: pd.DataFrame) -> None:
    cells = cells_of(*reference(*rows.iloc[0][["design", "margins"]]), "rating_id")
    ours = pd.Series(cells.totals(cells.w), cells.domains.column("by").to_pylist())
    theirs = rows.set_index("rating_id").weight.loc[ours.index]
    same(ours / ours.sum(), theirs / theirs.sum(), atol=0)


@pytest.mark.parametrize("row", list(expected("calibration_diagnostics").itertuples()), ids=named)
def test_diagnostics_equal_r(row: Any) -> None:
    cells = cells_of(*reference(row.design, row.margins), "''")
    found = weight_diagnostics(calibration_of(cells))
    assert found.n == row.n
    mean = row.total / row.initial_total  # R's weights sum to the population, ours do not change
    np.testing.assert_allclose(
        [found.n_eff_before, found.n_eff, found.design_effect, found.lowest, found.highest],
        [
            row.initial_kish_n,
            row.kish_n,
            row.kish_deff,
            row.lowest_ratio / mean,
            row.highest_ratio / mean,
        ],
        rtol=RTOL,
    )
    assert cells.w.sum() == pytest.approx(row.initial_total, rel=1e-12)
    assert cells.w.sum() ** 2 / cells.ww.sum() == pytest.approx(row.kish_n, rel=RTOL)


@pytest.mark.parametrize("row", list(expected("calibration_fail").itertuples()), ids=named)
def test_refused_where_r_fails(row: Any) -> None:
    assert row.failed == 1
    messages = {
        "contradicting": "B2C of sector has 54.0000% of the weight instead of 48.0000%",
        "absent": "Targets of country have no rating that counts: FI",
    }
    responses, design = reference(row.design, row.margins)
    with pytest.raises((DesignError, DataError), match=messages[row.margins]) as error:
        estimate(responses, design=design)
    assert f"margins_{row.margins}.csv" in error.value.where
    assert error.value.remedy


# By hand, on ratings


def sample(n: int = 400, seed: int = 5) -> pd.DataFrame:
    """Return ratings of 30 PSUs in three strata and two programmes of unlike weights."""
    rng = np.random.default_rng(seed)
    psu = rng.integers(30, size=n)
    return pd.DataFrame(
        {
            "score": rng.choice([10, 9, 8, 3], n, p=[0.6, 0.2, 0.1, 0.1]),
            "recommended_past_12m": (rng.random(n) < 0.2 + 0.5 * (psu % 7) / 7).astype(int),
            "sector": rng.choice(["B2B", "B2C"], n, p=[0.3, 0.7]),
            "country": rng.choice(["NO", "SE", "DK"], n, p=[0.6, 0.3, 0.1]),
            "weight": rng.lognormal(0, 0.5, n) * np.where(psu % 2, 1.0, 50.0),
            "psu": [f"p{c}" for c in psu],
            "stratum": [f"s{c % 3}" for c in psu],
            "programme": np.where(psu % 2, "A", "B"),
        }
    )


SECTOR = {"B2B": 0.45, "B2C": 0.55}
COUNTRY = {"NO": 0.4, "SE": 0.35, "DK": 0.25}
TABLE = "sector,country,total\nB2B,,45\nB2C,,55\n,NO,40\n,SE,35\n,DK,25\n"


@pytest.fixture
def margins(tmp_path: Path) -> Callable[..., Margins]:
    """Write a table of margins and read it."""

    def read(text: str = TABLE, **options: Any) -> Margins:
        path = tmp_path / "margins.csv"
        path.write_text(text, encoding="utf-8")
        return read_margins(path, SEGMENTS, **options)

    return read


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[pd.DataFrame], Responses]:
    def write(frame: pd.DataFrame) -> Responses:
        frame.to_parquet(tmp_path / "survey.parquet", index=False)
        return open_responses(tmp_path / "survey.parquet")

    return write


Margined = Callable[..., Margins]
Opened = Callable[[pd.DataFrame], Responses]


def raked(frame: pd.DataFrame, weight: Floats) -> Floats:
    """Fit sector and country in turn, rating by rating, until nothing moves."""
    total, before = weight.sum(), np.zeros(len(weight))
    while np.abs(weight - before).max() > 1e-14 * weight.max():
        before = weight
        for column, shares in (("sector", SECTOR), ("country", COUNTRY)):
            for level, share in shares.items():
                inside = frame[column].to_numpy() == level
                weight = np.where(inside, weight * share * total / weight[inside].sum(), weight)
    return weight


def trimmed(frame: pd.DataFrame, base: Floats, limit: float) -> Floats:
    """Rake, cut, scale back to the same total, and rake again."""
    weight = raked(frame, base)
    for _ in range(40):
        cut = np.minimum(weight, limit * base)
        weight = raked(frame, cut * base.sum() / cut.sum())
    return weight


def variance_by_hand(frame: pd.DataFrame, base: Floats, weight: Floats, u: Floats) -> Floats:
    """Return the covariance of quantities with influences u per unit of weight; strata and PSUs."""
    x = pd.get_dummies(frame[["sector", "country"]]).to_numpy(float)
    root = np.sqrt(base)[:, None]
    slopes = np.linalg.lstsq(root * x, root * u, rcond=None)[0]
    residual = pd.DataFrame(weight[:, None] * (u - x @ slopes))
    total = np.zeros((u.shape[1], u.shape[1]))
    for stratum in sorted(set(frame.stratum)):
        inside = (frame.stratum == stratum).to_numpy()
        sums = residual[inside].groupby(frame.psu[inside].to_numpy()).sum().to_numpy()
        centred = sums - sums.mean(axis=0)
        total += len(sums) / (len(sums) - 1) * centred.T @ centred
    return total


def rates_by_hand(frame: pd.DataFrame, weight: Floats) -> tuple[Floats, Floats]:
    """Return the rate among the tens of each sector, and the influence on it."""
    y = frame.recommended_past_12m.to_numpy(float)
    rates, influences = [], []
    for sector in ("B2B", "B2C"):
        base = ((frame.sector == sector) & (frame.score == 10)).to_numpy(float)
        rate = (weight * base * y).sum() / (weight * base).sum()
        rates.append(rate)
        influences.append(base * (y - rate) / (weight * base).sum())
    return np.array(rates), np.column_stack(influences)


@pytest.mark.parametrize("scaling", ["none", "respondents", "equal_programme"])
@pytest.mark.parametrize("limit", [None, 2.5])
def test_by_hand_on_ratings(
    opened: Opened, margins: Margined, scaling: str, limit: float | None
) -> None:
    frame = sample()
    ratings = frame.groupby("programme").weight.transform("count").to_numpy(float)
    total = frame.groupby("programme").weight.transform("sum").to_numpy()
    factor = {"none": 1.0, "respondents": ratings / total, "equal_programme": 1 / total}[scaling]
    base = frame.weight.to_numpy() * factor
    weight = raked(frame, base) if limit is None else trimmed(frame, base, limit)
    rates, influences = rates_by_hand(frame, weight)
    design = SurveyDesign(
        "as_given",
        "weight",
        ("stratum",),
        ("psu",),
        scaling,  # type: ignore[arg-type]
        margins=margins(trim=limit),
    )
    found = estimate(opened(frame), design=design, by=("sector",), interval="wald")
    tolerance = 1e-9 if limit is None else 1e-6
    np.testing.assert_allclose(found.table.column("estimate"), rates, rtol=tolerance)
    np.testing.assert_allclose(
        found.covariance(),
        variance_by_hand(frame, base, weight, influences),
        rtol=10 * tolerance,
        atol=1e-14,
    )


def test_functions_of_calibrated_rates(opened: Opened, margins: Margined) -> None:
    """A difference has the variance of the difference of residuals, and R's df of both."""
    frame = sample().assign(programme=None)
    responses = opened(frame)
    found = estimate(responses, design=survey_design(responses, margins=margins()), by=("sector",))
    assert found.quantities is not None
    contrast = np.array([[1.0, -1.0]])
    difference = found.quantities.transformed(lambda rates: rates @ contrast.T, contrast)
    base = frame.weight.to_numpy()
    weight = raked(frame, base)
    rates, influences = rates_by_hand(frame, weight)
    assert difference.estimate[0] == pytest.approx(rates[0] - rates[1], rel=1e-9)
    wanted = variance_by_hand(frame, base, weight, influences @ contrast.T)[0, 0]
    assert difference.variance()[0] == pytest.approx(wanted, rel=1e-9)
    tens = frame[frame.score == 10]
    assert difference.df()[0] == tens.psu.nunique() - tens.stratum.nunique()


def test_post_stratification_weights_the_means(opened: Opened, margins: Margined) -> None:
    frame = sample()
    design = survey_design(opened(frame), "as_given", margins=margins(TABLE[: TABLE.find(",NO")]))
    cells = cells_of(opened(frame), design, "''", "recommended_past_12m")
    means = {
        sector: np.average(part.recommended_past_12m, weights=part.weight)
        for sector, part in frame.groupby("sector")
    }
    wanted = sum(SECTOR[sector] * mean for sector, mean in means.items())
    assert ratios(cells, design).estimate[0] == pytest.approx(wanted, rel=1e-12)


def test_blocks_of_quantities_are_the_whole(
    opened: Opened, margins: Margined, monkeypatch: pytest.MonkeyPatch
) -> None:
    responses = opened(sample())
    design = survey_design(responses, "as_given", margins=margins())
    found = ratios(cells_of(responses, design, "score || country", "recommended_past_12m"), design)
    whole = found.variance()
    monkeypatch.setattr(gradient, "_BLOCK", 5)
    np.testing.assert_allclose(found.variance(), whole, rtol=1e-12)
    np.testing.assert_allclose(found.variance(), np.diag(found.covariance()), rtol=1e-12)


# Identities


def standard_errors(found: Estimates) -> Floats:
    return found.table.column("std_error").to_numpy()


def test_what_the_margins_fix_has_no_error(opened: Opened, margins: Margined) -> None:
    responses = opened(sample())
    design = survey_design(responses, "as_given", margins=margins())
    for name, wanted in {"sector = 'B2B'": 0.45, "country = 'DK'": 0.25}.items():
        found = ratios(cells_of(responses, design, "''", f"({name})::INT"), design)
        assert found.estimate[0] == pytest.approx(wanted, rel=1e-12)
        assert found.variance()[0] == found.covariance()[0, 0] == 0
    free = ratios(cells_of(responses, design, "''", "(score = 10)::INT"), design)
    assert np.sqrt(free.variance()[0]) > 1e-3


def test_what_is_left_beside_the_margins_is_kept(opened: Opened, margins: Margined) -> None:
    """Of a value that sector explains but for a ten-thousandth, that part has the error."""
    responses = opened(sample())
    design = survey_design(responses, "as_given", margins=margins())
    whole, part = (
        ratios(cells_of(responses, design, "''", numerator), design).variance()[0]
        for numerator in ("(sector = 'B2B')::INT + 1e-4 * (score = 10)::INT", "(score = 10)::INT")
    )
    assert whole == pytest.approx(1e-8 * part, rel=1e-6)


def test_margins_that_hold_change_no_estimate(opened: Opened, margins: Margined) -> None:
    frame = sample()
    held = frame.groupby("sector").weight.sum()
    text = "sector,total\n" + "".join(f"{name},{float(total)!r}\n" for name, total in held.items())
    responses = opened(frame)
    plain = estimate(responses, design=survey_design(responses, "as_given"), by=("country",))
    design = survey_design(responses, "as_given", margins=margins(text))
    found = estimate(responses, design=design, by=("country",))
    for column in ("estimate", "df", "n", "largest_supplier"):
        np.testing.assert_allclose(
            found.table.column(column), plain.table.column(column), rtol=1e-12
        )
    share = cells_of(responses, design, "''", "(sector = 'B2B')::INT")
    assert ratios(share, design).variance()[0] == 0


@pytest.mark.parametrize(
    "text",
    [
        # The other order, counts in place of shares, and columns the other way round.
        "country,sector,total\nDK,,0.25\nNO,,0.40\nSE,,0.35\n,B2C,0.55\n,B2B,0.45\n",
        "sector,country,total\nB2B,,45000\nB2C,,55000\n,NO,40000\n,SE,35000\n,DK,25000\n",
        # Rows of the margins mixed, blank rows and blanks, and a column that no row fills.
        "total,country,wave,sector\n40,NO,,\n 45 ,,, B2B\n,,,\n55,,,B2C\n35,SE,,\n25,DK,,\n",
        # Rounded to a thousandth: each margin is taken as shares of its own sum.
        "sector,country,total\nB2B,,45.045\nB2C,,55.055\n,NO,40\n,SE,35\n,DK,25\n",
    ],
)
def test_order_and_scale_of_margins_do_not_matter(
    opened: Opened, margins: Margined, text: str
) -> None:
    responses = opened(sample())
    one, other = (
        estimate(
            responses,
            design=survey_design(responses, "as_given", margins=margins(written)),
            by=("sector", "country"),
        )
        for written in (TABLE, text)
    )
    for column in ("estimate", "std_error", "df"):
        np.testing.assert_allclose(
            one.table.column(column), other.table.column(column), rtol=1e-9, atol=1e-15
        )


def test_a_margin_twice_over_adds_nothing(opened: Opened, margins: Margined) -> None:
    """Sector beside sector × country is collinear, and is implied where totals agree."""
    crossed = "".join(
        f"{sector},{country},{100 * s * c}\n"
        for sector, s in SECTOR.items()
        for country, c in COUNTRY.items()
    )
    responses = opened(sample())
    one, both = (
        estimate(responses, design=survey_design(responses, "as_given", margins=margins(text)))
        for text in ("sector,country,total\n" + crossed, TABLE + crossed)
    )
    np.testing.assert_allclose(standard_errors(one), standard_errors(both), rtol=1e-9)


def test_counts_and_df_are_those_without_calibration(opened: Opened, margins: Margined) -> None:
    responses = opened(sample())
    plain, design = (survey_design(responses, "as_given", margins=m) for m in (None, margins()))
    ours, theirs = (cells_of(responses, chosen, "country") for chosen in (design, plain))
    assert ours.domains == theirs.domains
    for name in ("n", "hits", "programmes", "suppliers"):
        assert getattr(counts(ours), name).tolist() == getattr(counts(theirs), name).tolist()
    assert ratios(ours, design).df().tolist() == ratios(theirs, plain).df().tolist()


def test_ratings_that_do_not_count_are_not_calibrated(tmp_path: Path, margins: Margined) -> None:
    """They have no level, or one that no margin has; their PSU stays in the design."""
    frame = sample().assign(excluded=None)
    frame["rating_id"] = [f"i{i}" for i in range(len(frame))]
    out = frame.head(20).assign(excluded="repeat", country="AT", rating_id="x")
    out.loc[:9, "sector"] = None
    lone = out.head(1).assign(psu="alone")

    def estimated(name: str, ratings: pd.DataFrame) -> dict[str, Any]:
        folder = tmp_path / name / "source=a"
        folder.mkdir(parents=True)
        kinds = {"score": "Int64", "recommended_past_12m": "boolean"}
        ratings.astype(kinds).to_parquet(folder / "part.parquet", index=False)
        responses = open_responses(tmp_path / name)
        design = survey_design(responses, "as_given", margins=margins())
        found = estimate(responses, design=design)
        assert found.quantities is not None
        assert weight_diagnostics(calibration_of(found.quantities.cells)).n == len(frame)
        return dict(found.table.to_pylist()[0])

    without, beside = estimated("a", frame), estimated("b", pd.concat([out, frame]))
    assert beside["estimate"] == pytest.approx(without["estimate"], rel=1e-12)
    assert beside["std_error"] == pytest.approx(without["std_error"], rel=1e-9)
    more = estimated("c", pd.concat([lone, frame]))
    assert more["estimate"] == pytest.approx(without["estimate"], rel=1e-12)
    assert more["std_error"] != pytest.approx(without["std_error"], rel=1e-6)


def test_a_stratum_outside_the_base_is_lonely_too(opened: Opened, margins: Margined) -> None:
    """Every rating that counts has a residual, so that its stratum must allow a variance."""
    frame = sample()
    lone = frame.head(1).assign(psu="alone", stratum="lone", score=0)
    responses = opened(pd.concat([frame, lone]))
    plain, design = (survey_design(responses, "as_given", margins=m) for m in (None, margins()))
    assert estimate(responses, design=plain).table.column("std_error")[0].as_py() > 0
    with pytest.raises(DesignError, match="'lone'"):
        estimate(responses, design=design)


# Fitting and trimming


def targets(*shares: list[float], trim: float | None = None) -> Targets:
    """Return the targets of a full crossing of two margins."""
    rows, columns = (len(margin) for margin in shares)
    level = [(i, rows + j) for i in range(rows) for j in range(columns)]
    return Targets(
        level=np.array(level),
        share=np.concatenate(shares),
        margins=("rows",) * rows + ("columns",) * columns,
        names=tuple(f"r{i}" for i in range(rows)) + tuple(f"c{j}" for j in range(columns)),
        trim=trim,
    )


def test_independent_crossings_have_the_product_of_the_shares() -> None:
    wanted = targets([0.2, 0.8], [0.1, 0.3, 0.6])
    fitted = rake(wanted, np.ones(6)) / 6
    np.testing.assert_allclose(fitted, np.outer([0.2, 0.8], [0.1, 0.3, 0.6]).ravel(), rtol=1e-14)


def test_raking_keeps_odds_ratios_and_the_sum() -> None:
    base = np.array([40.0, 10.0, 5.0, 45.0])
    factors = rake(targets([0.3, 0.7], [0.6, 0.4]), base)
    a, b, c, d = base * factors
    assert a * d / (b * c) == pytest.approx(40 * 45 / (10 * 5), rel=1e-11)
    assert [a + b, a + c, a + b + c + d] == pytest.approx([30, 60, 100], rel=1e-12)


def test_a_crossing_without_weight_is_left_alone() -> None:
    """As in a replicate: here the margins then determine the three others."""
    base = np.array([40.0, 10.0, 0.0, 45.0])
    factors = rake(targets([0.3, 0.7], [0.2, 0.8]), base)
    np.testing.assert_allclose(factors * base / 95, [0.2, 0.1, 0.0, 0.7], rtol=1e-11)
    assert factors[2] == 1


def test_an_empty_level_is_named() -> None:
    with pytest.raises(DesignError, match="No weight is left in r1 of rows, which has 70"):
        rake(targets([0.3, 0.7], [0.6, 0.4]), np.array([40.0, 10.0, 0.0, 0.0]))


# Untrimmed, the largest factor here is 1.93; the second row as a whole needs 1.75.
TRIMMED = np.array([40.0, 20.0, 15.0, 25.0])


@pytest.mark.parametrize("limit", [1.76, 1.8, 1.9])
def test_trimmed_weights_meet_margins_and_limit(limit: float) -> None:
    free = rake(targets([0.3, 0.7], [0.5, 0.5]), TRIMMED)
    held = targets([0.3, 0.7], [0.5, 0.5], trim=limit)
    factors = rake(held, TRIMMED)
    sums = np.bincount(held.level.ravel(), np.repeat(factors * TRIMMED, 2)) / TRIMMED.sum()
    np.testing.assert_allclose(sums, [0.3, 0.7, 0.5, 0.5], rtol=1e-11)
    assert factors.max() == pytest.approx(limit, rel=1e-5)
    assert factors.max() <= limit * (1 + 1e-6) < free.max()


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    free = rake(targets([0.3, 0.7], [0.5, 0.5]), TRIMMED)
    limited = rake(targets([0.3, 0.7], [0.5, 0.5], trim=1.01 * free.max()), TRIMMED)
    assert free.tolist() == limited.tolist()


def test_a_limit_that_margins_do_not_allow_is_an_error() -> None:
    with pytest.raises(
        DesignError, match=r"at most 1\.7 times the mean ratio.* left a ratio of 1\.[78].*rows r1"
    ) as error:
        rake(targets([0.3, 0.7], [0.5, 0.5], trim=1.7), TRIMMED)
    assert "Raise the limit" in error.value.remedy


def test_median_ratio_is_over_ratings() -> None:
    calibration = Calibration(
        targets=targets([0.5, 0.5], [0.5, 0.5]),
        crossing=np.arange(4),
        ratings=np.array([1, 1, 1, 4]),
        base=np.array([10.0, 10.0, 10.0, 10.0]),
        squares=np.array([100.0, 100.0, 100.0, 25.0]),
        factors=np.array([0.5, 1.5, 1.2, 0.8]),
        projection=np.zeros((4, 4)),
    )
    found = weight_diagnostics(calibration)
    assert (found.lowest, found.median, found.highest) == (0.5, 0.8, 1.5)
    assert found.n_eff_before == pytest.approx(40**2 / 325)
    assert found.n_eff == pytest.approx(40**2 / (25 + 225 + 144 + 16))
    assert found.margins.to_pylist()[2] == {
        "margin": "columns",
        "level": "c0",
        "before": 0.5,
        "after": pytest.approx(17 / 40),
    }


# The table of margins


@pytest.mark.parametrize(
    ("text", "message", "where"),
    [
        ("", "no column total", "line 1"),
        ("sector\nB2B\n", "no column total", "line 1"),
        ("sector,total\n", "no rows", "margins.csv"),
        ("region,total\nN,1\n", "'region' is nothing that weights", "line 1, column 'region'"),
        ("sector,sector,total\nB2B,,1\n", "sector is named twice", "line 1"),
        ("sector,total\nB2B,1\nB2C,0\n", "'0' is no number above 0", "line 3, column total"),
        ("sector,total\nB2B,1\nB2C,-2\n", "'-2' is no number above 0", "line 3, column total"),
        ("sector,total\nB2B,\n", "'' is no number above 0", "line 2, column total"),
        ("sector,total\nB2B,inf\n", "'inf' is no number above 0", "line 2, column total"),
        ("sector,total\nB2B,many\n", "'many' is no number above 0", "line 2, column total"),
        ('sector,total\nB2B,"1,000"\n', "'1,000' is no number", "line 2, column total"),
        ("sector,total\nB2B,1,000\n", "3 values for 2 columns", "line 2"),
        ("sector,total\n,1000\n", "of no margin", "line 2"),
        ("sector,total\nB2B,1\nB2B,2\n", "B2B of sector is given twice", "line 3, column sector"),
        (
            "sector,country,total\nB2B,NO,1\nB2B,SE,1\nB2B,NO,2\n",
            "B2B × NO of sector × country is given twice",
            "line 4",
        ),
        (
            TABLE.replace("DK,25", "DK,26"),
            "sector sums to 100, country to 101",
            "margins.csv, column total",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_said(
    margins: Margined, text: str, message: str, where: str
) -> None:
    with pytest.raises(DataError, match=message) as error:
        margins(text)
    assert where in error.value.where
    assert error.value.remedy


@pytest.mark.parametrize("trim", [1.0, 0.0, -3.0, float("inf"), float("nan")])
def test_a_limit_is_above_one(margins: Margined, trim: float) -> None:
    with pytest.raises(UsageError, match="cannot be trimmed"):
        margins(trim=trim)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        # Three Finnish ratings, three without a country, and no Danish one.
        (
            lambda f: f.assign(country=["FI"] * 3 + f.country.tolist()[3:]),
            r"Levels of country are in the data and have no target: FI \(ratings: 3\)",
        ),
        (
            lambda f: f.assign(country=[None] * 3 + f.country.tolist()[3:]),
            "3 ratings that count have no country",
        ),
        (
            lambda f: f.assign(country=f.country.replace("DK", "NO")),
            "Targets of country have no rating that counts: DK",
        ),
    ],
)
def test_data_that_do_not_match_the_margins(
    opened: Opened,
    margins: Margined,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
) -> None:
    responses = opened(change(sample()))
    design = survey_design(responses, "as_given", margins=margins())
    with pytest.raises(DataError, match=message) as error:
        estimate(responses, design=design)
    assert error.value.where.endswith("margins.csv, column country")
    assert error.value.remedy


def test_a_margin_of_a_column_that_is_not_there(opened: Opened, margins: Margined) -> None:
    responses = opened(sample().drop(columns="country"))
    design = survey_design(responses, "as_given", margins=margins())
    with pytest.raises(MissingColumnError, match="Calibration to country needs the column country"):
        estimate(responses, design=design)


def test_margins_of_whole_numbers_and_derived_segments(opened: Opened, margins: Margined) -> None:
    """Levels are compared as text, and segments may be any expression."""
    text = "score,score_band,total\n3,,10\n8,,10\n9,,30\n10,,50\n,0-6,10\n,7-8,10\n,9,30\n,10,50\n"
    responses = opened(sample())
    design = survey_design(responses, "as_given", margins=margins(text))
    found = estimate(responses, design=design, estimand="nps", interval="wald").to_pandas()
    assert found.estimate[0] == pytest.approx(0.8 - 0.1, rel=1e-12)
    assert found.std_error[0] == 0


def test_the_design_says_what_it_is_raked_to(opened: Opened, margins: Margined) -> None:
    responses = opened(sample())
    design = survey_design(responses, "as_given", margins=margins(trim=3))
    assert "raked to sector, country (" in design.describe()
    assert design.describe().endswith("margins.csv), at most 3 times the mean ratio")
    assert "raked" not in survey_design(responses, "as_given").describe()


def test_diagnostics_show_margins_before_and_after(opened: Opened, margins: Margined) -> None:
    frame = sample()
    responses = opened(frame)
    cells = cells_of(responses, survey_design(responses, "as_given", margins=margins()), "''")
    table = weight_diagnostics(calibration_of(cells)).margins
    before = frame.groupby("country").weight.sum() / frame.weight.sum()
    assert table.column("level").to_pylist() == ["B2B", "B2C", "NO", "SE", "DK"]
    assert table.slice(2).column("before").to_pylist() == pytest.approx(
        before.loc[["NO", "SE", "DK"]].tolist()
    )
    assert pa.compute.sum(table.column("after")).as_py() == pytest.approx(2)
    assert table.column("after").to_pylist() == pytest.approx([0.45, 0.55, 0.40, 0.35, 0.25])
