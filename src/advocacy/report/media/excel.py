"""Documents as Excel workbooks: a sheet of words, and one for each table and each chart.

Numbers are numbers, shown with the decimals that the document shows. The limits of intervals have
columns of their own. No text of the data is a formula or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from advocacy.files import replacing
from advocacy.report.document import (
    Alert,
    Block,
    Chart,
    Column,
    Commands,
    Document,
    Facts,
    Heading,
    Items,
    Key,
    Label,
    Names,
    Note,
    Paragraph,
    Table,
)
from advocacy.report.media.excel_charts import chart_grid, insert_chart
from advocacy.report.media.extra import report_extra
from advocacy.report.media.lettering import legal, width, wrapped
from advocacy.report.media.native import LONGEST, MADE, OPTIONS
from advocacy.report.media.sheets import Cell, Grid, grid_of, sheet_names, text_of_cell
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, Words

_A4, _LANDSCAPE_FROM = 9, 5  # code of the paper; columns from which it lies on its side
_HEADINGS = 3  # row of the headings of columns, from 0: below title, kind of evidence, a blank
_WIDEST, _LEAST = 44, 8  # letters across a column
_LETTER = 1.8  # height of a letter in widths of one, which columns are measured in
_ROW, _HIGHEST = 15, 409  # points
_WORDS_WIDTH = 30, 70  # letters across the two columns of the sheet of words
_FORMS: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 15},
    "heading": {"bold": True, "font_size": 12, "text_wrap": True, "valign": "top"},
    "alert": {"bold": True, "font_color": COLOURS["alert"], "text_wrap": True, "valign": "top"},
    "loud": {"bold": True, "font_color": COLOURS["alert"]},
    "text": {"text_wrap": True, "valign": "top"},
    "quiet": {"font_color": COLOURS["quiet"], "text_wrap": True, "valign": "top"},
    "label": {"font_color": COLOURS["quiet"]},
    "head": {"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"},
    "link": {"font_color": COLOURS["first"], "underline": 1, "valign": "top"},
    "code": {"font_name": "Consolas", "text_wrap": True, "valign": "top"},
}


@dataclass(frozen=True)
class _Book:
    """A workbook that is being written: its formats, and what its sheets have in common."""

    book: Any
    forms: dict[str, Any]
    words: Words
    alerts: tuple[str, ...]

    def form(self, **properties: object) -> Any:
        """Return a format, the same for the same properties."""
        key = repr(sorted(properties.items()))
        if key not in self.forms:
            self.forms[key] = self.book.add_format({"font_name": "Calibri", **properties})
        return self.forms[key]

    def named(self, name: str) -> Any:
        """Return a format by its name."""
        return self.form(**_FORMS[name])


@dataclass(frozen=True)
class _Part:
    """A table or a chart, with what is said of it: heading, label, notes, its section's alert."""

    block: Table | Chart
    heading: str
    label: str
    notes: tuple[str, ...]
    alert: str


