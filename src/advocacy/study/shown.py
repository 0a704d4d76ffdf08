"""The figures, pages and numbers of the book, named here alone, and what each is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.figures import comparison, curve, estimates, pooled
from advocacy.report.numbers import Numbers
from advocacy.report.results import ledger_numbers
from advocacy.responses.dataset.accounts import RowAccount
from advocacy.responses.schema import TABLES, codebook
from advocacy.study import chapters, pooling_pages
from advocacy.study.book import notice, reasons_table
from advocacy.study.figures import near_truth
from advocacy.study.ledger import dataset_numbers
from advocacy.study.pooling import RANKED, RATED
from advocacy.study.protocol import Protocol
from advocacy.study.sources import AREA, FIT, sources
from advocacy.study.specification import specification_tables
from advocacy.study.truth import Truth, true_rates, truth_table
from advocacy.study.validation import against_r, coverage, pooling, scaling

HEADINGS = {
    "score": "score", "score_band": "score", "sector": "sector", "industry": "industry",
    "country": "country", "year": "year",
}  # fmt: skip

# Names of tables.
CELLS = "sector_industry_country"
TESTS = ("curve_tests", "curve_tests_sector", "curve_tests_country")
BY_METHOD = (CELLS, AREA, "rates")
NEXT = ("rates", "next", "next-answers")
RANKS = tuple(f"ranks-{segment}" for segment in RANKED)
# Tables of rates that are shown for all targets side by side, and those shown beside the truth.
BESIDE = ("overall", "sector", "country")
KNOWN = ("score", "sector", "country")


@dataclass(frozen=True)
class Shown:
    """A figure, a page or numbers of the book.

    Parameters
    ----------
    make
        Returns the figure, the text of the page or the numbers, given ``tables`` in their order.
    tables
        Names of what it is made of, as in `sources`.
    """

    make: Callable[..., Any]
    tables: tuple[str, ...] = ()

    @property
    def layer(self) -> str:
        """The layer whose code makes it."""
        makes = self.make.func if isinstance(self.make, partial) else self.make
        return makes.__module__.split(".")[1]


# What they are made of


def paths_of(study: Protocol, shown: Shown, what: str) -> dict[str, Path]:
    """Return the files that something is made of, by name.

    Parameters
    ----------
    what
        It in words, such as "the figure years".

    Raises
    ------
    UsageError
        The protocol does not ask for a table that it is made of.
    """
    known = sources(study)
    return {
        name: known[name].path if name in known else study.needed(name, by=what).published
        for name in shown.tables
    }


def made(study: Protocol, shown: Shown, paths: Mapping[str, Path]) -> Any:
    """Return the figure, text or numbers that are made of these files, by name."""
    known = sources(study)
    return shown.make(*[known[name].read(paths[name]) for name in shown.tables])


# Figures


def figures(study: Protocol) -> dict[str, Shown]:
    """Return the figures by name."""
    width = partial(pooled.width_by_answers, answers=study.pooling.answers)
    return {
        "score_curve": Shown(estimates.score_curve, ("sector_score",)),
        "years": Shown(estimates.forest, ("year",)),
        "industries": Shown(estimates.forest, ("sector_industry",)),
        "countries": Shown(estimates.forest, ("sector_country",)),
        "cells": Shown(estimates.cells, (CELLS,)),
        "targets": Shown(estimates.targets, _for_all_targets(study, BESIDE)),
        "lift": Shown(comparison.slopes, ("lift_sector",)),
        "standardisation": Shown(comparison.decomposition, ("standardisation_sector",)),
        "one_in_two": Shown(
            comparison.one_in_two, ("equivalence", "equivalence_sector", "equivalence_country")
        ),
        "pairs_industry": Shown(comparison.pair_matrix, ("pairs_industry",)),
        "pairs_country": Shown(comparison.pair_matrix, ("pairs_country",)),
        "fits": Shown(curve.fits, ("curve",)),
        "curves": Shown(curve.small_multiples, ("curve_country", "curve")),
        "nine_and_ten": Shown(curve.nine_and_ten, ("curve_country",)),
        "cut_points": Shown(curve.cut_points, ("curve_tests", "curve_tests_country")),
        "shrinkage": Shown(pooled.shrinkage, (CELLS, "rates")),
        "near_truth": _by_method(study, near_truth),
        "ranks": Shown(pooled.rank_intervals, RANKS),
        "variance": Shown(pooled.variance_parts, ("variance",)),
        "expect": Shown(pooled.expected, NEXT),
        "expect_width": Shown(width, ("rates", "next")),
        "coverage": Shown(coverage.coverage_figure, ("coverage",)),
        "calibration": Shown(pooling.calibration_figure, ("pooling", "pooling_studies")),
        "scaling": Shown(scaling.scaling_figure, ("scaling",)),
    }


# Pages


def pages(study: Protocol) -> dict[str, Shown]:
    """Return the tables and sentences that chapters include, by name."""
    return {
        **_data_pages(),
        **_table_pages(study),
        **_truth_pages(study),
        **_pooling_pages(study),
        **_validation_pages(),
        **{name: Shown(partial(_specification, name)) for name in specification_tables()},
    }


def _data_pages() -> dict[str, Shown]:
    codebooks = {f"codebook-{name}": Shown(partial(codebook, own)) for name, own in TABLES.items()}
    return {"rejected": Shown(reasons_table, ("rejected",)), **codebooks}


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
            for ending, page in _PAGES_OF_KIND[table.kind].items()
        },
        "targets": Shown(_together(chapters.targets_table), _for_all_targets(study, BESIDE)),
        "curve_tests": Shown(_together(chapters.tests_table), TESTS),
        "withheld": Shown(_together(chapters.withheld_table), tuple(headline)),
    }


def _truth_pages(study: Protocol) -> dict[str, Shown]:
    """Return pages of rates beside the truth; of data of one's own it is not known."""
    if not _is_known(study):
        return {}
    return {
        f"truth-{_file(name)}": Shown(partial(_rates_beside_truth, study), (name, "truth"))
        for name in _for_all_targets(study, KNOWN)
    }


