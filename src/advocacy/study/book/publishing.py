"""The book: what of its chapters there is, and its build."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from advocacy import __version__
from advocacy.errors import AdvocacyError
from advocacy.files import write_text
from advocacy.provenance import write_json
from advocacy.study.book.abridged import (
    abridged_toc,
    chapters_in,
    named,
    without_chapters,
)
from advocacy.study.book.contents import Facts, contents, facts
from advocacy.study.book.exhibits.captions import captioned
from advocacy.study.book.exhibits.downloads import tables_csv
from advocacy.study.book.home import home_of
from advocacy.study.book.shown import (
    contents_file,
    facts_file,
    figures,
    ledger_file,
    page_file,
    toc_file,
)
from advocacy.study.book.standards.reporting import STANDARDS, card_pages
from advocacy.study.citable.releases import Release, present_version, read_releases
from advocacy.study.citable.writing import Book, chapters_that_show, write_numbers
from advocacy.study.protocol import Protocol
from advocacy.study.tasks import opened

# What makes the card of methods.
_CARD = f"{card_pages.__module__}.{card_pages.__name__}"


class BookError(AdvocacyError, RuntimeError):
    """The book did not build without warnings."""


def chapters_of(study: Protocol) -> tuple[Path, ...]:
    """Return the files of the book that are written by hand: chapters and what builds them."""
    folder = study.root / "book"
    return tuple(
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"_build", "__pycache__"}.intersection(path.parts)
    )


def write_facts(study: Protocol) -> None:
    """Write on what the reasons rest why the book cannot show something."""
    responses = opened(study.derived / "accounts.csv")
    write_json(facts_file(study), asdict(facts(study, responses)))


def write_contents(study: Protocol) -> None:
    """Write what the book can show, and why not the rest; and its table of contents.

    All figures, pages and numbers are there. A chapter that is no Markdown, such as a notebook,
    stays as it is.
    """
    book = study.root / "book"
    toc = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    texts = {
        name: (book / f"{name}.md").read_text(encoding="utf-8")
        for name in chapters_in(toc)
        if (book / f"{name}.md").exists()
    }
    ledger = json.loads(ledger_file(study).read_text(encoding="utf-8"))
    given = Facts(**json.loads(facts_file(study).read_text(encoding="utf-8")))
    of_chapters = {name for text in texts.values() for name in named(text)}
    there = contents(study, given, ledger, of_chapters)
    there = without_chapters(there, texts, toc["root"])
    there = replace(there, version=present_version(ledger, releases_of(study), __version__))
    cards = {path.relative_to(study.shown).as_posix(): (_CARD, "") for path in card_files(study)}
    there = replace(there, made={**there.made, **cards})
    write_json(contents_file(study), asdict(there))
    for standard, page in card_pages(study, ledger, there, given.interviewed).items():
        path = card_file(study, standard)
        write_text(path.with_suffix(".csv"), tables_csv(page))
        write_text(path, captioned(page, path.stem, made_by=_CARD))
    kept = yaml.safe_dump(abridged_toc(toc, there.left_out), allow_unicode=True, sort_keys=False)
    write_text(toc_file(study), kept)


def card_file(study: Protocol, standard: str) -> Path:
    """Return the file of what a standard of reporting asks."""
    return page_file(study, f"card-{standard.lower()}")


def card_files(study: Protocol) -> tuple[Path, ...]:
    """Return the files of the card of methods, which links to what there is of the book."""
    cards = [card_file(study, standard) for standard in STANDARDS]
    return (*cards, *(path.with_suffix(".csv") for path in cards))


def releases_folder(study: Protocol) -> Path:
    """Return the folder of the ledgers of releases."""
    return study.root / "book" / "releases"


def releases_of(study: Protocol) -> tuple[Release, ...]:
    """Return the ledgers of releases that the repository keeps."""
    return read_releases(releases_folder(study))


def numbers_of_book(study: Protocol, html: Path) -> Book:
    """Return the numbers of a book that is built, and which chapters show them."""
    ledger = json.loads(ledger_file(study).read_text(encoding="utf-8"))
    releases = releases_of(study)
    drawn = {f"{name}.svg": shown.names for name, shown in figures(study).items()}
    shown, titles = chapters_that_show(html, ledger, drawn)
    config = yaml.safe_load((study.root / "book" / "_config.yml").read_text(encoding="utf-8"))
    version = present_version(ledger, releases, __version__)
    return Book(
        ledger, version, date_of(study, version), shown, titles, releases, config["title"],
        home_of(study.root / "book"),
    )  # fmt: skip


def date_of(study: Protocol, version: str) -> str:
    """Return the day of a version's release, or that of its numbers where it is not released."""
    dates = {release.version: release.date for release in releases_of(study)}
    return dates.get(version) or _day_of(ledger_file(study))


def publish_numbers(study: Protocol, html: Path) -> bool:
    """Write the pages, cards and files of the numbers beside the chapters; `write_numbers`."""
    return write_numbers(html, numbers_of_book(study, html))


def _day_of(ledger: Path) -> str:
    """Return the day on which a ledger was written, or that of the build where it is given."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    seconds = float(given) if given else ledger.stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def build_book(book: Path, toc: Path) -> Path:
    """Build the HTML book of the chapters in a table of contents, and return its first page.

    A warning is an error. Sphinx only warns about the pages that it reads, so what a failed
    build has read is thrown away: the next build then reads, and warns, again.

    Raises
    ------
    BookError
        The build gave a warning or failed; the message holds what it said.
    """
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(book), "--toc", str(toc), "-W", "-n", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    page = book / "_build" / "html" / "index.html"
    if done.returncode != 0 or not page.exists():
        shutil.rmtree(book / "_build" / ".doctrees", ignore_errors=True)
        warnings = [
            line
            for line in said.splitlines()
            # The kernel's word on its own encryption is no fault of the book.
            if any(word in line for word in ("WARNING", "ERROR", "CRITICAL"))
            and "IPKernelApp" not in line
        ]
        raise BookError(
            "The book did not build without warnings:\n" + "\n".join(warnings or [said[-3000:]]),
            where=str(book),
            remedy="Mend what the warnings name and build again.",
        )
    return page
