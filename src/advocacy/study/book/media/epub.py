"""The EPUB of the book: the assembled chapters, their figures and a table of contents in a zip.

Readers of EPUB run no scripts, and many know no variables of CSS: formulas are MathML, and figures
have the colours of the light page. A wide table keeps its columns.
Source: EPUB 3.3, https://www.w3.org/TR/epub-33/.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from bs4 import BeautifulSoup, Tag

from advocacy.files import replacing
from advocacy.study.book.media.assembled import Chapter, anchor
from advocacy.study.book.media.formulas import Formula, mathml
from advocacy.study.book.media.printing import Imprint, title_page

_DAY = (1980, 1, 1, 0, 0, 0)  # of each file in the zip: the same chapters are the same bytes
_KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
_FOLDER = "book/"  # in which the content stands, apart from what describes it
_CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" '
    'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
    f'full-path="{_FOLDER}book.opf" media-type="application/oebps-package+xml"/></rootfiles>'
    "</container>"
)
_ACCESS = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual",),
    "accessibilityFeature": (
        "alternativeText", "MathML", "readingOrder", "structuralNavigation", "tableOfContents",
    ),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": ("Each figure has a text that says what it shows.",),
}  # fmt: skip
# The colours of a figure, on a light page and on a dark one.
_COLOURS = re.compile(r":root\{([^}]*)\}(?:@media \(prefers[^{]*\{:root\{[^}]*\}\})?")
_FORMULA = re.compile(r"\\([(\[])(.*)\\[)\]]", re.DOTALL)


def write_epub(
    html: Path, chapters: Sequence[Chapter], imprint: Imprint, style: str, path: Path
) -> None:
    """Write the assembled chapters of the book in ``html`` as an EPUB 3 of fixed bytes.

    Raises
    ------
    PrintError
        There are formulas, and no Chromium that sets them.
    """
    soups = {one: BeautifulSoup(one.body, "html.parser") for one in chapters}
    asked = {formula for soup in soups.values() for _, formula in _formulas(soup)}
    set_ = mathml(html, asked)
    figures = sorted({str(image["src"]) for soup in soups.values() for image in soup.select("img")})
    pages = {
        "title": _xhtml(imprint.title, title_page(imprint)),
        "nav": _contents(chapters),
        **{anchor(one.name): _chapter(one, soup, chapters, set_) for one, soup in soups.items()},
    }
    files = {
        "book.opf": _package(pages, imprint, figures).encode(),
        "book.css": style.encode(),
        **{f"{name}.xhtml": page.encode() for name, page in pages.items()},
        **{name: _figure(html / name) for name in figures},
    }
    with replacing(path) as new, zipfile.ZipFile(new, "w") as book:
        _put(book, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        _put(book, "META-INF/container.xml", _CONTAINER.encode(), zipfile.ZIP_DEFLATED)
        for name, content in files.items():
            _put(book, _FOLDER + name, content, zipfile.ZIP_DEFLATED)


def _put(book: zipfile.ZipFile, name: str, content: bytes, how: int) -> None:
    entry = zipfile.ZipInfo(name, _DAY)
    entry.compress_type = how
    book.writestr(entry, content)


def _figure(path: Path) -> bytes:
    """Return a figure; an SVG with colours instead of variables, those of the light page."""
    if path.suffix != ".svg":
        return path.read_bytes()
    text = path.read_text(encoding="utf-8")
    named = dict(
        pair.split(":") for own in _COLOURS.findall(text) for pair in own.split(";") if pair
    )
    text = _COLOURS.sub("", text)
    for name, colour in named.items():
        text = text.replace(f"var({name})", colour)
    return text.encode()


def _formulas(soup: BeautifulSoup) -> list[tuple[Tag, Formula]]:
    """Return the formulas of a chapter, in TeX, and whether each has a line of its own."""
    # No mapping: tags that say the same are equal.
    found = ((tag, _FORMULA.search(tag.get_text())) for tag in soup.select(".math"))
    return [(tag, (one[2].strip(), one[1] == "[")) for tag, one in found if one]


def _chapter(
    chapter: Chapter, soup: BeautifulSoup, chapters: Sequence[Chapter], set_: Mapping[Formula, str]
) -> str:
    """Return the page of a chapter; a link to another leads to its file."""
    names = sorted((anchor(one.name) for one in chapters), key=len, reverse=True)
    for link in soup.select('a[href^="#"]'):
        target = str(link["href"])[1:]
        file = next(name for name in names if target == name or target.startswith(f"{name}--"))
        link["href"] = f"{file}.xhtml#{target}"
    for cell in soup.select(".numeric td:has(> .number)"):  # which sheets of e-readers cannot say
        cell["class"] = "text-right"
    for tag, formula in _formulas(soup):
        tag.clear()
        tag.append(BeautifulSoup(set_[formula], "html.parser"))
    return _xhtml(chapter.title, soup.decode())


def _xhtml(title: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" '
        'xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">'
        f"<head><title>{escape(title)}</title>"
        '<link rel="stylesheet" type="text/css" href="book.css"/></head>'
        f"<body>{body}</body></html>\n"
    )


def _contents(chapters: Sequence[Chapter]) -> str:
    """Return the table of contents, of chapters and their sections."""

    def entry(chapter: Chapter) -> str:
        file = f"{anchor(chapter.name)}.xhtml"
        parts = "".join(
            f'<li><a href="{file}#{place}">{escape(heading)}</a></li>'
            for place, heading in chapter.sections
        )
        below = f"<ol>{parts}</ol>" if parts else ""
        return f'<li><a href="{file}">{escape(chapter.title)}</a>{below}</li>'

    entries = "".join(map(entry, chapters))
    return _xhtml(
        "Contents", f'<nav epub:type="toc" id="toc"><h2>Contents</h2><ol>{entries}</ol></nav>'
    )


def _package(pages: Mapping[str, str], imprint: Imprint, figures: Sequence[str]) -> str:
    """Return the list of the book's files and their order."""
    items = [
        f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"'
        f"{_properties(name, page)}/>"
        for name, page in pages.items()
    ]
    items += [
        f'<item id="figure-{number}" href="{escape(name)}" '
        f'media-type="{_KINDS[Path(name).suffix]}"/>'
        for number, name in enumerate(figures)
    ]
    access = "".join(
        f'<meta property="schema:{name}">{value}</meta>'
        for name, values in _ACCESS.items()
        for value in values
    )
    identifier = uuid5(NAMESPACE_URL, f"{imprint.title} {imprint.version}")
    order = "".join(f'<itemref idref="{name}"/>' for name in pages)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<package xmlns="http://www.idpf.org/2007/opf" '
        'version="3.0" unique-identifier="id" xml:lang="en"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>'
        f"<dc:title>{escape(imprint.title)}, version {escape(imprint.version)}</dc:title>"
        f"<dc:language>en</dc:language><dc:creator>{escape(imprint.author)}</dc:creator>"
        f"<dc:description>{escape(imprint.evidence)}</dc:description>"
        f"<dc:date>{imprint.date}</dc:date>"
        f'<meta property="dcterms:modified">{imprint.date}T00:00:00Z</meta>{access}</metadata>'
        f"<manifest>{''.join(items)}"
        '<item id="style" href="book.css" media-type="text/css"/></manifest>'
        f"<spine>{order}</spine></package>\n"
    )


def _properties(name: str, page: str) -> str:
    """Return what a reader is to know of a page before it opens it."""
    own = [*(["nav"] if name == "nav" else []), *(["mathml"] if "<math" in page else [])]
    return f' properties="{" ".join(own)}"' if own else ""
