"""`advocacy import`: what it writes, what it refuses, what it leaves out."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from outcome import Command, Outcome

SURVEY = """id,email,score,recommended_past_12m,interviewed_on
7,ola.nordmann@example.no,10,1,2025-01-01
8,kari@example.no,9,0,2025-01-02
9,per.hansen@example.no,55,1,2025-01-03
7,ola.nordmann@example.no,10,0,2025-02-01
"""
CROSSWALK = """# advocacy crosswalk format 2
raw_variable,raw_value,canonical_column,canonical_value,note
id,*,respondent_id,*,
email,*,touchpoint,*,
score,0..10,score,*,
recommended_past_12m,*,recommended_past_12m,*,
interviewed_on,*,interviewed_on,*,
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    survey, crosswalk = tmp_path / "kunde.csv", tmp_path / "crosswalk.csv"
    survey.write_text(SURVEY, encoding="utf-8")
    crosswalk.write_text(CROSSWALK, encoding="utf-8")
    return survey, crosswalk, tmp_path / "data"


def run(command: Command, files: tuple[Path, Path, Path], *more: str) -> Outcome:
    survey, crosswalk, dataset = files
    return command("import", survey, "--crosswalk", crosswalk, "-o", dataset, *more)


def test_one_page_tells_what_became_of_the_file(
    command: Command, files: tuple[Path, Path, Path]
) -> None:
    outcome = run(command, files)
    assert outcome.code == 0, outcome.err
    folder = files[2] / "responses" / "source=kunde"
    assert {path.name for path in folder.iterdir()} == {"responses-0.parquet", "_about"}
    assert {path.name for path in (folder / "_about").iterdir()} == {
        "rejected.csv",
        "unplaced.csv",
        "excluded.csv",
        "manifest.json",
        "import.html",
        "codebook.html",
    }
    said = outcome.err
    assert "Read 4 rows, kept 3, rejected 1." in said
    assert "Left out email" in said
    assert "1 of the kept ratings do not count" in said


def test_persons_are_not_in_the_dataset(command: Command, files: tuple[Path, Path, Path]) -> None:
    run(command, files)
    folder = files[2] / "responses" / "source=kunde"
    table = pq.read_table(folder / "responses-0.parquet")
    assert "touchpoint" not in table.column_names
    assert "7" not in table.column("respondent_id").to_pylist()
    assert table.column("respondent_id")[0] == table.column("respondent_id")[2]
    everything = b"".join(path.read_bytes() for path in folder.rglob("*.*"))
    assert b"ola.nordmann" not in everything
    assert (files[0].parent / "salt").exists()
    assert not list(files[2].rglob("salt"))


def test_a_person_may_be_kept_on_purpose(command: Command, files: tuple[Path, Path, Path]) -> None:
    run(command, files, "--keep", "email")
    table = pq.read_table(files[2] / "responses" / "source=kunde" / "responses-0.parquet")
    assert table.column("touchpoint")[1].as_py() == "kari@example.no"


def test_another_file_does_not_take_its_place(
    command: Command, files: tuple[Path, Path, Path]
) -> None:
    run(command, files)
    assert run(command, files).code == 0, "the same file again"
    files[0].write_text(SURVEY.replace(",9,0,", ",8,0,"), encoding="utf-8")
    outcome = run(command, files)
    assert outcome.code == 2
    assert "--replace" in outcome.err
    assert run(command, files, "--replace").code == 0


def test_rules_are_given_on_the_command_line(
    command: Command, files: tuple[Path, Path, Path]
) -> None:
    run(command, files, "--repeat", "all", "--interviewed-from", "2025-01-02")
    manifest = json.loads(
        (files[2] / "responses" / "source=kunde" / "_about" / "manifest.json").read_text(
            encoding="utf-8"
        )
    )
    assert manifest["rows"]["kept"] == 3
    excluded = (files[2] / "responses" / "source=kunde" / "_about" / "excluded.csv").read_text(
        "utf-8"
    )
    assert len(excluded.splitlines()) == 2, "only the rating before the first day"


def test_what_no_rule_could_judge_is_said(command: Command, files: tuple[Path, Path, Path]) -> None:
    files[1].write_text(CROSSWALK.replace("id,*,respondent_id,*,\n", ""), encoding="utf-8")
    outcome = run(command, files)
    assert "3 ratings count unjudged" in outcome.err
    assert "they have no respondent_id" in outcome.err


