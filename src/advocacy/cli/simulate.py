"""`advocacy simulate`: programmes with a known truth, as the files that clients would send."""

from __future__ import annotations

from pathlib import Path

import click

from advocacy.cli.shared.input_file import LocalPath
from advocacy.cli.shared.progress import working


@click.command()
@click.option("--responses", default=500_000, show_default=True, help="Ratings in all.")
@click.option("--seed", default=20260115, show_default=True, help="Seed of all that is drawn.")
@click.option(
    "-o",
    "--output",
    type=LocalPath(file_okay=False),
    required=True,
    help="Folder to write; an earlier simulation there is replaced.",
)
def command(responses: int, seed: int, output: Path) -> None:
    """Write simulated survey files whose true recommendation rates are known.

    A quarter of the programmes also send follow-ups of 3, 6 and 12 months, what a
    search of records found of some, and their invitations.
    """
    from advocacy.simulation.deliveries import simulate as write

    with working("simulating", responses) as tell:
        write(responses, seed, output, tell)
    click.echo(
        f"{responses:,} simulated responses written to {output} (made up; not a finding)", err=True
    )
