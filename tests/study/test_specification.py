"""The specification in the book: every table that the chapter includes, and no other."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.specification import PARTS, expectations, ratings_file
from advocacy.study.specification import specification_tables


def cells(table: str) -> list[list[str]]:
    lines = table.splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_chapter_includes_every_table(root: Path) -> None:
    chapter = (root / "book/estimands.md").read_text(encoding="utf-8")
    included = re.findall(r"book/tables/(specification-[a-z-]+)\.md", chapter)
    assert sorted(included) == sorted(specification_tables())


def test_the_chapter_says_what_every_estimand_counts(root: Path) -> None:
    chapter = (root / "book/estimands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", chapter, flags=re.MULTILINE)) == set(ESTIMANDS)


def test_every_table_is_a_rectangle() -> None:
    for name, table in specification_tables().items():
        assert len({len(row) for row in cells(table)}) == 1, name


def test_the_questions_name_no_placeholder() -> None:
    _, _, *rows = cells(specification_tables()["specification-questions"])
    assert [row[0] for row in rows] == [f"`{name}`" for name in ESTIMANDS]
    assert not any("{" in cell for row in rows for cell in row)
    assert rows[0][1].startswith("Of those who score 10 today, ")
    assert rows[0][2] == "retrospective: rate, per cent"


def test_the_tables_hold_what_the_files_hold() -> None:
    tables = specification_tables()
    for part in PARTS:
        with ratings_file(part).open(encoding="utf-8", newline="") as file:
            (rating, *names, _, note), *rows = list(csv.reader(file))  # but for `excluded`
        headings, _, *shown = cells(tables[f"specification-{part}-ratings"])
        assert (rating, note) == ("rating_id", "note")
        assert headings == ["rating", "there for", *(name.replace("_", " ") for name in names)]
        assert shown == [[row[0], row[-1], *row[1:-2]] for row in rows]
        _, _, *counted = cells(tables[f"specification-{part}-expectations"])
        assert [row[4] for row in counted] == [each.estimate for each in expectations(part)]


def test_a_rating_that_counts_more_than_once_in_the_base_says_so() -> None:
    rows = cells(specification_tables()["specification-answers-expectations"])
    (passives,) = [row for row in rows if row[:2] == ["`recommendation_share`", "`passives`"]]
    assert passives[2:] == ["1×3 2 7×2 9", "0 0 2 0", "2/9"]


def test_a_minus_is_shown_as_one() -> None:
    rows = cells(specification_tables()["specification-answers-expectations"])
    (nps,) = [row for row in rows if row[0] == "`nps`"]
    assert nps[1:4] == ["–", "1 2 3 4 5 6 7 8 9 10", "1 1 1 1 1 1 0 0 −1 −1"]
