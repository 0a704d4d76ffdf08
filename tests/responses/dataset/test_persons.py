"""Persons at the door of a dataset: found late, in labels, in notes, in messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from written import HEAD, Sources

from advocacy.errors import AdvocacyError, CrosswalkError, DataError
from advocacy.provenance import sha256
from advocacy.report.imports.page import write_import_pages
from advocacy.responses import ImportOptions, Source, import_source, open_responses
from advocacy.responses.dataset import intake
from advocacy.responses.labelled import LabelledTable, MissingRange, Variable
from advocacy.responses.writers.spss import write_sav

_BATCH = 100
LINES = "id,*,respondent_id,*,\nq,0..10,score,*,\nspot,*,touchpoint,*,\nnode,*,stratum,*,\n"


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files read in batches of 100 rows."""
    monkeypatch.setattr(intake, "BATCH_ROWS", _BATCH)


def survey(spots: dict[int, str] | None = None, rows: int = 350) -> str:
    """Return a file whose touchpoints are codes, but for those rows that say otherwise."""
    given = spots or {}
    lines = [
        f"p{row % 40},{row % 11},{given.get(row, f'Counter {row % 4}')},N{row % 3}"
        for row in range(1, rows + 1)
    ]
    return "\n".join(["id,q,spot,node", *lines]) + "\n"


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def described(dataset: Path, name: str = "lung") -> list[dict[str, Any]]:
    path = dataset / "responses" / f"source={name}" / "_about" / "manifest.json"
    return list(json.loads(path.read_text("utf-8"))["files"])


def columns(dataset: Path, part: int = 0, name: str = "lung") -> list[str]:
    path = dataset / "responses" / f"source={name}" / f"responses-{part}.parquet"
    return list(pq.read_schema(path).names)


# Found late

LATE = {row: f"kari{row}@example.no" for row in range(301, 351)}


@pytest.mark.usefixtures("small_batches")
def test_addresses_that_begin_after_the_first_rows_are_left_out(
    source: Sources, tmp_path: Path
) -> None:
    account = import_source(source({"a.csv": survey(LATE)}, lines=LINES), tmp_path / "late")
    assert (account.read, account.kept, account.rejected) == (350, 350, 0)
    assert "touchpoint" not in columns(tmp_path / "late")
    (file,) = described(tmp_path / "late")
    assert [found["variable"] for found in file["private"]] == ["spot"]
    assert "e-mail" in file["private"][0]["reason"]
    assert not any(b"@example" in content for content in files_of(tmp_path / "late").values())


@pytest.mark.usefixtures("small_batches")
def test_late_and_early_give_the_same_dataset(source: Sources, tmp_path: Path) -> None:
    """What is found in the last batch is as if it had been found in the first."""
    early = dict.fromkeys(LATE, "x") | {row: f"kari{row}@example.no" for row in range(1, 51)}
    for name, spots in (("late", LATE), ("early", early)):
        made = source({"a.csv": survey(spots)}, lines=LINES)
        import_source(made, tmp_path / name)
    late, soon = (files_of(tmp_path / name) for name in ("late", "early"))
    assert late.keys() == soon.keys()
    assert {name for name in late if late[name] != soon[name]} == {"manifest.json", "files.json"}
    (one,), (other,) = described(tmp_path / "late"), described(tmp_path / "early")
    assert {key for key in one if one[key] != other[key]} == {"sha256", "private"}


@pytest.mark.usefixtures("small_batches")
def test_what_is_found_in_one_file_is_left_out_of_all(source: Sources, tmp_path: Path) -> None:
    """The first file is clean, the second is not, and the third is clean again."""
    made = source({"a.csv": survey(), "b.csv": survey(LATE), "c.csv": survey()}, lines=LINES)
    account = import_source(made, tmp_path / "data")
    assert (account.read, account.kept) == (1050, 1050)
    for part in range(3):
        assert "touchpoint" not in columns(tmp_path / "data", part)
        private = described(tmp_path / "data")[part]["private"]
        assert [found["variable"] for found in private] == ["spot"]
        assert private[0]["reason"].endswith(", in b.csv") or part == 1
    assert not any(b"@example" in content for content in files_of(tmp_path / "data").values())


