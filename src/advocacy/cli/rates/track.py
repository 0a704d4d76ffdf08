"""`advocacy track`: whether a score really moved, and whether it could have been seen."""

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
    intent_option,
    names,
    where_option,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.estimation.comparisons.pairwise import ADJUSTMENTS
from advocacy.estimation.movement.detectable import ALPHA, POWER
from advocacy.estimation.movement.measures import BY_DEFAULT, MEASURES
from advocacy.estimation.movement.periods import PERIODS
from advocacy.estimation.movement.track import track
from advocacy.report.wording import ENGLISH


@click.command("track")
@answers_options
@click.option(
    "--by",
    default="",
    help=f"The period, one of: {', '.join(PERIODS)}; and segments such as sector, a series for "
    "each crossing.  [default: wave, or without one quarter]",
)
@click.option(
    "--measures",
    default="",
    help=f"Some of: {', '.join(MEASURES)}.  [default: those there are of {', '.join(BY_DEFAULT)}]",
)
@intent_option
@click.option(
    "--mix",
    default="",
    help="Segments whose change of mix is taken off the movements, such as country,channel.",
)
@where_option
@click.option(
    "--adjust",
    type=click.Choice(sorted(ADJUSTMENTS)),
    default="holm",
    show_default=True,
    help="Rule for the number of movements of a series.",
)
@click.option(
    "--alpha", type=float, default=ALPHA, show_default=True, help="Level of a test of a movement."
)
@click.option(
    "--power",
    type=float,
    default=POWER,
    show_default=True,
    help="Probability with which the smallest change is found.",
)
@design_options
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    by: str,
    measures: str,
    intent: str,
    mix: str,
    where: str | None,
    adjust: str,
    alpha: float,
    power: float,
    drawn: Drawn,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Say of each movement of a score whether it is noise, and what could have been seen.

    Net promoter score, mean score, share of 10s, the rate among the 10s and earned advocacy stand
    beside each other, from one pass that knows who answered in several periods. With --mix a
    movement is split in what the measured mix accounts for and what neither sampling nor mix
    explains. FILE, DATASET and TABLE are as for `advocacy estimate`.

    \b
    advocacy track client.sav --crosswalk client.csv --by quarter
    advocacy track data/derived --by quarter,sector --mix country,channel
    advocacy track data/derived --by month --measures nps,mean_score --where "country = NO"
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        design = drawn.design(responses)
        result = track(
            responses,
            by=names(by),
            measures=names(measures),
            intent=intent,
            mix=names(mix),
            where=where,
            design=design,
            adjust=adjust,
            conf_level=conf_level,
            alpha=alpha,
            power=power,
            engine=engine,
        )
    say_what_it_rests_on(result, responses, design, result.by)
    if not destination.for_people:
        for note in result.notes:
            click.echo(ENGLISH.said(note), err=True)
    destination.write(result)
