"""What stands in a file is counted in batches as it would be at once, and no batch is kept."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from advocacy.errors import FileFormatError
from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable, MissingRange, Variable
from advocacy.responses.proposal.levels import Kind, Profile, ProfiledFile, profiled
from advocacy.responses.readers.scan import Scan, slices

ROWS = 997
COLUMNS: dict[str, list[Any]] = {
    "score": [float(i % 12) if i % 7 else None for i in range(ROWS)],
    "id": [f"r{i}" for i in range(ROWS)],
    "Id": [i // 2 for i in range(ROWS)],
    "text": [(" ja ", "nei", "", None, "NA")[i % 5] for i in range(ROWS)],
    "day": [date(2025, 1, 1 + i % 28) for i in range(ROWS)],
    "digits": [str(i % 70) for i in range(ROWS)],
    "fraction": [0.5 + i / 8 for i in range(ROWS)],
    "none": [None] * ROWS,
}
VARIABLES = tuple(
    Variable(
        name,
        value_labels=((0.0, "Low"), (11.0, "Don't know"), (99.0, "Nobody"))
        if name == "score"
        else (),
        user_missing=(MissingRange(11.0, 11.0),) if name == "score" else (),
    )
    for name in COLUMNS
)


READ, LOST = Remark("excel.encoding"), Remark("dates.impossible", {"values": 3, "variable": "d"})


def opened(values: pa.Table, lost: tuple[Remark, ...] = ()) -> Scan:
    empty = LabelledTable(Path("a.sav"), values.slice(0, 0), VARIABLES, assumptions=(READ,))
    return Scan(empty, None, lambda names, size: slices(values, names, size), lambda: lost)


def profile_of(file: ProfiledFile, name: str) -> Profile:
    return next(p for p in file.profiles if p.variable.name == name)


@pytest.fixture(scope="module")
def whole() -> ProfiledFile:
    return profiled(opened(pa.table(COLUMNS)))


@pytest.mark.parametrize("size", [1, 10, 996, ROWS])
def test_the_size_of_the_batches_changes_nothing(whole: ProfiledFile, size: int) -> None:
    values = pa.table(COLUMNS)
    if size == 1:  # slow: a part of it
        values = values.slice(0, 60)
        whole = profiled(opened(values))
    assert profiled(opened(values), size) == whole


def test_levels_are_counted_as_by_hand(whole: ProfiledFile) -> None:
    score = profile_of(whole, "score")
    counts = Counter(f"{value:g}" for value in COLUMNS["score"] if value is not None)
    assert {s.value: s.count for s in score.levels} == {**counts, "99": 0}
    assert [s.label for s in score.levels if s.label] == ["Low", "Don't know", "Nobody"]
    assert [s.value for s in score.levels if s.declared_missing] == ["11"] * ("11" in counts)
    assert (score.rows, score.absent) == (ROWS, COLUMNS["score"].count(None))
    numbers = sorted({v for v in COLUMNS["score"] if v is not None and v != 11})
    assert (score.low, score.high) == (numbers[0], numbers[-1])
    assert [s.number for s in score.highest] == numbers[-4:]
    assert [s.count for s in score.highest] == [counts[f"{n:g}"] for n in numbers[-4:]]


def test_many_values_are_counted_but_not_listed(whole: ProfiledFile) -> None:
    ids, halves = profile_of(whole, "id"), profile_of(whole, "Id")
    assert (ids.distinct, ids.listed, ids.levels, ids.kind) == (ROWS, False, (), Kind.TEXT)
    assert ids.length == sum(len(text) for text in COLUMNS["id"]) / ROWS
    # A name that differs only in case is a variable of its own.
    assert (halves.distinct, halves.kind, halves.whole) == ((ROWS + 1) // 2, Kind.NUMBER, True)
    assert len(ids.examples) == 60
    assert set(ids.examples) < set(COLUMNS["id"])


def test_kinds_are_those_of_all_batches_together(whole: ProfiledFile) -> None:
    kinds = {p.variable.name: p.kind for p in whole.profiles}
    assert kinds == {
        "score": Kind.NUMBER,
        "id": Kind.TEXT,
        "Id": Kind.NUMBER,
        "text": Kind.TEXT,
        "day": Kind.DATE,
        "digits": Kind.NUMBER,
        "fraction": Kind.NUMBER,
        "none": Kind.EMPTY,
    }
    text = profile_of(whole, "text")
    assert {s.value: s.count for s in text.levels} == {"ja": 200, "nei": 200, "NA": 199}
    assert text.absent == 398
    # Only the last batch shows that these are no numbers.
    late = pa.table(COLUMNS | {"digits": ["1"] * (ROWS - 1) + ["x"]})
    assert profile_of(profiled(opened(late), 100), "digits").kind is Kind.TEXT


def test_no_batch_is_kept() -> None:
    values, seen = pa.table(COLUMNS), list[weakref.ref[pa.Table]]()
    sizes = []

    def batches(names: Sequence[str] | None, size: int) -> Iterator[pa.Table]:
        for batch in slices(values, names, size):
            sizes.append(batch.num_rows)
            seen.append(weakref.ref(batch))
            yield batch
            del batch
            assert sum(ref() is not None for ref in seen) <= 1

    file = profiled(replace(opened(values), batches=batches), 100)
    assert (max(sizes), len(sizes), file.rows) == (100, 10, ROWS)
    assert file.table.values.num_rows == 0


def test_what_was_lost_on_the_way_is_said() -> None:
    file = profiled(opened(pa.table(COLUMNS), (LOST,)))
    assert file.table.assumptions == (READ, LOST)


def test_a_file_that_turns_out_to_have_no_rows_is_refused() -> None:
    with pytest.raises(FileFormatError, match="variables but no rows"):
        profiled(opened(pa.table(COLUMNS).slice(0, 0)))
