"""`advocacy follow-up`: what share go on to recommend over the months, and who is followed."""

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
from advocacy.errors import UsageError
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.follow_up.over_time import MONTHS, incidence_over_time
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.wording import ENGLISH

_WAITING = [name for name, estimand in ESTIMANDS.items() if estimand.incidence]


@click.command("follow-up")
@answers_options
@click.option(
    "--estimand",
    default=_WAITING[0],
    show_default=True,
    help=f"One of: {', '.join(_WAITING)}; the second does not mind whether they are still "
    "customers.",
)
@intent_option
@click.option(
    "--by",
    default="",
    help=f"A curve for each crossing of: {', '.join(SEGMENTS)}; or of own segments.",
)
@click.option(
    "--at",
    default=",".join(map(str, MONTHS)),
    show_default=True,
    help="Months after the interview; a day is 1/31 of one.",
)
@click.option(
    "--dates-between-waves",
    "waves",
    default="",
    help="A yes without a date lies between two waves, at these months, such as 3,6,12: estimate "
    "from what is known of it.",
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
    at: str,
    waves: str,
    drawn: Drawn,
    interval: str | None,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Show what share go on to recommend within each of some months, and who is still followed.

    Each time has an interval of its own and a band that holds all times together; beside them
    stand the ratings still at risk and the events so far. Who leaves the follow-up counts while
    they were followed. The rate within 12 months alone, and its comparisons, are those of
    `advocacy estimate` and `advocacy compare` with --estimand converted_within_12m. FILE, DATASET
    and TABLE are as for `advocacy estimate`.

    \b
    advocacy follow-up data/derived
    advocacy follow-up data/derived --by sector --at 3,6,9,12
    advocacy follow-up panel.sav --crosswalk panel.csv --intent promoters -o follow-up.csv
    """
    destination.check(answers, drawn)
    months, between_waves = _months(at, "--at"), _months(waves, "--dates-between-waves")
    engine = choice.engine_of(answers.source)
    with working("reading"):
        responses = answers.open(engine)
        design = drawn.design(responses)
    with working("estimating"):
        found = incidence_over_time(
            responses,
            estimand=estimand,
            intent=intent,
            by=names(by),
            at=months,
            between_waves=between_waves,
            design=design,
            interval=interval,
            conf_level=conf_level,
            engine=engine,
        )
    say_what_it_rests_on(found, responses, design, names(by))
    for note in found.notes:
        click.echo(ENGLISH.said(note), err=True)
    destination.write(found)


def _months(text: str, option: str) -> list[float]:
    try:
        return [float(part) for part in names(text)]
    except ValueError as error:
        raise UsageError(
            f"{option} {text}: these are not all numbers of months.",
            remedy=f"Use {option} 3,6,12.",
        ) from error
