"""What the lists of an import say: each value once with its rows, each reason with its number."""

from __future__ import annotations

from pathlib import Path

from advocacy.responses.dataset.ledger import exclusion_reasons, listed_values


def test_a_value_of_several_rows_is_listed_once_by_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    rows = [f'"a.sav",{row},"score","55","no line"\n' for row in (10, 9, 4, 12)]
    rows += ['"a.sav",2,"weight",,"missing"\n', '"a.sav",11,"score","2.5","no whole number"\n']
    path.write_text("file,row,column,value,reason\n" + "".join(rows), encoding="utf-8")
    values, reasons = listed_values(path, most=2)
    assert values == [
        ("a.sav", "2", "weight", None, "missing"),
        ("a.sav", "4, 9, 10 and 1 other", "score", "55", "no line"),
    ]
    assert reasons == [
        ("score", "no line", 4),
        ("score", "no whole number", 1),
        ("weight", "missing", 1),
    ]


def test_reasons_of_ratings_that_do_not_count_are_counted_most_first(tmp_path: Path) -> None:
    path = tmp_path / "excluded.csv"
    rows = ['"a","x",2025-01-01,"too short"\n'] + ['"b","x",,"repeated, later"\n'] * 2
    path.write_text("rating_id,supplier,interviewed_on,excluded\n" + "".join(rows), "utf-8")
    assert exclusion_reasons(path) == [("repeated, later", 2), ("too short", 1)]