@pytest.mark.usefixtures("small_batches")
def test_a_design_variable_that_turns_out_to_identify_becomes_a_pseudonym(
    source: Sources, tmp_path: Path
) -> None:
    text = survey().replace(",N1\n", ",N1@example.no\n", 0)
    lines = text.splitlines()
    lines[301:] = [
        f"{line.rsplit(',', 1)[0]},kari{at}@example.no" for at, line in enumerate(lines[301:])
    ]
    import_source(source({"a.csv": "\n".join(lines)}, lines=LINES), tmp_path / "data")
    path = tmp_path / "data" / "responses" / "source=lung" / "responses-0.parquet"
    strata = pq.read_table(path, partitioning=None).column("stratum").to_pylist()
    assert all(len(value) == 32 for value in strata)
    assert described(tmp_path / "data")[0]["pseudonymised"] == ["respondent_id", "stratum"]


@pytest.mark.usefixtures("small_batches")
def test_texts_that_only_differ_in_the_last_rows_are_no_persons(
    source: Sources, tmp_path: Path
) -> None:
    """Of 30 places each stands in every 30th row: in the last 20 rows no two are the same."""
    spots = {
        row: f"shop {chr(97 + row % 30 // 6)}{chr(97 + row % 6)} in town" for row in range(1, 321)
    }
    import_source(source({"a.csv": survey(spots, 320)}, lines=LINES), tmp_path / "data")
    assert "touchpoint" in columns(tmp_path / "data")


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("kept_by", ["name", "kind"])
def test_what_is_kept_on_purpose_or_simulated_stays(
    source: Sources, tmp_path: Path, kept_by: str
) -> None:
    made = source(
        {"a.csv": survey(LATE)},
        lines=LINES,
        kind="simulated" if kept_by == "kind" else "collected",
    )
    keep = frozenset({"spot"}) if kept_by == "name" else frozenset[str]()
    import_source(made, tmp_path / "data", ImportOptions(keep=keep))
    assert "touchpoint" in columns(tmp_path / "data")


# Columns that would undo a pseudonym


def test_an_identifier_is_in_no_other_column_as_it_stands(source: Sources, tmp_path: Path) -> None:
    lines = LINES + "id,*,wave,*,\n"
    import_source(source({"a.csv": survey()}, lines=lines), tmp_path / "data")
    names = columns(tmp_path / "data")
    assert "wave" not in names
    assert "respondent_id" in names
    (found,) = described(tmp_path / "data")[0]["private"]
    assert (found["variable"], found["asked"]) == ("id", False)
    assert found["reason"] == "it names the respondent or account"


def test_what_an_identifier_is_turned_into_stays(source: Sources, tmp_path: Path) -> None:
    text = survey().replace("p1,", "x,").replace("p2,", "y,")
    lines = LINES + "".join(f"id,{value},wave,{to},\n" for value, to in (("x", 1), ("y", 2)))
    import_source(source({"a.csv": text}, lines=lines), tmp_path / "data")
    assert "wave" in columns(tmp_path / "data")


# Labels, codes and notes

NAMES = {float(code): f"TOKEN-{code} Nordmann" for code in range(1, 31)}
LABELLED = """kunde,*,respondent_id,*,guess 0.60: 'TOKEN-Q'
kunde,999,respondent_id,,guess 0.60: declared missing TOKEN-M
q,0..10,score,*,guess 0.90: 'Recommend'
hvem,*,touchpoint,@label,guess 0.50: as TOKEN-N
epost,*,wave,*,
epost,TOKEN-E@example.no,wave,,guess 0.40: not TOKEN-E
"""


