"""A proposed crosswalk, confirmed by a person, or taken where nothing is in doubt."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from advocacy.errors import UsageError
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.segments import SEGMENTS
from advocacy.isolation import Worker
from advocacy.responses.proposal.follow_up.kinds import FileKind
from advocacy.responses.proposal.levels import profile_file
from advocacy.responses.proposal.lines import ProposedLine, Question
from advocacy.responses.proposal.needs import Need, State, needs
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.proposal.settling import crosswalk_text, letters, settle

_DESIGN = ("weight", "stratum", "psu", "fpc", "ssu", "fpc_ssu", "respondent_id", "account")
# Columns that a report reads. What is in doubt about others is left out, and not asked about.
READ = {
    *_DESIGN,
    "interviewed_on",
    *(name for estimand in ESTIMANDS.values() for name in estimand.needs),
    *(name for segment in SEGMENTS.values() for name in segment.needs),
}
_NOT_ALONE = (FileKind.FOLLOW_UP, FileKind.CONTACTS)


@dataclass(frozen=True)
class Confirmed:
    """Content of a crosswalk, and variables that cannot be used, each with its column."""

    text: str
    refused: tuple[tuple[str, str], ...]


def confirmed_crosswalk(
    file: Path,
    encoding: str | None,
    sheet: str | None,
    answers: Mapping[int, str],
    constants: Mapping[str, str],
    *,
    yes: bool,
    worker: Worker,
) -> Confirmed:
    """Propose the crosswalk of a file, and have a person confirm it.

    Parameters
    ----------
    answers
        Letters of answers that were given with the command, by number of the question.
    constants
        Levels that hold for all rows, by column.
    yes
        Take the proposal as it is, where it leaves no doubt about a column that is read.
    worker
        Where the file is parsed.

    Raises
    ------
    UsageError
        Something is in doubt, or nobody is there to confirm; or the file is not of ratings.
    """
    profiled = worker.call(profile_file, file, encoding, sheet, file=str(file))
    proposal = propose_crosswalk(profiled)
    if proposal.kind in _NOT_ALONE:
        raise UsageError(
            f"The file seems to be of {proposal.kind}, not of ratings.",
            where=str(file),
            remedy="Import it with the ratings that it belongs to, and name the dataset: "
            "`advocacy import --help`.",
        )
    chosen = dict(answers)
    doubts = [
        (number, question)
        for number, question in enumerate(proposal.questions, 1)
        if number not in chosen and _is_read(question)
    ]
    asks = sys.stdin.isatty() and not yes
    if doubts and not asks:
        raise _in_doubt(file, doubts)
    chosen |= {number: _ask(number, question) for number, question in doubts}
    lines = [*settle(proposal, chosen), *_constant_lines(proposal, chosen, constants)]
    found = needs(proposal, lines, chosen)
    _tell(lines, proposal)
    _confirm(file, found, asks=asks, yes=yes)
    refused = tuple((role.name, role.column or role.possible[0]) for role in proposal.refused)
    return Confirmed(crosswalk_text(lines), refused)


def _is_read(question: Question) -> bool:
    columns = {line.column for choice in question.choices for line in choice.lines}
    return bool(({question.column} | columns) & READ)


def _in_doubt(file: Path, doubts: Sequence[tuple[int, Question]]) -> UsageError:
    said = [
        "\n".join(
            [
                f"Question {number}. {question.text}",
                *(
                    f"  {number}{letter}) {choice.text}"
                    for letter, choice in zip(
                        letters(question.choices), question.choices, strict=True
                    )
                ),
            ]
        )
        for number, question in doubts
    ]
    return UsageError(
        "What the file holds is in doubt.\n\n" + "\n\n".join(said) + "\n",
        where=str(file),
        remedy="Answer with --answer 1a (and so on), run this at a terminal without --yes, or "
        "write a crosswalk (`advocacy crosswalk`) and name it with --crosswalk.",
    )


def _ask(number: int, question: Question) -> str:
    """Ask a person, and return the letter of the answer."""
    click.echo(f"\nQuestion {number}. {question.text}", err=True)
    names = letters(question.choices)
    for letter, choice in zip(names, question.choices, strict=True):
        click.echo(f"  {letter}) {choice.text}", err=True)
    answer: str = click.prompt("Answer", type=click.Choice(names), err=True)
    return answer


def _constant_lines(
    proposal: ProposedCrosswalk, chosen: Mapping[int, str], constants: Mapping[str, str]
) -> list[ProposedLine]:
    """Return lines for all rows.

    Raises
    ------
    UsageError
        A variable of the file holds the column already.
    """
    held = {line.column for line in settle(proposal, chosen)}
    for name in constants:
        if name in held:
            raise UsageError(
                f"The file says its {name} itself, row by row.",
                remedy=f"Leave out --{name}.",
            )
    return [ProposedLine("", "", name, level) for name, level in constants.items()]


def _tell(lines: Iterable[ProposedLine], proposal: ProposedCrosswalk) -> None:
    """Say which variable was taken for what."""
    labels = {role.name: role.profile.variable.label for role in proposal.roles}
    held: dict[str, dict[str, None]] = {}
    for line in lines:
        held.setdefault(line.column, {})[line.raw_variable] = None
    click.echo("Taken from the file:", err=True)
    for column, variables in held.items():
        named = ", ".join(
            f"{name} {labels[name]!r}" if labels.get(name) else name or "the same for all rows"
            for name in variables
        )
        click.echo(f"  {column}: {named}", err=True)
    for refusal in proposal.refusals:
        click.echo(f"Not used: {refusal}", err=True)


def _confirm(file: Path, found: Sequence[Need], *, asks: bool, yes: bool) -> None:
    """Have a person confirm what was found, and that what may be there is not.

    Raises
    ------
    UsageError
        The person says no, or nobody is there.
    """
    doubtful = [need for need in found if need.state is State.MISSING and need.candidates]
    said = "".join(
        f"\n  {need.column} was not found; it may be "
        + ", ".join(role.name for role in need.candidates)
        for need in doubtful
    )
    if asks:
        if said:
            click.echo(f"In doubt:{said}", err=True)
        if click.confirm("Make the report of this?", default=not doubtful, err=True):
            return
        what = "The proposal was not confirmed."
    elif not yes:
        what = "Nobody is there to confirm what the variables mean."
    elif doubtful:
        what = f"What the file holds is in doubt.{said}"
    else:
        return
    raise UsageError(
        what,
        where=str(file),
        remedy=(
            "Write a crosswalk with `advocacy crosswalk`, look through it, and name it with "
            "--crosswalk" + ("." if yes or asks else "; or take the proposal as it is with --yes.")
        ),
    )
