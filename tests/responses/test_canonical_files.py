"""CSV and Parquet files with canonical names need no crosswalk, and are checked all the same."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from written import Writer

from advocacy.errors import DataError, FileFormatError, MissingColumnError
from advocacy.responses import open_responses


def read(path: Path, column: str) -> list[Any]:
    responses = open_responses(path)
    responses.check([column])
    values: list[Any] = responses.fetch(
        f"SELECT list({column} ORDER BY file_row) FROM {responses.relation}"
    )[0]
    return values


def parquet(folder: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "survey.parquet")
    return folder / "survey.parquet"


# CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(text_file: Writer, delimiter: str) -> None:
    rows = [["score", "wave"], ["3", "høst"], ["10", "vår"]]
    path = text_file("\r\n".join(delimiter.join(row) for row in rows))
    assert read(path, "score") == [3, 10]
    assert read(path, "wave") == ["høst", "vår"]


def test_values_are_placed_once_and_not_by_each_question(text_file: Writer) -> None:
    responses = open_responses(text_file("wave,score\nvår,3\nhøst,11"))
    placed = responses.tables[responses.relation]
    assert placed.column("score").to_pylist() == [3, 11]
    assert placed.column("file_row").to_pylist() == [1, 2]
    with pytest.raises(DataError, match="11"):  # what is not allowed is refused where it is asked
        responses.check(["score"])


def test_quotes_line_breaks_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    text = '"score","wave"\n"7","a;b, ""c""\nnext line"\n"8"," spaced "\n'
    path.write_bytes(text.encode("utf-8-sig"))
    assert read(path, "score") == [7, 8]
    assert read(path, "wave") == ['a;b, "c"\nnext line', "spaced"]


def test_na_is_missing_for_numbers_and_namibia_in_quotes(text_file: Writer) -> None:
    """R writes a missing value as NA without quotes, and texts in quotes."""
    path = text_file('country,score\n"NA",NA\n"NO","NA"\nNA,5\n')
    assert read(path, "country") == ["NA", "NO", None]
    assert read(path, "score") == [None, None, 5]


def test_whole_numbers_written_as_fractions(text_file: Writer) -> None:
    path = text_file("score,respondent_id\n1.0,17.0\n10.00,17\n 5 ,a.0\n")
    assert read(path, "score") == [1, 10, 5]
    assert read(path, "respondent_id") == ["17", "17", "a.0"]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("score", "7.5", "not a whole number"),
        ("score", "11", "allowed: 0 to 10"),
        ("score", "-1", "allowed: 0 to 10"),
        ("score", "ti", "not a whole number"),
        ("score", "99999999999", "not a whole number"),
        ("recommended_past_12m", "2", "not true or false"),
        ("recommended_past_12m", "ja", "not true or false"),
        ("interviewed_on", "24.12.2025", "not a date"),
        ("interviewed_on", "2025-02-30", "not a date"),
        ("country", "NOR", "allowed: a country's code of two letters"),
        ("country", "no", "allowed: a country's code of two letters"),
        ("sector", "b2b", "allowed: B2B, B2C"),
        ("industry", "X", "allowed: a section of NACE Rev. 2.1"),
        ("weight", "-1", "0 or more"),
        ("weight", "inf", "not a number"),
        ("days_since_event", "-3", "0 or more"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(
    text_file: Writer, column: str, value: str, reason: str
) -> None:
    path = text_file(f"x,{column}\na,\nb,{value}\n")
    with pytest.raises(DataError) as error:
        read(path, column)
    assert f"row 2, {column}: {value!r} (" in error.value.what
    assert reason in error.value.what


def test_booleans(text_file: Writer) -> None:
    path = text_file("x,recommended_past_12m\n" + "".join(
        f"a,{value}\n" for value in ("1", "0", "true", "false", "TRUE", "False", "1.0", "", "NA")
    ))  # fmt: skip
    expected = [True, False, True, False, True, False, True, None, None]
    assert read(path, "recommended_past_12m") == expected


def test_dates(text_file: Writer) -> None:
    path = text_file("x,interviewed_on\na,2025-12-24\nb,2025-12-24 13:30:00\nc,\n")
    assert read(path, "interviewed_on") == [date(2025, 12, 24), date(2025, 12, 24), None]


def test_no_canonical_name_at_all(text_file: Writer) -> None:
    with pytest.raises(MissingColumnError, match="Nothing of the file is mapped") as error:
        open_responses(text_file("q1,q2\n1,2\n"))
    assert "--crosswalk" in error.value.remedy


def test_columns_that_are_not_canonical_are_left_alone(text_file: Writer) -> None:
    responses = open_responses(text_file("score,shoe_size,repweight_1\n3,44,1.5\n"))
    assert responses.columns == ("score", "repweight_1")
    assert not responses.is_dataset


# Parquet

SCORES = [
    pytest.param(pa.array([3, None], pa.int64()), id="int64"),
    pytest.param(pa.array([3, None], pa.uint8()), id="uint8"),
    pytest.param(pa.array([3.0, float("nan")]), id="NaN"),
    pytest.param(pa.array([3.0, None], pa.float32()), id="float32"),
    pytest.param(pa.array(np.array([3, np.nan], np.float16)), id="float16"),
    pytest.param(pa.array([Decimal("3.00"), None]), id="decimal"),
    pytest.param(pa.array(["3", "NA"]), id="text"),
    pytest.param(pa.array(["3.0", ""]).dictionary_encode(), id="dictionary of texts"),
    pytest.param(pa.array([3, None]).dictionary_encode(), id="dictionary of numbers"),
]


@pytest.mark.parametrize("scores", SCORES)
def test_types_of_numbers(tmp_path: Path, scores: pa.Array) -> None:
    assert read(parquet(tmp_path, score=scores), "score") == [3, None]


def test_nan_is_missing_whatever_the_statistics_say(tmp_path: Path) -> None:
    """Parquet's minimum and maximum leave NaN out; DuckDB 2.0 takes them at their word."""
    path = parquet(tmp_path, score=[0.0, 5.0, np.nan], weight=[1.0, 2.0, 3.0])
    assert read(path, "score") == [0, 5, None]


