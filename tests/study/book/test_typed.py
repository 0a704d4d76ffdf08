"""A number in the prose of a chapter of results comes from the ledger, or is said to be given."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.study.book.typed import typed_numbers

RESULT = "# T\n\n{number}`overall:rate` have.\n\n"


@pytest.mark.parametrize("typed", ["50.6 %", "0.75", "12,345", "112354", "7 per cent", "−2.1"])
def test_a_typed_result_is_found_with_its_line(typed: str) -> None:
    ((line, found),) = typed_numbers(f"{RESULT}Of them {typed} did.\n")
    assert line == 5
    assert found.lstrip("−") in typed


@pytest.mark.parametrize("above", [":::{note}", ":alt: A figure.", "% a comment", "$x$"])
def test_a_directive_an_option_or_a_comment_hides_its_line_alone(above: str) -> None:
    assert [found for _, found in typed_numbers(f"{RESULT}{above}\nOf them 50.6 % did.\n")] == [
        "50.6 %"
    ]


def test_a_result_typed_at_the_end_of_a_chapter_is_found(root: Path) -> None:
    for chapter in ("headline", "curve", "sectors", "truth"):
        text = (root / f"book/{chapter}.md").read_text(encoding="utf-8")
        assert [found for _, found in typed_numbers(f"{text}\n\nOf them 12.3 % did.\n")] == [
            "12.3 %"
        ], chapter


@pytest.mark.parametrize(
    "text",
    [
        "scores 0 to 10 within 12 months, in 2024",
        "more than {given}`500,000` responses",
        "`score = 100` and [a page](page.md#100)",
        "9 % did (Doe 2020, [doi:10.1007/s11747](https://doi.org/10.1007/s11747))",
        "```\n123456\n```",
        "$x = 0.75$",
    ],
)
def test_what_is_no_result_is_let_be(text: str) -> None:
    assert list(typed_numbers(f"{RESULT}{text}\n")) == []


def test_a_chapter_without_results_states_constants() -> None:
    assert (
        list(typed_numbers("# Methods\n\n`` {number}`id` `` is a role; 95 % is a level.\n")) == []
    )


def test_no_chapter_types_a_result(root: Path) -> None:
    found = {p.name: list(typed_numbers(p.read_text("utf-8"))) for p in root.glob("book/*.md")}
    assert {name: numbers for name, numbers in found.items() if numbers} == {}
