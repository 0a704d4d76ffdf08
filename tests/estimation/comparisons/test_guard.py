"""No test goes past the guard: sides with few PSUs, or without a variance of their own.

Oracles: Welch's formula by hand, and the level of tests where there is no difference.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advocacy.estimation.comparisons.equivalence import equivalence
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.estimation.regression import regress
from advocacy.report.contents.curve import curves
from advocacy.report.media.markdown import as_markdown
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.replication import Replication
from advocacy.survey.sides import FEWEST_PSUS

Opened = Callable[[pd.DataFrame], Responses]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_frame(frame: pd.DataFrame) -> Responses:
        frame.to_parquet(tmp_path / "survey.parquet", index=False)
        return open_responses(tmp_path / "survey.parquet")

    return open_frame


def programmes(first: int, second: int, seed: int = 5) -> pd.DataFrame:
    """Return programmes of 50 in DK and in NO, of which 20 to 30 of each had recommended."""
    rng = np.random.default_rng(seed)
    rows = []
    for country, number in (("DK", first), ("NO", second)):
        for p in range(number):
            hits = int(rng.integers(20, 31))
            rows += [
                {"score": 10, "recommended_past_12m": int(i < hits), "programme": f"{country}{p}",
                 "country": country}
                for i in range(50)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def ratings(*groups: tuple[dict[str, Any], int, int]) -> pd.DataFrame:
    """Return ratings with some values: hits of n."""
    return pd.DataFrame(
        [
            {"score": 10, "recommended_past_12m": int(i < hits)} | values
            for values, hits, n in groups
            for i in range(n)
        ]
    )


@pytest.mark.parametrize("replication", [None, Replication("bootstrap", 200), Replication("jkn")])
@pytest.mark.parametrize("few", [2, FEWEST_PSUS - 1])
def test_few_programmes_on_one_side_bear_no_test(
    opened: Opened, few: int, replication: Replication | None
) -> None:
    frame = programmes(few, 40)
    every_second = (frame.country == "DK") & (frame.index % 2 == 0)
    frame.loc[every_second, "recommended_past_12m"] = 1
    responses = opened(frame)
    design = survey_design(responses, "programmes_like_these", replication=replication)
    table = compare(responses, between="country", design=design).to_pandas()
    row = table[table.reference.notna()].iloc[0]
    assert row.estimate > 0.15
    assert row.std_error > 0
    assert np.isnan([row.p_value, row.p_adjusted, row.conf_low, row.homogeneity_p]).all()
    assert table.exceeds[:2].tolist() == ["", ""]
    if replication is None:
        terms = regress(responses, on=["country"], design=design).to_pandas()
        assert terms.p_value[terms.term == "country"].isna().all()
        against_half = equivalence(responses, by=["country"], design=design).to_pandas()
        assert np.isnan(against_half.p_value[0])
        assert against_half.outcome[0] == "undecided"


def test_a_side_whose_answers_are_all_alike_has_no_interval(opened: Opened) -> None:
    """20 of 20 against 10 of 20: enough ratings, and no variance that an interval could rest on.

    The exact test has its own tests, in `test_exact.py`.
    """
    frame = ratings(({"country": "DK"}, 20, 20), ({"country": "NO"}, 10, 20))
    table = compare(opened(frame), between="country").to_pandas()
    row = table[table.reference.notna()].iloc[0]
    assert row.estimate == 0.5
    assert np.isnan([row.conf_low, row.conf_high, row.homogeneity_p]).all()
    # One answer more, and there is one: Welch's, of variances p (1 - p) / (n - 1).
    frame = ratings(({"country": "DK"}, 19, 20), ({"country": "NO"}, 10, 20))
    table = compare(opened(frame), between="country").to_pandas()
    row = table[table.reference.notna()].iloc[0]
    parts = np.array([0.95 * 0.05, 0.25]) / 19
    assert row.df == pytest.approx(parts.sum() ** 2 / (parts**2 / 19).sum(), rel=1e-9)
    assert row.p_value < 0.01


def test_enough_programmes_are_held_against_welch(opened: Opened) -> None:
    """Of equal programmes df is Welch's; the variance wants k/(k - 1) in place of n/(n - 1)."""
    from scipy import stats

    frame = programmes(FEWEST_PSUS, 40)
    responses = opened(frame)
    design = survey_design(responses, "programmes_like_these")
    row = compare(responses, between="country", design=design).to_pandas().iloc[2]
    rates = frame.groupby(["country", "programme"]).recommended_past_12m.mean()
    welch = stats.ttest_ind(rates["DK"], rates["NO"], equal_var=False)
    assert row.df == pytest.approx(welch.df, rel=1e-9)
    # Welch's own p-value, from the standard deviations between programmes.
    assert row.p_value == pytest.approx(welch.pvalue, rel=1e-9)
    interval = welch.confidence_interval()
    assert (row.conf_low, row.conf_high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    n, k = 40 + FEWEST_PSUS, np.array([FEWEST_PSUS, 40])
    spread = np.array([rates["DK"].std(ddof=0), rates["NO"].std(ddof=0)])
    assert row.std_error == pytest.approx(np.sqrt((spread**2 / k).sum() * n / (n - 1)), rel=1e-9)


def test_programmes_in_both_are_pairs(opened: Opened) -> None:
    """Where each programme has as many of both, the test is that of the pairs' differences."""
    from scipy import stats

    one, other = programmes(20, 0, 1), programmes(20, 0, 2).assign(country="NO")
    responses = opened(pd.concat([one, other]))
    design = survey_design(responses, "programmes_like_these")
    row = compare(responses, between="country", design=design).to_pandas().iloc[2]
    rates = [f.groupby("programme").recommended_past_12m.mean() for f in (one, other)]
    pairs = stats.ttest_rel(*rates)
    assert row.df == pytest.approx(19, rel=1e-9)
    assert row.p_value == pytest.approx(pairs.pvalue, rel=1e-9)


def test_lift_of_few_ratings_is_not_tested(opened: Opened) -> None:
    frame = ratings(({}, 30, 60), ({"score": 3}, 1, FEWEST_PSUS - 1), ({"score": 7}, 5, 60))
    table = lift(opened(frame)).to_pandas().dropna(subset="reference")
    tested = table.p_value.notna().groupby(table.reference).all()
    assert tested.to_dict() == {"detractors": False, "passives": True}


def test_cells_of_one_rating_are_not_known(opened: Opened) -> None:
    """Each level has 20 of 40 in one country, and one rating in the other."""
    frame = ratings(
        ({"sector": "B2B", "country": "NO"}, 20, 40), ({"sector": "B2B", "country": "SE"}, 1, 1),
        ({"sector": "B2C", "country": "NO"}, 0, 1), ({"sector": "B2C", "country": "SE"}, 20, 40),
    )  # fmt: skip
    table = standardise(opened(frame), between="sector", mix=["country"]).to_pandas()
    rows = table.dropna(subset="reference").set_index("quantity")
    assert rows.estimate["rate_part"] == pytest.approx(0.5)
    assert rows.p_value.notna().to_dict() == {
        "raw_all": True, "raw_common": True, "rate_part": False, "mix_part": False,
    }  # fmt: skip
    assert rows.conf_low[["rate_part", "mix_part"]].isna().all()
    # Their standardised rates rest on the same cells.
    assert table.conf_low[table.quantity == "rate_standardised"].isna().all()


@pytest.mark.heavy
def test_standardised_differences_have_their_level(opened: Opened) -> None:
    """Cells of 4 to 30 ratings with one rate: of 80 samples few are significant.

    More than 10 of 80 come with probability below 0.005 where 5 % are to be expected.
    """
    rng = np.random.default_rng(11)
    found = []
    for _ in range(80):
        sizes = rng.integers(4, 31, (2, 3))
        groups = [
            ({"sector": s, "country": c}, int(rng.binomial(size, 0.5)), int(size))
            for s, own in zip(("B2B", "B2C"), sizes, strict=True)
            for c, size in zip(("NO", "SE", "DK"), own, strict=True)
        ]
        table = standardise(opened(ratings(*groups)), between="sector", mix=["country"])
        rows = table.to_pandas().set_index("quantity")
        found.append(rows.p_value[["rate_part", "mix_part"]])
    p_values = np.array(found)
    assert (~np.isnan(p_values)).mean() > 0.5
    assert ((p_values < 0.05).sum(axis=0) <= 10).all()


def said(responses: Responses) -> str:
    return " ".join(as_markdown(curves(curve_tests(responses))).split())


def test_two_nines_make_no_promoter(opened: Opened) -> None:
    """2 of 2 nines beside 100 of 200 tens: Fisher's p is 0.50."""
    frame = ratings(({"score": 6}, 20, 100), ({"score": 8}, 80, 200), ({"score": 9}, 2, 2),
                    ({}, 100, 200))  # fmt: skip
    responses = opened(frame)
    found = curve_tests(responses).to_pandas()
    nine = found[found.quantity == "difference"].iloc[0]
    assert nine.estimate == 0.5
    assert np.isnan([nine.p_value, nine.conf_low]).all()
    text = said(responses)
    assert "no test" in text
    assert "Whether 9 is a promoter here is not settled" in text


def test_one_rating_makes_no_fall(opened: Opened) -> None:
    """One rating of 4 that had recommended, below 40 of 200 at 5: no fall is seen."""
    frame = ratings(({"score": 4}, 1, 1), *(({"score": s}, 40 + 20 * (s - 5), 200)
                    for s in range(5, 11)))  # fmt: skip
    responses = opened(frame)
    fall = curve_tests(responses).to_pandas().query("quantity == 'largest_fall'").iloc[0]
    assert fall.score > 4
    assert fall.p_value > 0.5
    assert "Largest fall" not in said(responses)


def test_a_share_of_the_bootstrap_settles_nothing(opened: Opened) -> None:
    """Nines and tens alike enough that the best cut wavers between 9 and 10."""
    frame = ratings(({"score": 7}, 40, 200), ({"score": 9}, 30, 100), ({}, 40, 100))
    text = said(opened(frame))
    assert "not settled" in text
