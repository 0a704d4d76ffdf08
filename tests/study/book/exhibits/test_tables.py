"""Tables of the book's pages: readable on a phone, and tables to those who hear them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from advocacy.study.book.exhibits.tables import readable, width

SECTORS = ["sector", "country", "direct, %", "90\u202f% interval", "area level", "pooled", "n"]
ROW = ["B2B", "United Kingdom", "52.6 ± 3.4", "45.7 to 52.3", "51.1 ± 2.2", "49.1 ± 2.0", "249"]


def table(headings: list[str], *rows: list[str], words: int = 1) -> str:
    """Return a table as Sphinx writes it, numbers at the right behind columns of words."""

    def cells(tag: str, texts: list[str]) -> str:
        return "".join(
            f"<{tag}{' class=' + chr(34) + 'text-right' + chr(34) if place >= words else ''}>"
            f"<p>{text}</p></{tag}>\n"
            for place, text in enumerate(texts)
        )

    body = "".join(f'<tr class="row-odd">{cells("td", row)}</tr>\n' for row in rows)
    head = f"<thead>\n<tr>{cells('th', headings)}</tr>\n</thead>"
    return f'<table class="table">\n{head}\n<tbody>\n{body}</tbody>\n</table>'


def written(markup: str) -> Tag:
    found = BeautifulSoup(readable(markup), "html.parser").table
    assert found is not None
    return found


def classes(found: Tag) -> list[list[str]]:
    return [sorted(set(cell.get("class") or []) - {"text-right"}) for cell in found.select("td")]


def test_what_fits_on_a_phone_stays_as_it_is() -> None:
    found = written(table(["score", "%", "interval"], ["10", "50.6", "49.3 to 52.0"]))
    assert found["class"] == ["table"]
    assert "style" not in found.attrs


def test_a_wide_table_says_what_its_cards_need() -> None:
    found = written(table(SECTORS, ROW, words=2))
    assert found["class"] == ["table", "stacks"]
    headings = [f'--heading-{place}:"{name}"' for place, name in enumerate(SECTORS, 1)]
    assert found["style"] == ";".join(headings)
    assert classes(found) == [["key"], ["key"], [], [], [], [], []]


def test_a_long_text_has_a_line_of_the_card_and_a_heading_can_have_any_mark() -> None:
    long = "All that there is to bear in mind of what was found by others."
    found = written(table(['the "name"', "n", "back\\slash"], ["a" * 40, "7", long], words=3))
    assert classes(found) == [["key"], [], ["long"]]
    assert found["style"].endswith(r'--heading-3:"back\\slash"')
    assert r'--heading-1:"the \"name\""' in found["style"]


def test_at_most_three_columns_say_what_a_row_is_of() -> None:
    found = written(table(["a", "b", "c", "d", "e"], ["some words " * 3] * 4 + ["1"], words=4))
    assert classes(found)[:5] == [["key"], ["key"], ["key"], ["long"], []]


def test_each_part_keeps_its_role() -> None:
    found = written(table(SECTORS, ROW, ROW))
    assert found["role"] == "table"
    for name, role in {"thead": "rowgroup", "tbody": "rowgroup", "tr": "row",
                       "th": "columnheader", "td": "cell"}.items():  # fmt: skip
        assert {part["role"] for part in found.select(name)} == {role}


def test_a_corner_without_words_is_no_heading() -> None:
    found = written(table(["", "Rate"], ["B2B", "54.5"]))
    assert [(cell.name, cell["role"]) for cell in found.tr.select("th, td")] == [  # type: ignore[union-attr]
        ("td", "cell"), ("th", "columnheader"),
    ]  # fmt: skip


def test_an_empty_cell_is_empty_and_what_a_cell_holds_is_kept() -> None:
    link = '<a class="number" href="n.html">1&#8239;249</a> and <em>more</em>'
    found = written(
        table(["score", "rate", "note"], ["10", link, ""], ["9", "two</p><p>parts", ""])
    )
    cells = [cell.decode_contents() for cell in found.select("td")]
    assert cells[:3] == ["10", link.replace("&#8239;", "\u202f"), ""]
    assert cells[4] == "<p>two</p><p>parts</p>", "a cell of two paragraphs keeps both"


def test_a_table_with_cells_that_span_is_left_whole() -> None:
    spanned = table(SECTORS, ROW, words=2).replace("<td><p>B2B", '<td rowspan="1"><p>B2B')
    assert "stacks" not in written(spanned)["class"]


def test_words_around_tables_are_not_touched() -> None:
    small = table(["a", "b"], ["1", "2"])
    page = readable(f"<p>Words &amp; more<br></p>{small}<p>between</p>{small}<p>\\(a<b\\)")
    assert page.startswith("<p>Words &amp; more<br></p><div")
    assert page.count('<div class="table-place"><table') == page.count("</table></div>") == 2
    assert page.endswith("</div><p>\\(a<b\\)")


def test_width_by_hand() -> None:
    # Numbers whole, 4 and 12 letters; of words the longest or 16; 1.4 letters beside each column.
    columns = [
        ["score", "10"],
        ["95\u202f% interval", "49.3 to 52.0"],
        ["note", "a text of many words"],
    ]
    assert width(columns, [False, True, False]) == pytest.approx(5 + 12 + 16 + 3 * 1.4)
    assert width([["a longheading"]], [True]) == pytest.approx(11 + 1.4)


def test_the_style_sheet_heads_as_many_columns_as_a_card_may_have(root: Path) -> None:
    sheet = (root / "book" / "_static" / "book.css").read_text(encoding="utf-8")
    headed = re.findall(r"nth-child\((\d+)\)::before \{ content: var\(--heading-(\d+)\)", sheet)
    assert headed == [(str(place), str(place)) for place in range(1, 17)]
    most = ["x" * 9] * 16
    assert "stacks" in written(table(most, most))["class"]
    assert "stacks" not in written(table([*most, "x"], [*most, "x"]))["class"]
