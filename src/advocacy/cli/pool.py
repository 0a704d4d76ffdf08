"""`advocacy pool`: a multilevel model of programmes, and what it says of each cell."""

from __future__ import annotations

import re
from pathlib import Path

import click

from advocacy.cli.shared.engine_options import EngineChoice
from advocacy.cli.shared.input_file import InputFile, LocalPath
from advocacy.cli.shared.options import (
    Answers,
    answers_options,
    conf_level_option,
    engine_options,
    estimand_option,
    intent_option,
)
from advocacy.cli.shared.progress import working
from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.pooling.fit_report import fit_report
from advocacy.estimation.pooling.multilevel import pool
from advocacy.estimation.pooling.posterior import Posterior, band_of
from advocacy.estimation.pooling.posterior_file import write_posterior
from advocacy.estimation.pooling.predictions import pooled_rates
from advocacy.estimation.pooling.reference import POSTERIOR
from advocacy.estimation.pooling.sampling.sampler import CHAINS, DRAWS, TUNING
from advocacy.estimation.pooling.tables import TABLE_NAME, posterior_tables, rates_of_levels
from advocacy.estimation.segments import SEGMENTS
from advocacy.files import replacing
from advocacy.provenance import write_json
from advocacy.report.contents.pooled import fit, fit_lines
from advocacy.report.exporters import export
from advocacy.report.media.terminal import print_document
from advocacy.stored import seal
from advocacy.survey.design import Scaling
from advocacy.survey.margins import Margins, read_margins

# Of a fit that misses them, under a name of their own: beside an older fit they are not its.
DIAGNOSTICS, MISSED = "diagnostics.json", "diagnostics-failed.json"
_WRITTEN = re.compile(
    rf"diagnostics\.json|files\.json|posterior\.parquet|({TABLE_NAME.pattern})\.csv"
)
# Segments whose rates are post-stratified, where there are margins.
_STRATIFIED = ("sector", "country")


@click.command("pool")
@answers_options
@click.option(
    "-o",
    "--output",
    required=True,
    type=LocalPath(file_okay=False, resolve_path=True),
    help="Folder for the results; one that this command wrote is replaced.",
)
@estimand_option
@intent_option
@conf_level_option(0.90, "Probability of the intervals.")
@click.option(
    "--weight-scaling",
    default="respondents",
    show_default=True,
    help="How weights of different programmes compare: respondents or equal_programme.",
)
@click.option(
    "--margins",
    "table",
    type=InputFile(),
    help="Shares of the population by which rates of sectors and countries are averaged: a CSV "
    "file with columns named as segments, and total.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=10),
    default=DRAWS,
    show_default=True,
    help="Draws of each of the four chains.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of the sampler.")
@engine_options
def command(
    answers: Answers,
    output: Path,
    estimand: str,
    intent: str,
    conf_level: float,
    weight_scaling: Scaling,
    table: Path | None,
    draws: int,
    seed: int,
    choice: EngineChoice,
) -> None:
    """Fit a multilevel model of programmes: rates of small cells that borrow strength.

    It takes a few minutes and needs advocacy[pooling]. The folder gets the fitted model
    (posterior.parquet, which `advocacy expect` and `advocacy benchmark` take as --reference),
    rates and expectations of all cells, ranks, shares of the variance, and the diagnostics. Of a
    fit that misses its diagnostics only these are written, as diagnostics-failed.json, beside what
    an earlier fit left in the folder, and the exit status is 1. FILE, DATASET and TABLE are as for
    `advocacy estimate`.

    \b
    advocacy pool data/derived -o my-pool
    advocacy pool data/derived -o my-pool --margins margins.csv --draws 2000
    """
    band_of(intent)  # refuses other sets before minutes have passed
    _check_folder(output)
    margins = read_margins(table, SEGMENTS) if table else None
    engine = choice.engine_of(answers.source)
    with working("reading"):
        responses = answers.open(engine)
    with working("fitting", CHAINS * (TUNING + draws), of="draws") as tell:
        posterior = pool(
            responses,
            estimand=estimand,
            weight_scaling=weight_scaling,
            draws=draws,
            seed=seed,
            engine=engine,
            progress=tell,
        ).posterior
    for line in fit_lines(posterior):
        click.echo(line, err=True)
    if posterior.diagnostics.problems:
        write_json(output / MISSED, fit_report(posterior))
        click.echo(f"Wrote {MISSED}, and nothing else, to {output}.", err=True)
    posterior.require_passed()
    _write(posterior, output, intent, conf_level, margins)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that holds what this command does not write, as it is replaced."""
    found = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    whole = DIAGNOSTICS in found
    own = [name for name in found if name == MISSED or (whole and _WRITTEN.fullmatch(name))]
    other = [name for name in found if name not in own]
    if other:
        raise UsageError(
            f"The folder holds {other[0]}, which this command did not write.",
            where=str(folder),
            remedy="Name a folder of its own.",
        )


def _write(
    posterior: Posterior, folder: Path, intent: str, conf_level: float, margins: Margins | None
) -> None:
    """Write the results in place of an earlier fit's, and print the gist."""
    refused = None
    tables = _tables(posterior, intent, conf_level)
    try:
        if margins:
            tables |= _stratified(posterior, intent, conf_level, margins)
    except UsageError as error:  # it has taken minutes to get here: what there is is kept
        refused = error
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_json(temporary / DIAGNOSTICS, fit_report(posterior))
        write_posterior(posterior, temporary / POSTERIOR)
        for name, result in tables.items():
            export(result, temporary / f"{name}.csv")
        seal(temporary, temporary)
    _print(posterior, tables, intent, conf_level)
    click.echo(f"Wrote {len(tables) + 3} files to {folder}.", err=True)
    if refused:
        raise refused


def _tables(posterior: Posterior, intent: str, conf_level: float) -> dict[str, Estimates]:
    """Return each table by the name of its file."""
    ranked = [name for name in posterior.segments if len(posterior.levels(name)) > 1]
    listed = posterior_tables(intent=intent, conf_level=conf_level, ranked=ranked)
    return {name: table.make(posterior) for name, table in listed.items()}


def _stratified(
    posterior: Posterior, intent: str, conf_level: float, margins: Margins
) -> dict[str, Estimates]:
    """Return rates averaged by shares of the population, by the names of their files."""
    segments = [name for name in _STRATIFIED if name in posterior.segments]
    listed = rates_of_levels(segments, intent=intent, conf_level=conf_level, margins=margins)
    return {name: table.make(posterior) for name, table in listed.items()}


def _print(
    posterior: Posterior, tables: dict[str, Estimates], intent: str, conf_level: float
) -> None:
    by_sector = tables.get("rates-sector")
    if by_sector is None and "sector" in posterior.segments:
        by_sector = pooled_rates(posterior, by=["sector"], intent=intent, conf_level=conf_level)
    print_document(fit(tables["variance"], by_sector))
