"""`advocacy expect`: what the next programme of a kind should expect."""

from __future__ import annotations

import re
from pathlib import Path

import click

from advocacy.cli.options import (
    Destination,
    conf_level_option,
    destination_options,
    intent_option,
    reference_option,
)
from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.pooled import expectation
from advocacy.estimation.reference import open_reference
from advocacy.report.expectation import expectation_text
from advocacy.responses.names import country_codes, fold, industry_codes
from advocacy.responses.schema import INDUSTRIES

# A section of NACE, perhaps with the digits of a finer code.
_SECTION = re.compile(r"([A-V])(\d[\d.]*)?")


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
    where = _where(sector, industry, country)
    reference = open_reference(folder)
    result = expectation(
        reference.posterior, where=where, intent=intent, n=answers, conf_level=conf_level
    )
    for warning in reference.posterior.warnings:
        click.echo(warning, err=True)

    def shown(result: Estimates) -> None:
        from rich.console import Console

        console = Console()
        console.print(expectation_text(result, reference, where, answers, console.width))

    destination.write(result, shown)


def _where(sector: str | None, industry: str | None, country: str | None) -> dict[str, str]:
    """Return levels of segments from what was typed."""
    found = {
        "sector": sector and sector.strip().upper(),
        "industry": industry and _industry(industry),
        "country": country and _country(country),
    }
    return {name: value for name, value in found.items() if value}


def _industry(text: str) -> str:
    section = _SECTION.fullmatch(text.strip().upper())
    found = section[1] if section else industry_codes().get(fold(text))
    if found is None:
        raise UsageError(
            f"{text!r} is no industry.",
            remedy="Use a letter or a title: "
            f"{', '.join(f'{letter} {title}' for letter, title in INDUSTRIES)}.",
        )
    return found


def _country(text: str) -> str:
    found = country_codes().get(fold(text))
    if found is None:
        raise UsageError(
            f"{text!r} is no country, or could be two.",
            remedy="Use a code of ISO 3166-1, such as NO, or a name such as Norway.",
        )
    return found
