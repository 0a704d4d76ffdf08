"""A fit that misses its diagnostics: the study goes on, and its book says so in every place."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from advocacy.estimation.estimates_file import read_estimates
from advocacy.estimation.pooling.fit_report import fit_report
from advocacy.estimation.pooling.posterior_file import read_posterior
from advocacy.files import write_text
from advocacy.provenance import write_json
from advocacy.report.exporters import export
from advocacy.study.book.making import Shown, made, paths_of
from advocacy.study.book.publishing import build_book, write_contents, write_facts
from advocacy.study.book.shown import (
    figure_file,
    figures,
    ledger_file,
    numbers,
    page_file,
    pages,
)
from advocacy.study.pooling import pooled_tables
from advocacy.study.protocol import Protocol, read_protocol

# What is made of the model.
OF_THE_FIT = {"fit", "rates", "variance", "ranks-industry"}


def show(study: Protocol) -> None:
    """Make what shows the model as the tasks do; pytask would fit it again first."""

    def shown(one: Shown) -> Any:
        return made(study, one, paths_of(study, one))

    for name, figure in figures(study).items():
        if OF_THE_FIT.intersection(figure.names):
            assert shown(figure) is None
            write_text(figure_file(study, name), "")
    for name, page in pages(study).items():
        if OF_THE_FIT.intersection(page.names):
            write_text(page_file(study, name), shown(page) or "")
    parts = [shown(part) or {} for part in numbers(study)]
    ledger = {key: value for part in parts for key, value in part.items()}
    write_json(ledger_file(study), ledger)


@pytest.fixture(scope="module")
def failed(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the study whose fit has diverged, with the pages of its book on it."""
    copy = tmp_path_factory.mktemp("failed") / "study"
    shutil.copytree(study, copy, ignore=shutil.ignore_patterns("_build", "raw"))
    shutil.copytree(study / "data/raw/published", copy / "data/raw/published")
    deliveries = copy / "data/raw/simulated"
    deliveries.mkdir(parents=True)
    for name in ("truth.json", "manifest.json"):
        shutil.copy(study / "data/raw/simulated" / name, deliveries)
    protocol = read_protocol(copy / "analysis/study.toml")
    posterior = read_posterior(protocol.pooled / "posterior.parquet")
    posterior = replace(posterior, diagnostics=replace(posterior.diagnostics, divergences=7))
    published = read_estimates(protocol.tables["sector_industry_country"].published)
    for name, table in pooled_tables(posterior, published, protocol).items():
        export(table, protocol.pooled / f"{name}.parquet")
    write_json(protocol.pooled / "diagnostics.json", fit_report(posterior))
    show(protocol)
    # Of the other chapters nothing is needed but what these two refer to.
    methods = "(partial-pooling)=\n# Methods\n"
    (copy / "book/methods.md").write_text(methods, encoding="utf-8")
    toc = "format: jb-book\nroot: methods\nchapters:\n- file: small\n- file: expect\n"
    (copy / "book/_toc.yml").write_text(toc, encoding="utf-8")
    write_facts(protocol)
    write_contents(protocol)
    return copy


def test_the_book_is_built_and_says_so(failed: Path) -> None:
    build_book(failed / "book", failed / "data/derived/book/toc.yml")
    for name in ("small", "expect"):
        page = (failed / f"book/_build/html/{name}.html").read_text(encoding="utf-8")
        assert "7 transitions diverged" in page
        assert "the fit of the model misses its diagnostics" in page
        assert "<figure" not in page
        assert "The fit passes" not in page


def test_no_number_of_it_is_in_the_ledger(failed: Path, study: Path) -> None:
    ledgers = [
        json.loads((folder / "data/derived/book/numbers.json").read_text(encoding="utf-8"))
        for folder in (failed, study)
    ]
    gone = set(ledgers[1]) - set(ledgers[0])
    ranked = {f"{kind}_{of}" for kind in ("pooled", "ranks") for of in ("country", "industry")}
    wanted = {"pooled", "expect", "variance", "pooled_sector", *ranked}
    assert {name.split(":")[0] for name in gone} == wanted
    assert len(gone) > 100
    assert set(ledgers[0]) <= set(ledgers[1])
