"""The folder of a client's report: one document, a file a medium, and the data of its figures."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

from advocacy.files import replacing, write_text
from advocacy.report.client.inert import inert
from advocacy.report.document import Chart, Document
from advocacy.report.media.excel import workbook
from advocacy.report.media.html import page
from advocacy.report.media.markdown import as_markdown
from advocacy.report.media.pdf import pdf
from advocacy.report.media.powerpoint import slides
from advocacy.report.wording import Words

HTML, PDF, CROSSWALK, METHODS = "report.html", "report.pdf", "crosswalk.csv", "methods.md"
WORKBOOK, SLIDES, ANSWERS = "report.xlsx", "report.pptx", "answers.sav"
_FORMULA = ("=", "+", "-", "@")  # how what a spreadsheet computes begins
_HEADER = ("chart", "series", "label", "value", "low", "high", "unit")


def write_report(
    folder: Path,
    document: Document,
    card: Document,
    words: Words,
    *,
    day: date | None,
    footer: str,
    answers: Path,
    crosswalk: Path | None = None,
) -> None:
    """Write a folder with the report in every medium, whole or not at all.

    Parameters
    ----------
    folder
        It takes the place of what is there.
    document, card
        The report, and its methods card alone.
    words
        The language.
    day
        The day that the PDF bears: that of the last interview, where it is known.
    footer
        What stands at the foot of each page.
    answers
        The answers with what became of each row, a .sav file that is copied.
    crosswalk
        By which the file was read; ``None`` for a dataset.

    Raises
    ------
    SystemRefusalError
        The disk is full, or another reason why the system would not write.
    UsageError
        The extra `report` is not installed.
    """
    shown = inert(document)
    days = {} if day is None else {"day": day}
    with replacing(folder) as new:
        new.mkdir()
        write_text(new / HTML, page(shown, words))
        (new / PDF).write_bytes(pdf(shown, words, footer=inert(footer), **days))
        (new / WORKBOOK).write_bytes(workbook(shown, words))
        (new / SLIDES).write_bytes(slides(shown, words))
        write_text(new / METHODS, as_markdown(inert(card)))
        shutil.copyfile(answers, new / ANSWERS)
        for number, chart in enumerate(shown.charts(), 1):
            _write_data(new / "data" / f"figure-{number}.csv", chart)
        if crosswalk:
            shutil.copyfile(crosswalk, new / CROSSWALK)


def _write_data(path: Path, chart: Chart) -> None:
    """Write the numbers of a chart, not rounded, a row a point."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_HEADER)
        unit = chart.unit
        for series in chart.series:
            rows.writerows(
                (*map(_as_text, (chart.title, series.name, p.label)), p.value, p.low, p.high, unit)
                for p in series.points
            )


def _as_text(words: str) -> str:
    """Return words with the mark by which a spreadsheet takes them for no formula."""
    return f"'{words}" if words.startswith(_FORMULA) else words
