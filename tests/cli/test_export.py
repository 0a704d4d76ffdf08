"""`advocacy export`: back to SPSS with the dictionary, or a refusal that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from outcome import Command

from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable, MissingRange, MultipleResponse, Variable
from advocacy.responses.writers.spss import write_sav

SURVEY = """respondent_id,score,recommended_past_12m,interviewed_on,sector,weight,repweight_1
a,10,1,2025-01-01,B2B,1.5,0.1
b,9,0,2025-01-02,B2C,0.5,0.2
b,3,,2025-01-03,B2C,0.25,0.3
"""


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Write a .sav file with labels, missing codes, a weight, a note and a set."""
    values = pa.table(
        {"q5": [10.0, 98.0, None], "why1": [1.0, 0.0, 1.0], "why2": [0.0, 1.0, 1.0]}
        | {"vekt": [1.0, 0.5, 2.0], "sted": ["Bodø", None, "Ås"]}
    )
    variables = (
        Variable(
            "q5",
            "Hvor sannsynlig er det at du anbefaler oss?",
            ((0.0, "Svært lite"), (98.0, "Vet ikke")),
            (MissingRange(97.0, 99.0),),
            "ordinal",
            "F2.0",
        ),
        *(Variable(name, measure="nominal", format="F1.0") for name in ("why1", "why2")),
        Variable("vekt", measure="scale", format="F8.4"),
        Variable("sted", measure="nominal", format="A8"),
    )
    table = LabelledTable(
        tmp_path / "kunde.sav",
        values,
        variables,
        label="Kunder",
        notes=("Uttrekk i mai",),
        weight="vekt",
        multiple_response=(
            MultipleResponse("why", "Hvorfor?", "dichotomy", "1", ("why1", "why2")),
        ),
    )
    write_sav(table, table.path)
    return table.path


def test_a_file_comes_back_with_its_dictionary(
    command: Command, survey: Path, tmp_path: Path
) -> None:
    done = command("export", survey, "-o", tmp_path / "again.sav")
    assert (done.code, done.out) == (0, "")
    assert "Wrote" in done.err
    assert "3 rows, 5 variables." in done.err
    before, after = read_labelled(survey), read_labelled(tmp_path / "again.sav")
    assert after.values.equals(before.values)
    assert after.variables == before.variables
    assert (after.label, after.notes, after.weight) == ("Kunder", ("Uttrekk i mai",), "vekt")
    assert after.multiple_response == before.multiple_response
    # Another program sees the same.
    frame, meta = pyreadstat.read_sav(tmp_path / "again.sav", user_missing=True)
    assert frame["q5"].tolist()[:2] == [10.0, 98.0]
    assert meta.missing_ranges == {"q5": [{"lo": 97.0, "hi": 99.0}]}


