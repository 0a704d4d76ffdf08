"""`advocacy report`: a document on a client's own file, for people who have not seen the data."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advocacy.cli.shared.answers import parsed_answer
from advocacy.cli.shared.input_file import InputFile, LocalPath
from advocacy.cli.shared.options import reference_option
from advocacy.cli.shared.progress import working
from advocacy.errors import DataError, UsageError
from advocacy.estimation.levels import level_of
from advocacy.temporary import temporary_folder

if TYPE_CHECKING:
    from advocacy.estimation.overview import Overview
    from advocacy.estimation.pooling.reference import Reference
    from advocacy.estimation.pooling.standing import Standing
    from advocacy.isolation import Worker
    from advocacy.report.client.subject import Subject
    from advocacy.report.wording import Words
    from advocacy.responses import Responses
    from advocacy.robustness.scenarios import Scenarios


_EXTRA = ("lxml", "pptx", "ttf_opensans", "typst", "xlsxwriter")


@dataclass(frozen=True)
class Given:
    """A file or dataset, with what the command says of a file's variables."""

    source: Path
    crosswalk: Path | None
    encoding: str | None
    sheet: str | None
    answers: Mapping[int, str]
    constants: Mapping[str, str]
    yes: bool

    def check(self) -> None:
        """Refuse options that say what is said already.

        Raises
        ------
        UsageError
            A dataset is described anew, or a crosswalk is given beside options in its place.
        """
        instead = bool(self.answers or self.constants or self.yes)
        if self.source.is_dir() and (instead or self.crosswalk or self.encoding or self.sheet):
            raise UsageError(
                "Options on what variables mean are for a file; a dataset was imported with its "
                "own.",
                remedy="Leave them out, or name the file.",
            )
        if self.crosswalk and instead:
            raise UsageError(
                "A crosswalk says what variables mean, and what holds for all rows.",
                remedy="Leave out --crosswalk, or --yes, --answer, --sector, --industry and "
                "--country.",
            )


@click.command("report")
@click.argument("source", type=LocalPath(exists=True), metavar="FILE|DATASET")
@click.option(
    "--crosswalk",
    type=InputFile(),
    help="What the file's variables and codes mean; without it one is proposed.",
)
@click.option("--encoding", help="Code page of the file's texts, where the file is wrong about it.")
@click.option("--sheet", help="Sheet of a workbook; the first that has a table by default.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="1a",
    help="Answer to a numbered question of the proposal. Repeat for more.",
)
@click.option(
    "--yes", is_flag=True, help="Take the proposed crosswalk, where it leaves nothing in doubt."
)
@click.option("--sector", help="B2B or B2C, of all rows; whom the rate is held against.")
@click.option("--industry", help="Section of NACE, a letter, or its title, of all rows.")
@click.option("--country", help="Code such as NO, or name, of all rows.")
@click.option("--lang", default="en", show_default=True, help="Language: en, nb, sv or da.")
@reference_option
@click.option(
    "-o",
    "--output",
    type=LocalPath(file_okay=False),
    help="Folder to write; by default FILE's name and -report, here.",
)
@click.option("--force", is_flag=True, help="Replace the folder if there is one.")
def command(
    source: Path,
    crosswalk: Path | None,
    encoding: str | None,
    sheet: str | None,
    answers: tuple[str, ...],
    yes: bool,
    sector: str | None,
    industry: str | None,
    country: str | None,
    lang: str,
    folder: Path | None,
    output: Path | None,
    force: bool,
) -> None:
    """Write a report on FILE that can be handed on: have our ambassadors recommended us?

    FILE is a survey file; what its variables mean is proposed, and what is in doubt is asked at a
    terminal. DATASET is a folder that `advocacy import` has written. One folder comes of it: the
    report as HTML and PDF, as workbook and slides, the answers with what became of each row, the
    numbers behind each figure, and the crosswalk by which FILE was read. Nothing leaves this
    machine.

    It takes the packages of the extra `report`: pip install 'advocacy[report]'.

    \b
    advocacy report client.sav
    advocacy report client.sav --yes --sector B2B --industry C --country NO
    advocacy report client.sav --crosswalk client.csv -o report
    """
    from advocacy.report.wording import words_of

    typed = {"sector": sector, "industry": industry, "country": country}
    given = Given(
        source,
        crosswalk,
        encoding,
        sheet,
        dict(map(parsed_answer, answers)),
        {name: level_of(name, text) for name, text in typed.items() if text},
        yes,
    )
    given.check()
    words, place = words_of(lang), output or Path(f"{source.stem}-report")
    _require_extra()
    _refuse_to_replace(place, source, force)
    reference = _reference(folder)
    _report(given, reference, words, place)
    click.echo(f"Wrote {place}: begin with {place / 'report.html'}", err=True)


