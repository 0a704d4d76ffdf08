"""`advocacy study`: from a folder of survey files to the sources and the protocol of a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from advocacy.cli.shared.answers import parsed_answer
from advocacy.cli.shared.input_file import LocalPath
from advocacy.cli.shared.progress import working
from advocacy.responses.proposal.settling import letters
from advocacy.responses.schema import SOURCE_KINDS

if TYPE_CHECKING:
    from advocacy.study.proposal.crosswalks import Survey
    from advocacy.study.proposal.doubts import Doubt
    from advocacy.study.proposal.proposing import Fitted, Gathered


@click.command("study")
@click.argument("folder", type=LocalPath(exists=True, file_okay=False))
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="1a",
    help="Answer to a numbered question, for all files that share it. Repeat for more.",
)
@click.option(
    "--kind",
    type=click.Choice([kind for kind, _ in SOURCE_KINDS]),
    help="Kind of evidence of files that are new; collected by default.",
)
def command(folder: Path, answers: tuple[str, ...], kind: str | None) -> None:
    """Make the survey files in FOLDER a study: sources, crosswalks, and a protocol that fits.

    Files below data/raw are put into a folder each; those from elsewhere are copied there. Run it
    again as often as you like: it keeps your answers and what you have edited. When no file lacks
    what is essential, analysis/study.toml is written, and `make book` makes the book.

    \b
    advocacy study data/raw/mine
    advocacy study data/raw/mine --answer 1a --answer 2b
    """
    from advocacy.study.proposal.delivery import study_root
    from advocacy.study.proposal.problems import refuse
    from advocacy.study.proposal.proposing import fit_protocol, gather_sources

    root = study_root(Path.cwd())
    with working("reading the files"):
        gathered = gather_sources(folder, root, kind, list(map(parsed_answer, answers)))
    _tell_sources(gathered)
    refuse(gathered.lacking, str(gathered.delivery.folder))
    with working("trying the import and the tables"):
        fitted = fit_protocol(gathered.delivery.folder, root)
    _tell_protocol(fitted, gathered)


def _tell_sources(gathered: Gathered) -> None:
    """Say of each file what was found, and ask what is in doubt."""
    for old, new in gathered.moved:
        done = "Moved" if not old.exists() else "Copied"
        click.echo(f"{done} {_short(old)} to {_short(new)}")
    for path in gathered.delivery.passed_over:
        click.echo(f"Passed over {_short(path)}: no survey file by its name.")
    for own in gathered.surveys:
        click.echo(f"\n{own.name}: {own.profiled.rows} rows; {gathered.crosswalks[own.name]}")
        click.echo(f"  holds: {_holds(own, gathered.columns[own.name])}")
        unused = [role.name for role in own.proposal.roles if not role.column]
        if unused and not own.canonical:
            click.echo(f"  not recognised: {', '.join(unused)}")
        for refusal in own.proposal.refusals:
            click.echo(f"  not used: {refusal}")
    for doubt in gathered.doubts:
        if not doubt.answer:
            _ask(doubt)
    unanswered = [doubt.number for doubt in gathered.doubts if not doubt.answer]
    if unanswered:
        click.echo(
            f"\nAnswer with --answer {unanswered[0]}a (and so on); one answer is for all files "
            "that are named. Until then these values are left out, or their rows are set aside."
        )
    click.echo("")


def _holds(own: Survey, columns: set[str]) -> str:
    """Name the columns that a source fills, the essential ones first, with their variables."""
    from advocacy.study.proposal.crosswalks import ESSENTIAL

    by_column = {role.column: role.name for role in own.proposal.roles if role.column}
    first = [name for name in ESSENTIAL if name in columns]
    named = [f"{name} ({by_column[name]})" if name in by_column else name for name in first]
    return ", ".join([*named, *sorted(columns - set(first))]) or "nothing that we know"


def _ask(doubt: Doubt) -> None:
    click.echo(f"\nQuestion {doubt.number}. {doubt.question.text}")
    if len(doubt.asked) > 1:
        files = ", ".join(f"{one.source} ({', '.join(one.variables)})" for one in doubt.asked)
        click.echo(f"  The same in {len(doubt.asked)} files: {files}")
    else:
        click.echo(f"  In {doubt.asked[0].source}")
    choices = doubt.question.choices
    for letter, choice in zip(letters(choices), choices, strict=True):
        click.echo(f"  {doubt.number}{letter}) {choice.text}")


def _tell_protocol(fitted: Fitted, gathered: Gathered) -> None:
    """Print the row accounts of the trial, and where the protocol is."""
    from advocacy.report.wording import counted

    width = max(len(name) for name in fitted.accounts)
    click.echo(f"{'':{width}}  {'read':>9}  {'kept':>9}  {'rejected':>9}")
    total = sum(list(fitted.accounts.values())[1:], next(iter(fitted.accounts.values())))
    for name, rows in (*fitted.accounts.items(), ("in all", total)):
        click.echo(f"{name:{width}}  {rows.read:9}  {rows.kept:9}  {rows.rejected:9}")
    for column, reason, values in fitted.reasons:
        click.echo(f"  rejected: {values} values of {column}: {reason}")
    if fitted.excluded:
        click.echo(f"  kept, but not counted: {fitted.excluded} repeated answers of a respondent")
    for name, variables in fitted.private.items():
        if variables:
            click.echo(
                f"  left out of {name}, since it may identify persons: {', '.join(variables)}"
            )
    held = fitted.held
    programmes = counted(held.programmes, "programme")
    click.echo(
        f"\n{programmes}; {held.answered} ratings have a score and an answer on recommending, "
        f"{held.base} of them score 10."
    )
    if fitted.earlier:
        click.echo(f"Kept the earlier protocol as {_short(fitted.earlier)}.")
        click.echo(f"Wrote {_short(fitted.protocol)}: it says why it asks for what it asks for.")
    else:
        click.echo(f"{_short(fitted.protocol)} fits as it is.")
    click.echo(
        f"Read the crosswalk.csv of each source in {_short(gathered.delivery.folder)} and correct "
        "it: every line is a guess. Then: make book"
    )


def _short(path: Path) -> Path:
    """Return a path as it is seen from here."""
    here = Path.cwd().resolve()
    return path.relative_to(here) if path.is_relative_to(here) else path
