"""`advocacy change`: before and after a change of the journey, beside who did not have it."""

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
    where_option,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.estimation.movement.change import change
from advocacy.estimation.movement.measures import MEASURES
from advocacy.estimation.movement.periods import PERIODS
from advocacy.report.wording import ENGLISH


@click.command("change")
@answers_options
@click.option(
    "--treated",
    required=True,
    help="A condition, as of --where, that holds for who had the change, such as "
    "'programme in (A, B, C)'.",
)
@click.option("--at", required=True, help="The first period with the change, such as 2026-Q2.")
@click.option(
    "--by",
    default="",
    help=f"The period, one of: {', '.join(PERIODS)}.  [default: wave, or without one quarter]",
)
@click.option(
    "--estimand", default="nps", show_default=True, help=f"One of: {', '.join(MEASURES)}."
)
@intent_option
@where_option
@design_options
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    treated: str,
    at: str,
    by: str,
    estimand: str,
    intent: str,
    where: str | None,
    drawn: Drawn,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Hold the movement of those who had a change of the journey against that of the others.

    Difference in differences, and each period against the last one before the change. With three
    to nine programmes that had it, the p-value is that of randomisation; with fewer there is none.
    FILE, DATASET and TABLE are as for `advocacy estimate`.

    \b
    advocacy change data/derived --treated "programme in (A, B, C)" --at 2026-Q2 --by quarter
    advocacy change data/derived --treated "sector = B2B" --at w4 --estimand earned_advocacy
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        design = drawn.design(responses)
        result = change(
            responses,
            treated=treated,
            at=at,
            by=by,
            estimand=estimand,
            intent=intent,
            where=where,
            design=design,
            conf_level=conf_level,
            engine=engine,
        )
    say_what_it_rests_on(result, responses, design, result.by)
    if not destination.for_people:
        for note in result.notes:
            click.echo(ENGLISH.said(note), err=True)
    destination.write(result)
