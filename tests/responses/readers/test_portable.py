"""SPSS portable files; one of PSPP's, and others made of it by the format's description."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from advocacy.errors import FileFormatError
from advocacy.report.wording import ENGLISH
from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable, MissingRange

FIELD = Path(__file__).parent / "field" / "por2.por"


def said(table: LabelledTable) -> str:
    return " ".join(map(ENGLISH.said, table.assumptions))


def body() -> bytes:
    """Return the file without the division into lines."""
    return b"".join(line.ljust(80) for line in FIELD.read_bytes().splitlines())


def read(tmp_path: Path, content: bytes, **options: Any) -> LabelledTable:
    (tmp_path / "a.por").write_bytes(content)
    return read_labelled(tmp_path / "a.por", **options)


def test_weight_letters_and_missing_codes() -> None:
    """As `GET` of PSPP shows them, W as weight."""
    table = read_labelled(FIELD)
    assert table.weight == "W"
    assert table.values["TXT"].to_pylist() == ["Oslo", "Bodø og Tromsø", "B2B", None, "a", "LAST"]
    assert table.encoding == "UTF-8"
    assert "does not say its code page" in said(table)
    assert table.values["Q1"].to_pylist() == [10.0, 0.0, 99.0, 97.0, None, 10.0]
    assert table.values["Q2"].to_pylist() == [1.0, 2.0, 1.0, 2.0, 1.0, 1.0]
    assert table.variable("Q2").user_missing == (MissingRange(9.0, 9.0),)
    assert table.variable("TXT").user_missing == (MissingRange("LAST", "LAST"),)
    assert table.variable("Q1").value_labels[-1] == (99.0, "No answer")


def test_numbers_are_those_that_another_reader_finds() -> None:
    ours = read_labelled(FIELD).values
    theirs, meta = pyreadstat.read_por(FIELD, disable_datetime_conversion=True)
    for name in ("ID", "W", "NEG", "TINY", "BIG"):
        assert ours[name].to_pylist() == theirs[name].tolist(), name
    formats = [variable.format for variable in read_labelled(FIELD).variables]
    assert formats == list(meta.original_variable_types.values())


def test_numbers_that_another_program_writes(tmp_path: Path) -> None:
    numbers = [0.0, -0.5, 1 / 3, 1e-12, 12345.678, -7e15, 29.0, 30.0, 900.5, np.nan]
    pyreadstat.write_por(pd.DataFrame({"X": numbers}), str(tmp_path / "x.por"))
    ours = read_labelled(tmp_path / "x.por").values["X"].to_pylist()
    assert ours[-1] is None
    np.testing.assert_allclose(ours[:-1], numbers[:-1], rtol=1e-12)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b""])
@pytest.mark.parametrize("blanks", [True, False])
def test_lines_as_they_arrive(tmp_path: Path, end: bytes, blanks: bool) -> None:
    """Blanks at line ends are often lost; without line ends none can be."""
    lines = [body()[at : at + 80] for at in range(0, len(body()), 80)]
    kept = lines if blanks or not end else [line.rstrip(b" ") for line in lines]
    table = read(tmp_path, end.join(kept))
    assert table.values.equals(read_labelled(FIELD).values)


def test_a_line_of_more_letters_than_a_line_has_is_damage(tmp_path: Path) -> None:
    """A carriage return that has become another letter moves all that stands behind it."""
    content = FIELD.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    at = content.index(b"\r\n", 800)
    with pytest.raises(FileFormatError, match="a line has more than 80 letters"):
        read(tmp_path, content[:at] + b"\x0c" + content[at + 1 :])


def test_a_file_in_another_alphabet(tmp_path: Path) -> None:
    """Letters of EBCDIC, as the file's own table has them, are read by their places."""
    content = body().replace("ø".encode(), b"oe")
    own = content[200:].decode().encode("cp500")
    table, plain = read(tmp_path, content[:200] + own), read(tmp_path, content)
    assert table.values.equals(plain.values)
    assert table.variables == plain.variables


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        (b"89/", [MissingRange(9.0, 9.0)]),
        (b"99/", [MissingRange(-math.inf, 9.0)]),
        (b"A39/", [MissingRange(99.0, math.inf)]),
        (b"B8/9/8-1/", [MissingRange(8.0, 9.0), MissingRange(-1.0, -1.0)]),
        (b"8.F/", [MissingRange(0.5, 0.5)]),
        (b"", []),
    ],
)
def test_every_kind_of_missing_code(
    tmp_path: Path, record: bytes, missing: list[MissingRange]
) -> None:
    content = body().replace(b"5/8/0/89/C1S", b"5/8/0/" + record + b"C1S")
    assert list(read(tmp_path, content).variable("Q2").user_missing) == missing


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac-roman"])
def test_letters_of_other_pages(tmp_path: Path, encoding: str) -> None:
    text = "Bodø, Ålesund, Ærø     "
    content = body().replace("O/Bodø og Tromsø        ".encode(), b"N/" + text.encode(encoding))
    table = read(tmp_path, content)
    assert table.values["TXT"][1].as_py() == text.rstrip()
    assert "guess" in said(table)
    forced = read(tmp_path, content, encoding=encoding)
    assert forced.values["TXT"][1].as_py() == text.rstrip()


