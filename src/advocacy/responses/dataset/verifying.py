"""A dataset is held to what its import wrote down, when it is opened and when it is asked for.

Each partition has in `ABOUT` the list of its files (`advocacy.stored`). Of a small dataset all
ratings are hashed when it is opened, so that what is read is what was written. Of a larger one
sizes, rows, columns, types and the limits of values in the Parquet footers are compared, and the
rest by `check`; so it is of one that an older import wrote, which has no such list.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from advocacy.errors import DamagedError
from advocacy.responses.dataset.accounts import MANIFEST, about_folder
from advocacy.responses.schema import Column, Type, find_column
from advocacy.stored import (
    FILES,
    UNREADABLE,
    Damage,
    Seal,
    all_damage,
    damage,
    read_seal,
    refuse,
)

# Bytes of all ratings of a dataset up to which they are hashed when it is opened: a fifth of a
# second.
HASHED = 256_000_000


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is of texts, as they are or by number in a dictionary."""
    if types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def is_number(kind: pa.DataType) -> bool:
    """Tell whether a type is of numbers."""
    # ADBC gives PostgreSQL's numeric as text of a type by that name.
    if getattr(kind, "type_name", "") == "numeric":
        return True
    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind))


IS: dict[Type, Callable[[pa.DataType], bool]] = {
    Type.TEXT: is_text,
    Type.INTEGER: types.is_integer,
    Type.NUMBER: is_number,
    Type.BOOLEAN: types.is_boolean,
    Type.DATE: types.is_date,
}


@dataclass(frozen=True)
class Ratings:
    """A Parquet file of a partition and the names of its columns."""

    path: Path
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Partition:
    """A partition and the list of its files; ``None`` where an older import wrote none."""

    folder: Path
    seal: Seal | None

    @property
    def ratings(self) -> list[Path]:
        """Files of ratings that stand in the folder."""
        return sorted(self.folder.glob("*.parquet"))

    @property
    def listed(self) -> set[str]:
        """Names of files of ratings that were written."""
        files = self.seal.files if self.seal else ()
        return {name for name in files if name.endswith(".parquet")}


def partition_folders(dataset: Path) -> list[Path]:
    """Return the folders of the partitions of a dataset."""
    root = partitions_root(dataset)
    return sorted(folder for folder in root.glob("source=*") if folder.is_dir())


def partitions_root(dataset: Path) -> Path:
    """Return the folder in which the partitions of a dataset are."""
    return dataset / "responses" if (dataset / "responses").is_dir() else dataset


def open_partition(folder: Path) -> Partition:
    """Return a partition with the list of its files.

    Raises
    ------
    DamagedError
        The list cannot be read, is gone, or is of another source.
    """
    try:
        sealed = read_seal(about_folder(folder))
    except DamagedError as error:
        raise DamagedError(error.what, where=error.where, remedy=how_to_restore(folder)) from error
    where = about_folder(folder)
    if sealed is None:
        if (where / MANIFEST).exists() and "format" in _manifest(folder):
            raise DamagedError(
                "The list of the partition's files is gone.",
                where=str(where / FILES),
                remedy=how_to_restore(folder),
            )
        return Partition(folder, None)
    source = sealed.stated.get("source", "")
    # While it is written it has another name.
    if folder.name.startswith("source=") and folder.name != f"source={source}":
        raise DamagedError(
            f"The partition is of the source {source!r}: its folder was renamed or copied.",
            where=str(folder),
            remedy="Name the folder as it was, or import the file under the new name with --name.",
        )
    return Partition(folder, sealed)


def verified_ratings(dataset: Path) -> list[Ratings]:
    """Return the files of ratings of a dataset, held to what is known of them.

    Raises
    ------
    DamagedError
        One is damaged, gone, foreign, or of other rows, columns, types or values than was
        written; names the file, what was expected, and how to get it back.
    """
    partitions = [open_partition(folder) for folder in partition_folders(dataset)]
    sizes = (p.seal.files[name].bytes for p in partitions if p.seal for name in p.listed)
    hashed = sum(sizes) <= HASHED
    return [file for one in partitions for file in _verified(one, hashed)]


