"""The data of an SPSS system file as the format fixes them: its rows end where the file ends.

Damage that moves bytes or takes a value for another leaves a file that libraries read to the
declared number of rows, with other values in them. Counted through, it has too many or too few.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from advocacy.limits import check_values
from advocacy.responses.readers.native import damaged
from advocacy.responses.readers.spss_header import ZLIB, Header, blocks

# A value is eight bytes. A command byte stands for one, which these say follows, but for 0, which
# fills a word up, and for the end of the data.
_WORD = 8
_END, _FOLLOWS = 252, 253
_CHUNK = 2**22  # bytes that are counted at a time; a multiple of a word


def check_data(path: Path, header: Header) -> None:
    """Check that a file's data are as many values as its rows have, and nothing more.

    After the last value may stand zero bytes, which some ways of copying fill a file up with.

    Raises
    ------
    FileFormatError
        There are more or fewer values, or a block of a .zsav file is damaged; or a file that
        does not say its rows expands too far.
    """
    try:
        with path.open("rb") as file:
            file.seek(header.end + _WORD)
            if header.compression == 0:
                _check_plain(file, header, path.stat().st_size)
                return
            packed = _unpacked(file, header) if header.compression == ZLIB else _chunks(file)
            found = _count(packed)
        _check_number(found, header)
    except (ValueError, struct.error, zlib.error) as error:
        raise damaged(path, str(error)) from error
    check_values(path, found // max(header.values, 1), header.values * _WORD)


def _check_plain(file: BinaryIO, header: Header, size: int) -> None:
    row = _WORD * header.values
    given = size - file.tell()
    if header.rows < 0:
        if given % row:
            raise ValueError("its last row breaks off")
        return
    file.seek(header.rows * row, SEEK_CUR)
    if _is_more(_chunks(file)):
        raise ValueError(
            f"its {header.rows} rows take {header.rows * row} bytes, but there are {given}"
        )


def _check_number(found: int, header: Header) -> None:
    expected = header.rows * header.values
    if header.rows < 0:
        if found % header.values:
            raise ValueError("its last row breaks off")
    elif found != expected:
        raise ValueError(
            f"its {header.rows} rows have {expected} values, but there are "
            f"{'more' if found > expected else found}"
        )


def _count(chunks: Iterator[bytes]) -> int:
    """Return the number of values in data of command bytes, to their end."""
    found, first = 0, 0  # word of the next command, in the chunk that comes
    for chunk in chunks:
        words = np.frombuffer(chunk, np.uint64, len(chunk) // _WORD)
        following = _following(words, first)
        commands = words[~following[: len(words)]].view(np.uint8)
        first = len(following) - len(words)
        ends = np.flatnonzero(commands == _END)
        if ends.size:
            commands, after = np.split(commands, ends[:1])
            last = np.flatnonzero(~following[: len(words)])[ends[0] // _WORD]
            beyond = words[last:][~following[last : len(words)]]
            if after[1:].any() or beyond[1:].any() or _is_more(chunks):
                raise ValueError("there are bytes after the end of its data")
            return found + int(np.count_nonzero(commands))
        found += int(np.count_nonzero(commands))
        if chunk[len(words) * _WORD :].strip(b"\0"):
            raise ValueError("its last value breaks off")
    if first:
        raise ValueError("its last value breaks off")
    return found


def _is_more(chunks: Iterator[bytes]) -> bool:
    """Tell whether anything but zero bytes comes."""
    return any(chunk.strip(b"\0") for chunk in chunks)


def _following(words: NDArray[np.uint64], first: int) -> NDArray[np.bool_]:
    """Return which words are values, not command bytes; longer where values are yet to come.

    Behind each command word stand the values that its bytes say follow.

    Parameters
    ----------
    first
        Number of words at the start that are such values.
    """
    counts = (words.view(np.uint8) == _FOLLOWS).view(np.uint64)
    # The eight bytes of a word, each 0 or 1, are added up in its highest byte.
    counts = counts * np.uint64(0x0101010101010101) >> np.uint64(56)
    candidates = np.flatnonzero(counts)
    starts, lengths, at = [0], [first], first
    for place, length in zip(candidates.tolist(), counts[candidates].tolist(), strict=True):
        if place >= at:
            at = place + 1 + length
            starts.append(place + 1)
            lengths.append(length)
    steps = np.zeros(max(len(words), at) + 1, np.int8)
    steps[starts] += 1  # each but once
    steps[np.add(starts, lengths)] -= 1
    return np.cumsum(steps[:-1], dtype=np.int8).astype(bool)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _unpacked(file: BinaryIO, header: Header) -> Iterator[bytes]:
    """Yield the content of each block of a .zsav file; its checksum is checked by zlib."""
    for block in blocks(file, header):
        file.seek(block.offset)
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(file.read(block.packed), block.plain + 1)
        if len(content) != block.plain or not unpacker.eof or unpacker.unused_data:
            raise ValueError("a block is not as long as the table of blocks says")
        yield content
