"""Forgetting: hand-made partitions before and after, the account, and nothing else touched."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from written import Sources

from advocacy.cli import cli
from advocacy.errors import AdvocacyError, FileFormatError, UsageError
from advocacy.report.imports.page import write_import_pages
from advocacy.responses import import_source, open_responses
from advocacy.responses.dataset.forgetting import (
    find_respondent,
    find_source,
    forget_respondent,
    forget_source,
    sources,
    to_rebuild,
)
from advocacy.responses.dataset.verifying import verify_partition
from advocacy.responses.pseudonyms import read_salt
from advocacy.temporary import folder_beside

SALT = bytes(range(32))


def hashed(value: str, source: str) -> str:
    return hashlib.sha256(f"{SALT.hex()}:{source}:{value}".encode()).hexdigest()[:32]


def put(dataset: Path, source: str, parts: list[list[str | None]]) -> Path:
    """Write a partition by hand: a part a list of respondents, and a manifest that adds up."""
    folder = dataset / "responses" / f"source={source}"
    folder.mkdir(parents=True)
    files = []
    for index, people in enumerate(parts):
        name = f"{index}.csv"
        table = {
            "rating_id": [f"{source}:{name}:{row}" for row in range(1, len(people) + 1)],
            "respondent_id": pa.array(people, pa.string()),
            "score": pa.array(range(len(people)), pa.int32()),
        }
        pq.write_table(pa.table(table), folder / f"responses-{index}.parquet")
        files.append(
            {"name": name, "rows": {"read": len(people) + 1, "kept": len(people), "rejected": 1}}
        )
    kept = sum(map(len, parts))
    total = {"read": kept + len(parts), "kept": kept, "rejected": len(parts)}
    manifest = {"source": source, "rows": total, "files": files, "title": "Ærlig"}
    about = folder / "_about"
    about.mkdir()
    (about / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (about / "rejected.csv").write_text("file,row,column,value,reason\n0.csv,9,score,x,no\n")
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two sources with pseudonyms; Ola has 3 ratings in two parts of bank, 1 in shop."""
    folder = tmp_path / "derived"
    ola, kari = hashed("17", "bank"), hashed("18", "bank")
    put(folder, "bank", [[ola, kari, None, ola], [kari, ola], [kari]])
    put(folder, "shop", [[hashed("17", "shop"), hashed("99", "shop")]])
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def ids(folder: Path, part: int = 0) -> list[str]:
    table = pq.read_table(folder / f"responses-{part}.parquet", partitioning=None)
    return list(table.column("rating_id").to_pylist())


def manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "_about" / "manifest.json").read_text("utf-8")))


def bank(dataset: Path) -> Path:
    return dataset / "responses" / "source=bank"


# A person


@pytest.mark.parametrize("by", ["raw number", "pseudonym"])
def test_a_person_is_gone_and_all_others_stay(dataset: Path, by: str) -> None:
    if by == "pseudonym":
        found = forget_respondent(dataset, hashed("17", "bank"))
    else:
        found = forget_respondent(dataset, " 17 ", source="bank", salt=SALT)
    assert [(one.source, one.ratings) for one in found] == [("bank", 3)]
    assert ids(bank(dataset), 0) == ["bank:0.csv:2", "bank:0.csv:3"]
    assert ids(bank(dataset), 1) == ["bank:1.csv:1"]
    assert ids(bank(dataset), 2) == ["bank:2.csv:1"]
    left = b"".join(content(dataset).values())
    assert hashed("17", "bank").encode() not in left


def test_only_what_is_concerned_is_written_anew(dataset: Path) -> None:
    before = content(dataset / "responses")
    forget_respondent(dataset, hashed("17", "bank"))
    after = content(dataset / "responses")
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "source=bank/responses-0.parquet",
        "source=bank/responses-1.parquet",
        "source=bank/_about/manifest.json",
    }
    schema = pq.read_schema(bank(dataset) / "responses-0.parquet")
    assert schema.names == ["rating_id", "respondent_id", "score"]
    assert schema.field("score").type == pa.int32()