def verify_partition(folder: Path) -> None:
    """Read all of a partition, and refuse it where a file is not as it was written.

    Raises
    ------
    DamagedError
        As `open_partition`; or a file has changed, or of an older import cannot be read.
    """
    one = open_partition(folder)
    _refuse(folder, list(_changed(one) if one.seal else _unread(one)))


@contextmanager
def reading(dataset: Path | None) -> Iterator[None]:
    """Say which file of a dataset is damaged where an engine fails in reading it.

    Of a large dataset only this shows it. ``None`` is for what is no dataset.

    Raises
    ------
    DamagedError
        The engine failed, and a file is not as it was written.
    """
    try:
        yield
    except (duckdb.Error, RuntimeError):
        for folder in partition_folders(dataset) if dataset else ():
            verify_partition(folder)
        raise


def check(folder: Path) -> list[Damage]:
    """Return all that is wrong with a partition: each of its files is read.

    Raises
    ------
    DamagedError
        As `open_partition`.
    """
    one = open_partition(folder)
    return list(_changed(one)) if one.seal else list(_in_footers(one)) or list(_unread(one))


def count_ratings(folder: Path) -> int:
    """Return how many ratings were written to a partition.

    Raises
    ------
    DamagedError
        As `open_partition`; or an older import wrote it, and a file cannot be read.
    """
    one = open_partition(folder)
    if one.seal:
        return sum(one.seal.files[name].rows or 0 for name in one.listed)
    _refuse(folder, list(_in_footers(one)))
    return sum(pq.read_metadata(path).num_rows for path in one.ratings)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a partition, as it was written.

    Raises
    ------
    DamagedError
        It is damaged, or was changed since.
    """
    sealed = open_partition(folder).seal
    if sealed:
        name = (about_folder(folder) / MANIFEST).relative_to(folder).as_posix()
        _refuse(folder, list(damage(folder, sealed, [name])))
    return _manifest(folder)


def stated_scales(dataset: Path, column: str) -> Counter[tuple[float, float]]:
    """Return the scales that imports have stated for a column, and the sources of each.

    Raises
    ------
    DamagedError
        A manifest is damaged.
    """
    found: Counter[tuple[float, float]] = Counter()
    for folder in partition_folders(dataset):
        columns = [
            one for file in read_manifest(folder).get("files", ()) for one in file["columns"]
        ]
        stated = [c for c in columns if c["column"] == column and c["scale_min"] is not None]
        found.update({(c["scale_min"], c["scale_max"]) for c in stated})
    return found


def verified_list(folder: Path, name: str) -> Path:
    """Return a list of a partition, such as that of its rejected rows, as it was written.

    Raises
    ------
    DamagedError
        It is damaged, or was changed since.
    """
    path, sealed = about_folder(folder) / name, open_partition(folder).seal
    if sealed:
        listed = path.relative_to(folder).as_posix()
        _refuse(folder, list(damage(folder, sealed, [listed])))
    return path


def _verified(one: Partition, hashed: bool) -> list[Ratings]:
    """Return a partition's ratings, after its files were held to what is known of them."""
    if one.seal is None:
        _refuse(one.folder, list(_in_footers(one)))
        return [Ratings(path, tuple(pq.read_schema(path).names)) for path in one.ratings]
    names = sorted(one.listed | {path.name for path in one.ratings})
    found = list(damage(one.folder, one.seal, names, hashed=hashed))
    if not found and not hashed:
        found = list(_in_footers(one))
    _refuse(one.folder, found)
    return [Ratings(one.folder / name, one.seal.files[name].columns or ()) for name in names]


