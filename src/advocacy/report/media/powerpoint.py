"""Documents as PowerPoint slides: a title, then a slide or several for each section.

Charts are the program's own, with their numbers and intervals; the notes of a slide say them in
words. Texts are texts, whatever marks they hold.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from advocacy.files import replacing
from advocacy.report.document import Chart, Document, Heading, Label
from advocacy.report.media.extra import report_extra
from advocacy.report.media.lettering import legal, width
from advocacy.report.media.native import MADE
from advocacy.report.media.slide_pages import (
    BOTTOM,
    HEIGHT,
    LEFT,
    PADDING,
    ROOM,
    SMALL,
    WIDTH,
    Cells,
    Line,
    Page,
    Placed,
    heading_text,
    letters,
    pages,
)
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, Words

_EMU = 12_700  # of a point
_TITLE, _ONLY_TITLE = 0, 5  # layouts of python-pptx's own template
_TITLE_SIZES = (26, 22, 18, 15)
_SECOND = (1980, 1, 1, 0, 0, 0)  # the first that an archive can name
# Tags of languages for the spelling checker.
_TAGS = {"en": "en-GB", "nb": "nb-NO", "sv": "sv-SE", "da": "da-DK"}
_COLOURS = {"note": "quiet", "label": "quiet", "alert": "alert", "key": "first"}
# "No style, no grid" of the format, to which lines are added.
_PLAIN_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def write_slides(document: Document, path: Path, words: Words = ENGLISH) -> None:
    """Write a document as PowerPoint slides (.pptx), by rename.

    Parameters
    ----------
    document
        What is written; its first heading is the title.
    path
        Where.
    words
        The language that it is in.

    Raises
    ------
    UsageError
        The extra ``report`` is not installed.
    SystemRefusalError
        The disk is full, or another reason why the system would not write.
    """
    content = slides(document, words)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def slides(document: Document, words: Words = ENGLISH) -> bytes:
    """Return a document as PowerPoint slides; see `write_slides`."""
    with report_extra():
        from pptx import Presentation
    deck = Presentation()
    _widen(deck)
    title = next((heading_text(b) for b in document.blocks if isinstance(b, Heading)), "")
    labels = [" · ".join(b.parts) for b in document.blocks if isinstance(b, Label)][:1]
    alerts = list(document.alerts())
    _add_title(deck, title, labels, alerts)
    for number, page in enumerate(pages(document), start=2):
        _add_page(deck, page, alerts[:1], number)
    _describe(deck, title, words)
    buffer = BytesIO()
    deck.save(buffer)
    return _timeless(buffer.getvalue())


def _widen(deck: Any) -> None:
    """Make a deck of python-pptx's template 16 to 9, with the layouts that are used."""
    wider = WIDTH * _EMU / deck.slide_width
    used = {deck.slide_layouts[at].name for at in (_TITLE, _ONLY_TITLE)}
    for layout in [layout for layout in deck.slide_layouts if layout.name not in used]:
        deck.slide_layouts.remove(layout)
    deck.slide_width, deck.slide_height = WIDTH * _EMU, HEIGHT * _EMU
    for page in (deck.slide_master, *deck.slide_layouts):
        for shape in page.placeholders:
            if shape.element.spPr.find(f"{{{_DRAWING}}}xfrm") is not None:
                shape.left, shape.width = int(shape.left * wider), int(shape.width * wider)


def _add_title(deck: Any, title: str, labels: list[str], alerts: list[str]) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts.get_by_name("Title Slide"))
    _put_title(slide, title, (LEFT, 120, ROOM, 150), "b", (36, *_TITLE_SIZES))
    below = slide.placeholders[1]
    _place(below, (LEFT, 285, ROOM, 170))
    lines = [*(Line(text, "label") for text in labels), *(Line(text, "alert") for text in alerts)]
    _fill(below.text_frame, [Line(legal(line.text), line.style) for line in lines])


def _add_page(deck: Any, page: Page, alerts: list[str], number: int) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts.get_by_name("Title Only"))
    _put_title(slide, page.title, (LEFT, 28, ROOM, 64), "ctr", _TITLE_SIZES)
    for placed in page.placed:
        _add(slide, placed)
    # The kind of evidence travels with the numbers.
    for text in [page.alert] if page.alert else alerts:
        _add_lines(slide, (Line(legal(text), "alert"),), (LEFT, BOTTOM + 8, ROOM - 60, 26))
    _add_number(slide, number)
    if page.notes:
        slide.notes_slide.notes_text_frame.text = "\n".join(map(legal, page.notes))


def _add(slide: Any, placed: Placed) -> None:
    from advocacy.report.media.powerpoint_charts import add_chart

    box = (LEFT, placed.top, ROOM, placed.height)
    if isinstance(placed.what, Cells):
        _add_table(slide, placed.what, placed.top)
    elif isinstance(placed.what, Chart):
        add_chart(slide, placed.what, [int(length * _EMU) for length in box])
    else:
        _add_lines(slide, placed.what, box)


# Texts


