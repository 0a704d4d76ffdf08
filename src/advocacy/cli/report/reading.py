"""What a report is made of: a dataset, or a file that is imported into one for the while."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from advocacy.isolation import Worker
from advocacy.provenance import sha256
from advocacy.report.client.marks import marks
from advocacy.report.client.subject import Subject
from advocacy.report.wording import Words
from advocacy.responses import ImportOptions, Source, import_source
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.dataset.accounts import (
    EXCLUDED_FILE,
    MANIFEST,
    REJECTED_FILE,
    UNPLACED_FILE,
    about_folder,
)
from advocacy.responses.dataset.eligibility import EligibilityRules
from advocacy.responses.dataset.ledger import exclusion_reasons, refused_values
from advocacy.responses.dataset.verifying import partition_folders
from advocacy.responses.writers.enriching import enrich_dataset, enrich_file

NAME = "report"  # of the one source of a file


def import_file(
    file: Path,
    crosswalk: Path | None,
    dataset: Path,
    encoding: str | None,
    sheet: str | None,
    worker: Worker,
) -> None:
    """Import a file into a dataset that lasts as long as the report is made.

    The salt of the pseudonyms is made in the dataset's folder and goes with it.

    Raises
    ------
    FileFormatError, CrosswalkError, DataError
        The file or its crosswalk cannot be used, or no row could be kept.
    """
    dataset.mkdir(parents=True)
    source = Source(
        folder=dataset,
        name=NAME,
        kind="collected",
        files=((str(file.absolute()), sha256(file)),),
        crosswalk=crosswalk,
    )
    options = ImportOptions(encoding, sheet=sheet)
    worker.call(import_source, source, dataset, options, file=str(file))


def enriched(
    source: Path,
    crosswalk: Path | None,
    encoding: str | None,
    sheet: str | None,
    words: Words,
    worker: Worker,
) -> Callable[[Path], object]:
    """Return what writes the answers of a file or dataset with what became of each row."""
    if source.is_dir():
        return lambda output: enrich_dataset(source, output, marks(words))
    lines = read_crosswalk(crosswalk) if crosswalk else None
    return lambda output: enrich_file(
        source,
        output,
        marks(words),
        crosswalk=lines,
        rules=EligibilityRules(),
        encoding=encoding,
        sheet=sheet,
        parsed=worker.call,
    )


def subject_of(
    name: str, dataset: Path, *, is_file: bool, refused: tuple[tuple[str, str], ...] = ()
) -> Subject:
    """Return what the imports of a dataset wrote of themselves.

    Parameters
    ----------
    name
        What people call the file or dataset.
    refused
        Variables that could not be used, each with the column that it seems to hold.
    """
    abouts = [about_folder(folder) for folder in partition_folders(dataset)]
    return Subject(
        name=name,
        is_file=is_file,
        manifests=tuple(map(_manifest, abouts)),
        excluded=sum(n for about in abouts for _, n in exclusion_reasons(about / EXCLUDED_FILE)),
        rejected=tuple(one for about in abouts for one in refused_values(about / REJECTED_FILE)),
        unplaced=tuple(one for about in abouts for one in refused_values(about / UNPLACED_FILE)),
        refused=refused,
    )


def _manifest(about: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((about / MANIFEST).read_text(encoding="utf-8"))
    return found
