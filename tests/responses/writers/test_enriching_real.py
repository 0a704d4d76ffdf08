"""Real files, enriched: other programs read everything that was received.

The files are other people's and not part of the repository (`../shared/sav`).
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pyreadstat
import pytest

from advocacy.report.client.marks import marks
from advocacy.responses import read_labelled
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.writers.enriching import enrich_file

NAMES = [
    "all_date_formats.sav",
    "epsi_norway_test.sav",
    "greetings_utf8.sav",
    "missing_char.sav",
    "mrsets_simple_alltypes.sav",
    "reporttool_nordic_strings.sav",
    "sample.zsav",
    "sample_missing.sav",
    "spssio_test.sav",
    "umlauts.sav",
    "very_long_string_1024.sav",
]
ADDED = ["weight_used", "intent_group", "row_state", "row_reason"]


@pytest.fixture(params=NAMES)
def both(request: pytest.FixtureRequest, sav: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return a real file, and the same with what became of its rows."""
    original, output = sav / request.param, tmp_path / "answers.sav"
    first = read_labelled(original).variables[0].name
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text(
        "# advocacy crosswalk format 2\n"
        "raw_variable,raw_value,canonical_column,canonical_value,note\n"
        f"{first},*,channel,*,\n",
        encoding="utf-8",
    )
    enrich_file(original, output, marks(), crosswalk=read_crosswalk(crosswalk))
    return original, output


def test_values_labels_and_missing_codes_are_those_received(both: tuple[Path, Path]) -> None:
    options = {"disable_datetime_conversion": True, "user_missing": True}
    before, was = pyreadstat.read_sav(both[0], **options)
    after, now = pyreadstat.read_sav(both[1], **options)
    names = list(before)
    assert list(after) == [*names, *ADDED]
    for name in names:
        assert after[name].equals(before[name]), name
    for about in (
        "column_names_to_labels",
        "missing_ranges",
        "missing_user_values",
        "variable_value_labels",
        "variable_measure",
        "original_variable_types",
    ):
        had, has = getattr(was, about), getattr(now, about)
        assert {k: v for k, v in has.items() if k in names} == {k: had[k] for k in had}, about
    assert now.mr_sets == was.mr_sets
    assert set(now.variable_value_labels["row_state"]) == {1.0, 2.0, 3.0}


@pytest.mark.skipif(not shutil.which("pspp-convert"), reason="needs pspp")
def test_pspp_reads_the_same(both: tuple[Path, Path], tmp_path: Path) -> None:
    rows = []
    for number, path in enumerate(both):
        output = tmp_path / f"{number}.csv"
        subprocess.run(["pspp-convert", "-O", "csv", path, output], check=True, capture_output=True)
        with output.open(encoding="utf-8", newline="") as file:
            rows.append(list(csv.reader(file)))
    before, after = rows
    # Not a number, as a program has written for none, is system-missing in ours.
    before = [[" " if cell == "nan" else cell for cell in row] for row in before]
    assert [row[: len(before[0])] for row in after] == before
    assert after[0][len(before[0]) :] == ADDED
