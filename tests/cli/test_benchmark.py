"""`advocacy benchmark`: a client's programmes beside a study."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyreadstat
import pytest
from outcome import Command, Outcome
from tests.estimation.pooling.posteriors import tiny

from advocacy.estimation.pooling.beside import beside
from advocacy.estimation.pooling.effective_counts import effective_counts
from advocacy.estimation.pooling.posterior_file import read_posterior, write_posterior
from advocacy.responses import open_responses

SIMULATED = "Simulated data: not a finding."
MODEL = "as the study's model expects them."
CROSSWALK = """\
# advocacy crosswalk format 2
raw_variable,raw_value,canonical_column,canonical_value,note
q5,0..10,score,*,
q6,1,recommended_past_12m,true,
q6,2,recommended_past_12m,false,
,,programme,Kunde 2026,the whole file
,,sector,B2B,the whole file
,,industry,G,the whole file
,,country,NO,the whole file
"""


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as `advocacy pool` writes it."""
    folder = tmp_path_factory.mktemp("study")
    write_posterior(tiny(200), folder / "posterior.parquet")
    return folder


def frame(programmes: int = 1) -> pd.DataFrame:
    """Return collected ratings: 40 tens a programme, of which 30 had recommended, and 20 nines."""
    one = pd.DataFrame(
        {
            "score": [10] * 40 + [9] * 20,
            "recommended_past_12m": [1] * 30 + [0] * 10 + [1, 0] * 10,
            "sector": "B2B",
            "industry": "G46",
            "country": "NO",
            "interviewed_on": "2024-05-01",
        }
    )
    return pd.concat([one.assign(programme=f"P{number}") for number in range(programmes)])


def written(folder: Path, data: pd.DataFrame) -> Path:
    data.to_csv(folder / "own.csv", index=False)
    return folder / "own.csv"


def table(outcome: Outcome) -> list[dict[str, str]]:
    assert outcome.code == 0, outcome.err
    return list(csv.DictReader(io.StringIO(outcome.out)))


def words(text: str) -> str:
    return " ".join(text.split())


def test_four_rows_a_programme(command: Command, study: Path, tmp_path: Path) -> None:
    path = written(tmp_path, frame(3))
    asked = ("benchmark", path, "--reference", study, "--format", "csv")
    rows = table(command(*asked))
    assert [row["programme"] for row in rows] == [p for p in ("P0", "P1", "P2") for _ in range(4)]
    assert [row["quantity"] for row in rows[:4]] == ["rate", "rate", "prediction", "above_peers"]
    assert [row["method"] for row in rows[:4]] == ["linearization"] + ["pooled"] * 3
    direct = rows[0]
    assert (direct["estimate"], direct["n"], direct["n_numerator"]) == ("0.75", "40", "30")
    assert direct["conf_level"] == "0.9"


def test_the_direct_rate_is_that_of_estimate_and_the_others_those_of_python(
    command: Command, study: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, frame())
    rows = json.loads(command("benchmark", path, "--reference", study, "--format", "json").out)
    own = command("estimate", path, "--by", "programme", "--conf-level", 0.9, "--format", "json")
    assert [rows[0]] == json.loads(own.out)
    counts = effective_counts(open_responses(path))
    assert rows[1:] == beside(read_posterior(study / "posterior.parquet"), counts).table.to_pylist()


def test_it_says_on_every_line_that_a_simulated_study_finds_nothing(
    command: Command, study: Path, tmp_path: Path
) -> None:
    found = command("benchmark", written(tmp_path, frame()), "--reference", study)
    assert found.code == 0, found.err
    lines = found.out.splitlines()
    assert lines[0] == SIMULATED
    assert "The study that these programmes are held against is simulated." in words(found.out)
    rows = [line for line in lines if line.startswith("P0")]
    last = lines[lines.index(rows[-1]) + 1].strip()  # where the longest name goes on
    assert [line.split("  ")[-1].strip() for line in map(str.rstrip, rows)] == [
        "collected",
        *["simulated: no finding"] * 3,
    ]
    assert [word in line for word, line in zip(
        ("its own, direct", "its own, pooled", "programmes like it", "chance to be above"),
        rows, strict=True,
    )] == [True] * 4  # fmt: skip
    assert last == "half of them"
    assert "Groups of peers: B2B, Wholesale and retail trade (G), Norway." in words(found.out)
    assert f"Peers: programmes of the same sector, industry, country, {MODEL}" in words(found.out)
    assert "Cite: The advocacy authors, advocacy " in found.out
    assert max(map(len, lines)) <= 80
    kinds = table(
        command("benchmark", tmp_path / "own.csv", "--reference", study, "--format", "csv")
    )
    assert [row["source_kind"] for row in kinds] == ["collected"] + ["simulated"] * 3


