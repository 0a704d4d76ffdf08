"""Tables of rates: what does not apply to an estimand has no column."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.estimation import estimate
from advocacy.report.contents.estimates import rates
from advocacy.report.document import Table
from advocacy.responses import open_responses


@pytest.mark.parametrize(
    ("estimand", "behind"),
    [("recommended_past_12m", ["n", "effective n", "df"]), ("nps", ["n", "df"])],
)
def test_the_effective_n_is_of_proportions_alone(
    tmp_path: Path, estimand: str, behind: list[str]
) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("score,recommended_past_12m\n" + "10,1\n10,0\n9,1\n3,0\n" * 20, "utf-8")
    document = rates(estimate(open_responses(path), estimand=estimand))
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    headings = [column.heading for column in table.columns[2:]]
    assert [heading for heading in headings if heading != "note"] == behind
    assert all(len(row) == len(table.columns) for row in table.rows)
