"""What the book says of the comparison with R, from a table that was made by hand."""

from __future__ import annotations

from pathlib import Path

from advocacy.study.validation.against_r import (
    against_r_numbers,
    against_r_table,
    read_against_r,
)


def test_the_table_against_r_says_how_far(root: Path) -> None:
    rows = read_against_r(root / "analysis/validation/against_r.csv")
    table = against_r_table(rows)
    assert table.count("\n") == len(rows) + 2
    assert "| R survey" in table
    assert max(float(row["largest_relative"]) for row in rows) < 1e-9
    assert against_r_numbers(
        [{"values": "3", "largest_relative": "2.6e-14"}, {"values": "4", "largest_relative": "0"}]
    ) == {
        "against_r:values": {"text": "7", "value": 7, "source_kind": "measured"},
        "against_r:largest": {"text": "3·10⁻¹⁴", "value": 2.6e-14, "source_kind": "measured"},
    }
