"""Survey files read with their labels, letters, dates and missing codes, or refused."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest

from advocacy.errors import FileFormatError
from advocacy.responses import read_labelled
from advocacy.responses.labelled import MissingRange
from advocacy.responses.readers import delimited, parquet

SAV = ["plain.sav", "compressed.sav", "zlib.zsav"]
NAMES = [
    "all_date_formats.sav",
    "epsi_norway_test.sav",
    "greetings_utf8.sav",
    "missing_char.sav",
    "mrsets_simple_alltypes.sav",
    "reporttool_nordic_strings.sav",
    "sample.zsav",
    "sample_missing.sav",
    "spssio_test.sav",
    "umlauts.sav",
    "very_long_string_1024.sav",
]


def write(path: Path, rows: int = 60) -> Path:
    frame = pd.DataFrame(
        {
            "score": np.arange(rows) % 11.0,
            "navn": [f"Bærum Ås nr. {i} på Røros" for i in range(rows)],
        }
    )
    options = {"compressed.sav": {"row_compress": True}, "zlib.zsav": {"compress": True}}
    pyreadstat.write_sav(frame, path, **options.get(path.name, {}))
    return path


# Real files


def test_norwegian_labels_of_a_windows_1252_file(sav: Path) -> None:
    table = read_labelled(sav / "epsi_norway_test.sav")
    assert (table.values.num_rows, len(table.variables), table.encoding) == (20, 69, "windows-1252")
    q3 = table.variable("q3")
    assert q3.value_labels[0] == (1.0, "1 Svært lite fornøyd")
    assert q3.value_labels[-1] == (10.0, "10 Svært godt fornøyd")
    assert (q3.measure, q3.format) == ("scale", "F8.2")
    complaint = dict(table.variable("q17").value_labels)
    assert complaint[2.0] == "Hadde grunn til å klage, men klaget ikke"


def test_no_break_spaces_stay_in_labels(sav: Path) -> None:
    labels = dict(read_labelled(sav / "epsi_norway_test.sav").variable("q7pa").value_labels)
    assert labels[1.0] == "1\N{NO-BREAK SPACE}Helt uenig"
    assert labels[10.0] == "10\N{NO-BREAK SPACE}Helt enig"


def test_user_missing_codes_stay_values(sav: Path) -> None:
    table = read_labelled(sav / "epsi_norway_test.sav")
    assert table.variable("q8a").user_missing == (MissingRange(98.0, 98.0),)
    assert table.variable("q3").user_missing == ()
    assert table.values["q8a"][0].as_py() == 98.0
    raw, _ = pyreadstat.read_sav(sav / "epsi_norway_test.sav", user_missing=True)
    assert (raw.q8a == 98).sum() == table.values["q8a"].to_pylist().count(98.0) > 0
    default, _ = pyreadstat.read_sav(sav / "epsi_norway_test.sav")
    assert default.q8a.isna().sum() > raw.q8a.isna().sum(), "the file no longer tests anything"


def test_all_kinds_of_user_missing(sav: Path) -> None:
    income = read_labelled(sav / "spssio_test.sav")
    assert income.variable("Income1").user_missing == (MissingRange(-np.inf, -1.0),)
    assert len(income.variable("Income3").user_missing) == 3
    text = read_labelled(sav / "missing_char.sav")
    assert text.variable("mychar").user_missing == (MissingRange("Z", "Z"),)
    assert text.values["mychar"].to_pylist() == ["Z", "a"]
    ranged = read_labelled(sav / "sample_missing.sav").variable("mynum")
    assert ranged.user_missing == (MissingRange(2000.0, 3000.0), MissingRange(-1.0, -1.0))


def test_nordic_letters_in_values(sav: Path) -> None:
    values = read_labelled(sav / "reporttool_nordic_strings.sav").values
    assert values["STRING"].to_pylist() == ["Æ", "Ø", "Å"]
    assert values["score"].to_pylist() == ["1 Svært misfornøyd", "10 Svært fornøyd", "98 Vet ikke"]
    assert values["missing"].to_pylist() == [None, None, "#NAME?"]


def test_utf8_names_and_values(sav: Path) -> None:
    table = read_labelled(sav / "greetings_utf8.sav")
    assert [v.name for v in table.variables] == ["line", "Bondjoû", "greeting"]
    assert table.values["greeting"][0].as_py() == "السلام عليكم"
    assert table.variable("Bondjoû").value_labels == (("Thai", "สวัสดี"),)


def test_every_date_format(sav: Path) -> None:
    # The makers of the file wrote 11 August 2010 and 12 January 1910 in every format.
    values = read_labelled(sav / "all_date_formats.sav").values.to_pydict()
    for kind in ("date", "adate", "edate", "sdate", "jdate", "qyr", "moyr", "wkyr"):
        assert values[f"var_{kind}"] == [date(2010, 8, 11), date(1910, 1, 12), None, None], kind
    moments = [datetime(2010, 8, 11), datetime(1910, 1, 12), None, None]
    assert values["var_datetime"] == moments
    # Durations and names of days and months are no dates.
    for kind in ("time", "dtime", "month", "wkday"):
        assert values[f"var_{kind}"] == [13500864000.0, 10326873600.0, None, None], kind


def test_zsav_with_dates_times_and_notes(sav: Path) -> None:
    table = read_labelled(sav / "sample.zsav")
    values = table.values.to_pydict()
    days = [date(2018, 5, 6), date(1880, 5, 6), date(1960, 1, 1), date(1583, 1, 1), None]
    assert values["mydate"] == days
    assert values["dtime"][:2] == [
        datetime(2018, 5, 6, 10, 10, 10),
        datetime(1880, 5, 6, 10, 10, 10),
    ]
    assert values["mytime"][0] == 10 * 3600 + 10 * 60 + 10
    assert values["mychar"][:4] == ["a", "b", "c", "d"]
    assert values["mynum"][:4] == [1.1, 1.2, -1000.3, -1.4]
    assert table.notes[0] == "some test text as notes"
    assert table.variable("myord").value_labels == ((1.0, "low"), (2.0, "medium"), (3.0, "high"))
    assert table.variable("myord").measure == "ordinal"


@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_texts_equal_what_pyreadstat_says(sav: Path, name: str) -> None:
    table = read_labelled(sav / name)
    frame, meta = pyreadstat.read_sav(
        sav / name, user_missing=True, disable_datetime_conversion=True
    )
    assert table.values.shape == frame.shape
    assert [v.name for v in table.variables] == list(frame)
    assert [v.label for v in table.variables] == [label or "" for label in meta.column_labels]
    for column in frame:
        ours = table.values[column].to_pylist()
        if re.fullmatch(r"A\d+", meta.original_variable_types[column]):
            assert ours == [text or None for text in frame[column]]
        elif table.values.schema.field(column).type == pa.float64():
            assert ours == [None if x != x else x for x in frame[column]]


def test_very_long_text(sav: Path, tmp_path: Path) -> None:
    real = read_labelled(sav / "very_long_string_1024.sav")
    assert real.variable("StartDate").format == "A1024"
    assert real.values["StartDate"][0].as_py() == "2020-07-13 23:19:55"
    texts = ["å" * 900, "x" * 2000, " ledende og etter "]
    pyreadstat.write_sav(pd.DataFrame({"why": texts}), tmp_path / "long.sav")
    ours = read_labelled(tmp_path / "long.sav").values["why"].to_pylist()
    assert [text.rstrip() for text in ours] == [text.rstrip() for text in texts]


@pytest.mark.parametrize("name", NAMES)
def test_a_real_file_that_is_cut_is_refused(sav: Path, tmp_path: Path, name: str) -> None:
    content = (sav / name).read_bytes()
    for share in (0.02, 0.2, 0.5, 0.8, 0.95):
        refuse_cut(tmp_path, content, int(share * len(content)))
    refuse_cut(tmp_path, content, len(content) - 1)


def refuse_cut(folder: Path, content: bytes, length: int) -> None:
    path = folder / "cut.sav"
    path.write_bytes(content[:length])
    with pytest.raises(FileFormatError, match="damaged or incomplete|not a survey file|empty"):
        read_labelled(path)


# Written files


@pytest.mark.parametrize("name", SAV)
def test_written_file_comes_back(tmp_path: Path, name: str) -> None:
    values = read_labelled(write(tmp_path / name)).values
    assert values["score"].to_pylist() == [i % 11 for i in range(60)]
    assert values["navn"][59].as_py() == "Bærum Ås nr. 59 på Røros"


@pytest.mark.parametrize("name", SAV)
def test_a_cut_at_any_place_is_refused(tmp_path: Path, name: str) -> None:
    """No cut may give a shorter table: not in the header, the dictionary or between two rows."""
    content = write(tmp_path / name, rows=30).read_bytes()
    row = 8 + 40  # a number, and 27 to 30 bytes of text in the unit of eight bytes
    places = {2, 4, 100, 175, 176, 200, 400, 4 * len(content) // 5, len(content) - row}
    for length in sorted(places | set(range(300, len(content), 61))):
        refuse_cut(tmp_path, content, length)


def test_fewer_rows_than_the_header_says_are_refused(tmp_path: Path) -> None:
    content = bytearray(write(tmp_path / "plain.sav").read_bytes())
    assert int.from_bytes(content[80:84], "little") == 60  # the number of cases
    content[80:84] = (61).to_bytes(4, "little")
    refuse_cut(tmp_path, bytes(content), len(content))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.sav", b"", "empty"),
        ("blank.csv", b" \n \n", "empty"),
        ("picture.sav", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a survey file"),
        ("letter.sav", b"Dear client\nplease find attached\n", "not a survey file"),
        ("prose.csv", b"Dear Sir, this is, a letter\nwith lines\n", "cannot be read as a table"),
        ("twice.csv", b"score,score\n1,2\n", "same name: score"),
        ("ragged.csv", b"score,wave\n1,a\n2,b,c\n", "cannot be read as a table"),
        ("header.csv", b"score,wave\n", "variables but no rows"),
        ("cut.parquet", b"PAR1" + b"\0" * 50, "damaged or incomplete"),
        ("header.sav", b"$FL2@(#) SPSS DATA FILE", "damaged or incomplete"),
    ],
)
def test_what_is_no_survey_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as error:
        read_labelled(path)
    assert str(path) in str(error.value)
    assert error.value.remedy


@pytest.mark.parametrize("name", SAV)
def test_variables_without_rows_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileFormatError, match="variables but no rows") as error:
        read_labelled(write(tmp_path / name, rows=0))
    assert "with its answers" in error.value.remedy


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_too_little_memory_is_not_called_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Where a library has no memory left, the process that reads says so."""
    path = tmp_path / name
    frame = pd.DataFrame({"score": [9, 10], "wave": ["a", "b"]})
    frame.to_csv(path, index=False) if name.endswith("csv") else frame.to_parquet(path)

    def full(*_: object, **__: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 33554432 failed")

    monkeypatch.setattr(delimited.csv, "open_csv", full)
    monkeypatch.setattr(parquet.pq.ParquetFile, "iter_batches", full)
    with pytest.raises(MemoryError):
        read_labelled(path)


def test_the_content_decides_not_the_ending(tmp_path: Path) -> None:
    write(tmp_path / "plain.sav").rename(tmp_path / "kunde.csv")
    assert read_labelled(tmp_path / "kunde.csv").variable("score").format.startswith("F")


def test_undeclared_codes_and_system_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"q": [1.0, np.nan, 98.0, 99.0], "t": ["a", "", "b ", None]})
    missing: dict[str, Any] = {"q": [99.0]}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", missing_ranges=missing)
    table = read_labelled(tmp_path / "a.sav")
    assert table.values["q"].to_pylist() == [1.0, None, 98.0, 99.0]
    assert table.variable("q").user_missing == (MissingRange(99.0, 99.0),)
    assert table.values["t"].to_pylist()[1::2] == [None, None]
