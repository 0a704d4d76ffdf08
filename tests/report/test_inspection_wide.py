"""What `advocacy inspect` lists of a file with more variables than anybody reads."""

from __future__ import annotations

import json
from pathlib import Path

from advocacy.report.contents.inspected import inspected
from advocacy.report.document import Document, Paragraph, Table


def wide(folder: Path, variables: int) -> Path:
    """Write a text of three rows, the last variable a score."""
    names = [*(f"item{number}" for number in range(1, variables)), "nps"]
    rows = [[str(row)] * (variables - 1) + [score] for row, score in enumerate(("0", "9", "10"))]
    path = folder / "a.csv"
    path.write_text("".join(f"{','.join(record)}\n" for record in (names, *rows)))
    return path


def listed(document: Document | str) -> tuple[list[str], str]:
    assert isinstance(document, Document)
    table, summary = document.blocks[1:]
    assert isinstance(table, Table)
    assert isinstance(summary, Paragraph)
    return [row[0].text for row in table.rows], summary.text


def test_the_first_thousand_and_all_with_a_role_are_listed(tmp_path: Path) -> None:
    path = wide(tmp_path, 1_200)
    names, summary = listed(inspected(path))
    assert names == [*(f"item{number}" for number in range(1, 1_000)), "nps"]
    assert "Listed are 1\u202f000 of them" in summary.replace("\u00a0", "\u202f")
    everything = inspected(path, as_json=True)
    assert isinstance(everything, str)
    assert len(json.loads(everything)["variables"]) == 1_200


def test_a_thousand_are_all_listed(tmp_path: Path) -> None:
    names, summary = listed(inspected(wide(tmp_path, 1_000)))
    assert len(names) == 1_000
    assert "Listed" not in summary
