"""Row accounting, corrections, source descriptions, and partitions that are whole or absent."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from written import Sources, Writer

from advocacy.errors import (
    AdvocacyError,
    CrosswalkError,
    DataError,
    FileFormatError,
    MissingColumnError,
)
from advocacy.provenance import sha256
from advocacy.responses import (
    RowAccount,
    Source,
    find_sources,
    import_source,
    open_responses,
    read_source,
)
from advocacy.responses.dataset.accounts import ABOUT
from advocacy.responses.dataset.importing import partition

LINES = (
    "q,0..10,score,*,\nq,98,score,,vet ikke\n"
    "y,1,recommended_past_12m,true,\ny,2,recommended_past_12m,false,\n"
    "land,*,country,*,\n,,sector,B2B,\n"
)
# Row 2 has an undefined code, row 4 two problems and a country that is no code, as row 6.
PLANTED = "q,y,land\n10,1,NO\n55,1,NO\n98,2,SE\n77,3,Dk\n0,,\n9,2,Norge\n"


def rows(dataset: Path, name: str = "lung") -> pd.DataFrame:
    return pd.concat(
        pq.read_table(path).to_pandas()
        for path in sorted(partition(dataset, name).glob("*.parquet"))
    )


def rejected(dataset: Path, name: str = "lung") -> list[dict[str, str]]:
    found = listed(dataset, "rejected.csv", name)
    assert all(row.pop("respondent_id") == "" for row in found), "no file here names respondents"
    return found


def listed(dataset: Path, file_name: str, name: str = "lung") -> list[dict[str, str]]:
    with (partition(dataset, name) / ABOUT / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# Row accounting


def test_rows_read_are_kept_or_rejected(source: Sources, tmp_path: Path) -> None:
    account = import_source(source({"a.csv": PLANTED}, lines=LINES), tmp_path)
    assert account == RowAccount(read=6, kept=4, rejected=2)
    no_code = (
        "allowed: a country's code of two letters such as NO; names are read where the line says "
        "@country"
    )
    assert rejected(tmp_path) == [
        reject(2, "score", "55", "the crosswalk has no line for this value"),
        reject(4, "country", "Dk", no_code),
        reject(4, "recommended_past_12m", "3", "the crosswalk has no line for this value"),
        reject(4, "score", "77", "the crosswalk has no line for this value"),
    ]
    assert listed(tmp_path, "unplaced.csv") == [
        reject(6, "country", "Norge", no_code) | {"rating_id": "lung:a.csv:6"}
    ]


# What a delivery may hold in each column, and what of it rejects the row: the second value of
# each cannot be placed.
@pytest.mark.parametrize(
    ("column", "values", "kept"),
    [
        ("industry", ("C", "Rørleggeri"), 2),
        ("country", ("NO", "Norge"), 2),
        ("sector", ("B2B", "private"), 2),
        ("customer_status", ("current", "soon"), 2),
        ("interviewed_on", ("2026-01-31", "31st of January"), 2),
        ("days_since_event", ("3", "-1"), 2),
        ("interview_seconds", ("60", "fast"), 2),
        ("satisfaction", ("4", "good"), 2),
        ("wow_moments", ("0", "-2"), 2),
        ("recommended_past_12m", ("true", "perhaps"), 1),
        ("recommendations_past_12m", ("2", "some"), 1),
        ("months_since_recommended", ("2", "-1"), 1),
        ("fpc", ("30", "0"), 1),
        ("repweight_1", ("1", "x"), 1),
    ],
)
def test_only_score_behaviour_and_design_reject_a_row(
    source: Sources, tmp_path: Path, column: str, values: tuple[str, str], kept: int
) -> None:
    good, bad = values
    text = f"score,{column}\n9,{good}\n10,{bad}\n"
    account = import_source(source({"a.csv": text}), tmp_path)
    assert account == RowAccount(read=2, kept=kept, rejected=2 - kept)
    found = rows(tmp_path)
    assert found.score.tolist() == [9, 10][:kept]
    assert found[column].notna().tolist() == [True, False][:kept]
    for name, rejects in (("rejected.csv", True), ("unplaced.csv", False)):
        values_listed = [(row["column"], row["value"]) for row in listed(tmp_path, name)]
        assert values_listed == ([(column, bad)] if rejects is (kept == 1) else [])


def test_an_unknown_industry_of_qualtrics_rejects_no_row(
    root: Path, tmp_path: Path, crosswalk: Writer
) -> None:
    """900 rows of which 315 name a section that NACE Rev. 2.1 has divided in two."""
    folder = root.parent / "shared" / "field" / "import"
    if not folder.is_dir():
        pytest.skip("the field's files (../shared/field) are not on this machine")
    path = crosswalk("Q2,0..10,score,*,\nQ5,*,industry,@industry,\n")
    path.write_text(path.read_text().replace("format 1", "format 2"))
    file = folder / "qualtrics.sav"
    made = Source(folder, "q", "simulated", ((file.name, sha256(file)),), crosswalk=path)
    assert import_source(made, tmp_path / "data") == RowAccount(read=900, kept=900, rejected=0)
    assert rows(tmp_path / "data", "q").industry.value_counts().to_dict() == {"C": 298, "F": 287}
    unplaced = listed(tmp_path / "data", "unplaced.csv", "q")
    assert {row["value"] for row in unplaced} == {"Information and communication"}
    assert len(unplaced) == 315


def test_a_value_outside_its_limits_is_missing_in_two_variables_too(
    source: Sources, tmp_path: Path
) -> None:
    """The first variable that gives a value decides, also where its value cannot be placed."""
    lines = "q,0..10,score,*,\na,*,country,*,\nb,*,country,*,\n"
    import_source(source({"a.csv": "q,a,b\n1,,NO\n2,Norge,SE\n3,,x\n"}, lines=lines), tmp_path)
    assert rows(tmp_path).country.fillna("").tolist() == ["NO", "", ""]
    assert [row["value"] for row in listed(tmp_path, "unplaced.csv")] == ["Norge", "x"]


def reject(row: int, column: str, value: str, reason: str) -> dict[str, str]:
    return {"file": "a.csv", "row": str(row), "column": column, "value": value, "reason": reason}


def test_kept_rows_are_complete(source: Sources, tmp_path: Path) -> None:
    import_source(source({"a.csv": PLANTED}, lines=LINES, kind="simulated"), tmp_path)
    kept = rows(tmp_path)
    assert kept.score.fillna(-1).tolist() == [10, -1, 0, 9]
    assert kept.recommended_past_12m.tolist() == [True, False, None, False]
    assert kept.country.fillna("").tolist() == ["NO", "SE", "", ""]
    assert set(kept.sector) == {"B2B"}
    assert set(kept.programme) == {"lung"}, "a source is one programme unless it says otherwise"
    assert set(kept.source_kind) == {"simulated"}
    assert kept.rating_id.tolist() == [f"lung:a.csv:{row}" for row in (1, 3, 5, 6)]


def test_values_with_commas_quotes_and_letters(source: Sources, tmp_path: Path) -> None:
    text = 'score,country\n1,"Å, ""nei"""\n2,NO\n'
    import_source(source({"a.csv": text}), tmp_path)
    assert listed(tmp_path, "unplaced.csv")[0]["value"] == 'Å, "nei"'


