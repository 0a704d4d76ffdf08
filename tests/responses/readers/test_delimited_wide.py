"""Texts with more names than the first bytes hold, and names longer than a field may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.responses import read_labelled


@pytest.mark.parametrize("letter", [",", ";", "\t"])
def test_all_names_are_read_however_many(tmp_path: Path, letter: str) -> None:
    """They take 160,000 bytes: where a first look ends, it would cut one into another's name."""
    long = "a" * 77
    names = [f"{long}{number}" for number in range(2_000)]
    rows = [[str((number + row) % 11) for number in range(2_000)] for row in range(3)]
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{letter.join(record)}\n" for record in (names, *rows)))
    values = read_labelled(path).values
    assert values.column_names == names
    assert values[names[-1]].to_pylist() == [row[-1] for row in rows]


def test_a_decimal_comma_below_long_names_is_seen(tmp_path: Path) -> None:
    names = [f"{'tilfredshet' * 8}_{number}" for number in range(1_000)]
    path = tmp_path / "a.csv"
    path.write_text(";".join(names) + "\n" + (";".join(["4,5"] * 1_000) + "\n") * 3)
    assert read_labelled(path).values[names[-1]].to_pylist() == ["4.5"] * 3
