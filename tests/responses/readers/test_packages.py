"""Files of Stata and SAS: their code pages, formats and what is no date."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal

import pandas as pd
import pyreadstat
import pytest

from advocacy.errors import FileFormatError
from advocacy.report.wording import ENGLISH
from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable
from advocacy.responses.readers import format_of, sas, stata

FIELD = Path(__file__).parent / "field"


def said(table: LabelledTable) -> str:
    return " ".join(map(ENGLISH.said, table.assumptions))


# Stata


@pytest.mark.parametrize(
    ("name", "page", "town", "label"),
    [
        ("s_ru1251_114", "windows-1251", "Москва", "0 Совсем не вероятно"),
        ("s_pl1250_114", "windows-1250", "Łódź", "0 Zupełnie nieprawdopodobne"),
        ("s_unused_byte", "windows-1252", "Ålesund", "0 Svært usannsynlig"),
    ],
)
def test_early_stata_files_do_not_say_their_code_page(
    name: str, page: str, town: str, label: str
) -> None:
    table = read_labelled(FIELD / f"{name}.dta")
    assert table.encoding == page
    assert table.values["city"][0].as_py() == town
    assert table.variable("q1").value_labels[0] == (0.0, label)
    assert f"does not say its code page; we read {page}" in said(table)


def test_the_byte_that_is_not_used_is_not_looked_at(tmp_path: Path) -> None:
    content = bytearray((FIELD / "s_unused_byte.dta").read_bytes())
    for unused in (0, 1, 77, 255):
        content[3] = unused
        (tmp_path / "a.dta").write_bytes(content)
        assert format_of(tmp_path / "a.dta") == "Stata (.dta)"


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_letters_of_every_version(tmp_path: Path, version: int) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "t": ["Åse", "på Ærø", "Kjøp øl"]})
    labels = {"t": "Hvor på øya?"}
    frame.to_stata(tmp_path / "a.dta", version=version, write_index=False, variable_labels=labels)
    table = read_labelled(tmp_path / "a.dta")
    assert table.values["t"].to_pylist() == frame["t"].tolist()
    assert table.variable("t").label == "Hvor på øya?"
    assert table.encoding == ("UTF-8" if version >= 118 else "windows-1252")


def test_a_bad_byte_in_a_stata_file_is_marked(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": ["Åse", "Ola på Ærø", "Kjøp"]})
    frame.to_stata(tmp_path / "a.dta", version=118, write_index=False)
    content = (tmp_path / "a.dta").read_bytes().replace("Ola på".encode(), b"Ola p\xe5x")
    (tmp_path / "a.dta").write_bytes(content)
    table = read_labelled(tmp_path / "a.dta")
    assert table.values["t"].to_pylist() == ["Åse", "Ola p\\xe5x Ærø", "Kjøp"]
    assert "1 texts of t have bytes that are not UTF-8, in rows such as 2;" in said(table)


@pytest.mark.parametrize("version", [117, 118, 119])
@pytest.mark.parametrize("order", ["little", "big"])
def test_the_map_of_a_stata_file_is_held_against_its_parts(
    version: int, order: Literal["little", "big"], tmp_path: Path
) -> None:
    """Each of 14 places is off by one, or the file longer, or of a row less; and a long text."""
    path = tmp_path / "a.dta"
    frame = pd.DataFrame({"a": [1.5, 2.0], "b": [1, 2], "t": ["x", "y"], "text": ["æ" * 3000, ""]})
    frame.to_stata(
        path,
        version=version,  # type: ignore[call-overload]
        byteorder=order,
        write_index=False,
        convert_strl=["text"],
    )
    sound = path.read_bytes()
    assert read_labelled(path).values["b"].to_pylist() == [1, 2]
    start = sound.index(b"<map>") + 5
    for at in range(start, start + 14 * 8, 8):
        moved = int.from_bytes(sound[at : at + 8], order) + 1
        path.write_bytes(sound[:at] + moved.to_bytes(8, order) + sound[at + 8 :])
        with pytest.raises(FileFormatError, match="where its map says"):
            read_labelled(path)
    path.write_bytes(sound + b"\0")
    with pytest.raises(FileFormatError, match="does not end where its map says"):
        read_labelled(path)
    at, width = sound.index(b"<N>") + 3, 4 if version == 117 else 8
    path.write_bytes(sound[:at] + (1).to_bytes(width, order) + sound[at + width :])
    with pytest.raises(FileFormatError, match="its 1 rows take"):
        read_labelled(path)


@pytest.mark.parametrize("version", [13, 14, 15])
def test_stata_files_of_another_writer_have_a_map_too(version: int, tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(pd.DataFrame({"a": [1.0, 2.0], "t": ["x", "y"]}), path, version=version)
    assert read_labelled(path).values.to_pylist() == [{"a": 1.0, "t": "x"}, {"a": 2.0, "t": "y"}]


def test_the_time_at_which_a_stata_file_was_written_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    pd.DataFrame({"a": [1.0, 2.0]}).to_stata(path, write_index=False, version=118)
    content = path.read_bytes()
    at = content.index(b"<timestamp>") + 14
    path.write_bytes(content[:at] + b"\xff" + content[at + 1 :])
    assert read_labelled(path).values["a"].to_pylist() == [1.0, 2.0]


def test_dates_that_are_set_to_the_left() -> None:
    values = read_labelled(FIELD / "s_date_left2.dta").values
    assert values["when"][0].as_py() == date(2025, 1, 1)
    assert values["when2"][0].as_py() == datetime(2025, 1, 1)


@pytest.mark.parametrize(
    ("display", "kind"),
    [
        ("%td", "date"),
        ("%-td", "date"),
        ("%tdD_m_CY", "date"),
        ("%-dD_m_Y", "date"),
        ("%-tc", "moment"),
        ("%tCHH:MM", "moment"),
        ("%-9.0g", "number"),
        ("%tm", "number"),
        ("%tbcalendar", "number"),
        ("%-12.2f", "number"),
    ],
)
def test_display_formats_of_stata(display: str, kind: str) -> None:
    assert stata.column(display, is_text=False).kind == kind


# SAS


@pytest.mark.parametrize(
    ("display", "kind"),
    [
        *((f, "date") for f in ("DATE9.", "DATE", "DAY2", "MONYY7.", "WEEKDATX29.", "WORDDATX")),
        *((f, "date") for f in ("DDMMYYP10.", "YYMMDDN8.", "YYQRS6", "E8601DA10.", "NLDATEW20.")),
        *((f, "moment") for f in ("DATETIME20.", "E8601DN10.", "B8601DN", "DTDATE9.", "NLDATM")),
        *((f, "number") for f in ("DATEFMT", "DAYS", "DAYOFWK.", "MONYYX", "DATES2F", "YYMMDDX")),
        *((f, "number") for f in ("DATETIMEX", "WEEKDAYS", "TIME8.", "BEST12.", "", "F8.2")),
    ],
)
def test_only_the_formats_of_sas_itself_are_dates(display: str, kind: str) -> None:
    """A user's format names codes; code 1 is not 2 January 1960."""
    assert sas.column(display, is_text=False).kind == kind


