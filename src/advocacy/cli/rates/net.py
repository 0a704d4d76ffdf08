"""`advocacy net`: net scores, each with the shares that it is made of."""

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
from advocacy.estimation.movement.net import NET_INTERVALS, net_scores
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.wording import ENGLISH


@click.command("net")
@answers_options
@intent_option
@click.option(
    "--by",
    default="",
    help="Cross by some of: "
    f"{', '.join(name for name, segment in SEGMENTS.items() if not segment.replaces_intent)}; "
    "or by segments of your own.",
)
@where_option
@design_options
@click.option(
    "--interval",
    type=click.Choice(NET_INTERVALS),
    default=NET_INTERVALS[0],
    show_default=True,
    help="Interval of the net scores; shares have korn_graubard.",
)
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    intent: str,
    by: str,
    where: str | None,
    drawn: Drawn,
    interval: str,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Estimate net scores with their three shares, and who recommends but is no promoter.

    The net promoter score and earned advocacy, who says that they recommended less who says that
    they advised against, with what their base is worth; who does both; and the true advocates.
    FILE, DATASET and TABLE are as for `advocacy estimate`.

    \b
    advocacy net client.sav --crosswalk client.csv
    advocacy net data/derived --by sector
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        design = drawn.design(responses)
        result = net_scores(
            responses,
            intent=intent,
            by=names(by),
            where=where,
            design=design,
            interval=interval,
            conf_level=conf_level,
            engine=engine,
        )
    say_what_it_rests_on(result, responses, design, names(by))
    if not destination.for_people:
        for note in result.notes:
            click.echo(ENGLISH.said(note), err=True)
    destination.write(result)
