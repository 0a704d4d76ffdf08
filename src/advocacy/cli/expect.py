"""`advocacy expect`: what the next programme of a kind should expect."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from advocacy.cli.shared.options import (
    Destination,
    conf_level_option,
    destination_options,
    intent_option,
    reference_option,
)
from advocacy.estimation.levels import level_of
from advocacy.estimation.pooling.predictions import expectation
from advocacy.estimation.pooling.reference import open_reference
from advocacy.report.contents.expectation import expectation as in_words
from advocacy.report.wording import ENGLISH


@click.command("expect")
@click.option("--sector", help="B2B or B2C; any without it.")
@click.option("--industry", help="Section of NACE, a letter, or its title; any without it.")
@click.option("--country", help="Code such as NO, or name; any without it.")
@click.option(
    "--answers",
    type=click.IntRange(min=1),
    help="Answers of customers who score so, worth a simple random sample of as many, from which "
    "the programme's rate will be observed: their sampling is then part of the interval.",
)
@intent_option
@conf_level_option(0.90, "Probability of the intervals.")
@reference_option
@destination_options
def command(
    sector: str | None,
    industry: str | None,
    country: str | None,
    answers: int | None,
    intent: str,
    conf_level: float,
    folder: Path | None,
    destination: Destination,
) -> None:
    """Say what the next programme of a kind should expect, and where the width comes from.

    A prediction interval holds the rate of one more programme; the interval of the mean, which
    stands beside it, is far narrower and no promise to any one of them. Nothing is fitted: the
    draws of the study that comes with the package, or of another, are enough.

    \b
    advocacy expect --sector B2B --industry C --country NO
    advocacy expect --sector B2B --country Norway --answers 200
    advocacy expect --sector B2C --reference my-pool --format json
    """
    destination.check()
    where = _where(sector=sector, industry=industry, country=country)
    reference = open_reference(folder)
    result = expectation(
        reference.posterior, where=where, intent=intent, n=answers, conf_level=conf_level
    )
    for warning in reference.posterior.warnings:
        click.echo(ENGLISH.said(warning), err=True)
    destination.write(result, partial(in_words, reference=reference, where=where, n=answers))


def _where(**typed: str | None) -> dict[str, str]:
    """Return levels of segments from what was typed."""
    return {name: level_of(name, text) for name, text in typed.items() if text}
