"""Parts of documents: letters of levels."""

from __future__ import annotations

import pytest

from advocacy.report.contents.parts import column_letters


@pytest.mark.parametrize(
    ("letters", "compares", "shown"),
    [
        ("A", "country", "A"),
        ("A", "industry", "a"),
        ("B C", "industry", "b c"),
        (None, "industry", ""),
    ],
)
def test_letters_of_industries_are_not_taken_for_sections_of_nace(
    letters: str | None, compares: str, shown: str
) -> None:
    assert column_letters(letters, compares) == shown
