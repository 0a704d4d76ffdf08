"""A dataset that is damaged is refused by name, or gives exactly the answer that it gave."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from advocacy.errors import DamagedError
from advocacy.provenance import sha256
from advocacy.responses import import_source, open_responses
from advocacy.responses.dataset import verifying
from advocacy.responses.dataset.forgetting import forget_respondent, forget_source
from advocacy.responses.dataset.ledger import excluded_ratings
from advocacy.responses.dataset.source import Source
from advocacy.responses.dataset.verifying import check, open_partition

Change = Callable[[pa.Table], pa.Table]
ROWS = 40


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import a dataset of one source; every fourth rating has no weight above 0."""
    folder = tmp_path_factory.mktemp("verifying")
    lines = [f"{n % 11},{n % 2},{n % 4},p{n},B2B" for n in range(ROWS)]
    text = "\n".join(["score,recommended_past_12m,weight,respondent_id,sector", *lines])
    file = folder / "client.csv"
    file.write_text(f"{text}\n", encoding="utf-8")
    import_source(Source(folder, "client", "simulated", (("client.csv", sha256(file)),)), folder)
    return folder


@pytest.fixture
def dataset(imported: Path, tmp_path: Path) -> Path:
    shutil.copytree(imported / "responses", tmp_path / "data" / "responses")
    return tmp_path / "data"


def part(dataset: Path) -> Path:
    return dataset / "responses" / "source=client"


def ratings(dataset: Path) -> Path:
    return part(dataset) / "responses-0.parquet"


def older(dataset: Path) -> Path:
    """Make of a dataset what an import wrote before there were lists of files."""
    about = part(dataset) / "_about"
    manifest = json.loads((about / "manifest.json").read_text("utf-8"))
    del manifest["format"]
    (about / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (about / "files.json").unlink()
    return dataset


def answer(dataset: Path) -> tuple[Any, ...]:
    responses = open_responses(dataset)
    columns = "sum(score), sum(weight), count(recommended_past_12m), max(respondent_id)"
    asked = responses.fetch(f"SELECT count(*), {columns} FROM {responses.relation}")
    return *asked, responses.source_kind, dict(responses.scales("score"))


def written(dataset: Path, change: Change) -> None:
    pq.write_table(change(pq.read_table(ratings(dataset), partitioning=None)), ratings(dataset))


def set_to(name: str, value: object) -> Change:
    def change(table: pa.Table) -> pa.Table:
        place = table.column_names.index(name)
        values = [value, *table.column(name).to_pylist()[1:]]
        return table.set_column(place, name, pa.array(values, table.schema.field(name).type))

    return change


def as_text(table: pa.Table) -> pa.Table:
    place = table.column_names.index("score")
    return table.set_column(place, "score", pc.cast(table.column("score"), pa.string()))


def flipped(content: bytearray, place: int) -> None:
    content[place] ^= 1 << place % 8


def zeroed(content: bytearray, place: int) -> None:
    content[place : place + 512] = bytes(len(content[place : place + 512]))


def cut(content: bytearray, place: int) -> None:
    del content[place:]


@pytest.mark.parametrize("damage", [flipped, zeroed, cut])
def test_damage_anywhere_is_refused_or_changes_nothing(
    dataset: Path, damage: Callable[[bytearray, int], None]
) -> None:
    right, random_ = answer(dataset), random.Random(13)
    for path in [path for path in sorted(dataset.rglob("*")) if path.is_file()]:
        content = path.read_bytes()
        for _ in range(8):
            changed = bytearray(content)
            damage(changed, random_.randrange(len(content)))
            path.write_bytes(changed)
            with suppress(DamagedError):
                assert answer(dataset) == right, path.name
        path.write_bytes(content)
    assert answer(dataset) == right


def test_check_finds_a_changed_bit_in_every_file(dataset: Path) -> None:
    assert check(part(dataset)) == []
    for path in [path for path in part(dataset).rglob("*") if path.is_file()]:
        if path.name != "files.json":
            content = path.read_bytes()
            path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
            (found,) = check(part(dataset))
            assert found.path == path
            assert f"SHA-256 {sha256(path)}"[:20] in found.what or "expected" in found.what
            path.write_bytes(content)


@pytest.mark.parametrize("hashed", [True, False])
def test_rows_that_are_taken_out_are_missed(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, hashed: bool
) -> None:
    if not hashed:
        monkeypatch.setattr(verifying, "HASHED", 0)
    written(dataset, lambda table: table.slice(1))
    with pytest.raises(DamagedError, match=r"not as it was written: \d+ bytes were") as error:
        open_responses(dataset)
    assert error.value.where == str(ratings(dataset))
    assert "Import the source client again from client.csv" in error.value.remedy
    with pytest.raises(DamagedError, match=f"{ROWS} rows kept, {ROWS - 1} were found"):
        open_responses(older(dataset))


def test_a_foreign_file_and_a_missing_one_are_named(dataset: Path) -> None:
    shutil.copy(ratings(dataset), part(dataset) / "more.parquet")
    with pytest.raises(DamagedError, match="not in the list") as foreign:
        open_responses(dataset)
    assert foreign.value.where.endswith("more.parquet")
    (part(dataset) / "more.parquet").rename(ratings(dataset).with_name("other.parquet"))
    (part(dataset) / "other.parquet").unlink()
    ratings(dataset).unlink()
    with pytest.raises(DamagedError, match="is gone"):
        open_responses(dataset)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_to("weight", -1.0), "weight holds -1.0; allowed is 0 or more"),
        (set_to("score", 11), "score holds 11; allowed is 0 to 10"),
        (set_to("source_kind", "collected"), "called collected, where the import was of simulated"),
        (as_text, "score is of the type string, where the codebook has integer"),
    ],
)
@pytest.mark.parametrize("large", [True, False])
def test_values_that_no_import_writes_are_seen_without_a_hash(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, change: Change, said: str, large: bool
) -> None:
    """Of a large dataset, with sizes that happen to agree, and of one of an older import."""
    written(dataset, change)
    if large:
        monkeypatch.setattr(verifying, "HASHED", 0)
        path = part(dataset) / "_about" / "files.json"
        listed = json.loads(path.read_text("utf-8"))
        listed["files"]["responses-0.parquet"]["bytes"] = ratings(dataset).stat().st_size
        path.write_text(json.dumps(listed), encoding="utf-8")
    else:
        older(dataset)
    with pytest.raises(DamagedError, match=said):
        open_responses(dataset)