def test_an_account_that_does_not_add_up() -> None:
    with pytest.raises(ArithmeticError, match="read 3 rows, but kept 1, rejected 1"):
        RowAccount(read=3, kept=1, rejected=1)
    assert RowAccount(3, 2, 1) + RowAccount(2, 2, 0) == RowAccount(5, 4, 1)


def test_two_files_in_one_source(source: Sources, tmp_path: Path) -> None:
    files = {"a.csv": PLANTED, "b.csv": "q,y,land\n5,1,FI\n55,1,FI\n"}
    account = import_source(source(files, lines=LINES), tmp_path)
    assert account == RowAccount(read=8, kept=5, rejected=3)
    assert [(row["file"], row["row"]) for row in rejected(tmp_path)][-1] == ("b.csv", "2")
    kept = rows(tmp_path)
    assert len(kept) == 5
    assert kept.rating_id.is_unique, "row 1 of two files is two ratings"
    manifest = json.loads(
        (partition(tmp_path, "lung") / ABOUT / "manifest.json").read_text("utf-8")
    )
    assert [file["rows"]["read"] for file in manifest["files"]] == [6, 2]
    assert manifest["rows"] == {"read": 8, "kept": 5, "rejected": 3, "forgotten": 0}


def test_given_rating_ids_stay_and_gaps_are_filled(source: Sources, tmp_path: Path) -> None:
    import_source(source({"a.csv": "score,rating_id\n1,x\n2,\n3,\n"}), tmp_path)
    assert rows(tmp_path).rating_id.tolist() == ["x", "lung:a.csv:2", "lung:a.csv:3"]


