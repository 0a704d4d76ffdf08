"""Identities of comparisons, hand-computed examples, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from tests.reference import against_r

from advocacy.errors import DataError, DesignError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import CONTRASTS, Pairs
from advocacy.estimation.comparisons.equivalence import equivalence, outcomes
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import adjusted, compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.report.wording import ENGLISH
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.replication import Replication

EXACT = 1e-10

Opened = Callable[[pd.DataFrame], Responses]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Open a data frame written as a Parquet file."""

    def open_frame(frame: pd.DataFrame) -> Responses:
        frame.to_parquet(tmp_path / "survey.parquet", index=False)
        return open_responses(tmp_path / "survey.parquet")

    return open_frame


def said(result: Comparison) -> list[str]:
    return [ENGLISH.said(note) for note in result.notes]


def sample(n: int = 900, seed: int = 8) -> pd.DataFrame:
    """Return ratings of 40 PSUs in four strata, whose sectors differ in rate and in mix."""
    rng = np.random.default_rng(seed)
    psu = rng.integers(40, size=n)
    b2b = rng.random(n) < 0.4
    country = np.where(rng.random(n) < np.where(b2b, 0.7, 0.3), "NO", "SE")
    p = 0.2 + 0.2 * (psu % 5) / 5 + 0.15 * b2b + 0.2 * (country == "NO")
    return pd.DataFrame(
        {
            "score": rng.choice([10, 9, 8, 7, 3, np.nan], n, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.1]),
            "recommended_past_12m": np.where(
                rng.random(n) < 0.1, np.nan, (rng.random(n) < p).astype(float)
            ),
            "sector": np.where(b2b, "B2B", "B2C"),
            "country": np.where(rng.random(n) < 0.15, "DK", country),
            "weight": rng.lognormal(0, 0.6, n),
            "psu": [f"p{c}" for c in psu],
            "stratum": [f"s{c % 4}" for c in psu],
        }
    )


def base(frame: pd.DataFrame, scores: tuple[int, ...] = (10,)) -> pd.DataFrame:
    return frame[frame.score.isin(scores) & frame.recommended_past_12m.notna()]


def contrasts(result: Comparison, *index: str) -> pd.DataFrame:
    rows = result.to_pandas().dropna(subset="reference")
    return rows.set_index(list(index)) if index else rows


def by_hand(frame: pd.DataFrame, influence: pd.Series) -> float:  # type: ignore[type-arg]
    """Return the variance of the sum of an influence over strata and PSUs, none left out."""
    psus = frame.drop_duplicates("psu").set_index("psu").stratum
    totals = influence.groupby(frame.psu).sum().reindex(psus.index, fill_value=0.0)
    return float(sum(len(h) * h.var() for _, h in totals.groupby(psus)))


# The covariance


