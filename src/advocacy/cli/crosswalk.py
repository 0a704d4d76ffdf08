"""`advocacy crosswalk`: a file's proposed crosswalk, for a person to confirm."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from shlex import quote

import click

from advocacy.cli.shared.answers import parsed_answer
from advocacy.cli.shared.base_option import base_option
from advocacy.cli.shared.input_file import InputFile, LocalPath
from advocacy.cli.shared.progress import working
from advocacy.errors import UsageError
from advocacy.files import write_text
from advocacy.isolation import isolated
from advocacy.responses.crosswalk.crosswalk import FORMAT, upgrade
from advocacy.responses.proposal.behaviour import BEHAVIOUR
from advocacy.responses.proposal.follow_up.bases import possible_bases
from advocacy.responses.proposal.follow_up.belonging import belonging
from advocacy.responses.proposal.follow_up.kinds import FileKind
from advocacy.responses.proposal.levels import profile_file
from advocacy.responses.proposal.lines import Question
from advocacy.responses.proposal.needs import Need, State, needs
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.proposal.settling import crosswalk_text, letters, settle
from advocacy.responses.questions import EVERY_LANGUAGE
from advocacy.responses.schema import COLUMNS, CONTACTS

# Options by which a file is imported with the ratings that it belongs to.
_IMPORTED = {FileKind.FOLLOW_UP: "--follow-up", FileKind.CONTACTS: "--contacts"}
_MEANINGS = {column.name: column.meaning for column in (*CONTACTS, *COLUMNS.values())}


@click.command("crosswalk")
@click.argument("file", type=InputFile())
@click.option(
    "-o",
    "--output",
    required=True,
    type=LocalPath(dir_okay=False),
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
@base_option
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
    base: Path | None,
    upgrading: bool,
    force: bool,
) -> None:
    """Propose a crosswalk for FILE; every line is a guess to confirm, doubts are asked about.

    With --upgrade, FILE is a crosswalk: its difference from the current format is printed, and
    OUTPUT is written where there is one.

    \b
    A line is raw_variable,raw_value,canonical_column,canonical_value,note:
      q5,0..10,score,*,                  values 0 to 10 as they stand
      q5,98,score,,                      98 is missing
      q6,1,recommended_past_12m,true,    1 is yes
      q6,2,recommended_past_12m,false,   2 is no
    raw_value: one code (not its label), a range (0..10, ..6, 90..), or * for all others.
    canonical_value: a value of the column (`advocacy codebook` lists them), * for the raw value
    as it stands, nothing for missing, @date:%d.%m.%Y for dates, @any for one yes of several.

    \b
    advocacy crosswalk client.sav -o client.csv
    advocacy crosswalk client.sav -o client.csv --force --answer 1a --answer 2b
    advocacy crosswalk old.csv --upgrade -o new.csv
    """
    if upgrading and (encoding or sheet or answers or base):
        raise UsageError(
            "--encoding, --sheet, --answer and --base are for a survey file, --upgrade for a "
            "crosswalk.",
            remedy="Leave one or the other out.",
        )
    _refuse_to_replace(output, force)
    if upgrading:
        _upgrade(file, output)
    else:
        _propose(file, output, answers, base, encoding, sheet)


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
    file: Path,
    output: Path,
    answers: tuple[str, ...],
    base: Path | None,
    encoding: str | None,
    sheet: str | None,
) -> None:
    chosen = dict(map(parsed_answer, answers))
    with working(f"reading {file.name}"):
        profiled = isolated(profile_file, file, encoding, sheet, file=str(file))
        proposal = propose_crosswalk(profiled)
        find = partial(isolated, possible_bases, file=str(base or file))
        belongs = belonging(proposal.roles, file, base, encoding, sheet, find)
    lines = settle(proposal, chosen)
    write_text(output, crosswalk_text(lines))
    columns = sorted({line.column for line in lines})
    click.echo(
        f"Wrote {output}: {len(lines)} lines for {', '.join(columns) or 'no column'}.", err=True
    )
    if belongs.because:
        click.echo(f"The file seems to be of {belongs.kind}: {belongs.because}.", err=True)
    for said in belongs.told():
        click.echo(f"  {said}", err=True)
    _tell(proposal, chosen, output)
    _conclude(needs(proposal, lines, chosen), proposal.kind, file, output)


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


def _conclude(found: list[Need], kind: FileKind, file: Path, output: Path) -> None:
    """Print what an estimate needs: found, asked about or missing, and what to do."""
    click.echo("\nWhat an estimate needs:", err=True)
    for need in found:
        held = ", ".join(need.variables)
        said = {
            State.FOUND: f"found: {held}",
            State.ASKED: f"waits for the answer to a question above: {held}",
            State.MISSING: f"missing. {_MEANINGS[need.column]}",
        }
        click.echo(f"  {need.column} {said[need.state]}", err=True)
        if need.state is State.MISSING:
            _suggest(need)
    if any(need.question for need in found):
        click.echo(f"  {EVERY_LANGUAGE}", err=True)
    if option := _IMPORTED.get(kind):
        click.echo(
            "Look through the lines, then import the file with the ratings that it belongs to: "
            f"advocacy import RATINGS --crosswalk RATINGS.csv {option} {quote(str(file))} "
            f"{option}-crosswalk {quote(str(output))} -o DATASET",
            err=True,
        )
        return
    command = f"advocacy estimate {quote(str(file))} --crosswalk {quote(str(output))}"
    if kind is FileKind.PANEL:
        command += " --estimand converted_within_12m"
    missing = {need.column for need in found if need.state is State.MISSING}
    if all(need.state is State.FOUND for need in found):
        click.echo(f"Look through the lines, then: {command}", err=True)
        return
    if missing == {BEHAVIOUR}:
        click.echo(
            f"Without it there is the intent alone: {command} --estimand intent_share", err=True
        )
    click.echo(
        "How lines are written: advocacy crosswalk --help; the columns: advocacy codebook.",
        err=True,
    )


def _suggest(need: Need) -> None:
    """Print which variables may hold a missing column, and lines that would do."""
    for role in need.candidates:
        label = role.profile.variable.label
        shown = f" {label!r}" if label and label != role.name else ""
        why = "; ".join(("not used, as said above",) if role.column else role.reasons)
        click.echo(f"    may be {role.name}{shown}: {why}", err=True)
    if not need.candidates:
        click.echo("    no variable of the file seems to hold it", err=True)
    if need.question:
        click.echo(f"    question to add: {need.question!r}", err=True)
    click.echo("    lines that would do, with the variable and its own codes:", err=True)
    for line in need.lines:
        click.echo(f"      {line.text()}", err=True)


def _ask(number: int, question: Question) -> None:
    click.echo(f"\nQuestion {number}. {question.text}", err=True)
    for letter, choice in zip(letters(question.choices), question.choices, strict=True):
        click.echo(f"  {number}{letter}) {choice.text}", err=True)
        for line in choice.lines:
            click.echo(f"        {line.text()}", err=True)
