"""The HTML book, built from the chapters and from what the study shows."""

from pathlib import Path
from typing import Annotated

from pytask import Product, PythonNode

from advocacy.study.book.home import home_of
from advocacy.study.book.publishing import build_book, card_files, chapters_of, publish_numbers
from advocacy.study.book.shown import shown_files, toc_file
from advocacy.study.protocol import read_protocol
from advocacy.study.tasks import code_of

STUDY = read_protocol(Path(__file__).with_name("study.toml"))
BOOK = STUDY.root / "book"
INCLUDED = STUDY.root / "CONTRIBUTING.md"  # where new code goes, in the chapter architecture


def task_book(
    code: Annotated[str, code_of("cli")],  # the tutorial runs it
    study: Annotated[str, code_of("study")],
    home: Annotated[str, PythonNode(value=home_of(BOOK), hash=True)],
    chapters: tuple[Path, ...] = chapters_of(STUDY),
    included: Path = INCLUDED,
    shown: tuple[Path, ...] = (*shown_files(STUDY), *card_files(STUDY)),
    page: Annotated[Path, Product] = BOOK / "_build" / "html" / "index.html",
) -> None:
    """Build `book/_build/html/`.

    It took half a minute on two processors.
    """
    publish_numbers(STUDY, build_book(BOOK, toc_file(STUDY)).parent)
