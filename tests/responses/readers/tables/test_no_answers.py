"""Tables of the field: what of them is an answer, in texts and in workbooks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from workbook import Cell, Error, Sheet, write_workbook

from advocacy.errors import FileFormatError, UsageError
from advocacy.report.wording import ENGLISH
from advocacy.responses.labelled import LabelledTable
from advocacy.responses.readers import read_labelled, scan_labelled

HEAD: list[Cell] = ["id", "nps", "recommended", "day"]
ROWS: list[list[Cell]] = [
    [1000.0 + i, float(i % 11), ("No", "Yes")[i % 2], date(2026, 1, 1 + i)] for i in range(22)
]
BLANK: list[Cell] = [None, None, None, None]


def said(table: LabelledTable) -> str:
    return " ".join(map(ENGLISH.said, table.assumptions))


# Each has 44 ratings: 0 to 10 four times; `#N/A` took the place of four.
@pytest.mark.parametrize(
    ("name", "score", "found"),
    [
        ("c01_qualtrics_values.csv", "Q1", 44),
        ("c01b_qualtrics_choicetext.csv", "Q1", 44),
        (
            "c02_surveymonkey.csv",
            "How likely is it that you would recommend Acme to a friend or colleague?",
            44,
        ),
        ("c05_preamble.csv", "nps", 44),
        ("x04_title_rows.xlsx", "nps", 44),
        ("x05b_hidden_first.xlsx", "nps", 44),
        ("x06_errors.xlsx", "nps", 40),
        ("x11_blank_rows.xlsx", "nps", 44),
    ],
)
def test_the_tables_of_the_field(root: Path, name: str, score: str, found: int) -> None:
    folder = root.parent / "shared" / "field" / "import"
    if not folder.is_dir():
        pytest.skip("the field's files (../shared/field) are not on this machine")
    table = read_labelled(folder / name)
    assert table.values.num_rows == 44
    assert len(table.values[score].drop_null()) == found
    if name.startswith("c01"):
        assert table.variable("Q2").label == (
            "Have you recommended Acme to anyone in the past 12 months?"
        )


def test_a_text_with_all_of_it(tmp_path: Path) -> None:
    """A title, keys, values over two lines, blank rows, an error and a total."""
    answers = "".join(f'{i},{i % 11},"so\nand so"\n' for i in range(120))
    (tmp_path / "a.csv").write_text(
        '"NPS, Acme",,\n,,\nid,nps,why\nid,"How likely,\nare you?",Why\n'
        '"{""ImportId"":""id""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
        f"{answers},,\n120,#N/A,x\n,,\nTotal,5.0,\n",
        encoding="utf-8",
    )
    table = read_labelled(tmp_path / "a.csv")
    assert table.values.num_rows == 121
    assert table.values["id"].to_pylist() == [str(i) for i in range(121)]
    assert table.values["nps"].to_pylist()[-2:] == ["9", None]
    assert table.values["why"][0].as_py() == "so\nand so"
    assert table.variable("nps").label == "How likely, are you?"
    for sentence in (
        "Rows above the names, which are a title and no answers: 2.",
        "Rows below the names that are no answers: 2; the question texts were taken from there.",
        "Rows without any value, which are no answers: 2.",
        "Rows below the answers that are none: 1; they begin with 'Total'.",
        "1 cells of nps hold an error of the spreadsheet",
    ):
        assert sentence in said(table)


def test_batches_leave_out_the_same_rows_and_count_them_once(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i % 11}\n,\n" for i in range(1000))
    (tmp_path / "a.csv").write_text(f"id,nps\n{rows}Total,5\n")
    scan = scan_labelled(tmp_path / "a.csv")
    for _ in range(2):
        batches = list(scan.batches(["nps"], 300))
        assert [batch.num_rows for batch in batches] == [300, 300, 300, 100]
        assert [remark.values["rows"] for remark in scan.lost()] == [1000, 1]


def test_a_short_line_of_totals(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i % 11},Yes\n" for i in range(9))
    (tmp_path / "a.csv").write_text(f"id,nps,rec\n{rows}\nTotal: 9\n")
    table = read_labelled(tmp_path / "a.csv")
    assert table.values.num_rows == 9
    assert "they begin with 'Total: 9'" in said(table)
    (tmp_path / "a.csv").write_text(f"id,nps,rec\n{rows}9,5\n")
    with pytest.raises(FileFormatError, match="Expected 3 columns, got 2"):
        read_labelled(tmp_path / "a.csv")


def test_a_title_without_any_delimiter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "Customer survey 2026\n\nid;nps\n" + "".join(f"{i};{i % 11}\n" for i in range(9))
    )
    assert read_labelled(tmp_path / "a.csv").values.column_names == ["id", "nps"]


# Workbooks


def test_a_workbook_with_all_of_it(tmp_path: Path) -> None:
    rows = [["NPS Acme"], [], HEAD, *ROWS[:9], BLANK, *ROWS[9:], [1099.0, Error(), "Yes", None]]
    rows += [BLANK, ["Total", 5.0]]
    table = read_labelled(write_workbook(tmp_path / "a.xlsx", Sheet("Data", rows)))
    assert table.values.num_rows == 23
    assert table.values["nps"].to_pylist() == [*(i % 11 for i in range(22)), None]
    assert str(table.values["nps"].type) == "double"
    assert "the sheet 'Data', with names in row 3" in said(table)
    assert "1 cells of nps hold an error" in said(table)
    assert "Rows without any value, which are no answers: 2." in said(table)
    assert "they begin with 'Total'" in said(table)


def test_errors_are_counted_where_they_are_answers(tmp_path: Path) -> None:
    """Not below them; by variable, also far to the right and below an empty corner."""
    head: list[Cell] = [None, None, "id", "nps", "w"]
    rows: list[list[Cell]] = [
        [None, None, float(i), Error("#DIV/0!") if i % 4 == 0 else 5.0, Error("#REF!")]
        for i in range(40)
    ]
    foot: list[Cell] = [None, None, "Average", Error("#DIV/0!"), Error("#DIV/0!")]
    path = write_workbook(tmp_path / "a.xlsx", Sheet("Data", [[], head, *rows, foot]))
    table = read_labelled(path)
    assert table.values["nps"].null_count == 10
    assert "10 cells of nps" in said(table)
    assert "40 cells of w" in said(table)


def test_errors_that_are_texts(tmp_path: Path) -> None:
    rows = [HEAD, *ROWS, [1.0, "#I/T", "#VERDI!", None]]
    table = read_labelled(write_workbook(tmp_path / "a.xlsx", Sheet("Data", rows)))
    assert table.values["nps"].to_pylist()[-2:] == ["10", None]
    assert table.values["recommended"].to_pylist()[-1] is None
    assert "1 cells of recommended" in said(table)


def test_the_sheet_that_is_read(tmp_path: Path) -> None:
    data = Sheet("Svar", [HEAD, *ROWS])
    lists = Sheet("_lists", [["Yes", "x"], ["No", "y"]], state="veryHidden")
    cover = Sheet("Cover", [["NPS of Acme"], [], ["Made by us"]])
    other = Sheet("Om & mer", [["a", "b"], [1.0, 2.0]])
    path = write_workbook(tmp_path / "a.xlsx", lists, cover, Sheet("Empty", []), data, other)
    table = read_labelled(path)
    assert table.values.column_names == HEAD
    assert "the sheet 'Svar'" in said(table)
    assert "not read: '_lists', 'Cover', 'Empty', 'Om & mer'; --sheet names the one" in said(table)
    assert read_labelled(path, sheet="Om & mer").values.column_names == ["a", "b"]
    assert read_labelled(path, sheet="_lists").values.column_names == ["Yes", "x"]
    with pytest.raises(UsageError, match="no sheet 'Data'") as error:
        read_labelled(path, sheet="Data")
    assert "'Svar'" in (error.value.remedy or "")
    with pytest.raises(FileFormatError, match="'Empty' is empty"):
        read_labelled(path, sheet="Empty")
    (tmp_path / "a.csv").write_text("score,wave\n1,a\n")
    with pytest.raises(UsageError, match="no workbook"):
        read_labelled(tmp_path / "a.csv", sheet="Svar")


def test_numbers_typed_as_texts_with_a_decimal_comma(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["nps", "weight"], [9.0, "0,5"], [10.0, "1 000,25"], [0.0, 2.0]]
    table = read_labelled(write_workbook(tmp_path / "a.xlsx", Sheet("Data", rows)))
    assert table.values["weight"].to_pylist() == ["0.5", "1000.25", "2"]


def test_qualtrics_as_a_workbook(tmp_path: Path) -> None:
    texts: list[Cell] = ["Response ID", "How likely?", "Have you?", "Recorded Date"]
    path = write_workbook(tmp_path / "a.xlsx", Sheet("Sheet0", [HEAD, texts, *ROWS]))
    table = read_labelled(path)
    assert table.values.num_rows == 22
    assert [v.label for v in table.variables] == texts
    assert [str(t) for t in table.values.schema.types] == [
        "double", "double", "string", "date32[day]"
    ]  # fmt: skip
