"""`advocacy evidence`: what others have published, and a synthesis where it allows one."""

from __future__ import annotations

from pathlib import Path

import click

from advocacy.cli.shared.input_file import InputFile
from advocacy.cli.shared.options import Destination, conf_level_option, destination_options
from advocacy.errors import UsageError
from advocacy.evidence.published import of_quantity, read_published
from advocacy.evidence.schema import OTHER, QUANTITIES
from advocacy.evidence.synthesis import synthesise


@click.command("evidence")
@click.argument("source", type=InputFile(), metavar="FILE")
@click.option(
    "--quantity",
    type=click.Choice([*QUANTITIES, OTHER]),
    help="Of one quantity alone: " + "; ".join(f"{n} is {q}" for n, q in QUANTITIES.items()) + ".",
)
@click.option("--pool", is_flag=True, help="Pool the figures of the quantity by random effects.")
@conf_level_option(0.95)
@destination_options
def command(
    source: Path, quantity: str | None, pool: bool, conf_level: float, destination: Destination
) -> None:
    """List published figures, each with its base, window and n, by quantity.

    FILE is a table of them, checked row by row, such as data/raw/published/figures.csv; the
    chapter on the methods, section 21, says what a row holds. Figures of different quantities are
    never pooled, nor is one that is a range or lacks the n of its base.

    \b
    advocacy evidence data/raw/published/figures.csv
    advocacy evidence data/raw/published/figures.csv --quantity acted_given_intended
    advocacy evidence my-figures.csv --quantity acted --pool
    """
    destination.check()
    if destination.output and destination.output.exists() and destination.output.samefile(source):
        raise UsageError(
            f"The output {destination.output.name!r} is the file that is read.",
            remedy="Name another file.",
        )
    if pool and quantity is None:
        raise UsageError(
            "Figures of different quantities are never pooled.",
            remedy="Name one with --quantity.",
        )
    figures = read_published(source)
    if quantity is None:
        destination.write(figures)
    elif pool:
        destination.write(synthesise(figures, quantity, conf_level))
    else:
        destination.write(of_quantity(figures, quantity))
