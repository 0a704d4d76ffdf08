"""`advocacy check` says of every stored file whether it is as it was written."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from outcome import Command
from tests.estimation.pooling.posteriors import tiny

from advocacy.estimation.pooling.posterior_file import write_posterior
from advocacy.stored import seal


@pytest.fixture
def data(command: Command, tmp_path: Path) -> Path:
    lines = [f"{n % 11},{n % 2}" for n in range(30)]
    text = "\n".join(["score,recommended_past_12m", *lines])
    (tmp_path / "client.csv").write_text(f"{text}\n", encoding="utf-8")
    done = command("import", tmp_path / "client.csv", "-o", tmp_path / "data")
    assert done.code == 0, done.err
    return tmp_path / "data"


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_dataset_is_as_written_with_its_pages(command: Command, data: Path) -> None:
    done = command("check", data)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{data / 'responses' / 'source=client'}: as written\n"
    page = data / "responses" / "source=client" / "_about" / "import.html"
    flip(page)
    done = command("check", data)
    assert done.code == 1
    assert "The file is not as it was written: SHA-256" in done.out
    assert f"where:  {page}" in done.out
    assert "Import the source client again from client.csv" in done.out
    assert "1 file is not as written" in done.err


@pytest.mark.parametrize("asked", ["estimate", "compare", "curve", "benchmark", "export"])
def test_every_command_refuses_damage_in_a_sentence(
    command: Command, data: Path, tmp_path: Path, asked: str
) -> None:
    flip(data / "responses" / "source=client" / "responses-0.parquet")
    write_posterior(tiny(), tmp_path / "study" / "posterior.parquet")
    options = {
        "export": ["-o", tmp_path / "x.sav"],
        "benchmark": ["--reference", tmp_path / "study"],
    }
    done = command(asked, data, *options.get(asked, []))
    assert done.code == 1
    assert "responses-0.parquet" in done.err
    assert "SHA-256" in done.err


def test_a_damaged_dataset_is_replaced_by_importing_again(
    command: Command, data: Path, tmp_path: Path
) -> None:
    file, part = tmp_path / "client.csv", data / "responses" / "source=client"
    flip(part / "responses-0.parquet")
    assert command("import", file, "-o", data).code == 0
    assert command("check", data).code == 0
    (part / "_about" / "manifest.json").write_text("{", encoding="utf-8")
    done = command("import", file, "-o", data)
    assert done.code == 1
    assert "--replace" in done.err
    assert command("import", file, "-o", data, "--replace").code == 0
    assert command("check", data).code == 0


def test_tables_and_a_folder_of_results(command: Command, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    command("estimate", data, "-o", folder / "rates.parquet")
    pool = folder / "pool"
    write_posterior(tiny(), pool / "posterior.parquet")
    (pool / "ranks.csv").write_text("a\n1\n", encoding="utf-8")
    seal(pool, pool)
    done = command("check", folder)
    assert done.code == 0
    assert done.out.splitlines() == [
        f"{pool}: as written",
        f"{folder / 'rates.parquet'}: as written",
    ]
    flip(pool / "ranks.csv")
    flip(folder / "rates.parquet")
    done = command("check", folder)
    assert done.code == 1
    assert "2 files are not as written" in done.err
    for path in (pool / "ranks.csv", folder / "rates.parquet"):
        assert f"where:  {path}" in done.out


def test_no_hash_is_known_of_what_an_older_version_wrote(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "posterior.parquet"
    write_posterior(tiny(), path)
    table = pq.read_table(path)
    key = b"advocacy posterior"
    about = table.schema.metadata[key].replace(b', "sealed": true', b"")
    pq.write_table(table.replace_schema_metadata({key: about}), path)
    done = command("check", tmp_path)
    assert (done.code, done.out) == (0, f"{path}: readable; no hash is known of it\n")
    assert command("expect", "--sector", "B2B", "--reference", tmp_path).code == 0


def test_what_is_not_ours_is_bad_usage(command: Command, tmp_path: Path) -> None:
    done = command("check", tmp_path)
    assert done.code == 2
    assert "Nothing here was written by advocacy" in done.err
