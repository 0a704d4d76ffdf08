"""Drawn answers have the shape and the marginals that are asked of them."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from advocacy.responses.schema import COLUMNS
from advocacy.simulation import draw_programmes, simulate_responses


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(5)
    return simulate_responses(draw_programmes(80, 80_000, rng), rng)


@pytest.fixture(scope="module")
def rows(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas()


def test_columns_are_canonical_and_in_their_order(table: pa.Table) -> None:
    order = [name for name in COLUMNS if name in table.column_names]
    assert table.column_names == order
    assert "rating_id" not in order
    assert table.num_rows == 80_000
    assert table.schema.field("score").type == pa.int32()
    assert table.schema.field("recommended_past_12m").type == pa.bool_()
    assert table.schema.field("interviewed_on").type == pa.date32()


def test_missing_answers(rows: pd.DataFrame) -> None:
    assert rows.score.isna().mean() == pytest.approx(0.02, abs=0.003)
    assert rows.recommended_past_12m.isna().mean() == pytest.approx(0.03, abs=0.003)
    answered = rows.recommended_past_12m.notna()
    assert (rows.recommendations_past_12m.notna() == answered).all()
    counted = rows[answered]
    assert (
        (counted.recommendations_past_12m > 0) == counted.recommended_past_12m.astype(bool)
    ).all()
    assert (rows.months_since_recommended.notna() == (rows.recommended_past_12m == True)).all()  # noqa: E712


def test_accounts_and_repeat_respondents(rows: pd.DataFrame) -> None:
    assert (rows.account.notna() == (rows.sector == "B2B")).all()
    assert rows.respondent_id.duplicated().mean() == pytest.approx(0.16, abs=0.01)
    person = rows.groupby("respondent_id")
    repeated = person.size() > 1
    assert (person.wave.nunique()[repeated] == 2).all()
    for same in ("programme", "country"):
        assert (person[same].nunique() == 1).all()
    account = rows.groupby("account")
    assert (account.country.nunique() == 1).all()
    assert account.respondent_id.nunique().max() > 10


def test_waves_end_in_2025(rows: pd.DataFrame) -> None:
    year = pd.to_datetime(rows.interviewed_on).dt.year.astype(str)
    assert (year == rows.wave).all()
    assert rows.groupby("programme").wave.max().eq("2025").all()
    assert set(rows.groupby("programme").wave.nunique()) == {2, 3, 4}


def test_weights_matter_but_not_in_all_programmes(rows: pd.DataFrame) -> None:
    weighted = rows.groupby("programme").weight.count() > 0
    assert 0.2 < weighted.mean() < 0.6
    weights = rows.weight.dropna()
    assert weights.min() > 0
    spread = rows.groupby("programme").weight.agg(lambda w: w.std() / w.mean()).dropna()
    assert spread.median() > 0.3


def test_drivers_go_with_the_score(rows: pd.DataFrame) -> None:
    for name in ("satisfaction", "ease", "advice", "business_value"):
        low, high = (rows.loc[condition, name] for condition in (rows.score <= 3, rows.score >= 9))
        assert low.mean() < high.mean()
    assert rows.loc[rows.sector == "B2C", ["advice", "business_value"]].isna().all(axis=None)
    assert rows.resolution.notna().mean() == pytest.approx(0.29, abs=0.03)


def test_one_programme_alone_is_drawn_as_among_others() -> None:
    rng = np.random.default_rng(6)
    programmes = draw_programmes(12, 1200, rng)
    alone = simulate_responses(programmes.take(np.array([3])), rng).to_pandas()
    assert set(alone.programme) == {"sim-0004"}
    assert alone.respondent_id.str.startswith("4000").all()
    assert len(alone) == programmes.ratings[3]


def test_a_study_is_drawn_fast() -> None:
    rng = np.random.default_rng(7)
    programmes = draw_programmes(60, 6000, rng)
    simulate_responses(programmes, rng)
    start = time.perf_counter()
    simulate_responses(programmes, rng)
    assert time.perf_counter() - start < 0.1
