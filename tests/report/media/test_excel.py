"""Workbooks: numbers are numbers, names of sheets are allowed, and no text does anything."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from lxml import etree
from media_documents import BARS, CURVE, HOSTILE, PLAIN, SHOWN, TABLE, hostile_document
from python_calamine import CalamineWorkbook

from advocacy.report.document import Chart, Column, Document, Entry, Heading, Point, Series, Table
from advocacy.report.media.excel import workbook
from advocacy.report.media.sheets import number_format, sheet_names
from advocacy.report.wording import ENGLISH

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read(content: bytes) -> dict[str, list[list[object]]]:
    """Return the cells of each sheet, by a reader that is not the writer's."""
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def parts(content: bytes, pattern: str) -> list[etree._Element]:
    with ZipFile(BytesIO(content)) as archive:
        names = sorted(name for name in archive.namelist() if re.fullmatch(pattern, name))
        return [etree.fromstring(archive.read(name)) for name in names]


def formats(content: bytes) -> list[str]:
    (styles,) = parts(content, r"xl/styles\.xml")
    return [each.get("formatCode") for each in styles.iter(f"{_CELLS}numFmt")]


# Numbers


def test_numbers_are_read_back_as_they_were() -> None:
    sheet = read(workbook(PLAIN))["1 By sector"]
    assert sheet[0][0] == "By sector"
    assert sheet[1][0] == "Simulated data: not a finding."
    assert sheet[3] == [
        "sector", "n", "%", "95 % interval, from", "95 % interval, to", "points", "p", "code",
    ]  # fmt: skip
    numbers = [1234.0, 0.42125, 0.38, 0.4625, -4.5, 0.00025]
    assert sheet[4] == ["B2B", *numbers, "007"]
    assert sheet[5] == ["B2C", *numbers, "007"]
    assert sheet[6] == ["none", "–", "–", "–", "", "–", "–", ""]


def test_all_tables_and_charts_have_a_sheet_and_the_first_lists_them() -> None:
    sheets = read(workbook(PLAIN))
    names = ["Contents", "1 By sector", "2 Rates", "3 By score"]
    assert list(sheets) == names
    words = [text for line in sheets["Contents"] for text in line if text]
    for text in (*names[1:], "How many recommend?", "client.sav", "another thing", "Likelihood"):
        assert any(text in str(word) for word in words)


def test_columns_are_named_by_their_letters_with_what_they_count() -> None:
    sheet = read(workbook(PLAIN))["1 By sector"]
    assert [line[0] for line in sheet[8:]] == [
        "n: ratings.",
        "retrospective self-report · target: these programmes · 95 % logit intervals",
        "Columns: A sector; B n (count); C % (per cent); D 95 % interval, from (per cent); "
        "E 95 % interval, to (per cent); F points (points); G p (p-value); H code.",
    ]


@pytest.mark.parametrize(
    ("entry", "form"),
    [
        (Entry("42.1", 0.42125, "per cent"), "0.0%"),
        (Entry("42", 0.42125, "per cent"), "0%"),
        (Entry("+4.5", 0.045, "points"), "+0.0;−0.0;0.0"),
        (Entry("12 345", 12345.0, "count"), "#,##0"),
        (Entry("< 0.001", 0.0001, "p"), '[<0.001]"< 0.001";0.000'),
        (Entry("0.25", 0.25, "ratio"), "0.00"),
        (Entry("7", 7.0, "score"), "0"),
        (Entry("7.3", 7.3, "score"), "0.0"),
        (Entry("3", 3.0), "General"),
    ],
)
def test_a_number_is_shown_with_the_decimals_of_the_document(entry: Entry, form: str) -> None:
    assert number_format(entry, ENGLISH) == form


def test_the_limits_of_an_interval_are_both_there_or_said_to_be_without_end() -> None:
    ends = ((0.5, 2.0), (0.5, float("inf")), (float("nan"), 2.0))
    table = Table((Column("a"),), tuple((Entry("x", end, "ratio"),) for end in ends))
    sheet = read(workbook(Document((Heading("h"), table))))["1 h"]
    assert [line[:2] for line in sheet[4:7]] == [[0.5, 2.0], [0.5, "∞"], ["", 2.0]]


# Charts


