"""A partition as others read it, and as an older import has written it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest
from click.testing import CliRunner, Result

from advocacy.cli import cli
from advocacy.errors import UsageError
from advocacy.responses import open_responses
from advocacy.responses.dataset.accounts import ABOUT, MANIFEST, about_folder
from advocacy.responses.dataset.importing import partition
from advocacy.responses.dataset.ledger import excluded_ratings, rejection_reasons
from advocacy.stored import FILES

CROSSWALK = """# advocacy crosswalk format 2
raw_variable,raw_value,canonical_column,canonical_value,note
id,*,respondent_id,*,
score,0..10,score,*,
bought,*,recommended_past_12m,*,
day,*,interviewed_on,*,
happy,1..5,satisfaction,*,
land,*,country,*,
"""
HEAD = "id,score,bought,day,happy,land\n"
# Row 2 is rejected, row 3 has a country that is no code, and row 4 repeats row 1.
KUNDE = "7,10,1,2025-01-01,5,NO\n8,55,1,2025-01-03,4,NO\n9,9,0,2025-01-02,3,Norge\n"
KUNDE += "7,8,0,2025-02-01,2,NO\n"
BANK = "1,0,0,2025-01-01,1,SE\n2,7,1,2025-01-01,5,SE\n"
SCORES = {"kunde": [8, 9, 10], "bank": [0, 7]}


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Return a dataset of two sources, with their pages."""
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text(CROSSWALK, encoding="utf-8")
    for name, lines in (("kunde", KUNDE), ("bank", BANK)):
        file = tmp_path / f"{name}.csv"
        file.write_text(HEAD + lines, encoding="utf-8")
        options = ("--crosswalk", crosswalk, "-o", tmp_path / "data")
        assert command("import", file, *options).exit_code == 0
    return tmp_path / "data"


@pytest.fixture
def older(dataset: Path) -> Path:
    """Return the dataset with kunde as an import of old has written it, all in one folder."""
    folder = partition(dataset, "kunde")
    for path in (folder / ABOUT).iterdir():
        path.rename(folder / path.name)
    (folder / ABOUT).rmdir()
    (folder / FILES).unlink()
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    del manifest["format"]
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return dataset


# Other readers

READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "pandas": pd.read_parquet,
    "pyarrow": lambda path: (
        ds.dataset(path, format="parquet", partitioning="hive").to_table().to_pandas()
    ),
    "duckdb": lambda path: duckdb.sql(f"FROM '{path}/**/*.parquet'").df(),
    # The sources have not the same columns.
    "polars": lambda path: (
        pl.scan_parquet(
            f"{path}/**/*.parquet",
            hive_partitioning=True,
            missing_columns="insert",
            extra_columns="ignore",
        )
        .collect()
        .to_pandas()
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_any_reader_of_parquet_reads_a_partition(dataset: Path, reader: str) -> None:
    for name, scores in SCORES.items():
        found = READERS[reader](partition(dataset, name))
        assert sorted(found["score"]) == scores


@pytest.mark.parametrize("reader", READERS)
def test_any_reader_of_parquet_reads_all_partitions(dataset: Path, reader: str) -> None:
    found = READERS[reader](dataset / "responses")
    for name, scores in SCORES.items():
        assert sorted(found["score"][found["source"] == name]) == scores


def test_a_partition_is_parquet_and_a_folder_that_readers_pass_over(dataset: Path) -> None:
    folder = partition(dataset, "kunde")
    assert {path.name for path in folder.iterdir()} == {"responses-0.parquet", "_about"}
    assert about_folder(folder) == folder / "_about"


# An older import


def test_what_an_older_import_has_said_is_found_beside_its_ratings(older: Path) -> None:
    assert about_folder(partition(older, "kunde")) == partition(older, "kunde")
    assert open_responses(older).scales("satisfaction") == {(1.0, 5.0): 2}
    assert excluded_ratings(older) == 1
    assert [(row["column"], row["sources"]) for row in rejection_reasons(older).to_pylist()] == [
        ("score", 1)
    ]


@pytest.mark.parametrize("named", ["the dataset", "its responses"])
def test_a_person_is_forgotten_in_all_files_of_an_older_import(older: Path, named: str) -> None:
    folder = partition(older, "kunde")
    before = {path.name for path in folder.iterdir()}
    called = older if named == "the dataset" else older / "responses"
    salt = ("--source", "kunde", "--salt", older.parent / "salt", "--yes")
    assert "kunde:kunde.csv:4" in (folder / "excluded.csv").read_text("utf-8")
    assert command("forget", "7", called, *salt).exit_code == 0
    assert "kunde:kunde.csv:4" not in (folder / "excluded.csv").read_text("utf-8")
    assert {path.name for path in folder.iterdir()} == before
    assert "1 rating counts and 0 do not" in page(folder)
    assert "Norge" in (folder / "unplaced.csv").read_text("utf-8")
    assert command("forget", "9", called, *salt).exit_code == 0
    assert "Norge" not in (folder / "unplaced.csv").read_text("utf-8")
    assert "Norge" not in page(folder)


def page(folder: Path) -> str:
    return (folder / "import.html").read_text("utf-8")


def test_another_file_does_not_take_the_place_of_an_older_import(older: Path) -> None:
    file = older.parent / "kunde.csv"
    call: tuple[Any, ...] = ("--crosswalk", older.parent / "crosswalk.csv", "-o", older)
    file.write_text(HEAD + BANK, encoding="utf-8")
    refused = command("import", file, *call)
    assert isinstance(refused.exception, UsageError)
    assert "--replace" in refused.exception.remedy
    file.write_text(HEAD + KUNDE, encoding="utf-8")
    assert command("import", file, *call).exit_code == 0, "the same file again"
    found = {path.name for path in partition(older, "kunde").iterdir()}
    assert found == {"responses-0.parquet", "_about"}


def test_an_older_import_is_exported(older: Path, tmp_path: Path) -> None:
    done = command("export", older, "-o", tmp_path / "out.sav")
    assert done.exit_code == 0, done.stderr
    assert "5 rows" in done.stderr