def test_repeated_rating_ids_are_refused(source: Sources, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="rating_id 'x' stands in more than one row"):
        import_source(source({"a.csv": "score,rating_id\n1,x\n2,y\n3,x\n"}), tmp_path)


def test_a_compressed_spss_file(source: Sources, tmp_path: Path) -> None:
    frame = pd.DataFrame({"q": [10.0, 55.0, 98.0], "y": [1.0, 2.0, 2.0], "land": ["NO", "SE", ""]})
    pyreadstat.write_sav(frame, tmp_path / "a.zsav", compress=True)
    made = source({"a.zsav": (tmp_path / "a.zsav").read_bytes()}, lines=LINES)
    assert import_source(made, tmp_path / "data") == RowAccount(3, 2, 1)
    assert rejected(tmp_path / "data")[0]["value"] == "55"


def test_manifest(source: Sources, tmp_path: Path) -> None:
    made = source({"a.csv": PLANTED}, lines=LINES, kind="published")
    import_source(made, tmp_path)
    path = partition(tmp_path, "lung") / ABOUT / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)
    assert (manifest["source"], manifest["kind"]) == ("lung", "published")
    assert manifest["crosswalk_sha256"] == sha256(made.folder / "crosswalk.csv")
    assert manifest["corrections_sha256"] is None
    file = manifest["files"][0]
    assert (file["name"], file["sha256"]) == ("a.csv", sha256(made.folder / "a.csv"))
    assert file["rows"] == {"read": 6, "kept": 4, "rejected": 2, "forgotten": 0}
    assert file["left_out"] == []


def test_open_ranges_of_missing_codes_are_valid_json(
    sav: Path, source: Sources, tmp_path: Path
) -> None:
    content = (sav / "spssio_test.sav").read_bytes()
    import_source(source({"s.sav": content}, lines="Income1,*,satisfaction,*,\n"), tmp_path)
    text = (partition(tmp_path, "lung") / ABOUT / "manifest.json").read_text("utf-8")
    manifest = json.loads(text, parse_constant=pytest.fail)
    assert manifest["files"][0]["columns"][0]["variables"][0]["user_missing"] == [[None, -1.0]]


def test_the_same_import_gives_the_same_bytes(source: Sources, tmp_path: Path) -> None:
    made = source({"a.csv": PLANTED}, lines=LINES)
    for name in ("one", "two"):
        import_source(made, tmp_path / name)
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")


# Whole or absent

