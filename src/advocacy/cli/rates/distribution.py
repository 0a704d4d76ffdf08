"""`advocacy distribution`: what share of those who give a score give each, in one table."""

from __future__ import annotations

import click

from advocacy.cli.shared.engine_options import EngineChoice
from advocacy.cli.shared.options import (
    Answers,
    Destination,
    Drawn,
    answers_options,
    conf_level_option,
    design_options,
    destination_options,
    engine_options,
    names,
    where_option,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.estimation.distribution import MOST_DECIMALS, distribution
from advocacy.estimation.segments import SEGMENTS


@click.command("distribution")
@answers_options
@click.option(
    "--by",
    default="",
    help="Cross by some of: "
    f"{', '.join(name for name, segment in SEGMENTS.items() if not segment.replaces_intent)}; "
    "or by segments of your own.",
)
@click.option(
    "--round",
    "decimals",
    type=click.IntRange(0, MOST_DECIMALS),
    help="Show per cent with so many decimals too, rounded so that they add up to 100.",
)
@where_option
@design_options
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    by: str,
    decimals: int | None,
    where: str | None,
    drawn: Drawn,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Show what share give each score, with intervals that hold for all of them together.

    FILE, DATASET and TABLE are as for `advocacy estimate`.

    \b
    advocacy distribution client.sav --crosswalk client.csv --round 0
    advocacy distribution data/derived --by sector
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        design = drawn.design(responses)
        result = distribution(
            responses,
            by=names(by),
            decimals=decimals,
            where=where,
            design=design,
            conf_level=conf_level,
            engine=engine,
        )
    say_what_it_rests_on(result, responses, design, names(by))
    destination.write(result)
