"""Each file format, code page and dialect, against files that other programs wrote."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from advocacy.errors import FileFormatError, UsageError
from advocacy.report.wording import ENGLISH
from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable, MissingRange
from advocacy.responses.readers import scan_labelled, spss

NORDIC = ["Svært misfornøyd", "Mycket nöjd, Göteborg", "Meget tilfreds på Ærø", "Åse"]
STATA = Path("/usr/lib/R/site-library/mitools/dta/smif3.dta")


def said(table: LabelledTable) -> str:
    return " ".join(map(ENGLISH.said, table.assumptions))


def read_bytes(tmp_path: Path, content: bytes, encoding: str | None = None) -> LabelledTable:
    path = tmp_path / "survey.dat"
    path.write_bytes(content)
    return read_labelled(path, encoding)


# Text


@pytest.mark.parametrize(
    ("encoding", "name", "sure"),
    [
        ("utf-8", "UTF-8", "almost certain"),
        ("utf-8-sig", "UTF-8", "certain"),
        ("utf-16", "UTF-16", "certain"),
        ("utf-16-le", "UTF-16-LE", "likely"),
        ("utf-16-be", "UTF-16-BE", "likely"),
        ("cp1252", "windows-1252", "likely"),
        ("cp850", "cp850", "likely"),
        ("mac-roman", "mac-roman", "likely"),
    ],
)
def test_nordic_letters_in_every_code_page(
    tmp_path: Path, encoding: str, name: str, sure: str
) -> None:
    lines = ["navn;score", *(f'"{text}";{i}' for i, text in enumerate(NORDIC))]
    table = read_bytes(tmp_path, "\r\n".join(lines).encode(encoding))
    assert table.values["navn"].to_pylist() == NORDIC
    assert table.values["score"].to_pylist() == ["0", "1", "2", "3"]
    assert table.encoding == name
    assert name in said(table)
    assert sure in said(table)


def test_the_encoding_given_overrides(tmp_path: Path) -> None:
    content = "navn,x\nÆ,1\n".encode()
    assert read_bytes(tmp_path, content, "cp1252").values["navn"][0].as_py() == "Ã†"
    with pytest.raises(UsageError, match="no encoding 'klingon'"):
        read_bytes(tmp_path, content, "klingon")


def test_a_letter_late_in_a_long_text(tmp_path: Path) -> None:
    content = b"navn,score\n" + b"Ola,1\n" * 500_000 + "Åse,2\n".encode("cp1252")
    table = read_bytes(tmp_path, content)
    assert table.values["navn"][-1].as_py() == "Åse"
    assert table.encoding == "windows-1252"


def test_cyrillic_is_not_taken_for_western(tmp_path: Path) -> None:
    text = "имя,оценка\n" + "Очень доволен обслуживанием и рекомендую компанию,9\n" * 20
    table = read_bytes(tmp_path, text.encode("cp1251"))
    assert table.values.column_names[1] == "оценка"
    assert "guess" in said(table)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_dialects(tmp_path: Path, delimiter: str, quote: str) -> None:
    d, q = delimiter, quote
    text = f"{q}a{q}{d}b{d}c\n{q}x{d}y\nz{q}{d}NA{d}{q}NA{q}\n{q}1{q}{d}{d}3\n"
    values = read_bytes(tmp_path, text.encode()).values.to_pylist()
    assert values == [
        {"a": f"x{d}y\nz", "b": None, "c": "NA"},
        {"a": "1", "b": None, "c": "3"},
    ]


def test_a_delimiter_inside_names_is_none(tmp_path: Path) -> None:
    text = "How likely, 0-10, are you?;Why, if so, or not?\n9;a\n8;b\n"
    assert read_bytes(tmp_path, text.encode()).values.num_columns == 2


def test_excels_line_with_the_separator(tmp_path: Path) -> None:
    values = read_bytes(tmp_path, b"sep=;\r\na;b\r\n1;2\r\n").values
    assert values.to_pylist() == [{"a": "1", "b": "2"}]


def test_decimal_commas(tmp_path: Path) -> None:
    text = "w;n;t;big\n1,25;1;1,5 x;1,250\n-0,5;2;2,5;12,500\n;NA;x;\n"
    table = read_bytes(tmp_path, text.encode())
    assert table.values["w"].to_pylist() == ["1.25", "-0.5", None]
    assert table.values["t"].to_pylist() == ["1,5 x", "2,5", "x"]
    # As R's read.csv2 and PSPP's DECIMAL=COMMA have them: the file's commas are for decimals.
    assert table.values["big"].to_pylist() == ["1.250", "12.500", None]
    assert "decimal comma, which we read as a point, in: w, big." in said(table)
    assert "semicolon" in said(table)


def test_the_decimal_commas_of_the_field(root: Path) -> None:
    """Quoted between commas; with points between thousands; and 1,500 between semicolons."""
    folder = root.parent / "shared" / "field" / "import"
    if not folder.is_dir():
        pytest.skip("the field's files (../shared/field) are not on this machine")
    sums = {
        "c08_comma_decimal_quoted.csv": 28.6,  # 11 times 0.5, 0.6, 0.7 and 0.8
        "c08b_semicolon_decimal.csv": 1028.6,  # one of the 0.8 is 1000.8
        "c08c_semicolon_thousands_only.csv": 66.946,  # 44 times 1.5215
    }
    for name, total in sums.items():
        weights = read_labelled(folder / name).values["weight"].to_pylist()
        assert sum(map(float, weights)) == pytest.approx(total, abs=1e-9), name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        # The column itself settles it.
        (["0,5", "1 000,25", "1\u202f000"], ["0.5", "1000.25", "1000"]),
        (["1'000,5", "2"], ["1000.5", "2"]),
        (["0.5", "1,000"], ["0.5", "1000"]),
        (["1,000.25", "12"], ["1000.25", "12"]),
        (["1,000,000", "12"], ["1000000", "12"]),
        (["-1,5", "+2,25"], ["-1.5", "+2.25"]),
        ([",5", "1"], [".5", "1"]),
        # It could be either, and stays as it is.
        (["1,500", "2,250"], ["1,500", "2,250"]),
        # No numbers, or both signs.
        (["1,5", "2,5 or so"], ["1,5", "2,5 or so"]),
        (["1,5", "2.25"], ["1,5", "2.25"]),
        (["2,5,1", "2"], ["2,5,1", "2"]),
    ],
)
def test_signs_of_numbers_between_commas(
    tmp_path: Path, written: list[str], meant: list[str]
) -> None:
    text = "w,t\n" + "".join(f'"{value}",x\n' for value in written)
    table = read_bytes(tmp_path, text.encode())
    assert table.values["w"].to_pylist() == meant
    open_ = written in (["1,500", "2,250"], ["1,5", "2.25"])
    assert ("could be for decimals or thousands" in said(table)) is open_


def test_one_column_settles_the_commas_of_another(tmp_path: Path) -> None:
    comma = read_bytes(tmp_path, b'v,w\n"1,500","0,5"\n"2,250","1"\n')
    assert comma.values["v"].to_pylist() == ["1.500", "2.250"]
    point = read_bytes(tmp_path, b'v,w\n"1,500",0.5\n"2,250",1\n')
    assert point.values["v"].to_pylist() == ["1500", "2250"]
    assert "comma between thousands, which we left out, in: v." in said(point)


def test_a_decimal_comma_long_after_the_start(tmp_path: Path) -> None:
    """Between semicolons a comma is for decimals; the first rows need not have one."""
    text = "w;t\n" + "1;2,5 or so\n" * 30_000 + "0,25;a, b\n"
    table = read_bytes(tmp_path, text.encode())
    assert table.values["w"].to_pylist()[-1] == "0.25"
    assert table.values["t"].to_pylist()[-2:] == ["2,5 or so", "a, b"]


def test_one_column(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b"score\n10\n\n9\n").values["score"].to_pylist() == [
        "10",
        None,
        "9",
    ]
    with pytest.raises(FileFormatError, match="not a survey file"):
        read_bytes(tmp_path, b"Dear client\n10\n")


def test_names_that_are_empty(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b",score\n1,2\n").values.column_names == ["column_1", "score"]


# Other formats


def test_excel(tmp_path: Path) -> None:
    from zipfile import ZipFile

    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": "<Relationships xmlns="
        '"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
        'main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Svar" sheetId="1" r:id="r1"/><sheet name="Om" sheetId="2" r:id="r2"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": "<Relationships xmlns="
        '"http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="r{i}" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            f'relationships/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in (1, 2)
        )
        + '<Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
        'main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": sheet(
            [text("navn"), text("score"), text("dato"), text("kode")],
            [text("Bærum Ås"), "<c><v>10</v></c>", '<c s="1"><v>45000</v></c>', "<c><v>7</v></c>"],
            [text("Ø"), "<c><v>2.5</v></c>", "<c/>", text("A7")],
        ),
        "xl/worksheets/sheet2.xml": sheet([text("note")]),
    }
    path = tmp_path / "svar.csv"
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    table = read_labelled(path)
    values = table.values.to_pydict()
    assert values["navn"] == ["Bærum Ås", "Ø"]
    assert values["score"] == [10.0, 2.5]
    # Excel's day 45000 is 15 March 2023.
    assert [d and (d.year, d.month, d.day) for d in values["dato"]] == [(2023, 3, 15), None]
    assert values["kode"] == ["7", "A7"]
    assert "'Svar'" in said(table)
    assert "not read: 'Om'" in said(table)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(FileFormatError, match="workbook cannot be read"):
        read_labelled(path)


def text(content: str) -> str:
    return f'<c t="inlineStr"><is><t>{content}</t></is></c>'


def sheet(*rows: list[str]) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(
            cell.replace("<c", f'<c r="{"ABCD"[at]}{number}"', 1) for at, cell in enumerate(row)
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + "".join(lines)
        + "</sheetData></worksheet>"
    )


def test_stata_written_by_pandas(tmp_path: Path) -> None:
    moments = ["2020-01-02 03:04:05.250", "NaT", "1950-01-01 00:00:00.000"]
    frame = pd.DataFrame(
        {
            "score": [10.0, np.nan, 3.0],
            "navn": ["Åse", "", "Ærø"],
            "svar": [1, 2, 1],
            "dag": pd.to_datetime(["2020-01-02", "NaT", "1950-01-01"]),
            "tid": pd.to_datetime(moments),
        }
    )
    frame.to_stata(
        tmp_path / "a.sav",
        version=118,
        write_index=False,
        convert_dates={"dag": "td", "tid": "tc"},
        value_labels={"svar": {1: "Ja", 2: "Nei"}},
        variable_labels={"score": "Spørsmål"},
    )
    table = read_labelled(tmp_path / "a.sav")
    assert table.values.to_pydict() == {
        "score": [10.0, None, 3.0],
        "navn": ["Åse", None, "Ærø"],
        "svar": [1.0, 2.0, 1.0],
        "dag": [date(2020, 1, 2), None, date(1950, 1, 1)],
        "tid": [datetime(2020, 1, 2, 3, 4, 5, 250_000), None, datetime(1950, 1, 1)],
    }
    assert table.variable("svar").value_labels == ((1.0, "Ja"), (2.0, "Nei"))
    assert table.variable("score").label == "Spørsmål"


def test_a_real_stata_file_of_an_old_version() -> None:
    if not STATA.is_file():
        reason = "R's mitools is not on this machine; it comes with r-cran-survey of tests/apt.txt"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    ours = read_labelled(STATA).values.to_pandas()
    theirs = pd.read_stata(STATA, convert_categoricals=False).astype(float)
    pd.testing.assert_frame_equal(ours, theirs)


def test_a_cut_stata_file_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"a": np.arange(500.0)}).to_stata(tmp_path / "a.dta", write_index=False)
    content = (tmp_path / "a.dta").read_bytes()
    for share in (0.05, 0.3, 0.6, 0.9):
        with pytest.raises(FileFormatError):
            read_bytes(tmp_path, content[: int(share * len(content))])


def test_portable_file_equals_its_twin(sav: Path) -> None:
    twin, table = read_labelled(sav / "sample.zsav"), read_labelled(sav / "sample.por")
    assert [name.lower() for name in table.values.column_names] == twin.values.column_names
    assert table.values.rename_columns(twin.values.column_names).equals(twin.values)
    assert table.variable("MYLABL").value_labels == ((1.0, "Male"), (2.0, "Female"))
    assert table.notes == twin.notes


def test_a_sas_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    magic = bytes.fromhex("00" * 12 + "c2ea8160b31411cfbd92080009c7318c181f1011")
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        read_bytes(tmp_path, magic + b"\0" * 2000)


def test_parquet_keeps_any_name_and_refuses_a_damaged_body(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"file_row_number": [5, 6], "navn": ["Æ", "Ø"]})
    pq.write_table(table, path, compression="zstd")
    assert read_labelled(path).values.equals(table)
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        read_labelled(path)


# Batches


@pytest.mark.parametrize("kind", ["sav", "zsav", "dta", "csv", "parquet"])
def test_batches_give_the_named_columns_in_order(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame({"a": np.arange(1000.0), "t": [f"Å{i}" for i in range(1000)], "b": 1.0})
    path = tmp_path / f"a.{kind}"
    {
        "sav": lambda: pyreadstat.write_sav(frame, path, row_compress=True),
        "zsav": lambda: pyreadstat.write_sav(frame, path, compress=True),
        "dta": lambda: frame.to_stata(path, write_index=False, version=118),
        "csv": lambda: frame.to_csv(path, index=False),
        "parquet": lambda: frame.to_parquet(path, index=False),
    }[kind]()
    scan = scan_labelled(path)
    assert scan.rows in (1000, None)
    assert scan.table.values.num_rows == 0
    batches = list(scan.batches(["t", "a"], 300))
    assert [batch.num_rows for batch in batches] == [300, 300, 300, 100]
    whole = pa.concat_tables(batches)
    assert whole.column_names == ["t", "a"]
    assert whole["t"].to_pylist() == frame.t.tolist()
    assert [float(x) for x in whole["a"].to_pylist()] == frame.a.tolist()
    every = next(scan.batches(None, 10))
    assert every.schema.equals(scan.table.values.schema)


# SPSS: code pages, moments, and two libraries


def sav_with(path: Path, texts: list[str], label: str) -> bytearray:
    pyreadstat.write_sav(
        pd.DataFrame({"q": np.arange(float(len(texts))), "t": texts}),
        path,
        column_labels=[label, None],
    )
    return bytearray(path.read_bytes())


def recode(content: bytearray, encoding: str, declared: bytes | None) -> bytes:
    """Put Nordic letters of another code page in place, and change or remove the declaration."""
    for letter in "æøåöÆØÅ":
        # Two bytes become one and a blank, so that nothing moves.
        content[:] = content.replace(letter.encode() + b"~", letter.encode(encoding) + b"~ ")
    at = content.index(struct.pack("<4i", 7, 20, 1, 5) + b"UTF-8")
    integers = content.index(struct.pack("<2i", 7, 3))
    if declared is None:
        struct.pack_into("<i", content, at + 4, 9_998)
        struct.pack_into("<i", content, integers + 16 + 28, 3)
    else:
        content[at + 16 : at + 21] = declared.ljust(5)
    return bytes(content)


TEXTS = ["Svæ~rt bra pø~ Å~s", "nö~jd i Lå~ng", "Ø~l og Æ~re"]
DECODED = ["Svæ~ rt bra pø~ Å~ s", "nö~ jd i Lå~ ng", "Ø~ l og Æ~ re"]


@pytest.mark.parametrize(
    ("encoding", "declared", "read"),
    [
        ("cp1252", None, "windows-1252"),
        ("cp1252", b"UTF-8", "windows-1252"),
        ("cp850", None, "cp850"),
    ],
)
def test_spss_text_with_a_wrong_or_no_declaration(
    tmp_path: Path, encoding: str, declared: bytes | None, read: str
) -> None:
    path = tmp_path / "a.sav"
    path.write_bytes(recode(sav_with(path, TEXTS, "Spø~rsmå~l"), encoding, declared))
    table = read_labelled(path)
    assert [t.replace(" ", "") for t in table.values["t"].to_pylist()] == [
        t.replace(" ", "") for t in DECODED
    ]
    assert table.variable("q").label.replace(" ", "") == "Spø~rsmå~l"
    assert table.encoding == read
    assert f"we read {read}" in said(table)
    assert "likely" in said(table)
    forced = read_labelled(path, encoding)
    assert forced.values.equals(table.values)
    assert "as you asked" in said(forced)


def test_utf8_that_is_declared_windows_1252(tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    content = sav_with(path, ["Åse på Ærø", "x"], "Spørsmål")
    at = content.index(struct.pack("<4i", 7, 20, 1, 5) + b"UTF-8")
    content[at + 16 : at + 21] = b"L1   "
    path.write_bytes(bytes(content))
    table = read_labelled(path)
    assert table.values["t"].to_pylist() == ["Åse på Ærø", "x"]
    assert "says that its text is L1, but most of it is not; we read UTF-8" in said(table)


def moments(path: Path, values: dict[str, tuple[str, list[float]]], **options: Any) -> Path:
    pyreadstat.write_sav(
        pd.DataFrame({name: column for name, (_, column) in values.items()}),
        path,
        variable_format={name: format_ for name, (format_, _) in values.items()},
        **options,
    )
    return path


ORIGIN = 12_219_379_200.0  # seconds from 14 October 1582 to 1970


def test_fractions_long_times_and_impossible_dates(tmp_path: Path) -> None:
    path = moments(
        tmp_path / "a.sav",
        {
            "d": ("DATE11", [ORIGIN + 86_400.5, -5.0, 3e11, np.nan]),
            "m": ("DATETIME23.2", [ORIGIN + 0.25, 1e300, 1.0, np.nan]),
            "h": ("TIME11.2", [100_000.5, -3600.0, 86_400.0, np.nan]),
            "x": ("DTIME15", [1e7, 0.0, 0.0, 0.0]),
        },
    )
    table = read_labelled(path)
    assert table.values["d"].to_pylist() == [date(1970, 1, 2), None, None, None]
    assert table.values["m"].to_pylist() == [
        datetime(1970, 1, 1, 0, 0, 0, 250_000),
        None,
        datetime(1582, 10, 14, 0, 0, 1),
        None,
    ]
    assert table.values["h"].to_pylist() == [100_000.5, -3600.0, 86_400.0, None]
    assert table.values["x"][0].as_py() == 1e7
    assert "2 values of d are no possible date" in said(table)
    assert "1 values of m are no possible date" in said(table)


def test_user_missing_codes_of_many_rows_stay_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    codes = rng.choice([0.0, 10.0, 98.0, 99.5, 1 / 3, np.nan], 30_000)
    texts = rng.choice(["a", "Z", "ærø er en øy", ""], 30_000)
    pyreadstat.write_sav(
        pd.DataFrame({"q": codes, "t": texts}),
        tmp_path / "a.sav",
        missing_ranges={"q": [{"lo": 90, "hi": 99.5}, 1 / 3], "t": ["Z"]},
        row_compress=True,
    )
    table = read_labelled(tmp_path / "a.sav")
    values = table.values
    np.testing.assert_array_equal(values["q"].to_numpy(), codes)
    assert not table.assumptions, "our own reading was not trusted"
    assert values["t"].to_pylist() == [text or None for text in texts]


def test_pyreadstat_reads_real_files_alike(sav: Path) -> None:
    """Else our own reading, the faster one, would not be used, and nobody would notice."""
    for path in sorted([*sav.glob("*.sav"), *sav.glob("*.zsav")]):
        assert read_labelled(path).assumptions == (), path.name


def test_where_they_differ_pyreadstat_reads_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(pd.DataFrame({"a": np.arange(50.0), "b": 2.0}), path)
    true = spss.columns_of

    def wrong(*arguments: Any) -> Iterator[list[Any]]:
        for a, b in true(*arguments):
            yield [np.where(a == 49, 7.0, a), b]

    monkeypatch.setattr(spss, "columns_of", wrong)
    table = read_labelled(path)
    assert table.values["a"].to_pylist() == list(range(50))
    assert "pyreadstat read a differently" in said(table)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system has no /proc")
def test_a_working_copy_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    pyreadstat.write_sav(pd.DataFrame({"a": [1.0]}), tmp_path / "a.sav")
    scan = scan_labelled(tmp_path / "a.sav")
    assert [batch.num_rows for batch in scan.batches(None, 10)] == [1]
    assert not [path for path in (tmp_path / "temporary").rglob("*") if b"$FL2" in content(path)]


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_user_missing_codes_of_a_portable_file(sav: Path, tmp_path: Path) -> None:
    """Code 2 is declared missing by a record that is put into the real file."""
    body = b"".join((sav / "sample.por").read_bytes().splitlines())
    body = body.replace(b"C7/labeled", b"82/C7/labeled").rstrip(b"Z")
    body += b"Z" * (80 - len(body) % 80)
    lines = [body[start : start + 80] for start in range(0, len(body), 80)]
    table = read_bytes(tmp_path, b"\r\n".join(lines) + b"\r\n")
    assert table.values["MYLABL"].to_pylist() == [1.0, 2.0, 1.0, 2.0, 1.0]
    assert table.variable("MYLABL").user_missing == (MissingRange(2.0, 2.0),)
    assert table.variable("MYNUM").user_missing == ()