def test_what_was_refused_is_printed_by_reason_and_value(command: Command, tmp_path: Path) -> None:
    """Two scores reject their rows; seven countries in six spellings are missing."""
    rows = "".join(f"{score},{land}\n" for score, land in [("55", "NO"), ("55", "NO"), ("77", "")])
    lands = ["Norge", "Norge", "Sverige", "Danmark", "Suomi", "Island", "Estland"]
    rows += "".join(f"9,{land}\n" for land in lands)
    (tmp_path / "kunde.csv").write_text(f"score,country\n{rows}", encoding="utf-8")
    outcome = command("import", tmp_path / "kunde.csv", "-o", tmp_path / "d")
    assert outcome.code == 0, outcome.err
    assert "Read 10 rows, kept 7, rejected 3." in outcome.err
    assert "  3 of score, allowed: 0 to 10: '55' (2), '77' (1)\n" in outcome.err
    assert "  7 of country, " in outcome.err
    assert (
        ": 'Norge' (2), 'Danmark' (1), 'Estland' (1), 'Island' (1), 'Suomi' (1), 1 other value\n"
        in outcome.err
    )


def test_industries_are_named_in_words(command: Command, tmp_path: Path) -> None:
    """Revision 2's letter K is finance, which is L now."""
    rows = "".join(f"9,{letter}\n" for letter in "KKKCJ")
    (tmp_path / "kunde.csv").write_text(f"q,naering\n{rows}", encoding="utf-8")
    head = CROSSWALK.split("\n")[1]
    lines = "q,0..10,score,*,\nnaering,*,industry,@industry:2,\n"
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text(f"# advocacy crosswalk format 2\n{head}\n{lines}", encoding="utf-8")
    outcome = command(
        "import", tmp_path / "kunde.csv", "--crosswalk", crosswalk, "-o", tmp_path / "d"
    )
    assert outcome.code == 0, outcome.err
    assert (
        "Industry, by section of NACE Rev. 2.1: Financial and insurance activities (L), 3; "
        "Manufacturing (C), 1.\n"
    ) in outcome.err
    assert "that Rev. 2.1 divides between sections" in outcome.err


def test_what_became_of_a_variable_that_identifies_persons(
    command: Command, tmp_path: Path
) -> None:
    """Kept as a pseudonym, left out, and both at once."""
    rows = "".join(f"9,a{i}@x.no,b{i}@y.no,c{i}@z.no\n" for i in range(20))
    (tmp_path / "kunde.csv").write_text(f"q,Mail1,Mail2,Mail3\n{rows}", encoding="utf-8")
    head = CROSSWALK.split("\n")[1]
    lines = "q,0..10,score,*,\nMail1,*,account,*,\nMail2,*,wave,*,\n"
    lines += "Mail3,*,respondent_id,*,\nMail3,*,touchpoint,*,\n"
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text(f"# advocacy crosswalk format 2\n{head}\n{lines}", encoding="utf-8")
    data = tmp_path / "d"
    outcome = command("import", tmp_path / "kunde.csv", "--crosswalk", crosswalk, "-o", data)
    assert outcome.code == 0, outcome.err
    assert "Replaced Mail1 by pseudonyms, as account: 100% of 20 values look like" in outcome.err
    assert "Left out Mail2: 100%" in outcome.err
    assert "Replaced Mail3 by pseudonyms, as respondent_id: " in outcome.err
    assert "Left it out of touchpoint." in outcome.err
    assert "Left out Mail1" not in outcome.err
    folder = data / "responses" / "source=kunde" / "_about"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert [v["variable"] for v in manifest["files"][0]["left_out"]] == ["Mail2"]
    page = (folder / "import.html").read_text("utf-8")
    assert "replaced by pseudonyms in respondent_id; left out of touchpoint" in page


def test_what_may_identify_persons_is_asked_before_it_is_kept(
    command: Command, tmp_path: Path
) -> None:
    rows = "".join(f"9,{(i * 7919 + 12_345) % 90_000 + 10_000}\n" for i in range(40))
    (tmp_path / "kunde.csv").write_text(f"q,v2\n{rows}", encoding="utf-8")
    crosswalk = tmp_path / "crosswalk.csv"
    head = CROSSWALK.split("\n")[1]
    lines = "q,0..10,score,*,\nv2,*,touchpoint,*,\n"
    crosswalk.write_text(f"# advocacy crosswalk format 2\n{head}\n{lines}", encoding="utf-8")
    arguments = ("import", tmp_path / "kunde.csv", "--crosswalk", crosswalk, "-o", tmp_path / "d")
    asked = command(*arguments)
    assert asked.code == 0, asked.err
    assert "Does v2 identify persons? 40 of 40 values differ. It was left out;" in asked.err
    folder = tmp_path / "d" / "responses" / "source=kunde"
    assert "touchpoint" not in pq.read_schema(folder / "responses-0.parquet").names
    page = (folder / "_about" / "import.html").read_text("utf-8")
    assert "left out; does it identify persons?" in page
    kept = command(*arguments, "--keep", "v2", "--replace")
    assert kept.code == 0, kept.err
    assert "identify persons?" not in kept.err
    assert "touchpoint" in pq.read_schema(folder / "responses-0.parquet").names
