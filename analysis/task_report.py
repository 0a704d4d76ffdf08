"""What the book shows: figures, tables, the ledger of numbers and the notice on its pages."""

import json
from pathlib import Path
from typing import Annotated

from pytask import Product, PythonNode, task

from advocacy.estimation import Estimates
from advocacy.estimation.estimates_file import read_estimates
from advocacy.files import write_text
from advocacy.layers import source_digest
from advocacy.provenance import write_json
from advocacy.report.figures import comparison as comparison_figures
from advocacy.report.figures import curve as curve_figures
from advocacy.report.figures import estimates as figures
from advocacy.report.figures import pooled as pooled_figures
from advocacy.report.figures.style import save, style
from advocacy.report.results import ledger_numbers
from advocacy.responses.dataset.ledger import excluded_ratings, read_accounts, rejection_reasons
from advocacy.responses.schema import TABLES, codebook
from advocacy.study import chapters
from advocacy.study.book import notice, reasons_table
from advocacy.study.ledger import dataset_numbers
from advocacy.study.pooling import TABLES as POOLED_TABLES
from advocacy.study.pooling_pages import pooling_numbers
from advocacy.study.protocol import Further, Table, read_protocol
from advocacy.study.specification import specification_tables
from advocacy.study.truth import true_rates, truth_table
from advocacy.study.validation.against_r import (
    against_r_numbers,
    against_r_table,
    read_against_r,
)
from advocacy.study.validation.coverage import (
    coverage_figure,
    coverage_numbers,
    coverage_table,
    designs_table,
    read_coverage,
)
from advocacy.study.validation.pooling import (
    calibration_figure,
    calibration_numbers,
    coverage_by_size_table,
    errors_table,
    ranks_table,
    read_pooling,
    read_studies,
)
from advocacy.study.validation.scaling import (
    read_scaling,
    scaling_figure,
    scaling_numbers,
    scaling_table,
)

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)
PUBLISHED = {name: table.published for name, table in (STUDY.tables | STUDY.further).items()}
ACCOUNTS = STUDY.derived / "accounts.csv"
COVERAGE = PROTOCOL.with_name("validation") / "coverage.csv"
POOLING = PROTOCOL.with_name("validation") / "pooling.csv"
POOLING_STUDIES = PROTOCOL.with_name("validation") / "pooling_studies.csv"
AGAINST_R = PROTOCOL.with_name("validation") / "against_r.csv"
POOLED = {name: STUDY.pooled / f"{name}.parquet" for name in POOLED_TABLES}
SOURCES = PUBLISHED | POOLED
FIT = STUDY.pooled / "diagnostics.json"
SCALING = STUDY.root / "benchmarks" / "scaling.csv"

