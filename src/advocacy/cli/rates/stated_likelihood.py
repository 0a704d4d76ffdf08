"""`advocacy stated-likelihood`: is an 8 an 80 % chance?"""

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
    estimand_option,
    interval_option,
    names,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.estimation.curves.stated import stated_likelihood
from advocacy.estimation.segments import SEGMENTS


@click.command("stated-likelihood")
@answers_options
@click.option(
    "--by",
    default="",
    help="A curve for each crossing of some of: "
    f"{', '.join(name for name, segment in SEGMENTS.items() if not segment.replaces_intent)}; "
    "or of segments of your own.",
)
@estimand_option
@design_options
@interval_option
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    by: str,
    estimand: str,
    drawn: Drawn,
    interval: str | None,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Hold what each score states, s in 10, against the rate of those who give it.

    Is an 8 an 80 % chance? With a follow-up the rate is of those who went on to recommend;
    otherwise of those who say that they had. FILE, DATASET and TABLE are as for
    `advocacy estimate`.

    \b
    advocacy stated-likelihood data/derived --by sector
    advocacy stated-likelihood data/derived --estimand converted_within_12m
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        design = drawn.design(responses)
        result = stated_likelihood(
            responses,
            estimand=estimand,
            by=names(by),
            design=design,
            interval=interval,
            conf_level=conf_level,
            engine=engine,
        )
    say_what_it_rests_on(result, responses, design, names(by))
    destination.write(result)
