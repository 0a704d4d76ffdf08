"""`advocacy import`: a survey file into a dataset, with its rejected rows."""

from __future__ import annotations

import csv
import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import click

from advocacy.cli.shared.input_file import InputFile, LocalPath
from advocacy.cli.shared.linked_options import linked_options
from advocacy.cli.shared.progress import working
from advocacy.errors import CrosswalkError, DamagedError, UsageError
from advocacy.isolation import isolated
from advocacy.provenance import sha256
from advocacy.remarks import from_json
from advocacy.report.imports.linked import linked_sentences
from advocacy.report.imports.page import IMPORT_PAGE, write_import_pages
from advocacy.report.imports.record import became
from advocacy.report.wording import ENGLISH
from advocacy.responses import ImportOptions, Source, import_source
from advocacy.responses.dataset.accounts import (
    EXCLUDED_FILE,
    MANIFEST,
    REJECTED_FILE,
    UNPLACED_FILE,
    about_folder,
    described_files,
)
from advocacy.responses.dataset.eligibility import EligibilityRules, Repeat
from advocacy.responses.dataset.importing import partition
from advocacy.responses.dataset.ledger import industry_sections, refused_values
from advocacy.responses.dataset.source import DataFile
from advocacy.responses.dataset.verifying import read_manifest
from advocacy.responses.schema import SOURCE_KINDS


@click.command("import")
@click.argument("file", type=InputFile())
@click.option(
    "--crosswalk",
    type=InputFile(),
    help="What the file's variables and codes mean; not needed for canonical names.",
)
@click.option("--encoding", help="Code page of the file's texts, where the file is wrong about it.")
@click.option("--sheet", help="Sheet of a workbook; the first that has a table by default.")
@click.option("--name", help="Name of the source in the dataset; the file's name by default.")
@click.option(
    "--kind",
    type=click.Choice([kind for kind, _ in SOURCE_KINDS]),
    default="collected",
    show_default=True,
    help="Kind of evidence.",
)
@click.option(
    "--keep", multiple=True, help="Import this variable although it seems to identify persons."
)
@click.option(
    "--repeat",
    type=click.Choice(get_args(Repeat)),
    default="first",
    show_default=True,
    help="Which answers of a respondent about a supplier count within the window.",
)
@click.option(
    "--repeat-window", default=365, show_default=True, help="Days between answers that count."
)
@click.option(
    "--interviewed-from", type=click.DateTime(["%Y-%m-%d"]), help="First day that counts."
)
@click.option("--interviewed-to", type=click.DateTime(["%Y-%m-%d"]), help="Last day that counts.")
@click.option("--shortest-interview", type=float, help="Seconds; shorter interviews do not count.")
@linked_options
@click.option("--replace", is_flag=True, help="Replace a source of this name that is there.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=LocalPath(file_okay=False),
    help="Folder of the dataset.",
)
def command(
    file: Path,
    crosswalk: Path | None,
    encoding: str | None,
    sheet: str | None,
    name: str | None,
    kind: str,
    keep: tuple[str, ...],
    repeat: Repeat,
    repeat_window: int,
    interviewed_from: datetime | None,
    interviewed_to: datetime | None,
    shortest_interview: float | None,
    linked: tuple[DataFile, ...],
    follow_up_window: int,
    replace: bool,
    output: Path,
) -> None:
    """Import FILE into a dataset; rows that cannot be used are set aside with the reason.

    Variables that seem to identify persons are left out, and respondents get pseudonyms: the
    key to them is the file `salt` that is made beside FILE. Keep it to yourself.

    Files of follow-up interviews, and of invitations, belong to the ratings of FILE. Name them
    each time that it is imported:

    \b
    advocacy import base.sav --crosswalk base.csv \\
        --follow-up after-3.sav --follow-up after-12.sav \\
        --follow-up-crosswalk follow-up.csv -o my-data
    """
    source = dataclasses.replace(
        _source(file, name, kind, crosswalk), linked=linked, window_days=follow_up_window
    )
    folder = partition(output, source.name)
    _refuse_other(folder, source, replace)
    rules = EligibilityRules(
        repeat,
        repeat_window,
        interviewed_from.date() if interviewed_from else None,
        interviewed_to.date() if interviewed_to else None,
        shortest_interview,
    )
    options = ImportOptions(encoding, rules, frozenset(keep), sheet)
    with working(f"importing {file.name}", of="rows") as tell:
        arguments = (source, output, options, write_import_pages)
        account = isolated(import_source, *arguments, file=str(file), progress=tell)
    click.echo(
        f"Read {account.read} rows, kept {account.kept}, rejected {account.rejected}.", err=True
    )
    _tell(folder)
    click.echo(f"What was lost, dropped or assumed: {about_folder(folder) / IMPORT_PAGE}", err=True)
    click.echo(f"Wrote {folder}", err=True)


