"""Claims of documents: each rule has a row that breaks it, and what is there keeps all of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from advocacy.errors import DataError
from advocacy.evidence.claims import COLUMNS, DOCUMENTS, RULINGS, read_claims
from advocacy.provenance import sha256

FOLDER = Path("data/raw/published")
CLAIM = {
    "id": "half", "document": "ennova", "claim": "Half of them do.", "ruling": "tested here",
    "where": "headline", "reason": "The rate is estimated.",
}  # fmt: skip
QUOTED = {"ruling": "quoted with its source", "where": ""}
BROKEN = {
    "odd name": ({"id": "A b"}, "id", "cannot name a claim"),
    "unknown document": ({"document": "gartner"}, "document", "no known document"),
    "no document": ({"document": ""}, "document", "no known document"),
    "nothing claimed": ({"claim": " "}, "claim", "not said"),
    "unknown ruling": ({"ruling": "true"}, "ruling", "no known ruling"),
    "tested nowhere": ({"where": ""}, "where", "no chapter that tests"),
    "file for a chapter": ({"where": "headline.md"}, "where", "no chapter that tests"),
    "quoted with a chapter": (QUOTED | {"where": "headline"}, "where", "quoted with its source"),
    "no reason": ({"reason": ""}, "reason", "no reason"),
    "half a sentence": ({"reason": "No costs"}, "reason", "not one sentence"),
    "two sentences": ({"reason": "No costs. No gain."}, "reason", "not one sentence"),
}


def written(folder: Path, *changes: dict[str, str]) -> Path:
    path = folder / "claims.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(CLAIM | change for change in changes)
    return path


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_refused_by_file_row_column_and_remedy(case: str, tmp_path: Path) -> None:
    change, column, said = BROKEN[case]
    path = written(tmp_path, {"id": "first"}, change)
    with pytest.raises(DataError, match=said) as error:
        read_claims(path)
    assert error.value.where == f"{path}, row 3, column {column}"
    assert error.value.remedy


def test_two_claims_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Two claims are called half"):
        read_claims(written(tmp_path, {}, QUOTED))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,claim\na,b\n", r"columns are not those of claims.*document"),
        (",".join(COLUMNS) + "\na,ennova,More, and less,tested here,headline,So.\n", "7 cells"),
    ],
)
def test_another_table_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_claims(path)


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_bytes((",".join(COLUMNS) + "\na,ennova,Nöjd\n").encode("latin-1"))
    with pytest.raises(DataError, match="not in UTF-8"):
        read_claims(path)


def test_a_row_is_read_as_it_stands(tmp_path: Path) -> None:
    first, second = read_claims(written(tmp_path, {}, {"id": "b"} | QUOTED))
    assert (first.id, first.where, first.reason) == ("half", "headline", "The rate is estimated.")
    assert (second.ruling, second.where) == ("quoted with its source", "")


def test_all_five_documents_are_there_and_the_file_is_as_described(root: Path) -> None:
    claims = read_claims(root / FOLDER / "claims.csv")
    assert {one.document for one in claims} == set(DOCUMENTS)
    assert {one.ruling for one in claims} == set(RULINGS)
    assert all(one.id.startswith(one.document) for one in claims)
    described = (root / FOLDER / "source.toml").read_text(encoding="utf-8")
    assert sha256(root / FOLDER / "claims.csv") in described
