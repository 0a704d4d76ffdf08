"""Ratings that do not count are in no base, yet their sampling units stay in the design."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from advocacy.estimation import estimate
from advocacy.provenance import sha256
from advocacy.responses import ImportOptions, Source, import_source, open_responses
from advocacy.responses.dataset.eligibility import EligibilityRules
from advocacy.survey import survey_design

# A answers twice within a year; E was interviewed before the window opens.
RATINGS = """respondent_id,interviewed_on,score,recommended_past_12m
A,2025-01-10,10,1
A,2025-04-20,10,0
B,2025-02-01,10,1
C,2025-02-02,10,0
D,2025-02-03,10,1
E,2023-05-05,10,0
"""


def imported(folder: Path, rules: EligibilityRules) -> Path:
    (folder / "a.csv").write_text(RATINGS, encoding="utf-8")
    source = Source(folder, "shop", "simulated", (("a.csv", sha256(folder / "a.csv")),))
    import_source(source, folder / "data", ImportOptions(rules=rules))
    return folder / "data"


@pytest.mark.parametrize(
    ("repeat", "since", "answers"),
    [
        ("first", None, [1, 1, 0, 1, 0]),
        ("last", None, [0, 1, 0, 1, 0]),
        ("all", None, [1, 0, 1, 0, 1, 0]),
        ("first", "2024-01-01", [1, 1, 0, 1]),
    ],
)
def test_only_what_counts_is_in_the_base(
    tmp_path: Path, repeat: str, since: str | None, answers: list[int]
) -> None:
    first_day = date.fromisoformat(since) if since else None
    rules = EligibilityRules(repeat=repeat, interviewed_from=first_day)  # type: ignore[arg-type]
    responses = open_responses(imported(tmp_path, rules))
    row = estimate(responses, design=survey_design(responses)).table.to_pylist()[0]
    assert row["n"] == len(answers)
    assert row["estimate"] == pytest.approx(np.mean(answers), rel=1e-12)


def test_the_design_keeps_its_sampling_units(tmp_path: Path) -> None:
    rules = EligibilityRules(interviewed_from=date(2024, 1, 1))
    responses = open_responses(imported(tmp_path, rules))
    row = estimate(responses, design=survey_design(responses)).table.to_pylist()[0]
    # Four persons count, of five in the design. Influence (y - p) / 4 by person, E's is 0:
    # the variance is 5 / 4 times the sum of squares about their mean, which is 0.
    influence = np.array([0.25, 0.25, -0.75, 0.25, 0.0]) / 4
    assert row["estimate"] == 0.75
    assert row["std_error"] == pytest.approx(np.sqrt(5 / 4 * np.sum(influence**2)), rel=1e-12)
    assert row["df"] == 3