def labelled(folder: Path) -> Source:
    """Write an SPSS file in which labels of respondents, and of a left-out variable, are names."""
    codes = [float(code) for code in range(1, 31)]
    values = pa.table(
        {
            "kunde": codes,
            "q": [float(int(code) % 11) for code in codes],
            "hvem": codes,
            "epost": [f"TOKEN-{int(code)}@example.no" for code in codes],
            "ubrukt": codes,
        }
    )
    labels = (*NAMES.items(), (999.0, "TOKEN-M"))
    missing = (MissingRange(999.0, 999.0),)
    variables = (
        Variable("kunde", "Kunden TOKEN-Q", labels, missing),
        Variable("q", "Recommend", ((0.0, "Not at all"), (10.0, "Certainly"))),
        Variable("hvem", "Who served you?", labels),
        Variable("epost", "E-mail of TOKEN-E"),
        Variable("ubrukt", "Not used"),
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "a.sav"
    write_sav(LabelledTable(path, values, variables), path)
    crosswalk = folder / "crosswalk.csv"
    crosswalk.write_text(HEAD.replace("format 1", "format 2") + LABELLED, encoding="utf-8")
    return Source(folder, "lung", "collected", ((path.name, sha256(path)),), crosswalk=crosswalk)


def test_no_label_code_or_note_of_a_private_variable_is_written(tmp_path: Path) -> None:
    import_source(labelled(tmp_path / "raw"), tmp_path / "data")
    folder = tmp_path / "data" / "responses" / "source=lung"
    write_import_pages(folder)
    (file,) = described(tmp_path / "data")
    assert {found["variable"] for found in file["private"]} == {"epost", "hvem"}
    assert file["pseudonymised"] == ["respondent_id"]
    for name, content in files_of(tmp_path / "data").items():
        assert b"TOKEN" not in content, name
    # What is said of others stays, and so does that a guess is to be confirmed.
    score = next(column for column in file["columns"] if column["column"] == "score")
    assert score["variables"][0]["value_labels"] == [[0.0, "Not at all"], [10.0, "Certainly"]]
    assert [line["line"] for line in file["guesses"]] == [3, 4, 5]
    page = (folder / "_about" / "import.html").read_text("utf-8")
    assert "a value that is not shown → missing" in page


def test_what_a_file_says_beside_its_answers_quotes_no_address(
    source: Sources, tmp_path: Path
) -> None:
    """A row with an address alone, below the answers and apart, is no answer; it was quoted."""
    text = survey() + ",,,\nkari.nordmann@example.no,,,\n"
    account = import_source(source({"a.csv": text}, lines=LINES), tmp_path / "data")
    assert account.read == 350
    for name, content in files_of(tmp_path / "data").items():
        assert b"nordmann" not in content, name
    remarks = json.dumps(described(tmp_path / "data")[0]["assumptions"])
    assert "(an e-mail address)" in remarks


# Messages


def test_messages_name_no_label_of_a_private_variable(tmp_path: Path) -> None:
    made = labelled(tmp_path / "raw")
    assert made.crosswalk
    text = made.crosswalk.read_text("utf-8").replace("kunde,999,", "kunde,TOKEN-3 Nordmann,")
    made.crosswalk.write_text(text, encoding="utf-8")
    with pytest.raises(CrosswalkError, match="the line names a text") as error:
        import_source(made, tmp_path / "data")
    assert "TOKEN" not in str(error.value)
    assert "line 4" in error.value.where


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        ("a.csv,3,id,TOKEN-X,TOKEN-Y,moved", "Row 3 of 'id' is not what the correction expects"),
        ("a.csv,3,mail,TOKEN-X,TOKEN-Y,moved", "Row 3 of 'mail' is not what the correction"),
    ],
)
def test_corrections_quote_no_person(
    source: Sources, tmp_path: Path, correction: str, message: str
) -> None:
    rows = "".join(f"TOKEN-{n},9,TOKEN-{n}@example.no\n" for n in range(1, 30))
    lines = "id,*,respondent_id,*,\nq,*,score,*,\nmail,*,wave,*,\n"
    made = source({"a.csv": f"id,q,mail\n{rows}"}, lines=lines, corrections=correction + "\n")
    with pytest.raises(CrosswalkError, match=message) as error:
        import_source(made, tmp_path / "data")
    assert "TOKEN" not in str(error.value)


