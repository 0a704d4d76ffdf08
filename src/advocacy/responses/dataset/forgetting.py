"""Forgetting a person or a source: out of the dataset, with an account and a list of what is left.

Only the partitions concerned are written anew, each by rename. The raw files are never
touched: they are as received, and a person must be deleted there as well, or the next import
brings them back.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from advocacy.errors import FileFormatError, UsageError
from advocacy.files import remove, replacing
from advocacy.responses.dataset.accounts import (
    CONTACTS_FOLDER,
    EXCLUDED_FILE,
    FOLLOWUPS_FOLDER,
    MANIFEST,
    REJECTED_FILE,
    UNPLACED_FILE,
    about_folder,
)
from advocacy.responses.dataset.ledger import list_sql, listed_columns
from advocacy.responses.dataset.manifest import count_forgotten
from advocacy.responses.dataset.respondents import as_imported
from advocacy.responses.dataset.verifying import (
    count_ratings,
    partitions_root,
    verify_partition,
)
from advocacy.responses.pseudonyms import pseudonym
from advocacy.sql import connect, literal
from advocacy.stored import FILES, seal
from advocacy.temporary import clear_abandoned_beside

_PSEUDONYM = re.compile("[0-9a-f]{32}")
_OF_FORGOTTEN = "rating_id IN (SELECT rating_id FROM forgotten WHERE rating_id IS NOT NULL)"
_NOBODY = "respondent_id IS NULL"


@dataclass(frozen=True)
class Found:
    """Ratings, and rejected rows, in one source that are to be forgotten.

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
    rejected
        Number of rows that were rejected.
    linked
        Number of follow-ups and contacts.
    """

    source: str
    folder: Path
    respondent_id: str
    ratings: int
    rejected: int = 0
    linked: int = 0


def sources(dataset: Path) -> list[str]:
    """Return the names of the sources of a dataset.

    Raises
    ------
    FileFormatError
        The folder is no dataset.
    """
    clear_abandoned_beside(partitions_root(dataset) / "source=*")
    names = sorted(
        f.name.removeprefix("source=") for f in partitions_root(dataset).glob("source=*")
    )
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
    folder = partitions_root(dataset) / f"source={name}"
    linked = sum(pq.read_metadata(part).num_rows for part in _linked_parts(folder))
    return Found(name, folder, "", count_ratings(folder), linked=linked)


def find_respondent(
    dataset: Path, respondent: str, *, source: str | None = None, salt: bytes | None = None
) -> list[Found]:
    """Find a person's ratings, follow-ups, contacts and rejected rows, a source each.

    Nothing is changed.

    Parameters
    ----------
    dataset
        Folder of the dataset.
    respondent
        The respondent's number or name as in the raw file, or their pseudonym. Where the
        file has numbers, 10003.0 is 10003; a text is that text.
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
    DamagedError
        A partition that is looked in is not as it was written.
    """
    names = [find_source(dataset, source).source] if source else sources(dataset)
    found = []
    for name in names:
        folder = partitions_root(dataset) / f"source={name}"
        verify_partition(folder)
        called = as_imported(respondent, _manifest(folder))
        if salt is not None:
            called += [pseudonym(text, salt, name) for text in called]
        found += _find(folder, name, called)
    if not found:
        raise UsageError(
            "The dataset has no rating of this respondent, and no rejected row or invitation.",
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
    dataset: Path,
    respondent: str,
    *,
    source: str | None = None,
    salt: bytes | None = None,
    pages: Callable[[Path, Path], object] | None = None,
) -> list[Found]:
    """Remove a person's ratings, what is linked to them, and rejected rows; return what was.

    Other arguments and errors as in `find_respondent`. Row numbers and rating_ids of others stay;
    the manifest counts the rows as forgotten, without saying whose they were.

    Parameters
    ----------
    pages
        Writes the pages of the import anew, where there are some, as `import_source` calls it.
        They may show what was forgotten: without it they are gone.
    """
    found = find_respondent(dataset, respondent, source=source, salt=salt)
    for folder in sorted({one.folder for one in found}):
        _rewrite(folder, [one.respondent_id for one in found if one.folder == folder], pages)
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
        if not whole and _rejected_rows(_rejected(one.folder), _NOBODY)
    ]
    other = sorted(
        path.name
        for path in dataset.iterdir()
        if path != partitions_root(dataset)
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


def _where_to_look(salt: bytes | None) -> str:
    if salt is None:
        return (
            "To name a person as the raw file does, give --salt with the file `salt` that stands "
            "beside it; else give the respondent_id as the dataset has it."
        )
    return "Is this the salt of the source that the person answered in? Is the number complete?"


def _parts_with(folder: Path, column: str) -> list[Path]:
    return [p for p in sorted(folder.glob("*.parquet")) if column in pq.read_schema(p).names]


def _linked_parts(folder: Path) -> list[Path]:
    """Return the files of follow-ups, and of contacts."""
    folders = (folder / name for name in (FOLLOWUPS_FOLDER, CONTACTS_FOLDER))
    return [part for own in folders for part in sorted(own.glob("*.parquet"))]


def _find(folder: Path, source: str, called: list[str]) -> list[Found]:
    theirs = f"respondent_id IN ({_listed(called)})"
    ratings, rejected, linked = Counter[str](), Counter[str](), Counter[str]()
    parts, listed = _parts_with(folder, "respondent_id"), _rejected(folder)
    with connect() as connection:
        _mark(connection, parts, theirs)
        connection.execute("SELECT respondent_id, count(*) FROM forgotten GROUP BY ALL")
        ratings.update(dict(connection.fetchall()))
        for part in _linked_parts(folder):
            connection.execute(
                f"SELECT coalesce({_respondent(part)}, forgotten.respondent_id) AS whose, count(*) "
                f"FROM {_relation([part])} own LEFT JOIN forgotten USING (rating_id) "
                f"WHERE whose IN ({_listed(called)}) GROUP BY ALL"
            )
            linked.update(dict(connection.fetchall()))
        if _names_respondents(listed):
            connection.execute(
                f"SELECT respondent_id, count(DISTINCT (file, row)) FROM {list_sql(listed)} "
                f"WHERE {theirs} GROUP BY ALL"
            )
            rejected.update(dict(connection.fetchall()))
    names = sorted({*ratings, *rejected, *linked})
    return [
        Found(source, folder, name, ratings[name], rejected[name], linked[name]) for name in names
    ]


def _mark(connection: duckdb.DuckDBPyConnection, parts: list[Path], theirs: str) -> None:
    """Make the table ``forgotten``: the ratings of which ``theirs`` holds, and whose they are."""
    nobody = "(SELECT NULL::VARCHAR AS rating_id, NULL::VARCHAR AS respondent_id)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE forgotten AS SELECT rating_id, respondent_id "
        f"FROM {_relation(parts) if parts else nobody} WHERE {theirs}"
    )


def _respondent(part: Path) -> str:
    """Return the SQL of whose a contact is; a follow-up is known by its rating alone."""
    own = "respondent_id" in pq.read_schema(part).names
    return "own.respondent_id" if own else "NULL::VARCHAR"


def _relation(parts: list[Path]) -> str:
    files = ", ".join(literal(str(part)) for part in parts)
    # Not a column `source` from the folder's name, which the file itself does not have.
    return f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"


def _listed(values: list[str]) -> str:
    return ", ".join(literal(value) for value in values)


def _rewrite(
    folder: Path, respondents: list[str], pages: Callable[[Path, Path], object] | None
) -> None:
    """Write a partition anew without these respondents, in place of what was there."""
    theirs = f"respondent_id IN ({_listed(respondents)})"
    with replacing(folder) as new, connect() as connection:
        shutil.copytree(folder, new)
        parts = _parts_with(folder, "respondent_id")
        _mark(connection, parts, theirs)
        gone = dict.fromkeys(parts, f"coalesce({theirs}, FALSE)")
        for part in _linked_parts(folder):
            own = f"{_respondent(part)} IN ({_listed(respondents)})"
            gone[part] = f"coalesce({_OF_FORGOTTEN} OR {own}, {_OF_FORGOTTEN}, {own}, FALSE)"
        removed = {
            part.name: _without(connection, part, new / part.relative_to(folder), which)
            for part, which in gone.items()
        }
        old, about, rejected = about_folder(folder), about_folder(new), Counter[str]()
        for name in (EXCLUDED_FILE, UNPLACED_FILE):
            if (old / name).exists():
                _list_without(connection, old / name, about / name, _OF_FORGOTTEN)
        if _names_respondents(old / REJECTED_FILE):
            rejected = _rejected_of(connection, old / REJECTED_FILE, theirs)
            _list_without(connection, old / REJECTED_FILE, about / REJECTED_FILE, theirs)
        if (about / MANIFEST).exists():
            count_forgotten(about / MANIFEST, removed, rejected)
        shown = list(about.glob("*.html"))
        for page in shown:
            page.unlink()
        if (old / FILES).exists():
            seal(new, about)
        if shown and pages:
            pages(new, folder)


def _without(connection: duckdb.DuckDBPyConnection, old: Path, new: Path, theirs: str) -> int:
    """Write a part without the rows of ``theirs``, in order; return how many rows went."""
    relation = _relation([old])
    count = connection.execute(f"SELECT count(*) FILTER ({theirs}) FROM {relation} own").fetchall()
    if not count[0][0]:
        return 0
    connection.execute(
        f"COPY (SELECT * FROM {relation} own WHERE NOT {theirs}) TO {literal(str(new))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    return int(count[0][0])


def _list_without(connection: duckdb.DuckDBPyConnection, old: Path, new: Path, theirs: str) -> None:
    """Write a list without the rows of ``theirs``, in order."""
    connection.execute(
        f"COPY (SELECT * FROM {list_sql(old)} WHERE NOT coalesce({theirs}, FALSE)) "
        f"TO {literal(str(new))} (FORMAT csv, HEADER)"
    )


def _rejected_of(connection: duckdb.DuckDBPyConnection, path: Path, theirs: str) -> Counter[str]:
    """Count the rejected rows of ``theirs`` by file; a row with two problems is one."""
    connection.execute(
        f"SELECT file, count(DISTINCT row) FROM {list_sql(path)} WHERE {theirs} GROUP BY ALL"
    )
    return Counter(dict(connection.fetchall()))


def _manifest(folder: Path) -> dict[str, Any]:
    path = about_folder(folder) / MANIFEST
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _rejected(folder: Path) -> Path:
    return about_folder(folder) / REJECTED_FILE


def _names_respondents(path: Path) -> bool:
    """Tell whether a list of rejected rows says whose they are; an older import's does not."""
    return path.exists() and "respondent_id" in listed_columns(path)


def _rejected_rows(path: Path, which: str = "TRUE") -> int:
    """Count the rows of a list of rejected rows, of which ``which`` holds if it can be known."""
    if not path.exists():
        return 0
    condition = which if _names_respondents(path) else "TRUE"
    counted = f"SELECT count(DISTINCT (file, row)) FROM {list_sql(path)} WHERE {condition}"
    with connect() as connection:
        return int(connection.execute(counted).fetchall()[0][0])
