"""What the book shows of the multilevel model: its numbers, and nothing of a fit that fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from advocacy.errors import DataError, UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.estimates import COLUMNS
from advocacy.estimation.pooling.fit_report import fit_report
from advocacy.estimation.pooling.posterior import Diagnostics, Posterior, Term, withheld
from advocacy.estimation.pooling.predictions import pooled_rates
from advocacy.remarks import Remark, from_json
from advocacy.report.figures import pooled as pooled_figures
from advocacy.report.figures.pooled_frames import FAILED, joined, median_variances, passed, sizes
from advocacy.report.figures.style import save, style
from advocacy.report.wording import ENGLISH
from advocacy.study import pooling_numbers
from advocacy.study.book import pooling_pages
from advocacy.study.book.figures import near_truth
from advocacy.study.book.making import has_something
from advocacy.study.pooling import (
    asked_of_posterior,
    beside_truth,
    error_of,
    pooled_tables,
    second_opinion,
)
from advocacy.study.protocol import Pooling, read_protocol
from tests.conftest import ROOT

SECTORS, INDUSTRIES, COUNTRIES = ("B2B", "B2C"), ("C", "G"), ("NO", "SE")
BANDS = ("0-6", "10")
CELLS = list(product(SECTORS, INDUSTRIES, COUNTRIES))
BY = ("sector", "industry", "country")
HIDDEN = ("B2C", "G", "SE")
DRAWS = 400
PASSED = Diagnostics(1.002, 900.0, 800.0, ("sector", "year:scale", "intercept"), 0, 4, 100)
ANSWERS = 50
STUDY = replace(
    read_protocol(ROOT / "analysis" / "study.toml"),
    intent="score_10",
    pooling=Pooling(draws=DRAWS, seed=1, conf_level=0.9, answers=ANSWERS),
)
TRUTH = {cell: 0.40 + 0.02 * number for number, cell in enumerate(CELLS)}


def made_up(diagnostics: Diagnostics = PASSED) -> Posterior:
    """Return draws that no sampler has drawn."""
    rng = np.random.default_rng(20260420)

    def term(name: str, levels: tuple[str, ...], effects: list[float]) -> Term:
        drawn = np.array(effects) + 0.05 * rng.standard_normal((DRAWS, len(effects)))
        return Term((name,), (levels,), drawn, np.full(DRAWS, 0.3))

    rows = [dict(zip(BY, cell, strict=True)) | {"score_band": b} for cell in CELLS for b in BANDS]
    for number, row in enumerate(rows):
        row |= {"n": 40 + number, "n_eff": 30.5 + number, "n_numerator": 20 + number}
        row["n_programmes"] = 3 + number // 2
    return Posterior(
        intercept=0.1 * rng.standard_normal(DRAWS),
        terms=(
            replace(term("sector", SECTORS, [0.3, -0.3]), scale=None),
            term("score_band", BANDS, [-0.8, 0.8]),
            term("industry", INDUSTRIES, [0.1, -0.1]),
            term("country", COUNTRIES, [0.2, -0.2]),
        ),
        programme=np.full(DRAWS, 0.4),
        programme_score=np.full(DRAWS, 0.1),
        bands=BANDS,
        cells=pa.Table.from_pylist(rows),
        labels={
            "estimand": "recommended_past_12m", "rung": "retrospective",
            "target": "programmes_like_these", "source_kind": "simulated",
        },
        diagnostics=diagnostics,
    )  # fmt: skip


def direct(by: tuple[str, ...] = BY) -> Estimates:
    """Return published direct rates of the cells, one of them withheld."""
    rows = []
    for number, cell in enumerate(CELLS):
        rate = TRUTH[cell] + (0.03 if number % 2 else -0.04)
        row = dict.fromkeys(COLUMNS.names) | {
            "estimand": "recommended_past_12m", "rung": "retrospective", "intent": "score_10",
            "target": "programmes_like_these", "quantity": "rate", "interval": "korn_graubard",
            "conf_level": 0.95, "reliability": "ok", "source_kind": "simulated",
        }  # fmt: skip
        if cell == HIDDEN:
            row["reliability"] = "withheld"
        else:
            row |= {"estimate": rate, "std_error": 0.03, "conf_low": rate - 0.06}
            row |= {"conf_high": rate + 0.06, "n": 40 + 2 * number, "n_programmes": 3 + number}
        rows.append(dict(zip(BY, cell, strict=True)) | row)
    keys = [(name, pa.string()) for name in BY]
    return Estimates(pa.Table.from_pylist(rows, pa.schema([*keys, *COLUMNS])), "rates")


FAILING = [
    replace(PASSED, rhat=1.02),
    replace(PASSED, ess_bulk=399.0),
    replace(PASSED, divergences=1),
]


@pytest.fixture(scope="module")
def tables() -> dict[str, Estimates]:
    return pooled_tables(made_up(), direct(), STUDY)


@pytest.fixture(scope="module")
def failed() -> dict[str, Estimates]:
    return pooled_tables(made_up(FAILING[0]), direct(), STUDY)


# Disclosure


def test_numbers_behind_withheld_cells_are_gone_and_the_others_are_as_they_were() -> None:
    before, after = made_up(), withheld(made_up(), direct())
    for then, now in zip(before.cells.to_pylist(), after.cells.to_pylist(), strict=True):
        cell = tuple(then[name] for name in BY)
        hidden = cell == HIDDEN or then["score_band"] != "10"  # a band that nobody has judged
        for name in ("n", "n_eff", "n_numerator", "n_programmes"):
            assert now[name] == (None if hidden else then[name])
    assert after.cells.schema == before.cells.schema
    assert after.cells.select([*BY, "score_band"]) == before.cells.select([*BY, "score_band"])


def test_published_rates_by_other_segments_are_refused() -> None:
    posterior = made_up()
    with pytest.raises(UsageError, match="by sector × industry"):
        withheld(posterior, pooled_rates(posterior, by=["sector", "industry"]))


def test_a_withheld_cell_has_a_pooled_rate_and_nothing_behind_it(
    tables: dict[str, Estimates],
) -> None:
    for name in ("rates", "next", "next-answers"):
        rows = {tuple(row[key] for key in BY): row for row in tables[name].table.to_pylist()}
        assert set(rows) == set(CELLS)
        for cell, row in rows.items():
            assert 0 < row["conf_low"] < row["estimate"] < row["conf_high"] < 1
            for number in ("n", "n_eff", "n_numerator", "n_programmes"):
                assert (row[number] is None) == (cell == HIDDEN)


def test_area_level_rates_are_shown_where_direct_ones_are(tables: dict[str, Estimates]) -> None:
    shown = second_opinion(tables["rates"], direct()).table.select(BY).to_pylist()
    assert [tuple(row.values()) for row in shown] == [cell for cell in CELLS if cell != HIDDEN]


# Against hand computation


def test_a_prediction_is_the_mean_the_programmes_and_the_answers(
    tables: dict[str, Estimates],
) -> None:
    """What is drawn has the variance that the three parts add up to, by the law of it."""
    _, own, answer = median_variances(tables["rates"], tables["next"])
    drawn = np.median(tables["next-answers"].table["std_error"].to_numpy() ** 2)
    assert own + answer / ANSWERS == pytest.approx(drawn, rel=0.03)


def test_errors_are_root_mean_squares_of_the_cells_that_are_shown(
    tables: dict[str, Estimates],
) -> None:
    frame = beside_truth(joined(direct(), pooled=tables["rates"]), TRUTH)
    assert frame is not None
    assert len(frame) == len(CELLS) - 1
    # Four cells are 4 points too low, three 3 points too high.
    assert error_of(frame, "direct") == pytest.approx(np.sqrt((4 * 0.04**2 + 3 * 0.03**2) / 7))
    assert {words: len(rows) for words, rows in sizes(frame).items()} == {
        "up to 4": 2, "5 to 6": 2, "7 to 9": 3,
    }  # fmt: skip
    page = pooling_pages.errors_table(direct(), tables["rates"], tables["rates"], truth=TRUTH)
    assert "| up to 4 | 2 | 3.5 |" in page  # the root of (16 + 9) / 2
    held = frame.truth.between(frame.conf_low_pooled, frame.conf_high_pooled).sum()
    assert f"| {held} of 7 |" in page.splitlines()[-3]


def test_without_a_truth_there_is_none(tables: dict[str, Estimates]) -> None:
    assert beside_truth(joined(direct(), pooled=tables["rates"]), None) is None
    page = pooling_pages.errors_table(direct(), tables["rates"], tables["rates"], truth=None)
    assert "no cells whose truth" in page


# Numbers


def test_the_ledger_has_the_numbers_of_the_tables(tables: dict[str, Estimates]) -> None:
    numbers = pooling_numbers.pooling_numbers(tables, ANSWERS, 0.9)
    for name, part in (("next", "range"), ("next-answers", "answers")):
        for row in tables[name].table.to_pylist():
            entry = numbers[f"expect:{row['sector']},{row['industry']},{row['country']}:{part}"]
            low, high = (round(100 * row[limit]) for limit in ("conf_low", "conf_high"))
            assert entry["text"] == f"{low}–{high}\N{NARROW NO-BREAK SPACE}%"
            assert entry["source_kind"] == "simulated"
            assert entry["conf_low"] == row["conf_low"]
    for row in tables["rates"].table.to_pylist():
        stem = f"pooled:{row['sector']},{row['industry']},{row['country']}"
        assert numbers[f"{stem}:rate"]["text"][:-2] == f"{100 * row['estimate']:.1f}"
        assert (f"{stem}:programmes" in numbers) == (row["n_programmes"] is not None)
    widths = [numbers[f"expect:width:{p}"]["value"] for p in ("mean", "programmes", "answers")]
    assert sum(widths) == pytest.approx(1)
    assert numbers["next:answers"]["text"] == "50"


def test_sentences_name_only_numbers_that_are_there(tables: dict[str, Estimates]) -> None:
    numbers = pooling_numbers.pooling_numbers(tables, ANSWERS, 0.9)
    three = [tables[name] for name in ("rates", "next", "next-answers")]
    pages = [
        pooling_pages.quotation(*three),
        pooling_pages.width_parts(*three[:2]),
        pooling_pages.extremes(direct(), tables["rates"]),
    ]
    for page in pages:
        named = [part.split("`")[0] for part in page.split("{number}`")[1:]]
        assert named
        assert all(n in numbers or n.startswith("sector_industry_country:") for n in named)
    # The cell with the most ratings that are shown.
    assert "A B2C client in Norway (Wholesale" in pages[0]
    assert "simulated data: not a finding" in pages[0]


def test_the_table_to_look_up_has_a_row_a_cell(tables: dict[str, Estimates]) -> None:
    page = pooling_pages.lookup(*[tables[name] for name in ("rates", "next", "next-answers")])
    assert page.count(":::{dropdown}") == len(COUNTRIES)
    assert page.count("| B2") == len(CELLS)
    assert page.count("Simulated data: not a finding") == len(COUNTRIES)
    hidden = next(line for line in page.splitlines() if "B2C | Whole" in line and line[-3] == "–")
    assert hidden in page.split("Sweden")[1]


# Figures, and what a fit that fails leaves of them

Draws = dict[str, tuple[Callable[..., Any], tuple[str, ...], dict[str, Any]]]
NEXT = ("rates", "next", "next-answers")
DRAWN: Draws = {
    "shrinkage": (pooled_figures.shrinkage, ("direct", "rates"), {}),
    "near_truth": (near_truth, ("direct", "rates", "rates"), {"truth": TRUTH}),
    "ranks": (pooled_figures.rank_intervals, ("ranks-industry", "ranks-country"), {}),
    "variance": (pooled_figures.variance_parts, ("variance",), {}),
    "expect": (pooled_figures.expected, NEXT, {}),
    "width": (pooled_figures.width_by_answers, ("rates", "next"), {"answers": ANSWERS}),
}
PAGES: Draws = {
    "cells": (pooling_pages.cells_table, ("direct", "rates", "rates"), {}),
    "extremes": (pooling_pages.extremes, ("direct", "rates"), {}),
    "places": (pooling_pages.places_table, ("direct", "rates"), {}),
    "errors": (pooling_pages.errors_table, ("direct", "rates", "rates"), {"truth": TRUTH}),
    "ranks": (pooling_pages.ranks_table, ("ranks-industry", "ranks-country"), {}),
    "variance": (pooling_pages.variance_table, ("variance",), {}),
    "quotation": (pooling_pages.quotation, NEXT, {}),
    "width": (pooling_pages.width_parts, ("rates", "next"), {}),
    "lookup": (pooling_pages.lookup, NEXT, {}),
}


def drawn(name: str, tables: dict[str, Estimates], path: Path) -> str:
    draw, names, options = DRAWN[name]
    with style():
        save(draw(*[{**tables, "direct": direct()}[own] for own in names], **options), path)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_stamped_and_the_same_every_time(
    name: str, tables: dict[str, Estimates], tmp_path: Path
) -> None:
    one, two = (drawn(name, tables, tmp_path / file) for file in ("one.svg", "two.svg"))
    assert one == two
    assert "SIMULATED DATA: NOT A FINDING" in one
    assert "Not published" not in one
    assert "prefers-color-scheme:dark" in one


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_of_a_failed_fit_says_so(
    name: str, failed: dict[str, Estimates], tmp_path: Path
) -> None:
    figure = drawn(name, failed, tmp_path / "one.svg")
    assert "SIMULATED DATA: NOT A FINDING" in figure
    assert "Not published: the fit misses its diagnostics" in figure


def test_no_page_is_made_of_a_failed_fit(
    tables: dict[str, Estimates], failed: dict[str, Estimates]
) -> None:
    """The book makes nothing of a table that has no number, whatever the page."""
    assert all(map(has_something, tables.values()))
    assert not any(map(has_something, failed.values()))
    of_the_fit = {name for _, names, _ in PAGES.values() for name in names} - {"direct"}
    assert of_the_fit & set(failed)


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("extremes", "width")])
def test_a_page_of_simulated_data_is_labelled(name: str, tables: dict[str, Estimates]) -> None:
    page, names, options = PAGES[name]
    shown = page(*[{**tables, "direct": direct()}[own] for own in names], **options)
    assert "simulated data: not a finding" in shown.lower()


@pytest.mark.parametrize("diagnostics", FAILING)
def test_nothing_is_made_of_a_fit_that_fails(diagnostics: Diagnostics) -> None:
    found = pooled_tables(made_up(diagnostics), direct(), STUDY)
    assert set(found) == set(asked_of_posterior(STUDY))
    for table in found.values():
        assert not passed(table)
        (row,) = table.table.to_pylist()
        assert row["reliability"] == FAILED
        assert not any(isinstance(row[name], float) for name in row if name != "conf_level")
    fit = fit_report(made_up(diagnostics))
    assert not any(map(has_something, found.values()))
    assert set(pooling_numbers.pooling_numbers({}, ANSWERS, 0.9)) == {
        "next:answers",
        "next:conf_level",
    }
    notice = pooling_pages.fit_notice(fit)
    assert notice.startswith(":::{admonition} Not published")
    assert ENGLISH.said(from_json(fit["problems"])[0]) in notice
    with pytest.raises(DataError, match="not to be relied on"):
        made_up(diagnostics).require_passed()


def test_checks_are_of_all_programmes_together() -> None:
    checks = {
        "level": 0.9,
        "programmes": {"rates": 1_600, "outside": 0.0925},
        "cells": {"rates": 800, "outside": 0.05},
        "bands": [
            {"score_band": "0-6", "observed": 1_200.4, "replicated": 1_210.0, "p_value": 0.61}
        ],
    }
    page = pooling_pages.checks_table(fit_report(made_up()) | {"checks": checks})
    assert "| a programme's, by score | 1\N{NARROW NO-BREAK SPACE}600 | 9.2 |" in page
    assert "| 0–6 | 1\N{NARROW NO-BREAK SPACE}200 | 1\N{NARROW NO-BREAK SPACE}210 | 0.61 |" in page
    assert "Simulated data: not a finding" in page


def test_a_fit_that_passes_says_how_it_did() -> None:
    fit = fit_report(
        replace(made_up(), warnings=(Remark("fit.few_programmes", {"programmes": 4}),))
    )
    assert pooling_pages.fit_notice(fit) == (
        "The fit passes its diagnostics. There are 4 programmes only: how programmes differ is "
        "mostly what the model supposed beforehand.\n"
    )
    page = pooling_pages.fit_table(fit)
    assert "| largest R-hat | 1.002 | below 1.01 | sector |" in page
    assert "| smallest tail ESS | 800 | above 400 | intercept |" in page
    assert "4 chains of 100 draws" in page


def test_a_diagnostic_that_is_not_defined_is_a_dash() -> None:
    page = pooling_pages.fit_table(fit_report(made_up()) | {"rhat": None, "ess_bulk": None})
    assert "| largest R-hat | – | below 1.01 | sector |" in page
    assert "| smallest bulk ESS | – | above 400 |" in page
