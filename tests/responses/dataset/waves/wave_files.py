"""Sources with follow-ups that tests write, and what an import has made of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from written import HEAD

from advocacy.provenance import sha256
from advocacy.responses import Source
from advocacy.responses.dataset.importing import partition
from advocacy.responses.dataset.source import DataFile

BASE = "who,day,q\n1,2024-01-10,10\n2,2024-01-10,8\n3,2024-01-10,3\n"
BASE_LINES = "who,*,respondent_id,*,\nday,*,interviewed_on,*,\nq,0..10,score,*,\n"
LINES = (
    "who,*,respondent_id,*,\nday,*,followed_up_on,*,\n"
    "y,1,recommended_since,true,\ny,2,recommended_since,false,\n"
    "first,*,first_recommended_on,*,\nleft,*,churned_on,*,\n"
)
NAMES = "who,day,y,first,left\n"


def followed(
    source: Source,
    waves: dict[str, str],
    lines: str = LINES,
    head: str = NAMES,
    table: str = "followups",
    **options: Any,
) -> Source:
    """Return a source with files of follow-ups, or of contacts, by name; beside those it has."""
    crosswalk = source.folder / f"{table}-lines.csv"
    crosswalk.write_text(HEAD + lines, encoding="utf-8")
    files = []
    for name, rows in waves.items():
        path = source.folder / name
        path.write_text(head + rows, encoding="utf-8")
        files.append(DataFile(path, sha256(path), crosswalk, table))
    return replace(source, linked=(*source.linked, *files), **options)


def ratings(dataset: Path, name: str = "lung") -> list[dict[str, Any]]:
    return list(_rows(partition(dataset, name)))


def interviews(dataset: Path, name: str = "lung") -> list[dict[str, Any]]:
    return list(_rows(partition(dataset, name) / "_followups"))


def invitations(dataset: Path, name: str = "lung") -> list[dict[str, Any]]:
    return list(_rows(partition(dataset, name) / "_contacts"))


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for part in sorted(folder.glob("*.parquet")):
        yield from pq.read_table(part, partitioning=None).to_pylist()


def manifest(dataset: Path, name: str = "lung") -> dict[str, Any]:
    path = partition(dataset, name) / "_about" / "manifest.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def set_aside(dataset: Path, name: str = "lung") -> list[tuple[str, int, str, str, str]]:
    """Return file, row, column, value and reason of each row that was not taken."""
    path = partition(dataset, name) / "_about" / "rejected.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            (row["file"], int(row["row"]), row["column"], row["value"], row["reason"])
            for row in csv.DictReader(lines)
        ]


def day(text: str) -> date:
    return date.fromisoformat(text)
