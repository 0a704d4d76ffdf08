"""What the book shows: named once, of tables that are named, and all that its chapters include."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pytest

from advocacy.estimation import Estimates, estimate
from advocacy.layers import LAYERS
from advocacy.report.contents.estimates import rates
from advocacy.report.exporters import export
from advocacy.responses import open_responses
from advocacy.study.book.figures import near_truth
from advocacy.study.book.making import Shown, asked, made, paths_of
from advocacy.study.book.publishing import card_files
from advocacy.study.book.shown import (
    figures,
    numbers,
    pages,
    shown_files,
)
from advocacy.study.protocol import Protocol, read_protocol
from advocacy.study.sources import sources


@pytest.fixture
def rate(tmp_path: Path) -> Estimates:
    file = tmp_path / "answers.csv"
    file.write_text("score,recommended_past_12m\n" + "10,1\n10,0\n" * 20, encoding="utf-8")
    return estimate(open_responses(file))


@pytest.fixture(scope="module")
def protocol(root: Path) -> Protocol:
    return read_protocol(root / "analysis" / "study.toml")


def everything(protocol: Protocol) -> list[Shown]:
    lists = (figures(protocol).values(), pages(protocol).values(), numbers(protocol))
    return [one for own in lists for one in own]


def included(root: Path) -> set[Path]:
    """Return the files that chapters include or draw."""
    chapters = [path.read_text(encoding="utf-8") for path in (root / "book").glob("*.md")]
    return {
        (root / "book" / name).resolve()
        for text in chapters
        for name in re.findall(r"\.\./data/derived/\S+\.(?:md|svg|json)", text)
    }


def test_the_book_waits_for_everything_that_its_chapters_show(
    root: Path, protocol: Protocol
) -> None:
    shown = included(root)
    assert len(shown) > 60
    assert shown <= {*shown_files(protocol), *card_files(protocol)}


def test_every_figure_is_in_a_chapter(root: Path, protocol: Protocol) -> None:
    drawn = {path for path in shown_files(protocol) if path.suffix == ".svg"}
    assert len(drawn) == len(figures(protocol)) > 20
    assert drawn <= included(root)


def test_no_two_things_are_written_to_one_file(protocol: Protocol) -> None:
    files = shown_files(protocol)
    written = 3 * len(figures(protocol)) + 2 * len(pages(protocol)) + 3  # beside each its data
    assert len(files) == len(set(files)) == written


def test_everything_says_what_it_is_made_of(protocol: Protocol) -> None:
    known = sources(protocol)
    for one in everything(protocol):
        assert set(one.names) <= set(known)
        assert asked(protocol, one)
        assert set(paths_of(protocol, one)) == set(one.names)


def test_what_made_it_is_a_function_that_its_module_lists(protocol: Protocol) -> None:
    for one in (*figures(protocol).values(), *pages(protocol).values()):
        module, _, function = one.made_by.rpartition(".")
        source = Path(import_module(module).__file__ or "").read_text(encoding="utf-8")
        assert re.search(rf"^def {function}\(", source, re.MULTILINE), one.made_by


def test_it_is_stale_with_the_layer_that_makes_it(protocol: Protocol) -> None:
    layers = {layer.package for layer in LAYERS}
    assert {one.layer for one in everything(protocol)} <= layers
    assert Shown(partial(rates, baselines=None)).layer == "report"
    assert Shown(partial(near_truth, truth=None)).layer == "study"
    assert figures(protocol)["years"].layer == "report"  # so not with a chapter's table
    assert pages(protocol)["codebook-responses"].layer == "responses"


def written(tmp_path: Path, protocol: Protocol, **tables: Estimates) -> dict[str, Path]:
    """Write tables where one chooses, and return their files by name."""
    paths = {name: tmp_path / f"{name}.parquet" for name in tables}
    for name, path in paths.items():
        export(tables[name], path)
    return paths


def test_it_is_made_of_the_tables_in_the_order_of_their_names(
    protocol: Protocol, tmp_path: Path, rate: Estimates
) -> None:
    paths = written(tmp_path, protocol, sector=rate, country=rate)
    one = Shown(lambda *read: [len(table) for table in read], ("country",), ("sector", "year"))
    assert made(protocol, one, paths) == [1, 1]
    assert made(protocol, replace(one, make=lambda *_: "x"), paths) == "x"


def test_of_a_needed_table_without_a_number_nothing_is_made(
    protocol: Protocol, tmp_path: Path, rate: Estimates
) -> None:
    nothing = pa.nulls(1, pa.float64())
    withheld = replace(rate, table=rate.table.set_column(
        rate.table.column_names.index("estimate"), "estimate", nothing
    ))  # fmt: skip
    paths = written(tmp_path, protocol, sector=rate, country=withheld)
    assert made(protocol, Shown(len, ("country",)), paths) is None
    assert made(protocol, Shown(lambda *_: 1, ("sector", "country")), paths) is None
    assert made(protocol, Shown(lambda *read: len(read), ("sector",), ("country",)), paths) == 1
    assert made(protocol, Shown(len, beside=("country",)), paths) is None
    counted = Shown(lambda *read: len(read), beside=("sector", "country"), withheld_too=True)
    assert made(protocol, counted, paths) == 2
    assert made(protocol, Shown(lambda: "words"), {}) == "words"


def test_of_data_of_ones_own_no_truth_is_asked_for(protocol: Protocol) -> None:
    own = replace(protocol, simulation=None, sources=protocol.root / "data" / "raw" / "mine")
    gone = [one for one in everything(own) if not asked(own, one)]
    # Nine tables, each with its numbers, two figures and the errors of three methods, these with
    # numbers too; and the truth of three tables of what may be wrong.
    assert len(gone) == 25
    assert all("truth" in one.tables for one in gone)


def test_without_the_model_nothing_of_it_is_asked_for(protocol: Protocol) -> None:
    own = replace(protocol, pooling=None)
    gone = {name for name, one in figures(own).items() if not asked(own, one)}
    assert gone == {"shrinkage", "near_truth", "ranks", "variance", "expect", "expect_width"}
    assert not {path.stem for path in shown_files(own)} & gone
    assert {name for name, one in pages(own).items() if not asked(own, one)} == {
        name for name in pages(own) if name.startswith(("pooled-", "expect-"))
    }