@pytest.mark.parametrize("rule", ["adjust", "remove", "certainty"])
def test_a_difference_is_a_linear_combination(rule: str) -> None:
    """Under every rule for lonely PSUs that treats strata one by one."""
    responses = against_r.opened("lonely")
    design = survey_design(responses, lonely_psu=rule)  # type: ignore[arg-type]
    rates = estimate(responses, by=["country"], interval="wald", design=design)
    place = {name: number for number, name in enumerate(rates.table["country"].to_pylist())}
    joint, values = rates.covariance(), rates.table["estimate"].to_numpy()
    for row in contrasts(compare(responses, between="country", design=design)).itertuples():
        a, b = place[row.country], place[row.reference]
        assert row.estimate == pytest.approx(values[a] - values[b], rel=1e-12)
        variance = joint[a, a] + joint[b, b] - 2 * joint[a, b]
        assert row.std_error == pytest.approx(np.sqrt(variance), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("clustered", [False, True])
def test_a_difference_equals_regression_on_a_dummy(opened: Opened, clustered: bool) -> None:
    """With C PSUs in all, C/(C-1) times the sandwich of weighted least squares."""
    frame = sample().drop(columns=["stratum"] if clustered else ["stratum", "psu"])
    used = base(frame)
    dummies = sm.add_constant((used.sector == "B2B").astype(float))
    model = sm.WLS(used.recommended_past_12m, dummies, weights=used.weight)
    if clustered:
        groups = {"groups": pd.factorize(used.psu)[0], "use_correction": False}
        fit, units = model.fit(cov_type="cluster", cov_kwds=groups), frame.psu.nunique()
    else:
        fit, units = model.fit(cov_type="HC0"), len(frame)
    row = contrasts(compare(opened(frame), between="sector")).iloc[0]
    assert (row.sector, row.reference) == ("B2B", "B2C")
    assert row.estimate == pytest.approx(fit.params.sector, rel=EXACT)
    std_error = np.sqrt(units / (units - 1)) * fit.bse.sector
    assert row.std_error == pytest.approx(std_error, rel=EXACT)
    # The variance is somewhat too small where a side holds few of the PSUs: see sides.R.
    assert row.p_value > 2 * stats.t.sf(abs(fit.params.sector / std_error), row.df) * (1 - 1e-9)


def test_scores_in_both_sets_are_behind_both(opened: Opened) -> None:
    """8 to 10 against 7 or 8, from influence values by rating: the eights lie in either."""
    frame = sample()
    result = contrasts(lift(opened(frame), intent="top_3"), "reference", "quantity")
    rates, influences = [], []
    for scores in ((8, 9, 10), (7, 8)):
        used = base(frame, scores)
        p = np.average(used.recommended_past_12m, weights=used.weight)
        e = used.weight * (used.recommended_past_12m - p) / used.weight.sum()
        rates.append(p)
        influences.append(e.reindex(frame.index, fill_value=0.0))
    a, b = influences
    apart = by_hand(frame, a) + by_hand(frame, b)
    assert by_hand(frame, a - b) < 0.95 * apart, "what they share is no small matter"
    difference, ratio = (result.loc["passives", name] for name in ("difference", "ratio"))
    assert difference.estimate == pytest.approx(rates[0] - rates[1], rel=EXACT)
    assert difference.std_error == pytest.approx(np.sqrt(by_hand(frame, a - b)), rel=EXACT)
    assert difference.n == len(base(frame, (7, 8, 9, 10)))
    assert ratio.estimate == pytest.approx(rates[0] / rates[1], rel=EXACT)
    relative = np.sqrt(by_hand(frame, a / rates[0] - b / rates[1]))
    assert ratio.std_error == pytest.approx(ratio.estimate * relative, rel=EXACT)
    half = np.log(ratio.conf_high / ratio.estimate)
    assert ratio.conf_low == pytest.approx(ratio.estimate * np.exp(-half), rel=EXACT)
    assert 1 - 1e-9 < half / (stats.t.ppf(0.975, ratio.df) * relative) < 1.05


def test_lift_equals_estimates_of_each_set(opened: Opened) -> None:
    responses = opened(sample())
    for intent in ("score_10", "top_3", "9,10"):
        table = lift(responses, intent=intent, by=["country"]).to_pandas()
        for name, rows in table[table.reference.isna()].groupby("intent"):
            given = intent if name.startswith("scores_") else name
            alone = estimate(responses, intent=given, by=["country"]).to_pandas()
            pd.testing.assert_frame_equal(
                rows.reset_index(drop=True).drop(columns="intent"),
                alone.drop(columns="intent"),
                check_dtype=False,
                check_exact=False,
                rtol=1e-10,
            )


def test_scores_in_no_set_are_in_no_base(opened: Opened) -> None:
    """A stratum with one PSU, all of whose ratings are 9, is no obstacle to comparing 10."""
    lonely = sample(20).assign(stratum="alone", psu="alone", score=9)
    lonely["recommended_past_12m"] = 1.0
    result = lift(opened(pd.concat([sample(), lonely])))
    whole = lift(opened(sample()))
    np.testing.assert_allclose(result.table["estimate"], whole.table["estimate"], rtol=EXACT)
    assert result.table["n"].to_pylist() == whole.table["n"].to_pylist()
    with pytest.raises(DesignError, match="'alone'"):
        lift(opened(pd.concat([sample(), lonely])), intent="promoters")


def test_a_baseline_is_not_compared_with_itself(opened: Opened) -> None:
    table = lift(opened(sample()), intent="passives").to_pandas()
    assert table.intent[table.reference.isna()].tolist() == ["passives", "detractors"]
    assert table.reference.dropna().unique().tolist() == ["detractors"]


def test_replication_recomputes_each_ratio(opened: Opened) -> None:
    """The jackknife written out: each PSU left out, the others of its stratum weighted up."""
    frame = sample()
    psus = frame.drop_duplicates("psu").set_index("psu").stratum
    values = []
    for left, stratum in psus.items():
        size = (psus == stratum).sum()
        up = np.where(frame.stratum == stratum, size / (size - 1), 1.0) * (frame.psu != left)
        used = base(frame.assign(weight=frame.weight * up))
        p = {
            sector: np.average(rows.recommended_past_12m, weights=rows.weight)
            for sector, rows in used.groupby("sector")
        }
        values.append(((size - 1) / size, p["B2B"] / p["B2C"]))
    scale, ratio = np.array(values).T
    responses = opened(frame)
    design = survey_design(responses, replication=Replication("jkn"))
    row = contrasts(compare(responses, between="sector", quantity="ratio", design=design)).iloc[0]
    assert row.std_error**2 == pytest.approx(scale @ (ratio - ratio.mean()) ** 2, rel=EXACT)
    assert row.method == "jkn"


def test_the_joint_covariance_of_all_rows(opened: Opened) -> None:
    responses = opened(sample())
    for result in (
        lift(responses, by=["sector"], intent="top_3"),
        compare(responses, between="country", quantity="odds_ratio"),
        standardise(responses, between="sector", mix=["country"]),
    ):
        std_error = result.table["std_error"].to_numpy()
        assert np.sqrt(np.diag(result.covariance())) == pytest.approx(std_error, rel=1e-9)


# What must not matter


@pytest.mark.parametrize("quantity", ["ratio", "odds_ratio"])
def test_a_ratio_turned_round(opened: Opened, quantity: str) -> None:
    responses = opened(sample())
    there, back = (
        contrasts(compare(responses, between="sector", quantity=quantity, reference=level)).iloc[0]
        for level in ("B2B", "B2C")
    )
    assert there.estimate == pytest.approx(1 / back.estimate, rel=EXACT)
    assert there.conf_low == pytest.approx(1 / back.conf_high, rel=EXACT)
    assert there.p_value == pytest.approx(back.p_value, rel=1e-9)


def test_the_question_turned_round(opened: Opened) -> None:
    """Odds ratio and F test do not depend on which answer counts; a difference changes sign."""
    frame = sample()
    turned = frame.assign(recommended_past_12m=1 - frame.recommended_past_12m)
    odds, other = (
        contrasts(compare(opened(f), between="country", quantity="odds_ratio"))
        for f in (frame, turned)
    )
    np.testing.assert_allclose(odds.estimate, 1 / other.estimate, rtol=EXACT)
    np.testing.assert_allclose(odds.p_value, other.p_value, rtol=1e-9)
    np.testing.assert_allclose(odds.homogeneity_p, other.homogeneity_p, rtol=1e-9)
    np.testing.assert_allclose(odds.cohens_h, -other.cohens_h, rtol=1e-9)


@pytest.mark.parametrize("factor", [1e-6, 1e5])
def test_the_scale_of_the_weights(opened: Opened, factor: float) -> None:
    frame = sample()
    for run in (
        lambda r: compare(r, between="country", by=["sector"]),
        lambda r: standardise(r, between="sector", mix=["country"]),
    ):
        one = run(opened(frame)).to_pandas()
        other = run(opened(frame.assign(weight=frame.weight * factor))).to_pandas()
        pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-8)


