"""Limits under a known finite population: exact where that is defined, and never impossible.

Oracles: tails of the hypergeometric distribution summed by scipy, and logic: of those asked the
answers are known.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from advocacy.estimation import estimate
from advocacy.responses import open_responses
from advocacy.survey import SurveyDesign, survey_design
from advocacy.survey.intervals import beta, korn_graubard
from advocacy.survey.populations import Population, hypergeometric, korn_graubard_within

Estimated = Callable[..., dict[str, Any]]


@pytest.fixture
def estimated(tmp_path: Path) -> Estimated:
    """Write ratings of 10, estimate from them, and return the one row."""

    def run(hits: list[int], *, more: dict[str, Any] | None = None, **columns: Any) -> Any:
        frame = pd.DataFrame({"recommended_past_12m": hits}).assign(
            **({"respondent_id": np.arange(len(hits)), "score": 10} | columns)
        )
        frame.to_csv(tmp_path / "survey.csv", index=False)
        responses = open_responses(tmp_path / "survey.csv")
        (row,) = estimate(
            responses, design=survey_design(responses), **(more or {})
        ).table.to_pylist()
        return row

    return run


def halves(n: int) -> list[int]:
    return [1, 0] * (n // 2)


def not_rejected(hits: int, n: int, size: int, level: float) -> tuple[float, float]:
    """Return the least and the most hits in a population that neither tail rejects, by scipy."""
    held = [
        k
        for k in range(hits, size - n + hits + 1)
        if stats.hypergeom.sf(hits - 1, size, k, n) >= (1 - level) / 2
        and stats.hypergeom.cdf(hits, size, k, n) >= (1 - level) / 2
    ]
    return held[0] / size, held[-1] / size


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize(("n", "size"), [(54, 60), (59, 60), (3, 20), (150, 500), (190, 200)])
def test_hypergeometric_limits_are_those_that_no_tail_rejects(
    n: int, size: int, level: float
) -> None:
    for hits in {0, 1, 2, n // 3, n // 2, n - 1, n}:
        assert hypergeometric(hits, n, size, level) == pytest.approx(
            not_rejected(hits, n, size, level), abs=1e-12
        )


@pytest.mark.parametrize("size", [10, 35])
def test_no_population_is_held_less_often_than_the_level(size: int) -> None:
    for n in range(1, size):
        limits = np.array([hypergeometric(x, n, size, 0.95) for x in range(n + 1)])
        for k in range(size + 1):
            held = (limits[:, 0] <= k / size + 1e-12) & (limits[:, 1] >= k / size - 1e-12)
            assert stats.hypergeom.pmf(np.arange(n + 1), size, k, n)[held].sum() >= 0.95


def test_54_of_60_customers(estimated: Estimated) -> None:
    # R: phyper(26, 32, 28, 54) = 0.028, phyper(26, 33, 27, 54) = 0; svyciprop's beta: 45.7 to 54.3.
    row = estimated(halves(54), weight=1, fpc=60)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((28 / 60, 32 / 60))
    none = estimated([0] * 54, weight=1, fpc=60)
    assert (none["conf_low"], none["conf_high"]) == pytest.approx((0, 1 / 60))


@pytest.mark.parametrize("hits", [halves(60), [0] * 60, [1] * 3, [1]])
def test_a_census_is_a_point_and_is_reliable(estimated: Estimated, hits: list[int]) -> None:
    for weight in (1, 7):
        row = estimated(hits, weight=weight, fpc=len(hits), more={"conf_level": 0.99})
        assert row["conf_low"] == row["conf_high"] == row["estimate"] == np.mean(hits)
        assert row["reliability"] == "ok"


def test_a_census_of_clusters_in_two_stages_is_a_point(estimated: Estimated) -> None:
    row = estimated(halves(12), psu=[1, 2, 3] * 4, ssu=np.arange(12), fpc=3, fpc_ssu=4)
    assert row["conf_low"] == row["conf_high"] == 0.5
    sampled = estimated(halves(12), psu=[1, 2, 3] * 4, ssu=np.arange(12), fpc=3, fpc_ssu=5)
    # Of 15 customers 12 were asked.
    assert 6 / 15 - 1e-12 <= sampled["conf_low"] < 0.5 < sampled["conf_high"] <= 9 / 15 + 1e-12


def test_strata_asked_whole_are_known(estimated: Estimated) -> None:
    """20 of 20 with 5 hits, and 10 of 80 with none: at least 5 of 100, and at most 75."""
    hits = [1] * 5 + [0] * 25
    row = estimated(
        hits,
        stratum=["whole"] * 20 + ["sampled"] * 10,
        weight=[1] * 20 + [8] * 10,
        fpc=[20] * 20 + [80] * 10,
    )
    assert row["estimate"] == pytest.approx(0.05)
    assert row["conf_low"] == pytest.approx(0.05)
    # Of the 80 alone as many may be hits as the ten do not reject: 23.
    (_, alone) = not_rejected(0, 10, 80, 0.95)
    assert alone == 23 / 80
    assert row["conf_high"] == pytest.approx(0.05 + 0.8 * alone, abs=0.02)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.98])
@pytest.mark.parametrize("hits", [0, 1, 30, 59, 60])
def test_nothing_impossible(estimated: Estimated, share: float, hits: int) -> None:
    """Ratings in two strata, drawn at this share, whose weights differ."""
    answers = [1] * hits + [0] * (60 - hits)
    fpc = np.array([30 / share, np.ceil(30 / share) + 1]).repeat(30).round()
    weight = fpc / 30
    row = estimated(answers, stratum=["a"] * 30 + ["b"] * 30, fpc=fpc, weight=weight)
    size = fpc[0] + fpc[-1]
    low, high = hits / size, (hits + size - 60) / size
    assert low - 1e-12 <= row["conf_low"] <= row["estimate"] <= row["conf_high"] <= high + 1e-12


def test_a_segment_may_have_more_who_were_not_asked_than_is_estimated(
    estimated: Estimated,
) -> None:
    """Of 200, 194 were asked and 58 score 10; the six others may all score 10, half or none."""
    scores = [10] * 58 + [8] * 136
    row = estimated(halves(194), score=scores, fpc=200)
    assert row["n"] == 58
    # Two more of 10, both without, are not far-fetched: 29 of 60.
    assert 29 / 64 <= row["conf_low"] < 29 / 60 < 31 / 60 < row["conf_high"] <= 35 / 64


def test_without_a_population_the_limits_are_those_of_nchs() -> None:
    p = np.array([0.0, 0.02, 0.4, 0.9, 1.0])
    variance = np.array([0.0, 0.0004, 0.004, 0.002, 0.0])
    n, df = np.full(5, 80.0), np.array([79.0, 12.0, 7.0, 0.0, 3.0])
    none = np.zeros(5)
    unknown = Population(none, none, n.astype(np.int64), none, n, np.full(5, np.nan))
    for ours, theirs in zip(
        korn_graubard_within(p, variance, n, df, unknown, 0.95),
        korn_graubard(p, variance, n, df, 0.95),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_clusters_in_the_middle_are_near_to_r(estimated: Estimated) -> None:
    """20 of 40 PSUs of 10, with 2 and 8 hits by turns: in the middle, R is good enough."""
    row = estimated(([1] * 2 + [0] * 8 + [1] * 8 + [0] * 2) * 10, psu=np.arange(200) // 10, fpc=40)
    facts = (np.array([row[k]]) for k in ("estimate", "std_error", "n", "df"))
    p, se, n, df = facts
    low, high = beta(p, se**2, n, df, 0.95)
    assert row["conf_high"] - row["conf_low"] == pytest.approx((high - low)[0], rel=0.08)


def test_limits_narrow_without_a_jump_as_more_are_asked(estimated: Estimated) -> None:
    """From 40 of very many to 40 of 40, in two strata so that no limit is exact."""
    stratum = ["a"] * 20 + ["b"] * 20
    widths = []
    for each in (10**6, 2_000, 200, 80, 40, 30, 25, 22, 21, 20):
        row = estimated(halves(40), stratum=stratum, fpc=each)
        widths.append(row["conf_high"] - row["conf_low"])
    assert (np.diff(widths) < 0).all()
    endless = estimated(halves(40), stratum=stratum)
    assert widths[0] == pytest.approx(endless["conf_high"] - endless["conf_low"], rel=1e-3)
    assert widths[-1] == 0


# What no proportion is: balances and means


def test_a_balance_of_a_finite_population(estimated: Estimated) -> None:
    """NPS of 54 of 60: the six others add at most 6 and take away at most 6."""
    scores = [10] * 27 + [0] * 27
    row = estimated(halves(54), score=scores, fpc=60, more={"estimand": "nps"})
    assert row["estimate"] == 0
    assert -0.1 <= row["conf_low"] < -0.05 < 0.05 < row["conf_high"] <= 0.1
    near = estimated(halves(54), score=[10] * 53 + [0], fpc=55, more={"estimand": "nps"})
    assert near["conf_high"] <= (52 + 1) / 55 + 1e-12
    assert near["conf_low"] >= (52 - 1) / 55 - 1e-12
    whole = estimated(halves(54), score=scores, fpc=54, more={"estimand": "mean_score"})
    assert whole["conf_low"] == whole["conf_high"] == whole["estimate"] == 5
    assert whole["reliability"] == "ok"


def test_answers_that_are_all_alike_are_not_known_to_be_so(estimated: Estimated) -> None:
    """Of 20 tens, with an endless population, 1 - 0.025^(1/20) = 16.8 % may give others."""
    others = 1 - 0.025 ** (1 / 20)
    for estimand, least, most in (("nps", -1, 1), ("mean_score", 0, 10)):
        row = estimated(halves(20), more={"estimand": estimand})
        assert row["estimate"] == most
        assert row["conf_low"] == pytest.approx(most - others * (most - least))
        assert row["conf_high"] == most
        assert row["reliability"] == "suppress"
    sixes = estimated(halves(20), score=6, more={"estimand": "mean_score"})
    assert sixes["conf_low"] == pytest.approx(6 - others * 6)
    assert sixes["conf_high"] == pytest.approx(6 + others * 4)
    fifty = estimated(halves(50), more={"estimand": "nps"})
    assert fifty["reliability"] == "review"


# What is called effective


@pytest.mark.parametrize("hit", [0, 1])
def test_a_rate_of_0_or_1_is_worth_its_psus(estimated: Estimated, hit: int) -> None:
    """Of 4 PSUs of 100 nothing tells that the ratings of one are more than one."""
    row = estimated([hit] * 400, psu=np.arange(400) // 100, weight=1)
    assert row["n_eff"] == pytest.approx(4)
    # Clopper and Pearson's limit of 0 of 4.
    assert abs(hit - row[("conf_high", "conf_low")[hit]]) == pytest.approx(1 - 0.025 ** (1 / 4))
    assert row["reliability"] == "suppress"


def test_a_rate_of_0_with_one_heavy_rating(estimated: Estimated) -> None:
    row = estimated([0] * 100, weight=[50] + [1] * 99)
    kish = 149**2 / (50**2 + 99)
    assert row["n_eff"] == pytest.approx(kish)
    assert row["conf_high"] == pytest.approx(1 - 0.025 ** (1 / kish))
    wilson = estimated([0] * 100, weight=[50] + [1] * 99, more={"interval": "wilson"})
    t = stats.t.ppf(0.975, 99) ** 2 / kish
    assert wilson["conf_high"] == pytest.approx(t / (1 + t))


def test_a_weight_beyond_all_others_counts_as_one_rating(estimated: Estimated) -> None:
    psu, stratum = np.arange(60) // 3, np.arange(60) // 30
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        row = estimated(halves(60), weight=[1e300] + [1] * 59, psu=psu, stratum=stratum)
    assert row["n_eff"] == pytest.approx(1)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((0.025, 1))
    assert row["reliability"] == "suppress"


@pytest.mark.parametrize("weight", [100.0, 1e6, 1e12])
def test_a_rating_that_makes_the_rate_does_not_make_it_certain(
    estimated: Estimated, weight: float
) -> None:
    """Its residual is next to nothing: by the variance, 1e6 is worth 30,000 of 60."""
    row = estimated(halves(60), weight=[weight] + [1] * 59)
    kish = (weight + 59) ** 2 / (weight**2 + 59)
    assert row["n_eff"] <= kish * (1 + 1e-9)
    assert row["conf_low"] < 0.15
    assert row["reliability"] == "suppress"


def test_squares_of_weights_that_overflow_leave_no_interval(estimated: Estimated) -> None:
    with np.errstate(invalid="raise", over="raise"):
        row = estimated(halves(60), weight=[1e200] + [1] * 59, respondent_id=None)
    assert row["estimate"] == 1
    assert row["reliability"] == "suppress"


def test_flags_count_the_weights_and_the_largest_of_them(estimated: Estimated) -> None:
    psu = np.arange(400) // 4
    for largest, flag in ((1, "ok"), (40, "ok"), (60, "review"), (120, "suppress")):
        # 400 of which the first has `largest` times the others' weight; 20 + 380 of a kind.
        row = estimated(halves(400), weight=[largest] + [1] * 399, psu=psu)
        share, kish = largest / (399 + largest), (399 + largest) ** 2 / (largest**2 + 399)
        assert (share >= 0.1, kish < 30) == (flag in ("review", "suppress"), flag == "suppress")
        assert row["reliability"] == flag


def test_margins_that_one_rating_meets_do_not_make_it_known(tmp_path: Path) -> None:
    """SE in B2B is one rating, which has 30 % of the raked weight: n_eff is 91 of 60 by v."""
    frame = pd.DataFrame({
        "score": 10, "recommended_past_12m": [0, *halves(58), 1],
        "country": ["SE"] + ["NO"] * 29 + ["SE"] * 30,
        "sector": ["B2B"] * 30 + ["B2C"] * 30, "respondent_id": np.arange(60),
    })  # fmt: skip
    frame.to_csv(tmp_path / "survey.csv", index=False)
    margins = "sector,country,total\nB2B,,60\nB2C,,40\n,NO,30\n,SE,70\n"
    (tmp_path / "margins.csv").write_text(margins)
    from advocacy.estimation.segments import SEGMENTS
    from advocacy.survey.margins import read_margins

    responses = open_responses(tmp_path / "survey.csv")
    raked: SurveyDesign = survey_design(
        responses, margins=read_margins(tmp_path / "margins.csv", SEGMENTS)
    )
    (row,) = estimate(responses, design=raked).table.to_pylist()
    # Raked by hand: the one has 0.3 of the weight, 29 of NO the other 0.3, 30 of SE 0.4.
    kish = 1 / (0.3**2 + 0.3**2 / 29 + 0.4**2 / 30)
    assert kish == pytest.approx(10, abs=0.2)
    assert row["reliability"] == "suppress"
    low, high = korn_graubard(
        *(np.array([value]) for value in (row["estimate"], row["std_error"] ** 2, kish, 59.0)), 0.95
    )
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low[0], high[0]), rel=1e-6)
