"""Documents: every medium shows every block, whatever the data write in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from advocacy.report.document import (
    Alert,
    Block,
    Chart,
    Column,
    Commands,
    Document,
    Entry,
    Facts,
    Heading,
    Items,
    Key,
    Label,
    Names,
    Note,
    Paragraph,
    Point,
    Series,
    Table,
)
from advocacy.report.media import html, markdown, terminal
from advocacy.report.palette import PALETTE

BLOCKS: tuple[Block, ...] = (
    Alert("must be seen"),
    Heading("whole"),
    Label("rate", "these", kind="collected"),
    Paragraph("sentence"),
    Heading("part", 2),
    Heading("question", 4, "q5"),
    Facts((("measure", "ordinal"),)),
    Items(("first", "second")),
    Names((("q6", "label"), ("q7", ""))),
    Commands(("advocacy inspect a.sav", "advocacy import a.sav")),
    Table((Column("code", code=True), Column("rows", "right")), ((Entry("98"), Entry("4", 4)),)),
    Chart("chart", "said", "per cent", (Series("s", (Point("B2B", 0.5, 0.4, 0.6),)),), "intervals"),
    Key(Entry("56.7 %", 0.567, "per cent"), "of them did", "55 to 58 %"),
    Note("to read it"),
)  # fmt: skip
TEXTS = (
    "must be seen", "whole", "rate · these · collected", "sentence", "part", "q5", "question",
    "measure", "ordinal", "first", "second", "q6", "label", "q7", "advocacy inspect a.sav",
    "advocacy import a.sav", "code", "rows", "98", "4", "chart", "said", "56.7 %", "55 to 58 %",
    "of them did", "to read it",
)  # fmt: skip
HOSTILE = "<b>`[bold red]x[/] | ``y``"


def test_all_kinds_of_block_are_tried() -> None:
    assert {type(block) for block in BLOCKS} == set(get_args(Block))


@pytest.mark.parametrize(
    "written", [terminal.as_text, markdown.as_markdown, html.fragment, html.page]
)
def test_every_medium_shows_every_text_in_its_order(written: Callable[[Document], str]) -> None:
    shown = written(Document(BLOCKS)).rpartition("<main>")[2]
    place = 0
    for said in TEXTS:
        place = shown.index(said, place) + len(said)


@pytest.mark.parametrize(
    "block",
    [
        Heading("h", 2, HOSTILE),
        Facts(((HOSTILE, "fact"), ("name", HOSTILE))),
        Items((HOSTILE,)),
        Names(((HOSTILE, HOSTILE),)),
        Commands((HOSTILE,)),
        Table((Column("a", code=True),), ((Entry(HOSTILE),),)),
        Key(Entry(HOSTILE), HOSTILE, HOSTILE),
        Chart(HOSTILE, HOSTILE, "", (Series("s", (Point(HOSTILE, 1),)),), "intervals"),
    ],
)
def test_what_the_data_write_is_never_markup(block: Block) -> None:
    document = Document((Heading("h"), block))
    assert HOSTILE in terminal.as_text(document)
    for text in (html.page(document), html.fragment(document)):
        assert "&lt;b&gt;`[bold red]x" in text
        assert "<b>" not in text


# Terminal


def test_a_command_is_one_line_on_a_narrow_terminal() -> None:
    command = f"advocacy import {'a' * 60}.sav -o data"
    assert f"\n  {command}\n" in terminal.as_text(Document((Alert("x"), Commands((command,)))), 40)


def test_a_long_item_is_indented_and_a_note_of_several_lines_keeps_them() -> None:
    document = Document((Items(("word " * 12,)), Facts((("note", "one\ntwo"),))))
    lines = terminal.as_text(document, 40).splitlines()
    assert [line[:3] for line in lines[:2]] == ["- w", "  w"]
    assert lines[-2:] == ["note  one", "      two"]


def test_no_blanks_stand_at_the_end_of_a_line() -> None:
    text = terminal.as_text(Document(BLOCKS))
    assert text.splitlines() == [line.rstrip() for line in text.splitlines()]


def test_in_a_pipe_the_width_is_the_one_given(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    document = Document((Paragraph("word " * 40),))
    terminal.print_document(document, 100)
    assert capsys.readouterr().out == terminal.as_text(document, 100)


# Markdown


@pytest.mark.parametrize(
    ("code", "written"),
    [("q5", "`q5`"), ("", ""), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a|b\nc", "`a\\|b c`")],
)
def test_code_in_a_table_of_markdown(code: str, written: str) -> None:
    table = Table((Column("a", code=True),), ((Entry(code),),))
    assert markdown.as_markdown(Document((table,))).splitlines()[-1] == f"| {written} |"


def test_commands_with_backticks_stay_within_their_fence() -> None:
    text = markdown.as_markdown(Document((Commands(("a ``` b",)),)))
    assert text == "````\na ``` b\n````\n"


# HTML


def test_a_page_has_its_title_and_a_section_for_each_heading_of_level_2() -> None:
    blocks = Heading("A & B"), Paragraph("x"), Heading("c", 2), Heading("d", 3), Heading("e", 2)
    page = html.page(Document(blocks))
    assert "<title>A &amp; B</title>" in page
    assert page.partition("<main>\n")[2].partition("</main>")[0] == (
        "<h1>A &amp; B</h1>\n<p>x</p>\n<section>\n<h2>c</h2>\n<h3>d</h3>\n</section>\n"
        "<section>\n<h2>e</h2>\n</section>\n"
    )


def test_headings_stand_lower_in_a_notebook() -> None:
    part = html.fragment(Document((Heading("a"), Heading("b", 2))))
    assert "</style>\n<h3>a</h3>\n<h4>b</h4>\n</div>" in part


def test_a_notebook_keeps_numbers_on_the_right_and_alerts_loud() -> None:
    part = html.fragment(Document((Alert("a"),)))
    style, _, rest = part.partition("</style>")
    assert ".advocacy .number{text-align:right}" in style
    alert = ",".join(PALETTE["alert"])  # readable in a notebook that is dark too
    assert f".advocacy .alert{{font-weight:bold;color:light-dark({alert})}}" in style
    assert '<p class="alert">a</p>' in rest


def test_tables_are_scrolled_with_the_keyboard_and_columns_have_their_kind() -> None:
    columns = Column("a"), Column("b", code=True), Column("c", "right")
    text = html.fragment(Document((Table(columns, ((Entry("1"), Entry("2"), Entry("3")),)),)))
    assert '<div class="scroll" tabindex="0"><table>' in text
    assert '<td class="text">1</td><td class="code">2</td><td class="number">3</td>' in text
    assert text.count('<th scope="col"') == 3


def test_a_table_too_wide_for_a_phone_becomes_cards_that_stay_a_table() -> None:
    narrow = Table((Column("a"), Column("b", "right")), ((Entry("x"), Entry("1")),))
    assert "stacks" not in html.fragment(Document((narrow,)))
    columns = tuple(Column(f"heading{n}") for n in range(6))
    wide = Table(columns, (tuple(Entry("some words of some length") for _ in columns),))
    text = html.fragment(Document((wide,)))
    assert '<table role="table" class="stacks">' in text
    assert text.count('role="cell"') == text.count("data-heading=") == 6
    assert 'data-heading="heading3">some words of some length</td>' in text
