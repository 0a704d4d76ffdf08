"""`advocacy expect`: what it prints and writes, and how it refuses."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from outcome import Command
from tests.estimation.pooling.posteriors import FAILED, tiny
from tests.estimation.pooling.test_reference import TABLES, published

from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.posterior_file import read_posterior, write_posterior
from advocacy.estimation.pooling.predictions import expectation
from advocacy.estimation.pooling.reference import write_reference
from advocacy.report.contents.expectation import place
from advocacy.report.wording import ENGLISH

SIMULATED = "Simulated data: not a finding."
CELL = {"sector": "B2B", "industry": "G", "country": "NO"}
OPTIONS = ("--sector", "B2B", "--industry", "G", "--country", "NO")


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as `advocacy pool` writes it."""
    folder = tmp_path_factory.mktemp("study")
    write_posterior(tiny(500), folder / "posterior.parquet")
    return folder


def words(text: str) -> str:
    """Return a text in one line, with plain spaces before per cent signs."""
    return " ".join(text.split())


def test_the_answer_can_be_quoted(command: Command, study: Path) -> None:
    found = command("expect", *OPTIONS, "--reference", study)
    assert found.code == 0, found.err
    prediction, mean = expectation(
        read_posterior(study / "posterior.parquet"), where=CELL
    ).table.to_pylist()[:2]
    low, high, middle, least, most = (
        f"{100 * value:.0f}"
        for value in (
            prediction["conf_low"], prediction["conf_high"], mean["estimate"], mean["conf_low"],
            mean["conf_high"],
        )
    )  # fmt: skip
    assert (
        f"The next B2B programme in Wholesale and retail trade (G) in Norway should expect "
        f"{low}–{high} % (90 % prediction interval; the mean of such programmes is {middle} %, "
        f"{least}–{most} %). {SIMULATED}"
    ) in words(found.out)


def test_it_says_that_it_is_simulated_what_it_is_of_and_what_it_rests_on(
    command: Command, study: Path
) -> None:
    found = command("expect", *OPTIONS, "--reference", study)
    lines = found.out.splitlines()
    assert lines[0] == SIMULATED
    text = words(found.out)
    assert "Of those who score 10 today, what share say that they recommended" in text
    assert "retrospective self-report · target: programmes like these · pooled" in text
    cell = next(
        row
        for row in tiny().cells.to_pylist()
        if row["score_band"] == "10" and CELL.items() <= row.items()
    )
    many = "" if cell["n_programmes"] == 1 else "s"
    rests = f"{cell['n']} ratings of {cell['n_programmes']} such programme{many} in the study."
    assert f"Rests on {rests}" in text
    shares = re.findall(r"(\d+) % because (programmes differ|their mean is uncertain)", text)
    assert sorted(part for _, part in shares) == ["programmes differ", "their mean is uncertain"]
    assert sum(int(share) for share, _ in shares) == 100
    assert int(shares[0][0]) >= int(shares[1][0])
    assert "All ratings are of one year, 2024." in found.err
    assert max(map(len, lines)) <= 80


def test_the_citation_is_that_of_the_citation_file(
    command: Command, study: Path, root: Path
) -> None:
    cff = (root / "CITATION.cff").read_text(encoding="utf-8")
    author = re.search(r"- name: (.+)", cff)[1]  # type: ignore[index]
    version, title = (
        re.search(rf"^{key}: (.+)", cff, re.MULTILINE)[1]  # type: ignore[index]
        for key in ("version", "title")
    )
    digest = hashlib.sha256((study / "posterior.parquet").read_bytes()).hexdigest()
    text = words(command("expect", "--reference", study).out)
    assert f"Cite {author}, {title} {version};" in text
    assert f"simulated data, posterior {digest[:12]}." in text


@pytest.mark.parametrize(
    "options",
    [
        ("--sector", "b2b", "--industry", "g", "--country", "no"),
        ("--sector", "B2B", "--industry", "G46.1", "--country", "Norge"),
        ("--sector", " b2b ", "--industry", "wholesale and retail trade", "--country", "nor"),
    ],
)
def test_names_are_as_good_as_codes(
    command: Command, study: Path, options: tuple[str, ...]
) -> None:
    wanted = command("expect", *OPTIONS, "--reference", study)
    assert command("expect", *options, "--reference", study) == wanted


