"""The values of SPSS files, worked out from their bytes by hand or a word at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from numpy.typing import NDArray
from tests.responses.readers.system_file import V, system_file

from advocacy.responses.readers import all_rows, scan_labelled, spss_data
from advocacy.responses.readers.spss_header import read_header

VARIABLES = [V("score"), V("city", width=20), V("spent")]
ROWS = [
    [float(row % 11), ("Oslo", "Tromsø i Nordland", "", " Bø")[row % 4], (None, 1 / 3)[row % 2]]
    for row in range(50)
]


def _one_at_a_time(words: NDArray[np.uint64], first: int) -> list[bool]:
    """Tell which words are values, going from command to command."""
    follows = [False] * len(words)
    at = 0
    while at < len(words):
        values = first if at == 0 and first else 0
        if not values:
            values = words[at : at + 1].tobytes().count(253)
            at += 1
        follows[at : at + values] = [True] * values
        at, first = at + values, 0
    return follows if words.size else [True] * first


@pytest.mark.parametrize("seed", range(40))
def test_commands_are_found_among_values_that_look_like_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, first = int(random.integers(0, 200)), int(random.integers(0, 9))
    share = random.uniform(0, 0.6)
    content = np.where(random.random(n * 8) < share, 253, random.integers(0, 256, n * 8))
    words = content.astype(np.uint8).view(np.uint64)
    assert spss_data.following(words, first).tolist() == _one_at_a_time(words, first)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [0, 1, 2])
@pytest.mark.parametrize("chunk", [8, 24, 2**22])
def test_values_are_whole_wherever_a_part_of_the_file_ends(
    order: str, compression: int, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spss_data, "_CHUNK", chunk)
    monkeypatch.setattr(spss_data, "_BLOCK", chunk)
    path = tmp_path / "survey.sav"
    path.write_bytes(system_file(VARIABLES, ROWS, order=order, compression=compression))
    batches = list(scan_labelled(path).batches(None, 7))
    assert [batch.num_rows for batch in batches] == [7] * 7 + [1]
    rows = [list(row.values()) for batch in batches for row in batch.to_pylist()]
    assert rows == [[score, city or None, spent] for score, city, spent in ROWS]


def test_command_bytes_stand_for_numbers_from_the_bias_on_for_blanks_and_for_missing(
    tmp_path: Path,
) -> None:
    """1 is 1 − 100, 110 is 10, 254 eight blanks, 255 missing; 0 only fills up, and 252 ends."""
    content = system_file([V("a"), V("b"), V("t", width=8)], [], compression=1)
    content = content[:80] + (2).to_bytes(4, "little") + content[84:]  # rows
    path = tmp_path / "survey.sav"
    path.write_bytes(content + bytes([1, 110, 253, 0, 255, 200, 254, 252]) + b"Bergen  ")
    values = all_rows(scan_labelled(path)).values
    assert values.to_pylist() == [
        {"a": -99.0, "b": 10.0, "t": "Bergen"},
        {"a": None, "b": 100.0, "t": None},
    ]


def test_a_text_of_several_parts_is_put_together(tmp_path: Path) -> None:
    """Of each part but the last of 255 letters, which take 256 bytes, one byte holds nothing."""
    texts = ["".join(chr(97 + (n + row) % 26) for n in range(900 - row * 150)) for row in range(5)]
    path = tmp_path / "survey.sav"
    pyreadstat.write_sav(pd.DataFrame({"t": texts, "n": np.arange(5.0)}), path)
    first, second = read_header(path).places
    assert first.parts == (32, 32, 32, 18)
    assert second == (114, ())
    table = all_rows(scan_labelled(path))
    assert table.values["t"].to_pylist() == texts
    assert table.values["n"].to_pylist() == [0, 1, 2, 3, 4]
    assert not table.assumptions


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "survey.sav"
    path.write_bytes(system_file(VARIABLES, ROWS))
    found = list(spss_data.columns(path, read_header(path), [2, 0], 12, 20))
    assert [len(spent) for spent, _ in found] == [12, 8]
    assert [score for _, scores in found for score in scores] == [row[0] for row in ROWS[:20]]