def _require_extra() -> None:
    """Say how to install what writes a report, before anything is read."""
    from advocacy.report.media.extra import report_extra

    with report_extra():
        for package in _EXTRA:
            import_module(package)


def _refuse_to_replace(place: Path, source: Path, force: bool) -> None:
    if place.exists() and (not force or not place.is_dir() or place.samefile(source)):
        raise UsageError(
            "There is such a file or folder already, and it may hold somebody's work.",
            where=str(place),
            remedy="Name another folder with -o, or replace this one with --force.",
        )


def _reference(folder: Path | None) -> Reference | None:
    """Open the study that is named, or the package's where it came with one."""
    from advocacy.estimation.pooling.reference import PACKAGED, POSTERIOR, open_reference

    if folder is None and not (PACKAGED / POSTERIOR).is_file():
        click.echo(
            "No study came with this installation, so that the rate is held against none; "
            "--reference names one.",
            err=True,
        )
        return None
    return open_reference(folder)


def _report(given: Given, reference: Reference | None, words: Words, place: Path) -> None:
    """Read, estimate and write; what is imported for it is gone afterwards."""
    from advocacy.cli.report.reading import enriched, import_file, subject_of
    from advocacy.isolation import Worker

    is_file = not given.source.is_dir()
    # One process parses the file each time that it is read: it starts and imports once.
    with temporary_folder() as own, Worker() as worker, ThreadPoolExecutor(1) as aside:
        dataset, crosswalk, refused = given.source, given.crosswalk, tuple[tuple[str, str], ...]()
        if is_file:
            if crosswalk is None:
                crosswalk = own / "crosswalk.csv"
                refused = _propose(given, crosswalk, worker)
            with working(f"reading {given.source.name}"):
                dataset = own / "dataset"
                import_file(given.source, crosswalk, dataset, given.encoding, given.sheet, worker)
        # What takes longest needs no estimate, and is written meanwhile.
        answers = own / "answers.sav"
        write = enriched(given.source, crosswalk, given.encoding, given.sheet, words, worker)
        written = aside.submit(write, answers)
        with working("estimating"):
            subject = subject_of(given.source.name, dataset, is_file=is_file, refused=refused)
            found, standing, threats, day = _estimated(dataset, reference)
        with working("writing"):
            written.result()
            _write(found, subject, standing, threats, day, words, place, answers, crosswalk)


def _propose(given: Given, crosswalk: Path, worker: Worker) -> tuple[tuple[str, str], ...]:
    """Write the crosswalk that a person has confirmed; return what could not be used."""
    from advocacy.cli.report.confirming import confirmed_crosswalk

    confirmed = confirmed_crosswalk(
        given.source,
        given.encoding,
        given.sheet,
        given.answers,
        given.constants,
        yes=given.yes,
        worker=worker,
    )
    crosswalk.write_text(confirmed.text, encoding="utf-8", newline="\n")
    return confirmed.refused


def _estimated(
    dataset: Path, reference: Reference | None
) -> tuple[Overview, Standing | None, Scenarios | None, date | None]:
    """Return what the answers allow, beside a study and under threats, and their last day."""
    from advocacy.estimation.overview import overview
    from advocacy.estimation.pooling.standing import standing
    from advocacy.responses import open_responses

    responses = open_responses(dataset)
    found = overview(responses)
    beside = standing(responses, reference) if reference and found.rates else None
    return found, beside, _threats(found), _last_day(responses)


def _threats(found: Overview) -> Scenarios | None:
    """Return the rate under what may be wrong with it, where there is one at score 10."""
    from advocacy.robustness.summary import threats

    try:
        return threats(found.responses, design=found.design) if found.rates else None
    except DataError:  # nobody gives a 10
        return None


def _last_day(responses: Responses) -> date | None:
    if not responses.has("interviewed_on"):
        return None
    last: date | None = responses.fetch(
        f"SELECT max(interviewed_on) FROM {responses.relation} WHERE {responses.counted}"
    )[0]
    return last


def _write(
    found: Overview,
    subject: Subject,
    standing: Standing | None,
    threats: Scenarios | None,
    day: date | None,
    words: Words,
    place: Path,
    answers: Path,
    crosswalk: Path | None,
) -> None:
    from advocacy.evidence.packaged import packaged_figures
    from advocacy.report.client.foundation import methods_card
    from advocacy.report.client.report import client_report
    from advocacy.report.client.writing import write_report

    write_report(
        place,
        client_report(found, subject, packaged_figures(), standing, threats, words),
        methods_card(found, subject, words),
        words,
        day=day,
        footer=subject.name,
        answers=answers,
        crosswalk=crosswalk,
    )
