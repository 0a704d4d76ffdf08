"""`advocacy import`: a survey file into a dataset, with its rejected rows."""

from __future__ import annotations

from pathlib import Path

import click

from advocacy.provenance import sha256
from advocacy.responses import Source, import_source
from advocacy.responses.importing import REJECTED_FILE, partition
from advocacy.responses.schema import SOURCE_KINDS


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--crosswalk",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the file's variables and codes mean; not needed for canonical names.",
)
@click.option("--name", help="Name of the source in the dataset; the file's name by default.")
@click.option(
    "--kind",
    type=click.Choice([kind for kind, _ in SOURCE_KINDS]),
    default="collected",
    show_default=True,
    help="Kind of evidence.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the dataset.",
)
def command(file: Path, crosswalk: Path | None, name: str | None, kind: str, output: Path) -> None:
    """Import FILE into a dataset; rows that cannot be used are set aside with the reason."""
    source = Source(
        folder=file.parent,
        name=name or file.stem,
        kind=kind,
        files=((file.name, sha256(file)),),
        crosswalk=crosswalk,
    )
    account = import_source(source, output)
    folder = partition(output, source.name)
    click.echo(
        f"Read {account.read} rows, kept {account.kept}, rejected {account.rejected}.", err=True
    )
    if account.rejected:
        click.echo(f"Rejected rows and why: {folder / REJECTED_FILE}", err=True)
    click.echo(f"Wrote {folder}", err=True)
