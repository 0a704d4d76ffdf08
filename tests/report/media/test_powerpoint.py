"""Slides: nothing leaves its slide, charts are native with their intervals, texts are texts."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import pairwise
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree
from media_documents import BARS, CURVE, HOSTILE, PLAIN, SHOWN, TABLE, hostile_document, row
from pptx import Presentation
from python_calamine import CalamineWorkbook

from advocacy.report.document import (
    Alert,
    Chart,
    Column,
    Document,
    Entry,
    Heading,
    Paragraph,
    Point,
    Series,
    Table,
)
from advocacy.report.media.powerpoint import slides
from advocacy.report.media.slide_pages import BOTTOM, pages
from advocacy.report.wording import Words

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def read(content: bytes) -> Any:
    return Presentation(BytesIO(content))


def shapes(deck: Any) -> list[Any]:
    return [shape for slide in deck.slides for shape in slide.shapes]


def tables(deck: Any) -> list[list[list[str]]]:
    found = [shape.table for shape in shapes(deck) if shape.has_table]
    return [[[cell.text for cell in line.cells] for line in table.rows] for table in found]


def charts(deck: Any) -> list[Any]:
    return [shape.chart for shape in shapes(deck) if shape.has_chart]


def texts(deck: Any) -> str:
    """Return all texts of a deck with its notes; line breaks are blanks."""
    found = [shape.text_frame.text for shape in shapes(deck) if shape.has_text_frame]
    found += [cell for table in tables(deck) for line in table for cell in line]
    found += [s.notes_slide.notes_text_frame.text for s in deck.slides if s.has_notes_slide]
    return "\n".join(found)


def test_a_section_is_a_slide_or_several_with_its_title() -> None:
    deck = read(slides(PLAIN))
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert titles == ["How many recommend?"] * 2 + ["By sector"] * 2 + ["By score", "What was read"]
    first = deck.slides[0].placeholders[1].text
    assert first == (
        "retrospective self-report · target: these programmes · 95 % logit intervals\n"
        "Simulated data: not a finding."
    )


def test_the_kind_of_evidence_stands_on_every_slide_after_the_title_slide() -> None:
    for slide in read(slides(PLAIN)).slides:
        said = [s.text_frame.text for s in slide.shapes if s.has_text_frame]
        assert any("Simulated data: not a finding." in text for text in said)


def test_tables_are_read_back_as_they_were() -> None:
    (table,) = tables(read(slides(PLAIN)))
    assert table[0] == ["sector", "n", "%", "95 % interval", "points", "p", "code"]
    assert table[1] == ["B2B", "1 234", "42.1", "38.0 to 46.3", "−4.5", "< 0.001", "007"]
    assert len(table) == 4


def test_charts_are_native_and_their_numbers_are_those_of_the_document() -> None:
    bars, curve = charts(read(slides(PLAIN)))
    assert list(bars.plots[0].categories) == ["B2B", "B2C", "All"]
    assert list(bars.series[0].values) == [0.5, 0.25, 0.4375]
    assert [s.name for s in curve.series] == ["direct", "fitted"]
    assert list(curve.series[0].values) == [n / 16 for n in range(11)]
    assert list(curve.series[1].values) == [None if n == 4 else n / 32 for n in range(11)]


def test_intervals_are_error_bars_whose_ways_stand_in_the_chart_s_own_workbook() -> None:
    bars, curve = charts(read(slides(PLAIN)))
    errors = bars._chartSpace.find(f".//{_CHART}errBars")
    assert errors.getnext().tag == f"{_CHART}cat"  # the order that the schema asks for
    assert errors.find(f"{_CHART}errValType").get("val") == "cust"
    book = CalamineWorkbook.from_filelike(BytesIO(bars.part.chart_workbook.xlsx_part.blob))
    sheet = book.get_sheet_by_name("Sheet1").to_python()
    assert sheet == [
        ["", "ours", "ours +", "ours −"],
        ["B2B", 0.5, 0.25, 0.125],
        ["B2C", 0.25, 0.0625, 0.125],
        ["All", 0.4375, "", ""],
    ]
    for side, cells, ways in (
        ("plus", "Sheet1!$C$2:$C$4", [0.25, 0.0625]),
        ("minus", "Sheet1!$D$2:$D$4", [0.125, 0.125]),
    ):
        found = errors.find(f"{_CHART}{side}")
        assert found.findtext(f".//{_CHART}f") == cells
        assert [float(v.text) for v in found.iter(f"{_CHART}v")] == ways
    assert len(curve._chartSpace.findall(f".//{_CHART}errBars")) == 1  # of the one with limits
    lines = [f.text for f in curve._chartSpace.iter(f"{_CHART}f")]
    assert "Sheet1!$D$2:$D$12" in lines


def test_charts_are_said_in_words_in_the_notes_and_to_readers_of_screens() -> None:
    deck = read(slides(PLAIN))
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_chart:
                said = shape._element.nvGraphicFramePr.cNvPr.get("descr")
                assert said in (BARS.alternative, CURVE.alternative)
                assert said in slide.notes_slide.notes_text_frame.text


@pytest.mark.parametrize("rows", [1, 13, 14, 40])
def test_a_long_table_goes_on_with_its_headings_and_no_row_is_lost(rows: int) -> None:
    names = [f"level {n}" for n in range(rows)]
    table = Table(TABLE.columns, tuple(row(name) for name in names))
    deck = read(slides(Document((Heading("h"), Heading("part", 2), table))))
    found = tables(deck)
    assert {tuple(each[0]) for each in found} == {tuple(c.heading for c in TABLE.columns)}
    assert [line[0] for each in found for line in each[1:]] == names
    inside(deck)


def test_a_wide_table_leaves_out_what_can_be_spared() -> None:
    columns = [Column(f"a column {n}", "right", spared=n if n > 8 else 0) for n in range(30)]
    cells = tuple(Entry("123 456.7", 1.0) for _ in columns)
    deck = read(slides(Document((Heading("h"), Table(tuple(columns), (cells,))))))
    (table,) = tables(deck)
    assert len(table[0]) < 30
    assert table[0][:9] == [f"a column {n}" for n in range(9)]
    inside(deck)


def inside(deck: Any) -> None:
    """Hold that everything stands on its slide, and nothing over something else."""
    for slide in deck.slides:
        placed = sorted((s.top, s.top + s.height) for s in slide.shapes if s.height)
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height
        body = [each for each in placed if each[0] < 500 * 12_700]
        for above, below in pairwise(body):
            assert above[1] <= below[0]


# What data may write


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_the_data_does_anything(name: str) -> None:
    content = slides(hostile_document(HOSTILE[name]))
    deck = read(content)
    shown = "".join(SHOWN[name].split())
    assert "".join(texts(deck).split()).count(shown) >= 4
    inside(deck)
    for chart in charts(deck):
        blob = chart.part.chart_workbook.xlsx_part.blob
        with ZipFile(BytesIO(blob)) as archive:
            assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    with ZipFile(BytesIO(content)) as archive:
        for part in archive.namelist():
            if part.endswith((".xml", ".rels")):
                found = etree.fromstring(archive.read(part))
                assert not list(found.iter(f"{_DRAWING}hlinkClick"))
                if part.startswith("ppt/slides"):
                    assert b"External" not in archive.read(part)


def test_numbers_of_a_chart_that_are_lacking_are_no_zeros() -> None:
    points = (Point("a", 0.5, 0.25, float("inf")), Point("b", float("nan")), Point("c", 0.25))
    chart = Chart("c", "said", "ratio", (Series("s", points),), "intervals")
    (drawn,) = charts(read(slides(Document((Heading("h"), chart)))))
    assert list(drawn.series[0].values) == [0.5, None, 0.25]


def test_points_are_shown_as_points_and_bars_begin_at_none() -> None:
    points = (Point("a", -0.045, -0.0625, 0.0), Point("b", 0.03125))
    chart = Chart("c", "said", "points", (Series("s", points),), "intervals")
    (drawn,) = charts(read(slides(Document((Heading("h"), chart)))))
    assert list(drawn.series[0].values) == [-4.5, 3.125]
    assert drawn.value_axis.crosses_at == 0
    axis = drawn.value_axis
    assert axis.minimum_scale <= -6.25
    assert axis.maximum_scale >= 3.125


def test_a_document_without_anything_is_one_slide() -> None:
    assert len(read(slides(Document(()))).slides) == 1
    bare = Chart("c", "said", "count", (Series("s", ()),), "line")
    deck = read(slides(Document((Heading("h"), Table(TABLE.columns, ()), bare, Alert("a")))))
    assert "said" in texts(deck)


def test_a_deck_has_its_title_its_language_and_only_layouts_that_it_uses() -> None:
    deck = read(slides(PLAIN, Words("nb", {})))
    about = deck.core_properties
    assert (about.title, about.language) == ("How many recommend?", "nb-NO")
    assert [layout.name for layout in deck.slide_layouts] == ["Title Slide", "Title Only"]
    tags = {r.get("lang") for slide in deck.slides for r in slide.element.iter(f"{_DRAWING}rPr")}
    assert tags == {"nb-NO"}


def test_a_long_title_keeps_its_slide_and_its_notes_have_the_whole() -> None:
    title = "A question that is long " * 40
    deck = read(slides(Document((Heading(title), Paragraph("x")))))
    shown = deck.slides[1].shapes.title.text
    assert re.fullmatch(r"A question.*…", shown)
    assert title.strip() in deck.slides[1].notes_slide.notes_text_frame.text
    inside(deck)


@pytest.mark.parametrize("rows", range(4, 24))
def test_no_heading_stands_last_on_a_slide_whose_table_is_on_the_next(rows: int) -> None:
    columns = Column("a"), Column("b", "right")
    table = Table(columns, tuple((Entry(f"level {n}"), Entry(str(n))) for n in range(rows)))
    blocks = (Heading("t"), Heading("s", 2), table, Heading("of the next", 3), table)
    for page in pages(Document(blocks)):
        last = page.placed[-1]
        assert not (isinstance(last.what, tuple) and last.what[0].style == "heading")
        assert last.top + last.height <= BOTTOM + 1