def _pooling_pages(study: Protocol) -> dict[str, Shown]:
    places = tuple(name for segment in RATED for name in (segment, f"rates-{segment}"))
    return {
        "pooled-notice": Shown(pooling_pages.fit_notice, (FIT,)),
        "pooled-diagnostics": Shown(pooling_pages.fit_table, (FIT,)),
        "pooled-checks": Shown(pooling_pages.checks_table, (FIT,)),
        "pooled-cells": Shown(pooling_pages.cells_table, BY_METHOD),
        "pooled-extremes": Shown(pooling_pages.extremes, (CELLS, "rates")),
        "pooled-places": Shown(pooling_pages.places_table, places),
        "pooled-truth": _by_method(study, pooling_pages.errors_table),
        "pooled-ranks": Shown(pooling_pages.ranks_table, RANKS),
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
        "pooling-coverage": Shown(pooling.coverage_by_size_table, ("pooling",)),
        "pooling-errors": Shown(pooling.errors_table, ("pooling",)),
        "pooling-ranks": Shown(pooling.ranks_table, ("pooling_studies",)),
        "against_r": Shown(against_r.against_r_table, ("against_r",)),
        **growths,
    }


# Numbers


def numbers(study: Protocol) -> tuple[Shown, ...]:
    """Return the parts of the ledger."""
    first = next(iter(study.tables))
    of_tables = (Shown(partial(ledger_numbers, prefix=name), (name,)) for name in study.tables)
    return (
        Shown(partial(_dataset_numbers, study), ("accounts", "excluded", first)),
        *of_tables,
        Shown(coverage.coverage_numbers, ("coverage",)),
        Shown(coverage.contrasts_numbers, ("contrasts",)),
        Shown(pooling.calibration_numbers, ("pooling", "pooling_studies")),
        Shown(against_r.against_r_numbers, ("against_r",)),
        Shown(scaling.scaling_numbers, ("scaling",)),
        Shown(partial(_pooling_numbers, study), (FIT, *NEXT, "variance")),
    )


def evidence(study: Protocol) -> Shown:
    """Return the notice of the kind of evidence, which stands at the top of pages."""
    return Shown(_notice, (next(iter(study.tables)),))


