"""`advocacy evidence`: what it lists, pools, writes and refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from outcome import Command
from tests.evidence.rows import written

FIGURES = Path("data/raw/published/figures.csv")


def test_it_lists_figures_by_quantity_with_base_window_and_n(command: Command, root: Path) -> None:
    found = command("evidence", root / FIGURES)
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert text.startswith("What have others published? published figures")
    assert "Of those who intended to: recommended" in text
    assert "12 – 50 Stahlkopf" in text or "12 – 50 10 Stahlkopf" in text
    assert "33 to 48.5" in text
    assert "Context: neither drawn nor pooled" in text


def test_one_quantity_alone_as_csv_and_in_files(
    command: Command, root: Path, tmp_path: Path
) -> None:
    chosen = ("evidence", root / FIGURES, "--quantity", "acted")
    printed = command(*chosen, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert {row["quantity"] for row in rows} == {"acted"}
    assert next(row for row in rows if row["id"] == "genworth_acted")["estimate"] == "0.28"
    for ending in ("parquet", "csv", "json"):
        assert command(*chosen, "-o", tmp_path / f"figures.{ending}").code == 0


def test_a_pool_is_refused_in_words_where_the_figures_allow_none(
    command: Command, root: Path
) -> None:
    found = command("evidence", root / FIGURES, "--quantity", "acted", "--pool")
    assert found.code == 1
    assert "2 published figures may be pooled; a synthesis takes 3 or more" in found.err
    assert "remedy: Draw the figures" in found.err


def test_figures_of_ones_own_are_pooled(command: Command, tmp_path: Path) -> None:
    rows = [{"id": f"f{p}", "low": p, "high": p, "n": n, "include": "pool"}
            for p, n in ((30, 120), (50, 900), (80, 2500))]  # fmt: skip
    path = written(tmp_path, *rows)
    found = command("evidence", path, "--quantity", "acted_given_intended", "--pool")
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    # expit of metafor's 0.1897, -2.6086 to 2.9880 and -5.3777 to 5.7571.
    assert "3 54.7 6.9 to 95.2 0.5 to 99.7 1.25 99.5 349.62 < 0.001" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--pool",), "never pooled"),
        (("--quantity", "rate"), "is not one of"),
        (("-o", "figures.csv"), "is the file that is read"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    command: Command,
    tmp_path: Path,
    arguments: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found = command("evidence", written(tmp_path, {}), *arguments)
    assert found.code == 2
    assert said in found.err


def test_a_broken_row_is_named(command: Command, tmp_path: Path) -> None:
    found = command("evidence", written(tmp_path, {"doi": "doi.org/1"}))
    assert found.code == 1
    assert "row 2, column doi" in found.err
    assert "is no DOI" in found.err
