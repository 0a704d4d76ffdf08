"""Batches of Arrow tables from the formats that pyreadstat reads."""

from __future__ import annotations

import shutil
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from advocacy.arrays import Floats, arrow
from advocacy.errors import FileFormatError, said
from advocacy.remarks import Remark
from advocacy.responses.code_pages.encodings import decoded, ended_texts, undecoded_texts
from advocacy.responses.readers.moments import Clock, dates, timestamps
from advocacy.temporary import clear, new_folder

# pyreadstat finds a row in a compressed file by reading all rows before it; few large steps
# keep that bearable, and the lists that it returns under 100 MB for 20 columns.
_STEP = 250_000
_OPEN_FILES = Path("/proc/self/fd")  # of this process, by number
_BLOCK = 2**20  # bytes copied at a time
# With one letter a byte, so that the bytes can be had back: what is not in the code page is for
# us to mark, and some libraries move letters or cut texts there.
BYTES: dict[str, Any] = {"encoding": "ISO-8859-1"}
_NO_ANSWER = 1e308  # what is larger stands for missing, highest and lowest in SPSS
Kind = Literal["text", "number", "date", "moment"]
_TYPES = {
    "text": pa.string(),
    "number": pa.float64(),
    "date": pa.date32(),
    "moment": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Column:
    """What the values of one variable are.

    Parameters
    ----------
    kind
        What they become in Arrow.
    clock
        How the file counts them, for dates and moments.
    """

    kind: Kind
    clock: Clock | None = None


@dataclass(frozen=True, eq=False)
class WorkingCopy:
    """A copy of a file on the disk of the system's temporary folder (TMPDIR).

    Parameters
    ----------
    path
        Where it is read: where the system can, by a link to an open file that has no name, so
        that a killed process leaves no copy of the answers.
    content
        The file. It is gone when this object is.
    """

    path: Path
    content: IO[bytes]


@dataclass(frozen=True)
class NativeFile:
    """A file that pyreadstat reads.

    Parameters
    ----------
    path
        The file.
    read
        pyreadstat's function for the format.
    columns
        Each variable, in the file's order.
    rows
        Rows that the file says it has; None where it does not.
    format
        Name of the format, for messages.
    options
        Further arguments of ``read``.
    encoding
        Code page of the texts, which pyreadstat delivers with one letter a byte (`BYTES`); None
        where it decodes them.
    native_names
        pyreadstat's name of each variable where it is another.
    copy
        What pyreadstat reads in place of the file; None for the file itself.
    head
        Values of the first rows as pyreadstat has read them, with its names: a call for them
        reads the whole dictionary anew.
    head_rows
        Number of these rows.
    lost
        Number of values by variable that are no possible date; counted while reading.
    marked
        Rows by variable, from 1, of texts with bytes that are not in the code page; found while
        reading.
    ended
        The same of texts that a zero byte ends with more letters behind it.
    """

    path: Path
    read: Callable[..., tuple[Any, Any]]
    columns: dict[str, Column]
    rows: int | None
    format: str
    options: dict[str, Any] = field(default_factory=dict)
    encoding: str | None = None
    native_names: dict[str, str] = field(default_factory=dict)
    copy: WorkingCopy | None = None
    head: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    head_rows: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    marked: dict[str, list[int]] = field(default_factory=dict)
    ended: dict[str, list[int]] = field(default_factory=dict)


def working_copy(path: Path, length: int, edits: Sequence[tuple[int, bytes]]) -> WorkingCopy:
    """Copy the first bytes of a file and overwrite some, given with their offsets.

    Raises
    ------
    SystemRefusalError
        There is no room for it.
    """
    folder = new_folder()
    name = folder / "copy.sav"
    try:
        copy = WorkingCopy(name, _nameless(name) if _OPEN_FILES.is_dir() else name.open("w+b"))
        weakref.finalize(copy, _discard, copy.content, folder)
        with path.open("rb") as source:
            shutil.copyfileobj(source, copy.content, _BLOCK)
        copy.content.truncate(length)
        for offset, content in edits:
            copy.content.seek(offset)
            copy.content.write(content)
        copy.content.flush()
    except OSError as error:
        raise said(error, path if error.filename == str(path) else folder) from error
    return copy


def _discard(content: IO[bytes], folder: Path) -> None:
    with suppress(OSError):  # on a full disk what is still to be written cannot be
        content.close()
    clear(folder)


def _nameless(name: Path) -> IO[bytes]:
    """Return a new file that has no name, and make ``name`` a link to it while it is open."""
    file: IO[bytes] = TemporaryFile(dir=name.parent)  # noqa: SIM115  # open as long as its copy
    name.symlink_to(_OPEN_FILES / str(file.fileno()))
    return file


def call(
    path: Path,
    read: Callable[..., tuple[Any, Any]],
    copy: WorkingCopy | None = None,
    **options: Any,
) -> Any:
    """Call a function of pyreadstat on a file or its copy, dates as numbers, columns as lists.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged, or its text is not in the code page that it declares.
    """
    import pyreadstat

    options = {"disable_datetime_conversion": True, "output_format": "dict"} | options
    try:
        return read(copy.path if copy else path, **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        if "open file" in str(error):
            (copy.path if copy else path).open("rb").close()  # raises the system's own reason
        if "convert string" in str(error) or "unsupported char" in str(error):
            raise wrong_letters(path) from error
        raise damaged(path, str(error)) from error
    except (TypeError, OverflowError, ValueError, LookupError) as error:
        raise damaged(path, str(error)) from error


def check_names(path: Path, names: Sequence[str]) -> None:
    """Refuse a dictionary in which damage has left a variable without a name of its own."""
    if not all(names):
        raise damaged(path, "a variable has no name")
    if len(set(names)) < len(names):
        raise damaged(path, "two variables have the same name")


def check_formats(path: Path, meta: Any) -> None:
    """Refuse an SPSS dictionary in which damage has left a variable without name or format."""
    if not all(meta.column_names):
        raise damaged(path, "a variable has no name")
    if not all(meta.original_variable_types.get(name) for name in meta.column_names):
        raise damaged(path, "a variable has no format")


def damaged(path: Path, why: str) -> FileFormatError:
    """Return the error for a file that ends early or breaks its format's rules."""
    return FileFormatError(
        f"The file is damaged or incomplete ({why}).",
        where=str(path),
        remedy="Open it in the program that wrote it, save it again, and compare the file sizes.",
    )


def wrong_letters(path: Path) -> FileFormatError:
    """Return the error for text that does not decode."""
    return FileFormatError(
        "The file's text is not in the code page that it was read with.",
        where=str(path),
        remedy="Say which one it is with --encoding, such as windows-1252, UTF-8 or cp850.",
    )


def schema(columns: dict[str, Column]) -> pa.Schema:
    """Return the types of a file's columns in Arrow."""
    return pa.schema([(name, _TYPES[column.kind]) for name, column in columns.items()])


def native_batches(file: NativeFile, names: Sequence[str] | None, size: int) -> Iterator[pa.Table]:
    """Yield the named columns in batches of at most ``size`` rows.

    Raises
    ------
    FileFormatError
        The file is damaged, or has fewer rows than it says.
    """
    chosen = list(file.columns) if names is None else list(names)
    start, usual = 0, size * max(1, _STEP // size)
    while file.rows is None or start < file.rows:
        # The head is in memory: who needs no more rows than it has asks for none.
        step = usual if start else file.head_rows // size * size or usual
        table = native_rows(file, chosen, start, step)
        for offset in range(0, table.num_rows, size):
            yield table.slice(offset, size)
        start += table.num_rows
        if table.num_rows < step:
            break
    check_rows(file, start)


def native_rows(file: NativeFile, names: Sequence[str], start: int, n: int) -> pa.Table:
    """Return up to ``n`` rows of the named columns from row ``start``."""
    native = [file.native_names.get(name, name) for name in names]
    last = start + n if file.rows is None else min(start + n, file.rows)
    if last <= file.head_rows:
        values = {name: file.head[name][start:last] for name in native}
    else:
        values, _ = call(
            file.path,
            file.read,
            file.copy,
            # It looks each name up in the list of them: of all 20,000, that takes seconds.
            usecols=native if len(native) < len(file.columns) else None,
            row_offset=start,
            row_limit=n,
            **file.options,
        )
    try:
        columns = [values[name] for name in native]
        return pa.table(
            {name: _array(file, name, c, start) for name, c in zip(names, columns, strict=True)}
        )
    except (TypeError, ValueError, KeyError) as error:  # a text where numbers are declared
        raise damaged(file.path, str(error)) from error


def check_rows(file: NativeFile, read: int) -> None:
    """Check that as many rows were read as the file says it has."""
    if file.rows is not None and read != file.rows:
        raise damaged(file.path, f"it says that it has {file.rows} rows, but it has {read}")


def forget(file: NativeFile) -> None:
    """Forget what was lost and marked, before another run over the values."""
    file.lost.clear()
    file.marked.clear()
    file.ended.clear()


def losses(file: NativeFile) -> tuple[Remark, ...]:
    """Say which values are no possible date, and which texts have bytes not in the page.

    And which texts a zero byte ends, though there are more letters behind it.
    """
    return (
        *impossible_dates(file.lost),
        *undecoded_texts(file.marked, str(file.encoding)),
        *ended_texts(file.ended),
    )


def impossible_dates(lost: Counter[str]) -> tuple[Remark, ...]:
    """Say which values were made missing because they are no possible date."""
    return tuple(
        Remark("dates.impossible", {"values": count, "variable": name})
        for name, count in sorted(lost.items())
        if count
    )


def text(file: NativeFile, native: str) -> str:
    """Return a name or label of pyreadstat's as it is in the file's code page."""
    if file.encoding is None or native.isascii():
        return native
    return decoded(one_byte(native), file.encoding)[0]


def one_byte(native: str) -> bytes:
    """Return the bytes of a text that pyreadstat has read with `BYTES`."""
    return native.encode("latin-1")


def letters(file: NativeFile, name: str, texts: pa.Array, start: int) -> pa.Array:
    """Return texts with one letter a byte, shape (n,), in the file's code page.

    Parameters
    ----------
    start
        Row of the first, from 0.
    """
    if file.encoding is None or pc.all(plain := pc.string_is_ascii(texts), min_count=0).as_py():
        return texts
    special = pc.fill_null(pc.invert(plain), False)
    found = texts.filter(special).dictionary_encode()
    # At once, as a call for each text takes many times longer; none of them holds a zero byte.
    raw = one_byte("\0".join(found.dictionary.to_pylist()))
    read, whole = _decoded_texts(raw, file.encoding)
    whole = whole[found.indices.to_numpy()]
    if not whole.all():
        rows = np.flatnonzero(special.to_numpy(zero_copy_only=False))[~whole] + start + 1
        file.marked.setdefault(name, []).extend(rows.tolist())
    return pc.replace_with_mask(texts, special, pa.array(read, pa.string()).take(found.indices))


def _decoded_texts(raw: bytes, encoding: str) -> tuple[list[str], NDArray[np.bool_]]:
    """Return texts between zero bytes, and whether each is wholly in the code page."""
    text, whole = decoded(raw, encoding)
    read = text.split("\0")
    parts = raw.split(b"\0")
    if whole and len(read) == len(parts):  # not so in a page of two bytes a letter
        return read, np.ones(len(read), bool)
    each = [decoded(one, encoding) for one in parts]
    return [text for text, _ in each], np.array([whole for _, whole in each])


def _array(file: NativeFile, name: str, values: Sequence[Any], start: int) -> pa.Array:
    column = file.columns[name]
    if column.kind == "text":
        # Statistics packages pad text and have no null text: blank is their missing.
        texts = letters(file, name, pa.array(values, pa.string(), from_pandas=True), start)
        return pc.if_else(pc.equal(texts, ""), None, texts)
    return from_numbers(file, name, np.array(values, dtype=np.float64))  # None becomes NaN


def from_numbers(file: NativeFile, name: str, numbers: Floats) -> pa.Array:
    """Return numbers, shape (n,), as what they mean in the file; NaN is missing."""
    column = file.columns[name]
    missing = ~(np.abs(numbers) < _NO_ANSWER)
    if column.clock is None:
        return arrow(numbers, missing)
    convert = dates if column.kind == "date" else timestamps
    array = convert(np.where(missing, np.nan, numbers), column.clock)
    file.lost[name] += array.null_count - int(missing.sum())
    return array
