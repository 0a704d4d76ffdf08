"""`advocacy forget`: a person or a source out of a dataset."""

from __future__ import annotations

from pathlib import Path

import click

from advocacy.cli.shared.input_file import InputFile, LocalPath
from advocacy.report.imports.page import write_import_pages
from advocacy.responses.dataset.forgetting import (
    Found,
    find_respondent,
    find_source,
    forget_respondent,
    forget_source,
    sources,
    to_rebuild,
)
from advocacy.responses.pseudonyms import read_salt


@click.command("forget")
@click.argument("name", metavar="RESPONDENT|SOURCE")
@click.argument("dataset", type=LocalPath(exists=True, file_okay=False))
@click.option(
    "--source", help="Look for the respondent in this source only; NAME then is a respondent."
)
@click.option(
    "--salt",
    type=InputFile(),
    help="The file `salt` beside the raw file: finds a person by their name or number there.",
)
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
def command(name: str, dataset: Path, source: str | None, salt: Path | None, yes: bool) -> None:
    """Remove a person or a source from DATASET, and say what must be rebuilt.

    A name that a source of the dataset has is the source; any other is a respondent, as the
    dataset names them, or with --salt as the raw file does. The raw files are not touched.

    \b
    advocacy forget client-2025 data/derived
    advocacy forget 10047 data/derived --source client-2025 --salt data/raw/client-2025/salt
    """
    whole = source is None and salt is None and name in sources(dataset)
    key = read_salt(salt) if salt else None
    found = (
        [find_source(dataset, name)]
        if whole
        else find_respondent(dataset, name, source=source, salt=key)
    )
    _list(found)
    if not yes:
        click.confirm("Remove? This cannot be undone", abort=True, err=True)
    if whole:
        forget_source(dataset, name)
    else:
        forget_respondent(dataset, name, source=source, salt=key, pages=write_import_pages)
    click.echo(f"Removed {_rows(found)}. What is left to do:")
    for number, sentence in enumerate(to_rebuild(dataset, found), 1):
        click.echo(f"  {number}. {sentence}")


def _list(found: list[Found]) -> None:
    click.echo("To be removed:", err=True)
    for one in found:
        what = f"respondent {one.respondent_id}" if one.respondent_id else "the whole source"
        click.echo(f"  source {one.source}: {what}, {_rows([one])}", err=True)


def _rows(found: list[Found]) -> str:
    things = (
        ("rating", "ratings"),
        ("follow-up or contact", "linked"),
        ("rejected row", "rejected"),
    )
    numbers = [(thing, sum(getattr(one, name) for one in found)) for thing, name in things]
    named = [
        f"{number} {thing.replace(' or ', 's or ') if number != 1 else thing}{'s' * (number != 1)}"
        for thing, number in numbers
        if number or thing == "rating"
    ]
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