def test_answers_widen_it_and_say_so(command: Command, study: Path) -> None:
    found = command("expect", *OPTIONS, "--answers", 30, "--reference", study)
    text = words(found.out)
    assert "% in 30 answers of customers who score 10 (90 %" in text
    assert re.search(r"\d+ % because the answers are a sample", text)
    wider, without = (
        json.loads(command("expect", *OPTIONS, *n, "--reference", study, "--format", "json").out)[0]
        for n in (("--answers", 30), ())
    )
    assert wider["conf_high"] - wider["conf_low"] > without["conf_high"] - without["conf_low"]


def test_a_country_that_the_study_has_not_seen(command: Command, study: Path) -> None:
    text = words(command("expect", "--country", "Japan", "--reference", study).out)
    assert "The next programme in Japan of any sector and industry should expect" in text
    assert "The study has seen no such country (Japan)" in text
    assert "how the study's countries differ" in text


def test_what_is_left_open_is_said_and_its_ratings_are_summed(
    command: Command, study: Path
) -> None:
    text = words(command("expect", "--sector", "B2C", "--reference", study).out)
    assert "The next B2C programme of any industry and country should expect" in text
    own = [row for row in tiny().cells.to_pylist() if row["score_band"] == "10"]
    n = sum(row["n"] for row in own if row["sector"] == "B2C")
    assert f"Rests on {n} ratings in the study." in text


def test_a_cell_without_ratings_is_said(command: Command, study: Path) -> None:
    options = ("--sector", "B2C", "--industry", "H", "--country", "NO")
    text = words(command("expect", *options, "--reference", study).out)
    assert "Rests on The study has no such programme" in text


def test_published_rates_stand_beside_and_withheld_ones_do_not(
    command: Command, tmp_path: Path
) -> None:
    write_reference(tmp_path / "study", tiny(50), TABLES, {})
    own = ("--reference", tmp_path / "study")
    text = words(command("expect", "--sector", "B2C", *own).out)
    assert "101 ratings of 7 such programmes in the study, whose own rate is 50 %." in text
    cell = ("--sector", "B2B", "--industry", "C", "--country", "NO")
    text = words(command("expect", *cell, *own).out)
    assert "Rests on Ratings of such programmes in the study, whose numbers are withheld." in text
    text = words(command("expect", "--country", "NO", *own).out)
    assert "Rests on at least" in text


@pytest.mark.parametrize(
    ("named", "missing", "options"),
    [
        ((), "sector × industry × country", "--sector, --industry, --country"),
        (OPTIONS[:2], "industry × country", "--industry, --country"),
        (OPTIONS[:4], "country", "--country"),
    ],
)
def test_scores_of_which_nothing_is_published_need_every_segment(
    command: Command, tmp_path: Path, named: tuple[str, ...], missing: str, options: str
) -> None:
    write_reference(tmp_path / "study", tiny(50), TABLES, {})
    asked = ("expect", "--intent", "passives", "--reference", tmp_path / "study")
    found = command(*asked, *named)
    assert (found.code, found.out) == (1, "")
    assert f"ratings of score 7-8 are spread over {missing} is withheld" in found.err
    assert f"Name a level of each too ({options});" in found.err
    assert command(*asked, *OPTIONS).code == 0


def test_the_readme_shows_what_is_printed(
    command: Command, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the numbers, which are those of the study."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    asked, shown = re.search(
        r"```\nadvocacy (expect .+)\n```\n\n```text\n(.+?)\n```", readme, re.DOTALL
    ).groups()  # type: ignore[union-attr]
    rates = [published("sector", "industry", "country", hidden=())]
    write_reference(tmp_path / "study", tiny(300, spread=0.1), rates, {})
    monkeypatch.setattr("advocacy.estimation.pooling.reference.PACKAGED", tmp_path / "study")
    printed = command(*asked.split())

    def masked(text: str) -> str:
        return re.sub(r"\d+( \d+)*", "#", re.sub(r"posterior \w+", "", words(text)))

    assert masked(printed.out) == masked(shown)


