"""Effective counts by programme and cell: against tables worked out by hand."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.conftest import REFERENCE

from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.pooling.effective_counts import EffectiveCounts, effective_counts
from advocacy.provenance import sha256
from advocacy.responses import (
    ImportOptions,
    Responses,
    Source,
    import_source,
    open_responses,
)
from advocacy.responses.dataset.eligibility import EligibilityRules

RATES = {
    "recommended_past_12m",
    "discouraged_past_12m",
    "verified_past_12m",
    "verified_within_12m",
    "converted_within_12m_complete",
    "converted_within_12m_any_complete",
}


def opened(folder: Path, text: str) -> Responses:
    path = folder / "ratings.csv"
    path.write_text(text, encoding="utf-8")
    return open_responses(path)


def table(responses: Responses, **options: Any) -> pd.DataFrame:
    return as_frame(effective_counts(responses, **options))


def as_frame(counts: EffectiveCounts) -> pd.DataFrame:
    numbers = {"y": counts.y, "n": counts.n, "ratings": counts.ratings, "hits": counts.hits}
    return counts.keys.to_pandas().assign(**numbers)


# What a count is worth


def test_unequal_weights_cost_what_kish_says(tmp_path: Path) -> None:
    # Kish: (1 + 1 + 2 + 4)^2 / (1 + 1 + 4 + 16) = 64 / 22. Each rating is its own PSU: with rate
    # 3/8, the variance of the total is 4/3 (5 * (5/8)^2 + 17 * (3/8)^2) = 4/3 * 278/64, against
    # 15/64 * 22 if ratings were independent.
    rows = table(opened(tmp_path, "programme,weight,score,recommended_past_12m\n"
                        "A,1,10,1\nA,1,10,0\nA,2,10,1\nA,4,10,0\n"))  # fmt: skip
    clustering = Fraction(4, 3) * 278 / (15 * 22)
    n = Fraction(64, 22) / clustering
    assert rows.n.tolist() == pytest.approx([float(n)], rel=1e-12)
    assert rows.y.tolist() == pytest.approx([float(n * Fraction(3, 8))], rel=1e-12)
    assert rows.ratings.tolist() == [4]
    assert rows.hits.tolist() == [2]


# One of three respondents answers twice: sums of residuals 1, -1/2, -1/2, so that the variance
# of the total is 3/2 * 3/2, against 4 * 1/4 if ratings were independent.
TWICE = "A,r1,10,1\nA,r1,10,1\nA,r2,10,0\nA,r3,10,0\n"


@pytest.mark.parametrize("identifies", ["respondent_id", "account"])
def test_one_who_answers_twice_counts_less_than_two(tmp_path: Path, identifies: str) -> None:
    text = f"programme,{identifies},score,recommended_past_12m\n{TWICE}"
    rows = table(opened(tmp_path, text))
    assert rows.n.tolist() == pytest.approx([4 / 2.25], rel=1e-12)
    assert rows.y.tolist() == pytest.approx([2 / 2.25], rel=1e-12)


def test_a_given_psu_goes_before_the_account(tmp_path: Path) -> None:
    text = "programme,psu,account,score,recommended_past_12m\n"
    text += "".join(f"{line},10,{y}\n" for line, y in
                    [("A,p1,a", 1), ("A,p1,b", 1), ("A,p2,c", 0), ("A,p3,c", 0)])  # fmt: skip
    assert table(opened(tmp_path, text)).n.tolist() == pytest.approx([4 / 2.25], rel=1e-12)


def test_a_code_of_another_programme_is_another_respondent(tmp_path: Path) -> None:
    text = "programme,respondent_id,score,recommended_past_12m\n"
    text += "".join(f"{p},r{number},10,{number % 2}\n" for p in "AB" for number in range(4))
    # Four respondents, once each: 4/3 of independent ratings, in either programme.
    assert table(opened(tmp_path, text)).n.tolist() == pytest.approx([3, 3], rel=1e-12)


def test_one_who_answers_in_two_years_and_countries_is_seen_together(tmp_path: Path) -> None:
    text = "programme,respondent_id,interviewed_on,country,score,recommended_past_12m\n"
    text += "A,r1,2023-05-01,DK,10,1\nA,r1,2024-05-01,NO,10,1\n"
    text += "A,r2,2023-05-01,DK,10,0\nA,r3,2023-05-01,DK,10,0\n"
    rows = table(opened(tmp_path, text)).sort_values("year")
    assert rows.year.tolist() == ["2023", "2024"]
    assert rows.country.tolist() == ["DK", "NO"]
    assert rows.ratings.tolist() == [3, 1]
    assert rows.n.tolist() == pytest.approx([3 / 2.25, 1 / 2.25], rel=1e-12)
    assert rows.y.tolist() == pytest.approx([1 / 2.25, 1 / 2.25], rel=1e-12)


def test_each_sector_has_a_clustering_of_its_own(tmp_path: Path) -> None:
    text = "programme,respondent_id,score,recommended_past_12m,sector\n"
    text += TWICE.replace("\n", ",B2B\n")
    text += "".join(f"B,r{number},10,{number % 2},B2C\n" for number in range(4))
    rows = table(opened(tmp_path, text)).set_index("sector")
    assert rows.n["B2B"] == pytest.approx(4 / 2.25, rel=1e-12)
    assert rows.n["B2C"] == pytest.approx(4 / (4 / 3), rel=1e-12)


def test_programmes_and_bands_of_a_sector_share_a_clustering_by_their_totals(
    tmp_path: Path,
) -> None:
    text = f"programme,respondent_id,score,recommended_past_12m\n{TWICE}"
    text += "".join(f"A,q{number},5,{int(number == 0)}\n" for number in range(4))
    text += "".join(f"B,r{number},9,{number % 2}\n" for number in range(4))
    rows = table(opened(tmp_path, text))
    # A has seven respondents: 7/6 (3/2) at 10, 7/6 (9/16 + 3/16) at 5; B 4/3 * 1 at 9.
    actual = Fraction(7, 6) * Fraction(3, 2) + Fraction(7, 6) * Fraction(12, 16) + Fraction(4, 3)
    factor = float(actual / (1 + Fraction(3, 16) * 4 + 1))
    assert rows.n.tolist() == pytest.approx([4 / factor] * 3, rel=1e-12)


def test_clustering_never_adds_to_what_was_counted(tmp_path: Path) -> None:
    # Who answers twice answers differently: the total does not vary at all.
    text = "programme,respondent_id,score,recommended_past_12m\n"
    text += "A,r1,10,1\nA,r1,10,0\nA,r2,10,1\nA,r2,10,0\n"
    assert table(opened(tmp_path, text)).n.tolist() == [4]


def test_a_programme_of_one_respondent_tells_nothing_of_clustering(tmp_path: Path) -> None:
    text = "programme,respondent_id,score,recommended_past_12m\nB,r1,10,1\nB,r1,10,0\n"
    assert table(opened(tmp_path, text)).n.tolist() == [2]
    both = text + TWICE
    assert table(opened(tmp_path, both)).n.tolist() == pytest.approx([4 / 2.25, 2 / 2.25])


def test_a_stratum_of_one_respondent_adds_nothing_to_clustering(tmp_path: Path) -> None:
    text = "programme,stratum,respondent_id,score,recommended_past_12m\n"
    text += TWICE.replace("A,", "A,one,") + "A,two,r9,10,1\n"
    # Residuals from 3/5 by respondent are 0.8, -0.6 and -0.6 in the first stratum.
    actual = 1.5 * (0.64 + 0.36 + 0.36 - 0.4**2 / 3)
    factor = actual / (5 * 0.24)
    assert table(opened(tmp_path, text)).n.tolist() == pytest.approx([5 / factor], rel=1e-12)


@pytest.mark.parametrize("answer", [0, 1])
def test_all_or_none_are_counted_as_they_are(tmp_path: Path, answer: int) -> None:
    text = "programme,respondent_id,score,recommended_past_12m\n"
    text += f"A,r1,10,{answer}\nA,r1,10,{answer}\nA,r2,10,{answer}\n"
    rows = table(opened(tmp_path, text))
    assert rows.n.tolist() == [3]
    assert rows.y.tolist() == [3 * answer]


def test_weights_of_a_programme_have_no_unit(tmp_path: Path) -> None:
    ratings = [(p, w, y) for p in "AB" for w, y in [(1, 1), (2, 0), (3, 1), (1, 0), (5, 0)]]

    def text(unit: float) -> str:
        return "programme,weight,score,recommended_past_12m\n" + "".join(
            f"{p},{w * (unit if p == 'A' else 1)},10,{y}\n" for p, w, y in ratings
        )

    one, other = (table(opened(tmp_path, text(unit))) for unit in (1, 1000))
    np.testing.assert_allclose(other.n, one.n, rtol=1e-12)
    np.testing.assert_allclose(other.y, one.y, rtol=1e-12)


def test_the_programmes_of_the_reference_equal_a_computation_rating_by_rating() -> None:
    path = REFERENCE / "input" / "programmes.csv"
    rows = table(open_responses(path)).set_index(["programme", "score_band", "sector", "country"])
    data = pd.read_csv(path)
    data = data.assign(
        w=data.weight / data.groupby("programme").weight.transform("mean"),
        psu=data.account.fillna(data.respondent_id).fillna(pd.Series(data.index.astype(str))),
        score_band=pd.cut(data.score, [-1, 6, 8, 9, 10], labels=["0-6", "7-8", "9", "10"]).astype(
            str
        ),
    )
    base = data.dropna(subset=["score", "recommended_past_12m"])
    factors = {sector: _factor(data, part) for sector, part in base.groupby("sector")}
    cells = base.groupby(list(rows.index.names))
    assert len(rows) == len(cells)
    for key, cell in cells:
        n = cell.w.sum() ** 2 / (cell.w**2).sum() / factors[key[2]]
        rate = np.average(cell.recommended_past_12m, weights=cell.w)
        assert rows.loc[key].n == pytest.approx(n, rel=1e-9)
        assert rows.loc[key].y == pytest.approx(n * rate, rel=1e-9)
        assert rows.loc[key].ratings == len(cell)
        assert rows.loc[key].hits == cell.recommended_past_12m.sum()


def _factor(data: pd.DataFrame, part: pd.DataFrame) -> float:
    """Return the variance of programmes' totals over that of independent ratings."""
    actual = independent = 0.0
    for (programme, _), group in part.groupby(["programme", "score_band"]):
        if group.psu.nunique() < 2:
            continue
        rate = np.average(group.recommended_past_12m, weights=group.w)
        of_psu = (group.w * (group.recommended_past_12m - rate)).groupby(group.psu).sum()
        psus = data[data.programme == programme].psu.nunique()
        actual += psus / (psus - 1) * (of_psu**2).sum()
        independent += rate * (1 - rate) * (group.w**2).sum()
    return max(1.0, actual / independent)


