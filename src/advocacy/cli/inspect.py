"""`advocacy inspect`: what is in a survey file, and what each variable seems to be."""

from __future__ import annotations

from pathlib import Path

import click

from advocacy.cli.shared.base_option import base_option
from advocacy.cli.shared.input_file import InputFile
from advocacy.cli.shared.progress import working
from advocacy.isolation import isolated
from advocacy.report.contents.inspected import inspected

WIDTH = 100  # columns where there is no terminal


@click.command("inspect")
@click.argument("file", type=InputFile())
@click.option("--encoding", help="Code page of the file's texts, where the file is wrong about it.")
@click.option("--sheet", help="Sheet of a workbook; the first that has a table by default.")
@click.option("--variable", help="Tell all about one variable: its levels, role and the reasons.")
@base_option
@click.option(
    "--format",
    "shown_as",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Format of the output.",
)
def command(
    file: Path,
    encoding: str | None,
    sheet: str | None,
    variable: str | None,
    base: Path | None,
    shown_as: str,
) -> None:
    """Show the variables of FILE with labels, values, missing codes and their proposed roles.

    Of a file of follow-ups or invitations it says to which ratings it could belong: how many of
    its respondents are in the files beside it, or in BASE.
    """
    from advocacy.report.media.terminal import print_document

    with working(f"reading {file.name}"):
        told = isolated(
            inspected, file, encoding, sheet, variable, shown_as == "json", base, file=str(file)
        )
    if isinstance(told, str):
        click.echo(told, nl=False)
    else:
        print_document(told, WIDTH)
