"""`advocacy compare`: sectors, countries, waves or scores against each other."""

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
    interval_option,
    names,
    where_option,
)
from advocacy.cli.shared.progress import working
from advocacy.cli.shared.rests_on import say_what_it_rests_on
from advocacy.errors import UsageError
from advocacy.estimation.comparisons.against import OTHERS, compare_against
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import CONTRASTS
from advocacy.estimation.comparisons.equivalence import equivalence
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import ADJUSTMENTS, compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.levels import level_of
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.wording import ENGLISH
from advocacy.responses import Responses

# Values of the options that only some comparisons take, and of those that all take.
_Given = dict[str, Any]
_What = dict[str, Any]

# What is compared is said by one of these options, or by none of them.
_SCORES, _BETWEEN, _MIX, _EQUIVALENCE = "", "--between", "--standardise", "--equivalence"
_OTHERS = "--against"

# Which of the options that have no default each kind of comparison takes.
_TAKES = {
    _SCORES: {"--by", "--interval"},
    _BETWEEN: {"--between", "--by", "--quantity", "--adjust", "--reference", "--interval"},
    _OTHERS: {"--between", "--against", "--by", "--quantity", "--adjust", "--interval"},
    _MIX: {"--between", "--standardise", "--reference"},
    _EQUIVALENCE: {"--between", "--by", "--equivalence"},
}


@click.command("compare")
@answers_options
@click.option(
    "--between",
    default="",
    help=f"Compare the levels of one of: {', '.join(SEGMENTS)}; or of an own "
    "segment. Without it, the intent set is compared with the scores 0-6 and 7-8.",
)
@click.option("--by", default="", help="Compare within each crossing of some of the same.")
@estimand_option
@intent_option
@where_option
@click.option("--quantity", help=f"One of: {', '.join(CONTRASTS)}.  [default: difference]")
@click.option(
    "--adjust",
    help=f"Rule for several tests, one of: {', '.join(ADJUSTMENTS)}.  [default: holm]",
)
@click.option(
    "--reference",
    help="Compare with this level alone, a code or a name; without it, all pairs.",
)
@click.option(
    "--against",
    type=click.Choice(OTHERS),
    help="Compare each level with the others together (rest), or with all of them (total).",
)
@click.option(
    "--standardise",
    default="",
    help="Compare at a common mix of these segments, such as industry,country, and split the "
    "difference in a part of rates and a part of mix.",
)
@click.option(
    "--equivalence",
    "margin",
    type=float,
    help="Compare each rate with one in two, give or take this many points, such as 5.",
)
@design_options
@interval_option
@conf_level_option(None, "Confidence level.  [default: 0.95; with --equivalence 0.90]")
@destination_options
@engine_options
def command(
    answers: Answers,
    between: str,
    by: str,
    estimand: str,
    intent: str,
    where: str | None,
    quantity: str | None,
    adjust: str | None,
    reference: str | None,
    against: str | None,
    standardise: str,
    margin: float | None,
    drawn: Drawn,
    interval: str | None,
    conf_level: float | None,
    destination: Destination,
    choice: EngineChoice,
) -> None:
    """Compare levels of a segment, or scores, with tests from one joint covariance.

    FILE, DATASET and TABLE are as for `advocacy estimate`.

    \b
    advocacy compare data/derived
    advocacy compare data/derived --between sector --by country
    advocacy compare data/derived --between country --against rest
    advocacy compare data/derived --between sector --standardise industry,country
    advocacy compare data/derived --by sector --equivalence 5
    """
    given: _Given = {
        "--between": between,
        "--by": by,
        "--quantity": quantity,
        "--adjust": adjust,
        "--reference": reference and level_of(between, reference),
        "--against": against,
        "--standardise": standardise,
        "--equivalence": margin,
        "--interval": interval,
    }
    kind = _kind(given)
    destination.check(answers, drawn)
    engine = choice.engine_of(answers.source)
    with working("comparing"):
        responses = answers.open(engine)
        design = drawn.design(responses)
    default = 0.90 if kind == _EQUIVALENCE else 0.95
    level = default if conf_level is None else conf_level
    what: _What = {
        "estimand": estimand,
        "intent": intent,
        "where": where,
        "design": design,
        "conf_level": level,
        "engine": engine,
    }
    with working("comparing"):
        found = _FOUND[kind](responses, given, what)
    say_what_it_rests_on(found, responses, design, [*found.by, *found.mix])
    for note in found.notes:
        click.echo(ENGLISH.said(note), err=True)
    destination.write(found)


def _kind(given: _Given) -> str:
    """Return which comparison is asked for.

    Raises
    ------
    UsageError
        An option that has no meaning for it, or --standardise or --against without --between.
    """
    used = {name for name, value in given.items() if value not in (None, "")}
    kind = next(
        (kind for kind in (_EQUIVALENCE, _MIX, _OTHERS, _BETWEEN) if kind in used),
        _SCORES,
    )
    if kind in (_MIX, _OTHERS) and "--between" not in used:
        raise UsageError(
            f"{kind} does not say what is compared.",
            remedy="Name a segment too, such as --between sector.",
        )
    unused = [name for name in given if name in used - _TAKES[kind]]
    if unused:
        beside = f"with {kind}" if kind else "without --between"
        raise UsageError(f"{' and '.join(unused)} cannot be used {beside}.", remedy="Leave it out.")
    return kind


def _against_half(responses: Responses, given: _Given, what: _What) -> Comparison:
    by = [*names(given["--by"]), *names(given["--between"])]
    points = given["--equivalence"]
    if not 0.5 <= points < 50:
        raise UsageError(
            f"--equivalence {points:g}: the margin is in percentage points, from 0.5 to below 50.",
            remedy="Use --equivalence 5 for 45 to 55 %.",
        )
    return equivalence(responses, by=by, margin=points / 100, **what)


def _at_common_mix(responses: Responses, given: _Given, what: _What) -> Comparison:
    return standardise(
        responses,
        between=given["--between"],
        mix=names(given["--standardise"]),
        reference=given["--reference"],
        **what,
    )


def _levels(responses: Responses, given: _Given, what: _What) -> Comparison:
    return compare(
        responses,
        between=given["--between"],
        by=names(given["--by"]),
        quantity=given["--quantity"] or "difference",
        adjust=given["--adjust"] or "holm",
        reference=given["--reference"],
        interval=given["--interval"],
        **what,
    )


def _others(responses: Responses, given: _Given, what: _What) -> Comparison:
    return compare_against(
        responses,
        between=given["--between"],
        against=given["--against"],
        by=names(given["--by"]),
        quantity=given["--quantity"] or "difference",
        adjust=given["--adjust"] or "holm",
        interval=given["--interval"],
        **what,
    )


def _scores(responses: Responses, given: _Given, what: _What) -> Comparison:
    return lift(responses, by=names(given["--by"]), interval=given["--interval"], **what)


_FOUND = {
    _SCORES: _scores,
    _BETWEEN: _levels,
    _OTHERS: _others,
    _MIX: _at_common_mix,
    _EQUIVALENCE: _against_half,
}