# Standardised


def test_kitagawa_by_hand(opened: Opened) -> None:
    """B2B 2 of 4 in NO and 6 of 12 in SE; B2C 4 of 12 in NO, 0 of 4 in SE and 8 of 8 in DK.

    Common support NO and SE. Mixes (1/4, 3/4) and (3/4, 1/4), mean (1/2, 1/2); rates (1/2, 1/2)
    and (1/3, 0). Raw 1/2 - 1/4 = 1/4. Standardised 1/2 and 1/6: rate part 1/3. Mix part
    (-1/2)(5/12) + (1/2)(1/4) = -1/12. Raw over all 1/2 - 12/24 = 0.
    """
    counts = [
        ("B2B", "NO", 2, 4),
        ("B2B", "SE", 6, 12),
        ("B2C", "NO", 4, 12),
        ("B2C", "SE", 0, 4),
        ("B2C", "DK", 8, 8),
    ]
    rows = [
        {"sector": s, "country": c, "score": 10, "recommended_past_12m": int(i < hits)}
        for s, c, hits, n in counts
        for i in range(n)
    ]
    result = standardise(opened(pd.DataFrame(rows)), between="sector", mix=["country"])
    found = result.to_pandas().set_index(["quantity", "sector"])
    expected = {
        ("rate_all", "B2B"): 1 / 2,
        ("rate_all", "B2C"): 1 / 2,
        ("rate_common", "B2B"): 1 / 2,
        ("rate_common", "B2C"): 1 / 4,
        ("rate_standardised", "B2B"): 1 / 2,
        ("rate_standardised", "B2C"): 1 / 6,
        ("raw_all", "B2B"): 0.0,
        ("raw_common", "B2B"): 1 / 4,
        ("rate_part", "B2B"): 1 / 3,
        ("mix_part", "B2B"): -1 / 12,
    }
    assert found.index.tolist() == list(expected)
    np.testing.assert_allclose(found.estimate, list(expected.values()), atol=1e-15)
    assert found.excluded[:2].tolist() == [0, pytest.approx(1 / 3)]
    assert found.n[:4].tolist() == [16, 24, 16, 16]
    assert found.df[:4].tolist() == [15, 23, 15, 15]
    # Welch's, of variances p (1 - p) / (n - 1): 1/60 and 1/92, then 1/60 and 1/80.
    raw = [(1 / 60 + 1 / 92) ** 2 / (1 / 60**2 / 15 + 1 / 92**2 / 23)]
    raw += [(1 / 60 + 1 / 80) ** 2 / ((1 / 60**2 + 1 / 80**2) / 15)]
    np.testing.assert_allclose(found.df[6:8], raw, rtol=1e-12)
    # B2C in SE shows no variance: what rests on cells is not tested.
    assert found.p_value[6:].notna().tolist() == [True, True, False, False]
    assert said(result) == ["Common support of B2B and B2C: 2 of 3 cells of country."]