def _in_footers(one: Partition) -> Iterator[Damage]:
    """Yield what the Parquet footers show to be wrong: rows, types, and limits of values."""
    manifest = {} if one.seal else _manifest(one.folder)
    kind = one.seal.stated.get("kind") if one.seal else manifest.get("kind")
    rows = 0
    for path in one.ratings:
        try:
            metadata = pq.read_metadata(path)
            schema = metadata.schema.to_arrow_schema()
        except UNREADABLE as error:
            yield Damage(path, f"The file cannot be read ({error}).")
            return
        rows += metadata.num_rows
        for field in schema:
            column = find_column(field.name)
            empty = pa.types.is_null(field.type)  # as others write a column without a value
            if column and not empty and not IS[column.type](field.type):
                yield Damage(
                    path,
                    f"The column {column.name} is of the type {field.type}, where the codebook has "
                    f"{column.type.name.lower()}.",
                )
            elif column:
                yield from _beyond(path, metadata, column, kind)
    kept = manifest.get("rows", {}).get("kept", rows)
    if rows != kept:
        yield Damage(one.folder, f"The manifest counts {kept} rows kept, {rows} were found.")


def _beyond(
    path: Path, metadata: pq.FileMetaData, column: Column, kind: str | None
) -> Iterator[Damage]:
    """Yield the first least or greatest value of a column that the codebook does not allow."""
    for value in _extremes(metadata, column.name):
        if column.name == "source_kind" and kind is not None and value != kind:
            yield Damage(path, f"Ratings are called {value}, where the import was of {kind}.")
        elif not _allowed(value, column):
            yield Damage(
                path, f"The column {column.name} holds {value!r}; allowed is {column.allowed()}."
            )
        else:
            continue
        return


def _extremes(metadata: pq.FileMetaData, name: str) -> Iterator[Any]:
    """Yield the least and the greatest value of a column in each group of rows, where written."""
    places = [
        place for place in range(metadata.num_columns) if metadata.schema.column(place).path == name
    ]
    for place in places:
        for group in range(metadata.num_row_groups):
            statistics = metadata.row_group(group).column(place).statistics
            if statistics is not None and statistics.has_min_max:
                yield from (statistics.min, statistics.max)


def _allowed(value: Any, column: Column) -> bool:
    if not isinstance(value, int | float):
        return not column.levels or value in dict(column.levels)
    least = -float("inf") if column.minimum is None else column.minimum
    most = float("inf") if column.maximum is None else column.maximum
    return least <= value <= most and not (column.positive and value <= 0)


def _changed(one: Partition) -> Iterator[Damage]:
    """Yield what is wrong with any file of a partition that has a list."""
    if one.seal:
        yield from all_damage(one.folder, about_folder(one.folder), one.seal)


def _unread(one: Partition) -> Iterator[Damage]:
    """Yield which files of ratings cannot be read."""
    for path in one.ratings:
        try:
            pq.ParquetFile(path).read()
        except UNREADABLE as error:
            yield Damage(path, f"The file cannot be read ({error}).")


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest as it stands; one that was not written is empty."""
    path = about_folder(folder) / MANIFEST
    try:
        content = json.loads(path.read_bytes())
        if not isinstance(content, Mapping):
            raise ValueError("it is no object")
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise DamagedError(
            f"The manifest cannot be read ({error}).",
            where=str(path),
            remedy=how_to_restore(folder),
        ) from error
    return dict(content)


def _refuse(folder: Path, found: Sequence[Damage]) -> None:
    if found:  # how to get it back takes reading the manifest
        refuse(found, how_to_restore(folder))


def how_to_restore(folder: Path) -> str:
    """Say how to get a partition back: from the raw files that its manifest names."""
    accounts = folder.parent.parent / "accounts.csv"
    if accounts.exists():  # a study has imported it
        return f"Remove {accounts} and run `make book`, which imports all sources again."
    try:
        files = json.loads((about_folder(folder) / MANIFEST).read_bytes())["files"]
        named = ", ".join(str(file["name"]) for file in files)
    except (OSError, ValueError, LookupError, TypeError):
        named = "the raw files"
    source = folder.name.removeprefix("source=")
    return f"Import the source {source} again from {named}; `advocacy check` looks at all of it."
