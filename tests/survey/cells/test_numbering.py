"""Numbers in place of values, against NumPy and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from advocacy.responses import open_responses
from advocacy.survey import DuckDB, SurveyDesign
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.numbering import matches, numbered, numbered_rows, summed
from advocacy.survey.cells.statement import Domain, Ratio


@pytest.mark.parametrize("bound", [8, 10**9], ids=["marked", "sorted"])
def test_distinct_keys_are_those_of_numpy(bound: int) -> None:
    key = np.array([7, 2, 2, 0, 7])
    distinct, position = numbered(key, bound)
    assert distinct.tolist() == [0, 2, 7]
    assert distinct[position].tolist() == key.tolist()


def test_matches_are_all_pairs_of_the_same_number() -> None:
    ordered, wanted = np.array([0, 0, 2, 3]), np.array([2, 1, 0])
    position, place = matches(ordered, wanted, 4)
    assert list(zip(position.tolist(), place.tolist(), strict=True)) == [(0, 2), (2, 0), (2, 1)]


def test_a_number_without_values_sums_to_nought() -> None:
    assert summed(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 4).tolist() == [1, 0, 5, 0]


def test_combinations_are_numbered_as_they_first_occur() -> None:
    table = pa.table({"sector": ["b", "a", "b", None], "country": [1, 1, 1, 1]})
    number, combinations = numbered_rows(table, ["sector", "country"])
    assert number.tolist() == [0, 1, 0, 2]
    assert combinations.column("sector").to_pylist() == ["b", "a", None]
    number, _ = numbered_rows(table, [])
    assert number.tolist() == [0, 0, 0, 0]


def test_many_keys_stay_apart_where_their_combinations_exceed_64_bits(tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("score\n" + "10\n" * 1024, encoding="utf-8")
    keys = [Domain("half", "file_row > 512")]
    keys += [Domain(f"key{number}", "file_row % 512") for number in range(8)]
    design = SurveyDesign("as_given")
    found = grouped_pass(open_responses(path), design, Ratio("1", "1"), keys, DuckDB())
    assert found.domains.num_rows == found.n_domains == 1024
