"""A Parquet file that carries its own hash is read as it was written, or refused."""

from __future__ import annotations

import hashlib
import json
import random
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advocacy.errors import DamagedError
from advocacy.stored import all_damage, read_seal, read_sealed, seal, write_sealed

TABLE = pa.table({"a": [1, 2, 3], "b": ["x", "ø", None]}).replace_schema_metadata({"k": "v"})


def test_the_hash_is_that_of_the_file_with_zeros_in_its_place(tmp_path: Path) -> None:
    write_sealed(TABLE, tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    said = b"SHA-256 of this file with zeros here: "
    begin = content.index(said) + len(said)
    digest = content[begin : begin + 64]
    zeros = content[:begin] + b"0" * 64 + content[begin + 64 :]
    assert digest.decode() == hashlib.sha256(zeros).hexdigest()
    assert pq.read_table(tmp_path / "t.parquet").equals(TABLE), "other programs read it"


def test_it_is_the_same_byte_by_byte_and_is_read_back(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sealed(TABLE, tmp_path / name, compression="zstd")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    table, sealed = read_sealed(tmp_path / "a", "Again.")
    assert table.equals(TABLE)
    assert table.schema.metadata[b"k"] == b"v"
    assert sealed


def test_a_flipped_bit_anywhere_is_refused_or_leaves_no_seal(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_sealed(TABLE, path)
    content, random_ = path.read_bytes(), random.Random(4)
    for place in random_.sample(range(len(content)), 300):
        changed = bytearray(content)
        changed[place] ^= 1 << random_.randrange(8)
        path.write_bytes(changed)
        with suppress(DamagedError):
            table, sealed = read_sealed(path, "Again.")
            # The bit was of the words before the hash, which alone are then gone.
            assert not sealed
            assert table.equals(TABLE)


def test_a_file_without_a_hash_is_read_and_known(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    assert read_sealed(tmp_path / "t.parquet", "")[1] is False


def test_a_folder_is_held_to_its_list(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1", encoding="utf-8")
    pq.write_table(TABLE, tmp_path / "t.parquet")
    seal(tmp_path, tmp_path, kind="simulated")
    found = read_seal(tmp_path)
    assert found is not None
    assert dict(found.stated) == {"kind": "simulated"}
    assert (found.files["a.csv"].bytes, found.files["a.csv"].rows) == (1, None)
    assert found.files["a.csv"].sha256 == hashlib.sha256(b"1").hexdigest()
    assert (found.files["t.parquet"].rows, found.files["t.parquet"].columns) == (3, ("a", "b"))
    assert list(all_damage(tmp_path, tmp_path, found)) == []
    (tmp_path / "a.csv").write_text("2", encoding="utf-8")
    (tmp_path / "new.txt").write_text("3", encoding="utf-8")
    (tmp_path / "t.parquet").unlink()
    assert [one.path.name for one in all_damage(tmp_path, tmp_path, found)] == [
        *("a.csv", "new.txt", "t.parquet")
    ]
    seal(tmp_path, tmp_path, only=[tmp_path / "a.csv"])
    again = read_seal(tmp_path)
    assert again is not None
    assert again.stated == found.stated
    assert again.files["a.csv"].sha256 == hashlib.sha256(b"2").hexdigest()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2}', "\0" * 9])
def test_a_list_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "files.json").write_text(content, encoding="utf-8")
    with pytest.raises(DamagedError, match="cannot be read"):
        read_seal(tmp_path)
    broken = {"format": 1, "stated": {}, "files": {"a": {"bytes": 1}}}
    (tmp_path / "files.json").write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(DamagedError, match="sha256"):
        read_seal(tmp_path)
