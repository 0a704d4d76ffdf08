"""What SPSS cannot hold is refused by name before anything is written; its limits are held."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from advocacy.errors import DataError
from advocacy.remarks import Remark
from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable, MissingRange, Variable
from advocacy.responses.writers.spss import write_sav


def written(
    folder: Path, columns: dict[str, Any], *missing: MissingRange
) -> tuple[pa.Table, tuple[str, ...]]:
    values = pa.table(columns)
    variables = tuple(Variable(name, user_missing=missing) for name in values.column_names)
    path = folder / "a.sav"
    said = write_sav(LabelledTable(path, values, variables), path)
    return read_labelled(path).values, said


def code(low: float | str, high: float | str | None = None) -> MissingRange:
    return MissingRange(low, low if high is None else high)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a b": [1.0]}, "'a b': a name begins with a letter"),
        ({"1a": [1.0]}, "'1a': a name begins with a letter"),
        ({"a-b": [1.0]}, "'a-b': a name begins with a letter"),
        ({"": [1.0]}, "'': a name begins with a letter"),
        ({"#a": [1.0]}, "'#a': a name begins with a letter"),
        ({"$a": [1.0]}, "'.a': a name begins with a letter"),
        ({"a–b": [1.0]}, "'a–b': a name begins with a letter"),
        ({"a\N{REPLACEMENT CHARACTER}": [1.0]}, "a name begins with a letter"),
        ({"to": [1.0]}, "'to': the name is a word of SPSS's own"),
        ({"x" * 65: [1.0]}, "a name has at most 64 bytes"),
        ({"å" * 33: [1.0]}, "a name has at most 64 bytes"),
        ({"a": [1.0], "A": [1.0]}, "'a': another name differs from it only in case"),
        ({"q": [2**53 + 1]}, "'q': it has whole numbers of more than 15 digits"),
        ({"q": [-(2**53) - 1, None]}, "'q': it has whole numbers of more than 15 digits"),
        ({"q": [float("-inf"), None]}, "'q': it has infinite numbers"),
        ({"q": [[1.0]]}, "'q': its values are no texts, numbers or dates, but list"),
        ({"q": [b"x"]}, "'q': its values are no texts, numbers or dates, but binary"),
        ({"q": [time(1)]}, "'q': its values are no texts, numbers or dates, but time"),
        ({"q": ["x" * 32_768]}, "'q': a text has at most 32,767 bytes"),
        ({"q": ["å" * 16_384]}, "'q': a text has at most 32,767 bytes"),
        ({"q": [None, "a\0b"]}, "'q': it has texts with a zero byte"),
        ({"q": [date(2020, 1, 1), date(1582, 10, 14)]}, "'q': it has dates before 1582-10-15"),
        ({"q": [datetime(1500, 1, 1)]}, "'q': it has dates before 1582-10-15"),
        ({f"{n} x": [1.0] for n in range(7)}, "hold 7 of the 7 variables"),
        ({f"{n} x": [1.0] for n in range(7)}, "'4 x': a name.*; and 2 more"),
    ],
)
def test_a_table_is_refused_by_name(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said) as error:
        written(tmp_path, columns)
    assert error.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "@1_recommend",
        "วันที่",
        "score_\N{SLIGHTLY SMILING FACE}",
        "पसंद",
        "Größe²",
        "a.b$#@_",
        "@",
        "\N{SLIGHTLY SMILING FACE}",
    ],
)
def test_names_that_spss_allows(tmp_path: Path, name: str) -> None:
    """Letters, marks and symbols of any script, as PSPP 1.6 takes them."""
    values, said = written(tmp_path, {name: [1.0, None]})
    assert values.to_pydict() == {name: [1.0, None]}
    assert not said


@pytest.mark.parametrize(
    "missing",
    [
        [code(1.0), code(2.0), code(3.0), code(4.0)],
        [code(1.0, 2.0), code(4.0, 5.0)],
        [code(1.0, 2.0), code(4.0), code(5.0)],
    ],
)
def test_too_many_missing_codes_are_refused(tmp_path: Path, missing: list[MissingRange]) -> None:
    with pytest.raises(DataError, match="at most three missing codes, or one range and one code"):
        written(tmp_path, {"q": [1.0]}, *missing)


def test_a_long_missing_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a missing code that is a text has at most 8 bytes"):
        written(tmp_path, {"q": ["ubesvart!"]}, code("ubesvart!"))


@pytest.mark.parametrize(
    "missing", [[code(1.0), code(2.0), code(3.0)], [code(1.0, 2.0), code(4.0)]]
)
def test_the_limits_themselves_are_held(tmp_path: Path, missing: list[MissingRange]) -> None:
    again, said = written(tmp_path, {"x" * 64: [float(2**53)]}, *missing)
    assert again["x" * 64].to_pylist() == [2.0**53]
    assert said == ()


def test_types_of_other_programs_are_held(tmp_path: Path) -> None:
    again, said = written(
        tmp_path,
        {
            "heltall": [2**53, -(2**53), None],
            "tekst": ["x" * 32_767, None, "Å"],
            "valg": pa.array(["Ja", None, "Nei"]).dictionary_encode(),
            "kort": pa.array(["Ja", None, "Nei"], pa.string_view()),
            "dag": [date(1582, 10, 15), None, date(2026, 1, 1)],
            "tid": pa.array([1, None, 3], pa.timestamp("ns", "Europe/Oslo")),
        },
    )
    assert again["heltall"].to_pylist() == [2.0**53, -(2.0**53), None]
    assert again["tekst"].to_pylist() == ["x" * 32_767, None, "Å"]
    assert again["valg"].to_pylist() == again["kort"].to_pylist() == ["Ja", None, "Nei"]
    assert again["dag"].to_pylist() == [date(1582, 10, 15), None, date(2026, 1, 1)]
    assert again["tid"].to_pylist() == [datetime(1970, 1, 1), None, datetime(1970, 1, 1)]
    assert said == (Remark("sav.time_zone", {"variable": "tid"}),)
