"""The ledger of the study is made of parts, and no two numbers have one identifier."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from advocacy.study.ledger import LedgerError, ledger_of


def test_two_numbers_with_one_identifier_are_refused(tmp_path: Path) -> None:
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    for file in (one, other):
        file.write_bytes(b"rows")
    parts = [
        ({"sector:B2B:rate": {"text": "1 %"}}, {"one": one}),
        ({"sector:B2B:rate": {"text": "2 %"}}, {"other": other}),
    ]
    with pytest.raises(LedgerError, match="called sector:B2B:rate") as error:
        ledger_of(parts)
    assert str(other) in error.value.where


def test_each_number_has_the_hash_of_its_data(tmp_path: Path) -> None:
    file = tmp_path / "one.parquet"
    file.write_bytes(b"rows")
    ledger = ledger_of([({"a:n": {"text": "1"}, "b:n": {"text": "1"}}, {"one": file})])
    assert {entry["data"] for entry in ledger.values()} == {sha256(b"rows").hexdigest()[:16]}
    assert all(len(entry["code"]) == 16 for entry in ledger.values())
