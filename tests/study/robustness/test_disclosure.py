"""What is published of how wrong the headline could be, attacked as readers would."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.report.results import ledger_numbers
from advocacy.responses import Responses, open_responses
from advocacy.robustness.misreport import misreport
from advocacy.robustness.multiverse.choices import Choices, Multiverse
from advocacy.robustness.multiverse.permutation import multiverse_test
from advocacy.robustness.multiverse.specifications import multiverse
from advocacy.robustness.nonresponse import nonresponse
from advocacy.robustness.recall import recall
from advocacy.study.published import publish

RULES = DisclosureRules()
CHOICES = Choices(
    intent=("score_10", "promoters"),
    dont_know=("left_out", "as_no"),
    window=(12, 6),
    countries=("all", "without FI", "without SE"),
)
ROUNDED = 0.0005


def ratings(seed: int, n: int = 1500, *, finns: int = 60) -> pd.DataFrame:
    """Return ratings of six suppliers in three countries, a few of them without an answer."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "score": rng.choice([7, 8, 9, 10], n, p=[0.1, 0.2, 0.2, 0.5]),
            "country": rng.choice(["NO", "SE"], n),
            "supplier": rng.choice([f"s{number}" for number in range(6)], n),
            "sector": rng.choice(["B2B", "B2C"], n),
            "source_kind": "simulated",
        }
    )
    frame.loc[rng.choice(n, finns, replace=False), "country"] = "FI"
    yes = rng.random(n) < 0.5
    frame["recommended_past_12m"] = pd.array(yes, dtype="boolean")
    frame["months_since_recommended"] = np.where(yes, rng.integers(0, 13, n), np.nan)
    return frame


def opened(frame: pd.DataFrame, folder: Path) -> Responses:
    path = folder / "ratings.parquet"
    frame.to_parquet(path, index=False)
    return open_responses(path)


def nothing_again(name: str, support: Collection[tuple[str, ...]]) -> Estimates:
    raise AssertionError(name)


def published(
    responses: Responses, tables: dict[str, Estimates], rules: DisclosureRules = RULES
) -> dict[str, Estimates]:
    rates = {"overall": estimate(responses), "sector": estimate(responses, by=["sector"])}
    return publish(rates | tables, rules, responses, nothing_again)


def withheld(table: Estimates) -> set[str]:
    rows = table.table.to_pylist()
    return {row["assumption"] for row in rows if row["reliability"] == "withheld"}


def without_answer(frame: pd.DataFrame, rows: pd.Index) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[rows, "recommended_past_12m"] = pd.NA
    frame.loc[rows, "months_since_recommended"] = np.nan
    return frame


@pytest.mark.parametrize(("few", "shown"), [(0, True), (4, False), (40, True)])
def test_few_who_left_out_an_answer_hide_what_supposes_something_of_them(
    few: int, shown: bool, tmp_path: Path
) -> None:
    """The limits of item bounds are y/(y+n+m) and (y+m)/(y+n+m): they tell m to a reader of n."""
    frame = ratings(1)
    tens = frame.index[frame.score == 10]
    responses = opened(without_answer(frame, tens[:few]), tmp_path)
    table = published(responses, {"silent": nonresponse(responses)})["silent"]
    behind = {"item_bounds", "bounds_stated", "selection"}
    assert withheld(table) == (set() if shown else behind)
    numbers = ledger_numbers(table, "silent")
    part = "range" if few else "rate"  # with all answers the bounds are the rate
    assert (f"silent:item_bounds:{part}" in numbers) is shown
    assert "silent:reported:rate" in numbers


def test_few_of_one_domain_hide_it_in_all(tmp_path: Path) -> None:
    """All less the one domain, and the other domain, would tell of the few."""
    frame = ratings(2)
    of_b2b = frame.index[(frame.score == 10) & (frame.sector == "B2B")]
    of_b2c = frame.index[(frame.score == 10) & (frame.sector == "B2C")]
    responses = opened(without_answer(frame, of_b2b[:4].union(of_b2c[:60])), tmp_path)
    tables = {
        "all": nonresponse(responses),
        "by_sector": nonresponse(responses, by=["sector"]),
    }
    shown = published(responses, tables)
    assert withheld(shown["all"]) == set()
    assert "item_bounds" in withheld(shown["by_sector"])
    rows = shown["by_sector"].table.to_pylist()
    assert {r["low"] for r in rows if r["assumption"] == "item_bounds"} == {None}


