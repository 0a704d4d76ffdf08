"""What is read of one SPSS file here and by pyreadstat, and how often that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from advocacy.responses.readers import all_rows, scan_labelled, spss

ROWS = 30


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    path = tmp_path / "survey.sav"
    frame = pd.DataFrame({"score": [row % 11 for row in range(ROWS)], "town": ["Åre", "Oslo"] * 15})
    pyreadstat.write_sav(frame.astype({"score": float}), path)
    return path


def test_the_dictionary_is_read_once(survey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a small file all rows come with it: a call for them would read it anew."""
    calls = []
    read = pyreadstat.read_sav

    def counted(*arguments: object, **options: object) -> object:
        calls.append(options)
        return read(*arguments, **options)

    monkeypatch.setattr(pyreadstat, "read_sav", counted)
    values = all_rows(scan_labelled(survey)).values
    assert values["score"].to_pylist() == [float(row % 11) for row in range(ROWS)]
    assert values["town"].to_pylist() == ["Åre", "Oslo"] * 15
    assert len(calls) == 1


def test_rows_beyond_the_head_are_read(survey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head ends in the middle of a batch, and of the file."""
    monkeypatch.setattr(spss, "_HEAD_ROWS", 7)
    batches = list(scan_labelled(survey).batches(None, 4))
    scores = [score for batch in batches for score in batch["score"].to_pylist()]
    assert scores == [float(row % 11) for row in range(ROWS)]


@pytest.mark.parametrize("row", [0, 7, ROWS - 1])
def test_a_difference_in_any_row_is_said(
    survey: Path, row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And pyreadstat's values are taken."""
    read = spss.columns_of

    def other(*arguments: Any) -> Iterator[list[Any]]:
        for at, (*scores, town) in enumerate(read(*arguments)):  # texts alone are looked at first
            numbers = np.arange(len(town)) + at * len(town)
            yield [*(np.where(numbers == row, 99.0, score) for score in scores), town]

    monkeypatch.setattr(spss, "columns_of", other)
    table = all_rows(scan_labelled(survey))
    assert "spss.values" in [remark.key for remark in table.assumptions]
    assert table.values["score"].to_pylist() == [float(n % 11) for n in range(ROWS)]
