"""What follows by subtraction is held to the rules on suppliers; cases worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ratings import DENMARK, FINLAND, NORDIC, Cell, of_cells, opened
from scipy import sparse

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.disclosure.audit import audit
from advocacy.estimation.disclosure.disclosure import decide, withhold
from advocacy.estimation.disclosure.dominance import to_hide
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.disclosure.unions import derivable_sums, sums_within
from advocacy.responses import Responses, open_responses

RULES = DisclosureRules()
CROSSINGS = ((), ("sector",), ("country",), ("sector", "country"))


def of(responses: Responses, *crossings: tuple[str, ...]) -> list[Estimates]:
    return [estimate(responses, by=by) for by in crossings]


def hidden(tables: list[Estimates], reasons: list[list[str | None]]) -> list[set[str]]:
    """Return the withheld rows of each table by their levels."""
    return [
        {
            " ".join(str(row[name]) for name in table.by)
            for row, reason in zip(table.table.to_pylist(), own, strict=True)
            if reason
        }
        for table, own in zip(tables, reasons, strict=True)
    ]


@pytest.mark.parametrize("by_responses", [True, False])
def test_two_suppliers_withheld_together_need_a_third_cell(
    tmp_path: Path, by_responses: bool
) -> None:
    responses = opened(of_cells((*NORDIC, DENMARK, FINLAND)), tmp_path)
    tables = of(responses, *CROSSINGS)
    reasons = decide(tables, RULES, responses=responses if by_responses else None)
    # B2B less Norway and Sweden are 85 ratings, and either supplier has its own of them.
    assert hidden(tables, reasons) == [
        set(),
        set(),
        {"DK", "FI", "SE"},
        {"B2B DK", "B2B FI", "B2B SE"},
    ]


def test_a_supplier_that_names_no_country_is_no_remainder(tmp_path: Path) -> None:
    cells: tuple[Cell, ...] = (*NORDIC, ("B2B", None, 60, 31, 1))
    responses = opened(of_cells(cells), tmp_path)
    tables = of(responses, (), ("country",))
    # All less Norway and Sweden are its 60 ratings. Sweden has fewer ratings than Norway.
    reasons = decide(tables, RULES, responses=responses)
    assert hidden(tables, reasons) == [set(), {"SE"}]
    enough = opened(of_cells((*NORDIC, ("B2B", None, 60, 31, 3))), tmp_path)
    tables = of(enough, (), ("country",))
    assert hidden(tables, decide(tables, RULES, responses=enough)) == [set(), set()]


def test_a_supplier_alone_with_a_score_is_no_difference_of_two_sets(tmp_path: Path) -> None:
    ratings = of_cells(NORDIC)
    # Those of a supplier in Norway who gave 9; 60 ratings, every other one with a yes.
    ratings.loc[ratings.supplier == "B2B-NO-0", "score"] = 9
    responses = opened(ratings, tmp_path)
    tables = [estimate(responses, intent=intent) for intent in ("score_10", "promoters")]
    assert hidden(tables, decide(tables, RULES)) == [set(), set()]
    assert hidden(tables, decide(tables, RULES, responses=responses)) == [{""}, set()]


def test_a_supplier_is_not_too_large_in_a_remainder(tmp_path: Path) -> None:
    # Iceland's 100 ratings are of three suppliers, 80 of them of the one that has Denmark's 100
    # too: 80 % there, and 90 % of both together. With Sweden's 600 it has 180 of 800.
    cells = (*NORDIC, ("B2B", "DK", 100, 45, 1), ("B2B", "IS", 100, 47, 3))
    ratings = of_cells(cells)
    iceland = ratings.index[ratings.country == "IS"]
    ratings.loc[iceland[:80], "supplier"] = "B2B-DK-0"
    ratings.loc[iceland[80:], "supplier"] = ["other", "another"] * 10
    responses = opened(ratings, tmp_path)
    tables = of(responses, (), ("country",))
    reasons = decide(tables, RULES, responses=responses)
    assert hidden(tables, reasons) == [set(), {"DK", "IS", "SE"}]


def test_a_client_s_own_file_has_no_rule_on_suppliers(tmp_path: Path) -> None:
    responses = opened(of_cells((*NORDIC, DENMARK, FINLAND)), tmp_path)
    tables = of(responses, *CROSSINGS)
    reasons = decide(tables, RULES.own_file(), responses=responses)
    assert hidden(tables, reasons) == [set()] * 4


def test_a_withheld_row_is_audited_where_another_table_shows_its_n(tmp_path: Path) -> None:
    responses = opened(of_cells((*NORDIC, DENMARK, FINLAND)), tmp_path)
    (table,) = of(responses, ("country",))
    (shown,) = withhold([table], RULES)
    # Another target has the same ratings; there the rows were forgotten.
    found = audit([shown, table], RULES)
    assert [(one.what, one.n, one.hits) for one in found] == [
        ("row", (47, 47), (22, 22)),
        ("row", (38, 38), (20, 20)),
    ]
    assert audit([shown, shown], RULES) == []


# The algebra -----------------------------------------------------------------------------------

NAN = np.nan


def test_a_sum_of_counts_of_few_suppliers_is_found_and_one_with_another_is_not() -> None:
    # total = a + b + c; a, b of few suppliers.
    matrix = sparse.csr_array([[1.0, -1, -1, -1]])
    few = np.array([False, True, True, False])
    known = np.array([100.0, NAN, NAN, 40])
    assert derivable_sums(matrix, known, few) == [{1: 1, 2: 1}]
    assert derivable_sums(matrix, np.array([100.0, NAN, NAN, NAN]), few) == []


def test_a_sum_over_two_relations_is_found() -> None:
    # total = u + b and u = a + c: u, unknown, rests on enough suppliers, and total less c is a + b.
    matrix = sparse.csr_array([[1.0, -1, -1, 0, 0], [0, 1, 0, -1, -1]])
    few = np.array([False, False, True, True, False])
    known = np.array([100.0, NAN, NAN, NAN, 40])
    assert derivable_sums(matrix, known, few) == [{2: 1, 3: 1}]


def test_what_holds_whatever_the_counts_are_is_no_finding() -> None:
    # a = b + c, all of few suppliers and unknown; d = e is shown.
    matrix = sparse.csr_array([[1.0, -1, -1, 0, 0], [0, 0, 0, 1, -1]])
    few = np.array([True, True, True, False, False])
    assert derivable_sums(matrix, np.array([NAN, NAN, NAN, 5, 5]), few) == []


def test_slack_that_does_not_add_up_is_hidden_at_the_least_cost() -> None:
    # total = a + b + c. Slacks 0.85 n - own: the supplier has 200 of a, all of it.
    matrix = sparse.csr_array([[1.0, -1, -1, -1]])
    cost = np.array([50.0, NAN, 2, 1])
    slack = np.array([0.85 * 240 - 200, NAN, 0.85 * 20, 0.85 * 20])
    # Less b and c there are 200 ratings, all of one; with c, 220; with both, 240 and 83 %.
    assert to_hide(matrix, slack, cost).tolist() == [2, 3]
    alone = np.array([0.85 * 240 - 200, NAN, 0.85 * 40, NAN])
    assert to_hide(matrix, alone, cost).tolist() == [2]
    fine = np.array([0.85 * 300 - 200, NAN, 0.85 * 20, 0.85 * 20])
    assert to_hide(matrix, fine, cost).tolist() == []


def test_a_total_of_many_industries_of_one_supplier_each_is_shown(tmp_path: Path) -> None:
    """Each industry is withheld, and what a supplier takes off the total leaves nine together."""
    rows = [
        f"s{number},{letter},10,{int(turn % 2 == 0)}"
        for number, letter in enumerate("ABCDEFGHIL")
        for turn in range(40)
    ]
    path = tmp_path / "answers.csv"
    head = "supplier,industry,score,recommended_past_12m\n"
    path.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    responses = open_responses(path)
    tables = [estimate(responses, by=by) for by in ([], ["industry"])]
    whole, parts = decide(tables, DisclosureRules(), responses=responses)
    assert whole == [None]
    assert parts == ["few_suppliers"] * 10
    # Of two, each would have the other's.
    path.write_text(head + "\n".join(rows[:80]) + "\n", encoding="utf-8")
    responses = open_responses(path)
    tables = [estimate(responses, by=by) for by in ([], ["industry"])]
    whole, parts = decide(tables, DisclosureRules(), responses=responses)
    assert whole == ["few_suppliers"]


def test_what_two_could_tell_of_each_other_follows_from_sums_that_overlap() -> None:
    """A + B + C and B + C + D are known: no sum is of two, and A has D by their difference."""
    sums = [{0: 1, 1: 1, 2: 1}, {1: 1, 2: 1, 3: 1}]
    assert sums_within(sums, {0, 3}) == [{0: 1, 3: -1}]
    assert sums_within(sums, {1, 2}) == []
    assert sums_within(sums, {0, 1}) == []
    assert sums_within([{0: 2, 1: 1}, {1: 3, 2: 1}], {0, 2}) == [{0: 6, 2: -1}]
