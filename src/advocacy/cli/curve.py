"""`advocacy curve`: the rate of each score from 0 to 10, and where a curve is best cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
import pyarrow as pa

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
    where_option,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.estimation.curves.fits import FITS
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.wording import ENGLISH


@click.command("curve")
@answers_options
@click.option(
    "--by",
    default="",
    help="A curve for each crossing of some of: "
    f"{', '.join(name for name, segment in SEGMENTS.items() if not segment.replaces_intent)}; "
    "or of segments of your own.",
)
@click.option(
    "--fit",
    "fits",
    default=",".join(FITS),
    show_default=True,
    help="How rates are had: each score by itself (direct), rates that never fall (isotonic), "
    "logistic in the score, or logistic in splines (smooth).",
)
@estimand_option
@where_option
@design_options
@interval_option
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    by: str,
    fits: str,
    estimand: str,
    where: str | None,
    drawn: Drawn,
    interval: str | None,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Show the rate of each score, and test it: is 9 as good as 10, does the curve rise?

    Bands that hold all scores together, the best cut-point and the test of a rising curve come
    from a bootstrap of 500 replicates, or from that of --replicates. Files hold the rates of
    each fit first, then the tests, which have no fit. FILE, DATASET and TABLE are as for
    `advocacy estimate`.

    \b
    advocacy curve data/derived
    advocacy curve data/derived --by sector --fit direct,smooth
    advocacy curve client.sav --crosswalk client.csv --replicates bootstrap:1000 --seed 7
    """
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("reading"):
        responses = answers.open(engine)
        design = drawn.design(responses)
    what: dict[str, Any] = {
        "estimand": estimand,
        "by": names(by),
        "where": where,
        "design": design,
        "conf_level": conf_level,
        "engine": engine,
    }
    with working("estimating"):
        rates = curve(responses, fits=names(fits), interval=interval, **what)
        tests = curve_tests(responses, **what)
    say_what_it_rests_on(rates, responses, design, names(by))
    for note in rates.notes:
        click.echo(ENGLISH.said(note), err=True)
    both = pa.concat_tables([rates.table, tests.table])
    destination.write(replace(rates, table=both, quantities=None))