def _source(file: Path, name: str | None, kind: str, crosswalk: Path | None) -> Source:
    """Return the source that the options describe; a name that it cannot have is bad usage."""
    try:
        return Source(
            folder=file.parent,
            name=file.stem if name is None else name,
            kind=kind,
            files=((file.name, sha256(file)),),
            crosswalk=crosswalk,
        )
    except CrosswalkError as error:
        raise UsageError(error.what, where="--name", remedy=error.remedy) from error


def _refuse_other(folder: Path, source: Source, replace: bool) -> None:
    """Refuse to put a file in the place of another of the same name."""
    manifest = about_folder(folder) / MANIFEST
    if replace or not manifest.exists():
        return
    try:
        written = read_manifest(folder)
    except DamagedError as error:
        raise DamagedError(
            error.what, where=error.where, remedy="Import the file again with --replace."
        ) from error
    there = [file["sha256"] for file in written["files"]]
    if there != [sha256_ for _, sha256_ in source.files]:
        raise UsageError(
            f"The dataset has a source {source.name!r} already, made from another file.",
            where=str(folder),
            remedy="Give this one a name with --name, or replace the other with --replace.",
        )
    given = {file.sha256 for file in source.linked}
    linked = described_files(written)[len(there) :]
    if gone := [file["name"] for file in linked if file["sha256"] not in given]:
        raise UsageError(
            f"The source {source.name!r} has follow-ups or contacts from {', '.join(gone)}, which "
            "this import does not name.",
            where=str(folder),
            remedy="Name them again, with --follow-up or --contacts; or leave them out with "
            "--replace.",
        )


def _tell(folder: Path) -> None:
    """Say what was set aside, left out and assumed; the page has the whole of it."""
    about = about_folder(folder)
    manifest = json.loads((about / MANIFEST).read_text(encoding="utf-8"))
    for row in manifest["eligibility"]["unjudged"]:
        click.echo(
            f"{row['ratings']} ratings count unjudged by the rule {row['rule']!r}: they have no "
            f"{row['missing']}.",
            err=True,
        )
    for sentence in linked_sentences(manifest):
        click.echo(sentence, err=True)
    files = described_files(manifest)
    for file in files:
        _tell_file(file, f" of {file['name']}" if len(files) > 1 else "")
    with (about / EXCLUDED_FILE).open(encoding="utf-8", newline="") as rows:
        excluded = sum(1 for _ in csv.DictReader(rows))
    if excluded:
        click.echo(
            f"{excluded} of the kept ratings do not count; why: {about / EXCLUDED_FILE}", err=True
        )
    sections = industry_sections(folder)
    if sections:
        named = [f"{ENGLISH.level('industry', s)} ({s}), {ratings}" for s, ratings in sections]
        click.echo(f"Industry, by section of NACE Rev. 2.1: {'; '.join(named)}.", err=True)
    _tell_refused(about / REJECTED_FILE, "Rejected rows")
    _tell_refused(about / UNPLACED_FILE, "Values that could not be placed, and are missing")


def _tell_file(file: dict[str, Any], which: str) -> None:
    """Say what was guessed, left out and assumed of a file; ``which`` tells it from others."""
    if file["guesses"]:
        click.echo(
            f"{len(file['guesses'])} lines of the crosswalk{which} are still marked as guesses; "
            "the page lists them.",
            err=True,
        )
    for found in file["private"]:
        click.echo(_fate(file, found), err=True)
    for remark in from_json(file["assumptions"]):
        click.echo(f"Note{which}: {ENGLISH.said(remark)}", err=True)


def _fate(file: dict[str, Any], found: dict[str, Any]) -> str:
    """Say what became of a variable that seems to identify persons, or ask whether it does."""
    variable, reason = found["variable"], found["reason"]
    replaced, dropped = became(file, variable)
    if replaced:
        said = f"Replaced {variable} by pseudonyms, as {' and '.join(replaced)}: {reason}."
        return f"{said} Left it out of {' and '.join(dropped)}." if dropped else said
    if found.get("asked"):
        return (
            f"Does {variable} identify persons? {reason[0].upper()}{reason[1:]}. It was left out; "
            f"if it does not, --keep {variable} imports it."
        )
    return f"Left out {variable}: {reason} (--keep {variable} imports it)."


def _tell_refused(path: Path, what: str) -> None:
    """Say which values were refused, by reason, and where all of them are listed."""
    groups = refused_values(path)
    if not groups:
        return
    click.echo(f"{what}, by reason and value; all of them: {path}", err=True)
    for group in groups:
        values = [f"{_shown(value)} ({times})" for value, times in group.commonest]
        others = group.different - len(values)
        more = [f"{others} other value{'s' * (others > 1)}"] if others else []
        said = f"  {group.times} of {group.column}, {group.reason}: {', '.join(values + more)}"
        click.echo(said, err=True)


def _shown(value: str | None) -> str:
    return "a value that is not shown" if value is None else repr(value)