BAD: dict[str, tuple[dict[str, str], str, type[AdvocacyError], str]] = {
    "unknown variable": ({"a.csv": PLANTED}, "q9,1,wave,a,\n", CrosswalkError, "no variable 'q9'"),
    "bad line": ({"a.csv": PLANTED}, "q,1,wav,a,\n", CrosswalkError, "no canonical column"),
    "not a survey": ({"a.csv": "letter\n"}, LINES, FileFormatError, "not a survey file"),
    "empty": ({"a.csv": ""}, LINES, FileFormatError, "empty"),
    "second file": ({"a.csv": PLANTED, "b.csv": "x,y\n1,2\n"}, LINES, CrosswalkError, "variable"),
    "no row kept": ({"a.csv": "q,y,land\n55,1,NO\n"}, LINES, DataError, "None of the 1 rows"),
    "no 0-10": ({"a.csv": PLANTED}, "q,1..10,score,*,\n", DataError, "not a 0-10 scale"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_failed_import_changes_nothing(source: Sources, tmp_path: Path, case: str) -> None:
    import_source(source({"a.csv": PLANTED}, lines=LINES), tmp_path / "data")
    before = snapshot(tmp_path / "data")
    files, lines, kind, message = BAD[case]
    with pytest.raises(kind, match=message):
        import_source(source(files, lines=lines), tmp_path / "data")
    assert snapshot(tmp_path / "data") == before
    folders = [path.name for path in (tmp_path / "data" / "responses").iterdir()]
    assert folders == ["source=lung"], "a temporary folder is left behind"


def test_a_new_import_takes_the_place_of_the_old(source: Sources, tmp_path: Path) -> None:
    import_source(source({"a.csv": PLANTED, "b.csv": PLANTED}, lines=LINES), tmp_path)
    import_source(source({"a.csv": "q,y,land\n7,1,NO\n"}, lines=LINES), tmp_path)
    assert rows(tmp_path).score.tolist() == [7]


def test_another_source_is_not_touched(source: Sources, tmp_path: Path) -> None:
    import_source(source({"a.csv": PLANTED}, lines=LINES), tmp_path)
    before = snapshot(partition(tmp_path, "lung"))
    import_source(source({"a.csv": "score,wave\n3,x\n"}, name="bank"), tmp_path)
    assert snapshot(partition(tmp_path, "lung")) == before
    assert open_responses(tmp_path).sources == ("bank", "lung")


def test_ratings_without_a_weight_above_0_are_kept_and_do_not_count(
    source: Sources, tmp_path: Path
) -> None:
    account = import_source(source({"a.csv": "score,weight\n1,1.5\n2,0\n3,\n"}), tmp_path)
    assert (account.read, account.kept, account.rejected) == (3, 3, 0)
    rows = pq.read_table(next(partition(tmp_path, "lung").glob("*.parquet"))).to_pylist()
    assert [(row["weight"], row["excluded"]) for row in rows] == [
        (1.5, None),
        (0.0, "no weight above 0"),
        (0.0, "no weight above 0"),
    ]


@pytest.mark.parametrize("value", ["-2.5", "x"])
def test_bad_weights_are_refused(source: Sources, tmp_path: Path, value: str) -> None:
    with pytest.raises(DataError, match=f"weight of row 2 is {value}; .* not below 0"):
        import_source(source({"a.csv": f"score,weight\n1,1.5\n2,{value}\n3,0\n"}), tmp_path)
    assert not list(tmp_path.rglob("*.parquet"))


# Corrections


@pytest.mark.parametrize(
    ("correction", "column", "expected"),
    [
        ("s.sav,1,q,5,6,typing error\n", "score", [6, 9]),
        ("s.sav,1,q,5,,typing error\n", "score", [None, 9]),
        ("s.sav,2,w,0.8735621,0.9,rounded\n", "weight", [1.5, 0.9]),
        ("s.sav,2,id,123456789,7,merged\n", "respondent_id", ["12", "7"]),
        ("s.sav,1,runde,Høst,høst 2025,name\n", "wave", ["høst 2025", None]),
        ("s.sav,2,runde,,vår,asked again\n", "wave", ["Høst", "vår"]),
        (
            "s.sav,1,dag,2025-12-24,2025-12-25,holiday\n",
            "interviewed_on",
            [date(2025, 12, 25), None],
        ),
    ],
)
def test_corrections(
    source: Sources, tmp_path: Path, correction: str, column: str, expected: list[Any]
) -> None:
    """The corrected value alone changes; old values are written as people read them."""
    frame = pd.DataFrame(
        {
            "q": [5.0, 9.0],
            "w": [1.5, 0.8735621],
            "id": [12.0, 123456789.0],
            "runde": ["Høst", ""],
            "dag": [pd.Timestamp("2025-12-24"), pd.NaT],
        }
    )
    pyreadstat.write_sav(frame, tmp_path / "s.sav", variable_format={"dag": "EDATE10"})
    columns = ("score", "weight", "respondent_id", "wave", "interviewed_on")
    lines = "".join(f"{raw},*,{name},*,\n" for raw, name in zip(frame, columns, strict=True))
    content = (tmp_path / "s.sav").read_bytes()
    # Simulated persons keep their numbers; those of real ones are replaced.
    given = {"lines": lines, "kind": "simulated"}
    import_source(source({"s.sav": content}, **given), tmp_path / "before")
    import_source(source({"s.sav": content}, **given, corrections=correction), tmp_path / "after")
    before, after = columns_of(tmp_path / "before"), columns_of(tmp_path / "after")
    assert after.pop(column) == expected
    assert before.pop(column) != expected
    assert after == before


def columns_of(dataset: Path) -> dict[str, list[Any]]:
    return dict(pq.read_table(partition(dataset, "lung") / "responses-0.parquet").to_pydict())


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        ("a.csv,1,q,9,8,why\n", "is '10', and the correction expects '9': the source has changed"),
        ("a.csv,7,q,9,8,why\n", "no row 7; it has 6 rows"),
        ("a.csv,0,q,9,8,why\n", "no row 0"),
        ("a.csv,1,q9,9,8,why\n", "no variable 'q9'"),
        ("b.csv,1,q,10,8,why\n", "lists no file 'b.csv'"),
        ("a.csv,one,q,10,8,why\n", "no correction"),
        ("a.csv,1,q,10,8,\n", "no correction"),
        ("a.csv,1,q,10\n", "no correction"),
    ],
)
def test_a_bad_correction_is_named(
    source: Sources, tmp_path: Path, correction: str, message: str
) -> None:
    made = source({"a.csv": PLANTED}, lines=LINES, corrections="a.csv,2,q,55,5,fine\n" + correction)
    with pytest.raises(CrosswalkError, match=message) as error:
        import_source(made, tmp_path / "data")
    assert error.value.where.endswith("corrections.csv, line 3")
    assert not list((tmp_path / "data").rglob("*.parquet"))