def test_forgotten_rows_are_accounted_for(dataset: Path) -> None:
    forget_respondent(dataset, hashed("17", "bank"))
    forget_respondent(dataset, hashed("18", "bank"))
    account = manifest(bank(dataset))
    assert account["rows"] == {"read": 10, "kept": 1, "rejected": 3, "forgotten": 6}
    assert [file["rows"] for file in account["files"]] == [
        {"read": 5, "kept": 1, "rejected": 1, "forgotten": 3},
        {"read": 3, "kept": 0, "rejected": 1, "forgotten": 2},
        {"read": 2, "kept": 0, "rejected": 1, "forgotten": 1},
    ]
    assert account["title"] == "Ærlig"
    assert ids(bank(dataset), 0) == ["bank:0.csv:3"], "who has no number is nobody's"


def test_the_list_of_excluded_ratings_forgets_too(dataset: Path) -> None:
    head = "rating_id,supplier,interviewed_on,excluded\n"
    others = 'bank:1.csv:1,"A, B",2024-01-01,"an earlier answer, counts"\n'
    path = bank(dataset) / "_about" / "excluded.csv"
    path.write_text(head + "bank:0.csv:4,A,2024-01-01,twice\n" + others, encoding="utf-8")
    forget_respondent(dataset, hashed("17", "bank"))
    assert path.read_text(encoding="utf-8") == head + others


def test_a_raw_number_in_several_sources_may_be_several_persons(dataset: Path) -> None:
    before = content(dataset)
    with pytest.raises(UsageError, match="bank, shop") as error:
        forget_respondent(dataset, "17", salt=SALT)
    assert "--source" in error.value.remedy
    assert content(dataset) == before
    forget_respondent(dataset, "17", source="shop", salt=SALT)
    assert ids(dataset / "responses" / "source=shop") == ["shop:0.csv:2"]
    assert len(ids(bank(dataset))) == 4


def test_a_pseudonym_in_several_sources_is_one_person(dataset: Path) -> None:
    put(dataset, "bank-2", [[hashed("17", "bank"), "x"]])
    found = forget_respondent(dataset, hashed("17", "bank"))
    assert [(one.source, one.ratings) for one in found] == [("bank", 3), ("bank-2", 1)]
    assert ids(dataset / "responses" / "source=bank-2") == ["bank-2:0.csv:2"]


@pytest.mark.parametrize(
    ("respondent", "salt", "remedy"),
    [("17", None, "--salt"), ("4711", SALT, "the salt"), ("' OR 1=1 --", None, "--salt")],
)
def test_nobody_is_found(dataset: Path, respondent: str, salt: bytes | None, remedy: str) -> None:
    before = content(dataset)
    with pytest.raises(UsageError, match="no rating of this respondent") as error:
        forget_respondent(dataset, respondent, salt=salt)
    assert remedy in error.value.remedy
    assert content(dataset) == before


def test_finding_changes_nothing(dataset: Path) -> None:
    before = content(dataset)
    assert find_respondent(dataset, "17", source="bank", salt=SALT)[0].ratings == 3
    assert find_source(dataset, "bank").ratings == 7
    assert content(dataset) == before


def test_parts_without_respondents_are_left_alone(dataset: Path) -> None:
    part = bank(dataset) / "responses-3.parquet"
    pq.write_table(pa.table({"rating_id": ["x"], "score": [1]}), part)
    before = part.read_bytes()
    forget_respondent(dataset, hashed("17", "bank"))
    assert part.read_bytes() == before


def test_an_imported_dataset_opens_after_forgetting(source: Sources, tmp_path: Path) -> None:
    text = "score,respondent_id\n10,1\n9,2\n8,1\n"
    import_source(source({"a.csv": text}), tmp_path / "data")
    key = read_salt(tmp_path / "raw" / "lung" / "salt")
    forget_respondent(tmp_path / "data", "1", salt=key)
    responses = open_responses(tmp_path / "data")
    assert responses.fetch(f"SELECT list(score), count(*) FROM {responses.relation}") == ([9], 1)
    account = manifest(tmp_path / "data" / "responses" / "source=lung")["rows"]
    assert account == {"read": 3, "kept": 1, "rejected": 0, "forgotten": 2}


