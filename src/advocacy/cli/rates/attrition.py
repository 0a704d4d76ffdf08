"""`advocacy attrition`: what those who left a follow-up may change."""

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
    interval_option,
    names,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.estimation.follow_up.attrition import BY_DEFAULT, INCIDENCES, attrition
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.wording import ENGLISH


@click.command("attrition")
@answers_options
@click.option(
    "--estimand",
    default=INCIDENCES[0],
    show_default=True,
    help=f"One of: {', '.join(INCIDENCES)}.",
)
@intent_option
@click.option(
    "--by", default="", help=f"Cross by some of: {', '.join(SEGMENTS)}; or by own segments."
)
@click.option(
    "--on",
    help="What leaving is modelled on beside those of --by and the time, some of the same; "
    f"without it those of {', '.join(BY_DEFAULT)} that there are.",
)
@design_options
@interval_option
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    estimand: str,
    intent: str,
    by: str,
    on: str | None,
    drawn: Drawn,
    interval: str | None,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Allow for those who leave a follow-up, and say what they may change.

    Beside each other: complete cases alone, leaving at random within a domain, those who stayed
    weighted to stand for those who left, and bounds that suppose nothing: none of those who left
    recommended, or all did. Who is never followed up, in a programme in which others are, left
    at once. FILE, DATASET and TABLE are as for `advocacy estimate`.

    \b
    advocacy attrition data/derived --by sector
    advocacy attrition client.sav --crosswalk client.csv --on country,customer_status
    advocacy attrition client.sav --crosswalk client.csv --by score_band --on sector
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        design = drawn.design(responses)
        result = attrition(
            responses,
            estimand=estimand,
            intent=intent,
            by=names(by),
            on=None if on is None else names(on),
            design=design,
            interval=interval,
            conf_level=conf_level,
            engine=engine,
        )
    say_what_it_rests_on(result, responses, design, result.by)
    if not destination.for_people:
        for note in result.notes:
            click.echo(ENGLISH.said(note), err=True)
    destination.write(result)
