"""The HTML book, built from the chapters and from what the study shows."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.layers import source_files
from advocacy.protocol import read_protocol
from advocacy.report.book import build_book
from advocacy.responses.schema import TABLES

STUDY = read_protocol(Path(__file__).with_name("study.toml"))
BOOK = STUDY.root / "book"
SHOWN = (
    STUDY.shown / "numbers.json",
    STUDY.shown / "notice.md",
    STUDY.shown / "figures" / "score_curve.svg",
    STUDY.shown / "figures" / "sector_by_industry.svg",
    STUDY.shown / "tables" / "rejected.md",
    *(STUDY.shown / "tables" / f"codebook-{name}.md" for name in TABLES),
    *(table.shown for table in STUDY.tables.values()),
    *(
        STUDY.tables[name].truth
        for name in ("score", "sector", "country", "these_programmes:sector")
        if STUDY.sources == STUDY.deliveries
    ),
)
CHAPTERS = tuple(
    path
    for path in sorted(BOOK.rglob("*"))
    if path.is_file() and "_build" not in path.parts and "__pycache__" not in path.parts
)


def task_book(
    chapters: tuple[Path, ...] = CHAPTERS,
    shown: tuple[Path, ...] = SHOWN,
    code: tuple[Path, ...] = source_files("cli"),  # the tutorial runs it
    page: Annotated[Path, Product] = BOOK / "_build" / "html" / "index.html",
) -> None:
    """Build `book/_build/html/`."""
    build_book(BOOK)
