"""The import page: all that was lost, dropped or assumed on the way from file to dataset."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
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
)
from advocacy.report.imports.codebook import codebook_page
from advocacy.report.imports.file import file_section
from advocacy.report.imports.guesses import guesses_section
from advocacy.report.imports.linked import linked_files, linked_sections
from advocacy.report.imports.parts import face
from advocacy.report.imports.record import became, filled_columns
from advocacy.report.imports.refusals import by_file, refusals
from advocacy.report.imports.rules import ratings_section
from advocacy.report.media.html import page
from advocacy.report.wording import ENGLISH, counted
from advocacy.responses.dataset.accounts import (
    EXCLUDED_FILE,
    MANIFEST,
    REJECTED_FILE,
    UNPLACED_FILE,
    about_folder,
    described_files,
)
from advocacy.responses.dataset.ledger import exclusion_reasons
from advocacy.stored import FILES, seal

IMPORT_PAGE = "import.html"
CODEBOOK_PAGE = "codebook.html"

_RATE = ("score", "recommended_past_12m")


def write_import_pages(folder: Path, place: Path | None = None) -> tuple[Path, Path]:
    """Write the import page and the codebook of a partition beside its manifest, in `ABOUT`.

    Parameters
    ----------
    folder
        A partition that `import_source` has written: ``<dataset>/responses/source=<name>``.
    place
        Where it will be, while it is being written elsewhere; ``None`` where it is in its place.
        The commands on the page name the dataset as it is named here.

    Returns
    -------
    tuple[Path, Path]
        The two files.
    """
    beside = about_folder(folder)
    manifest = json.loads((beside / MANIFEST).read_text(encoding="utf-8"))
    paths = beside / IMPORT_PAGE, beside / CODEBOOK_PAGE
    documents = import_page(manifest, folder, place), codebook_page(manifest)
    for path, document in zip(paths, documents, strict=True):
        write_text(path, page(document))
    if (beside / FILES).exists():  # the pages are in the list of what was written
        seal(folder, beside, only=paths)
    return paths


def import_page(manifest: Mapping[str, Any], folder: Path, place: Path | None = None) -> Document:
    """Return the page of all that was lost, dropped or assumed on the way into the dataset.

    Parameters
    ----------
    manifest
        Of the partition, as `manifest.describe_source` gives it.
    folder
        The partition, with its lists of rejected rows, of values that could not be placed, and
        of ratings that do not count.
    place
        As in `write_import_pages`.
    """
    lists, ratings = about_folder(folder), manifest["files"]
    without = exclusion_reasons(lists / EXCLUDED_FILE)
    about = "What was lost, dropped or assumed on the way from the file to the dataset."
    return Document(
        (
            *face(manifest, "Import", about),
            *_rows(manifest, sum(ratings for _, ratings in without)),
            *ratings_section(manifest, without),
            *refusals(ratings, lists / REJECTED_FILE, "Rejected rows", _rejected(manifest)),
            *refusals(ratings, lists / UNPLACED_FILE, "Values made missing", _UNPLACED),
            *guesses_section(manifest),
            *linked_sections(manifest, lists / REJECTED_FILE),
            *_personal(manifest),
            *(block for file in ratings for block in file_section(file)),
            *linked_files(manifest),
            *_next(manifest, place or folder),
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


def _rejected(manifest: Mapping[str, Any]) -> str:
    rows = counted(manifest["rows"]["rejected"], "row")
    return (
        f"{rows} held a value that could not be used. A row with several such values is rejected "
        "once."
    )


_UNPLACED = (
    "These values could not be placed. Their rows were kept, as score, behaviour and design are "
    "usable: only the value is missing. A line of the crosswalk for such a value settles it."
)


def _personal(manifest: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return what seems to identify persons: left out, or replaced by pseudonyms."""
    files = described_files(manifest)
    private = [
        (file["name"], p["variable"], p["reason"], _fate(file, p))
        for file in files
        for p in file["private"]
    ]
    replaced = sorted({name for file in files for name in file["pseudonymised"]})
    blocks: list[Block] = [Heading("Personal data", 2)]
    if private:
        columns = Column("variable", code=True), Column("why"), Column("what became of it")
        blocks += [Paragraph(_PRIVATE), by_file(files, columns, private)]
    if replaced:
        blocks.append(Alert(f"Replaced by pseudonyms: {', '.join(replaced)}. {_PSEUDONYMS}"))
    if not private and not replaced:
        blocks.append(Paragraph(_NONE_FOUND if manifest["kind"] == "collected" else _NOBODY))
    return tuple(blocks)


def _fate(file: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    replaced, dropped = became(file, found["variable"])
    if not replaced:
        return "left out; does it identify persons?" if found.get("asked") else "left out"
    kept = f"replaced by pseudonyms in {', '.join(replaced)}"
    return f"{kept}; left out of {', '.join(dropped)}" if dropped else kept


_PRIVATE = (
    "These variables seem to identify persons, or may. None was imported, unless as a pseudonym. "
    "To import one that was left out, name it with --keep."
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
    filled = filled_columns(manifest)
    if "followups" in manifest and "score" in filled:
        went_on = f"advocacy estimate {dataset} --estimand converted_within_12m"
        return heading, Commands((went_on, f"{went_on} --by score_band", f"{went_on} -o rates.csv"))
    absent = [name for name in _RATE if name not in filled]
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