def test_the_parts_sum_to_the_raw_difference(opened: Opened) -> None:
    result = standardise(opened(sample()), between="sector", mix=["country"])
    found = result.to_pandas().set_index("quantity").estimate
    assert abs(found.raw_common - found.rate_part - found.mix_part) < 1e-12
    assert abs(found.mix_part) > 0.02
    standardised = found["rate_standardised"].tolist()
    assert found.rate_part == pytest.approx(standardised[0] - standardised[1], abs=1e-15)


def test_equal_mixes_leave_no_mix_part(opened: Opened) -> None:
    """Every rating of either sector with its twin in the other country: the mixes are equal."""
    frame = sample()
    frame["country"] = "NO"
    twins = pd.concat([frame, frame.assign(country="SE")])
    result = standardise(opened(twins), between="sector", mix=["country"])
    found = result.to_pandas().set_index("quantity")
    raw, part = found.loc["raw_common"], found.loc["rate_part"]
    assert found.loc["mix_part"].estimate == pytest.approx(0.0, abs=1e-15)
    assert part.estimate == pytest.approx(raw.estimate, rel=EXACT)
    assert part.std_error == pytest.approx(raw.std_error, rel=EXACT)
    assert raw.std_error == pytest.approx(found.loc["raw_all"].std_error, rel=EXACT)


