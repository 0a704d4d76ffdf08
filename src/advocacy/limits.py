"""How much memory and time reading a file may take, and how far a file may expand.

A file of a few kilobytes can stand for gigabytes. What it would take is known from its header
where the format says it, else while it is read; beyond both a ratio and a size that needs no
looking at, it is refused. Apache POI bounds workbooks in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from advocacy.errors import FileFormatError

_GIGABYTE = 10**9
_SIZES = ((_GIGABYTE, "GB"), (10**6, "MB"), (10**3, "kB"))
# Values that one byte of a file may stand for, as bytes: a column that is constant takes nothing
# in some formats, but a file of answers has others beside it. Of a workbook, bytes of text.
MOST_VALUES, MOST_TEXT = 1_000, 100
# Parts of the allowed memory that may be expanded to in any case; a byte of a workbook's text
# takes several as cells.
_VALUES_SHARE, _TEXT_SHARE = 8, 64
_LEAST_ROW = 64  # bytes: its number, names and marks


@dataclass(frozen=True)
class Limits:
    """What reading a file may take.

    Parameters
    ----------
    memory
        Bytes of data that the process may hold; libraries reserve far more address space than
        they use.
    seconds
        Wall time.
    """

    memory: int = 8 * 2**30
    seconds: float = 1800.0


_LIMITS: ContextVar[Limits] = ContextVar("limits", default=Limits())  # noqa: B039


def limits() -> Limits:
    """Return the limits that hold here."""
    return _LIMITS.get()


@contextmanager
def limited(own: Limits) -> Iterator[None]:
    """Have other limits hold in the block."""
    token = _LIMITS.set(own)
    try:
        yield
    finally:
        _LIMITS.reset(token)


def check_values(path: Path, rows: int, width: int) -> None:
    """Refuse a file whose values take far more bytes than it has.

    Parameters
    ----------
    rows
        Their number.
    width
        Bytes that the values of a row take in memory; what is made of a row takes some, too.

    Raises
    ------
    FileFormatError
        They take more than a thousand times the file's bytes, and more than an eighth of the
        memory that is allowed.
    """
    expanded = rows * max(width, _LEAST_ROW)
    _check(path, expanded, path.stat().st_size, MOST_VALUES, _VALUES_SHARE)


def check_text(path: Path, expanded: int, packed: int) -> None:
    """Refuse a workbook whose text is far longer than it is packed; see `check_values`.

    Parameters
    ----------
    expanded, packed
        Bytes of the text, and of what it is packed in.
    """
    _check(path, expanded, packed, MOST_TEXT, _TEXT_SHARE)


def _check(path: Path, expanded: int, packed: int, ratio: int, share: int) -> None:
    allowed = limits().memory // share
    if expanded <= max(allowed, packed * ratio):
        return
    raise FileFormatError(
        f"The file would expand to {size(expanded)}, from {size(packed)}: more than {ratio} times "
        f"as much, and more than the {size(allowed)} that any file may.",
        where=str(path),
        remedy="If it is what it seems to be, allow more: "
        f"--most-memory {-(-expanded * share // _GIGABYTE)}GB; 1/{share} of it is the limit. "
        "If not, ask its sender what it is.",
    )


def too_much_memory(file: str, memory: int) -> FileFormatError:
    """Return the error for a file that needs more memory than is allowed."""
    return FileFormatError(
        f"Reading the file needed more memory than is allowed, {size(memory)}.",
        where=file,
        remedy="If the file is what it seems to be, allow more: "
        f"--most-memory {-(-2 * memory // _GIGABYTE)}GB.",
    )


def too_much_time(file: str, seconds: float) -> FileFormatError:
    """Return the error for a file that takes longer than is allowed."""
    return FileFormatError(
        f"Reading the file took more than {seconds:g} seconds and was ended.",
        where=file,
        remedy="If the file is what it seems to be, allow more: "
        f"--most-seconds {2 * seconds:g}. If not, open it in the program that wrote it, save it "
        "again, and compare the sizes.",
    )


def size(number: int) -> str:
    """Write a number of bytes with three digits, such as ``8.59 GB``."""
    unit, name = next(((u, n) for u, n in _SIZES if number >= u), (1, "bytes"))
    return f"{number / unit:.3g} {name}"
