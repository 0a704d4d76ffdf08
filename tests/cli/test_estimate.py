"""`advocacy estimate`: what it prints and writes, and how it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from outcome import Command, Outcome

from advocacy.estimation import estimate
from advocacy.estimation.estimates import COLUMNS
from advocacy.responses import open_responses

CROSSWALK = """\
# advocacy crosswalk format 1
raw_variable,raw_value,canonical_column,canonical_value,note
q5,0..10,score,*,Hvor sannsynlig er det
q5,98,score,,Vet ikke
q6,1,recommended_past_12m,true,Ja
q6,2,recommended_past_12m,false,Nei
kundetype,1,sector,B2B,Bedrift
kundetype,2,sector,B2C,Privat
runde,*,wave,*,
"""
# Of the eight tens with an answer five had recommended: three of four in B2B, two of four in B2C.
FRAME = pd.DataFrame(
    {
        "q5": [10.0] * 9 + [98.0, 0.0, 7.0],
        "q6": [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 2.0, 2.0, float("nan"), 1.0, 2.0, 2.0],
        "kundetype": [1.0] * 4 + [2.0] * 8,
        "runde": ["vår på Ærø", "høst"] * 6,
    }
)


@pytest.fixture
def survey(tmp_path: Path) -> tuple[Path, Path]:
    """Write an SPSS file and its crosswalk."""
    pyreadstat.write_sav(FRAME, tmp_path / "kunde.sav")
    (tmp_path / "kunde.csv").write_text(CROSSWALK, encoding="utf-8")
    return tmp_path / "kunde.sav", tmp_path / "kunde.csv"


@pytest.fixture
def canonical(tmp_path: Path) -> Path:
    """Write the same answers as CSV with canonical names."""
    path = tmp_path / "canonical.csv"
    frame().to_csv(path, index=False)
    return path


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "score": FRAME.q5.where(FRAME.q5 <= 10),
            "recommended_past_12m": FRAME.q6.map({1.0: 1, 2.0: 0}),
            "sector": FRAME.kundetype.map({1.0: "B2B", 2.0: "B2C"}),
            "wave": FRAME.runde,
        }
    )


def table(outcome: Outcome) -> list[dict[str, str]]:
    assert outcome.code == 0, outcome.err
    return list(csv.DictReader(io.StringIO(outcome.out)))


# The same answer from every kind of file


def test_spss_file_with_crosswalk(command: Command, survey: tuple[Path, Path]) -> None:
    rows = table(command("estimate", survey[0], "--crosswalk", survey[1], "--format", "csv"))
    assert [(row["estimate"], row["n"]) for row in rows] == [("0.625", "8")]
    assert rows[0]["target"] == "these_programmes"
    assert rows[0]["source_kind"] == "collected"


def test_csv_parquet_and_dataset_agree(
    command: Command, survey: tuple[Path, Path], canonical: Path, tmp_path: Path
) -> None:
    pq.write_table(pa.Table.from_pandas(frame()), tmp_path / "canonical.parquet")
    done = command("import", survey[0], "--crosswalk", survey[1], "-o", tmp_path / "data")
    assert done.code == 0
    options = ("--by", "sector", "--format", "csv")
    outputs = [
        command("estimate", *source, *options).out
        for source in (
            (survey[0], "--crosswalk", survey[1]),
            (canonical,),
            (tmp_path / "canonical.parquet",),
            (tmp_path / "data",),
        )
    ]
    assert len(set(outputs)) == 1
    rows = list(csv.DictReader(io.StringIO(outputs[0])))
    assert {row["sector"]: row["estimate"] for row in rows} == {"B2B": "0.75", "B2C": "0.5"}


# What is printed


def test_by_nothing_gives_one_row(command: Command, canonical: Path) -> None:
    for by in ((), ("--by", ""), ("--by", " , ")):
        assert len(table(command("estimate", canonical, *by, "--format", "csv"))) == 1


def test_csv_has_the_segments_and_then_the_columns_of_estimates(
    command: Command, canonical: Path
) -> None:
    outcome = command("estimate", canonical, "--by", "sector, wave", "--format", "csv")
    header = outcome.out.splitlines()[0].split(",")
    assert [name.strip('"') for name in header] == ["sector", "wave", *COLUMNS.names]


def test_csv_has_full_precision(command: Command, canonical: Path) -> None:
    """Every number reads back as the very same double, to the last bit."""
    rows = table(command("estimate", canonical, "--by", "sector", "--format", "csv"))
    expected = estimate(open_responses(canonical), by=["sector"]).table.to_pylist()
    assert len(rows) == len(expected) == 2
    for row, wanted in zip(rows, expected, strict=True):
        for name, value in wanted.items():
            if isinstance(value, float):
                assert repr(float(row[name])) == repr(value), name
            else:
                assert row[name] == ("" if value is None else str(value)), name


def test_json(command: Command, canonical: Path) -> None:
    outcome = command("estimate", canonical, "--by", "wave", "--format", "json")
    rows = json.loads(outcome.out, parse_constant=pytest.fail)
    assert rows == estimate(open_responses(canonical), by=["wave"]).table.to_pylist()
    assert rows[-1]["wave"] == "vår på Ærø"
    assert "vår på Ærø" in outcome.out


def test_table(command: Command, canonical: Path) -> None:
    outcome = command("estimate", canonical, "--by", "wave")
    assert outcome.code == 0
    assert "vår på Ærø" in outcome.out
    assert "retrospective self-report" in outcome.out
    assert "Simulated" not in outcome.out


def test_simulated_data_say_so(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    frame().assign(source_kind="simulated").to_csv(path, index=False)
    assert "Simulated data: not a finding" in command("estimate", path).out
    assert table(command("estimate", path, "--format", "csv"))[0]["source_kind"] == "simulated"


def test_ratings_without_the_segment_are_counted(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    frame().assign(sector=[None, None, *["B2B"] * 10]).to_csv(path, index=False)
    outcome = command("estimate", path, "--by", "sector", "--format", "csv")
    assert "2 ratings have no sector and are in no row." in outcome.err
    assert table(outcome)[0]["n"] == "6"


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        ({}, (), "target these_programmes; weights: none"),
        ({"programme": "A"}, (), "target these_programmes"),
        ({"programme": list("AB" * 6)}, (), "target programmes_like_these"),
        ({"weight": 2}, (), "target as_given; weights: weight;"),
        ({"stratum": list("AB" * 6)}, (), "target as_given"),
        ({"psu": list("ABC" * 4)}, (), "PSU: psu;"),
        (
            {"programme": list("AB" * 6), "weight": 2},
            ("--target", "these_programmes", "--weight-scaling", "equal_programme"),
            "scaled so that every programme counts the same",
        ),
    ],
)
def test_the_design_is_said(
    command: Command,
    tmp_path: Path,
    columns: dict[str, object],
    options: tuple[str, ...],
    said: str,
) -> None:
    frame().assign(**columns).to_csv(tmp_path / "a.csv", index=False)
    outcome = command("estimate", tmp_path / "a.csv", *options, "--format", "csv")
    assert outcome.code == 0
    assert outcome.err.startswith("Design: target ")
    assert said in outcome.err
    assert "no finite-population correction.\n" in outcome.err


# Files


@pytest.mark.parametrize("ending", [".csv", ".json", ".parquet"])
def test_the_ending_of_the_file_gives_its_format(
    command: Command, canonical: Path, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / "new folder" / f"rates{ending}"
    outcome = command("estimate", canonical, "--by", "sector", "-o", path)
    assert outcome.code == 0
    assert outcome.out == ""
    assert f"Wrote 2 estimates to {path}." in outcome.err
    read = {".csv": pd.read_csv, ".json": pd.read_json, ".parquet": pd.read_parquet}[ending]
    assert read(path).estimate.tolist() == [0.75, 0.5]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["rates.txt", "rates", "rates.xlsx", "rates.CSV2"])
def test_another_ending_is_bad_usage(
    command: Command, canonical: Path, tmp_path: Path, name: str
) -> None:
    outcome = command("estimate", canonical, "-o", tmp_path / name)
    assert outcome.code == 2
    assert ".csv, .json, .parquet" in outcome.err
    assert not (tmp_path / name).exists()


def test_a_failure_leaves_the_earlier_file(
    command: Command, canonical: Path, tmp_path: Path
) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("earlier")
    outcome = command("estimate", canonical, "--by", "country", "-o", path)
    assert outcome.code == 1
    assert path.read_text() == "earlier"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["canonical.csv", "rates.csv"]


# Bad usage


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--by", "sectr"), "'sectr' is no segment"),
        (("--by", "sector,sector"), "named twice"),
        (("--estimand", "loyalty"), "'loyalty' is no estimand"),
        (("--intent", "score_11"), "'score_11' is no intent set"),
        (("--intent", "9,11"), "'9,11' is no intent set"),
        (("--intent", "9,,10"), "is no intent set"),
        (("--interval", "exact"), "'exact' is no interval"),
        (("--conf-level", "95"), "95 is not between 0 and 1"),
        (("--target", "everyone"), "'everyone' is no target"),
        (("--format", "csv", "-o", "rates.csv"), "--format is for standard output"),
        (("--weight-scaling", "none"), "'none' is no weight scaling"),
        (("--lonely-psu", "ignore"), "'ignore' is no rule for lonely PSUs"),
        (("--estimand", "intent_share", "--by", "score"), "intent"),
        (("--format", "xml"), "'xml' is not one of"),
        (("--colour",), "No such option"),
    ],
)
def test_bad_names(command: Command, canonical: Path, options: tuple[str, ...], said: str) -> None:
    outcome = command("estimate", canonical, *options)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.out == ""


def test_nesting_without_strata_is_refused(command: Command, canonical: Path) -> None:
    outcome = command("estimate", canonical, "--nest")
    assert outcome.code == 2
    assert "PSUs within strata, and the design has none" in outcome.err


def test_a_file_that_is_not_there(command: Command, tmp_path: Path) -> None:
    outcome = command("estimate", tmp_path / "none.sav")
    assert outcome.code == 2
    assert "does not exist" in outcome.err


# Bad data


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        ({"score": None}, (), "needs the column score, which these responses do not have"),
        ({"recommended_past_12m": None}, (), "needs the column recommended_past_12m"),
        ({"score": 11}, (), "rows 1, 2, 3 and 9 others, score: '11' (allowed: 0 to 10)."),
        ({"score": [1] * 8 + [10] * 4}, (), "looks like a 1-10 scale"),
        ({"score": 5}, (), "No rating is in the base of recommended_past_12m"),
        ({"weight": [1] * 11 + [-1]}, (), "row 12, weight: '-1' (allowed: 0 or more)"),
        ({"weight": None}, (), "No rating has a weight above 0"),
        ({"stratum": ["a"] * 11 + [None]}, (), "1 rating has no stratum"),
        ({"weight": "heavy"}, (), "weight: 'heavy' (not a number)"),
        ({"psu": "P", "stratum": list("AB" * 6)}, (), "lies in two strata: 'A' and 'B'"),
        ({"stratum": list("AB" * 5 + "AC")}, ("--intent", "7,10"), "single PSU"),
        ({"source_kind": ["simulated", "collected"] * 6}, (), "mix kinds of evidence"),
        ({}, ("--by", "country"), "The segment country needs the column country"),
        ({}, ("--target", "programmes_like_these"), "One programme says nothing"),
    ],
)
def test_bad_data(
    command: Command,
    tmp_path: Path,
    columns: dict[str, object],
    options: tuple[str, ...],
    said: str,
) -> None:
    frame().assign(**columns).to_csv(tmp_path / "a.csv", index=False)
    output = tmp_path / "out.csv"
    outcome = command("estimate", tmp_path / "a.csv", *options, "-o", output)
    assert outcome.code == 1, outcome
    assert outcome.err.startswith("advocacy: ")
    assert said in " ".join(outcome.err.split())
    assert not output.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"Dear client\n", "not a survey file"),
        (b"$FL2@(#) SPSS DATA FILE", "damaged or incomplete"),
        (b"score,recommended_past_12m\n", "variables but no rows"),
        (b"q1,q2\n1,2\n", "Nothing of the file is mapped"),
    ],
)
def test_bad_files(command: Command, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "kunde.sav"
    path.write_bytes(content)
    outcome = command("estimate", path, "-o", tmp_path / "out.csv")
    assert outcome.code == 1
    assert said in outcome.err
    assert [p.name for p in tmp_path.iterdir()] == ["kunde.sav"]


def test_a_truncated_spss_file(command: Command, survey: tuple[Path, Path], tmp_path: Path) -> None:
    survey[0].write_bytes(survey[0].read_bytes()[:-8])
    outcome = command("estimate", survey[0], "--crosswalk", survey[1], "-o", tmp_path / "o.csv")
    assert outcome.code == 1
    assert "damaged or incomplete" in outcome.err
    assert not (tmp_path / "o.csv").exists()


def test_a_one_to_ten_scale_in_a_clients_words(
    command: Command, root: Path, tmp_path: Path
) -> None:
    file = root.parent / "shared" / "sav" / "epsi_norway_test.sav"
    if not file.exists():
        pytest.skip("the real SPSS files (../shared/sav) are not on this machine")
    lines = CROSSWALK.split("q5,", 1)[0] + "q15,*,score,*,\n"
    (tmp_path / "x.csv").write_text(lines, encoding="utf-8")
    outcome = command("estimate", file, "--crosswalk", tmp_path / "x.csv")
    assert outcome.code == 1
    assert "1-10 scale" in outcome.err
    assert "'Vet ikke'" in outcome.err
    assert "never turned into 0-10" in outcome.err


def test_the_output_is_never_the_input(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("score,recommended_past_12m\n10,1\n10,0\n9,1\n", encoding="utf-8")
    before = path.read_bytes()
    outcome = command("estimate", str(path), "-o", str(path))
    assert outcome.code == 2
    assert "is the file that is read" in outcome.err
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("score,recommended_past_12m\n10,1\n10,0\n9,1\n", encoding="utf-8")
    outcome = command("estimate", str(path), "-o", str(path / "rates.csv"))
    assert outcome.code == 2
    assert "below a file" in outcome.err
    assert "Traceback" not in outcome.err


# Few programmes, and levels without a base


def written(folder: Path, **columns: object) -> Path:
    """Write twelve ratings of 10 with these columns."""
    table = pd.DataFrame({"score": [10] * 12, "recommended_past_12m": [1, 0] * 6})
    table.assign(**columns).to_csv(folder / "few.csv", index=False)
    return folder / "few.csv"


@pytest.mark.parametrize(
    ("programmes", "by", "said"),
    [
        (list("abc" * 4), [], "The row rests on few programmes"),
        (list("abc" * 4), ["--by", "programme"], "3 of 3 rows have no interval: answers of one"),
        (["a"] * 12, [], ""),
    ],
)
def test_few_programmes_name_the_target_that_has_intervals(
    command: Command, tmp_path: Path, programmes: list[str], by: list[str], said: str
) -> None:
    path = str(written(tmp_path, programme=programmes))
    outcome = command("estimate", path, *by)
    assert said in outcome.err
    assert ("--target these_programmes is about" in outcome.err) == bool(said)
    other = command("estimate", path, *by, "--target", "these_programmes", "--format", "csv")
    assert all(row["conf_low"] for row in csv.DictReader(io.StringIO(other.out)))
    assert "--target" not in other.err


def test_a_level_without_a_base_is_named(command: Command, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        score=[10] * 8 + [9] * 4,
        sector=["B2B"] * 8 + ["B2C"] * 4,
        country=["NO", "SE"] * 6,
    )
    outcome = command("estimate", str(path), "--by", "sector,country")
    assert "No rating in the base, and so no row: sector B2C." in outcome.err
    assert "country" not in outcome.err


def test_what_is_read_otherwise_than_it_stands_is_said(command: Command, tmp_path: Path) -> None:
    """A byte that is not in the code page, and a formula's error, beside eight good answers."""
    path = tmp_path / "answers.csv"
    rows = b"score,recommended_past_12m,channel\n" + b"10,1,kasse\n10,0,gr\xf8nn\n" * 3
    path.write_bytes(rows + "10,1,blå\n10,1,grønn\n".encode() * 3 + b"10,1,#N/A\n")
    outcome = command("estimate", path)
    assert outcome.code == 0
    assert "Read: 3 texts of channel have bytes that are not UTF-8, in rows such as" in outcome.err
    assert "Read: 1 cells of channel hold an error of the spreadsheet" in outcome.err