def test_one_cell_of_the_mix_is_the_plain_difference(opened: Opened) -> None:
    responses = opened(sample().assign(country="NO"))
    plain = contrasts(compare(responses, between="sector")).iloc[0]
    found = standardise(responses, between="sector", mix=["country"]).to_pandas()
    for row in found[found.quantity.isin(["raw_all", "raw_common", "rate_part"])].itertuples():
        for name in ("estimate", "std_error", "df", "p_value", "n"):
            assert getattr(row, name) == pytest.approx(plain[name], rel=1e-9), name
    mix = found[found.quantity == "mix_part"].iloc[0]
    assert mix.estimate == 0
    assert np.isnan(mix.df)
    assert np.isnan(mix.p_value)
    assert np.isnan(mix.conf_low)


def test_several_levels_against_a_reference(opened: Opened) -> None:
    """Each pair is as if the third level were not in the base."""
    frame = sample()
    whole = standardise(opened(frame), between="country", mix=["sector"], reference="DK")
    table = whole.to_pandas()
    assert table.country.unique().tolist() == ["NO", "DK", "SE"]
    for number, level in enumerate(("NO", "SE")):
        other = {"NO": "SE", "SE": "NO"}[level]
        kept = frame.assign(score=frame.score.where(frame.country != other))
        alone = standardise(opened(kept), between="country", mix=["sector"], reference="DK")
        pd.testing.assert_frame_equal(
            table[10 * number : 10 * number + 10].reset_index(drop=True),
            alone.to_pandas(),
            check_exact=False,
            rtol=1e-9,
        )


# Pairs: letters, effects, families


def ratings(*groups: tuple[str, int, int]) -> pd.DataFrame:
    """Return ratings of 10 by country: hits of n."""
    rows = [
        {"country": name, "score": 10, "recommended_past_12m": int(i < hits)}
        for name, hits, n in groups
        for i in range(n)
    ]
    return pd.DataFrame(rows)


def test_letters(opened: Opened) -> None:
    """DK 90 %, NO 50 % and SE 45 % of 200 each: DK exceeds both, NO does not exceed SE."""
    frame = ratings(("DK", 180, 200), ("NO", 100, 200), ("SE", 90, 200))
    table = compare(opened(frame), between="country").to_pandas()
    rates = table[table.reference.isna()].set_index("country")
    assert rates.letter.tolist() == ["A", "B", "C"]
    assert rates.exceeds.tolist() == ["B C", "", ""]
    # The higher one holds the letter, also where it is the second of its pair.
    turned = ratings(("DK", 20, 200), ("NO", 100, 200), ("SE", 110, 200))
    table = compare(opened(turned), between="country").to_pandas()
    assert table.exceeds[:3].tolist() == ["", "A", "A"]


def test_letters_are_by_adjusted_p_values(opened: Opened) -> None:
    """55, 45 and 50 % of 200: the first pair has p of 0.046 alone, and 0.14 among three."""
    frame = ratings(("DK", 110, 200), ("NO", 90, 200), ("SE", 100, 200))
    for adjust, letters in (("none", ["B", "", ""]), ("holm", ["", "", ""])):
        table = compare(opened(frame), between="country", adjust=adjust).to_pandas()
        assert table.exceeds[:3].tolist() == letters
        assert 0.04 < table.p_value[3] < 0.05


def test_more_levels_than_letters(opened: Opened) -> None:
    frame = pd.concat([sample(60).assign(wave=f"{w:02}", score=10) for w in range(30)])
    table = compare(opened(frame.drop(columns="psu")), between="wave", reference="00").to_pandas()
    letters = table.letter[table.reference.isna()].tolist()
    assert letters[:3] + letters[25:] == ["A", "B", "C", "Z", "AA", "AB", "AC", "AD"]


