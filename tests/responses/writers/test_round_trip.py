"""Import, export to .sav, import again: the same dictionary and values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyreadstat
import pytest

from advocacy.errors import DataError, UsageError
from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable, MissingRange, MultipleResponse, Variable
from advocacy.responses.writers.spss import write_sav

NAMES = [
    "all_date_formats.sav",
    "epsi_norway_test.sav",
    "greetings_utf8.sav",
    "missing_char.sav",
    "mrsets_simple_alltypes.sav",
    "reporttool_nordic_strings.sav",
    "sample.por",
    "sample.zsav",
    "sample_missing.sav",
    "spssio_test.sav",
    "umlauts.sav",
    "very_long_string_1024.sav",
]


def assert_same(one: LabelledTable, other: LabelledTable) -> None:
    assert other.values.equals(one.values)
    assert other.variables == one.variables
    assert (other.label, other.notes, other.weight) == (one.label, one.notes, one.weight)
    assert other.multiple_response == one.multiple_response


@pytest.mark.parametrize("name", NAMES)
def test_real_files(sav: Path, tmp_path: Path, name: str) -> None:
    table = read_labelled(sav / name)
    assert write_sav(table, tmp_path / "again.sav") == ()
    assert_same(table, read_labelled(tmp_path / "again.sav"))
    # pyreadstat, which knows nothing of our reading, sees the same values and labels.
    options = {"user_missing": True} if name.endswith("sav") else {}
    read = pyreadstat.read_sav if name.endswith("sav") else pyreadstat.read_por
    before, was = read(sav / name, disable_datetime_conversion=True, **options)
    after, now = pyreadstat.read_sav(
        tmp_path / "again.sav", disable_datetime_conversion=True, user_missing=True
    )
    for column in before:
        assert after[column].equals(before[column]), column
    assert now.variable_value_labels == was.variable_value_labels
    assert now.missing_ranges == was.missing_ranges
    assert now.column_labels == was.column_labels
    assert now.mr_sets == was.mr_sets


@pytest.mark.parametrize(
    "name",
    [
        *("r06d_mr_novars", "r06g_mr_unknownvar", "r06j_mr_labelnl", "r06l_mr_D_neg"),
        *("r06m_mr_strD", "r12b_lower_longnames", "r03_he_cp1255_declared", "r01_sysmis0"),
        *("k14_thai_names", "k16_at_names", "h15b_fmt_zero"),
    ],
)
def test_files_of_the_field(root: Path, tmp_path: Path, name: str) -> None:
    table = read_labelled(root / "tests/responses/readers/field" / f"{name}.sav")
    assert write_sav(table, tmp_path / "again.sav") == ()
    assert_same(table, read_labelled(tmp_path / "again.sav"))


def test_the_declared_weight_and_the_sets_of_a_real_file(sav: Path) -> None:
    table = read_labelled(sav / "spssio_test.sav")
    assert table.weight == "weightVar"
    assert table.multiple_response == (
        MultipleResponse("ages", "the ages", "category", "", ("Age", "AGE2", "AGE3")),
        MultipleResponse(
            "incomes",
            "three kinds of income",
            "category",
            "",
            ("Income1", "Income2", "Income3", "Age", "AGE2", "AGE3"),
        ),
        MultipleResponse("V", "", "dichotomy", "1", ("V1", "V2", "V3")),
    )
    assert read_labelled(sav / "epsi_norway_test.sav").weight == ""


def made(path: Path) -> LabelledTable:
    """Return a table with everything that an SPSS dictionary can hold."""
    values = pa.table(
        {
            "Tilfredshet_på_en_skala": pa.array([10.0, None, 98.0]),
            "tekst": pa.array(["å" * 1000, None, "ok"]),
            "kode": pa.array(["X", "a", "Z"]),
            "vekt": pa.array([1.5, 0.25, 1 / 3]),
            "dag": pa.array([date(2024, 2, 29), None, date(1582, 10, 15)]),
            "tid": pa.array(
                [datetime(2024, 2, 29, 23, 59, 59, 250_000), None, datetime(1900, 1, 1)],
                pa.timestamp("us"),
            ),
            "varighet": pa.array([90_000.5, None, 59.0]),
            "valg1": pa.array([1.0, 0.0, 1.0]),
            "valg2": pa.array([0.0, 0.0, 1.0]),
        }
    )
    variables = (
        Variable(
            "Tilfredshet_på_en_skala",
            "Hvor sannsynlig er det at du anbefaler oss?",
            ((0.0, "Svært lite"), (10.0, "Svært"), (98.0, "Vet ikke")),
            (MissingRange(-np.inf, -1.0), MissingRange(98.0, 98.0)),
            "ordinal",
            "F8.2",
        ),
        Variable("tekst", format="A2000", measure="nominal"),
        Variable(
            "kode",
            value_labels=(("X", "Øst"),),
            user_missing=(MissingRange("X", "X"), MissingRange("Z", "Z")),
            measure="nominal",
            format="A1",
        ),
        Variable(
            "vekt", user_missing=(MissingRange(90.0, np.inf),), measure="scale", format="F8.4"
        ),
        Variable("dag", measure="scale", format="EDATE10"),
        Variable("tid", measure="scale", format="DATETIME23.2"),
        Variable("varighet", measure="scale", format="TIME11.2"),
        Variable("valg1", measure="nominal", format="F1.0"),
        Variable("valg2", measure="nominal", format="F1.0"),
    )
    return LabelledTable(
        path,
        values,
        variables,
        label="Kundeundersøkelse",
        notes=("Første notat",),
        weight="vekt",
        multiple_response=(
            MultipleResponse("valg", "Hvilke på lista?", "dichotomy", "1", ("valg1", "valg2")),
            MultipleResponse("alle", "", "category", "", ("vekt", "Tilfredshet_på_en_skala")),
        ),
    )


def test_everything_at_once(tmp_path: Path) -> None:
    table = made(tmp_path / "a.sav")
    assert write_sav(table, tmp_path / "a.sav") == ()
    again = read_labelled(tmp_path / "a.sav")
    assert_same(table, again)
    assert again.encoding == "UTF-8"
    _, meta = pyreadstat.read_sav(tmp_path / "a.sav", metadataonly=True)
    assert meta.mr_sets["valg"]["variable_list"] == ["valg1", "valg2"]
    assert meta.mr_sets["valg"]["counted_value"] == 1


def test_a_long_note_becomes_several_lines(tmp_path: Path) -> None:
    words = " ".join(["undersøkelse"] * 20)
    notes = ("Kort.", words, "å" * 100, "x" * 80)
    table = LabelledTable(tmp_path, pa.table({"q": [1.0]}), (Variable("q"),), notes=notes)
    assert write_sav(table, tmp_path / "a.sav") == ()
    again = read_labelled(tmp_path / "a.sav").notes
    assert max(len(line.encode()) for line in again) <= 80
    assert (again[0], again[-1]) == ("Kort.", "x" * 80)
    assert " ".join(line for line in again if line.startswith("u")) == words
    assert "".join(line for line in again if line.startswith("å")) == "å" * 100


def test_what_is_too_long_is_cut_and_said(tmp_path: Path) -> None:
    label = "å" * 200
    table = LabelledTable(
        tmp_path,
        pa.table({"q": [1.0]}),
        (Variable("q", label, ((1.0, "ø" * 100),)),),
        label="æ" * 60,
    )
    losses = write_sav(table, tmp_path / "a.sav")
    assert len(losses) == 3
    again = read_labelled(tmp_path / "a.sav")
    assert again.variable("q").label == "å" * 128
    assert again.variable("q").value_labels == ((1.0, "ø" * 60),)
    assert again.label == "æ" * 32


def test_a_table_of_another_program_gets_fitting_formats(tmp_path: Path) -> None:
    values = pa.table(
        {
            "n": pa.array([1, None, 3], pa.int64()),
            "b": [True, False, None],
            "d": [date(2020, 1, 1), None, None],
            "t": pa.array([datetime(2020, 1, 1, 1), None, None], pa.timestamp("ns")),
        }
    )
    write_sav(
        LabelledTable(tmp_path, values, tuple(Variable(n) for n in "nbdt")), tmp_path / "a.sav"
    )
    again = read_labelled(tmp_path / "a.sav").values.to_pydict()
    assert again["n"] == [1.0, None, 3.0]
    assert again["b"] == [1.0, 0.0, None]
    assert again["d"][0] == date(2020, 1, 1)
    assert again["t"][0] == datetime(2020, 1, 1, 1)


def test_what_spss_cannot_hold_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    table = LabelledTable(tmp_path, pa.table({"a b": [1.0]}), (Variable("a b"),))
    with pytest.raises(DataError, match="SPSS cannot hold"):
        write_sav(table, tmp_path / "a.sav")
    with pytest.raises(UsageError, match="does not end in .sav"):
        write_sav(replace(table, values=table.values), tmp_path / "a.zsav")
    assert list(tmp_path.iterdir()) == []
