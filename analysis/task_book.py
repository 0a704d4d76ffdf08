"""The HTML book, built from the chapters and from what the study shows."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.study.book import build_book
from advocacy.study.protocol import read_protocol
from advocacy.study.shown import shown_files
from advocacy.study.tasks import code_of

STUDY = read_protocol(Path(__file__).with_name("study.toml"))
BOOK = STUDY.root / "book"
CHAPTERS = tuple(
    path
    for path in sorted(BOOK.rglob("*"))
    if path.is_file() and "_build" not in path.parts and "__pycache__" not in path.parts
)
INCLUDED = STUDY.root / "CONTRIBUTING.md"  # where new code goes, in the chapter architecture


def task_book(
    code: Annotated[str, code_of("cli")],  # the tutorial runs it
    study: Annotated[str, code_of("study")],
    chapters: tuple[Path, ...] = CHAPTERS,
    included: Path = INCLUDED,
    shown: tuple[Path, ...] = shown_files(STUDY),
    page: Annotated[Path, Product] = BOOK / "_build" / "html" / "index.html",
) -> None:
    """Build `book/_build/html/`."""
    build_book(BOOK)
