"""What the book shows: named once, of tables that are named, and all that its chapters include."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from advocacy.layers import LAYERS
from advocacy.report.contents.estimates import rates
from advocacy.study.figures import near_truth
from advocacy.study.protocol import Protocol, read_protocol
from advocacy.study.shown import (
    Shown,
    evidence,
    figures,
    made,
    numbers,
    pages,
    paths_of,
    shown_files,
)
from advocacy.study.sources import sources


@pytest.fixture(scope="module")
def protocol(root: Path) -> Protocol:
    return read_protocol(root / "analysis" / "study.toml")


def everything(protocol: Protocol) -> list[Shown]:
    lists = (figures(protocol).values(), pages(protocol).values(), numbers(protocol))
    return [*(one for own in lists for one in own), evidence(protocol)]


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
    assert shown <= set(shown_files(protocol))


def test_every_figure_is_in_a_chapter(root: Path, protocol: Protocol) -> None:
    drawn = {path for path in shown_files(protocol) if path.suffix == ".svg"}
    assert len(drawn) == len(figures(protocol)) > 20
    assert drawn <= included(root)


def test_no_two_things_are_written_to_one_file(protocol: Protocol) -> None:
    files = shown_files(protocol)
    assert len(files) == len(set(files)) == len(figures(protocol)) + len(pages(protocol)) + 2


def test_everything_says_what_it_is_made_of(protocol: Protocol) -> None:
    known = sources(protocol)
    for one in everything(protocol):
        assert set(one.tables) <= set(known)
        assert set(paths_of(protocol, one, "it")) == set(one.tables)


def test_it_is_stale_with_the_layer_that_makes_it(protocol: Protocol) -> None:
    layers = {layer.package for layer in LAYERS}
    assert {one.layer for one in everything(protocol)} <= layers
    assert Shown(partial(rates, baselines=None)).layer == "report"
    assert Shown(partial(near_truth, truth=None)).layer == "study"
    assert figures(protocol)["years"].layer == "report"  # so not with a chapter's table
    assert pages(protocol)["codebook-responses"].layer == "responses"


def test_the_files_are_read_that_are_given_in_the_order_of_their_names(
    protocol: Protocol, tmp_path: Path
) -> None:
    paths = {}
    for name in ("truth", "fit"):
        paths[name] = tmp_path / name
        paths[name].write_text(f'"{name}"', encoding="utf-8")
    assert made(protocol, Shown(lambda *read: read, ("fit", "truth")), paths) == ("fit", "truth")


def test_of_data_of_ones_own_no_truth_is_shown(protocol: Protocol) -> None:
    collected = replace(protocol, sources=protocol.root / "data" / "raw" / "mine")
    assert any("truth" in one.tables for one in everything(protocol))
    assert not any("truth" in one.tables for one in everything(collected))
    gone = set(pages(protocol)) - set(pages(collected))
    assert len(gone) == 6
    assert all(name.startswith("truth-") for name in gone)
    assert set(figures(protocol)) == set(figures(collected))
