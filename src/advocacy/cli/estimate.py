"""`advocacy estimate`: rates with intervals from a dataset or a survey file."""

from __future__ import annotations

from functools import partial

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
    interval_option,
    names,
    where_option,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.estimation import estimate
from advocacy.estimation.comparisons.lift import has_lift, lift
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.contents.estimates import rates
from advocacy.survey.cells.grouped_pass import MOST_CELLS


@click.command("estimate")
@answers_options
@estimand_option
@intent_option
@where_option
@click.option(
    "--by",
    default="",
    help=f"Cross by some of: {', '.join(SEGMENTS)}; or by own segments, such as segment_region.",
)
@design_options
@interval_option
@conf_level_option(0.95)
@destination_options
@click.option(
    "--most-cells",
    type=click.IntRange(min=1),
    default=MOST_CELLS,
    show_default=True,
    help="Cells (of a PSU in a crossing) to hold at most; each takes about 1 kB of memory.",
)
@engine_options
def command(
    answers: Answers,
    estimand: str,
    intent: str,
    where: str | None,
    by: str,
    drawn: Drawn,
    interval: str | None,
    conf_level: float,
    destination: Destination,
    most_cells: int,
    choice: EngineChoice,
) -> None:
    """Estimate how often intent goes with behaviour, with design-based intervals.

    FILE is a survey file with a crosswalk, or one whose variables have canonical names;
    DATASET is a folder that `advocacy import` has written; TABLE is such a dataset loaded into a
    database, named as postgresql://host/database#table or file.duckdb#table. Repeated answers of
    a respondent are set aside by the import alone: a FILE's answers all count. Beside a rate of
    high scores stand those of 0-6 and 7-8; `advocacy compare` says how far apart they are.

    \b
    advocacy estimate client.sav --crosswalk client.csv
    advocacy estimate client.sav --crosswalk client.csv --by score_band
    advocacy estimate data/derived --by sector,industry --format csv
    advocacy estimate data/derived --engine spark --master local[2]
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        design = drawn.design(responses)
        result = estimate(
            responses,
            estimand=estimand,
            intent=intent,
            by=names(by),
            where=where,
            design=design,
            interval=interval,
            conf_level=conf_level,
            engine=engine,
            most_cells=most_cells,
        )
        # A rate alone says little: people see those of 0-6 and 7-8 beside it. Files hold the
        # rates that were asked for; `compare` gives the others, with differences and ratios.
        baselines = (
            lift(
                responses,
                estimand=estimand,
                intent=intent,
                by=names(by),
                where=where,
                design=design,
                engine=engine,
            )
            if destination.for_people and has_lift(estimand, names(by))
            else None
        )
    say_what_it_rests_on(result, responses, design, result.by)
    destination.write(result, partial(rates, baselines=baselines))