def test_answers_that_one_supplier_lacks_are_not_told(tmp_path: Path) -> None:
    frame = ratings(3)
    of_one = frame.index[(frame.score == 10) & (frame.supplier == "s0")]
    responses = opened(without_answer(frame, of_one[:30]), tmp_path)
    table = published(responses, {"silent": nonresponse(responses)})["silent"]
    assert "item_bounds" in withheld(table)


def test_a_month_of_few_hides_the_profile_and_not_the_windows(tmp_path: Path) -> None:
    frame = ratings(4)
    tens = frame.index[(frame.score == 10) & (frame.months_since_recommended == 5)]
    frame.loc[tens[4:], "months_since_recommended"] = 6
    responses = opened(frame, tmp_path)
    table = published(responses, {"recall": recall(responses)})["recall"]
    assert withheld(table) == {"profile"}
    rows = [r for r in table.table.to_pylist() if r["assumption"] == "profile"]
    assert {row["n_numerator"] for row in rows} == {None}


@pytest.mark.parametrize(("found", "shown"), [(2, False), (20, True)])
def test_few_found_on_record_hide_what_records_tell(
    found: int, shown: bool, tmp_path: Path
) -> None:
    """Of those who say that they did not, two on record make a specificity of two people."""
    frame = ratings(5)
    frame["interviewed_on"] = pd.Timestamp("2025-05-01")
    frame["verification_checked"] = True
    frame["verified_recommended_on"] = pd.NaT
    did = frame.index[(frame.score == 10) & frame.recommended_past_12m]
    did_not = frame.index[(frame.score == 10) & ~frame.recommended_past_12m.astype(bool)]
    frame.loc[did[: len(did) // 2], "verified_recommended_on"] = pd.Timestamp("2025-01-01")
    frame.loc[did_not[:found], "verified_recommended_on"] = pd.Timestamp("2025-01-01")
    for name in ("interviewed_on", "verified_recommended_on"):
        frame[name] = frame[name].dt.date
    responses = opened(frame, tmp_path)
    table = published(responses, {"records": misreport(responses)})["records"]
    assert withheld(table) == (set() if shown else {"validated", "on_record"})
    rows = table.table.to_pylist()
    told = [row["sensitivity"] for row in rows if row["assumption"] == "validated"]
    assert (told != [None]) is shown


def test_rows_of_a_withheld_rate_are_withheld(tmp_path: Path) -> None:
    responses = opened(ratings(6), tmp_path)
    strict = DisclosureRules(smallest_n=10_000)
    table = published(responses, {"recall": recall(responses)}, strict)["recall"]
    assert set(table.table.column("reliability").to_pylist()) == {"withheld"}
    assert ledger_numbers(table, "recall") == {}


# All analyses


def analyses(responses: Responses) -> Estimates:
    return multiverse(responses, Multiverse(CHOICES))


def shown_analyses(responses: Responses, rules: DisclosureRules = RULES) -> Estimates:
    found = analyses(responses)
    return published(responses, {"specifications": found}, rules)["specifications"]


def test_options_that_differ_by_few_ratings_are_left_out(tmp_path: Path) -> None:
    """Seven Finns score 10: with and without them, their rate would follow."""
    frame = ratings(7, finns=7)
    frame.loc[frame.country == "FI", "score"] = 10
    table = shown_analyses(opened(frame, tmp_path))
    countries = set(table.table.column("countries").to_pylist())
    assert "without FI" not in countries
    assert "without SE" in countries


def test_analyses_tell_rates_to_a_tenth_of_a_point_and_no_counts(tmp_path: Path) -> None:
    responses = opened(ratings(8), tmp_path)
    table = shown_analyses(responses)
    assert len(table) > 1
    for name in ("n", "n_numerator", "n_eff", "std_error", "df", "deff", "n_suppliers"):
        assert table.table.column(name).null_count == len(table), name
    for name in ("estimate", "conf_low", "conf_high"):
        values = table.table.column(name).to_numpy()
        assert np.abs(values * 1000 - np.round(values * 1000)).max() < 1e-9
    # Rounded, no interval changes what it says of one in two.
    whole = analyses(responses).to_pandas()
    part = table.to_pandas()
    keys = ["intent", "dont_know", "window", "countries"]
    both = part.merge(whole, on=keys, suffixes=("", "_exact"))
    assert len(both) == len(part)
    assert ((both.conf_high < 0.5) == (both.conf_high_exact < 0.5)).all()
    assert ((both.conf_low > 0.5) == (both.conf_low_exact > 0.5)).all()


def base_of(frame: pd.DataFrame, row: dict[str, str]) -> tuple[pd.Series, pd.Series]:
    """Return which ratings an analysis has, and which of them are a yes, by its choices."""
    scores = {"score_10": [10], "promoters": [9, 10]}[row["intent"]]
    inside = frame.score.isin(scores)
    if row["countries"] != "all":
        inside &= frame.country != row["countries"].removeprefix("without ")
    answered = frame.recommended_past_12m.notna()
    if row["dont_know"] == "left_out":
        inside &= answered
    yes = frame.recommended_past_12m.fillna(False).astype(bool)
    if row["window"] == "6":
        yes &= frame.months_since_recommended <= 6
    return inside, yes & inside


def broken(part: pd.DataFrame, yes: int) -> bool:
    """Tell whether a rate of these ratings would be withheld."""
    by_supplier = part.supplier.value_counts()
    return (
        len(part) < RULES.smallest_n
        or min(yes, len(part) - yes) < RULES.smallest_count
        or len(by_supplier) < RULES.fewest_suppliers
        or by_supplier.max() > RULES.largest_supplier * len(part)
    )


@pytest.mark.parametrize("seed", range(6))
def test_no_two_analyses_tell_the_rate_of_few(seed: int, tmp_path: Path) -> None:
    """A reader who knows each base works out the recommenders that one analysis has more.

    They are r n - r' n', known as well as the rates are rounded; of ratings that break a rule
    the reader is left with all that is possible.
    """
    rng = np.random.default_rng(seed)
    frame = ratings(100 + seed, finns=int(rng.choice([5, 12, 60])))
    some = frame.index[rng.random(len(frame)) < rng.choice([0.004, 0.05])]
    frame = without_answer(frame, some)
    rows = shown_analyses(opened(frame, tmp_path)).table.to_pylist()
    bases = [base_of(frame, row) for row in rows]
    for (one, (inside, yes)), (other, (less, its)) in combinations(
        zip(rows, bases, strict=True), 2
    ):
        more = frame[inside & ~less & frame.recommended_past_12m.notna()]
        if (less & ~inside).any() or not len(more) or one["window"] != other["window"]:
            continue
        hits = int(yes[more.index].sum())
        assert int(yes.sum()) - int(its.sum()) == hits
        if not broken(more, hits):
            continue
        worked_out = one["estimate"] * inside.sum() - other["estimate"] * less.sum()
        off = ROUNDED * (inside.sum() + less.sum())
        assert worked_out - off <= 0, (one, other)
        assert worked_out + off >= len(more), (one, other)


def test_all_is_withheld_with_the_study_s_own_rate(tmp_path: Path) -> None:
    table = shown_analyses(opened(ratings(9), tmp_path), DisclosureRules(smallest_n=10_000))
    assert table.table.column("estimate").null_count == len(table)


def test_a_joint_test_needs_enough_of_both_levels(tmp_path: Path) -> None:
    frame = ratings(10)
    frame["programme"] = [f"p{number % 12}" for number in range(len(frame))]
    frame["sector"] = np.where(frame.programme.str[1:].astype(int) % 2, "B2B", "B2C")
    frame["supplier"] = "s" + frame.programme.str[1:]
    responses = opened(frame, tmp_path)
    found = multiverse_test(responses, Multiverse(CHOICES), between="sector", permutations=19)
    test = Comparison(found.table, found.kind, compares="sector")
    shown = published(responses, {"test": test})["test"]
    assert shown.table.column("estimate").null_count == 0
    assert shown.table.column("n").null_count == 2
    none = published(responses, {"test": test}, DisclosureRules(fewest_suppliers=7))["test"]
    assert none.table.column("p_value").null_count == 2
