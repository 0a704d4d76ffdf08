"""What the book shows of the multilevel model: tables, sentences, and figures beside the truth."""

import json
from pathlib import Path
from typing import Annotated

from pytask import Product, PythonNode, task

from advocacy.estimation import Estimates
from advocacy.estimation.estimates_file import read_estimates
from advocacy.files import write_text
from advocacy.layers import source_digest
from advocacy.report.figures import pooled as pooled_figures
from advocacy.report.figures.style import save, style
from advocacy.study import pooling_pages
from advocacy.study.figures import near_truth
from advocacy.study.pooling import RATED, TABLES
from advocacy.study.protocol import read_protocol
from advocacy.study.truth import Truth, true_rates

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)
CELLS = "sector_industry_country"
FIT = STUDY.pooled / "diagnostics.json"
AREA = "area-level"
SOURCES = {
    **{name: STUDY.pooled / f"{name}.parquet" for name in (*TABLES, AREA)},
    **{name: STUDY.needed(name, by="the multilevel model").published for name in (CELLS, *RATED)},
}
# Data of one's own have no known truth.
KNOWN = STUDY.deliveries / "truth.json" if STUDY.sources == STUDY.deliveries else None

NEXT = ("rates", "next", "next-answers")
BESIDE = (CELLS, AREA, "rates")
# How each page is written, and from which tables.
PAGES: dict[str, tuple[pooling_pages.Page, tuple[str, ...]]] = {
    "pooled-cells": (pooling_pages.cells_table, BESIDE),
    "pooled-extremes": (pooling_pages.extremes, (CELLS, "rates")),
    "pooled-places": (
        pooling_pages.places_table,
        tuple(name for own in RATED for name in (own, f"rates-{own}")),
    ),
    "pooled-ranks": (pooling_pages.ranks_table, ("ranks-industry", "ranks-country")),
    "pooled-variance": (pooling_pages.variance_table, ("variance",)),
    "expect-quote": (pooling_pages.quotation, NEXT),
    "expect-width": (pooling_pages.width_parts, ("rates", "next")),
    "expect-lookup": (pooling_pages.lookup, NEXT),
}


def read(name: str) -> Estimates:
    """Read a table by its name."""
    return read_estimates(SOURCES[name])


def truth(known: Path | None) -> Truth | None:
    """Return the true rates of the cells, where they are known."""
    if known is None:
        return None
    content = json.loads(known.read_text(encoding="utf-8"))[STUDY.estimand]
    by = STUDY.tables[CELLS].by
    rows = content[STUDY.tables[CELLS].target]
    return true_rates(rows[", ".join((STUDY.intent, *by))], by)


for name, (page, names) in PAGES.items():

    @task(id=name)
    def task_pooled_page(
        code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
        page: pooling_pages.Page = page,
        names: tuple[str, ...] = names,
        sources: tuple[Path, ...] = tuple(SOURCES[own] for own in names),
        protocol: Path = PROTOCOL,
        product: Annotated[Path, Product] = STUDY.shown / "tables" / f"{name}.md",
    ) -> None:
        """Write one table, or sentences."""
        write_text(product, page(*[read(own) for own in names]))


def task_expect_width(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    sources: tuple[Path, ...] = (SOURCES["rates"], SOURCES["next"]),
    protocol: Path = PROTOCOL,
    figure: Annotated[Path, Product] = STUDY.shown / "figures" / "expect_width.svg",
) -> None:
    """Draw what the width of the next programme's interval is made of."""
    with style():
        drawn = pooled_figures.width_by_answers(
            read("rates"), read("next"), answers=STUDY.pooling.answers
        )
        save(drawn, figure)


def task_near_truth(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    known: Path | None = KNOWN,
    sources: tuple[Path, ...] = tuple(SOURCES[name] for name in BESIDE),
    protocol: Path = PROTOCOL,
    figure: Annotated[Path, Product] = STUDY.shown / "figures" / "near_truth.svg",
    table: Annotated[Path, Product] = STUDY.shown / "tables" / "pooled-truth.md",
) -> None:
    """Show direct, area-level and pooled rates beside the truth."""
    tables, true = [read(name) for name in BESIDE], truth(known)
    with style():
        save(near_truth(*tables, truth=true), figure)
    write_text(table, pooling_pages.errors_table(*tables, truth=true))


def task_fit(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    fit: Path = FIT,
    notice: Annotated[Path, Product] = STUDY.shown / "tables" / "pooled-notice.md",
    table: Annotated[Path, Product] = STUDY.shown / "tables" / "pooled-diagnostics.md",
    checks: Annotated[Path, Product] = STUDY.shown / "tables" / "pooled-checks.md",
) -> None:
    """Show whether the fit passes its diagnostics, and would have given such data."""
    found = json.loads(fit.read_text(encoding="utf-8"))
    write_text(notice, pooling_pages.fit_notice(found))
    write_text(table, pooling_pages.fit_table(found))
    write_text(checks, pooling_pages.checks_table(found))
