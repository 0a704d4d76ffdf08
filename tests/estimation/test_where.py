"""Domains under a condition: R's subset of a design, values by hand, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
from tests.reference.against_r import expected, opened, same

from advocacy.errors import AdvocacyError, DataError, MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.comparisons.equivalence import equivalence
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.estimation.direct import estimate_margins
from advocacy.estimation.disclosure.disclosure import decide
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.regression import regress
from advocacy.estimation.where import read_where
from advocacy.report.results import as_text
from advocacy.responses import Responses, open_responses

RATINGS = """sector,country,industry,score,recommended_past_12m,psu,interviewed_on,channel,ease
B2B,NO,C10.1,10,1,a,2024-01-01,phone,5
B2B,NO,C,10,0,b,2024-02-01,web form,4
B2B,SE,G46,9,1,c,2025-01-01,phone,3
B2C,SE,G,10,1,d,2025-01-01,,2
B2C,,Q,3,0,e,2025-01-01,score card,
B2C,NO,Q,10,,f,2024-01-01,phone,1
B2C,NO,Q,10,1,f,2024-01-01,it's,1
"""
ANY = "0,1,2,3,4,5,6,7,8,9,10"


@pytest.fixture
def ratings(tmp_path: Path) -> Responses:
    path = tmp_path / "ratings.csv"
    path.write_text(RATINGS, encoding="utf-8")
    return open_responses(path)


@pytest.mark.parametrize(
    ("design", "where", "rows"),
    [(*key, rows) for key, rows in expected("where_rates").groupby(["design", "where"])],
    ids=lambda value: None if hasattr(value, "columns") else value,
)
def test_a_domain_has_the_estimates_and_standard_errors_of_rs_subset(
    design: str, where: str, rows: Any
) -> None:
    intent = rows.intent.iloc[0].replace(" ", ",")
    what: dict[str, Any] = {"intent": intent, "where": where}
    alone = rows[rows.sector == ""]
    found = estimate(opened(design), **what).to_pandas()
    same(found[["estimate", "std_error", "n"]], alone[["estimate", "std_error", "n"]])
    if len(rows) > 1:
        both = compare(opened(design), between="sector", **what).to_pandas()
        levels = rows[rows.sector != ""].set_index(["sector", "quantity"])
        ours = both.set_index(["sector", "quantity"]).loc[levels.index]
        same(ours[["estimate", "std_error"]], levels[["estimate", "std_error"]])


@pytest.mark.parametrize(
    ("design", "where", "rows"),
    [(*key, rows) for key, rows in expected("where_models").groupby(["design", "where"])],
    ids=lambda value: None if hasattr(value, "columns") else value,
)
def test_a_model_in_a_domain_is_that_of_rs_subset(design: str, where: str, rows: Any) -> None:
    intent = rows.intent.iloc[0].replace(" ", ",")
    found = regress(opened(design), on=["sector"], intent=intent, where=where).to_pandas()
    ours = found[found.quantity == "log_odds"]
    same(ours[["estimate", "std_error"]], rows[["estimate", "std_error"]], rtol=1e-8)


@pytest.mark.parametrize(
    ("where", "shown", "n"),
    [
        ("sector = b2b", "sector = B2B", 3),
        ("sector == 'B2C'", "sector = B2C", 3),
        ("country in (Norway, SE)", "country in (NO, SE)", 5),
        # A country that is missing is neither Norway nor another one.
        ("not country = NO", "not country = NO", 2),
        ("country != NO", "country != NO", 2),
        ("country is missing or country = NO", "country is missing or country = NO", 4),
        ("country is not missing", "country is not missing", 5),
        # Finer codes are in their section, as in a crossing.
        ("industry = c", "industry = C", 2),
        ("industry in (Education, G)", "industry in (Q, G)", 4),
        ("score between 3 and 9", "score between 3 and 9", 2),
        ("score not between 3 and 9", "not score between 3 and 9", 4),
        ("score not in (9, 3)", "not score in (9, 3)", 4),
        ("ease >= 2.5", "ease >= 2.5", 3),
        ("ease ≥ 2 and not (ease > 4 or ease = 2)", "ease >= 2 and not (ease > 4 or ease = 2)", 2),
        ("year = 2024 and score = 10", "year = 2024 and score = 10", 3),
        ("interviewed_on < 2024-02-01", "interviewed_on < 2024-02-01", 2),
        ("recommended_past_12m = no", "recommended_past_12m = no", 2),
        ("channel = 'web form'", "channel = 'web form'", 1),
        ('channel in ("it\'s", phone)', "channel in ('it''s', phone)", 3),
        # A value may name the score, or be a word of the grammar.
        ("channel = 'score card'", "channel = 'score card'", 1),
        ("score >= 9 or ease = 9 or channel = phone", None, 5),
        # `and` binds more closely than `or`.
        ("sector = B2C and score = 3 or sector = B2B", None, 4),
        ("sector = B2C and (score = 3 or sector = B2B)", None, 1),
    ],
)
def test_a_condition_means_what_it_says(
    ratings: Responses, where: str, shown: str | None, n: int
) -> None:
    found = estimate(ratings, intent=ANY, where=where)
    assert found.table.column("n").to_pylist() == [n]
    label = found.table.column("where")[0].as_py()
    assert shown is None or label == shown
    # What is shown means the same.
    assert estimate(ratings, intent=ANY, where=label).table.column("n").to_pylist() == [n]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("age >= 30", "'age' is no column"),
        ("__import__('os') = 1", "cannot be read"),
        ("score = 10; DROP TABLE ratings", "';' has no meaning"),
        ("score = (SELECT 1)", "a value should stand"),
        ("score = 10 --", "and, or, or the end"),
        ("sector = 'B2B' UNION SELECT 1", "and, or, or the end"),
        ("sector = B2B'", "A quote is not closed"),
        ("channel = 'a\x1b[2J'", "has no meaning"),
        ("sector = B2D", "'B2D' is no value of sector"),
        ("country = Atlantis", "is no country"),
        ("country = IN", "No rating has 'IN' as its country"),
        ("channel in (phone, fone)", "No rating has 'fone' as its channel"),
        ("score = 11", "11 is no value of score"),
        ("score > 7.5", "'7.5' is no value of score"),
        ("ease = nan", "'nan' is no value of ease"),
        ("ease > 1e999", "'1e999' is no value of ease"),
        ("ease > 4,5", "and, or, or the end"),
        ("recommended_past_12m = 2", "is no value of recommended_past_12m"),
        ("interviewed_on > 2024-13-01", "is no value of interviewed_on"),
        ("channel < phone", "have no order"),
        ("sector between B2B and B2C", "have no order"),
        ("respondent_id = 7", "says who answered"),
        ("score_band = 9", "is no column"),
        ("score", "cannot be read"),
        ("score =", "it ends"),
        ("sector = B2B and", "it ends"),
        ("(sector = B2B", ") should stand"),
        ("", "it ends"),
        ("sector = business customers", "and, or, or the end"),
        ("(" * 5_000 + "score = 1" + ")" * 5_000, "at most 10,000"),
        ("(" * 100 + "score = 1" + ")" * 100, "deep"),
        ("not " * 100 + "score = 1", "deep"),
    ],
    ids=lambda value: value[:40],
)
def test_what_is_no_condition_is_refused_by_name(
    ratings: Responses, where: str, words: str
) -> None:
    with pytest.raises(UsageError, match=r".") as refused:
        estimate(ratings, where=where)
    assert words in str(refused.value)
    assert refused.value.remedy


def test_a_column_that_is_not_there_is_named_with_its_question(ratings: Responses) -> None:
    with pytest.raises(MissingColumnError, match="'wave = 1' needs the column wave"):
        estimate(ratings, where="wave = 1")


def test_an_empty_domain_says_its_condition(ratings: Responses) -> None:
    with pytest.raises(DataError, match="where sector = B2C and ease > 4"):
        estimate(ratings, where="sector = B2C and ease > 4")


def test_ten_thousand_characters_are_read(ratings: Responses) -> None:
    where = " or ".join(["score = 10"] * 700)
    assert estimate(ratings, where=where).table.column("n").to_pylist() == [4]


DESIGN, WHERE = "mix_stratified_clustered", "country in (NO, SE)"
ESTIMATORS = {
    "estimate": lambda given: estimate(opened(DESIGN), by=["sector"], **given),
    "estimate_margins": lambda given: estimate_margins(opened(DESIGN), by=["sector"], **given)[()],
    "compare": lambda given: compare(opened(DESIGN), between="sector", **given),
    "lift": lambda given: lift(opened(DESIGN), **given),
    "standardise": lambda given: standardise(
        opened(DESIGN), between="sector", mix=["industry"], **given
    ),
    "equivalence": lambda given: equivalence(opened(DESIGN), **given),
    "curve": lambda given: curve(opened(DESIGN), fits=["direct"], **given),
    "curve_tests": lambda given: curve_tests(opened(DESIGN), **given),
    "regress": lambda given: regress(opened(DESIGN), on=["sector"], **given),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_is_of_the_domain_and_every_row_and_label_says_so(name: str) -> None:
    whole, within = ESTIMATORS[name]({}), ESTIMATORS[name]({"where": WHERE})
    assert set(within.table.column("where").to_pylist()) == {WHERE}
    assert whole.table.column("where").null_count == len(whole)
    most = [pc.max(found.table.column("n")).as_py() for found in (whole, within)]
    assert most[1] < most[0]
    assert f"where {WHERE}" in " ".join(as_text(within).split())
    assert "where" not in as_text(whole).split("·")[1]


def test_a_domain_is_no_filter() -> None:
    """PSUs without a rating in it stay in the design: the same as the domain of a crossing."""
    by = estimate(opened(DESIGN), by=["country"])
    row = by.table.column("country").to_pylist().index("DK")
    within = estimate(opened(DESIGN), where="country = DK")
    same(within.covariance()[0, 0], by.covariance()[row, row])
    assert np.isclose(within.table.column("df")[0].as_py(), by.table.column("df")[row].as_py())


def test_disclosure_control_refuses_a_domain_that_it_cannot_relate() -> None:
    tables = [estimate(opened(DESIGN), where="sector = B2B")]
    with pytest.raises(UsageError, match="where sector = B2B cannot be audited"):
        decide(tables, DisclosureRules())


def test_sql_is_made_of_the_parts_alone(ratings: Responses) -> None:
    found = read_where("channel = 'it''s' and not (ease > 1)", ratings)
    assert found.sql == "((channel = 'it''s') AND (NOT (\"ease\" > 1)))"
    assert found.needs == ("channel", "ease")


def test_a_value_is_text_where_the_column_is() -> None:
    with pytest.raises(AdvocacyError):
        read_where("channel = 5", opened(DESIGN))
