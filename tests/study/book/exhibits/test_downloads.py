"""What readers take away of figures and tables: as it is shown, and nothing that is withheld."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest

from advocacy.estimation import Estimates
from advocacy.study.book.exhibits.downloads import code_page, figure_csv, links, tables_csv
from advocacy.study.book.shown import figures, pages
from advocacy.study.protocol import read_protocol
from advocacy.study.sources import sources


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


TABLE = """\
| sector | % | 95 % interval | n | note |
| --- | ---: | ---: | ---: | --- |
| B2B | {number}`54.5 <s:B2B:rate>` | {number}`−2.6 to +56.3 <s:B2B:interval>` | 51 909 | |
| *A \\| B* | – | – | – | withheld |
"""


def test_a_table_is_as_it_is_shown_with_numbers_that_programs_read() -> None:
    first, second = rows(tables_csv(TABLE))
    assert first["%"] == "54.5"
    assert (first["95 % interval, low"], first["95 % interval, high"]) == ("-2.6", "+56.3")
    assert first["n"] == "51909"
    assert first["identifiers"] == "s:B2B:rate s:B2B:interval"
    assert second == {
        "sector": "A | B", "%": "–", "95 % interval, low": "", "95 % interval, high": "",
        "n": "–", "note": "withheld", "identifiers": "",
    }  # fmt: skip


def test_thin_spaces_between_thousands_go_and_words_stay() -> None:
    page = "| n | what |\n| --- | --- |\n| 1\u202f234\u2009567 | **10** of 12, [a link](x.md) |\n"
    assert rows(tables_csv(page)) == [{"n": "1234567", "what": "10 of 12, a link"}]


def test_of_mixed_cells_nothing_is_divided() -> None:
    page = "| % |\n| --- |\n| 50 |\n| 33 to 48.5 |\n"
    assert [row["%"] for row in rows(tables_csv(page))] == ["50", "33 to 48.5"]


def test_headings_that_are_alike_are_told_apart() -> None:
    (row,) = rows(tables_csv("| | p | p |\n| --- | --- | --- |\n| All | 0.1 | 0.2 |\n"))
    assert row == {"": "All", "p": "0.1", "p #2": "0.2"}


def test_several_tables_say_which_by_their_fold_or_their_number() -> None:
    table = "| n |\n| --- |\n| 1 |\n"
    page = f"{table}\nWords.\n\n:::{{dropdown}} Norway\n{table}:::\n"
    assert [row["table"] for row in rows(tables_csv(page))] == ["1", "Norway"]


def test_the_kind_of_evidence_travels_with_each_row() -> None:
    assert all(
        row["kind of evidence"] == "simulated" for row in rows(tables_csv(TABLE, "simulated"))
    )


def test_a_page_without_a_table_has_no_file() -> None:
    assert tables_csv("Words alone.\n") == ""


def estimates() -> Estimates:
    """Return a table of which a row is withheld, as disclosure leaves it."""
    given = {"sector": ["B2B", "B2C"], "estimate": [0.5, None], "n": [100, None],
             "reliability": ["ok", "withheld"], "source_kind": ["collected"] * 2,
             "stem": ["sector:B2B", "sector:B2C"], "p_value": [None, None]}  # fmt: skip
    return Estimates(pa.table(given), "rates")


def test_the_data_of_a_figure_are_its_rows_and_what_is_withheld_stays_so() -> None:
    shown, hidden = rows(
        figure_csv({"sector": estimates()}, {"sector": Path("sector.parquet")}, "")
    )
    assert shown == {
        "table": "sector", "source_kind": "collected", "sector": "B2B", "estimate": "0.5",
        "n": "100", "reliability": "ok",
    }  # fmt: skip
    assert hidden["reliability"] == "withheld"
    assert hidden["estimate"] == hidden["n"] == ""


def test_tables_of_trials_are_given_as_their_files_with_their_kind(tmp_path: Path) -> None:
    file = tmp_path / "coverage.csv"
    file.write_text("design,coverage\nSRS,0.95\n", encoding="utf-8")
    (row,) = rows(figure_csv({"coverage": []}, {"coverage": file}, "simulated"))
    assert row == {
        "table": "coverage", "source_kind": "simulated", "design": "SRS", "coverage": "0.95",
    }  # fmt: skip


def test_a_truth_that_is_no_table_is_not_dumped(tmp_path: Path) -> None:
    assert rows(figure_csv({"truth": {"a": 1}}, {"truth": tmp_path / "truth.json"}, "")) == []


def test_all_that_is_taken_away_is_read_from_what_is_published(root: Path) -> None:
    study = read_protocol(root / "analysis" / "study.toml")
    known = sources(study)
    named = {
        name
        for own in (*figures(study).values(), *pages(study).values())
        for name in own.names
        if name in study.tables
    }
    assert named
    assert all(known[name].path == study.tables[name].published for name in named)
    assert all(study.tables[name].published.parent.name == "published" for name in named)


@pytest.mark.parametrize("ending", ["svg", "png", "csv"])
def test_the_line_below_a_figure_names_its_files_and_what_made_it(ending: str) -> None:
    line = links("figures/years.svg", ("svg", "png", "csv"), "advocacy.report.figures.years")
    assert f"{{download}}`{ending.upper()} <../data/derived/book/figures/years.{ending}>`" in line
    assert "made by {made}`advocacy.report.figures.years`" in line


def test_a_function_has_a_place_on_the_page_of_its_module() -> None:
    assert code_page("advocacy.study.truth", "truth_page") == (
        "code/advocacy.study.truth.html#truth_page"
    )
