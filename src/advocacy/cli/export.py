"""`advocacy export`: a survey file or a dataset as an SPSS file."""

from __future__ import annotations

from pathlib import Path

import click

from advocacy.cli.shared.input_file import LocalPath
from advocacy.cli.shared.progress import working
from advocacy.errors import UsageError
from advocacy.report.wording import ENGLISH
from advocacy.responses.writers.exporting import export_dataset, export_file


@click.command("export")
@click.argument("source", type=LocalPath(exists=True), metavar="FILE|DATASET")
@click.option(
    "-o",
    "--output",
    required=True,
    type=LocalPath(dir_okay=False),
    help="The SPSS file to write; it ends in .sav.",
)
@click.option("--encoding", help="Code page of the file's texts, where the file is wrong about it.")
@click.option("--sheet", help="Sheet of a workbook; the first that has a table by default.")
@click.option("--force", is_flag=True, help="Replace the output if there is one.")
def command(
    source: Path, output: Path, encoding: str | None, sheet: str | None, force: bool
) -> None:
    """Write FILE or DATASET as an SPSS file, with labels, missing codes, weight and sets.

    FILE is in any format that `advocacy inspect` reads; its values are not changed. DATASET is a
    folder that `advocacy import` has written; its variables have canonical names, and codes that
    its crosswalk made missing have no value. The whole of it is held in memory.

    \b
    advocacy export client.xlsx -o client.sav
    advocacy export client.por -o client.sav --force
    advocacy export my-data -o my-data.sav
    """
    _check(source, output, encoding or sheet, force)
    if source.is_dir():
        with working("exporting"):
            done = export_dataset(source, output)
    else:
        with working("exporting"):
            done = export_file(source, encoding, output, sheet)
    for remark in done.remarks:
        click.echo(f"Note: {ENGLISH.said(remark)}", err=True)
    click.echo(f"Wrote {output}: {done.rows} rows, {done.variables} variables.", err=True)


def _check(source: Path, output: Path, described: str | None, force: bool) -> None:
    """Refuse an output that cannot be meant, before anything is read."""
    if output.suffix.lower() != ".sav":
        raise UsageError(
            f"{output.name!r} does not end in .sav, the one format that is written.",
            where="--output",
            remedy=f"Name it {output.with_suffix('.sav').name}.",
        )
    if described and source.is_dir():
        raise UsageError(
            "--encoding and --sheet are for a file; a dataset was imported with its own.",
            remedy="Leave it out, or name the file.",
        )
    if output.exists() and output.samefile(source):
        raise UsageError(
            f"The output {output.name!r} is the file that is read.", remedy="Name another file."
        )
    if output.exists() and not force:
        raise UsageError(
            "There is a file already.",
            where=str(output),
            remedy="Name another file, or replace it with --force.",
        )
