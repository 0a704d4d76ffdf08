"""Workbooks that are damaged, and cells that no sheet has; the parts are written by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from workbook import Sheet, write_workbook

from advocacy.errors import FileFormatError
from advocacy.responses import read_labelled

SHEET, BOOK, STYLES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
ANSWERS = [["score", "wave"], [9.0, "vår"], [10.0, "høst"]]


def changed(tmp_path: Path, part: str, change: Callable[[str], str]) -> Path:
    """Return a workbook in which the text of a part is another, with its checksum."""
    sound = write_workbook(tmp_path / "sound.xlsx", Sheet("a", ANSWERS))
    path = tmp_path / "x.xlsx"
    with ZipFile(sound) as source, ZipFile(path, "w", ZIP_DEFLATED) as made:
        for name in source.namelist():
            text = source.read(name).decode()
            made.writestr(name, change(text) if name == part else text)
    return path


def refusal(path: Path) -> FileFormatError:
    with pytest.raises(FileFormatError) as error:
        read_labelled(path)
    assert error.value.where == str(path)
    assert error.value.remedy
    assert error.value.what.count("cannot be read") <= 1
    return error.value


def test_a_sound_workbook_is_read(tmp_path: Path) -> None:
    values = read_labelled(changed(tmp_path, SHEET, str)).values
    assert values.to_pydict() == {"score": [9.0, 10.0], "wave": ["vår", "høst"]}


@pytest.mark.parametrize("part", [SHEET, BOOK, STYLES, RELATIONS])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: re.sub(r"</\w+>$", "", text),
        lambda text: f"{text}<end>",
        lambda text: re.sub(r'( xmlns="[^"]*")', r"\1\1", text, count=1),
        lambda text: text.replace("UTF-8", "UTF-0"),
        lambda text: text.replace("?>", "?><!DOCTYPE a>"),
        lambda text: text.replace(">", ">&none;", 1),
        lambda text: text.replace(">", ">\x01", 1),
    ],
    ids=["cut", "not closed", "twice", "no encoding", "document type", "no entity", "control"],
)
def test_a_part_that_is_not_well_formed_is_refused(
    tmp_path: Path, part: str, change: Callable[[str], str]
) -> None:
    error = refusal(changed(tmp_path, part, change))
    assert f"its part {part} is not well-formed" in error.what


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    """Ten to the ninth laughs, in a kilobyte."""
    letters = "abcdefghij"
    laughs = "".join(f'<!ENTITY {two} "{10 * f"&{one};"}">' for one, two in pairwise(letters))
    types = f'<!DOCTYPE a [<!ENTITY a "ha">{laughs}]>'
    path = changed(
        tmp_path, SHEET, lambda text: text.replace("?>", f"?>{types}").replace("vår", "&j;")
    )
    assert "it declares a document type" in refusal(path).what


@pytest.mark.parametrize("part", [SHEET, STYLES, "_rels/.rels"])
def test_a_part_that_differs_from_its_checksum_is_refused(tmp_path: Path, part: str) -> None:
    path = write_workbook(tmp_path / "x.xlsx", Sheet("a", ANSWERS))
    with ZipFile(path) as archive:
        info, text = archive.getinfo(part), archive.read(part)
    assert info.compress_size == info.file_size, "the part stands as it is"
    content = bytearray(path.read_bytes())
    at = content.index(text)
    place = at + text.index(b"http://") + 4  # a colon becomes a semicolon: XML all the same
    content[place] ^= 1
    path.write_bytes(content)
    assert "CRC" in refusal(path).what


@pytest.mark.parametrize(
    "reference",
    ["A1048577", "A16777216", "B2147483648", "XFE3", "AAAA3", f"A{'9' * 5_000}", f"{'Z' * 99}3"],
    ids=lambda reference: reference[:12],
)
def test_a_cell_that_no_sheet_has_is_refused(tmp_path: Path, reference: str) -> None:
    row = re.sub("[A-Z]", "", reference)
    written = f'<row r="{row}"><c r="{reference}"'
    path = changed(tmp_path, SHEET, lambda text: text.replace('<row r="3"><c r="A3"', written))
    error = refusal(path)
    assert f"row {row}"[:30] in error.what or f"column {reference[:-1]}"[:30] in error.what
    assert "a sheet ends at column XFD and row 1048576" in error.what


@pytest.mark.parametrize("row", ["1048577", "4294967295", "4294967296"])
def test_a_row_that_no_sheet_has_is_refused(tmp_path: Path, row: str) -> None:
    """Its cells need not say where they are."""
    rows = f'<row r="{row}"><c><v>1</v></c></row></sheetData>'
    path = changed(tmp_path, SHEET, lambda text: text.replace("</sheetData>", rows))
    assert f"row {row}, and a sheet ends at" in refusal(path).what


def test_a_stray_cell_in_the_last_row_is_read(tmp_path: Path) -> None:
    """A row of formatting alone, at the end of the sheet, is no answer."""
    path = changed(
        tmp_path, SHEET, lambda text: text.replace("</sheetData>", '<row r="1048576"/></sheetData>')
    )
    assert read_labelled(path).values.num_rows == 2


def test_a_cell_of_another_row_is_refused(tmp_path: Path) -> None:
    """Where the end of a row and the start of the next are lost, the text is XML all the same."""
    path = changed(
        tmp_path, SHEET, lambda text: re.sub(r'</row><row r="3"><c r="A3".*?</c>', "", text)
    )
    assert "has a cell of row 3 in row 2" in refusal(path).what


def test_rows_and_cells_need_no_references(tmp_path: Path) -> None:
    path = changed(tmp_path, SHEET, lambda text: re.sub(r' r="\w+"', "", text))
    assert read_labelled(path).values["score"].to_pylist() == [9.0, 10.0]