def test_a_collected_study_is_a_finding(command: Command, tmp_path: Path) -> None:
    posterior = tiny(50)
    posterior = replace(posterior, labels=dict(posterior.labels) | {"source_kind": "collected"})
    write_posterior(posterior, tmp_path / "posterior.parquet")
    found = command("benchmark", written(tmp_path, frame()), "--reference", tmp_path)
    assert found.code == 0, found.err
    assert "imulated" not in found.out


def test_an_spss_file_with_its_crosswalk(command: Command, study: Path, tmp_path: Path) -> None:
    own = frame()
    data = pd.DataFrame({"q5": own.score, "q6": np.where(own.recommended_past_12m == 1, 1.0, 2.0)})
    pyreadstat.write_sav(data.astype(float), tmp_path / "kunde.sav")
    (tmp_path / "kunde.csv").write_text(CROSSWALK, encoding="utf-8")
    rows = table(
        command("benchmark", tmp_path / "kunde.sav", "--crosswalk", tmp_path / "kunde.csv",
                "--reference", study, "--format", "csv")
    )  # fmt: skip
    assert [row["programme"] for row in rows] == ["Kunde 2026"] * 4
    assert rows[0]["estimate"] == "0.75"


def test_levels_that_the_study_has_not_seen_are_named(
    command: Command, study: Path, tmp_path: Path
) -> None:
    other = frame(3).assign(country=lambda d: d.programme.map({"P0": "JP", "P1": "SE", "P2": "NO"}))
    found = command("benchmark", written(tmp_path, other), "--reference", study)
    assert (
        f"Peers: programmes of the same sector, industry, country, {MODEL} The study has seen no "
        "such country (Japan, Sweden): how far it may lie from others is taken from how the "
        "study's countries differ. Cite:"
    ) in words(found.out)


@pytest.mark.parametrize("empty", [False, True], ids=["absent", "empty"])
def test_columns_without_which_there_are_no_peers_are_listed(
    command: Command, study: Path, tmp_path: Path, empty: bool
) -> None:
    names = ["programme", "industry"]
    own = frame().assign(**dict.fromkeys(names)) if empty else frame().drop(columns=names)
    path = written(tmp_path, own)
    found = command("benchmark", path, "--reference", study)
    assert (found.code, found.out) == (1, "")
    assert words(found.err) == (
        "advocacy: The responses lack the columns programme, industry. A programme is one survey "
        "of one supplier; its peers are the programmes of the same sector, industry, country. "
        f"where: {path} remedy: Add them, or to the crosswalk a line such as this for each, for "
        "all rows: ,,programme,our survey, ,,industry,C,"
    )


def test_the_lines_of_the_remedy_are_a_remedy(
    command: Command, study: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, frame().rename(columns={"score": "q5", "recommended_past_12m": "q6"})
                   [["q5", "q6"]].assign(q6=lambda d: np.where(d.q6 == 1, 1, 2)))  # fmt: skip
    kept = [line for line in CROSSWALK.splitlines() if not line.startswith(",,")]
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text("\n".join(kept), encoding="utf-8")
    asked = ("benchmark", path, "--crosswalk", crosswalk, "--reference", study)
    lines = [line.strip() for line in command(*asked).err.splitlines() if line.endswith(",")]
    assert len(lines) == 4
    crosswalk.write_text("\n".join([*kept, *lines]), encoding="utf-8")
    rows = table(command(*asked, "--format", "csv"))
    assert [row["programme"] for row in rows] == ["our survey"] * 4


