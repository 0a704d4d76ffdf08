"""The figures, pages and numbers of the book, named here alone, and what each is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.figures import attrition as attrition_figures
from advocacy.report.figures import (
    comparison,
    curve,
    estimates,
    ladder,
    over_time,
    pooled,
    stated,
)
from advocacy.report.numbers import Numbers
from advocacy.report.results import ledger_numbers
from advocacy.responses import Responses
from advocacy.responses.dataset.accounts import RowAccount
from advocacy.responses.schema import TABLES, codebook
from advocacy.study import pooling_numbers
from advocacy.study.book import chapters, claims, others, pooling_pages
from advocacy.study.book.exhibits import cells
from advocacy.study.book.exhibits.written import beside
from advocacy.study.book.figures import against_truth, near_truth, near_truth_rows
from advocacy.study.book.making import Shown, asked
from advocacy.study.book.standards.glossary import doubts_list, glossary_table
from advocacy.study.ledger import dataset_numbers, protocol_numbers
from advocacy.study.pooling import RANKED, RATED
from advocacy.study.protocol import AFTER, Protocol
from advocacy.study.robustness import shown as robustness
from advocacy.study.sources import AREA, FIT
from advocacy.study.specification import specification_page, specification_tables
from advocacy.study.truth import truth_numbers, truth_of, truth_page, truth_rows
from advocacy.study.validation import against_r, attrition, coverage, pooling, scaling

HEADINGS = {"score": "score", "score_band": "score", "sector": "sector", "industry": "industry",
            "country": "country", "year": "year"}  # fmt: skip

CELLS = "sector_industry_country"
TESTS = ("curve_tests", "curve_tests_sector", "curve_tests_country")
BY_METHOD = (CELLS, AREA, "rates")
NEXT = ("rates", "next", "next-answers")
RANKS = tuple(f"ranks-{segment}" for segment in RANKED)
# Stands for tables that no chapter has a place for, where the protocol asks for none.
FURTHER = "further"
# The target that a study of programmes alike has too.
OTHER_TARGETS = ("these_programmes",)
# Tables of rates that are shown for all targets side by side, and those shown beside the truth.
BESIDE = ("sector", "country")
KNOWN = ("score", "sector", "country")


# Figures


def figures(study: Protocol) -> dict[str, Shown]:
    """Return the figures by name."""
    other_targets = study.targets[1:] or OTHER_TARGETS
    answers = study.pooling.answers if study.pooling else 0
    return {
        "score_curve": _finest(estimates.score_curve, "score", "sector_score"),
        "years": Shown(estimates.forest, ("year",)),
        "industries": _finest(estimates.forest, "industry", "sector_industry"),
        "countries": _finest(estimates.forest, "country", "sector_country"),
        "cells": Shown(estimates.cells, (CELLS,)),
        "targets": Shown(
            estimates.targets,
            ("overall", *(f"{target}:overall" for target in other_targets)),
            _for_all_targets(study, BESIDE),
        ),
        "lift": Shown(comparison.slopes, ("lift_sector",)),
        "standardisation": Shown(comparison.decomposition, ("standardisation_sector",)),
        "one_in_two": Shown(
            comparison.one_in_two, ("equivalence",), ("equivalence_sector", "equivalence_country")
        ),
        "pairs_industry": Shown(comparison.pair_matrix, ("pairs_industry",)),
        "pairs_country": Shown(comparison.pair_matrix, ("pairs_country",)),
        "fits": Shown(curve.fits, ("curve",)),
        "curves": Shown(curve.small_multiples, ("curve_country", "curve")),
        "nine_and_ten": Shown(curve.nine_and_ten, ("curve_country",)),
        "cut_points": Shown(curve.cut_points, ("curve_tests",), ("curve_tests_country",)),
        "shrinkage": Shown(pooled.shrinkage, (CELLS, "rates")),
        "near_truth": _by_method(study, near_truth, data=near_truth_rows),
        "truth": Shown(
            partial(against_truth, study.intent),
            ("truth", *KNOWN),
            data=partial(truth_rows, study.intent),
        ),
        "ranks": Shown(pooled.rank_intervals, beside=RANKS),
        "variance": Shown(pooled.variance_parts, ("variance",)),
        "expect": Shown(pooled.expected, NEXT),
        "expect_width": Shown(partial(pooled.width_by_answers, answers=answers), ("rates", "next")),
        "coverage": Shown(coverage.coverage_figure, ("coverage",)),
        "calibration": Shown(pooling.calibration_figure, ("pooling", "pooling_studies")),
        "scaling": Shown(scaling.scaling_figure, ("scaling",)),
        **_followed_figures(),
        **robustness.figures(),
        **others.figures(),
    }


def _followed_figures() -> dict[str, Shown]:
    """Return the figures of those who are followed, and of the rungs beside each other."""
    return {
        "ladder": Shown(ladder.ladder, ("ladder",)),
        "ladder_sector": Shown(ladder.ladder, ("ladder_sector",)),
        "over_time": Shown(over_time.over_time, ("over_time",)),
        "over_time_sector": Shown(over_time.over_time, ("over_time_sector",)),
        "attrition": Shown(attrition_figures.answers, ("attrition",)),
        "stated_before": Shown(stated.stated_likelihood, ("stated_likelihood",)),
        "stated_after": Shown(stated.stated_likelihood, (f"{AFTER}:stated_likelihood",)),
        "stated_after_sector": Shown(
            stated.stated_likelihood, (f"{AFTER}:stated_likelihood_sector",)
        ),
    }


# Pages


def pages(study: Protocol) -> dict[str, Shown]:
    """Return the tables and sentences that chapters include, by name."""
    return cells.named(
        {
            **_data_pages(),
            **_table_pages(study),
            **_truth_pages(study),
            **_pooling_pages(study),
            **_validation_pages(),
            **robustness.pages(),
            **others.pages(),
            **claims.pages(),
            "glossary": Shown(glossary_table),
            "glossary-doubts": Shown(doubts_list),
            **{name: Shown(partial(specification_page, name)) for name in specification_tables()},
        }
    )


def _data_pages() -> dict[str, Shown]:
    codebooks = {f"codebook-{name}": Shown(partial(codebook, own)) for name, own in TABLES.items()}
    return {"rejected": Shown(chapters.reasons_table, ("rejected",)), **codebooks}


def _table_pages(study: Protocol) -> dict[str, Shown]:
    """Return each table of the protocol as a page, all pairs apart, and pages of several tables."""
    headline = [
        name
        for name, table in study.tables.items()
        if table.kind == "rates" and table.target == study.targets[0]
    ]
    return {
        **{
            f"{_file(name)}{ending}": Shown(page, (name,))
            for name, table in study.tables.items()
            for ending, page in _PAGES_OF_KIND.get(table.kind, {}).items()
        },
        "targets": Shown(
            _together(chapters.targets_table),
            ("overall", *(f"{target}:overall" for target in study.targets[1:])),
            _for_all_targets(study, BESIDE),
        ),
        "curve_tests": Shown(_together(chapters.tests_table), beside=TESTS),
        "withheld": Shown(
            _together(chapters.withheld_table), beside=tuple(headline), withheld_too=True
        ),
        "by_score": _finest(chapters.result_page, "score", "sector_score"),
        "industries": _finest(chapters.result_page, "industry", "sector_industry"),
        "countries": _finest(chapters.result_page, "country", "sector_country"),
        "further": Shown(_together(chapters.further_tables), beside=_further(study) or (FURTHER,)),
    }


def _truth_pages(study: Protocol) -> dict[str, Shown]:
    """Return pages of rates beside the truth, which of data of one's own is not known."""
    page = partial(truth_page, study.intent, HEADINGS)
    return {f"truth-{_file(name)}": Shown(page, ("truth", name)) for name in _known(study)}


