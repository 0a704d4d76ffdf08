"""What the book shows: figures, tables, the ledger of numbers and the notice on its pages."""

from inspect import getfile
from pathlib import Path
from typing import Annotated

from pytask import Product, task

from advocacy.files import write_text
from advocacy.provenance import write_json
from advocacy.report.figures.style import save, style
from advocacy.study.protocol import read_protocol
from advocacy.study.shown import (
    Shown,
    evidence,
    evidence_file,
    figure_file,
    figures,
    ledger_file,
    made,
    numbers,
    page_file,
    pages,
    paths_of,
)
from advocacy.study.tasks import code_of

PROTOCOL = Path(__file__).with_name("study.toml")
LISTS = Path(getfile(figures))  # changed lists show other things
STUDY = read_protocol(PROTOCOL)
NUMBERS, EVIDENCE = numbers(STUDY), evidence(STUDY)

for name, figure in figures(STUDY).items():

    @task(id=name)
    def task_figure(
        code: Annotated[str, code_of(figure.layer, LISTS)],
        figure: Shown = figure,
        sources: dict[str, Path] = paths_of(STUDY, figure, f"the figure {name}"),
        protocol: Path = PROTOCOL,
        product: Annotated[Path, Product] = figure_file(STUDY, name),
    ) -> None:
        """Draw one figure."""
        with style():
            save(made(STUDY, figure, sources), product)


for name, page in pages(STUDY).items():

    @task(id=name)
    def task_page(
        code: Annotated[str, code_of(page.layer, LISTS)],
        page: Shown = page,
        sources: dict[str, Path] = paths_of(STUDY, page, f"the page {name}"),
        protocol: Path = PROTOCOL,
        product: Annotated[Path, Product] = page_file(STUDY, name),
    ) -> None:
        """Write one table, or sentences."""
        write_text(product, made(STUDY, page, sources))


def task_numbers(
    code: Annotated[str, code_of("study")],
    sources: dict[str, Path] = {
        name: path
        for part in NUMBERS
        for name, path in paths_of(STUDY, part, "the ledger of numbers").items()
    },
    protocol: Path = PROTOCOL,
    product: Annotated[Path, Product] = ledger_file(STUDY),
) -> None:
    """Write the ledger of numbers."""
    write_json(product, {k: v for part in NUMBERS for k, v in made(STUDY, part, sources).items()})


def task_evidence(
    code: Annotated[str, code_of("study")],
    sources: dict[str, Path] = paths_of(STUDY, EVIDENCE, "the notice of the evidence"),
    protocol: Path = PROTOCOL,
    product: Annotated[Path, Product] = evidence_file(STUDY),
) -> None:
    """Write the notice of what kind of evidence the numbers are."""
    write_text(product, made(STUDY, EVIDENCE, sources))