def test_a_score_without_a_name_of_its_own(command: Command, study: Path) -> None:
    asked = ("expect", *OPTIONS, "--answers", 30, "--reference", study, "--intent")
    found = command(*asked, "9")
    assert "% in 30 answers of customers who score 9 (90 %" in words(found.out), found.err
    (row, *_) = json.loads(command(*asked, "9", "--format", "json").out)
    assert command(*asked, row["intent"]) == found


def test_a_collected_study_is_not_called_simulated(command: Command, tmp_path: Path) -> None:
    posterior = tiny(50)
    posterior = replace(posterior, labels=dict(posterior.labels) | {"source_kind": "collected"})
    write_posterior(posterior, tmp_path / "posterior.parquet")
    found = command("expect", "--reference", tmp_path)
    assert "imulated" not in found.out
    assert "collected data" in found.out


def test_csv_json_and_files_hold_what_python_gives(
    command: Command, study: Path, tmp_path: Path
) -> None:
    wanted = expectation(
        read_posterior(study / "posterior.parquet"), where=CELL, n=40, conf_level=0.8
    )
    asked = ("expect", *OPTIONS, "--answers", 40, "--conf-level", 0.8, "--reference", study)
    assert json.loads(command(*asked, "--format", "json").out) == wanted.table.to_pylist()
    rows = list(csv.DictReader(io.StringIO(command(*asked, "--format", "csv").out)))
    assert list(rows[0]) == wanted.table.column_names
    assert [row["source_kind"] for row in rows] == ["simulated"] * 5
    assert [row["quantity"] for row in rows] == ["prediction", "rate", "share", "share", "share"]
    done = command(*asked, "-o", tmp_path / "x.json")
    assert (done.code, done.out) == (0, "")
    written = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert written == wanted.table.to_pylist()


def broken(folder: Path, posterior: Posterior | None) -> Path:
    if posterior is None:
        (folder / "posterior.parquet").write_bytes(b"PAR1")
    else:
        write_posterior(posterior, folder / "posterior.parquet")
    return folder


def test_a_study_that_cannot_be_used(command: Command, tmp_path: Path) -> None:
    found = command("expect", "--reference", tmp_path)
    assert (found.code, found.out) == (2, "")
    assert "no posterior.parquet" in found.err
    assert command("expect", "--reference", tmp_path / "none").code == 2
    for posterior, said in (
        (None, "cannot be read"),
        (replace(tiny(5), diagnostics=FAILED), "7 di"),
    ):
        found = command("expect", "--reference", broken(tmp_path, posterior))
        assert (found.code, found.out) == (1, "")
        assert said in found.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--country", "Atlantis"), "'Atlantis' is no country"),
        (("--country", "Kongo"), "or could be two"),
        (("--industry", "wizardry"), "'wizardry' is no industry"),
        (("--industry", "W"), "C Manufacturing"),
        (("--sector", "B2G"), "The study has no sector 'B2G'"),
        (("--intent", "promoters"), "no score band"),
        (("--intent", "score_11"), "is no intent set"),
        (("--answers", "0"), "0 is not in the range"),
        (("--conf-level", "90"), "not between 0 and 1"),
        (("--format", "csv", "-o", "x.csv"), "--format is for standard output"),
        (("-o", "x.txt"), "has no ending"),
    ],
)
def test_bad_names(command: Command, study: Path, options: tuple[str, ...], said: str) -> None:
    found = command("expect", *options, "--reference", study)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


@pytest.mark.parametrize(
    ("country", "name"), [("NL", "the Netherlands"), ("GB", "the United Kingdom"), ("NO", "Norway")]
)
def test_a_country_has_its_article(country: str, name: str) -> None:
    assert place("country", country, ENGLISH) == name


def test_the_citation_names_the_study_and_no_path(command: Command, study: Path) -> None:
    found = command("expect", *OPTIONS, "--reference", study)
    assert found.code == 0, found.err
    assert f"study '{study.name}', simulated data, posterior" in words(found.out)
    assert str(study) not in found.out.replace("\n", "")
