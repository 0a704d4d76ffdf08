"""`advocacy codebook`: what the canonical columns mean."""

from __future__ import annotations

import click

from advocacy.responses.schema import COLUMNS, TABLES, codebook


@click.command("codebook")
@click.argument("table", type=click.Choice(list(TABLES)), default="responses")
@click.option(
    "--questions",
    "asked",
    is_flag=True,
    help="Print instead the questions that fill columns, in every language, and what each is for.",
)
def command(table: str, asked: bool) -> None:
    """Print the codebook of a canonical TABLE as Markdown."""
    click.echo(_questions() if asked else codebook(TABLES[table]), nl=False)


def _questions() -> str:
    from advocacy.estimation.estimands import ESTIMANDS
    from advocacy.responses.questions import questions_page

    needed = {
        column: [one.name for one in ESTIMANDS.values() if column in one.needs]
        for column in COLUMNS
    }
    # The occasion to recommend is asked for; no estimand has it yet.
    return questions_page({name: by for name, by in needed.items() if by or name == "opportunity"})