def test_a_bad_byte_is_marked(tmp_path: Path) -> None:
    table = read(tmp_path, body().replace(b"O/B2B ", b"O/B\xf8B "))
    assert table.values["TXT"].to_pylist()[1:3] == ["Bodø og Tromsø", "B\\xf8B"]
    assert "1 texts of TXT have bytes that are not UTF-8, in rows such as 3;" in said(table)


def test_a_cut_between_two_rows_is_refused(tmp_path: Path) -> None:
    content = body()
    for length in (300, 500, 700, content.index(b"2/0/2/1.7F"), content.rindex(b"LAST") + 20):
        with pytest.raises(FileFormatError, match="damaged or incomplete|not a survey"):
            read(tmp_path, content[:length])


@pytest.mark.parametrize(
    ("at", "letters"),
    [
        (64 + 18, b"JI"),  # two that are exchanged
        (64 + 18, b"J"),  # one that stands twice
        (64 + 18, b"\xc9"),  # one of another alphabet
        (64 + 10, b"0"),  # a capital that is absent
        (126, b"/"),  # the mark that ends a number, in the place of the blank
        (72, b"ABCDEFGH"),
        (100, b"\xc6\xc9\xd3"),
    ],
)
def test_a_damaged_table_of_letters_is_refused(tmp_path: Path, at: int, letters: bytes) -> None:
    content = bytearray(body())
    content[200 + at : 200 + at + len(letters)] = letters
    with pytest.raises(FileFormatError, match="its table of letters is damaged") as error:
        read(tmp_path, bytes(content))
    assert error.value.remedy


def test_an_alphabet_without_small_letters_is_read(tmp_path: Path) -> None:
    content = bytearray(body())
    content[200 + 100 : 200 + 126] = b"0" * 26
    assert read(tmp_path, bytes(content)).values["Q1"].to_pylist()[:2] == [10.0, 0.0]


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    """System-missing is an asterisk and a point, and nothing else."""
    content = body()
    assert content.count(b"*.") > 0
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        read(tmp_path, content[:456] + content[456:].replace(b"*.", b"*/", 1))


@pytest.mark.parametrize("which", [0, 1], ids=["to show", "to write"])
def test_a_display_format_that_there_is_not(tmp_path: Path, which: int) -> None:
    """Damage that moves letters between a name and its format; SPSS has no format of code 18."""
    pyreadstat.write_por(pd.DataFrame({"XY": [1.0, 2.0]}), str(tmp_path / "a.por"))
    content = (tmp_path / "a.por").read_bytes()
    head, behind = content.split(b"2/XY", 1)
    numbers = behind.split(b"/", 6)
    assert numbers[0] == numbers[3] == b"5"
    numbers[3 * which] = b"I"
    assert read(tmp_path, content).values.num_rows == 2
    with pytest.raises(FileFormatError, match="variable 1 has a display format that there is not"):
        read(tmp_path, head + b"2/XY" + b"/".join(numbers))