def test_what_was_assumed_and_cut_is_said(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("navn;score\nBodø;1\n", encoding="windows-1252")
    done = command("export", path, "-o", tmp_path / "a.sav", "--encoding", "windows-1252")
    assert done.code == 0
    assert "Note: " in done.err
    assert read_labelled(tmp_path / "a.sav").values["navn"].to_pylist() == ["Bodø"]


def test_a_dataset_comes_back_when_it_is_imported_again(command: Command, tmp_path: Path) -> None:
    (tmp_path / "kunde.csv").write_text(SURVEY, encoding="utf-8")
    options = ("--kind", "simulated", "--repeat-window", 30)
    assert command("import", tmp_path / "kunde.csv", "-o", tmp_path / "one", *options).code == 0
    done = command("export", tmp_path / "one", "-o", tmp_path / "kunde.sav")
    assert done.code == 0, done.err
    table = read_labelled(tmp_path / "kunde.sav")
    assert table.label == "simulated responses; never a finding"
    assert table.weight == "weight"
    assert table.variable("recommended_past_12m").value_labels == ((0.0, "no"), (1.0, "yes"))
    assert ("B2B", "business customers") in table.variable("sector").value_labels
    assert table.variable("score").label == "Likelihood to recommend: the intent."
    again = command("import", tmp_path / "kunde.sav", "-o", tmp_path / "two", *options)
    assert again.code == 0, again.err
    part = Path("responses", "source=kunde", "responses-0.parquet")
    assert pq.read_table(tmp_path / "two" / part).equals(pq.read_table(tmp_path / "one" / part))


def test_a_rating_that_did_not_count_still_does_not(command: Command, tmp_path: Path) -> None:
    (tmp_path / "kunde.csv").write_text(SURVEY, encoding="utf-8")
    command("import", tmp_path / "kunde.csv", "-o", tmp_path / "one", "--kind", "simulated")
    command("export", tmp_path / "one", "-o", tmp_path / "kunde.sav")
    again = ("--kind", "simulated", "--repeat", "all", "--interviewed-from", "2025-01-02")
    assert command("import", tmp_path / "kunde.sav", *again, "-o", tmp_path / "two").code == 0
    folder = tmp_path / "two" / "responses" / "source=kunde"
    table = pq.read_table(folder / "responses-0.parquet")
    assert table.column_names.count("excluded") == 1
    assert not [name for name in table.column_names if name.startswith("excluded_")]
    why = "an earlier answer about this supplier, less than 365 days away, counts"
    before = "interviewed before 2025-01-02"
    assert table["excluded"].to_pylist() == [before, None, why]
    listed = (folder / "_about" / "excluded.csv").read_text(encoding="utf-8")
    assert why in listed
    assert before in listed


def test_a_weight_that_is_not_everywhere_is_not_declared(command: Command, tmp_path: Path) -> None:
    for name, text in (("a", "score,weight\n10,1.5\n"), ("b", "score\n9\n")):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        command("import", tmp_path / f"{name}.csv", "-o", tmp_path / "set")
    assert command("export", tmp_path / "set", "-o", tmp_path / "a.sav").code == 0
    table = read_labelled(tmp_path / "a.sav")
    assert table.weight == ""
    assert table.values["score"].to_pylist() == [10.0, 9.0]
    assert table.values["weight"].to_pylist() == [1.5, None]


def test_what_spss_cannot_hold_is_named(command: Command, tmp_path: Path) -> None:
    pd.DataFrame({"Hvor bor du?": ["Bodø"], "by": ["Ås"], "ok": [1]}).to_csv(
        tmp_path / "a.csv", index=False
    )
    done = command("export", tmp_path / "a.csv", "-o", tmp_path / "a.sav")
    assert done.code == 1
    assert "SPSS cannot hold 2 of the 3 variables: 'Hvor bor du?': a name begins" in done.err
    assert "'by': the name is a word of SPSS's own" in done.err
    assert "remedy: " in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("kunde.sav", "-o", "kunde.csv"), 2, "does not end in .sav"),
        (("kunde.sav", "-o", "there.sav"), 2, "--force"),
        (("kunde.sav", "-o", "kunde.sav", "--force"), 2, "is the file that is read"),
        ((".", "-o", "new.sav", "--encoding", "cp850"), 2, "--encoding and --sheet are for a file"),
        ((".", "-o", "new.sav"), 1, "The folder is no dataset"),
        (("none.sav", "-o", "new.sav"), 2, "does not exist"),
        (("kunde.sav",), 2, "-o"),
    ],
)
def test_refusals(
    command: Command,
    survey: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(survey.parent)
    Path("there.sav").write_bytes(b"work of hours")
    before = survey.read_bytes()
    done = command("export", *arguments)
    assert done.code == code, done.err
    assert said in done.err
    assert survey.read_bytes() == before
    assert Path("there.sav").read_bytes() == b"work of hours"
    assert not Path("new.sav").exists()


def test_force_replaces(command: Command, survey: Path, tmp_path: Path) -> None:
    (tmp_path / "there.sav").write_bytes(b"old")
    assert command("export", survey, "-o", tmp_path / "there.sav", "--force").code == 0
    assert read_labelled(tmp_path / "there.sav").label == "Kunder"
