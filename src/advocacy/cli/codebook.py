"""`advocacy codebook`: what the canonical columns mean."""

from __future__ import annotations

import click

from advocacy.responses.schema import TABLES, codebook


@click.command("codebook")
@click.argument("table", type=click.Choice(list(TABLES)), default="responses")
def command(table: str) -> None:
    """Print the codebook of a canonical TABLE as Markdown."""
    click.echo(codebook(TABLES[table]), nl=False)
