"""The data of an SPSS system file as the format fixes them: its rows end where the file ends.

Damage that moves bytes or takes a value for another leaves a file that libraries read to the
declared number of rows, with other values in them. Counted through, it has too many or too few.

Values are words of eight bytes, which a program wrote as they are, by command bytes, or packed by
zlib. What the words mean, the dictionary says.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from io import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from advocacy.arrays import Floats
from advocacy.limits import check_values
from advocacy.responses.readers.native import damaged
from advocacy.responses.readers.spss_header import ZLIB, Header, Place, blocks

# A value is eight bytes. A command byte stands for one, which these say follows, but for 0, which
# fills a word up, and for the end of the data.
_WORD = 8
_END, _FOLLOWS = 252, 253
_CHUNK = 2**22  # bytes that are counted at a time; a multiple of a word
_BLANKS, _SYSTEM_MISSING = 254, 255  # command bytes
_NO_ANSWER = -1.7976931348623157e308  # system-missing
_BLOCK = 2**20  # values at a time, few enough for a processor's own memory

Words = NDArray[np.uint64]


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
            found = _count(_packed(file, header))
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
        follows = following(words, first)
        commands = words[~follows[: len(words)]].view(np.uint8)
        first = len(follows) - len(words)
        ends = np.flatnonzero(commands == _END)
        if ends.size:
            commands, after = np.split(commands, ends[:1])
            last = np.flatnonzero(~follows[: len(words)])[ends[0] // _WORD]
            beyond = words[last:][~follows[last : len(words)]]
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


def following(words: Words, first: int) -> NDArray[np.bool_]:
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
    counts = (words.view(np.uint8) == _FOLLOWS).view(np.uint64)
    steps = np.ones(stretches * length, np.intp)
    # The eight bytes of a word, each 0 or 1, are added up in its highest byte.
    steps[:n] += (counts * np.uint64(0x0101010101010101) >> np.uint64(56)).astype(np.intp)
    # A row a place in the stretches, a column a stretch; behind them, places in the next one.
    places, lanes = np.arange(length), np.arange(stretches)
    leads = (places[:, None] + steps.reshape(stretches, length).T) * stretches + lanes
    behind = np.empty((length + _WORD + 1, stretches), np.uint8)
    behind[length:] = np.arange(_WORD + 1)[:, None]
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


def _packed(file: BinaryIO, header: Header) -> Iterator[bytes]:
    """Yield the data of command bytes from a file at their start."""
    return _unzipped(file, header) if header.compression == ZLIB else _chunks(file)


def _unzipped(file: BinaryIO, header: Header) -> Iterator[bytes]:
    """Yield the content of each block of a .zsav file; its checksum is checked by zlib."""
    for block in blocks(file, header):
        file.seek(block.offset)
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(file.read(block.packed), block.plain + 1)
        if len(content) != block.plain or not unpacker.eof or unpacker.unused_data:
            raise ValueError("a block is not as long as the table of blocks says")
        yield content


# Values


def columns(
    path: Path, header: Header, chosen: Sequence[int], size: int, most: int | None = None
) -> Iterator[list[Floats | pa.Array]]:
    """Yield the values of some variables, of ``size`` rows at a time.

    Parameters
    ----------
    path
        A file that `check_data` has found whole.
    chosen
        Numbers of the variables in the dictionary, from 0.
    size
        Rows; of the last ones there may be fewer.
    most
        Rows after which nothing more is read; all without.

    Yields
    ------
    list
        Of each variable its numbers, shape (n,), as they are stored; or its texts with one letter
        a byte, the blanks at their ends left out.
    """
    places = [header.places[at] for at in chosen]
    if header.rows >= 0:  # of 20,000 variables, room for rows that there are not is 16 GB
        size = max(min(size, header.rows), 1)
    begun = [_empty(place, size) for place in places]
    held = 0
    for block in _rows(path, header, most):
        at = 0
        while at < len(block):
            n = min(size - held, len(block) - at)
            for place, values in zip(places, begun, strict=True):
                _fill(values[held : held + n], block[at : at + n], place)
            held, at = held + n, at + n
            if held == size:
                yield [_values(header, p, v) for p, v in zip(places, begun, strict=True)]
                begun, held = [_empty(place, size) for place in places], 0
    if held:
        yield [_values(header, p, v[:held]) for p, v in zip(places, begun, strict=True)]


def _empty(place: Place, size: int) -> Words:
    return np.empty((size, sum(place.parts)) if place.parts else size, np.uint64)


def _fill(values: Words, block: Words, place: Place) -> None:
    values[:] = (
        block[:, place.first : place.first + sum(place.parts)]
        if place.parts
        else block[:, place.first]
    )


def _values(header: Header, place: Place, words: Words) -> Floats | pa.Array:
    if place.parts:
        return _texts(words, place.parts)
    return words.view(f"{header.order}f8").astype(np.float64, copy=False)


def _texts(words: Words, parts: tuple[int, ...]) -> pa.Array:
    """Return the texts in words, shape (n, words), with one letter a byte."""
    letters = words.view(np.uint8)
    if len(parts) > 1:  # the last byte of each part but the last holds nothing
        ends = np.cumsum(parts[:-1]) * _WORD - 1
        letters = np.ascontiguousarray(np.delete(letters, ends, axis=1))
    n, width = letters.shape
    buffer = pa.py_buffer(letters)
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), n, [None, buffer])
    raw = fixed.cast(pa.binary())
    if letters.max(initial=0) < 128:  # ASCII, which is UTF-8 too
        return pc.utf8_rtrim(raw.cast(pa.string()), " ")
    found = raw.dictionary_encode()
    read = [text.rstrip(b" ").decode("latin-1") for text in found.dictionary.to_pylist()]
    return pa.array(read, pa.string()).take(found.indices)


# Rows


def _rows(path: Path, header: Header, most: int | None) -> Iterator[Words]:
    """Yield blocks of rows, shape (n, values of a row)."""
    per_row = header.values
    block = max(_BLOCK // per_row, 1)
    left = header.rows if header.rows >= 0 else None
    left = most if left is None else left if most is None else min(left, most)
    with path.open("rb") as file:
        file.seek(header.end + _WORD)
        rest = np.empty(0, np.uint64)
        unpacked = _unpacked(file, header) if header.compression else _plain(file, block * per_row)
        for values in unpacked:
            rest = np.concatenate([rest, values]) if len(rest) else values
            while len(rest) >= per_row and left != 0:
                n = min(len(rest) // per_row, block)
                if left is not None:
                    n = min(n, left)
                    left -= n
                yield rest[: n * per_row].reshape(n, per_row)
                rest = rest[n * per_row :]
            if left == 0:
                return


def _plain(file: BinaryIO, values: int) -> Iterator[Words]:
    while content := file.read(values * _WORD):
        yield np.frombuffer(content, np.uint64, len(content) // _WORD)


def _unpacked(file: BinaryIO, header: Header) -> Iterator[Words]:
    """Yield what command bytes stand for: values, in the order of the file."""
    stands_for = _stands_for(header)
    rest = b""
    for chunk in _packed(file, header):
        content = rest + chunk
        words = np.frombuffer(content, np.uint64, len(content) // _WORD)
        values = following(words, 0)
        if len(values) > len(words):  # the last command's values are yet to come
            begins = int(np.flatnonzero(~values[: len(words)])[-1])
            words, values = words[:begins], values[:begins]
        rest = content[len(words) * _WORD :]
        commands = words[~values].view(np.uint8)
        ends = np.flatnonzero(commands == _END)
        commands = commands[: ends[0]] if len(ends) else commands
        commands = commands[commands != 0]
        found = stands_for[commands]
        here = commands == _FOLLOWS
        found[here] = words[values][: np.count_nonzero(here)]
        yield found
        if len(ends):
            return


def _stands_for(header: Header) -> Words:
    """Return the word that each command byte stands for, shape (256,)."""
    numbers = np.arange(256) - header.bias
    numbers[_SYSTEM_MISSING] = _NO_ANSWER
    words = numbers.astype(f"{header.order}f8").view(np.uint64)
    words[_BLANKS] = np.frombuffer(b" " * _WORD, np.uint64)[0]
    return words
