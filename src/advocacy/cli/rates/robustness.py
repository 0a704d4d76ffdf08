"""`advocacy robustness`: how wrong a rate could be, and what would make a statement fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from advocacy.cli.shared.engine_options import EngineChoice
from advocacy.cli.shared.input_file import LocalPath
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
    names,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.wording import ENGLISH
from advocacy.responses import Responses
from advocacy.robustness.correction import Counted
from advocacy.robustness.invited import Participation, participation
from advocacy.robustness.misreport import METHODS, Ranges, Validation, misreport
from advocacy.robustness.multiverse.choices import USUAL, Multiverse, read_multiverse
from advocacy.robustness.multiverse.permutation import multiverse_test
from advocacy.robustness.multiverse.specifications import multiverse
from advocacy.robustness.nonresponse import RESPONSE_RATES, nonresponse
from advocacy.robustness.recall import recall
from advocacy.robustness.scenarios import Scenarios
from advocacy.robustness.summary import threats

PARTS = ("summary", "misreport", "nonresponse", "recall", "participation", "multiverse")

# The parts in which an option that has a default, or may be left out, has a part.
_RATES = ("summary", "misreport", "nonresponse", "recall")
_OF_PARTS: dict[str, tuple[str, ...]] = {
    "intent": _RATES,
    **dict.fromkeys(("target", "weight_scaling", "rake", "lonely_psu", "nest"), _RATES),
    "replicates": _RATES,
    "by": (*_RATES, "participation"),
    "line": (*_RATES, "multiverse"),
    "conf_level": (*_RATES, "multiverse"),
    "sensitivity": ("summary", "misreport"),
    "specificity": ("summary", "misreport"),
    "validation": ("summary", "misreport"),
    "on": ("summary", "misreport"),
    "capture": ("summary", "misreport"),
    "method": ("misreport",),
    "rates": ("summary", "nonresponse"),
    "frame": ("summary", "nonresponse"),
    "eligible": ("participation",),
    "choices": ("multiverse",),
    "between": ("multiverse",),
}
_OPTIONS = {"rates": "--response-rate"}


@click.command("robustness")
@answers_options
@click.option(
    "--part",
    type=click.Choice(PARTS),
    default=PARTS[0],
    show_default=True,
    help="What to look at; summary is all but participation and multiverse in one table.",
)
@intent_option
@click.option(
    "--by", default="", help=f"Cross by some of: {', '.join(SEGMENTS)}; or by own segments."
)
@click.option(
    "--line",
    type=float,
    default=0.5,
    show_default=True,
    help="The statement is that the rate is on this side of this line.",
)
@click.option(
    "--sensitivity",
    nargs=2,
    type=float,
    help="Least and greatest share who say so, of those who recommended.",
)
@click.option(
    "--specificity",
    nargs=2,
    type=float,
    help="Least and greatest share who deny it, of those who did not.",
)
@click.option(
    "--validation",
    nargs=4,
    type=int,
    help="A validation of other people, in place of ranges: how many said so, of how many who "
    "did, how many denied it, of how many who did not; such as 90 100 80 100.",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default=METHODS[0],
    show_default=True,
    help="Interval with --validation.",
)
@click.option("--on", default="", help="Segments on which the search of records depends.")
@click.option(
    "--capture",
    type=float,
    default=1.0,
    show_default=True,
    help="Share of recommendations that get on record.",
)
@click.option(
    "--response-rate",
    "rates",
    type=float,
    multiple=True,
    help="Response rate to look at, such as 0.3; may be given again. "
    f"[default: {', '.join(map(str, RESPONSE_RATES))}]",
)
@click.option(
    "--frame",
    default="programme",
    show_default=True,
    help="What those who did not answer are known by: programme, and segments that the crosswalks "
    "of contacts keep, such as programme,segment_region.",
)
@click.option(
    "--eligible",
    type=float,
    help="Share eligible of the invitations of unknown eligibility; without it that of the others.",
)
@click.option(
    "--choices",
    type=LocalPath(dir_okay=False),
    help="With --part multiverse: TOML file of the choices to cross, as analysis/multiverse.toml; "
    "intent, line, level and target are among them.",
)
@click.option(
    "--between",
    help="With --part multiverse: a segment of two levels to test over all analyses at once.",
)
@design_options
@conf_level_option(0.95)
@destination_options
@engine_options
def command(
    answers: Answers,
    part: str,
    intent: str,
    by: str,
    line: float,
    sensitivity: tuple[float, float] | None,
    specificity: tuple[float, float] | None,
    validation: tuple[int, int, int, int] | None,
    method: str,
    on: str,
    capture: float,
    rates: tuple[float, ...],
    frame: str,
    eligible: float | None,
    choices: Path | None,
    between: str | None,
    drawn: Drawn,
    conf_level: float,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Say how wrong the rate could be: misreports, silence and memory.

    Each row supposes something, gives the rate that follows, says whether the statement holds
    that it is above or below --line, and at which value it would not. What the data do not carry
    is named, with what it takes to collect it. FILE, DATASET and TABLE are as for
    `advocacy estimate`.

    \b
    advocacy robustness client.sav --crosswalk client.csv
    advocacy robustness client.csv --sensitivity 0.9 1 --specificity 0.7 0.95
    advocacy robustness data/derived --part participation --by programme
    advocacy robustness client.csv --part multiverse --choices multiverse.toml
    """
    destination.check(answers, drawn)
    _refuse_without_part(part, choices)
    stated = _stated(sensitivity, specificity, validation)
    engine = choice.engine_of(answers.source)
    with working("estimating"):
        responses = answers.open(engine)
        if part == "participation":
            result: Estimates = participation(responses, by=names(by), e=eligible)
        elif part == "multiverse":
            usual = Multiverse(USUAL, value=line, conf_level=conf_level)
            asked = read_multiverse(choices) if choices else usual
            result = _of_every_analysis(responses, asked, between)
        else:
            design = drawn.design(responses)
            common: dict[str, Any] = {
                "intent": intent,
                "by": names(by),
                "line": line,
                "design": design,
                "conf_level": conf_level,
                "engine": engine,
            }
            reports = {"stated": stated, "on": names(on), "capture": capture}
            silence = {"response_rates": rates or RESPONSE_RATES, "frame": names(frame)}
            result = _analysed(part, responses, common, reports, silence, method)
            say_what_it_rests_on(result, responses, design, result.by)
    if not destination.for_people:
        # Every analysis of a multiverse has no notes.
        for note in result.notes if isinstance(result, Scenarios | Participation) else ():
            click.echo(ENGLISH.said(note), err=True)
    destination.write(result)


