"""What is looked at on every page of a built book: leftover words, empty tables, dead links."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import unquote

_ARTICLE = '<article class="bd-article">'
# Pages that define the kinds of evidence or the software, and say so whatever the data.
_ABOUT_KINDS = {"data", "ladder", "methods", "architecture", "estimands", "rerun", "reporting"}
# Words that only a value that is not there leaves behind.
_LEFTOVERS = re.compile(r"(?<![\w-])(?:nan|None|inf|NaN|\{number\}|\{only\}|:::)(?![\w-])")


def article(page: Path) -> str:
    """Return the HTML of what a page says."""
    return page.read_text(encoding="utf-8").split(_ARTICLE)[1].split("</article>")[0]


def words(text: str) -> str:
    """Return the words of HTML."""
    shown = re.sub(r"<(script|style|pre|code).*?</\1>", " ", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", shown)))


def chapters(book: Path) -> list[Path]:
    """Return the pages of a built book that are chapters."""
    pages = (
        page for page in sorted(book.glob("*.html")) if page.stem not in ("genindex", "search")
    )
    return [page for page in pages if _ARTICLE in page.read_text("utf-8")]


def faults(book: Path, kind: str) -> list[str]:
    """Return all faults of a built book whose data are of a kind."""
    pages = chapters(book)
    if len(pages) < 8:
        return [f"{len(pages)} pages"]
    return [
        f"{page.name}: {fault}"
        for page in pages
        for fault in [
            *_leftovers(page),
            *_empty_tables(page),
            *_dead_links(page),
            *_figures(page),
            *(_called_simulated(page) if kind != "simulated" else []),
        ]
    ]


def _leftovers(page: Path) -> list[str]:
    return [f"leftover {found}" for found in _LEFTOVERS.findall(words(article(page)))]


def _empty_tables(page: Path) -> list[str]:
    tables = re.findall(r"<table.*?</table>", article(page), flags=re.DOTALL)
    return ["a table without a row" for table in tables if "<td" not in table]


def _dead_links(page: Path) -> list[str]:
    whole = page.read_text(encoding="utf-8")
    found = []
    for link in re.findall(r'(?:href|src)="([^"]*)"', whole):
        target, _, anchor = unquote(html.unescape(link)).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = page if not target else (page.parent / target.split("?")[0]).resolve()
        if not file.exists() or (file.is_file() and not file.stat().st_size):
            found.append(f"dead link {link}")
        elif anchor and file.suffix == ".html" and f'id="{anchor}"' not in file.read_text("utf-8"):
            found.append(f"dead anchor {link}")
    return found


def _figures(page: Path) -> list[str]:
    """Return figures whose file is empty, and those without a text."""
    found = []
    for image in re.findall(r"<img[^>]*_images[^>]*>", article(page)):
        if not re.search(r'alt="[^"]{20,}"', image):
            found.append(f"no text for {image}")
    return found


def _called_simulated(page: Path) -> list[str]:
    """Return what calls results of other data simulated, or hides that a simulation is one."""
    body = article(page)
    found = []
    for image in re.findall(r'<img[^>]*src="_images/[^"]*\.svg"[^>]*>', body):
        name = re.findall(r"_images/([^\"]*\.svg)", image)[0]
        stamped = "SIMULATED DATA" in (page.parent / "_images" / name).read_text(encoding="utf-8")
        said = 'alt="Simulated data.' in image
        if stamped is not said:
            found.append(f"{name}: the stamp is not what its text says")
        if stamped and name not in ("coverage.svg", "calibration.svg"):
            found.append(f"{name} is stamped")
    if page.stem not in {*_ABOUT_KINDS, "sure"} and "imulated" in words(body):
        found.append("the word simulated")
    if "They are not findings" in body:
        found.append("the notice of simulated data")
    return found
