"""The grammar of conditions: trees by hand, and one written form that reads as the same tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advocacy.estimation.where_grammar import (
    Between,
    Comparison,
    Condition,
    Joined,
    Missing,
    Not,
    OneOf,
    parsed,
    written,
)

A, B, C = (Comparison(name, "=", "1") for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a=1", A),
        ("a = 1 AND b = 1 or c = 1", Joined("or", (Joined("and", (A, B)), C))),
        ("a = 1 and (b = 1 or c = 1)", Joined("and", (A, Joined("or", (B, C))))),
        ("not a = 1 and b = 1", Joined("and", (Not(A), B))),
        ("not (a = 1 and b = 1)", Not(Joined("and", (A, B)))),
        ("a not in (x, 'y z')", Not(OneOf("a", ("x", "y z")))),
        ("a between -1.5 and 2e3 and b = 1", Joined("and", (Between("a", "-1.5", "2e3"), B))),
        ("a is not missing", Not(Missing("a"))),
        # Words of the grammar are names and values where these stand.
        ("in = IN", Comparison("in", "=", "IN")),
        ("is in (IS, or, NOT)", OneOf("is", ("IS", "or", "NOT"))),
        ("a between and and or", Between("a", "and", "or")),
        ('a <> "it\'s"', Comparison("a", "!=", "it's")),
        ("a == 'it''s'", Comparison("a", "=", "it's")),
        ("a ≥ “x y”", Comparison("a", ">=", "x y")),
    ],
)
def test_a_text_is_read_as_the_tree_that_it_means(text: str, tree: Condition) -> None:
    assert parsed(text) == tree


NAMES = st.sampled_from(["a", "b", "in", "is"])
VALUES = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=6)
LEAVES = (
    st.builds(Comparison, NAMES, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), VALUES)
    | st.builds(OneOf, NAMES, st.lists(VALUES, min_size=1, max_size=3).map(tuple))
    | st.builds(Between, NAMES, VALUES, VALUES)
    | st.builds(Missing, NAMES)
)
TREES = st.recursive(
    LEAVES,
    lambda parts: (
        parts.map(Not)
        | st.builds(Joined, st.just("or"), st.tuples(LEAVES, LEAVES))
        | st.builds(Joined, st.just("and"), st.tuples(LEAVES, st.builds(Not, parts)))
    ),
    max_leaves=6,
)


@given(TREES)
def test_what_is_written_reads_as_the_same_tree(tree: Condition) -> None:
    assert parsed(written(tree)) == tree
