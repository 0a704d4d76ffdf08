"""Names that a file does not have."""

from __future__ import annotations

from advocacy.responses.labelled import which_names


def test_few_names_are_listed_and_of_many_the_nearest() -> None:
    assert which_names("q9", ["Q1", "Q2"]) == "Name one of: Q1, Q2."
    many = [f"Item_{number}" for number in range(100)] + ["Score"]
    assert which_names("scor", many) == (
        "Did you mean Score? `advocacy inspect` lists the 101 variables."
    )
    assert which_names("zzzz", many) == "`advocacy inspect` lists the 101 variables."
