"""The values of an SPSS system file, from its bytes as the format fixes them.

They come in blocks of rows of eight-byte words, which a program wrote as they are, by command
bytes, or packed by zlib; what the words mean, the dictionary says.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from advocacy.arrays import Floats
from advocacy.responses.readers.spss_data import END, FOLLOWS, WORD, following, packed
from advocacy.responses.readers.spss_header import Header, Place

_BLANKS, _SYSTEM_MISSING = 254, 255  # command bytes
_NO_ANSWER = -1.7976931348623157e308  # system-missing
_BLOCK = 2**20  # values at a time, few enough for a processor's own memory

Words = NDArray[np.uint64]


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
        ends = np.cumsum(parts[:-1]) * WORD - 1
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
        file.seek(header.end + WORD)
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
    while content := file.read(values * WORD):
        yield np.frombuffer(content, np.uint64, len(content) // WORD)


def _unpacked(file: BinaryIO, header: Header) -> Iterator[Words]:
    """Yield what command bytes stand for: values, in the order of the file."""
    stands_for = _stands_for(header)
    rest = b""
    for chunk in packed(file, header):
        content = rest + chunk
        words = np.frombuffer(content, np.uint64, len(content) // WORD)
        values = following(words, 0)
        if len(values) > len(words):  # the last command's values are yet to come
            begins = int(np.flatnonzero(~values[: len(words)])[-1])
            words, values = words[:begins], values[:begins]
        rest = content[len(words) * WORD :]
        commands = words[~values].view(np.uint8)
        ends = np.flatnonzero(commands == END)
        commands = commands[: ends[0]] if len(ends) else commands
        commands = commands[commands != 0]
        found = stands_for[commands]
        here = commands == FOLLOWS
        found[here] = words[values][: np.count_nonzero(here)]
        yield found
        if len(ends):
            return


def _stands_for(header: Header) -> Words:
    """Return the word that each command byte stands for, shape (256,)."""
    numbers = np.arange(256) - header.bias
    numbers[_SYSTEM_MISSING] = _NO_ANSWER
    words = numbers.astype(f"{header.order}f8").view(np.uint64)
    words[_BLANKS] = np.frombuffer(b" " * WORD, np.uint64)[0]
    return words
