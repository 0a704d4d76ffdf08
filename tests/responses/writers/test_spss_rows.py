"""Rows as the format packs them, read by a program that is not ours."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyreadstat
import pytest

from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.spss_header import Place
from advocacy.responses.writers import spss_rows
from advocacy.responses.writers.spss import write_sav
from advocacy.responses.writers.spss_rows import compressed_rows

NUMBERS = [
    *(-100.0, -99.0, -1.0, 0.0, 1.0, 151.0, 152.0, 0.5, -98.5, 150.25, 1e15, -1e-300),
    *(1.7e308, math.nan, float(2**53)),
]
TEXTS = ["", " ", "a", "12345678", "123456789", " led", "Ærlig økonomi på Åland", "שלום", "x" * 255]
LONG = [
    "y" * 256,
    "",
    "z" * 511,
    "".join(f"{n:05d}" for n in range(220)),
    "å" * 500,
    " " * 300 + "w",
]


def write(path: Path, **columns: pa.Array) -> None:
    table = pa.table(columns)
    write_sav(LabelledTable(path, table, tuple(Variable(name) for name in columns)), path)


def test_commands_are_those_of_the_format() -> None:
    """By hand: 1 is 101, no number 255, 0.5 follows, blanks are 254, and zeros fill up."""
    numbers = np.array([1.0, math.nan, 0.5])
    (content,) = compressed_rows([numbers, pa.array(["", "ab", ""])], [Place(0), Place(1, (1,))])
    half = np.float64(0.5).tobytes()
    assert content == bytes([101, 254, 255, 253, 253, 254, 0, 0]) + b"ab      " + half


def test_a_negative_zero_is_not_the_zero_of_a_command() -> None:
    (content,) = compressed_rows([np.array([-0.0, 0.0])], [Place(0)])
    assert content == bytes([253, 100, 0, 0, 0, 0, 0, 0]) + np.float64(-0.0).tobytes()


@pytest.mark.parametrize("block", [1, 64, 2**21])
def test_pyreadstat_reads_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(spss_rows, "_BLOCK", block)
    rows = 101
    numbers = [NUMBERS[n % len(NUMBERS)] for n in range(rows)]
    texts = [TEXTS[n % len(TEXTS)] for n in range(rows)]
    longs = [LONG[n % len(LONG)] for n in range(rows)]
    given = {
        "n": pa.array(numbers),
        "t": pa.array(texts),
        "lang": pa.array(longs),
        "m": pa.array(numbers),
    }
    write(tmp_path / "made.sav", **given)
    read, about = pyreadstat.read_sav(tmp_path / "made.sav")
    assert about.number_rows == rows
    for name in ("n", "m"):
        np.testing.assert_array_equal(read[name].to_numpy(), np.array(numbers))
    # Blanks behind a text mean nothing in SPSS.
    assert read["t"].tolist() == [text.rstrip(" ") for text in texts]
    assert read["lang"].tolist() == [text.rstrip(" ") for text in longs]


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9])
def test_any_number_of_rows_is_written(tmp_path: Path, rows: int) -> None:
    write(tmp_path / "made.sav", a=pa.array([2.0] * rows), b=pa.array(["bb"] * rows, pa.string()))
    read, about = pyreadstat.read_sav(tmp_path / "made.sav")
    assert (about.number_rows, read["a"].tolist(), read["b"].tolist()) == (
        rows,
        [2.0] * rows,
        ["bb"] * rows,
    )


def test_part_of_a_column_is_written_as_itself(tmp_path: Path) -> None:
    texts = pa.chunked_array([["a", "b"], ["c", None, "e"]]).slice(1, 3)
    write(tmp_path / "made.sav", b=texts, n=pa.array([1, None, 3]))
    read, _ = pyreadstat.read_sav(tmp_path / "made.sav")
    assert read["b"].tolist() == ["b", "c", ""]
    np.testing.assert_array_equal(read["n"].to_numpy(), [1.0, np.nan, 3.0])