def test_a_file_that_is_not_imported_quotes_no_person(tmp_path: Path) -> None:
    """E-mail addresses taken for countries; a wrong country is still quoted."""
    rows = "".join(f"9,kari{n}@example.no\n" for n in range(1, 30))
    (tmp_path / "a.csv").write_text(f"score,country\n{rows}", encoding="utf-8")
    with pytest.raises(DataError, match="29 values are not allowed") as error:
        open_responses(tmp_path / "a.csv").check(["country"])
    assert "kari" not in str(error.value)
    assert "a value that is not shown" in str(error.value)
    (tmp_path / "b.csv").write_text("score,country\n9,Norge\n9,Norge\n8,NO\n", encoding="utf-8")
    with pytest.raises(AdvocacyError, match="'Norge'"):
        open_responses(tmp_path / "b.csv").check(["country"])


# Of a file that is not imported

ANSWERED = [f"Ring meg på {n:08d}, hilsen Kari {n}" for n in range(41_000_000, 41_000_040)]


def opened_with(folder: Path, texts: list[str], column: str = "touchpoint", kind: str = "") -> Path:
    """Write a file and a crosswalk that takes its texts into a column; return the folder."""
    rows = [f"{n % 11};{text}" for n, text in enumerate(texts)]
    (folder / "f.csv").write_text("\n".join(["q;spot", *rows, ""]), "utf-8")
    constant = f",,source_kind,{kind},\n" if kind else ""
    (folder / "w.csv").write_text(HEAD + f"q,0..10,score,*,\nspot,*,{column},*,\n{constant}")
    return folder


@pytest.mark.parametrize("column", ["touchpoint", "segment_note", "channel", "wave"])
@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([f"kari{n}@example.no" for n in range(40)], id="addresses"),
        pytest.param(ANSWERED, id="free text"),
        pytest.param(["Counter"] * 39 + ["kari@example.no"], id="one address"),
    ],
)
def test_a_text_that_an_import_leaves_out_is_not_shown_from_a_file(
    tmp_path: Path, texts: list[str], column: str
) -> None:
    folder = opened_with(tmp_path, texts, column)
    responses = open_responses(folder / "f.csv", folder / "w.csv")
    assert not responses.has(column)
    assert column not in responses.columns
    with pytest.raises(DataError, match=f"needs the column {column}, and spot") as refused:
        responses.require([column], "A segment")
    assert "--keep spot" in refused.value.remedy
    assert not any(text in str(refused.value) for text in texts[-1:])


def test_a_text_of_few_levels_is_shown_from_a_file(tmp_path: Path) -> None:
    folder = opened_with(tmp_path, ["Counter", "Phone"] * 20)
    assert open_responses(folder / "f.csv", folder / "w.csv").has("touchpoint")


def test_nobody_stands_behind_simulated_texts_of_a_file(tmp_path: Path) -> None:
    folder = opened_with(tmp_path, ANSWERED, kind="simulated")
    assert open_responses(folder / "f.csv", folder / "w.csv").has("touchpoint")


def test_persons_late_in_a_parquet_file_are_not_shown(tmp_path: Path) -> None:
    texts = ["Counter", "Phone"] * 40_000 + [f"kari{n}@example.no" for n in range(9)]
    table = pa.table({"score": [n % 11 for n in range(len(texts))], "touchpoint": texts})
    pq.write_table(table, tmp_path / "late.parquet")
    responses = open_responses(tmp_path / "late.parquet")
    assert responses.has("score")
    assert not responses.has("touchpoint")
