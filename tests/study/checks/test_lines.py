"""Where something stands in a protocol, counted by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from advocacy.errors import UsageError
from advocacy.study.checks.lines import read_text, written

PROTOCOL = """\
# ["sector"] in a comment
[rates]  # of all
crossings = [
    [],
    ["sector"],  # not "country"
    ['sector', "score"],
]
finer = [["country", "sector"]]

[ pairs ]
between = ["sector", "country"]
quantity = "difference"
"""


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        (("rates",), "line 2"),
        (("pairs",), "line 10"),
        (("rates", "crossings"), "line 3"),
        (("pairs", "quantity"), "line 12"),
        (("rates", "crossings", "sector"), "lines 5, 6"),
        (("rates", "crossings", "score", "country"), "line 6"),
        (("rates", "finer", "sector"), "line 8"),
        (("pairs", "between", "country"), "line 11"),
        (("pairs", "absent"), "line 10"),
        (("rates", "crossings", "absent"), "line 2"),
    ],
)
def test_it_is_found_by_line(tmp_path: Path, asked: tuple[str, ...], lines: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(PROTOCOL, encoding="utf-8")
    assert read_text(path).where(*asked) == f"{path}, {lines}"


def test_what_is_nowhere_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(PROTOCOL, encoding="utf-8")
    assert read_text(path).where("lift") == str(path)


@pytest.mark.parametrize(
    "value", ["a", "Ærlig \"talt\"", 3, 0.9, ["a", "b"], [[], ["a", "b"]], []]
)  # fmt: skip
def test_what_is_written_is_read_as_it_was(value: object) -> None:
    assert tomllib.loads(written("entry", value)) == {"entry": value}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('quantity = "difference"', 'quantity = "difference', 'line 12: quantity = "difference'),
        ("finer = [[", "finer = ", 'line 8: finer = "country", "sector"]]'),
        ("[ pairs ]", "[pairs", "line 10: [pairs"),
        ("between =", "between", 'line 11: between ["sector", "country"]'),
        ("[ pairs ]", "[rates]", "line 10: [rates]"),
    ],
)
def test_what_is_no_toml_is_said_with_its_line_and_what_may_stand_there(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(PROTOCOL.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError, match="The protocol is no TOML: ") as error:
        read_text(path)
    assert error.value.where == f"{path}, {line}"
    assert "at line" not in error.value.what
    assert "entry = value" in error.value.remedy


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    with pytest.raises(UsageError, match="cannot be read"):
        read_text(path)
    path.write_bytes('[x]\ny = "æ"'.encode("latin-1"))
    with pytest.raises(UsageError, match="cannot be read"):
        read_text(path)