def _analysed(
    part: str,
    responses: Responses,
    common: dict[str, Any],
    reports: dict[str, Any],
    silence: dict[str, Any],
    method: str,
) -> Scenarios:
    if part == "misreport":
        return misreport(responses, method=method, **reports, **common)
    if part == "nonresponse":
        return nonresponse(responses, **silence, **common)
    if part == "recall":
        return recall(responses, **common)
    return threats(responses, **reports, **silence, **common)


def _of_every_analysis(responses: Responses, asked: Multiverse, between: str | None) -> Estimates:
    if between:
        return multiverse_test(responses, asked, between=between)
    return multiverse(responses, asked)


def _refuse_without_part(part: str, choices: Path | None) -> None:
    """Refuse options that were given and have no part in what is looked at."""
    context = click.get_current_context()
    for name, parts in _OF_PARTS.items():
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and part not in parts:
            option = _OPTIONS.get(name, f"--{name.replace('_', '-')}")
            listed = " and ".join("the multiverse" if one == "multiverse" else one for one in parts)
            raise UsageError(
                f"{option} is of {listed} alone.",
                remedy=f"Add --part {parts[-1]}, or leave out {option}.",
            )
        if given and choices and name in ("line", "conf_level"):
            raise UsageError(
                f"--{name.replace('_', '-')} and --choices are given at once.",
                remedy="Write it in the section [statement] of that file.",
            )


def _stated(
    sensitivity: tuple[float, float] | None,
    specificity: tuple[float, float] | None,
    validation: tuple[int, int, int, int] | None,
) -> Ranges | Validation | None:
    """Return what is stated of the self-report; refuse half of it, or both ways at once."""
    if (sensitivity is None) != (specificity is None):
        raise UsageError(
            "Sensitivity and specificity are stated together, or neither is.",
            remedy="Give a range for both, such as --sensitivity 0.9 1 --specificity 0.7 0.95.",
        )
    if validation is not None:
        if sensitivity is not None:
            raise UsageError(
                "A validation and ranges are stated at once.",
                remedy="Leave out --validation, or --sensitivity and --specificity.",
            )
        said, did, denied, did_not = validation
        return Validation(Counted(said, did), Counted(denied, did_not))
    if sensitivity is None or specificity is None:
        return None
    return Ranges(sensitivity, specificity)
