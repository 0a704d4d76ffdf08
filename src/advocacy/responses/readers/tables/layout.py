"""Where the answers stand in a text or sheet: what is above them, their names, what is below.

Survey programs write more than a table. Qualtrics puts the question texts and its own keys in
rows below the names; SurveyMonkey divides the names over two rows; reports have a title above
and a line of totals below. None of these is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from advocacy.remarks import Remark

Row = Sequence[str]  # the cells of a row as texts, empty where there is nothing

# Qualtrics' keys stand below the question texts, one such object a cell.
_IMPORT_ID = re.compile(r"\s*\{\s*\"?'?ImportId\b")
_MOST_BELOW = 4  # rows below the names in which the keys are looked for
_MOST_TITLE = 3  # cells that a row of a title has
_ENOUGH = 5  # answers that tell a row of a header from them
_TELLING = 2  # columns in which they must
# What SurveyMonkey writes below a question that has but one column, by language of the survey.
# fmt: off
_SINGLE = frozenset([
    "response", "open-ended response", "svar", "åpent svar", "öppet svar", "åbent svar",
    "antwort", "réponse", "respuesta", "risposta", "resposta", "reactie", "vastaus",
])
# fmt: on
_TYPED = re.compile(
    r"[-+]?[\d .,]*\d\s*%?|"  # a number, or a date by numbers with perhaps a time
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T,]+\d{1,2}[:.]\d{2}.*)?"
)
_SUMMARY = re.compile(
    r"((grand|overall|col|column|sub) ?-?)?(totals?|sums?|averages?|avg|means?|median|counts?|base|"
    r"n|totalt|totalsum|i alt|ialt|summa|summe|gjennomsnitt|snitt|gennemsnit|genomsnitt|medel|"
    r"medelvärde|antall|antal|gesamt|insgesamt|durchschnitt|mittelwert|moyenne|somme)\b.{0,20}"
)


@dataclass(frozen=True)
class Layout:
    """How a table begins.

    Parameters
    ----------
    above
        Rows above the names: a title, or none.
    header
        Rows of the header, the names included; at least one.
    names, labels
        A name and a question text a column; a name is empty where the table has none, and so
        is a text that says no more than the name.
    """

    above: int
    header: int
    names: tuple[str, ...]
    labels: tuple[str, ...]

    def remarks(self) -> Iterator[Remark]:
        """Say which rows at the top are no answers."""
        if self.above:
            yield Remark("layout.above", {"rows": self.above})
        if self.header > 1:
            below = {"rows": self.header - 1}
            yield Remark("layout.texts" if any(self.labels) else "layout.divided", below)


def find_layout(rows: Sequence[Row]) -> Layout:
    """Find the names of a table and the rows that are none of its answers.

    A row above is one of a title where it has few cells and stands at the left. A row below
    the names belongs to the header where it holds Qualtrics' keys or what stands above them;
    where it names what SurveyMonkey's questions with several columns ask; or where it has texts
    that occur nowhere below, in columns of numbers and dates, and no number or date.

    Parameters
    ----------
    rows
        The first rows, blank ones included; at least one has a cell.
    """
    above = _above(rows)
    top = rows[above]
    below = rows[above + 1 :]
    keys = next((at for at, row in enumerate(below[:_MOST_BELOW]) if _is_keys(row)), None)
    if keys is not None:
        texts = below[0] if keys else ()
        return _laid(above, keys + 2, top, texts)
    if _is_header(top, below):
        return _laid(above, 2, *_divided(top, below[0]))
    return _laid(above, 1, top, ())


def rows_below(rows: Sequence[Row]) -> int:
    """Return how many of the last rows of a table are no answers: blank, totals, or a note.

    Totals say so in their first cell, and are told from an answer by a blank row above them,
    by few cells, or by a first column that otherwise has numbers. A note is a single cell
    below a blank row.
    """
    for last in range(len(rows), 0, -1):
        if not (is_blank(rows[last - 1]) or _is_summary(rows[last - 1], rows[: last - 1])):
            return len(rows) - last
    return len(rows)


def says_total(text: str) -> bool:
    """Tell whether the first cell of a row says that totals or means stand in it."""
    return _SUMMARY.fullmatch(text.strip().lower()) is not None


def typical_cells(rows: Sequence[Row]) -> float:
    """Return how many cells a row has, by the median of those that have any; 0 without any."""
    return median([count for count in map(_filled, rows) if count] or [0])


def is_blank(row: Row) -> bool:
    """Tell whether a row has no cell."""
    return not any(cell.strip() for cell in row)


def _laid(above: int, header: int, top: Row, texts: Row) -> Layout:
    names = tuple(cell.strip() for cell in top)
    told = [_one_line(text) for text in texts][: len(names)]
    told += [""] * (len(names) - len(told))
    labels = ("" if text == name else text for name, text in zip(names, told, strict=True))
    return Layout(above, header, names, tuple(labels))


def _above(rows: Sequence[Row]) -> int:
    """Return the number of rows above the names."""
    typical = typical_cells(rows)
    lengths = [len(row) for row in rows if row]
    width = max(lengths, key=lengths.count)
    first = next(at for at, row in enumerate(rows) if not is_blank(row))
    at = first
    while at < len(rows) - 1 and _is_title(rows[at], typical, width):
        at += 1
    # Names are texts: what follows a title of one cell may be the answers of a single column.
    return first if any(map(_is_typed, rows[at])) else at


def _is_title(row: Row, typical: float, width: int) -> bool:
    filled = _filled(row)
    if not filled:
        return True
    few = filled <= _MOST_TITLE and filled < typical and bool(row[0].strip())
    return few and (2 * filled <= typical or len(row) < width)


def _is_keys(row: Row) -> bool:
    return not is_blank(row) and all(_IMPORT_ID.match(cell) for cell in row if cell.strip())


def _is_header(top: Row, below: Sequence[Row]) -> bool:
    """Tell whether the first row below the names belongs to them."""
    answers = [row for row in below[1:] if not is_blank(row)]
    if not answers or is_blank(below[0]):
        return False
    width = max(len(top), len(below[0]))
    cells = _cells(below[0], width)
    columns = list(zip(cells, _turned(answers, width), strict=True))
    if any(_is_typed(cell) for cell, values in columns if _holds_numbers(values)):
        return False
    new = all(cell not in values for cell, values in columns if cell)
    # A text says something where the answers are numbers, or the same few texts.
    named = [values for cell, values in columns if cell]
    typed = sum(map(_holds_numbers, named))
    repeated = sum(2 * len(set(v)) <= len(v) and not _holds_numbers(v) for v in named)
    telling = typed and typed + repeated >= _TELLING
    if new and telling and len(answers) >= _ENOUGH:
        return True
    names = _cells(top, width)
    divided = any(cell and not name for name, cell in zip(names, cells, strict=True))
    single = any(cell.lower() in _SINGLE and cell not in values for cell, values in columns)
    always = any(not cell and len(values) == len(answers) for cell, values in columns)
    return always and (divided or single)


def _holds_numbers(values: Sequence[str]) -> bool:
    """Tell whether most values of a column are numbers or dates."""
    return 2 * sum(map(_is_typed, values)) > len(values)


def _divided(top: Row, below: Row) -> tuple[Row, Row]:
    """Return names and question texts of a header in two rows.

    Where the upper row has a name for each column, the lower one has the texts. Otherwise the
    upper row has questions, each above the columns of its answers, which the lower row names.
    """
    width = max(len(top), len(below))
    upper, lower = _cells(top, width), _cells(below, width)
    single = any(cell.lower() in _SINGLE for cell in lower)
    if not single and all(name or not cell for name, cell in zip(upper, lower, strict=True)):
        return upper, lower
    names, question = [], ""
    for at, (name, answer) in enumerate(zip(upper, lower, strict=True)):
        question = name or question
        several = at + 1 < width and not upper[at + 1] and lower[at + 1]
        if not question or not answer:
            names.append(name or answer)
        elif (name and not several) or answer.lower() in _SINGLE:
            names.append(question)
        else:
            names.append(f"{question}: {answer}")
    return names, ()


def _is_summary(row: Row, before: Sequence[Row]) -> bool:
    texts = [cell.strip() for cell in row if cell.strip()]
    apart = bool(before) and is_blank(before[-1])
    answers = [other for other in before if not is_blank(other)]
    if not answers:
        return False
    typical = typical_cells(answers)
    if not says_total(texts[0]):
        return apart and len(texts) == 1 < typical / 2
    firsts = [other[0] for other in answers if other[0].strip()]
    return apart or _holds_numbers(firsts) or 2 * len(texts) <= typical


def _is_typed(cell: str) -> bool:
    return _TYPED.fullmatch(cell.strip()) is not None


def _filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _cells(row: Row, width: int) -> list[str]:
    return [*(_one_line(cell) for cell in row), *[""] * (width - len(row))]


def _turned(rows: Sequence[Row], width: int) -> Iterator[list[str]]:
    """Yield the cells of each column that are not empty."""
    for at in range(width):
        cells = (row[at].strip() for row in rows if at < len(row))
        yield [cell for cell in cells if cell]


def _one_line(text: str) -> str:
    return " ".join(text.split())
