"""`advocacy drivers`: which characteristics go furthest with an outcome, and how sure that is."""

from __future__ import annotations

from typing import Any

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
from advocacy.estimation.models.dose_response import dose_response
from advocacy.estimation.models.drivers import DRIVERS, drivers
from advocacy.estimation.models.fitting import MISSINGS
from advocacy.estimation.models.reliability import reliability

SHOWN = ("drivers", "reliability", "dose_response")


@click.command("drivers")
@answers_options
@click.option(
    "--on",
    default="",
    help="Numbers, or segments of your own whose values are numbers.  [default: those there are "
    f"of {', '.join(DRIVERS)}; for dose_response wow_moments]",
)
@click.option(
    "--beside",
    default="",
    help="Covariates that are held, and are no drivers, as --on of `advocacy regress`.",
)
@click.option(
    "--show",
    type=click.Choice(SHOWN),
    default="drivers",
    show_default=True,
    help="reliability: do the items hang together? dose_response: is one or two enough?",
)
@estimand_option
@intent_option
@click.option(
    "--missing",
    type=click.Choice(MISSINGS),
    default="indicator",
    show_default=True,
    help="Ratings that lack a driver: kept with its mean and an indicator, or left out.",
)
@where_option
@design_options
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    on: str,
    beside: str,
    show: str,
    estimand: str,
    intent: str,
    missing: str,
    where: str | None,
    drawn: Drawn,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Rank the characteristics associated with having recommended, with intervals for the ranks.

    Importance (Shapley shares of pseudo-R squared; of more than 10 drivers relative weights),
    the average difference for one more, the present level, and E-values. Associations, not
    effects. FILE and DATASET are as for `advocacy estimate`.

    \b
    advocacy drivers data/derived
    advocacy drivers client.sav --crosswalk client.csv --on ease,consistency --beside sector
    advocacy drivers data/derived --show dose_response --beside ease,sector
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("fitting"):
        responses = answers.open(engine)
        design, own, others = drawn.design(responses), names(on), names(beside)
        asked: dict[str, Any] = {
            "estimand": estimand,
            "intent": intent,
            "where": where,
            "design": design,
        }
        asked |= {"conf_level": conf_level, "engine": engine}
        if show == "dose_response":
            result = dose_response(responses, on=on or "wow_moments", beside=others, **asked)
        else:
            result = (
                reliability(responses, on=own or None, **asked)
                if show == "reliability"
                else drivers(responses, on=own or None, beside=others, missing=missing, **asked)
            )
    say_what_it_rests_on(result, responses, design, [*own, *others])
    destination.write(result)
