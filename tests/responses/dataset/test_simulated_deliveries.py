"""Simulated deliveries, imported whole: every dialect undone, every planted row set aside.

The oracle are the canonical rows that the simulator draws before it codes them in a dialect,
redrawn here from its documented seeds.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from advocacy.responses import RowAccount, find_sources, import_source, open_responses, read_source
from advocacy.responses.dataset.accounts import ABOUT
from advocacy.responses.dataset.importing import partition
from advocacy.responses.schema import FOLLOWUPS
from advocacy.simulation import draw_programmes, n_programmes, simulate_responses
from advocacy.simulation.deliveries import simulate

RESPONSES, SEED = 6000, 1
FOLLOWED_UP = {column.name for column in FOLLOWUPS} - {"rating_id", "wave"}
# Of those whose rating was rejected: there is no other of theirs, or one of years ago.
UNLINKED = {
    "the ratings have none of theirs with a date",
    "more than 731 days after the interview",
}
Imported = tuple[Path, dict[str, RowAccount]]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(RESPONSES, SEED, tmp_path_factory.mktemp("simulated") / "raw")


@pytest.fixture(scope="module")
def imported(simulated: Path) -> Imported:
    dataset = simulated.parent / "data"
    sources = [read_source(folder) for folder in find_sources(simulated)]
    return dataset, {source.name: import_source(source, dataset) for source in sources}


@cache
def drawn() -> dict[str, pd.DataFrame]:
    drawing, _, *children = np.random.SeedSequence(SEED).spawn(2 + n_programmes(RESPONSES))
    programmes = draw_programmes(len(children), RESPONSES, np.random.default_rng(drawing))
    ones = [programmes.take(np.array([i])) for i in range(len(children))]
    return {
        one.names()[0]: simulate_responses(one, np.random.default_rng(child)).to_pandas()
        for one, child in zip(ones, children, strict=True)
    }


def rejected(dataset: Path, name: str) -> list[dict[str, str]]:
    """Return the values for which ratings were rejected, not their follow-ups."""
    return [row for row in set_aside(dataset, name) if Path(row["file"]).stem == name]


def set_aside(dataset: Path, name: str) -> list[dict[str, str]]:
    with (partition(dataset, name) / ABOUT / "rejected.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        return list(csv.DictReader(file))


def test_every_row_is_accounted_for(simulated: Path, imported: Imported) -> None:
    dataset, accounts = imported
    planted = json.loads((simulated / "truth.json").read_text("utf-8"))["planted_bad_rows"]
    assert sum(account.read for account in accounts.values()) == RESPONSES
    assert {name: account.rejected for name, account in accounts.items()} == planted
    kept = open_responses(dataset)
    assert kept.fetch(f"SELECT count(*) FROM {kept.relation}")[0] == RESPONSES - sum(
        planted.values()
    )
    assert kept.source_kind == "simulated"


def test_only_planted_codes_are_rejected(imported: Imported) -> None:
    dataset, accounts = imported
    rows = [row for name in accounts for row in rejected(dataset, name)]
    assert rows
    assert {row["column"] for row in rows} == {"score"}
    assert {row["value"] for row in rows} <= {"55", "77"}
    assert {row["reason"] for row in rows} == {"the crosswalk has no line for this value"}


def test_follow_ups_are_set_aside_only_where_their_rating_was_rejected(imported: Imported) -> None:
    dataset, accounts = imported
    for name in accounts:
        others = [row for row in set_aside(dataset, name) if Path(row["file"]).stem != name]
        assert len(others) <= 3 * len(rejected(dataset, name))
        assert {row["column"] for row in others} <= {"followed_up_on"}
        assert {row["reason"] for row in others} <= UNLINKED


def test_every_dialect_is_undone(imported: Imported) -> None:
    dataset, accounts = imported
    assert set(accounts) == set(drawn())
    for name, expected in drawn().items():
        bad = [int(row["row"]) - 1 for row in rejected(dataset, name)]
        expected = expected.drop(index=bad).reset_index(drop=True)
        found = pq.read_table(partition(dataset, name) / "responses-0.parquet").to_pandas()
        given = [column for column in expected if expected[column].notna().any()]
        assert set(found) - {"excluded"} - FOLLOWED_UP == {*given, "rating_id", "source_kind"}
        for column in given:
            same = equal(found[column], expected[column])
            assert same.all(), (name, column, found[column][~same], expected[column][~same])


def equal(found: pd.Series, expected: pd.Series) -> pd.Series:  # type: ignore[type-arg]
    """Compare values as people read them; missing equals missing."""
    if pd.api.types.is_float_dtype(found):
        return (found == expected.astype(float)) | (found.isna() & expected.isna())
    texts = found.astype(str).where(found.notna(), "missing")
    return texts == expected.astype(str).where(expected.notna(), "missing")