@pytest.mark.parametrize("answers", [[True, False, None], [1, 0, None], [1.0, 0.0, np.nan]])
def test_types_of_booleans(tmp_path: Path, answers: list[Any]) -> None:
    path = parquet(tmp_path, recommended_past_12m=pa.array(answers))
    assert read(path, "recommended_past_12m") == [True, False, None]


def test_types_of_dates(tmp_path: Path) -> None:
    for values in (
        [date(2025, 12, 24)],
        [datetime(2025, 12, 24, 23, 59)],
        ["2025-12-24"],
        pa.array([datetime(2025, 12, 24, 12)], pa.timestamp("ns")),
    ):
        path = parquet(tmp_path, interviewed_on=values)
        assert read(path, "interviewed_on") == [date(2025, 12, 24)]


def test_texts_that_are_numbers_keep_no_decimal_point(tmp_path: Path) -> None:
    assert read(parquet(tmp_path, respondent_id=[17.0, 18.5]), "respondent_id") == ["17", "18.5"]
    ids = pa.array([Decimal("17.0"), Decimal("18.0")])
    assert read(parquet(tmp_path, respondent_id=ids), "respondent_id") == ["17", "18"]


@pytest.mark.parametrize("value", [date(2025, 1, 1), datetime(2025, 1, 1), 7.5, [7]])
def test_what_is_no_score_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(DataError, match="row 2, score.*not a whole number"):
        read(parquet(tmp_path, score=[None, value]), "score")


def test_a_number_is_no_date(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a date"):
        read(parquet(tmp_path, interviewed_on=[20251224]), "interviewed_on")


def test_parquet_without_rows(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="variables but no rows"):
        open_responses(parquet(tmp_path, score=pa.array([], pa.int64())))


def test_parquet_that_is_cut(tmp_path: Path) -> None:
    path = parquet(tmp_path, score=list(range(11)))
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(FileFormatError, match="damaged or incomplete"):
        open_responses(path)


def test_kind_of_evidence(text_file: Writer) -> None:
    assert open_responses(text_file("score,wave\n1,a\n")).source_kind == "collected"
    one = open_responses(text_file("score,source_kind\n1,simulated\n2,simulated\n"))
    assert one.source_kind == "simulated"
    blank = open_responses(text_file("score,source_kind\n1,\n2,collected\n"))
    assert blank.source_kind == "collected"
    mixed = open_responses(text_file("score,source_kind\n1,\n2,simulated\n"))
    with pytest.raises(DataError, match="mix kinds of evidence: collected, simulated"):
        _ = mixed.source_kind
    unknown = open_responses(text_file("score,source_kind\n1,Simulated\n"))
    with pytest.raises(DataError, match="row 1, source_kind: 'Simulated'"):
        _ = unknown.source_kind


def test_a_folder_without_partitions(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no dataset"):
        open_responses(tmp_path)


def test_the_same_problem_of_many_rows_is_told_once(text_file: Writer) -> None:
    rows = ["10", "11", "77", "11", "5", "11", "11", "77", "-1"]
    path = text_file("score\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataError) as error:
        open_responses(path).check(["score"])
    assert error.value.what == (
        "7 values are not allowed: rows 2, 4, 6 and 1 other, score: '11' (allowed: 0 to 10); "
        "rows 3 and 8, score: '77' (allowed: 0 to 10); row 9, score: '-1' (allowed: 0 to 10)."
    )


def test_of_many_different_problems_the_first_are_told(text_file: Writer) -> None:
    path = text_file("score\n" + "\n".join(str(11 + i // 2) for i in range(14)) + "\n")
    with pytest.raises(DataError) as error:
        open_responses(path).check(["score"])
    assert "rows 9 and 10, score: '15' (allowed: 0 to 10); and 4 more." in error.value.what
