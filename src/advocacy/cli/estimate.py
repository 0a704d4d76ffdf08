"""`advocacy estimate`: rates with intervals from a dataset or a survey file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from advocacy.errors import UsageError
from advocacy.estimation import Estimates, estimate
from advocacy.estimation.estimands import ESTIMANDS, INTENTS
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.exporters import EXPORTERS, STANDARD_OUTPUT, export
from advocacy.responses import open_responses
from advocacy.survey import survey_design
from advocacy.survey.design import LonelyPSU, Scaling
from advocacy.survey.intervals import INTERVALS


@click.command("estimate")
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="FILE|DATASET")
@click.option(
    "--crosswalk",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the file's variables and codes mean; not needed for canonical names.",
)
@click.option("--encoding", help="Code page of the file's texts, where the file is wrong about it.")
@click.option(
    "--estimand",
    default="recommended_past_12m",
    show_default=True,
    help=f"One of: {', '.join(ESTIMANDS)}.",
)
@click.option(
    "--intent",
    default="score_10",
    show_default=True,
    help=f"One of: {', '.join(INTENTS)}; or scores such as 8,9,10.",
)
@click.option("--by", default="", help=f"Cross by some of: {', '.join(SEGMENTS)}.")
@click.option(
    "--target",
    help="these_programmes, programmes_like_these or as_given (the columns weight, stratum and psu "
    "as they stand); without it as_given where a file has them, else one programme gives the "
    "first, several the second.",
)
@click.option(
    "--weight-scaling",
    default="respondents",
    show_default=True,
    help="How weights of different programmes compare: respondents or equal_programme.",
)
@click.option(
    "--interval",
    default="korn_graubard",
    show_default=True,
    help=f"One of: {', '.join(INTERVALS)}.",
)
@click.option("--conf-level", default=0.95, show_default=True, help="Confidence level.")
@click.option(
    "--lonely-psu",
    default="fail",
    show_default=True,
    help="Strata with one PSU: fail, adjust, average, remove or certainty.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(STANDARD_OUTPUT)),
    help="What to print on standard output; a table without it.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Write to a file instead; its ending gives the format: {', '.join(EXPORTERS)}.",
)
def command(
    source: Path,
    crosswalk: Path | None,
    encoding: str | None,
    estimand: str,
    intent: str,
    by: str,
    target: str | None,
    weight_scaling: Scaling,
    interval: str,
    conf_level: float,
    lonely_psu: LonelyPSU,
    format_: str | None,
    output: Path | None,
) -> None:
    """Estimate how often intent goes with behaviour, with design-based intervals.

    FILE is a survey file with a crosswalk, or one whose variables have canonical names;
    DATASET is a folder that `advocacy import` has written. Repeated answers of a respondent are
    set aside by the import alone: a FILE's answers all count.

    \b
    advocacy estimate client.sav --crosswalk client.csv
    advocacy estimate client.sav --crosswalk client.csv --by score_band
    advocacy estimate data/derived --by sector,industry --format csv
    """
    _check_output(output, format_, [source, crosswalk])
    if source.is_dir() and (crosswalk or encoding):
        raise UsageError(
            "--crosswalk and --encoding are for a file; a dataset was imported with its own.",
            remedy="Leave them out, or name the file.",
        )
    responses = open_responses(source, crosswalk, encoding=encoding)
    design = survey_design(responses, target, weight_scaling=weight_scaling, lonely_psu=lonely_psu)
    result = estimate(
        responses,
        estimand=estimand,
        intent=intent,
        by=[name.strip() for name in by.split(",") if name.strip()],
        design=design,
        interval=interval,
        conf_level=conf_level,
    )
    click.echo(f"Design: {design.describe()}.", err=True)
    _say_what_is_left_out(result)
    if output:
        export(result, output)
        click.echo(f"Wrote {len(result)} estimates to {output}.", err=True)
    else:
        STANDARD_OUTPUT[format_ or "table"](result)


def _check_output(output: Path | None, format_: str | None, given: list[Path | None]) -> None:
    """Refuse an output that cannot be meant, before anything is estimated."""
    if output is None:
        return
    if format_:
        raise UsageError(
            "--format is for standard output; a file's ending gives its format.",
            remedy="Leave out --format or --output.",
        )
    if output.suffix.lower() not in EXPORTERS:
        raise UsageError(
            f"{output.name!r} has no ending that says what to write.",
            remedy=f"Use one of: {', '.join(EXPORTERS)}.",
        )
    if any(path and output.exists() and output.samefile(path) for path in given):
        raise UsageError(
            f"The output {output.name!r} is the file that is read.", remedy="Name another file."
        )


def _say_what_is_left_out(result: Estimates) -> None:
    if result.unplaced:
        names: Any = " or ".join(result.by)
        click.echo(f"{result.unplaced} ratings have no {names} and are in no row.", err=True)