def test_a_correction_of_another_type(source: Sources, tmp_path: Path) -> None:
    pyreadstat.write_sav(pd.DataFrame({"q": [55.0]}), tmp_path / "s.sav")
    content = (tmp_path / "s.sav").read_bytes()
    lines = "q,0..100,satisfaction,*,\n"
    made = source({"s.sav": content}, lines=lines, corrections="s.sav,1,q,55,fem,why\n")
    with pytest.raises(CrosswalkError, match="'fem' is no value of 'q' \\(double\\)"):
        import_source(made, tmp_path / "data")


def test_corrections_without_their_header(source: Sources, tmp_path: Path) -> None:
    made = source({"a.csv": PLANTED}, lines=LINES, corrections="a.csv,2,q,55,5,fine\n")
    (made.folder / "corrections.csv").write_text("a.csv,2,q,55,5,fine\n")
    with pytest.raises(CrosswalkError, match="first line does not name"):
        import_source(made, tmp_path / "data")


# source.toml


def described(folder: Path, **changes: str) -> Path:
    """Write a folder with one file and its description, parts of it changed."""
    folder.mkdir()
    (folder / "a.csv").write_text(PLANTED, encoding="utf-8")
    parts = {
        "name": 'name = "bank-2026"',
        "kind": 'kind = "collected"',
        "files": f'[[files]]\nname = "a.csv"\nsha256 = "{sha256(folder / "a.csv")}"',
    }
    text = "\n".join((parts | changes).values())
    (folder / "source.toml").write_text(f"{text}\n", encoding="utf-8")
    return folder


def test_source_is_read_with_what_stands_beside_it(tmp_path: Path) -> None:
    folder = described(tmp_path / "bank", kind='kind = "collected"\nproducer = "Førde Analyse"')
    made = read_source(folder)
    assert (made.name, made.kind, made.producer) == ("bank-2026", "collected", "Førde Analyse")
    assert (made.crosswalk, made.corrections) == (None, None)
    (folder / "crosswalk.csv").write_text("")
    assert read_source(folder).crosswalk == folder / "crosswalk.csv"
    assert find_sources(tmp_path) == [folder]


def test_the_language_of_a_source_is_for_people_and_may_have_its_old_code(tmp_path: Path) -> None:
    kind = 'kind = "simulated"\nlanguage = '
    old = read_source(described(tmp_path / "old", kind=f'{kind}"no"'))
    new = read_source(described(tmp_path / "new", kind=f'{kind}"nb"'))
    assert replace(old, folder=new.folder) == new


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"files": '[[files]]\nname = "a.csv"\nsha256 = "00"'}, "SHA-256 differs"),
        ({"files": '[[files]]\nname = "b.csv"\nsha256 = "00"'}, "lists b.csv, which is not there"),
        ({"files": '[[files]]\nname = "a.csv"'}, "lacks 'sha256'"),
        ({"files": ""}, "lacks 'files'"),
        ({"files": "files = []"}, "lacks 'files'"),
        ({"name": ""}, "lacks 'name'"),
        ({"name": 'name = "../bank"'}, "cannot name a source"),
        ({"name": 'name = "bank 2026"'}, "cannot name a source"),
        ({"kind": 'kind = "real"'}, "'real' is no kind of evidence"),
        ({"kind": ""}, "lacks 'kind'"),
        ({"name": "name = bank"}, "no TOML file"),
    ],
)
def test_a_bad_description(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(CrosswalkError, match=message):
        read_source(described(tmp_path / "bank", **changes))


def test_a_source_has_a_kind_and_a_name(tmp_path: Path) -> None:
    with pytest.raises(CrosswalkError, match="collected, published, simulated"):
        Source(tmp_path, "a", "made up", ())


def test_a_file_of_which_nothing_is_mapped_is_refused(source: Sources, tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="Nothing of the file is mapped"):
        import_source(source({"survey.csv": "q1,q2\n1,2\n"}), tmp_path / "dataset")
    assert not list((tmp_path / "dataset").rglob("*.*"))