# Rejected rows


TOLD = """id,q,said,when
10003,9,Terminal 1,2024-01-01
10004,9,Terminal 2,2024-01-01
10003,55,TOLD-KARI,2024-03-01
10003,77,TOLD-KARI,2024-04-01
10005,66,TOLD-PER,2024-03-01
,44,TOLD-NOBODY,2024-03-01
"""
TOLD_LINES = """id,*,respondent_id,*,
q,0..10,score,*,
said,Terminal 1,recommended_past_12m,true,
said,Terminal 2,recommended_past_12m,false,
when,*,interviewed_on,*,
"""


def told(
    source: Sources, tmp_path: Path, text: str | bytes = TOLD, name: str = "a.csv"
) -> tuple[Path, Path, bytes]:
    """Import rows, of TOLD four are rejected; return dataset, partition and salt."""
    import_source(source({name: text}, lines=TOLD_LINES), tmp_path / "data")
    key = read_salt(tmp_path / "raw" / "lung" / "salt")
    return tmp_path / "data", tmp_path / "data" / "responses" / "source=lung", key


def test_rejected_rows_go_with_their_respondent(source: Sources, tmp_path: Path) -> None:
    dataset, folder, key = told(source, tmp_path)
    assert manifest(folder)["rows"] == {"read": 6, "kept": 2, "rejected": 4, "forgotten": 0}
    assert "TOLD-KARI" in (folder / "_about" / "rejected.csv").read_text("utf-8")
    found = forget_respondent(dataset, "10003", salt=key)
    assert [(one.ratings, one.rejected) for one in found] == [(1, 2)]
    listed = (folder / "_about" / "rejected.csv").read_text("utf-8")
    assert "TOLD-KARI" not in listed
    assert "TOLD-PER" in listed
    assert "TOLD-NOBODY" in listed
    for rows in (manifest(folder)["rows"], manifest(folder)["files"][0]["rows"]):
        assert rows == {"read": 6, "kept": 1, "rejected": 2, "forgotten": 3}


def test_a_person_who_has_rejected_rows_alone_is_found(source: Sources, tmp_path: Path) -> None:
    dataset, folder, key = told(source, tmp_path)
    found = forget_respondent(dataset, "10005", salt=key)
    assert [(one.ratings, one.rejected) for one in found] == [(0, 1)]
    assert "TOLD-PER" not in (folder / "_about" / "rejected.csv").read_text("utf-8")
    assert manifest(folder)["rows"] == {"read": 6, "kept": 2, "rejected": 3, "forgotten": 1}
    with pytest.raises(UsageError, match="no rating of this respondent, and no rejected row"):
        find_respondent(dataset, "10005", salt=key)


def test_rejected_rows_of_nobody_are_said(source: Sources, tmp_path: Path) -> None:
    dataset, _, key = told(source, tmp_path)
    said = to_rebuild(dataset, forget_respondent(dataset, "10003", salt=key))
    assert "lists rejected rows without their respondent" in said[1]


def test_where_each_rejected_row_has_its_respondent_none_is_in_doubt(
    source: Sources, tmp_path: Path
) -> None:
    text = TOLD.replace(",44,TOLD-NOBODY", "10006,44,TOLD-NOBODY")
    dataset, _, key = told(source, tmp_path, text)
    said = to_rebuild(dataset, forget_respondent(dataset, "10003", salt=key))
    assert not any("without their respondent" in sentence for sentence in said)