def _known(study: Protocol) -> tuple[str, ...]:
    """Return the tables whose true rates are shown."""
    after = (f"{AFTER}:{name}" for name in ("overall", "sector", "country"))
    return (*_for_all_targets(study, KNOWN), *after)


def _pooling_pages(study: Protocol) -> dict[str, Shown]:
    places = tuple(name for segment in RATED for name in (segment, f"rates-{segment}"))
    return {
        "pooled-notice": Shown(pooling_pages.fit_notice, (FIT,)),
        "pooled-diagnostics": Shown(pooling_pages.fit_table, (FIT,)),
        "pooled-checks": Shown(pooling_pages.checks_table, ("checks",)),
        "pooled-cells": Shown(pooling_pages.cells_table, BY_METHOD),
        "pooled-extremes": Shown(pooling_pages.extremes, (CELLS, "rates")),
        "pooled-places": Shown(pooling_pages.places_table, places),
        "pooled-truth": _by_method(study, pooling_pages.errors_table),
        "pooled-ranks": Shown(pooling_pages.ranks_table, beside=RANKS),
        "pooled-variance": Shown(pooling_pages.variance_table, ("variance",)),
        "expect-quote": Shown(pooling_pages.quotation, NEXT),
        "expect-width": Shown(pooling_pages.width_parts, ("rates", "next")),
        "expect-lookup": Shown(pooling_pages.lookup, NEXT),
    }


