"""Forgetting a person or a source: out of the dataset, with an account and a list of what is left.

Only the partitions concerned are written anew, each by rename. The raw files are never
touched: they are as received, and a person must be deleted there as well, or the next import
brings them back.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from advocacy.errors import FileFormatError, UsageError
from advocacy.files import remove, replacing
from advocacy.provenance import write_json
from advocacy.responses.dataset.accounts import (
    EXCLUDED_FILE,
    MANIFEST,
    REJECTED_FILE,
    UNPLACED_FILE,
    about_folder,
)
from advocacy.responses.pseudonyms import pseudonym
from advocacy.sql import connect, literal
from advocacy.temporary import clear_abandoned_beside

_PSEUDONYM = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Found:
    """Ratings in one source that are to be forgotten.

    Parameters
    ----------
    source
        Name of the source.
    folder
        Its partition.
    respondent_id
        The respondent as the partition names them; empty for the whole source.
    ratings
        Number of ratings.
    """

    source: str
    folder: Path
    respondent_id: str
    ratings: int


def sources(dataset: Path) -> list[str]:
    """Return the names of the sources of a dataset.

    Raises
    ------
    FileFormatError
        The folder is no dataset.
    """
    clear_abandoned_beside(_root(dataset) / "source=*")
    names = sorted(f.name.removeprefix("source=") for f in _root(dataset).glob("source=*"))
    if not names:
        raise FileFormatError(
            "The folder is no dataset: it has no source=<name> partitions.",
            where=str(dataset),
            remedy="Name the folder that `advocacy import` has written.",
        )
    return names


def find_source(dataset: Path, name: str) -> Found:
    """Find a source by name.

    Raises
    ------
    UsageError
        The dataset has no such source.
    FileFormatError
        The folder is no dataset.
    """
    known = sources(dataset)
    if name not in known:
        raise UsageError(
            f"The dataset has no source {name!r}.",
            where=str(dataset),
            remedy=f"Name one of: {', '.join(known)}.",
        )
    folder = _root(dataset) / f"source={name}"
    ratings = sum(pq.read_metadata(part).num_rows for part in folder.glob("*.parquet"))
    return Found(name, folder, "", ratings)


def find_respondent(
    dataset: Path, respondent: str, *, source: str | None = None, salt: bytes | None = None
) -> list[Found]:
    """Find a person's ratings, a source each; nothing is changed.

    Parameters
    ----------
    dataset
        Folder of the dataset.
    respondent
        The respondent's number or name as in the raw file, or their pseudonym.
    source
        Look in this source only.
    salt
        What `privacy.read_salt` gives for the source's raw folder: needed to find a person
        by what the raw file calls them, where the import has replaced it.

    Raises
    ------
    UsageError
        Nobody is found; or a number that is no pseudonym stands in several sources, where
        it may be several persons.
    FileFormatError
        The folder is no dataset.
    """
    names = [find_source(dataset, source).source] if source else sources(dataset)
    found = []
    for name in names:
        called = [respondent.strip()]
        if salt is not None:
            called.append(pseudonym(called[0], salt, name))
        found += _find(_root(dataset) / f"source={name}", name, called)
    if not found:
        raise UsageError(
            "The dataset has no rating of this respondent.",
            where=str(dataset),
            remedy=_where_to_look(salt),
        )
    named = {one.source for one in found if not _PSEUDONYM.fullmatch(respondent.strip())}
    if len(named) > 1:
        raise UsageError(
            f"This respondent number stands in several sources: {', '.join(sorted(named))}.",
            where=str(dataset),
            remedy="It may be several persons: name one source with --source.",
        )
    return found


def forget_respondent(
    dataset: Path, respondent: str, *, source: str | None = None, salt: bytes | None = None
) -> list[Found]:
    """Remove a person's ratings from a dataset; return what was removed.

    Arguments and errors as in `find_respondent`. Row numbers and rating_ids of others stay;
    the manifest counts the rows as forgotten, without saying whose they were.
    """
    found = find_respondent(dataset, respondent, source=source, salt=salt)
    for folder in sorted({one.folder for one in found}):
        _rewrite(folder, [one.respondent_id for one in found if one.folder == folder])
    return found


def forget_source(dataset: Path, name: str) -> list[Found]:
    """Remove a source from a dataset; return what was removed. Raises as `find_source`."""
    found = find_source(dataset, name)
    remove(found.folder)
    return [found]


def to_rebuild(dataset: Path, found: list[Found]) -> list[str]:
    """Say what still holds what was forgotten, or was computed from it, a sentence each."""
    names = ", ".join(sorted({one.source for one in found}))
    whole = not found[0].respondent_id
    raw = (
        f"The raw files of {names}, with their salt, are as they were: delete them, or the next "
        "import brings the source back."
        if whole
        else f"The raw files of {names} are as they were: delete the person there, with a new "
        "sha256 in source.toml, or the next import brings them back."
    )
    rejected = [
        f"{_rejected(one.folder)} lists rejected rows without their respondent: import the "
        "source anew from the cleaned raw file to be sure that none is of this person."
        for one in found
        if not whole and _has_rejected_rows(one.folder)
    ]
    other = sorted(
        path.name
        for path in dataset.iterdir()
        if path != _root(dataset)
        and path.name != "README.md"  # what the folder is for
        and not path.name.startswith((".", "source="))
        and (dataset / "responses").is_dir()
    )
    kept = f" ({', '.join(other)} in {dataset})" if other else ""
    return [
        raw,
        *dict.fromkeys(rejected),
        f"All that was computed from the responses{kept} still counts these ratings: run the "
        "study again (`make book`), and `advocacy estimate` for each file that it wrote.",
        "Backups, and copies that were sent to others, are not reached from here.",
    ]


def _root(dataset: Path) -> Path:
    return dataset / "responses" if (dataset / "responses").is_dir() else dataset


def _where_to_look(salt: bytes | None) -> str:
    if salt is None:
        return (
            "To name a person as the raw file does, give --salt with the file `salt` that stands "
            "beside it; else give the respondent_id as the dataset has it."
        )
    return "Is this the salt of the source that the person answered in? Is the number complete?"


def _parts_with(folder: Path, column: str) -> list[Path]:
    return [p for p in sorted(folder.glob("*.parquet")) if column in pq.read_schema(p).names]


def _find(folder: Path, source: str, called: list[str]) -> list[Found]:
    parts = _parts_with(folder, "respondent_id")
    if not parts:
        return []
    with connect() as connection:
        rows = connection.execute(
            f"SELECT respondent_id, count(*) FROM {_relation(parts)} "
            f"WHERE respondent_id IN ({_listed(called)}) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return [Found(source, folder, str(name), ratings) for name, ratings in rows]


def _relation(parts: list[Path]) -> str:
    files = ", ".join(literal(str(part)) for part in parts)
    # Not a column `source` from the folder's name, which the file itself does not have.
    return f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"


def _listed(values: list[str]) -> str:
    return ", ".join(literal(value) for value in values)


def _rewrite(folder: Path, respondents: list[str]) -> None:
    """Write a partition anew without these respondents, in place of what was there."""
    theirs = f"respondent_id IN ({_listed(respondents)})"
    with replacing(folder) as new, connect() as connection:
        shutil.copytree(folder, new)
        parts = _parts_with(folder, "respondent_id")
        connection.execute(
            f"CREATE TEMP TABLE forgotten AS SELECT DISTINCT rating_id FROM {_relation(parts)} "
            f"WHERE {theirs} AND rating_id IS NOT NULL"
        )
        removed = {
            part.name: _without(connection, part, new / part.name, f"coalesce({theirs}, FALSE)")
            for part in parts
        }
        old_about, new_about = about_folder(folder), about_folder(new)
        for name in (EXCLUDED_FILE, UNPLACED_FILE):
            if (old_about / name).exists():
                _list_without(connection, old_about / name, new_about / name)
        if (old_about / MANIFEST).exists():
            _account(new_about / MANIFEST, removed)


def _without(connection: duckdb.DuckDBPyConnection, old: Path, new: Path, theirs: str) -> int:
    """Write a part without the rows of ``theirs``, in order; return how many rows went."""
    relation = _relation([old])
    count = connection.execute(f"SELECT count(*) FILTER ({theirs}) FROM {relation}").fetchall()
    if not count[0][0]:
        return 0
    connection.execute(
        f"COPY (SELECT * FROM {relation} WHERE NOT {theirs}) TO {literal(str(new))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    return int(count[0][0])


def _list_without(connection: duckdb.DuckDBPyConnection, old: Path, new: Path) -> None:
    """Write a list of ratings without those that are forgotten."""
    listed = (
        f"read_csv({literal(str(old))}, header = true, all_varchar = true, "
        "hive_partitioning = false)"
    )
    connection.execute(
        f"COPY (SELECT * FROM {listed} WHERE rating_id NOT IN "
        f"(SELECT rating_id FROM forgotten)) TO {literal(str(new))} (FORMAT csv, HEADER)"
    )


def _account(path: Path, removed: dict[str, int]) -> None:
    """Count the rows that went in the manifest: read = kept + rejected + forgotten."""
    manifest = json.loads(path.read_text(encoding="utf-8"))
    _move(manifest["rows"], sum(removed.values()))
    for index, file in enumerate(manifest["files"]):
        _move(file["rows"], removed.get(f"responses-{index}.parquet", 0))
    write_json(path, manifest)


def _move(rows: dict[str, Any], forgotten: int) -> None:
    rows["kept"] -= forgotten
    rows["forgotten"] = rows.get("forgotten", 0) + forgotten


def _rejected(folder: Path) -> Path:
    return about_folder(folder) / REJECTED_FILE


def _has_rejected_rows(folder: Path) -> bool:
    path = _rejected(folder)
    return path.exists() and len(path.read_text(encoding="utf-8").splitlines()) > 1
