"""Rows of an SPSS file, compressed as the format has it: a command byte for each eight bytes.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/Data-Record.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.responses.readers.spss_header import Place

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

_WORD, _COMMANDS = 8, 8  # bytes of a value; command bytes that stand together
_BLANKS, _FOLLOWS, _SYSTEM_MISSING = 254, 253, 255
_BIAS, _LEAST, _MOST = 100, -99, 151  # numbers that a command byte stands for itself
_PART, _STORED = 255, 256  # bytes of a text that each part of a divided one holds, and takes
_BLANK_WORD = np.uint64(0x2020202020202020)
_BLOCK = 2**21  # values that are held at once, 16 MB


def compressed_rows(
    columns: Sequence[Floats | pa.Array], places: Sequence[Place]
) -> Iterator[bytes]:
    """Yield the bytes of all rows, block by block.

    Parameters
    ----------
    columns
        Numbers as doubles, NaN where there is none; texts as an array of strings, never null.
    places
        Where each stands in a row, as `read_header` gives it of the dictionary.
    """
    rows = len(columns[0]) if columns else 0
    values = sum(max(sum(place.parts), 1) for place in places)
    # A whole number of commands in each block, so that blocks do not depend on each other.
    step = max(_BLOCK // max(values, 1) // _COMMANDS, 1) * _COMMANDS
    for start in range(0, rows, step):
        some = [column[start : start + step] for column in columns]
        yield _compressed(*_words(some, places, values)).tobytes()


def _words(
    columns: Sequence[Floats | pa.Array], places: Sequence[Place], values: int
) -> tuple[Words, Bytes]:
    """Return the values of rows, one behind the other, and the command of each."""
    words = np.empty((len(columns[0]), values), np.uint64)
    commands = np.empty(words.shape, np.uint8)
    for column, place in zip(columns, places, strict=True):
        if isinstance(column, np.ndarray):
            words[:, place.first] = column.view(np.uint64)
            commands[:, place.first] = _of_numbers(column)
        else:
            at = slice(place.first, place.first + sum(place.parts))
            words[:, at] = texts = _of_texts(column, sum(place.parts))
            commands[:, at] = np.where(texts == _BLANK_WORD, _BLANKS, _FOLLOWS)
    return words.ravel(), commands.ravel()


def _of_numbers(numbers: Floats) -> Bytes:
    """Return the command of each number; a negative zero is not the zero of a command."""
    with np.errstate(invalid="ignore"):
        short = (numbers >= _LEAST) & (numbers <= _MOST) & (numbers == np.trunc(numbers))
    short &= ~((numbers == 0) & np.signbit(numbers))
    commands = np.full(len(numbers), _FOLLOWS, np.uint8)
    commands[short] = (numbers[short] + _BIAS).astype(np.uint8)
    commands[np.isnan(numbers)] = _SYSTEM_MISSING
    return commands


def _of_texts(texts: pa.Array, words: int) -> Words:
    """Return texts filled with blanks, shape (N, words)."""
    held = texts.cast(pa.large_binary())
    offsets = np.frombuffer(held.buffers()[1], np.int64)[held.offset : held.offset + len(held) + 1]
    content = np.frombuffer(held.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    filled = np.full((len(held), words * _WORD), ord(" "), np.uint8)
    lengths = np.diff(offsets)
    within = np.arange(len(content)) - np.repeat(offsets[:-1] - offsets[0], lengths)
    if words * _WORD > _STORED:
        within += within // _PART * (_STORED - _PART)
    starts = np.arange(len(held)) * filled.shape[1]
    filled.ravel()[np.repeat(starts, lengths) + within] = content
    return filled.view(np.uint64)


def _compressed(words: Words, commands: Bytes) -> Words:
    """Return eight commands at a time, each time followed by the values that they announce."""
    follows = commands == _FOLLOWS
    padded = np.zeros(-(-len(commands) // _COMMANDS) * _COMMANDS, np.uint8)
    padded[: len(commands)] = commands
    announced = (padded.reshape(-1, _COMMANDS) == _FOLLOWS).sum(axis=1)
    starts = np.cumsum(announced + 1) - announced - 1
    packed = np.empty(len(starts) + int(announced.sum()), np.uint64)
    is_value = np.ones(len(packed), bool)
    is_value[starts] = False
    packed[starts] = padded.view(np.uint64)
    packed[is_value] = words[follows]
    return packed
