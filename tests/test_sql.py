"""Statements that are planned once for many tables."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pyarrow as pa
import pytest

from advocacy import sql
from advocacy.sql import planned

SUM = "SELECT sum(a * b)::BIGINT AS total FROM one JOIN other USING (id)"


def total(one: dict[str, list[int]], other: dict[str, list[int]]) -> int:
    tables = {"one": pa.table(one), "other": pa.table(other)}
    return planned(SUM, tables).column("total").to_pylist()[0]


def test_a_statement_is_planned_once_for_tables_of_the_same_columns() -> None:
    sql._plan.cache_clear()
    assert total({"id": [1, 2], "a": [3, 4]}, {"id": [1, 2], "b": [10, 100]}) == 430
    assert total({"id": [2], "a": [5]}, {"id": [2, 3], "b": [7, 9]}) == 35
    assert sql._plan.cache_info().misses == 1


def test_of_tables_with_other_columns_it_is_planned_anew() -> None:
    statement = "SELECT typeof(any_value(a)) AS type FROM one"
    types = [planned(statement, {"one": pa.table({"a": a})}).to_pylist() for a in ([1], ["x"])]
    assert types == [[{"type": "BIGINT"}], [{"type": "VARCHAR"}]]


def test_its_result_outlives_the_tables() -> None:
    statement = "SELECT upper(a) AS a FROM one"
    first = planned(statement, {"one": pa.table({"a": ["first"]})})
    planned(statement, {"one": pa.table({"a": ["second"]})})
    assert first.column("a").to_pylist() == ["FIRST"]


def test_no_row_of_a_table_stays_in_the_process() -> None:
    planned(SUM, {n: pa.table({"id": [1], v: [2]}) for n, v in (("one", "a"), ("other", "b"))})
    schemas = [("one", pa.table({"id": [1], "a": [2]})), ("other", pa.table({"id": [1], "b": [2]}))]
    plan = sql._plan(SUM, tuple((name, table.schema) for name, table in schemas))
    assert [rows.table.num_rows for rows in plan._rows.values()] == [0, 0]


def test_after_an_error_it_is_still_of_use() -> None:
    statement = "SELECT a::INTEGER AS a FROM one"
    with pytest.raises(duckdb.ConversionException):
        planned(statement, {"one": pa.table({"a": ["x"]})})
    assert planned(statement, {"one": pa.table({"a": ["7"]})}).column("a").to_pylist() == [7]


def test_a_process_that_has_planned_ends_without_a_word() -> None:
    script = (
        "import pyarrow as pa; from advocacy.sql import planned; "
        "planned('SELECT a FROM one', {'one': pa.table({'a': [1]})})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout + done.stderr == ""
