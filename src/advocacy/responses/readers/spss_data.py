"""The data of an SPSS system file as the format fixes them: its rows end where the file ends.

Damage that moves bytes or takes a value for another leaves a file that libraries read to the
declared number of rows, with other values in them. Counted through, it has too many or too few.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

from __future__ import annotations

import math
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
WORD = 8
END, FOLLOWS = 252, 253
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
            file.seek(header.end + WORD)
            if header.compression == 0:
                _check_plain(file, header, path.stat().st_size)
                return
            found = _count(packed(file, header))
        _check_number(found, header)
    except (ValueError, struct.error, zlib.error) as error:
        raise damaged(path, str(error)) from error
    check_values(path, found // max(header.values, 1), header.values * WORD)


def _check_plain(file: BinaryIO, header: Header, size: int) -> None:
    row = WORD * header.values
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
        words = np.frombuffer(chunk, np.uint64, len(chunk) // WORD)
        follows = following(words, first)
        commands = words[~follows[: len(words)]].view(np.uint8)
        first = len(follows) - len(words)
        ends = np.flatnonzero(commands == END)
        if ends.size:
            commands, after = np.split(commands, ends[:1])
            last = np.flatnonzero(~follows[: len(words)])[ends[0] // WORD]
            beyond = words[last:][~follows[last : len(words)]]
            if after[1:].any() or beyond[1:].any() or _is_more(chunks):
                raise ValueError("there are bytes after the end of its data")
            return found + int(np.count_nonzero(commands))
        found += int(np.count_nonzero(commands))
        if chunk[len(words) * WORD :].strip(b"\0"):
            raise ValueError("its last value breaks off")
    if first:
        raise ValueError("its last value breaks off")
    return found


def _is_more(chunks: Iterator[bytes]) -> bool:
    """Tell whether anything but zero bytes comes."""
    return any(chunk.strip(b"\0") for chunk in chunks)


def following(words: NDArray[np.uint64], first: int) -> NDArray[np.bool_]:
    """Return which words are values, not command bytes; longer where values are yet to come.

    Behind each command word stand the values that its bytes say follow, so that one leads to the
    next. The words are divided into as many stretches as each is long, and all stretches are gone
    through at the same time: backwards, to see from each word how far behind its stretch the next
    command is, and then from the first command of each on.

    Parameters
    ----------
    first
        Number of words at the start that are such values, 8 at most.
    """
    n = len(words)
    length = math.isqrt(n) + 1  # of a stretch
    stretches = -(-n // length) or 1
    counts = (words.view(np.uint8) == FOLLOWS).view(np.uint64)
    steps = np.ones(stretches * length, np.intp)
    # The eight bytes of a word, each 0 or 1, are added up in its highest byte.
    steps[:n] += (counts * np.uint64(0x0101010101010101) >> np.uint64(56)).astype(np.intp)
    # A row a place in the stretches, a column a stretch; behind them, places in the next one.
    places, lanes = np.arange(length), np.arange(stretches)
    leads = (places[:, None] + steps.reshape(stretches, length).T) * stretches + lanes
    behind = np.empty((length + WORD + 1, stretches), np.uint8)
    behind[length:] = np.arange(WORD + 1)[:, None]
    for place in places[::-1]:
        behind.take(leads[place], out=behind[place])
    commands = np.zeros(behind.shape, bool)
    at = first
    for stretch in lanes:
        commands[at, stretch] = True
        at = int(behind[at, stretch])
    for place in places:
        commands.put(leads[place, commands[place]], True)
    known = commands[:length].T.ravel()
    beyond = np.flatnonzero(known[n:])
    more = beyond[0] if len(beyond) else len(known) - n + at
    return np.concatenate([~known[:n], np.ones(more, bool)])


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def packed(file: BinaryIO, header: Header) -> Iterator[bytes]:
    """Yield the data of command bytes from a file at their start."""
    return _unpacked(file, header) if header.compression == ZLIB else _chunks(file)


def _unpacked(file: BinaryIO, header: Header) -> Iterator[bytes]:
    """Yield the content of each block of a .zsav file; its checksum is checked by zlib."""
    for block in blocks(file, header):
        file.seek(block.offset)
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(file.read(block.packed), block.plain + 1)
        if len(content) != block.plain or not unpacker.eof or unpacker.unused_data:
            raise ValueError("a block is not as long as the table of blocks says")
        yield content
