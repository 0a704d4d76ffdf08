"""What was written down of a stored file when it was written, and whether it is still so.

Two ways, each for what is written at once:

* A folder has a list of its files, `FILES`: of each its SHA-256 and bytes, of Parquet files rows
  and columns as well. `seal` writes it, `damage` holds the folder to it.
* A Parquet file that is passed on by itself carries its own SHA-256, as a header carries its
  checksum: it is that of the file with zeros in its place. `write_sealed` writes such a file,
  `read_sealed` refuses one that has changed by a bit.

What was written before there was either is still read: nothing can be said of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256 as hash_of
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advocacy.errors import AdvocacyError, DamagedError
from advocacy.provenance import sha256, write_json

FILES = "files.json"
# Counted up when a list of this version would be misread by an earlier one.
FORMAT = 1

_SEAL = b"seal"
_SAYS, _ZEROS = b"SHA-256 of this file with zeros here: ", b"0" * 64
_FOUND = re.compile(re.escape(_SAYS) + rb"([0-9a-f]{64})")
# What is raised of JSON that is not what was written, and what Arrow raises of such a file.
UNEXPECTED = (ValueError, LookupError, TypeError, AttributeError)
UNREADABLE = (pa.ArrowException, OSError, *UNEXPECTED)


@dataclass(frozen=True)
class Stored:
    """A file as it was written.

    Parameters
    ----------
    bytes
        Its size.
    sha256
        Its SHA-256, 64 hexadecimal digits.
    rows, columns
        Of a Parquet file, its number of rows and the names of its columns; else ``None``.
    """

    bytes: int
    sha256: str
    rows: int | None = None
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Seal:
    """The list of a folder's files, and what else it states, such as the source's name."""

    stated: Mapping[str, str]
    files: Mapping[str, Stored]


@dataclass(frozen=True)
class Damage:
    """A file that is not as it was written, and in a sentence what was expected and found."""

    path: Path
    what: str


def seal(
    folder: Path, beside: Path, *, only: Collection[Path] | None = None, **stated: str
) -> None:
    """Write the list of the files of a folder: the last thing that is done to it.

    Parameters
    ----------
    folder
        The folder.
    beside
        The folder that gets the list: this one, or one in it.
    only
        Files written since the list was; by default all are new.
    stated
        What is to stand beside the files; what stood there stays.
    """
    path = beside / FILES
    before = read_seal(beside) or Seal({}, {})
    files = {} if only is None else {name: _entry(s) for name, s in before.files.items()}
    for file in (p for p in folder.rglob("*") if p.is_file()) if only is None else only:
        if file != path:
            files[file.relative_to(folder).as_posix()] = _entry(_stored(file))
    write_json(path, {"format": FORMAT, "stated": {**before.stated, **stated}, "files": files})


def _stored(path: Path) -> Stored:
    rows, columns = None, None
    if path.suffix == ".parquet":
        metadata = pq.read_metadata(path)
        rows, columns = metadata.num_rows, tuple(metadata.schema.to_arrow_schema().names)
    return Stored(path.stat().st_size, sha256(path), rows, columns)


def _entry(stored: Stored) -> dict[str, Any]:
    entry: dict[str, Any] = {"bytes": stored.bytes, "sha256": stored.sha256}
    if stored.columns is not None:
        entry |= {"rows": stored.rows, "columns": list(stored.columns)}
    return entry


def read_seal(beside: Path) -> Seal | None:
    """Return the list in a folder; ``None`` where it has none.

    Raises
    ------
    DamagedError
        It cannot be read.
    """
    path = beside / FILES
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ValueError(f"it is of format {content['format']}, this version reads {FORMAT}")
        files = {
            str(name): Stored(
                int(entry["bytes"]),
                str(entry["sha256"]),
                entry.get("rows"),
                tuple(map(str, entry["columns"])) if "columns" in entry else None,
            )
            for name, entry in content["files"].items()
        }
        return Seal({str(k): str(v) for k, v in content["stated"].items()}, files)
    except UNEXPECTED as error:
        raise DamagedError(
            f"The list of the folder's files cannot be read ({error}).", where=str(path)
        ) from error


def damage(
    folder: Path, sealed: Seal, names: Collection[str], *, hashed: bool = True
) -> Iterator[Damage]:
    """Yield what is wrong with files of a folder that has a list.

    Parameters
    ----------
    folder
        The folder.
    sealed
        Its list.
    names
        The files that are looked at: of the list, or found in the folder and not in it.
    hashed
        Compare the hash, which reads the whole file; else size, rows and columns alone.
    """
    for name in names:
        path, stored = folder / name, sealed.files.get(name)
        if stored is None:
            yield Damage(path, "The file is not in the list of what was written here.")
        elif not path.is_file():
            yield Damage(path, "The file was written here and is gone.")
        elif found := _difference(path, stored, hashed):
            yield Damage(path, f"The file is not as it was written: {found}.")


def all_damage(folder: Path, beside: Path, sealed: Seal) -> Iterator[Damage]:
    """Yield what is wrong with any file of a folder, whose list is in ``beside``; each is read."""
    there = {path for path in folder.rglob("*") if path.is_file()} - {beside / FILES}
    names = {path.relative_to(folder).as_posix() for path in there}
    yield from damage(folder, sealed, sorted(names | set(sealed.files)))


def _difference(path: Path, stored: Stored, hashed: bool) -> str:
    size = path.stat().st_size
    if size != stored.bytes:
        return f"{stored.bytes} bytes were expected, {size} found"
    if hashed:
        found = sha256(path)
        return f"SHA-256 {stored.sha256} was expected, {found} found" * (found != stored.sha256)
    if stored.columns is None:
        return ""
    try:
        metadata = pq.read_metadata(path)
        columns = tuple(metadata.schema.to_arrow_schema().names)
    except UNREADABLE as error:
        return f"it cannot be read ({error})"
    if metadata.num_rows != stored.rows:
        return f"{stored.rows} rows were expected, {metadata.num_rows} found"
    return "its columns are others" * (columns != stored.columns)


def refuse(found: Collection[Damage], remedy: str) -> None:
    """Refuse what is damaged: the first of it in full, and how many more there are.

    Raises
    ------
    DamagedError
        There is any.
    """
    if not found:
        return
    first, *others = found
    more = f" So {'are' if others[1:] else 'is'} {len(others)} more." if others else ""
    raise DamagedError(f"{first.what}{more}", where=str(first.path), remedy=remedy)


def write_sealed(table: pa.Table, path: Path, **options: Any) -> None:
    """Write a table as a Parquet file that carries its own SHA-256.

    ``options`` are those of `pyarrow.parquet.write_table`.
    """
    metadata = {**(table.schema.metadata or {}), _SEAL: _SAYS + _ZEROS}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(metadata), sink, **options)
    content = sink.getvalue().to_pybytes()
    begin, end = list(_FOUND.finditer(content))[-1].span(1)
    path.write_bytes(content[:begin] + hash_of(content).hexdigest().encode() + content[end:])


def read_sealed(path: Path, remedy: str) -> tuple[pa.Table, bool]:
    """Read a Parquet file; return its table, and whether it carries its SHA-256.

    Raises
    ------
    DamagedError
        It is not as it was written, or no Parquet file.
    """
    with as_written(path, remedy):
        content = path.read_bytes()
    found = list(_FOUND.finditer(content))
    if found:
        begin, end = found[-1].span(1)
        now = hash_of(content[:begin] + _ZEROS + content[end:]).hexdigest()
        if now.encode() != found[-1][1]:
            raise DamagedError(
                "The file is not as it was written: SHA-256 "
                f"{found[-1][1].decode()} was expected, {now} found.",
                where=str(path),
                remedy=remedy,
            )
    with as_written(path, remedy):
        # Hashed and read are the same bytes.
        return pq.read_table(pa.BufferReader(content)), bool(found)


@contextmanager
def as_written(path: Path, remedy: str) -> Iterator[None]:
    """Take what the block meets in a file and does not expect for damage.

    Raises
    ------
    DamagedError
        The block found less than what is written to such a file, or other things.
    """
    try:
        yield
    except AdvocacyError:
        raise
    except UNREADABLE as error:
        raise DamagedError(
            f"{path.name} cannot be read as it was written ({type(error).__name__}: {error}).",
            where=str(path),
            remedy=remedy,
        ) from error
