"""Files as clients send them, written by other programs: who is in them is found, the rest kept.

The bars: 58 of 63 variables of persons, and at most 2 % of ordinary ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner
from sent import Sent, ordinary, persons
from written import HEAD

from advocacy.cli import cli
from advocacy.responses import read_labelled
from advocacy.responses.privacy import recognise

FOUND, WRONGLY_LEFT_OUT = 58, 0.02
ROWS = 150
_LINES = "q0,0..10,score,*,\nrec,yes,recommended_past_12m,true,\nrec,no,recommended_past_12m,false,"


def _texts(one: Sent) -> list[object]:
    """Return values as a program exports them that writes the labels of codes."""
    return [(one.codes or {}).get(value, value) for value in one.values]


def _csv(sent: Sequence[Sent], path: Path) -> None:
    frame = pd.DataFrame({one.name: _texts(one) for one in sent})
    frame.to_csv(path, index=False, sep=";", encoding="utf-8-sig")


def _xlsx(sent: Sequence[Sent], path: Path) -> None:
    pd.DataFrame({one.name: _texts(one) for one in sent}).to_excel(path, index=False)


def _sav(sent: Sequence[Sent], path: Path) -> None:
    """Write names that SPSS has, and labels; dates as dates."""
    names = [f"v{i}" if _odd(one.name) else one.name for i, one in enumerate(sent)]
    frame = pd.DataFrame({n: one.values for n, one in zip(names, sent, strict=True)})
    labels = [one.label or one.name for one in sent]
    codes = {n: one.codes for n, one in zip(names, sent, strict=True) if one.codes}
    pyreadstat.write_sav(frame, path, column_labels=labels, variable_value_labels=codes)


def _odd(name: str) -> bool:
    return not name.isidentifier() or name.startswith("_")


WRITERS: dict[str, Callable[[Sequence[Sent], Path], None]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "sav": _sav,
}


def left_out(sent: Sequence[Sent], form: str, folder: Path) -> set[str]:
    """Return the names of the variables that are found in a file of them."""
    path = folder / f"sent.{form}"
    WRITERS[form](sent, path)
    table = read_labelled(path)
    assert len(table.variables) == len(sent)
    places = {variable.name: one for variable, one in zip(table.variables, sent, strict=True)}
    return {places[finding.variable].name for finding in recognise(table)}


@pytest.mark.parametrize("form", WRITERS)
def test_persons_are_found_and_ordinary_variables_kept(form: str, tmp_path: Path) -> None:
    who, what = persons(ROWS, ROWS), list(ordinary(ROWS, ROWS))
    assert len(who) == 63
    assert len(what) > 150
    found = left_out([*who, *what], form, tmp_path)
    missed = {one.name for one in who} - found
    assert 63 - len(missed) >= FOUND, sorted(missed)
    wrongly = found - {one.name for one in who}
    assert len(wrongly) <= WRONGLY_LEFT_OUT * len(what), sorted(wrongly)


def test_names_of_products_and_dates_since_when_are_no_persons(tmp_path: Path) -> None:
    names = [_named("Marke", "Hugo Boss|Jil Sander|Paul Smith|Anna Sui|Tommy Hilfiger")]
    assert left_out(names, "csv", tmp_path) == set()
    assert left_out([Sent("v1", "", names[0].values)], "csv", tmp_path) == {"v1"}, "asked about"
    named = [Sent("Name", "", names[0].values)]
    assert left_out(named, "csv", tmp_path) == {"Name"}
    born = [date(1960 + row % 40, 1 + row % 12, 3) for row in range(ROWS)]
    assert left_out([Sent("v1", "", born)], "csv", tmp_path) == {"v1"}
    assert left_out([Sent("kunde_fra", "", born)], "csv", tmp_path) == set()


def _named(name: str, texts: str) -> Sent:
    choices = texts.split("|")
    return Sent(name, "", [choices[row % len(choices)] for row in range(ROWS)])


def test_an_import_leaves_out_what_is_of_persons_and_nothing_else(tmp_path: Path) -> None:
    """Of the columns of text that a crosswalk may fill from any variable."""
    columns = ("touchpoint", "wave", "channel", "journey_stage")
    by_name = {one.name: one for one in [*persons(1, ROWS), *ordinary(1, ROWS)]}
    score = Sent("q0", "", [float(row % 11) for row in range(ROWS)])
    asked = Sent("rec", "", ["yes", "no"] * (ROWS // 2))
    for private in (("Kd.-Nr.", "skadelidte", "Q12_9_TEXT", "profil"), ()):
        own = private or ("Marke", "kundesegment", "art_no", "store_name")
        path, data = tmp_path / "sent.csv", tmp_path / f"data {len(private)}"
        _csv([score, asked, *(by_name[name] for name in own)], path)
        lines = [f"{n},*,{c},*," for n, c in zip(own, columns, strict=True)]
        (tmp_path / "crosswalk.csv").write_text(
            "\n".join([HEAD.replace("format 1", "format 2").strip(), _LINES, *lines]), "utf-8"
        )
        done = CliRunner().invoke(cli, [
            "import", str(path), "--crosswalk", str(tmp_path / "crosswalk.csv"), "-o", str(data)
        ])  # fmt: skip
        assert done.exit_code == 0, done.output
        about = json.loads(next(data.rglob("manifest.json")).read_text("utf-8"))
        assert {one["variable"] for one in about["files"][0]["private"]} == set(private)
