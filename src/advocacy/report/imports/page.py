"""The import page: all that was lost, dropped or assumed on the way from file to dataset."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from advocacy.files import write_text
from advocacy.report.contents.parts import count, number_columns, table
from advocacy.report.document import (
    Alert,
    Block,
    Column,
    Commands,
    Document,
    Heading,
    Paragraph,
    Table,
)
from advocacy.report.imports.codebook import codebook_page
from advocacy.report.imports.file import file_section
from advocacy.report.imports.guesses import guesses_section
from advocacy.report.imports.parts import face
from advocacy.report.imports.record import filled_columns
from advocacy.report.imports.rules import ratings_section
from advocacy.report.media.html import page
from advocacy.report.wording import ENGLISH, counted
from advocacy.responses.dataset.accounts import MANIFEST, REJECTED_FILE
from advocacy.responses.dataset.eligibility import EXCLUDED_FILE
from advocacy.responses.dataset.ledger import exclusion_reasons, rejected_values

IMPORT_PAGE = "import.html"
CODEBOOK_PAGE = "codebook.html"

_LISTED = 50  # different rejected values that the page lists; the file beside it has them all
_RATE = ("score", "recommended_past_12m")


def write_import_pages(folder: Path) -> tuple[Path, Path]:
    """Write the import page and the codebook of a partition beside its manifest.

    Parameters
    ----------
    folder
        A partition that `import_source` has written: ``<dataset>/responses/source=<name>``.
        The commands on the page name the dataset as it is named here.

    Returns
    -------
    tuple[Path, Path]
        The two files.
    """
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    lost = import_page(manifest, folder / REJECTED_FILE, folder / EXCLUDED_FILE)
    paths = folder / IMPORT_PAGE, folder / CODEBOOK_PAGE
    for path, document in zip(paths, (lost, codebook_page(manifest)), strict=True):
        write_text(path, page(document))
    return paths


def import_page(manifest: Mapping[str, Any], rejected: Path, excluded: Path) -> Document:
    """Return the page of all that was lost, dropped or assumed on the way into the dataset.

    Parameters
    ----------
    manifest
        Of the partition, as `manifest.describe_source` gives it.
    rejected, excluded
        The lists of rejected rows and of ratings that do not count, in the partition.
    """
    listed, reasons = rejected_values(rejected, _LISTED + 1)  # one more tells that there are more
    without = exclusion_reasons(excluded)
    about = "What was lost, dropped or assumed on the way from the file to the dataset."
    return Document(
        (
            *face(manifest, "Import", about),
            *_rows(manifest, sum(ratings for _, ratings in without)),
            *ratings_section(manifest, without),
            *_rejections(manifest, listed, reasons),
            *guesses_section(manifest),
            *_personal(manifest),
            *(block for file in manifest["files"] for block in file_section(file)),
            *_next(manifest, excluded.parent),
        )
    )


def _rows(manifest: Mapping[str, Any], without: int) -> tuple[Block, ...]:
    """Return the account of rows: of the source, and of each file where there are several."""
    total = manifest["rows"]
    accounts = [(file["name"], file["rows"]) for file in manifest["files"]]
    if len(accounts) > 1:
        accounts = [("all files", total), *accounts]
    parts = ("read", "kept", "rejected", "forgotten")
    rows = [(name, *(count(held[part], ENGLISH) for part in parts)) for name, held in accounts]
    counting = (
        f"Of the {counted(total['kept'], 'row')} kept, "
        f"{counted(total['kept'] - without, 'rating counts', 'ratings count')} and "
        f"{counted(without, 'does not', 'do not')}."
    )
    sums = "Read is kept plus rejected plus forgotten. "
    return (
        Heading("Rows", 2),
        table((Column("file"), *number_columns(parts)), rows),
        Paragraph(sums + counting),
    )


def _rejections(
    manifest: Mapping[str, Any],
    listed: Sequence[tuple[str, ...]],
    reasons: Sequence[tuple[str, str, int]],
) -> tuple[Block, ...]:
    """Return why rows were rejected, and the first values that were."""
    heading, column = Heading("Rejected rows", 2), Column("column", code=True)
    if not listed:
        return heading, Paragraph("None.")
    why = [(name, reason, count(values, ENGLISH)) for name, reason, values in reasons]
    more = f"The first {_LISTED} different values; {REJECTED_FILE} lists all."
    columns = Column("rows"), column, Column("value", code=True), Column("reason")
    # There is no value where it was missing, or identifies a person.
    first = [tuple(cell or "" for cell in row) for row in listed[:_LISTED]]
    return (
        heading,
        Paragraph(
            f"{counted(manifest['rows']['rejected'], 'row')} held a value that could not be used. "
            "A row with several such values is rejected once."
        ),
        table((column, Column("reason"), Column("values", "right")), why),
        Heading("Where they are", 3),
        *((Paragraph(more),) if len(listed) > _LISTED else ()),
        _by_file(manifest, columns, first),
    )


def _personal(manifest: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return what seems to identify persons: left out, or replaced by pseudonyms."""
    files = manifest["files"]
    private = [
        (file["name"], p["variable"], p["reason"]) for file in files for p in file["private"]
    ]
    replaced = sorted({name for file in files for name in file["pseudonymised"]})
    blocks: list[Block] = [Heading("Personal data", 2)]
    if private:
        columns = Column("variable", code=True), Column("why")
        blocks += [Paragraph(_PRIVATE), _by_file(manifest, columns, private)]
    if replaced:
        blocks.append(Alert(f"Replaced by pseudonyms: {', '.join(replaced)}. {_PSEUDONYMS}"))
    if not private and not replaced:
        blocks.append(Paragraph(_NONE_FOUND if manifest["kind"] == "collected" else _NOBODY))
    return tuple(blocks)


