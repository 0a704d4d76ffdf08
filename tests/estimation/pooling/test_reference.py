"""The folder of a study that programmes are held against: written, opened, refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from tests.estimation.pooling.posteriors import FAILED, tiny

from advocacy.errors import DataError, UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.pooling.posterior_file import write_posterior
from advocacy.estimation.pooling.reference import open_reference, write_reference
from advocacy.estimation.tabulation import tabulated

HIDDEN = ("B2B", "C", "NO")


def published(*names: str, hidden: tuple[str, ...] = HIDDEN) -> Estimates:
    """Return published rates of a crossing of the tiny posterior; one of them is withheld."""
    rows = [row for row in tiny().cells.to_pylist() if row["score_band"] == "10"]
    levels = sorted({tuple(row[name] for name in names) for row in rows})
    off = [level == hidden for level in levels]
    keys = {name: pa.array([level[at] for level in levels]) for at, name in enumerate(names)}
    columns = {
        "estimand": "recommended_past_12m",
        "intent": "score_10",
        "estimate": pa.array([None if no else 0.5 for no in off], pa.float64()),
        "n": pa.array([None if no else 100 + at for at, no in enumerate(off)], pa.int64()),
        "n_programmes": pa.array([None if no else 7 for no in off], pa.int64()),
        "reliability": pa.array(["withheld" if no else "ok" for no in off]),
        "source_kind": "simulated",
    }
    return Estimates(tabulated(keys, columns, len(levels)), "rates")


TABLES = [published(), published("sector"), published("sector", "industry", "country")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_reference(tmp_path / "study", tiny(20), TABLES, {"seed": 7})
    return tmp_path / "study"


def test_numbers_are_kept_where_they_are_published_and_nowhere_else(folder: Path) -> None:
    before = tiny(20).cells.to_pylist()
    after = open_reference(folder).posterior.cells.to_pylist()
    numbers = ("n", "n_eff", "n_numerator", "n_programmes")
    for old, new in zip(before, after, strict=True):
        cell = (old["sector"], old["industry"], old["country"])
        shown = old["score_band"] == "10" and cell != HIDDEN
        assert new == old if shown else new == old | dict.fromkeys(numbers)
    assert sum(row["n"] is not None for row in after) == 10


def test_it_says_how_it_was_made(folder: Path) -> None:
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    files = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("posterior.parquet", "estimates.parquet")
    }
    assert about == {"kind": "simulated", "seed": 7, "files": files}
    assert open_reference(folder).about == about
    assert sorted(path.name for path in folder.iterdir()) == ["about.json", *sorted(files)]


def test_published_rates_are_found_by_their_levels(folder: Path) -> None:
    study = open_reference(folder)
    found = study.published({"sector": "B2C"}, "score_10")
    assert found is not None
    assert (found["n"], found["n_programmes"]) == (101, 7)
    assert study.published({}, "score_10")["n"] == 100  # type: ignore[index]
    cell = {"sector": "B2B", "industry": "C", "country": "DK"}
    assert study.published(cell, "score_10")["n"] == 100  # type: ignore[index]
    assert study.published(cell | {"country": "NO"}, "score_10") is None, "withheld"
    assert study.published({"industry": "C"}, "score_10") is None, "no such table"
    assert study.published({"sector": "B2C"}, "passives") is None


def test_a_posterior_alone_is_a_study(tmp_path: Path) -> None:
    write_posterior(tiny(5), tmp_path / "posterior.parquet")
    study = open_reference(str(tmp_path))
    assert study.about == {}
    assert study.published({}, "score_10") is None
    assert not study.packaged


@pytest.mark.parametrize("name", ["posterior.parquet", "estimates.parquet"])
def test_another_file_than_described_is_refused(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(DataError, match=f"{name} is not the file that about.json describes"):
        open_reference(folder)
    (folder / "estimates.parquet").unlink()
    with pytest.raises(DataError, match="is not the file"):
        open_reference(folder)


def test_what_is_no_study_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match="no posterior") as absent:
        open_reference(tmp_path)
    assert "advocacy pool" in absent.value.remedy
    (folder / "about.json").write_text("{")
    with pytest.raises(DataError, match="about.json cannot be read"):
        open_reference(folder)
    (tmp_path / "posterior.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match="cannot be read"):
        open_reference(tmp_path)


def test_without_package_data_it_says_where_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advocacy.estimation.pooling.reference.PACKAGED", tmp_path)
    with pytest.raises(UsageError, match="no reference data") as absent:
        open_reference()
    for word in ("make wheel", "make book", "--reference", "advocacy pool"):
        assert word in str(absent.value)


def test_a_failed_fit_is_neither_written_nor_opened(tmp_path: Path) -> None:
    failed = replace(tiny(5), diagnostics=FAILED)
    with pytest.raises(DataError, match="7 divergences"):
        write_reference(tmp_path / "study", failed, TABLES, {})
    assert not (tmp_path / "study").exists()
    write_posterior(failed, tmp_path / "posterior.parquet")
    with pytest.raises(DataError, match="7 divergences"):
        open_reference(tmp_path)


def test_without_rates_of_the_cells_nothing_is_known_of_what_is_withheld(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sector × industry × country"):
        write_reference(tmp_path / "study", tiny(5), TABLES[:2], {})
    assert not (tmp_path / "study").exists()


def test_what_stood_there_before_is_replaced_whole(folder: Path) -> None:
    (folder / "left.txt").write_text("over")
    write_reference(folder, tiny(20), TABLES, {})
    assert not (folder / "left.txt").exists()