def test_levels_keep_their_letter_within_every_group(opened: Opened) -> None:
    frame = sample()
    frame = frame[(frame.sector == "B2C") | (frame.country != "DK")]
    result = compare(opened(frame), between="country", by=["sector"])
    table = result.to_pandas()
    rates = table[table.reference.isna()]
    assert rates.groupby("country").letter.nunique().max() == 1
    assert len(table.dropna(subset="reference")) == 1 + 3


def test_cohens_h(opened: Opened) -> None:
    """Cohen (1988), 6.2: h = 2 asin sqrt(.75) - 2 asin sqrt(.5) = 2 pi / 3 - pi / 2."""
    frame = ratings(("DK", 75, 100), ("NO", 50, 100))
    row = contrasts(compare(opened(frame), between="country")).iloc[0]
    assert row.cohens_h == pytest.approx(np.pi / 6, rel=1e-12)


def test_the_family_is_the_whole_table(opened: Opened) -> None:
    """Holm by hand: the smallest of m p-values times m, the next times m - 1, never falling."""
    rows = contrasts(compare(opened(sample(1800)), between="country", by=["sector"]))
    p = np.sort(rows.p_value.to_numpy())
    holm = np.minimum(np.maximum.accumulate(p * np.arange(len(p), 0, -1)), 1.0)
    assert len(p) == 6
    np.testing.assert_allclose(np.sort(rows.p_adjusted), holm, rtol=1e-12)


def test_what_has_no_test_is_no_part_of_the_family() -> None:
    p_values = np.array([0.01, np.nan, 0.04])
    np.testing.assert_allclose(adjusted(p_values, "holm"), [0.02, np.nan, 0.04])
    assert np.isnan(adjusted(np.array([np.nan]), "bh")).all()


def test_rates_of_zero_and_one(opened: Opened) -> None:
    """A difference stands; a ratio to nothing, and odds of nothing or all, are null."""
    frame = ratings(("DK", 20, 20), ("NO", 0, 20), ("SE", 10, 20))
    tables = {
        quantity: contrasts(
            compare(opened(frame), between="country", quantity=quantity), "country", "reference"
        )
        for quantity in CONTRASTS
    }
    difference = tables["difference"]
    assert difference.loc[("DK", "NO")].estimate == 1
    assert difference.loc[("DK", "NO")].std_error == 0
    # Of the ways to give 20 of 40 a yes, one gives them all to DK.
    assert difference.loc[("DK", "NO")].p_value == pytest.approx(2 / math.comb(40, 20), rel=1e-9)
    assert difference.conf_low.isna().all()
    ratio = tables["ratio"]
    assert np.isnan(ratio.loc[("DK", "NO")].estimate)
    assert ratio.loc[("NO", "SE")].estimate == 0
    assert np.isnan(ratio.loc[("NO", "SE")].conf_high)
    assert np.isnan(ratio.loc[("NO", "SE")].df)
    assert ratio.loc[("NO", "SE")].n == 40
    assert ratio.loc[("DK", "SE")].estimate == pytest.approx(2)
    assert tables["odds_ratio"].estimate.isna().all()
    for table in tables.values():
        assert not table.select_dtypes(float).isin([np.inf, -np.inf]).any(axis=None)


def test_a_level_of_one_unit_is_not_tested(opened: Opened) -> None:
    """Each level is one PSU: what rounding leaves of its variance is no variance."""
    rng = np.random.default_rng(3)
    frame = pd.concat([ratings((name, 10, 30)) for name in ("DK", "NO", "SE")])
    frame["recommended_past_12m"] = rng.integers(0, 2, len(frame))
    table = compare(opened(frame.assign(psu=frame.country)), between="country").to_pandas()
    compared = table[table.reference.notna()]
    assert compared.p_value.isna().all()
    assert compared.conf_low.isna().all()
    assert table.homogeneity_f.isna().all()
    assert (table.exceeds.fillna("") == "").all()
    assert table.n_eff.max() <= len(frame) or table.n_eff.isna().all()


