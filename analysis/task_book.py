"""The HTML book, built from the chapters and from what the study shows."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.layers import source_files
from advocacy.protocol import read_protocol
from advocacy.report.book import build_book

STUDY = read_protocol(Path(__file__).with_name("study.toml"))
BOOK = STUDY.root / "book"
SHOWN = STUDY.derived / "book"
CHAPTERS = tuple(
    path
    for path in sorted(BOOK.rglob("*"))
    if path.is_file() and "_build" not in path.parts and "__pycache__" not in path.parts
)


def task_book(
    chapters: tuple[Path, ...] = CHAPTERS,
    numbers: Path = SHOWN / "numbers.json",
    shown: tuple[Path, ...] = (
        SHOWN / "figures" / "score_curve.svg",
        SHOWN / "figures" / "sector_by_industry.svg",
        SHOWN / "tables" / "rejected.md",
    ),
    code: tuple[Path, ...] = source_files("cli"),  # the tutorial runs it
    page: Annotated[Path, Product] = BOOK / "_build" / "html" / "index.html",
) -> None:
    """Build `book/_build/html/`."""
    build_book(BOOK)
