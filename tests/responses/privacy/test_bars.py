"""How many personal variables are recognised, and how many everyday ones are wrongly left out.

The bars: 58 of 63 of the kinds of personal variables, and at most 2 % of everyday ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from everyday import everyday
from personal import invented

from advocacy.errors import AdvocacyError
from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.privacy import recognise
from advocacy.simulation.deliveries import simulate

RECOGNISED, WRONGLY_LEFT_OUT = 58 / 63, 0.02
ENDINGS = {".sav", ".zsav", ".por", ".dta", ".csv", ".xlsx"}

# Personal, and rightly left out: in the files of the field and of the simulator.
RIGHTLY = {
    ("qualtrics.sav", "IPAddress"),
    ("qualtrics.sav", "RecipientEmail"),
    ("qualtrics.sav", "ResponseId"),
}


def is_found(variable: Variable, values: Sequence[Any]) -> bool:
    table = pa.table({variable.name: pa.array(values)})
    return bool(recognise(LabelledTable(Path("a.sav"), table, (variable,))))


@pytest.mark.parametrize("rows", [30, 120])
def test_personal_variables_in_five_languages(rows: int) -> None:
    missed: dict[str, list[str]] = {}
    number = 0
    for one in invented(seed=rows, rows=rows):
        number += 1
        if not is_found(Variable(one.name, one.label), one.values):
            missed.setdefault(one.language, []).append(f"{one.kind}: {one.name} {one.label}")
    assert number > 300
    assert sum(map(len, missed.values())) <= (1 - RECOGNISED) * number, missed
    assert all(len(own) <= 5 for own in missed.values()), missed


def test_everyday_variables_are_kept() -> None:
    variables = list(everyday(seed=1, rows=150))
    wrong = [variable for variable, values in variables if is_found(variable, values)]
    assert len(variables) > 250
    assert len(wrong) <= WRONGLY_LEFT_OUT * len(variables), wrong


def left_out(paths: Sequence[Path]) -> tuple[int, list[tuple[str, str]]]:
    """Return how many variables files have, and which are left out of them."""
    number, found = 0, []
    for path in paths:
        try:
            table = read_labelled(path)
        except AdvocacyError:
            continue  # refused whole: other tests say why
        number += len(table.variables)
        found += [(path.name, finding.variable) for finding in recognise(table)]
    return number, [one for one in found if one not in RIGHTLY]


def identifiers(folder: Path) -> set[str]:
    """Return the variables that crosswalks of follow-ups and contacts call identifiers."""
    lines = [
        line.split(",")
        for path in folder.rglob("crosswalk-*.csv")
        for line in path.read_text(encoding="utf-8").splitlines()[2:]
    ]
    return {line[0] for line in lines if line[2] in ("respondent_id", "account", "contact_id")}


def test_simulated_files_are_kept(tmp_path: Path) -> None:
    folder = simulate(2500, 3, tmp_path / "simulated")
    files = [p for p in sorted(folder.rglob("*")) if p.suffix in ENDINGS]
    paths = [p for p in files if not p.stem.startswith("crosswalk")]
    number, wrong = left_out(paths)
    # In a file of one interview a person, identifiers are seen to be some: they are replaced.
    wrong = [(name, variable) for name, variable in wrong if variable not in identifiers(folder)]
    assert number > 150
    assert len(wrong) <= WRONGLY_LEFT_OUT * number, wrong


def test_real_files_and_files_from_the_field_are_kept(sav: Path) -> None:
    field = sav.parent / "field"
    paths = [p for p in [*sav.iterdir(), *field.rglob("*")] if p.suffix in ENDINGS]
    number, wrong = left_out(sorted(paths))
    assert number > 400
    assert len(wrong) <= WRONGLY_LEFT_OUT * number, wrong
