"""`advocacy ladder`: what people say they did, went on to do, and have on record."""

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
from advocacy.estimation.ladder.ladder import MEASUREMENT, ladder
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.wording import ENGLISH


@click.command("ladder")
@answers_options
@intent_option
@click.option(
    "--by",
    default="",
    help="Cross by some of: "
    f"{', '.join(name for name, segment in SEGMENTS.items() if not segment.replaces_intent)}; "
    "or of segments of your own.",
)
@click.option(
    "--measurement",
    nargs=2,
    type=float,
    default=MEASUREMENT,
    show_default=True,
    help="Least and greatest relative effect of being asked on what people go on to do.",
)
@design_options
@interval_option
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    intent: str,
    by: str,
    measurement: tuple[float, float],
    drawn: Drawn,
    interval: str | None,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Set what people say they did beside what they went on to do and have on record.

    Every rung that there are columns for stands in one table; for the others it is said what is
    missing. FILE, DATASET and TABLE are as for `advocacy estimate`.

    \b
    advocacy ladder data/derived
    advocacy ladder data/derived --by sector --intent promoters
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        design = drawn.design(responses)
        result = ladder(
            responses,
            intent=intent,
            by=names(by),
            measurement=measurement,
            design=design,
            interval=interval,
            conf_level=conf_level,
            engine=engine,
        )
    say_what_it_rests_on(result, responses, design, names(by))
    for note in result.notes:
        click.echo(ENGLISH.said(note), err=True)
    destination.write(result)
