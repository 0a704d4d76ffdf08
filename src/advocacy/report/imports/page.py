"""The import page: all that was lost, dropped or assumed on the way from file to dataset."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from advocacy.files import write_text
from advocacy.report.imports.codebook import codebook_page
from advocacy.report.imports.file import file_section
from advocacy.report.imports.guesses import guesses_section
from advocacy.report.imports.record import filled_columns
from advocacy.report.imports.rules import ratings_section
from advocacy.report.media import html as markup
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
    pages = folder / IMPORT_PAGE, folder / CODEBOOK_PAGE
    write_text(pages[0], import_page(manifest, folder / REJECTED_FILE, folder / EXCLUDED_FILE))
    write_text(pages[1], codebook_page(manifest))
    return pages


def import_page(manifest: Mapping[str, Any], rejected: Path, excluded: Path) -> str:
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
    return markup.page(
        manifest,
        "Import",
        "What was lost, dropped or assumed on the way from the file to the dataset.",
        _rows(manifest, sum(ratings for _, ratings in without)),
        ratings_section(manifest, without),
        _rejections(manifest, listed, reasons),
        guesses_section(manifest),
        _personal(manifest),
        *(file_section(file) for file in manifest["files"]),
        _next(manifest, excluded.parent),
    )


def _rows(manifest: Mapping[str, Any], without: int) -> str:
    """Return the account of rows: of the source, and of each file where there are several."""
    total = manifest["rows"]
    accounts = [(file["name"], file["rows"]) for file in manifest["files"]]
    rows = [("all files", total), *accounts] if len(accounts) > 1 else accounts
    cells = [
        (
            name,
            *(ENGLISH.count(account[part]) for part in ("read", "kept", "rejected", "forgotten")),
        )
        for name, account in rows
    ]
    headings = {"file": markup.TEXT} | dict.fromkeys(
        ("read", "kept", "rejected", "forgotten"), markup.NUMBER
    )
    counting = (
        f"Of the {counted(total['kept'], 'row')} kept, "
        f"{counted(total['kept'] - without, 'rating counts', 'ratings count')} and "
        f"{counted(without, 'does not', 'do not')}."
    )
    sums = "Read is kept plus rejected plus forgotten. "
    return markup.section("Rows", markup.table(headings, cells), markup.paragraph(sums + counting))


def _rejections(
    manifest: Mapping[str, Any],
    listed: Sequence[tuple[str, ...]],
    reasons: Sequence[tuple[str, str, int]],
) -> str:
    """Return why rows were rejected, and the first values that were."""
    if not listed:
        return markup.section("Rejected rows", markup.paragraph("None."))
    headings = {"column": markup.CODE, "reason": markup.TEXT, "values": markup.NUMBER}
    values = [(column, reason, ENGLISH.count(values)) for column, reason, values in reasons]
    more = f"The first {_LISTED} different values; {REJECTED_FILE} lists all."
    rows = {
        "rows": markup.TEXT,
        "column": markup.CODE,
        "value": markup.CODE,
        "reason": markup.TEXT,
    }
    return markup.section(
        "Rejected rows",
        markup.paragraph(
            f"{counted(manifest['rows']['rejected'], 'row')} held a value that could not be used. "
            "A row with several such values is rejected once."
        ),
        markup.table(headings, values),
        markup.heading(3, "Where they are"),
        markup.paragraph(more) if len(listed) > _LISTED else "",
        _by_file(manifest, rows, listed[:_LISTED]),
    )


def _personal(manifest: Mapping[str, Any]) -> str:
    """Return what seems to identify persons: left out, or replaced by pseudonyms."""
    files = manifest["files"]
    private = [
        (file["name"], p["variable"], p["reason"]) for file in files for p in file["private"]
    ]
    replaced = sorted({name for file in files for name in file["pseudonymised"]})
    parts = []
    if private:
        parts += [
            markup.paragraph(
                "These variables seem to identify persons. None was imported, unless as a "
                "pseudonym. To import one as it stands, name it with --keep."
            ),
            _by_file(manifest, {"variable": markup.CODE, "why": markup.TEXT}, private),
        ]
    if replaced:
        parts.append(
            markup.paragraph(
                f"Replaced by pseudonyms: {', '.join(replaced)}. Pseudonymised is not anonymous: "
                "whoever holds the salt, which is kept beside the raw file, can find a person "
                "again, and the answers themselves may single one out. Treat the dataset as "
                "personal data.",
                "alert",
            )
        )
    if not parts:
        looked = manifest["kind"] == "collected"
        parts = [markup.paragraph(_NONE_FOUND if looked else _NOBODY)]
    return markup.section("Personal data", *parts)


def _next(manifest: Mapping[str, Any], partition: Path) -> str:
    """Return the three commands that come next: to a rate, or to the columns that it lacks."""
    dataset = shlex.quote(str(partition.parents[1]))
    absent = [name for name in _RATE if name not in filled_columns(manifest)]
    if not absent:
        commands = [
            f"advocacy estimate {dataset}",
            f"advocacy estimate {dataset} --by score_band",
            f"advocacy estimate {dataset} --by score_band -o rates.csv",
        ]
        return markup.section("What comes next", markup.commands(commands))
    file = shlex.quote(manifest["files"][0]["name"])
    why = (
        f"There is no {' and no '.join(absent)}, so the rate of having recommended cannot be "
        "estimated. If the file has the question, map it in the crosswalk and import again."
    )
    commands = [
        f"advocacy inspect {file}",
        f"advocacy crosswalk {file} -o crosswalk.csv",
        f"advocacy import {file} --crosswalk crosswalk.csv -o {dataset}",
    ]
    return markup.section(
        "What comes next", markup.paragraph(why, "alert"), markup.commands(commands)
    )


_NONE_FOUND = "None was recognised among the variables that are used. This can miss: look."
_NOBODY = "Not looked for: only collected data are of persons."


def _by_file(
    manifest: Mapping[str, Any], headings: Mapping[str, str], rows: Iterable[Sequence[str | None]]
) -> str:
    """Return a table whose rows begin with their file; it is left out where there is but one."""
    if len(manifest["files"]) > 1:
        return markup.table({"file": markup.TEXT} | dict(headings), rows)
    return markup.table(headings, [row[1:] for row in rows])