# Shown for both targets side by side.
BESIDE = ("overall", "sector", "country")
BOTH = (*BESIDE, *(f"{target}:{name}" for target in STUDY.targets[1:] for name in BESIDE))
TESTS = ("curve_tests", "curve_tests_sector", "curve_tests_country")
# How each figure is drawn, and from which tables.
FIGURES: dict[str, tuple[figures.Draw, tuple[str, ...]]] = {
    "score_curve": (figures.score_curve, ("sector_score",)),
    "years": (figures.forest, ("year",)),
    "industries": (figures.forest, ("sector_industry",)),
    "countries": (figures.forest, ("sector_country",)),
    "cells": (figures.cells, ("sector_industry_country",)),
    "targets": (figures.targets, BOTH),
    "lift": (comparison_figures.slopes, ("lift_sector",)),
    "standardisation": (comparison_figures.decomposition, ("standardisation_sector",)),
    "one_in_two": (
        comparison_figures.one_in_two,
        ("equivalence", "equivalence_sector", "equivalence_country"),
    ),
    "pairs_industry": (comparison_figures.pair_matrix, ("pairs_industry",)),
    "pairs_country": (comparison_figures.pair_matrix, ("pairs_country",)),
    "fits": (curve_figures.fits, ("curve",)),
    "curves": (curve_figures.small_multiples, ("curve_country", "curve")),
    "nine_and_ten": (curve_figures.nine_and_ten, ("curve_country",)),
    "cut_points": (curve_figures.cut_points, ("curve_tests", "curve_tests_country")),
    "shrinkage": (pooled_figures.shrinkage, ("sector_industry_country", "rates")),
    "ranks": (pooled_figures.rank_intervals, ("ranks-industry", "ranks-country")),
    "variance": (pooled_figures.variance_parts, ("variance",)),
    "expect": (pooled_figures.expected, ("rates", "next", "next-answers")),
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


def sources_of(what: str, names: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the files of the tables that something is shown from."""
    return tuple(POOLED.get(own) or STUDY.needed(own, by=what).published for own in names)


def read(name: str) -> Estimates:
    """Read a published or pooled table by its name."""
    return read_estimates(SOURCES[name])


for name, (draw, names) in FIGURES.items():

    @task(id=name)
    def task_figure(
        code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
        draw: figures.Draw = draw,
        names: tuple[str, ...] = names,
        sources: tuple[Path, ...] = sources_of(f"the figure {name}", names),
        protocol: Path = PROTOCOL,
        figure: Annotated[Path, Product] = STUDY.shown / "figures" / f"{name}.svg",
    ) -> None:
        """Draw one figure."""
        with style():
            save(draw(*[read(own) for own in names]), figure)


for name, table in STUDY.tables.items():

    @task(id=name)
    def task_table(
        code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
        source: Path = table.published,
        protocol: Path = PROTOCOL,
        product: Annotated[Path, Product] = table.shown,
    ) -> None:
        """Write one table of estimates as Markdown."""
        write_text(product, chapters.result_page(read_estimates(source)))


for name, further in STUDY.further.items():
    if further.kind in ("pairs", "curve_tests"):
        continue

    @task(id=name)
    def task_further(
        code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
        further: Further = further,
        source: Path = further.published,
        protocol: Path = PROTOCOL,
        product: Annotated[Path, Product] = further.shown,
    ) -> None:
        """Write one table of comparisons or curves as Markdown."""
        write_text(product, chapters.result_page(read_estimates(source)))


for name, further in STUDY.further.items():
    if further.kind != "pairs":
        continue

    @task(id=name)
    def task_pairs(
        code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
        further: Further = further,
        source: Path = further.published,
        protocol: Path = PROTOCOL,
        levels: Annotated[Path, Product] = further.shown,
        pairs: Annotated[Path, Product] = further.shown.with_stem(f"{name}-all"),
    ) -> None:
        """Write the levels of one segment and their test as Markdown, and apart all pairs."""
        first, second = chapters.pairs_pages(read_estimates(source))
        write_text(levels, first)
        write_text(pairs, second)


def task_chapters(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    for_targets: tuple[Path, ...] = sources_of("the table of targets", BOTH),
    for_tests: tuple[Path, ...] = sources_of("the table of curves' tests", TESTS),
    sources: tuple[Path, ...] = tuple(PUBLISHED.values()),
    protocol: Path = PROTOCOL,
    targets: Annotated[Path, Product] = STUDY.shown / "tables" / "targets.md",
    tests: Annotated[Path, Product] = STUDY.shown / "tables" / "curve_tests.md",
    withheld: Annotated[Path, Product] = STUDY.shown / "tables" / "withheld.md",
) -> None:
    """Write the tables of several published tables."""
    write_text(targets, chapters.targets_table([read(name) for name in BOTH]))
    write_text(tests, chapters.tests_table([read(name) for name in TESTS]))
    own = [name for name, table in STUDY.tables.items() if table.target == STUDY.targets[0]]
    write_text(withheld, chapters.withheld_table([read(name) for name in own]))


def task_coverage(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    source: Path = COVERAGE,
    figure: Annotated[Path, Product] = STUDY.shown / "figures" / "coverage.svg",
    table: Annotated[Path, Product] = STUDY.shown / "tables" / "coverage.md",
    designs: Annotated[Path, Product] = STUDY.shown / "tables" / "coverage-designs.md",
) -> None:
    """Show how often intervals held a known truth."""
    found = read_coverage(source)
    with style():
        save(coverage_figure(found), figure)
    write_text(table, coverage_table(found))
    write_text(designs, designs_table(found))


def task_calibration(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    source: Path = POOLING,
    studies: Path = POOLING_STUDIES,
    figure: Annotated[Path, Product] = STUDY.shown / "figures" / "calibration.svg",
    coverage: Annotated[Path, Product] = STUDY.shown / "tables" / "pooling-coverage.md",
    errors: Annotated[Path, Product] = STUDY.shown / "tables" / "pooling-errors.md",
    ranks: Annotated[Path, Product] = STUDY.shown / "tables" / "pooling-ranks.md",
) -> None:
    """Show how well pooling predicted known truths."""
    found, sampled = read_pooling(source), read_studies(studies)
    with style():
        save(calibration_figure(found, sampled), figure)
    write_text(coverage, coverage_by_size_table(found))
    write_text(errors, errors_table(found))
    write_text(ranks, ranks_table(sampled))


def task_against_r(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    source: Path = AGAINST_R,
    table: Annotated[Path, Product] = STUDY.shown / "tables" / "against_r.md",
) -> None:
    """Show how far the values of this study's code are from those of R."""
    write_text(table, against_r_table(read_against_r(source)))


def task_scaling(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    source: Path = SCALING,
    figure: Annotated[Path, Product] = STUDY.shown / "figures" / "scaling.svg",
    tables: Annotated[dict[str, Path], Product] = {
        growth: STUDY.shown / "tables" / f"scaling-{growth}.md"
        for growth in ("rows", "psus", "domains")
    },
) -> None:
    """Show how time and memory grow."""
    found = read_scaling(source)
    with style():
        save(scaling_figure(found), figure)
    for growth, table in tables.items():
        write_text(table, scaling_table(found, growth))


# Data of one's own have no known truth.
KNOWN = STUDY.tables.items() if STUDY.sources == STUDY.deliveries else ()

for name, table in KNOWN:
    if table.by not in TRUTHS:
        continue

    @task(id=name)
    def task_truth(
        code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
        table: Table = table,
        known: Path = STUDY.deliveries / "truth.json",
        source: Path = table.published,
        product: Annotated[Path, Product] = table.truth,
    ) -> None:
        """Write one table of estimates beside the truth."""
        truths = json.loads(known.read_text(encoding="utf-8"))[STUDY.estimand][table.target]
        truth = true_rates(truths[TRUTHS[table.by]], table.by)
        write_text(product, truth_table(read_estimates(source), truth, HEADINGS))


def task_numbers(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    sources: tuple[Path, ...] = tuple(PUBLISHED.values()),
    accounts: Path = ACCOUNTS,
    coverage: Path = COVERAGE,
    pooling: Path = POOLING,
    pooling_studies: Path = POOLING_STUDIES,
    against_r: Path = AGAINST_R,
    scaling: Path = SCALING,
    pooled: dict[str, Path] = POOLED,
    fit: Path = FIT,
    protocol: Path = PROTOCOL,
    ledger: Annotated[Path, Product] = STUDY.shown / "numbers.json",
    label: Annotated[Path, Product] = STUDY.shown / "notice.md",
) -> None:
    """Write the ledger of numbers, and the notice of what kind of evidence they are."""
    kind = read(next(iter(STUDY.tables))).table.column("source_kind")[0].as_py()
    numbers = dataset_numbers(
        read_accounts(accounts),
        excluded_ratings(accounts.parent),
        kind,
        STUDY.conf_level,
        STUDY.repeat_window_days,
    )
    for name in PUBLISHED:
        numbers |= ledger_numbers(read(name), name)
    numbers |= coverage_numbers(read_coverage(coverage))
    numbers |= calibration_numbers(read_pooling(pooling), read_studies(pooling_studies))
    numbers |= against_r_numbers(read_against_r(against_r))
    numbers |= scaling_numbers(read_scaling(scaling))
    numbers |= pooling_numbers(
        {name: read(name) for name in pooled},
        json.loads(fit.read_text(encoding="utf-8")),
        STUDY.pooling.answers,
        STUDY.pooling.conf_level,
    )
    write_json(ledger, numbers)
    write_text(label, notice(kind))


def task_data_tables(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    accounts: Path = ACCOUNTS,
    reasons: Annotated[Path, Product] = STUDY.shown / "tables" / "rejected.md",
    codebooks: Annotated[dict[str, Path], Product] = {
        name: STUDY.shown / "tables" / f"codebook-{name}.md" for name in TABLES
    },
) -> None:
    """Write why rows were rejected, and the codebook of each canonical table."""
    write_text(reasons, reasons_table(rejection_reasons(accounts.parent)))
    for name, path in codebooks.items():
        write_text(path, codebook(TABLES[name]))


def task_specification(
    code: Annotated[str, PythonNode(value=source_digest("study"), hash=True)],
    products: Annotated[dict[str, Path], Product] = {
        name: STUDY.shown / "tables" / f"{name}.md" for name in specification_tables()
    },
) -> None:
    """Write the executable specification of the estimands."""
    for name, text in specification_tables().items():
        write_text(products[name], text)