# What is counted where


def test_ratings_without_a_segment_are_in_no_count_and_told(tmp_path: Path) -> None:
    text = "programme,sector,country,interviewed_on,score,recommended_past_12m\n"
    text += "A,B2B,DK,2024-01-01,10,1\nA,B2B,,2024-01-01,10,0\nA,,DK,2024-01-01,9,1\n"
    text += "A,B2B,DK,,3,1\nA,B2B,DK,2024-01-01,,1\nA,B2B,DK,2024-01-01,10,\n"
    counts = effective_counts(opened(tmp_path, text))
    assert counts.unplaced == 3
    assert counts.ratings.tolist() == [1]
    assert counts.hits.tolist() == [1]


def test_ratings_and_unplaced_are_the_base() -> None:
    path = REFERENCE / "input" / "programmes.csv"
    data = pd.read_csv(path)
    base = data[["score", "recommended_past_12m"]].notna().all(axis=1)
    counts = effective_counts(open_responses(path))
    assert counts.ratings.sum() + counts.unplaced == base.sum()
    placed = base & data[["sector", "country"]].notna().all(axis=1)
    assert counts.ratings.sum() == placed.sum()
    assert counts.hits.sum() == data.recommended_past_12m[placed].sum()


def test_ratings_that_do_not_count_are_not_counted(tmp_path: Path) -> None:
    text = "respondent_id,interviewed_on,score,recommended_past_12m\n"
    text += "A,2025-01-10,10,1\nA,2025-04-20,10,0\nB,2025-02-01,10,1\nC,2025-02-02,10,0\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    source = Source(tmp_path, "shop", "simulated", (("a.csv", sha256(tmp_path / "a.csv")),))
    import_source(source, tmp_path / "data", ImportOptions(rules=EligibilityRules(repeat="first")))
    counts = effective_counts(open_responses(tmp_path / "data"))
    assert counts.ratings.tolist() == [3]
    assert counts.hits.tolist() == [2]
    assert counts.source_kind == "simulated"


