"""Documents as PDF: what they say is data, and the same bytes come each time."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from advocacy.report.client.inert import inert
from advocacy.report.document import (
    Alert,
    Chart,
    Column,
    Document,
    Entry,
    Facts,
    Heading,
    Items,
    Key,
    Label,
    Note,
    Paragraph,
    Point,
    Series,
    Table,
)
from advocacy.report.media.pdf import pdf
from advocacy.report.wording import ENGLISH

pytest.importorskip("typst", reason="needs the extra report")
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs poppler-utils")

NAMES = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.org")',
    '#read("/etc/passwd")',
    "$x$ *a* _b_ @c // d \\ ~ -- ``` e",
    "\x1b[31mred\x1b[0m",
    "Ærlig økonomi på Åland",
    "Донецк Αθήνα",
)


def table(*names: str) -> Table:
    rows = tuple((Entry(name), Entry("1.0", 0.01, "per cent")) for name in names)
    return Table((Column("name"), Column("%", "right")), rows)


def document(*names: str) -> Document:
    points = tuple(Point(name, 0.5, 0.4, 0.6) for name in names)
    chart = Chart("Chart", "Said in words.", "per cent", (Series("s", points),), "intervals")
    return inert(
        Document(
            (
                Heading("Title"),
                Label("rung", "target"),
                Alert("Alert"),
                Key(Entry("56.7 %", 0.567, "per cent"), "of them did.", "55 to 58 %"),
                Heading("Section", 2, "code"),
                Paragraph("Paragraph " + " ".join(names)),
                table(*names),
                chart,
                Note("Note"),
                Items(names or ("item",)),
                Facts((("name", "said"),)),
            )
        )
    )


def read(content: bytes, tmp_path: Path, tool: str = "pdftotext") -> str:
    path = tmp_path / "made.pdf"
    path.write_bytes(content)
    rest = ["-raw", str(path), "-"] if tool == "pdftotext" else [str(path)]
    done = subprocess.run([tool, *rest], capture_output=True, check=True)
    return done.stdout.decode()


@needs_poppler
def test_what_a_document_says_is_never_markup(tmp_path: Path) -> None:
    shown = read(pdf(document(*NAMES), ENGLISH), tmp_path)
    for name in NAMES:
        assert name.replace("\x1b", r"\x1b") in shown


@needs_poppler
@pytest.mark.parametrize("name", ["שלום עולם", "مرحبا"], ids=["hebrew", "arabic"])
def test_letters_from_right_to_left_are_kept(name: str, tmp_path: Path) -> None:
    """Pdftotext may give them in the order in which they are seen."""
    shown = read(pdf(Document((Heading("Title"), table(name))), ENGLISH), tmp_path)
    assert sorted(set(name) - {" "}) == sorted(set(name) & set(shown) - {" "})


@needs_poppler
def test_letters_without_a_font_are_written_by_their_numbers(tmp_path: Path) -> None:
    """Nobody agrees on the look of letters for private use, which PDF/A refuses."""
    shown = read(pdf(Document((Heading("Title"), table("a\uf8ffb\U0010fffdc"))), ENGLISH), tmp_path)
    assert "a[U+F8FF]b[U+10FFFD]c" in shown


@needs_poppler
def test_ten_thousand_letters_stay_on_the_page(tmp_path: Path) -> None:
    name = "".join(chr(ord("a") + n % 26) for n in range(10_000))
    shown = read(pdf(Document((Heading("Title"), table(name))), ENGLISH), tmp_path)
    footers = [line for line in shown.splitlines() if not line.isalpha()]
    joined = "".join(line for line in shown.splitlines() if line not in footers)
    assert name in joined.replace("name", "")
    wide = subprocess.run(
        ["pdftotext", "-bbox", str(tmp_path / "made.pdf"), "-"], capture_output=True, check=True
    )
    ends = re.findall(r'<word [^>]*xMax="([0-9.]+)"', wide.stdout.decode())
    assert max(map(float, ends)) < 595.3  # points across A4


@needs_poppler
def test_the_file_is_tagged_titled_and_in_its_language(tmp_path: Path) -> None:
    content = pdf(document("a"), ENGLISH, day=date(2026, 3, 1))
    about = read(content, tmp_path, "pdfinfo")
    assert "Title:           Title" in about
    assert "Tagged:          yes" in about
    assert b"/Lang(en)" in content
    assert b"pdfuaid:part>1<" in content
    assert b"pdfaid:part>2<" in content
    assert b"pdfaid:conformance>A<" in content


def test_the_same_document_gives_the_same_bytes() -> None:
    assert pdf(document("a", "b"), ENGLISH) == pdf(document("a", "b"), ENGLISH)