def test_pages_that_show_the_forgotten_are_gone_and_the_command_makes_them_anew(
    source: Sources, tmp_path: Path
) -> None:
    dataset, folder, _ = told(source, tmp_path)
    write_import_pages(folder)
    page = folder / "_about" / "import.html"
    assert "TOLD-KARI" in page.read_text("utf-8")
    salt = tmp_path / "raw" / "lung" / "salt"
    call = ["forget", "10003", str(dataset), "--salt", str(salt), "--yes"]
    result = CliRunner().invoke(cli, call)
    assert result.exit_code == 0, result.output
    assert "Removed 1 rating and 2 rejected rows." in result.stdout
    assert "TOLD-KARI" not in page.read_text("utf-8")
    assert "TOLD-PER" in page.read_text("utf-8")
    forget_respondent(dataset, "10005", salt=read_salt(salt))
    assert not page.exists()


def test_the_partition_takes_its_place_with_its_pages(source: Sources, tmp_path: Path) -> None:
    """When the new pages are written the old partition still stands there, with its own."""
    dataset, folder, key = told(source, tmp_path)
    write_import_pages(folder)
    page = Path("_about") / "import.html"
    stood: list[bool] = []

    def pages(new: Path, place: Path) -> None:
        write_import_pages(new, place)
        stood.append("TOLD-KARI" in (place / page).read_text("utf-8"))
        stood.append("TOLD-KARI" not in (new / page).read_text("utf-8"))

    forget_respondent(dataset, "10003", salt=key, pages=pages)
    assert stood == [True, True]
    assert "TOLD-KARI" not in (folder / page).read_text("utf-8")
    verify_partition(folder)


# What a respondent is called


@pytest.mark.parametrize("kind", [pa.float64(), pa.int64(), pa.float32()])
def test_a_number_is_known_however_it_is_written(
    source: Sources, tmp_path: Path, kind: pa.DataType
) -> None:
    ids = pa.array([10003, 7], pa.int64()).cast(kind)
    when = pa.array([date(2024, 1, 1)] * 2)
    rows = pa.table({"id": ids, "q": [9, 8], "said": ["Terminal 1"] * 2, "when": when})
    file = pa.BufferOutputStream()
    pq.write_table(rows, file)
    dataset, _, key = told(source, tmp_path, file.getvalue().to_pybytes(), "a.parquet")
    for written in ("10003", "10003.0", " 10003 ", "010003", "10003,00", "+10003", "10003.000"):
        assert find_respondent(dataset, written, salt=key)[0].ratings == 1, written
    for other in ("10003.5", "1003", "100030", "10003x", "1e3"):
        with pytest.raises(UsageError):
            find_respondent(dataset, other, salt=key)


def test_a_text_is_that_text(source: Sources, tmp_path: Path) -> None:
    """To the import 10003.0 is 10003 in a text too, as pandas writes numbers; no other is."""
    names = ["10003", *["10003.0"] * 2, *["010003"] * 4, *["10003.00"] * 8]
    text = "id,q,said,when\n" + "".join(f"{n},9,Terminal 1,2024-01-01\n" for n in names)
    dataset, _, key = told(source, tmp_path, text)
    ratings = {"10003": 3, " 10003 ": 3, "10003.0": 3, "010003": 4, "10003.00": 8}
    for written, number in ratings.items():
        found = find_respondent(dataset, written, salt=key)
        assert [one.ratings for one in found] == [number], written


# What a killed import leaves


@pytest.mark.parametrize(
    "name",
    [".source=bank.x1.partial", ".source=bank.4194305.partial", ".source=old.x2.partial"],
)
def test_what_a_killed_import_left_goes(dataset: Path, name: str) -> None:
    left = dataset / "responses" / name
    left.mkdir()
    (left / "responses-0.arrow").write_text(hashed("17", "bank"))
    with folder_beside(dataset / "responses" / "source=old") as running:
        forget_respondent(dataset, "17", source="bank", salt=SALT)
        assert not left.exists()
        assert running.exists(), "another import is at work there"


# A source


def test_a_source_is_gone_and_the_others_stay(dataset: Path) -> None:
    before = content(dataset / "responses" / "source=shop")
    found = forget_source(dataset, "bank")
    assert [(one.source, one.ratings) for one in found] == [("bank", 7)]
    assert [path.name for path in (dataset / "responses").iterdir()] == ["source=shop"]
    assert content(dataset / "responses" / "source=shop") == before
    assert sources(dataset) == ["shop"]


