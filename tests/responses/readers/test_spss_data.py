"""Data of SPSS files that are not the rows that the header declares."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from tests.responses.readers.system_file import V, system_file

from advocacy.errors import FileFormatError
from advocacy.responses.readers import read_labelled

VARIABLES = [V("score"), V("city", width=16)]
ROWS = [[float(row % 11), ("Oslo", "Tromsø", "Bø")[row % 3]] for row in range(20)]
END = struct.pack("<2i", 999, 0)


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "survey.sav"
    path.write_bytes(content)
    return path


def _parts(compression: int) -> tuple[bytes, bytes]:
    """Return all to the dictionary's end, and the data."""
    head, end, data = system_file(VARIABLES, ROWS, compression=compression).partition(END)
    return head + end, data


def _declaring(head: bytes, rows: int) -> bytes:
    return head[:80] + struct.pack("<i", rows) + head[84:]


def _packed(head: bytes, body: bytes) -> bytes:
    """Return a .zsav file with a body of command bytes and values."""
    packed = zlib.compress(body)
    start = len(head)
    return (
        head
        + struct.pack("<3q", start, start + 24 + len(packed), 48)
        + packed
        + struct.pack("<2q2i", -100, 0, 0x3FF000, 1)
        + struct.pack("<2q2i", start, start + 24, len(body), len(packed))
    )


@pytest.mark.parametrize("compression", [0, 1, 2])
@pytest.mark.parametrize("rows", [len(ROWS), -1])
def test_rows_that_fill_the_file_are_read(tmp_path: Path, compression: int, rows: int) -> None:
    content = _declaring(system_file(VARIABLES, ROWS, compression=compression), rows)
    values = read_labelled(_file(tmp_path, content)).values
    assert values["score"].to_pylist() == [row[0] for row in ROWS]
    assert values["city"].to_pylist() == [row[1] for row in ROWS]


@pytest.mark.parametrize("compression", [0, 1, 2])
@pytest.mark.parametrize("rows", [19, 21, 10, 40])
def test_another_number_of_rows_than_there_are_is_refused(
    tmp_path: Path, compression: int, rows: int
) -> None:
    content = _declaring(system_file(VARIABLES, ROWS, compression=compression), rows)
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        read_labelled(_file(tmp_path, content))


@pytest.mark.parametrize("compression", [0, 1])
@pytest.mark.parametrize("at", [0, 8, 40, 200, -1])
@pytest.mark.parametrize("inserted", [b"\x01", b"abcd", b"12345678", b"\xfd" * 8, b"x" * 24])
def test_bytes_that_were_put_in_are_refused(
    tmp_path: Path, compression: int, at: int, inserted: bytes
) -> None:
    head, data = _parts(compression)
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        read_labelled(_file(tmp_path, head + data[:at] + inserted + data[at:]))


@pytest.mark.parametrize("changed", [b"\0", b"\xfc", b"\x65", b"\xff", b"\xfe"])
def test_a_command_byte_that_was_changed_is_refused(tmp_path: Path, changed: bytes) -> None:
    # Of 253, a value follows: whatever else stands there, that value is read as commands.
    head, data = _parts(1)
    assert data[2:3] == b"\xfd"
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        read_labelled(_file(tmp_path, head + data[:2] + changed + data[3:]))


@pytest.mark.parametrize("compression", [0, 1])
def test_zero_bytes_after_the_last_row_are_no_values(tmp_path: Path, compression: int) -> None:
    head, data = _parts(compression)
    values = read_labelled(_file(tmp_path, head + data + bytes(512))).values
    assert values["score"].to_pylist() == [row[0] for row in ROWS]


@pytest.mark.parametrize("compression", [1, 2])
def test_what_stands_after_the_end_of_the_data_is_refused(tmp_path: Path, compression: int) -> None:
    # Two scores, 3 and 4, of which 100 is taken off, and the command that ends the data.
    head = _declaring(system_file([V("score")], [], compression=compression), 2)
    head = head[: head.index(END) + len(END)]

    def file(body: bytes) -> Path:
        return _file(tmp_path, _packed(head, body) if compression == 2 else head + body)

    ended = bytes([103, 104, 252, 0, 0, 0, 0, 0])
    assert read_labelled(file(ended)).values["score"].to_pylist() == [3.0, 4.0]
    for body in (ended + b"12345678", bytes([103, 104, 252, 105, 0, 0, 0, 0])):
        with pytest.raises(FileFormatError, match="after the end of its data"):
            read_labelled(file(body))


def test_commands_are_counted_over_many_chunks(tmp_path: Path) -> None:
    # 1,200,000 values of 9 bytes a value, in chunks of 4 MB: 1.2 million and not one more.
    number = struct.pack("<d", 0.5)
    body = (b"\xfd" * 8 + number * 8) * 150_000
    head = system_file([V("x")], [], compression=1)
    content = _declaring(head, 1_200_000) + body
    assert read_labelled(_file(tmp_path, content)).values.num_rows == 1_200_000
    with pytest.raises(FileFormatError, match="1200000 values, but there are more"):
        read_labelled(_file(tmp_path, content + b"\xfd" + bytes(7) + number))


# Bias, number of blocks; of the block: its place unpacked and packed, and both sizes.
@pytest.mark.parametrize("at", [0, 20, 24, 32, 40, 44])
def test_a_table_of_blocks_that_does_not_fit_is_refused(tmp_path: Path, at: int) -> None:
    content = bytearray(system_file(VARIABLES, ROWS, compression=2))
    content[len(content) - 48 + at] ^= 1
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        read_labelled(_file(tmp_path, bytes(content)))


def test_bytes_after_the_table_of_blocks_are_refused(tmp_path: Path) -> None:
    content = system_file(VARIABLES, ROWS, compression=2)
    with pytest.raises(FileFormatError, match="table of blocks"):
        read_labelled(_file(tmp_path, content + b"more"))


def test_another_bias_is_said(tmp_path: Path) -> None:
    head = _declaring(system_file([V("score")], [], compression=1), 2)
    head = head[:84] + struct.pack("<d", 99.0) + head[92:]
    table = read_labelled(_file(tmp_path, head + bytes([103, 104, 0, 0, 0, 0, 0, 0])))
    assert table.values["score"].to_pylist() == [4.0, 5.0]
    assert [r.values for r in table.assumptions if r.key == "spss.bias"] == [{"bias": "99"}]


def test_letters_behind_a_zero_byte_are_counted(tmp_path: Path) -> None:
    texts: list[bytes] = [b"Oslo", b"Os\0lo", b"\0\0\0\0o", b"Oslo\0\0  ", b"Bergen\0 \0x"]
    content = system_file([V("city", width=16)], [[text] for text in texts])
    table = read_labelled(_file(tmp_path, content))
    assert table.values["city"].to_pylist() == ["Oslo", "Os", None, "Oslo", "Bergen"]
    assert [r.values for r in table.assumptions if r.key == "encoding.ended"] == [
        {"texts": 3, "variable": "city", "rows": ["2", "3", "5"]}
    ]