def test_a_segment_of_one_level_need_not_be_given(command: Command, tmp_path: Path) -> None:
    posterior = tiny(50)
    cells = posterior.cells.filter(pc.equal(posterior.cells.column("country"), "NO"))
    terms = tuple(term for term in posterior.terms if "country" not in term.segments)
    write_posterior(replace(posterior, cells=cells, terms=terms), tmp_path / "posterior.parquet")
    path = written(tmp_path, frame().drop(columns="country"))
    found = command("benchmark", path, "--reference", tmp_path)
    assert found.code == 0, found.err
    assert (
        f"Peers: programmes of the same sector, industry, {MODEL} The file has no country; the "
        "study's is Norway alone. Cite:"
    ) in words(found.out)


@pytest.mark.parametrize(
    ("rows", "kind", "said"),
    [
        (60, "collected", "collected"),
        (17, "collected", "collected; unreliable"),
        (17, "simulated", "simulated: no finding; unreliable"),
        (1, "collected", "collected; no interval (df < 1)"),
    ],
)
def test_a_direct_rate_says_as_estimate_does_how_reliable_it_is(
    command: Command, study: Path, tmp_path: Path, rows: int, kind: str, said: str
) -> None:
    own = frame().assign(score=10, source_kind=kind).iloc[-rows:]
    path = written(tmp_path, own)
    shown = command("estimate", path, "--by", "programme", "--lonely-psu", "adjust").out
    note = shown.partition("note")[2]  # without a note there is no such column
    assert said.partition("; ")[2] in words(note)
    lines = command("benchmark", path, "--reference", study).out.splitlines()
    assert max(map(len, lines)) <= 80
    at, pooled, *_ = (k for k, line in enumerate(lines) if line.startswith("P0"))
    column = lines[at - 1].index("evidence")
    assert words(" ".join(line[column:] for line in lines[at:pooled])) == said
    assert words(" ".join(line[column:] for line in lines[pooled : lines.index("", pooled)])) == (
        " ".join(["simulated: no finding"] * 3)
    )


def test_ratings_without_a_segment_are_counted(
    command: Command, study: Path, tmp_path: Path
) -> None:
    own = frame()
    own.loc[own.index < 5, "country"] = None
    found = command("benchmark", written(tmp_path, own), "--reference", study, "--format", "csv")
    assert "5 ratings lack a segment and are not pooled." in found.err
    assert [row["n"] for row in table(found)[:2]] == ["40", "35"]


def test_a_file_goes_where_it_is_told(command: Command, study: Path, tmp_path: Path) -> None:
    path = written(tmp_path, frame())
    done = command("benchmark", path, "--reference", study, "-o", tmp_path / "x.csv")
    assert (done.code, done.out) == (0, "")
    assert len(pd.read_csv(tmp_path / "x.csv")) == 4
    same = command("benchmark", path, "--reference", study, "-o", path)
    assert same.code == 2
    assert "is the file that is read" in same.err


@pytest.mark.parametrize(
    ("columns", "options", "code", "said"),
    [
        ({"programme": None}, (), 1, ",,programme,our survey,"),
        ({"score": 9}, (), 1, "No rating is in the base"),
        ({"recommended_past_12m": None}, (), 1, "needs the column recommended_past_12m"),
        ({"source_kind": "published"}, (), 0, ""),
        ({}, ("--intent", "passives"), 1, "No rating is in the base"),
        ({}, ("--intent", "promoters"), 2, "no score band"),
        ({}, ("--conf-level", "0"), 2, "not between 0 and 1"),
        ({}, ("--reference", "nowhere"), 2, "does not exist"),
    ],
)
def test_what_cannot_be_compared(
    command: Command,
    study: Path,
    tmp_path: Path,
    columns: dict[str, object],
    options: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    path = written(tmp_path, frame().assign(**columns))
    reference = () if "--reference" in options else ("--reference", study)
    found = command("benchmark", path, *reference, *options)
    assert found.code == code, found.err
    assert said in found.err
    assert bool(found.out) == (code == 0)


def test_without_package_data_it_says_where_to_get_them(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advocacy.estimation.pooling.reference.PACKAGED", tmp_path)
    found = command("benchmark", written(tmp_path, frame()))
    assert found.code == 2
    assert "make wheel" in found.err
