"""`advocacy crosswalk`: a file's proposed crosswalk, for a person to confirm."""

from __future__ import annotations

import re
from pathlib import Path

import click

from advocacy.cli.shared.progress import working
from advocacy.errors import UsageError
from advocacy.files import write_text
from advocacy.isolation import isolated
from advocacy.responses.crosswalk.crosswalk import FORMAT, upgrade
from advocacy.responses.proposal.levels import profile_file
from advocacy.responses.proposal.lines import Question
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.proposal.settling import crosswalk_text, letters, settle

_ANSWER = re.compile(r"(\d+)([a-z])")


@click.command("crosswalk")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The crosswalk to write, a CSV file.",
)
@click.option("--encoding", help="Code page of the file's texts, where the file is wrong about it.")
@click.option("--sheet", help="Sheet of a workbook; the first that has a table by default.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="1a",
    help="Answer to a numbered question; its lines are then written. Repeat for more.",
)
@click.option(
    "--upgrade",
    "upgrading",
    is_flag=True,
    help="FILE is a crosswalk of an older format: write it in the current one.",
)
@click.option("--force", is_flag=True, help="Replace the output if there is one.")
def command(
    file: Path,
    output: Path,
    encoding: str | None,
    sheet: str | None,
    answers: tuple[str, ...],
    upgrading: bool,
    force: bool,
) -> None:
    """Propose a crosswalk for FILE; every line is a guess to confirm, doubts are asked about.

    With --upgrade, FILE is a crosswalk: its difference from the current format is printed, and
    OUTPUT is written where there is one.

    \b
    advocacy crosswalk client.sav -o client.csv
    advocacy crosswalk client.sav -o client.csv --force --answer 1a --answer 2b
    advocacy crosswalk old.csv --upgrade -o new.csv
    """
    if upgrading and (encoding or sheet or answers):
        raise UsageError(
            "--encoding, --sheet and --answer are for a survey file, --upgrade for a crosswalk.",
            remedy="Leave one or the other out.",
        )
    _refuse_to_replace(output, force)
    if upgrading:
        _upgrade(file, output)
    else:
        _propose(file, output, answers, encoding, sheet)


def _refuse_to_replace(output: Path, force: bool) -> None:
    if output.exists() and not force:
        raise UsageError(
            "There is a file already, and it may hold somebody's work.",
            where=str(output),
            remedy="Name another file, or replace it with --force.",
        )


def _upgrade(file: Path, output: Path) -> None:
    text, difference = upgrade(file)
    if not difference:
        click.echo(f"{file} is of the current format, {FORMAT}; nothing was written.", err=True)
        return
    write_text(output, text)
    click.echo(difference, nl=False)
    click.echo(f"Wrote {output} in format {FORMAT}.", err=True)


def _propose(
    file: Path, output: Path, answers: tuple[str, ...], encoding: str | None, sheet: str | None
) -> None:
    chosen = dict(_answer(text) for text in answers)
    with working(f"reading {file.name}"):
        profiled = isolated(profile_file, file, encoding, sheet, file=str(file))
        proposal = propose_crosswalk(profiled)
    lines = settle(proposal, chosen)
    write_text(output, crosswalk_text(lines))
    columns = sorted({line.column for line in lines})
    click.echo(
        f"Wrote {output}: {len(lines)} lines for {', '.join(columns) or 'no column'}.", err=True
    )
    _tell(proposal, chosen, output)


def _answer(text: str) -> tuple[int, str]:
    match = _ANSWER.fullmatch(text)
    if not match:
        raise UsageError(
            f"{text!r} is no answer.",
            where="--answer",
            remedy="Give the number of the question and the letter of the answer, such as 1a.",
        )
    return int(match[1]), match[2]


def _tell(proposal: ProposedCrosswalk, answers: dict[int, str], output: Path) -> None:
    """Print what was refused, and the questions with the lines that settle them."""
    for refusal in proposal.refusals:
        click.echo(f"Not used: {refusal}", err=True)
    for number, question in enumerate(proposal.questions, 1):
        if number not in answers:
            _ask(number, question)
    if len(answers) < len(proposal.questions):
        click.echo(
            f"\nAdd the lines of your answers to {output}, or run this again with --force and "
            "--answer 1a (and so on). Until then these values are left out.",
            err=True,
        )


def _ask(number: int, question: Question) -> None:
    click.echo(f"\nQuestion {number}. {question.text}", err=True)
    for letter, choice in zip(letters(question.choices), question.choices, strict=True):
        click.echo(f"  {number}{letter}) {choice.text}", err=True)
        for line in choice.lines:
            click.echo(f"        {line.text()}", err=True)
