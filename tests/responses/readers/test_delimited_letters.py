"""Bytes of a delimited text that are not in its code page."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

import pytest

from advocacy.report.wording import ENGLISH
from advocacy.responses import read_labelled
from advocacy.responses.code_pages.encodings import MARKING, InUtf8, with_marks
from advocacy.responses.labelled import LabelledTable

FIELD = Path(__file__).parent / "field"


def said(table: LabelledTable) -> str:
    return " ".join(map(ENGLISH.said, table.assumptions))


def read(tmp_path: Path, content: bytes, encoding: str | None = None) -> LabelledTable:
    (tmp_path / "a.csv").write_bytes(content)
    return read_labelled(tmp_path / "a.csv", encoding)


def test_one_bad_byte_does_not_change_the_other_texts() -> None:
    table = read_labelled(FIELD / "c12_utf8_onebad.csv")
    assert table.encoding == "UTF-8"
    assert table.values["by"].to_pylist() == ["Troms\\xf8", *["Tromsø"] * 43]
    assert "1 texts of by have bytes that are not UTF-8, in rows such as 1;" in said(table)


@pytest.mark.parametrize("bom", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("row", [0, 250_000, 399_999])
def test_a_bad_byte_anywhere_in_a_long_text(tmp_path: Path, bom: bytes, row: int) -> None:
    lines = ["Tromsø,1\n".encode()] * 400_000
    lines[row] = b"Kj\xf8p,2\n"
    table = read(tmp_path, bom + b"by,n\n" + b"".join(lines))
    texts = table.values["by"].to_pylist()
    assert texts.pop(row) == "Kj\\xf8p"
    assert set(texts) == {"Tromsø"}
    assert f"in rows such as {row + 1};" in said(table)


def test_what_is_marked_is_said_of_the_columns_that_are_read(tmp_path: Path) -> None:
    good = "".join(f"Bodø {number},Ørsta\n" for number in range(5)).encode()
    content = b"p\xe5,by\n" + "Ås,Røros\n".encode() + b"Bod\xf8,\xd8rsta\n\xc5s,\n" + good
    table = read(tmp_path, content)
    assert table.values.column_names == ["p\\xe5", "by"]
    assert table.values["by"].to_pylist()[:3] == ["Røros", "\\xd8rsta", None]
    assert table.values["p\\xe5"].to_pylist()[:3] == ["Ås", "Bod\\xf8", "\\xc5s"]
    assert "1 names or labels have bytes" in said(table)
    assert "2 texts of p\\xe5 have bytes that are not UTF-8, in rows such as 2" in said(table)
    assert "1 texts of by have" in said(table)


def test_the_page_that_the_user_gives_marks_what_it_has_not(tmp_path: Path) -> None:
    table = read(tmp_path, b"a,b\nK\xf8b\x9d,1\n", "windows-1252")
    assert table.values["a"].to_pylist() == ["Køb\\x9d"]


@pytest.mark.parametrize("encoding", ["utf-16", "cp932", "gb18030", "cp1251", "mac-roman"])
@pytest.mark.parametrize("size", [1, 3, 64, 10_000])
def test_every_page_in_pieces_of_any_size(encoding: str, size: int) -> None:
    text = "a,b\n" + {"cp1251": "Москва", "mac-roman": "Ærø"}.get(encoding, "東京") * 99 + ",1\n"
    stream = io.BufferedReader(InUtf8(io.BytesIO(text.encode(encoding)), encoding), size)
    assert stream.read().decode() == text


def test_marks_are_written_out() -> None:
    assert with_marks(b"Kj\xf8p \xe5".decode("utf-8", MARKING)) == "Kj\\xf8p \\xe5"