def test_all_say_the_same(opened: Opened) -> None:
    """Nothing to test where nobody varies."""
    frame = ratings(("DK", 20, 20), ("NO", 20, 20))
    table = compare(opened(frame), between="country").to_pandas()
    assert table.homogeneity_p.isna().all()
    assert table.p_adjusted.isna().all()
    assert table.exceeds[:2].tolist() == ["", ""]


def test_a_comparison_is_as_reliable_as_its_weaker_side(opened: Opened) -> None:
    frame = ratings(("DK", 100, 200), ("NO", 90, 200), ("SE", 10, 20))
    rows = contrasts(compare(opened(frame), between="country"), "country", "reference")
    assert rows.loc[("DK", "NO")].reliability == "ok"
    assert rows.loc[("DK", "SE")].reliability == "suppress"


def test_slopes_are_the_derivatives() -> None:
    """Central differences; the functions take replicates, of shape (..., K)."""
    values, h = np.array([0.3, 0.6, 0.8]), 1e-6
    for contrast in CONTRASTS.values():
        pairs = Pairs(contrast, np.array([0, 1, 2]), np.array([1, 2, 0]))
        steps = h * np.eye(3)
        central = (pairs.value(values + steps) - pairs.value(values - steps)) / (2 * h)
        np.testing.assert_allclose(pairs.jacobian(values), central.T, rtol=1e-7, atol=1e-9)


# Equivalence


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.45, 0.55, "equivalent"),
        (0.46, 0.52, "equivalent"),
        (0.44, 0.54, "undecided"),
        (0.46, 0.56, "undecided"),
        (0.40, 0.60, "undecided"),
        (0.30, 0.45, "undecided"),
        (0.30, 0.449, "different"),
        (0.551, 0.60, "different"),
        (np.nan, np.nan, "undecided"),
    ],
)
def test_outcomes(low: float, high: float, outcome: str) -> None:
    assert outcomes(np.array([low]), np.array([high]), 0.45, 0.55) == [outcome]


def test_equivalence_and_the_test_against_half(opened: Opened) -> None:
    """1,010 of 2,000 is equivalent; 1,050 of 2,000 too, yet differs from half; 3 of 4 neither."""
    frame = ratings(("DK", 1010, 2000), ("NO", 1050, 2000), ("SE", 3, 4), ("FI", 300, 400))
    table = equivalence(opened(frame), by=["country"]).to_pandas().set_index("country")
    assert table.outcome.to_dict() == {
        "DK": "equivalent",
        "NO": "equivalent",
        "SE": "undecided",
        "FI": "different",
    }
    assert set(table.conf_level) == {0.9}
    assert set(table.interval) == {"korn_graubard"}
    assert table.margin_low["DK"] == pytest.approx(0.45)
    assert table.p_value["DK"] > 0.5
    assert table.p_value["NO"] < 0.05
    assert np.isnan(table.p_value["SE"]), "four ratings bear no test"
    for row in table.drop("SE").itertuples():
        statistic = (row.estimate - 0.5) / row.std_error
        assert row.p_value == pytest.approx(2 * stats.t.sf(abs(statistic), row.df), rel=1e-9)


def test_equivalence_with_clopper_pearson(opened: Opened) -> None:
    """Of all ratings without weights Korn-Graubard at 90 % is Clopper-Pearson, capped at n."""
    frame = ratings(("DK", 190, 400))
    row = equivalence(opened(frame)).to_pandas().iloc[0]
    exact = stats.binomtest(190, 400).proportion_ci(0.90, method="exact")
    assert (row.conf_low, row.conf_high) == pytest.approx((exact.low, exact.high), rel=1e-3)
    assert row.outcome == "undecided"
    assert equivalence(opened(frame), margin=0.08).to_pandas().outcome[0] == "equivalent"


def test_no_spread_has_the_binomial_test_against_half(opened: Opened) -> None:
    table = equivalence(opened(ratings(("DK", 40, 40)))).to_pandas()
    assert table.p_value[0] == pytest.approx(2 * 0.5**40, rel=1e-12)
    assert table.outcome[0] == "different"


# What is refused, and what is said