def _validation_pages() -> dict[str, Shown]:
    growths = {
        f"scaling-{growth}": Shown(partial(scaling.scaling_table, growth=growth), ("scaling",))
        for growth in ("rows", "psus", "domains")
    }
    return {
        "coverage": Shown(coverage.coverage_table, ("coverage",)),
        "coverage-designs": Shown(coverage.designs_table, ("coverage",)),
        "contrasts": Shown(coverage.contrasts_table, ("contrasts",)),
        "attrition_tried": Shown(attrition.attrition_table, ("attrition_tried",)),
        "pooling-coverage": Shown(pooling.coverage_by_size_table, ("pooling",)),
        "pooling-errors": Shown(pooling.errors_table, ("pooling",)),
        "pooling-ranks": Shown(pooling.ranks_table, ("pooling_studies",)),
        "against_r": Shown(against_r.against_r_table, ("against_r",)),
        **growths,
    }


# Numbers


def numbers(study: Protocol) -> tuple[Shown, ...]:
    """Return the parts of the ledger."""
    of_tables = (Shown(partial(ledger_numbers, prefix=name), (name,)) for name in study.tables)
    return (
        Shown(partial(_dataset_numbers, study), ("accounts", "excluded", "responses")),
        *of_tables,
        *(Shown(partial(truth_numbers, study.intent), ("truth", name)) for name in _known(study)),
        Shown(coverage.coverage_numbers, ("coverage",)),
        Shown(coverage.contrasts_numbers, ("contrasts",)),
        Shown(attrition.attrition_numbers, ("attrition_tried",)),
        Shown(pooling.calibration_numbers, ("pooling", "pooling_studies")),
        Shown(against_r.against_r_numbers, ("against_r",)),
        Shown(scaling.scaling_numbers, ("scaling",)),
        Shown(partial(_pooling_numbers, study), (FIT,), (*NEXT, "variance")),
        *(Shown(pooling_numbers.ranks_numbers, (name,)) for name in RANKS),
        *(Shown(pooling_numbers.places_numbers, (f"rates-{name}",)) for name in RATED),
        Shown(pooling_numbers.area_numbers, (AREA,)),
        *cells.numbers(study, pages(study)),
        *robustness.numbers(),
        others.numbers(),
    )


# Where they are written


@lru_cache(maxsize=1)
def shown_by_file(study: Protocol) -> Mapping[str, Shown]:
    """Return all figures and pages by their files, from where they are written."""
    files = {figure_file(study, name): own for name, own in figures(study).items()}
    files |= {page_file(study, name): own for name, own in pages(study).items()}
    return {path.relative_to(study.shown).as_posix(): own for path, own in files.items()}


def figure_file(study: Protocol, name: str) -> Path:
    """Return the file of a figure."""
    return study.shown / "figures" / f"{name}.svg"


def page_file(study: Protocol, name: str) -> Path:
    """Return the file of a page."""
    return study.shown / "tables" / f"{name}.md"


def ledger_file(study: Protocol) -> Path:
    """Return the file of the numbers."""
    return study.shown / "numbers.json"


def facts_file(study: Protocol) -> Path:
    """Return the file that says on what the reasons rest why the book cannot show something."""
    return study.shown / "facts.json"


