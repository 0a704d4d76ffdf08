"""`advocacy inspect`: what is in a survey file, and what each variable seems to be."""

from __future__ import annotations

from pathlib import Path

import click

from advocacy.cli.shared.input_file import InputFile
from advocacy.cli.shared.progress import working
from advocacy.isolation import isolated
from advocacy.responses.proposal.levels import profile_file
from advocacy.responses.proposal.roles import propose_roles


@click.command("inspect")
@click.argument("file", type=InputFile())
@click.option("--encoding", help="Code page of the file's texts, where the file is wrong about it.")
@click.option("--sheet", help="Sheet of a workbook; the first that has a table by default.")
@click.option("--variable", help="Tell all about one variable: its levels, role and the reasons.")
@click.option(
    "--format",
    "shown_as",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Format of the output.",
)
def command(
    file: Path, encoding: str | None, sheet: str | None, variable: str | None, shown_as: str
) -> None:
    """Show the variables of FILE with labels, values, missing codes and their proposed roles."""
    from advocacy.report.contents.inspection import WIDTH, as_json, overview, story
    from advocacy.report.media.terminal import print_document

    with working(f"reading {file.name}"):
        profiled = isolated(profile_file, file, encoding, sheet, file=str(file))
    if variable is not None:
        profiled.table.variable(variable)  # refuses an unknown name
    proposals = propose_roles(profiled)
    chosen = [p for p in proposals if variable in (None, p.name)]
    if shown_as == "json":
        click.echo(as_json(profiled, chosen), nl=False)
        return
    told = overview(profiled, chosen) if variable is None else story(chosen[0])
    print_document(told, WIDTH)
