"""Published figures: each rule has a row that breaks it, and what is there keeps all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from advocacy.errors import DataError, UsageError
from advocacy.evidence.published import of_quantity, published_range, read_published
from advocacy.evidence.schema import COLUMNS, NUMBERS, QUANTITIES, WHOLE, WORDS
from advocacy.provenance import sha256
from advocacy.responses.dataset.source import find_sources
from tests.evidence.rows import FIGURE, written

FOLDER = Path("data/raw/published")
BROKEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "no source": ({"source": ""}, "source", "no source"),
    "no label": ({"label": ""}, "label", "no label"),
    "no base": ({"base": " "}, "base", "no base"),
    "not said how seen": ({"seen": ""}, "seen", "how it was seen"),
    "no address": ({"address": ""}, "address", "neither a DOI nor an address"),
    "above 100": ({"low": 101, "high": 101}, "low", "outside 0 to 100"),
    "range beyond 100": ({"low": 90, "high": 100.5}, "high", "outside 0 to 100"),
    "below 0": ({"low": -0.1, "high": 4}, "low", "outside 0 to 100"),
    "unknown quantity": ({"quantity": "rate"}, "quantity", "no known quantity"),
    "no quantity": ({"quantity": ""}, "quantity", "no known quantity"),
    "unknown behaviour": ({"behaviour": "voting"}, "behaviour", "no known behaviour"),
    "unknown unit": ({"unit": "%"}, "unit", "no known unit"),
    "unknown inclusion": ({"include": "yes"}, "include", "no known include"),
    "no reason": ({"why": ""}, "why", "not said why"),
    "address for a DOI": ({"doi": "https://doi.org/10.1177/1"}, "doi", "no DOI"),
    "DOI cut off": ({"doi": "10.1177"}, "doi", "no DOI"),
    "DOI with a space": ({"doi": "10.1177/a b"}, "doi", "no DOI"),
    "turned round": ({"low": 60, "high": 40}, "low", "begins at 60 and ends at 40"),
    "one end": ({"high": ""}, "low", "one is missing"),
    "no value": ({"low": "", "high": ""}, "low", "no value"),
    "n in words": ({"n": "about 500"}, "n", "no whole number"),
    "n with a comma": ({"n": "1,034"}, "n", "no whole number"),
    "n of nobody": ({"n": 0}, "n", "n is 0"),
    "year in words": ({"year": "undated"}, "year", "no whole number"),
    "value in words": ({"low": "half", "high": "half"}, "low", "no number"),
    "value that is none": ({"low": "nan", "high": "nan"}, "low", "no number"),
    "no window": ({"window_months": 0}, "window_months", "no meaning"),
    "half an interval": ({"interval_low": 40}, "interval_low", "not one around"),
    "interval elsewhere": ({"interval_low": 60, "interval_high": 70}, "interval_low", "around"),
    "count for a rate": ({"unit": "count"}, "unit", "a share, not a count"),
    "count drawn": ({"unit": "count", "quantity": "other"}, "include", "cannot be drawn"),
    "range pooled": ({"low": 33, "high": 48.5, "n": 9, "include": "pool"}, "low", "ambiguous"),
    "pooled without n": ({"include": "pool"}, "n", "without the n"),
    "other pooled": ({"quantity": "other", "n": 9, "include": "pool"}, "include", "not pooled"),
    "voting pooled": ({"behaviour": "another", "n": 9, "include": "pool"}, "include", "behaviour"),
    "odd name": ({"id": "A b"}, "id", "cannot name"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_refused_by_file_row_column_and_remedy(case: str, tmp_path: Path) -> None:
    change, column, said = BROKEN[case]
    path = written(tmp_path, {}, {"id": "second"} | change)
    with pytest.raises(DataError) as caught:
        read_published(path)
    error = caught.value
    assert re.search(said, error.what), error
    assert error.where == f"{path}, row 3, column {column}"
    assert error.remedy


def test_a_figure_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Two figures are called figure"):
        read_published(written(tmp_path, {}, {}))


def test_other_columns_and_cells_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {})
    path.write_text(path.read_text().replace(",why", ",reason"))
    with pytest.raises(DataError, match="reason, why"):
        read_published(path)
    path = written(tmp_path, {})
    path.write_text(path.read_text().replace("A firm", "A, firm"))
    with pytest.raises(DataError, match="27 cells"):
        read_published(path)
    path.write_bytes("id;\xe6".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        read_published(path)


def test_values_are_typed_and_what_was_not_seen_is_missing(tmp_path: Path) -> None:
    (row,) = read_published(written(tmp_path, {"n": 700, "year": 2020})).table.to_pylist()
    assert (row["low"], row["high"], row["estimate"], row["n"]) == (50.0, 50.0, 0.5, 700)
    assert row["year"] == 2020
    assert [row[name] for name in ("window_months", "conf_low", "doi", "country")] == [None] * 4
    assert {*WORDS, *WHOLE, *NUMBERS} == set(COLUMNS)


def test_a_range_has_no_estimate_and_counts_with_both_ends(tmp_path: Path) -> None:
    figures = read_published(
        written(
            tmp_path,
            {"id": "a", "low": 33, "high": 48.5},
            {"id": "b", "low": 40, "high": 40},
            {"id": "c", "low": 1, "high": 1, "include": "context"},
            {"id": "d", "low": 2, "high": 2, "behaviour": "another"},
            {"id": "e", "low": 3, "high": 3, "quantity": "acted"},
        )
    )
    assert figures.table["estimate"].to_pylist()[0] is None
    found = published_range(figures)
    assert found is not None
    assert (found.low, found.high, found.figures) == (0.33, 0.485, ("a", "b"))
    assert published_range(figures, "acted_per_intended") is None
    assert len(of_quantity(figures, "acted")) == 1
    with pytest.raises(UsageError, match="no common range"):
        published_range(figures, "other")
    with pytest.raises(UsageError, match="no quantity"):
        of_quantity(figures, "rate")


# What the repository has


def test_what_is_transcribed_keeps_all_rules_and_is_as_described(root: Path) -> None:
    figures = read_published(root / FOLDER / "figures.csv")
    assert set(figures.table["quantity"].to_pylist()) == {*QUANTITIES, "other"}
    described = (root / FOLDER / "source.toml").read_text(encoding="utf-8")
    assert sha256(root / FOLDER / "figures.csv") in described
    assert 'kind = "published"' in described


def test_no_source_is_made_of_published_figures(root: Path) -> None:
    assert find_sources(root / FOLDER) == []


def test_the_corrections_of_the_lists_stand(root: Path) -> None:
    rows = {r["id"]: r for r in read_published(root / FOLDER / "figures.csv").table.to_pylist()}
    assert (rows["kumar_fs_profitable"]["low"], rows["kumar_tel_profitable"]["low"]) == (11, 8)
    assert (rows["daniel24_acted"]["low"], rows["daniel24_acted"]["high"]) == (30, 40)
    assert (
        "thedanielgroup.com/resources/blog/customer-referrals" in rows["daniel24_acted"]["address"]
    )
    # Ambiguous bases are ranges; one study that is told twice is counted once.
    assert (rows["kumar_fs"]["low"], rows["kumar_fs"]["high"]) == (33, 48.5)
    assert rows["advisor10_bound_83"]["include"] == "context"
    # Voting and purchases are no recommendations.
    assert {r["behaviour"] for r in rows.values() if r["source"] == "ces18"} == {"another"}
    # No interval was found, and none is made up.
    assert all(row["conf_low"] is None for row in rows.values())


def test_derived_bounds_are_what_their_shares_give(root: Path) -> None:
    rows = {r["id"]: r for r in read_published(root / FOLDER / "figures.csv").table.to_pylist()}
    bounds = {"advisor10_bound": (29, 91), "advisor10_bound_83": (29, 83)}
    for name, (acted, intended) in bounds.items():
        assert rows[name]["low"] == round(100 * acted / intended, 1)
    for name, acted in (("kumar_fs", 33), ("kumar_tel", 30)):
        intended = rows[f"{name}_intended"]["low"]
        assert rows[name]["high"] == round(100 * acted / intended, 1)


def test_the_figure_of_the_tests_keeps_all_rules(tmp_path: Path) -> None:
    assert len(read_published(written(tmp_path, FIGURE))) == 1