def test_a_chart_draws_cells_with_the_way_to_both_limits() -> None:
    content = workbook(PLAIN)
    sheet = read(content)["2 Rates"]
    assert sheet[4] == ["B2B", 0.5, 0.375, 0.75, 0.125, 0.25]
    assert sheet[5] == ["B2C", 0.25, 0.125, 0.3125, 0.125, 0.0625]
    assert sheet[6] == ["All", 0.4375, "", "", "", ""]
    bars = parts(content, r"xl/charts/chart\d+\.xml")[0]
    (errors,) = bars.iter(f"{_CHART}errBars")
    for side, cells, ways in (
        ("plus", "$F$5:$F$7", [0.25, 0.0625]),
        ("minus", "$E$5:$E$7", [0.125, 0.125]),
    ):
        found = errors.find(f"{_CHART}{side}")
        assert found.findtext(f".//{_CHART}f") == f"'2 Rates'!{cells}"
        assert [float(v.text) for v in found.iter(f"{_CHART}v")][:2] == ways
    (values,) = bars.iter(f"{_CHART}val")
    assert [float(v.text) for v in values.iter(f"{_CHART}v")] == [0.5, 0.25, 0.4375]


def test_what_is_lacking_is_no_zero() -> None:
    points = (Point("a", 0.5), Point("b", float("nan")), Point("c", 0.25))
    chart = Chart("c", "said", "per cent", (Series("s", points),), "line")
    content = workbook(Document((Heading("h"), chart)))
    (drawn,) = parts(content, r"xl/charts/chart\d+\.xml")
    (values,) = drawn.iter(f"{_CHART}val")
    found = {point.get("idx"): point.findtext(f"{_CHART}v") for point in values.iter(f"{_CHART}pt")}
    assert found == {"0": "0.5", "2": "0.25"}


def test_a_chart_is_said_in_words_for_who_cannot_see_it() -> None:
    drawings = parts(workbook(PLAIN), r"xl/drawings/drawing\d+\.xml")
    said = [each.get("descr") for drawn in drawings for each in drawn.iter() if each.get("descr")]
    assert said == [BARS.alternative, CURVE.alternative]


# What data may write


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_the_data_does_anything(name: str) -> None:
    content = workbook(hostile_document(HOSTILE[name]))
    sheets = read(content)
    texts = [cell for sheet in sheets.values() for line in sheet for cell in line]
    assert texts.count(SHOWN[name]) >= 5
    for sheet in parts(content, r"xl/worksheets/sheet\d+\.xml"):
        assert list(sheet.iter(f"{_CELLS}f")) == []
        links = sheet.iter(f"{_CELLS}hyperlink")
        assert all(set(link.keys()) <= {"ref", "location", "display"} for link in links)
    with ZipFile(BytesIO(content)) as archive:
        assert not any(b"External" in archive.read(part) for part in archive.namelist())


def test_a_text_longer_than_a_cell_is_cut_and_shows_it() -> None:
    faces = "\N{GRINNING FACE}" * 20_000  # two letters of UTF-16 each
    table = Table((Column("a"),), ((Entry("y" * 40_000),), (Entry(faces),)))
    sheet = read(workbook(Document((Heading("h"), table))))["1 h"]
    cut, emoji = str(sheet[4][0]), str(sheet[5][0])
    assert (len(cut), cut[-2:]) == (32_767, "y…")
    assert (len(emoji.encode("utf-16-le")) // 2, emoji[-1]) == (32_767, "…")


def test_names_of_sheets_are_allowed_and_differ() -> None:
    headings = ["a/b\\c?*[d]:e", "", "'quoted'", "x" * 40, "x" * 40, "History", "\N{FAMILY}" * 30]
    names = sheet_names(headings, "Contents")
    assert names[:6] == ["Contents", "1 a b c d e", "2", "3 'quoted", f"4 {'x' * 28}…",
                         f"5 {'x' * 28}…"]  # fmt: skip
    assert len({name.casefold() for name in names}) == len(names)
    assert max(len(name.encode("utf-16-le")) // 2 for name in names) <= 31
    assert not any(re.search(r"[\[\]:*?/\\]|^'|'$|^$", name) for name in names)
    tables = [Table((Column("a"),), ((Entry("1"),),))] * len(headings)
    blocks = [b for pair in zip(map(Heading, headings), tables, strict=True) for b in pair]
    assert list(read(workbook(Document(tuple(blocks))))) == names


def test_the_headings_stay_and_paper_is_set() -> None:
    sheet = parts(workbook(PLAIN), r"xl/worksheets/sheet2\.xml")[0]
    (pane,) = sheet.iter(f"{_CELLS}pane")
    assert (pane.get("ySplit"), pane.get("state")) == ("4", "frozen")
    (page,) = sheet.iter(f"{_CELLS}pageSetup")
    assert (page.get("paperSize"), page.get("orientation")) == ("9", "landscape")


def test_a_document_without_tables_or_rows_is_a_workbook() -> None:
    empty = Table(TABLE.columns, ())
    bare = Chart("c", "said", "count", (Series("s", ()),), "intervals")
    assert list(read(workbook(Document(())))) == ["Contents"]
    sheets = read(workbook(Document((Heading("h"), empty, bare))))
    assert list(sheets) == ["Contents", "1 h", "2 c"]
    assert sheets["1 h"][3][0] == "sector"
