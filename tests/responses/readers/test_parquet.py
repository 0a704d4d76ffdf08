"""Parquet files of other programs: types that the database lacks, texts that are none, damage."""

from __future__ import annotations

import datetime
import random
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advocacy.errors import AdvocacyError, FileFormatError
from advocacy.responses import open_responses
from advocacy.responses.proposal.levels import profiled
from advocacy.responses.readers import parquet, scan_labelled

# What each is read as, by hand: the number, the letter or the moment that stands there.
READ_AS = {
    "half float": (pa.array(np.array([0.5, 10], np.float16)), [0.5, 10.0]),
    "decimal of 50 digits": (
        pa.array([Decimal("1.25"), None], pa.decimal256(50, 2)),
        [1.25, None],
    ),
    "decimal": (
        pa.array([Decimal("1.25"), Decimal("3")], pa.decimal128(10, 2)),
        [Decimal("1.25"), Decimal("3.00")],
    ),
    "text view": (pa.array(["ja", "nei"], pa.string_view()), ["ja", "nei"]),
    "large text": (pa.array(["ja", "nei"], pa.large_string()), ["ja", "nei"]),
    "codes": (pa.array(["ja", "nei"]).dictionary_encode(), ["ja", "nei"]),
    "codes of numbers": (
        pa.DictionaryArray.from_arrays(pa.array([1, 0]), pa.array([7, 9])),
        [9, 7],
    ),
    "time of day": (pa.array([datetime.time(1), None], pa.time32("ms")), [datetime.time(1), None]),
    "list of half floats": (
        pa.array([[np.float16(0.5)], []], pa.list_(pa.float16())),
        [[0.5], []],
    ),
    "structure": (
        pa.array([{"a": "x"}, {"a": "y"}], pa.struct([("a", pa.string_view())])),
        [{"a": "x"}, {"a": "y"}],
    ),
    "nothing": (pa.nulls(2), [None, None]),
}


@pytest.mark.parametrize("name", READ_AS)
def test_a_type_is_read_as_what_it_stands_for(name: str, tmp_path: Path) -> None:
    written, values = READ_AS[name]
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"score": [9, 10], "it": written}), path)
    scan = scan_labelled(path)
    read = pa.concat_tables(scan.batches(None, 1))
    assert read.schema == scan.table.values.schema
    assert read["it"].to_pylist() == values
    assert profiled(scan_labelled(path)).profiles[1].absent == values.count(None)
    assert open_responses(path).has("score")


def no_text(rows: int) -> pa.Array:
    """Return texts whose second one is in windows-1252; Arrow looks at none of them."""
    texts = [b"ja", "år".encode("cp1252"), *[b"nei"] * (rows - 2)]
    return pa.array(texts, pa.binary()).view(pa.string())


def test_a_text_that_is_not_in_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"score": [9] * 5, "wave": no_text(5)}), path)
    with pytest.raises(FileFormatError, match="'wave' in row 2 is not in UTF-8") as error:
        list(scan_labelled(path).batches(None, 1))
    assert error.value.where == str(path)
    # Texts are read for persons before anything is answered.
    with pytest.raises(FileFormatError, match="'wave' in row 2 is not in UTF-8"):
        open_responses(path)


def test_the_system_s_own_reasons_are_not_called_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(parquet.pq, "ParquetFile", full)
    with pytest.raises(OSError, match="Too many open files") as error:
        parquet.scan(tmp_path / "x.parquet")
    assert not isinstance(error.value, AdvocacyError)


def test_a_damaged_file_is_a_table_or_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    texts = ["våren", "høst"] * 20
    pq.write_table(pa.table({"score": list(range(40)), "wave": texts}), path)
    sound, rng = path.read_bytes(), random.Random(13)
    said = 0
    for _ in range(300):
        content = bytearray(sound)
        for _ in range(rng.choice((1, 2, 8))):
            content[rng.randrange(4, len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content[: rng.choice((len(content), rng.randrange(5, len(content))))])
        try:
            list(scan_labelled(path).batches(None, 16))
        except FileFormatError:
            said += 1
    assert 150 < said < 300


@pytest.mark.parametrize("compression", ["NONE", "snappy"])
def test_a_footer_that_contradicts_itself_is_refused(tmp_path: Path, compression: str) -> None:
    """4,242 rows are written as a4 42 by Thrift: of a column, of its group and of the file."""
    path, rows = tmp_path / "x.parquet", 4_242
    schema = pa.schema([pa.field("score", pa.int64(), nullable=False)])
    pq.write_table(pa.table([range(rows)], schema), path, compression=compression)
    sound = path.read_bytes()
    footer = len(sound) - 8 - int.from_bytes(sound[-8:-4], "little")
    places = [at for at in range(footer, len(sound)) if sound[at : at + 2] == b"\xa4\x42"]
    assert len(places) == 3
    for at in places:
        path.write_bytes(sound[:at] + b"\xa2" + sound[at + 1 :])
        with pytest.raises(FileFormatError, match="damaged or incomplete") as error:
            scan_labelled(path)
        assert error.value.remedy
    path.write_bytes(sound)
    assert scan_labelled(path).rows == rows


def test_lists_have_more_values_than_rows(tmp_path: Path) -> None:
    path = tmp_path / "a [1] *.parquet"
    lists = pa.array([[1, 2, 3], [], None])
    pq.write_table(pa.table({"score": [9, None, 10], "several": lists, "a, b.c": ["x"] * 3}), path)
    assert pa.concat_tables(scan_labelled(path).batches(None, 2))["several"].to_pylist() == [
        [1, 2, 3],
        [],
        None,
    ]


def test_a_name_that_is_not_in_utf_8_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"score": [9], "region": ["Oslo"]}), path)
    sound = path.read_bytes()
    at = -1
    for _ in range(sound.count(b"region")):
        at = sound.index(b"region", at + 1)
        path.write_bytes(sound[:at] + b"\xe5" + sound[at + 1 :])
        with pytest.raises(FileFormatError, match="damaged or incomplete"):
            list(scan_labelled(path).batches(None, 1))


def test_a_page_that_differs_from_its_checksum_is_damage(tmp_path: Path) -> None:
    """A flipped bit of an answer, where the program that wrote it says what a page sums up to."""
    path = tmp_path / "x.parquet"
    scores = pa.table({"score": np.arange(4_242) % 10})
    plain = {"use_dictionary": False, "compression": "NONE"}
    pq.write_table(scores, path, write_page_checksum=True, **plain)
    content = bytearray(path.read_bytes())
    content[20_000] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        list(scan_labelled(path).batches(None, 1_000))
