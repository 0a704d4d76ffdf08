"""`advocacy benchmark`: programmes of one's own beside a study."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import pyarrow as pa

from advocacy.cli.shared.engine_options import EngineChoice
from advocacy.cli.shared.options import (
    Answers,
    Destination,
    answers_options,
    conf_level_option,
    destination_options,
    engine_options,
    intent_option,
    reference_option,
)
from advocacy.cli.shared.progress import working
from advocacy.estimation import Estimates, estimate
from advocacy.estimation.pooling.beside import beside, require_peers
from advocacy.estimation.pooling.effective_counts import PROGRAMME, effective_counts
from advocacy.estimation.pooling.reference import Reference, open_reference
from advocacy.report.contents.benchmark import benchmark
from advocacy.responses import Responses
from advocacy.survey import survey_design
from advocacy.survey.engines import Engine


@click.command("benchmark")
@answers_options
@intent_option
@conf_level_option(0.90, "Probability of the intervals.")
@reference_option
@destination_options
@engine_options
def command(
    answers: Answers,
    intent: str,
    conf_level: float,
    folder: Path | None,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Hold the programmes in FILE, DATASET or TABLE beside a study, without fitting again.

    Four rows a programme: its own rate as `advocacy estimate` gives it, with respondents and
    accounts as PSUs; the same drawn towards programmes like it as far as its answers are few;
    what one of those should expect; and the chance that it is above half of them. Peers are
    programmes of the same sector, industry and country, so FILE needs these and the programme,
    as columns or, for all its rows, as lines such as ,,industry,C, of the crosswalk; not what
    the study has one level of.

    Responses and study of different kinds of evidence, one of them simulated, give a simulated
    comparison, which is no finding. FILE, DATASET and TABLE are as for `advocacy estimate`.

    \b
    advocacy benchmark client.sav --crosswalk client.csv
    advocacy benchmark my-data --reference my-pool --format csv
    """
    destination.check(answers)
    engine = choice.engine_of(answers.source)
    reference = open_reference(folder)
    with working("comparing"):
        responses = answers.open(engine)
        asked = (PROGRAMME, *reference.posterior.segments)
        given = [name for name in asked if responses.has(name)]
        require_peers(reference.posterior, given, responses.name)
        direct = _direct(responses, reference, intent, conf_level, engine)
        estimand = reference.posterior.labels["estimand"]
        counts = effective_counts(responses, estimand=estimand, engine=engine)
        pooled = beside(reference.posterior, counts, intent=intent, conf_level=conf_level)
    if counts.unplaced:
        click.echo(f"{counts.unplaced} ratings lack a segment and are not pooled.", err=True)
    destination.write(
        _together(direct, pooled), partial(benchmark, reference=reference, counts=counts)
    )


def _direct(
    responses: Responses, reference: Reference, intent: str, conf_level: float, engine: Engine
) -> Estimates:
    """Return each programme's own rate."""
    # A PSU alone in its stratum is taken to differ as others do, so that no programme is refused.
    design = survey_design(responses, "these_programmes", lonely_psu="adjust")
    return estimate(
        responses,
        estimand=reference.posterior.labels["estimand"],
        intent=intent,
        by=[PROGRAMME],
        design=design,
        conf_level=conf_level,
        engine=engine,
    )


def _together(direct: Estimates, pooled: Estimates) -> Estimates:
    """Return the rows of both, programme by programme, its own rate first."""
    table = pa.concat_tables([direct.table, pooled.table])
    order = sorted(
        range(table.num_rows), key=lambda row: (table.column(PROGRAMME)[row].as_py(), row)
    )
    return replace(pooled, table=table.take(pa.array(order)))
