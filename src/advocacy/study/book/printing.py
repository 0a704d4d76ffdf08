"""The PDF of the book: its chapters on one page, printed by Chromium."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from advocacy.files import replacing, write_text
from advocacy.study.book.assembled import Chapter, PrintError, anchor

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 600
_MATHJAX = Path("_static/mathjax/tex-chtml.js")
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
    """

    title: str
    author: str
    version: str
    evidence: str
    footer: str = ""


def print_book(
    html: Path, chapters: Sequence[Chapter], imprint: Imprint, style: str, path: Path
) -> None:
    """Print the assembled chapters of the book in ``html`` to a PDF, with outline.

    Formulas are set before it is printed, and no other machine is asked.

    Raises
    ------
    PrintError
        There is no Chromium, or it has not printed.
    """
    browser = find_browser()
    with replacing(path) as new:
        page = new.with_name("book.html")
        write_text(page, one_page(html, chapters, imprint, style))
        _run(browser, page, new, new.with_name("profile"))


def find_browser() -> str:
    """Return the path of the browser that prints."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise PrintError(
            f"No program that prints the book is installed; looked for {', '.join(BROWSERS)}.",
            remedy="Install Chromium, on Debian with: apt install chromium.",
        )
    return found


def one_page(html: Path, chapters: Sequence[Chapter], imprint: Imprint, style: str) -> str:
    """Return the page that is printed: title page, table of contents, chapters."""
    entries = "".join(
        f'<li><a href="#{anchor(one.name)}">{escape(one.title)}</a></li>' for one in chapters
    )
    foot = f"{imprint.title} {imprint.version} · {imprint.evidence}"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(imprint.title)}</title>"
        f"<style>{style}\n@page {{ @bottom-left {{ content: {_in_css(foot)}; }} }}</style>"
        f"<script>{_SETTING}</script>"
        f'<script src="{escape((html / _MATHJAX).resolve().as_uri())}"></script></head>'
        f'<body class="book">{title_page(imprint)}'
        f"<nav><h2>Contents</h2><ol>{entries}</ol></nav>"
        f"{''.join(_with_files(one.body, html) for one in chapters)}</body></html>"
    )


def title_page(imprint: Imprint) -> str:
    """Return the title page as markup."""
    return (
        f'<header><p class="title">{escape(imprint.title)}</p><p>{escape(imprint.author)}</p>'
        f"<p>Version {escape(imprint.version)}</p>"
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
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=120000",
        "--allow-file-access-from-files", "--no-pdf-header-footer",
        "--generate-pdf-document-outline", "--export-tagged-pdf", f"--user-data-dir={profile}",
        f"--print-to-pdf={pdf.resolve()}", page.resolve().as_uri(),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_SECONDS
        )
        said = done.stderr
    except subprocess.TimeoutExpired:
        said = f"it took more than {_SECONDS} seconds"
    if not pdf.exists() or pdf.read_bytes()[:5] != b"%PDF-":
        raise PrintError(
            f"{Path(browser).name} has not printed the book: {said[-500:].strip()}",
            where=browser, remedy="Try again, or with a newer Chromium.",
        )  # fmt: skip
