"""What the book shows: figures, tables, the ledger of numbers, and what there is not to show."""

from inspect import getfile
from pathlib import Path
from typing import Annotated

from pytask import Product, task

from advocacy.provenance import write_json
from advocacy.report.figures.style import style
from advocacy.responses import find_sources
from advocacy.study.book.exhibits.written import beside, write_figure, write_page
from advocacy.study.book.making import Shown, asked, made, paths_of
from advocacy.study.book.publishing import card_files, chapters_of, write_contents, write_facts
from advocacy.study.book.shown import (
    contents_file,
    facts_file,
    figure_file,
    figures,
    ledger_file,
    numbers,
    page_file,
    pages,
    toc_file,
)
from advocacy.study.ledger import ledger_of
from advocacy.study.protocol import read_protocol
from advocacy.study.sources import sources
from advocacy.study.tasks import code_of

PROTOCOL = Path(__file__).with_name("study.toml")
LISTS = Path(getfile(figures))  # changed lists show other things
STUDY = read_protocol(PROTOCOL)
# What owners say of their surveys, for the card of methods; those that are simulated have none.
DESCRIBED = (
    ()
    if STUDY.simulation
    else tuple(folder / "source.toml" for folder in find_sources(STUDY.sources))
)
NUMBERS = [part for part in numbers(STUDY) if asked(STUDY, part)]

for name, figure in figures(STUDY).items():
    if asked(STUDY, figure):

        @task(id=name)
        def task_figure(
            code: Annotated[str, code_of(figure.layer, LISTS)],
            figure: Shown = figure,
            sources: dict[str, Path] = paths_of(STUDY, figure),
            protocol: Path = PROTOCOL,
            product: Annotated[Path, Product] = figure_file(STUDY, name),
            beside: Annotated[tuple[Path, ...], Product] = beside(figure_file(STUDY, name)),
        ) -> None:
            """Draw one figure, with its data; of tables without a number the files are empty."""
            with style():
                write_figure(STUDY, figure, sources, product)


for name, page in pages(STUDY).items():
    if asked(STUDY, page):

        @task(id=name)
        def task_page(
            code: Annotated[str, code_of(page.layer, LISTS)],
            page: Shown = page,
            sources: dict[str, Path] = paths_of(STUDY, page),
            protocol: Path = PROTOCOL,
            product: Annotated[Path, Product] = page_file(STUDY, name),
            beside: Annotated[tuple[Path, ...], Product] = beside(page_file(STUDY, name)),
        ) -> None:
            """Write one table, or sentences; of tables without a number the files are empty."""
            write_page(STUDY, page, sources, product)


def task_numbers(
    code: Annotated[str, code_of("study")],
    sources: dict[str, Path] = {
        name: path for part in NUMBERS for name, path in paths_of(STUDY, part).items()
    },
    protocol: Path = PROTOCOL,
    product: Annotated[Path, Product] = ledger_file(STUDY),
) -> None:
    """Write the ledger of numbers."""
    parts = [(made(STUDY, part, sources) or {}, paths_of(STUDY, part)) for part in NUMBERS]
    write_json(product, ledger_of(parts))


def task_facts(
    code: Annotated[str, code_of("study")],
    sources: dict[str, Path] = {name: source.path for name, source in sources(STUDY).items()},
    protocol: Path = PROTOCOL,
    product: Annotated[Path, Product] = facts_file(STUDY),
) -> None:
    """Write on what the reasons rest why the book cannot show something."""
    write_facts(STUDY)


def task_contents(
    code: Annotated[str, code_of("study")],
    chapters: tuple[Path, ...] = chapters_of(STUDY),
    ledger: Path = ledger_file(STUDY),
    facts: Path = facts_file(STUDY),
    described: tuple[Path, ...] = DESCRIBED,
    protocol: Path = PROTOCOL,
    product: Annotated[Path, Product] = contents_file(STUDY),
    toc: Annotated[Path, Product] = toc_file(STUDY),
    card: Annotated[tuple[Path, ...], Product] = card_files(STUDY),
) -> None:
    """Write what the book can show, why not the rest, its table of contents, the card of methods.

    Ledgers of releases lie beside the chapters, and are held to each other here.
    """
    write_contents(STUDY)