@pytest.mark.parametrize(
    ("number", "encoding", "texts"),
    [
        (65, "cp1255", ["חיפה", "ירושלים", "אבג"]),
        (68, "cp1258", ["Đà Lat", "Huê", "Vinh"]),
        (61, "cp1251", ["Москва", "Казань", "Тверь"]),
        (30, "iso8859-2", ["Łódź", "Gdańsk", "Kraków"]),
        (142, "cp949", ["서울", "부산", "대구"]),
    ],
)
def test_letters_of_sas_files(tmp_path: Path, number: int, encoding: str, texts: list[str]) -> None:
    """A file that R has written; its code page and its texts are then put in by hand."""
    content = bytearray((FIELD / "made.sas7bdat").read_bytes())
    content[70] = number
    for place, text in zip(b"abc", texts, strict=True):
        at = content.index(bytes([place]) * 24)
        content[at : at + 24] = text.encode(encoding).ljust(24)
    (tmp_path / "a.sas7bdat").write_bytes(content)
    table = read_labelled(tmp_path / "a.sas7bdat")
    assert table.values["t"].to_pylist() == texts
    assert table.values["id"].to_pylist() == [1.0, 2.0, 3.0], "DATEFMT is a user's format"
    assert not table.assumptions


# Damage and bombs