@pytest.mark.parametrize(
    ("run", "error", "said"),
    [
        (lambda r: compare(r, between="wave"), DataError, "wave has one level only"),
        (lambda r: compare(r, between="sector", reference="B2D"), UsageError, "is no level"),
        (lambda r: compare(r, between="country", reference="FI"), DataError, "no rating in the"),
        (lambda r: compare(r, between="sector", quantity="lift"), UsageError, "is no quantity"),
        (lambda r: compare(r, between="sector", adjust="bonferroni"), UsageError, "is no rule"),
        (
            lambda r: compare(r, between="sector", quantity="ratio", estimand="nps"),
            UsageError,
            "ratio is for proportions, which nps is not",
        ),
        (
            lambda r: compare(r, between="sector", quantity="odds_ratio", estimand="mean_score"),
            UsageError,
            "odds ratio is for proportions",
        ),
        (lambda r: compare(r, between="sector", by=["sector"]), UsageError, "named twice"),
        (lambda r: compare(r, between="channel", by=["sector"]), DataError, "of two levels"),
        (lambda r: lift(r, estimand="nps"), UsageError, "has no lift"),
        (lambda r: lift(r, by=["score_band"]), UsageError, "cannot be crossed with the score"),
        (lambda r: standardise(r, between="sector", mix=[]), UsageError, "names no segment"),
        (lambda r: standardise(r, between="country", mix=["sector"]), UsageError, "--reference"),
        (lambda r: standardise(r, between="sector", mix=["sector"]), UsageError, "named twice"),
        (
            lambda r: standardise(r, between="sector", mix=["country"], reference="X"),
            UsageError,
            "is no level",
        ),
        (lambda r: standardise(r, between="wave", mix=["sector"]), DataError, "one level only"),
        (
            lambda r: standardise(r, between="sector", mix=["channel"]),
            DataError,
            "no common support",
        ),
        (lambda r: equivalence(r, estimand="nps"), UsageError, "is for proportions"),
        (lambda r: equivalence(r, margin=0.5), UsageError, "between 0 and 50"),
        (lambda r: equivalence(r, margin=0.0), UsageError, "between 0 and 50"),
    ],
)
def test_refused(opened: Opened, run: Any, error: type[Exception], said: str) -> None:
    frame = sample()
    frame["channel"] = np.where(frame.sector == "B2B", "phone", "web")
    frame["wave"] = "2024"
    absent = frame.tail(5).assign(country="FI", score=np.nan)
    with pytest.raises(error, match=said):
        run(opened(pd.concat([frame, absent])))


def test_too_many_pairs_are_refused(opened: Opened) -> None:
    frame = ratings(*((f"{number:03}", 1, 2) for number in range(150)))
    frame = frame.rename(columns={"country": "wave"})
    with pytest.raises(UsageError, match="11,175 comparisons"):
        compare(opened(frame), between="wave")
    assert len(compare(opened(frame), between="wave", reference="000")) == 150 + 149


def test_what_could_not_be_compared_is_said(opened: Opened) -> None:
    frame = sample()
    frame.loc[frame.country == "DK", "sector"] = "B2B"
    absent = frame.tail(5).assign(country="FI", score=np.nan)
    result = compare(opened(pd.concat([frame, absent])), between="country", by=["sector"])
    assert said(result) == ["No rating in the base: country Finland."]
    alone = compare(opened(frame), between="sector", by=["country"])
    assert said(alone) == ["Nothing is compared within DK: no rating of a second level."]
    assert alone.to_pandas().country.dropna().unique().tolist() == ["DK", "NO", "SE"]
    reference = compare(opened(frame), between="country", by=["sector"], reference="DK")
    assert "within B2C: no rating of Denmark" in said(reference)[0]


def test_segments_and_columns(opened: Opened) -> None:
    result = compare(opened(sample()), between="country", by=["sector"])
    assert result.by == ("sector", "country")
    assert result.within == ("sector",)
    assert not any("nan" in str(row.values()) for row in result.table.to_pylist())