def write_workbook(document: Document, path: Path, words: Words = ENGLISH) -> None:
    """Write a document as an Excel workbook (.xlsx), by rename.

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
    content = workbook(document, words)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def workbook(document: Document, words: Words = ENGLISH) -> bytes:
    """Return a document as an Excel workbook; see `write_workbook`."""
    with report_extra():
        import xlsxwriter
    buffer = BytesIO()
    parts = _parts(document)
    title = next((b.text for b in document.blocks if isinstance(b, Heading)), "")
    alerts = tuple(map(text_of_cell, document.alerts()))
    made = xlsxwriter.Workbook(buffer, OPTIONS)
    made.set_properties({"title": text_of_cell(title)[:255], "created": MADE})
    book = _Book(made, {}, words, alerts)
    names = sheet_names((part.heading for part in parts), words("workbook.contents"))
    sheets = [made.add_worksheet(name) for name in names]
    _write_words(book, sheets[0], document, names[1:])
    for sheet, part in zip(sheets[1:], parts, strict=True):
        _write_part(book, sheet, part)
    made.close()
    return buffer.getvalue()


def _parts(document: Document) -> list[_Part]:
    """Return tables and charts, each with the heading above it and the notes below it."""
    found: list[_Part] = []
    headings: dict[int, str] = {}
    label = alert = ""
    for block in document.blocks:
        match block:
            case Heading(text, level, code):
                headings = {k: v for k, v in headings.items() if k < level}
                headings[level] = " ".join(filter(None, (code, text)))
                alert = "" if level <= 2 else alert
            case Alert(text) if text not in document.alerts():
                alert = text
            case Label():
                label = " · ".join(block.parts)
            case Table():
                found.append(
                    _Part(block, headings[max(headings)] if headings else "", label, (), alert)
                )
            case Chart(title, alternative):
                found.append(_Part(block, title, label, (alternative,), alert))
            case Note(text) if found:
                last = found[-1]
                found[-1] = replace(last, notes=(*last.notes, text))
    return found


# The sheet of words


def _write_words(book: _Book, sheet: Any, document: Document, names: Sequence[str]) -> None:
    """Write all that the document says, with a link in place of each table and chart."""
    sheet.set_column(0, 0, _WORDS_WIDTH[0], book.named("text"))
    sheet.set_column(1, 1, _WORDS_WIDTH[1], book.named("text"))
    _set_up(sheet, columns=2)
    linked = iter(names)
    row = 0
    for block in document.blocks:
        if isinstance(block, Table | Chart):
            name = next(linked)
            target = "internal:'{}'!A1".format(name.replace("'", "''"))
            kind = "workbook.table" if isinstance(block, Table) else "workbook.chart"
            sheet.write_string(row, 0, book.words(kind), book.named("quiet"))
            sheet.write_url(row, 1, target, book.named("link"), string=name)
            row += 1
            continue
        for left, right, form in _said(block):
            if isinstance(block, Heading) and row:
                row += 1
            texts, style = [text_of_cell(text) for text in (left, right)], book.named(form)
            if right:
                sheet.write_string(row, 0, texts[0], book.named("quiet"))
                sheet.write_string(row, 1, texts[1], style)
                _set_height(sheet, row, zip(texts, _WORDS_WIDTH, strict=True))
            else:
                _write_across(sheet, row, texts[0], style, sum(_WORDS_WIDTH))
            row += 1


def _write_across(
    sheet: Any, row: int, text: str, form: Any, across: float, columns: int = 2
) -> None:
    """Write a text over the first columns, as high as its lines take: merged cells do not grow."""
    if columns > 1:
        sheet.merge_range(row, 0, row, columns - 1, "", form)
    sheet.write_string(row, 0, text, form)
    _set_height(sheet, row, [(text, across)])


def _set_height(sheet: Any, row: int, texts: Iterable[tuple[str, float]]) -> None:
    """Make a row as high as its texts take, each in so many letters across."""
    lines = max((len(_lines(text, across)) for text, across in texts), default=1)
    if lines > 1:
        sheet.set_row(row, min(_ROW * lines + 2, _HIGHEST))


def _lines(text: str, across: float) -> list[str]:
    most = int(_HIGHEST / _ROW) + 1
    return [line for part in text.split("\n") for line in wrapped(part, _LETTER, across, most)]


def _said(block: Block) -> list[tuple[str, str, str]]:
    """Return rows of words: two texts, the second maybe empty, and the name of a format."""
    match block:
        case Heading(text, level, code):
            return [(" ".join(filter(None, (code, text))), "", _level(level))]
        case Label():
            return [(" · ".join(block.parts), "", "quiet")]
        case Alert(text):
            return [(text, "", "alert")]
        case Note(text):
            return [(text, "", "quiet")]
        case Paragraph(text):
            return [(text, "", "text")]
        case Key(number, text, interval):
            figure = " ".join(filter(None, (number.text, interval)))
            return [(figure, "", "title"), (text, "", "text")]
        case Facts(pairs) | Names(pairs):
            return [(name, said, "text") for name, said in pairs]
        case Items(items):
            return [(f"• {item}", "", "text") for item in items]
        case Commands(lines):
            return [(line, "", "code") for line in lines]
    return []


def _level(level: int) -> str:
    return "title" if level == 1 else "heading"


# A sheet for a table or a chart


def _write_part(book: _Book, sheet: Any, part: _Part) -> None:
    chart = part.block if isinstance(part.block, Chart) else None
    grid = (
        chart_grid(part.block, book.words)
        if isinstance(part.block, Chart)
        else grid_of(part.block, book.words)
    )
    sheet.write_string(0, 0, text_of_cell(part.heading), book.named("title"))
    # The kind of evidence travels with the numbers.
    alert = part.alert or "".join(book.alerts[:1])
    face, form = (alert, "loud") if alert else (part.label, "label")
    sheet.write_string(1, 0, text_of_cell(face), book.named(form))
    widths = [_column_width(grid, at) for at in range(len(grid.headings))]
    _write_grid(book, sheet, grid, widths)
    sheet.freeze_panes(_HEADINGS + 1, 0)
    _set_up(sheet, columns=len(widths))
    if chart:  # which a page would cut
        sheet.fit_to_pages(1, 1)
    else:
        sheet.repeat_rows(0, _HEADINGS)
    notes = [*part.notes, *([part.label] if alert and part.label else [])]
    notes += [label for label in chart.labels() if len(label) > LONGEST] if chart else []
    notes.append(book.words("workbook.columns", columns=_letters(grid, book.words)))
    row = _HEADINGS + len(grid.rows) + 2
    for note in notes:
        across = max(sum(widths), sum(_WORDS_WIDTH) / 2)
        _write_across(
            sheet, row, text_of_cell(note), book.named("quiet"), across, max(len(widths), 1)
        )
        row += 1
    if chart and grid.rows:
        insert_chart(book.book, sheet, chart, grid, (_HEADINGS + 1, row + 1))


def _write_grid(book: _Book, sheet: Any, grid: Grid, widths: Sequence[float]) -> None:
    """Write headings and cells."""
    for at, (heading, column) in enumerate(zip(grid.headings, grid.columns, strict=True)):
        sheet.set_column(at, at, widths[at])
        form = book.form(**_FORMS["head"], **_aligned(column, at))
        sheet.write_string(_HEADINGS, at, text_of_cell(heading), form)
    _set_height(sheet, _HEADINGS, zip(grid.headings, widths, strict=True))
    for row, cells in enumerate(grid.rows, start=_HEADINGS + 1):
        for at, (cell, column) in enumerate(zip(cells, grid.columns, strict=True)):
            _write_cell(book, sheet, row, at, cell, column)
        texts = ((c.value, across) for c, across in zip(cells, widths, strict=True))
        _set_height(sheet, row, ((text, at) for text, at in texts if isinstance(text, str)))


def _write_cell(book: _Book, sheet: Any, row: int, at: int, cell: Cell, column: Column) -> None:
    align = {"valign": "top", **_aligned(column, at)}
    if cell.value == "":
        return  # an empty text would be drawn as a 0
    if isinstance(cell.value, str):
        wraps = column.align == "left"
        sheet.write_string(row, at, cell.value, book.form(text_wrap=wraps, **align))
    else:
        sheet.write_number(row, at, cell.value, book.form(num_format=cell.form, **align))


def _aligned(column: Column, at: int) -> dict[str, object]:
    """Return the side on which a column stands; texts keep away from the numbers before them."""
    return {"align": column.align, "indent": int(at > 0 and column.align == "left")}


def _column_width(grid: Grid, at: int) -> float:
    """Return the width of a column, in letters: of its longest text, within limits."""
    texts = [str(row[at].value) for row in grid.rows if isinstance(row[at].value, str)]
    widest = max((width(line, _LETTER) for text in texts for line in text.split("\n")), default=0)
    heading = grid.headings[at]
    word = max((width(word, _LETTER) for word in heading.split()), default=0)
    return min(max(widest, word, width(heading, _LETTER) / 3, _LEAST) + 2, _WIDEST)


def _letters(grid: Grid, words: Words) -> str:
    """Say which column is what, and what its numbers are counted in."""
    from xlsxwriter.utility import xl_col_to_name

    said = []
    for at, (heading, unit) in enumerate(zip(grid.headings, grid.units, strict=True)):
        counted = words(f"workbook.unit.{unit.replace(' ', '_')}") if unit else ""
        named = " ".join(legal(heading).split())
        said.append(f"{xl_col_to_name(at)} {named}{f' ({counted})' if counted else ''}")
    return "; ".join(said)


def _set_up(sheet: Any, columns: int) -> None:
    """Set what a sheet looks like on paper."""
    sheet.hide_gridlines(2)
    sheet.set_paper(_A4)
    if columns >= _LANDSCAPE_FROM:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")