def test_what_an_older_import_wrote_is_read(dataset: Path) -> None:
    right = answer(dataset)
    assert answer(older(dataset)) == right
    assert check(part(dataset)) == []
    assert open_partition(part(dataset)).seal is None


def test_a_list_that_is_gone_is_missed(dataset: Path) -> None:
    (part(dataset) / "_about" / "files.json").unlink()
    with pytest.raises(DamagedError, match="list of the partition's files is gone"):
        open_responses(dataset)


def test_a_partition_under_another_name_would_count_its_ratings_twice(dataset: Path) -> None:
    shutil.copytree(part(dataset), part(dataset).with_name("source=twin"))
    with pytest.raises(DamagedError, match="of the source 'client': its folder was renamed"):
        open_responses(dataset)


def test_values_that_cannot_be_read_are_named_while_they_are(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file whose footer is whole: the engine meets the damage."""
    monkeypatch.setattr(verifying, "HASHED", 0)
    content = bytearray(ratings(dataset).read_bytes())
    content[4:600] = bytes(596)
    ratings(dataset).write_bytes(content)
    with pytest.raises(DamagedError, match="SHA-256") as error:
        answer(dataset)
    assert error.value.where == str(ratings(dataset))


def test_a_list_of_ratings_that_was_changed_is_not_counted(dataset: Path) -> None:
    assert excluded_ratings(dataset) == ROWS / 4
    with (part(dataset) / "_about" / "excluded.csv").open("a", encoding="utf-8") as file:
        file.write('"x","y"\n')
    with pytest.raises(DamagedError, match="bytes were expected"):
        excluded_ratings(dataset)


def test_the_list_follows_what_is_forgotten(dataset: Path) -> None:
    assert forget_respondent(dataset, "p7")[0].ratings == 1
    assert check(part(dataset)) == []
    assert answer(dataset)[0] == ROWS - 1


def test_nobody_is_forgotten_in_what_is_damaged_but_its_source_is(dataset: Path) -> None:
    ratings(dataset).write_bytes(ratings(dataset).read_bytes()[:-40])
    with pytest.raises(DamagedError, match="bytes were expected"):
        forget_respondent(dataset, "p7")
    assert forget_source(dataset, "client")[0].ratings == ROWS


def test_the_same_file_gives_the_same_bytes(dataset: Path, imported: Path, tmp_path: Path) -> None:
    file = imported / "client.csv"
    again = Source(imported, "client", "simulated", (("client.csv", sha256(file)),))
    import_source(again, tmp_path / "again")
    for path in part(dataset).rglob("*"):
        if path.is_file():
            other = part(tmp_path / "again") / path.relative_to(part(dataset))
            assert other.read_bytes() == path.read_bytes(), path.name