def _put_title(
    slide: Any, text: str, box: tuple[float, ...], anchor: str, sizes: tuple[int, ...]
) -> None:
    """Write the title of a slide, in the largest letters in which it fits."""
    shape = slide.shapes.title
    _place(shape, box)
    shape.text_frame.word_wrap = True
    shape.text_frame._txBody.bodyPr.set("anchor", anchor)
    shape.text_frame.margin_left = shape.text_frame.margin_right = 0
    shown = " ".join(legal(text).split())
    lines = max(int(box[3] // (sizes[0] * 1.2)), 2)
    size = next((s for s in sizes if width(shown, s) <= lines * box[2] * 0.9), sizes[-1])
    paragraph = shape.text_frame.paragraphs[0]
    paragraph.alignment = _left()
    most = int(lines * box[2] / (sizes[-1] * 0.62))
    cut = shown if len(shown) <= most else f"{shown[: most - 1]}…"
    _add_run(paragraph, cut, size, "ink", bold=True)
    if cut != shown:
        slide.notes_slide.notes_text_frame.text = shown


def _add_lines(slide: Any, lines: tuple[Line, ...], box: tuple[float, ...]) -> None:
    shape = slide.shapes.add_textbox(*(int(length * _EMU) for length in box))
    _fill(shape.text_frame, list(lines))


def _fill(frame: Any, lines: list[Line]) -> None:
    """Write lines into a frame, a paragraph each."""
    from pptx.util import Pt

    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for at, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        paragraph.alignment = _left()
        paragraph.space_after = Pt(4)
        size = SMALL if line.style == "alert" else letters(line.style)
        if line.bold:
            _add_run(paragraph, f"{line.bold}  ", size, "ink", bold=True)
        colour = _COLOURS.get(line.style, "ink")
        bold = line.style in ("heading", "alert")
        _add_run(paragraph, line.text, size, colour, bold=bold, code=line.style == "code")


def _add_run(
    paragraph: Any, text: str, size: int, colour: str, *, bold: bool = False, code: bool = False
) -> None:
    """Write a text; its lines are those of one paragraph."""
    from pptx.dml.color import RGBColor
    from pptx.util import Pt

    for at, part in enumerate(text.split("\n")):
        if at:
            paragraph.add_line_break()
        run = paragraph.add_run()
        run.text = part
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = RGBColor.from_string(COLOURS[colour][1:])
        if code:
            run.font.name = "Consolas"


def _add_number(slide: Any, number: int) -> None:
    """Put the number of a slide on it, as a field, which follows when slides are moved."""
    from pptx.enum.text import PP_ALIGN
    from pptx.oxml import parse_xml

    shape = slide.shapes.add_textbox(
        *(int(length * _EMU) for length in (WIDTH - LEFT - 50, BOTTOM + 8, 50, 20))
    )
    paragraph = shape.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT
    paragraph._p.append(
        parse_xml(
            f'<a:fld xmlns:a="{_DRAWING}" id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" '
            f'type="slidenum"><a:rPr sz="1100"><a:solidFill><a:srgbClr '
            f'val="{COLOURS["quiet"][1:]}"/></a:solidFill></a:rPr><a:t>{number}</a:t></a:fld>'
        )
    )


def _left() -> Any:
    from pptx.enum.text import PP_ALIGN

    return PP_ALIGN.LEFT


def _place(shape: Any, box: tuple[float, ...]) -> None:
    shape.left, shape.top, shape.width, shape.height = (int(length * _EMU) for length in box)


# Tables


def _add_table(slide: Any, cells: Cells, top: float) -> None:
    rows = (cells.headings, *cells.rows)
    box = (LEFT, top, sum(cells.widths), sum(cells.heights))
    frame = slide.shapes.add_table(
        len(rows), len(cells.headings), *(int(length * _EMU) for length in box)
    )
    table = frame.table
    table.horz_banding = False
    table._tbl.tblPr.find(f"{{{_DRAWING}}}tableStyleId").text = _PLAIN_TABLE
    for at, across in enumerate(cells.widths):
        table.columns[at].width = int(across * _EMU)
    for row, (texts, high) in enumerate(zip(rows, cells.heights, strict=True)):
        table.rows[row].height = int(high * _EMU)
        for column, text in enumerate(texts):
            _write_cell(table.cell(row, column), text, cells, column, head=row == 0)


def _write_cell(cell: Any, text: str, cells: Cells, column: int, *, head: bool) -> None:
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.oxml import parse_xml

    cell.margin_left = cell.margin_right = int(PADDING * _EMU)
    cell.margin_top = cell.margin_bottom = int(3 * _EMU)
    cell.vertical_anchor = MSO_ANCHOR.BOTTOM if head else MSO_ANCHOR.TOP
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if cells.right[column] else PP_ALIGN.LEFT
    _add_run(paragraph, text, cells.size, "quiet" if head else "ink", bold=head)
    colour = COLOURS["quiet" if head else "grid"][1:]
    cell._tc.get_or_add_tcPr().append(
        parse_xml(
            f'<a:lnB xmlns:a="{_DRAWING}" w="9525"><a:solidFill><a:srgbClr val="{colour}"/>'
            "</a:solidFill></a:lnB>"
        )
    )


# The file


def _describe(deck: Any, title: str, words: Words) -> None:
    """Say what the deck is and in what language, the same each time."""
    about = deck.core_properties
    about.title, about.author, about.last_modified_by = legal(title)[:255], "", ""
    about.created = about.modified = MADE
    about.language, about.revision = _TAGS.get(words.language, words.language), 1
    for slide in deck.slides:
        for properties in slide.element.iter(f"{{{_DRAWING}}}rPr"):
            properties.set("lang", about.language)


def _timeless(content: bytes) -> bytes:
    """Return an archive with the same second for all its files, which else is the present one."""
    buffer = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(buffer, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = ZipInfo(name, _SECOND)
            entry.compress_type = ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return buffer.getvalue()