def test_keys_are_the_segments_there_are_each_crossing_once(tmp_path: Path) -> None:
    text = "programme,industry,score,recommended_past_12m\n"
    text += "A,C26,10,1\nA,C,10,0\nA,C10.1,10,0\nA,G,10,1\nB,C26,0,1\nB,C27,6,0\n"
    counts = effective_counts(opened(tmp_path, text))
    assert counts.keys.column_names == ["programme", "score_band", "industry"]
    found = Counter(tuple(row.values()) for row in counts.keys.to_pylist())
    assert found == {("A", "10", "C"): 1, ("A", "10", "G"): 1, ("B", "0-6", "C"): 1}
    by_key = dict(zip(found, counts.ratings.tolist(), strict=True))
    assert by_key == {("A", "10", "C"): 3, ("A", "10", "G"): 1, ("B", "0-6", "C"): 2}


def test_scores_fall_into_four_bands(tmp_path: Path) -> None:
    text = "programme,score,recommended_past_12m\n" + "".join(f"A,{s},1\n" for s in range(11))
    rows = table(opened(tmp_path, text)).set_index("score_band")
    assert rows.ratings.to_dict() == {"0-6": 7, "7-8": 2, "9": 1, "10": 1}


def test_another_rate_counts_its_own_base(tmp_path: Path) -> None:
    text = "programme,score,recommended_past_12m,discouraged_past_12m\n"
    text += "A,10,1,0\nA,10,1,\nA,10,0,1\nA,10,1,0\n"
    rows = table(opened(tmp_path, text), estimand="discouraged_past_12m")
    assert (rows.ratings[0], rows.hits[0]) == (3, 1)
    # Each rating its own PSU, four in the programme: 4/3 (2/9 * 3) over 2/9 * 3.
    assert rows.n.tolist() == pytest.approx([3 / (4 / 3)], rel=1e-12)


# What is refused


@pytest.mark.parametrize("name", ESTIMANDS)
def test_rates_alone_are_counted(tmp_path: Path, name: str) -> None:
    responses = opened(tmp_path, "programme,score\nA,10\n")
    # A rate is refused for the columns that are not there, others for what they are.
    refused = (
        (MissingColumnError, "need")
        if name in RATES
        else (UsageError, "is no rate among|is of ratios")
    )
    with pytest.raises(refused[0], match=refused[1]):
        effective_counts(responses, estimand=name)


@pytest.mark.parametrize("lacking", ["programme", "score", "recommended_past_12m"])
def test_a_column_that_is_needed_is_named(tmp_path: Path, lacking: str) -> None:
    columns = {"programme": "A", "score": "10", "recommended_past_12m": "1"}
    columns.pop(lacking)
    responses = opened(tmp_path, f"{','.join(columns)}\n{','.join(columns.values())}\n")
    with pytest.raises(MissingColumnError, match=lacking):
        effective_counts(responses)


def test_no_answer_at_all_is_refused(tmp_path: Path) -> None:
    responses = opened(tmp_path, "programme,score,recommended_past_12m\nA,10,\nA,,1\n")
    with pytest.raises(DataError):
        effective_counts(responses)