@pytest.mark.parametrize("name", ["..", "bank/../shop", "", "other", "*"])
def test_only_a_source_of_the_dataset_can_be_forgotten(dataset: Path, name: str) -> None:
    before = content(dataset)
    with pytest.raises(UsageError, match="no source") as error:
        forget_source(dataset, name)
    assert error.value.remedy == "Name one of: bank, shop."
    assert content(dataset) == before


def test_a_folder_that_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no dataset"):
        forget_source(tmp_path, "bank")


# What is left to do


def test_what_must_be_rebuilt_after_a_person(dataset: Path) -> None:
    (dataset / "estimates.parquet").touch()
    for beside in (".hidden", "README.md"):
        (dataset / beside).touch()
    found = forget_respondent(dataset, hashed("17", "bank"))
    raw, rejected, computed, copies = to_rebuild(dataset, found)
    assert "raw files of bank" in raw
    assert "next import brings them back" in raw
    assert str(bank(dataset) / "_about" / "rejected.csv") in rejected
    assert f"(estimates.parquet in {dataset})" in computed
    assert "make book" in computed
    assert "copies" in copies


def test_what_must_be_rebuilt_after_a_source(dataset: Path) -> None:
    raw, computed, _ = to_rebuild(dataset, forget_source(dataset, "bank"))
    assert "with their salt" in raw
    assert "computed from the responses still" in computed


# The command


@pytest.fixture
def salt_file(tmp_path: Path) -> Path:
    path = tmp_path / "salt"
    path.write_text(SALT.hex() + "\n")
    return path


def test_the_command_lists_and_asks(dataset: Path) -> None:
    before = content(dataset)
    declined = CliRunner().invoke(cli, ["forget", "bank", str(dataset)], input="n\n")
    assert declined.exit_code == 1
    assert "source bank: the whole source, 7 ratings" in declined.stderr
    assert content(dataset) == before
    unasked = CliRunner().invoke(cli, ["forget", "bank", str(dataset)], input="")
    assert unasked.exit_code == 1
    assert content(dataset) == before
    agreed = CliRunner().invoke(cli, ["forget", "bank", str(dataset)], input="y\n")
    assert agreed.exit_code == 0
    assert agreed.stdout.startswith("Removed 7 ratings. What is left to do:\n  1. The raw files")
    assert sources(dataset) == ["shop"]


def test_the_command_finds_a_person_by_raw_number(dataset: Path, salt_file: Path) -> None:
    call = ["99", str(dataset), "--salt", str(salt_file), "--yes"]
    result = CliRunner().invoke(cli, ["forget", *call])
    assert result.exit_code == 0
    assert f"source shop: respondent {hashed('99', 'shop')}, 1 rating\n" in result.stderr
    assert "Removed 1 rating." in result.stdout
    assert SALT.hex() not in result.output


def test_a_respondent_who_is_called_like_a_source(dataset: Path, salt_file: Path) -> None:
    put(dataset, "17", [["x"]])
    call = ["17", str(dataset), "--source", "bank", "--salt", str(salt_file), "--yes"]
    assert CliRunner().invoke(cli, ["forget", *call]).exit_code == 0
    assert sources(dataset) == ["17", "bank", "shop"]
    assert ids(bank(dataset), 1) == ["bank:1.csv:1"]


def test_the_command_says_who_is_unknown(dataset: Path) -> None:
    result = CliRunner().invoke(cli, ["forget", "nobody", str(dataset), "--yes"])
    assert isinstance(result.exception, AdvocacyError)


def test_values_that_were_not_placed_go_with_their_rating(dataset: Path) -> None:
    head = "file,row,column,value,reason,rating_id\n"
    lines = [f"0.csv,{row},industry,x,no,bank:0.csv:{row}\n" for row in (1, 2)]
    (bank(dataset) / "_about" / "unplaced.csv").write_text(head + "".join(lines))
    forget_respondent(dataset, "17", source="bank", salt=SALT)
    assert (bank(dataset) / "_about" / "unplaced.csv").read_text() == head + lines[1]
