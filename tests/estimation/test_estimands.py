"""The specification of the estimands, by hand on a few ratings, run through the grouped pass."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path

import pytest

from advocacy.errors import MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.estimand import Estimand, Unit
from advocacy.estimation.estimands import ESTIMANDS, INTENTS, find_intent
from advocacy.estimation.specification import (
    PARTS,
    Expectation,
    expectations,
    meanings,
    ratings_file,
)
from advocacy.provenance import sha256
from advocacy.responses import Responses, Source, import_source, open_responses
from advocacy.responses.schema import COLUMNS, FOLLOWUPS
from advocacy.survey import DuckDB, survey_design
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.statement import Domain

SPECIFICATION = [(part, expected) for part in PARTS for expected in expectations(part)]
CASES = pytest.mark.parametrize(
    ("part", "expected"), SPECIFICATION, ids=lambda case: getattr(case, "estimand", case)
)

MEANINGS = {meaning.estimand: meaning for part in PARTS for meaning in meanings(part)}


@pytest.fixture(scope="module")
def responses() -> dict[str, Responses]:
    return {part: open_responses(ratings_file(part)) for part in PARTS}


def weights(part: str) -> dict[str, Fraction]:
    with ratings_file(part).open(encoding="utf-8", newline="") as file:
        return {row["rating_id"]: Fraction(row["weight"]) for row in csv.DictReader(file)}


def cells_of(responses: Responses, expected: Expectation, by: list[Domain]) -> Cells:
    intent = find_intent(expected.intent or "score_10").condition()
    ratio = ESTIMANDS[expected.estimand].ratio(intent)
    return grouped_pass(responses, survey_design(responses), ratio, by, DuckDB())


def test_every_estimand_is_specified() -> None:
    assert {expected.estimand for _, expected in SPECIFICATION} == set(ESTIMANDS) == set(MEANINGS)


@CASES
def test_the_hand_computation_adds_up(part: str, expected: Expectation) -> None:
    """The fraction is what the listed ratings, values and weights give."""
    assert len(expected.ratings) == len(expected.numerator) == len(expected.base)
    if ESTIMANDS[expected.estimand].incidence:
        return  # worked out below
    own = [weights(part)[rating] for rating in expected.ratings]
    for values, total in zip((expected.numerator, expected.base), expected.totals, strict=True):
        assert sum(w * Fraction(v) for w, v in zip(own, values, strict=True)) == total


@CASES
def test_each_rating(responses: dict[str, Responses], part: str, expected: Expectation) -> None:
    """Which ratings are in the base, and what each of them counts."""
    cells = cells_of(responses[part], expected, [Domain("rating", "rating_id")])
    names = cells.domains.column("rating").to_pylist()
    weight = weights(part)
    sums = list(zip([names[d] for d in cells.domain], cells.x, cells.z, strict=True))
    assert [(x, z) for rating, x, z in sums if rating is None] in ([], [(0, 0)])
    found = {
        rating: (x / float(weight[rating]), z / float(weight[rating]))
        for rating, x, z in sums
        if rating is not None
    }
    given = zip(expected.ratings, expected.numerator, expected.base, strict=True)
    assert found == {
        rating: pytest.approx((float(x), float(z)), abs=1e-15) for rating, x, z in given if float(z)
    }


@CASES
def test_the_estimate(responses: dict[str, Responses], part: str, expected: Expectation) -> None:
    chosen = ESTIMANDS[expected.estimand]
    (row,) = estimate(
        responses[part],
        estimand=expected.estimand,
        intent=expected.intent or "score_10",
        interval="korn_graubard" if chosen.proportion else "wald",
    ).table.to_pylist()
    numerator, base = expected.totals
    assert row["estimate"] == pytest.approx(float(numerator / base), rel=1e-14)
    assert row["n"] == len(expected.ratings)
    meaning = MEANINGS[expected.estimand]
    assert (row["estimand"], row["rung"], row["quantity"]) == (
        expected.estimand,
        meaning.rung,
        meaning.quantity,
    )


@pytest.mark.parametrize("estimand", ESTIMANDS.values(), ids=lambda e: e.name)
def test_what_an_estimand_means(estimand: Estimand) -> None:
    meaning = MEANINGS[estimand.name]
    assert (estimand.rung, estimand.quantity) == (meaning.rung, meaning.quantity)
    assert estimand.unit == meaning.unit
    assert estimand.proportion == meaning.proportion
    assert estimand.conditional == (meaning.intent == "given")
    assert estimand.uses_intent == (meaning.intent != "none")
    assert (meaning.quantity == "rate") == (meaning.intent == "given")


@pytest.mark.parametrize("estimand", ESTIMANDS.values(), ids=lambda e: e.name)
def test_how_a_question_is_worded(estimand: Estimand) -> None:
    """The words of one rung are never used on another, and the intent is named where used."""
    asks = estimand.asks
    assert asks.endswith("?")
    assert ("{intent}" in asks) == estimand.uses_intent
    said = "say that they" in asks and "in the 12 months before" in asks
    assert said == (estimand.rung == "retrospective")
    assert ("go on to" in asks) == (estimand.rung == "prospective")
    incomplete = "allowing for those who leave the follow-up" in asks
    assert incomplete == (estimand.incidence is not None)
    assert ("complete cases only" in asks) == (
        estimand.rung == "prospective" and estimand.incidence is None
    )
    assert ("on record" in asks) == estimand.rung.startswith("verified")


def test_incidences_by_hand() -> None:
    """Numbers who are followed at each step, and who then recommend or churn, by their weights."""
    rate = {(e.estimand, e.intent): Fraction(e.estimate) for e in expectations("dated")}
    one = Fraction(1)
    # Of 13: one churns at once, one recommends, two leave, one recommends and one churns, one
    # recommends and two churn, and two of the last four recommend.
    first = Fraction(1, 13)
    left = Fraction(11, 13)
    second, left = left / 9, left * (one - Fraction(2, 9))
    third, left = left / 7, left * (one - Fraction(3, 7))
    whole = first + second + third + left * Fraction(2, 4)
    assert rate["converted_within_12m", "score_10"] == whole
    # Churn ends nothing: one, then after two have left one of ten, one of nine, two of eight, two
    # of six.
    stay = Fraction(12, 13) * Fraction(9, 10) * Fraction(8, 9) * Fraction(6, 8) * Fraction(4, 6)
    assert rate["converted_within_12m_any", "score_10"] == one - stay


@pytest.mark.parametrize(("part", "expected"), SPECIFICATION)
def test_a_proportion_counts_zeros_and_ones(part: str, expected: Expectation) -> None:
    values = {*expected.numerator, *expected.base}
    if ESTIMANDS[expected.estimand].proportion:
        assert values <= {"0", "1"}


def test_what_is_no_proportion_is_specified_by_more_than_zeros_and_ones() -> None:
    beyond = {
        expected.estimand
        for _, expected in SPECIFICATION
        if not {*expected.numerator, *expected.base} <= {"0", "1"}
    }
    assert beyond == {estimand.name for estimand in ESTIMANDS.values() if not estimand.proportion}


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (
            "score",
            {0: (0, 1), 6: (1, 1), 7: (1, 1), 9: (1 / 3, 2), 10: (3 / 4, 3)},
        ),
        ("score_band", {"0-6": (2 / 3, 2), "10": (3 / 4, 3), "7-8": (1, 1), "9": (1 / 3, 2)}),
    ],
)
def test_the_score_replaces_the_intent(
    responses: dict[str, Responses], by: str, expected: dict[object, tuple[float, int]]
) -> None:
    """The curve: each score its own rate. No score, no row; and no intent set is named."""
    rows = estimate(responses["answers"], by=[by]).table.to_pylist()
    assert {row[by]: (pytest.approx(row["estimate"]), row["n"]) for row in rows} == expected
    assert {row["intent"] for row in rows} == {None}


@pytest.mark.parametrize("estimand", ["intent_share", "true_advocates"])
def test_a_share_is_not_crossed_with_the_score(
    responses: dict[str, Responses], estimand: str
) -> None:
    with pytest.raises(UsageError, match="score"):
        estimate(responses["answers"], estimand=estimand, by=["score"])


# One rating that is in the base of every estimand.
VALUES = {
    "score": "10",
    "recommended_past_12m": "1",
    "recommendations_past_12m": "2",
    "discouraged_past_12m": "0",
    "interviewed_on": "2024-03-15",
    "verification_checked": "1",
    "verified_recommended_on": "2024-02-01",
    "followed_up_on": "2025-04-01",
    "recommended_since": "1",
    "first_recommended_on": "2024-05-01",
    "churned_on": "2025-02-01",
}


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_the_columns_that_an_estimand_needs(tmp_path: Path, estimand: str) -> None:
    """Without any one of them it is refused by name; with them alone it works."""
    needs = ESTIMANDS[estimand].needs
    path = tmp_path / "a.csv"
    row = ",".join(VALUES[name] for name in needs)
    lines = [",".join((*needs, "wave")), *[f"{row},x"] * 3]
    path.write_text("\n".join(lines))
    alone = Expectation(estimand, "score_10", (), (), (), "")
    assert cells_of(open_responses(path), alone, []).n.tolist() == [3]
    for absent in needs:
        path.write_text("\n".join([lines[0].replace(f"{absent},", "other,"), *lines[1:]]))
        with pytest.raises(MissingColumnError, match=f"{estimand} needs the column {absent}"):
            estimate(open_responses(path), estimand=estimand)


@pytest.mark.parametrize("estimand", ESTIMANDS.values(), ids=lambda e: e.name)
def test_it_needs_the_columns_of_its_expressions(estimand: Estimand) -> None:
    ratio = estimand.ratio(find_intent("score_10").condition())
    named = set(re.findall(r"\w+", ratio.numerator + ratio.base))
    assert set(estimand.needs) == named & set(COLUMNS)


def test_a_panel_is_imported_with_its_follow_up(tmp_path: Path) -> None:
    """Both interviews in one row: the follow-up comes through the import, dates and all."""
    lines = ratings_file("followups").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "does not count" not in line]  # the import marks those
    (tmp_path / "panel.csv").write_text("".join(kept).replace("excluded", "reason"))
    listed = (("panel.csv", sha256(tmp_path / "panel.csv")),)
    import_source(Source(tmp_path, "panel", "simulated", listed), tmp_path / "data")
    panel = open_responses(tmp_path / "data")
    told = {column.name for column in FOLLOWUPS} & set(lines[0].strip().split(","))
    assert len(told) >= 4
    assert told <= set(panel.columns)
    for expected in expectations("followups"):
        cells = cells_of(panel, expected, [])
        numerator, base = expected.totals
        assert cells.x.sum() / cells.z.sum() == pytest.approx(float(numerator / base), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "scores"),
    [
        ("score_10", (10,)),
        ("promoters", (9, 10)),
        ("top_3", (8, 9, 10)),
        ("passives", (7, 8)),
        ("detractors", (0, 1, 2, 3, 4, 5, 6)),
        ("10,8,8", (8, 10)),
        ("scores_8_10", (8, 10)),
    ],
)
def test_intents(name: str, scores: tuple[int, ...]) -> None:
    assert find_intent(name).scores == scores


def test_promoters_passives_and_detractors_are_all_scores() -> None:
    scores = [s for name in ("promoters", "passives", "detractors") for s in INTENTS[name].scores]
    assert sorted(scores) == list(range(11))


def test_every_unit_is_used() -> None:
    assert {estimand.unit for estimand in ESTIMANDS.values()} == set(Unit)
