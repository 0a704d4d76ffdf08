"""Questions of follow-ups told from those on another time, another date or another person.

The oracle are `wordings_of_follow_ups.csv`, written by hand in the manner of questionnaires: the
column of each, or what it must not be: `-since` a question on another time, `-any` one that is on
neither time, `-dates` another date than those of a follow-up.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.proposal.follow_up.kinds import FOLLOWED_UP
from advocacy.responses.proposal.follow_up.periods import BEFORE, DATED, SINCE
from advocacy.responses.proposal.levels import Profile, ProfiledFile, profiled
from advocacy.responses.proposal.roles import Proposal, propose_roles
from advocacy.responses.readers.scan import Scan, slices

VALUES: dict[str, list[object]] = {
    "yes_no": [1.0, 2.0, 2.0] * 20,
    "count": [0.0, 1.0, 5.0, 0.0, 2.0, 14.0] * 10,
    "date": [f"2025-{month:02}-{day:02}" for day in range(1, 7) for month in range(1, 11)],
}
LABELS = {"yes_no": ((1.0, "Ja"), (2.0, "Nei"))}
ASKED = Variable("since", "Since our last interview, have you recommended us?", LABELS["yes_no"])

with (Path(__file__).parent / "wordings_of_follow_ups.csv").open(encoding="utf-8") as file:
    WORDINGS = [tuple(row.values()) for row in csv.DictReader(file)]


@cache
def profile_of(values: str) -> Profile:
    """Return what a variable with these values holds."""
    table = pa.table({"v": VALUES[values]})
    described = LabelledTable(Path("x.sav"), table.slice(0, 0), (Variable("v"),), "UTF-8")
    scan = Scan(described, table.num_rows, lambda own, size: slices(table, own, size))
    return profiled(scan).profiles[0]


def roles_of(*columns: tuple[Variable, str]) -> list[Proposal]:
    """Return the proposals for a file of these variables, each with its kind of values."""
    profiles = [
        replace(
            profile_of(values),
            variable=variable,
            position=at,
            last=len(columns) - 1,
            levels=tuple(
                replace(step, label=dict(variable.value_labels).get(step.number, ""))
                for step in profile_of(values).levels
            ),
        )
        for at, (variable, values) in enumerate(columns)
    ]
    table = LabelledTable(Path("x.sav"), pa.table({}), tuple(v for v, _ in columns), "UTF-8")
    return propose_roles(ProfiledFile(table, profiles[0].rows, tuple(profiles)))


def test_each_language_has_enough_wordings_and_half_of_them_are_others() -> None:
    own = Counter(language for language, _, column, _ in WORDINGS if column in FOLLOWED_UP)
    all_ = Counter(language for language, *_ in WORDINGS)
    for language in ("en", "nb", "sv", "da"):
        assert all_[language] >= 60
        assert own[language] <= all_[language] / 2


@pytest.mark.parametrize(("language", "values", "column", "label"), WORDINGS)
def test_a_question_fills_the_column_of_its_time_or_none(
    language: str, values: str, column: str, label: str
) -> None:
    variable = Variable("v7", label, LABELS.get(values, ()))
    # Among the questions of a follow-up, as alone it may be no follow-up at all.
    beside = [(ASKED, "yes_no")] if values == "date" else []
    found = roles_of(*beside, (variable, values))[-1]
    refused = {
        "-since": {SINCE},
        "-any": {SINCE, *BEFORE},
        "-dates": {*DATED, "interviewed_on"},
    }
    if column in refused:
        assert found.column not in refused[column]
    else:
        assert found.column == column
