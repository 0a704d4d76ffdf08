"""The HTML book, built from the chapters and from what the study shows."""

from pathlib import Path
from typing import Annotated

from pytask import Product, PythonNode

from advocacy.layers import source_digest
from advocacy.responses.schema import TABLES
from advocacy.study.book import build_book
from advocacy.study.protocol import read_protocol
from advocacy.study.specification import specification_tables

STUDY = read_protocol(Path(__file__).with_name("study.toml"))
BOOK = STUDY.root / "book"
FIGURES = (
    "score_curve", "years", "targets", "coverage", "lift", "standardisation", "one_in_two",
    "industries", "countries", "cells", "pairs_industry", "pairs_country", "fits", "curves",
    "nine_and_ten", "cut_points", "scaling", "calibration", "shrinkage", "near_truth", "ranks",
    "variance", "expect", "expect_width",
)  # fmt: skip
TABLE_NAMES = (
    "rejected", "targets", "withheld", "coverage", "coverage-designs", "against_r", "curve_tests",
    "scaling-rows", "scaling-psus", "scaling-domains", "pooling-coverage", "pooling-errors",
    "pooling-ranks", "pooled-notice", "pooled-diagnostics", "pooled-checks",
    "pooled-cells", "pooled-extremes", "pooled-places", "pooled-truth", "pooled-ranks",
    "pooled-variance", "expect-quote", "expect-width", "expect-lookup",
    *(f"codebook-{name}" for name in TABLES),
    *(f"pairs_{segment}-all" for segment in STUDY.between),
    *specification_tables(),
)  # fmt: skip
SHOWN = (
    STUDY.shown / "numbers.json",
    STUDY.shown / "notice.md",
    *(STUDY.shown / "figures" / f"{name}.svg" for name in FIGURES),
    *(STUDY.shown / "tables" / f"{name}.md" for name in TABLE_NAMES),
    *(table.shown for table in STUDY.tables.values()),
    *(table.shown for table in STUDY.further.values() if table.kind != "curve_tests"),
    *(
        STUDY.needed(name, by="the chapter truth").truth
        for name in ("score", "sector", "country", "these_programmes:sector")
        if STUDY.sources == STUDY.deliveries
    ),
)
CHAPTERS = tuple(
    path
    for path in sorted(BOOK.rglob("*"))
    if path.is_file() and "_build" not in path.parts and "__pycache__" not in path.parts
)
INCLUDED = STUDY.root / "CONTRIBUTING.md"  # where new code goes, in the chapter architecture


def task_book(
    code: Annotated[str, PythonNode(value=source_digest("cli"), hash=True)],  # the tutorial runs it
    study: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    chapters: tuple[Path, ...] = CHAPTERS,
    included: Path = INCLUDED,
    shown: tuple[Path, ...] = SHOWN,
    page: Annotated[Path, Product] = BOOK / "_build" / "html" / "index.html",
) -> None:
    """Build `book/_build/html/`."""
    build_book(BOOK)