def test_a_sas_file_is_as_long_as_its_header_says(tmp_path: Path) -> None:
    """Two pages of 4,096 bytes stand behind a header of 8,192, by the header itself."""
    sound, path = (FIELD / "made.sas7bdat").read_bytes(), tmp_path / "a.sas7bdat"
    assert len(sound) == 8_192 + 2 * 4_096
    for content in (
        *(sound + b"\0", sound + b"\0" * 4_096, sound + b"," * 64),
        *(sound[:-1], sound[:-4_096], sound[:9_000] + sound[8_992:], sound[:210], sound[:60]),
    ):
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match="damaged or incomplete") as error:
            read_labelled(path)
        assert error.value.remedy
    path.write_bytes(sound)
    assert read_labelled(path).values.num_rows == 3


@pytest.mark.parametrize(("kind", "sound"), [(0x100, True), (0x180, True), (0x1100, False)])
def test_a_page_of_sas_is_of_a_known_type(kind: int, sound: bool, tmp_path: Path) -> None:
    """The last page has the rows: its type, at byte 32 of a page, also says if some are deleted."""
    content = bytearray((FIELD / "made.sas7bdat").read_bytes())
    size = int.from_bytes(content[200:204], "little")
    at = len(content) - size + 32
    assert content[at : at + 2] == b"\x00\x01"
    content[at : at + 2] = kind.to_bytes(2, "little")
    (tmp_path / "a.sas7bdat").write_bytes(content)
    if sound:
        sas.scan(tmp_path / "a.sas7bdat")
        return
    with pytest.raises(FileFormatError, match="page 2 is of the unknown type 0x1100"):
        read_labelled(tmp_path / "a.sas7bdat")


@pytest.mark.parametrize("rows", [2**31 - 1, 2_000_000_000])
def test_a_stata_file_that_claims_two_billion_rows(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "a.dta"
    pd.DataFrame({"a": [1.0, 2.0]}).to_stata(path, version=114, write_index=False)
    content = bytearray(path.read_bytes())
    assert content[6:10] == (2).to_bytes(4, "little")
    content[6:10] = rows.to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="would expand to .* GB") as error:
        read_labelled(path)
    assert "--most-memory" in error.value.remedy


def test_a_stata_file_that_claims_less_than_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    pd.DataFrame({"a": [1.0, 2.0]}).to_stata(path, version=114, write_index=False)
    content = bytearray(path.read_bytes())
    content[6:10] = (-1).to_bytes(4, "little", signed=True)
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="damaged or incomplete") as error:
        read_labelled(path)
    assert error.value.remedy


def test_a_sas_file_that_claims_two_billion_rows(tmp_path: Path) -> None:
    """The number of rows stands in the subheader F7F7F7F7, in the word after its fifth."""
    path, content = tmp_path / "a.sas7bdat", bytearray((FIELD / "made.sas7bdat").read_bytes())
    wide = content[32] == 0x33
    size = 8 if wide else 4
    at = content.index(b"\xf7" * 4 + (b"\0" * 4 if wide else b"")) + 6 * size
    assert int.from_bytes(content[at : at + size], "little") == 3
    content[at : at + size] = (2_000_000_000).to_bytes(size, "little")
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="would expand to .* GB"):
        read_labelled(path)


def test_a_variable_without_a_name_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    pd.DataFrame({"alpha": [1.0], "beta": [2.0]}).to_stata(path, version=114, write_index=False)
    content = path.read_bytes()
    at = content.index(b"alpha\0")
    path.write_bytes(content[:at] + b"\0" + content[at + 1 :])
    with pytest.raises(FileFormatError, match="a variable has no name"):
        read_labelled(path)


def test_a_place_that_no_stata_file_has_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(pd.DataFrame({"score": [1.0, 2.0]}), str(path), version=15)
    content = bytearray(path.read_bytes())
    third = content.index(b"<map>") + len("<map>") + 3 * 8
    content[third : third + 8] = (2**63 - 1).to_bytes(8, "little")
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="does not stand where its map says"):
        read_labelled(path)


@pytest.mark.parametrize("number", [0xFFFF, 0x4000])
def test_a_stata_file_that_claims_more_variables_than_it_has_bytes(
    tmp_path: Path, number: int
) -> None:
    path = tmp_path / "a.dta"
    pd.DataFrame({"a": [1.0, 2.0]}).to_stata(path, write_index=False, version=118)
    content = path.read_bytes()
    claimed = number.to_bytes(2, "little")
    path.write_bytes(content.replace(b"<K>\x01\x00</K>", b"<K>" + claimed + b"</K>"))
    with pytest.raises(FileFormatError, match=f"says that it has {number} variables"):
        read_labelled(path)