# Where they are written


def figure_file(study: Protocol, name: str) -> Path:
    """Return the file of a figure."""
    return study.shown / "figures" / f"{name}.svg"


def page_file(study: Protocol, name: str) -> Path:
    """Return the file of a page."""
    return study.shown / "tables" / f"{name}.md"


def ledger_file(study: Protocol) -> Path:
    """Return the file of the numbers."""
    return study.shown / "numbers.json"


def evidence_file(study: Protocol) -> Path:
    """Return the file of the notice of the kind of evidence."""
    return study.shown / "notice.md"


def shown_files(study: Protocol) -> tuple[Path, ...]:
    """Return all files that the book shows."""
    return (
        ledger_file(study),
        evidence_file(study),
        *(figure_file(study, name) for name in figures(study)),
        *(page_file(study, name) for name in pages(study)),
    )


def _file(name: str) -> str:
    return name.replace(":", "-")


# What fits functions to tables


def _for_all_targets(study: Protocol, names: Sequence[str]) -> tuple[str, ...]:
    """Return names of tables for the headline's target, and of the same for the others."""
    others = (f"{target}:{name}" for target in study.targets[1:] for name in names)
    return (*names, *others)


def _together(page: Callable[[Sequence[Any]], str]) -> Callable[..., str]:
    """Return a page of a sequence of tables as one of tables."""

    def written(*tables: Any) -> str:
        return page(tables)

    return written


# The pages of a table of each kind, by what is put behind its name.
_PAGES_OF_KIND: dict[str, dict[str, Callable[..., str]]] = {
    "rates": {"": chapters.result_page},
    "pairs": {"": chapters.levels_page, "-all": chapters.pairs_page},
    "lift": {"": chapters.result_page},
    "standardisation": {"": chapters.result_page},
    "equivalence": {"": chapters.result_page},
    "curve": {"": chapters.result_page},
    "curve_tests": {},
}


def _specification(name: str) -> str:
    return specification_tables()[name]


def _is_known(study: Protocol) -> bool:
    """Whether there is a truth: data of one's own have none that is known."""
    return study.sources == study.deliveries


def _by_method(study: Protocol, make: Callable[..., Any]) -> Shown:
    """Return cells by three methods, beside the truth where it is known."""
    if not _is_known(study):
        return Shown(partial(make, truth=None), BY_METHOD)
    return Shown(partial(_methods_beside_truth, study, make), (*BY_METHOD, "truth"))


def _methods_beside_truth(
    study: Protocol,
    make: Callable[..., Any],
    direct: Estimates,
    area: Estimates,
    rates: Estimates,
    known: Mapping[str, Any],
) -> Any:
    return make(direct, area, rates, truth=_truth(study, direct, known))


def _rates_beside_truth(study: Protocol, rates: Estimates, known: Mapping[str, Any]) -> str:
    return truth_table(rates, _truth(study, rates, known), HEADINGS)


def _truth(study: Protocol, rates: Estimates, known: Mapping[str, Any]) -> Truth:
    """Return the true rates of the domains of a table, of what `truth.json` holds."""
    # By score it is of each score's own ratings, whatever the intent.
    names = rates.by if rates.by == ("score",) else (study.intent, *rates.by)
    return true_rates(known[study.estimand][_label(rates, "target")][", ".join(names)], rates.by)


def _label(rates: Estimates, name: str) -> Any:
    """Return what a column says of the whole table."""
    return rates.table.column(name)[0].as_py()


def _dataset_numbers(
    study: Protocol, accounts: Mapping[str, RowAccount], excluded: int, rates: Estimates
) -> Numbers:
    kind = _label(rates, "source_kind")
    return dataset_numbers(accounts, excluded, kind, study.conf_level, study.repeat_window_days)


def _pooling_numbers(study: Protocol, fit: Mapping[str, Any], *tables: Estimates) -> Numbers:
    named = dict(zip((*NEXT, "variance"), tables, strict=True))
    asked = study.pooling
    return pooling_pages.pooling_numbers(named, fit, asked.answers, asked.conf_level)


def _notice(rates: Estimates) -> str:
    return notice(_label(rates, "source_kind"))