def contents_file(study: Protocol) -> Path:
    """Return the file that says what the book can show, and why not the rest."""
    return study.shown / "contents.json"


def toc_file(study: Protocol) -> Path:
    """Return the table of contents of what the book can show."""
    return study.shown / "toc.yml"


def shown_files(study: Protocol) -> tuple[Path, ...]:
    """Return all files that the book shows, or that readers take away."""
    files = shown_by_file(study).items()
    shown = [study.shown / file for file, own in files if asked(study, own)]
    return (
        ledger_file(study),
        contents_file(study),
        toc_file(study),
        *(path for file in shown for path in (file, *beside(file))),
    )


def _file(name: str) -> str:
    return name.replace(":", "-")


# What fits functions to tables


def _for_all_targets(study: Protocol, names: Sequence[str]) -> tuple[str, ...]:
    """Return names of tables for the headline's target, and of the same for the others."""
    others = (f"{target}:{name}" for target in study.targets[1:] for name in names)
    return (*names, *others)


def _finest(make: Callable[[Any], Any], *tables: str) -> Shown:
    """Return something made of the last of these tables that leaves out nothing of the first."""
    return Shown(partial(_of_finest, make), beside=tables)


def _of_finest(make: Callable[[Any], Any], *tables: Estimates) -> Any:
    whole = _levels(tables[0], tables[0].by)
    return make(next(t for t in reversed(tables) if _levels(t, tables[0].by) >= whole))


def _levels(rates: Estimates, by: Sequence[str]) -> set[tuple[Any, ...]]:
    """Return the levels of segments that have a number."""
    rows = (row for row in rates.table.to_pylist() if row["estimate"] is not None)
    return {tuple(row[name] for name in by) for row in rows}


def _together(page: Callable[[Sequence[Any]], str]) -> Callable[..., str]:
    """Return a page of a sequence of tables as one of tables."""

    @wraps(page)
    def written(*tables: Any) -> str:
        return page(tables)

    return written


# The pages of a table of each kind, by what is put behind its name.
_PAGES_OF_KIND: dict[str, dict[str, Callable[..., str]]] = {
    "pairs": {"": chapters.levels_page, "-all": chapters.pairs_page},
    **{
        kind: {"": chapters.result_page}
        for kind in (
            "rates", "lift", "standardisation", "equivalence", "curve", "ladder",
            "stated_likelihood", "over_time", "attrition",
        )
    },
}  # fmt: skip


def _by_method(
    study: Protocol, make: Callable[..., Any], data: Callable[..., Any] | None = None
) -> Shown:
    """Return cells by three methods, beside the truth."""
    made = partial(_methods_beside_truth, study, make)
    rows = partial(_methods_beside_truth, study, data) if data else None
    return Shown(made, ("truth", *BY_METHOD), data=rows)


def _methods_beside_truth(
    study: Protocol,
    make: Callable[..., Any],
    known: Mapping[str, Any],
    direct: Estimates,
    area: Estimates,
    rates: Estimates,
) -> Any:
    return make(direct, area, rates, truth=truth_of(study.intent, direct, known))


def _dataset_numbers(
    study: Protocol, accounts: Mapping[str, RowAccount], excluded: int, responses: Responses
) -> Numbers:
    return dataset_numbers(accounts, excluded, responses.source_kind) | protocol_numbers(study)


def _pooling_numbers(study: Protocol, fit: Mapping[str, Any], *tables: Estimates) -> Numbers:
    """Return the numbers of the model; of a fit that misses its diagnostics there are no tables."""
    named = dict(zip((*NEXT, "variance"), tables, strict=True)) if tables else {}
    asked = study.pooling
    return pooling_numbers.pooling_numbers(named, asked.answers, asked.conf_level) if asked else {}


def _further(study: Protocol) -> tuple[str, ...]:
    """Return tables that no chapter has a place for: other estimands, segments of one's own."""
    placed = HEADINGS.keys()
    return tuple(
        name
        for name, table in study.tables.items()
        if table.kind == "rates" and table.target == study.targets[0]
        if table.options["estimand"] not in (study.estimand, AFTER) or not set(table.by) <= placed
    )
