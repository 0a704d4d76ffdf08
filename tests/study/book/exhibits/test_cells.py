"""Numbers in tables that are made for a chapter alone: what they are called, and what they are."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from advocacy.report.numbers import Numbers
from advocacy.study.book import shown
from advocacy.study.book.exhibits import cells
from advocacy.study.book.making import Shown, made, paths_of
from advocacy.study.protocol import Protocol, read_protocol

THIN = "\N{NARROW NO-BREAK SPACE}"
PAGE = f"""| design | about | df | held, % |
| --- | --- | ---: | ---: |
| SRS of 30, twice | few: 2 % | 1{THIN}029 | **94.8 (0.5)** |
| two \\| three |  | – | \N{MINUS SIGN}0.4 |

*Simulated data.*
"""


@pytest.fixture
def protocol(root: Path) -> Protocol:
    return read_protocol(root / "analysis" / "study.toml")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Return a page whose numbers have names."""
    monkeypatch.setattr(cells, "TABLES", {"x": cells.Named("trials", ("design",), "simulated")})
    return cells.named({"x": Shown(lambda: PAGE)})["x"]


def test_a_number_is_called_after_its_row_and_column(small: Shown) -> None:
    assert (
        small.make()
        == f"""| design | about | df | held, % |
| --- | --- | ---: | ---: |
| SRS of 30, twice | few: 2 % | {{number}}`1{THIN}029 <trials:SRS_of_30_twice:df>` \
| **{{number}}`94.8 (0.5) <trials:SRS_of_30_twice:held>`** |
| two \\| three |  | – | {{number}}`\N{MINUS SIGN}0.4 <trials:two_three:held>` |

*Simulated data.*
"""
    )


def test_the_ledger_has_what_is_shown(small: Shown, protocol: Protocol) -> None:
    (own,) = cells.numbers(protocol, {"x": small})
    assert own.make() == {
        "trials:SRS_of_30_twice:df": {
            "text": f"1{THIN}029", "value": 1029.0, "source_kind": "simulated"
        },
        "trials:SRS_of_30_twice:held": {
            "text": "94.8 (0.5)", "value": 94.8, "source_kind": "simulated"
        },
        "trials:two_three:held": {
            "text": "\N{MINUS SIGN}0.4", "value": -0.4, "source_kind": "simulated"
        },
    }  # fmt: skip


@pytest.mark.parametrize("text", ["29 of 29", "below 1.01", "3·10⁻¹⁴"])
def test_what_is_no_plain_number_has_no_value(text: str, protocol: Protocol) -> None:
    page = f"| a | b |\n| --- | ---: |\n| x | {text} |\n"
    table = cells.named({"coverage": Shown(lambda: page.replace("| a |", "| design |"))})
    (own,) = cells.numbers(protocol, table)
    assert own.make() == {"coverage:x:b": {"text": text, "value": None, "source_kind": "simulated"}}


def test_names_of_all_tables_are_apart(protocol: Protocol) -> None:
    """Those of what is not run here are tested by the ledger of a whole study."""
    found: list[str] = []
    for name, page in shown.pages(protocol).items():
        if name in cells.TABLES and name.split("-")[0] not in ("rejected", "withheld", "pooled"):
            text = made(protocol, page, paths_of(protocol, page))
            names = re.findall(r"\{number\}`[^`]*<([^`<>]+)>`", text)
            assert names, name
            found += names
    assert len(found) == len(set(found)) > 700


def numbers_of(protocol: Protocol, name: str) -> Numbers:
    page = shown.pages(protocol)[name]
    (own,) = cells.numbers(protocol, {name: page})
    numbers: Numbers = made(protocol, own, paths_of(protocol, own))
    return numbers


def rows_of(root: Path, file: str) -> list[dict[str, str]]:
    with (root / file).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def per_cent(value: str) -> str:
    return f"{100 * float(value):.1f}"


def in_name(text: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", text).strip("_")


Row = dict[str, str]
# A table's file, what a row is of, and of each column what a number of it is worked out from.
FILES: dict[str, tuple[str, Callable[[Row], str], dict[str, Callable[[Row], str]]]] = {
    "contrasts": (
        "analysis/validation/contrast_errors.csv",
        lambda row: f"contrasts:{in_name(row['design'])}",
        {
            "tested": lambda row: per_cent(row["tested"]),
            "rejected_ours": lambda row: (
                f"{per_cent(row['rejected'])} ({per_cent(row['rejected_se'])})"
                if row["rejected"]
                else ""
            ),
            "rejected_on_the_df_of_both_together": lambda row: per_cent(
                row["rejected_on_union_df"]
            ),
        },
    ),
    "coverage-designs": (
        "analysis/validation/coverage.csv",
        lambda row: f"coverage:{in_name(row['design'])}",
        {"truth": lambda row: per_cent(row["truth"])},
    ),
    "scaling-rows": (
        "benchmarks/scaling.csv",
        lambda row: (
            f"scaling:rows:{in_name(row['task'])},{in_name(row['library'])},{row['rows']}"
            if row["growth"] == "rows"
            else ""
        ),
        {"memory_mib": lambda row: f"{int(row['memory']):,}".replace(",", THIN)},
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_numbers_are_those_of_the_file(root: Path, protocol: Protocol, name: str) -> None:
    file, named, columns = FILES[name]
    numbers = numbers_of(protocol, name)
    expected = {
        f"{named(row)}:{column}": text
        for row in rows_of(root, file)
        if named(row)
        for column, write in columns.items()
        if (text := write(row))
    }
    found = {key: one["text"] for key, one in numbers.items() if key.split(":")[-1] in columns}
    assert found == expected


def test_coverage_is_that_of_the_file(root: Path, protocol: Protocol) -> None:
    numbers = numbers_of(protocol, "coverage")
    names = {"korn_graubard": "korn_graubard", "wald": "wald", "wilson": "wilson"}
    rows = [
        row for row in rows_of(root, "analysis/validation/coverage.csv") if row["interval"] in names
    ]
    assert len(rows) > 80
    for row in rows:
        entry = numbers[f"coverage:{in_name(row['design'])}:{names[row['interval']]}"]
        assert entry["text"] == f"{per_cent(row['coverage'])} ({per_cent(row['coverage_se'])})"
