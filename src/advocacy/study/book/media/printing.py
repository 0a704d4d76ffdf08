"""The PDF of the book: its chapters on one page, printed by Chromium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from advocacy.files import replacing, write_text
from advocacy.study.book.media.assembled import Chapter, PrintError, anchor
from advocacy.study.book.media.browser import find_browser, opened
from advocacy.study.book.media.formulas import MATHJAX

_PASSES = 4  # the first finds the pages, the second says them; more where that moved them
_SETTING = 'window.MathJax = {options: {ignoreHtmlClass: "book", processHtmlClass: "math"}};'


@dataclass(frozen=True)
class Imprint:
    """What the title page and each foot of a page say.

    Parameters
    ----------
    title
        Of the book.
    author
        Of the book.
    version
        Of the book's numbers.
    evidence
        What kind of evidence its data are, such as "Simulated data: not a finding".
    footer
        Licence and trademarks, as markup.
    date
        Of the book's numbers, as in 2026-11-29.
    """

    title: str
    author: str
    version: str
    evidence: str
    footer: str = ""
    date: str = ""


@dataclass(frozen=True)
class Pages:
    """On which pages of a PDF things are.

    Parameters
    ----------
    total
        How many there are; 0 where it is not known yet.
    of
        The page of each id that is linked to, from 1 on.
    """

    total: int = 0
    of: Mapping[str, int] = field(default_factory=dict)


def print_book(
    html: Path, chapters: Sequence[Chapter], imprint: Imprint, style: str, path: Path
) -> int:
    """Print the assembled chapters of the book in ``html`` to a PDF, and return its pages.

    It has an outline, and a table of contents with the page of each chapter and section. Formulas
    are set before it is printed, and no other machine is asked.

    Raises
    ------
    PrintError
        There is no Chromium, it has not printed, or its pages differ each time.
    """
    browser = find_browser()
    pages = Pages()
    with replacing(path) as new:
        page = new.with_name("book.html")
        for _ in range(_PASSES):
            write_text(page, one_page(html, chapters, imprint, style, pages))
            _run(browser, page, new, new.with_name("profile"))
            said, pages = pages, pages_of(new)
            if pages == said:
                return pages.total
        raise PrintError(
            "The table of contents says other pages each time it is printed.", where=browser,
            remedy="Try again, or with a newer Chromium.",
        )  # fmt: skip


def pages_of(pdf: Path) -> Pages:
    """Return on which pages of a PDF its named places are."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    found = {
        name.removeprefix("/"): reader.get_destination_page_number(place)
        for name, place in reader.named_destinations.items()
    }
    numbers = {name: number + 1 for name, number in found.items() if number is not None}
    return Pages(len(reader.pages), numbers)


def one_page(
    html: Path, chapters: Sequence[Chapter], imprint: Imprint, style: str, pages: Pages
) -> str:
    """Return the page that is printed: title page, table of contents, chapters."""
    foot = f"{imprint.title} {imprint.version} · {imprint.evidence}"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(imprint.title)}</title>"
        f"<style>{style}\n@page {{ @bottom-left {{ content: {_in_css(foot)}; }} }}</style>"
        f"<script>{_SETTING}</script>"
        f'<script src="{escape((html / MATHJAX).resolve().as_uri())}"></script></head>'
        f'<body class="book">{title_page(imprint, pages.total)}'
        f"<nav><h2>Contents</h2><ol>{''.join(_entry(one, pages) for one in chapters)}</ol></nav>"
        f"{''.join(_with_files(one.body, html) for one in chapters)}</body></html>"
    )


def _entry(chapter: Chapter, pages: Pages) -> str:
    """Return a chapter and its sections as an entry of the table of contents."""

    def line(place: str, heading: str) -> str:
        number = pages.of.get(place, "")
        return (
            f'<a href="#{place}"><span>{escape(heading)}</span>'
            f'<span class="page">{number}</span></a>'
        )

    parts = "".join(f"<li>{line(*section)}</li>" for section in chapter.sections)
    below = f"<ol>{parts}</ol>" if parts else ""
    return f"<li>{line(anchor(chapter.name), chapter.title)}{below}</li>"


def title_page(imprint: Imprint, pages: int = 0) -> str:
    """Return the title page as markup, with the number of pages where it is known."""
    counted = f"{pages} pages" if pages else "\N{NO-BREAK SPACE}"
    return (
        f'<header><p class="title">{escape(imprint.title)}</p><p>{escape(imprint.author)}</p>'
        f"<p>Version {escape(imprint.version)}</p><p>{counted}</p>"
        f'<p class="evidence">{escape(imprint.evidence)}</p>{imprint.footer}</header>'
    )


def _with_files(body: str, html: Path) -> str:
    """Return markup that finds the figures of the book from any folder."""
    return body.replace('src="_', f'src="{escape(html.resolve().as_uri())}/_')


def _in_css(text: str) -> str:
    """Return text as a string of CSS within a style element."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ")
    return '"' + plain.replace("\n", " ") + '"'


def _run(browser: str, page: Path, pdf: Path, profile: Path) -> None:
    options = [
        "--no-pdf-header-footer", "--generate-pdf-document-outline", "--export-tagged-pdf",
        f"--print-to-pdf={pdf.resolve()}",
    ]  # fmt: skip
    _, said = opened(browser, page, profile, options)
    if not pdf.exists() or pdf.read_bytes()[:5] != b"%PDF-":
        raise PrintError(
            f"{Path(browser).name} has not printed the book: {said[-500:].strip()}",
            where=browser, remedy="Try again, or with a newer Chromium.",
        )  # fmt: skip
