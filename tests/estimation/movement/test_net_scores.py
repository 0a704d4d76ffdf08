"""Net scores: their shares by hand, the trinomial interval by brute force, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from advocacy.errors import MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.movement.net import net_scores
from advocacy.report.results import as_html, as_text
from advocacy.responses import Responses, open_responses
from advocacy.survey.intervals import trinomial


def opened(frame: pd.DataFrame, folder: Path) -> Responses:
    path = folder / "ratings.csv"
    frame.to_csv(path, index=False)
    return open_responses(path)


def row(found: Comparison, estimand: str, quantity: str, **where: str) -> dict[str, Any]:
    (own,) = [
        row
        for row in found.table.to_pylist()
        if (row["estimand"], row["quantity"]) == (estimand, quantity)
        and all(row[name] == value for name, value in where.items())
    ]
    return own


@pytest.fixture
def twelve(tmp_path: Path) -> Responses:
    """Return twelve ratings, of which all can be counted by hand; weights 1 and 2."""
    rows = [
        # score, recommended, discouraged, weight
        *[(10, 1, 0, 1), (9, 1, 1, 1), (10, 0, 0, 2), (8, 1, 0, 1), (7, 0, 1, 2), (7, 1, 1, 1)],
        *[(6, 0, 1, 1), (5, 1, 0, 2), (0, 0, 0, 1), (3, "", 1, 1), ("", 1, 0, 1), (10, 1, "", 2)],
    ]
    names = ["score", "recommended_past_12m", "discouraged_past_12m", "weight"]
    return opened(pd.DataFrame(rows, columns=names), tmp_path)


def test_shares_and_bases_are_those_counted_by_hand(twelve: Responses) -> None:
    found = net_scores(twelve)
    # Scores of weight 15 are known: 6 are 9 or 10, 4 are 7 or 8, 5 are 0 to 6.
    for quantity, counted in (("balance", 1), ("above", 6), ("between", 4), ("below", 5)):
        own = row(found, "nps", quantity)
        assert own["estimate"] == pytest.approx(counted / 15), quantity
        assert (own["n"], own["weighted_n"]) == (11, 15)
    # Both questions are answered with weight 13: only yes 1+1+2+1, only no 2+1, both 1+1, neither.
    for quantity, counted in (
        *(("balance", 2), ("above", 5), ("between", 5), ("below", 3)),
        ("both", 2),
    ):
        own = row(found, "earned_advocacy", quantity)
        assert own["estimate"] == pytest.approx(counted / 13), quantity
        assert (own["n"], own["weighted_n"]) == (10, 13)
    # Score and recommending are known with weight 14; who scores 10 and recommended has 1 + 2.
    assert row(found, "true_advocates", "share")["estimate"] == pytest.approx(3 / 14)
    # Of recommenders with a score, of weight 8, those of 8, 7 and 5 have 1 + 1 + 2.
    other = row(found, "promoter_share_of_recommenders", "no_promoter")
    assert other["estimate"] == pytest.approx(4 / 8)


@pytest.mark.parametrize("estimand", ["nps", "earned_advocacy"])
def test_value_and_standard_error_are_those_of_the_ratio_by_itself(
    estimand: str, twelve: Responses
) -> None:
    alone = estimate(twelve, estimand=estimand).table.to_pylist()[0]
    own = row(net_scores(twelve, interval="wald"), estimand, "balance")
    for name in ("estimate", "std_error", "df", "conf_low", "conf_high", "n"):
        assert own[name] == pytest.approx(alone[name], rel=1e-12), name


def test_the_effective_n_is_what_a_random_sample_with_this_variance_has(twelve: Responses) -> None:
    found = net_scores(twelve)
    above, below = (row(found, "nps", name)["estimate"] for name in ("above", "below"))
    own = row(found, "nps", "balance")
    single = above + below - (above - below) ** 2
    assert own["n_eff"] == pytest.approx(single / own["std_error"] ** 2)


def limits_by_search(above: int, below: int, n: int) -> list[float]:
    """Return where the score statistic, its shares found by search, comes to the 95 % point."""
    net = (above - below) / n

    def statistic(delta: float) -> float:
        def against(q: float) -> float:
            shares = np.array([q + delta, q, 1 - 2 * q - delta])
            counts = np.array([above, below, n - above - below])
            with np.errstate(divide="ignore"):
                return float(-(counts[counts > 0] @ np.log(shares[counts > 0])))

        ends = (max(0.0, -delta), (1 - delta) / 2)
        q = minimize_scalar(against, bounds=ends, method="bounded", options={"xatol": 1e-13}).x
        return (net - delta) ** 2 * n / (2 * q + delta - delta**2) - chi2.ppf(0.95, 1)

    low, high = (-1 + 1e-9, net - 1e-9), (net + 1e-9, 1 - 1e-9)
    return [brentq(statistic, *ends, xtol=1e-12) for ends in (low, high)]


@pytest.mark.parametrize(("above", "below", "n"), [(12, 2, 50), (30, 25, 60), (3, 9, 200)])
def test_trinomial_limits_are_where_the_likelihood_says(above: int, below: int, n: int) -> None:
    a, b = above / n, below / n
    net, extremes = np.array([a - b]), np.array([a + b])
    variance = (extremes - net**2) / n
    count, df = np.array([float(n)]), np.array([1e9])
    ours = np.concatenate(trinomial(net, extremes, variance, count, df, 0.95))
    assert ours == pytest.approx(limits_by_search(above, below, n), abs=1e-5)


def test_where_all_are_promoters_the_limit_is_that_of_none_seen() -> None:
    """By hand: with a = 1 all are at the ends, 2q = 1 - d, and (1 - d)^2 n = z^2 (1 - d^2)."""
    one, n = np.ones(1), np.array([40.0])
    low, high = trinomial(one, one, np.zeros(1), n, np.array([39.0]), 0.95)
    z = chi2.ppf(0.95, 1)
    assert (low[0], high[0]) == pytest.approx(((40 - z) / (40 + z), 1.0), abs=1e-12)
    none = trinomial(one, one, np.array([np.nan]), n, np.array([0.0]), 0.95)
    assert np.isnan(none).all()


def test_all_promoters_have_limits_and_never_nan(tmp_path: Path) -> None:
    found = net_scores(opened(pd.DataFrame({"score": [9, 10] * 20}), tmp_path))
    own = row(found, "nps", "balance")
    assert own["estimate"] == own["conf_high"] == 1
    assert 0.82 < own["conf_low"] < 0.83
    assert own["n_eff"] == pytest.approx(40)
    assert "nan" not in as_text(found).lower()
    assert "Earned advocacy: not shown" in as_text(found)


def test_rows_have_the_covariance_of_one_pass(twelve: Responses) -> None:
    found = net_scores(twelve)
    covariance = found.covariance()
    assert np.sqrt(np.diag(covariance)) == pytest.approx(found.to_pandas().std_error.to_numpy())
    # The shares of three add up to one, which has no variance.
    shares = found.to_pandas().query("estimand == 'nps'").index[1:]
    assert covariance[np.ix_(shares, shares)].sum() == pytest.approx(0, abs=1e-15)


def test_crossings_stand_beside_each_other(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"score": [10, 3, 9, 8] * 10, "sector": ["B2B"] * 20 + ["B2C"] * 16 + [""] * 4}
    )
    found = net_scores(opened(frame, tmp_path), by=["sector"])
    assert found.unplaced == 4
    for sector in ("B2B", "B2C"):
        assert row(found, "nps", "balance", sector=sector)["estimate"] == pytest.approx(0.25)
    assert "B2C" in as_html(found)
    assert found.plot().axes


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"by": ["score_band"]}, UsageError),
        ({"interval": "logit"}, UsageError),
        ({"conf_level": 1.5}, UsageError),
    ],
)
def test_what_cannot_be_meant_is_refused(
    asked: dict[str, Any], error: type[Exception], twelve: Responses
) -> None:
    with pytest.raises(error):
        net_scores(twelve, **asked)


def test_without_questions_there_is_none(tmp_path: Path) -> None:
    frame = pd.DataFrame({"score": [""] * 3, "recommended_past_12m": [1, 0, 1]})
    with pytest.raises(MissingColumnError, match="None of nps, earned_advocacy"):
        net_scores(opened(frame, tmp_path))