_PRIVATE = (
    "These variables seem to identify persons. None was imported, unless as a pseudonym. To import "
    "one as it stands, name it with --keep."
)
_PSEUDONYMS = (
    "Pseudonymised is not anonymous: whoever holds the salt, which is kept beside the raw file, "
    "can find a person again, and the answers themselves may single one out. Treat the dataset as "
    "personal data."
)
_NONE_FOUND = "None was recognised among the variables that are used. This can miss: look."
_NOBODY = "Not looked for: only collected data are of persons."


def _next(manifest: Mapping[str, Any], partition: Path) -> tuple[Block, ...]:
    """Return the three commands that come next: to a rate, or to the columns that it lacks."""
    heading, dataset = Heading("What comes next", 2), shlex.quote(str(partition.parents[1]))
    absent = [name for name in _RATE if name not in filled_columns(manifest)]
    if not absent:
        commands = (
            f"advocacy estimate {dataset}",
            f"advocacy estimate {dataset} --by score_band",
            f"advocacy estimate {dataset} --by score_band -o rates.csv",
        )
        return heading, Commands(commands)
    file = shlex.quote(manifest["files"][0]["name"])
    why = (
        f"There is no {' and no '.join(absent)}, so the rate of having recommended cannot be "
        "estimated. If the file has the question, map it in the crosswalk and import again."
    )
    commands = (
        f"advocacy inspect {file}",
        f"advocacy crosswalk {file} -o crosswalk.csv",
        f"advocacy import {file} --crosswalk crosswalk.csv -o {dataset}",
    )
    return heading, Alert(why), Commands(commands)


def _by_file(
    manifest: Mapping[str, Any], columns: Sequence[Column], rows: Sequence[Sequence[str]]
) -> Table:
    """Return a table whose rows begin with their file; it is left out where there is but one."""
    if len(manifest["files"]) > 1:
        return table((Column("file"), *columns), rows)
    return table(columns, [row[1:] for row in rows])
