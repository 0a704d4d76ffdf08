"""What the book shows: figures, tables, the ledger of numbers and the notice on its pages."""

import json
from pathlib import Path
from typing import Annotated

from pytask import Product, task

from advocacy.estimation.disclosure import withhold
from advocacy.files import write_text
from advocacy.layers import source_files
from advocacy.protocol import Table, read_protocol
from advocacy.provenance import write_json
from advocacy.report import figures
from advocacy.report.book import notice, reasons_table
from advocacy.report.exporters import read_estimates
from advocacy.report.numbers import dataset_numbers, estimate_numbers
from advocacy.report.style import save, style
from advocacy.report.tables import book_table
from advocacy.report.truth import true_rates, truth_table
from advocacy.responses.ledger import excluded_ratings, read_accounts, rejection_reasons
from advocacy.responses.schema import TABLES, codebook

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)
CODE = source_files("report")
FIGURES = {
    "score_curve": (figures.score_curve, "sector_score"),
    "sector_by_industry": (figures.sector_by_industry, "sector_industry"),
}
HEADINGS = {
    "score": "score", "score_band": "score", "sector": "sector", "industry": "industry",
    "country": "country", "year": "year",
}  # fmt: skip

# Names in truth.json of the crossings whose truth is known.
TRUTHS = {
    ("score",): "score",
    ("sector",): f"{STUDY.intent}, sector",
    ("country",): f"{STUDY.intent}, country",
}

for name, (draw, crossing) in FIGURES.items():

    @task(id=name)
    def task_figure(
        draw: figures.Draw = draw,
        source: Path = STUDY.tables[crossing].estimates,
        code: tuple[Path, ...] = CODE,
        protocol: Path = PROTOCOL,
        figure: Annotated[Path, Product] = STUDY.shown / "figures" / f"{name}.svg",
    ) -> None:
        """Draw one figure."""
        with style():
            save(draw(withhold(read_estimates(source), STUDY.smallest_n)), figure)


for name, table in STUDY.tables.items():

    @task(id=name)
    def task_table(
        source: Path = table.estimates,
        code: tuple[Path, ...] = CODE,
        protocol: Path = PROTOCOL,
        product: Annotated[Path, Product] = table.shown,
    ) -> None:
        """Write one table of estimates as Markdown."""
        shown = withhold(read_estimates(source), STUDY.smallest_n)
        write_text(product, book_table(shown, HEADINGS))


# Data of one's own have no known truth.
KNOWN = STUDY.tables.items() if STUDY.sources == STUDY.deliveries else ()

for name, table in KNOWN:
    if table.by not in TRUTHS:
        continue

    @task(id=name)
    def task_truth(
        table: Table = table,
        known: Path = STUDY.deliveries / "truth.json",
        source: Path = table.estimates,
        code: tuple[Path, ...] = CODE,
        product: Annotated[Path, Product] = table.truth,
    ) -> None:
        """Write one table of estimates beside the truth."""
        truths = json.loads(known.read_text(encoding="utf-8"))[STUDY.estimand][table.target]
        truth = true_rates(truths[TRUTHS[table.by]], table.by)
        write_text(product, truth_table(read_estimates(source), truth, HEADINGS))


def task_numbers(
    sources: tuple[Path, ...] = tuple(table.estimates for table in STUDY.tables.values()),
    accounts: Path = STUDY.derived / "accounts.csv",
    code: tuple[Path, ...] = CODE,
    protocol: Path = PROTOCOL,
    ledger: Annotated[Path, Product] = STUDY.shown / "numbers.json",
    label: Annotated[Path, Product] = STUDY.shown / "notice.md",
) -> None:
    """Write the ledger of numbers, and the notice of what kind of evidence they are."""
    tables = {
        prefix: withhold(read_estimates(source), STUDY.smallest_n)
        for prefix, source in zip(STUDY.tables, sources, strict=True)
    }
    kind = tables["overall"].table.column("source_kind")[0].as_py()
    excluded = excluded_ratings(accounts.parent)
    numbers = dataset_numbers(
        read_accounts(accounts), excluded, kind, STUDY.conf_level, STUDY.repeat_window_days
    )
    for prefix, estimates in tables.items():
        numbers |= estimate_numbers(estimates, prefix)
    write_json(ledger, numbers)
    write_text(label, notice(kind))


def task_data_tables(
    accounts: Path = STUDY.derived / "accounts.csv",
    code: tuple[Path, ...] = CODE,
    reasons: Annotated[Path, Product] = STUDY.shown / "tables" / "rejected.md",
    codebooks: Annotated[dict[str, Path], Product] = {
        name: STUDY.shown / "tables" / f"codebook-{name}.md" for name in TABLES
    },
) -> None:
    """Write why rows were rejected, and the codebook of each canonical table."""
    write_text(reasons, reasons_table(rejection_reasons(accounts.parent)))
    for name, path in codebooks.items():
        write_text(path, codebook(TABLES[name]))
