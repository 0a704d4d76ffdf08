"""`advocacy regress`: what goes with an outcome, several characteristics held beside each other."""

from __future__ import annotations

from typing import get_args

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
    intent_option,
    names,
    where_option,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.estimation.models.fitting import MISSINGS
from advocacy.estimation.models.terms import NUMBERS
from advocacy.estimation.regression import Show, regress
from advocacy.estimation.segments import SEGMENTS
from advocacy.survey.regression import Kind


@click.command("regress")
@answers_options
@click.option(
    "--on",
    required=True,
    help=f"Covariates, some of the segments {', '.join(SEGMENTS)}, or own ones, whose levels are "
    f"held against the first, and of the numbers {', '.join(NUMBERS)}. With the score, the base "
    "is all who have one. sector*ease is both and their product.",
)
@click.option(
    "--model",
    type=click.Choice(get_args(Kind)),
    help="linear is that of a mean, such as mean_score or nps; penalised (Firth) has coefficients "
    "where an outcome is told apart.  [default: logistic for proportions, else linear]",
)
@click.option(
    "--show",
    type=click.Choice(get_args(Show)),
    default="coefficients",
    show_default=True,
    help="effects: average marginal effects. margins: what is predicted at each level.",
)
@click.option(
    "--missing",
    type=click.Choice(MISSINGS),
    default="left_out",
    show_default=True,
    help="Ratings that lack a number: left out, or kept with its mean and an indicator.",
)
@estimand_option
@intent_option
@where_option
@design_options
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    on: str,
    estimand: str,
    intent: str,
    model: Kind | None,
    show: Show,
    missing: str,
    where: str | None,
    drawn: Drawn,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Fit a model: which characteristics are associated with having recommended?

    Odds ratios, or differences of a mean, with standard errors that know the design;
    associations, not effects. Files hold the log odds of all terms first, then the odds ratios.
    Ratings that lack a covariate are left out and counted. FILE and DATASET are as for `advocacy
    estimate`.

    \b
    advocacy regress data/derived --on sector,country,satisfaction
    advocacy regress client.sav --crosswalk client.csv --on score,ease,wow_moments
    advocacy regress data/derived --on "sector*ease" --estimand nps --show effects
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("fitting"):
        responses = answers.open(engine)
        design, covariates = drawn.design(responses), names(on)
        result = regress(
            responses,
            on=covariates,
            estimand=estimand,
            intent=intent,
            model=model,
            show=show,
            missing=missing,
            where=where,
            design=design,
            conf_level=conf_level,
            engine=engine,
        )
    say_what_it_rests_on(result, responses, design, covariates)
    destination.write(result)
