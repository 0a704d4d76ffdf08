"""Answers on attrition, and rungs beside each other, as they may be published."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.follow_up.attrition import Attrition, attrition
from advocacy.estimation.ladder.ladder import ladder
from advocacy.report.results import ledger_numbers
from advocacy.responses import Responses, open_responses
from advocacy.study.published import publish

RULES = DisclosureRules().own_file()
INCIDENCE = "converted_within_12m"
HEAD = (
    "rating_id,score,recommended_past_12m,interviewed_on,followed_up_on,recommended_since,"
    "first_recommended_on,churned_on,source_kind"
)


def people(folder: Path, *, lost: int) -> Responses:
    """Return 60 who score 10: 20 went on to recommend, and some were lost after 3 months."""
    lines = [
        f"{i},10,{i % 2},2024-01-10,{'2024-04-10' if i >= 60 - lost else '2025-02-01'},"
        f"{str(i < 20).lower()},{'2024-06-01' if i < 20 else ''},,simulated"
        for i in range(60)
    ]
    path = folder / f"lost{lost}.csv"
    path.write_text("\n".join([HEAD, *lines]))
    return open_responses(path)


def nothing_again(name: str, support: Collection[tuple[str, ...]]) -> Estimates:
    raise AssertionError(name)


def published(responses: Responses, rules: DisclosureRules = RULES) -> dict[str, Estimates]:
    tables = {
        "rates": estimate(responses, estimand=INCIDENCE),
        "attrition": attrition(responses),
        "ladder": ladder(responses),
    }
    return publish(tables, rules, responses, nothing_again)


@pytest.mark.parametrize(("lost", "shown"), [(20, True), (4, False)])
def test_answers_that_few_tell_apart_are_withheld(lost: int, shown: bool, tmp_path: Path) -> None:
    """Complete cases are all but the lost: of 4 lost the two bases tell of 4 people."""
    found = published(people(tmp_path, lost=lost))["attrition"]
    assert isinstance(found, Attrition)
    held = [value == "withheld" for value in found.table.column("reliability").to_pylist()]
    assert held == [not shown] * 5
    assert (found.table.column("weight_most").null_count < 5) is shown


def test_rungs_of_a_withheld_rate_are_withheld_with_all_that_rests_on_it(tmp_path: Path) -> None:
    found = published(people(tmp_path, lost=20), DisclosureRules(50, 25).own_file())["ladder"]
    assert isinstance(found, Comparison)
    rows = found.table.to_pylist()
    of_incidence = [row for row in rows if row["estimand"] == INCIDENCE]
    assert {row["quantity"] for row in of_incidence} == {"rate", "difference", "unasked"}
    assert all(row["conf_low"] is None and row["estimate"] is None for row in of_incidence)
    numbers = ledger_numbers(found, "ladder")
    assert "ladder:recommended_past_12m:rate" in numbers
    assert not [name for name in numbers if f":{INCIDENCE}:" in name]


def test_numbers_of_rungs_are_those_of_each(tmp_path: Path) -> None:
    numbers = ledger_numbers(published(people(tmp_path, lost=20))["ladder"], "ladder")
    assert numbers["ladder:recommended_past_12m:rate"]["text"].startswith("50.0")
    # 20 of 60 in June, of whom none was lost before.
    rate = numbers[f"ladder:{INCIDENCE}:rate"]["estimate"]
    assert rate == pytest.approx(numbers[f"ladder:{INCIDENCE}:difference"]["estimate"] + 0.5)
    assert f"ladder:{INCIDENCE}:unasked" in numbers
