"""The EPUB of the book: the assembled chapters, their figures and a table of contents in a zip.

Formulas are kept as they are written, in TeX: readers of EPUB run no scripts.
Source: EPUB 3.3, https://www.w3.org/TR/epub-33/.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from bs4 import BeautifulSoup

from advocacy.files import replacing
from advocacy.study.book.assembled import Chapter, anchor
from advocacy.study.book.printing import Imprint, title_page

_DAY = (1980, 1, 1, 0, 0, 0)  # the same chapters are the same bytes
_KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
_ON_PAPER = re.compile(r"@page\s*\{(?:[^{}]|\{[^{}]*\})*\}")
_CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" '
    'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
    'full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def write_epub(
    html: Path, chapters: Sequence[Chapter], imprint: Imprint, style: str, path: Path
) -> None:
    """Write the assembled chapters of the book in ``html`` as an EPUB 3 of fixed bytes."""
    figures = sorted(
        {str(image["src"]) for one in chapters for image in _soup(one.body).select("img[src]")}
    )
    files = {
        "META-INF/container.xml": _CONTAINER.encode(),
        "book.opf": _package(chapters, imprint, figures).encode(),
        "nav.xhtml": _contents(chapters).encode(),
        "title.xhtml": _xhtml(imprint.title, title_page(imprint)).encode(),
        "print.css": _ON_PAPER.sub("", style).encode(),
        **{f"{anchor(one.name)}.xhtml": _chapter(one, chapters).encode() for one in chapters},
        **{name: (html / name).read_bytes() for name in figures},
    }
    with replacing(path) as new, zipfile.ZipFile(new, "w") as book:
        _put(book, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        for name, content in files.items():
            _put(book, name, content, zipfile.ZIP_DEFLATED)


def _put(book: zipfile.ZipFile, name: str, content: bytes, how: int) -> None:
    entry = zipfile.ZipInfo(name, _DAY)
    entry.compress_type = how
    book.writestr(entry, content)


def _soup(markup: str) -> BeautifulSoup:
    return BeautifulSoup(markup, "html.parser")


def _chapter(chapter: Chapter, chapters: Sequence[Chapter]) -> str:
    """Return the page of a chapter; a link to another leads to its file."""
    soup = _soup(chapter.body)
    names = sorted((anchor(one.name) for one in chapters), key=len, reverse=True)
    for link in soup.select('a[href^="#"]'):
        target = str(link["href"])[1:]
        file = next(name for name in names if target == name or target.startswith(f"{name}--"))
        link["href"] = f"{file}.xhtml#{target}"
    for table in soup.select("table"):
        for name in ("border", "width", "align"):
            del table[name]
    return _xhtml(chapter.title, soup.decode())


def _xhtml(title: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml" '
        'xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">'
        f"<head><title>{escape(title)}</title>"
        '<link rel="stylesheet" type="text/css" href="print.css"/></head>'
        f"<body>{_soup(body).decode()}</body></html>"
    )


def _contents(chapters: Sequence[Chapter]) -> str:
    entries = "".join(
        f'<li><a href="{anchor(one.name)}.xhtml">{escape(one.title)}</a></li>' for one in chapters
    )
    return _xhtml("Contents", f'<nav epub:type="toc"><h2>Contents</h2><ol>{entries}</ol></nav>')


def _package(chapters: Sequence[Chapter], imprint: Imprint, figures: Sequence[str]) -> str:
    """Return the list of the book's files and their order."""
    pages = ["title", "nav", *(anchor(one.name) for one in chapters)]
    items = [
        f'<item id="{page}" href="{page}.xhtml" media-type="application/xhtml+xml"'
        + (' properties="nav"/>' if page == "nav" else "/>")
        for page in pages
    ]
    items += [
        f'<item id="figure-{number}" href="{escape(name)}" '
        f'media-type="{_KINDS[Path(name).suffix]}"/>'
        for number, name in enumerate(figures)
    ]
    identifier = uuid5(NAMESPACE_URL, f"{imprint.title} {imprint.version}")
    return (
        '<?xml version="1.0" encoding="utf-8"?><package xmlns="http://www.idpf.org/2007/opf" '
        'version="3.0" unique-identifier="id" xml:lang="en"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>'
        f"<dc:title>{escape(imprint.title)}</dc:title><dc:language>en</dc:language>"
        f"<dc:creator>{escape(imprint.author)}</dc:creator>"
        f"<dc:description>{escape(imprint.evidence)}</dc:description>"
        '<meta property="dcterms:modified">1980-01-01T00:00:00Z</meta></metadata>'
        f"<manifest>{''.join(items)}"
        '<item id="style" href="print.css" media-type="text/css"/></manifest>'
        f'<spine>{"".join(f"""<itemref idref="{page}"/>""" for page in pages)}</spine></package>'
    )
