"""What estimates rest on, said on standard error beside them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from advocacy.estimation import Estimates
from advocacy.estimation.direct import levels_without_base
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.follow_up.ending import programmes_without_dates
from advocacy.estimation.segments import is_segment
from advocacy.report.wording import ENGLISH, counted
from advocacy.responses import Responses
from advocacy.survey import SurveyDesign
from advocacy.survey.calibration import weight_diagnostics
from advocacy.survey.diagnostics import FEWEST_DF

# Names that are shown before the others are counted.
_SHOWN = 8


def say_what_it_rests_on(
    result: Estimates, responses: Responses, design: SurveyDesign, segments: Sequence[str]
) -> None:
    """Print to standard error the design, what raking did, and what has no row or is in none."""
    click.echo(f"Design: {design.describe()}.", err=True)
    _say_who_asked_for_no_dates(result, responses)
    _say_what_raking_did(result)
    _say_what_few_programmes_tell(result, design)
    if result.unplaced:
        lacking = " or ".join(segments)
        click.echo(f"{result.unplaced} ratings have no {lacking} and are in no row.", err=True)
    _say_which_levels_have_no_row(result, responses, segments)


def _say_which_levels_have_no_row(
    result: Estimates, responses: Responses, segments: Sequence[str]
) -> None:
    """Name the levels that drop out for lack of a base, but for those that a remark names."""
    parts = dict.fromkeys(part for text in segments for part in text.split("*"))
    remarks = getattr(result, "notes", ())
    said = {remark.values.get("segment") for remark in remarks if "levels" in remark.values}
    names = [name for name in parts if is_segment(name) and name not in said]
    several = len(set(result.table.column("estimand").to_pylist())) > 1
    for (estimand, name), levels in levels_without_base(responses, result, names).items():
        shown = ", ".join(ENGLISH.level(name, level) for level in levels[:_SHOWN])
        more = f" and {len(levels) - _SHOWN} more" if len(levels) > _SHOWN else ""
        base = f"the base of {estimand}" if several else "the base"
        what = f"{ENGLISH.heading(name)} {shown}{more}"
        click.echo(f"No rating in {base}, and so no row: {what}.", err=True)


def _say_who_asked_for_no_dates(result: Estimates, responses: Responses) -> None:
    """Say which programmes are outside, as they ask whether somebody recommended and not when."""
    for name in sorted(set(result.table.column("estimand").to_pylist())):
        waited = ESTIMANDS[name].incidence or ESTIMANDS[name].complete_cases_of
        if waited is None or _allows_for_windows(result):
            continue
        without = programmes_without_dates(responses, waited)
        if without:
            shown = ", ".join(without[:_SHOWN])
            more = f" and {len(without) - _SHOWN} more" if len(without) > _SHOWN else ""
            which = counted(len(without), "programme")
            click.echo(
                f"{name} leaves out {which} that asked who recommended, not when: {shown}{more}.",
                err=True,
            )


def _allows_for_windows(result: Estimates) -> bool:
    """Tell whether a result is of events that may lie anywhere between two waves."""
    names = result.table.column_names
    return "least" in names and result.table.column("least").null_count < len(result)


def _say_what_few_programmes_tell(result: Estimates, design: SurveyDesign) -> None:
    """Say that another target has intervals, or narrower ones, where programmes are few."""
    if design.target != "programmes_like_these":
        return
    degrees = result.table.column("df").to_pylist()
    without = sum(df is None or df < 1 for df in degrees)
    few = sum(df is not None and 1 <= df < FEWEST_DF for df in degrees)
    if without:
        rows = "The row has" if len(degrees) == 1 else f"{without} of {len(degrees)} rows have"
        problem = f"{rows} no interval: answers of one programme do not tell how programmes differ"
    elif few:
        rows = "The row rests" if len(degrees) == 1 else f"{few} of {len(degrees)} rows rest"
        problem = f"{rows} on few programmes, which tell little of programmes like these"
    else:
        return
    click.echo(
        f"{problem}. --target these_programmes is about the customers of these programmes alone.",
        err=True,
    )


def _say_what_raking_did(result: Estimates) -> None:
    calibration = result.quantities.cells.calibration if result.quantities else None
    if calibration is None:
        return
    found = weight_diagnostics(calibration)
    click.echo(
        f"Raking: effective n of all {found.n} ratings {found.n_eff:.0f}, before "
        f"{found.n_eff_before:.0f}; design effect of weighting {found.design_effect:.2f}; "
        f"raked over given weight {found.lowest:.2f} to {found.highest:.2f}, median "
        f"{found.median:.2f}, mean 1.",
        err=True,
    )
    rows = found.margins.to_pylist()
    for margin in dict.fromkeys(row["margin"] for row in rows):
        levels = [
            f"{row['level']} {ENGLISH.percent(row['before'])} → {ENGLISH.percent(row['after'])}"
            for row in rows
            if row["margin"] == margin
        ]
        more = f" and {len(levels) - _SHOWN} more" if len(levels) > _SHOWN else ""
        click.echo(f"  {margin}, %: {', '.join(levels[:_SHOWN])}{more}", err=True)
